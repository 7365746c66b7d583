"""The unit of work: what one command has read and written, before any of it reaches the database.

May: buffer, and lay the buffer over what the database says. May not: know which database it is.

A unit lives as long as a batch. Between two commands it keeps what it knows of the records (the batch is one transaction, so nobody else
can have changed them); `flush` hands a command's writes to the engine, `discard` forgets them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import attrs
from msgspec import Struct

from cschat.core.events import Event
from cschat.core.records import Record
from cschat.core.times import Micros
from cschat.errors import NotFound
from cschat.storage.protocol import Cursor, Where
from cschat.storage.where import matches

__all__ = ["Change", "Engine", "Unit", "Writes"]

R = TypeVar("R", bound=Record)
_Name = tuple[type[Record], str]


class Change(Struct, frozen=True, gc=False):
    """One record's way from `before` (None: new) at `version` to `after` (None: deleted)."""

    kind: type[Record]
    id: str
    before: Record | None
    version: int
    after: Record | None


@attrs.frozen
class Writes:
    """What one command writes, all of it or nothing."""

    changes: Sequence[Change]
    events: Sequence[Event]
    redactions: Sequence[Event]
    keep_up: int = 0
    start_over: bool = False


class Engine(Protocol):
    """What a database must be able to do inside its transaction."""

    def load(self, kind: type[R], id: str, /) -> tuple[R, int] | None:
        """A record and its version."""
        ...

    def select(self, kind: type[R], where: Where, order: str | None, after: Cursor | None, limit: int, /) -> list[tuple[R, int]]: ...
    def count(self, kind: type[R], where: Where, at_most: int | None, /) -> int: ...
    def events(self, subject: str, after_seq: int, limit: int, /) -> list[Event]: ...
    def once(self, subject: str, once: str, /) -> Event | None: ...
    def log(self, after: int, limit: int, /) -> list[Event]: ...
    def texts(
        self,
        words: Sequence[str],
        /,
        *,
        brand: str,
        start: Micros | None,
        end: Micros | None,
        before: int | None,
        only: Callable[[str], bool] | None,
        limit: int,
    ) -> list[Event]: ...
    def behind(self) -> bool: ...

    def write(self, writes: Writes, /) -> None:
        """Write, checking versions (`VersionConflict`) and unique indexes (`Conflict`). If it raises, the batch is rolled back."""
        ...


class Unit:
    """A `Transaction` over an engine. One that only reads need not `keep` what it has found, and may go over any number of records."""

    def __init__(self, engine: Engine, *, keep: bool = True) -> None:
        self._engine = engine
        self._keep = keep
        self._known: dict[_Name, tuple[Any, int]] = {}
        self._changed: dict[_Name, Any] = {}
        self._events: list[Event] = []
        self._redactions: list[Event] = []
        self._keep_up = 0
        self._start_over = False

    def get(self, kind: type[R], id: str, /) -> R:
        record = self.peek(kind, id)
        if record is None:
            raise NotFound(f"there is no {kind.kind} {id}", kind=kind.kind, id=id)
        return record

    def peek(self, kind: type[R], id: str, /) -> R | None:
        name = (kind, id)
        if name in self._changed:
            return self._changed[name]  # type: ignore[no-any-return]
        known = self._known.get(name)
        if known is None:
            known = self._engine.load(kind, id)
            if known is None:
                return None
            self._known[name] = known
        return known[0]  # type: ignore[no-any-return]

    def find(self, kind: type[R], /, *, where: Where, order: str | None = None, after: Cursor | None = None, limit: int) -> list[R]:
        mine = self._mine(kind, where, order)
        rows = self._engine.select(kind, where, order, after, limit + len(mine))
        if not self._keep:
            return [record for record, _version in rows]
        found = [self._known.setdefault((kind, row[0].id), row)[0] for row in rows]
        if not mine:
            return found
        others = [record for record in found if record.id not in mine]
        return _ordered([*others, *(own for own in mine.values() if own is not None)], order, after)[:limit]

    def _mine(self, kind: type[R], where: Where, order: str | None) -> dict[str, R | None]:
        """Own writes that answer a question, and (None) those by which something does so no more."""
        mine: dict[str, R | None] = {}
        for name, record in self._changed.items():
            if name[0] is not kind:
                continue
            if record is not None and matches(record, where, order):
                mine[name[1]] = record
            elif (known := self._known.get(name)) is not None and matches(known[0], where, order):
                mine[name[1]] = None
        return mine

    def count(self, kind: type[R], /, *, where: Where, at_most: int | None = None) -> int:
        number = self._engine.count(kind, where, at_most)
        for name, record in self._changed.items():
            if name[0] is kind:
                known = self._known.get(name)
                number -= known is not None and matches(known[0], where, None)
                number += record is not None and matches(record, where, None)
        return number if at_most is None else min(number, at_most)

    def put(self, record: Record, /) -> None:
        self._changed[(type(record), record.id)] = record

    def delete(self, kind: type[R], id: str, /) -> None:
        self.get(kind, id)
        self._changed[(kind, id)] = None

    @contextmanager
    def attempt(self) -> Generator[None]:
        before = dict(self._changed), list(self._events), list(self._redactions), self._keep_up, self._start_over
        try:
            yield
        except BaseException:
            self._changed, self._events, self._redactions, self._keep_up, self._start_over = before
            raise

    def append(self, event: Event, /) -> None:
        self._events.append(event)

    def redact(self, event: Event, /) -> None:
        for place, own in enumerate(self._events):
            if own.subject == event.subject and own.seq == event.seq:
                self._events[place] = event
                return
        self._redactions.append(event)

    def events(self, subject: str, /, *, after_seq: int = 0, limit: int) -> list[Event]:
        stored = self._engine.events(subject, after_seq, limit)
        own = (event for event in self._events if event.subject == subject and event.seq > after_seq)
        return [*(map(self._as_redacted, stored) if self._redactions else stored), *own][:limit]

    def _as_redacted(self, event: Event) -> Event:
        blank = (own for own in reversed(self._redactions) if own.subject == event.subject and own.seq == event.seq)
        return next(blank, event)

    def once(self, subject: str, once: str, /) -> Event | None:
        own = (event for event in self._events if event.once == once and event.subject == subject)
        return next(own, None) or self._engine.once(subject, once)

    def log(self, /, *, after: int, limit: int) -> list[Event]:
        return self._engine.log(after, limit)

    def texts(
        self,
        words: Sequence[str],
        /,
        *,
        brand: str,
        start: Micros | None = None,
        end: Micros | None = None,
        before: int | None = None,
        only: Callable[[str], bool] | None = None,
        limit: int,
    ) -> list[Event]:
        return self._engine.texts(words, brand=brand, start=start, end=end, before=before, only=only, limit=limit)

    def behind(self) -> bool:
        return self._engine.behind()

    def keep_up(self, limit: int, /) -> None:
        self._keep_up = limit

    def start_over(self) -> None:
        self._start_over = True

    def flush(self) -> None:
        """Hand the command's writes to the engine. On an error the batch is lost, and this unit with it."""
        if not (self._changed or self._events or self._redactions or self._keep_up or self._start_over):
            return
        changes = []
        for (kind, id), after in self._changed.items():
            before, version = self._known.get((kind, id), (None, 0))
            if after is not before:
                changes.append(Change(kind, id, before, version, after))
        self._engine.write(Writes(changes, self._events, self._redactions, self._keep_up, self._start_over))
        for change in changes:
            if change.after is None:
                self._known.pop((change.kind, change.id), None)
            else:
                self._known[(change.kind, change.id)] = (change.after, change.version + 1)
        self.discard()

    def discard(self) -> None:
        """Forget the command's writes."""
        self._changed = {}
        self._events = []
        self._redactions = []
        self._keep_up = 0
        self._start_over = False


def _ordered(records: list[R], order: str | None, after: Cursor | None) -> list[R]:
    """Sort as the engine does, and drop what the page before has shown: own writes may lie on either side of it."""

    def place(record: Any) -> Any:
        return record.id if order is None else (getattr(record, order.removeprefix("-")), record.id)

    falling = order is not None and order.startswith("-")
    records.sort(key=place, reverse=falling)
    if after is None:
        return records
    edge: Any = after[1] if order is None else after
    return [record for record in records if (place(record) < edge if falling else place(record) > edge)]
