"""The statements in which records and events are written to PostgreSQL, many rows at a time.

May: write statements, with "%s" for each value, and arrays as text. May not: run them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

from cschat.core.records import Record, index_fields
from cschat.storage.postgres_schema import column_type
from cschat.storage.tables import column_hint, table_name

__all__ = ["APPEND", "CHANNEL", "EVENT", "LOCK", "Table", "array", "percent", "preloading", "table_of"]

EVENT = "position, brand, subject, seq, time, type, actor, cause, once, data"
"""The columns of an event."""
LOCK = "SELECT position FROM cschat_log FOR UPDATE"
_FAIL_UNLESS = "SELECT 1 / (CASE WHEN count(*) = %s THEN 1 ELSE 0 END)"
CHANNEL = "'cschat_' || left(current_schema(), 50)"
"""The channel on which new positions are told: that of the schema."""
APPEND = (
    "WITH l AS (UPDATE cschat_log SET position = position + %s RETURNING position,"
    f" pg_notify({CHANNEL}, position::text)),"
    f" done AS (INSERT INTO cschat_event ({EVENT}) SELECT l.position - %s + e.place, e.brand, e.subject, e.seq, e.time, e.type, e.actor,"
    " e.cause, e.once, e.data FROM l, unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[],"
    " %s::text[], %s::text[]) WITH ORDINALITY AS e(brand, subject, seq, time, type, actor, cause, once, data, place))"
    " SELECT position FROM l"
)


class Table:
    """The statements of one record class. Each writes, or looks at, many rows at once."""

    def __init__(self, kind: type[Record]) -> None:
        name = table_name(kind)
        self.columns = tuple(name for name in index_fields(kind) if name not in ("id", "brand"))
        self.values: Callable[[Record], tuple[Any, ...]] = _getter(self.columns)
        self.unique = {field for index in kind.indexes if index.unique for field in index.fields}
        types = [column_type(column_hint(kind, column)) for column in self.columns]
        quoted = [f'"{column}"' for column in self.columns]
        arrays = "".join(f", %s::{type_}[]" for type_ in types)
        columns = "".join(f", {column}" for column in quoted)
        self.load = f"SELECT data, version FROM {name} WHERE id = %s"
        self.insert = (
            f"INSERT INTO {name} (id, brand, version, data{columns})"
            f" SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[]{arrays})"
        )
        places = f"unnest(%s::text[], %s::text[], %s::bigint[], %s::text[]{arrays}, %s::bigint[])"
        self.update = (
            f"WITH done AS (UPDATE {name} AS t SET version = u.version, data = u.data{''.join(f', {one} = u.{one}' for one in quoted)}"
            f" FROM {places} AS u(id, brand, version, data{columns}, before)"
            f" WHERE t.id = u.id AND t.brand = u.brand AND t.version = u.before RETURNING 1) {_FAIL_UNLESS} FROM done"
        )
        self.delete = (
            f"WITH done AS (DELETE FROM {name} AS t USING unnest(%s::text[], %s::bigint[]) AS u(id, version)"
            f" WHERE t.id = u.id AND t.version = u.version RETURNING 1) {_FAIL_UNLESS} FROM done"
        )
        self.same = (
            f"{_FAIL_UNLESS} FROM {name} AS t JOIN unnest(%s::text[], %s::bigint[]) AS u(id, version)"
            " ON t.id = u.id AND t.version = u.version"
        )
        self.absent = f"{_FAIL_UNLESS} FROM {name} WHERE id = ANY (%s::text[])"


def _getter(names: tuple[str, ...]) -> Callable[[Record], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


@cache
def table_of(kind: type[Record]) -> Table:
    """The statements of a record class."""
    return Table(kind)


@lru_cache(maxsize=1024)
def preloading(kinds: tuple[type[Record], ...]) -> str:
    """One statement for records of several classes, each row with the place of its class."""
    return " UNION ALL ".join(
        f"SELECT {place}, id, data, version FROM {table_name(kind)} WHERE id = ANY (%s::text[])" for place, kind in enumerate(kinds)
    )


@lru_cache(maxsize=4096)
def percent(sql: str) -> bytes:
    """A statement with "?" for each value as the driver wants it."""
    return sql.replace("?", "%s").encode()


def array(values: Iterable[Any]) -> str:
    """Values as the text of an array; quicker than the driver's own way, for it need not find out what they are."""
    return "{" + ",".join(["NULL" if value is None else _element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
