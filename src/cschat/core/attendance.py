"""Who has a session open just now, and who types in it.

May: say who is there at an instant. May not: decide who is told of whom.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from cschat.core.records import Index, evolve
from cschat.core.session import Session
from cschat.core.times import SECOND, Micros

__all__ = ["CUSTOMER", "HOLDS", "Attendance", "Attendant"]

HOLDS = 25 * SECOND
"""How long (in microseconds) a sign of attention holds."""
CUSTOMER = "customer"
"""The `who` of an attendant who is no agent: a session has one customer."""


class Attendant(Struct, frozen=True):
    """Somebody who has it open: the customer, or an agent by id. `since` when, `seen` the last sign, `typing` since when (None: not)."""

    who: str
    since: Micros
    seen: Micros
    typing: Micros | None = None


class Attendance(Struct, frozen=True):
    """Who has a session open. Not part of what happened: no event tells of it, and it is gone when nobody has looked for a while."""

    kind: ClassVar[str] = "attendance"
    prefix: ClassVar[str] = "att"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand",)),)

    id: str
    brand: str
    here: tuple[Attendant, ...] = ()

    @staticmethod
    def id_of(session: str) -> str:
        """The id of a session's attendance."""
        return f"{Attendance.prefix}_{session.removeprefix(f'{Session.prefix}_')}"

    def at(self, now: Micros) -> tuple[Attendant, ...]:
        """Who is still there at an instant."""
        return tuple(one for one in self.here if now - one.seen < HOLDS)

    def told(self, who: str, now: Micros, *, typing: bool, gone: bool) -> Attendance:
        """After a sign of somebody. The same object if nothing is worth writing: they were seen a moment ago, and do what they did."""
        before = next((one for one in self.at(now) if one.who == who), None)
        if gone and before is None:
            return self
        if not gone and before is not None and typing is (before.typing is not None) and now - before.seen < HOLDS // 3:
            return self
        others = tuple(one for one in self.at(now) if one.who != who)
        if gone:
            return evolve(self, here=others)
        since = now if before is None else before.since
        began = None if not typing else now if before is None or before.typing is None else before.typing
        return evolve(self, here=(*others, Attendant(who, since, now, began)))
