"""The ear of a PostgreSQL store: a thread that hears, while anybody waits, what any process commits.

May: listen, and tell the signal. May not: read the log.
"""

from __future__ import annotations

import selectors
import threading
from collections.abc import Callable
from socket import socket, socketpair
from typing import Any

import psycopg

from cschat.errors import CschatError
from cschat.storage.postgres_sql import CHANNEL
from cschat.storage.signal import Signal

__all__ = ["Listener"]

RETRY_SECONDS = 0.25
"""How long after trouble with its connection a listener tries another one."""

_Connection = psycopg.Connection[tuple[Any, ...]]


class Listener:
    """Listens on a connection of its own. What it may have missed before, `position` says."""

    def __init__(self, open_: Callable[[], _Connection], signal: Signal, position: Callable[[], int]) -> None:
        self._open = open_
        self._signal = signal
        self._position = position
        self._reset()

    def _reset(self) -> None:
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._bell: tuple[socket, socket] | None = None
        self._closed = False
        self.deaf = True

    def ensure(self) -> None:
        """Start the thread if there is none. Called with the signal wanted already."""
        with self._guard:
            if self._closed or (self._thread is not None and self._thread.is_alive()):
                return
            self._bell = socketpair()
            self._thread = threading.Thread(target=self._run, args=(self._bell[0],), name="cschat-listen", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        with self._guard:
            self._closed = True
            self._stop()

    def _stop(self) -> None:
        if self._thread is None or self._bell is None:
            return
        self._bell[1].send(b".")
        self._thread.join()
        for end in self._bell:
            end.close()
        self._thread = self._bell = None

    def rest(self) -> None:
        """Listen no more until `wake`."""
        self._guard.acquire()
        self._stop()

    def wake(self, *, child: bool) -> None:
        """Listen again as soon as anybody waits."""
        if child:
            self._reset()
            return
        self._guard.release()
        if self._signal.wanted:
            self.ensure()

    def _run(self, bell: socket) -> None:
        rung = False
        while not rung:
            try:
                with self._open() as connection:
                    [(channel,)] = connection.execute(f"SELECT {CHANNEL}").fetchall()
                    connection.execute(f'LISTEN "{channel}"'.encode())
                    self.deaf = False
                    self._signal.tell(self._position())
                    rung = self._listen(connection, bell)
            except (psycopg.Error, CschatError):
                self.deaf = True
                bell.settimeout(RETRY_SECONDS)
                rung = _rings(bell)

    def _listen(self, connection: _Connection, bell: socket) -> bool:
        """Until the bell is rung (True), or the connection is lost."""
        with selectors.DefaultSelector() as selector:
            selector.register(bell, selectors.EVENT_READ)
            selector.register(connection.fileno(), selectors.EVENT_READ)
            while True:
                if any(key.fileobj is bell for key, _ in selector.select()):
                    return True
                heard = [int(notice.payload) for notice in connection.notifies(timeout=0)]
                if heard:
                    self._signal.tell(max(heard))


def _rings(bell: socket) -> bool:
    """Whether somebody rings before the bell's timeout."""
    try:
        return bool(bell.recv(1))
    except TimeoutError:
        return False
