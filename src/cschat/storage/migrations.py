"""The schema of an SQLite file: numbered migrations for the log, tables that follow the record classes, views for people.

May: create and extend. May not: be on the hot path; sqlite-utils is imported here and only when a file is not up to date.

A record class needs nothing here: its table has `id`, `version`, `data` (the document) and a column for each indexed field, and is extended
when the class declares a new one. Beside each table stands a view with readable columns and ISO times.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from cschat.core.records import Index, Record, fields_of, index_fields
from cschat.errors import StoreUnavailable
from cschat.storage.codec import decode_record, instant_fields
from cschat.storage.schema import Schema, compared

if TYPE_CHECKING:
    import sqlite_utils

__all__ = ["migrate", "plural", "schema_of_file", "table_name"]

_SCHEMA = "cschat_schema"
_PAGE = 1000
_ISO = "strftime('%Y-%m-%dT%H:%M:%S', {0} / 1000000, 'unixepoch') || printf('.%06dZ', {0} % 1000000)"

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


def table_name(kind: type[Record]) -> str:
    """The table of a record class."""
    return f"cschat_{kind.kind}"


def plural(kind: type[Record]) -> str:
    """The name of a class's view, and of its file in an export."""
    if kind.kind.endswith("s"):
        return kind.kind
    return f"{kind.kind[:-1]}ies" if kind.kind.endswith("y") else f"{kind.kind}s"


def migrate(connection: sqlite3.Connection, kinds: Sequence[type[Record]]) -> None:
    """Bring a file up to date. Several processes may do so at once: the first does the work, the others find it done."""
    wanted = _fingerprint(kinds)
    if _present(connection) == wanted:
        return
    import sqlite_utils

    connection.execute("BEGIN IMMEDIATE")
    try:
        if _present(connection) != wanted:
            database = sqlite_utils.Database(connection)
            _migrations().apply(database)
            for kind in kinds:
                _extend(database, kind)
            for name, query in _views(kinds).items():
                database.create_view(name, query, replace=True)
            connection.execute(f"CREATE TABLE IF NOT EXISTS {_SCHEMA} (fingerprint TEXT NOT NULL) STRICT")
            connection.execute(f"DELETE FROM {_SCHEMA}")
            connection.execute(f"INSERT INTO {_SCHEMA} VALUES (?)", (wanted,))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def schema_of_file(path: Path, kinds: Sequence[type[Record]]) -> Schema:
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


def _extend(database: sqlite_utils.Database, kind: type[Record]) -> None:
    """Create the table of a class, or add what it lacks. New columns are filled from the documents."""
    table = table_name(kind)
    database.execute(f"CREATE TABLE IF NOT EXISTS {table} (id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, data TEXT NOT NULL) STRICT")
    present = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
    hints = {field.name: field.type for field in fields_of(kind)}
    missing = [name for name in index_fields(kind) if name not in present and name != "id"]
    for name in missing:
        hint = hints[name] if name in hints else get_type_hints(getattr(kind, name).fget)["return"]
        database.execute(f'ALTER TABLE {table} ADD COLUMN "{name}" {_column_type(hint)}')
    if missing:
        _fill(database.conn, kind, missing)
    declared = {_index_name(table, index) for index in kind.indexes}
    made = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
    for (name,) in database.execute(made, (table,)).fetchall():
        if name.startswith(f"{table}_") and name not in declared:
            database.execute(f'DROP INDEX "{name}"')
    for index in kind.indexes:
        database.execute(_index_sql(table, index))


def _fill(connection: sqlite3.Connection, kind: type[Record], names: Sequence[str]) -> None:
    """Fill new columns from the records, not from their documents: these lack what a class has by default, or computes."""
    table, last = table_name(kind), ""
    columns = ", ".join(f'"{name}" = ?' for name in names)
    while page := connection.execute(f"SELECT id, data FROM {table} WHERE id > ? ORDER BY id LIMIT {_PAGE}", (last,)).fetchall():
        records = [decode_record(kind, data) for _id, data in page]
        values = [(*(getattr(record, name) for name in names), record.id) for record in records]
        connection.executemany(f"UPDATE {table} SET {columns} WHERE id = ?", values)
        last = page[-1][0]


def _index_name(table: str, index: Index) -> str:
    return f"{table}_{'_'.join(index.fields)}"


def _index_sql(table: str, index: Index) -> str:
    columns = [f'"{name}"' for name in index.fields]
    unique, tail = ("UNIQUE ", []) if index.unique else ("", ["id"])
    present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    return f"CREATE {unique}INDEX IF NOT EXISTS {_index_name(table, index)} ON {table} ({', '.join([*columns, *tail])}) WHERE {present}"


def _column_type(hint: Any) -> str:
    return "INTEGER" if hint in (int, bool) or any(_column_type(part) == "INTEGER" for part in get_args(hint)) else "TEXT"


def _views(kinds: Iterable[type[Record]]) -> dict[str, str]:
    views = {plural(kind): _record_view(kind) for kind in kinds}
    views["events"] = f"SELECT position, brand, subject, seq, {_ISO.format('time')} AS at, type, actor, cause, data FROM cschat_event"
    views["messages"] = (
        f"SELECT json_extract(data, '$.id') AS id, brand, subject AS session, seq, {_ISO.format('time')} AS at,"
        " json_extract(data, '$.author') AS author, json_extract(data, '$.agent') AS agent,"
        " json_extract(data, '$.visibility') AS visibility,"
        " json_extract(data, '$.content.kind') AS kind, json_extract(data, '$.content.text') AS text"
        " FROM cschat_event WHERE type = 'MessageSent'"
    )
    views["postings"] = (
        f"SELECT brand, seq, {_ISO.format('time')} AS at, json_extract(data, '$.kind') AS kind, json_extract(data, '$.key') AS key,"
        " json_extract(data, '$.count') AS count, json_extract(data, '$.entries[0].amount') AS amount,"
        " json_extract(data, '$.accounts.balance') AS balance, json_extract(data, '$.note') AS note, actor"
        " FROM cschat_event WHERE type = 'Posted'"
    )
    return views


def _record_view(kind: type[Record]) -> str:
    instants = instant_fields(kind)
    columns = []
    for field in fields_of(kind):
        value = "id" if field.name == "id" else f"json_extract(data, '$.{field.name}')"
        if field.name in instants:
            columns.append(f'{_ISO.format(value)} AS "{instants[field.name]}"')
        else:
            columns.append(f'{value} AS "{field.name}"')
    return f"SELECT {', '.join(columns)} FROM {table_name(kind)}"


def _fingerprint(kinds: Sequence[type[Record]]) -> str:
    parts = [*_STEPS] + [repr((kind.kind, kind.indexes)) for kind in kinds] + [repr(_views(kinds))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _present(connection: sqlite3.Connection) -> str | None:
    try:
        row = connection.execute(f"SELECT fingerprint FROM {_SCHEMA}").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    return None if row is None else str(row[0])
