"""The session machine: the table of the design, row by row, and nothing beside it."""

from __future__ import annotations

from typing import Any

import pytest

from cschat import Event, Role, State
from cschat import events as e
from cschat.core.content import Content, Speaker
from cschat.core.look import Away
from cschat.core.session import MACHINE, STAY, Session, legal, may, opened, target
from cschat.errors import IllegalTransition

BOT, QUEUED, ACTIVE, INTAKE, WRAP_UP, CLOSED = State

HUMAN = e.Assigned("agt_1", "claim")
SAID = e.MessageSent("msg_1", Speaker.CUSTOMER, Content(text="문의"))

WAY_TO: dict[State, list[Any]] = {
    BOT: [],
    QUEUED: [e.AgentRequested()],
    ACTIVE: [e.AgentRequested(), HUMAN],
    INTAKE: [SAID, e.MessageLeft()],
    WRAP_UP: [e.AgentRequested(), HUMAN, e.Ended(Role.AGENT, "done")],
    CLOSED: [e.AgentRequested(), HUMAN, e.Ended(Role.AGENT, "done"), e.WrappedUp(Role.AGENT)],
}

# The rows of the design: from where, what happens, where it leads.
ROWS: list[tuple[set[State], Any, State | None]] = [
    ({BOT, INTAKE}, e.AgentRequested(), QUEUED),
    ({BOT, INTAKE}, e.AgentUnavailable("nobody"), None),
    ({BOT, QUEUED}, e.MessageLeft(), INTAKE),
    ({QUEUED}, e.MovedToIntake("closed"), INTAKE),
    ({QUEUED}, e.ReturnedToBot("cancelled"), BOT),
    ({QUEUED}, e.Routed("*", "default"), None),
    ({QUEUED}, e.PassedByAll(), None),
    ({BOT, QUEUED, INTAKE}, e.Directed(agent="agt_2"), None),
    ({BOT, QUEUED, INTAKE}, HUMAN, ACTIVE),
    ({ACTIVE}, e.Transferred("agent", agent="agt_2"), ACTIVE),
    ({ACTIVE}, e.Transferred("group", group="grp_1"), QUEUED),
    ({ACTIVE}, e.Released(), QUEUED),
    ({ACTIVE}, e.OfferPassed("agt_1"), QUEUED),
    ({ACTIVE}, e.Held(99), None),
    ({ACTIVE}, e.Resumed(Role.AGENT), None),
    ({BOT, QUEUED}, e.Ended(Role.CUSTOMER, "done"), CLOSED),
    ({ACTIVE}, e.Ended(Role.AGENT, "done"), WRAP_UP),
    ({INTAKE}, e.Ended(Role.SYSTEM, "done"), CLOSED),
    ({WRAP_UP}, e.WrappedUp(Role.AGENT), CLOSED),
    ({WRAP_UP, CLOSED}, e.Reopened(Role.AGENT, "active", "agt_1"), ACTIVE),
    ({WRAP_UP, CLOSED}, e.Reopened(Role.CUSTOMER, "queued"), QUEUED),
    ({WRAP_UP, CLOSED}, e.Reopened(Role.CUSTOMER, "bot"), BOT),
    ({WRAP_UP, CLOSED}, e.Reopened(Role.CUSTOMER, "intake"), INTAKE),
    (set(State), e.ForceClosed(Role.ADMIN, "abuse"), CLOSED),
    # what changes no state, where it makes sense
    (set(State), SAID, None),
    (set(State), e.MessagesRead(Speaker.CUSTOMER, 1), None),
    (set(State), e.CategorySet("cat_1"), None),
    (set(State), e.PrioritySet("high"), None),
    (set(State), e.SubjectSet("배송"), None),
    (set(State), e.SessionTagged(("vip",)), None),
    (set(State), e.BotMoved(side=True), None),
    (set(State), e.BotReplyDropped(1), None),
    (set(State), e.AlertRaised("sla", "응답이 늦었습니다."), None),
    (set(State), e.ActionRequested("find_order", {}, 1), None),
    (set(State), e.ActionAnswered(1, ok=True), None),
    (set(State), e.ActionAnswerDropped(1), None),
    (set(State), e.ScenarioFailed("scn_1", "a", "because"), None),
    (set(State), e.Linked("ann_1"), None),
    (set(State), e.LeftUnread("msg_1", 1, Away.PUSH), None),
    (set(State), e.RuleFired("rul_1", "인사"), None),
    (set(State), e.RuleStopped("rul_1", "인사", "because"), None),
    (set(State), e.SlaWarned("기본", "first_response", 1, 2), None),
    (set(State), e.SlaBreached("기본", "first_response", 1, 2), None),
    (set(State), e.ReplyDelayed("dly_1", "agt_1", 2, Content(text="나중에")), None),
    (set(State), e.DelayedReplyChanged("dly_1", 3, Content(text="더 나중에")), None),
    (set(State), e.DelayedReplyReviewed("dly_1", approved=True), None),
    (set(State), e.DelayedReplyHeld("dly_1", "customer_wrote"), None),
    (set(State), e.DelayedReplySent("dly_1", "msg_1"), None),
    (set(State), e.DelayedReplyDropped("dly_1", "cancelled"), None),
    (set(State), e.CustomerReplaced("cus_2"), None),
    ({BOT, ACTIVE, WRAP_UP, CLOSED}, e.Rated(5, 5), None),
    ({WRAP_UP, CLOSED}, e.Continued("ses_2"), None),
    # what only begins a session
    (set(), e.Opened("cus_1", "web"), None),
    (set(), e.OpenedByAgent("agt_1", "cus_1", "web"), None),
    # a `to` that there is not
    (set(), e.Transferred("nowhere"), None),
    (set(), e.Reopened(Role.CUSTOMER, "closed"), None),
]


def event(seq: int, body: Any) -> Event:
    return Event("brd_1", "ses_1", seq, seq * 1_000_000, "host", body)


def in_state(state: State) -> Session:
    """A session that has gone the shortest way to a state."""
    session = opened(event(1, e.Opened("cus_1", "web")))
    for seq, body in enumerate(WAY_TO[state], start=2):
        session = session.apply(event(seq, body))
    assert session.state is state
    return session


def name_of(body: Any) -> str:
    to = getattr(body, "to", None)
    return type(body).__name__ + (f"-{to}" if to else "")


POSSIBLE = [(start, body, start if to is None else to) for starts, body, to in ROWS for start in State if start in starts]
IMPOSSIBLE = [
    (start, body)
    for name, body in {name_of(body): body for _, body, _ in ROWS}.items()
    for start in State
    if not any(start in starts for starts, other, _ in ROWS if name_of(other) == name)
]


@pytest.mark.parametrize(("start", "body", "to"), POSSIBLE, ids=[f"{start}-{name_of(body)}" for start, body, _ in POSSIBLE])
def test_each_row_of_the_table_leads_where_it_says(start: State, body: Any, to: State):
    before = in_state(start)
    after = before.apply(event(before.seq + 1, body))
    assert (after.state, after.seq) == (to, before.seq + 1)


@pytest.mark.parametrize(("start", "body"), IMPOSSIBLE, ids=[f"{start}-{name_of(body)}" for start, body in IMPOSSIBLE])
def test_everything_else_is_an_illegal_transition(start: State, body: Any):
    session = in_state(start)
    with pytest.raises(IllegalTransition) as caught:
        session.apply(event(session.seq + 1, body))
    error = caught.value
    assert (error.session_id, error.state, error.event) == ("ses_1", start, type(body).__name__)
    assert error.allowed == legal(start)
    assert error.status_hint == 409


def test_the_rows_name_every_event_of_a_session():
    assert {type(body) for _, body, _ in ROWS} == set(e.SESSION_BODIES)


def test_a_session_begins_with_opened_and_nothing_else():
    assert opened(event(1, e.Opened("cus_1", "web"))).state is BOT
    assert opened(event(1, e.OpenedByAgent("agt_1", "cus_1", "web"))).state is ACTIVE
    for _, body, _ in ROWS:
        if not isinstance(body, (e.Opened, e.OpenedByAgent)):
            with pytest.raises(IllegalTransition) as caught:
                opened(event(1, body))
            assert (caught.value.state, caught.value.allowed) == (None, ["Opened", "OpenedByAgent"])


def test_each_state_event_and_to_has_exactly_one_target():
    for state, row in MACHINE.items():
        for body, to in row.items():
            has_to = "to" in {*body.__struct_fields__}
            targets = list(to.values()) if isinstance(to, dict) else [to]
            assert isinstance(to, dict) == has_to, body
            assert all(isinstance(one, State) or (one is STAY and state is not None) for one in targets)


def test_every_state_has_an_exit_and_leads_to_closed():
    for state in State:
        elsewhere = {to for body in MACHINE[state] for to in _targets(state, body)} - {state}
        assert elsewhere, state
        assert may(state, e.ForceClosed)
        assert target(state, e.ForceClosed(Role.ADMIN, "forced")) is CLOSED


def _targets(state: State, body: type) -> set[Any]:
    to = MACHINE[state][body]
    return set(to.values()) if isinstance(to, dict) else {state if to is STAY else to}


def test_since_is_when_the_state_was_entered_and_stays_while_it_does():
    queued = in_state(QUEUED)
    assert queued.since == queued.last
    after = queued.apply(event(queued.seq + 1, SAID))
    assert (after.since, after.last) == (queued.since, after.seq * 1_000_000)


def test_handed_tells_the_last_change_of_state_or_owner():
    active = in_state(ACTIVE)
    assert active.handed == active.seq
    spoken = active.apply(event(active.seq + 1, SAID))
    assert spoken.handed == active.handed
    passed_on = spoken.apply(event(spoken.seq + 1, e.Transferred("agent", agent="agt_2")))
    assert (passed_on.handed, passed_on.agent, passed_on.last_agent) == (passed_on.seq, "agt_2", "agt_2")


def test_a_session_that_an_agent_began_has_that_agent_as_its_last_owner():
    session = opened(event(1, e.OpenedByAgent("agt_1", "cus_1", "web")))
    assert (session.agent, session.last_agent) == ("agt_1", "agt_1")


def test_the_main_cursor_ends_with_the_state_bot_and_the_side_cursor_when_it_returns():
    session = in_state(BOT).apply(event(2, e.BotMoved(side=False, cursor=e.BotCursor("intake", "ask"))))
    assert session.main is not None
    session = session.apply(event(3, e.AgentRequested()))
    assert session.main is None
    session = session.apply(event(4, e.BotMoved(side=True, cursor=e.BotCursor("guide", "wait"))))
    assert session.side is not None
    assert session.apply(event(5, e.ReturnedToBot("cancelled"))).side is None
