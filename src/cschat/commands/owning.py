"""Who has a session: claims, assignments, transfers, releases, holds.

May: decide ownership and room, on rows read in the writing transaction. May not: choose among agents.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import attrs

from cschat.accepting import demand_balance
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.distribution import EVERYBODY, Claiming
from cschat.core.fields import aware, flag, is_id, line, optional_id, record_id
from cschat.core.people import Agent, Group, Role
from cschat.core.session import Session, State
from cschat.core.times import as_micros
from cschat.duties import load
from cschat.errors import AlreadyAssigned, Conflict, Invalid, LimitExceeded
from cschat.sight import Who

__all__ = [
    "AssignSession",
    "ClaimSession",
    "HoldSession",
    "ReleaseSession",
    "ResumeSession",
    "TransferSession",
    "demand_room",
    "owns",
    "take_over",
]

_HEADS = 20


def demand_room(ctx: Context, agent: Agent, channel: str, *, force: bool = False) -> None:
    """`Invalid` if the agent works here no more; `LimitExceeded` if they have no room for a session of a channel, unless it is forced."""
    if agent.removed:
        raise Invalid(field="agent", reason="was removed")
    if not force and load(ctx.see, agent.id) + ctx.see.brand().distribution.weight(channel) > agent.capacity:
        raise LimitExceeded(f"{agent.id} has {agent.capacity} sessions already", limit="capacity", value=agent.capacity, agent_id=agent.id)


def owns(session: Session, who: Who) -> bool:
    """Whether an actor may act for the owner: the owner, an admin, the desk, its host."""
    return who.role is not Role.CUSTOMER and (who.role is not Role.AGENT or session.agent == who.id)


def take_over(ctx: Context, session: Session, agent: Agent, *, how: str, force: bool = False, out_of_turn: bool = False) -> Session:
    """Give a session that nobody has to an agent. Already theirs: nothing happens. Another's: `AlreadyAssigned`."""
    if session.agent == agent.id and session.state is State.ACTIVE:
        return session
    if session.agent is not None:
        raise AlreadyAssigned(f"{session.agent} has {session.id}", session_id=session.id, agent_id=session.agent)
    demand_room(ctx, agent, session.channel, force=force)
    if session.state is not State.QUEUED:
        demand_balance(ctx.see)
    return ctx.record(session, e.Assigned(agent.id, how, out_of_turn=out_of_turn))


@attrs.frozen
class ClaimSession:
    """An agent takes a session that nobody has: from the queue, the review list, or out of a bot's hands. Answers with the session.

    `AlreadyAssigned(agent_id)` for whoever comes second; `LimitExceeded` without room; `Conflict` if the brand's distribution hands out the
    queue itself, or lets nobody take what is not next.
    """

    permission: ClassVar = Permission.SERVE
    begins_with: ClassVar = (e.Assigned,)

    session: str = attrs.field(converter=record_id, validator=is_id)

    @staticmethod
    def fits(session: Session, who: Who) -> bool:
        return who.role in (Role.AGENT, Role.ADMIN) and session.state in (State.BOT, State.QUEUED, State.INTAKE)

    def run(self, ctx: Context) -> Session:
        session, agent = ctx.see.session(self.session), ctx.acting_agent()
        out_of_turn = session.state is State.QUEUED and _demand_claim(ctx, session, agent)
        return take_over(ctx, session, agent, how="claim", out_of_turn=out_of_turn)


def _demand_claim(ctx: Context, session: Session, agent: Agent) -> bool:
    """Whether somebody is left behind who has waited longer. `Conflict` if the policy does not let the agent take it."""
    policy = ctx.see.brand().distribution
    if policy.claiming is Claiming.OFF:
        raise Conflict("the desk hands out the queue itself", session_id=session.id, claim=policy.claiming)
    first = next(iter(_waiting_for(ctx, agent)), None)
    out_of_turn = first is not None and first.id != session.id
    if out_of_turn and first is not None and policy.claiming is Claiming.OLDEST_FIRST:
        raise Conflict(f"{first.id} has waited longer", session_id=session.id, next=first.id)
    return out_of_turn


def _waiting_for(ctx: Context, agent: Agent) -> list[Session]:
    """What waits at the head of the queue and is for this agent too."""
    heads = ctx.tx.find(Session, where={"brand": ctx.brand_id, "state": State.QUEUED}, order="rank", limit=_HEADS)
    mine = {None, agent.id, EVERYBODY, *agent.groups}
    return [
        session
        for session in heads
        if session.wanted in mine
        and session.group in mine
        and agent.id not in session.passed
        and (session.lane is None or not mine.isdisjoint(session.lane.split(",")))
    ]


@attrs.frozen
class AssignSession:
    """Give a session that nobody has to an agent; `force` passes the agent's capacity. Answers with the session."""

    permission: ClassVar = Permission.DIRECT
    begins_with: ClassVar = (e.Assigned,)

    session: str = attrs.field(converter=record_id, validator=is_id)
    agent: str = attrs.field(converter=record_id, validator=is_id)
    force: bool = attrs.field(default=False, validator=flag)

    @staticmethod
    def fits(session: Session, _who: Who) -> bool:
        return session.state in (State.BOT, State.QUEUED, State.INTAKE)

    def run(self, ctx: Context) -> Session:
        return take_over(ctx, ctx.see.session(self.session), ctx.see.mine(Agent, self.agent), how="manual", force=self.force)


@attrs.frozen
class TransferSession:
    """Hand a session on, to an `agent` or to the queue of a `group`, with a note. Answers with the session.

    By its owner or an admin. A full agent is refused (`LimitExceeded`) unless an admin uses `force`.
    """

    permission: ClassVar = Permission.SERVE
    records: ClassVar = e.Transferred
    fits: ClassVar = staticmethod(owns)

    session: str = attrs.field(converter=record_id, validator=is_id)
    agent: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)
    group: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)
    note: str = attrs.field(default="", validator=line(limit=5000))
    force: bool = attrs.field(default=False, validator=flag)

    def __attrs_post_init__(self) -> None:
        if (self.agent is None) == (self.group is None):
            raise Invalid(field="agent", reason="a transfer goes either to an agent or to a group")

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        if self.group is not None:
            group = ctx.see.mine(Group, self.group)
            if group.removed:
                raise Invalid(field="group", reason="was removed")
            return ctx.record(session, e.Transferred("group", group=group.id, note=self.note))
        agent = ctx.see.mine(Agent, str(self.agent))
        if agent.id == session.agent:
            return session
        if self.force:
            ctx.see.demand(Permission.DIRECT)
        demand_room(ctx, agent, session.channel, force=self.force)
        return ctx.record(session, e.Transferred("agent", agent=agent.id, note=self.note))


@attrs.frozen
class ReleaseSession:
    """Put a session back into the queue, at its old place. By its owner or an admin. Answers with the session."""

    permission: ClassVar = Permission.SERVE
    records: ClassVar = e.Released
    fits: ClassVar = staticmethod(owns)

    session: str = attrs.field(converter=record_id, validator=is_id)
    why: str = attrs.field(default="", validator=line())

    def run(self, ctx: Context) -> Session:
        return ctx.record(ctx.take(self), e.Released(self.why))


@attrs.frozen
class HoldSession:
    """Wait for something else until a time (aware), or until the customer writes. By its owner or an admin. Answers with the session."""

    permission: ClassVar = Permission.SERVE
    records: ClassVar = e.Held
    fits: ClassVar = staticmethod(owns)

    session: str = attrs.field(converter=record_id, validator=is_id)
    until: datetime = attrs.field(validator=aware)

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        until = as_micros(self.until)
        if until <= ctx.now:
            raise Invalid(field="until", reason="is past")
        return session if session.held_until == until else ctx.record(session, e.Held(until))


@attrs.frozen
class ResumeSession:
    """End a hold. By its owner or an admin. Without a hold nothing happens. Answers with the session."""

    permission: ClassVar = Permission.SERVE
    records: ClassVar = e.Resumed
    fits: ClassVar = staticmethod(owns)

    session: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        return session if session.held_until is None else ctx.record(session, e.Resumed(by=ctx.see.who.role))
