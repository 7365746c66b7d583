"""A person is asked for: the queue, and the messages left when nobody can come.

May: put sessions into the queue and out of it again. May not: assign.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from cschat.accepting import overflow, suspended, unreachable
from cschat.commands.protocol import Context
from cschat.commands.talking import say
from cschat.core import events as e
from cschat.core.absence import told
from cschat.core.access import Permission
from cschat.core.answers import Connected, Queued, Unavailable
from cschat.core.brand import OnAbsence
from cschat.core.content import MAX_TEXT, Content, Speaker
from cschat.core.fields import is_id, line, record_id
from cschat.core.people import Role
from cschat.core.session import Session, State
from cschat.core.times import as_iso, optional_datetime
from cschat.duties import way
from cschat.errors import Conflict, Forbidden, Invalid
from cschat.routing.routes import Way
from cschat.sight import Who
from cschat.waits import queued

_NOT_YET = Queued(0)
"""Whether it waits, and where, is known when the desk has handed out what it could: see `settled`."""

__all__ = ["LeaveMessage", "MoveToIntake", "RequestAgent", "ReturnToBot"]


@attrs.frozen
class RequestAgent:
    """Ask for a person. Answers `Queued`, `Connected` (somebody has it already) or `Unavailable`; never an error for absence.

    When nobody can come and no scenario speaks, the customer is told why, when the desk opens again, and to leave a message (if the brand's
    `absence` is refuse: to come again). `Unavailable("overflow")`: too many wait already; `"suspended"`: the brand's balance is used up.
    """

    permission: ClassVar = Permission.TALK
    begins_with: ClassVar = (e.AgentRequested, e.AgentUnavailable)

    session: str = attrs.field(converter=record_id, validator=is_id)

    @staticmethod
    def fits(session: Session, _who: Who) -> bool:
        return session.state not in (State.WRAP_UP, State.CLOSED)

    def run(self, ctx: Context) -> Queued | Connected | Unavailable:
        session = ctx.see.session(self.session)
        if session.state in (State.QUEUED, State.ACTIVE):
            return _present(ctx, session)
        goes = way(ctx.see, session)
        absence = unreachable(ctx.see, goes) or suspended(ctx.see) or overflow(ctx.see, goes.scope.lane)
        if absence is None:
            ctx.record(session, e.AgentRequested())
            return _NOT_YET
        session = ctx.record(session, e.AgentUnavailable(str(absence.reason), absence.opens_at))
        if session.main is None:
            brand = ctx.see.brand()
            text = told(brand, ctx.see.hours(), absence, ctx.now, session.language or brand.language)
            say(ctx, session, Speaker.SYSTEM, Content(text=text))
        return Unavailable(str(absence.reason), optional_datetime(absence.opens_at))

    def settled(self, ctx: Context, answer: Queued | Connected | Unavailable) -> Queued | Connected | Unavailable:
        """The answer when the desk has handed out what it could."""
        return answer if isinstance(answer, Unavailable) else _present(ctx, ctx.see.session(self.session))

    def again(self, ctx: Context, event: e.Event) -> Queued | Connected | Unavailable:
        session = ctx.see.session(self.session)
        if isinstance(event.body, e.AgentUnavailable) and session.agent is None and session.state is not State.QUEUED:
            return Unavailable(event.body.reason, optional_datetime(event.body.opens_at))
        return _present(ctx, session)


def _present(ctx: Context, session: Session) -> Queued | Connected | Unavailable:
    if session.state is State.QUEUED:
        return queued(ctx.see, session)
    return Unavailable("closed") if session.agent is None else Connected(session.agent)


@attrs.frozen
class LeaveMessage:
    """Leave what was said, and `text`, to be answered later. Answers with the session, in INTAKE.

    By the customer, or the desk and its host for them. `Invalid` if the customer has said nothing since the session was opened or reopened;
    `Conflict` (with the next opening) for a customer while nobody can come and the brand's `absence` is refuse.
    """

    permission: ClassVar = Permission.TALK
    begins_with: ClassVar = (e.MessageSent, e.MessageLeft)

    session: str = attrs.field(converter=record_id, validator=is_id)
    text: str | None = attrs.field(default=None, validator=line(limit=MAX_TEXT, required=True))

    @staticmethod
    def fits(session: Session, who: Who) -> bool:
        return session.state in (State.BOT, State.QUEUED, State.INTAKE) and who.role not in (Role.AGENT, Role.ADMIN)

    def run(self, ctx: Context) -> Session:
        session, who = ctx.see.session(self.session), ctx.see.who
        if who.role in (Role.AGENT, Role.ADMIN):
            raise Forbidden("an agent does not speak for the customer", actor=who.name, permission=self.permission)
        if who.role is Role.CUSTOMER and session.state is not State.INTAKE and ctx.see.brand().absence is OnAbsence.REFUSE:
            _demand_presence(ctx, way(ctx.see, session))
        if self.text is not None:
            session = say(ctx, session, Speaker.CUSTOMER, Content(text=self.text))[0]
        if not session.spoke:
            raise Invalid(field="text", reason="there is no message to leave: the customer has said nothing yet")
        return session if session.state is State.INTAKE else ctx.record(session, e.MessageLeft())


def _demand_presence(ctx: Context, goes: Way) -> None:
    """`Conflict` while nobody can come to whom a session goes."""
    absence = unreachable(ctx.see, goes)
    if absence is not None:
        opens_at = None if absence.opens_at is None else as_iso(absence.opens_at)
        raise Conflict("this desk takes no messages while nobody can come", reason=str(absence.reason), opens_at=opens_at)


@attrs.frozen
class MoveToIntake:
    """Take a waiting session out of the queue, to be answered later. A customer who has said nothing goes back to the bot instead."""

    permission: ClassVar = Permission.DIRECT
    records: ClassVar = e.MovedToIntake
    begins_with: ClassVar = (e.MovedToIntake, e.ReturnedToBot)

    session: str = attrs.field(converter=record_id, validator=is_id)
    reason: str = attrs.field(default="closed", validator=line(required=True))

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        return ctx.record(session, e.MovedToIntake(self.reason) if session.spoke else e.ReturnedToBot(self.reason))


@attrs.frozen
class ReturnToBot:
    """Take a waiting session out of the queue, back to where nobody had asked for a person. By the customer, an admin, the desk."""

    permission: ClassVar = Permission.TALK
    records: ClassVar = e.ReturnedToBot

    session: str = attrs.field(converter=record_id, validator=is_id)
    reason: str = attrs.field(default="cancelled", validator=line(required=True))

    @staticmethod
    def fits(_session: Session, who: Who) -> bool:
        return who.role is not Role.AGENT

    def run(self, ctx: Context) -> Session:
        return ctx.record(ctx.take(self), e.ReturnedToBot(self.reason))
