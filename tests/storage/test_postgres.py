from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from tests.needs import postgres_schema

from cschat.storage.opening import open_store
from cschat.storage.postgres import PostgresStore
from cschat.testing import StoreSuite


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
