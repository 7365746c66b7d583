"""Imports of what was exported: records and events as they were, with their ids and times.

May: write records and events that no command made. May not: change or replace what is there; set anything off.

A line goes in whole or not at all. One that is there already is passed over, so an import that was stopped can simply be run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import attrs
import msgspec

from cschat.core.events import Event
from cschat.core.records import Record, evolve
from cschat.data.exporting import MANIFEST, file_hash
from cschat.data.reading import at_line, event_of, record_of, rows_of
from cschat.data.tables import TABLES, Row, Table
from cschat.desk import Desk
from cschat.errors import Invalid
from cschat.queries.exporting import ExportLabels
from cschat.storage.protocol import Transaction

__all__ = ["Imported", "Work", "import_folder", "run_lines", "write_event", "write_record"]

_BATCH = 500

Work: TypeAlias = Callable[[Transaction], bool]
"""Writes what a line says; False if all of it was there already. `Invalid` before anything is written."""


@attrs.frozen
class Imported:
    """How many lines were taken in, how many were there already, and what was wrong with those that were `skipped`."""

    new: int = 0
    known: int = 0
    skipped: tuple[Invalid, ...] = ()

    def __add__(self, other: Imported) -> Imported:
        return Imported(self.new + other.new, self.known + other.known, (*self.skipped, *other.skipped))


class _Listed(msgspec.Struct):
    """What an import reads of a table in the manifest."""

    name: str
    file: str
    sha256: str


class _Manifest(msgspec.Struct):
    """What an import reads of the manifest."""

    brand: str
    whole: bool
    tables: list[_Listed]


def import_folder(
    desk: Desk, folder: str | Path, *, skip_bad: bool = False, progress: Callable[[str, int], None] | None = None
) -> Imported:
    """Take in a whole export of this brand, or one file of it. By an admin or the host.

    A bad line ends the import with an `Invalid` that names the line and the field; what came before it stays. With `skip_bad` it goes on,
    and lists them. A file whose hash is not that of its manifest is refused, and so is an export that was filtered or is for customers. The
    import sets nothing off: what follows the log (alerts, webhooks, host effects) goes on after what was imported.
    """
    brand = desk.ask(ExportLabels()).brand
    place = Path(folder)
    total = Imported()
    for table, path in _files(place, brand):
        total += run_lines(desk, _works(path, table, brand), path, skip_bad=skip_bad, progress=progress)
    desk.tell_no_past()
    return total


def _files(place: Path, brand: str) -> list[tuple[Table, Path]]:
    if not place.is_dir():
        table = TABLES.get(place.name.partition(".")[0])
        if table is None or not table.whole:
            raise Invalid(
                field=str(place), reason="has not the name of a table", allowed=[one.name for one in TABLES.values() if one.whole]
            )
        return [(table, place)]
    try:
        manifest = msgspec.json.decode((place / MANIFEST).read_bytes(), type=_Manifest)
    except FileNotFoundError as error:
        raise Invalid(field=str(place), reason=f"has no {MANIFEST}: it holds no finished export") from error
    except msgspec.DecodeError as error:
        raise Invalid(field=str(place / MANIFEST), reason=f"is none: {error}") from error
    if manifest.brand != brand:
        raise Invalid(field="brand", reason=f"this is an export of {manifest.brand}", allowed=[brand])
    if not manifest.whole:
        raise Invalid(field="filter", reason="only a whole export can be imported")
    for one in manifest.tables:
        if one.name not in TABLES or not (place / one.file).is_file():
            raise Invalid(field=one.file, reason="is not there, or no table of this version")
        if file_hash(place / one.file) != one.sha256:
            raise Invalid(field=one.file, reason="is not what was exported: its SHA-256 is another one")
    return [(TABLES[one.name], place / one.file) for one in manifest.tables if TABLES[one.name].whole]


def _works(path: Path, table: Table, brand: str) -> Iterator[tuple[int, Callable[[], Work]]]:
    for number, row in rows_of(path, table.columns):
        yield number, lambda row=row: _work(row(), table, brand)  # type: ignore[misc]


def _work(row: Row, table: Table, brand: str) -> Work:
    thing = event_of(row) if table.kind is None else record_of(table.kind, row)
    if thing.brand != brand:
        raise Invalid(field="brand", reason=f"{thing.brand!r} is another brand", allowed=[brand])
    if isinstance(thing, Event):
        return lambda tx: write_event(tx, thing)
    return lambda tx: write_record(tx, thing)


def run_lines(
    desk: Desk,
    lines: Iterator[tuple[int, Callable[[], Work]]],
    path: Path,
    *,
    skip_bad: bool,
    progress: Callable[[str, int], None] | None = None,
) -> Imported:
    """Do what each line says, each whole or not at all, committed by the hundreds."""
    new = known = 0
    skipped: list[Invalid] = []
    with desk.store.batch(size=_BATCH) as batch:
        for number, line in lines:
            try:
                fresh = batch.run(_checked(line()))
            except Invalid as error:
                fresh = error
            if isinstance(fresh, Invalid):
                bad = at_line(number, fresh, path)
                if not skip_bad:
                    raise bad
                skipped.append(bad)
                continue
            new, known = new + fresh, known + (not fresh)
            if progress is not None and (new + known) % _BATCH == 0:
                progress(path.name, new + known)
    return Imported(new, known, tuple(skipped))


def _checked(work: Work) -> Callable[[Transaction], bool | Invalid]:
    """Work that answers with what is wrong: an error would stop the batch."""

    def run(tx: Transaction) -> bool | Invalid:
        try:
            return work(tx)
        except Invalid as error:
            return error

    return run


def write_record(tx: Transaction, record: Record) -> bool:
    """Write a record that is not there. False if it is; `Invalid` if another is in its place."""
    kind = type(record)
    if not record.id.startswith(f"{kind.prefix}_"):
        raise Invalid(field="id", reason=f"{record.id!r} is no id of a {kind.kind}", allowed=[f"{kind.prefix}_..."])
    known = tx.peek(kind, record.id)
    if known is not None:
        if known == record:
            return False
        raise Invalid(field="id", reason=f"there is a {kind.kind} {record.id}, and it is another one")
    for index in kind.indexes:
        where = {name: getattr(record, name) for name in index.fields}
        if index.unique and None not in where.values() and tx.find(kind, where=where, limit=1):
            raise Invalid(field=index.fields[-1], reason=f"there is another {kind.kind} with this one")
    tx.put(record)
    return True


def write_event(tx: Transaction, event: Event) -> bool:
    """Add an event that is the next of its subject. False if it is there; `Invalid` if it is neither."""
    if event.seq < 1:
        raise Invalid(field="seq", reason=f"{event.seq} is none", allowed=["1 or more"])
    near = tx.events(event.subject, after_seq=max(0, event.seq - 2), limit=2)
    for one in near:
        if one.seq == event.seq:
            if one == evolve(event, position=one.position):
                return False
            raise Invalid(field="seq", reason=f"{event.name} is there, and it is another event")
    if event.seq > 1 and not near:
        raise Invalid(field="seq", reason=f"{event.name} does not follow: the event before it is missing")
    if event.once is not None and tx.once(event.subject, event.once) is not None:
        raise Invalid(field="once", reason="another event of the subject has it")
    tx.append(event)
    return True
