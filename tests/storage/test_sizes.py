"""How much memory things take."""

from __future__ import annotations

import enum
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.office import Office

from cschat import State
from cschat import commands as c
from cschat.kinds import KINDS
from cschat.storage.sqlite import SqliteStore

EVENTS = 1_000_000


def deep_size(thing: Any, seen: set[int] | None = None) -> int:
    """Bytes of an object and all that it alone holds, each object counted once: what every record shares (enums, None, booleans) is not.

    Room for the garbage collector's marks is counted by `sys.getsizeof` where Python adds it.
    """
    seen = set() if seen is None else seen
    if id(thing) in seen or thing is None or isinstance(thing, (bool, enum.Enum)):
        return 0
    seen.add(id(thing))
    size = sys.getsizeof(thing)
    if isinstance(thing, msgspec.Struct):
        return size + sum(deep_size(getattr(thing, name), seen) for name in thing.__struct_fields__)
    if isinstance(thing, dict):
        return size + sum(deep_size(key, seen) + deep_size(value, seen) for key, value in thing.items())
    if isinstance(thing, (tuple, list, set, frozenset)):
        return size + sum(deep_size(item, seen) for item in thing)
    return size


def test_a_session_takes_less_than_two_kilobytes(office: Office) -> None:
    """One that has been through a whole life (opened, claimed, answered, ended, wrapped up), read back from its store."""
    session = office.session(State.ACTIVE)
    office.agent.do_all([c.EndSession(session), c.WrapUp(session, note="배송 조회", category="배송/지연", tags=["단순문의"])])
    size = deep_size(office.look(session))
    print(f"a session takes {size} bytes")
    assert 500 < size < 2048


STREAM = """
import os, sys
from cschat.kinds import KINDS
from cschat.storage.sqlite import SqliteStore

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")

store = SqliteStore(sys.argv[1], kinds=KINDS)
stream = store.stream_log()
for _ in range(2000):
    next(stream)
begin = most = resident()
count = 2000
for event in stream:
    count += 1
    if count % 5000 == 0:
        most = max(most, resident())
print(count, most - begin, event.seq)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell the resident size in /proc")
def test_a_stream_of_a_million_events_takes_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    store = SqliteStore(path, kinds=KINDS)
    store.position()
    store.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) INSERT INTO cschat_event"
        " SELECT n, 'brd_main', 'ses_1', n, n, 'SubjectSet', 'host', NULL, NULL, '{\"subject\":\"' || n || '번째 문의\"}' FROM numbers",
        (EVENTS,),
    )
    connection.close()
    done = subprocess.run([sys.executable, "-c", STREAM, str(path)], capture_output=True, text=True, check=True)
    count, grown, last = map(int, done.stdout.split())
    print(f"streaming {count} events made the process grow by {grown / 1e6:.1f} MB")
    assert (count, last) == (EVENTS, EVENTS)
    assert grown < 20_000_000
