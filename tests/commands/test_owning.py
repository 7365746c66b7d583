"""At most one owner, limits that hold, the old place in the queue, holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.office import Office, bodies

from cschat import Actor, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.times import as_datetime
from cschat.errors import AlreadyAssigned, Forbidden, IllegalTransition, Invalid, LimitExceeded, NotFound


def test_the_second_claimer_is_told_who_has_it(office: Office):
    session = office.session(State.QUEUED)
    assert office.agent.do(c.ClaimSession(session)).agent == office.mina.id
    with pytest.raises(AlreadyAssigned) as caught:
        office.colleague.do(c.ClaimSession(session))
    assert (caught.value.agent_id, caught.value.session_id) == (office.mina.id, session.id)
    assert len(bodies(office.history(session), e.Assigned)) == 1


@pytest.mark.parametrize("state", [State.BOT, State.QUEUED, State.INTAKE])
def test_an_agent_may_claim_from_the_queue_the_review_list_and_a_bot(office: Office, state: State):
    session = office.agent.do(c.ClaimSession(office.session(state)))
    assert (session.state, session.agent) == (State.ACTIVE, office.mina.id)


def test_claiming_what_one_has_makes_no_event(office: Office):
    session = office.session(State.ACTIVE)
    assert office.agent.do(c.ClaimSession(session)) == session


def test_what_somebody_has_cannot_be_assigned(office: Office):
    session = office.session(State.ACTIVE)
    with pytest.raises(AlreadyAssigned):
        office.admin.do(c.AssignSession(session, office.jun, force=True))


@pytest.mark.parametrize("state", [State.WRAP_UP, State.CLOSED])
def test_what_is_over_can_be_given_to_nobody(office: Office, state: State):
    session = office.session(state)
    with pytest.raises((AlreadyAssigned, IllegalTransition)):
        office.colleague.do(c.ClaimSession(session))
    with pytest.raises((AlreadyAssigned, IllegalTransition)):
        office.admin.do(c.AssignSession(session, office.jun))


def test_a_full_agent_cannot_claim(office: Office):
    office.desk.do(c.ChangeAgent(office.mina, capacity=1))
    office.session(State.ACTIVE)
    session = office.session(State.QUEUED)
    with pytest.raises(LimitExceeded) as caught:
        office.agent.do(c.ClaimSession(session))
    assert (caught.value.limit, caught.value.value, caught.value.agent_id) == ("capacity", 1, office.mina.id)


def test_an_open_note_takes_a_place_and_a_written_one_gives_it_back(office: Office):
    office.desk.do(c.ChangeAgent(office.mina, capacity=1))
    ended = office.session(State.WRAP_UP)
    waiting = office.visitor.do(c.OpenSession(text="또 문의"))
    with pytest.raises(LimitExceeded):
        office.agent.do(c.ClaimSession(waiting))
    office.agent.do(c.WrapUp(ended))
    assert office.agent.do(c.ClaimSession(waiting)).state is State.ACTIVE


def test_a_lowered_capacity_takes_nothing_away(office: Office):
    session = office.session(State.ACTIVE)
    office.desk.do(c.ChangeAgent(office.mina, capacity=0))
    assert office.look(session).agent == office.mina.id


def test_a_full_agent_is_assigned_to_only_by_force(office: Office):
    office.desk.do(c.ChangeAgent(office.mina, capacity=0))
    session = office.session(State.QUEUED)
    with pytest.raises(LimitExceeded):
        office.admin.do(c.AssignSession(session, office.mina))
    assert office.admin.do(c.AssignSession(session, office.mina, force=True)).agent == office.mina.id


def test_a_transfer_to_a_full_agent_is_refused_unless_an_admin_forces_it(office: Office):
    session = office.session(State.ACTIVE)
    office.desk.do(c.ChangeAgent(office.jun, capacity=0))
    with pytest.raises(LimitExceeded):
        office.agent.do(c.TransferSession(session, agent=office.jun))
    with pytest.raises(LimitExceeded):
        office.admin.do(c.TransferSession(session, agent=office.jun))
    with pytest.raises(Forbidden):
        office.agent.do(c.TransferSession(session, agent=office.jun, force=True))
    assert office.look(session).agent == office.mina.id
    assert office.admin.do(c.TransferSession(session, agent=office.jun, force=True)).agent == office.jun.id


@pytest.mark.parametrize("force", [False, True])
def test_a_removed_agent_gets_nothing_even_by_force(office: Office, force: bool):
    waiting, active = office.session(State.QUEUED), office.session(State.ACTIVE)
    office.desk.do(c.RemoveAgent(office.jun))
    with pytest.raises(Invalid) as caught:
        office.admin.do(c.AssignSession(waiting, office.jun, force=force))
    assert caught.value.field == "agent"
    with pytest.raises(Invalid):
        office.admin.do(c.TransferSession(active, agent=office.jun, force=force))
    with pytest.raises(Invalid):
        office.admin.do(c.OpenSessionByAgent(office.customer, agent=office.jun))


def test_a_transfer_carries_its_note_and_changes_the_owner_at_once(office: Office):
    session = office.session(State.ACTIVE)
    after = office.agent.do(c.TransferSession(session, agent=office.jun, note="환불 건"))
    assert (after.state, after.agent, after.last_agent) == (State.ACTIVE, office.jun.id, office.jun.id)
    assert bodies(office.history(session), e.Transferred)[-1].note == "환불 건"


def test_a_transfer_to_the_owner_makes_no_event(office: Office):
    session = office.session(State.ACTIVE)
    assert office.agent.do(c.TransferSession(session, agent=office.mina)) == session


def test_a_transfer_to_a_group_waits_in_the_queue_scoped_to_it(office: Office):
    session = office.agent.do(c.TransferSession(office.session(State.ACTIVE), group=office.group))
    assert (session.state, session.agent, session.group) == (State.QUEUED, None, office.group.id)


def test_a_transfer_to_a_removed_group_is_refused(office: Office):
    session = office.session(State.ACTIVE)
    office.desk.do(c.RemoveGroup(office.group))
    with pytest.raises(Invalid) as caught:
        office.agent.do(c.TransferSession(session, group=office.group))
    assert caught.value.field == "group"


@pytest.mark.parametrize("back", ["release", "group", "removal"])
def test_what_goes_back_to_the_queue_has_its_old_place(office: Office, back: str):
    office.colleague.do(c.SetStatus("available"))
    first = office.session(State.QUEUED)
    office.clock.advance(minutes=1)
    second = office.session(State.QUEUED)
    office.clock.advance(minutes=1)
    office.agent.do(c.ClaimSession(first))
    office.clock.advance(minutes=1)
    match back:
        case "release":
            office.agent.do(c.ReleaseSession(first))
        case "group":
            office.agent.do(c.TransferSession(first, group=office.group))
        case _:
            office.desk.do(c.RemoveAgent(office.mina))
    assert [session.id for session in office.desk.ask(q.Queue()).items] == [first.id, second.id]
    assert office.visitor.ask(q.QueuePosition(first)) == c.Queued(1)


def test_a_released_outbound_talk_waits_from_its_release(office: Office):
    session = office.agent.do(c.OpenSessionByAgent(office.customer))
    office.clock.advance(minutes=5)
    released = office.agent.do(c.ReleaseSession(session))
    assert (released.state, released.since) == (State.QUEUED, office.clock.now())


def test_only_the_owner_or_an_admin_acts_for_a_talk(office: Office):
    session = office.session(State.ACTIVE)
    until = as_datetime(office.clock.now()) + timedelta(minutes=5)
    for command in (
        c.ReleaseSession(session),
        c.TransferSession(session, agent=office.jun),
        c.HoldSession(session, until),
        c.ResumeSession(session),
        c.EndSession(session),
    ):
        with pytest.raises(Forbidden):
            office.colleague.do(command)
    assert office.admin.do(c.ReleaseSession(session)).state is State.QUEUED


def test_an_agent_of_another_brand_can_be_given_nothing(office: Office):
    elsewhere = office.desk.brand("other").do(c.AddAgent(name="남"))
    with pytest.raises(NotFound):
        office.admin.do(c.AssignSession(office.session(State.QUEUED), elsewhere))


def test_who_is_no_agent_cannot_claim(office: Office):
    session = office.session(State.QUEUED)
    with pytest.raises(Invalid) as caught:
        office.desk.do(c.ClaimSession(session))
    assert caught.value.field == "actor"


# ------------------------------------------------------------------------------------------------------------------ holds


def hold(office: Office, session: Any, minutes: float = 30) -> Any:
    return office.agent.do(c.HoldSession(session, as_datetime(office.clock.now()) + timedelta(minutes=minutes)))


def test_a_hold_ends_by_its_timer(office: Office):
    session = hold(office, office.session(State.ACTIVE))
    assert session.state is State.ACTIVE
    office.desk.advance(minutes=29)
    assert office.look(session).held_until == session.held_until
    office.desk.advance(minutes=1)
    after = office.look(session)
    assert (after.held_until, after.wake) == (None, None)
    resumed = office.history(session)[-1]
    assert (resumed.body, resumed.time, resumed.actor) == (e.Resumed("system"), session.held_until, "system")


def test_a_hold_ends_by_the_customers_next_message(office: Office):
    session = hold(office, office.session(State.ACTIVE))
    office.visitor.do(c.SendMessage(session, text="아직인가요?"))
    assert office.look(session).held_until is None
    assert office.types(session)[-2:] == ["Resumed", "MessageSent"]
    office.desk.advance(hours=1)
    assert office.types(session)[-1] == "MessageSent"


def test_the_agents_message_and_a_note_end_no_hold(office: Office):
    session = hold(office, office.session(State.ACTIVE))
    office.agent.do(c.SendMessage(session, text="알아보는 중이에요"))
    office.agent.do(c.AddNote(session, text="창고에 문의"))
    assert office.look(session).held_until == session.held_until


def test_a_hold_to_the_same_time_and_a_resume_without_a_hold_make_no_event(office: Office):
    session = hold(office, office.session(State.ACTIVE))
    assert hold(office, session) == session
    resumed = office.agent.do(c.ResumeSession(session))
    assert office.agent.do(c.ResumeSession(session)) == resumed


def test_a_hold_that_is_prolonged_ends_at_the_later_time_only(office: Office):
    session = hold(office, office.session(State.ACTIVE), 10)
    later = hold(office, session, 60)
    office.desk.advance(minutes=30)
    assert office.look(session).held_until == later.held_until


def test_a_hold_needs_a_time_to_come(office: Office):
    session = office.session(State.ACTIVE)
    with pytest.raises(Invalid) as caught:
        hold(office, session, 0)
    assert caught.value.field == "until"


@pytest.mark.parametrize("way", ["release", "transfer", "end", "force"])
def test_leaving_the_owner_ends_the_hold(office: Office, way: str):
    session = hold(office, office.session(State.ACTIVE))
    command = {
        "release": c.ReleaseSession(session),
        "transfer": c.TransferSession(session, agent=office.jun),
        "end": c.EndSession(session),
        "force": c.ForceClose(session),
    }[way]
    office.admin.do(command)
    after = office.look(session)
    assert (after.held_until, after.wake) == (None, None)
    before = len(office.history(session))
    office.desk.advance(hours=1)
    assert len(office.history(session)) == before


def test_assignments_by_the_desk_are_manual_and_claims_are_claims(office: Office):
    first, second = office.session(State.QUEUED), office.session(State.QUEUED)
    office.agent.do(c.ClaimSession(first))
    office.desk.acting_as(Actor.system).do(c.AssignSession(second, office.mina))
    assert [bodies(office.history(one), e.Assigned)[0].how for one in (first, second)] == ["claim", "manual"]
