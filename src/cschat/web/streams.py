"""Events as they happen, for a browser that listens.

May: put events into frames. May not: decide who may see them (the desk does).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import attrs
import msgspec

from cschat.core.events import Event
from cschat.desk import AsyncDesk, Desk
from cschat.storage.codec import face

__all__ = ["Watching", "frame"]

_BEAT_SECONDS = 15.0
_BEAT = b": \n\n"


def frame(name: str, data: Any, id: int | None = None) -> bytes:
    """One server-sent event."""
    number = b"" if id is None else b"id: %d\n" % id
    return b"%sevent: %s\ndata: %s\n\n" % (number, name.encode(), msgspec.json.encode(data))


def _happened(event: Event) -> bytes:
    return frame("happened", face(event), event.position)


@attrs.frozen
class Watching:
    """What a browser listens to: the events that a door's actor may see, after a position."""

    desk: Desk
    door: AsyncDesk
    after: int

    def frames(self) -> Iterator[bytes]:
        """For servers with threads: it ends when it is closed."""
        position = self.after
        yield frame("position", {"position": position}, position)
        while True:
            for event in self.desk.watch(after=position, timeout=_BEAT_SECONDS):
                position = event.position
                yield _happened(event)
            yield _BEAT

    async def frames_async(self) -> AsyncIterator[bytes]:
        """For event loops."""
        position = self.after
        yield frame("position", {"position": position}, position)
        while True:
            async for event in self.door.watch(after=position, timeout=_BEAT_SECONDS):
                position = event.position
                yield _happened(event)
            yield _BEAT
