"""The hard cases of routing, hours and messages that were written down before anything was built; those that no other file has by name.

The others: `core/test_calendar.py` (hours), `rules/test_sla.py`, `rules/test_desk.py`, `routing/test_handing_out.py`,
`transport/test_webhooks.py`; `test_clocks.py`, `test_reopening.py` and `test_carrying.py` of `commands`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.office import bodies
from tests.routing.test_handing_out import Shop
from tests.scenarios.refund import REFUND

from cschat import Actor, Desk, Session, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.errors import AlreadyAssigned, CschatError, Invalid, LimitExceeded


@pytest.fixture
def shop(url: str):
    shop = Shop(url)
    yield shop
    assert shop.desk.ask(q.SelfCheck()) == []
    shop.desk.close()


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each answers or raises, when all begin at one moment, each in a thread."""
    barrier, answers = threading.Barrier(len(works)), [None] * len(works)

    def run(place: int, work: Callable[[], Any]) -> None:
        barrier.wait(10)
        try:
            answers[place] = work()
        except CschatError as error:
            answers[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@pytest.fixture
def file(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'desk.db'}?synchronous=normal"


# --------------------------------------------------------------------------------------------------- two at the same time


def test_two_workers_one_session_one_slot_is_one_assignment_and_one_event(file: str):
    """Two desks on one file wake the same waiting session's agent: the session is given once."""
    for round_ in range(10):
        clock = FakeClock()
        with Desk.open(file, brand=f"shop{round_}", clock=clock) as one, Desk.open(file, brand=f"shop{round_}", clock=clock) as two:
            one.do(c.SetDistribution(mode="auto", presence={}, offer_timeout=30, max_passes=50))
            one.do(c.ChangeBrand(accepting="open"))
            first = one.do(c.AddAgent("가", capacity=1, auto_limit=1, status="available"))
            second = one.do(c.AddAgent("나", capacity=1, auto_limit=1))
            session = one.do(c.OpenSession(customer=one.do(c.RegisterCustomer(guest="a")), text="문의"))
            one.do(c.RequestAgent(session))
            one.acting_as(Actor.agent(second)).do(c.SetStatus("available"))
            clock.advance(seconds=30)  # the offer lapses: whoever wakes it first gives it to the other agent
            at_once(one.run_due, two.run_due)
            events = list(one.each(q.History(session)))
            assert [body.agent for body in bodies(events, e.Assigned)] == [first.id, second.id]
            assert len(bodies(events, e.OfferPassed)) == 1
            assert one.ask(q.SelfCheck()) == []


def test_two_workers_who_claim_one_session_one_has_it_and_the_other_is_told_who(file: str):
    with Desk.open(file) as one, Desk.open(file) as two:
        for round_ in range(10):
            agents = [one.do(c.AddAgent(f"상담사 {round_}", status="available")) for _ in range(2)]
            visitor = one.acting_as(Actor.guest(f"guest-{round_}"))
            session = visitor.do(c.OpenSession(text="문의"))
            visitor.do(c.RequestAgent(session))
            doors = [desk.acting_as(Actor.agent(agent)) for desk, agent in zip((one, two), agents, strict=True)]
            answers = at_once(*(partial(door.do, c.ClaimSession(session)) for door in doors))
            [winner] = [answer for answer in answers if isinstance(answer, Session)]
            [loser] = [answer for answer in answers if isinstance(answer, AlreadyAssigned)]
            assert loser.agent_id == winner.agent
            assert len(bodies(one.each(q.History(session)), e.Assigned)) == 1


def test_an_agent_of_two_groups_with_one_slot_claims_two_at_once_and_one_wins(file: str):
    with Desk.open(file) as one, Desk.open(file) as two:
        groups = [one.do(c.AddGroup(name)) for name in ("배송팀", "환불팀")]
        for round_ in range(10):
            agent = one.do(c.AddAgent(f"상담사 {round_}", capacity=1, groups=groups, status="available"))
            sessions = []
            for group in groups:
                visitor = one.acting_as(Actor.guest(f"{group.id}-{round_}"))
                session = visitor.do(c.OpenSession(text="문의"))
                one.do(c.DirectSession(session, group=group))
                visitor.do(c.RequestAgent(session))
                sessions.append(session)
            doors = [desk.acting_as(Actor.agent(agent)) for desk in (one, two)]
            answers = at_once(*(partial(door.do, c.ClaimSession(session)) for door, session in zip(doors, sessions, strict=True)))
            assert len([answer for answer in answers if isinstance(answer, LimitExceeded)]) == 1
            assert sorted(one.ask(q.GetSession(session)).state for session in sessions) == [State.ACTIVE, State.QUEUED]


# --------------------------------------------------------------------------------------------------------- whose it is


def test_the_least_busy_agent_is_full_by_weight_and_the_next_who_has_room_gets_it_and_the_head_blocks_nobody(shop: Shop):
    shop.policy(weights={"phone": 3})
    small, large = shop.agent("작은", capacity=2), shop.agent("큰", capacity=5, auto_limit=5)
    busy = shop.desk.do(c.OpenSession(customer=shop.desk.do(c.RegisterCustomer(guest="x")), text="?"))
    shop.desk.do(c.AssignSession(busy, large))
    assert shop.ask(channel="phone").agent == large.id  # with one, and the other has nothing
    head, behind = shop.ask(channel="phone"), shop.ask()
    assert (head.state, behind.agent) == (State.QUEUED, small.id)


def test_of_the_last_three_agents_the_first_is_away_and_the_second_has_it(shop: Shop):
    agents = [shop.agent(name, auto_limit=0) for name in ("가", "나", "다")]
    shop.policy(sticky_days=30, claim="any")
    for agent in agents:
        session = shop.ask(guest="단골")
        shop.acting(agent).do(c.ClaimSession(session))
        shop.end(session)
    for agent in agents:
        shop.desk.do(c.ChangeAgent(agent, auto_limit=5))
    shop.policy(presence={"*": 60})
    for agent in agents[:2]:
        shop.acting(agent).do(c.Heartbeat())
    session = shop.ask(guest="단골")
    assert (session.agent, shop.decision(session).by) == (agents[1].id, "sticky")
    assert [(one.agent, one.why) for one in shop.decision(session).rejected] == [(agents[2].id, "away")]


def test_an_offer_that_all_let_pass_is_back_at_its_old_place_and_staff_are_alerted(shop: Shop):
    shop.policy(offer_timeout=30, max_passes=1)
    shop.desk.do(c.ChangeBrand(accepting="open"))
    shop.agent("가", capacity=1), shop.agent("나", capacity=1)
    session = shop.ask()
    shop.desk.advance(seconds=10)
    talk, later = shop.ask(), shop.ask()
    shop.desk.acting_as(Actor.agent(str(shop.owner(talk)))).do(c.SendMessage(talk, text="안녕하세요"))
    shop.desk.advance(seconds=30)
    told = [body.text for body in bodies(shop.history(session), e.AlertRaised) if body.kind == "no_answer"]
    assert told == ["가 님이 연이어 응답하지 않아 상태를 바쁨으로 바꿨습니다."]
    shop.end(talk)
    shop.desk.advance(seconds=40)
    assert [one.id for one in shop.desk.ask(q.Queue()).items] == [session.id, later.id]
    told = [body.text for body in bodies(shop.history(session), e.AlertRaised) if body.kind == "no_answer"]
    assert "배정받은 상담사가 모두 제때 응답하지 않았습니다." in told
    assert shop.look(session).passed == ()


def test_made_unavailable_by_schedule_and_by_hand_the_hand_wins_and_the_schedule_never_switches_on(shop: Shop):
    shop.desk.do(c.ChangeBrand(accepting="open"))
    shop.policy(on_close="keep")
    mina = shop.agent("민아")
    shop.desk.do(c.SetShifts(mina, weekdays="10:00-12:00, 13:00-18:00"))
    door = shop.acting(mina)

    def gets_work() -> bool:
        session = shop.ask()
        given = session.agent == mina.id
        shop.desk.do(c.ForceClose(session))
        return given

    assert gets_work()
    shop.clock.at("2026-03-02 12:10")
    shop.desk.run_due()
    assert not gets_work()  # by schedule
    door.do(c.SetStatus("busy"))  # and by hand
    shop.clock.at("2026-03-02 13:10")
    shop.desk.run_due()
    assert not gets_work()  # the schedule has begun again and switches nobody on
    assert shop.desk.ask(q.Agents())[0].status == "busy"
    door.do(c.SetStatus("available"))
    assert gets_work()
    shop.clock.at("2026-03-02 18:10")
    shop.desk.run_due()
    assert not gets_work()
    door.do(c.SetStatus("available"))
    assert not gets_work()  # available by hand, and still not there


# ---------------------------------------------------------------------------------------------------------- opening hours


def at_closing(shop: Shop, **policy: Any) -> list[Session]:
    """18:00 with three waiting, of whom one has said nothing."""
    shop.clock.at("2026-03-03 17:50")
    shop.desk.do(c.SetHours(weekdays="09:00-18:00"))
    shop.agent("민아", capacity=0)
    shop.policy(**policy)
    sessions = [shop.ask(), shop.ask(text=None), shop.ask()]
    assert [session.state for session in sessions] == [State.QUEUED] * 3
    shop.desk.advance(minutes=9)
    assert [shop.look(session).state for session in sessions] == [State.QUEUED] * 3
    shop.desk.advance(minutes=1)
    return [shop.look(session) for session in sessions]


def test_at_closing_with_three_waiting_they_go_to_intake_with_the_text(shop: Shop):
    sessions = at_closing(shop)
    assert [session.state for session in sessions] == [State.INTAKE, State.BOT, State.INTAKE]
    for session in sessions:
        last = list(shop.desk.each(q.Transcript(session)))[-1]
        assert last.author == "system"
        assert last.text.startswith("지금은 상담 시간이 아닙니다. 상담은 내일 오전 9시부터 이용하실 수 있습니다. 문의 내용을 남겨 주시면")


def test_at_closing_keep_keeps_all_three_in_order(shop: Shop):
    sessions = at_closing(shop, on_close="keep")
    assert [session.state for session in sessions] == [State.QUEUED] * 3
    assert [session.id for session in shop.desk.ask(q.Queue()).items] == [session.id for session in sessions]


def test_a_second_after_closing_with_nothing_said_is_the_intake_prompt_and_no_intake_without_a_message(shop: Shop):
    shop.clock.at("2026-03-03 18:00:01")
    shop.desk.do(c.SetHours(weekdays="09:00-18:00"))
    shop.agent("민아")
    visitor = shop.desk.acting_as(Actor.guest("late"))
    session = visitor.do(c.OpenSession())
    assert visitor.do(c.RequestAgent(session)) == c.Unavailable("closed", datetime.fromisoformat("2026-03-04T00:00:00+00:00"))
    assert "남겨 주시면" in list(visitor.each(q.Transcript(session)))[-1].text
    with pytest.raises(Invalid):
        visitor.do(c.LeaveMessage(session))
    assert shop.look(session).state is State.BOT
    visitor.do(c.SendMessage(session, text="내일 연락 주세요"))
    visitor.do(c.LeaveMessage(session))
    assert shop.look(session).state is State.INTAKE


# ---------------------------------------------------------------------------------------------------- what is said and sent


def test_the_same_client_id_twice_and_a_reconnect_with_the_cursor_is_one_message_and_no_gap(shop: Shop):
    mina = shop.agent("민아")
    session = shop.ask(guest="a")
    agent, visitor = shop.acting(mina), shop.desk.acting_as(Actor.guest("a"))
    seen = list(agent.watch(after=0, session=session, timeout=0))
    assert visitor.do(c.SendMessage(session, text="여보세요", client_id="m1")) == visitor.do(
        c.SendMessage(session, text="여보세요", client_id="m1")
    )
    agent.do(c.SendMessage(session, text="네"))
    missed = list(agent.watch(after=seen[-1].position, session=session, timeout=0))
    assert [event.seq for event in (*seen, *missed)] == list(range(1, len(seen) + len(missed) + 1))
    assert [body.content.text for body in bodies(missed, e.MessageSent)] == ["여보세요", "네"]


@pytest.mark.parametrize("handoff", ["asked for", "claimed"])
def test_a_handoff_while_the_bots_action_is_in_flight_drops_the_late_answer(url: str, handoff: str):
    with Desk.open(url, clock=FakeClock(), seed=1) as desk:
        desk.do(c.PublishScenario(REFUND))
        desk.do(c.ChangeBrand(entry=[{"scenario": "refund"}]))
        mina = desk.do(c.AddAgent("민아", status="available"))
        visitor = desk.acting_as(Actor.guest("a"))
        session = visitor.do(c.OpenSession())
        for text in ("환불", "1234567890"):
            visitor.do(c.SendMessage(session, text=text))
        cursor = desk.ask(q.GetSession(session)).main
        assert cursor is not None
        if handoff == "claimed":
            desk.acting_as(Actor.agent(mina)).do(c.ClaimSession(session))
        else:
            visitor.do(c.RequestAgent(session))
        before = [message.text for message in visitor.each(q.Transcript(session))]
        desk.acting_as(Actor.system).do(c.AnswerAction(session, cursor.asked, {"status": "배송완료", "item": "머그컵"}))
        assert [message.text for message in visitor.each(q.Transcript(session))] == before
        assert [event.type for event in desk.each(q.History(session))][-1] == "ActionAnswerDropped"
        assert desk.ask(q.GetSession(session)).state is (State.ACTIVE if handoff == "claimed" else State.QUEUED)
