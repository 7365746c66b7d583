"""Thousands of recorded conversations through a whole desk, on memory and on SQLite."""

from __future__ import annotations

import gc
import random
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs

from cschat import Desk
from cschat import events as e
from cschat.cli import GC_THRESHOLD
from cschat.core.clock import FakeClock
from cschat.simulate import Figures, Service, Simulation
from cschat.simulate.arrivals import poisson
from cschat.simulate.reading import read_conversations

__all__ = ["Run", "run"]


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
