"""The queue closes and opens: hours and shifts begin and end, or the last who could have come leaves.

May: move what waits to where it will be looked at later, and back. May not: decide whether the desk is closed (`accepting` does).

Active talks go on.
"""

from __future__ import annotations

from cschat.accepting import suspended, unavailable, unreachable
from cschat.commands.handing import drain, refresh
from cschat.commands.protocol import Context
from cschat.commands.talking import say
from cschat.core import events as e
from cschat.core.absence import Absence, closed_now, told
from cschat.core.calendar import in_shift, next_change, shifts_of
from cschat.core.content import Content, Speaker
from cschat.core.distribution import OnClose, OnOpen, Scope
from cschat.core.people import Agent, AgentStatus
from cschat.core.session import Session, State
from cschat.duties import way

__all__ = ["close_queue", "turn", "turn_shift"]

_PAGE = 200


def close_queue(ctx: Context, leaving: Agent | None = None) -> None:
    """If the brand wants it so, move those for whom nobody can come to intake; who has said nothing goes back to the bot.

    `leaving`: only because this agent may have been the last of some scope.
    """
    policy = ctx.see.brand().distribution
    if policy.on_close is OnClose.KEEP or (leaving is not None and not _was_last(ctx, leaving)):
        return
    absences: dict[str, Absence | None] = {}
    after = None
    while waiting := ctx.tx.find(Session, where={"brand": ctx.brand_id, "state": State.QUEUED}, order="rank", after=after, limit=_PAGE):
        for session in waiting:
            goes = way(ctx.see, session)
            lane = goes.scope.lane
            if lane not in absences:
                absences[lane] = unreachable(ctx.see, goes)
            absence = absences[lane]
            if absence is not None:
                _send_away(ctx, session, absence)
        after = (waiting[-1].rank, waiting[-1].id)


def _was_last(ctx: Context, agent: Agent) -> bool:
    """Whether there is a scope of the policy, or a group, in which nobody can come now that this agent cannot."""
    brand = ctx.see.brand()
    if not agent.removed and agent.status is AgentStatus.AVAILABLE and in_shift(agent, ctx.now, brand.zone):
        return False
    policy = brand.distribution
    scopes = {policy.default.lane: policy.default, **{group: Scope(groups=(group,)) for group in agent.groups}}
    scopes |= {scope.lane: scope for route in policy.routes for scope in (route.scope, route.wide)}
    return any(scope.holds(agent.id, agent.groups) and unavailable(ctx.see, scope) is not None for scope in scopes.values())


def _send_away(ctx: Context, session: Session, absence: Absence) -> None:
    reason = str(absence.reason)
    session = ctx.record(session, e.MovedToIntake(reason) if session.spoke else e.ReturnedToBot(reason))
    if session.main is None:
        brand = ctx.see.brand()
        text = told(brand, ctx.see.hours(), absence, ctx.now, session.language or brand.language)
        say(ctx, session, Speaker.SYSTEM, Content(text=text))


def turn(ctx: Context) -> None:
    """The hours have turned, or were changed: close or open the queue, and look again when they turn next."""
    brand, hours = ctx.see.brand(), ctx.see.hours()
    ctx.arm("hours", ctx.brand_id, next_change(hours, ctx.now))
    if closed_now(brand, hours, ctx.now) is not None:
        close_queue(ctx)
    elif brand.distribution.intake_on_open is OnOpen.QUEUE:
        _queue_intake(ctx)


def _queue_intake(ctx: Context) -> None:
    """Put what was left while the desk was closed into the queue, in order; what nobody can take stays for review."""
    if suspended(ctx.see) is not None:
        return
    after = None
    while left := ctx.tx.find(Session, where={"brand": ctx.brand_id, "state": State.INTAKE}, order="rank", after=after, limit=_PAGE):
        for session in sorted(left, key=lambda one: -one.head_start):
            if unreachable(ctx.see, way(ctx.see, session)) is None:
                ctx.record(session, e.AgentRequested())
        after = (left[-1].rank, left[-1].id)


def turn_shift(ctx: Context, agent: Agent) -> None:
    """An agent's shift has begun or is over, or their shifts were changed: look again when it turns next."""
    shifts = None if agent.removed else shifts_of(agent, ctx.see.brand().zone)
    ctx.arm("shift", agent.id, next_change(shifts, ctx.now))
    if ctx.see.brand().distribution.automatic:
        drain(ctx, refresh(ctx, agent.id, anew=True))
    close_queue(ctx, agent)
