"""Host effects: `@desk.after` and the relay behind it, through both desks."""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.office import Office

from cschat import Actor, AsyncDesk, Desk, Event, Session
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.errors import Invalid, NotFound
from cschat.transport.relay import LEASE_SECONDS, MAX_TRIES, Delivery

SECOND = 1_000_000


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'desk.db'}?synchronous=normal"


class Told:
    """A handler that remembers what it was told, and fails for the texts in `refuses`."""

    def __init__(self) -> None:
        self.calls: list[tuple[Event, Delivery, int]] = []
        self.refuses: set[str] = set()
        self.clock: FakeClock | None = None

    def __call__(self, event: Event, delivery: Delivery) -> None:
        self.calls.append((event, delivery, 0 if self.clock is None else self.clock.now()))
        if text_of(event) in self.refuses:
            raise RuntimeError(f"no {text_of(event)}")

    @property
    def texts(self) -> list[str]:
        return [text_of(event) for event, _, _ in self.calls]

    def of(self, session: Session) -> list[str]:
        return [text_of(event) for event, _, _ in self.calls if event.subject == session.id]


def text_of(event: Event) -> str:
    return event.body.content.text


def say(office: Office, session: Session, *texts: str) -> None:
    for text in texts:
        office.visitor.do(c.SendMessage(session, text=text))


@pytest.fixture
def told(office: Office) -> Told:
    """Follows what is said in the office from now on."""
    told = Told()
    told.clock = office.clock
    office.desk.after(e.MessageSent, name="told")(told)
    return told


@pytest.fixture
def session(office: Office) -> Session:
    return office.session(text=None)


# ----------------------------------------------------------------------------------------------------------------- what


def test_a_handler_is_called_with_the_event_and_its_delivery(office: Office, session: Session, told: Told):
    office.desk.settle()
    say(office, session, "하나")
    assert told.calls == []
    assert office.desk.settle() == 1
    ((event, delivery, _),) = told.calls
    assert event == office.history(session)[-1]
    assert (delivery.subject, delivery.seq, delivery.position) == (event.subject, event.seq, event.position)
    assert (delivery.target, delivery.brand, delivery.attempt) == ("told", event.brand, 1)
    assert delivery.id.startswith("dlv_")


def test_a_handler_hears_only_of_its_types_and_of_all_of_them(office: Office):
    heard = []
    office.desk.after([e.AgentRequested, e.Opened], name="both")(lambda event, delivery: heard.append(event.type))
    session = office.session()
    office.visitor.do(c.RequestAgent(session))
    office.desk.settle()
    assert heard == ["Opened", "AgentRequested"]


def test_a_new_handler_begins_with_what_is_committed_from_now_on(office: Office, session: Session):
    say(office, session, "vorher")
    told = Told()
    office.desk.after(e.MessageSent, name="late")(told)
    say(office, session, "nachher")
    office.desk.settle()
    assert told.texts == ["nachher"]


def test_a_handler_registered_on_any_door_counts_for_the_whole_desk(office: Office, session: Session):
    told = Told()
    office.agent.after(e.MessageSent, name="told")(told)
    say(office, session, "하나")
    office.system.settle()
    assert told.texts == ["하나"]


def test_what_is_no_event_is_refused(memory_office: Office):
    for nonsense in (str, Session, [e.Assigned, int]):
        with pytest.raises(Invalid) as caught:
            memory_office.desk.after(nonsense)
        assert caught.value.field == "event"


def test_the_decorated_function_stays_as_it_is(memory_office: Office):
    def handler(event, delivery):
        raise AssertionError

    assert memory_office.desk.after(e.Assigned)(handler) is handler


def test_the_default_name_of_a_handler_is_module_and_function(memory_office: Office):
    targets = []

    def handler(event, delivery):
        targets.append(delivery.target)

    memory_office.desk.after(e.TagAdded)(handler)
    memory_office.desk.do(c.AddTag("급함"))
    memory_office.desk.settle()
    assert targets == [f"{handler.__module__}.{handler.__qualname__}"]


def test_each_of_two_handlers_gets_every_event_under_an_id_of_its_own(office: Office, session: Session, told: Told):
    other = Told()
    office.desk.after(e.MessageSent, name="other")(other)
    say(office, session, "하나", "둘")
    office.desk.settle()
    assert told.texts == other.texts == ["하나", "둘"]
    assert len({delivery.id for one in (told, other) for _, delivery, _ in one.calls}) == 4


def test_events_of_one_session_come_in_order(office: Office, told: Told):
    texts = [str(number) for number in range(12)]
    sessions = [office.session(text=None), office.stranger.do(c.OpenSession())]
    for text in texts:
        for door, session in zip((office.visitor, office.stranger), sessions, strict=True):
            door.do(c.SendMessage(session, text=text))
    office.desk.settle()
    assert [told.of(session) for session in sessions] == [texts, texts]


def test_many_events_of_one_instant_come_in_order_and_all(office: Office, session: Session):
    """More than are claimed at once, all due at the same time; for each handler they lie in another order by id."""
    followers = [Told() for _ in range(8)]
    for number, told in enumerate(followers):
        office.desk.after(e.MessageSent, name=f"told-{number}")(told)
    texts = [str(number) for number in range(130)]
    office.visitor.do_all([c.SendMessage(session, text=text) for text in texts])
    assert office.desk.settle() == 8 * 130
    assert [told.texts for told in followers] == [texts] * 8


def test_a_handler_may_use_the_desk(office: Office, session: Session):
    @office.desk.after(e.MessageSent, name="answer")
    def answer(event, delivery):
        if event.body.author == "customer":
            office.desk.do(c.SetSubject(event.subject, text_of(event)), request_id=delivery.id)

    say(office, session, "환불 문의")
    office.desk.settle()
    assert office.look(session).subject == "환불 문의"


def test_an_async_handler_runs_on_the_blocking_desk(office: Office, session: Session):
    heard = []

    @office.desk.after(e.MessageSent, name="async")
    async def handler(event, delivery):
        await anyio.lowlevel.checkpoint()
        heard.append(text_of(event))
        if len(heard) == 1:
            raise RuntimeError("not yet")

    say(office, session, "하나")
    office.desk.advance(seconds=5)
    assert heard == ["하나", "하나"]


# -------------------------------------------------------------------------------------------------------------- failing


def test_a_handler_that_raises_is_tried_again_with_growing_pauses(office: Office, session: Session, told: Told):
    told.refuses = {"하나"}
    say(office, session, "하나")
    office.desk.advance(hours=2)
    times = [at for _, _, at in told.calls]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert len(pauses) == MAX_TRIES - 1
    for number, pause in enumerate(pauses):
        assert 0.75 * 2**number * SECOND <= pause <= 2**number * SECOND
    assert [delivery.attempt for _, delivery, _ in told.calls] == list(range(1, MAX_TRIES + 1))
    assert len({delivery.id for _, delivery, _ in told.calls}) == 1


def test_a_failed_delivery_is_not_tried_before_its_time(office: Office, session: Session, told: Told):
    told.refuses = {"하나"}
    say(office, session, "하나")
    assert office.desk.settle() == 1
    due = office.desk.next_due()
    assert due is not None
    office.clock.set(due - 1)
    assert office.desk.settle() == 0
    office.clock.set(due)
    told.refuses = set()
    assert office.desk.settle() == 1
    office.desk.advance(days=1)
    assert told.texts == ["하나", "하나"]


def test_what_waits_behind_a_failure_follows_it_at_once(office: Office, session: Session, told: Told):
    told.refuses = {"하나"}
    say(office, session, "하나", "둘", "셋")
    office.desk.settle()
    assert told.texts == ["하나"]
    told.refuses = set()
    office.clock.set(office.desk.next_due() or 0)
    office.desk.settle()
    assert told.texts == ["하나", "하나", "둘", "셋"]


def test_a_failure_is_logged(office: Office, session: Session, told: Told, caplog):
    told.refuses = {"하나"}
    say(office, session, "하나")
    office.desk.settle()
    assert "no 하나" in caplog.text


@pytest.fixture
def parked(office: Office, session: Session, told: Told) -> Delivery:
    """What "bad" has left behind: it was given up, and "next" came after it in the same session."""
    told.refuses = {"bad"}
    say(office, session, "bad")
    office.desk.advance(hours=2)
    (delivery,) = office.desk.parked()
    told.calls.clear()
    say(office, session, "next")
    office.desk.settle()
    return delivery


def test_a_hopeless_delivery_is_parked_with_its_error(office: Office, session: Session, parked: Delivery):
    assert (parked.subject, parked.target, parked.attempt) == (session.id, "told", MAX_TRIES)
    assert parked.error == "RuntimeError: no bad"
    assert parked.due is None
    assert parked.parked is not None


def test_a_parked_delivery_is_not_tried_again(office: Office, told: Told, parked: Delivery):
    office.desk.advance(days=3)
    assert told.texts == []
    assert [one.id for one in office.desk.parked()] == [parked.id]


def test_a_parked_delivery_holds_up_only_its_own_session_and_target(office: Office, told: Told, parked: Delivery):
    other = Told()
    office.desk.after(e.MessageSent, name="other")(other)
    there = office.stranger.do(c.OpenSession(text="there"))
    say(office, office.look(parked.subject), "behind")
    office.desk.settle()
    assert told.texts == ["there"]
    assert told.of(there) == ["there"]
    assert sorted(other.texts) == ["behind", "there"]


def test_resend_tries_a_parked_delivery_again_and_what_waits_follows(office: Office, told: Told, parked: Delivery):
    told.refuses = set()
    office.desk.resend(parked)
    assert office.desk.parked() == []
    office.desk.settle()
    assert told.texts == ["bad", "next"]
    assert [(delivery.id == parked.id, delivery.attempt) for _, delivery, _ in told.calls] == [(True, 1), (False, 1)]


def test_resend_of_what_still_fails_parks_it_again(office: Office, told: Told, parked: Delivery):
    office.desk.resend(parked.id)
    office.desk.advance(hours=2)
    assert told.texts == ["bad"] * MAX_TRIES
    assert [one.id for one in office.desk.parked()] == [parked.id]


def test_discard_lets_the_next_one_go(office: Office, told: Told, parked: Delivery):
    office.desk.discard(parked)
    assert office.desk.settle() == 1
    assert told.texts == ["next"]
    assert office.desk.parked() == []


def test_there_is_no_delivery_of_another_name(office: Office, parked: Delivery):
    for attempt in (office.desk.resend, office.desk.discard):
        with pytest.raises(NotFound):
            attempt("dlv_nobody")
    assert [one.id for one in office.desk.parked()] == [parked.id]


def test_parked_ones_are_listed_longest_ago_first(office: Office, told: Told):
    told.refuses = {"0", "1", "2"}
    for number in range(3):
        say(office, office.session(text=None), str(number))
        office.desk.advance(hours=1)
    assert [one.error for one in office.desk.parked()] == [f"RuntimeError: no {number}" for number in range(3)]
    assert len(office.desk.parked(limit=2)) == 2


def test_many_that_wait_behind_one_do_not_hide_another_session(office: Office, session: Session, told: Told):
    told.refuses = {"bad"}
    office.visitor.do_all([c.SendMessage(session, text=text) for text in ["bad", *map(str, range(120))]])
    office.desk.settle()
    office.clock.advance(microseconds=1)
    there = office.stranger.do(c.OpenSession(text="there"))
    office.desk.settle()
    assert told.of(there) == ["there"]
    office.desk.advance(hours=2)
    say(office, session, "behind")
    again = office.stranger.do(c.OpenSession(text="there"))
    office.desk.advance(hours=1)
    office.clock.advance(hours=1)
    office.stranger.do(c.SendMessage(again, text="later"))
    office.desk.settle()
    assert told.of(again)[-1] == "later"


# ---------------------------------------------------------------------------------------------------------------- leases


def test_a_claim_of_one_who_died_is_taken_over_when_its_lease_is_over_and_not_before(office: Office, session: Session, told: Told):
    say(office, session, "하나", "둘")
    (job,) = office.desk._works.relay.claim()
    assert job.delivery.attempt == 1
    assert office.desk.settle() == 0
    office.clock.advance(seconds=LEASE_SECONDS, microseconds=-1)
    assert office.desk.settle() == 0
    assert told.texts == []
    office.clock.advance(microseconds=1)
    office.desk.settle()
    assert told.texts == ["하나", "둘"]
    assert told.calls[0][1].id == job.delivery.id
    assert told.calls[0][1].attempt == 2


def test_the_outcome_of_a_lease_that_was_taken_over_does_not_count(office: Office, session: Session, told: Told):
    say(office, session, "하나")
    relay = office.desk._works.relay
    (late,) = relay.claim()
    office.clock.advance(seconds=LEASE_SECONDS)
    (job,) = relay.claim()
    relay.finish(late, None)
    office.clock.advance(seconds=LEASE_SECONDS)
    office.desk.settle()
    assert told.texts == ["하나"]
    relay.finish(job, RuntimeError("late"))
    office.desk.advance(days=1)
    assert told.texts == ["하나"]


@pytest.fixture
def two(file_url: str) -> Iterator[tuple[Office, Desk, FakeClock]]:
    """Two desks on one file, as two processes would have them, with one clock."""
    clock = FakeClock()
    with Desk.open(file_url, clock=clock, seed=1) as first, Desk.open(file_url, clock=clock, seed=2) as second:
        yield Office.on(first, clock), second, clock


def talk(office: Office, sessions: int, messages: int) -> list[Session]:
    made = [office.visitor.do(c.OpenSession()) for _ in range(sessions)]
    with office.desk.batch():
        for number in range(messages):
            for session in made:
                office.visitor.do(c.SendMessage(session, text=str(number)))
    return made


def together(*works: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_relays_deliver_each_event_once_and_in_order(two):
    office, second, _ = two
    told = Told()
    for desk in (office.desk, second):
        desk.after(e.MessageSent, name="told")(told)
    sessions = talk(office, sessions=5, messages=8)
    while office.desk.next_due() is not None or not told.calls:
        together(office.desk.settle, second.settle)
        if len(told.calls) >= 40:
            break
    assert office.desk.settle() + second.settle() == 0
    for session in sessions:
        assert told.of(session) == [str(number) for number in range(8)]


def test_two_relays_deliver_each_event_at_least_once_when_some_fail(two):
    office, second, clock = two
    tries: Counter[str] = Counter()
    kept: list[tuple[str, str]] = []

    def shaky(event, delivery):
        tries[delivery.id] += 1
        if tries[delivery.id] == 1 and int(text_of(event)) % 3 == 0:
            raise RuntimeError("shaky")
        kept.append((event.subject, text_of(event)))

    for desk in (office.desk, second):
        desk.after(e.MessageSent, name="shaky")(shaky)
    sessions = talk(office, sessions=4, messages=6)
    for _ in range(40):
        together(office.desk.settle, second.settle)
        clock.advance(seconds=1)
    assert sorted(kept) == sorted((session.id, str(number)) for session in sessions for number in range(6))
    assert office.desk.parked() == []


def test_a_place_in_the_log_outlives_the_desk(file_url):
    clock, told = FakeClock(), Told()
    with Desk.open(file_url, clock=clock, seed=1) as desk:
        office = Office.on(desk, clock)
        desk.after(e.MessageSent, name="told")(told)
        session = office.session(text="0")
        desk.settle()
    with Desk.open(file_url, clock=clock, seed=2) as desk:
        desk.acting_as(Actor.guest("browser-a")).do(c.SendMessage(session, text="1"))
        desk.settle()
    assert told.texts == ["0"]
    with Desk.open(file_url, clock=clock, seed=3) as desk:
        desk.after(e.MessageSent, name="told")(told)
        desk.settle()
    assert told.texts == ["0", "1"]


def test_a_retry_outlives_the_desk(file_url):
    clock, told = FakeClock(), Told()
    told.refuses = {"0"}
    with Desk.open(file_url, clock=clock, seed=1) as desk:
        office = Office.on(desk, clock)
        desk.after(e.MessageSent, name="told")(told)
        office.session(text="0")
        desk.settle()
    told.refuses = set()
    with Desk.open(file_url, clock=clock, seed=2) as desk:
        desk.after(e.MessageSent, name="told")(told)
        desk.advance(seconds=1)
    assert [delivery.attempt for _, delivery, _ in told.calls] == [1, 2]


def test_another_desks_events_are_delivered_too(two):
    office, second, _ = two
    told = Told()
    second.after(e.MessageSent, name="told")(told)
    second.settle()
    office.session(text="저쪽에서")
    second.settle()
    assert told.texts == ["저쪽에서"]


# ----------------------------------------------------------------------------------------------------------------- async


async def open_session(desk: AsyncDesk, text: str) -> Session:
    return await desk.acting_as(Actor.guest("browser-a")).do(c.OpenSession(text=text))


@pytest.mark.anyio
async def test_handlers_of_both_kinds_run_on_the_async_desk(url):
    clock = FakeClock()
    async with AsyncDesk.open(url, clock=clock) as desk:
        here, places = threading.get_ident(), {}

        @desk.after(e.MessageSent, name="async")
        async def in_the_loop(event, delivery):
            await anyio.lowlevel.checkpoint()
            places["async"] = (threading.get_ident(), text_of(event))

        @desk.after(e.MessageSent, name="sync")
        def in_a_thread(event, delivery):
            places["sync"] = (threading.get_ident(), text_of(event))

        class Effect:
            async def __call__(self, event, delivery):
                await anyio.lowlevel.checkpoint()
                places["object"] = (threading.get_ident(), text_of(event))

        desk.after(e.MessageSent, name="object")(Effect())
        desk.after(e.MessageSent, name="partial")(functools.partial(in_the_loop))
        await open_session(desk, "하나")
        assert await desk.settle() == 4
        assert places["async"] == places["object"] == (here, "하나")
        assert places["sync"][0] != here
        assert await desk.settle() == 0


@pytest.mark.anyio
async def test_an_async_handler_may_use_the_desk(url):
    async with AsyncDesk.open(url, clock=FakeClock()) as desk:

        @desk.after(e.MessageSent, name="answer")
        async def answer(event, delivery):
            await desk.do(c.SetSubject(event.subject, text_of(event)))

        session = await open_session(desk, "환불")
        await desk.settle()
        assert (await desk.ask(q.GetSession(session))).subject == "환불"


@pytest.mark.anyio
async def test_failures_on_the_async_desk_are_retried_parked_resent_and_discarded(url):
    async with AsyncDesk.open(url, clock=FakeClock()) as desk:
        attempts, heals = [], []

        @desk.after(e.MessageSent, name="shaky")
        async def shaky(event, delivery):
            attempts.append(delivery.attempt)
            if not heals:
                raise RuntimeError("shaky")

        await open_session(desk, "하나")
        await desk.advance(hours=1)
        assert attempts == list(range(1, MAX_TRIES + 1))
        (one,) = await desk.parked()
        await desk.resend(one)
        heals.append(True)
        await desk.settle()
        assert attempts[MAX_TRIES:] == [1]
        heals.clear()
        await open_session(desk, "둘")
        await desk.advance(hours=1)
        (two,) = await desk.parked()
        await desk.discard(two)
        assert await desk.parked() == []


@pytest.mark.anyio
async def test_what_has_been_delivered_is_recorded_even_if_the_runner_is_stopped_then(url):
    clock = FakeClock()
    async with AsyncDesk.open(url, clock=clock) as desk:
        calls, scope = [], anyio.CancelScope()

        @desk.after(e.MessageSent, name="last")
        def last(event, delivery):
            calls.append(delivery.attempt)
            anyio.from_thread.run_sync(scope.cancel)

        await open_session(desk, "하나")
        with scope:
            while True:
                await desk.run_due()
        await desk.advance(hours=1)
        assert calls == [1]


@pytest.mark.anyio
async def test_a_handler_that_was_cancelled_is_called_again_after_its_lease(url):
    async with AsyncDesk.open(url, clock=FakeClock()) as desk:
        attempts: list[Any] = []

        @desk.after(e.MessageSent, name="slow")
        async def slow(event, delivery):
            attempts.append(delivery.attempt)
            if delivery.attempt == 1:
                scope.cancel()
                await anyio.sleep_forever()

        await open_session(desk, "하나")
        with anyio.CancelScope() as scope:
            await desk.run_due()
        assert await desk.settle() == 0
        await desk.advance(seconds=LEASE_SECONDS)
        assert attempts == [1, 2]
