"""A series of counts, read from lines of CSV.

May: read lines and say what is wrong with them. May not: open a file.

The first line is a header. Of the rows after it the first column is a time in ISO 8601, the second a number; whatever the columns are
called, and whatever follows them. Blank lines are passed over.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from math import isfinite
from typing import NoReturn

import attrs

from cschat.errors import Invalid

__all__ = ["MAX_LINE", "Line", "as_slot", "read_series"]

MAX_LINE = 100_000
"""Bytes in one line."""

_COLUMNS = ("timestamp", "value")
_SLOT = re.compile(r"([1-9]\d{0,4}) ?(s|sec|m|min|h|d)")
_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}


@attrs.frozen
class Line:
    """One row: its number in the file, the time as it stands there and as it is read, and the count."""

    number: int
    timestamp: str
    at: datetime
    value: float


def as_slot(text: str) -> timedelta:
    """How long a slot is: `30s`, `5min`, `1h`, `1d`. `Invalid` else."""
    match = _SLOT.fullmatch(text.strip())
    if match is None:
        raise Invalid(field="slot", reason=f"{text[:40]!r} is no length of a slot", allowed=["30s", "5min", "1h", "1d"])
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def read_series(lines: Iterable[tuple[int, bytes]]) -> Iterator[Line]:
    """The row of each numbered line, read as it is asked for.

    A bad line raises `Invalid`: `field` like `line 7: value`, and `line`. Bad is: not UTF-8, not CSV, fewer than two columns, a time that
    is none, a value that is no finite number, a row where the header should be, a line over `MAX_LINE`.
    """
    rows = csv.reader(_texts(lines), strict=True)
    header = True
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            _refuse(rows.line_num, "", f"is not CSV: {error}")
        if not row:
            continue
        number = rows.line_num
        if len(row) < len(_COLUMNS):
            _refuse(number, "", "has one column", _COLUMNS)
        if header:
            header = False
            if _time(row[0]) is not None:
                _refuse(number, "", "is a row where the header should be", ("the columns' names",))
            continue
        at, value = _time(row[0]), _number(row[1])
        if at is None:
            _refuse(number, "timestamp", f"is {row[0][:40]!r}", ("a time like 2026-03-02T09:05",))
        if value is None:
            _refuse(number, "value", f"is {row[1][:40]!r}", ("a finite number",))
        yield Line(number, row[0].strip(), at, value)


def _texts(lines: Iterable[tuple[int, bytes]]) -> Iterator[str]:
    for number, raw in lines:
        if len(raw) > MAX_LINE:
            _refuse(number, "", f"is longer than {MAX_LINE:,} bytes")
        try:
            yield raw.decode()
        except UnicodeDecodeError as error:
            _refuse(number, "", f"is not UTF-8 (byte {error.start + 1})")


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _refuse(number: int, column: str, reason: str, allowed: tuple[str, ...] = ()) -> NoReturn:
    field = f"line {number}: {column}" if column else f"line {number}"
    raise Invalid(field=field, reason=reason, allowed=allowed, line=number)
