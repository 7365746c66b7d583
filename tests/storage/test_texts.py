"""The index of texts in an SQLite file: what it leaves, what it takes, and who fills it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.office import Office

from cschat import Desk, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core import grams
from cschat.core.clock import FakeClock
from cschat.core.records import evolve
from cschat.storage import texts as texts_module
from cschat.storage.memory import MemoryStore
from cschat.storage.sqlite import SqliteStore
from cschat.testing.things import BRAND, Texts, Thing, append, behind, event, transact
from cschat.transport.indexing import Indexing

SECRET = "쀍뙠꿿"
CLOCK = FakeClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path, kinds=(Thing,), durable=False)
    yield store
    store.close()


def rows(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def traces(path: Path, letter: str) -> int:
    """How many pages of the index hold a letter."""
    tables = [name for (name,) in rows(path, "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'cschat_text%'")]
    assert {"cschat_text_data", "cschat_text_idx", "cschat_text_block", "cschat_text_reach"} <= {*tables}
    pages = [value for name in tables if name != "cschat_text" for row in rows(path, f"SELECT * FROM {name}") for value in row]
    return sum(letter.encode() in page for page in pages if isinstance(page, bytes))


def test_an_erased_customer_leaves_no_trace_in_the_index(path: Path):
    with Desk.open(f"sqlite:///{path}?synchronous=normal", clock=FakeClock()) as desk:
        office = Office.on(desk, desk.clock)
        session = office.session(State.ACTIVE)
        for number in range(300):
            office.visitor.do(c.SendMessage(session, text=f"{SECRET} {number}번 주문이요"))
            office.stranger.do(c.OpenSession(text=f"배송 {number}번 문의"))
            if number % 100 == 0:
                desk.settle()
        office.agent.do(c.AddNote(session, text=f"{SECRET} 고객님"))
        office.agent.do(c.EndSession(session))
        office.agent.do(c.WrapUp(session, note=f"{SECRET} 안내함"))
        desk.settle()
        assert traces(path, SECRET[1])
        found = list(desk.each(q.SearchHistory(SECRET)))
        assert [one.event for one in found].count("MessageSent") == 301
        desk.do(c.EraseCustomer(office.customer))
        assert list(desk.each(q.SearchHistory(SECRET))) == []
        desk.settle()
        assert traces(path, SECRET[1]) == traces(path, SECRET[0]) == traces(path, SECRET[2]) == 0
        assert rows(path, "SELECT traces FROM cschat_text_reach") == [(0,)]
        assert len(list(desk.each(q.SearchHistory("배송")))) == 300
        rows(path, "INSERT INTO cschat_text (cschat_text) VALUES ('integrity-check')")


def test_what_is_erased_while_traces_are_merged_away_goes_too(store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(texts_module, "_MERGE_PAGES", 1)
    letters = "쀍뙠꿿뛟뾃꾉쐛쑗"
    for number in range(400):
        append_one = partial(
            append, subject=f"thg_{number}", text=f"{letters[number % 8]}{letters[(number + 1) % 8]} 배송 {number * 7919}번"
        )
        transact(store, append_one)
        if number % 20 == 0:
            Indexing(store, CLOCK).catch_up()
    Indexing(store, CLOCK).catch_up()
    for first in range(8):

        def erase(tx: Any, first: int = first) -> None:
            for number in range(first, 400, 8):
                tx.redact(event(f"thg_{number}", 1, ""))

        transact(store, erase)
        assert store.read(behind)
        Texts(store).keep_up(1)
    Indexing(store, CLOCK).catch_up()
    assert [traces(path, letter) for letter in letters] == [0] * 8
    assert Texts(store)("배송") == []


def test_it_goes_on_where_it_was_when_it_is_opened_again(store: SqliteStore, path: Path):
    transact(store, lambda tx: [append(tx, "thg_1", f"배송 {number}번") for number in range(9)])
    Texts(store).keep_up(4)
    store.close()
    again = SqliteStore(path, kinds=(Thing,), durable=False)
    assert rows(path, "SELECT position FROM cschat_text_reach") == [(4,)]
    Texts(again).keep_up(3)
    assert rows(path, "SELECT position FROM cschat_text_reach") == [(7,)]
    assert Texts(again)("배송") == [*range(9, 0, -1)]
    again.close()


def test_two_processes_fill_it_once(store: SqliteStore, path: Path):
    other = SqliteStore(path, kinds=(Thing,), durable=False)
    transact(store, lambda tx: [append(tx, "thg_1", f"배송 {number}번") for number in range(9)])
    for one in (store, other, store):
        Texts(one).keep_up(4)
    assert not store.read(behind)
    assert Texts(store)("배송") == Texts(other)("배송") == [*range(9, 0, -1)]
    other.close()


def test_an_index_that_was_made_by_other_rules_is_made_anew(store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch):
    transact(store, lambda tx: [append(tx, "thg_1", f"배송 {number}번 {SECRET}") for number in range(5)])
    Indexing(store, CLOCK).catch_up()
    monkeypatch.setattr(texts_module, "FORM", grams.FORM + 1)
    monkeypatch.setattr(texts_module, "grams", lambda found: {f"{one}ㅋ" for one in found.split()})
    monkeypatch.setattr(texts_module, "holds", lambda found, words: True)
    assert store.read(behind)
    transact(store, lambda tx: tx.redact(event("thg_1", 1, "")))
    Indexing(store, CLOCK).catch_up()
    assert traces(path, SECRET[1]) == 1  # "쀍뙠꿿ㅋ"
    assert rows(path, "SELECT form, position FROM cschat_text_reach") == [(grams.FORM + 1, 5)]


def test_writing_a_message_writes_nothing_for_the_index(path: Path):
    with Desk.open(f"sqlite:///{path}?synchronous=normal", clock=FakeClock()) as desk:
        office = Office.on(desk, desk.clock)
        session = office.session(State.ACTIVE)
        desk.settle()
        before = rows(path, "SELECT id, block FROM cschat_text_data")
        office.visitor.do(c.SendMessage(session, text="배송 언제 오나요"))
        assert rows(path, "SELECT id, block FROM cschat_text_data") == before
        assert len(desk.ask(q.SearchHistory("언제")).items) == 1
        desk.run_due()
        assert rows(path, "SELECT id, block FROM cschat_text_data") == before  # so little can wait
        office.clock.advance(seconds=10)
        desk.run_due()
        assert rows(path, "SELECT id, block FROM cschat_text_data") != before


TEXTS = st.text(st.sampled_from("배송지연환불ab1 "), max_size=12)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_it_finds_what_a_look_through_the_log_does(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory):
    """Whatever was said, redacted and indexed in whatever order, with time going back and forth."""
    indexed = SqliteStore(tmp_path_factory.mktemp("texts") / "desk.db", kinds=(Thing,), durable=False)
    plain = MemoryStore()
    subjects: dict[str, int] = {}
    for number in range(data.draw(st.integers(1, 25))):
        subject = data.draw(st.sampled_from(["thg_1", "thg_2"]))
        seq = subjects.get(subject, 0)
        action = data.draw(st.sampled_from(["say", "say", "redact", "keep up"]))
        if action == "keep up":
            Texts(indexed).keep_up(data.draw(st.integers(1, 5)))
        elif action == "redact" and seq:
            blank = event(subject, data.draw(st.integers(1, seq)), data.draw(st.just("") | TEXTS))
            for store in (indexed, plain):
                transact(store, lambda tx, blank=blank: tx.redact(blank))
        else:
            subjects[subject] = seq + 1
            said = evolve(event(subject, seq + 1, data.draw(TEXTS)), time=data.draw(st.integers(0, 9)) * 7 + number)
            for store in (indexed, plain):
                transact(store, lambda tx, said=said: tx.append(said))
    where: dict[str, Any] = {"limit": data.draw(st.integers(1, 30)), "start": data.draw(st.none() | st.integers(0, 90))}
    where |= {"end": data.draw(st.none() | st.integers(0, 90)), "before": data.draw(st.none() | st.integers(1, 30)), "brand": BRAND}
    for text in ("배송", "지연 환", "ab", "송지연", "b1"):
        assert Texts(indexed)(text, **where) == Texts(plain)(text, **where)
    indexed.close()


def test_what_is_no_text_is_passed_over(store: SqliteStore):
    def write(tx: Any) -> None:
        tx.append(evolve(event("thg_1", 1), body=e.MessagesRead("customer", 1)))
        tx.append(event("thg_1", 2, "배"))
        tx.append(event("thg_1", 3, "🙂 !"))

    transact(store, write)
    Indexing(store, CLOCK).catch_up()
    assert not store.read(behind)
    assert rows_of(store) == 0


def rows_of(store: SqliteStore) -> int:
    with closing(sqlite3.connect(store._path)) as db:
        db.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, cschat_text, row)")
        return int(db.execute("SELECT count(*) FROM temp.terms").fetchone()[0])


def test_what_is_redacted_to_is_found_by_its_time(store: SqliteStore):
    transact(store, lambda tx: tx.append(event("thg_1", 1, "")))
    Indexing(store, CLOCK).catch_up()
    transact(store, lambda tx: tx.redact(event("thg_1", 1, "배송 문의")))
    assert Texts(store)("배송", start=1_000_000, end=1_000_001) == [1]


def test_a_period_is_found_however_the_index_has_come_by_it(store: SqliteStore):
    for seq, time in enumerate((5, 1, 9), 1):
        transact(store, lambda tx, seq=seq, time=time: tx.append(evolve(event("thg_1", seq, "배송 문의"), time=time)))
        Indexing(store, CLOCK).catch_up()
    assert Texts(store)("배송", start=6) == [3]
    assert Texts(store)("배송", end=2) == [2]
