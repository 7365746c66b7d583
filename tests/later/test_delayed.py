"""Delayed replies: sent once, at their time, and only if they are still true then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.office import Office, bodies

from cschat import Actor, Content, Session, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.delayed import DelayedReply, DelayState
from cschat.core.times import as_datetime
from cschat.errors import Conflict, Forbidden, IllegalTransition, Invalid, LimitExceeded, NotFound


def later(office: Office, **ahead: float) -> Any:
    return as_datetime(office.clock.now()) + timedelta(**ahead)


def intake(office: Office) -> Session:
    """A message that was left, in Mina's hands."""
    return office.agent.do(c.ClaimSession(office.session(State.INTAKE)))


def delayed(office: Office, session: Session | None = None, *, text: str = "오늘 출발했어요.", **how: Any) -> DelayedReply:
    how.setdefault("at", later(office, hours=1))
    return office.agent.do(c.DelayReply(session or intake(office), text=text, **how))


def present(office: Office, reply: DelayedReply) -> DelayedReply:
    [found] = [one for one in office.desk.each(q.DelayedReplies(reply.session)) if one.id == reply.id]
    return found


def stands(office: Office, reply: DelayedReply) -> tuple[str, str]:
    found = present(office, reply)
    return str(found.state), found.reason


def test_it_is_sent_once_at_its_time_in_its_authors_name(office: Office):
    reply = delayed(office)
    assert office.look(reply.session).delayed == (reply.id,)
    office.desk.advance(minutes=59)
    assert office.said(reply.session) == ["문의드려요"]
    office.desk.advance(minutes=1)
    office.desk.advance(days=2)
    assert office.said(reply.session) == ["문의드려요", "오늘 출발했어요."]
    message = office.desk.ask(q.Transcript(reply.session)).items[-1]
    assert (message.author, message.agent, message.at) == ("agent", office.mina.id, reply.due_at)
    assert present(office, reply).message == message.id
    assert stands(office, reply) == ("sent", "")
    assert office.look(reply.session).delayed == ()
    assert office.types(reply.session)[-3:] == ["ReplyDelayed", "MessageSent", "DelayedReplySent"]


def test_delayed_reply_18_00_customer_writes_17_59_held_for_review(office: Office):
    """The vector of the design: it is not sent; somebody must send it or cancel it."""
    office.clock.set(office.clock.now() - office.clock.now() % 86_400_000_000 + 9 * 3_600_000_000)  # 18:00 in Seoul
    office.desk.advance(hours=23)
    reply = delayed(office, at=later(office, hours=1))
    assert reply.due_at.strftime("%H:%M") == "09:00"
    office.desk.advance(minutes=59)
    office.visitor.do(c.SendMessage(reply.session, text="이미 받았어요"))
    assert stands(office, reply) == ("held", "customer_wrote")
    office.desk.advance(minutes=1)
    office.desk.advance(days=1)
    assert office.said(reply.session) == ["문의드려요", "이미 받았어요"]
    [held] = bodies(office.history(reply.session), e.DelayedReplyHeld)
    assert (held.reply, held.reason) == (reply.id, "customer_wrote")
    assert [one.id for one in office.colleague.ask(q.DelayedReplies(state="held")).items] == [reply.id]

    other = delayed(office, office.look(reply.session), text="두 번째")
    office.visitor.do(c.SendMessage(reply.session, text="여보세요"))
    assert office.agent.do(c.SendDelayedReply(reply)).state is DelayState.SENT
    assert office.agent.do(c.CancelDelayedReply(other)).reason == "cancelled"
    assert office.said(reply.session)[-2:] == ["여보세요", "오늘 출발했어요."]


def test_in_a_live_talk_it_is_off_unless_the_brand_allows_it(office: Office):
    talk = office.session(State.ACTIVE)
    with pytest.raises(Conflict) as caught:
        delayed(office, talk)
    assert caught.value.setting == "delay_live"
    assert delayed(office, office.agent.do(c.OpenSessionByAgent(office.customer))).open
    mail = office.visitor.do(c.OpenSession(text="메일", channel="email"))
    office.visitor.do(c.RequestAgent(mail))
    assert delayed(office, office.agent.do(c.ClaimSession(mail))).open
    office.desk.do(c.ChangeBrand(delay_live=True))
    assert delayed(office, talk).open


@pytest.mark.parametrize(
    ("ahead", "reason"),
    [({"seconds": 0}, "is past"), ({"minutes": -1}, "is past"), ({"hours": 24, "microseconds": 1}, "is too far ahead")],
)
def test_its_time_is_within_a_day(office: Office, ahead: dict[str, float], reason: str):
    session = intake(office)
    before = office.everything()
    with pytest.raises(Invalid) as caught:
        delayed(office, session, at=later(office, **ahead))
    assert (caught.value.field, caught.value.reason) == ("at", reason)
    assert office.everything() == before
    assert delayed(office, session, at=later(office, hours=24)).open


@pytest.mark.parametrize("who", ["colleague", "visitor", "desk", "system"])
def test_only_whose_session_it_is_delays_a_reply(office: Office, who: str):
    command = c.DelayReply(intake(office), later(office, hours=1), text="안녕하세요")
    with pytest.raises(Forbidden):
        getattr(office, who).do(command)


def test_a_session_has_room_for_twenty(office: Office):
    session = intake(office)
    for _ in range(20):
        delayed(office, session)
    with pytest.raises(LimitExceeded):
        delayed(office, session)


# --------------------------------------------------------------------------------------------------------------- review


def test_with_a_reviewer_it_waits_for_the_approval_and_is_not_sent_without(office: Office):
    session = intake(office)
    good, bad, open_ = (delayed(office, session, text=text, reviewer=office.jun) for text in ("좋음", "나쁨", "말 없음"))
    assert office.colleague.do(c.ReviewDelayedReply(good, approve=True)).approved is True
    assert office.colleague.do(c.ReviewDelayedReply(bad, approve=False, note="다시 써 주세요")).state is DelayState.HELD
    office.desk.advance(hours=2)
    assert office.said(session) == ["문의드려요", "좋음"]
    assert [stands(office, reply) for reply in (good, bad, open_)] == [("sent", ""), ("held", "declined"), ("held", "not_approved")]
    for reply in (bad, open_):
        for door in (office.agent, office.admin):
            with pytest.raises(Conflict):
                door.do(c.SendDelayedReply(reply))
    office.colleague.do(c.ReviewDelayedReply(open_, approve=True))
    assert office.said(session) == ["문의드려요", "좋음"]
    office.agent.do(c.SendDelayedReply(open_))
    assert office.said(session) == ["문의드려요", "좋음", "말 없음"]


def test_nobody_reviews_their_own_and_nobody_else_does_who_was_not_asked(office: Office):
    reply = delayed(office, reviewer=office.jun)
    with pytest.raises(Forbidden):
        office.agent.do(c.ReviewDelayedReply(reply, approve=True))
    other = office.desk.do(c.AddAgent(name="남"))
    with pytest.raises(Forbidden):
        office.desk.acting_as(Actor.agent(other)).do(c.ReviewDelayedReply(reply, approve=True))
    assert office.admin.do(c.ReviewDelayedReply(reply, approve=True)).approved is True
    with pytest.raises(Conflict):
        office.admin.do(c.ReviewDelayedReply(delayed(office), approve=True))
    for nobody, error in ((office.mina, Invalid), (office.desk.do(c.RemoveAgent(other)), Invalid), ("agt_none", NotFound)):
        with pytest.raises(error):
            delayed(office, reviewer=nobody)


def test_other_words_must_be_approved_anew_another_time_need_not(office: Office):
    reply = delayed(office, reviewer=office.jun)
    office.colleague.do(c.ReviewDelayedReply(reply, approve=True))
    assert office.agent.do(c.ChangeDelayedReply(reply, at=later(office, hours=2))).approved is True
    assert office.agent.do(c.ChangeDelayedReply(reply, text="다른 말")).approved is None
    office.desk.advance(hours=3)
    assert stands(office, reply) == ("held", "not_approved")


def test_what_was_approved_before_the_customer_wrote_must_be_approved_anew(office: Office):
    reply = delayed(office, reviewer=office.jun)
    office.colleague.do(c.ReviewDelayedReply(reply, approve=True))
    office.visitor.do(c.SendMessage(reply.session, text="잠깐만요"))
    with pytest.raises(Conflict):
        office.agent.do(c.SendDelayedReply(reply))


# ---------------------------------------------------------------------------------------------------- change and cancel


def test_it_is_changed_and_cancelled_by_its_author_or_an_admin_alone(office: Office):
    session = intake(office)
    reply = delayed(office, session)
    for command in (c.ChangeDelayedReply(reply, text="x"), c.CancelDelayedReply(reply), c.SendDelayedReply(reply)):
        with pytest.raises(Forbidden):
            office.colleague.do(command)
    assert office.agent.do(c.ChangeDelayedReply(reply, text="더 일찍", at=later(office, minutes=5))).content.text == "더 일찍"
    office.desk.advance(minutes=5)
    assert office.said(session)[-1] == "더 일찍"
    other = delayed(office, session)
    assert office.admin.do(c.CancelDelayedReply(other)).state is DelayState.DROPPED
    office.desk.advance(hours=2)
    assert office.said(session)[-1] == "더 일찍"
    for command in (c.ChangeDelayedReply(other, text="x"), c.CancelDelayedReply(other), c.SendDelayedReply(reply)):
        with pytest.raises(Conflict):
            office.agent.do(command)
    with pytest.raises(Conflict):
        office.admin.do(c.ReviewDelayedReply(reply, approve=True))


def test_what_is_held_waits_again_with_a_time_to_come(office: Office):
    reply = delayed(office)
    office.visitor.do(c.SendMessage(reply.session, text="잠깐만요"))
    assert office.agent.do(c.ChangeDelayedReply(reply)).state is DelayState.WAITING  # it has been looked at, and is still right
    office.visitor.do(c.SendMessage(reply.session, text="아니에요"))
    office.desk.advance(hours=2)
    with pytest.raises(Invalid):
        office.agent.do(c.ChangeDelayedReply(reply, text="알겠습니다"))
    office.agent.do(c.ChangeDelayedReply(reply, content=Content(text="알겠습니다"), at=later(office, minutes=1)))
    office.desk.advance(minutes=1)
    assert office.said(reply.session)[-1] == "알겠습니다"


def test_same_values_make_no_event(office: Office):
    reply = delayed(office)
    before = office.everything()
    office.agent.do(c.ChangeDelayedReply(reply, text="오늘 출발했어요.", at=reply.due_at))
    assert office.everything() == before


def test_a_repeated_request_is_one_reply(office: Office):
    command = c.DelayReply(intake(office), later(office, hours=1), text="네")
    first = office.agent.do(command, request_id="r1")
    assert office.agent.do(command, request_id="r1") == first
    for repeated in (c.ChangeDelayedReply(first, text="아니요"), c.SendDelayedReply(first)):
        assert office.agent.do(repeated, request_id=type(repeated).__name__) == office.agent.do(
            repeated, request_id=type(repeated).__name__
        )
    assert office.said(first.session) == ["문의드려요", "아니요"]


# ------------------------------------------------------------------------------------------------------- true no more


def end(office: Office, reply: DelayedReply) -> None:
    office.agent.do_all([c.EndSession(reply.session), c.WrapUp(reply.session)])


UNTRUE = {
    "closed": (end, ("dropped", "closed")),
    "ended": (lambda o, r: o.agent.do(c.EndSession(r.session)), ("held", "handed_on")),
    "transferred": (lambda o, r: o.agent.do(c.TransferSession(r.session, agent=o.jun)), ("held", "handed_on")),
    "released": (lambda o, r: o.agent.do(c.ReleaseSession(r.session)), ("held", "handed_on")),
    "agent removed": (lambda o, r: o.desk.do(c.RemoveAgent(o.mina)), ("dropped", "author_removed")),
    "ended and reopened": (
        lambda o, r: o.agent.do_all([c.EndSession(r.session), c.ReopenSession(r.session)]),
        ("held", "handed_on"),
    ),
    "the desk was down": (lambda o, r: o.clock.advance(days=7), ("held", "late")),
    "customer wrote": (lambda o, r: o.visitor.do(c.SendMessage(r.session, text="네")), ("held", "customer_wrote")),
}


@pytest.mark.parametrize("what", UNTRUE)
def test_what_is_true_no_more_is_not_sent_and_staff_can_see_why(office: Office, what: str):
    reply = delayed(office)
    change, expected = UNTRUE[what]
    change(office, reply)
    office.desk.settle()
    office.desk.advance(hours=1)
    assert stands(office, reply) == expected
    assert "오늘 출발했어요." not in office.said(reply.session)
    assert [one.id for one in office.admin.ask(q.DelayedReplies(state=expected[0])).items] == [reply.id]
    assert office.desk.ask(q.SelfCheck()) == []


def test_a_little_late_is_not_too_late(office: Office):
    reply = delayed(office)
    office.clock.advance(hours=1, minutes=59)
    office.desk.settle()
    assert stands(office, reply) == ("sent", "")


def test_what_is_held_is_not_sent_where_an_agent_could_not_write(office: Office):
    reply = delayed(office)
    office.agent.do(c.EndSession(reply.session))
    office.desk.advance(hours=1)
    for command in (c.SendDelayedReply(reply), c.ChangeDelayedReply(reply, at=later(office, hours=1))):
        with pytest.raises(IllegalTransition):
            office.agent.do(command)
    office.desk.do(c.RemoveAgent(office.mina))
    with pytest.raises(Conflict):
        office.admin.do(c.SendDelayedReply(reply))


# ------------------------------------------------------------------------------------------------------ who may see it


def test_no_customer_sees_it_before_it_is_sent(office: Office):
    reply = delayed(office, text="비밀", reviewer=office.jun)
    office.colleague.do(c.ReviewDelayedReply(reply, approve=False, note="비밀 2"))
    with pytest.raises(Forbidden):
        office.visitor.ask(q.DelayedReplies(reply.session))
    seen = [
        office.visitor.ask(q.GetSession(reply.session)),
        list(office.visitor.each(q.History(reply.session))),
        list(office.visitor.each(q.Transcript(reply.session))),
        list(office.visitor.watch(after=0, timeout=0)),
        office.visitor.ask(q.CustomerSessions()).items,
    ]
    assert "비밀" not in repr(seen)
    assert reply.id not in repr(seen)


def test_it_is_in_no_other_brand(office: Office):
    reply = delayed(office)
    other = office.desk.brand("other")
    assert other.ask(q.DelayedReplies()).items == []
    for thing in (c.CancelDelayedReply(reply), c.SendDelayedReply(reply)):
        with pytest.raises(NotFound):
            other.do(thing)
    with pytest.raises(NotFound):
        other.ask(q.DelayedReplies(reply.session))


def test_erasing_the_customer_drops_what_waits_and_blanks_what_it_said(office: Office):
    session = intake(office)
    sent, waiting = delayed(office, session, text="비밀 하나", at=later(office, minutes=1)), delayed(office, session, text="비밀 둘")
    office.desk.advance(minutes=1)
    office.agent.do(c.ChangeDelayedReply(waiting, text="비밀 셋"))
    office.desk.do(c.EraseCustomer(office.customer))
    assert stands(office, waiting) == ("dropped", "erased")
    assert stands(office, sent) == ("sent", "")
    office.desk.advance(hours=2)
    assert "비밀" not in repr(office.everything())
    assert office.look(session).delayed == ()


def test_pages_of_a_state_go_by_their_time(office: Office):
    session = intake(office)
    replies = [delayed(office, session, text=f"{n}", at=later(office, minutes=9 - n)) for n in range(5)]
    office.agent.do(c.CancelDelayedReply(replies[2]))
    expected = [replies[n].id for n in (4, 3, 1, 0)]
    assert [one.id for one in office.desk.each(q.DelayedReplies(session, state="waiting", limit=1))] == expected
    assert [one.id for one in office.desk.each(q.DelayedReplies(state="waiting", limit=2))] == expected
    assert [one.id for one in office.desk.each(q.DelayedReplies(limit=2))] == [replies[n].id for n in (4, 3, 2, 1, 0)]
