"""A whole store into another, of whatever kind, verified.

May: read one store, and write what it holds into one that holds nothing else. May not: change what is copied, or carry out a command.

The log comes first, in its order, so that every event has the position that it had; then the records of each class. A copy that was stopped
goes on when it is begun again: what is there already is held against the source, and put right where the source has changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeVar

import attrs

from cschat.core.events import Event
from cschat.core.records import Record
from cschat.errors import Conflict
from cschat.kinds import KINDS
from cschat.storage.content import content_hash
from cschat.storage.protocol import Store, Transaction

__all__ = ["Copied", "copy_store"]

T = TypeVar("T")
R = TypeVar("R", bound=Record)
Told = Callable[[str, int, int], None]
"""Called as `told(step, done, all)`; `all` is 0 where it is not known beforehand."""

_EVENTS = 2_000
_RECORDS = 1_000


@attrs.frozen
class Copied:
    """What a copy came to: how many events and records were written, how many events were there, and the `content_hash` of both stores."""

    events: int
    records: int
    known: int
    content: str


def copy_store(source: Store, target: Store, *, told: Told | None = None) -> Copied:
    """Make `target` hold what `source` holds, in constant memory.

    The source should be at rest. If it is not, copy once while it is at work, and once more, which is quick, when it has been stopped.
    `Conflict`: the target holds something else, somebody writes to it, or the copy turned out not to equal what it was made from.
    """
    tell = told or _silent
    known = target.position()
    _refuse_another(source, target, known)
    _mend_log(source, target, known, tell)
    events = _extend_log(source, target, known, tell)
    records = sum(_copy_records(source, target, kind, tell) for kind in KINDS)
    tell("verify", 0, 0)
    content = content_hash(source, KINDS)
    if content != content_hash(target, KINDS):
        raise Conflict("the copy does not equal what it was made from: stop whatever writes to either, and copy again", content=content)
    return Copied(events, records, known, content)


def _silent(_step: str, _done: int, _all: int) -> None:
    """For who wants to be told nothing."""


def _refuse_another(source: Store, target: Store, known: int) -> None:
    """A target is empty, or holds the beginning of this source."""
    if known == 0:
        strange: Iterable[bool] = (next(iter(target.stream(kind)), None) is not None for kind in KINDS)
        if source.position() and any(strange):
            raise Conflict("the target holds records and no events: it is no copy of this store")
        return
    for position in (1, known):
        if [_named(event) for event in _at(source, position)] != [_named(event) for event in _at(target, position)]:
            raise Conflict("the target holds something else: copy into an empty store, or into a copy of this one", position=position)


def _at(store: Store, position: int) -> list[Event]:
    return store.read(lambda tx: tx.log(after=position - 1, limit=1))


def _named(event: Event) -> tuple[Any, ...]:
    """What of an event never changes. Its body may be blanked later."""
    return (event.position, event.brand, event.subject, event.seq, event.time, event.type, event.actor, event.cause, event.once)


# -------------------------------------------------------------------------------------------------------------------- the log


def _mend_log(source: Store, target: Store, known: int, tell: Told) -> None:
    """Hold what is there against the source, and blank what was blanked there since."""
    if not known:
        return
    pairs = zip(source.stream_log(until=known), target.stream_log(until=known), strict=True)
    done = 0
    for page in _pages(pairs, _EVENTS):
        blanked = []
        for theirs, ours in page:
            if theirs != ours:
                if _named(theirs) != _named(ours):
                    raise Conflict("the target holds something else from this position on", position=theirs.position)
                blanked.append(theirs)
        if blanked:
            target.transact(lambda tx, events=blanked: [tx.redact(event) for event in events], brand="")  # type: ignore[misc]
        done += len(page)
        tell("compare", done, known)


def _extend_log(source: Store, target: Store, known: int, tell: Told) -> int:
    end, done = source.position(), 0
    for page in _pages(source.stream_log(after=known, until=end), _EVENTS):
        target.transact(_addition(page), brand="")
        done += len(page)
        tell("events", known + done, end)
    return done


def _addition(events: Sequence[Event]) -> Callable[[Transaction], None]:
    """Work that adds events where they stood. The store numbers them anew, so nobody else may have added any."""

    def add(tx: Transaction) -> None:
        before = events[0].position - 1
        last = tx.log(after=max(before - 1, 0), limit=2)
        if len(last) != min(before, 1):
            raise Conflict("somebody else writes to the target", position=before)
        for event in events:
            tx.append(event)

    return add


# ---------------------------------------------------------------------------------------------------------------- the records


def _copy_records(source: Store, target: Store, kind: type[Record], tell: Told) -> int:
    """Take out what the source has otherwise or not at all, then add what is missing; how many were added.

    In two rounds, because a name that must be unique may have gone from one record to another.
    """
    for page in _pages(_only_first(target.stream(kind), source.stream(kind)), _RECORDS):
        target.transact(_removal(kind, page), brand="")
    done = 0
    for page in _pages(_only_first(source.stream(kind), target.stream(kind)), _RECORDS):
        target.transact(lambda tx, records=page: [tx.put(record) for record in records], brand="")  # type: ignore[misc]
        done += len(page)
        tell(kind.kind, done, 0)
    return done


def _removal(kind: type[Record], records: Sequence[Record]) -> Callable[[Transaction], None]:
    def remove(tx: Transaction) -> None:
        for record in records:
            tx.delete(kind, record.id)

    return remove


def _only_first(first: Iterator[R], second: Iterator[R]) -> Iterator[R]:
    """Of two streams in order of id, what of the first is not just so in the second.

    The second may grow behind the place that has been reached: it is read no further than to there.
    """
    other = next(second, None)
    for record in first:
        while other is not None and other.id < record.id:
            other = next(second, None)
        if record != other:
            yield record


def _pages(items: Iterator[T], size: int) -> Iterator[list[T]]:
    for first in items:
        yield list(chain((first,), islice(items, size - 1)))
