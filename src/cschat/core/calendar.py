"""When it is open: questions to opening hours.

May: answer for any instant, past or to come. May not: read a clock or set hours.

Every function takes a `Calendar`, or a brand's `Hours` with all their versions and overrides, or None. Without hours there is no answer:
it is None, not 0. Instants are whole microseconds in UTC (`Micros`), and business time is whole microseconds as well.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TypeAlias, overload

from cschat.core.hours import DAY, Calendar, DayKind, Hours, Span, SpecialDay
from cschat.core.people import Agent
from cschat.core.records import evolve
from cschat.core.stretches import HORIZON, WINDOW, Book, book_of, changes, day_spans, holiday_on, instant, local_date, special_on
from cschat.core.times import Micros
from cschat.errors import NeverOpens

__all__ = [
    "Opens",
    "Reason",
    "add",
    "closes_whole_day",
    "elapsed",
    "in_shift",
    "is_open",
    "next_change",
    "next_opening",
    "open_spans",
    "overridden",
    "reason",
    "shifts_of",
]

Opens: TypeAlias = Calendar | Hours | None
"""What can be asked: one calendar, a brand's hours, or nothing."""


class Reason(StrEnum):
    """Why it is closed: outside of the hours, in a break, on a holiday or a day that is closed as a special one, or by an override."""

    CLOSED = "closed"
    LUNCH = "lunch"
    HOLIDAY = "holiday"
    OVERRIDE = "override"


def _book(hours: Opens) -> Book | None:
    return None if hours is None or (isinstance(hours, Hours) and not hours.versions) else book_of(hours)


def is_open(hours: Opens, now: Micros) -> bool | None:
    """Whether it is open at an instant. The instant of opening is open, that of closing is not."""
    book = _book(hours)
    return None if book is None else book.window(now // WINDOW).is_open(now)


def next_change(hours: Opens, now: Micros) -> Micros | None:
    """The first instant after `now` at which it opens or closes; None if there is none for 400 days."""
    return _next(hours, now, opening=False)


def next_opening(hours: Opens, now: Micros) -> Micros | None:
    """The first instant after `now` at which it opens; None if there is none for 400 days."""
    return _next(hours, now, opening=True)


def _next(hours: Opens, now: Micros, *, opening: bool) -> Micros | None:
    book = _book(hours)
    found = None if book is None else next((when for when, opens in changes(book, now) if opens or not opening), None)
    return found if found is not None and found <= now + HORIZON else None


@overload
def elapsed(hours: Calendar, a: Micros, b: Micros) -> int: ...
@overload
def elapsed(hours: Opens, a: Micros, b: Micros) -> int | None: ...
def elapsed(hours: Opens, a: Micros, b: Micros) -> int | None:
    """Business time from `a` to `b`, in microseconds; negative if `b` comes first, so that it always adds up."""
    book = _book(hours)
    if book is None:
        return None
    if b < a:
        return -_between(book, b, a)
    return _between(book, a, b)


def _between(book: Book, a: Micros, b: Micros) -> int:
    first, last = a // WINDOW, b // WINDOW
    whole = sum(book.window(number).total for number in range(first, last))
    return whole - book.window(first).until(a) + book.window(last).until(b)


@overload
def add(hours: Calendar, a: Micros, d: int) -> Micros: ...
@overload
def add(hours: Opens, a: Micros, d: int) -> Micros | None: ...
def add(hours: Opens, a: Micros, d: int) -> Micros | None:
    """The earliest instant from `a` on by which business time of `d` microseconds (not negative) has passed.

    `NeverOpens` if it does not open for 400 days on end before that.
    """
    book = _book(hours)
    if book is None or d <= 0:
        return None if book is None else a
    number, seen = a // WINDOW, a
    wanted = d + book.window(number).until(a)  # business time from the beginning of the window
    while True:
        window = book.window(number)
        for start, end, before in zip(window.starts, window.ends, window.before, strict=True) if window.total else ():
            if end <= seen:
                continue
            if start > seen + HORIZON:
                break
            seen = end
            if wanted <= before + end - start:
                return start + wanted - before
        wanted -= window.total
        number += 1
        if number * WINDOW > seen + HORIZON:
            raise NeverOpens("it does not open for 400 days on end", after=seen)


def overridden(hours: Opens, now: Micros) -> bool:
    """Whether an override decides, and not a calendar."""
    book = _book(hours)
    return book is not None and isinstance(book.decided_by(now), bool)


def reason(hours: Opens, now: Micros) -> Reason | None:
    """Why it is closed at an instant; None if it is open, or if there are no hours."""
    book = _book(hours)
    if book is None or book.window(now // WINDOW).is_open(now):
        return None
    calendar = book.decided_by(now)
    if not isinstance(calendar, Calendar):
        return Reason.OVERRIDE
    today = local_date(calendar.zone, now)
    if _in_shift(calendar, today, now):
        return Reason.LUNCH
    return Reason.HOLIDAY if closes_whole_day(calendar, today) else Reason.CLOSED


def _in_shift(calendar: Calendar, today: date, now: Micros) -> bool:
    """Whether an instant lies in a shift that breaks are cut out of; where it is closed there, a break closes it."""
    for ordinal in (today.toordinal() - 1, today.toordinal(), today.toordinal() + 1):
        day = date.fromordinal(ordinal)
        shifts, cut = day_spans(calendar, day)
        if cut and any(instant(calendar.zone, day, span.start) <= now < instant(calendar.zone, day, span.end) for span in shifts):
            return True
    return False


def closes_whole_day(calendar: Calendar, day: date) -> bool:
    """Whether a date is closed because it is a holiday, or as a special day."""
    special = special_on(calendar, day)
    if special is not None:
        return special.kind is DayKind.CLOSED
    return not calendar.always_open and holiday_on(calendar, day) is not None


def open_spans(calendar: Calendar, day: date) -> tuple[Span, ...]:
    """The hours of a date as the wall shows them: its shifts without the breaks. Overrides are no part of it."""
    shifts, cut = day_spans(calendar, day)
    found = [(span.start, span.end) for span in shifts]
    if cut:
        holes = [(span.start + days * DAY, span.end + days * DAY) for days in (-1, 0, 1) for span in calendar.breaks]
        for begin, end in holes:
            found = [part for start, stop in found for part in ((start, min(stop, begin)), (max(start, end), stop)) if part[0] < part[1]]
    return tuple(Span(start, end) for start, end in sorted(found))


def shifts_of(agent: Agent, zone: str) -> Calendar | None:
    """When an agent works, by their shifts and days off; None: nothing is said of it, so always.

    `zone`: where the days off of an agent without shifts begin and end.
    """
    if agent.shifts is None and not agent.days_off:
        return None
    shifts = agent.shifts or Calendar(zone=zone, always_open=True)
    return evolve(shifts, special=tuple(SpecialDay(day, DayKind.CLOSED) for day in agent.days_off))


def in_shift(agent: Agent, now: Micros, zone: str) -> bool:
    """Whether an agent is at work by their shifts and days off. It says nothing of their status."""
    shifts = shifts_of(agent, zone)
    return shifts is None or is_open(shifts, now) is True
