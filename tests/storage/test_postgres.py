"""The PostgreSQL store: the laws of every store, for early and late locks, and what only it has to stand."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from tests.needs import postgres_schema

from cschat.core.records import evolve
from cschat.errors import Conflict, Invalid, MissingExtra, StoreUnavailable
from cschat.storage import postgres
from cschat.storage.front import Overtaken
from cschat.storage.opening import open_store
from cschat.storage.postgres import PostgresStore, _Backend
from cschat.storage.postgres_engine import Reader
from cschat.storage.postgres_pipe import Pipe
from cschat.storage.protocol import Key
from cschat.testing import StoreSuite
from cschat.testing.things import BRAND, Thing, add_one, put, said, transact


@pytest.fixture
def url() -> Iterator[str]:
    with postgres_schema() as url:
        yield url


class TestPostgres(StoreSuite):
    @pytest.fixture
    def opener(self, url: str) -> Callable[[], Any]:
        return partial(open_store, url, self.kinds)

    @pytest.fixture
    def store(self, opener: Callable[[], PostgresStore]) -> Iterator[PostgresStore]:
        store = opener()
        yield store
        store.close()

    @pytest.fixture
    def change_behind(self, store: PostgresStore) -> Callable[[Any, Any], None]:
        def change(_tx: Any, record: Any) -> None:
            store._backend._connection.execute(f"UPDATE cschat_{record.kind} SET version = version + 1 WHERE id = %s", (record.id,))

        return change


class TestLate(TestPostgres):
    """The same laws for a process that always takes the lock late, as one does beside which others write."""

    @pytest.fixture(autouse=True)
    def late(self, monkeypatch: pytest.MonkeyPatch) -> None:
        begin, commit = _Backend._begin, _Backend.commit

        def begin_late(self: Any, touches: Any, *, prompt: bool) -> Any:
            self._alone = self.__dict__.pop("overtaken", False)
            return begin(self, touches, prompt=prompt)

        def commit_late(self: Any) -> None:
            try:
                commit(self)
            except Overtaken:
                self.overtaken = True
                raise

        monkeypatch.setattr(_Backend, "_begin", begin_late)
        monkeypatch.setattr(_Backend, "commit", commit_late)


@pytest.fixture
def pair(url: str) -> Iterator[tuple[Any, Any]]:
    """Two stores on one database that have each seen the other write, so both take the lock late."""
    pair = open_store(url, (Thing,)), open_store(url, (Thing,))
    transact(pair[0], put(Thing("thg_1"), Thing("thg_2", name="taken")))
    for store in pair:
        store._backend._alone = False  # type: ignore[attr-defined]
    yield pair
    for store in pair:
        store.close()


class TestOvertaking:
    """The other store writes between what a work reads and its commit."""

    def outcome(self, pair: tuple[Any, Any], look: Callable[[Any], Any], meanwhile: Callable[[Any], Any]) -> tuple[int, Any]:
        """How often a work ran, and its answer."""
        one, other = pair
        times = 0

        def work(tx: Any) -> Any:
            nonlocal times
            times += 1
            seen = look(tx)
            if times == 1:
                writer = threading.Thread(target=transact, args=(other, meanwhile))
                writer.start()
                writer.join(0.2 if one._backend._writer._locked else 30)  # who has the lock holds the other up
            tx.put(Thing("thg_note", text=str(seen)))
            return seen

        answer = transact(one, work)
        assert one.read(lambda tx: tx.get(Thing, "thg_note").text) == str(answer)
        return times, answer

    def test_what_was_read_by_its_id(self, pair: tuple[Any, Any]) -> None:
        assert self.outcome(pair, lambda tx: tx.get(Thing, "thg_1").n, add_one("thg_1")) == (2, 1)

    def test_what_was_not_there(self, pair: tuple[Any, Any]) -> None:
        assert self.outcome(pair, lambda tx: tx.peek(Thing, "thg_3") is None, put(Thing("thg_3"))) == (2, False)

    def test_what_was_found_by_its_unique_key(self, pair: tuple[Any, Any]) -> None:
        def rename(tx: Any) -> None:
            tx.put(evolve(tx.get(Thing, "thg_2"), name="free"))

        def find(tx: Any) -> int:
            return len(tx.find(Thing, where={"brand": BRAND, "name": "taken"}, limit=1))

        assert self.outcome(pair, find, rename) == (2, 0)

    def test_what_was_read_before_and_found_after_it_had_changed(self, pair: tuple[Any, Any]) -> None:
        one, other = pair
        seen: list[int] = []

        def bump(tx: Any) -> None:
            tx.put(evolve(tx.get(Thing, "thg_2"), n=7))

        def work(tx: Any) -> int:
            first = tx.get(Thing, "thg_2").n
            if not seen:
                transact(other, bump)
            [found] = tx.find(Thing, where={"brand": BRAND, "name": "taken"}, limit=1)
            seen.append(found.n)
            tx.put(Thing(f"thg_{first}{found.n}"))
            return int(first)

        assert transact(one, work) == 7
        assert [thing.id for thing in one.stream(Thing)] == ["thg_1", "thg_2", "thg_77"]

    def test_what_nobody_changed(self, pair: tuple[Any, Any]) -> None:
        """Neither waits for the other, and nothing is done twice."""
        assert self.outcome(pair, lambda tx: tx.get(Thing, "thg_1").n, add_one("thg_9")) == (1, 0)

    @pytest.mark.parametrize(
        "look",
        [
            lambda tx: tx.count(Thing, where={"brand": BRAND, "colour": "red"}),
            lambda tx: len(tx.find(Thing, where={"owner": "x"}, limit=9)),
            lambda tx: len(tx.events("thg_1", limit=9)),
            lambda tx: len(tx.log(after=0, limit=9)),
        ],
        ids=["count", "find", "events", "log"],
    )
    def test_an_answer_without_a_version_holds_others_off(self, pair: tuple[Any, Any], look: Callable[[Any], Any]) -> None:
        times, _answer = self.outcome(pair, look, add_one("thg_1"))
        assert times == 1
        assert said(pair[0], "thg_1") == [(1, "")] or pair[0].wait(after=0, timeout=30)

    def test_a_unique_key_that_was_taken_meanwhile(self, pair: tuple[Any, Any]) -> None:
        """The work is run again, sees who has it, and may answer with that: nobody hears of a conflict."""
        one, other = pair

        def register(tx: Any) -> str:
            found = tx.find(Thing, where={"brand": BRAND, "name": "new"}, limit=1)
            if found:
                return str(found[0].id)
            if not done:
                done.append(transact(other, put(Thing("thg_a", name="new"))))
            tx.put(Thing("thg_b", name="new"))
            return "thg_b"

        done: list[None] = []
        assert transact(one, register) == "thg_a"
        with pytest.raises(Conflict):
            transact(one, put(Thing("thg_c", name="new")))


class TestCommits:
    """An answer that never arrives."""

    def lost(self, store: Any, monkeypatch: pytest.MonkeyPatch, *, before: bool) -> None:
        """Lose the connection with the next COMMIT: before it is sent, or before it is answered."""
        run = Pipe.run

        def lose(pipe: Any) -> Any:
            commits = any(sql == "COMMIT" for sql, _ in pipe._waiting)
            if commits:
                monkeypatch.setattr(Pipe, "run", run)
                if not before:
                    run(pipe)
                pipe._connection.close()
                raise psycopg.OperationalError("server closed the connection unexpectedly")
            return run(pipe)

        monkeypatch.setattr(Pipe, "run", lose)

    @pytest.fixture
    def store(self, url: str) -> Iterator[Any]:
        store: Any = open_store(url, (Thing,))
        transact(store, add_one("thg_1"))
        yield store
        store.close()

    def test_what_was_committed_is_answered_as_if_nothing_had_been(self, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lost(store, monkeypatch, before=False)
        assert transact(store, add_one("thg_1")) == 2
        assert transact(store, add_one("thg_1")) == 3
        assert [seq for seq, _ in said(store, "thg_1")] == [1, 2, 3]

    def test_what_was_not_is_refused(self, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lost(store, monkeypatch, before=True)
        with pytest.raises(StoreUnavailable) as caught:
            transact(store, add_one("thg_1"))
        assert "in_doubt" not in caught.value.fields
        assert transact(store, add_one("thg_1")) == 2

    def test_who_cannot_find_out_is_told_so(self, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres, "DOUBT_SECONDS", 0.05)
        self.lost(store, monkeypatch, before=False)
        open_ = store._backend._open

        def nobody_there() -> Any:
            raise psycopg.OperationalError("connection refused")

        store._backend._open = nobody_there
        with pytest.raises(StoreUnavailable) as caught:
            transact(store, add_one("thg_1"))
        assert caught.value.fields["in_doubt"] is True
        store._backend._open = open_
        assert transact(store, add_one("thg_1")) == 3


def test_what_a_batch_asks_for_again_and_again_comes_with_its_beginning(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store: Any = open_store(url, (Thing,))
    transact(store, put(Thing("thg_settings", text="a"), Thing("thg_1")))
    alone: list[str] = []
    load = Reader.load

    def loading(self: Any, kind: Any, id: str) -> Any:
        alone.append(id)
        return load(self, kind, id)

    monkeypatch.setattr(Reader, "load", loading)
    for _ in range(5):
        store.transact(lambda tx: (tx.get(Thing, "thg_1"), tx.get(Thing, "thg_settings")), brand=BRAND, touches=[Key(Thing, "thg_1")])
    assert alone == ["thg_settings"]
    store.close()


def test_who_has_not_installed_the_driver_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra) as caught:
        open_store("postgresql://127.0.0.1/test", (Thing,))
    assert caught.value.extra == "postgres"


def test_a_writer_does_not_wait_for_ever(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 0.1)
    one, other = open_store(url, (Thing,)), open_store(url, (Thing,))
    with one.batch(size=9) as batch:
        batch.run(add_one("thg_1"))
        with pytest.raises(StoreUnavailable):
            transact(other, add_one("thg_1"))
    assert transact(other, add_one("thg_1")) == 2
    one.close()
    other.close()


def test_a_wrong_schema_is_refused() -> None:
    with pytest.raises(Invalid):
        open_store("postgresql://127.0.0.1/test?schema=No;Good", (Thing,))


def test_a_key_may_be_freed_and_taken_between_other_changes(url: str) -> None:
    """Changes are written in statements of many rows, but not where their order matters."""
    store: Any = open_store(url, (Thing,))
    transact(store, put(Thing("thg_1", name="a")))

    def work(tx: Any) -> None:
        tx.put(Thing("thg_2", name="b"))
        tx.put(evolve(tx.get(Thing, "thg_1"), name="c"))
        tx.put(Thing("thg_3", name="a"))

    transact(store, work)
    assert [(thing.id, thing.name) for thing in store.stream(Thing)] == [("thg_1", "c"), ("thg_2", "b"), ("thg_3", "a")]
    store.close()
