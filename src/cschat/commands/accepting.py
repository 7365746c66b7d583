"""Whether a request for a person is accepted.

May: ask the brand's settings and hours, its agents' statuses and shifts, its balance. May not: ask who is present or has room (that is
waiting, not absence).
"""

from __future__ import annotations

from cschat.commands.protocol import Context
from cschat.core.absence import Absence, AbsenceReason, closed_now
from cschat.core.brand import Accepting
from cschat.core.calendar import in_shift
from cschat.core.distribution import Scope
from cschat.core.ledger import Ledger
from cschat.core.people import Agent, AgentStatus
from cschat.core.session import Session
from cschat.errors import LimitExceeded
from cschat.routing.routes import Way
from cschat.waits import expected_wait, waiting_in

__all__ = ["demand_balance", "overflow", "suspended", "unavailable", "unreachable"]

_PAGE = 100
_EVERYBODY = Scope()


def unavailable(ctx: Context, scope: Scope = _EVERYBODY) -> Absence | None:
    """Why nobody of a scope can come, and when the desk opens again; None if a request is accepted."""
    brand = ctx.see.brand()
    closed = closed_now(brand, ctx.see.hours(), ctx.now)
    if closed is not None or brand.accepting is Accepting.OPEN:
        return closed
    return None if _somebody(ctx, scope, brand.zone) else Absence(AbsenceReason.NOBODY)


def unreachable(ctx: Context, goes: Way) -> Absence | None:
    """As `unavailable`, of those to whom a session goes, now or when its way is widened."""
    absence = unavailable(ctx, goes.scope)
    return absence if absence is None or goes.widen_after is None else unavailable(ctx, goes.wide)


def overflow(ctx: Context, lane: str) -> Absence | None:
    """Whether too many wait in a lane already, or it would take too long, by the brand's distribution."""
    policy = ctx.see.brand().distribution
    if policy.overflow_queue is None and policy.overflow_wait is None:
        return None
    chosen = lane if policy.automatic else None
    waiting = ctx.tx.count(Session, where=waiting_in(ctx.see, chosen))
    wait = None if policy.overflow_wait is None else expected_wait(ctx.see, chosen, waiting + 1)
    too_many = policy.overflow_queue is not None and waiting >= policy.overflow_queue
    too_long = wait is not None and policy.overflow_wait is not None and wait * 1000 > policy.overflow_wait
    return Absence(AbsenceReason.OVERFLOW) if too_many or too_long else None


def suspended(ctx: Context) -> Absence | None:
    """Whether the brand's ledger blocks: nobody new is accepted until it is topped up. A brand without a ledger never is."""
    ledger = ctx.tx.peek(Ledger, Ledger.id_of(ctx.brand_id))
    return Absence(AbsenceReason.SUSPENDED) if ledger is not None and ledger.blocks(ctx.now) else None


def demand_balance(ctx: Context) -> None:
    """`LimitExceeded` while the brand's ledger blocks: staff begin nothing new either."""
    if suspended(ctx) is not None:
        raise LimitExceeded("the balance is used up", limit="balance", value=0)


def _somebody(ctx: Context, scope: Scope, zone: str) -> bool:
    """Whether anybody of the scope has declared that they are available, and is in their shift."""
    there = {"brand": ctx.brand_id, "removed": False, "status": AgentStatus.AVAILABLE}
    after: str | None = None
    limit = 1
    while page := ctx.tx.find(Agent, where=there, after=None if after is None else ("", after), limit=limit):
        if any(scope.holds(agent.id, agent.groups) and in_shift(agent, ctx.now, zone) for agent in page):
            return True
        after, limit = page[-1].id, _PAGE
    return False
