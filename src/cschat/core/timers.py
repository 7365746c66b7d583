"""What is to be done later, but for the clocks of sessions: one row each.

May: describe. May not: do it (`commands.waking` does).
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from cschat.core.records import Index
from cschat.core.times import Micros

__all__ = ["Timer"]


class Timer(Struct, frozen=True):
    """At `due`, do what `does` names, for a record, the `subject`. There is one for each pair: setting it again moves it."""

    kind: ClassVar[str] = "timer"
    prefix: ClassVar[str] = "tmr"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("due",)),)

    id: str
    brand: str
    does: str
    subject: str
    due: Micros

    @staticmethod
    def id_of(does: str, subject: str) -> str:
        """The id of the timer of a pair."""
        return f"{Timer.prefix}_{does}_{subject}"
