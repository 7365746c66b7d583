"""What a host's meter is told, and what it cannot harm."""

import threading
from collections import Counter

import anyio
import pytest

from cschat import Actor, AsyncDesk, Desk
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.errors import NotFound
from cschat.transport.metering import EVERY_SECONDS


class Numbers:
    """A meter that remembers."""

    def __init__(self):
        self.told = []

    def __call__(self, name, value, labels):
        self.told.append((name, value, dict(labels)))

    def of(self, name, **labels):
        return [value for one, value, given in self.told if one == name and labels.items() <= given.items()]


@pytest.fixture
def numbers():
    return Numbers()


@pytest.fixture
def desk(url, numbers):
    with Desk.open(url, clock=FakeClock(), seed=1, meter=numbers) as desk:
        yield desk


def test_commands_and_queries_are_timed_with_how_they_ended(desk, numbers):
    visitor = desk.acting_as(Actor.guest("browser"))
    session = visitor.do(c.OpenSession(text="안녕하세요"))
    visitor.do_all([c.SendMessage(session, text="네"), c.SendMessage(session, text="네")])
    visitor.ask(q.GetSession(session))
    with pytest.raises(NotFound):
        desk.do(c.EndSession("ses_01KJNXGKVGG7WPR3SMB7VSP5XE"))
    assert [len(numbers.of("command_seconds", **labels)) for labels in (
        {"command": "OpenSession", "outcome": "ok"},
        {"command": "several", "outcome": "ok"},
        {"command": "EndSession", "outcome": "not_found"},
    )] == [1, 1, 1]  # fmt: skip
    assert len(numbers.of("query_seconds", query="GetSession", outcome="ok")) == 1
    assert all(0 < value < 60 for value in numbers.of("command_seconds"))


def test_each_commit_is_told_with_all_that_shared_it(desk, numbers):
    visitor = desk.acting_as(Actor.guest("browser"))
    session = visitor.do(c.OpenSession(text="안녕하세요"))
    numbers.told.clear()
    threads = [threading.Thread(target=lambda: [visitor.do(c.SendMessage(session, text="네")) for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(numbers.of("batch_works")) == 160
    assert len(numbers.of("batch_works")) == len(numbers.of("batch_waiting")) == len(numbers.of("batch_seconds"))
    assert max(numbers.of("batch_waiting")) < 8


def test_deliveries_are_told_with_their_outcome_and_their_age(desk, numbers):
    def refuse(event, delivery):
        raise RuntimeError("no")

    desk.after(e.MessageSent, name="good")(lambda event, delivery: None)
    desk.after(e.MessageSent, name="bad")(refuse)
    desk.acting_as(Actor.guest("browser")).do(c.OpenSession(text="안녕하세요"))
    desk.clock.advance(seconds=3)
    desk.advance(hours=12)
    assert numbers.of("delivery_seconds", target="good", outcome="delivered") == [3]
    outcomes = Counter(labels["outcome"] for name, _, labels in numbers.told if name == "delivery_seconds" and labels["target"] == "bad")
    assert outcomes == {"put_off": 9, "parked": 1}


def test_who_runs_what_is_due_tells_now_and_then_who_is_behind(desk, numbers):
    desk.after(e.MessageSent, name="told")(lambda event, delivery: None)
    desk.run_due()
    desk.run_due()
    assert numbers.of("consumer_events_behind", consumer="told") == [0]
    assert numbers.of("clocks_overdue_seconds") == [0]
    desk.clock.advance(seconds=EVERY_SECONDS)
    desk.run_due()
    assert numbers.of("deliveries_parked") == [0, 0]


def test_an_async_desk_tells_the_same(url, numbers):
    async def talk():
        async with AsyncDesk.open(url, clock=FakeClock(), meter=numbers) as desk:
            visitor = desk.acting_as(Actor.guest("browser"))
            session = await visitor.do(c.OpenSession(text="안녕하세요"))
            await visitor.do_all([c.SendMessage(session, text="네")])
            await visitor.ask(q.GetSession(session))
            await desk.run_due()

    anyio.run(talk)
    names = Counter(name for name, _, _ in numbers.told)
    assert names["command_seconds"] == 2
    assert names["query_seconds"] == names["deliveries_parked"] == 1
    assert sum(numbers.of("batch_works")) >= 2


def test_a_meter_that_fails_is_logged_and_harms_nobody(url, caplog):
    with Desk.open(url, meter=lambda name, value, labels: 1 / 0) as desk:
        visitor = desk.acting_as(Actor.guest("browser"))
        session = visitor.do(c.OpenSession(text="안녕하세요"))
        assert visitor.ask(q.GetSession(session)).id == session.id
        desk.run_due()
    assert "the meter failed" in caplog.text
