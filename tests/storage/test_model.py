"""The memory store is the model: whatever is done to it and to another store at once has the same outcome and leaves the same content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from tests.commands.test_random import AnyDesk
from tests.needs import empty

from cschat import Event
from cschat.core.clock import FakeClock
from cschat.errors import CschatError
from cschat.kinds import CORE_KINDS, KINDS
from cschat.storage.content import content_hash
from cschat.storage.memory import MemoryStore
from cschat.storage.opening import open_store
from cschat.storage.protocol import Store
from cschat.storage.sqlite import SqliteStore
from cschat.transport.indexing import Indexing, behind

Outcome = tuple[Any, CschatError | None]
WORDS = ("안녕", "하세요", "상담사", "감사합니다")


class Twins:
    """Two stores that are given the same work, and must answer the same."""

    def __init__(self, first: Store, second: Store) -> None:
        self.first, self.second = first, second

    def _both(self, call: Callable[[Store], Any]) -> Any:
        (answer, error), (other_answer, other_error) = outcome(call, self.first), outcome(call, self.second)
        assert type(error) is type(other_error), (error, other_error)
        if error is not None:
            assert other_error is not None
            assert (error.code, str(error), error.fields) == (other_error.code, str(other_error), other_error.fields)
            raise error
        assert answer == other_answer
        return answer

    def transact(self, work: Any, /, *, brand: str, touches: Any = ()) -> Any:
        return self._both(lambda store: store.transact(work, brand=brand, touches=touches))

    def read(self, work: Any, /) -> Any:
        if work is behind:
            return any([store.read(work) for store in (self.first, self.second)])  # noqa: C419  (an index of texts is each store's own)
        return self._both(lambda store: store.read(work))

    def stream(self, kind: Any, /, *, brand: str | None = None) -> Iterator[Any]:
        return iter(self._both(lambda store: list(store.stream(kind, brand=brand))))

    def stream_log(self, /, *, after: int = 0, until: int | None = None) -> Iterator[Event]:
        return iter(self._both(lambda store: list(store.stream_log(after=after, until=until))))

    def position(self) -> int:
        return int(self._both(lambda store: store.position()))


def outcome(call: Callable[[Store], Any], store: Store) -> Outcome:
    try:
        return call(store), None
    except CschatError as error:
        return None, error


class AnyDeskOnTwoStores(AnyDesk):
    """Random commands by random people, on memory and on another store at once."""

    def __init__(self, other: Callable[[], Store], *, clean: Callable[[], None]) -> None:
        self.other, self.clean = other, clean
        super().__init__()

    def store(self) -> Any:
        self.twins = Twins(MemoryStore(), self.other())
        return self.twins

    def teardown(self) -> None:
        if hasattr(self, "twins"):
            assert content_hash(self.twins.first, CORE_KINDS) == content_hash(self.twins.second, CORE_KINDS)
            brands = {event.brand for event in self.twins.stream_log()}
            for _ in ("as far as the index goes", "to the end"):
                self.twins.read(lambda tx: [tx.texts((word,), brand=brand, limit=1000) for brand in brands for word in WORDS])
                Indexing(self.twins.second, FakeClock()).catch_up()
            self.twins.first.close()
            self.twins.second.close()
            self.clean()


def test_sqlite_does_as_memory_does(tmp_path: Path) -> None:
    numbers = count()
    run_state_machine_as_test(
        lambda: AnyDeskOnTwoStores(
            lambda: SqliteStore(tmp_path / f"{next(numbers)}.db", kinds=KINDS, durable=False), clean=lambda: empty_folder(tmp_path)
        ),
        settings=settings(max_examples=100, stateful_step_count=40, deadline=None),
    )


def test_postgres_does_as_memory_does(postgres_desk: str) -> None:
    run_state_machine_as_test(
        lambda: AnyDeskOnTwoStores(lambda: emptied(postgres_desk), clean=lambda: None),
        settings=settings(max_examples=12, stateful_step_count=40, deadline=None),
    )


def emptied(url: str) -> Store:
    empty(url)
    return open_store(url, KINDS)


def empty_folder(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
