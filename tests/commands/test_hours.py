"""Opening hours of a brand: setting them, what customers are told, shifts of agents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.office import Office

from cschat import Session, State, Unavailable
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.calendar import elapsed, is_open
from cschat.core.hours import Calendar, DayKind, Hours, SpecialDay, written
from cschat.core.texts import opening_words
from cschat.core.times import as_micros
from cschat.errors import Conflict, Invalid

HOUR = 3_600_000_000


def at(text: str, zone: str = "Asia/Seoul") -> int:
    return as_micros(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def go(office: Office, text: str) -> None:
    """Move the clock to a time in Seoul; it begins on Monday, 2 March 2026, at 10:00, which is a substitute holiday."""
    office.clock.advance(seconds=(at(text) - office.clock.now()) / 1_000_000)


def calendar(hours: Hours) -> Calendar:
    return hours.versions[-1].calendar


# --------------------------------------------------------------------------------------------------------- setting hours


def test_without_hours_the_desk_is_always_open(office: Office):
    assert office.desk.ask(q.GetHours()).versions == ()
    go(office, "2026-03-08T03:00:00")
    assert isinstance(office.visitor.do(c.RequestAgent(office.session())), c.Queued)
    opening = office.visitor.ask(q.OpeningHours())
    assert (opening.open, opening.today, opening.closes_at, opening.next_opening, opening.opens) == (True, None, None, None, "")


def test_by_default_they_are_nine_to_six_on_weekdays_without_holidays(office: Office):
    assert calendar(office.desk.do(c.SetHours())) == Calendar()


def test_each_day_can_be_named(office: Office):
    hours = office.desk.do(
        c.SetHours(
            weekdays="09:00-18:00", friday=["09:00-12:00", "13:00-16:00"], saturday="10:00-14:00", sunday="22:00-03:00", monday="closed"
        )
    )
    assert [written(spans) for spans in calendar(hours).week] == [
        *("", "09:00-18:00", "09:00-18:00", "09:00-18:00"),
        *("09:00-12:00, 13:00-16:00", "10:00-14:00", "22:00-03:00"),
    ]


@pytest.mark.parametrize(
    ("zone", "named", "kept"),
    [
        ("Asia/Seoul", "auto", "KR"),
        ("America/New_York", "auto", None),
        ("America/New_York", "US", "US"),
        ("Asia/Seoul", "none", None),
    ],
)
def test_holidays_are_those_of_the_zone_or_the_ones_named(office: Office, zone: str, named: str, kept: str | None):
    office.desk.do(c.ChangeBrand(zone=zone))
    made = calendar(office.desk.do(c.SetHours(holidays=named)))
    assert (made.zone, made.holidays) == (zone, kept)


def test_always_open(office: Office):
    office.desk.do(c.SetHours(always_open=True))
    for when in ("2026-03-02T23:59:59", "2026-03-08T04:00:00", "2026-09-25T12:00:00"):
        go(office, when)
        assert office.visitor.ask(q.OpeningHours()).open


WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: c.SetHours(weekdays="9-18"), "weekdays"),
    (lambda: c.SetHours(saturday=""), "saturday"),
    (lambda: c.SetHours(lunch=12), "lunch"),
    (lambda: c.SetHours(monday="09:00-25:00"), "monday"),
    (lambda: c.SetHours(weekdays=None), "weekdays"),
    (lambda: c.SetHours(holidays="XX"), "holidays"),
    (lambda: c.SetHours(holidays=None), "holidays"),
    (lambda: c.SetHours(zone="Mars/Olympus"), "zone"),
    (lambda: c.SetHours(always_open="yes"), "always_open"),
    (lambda: c.SetHours(always_open=True, lunch="12:00-13:00"), "lunch"),
    (lambda: c.SetHours(always_open=True, holidays="KR"), "holidays"),
    (lambda: c.SetSpecialDay("12/24"), "day"),
    (lambda: c.SetSpecialDay("2026-12-24", "quarter"), "hours"),
    (lambda: c.SetSpecialDay("2026-12-24", 12), "hours"),
    (lambda: c.SetSpecialDay("2026-12-24", last="2026-12-23"), "last"),
    (lambda: c.SetSpecialDay("2026-12-24", last="2028-12-24"), "last"),
    (lambda: c.OverrideHours("shut"), "to"),
    (lambda: c.SetShifts("agt_x", lunch="12:00-13:00"), "lunch"),
    (lambda: c.SetShifts("agt_x", weekdays="always"), "weekdays"),
    (lambda: c.SetDaysOff("agt_x", ["tomorrow"]), "days"),
    (lambda: c.SetDaysOff("agt_x", "2026-12-24"), "days"),
    (lambda: c.SetDaysOff("agt_x", ["2026-12-31/2026-12-24"]), "days"),
    (lambda: c.ChangeBrand(intake_texts={"tired": "x"}), "intake_texts"),
    (lambda: c.ChangeBrand(intake_texts={"closed": " "}), "intake_texts.closed"),
    (lambda: c.ChangeBrand(absence="hide"), "absence"),
]


@pytest.mark.parametrize(("make", "field"), WRONG, ids=[f"{field} {number}" for number, (_, field) in enumerate(WRONG)])
def test_what_is_wrong_is_said_with_its_field(make: Callable[[], Any], field: str):
    with pytest.raises(Invalid) as caught:
        make()
    assert caught.value.field == field
    assert caught.value.reason


def test_a_change_does_not_rewrite_the_past_and_is_in_the_log(office: Office):
    go(office, "2026-03-03T09:00:00")
    office.desk.do(c.SetHours(holidays="none"))
    go(office, "2026-03-04T00:00:00")
    after = office.desk.do(c.SetHours(weekdays="10:00-16:00", holidays="none"))
    assert elapsed(after, at("2026-03-03T00:00:00"), at("2026-03-04T00:00:00")) == 9 * HOUR
    assert elapsed(after, at("2026-03-04T00:00:00"), at("2026-03-05T00:00:00")) == 6 * HOUR
    assert [event.body for event in office.log(after.id)] == [e.HoursSet(version.calendar) for version in after.versions]
    assert office.desk.ask(q.GetHours()) == after


def test_the_same_hours_again_record_nothing(office: Office):
    first = office.desk.do(c.SetHours(lunch="12:00-13:00"))
    go(office, "2026-03-03T10:00:00")
    assert office.desk.do(c.SetHours(lunch="12:00-13:00")) == first


def test_hours_set_twice_at_one_instant_are_one_version(office: Office):
    office.desk.do_all([c.SetHours(), c.SetHours(always_open=True)])
    assert [version.calendar.always_open for version in office.desk.ask(q.GetHours()).versions] == [True]


def test_brands_have_their_own_hours(office: Office):
    office.desk.do(c.SetHours())
    assert office.desk.brand("other").ask(q.GetHours()).versions == ()


# ------------------------------------------------------------------------------------------------------------ special days


def test_special_days_come_and_go(office: Office):
    office.desk.do(c.SetHours())
    office.desk.do(c.SetSpecialDay("2026-12-24", "half", note="성탄 전야"))
    office.desk.do(c.SetSpecialDay("2026-07-27", last="2026-07-29"))
    hours = office.desk.do(c.SetSpecialDay("2026-12-24", "10:00-15:00"))
    assert [str(day.date) for day in calendar(hours).special] == ["2026-07-27", "2026-07-28", "2026-07-29", "2026-12-24"]
    assert not is_open(hours, at("2026-07-28T10:00:00"))
    assert is_open(hours, at("2026-12-24T14:59:59"))
    hours = office.desk.do(c.ClearSpecialDay("2026-07-28"))
    assert is_open(hours, at("2026-07-28T10:00:00"))
    assert [event.type for event in office.log(hours.id)] == ["HoursSet", *["SpecialDaysSet"] * 3, "SpecialDayCleared"]


def test_what_is_so_already_records_nothing(office: Office):
    office.desk.do(c.SetHours())
    first = office.desk.do(c.SetSpecialDay("2026-12-24"))
    assert office.desk.do(c.SetSpecialDay("2026-12-24")) == first
    assert office.desk.do(c.ClearSpecialDay("2026-12-25")) == first


def test_other_hours_keep_the_special_days_to_come_and_drop_those_that_are_past(office: Office):
    office.desk.do_all([c.SetHours(), c.SetSpecialDay("2026-03-03"), c.SetSpecialDay("2026-12-24")])
    go(office, "2026-03-06T10:00:00")
    assert calendar(office.desk.do(c.SetHours(lunch="12:00-13:00"))).special == (
        SpecialDay(datetime(2026, 12, 24, tzinfo=UTC).date(), DayKind.CLOSED),
    )


def test_a_past_day_stays_as_it_was(office: Office):
    office.desk.do(c.SetHours())
    for command in (c.SetSpecialDay("2026-03-01"), c.ClearSpecialDay("2026-03-01")):
        with pytest.raises(Invalid, match="past"):
            office.desk.do(command)


@pytest.mark.parametrize("command", [c.SetSpecialDay("2026-12-24"), c.ClearSpecialDay("2026-12-24"), c.OverrideHours("open")])
def test_without_hours_there_is_nothing_to_differ_from(office: Office, command: Any):
    with pytest.raises(Conflict, match="SetHours"):
        office.desk.do(command)


# --------------------------------------------------------------------------------------------------------------- overrides


def test_closed_until_the_next_opening(office: Office):
    office.desk.do(c.SetHours())
    go(office, "2026-03-03T15:00:00")
    office.desk.do(c.OverrideHours("closed"))
    assert office.visitor.do(c.RequestAgent(office.session())) == Unavailable("closed", datetime(2026, 3, 4, 0, 0, tzinfo=UTC))
    go(office, "2026-03-04T08:59:59")
    assert not office.visitor.ask(q.OpeningHours()).open
    go(office, "2026-03-04T09:00:00")
    assert office.visitor.ask(q.OpeningHours()).open


def test_open_until_the_next_closing(office: Office):
    office.desk.do(c.SetHours())
    go(office, "2026-03-03T20:00:00")
    office.desk.do(c.OverrideHours("open"))
    assert isinstance(office.visitor.do(c.RequestAgent(office.session())), c.Queued)
    assert office.visitor.ask(q.OpeningHours()).closes_at == datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    go(office, "2026-03-04T18:00:00")
    assert not office.visitor.ask(q.OpeningHours()).open


def test_an_override_is_ended_and_what_is_so_already_records_nothing(office: Office):
    first = office.desk.do(c.SetHours())
    go(office, "2026-03-03T15:00:00")
    assert office.desk.do(c.OverrideHours("open")) == first
    assert office.desk.do(c.OverrideHours("none")) == first
    office.desk.do(c.OverrideHours("closed"))
    go(office, "2026-03-03T16:00:00")
    hours = office.desk.do(c.OverrideHours("none"))
    assert office.desk.do(c.OverrideHours("none")) == hours
    assert elapsed(hours, at("2026-03-03T09:00:00"), at("2026-03-03T18:00:00")) == 8 * HOUR
    assert [event.body for event in office.log(hours.id)][1:] == [e.HoursOverridden(False), e.HoursOverridden(None)]


def test_an_override_that_is_over_is_no_longer_ended(office: Office):
    office.desk.do(c.SetHours())
    go(office, "2026-03-03T15:00:00")
    hours = office.desk.do(c.OverrideHours("closed"))
    go(office, "2026-03-04T10:00:00")
    assert office.desk.do(c.OverrideHours("none")) == hours


# ----------------------------------------------------------------------------------------------- what customers are answered

WHY = [
    ("2026-03-02T10:00:00", "holiday", "오늘은 휴무일입니다. 상담은 내일 오전 9시부터 이용하실 수 있습니다."),
    ("2026-03-03T12:30:00", "lunch", "지금은 점심시간입니다. 상담은 오늘 오후 1시부터 이용하실 수 있습니다."),
    ("2026-03-03T08:59:00", "closed", "지금은 상담 시간이 아닙니다. 상담은 오늘 오전 9시부터 이용하실 수 있습니다."),
    ("2026-03-06T18:00:00", "closed", "지금은 상담 시간이 아닙니다. 상담은 월요일 오전 9시부터 이용하실 수 있습니다."),
]


@pytest.mark.parametrize(("when", "reason", "said"), WHY, ids=["holiday", "lunch", "before opening", "at closing"])
def test_who_asks_while_it_is_closed_is_told_why_and_when_it_opens(office: Office, when: str, reason: str, said: str):
    office.desk.do(c.SetHours(lunch="12:00-13:00"))
    session = office.session()
    go(office, when)
    answer = office.visitor.do(c.RequestAgent(session), request_id="r1")
    assert answer.reason == reason
    assert answer.opens_at is not None
    assert office.said(session)[-1] == f"{said} 문의 내용을 남겨 주시면 확인한 뒤 답변드리겠습니다."
    assert office.history(session)[-2].body == e.AgentUnavailable(reason, as_micros(answer.opens_at))
    go(office, "2026-03-09T10:00:00")
    assert office.visitor.do(c.RequestAgent(session), request_id="r1") == answer


def test_open_hours_without_an_available_agent_are_nobody(office: Office):
    office.desk.do(c.SetHours())
    session = office.session()
    go(office, "2026-03-03T10:00:00")
    office.agent.do(c.SetStatus("busy"))
    assert office.visitor.do(c.RequestAgent(session)) == Unavailable("nobody")
    assert office.said(session)[-1].startswith("지금은 연결할 수 있는 상담사가 없습니다. 문의 내용을")


@pytest.mark.parametrize(("accepting", "accepted"), [("open", True), ("closed", False)])
def test_what_is_set_by_hand_goes_before_the_hours(office: Office, accepting: str, accepted: bool):
    office.desk.do(c.SetHours(always_open=not accepted))
    office.desk.do(c.ChangeBrand(accepting=accepting))
    opening = office.visitor.ask(q.OpeningHours())
    assert (opening.open, opening.closes_at, opening.next_opening) == (accepted, None, None)
    assert isinstance(office.visitor.do(c.RequestAgent(office.session())), c.Queued) is accepted


def english(office: Office) -> Session:
    return office.visitor.do(c.OpenSession(text="hello", language="en"))


def test_in_english(office: Office):
    office.desk.do(c.SetHours())
    session = english(office)
    office.visitor.do(c.RequestAgent(session))
    assert (
        office.said(session)[-1] == "We are closed today. We are back tomorrow from 9 am. Leave us a message and we will get back to you."
    )


def test_the_brands_own_words_by_reason_and_language(office: Office):
    office.desk.do(c.SetHours())
    office.desk.do(c.ChangeBrand(intake_texts={"holiday": "쉬는 날이에요. {opening} 만나요.", "holiday/en": "Back {opening}."}))
    korean, foreign = office.session(), english(office)
    for session in (korean, foreign):
        office.visitor.do(c.RequestAgent(session))
    assert office.said(korean)[-1] == "쉬는 날이에요. 내일 오전 9시부터 만나요."
    assert office.said(foreign)[-1] == "Back tomorrow from 9 am."


def test_a_brand_that_refuses_says_when_to_come_again_and_takes_no_message(office: Office):
    office.desk.do(c.SetHours())
    office.desk.do(c.ChangeBrand(absence="refuse"))
    session = office.session()
    office.visitor.do(c.RequestAgent(session))
    assert office.said(session)[-1] == "오늘은 휴무일입니다. 상담은 내일 오전 9시부터 이용하실 수 있습니다. 그때 다시 문의해 주세요."
    before = office.everything()
    with pytest.raises(Conflict) as caught:
        office.visitor.do(c.LeaveMessage(session, text="내일 전화 주세요"))
    assert caught.value.opens_at == "2026-03-03T00:00:00.000000Z"
    assert office.everything() == before
    assert office.system.do(c.LeaveMessage(session)).state is State.INTAKE  # what a scenario does
    go(office, "2026-03-03T10:00:00")
    assert office.visitor.do(c.LeaveMessage(office.session(), text="전화 주세요")).state is State.INTAKE


@pytest.mark.parametrize(
    ("opens", "korean", "in_english"),
    [
        ("2026-03-04T13:00:00", "오늘 오후 1시부터", "today from 1 pm"),
        ("2026-03-05T00:00:00", "내일 0시부터", "tomorrow from midnight"),
        ("2026-03-05T09:30:00", "내일 오전 9시 30분부터", "tomorrow from 9:30 am"),
        ("2026-03-10T12:00:00", "화요일 낮 12시부터", "on Tuesday from noon"),
        ("2026-03-11T09:00:00", "3월 11일 수요일 오전 9시부터", "on Wednesday 11 March from 9 am"),
        ("2027-01-04T09:00:00", "2027년 1월 4일 월요일 오전 9시부터", "on Monday 4 January 2027 from 9 am"),
    ],
)
def test_the_next_opening_in_words(opens: str, korean: str, in_english: str):
    now = at("2026-03-04T10:00:00")
    assert opening_words("ko-KR", at(opens), now, "Asia/Seoul") == korean
    assert opening_words("fr", at(opens), now, "Asia/Seoul") == in_english


def test_tomorrow_is_tomorrow_where_the_desk_is(office: Office):
    """15:30 in Seoul is 01:30 in New York, on the same date."""
    office.desk.do(c.SetHours(zone="America/New_York"))
    go(office, "2026-03-03T15:30:00")
    assert office.visitor.ask(q.OpeningHours()).opens == "오늘 오전 9시부터"
    assert office.visitor.ask(q.OpeningHours(language="en")).opens == "today from 9 am"


def test_customers_ask_for_the_hours_of_the_day(office: Office):
    office.desk.do(c.SetHours(lunch="12:00-13:00"))
    go(office, "2026-03-03T10:00:00")
    opening = office.visitor.ask(q.OpeningHours())
    assert opening == q.Opening(
        open=True,
        reason=None,
        today="09:00-12:00, 13:00-18:00",
        closes_at=datetime(2026, 3, 3, 3, 0, tzinfo=UTC),
        next_opening=datetime(2026, 3, 3, 4, 0, tzinfo=UTC),
        opens="",
        zone="Asia/Seoul",
    )
    go(office, "2026-03-07T10:00:00")
    assert (office.visitor.ask(q.OpeningHours()).today, office.visitor.ask(q.OpeningHours()).reason) == ("", "closed")


# ------------------------------------------------------------------------------------------------------------ agents' shifts


def accepted(office: Office) -> bool:
    return isinstance(office.visitor.do(c.RequestAgent(office.session())), c.Queued)


def test_an_available_agent_is_there_only_within_their_shifts(office: Office):
    office.desk.do(c.SetShifts(office.mina, weekdays="10:00-14:00", lunch="12:00-12:30"))
    found = {}
    for when in ("09:59:59", "10:00:00", "12:15:00", "12:30:00", "13:59:59", "14:00:00"):
        go(office, f"2026-03-03T{when}")
        found[when] = accepted(office)
    assert [when for when, there in found.items() if there] == ["10:00:00", "12:30:00", "13:59:59"]


def test_a_shift_makes_nobody_available(office: Office):
    office.agent.do(c.SetStatus("busy"))
    office.desk.do(c.SetShifts(office.mina, weekdays="00:00-24:00", saturday="00:00-24:00", sunday="00:00-24:00"))
    assert not accepted(office)


def test_one_who_is_there_is_enough_whoever_comes_first(office: Office):
    for agent in (office.mina, office.jun):
        office.desk.do_all([c.SetStatus("available", agent), c.SetShifts(agent, sunday="10:00-11:00")])
    assert not accepted(office)
    office.desk.do(c.SetShifts(office.jun))
    assert accepted(office)
    office.desk.do_all([c.SetShifts(office.jun, sunday="10:00-11:00"), c.SetShifts(office.mina)])
    assert accepted(office)


@pytest.mark.parametrize("shifts", [{}, {"weekdays": "09:00-18:00"}], ids=["without shifts", "with shifts"])
def test_on_days_off_an_agent_is_not_there(office: Office, shifts: dict[str, str]):
    office.desk.do(c.SetShifts(office.mina, **shifts))
    agent = office.desk.do(c.SetDaysOff(office.mina, ["2026-03-05", "2026-03-03/2026-03-04"]))
    assert [str(day) for day in agent.days_off] == ["2026-03-03", "2026-03-04", "2026-03-05"]
    found = []
    for day in range(2, 7):
        go(office, f"2026-03-0{day}T10:00:00")
        found.append(accepted(office))
    assert found == [True, False, False, False, True]


def test_a_night_shift_goes_on_into_a_day_off(office: Office):
    office.desk.do_all([c.SetShifts(office.mina, weekdays="22:00-03:00"), c.SetDaysOff(office.mina, ["2026-03-04"])])
    go(office, "2026-03-04T02:00:00")
    assert accepted(office)
    go(office, "2026-03-04T23:00:00")
    assert not accepted(office)


def test_shifts_are_changes_of_the_agent_and_the_same_again_is_none(office: Office):
    agent = office.desk.do(c.SetShifts(office.mina, weekdays="09:00-14:00"))
    assert office.desk.do(c.SetShifts(office.mina, weekdays="09:00-14:00")) == agent
    body = office.log(agent.id)[-1].body
    assert body.before == {"shifts": None}
    assert body.after["shifts"]["week"][0] == [{"start": 540, "end": 840}]
    assert office.desk.do(c.SetShifts(office.mina)).shifts is None


def test_a_removed_agent_has_no_shifts_to_set(office: Office):
    office.desk.do(c.RemoveAgent(office.mina))
    with pytest.raises(Conflict):
        office.desk.do(c.SetDaysOff(office.mina, ["2026-03-04"]))
