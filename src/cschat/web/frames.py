"""One thing to tell a listener.

May: hold it, and write it as a server-sent event. May not: know who listens.
"""

from __future__ import annotations

import attrs

__all__ = ["Frame", "at", "written"]


@attrs.frozen
class Frame:
    """Something to tell: `name` says what, `data` is JSON; an event has its `position`."""

    name: str
    data: bytes
    position: int | None = None


def written(frame: Frame) -> bytes:
    """A frame as a server-sent event."""
    number = b"" if frame.position is None else b"id: %d\n" % frame.position
    return b"%sevent: %s\ndata: %s\n\n" % (number, frame.name.encode(), frame.data)


def at(position: int) -> bytes:
    """How far the log has come."""
    return written(Frame("position", b'{"position":%d}' % position, position))
