"""Replies that are written now and sent later (답변 지연 발송).

May: schedule, change, hold, send and drop them. May not: send what is true no more: whatever has changed since is for a person to look at.

A reply waits for its time, and is sent once, in the name of its author. It is held instead, until somebody sends it or cancels it, when the
customer has written (`customer_wrote`), the session has gone into other hands (`handed_on`), nobody has approved of it in time
(`not_approved`) or it was declined (`declined`), or the desk was down when it was due (`late`). It is dropped when the session is closed
(`closed`), its author works here no more (`author_removed`), the customer was erased (`erased`), or somebody cancels it (`cancelled`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

import attrs

from cschat.commands.owning import owns
from cschat.commands.protocol import Context
from cschat.commands.talking import said, say
from cschat.core import events as e
from cschat.core.access import GRANTS, Permission
from cschat.core.channels import channel_named
from cschat.core.content import Content, Speaker
from cschat.core.delayed import DelayedReply, DelayState
from cschat.core.fields import aware, flag, is_id, line, optional_id, record_id
from cschat.core.people import Agent, Role
from cschat.core.records import evolve
from cschat.core.session import Session, State
from cschat.core.times import Micros, as_micros
from cschat.core.turns import TurnKind
from cschat.errors import Conflict, Forbidden, IllegalTransition, Invalid, LimitExceeded
from cschat.sight import Who

__all__ = [
    "CancelDelayedReply",
    "ChangeDelayedReply",
    "DelayReply",
    "ReviewDelayedReply",
    "SendDelayedReply",
    "drop_delayed",
    "hold_delayed",
    "send_due",
]

LONGEST = 24 * 3_600_000_000
"""How far ahead a reply may be, in microseconds."""
LATEST = 3_600_000_000
"""How much later than it was due a reply is still sent by itself, in microseconds."""
MOST = 20
"""Replies that wait in one session."""
_ALL = 10_000


def _due(ctx: Context, at: datetime) -> Micros:
    due = as_micros(at)
    if not ctx.now < due <= ctx.now + LONGEST:
        raise Invalid(field="at", reason="is past" if due <= ctx.now else "is too far ahead", allowed=["within 24 hours from now"])
    return due


@attrs.frozen
class DelayReply:
    """Say something later: `text` or `content`, `at` a time within 24 hours. By an agent whose session it is.

    Answers with the `DelayedReply`. With a `reviewer`, a colleague, it is not sent before they have approved of it. In a live talk it is a
    `Conflict`, unless the brand's `delay_live` is on: it is for answers that were promised for later (messages that were left, mail, talks
    that an agent began). It is held for review if the customer writes before it is sent.
    """

    permission: ClassVar = Permission.SERVE
    records: ClassVar = e.MessageSent
    begins_with: ClassVar = (e.ReplyDelayed,)

    session: str = attrs.field(converter=record_id, validator=is_id)
    at: datetime = attrs.field(validator=aware)
    text: str | None = None
    content: Content | None = None
    reviewer: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)

    def __attrs_post_init__(self) -> None:
        said(self.text, self.content).check()

    @staticmethod
    def fits(session: Session, who: Who) -> bool:
        return who.role in (Role.AGENT, Role.ADMIN) and session.state is State.ACTIVE and owns(session, who)

    def run(self, ctx: Context) -> DelayedReply:
        session, author = ctx.take(self), ctx.acting_agent()
        live = session.turn.kind is TurnKind.LIVE and channel_named(session.channel).live
        if live and not ctx.see.brand().delay_live:
            raise Conflict("replies in a live talk are not delayed here", session_id=session.id, setting="delay_live")
        if len(session.delayed) >= MOST:
            raise LimitExceeded(f"{MOST} replies wait in {session.id} already", limit="delayed_replies", value=MOST)
        due, reviewer = _due(ctx, self.at), None if self.reviewer is None else _reviewer(ctx, self.reviewer, author)
        id, content = ctx.new_id(DelayedReply), said(self.text, self.content)
        session = ctx.record(session, e.ReplyDelayed(id, author.id, due, content, reviewer))
        return _put(ctx, DelayedReply(id, ctx.brand_id, session.id, author.id, content, due, session.seq, reviewer))

    def again(self, ctx: Context, event: e.Event) -> DelayedReply:
        return ctx.see.mine(DelayedReply, event.body.reply)


def _reviewer(ctx: Context, id: str, author: Agent) -> str:
    reviewer = ctx.see.mine(Agent, id)
    if reviewer.removed or reviewer.id == author.id:
        raise Invalid(field="reviewer", reason="was removed" if reviewer.removed else "must be a colleague")
    return reviewer.id


@attrs.frozen
class ChangeDelayedReply:
    """Give a delayed reply other words or another time. By its author or an admin. Answers with the `DelayedReply`.

    It waits again, also if it was held, so its time must be to come; other words must be approved anew. `Conflict` if it was sent or
    dropped.
    """

    permission: ClassVar = Permission.SERVE

    reply: str = attrs.field(converter=record_id, validator=is_id)
    text: str | None = None
    content: Content | None = None
    at: datetime | None = attrs.field(default=None, validator=aware)

    def __attrs_post_init__(self) -> None:
        if self.text is not None or self.content is not None:
            said(self.text, self.content).check()

    def run(self, ctx: Context) -> DelayedReply:
        reply, session = _changeable(ctx, self.reply)
        as_it_is = self.text is None and self.content is None
        content = reply.content if as_it_is else said(self.text, self.content)
        due = reply.due if self.at is None else as_micros(self.at)
        if (content, due, DelayState.WAITING) == (reply.content, reply.due, reply.state):
            return reply
        if session.state is not State.ACTIVE:
            raise _not_now(session, "DelayedReplyChanged")
        if reply.state is DelayState.HELD or self.at is not None:
            due = _due(ctx, self.at) if self.at is not None else _still_due(ctx, due)
        approved = reply.approved if content == reply.content and reply.approved else None
        session = ctx.record(session, e.DelayedReplyChanged(reply.id, due, content))
        waiting = {"state": DelayState.WAITING, "reason": "", "seen": session.seq}
        return _put(ctx, evolve(reply, content=content, due=due, approved=approved, **waiting))

    def again(self, ctx: Context, _event: e.Event) -> DelayedReply:
        return ctx.see.mine(DelayedReply, self.reply)


def _still_due(ctx: Context, due: Micros) -> Micros:
    if due <= ctx.now:
        raise Invalid(field="at", reason="its time is past: it needs another", allowed=["within 24 hours from now"])
    return due


@attrs.frozen
class CancelDelayedReply:
    """Do not send a delayed reply. By its author or an admin. Answers with the `DelayedReply`. `Conflict` if it was sent or dropped."""

    permission: ClassVar = Permission.SERVE

    reply: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> DelayedReply:
        reply, session = _changeable(ctx, self.reply)
        return _drop(ctx, session, reply, "cancelled")[1]

    def again(self, ctx: Context, _event: e.Event) -> DelayedReply:
        return ctx.see.mine(DelayedReply, self.reply)


@attrs.frozen
class ReviewDelayedReply:
    """Approve of a delayed reply, or decline it: then it is held. By its reviewer or an admin, never by its author alone.

    Answers with the `DelayedReply`. What is held is not sent by an approval: its author or an admin sends it. `Conflict` if nobody was
    asked.
    """

    permission: ClassVar = Permission.SERVE

    reply: str = attrs.field(converter=record_id, validator=is_id)
    approve: bool = attrs.field(validator=flag)
    note: str = attrs.field(default="", validator=line(limit=1000))

    def run(self, ctx: Context) -> DelayedReply:
        reply, who = _open(ctx, self.reply), ctx.see.who
        if who.id == reply.agent or (who.id != reply.reviewer and who.role not in GRANTS[Permission.DIRECT]):
            raise Forbidden(f"{who.name} is not to review {reply.id}", actor=who.name, permission=Permission.DIRECT)
        if reply.reviewer is None:
            raise Conflict(f"nobody was asked to review {reply.id}", reply_id=reply.id)
        if reply.approved is self.approve:
            return reply
        session = ctx.record(ctx.tx.get(Session, reply.session), e.DelayedReplyReviewed(reply.id, self.approve, self.note))
        reply = evolve(reply, approved=self.approve)
        return _put(ctx, reply) if self.approve else _hold(ctx, session, reply, "declined")[1]

    def again(self, ctx: Context, _event: e.Event) -> DelayedReply:
        return ctx.see.mine(DelayedReply, self.reply)


@attrs.frozen
class SendDelayedReply:
    """Send a delayed reply now, whether it waits or is held, in its author's name. By its author or an admin.

    Answers with the `DelayedReply`. `Conflict` if it was sent or dropped, if nobody has approved of it, or its author works here no more;
    `IllegalTransition` unless the session is active.
    """

    permission: ClassVar = Permission.SERVE

    reply: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> DelayedReply:
        reply, session = _changeable(ctx, self.reply)
        if reply.reviewer is not None and not reply.approved:
            raise Conflict(f"{reply.reviewer} has not approved of {reply.id}", reply_id=reply.id, reviewer=reply.reviewer)
        if ctx.tx.get(Agent, reply.agent).removed:
            raise Conflict(f"{reply.agent} was removed", agent_id=reply.agent)
        if session.state is not State.ACTIVE:
            raise _not_now(session, "MessageSent")
        return _send(ctx, session, reply)

    def again(self, ctx: Context, _event: e.Event) -> DelayedReply:
        return ctx.see.mine(DelayedReply, self.reply)


def _not_now(session: Session, event: str) -> IllegalTransition:
    text = f"an agent writes to a customer while the session is active; {session.id} is {session.state}"
    return IllegalTransition(text, session_id=session.id, state=session.state, event=event, allowed=[])


def _open(ctx: Context, id: str) -> DelayedReply:
    reply = ctx.see.mine(DelayedReply, id)
    if not reply.open:
        raise Conflict(f"{id} was {reply.state}", reply_id=id, state=reply.state, because=reply.reason)
    return reply


def _changeable(ctx: Context, id: str) -> tuple[DelayedReply, Session]:
    """A reply that may still be sent, and its session, for its author or an admin."""
    reply, who = _open(ctx, id), ctx.see.who
    if who.id != reply.agent and who.role not in GRANTS[Permission.DIRECT]:
        raise Forbidden(f"{who.name} has not written {id}", actor=who.name, permission=Permission.DIRECT)
    return reply, ctx.tx.get(Session, reply.session)


# ------------------------------------------------------------------------------------------------- what becomes of them


def _put(ctx: Context, reply: DelayedReply) -> DelayedReply:
    """Write it, and let the desk look at it when it is due if it waits."""
    ctx.tx.put(reply)
    ctx.arm("delayed", reply.id, reply.due if reply.state is DelayState.WAITING else None)
    return reply


def _send(ctx: Context, session: Session, reply: DelayedReply) -> DelayedReply:
    session, body = say(ctx, session, Speaker.AGENT, reply.content, agent=reply.agent)
    ctx.record(session, e.DelayedReplySent(reply.id, body.id))
    return _put(ctx, evolve(reply, state=DelayState.SENT, reason="", message=body.id))


def _hold(ctx: Context, session: Session, reply: DelayedReply, reason: str) -> tuple[Session, DelayedReply]:
    session = ctx.record(session, e.DelayedReplyHeld(reply.id, reason))
    return session, _put(ctx, evolve(reply, state=DelayState.HELD, reason=reason))


def _drop(ctx: Context, session: Session, reply: DelayedReply, reason: str) -> tuple[Session, DelayedReply]:
    session = ctx.record(session, e.DelayedReplyDropped(reply.id, reason))
    return session, _put(ctx, evolve(reply, state=DelayState.DROPPED, reason=reason))


def hold_delayed(ctx: Context, session: Session) -> None:
    """The customer has written: hold what waits to be said to them. What a colleague has approved of before that, they must see again."""
    for id in session.delayed:
        session, _ = _hold(ctx, session, evolve(ctx.tx.get(DelayedReply, id), approved=None), "customer_wrote")


def drop_delayed(ctx: Context, session: Session, reason: str) -> tuple[Session, list[DelayedReply]]:
    """Send nothing more in a session; all that was ever to be sent later in it."""
    replies = ctx.tx.find(DelayedReply, where={"session": session.id}, order="due", limit=_ALL)
    for place, reply in enumerate(replies):
        if reply.open:
            session, replies[place] = _drop(ctx, session, reply, reason)
    return session, replies


def send_due(ctx: Context, reply: DelayedReply) -> None:
    """Its time has come: send it, if all is still so as it was when it was written."""
    if reply.state is not DelayState.WAITING:
        return
    session = ctx.tx.get(Session, reply.session)
    for then, reason, holds in _UNTRUE:
        if holds(ctx, session, reply):
            then(ctx, session, reply, reason)
            return
    _send(ctx, session, reply)


_Check = Callable[[Context, Session, DelayedReply], bool]
_Then = Callable[[Context, Session, DelayedReply, str], object]
_UNTRUE: tuple[tuple[_Then, str, _Check], ...] = (
    (_drop, "closed", lambda _ctx, session, _reply: session.state is State.CLOSED),
    (_drop, "author_removed", lambda ctx, _session, reply: ctx.tx.get(Agent, reply.agent).removed),
    (_hold, "not_approved", lambda _ctx, _session, reply: reply.reviewer is not None and not reply.approved),
    (_hold, "handed_on", lambda _ctx, session, reply: session.state is not State.ACTIVE or session.handed > reply.seen),
    (_hold, "late", lambda ctx, _session, reply: ctx.now > reply.due + LATEST),
)
"""What becomes of a reply that is due, for which reason, when what it relied on is so no more; the first that holds."""
