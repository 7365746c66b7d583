from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cschat.storage.sqlite import SqliteStore
from cschat.testing import StoreSuite


class TestFull(StoreSuite):
    durable = True

    @pytest.fixture
    def opener(self, tmp_path: Path) -> Callable[[], SqliteStore]:
        return partial(SqliteStore, tmp_path / "desk.db", kinds=self.kinds, durable=self.durable)

    @pytest.fixture
    def store(self, opener: Callable[[], SqliteStore]) -> Iterator[SqliteStore]:
        store = opener()
        yield store
        store.close()

    @pytest.fixture
    def change_behind(self, store: SqliteStore) -> Callable[[Any, Any], None]:
        def change(_tx: Any, record: Any) -> None:
            store._backend._connection.execute(f"UPDATE cschat_{record.kind} SET version = version + 1 WHERE id = ?", (record.id,))

        return change


class TestNormal(TestFull):
    durable = False
