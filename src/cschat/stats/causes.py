"""Why a surge: what its sessions have more often than sessions usually have.

May: mark sessions and compare shares. May not: read a store.

A session has marks: its category and those above it, its tags, its channel, the steps of scenarios it came by, and the words of its
customer. A Korean word counts with its beginnings of two syllables or more ("결제가" is also "결제"), for endings differ. A mark is a cause
if its share among the surge's sessions is larger than among the usual ones by more than chance: the likelihood ratio (Dunning's G) of
two shares against one, with as many tries as there are marks taken into account. Of words that begin each other, and of categories
above each other, the one that tells most is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import erfc, log, sqrt

import attrs

from cschat.bots.text import words_of
from cschat.core import events as e
from cschat.core.content import ContentKind, Speaker
from cschat.core.session import Session

__all__ = ["CHANCE", "Case", "Cause", "Mark", "akin", "case_of", "causes", "outstanding", "text_marks"]

CHANCE = 0.01
"""How likely it may be that any cause at all is named where shares are the same."""
MOST = 10
SESSIONS = 5
MAX_TEXTS, MAX_WORDS = 5, 100
"""So many texts of a customer, and so many words of each, are looked at."""
KINDS = ("category", "tag", "channel", "step", "word")

Mark = tuple[str, str]
"""One of `KINDS`, and its value."""


@attrs.frozen
class Case:
    """A session and its marks."""

    session: str
    marks: frozenset[Mark]


@attrs.frozen
class Cause:
    """What a surge is about: a `kind` of mark and its `value`, how many sessions of the surge have it (`count`), how many would if shares
    were as usual (`expected`), and some of them (`sessions`, at most 5, those first that other causes fit as well).
    """

    kind: str
    value: str
    count: int
    expected: float
    sessions: tuple[str, ...]


def case_of(session: Session, events: Iterable[e.Event], category: str | None, scenario: Callable[[str], str]) -> Case:
    """A session with its marks. `category` is the path of its category, `scenario(key)` a scenario's name; erased texts say nothing."""
    marks: set[Mark] = {("channel", session.channel), *(("tag", tag) for tag in session.tags)}
    if category is not None:
        names = category.split("/")
        marks.update(("category", "/".join(names[: depth + 1])) for depth in range(len(names)))
    texts: list[str] = []
    for event in events:
        match event.body:
            case e.MessageSent(author=Speaker.CUSTOMER, content=content) if content.kind is ContentKind.TEXT:
                texts.append(content.text)
            case e.BotMoved(path=path, called=called, cursor=cursor):
                at = {0: event.body.scenario, **dict(called)}
                running = ""
                for place, (step, _) in enumerate(path):
                    running = at.get(place, running)
                    marks.add(("step", f"{scenario(running)}/{step}"))
                if cursor is not None:
                    marks.add(("step", f"{scenario(cursor.scenario)}/{cursor.step}"))
            case _:
                pass
    for text in texts[:MAX_TEXTS]:
        marks.update(text_marks(text))
    return Case(session.id, frozenset(marks))


def text_marks(text: str) -> set[Mark]:
    """The marks of what a customer wrote."""
    return {("word", part) for word in words_of(text)[:MAX_WORDS] for part in _beginnings(word)}


def causes(surge: Sequence[Case], usual: Sequence[Case], *, most: int = MOST) -> list[Cause]:
    """What the sessions of a surge have more often than the usual ones, what tells most first; nothing if either is empty."""
    told = outstanding(surge, usual, chance=CHANCE)[:most]
    named = frozenset(mark for mark, _, _ in told)
    return [Cause(*mark, count, expected, _samples(surge, mark, named)) for mark, count, expected in told]


def outstanding(these: Sequence[Case], others: Sequence[Case], *, chance: float) -> list[tuple[Mark, int, float]]:
    """The marks that `these` have more often than `others`, with how many have it and would if shares were the same; the surest first."""
    if not these or not others:
        return []
    here = Counter(mark for case in these for mark in case.marks)
    there = Counter(mark for case in others for mark in case.marks & here.keys())
    tried = [(mark, count) for mark, count in here.items() if count > 1]
    ratio = len(these) / len(others)
    sure = []
    for mark, count in tried:
        if count <= ratio * there[mark]:
            continue
        g = _g(count, len(these), there[mark], len(others))
        if erfc(sqrt(g / 2)) / 2 * len(tried) < chance:
            sure.append((g, mark, count))
    sure.sort(key=lambda one: (-round(one[0], 9), KINDS.index(one[1][0]), -len(one[1][1]), one[1][1]))
    told: list[tuple[Mark, int, float]] = []
    for _, mark, count in sure:
        if not any(akin(mark, known) for known, _, _ in told):
            told.append((mark, count, ratio * there[mark]))
    return told


def _beginnings(word: str) -> Iterable[str]:
    if "가" <= word[0] <= "힣":
        return (word[:end] for end in range(2, len(word) + 1))
    return (word,) if len(word) > 1 else ()


def _g(a: int, of_a: int, b: int, of_b: int) -> float:
    """Twice the log likelihood ratio of two shares against one common share."""
    share = (a + b) / (of_a + of_b)
    cells = ((a, of_a * share), (of_a - a, of_a * (1 - share)), (b, of_b * share), (of_b - b, of_b * (1 - share)))
    return max(0.0, 2 * sum(found * log(found / expected) for found, expected in cells if found))


def akin(mark: Mark, known: Mark) -> bool:
    """Whether two words begin each other, or of two categories one is above the other."""
    kind, value = mark
    if kind != known[0] or kind not in {"word", "category"}:
        return False
    end = "/" if kind == "category" else ""
    return f"{value}{end}".startswith(f"{known[1]}{end}") or f"{known[1]}{end}".startswith(f"{value}{end}")


def _samples(surge: Sequence[Case], mark: Mark, named: frozenset[Mark]) -> tuple[str, ...]:
    fitting = sorted((-len(case.marks & named), case.session) for case in surge if mark in case.marks)
    return tuple(session for _, session in fitting[:SESSIONS])
