"""The desk for event loops: the words of `Desk` with `await`, on asyncio and trio.

May: wait in a loop, hand to a thread what blocks. May not: mean anything else than `Desk` does.
"""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Self, TypeVar

import attrs

from cschat.commands.carrying import carry_out, carry_out_all
from cschat.commands.protocol import Command, Reactor
from cschat.core.access import Actor
from cschat.core.clock import Clock
from cschat.core.content import Media
from cschat.core.events import Event
from cschat.core.fields import HasId, record_id
from cschat.desk import POLL_SECONDS, Desk
from cschat.door import Door, brand_record, first_door, names_of
from cschat.errors import StoreClosed, TryLater
from cschat.queries.protocol import Page, Query
from cschat.storage.protocol import Key, Store, Transaction
from cschat.transport.blobs import Blobs, OpenFile
from cschat.transport.crew import SHIFT_SECONDS
from cschat.transport.mail import Smtp
from cschat.transport.relay import Delivery, Handler, Job

if TYPE_CHECKING:
    from cschat.commands.reactors.bots import Search
    from cschat.transport.actions import Action
    from cschat.transport.bus import Bus
    from cschat.transport.folder import Folder
    from cschat.transport.metering import Meter
    from cschat.transport.panel import CustomerInfo, Hook

__all__ = ["AsyncDesk"]

T = TypeVar("T")
F = TypeVar("F", bound=Handler)
A = TypeVar("A", bound="Action")
H = TypeVar("H", bound="Hook")
Work = Callable[[Transaction], T]

_log = logging.getLogger("cschat.desk")


class AsyncDesk:
    """A support desk, for asyncio and trio: the words of `Desk` with `await`. Safe to share between tasks and loops.

    Commands go straight to the store's writer, so that many tasks share one commit; what reads runs in a worker thread. There is no
    `batch`: imports are for `Desk`.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._works = door.works
        self._desk = Desk(door)

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
    ) -> AsyncDesk:
        """As `Desk.open`. Not a coroutine: the database is opened when it is first used."""
        return cls(first_door(url, brand, clock, seed, reactors, bus=bus, meter=meter))

    def brand(self, name: str) -> AsyncDesk:
        """As `Desk.brand`."""
        return AsyncDesk(Door(self._works, brand_record(name), Actor.host))

    def acting_as(self, actor: Actor) -> AsyncDesk:
        """As `Desk.acting_as`."""
        return AsyncDesk(Door(self._works, self._door.brand_id, actor))

    @property
    def store(self) -> Store:
        """As `Desk.store`. Its calls block: not for the loop's thread."""
        return self._works.store

    @property
    def clock(self) -> Clock:
        """As `Desk.clock`."""
        return self._works.clock

    async def do(self, command: Command[T], *, request_id: str | None = None) -> T:
        """As `Desk.do`. Cancelled before it has begun, it is dropped; after that it is committed."""
        work, keys = self._door.doing(lambda ctx: carry_out(command, ctx, request_id)), self._door.touching(command)
        if self._works.metering is None:
            return await self._submit(work, keys)
        with self._works.metering.timing("command_seconds", command=type(command).__name__):
            return await self._submit(work, keys)

    async def do_all(self, commands: Sequence[Command[Any]], *, request_id: str | None = None) -> list[Any]:
        """As `Desk.do_all`."""
        work, keys = self._door.doing(lambda ctx: carry_out_all(commands, ctx, request_id)), self._door.touching(*commands)
        if self._works.metering is None:
            return await self._submit(work, keys)
        with self._works.metering.timing("command_seconds", command="several"):
            return await self._submit(work, keys)

    async def _submit(self, work: Work[T], keys: Sequence[Key]) -> T:
        from cschat.loops import current

        await self._begin()
        if self._works.relay.unsure:
            await self._in_thread(self._works.relay.ensure)
        store, brand_id = self._works.store, self._door.brand_id
        return await current().answer(lambda waker: store.submit(work, brand=brand_id, touches=keys, waker=waker))

    async def _begin(self) -> None:
        if not self._works.wire.begun:
            await self._in_thread(self._works.wire.ensure)

    async def ask(self, query: Query[T]) -> T:
        """As `Desk.ask`."""
        return await self._in_thread(lambda: self._desk.ask(query))

    async def each(self, query: Query[Page[T]]) -> AsyncIterator[T]:
        """As `Desk.each`."""
        following: Any = query
        while following is not None:
            page = await self.ask(following)
            for item in page.items:
                yield item
            following = None if page.next is None else attrs.evolve(following, after=page.next)

    async def allowed(self, session: str | HasId, as_: Actor | None = None) -> frozenset[type[Command[Any]]]:
        """As `Desk.allowed`."""
        return await self._in_thread(lambda: self._desk.allowed(session, as_))

    async def watch(
        self,
        *,
        after: int | None = None,
        types: Collection[type] | None = None,
        session: str | HasId | None = None,
        timeout: float | None = None,
    ) -> AsyncGenerator[Event]:
        """As `Desk.watch`. A waiting watcher costs no thread."""
        import anyio

        from cschat.loops import current

        await self._begin()
        position = await self.position() if after is None else after
        wanted, subject = names_of(types), None if session is None else record_id(session)
        loop, news = current(), [anyio.Event()]
        stop = self._works.store.subscribe(lambda: loop.call(lambda: news[0].set()))
        try:
            while True:
                heard = news[0] = anyio.Event()
                work = self._door.looking_on(position, wanted, subject)
                events, reached = await self._in_thread(lambda work=work: self._works.store.read(work))  # type: ignore[misc]
                for event in events:
                    yield event
                if reached == position:
                    with anyio.move_on_after(timeout) as limit:
                        await heard.wait()
                    if limit.cancelled_caught:
                        return
                position = reached
        finally:
            stop()

    async def live(self, query: Query[T], *, every: float = 1.0, timeout: float | None = None) -> AsyncGenerator[T]:
        """As `Desk.live`. Whoever waits costs no thread."""
        import anyio

        everything = AsyncDesk(Door(self._works, self._door.brand_id, Actor.host))
        position = await self.position()
        answer, asked = await self.ask(query), time.monotonic()
        yield answer
        while True:
            async with aclosing(everything.watch(after=position, timeout=timeout)) as news:
                if await anext(news, None) is None:
                    return
            await anyio.sleep(max(0.0, asked + every - time.monotonic()))
            position, before = await self.position(), answer
            answer, asked = await self.ask(query), time.monotonic()
            if answer != before:
                yield answer

    async def position(self) -> int:
        """As `Desk.position`."""
        return await self._in_thread(self._desk.position)

    def after(self, event: type | Sequence[type], *, name: str | None = None) -> Callable[[F], F]:
        """As `Desk.after`. Coroutine functions run in this desk's loop, others in a worker thread."""
        return self._door.followed(event, name)

    def action(self, name: str | None = None) -> Callable[[A], A]:
        """As `Desk.action`."""
        return self._door.acted(name)

    def faq(self, search: Search) -> None:
        """As `Desk.faq`."""
        self._works.scenarios.search = search

    def customer_info(self, hook: H) -> H:
        """As `Desk.customer_info`. A coroutine function runs in the loop of whoever asks, others in a worker thread."""
        self._works.panel.add(hook)
        return hook

    async def info_of(self, customer: str | HasId) -> CustomerInfo:
        """As `Desk.info_of`."""
        work = self._door.about(record_id(customer))
        return await self._works.panel.wait(await self._in_thread(lambda: self._works.store.read(work)))

    def files(self, blobs: Blobs) -> None:
        """As `Desk.files`."""
        self._desk.files(blobs)

    async def keep_file(self, content: bytes, *, name: str = "") -> Media:
        """As `Desk.keep_file`."""
        return await self._in_thread(lambda: self._desk.keep_file(content, name=name))

    async def open_file(self, id: str) -> OpenFile:
        """As `Desk.open_file`. Its stream blocks when it is read: not for the loop's thread."""
        return await self._in_thread(lambda: self._desk.open_file(id))

    def mail(self, smtp: Smtp) -> None:
        """As `Desk.mail`."""
        self._works.alerts.smtp = smtp

    async def run_due(self) -> int:
        """As `Desk.run_due`, but it waits for every delivery; each has half a minute."""
        import anyio

        done = await self._in_thread(self._desk.run_clocks)
        jobs = await self._in_thread(self._works.relay.claim)
        errors: list[Exception] = []
        async with anyio.create_task_group() as tasks:
            for _, several in groupby(jobs, lambda job: job.target.name):
                tasks.start_soon(self._work, list(several), errors)
        await self._in_thread(self._works.folder.round)
        await self._in_thread(self._works.indexing.round)
        await self._in_thread(self._desk._measure)  # noqa: SLF001  (its other half)
        if errors:
            raise errors[0]
        return done + len(jobs)

    async def _work(self, jobs: Sequence[Job], errors: list[Exception]) -> None:
        """The deliveries of one target, one after another."""
        import anyio

        relay, until = self._works.relay, time.monotonic() + SHIFT_SECONDS
        try:
            for number, job in enumerate(jobs, 1):
                if not relay.holds(job):
                    await self._in_thread(lambda number=number: relay.put_back(jobs[number - 1 :]))  # type: ignore[misc]
                    return
                error = await self._deliver(job)
                with anyio.CancelScope(shield=True):  # what has been delivered is recorded, even if the runner ends now
                    await self._in_thread(lambda job=job, error=error: relay.finish(job, error))  # type: ignore[misc]
                    if isinstance(error, TryLater) or time.monotonic() > until:
                        await self._in_thread(lambda number=number: relay.put_back(jobs[number:]))  # type: ignore[misc]
                        return
        except Exception as error:  # noqa: BLE001  (raised by `run_due` as it is; the task group would wrap it)
            errors.append(error)

    async def _deliver(self, job: Job) -> Exception | None:
        """Call the handler. It has `SHIFT_SECONDS`: a coroutine is then cancelled, a thread left to itself."""
        import anyio

        try:
            if inspect.iscoroutinefunction(job.target.handler):
                with anyio.fail_after(SHIFT_SECONDS):
                    await job.target.handler(job.event, job.delivery)
                return None
            with anyio.CancelScope(shield=True, deadline=anyio.current_time() + SHIFT_SECONDS) as bound:
                answer = await anyio.to_thread.run_sync(lambda: (job.target.handler(job.event, job.delivery),), abandon_on_cancel=True)
                if inspect.isawaitable(answer[0]):
                    bound.shield = False
                    await answer[0]
            if bound.cancelled_caught:
                return TimeoutError(f"no end after {SHIFT_SECONDS:.0f} seconds")
        except Exception as error:  # noqa: BLE001  (recorded with the delivery, and logged)
            return error
        return None

    async def settle(self) -> int:
        """As `Desk.settle`."""
        done = 0
        while step := await self.run_due():
            done += step
        await self._in_thread(self._works.indexing.catch_up)
        return done

    async def advance(self, **duration: float) -> None:
        """As `Desk.advance`."""
        clock = self._door.fake_clock
        end = clock.now() + timedelta(**duration) // timedelta(microseconds=1)
        await self.settle()
        while (due := await self._in_thread(self._desk.next_due)) is not None and due <= end:
            clock.set(due)
            await self.settle()
        clock.set(end)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Run what is due in a task for as long as the block lasts."""
        import anyio

        error: Exception | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._run)
            try:
                yield
            except Exception as raised:  # noqa: BLE001  (raised below as it is; the task group would wrap it)
                error = raised
            tasks.cancel_scope.cancel()
        if error is not None:
            raise error

    async def _run(self) -> None:
        import anyio

        from cschat.loops import current

        loop, news = current(), [anyio.Event()]
        stop = self._works.store.subscribe(lambda: loop.call(lambda: news[0].set()))
        try:
            while True:
                heard = news[0] = anyio.Event()
                try:
                    quiet = await self.run_due() == 0
                except StoreClosed:
                    return
                except Exception:  # noqa: BLE001  (logged; the runner must not end with one bad round)
                    _log.exception("a round of the runner failed")
                    quiet = True
                if quiet:
                    with anyio.move_on_after(POLL_SECONDS):
                        await heard.wait()
        finally:
            stop()

    async def parked(self, limit: int = 100) -> list[Delivery]:
        """As `Desk.parked`."""
        return await self._in_thread(lambda: self._desk.parked(limit))

    async def resend(self, delivery: Delivery | str) -> None:
        """As `Desk.resend`."""
        await self._in_thread(lambda: self._desk.resend(delivery))

    async def discard(self, delivery: Delivery | str) -> None:
        """As `Desk.discard`."""
        await self._in_thread(lambda: self._desk.discard(delivery))

    @property
    def statistics(self) -> Folder:
        """As `Desk.statistics`. Its calls block: not for the loop's thread."""
        return self._works.folder

    async def close(self) -> None:
        """As `Desk.close`."""
        await self._in_thread(self._desk.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    async def _in_thread(self, function: Callable[[], T]) -> T:
        from anyio import to_thread

        return await to_thread.run_sync(function)
