"""Signals: many similar inquiries in a short time.

May: group first texts and name the groups. May not: read a store.

Inquiries are put together as questions that no scenario knew are (`bots.candidates`), those of the period and those before it alike, so
that a group knows how many there were before. What names a group is what tells its words from those of all others (`causes`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import inf

import attrs

from cschat.bots.candidates import MAX_LETTERS, Question, groups_of
from cschat.core import events as e
from cschat.core.content import Speaker
from cschat.stats.causes import SESSIONS, Case, outstanding, text_marks

__all__ = ["Inquiry", "Signal", "inquiry_of", "signals"]

LEAST = 3
WORDS = 3


@attrs.frozen
class Inquiry:
    """What a customer asked in a session, in their first words."""

    session: str
    text: str


@attrs.frozen
class Signal:
    """A group of similar inquiries: the words that name it (`label`, at most 3, the most telling first), how many there are (`count`) and
    were in the time before (`before`), one in its customer's words (`typical`), and some of the sessions (`sessions`, at most 5, newest
    first).
    """

    label: tuple[str, ...]
    count: int
    before: int
    typical: str
    sessions: tuple[str, ...]


def inquiry_of(session: str, events: Iterable[e.Event]) -> Inquiry | None:
    """What the customer of a session wrote first; None if nothing yet, or if it was erased. `events` are the session's first ones."""
    for event in events:
        match event.body:
            case e.MessageSent(author=Speaker.CUSTOMER, step=False, content=content) if content.text.strip():
                return Inquiry(session, content.text[:MAX_LETTERS])
            case _:
                pass
    return None


def signals(inquiries: Sequence[Inquiry], before: Sequence[Inquiry] = (), *, least: int = LEAST) -> list[Signal]:
    """Groups of at least `least` similar inquiries, those that have grown most first; `before` are those of a time before, as long.

    At most the 5,000 most frequent texts are compared, in time that grows with their square. Same inquiries, same signals.
    """
    new = {inquiry.session for inquiry in inquiries}
    every = [Case(one.session, frozenset(text_marks(one.text))) for one in (*inquiries, *before)]
    questions = [Question(one.text, one.session, "", "", (), people=False) for one in (*inquiries, *before)]
    found: list[Signal] = []
    for group in groups_of(questions):
        fresh = [question for question in group if question.session in new]
        sessions = {question.session for question in fresh}
        if len(sessions) >= least:
            label = _label(every, {question.session for question in group})
            earlier = len({question.session for question in group} - sessions)
            found.append(Signal(label, len(sessions), earlier, _typical(fresh, label), tuple(sorted(sessions, reverse=True)[:SESSIONS])))
    return sorted(found, key=lambda one: (one.before - one.count, one.typical))


def _label(every: Sequence[Case], inside: set[str]) -> tuple[str, ...]:
    these = [case for case in every if case.session in inside]
    others = [case for case in every if case.session not in inside]
    told = outstanding(these, others or [Case("", frozenset())], chance=inf)  # the words that tell most, however little
    return tuple(value for (_, value), _, _ in told[:WORDS])


def _typical(group: Sequence[Question], label: Sequence[str]) -> str:
    """The text that has most of the label; of those the most frequent, then the shortest."""
    times = Counter(question.text for question in group)
    return min(times, key=lambda text: (-sum(("word", word) in text_marks(text) for word in label), -times[text], len(text), text))
