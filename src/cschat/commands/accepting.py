"""Whether a request for a person is accepted.

May: ask the brand's settings and hours, its agents' statuses and shifts. May not: ask who is present or has room (that is waiting, not
absence).
"""

from __future__ import annotations

from cschat.commands.protocol import Context
from cschat.core.absence import Absence, AbsenceReason, closed_now
from cschat.core.brand import Accepting
from cschat.core.calendar import in_shift
from cschat.core.people import Agent, AgentStatus

__all__ = ["unavailable"]


def unavailable(ctx: Context) -> Absence | None:
    """Why nobody can come, and when the desk opens again; None if a request is accepted."""
    brand = ctx.see.brand()
    closed = closed_now(brand, ctx.see.hours(), ctx.now)
    if closed is not None or brand.accepting is Accepting.OPEN:
        return closed
    return None if _somebody_is_there(ctx, brand.zone) else Absence(AbsenceReason.NOBODY)


def _somebody_is_there(ctx: Context, zone: str) -> bool:
    there = {"brand": ctx.brand_id, "removed": False, "status": AgentStatus.AVAILABLE}
    return any(
        in_shift(agent, ctx.now, zone)
        for limit, skip in ((1, 0), (100_000, 1))  # the first one decides, but for shifts
        for agent in ctx.tx.find(Agent, where=there, limit=limit)[skip:]
    )
