"""What agents who are simulated take from a queue by themselves.

May: say who takes what next. May not: take it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cschat import queries as q
from cschat.core.distribution import EVERYBODY, Claiming, Distribution
from cschat.core.people import Agent
from cschat.core.session import Session
from cschat.desk import Desk

__all__ = ["next_claim"]

_HEADS = 100
"""How far into the queue an agent looks for something that is theirs, where sessions wait in lanes."""


def next_claim(
    desk: Desk, policy: Distribution, free: Sequence[int], agents: Sequence[Agent], weight: Callable[[Session], int]
) -> tuple[int, Session] | None:
    """The agent (by place) with the most free slots for whom something waits, the first of equals, and what waits first for them.

    None if the policy lets nobody claim, nothing waits, or nobody has the slots.
    """
    if policy.claiming is Claiming.OFF or max(free, default=0) < 1:
        return None
    heads = desk.ask(q.Queue(limit=_HEADS if policy.automatic else 1)).items
    for number in sorted(range(len(free)), key=lambda number: -free[number]):
        if free[number] < 1:
            return None
        for session in heads:
            if _is_for(agents[number], session) and weight(session) <= free[number]:
                return number, session
    return None


def _is_for(agent: Agent, session: Session) -> bool:
    return session.lane is None or not {EVERYBODY, agent.id, *agent.groups}.isdisjoint(session.lane.split(","))
