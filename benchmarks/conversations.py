"""Thousands of recorded conversations through a whole desk, on memory and on SQLite."""

from __future__ import annotations

import gc
import random
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import attrs

from cschat import Desk
from cschat import events as e
from cschat.cli.simulate import GC_THRESHOLD
from cschat.core.clock import FakeClock
from cschat.simulate import Assignments, Figures, Policy, Service, Simulation
from cschat.simulate.arrivals import from_file, poisson, thinned
from cschat.simulate.reading import read_conversations
from cschat.simulate.running import repeated

__all__ = ["Run", "run", "week"]

SHOP = Path(__file__).resolve().parents[1] / "examples" / "shop" / "conversations.jsonl"


@attrs.frozen
class Run:
    """What one store made of a file, and whether every text came back equal."""

    store: str
    figures: Figures
    texts_equal: bool


def run(path: Path) -> list[Run]:
    """The whole file, on memory and on SQLite with `synchronous=FULL`, through `batch()`."""
    gc.set_threshold(*GC_THRESHOLD)
    said = Counter(turn.text for conversation in read_conversations(path) for turn in conversation.turns)
    with TemporaryDirectory(prefix="cschat-bench-") as folder:
        return [_run(path, url, said) for url in ("memory:", f"sqlite:///{folder}/support.db")]


def _run(path: Path, url: str, said: Counter[str]) -> Run:
    clock = FakeClock("2026-03-02 09:00")
    with Desk.open(url, clock=clock, seed=1) as desk:
        simulation = Simulation(desk, service=Service.parse("chars:20"), seed=1)
        figures = simulation.run(read_conversations(path), poisson(60, clock.now(), random.Random(2)))
        stored = Counter(event.body.content.text for event in desk.store.stream_log() if isinstance(event.body, e.MessageSent))
        return Run(url.partition(":")[0], figures, stored == said)


def week(path: Path, *, automatic: bool, share: float = 0.1184) -> Figures:
    """The first week of a file of counted calls, thinned to about 20,000, with the shop's conversations, in memory: 30 agents of 1 slot."""
    gc.set_threshold(*GC_THRESHOLD)
    clock, given = FakeClock("2003-03-03 00:00", "UTC"), Assignments()
    start = clock.now()
    calls = from_file(path, zone=ZoneInfo("UTC"), start=start, end=start + 7 * 86_400_000_000, rng=random.Random(0))
    with Desk.open("memory:", clock=clock, seed=0, reactors=[given]) as desk:
        simulation = Simulation(
            desk,
            agents=30,
            slots=1,
            service=Service.parse("exp:180"),
            seed=2,
            policy=Policy({"mode": "auto"}) if automatic else None,
            assignments=given,
        )
        return simulation.run(repeated(lambda: read_conversations(SHOP)), thinned(calls, share, random.Random(1)))
