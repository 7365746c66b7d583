"""The consumer of the log that keeps a store's index of texts.

May: let the store read on, in small steps between the desk's own commits. May not: know what an index is, or hold up a command for long.

It needs no lease and no place of its own: each step is one transaction, in which the store reads on from where the index is. Of two
processes that take a step at once, the second goes on where the first has ended.
"""

from __future__ import annotations

from cschat.storage.protocol import Store, TextSearch, Transaction

__all__ = ["STEP", "Indexing", "behind"]

STEP = 100
"""Events in one step, which takes a few milliseconds of the writer's time."""
_ROUND = 50


class Indexing:
    """Who keeps the index of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def round(self, steps: int = _ROUND) -> bool:
        """Take at most so many steps; whether there is more to do."""
        for _ in range(steps):
            if not self._store.read(behind):
                return False
            self._store.transact(_step, brand="")
        return self._store.read(behind)

    def catch_up(self) -> None:
        """Read on to the end of the log."""
        while self.round():
            pass

    def start_over(self) -> None:
        """Empty the index and fill it again."""
        self._store.transact(_start_over, brand="")
        self.catch_up()


def behind(tx: Transaction) -> bool:
    """Whether a store's index has anything to do."""
    return isinstance(tx, TextSearch) and tx.behind()


def _step(tx: Transaction) -> None:
    if isinstance(tx, TextSearch):
        tx.keep_up(STEP)


def _start_over(tx: Transaction) -> None:
    if isinstance(tx, TextSearch):
        tx.start_over()
