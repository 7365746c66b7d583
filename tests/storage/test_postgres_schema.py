"""What a PostgreSQL schema looks like: its tables, columns, indexes and views, however old it is and whoever opens it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import psycopg
import pytest
from msgspec import Struct
from psycopg.rows import dict_row
from tests import samples
from tests.needs import postgres, postgres_schema
from tests.office import Office

from cschat import Desk, State
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.records import Index, index_fields
from cschat.core.times import as_iso
from cschat.errors import CschatError
from cschat.kinds import KINDS
from cschat.storage import postgres_schema as schema_module
from cschat.storage.codec import decode_record
from cschat.storage.opening import open_store
from cschat.storage.protocol import Gte
from cschat.storage.tables import plural, table_name
from cschat.testing.things import Thing, add_one, put, transact

BRAND = "brd_main"


@pytest.fixture
def fresh() -> Iterator[str]:
    with postgres_schema() as url:
        yield url


def connected(url: str, **options: Any) -> psycopg.Connection[Any]:
    return psycopg.connect(postgres(), options=f"-c search_path={url.rpartition('=')[2]}", autocommit=True, **options)


@pytest.fixture(scope="module")
def busy() -> Iterator[tuple[Office, str]]:
    """A desk in which every command has been tried, on PostgreSQL."""
    clock = FakeClock()
    with postgres_schema() as url, Desk.open(url, clock=clock, seed=3) as desk:
        for number, sample in enumerate(samples.COMMANDS.values()):
            office = Office.on(desk.brand(f"brand{number}"), clock)
            try:
                getattr(office, sample.door).do(sample.make(office, office.session(sample.state)))
            except CschatError:
                continue
        desk.advance(hours=1)
        yield office, url


def shape(url: str) -> dict[str, Any]:
    """All that PostgreSQL knows of a schema: columns, indexes, views; the schema's own name left out."""
    name = url.rpartition("=")[2]
    with connected(url) as db:
        columns = db.execute(
            "SELECT table_name, column_name, data_type, collation_name, is_nullable FROM information_schema.columns"
            " WHERE table_schema = %s",
            (name,),
        ).fetchall()
        indexes = db.execute("SELECT indexname, replace(indexdef, %s, '') FROM pg_indexes WHERE schemaname = %s", (f"{name}.", name))
        views = db.execute("SELECT viewname, replace(definition, %s, '') FROM pg_views WHERE schemaname = %s", (f"{name}.", name))
        return {"columns": sorted(map(str, columns)), "indexes": dict(indexes.fetchall()), "views": dict(views.fetchall())}


class TestMigrations:
    def test_a_fresh_schema_equals_all_migrations(self, fresh: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Opened by one version after the other, each knowing one step more."""
        steps = dict(schema_module._STEPS)
        with postgres_schema() as old:
            for known in range(1, len(steps) + 1):
                monkeypatch.setattr(schema_module, "_STEPS", dict(list(steps.items())[:known]))
                store: Any = open_store(old, KINDS)
                if known == len(steps):
                    store.position()
                else:
                    store._open().close()
                store.close()
            store = open_store(fresh, KINDS)
            store.position()
            store.close()
            assert shape(old) == shape(fresh)

    def test_a_class_may_get_new_indexes_and_lose_old_ones(self, fresh: str) -> None:
        class Old(Struct, frozen=True):
            kind: ClassVar[str] = "parcel"
            prefix: ClassVar[str] = "prc"
            indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "weight")),)
            id: str
            weight: int
            brand: str = BRAND

        class New(Struct, frozen=True):
            kind: ClassVar[str] = "parcel"
            prefix: ClassVar[str] = "prc"
            indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "heavy")), Index(("colour",)))
            id: str
            weight: int
            brand: str = BRAND
            colour: str | None = "brown"

            @property
            def heavy(self) -> bool:
                return self.weight > 10

        store: Any = open_store(fresh, (Old,))
        transact(store, lambda tx: [tx.put(Old(f"prc_{place}", place * 6)) for place in range(4)])
        store.close()
        store = open_store(fresh, (New,))
        assert store.read(lambda tx: [one.id for one in tx.find(New, where={"brand": BRAND, "heavy": True}, limit=9)]) == ["prc_2", "prc_3"]
        assert store.read(lambda tx: tx.count(New, where={"colour": "brown"})) == 4
        store.close()
        with connected(fresh) as db:
            names = {name for (name,) in db.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'cschat_parcel'")}
        assert names == {"cschat_parcel_key", "cschat_parcel_brand_heavy", "cschat_parcel_colour"}

    def test_many_may_open_a_fresh_schema_at_once(self, fresh: str) -> None:
        stores = [open_store(fresh, (Thing,)) for _ in range(6)]
        together, sums = threading.Barrier(6), list[int]()

        def enter(store: Any) -> None:
            together.wait(30)
            sums.append(transact(store, add_one("thg_1")))

        threads = [threading.Thread(target=enter, args=(store,)) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for store in stores:
            store.close()
        assert sorted(sums) == [1, 2, 3, 4, 5, 6]

    def test_nothing_is_opened_before_it_is_used(self) -> None:
        with Desk.open("postgresql://127.0.0.1:1/nothing"):
            pass

    def test_the_search_path_may_choose_the_schema(self, fresh: str) -> None:
        """As libpq knows it, for whoever makes schemas themselves."""
        name = fresh.rpartition("=")[2]
        with connected(fresh) as db:
            db.execute(f"CREATE SCHEMA {name}")
        store: Any = open_store(f"{postgres()}?options=-csearch_path%3D{name}", (Thing,))
        transact(store, put(Thing("thg_1")))
        store.close()
        again: Any = open_store(fresh, (Thing,))
        assert [thing.id for thing in again.stream(Thing)] == ["thg_1"]
        again.close()


class TestTables:
    def test_brand_is_in_every_key_and_text_is_ordered_by_its_code_points(self, busy: tuple[Office, str]) -> None:
        """So that each table can be distributed or partitioned by brand later, and every store has one order."""
        found = shape(busy[1])
        unique = {name: sql for name, sql in found["indexes"].items() if "UNIQUE" in sql and "cschat_migration" not in sql}
        for name, sql in unique.items():
            assert "brand" in sql or name.startswith("cschat_text_block"), sql
        assert len(unique) > len(KINDS)
        for line in found["columns"]:
            if line.startswith("('cschat_") and "'text'" in line and "cschat_migration" not in line and "cschat_schema" not in line:
                assert "'C'" in line, line

    def test_index_columns_say_what_the_documents_say(self, busy: tuple[Office, str]) -> None:
        seen = 0
        with connected(busy[1]) as db:
            for kind in KINDS:
                names = ["brand", *(name for name in index_fields(kind) if name != "id")]
                columns = ", ".join(f'"{name}"' for name in names)
                for id, data, *values in db.execute(f"SELECT id, data, {columns} FROM {table_name(kind)}"):
                    record = decode_record(kind, data)
                    assert (record.id, [getattr(record, name) for name in names]) == (id, values)
                    seen += 1
        assert seen > 900


class TestDistribution:
    def test_a_desk_works_on_tables_that_are_partitioned_by_brand(self, fresh: str) -> None:
        """What a database administrator would do when a desk has outgrown one table, before or after it is filled."""
        with Desk.open(fresh) as desk:
            desk.position()
        with connected(fresh) as db:
            for table in ("cschat_session", "cschat_event", "cschat_customer"):
                db.execute(f"ALTER TABLE {table} RENAME TO whole")
                db.execute(f"CREATE TABLE {table} (LIKE whole INCLUDING ALL) PARTITION BY HASH (brand)")
                for part in range(3):
                    db.execute(f"CREATE TABLE {table}_{part} PARTITION OF {table} FOR VALUES WITH (MODULUS 3, REMAINDER {part})")
                db.execute("DROP TABLE whole CASCADE")
            db.execute("DELETE FROM cschat_schema")
        clock = FakeClock()
        with Desk.open(fresh, clock=clock, seed=3) as desk:
            for number in range(4):
                office = Office.on(desk.brand(f"brand{number}"), clock)
                session = office.session(State.CLOSED)
                assert office.said(session)[0] == "문의드려요"
                assert office.desk.ask(q.SelfCheck()) == []
        with connected(fresh) as db:
            assert db.execute("SELECT count(*), count(DISTINCT tableoid) > 1 FROM cschat_session").fetchone() == (4, True)
            assert db.execute("SELECT count(*) FROM sessions").fetchone() == (4,)


class TestViews:
    def test_views_hold_what_the_desk_holds(self, busy: tuple[Office, str]) -> None:
        office, url = busy
        store = office.desk.store
        iso = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
        with connected(url, row_factory=dict_row) as db:
            for kind in KINDS:
                rows = db.execute(f'SELECT * FROM "{plural(kind)}"').fetchall()
                assert {row["id"] for row in rows} == {record.id for record in store.stream(kind)}
                for row in rows:
                    for name, value in row.items():
                        assert not name.endswith("_at") or value is None or iso.fullmatch(value), (kind, name, value)
            sessions = {row["id"]: row for row in db.execute("SELECT * FROM sessions")}
            for session in store.read(
                lambda tx: tx.find(samples.Session, where={"brand": office.desk._door.brand_id, "opened": Gte(0)}, limit=9)
            ):
                row = sessions[session.id]
                assert (row["state"], row["seq"], row["spoke"], row["agent"]) == (session.state, session.seq, session.spoke, session.agent)
                assert row["opened_at"] == as_iso(session.opened)
            events = db.execute("SELECT * FROM events ORDER BY position").fetchall()
            assert [(row["position"], row["subject"], row["at"]) for row in events] == [
                (one.position, one.subject, as_iso(one.time)) for one in store.stream_log()
            ]
            messages = db.execute("SELECT author, text FROM messages WHERE text = '문의드려요' LIMIT 1").fetchall()
            assert messages == [{"author": "customer", "text": "문의드려요"}]
            assert db.execute("SELECT count(*) AS n, sum(amount) AS a FROM postings").fetchone() is not None
