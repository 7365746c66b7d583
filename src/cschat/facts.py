"""What the conditions of rules are told of a session.

May: look it up, when it is asked for. May not: compare (`rules` does).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cschat.core import events as e
from cschat.core.absence import closed_now
from cschat.core.announcements import Link
from cschat.core.content import Speaker
from cschat.core.labels import Category
from cschat.core.people import Customer
from cschat.core.session import Session, State, opened
from cschat.core.times import Micros
from cschat.sight import Sight

__all__ = ["Facts"]

FAR = 1000
"""What waits in the queue is counted up to here."""
_LOOK_BACK = 100


class Facts:
    """The facts of a session at an instant, `now`, right after `event`; without one, whatever is true of it then.

    The customer and the queue are as they are in the store.
    """

    __slots__ = ("_before", "_customer", "_event", "_known", "_now", "_see", "_session")

    def __init__(self, see: Sight, session: Session, event: e.Event | None, *, now: Micros, before: Session | None = None) -> None:
        self._see, self._session, self._event, self._now = see, session, event, now
        self._before = before
        self._customer: Customer | None = None
        self._known: dict[str, Any] = {}

    def now(self, field: str) -> Any:
        if field not in self._known:
            self._known[field] = self._looked_up(field)
        return self._known[field]

    def _looked_up(self, field: str) -> Any:
        if field.startswith("customer."):
            return self._of_customer(field.removeprefix("customer."))
        look = _LOOKS.get(field)
        return look(self) if look is not None else _of_session(self._see, self._session, field)

    def before(self, field: str) -> Any:
        if self._event is None or self._event.seq < 2:
            return self.now(field)
        if self._before is None:
            first, *more = self._see.tx.events(self._session.id, limit=self._event.seq - 1)
            self._before = opened(first)
            for event in more:
                self._before = self._before.apply(event)
        return _of_session(self._see, self._before, field)

    def _of_customer(self, name: str) -> Any:
        if self._customer is None:
            self._customer = self._see.tx.get(Customer, self._session.customer)
        customer = self._customer
        if name in ("type", "language", "tags"):
            value = getattr(customer, name)
            return str(value) if name == "type" else value
        return getattr(customer.profile, name, None) or customer.attributes.get(name)

    def text(self) -> str:
        """What was said: in the message that the event is, or by the customer last."""
        event = self._event
        if event is not None and isinstance(event.body, e.MessageSent):
            return str(event.body.content.text)
        last = self._session.seq if event is None else event.seq
        recent = self._see.tx.events(self._session.id, after_seq=max(0, last - _LOOK_BACK), limit=_LOOK_BACK)
        said = (one.body for one in reversed(recent) if one.seq <= last and isinstance(one.body, e.MessageSent))
        return next((str(body.content.text) for body in said if body.author is Speaker.CUSTOMER), "")

    def reason(self) -> str | None:
        """The reason that the event gives, or why the session has ended."""
        given: str | None = getattr(self._event.body, "reason", None) if self._event is not None else None
        return given or self._session.reason

    def closed_for(self) -> str | None:
        """Why the brand is closed: closed, lunch, holiday; None: it is open."""
        absence = closed_now(self._see.brand(), self._see.hours(), self._now)
        return None if absence is None else str(absence.reason)

    def queue(self) -> int:
        """How many sessions of the brand wait, up to `FAR`."""
        return self._see.tx.count(Session, where={"brand": self._see.brand_id, "state": State.QUEUED}, at_most=FAR)

    def announcement(self) -> str | None:
        """The id of the announcement that the session is linked to."""
        link = self._see.tx.peek(Link, Link.id_of(self._session.id))
        return None if link is None else link.announcement

    def language(self) -> str:
        """The language of the session, or of the brand."""
        return self._session.language or self._see.brand().language


_LOOKS: Mapping[str, Callable[[Facts], Any]] = {
    "text": Facts.text,
    "reason": Facts.reason,
    "closed_for": Facts.closed_for,
    "open": lambda facts: facts.closed_for() is None,
    "queue": Facts.queue,
    "language": Facts.language,
    "announcement": Facts.announcement,
}


def _of_session(see: Sight, session: Session, field: str) -> Any:
    value = getattr(session, field)
    if field == "category" and value is not None:
        return see.tx.get(Category, value).path
    return str(value) if isinstance(value, str) else value
