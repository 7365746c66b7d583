"""What texts with variables may say of the customer and the session.

May: look it up, when it is asked for. May not: render.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cschat.core.people import Customer
from cschat.core.session import Session, State
from cschat.sight import Sight
from cschat.waits import queued

__all__ = ["About"]


class About(Mapping[str, Any]):
    """The variables `customer`, `session` and `queue`, put together when they are read."""

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
    if session.state is not State.QUEUED:
        return {}
    waits = queued(see, session)
    return {"position": waits.position} | ({} if waits.expected_wait is None else {"minutes": max(1, round(waits.expected_wait / 60))})


_ABOUT: Mapping[str, Callable[[Sight, Session, Customer], Any]] = {
    "customer": _customer,
    "session": lambda _see, session, _customer: {"id": session.id, "channel": session.channel, "subject": session.subject},
    "queue": _queue,
}
