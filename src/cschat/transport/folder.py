"""The folder: follows the log for statistics, off the way of who talks.

May: read on, and write facts and cells. May not: define a number, or hold anybody up: a report is exact whether it has run or not.

What a stretch of the log changes is worked out beside the writers, on a snapshot; only then is it written, with the position, in one
transaction. If another has written meanwhile, the work is thrown away and done again. While there is more, a lease keeps others from doing
the same work. It waits until there is something worth a commit: so many events, or so many seconds.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import attrs

from cschat.core.clock import Clock
from cschat.core.records import evolve
from cschat.core.session import Session
from cschat.core.times import SECOND, Micros
from cschat.errors import MissingExtra, StoreClosed
from cschat.folding import Change, cells, changes_of, facts_by_events, news, state, write
from cschat.stats.facts import Fact
from cschat.stats.metrics import LAYOUT
from cschat.stats.state import Folded
from cschat.storage.protocol import Gte, Store, Transaction

__all__ = ["Folder", "Verified"]

_log = logging.getLogger("cschat.folder")

PAUSE_SECONDS = 10
"""How long news may wait while there is little of it."""
ENOUGH = 2_000
"""So many events are folded at once."""
LEASE_SECONDS = 60
PATIENCE_SECONDS = 1.0
_BATCH = 20_000
_SESSIONS = 500
_ROWS = 500


@attrs.frozen
class Verified:
    """What `verify` found: how many turns there are, and the facts and cells that are not as the events say."""

    turns: int
    facts: list[str]
    cells: list[str]

    @property
    def ok(self) -> bool:
        return not (self.facts or self.cells)


class Folder:
    """Keeps the statistics of one store up to date. Any number of processes may run one."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._reached = -1
        self._last = 0
        self._thread: threading.Thread | None = None
        self._missing = False
        self._token = secrets.token_hex(4)
        self._guard = threading.RLock()

    @property
    def _me(self) -> str:
        """This one, among all that follow the store; in a forked child it is another."""
        return f"{os.getpid()}:{self._token}"

    def round(self, patience: float = PATIENCE_SECONDS) -> None:
        """Fold if it is worth it; what takes longer than `patience` seconds goes on when this has returned."""
        if self._missing or (self._thread is not None and self._thread.is_alive()):
            return
        now, position = self._clock.now(), self._store.position()
        if position == self._reached or (position - self._reached < ENOUGH and now - self._last < PAUSE_SECONDS * SECOND):
            return
        self._last = now
        self._thread = threading.Thread(target=self._work, name="cschat-folder", daemon=True)
        self._thread.start()
        self._thread.join(patience)

    def _work(self) -> None:
        try:
            self.fold()
        except MissingExtra:
            self._missing = True
        except StoreClosed:
            return
        except Exception:  # nobody waits for it  # noqa: BLE001
            _log.exception("statistics could not be brought up to date")

    def fold(self) -> int:
        """Bring everything up to date; how many facts were added or taken back. `MissingExtra` without the extra `stats`."""
        cells()
        with self._guard:
            return self._fold()

    def _fold(self) -> int:
        changed = 0
        while True:
            known = self._store.read(state)
            if known.leased > self._clock.now() and known.holder != self._me:
                return changed
            if known.layout not in ("", LAYOUT):
                self._stale("*")
            elif known.stale:
                changed += self.rebuild(known.stale[0])
            else:
                number, more = self._step()
                changed += number
                if not more:
                    return changed

    def _step(self) -> tuple[int, bool]:
        """One stretch of the log: how many changes it made, and whether there may be more."""

        def prepare(tx: Transaction) -> tuple[Folded, int, set[str], list[Change], bool]:
            known = state(tx)
            found = news(tx, known.position, most=_BATCH)
            return known, found.position, found.brands, changes_of(tx, found.sessions, whole=found.whole), found.events >= _BATCH

        known, position, brands, changes, more = self._store.read(prepare)
        self._reached = position
        if position == known.position and known.writes and not known.leased:
            return 0, False
        stale = tuple(sorted({*known.stale, *(brands if known.writes else ())}))
        leased, holder = (self._until(), self._me) if more else (0, "")
        if not self._write(known, changes, position=position, leased=leased, holder=holder, stale=stale):
            return 0, True
        return len(changes), more or bool(stale)

    def _write(self, known: Folded, changes: Sequence[Change], **after: Any) -> bool:
        """Write changes and the state; False if another has written since the state was `known`."""

        def work(tx: Transaction) -> bool:
            present = state(tx)
            if present.writes != known.writes:
                return False
            write(tx, changes)
            tx.put(evolve(present, writes=present.writes + 1, layout=present.layout or LAYOUT, **after))
            return True

        return self._store.transact(work, brand="")

    # ----------------------------------------------------------------------------------------------------------- anew

    def rebuild(self, brand: str = "*") -> int:
        """Throw the facts and cells of a brand ("*": of all) away and make them anew from the events; how many facts there are.

        Until it is done, the brand's reports are answered from events. It takes the lease from whoever has it, and ends early if another
        process does the same to it.
        """
        with self._guard:
            only = None if brand == "*" else brand
            self._stale(brand)
            for kind in (cells().Cell, Fact):
                for ids in _chunks((record.id for record in self._store.stream(kind, brand=only)), _ROWS):
                    if not self._alone(_deletion(kind, ids)):
                        return 0
            made = 0
            for sessions in _chunks((session.id for session in self._store.stream(Session, brand=only)), _SESSIONS):
                changes = self._store.read(_prepared(sessions))
                if not self._alone(partial(write, changes=changes)):
                    return made
                made += sum(sign for sign, _ in changes)
            self._alone(partial(_not_stale, brand=brand))
            return made

    def _stale(self, brand: str) -> None:
        """Mark a brand as one to be made anew, and take the lease: what others have prepared is refused from now on."""
        leased = self._until()

        def mark(tx: Transaction) -> None:
            present = state(tx)
            stale = tuple(sorted({*present.stale, brand}))
            tx.put(evolve(present, stale=stale, writes=present.writes + 1, layout=LAYOUT, leased=leased, holder=self._me))

        self._store.transact(mark, brand="")

    def _until(self) -> Micros:
        return self._clock.now() + LEASE_SECONDS * SECOND

    def _alone(self, work: Callable[[Transaction], Any]) -> bool:
        """Do a step of what one process alone does, and renew its lease; False if another has that by now."""
        leased = self._until()

        def step(tx: Transaction) -> bool:
            present = state(tx)
            if present.holder != self._me:
                return False
            tx.put(evolve(present, writes=present.writes + 1, leased=leased))
            work(tx)
            return True

        return self._store.transact(step, brand="")

    def verify(self, brand: str) -> Verified:
        """Recompute the facts of a brand from events, and the cells from the facts, and compare with what is kept."""
        return self._store.read(lambda tx: _verified(tx, brand))


def _verified(tx: Transaction, brand: str) -> Verified:
    adding = cells()
    known = state(tx)
    found = news(tx, known.position)
    kept = {fact.id: fact for fact in _all(tx, Fact, {"brand": brand, "closed": Gte(-(2**62))}, "closed")}
    expected_cells: dict[str, Any] = {}
    facts = list(kept.values())
    for low in range(0, len(facts), 20_000):
        for delta in adding.cells_of(adding.rows_of([(1, fact) for fact in facts[low : low + 20_000]])):
            expected_cells[delta.id] = adding.merged(delta, expected_cells.get(delta.id))
    tables = [
        adding.table(grain, dimension, kind)
        for dimension in adding.DIMENSIONS
        for grain in (*adding.GRAINS, "quarter")
        for kind in adding.KINDS
    ]
    present = {cell.id: cell for name in tables for cell in _all(tx, adding.Cell, {"brand": brand, "table": name}, "begin")}
    wrong_cells = sorted(id for id in {*expected_cells, *present} if expected_cells.get(id) != present.get(id))
    for sign, fact in changes_of(tx, found.sessions, brand=brand, whole=found.whole):
        if sign < 0:
            kept.pop(fact.id, None)
        else:
            kept[fact.id] = fact
    wrong, turns = [], 0
    for fact in facts_by_events(tx, _all(tx, Session, {"brand": brand, "opened": Gte(-(2**62))}, "opened")):
        turns += 1
        if kept.pop(fact.id, None) != fact:
            wrong.append(fact.id)
    return Verified(turns, sorted([*wrong, *kept]), wrong_cells)


def _all(tx: Transaction, kind: Any, where: dict[str, Any], order: str) -> Iterator[Any]:
    after = None
    while page := tx.find(kind, where=where, order=order, after=after, limit=1000):
        yield from page
        after = (getattr(page[-1], order), page[-1].id)


def _chunks(ids: Iterator[str], size: int) -> Iterator[list[str]]:
    while chunk := list(islice(ids, size)):
        yield chunk


def _prepared(sessions: Sequence[str]) -> Callable[[Transaction], list[Change]]:
    return lambda tx: changes_of(tx, sessions)


def _not_stale(tx: Transaction, brand: str) -> None:
    """The brand has been made anew, and whoever is first may go on."""
    present = state(tx)
    tx.put(evolve(present, stale=tuple(name for name in present.stale if name != brand), leased=0, holder=""))


def _deletion(kind: Any, ids: Sequence[str]) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        for id in ids:
            if tx.peek(kind, id) is not None:
                tx.delete(kind, id)

    return work
