"""The relay: follows the log for each target, and delivers what the target wants, at least once, in order for each session.

May: make deliveries, lease them, record how they went. May not: know what a delivery does; whoever runs the relay calls the handler.

A target's `Follower` says how far it has read. One transaction reads on, makes a `Delivery` for each event that is wanted, and moves the
follower. A delivery is claimed by pushing its `due` into the future: if the one who claimed it dies, it falls due again. A failure puts it
off with growing pauses; after `MAX_TRIES` it is parked with its error, and only later deliveries of the same target and subject wait
behind it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar

import attrs
from msgspec import Struct

from cschat.core.clock import Clock
from cschat.core.events import Event
from cschat.core.records import Index, evolve
from cschat.core.times import SECOND, Micros
from cschat.errors import Conflict
from cschat.storage.protocol import Gte, Lte, Store, Transaction

__all__ = ["LEASE_SECONDS", "MAX_TRIES", "Delivery", "Follower", "Handler", "Relay", "Target"]

_log = logging.getLogger("cschat.relay")

Handler = Callable[[Event, "Delivery"], Any]
"""A function of the event and its delivery; may be a coroutine function. Raising means: try again later."""

MAX_TRIES = 10
LEASE_SECONDS = 60
FIRST_PAUSE_SECONDS = 1
LONGEST_PAUSE_SECONDS = 3600
_PAGE = 500
_CLAIM = 50


class Follower(Struct, frozen=True):
    """How far a target has read the log."""

    kind: ClassVar[str] = "follower"
    prefix: ClassVar[str] = "fol"
    indexes: ClassVar[tuple[Index, ...]] = ()

    id: str
    position: int
    brand: str = ""


class Delivery(Struct, frozen=True):
    """One event on its way to one target. `id` is the same at every attempt: what has been done once can be recognised by it."""

    kind: ClassVar[str] = "delivery"
    prefix: ClassVar[str] = "dlv"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("target", "due")), Index(("target", "subject", "position")), Index(("parked",)))

    id: str
    brand: str
    target: str
    subject: str
    seq: int
    position: int
    due: Micros | None
    attempt: int = 0
    parked: Micros | None = None
    error: str = ""


@attrs.frozen
class Target:
    """Who wants which events. `name` is its identity in the store: keep it, and it goes on where it was."""

    name: str
    bodies: frozenset[str]
    handler: Handler


@attrs.frozen
class Job:
    """A delivery that was claimed, with its event."""

    target: Target
    delivery: Delivery
    event: Event


class Relay:
    """The targets of one desk. Any number of processes may run one for the same store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._targets: dict[str, Target] = {}
        self._unsure: dict[str, Target] = {}

    def add(self, name: str, bodies: Collection[type], handler: Handler) -> None:
        """Follow the log for a target, from where it was, or from now if it is new. `Conflict` if another has its name."""
        if name in self._targets:
            raise Conflict(f"there is another handler named {name}: give this one a name of its own", name=name)
        target = Target(name, frozenset(body.__name__ for body in bodies), handler)
        self._unsure[name] = target
        self._targets[name] = target

    @property
    def unsure(self) -> bool:
        """Whether there are new targets that have not begun yet."""
        return bool(self._unsure)

    def ensure(self) -> None:
        """Let new targets begin here. Called before anything is written, so that they miss nothing of it."""
        if not self._unsure:
            return
        beginning = list(self._unsure.values())
        position = self._store.position()

        def begin(tx: Transaction) -> None:
            for target in beginning:
                if tx.peek(Follower, _follower(target)) is None:
                    tx.put(Follower(_follower(target), position))

        self._store.transact(begin, brand="")
        for target in beginning:
            self._unsure.pop(target.name, None)

    def claim(self) -> Sequence[Job]:
        """Read on, and take what is due: at most one delivery for each target and subject."""
        targets = list(self._targets.values())
        self.ensure()
        return [job for target in targets for job in self._claim_for(target)]

    def _claim_for(self, target: Target) -> list[Job]:
        while self._store.transact(lambda tx: self._read_on(tx, target), brand=""):
            pass
        while True:
            jobs, more = self._store.transact(lambda tx: self._lease(tx, target), brand="")
            if jobs or not more:
                return jobs

    def _read_on(self, tx: Transaction, target: Target) -> bool:
        """Make deliveries of the next page of the log; whether there may be more."""
        follower = tx.get(Follower, _follower(target))
        events = tx.log(after=follower.position, limit=_PAGE)
        for event in events:
            if event.type in target.bodies:
                due = min(event.time, self._clock.now())  # another process's clock may be ahead of ours
                tx.put(Delivery(_delivery_id(target, event), event.brand, target.name, event.subject, event.seq, event.position, due))
        if events:
            tx.put(evolve(follower, position=events[-1].position))
        return len(events) == _PAGE

    def _lease(self, tx: Transaction, target: Target) -> tuple[list[Job], bool]:
        """Take the first delivery of each subject that has one due; whether there may be more beyond those that were looked at."""
        now = self._clock.now()
        due = tx.find(Delivery, where={"target": target.name, "due": Lte(now)}, order="due", limit=_CLAIM)
        jobs = []
        for delivery in due:
            first = tx.find(Delivery, where={"target": target.name, "subject": delivery.subject}, order="position", limit=1)[0]
            if first.due is not None and first.due <= now and first.attempt >= MAX_TRIES:
                tx.put(evolve(first, due=None, parked=now, error=first.error or "every attempt ended without an answer"))
                continue
            if first.due is not None and first.due <= now:
                first = evolve(first, due=now + LEASE_SECONDS * SECOND, attempt=first.attempt + 1)
                tx.put(first)
                jobs.append(Job(target, first, tx.events(first.subject, after_seq=first.seq - 1, limit=1)[0]))
            if first.id != delivery.id:
                self._wait_behind(tx, delivery, first, now)
        return jobs, len(due) == _CLAIM

    def _wait_behind(self, tx: Transaction, delivery: Delivery, first: Delivery, now: Micros) -> None:
        """Put off what waits behind another of its key, so that it is not looked at again and again."""
        pause = LONGEST_PAUSE_SECONDS * SECOND
        tx.put(evolve(delivery, due=now + pause if first.due is None else first.due))

    def finish(self, job: Job, error: BaseException | None) -> None:
        """Record how a job went. If its lease has been taken over meanwhile, that one's outcome counts."""

        def record(tx: Transaction) -> None:
            present = tx.peek(Delivery, job.delivery.id)
            if present is None or present.attempt != job.delivery.attempt:
                return
            if error is None:
                tx.delete(Delivery, present.id)
                self._let_next_go(tx, present)
                return
            text = f"{type(error).__name__}: {error}"[:2000]
            if present.attempt >= MAX_TRIES:
                tx.put(evolve(present, due=None, parked=self._clock.now(), error=text))
            else:
                tx.put(evolve(present, due=self._clock.now() + _pause(present), error=text))

        self._store.transact(record, brand=job.delivery.brand)
        if error is not None:
            _log.error("%s: attempt %d of %s failed", job.target.name, job.delivery.attempt, job.delivery.id, exc_info=error)

    def _let_next_go(self, tx: Transaction, done: Delivery) -> None:
        behind = tx.find(Delivery, where={"target": done.target, "subject": done.subject}, order="position", limit=2)
        for delivery in behind:
            if delivery.id != done.id and delivery.attempt == 0 and delivery.due is not None:
                tx.put(evolve(delivery, due=min(delivery.due, self._clock.now())))
                return

    def next_due(self, after: Micros) -> Micros | None:
        """When, after an instant, the next delivery falls due."""

        def look(tx: Transaction) -> Micros | None:
            later = Gte(after + 1)
            firsts = [tx.find(Delivery, where={"target": name, "due": later}, order="due", limit=1) for name in list(self._targets)]
            return min((found[0].due for found in firsts if found and found[0].due is not None), default=None)

        return self._store.read(look)

    def parked(self, limit: int = 100) -> list[Delivery]:
        """Deliveries that were given up, longest ago first."""
        return self._store.read(lambda tx: tx.find(Delivery, where={"parked": Lte(self._clock.now())}, order="parked", limit=limit))

    def resend(self, id: str) -> None:
        """Try a parked delivery again, from its first attempt. `Conflict` if it is not parked."""
        again = {"due": self._clock.now(), "parked": None, "attempt": 0}
        self._store.transact(lambda tx: tx.put(evolve(_parked(tx, id), **again)), brand="")

    def discard(self, id: str) -> None:
        """Give a parked delivery up for good, and let what waits behind it go on. `Conflict` if it is not parked."""

        def drop(tx: Transaction) -> None:
            delivery = _parked(tx, id)
            tx.delete(Delivery, id)
            self._let_next_go(tx, delivery)

        self._store.transact(drop, brand="")


def _parked(tx: Transaction, id: str) -> Delivery:
    delivery = tx.get(Delivery, id)
    if delivery.parked is None:
        raise Conflict(f"{id} is not parked", id=id)
    return delivery


def _follower(target: Target) -> str:
    return f"{Follower.prefix}_{target.name}"


def _delivery_id(target: Target, event: Event) -> str:
    digest = hashlib.sha256(f"{target.name} {event.name}".encode()).hexdigest()
    return f"{Delivery.prefix}_{digest[:26]}"


def _pause(delivery: Delivery) -> int:
    """How long to wait before the next attempt: doubling, with a share that differs from one delivery to the next."""
    longest = min(FIRST_PAUSE_SECONDS << (delivery.attempt - 1), LONGEST_PAUSE_SECONDS) * SECOND
    share = int(hashlib.sha256(f"{delivery.id}{delivery.attempt}".encode()).hexdigest()[:4], 16) / 0xFFFF
    return round(longest * (0.75 + 0.25 * share))
