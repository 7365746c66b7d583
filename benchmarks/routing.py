"""What it costs to hand out work: many wait, many work, and each end of a talk is somebody's turn.

One routing event is everything from the end of a talk to the next one's assignment: `do_all([EndSession, WrapUp])`, two commands and one
commit, in which the session is ended and closed, the agent's duty and seats are made anew, the first who waits in their lanes is found
among all that wait, is assigned with its decision, and the seats are made anew again. Nothing is left out.
"""

from __future__ import annotations

import gc
import shutil
import statistics
import time
from collections import deque
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs

from benchmarks.hand import Hand, connected
from benchmarks.ratio import Ratio, compare
from cschat import Actor, Desk
from cschat import commands as c
from cschat import queries as q
from cschat.cli.simulate import GC_THRESHOLD
from cschat.core.clock import FakeClock

__all__ = ["Crowded", "crowded", "drained", "event", "sqlite"]

AGENTS, SLOTS, GROUPS, COMMIT = 1_000, 3, 10, 500
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
    gc.set_threshold(*GC_THRESHOLD)
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
    return Crowded(desk, clock, deque(_active(desk)), desk.ask(q.CountsByState()).queued)


def _end(place: Crowded, number: int) -> None:
    """So many of the oldest talks end, each of them to somebody else's good."""
    for _ in range(number):
        talk = place.talks.popleft()
        place.clock.advance(milliseconds=1)
        place.desk.do_all([c.EndSession(talk), c.WrapUp(talk)])
        if not place.talks:
            place.talks.extend(_active(place.desk))


def _active(desk: Desk) -> list[str]:
    """What is going on, oldest first."""
    found = (desk.ask(q.ConsultingList(agent)) for agent in desk.ask(q.Agents()))
    return [session.id for session in sorted((one for some in found for one in some), key=lambda one: (one.since, one.id))]


def event(place: Crowded, *, number: int = 300) -> float:
    """The median of a routing event, in microseconds of processor time; without the turn after it, if the desk does not hand out."""
    took = []
    gc.collect()
    gc.freeze()
    for _ in range(number):
        began = time.process_time()
        _end(place, 1)
        took.append(time.process_time() - began)
    gc.unfreeze()
    return statistics.median(took) * 1e6


def drained(place: Crowded) -> tuple[float, float]:
    """All who wait are served: assignments a second, by the clock and of processor time."""
    waiting = place.desk.ask(q.CountsByState()).queued
    gc.collect()
    gc.freeze()
    began, worked = time.perf_counter(), time.process_time()
    _end(place, waiting)
    took, work = time.perf_counter() - began, time.process_time() - worked
    gc.unfreeze()
    given = waiting - place.desk.ask(q.CountsByState()).queued  # at the very end, some find nothing that is theirs
    assert given > 0.98 * waiting
    return given / took, given / work


def sqlite(waiting: int = 25_000, *, rounds: int = 11) -> Ratio:
    """The same on SQLite with `synchronous=NORMAL`, 500 to a commit, against the same rows written by hand."""
    with TemporaryDirectory(prefix="cschat-bench-") as folder:
        ours, floor = Path(folder) / "ours.db", Path(folder) / "floor.db"
        place = crowded(f"sqlite:///{ours}?synchronous=normal", waiting)
        place.desk.close()
        shutil.copy(ours, floor)
        desk = Desk.open(f"sqlite:///{ours}?synchronous=normal", clock=place.clock, seed=2)
        again = Crowded(desk, place.clock, deque(_active(desk)), place.waiting)
        hand = Hand(connected(floor, durable=False))
        talks = deque(again.talks)

        def by_desk(number: int) -> None:
            with desk.batch(size=COMMIT):
                _end(again, number)

        def by_hand(number: int) -> None:
            for begin in range(0, number, COMMIT):
                hand.db.execute("BEGIN IMMEDIATE")
                for _ in range(min(COMMIT, number - begin)):
                    hand.hand_out(talks.popleft())
                hand.db.execute("COMMIT")
                if len(talks) < COMMIT:
                    known = {*talks}
                    rows = hand.db.execute(
                        "SELECT id FROM cschat_session WHERE brand = 'brd_main' AND state = 'active' AND rank IS NOT NULL ORDER BY rank, id"
                    )
                    talks.extend(id for (id,) in rows if id not in known)

        ratio = compare(by_desk, by_hand, rounds=rounds)
        assert desk.ask(q.CountsByState()).queued > 0, "the queue must last"
        desk.close()
        hand.db.close()
    return ratio
