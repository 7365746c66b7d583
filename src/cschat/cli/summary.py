"""`cschat summary`: what a day, a week or a month comes to, as the page that goes out by mail, in a file.

May: read arguments, ask the desk, write the file. May not: know more than the library.
"""

from __future__ import annotations

import base64
from pathlib import Path

import click

from cschat import queries as q
from cschat.cli.desks import existing_desk, moment_of, zone_of
from cschat.core.clock import SystemClock
from cschat.core.mail_reports import Every, stretch_before
from cschat.core.times import as_datetime, as_micros
from cschat.transport.reports import page, pictures

__all__ = ["summary"]


@click.command()
@click.argument("every", type=click.Choice([str(each) for each in Every]))
@click.option("--store", required=True, metavar="URL", help="The desk's store, such as sqlite:///support.db.")
@click.option("--brand", default="main", show_default=True, help="The brand's short name.")
@click.option("--before", metavar="ISO", help="The last whole one before this time. [default: now]")
@click.option("--language", type=click.Choice(["ko", "en"]), help="[default: the brand's]")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file to write, such as report.html.")
def summary(  # noqa: PLR0917  (one parameter for each option)
    every: str, store: str, brand: str, before: str | None, language: str | None, out: Path
) -> None:
    """Write the report about the last whole day, week or month into a file, as it goes out by mail."""
    with existing_desk(store, brand) as desk:
        zone = desk.ask(q.GetBrand()).zone
        now = SystemClock().now() if before is None else as_micros(moment_of(before, zone_of(zone), "before"))
        start, end = stretch_before(Every(every), now, zone)
        found = desk.ask(q.Summary(as_datetime(start), as_datetime(end), language=language))
    drawn = [f"data:image/png;base64,{base64.b64encode(png).decode()}" for png in pictures(found)]
    out.write_text(page(found, drawn), encoding="utf-8")
    click.echo(f"{out}: {found.title}, {found.period}")
