"""Work is handed out: who waits meets who is free.

May: keep duties and seats, choose, assign. May not: decide whether a request is accepted, or what follows from an event (the reactor
`Routing` does).

Every waiting session is in a lane, and every agent has a seat in each lane that is theirs. So an agent who becomes free asks only their
lanes for who is first there, and a session that comes asks only its lane for the first open seat: neither looks at all that wait or at
all that work. Duties and seats are derived: `load`, on rows read in this transaction, is what counts, and seats are made anew from it after
each change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from heapq import merge

import attrs

from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.alerts import AlertKind
from cschat.core.calendar import in_shift
from cschat.core.distribution import EVERYBODY, Considered, Decision, Duty, Seat
from cschat.core.people import Agent, AgentStatus, Role
from cschat.core.records import evolve
from cschat.core.session import Session, State
from cschat.core.texts import no_answer_text
from cschat.core.times import Micros
from cschat.duties import duty_of, load, way
from cschat.routing.routes import Way, lanes_of
from cschat.routing.seats import considered, hindrance, seat_of

__all__ = [
    "drain",
    "enqueue",
    "everybody",
    "forget_seats",
    "let_pass",
    "look_again",
    "put_into_lanes",
    "refresh",
    "rest",
    "serve",
]

_PAGE = 200
_AT_ONCE = 200
"""How many sessions are given away in one transaction."""
_ALL = 100_000
_TOLD = 8
"""How many agents a decision names on either side."""
_STICKY = 3
_LAST = 20
_DAY = 86_400_000_000


# ------------------------------------------------------------------------------------------------------ duties and seats


def refresh(ctx: Context, agent_id: str, *, anew: bool = False, **changes: Micros) -> list[str]:
    """Bring an agent's duty and seats up to date; the lanes to look at: theirs, unless all that can be said of them is that they are full.

    `anew`: also which lanes are theirs, for they or the policy have changed.
    """
    policy, agent = ctx.see.brand().distribution, ctx.tx.get(Agent, agent_id)
    before = duty_of(ctx.see, agent)
    lanes = () if agent.removed else tuple(lanes_of(policy, agent)) if anew or not before.lanes else before.lanes
    duty = evolve(before, load=load(ctx.see, agent.id), lanes=lanes, **changes)
    why = _hindrance(ctx, agent, duty)
    left = [lane for lane in before.lanes if lane not in lanes]
    for lane in left:
        ctx.tx.delete(Seat, Seat.id_of(agent.id, lane))
    _keep(ctx, agent, duty, why)
    return [] if why == "full" else [*lanes, *left, agent.id]


def _hindrance(ctx: Context, agent: Agent, duty: Duty) -> str:
    brand = ctx.see.brand()
    return hindrance(agent, duty, brand.distribution, on_shift=in_shift(agent, ctx.now, brand.zone))


def _is_full(ctx: Context, agent: Agent, duty: Duty) -> bool:
    """Whether their seats say so, and how full."""
    seat = ctx.tx.peek(Seat, Seat.id_of(agent.id, EVERYBODY))
    return seat is not None and (seat.why, seat.load, seat.limit) == ("full", duty.load, agent.auto_limit)


def _keep(ctx: Context, agent: Agent, duty: Duty, why: str) -> None:
    """Write down what has changed of a duty and its seats. Those of whoever stays full do not, unless there are other lanes."""
    before, policy = ctx.tx.peek(Duty, duty.id), ctx.see.brand().distribution
    if duty != before:
        ctx.tx.put(duty)
    if why == "full" and before is not None and before.lanes == duty.lanes and _is_full(ctx, agent, duty):
        return
    for lane in duty.lanes:
        seat = seat_of(agent, duty, lane, policy, why)
        if ctx.tx.peek(Seat, seat.id) != seat:
            ctx.tx.put(seat)


def everybody(ctx: Context) -> list[Agent]:
    """All agents of the brand who work here."""
    found = (ctx.tx.find(Agent, where={"brand": ctx.brand_id, "removed": False, "status": status}, limit=_ALL) for status in AgentStatus)
    return [agent for agents in found for agent in agents]


def look_again(ctx: Context) -> list[str]:
    """Make all seats of the brand anew, as after a change of policy; the lanes to look at."""
    policy, lanes = ctx.see.brand().distribution, set[str]()
    for agent in everybody(ctx):
        lanes.update(refresh(ctx, agent.id, anew=True))
        duty = duty_of(ctx.see, agent)
        if duty.there and duty.seen is not None:
            ctx.arm("presence", agent.id, duty.seen + policy.ttl(duty.device))
    return sorted(lanes)


def forget_seats(ctx: Context) -> None:
    """Nothing is handed out any more: take the seats and duties away."""
    for duty in ctx.tx.find(Duty, where={"brand": ctx.brand_id}, limit=_ALL):
        for lane in duty.lanes:
            ctx.tx.delete(Seat, Seat.id_of(duty.agent, lane))
        ctx.tx.delete(Duty, duty.id)


# ------------------------------------------------------------------------------------------------------- what comes, waits


def enqueue(ctx: Context, session: Session, freed: Collection[str] = ()) -> None:
    """A session waits: give it to whoever may have it now and comes first, else let it wait in its lane.

    Who has been `freed` by just this, in these lanes, is for whoever has waited longest, which may be another.
    """
    goes = way(ctx.see, session)
    lane = _lane(ctx, session, goes)
    session = _asked_again(ctx, session, lane)
    taken = _to_the_last(ctx, session, goes, freed) if goes.by in ("route", "default") else None
    alone = not freed and not ctx.tx.find(Session, where={"brand": ctx.brand_id, "lane": lane}, order="rank", limit=1)
    if taken is None and alone:
        taken = hand_out(ctx, session, lane, goes)
    if taken is None:
        put_into_lane(ctx, ctx.tx.get(Session, session.id), goes)
        if not alone:
            drain(ctx, dict.fromkeys((*freed, lane)))


def put_into_lane(ctx: Context, session: Session, goes: Way) -> str:
    """Let a session wait in the lane of its way, until that is widened; the lane."""
    lane = _lane(ctx, session, goes)
    widens = _widens(session, goes)
    body = e.Routed(lane, goes.route or goes.by, None if widens is None or widens <= ctx.now else widens)
    if (session.lane, session.until) != (body.lane, body.widens):
        ctx.record(session, body)
    return lane


def put_into_lanes(ctx: Context, sessions: Iterable[Session]) -> list[str]:
    """Something has changed that says whom these are for: let those that wait do so in the right lanes; the lanes."""
    return [put_into_lane(ctx, session, way(ctx.see, session)) for session in sessions if session.state is State.QUEUED]


def _widens(session: Session, goes: Way) -> Micros | None:
    return None if goes.widen_after is None else session.since + goes.widen_after * 1000


def _lane(ctx: Context, session: Session, goes: Way) -> str:
    """Where a session of a way waits by now."""
    widens = _widens(session, goes)
    return (goes.scope if widens is None or widens > ctx.now else goes.wide).lane


def _to_the_last(ctx: Context, session: Session, goes: Way, freed: Collection[str]) -> Session | None:
    """Give a session to one of the last agents of its customer, if the policy remembers them: the first who may have it now."""
    policy = ctx.see.brand().distribution
    if not policy.sticky_days:
        return None
    since = ctx.now - policy.sticky_days * _DAY
    past = ctx.tx.find(Session, where={"customer": session.customer}, order="-opened", limit=_LAST)
    known = dict.fromkeys(one.last_agent for one in past if one.last_agent is not None and one.id != session.id and one.last >= since)
    found = (ctx.tx.peek(Seat, Seat.id_of(agent, EVERYBODY)) for agent in list(known)[:_STICKY] if agent not in freed)
    return _first(ctx, session, [[seat for seat in found if seat is not None]], attrs.evolve(goes, by="sticky"), EVERYBODY)


# ------------------------------------------------------------------------------------------------------------- handing out


def drain(ctx: Context, lanes: Collection[str]) -> None:
    """Give what waits in these lanes to whoever may have it, first come first, until nobody is free or nobody waits.

    What none of those who are free may have does not hold up what is behind it. After `_AT_ONCE` the rest is left to a timer that is due.
    """
    heads = {lane: _waiting(ctx, lane) for lane in lanes if _has_open(ctx, lane)}
    firsts = {lane: first for lane, waiting in heads.items() if (first := next(waiting, None)) is not None}
    given = 0
    while firsts:
        lane = min(firsts, key=lambda lane: (firsts[lane].rank, firsts[lane].id))
        session = ctx.tx.get(Session, firsts[lane].id)
        if session.lane == lane and hand_out(ctx, session, lane, None) is not None:
            firsts = {lane: first for lane, first in firsts.items() if _has_open(ctx, lane)}
            given += 1
        if given == _AT_ONCE and firsts:
            ctx.arm("drain", ctx.brand_id, ctx.now)
            return
        following = next(heads[lane], None) if lane in firsts else None
        if following is not None:
            firsts[lane] = following
        else:
            firsts.pop(lane, None)


def rest(ctx: Context, agent_id: str) -> None:
    """A talk of an agent is over, and they may have a note to write, which counts as much: no more than that."""
    agent = ctx.tx.get(Agent, agent_id)
    duty = duty_of(ctx.see, agent)
    if _is_full(ctx, agent, duty):
        ctx.tx.put(evolve(duty, rested=ctx.now))
    else:
        serve(ctx, agent_id, rested=ctx.now)


def serve(ctx: Context, agent_id: str, **changes: Micros) -> None:
    """As `refresh`, of an agent whose load may have changed; and give them what waits in their lanes, in order, until they are full.

    What waits there could be given to nobody else, or it would have been: so nobody else is looked at.
    """
    policy, agent = ctx.see.brand().distribution, ctx.tx.get(Agent, agent_id)
    duty = evolve(duty_of(ctx.see, agent), load=load(ctx.see, agent.id), **changes)
    why = _hindrance(ctx, agent, duty)
    passed: list[str] = []
    waiting = merge(*(_waiting(ctx, lane) for lane in (*duty.lanes, agent.id)), key=lambda session: (session.rank, session.id))
    for first in () if why else waiting:
        session = ctx.tx.get(Session, first.id)
        seat = seat_of(agent, duty, str(first.lane), policy, why)
        weight = policy.weight(session.channel)
        if session.lane == seat.lane and not _obstacle(session, seat, weight):
            goes, rejected = way(ctx.see, session), _shut_out(ctx, session, seat.lane, ())
            able = (considered(seat, ""),)
            _record(ctx, session, agent.id, Decision(goes.by, goes.route, seat.lane, policy.order, weight, able, tuple(rejected[:_TOLD])))
            duty = evolve(duty, load=duty.load + weight, given=ctx.now, turn=ctx.now)
            why = _hindrance(ctx, agent, duty)
        elif session.passed:
            passed.append(seat.lane)
        if why:
            break
    _keep(ctx, agent, duty, why)
    drain(ctx, dict.fromkeys(passed))


def hand_out(ctx: Context, session: Session, lane: str, goes: Way | None) -> Session | None:
    """Give a session to the first in a lane who may have it; None if there is nobody. If all have let it pass, all are asked again."""
    session = _asked_again(ctx, session, lane)
    return _first(ctx, session, _open_seats(ctx, lane), goes, lane)


def _first(ctx: Context, session: Session, pages: Iterable[list[Seat]], goes: Way | None, lane: str) -> Session | None:
    """Give a session to the first of these who may have it; None if there is nobody."""
    policy = ctx.see.brand().distribution
    weight = policy.weight(session.channel)
    rejected: list[Considered] = []
    for page in pages:
        judged = [considered(seat, _obstacle(session, seat, weight)) for seat in page]
        able = [one for one in judged if not one.why]
        rejected += [one for one in judged if one.why]
        if able:
            goes = goes or way(ctx.see, session)
            rejected += _shut_out(ctx, session, lane, rejected)
            decision = Decision(goes.by, goes.route, lane, policy.order, weight, tuple(able[:_TOLD]), tuple(rejected[:_TOLD]))
            return _assign(ctx, session, able[0].agent, decision)
    return None


def _obstacle(session: Session, seat: Seat, weight: int) -> str:
    """Why the agent of a seat may not have a session now: it passed by them, they have no room, or what is in the way of the seat."""
    if seat.agent in session.passed:
        return "passed"
    return seat.why or ("no_room" if seat.load + weight > seat.limit else "")


def _shut_out(ctx: Context, session: Session, lane: str, known: Collection[Considered]) -> list[Considered]:
    """Some of those to whom a session could not go, without those who are known."""
    named = {one.agent for one in known}
    shut = _shut_seats(ctx, lane, _TOLD)
    others = [*(Considered(agent, "passed") for agent in session.passed), *(considered(seat, seat.why) for seat in shut)]
    found: dict[str, Considered] = {}
    for one in others:
        found.setdefault(one.agent, one)
    return [one for agent, one in found.items() if agent not in named]


def let_pass(ctx: Context, session: Session) -> Session:
    """An offer has lapsed: the next one's, and if there is none, everybody's again. Who lets too many pass in a row is set busy."""
    agent = ctx.tx.get(Agent, str(session.agent))
    policy, duty = ctx.see.brand().distribution, duty_of(ctx.see, agent)
    passes = 1 if _has_answered(ctx, duty) else duty.passes + 1
    ctx.tx.put(evolve(duty, passes=passes, passed=ctx.now))
    session = ctx.record(session, e.OfferPassed(agent.id))
    if passes >= policy.max_passes and agent.status is AgentStatus.AVAILABLE:
        body = e.AgentStatusSet(AgentStatus.BUSY, Role.SYSTEM, "no_answer")
        ctx.change(agent, body, status=body.status, status_by=body.by, status_reason=body.reason)
        session = _alert(ctx, session, agent.name)
    return session


def _alert(ctx: Context, session: Session, agent: str = "") -> Session:
    """Tell staff that nobody has answered; with a name: that this agent was set busy for it."""
    return ctx.record(session, e.AlertRaised(AlertKind.NO_ANSWER, no_answer_text(ctx.see.brand().language, agent)))


def _has_answered(ctx: Context, duty: Duty) -> bool:
    """Whether an agent has taken up something, or ended it, since they last let an offer pass."""
    talks = ctx.tx.find(Session, where={"agent": duty.agent, "state": State.ACTIVE}, limit=_ALL)
    return duty.rested > duty.passed or any((talk.turn.first_response or 0) > duty.passed for talk in talks)


def _asked_again(ctx: Context, session: Session, lane: str) -> Session:
    """The session, which may be offered to everybody again if all have let it pass: then staff are told."""
    if session.passed and _all_have_passed(ctx, session, lane):
        return _alert(ctx, ctx.record(session, e.PassedByAll()))
    return session


def _all_have_passed(ctx: Context, session: Session, lane: str) -> bool:
    """Whether all who are on duty in a lane, with room or without, have let this session pass."""
    if any(seat.agent not in session.passed for page in _open_seats(ctx, lane) for seat in page):
        return False
    return all(seat.why != "full" or seat.agent in session.passed for seat in _shut_seats(ctx, lane, _ALL))


def _waiting(ctx: Context, lane: str) -> Iterator[Session]:
    """Who waits in a lane, first to last. Those who are given away meanwhile are passed over by whoever looks."""
    after: tuple[Micros, str] | None = None
    limit = 1
    while page := ctx.tx.find(Session, where={"brand": ctx.brand_id, "lane": lane}, order="rank", after=after, limit=limit):
        yield from page
        after, limit = (page[-1].rank, page[-1].id), min(limit * 4, _PAGE)


def _open_seats(ctx: Context, lane: str) -> Iterator[list[Seat]]:
    """The open seats of a lane in the policy's order, in pages."""
    if _is_of_one(lane):
        alone = ctx.tx.peek(Seat, Seat.id_of(lane, EVERYBODY))
        yield from [[alone]] if alone is not None and alone.open else []
        return
    after: tuple[int, str] | None = None
    limit = 4
    while page := ctx.tx.find(Seat, where={"brand": ctx.brand_id, "lane": lane, "open": True}, order="place", after=after, limit=limit):
        yield page
        after, limit = (page[-1].place, page[-1].id), min(limit * 4, _PAGE)


def _shut_seats(ctx: Context, lane: str, limit: int) -> list[Seat]:
    """Some of those in a lane who may be given nothing now."""
    if _is_of_one(lane):
        alone = ctx.tx.peek(Seat, Seat.id_of(lane, EVERYBODY))
        return [] if alone is None or alone.open else [alone]
    return ctx.tx.find(Seat, where={"brand": ctx.brand_id, "lane": lane, "open": False}, order="place", limit=limit)


def _is_of_one(lane: str) -> bool:
    """Whether a lane is one agent's, whose seat in it is the one they have among everybody."""
    return lane.startswith(f"{Agent.prefix}_") and "," not in lane


def _has_open(ctx: Context, lane: str) -> bool:
    return next(_open_seats(ctx, lane), None) is not None


def _assign(ctx: Context, session: Session, agent: str, decision: Decision) -> Session:
    """Give it to an agent."""
    after = _record(ctx, session, agent, decision)
    refresh(ctx, agent, given=ctx.now, turn=ctx.now)
    return after


def _record(ctx: Context, session: Session, agent: str, decision: Decision) -> Session:
    """It is an agent's: write down why."""
    timeout = ctx.see.brand().distribution.offer_timeout
    until = None if timeout is None else ctx.now + timeout * 1000
    return ctx.record(session, e.Assigned(agent, "auto", decision.route or decision.by, until=until, decision=decision))
