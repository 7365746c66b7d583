"""The desk: the door that a host holds. `Desk` is for threads; `async_desk` has the same words for event loops.

May: put the parts together. May not: decide anything about a session.

It is thin: what a call means is in `Door`, which makes the work that the store then runs.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self, TypeVar

import attrs

from cschat.commands.carrying import carry_out, carry_out_all, forget_requests
from cschat.commands.protocol import Command, Reactor
from cschat.core.access import Actor
from cschat.core.clock import Clock
from cschat.core.content import Media
from cschat.core.events import Event
from cschat.core.fields import HasId, record_id
from cschat.core.times import SECOND, Micros, earliest
from cschat.door import FORGET_AFTER, PAGE, Door, brand_record, first_door, names_of
from cschat.errors import Conflict, StoreClosed, StoreUnavailable
from cschat.queries.protocol import Page, Query
from cschat.storage.protocol import Key, Store, Transaction
from cschat.transport.blobs import Blobs, OpenFile
from cschat.transport.mail import Smtp
from cschat.transport.metering import EVERY_SECONDS
from cschat.transport.relay import LEASE_SECONDS, Delivery, Handler

if TYPE_CHECKING:
    from cschat.commands.reactors.bots import Search
    from cschat.transport.actions import Action
    from cschat.transport.bus import Bus
    from cschat.transport.folder import Folder
    from cschat.transport.metering import Meter
    from cschat.transport.panel import CustomerInfo, Hook

__all__ = ["POLL_SECONDS", "Desk"]

T = TypeVar("T")
F = TypeVar("F", bound=Handler)
A = TypeVar("A", bound="Action")
H = TypeVar("H", bound="Hook")
Work = Callable[[Transaction], T]

_log = logging.getLogger("cschat.desk")
POLL_SECONDS = 1.0
"""How often a runner looks whether something is due, and a watcher whether something is new, when nobody tells them."""


class Desk:
    """A support desk, for code that blocks: scripts, Flask, Django. Safe to share between threads, and across a fork.

    A door has a brand and an actor; `brand(...)` and `acting_as(...)` give other doors to the same desk.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._works = door.works

    @classmethod
    def open(
        cls,
        url: str | Store = "memory:",
        *,
        brand: str = "main",
        clock: Clock | None = None,
        seed: int | None = None,
        reactors: Sequence[Reactor] = (),
        bus: str | Bus | None = None,
        meter: Meter | None = None,
    ) -> Desk:
        """A desk on a store, acting as the host. The database is opened when it is first used.

        `url`: "memory:", "sqlite:///support.db" (`?synchronous=normal` for speed: a power cut may take the last commits),
        "postgresql://user@host/database" (extra `postgres`), or a `Store`.
        `seed` makes ids repeatable. `reactors` answer events within the transaction, in this order. `bus`: how other processes are told at
        once that something is committed, "redis://host:6379/0"; without one, and while it is lost, they find out a little later. `meter` is
        told numbers: `meter(name, value, labels)`.
        """
        return cls(first_door(url, brand, clock, seed, reactors, bus=bus, meter=meter))

    def brand(self, name: str) -> Desk:
        """The same desk for another brand, acting as the host."""
        return Desk(Door(self._works, brand_record(name), Actor.host))

    def acting_as(self, actor: Actor) -> Desk:
        """The same desk and brand for another actor."""
        return Desk(Door(self._works, self._door.brand_id, actor))

    @property
    def store(self) -> Store:
        """The store, for scripts: `desk.store.stream(Session)`, `desk.store.stream_log()`."""
        return self._works.store

    @property
    def clock(self) -> Clock:
        """The desk's one clock."""
        return self._works.clock

    # -------------------------------------------------------------------------------------------------- do, ask, watch

    def do(self, command: Command[T], *, request_id: str | None = None) -> T:
        """Carry out a command; when this returns, it is committed. The same `request_id` by the same actor again has no further effect."""
        work, keys = self._door.doing(lambda ctx: carry_out(command, ctx, request_id)), self._door.touching(command)
        if self._works.metering is None:
            return self._transact(work, keys)
        with self._works.metering.timing("command_seconds", command=type(command).__name__):
            return self._transact(work, keys)

    def do_all(self, commands: Sequence[Command[Any]], *, request_id: str | None = None) -> list[Any]:
        """Carry out all or none, in one commit; their answers."""
        work, keys = self._door.doing(lambda ctx: carry_out_all(commands, ctx, request_id)), self._door.touching(*commands)
        if self._works.metering is None:
            return self._transact(work, keys)
        with self._works.metering.timing("command_seconds", command="several"):
            return self._transact(work, keys)

    def _transact(self, work: Work[T], keys: Sequence[Key] = (), brand_id: str | None = None) -> T:
        batch = self._works.batches.get(threading.get_ident())
        if batch is not None:
            return batch.run(work)
        self._works.wire.ensure()
        self._works.relay.ensure()
        return self._works.store.transact(work, brand=brand_id or self._door.brand_id, touches=keys)

    def ask(self, query: Query[T]) -> T:
        """Answer a query from a consistent snapshot."""
        if self._works.metering is None:
            return self._read(self._door.asking(query))
        with self._works.metering.timing("query_seconds", query=type(query).__name__):
            return self._read(self._door.asking(query))

    def _read(self, work: Work[T]) -> T:
        batch = self._works.batches.get(threading.get_ident())
        if batch is not None:
            return batch.read(work)
        self._works.wire.ensure()
        return self._works.store.read(work)

    def each(self, query: Query[Page[T]]) -> Iterator[T]:
        """All items of a query that answers in pages, page by page."""
        following: Any = query
        while following is not None:
            page = self.ask(following)
            yield from page.items
            following = None if page.next is None else attrs.evolve(following, after=page.next)

    def allowed(self, session: str | HasId, as_: Actor | None = None) -> frozenset[type[Command[Any]]]:
        """The commands that an actor (by default this door's) may now carry out on a session."""
        return self._read(self._door.allowing(record_id(session), as_))

    def watch(
        self,
        *,
        after: int | None = None,
        types: Collection[type] | None = None,
        session: str | HasId | None = None,
        timeout: float | None = None,
    ) -> Iterator[Event]:
        """Events as they are committed, by any process: those that this door's actor may see.

        `after`: a position to resume from (`event.position` of the last one seen; 0: all there are); None: from now. `timeout`: end after
        so many seconds without news; None: never.
        """
        store, position = self._works.store, self.position() if after is None else after
        wanted, subject = names_of(types), None if session is None else record_id(session)
        while True:
            events, reached = self._read(self._door.looking_on(position, wanted, subject))
            yield from events
            if reached == position:
                news = store.wait(after=position, timeout=POLL_SECONDS if timeout is None else timeout) > position
                if timeout is not None and not news:
                    return
            position = reached

    def live(self, query: Query[T], *, every: float = 1.0, timeout: float | None = None) -> Iterator[T]:
        """The answer to a query, and again whenever a commit, by any process, has changed it: at most once in `every` seconds.

        What changes by the clock alone is not pushed. `timeout`: end after so many seconds in which nothing happened; None: never.
        """
        everything = Desk(Door(self._works, self._door.brand_id, Actor.host))
        position = self.position()
        answer, asked = self.ask(query), time.monotonic()
        yield answer
        while next(everything.watch(after=position, timeout=timeout), None) is not None:
            time.sleep(max(0.0, asked + every - time.monotonic()))
            position, before = self.position(), answer
            answer, asked = self.ask(query), time.monotonic()
            if answer != before:
                yield answer

    def position(self) -> int:
        """The position of the last committed event."""
        self._works.wire.ensure()
        return self._works.store.position()

    @contextmanager
    def batch(self, size: int = 500) -> Generator[None]:
        """For imports: commands of this thread run at once and see each other, and are committed after every `size` and at the end.

        Nothing is acknowledged before the block is left. A command that raises leaves no trace and stops the block; what had run before it
        stays.
        """
        thread = threading.get_ident()
        if thread in self._works.batches:
            raise Conflict("this thread is in a batch already")
        self._works.wire.ensure()
        self._works.relay.ensure()
        with self._works.store.batch(size=size) as batch:
            self._works.batches[thread] = batch
            try:
                yield
            finally:
                del self._works.batches[thread]

    # ------------------------------------------------------------------------------------------------- time and effects

    def after(self, event: type | Sequence[type], *, name: str | None = None) -> Callable[[F], F]:
        """Decorate a host effect: called as `handler(event, delivery)` after the commit, at least once, in order for each session.

        A new handler begins with what is committed from now on. Its `name` (default: module and function) is its identity: under the same
        name it goes on where it was. It may be a coroutine function. If it raises it is tried again later, and parked when hopeless.
        """
        return self._door.followed(event, name)

    def action(self, name: str | None = None) -> Callable[[A], A]:
        """Decorate a host action, which a scenario's `do` calls by `name` (default: that of the function), with keyword arguments.

        It runs after the commit, at least once, and answers with plain data; it may be a coroutine function. If it raises, or takes longer
        than the step's timeout, the scenario goes on with `on_error`.
        """
        return self._door.acted(name)

    def faq(self, search: Search) -> None:
        """Let the `faq` steps of scenarios search with this: `search(text, section, limit)` gives `Found` articles, best first.

        It gives only such as are good enough to be offered. It runs within the transaction of the customer's message: an index in memory,
        nothing that waits.
        """
        self._works.scenarios.search = search

    def customer_info(self, hook: H) -> H:
        """Decorate what says more of a customer: called with the `Customer` when an agent looks, answers with `PanelItem`s. See `info_of`.

        It may be a coroutine function. It has two seconds; what it says is never stored. `Conflict` if the desk has one already.
        """
        self._works.panel.add(hook)
        return hook

    def info_of(self, customer: str | HasId) -> CustomerInfo:
        """What the host's `customer_info` says of a customer, for staff. A hook that is slow or fails is told as such, not raised."""
        return self._works.panel.ask(self._read(self._door.about(record_id(customer))))

    def files(self, blobs: Blobs) -> None:
        """Keep files here. Unless said, a desk on an SQLite file keeps them in a folder beside it, one in memory keeps them in memory."""
        self._works.cabinet.blobs = blobs

    def keep_file(self, content: bytes, *, name: str = "") -> Media:
        """Keep a file of this door's actor; answers with the `Media` for a message. Its type is what its content is.

        At most 10 MB. Of a customer's files that no message carries the last 30 are kept. `Conflict` if the desk has no place for files.
        """
        from cschat.commands.attaching import keep
        from cschat.transport.cabinet import media_of

        cabinet = self._works.cabinet
        with cabinet.taking(content, name, self.position()) as make:
            blob, gone = self._transact(self._door.doing(lambda ctx: keep(ctx, make)))
        cabinet.drop(gone)
        return media_of(blob)

    def open_file(self, id: str) -> OpenFile:
        """A file of the brand, by the `blob` of a `Media`, opened: `with desk.open_file(id) as file: file.stream.read()`. `NotFound` else.

        Whoever has the id may have the file: ids cannot be guessed.
        """
        return self._works.cabinet.open(self._read(self._door.file(id)))

    def mail(self, smtp: Smtp) -> None:
        """Send the alerts that go by mail through this server. Every process that delivers (`run_due`, `running`) needs it."""
        self._works.alerts.smtp = smtp

    def run_due(self) -> int:
        """Do what is due: session clocks, then deliveries. How many there were. Call it every second or so, or see `running`.

        Deliveries to different targets run beside each other. What takes longer than a second goes on when this has returned. Statistics
        are folded and texts are indexed along, now and then.
        """
        done = self.run_clocks() + self._works.crew.round()
        self._works.folder.round()
        self._works.indexing.round()
        self._measure()
        return done

    def _measure(self) -> None:
        """Tell the meter, if there is one, who is behind; not at each round."""
        works = self._works
        if works.metering is not None and works.clock.now() >= works.measures:
            from cschat.queries.operating import Health

            works.measures = works.clock.now() + EVERY_SECONDS * SECOND
            works.metering.health(self._read(Door(works, self._door.brand_id, Actor.host).asking(Health())), works.clock.now())

    def run_clocks(self) -> int:
        """Do what is due of the clocks of sessions and of timers alone, and forget old request ids. How many there were.

        One process at a time does so, until it is closed, or dead for ten seconds; in the others there is nothing to do meanwhile.
        """
        done = 0
        for row in self._read(self._door.due(self._works.clock.now())):
            try:
                if not self._transact(self._door.doing_due(row), brand_id=row.brand):
                    break
                self._works.led = True
                done += 1
            except StoreClosed:
                raise
            except Exception:  # noqa: BLE001  (logged; a reactor that fails for one must not hold up the others)
                _log.exception("what is due of %s failed", row.id, extra={"record": row.id, "brand": row.brand})
        if self._works.clock.now() >= self._works.forgets:
            forgot = self._transact(self._door.doing(lambda ctx: forget_requests(ctx, PAGE)))
            self._works.forgets = 0 if forgot == PAGE else self._works.clock.now() + FORGET_AFTER
        return done

    def settle(self) -> int:
        """Do what is due, and what follows from it, until all is quiet. How many things were done."""
        done = 0
        while step := self.run_clocks() or self._works.crew.round(LEASE_SECONDS):
            done += step
        self._works.indexing.catch_up()
        return done

    def tell_no_past(self) -> None:
        """After an import: alert targets and webhooks that came with it are told what happens from now on, and nothing that happened."""
        self._works.relay.begin_kept()

    def advance(self, **duration: float) -> None:
        """With a `FakeClock`: let time pass, `advance(minutes=30)`, doing what falls due at the moment it does."""
        clock = self._door.fake_clock
        end = clock.now() + timedelta(**duration) // timedelta(microseconds=1)
        self.settle()
        while (due := self.next_due()) is not None and due <= end:
            clock.set(due)
            self.settle()
        clock.set(end)

    def next_due(self) -> Micros | None:
        """When, after now, the next session clock, timer or delivery falls due."""
        now = self._works.clock.now()
        return earliest(self._read(self._door.next_due(now)), self._works.relay.next_due(now))

    @contextmanager
    def running(self) -> Generator[None]:
        """Run what is due in a background thread for as long as the block lasts."""
        stop, news = threading.Event(), threading.Event()
        unsubscribe = self._works.store.subscribe(news.set)
        thread = threading.Thread(target=self._run, args=(stop, news), name="cschat-runner", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            news.set()
            thread.join()
            unsubscribe()

    def _run(self, stop: threading.Event, news: threading.Event) -> None:
        while not stop.is_set():
            news.clear()
            try:
                quiet = self.run_due() == 0
            except StoreClosed:
                return
            except Exception:  # noqa: BLE001  (logged; the runner must not end with one bad round)
                _log.exception("a round of the runner failed")
                quiet = True
            if quiet and not stop.is_set():
                news.wait(POLL_SECONDS)

    def parked(self, limit: int = 100) -> list[Delivery]:
        """Deliveries that were given up, longest ago first."""
        return self._works.relay.parked(limit)

    def resend(self, delivery: Delivery | str) -> None:
        """Try a parked delivery again."""
        self._works.relay.resend(record_id(delivery))

    def discard(self, delivery: Delivery | str) -> None:
        """Give a parked delivery up for good; what waited behind it goes on."""
        self._works.relay.discard(record_id(delivery))

    @property
    def statistics(self) -> Folder:
        """Who keeps statistics up to date, for scripts: `fold()`, `verify(brand.id)`, `rebuild(brand.id)`. Reports do not wait for it."""
        return self._works.folder

    def close(self) -> None:
        """Finish what was begun, and close the store. Afterwards every call raises `StoreClosed`."""
        try:
            if self._works.led:
                self._works.led = False
                self._works.store.transact(self._door.letting_go, brand="")
        except StoreUnavailable as error:
            _log.warning("the lease on clocks could not be given back, and will run out: %s", error)
        finally:
            self._works.wire.close()
            self._works.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
