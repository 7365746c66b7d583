"""One session: what was said and what happened, by pages, for each reader what is theirs to see."""

from __future__ import annotations

import pytest
from tests.office import Office

from cschat import State
from cschat import commands as c
from cschat import queries as q
from cschat.core.times import as_datetime


def talk(office: Office):
    """A talk of ten messages with notes among them."""
    session = office.session(State.ACTIVE)
    for number in range(8):
        door = office.visitor if number % 2 else office.agent
        door.do(c.SendMessage(session, text=f"{number}"))
        office.colleague.do(c.AddNote(session, text=f"메모 {number}"))
    return session


@pytest.mark.parametrize("limit", [1, 2, 3, 10, 1000])
def test_a_transcript_by_pages_is_the_whole_once_for_each_reader(office: Office, limit: int):
    session = talk(office)
    spoken = ["문의드려요", "안녕하세요", *(f"{number}" for number in range(8))]
    for door, notes in ((office.visitor, 0), (office.agent, 8), (office.desk, 8)):
        seen = [message.text for message in door.each(q.Transcript(session, limit=limit))]
        assert [text for text in seen if "메모" not in text] == spoken
        assert len(seen) == len(spoken) + notes


def test_a_transcript_after_a_seq_is_what_came_later(office: Office):
    session = office.session(State.ACTIVE)
    last = office.look(session).seq
    office.visitor.do(c.SendMessage(session, text="새로"))
    assert [message.text for message in office.visitor.ask(q.Transcript(session, after=last)).items] == ["새로"]
    assert office.visitor.ask(q.Transcript(session, after=10**6)) == q.Page([], None)


def test_a_customers_page_is_full_although_notes_lie_between(office: Office):
    session = talk(office)
    page = office.visitor.ask(q.Transcript(session, limit=4))
    assert len(page.items) == 4
    assert page.next == str(page.items[-1].seq)


def test_the_last_full_page_has_no_next_though_notes_follow(office: Office):
    session = talk(office)
    assert office.visitor.ask(q.Transcript(session, limit=10)).next is None


def test_a_message_knows_its_time_and_writer(office: Office):
    session = office.session(State.ACTIVE)
    message = office.agent.ask(q.Transcript(session)).items[-1]
    assert (message.text, message.agent, message.at) == ("안녕하세요", office.mina.id, as_datetime(office.clock.now()))


@pytest.mark.parametrize("limit", [1, 3, 200])
def test_a_history_by_pages_is_gapless_for_staff(office: Office, limit: int):
    session = talk(office)
    events = list(office.agent.each(q.History(session, limit=limit)))
    assert [event.seq for event in events] == list(range(1, office.look(session).seq + 1))


def test_a_position_is_only_of_those_who_wait(office: Office):
    for state in State:
        session = office.session(state)
        position = office.visitor.ask(q.QueuePosition(session))
        assert (position is None) is (state is not State.QUEUED)


def test_positions_move_up_as_others_are_taken(office: Office):
    waiting = [office.session(State.QUEUED) for _ in range(3)]
    in_order = office.desk.ask(q.Queue()).items
    office.agent.do(c.ClaimSession(in_order[0]))
    assert [office.visitor.ask(q.QueuePosition(session)) for session in in_order[1:]] == [c.Queued(1), c.Queued(2)]
    assert len(waiting) == 3
