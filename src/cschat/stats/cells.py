"""Cells: counts, sums and histograms of many facts, added up so that a retraction takes away exactly what was added.

May: turn facts into cells, and cells into figures. May not: read or write a store. Needs numpy (the extra `stats`).

A cell is for one period (a day, a month, a quarter of an hour), one value of one dimension, and one part of the registry: the eight or the
further metrics, on the wall or in business hours. It holds the sum of each metric and how many values fell into which bucket. Buckets are
exact up to 50 and at most 2 % wide beyond, so a percentile (nearest rank) is off by at most 1 %; sums and counts are exact.
"""

from __future__ import annotations

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
from cschat.stats.metrics import METRICS, PARTS, Attribution
from cschat.stats.state import Cell

__all__ = [
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
"""What stands for a bucket: as far from its lowest as from its highest value, in parts of them. Rounded, it would be off by up to 2 %."""

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
def _begins(zone: str, slot: int) -> tuple[Micros, Micros, Micros]:
    """When the day and the month began that a quarter of an hour lies in, and it itself: no zone's midnight lies within one."""
    day = local(zone, slot * _QUARTER).date()
    return _midnight(zone, day), _midnight(zone, day.replace(day=1)), slot * _QUARTER


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
_READ = [METRICS[name] for part in PARTS.values() for name in part]
_SLOTS = [place for part in PARTS.values() for place in range(len(part))]
_SQI = len(PARTS["sqi"])
KINDS = ("sqi", "more", "sqi.business", "more.business")


@attrs.frozen
class Rows:
    """The values of many changes: which change each belongs to, whose it is, its part, its key (place and bucket), itself, its sign.

    `wide` is part and key in one, `signed` the value with its sign.
    """

    changes: Sequence[Change]
    change: _Ints
    agents: list[str]
    agent: _Ints
    part: _Ints
    key: _Ints
    value: _Ints
    sign: _Ints
    wide: _Ints
    signed: NDArray[Any]


def rows_of(changes: Sequence[Change], names: Sequence[str] = tuple(METRICS)) -> Rows:
    """All values of some changes, metric by metric (those of `names`): this is `Metric.read`, for many facts at once."""
    facts = [fact for _, fact in changes]
    agents: dict[str | None, int] = {None: 0}
    owner = np.array([agents.setdefault(fact.agent, len(agents)) for fact in facts], dtype=np.int64)
    responder = np.array([agents.setdefault(fact.responder or fact.agent, len(agents)) for fact in facts], dtype=np.int64)
    asked = [(spot, metric) for spot, metric in enumerate(_READ) if metric.name in names]
    wheres = {metric.where for _, metric in asked}
    tests = {where: np.flatnonzero(np.fromiter(map(where, facts), bool, len(facts))) for where in wheres}
    chosen = {where: [facts[number] for number in which.tolist()] for where, which in tests.items()}
    found: list[tuple[int, _Ints, _Ints, _Ints]] = []
    for spot, metric in asked:
        which, given = tests[metric.where], list(map(metric.of, chosen[metric.where]))
        if not given:
            continue
        if metric.shared:
            which = np.repeat(which, np.fromiter(map(len, given), np.int64, len(given)))
            shares = [share for several in given for share in several]
            whose = np.array([agents.setdefault(share.agent, len(agents)) for share in shares], dtype=np.int64)
            given = [share.took for share in shares]
        else:
            whose = (responder if metric.attribution is Attribution.RESPONDER else owner)[which]
        if not metric.timed:
            found.append((spot, which, whose, np.array([-1 if value is None else value for value in given], dtype=np.int64)))
            continue
        found.append((spot, which, whose, np.array([-1 if took is None else took.wall for took in given], dtype=np.int64)))
        business = np.array([-1 if took is None or took.business is None else took.business for took in given], dtype=np.int64)
        known = business >= 0
        if known.any():
            found.append((spot + len(_READ), which[known], whose[known], business[known]))
    kind = np.repeat([spot for spot, *_ in found], [len(values) for *_, values in found]).astype(np.int64)
    change = _joined([which for _, which, _, _ in found])
    whose = _joined([agents_ for _, _, agents_, _ in found])
    value = _joined([values for *_, values in found])
    spot_of = kind % len(_READ)
    bucket = np.where(value < 0, _MISSING, np.searchsorted(_EDGES, value, side="right") - 1)
    part = (spot_of >= _SQI) + 2 * (kind >= len(_READ))
    key = np.array(_SLOTS, dtype=np.int64)[spot_of] << _BITS | bucket
    sign = np.array([sign for sign, _ in changes], dtype=np.int64)[change]
    value = np.maximum(value, 0)
    return Rows(
        changes,
        change,
        [agent or "" for agent in agents],
        whose,
        part,
        key,
        value,
        sign,
        part << 16 | key,
        (value * sign).astype(np.float64),
    )


def _joined(several: Sequence[_Ints]) -> _Ints:
    return np.concatenate(several) if several else np.zeros(0, dtype=np.int64)


# -------------------------------------------------------------------------------------------------------- rows as cells

_ONE: Mapping[str, Callable[[Fact], str | None]] = {
    "brand": lambda _fact: None,
    "group": lambda fact: fact.group,
    "category": lambda fact: fact.category,
    "channel": lambda fact: fact.channel,
}
"""The value of a turn in each dimension in which it has one; the agent is that of each value, and tags are several."""


@attrs.frozen
class Delta:
    """What is added to one cell: the sums by place (all 32), the keys, and how many of each."""

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
    facts = [fact for _, fact in rows.changes]
    coded = {dimension: _coded([of(fact) or "" for fact in facts], rows.change) for dimension, of in _ONE.items()}
    coded["agent"] = rows.agents, rows.agent, None
    tags: dict[str, int] = {}
    group, taken = spread(rows, [[tags.setdefault(tag, len(tags)) for tag in fact.tags or ("",)] for fact in facts])
    coded["tag"] = list(tags), group, taken
    slots: dict[tuple[str, str, int], int] = {}
    slot = [slots.setdefault((fact.brand, fact.zone, fact.closed // _QUARTER), len(slots)) for fact in facts]
    moment = np.array(slot, dtype=np.int64)[rows.change]
    found: list[Delta] = []
    for place, grain in enumerate((*GRAINS, "quarter")):
        names: dict[tuple[str, Micros], int] = {}
        spots = [names.setdefault((brand, _begins(zone, number)[place]), len(names)) for brand, zone, number in slots]
        spot, periods_ = np.array(spots, dtype=np.int64)[moment], list(names)
        for dimension in DIMENSIONS if grain != "quarter" else ("brand",):
            listed, group, taken = coded[dimension]
            code = (spot if taken is None else spot[taken]) * len(listed) + group
            used = np.bincount(code) > 0
            cells = [(*periods_[one // len(listed)], listed[one % len(listed)]) for one in np.flatnonzero(used).tolist()]
            found += _packed(cells, (np.cumsum(used) - 1)[code], rows, taken, grain, dimension)
    return found


def _coded(values: Sequence[str], change: _Ints) -> tuple[list[str], _Ints, _Ints | None]:
    """The values there are, and as a number that of each row."""
    names: dict[str, int] = {}
    codes = np.array([names.setdefault(value, len(names)) for value in values], dtype=np.int64)
    return list(names), codes[change], None


def spread(rows: Rows, several: Sequence[Sequence[int]]) -> tuple[_Ints, _Ints | None]:
    """The rows of changes that belong to several groups each: the group of each row, and which row that is (None: they as they are)."""
    lengths = np.array([len(codes) for codes in several], dtype=np.int64)
    codes = np.array([code for codes in several for code in codes], dtype=np.int64)
    if (lengths == 1).all():
        return codes[rows.change], None
    order = np.argsort(rows.change, kind="stable")
    first = np.searchsorted(rows.change[order], np.arange(len(several) + 1))
    owner = np.repeat(np.arange(len(several)), lengths)
    many = (first[1:] - first[:-1])[owner]
    ends = np.cumsum(many)
    taken = np.arange(int(many.sum())) - np.repeat(ends - many, many) + np.repeat(first[:-1][owner], many)
    return np.repeat(codes, many), order[taken]


def _packed(  # noqa: PLR0917
    cells: Sequence[tuple[str, Micros, str]], cell: _Ints, rows: Rows, taken: _Ints | None, grain: str, dimension: str
) -> Iterable[Delta]:
    """The deltas of the rows `taken`, each of which goes into the `cell` of its number."""
    base, signed, sign = rows.wide, rows.signed, rows.sign
    if taken is not None:
        base, signed, sign = base[taken], signed[taken], sign[taken]
    number = len(cells) * len(KINDS)
    wide: NDArray[Any] = (cell << 18 | base).astype(np.int32 if len(cells) < _NARROW else np.int64)  # half as wide is sorted twice as fast
    sums = np.bincount(wide >> _BITS, weights=signed, minlength=number << 5).astype(np.int64).reshape(number, 32)
    added = sign > 0
    keys, counts = _counted(wide if added.all() else wide[added])
    if not added.all():
        keys, counts = _less(keys, counts, *_counted(wide[~added]))
    where = keys >> 16
    first = np.searchsorted(where, np.arange(number + 1)).tolist()
    touched = np.bincount(where, minlength=number).astype(bool) | sums.any(axis=1)
    keys &= 0xFFFF
    for code in np.flatnonzero(touched).tolist():
        brand, begin, name = cells[code // len(KINDS)]
        low, high = first[code], first[code + 1]
        yield Delta(brand, table(grain, dimension, KINDS[code % len(KINDS)]), begin, name, sums[code], keys[low:high], counts[low:high])


def _counted(wide: NDArray[Any]) -> tuple[_Ints, _Ints]:
    """Each number once, and how often it is there."""
    ordered = np.sort(wide)
    edges = np.flatnonzero(np.diff(ordered, prepend=-1, append=-1))
    return ordered[edges[:-1]].astype(np.int64), np.diff(edges)


def _less(keys: _Ints, counts: _Ints, gone: _Ints, less: _Ints) -> tuple[_Ints, _Ints]:
    """Counts with others taken away; what comes to nothing is left out."""
    both, inverse = np.unique(np.concatenate([keys, gone]), return_inverse=True)
    left = np.bincount(inverse, weights=np.concatenate([counts, -less])).astype(np.int64)
    return both[left != 0], left[left != 0]


def merged(delta: Delta, cell: Cell | None) -> Cell | None:
    """A cell with what is added to it; None if nothing is left."""
    sums, keys, counts = delta.sums, delta.keys, delta.counts
    if cell is not None:
        places, old_sums, old_keys, old_counts = unpacked(cell.data)
        sums = sums.copy()
        sums[places] += old_sums
        keys, inverse = np.unique(np.concatenate([old_keys, keys]), return_inverse=True)
        counts = np.bincount(inverse, weights=np.concatenate([old_counts, counts])).astype(np.int64)
        kept = counts != 0
        keys, counts = keys[kept], counts[kept]
    if not len(keys):
        return None
    return Cell(delta.id, delta.brand, delta.table, delta.begin, delta.value, packed(sums, keys, counts))


def packed(sums: _Ints, keys: _Ints, counts: _Ints) -> bytes:
    """The numbers of a cell: how wide a count is, how many places and keys there are, then places, sums, keys and counts."""
    most = counts.max()
    width = 1 if most < 256 else 2 if most < 65_536 else 4
    places = np.flatnonzero(np.bincount(keys >> _BITS))
    head = bytes([width, len(places)]) + len(keys).to_bytes(4, "little") + places.astype("<u1").tobytes()
    return head + sums[places].astype("<i8").tobytes() + keys.astype("<u2").tobytes() + counts.astype(_WIDTHS[width]).tobytes()


def unpacked(data: bytes) -> tuple[NDArray[Any], _Ints, NDArray[Any], NDArray[Any]]:
    """The places that a cell has, their sums, its keys and counts."""
    width, places, number = data[0], data[1], int.from_bytes(data[2:6], "little")
    keys = 6 + 9 * places
    return (
        np.frombuffer(data, "<u1", places, 6),
        np.frombuffer(data, "<i8", places, 6 + places),
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
_NARROW = 1 << 13
_EVERY_PLACE = np.arange(32, dtype=np.uint8)


class Tally:
    """Adds cells and rows of one part up, group by group; groups are numbered by whoever adds."""

    def __init__(self) -> None:
        self._groups: list[int] = []
        self._lengths: list[int] = []
        self._keys: list[Any] = []
        self._counts: list[Any] = []
        self._wide: list[int] = []
        self._places: list[Any] = []
        self._sums: list[Any] = []

    def add(self, group: int, cell: Cell) -> None:
        """Add a cell to a group."""
        self._add(group, *unpacked(cell.data))

    def _add(self, group: int, places: NDArray[Any], sums: _Ints, keys: NDArray[Any], counts: NDArray[Any]) -> None:
        self._groups.append(group)
        self._lengths.append(len(keys))
        self._keys.append(keys)
        self._counts.append(counts)
        self._wide.append(len(places))
        self._places.append(places)
        self._sums.append(sums)

    def add_rows(self, groups: _Ints, keys: _Ints, values: _Ints, signs: _Ints) -> None:
        """Add single values, each to its group."""
        if not len(groups):
            return
        wide, inverse = np.unique(groups << 16 | keys, return_inverse=True)
        counts = np.bincount(inverse, weights=signs).astype(np.int64)
        names, code = np.unique(groups, return_inverse=True)
        sums = np.zeros((len(names), 32), dtype=np.int64)
        np.add.at(sums, (code, keys >> _BITS), values * signs)
        edges = [*np.flatnonzero(np.diff(wide >> 16, prepend=-1)).tolist(), len(wide)]
        for (low, high), own in zip(pairwise(edges), sums, strict=True):
            self._add(int(wide[low] >> 16), _EVERY_PLACE, own, (wide[low:high] & 0xFFFF).astype(np.uint16), counts[low:high])

    def figures(self, groups: int, places: Mapping[int, tuple[str, float]]) -> dict[str, list[Figure]]:
        """The figures of metrics by place (name and divisor), one for each group."""
        sums = np.zeros((groups, 32), dtype=np.int64)
        if self._sums:
            np.add.at(sums, (np.repeat(np.array(self._groups), self._wide), np.concatenate(self._places)), np.concatenate(self._sums))
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
    middles = _MIDDLE[buckets] / divisor
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
