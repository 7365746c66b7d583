"""The consumer of the log that keeps a store's index of texts.

May: let the store read on, in small steps between the desk's own commits. May not: know what an index is, or hold up a command for long.

It needs no lease and no place of its own: each step is one transaction, in which the store reads on from where the index is. Of two
processes that take a step at once, the second goes on where the first has ended. It waits until there is something worth a commit: so many
events, or so many seconds. A search misses nothing meanwhile.
"""

from __future__ import annotations

from functools import cache
from typing import cast

from cschat.core.clock import Clock
from cschat.core.times import SECOND
from cschat.storage.protocol import Store, TextSearch, Transaction

__all__ = ["STEP", "Indexing", "behind"]

STEP = 100
"""Events in one step, which takes a few milliseconds of the writer's time."""
PAUSE_SECONDS = 10
"""How long news may wait while there is little of it."""
ENOUGH = 1_000
"""So many events are indexed at once."""
_ROUND = 50


class Indexing:
    """Who keeps the index of one store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._reached = -ENOUGH
        self._last = 0

    def round(self) -> None:
        """Take some steps if it is worth it."""
        waits = self._clock.now() - self._last < PAUSE_SECONDS * SECOND
        if not waits or self._store.position() - self._reached >= ENOUGH:
            self._go_on()

    def catch_up(self) -> None:
        """Read on to the end of the log."""
        while self._go_on():
            pass

    def _go_on(self) -> bool:
        self._last, position = self._clock.now(), self._store.position()
        more = self.steps(_ROUND)
        self._reached = -ENOUGH if more else position
        return more

    def steps(self, most: int) -> bool:
        """Take at most so many steps; whether there is more to do."""
        for _ in range(most):
            if not self._store.read(behind):
                return False
            self._store.transact(_step, brand="")
        return self._store.read(behind)

    def start_over(self) -> None:
        """Empty the index and fill it again."""
        self._store.transact(_start_over, brand="")
        self.catch_up()


def behind(tx: Transaction) -> bool:
    """Whether a store's index has anything to do."""
    return _searches(type(tx)) and cast("TextSearch", tx).behind()


@cache
def _searches(kind: type) -> bool:
    """Whether transactions of a class keep an index. Asked of each class once: a protocol's methods are looked for one by one."""
    return issubclass(kind, TextSearch)


def _step(tx: Transaction) -> None:
    if isinstance(tx, TextSearch):
        tx.keep_up(STEP)


def _start_over(tx: Transaction) -> None:
    if isinstance(tx, TextSearch):
        tx.start_over()
