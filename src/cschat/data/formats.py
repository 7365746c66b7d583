"""How rows look in a file: JSON Lines, JSON, CSV, Parquet.

May: turn rows into bytes and back. May not: know what the rows are.

In every format a row that is read back equals the row that was written. A CSV cell that a spreadsheet might take for a formula has an
apostrophe before it, and so has one that begins with an apostrophe itself, and an empty text where there might be nothing; reading takes it
away.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any, BinaryIO, ClassVar, Protocol

import msgspec

from cschat.data.tables import Column, Row
from cschat.errors import MissingExtra

__all__ = ["FORMATS", "Sink", "cell", "parquet", "value"]

BOM = b"\xef\xbb\xbf"
_ROW_GROUP = 20_000
_LEADING = r"""\s\x00-\x20"`;,|\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2069\ufeff"""
_STARTS = r"""=+\-@'\t\r\n\u2010-\u2015\u2212\uff1d\uff0b\uff0d\uff20\ufe62-\ufe66\ufe6b"""
_RISKY = re.compile(f"[{_LEADING}]*[{_STARTS}]")
"""What a spreadsheet may take for a formula: with signs of any width, also behind what it passes over and what may divide cells."""
_json = msgspec.json.Encoder()


class Sink(Protocol):
    """Rows on their way into a file. `goes_on`: what was written can be gone on from, with a new sink."""

    goes_on: ClassVar[bool]

    def __init__(self, file: BinaryIO, columns: Sequence[Column], *, bom: bool, written: int) -> None: ...

    def write(self, rows: Sequence[Row], /) -> None: ...

    def close(self) -> None:
        """Write what belongs after the last row. The file stays open."""
        ...


class _Lines:
    """JSON Lines: one object a line."""

    goes_on: ClassVar = True

    def __init__(self, file: BinaryIO, columns: Sequence[Column], *, bom: bool, written: int) -> None:
        self._file = file

    def write(self, rows: Sequence[Row], /) -> None:
        if rows:
            self._file.write(b"\n".join(map(_json.encode, rows)) + b"\n")

    def close(self) -> None:
        return


class _Array:
    """One JSON array, a row on each line."""

    goes_on: ClassVar = True

    def __init__(self, file: BinaryIO, columns: Sequence[Column], *, bom: bool, written: int) -> None:
        self._file, self._written = file, written
        if not written:
            file.write(b"[")

    def write(self, rows: Sequence[Row], /) -> None:
        if rows:
            self._file.write((b",\n" if self._written else b"\n") + b",\n".join(map(_json.encode, rows)))
            self._written += len(rows)

    def close(self) -> None:
        self._file.write(b"\n]\n")


class _Csv:
    """Comma-separated, in UTF-8; `bom` puts the mark before it by which Excel knows it."""

    goes_on: ClassVar = True

    def __init__(self, file: BinaryIO, columns: Sequence[Column], *, bom: bool, written: int) -> None:
        self._file, self._columns = file, columns
        if not written:
            file.write(BOM if bom else b"")
            self._put([[column.name for column in columns]])

    def write(self, rows: Sequence[Row], /) -> None:
        self._put([[cell(row[column.name], column) for column in self._columns] for row in rows])

    def _put(self, lines: Sequence[Sequence[str]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(lines)
        self._file.write(text.getvalue().encode())

    def close(self) -> None:
        return


def cell(item: Any, column: Column) -> str:
    """A value as a cell that no spreadsheet runs."""
    if item is None:
        return ""
    if isinstance(item, str) and column.type != "json":
        text = str(item)
        return f"'{text}" if (column.empty and not text) or _RISKY.match(text) else text
    text = _json.encode(item).decode()
    return f"'{text}" if _RISKY.match(text) else text


def value(text: str, column: Column) -> Any:
    """The value of a cell. A ValueError says that it is none."""
    if not text and (column.empty or column.type not in ("text", "json")):
        return None
    inner = text.removeprefix("'")
    return inner if column.type in ("text", "time") else msgspec.json.decode(inner)


class _Parquet:
    """Parquet, with instants as such, and nested values as JSON text."""

    goes_on: ClassVar = False

    def __init__(self, file: BinaryIO, columns: Sequence[Column], *, bom: bool, written: int) -> None:
        self._pa, pq = parquet()
        self._columns = columns
        types = {"integer": self._pa.int64(), "boolean": self._pa.bool_(), "time": self._pa.timestamp("us", tz="UTC")}
        fields = [self._pa.field(column.name, types.get(column.type, self._pa.string())) for column in columns]
        self._schema = self._pa.schema(fields)
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[Row] = []

    def write(self, rows: Sequence[Row], /) -> None:
        self._rows += rows
        if len(self._rows) >= _ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            table = {column.name: [_stored(row[column.name], column) for row in self._rows] for column in self._columns}
            self._writer.write_table(self._pa.table(table, schema=self._schema))
            self._rows = []

    def close(self) -> None:
        self._flush()
        self._writer.close()


def _stored(item: Any, column: Column) -> Any:
    if item is None:
        return None
    if column.type == "json":
        return _json.encode(item).decode()
    return datetime.fromisoformat(item) if column.type == "time" else item


def parquet() -> tuple[Any, Any]:
    """The modules pyarrow and pyarrow.parquet. `MissingExtra` without the extra `parquet`."""
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingExtra('Parquet needs pyarrow: pip install "cschat[parquet]"', extra="parquet") from error


FORMATS: Mapping[str, type[Sink]] = {"jsonl": _Lines, "json": _Array, "csv": _Csv, "parquet": _Parquet}
"""The formats by the endings of their files."""
