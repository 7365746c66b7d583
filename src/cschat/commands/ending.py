"""A session ends, is wrapped up, judged, reopened.

May: end and reopen. May not: decide by itself that it is time (`waking` does, and says by which timer).
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from cschat.commands.labelling import category_id, known_tags
from cschat.commands.owning import owns, take_over
from cschat.commands.protocol import Context
from cschat.commands.reopening import OVER, go_on, reopen
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.fields import is_id, line, listed, names, optional_id, record_id, whole
from cschat.core.labels import TagList
from cschat.core.people import Role
from cschat.core.session import Session, State
from cschat.errors import Invalid
from cschat.sight import Who

__all__ = ["EndSession", "ForceClose", "LeavePage", "RateSession", "ReopenSession", "WrapUp", "end"]


def end(ctx: Context, session: Session, reason: str, *, timer: str | None = None, policy: str | None = None) -> Session:
    """Record the end: of a talk, with the time by which its note must be there; of anything else, for good."""
    if ctx.see.who.role is Role.SYSTEM and (timer is None or policy is None):
        raise Invalid(field="timer" if timer is None else "policy", reason="the desk names the timer and the policy by which it ends")
    wrap_up_by = None
    if session.state is State.ACTIVE:
        limit = ctx.see.brand().wrap_up_limit
        wrap_up_by = None if limit is None else ctx.now + limit * 1000
    return ctx.record(session, e.Ended(ctx.see.who.role, reason, timer, policy, wrap_up_by))


@attrs.frozen
class EndSession:
    """End a session. A talk goes into WRAP_UP, anything else is closed. Answers with the session.

    By the customer, the owner, an admin, the desk; what nobody has, by any agent. An agent who ends an intake item takes it first.
    The desk itself (`Actor.system`) names the `timer` that ran out and the `policy` that says so.
    """

    permission: ClassVar = Permission.TALK
    records: ClassVar = e.Ended
    begins_with: ClassVar = (e.Ended, e.Assigned)

    session: str = attrs.field(converter=record_id, validator=is_id)
    reason: str = attrs.field(default="done", validator=line(required=True))
    timer: str | None = attrs.field(default=None, validator=line(limit=100, required=True))
    policy: str | None = attrs.field(default=None, validator=line(limit=100, required=True))

    @staticmethod
    def fits(session: Session, who: Who) -> bool:
        return who.role is Role.CUSTOMER or session.agent is None or owns(session, who)

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        if session.state is State.INTAKE and ctx.see.who.role in (Role.AGENT, Role.ADMIN):
            session = take_over(ctx, session, ctx.acting_agent(), how="claim")
        return end(ctx, session, self.reason, timer=self.timer, policy=self.policy)


@attrs.frozen
class LeavePage:
    """The customer has left the page. It ends the session only if the brand says so. Answers with the session.

    A message that was left to be answered later (INTAKE) stays in any case.
    """

    permission: ClassVar = Permission.TALK
    begins_with: ClassVar = (e.Ended,)

    session: str = attrs.field(converter=record_id, validator=is_id)

    @staticmethod
    def fits(_session: Session, who: Who) -> bool:
        return who.role not in (Role.AGENT, Role.ADMIN)

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        if session.state in (State.INTAKE, *OVER) or not ctx.see.brand().end_when_gone:
            return session
        return end(ctx, session, "gone", timer="page", policy="end_when_gone")


@attrs.frozen
class WrapUp:
    """Close a session that has ended with a note, a category (path or id) and tags. By its owner or an admin. Answers with the session.

    Categories and tags that are new are added to the brand's lists, unless it keeps them closed (`Invalid` then).
    """

    permission: ClassVar = Permission.SERVE
    records: ClassVar = e.WrappedUp
    fits: ClassVar = staticmethod(owns)

    session: str = attrs.field(converter=record_id, validator=is_id)
    note: str = attrs.field(default="", validator=line(limit=20_000))
    category: str | None = attrs.field(default=None, converter=optional_id, validator=line())
    tags: tuple[str, ...] = attrs.field(default=(), converter=listed, validator=names())

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        category = None if self.category is None else category_id(ctx, self.category)
        tags = known_tags(ctx, TagList.SESSION, self.tags)
        return ctx.record(session, e.WrappedUp(ctx.see.who.role, self.note, category, tags))


@attrs.frozen
class ReopenSession:
    """Go on with a session that has ended ("다시 문의"). Answers with the session that goes on, in the state that fits.

    By staff: its last owner has it again whatever their load; else it waits in the queue. By the customer: the same within the
    brand's grace; after that the channel's policy reopens it, continues it in a new session, or refuses (`Conflict`).
    """

    permission: ClassVar = Permission.TALK
    records: ClassVar = e.Reopened
    begins_with: ClassVar = (e.Reopened, e.Continued)

    session: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        if ctx.see.who.role is not Role.CUSTOMER:
            return reopen(ctx, session, by_message=False)
        while session.next is not None and session.state in OVER:
            session = ctx.see.session(session.next)
        return go_on(ctx, session, by_message=False) if session.state in OVER else session

    def again(self, ctx: Context, event: e.Event) -> Session:
        return ctx.see.session(event.body.session if isinstance(event.body, e.Continued) else event.subject)


@attrs.frozen
class ForceClose:
    """Close a session from wherever it is. By an admin, the desk, its host. Closed already: nothing happens. Answers with the session."""

    permission: ClassVar = Permission.DIRECT
    records: ClassVar = e.ForceClosed

    session: str = attrs.field(converter=record_id, validator=is_id)
    reason: str = attrs.field(default="forced", validator=line(required=True))

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        return session if session.state is State.CLOSED else ctx.record(session, e.ForceClosed(ctx.see.who.role, self.reason))


@attrs.frozen
class RateSession:
    """The customer judges: `score` from 1 to `scale`. A later judgement replaces the earlier. Answers with the session."""

    permission: ClassVar = Permission.TALK
    records: ClassVar = e.Rated

    session: str = attrs.field(converter=record_id, validator=is_id)
    score: int = attrs.field(validator=whole(1, 100))
    scale: int = attrs.field(default=5, validator=whole(2, 100))
    comment: str = attrs.field(default="", validator=line(limit=2000))

    def __attrs_post_init__(self) -> None:
        if self.score > self.scale:
            raise Invalid(field="score", reason=f"{self.score} is not on the scale", allowed=[f"1 to {self.scale}"])

    @staticmethod
    def fits(_session: Session, who: Who) -> bool:
        return who.role not in (Role.AGENT, Role.ADMIN)

    def run(self, ctx: Context) -> Session:
        return ctx.record(ctx.take(self), e.Rated(self.score, self.scale, self.comment))
