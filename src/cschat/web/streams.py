"""What a listener is told, as a body that comes piece by piece: server-sent events, or one answer to a poll.

May: wait, and put frames into bytes. May not: decide who may see what.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator

import anyio
import attrs
import msgspec
from anyio import to_thread

from cschat.errors import StoreClosed, StoreUnavailable
from cschat.loops import current
from cschat.web.attending import attending
from cschat.web.frames import Frame, at, written
from cschat.web.hub import Listener

__all__ = ["Poll", "Stream", "polled"]

BEAT_SECONDS = 15.0
THREAD_BEAT_SECONDS = 5.0
"""Where a stream holds a thread, a browser that has gone must be noticed soon, and only writing shows it."""
_LONGEST_SECONDS = 1800.0
"""After so long (or a little less, so that not all come at once) a stream ends: whoever comes again is looked at again."""


@attrs.define(eq=False)
class Stream:
    """Server-sent events from the position `after` on. `until`: when the caller's token ends (seconds since 1970)."""

    listener: Listener
    after: int
    until: float | None = None
    _ends: float = attrs.field(init=False, default=0.0)
    _reached: int = attrs.field(init=False, default=0)

    def frames(self) -> Iterator[bytes]:
        """Pieces, for a server with threads."""
        heard = threading.Event()
        self.listener.heard = heard
        yield self._begin()
        for page in self._past():
            if page:
                yield b"".join(map(written, page))
        while not self._is_over():
            heard.clear()
            piece = self._piece()
            if piece:
                yield piece
            elif not self.listener.over and not heard.wait(THREAD_BEAT_SECONDS):
                yield self._beat()

    async def frames_async(self) -> AsyncIterator[bytes]:
        """Pieces, for an event loop."""
        listener = self.listener
        listener.heard, listener.loop = anyio.Event(), current()
        yield self._begin()
        past = self._past()
        while (page := await to_thread.run_sync(next, past, None)) is not None:
            if page:
                yield b"".join(map(written, page))
        while not self._is_over():
            listener.heard = heard = anyio.Event()
            piece = self._piece()
            if piece:
                yield piece
            elif not listener.over:
                with anyio.move_on_after(BEAT_SECONDS) as quiet:
                    await heard.wait()
                if quiet.cancelled_caught:
                    yield self._beat()

    def close(self) -> None:
        """Listen no more."""
        self.listener.close()

    def _past(self) -> Iterator[list[Frame]]:
        """What was before; if the database is gone meanwhile, the stream ends, and its browser resumes."""
        try:
            yield from self.listener.past(self.after)
        except (StoreClosed, StoreUnavailable):
            self.listener.close()

    def _begin(self) -> bytes:
        now = time.time()
        self._ends = now + _LONGEST_SECONDS * random.uniform(0.8, 1.0)  # noqa: S311  (no secret)
        if self.until is not None:
            self._ends = min(self._ends, self.until)
        self._reached = self.after
        return at(self.after)

    def _is_over(self) -> bool:
        return (self.listener.over and not self.listener.has_more) or time.time() >= self._ends

    def _piece(self) -> bytes:
        frames, _ = self.listener.take()
        self._reached = max((frame.position for frame in frames if frame.position is not None), default=self._reached)
        return b"".join(map(written, frames))

    def _beat(self) -> bytes:
        """A sign of life, and how far the log has come where nothing was for this listener, so that resuming stays short."""
        frames, reached = self.listener.take()
        told = b"".join(map(written, frames))
        news = at(reached) if reached > self._reached else b""
        self._reached = max(reached, self._reached)
        return b": \n\n" + told + news


@attrs.define(eq=False)
class Poll:
    """One answer, as soon as there is something to tell, or after `wait` seconds."""

    listener: Listener
    wait: float

    def frames(self) -> Iterator[bytes]:
        """The answer, for a server with threads."""
        heard = threading.Event()
        self.listener.heard = heard
        frames, reached = self.listener.take()
        ends = time.monotonic() + self.wait
        while not _news(frames) and not self.listener.over and (rest := ends - time.monotonic()) > 0:
            heard.wait(rest)
            heard.clear()
            more, reached = self.listener.take()
            frames += more
        yield polled(self.listener, frames, reached)

    async def frames_async(self) -> AsyncIterator[bytes]:
        """The answer, for an event loop."""
        listener, heard = self.listener, anyio.Event()
        listener.heard, listener.loop = heard, current()
        frames, reached = listener.take()
        with anyio.move_on_after(self.wait):
            while not _news(frames) and not listener.over:
                await heard.wait()
                listener.heard = heard = anyio.Event()
                more, reached = listener.take()
                frames += more
        yield await to_thread.run_sync(polled, listener, frames, reached)

    def close(self) -> None:
        """Listen no more."""
        self.listener.close()


def _news(frames: Iterable[Frame]) -> bool:
    """Whether anything but the present attendance, which each listener is told at first, has come."""
    frames = list(frames)
    return any(frame.position is not None for frame in frames) or len(frames) > 1


def polled(listener: Listener, frames: Iterable[Frame], reached: int) -> bytes:
    """The answer to a poll."""
    events = b",".join(frame.data for frame in frames if frame.position is not None)
    present = msgspec.json.encode(attending(listener))
    return b'{"position":%d,"events":[%s],"attending":%s}' % (reached, events, present)
