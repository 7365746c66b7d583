"""Statistics of a million closed turns: three tables from the store beside polars and DuckDB on the same turns, and the folding.

`python -m benchmarks.stats [TURNS]`. polars and DuckDB are measured where they are installed; they are no dependencies.
`python -m benchmarks.stats grow [TURNS]`: the same tables from so many turns (by default a million) and from four times as many.
`python -m benchmarks.stats log [LIVES]`: folding from the log, where the events have to be read first.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import numpy as np

from cschat import Actor, Desk
from cschat import commands as c
from cschat import queries as q
from cschat.core.times import as_micros
from cschat.core.turns import TurnKind
from cschat.folding import write
from cschat.stats import SQI, Abandoned, Fact, Share, Took

__all__ = ["Data", "fill", "from_log", "grow", "made", "measure", "ours", "seconds"]

SEOUL = ZoneInfo("Asia/Seoul")
START, END = datetime(2026, 1, 1, tzinfo=SEOUL), datetime(2026, 4, 1, tzinfo=SEOUL)
OTHER = datetime(2026, 1, 16, tzinfo=SEOUL), datetime(2026, 4, 16, tzinfo=SEOUL)
"""Ninety days that are not made of months."""
AGENTS, CATEGORIES, DAYS = 500, 40, 120
TABLES = (["day"], ["agent"], ["category"])
BRAND = "brd_main"
BATCH = 20_000


@attrs.frozen
class Data:
    """Turns by column: when they were closed (microseconds), agent, category, and the eight in milliseconds (-1: missing)."""

    closed: Any
    agent: Any
    category: Any
    columns: dict[str, Any]


def made(turns: int, seed: int = 1, days: int = DAYS) -> Data:
    """Made-up turns, so many over three months and a third more over the month after; busy by day and quiet by night."""
    rng = np.random.default_rng(seed)
    turns = turns * days // 90
    day = rng.integers(0, days, turns)
    hours = np.clip(rng.normal(14, 3.5, turns), 0, 23.99)
    closed = np.sort(as_micros(START) + ((day * 24 + hours) * 3.6e9).astype(np.int64))

    def length(mean: float, missing: float = 0.0) -> Any:
        value = rng.lognormal(np.log(mean * 1000), 1.1, turns).astype(np.int64)
        return np.where(rng.random(turns) < missing, -1, value)

    answered = rng.random(turns) >= 0.08
    columns = {name: np.where(answered, length(mean), -1) for name, mean in (("queue_time", 40), ("first_response_time", 55))}
    columns |= {
        name: np.where(answered, length(mean), -1) for name, mean in (("agent_wait", 200), ("customer_wait", 120), ("talk_time", 400))
    }
    columns["after_work"] = np.where(answered, length(60, 0.05), -1)
    columns["total_time"] = length(600)
    columns["abandonment_rate"] = (~answered).astype(np.int64)
    return Data(closed, rng.integers(0, AGENTS, turns), rng.integers(0, CATEGORIES, turns), columns)


def _facts(data: Data, low: int, high: int) -> list[Fact]:
    names = [name for name in SQI if name != "abandonment_rate"]
    columns = [data.columns[name][low:high].tolist() for name in names]
    found = []
    rows = zip(
        range(low, high),
        data.closed[low:high].tolist(),
        data.agent[low:high].tolist(),
        data.category[low:high].tolist(),
        *columns,
        strict=True,
    )
    for number, closed, agent, category, *lengths in rows:
        known = {name: None if length < 0 else Took(length) for name, length in zip(names, lengths, strict=True)}
        owner, answered = f"agt_{agent:03}", known["queue_time"] is not None
        total = known["total_time"] or Took(0)
        found.append(
            Fact(
                id=f"fct_{number:026}_2",
                brand=BRAND,
                session=f"ses_{number:026}",
                number=2,
                turn=TurnKind.LIVE,
                began=closed - total.wall * 1000,
                closed=closed,
                total=total,
                session_age=total,
                zone="Asia/Seoul",
                customer=f"cus_{number:026}",
                channel="web",
                first_live=True,
                category=f"cat_{category:02}",
                agent=owner,
                responder=owner if answered else None,
                queue=(Share(owner, known["queue_time"]),) if answered else (Share(None, None),),
                entered=True,
                abandoned=None if answered else Abandoned.IN_QUEUE,
                response=known["first_response_time"],
                opened_response=known["first_response_time"],
                agent_wait=known["agent_wait"],
                agent_wait_open=None if known["agent_wait"] is None else Took(0),
                customer_wait=known["customer_wait"],
                customer_wait_open=None if known["agent_wait"] is None else Took(0),
                talk=known["talk_time"],
                after_work=known["after_work"],
                owned=(Share(owner, total),),
                replies=(Share(owner, known["customer_wait"]),) if answered else (),
                customer_messages=3,
                human_messages=3 if answered else 0,
                closes=True,
                first_closing=True,
            )
        )
    return found


def fill(desk: Desk, data: Data) -> str:
    """Fold the turns into the store, as the folder does it, and say how fast."""
    took = busy = 0.0
    for low in range(0, len(data.closed), BATCH):
        changes = [(1, fact) for fact in _facts(data, low, min(low + BATCH, len(data.closed)))]
        began, before = perf_counter(), process_time()
        desk.store.transact(partial(write, changes=changes), brand=BRAND)
        took, busy = took + perf_counter() - began, busy + process_time() - before
    return f"{len(data.closed) / took:,.0f} facts/s, {len(data.closed) / busy:,.0f} a second of CPU"


def ours(desk: Desk, start: datetime, end: datetime) -> list[q.Answer]:
    """The three tables."""
    return [desk.ask(q.Report(start, end, by=by)) for by in TABLES]


def seconds(work: Callable[[], Any], rounds: int = 5) -> float:
    """The median time of some work."""
    times = []
    for _ in range(rounds):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return median(times)


def polars_tables(path: Path) -> Callable[[], list[Any]]:
    """The same tables by polars, from Parquet."""
    import polars as pl

    figures = [
        expression
        for name in SQI
        for expression in (
            *(pl.col(name).count().alias(f"{name}.n"), pl.col(name).mean().alias(f"{name}.mean")),
            *(pl.col(name).median().alias(f"{name}.p50"), pl.col(name).quantile(0.9).alias(f"{name}.p90")),
        )
    ]
    return lambda: [pl.scan_parquet(path).group_by(by).agg(figures).collect() for (by,) in TABLES]


def duckdb_tables(path: Path, folder: Path) -> Callable[[], list[Any]]:
    """The same tables by DuckDB, from its own file."""
    import duckdb

    connection = duckdb.connect(str(folder / "turns.duckdb"))
    connection.execute(f"CREATE TABLE turns AS SELECT * FROM '{path}'")
    figures = ", ".join(f"count({name}), avg({name}), quantile_cont({name}, 0.5), quantile_cont({name}, 0.9)" for name in SQI)
    return lambda: [connection.execute(f"SELECT {by}, {figures} FROM turns GROUP BY {by}").fetchall() for (by,) in TABLES]


def _written(data: Data, path: Path) -> None:
    import polars as pl

    day = (data.closed + 9 * 3_600_000_000) // 86_400_000_000
    columns = {"day": day.astype(np.int32), "agent": data.agent.astype(np.int32), "category": data.category.astype(np.int32)}
    frame = pl.DataFrame(columns | {name: data.columns[name] for name in SQI})
    frame = frame.filter(pl.col("day") < 90 + day[0])
    frame.with_columns([pl.when(pl.col(name) >= 0).then(pl.col(name)) for name in SQI]).write_parquet(path)


def measure(turns: int) -> None:
    """Fold so many turns and print what the tables take."""
    data = made(turns)
    with TemporaryDirectory(prefix="cschat-bench-") as name:
        folder = Path(name)
        with Desk.open(f"sqlite:///{folder}/desk.db?synchronous=normal") as desk:
            rate = fill(desk, data)
            gc.collect()
            size = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
            print(f"{turns:,} turns in 90 days: folded {rate}, file {size:,.0f} MB")
            assert {answer.source for answer in ours(desk, START, END)} == {"cells"}
            whole = seconds(lambda: ours(desk, START, END))
            other = seconds(lambda: ours(desk, *OTHER))
            print(f"  whole months {whole:.3f} s, other 90 days {other:.3f} s")
            try:
                _written(data, folder / "turns.parquet")
                theirs = polars_tables(folder / "turns.parquet"), duckdb_tables(folder / "turns.parquet", folder)
            except ImportError:
                print("  polars and DuckDB are not installed")
                return
            times: list[list[float]] = [[], [], []]
            for _ in range(7):
                for number, work in enumerate((lambda: ours(desk, START, END), *theirs)):
                    began = perf_counter()
                    work()
                    times[number].append(perf_counter() - began)
            mine, polars, duck = map(median, times)
            print(f"  in turns: ours {mine:.3f} s, polars {polars:.3f} s, DuckDB {duck:.3f} s: {polars / mine:.1f}x, {duck / mine:.1f}x")


def grow(turns: int) -> None:
    """Print what the tables of whole months take from so many turns, and from four times as many, measured in turns."""
    with TemporaryDirectory(prefix="cschat-bench-") as name, ExitStack() as stack:
        works: list[Callable[[], list[q.Answer]]] = []
        for size in (turns, 4 * turns):
            desk = stack.enter_context(Desk.open(f"sqlite:///{name}/{size}.db?synchronous=normal"))
            print(f"{size:,} turns in 90 days: folded {fill(desk, made(size, days=90))}", flush=True)
            works.append(partial(ours, desk, START, END))
        gc.collect()
        times: list[list[float]] = [[], []]
        for _ in range(15):
            for number, work in enumerate(works):
                began = perf_counter()
                work()
                times[number].append(perf_counter() - began)
        few, many = map(median, times)
        print(f"  whole months {few:.3f} s and {many:.3f} s: {many / few:.2f}x")


def from_log(lives: int) -> None:
    """Live so many short sessions and print how fast the folder follows the log."""
    with TemporaryDirectory(prefix="cschat-bench-") as name, Desk.open(f"sqlite:///{name}/desk.db?synchronous=normal") as desk:
        desk.do(c.ChangeBrand(accepting="open"))
        worker = desk.acting_as(Actor.agent(desk.do(c.AddAgent(name="민아", status="available")).id))
        for number in range(lives):
            visitor = desk.acting_as(Actor.guest(f"browser-{number}"))
            with desk.batch():
                session = visitor.do(c.OpenSession(text="배송이 언제 오나요?")).id
                for command in (c.ClaimSession(session), c.SendMessage(session, text="안녕하세요"), c.EndSession(session)):
                    worker.do(command)
                worker.do(c.WrapUp(session, note="배송 조회"))
        events, began, busy = desk.store.position(), perf_counter(), process_time()
        facts = desk.statistics.fold()
        took, busy = perf_counter() - began, process_time() - busy
        print(f"{lives:,} sessions, {events:,} events, {facts:,} facts: {facts / took:,.0f} facts/s, {facts / busy:,.0f} a second of CPU")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["grow", *sizes]:
            grow(*map(int, sizes or ["1000000"]))
        case ["log", *sizes]:
            from_log(*map(int, sizes or ["10000"]))
        case sizes:
            for size in sizes or ["1000000"]:
                measure(int(size))
