"""What a session is, and what may happen to it.

May: say which events are possible, and fold an event into the session. May not: decide whether one should happen (commands do),
ask the time, know a policy.

`MACHINE` is the whole machine. Each state names the events that may happen in it and where each leads: a state, STAY, or, where the
event carries a `to`, one state for each. What is not there raises `IllegalTransition`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

from msgspec import Struct

from cschat.core import events as e
from cschat.core.content import Speaker, Visibility
from cschat.core.people import Role
from cschat.core.records import PERSONAL, STAFF, Index, evolve
from cschat.core.rules import Goal
from cschat.core.times import Micros, as_datetime, optional_datetime
from cschat.core.turns import Clocks, Owned, Turn, TurnKind
from cschat.errors import IllegalTransition

__all__ = ["MACHINE", "STAY", "Priority", "Risk", "Session", "State", "legal", "may", "opened", "target"]


class State(StrEnum):
    """Where a session stands."""

    BOT = "bot"
    QUEUED = "queued"
    ACTIVE = "active"
    INTAKE = "intake"
    WRAP_UP = "wrap_up"
    CLOSED = "closed"


class Priority(StrEnum):
    """How urgent a session is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


BOT, QUEUED, ACTIVE, INTAKE, WRAP_UP, CLOSED = State
STAY: Final = "stay"
_HANDED_ON = {"agent": ACTIVE, "group": QUEUED}
_REOPENED = {"active": ACTIVE, "queued": QUEUED, "bot": BOT, "intake": INTAKE}

_ANYWHERE: dict[type, Any] = {
    e.MessageSent: STAY,
    e.MessagesRead: STAY,
    e.CategorySet: STAY,
    e.PrioritySet: STAY,
    e.SubjectSet: STAY,
    e.SessionTagged: STAY,
    e.Linked: STAY,
    e.LeftUnread: STAY,
    e.BotMoved: STAY,
    e.BotReplyDropped: STAY,
    e.ActionRequested: STAY,
    e.ActionAnswered: STAY,
    e.ActionAnswerDropped: STAY,
    e.ScenarioFailed: STAY,
    e.AlertRaised: STAY,
    e.RuleFired: STAY,
    e.RuleStopped: STAY,
    e.SlaWarned: STAY,
    e.SlaBreached: STAY,
    e.ReplyDelayed: STAY,
    e.DelayedReplyChanged: STAY,
    e.DelayedReplyReviewed: STAY,
    e.DelayedReplyHeld: STAY,
    e.DelayedReplySent: STAY,
    e.DelayedReplyDropped: STAY,
    e.CustomerReplaced: STAY,
    e.ForceClosed: CLOSED,
}
_AFTER_THE_END: dict[type, Any] = {e.Rated: STAY, e.Reopened: _REOPENED, e.Continued: STAY}

MACHINE: Mapping[State | None, Mapping[type, Any]] = {
    None: {e.Opened: BOT, e.OpenedByAgent: ACTIVE},
    BOT: _ANYWHERE | {
        e.Directed: STAY,
        e.AgentRequested: QUEUED,
        e.AgentUnavailable: STAY,
        e.MessageLeft: INTAKE,
        e.Assigned: ACTIVE,
        e.Rated: STAY,
        e.Ended: CLOSED,
    },
    QUEUED: _ANYWHERE | {
        e.Directed: STAY,
        e.Routed: STAY,
        e.PassedByAll: STAY,
        e.Assigned: ACTIVE,
        e.MessageLeft: INTAKE,
        e.MovedToIntake: INTAKE,
        e.ReturnedToBot: BOT,
        e.Ended: CLOSED,
    },
    ACTIVE: _ANYWHERE | {
        e.Transferred: _HANDED_ON,
        e.Released: QUEUED,
        e.OfferPassed: QUEUED,
        e.Held: STAY,
        e.Resumed: STAY,
        e.Rated: STAY,
        e.Ended: WRAP_UP,
    },
    INTAKE: _ANYWHERE | {
        e.Directed: STAY,
        e.AgentRequested: QUEUED,
        e.AgentUnavailable: STAY,
        e.Assigned: ACTIVE,
        e.Ended: CLOSED,
    },
    WRAP_UP: _ANYWHERE | _AFTER_THE_END | {e.WrappedUp: CLOSED},
    CLOSED: _ANYWHERE | _AFTER_THE_END,
}  # fmt: skip


def target(state: State | None, body: e.Body) -> State | None:
    """Where the machine goes from `state` when `body` happens; None if it may not happen there."""
    to = MACHINE[state].get(type(body))
    if to is STAY:
        return state
    if isinstance(to, dict):
        return to.get(body.to)
    return to


def may(state: State | None, body: type) -> bool:
    """Whether an event of this type is possible in a state."""
    return body in MACHINE[state]


def legal(state: State | None) -> list[str]:
    """The names of the events that are possible in a state."""
    return [body.__name__ for body in MACHINE[state]]


class Risk(Struct, frozen=True):
    """Staff were warned that the time for a `goal` is up at `due`, or told that it was (`breached`)."""

    goal: str
    due: Micros
    breached: bool


class Session(Struct, frozen=True):
    """One consultation from opening to closing.

    `since` is when it came into its present state; in QUEUED, since when this turn waits for a person. `lane` says who may be given it
    while it waits, `wanted` and `group` who should have it, `passed` who was offered it and let it pass. `agent` is the owner,
    `last_agent` who owned it last. `spoke`: the customer has said something since it was opened or reopened. `handed` is the seq of
    the last change of state or owner. `until` is when what it is in the middle of is over (a hold, an offer, the time for the note or
    for a bot's action, before its lane is widened); `wake`, never later, is when the desk must look at it again. `delayed` are the
    replies that wait to be sent, `risks` the goals of service levels that staff were told of and that are still open, and `risk` the first
    `due` of these. `read_by_customer` and `read_by_staff` are the seqs up to which they have read.
    """

    kind: ClassVar[str] = "session"
    prefix: ClassVar[str] = "ses"
    indexes: ClassVar[tuple[Index, ...]] = (
        Index(("brand", "state", "rank")),
        Index(("brand", "lane", "rank")),
        Index(("agent", "state")),
        Index(("customer", "opened")),
        Index(("brand", "opened")),
        Index(("wake",)),
        Index(("brand", "waiting")),
        Index(("brand", "risk")),
    )

    id: str
    brand: str
    seq: int
    last: Micros
    customer: str
    channel: str
    language: str | None
    subject: Annotated[str, PERSONAL]
    state: State
    since: Micros
    opened: Micros
    turn: Turn
    turns: int = 1
    agent: str | None = None
    last_agent: str | None = None
    group: str | None = None
    category: Annotated[str | None, STAFF] = None
    tags: Annotated[tuple[str, ...], STAFF] = ()
    priority: Annotated[Priority, STAFF] = Priority.NORMAL
    head_start: Annotated[int, STAFF] = 0
    lane: Annotated[str | None, STAFF] = None
    wanted: Annotated[str | None, STAFF] = None
    passed: Annotated[tuple[str, ...], STAFF] = ()
    spoke: bool = False
    handed: int = 1
    held_until: Micros | None = None
    ended: Micros | None = None
    reason: str | None = None
    closed: Micros | None = None
    previous: str | None = None
    next: str | None = None
    read_by_customer: int = 0
    read_by_staff: int = 0
    rating: int | None = None
    main: Annotated[e.BotCursor | None, STAFF] = None
    side: Annotated[e.BotCursor | None, STAFF] = None
    until: Annotated[Micros | None, STAFF] = None
    wake: Micros | None = None
    delayed: Annotated[tuple[str, ...], STAFF] = ()
    risks: Annotated[tuple[Risk, ...], STAFF] = ()

    def apply(self, event: e.Event) -> Session:
        """The session after `event`. Raises `IllegalTransition` if the machine has no such step."""
        body = event.body
        kind = type(body)
        state = self.state if MACHINE[self.state].get(kind) is STAY else target(self.state, body)
        if state is None:
            raise IllegalTransition(
                f"{kind.__name__} is not possible for {self.id}, which is {self.state}",
                session_id=self.id,
                state=self.state,
                event=kind.__name__,
                allowed=legal(self.state),
            )
        fold = _FOLDS.get(kind)
        changes = {} if fold is None else fold(self, event, body)
        changes["seq"] = event.seq
        changes["last"] = event.time
        if state is not self.state:
            changes["state"] = state
            changes.setdefault("since", event.time)
            changes.setdefault("until", None)
            if self.state is QUEUED:
                changes["lane"] = None
            if self.state is BOT:
                changes["main"] = None
        if "until" in changes:
            changes.setdefault("wake", changes["until"])
        if state is not self.state or "agent" in changes:
            changes["handed"] = event.seq
        return evolve(self, **changes)

    def clocks_if(self, body: e.Body, time: Micros) -> Clocks | None:
        """The finished clocks of the present turn, if `body` ends it: by closing the session or by beginning another turn."""
        kind = type(body)
        if MACHINE[self.state].get(kind) is STAY:
            return None
        begins = (kind in _BEGINS) or (kind is e.Assigned and self.state is BOT) or (kind is e.Reopened and self.state is WRAP_UP)
        closes = self.state is not CLOSED and target(self.state, body) is CLOSED
        if not (begins or closes):
            return None
        return self.turn.finished(time, wrapped_up=kind is e.WrappedUp and body.by is not Role.SYSTEM)

    @property
    def rank(self) -> Micros:
        """What its lists are in the order of: since when it is in its state; in QUEUED, less the head start of its priority."""
        return self.since - 1000 * self.head_start if self.state is QUEUED else self.since

    @property
    def waiting(self) -> Micros | None:
        """Since when it waits for a person; None: it does not."""
        return self.since if self.state is QUEUED else None

    @property
    def risk(self) -> Micros | None:
        """When the first goal of a service level that staff were told of is or was up; None: there is none."""
        return min((risk.due for risk in self.risks), default=None)

    @property
    def opened_at(self) -> datetime:
        return as_datetime(self.opened)

    @property
    def since_at(self) -> datetime:
        return as_datetime(self.since)

    @property
    def ended_at(self) -> datetime | None:
        return optional_datetime(self.ended)

    @property
    def closed_at(self) -> datetime | None:
        return optional_datetime(self.closed)

    @property
    def held_until_at(self) -> datetime | None:
        return optional_datetime(self.held_until)

    @property
    def offered(self) -> bool:
        """Whether it was given to its owner unasked, and they have not answered yet."""
        return self.state is ACTIVE and self.until is not None and self.held_until is None

    @property
    def requested(self) -> Micros | None:
        """Since when this turn has waited for a person; None if nobody was asked for."""
        return self.turn.queued[0].began if self.turn.queued else None


def opened(event: e.Event) -> Session:
    """The session that an `Opened` or `OpenedByAgent` begins."""
    body = event.body
    agent = body.agent if isinstance(body, e.OpenedByAgent) else None
    state = target(None, body)
    if state is None:
        raise IllegalTransition(
            f"{event.type} begins no session", session_id=event.subject, state=None, event=event.type, allowed=legal(None)
        )
    return Session(
        id=event.subject,
        brand=event.brand,
        seq=event.seq,
        last=event.time,
        customer=body.customer,
        channel=body.channel,
        language=body.language,
        subject=body.subject,
        previous=body.previous,
        state=state,
        since=event.time,
        opened=event.time,
        agent=agent,
        last_agent=agent,
        turn=Turn(TurnKind.BOT, event.time) if agent is None else Turn(TurnKind.OUTBOUND, event.time, owned=(Owned(agent, event.time),)),
    )


# Each fold answers with the fields that its event changes; `apply` adds what every event changes.
_BEGINS = {e.AgentRequested, e.MessageLeft, e.MovedToIntake, e.ReturnedToBot}
_Changes = dict[str, Any]


def _requested(session: Session, event: e.Event, _body: Any) -> _Changes:
    return {"turn": Turn(TurnKind.LIVE, event.time).queue(event.time), "turns": session.turns + 1, "passed": ()}


def _to_intake(session: Session, event: e.Event, _body: Any) -> _Changes:
    return {"turn": Turn(TurnKind.INTAKE, event.time), "turns": session.turns + 1}


def _to_bot(session: Session, event: e.Event, _body: Any) -> _Changes:
    return {"turn": Turn(TurnKind.BOT, event.time), "turns": session.turns + 1, "side": None, "risks": ()}


def _assigned(session: Session, event: e.Event, body: e.Assigned) -> _Changes:
    fresh = session.state is BOT
    turn = Turn(TurnKind.LIVE, event.time) if fresh else session.turn
    return {
        "agent": body.agent,
        "last_agent": body.agent,
        "wanted": None,
        "until": body.until,
        "turn": turn.own(body.agent, event.time),
        "turns": session.turns + fresh,
    }


def _transferred(session: Session, event: e.Event, body: e.Transferred) -> _Changes:
    if body.to == "agent":
        turn = session.turn.own(str(body.agent), event.time)
        return {"agent": body.agent, "last_agent": body.agent, "held_until": None, "until": None, "turn": turn}
    return _back_in_queue(session, event) | {"group": body.group, "turn": session.turn.queue(event.time)}


def _released(session: Session, event: e.Event, _body: Any) -> _Changes:
    return _back_in_queue(session, event) | {"turn": session.turn.queue(event.time)}


def _offer_passed(session: Session, event: e.Event, body: e.OfferPassed) -> _Changes:
    passed = tuple(sorted({*session.passed, body.agent}))
    return _back_in_queue(session, event) | {"passed": passed, "turn": session.turn.let_pass(event.time)}


def _back_in_queue(session: Session, event: e.Event) -> _Changes:
    since = event.time if session.requested is None else session.requested
    return {"agent": None, "held_until": None, "until": None, "since": since}


def _held(session: Session, event: e.Event, body: e.Held) -> _Changes:
    return {"held_until": body.until, "until": body.until, "turn": session.turn.hold(event.time)}


def _resumed(session: Session, event: e.Event, _body: Any) -> _Changes:
    return {"held_until": None, "until": None, "turn": session.turn.resume(event.time)}


def _ended(session: Session, event: e.Event, body: e.Ended) -> _Changes:
    changes: _Changes = {
        "ended": event.time,
        "reason": body.reason,
        "held_until": None,
        "until": body.wrap_up_by,
        "turn": session.turn.end(event.time),
        "risks": (),
    }
    return changes if session.state is ACTIVE else changes | {"closed": event.time}


def _wrapped_up(session: Session, event: e.Event, body: e.WrappedUp) -> _Changes:
    tags = tuple(sorted({*session.tags, *body.tags}))
    return {"agent": None, "closed": event.time, "category": body.category or session.category, "tags": tags}


def _force_closed(session: Session, event: e.Event, body: e.ForceClosed) -> _Changes:
    over = {} if session.ended is not None else {"ended": event.time, "turn": session.turn.end(event.time)}
    return over | {"agent": None, "closed": event.time, "reason": body.reason, "held_until": None, "until": None, "risks": ()}


def _reopened(session: Session, event: e.Event, body: e.Reopened) -> _Changes:
    time = event.time
    turn = {
        "active": lambda: Turn(TurnKind.LIVE, time, owned=(Owned(str(body.agent), time),)),
        "queued": lambda: Turn(TurnKind.LIVE, time).queue(time),
        "bot": lambda: Turn(TurnKind.BOT, time),
        "intake": lambda: Turn(TurnKind.INTAKE, time),
    }[body.to]()
    owner = {"agent": body.agent, "last_agent": body.agent} if body.agent else {"agent": None}
    over = {"ended": None, "closed": None, "reason": None, "spoke": False, "passed": ()}
    return owner | over | {"turn": turn, "turns": session.turns + 1} | ({"side": None} if body.to == "bot" else {})


def _message_sent(session: Session, event: e.Event, body: e.MessageSent) -> _Changes:
    changes: _Changes = {}
    if body.author is Speaker.CUSTOMER:
        changes["read_by_customer"] = event.seq
        if not body.step:
            changes["spoke"] = True
    elif body.author is Speaker.AGENT:
        changes["read_by_staff"] = event.seq
        if session.risks and body.visibility is Visibility.PUBLIC and not body.step:
            changes["risks"] = tuple(risk for risk in session.risks if risk.goal == Goal.RESOLUTION)
        if session.offered and body.visibility is Visibility.PUBLIC:
            changes |= {"until": None, "wake": session.wake, "passed": ()}
    if body.visibility is Visibility.PUBLIC and not body.step and session.state is not CLOSED:
        changes["turn"] = session.turn.said(body.author, event.time)
    return changes


def _read(_session: Session, _event: e.Event, body: e.MessagesRead) -> _Changes:
    return {"read_by_customer" if body.reader is Speaker.CUSTOMER else "read_by_staff": body.up_to}


def _tagged(session: Session, _event: e.Event, body: e.SessionTagged) -> _Changes:
    return {"tags": tuple(sorted(({*session.tags} | {*body.added}) - {*body.removed}))}


def _delayed(session: Session, _event: e.Event, body: Any) -> _Changes:
    return {"delayed": tuple(dict.fromkeys((*session.delayed, body.reply)))}


def _no_longer_delayed(session: Session, _event: e.Event, body: Any) -> _Changes:
    return {"delayed": tuple(reply for reply in session.delayed if reply != body.reply)}


def _at_risk(session: Session, _event: e.Event, body: e.SlaWarned | e.SlaBreached) -> _Changes:
    others = (risk for risk in session.risks if risk.goal != body.goal)
    return {"risks": (*others, Risk(body.goal, body.due, isinstance(body, e.SlaBreached)))}


def _bot_moved(session: Session, _event: e.Event, body: e.BotMoved) -> _Changes:
    if body.side:
        return {"side": body.cursor}
    return {"main": body.cursor, "until": None if body.cursor is None else body.cursor.until}


_FOLDS: dict[type, Callable[[Session, e.Event, Any], _Changes]] = {
    e.AgentRequested: _requested,
    e.MessageLeft: _to_intake,
    e.MovedToIntake: _to_intake,
    e.ReturnedToBot: _to_bot,
    e.Assigned: _assigned,
    e.Transferred: _transferred,
    e.Released: _released,
    e.OfferPassed: _offer_passed,
    e.Held: _held,
    e.Resumed: _resumed,
    e.Ended: _ended,
    e.WrappedUp: _wrapped_up,
    e.Reopened: _reopened,
    e.ForceClosed: _force_closed,
    e.MessageSent: _message_sent,
    e.MessagesRead: _read,
    e.SessionTagged: _tagged,
    e.CategorySet: lambda _session, _event, body: {"category": body.category},
    e.PrioritySet: lambda _session, _event, body: {"priority": Priority(body.priority), "head_start": body.head_start},
    e.Routed: lambda _session, _event, body: {"lane": body.lane, "until": body.widens},
    e.Directed: lambda _session, _event, body: {"wanted": body.agent, "group": body.group},
    e.PassedByAll: lambda _session, _event, _body: {"passed": ()},
    e.SubjectSet: lambda _session, _event, body: {"subject": body.subject},
    e.Rated: lambda _session, _event, body: {"rating": body.score},
    e.BotMoved: _bot_moved,
    e.SlaWarned: _at_risk,
    e.SlaBreached: _at_risk,
    e.ReplyDelayed: _delayed,
    e.DelayedReplyChanged: _delayed,
    e.DelayedReplyHeld: _no_longer_delayed,
    e.DelayedReplySent: _no_longer_delayed,
    e.DelayedReplyDropped: _no_longer_delayed,
    e.Continued: lambda _session, _event, body: {"next": body.session},
    e.CustomerReplaced: lambda _session, _event, body: {"customer": body.customer},
}
