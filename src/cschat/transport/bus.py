"""The bus: tells other processes at once what they would find out a little later.

May: say that something newer is committed, and pass hints. May not: carry what was committed, or be relied on: whoever is told looks into
the store, and whoever is not told looks there all the same, only later.

What goes over a bus is `[sender, position, hints]`. A hint is a few words about what is no event, such as who is typing. When the bus is
lost, this is logged once, hints are dropped, and it is tried again with growing pauses.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol, TypeAlias
from urllib.parse import urlsplit

import msgspec

from cschat.errors import CschatError, Invalid, StoreClosed
from cschat.storage.forking import survive
from cschat.storage.protocol import Store

__all__ = ["Bus", "BusLost", "Hint", "Wire", "open_bus"]

_log = logging.getLogger("cschat.bus")

Hint: TypeAlias = tuple[str, ...]
"""What it is about, then ids: `("attending", brand, session)`."""

MOST_HINTS = 1000
"""Hints that wait to be sent; of more the oldest are dropped."""
PAUSES = (0.1, 5.0)
"""Seconds before a lost bus is tried again: at first, and at the longest."""


class BusLost(Exception):
    """The bus does not answer."""


class Bus(Protocol):
    """A way to all other processes of a desk. Each call may come from a thread of its own, and from a forked child."""

    @property
    def hints_only(self) -> bool:
        """Whether the store itself tells other processes what is committed."""
        ...

    def send(self, message: bytes, /) -> None:
        """Give a message to all who listen. `BusLost` if that failed."""
        ...

    def listen(self, begun: Callable[[], None], heard: Callable[[bytes], None], /) -> None:
        """Call `begun` when listening has begun, and `heard` with each message; until `stop`, or `BusLost`."""
        ...

    def stop(self) -> None:
        """End `listen` soon."""
        ...

    def close(self) -> None:
        """Let go of what is open, when all else has ended."""
        ...


class Wire:
    """What ties a store to the bus of its processes. Without a bus, hints stay in this process."""

    def __init__(self, store: Store, bus: Bus | None) -> None:
        self._store = store
        self._bus = bus
        self._mere_hints = bus is not None and bus.hints_only
        self._listeners: dict[object, Callable[[Hint], None]] = {}
        self._reset()
        survive(self)

    def _reset(self) -> None:
        self._sender = secrets.token_hex(8)
        self._guard = threading.Lock()
        self._news = threading.Event()
        self._over = threading.Event()
        self._hints: deque[Hint] = deque(maxlen=MOST_HINTS)
        self._threads: list[threading.Thread] = []
        self._unsubscribe: Callable[[], None] | None = None
        self._told = 0
        self._lost = False
        self.begun = self._bus is None or (self._bus.hints_only and not self._listeners)

    def ensure(self) -> None:
        """Begin, if that has not been done in this process. Called before anything is read or written, so it must cost nothing then."""
        if self.begun:
            return
        with self._guard:
            if not self._threads and not self._over.is_set():
                if not self._mere_hints:
                    self._told = self._store.position()
                    self._unsubscribe = self._store.subscribe(self._news.set)
                for work in (self._send, self._listen):
                    self._threads.append(threading.Thread(target=work, name=f"cschat-bus{work.__name__}", daemon=True))
                    self._threads[-1].start()
            self.begun = True

    def hint(self, *words: str) -> None:
        """Tell all who listen to hints, in this process now, in others soon and perhaps never."""
        self._pass_on(words)
        if self._bus is not None and not self._over.is_set():
            self.begun = bool(self._threads)
            self.ensure()
            self._hints.append(words)
            self._news.set()

    def hear(self, heard: Callable[[Hint], None]) -> Callable[[], None]:
        """Call `heard` (from any thread, quickly) with each hint, in forked children too; how to stop it."""
        mark = object()
        self._listeners[mark] = heard
        self.begun = self._bus is None or bool(self._threads)
        return lambda: self._listeners.pop(mark, None) and None

    def close(self) -> None:
        """Neither send nor listen any more."""
        with self._guard:
            self.begun = True
            self._over.set()
            self._news.set()
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self._bus is not None:
            self._bus.stop()
            for thread in self._threads:
                thread.join()
            self._bus.close()

    def rest(self) -> bool:
        """Around a fork: the parent goes on, its connections and threads are none of the child's."""
        return True

    def wake(self, *, child: bool) -> None:
        """In a forked child, begin anew when something is next read or written."""
        if child:
            over = self._over.is_set()
            self._reset()
            if over:
                self.close()

    # --------------------------------------------------------------------------------------------------------- its threads

    def _send(self) -> None:
        pause = PAUSES[0]
        while not self._over.is_set():
            self._news.wait()
            self._news.clear()
            try:
                self._send_news()
                self._found()
                pause = PAUSES[0]
            except StoreClosed:
                return
            except (BusLost, CschatError) as error:
                self._miss(error)
                self._news.set()  # the position must still be told
                self._over.wait(pause)
                pause = min(2 * pause, PAUSES[1])

    def _send_news(self) -> None:
        hints = []
        while self._hints:
            hints.append(self._hints.popleft())
        position = 0 if self._mere_hints else self._store.position()
        if hints or position > self._told:
            assert self._bus is not None  # noqa: S101  (or nobody would have begun)
            self._bus.send(msgspec.json.encode((self._sender, position, hints)))
            self._told = max(position, self._told)

    def _listen(self) -> None:
        pause = PAUSES[0]
        while not self._over.is_set():
            try:
                assert self._bus is not None  # noqa: S101  (or nobody would have begun)
                self._bus.listen(self._look, self._heard)
                pause = PAUSES[0]
            except StoreClosed:
                return
            except (BusLost, CschatError) as error:
                self._miss(error)
                self._over.wait(pause)
                pause = min(2 * pause, PAUSES[1])

    def _look(self) -> None:
        """What came while nobody listened, the store knows."""
        self._found()
        if not self._mere_hints:
            self._store.look()

    def _heard(self, message: bytes) -> None:
        try:
            sender, position, hints = msgspec.json.decode(message, type=tuple[str, int, list[tuple[str, ...]]])
        except (msgspec.DecodeError, ValueError):
            _log.warning("a message on the bus is none of cschat's")
            return
        if sender == self._sender:
            return
        if position > self._told:
            self._told = max(self._told, min(position, self._store.look()))
        for hint in hints:
            self._pass_on(hint)

    def _pass_on(self, hint: Hint) -> None:
        for heard in list(self._listeners.values()):
            try:
                heard(hint)
            except Exception:  # noqa: BLE001  (a host's function; the others must hear it too)
                _log.exception("a listener to hints failed")

    def _miss(self, error: Exception) -> None:
        if not self._lost:
            self._lost = True
            _log.warning("the bus is lost; others find out later what is new: %s", error)

    def _found(self) -> None:
        if self._lost:
            self._lost = False
            _log.info("the bus is there again")


def open_bus(bus: str | Bus | None, url: str | Store) -> Bus | None:
    """The bus of a URL: "redis://host:6379/0", "rediss://..." or "local", which is none. It is not connected yet.

    Without one, processes that share a PostgreSQL store pass hints through that.
    """
    if bus is None and isinstance(url, str) and urlsplit(url).scheme == "postgresql":
        from cschat.transport.notify_bus import NotifyBus

        return NotifyBus(url)
    if not isinstance(bus, str):
        return bus
    if bus == "local":
        return None
    if urlsplit(bus).scheme in ("redis", "rediss"):
        from cschat.transport.redis_bus import RedisBus

        return RedisBus(bus)
    raise Invalid(field="bus", reason=f"there is no bus for {bus!r}", allowed=["local", "redis://host:6379/0"])
