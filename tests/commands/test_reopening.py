"""What is over goes on: the grace, the policies, the owner's right."""

from __future__ import annotations

from typing import Any

import pytest
from tests.office import Office, bodies

from cschat import State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.errors import Conflict, IllegalTransition

OVER = [State.WRAP_UP, State.CLOSED]
THANKS = "감사합니다"


def policy(office: Office, policy: str, **more: Any) -> None:
    office.desk.do(c.ChangeBrand(reopening={"*": policy}, **more))


# ------------------------------------------------------------------------------------------------------------- the grace


@pytest.mark.parametrize("state", OVER)
@pytest.mark.parametrize("how", ["same_session", "new_session", "never"])
def test_a_thank_you_within_the_grace_stays_a_thank_you_whatever_the_policy(office: Office, state: State, how: str):
    policy(office, how)
    session = office.session(state)
    office.clock.advance(minutes=9, seconds=59)
    message = office.visitor.do(c.SendMessage(session, text=THANKS))
    after = office.look(session)
    assert message.session == session.id
    assert (after.state, after.agent, after.since, after.turns) == (state, session.agent, session.since, session.turns)
    assert office.types(session)[-1] == "MessageSent"


def test_a_thank_you_is_unread_for_the_last_owner(office: Office):
    session = office.session(State.CLOSED)
    office.agent.do(c.MarkRead(session, up_to=session.seq))
    message = office.visitor.do(c.SendMessage(session, text=THANKS))
    after = office.look(session)
    assert after.read_by_staff < message.seq
    assert after.last_agent == office.mina.id


@pytest.mark.parametrize("state", OVER)
def test_the_grace_ends_with_its_last_moment(office: Office, state: State):
    policy(office, "same_session")
    session = office.session(state)
    office.clock.advance(minutes=10)
    office.visitor.do(c.SendMessage(session, text="하나 더요"))
    assert office.look(session).state not in OVER


def test_the_grace_is_the_brands(office: Office):
    policy(office, "same_session", grace=0)
    session = office.session(State.CLOSED)
    office.visitor.do(c.SendMessage(session, text=THANKS))
    assert office.look(session).state is State.QUEUED
    office.desk.do(c.ChangeBrand(grace=3600))
    session = office.session(State.CLOSED)
    office.clock.advance(minutes=59)
    office.visitor.do(c.SendMessage(session, text=THANKS))
    assert office.look(session).state is State.CLOSED


def test_the_grace_counts_from_the_end_and_not_from_the_note(office: Office):
    policy(office, "never")
    session = office.session(State.WRAP_UP)
    office.clock.advance(minutes=9)
    office.agent.do(c.WrapUp(session))
    office.clock.advance(minutes=2)
    with pytest.raises(Conflict):
        office.visitor.do(c.SendMessage(session, text=THANKS))


def test_system_and_bot_messages_never_reopen(office: Office):
    policy(office, "same_session")
    for state in OVER:
        session = office.session(state)
        office.clock.advance(hours=1)
        office.desk.do(c.SendMessage(session, text="상담이 종료되었습니다"))
        office.system.do(c.SendBotMessage(session, answers=session.seq, content="평가해 주세요"))
        office.agent.do(c.AddNote(session, text="메모"))
        assert office.look(session).state is state


# ---------------------------------------------------------------------------------------------------------- the policies


def test_same_session_reopens_what_is_closed_and_routes_it(office: Office):
    policy(office, "same_session")
    session = office.session(State.CLOSED)
    office.clock.advance(hours=1)
    message = office.visitor.do(c.SendMessage(session, text="또 물어볼게요"))
    after = office.look(session)
    assert (message.session, after.state, after.agent, after.since) == (session.id, State.QUEUED, None, office.clock.now())
    assert office.types(session)[-2:] == ["Reopened", "MessageSent"]
    assert after.spoke


def test_same_session_goes_back_to_the_owner_who_has_not_wrapped_up(office: Office):
    policy(office, "same_session")
    session = office.session(State.WRAP_UP)
    office.clock.advance(hours=1)
    office.visitor.do(c.SendMessage(session, text="또 물어볼게요"))
    after = office.look(session)
    assert (after.state, after.agent) == (State.ACTIVE, office.mina.id)


def test_a_message_while_nobody_can_come_reopens_into_intake(office: Office):
    policy(office, "same_session")
    session = office.session(State.CLOSED)
    office.desk.do(c.ChangeBrand(accepting="closed"))
    office.clock.advance(hours=1)
    office.visitor.do(c.SendMessage(session, text="내일 답 주세요"))
    assert office.look(session).state is State.INTAKE
    assert office.desk.ask(q.SelfCheck()) == []


def test_who_never_asked_for_a_person_is_back_with_the_bot(office: Office):
    policy(office, "same_session")
    session = office.session(State.BOT)
    office.visitor.do(c.EndSession(session))
    office.clock.advance(hours=1)
    office.visitor.do(c.SendMessage(session, text="다시 왔어요"))
    assert office.look(session).state is State.BOT


def test_beyond_the_window_the_same_session_is_a_new_one(office: Office):
    policy(office, "same_session")
    session = office.session(State.CLOSED)
    office.clock.advance(hours=24)
    message = office.visitor.do(c.SendMessage(session, text="오랜만이에요"))
    assert message.session != session.id
    assert office.look(session).state is State.CLOSED


@pytest.mark.parametrize("state", OVER)
def test_new_session_continues_in_a_linked_one(office: Office, state: State):
    """The default for live chat."""
    session = office.visitor.do(c.OpenSession(channel="app", subject="배송", language="en", text="안녕하세요"))
    office.agent.do(c.ClaimSession(session))
    office.agent.do(c.EndSession(session))
    if state is State.CLOSED:
        office.agent.do(c.WrapUp(session))
    office.clock.advance(hours=1)
    message = office.visitor.do(c.SendMessage(session, text="새 문의"))
    old, new = office.look(session), office.look(message.session)
    assert (old.state, old.next, new.previous, new.state) == (state, new.id, old.id, State.BOT)
    assert (new.customer, new.channel, new.subject, new.language) == (old.customer, "app", "배송", "en")
    assert office.said(new) == ["새 문의"]
    assert bodies(office.history(old), e.Continued) == [e.Continued(new.id)]


def test_who_goes_on_writing_to_the_old_session_writes_to_its_continuation(office: Office):
    session = office.session(State.CLOSED)
    office.clock.advance(hours=1)
    first = office.visitor.do(c.SendMessage(session, text="하나"))
    second = office.visitor.do(c.SendMessage(session, text="둘"))
    assert second.session == first.session != session.id
    office.visitor.do(c.EndSession(first.session))
    office.clock.advance(hours=1)
    third = office.visitor.do(c.SendMessage(session, text="셋"))
    assert office.look(third.session).previous == first.session


def test_a_continued_session_that_is_reopened_hears_its_customer_itself(office: Office):
    session = office.session(State.CLOSED)
    office.clock.advance(hours=1)
    office.visitor.do(c.SendMessage(session, text="새 문의"))
    office.agent.do(c.ReopenSession(session))
    assert office.visitor.do(c.SendMessage(session, text="여기요")).session == session.id


@pytest.mark.parametrize("state", OVER)
def test_never_refuses(office: Office, state: State):
    policy(office, "never")
    session = office.session(state)
    office.clock.advance(hours=1)
    for command in (c.SendMessage(session, text="저기요"), c.ReopenSession(session)):
        with pytest.raises(Conflict):
            office.visitor.do(command)
    assert office.look(session) == session


def test_the_policy_is_the_channels_own_if_it_has_one(office: Office):
    office.desk.do(c.ChangeBrand(reopening={"email": "same_session", "*": "never"}))
    mail, web = (office.visitor.do(c.OpenSession(channel=channel, text="문의")) for channel in ("email", "web"))
    for session in (mail, web):
        office.visitor.do(c.EndSession(session))
    office.clock.advance(hours=1)
    assert office.visitor.do(c.SendMessage(mail, text="답장")).session == mail.id
    with pytest.raises(Conflict):
        office.visitor.do(c.SendMessage(web, text="답장"))


# ------------------------------------------------------------------------------------------- the button and the owner


@pytest.mark.parametrize("how", ["same_session", "new_session", "never"])
def test_within_the_grace_the_button_reopens_whatever_the_policy(office: Office, how: str):
    policy(office, how)
    wrap_up, closed = office.session(State.WRAP_UP), office.session(State.CLOSED)
    assert office.visitor.do(c.ReopenSession(wrap_up)).agent == office.mina.id
    assert office.visitor.do(c.ReopenSession(closed)).state is State.QUEUED


def test_after_the_grace_the_button_follows_the_policy(office: Office):
    session = office.session(State.CLOSED)
    office.clock.advance(hours=1)
    new = office.visitor.do(c.ReopenSession(session))
    assert (new.previous, new.state, office.look(session).state) == (session.id, State.BOT, State.CLOSED)
    assert office.visitor.do(c.ReopenSession(session)) == new
    policy(office, "same_session")
    other = office.session(State.CLOSED)
    office.clock.advance(hours=1)
    assert office.visitor.do(c.ReopenSession(other)).id == other.id


@pytest.mark.parametrize("state", OVER)
def test_the_owner_has_it_again_whatever_their_capacity(office: Office, state: State):
    session = office.session(state)
    office.desk.do(c.ChangeAgent(office.mina, capacity=0))
    office.clock.advance(days=30)
    after = office.agent.do(c.ReopenSession(session))
    assert (after.state, after.agent) == (State.ACTIVE, office.mina.id)


def test_the_agent_who_wrote_first_is_the_owner_when_it_is_reopened(office: Office):
    session = office.agent.do(c.OpenSessionByAgent(office.customer, text="안내드려요"))
    office.agent.do(c.EndSession(session))
    assert office.visitor.do(c.ReopenSession(session)).agent == office.mina.id
    office.agent.do(c.EndSession(session))
    office.agent.do(c.WrapUp(session))
    assert office.agent.do(c.ReopenSession(session)).agent == office.mina.id
    assert office.desk.ask(q.SelfCheck()) == []


def test_reopened_by_a_colleague_it_is_routed(office: Office):
    session = office.session(State.CLOSED)
    after = office.colleague.do(c.ReopenSession(session))
    assert (after.state, after.agent) == (State.QUEUED, None)


def test_reopened_by_the_button_while_nobody_can_come_it_is_with_the_bot(office: Office):
    session = office.session(State.CLOSED)
    office.desk.do(c.ChangeBrand(accepting="closed"))
    assert office.visitor.do(c.ReopenSession(session)).state is State.BOT


def test_a_removed_owner_is_not_reopened_to(office: Office):
    session = office.session(State.WRAP_UP)
    office.desk.do(c.RemoveAgent(office.mina))
    office.desk.do(c.ChangeBrand(accepting="open"))
    assert office.visitor.do(c.ReopenSession(session)).state is State.QUEUED


def test_reopening_begins_a_turn_and_forgets_the_end(office: Office):
    session = office.session(State.CLOSED)
    after = office.visitor.do(c.ReopenSession(session))
    after = office.look(after)
    assert (after.turns, after.ended, after.closed, after.reason, after.spoke) == (session.turns + 1, None, None, None, False)
    assert after.turn.began == office.clock.now()


def test_a_wrap_up_limit_no_longer_runs_once_it_is_reopened(office: Office):
    office.desk.do(c.ChangeBrand(wrap_up_limit=60))
    session = office.session(State.WRAP_UP)
    office.visitor.do(c.ReopenSession(session))
    after = office.look(session)
    office.desk.advance(minutes=5)
    assert (after.state, after.wake) == (State.ACTIVE, None)
    assert office.look(session) == after


@pytest.mark.parametrize("state", [state for state in State if state not in OVER])
def test_what_is_not_over_cannot_be_reopened(office: Office, state: State):
    session = office.session(state)
    with pytest.raises(IllegalTransition):
        office.visitor.do(c.ReopenSession(session))
