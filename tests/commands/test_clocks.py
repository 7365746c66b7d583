"""The clocks that the event which ends a turn carries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.office import Office

from cschat import Session, State
from cschat import commands as c
from cschat import events as e
from cschat.core.times import as_datetime
from cschat.core.turns import Clocks, OwnedClock, TurnKind

S = 1000
"""A second in the milliseconds of clocks."""


class Talk:
    """A session told by seconds: `at(70, office.agent, c.ClaimSession)`; what is said stands for `SendMessage`."""

    def __init__(self, office: Office, session: Session) -> None:
        self.office = office
        self.id = session.id
        self.begin = office.clock.now()

    def at(self, second: float, door: Any, what: Any, **fields: Any) -> Talk:
        self.office.clock.set(self.begin + round(second * 1_000_000))
        self.office.desk.settle()
        door.do(c.SendMessage(self.id, text=what) if isinstance(what, str) else what(self.id, **fields))
        return self

    def hold(self, second: float, seconds: float) -> Talk:
        until = as_datetime(self.begin) + timedelta(seconds=second + seconds)
        return self.at(second, self.office.agent, c.HoldSession, until=until)

    def clocks(self, which: int = -1) -> Clocks:
        return self.all_clocks()[which]

    def all_clocks(self) -> list[Clocks]:
        return [turn for event in self.office.history(self.id) if (turn := getattr(event.body, "turn", None)) is not None]


@pytest.fixture
def queued(memory_office: Office) -> Talk:
    """The visitor waits from second 0, having said something before."""
    return Talk(memory_office, memory_office.session(State.QUEUED))


def test_clocks_of_a_plain_talk(office: Office):
    talk = Talk(office, office.session(State.QUEUED))
    mina, visitor = office.agent, office.visitor
    talk.at(60, mina, c.ClaimSession).at(90, mina, "네").at(130, visitor, "주문이요").at(150, mina, "확인할게요").at(155, mina, "왔어요")
    talk.at(200, visitor, "네").at(205, visitor, "감사해요").at(230, mina, c.EndSession).at(290, mina, c.WrapUp)
    assert talk.clocks() == Clocks(
        kind=TurnKind.LIVE,
        began=talk.begin,
        total=290 * S,
        queue_times=(60 * S,),
        owned=(OwnedClock(office.mina.id, 230 * S),),
        first_response=90 * S,
        customer_wait=20 * S,
        customer_wait_open=30 * S,
        agent_wait=(40 + 45) * S,
        agent_wait_open=0,
        talk_time=115 * S,
        after_work=60 * S,
        customer_messages=3,
        human_messages=3,
        bot_messages=0,
    )


def test_each_turn_has_its_clocks_on_the_event_that_ends_it_and_on_no_other(queued: Talk):
    office = queued.office
    queued.at(1, office.agent, c.ClaimSession).at(2, office.agent, c.EndSession).at(3, office.agent, c.WrapUp)
    queued.at(4, office.visitor, c.ReopenSession).at(5, office.visitor, c.EndSession)
    carriers = [(event.type, event.body.turn.kind) for event in office.history(queued.id) if getattr(event.body, "turn", None)]
    assert carriers == [("AgentRequested", "bot"), ("WrappedUp", "live"), ("Ended", "live")]


def test_an_end_that_only_opens_the_note_does_not_end_the_turn(queued: Talk):
    office = queued.office
    queued.at(1, office.agent, c.ClaimSession).at(2, office.agent, c.EndSession)
    assert [clocks.kind for clocks in queued.all_clocks()] == ["bot"]


def test_missing_ends_are_none_and_never_zero(queued: Talk):
    queued.at(30, queued.office.visitor, c.EndSession)
    clocks = queued.clocks()
    assert (clocks.queue_times, clocks.first_response, clocks.talk_time, clocks.after_work) == ((None,), None, None, None)
    assert clocks.total == 30 * S


def test_one_message_makes_a_talk_time_of_zero_which_is_not_missing(queued: Talk):
    mina = queued.office.agent
    queued.at(1, mina, c.ClaimSession).at(2, mina, "네").at(9, mina, c.EndSession).at(9, mina, c.WrapUp)
    assert (queued.clocks().talk_time, queued.clocks().after_work) == (0, 0)


def test_a_claim_out_of_a_bots_hands_waited_zero_which_is_counted(memory_office: Office):
    talk = Talk(memory_office, memory_office.session(State.BOT))
    talk.at(50, memory_office.agent, c.ClaimSession).at(60, memory_office.agent, c.EndSession).at(61, memory_office.agent, c.WrapUp)
    assert (talk.clocks().kind, talk.clocks().queue_times, talk.clocks().total) == ("live", (0,), 11 * S)
    assert [(clocks.kind, clocks.total) for clocks in talk.all_clocks()] == [("bot", 50 * S), ("live", 11 * S)]


def test_the_customer_waits_for_the_first_response_in_no_customer_wait(queued: Talk):
    mina, visitor = queued.office.agent, queued.office.visitor
    queued.at(10, visitor, "여보세요").at(20, mina, c.ClaimSession).at(50, mina, "네").at(60, mina, c.EndSession).at(60, mina, c.WrapUp)
    clocks = queued.clocks()
    assert (clocks.first_response, clocks.customer_wait, clocks.customer_wait_open) == (50 * S, 0, 0)


def test_bots_the_system_and_notes_answer_nobody(queued: Talk):
    office = queued.office
    mina, visitor = office.agent, office.visitor
    queued.at(1, mina, c.ClaimSession).at(2, mina, "네").at(10, visitor, "언제 와요?")
    queued.at(11, office.desk, "안내 말씀").at(12, office.system, c.SendBotMessage, answers=99, content="봇입니다")
    queued.at(13, mina, c.AddNote, text="확인 중").at(20, mina, "내일요").at(30, mina, c.EndSession).at(30, mina, c.WrapUp)
    clocks = queued.clocks()
    assert (clocks.customer_wait, clocks.agent_wait, clocks.agent_wait_open) == (10 * S, 8 * S, 10 * S)
    assert (clocks.human_messages, clocks.bot_messages, clocks.customer_messages) == (2, 2, 1)


def test_a_hold_cuts_the_customers_gap_and_it_begins_anew(queued: Talk):
    mina, visitor = queued.office.agent, queued.office.visitor
    queued.at(0, mina, c.ClaimSession).at(1, mina, "네").at(10, visitor, "언제 와요?").hold(15, 1000).at(115, mina, c.ResumeSession)
    queued.at(120, mina, "내일요").at(121, mina, c.EndSession).at(121, mina, c.WrapUp)
    clocks = queued.clocks()
    assert (clocks.customer_wait, clocks.customer_wait_open) == (5 * S, 5 * S)


def test_two_holds_within_one_minute_are_both_counted(queued: Talk):
    mina, visitor = queued.office.agent, queued.office.visitor
    queued.at(0, mina, c.ClaimSession).at(1, mina, "네").at(10, visitor, "언제 와요?")
    queued.hold(12, 100).at(20, mina, c.ResumeSession).hold(23, 100).at(40, mina, c.ResumeSession)
    queued.at(44, mina, "내일요").at(45, mina, c.EndSession).at(45, mina, c.WrapUp)
    clocks = queued.clocks()
    assert (clocks.customer_wait, clocks.customer_wait_open) == (4 * S, (2 + 3) * S)


def test_a_hold_that_is_prolonged_stays_one_hold(queued: Talk):
    mina, visitor = queued.office.agent, queued.office.visitor
    queued.at(0, mina, c.ClaimSession).at(1, mina, "네").at(10, visitor, "언제 와요?")
    queued.hold(12, 20).hold(20, 100).at(50, mina, c.ResumeSession).at(53, mina, "내일요").at(60, mina, c.EndSession).at(60, mina, c.WrapUp)
    assert (queued.clocks().customer_wait, queued.clocks().customer_wait_open) == (3 * S, 2 * S)


def test_a_reply_during_a_hold_answers_and_the_agent_waits_only_after_it(queued: Talk):
    mina, visitor = queued.office.agent, queued.office.visitor
    queued.at(0, mina, c.ClaimSession).at(1, mina, "네").at(10, visitor, "언제 와요?").hold(15, 1000)
    queued.at(50, mina, "알아보는 중이에요").at(100, mina, c.ResumeSession).at(130, visitor, "네").at(131, mina, c.EndSession).at(
        131, mina, c.WrapUp
    )
    clocks = queued.clocks()
    assert (clocks.customer_wait, clocks.customer_wait_open) == (0, (5 + 1) * S)
    assert (clocks.agent_wait, clocks.agent_wait_open) == ((9 + 30) * S, 0)


def test_the_customers_message_ends_the_hold_and_no_held_time_is_the_agents_wait(queued: Talk):
    mina, visitor = queued.office.agent, queued.office.visitor
    queued.at(0, mina, c.ClaimSession).at(10, mina, "알아볼게요").hold(14, 1000).at(500, visitor, "아직이에요?")
    queued.at(520, mina, "네, 나왔어요").at(521, mina, c.EndSession).at(521, mina, c.WrapUp)
    clocks = queued.clocks()
    assert (clocks.agent_wait, clocks.agent_wait_open, clocks.customer_wait) == (0, (4 + 1) * S, 20 * S)


def test_a_hold_ended_by_its_timer_lets_the_gap_begin_at_that_moment(queued: Talk):
    mina, visitor = queued.office.agent, queued.office.visitor
    queued.at(0, mina, c.ClaimSession).at(1, mina, "네").at(10, visitor, "언제 와요?").hold(15, 60)
    queued.office.desk.advance(minutes=2)
    queued.at(200, mina, "내일요").at(200, mina, c.EndSession).at(200, mina, c.WrapUp)
    assert queued.clocks().customer_wait == (200 - 75) * S


def test_a_transfer_cuts_the_gap_and_it_begins_anew_for_the_next_owner(queued: Talk):
    office = queued.office
    queued.at(0, office.agent, c.ClaimSession).at(1, office.agent, "네").at(10, office.visitor, "언제 와요?")
    queued.at(17, office.agent, c.TransferSession, agent=office.jun).at(30, office.colleague, "준입니다")
    queued.at(40, office.colleague, c.EndSession).at(45, office.colleague, c.WrapUp)
    clocks = queued.clocks()
    assert (clocks.customer_wait, clocks.customer_wait_open) == (13 * S, 7 * S)
    assert clocks.owned == (OwnedClock(office.mina.id, 17 * S), OwnedClock(office.jun.id, 28 * S))


def test_a_transfer_ends_a_hold_and_the_customer_waits_again(queued: Talk):
    office = queued.office
    queued.at(0, office.agent, c.ClaimSession).at(1, office.agent, "네").at(10, office.visitor, "언제 와요?").hold(12, 1000)
    queued.at(60, office.agent, c.TransferSession, agent=office.jun).at(75, office.colleague, "준입니다")
    queued.at(80, office.colleague, c.EndSession).at(80, office.colleague, c.WrapUp)
    assert (queued.clocks().customer_wait, queued.clocks().customer_wait_open) == (15 * S, 2 * S)


def test_a_release_begins_another_spell_in_the_queue(queued: Talk):
    office = queued.office
    queued.at(20, office.agent, c.ClaimSession).at(30, office.agent, c.ReleaseSession).at(70, office.colleague, c.ClaimSession)
    queued.at(80, office.colleague, c.EndSession).at(80, office.colleague, c.WrapUp)
    clocks = queued.clocks()
    assert clocks.queue_times == (20 * S, 40 * S)
    assert clocks.owned == (OwnedClock(office.mina.id, 10 * S), OwnedClock(office.jun.id, 10 * S))


def test_a_spell_that_ends_without_an_agent_is_none_beside_one_that_did(queued: Talk):
    office = queued.office
    queued.at(20, office.agent, c.ClaimSession).at(30, office.agent, c.ReleaseSession).at(70, office.visitor, c.EndSession)
    assert queued.clocks().queue_times == (20 * S, None)


def test_what_the_system_wraps_up_was_no_work(queued: Talk):
    office = queued.office
    office.desk.do(c.ChangeBrand(wrap_up_limit=300))
    queued.at(1, office.agent, c.ClaimSession).at(2, office.agent, c.EndSession)
    office.desk.advance(minutes=10)
    assert office.look(queued.id).state is State.CLOSED
    assert (queued.clocks().after_work, queued.clocks().total) == (None, 302 * S)


def test_what_is_said_after_the_end_moves_no_clock(queued: Talk):
    office = queued.office
    queued.at(1, office.agent, c.ClaimSession).at(2, office.agent, "네").at(5, office.agent, c.EndSession)
    queued.at(50, office.visitor, "감사합니다").at(60, office.agent, c.WrapUp)
    clocks = queued.clocks()
    assert (clocks.talk_time, clocks.agent_wait, clocks.agent_wait_open, clocks.after_work) == (0, 0, 3 * S, 55 * S)


def test_an_assignment_continues_the_intake_turn_and_stands_in_no_queue(memory_office: Office):
    office = memory_office
    talk = Talk(office, office.session(State.INTAKE))
    talk.at(100, office.agent, c.ClaimSession).at(110, office.agent, "답변드려요").at(120, office.agent, c.EndSession)
    talk.at(125, office.agent, c.WrapUp)
    clocks = talk.clocks()
    assert (clocks.kind, clocks.queue_times, clocks.first_response, clocks.total) == ("intake", (), 110 * S, 125 * S)
    assert [one.kind for one in talk.all_clocks()] == ["bot", "intake"]


def test_an_outbound_turn_counts_in_no_queue(memory_office: Office):
    office = memory_office
    talk = Talk(office, office.agent.do(c.OpenSessionByAgent(office.customer, text="안내드립니다")))
    talk.at(30, office.agent, c.EndSession).at(30, office.agent, c.WrapUp)
    assert (talk.clocks().kind, talk.clocks().queue_times, talk.clocks().first_response) == ("outbound", (), 0)


def test_a_reopened_talk_that_never_waited_has_no_spell_even_when_it_is_transferred(queued: Talk):
    office = queued.office
    queued.at(1, office.agent, c.ClaimSession).at(2, office.agent, c.EndSession).at(3, office.agent, c.ReopenSession)
    queued.at(9, office.agent, c.TransferSession, agent=office.jun).at(10, office.colleague, c.EndSession)
    queued.at(10, office.colleague, c.WrapUp)
    assert (queued.clocks().queue_times, queued.clocks().total) == ((), 7 * S)


def test_reopening_in_wrap_up_finishes_the_turn_without_work_after_it(queued: Talk):
    office = queued.office
    queued.at(1, office.agent, c.ClaimSession).at(2, office.agent, c.EndSession).at(30, office.visitor, c.ReopenSession)
    clocks = queued.clocks()
    assert (clocks.kind, clocks.after_work, clocks.total) == ("live", None, 30 * S)


def test_reopening_what_is_closed_repeats_no_clocks(queued: Talk):
    office = queued.office
    queued.at(1, office.visitor, c.EndSession).at(2, office.visitor, c.ReopenSession)
    assert [clocks.kind for clocks in queued.all_clocks()] == ["bot", "live"]


@pytest.mark.parametrize("command", [c.MoveToIntake, c.ReturnToBot, c.LeaveMessage])
def test_whoever_leaves_the_queue_unassigned_has_waited_none(queued: Talk, command: Any):
    queued.at(40, queued.office.desk, command)
    assert (queued.clocks().kind, queued.clocks().queue_times) == ("live", (None,))


def test_the_sums_are_of_events_times_rounded_to_the_millisecond(queued: Talk):
    mina, visitor = queued.office.agent, queued.office.visitor
    queued.at(0.0004, mina, c.ClaimSession).at(1.0006, mina, "네").at(2.0001, visitor, "네").at(3, mina, c.EndSession).at(3, mina, c.WrapUp)
    clocks = queued.clocks()
    assert (clocks.queue_times, clocks.first_response, clocks.agent_wait) == ((0,), 1001, 1000)


def test_a_forced_close_finishes_the_turn(queued: Talk):
    queued.at(1, queued.office.agent, c.ClaimSession).at(11, queued.office.desk, c.ForceClose)
    assert (queued.clocks().total, queued.clocks().after_work) == (11 * S, None)
    assert isinstance(queued.office.history(queued.id)[-1].body, e.ForceClosed)
