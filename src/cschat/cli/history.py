"""`cschat history` and `cschat reindex`: search in what was said, and make the index of texts anew.

May: read arguments, ask the desk, print. May not: know more than the library.
"""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import click

from cschat import queries as q
from cschat.cli.desks import existing_desk, period
from cschat.core.times import as_datetime, as_iso
from cschat.queries.history import FoundMessage
from cschat.queries.protocol import MAX_LIMIT
from cschat.transport.indexing import Indexing

__all__ = ["history", "reindex"]

_STORE = click.option("--store", required=True, metavar="URL", help="The desk's store, such as sqlite:///support.db.")
_BRAND = click.option("--brand", default="main", show_default=True, help="The brand's short name.")


@click.command()
@click.argument("text")
@_STORE
@_BRAND
@click.option("--from", "start", metavar="ISO", help="Said from here on. Without a zone: in the brand's.")
@click.option("--to", "end", metavar="ISO", help="Said before this.")
@click.option("--agent", metavar="ID", help="In sessions that this agent has, or had last.")
@click.option("--category", metavar="PATH", help="In sessions of this category and those below it.")
@click.option("--tag", metavar="TAG", help="In sessions that have this tag.")
@click.option("--customer", metavar="ID", help="In sessions of this customer.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, MAX_LIMIT), help="How many, at most.")
@click.option("--after", metavar="PLACE", help="Go on: the `next` of the page before.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def history(  # noqa: PLR0917  (one parameter for each option)
    text: str,
    store: str,
    brand: str,
    start: str | None,
    end: str | None,
    agent: str | None,
    category: str | None,
    tag: str | None,
    customer: str | None,
    limit: int,
    after: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Find messages and notes that hold all words of TEXT, the newest first."""
    with existing_desk(store, brand) as desk:
        where: dict[str, Any] = {"agent": agent, "category": category, "tag": tag, "customer": customer, **period(desk, start, end)}
        page = desk.ask(q.SearchHistory(text, after=after, limit=limit, **where))
        zone = desk.ask(q.GetBrand()).zone
    if as_json:
        click.echo(json.dumps({"items": [_plain(one) for one in page.items], "next": page.next}, ensure_ascii=False))
        return
    for one in page.items:
        when = as_datetime(one.time).astimezone(ZoneInfo(zone))
        click.echo(f"{when:%Y-%m-%d %H:%M:%S}  {one.session}  {one.seq:>4}  {one.author:8}  {_marked(one)}")
    if page.next is not None:
        click.echo(f"more: --after {page.next}")


@click.command()
@_STORE
def reindex(store: str) -> None:
    """Make the index of texts anew, for all brands. Searches go on meanwhile, slower; nothing else waits for it."""
    with existing_desk(store, "main") as desk:
        Indexing(desk.store, desk.clock).start_over()
        click.echo(f"The index holds what was said up to position {desk.position()}.")


def _plain(one: FoundMessage) -> dict[str, Any]:
    return {**attrs.asdict(one), "time": as_iso(one.time)}


def _marked(one: FoundMessage) -> str:
    """The snippet on one line, what was looked for in brackets."""
    text = one.snippet
    for start, end in reversed(one.marks):
        text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    return " ".join(text.split())
