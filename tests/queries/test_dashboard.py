"""The dashboard: every number of it, against the desk that it is about."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.office import Office

from cschat import Desk, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.session import Session
from cschat.core.times import as_datetime
from cschat.errors import Forbidden


@pytest.fixture
def desk(url: str) -> Iterator[Office]:
    """It is the last hour of March in Seoul."""
    clock = FakeClock("2026-03-31T23:00:00+09:00", "Asia/Seoul")
    with Desk.open(url, clock=clock, seed=1) as open_:
        office = Office.on(open_, clock)
        open_.do(c.ChangeBrand(accepting="open"))
        yield office


def look(office: Office) -> q.DashboardAnswer:
    return office.agent.ask(q.Dashboard())


def test_an_empty_desk_shows_nothing_and_no_customer_sees_it(office: Office):
    board = look(office)
    assert board.counts == q.Counts(0, 0, 0, 0, 0, 0)
    assert (board.longest, board.expected, board.risks, board.at_risk) == (None, None, 0, [])
    assert board.at == as_datetime(office.clock.now())
    assert (board.today.opened, board.today.closed, board.today.charged["session"]) == (0, 0, 0)
    assert [figure.count for figure in (board.month.sqi or {}).values()] == [0] * 8
    with pytest.raises(Forbidden):
        office.visitor.ask(q.Dashboard())


def test_who_waits_and_how_long(office: Office):
    """The one who has waited longest is not the first in line: another was let go before."""
    office.desk.do(c.ChangeAgent(office.mina, capacity=1))
    first = office.session(State.QUEUED)
    office.clock.advance(seconds=90)
    urgent = office.stranger.do(c.OpenSession(text="급해요"))
    office.stranger.do(c.RequestAgent(urgent))
    office.desk.do(c.SetPriority(urgent, "urgent"))
    office.clock.advance(seconds=10)
    low = office.desk.ask(q.Queue()).items
    assert [session.id for session in low] == [urgent.id, first.id]
    board = look(office)
    assert (board.counts.queued, board.longest) == (2, 100.0)
    office.desk.do(c.SetPriority(first, "low"))
    assert look(office).longest == 100.0


def test_the_longest_wait_is_right_in_a_queue_of_many(office: Office):
    """The first in order, all urgent, have waited less than one who comes long after them."""
    begun = office.clock.now()
    first = office.session(State.QUEUED)
    for _ in range(60):
        office.clock.advance(seconds=1)
        later = office.stranger.do(c.OpenSession(text="문의"))
        office.stranger.do(c.RequestAgent(later))
        office.desk.do(c.SetPriority(later, "urgent"))
    assert office.desk.ask(q.Queue(limit=100)).items[-1].id == first.id
    assert look(office).longest == (office.clock.now() - begun) / 1e6


def test_what_each_agent_has(office: Office):
    office.session(State.ACTIVE)
    office.session(State.WRAP_UP)
    office.desk.do(c.RemoveAgent(office.sora))
    assert [(agent.name, agent.status, agent.load, agent.capacity, agent.present) for agent in look(office).agents] == [
        ("민아", "available", 2, 1000, None),
        ("준", "busy", 0, 1000, None),
    ], "nobody asks who is there while agents claim"


def test_who_is_there_while_work_is_handed_out(office: Office):
    office.desk.do_all([c.SetDistribution(mode="auto"), c.ChangeAgent(office.mina, auto_limit=2)])
    office.agent.do(c.Heartbeat())
    seen = office.clock.now()
    office.desk.advance(seconds=5)
    session = office.visitor.do(c.OpenSession(text="문의"))
    office.visitor.do(c.RequestAgent(session))
    mina, sora, jun = look(office).agents
    assert (mina.name, mina.present, mina.load, mina.auto_limit, mina.active) == ("민아", True, 1, 2, office.clock.now())
    assert mina.active_at == as_datetime(seen) + timedelta(seconds=5)
    assert [(one.name, one.present, one.load, one.active_at) for one in (sora, jun)] == [("소라", False, 0, None), ("준", False, 0, None)]
    office.desk.advance(hours=1)
    assert [agent.present for agent in look(office).agents] == [False, False, False]


def test_today_ends_at_midnight_of_the_brand_and_the_month_with_it(desk: Office):
    desk.desk.do_all([c.SetLedger(), c.SetTariff({"session": 300}), c.TopUp(10_000)])
    desk.session(State.CLOSED)
    desk.clock.at("2026-03-31 23:59:59.999")
    bot = desk.session(State.BOT)
    desk.visitor.do(c.EndSession(bot))
    board = look(desk)
    for period in (board.today, board.month):
        assert (period.opened, period.closed, period.closed_by_bot, period.closed_by_agent, period.charged["session"]) == (2, 2, 1, 1, 1)
        assert period.sqi is not None
        assert period.sqi["first_response_time"].count == 1
    desk.clock.at("2026-04-01 00:00:00")
    desk.session(State.ACTIVE)
    for period in (look(desk).today, look(desk).month):
        assert (period.opened, period.closed, period.closed_by_bot, period.closed_by_agent, period.charged["session"]) == (1, 0, 0, 0, 1)
    desk.clock.at("2026-04-02 00:00:00")
    desk.session(State.CLOSED)
    board = look(desk)
    assert (board.today.opened, board.today.closed, board.month.opened, board.month.closed) == (1, 1, 2, 1)
    desk.clock.at("2026-04-03 00:00:00")
    desk.session(State.CLOSED)
    board = look(desk)
    assert (board.today.opened, board.today.closed, board.month.opened, board.month.closed) == (1, 1, 3, 2)
    assert board.month.sqi is not None
    assert board.month.sqi["queue_time"].count == 2


def test_the_numbers_are_those_of_the_report(desk: Office):
    for _ in range(3):
        desk.session(State.CLOSED)
    now = as_datetime(desk.clock.now())
    board, report = look(desk), desk.desk.ask(q.Report(now - timedelta(days=1), now + timedelta(days=1)))
    assert board.month.sqi == board.today.sqi == report.total.figures


def test_what_is_at_risk_until_it_is_answered(office: Office):
    office.desk.do(c.SetSla([{"name": "기본", "first_response": 300, "next_response": 120, "resolution": 3600, "warn": 60}]))
    session = office.session(State.QUEUED)
    begun = office.clock.now()
    office.desk.advance(seconds=239)
    assert look(office).risks == 0
    office.desk.advance(seconds=1)
    warned = q.AtRisk(session.id, None, "first_response", begun + 300_000_000, breached=False)
    assert (look(office).risks, look(office).at_risk) == (1, [warned])
    assert warned.due_at == as_datetime(begun) + timedelta(seconds=300)
    office.agent.do(c.ClaimSession(session))
    office.desk.advance(seconds=60)
    assert look(office).at_risk == [q.AtRisk(session.id, office.mina.id, "first_response", begun + 300_000_000, breached=True)]
    office.agent.do(c.SendMessage(session, text="메모", visibility="internal"))
    assert look(office).risks == 1, "a note is no answer"
    office.agent.do(c.SendMessage(session, text="안녕하세요"))
    assert look(office).risks == 0
    office.desk.advance(hours=1)
    assert [(one.goal, one.breached) for one in look(office).at_risk] == [("resolution", True)]
    office.agent.do(c.SendMessage(session, text="아직입니다"))
    assert look(office).risks == 1, "a reply does not end it"
    office.agent.do(c.EndSession(session))
    assert look(office).risks == 0


def test_who_is_back_with_the_bot_is_at_risk_no_more(office: Office):
    office.desk.do(c.SetSla([{"name": "기본", "first_response": 300}]))
    session = office.session(State.QUEUED)
    office.desk.advance(seconds=300)
    assert look(office).risks == 1
    office.visitor.do(c.ReturnToBot(session))
    assert look(office).risks == 0


def test_the_one_whose_time_is_up_first_leads(office: Office):
    office.desk.do(c.SetSla([{"name": "급함", "first_response": 60, "priority": "urgent"}, {"name": "기본", "first_response": 300}]))
    plain, urgent = office.session(State.QUEUED), office.stranger.do(c.OpenSession(text="급해요"))
    office.stranger.do(c.RequestAgent(urgent))
    office.desk.do(c.SetPriority(urgent, "urgent"))
    office.desk.advance(seconds=300)
    assert [one.session for one in look(office).at_risk] == [urgent.id, plain.id]
    office.desk.do(c.ForceClose(plain, reason="중복"))
    assert [one.session for one in look(office).at_risk] == [urgent.id]
    folded = office.desk.store.read(lambda tx: tx.get(Session, urgent.id))
    assert office.visitor.ask(q.GetSession(plain)).risks == () != folded.risks, "no customer sees it"


WITHOUT = """
import sys
sys.modules["numpy"] = None
from cschat import Desk, queries as q
with Desk.open("memory:") as desk:
    board = desk.ask(q.Dashboard())
    assert (board.today.closed, board.month.sqi, board.counts.queued, board.month.opened) == (None, None, 0, 0)
"""


def test_without_numpy_there_are_counts_and_no_statistics():
    subprocess.run([sys.executable, "-c", WITHOUT], check=True)
