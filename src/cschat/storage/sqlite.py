"""The SQLite store: one file, many threads, several processes.

May: speak SQL. May not: decide anything about a desk.

WAL; writers begin with `BEGIN IMMEDIATE`, so what a command reads cannot change before it writes; readers have connections of their own.
`synchronous=FULL` (the default) survives a power cut; with `NORMAL` a power cut, though not a crash, may take the last commits.
The file is opened at first use, and anew in a forked child.

The writer remembers records from one commit to the next: SQLite says at each `BEGIN` whether another connection has written meanwhile, and
if one has, all is forgotten.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cache
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar, cast

from cschat.core.events import Event
from cschat.core.records import Record, index_fields
from cschat.core.times import Micros
from cschat.errors import VersionConflict
from cschat.storage.asking import counting, selection
from cschat.storage.codec import decode_body, decode_record, encode
from cschat.storage.connecting import Lookout, last_position, ours
from cschat.storage.forking import FORK_SECONDS, survive
from cschat.storage.front import Front, Measured
from cschat.storage.lending import Readers
from cschat.storage.migrations import migrate
from cschat.storage.protocol import Batch, Cursor, Key, Pending, Transaction, Waker, Where
from cschat.storage.signal import Signal
from cschat.storage.tables import table_name
from cschat.storage.texts import Texts
from cschat.storage.unit import Change, Unit, Writes

__all__ = ["SqliteStore"]

T = TypeVar("T")
R = TypeVar("R", bound=Record)
Work = Callable[[Transaction], T]
_Known = dict[tuple[type[Record], str], tuple[Any, int] | None]
_UNREAD: Any = object()

BUSY_SECONDS = 10.0
"""How long a writer waits for another process before it gives up with `StoreUnavailable`."""
CHECKPOINT_PAGES = 4000
"""About how long the write-ahead log grows before it is moved into the file."""

MOST_KNOWN = 2000
"""How many records the writer remembers from one commit to the next, as long as no other connection writes."""

_PAGE = 500
_EVENT = "position, brand, subject, seq, time, type, actor, cause, once, data"
_INSERT_EVENT = "INSERT INTO cschat_event (brand, subject, seq, time, type, actor, cause, once, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


class _Table:
    """The statements of one record class."""

    def __init__(self, kind: type[Record]) -> None:
        self.name = table_name(kind)
        self.columns = tuple(name for name in index_fields(kind) if name != "id")
        self.values: Callable[[Record], tuple[Any, ...]] = _getter(self.columns)
        quoted = [f'"{name}"' for name in self.columns]
        self.load = f"SELECT data, version FROM {self.name} WHERE id = ?"
        self.insert = f"INSERT INTO {self.name} ({', '.join(['id', 'version', 'data', *quoted])}) VALUES (?, 1, ?{', ?' * len(quoted)})"
        self.delete = f"DELETE FROM {self.name} WHERE id = ? AND version = ?"
        self.update = f"UPDATE {self.name} SET data = ?, version = version + 1 WHERE id = ? AND version = ?"

    def update_with(self, columns: Sequence[str]) -> str:
        """An UPDATE that also writes some index columns."""
        more = "".join(f', "{name}" = ?' for name in columns)
        return f"UPDATE {self.name} SET data = ?, version = version + 1{more} WHERE id = ? AND version = ?"


def _getter(names: tuple[str, ...]) -> Callable[[Record], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


@cache
def _table(kind: type[Record]) -> _Table:
    return _Table(kind)


class _Engine:
    """What a unit asks, on one connection. `known` are records as the database has them, with their versions (None: there is none)."""

    def __init__(self, connection: sqlite3.Connection, known: _Known) -> None:
        self._connection = connection
        self._known = known
        self._texts = Texts(self.execute, self.executemany)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run a statement; the driver's errors become ours."""
        try:
            return self._connection.execute(sql, values)
        except sqlite3.Error as error:
            raise ours(error) from error

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row; the driver's errors become ours."""
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise ours(error) from error

    def load(self, kind: type[R], id: str, /) -> tuple[R, int] | None:
        known = self._known.get((kind, id), _UNREAD)
        if known is _UNREAD:
            row = self.execute(_table(kind).load, (id,)).fetchone()
            known = self._known[(kind, id)] = None if row is None else (decode_record(kind, row[0]), row[1])
        return known  # type: ignore[no-any-return]

    def select(self, kind: type[R], where: Where, order: str | None, after: Cursor | None, limit: int, /) -> list[tuple[R, int]]:
        return [(decode_record(kind, data), version) for data, version in self.execute(*selection(kind, where, order, after, limit))]

    def count(self, kind: type[R], where: Where, at_most: int | None, /) -> int:
        return int(self.execute(*counting(kind, where, at_most)).fetchone()[0])

    def events(self, subject: str, after_seq: int, limit: int, /) -> list[Event]:
        sql = f"SELECT {_EVENT} FROM cschat_event WHERE subject = ? AND seq > ? ORDER BY seq LIMIT ?"
        return [_event(row) for row in self.execute(sql, (subject, after_seq, limit))]

    def once(self, subject: str, once: str, /) -> Event | None:
        row = self.execute(f"SELECT {_EVENT} FROM cschat_event WHERE subject = ? AND once = ?", (subject, once)).fetchone()
        return None if row is None else _event(row)

    def log(self, after: int, limit: int, /) -> list[Event]:
        sql = f"SELECT {_EVENT} FROM cschat_event WHERE position > ? ORDER BY position LIMIT ?"
        return [_event(row) for row in self.execute(sql, (after, limit))]

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
        for change in writes.changes:
            self._write(change)
        if writes.events:
            self.executemany(_INSERT_EVENT, map(_row, writes.events))
        for event in writes.redactions:
            self._texts.redact(event)
            self.execute("UPDATE cschat_event SET data = ? WHERE subject = ? AND seq = ?", (encode(event.body), event.subject, event.seq))
        if writes.start_over:
            self._texts.start_over()
        if writes.keep_up:
            self._texts.keep_up(writes.keep_up)

    def _write(self, change: Change) -> None:
        table = _table(change.kind)
        after = change.after
        if after is None:
            written = self.execute(table.delete, (change.id, change.version)).rowcount
        elif change.before is None:
            written = self.execute(table.insert, (change.id, encode(after), *table.values(after))).rowcount
        else:
            old, new = table.values(change.before), table.values(after)
            if old == new:
                written = self.execute(table.update, (encode(after), change.id, change.version)).rowcount
            else:
                moved = [place for place, value in enumerate(new) if value != old[place]]
                sql = table.update_with([table.columns[place] for place in moved])
                written = self.execute(sql, (encode(after), *(new[place] for place in moved), change.id, change.version)).rowcount
        if written != 1:
            raise VersionConflict(f"{change.id} has changed meanwhile", kind=change.kind.kind, id=change.id)
        if after is None:
            self._known.pop((change.kind, change.id), None)
        else:
            self._known[(change.kind, change.id)] = (after, change.version + 1)


def _row(event: Event) -> tuple[Any, ...]:
    body = event.body
    type_, document = type(body).__name__, encode(body)
    return (event.brand, event.subject, event.seq, event.time, type_, event.actor, event.cause, event.once, document)


def _event(row: tuple[Any, ...]) -> Event:
    position, brand, subject, seq, when, type_, actor, cause, once, data = row
    return Event(brand, subject, seq, when, actor, decode_body(type_, data), cause, once, position)


class _Backend:
    """The writing connection, as the front wants it."""

    def __init__(self, open_: Callable[[], sqlite3.Connection], signal: Signal) -> None:
        self._open = open_
        self._signal = signal
        self._connection: sqlite3.Connection | None = None
        self._keeper: sqlite3.Connection | None = None
        self._commits = 0
        self._enough = 100
        self._known: _Known = {}
        self._others = 0

    def begin(self, touches: Sequence[Key] = (), *, prompt: bool = False) -> Unit:
        try:
            if self._connection is None:
                self._connection = self._open()
            self._connection.execute("BEGIN IMMEDIATE")
            others = self._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            self.close()  # whatever troubled this connection need not trouble the next one
            raise ours(error) from error
        if others != self._others or len(self._known) > MOST_KNOWN:
            self._known, self._others = {}, others  # another connection has written
        return Unit(_Engine(self._connection, self._known))

    def commit(self) -> None:
        try:
            cast("sqlite3.Connection", self._connection).execute("COMMIT")
        except sqlite3.Error as error:
            raise ours(error) from error

    def rollback(self) -> bool:
        self._known = {}
        connection = self._connection
        if connection is None or not connection.in_transaction:
            return connection is None
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._connection = None
        return True

    def committed(self) -> None:
        try:
            if self._signal.wanted and self._connection is not None:
                self._signal.tell(last_position(self._connection))
            self._checkpoint()
        except sqlite3.Error:
            return  # housekeeping: the next one will do

    def _checkpoint(self) -> None:
        """Move the write-ahead log into the file on a second connection, so that no commit has to.

        How long the log is, only a checkpoint tells (the file keeps the length that it once had), so commits are counted.
        """
        self._commits += 1
        if self._commits < self._enough:
            return
        if self._keeper is None:
            self._keeper = self._open()
        pages = int(self._keeper.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1])
        self._enough = max(1, min(CHECKPOINT_PAGES, self._commits * CHECKPOINT_PAGES // max(1, pages)))
        self._commits = 0

    def close(self) -> None:
        for connection in (self._keeper, self._connection):
            if connection is not None:
                connection.close()
        self._connection = self._keeper = None
        self._known = {}

    def forget(self) -> None:
        """In a forked child: use the parent's connections no more, and do not even close them."""
        _inherited.extend((self._connection, self._keeper))
        self._connection = self._keeper = None
        self._known = {}


_inherited: list[object] = []


class SqliteStore:
    """A `Store` in one file. `durable=False` is `synchronous=NORMAL`. `kinds` are the record classes it keeps."""

    def __init__(
        self, path: str | Path, *, kinds: Sequence[type[Record]], durable: bool = True, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        self._path = str(Path(path).absolute())
        self._kinds = tuple(kinds)
        self._synchronous = "FULL" if durable else "NORMAL"
        self._busy = busy_seconds
        self._signal = Signal()
        self._backend = _Backend(self._open, self._signal)
        self._front = Front(self._backend)
        self._readers = Readers(self._open_reader, lambda one: not one.in_transaction, error=sqlite3.Error, ours=ours)
        self._lookout = Lookout(self._open, self._signal)
        self._paused = False
        survive(self)

    def transact(self, work: Work[T], /, *, brand: str, touches: Sequence[Key] = ()) -> T:
        return self._front.transact(work, touches)

    def submit(self, work: Work[T], /, *, brand: str, touches: Sequence[Key] = (), waker: Waker) -> Pending[T]:
        return self._front.submit(work, waker, touches)

    def batch(self, *, size: int) -> AbstractContextManager[Batch]:
        return self._front.batch(size)

    def read(self, work: Work[T], /) -> T:
        with self._readers.one() as connection:
            connection.execute("BEGIN")
            try:
                return work(Unit(_Engine(connection, {}), keep=False))
            finally:
                connection.execute("COMMIT")

    def stream(self, kind: type[R], /, *, brand: str | None = None, after: str = "") -> Iterator[R]:
        last = after
        sql = f"SELECT data FROM {_table(kind).name} WHERE id > ? ORDER BY id LIMIT {_PAGE}"
        while True:
            with self._readers.one() as connection:
                page = [decode_record(kind, data) for (data,) in connection.execute(sql, (last,))]
            if not page:
                return
            yield from (record for record in page if brand is None or record.brand == brand)
            last = page[-1].id

    def stream_log(self, /, *, after: int = 0, until: int | None = None) -> Iterator[Event]:
        while True:
            with self._readers.one() as connection:
                page = _Engine(connection, {}).log(after, _PAGE)
            for event in page:
                if until is not None and event.position > until:
                    return
                yield event
            if not page:
                return
            after = page[-1].position

    def position(self) -> int:
        with self._readers.one() as connection:
            return last_position(connection)

    def measure(self, measured: Measured) -> None:
        self._front.measured = measured

    def look(self) -> int:
        position = self.position()
        self._signal.tell(position)
        return position

    def wait(self, /, *, after: int, timeout: float) -> int:
        with self._signal.attention():
            self._lookout.ensure()
            position = self.position()
            return position if position > after else max(position, self._signal.wait(after, timeout))

    def subscribe(self, heard: Callable[[], None], /) -> Callable[[], None]:
        stop = self._signal.subscribe(heard)
        self._lookout.ensure()
        return stop

    def close(self) -> None:
        self._front.close()
        self._readers.close()
        self._signal.close()
        self._lookout.close()
        self._backend.close()

    def rest(self) -> bool:
        self._paused = self._front.pause(FORK_SECONDS)
        if self._paused:
            self._backend.close()
        self._lookout.rest()
        return self._readers.rest(FORK_SECONDS) and self._paused

    def wake(self, *, child: bool) -> None:
        if child:
            self._signal.reset()
            if not self._paused:
                self._backend.forget()
        self._lookout.wake(child=child)
        self._readers.wake(child=child)
        self._front.resume(child=child, paused=self._paused)

    # ------------------------------------------------------------------------------------------------------ connections

    def _open(self) -> sqlite3.Connection:
        """A connection that may write; brings the file up to date."""
        connection = self._connect()
        try:
            self._write_ahead(connection)
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("PRAGMA wal_autocheckpoint = 8000")
            connection.execute("PRAGMA secure_delete = FAST")  # what is blanked is overwritten, not only unlinked
            migrate(connection, self._kinds)
        except BaseException:
            connection.close()
            raise
        return connection

    def _open_reader(self) -> sqlite3.Connection:
        connection = self._open()
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _write_ahead(self, connection: sqlite3.Connection) -> None:
        """Turn the write-ahead log on. Unlike all else, this does not wait when others do the same to a fresh file."""
        late = time.monotonic() + self._busy
        while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                if time.monotonic() > late:
                    raise
                time.sleep(0.005)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=self._busy, isolation_level=None, check_same_thread=False, cached_statements=512)
