"""Many sessions are changed at once: each once, each for itself, in the name of whoever ordered it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.office import Office, bodies

from cschat import Actor, Desk, Session, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.commands.bulk import CHUNK
from cschat.core.bulk import Bulk
from cschat.core.clock import FakeClock
from cschat.core.times import as_datetime
from cschat.errors import Invalid, NotFound

ACTIVE = {"field": "state", "is": "active"}


def talks(office: Office, count: int, **how: Any) -> list[Session]:
    """Sessions of as many customers, in Mina's hands."""
    office.desk.do(c.ChangeAgent(office.mina, capacity=1000))
    made = []
    with office.desk.batch():
        for number in range(count):
            visitor = office.desk.acting_as(Actor.guest(f"guest-{number}", name=f"고객{number}"))
            session = visitor.do(c.OpenSession(text=f"문의 {number}", **how))
            visitor.do(c.RequestAgent(session))
            made.append(office.agent.do(c.ClaimSession(session)))
    return made


def bulk(office: Office, only_if: Any, *then: Any, **period: Any) -> Bulk:
    started = office.admin.do(c.StartBulk(only_if, then, **period))
    office.desk.settle()
    return office.admin.ask(q.GetBulk(started))


def counts(done: Bulk) -> tuple[str, int, int, int]:
    return str(done.state), done.total, done.done, done.failed


def test_all_that_fit_get_the_reply_each_with_their_own_name(office: Office):
    sessions = talks(office, 3)
    waiting = office.session(State.QUEUED)
    done = bulk(office, ACTIVE, {"reply": {"": "{{ customer.name }}님, {{ agent.name }}입니다. 복구됐어요.", "en": "Fixed."}})
    assert counts(done) == ("done", 3, 3, 0)
    for number, session in enumerate(sessions):
        message = office.desk.ask(q.Transcript(session)).items[-1]
        assert message.text == f"고객{number}님, 민아입니다. 복구됐어요."
        assert (message.author, message.agent) == ("agent", office.sora.id)
        event = office.history(session)[-1]
        assert (event.actor, event.cause) == (f"agent:{office.sora.id}", f"{done.id}:1")
    assert office.said(waiting) == ["문의드려요"]
    assert [event.type for event in office.log(done.id)] == ["BulkStarted", "BulkEnded"]
    assert [one.id for one in office.admin.ask(q.Bulks()).items] == [done.id]
    assert office.desk.ask(q.SelfCheck()) == []


@pytest.mark.parametrize(
    ("then", "look"),
    [
        ([{"set_category": "배송/지연"}], lambda o, s: s.category is not None),
        ([{"set_priority": "urgent"}], lambda o, s: s.priority == "urgent"),
        ([{"add_tags": ["장애", "공지"]}, {"remove_tags": ["공지"]}], lambda o, s: s.tags == ("장애",)),
        ([{"assign": {"agent": "JUN"}}], lambda o, s: s.agent == o.jun.id),
        ([{"assign": {"group": "GROUP"}}], lambda o, s: (s.state, s.group) == (State.QUEUED, o.group.id)),
        ([{"end": "장애 복구"}], lambda o, s: (s.state, s.reason) == (State.WRAP_UP, "장애 복구")),
        (
            [{"end": "끝"}, {"wrap_up": {"note": "복구", "category": "장애", "tags": ["일괄"]}}],
            lambda o, s: (s.state, s.tags) == (State.CLOSED, ("일괄",)),
        ),
    ],
    ids=["category", "priority", "tags", "agent", "group", "end", "wrap up"],
)
def test_each_action_does_what_its_command_does(office: Office, then: list[Any], look: Any):
    sessions = talks(office, 2)
    named = [
        {name: ({kind: {"JUN": office.jun.id, "GROUP": office.group.id}[id] for kind, id in what.items()} if name == "assign" else what)}
        for [(name, what)] in (action.items() for action in then)
    ]
    assert counts(bulk(office, ACTIVE, *named)) == ("done", 2, 2, 0)
    assert all(look(office, office.look(session)) for session in sessions)


def test_what_nobody_has_is_given_to_an_agent_answered_and_closed(office: Office):
    left = office.session(State.INTAKE)
    then = [{"assign": {"agent": office.sora.id}}, {"reply": "확인했습니다."}, {"end": "done"}, {"wrap_up": {}}]
    assert counts(bulk(office, {"field": "state", "is": "intake"}, *then)) == ("done", 1, 1, 0)
    assert office.look(left).state is State.CLOSED
    assert office.said(left)[-1] == "확인했습니다."


def test_a_failure_of_one_session_is_told_and_undoes_nothing_of_the_others(office: Office):
    """The second action fails for what waits: its first one is undone, in the middle of a chunk that is good."""
    sessions = talks(office, 5)
    for session in sessions[1:4:2]:
        office.agent.do(c.ReleaseSession(session))
    before = {session.id: office.look(session) for session in sessions}
    done = bulk(office, {}, {"add_tags": ["장애"]}, {"reply": "복구됐어요."})
    assert counts(done) == ("done", 5, 3, 2)
    failures = list(office.admin.each(q.BulkFailures(done, limit=1)))
    assert [one.session for one in failures] == [sessions[1].id, sessions[3].id]
    assert {one.code for one in failures} == {"illegal_transition"}
    assert "queued" in failures[0].reason
    for number, session in enumerate(sessions):
        now = office.look(session)
        if number in (1, 3):
            assert now == before[session.id]
            assert "SessionTagged" not in office.types(session)
        else:
            assert now.tags == ("장애",)
            assert office.said(session)[-1] == "복구됐어요."


def test_what_a_reactor_refuses_for_one_session_is_undone_for_that_one():
    class Stubborn:
        on = (e.SessionTagged,)

        def react(self, ctx: Any, event: Any) -> None:
            if event.subject == bad[0]:
                raise KeyError("our own mistake")

    bad: list[str] = []
    clock = FakeClock()
    with Desk.open("memory:", clock=clock, seed=1, reactors=[Stubborn()]) as desk:
        office = Office.on(desk, clock)
        sessions = talks(office, 3)
        bad.append(sessions[1].id)
        done = bulk(office, ACTIVE, {"add_tags": ["장애"]})
        assert counts(done) == ("done", 3, 2, 1)
        [failure] = office.admin.ask(q.BulkFailures(done)).items
        assert (failure.session, failure.code, failure.reason) == (bad[0], "error", "KeyError")
        assert [office.look(session).tags for session in sessions] == [("장애",), (), ("장애",)]


def test_rules_routing_and_bots_answer_what_a_bulk_does(office: Office):
    office.desk.do(c.AddRule("인사", {"event": "SessionTagged"}, [{"set_priority": "high"}]))
    [session] = talks(office, 1)
    bulk(office, ACTIVE, {"add_tags": ["장애"]})
    assert office.look(session).priority == "high"
    [fired] = [event for event in office.history(session) if event.type == "RuleFired"]
    assert fired.actor == "system"


def test_many_go_chunk_by_chunk_each_once(office: Office):
    sessions = talks(office, CHUNK * 2 + 7)
    started = office.admin.do(c.StartBulk(ACTIVE, [{"reply": "공지"}]))
    seen = []
    while not (now := office.admin.ask(q.GetBulk(started))).over:
        seen.append(counts(now))
        assert office.desk.run_clocks() == 1
    everyone = len(sessions)
    assert seen == [
        ("counting", 0, 0, 0),
        *(("running", everyone, done, 0) for done in (0, CHUNK, 2 * CHUNK)),
    ]
    assert [office.said(session).count("공지") for session in sessions] == [1] * everyone


def test_what_comes_to_fit_by_the_bulk_itself_is_changed_once_and_what_was_opened_after_it_is_not(office: Office):
    [early, other] = talks(office, 2)
    office.clock.advance(minutes=1)
    started = office.admin.do(c.StartBulk({"field": "priority", "in": ["normal", "high"]}, [{"set_priority": "high"}, {"reply": "하나"}]))
    office.clock.advance(minutes=1)
    [late, _] = talks(office, 2)
    office.desk.settle()
    assert counts(office.admin.ask(q.GetBulk(started))) == ("done", 2, 2, 0)
    assert [office.said(session).count("하나") for session in (early, other, late)] == [1, 1, 0]


def test_a_period_bounds_it(office: Office):
    made = []
    for _ in range(4):
        made += talks(office, 1)
        office.clock.advance(minutes=10)
    opened = [as_datetime(session.opened) for session in made]
    bulk(office, ACTIVE, {"add_tags": ["기간"]}, since=opened[1], until=opened[3])
    assert [office.look(session).tags for session in made] == [(), ("기간",), ("기간",), ()]


def test_cancelled_it_does_nothing_more_and_what_is_done_stays(office: Office):
    sessions = talks(office, CHUNK + 5)
    started = office.admin.do(c.StartBulk(ACTIVE, [{"add_tags": ["일괄"]}]))
    for _ in range(2):
        office.desk.run_clocks()
    cancelled = office.admin.do(c.CancelBulk(started))
    assert counts(cancelled) == ("cancelled", CHUNK + 5, CHUNK, 0)
    office.desk.advance(hours=1)
    assert sum(office.look(session).tags == ("일괄",) for session in sessions) == CHUNK
    before = office.everything()
    assert office.admin.do(c.CancelBulk(started)) == cancelled
    assert office.everything() == before


@pytest.mark.parametrize(
    "change", [lambda o: c.RemoveAgent(o.sora), lambda o: c.ChangeAgent(o.sora, role="agent")], ids=["removed", "demoted"]
)
def test_whoever_ordered_it_and_may_no_longer_ends_it(office: Office, change: Any):
    [session] = talks(office, 1)
    started = office.admin.do(c.StartBulk(ACTIVE, [{"add_tags": ["일괄"]}]))
    office.desk.do(change(office))
    office.desk.settle()
    stopped = office.desk.ask(q.GetBulk(started))
    assert counts(stopped)[0] == "stopped"
    assert office.sora.id in stopped.reason
    assert office.look(session).tags == ()


def test_the_host_may_order_one_and_speaks_as_the_desk(office: Office):
    [session] = talks(office, 1)
    office.desk.do(c.StartBulk(ACTIVE, [{"reply": "점검이 끝났습니다."}]))
    office.desk.settle()
    message = office.desk.ask(q.Transcript(session)).items[-1]
    assert (message.author, message.text) == ("system", "점검이 끝났습니다.")


def test_a_text_that_cannot_be_filled_in_for_somebody_fails_for_them_alone(office: Office):
    sessions = talks(office, 2)
    office.desk.do(c.UpdateCustomer(sessions[0].customer, attributes={"order": "7"}))
    done = bulk(office, ACTIVE, {"reply": "주문 {{ customer.order }}"})
    assert counts(done) == ("done", 2, 1, 1)
    assert [failure.session for failure in office.admin.ask(q.BulkFailures(done)).items] == [sessions[1].id]
    assert office.said(sessions[0])[-1] == "주문 7"


@pytest.mark.parametrize(
    ("then", "field"),
    [
        ([{"reply": "{{ customer.name"}], "then.0.reply"),
        ([{"assign": {"agent": "agt_none"}}], "then.0.assign.agent"),
        ([{"add_tags": ["x"]}, {"send": "x"}], "then.1"),
        ([{"wrap_up": {"note": 5}}], "then.0.wrap_up.note"),
    ],
)
def test_what_cannot_be_done_is_refused_before_it_begins(office: Office, then: list[Any], field: str):
    before = office.everything()
    with pytest.raises(Invalid) as caught:
        office.admin.do(c.StartBulk({}, then))
    assert caught.value.field == field
    assert office.everything() == before


def test_it_stays_in_its_brand(office: Office):
    [session] = talks(office, 1)
    other = office.desk.brand("other")
    started = other.do(c.StartBulk({}, [{"add_tags": ["남"]}]))
    office.desk.settle()
    assert counts(other.ask(q.GetBulk(started))) == ("done", 0, 0, 0)
    assert office.look(session).tags == ()
    for thing in (q.GetBulk(started), q.BulkFailures(started)):
        with pytest.raises(NotFound):
            office.desk.ask(thing)


def test_a_repeated_order_is_one(office: Office):
    talks(office, 1)
    order = c.StartBulk(ACTIVE, [{"reply": "하나"}])
    first = office.admin.do(order, request_id="b1")
    office.desk.settle()
    assert office.admin.do(order, request_id="b1").id == first.id
    assert len(office.admin.ask(q.Bulks()).items) == 1


@settings(max_examples=20)
@given(states=st.lists(st.sampled_from(list(State)), min_size=1, max_size=12), closing=st.booleans())
def test_whatever_state_they_are_in_each_is_counted_done_or_failed_and_no_half_is_left(states: list[State], closing: bool):
    clock = FakeClock()
    with Desk.open("memory:", clock=clock, seed=1) as desk:
        office = Office.on(desk, clock)
        sessions = []
        for state in states:
            sessions.append(office.session(state))
            clock.advance(seconds=1)
        then = [{"add_tags": ["일괄"]}, {"reply": "공지"}, *([{"end": "끝"}, {"wrap_up": {"note": "끝"}}] if closing else [])]
        done = bulk(office, {}, *then)
        active = [session for session, state in zip(sessions, states, strict=True) if state is State.ACTIVE]
        assert counts(done) == ("done", len(states), len(active), len(states) - len(active))
        failed = [failure.session for failure in desk.ask(q.BulkFailures(done)).items]
        assert failed == [session.id for session in sessions if session not in active]
        for session in sessions:
            good = session in active
            assert (office.look(session).tags, office.said(session).count("공지")) == ((("일괄",), 1) if good else ((), 0))
        assert bodies(office.log(done.id), e.BulkEnded) == [e.BulkEnded("done", len(active), len(failed))]
        assert desk.ask(q.SelfCheck()) == []
