"""`cschat copy`, `migrate` and `doctor`: a whole store into another, the schema brought up to date, and what is wrong.

May: read arguments, call the library, print. May not: know more than the library.
"""

from __future__ import annotations

import json
import platform
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from importlib.metadata import version
from typing import Any

import attrs
import click

from cschat import queries as q
from cschat.cli.desks import bar
from cschat.core.brand import Brand
from cschat.core.people import Agent
from cschat.data import copy_store
from cschat.desk import Desk
from cschat.errors import CschatError, Invalid
from cschat.kinds import KINDS
from cschat.storage.codec import face
from cschat.storage.opening import file_of, open_store, schema_of
from cschat.storage.schema import Schema

__all__ = ["copy_command", "doctor", "migrate_command"]

_STUCK = "see what led to it: `desk.ask(q.History(session))`; `ForceClose` ends a session that nothing else ends"
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command("copy")
@click.argument("source", metavar="FROM_URL")
@click.argument("target", metavar="TO_URL")
@_JSON
def copy_command(source: str, target: str, as_json: bool) -> None:  # noqa: FBT001
    """Make the store TO_URL hold what FROM_URL holds, of whatever kinds they are, and verify it.

    A copy that was stopped goes on when the command is given again; so a desk may be copied while it is at work, and again, which takes
    much less time, when it has been stopped. A target that holds anything else is refused.
    """
    _must_be_there(source)
    begun = time.monotonic()
    with closing(open_store(source, KINDS)) as first, closing(open_store(target, KINDS)) as second, _bar(quiet=as_json) as told:
        done = copy_store(first, second, told=told)
    seconds = time.monotonic() - begun
    if as_json:
        click.echo(json.dumps({**attrs.asdict(done), "seconds": round(seconds, 3)}))
        return
    click.echo(f"{done.events:,} events and {done.records:,} records copied in {seconds:,.1f} s; {done.known:,} events were there")
    click.echo(f"both stores hold {done.content}")


@click.command("migrate")
@click.argument("url", metavar="URL")
@_JSON
def migrate_command(url: str, as_json: bool) -> None:  # noqa: FBT001
    """Bring the schema of a store up to date, or make it; several may do so at once, and one of them does the work.

    A desk does it by itself when it opens its store. Do it beforehand where that should take nobody's time.
    """
    before = schema_of(url, KINDS)
    with closing(open_store(url, KINDS)) as store:
        store.position()
    after = schema_of(url, KINDS)
    applied = [name for name in after.applied if name not in before.applied]
    if as_json:
        click.echo(json.dumps({"applied": applied, "fitted": not before.fits, **_plain(after)}))
        return
    for name in applied:
        click.echo(f"applied {name}")
    if not before.fits:
        click.echo("fitted tables, indexes and views")
    if before.current:
        click.echo("nothing to do")


@click.command("doctor")
@click.argument("url", metavar="URL")
@_JSON
@click.pass_context
def doctor(ctx: click.Context, url: str, as_json: bool) -> None:  # noqa: FBT001
    """Say what is wrong with a desk and what helps: its schema, what is overdue or behind, deliveries given up, stuck sessions.

    Nothing is changed. The exit code is 1 if anything is wrong.
    """
    _must_be_there(url)
    found: dict[str, Any] = {"versions": _versions(), "store": None, "schema": None, "health": None, "troubles": []}
    try:
        schema = schema_of(url, KINDS)
        found["schema"] = _plain(schema)
        found["troubles"] += _of_schema(schema, url)
        if schema.current:
            found |= _looked_at(url, found["troubles"])
    except Invalid:
        raise
    except CschatError as error:
        found["troubles"].append(_trouble("store", str(error), "see that the database runs, and that this user may use it"))
    found["ok"] = not found["troubles"]
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else _told(found))
    ctx.exit(0 if found["ok"] else 1)


def _must_be_there(url: str) -> None:
    """A slip of the pen must not make a new file."""
    file = file_of(url)
    if file is not None and not file.exists():
        raise Invalid(field="url", reason=f"there is no file {file}")


def _versions() -> dict[str, str]:
    return {"cschat": version("cschat"), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}


def _plain(schema: Schema) -> dict[str, Any]:
    return {"schema_applied": schema.applied, "pending": schema.pending, "unknown": schema.unknown, "fits": schema.fits}


def _trouble(code: str, what: str, advice: str) -> dict[str, str]:
    return {"code": code, "what": what, "advice": advice}


def _of_schema(schema: Schema, url: str) -> Generator[dict[str, str]]:
    if schema.unknown:
        what = f"migrations that this cschat does not know: {', '.join(schema.unknown)}"
        yield _trouble("newer", what, "a newer cschat has used the store: use that one, or restore a backup from before")
    if schema.pending:
        yield _trouble("pending", f"migrations that have not been applied: {', '.join(schema.pending)}", f"cschat migrate {url}")
    elif not schema.fits:
        yield _trouble("unfit", "tables, indexes or views are not as this cschat wants them", f"cschat migrate {url}")


def _looked_at(url: str, troubles: list[dict[str, str]]) -> dict[str, Any]:
    """What the desk says of itself; what of it is wrong is added to the troubles."""
    with Desk.open(url) as desk:
        ids = {brand.id for brand in desk.store.stream(Brand)} | {agent.brand for agent in desk.store.stream(Agent)}
        brands = sorted(id.removeprefix(f"{Brand.prefix}_") for id in ids) or ["main"]
        health = desk.ask(q.Health())
        troubles += [_trouble(one.code, one.what, one.advice) for one in health.troubles]
        for name in brands:
            for finding in desk.brand(name).ask(q.SelfCheck()):
                troubles.append(_trouble("stuck", f"{name}: {finding.session}: {finding.what}", _STUCK))
        return {"store": {"position": health.position, "brands": brands}, "health": face(health)}


def _told(found: dict[str, Any]) -> str:
    lines = [", ".join(f"{name} {what}" for name, what in found["versions"].items())]
    if found["schema"] is not None:
        lines.append(f"schema      {', '.join(found['schema']['schema_applied']) or 'none'}")
    if found["health"] is not None:
        lines.append(f"log         {found['store']['position']:,} events; brands: {', '.join(found['store']['brands'])}")
        lines.append(f"clocks      seen to by {found['health']['keeper'] or 'nobody now'}")
        lines.append(f"texts       the index {'has something to take in' if found['health']['index_behind'] else 'is up to date'}")
        lines += [
            f"consumer    {one['name']}: {'up to date' if not one['behind'] else format(one['behind'], ',') + ' events behind'}"
            for one in found["health"]["consumers"]
        ]
    for one in found["troubles"]:
        lines += [f"WRONG       {one['what']}", f"            {one['advice']}"]
    return "\n".join([*lines, "Nothing is wrong." if found["ok"] else f"{len(found['troubles'])} things are wrong."])


@contextmanager
def _bar(*, quiet: bool) -> Generator[Callable[[str, int, int], None] | None]:
    """A bar for each step, and nothing where there is no terminal."""
    with bar("{task.description:>20}", "{task.completed:,.0f}", quiet=quiet) as progress:
        if progress is None:
            yield None
            return
        tasks: dict[str, Any] = {}

        def told(step: str, done: int, most: int) -> None:
            if step not in tasks:
                for task in tasks.values():
                    progress.update(task, total=1, completed=1)
                tasks[step] = progress.add_task(step, total=most or None)
            progress.update(tasks[step], completed=done, total=most or None)

        yield told
