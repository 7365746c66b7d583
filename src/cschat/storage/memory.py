"""The memory store: everything in dicts and sorted lists of this process, gone when it ends.

May: keep records as they are (they are frozen), and events as documents. May not: be looked at without its lock.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice, product, takewhile
from operator import attrgetter
from typing import Any, TypeVar, cast

from sortedcontainers import SortedDict, SortedList

from cschat.core.events import Event
from cschat.core.grams import holds, searchable
from cschat.core.records import Index, Record
from cschat.core.times import Micros
from cschat.core.transcript import TEXTS, text_of
from cschat.errors import Conflict, StoreClosed, VersionConflict
from cschat.storage.codec import decode_body, encode
from cschat.storage.forking import FORK_SECONDS, survive
from cschat.storage.front import Front, Measured
from cschat.storage.protocol import Batch, Cursor, Gte, In, Key, Lt, Lte, Pending, Transaction, Waker, Where
from cschat.storage.signal import Signal
from cschat.storage.unit import Change, Unit, Writes
from cschat.storage.where import plan

__all__ = ["MemoryStore"]

T = TypeVar("T")
R = TypeVar("R", bound=Record)
Work = Callable[[Transaction], T]

_PAGE = 500
_FEW = 16
"""Up to how many entries an answer is read without knowing where it ends."""
_SPOKEN = frozenset(body.__name__ for body in TEXTS)


class _Top:
    """Greater than anything: the end of a range."""

    def __lt__(self, other: object) -> bool:
        return False

    def __gt__(self, other: object) -> bool:
        return True


_TOP = _Top()
_NOWHERE: tuple[Any, ...] = (None,)


class _Table:
    """The records of one kind and their indexes."""

    def __init__(self, kind: type[Record]) -> None:
        self.kind = kind
        self.rows: SortedDict[str, tuple[Record, int]] = SortedDict()
        self.sorted: dict[Index, SortedList[Any]] = {index: SortedList() for index in kind.indexes}
        self.kept = [(index, attrgetter(*index.fields, "id"), rows) for index, rows in self.sorted.items()]
        self.unique = [one for one in self.kept if one[0].unique]

    def check(self, change: Change) -> None:
        present = self.rows.get(change.id, (None, 0))
        if present[1] != change.version:
            raise VersionConflict(f"{change.id} has changed meanwhile", kind=self.kind.kind, id=change.id)
        for index, entry_of, rows in self.unique if change.after is not None else ():
            entry = entry_of(change.after)
            if None in entry:
                continue
            prefix = entry[:-1]
            twin = next(rows.irange(prefix, (*prefix, _TOP)), None)
            if twin is not None and twin[-1] != change.id:
                raise Conflict(f"there is another {self.kind.kind} with this {index.fields[-1]}", kind=self.kind.kind, fields=index.fields)

    def store(self, id: str, row: tuple[Record, int] | None) -> tuple[Record, int] | None:
        """Put a row (None: remove it) and answer with what was there."""
        old = self.rows.get(id)
        for _index, entry_of, rows in self.kept:
            before = _NOWHERE if old is None else entry_of(old[0])
            after = _NOWHERE if row is None else entry_of(row[0])
            if before != after:
                if None not in before:
                    rows.remove(before)
                if None not in after:
                    rows.add(after)
        if row is None:
            self.rows.pop(id, None)
        else:
            self.rows[id] = row
        return old

    def count(self, where: Where) -> int:
        """How many answer a question."""
        chosen = plan(self.kind, where, None)
        rows = self.sorted[chosen.index]
        if not rows:
            return 0
        test = where[chosen.ranged] if chosen.ranged else None
        number = 0
        for prefix in _prefixes(chosen.fixed, where):
            low, high, (_, whole) = _bounds(prefix, test, None, falling=False)
            number += (rows.bisect_right(high) if whole else rows.bisect_left(high)) - rows.bisect_left(low)
        return number

    def ids(self, where: Where, order: str | None, after: Cursor | None, limit: int) -> list[str]:
        """The ids that answer a question, in its order, at most `limit`."""
        chosen = plan(self.kind, where, order)
        rows = self.sorted[chosen.index]
        if not rows:
            return []
        test = where.get(chosen.ranged) if chosen.ranged else None
        prefixes = _prefixes(chosen.fixed, where)
        if order is None:
            ids = sorted(entry[-1] for prefix in prefixes for entry in rows.irange(*_bounds(prefix, test, None, falling=False)))
            return ids[:limit] if after is None else ids[bisect_right(ids, after[1]) :][:limit]
        falling = order.startswith("-")
        entries = [entry for prefix in prefixes for entry in _scan(rows, prefix, test, after, limit, falling=falling)]
        if len(prefixes) > 1:
            entries.sort(key=lambda entry: entry[len(chosen.fixed) :], reverse=falling)
            del entries[limit:]
        return [entry[-1] for entry in entries]


def _prefixes(fixed: tuple[str, ...], where: Where) -> Sequence[tuple[Any, ...]]:
    """What the fixed fields of an entry may be: each combination once, and never with None, which no index holds."""
    given = tuple([where[name] for name in fixed])
    if In not in map(type, given):
        return () if None in given else (given,)
    options = (dict.fromkeys(value.values) if isinstance(value, In) else (value,) for value in given)
    return [prefix for prefix in product(*options) if None not in prefix]


def _scan(rows: SortedList[Any], prefix: tuple[Any, ...], test: Any, after: Cursor | None, limit: int, *, falling: bool) -> Iterator[Any]:
    """The first entries of an answer, in order. Where few are wanted, it is cheaper to read beyond its end than to look for it first."""
    low, high, include = _bounds(prefix, test, after, falling=falling)
    if limit > _FEW or falling:
        return islice(rows.irange(low, high, include, reverse=falling), limit)
    return takewhile(high.__gt__, islice(rows.irange(low, None, include), limit))  # what `high` includes ends with an id, not with _TOP


def _bounds(
    prefix: tuple[Any, ...], test: Any, after: Cursor | None, *, falling: bool
) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[bool, bool]]:
    """The least and the greatest entry of an answer, and whether each is in it."""
    low: tuple[Any, ...] = prefix
    high: tuple[Any, ...] = (*prefix, _TOP)
    include = (True, True)
    if test is None:
        pass
    elif type(test) is Lt:
        high, include = (*prefix, test.value), (True, False)
    elif type(test) is Lte:
        high = (*prefix, test.value, _TOP)
    elif type(test) is Gte:
        low = (*prefix, test.value)
    if after is not None:
        edge = (*prefix, *after)
        if falling:
            high, include = min(high, edge), (True, False)
        else:
            low, include = max(low, edge), (False, include[1])
    return low, high, include


_Row = tuple[str, str, int, int, str, str, str, str | None, str | None]


def _row(event: Event) -> _Row:
    """An event as the log keeps it: its body as a document, so that it reads back as from any other store."""
    return (event.brand, event.subject, event.seq, event.time, event.actor, event.type, encode(event.body), event.cause, event.once)


class _Engine:
    """The data, and the undo list of the batch that is being written."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.signal = Signal()
        self._tables: dict[type[Record], _Table] = {}
        self._log: list[_Row] = []
        self._subjects: dict[str, list[int]] = {}
        self._once: dict[tuple[str, str], int] = {}
        self._undo: list[tuple[Any, ...]] | None = None

    def table(self, kind: type[Record]) -> _Table:
        table = self._tables.get(kind)
        if table is None:
            table = self._tables[kind] = _Table(kind)
        return table

    # What a unit asks.

    def load(self, kind: type[R], id: str, /) -> tuple[R, int] | None:
        return cast("tuple[R, int] | None", self.table(kind).rows.get(id))

    def select(self, kind: type[R], where: Where, order: str | None, after: Cursor | None, limit: int, /) -> list[tuple[R, int]]:
        table = self.table(kind)
        rows = cast("dict[str, tuple[R, int]]", table.rows)
        return [rows[id] for id in table.ids(where, order, after, limit)]

    def count(self, kind: type[R], where: Where, at_most: int | None, /) -> int:
        number = self.table(kind).count(where)
        return number if at_most is None else min(number, at_most)

    def length(self) -> int:
        return len(self._log)

    def events(self, subject: str, after_seq: int, limit: int, /) -> list[Event]:
        return [self._event(place) for place in self._subjects.get(subject, [])[after_seq : after_seq + limit]]

    def once(self, subject: str, once: str, /) -> Event | None:
        place = self._once.get((subject, once))
        return None if place is None else self._event(place)

    def log(self, after: int, limit: int, /) -> list[Event]:
        return [self._event(place) for place in range(after, min(after + limit, len(self._log)))]

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
    ) -> list[Event]:
        """The log itself is looked through, from its end."""
        found: list[Event] = []
        for place in range(len(self._log) if before is None else min(before - 1, len(self._log)), 0, -1):
            row = self._log[place - 1]
            timely = (start is None or row[3] >= start) and (end is None or row[3] < end)
            if row[0] == brand and row[5] in _SPOKEN and timely and (only is None or only(row[1])):
                event = self._event(place - 1)
                if holds(searchable(text_of(event.body)), words):
                    found.append(event)
                    if len(found) == limit:
                        break
        return found

    def behind(self) -> bool:
        return False

    def _event(self, place: int) -> Event:
        brand, subject, seq, time, actor, type_, data, cause, once = self._log[place]
        return Event(brand, subject, seq, time, actor, decode_body(type_, data), cause, once, place + 1)

    def write(self, writes: Writes, /) -> None:
        self._check_events(writes.events)
        undo = cast("list[tuple[Any, ...]]", self._undo)
        for change in writes.changes:
            table = self.table(change.kind)
            table.check(change)
            row = None if change.after is None else (change.after, change.version + 1)
            undo.append((table, change.id, table.store(change.id, row)))
        for event in writes.events:
            place = len(self._log)
            self._log.append(_row(event))
            self._subjects.setdefault(event.subject, []).append(place)
            if event.once is not None:
                self._once[(event.subject, event.once)] = place
            undo.append((None, event.subject, event.once))
        for event in writes.redactions:
            place = self._subjects[event.subject][event.seq - 1]
            undo.append((place, "", self._log[place]))
            self._log[place] = (*self._log[place][:6], encode(event.body), *self._log[place][7:])

    def _check_events(self, events: Sequence[Event]) -> None:
        """Each must be the next of its subject, and carry a `once` that is new there."""
        heights: dict[str, int] = {}
        for event in events:
            height = heights.get(event.subject)
            if height is None:
                height = len(self._subjects.get(event.subject, ()))
            if event.seq != height + 1 or (event.once is not None and (event.subject, event.once) in self._once):
                raise VersionConflict(f"{event.name} is not the next event of its subject", kind="event", id=event.name)
            heights[event.subject] = event.seq

    def _take_back(self, where: _Table | int | None, name: str, old: Any) -> None:
        if isinstance(where, _Table):
            where.store(name, old)
        elif where is None:
            self._log.pop()
            self._subjects[name].pop()
            if old is not None:
                del self._once[(name, old)]
        else:
            self._log[where] = old

    # What the front asks.

    def begin(self, touches: Sequence[Key] = (), *, prompt: bool = False) -> Unit:
        self.lock.acquire()
        self._undo = []
        return Unit(self)

    def commit(self) -> None:
        self._undo = None
        self.lock.release()

    def rollback(self) -> bool:
        if self._undo is None:
            return False
        for entry in reversed(self._undo):
            self._take_back(*entry)
        self._undo = None
        self.lock.release()
        return True

    def committed(self) -> None:
        self.signal.tell(self.length())


class MemoryStore:
    """A `Store` in this process's memory."""

    def __init__(self) -> None:
        self._engine = _Engine()
        self._front = Front(self._engine, inline=True)
        self._closed = False
        self._paused = False
        survive(self)

    def transact(self, work: Work[T], /, *, brand: str, touches: Sequence[Key] = ()) -> T:
        return self._front.transact(work, touches)

    def submit(self, work: Work[T], /, *, brand: str, touches: Sequence[Key] = (), waker: Waker) -> Pending[T]:
        return self._front.submit(work, waker, touches)

    def read(self, work: Work[T], /) -> T:
        with self._reading():
            return work(Unit(self._engine, keep=False))

    def batch(self, *, size: int) -> AbstractContextManager[Batch]:
        return self._front.batch(size)

    def stream(self, kind: type[R], /, *, brand: str | None = None, after: str = "") -> Iterator[R]:
        last = after
        while True:
            with self._reading():
                rows = self._engine.table(kind).rows
                page = [cast("R", rows[id][0]) for id in islice(rows.irange(last, inclusive=(False, False)), _PAGE)]
            if not page:
                return
            yield from (record for record in page if brand is None or record.brand == brand)
            last = page[-1].id

    def stream_log(self, /, *, after: int = 0, until: int | None = None) -> Iterator[Event]:
        while True:
            with self._reading():
                page = self._engine.log(after, _PAGE)
            for event in page:
                if until is not None and event.position > until:
                    return
                yield event
            if not page:
                return
            after = page[-1].position

    def position(self) -> int:
        with self._reading():
            return self._engine.length()

    def measure(self, measured: Measured) -> None:
        self._front.measured = measured

    def look(self) -> int:
        position = self.position()
        self._engine.signal.tell(position)
        return position

    def wait(self, /, *, after: int, timeout: float) -> int:
        return self._engine.signal.wait(after, timeout)

    def subscribe(self, heard: Callable[[], None], /) -> Callable[[], None]:
        return self._engine.signal.subscribe(heard)

    def close(self) -> None:
        self._front.close()
        self._closed = True
        self._engine.signal.close()

    def rest(self) -> bool:
        self._paused = self._front.pause(FORK_SECONDS)
        return self._paused

    def wake(self, *, child: bool) -> None:
        if child:
            self._engine.lock = threading.RLock()
            self._engine.signal.reset()
        self._front.resume(child=child, paused=self._paused)

    @contextmanager
    def _reading(self) -> Generator[None]:
        if self._closed:
            raise StoreClosed("the store has been closed")
        with self._engine.lock:
            yield
