"""Timers: in one order, each once, and nothing that is true no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.office import Office

from cschat import Actor, Desk, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.delayed import DelayedReply
from cschat.core.timers import Timer
from cschat.core.times import as_datetime


def sent(office: Office) -> list[tuple[int, str]]:
    """Which replies were sent, and when, in the order of the log."""
    return [(event.time, event.body.reply) for event in office.desk.store.stream_log() if isinstance(event.body, e.DelayedReplySent)]


def fill(office: Office, delays: list[int]) -> list[DelayedReply]:
    """Replies in twos in sessions of Mina's, each due after so many seconds."""
    made = []
    office.desk.do(c.ChangeAgent(office.mina, capacity=1000))
    with office.desk.batch():
        for place in range(0, len(delays), 2):
            session = office.agent.do(c.OpenSessionByAgent(office.customer))
            for delay in delays[place : place + 2]:
                at = as_datetime(office.clock.now()) + timedelta(seconds=delay)
                made.append(office.agent.do(c.DelayReply(session, at, text="네")))
    return made


@pytest.mark.parametrize("how", ["advance", "settle"])
@settings(max_examples=15)
@given(delays=st.lists(st.integers(1, 5), min_size=1, max_size=30))
def test_they_go_by_due_then_id_whether_time_passes_or_has_passed(how: str, delays: list[int]):
    clock = FakeClock()
    with Desk.open("memory:", clock=clock, seed=1) as desk:
        office = Office.on(desk, clock)
        replies = fill(office, delays)
        if how == "advance":
            desk.advance(seconds=6)
        else:
            clock.advance(seconds=6)
            desk.settle()
        order = sorted(replies, key=lambda reply: (reply.due, Timer.id_of("delayed", reply.id)))
        expected = [(reply.due if how == "advance" else clock.now(), reply.id) for reply in order]
        assert sent(office) == expected


def test_sessions_and_timers_of_one_moment_go_sessions_first(office: Office):
    [reply] = fill(office, [60])
    held = office.session(State.ACTIVE)
    office.agent.do(c.HoldSession(held, as_datetime(reply.due)))
    office.desk.advance(seconds=60)
    types = [event.type for event in office.desk.store.stream_log() if event.time == reply.due]
    assert types == ["Resumed", "MessageSent", "DelayedReplySent"]


def test_many_that_are_due_at_once_are_all_done_in_one_settle(office: Office):
    replies = fill(office, [1] * 450)  # more than a page, twice
    office.clock.advance(seconds=1)
    office.desk.settle()
    assert [id for _, id in sent(office)] == sorted(reply.id for reply in replies)
    assert list(office.desk.store.stream(Timer)) == []


def test_after_a_week_of_downtime_nothing_is_sent_that_is_true_no_more(office: Office):
    late = fill(office, [60, 120, 3600])
    fresh_due = as_datetime(office.clock.now()) + timedelta(hours=23)
    office.agent.do(c.DelayReply(late[0].session, fresh_due, text="하루 뒤"))
    office.agent.do_all([c.EndSession(late[2].session), c.WrapUp(late[2].session)])
    office.clock.advance(days=7)
    office.desk.settle()
    assert sent(office) == []
    assert {reply.reason for reply in office.desk.each(q.DelayedReplies(state="held"))} == {"late"}
    assert [reply.reason for reply in office.desk.each(q.DelayedReplies(state="dropped"))] == ["closed"]
    office.desk.advance(days=7)
    assert sent(office) == []


def test_what_fails_holds_up_no_other(memory_office: Office):
    """A timer whose work raises stays due and is tried again; what comes after it is done."""
    office = memory_office
    first, second = fill(office, [1, 2])
    lost: Any = Timer.id_of("delayed", "dly_0")
    office.desk.store.transact(lambda tx: tx.put(Timer(lost, office.desk.ask(q.GetBrand()).id, "delayed", "dly_0", first.due)), brand="")
    office.desk.advance(seconds=3)
    assert [id for _, id in sent(office)] == [first.id, second.id]
    assert [timer.id for timer in office.desk.store.stream(Timer)] == [lost]


def test_two_desks_on_one_file_send_each_once(tmp_path):
    clock = FakeClock()
    url = f"sqlite:///{tmp_path / 'desk.db'}?synchronous=normal"
    with Desk.open(url, clock=clock, seed=1) as desk, Desk.open(url, clock=clock, seed=2) as other:
        office = Office.on(desk, clock)
        replies = fill(office, [1] * 20)
        rows = other.store.read(lambda tx: tx.find(Timer, where={"due": replies[0].due}, limit=99))
        clock.advance(seconds=1)
        desk.settle()
        for row in rows:  # as the other had found them before
            other.acting_as(Actor.system).do(c.RunTimer(row))
        other.settle()
        assert [id for _, id in sent(office)] == sorted(reply.id for reply in replies)
