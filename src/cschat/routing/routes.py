"""Which agents a session is for.

May: match routes and name lanes. May not: look at who is there.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from cschat.core.distribution import EVERYBODY, Distribution, Route, Scope
from cschat.core.people import Agent, Customer
from cschat.core.session import Session

_EVERYBODY = Scope()

__all__ = ["Way", "in_lane", "lanes_of", "way_of"]


@attrs.frozen
class Way:
    """Where a session goes: `by` is what says so (forced, group, route, default), `route` its name, `scope` who may have it.

    `widen_after` (milliseconds) is when those of `wide` may have it, who are those of `scope` and others; None: never.
    """

    by: str
    route: str
    scope: Scope
    widen_after: int | None = None
    wide: Scope = _EVERYBODY


def way_of(distribution: Distribution, session: Session, customer: Customer, category: str, *, language: str) -> Way:
    """The way of a session: to the agent or group that it was directed to, by the first route that fits, or by default.

    `category` is the path of the session's category, "" if it has none.
    """
    if session.wanted is not None:
        return Way("forced", "", Scope(agents=(session.wanted,)))
    if session.group is not None:
        return Way("group", "", Scope(groups=(session.group,)))
    for route in distribution.routes:
        if _fits(route, session, customer, category, language):
            return Way("route", route.name, route.scope, route.widen_after, route.wide)
    return Way("default", "", distribution.default)


def _fits(route: Route, session: Session, customer: Customer, category: str, language: str) -> bool:
    return (
        (route.category is None or category == route.category or category.startswith(f"{route.category}/"))
        and route.channel in (None, session.channel)
        and route.language in (None, language)
        and (route.tag is None or route.tag in customer.tags)
        and all(customer.attributes.get(name) == value for name, value in route.attributes.items())
    )


def in_lane(agent: Agent, lane: str) -> bool:
    """Whether a lane is an agent's: everybody's, or one that names them or a group of theirs."""
    names = lane.split(",")
    return EVERYBODY in names or agent.id in names or not set(agent.groups).isdisjoint(names)


def lanes_of(distribution: Distribution, agent: Agent) -> list[str]:
    """The lanes in which an agent has a seat: everybody's, those of the policy that they belong to, and their groups'."""
    scopes: Iterable[Scope] = (distribution.default, *(scope for route in distribution.routes for scope in (route.scope, route.wide)))
    lanes = {scope.lane for scope in scopes if scope.holds(agent.id, agent.groups)}
    return sorted(lanes | {EVERYBODY, *agent.groups})
