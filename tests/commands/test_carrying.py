"""All or nothing, and a repeated request: the same effect once, whatever the command."""

from __future__ import annotations

from typing import Any

import pytest
from tests.office import Office, bodies
from tests.samples import COMMANDS

from cschat import Actor, Desk, Session, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.commands.carrying import Request
from cschat.errors import Conflict, Forbidden, IllegalTransition, Invalid, NotFound


def by_name(kinds: Any) -> dict[str, Any]:
    return {"argvalues": list(kinds), "ids": [kind.__name__ for kind in kinds]}


SILENT = {c.Attend, c.Heartbeat, c.LeavePage, c.RunTimer}
"""Records nothing in the sample."""


@pytest.mark.parametrize("kind", **by_name(COMMANDS))
def test_a_repeated_request_has_no_further_effect(office: Office, kind: type):
    sample = COMMANDS[kind]
    command = sample.make(office, office.session(sample.state))
    door: Desk = getattr(office, sample.door)
    first = door.do(command, request_id="r1")
    before = office.everything()
    again = door.do(command, request_id="r1")
    assert again == first
    assert office.everything() == before


@pytest.mark.parametrize("kind", **by_name(COMMANDS))
def test_a_repeated_request_of_several_commands_has_no_further_effect(office: Office, kind: type):
    sample = COMMANDS[kind]
    beside = c.UpdateCustomer(phone="010-0000-0000") if sample.door == "visitor" else c.RegisterCustomer(guest="browser-c")
    commands = [beside, sample.make(office, office.session(sample.state)), beside]
    door: Desk = getattr(office, sample.door)
    first = door.do_all(commands, request_id="r1")
    before = office.everything()
    again = door.do_all(commands, request_id="r1")
    assert again[1] == first[1]
    assert office.everything() == before


@pytest.mark.parametrize("kind", **by_name(kind for kind in COMMANDS if kind not in SILENT))
def test_a_request_is_recorded_with_its_first_effect(memory_office: Office, kind: type):
    """Without this the two tests above could pass for commands that have no effect."""
    office = memory_office
    sample = COMMANDS[kind]
    command = sample.make(office, office.session(sample.state))
    before = len(office.everything().events)
    getattr(office, sample.door).do(command)
    assert len(office.everything().events) > before


# ----------------------------------------------------------------------------------------------------------- client ids


def test_the_same_client_id_twice_is_one_message(office: Office):
    session = office.session()
    first = office.visitor.do(c.SendMessage(session, text="안녕하세요", client_id="m1"))
    again = office.visitor.do(c.SendMessage(session, text="안녕하세요", client_id="m1"))
    assert again == first
    assert office.said(session) == ["문의드려요", "안녕하세요"]


def test_the_same_client_id_of_another_person_is_another_message(office: Office):
    session = office.session(State.ACTIVE)
    texts = [door.do(c.SendMessage(session, text=f"{n}", client_id="m1")).text for n, door in enumerate((office.visitor, office.agent))]
    assert texts == ["0", "1"]


def test_a_repeated_note_is_one_note(office: Office):
    session = office.session()
    assert office.agent.do(c.AddNote(session, text="메모", client_id="n1")) == office.agent.do(
        c.AddNote(session, text="메모", client_id="n1")
    )
    assert office.said(session).count("메모") == 1


@pytest.mark.parametrize("how", ["client_id", "request_id"])
@pytest.mark.parametrize("policy", ["same_session", "new_session"])
def test_a_repeated_message_that_reopened_or_continued_is_one_message(office: Office, how: str, policy: str):
    office.desk.do(c.ChangeBrand(reopening={"*": policy}))
    session = office.session(State.CLOSED)
    office.clock.advance(hours=1)

    def send() -> Any:
        if how == "client_id":
            return office.visitor.do(c.SendMessage(session, text="또 왔어요", client_id="m1"))
        return office.visitor.do(c.SendMessage(session, text="또 왔어요"), request_id="r1")

    first = send()
    before = office.everything()
    assert send() == first
    assert office.everything() == before
    assert office.said(first.session)[-1] == "또 왔어요"
    assert (first.session == session.id) is (policy == "same_session")


def test_a_repeat_that_comes_after_the_continuation_still_finds_its_message(office: Office):
    session = office.session(State.CLOSED)
    first = office.visitor.do(c.SendMessage(session, text="감사합니다", client_id="m1"))
    office.clock.advance(hours=1)
    second = office.visitor.do(c.SendMessage(session, text="새 문의", client_id="m2"))
    third = office.visitor.do(c.SendMessage(session, text="이어서", client_id="m3"))
    assert (first.session, second.session, third.session) == (session.id, second.session, second.session)
    before = office.everything()
    repeats = [office.visitor.do(c.SendMessage(session, text="?", client_id=f"m{n}")) for n in (1, 2, 3)]
    assert repeats == [first, second, third]
    assert office.everything() == before


def test_a_repeated_message_that_ended_a_hold_is_one_message(office: Office):
    session = office.session(State.ACTIVE)
    office.agent.do(c.HoldSession(session, session.opened_at.replace(year=2030)))
    first = office.visitor.do(c.SendMessage(session, text="저기요"), request_id="r1")
    office.agent.do(c.HoldSession(session, session.opened_at.replace(year=2031)))
    assert office.visitor.do(c.SendMessage(session, text="저기요"), request_id="r1") == first
    assert office.look(session).held_until is not None


def test_a_repeated_button_finds_the_session_it_led_to(office: Office):
    session = office.session(State.CLOSED)
    office.clock.advance(hours=1)
    first = office.visitor.do(c.ReopenSession(session), request_id="r1")
    office.visitor.do(c.EndSession(first))
    again = office.visitor.do(c.ReopenSession(session), request_id="r1")
    assert (again.id, again.state) == (first.id, State.CLOSED)


# ---------------------------------------------------------------------------------------------------------- request ids


def test_a_repeated_opening_is_one_session_also_for_somebody_new(office: Office):
    guest = office.desk.acting_as(Actor.guest("browser-new", name="새손님"))
    first = guest.do(c.OpenSession(text="처음이에요"), request_id="r1")
    again = guest.do(c.OpenSession(text="처음이에요"), request_id="r1")
    assert first == again
    assert len(guest.ask(q.CustomerSessions()).items) == 1
    assert len(office.desk.ask(q.Customers()).items) == 3


def test_a_repeat_is_answered_from_the_present_state(office: Office):
    session = office.session(State.BOT)
    assert office.visitor.do(c.RequestAgent(session), request_id="r1") == c.Queued(1)
    office.agent.do(c.ClaimSession(session))
    assert office.visitor.do(c.RequestAgent(session), request_id="r1") == c.Connected(office.mina.id)


def test_a_repeated_request_for_a_person_who_was_not_there_records_it_once(office: Office):
    session = office.session(State.BOT)
    office.desk.do(c.ChangeBrand(accepting="closed"))
    assert office.visitor.do(c.RequestAgent(session), request_id="r1") == c.Unavailable("closed")
    assert office.visitor.do(c.RequestAgent(session), request_id="r1") == c.Unavailable("closed")
    assert len(bodies(office.history(session), e.AgentUnavailable)) == 1


def test_the_same_request_id_of_another_actor_or_session_is_another_request(office: Office):
    first, second = office.session(State.QUEUED), office.session(State.QUEUED)
    office.agent.do(c.ClaimSession(first), request_id="r1")
    assert office.agent.do(c.ClaimSession(second), request_id="r1").id == second.id
    assert office.agent.do(c.RegisterCustomer(guest="x"), request_id="r1").key == "guest:x"
    assert office.colleague.do(c.RegisterCustomer(guest="y"), request_id="r1").key == "guest:y"


def test_the_same_request_id_for_another_command_is_a_conflict(office: Office):
    session = office.session(State.QUEUED)
    office.agent.do(c.ClaimSession(session), request_id="r1")
    for command in (
        c.ReleaseSession(session),
        c.SetPriority(session, "high"),
        c.SendMessage(session, text="?"),
        c.AddNote(session, text="?"),
    ):
        with pytest.raises(Conflict):
            office.agent.do(command, request_id="r1")
    office.desk.do(c.AddGroup("하나"), request_id="r2")
    with pytest.raises(Conflict) as caught:
        office.desk.do(c.AddTag("하나"), request_id="r2")
    assert caught.value.request_id == "r2"
    with pytest.raises(Conflict):
        office.desk.do_all([c.AddGroup("하나"), c.AddGroup("둘")], request_id="r2")


def test_a_refused_command_leaves_its_request_id_free(office: Office):
    session = office.session(State.QUEUED)
    with pytest.raises(IllegalTransition):
        office.agent.do(c.ReleaseSession(session), request_id="r1")
    office.agent.do(c.ClaimSession(session))
    assert office.agent.do(c.ReleaseSession(session), request_id="r1").state is State.QUEUED


def test_request_ids_without_a_session_are_forgotten_after_seven_days(office: Office):
    office.desk.do(c.AddTag("하나"), request_id="r1")
    for pause in ({"days": 6, "hours": 23}, {"hours": 1}):
        office.clock.advance(**pause)
        office.desk.run_due()
        assert _requests(office)
    office.clock.advance(hours=1)  # they are looked for once an hour
    office.desk.run_due()
    assert not _requests(office)


def _requests(office: Office) -> list[Any]:
    return [id for kind, id in office.everything().records if kind == Request.kind]


@pytest.mark.parametrize("request_id", ["", "  ", "\0", "\ud800", "r" * 201, 7])
def test_a_bad_request_id_is_refused(office: Office, request_id: Any):
    session = office.session()
    for command in (c.EndSession(session), c.RegisterCustomer(guest="x")):
        with pytest.raises(Invalid) as caught:
            office.agent.do(command, request_id=request_id)
        assert caught.value.field == "request_id"


# ---------------------------------------------------------------------------------------------------------- all or none


def test_all_are_done_in_one_commit_and_see_each_other(office: Office):
    session = office.session(State.ACTIVE)
    ended, wrapped = office.agent.do_all([c.EndSession(session), c.WrapUp(session, note="끝", tags=["단순문의"])])
    assert (ended.state, wrapped.state) == (State.WRAP_UP, State.CLOSED)


@pytest.mark.parametrize("how", [{}, {"request_id": "r1"}])
def test_one_that_fails_undoes_all(office: Office, how: dict[str, Any]):
    session = office.session(State.ACTIVE)
    before = office.everything()
    with pytest.raises(IllegalTransition):
        office.agent.do_all([c.EndSession(session), c.WrapUp(session, tags=["새것"]), c.WrapUp(session)], **how)
    assert office.everything() == before
    assert office.agent.do_all([c.EndSession(session)], **how)[0].state is State.WRAP_UP


def test_each_of_several_needs_its_permission(office: Office):
    session = office.session(State.ACTIVE)
    before = office.everything()
    with pytest.raises(Forbidden):
        office.visitor.do_all([c.SendMessage(session, text="하나"), c.WrapUp(session)])
    assert office.everything() == before


def test_a_repeat_needs_the_permission_still(office: Office):
    office.admin.do(c.AddTag("급함"), request_id="r1")
    office.desk.do(c.ChangeAgent(office.sora, role="agent"))
    with pytest.raises(Forbidden):
        office.admin.do(c.AddTag("급함"), request_id="r1")
    with pytest.raises(Forbidden):
        office.admin.do_all([c.AddTag("급함")], request_id="r1")


def test_all_of_nothing_is_nothing(office: Office):
    before = office.everything()
    assert office.agent.do_all([]) == []
    assert office.everything() == before


def test_a_customer_is_answered_with_nothing_that_is_for_staff(office: Office):
    session = office.session(State.ACTIVE)
    office.agent.do_all([c.TagSession(session, ["진상"]), c.SetPriority(session, "low"), c.SetCategory(session, "불만")])
    office.agent.do_all([c.TagCustomer(office.customer, ["주의"]), c.UpdateCustomer(office.customer, attributes={"risk": 9})])
    answers = [
        office.visitor.do(c.MarkRead(session, up_to=session.seq), request_id="r0"),
        office.visitor.do(c.MarkRead(session, up_to=session.seq), request_id="r0"),
        office.visitor.do_all([c.RateSession(session, 5)], request_id="r1")[0],
        office.visitor.do_all([c.RateSession(session, 5)], request_id="r1")[0],
        office.visitor.do(c.EndSession(session)),
    ]
    for answer in answers:
        assert isinstance(answer, Session)
        assert (answer.tags, answer.category, answer.priority, answer.main, answer.side) == ((), None, "normal", None, None)
    customer = office.visitor.do(c.UpdateCustomer(name="김"))
    assert (customer.tags, customer.attributes, customer.name) == ((), {}, "김")


def test_unknown_records_are_not_found_and_leave_nothing(office: Office):
    before = office.everything()
    for command in (c.ClaimSession("ses_x"), c.TagCustomer("cus_x", ["a"]), c.SetStatus("busy", "agt_x"), c.AddNote("ses_x", text="?")):
        with pytest.raises(NotFound) as caught:
            office.admin.do(command)
        assert caught.value.id.endswith("_x")
    assert office.everything() == before
