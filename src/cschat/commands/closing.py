"""The queue closes: hours are over, or the last who could have come has left.

May: move what waits to where it will be looked at later. May not: decide whether the desk is closed (`accepting` does).

Active talks go on.
"""

from __future__ import annotations

from cschat.commands.accepting import unavailable, unreachable
from cschat.commands.handing import way
from cschat.commands.protocol import Context
from cschat.commands.talking import say
from cschat.core import events as e
from cschat.core.content import Content, Speaker
from cschat.core.distribution import OnClose, Scope
from cschat.core.people import Agent, AgentStatus
from cschat.core.session import Session, State
from cschat.core.texts import intake_prompt

__all__ = ["close_queue"]

_PAGE = 200


def close_queue(ctx: Context, leaving: Agent | None = None) -> None:
    """If the brand wants it so, move those for whom nobody can come to intake; who has said nothing goes back to the bot.

    `leaving`: only because this agent may have been the last of some scope.
    """
    policy = ctx.see.brand().distribution
    if policy.on_close is OnClose.KEEP or (leaving is not None and not _was_last(ctx, leaving)):
        return
    reasons: dict[str, str | None] = {}
    after = None
    while waiting := ctx.tx.find(Session, where={"brand": ctx.brand_id, "state": State.QUEUED}, order="rank", after=after, limit=_PAGE):
        for session in waiting:
            goes = way(ctx, session)
            lane = goes.scope.lane
            if lane not in reasons:
                reasons[lane] = unreachable(ctx, goes)
            reason = reasons[lane]
            if reason is not None:
                _send_away(ctx, session, reason)
        after = (waiting[-1].rank, waiting[-1].id)


def _was_last(ctx: Context, agent: Agent) -> bool:
    """Whether there is a scope of the policy, or a group, in which nobody is available now that this agent is not."""
    if not agent.removed and agent.status is AgentStatus.AVAILABLE:
        return False
    policy = ctx.see.brand().distribution
    scopes = {policy.default.lane: policy.default, **{group: Scope(groups=(group,)) for group in agent.groups}}
    scopes |= {scope.lane: scope for route in policy.routes for scope in (route.scope, route.widen_to)}
    return any(scope.holds(agent.id, agent.groups) and unavailable(ctx, scope) is not None for scope in scopes.values())


def _send_away(ctx: Context, session: Session, reason: str) -> None:
    session = ctx.record(session, e.MovedToIntake(reason) if session.spoke else e.ReturnedToBot(reason))
    if session.main is None:
        language = session.language or ctx.see.brand().language
        say(ctx, session, Speaker.SYSTEM, Content(text=intake_prompt(language, reason)))
