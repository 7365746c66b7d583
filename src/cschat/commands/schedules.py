"""The fields in which hours and dates are written.

May: read and check what people write. May not: set anything.

Hours are written as people write them: `09:00-18:00`, `09:00-12:00, 13:00-18:00`, `22:00-03:00` into the next day, `00:00-24:00`, `closed`.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from cschat.core.holidays import knows
from cschat.core.hours import WEEKDAYS, Span, spans
from cschat.errors import Invalid

__all__ = [
    "CLOSED",
    "MAX_DAYS",
    "dates",
    "day_field",
    "day_of",
    "is_country",
    "is_day",
    "joined",
    "known_zone",
    "shifts_of",
    "text_of_day",
    "week_of",
]

CLOSED = "closed"
MAX_DAYS = 366
_EXAMPLES = ("09:00-18:00", "09:00-12:00, 13:00-18:00", "22:00-03:00", "closed")


def joined(value: Any) -> Any:
    """A converter: a list of spans as one text."""
    return ", ".join(value) if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value) else value


def shifts_of(text: str | None, field: str) -> tuple[Span, ...]:
    """The spans of a text; none for `closed` and None. `Invalid` else."""
    if text is None or text == CLOSED:
        return ()
    try:
        return spans(text)
    except (ValueError, AttributeError) as error:
        raise Invalid(field=field, reason=str(error), allowed=_EXAMPLES) from error


def _is_hours(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is None and field.default is None:
        return
    if not isinstance(value, str) or len(value) > 200:
        raise Invalid(field=field.name, reason=f"{value!r} is no hours", allowed=_EXAMPLES)
    shifts_of(value, field.name)


def day_field(default: str | None = None) -> Any:
    """The field of a day's hours; None stands for what the command says of days that are not named."""
    return attrs.field(default=default, converter=joined, validator=_is_hours)


def known_zone(_command: object, field: attrs.Attribute[Any], value: str | None) -> None:
    """A validator of a time zone; None where it is the default."""
    if value is None and field.default is None:
        return
    try:
        ZoneInfo(value or "")
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        raise Invalid(field=field.name, reason=f"{value!r} is no time zone", allowed=["Asia/Seoul", "UTC"]) from error


def is_country(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    """A validator of a country with known holidays, `auto` or `none`."""
    if value in ("auto", "none"):
        return
    if not isinstance(value, str) or not value.isascii() or len(value) > 10 or not knows(value):
        raise Invalid(field=field.name, reason=f"{value!r} is no country whose holidays are known", allowed=["auto", "none", "KR", "DE-BY"])


def text_of_day(value: Any) -> Any:
    """A converter: a date as ISO text."""
    return value.isoformat() if type(value) is date else value


def day_of(text: Any, field: str) -> date:
    """The date of an ISO text; `Invalid` else."""
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise Invalid(field=field, reason=f"{text!r} is no date", allowed=["2026-12-24"]) from error


def is_day(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    """A validator of a date as ISO text; None where it is the default."""
    if value is not None or field.default is not None:
        day_of(value, field.name)


def dates(first: date, last: date, field: str) -> list[date]:
    """All dates from one to another; `Invalid` if they are the wrong way round or too many."""
    count = (last - first).days + 1
    if not 1 <= count <= MAX_DAYS:
        raise Invalid(field=field, reason=f"{last} is not within a year after {first}", allowed=[f"1 to {MAX_DAYS} days"])
    return [first + timedelta(days=number) for number in range(count)]


def week_of(command: Any) -> tuple[tuple[Span, ...], ...]:
    """The shifts of Monday to Sunday that a command names: each day's own, or those of `weekdays`."""
    named = [getattr(command, name) for name in WEEKDAYS]
    texts = [command.weekdays if text is None and place < 5 else text for place, text in enumerate(named)]
    return tuple(shifts_of(text, name) for text, name in zip(texts, WEEKDAYS, strict=True))
