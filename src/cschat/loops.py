"""How a task of an event loop waits for the store: on asyncio and on trio.

May: wake tasks from other threads. May not: know what they wait for.

A loop is woken once for a batch, however many of its tasks are in it.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from cschat.storage.protocol import Pending, Waker

__all__ = ["Loop", "current"]

T = TypeVar("T")


class Loop(Protocol):
    """The event loop of the calling task."""

    async def answer(self, submit: Callable[[Waker], Pending[T]], /) -> T:
        """Submit work and wait for its result. If the task is cancelled, work that has not begun is dropped."""
        ...

    def call(self, function: Callable[[], object], /) -> None:
        """Call a function in the loop's thread, from any thread. Once the loop is closed, nothing happens."""
        ...


class _Asyncio:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self._waiting: dict[Any, asyncio.Future[None]] = {}
        self._soon: set[Callable[[], None]] = set()

    async def answer(self, submit: Callable[[Waker], Pending[T]], /) -> T:
        pending = submit(self)
        future = self._waiting[pending] = asyncio.get_running_loop().create_future()
        try:
            await future
        except asyncio.CancelledError:
            pending.cancel()
            raise
        finally:
            self._waiting.pop(pending, None)
        return pending.result()

    def call(self, function: Callable[[], object], /) -> None:
        loop = self._loop()
        try:
            if loop is not None:
                loop.call_soon_threadsafe(function)
        except RuntimeError:
            return  # the loop is closed: nobody waits there any more

    def soon(self, begin: Callable[[], None], /) -> None:
        if begin not in self._soon:
            self._soon.add(begin)
            self.call(lambda: self._begin(begin))

    def _begin(self, begin: Callable[[], None]) -> None:
        self._soon.discard(begin)
        begin()

    def wake(self, done: Sequence[Pending[Any]], /) -> None:
        self.call(lambda: self._resolve(done))

    def _resolve(self, done: Sequence[Pending[Any]]) -> None:
        for pending in done:
            future = self._waiting.get(pending)
            if future is not None and not future.done():
                future.set_result(None)


class _Trio:
    def __init__(self) -> None:
        import trio

        self._trio = trio
        self._token = weakref.ref(trio.lowlevel.current_trio_token())
        self._waiting: dict[Any, Any] = {}

    async def answer(self, submit: Callable[[Waker], Pending[T]], /) -> T:
        pending = submit(self)
        event = self._waiting[pending] = self._trio.Event()
        try:
            await event.wait()
        except self._trio.Cancelled:
            pending.cancel()
            raise
        finally:
            self._waiting.pop(pending, None)
        return pending.result()

    def call(self, function: Callable[[], object], /) -> None:
        token = self._token()
        try:
            if token is not None:
                token.run_sync_soon(function)
        except self._trio.RunFinishedError:
            return

    def soon(self, begin: Callable[[], None], /) -> None:
        token = self._token()
        try:
            if token is not None:
                token.run_sync_soon(begin, idempotent=True)
        except self._trio.RunFinishedError:
            return

    def wake(self, done: Sequence[Pending[Any]], /) -> None:
        self.call(lambda: self._resolve(done))

    def _resolve(self, done: Sequence[Pending[Any]]) -> None:
        for pending in done:
            event = self._waiting.get(pending)
            if event is not None:
                event.set()


_asyncio_loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Asyncio] = weakref.WeakKeyDictionary()
_trio_loops: weakref.WeakKeyDictionary[Any, _Trio] = weakref.WeakKeyDictionary()


def current() -> Loop:
    """The loop that runs the calling task: asyncio's, or else trio's."""
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        import trio

        token = trio.lowlevel.current_trio_token()
        return _trio_loops.get(token) or _trio_loops.setdefault(token, _Trio())
    return _asyncio_loops.get(running) or _asyncio_loops.setdefault(running, _Asyncio(running))
