"""Who has a session open just now, and who types in it.

May: tell. May not: tell a customer who merely looks.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.attendance import CUSTOMER, Attendance, Attendant
from cschat.core.fields import is_id, record_id
from cschat.core.people import Agent, AgentStatus, Customer, Role
from cschat.core.session import Session
from cschat.core.times import as_datetime
from cschat.sight import Sight

__all__ = ["AttendedBy", "Attending"]


@attrs.frozen
class AttendedBy:
    """Somebody who has it open: `who` is "customer" or "agent", `agent` which one.

    `since_at` is since when they have it open; what customers are told is since when they type.
    """

    who: str
    agent: str | None
    name: str
    typing: bool
    since_at: datetime


@attrs.frozen
class Attending:
    """Who else has a session open just now: a list of `AttendedBy`, the first to come first.

    Staff see the customer and their colleagues. A customer sees agents who type to them, if these do not hide; never who merely looks.
    It changes by time alone, so ask it again rather than wait for an event.
    """

    permission: ClassVar = Permission.TALK

    session: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Sight) -> list[AttendedBy]:
        session = ctx.session(self.session)
        attendance = ctx.tx.peek(Attendance, Attendance.id_of(session.id))
        here = () if attendance is None else attendance.at(ctx.now)
        tell = _to_customer if ctx.who.role is Role.CUSTOMER else _to_staff
        told = (tell(ctx, session, one) for one in sorted(here, key=lambda one: (one.since, one.who)))
        return [one for one in told if one is not None]


def _to_customer(ctx: Sight, _session: Session, one: Attendant) -> AttendedBy | None:
    if one.who == CUSTOMER or one.typing is None:
        return None
    agent = ctx.tx.get(Agent, one.who)
    if agent.status is AgentStatus.HIDDEN or agent.removed:
        return None
    return AttendedBy("agent", agent.id, agent.name, typing=True, since_at=as_datetime(one.typing))


def _to_staff(ctx: Sight, session: Session, one: Attendant) -> AttendedBy | None:
    if one.who == ctx.who.id:
        return None
    typing, since = one.typing is not None, as_datetime(one.since)
    if one.who == CUSTOMER:
        return AttendedBy("customer", None, ctx.tx.get(Customer, session.customer).name, typing, since)
    return AttendedBy("agent", one.who, ctx.tx.get(Agent, one.who).name, typing, since)
