"""`cschat export` and `cschat import`.

May: read arguments, call the library, print. May not: know more than the library.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import click

from cschat.cli.desks import bar, existing_desk, period
from cschat.data import Filter, Imported, export, export_table, import_chatwoot, import_csv, import_folder
from cschat.data.formats import FORMATS
from cschat.data.tables import TABLES
from cschat.desk import Desk
from cschat.errors import Invalid

__all__ = ["export_command", "import_command"]

Told = Callable[[str, int, float | None], None]


@click.command("export")
@click.option("--store", required=True, metavar="URL", help="The desk's store, such as sqlite:///support.db.")
@click.option("--brand", default="main", show_default=True, help="The brand's short name.")
@click.option("-o", "--output", required=True, metavar="FOLDER", help="The folder to write; - writes one table to standard output.")
@click.option("--format", "form", default="jsonl", show_default=True, type=click.Choice(list(FORMATS)))
@click.option("--table", "tables", multiple=True, type=click.Choice(list(TABLES)), help="A table; again for more. [default: all]")
@click.option("--from", "start", metavar="ISO", help="Sessions opened, and messages and events, from here on, in the brand's zone.")
@click.option("--to", "end", metavar="ISO", help="And before this.")
@click.option("--channel", help="Sessions of a channel.")
@click.option("--category", metavar="PATH", help="Sessions of a category, or of one below it.")
@click.option("--tag", help="Sessions with a tag.")
@click.option("--agent", metavar="ID", help="Sessions that an agent had last.")
@click.option("--customer", metavar="ID", help="Sessions of a customer.")
@click.option("--public", is_flag=True, help="Only what customers may see themselves: no internal messages, nothing for staff alone.")
@click.option("--bom", is_flag=True, help="Mark CSV files as UTF-8 for Excel.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest.")
def export_command(  # noqa: PLR0917  (one parameter for each option)
    store: str,
    brand: str,
    output: str,
    form: str,
    tables: tuple[str, ...],
    start: str | None,
    end: str | None,
    channel: str | None,
    category: str | None,
    tag: str | None,
    agent: str | None,
    customer: str | None,
    public: bool,  # noqa: FBT001
    bom: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Write records, events and messages of a brand into files.

    An export that was stopped goes on where it was when the command is given again. With a filter only sessions, events, messages and the
    overview are written, or the tables that are named.
    """
    with existing_desk(store, brand) as desk, _bar(quiet=as_json) as told:
        only = Filter(**period(desk, start, end), channel=channel, category=category, tag=tag, agent=agent, customer=customer)
        how: dict[str, Any] = {"format": form, "only": only, "public": public, "bom": bom, "progress": told}
        if output == "-":
            if len(tables) != 1:
                raise Invalid(field="table", reason="standard output takes one table", allowed=list(TABLES))
            export_table(desk, tables[0], sys.stdout.buffer, **how)
            return
        manifest = export(desk, output, tables=tables or None, **how)
    if as_json:
        click.echo(json.dumps(manifest, ensure_ascii=False))
        return
    for table in manifest["tables"]:
        click.echo(f"{table['rows']:>12,}  {output}/{table['file']}")


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--store", required=True, metavar="URL", help="Where to: a new file, or a desk's store.")
@click.option("--brand", default="main", show_default=True, help="The brand's short name.")
@click.option("--chatwoot", is_flag=True, help="PATH holds conversations as Chatwoot gives them: JSON, or JSON Lines.")
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PATH is a CSV file with a message on each line; this JSON file says what its columns are.",
)
@click.option("--skip-bad", is_flag=True, help="Pass over bad lines, and list them at the end.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_command(  # noqa: PLR0917  (one parameter for each option)
    path: Path,
    store: str,
    brand: str,
    chatwoot: bool,  # noqa: FBT001
    mapping: Path | None,
    skip_bad: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Take in a whole export, or one file of it: PATH is its folder, or the file. Or take in what others have recorded.

    What is there already is passed over, so an import that was stopped can be run again. Nothing is set off by it.
    """
    with Desk.open(store, brand=brand) as desk, _bar(quiet=as_json) as told:
        how: dict[str, Any] = {"skip_bad": skip_bad, "progress": _rows_only(told)}
        if chatwoot:
            done = import_chatwoot(desk, path, **how)
        elif mapping is not None:
            done = import_csv(desk, path, mapping, **how)
        else:
            done = import_folder(desk, path, **how)
    _report(done, as_json=as_json)


def _rows_only(told: Told | None) -> Callable[[str, int], None] | None:
    return None if told is None else lambda name, rows: told(name, rows, None)


def _report(done: Imported, *, as_json: bool) -> None:
    if as_json:
        skipped = [{"line": error.line, "field": error.field, "path": error.path, "reason": error.reason} for error in done.skipped]
        click.echo(json.dumps({**attrs.asdict(done), "skipped": skipped}, ensure_ascii=False))
        return
    click.echo(f"{done.new:,} taken in, {done.known:,} were there, {len(done.skipped):,} skipped")
    for error in done.skipped:
        click.echo(f"skipped: {error.path}: {error}", err=True)


@contextmanager
def _bar(*, quiet: bool) -> Generator[Told | None]:
    """A bar for each table."""
    with bar("{task.description:>20}", "{task.fields[rows]:,} rows", quiet=quiet) as progress:
        if progress is None:
            yield None
            return
        tasks: dict[str, Any] = {}

        def told(name: str, rows: int, part: float | None) -> None:
            if name not in tasks:
                for task in tasks.values():
                    progress.update(task, total=1.0, completed=1.0)
                tasks[name] = progress.add_task(name, total=None if part is None else 1.0, rows=rows)
            progress.update(tasks[name], completed=part or 0.0, rows=rows)

        yield told
