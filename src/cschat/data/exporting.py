"""Exports: tables into a folder, with a manifest, or one table into a stream.

May: write files, and go on with what was begun. May not: hold up whoever writes to the desk.

While a folder is being written it holds `progress.json`, in the end `manifest.json` in its place. An export that was stopped, however, goes
on where it was when it is called again in the same way, and ends in the same bytes as if it had not been stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import attrs

from cschat.core.events import Erased
from cschat.core.times import as_iso
from cschat.data.formats import FORMATS
from cschat.data.tables import FILTERED, PUBLIC, TABLES, Filter, Table, View
from cschat.desk import Desk
from cschat.errors import Conflict, Invalid
from cschat.queries.exporting import ExportLabels, Labels

__all__ = ["MANIFEST", "Progress", "export", "export_table", "file_hash"]

MANIFEST = "manifest.json"
_PROGRESS = "progress.json"
_CHECKPOINT = 20_000
_BLOCK = 1 << 20

Progress: TypeAlias = Callable[[str, int, float | None], None]
"""Is told of a table's name, of how many rows are written, and of the part that is done, where that is known (0 to 1)."""


@attrs.frozen
class _Wish:
    """What is to be exported, as it was asked for."""

    format: str
    bom: bool
    public: bool
    only: Filter
    tables: tuple[Table, ...]

    @property
    def whole(self) -> bool:
        """Whether it is everything, so that it can be imported: a record without its events could not go on."""
        return self.only == Filter() and not self.public and all(table in self.tables for table in TABLES.values() if table.whole)

    def as_data(self, brand: str) -> dict[str, Any]:
        told = {name: value if isinstance(value, str) else value.isoformat() for name, value in attrs.asdict(self.only).items() if value}
        return {
            "brand": brand,
            "format": self.format,
            "bom": self.bom,
            "public": self.public,
            "filter": told,
            "tables": [table.name for table in self.tables],
        }


def _wish(format: str, tables: Sequence[str] | None, only: Filter, *, public: bool, bom: bool) -> _Wish:  # noqa: A002  (its name in the API)
    if format not in FORMATS:
        raise Invalid(field="format", reason=f"{format!r} is none", allowed=list(FORMATS))
    if bom and format != "csv":
        raise Invalid(field="bom", reason="is for CSV alone")
    able = PUBLIC if public else tuple(TABLES)
    names = tables if tables is not None else [name for name in able if only == Filter() or name in FILTERED]
    for name in names:
        if name not in able:
            raise Invalid(field="tables", reason=f"{name!r} is none", allowed=list(able))
    return _Wish(format, bom, public, only, tuple(table for name, table in TABLES.items() if name in names))


def export(
    desk: Desk,
    folder: str | os.PathLike[str],
    *,
    format: str = "jsonl",  # noqa: A002
    tables: Sequence[str] | None = None,
    only: Filter = Filter(),  # noqa: B008  (frozen)
    public: bool = False,
    bom: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write the desk's brand into a folder, a file for each table, and answer with the manifest. By an admin or the host.

    `tables`: all, or those that `only` filters. `public`: what customers themselves may see; internal messages and what is for staff are
    left out. `bom`: so that Excel takes a CSV for UTF-8. Called again on a folder in which the same export was stopped, it goes on; one
    that is finished is a `Conflict`. If a customer is erased meanwhile, it begins anew.
    """
    wish = _wish(format, tables, only, public=public, bom=bom)
    labels = desk.ask(ExportLabels())
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    if (place / MANIFEST).exists():
        raise Conflict(f"{place} holds a finished export", folder=str(place))
    while True:
        run = _Run(desk, place, wish, labels, progress)
        if run.write():
            return run.finish()


def export_table(
    desk: Desk,
    table: str,
    stream: BinaryIO,
    *,
    format: str = "csv",  # noqa: A002
    only: Filter = Filter(),  # noqa: B008
    public: bool = False,
    bom: bool = False,
    progress: Progress | None = None,
) -> int:
    """Write one table to a binary stream, and answer with the number of rows. By an admin or the host. Options as of `export`."""
    wish = _wish(format, [table], only, public=public, bom=bom)
    view = View(desk.store, desk.ask(ExportLabels()), until=desk.store.position(), only=only, public=public)
    sink = FORMATS[format](stream, wish.tables[0].columns, bom=bom, written=0)
    rows = 0
    for cursor, page in wish.tables[0].pages(view, wish.tables[0].start):
        sink.write(page)
        rows += len(page)
        _tell(progress, table, rows, cursor, view)
    sink.close()
    return rows


def _tell(progress: Progress | None, table: str, rows: int, cursor: Any, view: View) -> None:
    if progress is not None:
        progress(table, rows, min(1.0, cursor / view.until) if isinstance(cursor, int) and view.until else None)


class _Measured:
    """A file that counts and hashes what is written to it, after the part that is there already."""

    closed = False

    def __init__(self, path: Path, size: int) -> None:
        self._file = path.open("r+b" if size else "wb")
        self.digest = hashlib.sha256()
        self.size = 0
        while self.size < size and (block := self._file.read(min(_BLOCK, size - self.size))):
            self.digest.update(block)
            self.size += len(block)
        self._file.truncate(self.size)

    def write(self, data: bytes, /) -> int:
        self._file.write(data)
        self.digest.update(data)
        self.size += len(data)
        return len(data)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        self._file.flush()

    def settle(self) -> None:
        """Make what was written last."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


class _Run:
    """One go at an export, from wherever the last one got to."""

    def __init__(self, desk: Desk, folder: Path, wish: _Wish, labels: Labels, progress: Progress | None) -> None:
        self._folder, self._wish, self._labels, self._progress = folder, wish, labels, progress
        self._store = desk.store
        asked = wish.as_data(labels.brand)
        fresh: dict[str, Any] = {
            "asked": asked,
            "made_at": as_iso(desk.clock.now()),
            "until": self._store.position(),
            "moved": {},
            "done": [],
            "open": None,
        }
        state = self._state = self._load(asked) or fresh
        self._view = View(self._store, labels, until=state["until"], only=wish.only, public=wish.public, moved=state["moved"])

    def _load(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the last go left; None if there was none, or if a customer has been erased since: then what is written must go."""
        try:
            state: dict[str, Any] = json.loads((self._folder / _PROGRESS).read_bytes())
        except FileNotFoundError:
            return None
        if state["asked"] != asked:
            raise Conflict(f"{self._folder} holds another export, which was stopped", folder=str(self._folder), asked=state["asked"])
        return None if self._erased(state["until"]) else state

    def _erased(self, since: int) -> bool:
        return any(event.type == Erased.__name__ and event.brand == self._labels.brand for event in self._store.stream_log(after=since))

    def _save(self, **changes: Any) -> None:
        self._state |= {"moved": self._view.moved, **changes}
        _replace(self._folder / _PROGRESS, self._state)

    def write(self) -> bool:
        """Write all tables. False if a customer was erased meanwhile: then all must be written anew."""
        if self._state["open"] is None and not self._state["done"]:
            self._save()
        done = {table["name"] for table in self._state["done"]}
        for table in self._wish.tables:
            if table.name not in done:
                self._state["done"].append(self._write(table))
                self._save(open=None)
        return not self._erased(self._state["until"])

    def _write(self, table: Table) -> dict[str, Any]:
        name = f"{table.name}.{self._wish.format}"
        kind = FORMATS[self._wish.format]
        begun: dict[str, Any] = self._state["open"] or {}
        size = begun.get("size", 0) if kind.goes_on and begun.get("name") == table.name else 0
        path = self._folder / name
        if size and (not path.exists() or path.stat().st_size < size):
            size = 0
        cursor, rows = (begun["cursor"], begun["rows"]) if size else (table.start, 0)
        file = _Measured(path, size)
        sink = kind(file, table.columns, bom=self._wish.bom, written=rows)  # type: ignore[arg-type]
        try:
            settled = rows
            for cursor, page in table.pages(self._view, cursor):  # noqa: B020  (it goes on from where it was)
                sink.write(page)
                rows += len(page)
                _tell(self._progress, table.name, rows, cursor, self._view)
                if kind.goes_on and rows - settled >= _CHECKPOINT:
                    settled = rows
                    file.settle()
                    self._save(open={"name": table.name, "cursor": cursor, "rows": rows, "size": file.size})
            sink.close()
            file.settle()
        except BaseException:
            with suppress(Exception):
                sink.close()  # a half-written Parquet file holds on to its file
            raise
        finally:
            file.close()
        columns = [{"name": column.name, "type": column.type, "empty": column.empty} for column in table.columns]
        return {
            "name": table.name,
            "file": name,
            "rows": rows,
            "bytes": file.size,
            "sha256": file.digest.hexdigest(),
            "derived": not table.whole,
            "columns": columns,
        }

    def finish(self) -> dict[str, Any]:
        """The manifest, written and given."""
        asked = self._state["asked"]
        manifest = {
            "cschat": version("cschat"),
            **{name: asked[name] for name in ("brand", "format", "bom", "public", "filter")},
            "whole": self._wish.whole,
            "made_at": self._state["made_at"],
            "until": self._state["until"],
            "tables": self._state["done"],
        }
        _replace(self._folder / MANIFEST, manifest)
        (self._folder / _PROGRESS).unlink()
        return manifest


def _replace(path: Path, data: Mapping[str, Any]) -> None:
    """Write a JSON file whole or not at all."""
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(data, file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def file_hash(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
