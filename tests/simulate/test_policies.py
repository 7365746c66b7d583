"""A desk that hands out by itself, simulated: service begins with the assignment, and the policy is the one of the file."""

from __future__ import annotations

from itertools import islice, repeat
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cschat import Desk
from cschat import events as e
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.people import Agent
from cschat.core.session import Session, State
from cschat.core.times import SECOND
from cschat.errors import Invalid
from cschat.simulate import Assignments, Figures, Policy, Service, Simulation
from cschat.simulate.arrivals import poisson
from cschat.simulate.reading import Conversation, Speaker, Turn

from .erlang import heap_waits
from .test_running import SHORT, Recorded


class Ran:
    """A run, with what its desk knows in the end."""

    def __init__(self, arrivals: Any, said: Any = None, *, service: Any = None, url: str = "memory:", **options: Any) -> None:
        clock, given = FakeClock(), Assignments()
        start = clock.now()
        with Desk.open(url, clock=clock, seed=3, reactors=[given]) as desk:
            self.run = Simulation(desk, service=service or Fixed(10), seed=4, assignments=given, **options)
            self.figures: Figures = self.run.run(said or repeat(SHORT), [start + SECOND * second for second in arrivals])
            self.sessions = sorted(desk.store.stream(Session), key=lambda session: (session.opened, session.id))
            self.agents = {agent.id: agent.name for agent in desk.store.stream(Agent)}
            self.events = list(desk.store.stream_log())
            self.faults = desk.ask(q.SelfCheck())

    @property
    def owners(self) -> list[str | None]:
        return [None if session.last_agent is None else self.agents[session.last_agent] for session in self.sessions]


class Fixed:
    """Every service takes as long, and what is said is said at once."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    def shares(self, turns: Any, _rng: Random, /) -> tuple[int, list[int]]:
        return self.seconds * SECOND, [0] * len(list(turns))


def about(intent: str) -> Conversation:
    return Conversation(intent, SHORT.turns)


# ------------------------------------------------------------------------------------------------------------- handing out


@pytest.mark.parametrize("order", ["least_active", "round_robin", "least_recent"])
@pytest.mark.parametrize(("load", "agents"), [(0.9, 1), (5, 6), (20, 22)])
def test_with_automatic_distribution_every_wait_equals_that_of_a_heap_of_servers(load: float, agents: int, order: str):
    clock, service, given = FakeClock(), Recorded(180), Assignments()
    arrivals = list(islice(poisson(load * 20, clock.now(), Random(3)), 400))
    with Desk.open("memory:", clock=clock, seed=3, reactors=[given]) as desk:
        policy = Policy.of({"mode": "auto", "order": order})
        run = Simulation(desk, agents=agents, slots=1, service=service, seed=4, policy=policy, assignments=given)
        run.run(repeat(SHORT), arrivals)
        assigned = [event.body.how for event in desk.store.stream_log() if isinstance(event.body, e.Assigned)]
    assert run.waits == heap_waits(arrivals, service.drawn, agents)
    assert set(assigned) == {"auto"}


def test_without_a_policy_agents_claim():
    ran = Ran([0, 1, 2])
    assert {event.body.how for event in ran.events if isinstance(event.body, e.Assigned)} == {"claim"}
    assert not any(isinstance(event.body, e.BrandChanged) and "distribution" in event.body.after for event in ran.events)


def test_all_are_served_and_the_desk_is_sound_on_every_store(tmp_path: Path, postgres_url: str):
    hashes = set()
    for url in ("memory:", f"sqlite:///{tmp_path}/a.db?synchronous=normal", postgres_url):
        ran = Ran(range(0, 300, 3), url=url, policy=Policy.of({"mode": "auto"}), agents=2, slots=2)
        assert {session.state for session in ran.sessions} == {State.CLOSED}
        assert ran.faults == []
        hashes.add(ran.figures.content_hash)
    assert len(hashes) == 1


def test_the_sessions_of_each_agent_are_counted():
    ran = Ran([0, 1, 2, 30, 31], agents=3, slots=1, policy=Policy.of({"mode": "auto"}))
    assert sorted(ran.owners.count(name) for name in ran.agents.values()) == [1, 2, 2]
    assert (ran.figures.agent_least, ran.figures.agent_mean, ran.figures.agent_most) == (1, 5 / 3, 2)


def test_a_policy_may_bring_its_agents_and_their_groups():
    policy = Policy.of(
        {
            "mode": "auto",
            "agents": [
                {"name": "민아", "groups": ["배송"], "capacity": 1},
                {"name": "준호", "groups": ["결제"], "capacity": 5, "auto_limit": 2},
            ],
            "routes": [{"category": "배송", "scope": {"groups": ["배송"]}}, {"category": "결제", "scope": {"agents": ["준호"]}}],
        }
    )
    ran = Ran([0, 1, 2, 3], [about(intent) for intent in ("배송", "배송", "결제", "결제")], policy=policy)
    assert ran.owners == ["민아", "민아", "준호", "준호"]
    assert [wait // SECOND for wait in ran.run.waits] == [0, 9, 0, 0]


def test_a_lane_is_widened_when_it_is_time():
    policy = Policy.of(
        {
            "mode": "auto",
            "agents": [{"name": "민아", "groups": ["배송"], "capacity": 1}, {"name": "준호", "capacity": 1}],
            "routes": [{"category": "배송", "scope": {"groups": ["배송"]}, "widen_after": 4}],
        }
    )
    ran = Ran([0, 1, 100], [about("배송")] * 3, policy=policy)
    assert ran.owners == ["민아", "준호", "민아"]
    assert [wait // SECOND for wait in ran.run.waits] == [0, 4, 0]


def test_in_hybrid_agents_claim_beyond_what_they_are_given_and_only_what_is_for_them():
    policy = Policy.of(
        {
            "mode": "hybrid",
            "agents": [
                {"name": "민아", "groups": ["배송"], "capacity": 2, "auto_limit": 1},
                {"name": "준호", "capacity": 3, "auto_limit": 0},
            ],
            "routes": [{"category": "배송", "scope": {"groups": ["배송"]}}],
        }
    )
    ran = Ran([0, 1, 2], [about("배송")] * 3, policy=policy)
    assert ran.owners == ["민아"] * 3
    assert [event.body.how for event in ran.events if isinstance(event.body, e.Assigned)][:2] == ["auto", "claim"]
    assert [wait // SECOND for wait in ran.run.waits] == [0, 0, 8]


def test_who_is_turned_away_has_not_waited():
    ran = Ran([0, 1, 2, 3], agents=1, slots=1, policy=Policy.of({"mode": "auto", "overflow_queue": 1}))
    assert (ran.figures.refused, ran.figures.closed, len(ran.run.waits)) == (2, 4, 2)
    assert ran.faults == []


# ---------------------------------------------------------------------------------------------------------------- patience


@pytest.mark.parametrize("policy", [None, Policy.of({"mode": "auto"})])
def test_who_has_no_patience_leaves_and_counts_as_long_as_they_waited(policy: Policy | None):
    ran = Ran([0, 1, 2, 3], agents=1, slots=1, service=Fixed(100_000), policy=policy, patience=60)
    left = [session for session in ran.sessions if session.last_agent is None]
    assert (ran.figures.abandoned, len(left), ran.figures.closed) == (3, 3, 4)
    assert ran.run.waits == [0, *(session.ended - session.opened for session in left)]


def test_abandonment_is_that_of_the_theory():
    """M/M/1 with patience (Erlang A): as many leave as the birth-death chain of its queue says."""
    arrivals_per_second, served, leave = 1 / 60, 1 / 60, 1 / 120
    weights = [1.0]
    for number in range(1, 200):
        weights.append(weights[-1] * arrivals_per_second / (served + (number - 1) * leave))
    expected = sum((number - 1) * leave * weight for number, weight in enumerate(weights) if number) / sum(weights) / arrivals_per_second
    clock, count = FakeClock(), 6000
    with Desk.open("memory:", clock=clock, seed=5) as desk:
        run = Simulation(desk, agents=1, slots=1, service=Service.parse("exp:60"), seed=5, patience=120)
        figures = run.run(repeat(SHORT), islice(poisson(60, clock.now(), Random(5)), count))
    assert figures.abandoned / count == pytest.approx(expected, rel=0.05)


# --------------------------------------------------------------------------------------------------------------- the file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", "is no mapping of settings"),
        ("mode: auto\ntempo: 3", "tempo"),
        ("mode: [", "no YAML"),
        ("agents: {a: 1}", "agents"),
        ("agents: [{name: 3}]", "agents.0"),
        ("agents: [{name: a, capacity: -1}]", "agents.0.capacity"),
        ("agents: [{name: a, groups: b}]", "agents.0.groups"),
    ],
)
def test_a_bad_file_is_a_clear_error(tmp_path: Path, text: str, said: str):
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    with pytest.raises(Invalid, match=r"policy\.yaml") as refused:
        Policy.read(file)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"mode": "quick"}, "mode"),
        ({"routes": [{"scope": {"groups": ["nobody"]}}]}, "routes.0.scope.groups"),
        ({"default": {"agents": ["nobody"]}}, "default.agents"),
        ({"routes": ["x"]}, "routes.0"),
    ],
)
def test_bad_settings_are_refused_before_anybody_comes(settings: dict[str, Any], field: str):
    with pytest.raises(Invalid) as refused:
        Ran([0], policy=Policy.of(settings))
    assert refused.value.field == field


def test_off_may_be_written_as_yaml_reads_it(tmp_path: Path):
    file = tmp_path / "policy.yaml"
    file.write_text("mode: hybrid\nclaim: off\n")
    assert Policy.read(file).command({}, {}).claim == "off"


def test_a_policy_needs_the_reactor():
    with Desk.open("memory:", clock=FakeClock()) as desk, pytest.raises(Invalid, match="reactor"):
        Simulation(desk, service=Service.parse("exp:60"), policy=Policy())


def test_what_is_said_comes_out_as_with_claims():
    turns = (Turn(Speaker.CUSTOMER, "언제 와요?"), Turn(Speaker.AGENT, "내일요"), Turn(Speaker.CUSTOMER, "네"))
    ran = Ran([0, 0, 5], repeat(Conversation(None, turns)), policy=Policy.of({"mode": "auto"}), agents=1, slots=1)
    said: dict[str, list[str]] = {}
    for event in ran.events:
        if isinstance(event.body, e.MessageSent):
            said.setdefault(event.subject, []).append(event.body.content.text)
    assert list(said.values()) == [[turn.text for turn in turns]] * 3
