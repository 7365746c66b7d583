"""The index of texts in PostgreSQL: what it leaves, who fills it, and that it is read from its end in windows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.needs import postgres, postgres_schema

from cschat.core.clock import FakeClock
from cschat.storage import postgres_texts as texts_module
from cschat.storage.opening import open_store
from cschat.testing.things import Texts, Thing, append, behind, event, transact
from cschat.transport.indexing import Indexing

CLOCK = FakeClock()


@pytest.fixture
def url() -> Iterator[str]:
    with postgres_schema() as url:
        yield url


@pytest.fixture
def store(url: str) -> Iterator[Any]:
    store = open_store(url, (Thing,))
    yield store
    store.close()


def rows(url: str, sql: str) -> list[Any]:
    with psycopg.connect(postgres(), options=f"-c search_path={url.rpartition('=')[2]}") as db:
        return db.execute(sql).fetchall()


def test_what_is_erased_leaves_the_index(store: Any, url: str) -> None:
    transact(store, lambda tx: [append(tx, "thg_1", f"쀍뙠꿿 {number}번") for number in range(5)])
    Indexing(store, CLOCK).catch_up()
    assert len(rows(url, "SELECT 1 FROM cschat_text WHERE grams @> '{쀍뙠}'")) == 5

    def erase(tx: Any) -> None:
        for number in range(4):
            tx.redact(event("thg_1", number + 1, ""))
        tx.redact(event("thg_1", 5, "배송"))

    transact(store, erase)
    assert not store.read(behind)
    assert rows(url, "SELECT position, grams FROM cschat_text") == [(5, ["배송"])]
    assert (Texts(store)("쀍뙠꿿"), Texts(store)("배송")) == ([], [5])


def test_two_processes_fill_it_once(store: Any, url: str) -> None:
    other: Any = open_store(url, (Thing,))
    transact(store, lambda tx: [append(tx, "thg_1", f"배송 {number}번") for number in range(9)])
    for one in (store, other, store):
        Texts(one).keep_up(4)
    assert not store.read(behind)
    assert Texts(store)("배송") == Texts(other)("배송") == [*range(9, 0, -1)]
    other.close()


def test_an_index_that_was_made_by_other_rules_is_made_anew(store: Any, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    transact(store, lambda tx: [append(tx, "thg_1", f"배송 {number}번") for number in range(5)])
    Texts(store).catch_up()
    monkeypatch.setattr(texts_module, "FORM", 2)
    assert store.read(behind)
    assert Texts(store)("배송") == [5, 4, 3, 2, 1]
    Texts(store).catch_up()
    assert rows(url, "SELECT position, form FROM cschat_text_reach") == [(5, 2)]
    assert rows(url, "SELECT count(*) FROM cschat_text") == [(5,)]


def test_the_log_is_searched_from_its_end_in_windows_that_grow(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    transact(store, lambda tx: [append(tx, f"thg_{number}", "배송" if number % 2 else "환불") for number in range(200)])
    Texts(store).catch_up()
    asked = []
    execute = texts_module.Texts.__init__

    def listening(self: Any, run: Any) -> None:
        def heard(sql: str, values: Any) -> Any:
            if sql == texts_module._INDEXED:
                asked.append(values[-2:])
            return run(sql, values)

        execute(self, heard)

    monkeypatch.setattr(texts_module.Texts, "__init__", listening)
    monkeypatch.setattr(texts_module, "_WINDOW", 10)
    found = Texts(store)
    assert found("배송", limit=3) == [200, 198, 196]
    assert len(asked) == 1
    assert found("환불", limit=60) == list(range(199, 80, -2))
    assert [high - low for low, high in asked[1:]][:2] == [10, 80]
