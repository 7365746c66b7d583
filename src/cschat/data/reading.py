"""Rows of files, and records and events of rows.

May: read, and say which line and field is wrong. May not: know a store.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec

from cschat.core.events import BODIES, Event
from cschat.core.records import fields_of
from cschat.core.times import as_iso, as_micros
from cschat.data.formats import parquet, value
from cschat.data.tables import Column, Row
from cschat.errors import Invalid
from cschat.lines import MAX_LINE, numbered_lines
from cschat.storage.codec import instant_fields

__all__ = ["at_line", "csv_rows", "event_of", "json_line", "record_of", "rows_of"]

R = TypeVar("R")
Numbered = Iterator[tuple[int, Callable[[], Row]]]
"""Line numbers, and how to get the row of each: `Invalid` if the line holds none."""

_BATCH = 1000


def at_line(number: int, error: Invalid, path: Path | None = None) -> Invalid:
    """The error with the line in its field: `line 7: turn.kind`."""
    where = f"line {number}: {error.field}" if error.field else f"line {number}"
    return Invalid(field=where, reason=error.reason, allowed=error.allowed, line=number, path=None if path is None else str(path))


def rows_of(path: Path, columns: Sequence[Column]) -> Numbered:
    """The rows of a file of an export, by its ending; .gz and .xz are unpacked, but for Parquet."""
    name = path.name.removesuffix(".gz").removesuffix(".xz")
    kind = name.rpartition(".")[2]
    if kind not in _READERS:
        raise Invalid(field=str(path), reason="has none of the endings of an export", allowed=[f".{one}" for one in _READERS])
    return _READERS[kind](path, columns)


def json_line(raw: bytes, limit: int | None = MAX_LINE) -> Any:
    """The JSON value of a line. `Invalid` if it holds none, or text that cannot be stored."""
    if limit is not None and len(raw) > limit:
        raise Invalid(field="", reason=f"is longer than {MAX_LINE:,} bytes")
    if b"\\u0000" in raw:
        raise Invalid(field="", reason="a NUL letter cannot be stored")
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(field="", reason=f"is not JSON that can be read: {error}") from error


def _object(raw: bytes) -> Row:
    row = json_line(raw)
    if not isinstance(row, dict):
        raise Invalid(field="", reason="is no object")
    return row


def _lines(path: Path, columns: Sequence[Column]) -> Numbered:
    for number, raw in numbered_lines(path):
        if raw.strip():
            yield number, lambda raw=raw: _object(raw)  # type: ignore[misc]


def _array(path: Path, columns: Sequence[Column]) -> Numbered:
    """An array with a row on each line, as exports write it."""
    for number, raw in numbered_lines(path):
        line = raw.strip()
        if (number == 1 and line != b"[") or (line == b"[" and number > 1):
            raise Invalid(field=f"{path}: line {number}", reason="an array has [ in its first line, and then a row on each line")
        if line not in (b"[", b"]", b""):
            yield number, lambda raw=line: _object(raw.removesuffix(b","))  # type: ignore[misc]


def csv_rows(path: Path, encoding: str = "utf-8") -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file by the names in its first line, with the line on which each begins. `Invalid` if a row has other cells."""

    def decoded() -> Iterator[str]:
        for number, raw in numbered_lines(path):
            try:
                yield raw.decode(encoding)
            except UnicodeDecodeError as error:
                raise Invalid(field=f"{path}: line {number}", reason=f"is not {encoding} (byte {error.start + 1})") from error

    csv.field_size_limit(MAX_LINE)
    reader = csv.reader(decoded(), strict=True)
    number, head = 1, list[str]()
    try:
        head = next(reader, [])
        number = reader.line_num + 1
        for cells in reader:
            if cells:
                yield number, dict(zip(head, cells, strict=True)) if len(cells) == len(head) else {"": str(len(cells))}
            number = reader.line_num + 1
    except csv.Error as error:
        raise Invalid(field=f"{path}: line {number}", reason=f"is no CSV: {error}") from error


def _csv(path: Path, columns: Sequence[Column]) -> Numbered:
    by_name = {column.name: column for column in columns}
    for number, cells in csv_rows(path):
        yield number, lambda cells=cells: _of_cells(cells, by_name)  # type: ignore[misc]


def _of_cells(cells: Mapping[str, str], columns: Mapping[str, Column]) -> Row:
    row: Row = {}
    for name, text in cells.items():
        if name == "":
            raise Invalid(field="", reason=f"has {text} cells, and not as many as the first line")
        if name not in columns:
            raise Invalid(field=name, reason="is no column of this table", allowed=list(columns))
        if "\0" in text:
            raise Invalid(field=name, reason="a NUL letter cannot be stored")
        try:
            row[name] = value(text, columns[name])
        except ValueError as error:
            raise Invalid(field=name, reason=f"{text[:40]!r} is no {columns[name].type}: {error}") from error
    return row


def _parquet(path: Path, columns: Sequence[Column]) -> Numbered:
    pa, pq = parquet()
    by_name = {column.name: column for column in columns}
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield number, lambda row=row: _of_stored(row, by_name)  # type: ignore[misc]
    except (pa.ArrowException, OSError) as error:
        raise Invalid(field=str(path), reason=f"cannot be read: {error}") from error


def _of_stored(stored: Row, columns: Mapping[str, Column]) -> Row:
    row: Row = {}
    for name, item in stored.items():
        column = columns.get(name)
        if column is None:
            raise Invalid(field=name, reason="is no column of this table", allowed=list(columns))
        if item is None:
            row[name] = None
        elif column.type == "time" and isinstance(item, datetime):
            row[name] = as_iso(as_micros(item if item.tzinfo else item.replace(tzinfo=UTC)))
        else:
            row[name] = json_line(item.encode()) if column.type == "json" and isinstance(item, str) else item
    return row


_READERS: dict[str, Callable[[Path, Sequence[Column]], Numbered]] = {"jsonl": _lines, "json": _array, "csv": _csv, "parquet": _parquet}


# ------------------------------------------------------------------------------------------------- back from the face


def record_of(kind: type[R], row: Row) -> R:
    """The record of a row, as `face` gave it. `Invalid` names the field."""
    document = _document(kind, row, "")
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise _told(error) from error


def event_of(row: Row) -> Event:
    """The event of a row. It has no position yet."""
    plain = dict(row)
    type_ = plain.pop("type", None)
    if not isinstance(type_, str) or type_ not in BODIES:
        raise Invalid(field="type", reason=f"{type_!r} is no type of event")
    kind = BODIES[type_]
    body = plain.pop("body", None)
    if not isinstance(body, dict):
        raise Invalid(field="body", reason="is no object")
    try:
        parsed: Any = msgspec.convert(_document(kind, body, "body."), kind)
    except msgspec.ValidationError as error:
        raise _told(error, "body.") from error
    event = record_of(Event, {**plain, "body": None, "position": 0})
    return msgspec.structs.replace(event, body=parsed)


def _told(error: msgspec.ValidationError, before: str = "") -> Invalid:
    reason, _, place = str(error).partition(" - at `$")
    return Invalid(field=f"{before}{place.rstrip('`').removeprefix('.')}", reason=reason)


def _document(kind: type, row: Mapping[str, Any], path: str) -> Row:
    """A face as the document of a class: names and instants as they are stored."""
    places = _places(kind)
    document: Row = {}
    for name, item in row.items():
        if name not in places:
            raise Invalid(field=f"{path}{name}", reason="is not known", allowed=sorted(places)[:10])
        inner, back = places[name]
        document[inner] = item if back is None or item is None else back(item, f"{path}{name}")
    return document


_Back = Callable[[Any, str], Any]


@cache
def _places(kind: type) -> dict[str, tuple[str, _Back | None]]:
    """The names of a class's face, each with the field it stands for, and how to turn its value back if it needs to be."""
    names = instant_fields(kind)
    return {names.get(field.name, field.name): (field.name, _back(field.type)) for field in fields_of(kind)}


def _back(hint: Any) -> _Back | None:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _instant if "instant" in parts[1:] else _back(parts[0])
    if origin in (Union, UnionType):
        return next((back for back in map(_back, parts) if back is not None), None)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return lambda item, path: _document(hint, item, f"{path}.") if isinstance(item, dict) else item
    inner = _back(parts[-1 if origin is dict else 0]) if parts else None
    if inner is None:
        return None
    if origin is dict:
        return lambda item, path: {key: inner(one, f"{path}.{key}") for key, one in item.items()} if isinstance(item, dict) else item
    return lambda item, path: [inner(one, f"{path}[{place}]") for place, one in enumerate(item)] if isinstance(item, list) else item


def _instant(item: Any, path: str) -> int:
    try:
        return as_micros(datetime.fromisoformat(item))
    except (TypeError, ValueError) as error:
        raise Invalid(field=path, reason=f"{item!r} is no time with a zone", allowed=["2026-03-02T00:00:00.000000Z"]) from error
