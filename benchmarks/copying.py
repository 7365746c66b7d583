"""How quickly a whole store is copied and verified, and how much memory that takes: from SQLite into SQLite, a million events."""

from __future__ import annotations

import resource
import tempfile
import time
from contextlib import closing
from pathlib import Path

from cschat import Actor, Desk
from cschat import commands as c
from cschat.data import copy_store
from cschat.kinds import KINDS
from cschat.storage.opening import open_store

EVENTS = 1_000_000


def fill(url: str, events: int) -> None:
    """Sessions of ten events each."""
    with Desk.open(url, seed=1) as desk, desk.batch():
        visitor = desk.acting_as(Actor.guest("browser"))
        for number in range(events // 10):
            session = visitor.do(c.OpenSession(text=f"안녕하세요 {number}"))
            for message in range(8):
                visitor.do(c.SendMessage(session, text=f"배송이 언제 오나요? {number} {message}"))


def run(events: int = EVENTS) -> tuple[float, float, float]:
    """Events a second without and with verification, and by how many MB the process grew at most."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = (f"sqlite:///{Path(folder) / name}.db" for name in ("source", "target"))
        fill(source, events)
        with closing(open_store(source, KINDS)) as first, closing(open_store(target, KINDS)) as second:
            before, begun, steps = _peak(), time.perf_counter(), dict[str, float]()
            done = copy_store(first, second, told=lambda step, _done, _most: steps.setdefault(step, time.perf_counter() - begun))
            seconds = time.perf_counter() - begun
        return done.events / steps["verify"], done.events / seconds, (_peak() - before) / 1024


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
