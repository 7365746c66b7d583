"""Service levels: when a time is up, and that staff are told once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.office import Office, bodies

from cschat import Session, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.calendar import elapsed
from cschat.core.hours import Calendar, DayKind, SpecialDay
from cschat.core.people import Role
from cschat.core.rules import Goal
from cschat.core.times import as_datetime, as_micros
from cschat.errors import Invalid
from cschat.rules.sla import Clock, due_at, folded, passed

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
PLAIN = Calendar(holidays=None)


def at(text: str) -> int:
    return as_micros(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Seoul")))


def event(seq: int, time: int, body: e.Body) -> e.Event:
    return e.Event("brd_x", "ses_x", seq, time, "system", body)


def told(office: Office, session: Session) -> list[tuple[str, str, int]]:
    """What staff were told: warned or breached, of which goal, how many seconds after the session came into its first queue."""
    found = [one for one in office.history(session) if one.type in ("SlaWarned", "SlaBreached")]
    begun = next(one.time for one in office.history(session) if one.type == "AgentRequested")
    return [(one.type, one.body.goal, (one.time - begun) // SECOND) for one in found]


# -------------------------------------------------------------------------------------------------------- the arithmetic


def test_a_holiday_inside_an_sla_makes_it_due_later_never_sooner():
    """Asked on Wednesday at 17:00 with four business hours: due on Thursday at 12:00; with the Thursday off, on Friday at 12:00."""
    clock = Clock(1, at("2026-01-07T17:00"))
    off = Calendar(holidays=None, special=(SpecialDay(date(2026, 1, 8), DayKind.CLOSED),))
    assert due_at(PLAIN, clock, 4 * HOUR) == at("2026-01-08T12:00")
    assert due_at(off, clock, 4 * HOUR) == at("2026-01-09T12:00")


@given(st.integers(0, 14 * 24 * 60), st.integers(0, 40 * 60), st.integers(1, 20), st.lists(st.integers(0, 300), max_size=6))
def test_no_day_off_makes_anything_due_sooner(start: int, allowed: int, off: int, cuts: list[int]):
    began = at("2026-01-05T00:00") + start * MINUTE
    clock = Clock(1, began)
    for cut in cuts:  # a hold after so many minutes, as long again
        assert clock.began is not None
        clock = clock.paused(clock.began + cut * MINUTE).resumed(clock.began + 2 * cut * MINUTE)
    closed = Calendar(holidays=None, special=(SpecialDay(date(2026, 1, 5) + timedelta(days=off), DayKind.CLOSED),))
    plain, later = due_at(PLAIN, clock, allowed * MINUTE), due_at(closed, clock, allowed * MINUTE)
    assert plain is not None
    assert later is not None
    assert later >= plain


@given(st.lists(st.integers(0, 600), min_size=2, max_size=12), st.integers(0, 3 * 3600))
def test_what_has_passed_by_the_due_instant_is_what_was_allowed(gaps: list[int], allowed: int):
    time = at("2026-01-07T16:00")
    clock = Clock(1, time)
    for place, gap in enumerate(gaps):
        time += gap * SECOND
        clock = clock.paused(time) if place % 2 == 0 else clock.resumed(time)
    clock = clock.resumed(time)
    due = due_at(PLAIN, clock, allowed * SECOND)
    assert due is not None
    if due >= time:
        assert passed(PLAIN, clock, due) == allowed * SECOND
    by_hand = sum(elapsed(PLAIN, start, end) for start, end in [*clock.stretches, (clock.began or 0, time + HOUR)])
    assert passed(PLAIN, clock, time + HOUR) == by_hand


def test_two_holds_within_one_minute_are_both_counted():
    """A clock in whole minutes would lose one of them."""
    start = at("2026-01-07T10:00")
    log = [event(1, start, e.AgentRequested()), event(2, start, e.Assigned("agt_x", "claim"))]
    for seq, (second, body) in enumerate(
        [(5, e.Held(start + HOUR)), (10, e.Resumed(Role.AGENT)), (20, e.Held(start + HOUR)), (50, e.Resumed(Role.AGENT))], start=3
    ):
        log.append(event(seq, start + second * SECOND, body))
    clock = folded(log).clocks[Goal.FIRST_RESPONSE]
    assert passed(PLAIN, clock, start + MINUTE) == (5 + 10 + 10) * SECOND
    assert due_at(PLAIN, clock, 5 * MINUTE) == start + 5 * MINUTE + 35 * SECOND


def test_without_a_calendar_the_wall_clock_counts():
    night = at("2026-01-10T03:00")
    assert due_at(None, Clock(1, night), HOUR) == night + HOUR
    assert passed(None, Clock(1, night), night + HOUR) == HOUR


def test_a_clock_that_stands_still_is_not_due_and_one_that_never_opens_neither():
    start = at("2026-01-07T10:00")
    assert due_at(PLAIN, Clock(1, start).paused(start + MINUTE), HOUR) is None
    assert due_at(PLAIN, Clock(1, start).paused(start + MINUTE), 30 * SECOND) == start + 30 * SECOND
    assert due_at(Calendar(week=((),) * 7), Clock(1, start), HOUR) is None


# ------------------------------------------------------------------------------------------------------------ on a desk


def test_staff_are_warned_before_and_told_once_when_the_first_answer_is_late(office: Office):
    office.desk.do(c.SetSla([{"name": "기본", "first_response": 300, "warn": 60}]))
    session = office.session(State.QUEUED)
    office.desk.advance(seconds=239)
    assert told(office, session) == []
    office.agent.do(c.ClaimSession(session))
    office.desk.advance(hours=5)
    assert told(office, session) == [("SlaWarned", "first_response", 240), ("SlaBreached", "first_response", 300)]
    office.desk.do(c.SetSla([{"name": "기본", "first_response": 300, "resolution": 30_000}]))
    office.agent.do(c.SetPriority(session, "high"))
    office.desk.advance(hours=5)
    assert told(office, session)[2:] == [("SlaBreached", "resolution", 30_000)], "what was told is not told again"
    alerts = [(alert.kind, alert.text, alert.rule) for alert in bodies(office.history(session), e.AlertRaised)]
    assert alerts[:2] == [("sla", "첫 응답 시한이 얼마 남지 않았습니다.", "기본"), ("sla", "첫 응답 시한을 넘겼습니다.", "기본")]


def test_an_answer_in_time_is_no_breach_and_each_later_answer_has_its_own_time(office: Office):
    office.desk.do(c.SetSla([{"name": "기본", "first_response": 300, "next_response": 120}]))
    session = office.session(State.ACTIVE)
    office.desk.advance(seconds=1000)
    assert told(office, session) == []
    office.visitor.do(c.SendMessage(session, text="언제요?"))
    office.desk.advance(seconds=60)
    office.visitor.do(c.SendMessage(session, text="여보세요?"))
    office.desk.advance(seconds=59)
    assert told(office, session) == []
    office.desk.advance(seconds=1)
    assert told(office, session) == [("SlaBreached", "next_response", 1120)]
    office.agent.do(c.SendMessage(session, text="내일입니다"))
    office.visitor.do(c.SendMessage(session, text="네"))
    office.agent.do(c.SendMessage(session, text="감사합니다"))
    office.desk.advance(seconds=1000)
    assert len(told(office, session)) == 1


def test_a_hold_stops_the_clock(office: Office):
    office.desk.do(c.SetSla([{"name": "기본", "resolution": 600}]))
    session = office.session(State.ACTIVE)
    office.desk.advance(seconds=100)
    office.agent.do(c.HoldSession(session, as_datetime(office.clock.now()) + timedelta(seconds=1000)))
    office.desk.advance(seconds=999)
    assert told(office, session) == []
    office.desk.advance(hours=1)
    assert told(office, session) == [("SlaBreached", "resolution", 1600)]


def test_an_end_in_time_is_no_breach_and_a_reopened_talk_begins_anew(office: Office):
    office.desk.do(c.SetSla([{"name": "기본", "resolution": 600}]))
    session = office.session(State.CLOSED)
    office.desk.advance(seconds=500)
    office.visitor.do(c.ReopenSession(session))
    office.desk.advance(seconds=599)
    assert told(office, session) == []
    office.desk.advance(seconds=1)
    assert told(office, session) == [("SlaBreached", "resolution", 1100)]


def test_the_first_policy_that_fits_counts_and_business_hours_are_the_brands(office: Office):
    office.desk.do(
        c.SetSla(
            [
                {"name": "급함", "first_response": 60, "priority": "urgent", "business": False},
                {"name": "배송", "first_response": 120, "category": "배송", "business": False},
                {"name": "나머지", "first_response": 3600},
            ]
        )
    )
    office.desk.do(c.ChangeBrand(accepting="open"))
    office.desk.do(c.SetHours())  # it is a holiday until tomorrow at 9
    sessions = [office.stranger.do(c.OpenSession(text="문의")) for _ in range(3)]
    for session in sessions:
        office.stranger.do(c.RequestAgent(session))
    office.desk.do_all([c.SetPriority(sessions[0], "urgent"), c.SetCategory(sessions[1], "배송/지연")])
    office.desk.advance(hours=12)
    names = [[body.policy for body in bodies(office.history(session), e.SlaBreached)] for session in sessions]
    assert names == [["급함"], ["배송"], []]
    office.desk.advance(hours=24)
    [late] = bodies(office.history(sessions[2]), e.SlaBreached)
    assert as_datetime(late.due).astimezone(ZoneInfo("Asia/Seoul")).isoformat() == "2026-03-03T10:00:00+09:00"
    assert office.desk.ask(q.SelfCheck()) == []


def test_bots_and_the_system_answer_nothing(office: Office):
    office.desk.do(c.SetSla([{"name": "기본", "first_response": 300}]))
    office.desk.do(c.AddRule("대기", {"state": "queued", "after": 60}, [{"send": "잠시만요"}]))
    session = office.session(State.QUEUED)
    office.desk.advance(seconds=300)
    assert told(office, session) == [("SlaBreached", "first_response", 300)]


@pytest.mark.parametrize(
    "policy",
    [
        {"name": "x"},
        {"name": " ", "resolution": 5},
        {"name": "x", "resolution": 0},
        {"name": "x", "resolution": 5, "priority": "most"},
        {"name": "x", "resolution": 5, "colour": "red"},
        {"name": "x", "resolution": True},
        "x",
    ],
    ids=repr,
)
def test_a_policy_that_cannot_be_is_refused(policy: object):
    with pytest.raises(Invalid) as caught:
        c.SetSla([policy])
    assert caught.value.field.startswith("policies.0")
