"""Recorded traffic under another policy: the same policy gives the same waits, another one only what it can change."""

from __future__ import annotations

from itertools import islice, repeat
from random import Random
from typing import Any

import attrs
import pytest

from cschat import Actor, Desk
from cschat import commands as c
from cschat.core.clock import FakeClock
from cschat.core.people import Agent
from cschat.core.session import Session
from cschat.core.times import SECOND, Micros
from cschat.errors import Invalid
from cschat.simulate import Assignments, Outcome, Policy, Service, Simulation, WhatIf, what_if
from cschat.simulate.arrivals import poisson
from cschat.simulate.recorded import read_past

from .test_running import SHORT


def simulated(desk: Desk, given: Assignments, policy: dict[str, Any], *, customers: int = 300, patience: float | None = None) -> None:
    run = Simulation(
        desk,
        agents=3,
        slots=1,
        service=Service.parse("exp:180"),
        seed=1,
        policy=Policy.of(policy),
        assignments=given,
        patience=patience,
    )
    run.run(repeat(SHORT), islice(poisson(55, desk.clock.now(), Random(1)), customers))


@pytest.mark.parametrize("mode", ["manual", "auto"])
@pytest.mark.parametrize("patience", [None, 120])
def test_under_the_policy_that_was_in_force_all_is_as_it_was(mode: str, patience: float | None):
    given = Assignments()
    with Desk.open("memory:", clock=FakeClock(), seed=1, reactors=[given]) as desk:
        simulated(desk, given, {"mode": mode, "order": "least_recent"}, patience=patience)
        found = what_if(Policy.of({"mode": mode, "order": "round_robin"}), desk.store)
    # Services are recorded to the millisecond.
    for outcome in (found.replayed, found.changed):
        assert outcome.mean_wait_s == pytest.approx(found.recorded.mean_wait_s, abs=0.002)
        assert outcome.p90_wait_s == pytest.approx(found.recorded.p90_wait_s, abs=0.02)
        assert (outcome.served, outcome.left) == (found.recorded.served, found.recorded.left)
    assert found.replayed.loads == found.recorded.loads
    assert (found.recorded.left > 0) == (patience is not None)
    assert sum(found.changed.loads.values()) == found.changed.served


def test_the_store_is_only_read_and_the_same_seed_gives_the_same():
    given = Assignments()
    with Desk.open("memory:", clock=FakeClock(), seed=1, reactors=[given]) as desk:
        simulated(desk, given, {"mode": "auto"}, customers=60, patience=60)
        before = desk.position()
        first, second = (what_if(Policy.of({"mode": "manual"}), desk.store, seed=3) for _ in range(2))
        assert first == second
        assert desk.position() == before


class Shop:
    """A desk by hand: who asks, who takes it, how long."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.desk = Desk.open("memory:", clock=self.clock, seed=1)
        self.desk.do(c.ChangeBrand(accepting="open"))
        self.guests = 0

    def agent(self, name: str, **more: Any) -> Agent:
        self.clock.advance(milliseconds=1)
        return self.desk.do(c.AddAgent(**{"name": name, "status": "available", "capacity": 1} | more))

    def ask(self, *, category: str | None = None, tags: tuple[str, ...] = (), **opening: Any) -> Session:
        self.guests += 1
        visitor = self.desk.acting_as(Actor.guest(f"guest-{self.guests}"))
        session = visitor.do(c.OpenSession(**{"text": "문의드려요"} | opening))
        if tags:
            self.desk.do(c.TagCustomer(session.customer, tags))
        if category is not None:
            self.desk.do(c.SetCategory(session, category))
        visitor.do(c.RequestAgent(session))
        self.clock.advance(seconds=1)
        return session

    def serve(self, session: Session, agent: Agent, seconds: int) -> None:
        self.desk.acting_as(Actor.agent(agent)).do(c.ClaimSession(session))
        self.clock.advance(seconds=seconds)
        self.desk.do_all([c.EndSession(session), c.WrapUp(session)])

    def what_if(self, period: tuple[Micros | None, Micros | None] = (None, None), **policy: Any) -> WhatIf:
        return what_if(Policy.of({"mode": "auto"} | policy), self.desk.store, period)


def waits(outcome: Outcome) -> tuple[float | None, float | None]:
    return outcome.mean_wait_s, outcome.p90_wait_s


def test_what_people_were_slow_to_take_is_not_laid_at_the_policys_door():
    shop = Shop()
    mina = shop.agent("민아")
    session = shop.ask()
    shop.clock.advance(seconds=59)
    shop.serve(session, mina, 10)
    found = shop.what_if()
    assert (waits(found.recorded), waits(found.replayed), waits(found.changed)) == ((60, 60), (0, 0), (0, 0))
    assert found.recorded.loads == {"민아": 1}


@pytest.mark.parametrize(
    "route", [{"category": "배송"}, {"channel": "app"}, {"language": "en"}, {"tag": "단골"}], ids=lambda route: next(iter(route))
)
def test_routes_ask_what_was_known_when_a_person_was_asked_for(route: dict[str, str]):
    shop = Shop()
    group = shop.desk.do(c.AddGroup("전담"))
    mina, junho = shop.agent("민아"), shop.agent("준호", groups=[group])
    fits: dict[str, dict[str, Any]] = {
        "category": {"category": "배송/지연"},
        "channel": {"channel": "app"},
        "language": {"language": "en"},
        "tag": {"tags": ("단골",)},
    }
    for number in range(4):
        shop.serve(shop.ask(**fits[next(iter(route))] if number % 2 else {}), mina, 10)
    found = shop.what_if(routes=[{**route, "scope": {"groups": ["전담"]}}], default={"agents": ["민아"]})
    assert found.recorded.loads == {"민아": 4, "준호": 0}
    assert found.changed.loads == {"민아": 2, "준호": 2}
    assert junho.name in found.changed.loads


def test_agents_are_there_when_their_status_said_so():
    shop = Shop()
    mina, junho = shop.agent("민아"), shop.agent("준호", status="busy")
    shop.serve(shop.ask(), mina, 100)
    first, second = shop.ask(), shop.ask()
    shop.desk.do(c.SetStatus("available", agent=junho))
    shop.desk.do(c.SetStatus("busy", agent=mina))
    shop.serve(first, junho, 100)
    shop.serve(second, junho, 100)
    found = shop.what_if()
    # Mina takes the second at once; the third waits for Junho, who comes a second after it.
    assert found.changed.loads == {"민아": 2, "준호": 1}
    assert found.changed.mean_wait_s == pytest.approx(1 / 3)


def test_who_left_leaves_after_the_same_time_unless_served_before():
    shop = Shop()
    mina = shop.agent("민아", capacity=1)
    shop.serve(shop.ask(), mina, 100)
    impatient = shop.ask()
    shop.clock.advance(seconds=29)
    shop.desk.do(c.EndSession(impatient))
    found = shop.what_if()
    assert (found.recorded.left, found.recorded.p90_wait_s) == (1, 30)
    assert (found.changed.left, found.changed.served, found.changed.p90_wait_s) == (0, 2, 0)


def test_an_offer_that_was_let_pass_is_neither_the_end_of_a_wait_nor_work():
    shop = Shop()
    shop.desk.do(c.SetDistribution(mode="auto", presence={}, offer_timeout=30, max_passes=1))
    shop.agent("민아")
    junho = shop.agent("준호")
    session = shop.ask()
    shop.desk.advance(seconds=30)
    shop.desk.acting_as(Actor.agent(junho)).do(c.SendMessage(session, text="안녕하세요"))
    shop.clock.advance(seconds=19)
    shop.desk.do_all([c.EndSession(session), c.WrapUp(session)])
    late = shop.ask()
    shop.clock.advance(seconds=9)
    shop.desk.do_all([c.EndSession(late), c.WrapUp(late)])
    assert read_past(shop.desk.store, "brd_main", None, None).requests[0].service == 20 * SECOND
    found = shop.what_if()
    assert (found.recorded.loads, found.recorded.p90_wait_s) == ({"민아": 0, "준호": 2}, 30)
    assert found.changed.p90_wait_s == 0


def test_only_the_period_is_replayed():
    shop = Shop()
    mina = shop.agent("민아")
    shop.serve(shop.ask(), mina, 10)
    noon = shop.clock.now()
    shop.serve(shop.ask(), mina, 10)
    shop.serve(shop.ask(), mina, 10)
    assert [shop.what_if(period).recorded.requests for period in ((None, noon), (noon, None), (None, None))] == [1, 2, 3]
    with pytest.raises(Invalid, match="nobody asked"):
        shop.what_if((None, 1))


def test_agents_are_those_of_the_store():
    shop = Shop()
    with pytest.raises(Invalid, match="those of the store"):
        shop.what_if(agents=[{"name": "민아"}])
    shop.serve(shop.ask(), shop.agent("민아"), 10)
    with pytest.raises(Invalid, match="nobody named 수진"):
        shop.what_if(default={"agents": ["수진"]})


def test_an_outcome_is_plain_data():
    shop = Shop()
    shop.serve(shop.ask(), shop.agent("민아"), 10)
    assert attrs.asdict(shop.what_if())["changed"]["loads"] == {"민아": 1}
