"""What an SQLite file looks like: its tables, columns, indexes and views, however old it is and whoever opens it."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from msgspec import Struct
from tests import samples
from tests.office import Office

from cschat import Desk, State
from cschat import commands as c
from cschat import events as e
from cschat.core.clock import FakeClock
from cschat.core.records import Index, index_fields
from cschat.core.times import as_iso
from cschat.errors import CschatError
from cschat.kinds import KINDS
from cschat.storage import migrations
from cschat.storage.codec import decode_record
from cschat.storage.protocol import Gte
from cschat.storage.sqlite import SqliteStore
from cschat.storage.tables import plural, table_name
from cschat.testing.things import Thing, add_one, put, transact


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
def busy_desk(path: Path) -> Iterator[tuple[Office, sqlite3.Connection]]:
    """A desk on which every command has been used, with request ids and an effect that fails, and a look into its file."""
    clock = FakeClock()
    with Desk.open(f"sqlite:///{path}?synchronous=normal", clock=clock, seed=3) as desk:

        @desk.after([e.MessageSent, e.Ended], name="mail")
        def mail(event: e.Event, _delivery: Any) -> None:
            if event.seq % 2:
                raise RuntimeError("no mail today")

        for number, sample in enumerate(samples.COMMANDS.values()):
            office = Office.on(desk.brand(f"brand{number}"), clock)
            sample.do(office, request_id=f"r{number}")
            clock.advance(seconds=1)
        waiting = Office.on(desk.brand("waiting"), clock)
        samples.COMMANDS[c.ChangeRule].make(waiting, waiting.session(State.BOT))
        waiting.session(State.QUEUED)
        waiting.admin.do(c.StartBulk({}, [{"reply": "공지"}]))
        clock.advance(seconds=61)
        desk.run_due()
        desk.run_clocks()
        timed = Office.on(desk.brand("timed"), clock)
        samples.COMMANDS[c.Heartbeat].do(timed)
        samples.COMMANDS[c.Attend].do(timed)
        timed.visitor.keep_file(b"a,b", name="a.csv")
        connection = sqlite3.connect(path)
        yield office, connection
        connection.close()


def open_(path: Path, kinds: Sequence[type[Any]]) -> None:
    store = SqliteStore(path, kinds=kinds)
    store.position()
    store.close()


def schema(path: Path) -> dict[str, Any]:
    """All of a schema but the order of a table's columns."""
    connection = sqlite3.connect(path)
    found: dict[str, Any] = {}
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master"):
        if kind == "table":
            columns = connection.execute(f"PRAGMA table_info({name})").fetchall()
            found[name] = sorted(column[1:] for column in columns), "STRICT" in sql
        else:
            found[name] = sql
    connection.close()
    return found


class TestOpening:
    @pytest.mark.parametrize("steps", range(len(migrations._STEPS)))
    def test_a_fresh_file_equals_one_that_has_come_all_the_way(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
        open_(tmp_path / "fresh.db", KINDS)
        with monkeypatch.context() as older:
            older.setattr(migrations, "_STEPS", dict(list(migrations._STEPS.items())[:steps]))
            connection = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
            migrations.migrate(connection, KINDS[:2])
            connection.close()
        open_(tmp_path / "old.db", KINDS)
        assert schema(tmp_path / "old.db") == schema(tmp_path / "fresh.db")

    def test_opening_again_changes_nothing(self, path: Path) -> None:
        open_(path, KINDS)
        before = schema(path)
        open_(path, KINDS)
        assert schema(path) == before

    def test_a_class_may_declare_new_indexes_later(self, path: Path) -> None:
        """Their columns are filled from the records: also what a document does not say, because it is a default or computed."""

        class Old(Struct, frozen=True):
            kind: ClassVar[str] = "parcel"
            prefix: ClassVar[str] = "par"
            indexes: ClassVar[tuple[Index, ...]] = ()
            id: str
            brand: str
            weight: int | None = None
            name: str = ""

        class New(Struct, frozen=True):
            kind: ClassVar[str] = "parcel"
            prefix: ClassVar[str] = "par"
            indexes: ClassVar[tuple[Index, ...]] = (
                Index(("brand", "weight")),
                Index(("brand", "name"), unique=True),
                Index(("colour",)),
                Index(("heavy", "weight")),
            )
            id: str
            brand: str
            weight: int | None = None
            name: str = ""
            colour: str = "brown"

            @property
            def heavy(self) -> bool:
                return (self.weight or 0) >= 10

        store = SqliteStore(path, kinds=(Old,))
        transact(store, put(*(Old(f"par_{place:04}", "b", place if place % 7 else None, f"n{place}") for place in range(2100))))
        store.close()

        store = SqliteStore(path, kinds=(New,))
        records = list(store.stream(New))
        columns = sqlite3.connect(path).execute("SELECT id, brand, weight, name, colour, heavy FROM cschat_parcel ORDER BY id").fetchall()
        assert columns == [(one.id, one.brand, one.weight, one.name, one.colour, one.heavy) for one in records]
        assert len(columns) == 2100

        def ask(tx: Any) -> list[int]:
            asked = [{"colour": "brown"}, {"heavy": True}, {"brand": "b", "weight": Gte(2000)}, {"brand": "b", "name": "n5"}]
            return [tx.count(New, where=where) for where in asked]

        assert store.read(ask) == [2100, sum(one.heavy for one in records), sum(place % 7 > 0 for place in range(2000, 2100)), 1]
        store.close()

    def test_no_class_indexes_a_field_that_is_called_like_a_column_of_the_store(self) -> None:
        assert all({"version", "data"}.isdisjoint(index_fields(kind)) for kind in KINDS)

    def test_an_index_that_is_no_longer_declared_goes(self, path: Path) -> None:
        open_(path, (Thing,))
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE UNIQUE INDEX cschat_thing_old ON cschat_thing (brand)")
            connection.execute("CREATE INDEX ours ON cschat_thing (data)")
            connection.execute(f"DELETE FROM {migrations._SCHEMA}")
        open_(path, (Thing,))
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
        connection.close()
        assert "cschat_thing_old" not in names
        assert "ours" in names, "what others have made stays"

    def test_several_threads_may_open_a_fresh_file_at_once(self, tmp_path: Path) -> None:
        for round_ in range(8):
            stores = [SqliteStore(tmp_path / f"{round_}.db", kinds=(Thing,)) for _ in range(6)]
            together = threading.Barrier(len(stores))
            sums: list[Any] = []

            def enter(store: SqliteStore, together: threading.Barrier = together, sums: list[Any] = sums) -> None:
                together.wait()
                try:
                    sums.append(transact(store, add_one("thg_1")))
                except CschatError as error:
                    sums.append(error)

            threads = [threading.Thread(target=enter, args=(store,)) for store in stores]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for store in stores:
                store.close()
            assert sorted(sums, key=str) == list(range(1, 7))

    def test_several_processes_may_open_a_fresh_file_at_once(self, path: Path) -> None:
        code = (
            "import sys; from cschat import Desk, commands as c; desk = Desk.open(sys.argv[1]); print('ready', flush=True);"
            " sys.stdin.readline(); desk.do(c.AddGroup(name=sys.argv[2])); desk.close()"
        )
        url = f"sqlite:///{path}"
        command = [sys.executable, "-c", code, url]
        children = [subprocess.Popen([*command, str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for n in range(5)]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in children:
            child.communicate("go\n")
        assert [child.returncode for child in children] == [0] * 5
        with Desk.open(url) as desk:
            assert sorted(group.name for group in desk.store.stream(KINDS[3])) == list("01234")

    def test_the_connections_are_as_documented(self, path: Path) -> None:
        for durable, synchronous in ((True, 2), (False, 1)):
            store = SqliteStore(path, kinds=(Thing,), durable=durable, busy_seconds=3)
            transact(store, add_one("thg_1"))
            connection = store._backend._connection
            assert connection is not None

            def pragma(name: str, connection: sqlite3.Connection = connection) -> Any:
                return connection.execute(f"PRAGMA {name}").fetchone()[0]

            assert [pragma(name) for name in ("journal_mode", "synchronous", "busy_timeout")] == ["wal", synchronous, 3000]
            with store._readers.one() as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
                reader.execute("DELETE FROM cschat_event")
            store.close()

    def test_a_file_is_the_same_wherever_the_process_goes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "here").mkdir()
        (tmp_path / "there").mkdir()
        monkeypatch.chdir(tmp_path / "here")
        with Desk.open("sqlite:///desk.db") as desk:
            desk.do(c.AddGroup(name="a"))
            monkeypatch.chdir(tmp_path / "there")
            assert [group.name for group in desk.store.stream(KINDS[3])] == ["a"]
        assert list((tmp_path / "there").iterdir()) == []

    def test_a_closed_file_needs_no_other_file_beside_it(self, path: Path) -> None:
        store = SqliteStore(path, kinds=(Thing,))
        transact(store, add_one("thg_1"))
        store.wait(after=5, timeout=0.01)
        store.close()
        assert [file.name for file in path.parent.iterdir()] == ["desk.db"]


class TestContent:
    def test_index_columns_say_what_the_documents_say(self, busy_desk: tuple[Office, sqlite3.Connection]) -> None:
        _, connection = busy_desk
        for kind in KINDS:
            names = [name for name in index_fields(kind) if name != "id"]
            rows = connection.execute(f"SELECT {', '.join(['id', 'data', *map(quoted, names)])} FROM {table_name(kind)}").fetchall()
            assert rows, f"no {kind.kind} was written"
            for id, data, *columns in rows:
                record = decode_record(kind, data)
                assert record.id == id
                assert columns == [getattr(record, name) for name in names], id

    def test_every_instant_in_a_view_is_iso_text_with_six_digits(self, busy_desk: tuple[Office, sqlite3.Connection]) -> None:
        _, connection = busy_desk
        connection.row_factory = sqlite3.Row
        for view in (*(plural(kind) for kind in KINDS), "events", "messages"):
            rows = connection.execute(f'SELECT * FROM "{view}"').fetchall()
            assert rows, view
            for row in rows:
                for name in row.keys():  # noqa: SIM118  (a row yields its values)
                    if name == "at" or name.endswith("_at"):
                        assert row[name] is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", row[name]), (view, name)

    def test_views_hold_what_the_desk_holds(self, busy_desk: tuple[Office, sqlite3.Connection]) -> None:
        office, connection = busy_desk
        connection.row_factory = sqlite3.Row
        sessions = {row["id"]: row for row in connection.execute("SELECT * FROM sessions")}
        assert sessions.keys() == {session.id for session in office.desk.store.stream(KINDS[0])}
        for session in office.desk.store.stream(KINDS[0]):
            row = sessions[session.id]
            assert (row["state"], row["agent"], row["seq"], row["channel"]) == (session.state, session.agent, session.seq, session.channel)
            assert row["opened_at"] == as_iso(session.opened)
            assert row["closed_at"] == (None if session.closed is None else as_iso(session.closed))
        said = [(event.subject, event.seq, event.body) for event in office.desk.store.stream_log() if isinstance(event.body, e.MessageSent)]
        rows = connection.execute("SELECT session, seq, author, text, visibility FROM messages ORDER BY session, seq").fetchall()
        assert [tuple(row) for row in rows] == sorted(
            (session, seq, body.author, body.content.text, body.visibility) for session, seq, body in said
        )
        log = connection.execute("SELECT position, subject, seq, type, at FROM events ORDER BY position").fetchall()
        assert [tuple(row) for row in log] == [
            (event.position, event.subject, event.seq, event.type, as_iso(event.time)) for event in office.desk.store.stream_log()
        ]

    def test_people_can_ask_in_plain_sql(self, busy_desk: tuple[Office, sqlite3.Connection]) -> None:
        _, connection = busy_desk
        count, waited = connection.execute(
            "SELECT count(*), sum(unixepoch(closed_at) >= unixepoch(opened_at)) FROM sessions WHERE state = 'closed'"
        ).fetchone()
        assert count == waited > 0
        assert connection.execute("SELECT count(*) FROM messages JOIN sessions ON sessions.id = messages.session").fetchone()[0] > 0


def quoted(name: str) -> str:
    return f'"{name}"'
