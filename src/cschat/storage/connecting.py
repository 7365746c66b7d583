"""What an SQLite store says when something goes wrong, and its look-out for what other processes commit.

May: translate errors, look for the last position. May not: read or write anything else.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

from cschat.errors import Conflict, CschatError, StoreUnavailable, VersionConflict
from cschat.storage.signal import Signal

__all__ = ["POLL_SECONDS", "Lookout", "last_position", "ours"]

POLL_SECONDS = (0.025, 0.25)
"""How often a process with watchers looks for others' commits: at first, and when nothing has happened for a while."""

Open = Callable[[], sqlite3.Connection]


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
