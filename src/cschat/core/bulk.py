"""Many sessions are changed at once.

May: describe what was ordered and how far it is. May not: do it (`commands.bulk` does).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from msgspec import Struct

from cschat.core.records import Index
from cschat.core.times import Micros, as_datetime, optional_datetime

__all__ = ["Bulk", "BulkFailure", "BulkState"]


class BulkState(StrEnum):
    """How far it is: sessions are counted, then changed, one after another; it is done, or somebody or something has ended it before."""

    COUNTING = "counting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


class Bulk(Struct, frozen=True):
    """What is done (`then`) to every session that fits (`only_if`) and was opened from `since` (None: ever) and before `until`.

    `by` is who ordered it, as events name actors. `total` is how many fitted when they were counted, and at the end how many were tried;
    `done` and `failed` are how many of them it went well or ill with. `reached` and `reached_id` are where it stands: sessions go by
    when they were opened, then by id. `reason` says why it was stopped.
    """

    kind: ClassVar[str] = "bulk"
    prefix: ClassVar[str] = "blk"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "began")),)

    id: str
    brand: str
    seq: int
    by: str
    only_if: dict[str, Any]
    then: tuple[dict[str, Any], ...]
    since: Micros | None
    until: Micros
    began: Micros
    state: BulkState = BulkState.COUNTING
    total: int = 0
    done: int = 0
    failed: int = 0
    reached: Micros = 0
    reached_id: str = ""
    ended: Micros | None = None
    reason: str = ""

    @property
    def began_at(self) -> datetime:
        return as_datetime(self.began)

    @property
    def ended_at(self) -> datetime | None:
        return optional_datetime(self.ended)

    @property
    def over(self) -> bool:
        """Whether nothing more is done."""
        return self.state not in (BulkState.COUNTING, BulkState.RUNNING)


class BulkFailure(Struct, frozen=True):
    """A session to which nothing was done, the `place`th of a `bulk`: `reason` is for people, `code` that of the error."""

    kind: ClassVar[str] = "bulk_failure"
    prefix: ClassVar[str] = "blf"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("bulk", "place")),)

    id: str
    brand: str
    bulk: str
    place: int
    session: str
    code: str
    reason: str

    @staticmethod
    def id_of(bulk: str, place: int) -> str:
        """The id of the failure at a place."""
        return f"{BulkFailure.prefix}_{bulk.partition('_')[2]}_{place}"
