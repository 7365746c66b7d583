"""What the conformance suite writes, and the doors through which it writes it.

May: make records, events and works, and run works through a store. May not: expect anything of the answers.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar, cast

from msgspec import Struct

from cschat.core import events as e
from cschat.core.grams import words
from cschat.core.records import Index, evolve
from cschat.loops import current
from cschat.storage.protocol import Store, TextSearch, Transaction

__all__ = ["DOORS", "Door", "Reopen", "Texts", "Thing", "Work", "add_one", "append", "behind", "put", "said", "transact"]

T = TypeVar("T")
Work: TypeAlias = Callable[[Transaction], T]

BRAND = "brd_suite"
WAIT_SECONDS = 30.0
"""How long the suite waits for another thread, task or process before it calls that a failure."""


class Thing(Struct, frozen=True):
    """A record that no desk has, with every kind of index."""

    kind: ClassVar[str] = "thing"
    prefix: ClassVar[str] = "thg"
    indexes: ClassVar[tuple[Index, ...]] = (
        Index(("brand", "colour", "rank")),
        Index(("owner",)),
        Index(("brand", "name"), unique=True),
        Index(("due",)),
    )

    id: str
    brand: str = BRAND
    n: int = 0
    colour: str = "red"
    rank: int | None = 0
    owner: str | None = None
    name: str | None = None
    due: int | None = None
    text: str = ""


class Reopen(Protocol):
    """Opens once more the database of the suite's `store`. It is also pickled and called in other processes."""

    def __call__(self) -> Store: ...


def event(subject: str, seq: int, text: str = "", once: str | None = None) -> e.Event:
    """The event `seq` of a subject."""
    return e.Event(BRAND, subject, seq, 1_000_000 * seq, "host", e.SubjectSet(text), None, once)


def append(tx: Transaction, subject: str, text: str = "", once: str | None = None) -> int:
    """Append the next event of a subject; its seq. For subjects with few events."""
    seq = len(tx.events(subject, limit=1_000_000)) + 1
    tx.append(event(subject, seq, text, once))
    return seq


def add_one(id: str) -> Work[int]:
    """Work that adds one to a thing's `n`, which it makes if need be, appends an event with that seq, and answers with the sum."""

    def work(tx: Transaction) -> int:
        thing = tx.peek(Thing, id) or Thing(id)
        thing = evolve(thing, n=thing.n + 1)
        tx.put(thing)
        tx.append(event(id, thing.n))
        return thing.n

    return work


def put(*things: Thing) -> Work[None]:
    """Work that writes new things."""

    def work(tx: Transaction) -> None:
        for thing in things:
            tx.put(thing)

    return work


def said(store: Store, subject: str) -> list[tuple[int, str]]:
    """The events of a subject that are committed: seq and text."""
    return store.read(lambda tx: [(one.seq, one.body.subject) for one in tx.events(subject, limit=1_000_000)])


def transact(store: Store, work: Work[T]) -> T:
    """Run one work in this thread."""
    return store.transact(work, brand=BRAND)


def behind(tx: Transaction) -> bool:
    """Work that tells whether an index of texts has anything to do."""
    return cast("TextSearch", tx).behind()


class Texts:
    """What a store finds by text: the positions of the events, as it gives them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, text: str, *, brand: str = BRAND, limit: int = 99, **where: Any) -> list[int]:
        found = self._store.read(lambda tx: cast("TextSearch", tx).texts(words(text), brand=brand, limit=limit, **where))
        return [one.position for one in found]

    def keep_up(self, limit: int) -> None:
        """Let an index take in so many events."""
        transact(self._store, lambda tx: cast("TextSearch", tx).keep_up(limit))

    def start_over(self) -> None:
        """Empty an index."""
        transact(self._store, lambda tx: cast("TextSearch", tx).start_over())

    def as_the_index_goes(self, *, step: int) -> Iterator[None]:
        """Stop before an index is filled, after each step, and at its end."""
        yield
        while self._store.read(behind):
            self.keep_up(step)
            yield

    def catch_up(self) -> None:
        """Fill an index."""
        for _ in self.as_the_index_goes(step=100):
            pass


# ---------------------------------------------------------------------------------------------------------------- doors


class Door(Protocol):
    """A way to a store."""

    def __call__(self, store: Store, works: Sequence[Work[Any]], /, *, lanes: int = 16) -> list[Any]:
        """Run works, on so many lanes (threads or tasks) at once. Answers with each work's result, or with what it raised."""
        ...


def threads(store: Store, works: Sequence[Work[Any]], /, *, lanes: int = 16) -> list[Any]:
    """Through `transact`, on threads."""
    outcomes: list[Any] = [None] * len(works)
    together = threading.Barrier(min(lanes, len(works)))

    def lane(first: int) -> None:
        together.wait(WAIT_SECONDS)
        for place in range(first, len(works), lanes):
            try:
                outcomes[place] = transact(store, works[place])
            except BaseException as error:  # noqa: BLE001  (an outcome, whatever it is)
                outcomes[place] = error

    running = [threading.Thread(target=lane, args=(first,)) for first in range(min(lanes, len(works)))]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return outcomes


async def _lane(store: Store, works: Sequence[Work[Any]], outcomes: list[Any], first: int, lanes: int) -> None:
    for place in range(first, len(works), lanes):
        try:
            outcomes[place] = await answer(store, works[place])
        except BaseException as error:  # noqa: BLE001  (an outcome, whatever it is; nobody cancels here)
            outcomes[place] = error


async def answer(store: Store, work: Work[T]) -> T:
    """Run one work from a task, on asyncio or trio."""
    return await current().answer(lambda waker: store.submit(work, brand=BRAND, waker=waker))


def asyncio_tasks(store: Store, works: Sequence[Work[Any]], /, *, lanes: int = 16) -> list[Any]:
    """Through `submit`, on tasks of asyncio."""
    outcomes: list[Any] = [None] * len(works)

    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            for first in range(min(lanes, len(works))):
                tasks.create_task(_lane(store, works, outcomes, first, lanes))

    asyncio.run(main())
    return outcomes


def trio_tasks(store: Store, works: Sequence[Work[Any]], /, *, lanes: int = 16) -> list[Any]:
    """Through `submit`, on tasks of trio."""
    import trio

    outcomes: list[Any] = [None] * len(works)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for first in range(min(lanes, len(works))):
                nursery.start_soon(partial(_lane, store, works, outcomes, first, lanes))

    trio.run(main)
    return outcomes


DOORS: dict[str, Door] = {"sync": threads, "asyncio": asyncio_tasks, "trio": trio_tasks}
