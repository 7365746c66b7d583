"""Agents and groups.

May: add, change, remove people and groups, set statuses. May not: assign work.
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs
import msgspec

from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.fields import ids, is_id, line, mail_address, member, names, optional_id, record_id, site_address, whole
from cschat.core.people import Agent, AgentStatus, Group, Role
from cschat.core.session import Session, State
from cschat.errors import Conflict, Forbidden, Invalid

__all__ = ["AddAgent", "AddGroup", "ChangeAgent", "ChangeGroup", "RemoveAgent", "RemoveGroup", "SetStatus"]

_PAGE = 500
_NUMBER = whole(0, 1000)


def _role(value: Role | str) -> Role:
    if value not in (Role.AGENT, Role.ADMIN):
        raise Invalid(field="role", reason=f"{value!r} is no role of an agent", allowed=[Role.AGENT, Role.ADMIN])
    return Role(value)


def _role_or_none(value: Role | str | None) -> Role | None:
    return None if value is None else _role(value)


def _status(value: AgentStatus | str) -> AgentStatus:
    return member(AgentStatus, value, "status")


def _agent_role(_command: object, field: attrs.Attribute[Any], value: Role | None) -> None:
    if value is not None and value not in (Role.AGENT, Role.ADMIN):
        raise Invalid(field=field.name, reason=f"{value} is no role of an agent", allowed=["agent", "admin"])


def _email(command: object, field: attrs.Attribute[Any], value: str | None) -> None:
    if value != "":  # which takes it away
        mail_address(command, field, value)


def _image(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is not None or field.default is not None:
        site_address(value, field.name)


def _groups(ctx: Context, groups: tuple[str, ...]) -> tuple[str, ...]:
    for id in groups:
        if ctx.see.mine(Group, id).removed:
            raise Invalid(field="groups", reason=f"{id} was removed")
    return tuple(sorted(set(groups)))


@attrs.frozen
class AddAgent:
    """Add an agent. Answers with the `Agent`. `Conflict` if the host's `user_id` is another agent's.

    `capacity` is how many sessions they may have at once, `auto_limit` (default: the same) how many they are given unasked. Alerts that
    concern them may go to `email`. `image` is the address of their picture, which customers see.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Agent

    name: str = attrs.field(validator=line(limit=100, required=True))
    role: Role = attrs.field(default=Role.AGENT, converter=_role, validator=_agent_role)
    status: AgentStatus = attrs.field(default=AgentStatus.BUSY, converter=_status)
    user_id: str | None = attrs.field(default=None, validator=line(required=True))
    groups: tuple[str, ...] = attrs.field(default=(), converter=ids, validator=names())
    capacity: int = attrs.field(default=10, validator=_NUMBER)
    auto_limit: int | None = attrs.field(default=None, validator=_NUMBER)
    email: str = attrs.field(default="", validator=mail_address)
    image: str = attrs.field(default="", validator=_image)

    def run(self, ctx: Context) -> Agent:
        auto_limit = self.capacity if self.auto_limit is None else min(self.auto_limit, self.capacity)
        groups = _groups(ctx, self.groups)
        body = e.AgentAdded(self.name, self.role, self.status, self.capacity, auto_limit, self.user_id, groups, self.email, self.image)
        agent = Agent(
            id=ctx.new_id(Agent),
            brand=ctx.brand_id,
            seq=0,
            name=self.name,
            role=self.role,
            user_id=self.user_id,
            status=self.status,
            status_by=ctx.see.who.role,
            groups=groups,
            capacity=self.capacity,
            auto_limit=auto_limit,
            email=self.email,
            image=self.image,
        )
        return ctx.change(agent, body)


@attrs.frozen
class ChangeAgent:
    """Change an agent's settings; what is None stays. Answers with the `Agent`. A lowered capacity takes nothing away from them."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Agent

    agent: str = attrs.field(converter=record_id, validator=is_id)
    name: str | None = attrs.field(default=None, validator=line(limit=100, required=True))
    role: Role | None = attrs.field(default=None, converter=_role_or_none, validator=_agent_role)
    user_id: str | None = attrs.field(default=None, validator=line(required=True))
    groups: tuple[str, ...] | None = attrs.field(default=None, converter=ids, validator=names())
    capacity: int | None = attrs.field(default=None, validator=_NUMBER)
    auto_limit: int | None = attrs.field(default=None, validator=_NUMBER)
    email: str | None = attrs.field(default=None, validator=_email)
    image: str | None = attrs.field(default=None, validator=_image)

    def run(self, ctx: Context) -> Agent:
        agent = _present(ctx, self.agent)
        wanted: dict[str, Any] = {field.name: getattr(self, field.name) for field in attrs.fields(type(self)) if field.name != "agent"}
        if self.groups is not None:
            wanted["groups"] = _groups(ctx, self.groups)
        capacity = agent.capacity if self.capacity is None else self.capacity
        wanted["auto_limit"] = min(agent.auto_limit if self.auto_limit is None else self.auto_limit, capacity)
        return change_agent(ctx, agent.id, **{name: value for name, value in wanted.items() if value is not None})


@attrs.frozen
class SetStatus:
    """Declare a status: available, busy, hidden. An agent their own; an admin or the host anybody's. Answers with the `Agent`."""

    permission: ClassVar = Permission.SERVE
    makes: ClassVar = Agent

    status: AgentStatus = attrs.field(converter=_status)
    agent: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)
    reason: str = attrs.field(default="", validator=line())

    def run(self, ctx: Context) -> Agent:
        if self.agent is not None and self.agent != ctx.see.who.id and ctx.see.who.role is Role.AGENT:
            raise Forbidden("an agent sets only their own status", actor=ctx.see.who.name, permission=Permission.DIRECT)
        agent = ctx.acting_agent() if self.agent is None else _present(ctx, self.agent)
        if agent.status is self.status:
            return agent
        by = ctx.see.who.role
        return ctx.change(
            agent, e.AgentStatusSet(self.status, by, self.reason), status=self.status, status_by=by, status_reason=self.reason
        )


@attrs.frozen
class RemoveAgent:
    """Remove an agent. Their talks go back to the queue and their open notes are closed, in the same commit. Answers with the `Agent`."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Agent

    agent: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> Agent:
        agent = ctx.see.mine(Agent, self.agent)
        if agent.removed:
            return agent
        while talks := ctx.tx.find(Session, where={"agent": agent.id, "state": State.ACTIVE}, limit=_PAGE):
            for session in sorted(talks, key=lambda one: (one.requested or ctx.now) - 1000 * one.head_start):
                ctx.record(session, e.Released("agent_removed"))
        while notes := ctx.tx.find(Session, where={"agent": agent.id, "state": State.WRAP_UP}, limit=_PAGE):
            for session in notes:
                ctx.record(session, e.WrappedUp(Role.SYSTEM, reason="agent_removed"))
        return ctx.change(agent, e.AgentRemoved(), removed=True, user_id=None)

    def again(self, ctx: Context, _event: e.Event) -> Agent:
        return ctx.see.mine(Agent, self.agent)


def _changed(agent: Agent, after: dict[str, Any]) -> e.AgentChanged:
    """The event of a change; plain values in it, for that is what JSON gives back."""
    before = {name: getattr(agent, name) for name in after}
    return e.AgentChanged(msgspec.to_builtins(before), msgspec.to_builtins(after))


def change_agent(ctx: Context, id: str, **wanted: Any) -> Agent:
    """Give fields of an agent who works here other values; nothing is recorded where they are so already."""
    agent = _present(ctx, id)
    after = {name: value for name, value in wanted.items() if value != getattr(agent, name)}
    return ctx.change(agent, _changed(agent, after), **after) if after else agent


def _present(ctx: Context, id: str) -> Agent:
    agent = ctx.see.mine(Agent, id)
    if agent.removed:
        raise Conflict(f"{id} was removed", agent_id=id)
    return agent


@attrs.frozen
class AddGroup:
    """Add a group. Answers with the `Group`. `Conflict` if the name is taken."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Group

    name: str = attrs.field(validator=line(limit=100, required=True))

    def run(self, ctx: Context) -> Group:
        return ctx.change(Group(id=ctx.new_id(Group), brand=ctx.brand_id, seq=0, name=self.name), e.GroupAdded(self.name))


@attrs.frozen
class ChangeGroup:
    """Rename a group. Answers with the `Group`."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Group

    group: str = attrs.field(converter=record_id, validator=is_id)
    name: str = attrs.field(validator=line(limit=100, required=True))

    def run(self, ctx: Context) -> Group:
        group = ctx.see.mine(Group, self.group)
        if group.removed:
            raise Conflict(f"{group.id} was removed", group_id=group.id)
        return group if group.name == self.name else ctx.change(group, e.GroupChanged(self.name), name=self.name)


@attrs.frozen
class RemoveGroup:
    """Remove a group; its agents leave it, and what waits for it waits for everybody. Answers with the `Group`."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Group

    group: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> Group:
        group = ctx.see.mine(Group, self.group)
        if group.removed:
            return group
        after = ctx.change(group, e.GroupRemoved(), removed=True, name=f"{group.name} ({group.id})")
        for status in AgentStatus:
            for agent in ctx.tx.find(Agent, where={"brand": ctx.brand_id, "removed": False, "status": status}, limit=100_000):
                if group.id in agent.groups:
                    left = tuple(id for id in agent.groups if id != group.id)
                    ctx.change(agent, _changed(agent, {"groups": left}), groups=left)
        return after

    def again(self, ctx: Context, _event: e.Event) -> Group:
        return ctx.see.mine(Group, self.group)
