"""What opening hours are: shifts and breaks in wall time, special days, holidays, and how all of it has changed.

May: hold them, read and write them as text. May not: say when it is open (`calendar`).

A wall time is whole minutes from the midnight with which its day begins; what ends after midnight ends after 1440. A shift belongs to
the day on which it begins, so a night shift that begins before a holiday goes on into it.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import ClassVar, TypeVar

from msgspec import Struct

from cschat.core.records import Index, evolve
from cschat.core.times import Micros

__all__ = ["DAY", "WEEKDAYS", "Calendar", "DayKind", "Hours", "Override", "Span", "SpecialDay", "Version", "spans", "written"]

DAY = 1440
"""Minutes of a day on the wall."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
KEEP = 400 * 86_400_000_000
"""How long (in microseconds) a record keeps what no longer holds; the log keeps it for good."""

_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)\s*[-~]\s*([01]\d|2[0-4]):([0-5]\d)")


class Span(Struct, frozen=True):
    """From one wall time to another, `[start, end)`, in minutes from the midnight of its day; `end` is at most a day after `start`."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{_clock(self.start)}-{_clock(self.end)}"


def _clock(minutes: int) -> str:
    """24:00 as it is; past it the next day's time."""
    past = minutes if minutes <= DAY else minutes - DAY
    return f"{past // 60:02}:{past % 60:02}"


def spans(text: str) -> tuple[Span, ...]:
    """`09:00-12:00, 13:00-18:00` as spans, by start; `22:00-03:00` ends on the next day. A ValueError says what is wrong."""
    found = []
    for part in text.split(","):
        match = _SPAN.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"{part.strip()!r} is no span of hours")
        a, b, c, d = map(int, match.groups())
        start, end = a * 60 + b, c * 60 + d
        if start >= DAY or end > DAY:
            raise ValueError(f"{part.strip()!r} is no span of hours")
        if start == end:
            raise ValueError(f"{part.strip()!r} is empty; a whole day is 00:00-24:00")
        found.append(Span(start, end if end > start else end + DAY))
    return tuple(sorted(found, key=lambda span: (span.start, span.end)))


def written(several: tuple[Span, ...]) -> str:
    """Spans as text, as `spans` reads it; "" for none."""
    return ", ".join(map(str, several))


class DayKind(StrEnum):
    """What is special about a date: closed, hours of its own, as usual but only until noon, as usual though it is a holiday."""

    CLOSED = "closed"
    HOURS = "hours"
    HALF = "half"
    USUAL = "usual"


class SpecialDay(Struct, frozen=True):
    """One date that goes before weekday, holidays and the always-open switch.

    `spans` are the hours of the kind HOURS, taken as they are: no break is cut out of them.
    """

    date: date
    kind: DayKind
    spans: tuple[Span, ...] = ()
    note: str = ""


_NINE_TO_SIX = (Span(9 * 60, 18 * 60),)


class Calendar(Struct, frozen=True):
    """Opening hours. By default weekdays 09:00-18:00 in Seoul, no lunch, closed on Korean public holidays and Labour Day.

    `week` has the shifts of Monday to Sunday; `breaks` close every day of the week. `always_open`: day and night, without breaks and
    holidays; only special days close it. `holidays` is a country's code, with a subdivision if it has its own (KR, DE-BY), None: none are
    kept. `labour_day` is 1 May; `temporary` are holidays that are declared for one date, election days among them.
    """

    zone: str = "Asia/Seoul"
    week: tuple[tuple[Span, ...], ...] = (*(_NINE_TO_SIX,) * 5, (), ())
    breaks: tuple[Span, ...] = ()
    always_open: bool = False
    holidays: str | None = "KR"
    labour_day: bool = True
    temporary: bool = True
    special: tuple[SpecialDay, ...] = ()


class Version(Struct, frozen=True):
    """The calendar that holds from an instant on, until the next version."""

    since: Micros
    calendar: Calendar


class Override(Struct, frozen=True):
    """Open (until the calendar's next closing) or closed (until its next opening) from an instant on, whatever the calendar says.

    A later override ends it, and so does `cleared`.
    """

    since: Micros
    open: bool
    cleared: Micros | None = None


C = TypeVar("C", Version, Override)


class Hours(Struct, frozen=True):
    """A brand's opening hours, as they are and as they were. No version: the brand has set none, and nothing can be said of them.

    The first version also holds for what was before it. A change adds to the end, so it never rewrites the past.
    """

    kind: ClassVar[str] = "hours"
    prefix: ClassVar[str] = "hrs"
    indexes: ClassVar[tuple[Index, ...]] = ()

    id: str
    brand: str
    seq: int = 0
    versions: tuple[Version, ...] = ()
    overrides: tuple[Override, ...] = ()

    def calendar_at(self, when: Micros) -> Calendar | None:
        """The calendar that holds at an instant; None if the brand has set none."""
        held = [version for version in self.versions if version.since <= when] or list(self.versions[:1])
        return held[-1].calendar if held else None

    def with_calendar(self, calendar: Calendar, now: Micros) -> Hours:
        """As they are with a calendar that holds from now on."""
        last = self.versions[-1:]
        since = max([now, *(version.since for version in last)])  # a clock that went back does not reorder what has been
        kept = self.versions[:-1] if last and last[0].since == since else self.versions
        return evolve(self, versions=_kept((*kept, Version(since, calendar)), now))

    def with_override(self, open_: bool | None, now: Micros) -> Hours:  # noqa: FBT001  (three states, always named by the caller)
        """As they are with an override from now on, or (None) with none."""
        if open_ is not None:
            since = max([now, *(override.since for override in self.overrides[-1:])])
            return evolve(self, overrides=_kept((*self.overrides, Override(since, open_)), now))
        if not self.overrides or self.overrides[-1].cleared is not None:
            return self
        return evolve(self, overrides=(*self.overrides[:-1], evolve(self.overrides[-1], cleared=now)))


def _kept(several: tuple[C, ...], now: Micros) -> tuple[C, ...]:
    """Without those that were replaced so long ago that nobody asks; the last of them says what holds before the others."""
    replaced = sum(one.since <= now - KEEP for one in several) - 1
    return several[max(0, replaced) :]
