"""`cschat stats`: reports of a desk, and the upkeep of what they are made from.

May: read arguments, ask, print. May not: know more than the query.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import attrs
import click

from cschat import queries as q
from cschat.cli.desks import existing_desk, moment_of, period, zone_of
from cschat.cli.showing import as_csv, draw
from cschat.desk import Desk
from cschat.errors import Invalid
from cschat.stats.metrics import METRICS, SQI, Unit
from cschat.storage.codec import face

__all__ = ["stats"]

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def stats() -> None:
    """Numbers of a desk: reports, and the upkeep of facts and cells. Needs the extra stats."""


_STORE = click.option("--store", required=True, metavar="URL", help="The desk's store, such as sqlite:///support.db.")
_BRAND = click.option("--brand", default="main", show_default=True, help="The brand's short name.")
_ASKED = (
    _STORE,
    _BRAND,
    click.option("--from", "start", required=True, metavar="ISO", help="Turns that were closed from here on."),
    click.option("--to", "end", required=True, metavar="ISO", help="And before this."),
    click.option(
        "--by", multiple=True, metavar="DIMENSION", help="day, agent, category:1, attribute:plan, ...; may be given several times."
    ),
    click.option("--where", multiple=True, metavar="DIMENSION=VALUE", help="Only these; may be given several times."),
    click.option("--zone", help="Where days begin, and the zone of the times given. [default: the brand's]"),
    click.option("--calendar", default="wall", show_default=True, type=click.Choice(["wall", "business"]), help="Which time counts."),
    click.option("--maxima", is_flag=True, help="The greatest value as well; slower."),
    click.option("--json", "how", flag_value="json", help="Print one JSON object."),
    click.option("--csv", "how", flag_value="csv", help="Print CSV."),
    click.option("--table", "how", flag_value="table", default=True, help="Print a table for people (the default)."),
)


def _asked(command: F) -> F:
    for option in reversed(_ASKED):
        command = option(command)
    return command


@stats.command()
@click.option("--measure", "measures", multiple=True, type=click.Choice(list(METRICS)), help="A metric. [default: the eight of the SQI]")
@_asked
def report(measures: tuple[str, ...], **asked: Any) -> None:
    """Any metrics by any dimensions."""
    _report(measures or SQI, **asked)


@stats.command()
@_asked
def sqi(**asked: Any) -> None:
    """The eight of the service-quality index (상담품질지표)."""
    _report(SQI, **asked)


def _report(  # noqa: PLR0917  (one parameter for each option)
    measures: Sequence[str],
    store: str,
    brand: str,
    start: str,
    end: str,
    by: tuple[str, ...],
    where: tuple[str, ...],
    zone: str | None,
    calendar: str,
    maxima: bool,  # noqa: FBT001
    how: str,
) -> None:
    with existing_desk(store, brand) as desk:
        local = zone_of(zone or desk.ask(q.GetBrand()).zone)
        between = moment_of(start, local, "from"), moment_of(end, local, "to")
        answer = desk.ask(q.Report(*between, tuple(measures), by, _where(where), zone, calendar, maxima))
    click.echo({"json": _json, "csv": _csv, "table": _table}[how](answer), nl=how != "csv")


def _where(given: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign:
            raise Invalid(field="where", reason=f"{text!r} is no limit", allowed=["channel=web"])
        found[name] = (*found.get(name, ()), value)
    return found


def _json(answer: q.Answer) -> str:
    return json.dumps(face(answer), ensure_ascii=False)


def _csv(answer: q.Answer) -> str:
    return as_csv(answer.table())


def _table(answer: q.Answer) -> str:
    """One line for each line and metric; the total last."""
    fields = ("mean", "p50", "p90", "p95", *(("max",) if answer.total.figures[answer.measures[0]].max is not None else ()))
    rows = [[*answer.by, "metric", "count", "missing", *fields]]
    for line in (*answer.lines, answer.total):
        named = [line.names[name] or "-" for name in answer.by]
        for name in answer.measures:
            figure = line.figures[name]
            shown = [_shown(getattr(figure, field), METRICS[name].unit) for field in fields]
            rows.append([*named, name, f"{figure.count:,}", f"{figure.missing:,}", *shown])
    note = f"{answer.start:%Y-%m-%d %H:%M} to {answer.end:%Y-%m-%d %H:%M}, {answer.zone}, {answer.calendar} time, from {answer.source}"
    return f"{_columns(rows, left=len(answer.by) + 1)}\n{note}"


def _columns(rows: Sequence[Sequence[str]], *, left: int = 2) -> str:
    """Rows as columns, so many of them to the left."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(_padded(cell, width, left=place < left) for place, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _shown(value: float | None, unit: Unit) -> str:
    if value is None:
        return "-"
    if unit is Unit.RATE:
        return f"{value:.1%}"
    return f"{value:,.1f}"


def _width(text: str) -> int:
    """Columns on a terminal: Korean letters take two."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def _padded(text: str, width: int, *, left: bool) -> str:
    space = " " * (width - _width(text))
    return text + space if left else space + text


_TABLE = (
    _STORE,
    _BRAND,
    click.option("--from", "start", required=True, metavar="ISO", help="Sessions that were closed from here on."),
    click.option("--to", "end", required=True, metavar="ISO", help="And before this."),
    click.option("--json", "how", flag_value="json", help="Print one JSON object."),
    click.option("--csv", "how", flag_value="csv", help="Print CSV."),
    click.option("--table", "how", flag_value="table", default=True, help="Print a table for people (the default)."),
    click.option(
        "--chart", type=click.Path(dir_okay=False, path_type=Path), help="Draw it: a file .png, .svg or .json; several: x-1.png, ..."
    ),
)


def _tabled(command: F) -> F:
    for option in reversed(_TABLE):
        command = option(command)
    return command


@stats.command()
@click.option("--slot", default="day", show_default=True, type=click.Choice(["day", "week"]), help="What is counted together.")
@click.option("--most", default=10, show_default=True, type=click.IntRange(1), help="So many of a kind that rose, and that fell.")
@click.option("--least", default=3, show_default=True, type=click.IntRange(1), help="The smallest topic to show.")
@_tabled
def trends(slot: str, most: int, least: int, **asked: Any) -> None:
    """Categories, tags and words that rise and fall, against as long a period before."""
    _told(lambda start, end: q.Trends(start, end, slot, most, least), **asked)


@stats.command()
@click.option("--order", default="closed", show_default=True, metavar="COLUMN", help="By which column, most first; or name.")
@_tabled
def agents(order: str, **asked: Any) -> None:
    """What each agent comes to."""
    _told(lambda start, end: q.AgentTable(start, end, order), **asked)


@stats.command()
@_tabled
def channels(**asked: Any) -> None:
    """Which channels customers prefer, by weekday, hour, language and customer tag."""
    _told(q.ChannelUse, **asked)


@stats.command()
@click.option("--most", default=20, show_default=True, type=click.IntRange(1), help="How many.")
@_tabled
def members(most: int, **asked: Any) -> None:
    """The members with most sessions."""
    _told(lambda start, end: q.BestMembers(start, end, most), **asked)


def _told(  # noqa: PLR0917  (one parameter for each option)
    query: Callable[[datetime, datetime], q.Query[q.Table]], store: str, brand: str, start: str, end: str, how: str, chart: Path | None
) -> None:
    with existing_desk(store, brand) as desk:
        asked = period(desk, start, end)
        table = desk.ask(query(asked["start"], asked["end"]))
    for number, spec in enumerate(table.charts, 1):
        if chart is not None:
            draw(spec, chart if len(table.charts) == 1 else chart.with_stem(f"{chart.stem}-{number}"))
    rows = table.table()
    shown = [[("-" if cell is None else f"{cell:,.2f}" if isinstance(cell, float) else str(cell)) for cell in row] for row in rows]
    told = {"json": lambda: json.dumps(face(table), ensure_ascii=False), "csv": lambda: as_csv(rows), "table": lambda: _columns(shown)}
    click.echo(told[how](), nl=how != "csv")


@stats.command()
@_STORE
@_BRAND
def fold(store: str, brand: str) -> None:
    """Bring facts and cells up to date. A desk that runs does it by itself."""
    with existing_desk(store, brand) as desk:
        click.echo(f"{desk.statistics.fold():,} facts added or taken back")


@stats.command()
@_STORE
@_BRAND
def rebuild(store: str, brand: str) -> None:
    """Throw a brand's facts and cells away and make them anew from the events."""
    with existing_desk(store, brand) as desk:
        click.echo(f"{desk.statistics.rebuild(_brand(desk)):,} facts")


@stats.command()
@_STORE
@_BRAND
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def verify(ctx: click.Context, store: str, brand: str, as_json: bool) -> None:  # noqa: FBT001
    """Recompute a brand's facts and cells from the events, and compare. Exit code 1 if anything differs."""
    with existing_desk(store, brand) as desk:
        found = desk.statistics.verify(_brand(desk))
    if as_json:
        click.echo(json.dumps(attrs.asdict(found) | {"ok": found.ok}))
    else:
        click.echo(f"{found.turns:,} turns: {'all as the events say' if found.ok else 'not as the events say'}")
        for id in (*found.facts, *found.cells):
            click.echo(f"  {id}")
    ctx.exit(0 if found.ok else 1)


def _brand(desk: Desk) -> str:
    return desk.ask(q.GetBrand()).id
