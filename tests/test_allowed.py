"""`allowed` tells the truth: what it names can be done, and what it does not name is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest
from tests.office import Office

from cschat import Actor, Desk, Session, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.times import as_datetime
from cschat.errors import AlreadyAssigned, Forbidden, IllegalTransition, Invalid

WHO: dict[str, Callable[[Office], Desk]] = {
    "customer": lambda office: office.visitor,
    "owner": lambda office: office.agent,
    "colleague": lambda office: office.colleague,
    "admin": lambda office: office.admin,
    "system": lambda office: office.system,
    "host": lambda office: office.desk,
}


def delaying(office: Office, session: Session, at: Any, text: str) -> Any:
    office.desk.do(c.ChangeBrand(delay_live=True))
    return c.DelayReply(session, at, text)


SENSIBLE: dict[type, Callable[[Office, Session], Any]] = {
    c.AddNote: lambda o, s: c.AddNote(s, text="메모"),
    c.AnswerAction: lambda o, s: c.AnswerAction(s, answers=s.seq),
    c.AssignSession: lambda o, s: c.AssignSession(s, o.jun),
    c.Attend: lambda o, s: c.Attend(s),
    c.ClaimSession: lambda o, s: c.ClaimSession(s),
    c.DelayReply: lambda o, s: delaying(o, s, as_datetime(o.clock.now()) + timedelta(minutes=5), text="나중에"),
    c.DirectSession: lambda o, s: c.DirectSession(s, agent=o.jun),
    c.EndSession: lambda o, s: c.EndSession(s, timer="silent", policy="idle"),
    c.ForceClose: lambda o, s: c.ForceClose(s),
    c.HoldSession: lambda o, s: c.HoldSession(s, as_datetime(o.clock.now()) + timedelta(minutes=5)),
    c.LeaveMessage: lambda o, s: c.LeaveMessage(s, text="내일 답 주세요"),
    c.LeavePage: lambda o, s: c.LeavePage(s),
    c.LinkSession: lambda o, s: c.LinkSession(s, o.desk.do(c.AddAnnouncement("배송 지연", "이틀 늦습니다."))),
    c.MarkRead: lambda o, s: c.MarkRead(s, up_to=1),
    c.MoveToIntake: lambda o, s: c.MoveToIntake(s),
    c.RateSession: lambda o, s: c.RateSession(s, 5),
    c.ReleaseSession: lambda o, s: c.ReleaseSession(s),
    c.ReopenSession: lambda o, s: c.ReopenSession(s),
    c.RequestAgent: lambda o, s: c.RequestAgent(s),
    c.ResumeSession: lambda o, s: c.ResumeSession(s),
    c.ReturnToBot: lambda o, s: c.ReturnToBot(s),
    c.SendBotMessage: lambda o, s: c.SendBotMessage(s, s.seq, "네"),
    c.SendMessage: lambda o, s: c.SendMessage(s, text="네"),
    c.SetCategory: lambda o, s: c.SetCategory(s, "배송"),
    c.SetPriority: lambda o, s: c.SetPriority(s, "high"),
    c.SetSubject: lambda o, s: c.SetSubject(s, "배송"),
    c.TagSession: lambda o, s: c.TagSession(s, ["급함"]),
    c.TransferSession: lambda o, s: c.TransferSession(s, group=o.group),
    c.UntagSession: lambda o, s: c.UntagSession(s, ["급함"]),
    c.WakeSession: lambda o, s: c.WakeSession(s),
    c.WrapUp: lambda o, s: c.WrapUp(s, note="끝"),
}


def refusal(command: type, state: State, who: str) -> tuple[type[Exception], ...] | None:
    """How something that is not allowed is refused; None: it is done, and changes nothing."""
    owned = state in (State.ACTIVE, State.WRAP_UP)
    if command is c.ClaimSession and who in ("host", "system"):
        return (Invalid,)  # says which actor is needed
    if command is c.ClaimSession and who == "owner" and state is State.ACTIVE:
        return None  # claimed twice is claimed once
    if command in (c.ClaimSession, c.AssignSession) and owned and who != "customer":
        return (AlreadyAssigned, Forbidden)  # says who has it
    return (IllegalTransition, Forbidden)


def session_commands() -> set[type]:
    return {kind for kind in c.COMMANDS if any(field.name == "session" for field in attrs.fields(kind))}


def test_every_command_on_a_session_is_looked_at():
    assert {*SENSIBLE} == session_commands()


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("state", State)
def test_what_is_allowed_can_be_done_and_nothing_else(memory_office: Office, state: State, who: str):
    office = memory_office
    door = WHO[who](office)
    for command, make in SENSIBLE.items():
        session = office.session(state)
        thing = make(office, session)
        before = office.everything()
        if command in door.allowed(session):
            door.do(thing)
            continue
        errors = refusal(command, state, who)
        if errors is None:
            door.do(thing)
        else:
            with pytest.raises(errors):
                door.do(thing)
        assert office.everything() == before, command


def names(allowed: frozenset[type]) -> set[str]:
    return {command.__name__ for command in allowed}


SORTING = {"SetCategory", "SetPriority", "SetSubject", "TagSession", "UntagSession"}
ANYTIME = SORTING | {"AddNote", "Attend", "LinkSession", "MarkRead"}


def test_the_buttons_of_an_agent(office: Office):
    """Written out as a page would draw them."""
    expected = {
        State.BOT: {"ClaimSession", "EndSession", "RequestAgent"},
        State.QUEUED: {"ClaimSession", "EndSession", "RequestAgent"},
        State.INTAKE: {"ClaimSession", "EndSession", "RequestAgent"},
        State.ACTIVE: {
            *(
                "SendMessage",
                "DelayReply",
                "EndSession",
                "HoldSession",
                "ResumeSession",
                "ReleaseSession",
                "TransferSession",
                "RequestAgent",
            )
        },
        State.WRAP_UP: {"WrapUp", "ReopenSession"},
        State.CLOSED: {"ReopenSession"},
    }
    for state, buttons in expected.items():
        assert names(office.agent.allowed(office.session(state))) == buttons | ANYTIME


def test_the_buttons_of_a_colleague_on_anothers_talk(office: Office):
    assert names(office.colleague.allowed(office.session(State.ACTIVE))) == {"SendMessage", "RequestAgent"} | ANYTIME
    assert names(office.colleague.allowed(office.session(State.WRAP_UP))) == {"ReopenSession"} | ANYTIME


def test_the_buttons_of_a_customer(office: Office):
    always = {"SendMessage", "Attend", "LinkSession", "MarkRead", "LeavePage"}
    expected = {
        State.BOT: {"RequestAgent", "LeaveMessage", "EndSession", "RateSession"},
        State.QUEUED: {"RequestAgent", "LeaveMessage", "EndSession", "ReturnToBot"},
        State.INTAKE: {"RequestAgent", "LeaveMessage", "EndSession"},
        State.ACTIVE: {"RequestAgent", "EndSession", "RateSession"},
        State.WRAP_UP: {"RateSession", "ReopenSession"},
        State.CLOSED: {"RateSession", "ReopenSession"},
    }
    for state, buttons in expected.items():
        assert names(office.visitor.allowed(office.session(state))) == buttons | always


def test_a_door_may_ask_for_another_actor(office: Office):
    session = office.session(State.QUEUED)
    assert office.desk.allowed(session, as_=Actor.agent(office.mina)) == office.agent.allowed(session)
    assert office.desk.allowed(session.id, as_=Actor.guest("browser-a")) == office.visitor.allowed(session)


def test_asking_changes_nothing(office: Office):
    session = office.session(State.ACTIVE)
    before = office.everything()
    office.desk.allowed(session)
    assert office.everything() == before
    assert office.desk.ask(q.SelfCheck()) == []
