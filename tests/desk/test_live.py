"""Answers that are pushed: at once, again when something has changed, not too often, on both desks."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import anyio
import pytest
from tests.office import Office

from cschat import Actor, AsyncDesk, Desk, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.errors import Forbidden, StoreClosed

PROCESS = """
import sys
from cschat import Desk, commands as c
with Desk.open(sys.argv[1]) as desk:
    desk.do(c.AddTag("저쪽"))
"""


def names(tags: Any) -> list[str]:
    return [tag.name for tag in tags]


def test_an_answer_comes_at_once_and_again_when_it_has_changed(office: Office):
    live = office.desk.live(q.Tags(), every=0)
    assert names(next(live)) == []
    office.desk.do(c.AddTag("하나"))
    assert names(next(live)) == ["하나"]
    office.desk.do_all([c.AddTag("둘"), c.AddTag("셋")])
    assert names(next(live)) == ["둘", "셋", "하나"]


def test_what_changes_nothing_in_the_answer_is_not_pushed(office: Office):
    live = office.desk.live(q.Tags(), every=0, timeout=0)
    assert names(next(live)) == []
    office.desk.do(c.AddGroup(name="환불팀"))
    office.desk.brand("other").do(c.AddTag("남의 것"))
    assert list(live) == []


def test_what_has_happened_meanwhile_comes_as_one_answer(office: Office):
    live = office.desk.live(q.Tags(), every=0, timeout=0)
    next(live)
    for number in range(30):
        office.desk.do(c.AddTag(f"{number:02}"))
    assert [len(tags) for tags in live] == [30]


def test_answers_come_no_closer_than_every(office: Office):
    live = office.desk.live(q.Tags(), every=0.1)
    times = []
    for number in range(3):
        next(live)
        times.append(time.monotonic())
        office.desk.do(c.AddTag(str(number)))
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.1


def test_a_customer_sees_their_place_move_by_what_they_do_not_see(office: Office):
    office.session(State.QUEUED)
    mine = office.stranger.do(c.OpenSession(text="문의"))
    office.clock.advance(seconds=1)
    office.stranger.do(c.RequestAgent(mine))
    live = office.stranger.live(q.QueuePosition(mine), every=0)
    assert next(live).position == 2
    office.agent.do(c.ClaimSession(office.desk.ask(q.Queue()).items[0]))
    assert next(live).position == 1


def test_who_may_ask_no_more_is_told_no_more(office: Office):
    live = office.colleague.live(q.Tags(), every=0)
    next(live)
    office.desk.do(c.RemoveAgent(office.jun))
    with pytest.raises(Forbidden):
        next(live)


def test_another_processs_commit_is_pushed(file_url: str):
    with Desk.open(file_url) as desk:
        live = desk.live(q.Tags(), every=0)
        assert names(next(live)) == []
        with subprocess.Popen([sys.executable, "-c", PROCESS, file_url]) as process:
            assert names(next(live)) == ["저쪽"]
        assert process.returncode == 0


def test_it_ends_with_the_desk_and_leaves_nothing_behind(office: Office):
    ends: list[Exception] = []
    begun = threading.Event()

    def look() -> None:
        try:
            for _ in office.desk.live(q.Tags(), every=0):
                begun.set()
        except StoreClosed as error:
            ends.append(error)

    looker = threading.Thread(target=look)
    looker.start()
    assert begun.wait(30)
    office.desk.close()
    looker.join(30)
    assert len(ends) == 1


# -------------------------------------------------------------------------------------------------------- in an event loop


@pytest.fixture
async def desk(url: str) -> AsyncIterator[AsyncDesk]:
    async with AsyncDesk.open(url, clock=FakeClock(), seed=1) as desk:
        yield desk


@pytest.mark.anyio
async def test_a_loop_is_pushed_to_as_a_thread_is(desk: AsyncDesk):
    async with aclosing(desk.live(q.Tags(), every=0, timeout=0)) as live:
        assert names(await anext(live)) == []
        await desk.do(c.AddGroup(name="환불팀"))
        for number in range(30):
            await desk.do(c.AddTag(f"{number:02}"))
        assert [len(tags) async for tags in live] == [30]
    with pytest.raises(Forbidden):
        await anext(desk.acting_as(Actor.guest("browser-a")).live(q.Tags()))


@pytest.mark.anyio
async def test_a_loop_hears_of_another_processs_commit(file_url: str):
    async with AsyncDesk.open(file_url) as desk, aclosing(desk.live(q.Tags(), every=0)) as live:
        assert names(await anext(live)) == []
        process = await anyio.open_process([sys.executable, "-c", PROCESS, file_url])
        assert names(await anext(live)) == ["저쪽"]
        assert await process.wait() == 0
        await process.aclose()


@pytest.mark.anyio
async def test_a_loop_is_told_no_more_often_than_every(desk: AsyncDesk):
    async with aclosing(desk.live(q.Tags(), every=0.1)) as live:
        times = []
        for number in range(3):
            await anext(live)
            times.append(time.monotonic())
            await desk.do(c.AddTag(str(number)))
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.1


@pytest.mark.anyio
async def test_whoever_is_cancelled_listens_no_more():
    async with AsyncDesk.open("memory:") as desk:
        with anyio.CancelScope() as scope:
            async with aclosing(desk.live(q.Tags())) as live:
                await anext(live)
                scope.cancel()
                await anext(live)
        assert scope.cancelled_caught
        assert desk.store._engine.signal._heard == {}
