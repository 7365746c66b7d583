"""Telling those who wait that something newer is committed.

May: wake. May not: carry events; who is woken looks into the log.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from cschat.errors import StoreClosed

__all__ = ["Signal"]

_log = logging.getLogger("cschat.storage")


class Signal:
    """The last known position, and those who want to hear of the next."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, in a forked child: those who waited are not there."""
        self.position = 0
        self._changed = threading.Condition()
        self._heard: dict[object, Callable[[], None]] = {}
        self._waiting = 0
        self._closed = False

    @property
    def wanted(self) -> bool:
        """Whether anybody waits or listens."""
        return bool(self._waiting or self._heard)

    def tell(self, position: int) -> None:
        """Everything up to `position` is committed. Never raises: a listener's error is logged."""
        if position <= self.position:
            return
        with self._changed:
            self.position = max(position, self.position)
            self._changed.notify_all()
        self._call()

    def _call(self) -> None:
        with self._changed:
            listeners = list(self._heard.values())
        for heard in listeners:
            try:
                heard()
            except Exception:  # noqa: BLE001  (a host's function; the writer must go on)
                _log.exception("a listener failed")

    @contextmanager
    def attention(self) -> Generator[None]:
        """Be `wanted` for the length of the block: what is committed from its beginning on is told."""
        with self._changed:
            self._refuse_if_closed()
            self._waiting += 1
        try:
            yield
        finally:
            with self._changed:
                self._waiting -= 1

    def wait(self, after: int, timeout: float) -> int:
        """The position, as soon as it is beyond `after` or the time (seconds) is over."""
        with self.attention(), self._changed:
            self._changed.wait_for(lambda: self._closed or self.position > after, timeout)
            return self.position

    def subscribe(self, heard: Callable[[], None]) -> Callable[[], None]:
        """Call `heard` at each news; returns how to stop it."""
        mark = object()
        with self._changed:
            self._refuse_if_closed()
            self._heard[mark] = heard

        def stop() -> None:
            with self._changed:
                self._heard.pop(mark, None)

        return stop

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StoreClosed("the store has been closed")

    def close(self) -> None:
        """Let all who wait go, and call all who listen: they will find the store closed."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._call()
