"""What the desk asks of a store: few verbs, one atomic unit, one log.

May: state the contract. May not: implement it.

`find` and `count` go by declared indexes only: equality (or `In`) on the first fields of an index, then at most one range, and an order on
the field that follows. An index holds no record in which one of its fields is None, so such records are not found through it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

import attrs

from cschat.core.events import Event
from cschat.core.records import Record
from cschat.core.times import Micros

__all__ = [
    "Batch",
    "Cursor",
    "Gte",
    "In",
    "Key",
    "Lt",
    "Lte",
    "Pending",
    "Store",
    "TextSearch",
    "Transaction",
    "Waker",
    "Where",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R", bound=Record)


@attrs.frozen
class Key:
    """One record: its class and id."""

    kind: type[Record]
    id: str


@attrs.frozen
class Lt:
    """Less than `value`."""

    value: Any


@attrs.frozen
class Lte:
    """At most `value`."""

    value: Any


@attrs.frozen
class Gte:
    """At least `value`."""

    value: Any


@attrs.frozen
class In:
    """One of `values`."""

    values: tuple[Any, ...]


Where: TypeAlias = Mapping[str, Any]
"""Field name -> a value to equal, or one of `Lt`, `Lte`, `Gte`, `In`."""

Cursor: TypeAlias = tuple[Any, str]
"""Where a page ended: the value of the order field and the id of its last record."""


class Transaction(Protocol):
    """What work sees: the store as it is now, with this transaction's own writes.

    Writes are buffered until the work has returned; work that raises has written nothing.
    """

    def get(self, kind: type[R], id: str, /) -> R:
        """One record. `NotFound` if there is none."""
        ...

    def peek(self, kind: type[R], id: str, /) -> R | None:
        """One record, or None."""
        ...

    def find(self, kind: type[R], /, *, where: Where, order: str | None = None, after: Cursor | None = None, limit: int) -> list[R]:
        """Records by a declared index, in the order of the field `order` ("-field": falling), then id; without `order` by id."""
        ...

    def count(self, kind: type[R], /, *, where: Where, at_most: int | None = None) -> int:
        """How many `find` would find without a limit; counting stops at `at_most`."""
        ...

    def put(self, record: Record, /) -> None:
        """Write a record. It must be the one read in this transaction, changed, or a new one; else `VersionConflict` when flushed."""
        ...

    def delete(self, kind: type[R], id: str, /) -> None:
        """Remove a record that was read in this transaction."""
        ...

    def attempt(self) -> AbstractContextManager[None]:
        """Undo what is written within if it raises; what was written before stays, and the error goes on.

        What a store sees only when it writes (a version, a unique index) is no matter of one attempt: it fails the whole work.
        """
        ...

    def append(self, event: Event, /) -> None:
        """Add to the log. `seq` must be the next of its subject; the position is the store's."""
        ...

    def redact(self, event: Event, /) -> None:
        """Put a blanked event in the place of the one with the same subject and seq. Erasure only."""
        ...

    def events(self, subject: str, /, *, after_seq: int = 0, limit: int) -> list[Event]:
        """A subject's events in order of seq."""
        ...

    def once(self, subject: str, once: str, /) -> Event | None:
        """The subject's event that carries this `once`."""
        ...

    def log(self, /, *, after: int, limit: int) -> list[Event]:
        """All events that are committed, in order of position."""
        ...


@runtime_checkable
class TextSearch(Protocol):
    """What the transactions of a store may offer besides: the events of the log by the text in them (`core.transcript.text_of`).

    What is committed is found at once, and what is redacted no more, however far an index of the store has got. An index is filled by
    `keep_up`, which the desk calls off the hot path; appending an event writes nothing more. A store without an index answers `behind`
    with False and does nothing in the others. Two processes may keep up at once: the one who writes first has read on, the other goes on
    from there.
    """

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
        """Committed events that hold all the words (as `core.grams.words` gives them; one has two letters), the last in the log first.

        Of a brand, from `start` (included) to `end` (not), at positions below `before`, and of subjects that `only` lets through.
        """
        ...

    def behind(self) -> bool:
        """Whether `keep_up` has anything to do."""
        ...

    def keep_up(self, limit: int, /) -> None:
        """When this is flushed: the next `limit` events of the log are in the index, and what was redacted leaves it, trace by trace.

        When nothing is `behind`, no trace of what was redacted is left.
        """
        ...

    def start_over(self) -> None:
        """When this is flushed: the index is empty, and behind."""
        ...


class Pending(Protocol[T_co]):
    """The answer to `submit`, which comes later."""

    def result(self) -> T_co:
        """The work's result, or its error raised. Only after the waker was called with this."""
        ...

    def cancel(self) -> bool:
        """Drop the work if it has not begun; True if it was dropped. What has begun commits."""
        ...


class Waker(Protocol):
    """The event loop of whoever submits."""

    def soon(self, begin: Callable[[], None], /) -> None:
        """Called from any thread: run `begin` in the loop's when the tasks that are ready there have had their turn, to share a batch."""
        ...

    def wake(self, done: Sequence[Pending[Any]], /) -> None:
        """Called from any thread, once for each batch, with what is done."""
        ...


class Batch(Protocol):
    """Work that is run at once and committed seldom, on the thread that opened it."""

    def run(self, work: Callable[[Transaction], T], /) -> T:
        """Run now and see what ran before; committed with the rest."""
        ...

    def read(self, work: Callable[[Transaction], T], /) -> T:
        """Look, seeing what ran before."""
        ...


class Store(Protocol):
    """A place for records and events.

    Work is a plain function of the transaction; it must be repeatable, do no I/O of its own, and write through no other verb of the store
    (`Conflict`: it would wait for itself).
    """

    def transact(self, work: Callable[[Transaction], T], /, *, brand: str, touches: Sequence[Key] = ()) -> T:
        """Run work and commit it; when this returns, no crash undoes it. `touches` is a hint of what it will read and write."""
        ...

    def submit(self, work: Callable[[Transaction], T], /, *, brand: str, touches: Sequence[Key] = (), waker: Waker) -> Pending[T]:
        """As `transact`, without waiting: `waker` is called when it is done."""
        ...

    def read(self, work: Callable[[Transaction], T], /) -> T:
        """Run work on a consistent snapshot, beside writers."""
        ...

    def batch(self, *, size: int) -> AbstractContextManager[Batch]:
        """Run many works, committing after every `size` of them and at the end."""
        ...

    def stream(self, kind: type[R], /, *, brand: str | None = None, after: str = "") -> Iterator[R]:
        """All records of a kind by id, those `after` an id, in constant memory, without holding up writers."""
        ...

    def stream_log(self, /, *, after: int = 0, until: int | None = None) -> Iterator[Event]:
        """All events by position, in constant memory."""
        ...

    def position(self) -> int:
        """The position of the last committed event; 0 if there is none."""
        ...

    def measure(self, measured: Callable[[int, int, float], None], /) -> None:
        """Call this after each commit with how many works it held, how many wait for the next, and the seconds it took."""
        ...

    def look(self) -> int:
        """Tell those who wait and listen now what another process has committed; the position."""
        ...

    def wait(self, /, *, after: int, timeout: float) -> int:
        """Return the position as soon as it is beyond `after`, whichever process committed, or after `timeout` seconds."""
        ...

    def subscribe(self, heard: Callable[[], None], /) -> Callable[[], None]:
        """Call `heard` (from any thread, quickly) whenever something newer is committed by any process. Returns how to stop it."""
        ...

    def close(self) -> None:
        """Finish what was begun, then refuse everything with `StoreClosed`."""
        ...
