"""Asking for a person, and leaving a message when nobody can come."""

from __future__ import annotations

import pytest
from tests.office import Office, bodies

from cschat import Session, Speaker, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.errors import IllegalTransition, Invalid


def ask(office: Office, session: Session):
    return office.visitor.do(c.RequestAgent(session))


def test_an_accepted_request_waits_in_the_queue(office: Office):
    session = office.session(State.BOT)
    assert ask(office, session) == c.Queued(position=1)
    assert office.look(session).state is State.QUEUED


def test_positions_count_from_one_in_the_order_of_the_queue_also_within_one_instant(office: Office):
    sessions = [office.session(State.BOT) for _ in range(4)]
    for session in sessions:
        ask(office, session)
    positions = {session.id: office.visitor.ask(q.QueuePosition(session)).position for session in sessions}
    assert sorted(positions.values()) == [1, 2, 3, 4]
    assert [positions[session.id] for session in office.desk.ask(q.Queue()).items] == [1, 2, 3, 4]


def test_asking_again_records_nothing_and_answers_with_the_present_state(office: Office):
    queued, active = office.session(State.QUEUED), office.session(State.ACTIVE)
    assert ask(office, queued) == c.Queued(position=1)
    assert ask(office, active) == c.Connected(agent=office.mina.id)
    assert (office.look(queued), office.look(active)) == (queued, active)


@pytest.mark.parametrize(("accepting", "reason"), [("closed", "closed"), ("auto", "nobody")])
def test_a_request_that_nobody_can_answer_says_why_and_asks_for_a_message(office: Office, accepting: str, reason: str):
    session = office.session(State.BOT)
    office.desk.do(c.ChangeBrand(accepting=accepting))
    office.agent.do(c.SetStatus("busy"))
    assert ask(office, session) == c.Unavailable(reason)
    after = office.look(session)
    assert after.state is State.BOT
    assert office.types(session)[-2:] == ["AgentUnavailable", "MessageSent"]
    prompt = bodies(office.history(session), e.MessageSent)[-1]
    assert prompt.author is Speaker.SYSTEM
    assert "남겨" in prompt.content.text


def test_the_prompt_speaks_the_language_of_the_session_or_else_of_the_brand(office: Office):
    office.desk.do(c.ChangeBrand(accepting="closed"))
    korean, english = office.visitor.do(c.OpenSession()), office.visitor.do(c.OpenSession(language="en-GB"))
    for session in (korean, english):
        ask(office, session)
    assert ["Leave us" in office.said(session)[-1] for session in (korean, english)] == [False, True]
    office.desk.do(c.ChangeBrand(language="en"))
    ask(office, korean)
    assert "Leave us" in office.said(korean)[-1]


def test_open_means_accepted_whoever_is_there(office: Office):
    office.desk.do(c.ChangeBrand(accepting="open"))
    office.agent.do(c.SetStatus("hidden"))
    assert ask(office, office.session(State.BOT)) == c.Queued(position=1)


@pytest.mark.parametrize("status", ["busy", "hidden"])
def test_auto_needs_somebody_available(office: Office, status: str):
    office.agent.do(c.SetStatus(status))
    assert ask(office, office.session(State.BOT)) == c.Unavailable("nobody")
    office.colleague.do(c.SetStatus("available"))
    assert ask(office, office.session(State.BOT)) == c.Queued(position=1)


def test_neither_a_removed_agent_nor_one_of_another_brand_makes_a_desk_available(office: Office):
    office.desk.brand("other").do(c.AddAgent(name="남", status="available"))
    office.desk.do(c.RemoveAgent(office.mina))
    assert ask(office, office.session(State.BOT)) == c.Unavailable("nobody")


def test_a_scenario_that_speaks_takes_the_branch_itself_and_no_prompt_is_said(office: Office):
    office.desk.do(c.ChangeBrand(accepting="closed"))
    session = office.session(State.BOT)
    office.system.do(c.SendBotMessage(session, answers=session.seq, content="무엇을?", cursor=e.BotCursor("intake", "ask")))
    ask(office, session)
    assert office.types(session)[-1] == "AgentUnavailable"
    assert office.look(session).main == e.BotCursor("intake", "ask")


def test_what_was_left_can_be_asked_about_when_people_come(office: Office):
    session = office.session(State.INTAKE)
    assert ask(office, session) == c.Queued(position=1)


@pytest.mark.parametrize("state", [State.WRAP_UP, State.CLOSED])
def test_nobody_is_asked_for_in_a_session_that_is_over(office: Office, state: State):
    session = office.session(state)
    with pytest.raises(IllegalTransition):
        ask(office, session)
    office.desk.do(c.ChangeBrand(accepting="closed"))
    with pytest.raises(IllegalTransition):
        ask(office, session)


# --------------------------------------------------------------------------------------------------------------- messages


def test_what_was_already_typed_is_the_message_that_is_left(office: Office):
    session = office.visitor.do(c.OpenSession(text="환불되나요?"))
    assert office.visitor.do(c.LeaveMessage(session)).state is State.INTAKE
    assert office.said(session) == ["환불되나요?"]


def test_who_said_nothing_leaves_nothing(office: Office):
    session = office.visitor.do(c.OpenSession())
    with pytest.raises(Invalid) as caught:
        office.visitor.do(c.LeaveMessage(session))
    assert caught.value.field == "text"
    assert office.look(session).seq == session.seq
    assert office.visitor.do(c.LeaveMessage(session, text="내일 전화 주세요")).state is State.INTAKE


def test_only_what_the_customer_said_counts(office: Office):
    session = office.visitor.do(c.OpenSession())
    office.desk.do(c.SendMessage(session, text="어서 오세요"))
    office.agent.do(c.AddNote(session, text="메모"))
    with pytest.raises(Invalid):
        office.visitor.do(c.LeaveMessage(session))


def test_what_was_said_before_a_reopening_does_not_count_again(office: Office):
    session = office.session(State.BOT)
    office.visitor.do(c.EndSession(session))
    office.visitor.do(c.ReopenSession(session))
    with pytest.raises(Invalid):
        office.visitor.do(c.LeaveMessage(session))


def test_a_waiting_customer_may_leave_a_message_instead(office: Office):
    session = office.session(State.QUEUED)
    assert office.visitor.do(c.LeaveMessage(session, text="기다릴 수 없어요")).state is State.INTAKE
    assert office.types(session)[-2:] == ["MessageSent", "MessageLeft"]


def test_what_is_left_twice_is_one_intake_item(office: Office):
    session = office.session(State.INTAKE)
    assert office.visitor.do(c.LeaveMessage(session)).seq == session.seq
    after = office.visitor.do(c.LeaveMessage(session, text="하나 더요"))
    assert (after.state, office.types(session)[-1]) == (State.INTAKE, "MessageSent")


def test_handoff_while_closed_goes_to_intake_with_the_message(office: Office):
    """Asked for a person, nobody there: the prompt, and no intake item until something is said."""
    office.desk.do(c.ChangeBrand(accepting="closed"))
    session = office.visitor.do(c.OpenSession())
    assert ask(office, session) == c.Unavailable("closed")
    assert office.look(session).state is State.BOT
    office.visitor.do(c.LeaveMessage(session, text="반품하고 싶어요"))
    assert [one.id for one in office.desk.ask(q.ReviewList()).items] == [session.id]


@pytest.mark.parametrize(("text", "to", "event"), [("문의", State.INTAKE, "MovedToIntake"), (None, State.BOT, "ReturnedToBot")])
def test_the_desk_moves_to_intake_only_who_has_said_something(office: Office, text: str | None, to: State, event: str):
    session = office.session(State.QUEUED, text=text)
    after = office.desk.do(c.MoveToIntake(session, reason="closed"))
    assert (after.state, office.types(session)[-1]) == (to, event)


def test_the_customer_may_leave_the_queue(office: Office):
    session = office.session(State.QUEUED)
    assert office.visitor.do(c.ReturnToBot(session)).state is State.BOT
    assert ask(office, session) == c.Queued(position=1)


def test_coming_back_into_the_queue_is_a_new_wait(office: Office):
    session = office.session(State.QUEUED)
    office.clock.advance(minutes=10)
    office.visitor.do(c.ReturnToBot(session))
    office.clock.advance(minutes=10)
    ask(office, session)
    assert office.look(session).since == office.clock.now()
