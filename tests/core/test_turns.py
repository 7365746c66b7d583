"""The clocks of a turn: laws that hold for every talk."""

from __future__ import annotations

from itertools import groupby
from typing import Literal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cschat.core.content import Speaker
from cschat.core.turns import Clocks, Turn, TurnKind

MS = 1000
Step = tuple[Literal["customer", "agent", "bot", "transfer", "hold", "resume"], int]

GAPS = st.integers(0, 600_000)
SAYINGS = st.lists(st.tuples(st.sampled_from(["customer", "agent", "bot"]), GAPS), max_size=25)
TALKS = st.lists(st.tuples(st.sampled_from(["customer", "agent", "bot", "transfer", "hold", "resume"]), GAPS), max_size=25)


def talk(steps: list[Step], last_gap: int = 0) -> Clocks:
    """The clocks of a live turn in which these things happened, each after a gap in milliseconds."""
    turn, now = Turn(TurnKind.LIVE, 0).queue(0).own("agt_1", 0), 0
    for owner, (what, gap) in enumerate(steps):
        now += gap * MS
        match what:
            case "transfer":
                turn = turn.own(f"agt_{owner}", now)
            case "hold":
                turn = turn.hold(now)
            case "resume":
                turn = turn.resume(now)
            case _:
                turn = turn.said(Speaker(what), now)
    return turn.end(now + last_gap * MS).finished(now + last_gap * MS)


@given(steps=SAYINGS, last_gap=GAPS)
def test_law_of_the_talk_time(steps: list[Step], last_gap: int):
    """Without holds and with one owner: both waits, what lies within runs of replies, and what lies within a last unanswered run."""
    clocks = talk(steps, last_gap)
    times: list[tuple[str, int]] = []
    now = 0
    for who, gap in steps:
        now += gap
        if who != "bot":
            times.append((who, now))
    while times and times[0][0] == "customer":
        times.pop(0)
    if not times:
        assert (clocks.first_response, clocks.talk_time) == (None, None)
        return
    runs = [(who, [time for _, time in run]) for who, run in groupby(times, key=lambda said: said[0])]
    within_replies = sum(run[-1] - run[0] for who, run in runs if who == "agent")
    last_unanswered = runs[-1][1][-1] - runs[-1][1][0] if runs[-1][0] == "customer" else 0
    assert clocks.talk_time == clocks.agent_wait + clocks.customer_wait + within_replies + last_unanswered
    assert clocks.talk_time == times[-1][1] - times[0][1]


@given(steps=TALKS, last_gap=GAPS)
def test_law_that_a_held_stretch_counts_in_no_wait(steps: list[Step], last_gap: int):
    """The same talk with holds of no length has the same waits, closed and open."""
    shortened: list[Step] = []
    held = False
    for what, gap in steps:
        shortened.append((what, 0 if held else gap))
        held = {"hold": True, "resume": False, "transfer": False}.get(what, held)

    def waits(clocks: Clocks) -> tuple[int, ...]:
        return clocks.customer_wait, clocks.customer_wait_open, clocks.agent_wait, clocks.agent_wait_open

    assert waits(talk(steps, last_gap)) == waits(talk(shortened, 0 if held else last_gap))


@given(steps=TALKS, last_gap=GAPS)
def test_law_that_nobody_waits_longer_than_the_turn_lasts(steps: list[Step], last_gap: int):
    clocks = talk(steps, last_gap)
    waited = clocks.customer_wait + clocks.customer_wait_open + clocks.agent_wait + clocks.agent_wait_open
    assert 0 <= waited <= clocks.total
    assert sum(own.duration for own in clocks.owned) == clocks.total


@given(steps=TALKS, last_gap=st.integers(0, 10**12))
def test_clocks_are_whole_milliseconds(steps: list[Step], last_gap: int):
    turn = Turn(TurnKind.LIVE, 1).queue(7).own("agt_1", 1_234)
    for what, gap in steps:
        if what in ("customer", "agent", "bot"):
            turn = turn.said(Speaker(what), 1_234 + gap)
    clocks = turn.finished(10**12 + last_gap)
    numbers = [value for value in msgspec.structs.astuple(clocks) if isinstance(value, (int, float))]
    assert all(type(value) is int for value in [*numbers, *clocks.queue_times, *(own.duration for own in clocks.owned)])
