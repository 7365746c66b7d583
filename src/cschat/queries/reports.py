"""Reports: metrics by dimensions, over a period, and the turns behind every number.

May: read facts, cells and what the log has after them, in one snapshot. May not: define a number (`stats.metrics` does), or write.

An answer is exact at once: what is not folded yet is read from the log. It is taken from cells where they suffice (whole days of the
brand's zone and at most one dimension beside time; whole quarters of an hour and any zone without), else from the facts; while statistics
are made anew, from the events of the sessions. The answer says which. A turn counts in the period in which it was closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

import attrs

from cschat.core.access import Permission
from cschat.core.fields import aware, flag, line, listed
from cschat.core.labels import Category
from cschat.core.people import Agent, Customer, Group
from cschat.core.reports import SavedReport
from cschat.core.session import Session
from cschat.core.times import Micros, as_datetime, as_micros
from cschat.errors import Invalid, NotFound
from cschat.folding import Change, News, cells, changes_of, facts_by_events, news, state
from cschat.queries.protocol import Page, _pack, _unpack, limit_field
from cschat.sight import Sight
from cschat.stats.dimensions import (
    OF_TURN,
    TIMES,
    is_calendar,
    is_zone,
    known_by,
    known_measures,
    known_where,
    level_of,
    limits,
    of_customer,
    period_of,
)
from cschat.stats.facts import Fact
from cschat.stats.metrics import LAYOUT, METRICS, SQI
from cschat.stats.state import Cell
from cschat.storage.protocol import Gte, Lt

if TYPE_CHECKING:  # numpy is loaded by who asks
    from cschat.stats.cells import Figure

__all__ = ["Answer", "Line", "Report", "RunReport", "SavedReports", "TurnsBehind", "facts_behind", "in_order"]

_ALL = 10**9
_QUARTER = 900_000_000
_PAGE = 1000
_CUSTOMERS = 50_000

_CELLS = frozenset({"agent", "group", "category", "channel", "tag"})


def _measure(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and (not isinstance(value, str) or value not in METRICS):
        raise Invalid(field=field.name, reason=f"{value!r} is no metric", allowed=list(METRICS))


def in_order(query: Any) -> None:
    """A check of a query's period, from `start` to `end`."""
    if query.end <= query.start:
        raise Invalid(field="end", reason="must be later than the start")


@attrs.frozen
class Line:
    """One line of a report: the values of its dimensions, their names for people, and a figure for each metric."""

    key: dict[str, str]
    names: dict[str, str]
    figures: dict[str, Figure]


@attrs.frozen
class Answer:
    """What a report says. `source`: cells, facts or events; `tail`: how many events of the log were read beside them.

    `total` is counted apart: a turn with two tags is in two lines and once in the total.
    """

    measures: tuple[str, ...]
    by: tuple[str, ...]
    start: datetime
    end: datetime
    zone: str
    calendar: str
    source: str
    tail: int
    lines: list[Line]
    total: Line

    def table(self) -> list[list[Any]]:
        """All of it as rows of plain values: the head, the lines, and last the total, whose dimensions are `*`."""
        shown = ["count", "missing", "sum", "mean", "p50", "p90", "p95", "max"]
        head = [*self.by, *(f"{name}.{field}" for name in self.measures for field in shown)]
        rows = [
            [*(line.names[name] for name in self.by), *(getattr(line.figures[name], field) for name in self.measures for field in shown)]
            for line in (*self.lines, self.total)
        ]
        return [head, *rows]

    def concurrency(self, line: Line) -> float:
        """How many sessions at a time a line stands for, on average over the period: the sum of its `handle_time` by the period.

        By agent: how many each had at a time. `Invalid` without `handle_time`, or by a time, of which a line has but a part.
        """
        if "handle_time" not in self.measures or any(name in TIMES for name in self.by):
            raise Invalid(field="line", reason="must be of a report that has handle_time and is by no time")
        return line.figures["handle_time"].sum / (self.end - self.start).total_seconds()


@attrs.frozen
class Report:
    """Metrics (`measures`, by default the eight of the service-quality index) `by` dimensions, of turns closed from `start` until `end`.

    `where` limits dimensions to values (a category takes what is below it along). Beside the dimensions of a turn there are `category:1`
    (the first level of the tree, with all that is below; any level), and of its customer, as they are now, `customer_tag` and
    `attribute:NAME`. `zone` is where days begin, by default the brand's; `calendar` is wall or business. `maxima` adds the greatest value,
    which is read from facts. An `Answer`. For staff. Needs the extra `stats`.
    """

    permission: ClassVar = Permission.SERVE

    start: datetime = attrs.field(validator=aware)
    end: datetime = attrs.field(validator=aware)
    measures: tuple[str, ...] = attrs.field(default=SQI, converter=listed, validator=known_measures)
    by: tuple[str, ...] = attrs.field(default=(), converter=listed, validator=known_by)
    where: dict[str, tuple[str, ...]] = attrs.field(factory=dict, converter=limits, validator=known_where)
    zone: str | None = attrs.field(default=None, validator=[line(limit=64), is_zone])
    calendar: str = attrs.field(default="wall", validator=is_calendar)
    maxima: bool = attrs.field(default=False, validator=flag)

    def __attrs_post_init__(self) -> None:
        in_order(self)

    def run(self, ctx: Sight) -> Answer:
        return _Counting(ctx, self).answer()


@attrs.frozen
class SavedReports:
    """The reports that are kept under a name, by name: each a `SavedReport`. For staff."""

    permission: ClassVar = Permission.SERVE

    def run(self, ctx: Sight) -> list[SavedReport]:
        return [report for report in _everything(ctx, SavedReport, {"name": Gte("")}, "name") if not report.removed]


@attrs.frozen
class RunReport:
    """A report that is kept under a name, of its period as it is now: an `Answer`. For staff. `NotFound` if there is none."""

    permission: ClassVar = Permission.SERVE

    name: str = attrs.field(validator=line(limit=100, required=True))

    def run(self, ctx: Sight) -> Answer:
        found = ctx.tx.find(SavedReport, where={"brand": ctx.brand_id, "name": self.name}, limit=1)
        if not found or found[0].removed:
            raise NotFound(f"there is no report {self.name}", kind="report", id=self.name)
        kept = found[0]
        period = period_of(kept.period, ctx.now, kept.zone or ctx.brand().zone)
        return Report(*period, kept.measures, kept.by, kept.where, kept.zone, kept.calendar).run(ctx)


@attrs.frozen
class TurnsBehind:
    """The closed turns behind a number, earliest closing first: `Fact`s, whose events `History(fact.session)` tells.

    The number is a `measure` (None: any) over a period and `where`, as for `Report`; a line's `key` goes into `where`. For staff.
    """

    permission: ClassVar = Permission.SERVE

    start: datetime = attrs.field(validator=aware)
    end: datetime = attrs.field(validator=aware)
    measure: str | None = attrs.field(default=None, validator=_measure)
    where: dict[str, tuple[str, ...]] = attrs.field(factory=dict, converter=limits, validator=known_where)
    zone: str | None = attrs.field(default=None, validator=[line(limit=64), is_zone])
    after: str | None = None
    limit: int = limit_field()

    def __attrs_post_init__(self) -> None:
        in_order(self)

    def run(self, ctx: Sight) -> Page[Fact]:
        found = [*facts_behind(ctx, self)]
        found.sort(key=lambda fact: (fact.closed, fact.id))
        items = found[: self.limit]
        return Page(items, _pack((items[-1].closed, items[-1].id)) if len(found) > self.limit else None)


def facts_behind(ctx: Sight, query: TurnsBehind) -> Iterator[Fact]:
    """The facts behind a number, all that come after `query.after`, in no order."""
    seen = _Seen(ctx, query.where, query.zone, query.start, query.end)
    agents = seen.where.get("agent")
    measures = METRICS.values() if query.measure is None else (METRICS[query.measure],)
    for fact in seen.all_facts(_unpack(query.after)):
        if seen.fits(fact) and any(agents is None or (agent or "") in agents for one in measures for agent, _, _ in one.read(fact)):
            yield fact


class _Seen:
    """A period of a brand's facts, as they are kept and as the end of the log changes them."""

    def __init__(  # noqa: PLR0917
        self, ctx: Sight, where: Mapping[str, tuple[str, ...]], zone: str | None, start: datetime, end: datetime, by: Sequence[str] = ()
    ) -> None:
        self._ctx = ctx
        self.settings = ctx.brand()
        self.zone = zone or self.settings.zone
        self._local = ZoneInfo(self.zone)
        self.start, self.end = as_micros(start), as_micros(end)
        self._paths: dict[str, str] | None = None
        self.where = {name: self._meant(name, values) for name, values in where.items()}
        self.read = {name: self._reading(name) for name in (*where, *by)}
        self.state = state(ctx.tx)
        self.news: News = news(ctx.tx, self.state.position)
        stale = {*self.state.stale, *(self.news.brands if self.state.writes else ())}
        self.stale = bool(stale & {ctx.brand_id, "*"}) or self.state.layout not in ("", LAYOUT)
        self.changes: list[Change] = [] if self.stale else changes_of(ctx.tx, self.news.sessions, brand=ctx.brand_id, whole=self.news.whole)

    def _meant(self, name: str, values: tuple[str, ...]) -> frozenset[str]:
        """The values of a limit; of a category the ids of it and of all below it."""
        if name != "category":
            return frozenset(values)
        found = {value for value in values if not value}
        categories = _everything(self._ctx, Category, {"path": Gte("")}, "path")
        for value in found ^ {*values}:
            path = next((one.path for one in categories if value in (one.id, one.path)), None)
            if path is None:
                raise Invalid(field="where.category", reason=f"there is no category {value}")
            found |= {one.id for one in categories if one.path == path or one.path.startswith(f"{path}/")}
        return frozenset(found)

    def local(self, when: Micros) -> datetime:
        return as_datetime(when).astimezone(self._local)

    def fits(self, fact: Fact) -> bool:
        """Whether a fact lies in the period and within all limits but that of the agent, which is for each value."""
        if not self.start <= fact.closed < self.end:
            return False
        return all(name == "agent" or not values.isdisjoint(self.read[name](fact)) for name, values in self.where.items())

    def _reading(self, name: str) -> Callable[[Fact], tuple[str, ...]]:
        """How the values of a dimension are read; what takes long is remembered."""
        if name in TIMES:
            value = TIMES[name]
            of_slot = lru_cache(maxsize=None)(lambda slot: (value(self.local(slot * _QUARTER)),))
            return lambda fact: of_slot(fact.closed // _QUARTER)
        of = of_customer(name)
        if of is not None:
            look = lru_cache(maxsize=_CUSTOMERS)(lambda id: of(self._ctx.tx.get(Customer, id)))
            return lambda fact: look(fact.customer)
        return OF_TURN[name] if level_of(name) is None else lambda fact: (self.rolled(name, fact.category or ""),)

    def rolled(self, name: str, category: str) -> str:
        """What a dimension makes of a category's id: the beginning of its path if it is one of a level, else the id."""
        level = level_of(name)
        if level is None or not category:
            return category
        if self._paths is None:
            self._paths = {one.id: one.path for one in _everything(self._ctx, Category, {"path": Gte("")}, "path")}
        path = self._paths.get(category, category)
        return "/".join(path.split("/")[:level])

    def all_facts(self, after: tuple[Any, str] | None = None) -> Iterator[Fact]:
        """The facts of the period, as they are now; `after`: those that come later than this."""
        if self.stale:
            opened = _pages(self._ctx, Session, {"brand": self._ctx.brand_id, "opened": Lt(self.end)}, "opened")
            found: Iterator[Fact] = facts_by_events(self._ctx.tx, opened)
        else:
            gone = {fact.id for sign, fact in self.changes if sign < 0}
            found = (fact for fact in self.kept(after) if fact.id not in gone)
            found = _chained(found, (fact for sign, fact in self.changes if sign > 0))
        return found if after is None else (fact for fact in found if (fact.closed, fact.id) > after)

    def kept(self, after: tuple[Any, str] | None = None) -> Iterator[Fact]:
        where = {"brand": self._ctx.brand_id, "closed": Gte(self.start)}
        for fact in _pages(self._ctx, Fact, where, "closed", after):
            if fact.closed >= self.end:
                return
            yield fact


class _Counting:
    """One report being counted. Group 0 is the total."""

    def __init__(self, ctx: Sight, query: Report) -> None:
        self._ctx = ctx
        self._query = query
        self._cells = cells()
        self._seen = _Seen(ctx, query.where, query.zone, query.start, query.end, query.by)
        self._groups: dict[tuple[str, ...], int] = {}
        self._business = query.calendar == "business"
        self._places = [(name, *self._cells.part_of(name, business=self._business)) for name in query.measures]
        on_the_wall = [self._cells.part_of(name, business=False)[0] for name in query.measures]
        self._tallies = {part: self._cells.Tally() for part in dict.fromkeys([*on_the_wall, *(part for _, part, _ in self._places)])}
        self._greatest: dict[tuple[int, str], int] = {}

    def answer(self) -> Answer:
        query, seen = self._query, self._seen
        plan = None if query.maxima or seen.stale else self._plan()
        if plan is None:
            source = "events" if seen.stale else "facts"
            batch: list[Change] = []
            for fact in seen.all_facts():
                batch.append((1, fact))
                if len(batch) == 20_000:
                    self._add(batch)
                    batch = []
            self._add(batch)
        else:
            source = "cells"
            self._read(plan)
            self._add(seen.changes)
        lines, total = self._lines()
        return Answer(query.measures, query.by, query.start, query.end, seen.zone, query.calendar, source, seen.news.events, lines, total)

    # ------------------------------------------------------------------------------------------------------- from cells

    def _plan(self) -> list[tuple[str, Micros]] | None:
        """The months and days that make up the period, or its first quarter of an hour; None if cells do not suffice."""
        query, seen = self._query, self._seen
        beside = {_cell_of(name) for name in (*query.by, *query.where) if name not in TIMES}
        limited = {_cell_of(name) for name in query.where}
        if len(beside) > 1 or not beside <= _CELLS or not limited <= beside:
            return None
        if "tag" in limited and len(query.where["tag"]) > 1:
            return None  # who has both tags must be counted once in the total
        months = not {"day", "week", "weekday"} & {*query.by}
        own = "hour" not in query.by and seen.zone == seen.settings.zone
        found: list[tuple[str, Micros]] | None = self._cells.periods(seen.zone, seen.start, seen.end, months=months) if own else None
        if found is None and not beside and not (seen.start % _QUARTER or seen.end % _QUARTER):
            return [("quarter", seen.start)]
        return found

    def _read(self, plan: Sequence[tuple[str, Micros]]) -> None:
        query, seen = self._query, self._seen
        beside = next((_cell_of(name) for name in (*query.by, *query.where) if name not in TIMES), "brand")
        times = [name for name in query.by if name in TIMES]
        others = [name for name in query.by if name not in TIMES]
        for part, tally in self._tallies.items():
            known: dict[Micros, dict[str, str]] = {}
            for cell in self._cells_at(plan, beside, part):
                if not all(seen.rolled(name, cell.value) in limit for name, limit in seen.where.items()):
                    continue
                if cell.begin not in known:
                    local = seen.local(cell.begin)
                    known[cell.begin] = {name: TIMES[name](local) for name in times}
                if query.by:
                    here = known[cell.begin] | {name: seen.rolled(name, cell.value) for name in others}
                    tally.add(self._group(tuple(here[name] for name in query.by)), cell)
                if seen.where or beside == "brand":
                    tally.add(0, cell)
            if not seen.where and beside != "brand":
                for cell in self._cells_at(plan, "brand", part):
                    tally.add(0, cell)

    def _cells_at(self, plan: Sequence[tuple[str, Micros]], dimension: str, part: str) -> Iterator[Cell]:
        """All cells of a dimension and a part in the period."""
        for grain, begin in plan:
            where: dict[str, Any] = {"brand": self._ctx.brand_id, "table": self._cells.table(grain, dimension, part)}
            if grain != "quarter":
                yield from self._ctx.tx.find(Cell, where=where | {"begin": begin}, limit=_ALL)
                continue
            for cell in _pages(self._ctx, Cell, where | {"begin": Gte(begin)}, "begin"):
                if cell.begin >= self._seen.end:
                    break
                yield cell

    # ------------------------------------------------------------------------------------------------------- from facts

    def _group(self, key: tuple[str, ...]) -> int:
        return self._groups.setdefault(key, len(self._groups) + 1)

    def _add(self, changes: Sequence[Change]) -> None:
        """Add single facts, or take them away."""
        import numpy as np

        query, seen = self._query, self._seen
        rows = self._cells.rows_of([change for change in changes if seen.fits(change[1])], query.measures)
        if not len(rows.change):
            return
        agents = seen.where.get("agent")
        taken_agents = np.array([agents is None or name in agents for name in rows.agents])
        codes: dict[tuple[str, ...], int] = {}
        known: dict[tuple[tuple[str, ...], ...], list[int]] = {}
        reads = [_nobody if name == "agent" else seen.read[name] for name in query.by]
        several: list[list[int]] = []
        for _, fact in rows.changes:
            values = tuple([read(fact) for read in reads])
            if values not in known:
                within = [self._within(name, own) for name, own in zip(query.by, values, strict=True)]
                known[values] = [codes.setdefault(key, len(codes)) for key in product(*within)]
            several.append(known[values])
        cell, taken = self._cells.spread(rows, several)
        taken = np.arange(len(cell)) if taken is None else taken
        mine = np.flatnonzero(taken_agents[rows.agent])
        self._tell(rows, np.zeros(len(mine), dtype=np.int64), mine)
        if not query.by:
            return
        kept = taken_agents[rows.agent[taken]]
        cell, taken = cell[kept], taken[kept]
        place = query.by.index("agent") if "agent" in query.by else None
        pairs, inverse = np.unique(cell * len(rows.agents) + (rows.agent[taken] if place is not None else 0), return_inverse=True)
        listed_keys = list(codes)
        groups = []
        for pair in pairs.tolist():
            key = list(listed_keys[pair // len(rows.agents)])
            if place is not None:
                key[place] = rows.agents[pair % len(rows.agents)]
            groups.append(self._group(tuple(key)))
        self._tell(rows, np.array(groups, dtype=np.int64)[inverse], taken)

    def _within(self, name: str, values: Sequence[str]) -> Sequence[str]:
        """Those values of a turn that the report is limited to; agents are told apart later, for each value has its own."""
        limit = None if name == "agent" else self._seen.where.get(name)
        return values if limit is None else [value for value in values if value in limit]

    def _tell(self, rows: Any, groups: Any, taken: Any) -> None:
        """Hand rows to the tallies of their parts; `groups` is that of each row that is taken."""
        for part, tally in self._tallies.items():
            here = rows.part[taken] == self._cells.KINDS.index(part)
            which = taken[here]
            tally.add_rows(groups[here], rows.key[which], rows.value[which], rows.sign[which])
            if self._query.maxima:
                self._note_greatest(part, groups[here], rows.key[which], rows.value[which])

    def _note_greatest(self, part: str, groups: Any, keys: Any, values: Any) -> None:
        for name, own, place in self._places:
            if own == part:
                here = (keys >> 11 == place) & (keys & 2047 != 2047)
                for group, value in zip(groups[here].tolist(), values[here].tolist(), strict=True):
                    if value > self._greatest.get((group, name), -1):
                        self._greatest[group, name] = value

    # ------------------------------------------------------------------------------------------------------------ lines

    def _lines(self) -> tuple[list[Line], Line]:
        number = len(self._groups) + 1
        found: dict[str, list[Figure]] = {}
        for part, tally in self._tallies.items():
            places = {place: (name, 1000.0 if METRICS[name].timed else 1.0) for name, own, place in self._places if own == part}
            found |= tally.figures(number, places)
        if self._business:
            self._count_missing(found, number)
        if self._query.maxima:
            for name in self._query.measures:
                divisor = 1000 if METRICS[name].timed else 1
                found[name] = [
                    attrs.evolve(figure, max=None if (most := self._greatest.get((group, name))) is None else most / divisor)
                    for group, figure in enumerate(found[name])
                ]
        by = self._query.by
        names = {name: _names(self._ctx, name) for name in by}

        def line(key: tuple[str, ...], group: int) -> Line:
            shown = {name: names[name](value) for name, value in zip(by, key, strict=True)}
            return Line(dict(zip(by, key, strict=True)), shown, {name: found[name][group] for name in self._query.measures})

        lines = [line(key, group) for key, group in self._groups.items()]
        lines = [one for one in lines if any(figure.count or figure.missing for figure in one.figures.values())]
        lines.sort(key=lambda one: [one.names[name] for name in by])
        total = Line(dict.fromkeys(by, "*"), dict.fromkeys(by, "*"), {name: found[name][0] for name in self._query.measures})
        return lines, total

    def _count_missing(self, found: dict[str, list[Figure]], groups: int) -> None:
        """What has a reading on the wall, or none at all, and none in business hours."""
        for name in self._query.measures:
            if METRICS[name].timed:
                part, place = self._cells.part_of(name, business=False)
                wall = self._tallies[part].figures(groups, {place: (name, 1.0)})[name]
                found[name] = [
                    attrs.evolve(own, missing=all_.count + all_.missing - own.count) for own, all_ in zip(found[name], wall, strict=True)
                ]


def _nobody(_fact: Fact) -> tuple[str, ...]:
    return ("",)


def _cell_of(name: str) -> str:
    """The dimension of cells that a dimension is made of."""
    return name if level_of(name) is None else "category"


def _chained(*several: Iterator[Fact]) -> Iterator[Fact]:
    for one in several:
        yield from one


def _pages(ctx: Sight, kind: Any, where: Mapping[str, Any], order: str, after: tuple[Any, str] | None = None) -> Iterator[Any]:
    while page := ctx.tx.find(kind, where=where, order=order, after=after, limit=_PAGE):
        yield from page
        after = (getattr(page[-1], order), page[-1].id)


def _everything(ctx: Sight, kind: Any, where: Mapping[str, Any], order: str) -> list[Any]:
    return list(_pages(ctx, kind, {"brand": ctx.brand_id, **where}, order))


def _names(ctx: Sight, dimension: str) -> Callable[[str], str]:
    """How people call the values of a dimension."""
    kinds: Mapping[str, tuple[Any, str]] = {
        "agent": (Agent, "name"),
        "group": (Group, "name"),
        "category": (Category, "path"),
        "customer": (Customer, "name"),
    }
    if dimension not in kinds:
        return lambda value: value
    kind, field = kinds[dimension]

    def name(value: str) -> str:
        record = ctx.tx.peek(kind, value) if value else None
        return value if record is None else str(getattr(record, field)) or value

    return name
