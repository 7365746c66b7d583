"""The self-check finds what cannot be, and nothing where all is well."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.office import Office

from cschat import BotCursor, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.distribution import Duty, Seat
from cschat.core.people import Agent
from cschat.core.records import evolve
from cschat.core.session import Session
from cschat.core.times import as_datetime


def findings(office: Office) -> list[str]:
    return [finding.what for finding in office.desk.ask(q.SelfCheck())]


def break_session(office: Office, session: Session, **changes: Any) -> None:
    """Write a session as no command would."""
    office.desk.store.transact(lambda tx: tx.put(evolve(tx.get(Session, session.id), **changes)), brand=session.brand)


def test_nothing_is_found_where_all_is_well(office: Office):
    for state in State:
        office.session(state)
    office.agent.do(c.HoldSession(office.session(State.ACTIVE), as_datetime(office.clock.now()) + timedelta(hours=1)))
    assert findings(office) == []


@pytest.mark.parametrize(
    ("state", "changes", "what"),
    [
        (State.ACTIVE, {"agent": None}, "is active and nobody has it"),
        (State.WRAP_UP, {"agent": None}, "is wrap_up and nobody has it"),
        (State.ACTIVE, {"agent": "agt_gone"}, "its owner does not work here"),
        (State.QUEUED, {"agent": "agt_gone"}, "is queued and yet somebody has it"),
        (State.INTAKE, {"spoke": False}, "is an intake item without a message"),
        (State.ACTIVE, {"held_until": 1}, "is on hold with no timer"),
        (State.QUEUED, {"held_until": 1, "wake": 2**60}, "is on hold and not active"),
        (State.QUEUED, {"main": BotCursor("a", "b")}, "has a main scenario outside BOT"),
        (State.BOT, {"side": BotCursor("a", "b")}, "has a side scenario in BOT"),
        (State.ACTIVE, {"delayed": ("dly_1",)}, "has a delayed reply with no timer"),
        (State.WRAP_UP, {"wake": 1}, "its timer is overdue"),
    ],
)
def test_each_fault_is_found(office: Office, state: State, changes: dict[str, Any], what: str):
    session = office.session(state)
    break_session(office, session, **changes)
    assert office.desk.ask(q.SelfCheck()) == [q.Finding(session.id, what)]
    assert office.desk.brand("other").ask(q.SelfCheck()) == []


def test_an_owner_who_was_removed_behind_the_desks_back_is_found(office: Office):
    office.session(State.ACTIVE)
    office.desk.store.transact(lambda tx: tx.put(evolve(tx.get(Agent, office.mina.id), removed=True)), brand=office.mina.brand)
    assert findings(office) == ["its owner does not work here"]


def test_a_timer_counts_as_lost_after_five_minutes(office: Office):
    office.agent.do(c.HoldSession(office.session(State.ACTIVE), as_datetime(office.clock.now()) + timedelta(minutes=1)))
    office.clock.advance(minutes=6)
    assert findings(office) == []
    office.clock.advance(seconds=1)
    assert findings(office) == ["its timer is overdue"]
    office.desk.run_due()
    assert findings(office) == []


def test_more_sessions_than_a_page_are_all_looked_at(memory_office: Office):
    office = memory_office
    with office.desk.batch():
        sessions = [office.visitor.do(c.OpenSession()) for _ in range(1100)]
    sessions.sort(key=lambda session: session.id)
    for session in (sessions[0], sessions[-1]):
        break_session(office, session, side=BotCursor("a", "b"))
    assert len(findings(office)) == 2


@pytest.mark.parametrize(
    ("kind", "changes", "what"),
    [
        (Duty, {"load": 0}, "has 1 and counts as having 0"),
        (Seat, {"open": True, "why": ""}, "their seat in * is not as it must be"),
        (Session, {"lane": "grp_none"}, "waits in grp_none and not in {mina}"),
    ],
)
def test_what_routing_keeps_is_looked_at_too(office: Office, kind: Any, changes: dict[str, Any], what: str):
    office.desk.do_all(
        [c.ChangeAgent(office.mina, capacity=1), c.SetDistribution(mode="auto", default={"agents": [office.mina]}, presence={})]
    )
    office.session(State.ACTIVE)
    waiting = office.session(State.QUEUED)
    assert findings(office) == []
    id = {Duty: Duty.id_of(office.mina.id), Seat: Seat.id_of(office.mina.id, "*"), Session: waiting.id}[kind]
    office.desk.store.transact(lambda tx: tx.put(evolve(tx.get(kind, id), **changes)), brand=office.mina.brand)
    assert what.format(mina=office.mina.id) in findings(office)


def test_who_waits_beside_somebody_who_is_free_is_found(office: Office):
    office.desk.do_all(
        [c.ChangeAgent(office.mina, capacity=1), c.SetDistribution(mode="auto", default={"agents": [office.mina]}, presence={})]
    )
    office.session(State.ACTIVE)
    waiting = office.session(State.QUEUED)
    office.desk.store.transact(
        lambda tx: tx.put(evolve(tx.get(Seat, Seat.id_of(office.mina.id, "*")), open=True, load=0)), brand=office.mina.brand
    )
    assert q.Finding(waiting.id, f"waits, and {office.mina.id} is free") in office.desk.ask(q.SelfCheck())
