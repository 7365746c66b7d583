"""Rules on a desk: what sets them off, in which order, and that they never stand in anybody's way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.office import Office, bodies

from cschat import Session, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.times import as_datetime
from cschat.errors import Invalid, NotFound


def soon(office: Office, **how: float):
    return as_datetime(office.clock.now()) + timedelta(**how)


def fired(office: Office, session: Session) -> list[str]:
    return [body.name for body in bodies(office.history(session), e.RuleFired)]


# ------------------------------------------------------------------------------------------------------ the four uses


def test_a_delivery_rule_is_seen_by_routing(office: Office):
    """The category, priority and group that it sets decide who gets the very request that set it off."""
    office.desk.do_all([c.ChangeAgent(office.jun, groups=[office.group]), c.SetStatus("available", office.jun)])
    office.desk.do(c.SetDistribution(mode="auto", routes=[{"name": "배송", "category": "배송", "scope": {"agents": [office.jun.id]}}]))
    office.colleague.do(c.Heartbeat())
    office.desk.do(
        c.AddRule(
            "배송 문의",
            {"event": "AgentRequested"},
            [{"set_category": "배송/지연"}, {"set_priority": "high"}, {"add_tags": ["배송"]}],
            only_if={"field": "text", "contains": "안 와요"},
            phase="before_routing",
        )
    )
    session = office.visitor.do(c.OpenSession(text="택배가 안 와요"))
    assert office.visitor.do(c.RequestAgent(session)) == c.Connected(office.jun.id)
    session = office.look(session)
    assert (session.agent, session.priority, session.tags) == (office.jun.id, "high", ("배송",))
    types = office.types(session)
    assert types.index("CategorySet") < types.index("Assigned")
    other = office.stranger.do(c.OpenSession(text="환불이요"))
    office.stranger.do(c.RequestAgent(other))
    assert fired(office, other) == []


def test_a_rule_after_routing_sees_who_has_it(office: Office):
    office.desk.do(c.SetDistribution(mode="auto"))
    office.agent.do(c.Heartbeat())
    office.desk.do(c.AddRule("연결", {"event": "Assigned"}, [{"send": "{{ agent.name }} 상담사가 {{ customer.name }}님을 도와드립니다."}]))
    session = office.visitor.do(c.OpenSession(text="문의"))
    office.visitor.do(c.RequestAgent(session))
    assert office.said(session)[-1] == "민아 상담사가 김고객님을 도와드립니다."


def test_waiting_is_told_again_and_again_but_not_more_often_than_said(office: Office):
    office.desk.do(
        c.AddRule("대기 안내", {"state": "queued", "after": 60, "at_most": 3}, [{"send": "앞에 {{ queue.position }}번째입니다."}])
    )
    session = office.session(State.QUEUED)
    office.desk.advance(seconds=59)
    assert fired(office, session) == []
    office.desk.advance(seconds=1)
    assert office.said(session)[-1] == "앞에 1번째입니다."
    office.desk.advance(hours=2)
    assert fired(office, session) == ["대기 안내"] * 3
    times = [event.time - session.since for event in office.history(session) if event.type == "RuleFired"]
    assert times == [60_000_000, 120_000_000, 180_000_000]
    assert office.look(session).state is State.QUEUED


def test_a_silent_customer_is_reminded_and_then_the_talk_ends_with_its_reason(office: Office):
    office.desk.do(c.AddRule("응답 요청", {"silent": "customer", "after": 300}, [{"send": "혹시 더 궁금하신 점이 있으신가요?"}]))
    office.desk.do(
        c.AddRule("자동 종료", {"silent": "customer", "after": 600}, [{"send": "답변이 없어 상담을 마칩니다."}, {"end": "customer_silent"}])
    )
    session = office.session(State.ACTIVE)
    office.desk.advance(seconds=200)
    office.visitor.do(c.SendMessage(session, text="잠시만요"))
    office.desk.advance(seconds=250)
    office.agent.do(c.SendMessage(session, text="네"))
    answered = office.look(session).last
    office.desk.advance(seconds=299)
    assert fired(office, session) == []
    office.desk.advance(seconds=1)
    assert fired(office, session) == ["응답 요청"]
    office.desk.advance(seconds=300)
    ended = bodies(office.history(session), e.Ended)[0]
    assert (ended.by, ended.reason, ended.timer, ended.policy) == ("system", "customer_silent", "silent:customer", "rule:자동 종료")
    assert office.look(session).ended == answered + 600_000_000


def test_whoever_takes_over_a_customer_who_has_long_been_waiting_is_reminded_at_once(office: Office):
    office.desk.do(c.AddRule("답이 없어요", {"silent": "agent", "after": 60}, [{"note": "고객이 기다립니다."}]))
    session = office.session(State.QUEUED)
    office.visitor.do(c.SendMessage(session, text="계세요?"))
    office.desk.advance(hours=1)
    office.agent.do(c.ClaimSession(session))
    assert office.desk.ask(q.SelfCheck()) == []
    assert office.desk.run_due() == 1
    assert fired(office, session) == ["답이 없어요"]


def test_an_agent_who_does_not_answer_is_noticed_also_before_the_first_word(office: Office):
    office.desk.do(c.AddRule("응답 지연", {"silent": "agent", "after": 120}, [{"alert": "{{ customer.name }}님이 기다립니다."}]))
    session = office.visitor.do(c.OpenSession(text="문의"))
    office.visitor.do(c.RequestAgent(session))
    office.agent.do(c.ClaimSession(session))
    office.desk.advance(seconds=120)
    [alert] = bodies(office.history(session), e.AlertRaised)
    assert (alert.kind, alert.text, alert.rule) == ("rule", "김고객님이 기다립니다.", "응답 지연")
    office.agent.do(c.SendMessage(session, text="죄송합니다"))
    office.desk.advance(seconds=500)
    office.visitor.do(c.SendMessage(session, text="언제 오나요?"))
    office.desk.advance(seconds=119)
    assert len(fired(office, session)) == 1
    office.desk.advance(seconds=1)
    assert len(fired(office, session)) == 2


def test_what_is_wrapped_up_too_long_is_closed_by_a_rule(office: Office):
    office.desk.do(c.AddRule("후처리 제한", {"state": "wrap_up", "after": 900}, [{"end": "wrap_up_too_long"}]))
    session = office.session(State.WRAP_UP)
    office.desk.advance(seconds=900)
    assert office.look(session).state is State.CLOSED
    assert bodies(office.history(session), e.WrappedUp)[0].reason == "wrap_up_too_long"


def test_a_queue_that_is_too_long_alerts(office: Office):
    office.desk.do(
        c.AddRule(
            "대기 과다",
            {"event": "AgentRequested"},
            [{"alert": {"kind": "surge", "text": "대기가 많습니다."}}],
            only_if={"field": "queue", "greater": 1},
        )
    )
    first = office.session(State.QUEUED)
    second = office.stranger.do(c.OpenSession(text="저도요"))
    office.stranger.do(c.RequestAgent(second))
    assert fired(office, first) == []
    assert [body.kind for body in bodies(office.history(second), e.AlertRaised)] == ["surge"]


def test_closed_hours_and_lunch_have_their_own_words(office: Office):
    office.desk.do(c.SetHours(lunch="12:00-13:00"))
    words = {"closed": "지금은 상담 시간이 아니에요.", "lunch": "점심시간이에요.", "holiday": "오늘은 쉬어요."}
    for reason, said in words.items():
        office.desk.do(c.AddRule(reason, {"event": "AgentUnavailable"}, [{"send": said}], only_if={"field": "reason", "is": reason}))
    for hours, reason in ((0, "holiday"), (26.5, "lunch"), (6, "closed")):
        office.desk.advance(hours=hours)
        session = office.visitor.do(c.OpenSession(text="문의"))
        assert office.visitor.do(c.RequestAgent(session)).reason == reason
        assert fired(office, session) == [reason]
        assert office.said(session)[-1] == words[reason]


# ------------------------------------------------------------------------------------------------- stated in the design


def test_auto_close_message_is_no_activity_and_reopens_nothing(office: Office):
    office.desk.do(c.AddRule("종료 안내", {"event": "Ended"}, [{"send": "상담이 끝났습니다."}]))
    office.desk.do(c.AddRule("다시 안내", {"state": "closed", "after": 3600}, [{"send": "도움이 되셨나요?"}]))
    office.desk.do(c.AddRule("미리 안내", {"silent": "customer", "after": 300, "at_most": 2}, [{"send": "5분 뒤 종료됩니다."}]))
    session = office.session(State.ACTIVE)
    turn = office.look(session).turn
    office.desk.advance(seconds=300)
    after = office.look(session).turn
    assert (after.agent_since, after.last_said) == (turn.agent_since, turn.last_said), "the clock that waits for the customer goes on"
    office.agent.do_all([c.EndSession(session), c.WrapUp(session)])
    office.desk.advance(days=2)
    assert office.look(session).state is State.CLOSED
    assert office.said(session)[-3:] == ["5분 뒤 종료됩니다.", "상담이 끝났습니다.", "도움이 되셨나요?"]
    assert "Reopened" not in office.types(session)


def test_a_held_session_is_skipped_by_idle_timers(office: Office):
    office.desk.do(c.AddRule("자동 종료", {"silent": "customer", "after": 600}, [{"end": "customer_silent"}]))
    office.desk.do(c.AddRule("너무 길다", {"state": "active", "after": 1200}, [{"add_tags": ["오래"]}]))
    session = office.session(State.ACTIVE)
    office.agent.do(c.HoldSession(session, soon(office, hours=3)))
    office.desk.advance(seconds=3 * 3600 - 1)
    assert fired(office, session) == []
    office.desk.advance(seconds=1)  # the hold is over: the customer's silence begins anew
    assert office.look(session).state is State.ACTIVE
    office.desk.advance(seconds=599)
    assert office.look(session).state is State.ACTIVE
    office.desk.advance(seconds=1)
    assert office.look(session).reason == "customer_silent"


def test_rules_that_go_in_a_circle_are_warned_of_and_stopped_with_the_chain(office: Office):
    first = office.desk.do(c.AddRule("A", {"event": "PrioritySet"}, [{"add_tags": ["급함"]}]))
    assert first.warnings == ()
    second = office.desk.do(c.AddRule("B", {"event": "SessionTagged"}, [{"set_priority": "urgent"}]))
    told = "these rules may set each other off: A > B > A"
    assert second.warnings == (told,)
    assert office.desk.ask(q.CheckRules()) == [told]
    session = office.session(State.ACTIVE)
    after = office.agent.do(c.SetPriority(session, "high"))
    assert (after.priority, after.tags) == ("urgent", ("급함",))
    [stopped] = bodies(office.history(session), e.RuleStopped)
    assert (stopped.name, stopped.chain) == ("A", ("A", "B", "A"))
    assert fired(office, session) == ["A", "B"]
    office.desk.do(c.ChangeRule(second, only_if={"field": "priority", "changed": True}))
    office.desk.do(c.ChangeRule(first, enabled=False))
    assert office.desk.ask(q.CheckRules()) == []


def test_a_long_chain_stops_and_the_command_goes_on(office: Office):
    for n in reversed(range(40)):
        when = {"event": "SessionTagged"}
        office.desk.do(c.AddRule(f"r{n}", when, [{"add_tags": [f"t{n + 1}"]}], only_if={"field": "tags", "has": f"t{n}"}))
    session = office.session(State.ACTIVE)
    after = office.agent.do(c.TagSession(session, ["t0"]))
    assert after.tags == tuple(sorted(f"t{n}" for n in range(11)))
    stopped = bodies(office.history(session), e.RuleStopped)
    deep = [body for body in stopped if body.reason == "too many rules set each other off"]
    assert [body.chain for body in deep] == [tuple(f"r{n}" for n in range(11))]


def test_rules_that_all_set_each_other_off_are_each_set_off_once(office: Office):
    """Without a bound on all ways together these would say millions of things."""
    for n in range(12):
        office.desk.do(c.AddRule(f"r{n}", {"event": "MessageSent", "by": "system"}, [{"send": f"{n}"}]))
    session = office.session(State.BOT, text=None)
    office.system.do(c.SendMessage(session, text="처음"))
    assert office.said(session) == ["처음", *(str(n) for n in range(12))]
    assert fired(office, session) == [f"r{n}" for n in range(12)]
    office.system.do(c.SendMessage(session, text="다시"))
    assert len(office.said(session)) == 26, "another cause sets them off anew"


def test_rules_go_in_their_order_and_can_be_moved(office: Office):
    for name in ("하나", "둘", "셋"):
        office.desk.do(c.AddRule(name, {"event": "Opened"}, [{"note": name}]))
    third = office.desk.ask(q.Rules())[2]
    assert office.desk.do(c.MoveRule(third.id, to=1)).rule.position == 1
    assert [rule.name for rule in office.desk.ask(q.Rules())] == ["셋", "하나", "둘"]
    session = office.visitor.do(c.OpenSession())
    assert fired(office, session) == ["셋", "하나", "둘"]
    with pytest.raises(Invalid):
        office.desk.do(c.MoveRule(third.id, to=4))
    office.desk.do(c.RemoveRule(third.id))
    with pytest.raises(NotFound):
        office.desk.do(c.RemoveRule(third.id))
    assert [rule.name for rule in office.desk.ask(q.Rules())] == ["하나", "둘"]


def test_a_rule_is_set_off_once_by_one_cause_also_if_the_command_is_repeated(office: Office):
    office.desk.do(c.AddRule("인사", {"event": "MessageSent"}, [{"send": "안녕하세요"}]))
    session = office.session(State.BOT, text=None)
    for _ in range(2):
        office.visitor.do(c.SendMessage(session, text="저기요", client_id="m1"))
    assert office.said(session) == ["저기요", "안녕하세요"]
    [one] = [event for event in office.history(session) if event.type == "RuleFired"]
    said, answer = (event for event in office.history(session) if event.type == "MessageSent")
    assert (one.cause, answer.cause, answer.actor) == (said.name, one.name, "system")


def test_a_session_is_woken_once_for_a_rule_however_often_it_is_tried(office: Office):
    office.desk.do(c.AddRule("대기 안내", {"state": "queued", "after": 60, "at_most": 5}, [{"send": "잠시만요"}]))
    session = office.session(State.QUEUED)
    office.clock.advance(seconds=150)
    for _ in range(3):
        office.system.do(c.WakeSession(session))
    assert len(fired(office, session)) == 1, "what was slept through counts once"
    assert office.look(session).wake == session.since + 180_000_000


def test_what_a_rule_cannot_do_is_recorded_and_the_command_is_done(office: Office):
    office.desk.do(c.AddTag("옛말"))
    tag = next(tag for tag in office.desk.ask(q.Tags()) if tag.name == "옛말")
    office.desk.do(c.ChangeTag(tag, disabled=True))
    office.desk.do(c.AddRule("꼬리표", {"event": "Opened"}, [{"add_tags": ["옛말"]}, {"note": "뒤"}]))
    office.desk.do(c.AddRule("이어서", {"event": "Opened"}, [{"release": True}]))
    office.desk.do(c.AddRule("말", {"event": "Opened"}, [{"send": "{{ customer.grade }}님"}]))
    session = office.visitor.do(c.OpenSession())
    reasons = [body.reason for body in bodies(office.history(session), e.RuleStopped)]
    assert reasons == [
        "add_tags: tags: 옛말 is disabled",
        "release: not possible for a session that is bot",
        "send: customer.grade is not known",
    ]
    assert office.said(session) == []
    assert office.desk.ask(q.SelfCheck()) == []


def test_a_condition_that_does_not_hold_when_it_is_closed_is_asked_when_it_opens(office: Office):
    office.desk.do(c.SetDistribution(on_close="keep"))
    rule = {"all": [{"field": "open", "is": True}]}
    office.desk.do(c.AddRule("영업 중", {"state": "queued", "after": 60}, [{"note": "아직 기다립니다"}], only_if=rule))
    session = office.session(State.QUEUED)
    office.desk.do(c.SetHours(weekdays="09:00-18:00"))  # it is a holiday
    opens = office.desk.ask(q.OpeningHours()).next_opening
    office.desk.advance(days=4)
    [one] = [event for event in office.history(session) if event.type == "RuleFired"]
    assert one.at == opens


def test_a_change_from_to_is_told_from_any_other(office: Office):
    change = {"field": "priority", "changed": True, "from": "high", "to": "urgent"}
    office.desk.do(c.AddRule("급상승", {"event": "PrioritySet"}, [{"note": "!"}], only_if=change))
    session = office.session(State.ACTIVE)
    for priority in ("urgent", "high", "low", "high", "urgent"):
        office.agent.do(c.SetPriority(session, priority))
    assert fired(office, session) == ["급상승"]


def test_who_caused_it_can_be_asked_for_and_notes_are_no_messages(office: Office):
    office.desk.do(c.AddRule("상담사", {"event": "MessageSent", "by": "agent"}, [{"add_tags": ["답변"]}]))
    office.desk.do(c.AddRule("고객 종료", {"event": "Ended", "by": "customer"}, [{"add_tags": ["고객종료"]}]))
    session = office.session(State.QUEUED)
    office.agent.do(c.ClaimSession(session))
    office.agent.do(c.AddNote(session, text="메모"))
    assert fired(office, session) == []
    office.agent.do(c.SendMessage(session, text="네"))
    office.agent.do(c.EndSession(session))
    assert fired(office, session) == ["상담사"]


def test_texts_are_in_the_language_of_the_session(office: Office):
    office.desk.do(c.AddRule("인사", {"event": "Opened"}, [{"send": {"ko": "안녕하세요", "en": "Hello"}}]))
    for language, said in ((None, "안녕하세요"), ("en", "Hello"), ("en-GB", "Hello"), ("fr", "안녕하세요")):
        assert office.said(office.visitor.do(c.OpenSession(language=language))) == [said]


# -------------------------------------------------------------------------------------------------------------- dry run


def test_a_dry_run_says_what_the_rule_has_done(office: Office):
    rules = [
        c.AddRule("인사", {"event": "MessageSent"}, [{"send": "네"}], only_if={"field": "text", "matches": "*문의*"}),
        c.AddRule("대기", {"state": "queued", "after": 60, "at_most": 3}, [{"send": "잠시만요"}]),
        c.AddRule("침묵", {"silent": "customer", "after": 100, "at_most": 2}, [{"send": "계신가요?"}]),
    ]
    saved = [office.desk.do(rule) for rule in rules]
    start = as_datetime(office.clock.now())
    sessions = [office.session(state) for state in (State.QUEUED, State.ACTIVE, State.CLOSED, State.BOT)]
    office.desk.advance(seconds=1000)
    before = office.everything()
    for rule, one in zip(rules, saved, strict=True):
        did = {
            (event.subject, event.at)
            for session in sessions
            for event in office.history(session)
            if event.type == "RuleFired" and event.body.rule == one.id
        }
        period = {"start": start, "end": soon(office, seconds=1)}
        would = list(office.desk.each(q.DryRun(rule=one, **period, limit=2)))
        assert {(item.session, item.at) for item in would} == did
        assert len(would) == len(did) > 0
        draft = q.DryRun(when=rule.when, only_if=rule.only_if, then=rule.then, **period)
        assert sorted(office.desk.ask(draft).items, key=repr) == sorted(would, key=repr)
    assert office.everything() == before
    assert office.desk.ask(q.DryRun(rule=saved[0], start=soon(office), end=soon(office, days=1))).items == []
