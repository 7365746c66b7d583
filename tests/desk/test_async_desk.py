"""The desk of event loops, on asyncio and trio: the same words, and a loop that never stands still."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest

from cschat import Actor, AsyncDesk, Desk, Session, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.access import Permission
from cschat.core.clock import FakeClock
from cschat.core.times import as_datetime
from cschat.errors import Forbidden, NotFound, StoreClosed

pytestmark = pytest.mark.anyio
MINUTE = 60_000_000


@pytest.fixture
async def desk(url: str) -> AsyncIterator[AsyncDesk]:
    async with AsyncDesk.open(url, clock=FakeClock(), seed=1) as desk:
        yield desk


@pytest.fixture
async def file_desk(file_url: str) -> AsyncIterator[AsyncDesk]:
    async with AsyncDesk.open(file_url, clock=FakeClock(), seed=1) as desk:
        yield desk


def visitor(desk: AsyncDesk) -> AsyncDesk:
    return desk.acting_as(Actor.guest("browser-a"))


async def opened(desk: AsyncDesk, text: str = "문의") -> Session:
    return await visitor(desk).do(c.OpenSession(text=text))


async def served(desk: AsyncDesk) -> tuple[Session, AsyncDesk]:
    """A session that an agent has, and the agent's door."""
    agent = await desk.do(c.AddAgent(name="민아", status="available"))
    session = await opened(desk)
    await visitor(desk).do(c.RequestAgent(session))
    door = desk.acting_as(Actor.agent(agent))
    return await door.do(c.ClaimSession(session)), door


async def everything(desk: AsyncDesk) -> list[Any]:
    return await anyio.to_thread.run_sync(lambda: list(desk.store.stream_log()))


async def until(true: Any) -> None:
    """Let other tasks run until something holds; the test's own time limit is the only other end."""
    while not true():
        await anyio.lowlevel.checkpoint()


@attrs.frozen
class Stumble:
    """A command that records something and then raises."""

    session: str
    permission = Permission.SERVE

    def run(self, ctx: Any) -> None:
        ctx.record(ctx.tx.get(Session, self.session), e.SubjectSet("half"))
        raise ValueError("stumbled")


# ---------------------------------------------------------------------------------------------------------- the same words


async def test_do_ask_and_each(desk):
    session = await opened(desk, "0")
    for number in range(1, 6):
        await visitor(desk).do(c.SendMessage(session, text=str(number)))
    assert (await desk.ask(q.GetSession(session))).state is State.BOT
    assert [message.text async for message in desk.each(q.Transcript(session, limit=2))] == [str(number) for number in range(6)]


async def test_a_command_that_raises_has_written_nothing(desk):
    session = await opened(desk)
    before = await everything(desk)
    with pytest.raises(ValueError, match="stumbled"):
        await desk.do(Stumble(session.id))
    with pytest.raises(NotFound):
        await desk.do_all([c.SetSubject(session, "하나"), c.SetSubject("ses_nobody", "둘")])
    assert await everything(desk) == before


async def test_do_all_answers_each_in_order(desk):
    answers = await desk.do_all([c.AddGroup(name="환불팀"), c.AddTag("급함")], request_id="r")
    assert [type(answer).__name__ for answer in answers] == ["Group", "Tag"]
    assert await desk.do_all([c.AddGroup(name="환불팀"), c.AddTag("급함")], request_id="r") == answers


async def test_the_same_request_id_has_one_effect(desk):
    session = await opened(desk)
    command = c.SendMessage(session, text="한 번")
    first = await visitor(desk).do(command, request_id="r")
    before = await everything(desk)
    assert await visitor(desk).do(command, request_id="r") == first
    assert await everything(desk) == before


async def test_actors_and_brands_have_doors_of_their_own(desk):
    session = await opened(desk)
    with pytest.raises(Forbidden):
        await visitor(desk).ask(q.Queue())
    with pytest.raises(NotFound):
        await desk.acting_as(Actor.guest("browser-b")).ask(q.GetSession(session))
    with pytest.raises(NotFound):
        await desk.brand("shop-2").ask(q.GetSession(session))
    assert c.RequestAgent in await visitor(desk).allowed(session)
    assert await visitor(desk).allowed(session) == await desk.allowed(session, Actor.guest("browser-a"))


async def test_advance_does_each_thing_at_the_moment_it_falls_due(desk):
    session, agent = await served(desk)
    end = desk.clock.now() + 30 * MINUTE
    await agent.do(c.HoldSession(session, until=as_datetime(end)))
    await desk.advance(hours=1)
    last = [event async for event in desk.each(q.History(session))][-1]
    assert (last.type, last.time, last.actor) == ("Resumed", end, "system")
    assert desk.clock.now() == end + 30 * MINUTE


async def test_many_tasks_at_once_on_one_session_count_without_gaps(desk):
    session = await opened(desk)
    sent = []

    async def send(number: int) -> None:
        sent.append((await visitor(desk).do(c.SendMessage(session, text=str(number)))).seq)

    async with anyio.create_task_group() as tasks:
        for number in range(300):
            tasks.start_soon(send, number)
    assert sorted(sent) == list(range(session.seq + 1, session.seq + 301))
    texts = [message.text async for message in desk.each(q.Transcript(session))]
    assert sorted(texts[1:]) == sorted(str(number) for number in range(300))


async def test_an_async_desk_and_a_blocking_one_share_a_file(file_desk, file_url):
    session = await opened(file_desk)
    other = await anyio.to_thread.run_sync(lambda: Desk.open(file_url))
    try:
        assert await anyio.to_thread.run_sync(lambda: other.ask(q.GetSession(session))) == await file_desk.ask(q.GetSession(session))
    finally:
        await anyio.to_thread.run_sync(other.close)


# ------------------------------------------------------------------------------------------------------------------ watch


async def test_watch_resumes_and_filters(desk):
    one, two = await opened(desk, "하나"), await visitor(desk).do(c.OpenSession(channel="app", text="둘"))
    seen = [event async for event in desk.watch(after=0, timeout=0)]
    assert seen == await everything(desk)
    assert [event async for event in desk.watch(after=seen[1].position, timeout=0)] == seen[2:]
    said = [event async for event in desk.watch(after=0, timeout=0, types=[e.MessageSent], session=two)]
    assert [event.body.content.text for event in said] == ["둘"]
    assert [event async for event in desk.watch(after=0, timeout=0, session=one.id)] == [event for event in seen if event.subject == one.id]
    assert [event async for event in desk.watch(timeout=0)] == []


async def test_a_customer_watches_only_what_they_may_see(desk):
    session, agent = await served(desk)
    await desk.acting_as(Actor.guest("browser-b")).do(c.OpenSession(text="남의 것"))
    await agent.do(c.SendMessage(session, text="내부 메모", visibility="internal"))
    seen = [event async for event in visitor(desk).watch(after=0, timeout=0)]
    assert {event.subject for event in seen} == {session.id}
    assert "내부 메모" not in [event.body.content.text for event in seen if event.type == "MessageSent"]


async def test_a_waiting_watcher_hears_of_a_commit(desk):
    heard: list[str] = []
    begun = anyio.Event()

    async def watch() -> None:
        async with aclosing(desk.watch(after=0, types=[e.TagAdded])) as news:
            async for event in news:
                heard.append(event.body.name)
                begun.set()
                if len(heard) == 3:
                    return

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch)
        await desk.do(c.AddTag("하나"))
        await begun.wait()
        await desk.do(c.AddGroup(name="환불팀"))
        await desk.do(c.AddTag("둘"))
        await desk.do(c.AddTag("셋"))
    assert heard == ["하나", "둘", "셋"]


async def test_a_watcher_hears_of_another_desks_commit(file_desk, file_url):
    with Desk.open(file_url) as other:
        async with aclosing(file_desk.watch(after=0)) as news:
            for name in ("하나", "둘"):
                await anyio.to_thread.run_sync(other.do, c.AddTag(name))
                assert (await anext(news)).body.name == name


async def test_many_waiting_watchers_hold_no_worker_thread(desk):
    """There are more watchers than worker threads; still there is one to answer a question."""
    number = int(anyio.to_thread.current_default_thread_limiter().total_tokens) + 10
    heard: list[str] = []

    async def watch() -> None:
        async with aclosing(desk.watch(after=0, types=[e.TagAdded])) as news:
            heard.append((await anext(news)).body.name)

    async with anyio.create_task_group() as tasks:
        for _ in range(number):
            tasks.start_soon(watch)
        for _ in range(5):
            await desk.ask(q.Queue())
        await desk.do(c.AddTag("급함"))
    assert heard == ["급함"] * number


async def test_a_watcher_ends_with_the_desk(desk):
    ends: list[Exception] = []

    async def watch() -> None:
        try:
            async for _ in desk.watch(after=0):
                begun.set()
        except StoreClosed as error:
            ends.append(error)

    begun = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch)
        await desk.do(c.AddTag("급함"))
        await begun.wait()
        await desk.close()
    assert len(ends) == 1


async def test_a_cancelled_watcher_listens_no_more(memory_desk_listeners):
    desk, listeners = memory_desk_listeners
    with anyio.CancelScope() as scope:
        async with aclosing(desk.watch(after=0)) as news:
            await desk.do(c.AddTag("급함"))
            await anext(news)
            assert len(listeners()) == 1
            scope.cancel()
            await anext(news)
    assert scope.cancelled_caught
    assert listeners() == {}


@pytest.fixture
async def memory_desk_listeners() -> AsyncIterator[tuple[AsyncDesk, Any]]:
    async with AsyncDesk.open("memory:") as desk:
        yield desk, lambda: desk.store._engine.signal._heard


# ------------------------------------------------------------------------------------------------- a loop that goes on


@contextmanager
def locked(url: str) -> Iterator[sqlite3.Connection]:
    """The file, as long as somebody else writes it."""
    path = Path(url.removeprefix("sqlite:///").partition("?")[0])
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
    finally:
        connection.close()


async def test_the_loop_goes_on_while_a_command_waits_for_the_database(file_desk, file_url):
    """Only the heartbeat ends the wait: if it stood still, the command would fail."""
    session = await opened(file_desk)
    answers = []

    async def send() -> None:
        answers.append(await visitor(file_desk).do(c.SendMessage(session, text="둘")))

    with locked(file_url) as other:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            for _ in range(200):
                await anyio.lowlevel.checkpoint()
            assert answers == []
            other.execute("ROLLBACK")
    assert len(answers) == 1


@attrs.frozen
class Slow:
    """A question whose answer takes until `released`."""

    released: threading.Event
    permission = Permission.SERVE

    def run(self, ctx: Any) -> bool:
        return self.released.wait(20)


async def test_the_loop_goes_on_while_a_question_is_answered(file_desk):
    released, answers = threading.Event(), []

    async def ask() -> None:
        answers.append(await file_desk.ask(Slow(released)))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        for _ in range(200):
            await anyio.lowlevel.checkpoint()
        assert answers == []
        released.set()
    assert answers == [True]


async def test_commands_go_on_while_questions_are_answered(desk, url):
    if url == "memory:":
        pytest.skip("memory has one lock for both")
    released = threading.Event()
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(desk.ask, Slow(released))
        await opened(desk)
        released.set()


async def test_the_loop_goes_on_while_a_blocking_handler_works(desk):
    released, told = threading.Event(), []
    desk.after(e.TagAdded, name="slow")(lambda event, delivery: told.append(released.wait(20)))
    await desk.do(c.AddTag("급함"))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.run_due)
        for _ in range(200):
            await anyio.lowlevel.checkpoint()
        assert told == []
        released.set()
    assert told == [True]


# ----------------------------------------------------------------------------------------------------------- cancellation


async def test_a_cancelled_command_that_has_not_begun_is_dropped_and_one_that_has_begun_is_committed(file_desk, file_url):
    await opened(file_desk)
    front = file_desk.store._front
    begun, waiting = anyio.CancelScope(), anyio.CancelScope()

    async def add(name: str, scope: anyio.CancelScope) -> None:
        with scope:
            await file_desk.do(c.AddTag(name))

    with locked(file_url) as other:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(add, "begun", begun)
            await until(lambda: front._lead is not None and not front._queue)
            tasks.start_soon(add, "waiting", waiting)
            await until(lambda: front._queue)
            waiting.cancel()
            await until(lambda: not front._queue)
            begun.cancel()
        assert begun.cancelled_caught
        assert waiting.cancelled_caught
        other.execute("ROLLBACK")
    await file_desk.do(c.AddTag("after"))
    assert [event.body.name for event in await everything(file_desk) if event.type == "TagAdded"] == ["begun", "after"]


async def test_cancelled_tasks_harm_no_other(desk):
    names = [f"태그{number}" for number in range(100)]
    answers = []

    async def add(name: str) -> None:
        answers.append((await desk.do(c.AddTag(name))).name)

    async with anyio.create_task_group() as kept, anyio.create_task_group() as dropped:
        for number, name in enumerate(names):
            (kept if number % 2 else dropped).start_soon(add, name)
        await anyio.lowlevel.checkpoint()
        dropped.cancel_scope.cancel()
    written = {event.body.name for event in await everything(desk) if event.type == "TagAdded"}
    assert set(names[1::2]) <= set(answers)
    assert set(answers) <= written


# ---------------------------------------------------------------------------------------------------- running and close


async def test_the_runner_delivers_effects_and_ends_with_its_block(desk):
    delivered = anyio.Event()

    @desk.after(e.TagAdded, name="told")
    async def told(event, delivery):
        delivered.set()
        await anyio.lowlevel.checkpoint()

    async with desk.running():
        await desk.do(c.AddTag("급함"))
        await delivered.wait()
    assert delivered.is_set()


async def test_the_runner_hears_of_another_desks_commit(file_desk, file_url):
    delivered = anyio.Event()

    @file_desk.after(e.TagAdded, name="told")
    async def told(event, delivery):
        delivered.set()

    await file_desk.run_due()
    with Desk.open(file_url) as other:
        async with file_desk.running():
            await anyio.to_thread.run_sync(other.do, c.AddTag("저쪽"))
            await delivered.wait()


async def test_the_runner_lets_an_error_of_the_block_pass_as_it_is(desk):
    with pytest.raises(ValueError, match="mine"):
        async with desk.running():
            raise ValueError("mine")


async def test_the_runner_goes_on_after_a_bad_round(desk, monkeypatch, caplog):
    delivered, failed = anyio.Event(), threading.Event()
    claim = desk._works.relay.claim

    def once_bad() -> Any:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("a bad round")
        return claim()

    @desk.after(e.TagAdded, name="told")
    async def told(event, delivery):
        delivered.set()

    monkeypatch.setattr(desk._works.relay, "claim", once_bad)
    async with desk.running():
        await until(failed.is_set)
        await desk.do(c.AddTag("급함"))
        await delivered.wait()
    assert "a bad round" in caplog.text


async def test_after_close_every_call_is_refused(desk):
    session = await opened(desk)
    await desk.close()
    for attempt in (
        lambda: desk.do(c.AddTag("급함")),
        lambda: desk.do_all([c.AddTag("급함")]),
        lambda: desk.ask(q.Queue()),
        lambda: anext(desk.each(q.Queue())),
        lambda: desk.allowed(session),
        lambda: anext(desk.watch()),
        lambda: anext(desk.watch(after=0)),
        desk.position,
        desk.run_due,
        desk.settle,
        desk.parked,
        lambda: desk.resend("dlv_1"),
        lambda: desk.discard("dlv_1"),
        lambda: desk.advance(minutes=1),
    ):
        with pytest.raises(StoreClosed):
            await attempt()
    await desk.close()


async def test_close_finishes_what_was_begun(desk):
    outcomes: list[Any] = []

    async def add(name: str) -> None:
        try:
            outcomes.append((await desk.do(c.AddTag(name))).name)
        except StoreClosed:
            outcomes.append(None)

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(add, f"태그{number}")
        await until(lambda: outcomes)
        await desk.close()
    assert len(outcomes) == 20
    assert any(outcomes)


async def test_close_leaves_no_thread_of_the_desk_behind(file_url):
    before = set(threading.enumerate())
    async with AsyncDesk.open(file_url) as desk, desk.running():
        await desk.do(c.AddTag("급함"))
        async with aclosing(desk.watch(after=0)) as news:
            await anext(news)
    left = {thread for thread in set(threading.enumerate()) - before if thread.name.startswith("cschat")}
    assert left == set()
