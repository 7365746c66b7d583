"""The connections of an SQLite store: lent, taken back, closed; and the look-out for others' commits."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cschat.errors import NotFound, StoreClosed, StoreUnavailable
from cschat.storage.protocol import Transaction
from cschat.storage.sqlite import SqliteStore
from cschat.testing.things import Thing, add_one, transact

WAIT = 30


@pytest.fixture
def opener(tmp_path: Path) -> Callable[[], SqliteStore]:
    return partial(SqliteStore, tmp_path / "desk.db", kinds=(Thing,), busy_seconds=0.2)


@pytest.fixture
def store(opener: Callable[[], SqliteStore]) -> Iterator[SqliteStore]:
    store = opener()
    transact(store, add_one("thg_1"))
    yield store
    store.close()


@pytest.fixture
def opened(store: SqliteStore) -> list[sqlite3.Connection]:
    """The connections that are opened for readers from now on."""
    connections: list[sqlite3.Connection] = []
    open_ = store._readers._open

    def count() -> sqlite3.Connection:
        connections.append(open_())
        return connections[-1]

    store._readers._open = count
    return connections


def n(tx: Transaction) -> int:
    return tx.get(Thing, "thg_1").n


class TestReaders:
    def test_a_connection_is_used_again_whatever_became_of_the_reading(self, store: SqliteStore, opened: list[sqlite3.Connection]) -> None:
        def fail(tx: Transaction) -> None:
            tx.get(Thing, "thg_none")

        def divide(_tx: Transaction) -> float:
            return 1 / 0

        for _ in range(20):
            with pytest.raises(NotFound):
                store.read(fail)
            with pytest.raises(ZeroDivisionError):
                store.read(divide)
            assert store.read(n) == 1
        stream = store.stream(Thing)
        next(stream)
        stream.close()
        assert len(opened) == 1
        assert not opened[0].in_transaction

    def test_a_connection_in_trouble_is_not_used_again(self, store: SqliteStore, opened: list[sqlite3.Connection]) -> None:
        def trouble(_tx: Transaction) -> None:
            raise sqlite3.OperationalError("disk I/O error")

        with pytest.raises(StoreUnavailable) as caught:
            store.read(trouble)
        assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
        with pytest.raises(sqlite3.ProgrammingError):
            opened[0].execute("SELECT 1")
        assert store.read(n) == 1
        assert len(opened) == 2

    def test_each_thread_reads_on_its_own(self, store: SqliteStore, opened: list[sqlite3.Connection]) -> None:
        together = threading.Barrier(4)

        def look(tx: Transaction) -> int:
            together.wait(WAIT)
            return n(tx)

        answers: list[int] = []
        readers = [threading.Thread(target=lambda: answers.append(store.read(look))) for _ in range(4)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        assert (answers, len(opened)) == ([1] * 4, 4)

    def test_what_is_lent_when_the_store_closes_is_closed_when_it_comes_back(
        self, store: SqliteStore, opened: list[sqlite3.Connection]
    ) -> None:
        inside, gate = threading.Event(), threading.Event()

        def look(tx: Transaction) -> int:
            inside.set()
            assert gate.wait(WAIT)
            return n(tx)

        answers: list[int] = []
        reader = threading.Thread(target=lambda: answers.append(store.read(look)))
        reader.start()
        assert inside.wait(WAIT)
        store.close()
        with pytest.raises(StoreClosed):
            store.read(n)
        gate.set()
        reader.join()
        assert answers == [1]
        with pytest.raises(sqlite3.ProgrammingError):
            opened[0].execute("SELECT 1")


class TestWriter:
    def test_a_connection_in_trouble_is_replaced(self, store: SqliteStore) -> None:
        connection = store._backend._connection
        assert connection is not None
        connection.close()
        with pytest.raises(StoreUnavailable):
            transact(store, add_one("thg_1"))
        assert transact(store, add_one("thg_1")) == 2


class TestWatching:
    def test_a_commit_is_told_even_if_it_comes_just_before_the_waiting(self, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
        """Between looking at the position and waiting for the next one, somebody commits. The look-out does not help out here."""
        monkeypatch.setattr(store._lookout, "ensure", lambda: None)
        position = store.position

        def look_and_be_late() -> int:
            found = position()
            if found == 1:
                writer = threading.Thread(target=transact, args=(store, add_one("thg_1")))
                writer.start()
                writer.join()
            return found

        monkeypatch.setattr(store, "position", look_and_be_late)
        assert store.wait(after=1, timeout=WAIT) == 2

    def test_the_look_out_goes_on_after_trouble(
        self, store: SqliteStore, opener: Callable[[], SqliteStore], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        troubles: list[Exception] = [sqlite3.OperationalError("locked"), StoreUnavailable("gone"), sqlite3.OperationalError("again")]
        open_ = store._lookout._open

        def stumble() -> sqlite3.Connection:
            if troubles:
                raise troubles.pop()
            return open_()

        monkeypatch.setattr(store._lookout, "_open", stumble)
        heard = threading.Event()
        store.subscribe(heard.set)
        other = opener()
        transact(other, add_one("thg_1"))
        assert heard.wait(WAIT)
        assert troubles == []
        heard.clear()
        connection: Any = store._lookout._connection
        connection.close()
        transact(other, add_one("thg_1"))
        assert heard.wait(WAIT)
        other.close()

    def test_nobody_looks_while_nobody_waits(self, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
        rounds = threading.Semaphore(0)
        closed = store._lookout._closed
        wait = closed.wait

        def pause(seconds: float | None = None) -> bool:
            rounds.release()
            return wait(0.001)

        looks: list[int] = []
        monkeypatch.setattr(closed, "wait", pause)
        monkeypatch.setattr(store._lookout, "_look", lambda: looks.append(1))
        store._lookout.ensure()
        for _ in range(20):
            assert rounds.acquire(timeout=WAIT)
        assert looks == []
        stop = store.subscribe(lambda: None)
        for _ in range(20):
            assert rounds.acquire(timeout=WAIT)
        stop()
        assert looks
