"""The reading connections of a store, and, for SQLite, the look-out for what other processes commit.

May: open, lend, close. May not: know what is read.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Generic, Protocol, TypeVar

from cschat.errors import Conflict, CschatError, StoreClosed, StoreUnavailable, VersionConflict
from cschat.storage.signal import Signal

__all__ = ["POLL_SECONDS", "Lookout", "Readers", "last_position", "ours"]

POLL_SECONDS = (0.025, 0.25)
"""How often a process with watchers looks for others' commits: at first, and when nothing has happened for a while."""

Open = Callable[[], sqlite3.Connection]


class Closing(Protocol):
    """A connection of any driver."""

    def close(self) -> None: ...


C = TypeVar("C", bound=Closing)


def ours(error: sqlite3.Error) -> CschatError:
    """The one place where the driver's errors become ours."""
    if not isinstance(error, sqlite3.IntegrityError) or "UNIQUE" not in str(error):
        return StoreUnavailable(f"SQLite: {error}", reason=str(error))
    names = str(error).partition(": ")[2].split(", ")
    kind, fields = names[0].partition(".")[0].removeprefix("cschat_"), tuple(name.partition(".")[2] for name in names)
    if kind == "event" or fields == ("id",):
        return VersionConflict("the same was written meanwhile", kind=kind, id="")
    return Conflict(f"there is another {kind} with this {fields[-1]}", kind=kind, fields=fields)


def last_position(connection: sqlite3.Connection) -> int:
    """The position of the last committed event."""
    return int(connection.execute("SELECT coalesce(max(position), 0) FROM cschat_event").fetchone()[0])


class Readers(Generic[C]):
    """Connections that only read, lent to one thread at a time.

    `open_` opens one, `clean` tells of one that comes back whether it may be lent again. What the driver raises (`error`) becomes `ours`,
    and its connection is lent no more. There are at most `most` at a time (None: as many as are wanted); who wants one more waits.
    """

    def __init__(
        self,
        open_: Callable[[], C],
        clean: Callable[[C], bool],
        *,
        error: type[Exception],
        ours: Callable[[Any], CschatError],
        most: int | None = None,
    ) -> None:
        self._open = open_
        self._clean = clean
        self._error = error
        self._ours = ours
        self._most = most
        self._closed = False
        self._reset()

    def _reset(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._free: list[C] = []
        self._lent = 0
        self._resting = False

    @contextmanager
    def one(self) -> Generator[C]:
        """A connection for the length of the block."""
        connection = self._take()
        sound = True
        try:
            if connection is None:
                connection = self._open()
            yield connection
        except self._error as error:
            sound = False
            raise self._ours(error) from error
        finally:
            self._give_back(connection, sound=sound)

    def _take(self) -> C | None:
        with self._changed:
            while self._resting or (self._most is not None and self._lent >= self._most and not self._closed):
                self._changed.wait()
            if self._closed:
                raise StoreClosed("the store has been closed")
            self._lent += 1
            return self._free.pop() if self._free else None

    def _give_back(self, connection: C | None, *, sound: bool) -> None:
        with self._changed:
            kept = connection is not None and sound and not (self._closed or self._resting) and self._clean(connection)
            if connection is not None and kept:
                self._free.append(connection)
            elif connection is not None:
                connection.close()
            self._lent -= 1
            if self._resting or self._most is not None:
                self._changed.notify_all()

    def renew(self) -> None:
        """Close those that nobody uses: the database they lead to has gone away, or come back."""
        with self._changed:
            self._close_free()

    def close(self) -> None:
        """Lend no more. What is still lent is closed when it comes back."""
        with self._changed:
            self._closed = True
            self._close_free()
            self._changed.notify_all()

    def rest(self, seconds: float) -> bool:
        """Lend nothing until `wake`, and close all. False if something has not come back in time."""
        with self._changed:
            self._resting = True
            all_back = self._changed.wait_for(lambda: not self._lent, seconds)
            self._close_free()
            return all_back

    def wake(self, *, child: bool) -> None:
        """Lend again. In a child, where nobody can give anything back, from the beginning."""
        if child:
            self._reset()
            return
        with self._changed:
            self._resting = False
            self._changed.notify_all()

    def _close_free(self) -> None:
        while self._free:
            self._free.pop().close()


class Lookout:
    """A thread that looks for commits of other processes while anybody waits, and tells the signal."""

    def __init__(self, open_: Open, signal: Signal) -> None:
        self._open = open_
        self._signal = signal
        self._reset()

    def _reset(self) -> None:
        self._guard = threading.Lock()
        self._looking = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._version = -1

    def ensure(self) -> None:
        """Start the thread if there is none. Called with the signal wanted already."""
        with self._guard:
            if (self._thread is None or not self._thread.is_alive()) and not self._closed.is_set():
                self._thread = threading.Thread(target=self._run, name="cschat-watch", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        with self._guard:
            self._closed.set()
        if self._thread is not None:
            self._thread.join()

    def rest(self) -> None:
        """Look no more until `wake`, and close the connection."""
        self._guard.acquire()
        self._looking.acquire()
        self._let_go()

    def wake(self, *, child: bool) -> None:
        """Look again; in a child, as soon as anybody waits."""
        if child:
            self._reset()
            return
        self._looking.release()
        self._guard.release()

    def _run(self) -> None:
        shortest, longest = POLL_SECONDS
        pause = shortest
        while not self._closed.wait(pause):
            if self._signal.wanted:
                with self._looking:
                    news = self._look()
                pause = min(pause * 1.2, longest) if news is None else shortest
                if news is not None:
                    self._signal.tell(news)
        with self._looking:
            self._let_go()

    def _look(self) -> int | None:
        """The last position, if anybody has committed since the last look."""
        try:
            if self._connection is None:
                self._connection = self._open()
                self._version = -1
            version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
            if version == self._version:
                return None
            self._version = version
            return last_position(self._connection)
        except (sqlite3.Error, CschatError):
            self._let_go()  # the file is locked or in trouble: the next look, on a new connection, may do
            return None

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
