"""What a fork finds: every store at rest, so that the child inherits no held lock and no open connection.

May: hold stores up around a fork. May not: know how a store rests.

SQLite forbids to carry a connection across a fork, even to close it there: the child would share the parent's idea of which locks it holds,
hold none of them, and lose its write-ahead log as soon as the parent closes the file.
"""

from __future__ import annotations

import logging
import os
import weakref
from typing import Protocol

__all__ = ["FORK_SECONDS", "Resting", "survive"]

FORK_SECONDS = 10.0
"""How long a fork waits for what other threads do in a store. It then goes ahead, and the child leaves alone what was in use."""

_log = logging.getLogger("cschat.storage")


class Resting(Protocol):
    """A store that can be held up for the moment of a fork."""

    def rest(self) -> bool:
        """Wait for what runs, let nothing begin, close what a child must not inherit. False if it could not all be had in time."""
        ...

    def wake(self, *, child: bool) -> None:
        """Go on: in the parent as before, in the child as if nothing had been opened yet."""
        ...


_stores: weakref.WeakSet[Resting] = weakref.WeakSet()
_resting: list[Resting] = []


def survive(store: Resting) -> None:
    """Hold this store up around every fork of this process, for as long as it lives."""
    _stores.add(store)


def _before() -> None:
    for store in list(_stores):
        _resting.append(store)
        if not store.rest():
            _log.warning("a fork did not wait for %r any longer", store)


def _after(*, child: bool) -> None:
    while _resting:
        _resting.pop().wake(child=child)


os.register_at_fork(before=_before, after_in_parent=lambda: _after(child=False), after_in_child=lambda: _after(child=True))
