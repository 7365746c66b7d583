"""Routing meets sessions: whoever waits is given to whoever is free, in the commit in which it becomes possible.

May: notice what frees or asks for an agent, and have it handed out. May not: choose (`routing` does), or change who is there.

With a distribution by hand there is nothing to hand out, and this looks at nothing but whether the queue must close.
"""

from __future__ import annotations

from collections.abc import Collection

from cschat.commands.closing import close_queue, turn, turn_shift
from cschat.commands.handing import drain, enqueue, forget_seats, look_again, put_into_lane, refresh
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.people import Agent
from cschat.core.session import Session, State
from cschat.duties import way

__all__ = ["Routing"]

_ENTERS = (e.AgentRequested, e.Reopened, e.Transferred, e.Released, e.OfferPassed)
_OWNERSHIP = (e.Assigned, e.Held, e.Resumed, e.Ended, e.WrappedUp, e.ForceClosed, e.OpenedByAgent, *_ENTERS)
_HOURS = (e.HoursSet, e.SpecialDaysSet, e.SpecialDayCleared, e.HoursOverridden)
_TEAM = (e.AgentAdded, e.AgentChanged, e.AgentStatusSet, e.AgentRemoved)


class Routing:
    """The reactor that hands out work."""

    on: Collection[type] = (*dict.fromkeys((*_OWNERSHIP, *_TEAM, *_HOURS)), e.CategorySet, e.Directed, e.BrandChanged)

    def react(self, ctx: Context, event: e.Event) -> None:
        kind = type(event.body)
        if kind in _HOURS:
            turn(ctx)
        elif kind is e.BrandChanged:
            _brand_changed(ctx, event.body)
        elif kind in _TEAM:
            _team_changed(ctx, ctx.tx.get(Agent, event.subject), event.body)
        elif ctx.see.brand().distribution.automatic:
            _session_changed(ctx, ctx.tx.get(Session, event.subject), event.body)


def _session_changed(ctx: Context, session: Session, body: e.Body) -> None:
    kind = type(body)
    freed: list[str] = []
    if kind in _OWNERSHIP and not (kind is e.Assigned and body.how == "auto"):  # whoever hands out has seen to that
        for agent in _concerned(session, body):
            freed += refresh(ctx, agent, **_marks(ctx, kind, agent, session))
    if session.state is State.QUEUED and session.agent is None:
        if kind in _ENTERS:
            enqueue(ctx, session)
        elif kind in (e.CategorySet, e.Directed):
            session = put_into_lane(ctx, session, way(ctx.see, session))
            freed.append(str(session.lane))
    if freed:
        drain(ctx, dict.fromkeys(freed))


def _concerned(session: Session, body: e.Body) -> list[str]:
    """The agents whose load an event may have changed: who has it, and who had it last."""
    owned = [spell.agent for spell in session.turn.owned[-2:]] if type(body) is e.Transferred else []
    return [*dict.fromkeys(agent for agent in (session.agent, session.last_agent, *owned) if agent is not None)]


def _marks(ctx: Context, kind: type, agent: str, session: Session) -> dict[str, int]:
    if kind is e.Ended and session.last_agent == agent:
        return {"rested": ctx.now}
    return {"given": ctx.now} if kind in (e.Assigned, e.Transferred, e.OpenedByAgent) and session.agent == agent else {}


def _team_changed(ctx: Context, agent: Agent, body: e.Body) -> None:
    if type(body) is e.AgentChanged and not {"shifts", "days_off"}.isdisjoint(body.after):
        turn_shift(ctx, agent)
        return
    if ctx.see.brand().distribution.automatic:
        drain(ctx, refresh(ctx, agent.id))
    if type(body) is e.AgentRemoved:
        ctx.arm("shift", agent.id, None)
    if type(body) is not e.AgentAdded:
        close_queue(ctx, agent)


def _brand_changed(ctx: Context, body: e.BrandChanged) -> None:
    if "accepting" in body.after:
        close_queue(ctx)
    if "distribution" not in body.after:
        return
    policy = ctx.see.brand().distribution
    if not policy.automatic:
        forget_seats(ctx)
        return
    lanes = look_again(ctx)
    after = None
    while waiting := ctx.tx.find(Session, where={"brand": ctx.brand_id, "state": State.QUEUED}, order="rank", after=after, limit=500):
        for session in waiting:
            put_into_lane(ctx, session, way(ctx.see, session))
        after = (waiting[-1].rank, waiting[-1].id)
    drain(ctx, lanes)
