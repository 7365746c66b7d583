"""What agents have answered before, where it went well: something to suggest when it is asked again.

May: pick such answers out of a talk. May not: read the talk, or search.

An answer that may hold what is personal (a longer number, an address of mail or web, anything of the customer's profile) is left out: it
was for that customer alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import attrs

from cschat.core import events as e
from cschat.core.content import Speaker, Visibility
from cschat.core.people import Customer
from cschat.core.session import Session

__all__ = ["PastAnswer", "Said", "answers_of", "together", "went_well"]

RESOLVED = "resolved"
"""The reason of an end that says the customer was helped."""
WELL = 0.8
"""The least share of the scale of a good rating."""
_SHORTEST, _LONGEST = 10, 1_000
_MOST = 20
"""So many questions that one answer was given to are kept."""
_PRIVATE = re.compile(r"\d[\d -]{2,}\d|@|https?:|www\.", re.IGNORECASE)


@attrs.frozen
class Said:
    """In one talk: what the customer said, and what an agent answered, by the id of that message."""

    id: str
    asked: str
    text: str


@attrs.frozen
class PastAnswer:
    """An answer that was given before, to each of `asked`; `id` is that of the message that said it last."""

    id: str
    text: str
    asked: tuple[str, ...]


def went_well(session: Session, events: Iterable[e.Event]) -> bool:
    """Whether the customer rated the talk well or, if they did not rate it, it ended as resolved."""
    if session.rating is None:
        return session.reason == RESOLVED
    scales = [event.body.scale for event in events if isinstance(event.body, e.Rated)]
    return bool(scales) and session.rating >= WELL * scales[-1]


def answers_of(events: Iterable[e.Event], customer: Customer) -> list[Said]:
    """The first answer of an agent to each thing that the customer said."""
    found: list[Said] = []
    asked: list[str] = []
    for event in events:
        body = event.body
        if not isinstance(body, e.MessageSent) or body.visibility is not Visibility.PUBLIC:
            continue
        text = body.content.text.strip()
        if body.author is Speaker.CUSTOMER and text:
            asked.append(text)
        elif body.author is Speaker.AGENT and asked:
            if _SHORTEST <= len(text) <= _LONGEST and not _is_private(text, customer):
                found.append(Said(body.id, "\n".join(asked[-3:]), text))
            asked = []
    return found


def _is_private(text: str, customer: Customer) -> bool:
    profile = (getattr(customer.profile, name) for name in customer.profile.__struct_fields__)
    own = (str(value) for value in (*profile, *customer.attributes.values()) if value)
    return _PRIVATE.search(text) is not None or any(len(value) > 1 and value in text for value in own)


def together(talks: Iterable[Sequence[Said]]) -> dict[str, PastAnswer]:
    """Answers by id, those of the same words as one; the latest talk comes first."""
    by_text: dict[str, list[Said]] = {}
    for talk in talks:
        for said in talk:
            by_text.setdefault(said.text, []).append(said)
    return {same[0].id: PastAnswer(same[0].id, text, tuple(said.asked for said in same[:_MOST])) for text, same in by_text.items()}
