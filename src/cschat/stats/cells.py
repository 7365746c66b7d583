"""Cells: counts, sums and histograms of many facts, added up so that a retraction takes away exactly what was added.

May: turn facts into cells, and cells into figures. May not: read or write a store. Needs numpy (the extra `stats`).

A cell is for one period (a day, a month, a quarter of an hour), one value of one dimension, and one part of the registry: the eight or the
further metrics, on the wall or in business hours. It holds the sum of each metric and how many values fell into which bucket. Buckets are
exact up to 50 and at most 2 % wide beyond, so a percentile (nearest rank) is off by at most 1 %; sums and counts are exact.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import attrs
import numpy as np
from numpy.typing import NDArray

from cschat.core.stretches import instant
from cschat.core.times import Micros, as_datetime
from cschat.stats.facts import Fact
from cschat.stats.metrics import METRICS
from cschat.stats.state import Cell

__all__ = [
    "LAYOUT",
    "PARTS",
    "Cell",
    "Change",
    "Figure",
    "Rows",
    "Tally",
    "cells_of",
    "merged",
    "part_of",
    "periods",
    "rows_of",
    "spread",
    "table",
]

Change: TypeAlias = tuple[int, Fact]
"""A fact that is added (1) or taken back (-1)."""

_EXACT = 50
_BITS = 11
_MISSING = (1 << _BITS) - 1
_TOP = 10**12  # ms: over thirty years
_QUARTER = 900_000_000


def _edges() -> list[int]:
    found = list(range(_EXACT + 1))
    while found[-1] < _TOP:
        found.append(found[-1] * 51 // 50 + 1)
    return found


EDGES = _edges()
"""Where each bucket begins."""
_EDGES = np.array(EDGES, dtype=np.int64)
_MIDDLE = np.array([2 * low * (high - 1) / (low + high - 1) if low else 0 for low, high in pairwise([*EDGES, EDGES[-1] + 1])])
_WHOLE_MIDDLE = np.rint(_MIDDLE)

PARTS: dict[str, tuple[str, ...]] = {
    "sqi": tuple(name for name, metric in METRICS.items() if metric.sqi),
    "more": tuple(name for name, metric in METRICS.items() if not metric.sqi),
}
"""The metrics of each part, by place. In business hours the part is called `<part>.business`."""
LAYOUT = hashlib.sha256(repr((PARTS, _EXACT, _TOP)).encode()).hexdigest()[:16]
"""Names what the cells look like. Those of another layout are to be made anew."""

GRAINS = ("day", "month")
DIMENSIONS = ("brand", "agent", "group", "category", "channel", "tag")


def table(grain: str, dimension: str, part: str) -> str:
    """The name of all cells of a grain, a dimension and a part."""
    return f"{grain}/{dimension}/{part}"


def part_of(name: str, *, business: bool) -> tuple[str, int]:
    """The part in which a metric is, and its place there. What is no length has one reading."""
    part = "sqi" if METRICS[name].sqi else "more"
    return (f"{part}.business" if business and METRICS[name].timed else part), PARTS[part].index(name)


# --------------------------------------------------------------------------------------------------------------- periods


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=20_000)
def _midnight(zone: str, day: date) -> Micros:
    return instant(zone, day, 0)


def local(zone: str, when: Micros) -> datetime:
    """The wall time of a zone."""
    return as_datetime(when).astimezone(_zone(zone))


@lru_cache(maxsize=20_000)
def _of_slot(zone: str, slot: int) -> tuple[Micros, Micros]:
    """The day and the month of a quarter of an hour: no zone's midnight lies within one."""
    day = local(zone, slot * _QUARTER).date()
    return _midnight(zone, day), _midnight(zone, day.replace(day=1))


def begins(zone: str, when: Micros) -> dict[str, Micros]:
    """When the periods began that an instant lies in, by grain."""
    day, month = _of_slot(zone, when // _QUARTER)
    return {"quarter": when // _QUARTER * _QUARTER, "day": day, "month": month}


def periods(zone: str, start: Micros, end: Micros, *, months: bool = True) -> list[tuple[str, Micros]] | None:
    """The months and days that make up `[start, end)` exactly, by grain and beginning; None if a day would have to be cut."""
    found: list[tuple[str, Micros]] = []
    day, last = local(zone, start).date(), local(zone, end).date()
    if _midnight(zone, day) != start or _midnight(zone, last) != end:
        return None
    while day < last:
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        if months and day.day == 1 and following <= last:
            found.append(("month", _midnight(zone, day)))
            day = following
        else:
            found.append(("day", _midnight(zone, day)))
            day += timedelta(days=1)
    return found


# ------------------------------------------------------------------------------------------------------- facts as rows

_Ints: TypeAlias = NDArray[np.int64]
_READ = [(METRICS[name].read, METRICS[name].timed, place) for part in ("sqi", "more") for place, name in enumerate(PARTS[part])]
_SQI = len(PARTS["sqi"])
KINDS = ("sqi", "more", "sqi.business", "more.business")


@attrs.frozen
class Rows:
    """The values of many changes: which change each belongs to, whose it is, its part, its key (place and bucket), itself, its sign."""

    changes: Sequence[Change]
    change: _Ints
    agents: list[str]
    agent: _Ints
    part: _Ints
    key: _Ints
    value: _Ints
    sign: _Ints


def rows_of(changes: Sequence[Change]) -> Rows:
    """All values of some changes."""
    which: list[int] = []
    whose: list[int] = []
    kinds: list[int] = []
    values: list[int] = []
    signs: list[int] = []
    agents: dict[str | None, int] = {None: 0}
    for number, (sign, fact) in enumerate(changes):
        for place, (read, timed, _slot) in enumerate(_READ):
            for agent, wall, business in read(fact):
                code = agents.setdefault(agent, len(agents))
                which.append(number)
                whose.append(code)
                kinds.append(place)
                values.append(-1 if wall is None else wall)
                signs.append(sign)
                if timed:
                    which.append(number)
                    whose.append(code)
                    kinds.append(place + len(_READ))
                    values.append(-1 if business is None else business)
                    signs.append(sign)
    kind, value = np.array(kinds, dtype=np.int64), np.array(values, dtype=np.int64)
    spot = kind % len(_READ)
    slots = np.array([slot for _, _, slot in _READ], dtype=np.int64)
    bucket = np.where(value < 0, _MISSING, np.searchsorted(_EDGES, value, side="right") - 1)
    return Rows(
        changes,
        np.array(which, dtype=np.int64),
        [agent or "" for agent in agents],
        np.array(whose, dtype=np.int64),
        (spot >= _SQI) + 2 * (kind >= len(_READ)),
        slots[spot] << _BITS | bucket,
        np.maximum(value, 0),
        np.array(signs, dtype=np.int64),
    )


def bucket_of(value: int) -> int:
    """The bucket of one value."""
    return bisect_right(EDGES, value) - 1


# -------------------------------------------------------------------------------------------------------- rows as cells

_VALUES: Mapping[str, Callable[[Fact], Sequence[str]]] = {
    "brand": lambda _fact: ("",),
    "group": lambda fact: (fact.group or "",),
    "category": lambda fact: (fact.category or "",),
    "channel": lambda fact: (fact.channel,),
    "tag": lambda fact: fact.tags or ("",),
}
"""The values of a turn in each dimension but the agent, who is that of each value."""


@attrs.frozen
class Delta:
    """What is added to one cell: the sums by place, the keys, and how many of each."""

    brand: str
    table: str
    begin: Micros
    value: str
    sums: _Ints
    keys: _Ints
    counts: _Ints

    @property
    def id(self) -> str:
        return Cell.id_of(self.brand, self.table, self.begin, self.value)


def cells_of(rows: Rows) -> list[Delta]:
    """What some changes add to each cell that they touch."""
    if not len(rows.change):
        return []
    known = [begins(fact.zone, fact.closed) for _, fact in rows.changes]
    found: list[Delta] = []
    for dimension in DIMENSIONS:
        for grain in (*GRAINS, *(("quarter",) if dimension == "brand" else ())):
            found += _cells(rows, known, dimension, grain)
    return found


def _cells(rows: Rows, known: Sequence[Mapping[str, Micros]], dimension: str, grain: str) -> Iterable[Delta]:
    names: dict[tuple[str, Micros, str], int] = {}
    if dimension == "agent":
        spots: dict[tuple[str, Micros], int] = {}
        spot = np.array(
            [spots.setdefault((fact.brand, begin[grain]), len(spots)) for (_, fact), begin in zip(rows.changes, known, strict=True)]
        )
        wide = spot[rows.change] * len(rows.agents) + rows.agent
        places, cell = np.unique(wide, return_inverse=True)
        listed = list(spots)
        cells = [(*listed[place // len(rows.agents)], rows.agents[place % len(rows.agents)]) for place in places.tolist()]
        return _packed(cells, cell, np.arange(len(cell)), rows, dimension, grain)
    several = [
        [names.setdefault((fact.brand, begin[grain], value), len(names)) for value in _VALUES[dimension](fact)]
        for (_, fact), begin in zip(rows.changes, known, strict=True)
    ]
    cell, taken = spread(rows, several)
    return _packed(list(names), cell, taken, rows, dimension, grain)


def spread(rows: Rows, several: Sequence[Sequence[int]]) -> tuple[_Ints, _Ints]:
    """The rows of changes that belong to several groups each: the group of each row, and which row it is."""
    lengths = np.array([len(codes) for codes in several], dtype=np.int64)
    codes = np.array([code for codes in several for code in codes], dtype=np.int64)
    if (lengths == 1).all():
        return codes[rows.change], np.arange(len(rows.change))
    first = np.searchsorted(rows.change, np.arange(len(several) + 1))  # the rows of a change lie together
    owner = np.repeat(np.arange(len(several)), lengths)
    many = (first[1:] - first[:-1])[owner]
    ends = np.cumsum(many)
    taken = np.arange(int(many.sum())) - np.repeat(ends - many, many) + np.repeat(first[:-1][owner], many)
    return np.repeat(codes, many), taken


def _packed(  # noqa: PLR0917
    cells: Sequence[tuple[str, Micros, str]], cell: _Ints, taken: _Ints, rows: Rows, dimension: str, grain: str
) -> Iterable[Delta]:
    """The deltas of the rows `taken`, each of which goes into the `cell` of its number."""
    part, key, sign, value = rows.part[taken], rows.key[taken], rows.sign[taken], rows.value[taken]
    place = cell * len(KINDS) + part
    sums = np.zeros((len(cells) * len(KINDS), 32), dtype=np.int64)
    np.add.at(sums, (place, key >> _BITS), value * sign)
    wide, inverse = np.unique(place << 16 | key, return_inverse=True)
    counts = np.bincount(inverse, weights=sign).astype(np.int64)
    kept = counts != 0
    wide, counts = wide[kept], counts[kept]
    where = wide >> 16
    edges = np.flatnonzero(np.diff(where, prepend=-1, append=-1))
    touched = where[edges[:-1]]
    for low, high, number in zip(edges[:-1].tolist(), edges[1:].tolist(), touched.tolist(), strict=True):
        brand, begin, name = cells[number // len(KINDS)]
        kind = KINDS[number % len(KINDS)]
        width = len(PARTS[kind.removesuffix(".business")])
        yield Delta(brand, table(grain, dimension, kind), begin, name, sums[number, :width], wide[low:high] & 0xFFFF, counts[low:high])


def merged(delta: Delta, cell: Cell | None) -> Cell | None:
    """A cell with what is added to it; None if nothing is left."""
    sums, keys, counts = delta.sums, delta.keys, delta.counts
    if cell is not None:
        old_sums, old_keys, old_counts = unpacked(cell.data)
        sums = old_sums + sums
        keys, inverse = np.unique(np.concatenate([old_keys, keys]), return_inverse=True)
        counts = np.bincount(inverse, weights=np.concatenate([old_counts, counts])).astype(np.int64)
        kept = counts != 0
        keys, counts = keys[kept], counts[kept]
    if not len(keys):
        return None
    return Cell(delta.id, delta.brand, delta.table, delta.begin, delta.value, packed(sums, keys, counts))


def packed(sums: _Ints, keys: _Ints, counts: _Ints) -> bytes:
    """The numbers of a cell: how wide a count is, how many sums and keys there are, then sums, keys and counts."""
    width = 1 if counts.max() < 256 else 2 if counts.max() < 65_536 else 4
    head = bytes([width, len(sums)]) + len(keys).to_bytes(4, "little")
    return head + sums.astype("<i8").tobytes() + keys.astype("<u2").tobytes() + counts.astype(f"<u{width}").tobytes()


def unpacked(data: bytes) -> tuple[_Ints, NDArray[Any], NDArray[Any]]:
    """The sums, keys and counts of a cell."""
    width, places, number = data[0], data[1], int.from_bytes(data[2:6], "little")
    keys = 6 + 8 * places
    return (
        np.frombuffer(data, "<i8", places, 6),
        np.frombuffer(data, "<u2", number, keys),
        np.frombuffer(data, _WIDTHS[width], number, keys + 2 * number),
    )


_WIDTHS: dict[int, Any] = {1: np.dtype("<u1"), 2: np.dtype("<u2"), 4: np.dtype("<u4")}


# ------------------------------------------------------------------------------------------------------ cells as figures


@attrs.frozen
class Figure:
    """What a metric comes to: how many values there are and how many are missing, and of those there are the sum, mean and percentiles.

    Lengths are in seconds. None: there are none, or it says nothing (a percentile of a rate). `max` is None unless it was asked for.
    """

    count: int
    missing: int
    sum: float
    mean: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    max: float | None = None


_MOST = 24_000_000


class Tally:
    """Adds cells and rows of one part up, group by group; groups are numbered by whoever adds."""

    def __init__(self, part: str) -> None:
        self._places = len(PARTS[part.removesuffix(".business")])
        self._groups: list[Any] = []
        self._keys: list[Any] = []
        self._counts: list[Any] = []
        self._lengths: list[int] = []
        self._summed: list[int] = []
        self._sums: list[Any] = []

    def add(self, group: int, cell: Cell) -> None:
        """Add a cell to a group."""
        sums, keys, counts = unpacked(cell.data)
        self._groups.append(group)
        self._lengths.append(len(keys))
        self._keys.append(keys)
        self._counts.append(counts)
        self._summed.append(group)
        self._sums.append(sums)

    def add_rows(self, groups: _Ints, keys: _Ints, values: _Ints, signs: _Ints) -> None:
        """Add single values, each to its group."""
        if not len(groups):
            return
        wide, inverse = np.unique(groups << 16 | keys, return_inverse=True)
        counts = np.bincount(inverse, weights=signs).astype(np.int64)
        names, code = np.unique(groups, return_inverse=True)
        sums = np.zeros((len(names), self._places), dtype=np.int64)
        np.add.at(sums, (code, keys >> _BITS), values * signs)
        edges = [*np.flatnonzero(np.diff(wide >> 16, prepend=-1)).tolist(), len(wide)]
        for low, high in pairwise(edges):
            self._groups.append(int(wide[low] >> 16))
            self._lengths.append(high - low)
            self._keys.append((wide[low:high] & 0xFFFF).astype(np.uint16))
            self._counts.append(counts[low:high])
        self._summed += names.tolist()
        self._sums += list(sums)

    def figures(self, groups: int, places: Mapping[int, tuple[str, float]]) -> dict[str, list[Figure]]:
        """The figures of metrics by place (name and divisor), one for each group."""
        sums = np.zeros((groups, self._places), dtype=np.int64)
        if self._sums:
            np.add.at(sums, np.array(self._summed), np.array(self._sums))
        found: dict[str, list[Figure]] = {name: [] for name, _ in places.values()}
        keys = np.concatenate(self._keys) if self._keys else np.zeros(0, dtype=np.uint16)
        counts = np.concatenate(self._counts) if self._counts else np.zeros(0, dtype=np.int64)
        group = np.repeat(np.array(self._groups, dtype=np.int64), np.array(self._lengths, dtype=np.int64))
        used = np.zeros(1 << 16, dtype=bool)
        used[keys] = True
        asked = np.zeros(32, dtype=bool)
        asked[list(places)] = True
        used &= np.repeat(asked, 1 << _BITS)
        columns = np.flatnonzero(used)
        if not used[keys].all():
            kept = used[keys]
            keys, counts, group = keys[kept], counts[kept], group[kept]
        column = (np.cumsum(used) - 1)[keys]
        step = max(1, _MOST // max(1, len(columns)))
        for low in range(0, groups, step):
            high = min(groups, low + step)
            here = slice(None) if step >= groups else (group >= low) & (group < high)
            grid = np.bincount(
                (group[here] - low) * len(columns) + column[here], weights=counts[here], minlength=(high - low) * len(columns)
            ).reshape(high - low, len(columns))
            for place, (name, divisor) in places.items():
                found[name] += _figures(grid, columns, place, sums[low:high, place], name, divisor)
        return found


def _figures(  # noqa: PLR0917
    grid: NDArray[Any], columns: _Ints, place: int, sums: _Ints, name: str, divisor: float
) -> list[Figure]:
    first, last = np.searchsorted(columns, [place << _BITS, (place << _BITS) + _MISSING])
    missing = grid[:, last] if last < len(columns) and columns[last] == (place << _BITS) + _MISSING else np.zeros(len(grid))
    buckets = columns[first:last] & _MISSING
    heights = np.cumsum(grid[:, first:last], axis=1)
    counts = heights[:, -1] if len(buckets) else np.zeros(len(grid))
    middles = _WHOLE_MIDDLE[buckets] / divisor
    spread: list[list[float | None]] = []
    for share in (0.5, 0.9, 0.95):
        if not METRICS[name].spread or not len(buckets):
            spread.append([None] * len(grid))
            continue
        rank = np.ceil(np.round(counts * share, 9))
        at = np.minimum((heights < rank[:, None]).sum(axis=1), len(buckets) - 1)
        spread.append([value if number else None for value, number in zip(middles[at].tolist(), counts.tolist(), strict=True)])
    return [
        Figure(int(count), int(gone), total / divisor, total / count / divisor if count else None, *percentiles)
        for count, gone, total, *percentiles in zip(counts.tolist(), missing.tolist(), sums.tolist(), *spread, strict=True)
    ]
