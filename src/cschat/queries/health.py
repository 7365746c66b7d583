"""Whether everything is as it must be.

May: look for what cannot be. May not: mend it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.calendar import in_shift
from cschat.core.distribution import EVERYBODY, Duty, Seat
from cschat.core.people import Agent, AgentStatus
from cschat.core.session import Session, State
from cschat.core.timers import Timer
from cschat.core.times import SECOND
from cschat.duties import load, way
from cschat.routing.routes import lanes_of
from cschat.routing.seats import hindrance, seat_of
from cschat.sight import Sight
from cschat.storage.protocol import Lt

__all__ = ["Finding", "SelfCheck"]

LATE_SECONDS = 300
"""How long a timer may be overdue before it counts as lost."""
_PAGE = 1000
_ALL = 100_000


@attrs.frozen
class Finding:
    """Something that cannot be: in `session` (or with what is named there: an agent), `what`."""

    session: str
    what: str


@attrs.frozen
class SelfCheck:
    """Look for impossible and stuck sessions: a list of `Finding`, always empty if all is well. By the desk and its host.

    Where the desk hands out by itself, also for whoever waits beside somebody who is free, waits for others than those who may have it,
    or is kept for more or less busy than they are.
    """

    permission: ClassVar = Permission.OPERATE

    def run(self, ctx: Sight) -> list[Finding]:
        owned = (State.ACTIVE, State.WRAP_UP)
        findings = [
            Finding(session.id, what) for state in State for session in _in_state(ctx, state) for what in _faults(ctx, session, owned)
        ]
        late = ctx.tx.find(Session, where={"wake": Lt(ctx.now - LATE_SECONDS * SECOND)}, order="wake", limit=_PAGE)
        findings += [Finding(session.id, "its timer is overdue") for session in late if session.brand == ctx.brand_id]
        if ctx.brand().distribution.automatic:
            findings += [Finding(agent.id, what) for agent in _agents(ctx) for what in _wrong_seats(ctx, agent)]
            findings += [Finding(one.id, what) for one in _in_state(ctx, State.QUEUED) for what in _waits_in_vain(ctx, one)]
        return findings


def _agents(ctx: Sight) -> Iterator[Agent]:
    for status in AgentStatus:
        yield from ctx.tx.find(Agent, where={"brand": ctx.brand_id, "removed": False, "status": status}, limit=_ALL)


def _wrong_seats(ctx: Sight, agent: Agent) -> Iterator[str]:
    """What the desk keeps of an agent, against what it is made from."""
    if _is_due(ctx, "shift", agent.id):
        return
    brand = ctx.brand()
    duty, has = ctx.tx.peek(Duty, Duty.id_of(agent.id)), load(ctx, agent.id)
    if duty is None:
        yield "has no duty"
        return
    if duty.load != has:
        yield f"has {has} and counts as having {duty.load}"
    why = hindrance(agent, duty, brand.distribution, on_shift=in_shift(agent, ctx.now, brand.zone))
    kept = {seat.lane: seat for seat in ctx.tx.find(Seat, where={"agent": agent.id}, limit=_ALL)}
    made = {lane: seat_of(agent, duty, lane, brand.distribution, why) for lane in lanes_of(brand.distribution, agent)}
    for lane in sorted(kept.keys() | made.keys()):
        if kept.get(lane) != made.get(lane):
            yield f"their seat in {lane} is not as it must be"


def _waits_in_vain(ctx: Sight, session: Session) -> Iterator[str]:
    goes = way(ctx, session)
    widens = None if goes.widen_after is None else session.since + goes.widen_after * 1000
    lanes = {goes.scope.lane} if widens is None or widens > ctx.now else {goes.scope.lane, goes.wide.lane}
    if session.lane not in lanes:
        yield f"waits in {session.lane} and not in {goes.scope.lane}"
    if session.lane is None or _is_due(ctx, "drain", ctx.brand_id):
        return
    weight = ctx.brand().distribution.weight(session.channel)
    for seat in _open_seats(ctx, session.lane):
        room = ctx.tx.get(Agent, seat.agent).auto_limit - seat.load
        if seat.agent not in session.passed and room >= max(weight, 1):
            yield f"waits, and {seat.agent} is free"
            return


def _is_due(ctx: Sight, does: str, subject: str) -> bool:
    """Whether the desk is about to look at it by itself."""
    timer = ctx.tx.peek(Timer, Timer.id_of(does, subject))
    return timer is not None and timer.due <= ctx.now


def _open_seats(ctx: Sight, lane: str) -> list[Seat]:
    alone = ctx.tx.peek(Seat, Seat.id_of(lane, EVERYBODY)) if lane.startswith(Agent.prefix) and "," not in lane else None
    if alone is not None:
        return [alone] if alone.open else []
    return ctx.tx.find(Seat, where={"brand": ctx.brand_id, "lane": lane, "open": True}, order="place", limit=_ALL)


def _in_state(ctx: Sight, state: State) -> Iterator[Session]:
    if state is State.CLOSED:
        return
    after = None
    while page := ctx.tx.find(Session, where={"brand": ctx.brand_id, "state": state}, order="rank", after=after, limit=_PAGE):
        yield from page
        after = (page[-1].rank, page[-1].id)


def _faults(ctx: Sight, session: Session, owned: tuple[State, ...]) -> Iterator[str]:
    if session.state in owned:
        agent = None if session.agent is None else ctx.tx.peek(Agent, session.agent)
        if session.agent is None:
            yield f"is {session.state} and nobody has it"
        elif agent is None or agent.removed or agent.brand != session.brand:
            yield "its owner does not work here"
    elif session.agent is not None:
        yield f"is {session.state} and yet somebody has it"
    if session.state is State.INTAKE and not session.spoke:
        yield "is an intake item without a message"
    if session.held_until is not None and session.wake is None:
        yield "is on hold with no timer"
    if any(ctx.tx.peek(Timer, Timer.id_of("delayed", reply)) is None for reply in session.delayed):
        yield "has a delayed reply with no timer"
    if session.held_until is not None and session.state is not State.ACTIVE:
        yield "is on hold and not active"
    if session.main is not None and session.state is not State.BOT:
        yield "has a main scenario outside BOT"
    if session.side is not None and session.state is State.BOT:
        yield "has a side scenario in BOT"
