"""One reader of the log for all who listen in this process.

May: follow the log, and give each listener what they may see. May not: know HTTP.

However many listen, a commit is read once, and an event is put into words at most twice: as staff see it, and as its customer does. A
listener gets what is committed after it began; what was before, whoever listens reads from the log (`Listener.past`), so that there is no
gap and nothing comes twice. A listener that does not take what it is given is cut off, and resumes.

The reader is a thread, started by the first listener of a process: a process that is forked before has none, and starts its own.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Protocol

import msgspec

from cschat.core import events as e
from cschat.core.access import Actor
from cschat.core.people import Role
from cschat.core.session import Session
from cschat.desk import Desk
from cschat.door import PAGE, Door, owner_of, seen_by
from cschat.errors import LimitExceeded, StoreClosed
from cschat.loops import Loop
from cschat.queries.protocol import shown
from cschat.sight import Who
from cschat.storage.codec import face
from cschat.storage.protocol import Transaction
from cschat.transport.bus import Hint
from cschat.web.attending import Attendance
from cschat.web.frames import Frame

__all__ = ["Hub", "Listener"]

_log = logging.getLogger("cschat.web")
_MOST_WAITING = 500
"""Frames that a listener may have before it; after that it is cut off."""
_MOST_EACH = 30
"""Streams and polls of one person."""
_FAR = 5_000
"""Positions that are read one by one to resume; a customer who was away for longer is told from their own sessions."""
_TOO_FAR = 50_000
"""An agent who was away for so long is told that they have missed something."""
_MOST_SESSIONS = 1_000
_QUIET_SECONDS = 2.0
_LINGER_SECONDS = 60.0


class Heard(Protocol):
    """An event, of threads or of a loop."""

    def set(self) -> Any:
        """There is something to take."""
        ...


class Listener:
    """Somebody who listens, in a thread, or in a task of a `loop`; `heard` is an event of theirs. Made by `Hub.listen`."""

    def __init__(self, hub: Hub, door: Door, who: Who, since: int, session: str | None) -> None:
        self.door = door
        self.who = who
        self.session = session
        self.since = since
        self.floor = since
        self.over = False
        self.loop: Loop | None = None
        self.heard: Heard = threading.Event()
        self._waiting: deque[Frame] = deque()
        self._hub = hub

    def give(self, frame: Frame) -> bool:
        """Put something before them. False if they have had it already, or are cut off. The hub's."""
        if self.over or (frame.position is not None and frame.position <= self.floor):
            return False
        if len(self._waiting) >= _MOST_WAITING:
            self.over = True
        else:
            self._waiting.append(frame)
        return True

    def take(self) -> tuple[list[Frame], int]:
        """What there is, and the position up to which that is all."""
        reached = max(self._hub.position, self.floor)
        frames: list[Frame] = []
        while self._waiting:
            frames.append(self._waiting.popleft())
        return frames, max((frame.position for frame in frames if frame.position is not None), default=reached)

    @property
    def has_more(self) -> bool:
        """Whether there is anything to take."""
        return bool(self._waiting)

    def past(self, after: int) -> Iterator[list[Frame]]:
        """What they may see between a position and where they began to listen, page by page."""
        if self.since - after > _FAR and self.who.role is Role.CUSTOMER:
            yield self.door.works.store.read(lambda tx: [_frame(event) for event in _own(tx, self.who, after, self.since)])
            return
        if self.since - after > _TOO_FAR:
            yield [Frame("missed", b"{}")]
            return
        while after < self.since:
            page, after = self.next_page(after)
            yield [frame for frame in page if frame.position is None or frame.position <= self.since]

    def next_page(self, after: int) -> tuple[list[Frame], int]:
        """What they may see of the next page of the log, and how far that goes."""
        events, reached = self.door.works.store.read(self.door.looking_on(after, None, None))
        return [_frame(event) for event in events], reached

    def close(self) -> None:
        """Listen no more."""
        self._hub.leave(self)


def _own(tx: Transaction, who: Who, after: int, until: int) -> list[e.Event]:
    """What a customer may see of what happened to their sessions between two positions, in order."""
    found: list[e.Event] = []
    for session in tx.find(Session, where={"customer": who.id}, order="-opened", limit=_MOST_SESSIONS):
        seq = 0
        while page := tx.events(session.id, after_seq=seq, limit=PAGE):
            seq = page[-1].seq
            found += [seen for event in page if after < event.position <= until and (seen := seen_by(event, who, tx)) is not None]
    return sorted(found, key=lambda event: event.position)


def _frame(event: e.Event) -> Frame:
    return Frame("happened", msgspec.json.encode(face(event)), event.position)


_ENDS = (e.AgentRemoved, e.AgentChanged, e.CustomerMerged, e.Erased)
"""After these whoever it happened to may be somebody else: they come again, and are looked at anew."""


_STAFF = "staff"


def _place(listener: Listener) -> tuple[str, str | None]:
    """Among whom they are: the brand's staff, or those of one customer (None: customers whom the desk has not met)."""
    return listener.door.brand_id, listener.who.id if listener.who.role is Role.CUSTOMER else _STAFF


class Hub:
    """Follows the log for all listeners of a process."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._forget()
        desk._works.wire.hear(self._hinted)  # noqa: SLF001  (for as long as there is the desk)

    def _forget(self) -> None:
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._news = threading.Event()
        self._thread: threading.Thread | None = None
        self.position = 0
        self._heard_at = 0.0
        self._places: dict[tuple[str, str | None], set[Listener]] = {}
        self._attendance = Attendance()

    # ------------------------------------------------------------------------------------------------------- listening

    def listen(self, desk: Desk, actor: Actor, *, session: str | None = None) -> Listener:
        """Begin to listen. `Forbidden` if they are no agent of this brand, `NotFound` if they may not know the session.

        `LimitExceeded` if they listen too often already.
        """
        door = desk.acting_as(actor)._door  # noqa: SLF001  (a hub reads for many doors at once)

        def look(tx: Transaction) -> Who:
            sight = door.sight(tx)
            if session is not None:
                sight.session(session)
            return sight.who

        who = door.works.store.read(look)
        committed = desk.position()  # by any process: this one may not have heard of all of it yet
        if self._process != os.getpid():
            self._forget()
        with self._lock:
            self._ensure()
            listener = Listener(self, door, who, max(self.position, committed), session)
            place = self._places.setdefault(_place(listener), set())
            if sum(one.who.name == who.name for one in place) >= _MOST_EACH:
                raise LimitExceeded("too many windows listen at once", limit="streams", value=_MOST_EACH, seconds=30)
            place.add(listener)
            self._attendance.add(listener)
        if session is not None:
            self._news.set()
        return listener

    def leave(self, listener: Listener) -> None:
        """Give them nothing any more."""
        with self._lock:
            listener.over = True
            place = self._places.get(_place(listener), set())
            place.discard(listener)
            if not place:
                self._places.pop(_place(listener), None)
            self._attendance.remove(listener)

    def _hinted(self, hint: Hint) -> None:
        """Somebody, here or in another process, has begun or ceased to write in a session, which is no event: look at once."""
        match hint:
            case ("attending", brand_id, session) if self._process == os.getpid():
                with self._lock:
                    if self._attendance.look_at(brand_id, session):
                        self._news.set()
            case _:
                return

    def __len__(self) -> int:
        return sum(map(len, self._places.values()))

    # --------------------------------------------------------------------------------------------------------- reading

    def _ensure(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self.position, self._heard_at = self._desk.position(), time.monotonic()
            self._thread = threading.Thread(target=self._run, name="cschat-hub", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        stop: Callable[[], None] | None = None
        try:
            stop = self._desk.store.subscribe(self._news.set)
            while True:
                self._news.clear()
                self._round()
                if self._is_left():
                    return
                self._news.wait(_QUIET_SECONDS)
        except StoreClosed:
            self._end_all()
        finally:
            if stop is not None:
                stop()

    def _is_left(self) -> bool:
        """Whether nobody has listened for a while: then there is no thread until somebody does."""
        with self._lock:
            now = time.monotonic()
            if len(self):
                self._heard_at = now
            elif now - self._heard_at > _LINGER_SECONDS:
                self._thread = None
            return self._thread is None

    def _round(self) -> None:
        try:
            while self._read():
                pass
            with self._lock:
                due = self._attendance.due(time.monotonic())
            told = [(listeners, frame) for listeners, frame in self._attendance.news(due)]
            with self._lock:
                _ring([listener for listeners, frame in told for listener in listeners if listener.give(frame)])
        except StoreClosed:
            raise
        except Exception:  # noqa: BLE001  (logged; a database that is gone for a moment must not end the streams)
            _log.exception("a round of the hub failed")

    def _read(self) -> bool:
        """Give out the next page of the log. Whether there may be more."""
        rows = self._desk.store.read(self._sort)
        if not rows:
            return False
        with self._lock:
            touched: dict[Listener, None] = {}
            for event, for_customer, owner in rows:
                self._give(event, for_customer, owner, touched)
            self.position = rows[-1][0].position
            _ring(touched)
        return len(rows) == PAGE

    def _sort(self, tx: Transaction) -> list[tuple[e.Event, e.Event | None, str | None]]:
        """The next page of the log: each event, how customers see it, and which customer it is of."""
        rows = []
        for event in tx.log(after=self.position, limit=PAGE):
            for_customer = shown(event, Role.CUSTOMER)
            rows.append((event, for_customer, None if for_customer is None else owner_of(event, tx)))
        return rows

    def _give(self, event: e.Event, for_customer: e.Event | None, owner: str | None, touched: dict[Listener, None]) -> None:
        staff = self._places.get((event.brand, _STAFF))
        if staff:
            frame = _frame(event)
            touched.update((listener, None) for listener in staff if listener.give(frame))
        customers = self._places.get((event.brand, owner)) if for_customer is not None and owner is not None else None
        if customers and for_customer is not None:
            frame = _frame(for_customer)
            touched.update((listener, None) for listener in customers if listener.give(frame))
        if isinstance(event.body, e.CustomerRegistered):
            self._met(event.brand, event.subject, event.body.key)
        elif isinstance(event.body, _ENDS):
            for listener in [*(staff or ()), *self._places.get((event.brand, event.subject), ())]:
                if listener.who.id == event.subject:
                    listener.over = True
                    touched[listener] = None

    def _met(self, brand: str, customer: str, key: str) -> None:
        """Those who have listened before the desk knew them get what is theirs from now on."""
        strangers = self._places.get((brand, None), set())
        for listener in [one for one in strangers if one.door.actor.key == key]:
            strangers.discard(listener)
            listener.who = Who(Role.CUSTOMER, customer)
            self._places.setdefault(_place(listener), set()).add(listener)

    def _end_all(self) -> None:
        with self._lock:
            listeners = [one for several in self._places.values() for one in several]
            for listener in listeners:
                listener.over = True
            _ring(listeners)


def _ring(listeners: Iterable[Listener]) -> None:
    """Wake them; each event loop once for all of its tasks."""
    tasks: dict[Loop, list[Listener]] = {}
    for listener in listeners:
        if listener.loop is None:
            listener.heard.set()
        else:
            tasks.setdefault(listener.loop, []).append(listener)
    for loop, several in tasks.items():
        loop.call(partial(_wake, several))


def _wake(listeners: Iterable[Listener]) -> None:
    for listener in listeners:
        listener.heard.set()
