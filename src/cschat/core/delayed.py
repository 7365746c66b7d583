"""Replies that are written now and sent later.

May: describe them. May not: send them (`commands.delaying` does).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from cschat.core.content import Content
from cschat.core.records import Index
from cschat.core.times import Micros, as_datetime

__all__ = ["DelayState", "DelayedReply"]


class DelayState(StrEnum):
    """Where a delayed reply stands: it waits for its time, is held until somebody has looked at it, was sent, or never will be."""

    WAITING = "waiting"
    HELD = "held"
    SENT = "sent"
    DROPPED = "dropped"


class DelayedReply(Struct, frozen=True):
    """What `agent` wants to say in a session at `due`. Customers know nothing of it before it is sent.

    `seen` is the seq of the session up to which its author knew it when they wrote. With a `reviewer` it is not sent before it is
    `approved` (None: they have not said yet). `reason` says why it is held or dropped; `message` is what was sent.
    """

    kind: ClassVar[str] = "delayed_reply"
    prefix: ClassVar[str] = "dly"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("session", "due")), Index(("brand", "state", "due")))

    id: str
    brand: str
    session: str
    agent: str
    content: Content
    due: Micros
    seen: int
    reviewer: str | None = None
    approved: bool | None = None
    state: DelayState = DelayState.WAITING
    reason: str = ""
    message: str | None = None

    @property
    def due_at(self) -> datetime:
        return as_datetime(self.due)

    @property
    def open(self) -> bool:
        """Whether it may still be sent."""
        return self.state in (DelayState.WAITING, DelayState.HELD)
