"""Doors: what a call on a desk means, before any store runs it.

May: turn commands, queries and times into work. May not: run it; `Desk` and `AsyncDesk` do, each in its own way.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from cschat.commands.carrying import carry_out
from cschat.commands.protocol import Command, Context, Reactor, fits, touches
from cschat.core.access import Actor, Permission
from cschat.core.blobs import Blob
from cschat.core.brand import Brand
from cschat.core.clock import Clock, FakeClock, SystemClock
from cschat.core.events import BODIES, Event
from cschat.core.ids import Ids
from cschat.core.leases import CLOCKS, Lease, held
from cschat.core.people import Agent, Customer, Role
from cschat.core.rules import Phase
from cschat.core.session import Session
from cschat.core.timers import Timer
from cschat.core.times import Micros, earliest
from cschat.errors import Conflict, Invalid
from cschat.finding import Finder
from cschat.queries.protocol import Query, shown
from cschat.sight import Met, Sight, Who
from cschat.storage.protocol import Batch, Gte, Key, Lte, Store, Transaction
from cschat.transport.crew import Crew
from cschat.transport.relay import Handler, Relay

if TYPE_CHECKING:
    from cschat.transport.actions import Action
    from cschat.transport.blobs import Blobs
    from cschat.transport.bus import Bus
    from cschat.transport.metering import Meter

__all__ = ["PAGE", "Door", "Works", "brand_record", "first_door", "names_of", "owner_of", "seen_by"]

T = TypeVar("T")
F = TypeVar("F", bound=Handler)
A = TypeVar("A", bound="Action")
Work = Callable[[Transaction], T]

PAGE = 200
FORGET_AFTER = 3_600_000_000
"""How long (in microseconds) after it was looked for old request ids they are looked for again."""


class Works:
    """What all doors of one desk share. The parts are loaded when a desk is opened, not when cschat is imported."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        reactors: Sequence[Reactor],
        *,
        blobs: Blobs | None = None,
        bus: Bus | None = None,
        meter: Meter | None = None,
    ) -> None:
        from cschat.commands.reactors.bots import Scenarios
        from cschat.commands.reactors.delays import Delays
        from cschat.commands.reactors.ledger import Charges
        from cschat.commands.reactors.routing import Routing
        from cschat.commands.reactors.rules import Clocks, Rules
        from cschat.commands.reactors.unread import Unread
        from cschat.transport.actions import Actions
        from cschat.transport.alerts import Alerts
        from cschat.transport.bus import Wire
        from cschat.transport.cabinet import Cabinet, Erasing
        from cschat.transport.campaigns import Campaigns
        from cschat.transport.folder import Folder
        from cschat.transport.indexing import Indexing
        from cschat.transport.metering import Metering
        from cschat.transport.panel import Panel
        from cschat.transport.reports import Reports
        from cschat.transport.unread import UnreadMail
        from cschat.transport.webhooks import Webhooks

        self.store = store
        self.wire = Wire(store, bus)
        self.clock = clock
        self.ids = ids
        self.met = Met()
        self.finder = Finder()
        self.scenarios = Scenarios()
        rules = Rules(Phase.BEFORE_ROUTING), Rules(Phase.AFTER)
        order: list[Reactor] = [rules[0], self.scenarios, Routing(), Delays(), Unread(), *reactors, rules[1], Clocks(), Charges()]
        self.reactors = {body: found for body in BODIES.values() if (found := [reactor for reactor in order if body in reactor.on])}
        self.metering = None if meter is None else Metering(meter)
        if self.metering is not None:
            store.measure(self.metering.batch)
        self.measures: Micros = 0
        self.relay = Relay(store, clock, self.metering)
        self.crew = Crew(self.relay)
        self.folder = Folder(store, clock)
        self.indexing = Indexing(store, clock)
        self.actions = Actions(self.relay, clock, self._carry)
        self.panel = Panel()
        self.cabinet = Cabinet(blobs)
        self.alerts = Alerts(store, clock, self._carry)
        self.relay.add_source(self.alerts)
        self.relay.add_source(Webhooks(store, clock, self._carry))
        self.relay.add_source(Campaigns(store, lambda: self.alerts.smtp, self._see, self._carry))
        self.relay.add_source(Reports(store, lambda: self.alerts.smtp, self._see))
        self.relay.add_source(Erasing(store, self.cabinet))
        self.relay.add_source(UnreadMail(store, lambda: self.alerts.smtp))
        self.batches: dict[int, Batch] = {}
        self.forgets: Micros = 0
        self.led = False

    def _see(self, tx: Transaction, brand_id: str) -> Sight:
        """A transaction as the desk itself sees it."""
        return Door(self, brand_id, Actor.system).sight(tx)

    def _carry(self, brand_id: str, command: Command[Any]) -> None:
        """Carry out a command of the desk itself."""
        work = Door(self, brand_id, Actor.system).doing(lambda ctx: carry_out(command, ctx))
        self.store.transact(work, brand=brand_id)


class Door:
    """One brand and one actor: turns commands and queries into work for the store."""

    def __init__(self, works: Works, brand_id: str, actor: Actor) -> None:
        self.works = works
        self.brand_id = brand_id
        self.actor = actor

    def doing(self, then: Callable[[Context], T], *, brand_id: str | None = None, actor: Actor | None = None) -> Work[T]:
        """Work that gives `then` a context. Time and ids are settled here, so that every attempt has the same."""
        works, now = self.works, self.works.clock.now()
        made: list[str] = []
        brand, who = brand_id or self.brand_id, actor or self.actor

        def work(tx: Transaction) -> T:
            context = Context(
                tx,
                brand_id=brand,
                actor=who,
                now=now,
                met=works.met,
                finder=works.finder,
                ids=works.ids,
                made=made,
                reactors=works.reactors,
            )
            return then(context)

        return work

    def touching(self, *commands: Command[Any]) -> list[Key]:
        """The records that commands name, and that of the actor: a hint for the store."""
        keys = [key for command in commands for key in touches(command)]
        if self.actor.kind is Role.AGENT and self.actor.key.startswith(Agent.prefix):
            keys.append(Key(Agent, self.actor.key))
        elif self.actor.kind is Role.CUSTOMER and (known := self.works.met.id_of(self.brand_id, self.actor.key)) is not None:
            keys.append(Key(Customer, known))
        return keys

    def asking(self, query: Query[T]) -> Work[T]:
        """Work that answers a query."""

        def work(tx: Transaction) -> T:
            sight = self.sight(tx)
            sight.demand(query.permission)
            return query.run(sight)

        return work

    def file(self, id: str) -> Work[Blob]:
        """Work that finds what is known of a file."""

        def work(tx: Transaction) -> Blob:
            sight = self.sight(tx)
            sight.demand(Permission.TALK)
            return sight.mine(Blob, id)

        return work

    def about(self, customer: str) -> Work[Customer]:
        """Work that finds a customer, for staff."""

        def work(tx: Transaction) -> Customer:
            sight = self.sight(tx)
            sight.demand(Permission.SERVE)
            return sight.mine(Customer, customer)

        return work

    def sight(self, tx: Transaction, actor: Actor | None = None) -> Sight:
        works = self.works
        return Sight(tx, brand_id=self.brand_id, actor=actor or self.actor, now=works.clock.now(), met=works.met, finder=works.finder)

    def allowing(self, session: str, actor: Actor | None) -> Work[frozenset[type[Command[Any]]]]:
        """Work that finds what an actor may do with a session."""

        def work(tx: Transaction) -> frozenset[type[Command[Any]]]:
            sight = self.sight(tx, actor)
            record = sight.session(session)
            return frozenset(command for command in _session_commands() if fits(command, record, sight.who))

        return work

    def looking_on(self, after: int, wanted: frozenset[str] | None, session: str | None) -> Work[tuple[list[Event], int]]:
        """Work that reads the next page of the log: what the actor may see of it, and how far it goes."""

        def work(tx: Transaction) -> tuple[list[Event], int]:
            sight = self.sight(tx)
            page = tx.log(after=after, limit=PAGE)
            mine = (event for event in page if event.brand == self.brand_id and session in (None, event.subject))
            seen = (seen_by(event, sight.who, tx) for event in mine)
            reached = page[-1].position if page else after
            return [event for event in seen if event is not None and (wanted is None or event.type in wanted)], reached

        return work

    def due(self, until: Micros) -> Work[list[Session | Timer]]:
        """Work that finds the sessions and timers, of all brands, whose time has come: earliest first, then sessions, then by id.

        It finds none while another process sees to them.
        """

        def find(tx: Transaction) -> list[Session | Timer]:
            if held(tx.peek(Lease, Lease.id_of(CLOCKS)), CLOCKS, _holder(os.getpid()), until) is None:
                return []
            sessions = tx.find(Session, where={"wake": Lte(until)}, order="wake", limit=PAGE)
            timers = tx.find(Timer, where={"due": Lte(until)}, order="due", limit=PAGE)
            rows: list[Session | Timer] = [*sessions, *timers]
            return sorted(rows, key=_when_due)[:PAGE]

        return find

    def next_due(self, now: Micros) -> Work[Micros | None]:
        """Work that finds when, after now, the next session clock or timer falls due."""

        def find(tx: Transaction) -> Micros | None:
            sessions = tx.find(Session, where={"wake": Gte(now + 1)}, order="wake", limit=1)
            timers = tx.find(Timer, where={"due": Gte(now + 1)}, order="due", limit=1)
            return earliest(*(session.wake for session in sessions), *(timer.due for timer in timers))

        return find

    def doing_due(self, row: Session | Timer) -> Work[bool]:
        """Work that does what is due of a session or by a timer; False if another process sees to that by now."""
        from cschat.commands.waking import RunTimer, WakeSession

        command: Command[Any] = WakeSession(row.id) if isinstance(row, Session) else RunTimer(row.id)
        return self.alone(lambda ctx: carry_out(command, ctx), brand_id=row.brand)

    def alone(self, then: Callable[[Context], object], *, brand_id: str | None = None) -> Work[bool]:
        """Work that the desk itself does if this process has the lease on its clocks, or can have it; whether it has been done."""

        def do(ctx: Context) -> bool:
            present = ctx.tx.peek(Lease, Lease.id_of(CLOCKS))
            lease = held(present, CLOCKS, _holder(os.getpid()), ctx.now)
            if lease is None:
                return False
            if lease is not present:
                ctx.tx.put(lease)
            then(ctx)
            return True

        return self.doing(do, brand_id=brand_id, actor=Actor.system)

    def letting_go(self, tx: Transaction) -> None:
        """Work that gives the lease on the clocks back, if this process has it."""
        lease = tx.peek(Lease, Lease.id_of(CLOCKS))
        if lease is not None and lease.holder == _holder(os.getpid()):
            tx.delete(Lease, lease.id)

    def followed(self, event: type | Sequence[type], name: str | None) -> Callable[[F], F]:
        """The decorator that makes a function a target of the relay."""
        bodies = (event,) if isinstance(event, type) else tuple(event)
        for body in bodies:
            if body not in BODIES.values():
                raise Invalid(field="event", reason=f"{body.__name__} is no event")

        def follow(handler: F) -> F:
            self.works.relay.add(name or f"{handler.__module__}.{handler.__qualname__}", bodies, handler)
            return handler

        return follow

    def acted(self, name: str | None) -> Callable[[A], A]:
        """The decorator that makes a function a host action."""

        def register(action: A) -> A:
            self.works.actions.add(name or action.__name__, action)
            return action

        return register

    @property
    def fake_clock(self) -> FakeClock:
        """The clock, if it can be moved by hand."""
        if not isinstance(self.works.clock, FakeClock):
            raise Conflict("only a desk with a FakeClock can be moved in time")
        return self.works.clock


@cache
def _holder(pid: int) -> str:
    """This process, among those of all hosts; for people its host and number. A forked child is another."""
    import platform
    import secrets

    return f"{platform.node()}:{pid}:{secrets.token_hex(4)}"


@cache
def _session_commands() -> tuple[type[Command[Any]], ...]:
    from cschat.commands import COMMANDS

    return tuple(command for command in COMMANDS if any(field.name == "session" for field in attrs.fields(command)))


def _when_due(row: Session | Timer) -> tuple[Micros, bool, str]:
    return (row.wake or 0, False, row.id) if isinstance(row, Session) else (row.due, True, row.id)


def owner_of(event: Event, tx: Transaction) -> str | None:
    """The customer to whose session something happened; None if it happened to anything else."""
    session = tx.peek(Session, event.subject) if event.subject.startswith(f"{Session.prefix}_") else None
    return None if session is None else session.customer


def seen_by(event: Event, who: Who, tx: Transaction) -> Event | None:
    """The event as somebody of its brand may see it; customers see only what happens to their own sessions."""
    if who.role is Role.CUSTOMER and (who.id is None or owner_of(event, tx) != who.id):
        return None
    return shown(event, who.role)


def brand_record(name: str) -> str:
    """The id of a brand's record, made of its short name."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", name):
        raise Invalid(field="brand", reason=f"{name!r} is no short name", allowed=["a-z, 0-9, - and _, at most 63 letters"])
    return f"{Brand.prefix}_{name}"


def first_door(
    url: str | Store,
    brand: str,
    clock: Clock | None,
    seed: int | None,
    reactors: Sequence[Reactor],
    *,
    bus: str | Bus | None,
    meter: Meter | None,
) -> Door:
    """The host's door to a new desk."""
    from cschat.kinds import KINDS
    from cschat.storage.opening import open_store
    from cschat.transport.bus import open_bus

    brand_id = brand_record(brand)
    store = open_store(url, KINDS) if isinstance(url, str) else url
    blobs = _blobs_beside(url) if isinstance(url, str) else None
    works = Works(store, clock or SystemClock(), Ids(seed), reactors, blobs=blobs, bus=open_bus(bus, url), meter=meter)
    return Door(works, brand_id, Actor.host)


def _blobs_beside(url: str) -> Blobs | None:
    """Where a desk keeps files unless it is told: in memory as the store, in a folder beside its file; None: it must be told."""
    from cschat.storage.opening import file_of
    from cschat.transport.blobs import FolderBlobs, MemoryBlobs

    if url.startswith("memory:"):
        return MemoryBlobs()
    file = file_of(url)
    return None if file is None else FolderBlobs(file.with_name(f"{file.name}-files"))


def names_of(types: Collection[type] | None) -> frozenset[str] | None:
    """The type names of event bodies; None for all."""
    return None if types is None else frozenset(type_.__name__ for type_ in types)
