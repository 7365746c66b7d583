"""`cschat simulate` and `cschat what-if`: a desk driven by recorded conversations, and recorded traffic under another policy.

May: read arguments, run the simulation, print its figures. May not: know more than the library.
"""

from __future__ import annotations

import gc
import json
import random
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import click

from cschat.cli.desks import bar, existing_desk, moment_of, zone_of
from cschat.core.clock import FakeClock
from cschat.core.times import Micros, as_micros
from cschat.desk import Desk
from cschat.errors import Invalid
from cschat.simulate import Assignments, Figures, Outcome, Policy, Service, Simulation, WhatIf, what_if
from cschat.simulate.arrivals import from_file, poisson, thinned
from cschat.simulate.reading import Conversation, read_conversations
from cschat.simulate.running import repeated

__all__ = ["GC_THRESHOLD", "simulate", "what_if_command"]

GC_THRESHOLD = (50_000, 20, 50)
"""A simulation makes millions of records that live to its end; Python's default looks through them for cycles so often that it takes a
fifth of the time."""


@click.command()
@click.argument("conversations", type=click.Path(path_type=Path))
@click.option("--store", default="memory:", show_default=True, metavar="URL", help="memory: or sqlite:///support.db")
@click.option("--agents", default=3, show_default=True, type=click.IntRange(1, 1000), help="How many agents work.")
@click.option("--slots", default=3, show_default=True, type=click.IntRange(1, 1000), help="Sessions an agent has at once.")
@click.option(
    "--arrivals",
    default="poisson",
    show_default=True,
    metavar="poisson|FILE.csv[.gz]",
    help="When customers come: at random, or as counted in a file of two columns, local time and count per slot.",
)
@click.option("--rate", default=60.0, show_default=True, metavar="PER_HOUR", help="Customers an hour, for poisson.")
@click.option(
    "--thin", default=1.0, show_default=True, metavar="F", type=click.FloatRange(0, 1), help="Keep each arrival with this probability."
)
@click.option(
    "--service",
    default="chars:20",
    show_default=True,
    metavar="exp:SECONDS|chars:PER_SECOND",
    help="From claim or assignment to wrap-up: exponential with a mean, or 5 s and the letters' time for each agent turn.",
)
@click.option(
    "--customers",
    type=click.IntRange(1),
    metavar="N",
    help="How many customers come; the file is repeated if need be. [default: the file once through, or all arrivals of an arrivals file]",
)
@click.option(
    "--warmup", default=0, show_default=True, type=click.IntRange(0), metavar="N", help="Leave the first customers out of the figures."
)
@click.option(
    "--policy",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="How work is handed out, as YAML or JSON with the fields of SetDistribution, and agents. [default: agents claim]",
)
@click.option("--patience", metavar="exp:SECONDS", help="Who waits leaves, after a time with this mean. [default: nobody leaves]")
@click.option("--start", metavar="ISO", help="When the clock begins. [default: 2026-03-02T09:00, or the file's first row]")
@click.option("--end", metavar="ISO", help="No arrivals from here on.")
@click.option("--zone", default="Asia/Seoul", show_default=True, help="The zone of local times.")
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same content on every store.")
@click.option("--skip-bad", is_flag=True, help="Pass over bad lines, and list them at the end.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def simulate(  # noqa: PLR0917  (one parameter for each option)
    conversations: Path,
    store: str,
    agents: int,
    slots: int,
    arrivals: str,
    rate: float,
    thin: float,
    service: str,
    customers: int | None,
    warmup: int,
    policy: Path | None,
    patience: str | None,
    start: str | None,
    end: str | None,
    zone: str,
    seed: int,
    skip_bad: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Let recorded CONVERSATIONS pass through a whole desk on a virtual clock.

    Customers arrive, say what the file says, wait for an agent, get the file's answers, are ended, wrapped up and tagged with the file's
    intent. CONVERSATIONS is JSON Lines (also .gz, .xz): {"id", "intent"|null, "turns": [{"from": "customer"|"agent", "text"}]}.
    """
    where = zone_of(zone)
    first, last = _instant(start, where, "start"), _instant(end, where, "end")
    chance = random.Random(seed)  # noqa: S311  (a simulation is to be repeatable)
    skipped: list[Invalid] | None = [] if skip_bad else None
    if arrivals == "poisson":
        begin = as_micros(datetime(2026, 3, 2, 9, tzinfo=where)) if first is None else first
        coming = poisson(rate, begin, chance, end=last)
    else:
        coming = from_file(arrivals, zone=where, start=first, end=last, rng=chance)
        begin = None
    coming = thinned(coming, thin, random.Random(seed + 1)) if thin < 1 else coming  # noqa: S311
    told = _Told(skipped)
    once_through = customers is None and arrivals == "poisson"
    said = told.read(conversations) if once_through else repeated(lambda: told.read(conversations))
    if begin is None:
        head = next(coming, None)
        if head is None:
            raise Invalid(field="arrivals", reason="there are none in this period")
        begin, coming = head, _with(head, coming)
    clock = FakeClock("1970-01-01T00:00:00+00:00", zone)
    clock.set(begin)
    gc.set_threshold(*GC_THRESHOLD)
    given = Assignments()
    with Desk.open(store, clock=clock, seed=seed, reactors=[given]) as desk, _progress(customers, quiet=as_json) as progress:
        run = Simulation(
            desk,
            agents=agents,
            slots=slots,
            service=Service.parse(service),
            seed=seed + 2,
            warmup=warmup,
            policy=None if policy is None else Policy.read(policy),
            assignments=given,
            patience=None if patience is None else _patience(patience),
        )
        figures = run.run(said, islice(coming, customers), progress=progress)
    figures = attrs.evolve(figures, skipped=len(skipped or ()))
    if as_json:
        click.echo(json.dumps(attrs.asdict(figures)))
    else:
        _show(figures, store)
    for error in skipped or ():
        click.echo(f"skipped: {error}", err=True)


@click.command("what-if")
@click.option(
    "--policy",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The other policy, as YAML or JSON with the fields of SetDistribution; agents and groups are those of the store.",
)
@click.option("--store", required=True, metavar="URL", help="The desk's store, such as sqlite:///support.db.")
@click.option("--brand", default="main", show_default=True, help="The brand's short name.")
@click.option("--from", "start", metavar="ISO", help="Requests from here on. [default: the first]")
@click.option("--to", "end", metavar="ISO", help="Requests before this. [default: the last]")
@click.option("--zone", default="Asia/Seoul", show_default=True, help="The zone of local times.")
@click.option("--seed", default=0, show_default=True, help="Of what has to be drawn: the patience of those who did not leave.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def what_if_command(  # noqa: PLR0917  (one parameter for each option)
    policy: Path,
    store: str,
    brand: str,
    start: str | None,
    end: str | None,
    zone: str,
    seed: int,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Replay the requests that a desk has recorded, under another policy and under its own, and compare.

    The store is only read. What is assumed: docs, Simulate.
    """
    where = zone_of(zone)
    period = _instant(start, where, "from"), _instant(end, where, "to")
    gc.set_threshold(*GC_THRESHOLD)
    with existing_desk(store, brand) as desk:
        found = what_if(Policy.read(policy), desk.store, period, brand=brand, seed=seed)
    if as_json:
        click.echo(json.dumps(attrs.asdict(found), ensure_ascii=False))
    else:
        _compare(found)


class _Told:
    """Reads the file, perhaps several times; bad lines are listed the first time only."""

    def __init__(self, skipped: list[Invalid] | None) -> None:
        self._skipped = skipped
        self._again = False

    def read(self, path: Path) -> Iterator[Conversation]:
        listed = self._skipped if not self._again or self._skipped is None else []
        self._again = True
        return read_conversations(path, skipped=listed)


def _with(head: Micros, rest: Iterator[Micros]) -> Iterator[Micros]:
    yield head
    yield from rest


def _instant(text: str | None, zone: ZoneInfo, option: str) -> Micros | None:
    return None if text is None else as_micros(moment_of(text, zone, option))


def _patience(text: str) -> float:
    try:
        patience = Service.parse(text)
    except Invalid:
        patience = None
    if patience is None or patience.kind != "exp":
        raise Invalid(field="patience", reason=f"{text!r} is no patience", allowed=["exp:SECONDS"])
    return patience.value


@contextmanager
def _progress(total: int | None, *, quiet: bool) -> Generator[Callable[[int], None] | None]:
    """How many customers have come, as a bar."""
    with bar("customers", "{task.completed:.0f}", quiet=quiet) as progress:
        if progress is None:
            yield None
            return
        task = progress.add_task("customers", total=total)
        yield lambda done: progress.update(task, completed=done) if done % 50 == 0 else None


def _show(figures: Figures, store: str) -> None:
    rows = [
        ("sessions", f"{figures.sessions:,} ({figures.closed:,} closed)"),
        ("messages", f"{figures.messages:,}"),
        ("waited at all", _share(figures.p_wait)),
        ("mean wait", _seconds(figures.mean_wait_s)),
        ("90 % waited at most", _seconds(figures.p90_wait_s)),
        ("mean queue", "-" if figures.mean_queue is None else f"{figures.mean_queue:.2f}"),
        ("occupancy", _share(figures.occupancy)),
        ("left the queue", f"{figures.abandoned:,}"),
        ("turned away", f"{figures.refused:,}"),
        ("sessions per agent", f"{figures.agent_least:,} to {figures.agent_most:,}, mean {figures.agent_mean:,.1f}"),
        ("commands", f"{figures.commands:,} in {figures.wall_s:.2f} s ({figures.commands_per_s:,.0f}/s)"),
        ("content", figures.content_hash[:16]),
    ]
    for name, value in rows:
        click.echo(f"{name:>20}  {value}")
    if figures.skipped:
        click.echo(f"{'skipped':>20}  {figures.skipped} bad lines, listed below")
    if store.startswith("sqlite"):
        path = store.partition(":///")[2].partition("?")[0]
        click.echo(f"\nTo look into it: sqlite-utils {path} 'SELECT * FROM sessions LIMIT 3'")  # noqa: S608  (printed, not run)


def _compare(found: WhatIf) -> None:
    outcomes = (found.recorded, found.replayed, found.changed)
    rows = {"": ["recorded", "replayed", "changed"]}
    rows |= {name: [told(outcome) for outcome in outcomes] for name, told in _COMPARED.items()}
    rows |= {f"had {agent}": [f"{outcome.loads[agent]:,}" for outcome in outcomes] for agent in found.recorded.loads}
    for name, values in rows.items():
        click.echo(f"{name:>20}  {''.join(f'{value:>14}' for value in values)}")


_COMPARED: dict[str, Callable[[Outcome], str]] = {
    "requests": lambda outcome: f"{outcome.requests:,}",
    "served": lambda outcome: f"{outcome.served:,}",
    "left the queue": lambda outcome: f"{outcome.left:,}",
    "turned away": lambda outcome: f"{outcome.refused:,}",
    "still waiting": lambda outcome: f"{outcome.waiting:,}",
    "mean wait": lambda outcome: _seconds(outcome.mean_wait_s),
    "90 % waited at most": lambda outcome: _seconds(outcome.p90_wait_s),
}


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s" if value < 90 else f"{value / 60:.1f} min"
