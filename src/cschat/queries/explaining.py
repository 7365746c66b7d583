"""Why a session went to whom it went, and what it waits for.

May: tell what was recorded when it was decided, and how those stand who may have it now. May not: decide anything anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

import attrs

from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.calendar import in_shift
from cschat.core.distribution import EVERYBODY, Considered, Decision, Order
from cschat.core.fields import is_id, record_id
from cschat.core.ids import ulid
from cschat.core.people import Agent, AgentStatus, Group
from cschat.core.records import evolve
from cschat.core.session import Session, State
from cschat.core.times import Micros, as_datetime, optional_datetime
from cschat.duties import duty_of, load, way
from cschat.routing.routes import in_lane
from cschat.routing.seats import considered, hindrance, seat_of
from cschat.sight import Sight
from cschat.waits import queued

__all__ = ["Explain", "ExplainedAssignment", "ExplainedWait", "Explanation", "Judged"]

_ALL = 100_000
_PAGE = 500
_CHANCES = (1 << 80) - 1

_BECAUSE: Mapping[str, str] = {
    "chosen": "first in the order: {key}",
    "later": "later in the order: {key}",
    "free": "free: {key}",
    "passed": "let it pass",
    "no_room": "no room: has {load} of {limit}, and this counts {weight}",
    "full": "full: has {load} of {limit}",
    "busy": "busy",
    "hidden": "hidden",
    "claims_only": "is given nothing unasked",
    "away": "not present: no sign of life",
    "off_shift": "not in shift",
    "removed": "does not work here any more",
    "out_of_scope": "not one of those it goes to",
}
"""What is said of an agent, by `why`."""

_ENTRIES: Mapping[str, str] = {
    "forced": "directed to this agent",
    "group": "for the group",
    "rule": 'the rule "{name}" says so',
    "sticky": "had this customer before",
    "route": 'the route "{name}" fits',
    "default": "no route fits",
    "claim": "claimed",
    "claim_out_of_turn": "claimed, though others had waited longer",
    "manual": "given by {name}",
    "transfer": "handed on by {name}",
    "opened": "the agent wrote first",
    "reopened": "reopened with the agent who had it last",
}
"""What is said of an assignment, by `entry`."""


@attrs.frozen
class Judged:
    """An agent as one session saw them. `why` is chosen, later, free, out_of_scope, or what was in the way; `because` says it to people.

    `load` of `limit` where it is known: what they had, and how much they may be given.
    """

    agent: str
    name: str
    why: str
    because: str
    load: int | None = None
    limit: int | None = None


@attrs.frozen
class ExplainedAssignment:
    """How an agent came to have a session.

    `entry` is what decided: forced (directed to an agent), group (directed or handed on to one), rule, sticky, route, default; or, where
    people did, claim, claim_out_of_turn, manual, transfer, opened, reopened. `name` is the rule's, the route's or the person's; `because`
    says it in words. `lane` names who could have had it (empty: everybody). `judged`: who was considered, best first, at most eight who
    could have had it and eight who could not; then those whom it was not for, by their groups of today. `passed` is when the agent let it
    pass.
    """

    seq: int
    at: datetime
    agent: str
    agent_name: str
    how: str
    entry: str
    name: str
    because: str
    lane: tuple[str, ...] = ()
    judged: tuple[Judged, ...] = ()
    passed: datetime | None = None


@attrs.frozen
class ExplainedWait:
    """What a session waits for: those of the `lane` (names; empty: everybody), by `entry` and `name` as in an assignment.

    `position` and `expected_wait` are as in `Queued`. It may go to `widens_to` too from `widens` on. With `claimed`, agents take it;
    else the desk gives it to who is free. `judged`: how each agent stands to it now.
    """

    since: datetime
    entry: str
    name: str
    because: str
    position: int
    expected_wait: float | None
    claimed: bool
    lane: tuple[str, ...] = ()
    widens: datetime | None = None
    widens_to: tuple[str, ...] = ()
    judged: tuple[Judged, ...] = ()


@attrs.frozen
class Explanation:
    """Each assignment of a session, first to last, and what it waits for, if it does."""

    session: str
    state: State
    assignments: tuple[ExplainedAssignment, ...]
    waits: ExplainedWait | None


@attrs.frozen
class Explain:
    """Why a session went to whom it went, and, if it waits, what for: an `Explanation`. For staff."""

    permission: ClassVar = Permission.SERVE

    session: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Sight) -> Explanation:
        session = ctx.session(self.session)
        told = _Told(ctx)
        assignments = tuple(told.assignments(session))
        waits = told.wait(session) if session.state is State.QUEUED else None
        return Explanation(session.id, session.state, assignments, waits)


class _Told:
    """Goes over what has happened to a session, and keeps what the next event may need."""

    def __init__(self, sight: Sight) -> None:
        self.sight = sight
        self.brand = sight.brand()
        self.zone = ZoneInfo(self.brand.zone)
        self._rules: dict[str, str] = {}
        self._directed: tuple[str, str] | None = None
        """What directed the session: "rule" and its name, else "forced" or "group"."""

    # ------------------------------------------------------------------------------------------------------ what was

    def assignments(self, session: Session) -> Iterator[ExplainedAssignment]:
        found: ExplainedAssignment | None = None
        for event in self._events(session):
            body = event.body
            match body:
                case e.RuleFired():
                    self._rules[event.name] = body.name
                case e.Directed():
                    self._directed = None if event.cause not in self._rules else ("rule", self._rules[str(event.cause)])
                case e.Transferred(to="group"):
                    self._directed = None
                case e.OfferPassed() if found is not None:
                    found = attrs.evolve(found, passed=event.at)
                case _:
                    pass
            agent = _given(body)
            if agent is None:
                continue
            if found is not None:
                yield found
            found = self._assignment(event, agent)
        if found is not None:
            yield found

    def _events(self, session: Session) -> Iterator[e.Event]:
        seq = 0
        while seq < session.seq and (page := self.sight.tx.events(session.id, after_seq=seq, limit=_PAGE)):
            yield from page
            seq = page[-1].seq

    def _assignment(self, event: e.Event, agent: str) -> ExplainedAssignment:
        body = event.body
        decision: Decision | None = getattr(body, "decision", None)
        entry, name = self._by_hand(event) if decision is None else self._by(decision.by, decision.route)
        return ExplainedAssignment(
            event.seq,
            event.at,
            agent,
            self._agent(agent),
            body.how if isinstance(body, e.Assigned) else entry,
            entry,
            name,
            _ENTRIES[entry].format(name=name),
            lane=() if decision is None else self._names(decision.lane),
            judged=() if decision is None else tuple(self._judged(decision, event.time)),
        )

    def _by(self, by: str, route: str) -> tuple[str, str]:
        """The entry of precedence and its name, by a way's."""
        return self._directed if self._directed is not None and by in ("forced", "group") else (by, route)

    def _by_hand(self, event: e.Event) -> tuple[str, str]:
        match event.body:
            case e.Assigned(how="claim", out_of_turn=out_of_turn):
                return ("claim_out_of_turn" if out_of_turn else "claim"), ""
            case e.Assigned():
                return "manual", self._actor(event)
            case e.Transferred():
                return "transfer", self._actor(event)
            case e.OpenedByAgent():
                return "opened", ""
            case _:
                return "reopened", ""

    def _judged(self, decision: Decision, time: Micros) -> Iterator[Judged]:
        for place, one in enumerate(decision.ranking):
            yield self._judge(one, "later" if place else "chosen", decision.order, decision.weight)
        for one in decision.rejected:
            yield self._judge(one, one.why, decision.order, decision.weight)
        known = {one.agent for one in (*decision.ranking, *decision.rejected)}
        latest = ulid(time // 1000, _CHANCES)
        for agent in self._agents():
            if agent.id not in known and agent.id.partition("_")[2] <= latest and not in_lane(agent, decision.lane):
                yield self._judge(Considered(agent.id), "out_of_scope", decision.order, decision.weight)

    # -------------------------------------------------------------------------------------------------------- what is

    def wait(self, session: Session) -> ExplainedWait:
        policy, goes, place = self.brand.distribution, way(self.sight, session), queued(self.sight, session)
        lane = session.lane or goes.scope.lane
        weight = policy.weight(session.channel)
        widens = None if session.lane is None else session.until
        entry, name = self._by(goes.by, goes.route)
        return ExplainedWait(
            as_datetime(session.since),
            entry,
            name,
            _ENTRIES[entry].format(name=name),
            place.position,
            place.expected_wait,
            claimed=not policy.automatic,
            lane=self._names(lane),
            widens=optional_datetime(widens),
            widens_to=() if widens is None else self._names(goes.wide.lane),
            judged=tuple(sorted((self._standing(agent, session, lane, weight) for agent in self._agents()), key=_by_nearness)),
        )

    def _standing(self, agent: Agent, session: Session, lane: str, weight: int) -> Judged:
        policy = self.brand.distribution
        if not in_lane(agent, lane):
            return self._judge(Considered(agent.id), "out_of_scope", policy.order, weight)
        if not policy.automatic:  # whoever claims is there, and has all of their capacity
            policy, agent = evolve(policy, presence={}), evolve(agent, auto_limit=agent.capacity)
        duty = evolve(duty_of(self.sight, agent), load=load(self.sight, agent.id))
        why = hindrance(agent, duty, policy, on_shift=in_shift(agent, self.sight.now, self.brand.zone))
        seat = seat_of(agent, duty, lane, policy, why)
        if agent.id in session.passed:
            why = "passed"
        elif not why:
            why = "no_room" if seat.load + weight > seat.limit else "free"
        return self._judge(considered(seat, why), why, policy.order, weight)

    # ------------------------------------------------------------------------------------------------------- in words

    def _judge(self, one: Considered, why: str, order: Order, weight: int) -> Judged:
        because = _BECAUSE[why].format(key=self._key(one, order), load=one.load, limit=one.limit, weight=weight)
        known = one.limit > 0
        return Judged(one.agent, self._agent(one.agent), why, because, one.load if known else None, one.limit if known else None)

    def _key(self, one: Considered, order: Order) -> str:
        """What an agent's place in the order comes from."""
        when = self.clock(as_datetime(one.since)) if one.since else None
        match order:
            case Order.LEAST_ACTIVE:
                return f"has {one.load} of {one.limit}, " + ("has ended nothing yet" if when is None else f"ended the last {when}")
            case Order.ROUND_ROBIN:
                return f"has {one.load} of {one.limit}, in the rotation since {when or 'the beginning'}"
            case Order.LEAST_RECENT:
                return f"has {one.load} of {one.limit}, " + ("was given nothing yet" if when is None else f"was given the last {when}")

    def clock(self, at: datetime) -> str:
        """A time as the brand's clock shows it."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"

    def _names(self, lane: str) -> tuple[str, ...]:
        return () if lane == EVERYBODY else tuple(self._group_or_agent(id) for id in lane.split(","))

    def _group_or_agent(self, id: str) -> str:
        group = self.sight.tx.peek(Group, id) if id.startswith(f"{Group.prefix}_") else None
        return self._agent(id) if group is None else group.name

    def _agent(self, id: str) -> str:
        agent = self.sight.tx.peek(Agent, id)
        return id if agent is None else agent.name

    def _actor(self, event: e.Event) -> str:
        kind, _, id = event.actor.partition(":")
        return self._agent(id) if kind == "agent" else f"the {kind}"

    def _agents(self) -> Iterator[Agent]:
        for status in AgentStatus:
            where = {"brand": self.sight.brand_id, "removed": False, "status": status}
            yield from self.sight.tx.find(Agent, where=where, limit=_ALL)


def _given(body: e.Body) -> str | None:
    """Whom an event gives the session to, if it does."""
    return body.agent if isinstance(body, (e.Assigned, e.OpenedByAgent, e.Transferred, e.Reopened)) else None


_NEARNESS = ("free", "no_room", "full", "passed", "away", "off_shift", "claims_only", "busy", "hidden", "removed", "out_of_scope")


def _by_nearness(one: Judged) -> tuple[int, str, str]:
    return _NEARNESS.index(one.why), one.name, one.agent
