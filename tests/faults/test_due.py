"""kill -9 between due and done: what is due is done once, and nothing of it is lost."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from tests.office import bodies

from cschat import Actor, Desk
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.delayed import DelayedReply, DelayState
from cschat.core.leases import LEASE_SECONDS
from cschat.core.session import Session
from cschat.core.timers import Timer
from cschat.core.times import SECOND, as_datetime

SENDER = Path(__file__).with_name("sender.py")
SESSIONS, REPLIES = 40, 10


def prepare(url: str) -> int:
    """Sessions in which replies wait; the time when all are due."""
    clock = FakeClock()
    with Desk.open(url, clock=clock, seed=1) as desk, desk.batch():
        admin = desk.do(c.AddAgent(name="소라", role="admin", capacity=1000))
        door = desk.acting_as(Actor.agent(admin))
        customer = desk.do(c.RegisterCustomer(guest="browser", name="김고객"))
        for _ in range(SESSIONS):
            session = door.do(c.OpenSessionByAgent(customer))
            for number in range(REPLIES):
                at = as_datetime(clock.now()) + timedelta(minutes=1 + number % 3)
                door.do(c.DelayReply(session, at, text=f"{session.id} {number}"))
        clock.advance(minutes=5)
        return clock.now()


def run_and_kill(url: str, now: int, after: int) -> bool:
    """Let a child do what is due until so much is committed, and kill it; whether it was done before."""
    child = subprocess.Popen([sys.executable, str(SENDER), url, str(now)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(after)]
    os.kill(child.pid, signal.SIGKILL)
    lines += child.stdout.readlines()
    child.stdout.close()
    child.wait()
    return "done\n" in lines


def finish(url: str, now: int, most: int) -> int:
    """Kill it again and again, after at most so many commits each time, until it is done; how often it was killed before.

    Each begins when the lease of the one before has run out.
    """
    chance, killed = Random(7), 0
    while not run_and_kill(url, now + killed * LEASE_SECONDS * SECOND, chance.randrange(1, most)):
        killed += 1
    return killed


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_delayed_replies_are_sent_once_whenever_the_process_is_killed(shared_url):
    url = shared_url
    now = prepare(url)
    assert finish(url, now, most=150) > 2
    with Desk.open(url) as desk:
        said = Counter(event.body.content.text for event in desk.store.stream_log() if isinstance(event.body, e.MessageSent))
        assert len(said) == SESSIONS * REPLIES
        assert {*said.values()} == {1}
        assert {reply.state for reply in desk.store.stream(DelayedReply)} == {DelayState.SENT}
        assert list(desk.store.stream(Timer)) == []
        assert desk.ask(q.SelfCheck()) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_bulk_reply_goes_to_everybody_once_whenever_the_process_is_killed(shared_url):
    url = shared_url
    clock = FakeClock()
    with Desk.open(url, clock=clock, seed=1) as desk:
        admin = desk.do(c.AddAgent(name="소라", role="admin", capacity=1000))
        door = desk.acting_as(Actor.agent(admin))
        with desk.batch():
            for number in range(200):
                customer = desk.do(c.RegisterCustomer(guest=f"browser-{number}", name=f"고객{number}"))
                session = door.do(c.OpenSessionByAgent(customer))
                if number % 10 == 0:
                    door.do(c.EndSession(session))
        bulk = door.do(c.StartBulk({}, [{"add_tags": ["공지"]}, {"reply": "{{ customer.name }}님, 공지입니다."}]))
        now = clock.now()
    assert finish(url, now, most=3) > 2
    with Desk.open(url) as desk:
        over = desk.ask(q.GetBulk(bulk))
        assert (over.state, over.total, over.done, over.failed) == ("done", 200, 180, 20)
        assert len({failure.session for failure in desk.each(q.BulkFailures(bulk))}) == 20
        for session in desk.store.stream(Session):
            events = desk.store.read(lambda tx, id=session.id: tx.events(id, limit=100))
            good = session.state == "active"
            assert (len(bodies(events, e.MessageSent)), session.tags) == ((1, ("공지",)) if good else (0, ()))
        assert desk.ask(q.SelfCheck()) == []
