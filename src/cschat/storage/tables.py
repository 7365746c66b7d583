"""How records and events lie in tables, whatever the database: the names of tables and indexes, and the views for people.

May: name, and write the SELECTs of views in a database's dialect. May not: run anything.

The table of a record class has `id`, `version`, `data` (the document) and a column for each indexed field. Beside each table stands a view
with readable columns and ISO times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, get_type_hints

import attrs

from cschat.core.records import Index, Record, fields_of
from cschat.storage.codec import instant_fields

__all__ = ["Dialect", "Path", "column_hint", "index_name", "plural", "table_name", "views"]

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in a document: names of fields, places in lists."""


@attrs.frozen
class Dialect:
    """How a database says it: microseconds as ISO text, a value of a document (of a type), and the table ("{}") to select both from."""

    instant: Callable[[str], str]
    field: Callable[[Path, Any], str]
    source: str


def table_name(kind: type[Record]) -> str:
    """The table of a record class."""
    return f"cschat_{kind.kind}"


def plural(kind: type[Record]) -> str:
    """The name of a class's view, and of its file in an export."""
    if kind.kind.endswith("s"):
        return kind.kind
    return f"{kind.kind[:-1]}ies" if kind.kind.endswith("y") else f"{kind.kind}s"


def index_name(table: str, index: Index) -> str:
    """The name of an index of a table."""
    return f"{table}_{'_'.join(index.fields)}"


def column_hint(kind: type[Record], name: str) -> Any:
    """The type of an indexed field, which may be a property."""
    field = next((field for field in fields_of(kind) if field.name == name), None)
    return get_type_hints(getattr(kind, name).fget)["return"] if field is None else field.type


def views(kinds: Iterable[type[Record]], dialect: Dialect) -> dict[str, str]:
    """The views by name: one for each record class, one of all events, and some of what is asked for most."""
    events, at, field = dialect.source.format("cschat_event"), dialect.instant("time"), dialect.field
    found = {plural(kind): _record_view(kind, dialect) for kind in kinds}
    found["events"] = f"SELECT position, brand, subject, seq, {at} AS at, type, actor, cause, data FROM {events}"
    found["messages"] = (
        f"SELECT {field(('id',), str)} AS id, brand, subject AS session, seq, {at} AS at,"
        f" {field(('author',), str)} AS author, {field(('agent',), str)} AS agent,"
        f" {field(('visibility',), str)} AS visibility,"
        f" {field(('content', 'kind'), str)} AS kind, {field(('content', 'text'), str)} AS text"
        f" FROM {events} WHERE type = 'MessageSent'"
    )
    found["postings"] = (
        f"SELECT brand, seq, {at} AS at, {field(('kind',), str)} AS kind, {field(('key',), str)} AS key,"
        f" {field(('count',), int)} AS count, {field(('entries', 0, 'amount'), int)} AS amount,"
        f" {field(('accounts', 'balance'), int)} AS balance, {field(('note',), str)} AS note, actor"
        f" FROM {events} WHERE type = 'Posted'"
    )
    return found


def _record_view(kind: type[Record], dialect: Dialect) -> str:
    instants = instant_fields(kind)
    columns = []
    for field in fields_of(kind):
        value = "id" if field.name == "id" else dialect.field((field.name,), field.type)
        if field.name in instants:
            columns.append(f'{dialect.instant(value)} AS "{instants[field.name]}"')
        else:
            columns.append(f'{value} AS "{field.name}"')
    return f"SELECT {', '.join(columns)} FROM {dialect.source.format(table_name(kind))}"
