"""What it costs to hand out work: many wait, many work, and each end of a talk is somebody's turn.

One routing event is everything from the end of a talk to the next one's assignment: `do_all([EndSession, WrapUp])`, two commands and one
commit, in which the session is ended and closed, the agent's duty and seats are made anew, the first who waits in their lanes is found
among all that wait, is assigned with its decision, and the seats are made anew again. Nothing is left out.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections import deque

import attrs

from cschat import Actor, Desk, Session, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock

__all__ = ["Crowded", "crowded", "drained", "events"]

AGENTS, SLOTS, GROUPS = 1_000, 3, 10
CATEGORIES = [f"분야 {number}" for number in range(GROUPS)]


@attrs.frozen
class Crowded:
    """A desk at which all are busy and many wait; `talks` are those that are going on, oldest first."""

    desk: Desk
    clock: FakeClock
    talks: deque[str]
    waiting: int


def crowded(url: str, waiting: int, *, agents: int = AGENTS) -> Crowded:
    """Ten groups, a route for each category to its group (every second one is widened after a day), a tenth is for everybody."""
    clock = FakeClock("2026-03-02 09:00")
    desk = Desk.open(url, clock=clock, seed=1)
    with desk.batch(size=1000):
        groups = [desk.do(c.AddGroup(name)).id for name in CATEGORIES]
        routes = [
            {"name": name, "category": name, "scope": {"groups": [group]}, "widen_after": 86_400 if place % 2 else None}
            for place, (name, group) in enumerate(zip(CATEGORIES, groups, strict=True))
        ]
        desk.do_all([c.ChangeBrand(accepting="open"), c.SetDistribution(mode="auto", presence={}, routes=routes)])
        for number in range(waiting + agents * SLOTS):
            door = desk.acting_as(Actor.guest(f"guest-{number}"))
            session = door.do(c.OpenSession(text=None, channel="web"))
            if number % (GROUPS + 1):
                desk.do(c.SetCategory(session, CATEGORIES[number % GROUPS]))
            door.do(c.RequestAgent(session))
            clock.advance(milliseconds=10)
        for number in range(agents):
            mine = [groups[number % GROUPS], groups[(number // GROUPS) % GROUPS]]
            desk.do(c.AddAgent(name=f"상담사 {number}", capacity=SLOTS, status="available", groups=list(dict.fromkeys(mine))))
    talks = deque(one.id for one in desk.store.stream(Session) if one.state is State.ACTIVE)
    return Crowded(desk, clock, talks, desk.ask(q.CountsByState()).queued)


def _end_one(place: Crowded) -> None:
    """The oldest talk ends, and somebody else's begins."""
    talk = place.talks.popleft()
    place.clock.advance(milliseconds=1)
    place.desk.do_all([c.EndSession(talk), c.WrapUp(talk)])


def events(waiting: int, *, number: int = 2000) -> float:
    """The median of a routing event in memory, in microseconds."""
    place = crowded("memory:", waiting)
    took = []
    gc.collect()
    gc.freeze()
    for _ in range(number):
        talk = place.talks.popleft()
        place.clock.advance(milliseconds=1)
        began = time.perf_counter()
        place.desk.do_all([c.EndSession(talk), c.WrapUp(talk)])
        took.append(time.perf_counter() - began)
    gc.unfreeze()
    left = place.desk.ask(q.CountsByState())
    assert left.active == AGENTS * SLOTS or left.queued == 0, "whoever was free was given something"
    place.desk.close()
    return statistics.median(took) * 1e6
