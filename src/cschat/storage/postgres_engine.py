"""What a unit asks of PostgreSQL and what it writes: reading on any connection, and the one batch that a process writes at a time.

May: speak SQL within a transaction. May not: begin or end one, but for the COMMIT that goes out with what it writes.

All who write meet at one lock, the row of `cschat_log`, which is also where positions come from: they rise without gaps, and become
visible in order. A batch that holds the lock from its beginning reads what is so and will stay so until it commits. One that takes it
late remembers which version of each record it has read; when it has the lock it looks whether these are still so, and is `Overtaken` if
not. It takes the lock as soon as it asks a question whose answer has no version (which records, how many, which events), else with its
COMMIT. There is no other lock, hence no deadlock, and no order in which anything must be locked.

What works write stays here until such a question, or the COMMIT: each record is written once, in statements of many rows, which go out
together. A statement that finds another version fails (by dividing by zero), for nobody looks at its answer before the COMMIT behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from enum import Enum
from itertools import islice
from typing import Any, TypeVar, cast

import psycopg
from msgspec import Struct

from cschat.core.events import Event
from cschat.core.records import Record
from cschat.core.times import Micros
from cschat.errors import Conflict, CschatError, Invalid
from cschat.storage.asking import counting, selection
from cschat.storage.codec import decode_body, decode_record, encode
from cschat.storage.front import Overtaken
from cschat.storage.postgres_errors import Ours
from cschat.storage.postgres_pipe import Pipe, Row
from cschat.storage.postgres_sql import APPEND, EVENT, LOCK, array, percent, preloading, table_of
from cschat.storage.postgres_texts import Texts
from cschat.storage.protocol import Cursor, Where
from cschat.storage.tables import table_name
from cschat.storage.unit import Change, Writes
from cschat.storage.where import plan

__all__ = ["Name", "Reader", "Writer"]

R = TypeVar("R", bound=Record)
Name = tuple[type[Record], str]
_Connection = psycopg.Connection[tuple[Any, ...]]
_UNREAD: Any = object()


class Reader:
    """What a unit asks, on one connection, within the transaction that it is in."""

    def __init__(self, connection: _Connection, ours: Ours) -> None:
        self._connection = connection
        self._ours = ours
        self._texts = Texts(self.execute)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run a statement, with "?" for each value; the driver's errors become ours."""
        try:
            return self._connection.execute(percent(sql), values)
        except psycopg.Error as error:
            raise self._ours(error) from error

    def load(self, kind: type[R], id: str, /) -> tuple[R, int] | None:
        row = self.execute(table_of(kind).load, (id,)).fetchone()
        return None if row is None else (decode_record(kind, row[0]), row[1])

    def select(self, kind: type[R], where: Where, order: str | None, after: Cursor | None, limit: int, /) -> list[tuple[R, int]]:
        sql, values = selection(kind, where, order, after, limit)
        return [(decode_record(kind, data), version) for data, version in self.execute(sql, [*map(_plain, values)])]

    def count(self, kind: type[R], where: Where, at_most: int | None, /) -> int:
        sql, values = counting(kind, where, at_most)
        return int(self.execute(sql, [*map(_plain, values)]).fetchall()[0][0])

    def page(self, kind: type[R], after: str, limit: int) -> list[R]:
        """The next records by id."""
        sql = f"SELECT data FROM {table_name(kind)} WHERE id > ? ORDER BY id LIMIT ?"
        return [decode_record(kind, data) for (data,) in self.execute(sql, (after, limit))]

    def events(self, subject: str, after_seq: int, limit: int, /) -> list[Event]:
        sql = f"SELECT {EVENT} FROM cschat_event WHERE subject = ? AND seq > ? ORDER BY seq LIMIT ?"
        return [_event(row) for row in self.execute(sql, (subject, after_seq, limit))]

    def once(self, subject: str, once: str, /) -> Event | None:
        row = self.execute(f"SELECT {EVENT} FROM cschat_event WHERE subject = ? AND once = ?", (subject, once)).fetchone()
        return None if row is None else _event(row)

    def log(self, after: int, limit: int, /) -> list[Event]:
        sql = f"SELECT {EVENT} FROM cschat_event WHERE position > ? ORDER BY position LIMIT ?"
        return [_event(row) for row in self.execute(sql, (after, limit))]

    def position(self) -> int:
        """The last position."""
        return int(self.execute("SELECT position FROM cschat_log").fetchall()[0][0])

    def texts(
        self,
        words: Sequence[str],
        /,
        *,
        brand: str,
        start: Micros | None,
        end: Micros | None,
        before: int | None,
        only: Callable[[str], bool] | None,
        limit: int,
    ) -> list[Event]:
        found = self._texts.found(words, brand=brand, start=start, end=end, before=before, only=only)
        return [_event(row) for row in islice(found, limit)]

    def behind(self) -> bool:
        return self._texts.behind()

    def write(self, writes: Writes, /) -> None:
        raise NotImplementedError("a reading unit is never flushed")


class _Written(Struct):
    """A record on its way: from `before` (None: new) at a version to `after` (None: gone) at another."""

    kind: type[Record]
    id: str
    before: Record | None
    version: int
    after: Record | None
    becomes: int
    document: str


class Writer:
    """What a unit asks and writes in one batch; see the top of this file."""

    def __init__(self, connection: _Connection, pipe: Pipe, ours: Ours, *, locked: bool, prompt: bool) -> None:
        self._pipe = pipe
        self._ours = ours
        self._reader = Reader(connection, ours)
        self._texts = Texts(self._reader.execute)
        self._locked = locked
        self.prompt = prompt
        self.used: list[Name] = []
        """The records that were asked for by their ids."""
        self._loaded: dict[Name, tuple[str, int] | None] = {}
        self._found: dict[Name, tuple[Any, int] | None] = {}
        self._seen: dict[Name, int] = {}
        self._records: dict[Name, _Written] = {}
        self._events: list[Event] = []
        self._rows: list[tuple[Any, ...]] = []
        self._last: tuple[Any, ...] | None = None
        self._later: list[Writes] = []
        self.position: int | None = None
        self.committing = False
        """Whether PostgreSQL may have been told to commit."""
        self.spoilt: Exception | None = None
        """What has gone wrong on the way, so that this batch cannot be committed."""

    def preload(self, names: Iterable[Name]) -> Callable[[Sequence[Row]], None]:
        """Send for records that will be wanted; what this gives takes them."""
        wanted: dict[type[Record], dict[str, None]] = {}
        for kind, id in names:
            wanted.setdefault(kind, {})[id] = None
        if not wanted:
            return lambda _rows: None
        kinds = tuple(sorted(wanted, key=lambda kind: kind.kind))
        self._pipe.send(preloading(kinds), [array(wanted[kind]) for kind in kinds])

        def take(rows: Sequence[Row]) -> None:
            self._loaded = {(kind, id): None for kind, ids in wanted.items() for id in ids}
            for place, id, data, version in cast("Sequence[tuple[str, str, str, str]]", rows):
                self._loaded[(kinds[int(place)], id)] = (data, int(version))

        return take

    def _note(self, kind: type[Record], id: str, row: tuple[Any, int] | None) -> None:
        self._found[(kind, id)] = row
        if not self._locked:
            self._seen.setdefault((kind, id), 0 if row is None else row[1])  # what was read first is what works go by

    # What a unit asks.

    def load(self, kind: type[R], id: str, /) -> tuple[R, int] | None:
        name = (kind, id)
        found = self._found.get(name, _UNREAD)
        if found is _UNREAD:
            self.used.append(name)
            if name in self._loaded:
                row = self._loaded[name]
                found = None if row is None else (decode_record(kind, row[0]), row[1])
            else:
                with self._watched():
                    found = self._reader.load(kind, id)
            self._note(kind, id, found)
        return found  # type: ignore[no-any-return]

    def select(self, kind: type[R], where: Where, order: str | None, after: Cursor | None, limit: int, /) -> list[tuple[R, int]]:
        alone = not self._locked and self._is_one_key(kind, where)
        with self._watched():
            if not alone:
                self._hold()
            rows = self._reader.select(kind, where, order, after, limit)
        if alone:
            for record, version in rows:
                self._note(kind, record.id, (record, version))
        return rows

    def _is_one_key(self, kind: type[Record], where: Where) -> bool:
        """Whether a question asks for the one record with a unique key: its version tells whether that is still so, and its index
        whether there is still none.
        """
        index = plan(kind, where, None).index
        return index.unique and len(where) == len(index.fields) and not any(name[0] is kind for name in self._records)

    def count(self, kind: type[R], where: Where, at_most: int | None, /) -> int:
        with self._watched():
            self._hold()
            return self._reader.count(kind, where, at_most)

    def events(self, subject: str, after_seq: int, limit: int, /) -> list[Event]:
        with self._watched():
            self._hold()
            return self._reader.events(subject, after_seq, limit)

    def once(self, subject: str, once: str, /) -> Event | None:
        for event in self._events:
            if event.once == once and event.subject == subject:
                return event
        with self._watched():
            return self._reader.once(subject, once)

    def log(self, after: int, limit: int, /) -> list[Event]:
        with self._watched():
            self._hold()
            return self._reader.log(after, limit)

    def texts(self, words: Sequence[str], /, **where: Any) -> list[Event]:
        with self._watched():
            self._hold()
            return self._reader.texts(words, **where)

    def behind(self) -> bool:
        with self._watched():
            self._hold()
            return self._reader.behind()

    @contextmanager
    def _watched(self) -> Generator[None]:
        """Remember what goes wrong with the transaction: a work may catch it, but nothing can be committed any more."""
        if self.spoilt is not None:
            raise self.spoilt
        locked = self._locked
        try:
            yield
        except Invalid:
            raise
        except (psycopg.Error, CschatError) as error:
            known = self._ours(error) if isinstance(error, psycopg.Error) else error
            self.spoilt = Overtaken() if isinstance(known, Conflict) and not locked else known
            if self.spoilt is error:
                raise
            raise self.spoilt from error

    # What it writes.

    def write(self, writes: Writes, /) -> None:
        if self.spoilt is not None:
            raise self.spoilt
        rows = [_row(event) for event in writes.events]
        written = [_written(change) for change in writes.changes]
        self._rows += rows
        self._events += writes.events
        for one in written:
            self._keep(one)
        if writes.redactions or writes.keep_up or writes.start_over:
            self._later.append(writes)
        if self._later or (self.prompt and any(one.version == 0 or one.after is None or _moves(one) for one in written)):
            with self._watched():
                self._hold()

    def _keep(self, one: _Written) -> None:
        name = (one.kind, one.id)
        before = self._records.get(name)
        if before is not None:
            one.before, one.version = before.before, before.version
        if one.before is None and one.after is None:
            self._records.pop(name, None)
        else:
            self._records[name] = one
        self._found[name] = None if one.after is None else (one.after, one.becomes)

    def _hold(self) -> None:
        """Have the lock, and have written what has been kept."""
        if self._locked and not (self._records or self._rows or self._later):
            return
        self._lock()
        risen = self._flush()
        self._settle(self._pipe.run(), risen)
        for writes in self._later:
            self._write_late(writes)
        self._later = []

    def commit(self) -> int | None:
        """Write all that has been kept, and commit. The last position, if there are new events."""
        with self._watched():
            self._lock()
            risen = self._flush()
            self._pipe.send("COMMIT")
            self.committing = True
            self._settle(self._pipe.run(), risen)
        return self.position

    def is_there(self, connection: _Connection) -> bool:
        """Whether the log has what was to be written last; of records alone this cannot be told, and the answer is yes."""
        if self._last is None:
            return True
        brand, subject, seq, when, type_, actor, _, _, data = self._last
        sql = "SELECT 1 FROM cschat_event WHERE subject = %s AND seq = %s AND (brand, time, type, actor, data) = (%s, %s, %s, %s, %s)"
        return bool(connection.execute(sql, (subject, seq, brand, when, type_, actor, data)).fetchall())

    def _settle(self, answers: Sequence[Sequence[Row]], risen: int | None) -> None:
        """What is known when all that was sent has gone well; `risen` is the place of the new last position."""
        self._locked = True
        self._seen = {}
        if risen is not None:
            self.position = int(cast("str", answers[risen][0][0]))

    def _lock(self) -> None:
        """Send for the lock, and for an answer to whether all is still as it was read."""
        if self._locked:
            return
        self._pipe.send(LOCK)
        same: dict[type[Record], list[tuple[str, int]]] = {}
        absent: dict[type[Record], list[str]] = {}
        for (kind, id), version in self._seen.items():
            if version:
                same.setdefault(kind, []).append((id, version))
            else:
                absent.setdefault(kind, []).append(id)
        for kind, rows in same.items():
            ids, versions = zip(*rows, strict=True)
            self._pipe.send(table_of(kind).same, (len(rows), array(ids), array(versions)))
        for kind, names in absent.items():
            self._pipe.send(table_of(kind).absent, (0, array(names)))

    def _flush(self) -> int | None:
        """Send what has been kept; the place of what will answer with the new last position, if there are events."""
        risen = None
        many: dict[tuple[str, type[Record]], list[_Written]] = {}
        for one in self._records.values():
            what = "insert" if one.before is None else "delete" if one.after is None else "update"
            if _moves(one):
                self._send(what, one.kind, [one])
            else:
                many.setdefault((what, one.kind), []).append(one)
        for (what, kind), rows in many.items():
            self._send(what, kind, rows)
        if self._rows:
            number = len(self._rows)
            risen = self._pipe.send(APPEND, (number, number, *map(array, zip(*self._rows, strict=True))))
            self._last = self._rows[-1]
        self._records, self._rows, self._events = {}, [], []
        return risen

    def _send(self, what: str, kind: type[Record], rows: Sequence[_Written]) -> None:
        table = table_of(kind)
        ids = array([one.id for one in rows])
        befores = array([one.version for one in rows])
        if what == "delete":
            self._pipe.send(table.delete, (ids, befores, len(rows)))
            return
        afters = [cast("Record", one.after) for one in rows]
        values = [
            *(ids, array([after.brand for after in afters]), array([one.becomes for one in rows])),
            *(array([one.document for one in rows]), *map(array, zip(*map(table.values, afters), strict=True))),
        ]
        if what == "insert":
            self._pipe.send(table.insert, values)
        else:
            self._pipe.send(table.update, (*values, befores, len(rows)))

    def _write_late(self, writes: Writes) -> None:
        for event in writes.redactions:
            self._texts.redact(event)
            sql = "UPDATE cschat_event SET data = ? WHERE subject = ? AND seq = ?"
            self._reader.execute(sql, (encode(event.body), event.subject, event.seq))
        if writes.start_over:
            self._texts.start_over()
        if writes.keep_up:
            self._texts.keep_up(writes.keep_up)


def _written(change: Change) -> _Written:
    document = "" if change.after is None else encode(change.after)
    return _Written(change.kind, change.id, change.before, change.version, change.after, change.version + 1, document)


def _moves(one: _Written) -> bool:
    """Whether a change concerns a unique index, so that it matters in which order changes are written."""
    unique = table_of(one.kind).unique
    if not unique:
        return False
    if one.before is None or one.after is None:
        return True
    return any(getattr(one.before, field) != getattr(one.after, field) for field in unique)


def _row(event: Event) -> tuple[Any, ...]:
    body = event.body
    type_, document = type(body).__name__, encode(body)
    return (event.brand, event.subject, event.seq, event.time, type_, event.actor, event.cause, event.once, document)


def _event(row: tuple[Any, ...]) -> Event:
    position, brand, subject, seq, when, type_, actor, cause, once, data = row
    return Event(brand, subject, seq, when, actor, decode_body(type_, data), cause, once, position)


def _plain(value: Any) -> Any:
    """A value as the driver takes it."""
    return value.value if isinstance(value, Enum) else value
