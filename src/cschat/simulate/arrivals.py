"""When customers arrive: instants in UTC that never go back.

May: draw from the random source it is given, read a file of counts. May not: know what an arrival does.

Every source is an iterator that holds one slot's arrivals at most (and those of an hour that the clock skips), so a year of them
costs no more memory than a day. Two arrivals may fall on the same microsecond. Give each source a `random.Random` of its own: it
draws as it is read, and sources that share one would change each other's numbers.
"""

from __future__ import annotations

import bisect
import csv
import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from os import PathLike
from random import Random
from typing import NoReturn
from zoneinfo import ZoneInfo

import attrs

from cschat.core.times import SECOND, Micros, as_micros
from cschat.errors import Invalid
from cschat.lines import MAX_LINE, numbered_lines

__all__ = ["MAX_PER_SLOT", "from_file", "poisson", "thinned"]

MAX_PER_SLOT = 1_000_000
"""Arrivals in one slot; they are drawn together, so a slip of the pen in the file must not fill the memory."""

_HOUR = 3600 * SECOND
_COLUMNS = ("local time", "count")


def poisson(rate_per_hour: float, start: Micros, rng: Random, *, end: Micros | None = None) -> Iterator[Micros]:
    """A Poisson process in [start, end), without end when `end` is None. `Invalid` unless the rate is above 0 and finite."""
    if not (rate_per_hour > 0 and math.isfinite(rate_per_hour)):
        raise Invalid(field="rate_per_hour", reason=f"is {rate_per_hour}", allowed=("a finite number above 0",))
    return _poisson(rate_per_hour / _HOUR, start, rng, end)


def from_file(
    path: str | PathLike[str], *, zone: ZoneInfo, start: Micros | None = None, end: Micros | None = None, rng: Random
) -> Iterator[Micros]:
    """The arrivals of a CSV file (plain, .gz, .xz): a header, then rows of local time and count, times rising.

    A row is a slot that begins at its time; every slot is as long as the smallest step between two consecutive rows, so a night
    without rows has no arrivals. Rows whose slot begins within [start, end) count, each with exactly its count of arrivals, drawn
    uniformly over the slot.

    Local times are ISO 8601 without an offset, read in `zone`. One that the clock shows twice is its first showing. One that the
    clock skips is read with the offset from before the skip (02:30 becomes 03:30 in summer time), so its arrivals mix with those of
    the hour after. A slot lasts its length in real time, whatever the clock does meanwhile.

    The whole file is checked before this returns: `Invalid` with `field` like `line 7: count`, and `line`, `path`, for a row that is
    not as above, for a count that is not a whole number from 0 to `MAX_PER_SLOT`, and for a file of fewer than two rows.
    """
    length = _slot_length(path)
    return _spread(_slots(path, zone), length, start, end, rng)


def thinned(arrivals: Iterable[Micros], share: float, rng: Random) -> Iterator[Micros]:
    """Each arrival with probability `share`, independently. `Invalid` unless the share is within 0 and 1."""
    if not 0 <= share <= 1:
        raise Invalid(field="share", reason=f"is {share}", allowed=("a number from 0 to 1",))
    return (arrival for arrival in arrivals if rng.random() < share)


def _poisson(per_micro: float, start: Micros, rng: Random, end: Micros | None) -> Iterator[Micros]:
    # The sum stays a fraction: rounding every gap would bend the rate where gaps are short.
    elapsed = 0.0
    while True:
        elapsed += rng.expovariate(per_micro)
        arrival = start + int(elapsed)
        if end is not None and arrival >= end:
            return
        yield arrival


@attrs.frozen
class _Slot:
    begins: Micros
    floor: Micros  # no slot further down the file begins before this
    count: int


def _spread(slots: Iterator[_Slot], length: int, start: Micros | None, end: Micros | None, rng: Random) -> Iterator[Micros]:
    pending: list[Micros] = []
    for slot in slots:
        if end is not None and slot.floor >= end:
            break
        if (start is not None and slot.begins < start) or (end is not None and slot.begins >= end):
            continue
        ready = bisect.bisect_left(pending, slot.floor)
        yield from pending[:ready]
        del pending[:ready]
        pending.extend(slot.begins + rng.randrange(length) for _ in range(slot.count))
        pending.sort()
    yield from pending


def _slots(path: str | PathLike[str], zone: ZoneInfo) -> Iterator[_Slot]:
    for local, count in _rows(path):
        begins = as_micros(local.replace(tzinfo=zone))
        # In a skipped hour the other reading is the earlier one, and the rows after the skip begin from there.
        yield _Slot(begins, min(begins, as_micros(local.replace(tzinfo=zone, fold=1))), count)


def _slot_length(path: str | PathLike[str]) -> int:
    # A pass of its own: the first slot needs the length, and the smallest step may stand on the last line.
    smallest: timedelta | None = None
    before: datetime | None = None
    for local, _ in _rows(path):
        if before is not None:
            smallest = local - before if smallest is None else min(smallest, local - before)
        before = local
    if smallest is None:
        raise Invalid(field=str(path), reason="has fewer than two rows, so the length of a slot is unknown", path=str(path))
    return smallest // timedelta(microseconds=1)


def _rows(path: str | PathLike[str]) -> Iterator[tuple[datetime, int]]:
    reader = csv.reader(_texts(path), strict=True)
    before: datetime | None = None
    header = True
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            _refuse(path, reader.line_num, "", f"is not CSV: {error}")
        number = reader.line_num
        if not row:
            continue
        if len(row) != len(_COLUMNS):
            _refuse(path, number, "", f"has {len(row)} column{'s' * (len(row) != 1)}", _COLUMNS)
        if header:
            header = False
            if _time(row[0]) is not None:
                _refuse(path, number, "", "is a row where the header should be", ("the two columns' names",))
            continue
        local = _time(row[0])
        if local is None:
            _refuse(path, number, "local time", f"is {row[0][:40]!r}", ("a local time like 2026-03-02T09:05, without an offset",))
        if before is not None and local <= before:
            _refuse(path, number, "local time", f"{row[0]} is not after the row before")
        before = local
        yield local, _count(path, number, row[1])


def _texts(path: str | PathLike[str]) -> Iterator[str]:
    for number, raw in numbered_lines(path):
        if len(raw) > MAX_LINE:
            _refuse(path, number, "", f"is longer than {MAX_LINE:,} bytes")
        try:
            yield raw.decode()
        except UnicodeDecodeError as error:
            _refuse(path, number, "", f"is not UTF-8 (byte {error.start + 1})")


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return time if time.tzinfo is None else None


def _count(path: str | PathLike[str], number: int, text: str) -> int:
    digits = text.strip()
    # Length first: Python refuses to turn thousands of digits into a number.
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(MAX_PER_SLOT)) or int(digits) > MAX_PER_SLOT:
        _refuse(path, number, "count", f"is {text[:40]!r}", (f"a whole number from 0 to {MAX_PER_SLOT:,}",))
    return int(digits)


def _refuse(path: str | PathLike[str], number: int, column: str, reason: str, allowed: tuple[str, ...] = ()) -> NoReturn:
    field = f"line {number}: {column}" if column else f"line {number}"
    raise Invalid(field=field, reason=reason, allowed=allowed, line=number, path=str(path))
