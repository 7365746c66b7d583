"""The lists that people work from, and how long each is.

May: list sessions by state, in pages. May not: judge them.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.fields import flag, is_id, optional_id
from cschat.core.people import Agent
from cschat.core.session import Session, State
from cschat.errors import Invalid
from cschat.queries.protocol import Page, limit_field, page
from cschat.sight import Sight

__all__ = ["ClosedList", "ConsultingList", "Counts", "CountsByState", "Queue", "ReviewList"]


@attrs.frozen
class Queue:
    """대기: sessions that wait for a person, the one whose turn it is first."""

    permission: ClassVar = Permission.SERVE

    after: str | None = None
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[Session]:
        return _by_state(ctx, State.QUEUED, "rank", self.after, self.limit)


@attrs.frozen
class ReviewList:
    """확인: messages left to be answered, oldest first."""

    permission: ClassVar = Permission.SERVE

    after: str | None = None
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[Session]:
        return _by_state(ctx, State.INTAKE, "rank", self.after, self.limit)


@attrs.frozen
class ClosedList:
    """종료: closed sessions, newest first."""

    permission: ClassVar = Permission.SERVE

    after: str | None = None
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[Session]:
        return _by_state(ctx, State.CLOSED, "-rank", self.after, self.limit)


@attrs.frozen
class ConsultingList:
    """상담: what an agent (by default the one who asks) is talking in, and with `wrap_up` what they have still to wrap up; oldest first.

    Not in pages: it is as long as the agent's capacity.
    """

    permission: ClassVar = Permission.SERVE

    agent: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)
    wrap_up: bool = attrs.field(default=False, validator=flag)

    def run(self, ctx: Sight) -> list[Session]:
        agent = ctx.who.id if self.agent is None else ctx.mine(Agent, self.agent).id
        if agent is None:
            raise Invalid(field="agent", reason="needed when the actor is no agent")
        states = (State.ACTIVE, State.WRAP_UP) if self.wrap_up else (State.ACTIVE,)
        found = [session for state in states for session in ctx.tx.find(Session, where={"agent": agent, "state": state}, limit=10_000)]
        return sorted(found, key=lambda session: (session.since, session.id))


@attrs.frozen
class Counts:
    """How many sessions are in each state."""

    bot: int
    queued: int
    active: int
    intake: int
    wrap_up: int
    closed: int


@attrs.frozen
class CountsByState:
    """How many sessions of the brand are in each state: `Counts`."""

    permission: ClassVar = Permission.SERVE

    def run(self, ctx: Sight) -> Counts:
        return Counts(*(ctx.tx.count(Session, where={"brand": ctx.brand_id, "state": state}) for state in State))


def _by_state(ctx: Sight, state: State, order: str, after: str | None, limit: int) -> Page[Session]:
    return page(ctx, Session, {"brand": ctx.brand_id, "state": state}, order=order, after=after, limit=limit)
