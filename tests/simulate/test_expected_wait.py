"""What customers are told about their wait, against how long it then took."""

from __future__ import annotations

from itertools import islice, repeat
from random import Random
from statistics import median
from typing import Any

import pytest

from cschat import Actor, Desk
from cschat import commands as c
from cschat.core.clock import FakeClock
from cschat.core.times import SECOND
from cschat.simulate import Assignments, Policy, Service, Simulation
from cschat.simulate.arrivals import poisson

from .test_running import SHORT


@pytest.mark.parametrize("mode", ["manual", "auto"])
@pytest.mark.parametrize(("agents", "slots"), [(1, 1), (3, 3)])
def test_at_nine_tenths_half_of_those_who_are_told_a_wait_wait_no_longer(agents: int, slots: int, mode: str):
    clock, given = FakeClock(), Assignments()
    arrivals = islice(poisson(0.9 * agents * slots * 20, clock.now(), Random(2)), 1800)
    with Desk.open("memory:", clock=clock, seed=2, reactors=[given]) as desk:
        run = Simulation(
            desk,
            agents=agents,
            slots=slots,
            service=Service.parse("exp:180"),
            seed=2,
            warmup=180,
            policy=Policy.of({"mode": mode}),
            assignments=given,
        )
        run.run(repeat(SHORT), arrivals)
    told, waited = (median(side) for side in zip(*run.told, strict=True))
    assert len(run.told) > 800
    assert told == pytest.approx(waited / SECOND, rel=0.25)


def waiting(desk: Desk, name: str) -> Any:
    visitor = desk.acting_as(Actor.guest(name))
    session = visitor.do(c.OpenSession(text="문의드려요"))
    told = visitor.do(c.RequestAgent(session))
    desk.clock.advance(milliseconds=1)  # so that nobody came together with the next
    return session, told


def test_who_waits_beside_a_free_slot_is_told_nothing_and_those_behind_are_told_less():
    clock = FakeClock()
    with Desk.open("memory:", clock=clock, seed=1) as desk:
        mina = desk.acting_as(Actor.agent(desk.do(c.AddAgent(name="민아", status="available", capacity=2))))
        served, told = waiting(desk, "first")
        assert told == c.Queued(1, None)  # nobody has been served yet
        mina.do(c.ClaimSession(served))
        clock.advance(milliseconds=59_999)
        mina.do_all([c.EndSession(served), c.WrapUp(served)])
        assert [waiting(desk, f"guest-{number}")[1] for number in range(2)] == [c.Queued(1, None), c.Queued(2, None)]
        third, told = waiting(desk, "third")
        assert told == c.Queued(3, round(2 / 3 * 60 / 2, 1))
        mina.do(c.ClaimSession(third))
        assert waiting(desk, "fourth")[1] == c.Queued(3, round(5 / 3 * 60 / 2, 1))


def test_nobody_on_shift_is_nobody_on_duty():
    clock = FakeClock("2026-03-02 10:00")
    with Desk.open("memory:", clock=clock, seed=1) as desk:
        desk.do(c.ChangeBrand(accepting="open"))
        agent = desk.do(c.AddAgent(name="민아", status="available", capacity=1))
        mina = desk.acting_as(Actor.agent(agent))
        served, _told = waiting(desk, "first")
        mina.do(c.ClaimSession(served))
        clock.advance(milliseconds=59_999)
        mina.do_all([c.EndSession(served), c.WrapUp(served)])
        talk, _told = waiting(desk, "second")
        mina.do(c.ClaimSession(talk))
        assert waiting(desk, "third")[1] == c.Queued(1, 40.0)
        desk.do(c.SetShifts(agent, monday="13:00-18:00"))
        assert waiting(desk, "fourth")[1] == c.Queued(2, None)
