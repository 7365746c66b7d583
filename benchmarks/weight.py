"""What things weigh: the import, a record in memory, a million events streamed."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from cschat import Actor, Desk, Session
from cschat import commands as c

__all__ = ["import_seconds", "record_bytes", "stream_growth_bytes"]


def import_seconds(rounds: int = 15) -> tuple[float, float]:
    """Median time of `import cschat` in a fresh interpreter with compiled files, and of starting the interpreter alone."""
    timed = "import time; t = time.perf_counter(); import cschat; print(time.perf_counter() - t)"
    empty = "import time; t = time.perf_counter(); print(time.perf_counter() - t)"
    with TemporaryDirectory(prefix="cschat-bench-") as cache:
        run = [sys.executable, "-X", f"pycache_prefix={cache}"]
        for number in range(rounds + 1):
            times = [float(subprocess.run([*run, "-c", code], check=True, capture_output=True, env={}).stdout) for code in (timed, empty)]
            if number == 0:
                imported, nothing = [], []
                continue
            imported.append(times[0])
            nothing.append(times[1])
    return statistics.median(imported), statistics.median(nothing)


def record_bytes() -> int:
    """A session in the middle of a talk, with all that only it refers to; shared strings and enum members not counted."""
    with Desk.open("memory:") as desk:
        agent = desk.do(c.AddAgent(name="민아"))
        visitor = desk.acting_as(Actor.guest("browser"))
        session = visitor.do(c.OpenSession(text="배송이 언제 오나요?", subject="배송"))
        desk.do(c.AssignSession(session, agent))
        desk.acting_as(Actor.agent(agent)).do(c.SendMessage(session, text="확인해 볼게요."))
        return _deep(desk.store.read(lambda tx: tx.get(Session, session.id)), set())


def _deep(thing: object, seen: set[int]) -> int:
    if id(thing) in seen or thing is None or isinstance(thing, (bool, type)) or hasattr(type(thing), "__members__"):
        return 0
    seen.add(id(thing))
    size = sys.getsizeof(thing)
    if isinstance(thing, msgspec.Struct):
        return size + sum(_deep(getattr(thing, name), seen) for name in thing.__struct_fields__)
    if isinstance(thing, (tuple, list)):
        return size + sum(_deep(item, seen) for item in thing)
    return size


def stream_growth_bytes(events: int = 1_000_000) -> tuple[int, float]:
    """How much the process grows while it streams so many events, and how many it streams a second."""
    with TemporaryDirectory(prefix="cschat-bench-") as folder:
        path = Path(folder) / "events.db"
        desk = Desk.open(f"sqlite:///{path}?synchronous=normal")
        session = desk.acting_as(Actor.guest("browser")).do(c.OpenSession(text="안녕하세요"))
        desk.close()
        code = _STREAM.format(path=str(path), session=session.id, events=events)
        growth, speed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
        return int(growth), float(speed)


_STREAM = """
import resource, sqlite3, time
from cschat.kinds import KINDS
from cschat.storage.sqlite import SqliteStore
database = sqlite3.connect({path!r})
database.execute(
    "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < {events}) "
    "INSERT INTO cschat_event (brand, subject, seq, time, type, actor, data) "
    "SELECT brand, subject, i, time, type, actor, data FROM n, cschat_event WHERE subject = '{session}' AND seq = 2"
)
database.commit()
database.close()
store = SqliteStore({path!r}, kinds=KINDS)
events = store.stream_log()


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


for _ in range(2000):
    next(events)
before = most = resident()
began = time.perf_counter()
count = 0
for _ in events:
    count += 1
    if count % 20_000 == 0:
        most = max(most, resident())
took = time.perf_counter() - began
print(most - before, count / took)
"""
