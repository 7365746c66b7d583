"""The schema of an SQLite file: numbered migrations for the log, tables that follow the record classes, views for people.

May: create and extend. May not: be on the hot path; sqlite-utils is imported here and only when a file is not up to date.

A record class needs nothing here: its table has `id`, `version`, `data` (the document) and a column for each indexed field, and is extended
when the class declares a new one. Beside each table stands a view with readable columns and ISO times.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path as File
from typing import TYPE_CHECKING, Any, get_args

from cschat.core.records import Index, Record, index_fields
from cschat.errors import StoreUnavailable
from cschat.storage.codec import decode_record
from cschat.storage.schema import Schema, compared
from cschat.storage.tables import Dialect, Path, column_hint, index_name, table_name, views

if TYPE_CHECKING:
    import sqlite_utils

__all__ = ["migrate", "schema_of_file"]

_SCHEMA = "cschat_schema"
_PAGE = 1000


def _instant(micros: str) -> str:
    return f"strftime('%Y-%m-%dT%H:%M:%S', {micros} / 1000000, 'unixepoch') || printf('.%06dZ', {micros} % 1000000)"


def _field(path: Path, _hint: Any) -> str:
    return "json_extract(data, '$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path) + "')"


_DIALECT = Dialect(instant=_instant, field=_field, source="{}")

_STEPS: dict[str, Sequence[str]] = {
    "0001_log": (
        """
        CREATE TABLE cschat_event (
            position INTEGER PRIMARY KEY, brand TEXT NOT NULL, subject TEXT NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL,
            type TEXT NOT NULL, actor TEXT NOT NULL, cause TEXT, once TEXT, data TEXT NOT NULL
        ) STRICT
        """,
        "CREATE UNIQUE INDEX cschat_event_subject_seq ON cschat_event (subject, seq)",
        "CREATE UNIQUE INDEX cschat_event_once ON cschat_event (subject, once) WHERE once IS NOT NULL",
    ),
    "0002_texts": (
        "CREATE VIRTUAL TABLE cschat_text USING fts5 (grams, content = '', detail = none, columnsize = 0, tokenize = 'ascii')",
        "CREATE TABLE cschat_text_block (block INTEGER PRIMARY KEY, oldest INTEGER NOT NULL, newest INTEGER NOT NULL) STRICT",
        "CREATE TABLE cschat_text_reach (position INTEGER NOT NULL, form INTEGER NOT NULL, traces INTEGER NOT NULL) STRICT",
        "INSERT INTO cschat_text_reach VALUES (0, 0, 0)",
    ),
}
"""The numbered migrations, each once and for good: what is written here has run somewhere and is never edited."""


def migrate(connection: sqlite3.Connection, kinds: Sequence[type[Record]]) -> None:
    """Bring a file up to date. Several processes may do so at once: the first does the work, the others find it done."""
    wanted = _fingerprint(kinds)
    if _present(connection) == wanted:
        return
    import sqlite_utils

    connection.execute("BEGIN IMMEDIATE")
    try:
        if _present(connection) != wanted:
            _migrations().apply(sqlite_utils.Database(connection))
            made = connection.execute("SELECT tbl_name, name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
            for kind in kinds:
                _extend(connection, kind, [name for table, name in made if table == table_name(kind)])
            for name, query in views(kinds, _DIALECT).items():
                connection.execute(f"DROP VIEW IF EXISTS {name}")
                connection.execute(f"CREATE VIEW {name} AS {query}")
            connection.execute(f"CREATE TABLE IF NOT EXISTS {_SCHEMA} (fingerprint TEXT NOT NULL) STRICT")
            connection.execute(f"DELETE FROM {_SCHEMA}")
            connection.execute(f"INSERT INTO {_SCHEMA} VALUES (?)", (wanted,))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def schema_of_file(path: File, kinds: Sequence[type[Record]]) -> Schema:
    """What state a file is in, whether it is there or not. Nothing is written. `StoreUnavailable` if it cannot be read."""
    if not path.exists():
        return compared(tuple(_STEPS), (), fits=False)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone()
            told = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'cschat' ORDER BY id"
            done = [name for (name,) in connection.execute(told)] if known else []
            return compared(tuple(_STEPS), done, fits=_present(connection) == _fingerprint(kinds))
    except sqlite3.Error as error:
        raise StoreUnavailable(f"SQLite: {error}", reason=str(error)) from error


def _migrations() -> sqlite_utils.Migrations:
    from sqlite_utils import Migrations

    migrations = Migrations("cschat")
    for name, statements in _STEPS.items():
        migrations(name=name)(_step(statements))
    return migrations


def _step(statements: Sequence[str]) -> Callable[[sqlite_utils.Database], None]:
    def run(database: sqlite_utils.Database) -> None:
        for statement in statements:
            database.execute(statement)

    return run


def _extend(connection: sqlite3.Connection, kind: type[Record], made: Sequence[str]) -> None:
    """Create the table of a class, or add what it lacks. New columns are filled from the documents. `made`: the indexes that it has."""
    table = table_name(kind)
    columns = {name: f'"{name}" {_column_type(column_hint(kind, name))}' for name in index_fields(kind) if name != "id"}
    present = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    if not present:
        own = ("id TEXT NOT NULL UNIQUE", "version INTEGER NOT NULL", "data TEXT NOT NULL")
        connection.execute(f"CREATE TABLE {table} ({', '.join([*own, *columns.values()])}) STRICT")
    elif missing := [name for name in columns if name not in present]:
        for name in missing:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {columns[name]}")
        _fill(connection, kind, missing)
    declared = {index_name(table, index): index for index in kind.indexes}
    for name in made:
        if name.startswith(f"{table}_") and name not in declared:
            connection.execute(f'DROP INDEX "{name}"')
    for name, index in declared.items():
        if name not in made:
            connection.execute(_index_sql(table, index))


def _fill(connection: sqlite3.Connection, kind: type[Record], names: Sequence[str]) -> None:
    """Fill new columns from the records, not from their documents: these lack what a class has by default, or computes."""
    table, last = table_name(kind), ""
    columns = ", ".join(f'"{name}" = ?' for name in names)
    while page := connection.execute(f"SELECT id, data FROM {table} WHERE id > ? ORDER BY id LIMIT {_PAGE}", (last,)).fetchall():
        records = [decode_record(kind, data) for _id, data in page]
        values = [(*(getattr(record, name) for name in names), record.id) for record in records]
        connection.executemany(f"UPDATE {table} SET {columns} WHERE id = ?", values)
        last = page[-1][0]


def _index_sql(table: str, index: Index) -> str:
    columns = [f'"{name}"' for name in index.fields]
    unique, tail = ("UNIQUE ", []) if index.unique else ("", ["id"])
    present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    return f"CREATE {unique}INDEX {index_name(table, index)} ON {table} ({', '.join([*columns, *tail])}) WHERE {present}"


def _column_type(hint: Any) -> str:
    return "INTEGER" if hint in (int, bool) or any(_column_type(part) == "INTEGER" for part in get_args(hint)) else "TEXT"


def _fingerprint(kinds: Sequence[type[Record]]) -> str:
    parts = [*_STEPS] + [repr((kind.kind, kind.indexes)) for kind in kinds] + [repr(views(kinds, _DIALECT))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _present(connection: sqlite3.Connection) -> str | None:
    try:
        row = connection.execute(f"SELECT fingerprint FROM {_SCHEMA}").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    return None if row is None else str(row[0])
