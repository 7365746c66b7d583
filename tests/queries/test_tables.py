"""Trends, agents, channels, members: the rows say what `Report` says, and nobody is in them who must not be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.office import Office

from cschat import Actor, Desk, Session
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.times import as_datetime
from cschat.errors import Forbidden, Invalid

SEOUL = ZoneInfo("Asia/Seoul")
START = datetime(2026, 3, 9, tzinfo=SEOUL)
WEEK = START, START + timedelta(days=7)


@pytest.fixture
def office() -> Iterator[Office]:
    clock = FakeClock("2026-03-02T00:00:00+09:00", "Asia/Seoul")
    with Desk.open("memory:", clock=clock, seed=1) as desk:
        desk.do(c.ChangeBrand(accepting="open"))
        yield Office.on(desk, clock)


def talked(
    office: Office,
    when: datetime,
    *,
    member: str = "u1",
    text: str = "문의",
    category: str | None = None,
    tags: Sequence[str] = (),
    channel: str = "web",
    wait: float = 5,
    by: str = "agent",
    rating: int | None = None,
) -> Session:
    """A session that is closed at a time by one of the agents."""
    office.clock.set(round((when - timedelta(seconds=wait)).timestamp() * 1e6))
    visitor, agent = office.desk.acting_as(Actor.member(member, name=member)), getattr(office, by)
    session = visitor.do(c.OpenSession(channel=channel, text=text))
    visitor.do(c.RequestAgent(session))
    agent.do(c.ClaimSession(session))
    office.clock.advance(seconds=wait)
    agent.do(c.SendMessage(session, text="네"))
    agent.do(c.EndSession(session))
    closed = agent.do(c.WrapUp(session, category=category, tags=tags))
    if rating is not None:
        visitor.do(c.RateSession(session, rating))
    return closed


def rows(table: q.Table) -> list[dict[str, Any]]:
    return [dict(zip(table.head, row, strict=True)) for row in table.rows]


def day(number: int, hour: int = 12) -> datetime:
    return START + timedelta(days=number, hours=hour)


def test_topics_that_rise_and_fall(office: Office):
    for hour in range(5):
        talked(office, day(-5, hour), text="배송이 언제 오나요?", category="배송", tags=["단골"])
    for hour in range(6):
        talked(office, day(hour // 3, hour), text="결제가 안 돼요" if hour else "결제는 되나요", category="환불", tags=["단골"])
    talked(office, day(2), text="배송 문의", category="배송")
    found = {(row["kind"], row["topic"]): row for row in rows(office.desk.ask(q.Trends(*WEEK)))}
    refund, delivery = found["category", "환불"], found["category", "배송"]
    assert (refund["count"], refund["before"], refund["change"]) == (6, 0, None)
    assert (delivery["count"], delivery["before"], delivery["change"]) == (1, 5, pytest.approx(-0.8))
    assert [refund[f"2026-03-{number:02}"] for number in range(9, 16)] == [3, 3, 0, 0, 0, 0, 0]
    assert found["tag", "단골"]["count"] == 6
    assert found["word", "결제"]["count"] == 6
    assert ("word", "결제가") not in found  # it begins with what tells more
    assert [topic for kind, topic in found if kind == "word" and topic.startswith("배송")] == ["배송이"]
    assert [row["kind"] for row in rows(office.desk.ask(q.Trends(*WEEK, least=6)))] == ["category", "tag", "word"]


def test_words_that_always_come_together_are_one_topic(office: Office):
    for number in range(3):
        talked(office, day(0, number), text="카드 결제 오류")
    assert [row["topic"] for row in rows(office.desk.ask(q.Trends(*WEEK)))] == ["결제"]


def test_people_who_are_called_alike_have_a_bar_each(office: Office):
    for number in range(3):
        talked(office, day(0, number), member=f"u{number}")
        member = office.desk.do(c.RegisterCustomer(member=f"u{number}"))
        office.desk.do(c.UpdateCustomer(member, name="김민수"))
    (chart,) = office.desk.ask(q.BestMembers(*WEEK)).charts
    assert [row["member"] for row in chart["data"]["values"]] == ["김민수", "김민수 (2)", "김민수 (3)"]


def test_topics_rise_by_what_a_report_counts(office: Office):
    for number in range(14):
        talked(office, day(number - 7), category=("배송", "배송/지연", "환불")[number % 3], tags=["급함", "vip"][: number % 3])
    office.desk.statistics.fold()
    told = rows(office.desk.ask(q.Trends(*WEEK, slot="week", least=1)))
    for kind in ("category", "tag"):
        report = office.desk.ask(q.Report(*WEEK, ["sessions_closed"], by=[kind]))
        counts = {line.names[kind]: line.figures["sessions_closed"].count for line in report.lines}
        for row in (row for row in told if row["kind"] == kind):
            assert row["count"] == counts.get(row["topic"], 0) == row["2026-W11"]


def test_of_many_sessions_every_so_many_is_looked_into(office: Office):
    for number in range(9):
        talked(office, day(0, number), text="결제 오류")
    (word,) = (row for row in rows(office.desk.ask(q.Trends(*WEEK, least=1, sessions=3))) if row["topic"] == "결제")
    assert word["count"] == 3


def test_an_erased_text_is_no_topic(office: Office):
    for number in range(3):
        talked(office, day(0, number), text="비밀번호가 새로 필요해요")
    assert "비밀번호가" in {row["topic"] for row in rows(office.desk.ask(q.Trends(*WEEK)))}
    office.desk.do(c.EraseCustomer(office.desk.do(c.RegisterCustomer(member="u1"))))
    assert not rows(office.desk.ask(q.Trends(*WEEK)))


def test_agents_are_what_a_report_says_of_them(office: Office):
    talked(office, day(0, 1), wait=30, rating=5)
    talked(office, day(0, 2), wait=10)
    talked(office, day(0, 3), wait=4, by="colleague")
    table = office.desk.ask(q.AgentTable(*WEEK))
    mina, jun = rows(table)
    assert (mina["name"], mina["closed"], mina["rating"], mina["ratings"]) == ("민아", 2, 100, 1)
    assert (jun["name"], jun["closed"], jun["rating"], jun["ratings"]) == ("준", 1, None, 0)
    report = office.desk.ask(q.Report(*WEEK, ["handle_time", "first_response_time_from_handoff"], by=["agent"]))
    for line in report.lines:
        (row,) = (row for row in (mina, jun) if row["agent"] == line.key["agent"])
        assert row["handle_time"] == line.figures["handle_time"].mean
        assert row["first_response"] == line.figures["first_response_time_from_handoff"].p50
    assert table.table() == [[*table.head], *([*row] for row in table.rows)]
    assert [row["name"] for row in rows(office.desk.ask(q.AgentTable(*WEEK, order="rating")))] == ["민아", "준"]
    assert [row["name"] for row in rows(office.desk.ask(q.AgentTable(*WEEK, order="first_response")))] == ["민아", "준"]
    assert [row["name"] for row in rows(office.desk.ask(q.AgentTable(*WEEK, order="name")))] == ["민아", "준"]
    with pytest.raises(Invalid, match="no column"):
        q.AgentTable(*WEEK, order="salary")


def test_an_agent_of_whom_nothing_is_known_comes_after_one_who_has_zero(office: Office):
    office.clock.set(round(day(0).timestamp() * 1e6))
    session = office.visitor.do(c.OpenSession(text="문의"))
    office.visitor.do(c.RequestAgent(session))
    office.agent.do_all([c.ClaimSession(session), c.EndSession(session), c.WrapUp(session)])
    talked(office, day(0, 13), wait=0, by="colleague")
    found = [(row["name"], row["first_response"]) for row in rows(office.desk.ask(q.AgentTable(*WEEK, order="first_response")))]
    assert found == [("준", 0), ("민아", None)]


def test_what_fell_most_surely_comes_last(office: Office):
    for number in range(9):
        talked(office, day(-3, number), category="배송" if number < 6 else "환불")
    assert [row["topic"] for row in rows(office.desk.ask(q.Trends(*WEEK))) if row["kind"] == "category"] == ["환불", "배송"]


def test_channels_by_hour_weekday_language_and_tag(office: Office):
    member = office.desk.do(c.RegisterCustomer(member="u1"))
    office.admin.do(c.TagCustomer(member, ["vip", "단골"]))
    talked(office, day(0, 9))
    talked(office, day(0, 9) + timedelta(minutes=20), channel="app", member="u2")
    talked(office, day(1, 10), channel="app")
    table = office.desk.ask(q.ChannelUse(*WEEK))
    found = {(row["by"], row["value"], row["channel"]): row for row in rows(table)}
    assert found["hour", "09", "web"]["share"] == found["hour", "09", "app"]["share"] == 0.5
    assert (found["hour", "03", "app"]["sessions"], found["hour", "03", "app"]["share"]) == (0, None)
    assert found["weekday", "monday", "app"]["sessions"] == found["weekday", "tuesday", "app"]["sessions"] == 1
    assert found["weekday", "tuesday", "app"]["share"] == 1
    assert found["customer_tag", "vip", "web"]["sessions"] == found["customer_tag", "단골", "app"]["sessions"] == 1
    assert found["customer_tag", "", "app"]["sessions"] == 1
    for by in ("hour", "weekday", "language"):
        assert sum(row["sessions"] for row in rows(table) if row["by"] == by) == 3
    assert len(table.charts) == 4


def test_the_best_members_are_no_guests_and_nobody_who_was_erased(office: Office):
    for number, member in enumerate(("u1", "u2", "u2", "u3", "u3", "u3")):
        last = talked(office, day(0, number), member=member, rating=4 if member == "u2" else None)
    for number in range(9):
        session = office.visitor.do(c.OpenSession(text=f"문의 {number}"))
        office.visitor.do(c.EndSession(session))
    found = rows(office.desk.ask(q.BestMembers(*WEEK)))
    assert [(row["name"], row["sessions"], row["rating"], row["ratings"]) for row in found] == [
        *(("u3", 3, None, 0), ("u2", 2, 80, 2), ("u1", 1, None, 0))
    ]
    assert found[0]["last_seen"] == as_datetime(last.last).isoformat()
    assert [row["name"] for row in rows(office.desk.ask(q.BestMembers(*WEEK, most=1)))] == ["u3"]
    office.desk.do(c.EraseCustomer(last.customer))
    assert [row["name"] for row in rows(office.desk.ask(q.BestMembers(*WEEK)))] == ["u2", "u1"]


@pytest.mark.parametrize("query", [q.AgentTable, q.BestMembers, q.ChannelUse, q.Trends])
def test_tables_are_for_staff_of_a_period_and_say_nothing_of_nothing(office: Office, query: Any):
    with pytest.raises(Forbidden):
        office.visitor.ask(query(*WEEK))
    with pytest.raises(Invalid, match="later than the start"):
        query(WEEK[1], WEEK[0])
    assert not [row for row in rows(office.agent.ask(query(*WEEK))) if row.get("sessions")]
