"""How long a customer waits: the place in the queue, and the time it may take.

May: count and estimate. May not: promise; what is told is an estimate.
"""

from __future__ import annotations

from cschat.core.answers import Queued
from cschat.core.calendar import in_shift
from cschat.core.people import Agent, AgentStatus
from cschat.core.session import Session, State
from cschat.core.times import SECOND
from cschat.routing.routes import in_lane
from cschat.sight import Sight
from cschat.storage.protocol import In, Lte, Where

__all__ = ["FAR", "expected_wait", "position", "queued", "waiting_in"]

FAR = 1000
"""The place from which on places are not told apart: 1,000 and more."""
_RECENT = 30
_ALL = 10_000


def queued(sight: Sight, session: Session) -> Queued:
    """What a customer who waits is told."""
    place = position(sight, session)
    return Queued(place, expected_wait(sight, session.lane, place))


def position(sight: Sight, session: Session) -> int:
    """The place of a session among those that wait for the same agents, from 1: by rank, then by id. At most `FAR`."""
    waiting = waiting_in(sight, session.lane)
    place = sight.tx.count(Session, where={**waiting, "rank": Lte(session.rank)}, at_most=FAR)
    if place in (1, FAR):
        return place
    as_long = sight.tx.find(Session, where={**waiting, "rank": session.rank}, limit=FAR)
    return place - sum(1 for other in as_long if other.id > session.id)


def waiting_in(sight: Sight, lane: str | None) -> Where:
    """Which sessions wait in a lane; in none, all that wait."""
    return {"brand": sight.brand_id, "state": State.QUEUED} if lane is None else {"brand": sight.brand_id, "lane": lane}


def expected_wait(sight: Sight, lane: str | None, place: int) -> float | None:
    """The median wait, in seconds, of whoever has this place in a lane; None if nobody is on duty there, or none has been served yet.

    Slots become free one after the other: n busy slots with a mean service of S let the k-th waiting one in after an Erlang(k, n / S)
    time, whose median is near (k - 1/3) S / n (Choi 1994). S is the mean of the last 30 sessions that agents closed. Where agents claim and
    f slots are free, the first f who wait are told None, for it is not a service that they wait for, and the others' k is as much smaller.
    What those who are off duty still have is taken for sessions of those on duty.
    """
    slots = _slots(sight, lane)
    if lane is None:
        place -= slots - _taken(sight, slots)
    if place < 1 or not slots:
        return None
    recent = sight.tx.find(Session, where={"brand": sight.brand_id, "state": State.CLOSED}, order="-rank", limit=_RECENT)
    served = [one.closed - one.turn.owned[0].began for one in recent if one.turn.owned and one.closed is not None]
    if not served:
        return None
    return round((place - 1 / 3) * sum(served) / len(served) / slots / SECOND, 1)


def _taken(sight: Sight, most: int) -> int:
    """How many slots of the brand are taken, counted up to `most`."""
    states = (State.ACTIVE, State.WRAP_UP) if sight.brand().distribution.wrap_up_holds_slot else (State.ACTIVE,)
    return sight.tx.count(Session, where={"brand": sight.brand_id, "state": In(states)}, at_most=most)


def _slots(sight: Sight, lane: str | None) -> int:
    """How many sessions those who are on duty in a lane may have at once."""
    brand = sight.brand()
    policy = brand.distribution
    there = {"brand": sight.brand_id, "removed": False, "status": AgentStatus.AVAILABLE}
    agents = [agent for agent in sight.tx.find(Agent, where=there, limit=_ALL) if in_shift(agent, sight.now, brand.zone)]
    mine = (agent for agent in agents if lane is None or in_lane(agent, lane))
    return sum(agent.auto_limit if policy.automatic else agent.capacity for agent in mine)
