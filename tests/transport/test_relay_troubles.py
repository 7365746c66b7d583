"""Targets that hang, that ask for time, that are hopeless; relays that die between sending and noting it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.office import Office

from cschat import Actor, AsyncDesk, Desk
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.errors import Hopeless, TryLater
from cschat.transport import relay as relay_module
from cschat.transport.relay import LEASE_SECONDS, LOOK_AGAIN_SECONDS

DELIVERER = Path(__file__).with_name("deliverer.py")


def follow(desk: Desk, name: str, handler: Callable[[str, Any], object]) -> list[tuple[str, int]]:
    """Hear what is said: the texts that were handed over, each with its attempt; `handler` may raise first."""
    heard: list[tuple[str, int]] = []

    @desk.after(e.MessageSent, name=name)
    def told(event, delivery):
        handler(event.body.content.text, delivery)
        heard.append((event.body.content.text, delivery.attempt))

    return heard


def nothing(_text: str, _delivery: Any) -> None: ...


class Hung:
    """A handler that hangs until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self.calls = 0

    def __call__(self, _text: str, _delivery: Any) -> None:
        self.calls += 1
        self.begun.set()
        assert self.go.wait(60)


@pytest.fixture
def hung(office: Office) -> Iterator[Hung]:
    hung = Hung()
    yield hung
    hung.go.set()
    for thread in threading.enumerate():
        if thread.name.startswith("cschat-"):
            thread.join(60)


# -------------------------------------------------------------------------------------------------- one that hangs, or is down


def test_a_target_that_hangs_holds_up_no_other(office: Office, hung: Hung):
    slow = follow(office.desk, "slow", hung)
    quick = follow(office.desk, "quick", nothing)
    session = office.session(text="하나")
    office.desk.run_due()
    assert hung.begun.wait(60)
    assert quick == [("하나", 1)]
    office.visitor.do(c.SendMessage(session, text="둘"))
    office.stranger.do(c.OpenSession(text="셋"))
    for _ in range(3):
        office.desk.run_due()
    assert (sorted(quick), slow, hung.calls) == ([("둘", 1), ("셋", 1), ("하나", 1)], [], 1)
    hung.go.set()
    while len(slow) < 3:
        office.desk.run_due()
    assert [text for text, _ in slow if text != "셋"] == ["하나", "둘"]


def test_a_target_that_hangs_for_longer_than_its_lease_is_tried_again(office: Office, hung: Hung):
    follow(office.desk, "slow", hung)
    office.session(text="하나")
    office.desk.run_due()
    assert hung.begun.wait(60)
    hung.begun.clear()
    office.clock.advance(seconds=LEASE_SECONDS - 1)
    office.desk.run_due()
    assert hung.calls == 1
    office.clock.advance(seconds=1)
    office.desk.run_due()
    assert hung.begun.wait(60)
    assert hung.calls == 2


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_on_the_async_desk_targets_do_not_wait_for_each_other(anyio_backend: str):
    async with AsyncDesk.open("memory:", clock=FakeClock()) as desk:
        heard = anyio.Event()

        @desk.after(e.MessageSent, name="a-slow")
        async def slow(event, delivery):
            with anyio.fail_after(60):
                await heard.wait()

        @desk.after(e.MessageSent, name="quick")
        async def quick(event, delivery):
            heard.set()

        await desk.acting_as(Actor.guest("browser-a")).do(c.OpenSession(text="하나"))
        assert await desk.settle() == 2


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_on_the_async_desk_a_handler_has_its_time_and_no_more(anyio_backend: str, monkeypatch):
    monkeypatch.setattr("cschat.async_desk.SHIFT_SECONDS", 0.05)
    go = threading.Event()
    async with AsyncDesk.open("memory:", clock=FakeClock()) as desk:

        @desk.after(e.MessageSent, name="loop")
        async def in_the_loop(event, delivery):
            await anyio.sleep_forever()

        @desk.after(e.MessageSent, name="thread")
        def in_a_thread(event, delivery):
            go.wait(60)

        await desk.acting_as(Actor.guest("browser-a")).do(c.OpenSession(text="하나"))
        try:
            await desk.advance(hours=2)
        finally:
            go.set()
        assert sorted((one.target, one.error.partition(":")[0]) for one in await desk.parked()) == [
            ("loop", "TimeoutError"),
            ("thread", "TimeoutError"),
        ]


class Counting:
    """Counts what a relay asks its store."""

    def __init__(self, store: Any) -> None:
        self.store, self.asked = store, 0

    def __getattr__(self, name: str) -> Any:
        if name in ("transact", "read"):
            self.asked += 1
        return getattr(self.store, name)


def test_a_target_in_back_off_costs_no_query(office: Office):
    def down(_text, _delivery):
        raise TryLater(seconds=LOOK_AGAIN_SECONDS - 1)

    for number in range(20):
        follow(office.desk, f"down-{number}", down)
    office.session(text="하나")
    office.desk.settle()
    relay = office.desk._works.relay
    counting = relay._store = Counting(relay._store)
    for _ in range(100):
        assert office.desk._works.relay.claim() == []
    assert counting.asked == 0
    office.clock.advance(seconds=LOOK_AGAIN_SECONDS)
    assert len(relay.claim()) == 20
    assert counting.asked == 20


def test_a_failure_of_one_session_is_not_asked_for_before_it_is_due(office: Office):
    """A failure of one session is known until it is due; it holds up no other."""

    def bad(text, _delivery):
        if text == "bad":
            raise RuntimeError

    follow(office.desk, "told", bad)
    office.session(text="bad")
    office.desk.settle()
    due, relay = office.desk.next_due(), office.desk._works.relay
    counting = relay._store = Counting(relay._store)
    relay.claim()
    assert counting.asked == 0
    office.clock.set(due or 0)
    assert len(relay.claim()) == 1
    assert counting.asked == 1


def test_a_target_that_asks_for_time_gets_it_and_nothing_of_it_is_lost(office: Office):
    """429 with Retry-After 120 on the first of three sessions: no other is tried, none of them has used up an attempt."""
    tried: list[tuple[str, int]] = []

    def busy(text, delivery):
        tried.append((text, delivery.attempt))
        if len(tried) == 1:
            raise TryLater(seconds=120)

    heard = follow(office.desk, "busy", busy)
    sessions = [office.visitor.do(c.OpenSession(text=text)) for text in "abc"]
    office.desk.settle()
    assert len(tried) == 1
    office.visitor.do(c.SendMessage(sessions[0], text="a2"))
    office.desk.advance(seconds=119)
    assert len(tried) == 1
    office.desk.advance(seconds=1)
    first = tried[0][0]
    assert sorted(heard) == sorted([*((text, 2 if text == first else 1) for text in "abc"), ("a2", 1)])
    assert [text for text, _ in heard if text.startswith("a")] == ["a", "a2"]
    assert office.desk.next_due() is None


def test_without_a_time_it_is_the_growing_pause(office: Office):
    times = []

    def down(_text, _delivery):
        times.append(office.clock.now())
        raise TryLater("nobody answers")

    follow(office.desk, "down", down)
    office.session(text="하나")
    office.desk.advance(hours=2)
    assert len(times) == relay_module.MAX_TRIES
    (parked,) = office.desk.parked()
    assert parked.error == "TryLater: nobody answers"
    assert times[2] - times[1] > times[1] - times[0]


def test_the_one_that_was_refused_comes_last_when_the_target_takes_something_again(office: Office):
    """If it alone is to blame, the others need not wait for it to be given up."""
    tried: list[str] = []

    def picky(text, _delivery):
        tried.append(text)
        if text == tried[0]:
            raise TryLater(seconds=10)

    follow(office.desk, "picky", picky)
    for number in range(9):
        office.visitor.do(c.OpenSession(text=str(number)))
    office.desk.settle()
    assert len(tried) == 1
    office.desk.advance(seconds=10)
    assert sorted(tried[1:9]) == sorted({*map(str, range(9))} - {tried[0]})
    assert tried[9:] == [tried[0]]


def test_a_target_that_is_well_again_has_short_pauses_again(office: Office):
    down = [True]

    def sometimes(_text, _delivery):
        if down:
            raise TryLater

    heard = follow(office.desk, "sometimes", sometimes)
    office.session(text="하나")
    office.desk.advance(minutes=2)
    down.clear()
    office.desk.advance(minutes=10)
    assert len(heard) == 1
    down.append(True)
    office.stranger.do(c.OpenSession(text="둘"))
    office.desk.settle()
    assert (office.desk.next_due() or 0) - office.clock.now() <= 1_000_000


def test_no_target_is_waited_for_longer_than_a_day(office: Office):
    tried = []

    def forever(_text, _delivery):
        tried.append(office.clock.now())
        raise TryLater(seconds=1e300)

    follow(office.desk, "forever", forever)
    office.session(text="하나")
    office.desk.advance(hours=25)
    assert len(tried) == 2


def test_what_is_hopeless_is_parked_at_once_and_holds_up_only_its_own_session(office: Office):
    def fussy(text, _delivery):
        if text == "bad":
            raise Hopeless("400 invalid_payload")

    heard = follow(office.desk, "fussy", fussy)
    session = office.session(text="bad")
    office.visitor.do(c.SendMessage(session, text="behind"))
    office.stranger.do(c.OpenSession(text="other"))
    office.desk.settle()
    (parked,) = office.desk.parked()
    assert (parked.attempt, parked.error) == (1, "Hopeless: 400 invalid_payload")
    assert [text for text, _ in heard] == ["other"]
    office.desk.discard(parked)
    office.desk.settle()
    assert [text for text, _ in heard] == ["other", "behind"]


# ---------------------------------------------------------------------------------------------------------- several relays


def test_what_another_process_sends_again_is_noticed(tmp_path: Path):
    clock, url = FakeClock(), f"sqlite:///{tmp_path / 'desk.db'}?synchronous=normal"
    broken = [True]

    def shaky(_text, _delivery):
        if broken:
            raise Hopeless("no")

    with Desk.open(url, clock=clock, seed=1) as here, Desk.open(url, clock=clock, seed=2) as there:
        heard = follow(here, "shaky", shaky)
        Office.on(here, clock).session(text="하나")
        here.settle()
        broken.clear()
        (parked,) = there.parked()
        there.resend(parked)
        clock.advance(seconds=LOOK_AGAIN_SECONDS)
        here.settle()
        assert heard == [("하나", 1)]


@pytest.mark.slow
def test_kill_9_between_sending_and_noting_it_repeats_with_the_same_id_and_loses_nothing(tmp_path: Path):
    """A child delivers, and is killed after it has sent and before that is noted; who comes after it delivers all, in order."""
    url, sent, clock = f"sqlite:///{tmp_path / 'desk.db'}", tmp_path / "sent", FakeClock()
    with Desk.open(url, clock=clock, seed=1) as desk:
        follow(desk, "outbox", nothing)
        office = Office.on(desk, clock)
        sessions = [office.visitor.do(c.OpenSession(text=f"{number} 0")) for number in range(3)]
        for message in range(1, 4):
            for number, session in enumerate(sessions):
                office.visitor.do(c.SendMessage(session, text=f"{number} {message}"))
    rounds = 0
    while True:
        child = subprocess.run([sys.executable, str(DELIVERER), url, str(sent), str(rounds), str(rounds % 3)], timeout=60)
        rounds += 1
        if child.returncode == 0:
            break
        assert child.returncode == -signal.SIGKILL
    assert rounds > 3
    lines = [line.split(" ", 1) for line in sent.read_text().splitlines()]
    first = list({text: id for id, text in lines})
    assert sorted(first) == sorted(f"{number} {message}" for number in range(3) for message in range(4)), "nothing is lost"
    assert len({text for _, text in lines}) == len({id for id, _ in lines}), "each has one id, whenever it is sent"
    for number in range(3):
        assert [text for text in first if text.startswith(f"{number} ")] == [f"{number} {message}" for message in range(4)]
    with Desk.open(url, clock=clock) as desk:
        assert desk.parked() == []
        assert desk.ask(q.SelfCheck()) == []
