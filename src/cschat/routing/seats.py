"""Who may be given work now, and who comes first.

May: judge one agent. May not: choose among them.

Absence, eligibility and load are three things: absence decides whether a request is accepted at all (`accepting`), eligibility who
may be given work now (`hindrance`), load how much they have.
"""

from __future__ import annotations

from cschat.core.distribution import Considered, Distribution, Duty, Order, Seat
from cschat.core.people import Agent, AgentStatus

__all__ = ["MOST_LOAD", "considered", "hindrance", "place_of", "seat_of"]

MOST_LOAD = 2047
"""The largest load that is told apart."""
_INSTANT_BITS = 52
_INSTANT = (1 << _INSTANT_BITS) - 1


def hindrance(agent: Agent, duty: Duty, distribution: Distribution, *, on_shift: bool) -> str:
    """Why an agent may not be given work now: removed, busy, hidden, claims_only, away, off_shift, full; "" if nothing is in the way."""
    if agent.removed:
        return "removed"
    if agent.status is not AgentStatus.AVAILABLE:
        return str(agent.status)
    if agent.auto_limit == 0:
        return "claims_only"
    if distribution.presence and not duty.there:
        return "away"
    if not on_shift:
        return "off_shift"
    return "full" if duty.load >= agent.auto_limit else ""


def place_of(duty: Duty, order: Order) -> int:
    """Where an agent stands in the order: least first, equals by the agent's id."""
    match order:
        case Order.LEAST_ACTIVE:
            return (min(duty.load, MOST_LOAD) << _INSTANT_BITS) + duty.rested
        case Order.ROUND_ROBIN:
            return duty.turn
        case Order.LEAST_RECENT:
            return duty.given


def seat_of(agent: Agent, duty: Duty, lane: str, distribution: Distribution, why: str) -> Seat:
    """The seat of an agent in a lane. One that is taken has no place: it need not be written again while it stays so."""
    place = 0 if why else place_of(duty, distribution.order)
    load, limit = (duty.load, agent.auto_limit) if why in ("", "full") else (0, 0)
    return Seat(Seat.id_of(agent.id, lane), agent.brand, agent.id, lane, not why, why, place, load, limit)


def considered(seat: Seat, why: str) -> Considered:
    """What a decision says of the agent of a seat."""
    return Considered(seat.agent, why, seat.load, seat.limit, seat.place & _INSTANT)
