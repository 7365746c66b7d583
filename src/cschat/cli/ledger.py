"""`cschat statement`: what came to a brand's prepaid money, and went.

May: call the library, print. May not: know more than the library.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

import click

from cschat import queries as q
from cschat.cli.desks import existing_desk, period
from cschat.core.ledger import Posting
from cschat.desk import Desk
from cschat.errors import NotFound
from cschat.storage.codec import face

__all__ = ["statement"]

_COLUMNS = ("at", "kind", "key", "count", "amount", "balance", "note")
_RUNS = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet would run."""


@click.command()
@click.option("--store", required=True, metavar="URL", help="The desk's store, such as sqlite:///support.db.")
@click.option("--brand", default="main", show_default=True, help="The brand's short name.")
@click.option("--from", "start", metavar="ISO", help="From here on, in the brand's zone. [default: the first]")
@click.option("--to", "end", metavar="ISO", help="Before this. [default: the last]")
@click.option("--csv", "form", flag_value="csv", help="Print the lines as CSV, the opening and the closing balance around them.")
@click.option("--json", "form", flag_value="json", help="Print one JSON object.")
def statement(store: str, brand: str, start: str | None, end: str | None, form: str | None) -> None:
    """A statement of the ledger (톡캐시): the opening balance, what came and went, the closing balance."""
    with existing_desk(store, brand) as desk:
        when: dict[str, Any] = period(desk, start, end)
        found = desk.ask(q.Statement(**when))
        if found is None:
            raise NotFound("this brand keeps no ledger", kind="ledger", id=brand)
        lines = takewhile(lambda line: line.number <= found.last, desk.each(q.Postings(**when, limit=1000)))
        if form == "json":
            click.echo(json.dumps({**face(found), "charged": found.charged, "lines": [face(line) for line in lines]}, ensure_ascii=False))
            return
        for row in _csv(_rows(desk, found, lines)) if form == "csv" else _table(_rows(desk, found, lines)):
            click.echo(row)


def _rows(desk: Desk, found: q.StatementSummary, lines: Iterable[Posting]) -> Iterator[tuple[Any, ...]]:
    zone = ZoneInfo(desk.ask(q.GetBrand()).zone)
    yield ("", "opening", "", "", "", found.opening, "")
    for line in lines:
        yield (_at(line.at, zone), line.kind, line.key, line.count or "", line.amount, line.balance, line.note)
    yield ("", "closing", "", "", "", found.closing, "")


def _at(when: datetime, zone: ZoneInfo) -> str:
    return when.astimezone(zone).isoformat(timespec="seconds")


def _csv(rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    for row in (_COLUMNS, *rows):
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in row])
        yield text.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_RUNS) else cell


def _table(rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    for at, kind, key, count, amount, balance, note in rows:
        yield f"{at:<25}  {kind:<12}  {_won(count):>7}  {_won(amount):>12}  {_won(balance):>13}  {key or note}".rstrip()


def _won(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else ""
