"""Who has a session open, and who types: told to whom it concerns, written seldom, forgotten soon."""

from __future__ import annotations

import pytest
from tests.office import Office

from cschat import Session, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.attendance import Attendance
from cschat.core.timers import Timer
from cschat.errors import Forbidden


@pytest.fixture
def talk(office: Office) -> Session:
    return office.session(State.ACTIVE)


def seen(door, session: Session) -> list[tuple[str, bool]]:
    return sorted((one.name, one.typing) for one in door.ask(q.Attending(session)))


def rows(office: Office) -> list[Attendance]:
    return list(office.desk.store.stream(Attendance))


def test_staff_see_who_looks_and_types_and_nobody_sees_themselves(office: Office, talk: Session):
    office.visitor.do(c.Attend(talk, typing=True))
    office.agent.do(c.Attend(talk))
    office.colleague.do(c.Attend(talk, typing=True))
    assert seen(office.agent, talk) == [("김고객", True), ("준", True)]
    assert seen(office.colleague, talk) == [("김고객", True), ("민아", False)]
    assert seen(office.desk, talk) == [("김고객", True), ("민아", False), ("준", True)]
    customer = next(one for one in office.agent.ask(q.Attending(talk)) if one.name == "김고객")
    assert (customer.who, customer.agent) == ("customer", None)


def test_a_customer_sees_who_types_to_them_and_never_who_looks_or_hides(office: Office, talk: Session):
    office.agent.do(c.Attend(talk))
    office.colleague.do(c.Attend(talk))
    assert seen(office.visitor, talk) == []
    office.agent.do(c.Attend(talk, typing=True))
    assert office.visitor.ask(q.Attending(talk)) == [
        q.AttendedBy("agent", office.mina.id, "민아", typing=True, since_at=office.agent.ask(q.GetSession(talk)).opened_at)
    ]
    office.agent.do(c.SetStatus("hidden"))
    assert seen(office.visitor, talk) == []
    assert seen(office.colleague, talk) == [("민아", True)]


def test_a_customer_is_not_told_since_when_they_are_looked_at(office: Office, talk: Session):
    office.agent.do(c.Attend(talk))
    office.clock.advance(seconds=10)
    office.agent.do(c.Attend(talk, typing=True))
    since = {name: door.ask(q.Attending(talk))[0].since_at for name, door in (("customer", office.visitor), ("staff", office.colleague))}
    assert (since["customer"] - since["staff"]).total_seconds() == 10


def test_typing_and_looking_are_forgotten_after_silence(office: Office, talk: Session):
    office.agent.do(c.Attend(talk, typing=True))
    office.clock.advance(seconds=24.999)
    assert seen(office.visitor, talk) == [("민아", True)]
    office.clock.advance(seconds=0.001)
    assert seen(office.visitor, talk) == []
    assert seen(office.colleague, talk) == []


def test_who_leaves_is_gone_at_once_and_the_last_one_leaves_no_row(office: Office, talk: Session):
    office.agent.do(c.Attend(talk))
    office.visitor.do(c.Attend(talk))
    office.agent.do(c.Attend(talk, gone=True))
    assert seen(office.desk, talk) == [("김고객", False)]
    office.visitor.do(c.Attend(talk, gone=True))
    assert rows(office) == []
    office.visitor.do(c.Attend(talk, gone=True))


def test_only_what_is_new_is_written(office: Office, talk: Session):
    def written(**how) -> bool:
        before = rows(office)
        office.agent.do(c.Attend(talk, **how))
        return rows(office) != before

    assert written()
    office.clock.advance(seconds=8)
    assert not written()
    assert written(typing=True)
    assert not written(typing=True)
    assert written()
    office.clock.advance(seconds=9)
    assert written()


def test_it_is_no_event_and_changes_no_session(office: Office, talk: Session):
    position = office.desk.position()
    office.visitor.do(c.Attend(talk, typing=True))
    assert (office.desk.position(), office.look(talk)) == (position, talk)


def test_rows_that_nobody_keeps_up_are_swept_away_and_the_timer_ends_with_them(office: Office):
    for _ in range(3):
        office.visitor.do(c.Attend(office.session()))
    kept = office.session()
    timers = [timer for timer in office.desk.store.stream(Timer) if timer.does == "attendance"]
    assert len(timers) == 1
    office.desk.advance(seconds=290)
    office.agent.do(c.Attend(kept))
    office.desk.advance(seconds=11)
    assert [one.id for one in rows(office)] == [Attendance.id_of(kept.id)]
    office.desk.advance(minutes=5)
    assert rows(office) == []
    assert [timer for timer in office.desk.store.stream(Timer) if timer.does == "attendance"] == []
    office.agent.do(c.Attend(kept))
    office.desk.advance(minutes=6)
    assert rows(office) == []


def test_neither_the_host_nor_the_desk_looks_at_anything(office: Office, talk: Session):
    for door in (office.desk, office.system):
        with pytest.raises(Forbidden):
            door.do(c.Attend(talk))
