"""Whether a request for a person is accepted.

May: ask the brand's settings and its agents' statuses. May not: ask who is present or has room (that is waiting, not absence).
"""

from __future__ import annotations

from cschat.commands.protocol import Context
from cschat.core.brand import Accepting
from cschat.core.distribution import Scope
from cschat.core.people import Agent, AgentStatus
from cschat.core.session import Session
from cschat.routing.routes import Way
from cschat.waits import expected_wait, waiting_in

__all__ = ["overflow", "unavailable", "unreachable"]

_PAGE = 100
_EVERYBODY = Scope()


def unavailable(ctx: Context, scope: Scope = _EVERYBODY) -> str | None:
    """Why nobody of a scope can come ("closed", "nobody"), or None if a request is accepted."""
    match ctx.see.brand().accepting:
        case Accepting.OPEN:
            return None
        case Accepting.CLOSED:
            return "closed"
        case Accepting.AUTO:
            return None if _somebody(ctx, scope) else "nobody"


def unreachable(ctx: Context, goes: Way) -> str | None:
    """As `unavailable`, of those to whom a session goes, now or when its way is widened."""
    reason = unavailable(ctx, goes.scope)
    return reason if reason is None or goes.widen_after is None else unavailable(ctx, goes.widen_to)


def overflow(ctx: Context, lane: str) -> str | None:
    """Overflow, if too many wait in a lane already or if it would take too long, by the brand's distribution; None else."""
    policy = ctx.see.brand().distribution
    if policy.overflow_queue is None and policy.overflow_wait is None:
        return None
    chosen = lane if policy.automatic else None
    waiting = ctx.tx.count(Session, where=waiting_in(ctx.see, chosen))
    if policy.overflow_queue is not None and waiting >= policy.overflow_queue:
        return "overflow"
    wait = None if policy.overflow_wait is None else expected_wait(ctx.see, chosen, waiting + 1)
    return "overflow" if wait is not None and policy.overflow_wait is not None and wait * 1000 > policy.overflow_wait else None


def _somebody(ctx: Context, scope: Scope) -> bool:
    """Whether anybody of the scope has declared that they are available."""
    there = {"brand": ctx.brand_id, "removed": False, "status": AgentStatus.AVAILABLE}
    after: str | None = None
    limit = 1
    while page := ctx.tx.find(Agent, where=there, after=None if after is None else ("", after), limit=limit):
        if any(scope.holds(agent.id, agent.groups) for agent in page):
            return True
        after, limit = page[-1].id, _PAGE
    return False
