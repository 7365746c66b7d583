"""Who is there: signs of life of agents, and what their end means.

May: note them. May not: change a status; that is the agent's.

A sign of life is no event, and most are not even written: only one that is a third of its time to live after the last.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from cschat.commands.handing import drain, refresh
from cschat.commands.protocol import Context
from cschat.core.access import Permission
from cschat.core.fields import line
from cschat.core.people import Agent
from cschat.core.records import evolve
from cschat.core.timers import Timer
from cschat.duties import duty_of

__all__ = ["Heartbeat", "presence_over"]


@attrs.frozen
class Heartbeat:
    """An agent's window says that it is open. `device` is its class, which says how long this holds ("phone" longer than others).

    Call it every 20 seconds or so. It matters while the desk hands out work: who gives no sign of life is given nothing.
    """

    permission: ClassVar = Permission.SERVE

    device: str = attrs.field(default="*", validator=line(limit=50, required=True))

    def run(self, ctx: Context) -> None:
        agent, policy = ctx.acting_agent(), ctx.see.brand().distribution
        if not (policy.automatic and policy.presence):
            return
        duty, ttl = duty_of(ctx.see, agent), policy.ttl(self.device)
        if duty.there and duty.seen is not None and ctx.now - duty.seen < ttl // 3:
            return
        ctx.tx.put(evolve(duty, seen=ctx.now, device=self.device, there=True))
        if not duty.there:
            ctx.arm("presence", agent.id, ctx.now + ttl)
            drain(ctx, refresh(ctx, agent.id))


def presence_over(ctx: Context, timer: Timer) -> None:
    """An agent may have gone: if nothing was heard of them since, they are given nothing more."""
    agent = ctx.tx.get(Agent, timer.subject)
    duty = duty_of(ctx.see, agent)
    if not duty.there or duty.seen is None:
        return
    over = duty.seen + ctx.see.brand().distribution.ttl(duty.device)
    if over > ctx.now:
        ctx.arm("presence", agent.id, over)
    else:
        ctx.tx.put(evolve(duty, there=False))
        drain(ctx, refresh(ctx, agent.id))
