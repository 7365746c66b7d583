"""A desk driven by conversations: what is said arrives, nobody waits beside a free slot, the same seed gives the same content."""

from collections import Counter
from itertools import islice, repeat
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cschat import Desk, State
from cschat import events as e
from cschat import queries as q
from cschat.core.clock import FakeClock, SystemClock
from cschat.core.session import Session
from cschat.core.times import SECOND
from cschat.errors import Invalid
from cschat.simulate import Service, Simulation
from cschat.simulate.arrivals import poisson
from cschat.simulate.reading import Conversation, Speaker, Turn, read_conversations
from cschat.simulate.running import repeated

from .erlang import heap_waits

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop" / "conversations.jsonl"
SHORT = Conversation(None, (Turn(Speaker.CUSTOMER, "문의드려요"), Turn(Speaker.AGENT, "확인했습니다")))


class Recorded:
    """Service times that are remembered, in order of service."""

    def __init__(self, seconds: float) -> None:
        self.drawn: list[int] = []
        self.service = Service("exp", seconds)

    def shares(self, turns, rng, /):
        length, places = self.service.shares(turns, rng)
        self.drawn.append(length)
        return length, places


def shop(url: str, *, seed: int = 7, rate: float = 120, **options):
    clock = FakeClock()
    with Desk.open(url, clock=clock, seed=seed) as desk:
        run = Simulation(desk, service=Service.parse("chars:10"), seed=seed, **options)
        figures = run.run(read_conversations(SHOP), poisson(rate, clock.now(), Random(seed)))
        messages = [event for event in desk.store.stream_log() if event.type == "MessageSent"]
        sessions = list(desk.store.stream(Session))
        return figures, messages, sessions, desk.ask(q.SelfCheck())


def test_every_conversation_becomes_a_closed_session_and_every_text_comes_back():
    figures, messages, sessions, faults = shop("memory:")
    said = Counter(turn.text for conversation in read_conversations(SHOP) for turn in conversation.turns)
    assert Counter(event.body.content.text for event in messages) == said
    assert (figures.sessions, figures.closed, figures.messages) == (120, 120, said.total())
    assert {session.state for session in sessions} == {State.CLOSED}
    assert faults == []


def test_each_session_has_its_texts_in_the_order_of_the_file():
    _figures, messages, _sessions, _faults = shop("memory:", rate=4000)
    told: dict[str, list[tuple[str, str]]] = {}
    for event in sorted(messages, key=lambda event: (event.subject, event.seq)):
        told.setdefault(event.subject, []).append((event.body.author, event.body.content.text))
    filed = [[(turn.speaker, turn.text) for turn in conversation.turns] for conversation in read_conversations(SHOP)]
    assert sorted(told.values()) == sorted(filed)


def test_a_session_is_tagged_with_its_intent():
    _figures, _messages, sessions, _faults = shop("memory:")
    intents = Counter(conversation.intent for conversation in read_conversations(SHOP))
    assert Counter(session.tags[0] if session.tags else None for session in sessions) == intents


def test_the_same_seed_gives_the_same_content_on_every_store(tmp_path, postgres_url):
    on_memory, *_ = shop("memory:")
    on_sqlite, *_ = shop(f"sqlite:///{tmp_path}/a.db?synchronous=normal")
    on_postgres, *_ = shop(postgres_url)
    other, *_ = shop("memory:", seed=8)
    assert on_memory.content_hash == on_sqlite.content_hash == on_postgres.content_hash
    assert on_memory.content_hash != other.content_hash


@pytest.mark.parametrize(("load", "agents"), [(0.5, 1), (0.9, 1), (5, 6), (5, 10), (20, 22)])
def test_every_wait_equals_that_of_a_heap_of_servers(load, agents):
    clock, service = FakeClock(), Recorded(180)
    arrivals = list(islice(poisson(load * 20, clock.now(), Random(3)), 600))
    with Desk.open("memory:", clock=clock, seed=3) as desk:
        run = Simulation(desk, agents=agents, slots=1, service=service, seed=4)
        run.run(repeat(SHORT), arrivals)
    assert run.waits == heap_waits(arrivals, service.drawn, agents)


@given(
    gaps=st.lists(st.integers(0, 3), min_size=1, max_size=30), agents=st.integers(1, 3), slots=st.integers(1, 2), length=st.integers(1, 4)
)
@settings(max_examples=40, deadline=None)
def test_ties_are_served_as_by_the_heap(gaps, agents, slots, length):
    """Arrivals and ends at the same instant: an end frees its slot before an arrival is looked at.

    Who of those that came at the same microsecond is first, their ids decide, so waits are compared for each instant together.
    """

    class Fixed:
        def shares(self, turns, _rng, /):
            said = list(turns)
            return length * SECOND, [0] * len(said)

    clock = FakeClock()
    start = clock.now()
    arrivals = [start + SECOND * sum(gaps[: place + 1]) for place in range(len(gaps))]
    with Desk.open("memory:", clock=clock, seed=1) as desk:
        run = Simulation(desk, agents=agents, slots=slots, service=Fixed(), seed=1)
        run.run(repeat(SHORT), arrivals)
    theirs = heap_waits(arrivals, [length * SECOND] * len(arrivals), agents * slots)
    assert sorted(zip(arrivals, run.waits, strict=True)) == sorted(zip(arrivals, theirs, strict=True))


def test_waits_are_those_that_the_log_tells():
    clock = FakeClock()
    with Desk.open("memory:", clock=clock, seed=5) as desk:
        run = Simulation(desk, agents=1, slots=1, service=Service.parse("exp:60"), seed=5)
        figures = run.run(repeat(SHORT), islice(poisson(50, clock.now(), Random(5)), 200))
        asked = {event.subject: event.time for event in desk.store.stream_log() if isinstance(event.body, e.AgentRequested)}
        waits = [event.time - asked[event.subject] for event in desk.store.stream_log() if isinstance(event.body, e.Assigned)]
    assert waits == run.waits
    assert figures.p_wait == sum(wait > 0 for wait in waits) / 200
    assert figures.mean_wait_s == pytest.approx(sum(waits) / 200 / SECOND)
    assert figures.p90_wait_s == sorted(waits)[179] / SECOND


def test_the_warm_up_is_left_out():
    def run(warmup: int) -> list[int]:
        clock = FakeClock()
        with Desk.open("memory:", clock=clock, seed=5) as desk:
            simulation = Simulation(desk, agents=1, slots=1, service=Service.parse("exp:60"), seed=5, warmup=warmup)
            simulation.run(repeat(SHORT), islice(poisson(50, clock.now(), Random(5)), 100))
            return simulation.waits

    assert run(30) == run(0)[30:]


def test_average_queue_and_occupancy_are_time_averages():
    """Two customers at once, one server, 10 s each; the third arrives when both are gone."""

    class Fixed:
        def shares(self, turns, _rng, /):
            return 10 * SECOND, [0] * len(list(turns))

    clock = FakeClock()
    now = clock.now()
    with Desk.open("memory:", clock=clock) as desk:
        figures = Simulation(desk, agents=1, slots=1, service=Fixed()).run(repeat(SHORT), [now, now, now + 40 * SECOND])
    assert figures.mean_queue == pytest.approx(10 / 40)
    assert figures.occupancy == pytest.approx(20 / 40)


@pytest.mark.parametrize("text", ["exp", "exp:", "exp:0", "exp:-1", "chars:nan", "chars:inf", "other:3", ""])
def test_a_bad_service_time_is_refused(text):
    with pytest.raises(Invalid) as refused:
        Service.parse(text)
    assert refused.value.field == "service"


def test_a_simulation_needs_a_clock_that_it_may_move():
    with Desk.open("memory:", clock=SystemClock()) as desk, pytest.raises(Invalid, match="FakeClock"):
        Simulation(desk, service=Service.parse("exp:60"))


def test_a_file_without_conversations_is_not_repeated_for_ever():
    with pytest.raises(Invalid, match="has none"):
        repeated(list)


def test_a_file_is_repeated():
    assert list(islice(repeated(lambda: [SHORT]), 3)) == [SHORT, SHORT, SHORT]


@pytest.mark.slow
def test_real_conversations_pass_through_the_whole_desk(shared_data):
    path = shared_data("twitter-airlines/conversations.jsonl.xz")
    clock = FakeClock()
    with Desk.open("memory:", clock=clock, seed=1) as desk:
        run = Simulation(desk, service=Service.parse("chars:20"), seed=1)
        figures = run.run(read_conversations(path), poisson(60, clock.now(), Random(1)))
        stored = Counter(event.body.content.text for event in desk.store.stream_log() if event.type == "MessageSent")
    assert (figures.sessions, figures.closed, figures.messages) == (16_340, 16_340, 43_770)
    assert stored == Counter(turn.text for conversation in read_conversations(path) for turn in conversation.turns)
