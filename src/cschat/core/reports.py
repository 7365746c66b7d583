"""Reports that are kept under a name.

May: say what is asked. May not: ask it (`queries.reports` does).
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import msgspec
from msgspec import Struct

from cschat.core.records import Index

__all__ = ["ReportPeriod", "SavedReport"]


class ReportPeriod(StrEnum):
    """A period that moves along: the one that runs, up to its end, or the last one that is over."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"


class SavedReport(Struct, frozen=True):
    """A report under a name: its metrics, dimensions, limits, and the period that it is of, whenever it is asked."""

    kind: ClassVar[str] = "report"
    prefix: ClassVar[str] = "rpt"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "name"), unique=True),)

    id: str
    brand: str
    seq: int
    name: str
    measures: tuple[str, ...]
    period: ReportPeriod = ReportPeriod.LAST_MONTH
    by: tuple[str, ...] = ()
    where: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    zone: str | None = None
    calendar: str = "wall"
    removed: bool = False
