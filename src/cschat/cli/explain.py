"""`cschat explain`: why a session went to whom it went.

May: ask the query, print. May not: know more than its answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import attrs
import click

from cschat import queries as q
from cschat.cli.desks import existing_desk

__all__ = ["explain"]


@click.command()
@click.argument("session")
@click.option("--store", required=True, metavar="URL", help="The desk's store, such as sqlite:///support.db.")
@click.option("--brand", default="main", show_default=True, help="The brand's short name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def explain(session: str, store: str, brand: str, as_json: bool) -> None:  # noqa: FBT001
    """Say why SESSION was given to whom it was given, and, if it waits, what for.

    For each assignment: what decided, who was considered, why each other one was not taken.
    """
    with existing_desk(store, brand) as desk:
        found, zone = desk.ask(q.Explain(session)), ZoneInfo(desk.ask(q.GetBrand()).zone)
    if as_json:
        click.echo(json.dumps(attrs.asdict(found), default=datetime.isoformat, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(found, zone)))


def _lines(found: q.Explanation, zone: ZoneInfo) -> Iterator[str]:
    yield f"{found.session} ({found.state})"
    for one in found.assignments:
        yield f"\n{_clock(one.at, zone)}  to {one.agent_name} ({one.how}): {one.because}{_of(one.lane) if one.judged else ''}"
        yield from _judged(one.judged)
        if one.passed is not None:
            yield f"    no answer until {_clock(one.passed, zone)}: it went on"
    waits = found.waits
    if waits is not None:
        taken = "an agent who claims it" if waits.claimed else "an agent who is free"
        wait = "" if waits.expected_wait is None else f", for about {waits.expected_wait:.0f} s more"
        yield f"\n{_clock(waits.since, zone)}  waits for {taken}: {waits.because}{_of(waits.lane)}"
        yield f"    place {waits.position}{wait}"
        if waits.widens is not None:
            yield f"    from {_clock(waits.widens, zone)} on also for {' or '.join(waits.widens_to) or 'everybody'}"
        yield from _judged(waits.judged)
    elif not found.assignments:
        yield "\nNobody has had it, and it does not wait."


def _judged(judged: tuple[q.Judged, ...]) -> Iterator[str]:
    """A line for each agent; those it did not go to in one."""
    for one in judged:
        if one.why != "out_of_scope":
            yield f"    {one.name}: {one.because}"
    others = [one for one in judged if one.why == "out_of_scope"]
    if others:
        yield f"    {', '.join(one.name for one in others)}: {others[0].because}"


def _of(lane: tuple[str, ...]) -> str:
    return f"; of {' or '.join(lane)}" if lane else "; of everybody"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
