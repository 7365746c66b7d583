"""Business time over a year: what a question to opening hours costs, when the calendar is new and when it is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any

from cschat.core.calendar import add, elapsed, is_open, next_change
from cschat.core.hours import Calendar, spans
from cschat.core.stretches import book_of
from cschat.core.times import as_micros

__all__ = ["microseconds"]

ROUNDS = 200
HOUR = 3_600_000_000


def microseconds(zone: str = "Asia/Seoul") -> dict[str, float]:
    """The median of each question, for weekdays 09:00-18:00 with lunch and Korean holidays. `new`: nothing of the calendar is known."""
    calendar = Calendar(zone, breaks=spans("12:00-13:00"))
    begin, end = (as_micros(datetime(year, 1, 1, tzinfo=UTC)) for year in (2026, 2027))
    now = begin + 181 * 24 * HOUR
    return {
        "elapsed over a year, new": _median(lambda: elapsed(calendar, begin, end), before=book_of.cache_clear),
        "elapsed over a year": _median(lambda: elapsed(calendar, begin, end)),
        "elapsed over a week": _median(lambda: elapsed(calendar, now, now + 168 * HOUR)),
        "add 40 hours": _median(lambda: add(calendar, now, 40 * HOUR)),
        "is_open": _median(lambda: is_open(calendar, now)),
        "next_change": _median(lambda: next_change(calendar, now)),
    }


def _median(question: Callable[[], Any], before: Callable[[], Any] = lambda: None) -> float:
    question()
    took = []
    for _ in range(ROUNDS):
        before()
        begin = perf_counter()
        question()
        took.append((perf_counter() - begin) * 1e6)
    return median(took)
