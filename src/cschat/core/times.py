"""Instants and durations.

May: convert. May not: read a clock.

Inside, an instant is `Micros`: whole microseconds since 1970 in UTC, so that order, sums and text are exact on every store.
A record's field `opened` holds Micros and its property `opened_at` gives the aware datetime.
Durations are stored as whole milliseconds and are seconds (float) in the API.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeAlias

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "SECOND",
    "Micros",
    "as_datetime",
    "as_iso",
    "as_micros",
    "earliest",
    "is_sane",
    "milliseconds",
    "optional_datetime",
    "seconds",
]

Micros: TypeAlias = Annotated[int, "instant"]
SECOND = 1_000_000

FIRST_YEAR, LAST_YEAR = 1970, 2999
"""What lies outside is no time of a support desk, and nothing is counted from it or to it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE = timedelta(microseconds=1)
_END = (datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) - _EPOCH) // _ONE


def as_datetime(instant: Micros) -> datetime:
    """The aware UTC datetime of an instant."""
    return _EPOCH + timedelta(microseconds=instant)


def optional_datetime(instant: Micros | None) -> datetime | None:
    """As `as_datetime`; None stays None."""
    return None if instant is None else as_datetime(instant)


def as_micros(when: datetime) -> Micros:
    """The instant of an aware datetime. A naive one is a ValueError: it names no instant."""
    if when.utcoffset() is None:
        raise ValueError("a datetime needs a time zone")
    return (when - _EPOCH) // _ONE


def is_sane(instant: Micros) -> bool:
    """Whether it is a time that a support desk may meet."""
    return 0 <= instant < _END


def as_iso(instant: Micros) -> str:
    """ISO 8601 in UTC with six digits, so that text order is time order."""
    return f"{as_datetime(instant).isoformat(timespec='microseconds')[:-6]}Z"


def seconds(milliseconds_: int | None) -> float | None:
    """The API's seconds of a stored duration; None (unknown) stays None."""
    return None if milliseconds_ is None else milliseconds_ / 1000


def milliseconds(seconds_: float) -> int:
    """The stored duration of the API's seconds, rounded to the nearest millisecond."""
    return round(seconds_ * 1000)


def earliest(*instants: Micros | None) -> Micros | None:
    """The first of some instants; None if all are."""
    return min((instant for instant in instants if instant is not None), default=None)
