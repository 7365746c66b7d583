"""Routing meets sessions: whoever waits is given to whoever is free, in the commit in which it becomes possible.

May: notice what frees or asks for an agent, and have it handed out. May not: choose (`routing` does), or change who is there.

With a distribution by hand there is nothing to hand out, and this looks at nothing but whether the queue must close.
"""

from __future__ import annotations

from collections.abc import Collection

from cschat.commands.closing import close_queue, turn, turn_shift
from cschat.commands.handing import drain, enqueue, everybody, forget_seats, look_again, put_into_lanes, refresh, rest, serve
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.people import Agent
from cschat.core.session import Session, State
from cschat.waits import waiting_in

__all__ = ["Routing"]

_ALL = 1_000_000

_ENTERS = (e.AgentRequested, e.Reopened, e.Transferred, e.Released, e.OfferPassed)
_WHOSE = (e.CategorySet, e.Directed, e.CustomerReplaced)
_WHO_ASKS = (e.CustomerUpdated, e.CustomerTagged)
_OWNERSHIP = (e.Assigned, e.Held, e.Resumed, e.Ended, e.WrappedUp, e.ForceClosed, e.OpenedByAgent, *_ENTERS)
_HOURS = (e.HoursSet, e.SpecialDaysSet, e.SpecialDayCleared, e.HoursOverridden)
_TEAM = (e.AgentAdded, e.AgentChanged, e.AgentStatusSet, e.AgentRemoved)


class Routing:
    """The reactor that hands out work."""

    on: Collection[type] = (
        *dict.fromkeys((*_OWNERSHIP, *_TEAM, *_HOURS, *_WHOSE, *_WHO_ASKS)),
        *(e.BrandChanged, e.GroupRemoved, e.CategoryChanged),
    )

    def react(self, ctx: Context, event: e.Event) -> None:
        kind, automatic = type(event.body), ctx.see.brand().distribution.automatic
        if kind in _HOURS:
            turn(ctx)
        elif kind is e.BrandChanged:
            _brand_changed(ctx, event.body)
        elif kind in _TEAM:
            _team_changed(ctx, ctx.tx.get(Agent, event.subject), event.body)
        elif not automatic:
            return
        elif kind in _WHO_ASKS:
            asked = ctx.tx.find(Session, where={"customer": event.subject}, order="-opened", limit=_ALL)
            drain(ctx, put_into_lanes(ctx, asked))
        elif kind is e.GroupRemoved:
            drain(ctx, (*look_again(ctx), *put_into_lanes(ctx, _waiting(ctx, event.subject))))
        elif kind is e.CategoryChanged:
            drain(ctx, put_into_lanes(ctx, _waiting(ctx)))
        else:
            _session_changed(ctx, ctx.tx.get(Session, event.subject), event.body)


def _waiting(ctx: Context, lane: str | None = None) -> list[Session]:
    """All that wait, or all that wait in a lane."""
    return ctx.tx.find(Session, where=waiting_in(ctx.see, lane), order="rank", limit=_ALL)


def _session_changed(ctx: Context, session: Session, body: e.Body) -> None:
    kind = type(body)
    enters = kind in _ENTERS and session.state is State.QUEUED
    freed: list[str] = []
    if kind in _OWNERSHIP and not (kind is e.Assigned and body.how == "auto"):  # whoever hands out has seen to that
        for agent in _concerned(session, body):
            if enters:
                freed += refresh(ctx, agent)
            elif kind is e.Ended and session.agent == agent and _counts_on(ctx):
                rest(ctx, agent)
            else:
                serve(ctx, agent, **_marks(ctx, kind, agent, session))
    if enters:
        enqueue(ctx, session, freed)
    elif kind in _WHOSE and session.state is State.QUEUED:
        drain(ctx, put_into_lanes(ctx, [session]))


def _counts_on(ctx: Context) -> bool:
    """Whether the note after a talk counts as the talk did."""
    policy = ctx.see.brand().distribution
    return policy.wrap_up_holds_slot and not policy.hold_frees_slot


def _concerned(session: Session, body: e.Body) -> list[str]:
    """The agents whose load an event may have changed: who has it, and who had it last."""
    if type(body) is e.AgentRequested:
        return []
    owned = [spell.agent for spell in session.turn.owned[-2:]] if type(body) is e.Transferred else []
    return [*dict.fromkeys(agent for agent in (session.agent, session.last_agent, *owned) if agent is not None)]


def _marks(ctx: Context, kind: type, agent: str, session: Session) -> dict[str, int]:
    if kind is e.Ended and session.last_agent == agent:
        return {"rested": ctx.now}
    return {"given": ctx.now} if kind in (e.Assigned, e.Transferred, e.OpenedByAgent) and session.agent == agent else {}


def _team_changed(ctx: Context, agent: Agent, body: e.Body) -> None:
    kind, changed = type(body), {*body.after} if isinstance(body, e.AgentChanged) else set[str]()
    if changed & {"shifts", "days_off"}:
        turn_shift(ctx, agent)
        return
    if ctx.see.brand().distribution.automatic:
        lanes = refresh(ctx, agent.id, anew=True)
        if kind is e.AgentRemoved:
            lanes += put_into_lanes(ctx, _waiting(ctx, agent.id))
        drain(ctx, lanes)
    if kind is e.AgentRemoved:
        ctx.arm("shift", agent.id, None)
    if kind is not e.AgentAdded:
        close_queue(ctx, None if "groups" in changed else agent)


def _brand_changed(ctx: Context, body: e.BrandChanged) -> None:
    changed = {*body.after}
    if "accepting" in changed:
        close_queue(ctx)
    if "zone" in changed:
        for agent in everybody(ctx):
            turn_shift(ctx, agent)
    if not changed & {"distribution", "language", "zone"}:
        return
    if ctx.see.brand().distribution.automatic:
        lanes = look_again(ctx)
        put_into_lanes(ctx, _waiting(ctx))
        drain(ctx, lanes)
    elif "distribution" in changed:
        forget_seats(ctx)
        for session in _waiting(ctx):
            if session.lane is not None:
                ctx.record(session, e.Routed(None, ""))
