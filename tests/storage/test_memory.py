from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cschat.storage.memory import MemoryStore
from cschat.testing import StoreSuite


class TestMemory(StoreSuite):
    @pytest.fixture
    def store(self) -> Iterator[MemoryStore]:
        store = MemoryStore()
        yield store
        store.close()

    @pytest.fixture
    def change_behind(self, store: MemoryStore) -> Callable[[Any, Any], None]:
        def change(_tx: Any, record: Any) -> None:
            rows = store._engine.table(type(record)).rows
            rows[record.id] = (rows[record.id][0], rows[record.id][1] + 1)

        return change
