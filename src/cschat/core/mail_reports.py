"""Reports by mail: how often, to whom, and which stretch of time each is about.

May: describe them and reckon with local days. May not: count or send anything.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar
from zoneinfo import ZoneInfo

from msgspec import Struct

from cschat.core.records import Index
from cschat.core.times import Micros, as_datetime, as_micros

__all__ = ["Every", "MailReport", "next_sending", "stretch_before"]


class Every(StrEnum):
    """How often: about each day, each week from Monday on, or each month."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class MailReport(Struct, frozen=True):
    """A report that goes out by itself: at the local `hour` of the day after what it is about. `language`: None is the brand's."""

    kind: ClassVar[str] = "mail_report"
    prefix: ClassVar[str] = "mrp"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "removed", "added")), Index(("removed", "added")))

    id: str
    brand: str
    seq: int
    every: Every
    addresses: tuple[str, ...]
    added: Micros
    language: str | None = None
    hour: int = 8
    removed: bool = False


def _first(every: Every, day: date) -> date:
    """The first day of the stretch that a day is in."""
    if every is Every.DAILY:
        return day
    return day - timedelta(days=day.weekday()) if every is Every.WEEKLY else day.replace(day=1)


def _following(every: Every, first: date) -> date:
    """The first day of the stretch after."""
    if every is Every.MONTHLY:
        return (first + timedelta(days=31)).replace(day=1)
    return first + timedelta(days=1 if every is Every.DAILY else 7)


def stretch_before(every: Every, now: Micros, zone: str) -> tuple[Micros, Micros]:
    """The last whole day, week or month before an instant: its beginning, and its end, which is no more part of it."""
    local = ZoneInfo(zone)
    end = _first(every, as_datetime(now).astimezone(local).date())
    start = _first(every, end - timedelta(days=1))
    return _midnight(start, local), _midnight(end, local)


def next_sending(every: Every, now: Micros, zone: str, hour: int) -> Micros:
    """When a report is sent next after an instant: at the hour of the first day of a stretch."""
    local = ZoneInfo(zone)
    first = _first(every, as_datetime(now).astimezone(local).date())
    due = as_micros(datetime.combine(first, time(hour), local))
    return due if due > now else as_micros(datetime.combine(_following(every, first), time(hour), local))


def _midnight(day: date, zone: ZoneInfo) -> Micros:
    return as_micros(datetime.combine(day, time(), zone))
