"""The PostgreSQL store: one schema, many threads, many processes, many machines.

May: connect, begin, commit, and find out what became of a commit. May not: decide anything about a desk.

Writers of one process share a batch and a connection (see `front`), writers of all processes one lock (see `postgres_engine`). Readers have
connections of their own, and each read is one snapshot. Connections are opened at first use, and anew in a forked child.

When PostgreSQL goes away and comes back, reads and batches that had not begun to commit go on by a new connection. Of a COMMIT whose answer
was lost PostgreSQL itself is asked whether it was done; who could not ask in time is told so with `StoreUnavailable`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar, cast

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from cschat.core.events import Event
from cschat.core.records import Record
from cschat.errors import CschatError, StoreUnavailable
from cschat.storage.forking import FORK_SECONDS, survive
from cschat.storage.front import FlushFailed, Front, Measured, Overtaken
from cschat.storage.lending import Readers
from cschat.storage.listening import Listener
from cschat.storage.postgres_engine import Name, Reader, Writer
from cschat.storage.postgres_errors import Ours, is_lost
from cschat.storage.postgres_pipe import Pipe
from cschat.storage.postgres_schema import migrate
from cschat.storage.protocol import Batch, Key, Pending, Transaction, Waker
from cschat.storage.signal import Signal
from cschat.storage.unit import Unit

__all__ = ["PostgresStore"]

T = TypeVar("T")
R = TypeVar("R", bound=Record)
Work = Callable[[Transaction], T]
_Connection = psycopg.Connection[tuple[Any, ...]]

MOST_READERS = 10
"""How many connections of a process read at a time."""
LOCK_SECONDS = 10
"""How long a writer waits for another process before it gives up with `StoreUnavailable`."""
IDLE_SECONDS = 5
"""A process that stops in the middle of a batch holds the others up for no longer: PostgreSQL then breaks its connection. Less than
`LOCK_SECONDS`, so that the others go on without an error."""
DOUBT_SECONDS = 10.0
"""How long a process tries to find out what became of a COMMIT whose answer was lost."""

MOST_HABITS = 64
"""How many records that a batch has asked for, though nothing had named them, the next one asks for at its beginning: the settings of a
brand, the agent who writes."""

_PLANS = "-c jit=off -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
"""Each statement has its index. A plan that was made and kept while a table was small must do when it is large."""
_PAGE = 500
_LOCK = "SELECT position, pg_current_xact_id()::text FROM cschat_log FOR UPDATE"
_LOOK = "SELECT position, pg_current_xact_id()::text FROM cschat_log"


class _Backend:
    """The writing connection, as the front wants it."""

    def __init__(self, open_: Callable[[], _Connection], ours: Ours, signal: Signal) -> None:
        self._open = open_
        self._ours = ours
        self._signal = signal
        self._connection: _Connection | None = None
        self._pipe: Pipe | None = None
        self._writer: Writer | None = None
        self._transaction = ""
        self._reached = 0
        self._alone = True
        self._news = 0
        self._lost = False
        self._touches: set[Name] = set()
        self._habits: list[Name] = []

    def begin(self, touches: Sequence[Key] = (), *, prompt: bool = False) -> Unit:
        known = self._connection is not None
        try:
            return self._begin(touches, prompt=prompt)
        except psycopg.Error as error:
            self.close()
            if not (known and is_lost(error)) or isinstance(error, errors.LockNotAvailable):
                raise self._ours(error) from error
        try:
            return self._begin(touches, prompt=prompt)  # nothing had begun
        except psycopg.Error as error:
            self.close()
            raise self._ours(error) from error

    def _begin(self, touches: Sequence[Key], *, prompt: bool) -> Unit:
        self._connect()
        connection, pipe, locked = cast("_Connection", self._connection), cast("Pipe", self._pipe), self._alone or prompt
        writer = self._writer = Writer(connection, pipe, self._ours, locked=locked, prompt=prompt)
        self._touches = {(key.kind, key.id) for key in touches}
        pipe.send("BEGIN")
        pipe.send(_LOCK if locked else _LOOK)
        take = writer.preload([*self._touches, *self._habits])
        _, [(position, transaction)], *records = cast("Any", pipe.run())
        self._transaction = transaction
        take(*records or [()])
        self._alone = int(position) == self._reached
        self._reached = int(position)
        return Unit(writer)

    def commit(self) -> None:
        writer = cast("Writer", self._writer)
        try:
            position = writer.commit()
        except Overtaken:
            self._alone = True
            raise
        except Exception as error:
            if not is_lost(error):
                raise FlushFailed from error
            position = self._after_loss(writer, error)
        self._habits = [name for name in writer.used if name not in self._touches][:MOST_HABITS]
        self._writer, self._lost = None, False
        if position is not None:
            self._reached = self._news = position

    def _after_loss(self, writer: Writer, error: Exception) -> int | None:
        """The connection went while a batch ran: whatever had not begun to commit can be run again, once, on another one."""
        if writer.committing:
            if self._was_committed(writer):
                return None
        elif not (self._lost or writer.prompt):
            self._lost = True
            raise Overtaken from error
        raise error

    def rollback(self) -> bool:
        writer, self._writer = self._writer, None
        connection, pipe = self._connection, self._pipe
        if connection is None or pipe is None or writer is None:
            return connection is None
        try:
            if connection.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
                pipe.send("ROLLBACK")
                pipe.run()
                return True
            if writer.committing:
                return not self._was_committed(writer)
        except (psycopg.Error, StoreUnavailable):
            pass
        self.close()
        return True

    def _was_committed(self, writer: Writer) -> bool:
        """What became of a COMMIT that nobody answered. Asks until there is an answer; `StoreUnavailable` if there is none."""
        late = time.monotonic() + DOUBT_SECONDS
        self.close()
        while True:
            try:
                self._connect()
                connection = cast("_Connection", self._connection)
                [(status,)] = connection.execute("SELECT pg_xact_status(%s::xid8)", (self._transaction,)).fetchall()
                if status != "in progress":
                    return status == "committed" and writer.is_there(connection)  # after a crash another may have got this number
            except errors.InvalidParameterValue:
                return False  # "in the future": the crash took all that was known of it
            except (psycopg.Error, CschatError) as error:
                self.close()
                if time.monotonic() > late:
                    raise StoreUnavailable(
                        "PostgreSQL has gone away, and whether this was committed is not known", reason=str(error), in_doubt=True
                    ) from error
            time.sleep(0.02)

    def _connect(self) -> None:
        if self._connection is None:
            self._connection = self._open()
            self._pipe = Pipe(self._connection)

    def committed(self) -> None:
        if self._news:
            self._signal.tell(self._news)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._pipe = self._writer = None

    def forget(self) -> None:
        """In a forked child: use the parent's connection no more, and do not even close it."""
        _inherited.append(self._connection)
        self._connection = self._pipe = self._writer = None


_inherited: list[object] = []


class PostgresStore:
    """A `Store` in a schema (None: the first of the search path) of a database. `kinds` are the record classes it keeps."""

    def __init__(self, url: str, *, kinds: Sequence[type[Record]], schema: str | None = None) -> None:
        self._url = url
        self._kinds = tuple(kinds)
        self._schema = schema
        self._ours = Ours(kinds)
        self._signal = Signal()
        self._backend = _Backend(self._open_writer, self._ours, self._signal)
        self._front = Front(self._backend)
        self._readers = Readers(self._open_reader, _is_clean, error=psycopg.Error, ours=self._ours, most=MOST_READERS)
        self._listener = Listener(self._open, self._signal, self.position)
        self._paused = False
        self._migrated = False
        survive(self)

    def transact(self, work: Work[T], /, *, brand: str, touches: Sequence[Key] = ()) -> T:
        return self._front.transact(work, touches)

    def submit(self, work: Work[T], /, *, brand: str, touches: Sequence[Key] = (), waker: Waker) -> Pending[T]:
        return self._front.submit(work, waker, touches)

    def batch(self, *, size: int) -> AbstractContextManager[Batch]:
        return self._front.batch(size)

    def read(self, work: Work[T], /) -> T:
        def look(connection: _Connection) -> T:
            with connection.transaction():
                return work(Unit(Reader(connection, self._ours), keep=False))

        return self._look(look)

    def _look(self, look: Callable[[_Connection], T]) -> T:
        """Look by some connection; by a new one if that has gone away meanwhile."""
        try:
            with self._readers.one() as connection:
                return look(connection)
        except StoreUnavailable as error:
            if not is_lost(error):
                raise
        self._readers.renew()
        with self._readers.one() as connection:
            return look(connection)

    def stream(self, kind: type[R], /, *, brand: str | None = None, after: str = "") -> Iterator[R]:
        last = after
        while page := self._look(lambda connection: Reader(connection, self._ours).page(kind, last, _PAGE)):  # noqa: B023  (read now)
            yield from (record for record in page if brand is None or record.brand == brand)
            last = page[-1].id

    def stream_log(self, /, *, after: int = 0, until: int | None = None) -> Iterator[Event]:
        while page := self._look(lambda connection: Reader(connection, self._ours).log(after, _PAGE)):  # noqa: B023  (read now)
            for event in page:
                if until is not None and event.position > until:
                    return
                yield event
            after = page[-1].position

    def position(self) -> int:
        return self._look(lambda connection: Reader(connection, self._ours).position())

    def measure(self, measured: Measured) -> None:
        self._front.measured = measured

    def look(self) -> int:
        position = self.position()
        self._signal.tell(position)
        return position

    def wait(self, /, *, after: int, timeout: float) -> int:
        with self._signal.attention():
            self._listener.ensure()
            position = self.position()
            return position if position > after else max(position, self._signal.wait(after, timeout))

    def subscribe(self, heard: Callable[[], None], /) -> Callable[[], None]:
        stop = self._signal.subscribe(heard)
        self._listener.ensure()
        return stop

    def close(self) -> None:
        self._front.close()
        self._readers.close()
        self._signal.close()
        self._listener.close()
        self._backend.close()

    def rest(self) -> bool:
        self._paused = self._front.pause(FORK_SECONDS)
        if self._paused:
            self._backend.close()
        self._listener.rest()
        return self._readers.rest(FORK_SECONDS) and self._paused

    def wake(self, *, child: bool) -> None:
        if child:
            self._signal.reset()
            if not self._paused:
                self._backend.forget()
        self._listener.wake(child=child)
        self._readers.wake(child=child)
        self._front.resume(child=child, paused=self._paused)

    # ------------------------------------------------------------------------------------------------------ connections

    def _open(self) -> _Connection:
        """A connection that may write; brings the database up to date."""
        options = [_PLANS, *([] if self._schema is None else [f"-c search_path={self._schema}"])]
        given = conninfo_to_dict(self._url)
        options.append(str(given.get("options", "")))
        connection = psycopg.connect(
            self._url, options=" ".join(options).strip(), autocommit=True, application_name="cschat", client_encoding="utf8"
        )
        try:
            if not self._migrated:
                migrate(connection, self._kinds, self._schema)
                self._migrated = True
        except BaseException:
            connection.close()
            raise
        return connection

    def _open_writer(self) -> _Connection:
        """Its statements are few and always served by the same index, but for arrays of one PostgreSQL would plan them anew each time."""
        connection = self._open()
        settings = ("plan_cache_mode", "force_generic_plan"), ("lock_timeout", f"{LOCK_SECONDS * 1000:.0f}")
        for name, value in (*settings, ("idle_in_transaction_session_timeout", f"{IDLE_SECONDS * 1000:.0f}")):
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        return connection

    def _open_reader(self) -> _Connection:
        connection = self._open()
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        return connection


def _is_clean(connection: _Connection) -> bool:
    return connection.info.transaction_status == TransactionStatus.IDLE
