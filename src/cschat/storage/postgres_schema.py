"""The schema of a PostgreSQL database: numbered migrations for the log, tables that follow the record classes, views for people.

May: create and extend. May not: be on the hot path, or touch what it has not made.

As on SQLite a record class needs nothing here. Every key ends with `brand`, so that each table can be distributed or partitioned by it
later: an id is found by the key's first column, and PostgreSQL wants the column of a partition in every unique index. Text is compared by
its code points (`COLLATE "C"`), as everywhere else. `cschat_log` is one row, the last position.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import psycopg

from cschat.core.records import Index, Record, index_fields
from cschat.errors import StoreUnavailable
from cschat.storage.codec import decode_record
from cschat.storage.schema import Schema, compared
from cschat.storage.tables import Dialect, Path, column_hint, index_name, table_name, views

__all__ = ["column_type", "key_name", "migrate", "schema_of_database", "unique_indexes"]

_PAGE = 1000
_LONGEST_NAME = 63
_TYPES: dict[Any, str] = {bool: "boolean", int: "bigint", float: "double precision"}

_STEPS: dict[str, Sequence[str]] = {
    "0001_log": (
        "CREATE TABLE cschat_log (position bigint NOT NULL) WITH (fillfactor = 10)",
        "INSERT INTO cschat_log VALUES (0)",
        """
        CREATE TABLE cschat_event (
            position bigint NOT NULL, brand text COLLATE "C" NOT NULL, subject text COLLATE "C" NOT NULL, seq bigint NOT NULL,
            time bigint NOT NULL, type text COLLATE "C" NOT NULL, actor text COLLATE "C" NOT NULL, cause text COLLATE "C",
            once text COLLATE "C", data text COLLATE "C" NOT NULL,
            CONSTRAINT cschat_event_key PRIMARY KEY (position, brand)
        )
        """,
        "CREATE UNIQUE INDEX cschat_event_subject_seq ON cschat_event (subject, seq, brand)",
        "CREATE UNIQUE INDEX cschat_event_once ON cschat_event (subject, once, brand) WHERE once IS NOT NULL",
    ),
    "0002_texts": (
        """
        CREATE TABLE cschat_text (
            position bigint NOT NULL, brand text COLLATE "C" NOT NULL, time bigint NOT NULL, grams text[] COLLATE "C" NOT NULL,
            CONSTRAINT cschat_text_key PRIMARY KEY (position, brand)
        )
        """,
        "CREATE INDEX cschat_text_grams ON cschat_text USING gin (grams)",
        "CREATE TABLE cschat_text_block (block bigint PRIMARY KEY, oldest bigint NOT NULL, newest bigint NOT NULL)",
        "CREATE TABLE cschat_text_reach (position bigint NOT NULL, form bigint NOT NULL)",
        "INSERT INTO cschat_text_reach VALUES (0, 0)",
    ),
}
"""The numbered migrations, each once and for good: what is written here has run somewhere and is never edited."""


def _instant(micros: str) -> str:
    return f"to_char(to_timestamp(0) AT TIME ZONE 'UTC' + {micros} * interval '1 microsecond', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


def _field(path: Path, hint: Any) -> str:
    value = f"d.document #>> '{{{','.join(map(str, path))}}}'"
    type_ = column_type(hint)
    return f"({value})" if type_ == "text" else f"({value})::{type_}"


_DIALECT = Dialect(instant=_instant, field=_field, source="{} CROSS JOIN LATERAL (SELECT data::jsonb AS document OFFSET 0) AS d")


def migrate(connection: psycopg.Connection[Any], kinds: Sequence[type[Record]], schema: str | None) -> None:
    """Bring a database up to date. Several processes may do so at once: the first does the work, the others find it done."""
    wanted = _fingerprint(kinds)
    if _present(connection) == wanted:
        return
    with connection.transaction():
        _run(connection, "SELECT pg_advisory_xact_lock(hashtext(%s))", (f"cschat {schema or ''}",))
        if schema is not None:
            _run(connection, f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        if _present(connection) == wanted:
            return
        _run(connection, "CREATE TABLE IF NOT EXISTS cschat_migration (name text PRIMARY KEY)")
        _run(connection, "CREATE TABLE IF NOT EXISTS cschat_schema (fingerprint text NOT NULL)")
        done = {name for (name,) in _run(connection, "SELECT name FROM cschat_migration")}
        for name, statements in _STEPS.items():
            if name not in done:
                for statement in statements:
                    _run(connection, statement)
                _run(connection, "INSERT INTO cschat_migration VALUES (%s)", (name,))
        for kind in kinds:
            _extend(connection, kind)
        for name, query in views(kinds, _DIALECT).items():
            _run(connection, f'DROP VIEW IF EXISTS "{name}"')
            _run(connection, f'CREATE VIEW "{name}" AS {query}')
        _run(connection, "DELETE FROM cschat_schema")
        _run(connection, "INSERT INTO cschat_schema VALUES (%s)", (wanted,))


def _run(connection: psycopg.Connection[Any], sql: str, values: Sequence[Any] = ()) -> psycopg.Cursor[Any]:
    return connection.execute(sql.encode(), values)


def schema_of_database(url: str, kinds: Sequence[type[Record]], schema: str | None) -> Schema:
    """What state a database is in. Nothing is written. `StoreUnavailable` if it cannot be read."""
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            if schema is not None:
                connection.execute("SELECT set_config('search_path', %s, false)", (schema,))
            known = connection.execute("SELECT to_regclass('cschat_migration')").fetchone() != (None,)
            done = [name for (name,) in connection.execute("SELECT name FROM cschat_migration ORDER BY name")] if known else []
            return compared(tuple(_STEPS), done, fits=_present(connection) == _fingerprint(kinds))
    except psycopg.Error as error:
        raise StoreUnavailable(f"PostgreSQL: {error}", reason=str(error)) from error


def _extend(connection: psycopg.Connection[Any], kind: type[Record]) -> None:
    """Create the table of a class, or add what it lacks. New columns are filled from the records."""
    table = table_name(kind)
    _run(
        connection,
        f'CREATE TABLE IF NOT EXISTS {table} (id text COLLATE "C" NOT NULL, brand text COLLATE "C" NOT NULL, version bigint NOT NULL,'
        f' data text COLLATE "C" NOT NULL, CONSTRAINT {key_name(kind)} PRIMARY KEY (id, brand)) WITH (fillfactor = 70)',
    )
    columns = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
    present = {name for (name,) in _run(connection, columns, (table,))}
    missing = [name for name in index_fields(kind) if name not in present]
    for name in missing:
        type_ = column_type(column_hint(kind, name))
        collation = ' COLLATE "C"' if type_ == "text" else ""
        _run(connection, f'ALTER TABLE {table} ADD COLUMN "{name}" {type_}{collation}')
    if missing:
        _fill(connection, kind, missing)
    declared = {_short(index_name(table, index)) for index in kind.indexes}
    made = "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND NOT indisprimary"
    for (name,) in _run(connection, made, (table,)).fetchall():
        if name.startswith(f"{table}_") and name not in declared:
            _run(connection, f'DROP INDEX "{name}"')
    for index in kind.indexes:
        _run(connection, _index_sql(table, index))


def _fill(connection: psycopg.Connection[Any], kind: type[Record], names: Sequence[str]) -> None:
    """Fill new columns from the records, not from their documents: these lack what a class has by default, or computes."""
    table, last = table_name(kind), ""
    columns = ", ".join(f'"{name}" = %s' for name in names)
    page_sql = f"SELECT id, data FROM {table} WHERE id > %s ORDER BY id LIMIT {_PAGE}"
    while page := _run(connection, page_sql, (last,)).fetchall():
        records = [decode_record(kind, data) for _id, data in page]
        values = [(*(getattr(record, name) for name in names), record.id) for record in records]
        connection.cursor().executemany(f"UPDATE {table} SET {columns} WHERE id = %s".encode(), values)
        last = page[-1][0]


def _index_sql(table: str, index: Index) -> str:
    columns = [f'"{name}"' for name in index.fields]
    unique, tail = ("UNIQUE ", [] if "brand" in index.fields else ["brand"]) if index.unique else ("", ["id"])
    present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    name = _short(index_name(table, index))
    return f"CREATE {unique}INDEX IF NOT EXISTS {name} ON {table} ({', '.join([*columns, *tail])}) WHERE {present}"


def _short(name: str) -> str:
    """A name that PostgreSQL does not cut."""
    return name if len(name) <= _LONGEST_NAME else f"{name[:50]}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def key_name(kind: type[Record]) -> str:
    """The name of a table's primary key."""
    return f"{table_name(kind)}_key"


def unique_indexes(kinds: Sequence[type[Record]]) -> dict[str, tuple[type[Record], tuple[str, ...]]]:
    """What unique indexes are called, and the class and fields that they are about."""
    return {_short(index_name(table_name(kind), index)): (kind, index.fields) for kind in kinds for index in kind.indexes if index.unique}


def column_type(hint: Any) -> str:
    """The type of the column for a field's type, whatever it is marked with and whether or not it may be None."""
    origin = get_origin(hint)
    if origin is Annotated:
        return column_type(hint.__origin__)
    if origin in (Union, UnionType):
        return next((found for part in get_args(hint) if (found := column_type(part)) != "text"), "text")
    return _TYPES.get(hint, "text")


def _fingerprint(kinds: Sequence[type[Record]]) -> str:
    parts = [*_STEPS] + [repr((kind.kind, kind.indexes)) for kind in kinds] + [repr(views(kinds, _DIALECT))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _present(connection: psycopg.Connection[Any]) -> str | None:
    if _run(connection, "SELECT to_regclass('cschat_schema')").fetchone() == (None,):
        return None
    row = _run(connection, "SELECT fingerprint FROM cschat_schema").fetchone()
    return None if row is None else str(row[0])
