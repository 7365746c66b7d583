"""What is charged, when, and once; what happens when the money is used up; what a statement says."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.office import Office
from tests.transport.listener import Listener, listening

from cschat import Actor, Desk, Session, State, cli
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.ledger import ChargeKind, Ledger, Posting
from cschat.core.times import as_datetime
from cschat.errors import Invalid, LimitExceeded, NotFound

PRICES = {"account": 9_900, "session": 300, "sms": 20, "notification": 8}


def fund(office: Office, money: int = 100_000, prices: dict[str, int] | None = None, **how: Any) -> None:
    office.desk.do_all([c.SetLedger(**how), c.SetTariff(PRICES if prices is None else prices)])
    if money:
        office.desk.do(c.TopUp(money))


def postings(office: Office, *kinds: str) -> list[Posting]:
    return [line for line in office.desk.each(q.Postings(limit=7)) if not kinds or line.kind in kinds]


def keys(office: Office, kind: str) -> list[str]:
    return [line.key for line in postings(office, kind)]


def balance(office: Office) -> int:
    ledger = office.desk.ask(q.GetLedger())
    assert ledger is not None
    return ledger.balance


# ------------------------------------------------------------------------------------------------------------- sessions


def test_a_session_is_charged_once_for_each_day_on_which_an_agent_answers_in_it(office: Office):
    fund(office)
    session = office.session(State.ACTIVE)
    office.agent.do(c.SendMessage(session, text="하나 더"))
    assert keys(office, "session") == [f"{session.id}:2026-03-02"]
    office.clock.at("2026-03-02 23:59:59.999999")
    office.agent.do(c.SendMessage(session, text="아직 오늘"))
    assert len(keys(office, "session")) == 1
    office.clock.at("2026-03-03 00:00")
    office.visitor.do(c.SendMessage(session, text="고객의 말"))
    office.agent.do(c.AddNote(session, text="메모"))
    office.agent.do(c.TransferSession(session, agent=office.jun))
    assert len(keys(office, "session")) == 1
    office.colleague.do(c.SendMessage(session, text="이어받았어요"))
    office.colleague.do(c.SendMessage(session, text="네"))
    assert keys(office, "session") == [f"{session.id}:2026-03-02", f"{session.id}:2026-03-03"]
    assert balance(office) == 100_000 - 600
    assert {line.amount for line in postings(office, "session")} == {-300}


def test_a_day_is_one_of_the_brands_zone(office: Office):
    office.desk.do(c.ChangeBrand(zone="America/New_York"))
    fund(office)
    session = office.session(State.ACTIVE)  # Monday 10:00 in Seoul is Sunday evening there
    office.clock.at("2026-03-02 13:59:59")
    office.agent.do(c.SendMessage(session, text="자정 전"))
    office.clock.at("2026-03-02 14:00")
    office.agent.do(c.SendMessage(session, text="자정"))
    assert keys(office, "session") == [f"{session.id}:2026-03-01", f"{session.id}:2026-03-02"]


@pytest.mark.parametrize("state", [State.BOT, State.QUEUED, State.INTAKE])
def test_what_no_agent_has_answered_costs_nothing(office: Office, state: State):
    fund(office)
    session = office.session(state)
    office.desk.do(c.SendMessage(session, text="안내드립니다"))
    office.agent.do(c.ClaimSession(session))
    office.agent.do(c.AddNote(session, text="메모"))
    office.agent.do(c.EndSession(session))
    assert postings(office, "session") == []


def test_whoever_begins_it_an_answered_session_is_charged_and_another_one_again(office: Office):
    fund(office)
    outbound = office.agent.do(c.OpenSessionByAgent(office.customer, text="안내드려요"))
    second = office.session(State.ACTIVE)
    assert [line.key.partition(":")[0] for line in postings(office, "session")] == [outbound.id, second.id]
    caused = [event for event in office.log("led_main") if isinstance(event.body, e.Posted) and event.body.kind == "session"]
    assert all(event.cause is not None and event.actor == "system" for event in caused)


def test_a_brand_without_a_ledger_pays_nothing_and_nothing_is_written_for_it(office: Office):
    session = office.session(State.ACTIVE)
    before = office.everything()
    office.agent.do(c.SendMessage(session, text="네"))
    after = office.everything()
    assert [event.type for event in after.events[len(before.events) :]] == ["MessageSent"]
    assert {*after.records} == {*before.records}
    assert office.desk.ask(q.GetLedger()) is None
    assert office.desk.ask(q.Statement()) is None
    assert office.desk.ask(q.Postings()).items == []
    assert office.desk.ask(q.ChargedCounts()).today == dict.fromkeys(ChargeKind, 0)
    assert office.desk.do(c.Charge("sms", "m1")) is None


def test_what_has_no_price_is_free_and_not_counted(office: Office):
    fund(office, prices={"account": 9_900, "sms": 0})
    office.session(State.ACTIVE)
    assert office.desk.do(c.Charge("sms", "m1")) is None
    assert postings(office) == postings(office, "top_up")


def test_brands_have_ledgers_of_their_own(office: Office):
    fund(office)
    other = Office.on(office.desk.brand("other"), office.clock)
    other.session(State.ACTIVE)
    assert other.desk.ask(q.GetLedger()) is None
    fund(other, 500)
    assert (balance(office), balance(other)) == (100_000, 500)


# ------------------------------------------------------------------------------------------------------------- accounts


def test_each_account_is_charged_on_the_1st_for_who_then_works_here(office: Office):
    fund(office)
    gone = office.desk.do(c.AddAgent(name="옛"))
    office.clock.at("2026-03-31 23:59:59.999")
    office.desk.do(c.RemoveAgent(gone))
    office.desk.run_due()
    assert keys(office, "account") == []
    office.clock.at("2026-04-01 00:00")
    office.desk.run_due()
    agents = sorted([office.sora.id, office.mina.id, office.jun.id])
    assert keys(office, "account") == [f"{agent}:2026-04" for agent in agents]
    late = office.desk.do(c.AddAgent(name="새"))
    office.desk.run_due()
    assert len(keys(office, "account")) == 3
    office.desk.advance(days=31)
    assert keys(office, "account")[3:] == [f"{agent}:2026-05" for agent in sorted([*agents, late.id])]
    assert balance(office) == 100_000 - 7 * 9_900


def test_the_very_beginning_of_the_1st_counts(office: Office):
    fund(office)
    office.clock.at("2026-04-01 00:00")
    office.desk.do(c.RemoveAgent(office.jun))
    new = office.desk.do(c.AddAgent(name="새"))
    office.desk.run_due()
    assert keys(office, "account") == [f"{agent}:2026-04" for agent in sorted([office.sora.id, office.mina.id, new.id])]


def test_months_that_were_missed_are_made_up_for_as_they_were(office: Office):
    """Nobody has run what is due since March: who worked here then counts, at what it cost then."""
    fund(office, prices={"account": 1_000})
    office.desk.do(c.SetTariff({"account": 2_000}, effective="2026-05-01"))
    office.clock.at("2026-04-20 12:00")
    office.desk.do(c.RemoveAgent(office.jun))
    office.clock.at("2026-06-15 12:00")
    late = office.desk.do(c.AddAgent(name="새"))
    office.desk.settle()
    found = [(line.key.rpartition(":")[2], line.key.partition(":")[0], -line.amount) for line in postings(office, "account")]
    two = sorted([office.sora.id, office.mina.id])
    assert found == [
        *(("2026-04", agent, 1_000) for agent in sorted([*two, office.jun.id])),
        *(("2026-05", agent, 2_000) for agent in two),
        *(("2026-06", agent, 2_000) for agent in two),
    ]
    office.desk.advance(days=20)
    assert [line.key for line in postings(office, "account")][-3:] == [f"{agent}:2026-07" for agent in sorted([*two, late.id])]


@pytest.mark.parametrize("money", [100_000, 15_000])
def test_a_month_that_is_run_again_charges_nothing_again(office: Office, money: int):
    fund(office, money)
    office.clock.at("2026-04-01 00:00")
    began = office.clock.now()
    office.desk.run_due()
    before = office.log("led_main")
    door = office.system._door
    office.desk.store.transact(door.doing(lambda ctx: ctx.arm("ledger", "led_main", began)), brand=door.brand_id)
    office.desk.run_due()
    assert office.log("led_main") == before


def test_two_processes_charge_a_month_and_a_key_once(tmp_path: Path):
    clock, url = FakeClock(), f"sqlite:///{tmp_path / 'desk.db'}"
    with Desk.open(url, clock=clock, seed=1) as desk, Desk.open(url, clock=clock, seed=2) as twin:
        office = Office.on(desk, clock)
        fund(office)
        clock.at("2026-04-01 00:00")
        due = [process.store.read(process._door.due(clock.now())) for process in (desk, twin)]
        assert due[0] == due[1] != []
        for process in (desk, twin):
            process.do_all([c.RunTimer(timer) for timer in due[0]])
            process.do(c.Charge("sms", "m1"))
        assert [line.kind for line in postings(office)] == ["top_up", "account", "account", "account", "sms"]


def test_a_zone_that_changes_meanwhile_shifts_the_1st_and_charges_no_month_twice(office: Office):
    fund(office)
    office.desk.do(c.ChangeBrand(zone="America/New_York"))
    office.desk.advance(days=29, hours=14)  # the 1st in Seoul, not there yet
    assert keys(office, "account") == []
    office.desk.advance(hours=14)
    assert len(keys(office, "account")) == 3
    office.desk.do(c.ChangeBrand(zone="Asia/Seoul"))
    office.desk.advance(days=31)
    assert [key.rpartition(":")[2] for key in keys(office, "account")] == ["2026-04"] * 3 + ["2026-05"] * 3


# -------------------------------------------------------------------------------------------------------------- tariffs


def test_a_tariff_holds_from_its_date_and_those_before_it_are_kept(office: Office):
    fund(office)
    office.desk.do(c.SetTariff(PRICES | {"session": 500}, effective="2026-03-10"))
    office.desk.do(c.SetTariff(PRICES | {"session": 400}, effective="2026-03-10"))
    session = office.session(State.ACTIVE)
    for day in ("2026-03-09 23:59:59", "2026-03-10 00:00", "2026-03-11 12:00"):
        office.clock.at(day)
        office.agent.do(c.SendMessage(session, text="네"))
    assert [line.amount for line in postings(office, "session")] == [-300, -300, -400, -400]
    ledger = office.desk.ask(q.GetLedger())
    assert ledger is not None
    assert [tariff.prices["session"] for tariff in ledger.tariffs] == [300, 400]


def test_a_tariff_begins_no_earlier_than_now(office: Office):
    fund(office)
    with pytest.raises(Invalid) as caught:
        office.desk.do(c.SetTariff({}, effective="2026-03-01"))
    assert caught.value.field == "effective"
    ledger = office.desk.do(c.SetTariff({}, effective="2026-03-02"))
    assert ledger.tariffs[-1].since == office.clock.now()


# --------------------------------------------------------------------------------------------------------- used up: block


def used_up(office: Office, **how: Any) -> None:
    fund(office, 299, {"session": 300}, **how)


def test_when_it_is_used_up_nobody_new_is_accepted(office: Office):
    waiting, running = office.session(State.QUEUED), office.session(State.ACTIVE)
    used_up(office)
    fresh = office.visitor.do(c.OpenSession(text="문의"))
    assert office.visitor.do(c.RequestAgent(fresh)) == c.Unavailable("suspended")
    assert office.said(fresh)[-1] == "지금은 상담사 연결이 어렵습니다. 문의 내용을 남겨 주시면 확인한 뒤 답변드리겠습니다."
    office.visitor.do(c.LeaveMessage(fresh))
    for attempt in (
        lambda: office.agent.do(c.ClaimSession(fresh)),
        lambda: office.admin.do(c.AssignSession(fresh, office.mina, force=True)),
        lambda: office.agent.do(c.OpenSessionByAgent(office.customer)),
    ):
        with pytest.raises(LimitExceeded) as caught:
            attempt()
        assert caught.value.limit == "balance"
    office.agent.do(c.SendMessage(running, text="상담은 끊기지 않아요"))
    office.agent.do(c.ClaimSession(waiting))
    office.agent.do(c.SendMessage(waiting, text="기다리던 분도요"))
    assert balance(office) == 299 - 600
    office.desk.do(c.TopUp(601))
    office.agent.do(c.ClaimSession(fresh))
    assert office.look(fresh).state is State.ACTIVE


def test_exactly_enough_for_one_more_is_enough(office: Office):
    fund(office, 300, {"session": 300})
    assert isinstance(office.visitor.do(c.RequestAgent(office.session())), c.Queued)


def test_a_closed_session_is_not_reopened_to_people_when_it_is_used_up(office: Office):
    office.desk.do(c.ChangeBrand(grace=0, reopening={"*": "same_session"}))
    mine, theirs = office.session(State.CLOSED), office.session(State.CLOSED)
    used_up(office)
    with pytest.raises(LimitExceeded):
        office.agent.do(c.ReopenSession(mine))
    office.clock.advance(minutes=1)
    office.visitor.do(c.SendMessage(theirs, text="하나 더요"))
    assert office.look(theirs).state is State.INTAKE


def test_messages_that_were_left_do_not_enter_the_queue_when_it_is_used_up(office: Office):
    office.clock.at("2026-03-03 10:00")
    office.desk.do_all([c.SetHours(weekdays="11:00-18:00"), c.SetDistribution(intake_on_open="queue")])
    left = office.visitor.do(c.OpenSession(text="문의"))
    office.visitor.do(c.LeaveMessage(left))
    used_up(office)
    office.desk.advance(hours=2)
    assert office.look(left).state is State.INTAKE
    office.desk.do(c.TopUp(1_000))
    office.desk.advance(days=1)
    assert office.look(left).state is State.QUEUED


def test_overdraw_goes_below_zero(office: Office):
    used_up(office, at_zero="overdraw")
    office.session(State.ACTIVE)
    office.session(State.ACTIVE)
    assert balance(office) == -301
    posting = office.desk.do(c.AdjustBalance(-99, "정정"))
    assert posting.balance == -400


def test_account_fees_that_are_not_reached_for_wait_for_the_money_and_block_until_then(office: Office):
    fund(office, 15_000)
    office.desk.advance(days=31)
    agents = sorted([office.sora.id, office.mina.id, office.jun.id])
    ledger = office.desk.ask(q.GetLedger())
    assert ledger is not None
    assert keys(office, "account") == [f"{agents[0]}:2026-04"]
    assert ([fee.key for fee in ledger.unpaid], ledger.balance, ledger.due) == ([f"{agent}:2026-04" for agent in agents[1:]], 5_100, 19_800)
    assert office.visitor.do(c.RequestAgent(office.session())) == c.Unavailable("suspended")
    with pytest.raises(LimitExceeded):
        office.desk.do(c.Charge("sms", "m1"))
    office.desk.do(c.TopUp(5_000))
    assert keys(office, "account") == [f"{agent}:2026-04" for agent in agents[:2]]
    office.desk.do(c.TopUp(10_000))
    assert (len(keys(office, "account")), balance(office)) == (3, 300)
    assert isinstance(office.visitor.do(c.RequestAgent(office.session())), c.Queued)


def test_the_fees_of_a_month_wait_behind_those_that_wait_already(office: Office):
    fund(office, 5_000, {"account": 10_000})
    office.desk.do(c.SetTariff({"account": 1_000}, effective="2026-05-01"))
    office.desk.advance(days=62)
    ledger = office.desk.ask(q.GetLedger())
    assert ledger is not None
    assert [fee.key.rpartition(":")[2] for fee in ledger.unpaid] == ["2026-04"] * 3 + ["2026-05"] * 3
    assert (ledger.due, ledger.balance) == (33_000, 5_000)


def test_unpaid_account_fees_are_charged_when_it_may_go_below_zero(office: Office):
    fund(office, 0)
    office.desk.advance(days=31)
    assert office.desk.do(c.SetLedger("overdraw")).balance == -3 * 9_900
    assert office.desk.do(c.SetLedger("block")).unpaid == ()


# ----------------------------------------------------------------------------------------------- what the host charges, pays


def test_a_key_is_charged_once(office: Office):
    fund(office)
    first = office.desk.do(c.Charge("sms", "m1", count=3))
    assert first is not None
    assert (first.kind, first.key, first.count, first.amount, first.balance) == ("sms", "m1", 3, -60, 99_940)
    assert office.desk.do(c.Charge("sms", "m1", count=5)) == first
    assert office.system.do(c.Charge("notification", "m1")).amount == -8  # type: ignore[union-attr]
    assert balance(office) == 100_000 - 68


def test_what_the_balance_does_not_reach_for_is_refused_before_it_is_sent(office: Office):
    fund(office, 50)
    with pytest.raises(LimitExceeded) as caught:
        office.desk.do(c.Charge("sms", "m1", count=3))
    assert (caught.value.limit, caught.value.value) == ("balance", 50)
    with pytest.raises(LimitExceeded):
        office.desk.do(c.AdjustBalance(-51, "정정"))
    assert office.desk.do(c.Charge("sms", "m1", count=2)).balance == 10  # type: ignore[union-attr]


def test_a_payment_that_is_told_twice_is_one(office: Office):
    for _ in range(2):
        ledger = office.desk.do(c.TopUp(50_000, note="3월분"), request_id="pay-1")
        charged = office.desk.do(c.SetTariff(PRICES), request_id="tariff-1")
        sent = office.desk.do(c.Charge("sms", "m1"), request_id="sms-1")
        assert (ledger.id, charged.id, sent.number) == ("led_main", "led_main", 3)  # type: ignore[union-attr]
    assert [(line.kind, line.amount, line.note) for line in postings(office)] == [("top_up", 50_000, "3월분"), ("sms", -20, "")]


# ------------------------------------------------------------------------------------------------------------- statements


def month(office: Office) -> None:
    """100,000 on 2 March; a session on the 2nd and on the 3rd, 3 SMS on the 3rd, the accounts on 1 April."""
    fund(office)
    session = office.session(State.ACTIVE)
    office.clock.at("2026-03-03 12:00")
    office.agent.do(c.SendMessage(session, text="네"))
    office.desk.do_all([c.Charge("sms", "m1", count=3), c.AdjustBalance(-40, "정정")])
    office.clock.at("2026-04-01 00:00")
    office.desk.run_due()


def at(text: str) -> Any:
    return as_datetime(FakeClock(text).now())


def test_a_statement_says_what_came_and_went(office: Office):
    month(office)
    march = office.desk.ask(q.Statement(at("2026-03-01"), at("2026-04-01")))
    assert march is not None
    assert (march.opening, march.topped_up, march.adjusted, march.charged, march.closing) == (0, 100_000, -40, 660, 99_300)
    assert {kind: (one.count, one.amount) for kind, one in march.by_kind.items() if one.count} == {"session": (2, 600), "sms": (3, 60)}
    third = office.desk.ask(q.Statement(at("2026-03-03"), at("2026-03-04")))
    assert third is not None
    assert (third.opening, third.topped_up, third.charged, third.closing) == (99_700, 0, 360, 99_300)
    april = office.desk.ask(q.Statement(start=at("2026-04-01")))
    assert april is not None
    assert (april.opening, april.by_kind["account"], april.closing) == (99_300, q.Charged(3, 29_700), 69_600)
    assert april.currency == "KRW"
    nothing = office.desk.ask(q.Statement(at("2026-05-01"), at("2026-04-01")))
    assert nothing is not None
    assert (nothing.opening, nothing.closing, nothing.charged) == (69_600, 69_600, 0)


def test_the_lines_of_a_period_are_those_from_its_start_until_before_its_end(office: Office):
    month(office)
    lines = list(office.desk.each(q.Postings(at("2026-03-03"), at("2026-04-01"), limit=1)))
    assert [(line.kind, line.amount, line.balance) for line in lines] == [
        ("session", -300, 99_400),
        ("sms", -60, 99_340),
        ("adjustment", -40, 99_300),
    ]
    edge = lines[-1].at
    assert [line.kind for line in office.desk.each(q.Postings(edge, edge + timedelta(microseconds=1)))] == ["session", "sms", "adjustment"]
    assert list(office.desk.each(q.Postings(end=edge))) == postings(office)[:2]


def test_charged_counts_are_of_today_and_of_this_month(office: Office):
    month(office)
    found = office.agent.ask(q.ChargedCounts())
    assert found.today == found.month == {"account": 3, "session": 0, "sms": 0, "notification": 0}
    office.clock.at("2026-04-02 09:00")
    office.desk.do(c.Charge("notification", "m2", count=5))
    found = office.agent.ask(q.ChargedCounts())
    assert found.today == {"account": 0, "session": 0, "sms": 0, "notification": 5}
    assert found.month == {"account": 3, "session": 0, "sms": 0, "notification": 5}


def test_what_was_only_set_does_not_hide_how_things_stood(office: Office):
    fund(office)
    for low in range(45):
        office.clock.advance(minutes=1)
        office.desk.do(c.SetLedger(low=low))
    office.clock.advance(minutes=1)
    office.desk.do(c.Charge("sms", "m1"))
    found = office.desk.ask(q.Statement(end=as_datetime(office.clock.now())))
    assert found is not None
    assert (found.opening, found.topped_up, found.closing) == (0, 100_000, 100_000)


def test_lines_are_in_order_of_time_whatever_a_process_thinks_it_is(office: Office):
    fund(office)
    with Desk.open(office.desk.store, clock=FakeClock("2026-03-02 09:59"), seed=2) as behind:
        behind.do(c.Charge("sms", "m1"))
        first, second = office.desk.each(q.Postings())
        assert first.at == second.at


@pytest.mark.parametrize("query", [q.Postings, q.Statement])
@pytest.mark.parametrize("field", ["start", "end"])
def test_a_period_needs_times_with_a_zone(query: Any, field: str):
    for wrong in ("2026-03-01", at("2026-03-01").replace(tzinfo=None), 5):
        with pytest.raises(Invalid) as caught:
            query(**{field: wrong})
        assert caught.value.field == field


@pytest.mark.parametrize("after", ["x", "-1", 5, "9" * 19])
def test_a_page_begins_where_one_has_ended(after: Any):
    with pytest.raises(Invalid) as caught:
        q.Postings(after=after)
    assert caught.value.field == "after"


def test_people_can_ask_in_plain_sql(tmp_path: Path):
    clock = FakeClock()
    with Desk.open(f"sqlite:///{tmp_path / 'desk.db'}", clock=clock, seed=1) as desk:
        office = Office.on(desk, clock)
        month(office)
        rows = sqlite3.connect(tmp_path / "desk.db").execute("SELECT kind, key, count, amount, balance, at FROM postings ORDER BY seq")
        wanted = [
            (line.kind, line.key, line.count, line.amount, line.balance, line.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
            for line in postings(office)
        ]
        assert rows.fetchall() == wanted


# ----------------------------------------------------------------------------------------------------------- command line


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The store of a brand `shop` that has had a month."""
    url, clock = f"sqlite:///{tmp_path / 'desk.db'}", FakeClock()
    with Desk.open(url, brand="shop", clock=clock, seed=1) as desk:
        office = Office.on(desk, clock)
        month(office)
        office.desk.do(c.TopUp(1_000, note='=HYPERLINK("https://example.com")'))
    return url


def printed(file: str, *options: str) -> str:
    done = CliRunner().invoke(cli.cschat, ["statement", "--store", file, "--brand", "shop", *options], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_a_statement_as_csv_lies_between_its_balances(file: str):
    rows = list(csv.DictReader(printed(file, "--csv", "--from", "2026-03-03", "--to", "2026-04-01").splitlines()))
    assert [(row["kind"], row["count"], row["amount"], row["balance"]) for row in rows] == [
        ("opening", "", "", "99700"),
        ("session", "1", "-300", "99400"),
        ("sms", "3", "-60", "99340"),
        ("adjustment", "", "-40", "99300"),
        ("closing", "", "", "99300"),
    ]
    assert [row["at"] for row in rows][1] == "2026-03-03T12:00:00+09:00"


def test_no_cell_of_it_is_run(file: str):
    notes = [row["note"] for row in csv.DictReader(printed(file, "--csv").splitlines())]
    assert [note for note in notes if "HYPERLINK" in note] == ['\'=HYPERLINK("https://example.com")']


def test_a_statement_as_json_has_sums_and_lines(file: str):
    found = json.loads(printed(file, "--json", "--to", "2026-04-01"))
    assert (found["opening"], found["topped_up"], found["adjusted"], found["charged"], found["closing"]) == (0, 100_000, -40, 660, 99_300)
    assert found["by_kind"]["session"] == {"count": 2, "amount": 600}
    assert [line["kind"] for line in found["lines"]] == ["top_up", "session", "session", "sms", "adjustment"]
    assert found["lines"][1]["entries"] == [{"account": "balance", "amount": -300}, {"account": "revenue:session", "amount": 300}]


def test_a_statement_for_people(file: str):
    lines = printed(file, "--from", "2026-04-01").splitlines()
    assert lines[0].split() == ["opening", "99,300"]
    assert lines[1].split()[:5] == ["2026-04-01T00:00:00+09:00", "account", "1", "-9,900", "89,400"]
    assert lines[-1].split() == ["closing", "70,600"]


def test_a_brand_without_a_ledger_has_no_statement(file: str):
    with pytest.raises(NotFound):
        CliRunner().invoke(cli.cschat, ["statement", "--store", file], catch_exceptions=False)


# ----------------------------------------------------------------------------------------------------------------- alerts


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def told(office: Office, listener: Listener) -> list[str]:
    office.desk.settle()
    return [request.json["text"] for request in listener.requests]


def slack(office: Office, listener: Listener, *kinds: str) -> None:
    office.desk.do(c.AddAlertTarget("방", "slack", url=listener.url("/T/B/X"), private=True, **({"kinds": kinds} if kinds else {})))


def test_staff_are_told_once_when_the_balance_falls_below_their_mark(office: Office, listener: Listener):
    slack(office, listener, "low_balance")
    fund(office, 1_000, low=980)
    for number in range(3):
        office.desk.do(c.Charge("sms", f"m{number}"))
    assert told(office, listener) == ["잔액 부족 알림: 톡캐시 잔액이 960원 남았습니다."]
    office.desk.do_all([c.TopUp(100), c.Charge("sms", "more", count=10)])
    assert told(office, listener)[1:] == ["잔액 부족 알림: 톡캐시 잔액이 840원 남았습니다."]


def test_staff_are_told_of_account_fees_that_the_balance_does_not_reach_for(office: Office, listener: Listener):
    office.desk.do(c.ChangeBrand(name="상점", language="en"))
    slack(office, listener, "low_balance")
    fund(office, 15_000)
    office.desk.advance(days=31)
    assert told(office, listener) == ["[상점] Low balance: 5,100 won are left, which does not reach for account fees of 19,800 won."]


def test_who_did_not_ask_for_it_is_not_told(office: Office, listener: Listener):
    slack(office, listener)
    fund(office, 1_000, low=1_000)
    office.desk.do(c.Charge("sms", "m1"))
    assert told(office, listener) == []


# ------------------------------------------------------------------------------------------------------------------- sight


def test_customers_are_shown_nothing_of_it(office: Office):
    fund(office)
    session: Session = office.session(State.ACTIVE)
    assert {event.subject for event in office.visitor.watch(after=0, timeout=0)} == {session.id}


def test_a_ledger_is_the_hosts_and_the_admins(office: Office):
    fund(office)
    assert isinstance(office.admin.ask(q.GetLedger()), Ledger)
    assert office.desk.acting_as(Actor.agent(office.sora)).do(c.TopUp(1)).balance == 100_001
