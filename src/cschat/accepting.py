"""Whether a request for a person is accepted.

May: ask the brand's settings and hours, its agents' statuses and shifts, its balance. May not: ask who is present or has room (that is
waiting, not absence).
"""

from __future__ import annotations

from cschat.core.absence import Absence, AbsenceReason, closed_now
from cschat.core.brand import Accepting
from cschat.core.calendar import in_shift
from cschat.core.distribution import Scope
from cschat.core.ledger import Ledger
from cschat.core.people import Agent, AgentStatus
from cschat.core.session import Session
from cschat.errors import LimitExceeded
from cschat.routing.routes import Way
from cschat.sight import Sight
from cschat.waits import expected_wait, waiting_in

__all__ = ["demand_balance", "overflow", "suspended", "unavailable", "unreachable"]

_PAGE = 100
_EVERYBODY = Scope()


def unavailable(sight: Sight, scope: Scope = _EVERYBODY) -> Absence | None:
    """Why nobody of a scope can come, and when the desk opens again; None if a request is accepted."""
    brand = sight.brand()
    closed = closed_now(brand, sight.hours(), sight.now)
    if closed is not None or brand.accepting is Accepting.OPEN:
        return closed
    return None if _somebody(sight, scope, brand.zone) else Absence(AbsenceReason.NOBODY)


def unreachable(sight: Sight, goes: Way) -> Absence | None:
    """As `unavailable`, of those to whom a session goes, now or when its way is widened."""
    absence = unavailable(sight, goes.scope)
    return absence if absence is None or goes.widen_after is None else unavailable(sight, goes.wide)


def overflow(sight: Sight, lane: str) -> Absence | None:
    """Whether too many wait in a lane already, or it would take too long, by the brand's distribution."""
    policy = sight.brand().distribution
    if policy.overflow_queue is None and policy.overflow_wait is None:
        return None
    chosen = lane if policy.automatic else None
    waiting = sight.tx.count(Session, where=waiting_in(sight, chosen))
    wait = None if policy.overflow_wait is None else expected_wait(sight, chosen, waiting + 1)
    too_many = policy.overflow_queue is not None and waiting >= policy.overflow_queue
    too_long = wait is not None and policy.overflow_wait is not None and wait * 1000 > policy.overflow_wait
    return Absence(AbsenceReason.OVERFLOW) if too_many or too_long else None


def suspended(sight: Sight) -> Absence | None:
    """Whether the brand's ledger blocks: nobody new is accepted until it is topped up. A brand without a ledger never is."""
    ledger = sight.tx.peek(Ledger, Ledger.id_of(sight.brand_id))
    return Absence(AbsenceReason.SUSPENDED) if ledger is not None and ledger.blocks(sight.now) else None


def demand_balance(sight: Sight) -> None:
    """`LimitExceeded` while the brand's ledger blocks: staff begin nothing new either."""
    if suspended(sight) is not None:
        raise LimitExceeded("the balance is used up", limit="balance", value=0)


def _somebody(sight: Sight, scope: Scope, zone: str) -> bool:
    """Whether anybody of the scope has declared that they are available, and is in their shift."""
    there = {"brand": sight.brand_id, "removed": False, "status": AgentStatus.AVAILABLE}
    after: str | None = None
    limit = 1
    while page := sight.tx.find(Agent, where=there, after=None if after is None else ("", after), limit=limit):
        if any(scope.holds(agent.id, agent.groups) and in_shift(agent, sight.now, zone) for agent in page):
            return True
        after, limit = page[-1].id, _PAGE
    return False
