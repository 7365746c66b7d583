"""Opening hours as stretches of instants.

May: turn wall time into instants, once for each calendar. May not: answer anybody's question (`calendar`).

A wall time means the first instant at which the clock of the zone shows it, or a later one. So a time that daylight saving skips
is the moment of the skip, and one that the clock shows twice is its first showing; what lies between two instants counts as it lasts.

Time is cut into windows of 64 days of UTC. A `Book` knows the stretches of each window that was looked at, and how long they are together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise, zip_longest
from typing import TypeAlias
from zoneinfo import ZoneInfo

from cschat.core.holidays import public_holidays
from cschat.core.hours import DAY, Calendar, DayKind, Hours, Span, SpecialDay
from cschat.core.times import Micros

__all__ = [
    "HORIZON",
    "WINDOW",
    "Book",
    "Pair",
    "Window",
    "book_of",
    "changes",
    "day_spans",
    "holiday_on",
    "instant",
    "local_date",
    "special_on",
]

MINUTE = 60_000_000
_DAY = DAY * MINUTE
HORIZON = 400 * _DAY
"""How far ahead (in microseconds) an opening or a closing is looked for."""
WINDOW = 64 * _DAY
_EPOCH = date(1970, 1, 1).toordinal()
_LAST = 3_652_000
"""The last ordinal of a date that hours are reckoned for: some weeks before the end of the year 9999."""
_ONE = timedelta(microseconds=1)
_KEPT = 1024
"""Windows that one book keeps."""

Pair: TypeAlias = tuple[Micros, Micros]


# ------------------------------------------------------------------------------------------------------------- wall time


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local_date(zone: str, when: Micros) -> date:
    """The date that the clock of a zone shows."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=when)).astimezone(_zone(zone)).date()


def instant(zone: str, day: date, minutes: int) -> Micros:
    """The first instant at which the clock shows `minutes` after the midnight of `day`, or a later time."""
    return _instant(_zone(zone), day.toordinal() + minutes // DAY, minutes % DAY)


def _instant(zone: ZoneInfo, ordinal: int, minutes: int) -> Micros:
    naive = datetime.combine(date.fromordinal(ordinal), datetime.min.time()) + timedelta(minutes=minutes)
    wall = ((ordinal - _EPOCH) * DAY + minutes) * MINUTE
    first, second = _offset(zone, naive), _offset(zone, naive.replace(fold=1))
    if second <= first:  # an ordinary time, or one that is shown twice
        return wall - first
    low, high = wall - second, wall - first  # it is skipped: between these the clock leaps, on a whole second
    before = _offset_at(zone, low)
    while high - low > 1_000_000:
        middle = (low + high) // 2_000_000 * 1_000_000
        low, high = (middle, high) if _offset_at(zone, middle) == before else (low, middle)
    return high


def _offset(zone: ZoneInfo, wall: datetime) -> int:
    return (zone.utcoffset(wall) or timedelta()) // _ONE


def _offset_at(zone: ZoneInfo, when: Micros) -> int:
    return _offset(zone, (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=when)).astimezone(zone))


class _Clock:
    """The wall times of some days of one zone as instants, quick on days on which the clock does not leap."""

    def __init__(self, zone: str, first: int, last: int) -> None:
        self._zone = _zone(zone)
        self._first = first
        offsets = [self._at_midnight(ordinal) for ordinal in range(first, last + 3)]
        self._offsets = [one if one == two == three else None for one, two, three in zip(offsets, offsets[1:], offsets[2:], strict=False)]

    def spans(self, ordinal: int, spans: tuple[Span, ...]) -> list[Pair]:
        """The spans of a day as instants."""
        offset = self._offsets[ordinal - self._first]
        if offset is not None:
            midnight = (ordinal - _EPOCH) * _DAY - offset
            return [(midnight + span.start * MINUTE, midnight + span.end * MINUTE) for span in spans]
        return [(self._wall(ordinal, span.start), self._wall(ordinal, span.end)) for span in spans]

    def _wall(self, ordinal: int, minutes: int) -> Micros:
        return _instant(self._zone, ordinal + minutes // DAY, minutes % DAY)

    def _at_midnight(self, ordinal: int) -> int | None:
        """The offset at a midnight; None if the clock leaps just there."""
        naive = datetime.fromordinal(ordinal)
        first, second = self._zone.utcoffset(naive), self._zone.utcoffset(naive.replace(fold=1))
        return None if first is None or first != second else first // _ONE


# --------------------------------------------------------------------------------------------------------------- one day


def holiday_on(calendar: Calendar, day: date) -> str | None:
    """The name of the holiday that a date is, if the calendar keeps it."""
    return None if calendar.holidays is None else _holidays(calendar, day.year).get(day)


def _holidays(calendar: Calendar, year: int) -> Mapping[date, str]:
    return public_holidays(str(calendar.holidays), year, labour_day=calendar.labour_day, temporary=calendar.temporary)


def special_on(calendar: Calendar, day: date) -> SpecialDay | None:
    """What is special about a date: the last word on it counts."""
    return next((one for one in reversed(calendar.special) if one.date == day), None)


def day_spans(calendar: Calendar, day: date) -> tuple[tuple[Span, ...], bool]:
    """The shifts that begin on a date, and whether the breaks are cut out of them."""
    return _shifts(calendar, day, special_on(calendar, day))


def _shifts(calendar: Calendar, day: date, special: SpecialDay | None) -> tuple[tuple[Span, ...], bool]:
    if special is not None:
        if special.kind is DayKind.CLOSED:
            return (), False
        if special.kind is DayKind.HOURS:
            return special.spans, False
    if not calendar.always_open and special is None and holiday_on(calendar, day) is not None:
        return (), False
    cut = not calendar.always_open
    usual = calendar.week[day.weekday()] if cut else (Span(0, DAY),)
    if special is not None and special.kind is DayKind.HALF:
        usual = tuple(Span(span.start, min(span.end, DAY // 2)) for span in usual if span.start < DAY // 2)
    return usual, cut


# --------------------------------------------------------------------------------------------------------------- windows


class Window:
    """The stretches of one window, in order, apart from each other: where each begins and ends, and how much is open before it."""

    __slots__ = ("before", "ends", "starts", "total")

    def __init__(self, stretches: Sequence[Pair]) -> None:
        self.starts = [start for start, _ in stretches]
        self.ends = [end for _, end in stretches]
        self.before = [0, *accumulate(end - start for start, end in stretches)]
        self.total = self.before.pop()

    def is_open(self, when: Micros) -> bool:
        place = bisect_right(self.starts, when) - 1
        return place >= 0 and when < self.ends[place]

    def until(self, when: Micros) -> int:
        """How much is open before an instant."""
        place = bisect_right(self.starts, when) - 1
        return 0 if place < 0 else self.before[place] + min(when, self.ends[place]) - self.starts[place]


class Book:
    """The windows of one calendar, or of hours with all their versions and overrides."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        self._windows: dict[int, Window] = {}

    def window(self, number: int) -> Window:
        """The window that begins `number` times 64 days after 1970."""
        found = self._windows.get(number)
        if found is None:
            if len(self._windows) >= _KEPT:
                self._windows.clear()
            found = self._windows[number] = Window(self._stretches(number))
        return found

    def _stretches(self, number: int) -> list[Pair]:
        low, high = number * WINDOW, (number + 1) * WINDOW
        found: list[Pair] = []
        for since, until, what in self._pieces:
            start, end = max(low, since), min(high, until)
            if start < end:
                stretch = (int(start), int(end))
                found += [stretch] * what if isinstance(what, bool) else _of_calendar(what, *stretch)
        return _union(found)

    def decided_by(self, when: Micros) -> Calendar | bool | None:
        """What says whether it is open at an instant: a calendar, or an override; None if there is nothing."""
        return next((what for since, until, what in self._pieces if since <= when < until), None)


Piece: TypeAlias = tuple[float, float, Calendar | bool]
"""From an instant to another (both may be infinite), what says whether it is open: a calendar, or an override."""


def _of_calendar(calendar: Calendar, low: Micros, high: Micros) -> list[Pair]:
    """The stretches of a calendar between two instants."""
    regular: list[Pair] = []
    plain: list[Pair] = []
    breaks: list[Pair] = []
    special = {one.date: one for one in calendar.special}
    first, last = (when // _DAY + _EPOCH for when in (low, high))
    days = range(max(2, first - 3), min(_LAST, last + 4))
    clock = _Clock(calendar.zone, days.start, days.stop)
    for ordinal in days:
        day = date.fromordinal(ordinal)
        shifts, cut = _shifts(calendar, day, special.get(day))
        if shifts:
            (regular if cut else plain).extend(clock.spans(ordinal, shifts))
        if calendar.breaks:
            breaks += clock.spans(ordinal, calendar.breaks)
    opened = _union([*_without(_union(regular), _union(breaks)), *plain])
    return [(max(low, start), min(high, end)) for start, end in opened if end > low and start < high]


def _union(stretches: list[Pair]) -> list[Pair]:
    """In order, those that overlap or touch made one, empty ones left out."""
    found: list[Pair] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            if end > found[-1][1]:
                found[-1] = (found[-1][0], end)
        elif start < end:
            found.append((start, end))
    return found


def _without(stretches: list[Pair], holes: list[Pair]) -> Iterator[Pair]:
    """The stretches without the holes; both in order and apart."""
    at = 0
    for start, end in stretches:
        while at < len(holes) and holes[at][1] <= start:
            at += 1
        place, rest = at, start
        while place < len(holes) and holes[place][0] < end:
            if rest < holes[place][0]:
                yield rest, holes[place][0]
            rest = holes[place][1]
            place += 1
        if rest < end:
            yield rest, end


# ----------------------------------------------------------------------------------------------------------------- books


@lru_cache(maxsize=512)
def book_of(hours: Calendar | Hours) -> Book:
    """The book of a calendar or of hours; the same for equal ones."""
    return Book([(float("-inf"), float("inf"), hours)] if isinstance(hours, Calendar) else _pieces_of(hours))


def _pieces_of(hours: Hours) -> list[Piece]:
    """What says at which time whether it is open: the versions, and the overrides over them."""
    bounds = [float("-inf"), *(version.since for version in hours.versions[1:]), float("inf")]
    plan: list[Piece] = [(*pair, version.calendar) for pair, version in zip(pairwise(bounds), hours.versions, strict=True)]
    book = Book(plan)
    pieces = plan
    for override, follower in zip_longest(hours.overrides, hours.overrides[1:]):
        ends = [] if follower is None else [follower.since]
        ends += [] if override.cleared is None else [override.cleared]
        planned = next((when for when, opens in changes(book, override.since) if opens is not override.open), float("inf"))
        until = min(planned, *ends, float("inf"))
        pieces = _over(pieces, (override.since, until, override.open))
    return pieces


def _over(pieces: list[Piece], top: Piece) -> list[Piece]:
    """The pieces with another laid over them."""
    since, until, _ = top
    below = [
        part
        for begin, end, what in pieces
        for part in ((begin, min(end, since), what), (max(begin, until), end, what))
        if part[0] < part[1]
    ]
    return sorted([*below, top], key=lambda piece: piece[:2]) if since < until else pieces


def changes(book: Book, after: Micros) -> Iterator[tuple[Micros, bool]]:
    """The instants after `after` at which it opens (True) or closes (False), in order; up to the window in which the horizon lies."""
    number, standing = after // WINDOW, None
    while number * WINDOW <= after + HORIZON:
        window, edge = book.window(number), (number + 1) * WINDOW
        if standing is not None and (not window.starts or window.starts[0] != standing):
            yield standing, False
        for start, end in zip(window.starts, window.ends, strict=True):
            if start > after and start != standing:
                yield start, True
            if after < end < edge:
                yield end, False
        standing = edge if window.ends and window.ends[-1] == edge else None
        number += 1
