"""PostgreSQL goes away and comes back: what was acknowledged is there, what was not is not, and a store goes on by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.cluster import Cluster, cluster

from cschat.errors import StoreUnavailable
from cschat.storage.postgres import PostgresStore
from cschat.testing.things import Thing, add_one, said, transact

WAIT = 30


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as server:
        yield server


@pytest.fixture
def store(server: Cluster, request: pytest.FixtureRequest) -> Iterator[PostgresStore]:
    store = PostgresStore(server.url, kinds=(Thing,), schema=f"s{abs(hash(request.node.name))}")
    yield store
    store.close()


def n(store: PostgresStore) -> int:
    return int(store.read(lambda tx: tx.get(Thing, "thg_1").n))


def test_a_store_goes_on_after_a_restart(store: PostgresStore, server: Cluster) -> None:
    heard = threading.Semaphore(0)
    stop = store.subscribe(heard.release)
    assert transact(store, add_one("thg_1")) == 1
    assert heard.acquire(timeout=WAIT)
    for expected in (2, 3):
        assert n(store) == expected - 1
        server.stop()
        server.start()
        assert transact(store, add_one("thg_1")) == n(store) == expected
        assert store.position() == expected
    other = PostgresStore(server.url, kinds=(Thing,), schema=store._schema)
    for _ in range(100):  # its ear is back after a while
        transact(other, add_one("thg_1"))
        if heard.acquire(timeout=0.1) and store._listener.deaf is False:
            break
    else:
        pytest.fail("the others are not heard any more")
    other.close()
    stop()


def test_reading_goes_on_when_many_connections_are_lost(store: PostgresStore, server: Cluster) -> None:
    transact(store, add_one("thg_1"))
    together = threading.Barrier(4)

    def look(tx: Any) -> int:
        together.wait(WAIT)
        return int(tx.get(Thing, "thg_1").n)

    for _ in range(2):
        readers = [threading.Thread(target=store.read, args=(look,)) for _ in range(4)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        server.stop()
        server.start()
        assert [n(store) for _ in range(5)] == [1] * 5
        assert [one.seq for one in store.stream_log()] == [1]
        together.reset()


def test_what_cannot_be_done_is_refused_until_it_can(store: PostgresStore, server: Cluster) -> None:
    transact(store, add_one("thg_1"))
    server.stop()
    try:
        for _ in range(2):
            with pytest.raises(StoreUnavailable) as caught:
                transact(store, add_one("thg_1"))
            assert "in_doubt" not in caught.value.fields
            with pytest.raises(StoreUnavailable):
                n(store)
            with pytest.raises(StoreUnavailable), store.batch(size=2) as batch:
                batch.run(add_one("thg_1"))
    finally:
        server.start()
    assert transact(store, add_one("thg_1")) == 2


def test_a_work_that_loses_its_connection_is_run_again(store: PostgresStore, server: Cluster) -> None:
    transact(store, add_one("thg_1"))
    times = []

    def work(tx: Any) -> int:
        times.append(1)
        if len(times) == 1:
            server.stop()
            server.start()
        return add_one("thg_2")(tx) + int(tx.get(Thing, "thg_1").n)

    assert transact(store, work) == 2
    assert len(times) == 2
    assert said(store, "thg_2") == [(1, "")]


@pytest.mark.parametrize("how", ["stop", "crash"])
def test_in_a_crowd_exactly_what_was_acknowledged_is_there(store: PostgresStore, server: Cluster, how: str) -> None:
    """Of what was being committed PostgreSQL is asked when it is back, so nobody is left in doubt."""
    told: list[int] = []
    failed: list[Exception] = []
    enough, over = threading.Semaphore(0), threading.Event()

    def write() -> None:
        while not over.is_set():
            try:
                told.append(transact(store, add_one("thg_1")))
                enough.release()
            except StoreUnavailable as error:
                failed.append(error)
                over.wait(0.01)

    writers = [threading.Thread(target=write) for _ in range(6)]
    for writer in writers:
        writer.start()
    for _ in range(3):
        for _ in range(50):
            assert enough.acquire(timeout=WAIT)
        getattr(server, how)()
        server.start()
    for _ in range(50):
        assert enough.acquire(timeout=WAIT)
    over.set()
    for writer in writers:
        writer.join()
    assert not any(error.fields.get("in_doubt") for error in failed)  # type: ignore[attr-defined]
    assert sorted(told) == list(range(1, len(told) + 1))
    assert n(store) == len(told)
    assert [seq for seq, _ in said(store, "thg_1")] == list(range(1, len(told) + 1))
