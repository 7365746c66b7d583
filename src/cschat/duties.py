"""What handing out goes by: where a session goes, what an agent is in the middle of.

May: look up. May not: choose, write.
"""

from __future__ import annotations

from cschat.core.distribution import Duty
from cschat.core.labels import Category
from cschat.core.people import Agent, Customer, Group
from cschat.core.records import evolve
from cschat.core.session import Session, State
from cschat.routing.routes import Way, way_of
from cschat.sight import Sight
from cschat.storage.protocol import In

__all__ = ["duty_of", "load", "way"]

_ALL = 10_000


def way(sight: Sight, session: Session) -> Way:
    """Where a session goes, by the brand's distribution. Who was removed is asked for no more."""
    tx, brand = sight.tx, sight.brand()
    if session.wanted is not None and tx.get(Agent, session.wanted).removed:
        session = evolve(session, wanted=None)
    if session.group is not None and tx.get(Group, session.group).removed:
        session = evolve(session, group=None)
    category = "" if session.category is None else tx.get(Category, session.category).path
    return way_of(brand.distribution, session, tx.get(Customer, session.customer), category, language=session.language or brand.language)


def duty_of(sight: Sight, agent: Agent) -> Duty:
    """What an agent is in the middle of. Whoever has no duty yet joins the rotation now."""
    return sight.tx.peek(Duty, Duty.id_of(agent.id)) or Duty(Duty.id_of(agent.id), agent.brand, agent.id, turn=sight.now)


def load(sight: Sight, agent: str) -> int:
    """What an agent has to do: the weights of the sessions they talk in or wrap up, as the brand's distribution counts them."""
    policy = sight.brand().distribution
    states = (State.ACTIVE, State.WRAP_UP) if policy.wrap_up_holds_slot else (State.ACTIVE,)
    if not policy.weights and not policy.hold_frees_slot:
        return sight.tx.count(Session, where={"agent": agent, "state": In(states)})
    held = sight.tx.find(Session, where={"agent": agent, "state": In(states)}, limit=_ALL)
    return sum(policy.weight(session.channel) for session in held if not (policy.hold_frees_slot and session.held_until is not None))
