from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cschat.storage import sqlite
from cschat.storage.sqlite import SqliteStore
from cschat.testing import StoreSuite
from cschat.testing.things import Thing, add_one, transact


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


def test_the_write_ahead_log_is_moved_into_the_file_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "CHECKPOINT_PAGES", 50)
    store = SqliteStore(tmp_path / "desk.db", kinds=(Thing,), durable=False)
    for number in range(500):
        transact(store, add_one(f"thg_{number:03}"))
    log, file = (tmp_path / "desk.db-wal").stat().st_size, (tmp_path / "desk.db").stat().st_size
    store.close()
    assert log < 700 * 4096  # it is first looked at after 100 commits, of a few pages each
    assert file > 40 * 4096


def test_what_another_store_has_written_is_read(tmp_path: Path) -> None:
    one, other = (SqliteStore(tmp_path / "desk.db", kinds=(Thing,), durable=False) for _ in range(2))
    for expected in range(1, 6, 2):
        assert transact(one, add_one("thg_1")) == expected
        assert transact(other, add_one("thg_1")) == expected + 1
        assert transact(one, lambda tx: tx.get(Thing, "thg_1").n) == expected + 1
    one.close()
    other.close()
