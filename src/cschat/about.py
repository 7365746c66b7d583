"""What texts with variables may say of the customer and the session.

May: look it up, when it is asked for. May not: render.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cschat.core.absence import closed_now, opens_in_words
from cschat.core.calendar import open_spans
from cschat.core.hours import written
from cschat.core.people import Customer
from cschat.core.session import Session, State
from cschat.core.stretches import local_date
from cschat.sight import Sight
from cschat.waits import queued

__all__ = ["About"]


class About(Mapping[str, Any]):
    """The variables `customer`, `session`, `queue` and `hours`, put together when they are read."""

    def __init__(self, see: Sight, session: Session, customer: Customer) -> None:
        self._made: dict[str, Any] = {}
        self._see, self._session, self._customer = see, session, customer

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _ABOUT[name](self._see, self._session, self._customer)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_ABOUT)

    def __len__(self) -> int:
        return len(_ABOUT)


def _customer(_see: Sight, _session: Session, customer: Customer) -> dict[str, Any]:
    profile = {name: getattr(customer.profile, name) for name in customer.profile.__struct_fields__ if getattr(customer.profile, name)}
    return {**customer.attributes, **profile, "type": str(customer.type), "tags": list(customer.tags)}


def _queue(see: Sight, session: Session, _customer: Customer) -> dict[str, Any]:
    """The place in the queue, and the minutes that it may take; what is not known is ""."""
    if session.state is not State.QUEUED:
        return {}
    waits = queued(see, session)
    minutes: int | str = "" if waits.expected_wait is None else max(1, round(waits.expected_wait / 60))
    return {"position": waits.position, "minutes": minutes}


def _hours(see: Sight, session: Session, customer: Customer) -> dict[str, Any]:
    """Whether it is open, today's hours and the next opening in words; what is not known is ""."""
    brand, hours = see.brand(), see.hours()
    calendar, closed = hours.calendar_at(see.now), closed_now(brand, hours, see.now)
    language = session.language or customer.language or brand.language
    return {
        "open": closed is None,
        "today": "" if calendar is None else written(open_spans(calendar, local_date(calendar.zone, see.now))),
        "next_opening": opens_in_words(brand, hours, closed, see.now, language),
    }


_ABOUT: Mapping[str, Callable[[Sight, Session, Customer], Any]] = {
    "customer": _customer,
    "session": lambda _see, session, _customer: {"id": session.id, "channel": session.channel, "subject": session.subject},
    "queue": _queue,
    "hours": _hours,
}
