"""Who looks and who types, for those who have a session open.

May: ask again now and then, and say what has changed. May not: decide who sees whom (the query does).

Attendance is no event, so it is asked for: every two seconds while somebody has the session open, and at once when it changed in this
process, or in another that is on the same bus.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import attrs
import msgspec

from cschat import queries as q
from cschat.errors import Forbidden, NotFound, StoreClosed
from cschat.storage.codec import face
from cschat.web.frames import Frame

if TYPE_CHECKING:
    from cschat.web.hub import Listener

__all__ = ["Attendance", "attending"]

_EVERY = 2.0
"""Seconds."""


def attending(listener: Listener) -> list[Any]:
    """Who is there, as a listener may see it."""
    if listener.session is None:
        return []
    try:
        found: list[Any] = face(listener.door.works.store.read(listener.door.asking(q.Attending(listener.session))))
    except (Forbidden, NotFound, StoreClosed):
        return []  # they may not see it any more, or nobody can: their stream is about to end
    return found


@attrs.define(eq=False)
class _Watched:
    """One session as one person sees it, in however many windows."""

    listeners: set[Listener] = attrs.field(factory=set)
    last: bytes = b""
    next: float = 0.0


class Attendance:
    """The sessions that somebody has open. Guarded by the hub's lock, but for `news`."""

    def __init__(self) -> None:
        self._watched: dict[tuple[str, str, str], _Watched] = {}

    def add(self, listener: Listener) -> None:
        """Somebody has a session open, if they have: they are told at once."""
        if listener.session is not None:
            watched = self._watched.setdefault(_key(listener), _Watched())
            watched.listeners.add(listener)
            if watched.last:
                listener.give(_frame(listener.session, watched.last))

    def remove(self, listener: Listener) -> None:
        """They look no more."""
        watched = self._watched.get(_key(listener)) if listener.session is not None else None
        if watched is not None:
            watched.listeners.discard(listener)
            if not watched.listeners:
                del self._watched[_key(listener)]

    def look_at(self, brand_id: str, session: str) -> bool:
        """Something changed in a session. Whether anybody has it open."""
        watched = [watched for (brand, open_, _), watched in self._watched.items() if (brand, open_) == (brand_id, session)]
        for one in watched:
            one.next = 0.0
        return bool(watched)

    def due(self, now: float) -> list[tuple[_Watched, list[Listener]]]:
        """What is to be asked again now."""
        due = [watched for watched in self._watched.values() if watched.next <= now]
        for watched in due:
            watched.next = now + _EVERY
        return [(watched, list(watched.listeners)) for watched in due]

    def news(self, due: Collection[tuple[_Watched, list[Listener]]]) -> Iterator[tuple[list[Listener], Frame]]:
        """Ask, and say what is not as it was."""
        for watched, listeners in due:
            if not listeners:
                continue
            now = msgspec.json.encode(attending(listeners[0]))
            if now != watched.last:
                watched.last = now
                yield listeners, _frame(listeners[0].session, now)


def _frame(session: str | None, present: bytes) -> Frame:
    return Frame("attending", b'{"session":%s,"attending":%s}' % (msgspec.json.encode(session), present))


def _key(listener: Listener) -> tuple[str, str, str]:
    return listener.door.brand_id, listener.session or "", listener.who.name
