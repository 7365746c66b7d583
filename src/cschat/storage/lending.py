"""The reading connections of a store, whatever its database.

May: open, lend, close. May not: know what is read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Generic, Protocol, TypeVar

from cschat.errors import CschatError, StoreClosed

__all__ = ["Closing", "Readers"]


class Closing(Protocol):
    """A connection of any driver."""

    def close(self) -> None: ...


C = TypeVar("C", bound=Closing)


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
