"""Whether a request for a person is accepted.

May: ask the brand's settings and its agents' statuses. May not: ask who is present or has room (that is waiting, not absence).
"""

from __future__ import annotations

from cschat.commands.protocol import Context
from cschat.core.brand import Accepting
from cschat.core.people import Agent, AgentStatus

__all__ = ["unavailable"]


def unavailable(ctx: Context) -> str | None:
    """Why nobody can come ("closed", "nobody"), or None if a request is accepted."""
    match ctx.see.brand().accepting:
        case Accepting.OPEN:
            return None
        case Accepting.CLOSED:
            return "closed"
        case Accepting.AUTO:
            there = {"brand": ctx.brand_id, "removed": False, "status": AgentStatus.AVAILABLE}
            return None if ctx.tx.find(Agent, where=there, limit=1) else "nobody"
