"""The relay: follows the log for each target, and delivers what the target wants, at least once, in order for each session.

May: make deliveries, lease them, record how they went. May not: know what a delivery does; whoever runs the relay calls the handler.

A target's `Follower` says how far it has read. One transaction reads on for all targets, makes a `Delivery` for each event that is wanted,
and moves the followers. A delivery is claimed by pushing its `due` into the future: if the one who claimed it dies, it falls due again.
A failure puts it off with growing pauses; after the target's `tries` it is parked with its error, and only later deliveries of the same
target and subject wait behind it. `TryLater` puts off the whole target; `Hopeless` parks at once.

What is known of a target without asking the store (`_Known`) saves the question while nothing of it can be due. Another process may know
better, so it is asked again after `LOOK_AGAIN_SECONDS`.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Protocol

import attrs

from cschat.core.clock import Clock
from cschat.core.deliveries import Delivery, Follower
from cschat.core.events import Event
from cschat.core.records import evolve
from cschat.core.times import SECOND, Micros
from cschat.errors import Conflict, Hopeless, TryLater
from cschat.storage.protocol import Gte, Lte, Store, Transaction
from cschat.transport.metering import Metering

__all__ = ["LEASE_SECONDS", "MAX_TRIES", "Delivery", "Follower", "Handler", "Job", "Patience", "Relay", "Source", "Target"]

_log = logging.getLogger("cschat.relay")

Handler = Callable[[Event, "Delivery"], Any]
"""A function of the event and its delivery; may be a coroutine function. Raising means: try again later."""

MAX_TRIES = 10
LEASE_SECONDS = 60
FIRST_PAUSE_SECONDS = 1
LONGEST_PAUSE_SECONDS = 3600
LOOK_AGAIN_SECONDS = 10
LONGEST_HOLD_SECONDS = 86_400
_PAGE = 500
_CLAIM = 50


@attrs.frozen
class Patience:
    """After how many attempts a delivery is parked, and the first and the longest pause between two, in seconds."""

    tries: int = MAX_TRIES
    first: int = FIRST_PAUSE_SECONDS
    longest: int = LONGEST_PAUSE_SECONDS


@attrs.frozen
class Target:
    """Who wants which events. `name` is its identity in the store: keep it, and it goes on where it was.

    `brand`: only that brand's events. `since`: the position after which it begins if it is new; None: `Relay.ensure` has begun it. `ended`:
    it wants nothing more, and what is on its way to it is dropped.
    """

    name: str
    bodies: frozenset[str]
    handler: Handler
    brand: str | None = None
    since: int | None = None
    patience: Patience = Patience()
    ended: bool = False


class Source(Protocol):
    """Targets that are kept in the store."""

    def targets(self, tx: Transaction, /) -> Iterable[Target]:
        """The targets that there are now, and those that have ended."""
        ...


@attrs.frozen
class Job:
    """A delivery that was claimed, with its event."""

    target: Target
    delivery: Delivery
    event: Event


@attrs.define
class _Known:
    """What is known of a target without asking.

    `look` is when something may be due, `held` until when the target takes nothing, after `refusals` in a row, `busy` until when
    deliveries to it are under way here. `stirs` counts what may have made `look` wrong.
    """

    look: Micros = 0
    held: Micros = 0
    refusals: int = 0
    busy: Micros = 0
    stirs: int = 0


class Relay:
    """The targets of one desk. Any number of processes may run one for the same store."""

    def __init__(self, store: Store, clock: Clock, metering: Metering | None = None) -> None:
        self._store = store
        self._clock = clock
        self._metering = metering
        self._targets: dict[str, Target] = {}
        self._unsure: dict[str, Target] = {}
        self._sources: list[Source] = []
        self._live: dict[str, Target] = {}
        self._ended: set[str] = set()
        self._known: dict[str, _Known] = {}
        self._read = -1
        self._lock = threading.Lock()

    def add(self, name: str, bodies: Collection[type], handler: Handler) -> None:
        """Follow the log for a target, from where it was, or from now if it is new. `Conflict` if another has its name."""
        if name in self._targets:
            raise Conflict(f"there is another handler named {name}: give this one a name of its own", name=name)
        target = Target(name, frozenset(body.__name__ for body in bodies), handler)
        self._unsure[name] = target
        self._targets[name] = target
        self._read = -1

    def add_source(self, source: Source) -> None:
        """Follow the log for the targets of a source as well, whichever these are as the log goes on."""
        self._sources.append(source)

    @property
    def unsure(self) -> bool:
        """Whether there are new targets that have not begun yet."""
        return bool(self._unsure)

    def ensure(self) -> None:
        """Let new targets begin here. Called before anything is written, so that they miss nothing of it."""
        if not self._unsure:
            return
        beginning = list(self._unsure.values())
        self._begin(lambda _tx: beginning)
        for target in beginning:
            self._unsure.pop(target.name, None)

    def begin_kept(self) -> None:
        """Let the targets that are kept in the store, and have not begun, begin here: what is in the log by now they are not told."""
        self._begin(lambda tx: [target for source in self._sources for target in source.targets(tx) if not target.ended])

    def _begin(self, beginning: Callable[[Transaction], Iterable[Target]]) -> None:
        position = self._store.position()

        def begin(tx: Transaction) -> None:
            for target in beginning(tx):
                if tx.peek(Follower, _follower(target)) is None:
                    tx.put(Follower(_follower(target), position))

        self._store.transact(begin, brand="")

    # ---------------------------------------------------------------------------------------------------------- claiming

    def claim(self) -> Sequence[Job]:
        """Read on, and take what is due: at most one delivery for each target and subject."""
        self.ensure()
        position = self._store.position()
        more = position != self._read
        while more:
            more, live, made = self._store.transact(self._read_on, brand="")
            self._live = live
            self._ended = {name for name in self._ended if name not in live}
            for name in made:
                self._stir(name)
        self._read = position
        return [job for target in list(self._live.values()) for job in self._claim_for(target)]

    def _read_on(self, tx: Transaction) -> tuple[bool, dict[str, Target], set[str]]:
        """Make deliveries of the next page of the log: whether there may be more, the targets there are, and those that got any."""
        live = dict(self._targets)
        for target in [target for source in self._sources for target in source.targets(tx)]:
            if target.ended:
                self._drop(tx, target)
            else:
                live[target.name] = target
        followers = {name: self._following(tx, target) for name, target in live.items()}
        events = tx.log(after=min((one.position for one in followers.values()), default=0), limit=_PAGE) if followers else []
        made, now = set[str](), self._clock.now()
        for name, target in live.items():
            follower = followers[name]
            for event in events:
                if event.position > follower.position and event.type in target.bodies and target.brand in (None, event.brand):
                    due = min(event.time, now)  # another process's clock may be ahead of ours
                    tx.put(Delivery(_delivery_id(target, event), event.brand, name, event.subject, event.seq, event.position, due))
                    made.add(name)
            if events and events[-1].position > follower.position:
                tx.put(evolve(follower, position=events[-1].position))
        return len(events) == _PAGE, live, made

    def _following(self, tx: Transaction, target: Target) -> Follower:
        follower = tx.peek(Follower, _follower(target))
        if follower is None:
            follower = Follower(_follower(target), 0 if target.since is None else target.since)
            tx.put(follower)
        return follower

    def _drop(self, tx: Transaction, target: Target) -> None:
        """Forget what is on its way to a target that has ended."""
        if target.name in self._ended:
            return
        if tx.peek(Follower, _follower(target)) is not None:
            tx.delete(Follower, _follower(target))
            for delivery in tx.find(Delivery, where={"target": target.name, "subject": Gte("")}, limit=100_000):
                tx.delete(Delivery, delivery.id)
        self._ended.add(target.name)

    def _claim_for(self, target: Target) -> list[Job]:
        known, now = self._of(target.name), self._clock.now()
        while max(known.look, known.held, known.busy) <= now:
            stirs = known.stirs
            jobs, more, look = self._store.transact(lambda tx: self._lease(tx, target), brand="")
            with self._lock:
                if known.stirs == stirs:
                    known.look = look
            if jobs or not more:
                return jobs
        return []

    def _lease(self, tx: Transaction, target: Target) -> tuple[list[Job], bool, Micros]:
        """Take the first delivery of each subject that has one due; whether there may be more, and when to look again if there is none."""
        now = self._clock.now()
        due = tx.find(Delivery, where={"target": target.name, "due": Lte(now)}, order="due", limit=_CLAIM)
        jobs = []
        for delivery in due:
            first = tx.find(Delivery, where={"target": target.name, "subject": delivery.subject}, order="position", limit=1)[0]
            if first.due is not None and first.due <= now and first.attempt >= target.patience.tries:
                tx.put(evolve(first, due=None, parked=now, error=first.error or "every attempt ended without an answer"))
                continue
            if first.due is not None and first.due <= now:
                first = evolve(first, due=now + LEASE_SECONDS * SECOND, attempt=first.attempt + 1)
                tx.put(first)
                jobs.append(Job(target, first, tx.events(first.subject, after_seq=first.seq - 1, limit=1)[0]))
            if first.id != delivery.id:
                self._wait_behind(tx, delivery, first, now)
        if due:
            return jobs, len(due) == _CLAIM, now
        later = tx.find(Delivery, where={"target": target.name, "due": Gte(now + 1)}, order="due", limit=1)
        again = now + LOOK_AGAIN_SECONDS * SECOND
        return jobs, False, min(again, later[0].due) if later and later[0].due is not None else again

    def _wait_behind(self, tx: Transaction, delivery: Delivery, first: Delivery, now: Micros) -> None:
        """Put off what waits behind another of its key, so that it is not looked at again and again."""
        pause = LONGEST_PAUSE_SECONDS * SECOND
        tx.put(evolve(delivery, due=now + pause if first.due is None else first.due))

    # --------------------------------------------------------------------------------------------------------- recording

    def finish(self, job: Job, error: BaseException | None) -> None:
        """Record how a job went. If its lease has been taken over meanwhile, that one's outcome counts."""
        now, patience, known = self._clock.now(), job.target.patience, self._of(job.target.name)
        again = now + _pause(job.delivery.id, job.delivery.attempt, patience)
        if isinstance(error, TryLater):
            known.refusals += 1
            pause = _pause(job.target.name, known.refusals, patience)
            if error.seconds is not None:
                pause = round(min(max(error.seconds, 0), LONGEST_HOLD_SECONDS) * SECOND)
                again = now + pause
            known.held = now + pause
            again = max(again, known.held)
        elif error is None:
            known.refusals = 0

        def record(tx: Transaction) -> str:
            present = tx.peek(Delivery, job.delivery.id)
            if present is None or present.attempt != job.delivery.attempt:
                return "taken_over"
            if error is None:
                tx.delete(Delivery, present.id)
                self._let_next_go(tx, present)
                return "delivered"
            text = f"{type(error).__name__}: {error}"[:2000]
            if present.attempt >= patience.tries or isinstance(error, Hopeless):
                tx.put(evolve(present, due=None, parked=now, error=text))
                return "parked"
            tx.put(evolve(present, due=again, error=text))
            return "put_off"

        outcome = self._store.transact(record, brand=job.delivery.brand)
        self._stir(job.target.name)
        if self._metering is not None:
            self._metering.tell("delivery_seconds", (now - job.event.time) / SECOND, target=job.target.name, outcome=outcome)
        if error is not None:
            _log.error(
                "%s: attempt %d of %s failed",
                job.target.name,
                job.delivery.attempt,
                job.delivery.id,
                exc_info=error,
                extra={"target": job.target.name, "delivery": job.delivery.id, "attempt": job.delivery.attempt, "outcome": outcome},
            )

    def holds(self, job: Job) -> bool:
        """Whether the lease of a job that has not been tried yet still runs. Who was stopped for a while must look before each."""
        return job.delivery.due is not None and self._clock.now() < job.delivery.due

    def put_back(self, jobs: Sequence[Job]) -> None:
        """Give back what was claimed and has not been tried: due at once, or just before its target takes something again.

        Before, so that the one that was refused comes last: if it alone is to blame, it holds up the others no longer than it must.
        """
        if not jobs:
            return
        due = max(self._clock.now(), self._of(jobs[0].target.name).held - 1)

        def give(tx: Transaction) -> None:
            for job in jobs:
                present = tx.peek(Delivery, job.delivery.id)
                if present is not None and present.attempt == job.delivery.attempt:
                    tx.put(evolve(present, due=due, attempt=present.attempt - 1))

        self._store.transact(give, brand="")
        self._stir(jobs[0].target.name)

    def occupy(self, name: str, *, busy: bool) -> None:
        """While deliveries of a target are under way here, no more of it is claimed; at the longest until they may be taken over."""
        self._of(name).busy = self._clock.now() + LEASE_SECONDS * SECOND if busy else 0

    def _of(self, name: str) -> _Known:
        return self._known.setdefault(name, _Known())

    def _stir(self, name: str) -> None:
        known = self._of(name)
        with self._lock:
            known.look, known.stirs = 0, known.stirs + 1

    def _let_next_go(self, tx: Transaction, done: Delivery) -> None:
        behind = tx.find(Delivery, where={"target": done.target, "subject": done.subject}, order="position", limit=2)
        for delivery in behind:
            if delivery.id != done.id and delivery.attempt == 0 and delivery.due is not None:
                tx.put(evolve(delivery, due=min(delivery.due, self._clock.now())))
                return

    def next_due(self, after: Micros) -> Micros | None:
        """When, after an instant, the next delivery falls due."""
        names = {**self._targets, **self._live}

        def look(tx: Transaction) -> Micros | None:
            later = Gte(after + 1)
            firsts = [tx.find(Delivery, where={"target": name, "due": later}, order="due", limit=1) for name in names]
            dues = [found[0].due for found in firsts if found and found[0].due is not None]
            return min([*dues, *(held for name in names if (held := self._of(name).held) > after)], default=None)

        return self._store.read(look) if names else None

    def parked(self, limit: int = 100) -> list[Delivery]:
        """Deliveries that were given up, longest ago first."""
        return self._store.read(lambda tx: tx.find(Delivery, where={"parked": Lte(self._clock.now())}, order="parked", limit=limit))

    def resend(self, id: str) -> None:
        """Try a parked delivery again, from its first attempt. `Conflict` if it is not parked."""
        again = {"due": self._clock.now(), "parked": None, "attempt": 0}

        def send(tx: Transaction) -> Delivery:
            delivery = _parked(tx, id)
            tx.put(evolve(delivery, **again))
            return delivery

        self._welcome(self._store.transact(send, brand=""))

    def discard(self, id: str) -> None:
        """Give a parked delivery up for good, and let what waits behind it go on. `Conflict` if it is not parked."""

        def drop(tx: Transaction) -> Delivery:
            delivery = _parked(tx, id)
            tx.delete(Delivery, id)
            self._let_next_go(tx, delivery)
            return delivery

        self._welcome(self._store.transact(drop, brand=""))

    def _welcome(self, delivery: Delivery) -> None:
        """Look at a target again, whatever it was like before."""
        self._of(delivery.target).held = 0
        self._stir(delivery.target)


def _parked(tx: Transaction, id: str) -> Delivery:
    delivery = tx.get(Delivery, id)
    if delivery.parked is None:
        raise Conflict(f"{id} is not parked", id=id)
    return delivery


def _follower(target: Target) -> str:
    return Follower.id_of(target.name)


def _delivery_id(target: Target, event: Event) -> str:
    digest = hashlib.sha256(f"{target.name} {event.name}".encode()).hexdigest()
    return f"{Delivery.prefix}_{digest[:26]}"


def _pause(name: str, attempt: int, patience: Patience) -> int:
    """How long to wait before the next attempt: doubling, with a share that differs from one name to the next."""
    longest = min(patience.first << min(attempt - 1, 30), patience.longest) * SECOND
    share = int(hashlib.sha256(f"{name}{attempt}".encode()).hexdigest()[:4], 16) / 0xFFFF
    return round(longest * (0.75 + 0.25 * share))
