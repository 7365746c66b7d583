"""The two cursors of a session, moved by a scripted bot; and how reactors answer events in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.bots import ASK, RatingBot, WelcomeBot
from tests.office import Office, bodies, everything

from cschat import BotCursor, Content, Desk, Event, Session, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.commands.protocol import Context, Reactor
from cschat.core.clock import FakeClock
from cschat.errors import CschatError, Invalid, NotFound, ReactionLoop


@pytest.fixture
def bots(url: str) -> Iterator[Office]:
    clock = FakeClock()
    with Desk.open(url, clock=clock, seed=1, reactors=[WelcomeBot(), RatingBot()]) as desk:
        yield Office.on(desk, clock)


# --------------------------------------------------------------------------------------------------------- the main cursor


def test_the_main_cursor_lives_in_bot_and_ends_with_the_handoff(bots: Office):
    session = bots.visitor.do(c.OpenSession())
    assert bots.look(session).main == BotCursor("welcome", "ask")
    bots.visitor.do(c.SendMessage(session, text="상담사"))
    after = bots.look(session)
    assert (after.state, after.main) == (State.QUEUED, None)


def test_a_person_may_step_into_a_bots_talk_which_ends_the_scenario(bots: Office):
    session = bots.session(State.BOT)
    bots.agent.do(c.ClaimSession(session))
    assert bots.look(session).main is None
    before = len(bots.said(session))
    bots.visitor.do(c.SendMessage(session, text="사람인가요"))
    assert len(bots.said(session)) == before + 1


def test_a_command_answers_with_what_the_bots_made_of_it(bots: Office):
    session = bots.visitor.do(c.OpenSession(text="배송"))
    assert session.seq == bots.look(session).seq == len(bots.history(session))
    assert bots.said(session) == ["배송", "무엇을 도와드릴까요?", "배송?"]


# --------------------------------------------------------------------------------------------------------- the side cursor


@pytest.mark.parametrize("state", [State.WRAP_UP, State.CLOSED])
@pytest.mark.parametrize("later", [0, 60, 60 * 48])
def test_a_5_typed_after_the_end_is_a_rating_and_no_turn_no_activity_no_reopening(bots: Office, state: State, later: int):
    session = bots.session(state)
    assert session.side == ASK
    bots.clock.advance(minutes=later)
    message = bots.visitor.do(c.SendMessage(session, text="5"))
    after = bots.look(session)
    assert (after.state, after.rating, after.side) == (state, 5, None)
    assert (after.turns, after.turn.customer_messages, after.turn.last_said) == (
        session.turns,
        session.turn.customer_messages,
        session.turn.last_said,
    )
    assert (after.agent, after.since, after.next, after.handed) == (session.agent, session.since, None, session.handed)
    assert message.session == session.id
    assert bodies(bots.history(session), e.MessageSent)[-2].step
    assert bots.types(session)[-4:] == ["MessageSent", "Rated", "BotMoved", "MessageSent"]


def test_a_bot_step_is_not_a_message_that_can_be_left_to_be_answered():
    class Guide:
        """상담안내봇: takes whatever is said while somebody waits."""

        on = (e.AgentRequested,)

        def takes(self, ctx: Context, session: Session, content: Content) -> bool:
            return True

        def react(self, ctx: Context, event: Event) -> None:
            ctx.record(ctx.tx.get(Session, event.subject), e.BotMoved(side=True, cursor=BotCursor("guide", "ask")))

    office = open_desk(Guide())
    session = office.session(State.QUEUED, text=None)
    office.visitor.do(c.SendMessage(session, text="배송"))
    after = office.look(session)
    assert (after.spoke, after.turn.customer_messages, after.read_by_customer) == (False, 0, after.seq)
    with pytest.raises(Invalid):
        office.visitor.do(c.LeaveMessage(session))


def test_anything_else_goes_the_normal_way(bots: Office):
    session = bots.session(State.CLOSED)
    bots.visitor.do(c.SendMessage(session, text="별로였어요"))
    after = bots.look(session)
    assert (after.side, after.rating, after.state) == (ASK, None, State.CLOSED)
    bots.clock.advance(hours=1)
    message = bots.visitor.do(c.SendMessage(session, text="환불해 주세요"))
    assert message.session != session.id


def test_what_nobody_waits_for_is_taken_by_no_side_scenario(bots: Office):
    session = bots.session(State.CLOSED)
    bots.visitor.do(c.SendMessage(session, text="5"))
    bots.visitor.do(c.SendMessage(session, text="4"))
    assert bots.look(session).rating == 5
    assert not bodies(bots.history(session), e.MessageSent)[-1].step


def test_a_step_does_not_end_a_hold_for_the_side_scenario_took_it(bots: Office):
    session = bots.session(State.ACTIVE)
    bots.system.do(c.SendBotMessage(session, answers=session.seq, content="만족하세요?", side=True, cursor=ASK))
    held = bots.agent.do(c.HoldSession(session, session.opened_at.replace(year=2030)))
    bots.visitor.do(c.SendMessage(session, text="5"))
    assert bots.look(session).held_until == held.held_until


@pytest.mark.parametrize("state", [state for state in State if state is not State.BOT])
def test_the_side_cursor_runs_everywhere_but_in_bot(office: Office, state: State):
    session = office.session(state)
    office.system.do(c.SendBotMessage(session, answers=session.seq, content="?", side=True, cursor=ASK))
    assert office.look(session).side == ASK
    assert office.desk.ask(q.SelfCheck()) == []


def test_back_in_bot_the_side_cursor_is_gone(office: Office):
    session = office.session(State.QUEUED)
    office.system.do(c.SendBotMessage(session, answers=session.seq, content="?", side=True, cursor=ASK))
    office.visitor.do(c.ReturnToBot(session))
    assert office.look(session).side is None
    office.visitor.do(c.EndSession(session))
    office.system.do(c.SendBotMessage(session, answers=office.look(session).seq, content="?", side=True, cursor=ASK))
    assert office.visitor.do(c.ReopenSession(session)).state is State.BOT
    assert office.look(session).side is None


def test_a_side_scenario_moves_only_its_own_cursor(office: Office):
    """It cannot hand off: outside BOT there is no main cursor and no request of a person."""
    session = office.session(State.ACTIVE)
    office.system.do(c.SendBotMessage(session, answers=session.seq, content="?", side=True, cursor=ASK))
    after = office.look(session)
    assert (after.state, after.agent, after.main, after.side) == (State.ACTIVE, office.mina.id, None, ASK)


# --------------------------------------------------------------------------------------------------------------- reactors


class Echo:
    """Answers one type of event with another, and remembers what it saw."""

    def __init__(self, on: type, body: Any) -> None:
        self.on = (on,)
        self.body = body
        self.seen: list[str] = []

    def react(self, ctx: Context, event: Event) -> None:
        self.seen.append(event.name)
        if isinstance(self.body, Exception):
            raise self.body
        ctx.record(ctx.tx.get(Session, event.subject), self.body)


def open_desk(*reactors: Reactor) -> Office:
    clock = FakeClock()
    return Office.on(Desk.open("memory:", clock=clock, seed=1, reactors=reactors), clock)


def test_what_a_reactor_records_names_its_cause_and_the_system():
    office = open_desk(Echo(e.Opened, e.PrioritySet("high")), Echo(e.PrioritySet, e.SessionTagged(("급함",))))
    session = office.visitor.do(c.OpenSession())
    opened, raised, tagged = office.history(session)
    assert (opened.cause, opened.actor) == (None, f"customer:{office.customer.id}")
    assert (raised.cause, raised.actor) == (opened.name, "system")
    assert (tagged.cause, tagged.actor) == (raised.name, "system")


def test_reactors_see_each_event_in_their_order_before_the_next_event():
    order: list[str] = []

    class Noting:
        on = (e.Opened, e.MessageSent)

        def __init__(self, name: str) -> None:
            self.name = name

        def react(self, ctx: Context, event: Event) -> None:
            order.append(f"{self.name} {event.type}")

    office = open_desk(Noting("first"), Noting("second"))
    office.visitor.do(c.OpenSession(text="문의"))
    assert order == ["first Opened", "second Opened", "first MessageSent", "second MessageSent"]


def test_an_event_has_changed_its_record_before_any_reactor_sees_it():
    seen: list[tuple[State, int]] = []

    class Looking:
        on = (e.Opened,)

        def react(self, ctx: Context, event: Event) -> None:
            session = ctx.tx.get(Session, event.subject)
            seen.append((session.state, session.seq))

    office = open_desk(Looking())
    office.visitor.do(c.OpenSession(text="문의"))
    assert seen == [(State.BOT, 2)]


def test_a_loop_of_reactors_is_reported_and_leaves_nothing():
    office = open_desk(Echo(e.PrioritySet, e.SubjectSet("돌고")), Echo(e.SubjectSet, e.PrioritySet("high")))
    session = office.session()
    before = everything(office.desk)
    with pytest.raises(ReactionLoop) as caught:
        office.agent.do(c.SetPriority(session, "low"))
    assert {*caught.value.chain} == {"PrioritySet", "SubjectSet"}
    assert everything(office.desk) == before


def test_a_reactor_that_raises_undoes_the_command():
    office = open_desk(Echo(e.PrioritySet, NotFound("gone", kind="x", id="y")))
    session = office.session()
    before = everything(office.desk)
    with pytest.raises(CschatError):
        office.agent.do(c.SetPriority(session, "low"))
    assert everything(office.desk) == before


def test_a_repeated_request_sets_no_reactor_off():
    echo = Echo(e.PrioritySet, e.SubjectSet("급해요"))
    office = open_desk(echo)
    session = office.session()
    for _ in range(2):
        office.agent.do(c.SetPriority(session, "high"), request_id="r1")
    assert len(echo.seen) == 1
