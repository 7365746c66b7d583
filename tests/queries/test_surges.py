"""Surges of a desk's sessions, their causes, and signals."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from cschat import Actor, Desk
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.times import as_datetime
from cschat.errors import Forbidden, Invalid

SAYS = ["배송이 너무 늦어요", "환불은 언제 되나요", "비밀번호를 잊어버렸어요", "쿠폰 적용이 안 돼요", "재입고 언제 하나요"]
BROKEN = ["앱 업데이트 후에 흰 화면만 나와요", "업데이트했더니 흰 화면이에요", "앱 업데이트하고 나서 흰 화면 ㅠㅠ"]


def opened(desk: Desk, name: str, text: str, channel: str = "web") -> str:
    return desk.acting_as(Actor.guest(name)).do(c.OpenSession(channel=channel, text=text)).id


@pytest.fixture(scope="module")
def told():
    """Ten days with two sessions an hour by day; on the last an app is broken from 15:00 to 16:00."""
    clock, chance = FakeClock("2026-03-02T00:00:00+09:00", "Asia/Seoul"), Random(1)
    with Desk.open(clock=clock, seed=1) as desk:
        delivery, app = (desk.do(c.AddCategory(path)) for path in ("배송/지연", "앱/오류"))
        broken = []
        for hour in range(10 * 24 - 4):
            for at in range(2 if 8 <= hour % 24 < 20 else 0):
                session = opened(desk, f"g{hour}-{at}", chance.choice(SAYS), chance.choice(["web", "kakao"]))
                if at:
                    desk.do(c.SetCategory(session, delivery))
            if hour == 9 * 24 + 15:
                for at in range(20):
                    broken.append(opened(desk, f"b{at}", BROKEN[at % 3], "app"))
                    desk.do(c.SetCategory(broken[-1], app))
            clock.advance(hours=1)
        yield desk, broken


def test_a_surge_is_found_with_its_causes_and_sessions(told):
    desk, broken = told
    (surge,) = desk.ask(q.Surges(slot=3600))
    assert surge.at.isoformat() == "2026-03-11T06:00:00+00:00"
    assert surge.count == 22
    assert surge.score >= 0.5
    causes = {(one.kind, one.value): one for one in surge.causes}
    assert {("category", "앱/오류"), ("channel", "app"), ("word", "업데이트")} <= causes.keys()
    assert causes["category", "앱/오류"].count == 20
    assert causes["category", "앱/오류"].expected == 0
    assert set(causes["channel", "app"].sessions) <= set(broken)
    assert ("category", "배송") not in causes


def test_only_slots_of_the_period_that_are_over_are_told(told):
    desk, _ = told
    (surge,) = desk.ask(q.Surges(slot=3600))
    hour = timedelta(hours=1)
    assert desk.ask(q.Surges(slot=3600, start=surge.at, end=surge.at + hour)) == [surge]
    assert desk.ask(q.Surges(slot=3600, end=surge.at + hour - timedelta(seconds=1))) == []
    assert desk.ask(q.Surges(slot=3600, start=surge.at + hour)) == []
    assert desk.ask(q.Surges(slot=3600, end=surge.at - timedelta(days=400))) == []


def test_sessions_that_are_not_read_are_unknown_and_not_none(told):
    desk, _ = told
    assert desk.ask(q.Surges(slot=3600, most=3)) == []
    assert [surge.count for surge in desk.ask(q.Surges(slot=3600, most=120))] == [22]


def test_signals_are_what_many_ask_alike_that_few_asked_before(told):
    desk, broken = told
    first, *rest = desk.ask(q.Signals())
    assert (first.count, first.before) == (20, 0)
    assert "업데이트" in first.label
    assert set(first.sessions) <= set(broken)
    assert all(one.count - one.before < 15 for one in rest)
    assert desk.ask(q.Signals(least=30)) == []


def test_an_erased_customer_says_nothing_any_more():
    clock = FakeClock("2026-03-02T00:00:00+09:00", "Asia/Seoul")
    with Desk.open(clock=clock, seed=1) as desk:
        for at in range(3):
            opened(desk, f"g{at}", "흰 화면만 나와요")
        assert [one.count for one in desk.ask(q.Signals())] == [3]
        desk.do(c.EraseCustomer(desk.acting_as(Actor.guest("g0")).ask(q.GetCustomer())))
        assert desk.ask(q.Signals()) == []
        assert [one.count for one in desk.ask(q.Signals(least=2))] == [2]


def test_the_steps_of_a_scenario_are_causes():
    steps = {
        "hi": {"choose": [{"label": "배송", "goto": "parcel"}, {"label": "결제", "goto": "pay"}]},
        "parcel": {"say": "네", "next": "person"},
        "pay": {"say": "네", "next": "person"},
        "person": {"handoff": {}, "closed": "leave", "nobody": "leave"},
        "leave": {"leave_message": ["message"]},
    }
    bot = {"scenario": "shop", "start": "hi", "steps": steps}
    clock = FakeClock("2026-03-02T09:00:00+09:00", "Asia/Seoul")
    with Desk.open(clock=clock, seed=1) as desk:
        desk.do(c.PublishScenario(bot))
        desk.do(c.ChangeBrand(entry=[{"scenario": "shop"}]))
        for hour in range(120):
            for at in range(25 if hour == 119 else 1):
                door = desk.acting_as(Actor.guest(f"g{hour}-{at}"))
                session = door.do(c.OpenSession())
                desk.settle()
                door.do(c.SendMessage(session, text="결제" if hour == 119 else "배송"))
                desk.settle()
            clock.advance(hours=1)
        (surge,) = desk.ask(q.Surges(slot=3600))
        assert ("step", "shop/pay") in {(one.kind, one.value) for one in surge.causes}
        assert ("step", "shop/hi") not in {(one.kind, one.value) for one in surge.causes}


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Australia/Lord_Howe"])
@pytest.mark.parametrize("slot", [300, 3600, 7200, 86_400])
def test_a_change_of_the_clock_is_no_surge(zone, slot):
    for start in ("2026-03-01T00:00:00+00:00", "2026-10-01T00:00:00+00:00"):
        clock = FakeClock(start, zone)
        with Desk.open(clock=clock, seed=1) as desk:
            desk.do(c.ChangeBrand(zone=zone))
            for hour in range(24 * 40):
                opened(desk, f"g{hour}", "안녕하세요")
                clock.advance(hours=1)
            assert desk.ask(q.Surges(slot=slot, start=as_datetime(clock.now()) - timedelta(days=30))) == []


def test_other_brands_are_not_seen():
    with Desk.open(clock=FakeClock(), seed=1) as desk:
        opened(desk, "a", "흰 화면")
        assert desk.brand("other").ask(q.Signals(least=1)) == []
        assert desk.brand("other").ask(q.Surges()) == []
        for query in (q.Signals(), q.Surges()):
            with pytest.raises(Forbidden):
                desk.acting_as(Actor.guest("a")).ask(query)


@pytest.mark.parametrize("bad", [0, 59, 420, 86_401, 300.0, True, "300", None])
def test_a_slot_divides_a_day(bad):
    with pytest.raises(Invalid) as refused:
        q.Surges(slot=bad)
    assert refused.value.field == "slot"


@pytest.mark.parametrize("bad", [0, -1, float("nan"), True, "1", None])
def test_false_alarms_are_a_number(bad):
    with pytest.raises(Invalid) as refused:
        q.Surges(false_alarms=bad)
    assert refused.value.field == "false_alarms"
