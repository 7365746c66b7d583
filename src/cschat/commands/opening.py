"""Sessions begin.

May: open sessions. May not: decide who answers.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from cschat.accepting import demand_balance
from cschat.commands.owning import demand_room
from cschat.commands.protocol import Context
from cschat.commands.talking import say
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.content import MAX_TEXT, Content, Speaker
from cschat.core.fields import is_id, line, optional_id, record_id
from cschat.core.people import Agent, Customer, Role
from cschat.core.session import Session
from cschat.errors import Invalid

__all__ = ["OpenSession", "OpenSessionByAgent"]


@attrs.frozen
class OpenSession:
    """A customer begins a session, with a first message if there is `text`. Answers with the session.

    `page` is where it was opened from; the rules for bots may look at it.
    A customer opens their own, and is registered if the desk has not met them; staff and host name the `customer`.
    `Invalid` if a field is wrong; `NotFound` if there is no such customer.
    """

    permission: ClassVar = Permission.TALK
    makes: ClassVar = Session

    channel: str = attrs.field(default="web", validator=line(limit=50, required=True))
    text: str | None = attrs.field(default=None, validator=line(limit=MAX_TEXT, required=True))
    subject: str = attrs.field(default="", validator=line())
    language: str | None = attrs.field(default=None, validator=line(limit=35))
    page: str = attrs.field(default="", validator=line(limit=2000))
    customer: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)

    def run(self, ctx: Context) -> Session:
        customer = _customer(ctx, self.customer)
        session = ctx.open(e.Opened(customer.id, self.channel, self.language or customer.language, self.subject, page=self.page))
        return session if self.text is None else say(ctx, session, Speaker.CUSTOMER, Content(text=self.text))[0]


@attrs.frozen
class OpenSessionByAgent:
    """An agent writes to a customer first. Answers with the session, which the agent has.

    By an agent for themselves; by an admin or the host for the `agent` named. `LimitExceeded` if the agent has no room.
    """

    permission: ClassVar = Permission.SERVE
    makes: ClassVar = Session

    customer: str = attrs.field(converter=record_id, validator=is_id)
    channel: str = attrs.field(default="web", validator=line(limit=50, required=True))
    text: str | None = attrs.field(default=None, validator=line(limit=MAX_TEXT, required=True))
    subject: str = attrs.field(default="", validator=line())
    language: str | None = attrs.field(default=None, validator=line(limit=35))
    agent: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)

    def run(self, ctx: Context) -> Session:
        if self.agent is not None and self.agent != ctx.see.who.id:
            ctx.see.demand(Permission.DIRECT)
        agent = ctx.acting_agent() if self.agent is None else ctx.see.mine(Agent, self.agent)
        demand_room(ctx, agent, self.channel)
        demand_balance(ctx.see)
        customer = _present(ctx, self.customer)
        body = e.OpenedByAgent(agent.id, customer.id, self.channel, self.language or customer.language, self.subject)
        session = ctx.open(body)
        return session if self.text is None else say(ctx, session, Speaker.AGENT, Content(text=self.text), agent=agent.id)[0]


def _customer(ctx: Context, named: str | None) -> Customer:
    if ctx.see.who.role is Role.CUSTOMER:
        if named is not None and named != ctx.see.who.id:
            raise Invalid(field="customer", reason="a customer opens only their own sessions")
        return ctx.acting_customer()
    if named is None:
        raise Invalid(field="customer", reason="needed when the actor is no customer")
    return _present(ctx, named)


def _present(ctx: Context, id: str) -> Customer:
    customer = ctx.see.mine(Customer, id)
    if customer.merged_into is not None or customer.erased:
        raise Invalid(field="customer", reason="was merged into another" if customer.merged_into else "was erased")
    return customer
