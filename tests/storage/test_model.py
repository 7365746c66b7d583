"""The memory store is the model: whatever is done to it and to an SQLite file at once has the same outcome and leaves the same content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from tests.commands.test_random import AnyDesk

from cschat import Event
from cschat.core.clock import FakeClock
from cschat.errors import CschatError
from cschat.kinds import CORE_KINDS, KINDS
from cschat.storage.content import content_hash
from cschat.storage.memory import MemoryStore
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
    """Random commands by random people, on memory and on SQLite at once."""

    def store(self) -> Any:
        self.folder = TemporaryDirectory(prefix="cschat-model-")
        path = Path(self.folder.name) / "support.db"
        self.twins = Twins(MemoryStore(), SqliteStore(path, kinds=KINDS, durable=False))
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
            self.folder.cleanup()


TestAnyDeskOnTwoStores = AnyDeskOnTwoStores.TestCase
TestAnyDeskOnTwoStores.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
