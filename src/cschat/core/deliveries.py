"""What is on its way from the log to those who follow it.

May: describe. May not: deliver (`transport.relay` does).
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from cschat.core.records import Index
from cschat.core.times import Micros

__all__ = ["Delivery", "Follower"]


class Follower(Struct, frozen=True):
    """How far a target has read the log."""

    kind: ClassVar[str] = "follower"
    prefix: ClassVar[str] = "fol"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand",)),)

    id: str
    position: int
    brand: str = ""

    @staticmethod
    def id_of(target: str) -> str:
        """The id of a target's follower."""
        return f"{Follower.prefix}_{target}"


class Delivery(Struct, frozen=True):
    """One event on its way to one target. `id` is the same at every attempt: what has been done once can be recognised by it."""

    kind: ClassVar[str] = "delivery"
    prefix: ClassVar[str] = "dlv"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("target", "due")), Index(("target", "subject", "position")), Index(("parked",)))

    id: str
    brand: str
    target: str
    subject: str
    seq: int
    position: int
    due: Micros | None
    attempt: int = 0
    parked: Micros | None = None
    error: str = ""
