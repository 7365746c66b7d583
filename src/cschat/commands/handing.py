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

__all__ = ["drain", "enqueue", "forget_seats", "hand_out", "let_pass", "look_again", "put_into_lane", "refresh"]

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


def refresh(ctx: Context, agent_id: str, **changes: Micros) -> list[str]:
    """Make an agent's duty and seats anew; the lanes in which they have an open seat."""
    policy, agent = ctx.see.brand().distribution, ctx.tx.get(Agent, agent_id)
    before = duty_of(ctx.see, agent)
    duty = evolve(before, load=load(ctx.see, agent.id), **changes)
    if duty != before or before.seen is None:
        ctx.tx.put(duty)
    why = hindrance(agent, duty, policy, on_shift=in_shift(agent, ctx.now, ctx.see.brand().zone))
    lanes = [] if agent.removed else lanes_of(policy, agent)
    for seat in ctx.tx.find(Seat, where={"agent": agent.id}, limit=_ALL):
        if seat.lane not in lanes:
            ctx.tx.delete(Seat, seat.id)
    for lane in lanes:
        seat = seat_of(agent, duty, lane, policy, why)
        if ctx.tx.peek(Seat, seat.id) != seat:
            ctx.tx.put(seat)
    return [] if why else [*lanes, agent.id]


def look_again(ctx: Context) -> list[str]:
    """Make all seats of the brand anew, as after a change of policy; the lanes in which there are open ones."""
    everywhere = (
        ctx.tx.find(Agent, where={"brand": ctx.brand_id, "removed": False, "status": status}, limit=_ALL) for status in AgentStatus
    )
    return sorted({lane for agents in everywhere for agent in agents for lane in refresh(ctx, agent.id)})


def forget_seats(ctx: Context) -> None:
    """Nothing is handed out any more: take the seats and duties away, and the waiting sessions out of their lanes."""
    for duty in ctx.tx.find(Duty, where={"brand": ctx.brand_id}, limit=_ALL):
        for seat in ctx.tx.find(Seat, where={"agent": duty.agent}, limit=_ALL):
            ctx.tx.delete(Seat, seat.id)
        ctx.tx.delete(Duty, duty.id)


# ------------------------------------------------------------------------------------------------------- what comes, waits


def enqueue(ctx: Context, session: Session) -> None:
    """A session waits: give it to whoever may have it now and comes first, else let it wait in its lane."""
    goes = way(ctx.see, session)
    lane = goes.scope.lane
    if session.passed and _all_have_passed(ctx, session, lane):
        session = ctx.record(session, e.PassedByAll())
        session = _alert(ctx, session)
    taken = _to_the_last(ctx, session, goes) if goes.by in ("route", "default") else None
    alone = not ctx.tx.find(Session, where={"brand": ctx.brand_id, "lane": lane}, order="rank", limit=1)
    if taken is None and alone:
        taken = hand_out(ctx, session, lane, goes)
    if taken is None:
        put_into_lane(ctx, session, goes)
        if not alone:
            drain(ctx, [lane])


def _all_have_passed(ctx: Context, session: Session, lane: str) -> bool:
    """Whether all who are on duty in a lane, with room or without, have let this session pass."""
    if any(seat.agent not in session.passed for page in _open_seats(ctx, lane) for seat in page):
        return False
    shut = ctx.tx.find(Seat, where={"brand": ctx.brand_id, "lane": lane, "open": False}, order="place", limit=_ALL)
    return all(seat.why != "full" or seat.agent in session.passed for seat in shut)


def put_into_lane(ctx: Context, session: Session, goes: Way, *, widened: bool = False) -> Session:
    """Let a session wait in the lane of its way, until that is widened."""
    scope = goes.widen_to if widened else goes.scope
    widens = None if widened or goes.widen_after is None else max(ctx.now, session.since + goes.widen_after * 1000)
    body = e.Routed(scope.lane, goes.route or goes.by, widens)
    return session if (session.lane, session.until) == (body.lane, body.widens) else ctx.record(session, body)


def _to_the_last(ctx: Context, session: Session, goes: Way) -> Session | None:
    """Give a session to one of the last agents of its customer, if the policy remembers them: the first who may have it now."""
    policy = ctx.see.brand().distribution
    if not policy.sticky_days:
        return None
    since = ctx.now - policy.sticky_days * _DAY
    past = ctx.tx.find(Session, where={"customer": session.customer}, order="-opened", limit=_LAST)
    known = dict.fromkeys(one.last_agent for one in past if one.last_agent is not None and one.id != session.id and one.last >= since)
    found = (ctx.tx.peek(Seat, Seat.id_of(agent, EVERYBODY)) for agent in list(known)[:_STICKY])
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


def hand_out(ctx: Context, session: Session, lane: str, goes: Way | None) -> Session | None:
    """Give a session to the first in a lane who may have it; None if there is nobody."""
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
    shut = ctx.tx.find(Seat, where={"brand": ctx.brand_id, "lane": lane, "open": False}, order="place", limit=_TOLD)
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


def _waiting(ctx: Context, lane: str) -> Iterator[Session]:
    """Who waits in a lane, first to last. Those who are given away meanwhile are passed over by whoever looks."""
    after: tuple[Micros, str] | None = None
    limit = 1
    while page := ctx.tx.find(Session, where={"brand": ctx.brand_id, "lane": lane}, order="rank", after=after, limit=limit):
        yield from page
        after, limit = (page[-1].rank, page[-1].id), min(limit * 4, _PAGE)


def _open_seats(ctx: Context, lane: str) -> Iterator[list[Seat]]:
    """The open seats of a lane in the policy's order, in pages. The lane of one agent is their seat among everybody."""
    if lane.startswith(f"{Agent.prefix}_") and "," not in lane:
        alone = ctx.tx.peek(Seat, Seat.id_of(lane, EVERYBODY))
        yield from [[alone]] if alone is not None and alone.open else []
        return
    after: tuple[int, str] | None = None
    limit = 4
    while page := ctx.tx.find(Seat, where={"brand": ctx.brand_id, "lane": lane, "open": True}, order="place", after=after, limit=limit):
        yield page
        after, limit = (page[-1].place, page[-1].id), min(limit * 4, _PAGE)


def _has_open(ctx: Context, lane: str) -> bool:
    return next(_open_seats(ctx, lane), None) is not None


def _assign(ctx: Context, session: Session, agent: str, decision: Decision) -> Session:
    """Give it to an agent, and write down why."""
    timeout = ctx.see.brand().distribution.offer_timeout
    until = None if timeout is None else ctx.now + timeout * 1000
    after = ctx.record(session, e.Assigned(agent, "auto", decision.route or decision.by, until=until, decision=decision))
    refresh(ctx, agent, given=ctx.now, turn=ctx.now)
    return after
