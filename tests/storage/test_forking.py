"""A desk survives preload and fork: parent and child both go on, and neither takes anything from the other."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.needs import postgres_schema

from cschat import Desk
from cschat import commands as c
from cschat import queries as q
from cschat.storage import memory
from cschat.storage.memory import MemoryStore
from cschat.storage.opening import open_store
from cschat.storage.protocol import Store
from cschat.storage.sqlite import SqliteStore
from cschat.testing.things import Thing, add_one, said, transact

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

WAIT = 30


class Fork:
    """A forked child that runs `life(fork)`. The two talk in lines: `tell` and `hear`."""

    def __init__(self, life: Callable[[Fork], object]) -> None:
        mine, its = os.pipe(), os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forks beside threads, which is what is tried here
            self.pid = os.fork()
        self._in, self._out = (mine[0], its[1]) if self.pid else (its[0], mine[1])
        for theirs in (mine[1], its[0]) if self.pid else (mine[0], its[1]):
            os.close(theirs)
        if self.pid:
            return
        status = 1
        try:
            life(self)
            status = 0
        except BaseException as error:  # noqa: BLE001
            self.tell(f"{type(error).__name__}: {error}")
        finally:
            os._exit(status)

    def tell(self, word: object) -> None:
        os.write(self._out, f"{word}\n".encode())

    def hear(self) -> str:
        line = b""
        while not line.endswith(b"\n"):
            assert select.select([self._in], [], [], WAIT)[0], "the other process says nothing"
            letter = os.read(self._in, 1)
            assert letter, "the other process has ended"
            line += letter
        return line.decode().strip()

    def end(self) -> None:
        """Wait until the child has ended; kill it if it does not."""
        os.close(self._out)
        while select.select([self._in], [], [], WAIT)[0] and os.read(self._in, 4096):
            pass
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._in)


@contextmanager
def forked(life: Callable[[Fork], object]) -> Iterator[Fork]:
    fork = Fork(life)
    try:
        yield fork
    finally:
        fork.end()


@pytest.fixture(params=["sqlite", "postgres"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    if request.param == "sqlite":
        yield partial(SqliteStore, tmp_path / "desk.db", kinds=(Thing,))
        return
    with postgres_schema() as url:
        yield partial(open_store, url, (Thing,))


@pytest.fixture
def store(opener: Callable[[], Any]) -> Iterator[Any]:
    store = opener()
    yield store
    store.close()


def use(store: Store) -> None:
    """Open every kind of connection that a store has."""
    transact(store, add_one("thg_1"))
    store.read(lambda tx: tx.get(Thing, "thg_1"))
    store.wait(after=99, timeout=0.06)


@pytest.mark.parametrize("used", [False, True])
def test_parent_and_child_both_write(store: Any, used: bool) -> None:
    if used:
        use(store)

    def life(fork: Fork) -> None:
        fork.tell("here")
        for _ in range(30):
            fork.tell(transact(store, add_one("thg_1")))
        store.close()

    with forked(life) as child:
        assert child.hear() == "here"
        sums = [transact(store, add_one("thg_1")) for _ in range(30)]
        sums += [int(child.hear()) for _ in range(30)]
    assert sorted(sums) == list(range(1 + used, 61 + used))
    assert [seq for seq, _ in said(store, "thg_1")] == list(range(1, 61 + used))


def test_a_child_loses_nothing_when_its_parent_closes_the_file(store: Any, opener: Callable[[], Any]) -> None:
    """Whoever inherits SQLite's connections holds none of the locks that it believes to hold, and its log is taken from under it."""
    use(store)

    def life(fork: Fork) -> None:
        fork.tell(transact(store, add_one("thg_1")))
        fork.hear()
        for _ in range(5):
            fork.tell(transact(store, add_one("thg_1")))
        fork.hear()

    with forked(life) as child:
        assert child.hear() == "2"
        assert transact(store, add_one("thg_1")) == 3
        store.close()
        child.tell("closed")
        assert [child.hear() for _ in range(5)] == ["4", "5", "6", "7", "8"]
        again = opener()
        assert transact(again, add_one("thg_1")) == 9
        again.close()
        child.tell("end")
    again = opener()
    assert [seq for seq, _ in said(again, "thg_1")] == list(range(1, 10))
    again.close()


def test_a_fork_waits_for_what_other_threads_write(store: Any) -> None:
    use(store)
    inside, gate = threading.Event(), threading.Event()

    def slow(tx: Any) -> int:
        inside.set()
        assert gate.wait(WAIT)
        return add_one("thg_1")(tx)

    def open_the_gate() -> None:
        while not store._front._queue:  # the fork stands in the queue
            inside.wait(0.001)
        gate.set()

    writer = threading.Thread(target=transact, args=(store, slow))
    writer.start()
    assert inside.wait(WAIT)
    opening = threading.Thread(target=open_the_gate)
    opening.start()
    with forked(lambda fork: fork.tell(transact(store, add_one("thg_1")))) as child:
        assert child.hear() == "3"
    writer.join()
    opening.join()
    assert transact(store, add_one("thg_1")) == 4


def test_a_fork_waits_for_what_other_threads_read(store: Any) -> None:
    use(store)
    inside, gate = threading.Event(), threading.Event()

    def slow(tx: Any) -> int:
        inside.set()
        while not store._readers._resting:  # the fork waits
            gate.wait(0.001)
        return int(tx.get(Thing, "thg_1").n)

    answers: list[int] = []
    reader = threading.Thread(target=lambda: answers.append(store.read(slow)))
    reader.start()
    assert inside.wait(WAIT)
    with forked(lambda fork: fork.tell(store.read(lambda tx: tx.get(Thing, "thg_1").n))) as child:
        assert child.hear() == "1"
    reader.join()
    assert answers == [1]
    assert store.read(lambda tx: tx.get(Thing, "thg_1").n) == 1


def test_forks_in_a_crowd(store: Any) -> None:
    """Threads that write, read and watch all the time, while the main thread forks again and again."""
    use(store)
    stop = threading.Event()
    counts = [0, 0]

    def write(place: int) -> None:
        while not stop.is_set():
            transact(store, add_one("thg_1"))
            store.wait(after=store.position(), timeout=0.001)
            counts[place] += 1

    writers = [threading.Thread(target=write, args=(place,)) for place in range(2)]
    for writer in writers:
        writer.start()
    for _ in range(8):
        with forked(lambda fork: fork.tell([transact(store, add_one("thg_1")) > 0, store.wait(after=0, timeout=WAIT) > 0])) as child:
            assert child.hear() == "[True, True]"
    stop.set()
    for writer in writers:
        writer.join()
    assert transact(store, add_one("thg_1")) == sum(counts) + 8 + 2


def test_a_child_hears_its_parent(store: Any) -> None:
    use(store)
    stop = store.subscribe(lambda: None)

    def life(fork: Fork) -> None:
        fork.tell("here")
        fork.tell(store.wait(after=1, timeout=WAIT))
        store.close()

    with forked(life) as child:
        assert child.hear() == "here"
        transact(store, add_one("thg_1"))
        assert child.hear() == "2"
    stop()


def test_a_memory_store_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    use(store)
    inside, gate = threading.Event(), threading.Event()

    def slow(tx: Any) -> int:
        inside.set()
        assert gate.wait(WAIT)
        return int(tx.get(Thing, "thg_1").n)

    reader = threading.Thread(target=lambda: store.read(slow))
    reader.start()
    assert inside.wait(WAIT)
    monkeypatch.setattr(memory, "FORK_SECONDS", 0.05)
    threading.Timer(0.2, gate.set).start()

    def life(fork: Fork) -> None:
        fork.tell(transact(store, add_one("thg_1")))
        fork.tell(store.wait(after=1, timeout=WAIT))
        store.close()

    with forked(life) as child:
        assert [child.hear(), child.hear()] == ["2", "2"]
    reader.join()
    assert transact(store, add_one("thg_1")) == 2
    store.close()


def test_a_fork_does_not_wait_for_ever(
    store: Any, opener: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fork from within a batch cannot wait for its end. The parent goes on; the child leaves alone what was in use."""
    monkeypatch.setattr(sys.modules[type(store).__module__], "FORK_SECONDS", 0.05)
    with caplog.at_level(logging.WARNING), store.batch(size=9) as batch:
        batch.run(add_one("thg_1"))
        with forked(lambda fork: fork.tell(store._backend._connection)) as child:
            assert child.hear() == "None"
        batch.run(add_one("thg_1"))
    assert "did not wait" in caplog.text
    assert transact(store, add_one("thg_1")) == 3
    again = opener()
    assert transact(again, add_one("thg_1")) == 4
    again.close()


def test_a_closed_store_holds_no_fork_up(store: Any, caplog: pytest.LogCaptureFixture) -> None:
    use(store)
    store.close()
    with forked(lambda fork: fork.tell("here")) as child:
        assert child.hear() == "here"
    assert caplog.text == ""


def test_a_preloaded_desk(url: str) -> None:
    """As a server does that loads the application and then forks its workers."""
    if url == "memory:":
        pytest.skip("a forked child has a memory of its own")
    with Desk.open(url) as desk:
        desk.do(c.AddGroup(name="parent"))

        def life(fork: Fork) -> None:
            fork.tell(desk.do(c.AddGroup(name=f"worker {os.getpid()}")).name)
            fork.hear()
            desk.close()

        workers = [Fork(life) for _ in range(3)]
        names = [worker.hear() for worker in workers]
        assert sorted(group.name for group in desk.ask(q.Groups())) == sorted(["parent", *names])
        for worker in workers:
            worker.tell("end")
            worker.end()
