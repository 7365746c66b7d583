"""Something is said: messages, notes, a bot's answers, read marks.

May: append what is said, and let a customer's message end a hold or reopen what is closed. May not: decide who answers.
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from cschat.commands.attaching import attach
from cschat.commands.protocol import Context
from cschat.commands.reopening import OVER, go_on
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.content import Content, Speaker, Visibility, text
from cschat.core.fields import flag, is_id, line, member, record_id, whole
from cschat.core.people import Role
from cschat.core.session import Session, State
from cschat.core.transcript import Message, message_of
from cschat.errors import Conflict, IllegalTransition, Invalid, StaleView
from cschat.sight import Who

__all__ = ["AddNote", "MarkRead", "SendBotMessage", "SendMessage", "say"]


def say(
    ctx: Context,
    session: Session,
    author: Speaker,
    content: Content,
    *,
    agent: str | None = None,
    visibility: Visibility = Visibility.PUBLIC,
    step: bool = False,
) -> tuple[Session, e.MessageSent]:
    """Record a message; the session after it, and what was recorded."""
    if content.media is not None or content.cards:
        attach(ctx, session, content)
    body = e.MessageSent(ctx.new_id_with("msg"), author, content, visibility, agent, step)
    return ctx.record(session, body), body


def _message(after: Session, body: e.MessageSent) -> Message:
    """The message that a session has just got."""
    return Message(body.id, after.id, after.seq, after.last, body.author, body.agent, body.content, body.visibility)


def said(text: str | None, content: Content | None) -> Content:
    """What a message says, given as text or as content. `Invalid` if both or none are there."""
    if (text is None) == (content is None):
        raise Invalid(field="text", reason="a message has either text or content")
    if content is not None and not isinstance(content, Content):
        raise Invalid(field="content", reason="must be a Content")
    return content or Content(text=text or "")


def _content(value: Content | str) -> Content:
    return Content.of(value)


def _visibility(value: Visibility | str) -> Visibility:
    return member(Visibility, value, "visibility")


@attrs.frozen
class SendMessage:
    """Say something: `text`, or `content` of another kind. Answers with the `Message`; `message.session` tells where it went.

    A customer may write in every state; it ends a hold. In a session that is over it is only appended for the brand's grace; after that the
    channel's policy reopens the session, continues it in a new one, or refuses (`Conflict`). An agent writes in ACTIVE, or notes
    (`visibility="internal"`) anywhere. `client_id` repeated by the same actor answers with the first message.
    `seen` is the seq the writer has seen: `StaleView(missed=[...])` if somebody has spoken since and the brand has its fence on.
    """

    permission: ClassVar = Permission.TALK
    records: ClassVar = e.MessageSent
    begins_with: ClassVar = (e.MessageSent, e.Resumed, e.Reopened, e.Continued)

    session: str = attrs.field(converter=record_id, validator=is_id)
    text: str | None = None
    content: Content | None = None
    visibility: Visibility = attrs.field(default=Visibility.PUBLIC, converter=_visibility)
    client_id: str | None = attrs.field(default=None, validator=line())
    seen: int | None = attrs.field(default=None, validator=whole(0))

    def __attrs_post_init__(self) -> None:
        said(self.text, self.content).check()

    @staticmethod
    def fits(session: Session, who: Who) -> bool:
        return who.role not in (Role.AGENT, Role.ADMIN) or session.state is State.ACTIVE

    def run(self, ctx: Context) -> Message:
        if self.visibility is Visibility.INTERNAL:
            return AddNote(self.session, self.text, self.content).run(ctx)
        session = ctx.see.session(self.session)
        who, content = ctx.see.who, said(self.text, self.content)
        if who.role is Role.CUSTOMER:
            return _from_customer(ctx, session, content)
        if who.role in (Role.SYSTEM, Role.HOST):
            return _message(*say(ctx, session, Speaker.SYSTEM, content))
        if session.state is not State.ACTIVE:
            raise IllegalTransition(
                f"an agent writes to a customer when they have the session; {session.id} is {session.state}",
                session_id=session.id,
                state=session.state,
                event="MessageSent",
                allowed=[],
            )
        if self.seen is not None and self.seen < session.seq and ctx.see.brand().seen_fence:
            _refuse_if_missed(ctx, session, self.seen)
        return _message(*say(ctx, session, Speaker.AGENT, content, agent=who.id))

    def again(self, ctx: Context, event: e.Event) -> Message:
        """The message that was sent: the event itself, or one that the same command recorded after it."""
        if isinstance(event.body, e.Continued):
            after = ctx.tx.events(event.body.session, limit=8)
        else:
            after = ctx.tx.events(event.subject, after_seq=event.seq - 1, limit=8)
        sent = next((one for one in after if isinstance(one.body, e.MessageSent) and one.actor == ctx.see.who.name), None)
        if sent is None:
            raise Conflict("this request id was used for something else", request_id=event.once)
        return message_of(sent)


def _from_customer(ctx: Context, session: Session, content: Content) -> Message:
    if ctx.side_takes(session, content):
        return _message(*say(ctx, session, Speaker.CUSTOMER, content, step=True))
    while session.next is not None and session.state in OVER:
        session = ctx.see.session(session.next)
    if session.state in OVER:
        session = go_on(ctx, session, by_message=True)
    elif session.held_until is not None:
        session = ctx.record(session, e.Resumed(by=Role.CUSTOMER))
    return _message(*say(ctx, session, Speaker.CUSTOMER, content))


def _refuse_if_missed(ctx: Context, session: Session, seen: int) -> None:
    unseen = ctx.tx.events(session.id, after_seq=seen, limit=1000)
    missed = [event.seq for event in unseen if isinstance(event.body, e.MessageSent) and _is_others(event.body, ctx.see.who)]
    if missed:
        raise StaleView(f"somebody has spoken in {session.id} since {seen}", session_id=session.id, missed=missed)


def _is_others(body: e.MessageSent, who: Who) -> bool:
    if body.visibility is Visibility.INTERNAL:
        return False
    return body.author is Speaker.CUSTOMER or (body.author is Speaker.AGENT and body.agent != who.id)


@attrs.frozen
class AddNote:
    """Write an internal message, which no customer sees, in any state. Answers with the `Message`."""

    permission: ClassVar = Permission.SERVE
    records: ClassVar = e.MessageSent

    session: str = attrs.field(converter=record_id, validator=is_id)
    text: str | None = None
    content: Content | None = None
    client_id: str | None = attrs.field(default=None, validator=line())

    def __attrs_post_init__(self) -> None:
        said(self.text, self.content).check()

    def run(self, ctx: Context) -> Message:
        ctx.see.demand(Permission.SERVE)
        session = ctx.take(self)
        staff = ctx.see.who.role in (Role.AGENT, Role.ADMIN)
        author = Speaker.AGENT if staff else Speaker.SYSTEM
        agent, content = ctx.see.who.id if staff else None, said(self.text, self.content)
        return _message(*say(ctx, session, author, content, agent=agent, visibility=Visibility.INTERNAL))

    def again(self, _ctx: Context, event: e.Event) -> Message:
        return message_of(event)


def _cursor(_command: object, field: attrs.Attribute[Any], cursor: e.BotCursor | None) -> None:
    if cursor is None:
        return
    if not isinstance(cursor, e.BotCursor):
        raise Invalid(field=field.name, reason="must be a BotCursor")
    for words in (cursor.scenario, cursor.step, *cursor.known, *cursor.known.values()):
        text(words, field.name)


@attrs.frozen
class SendBotMessage:
    """A bot answers what was said at the seq `answers`, and moves its cursor. Answers with the `Message`, or None if it was dropped.

    It is dropped (`BotReplyDropped`) if the session has gone into other hands since. By the desk and its host. `Invalid` if it would put
    the main cursor outside BOT or the `side` cursor into it.
    """

    permission: ClassVar = Permission.OPERATE
    records: ClassVar = e.MessageSent
    begins_with: ClassVar = (e.MessageSent, e.BotReplyDropped)

    session: str = attrs.field(converter=record_id, validator=is_id)
    answers: int = attrs.field(validator=whole(0))
    content: Content = attrs.field(converter=_content)
    side: bool = attrs.field(default=False, validator=flag)
    cursor: e.BotCursor | None = attrs.field(default=None, validator=_cursor)

    def __attrs_post_init__(self) -> None:
        self.content.check()

    def run(self, ctx: Context) -> Message | None:
        session = ctx.take(self)
        if session.handed > self.answers:
            ctx.record(session, e.BotReplyDropped(self.answers))
            return None
        if self.cursor is not None and self.side is (session.state is State.BOT):
            raise Invalid(field="side", reason=f"{session.id} is {session.state}: a main scenario runs in BOT, a side scenario elsewhere")
        session, body = say(ctx, session, Speaker.BOT, self.content)
        message = _message(session, body)
        if self.cursor != (session.side if self.side else session.main):
            ctx.record(session, e.BotMoved(self.side, self.cursor))
        return message

    def again(self, _ctx: Context, event: e.Event) -> Message | None:
        return message_of(event) if isinstance(event.body, e.MessageSent) else None


@attrs.frozen
class MarkRead:
    """The actor (a customer, or staff) has read up to a seq. Reading less than before changes nothing. Answers with the session."""

    permission: ClassVar = Permission.TALK
    records: ClassVar = e.MessagesRead

    session: str = attrs.field(converter=record_id, validator=is_id)
    up_to: int = attrs.field(validator=whole(1))

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        reader = Speaker.CUSTOMER if ctx.see.who.role is Role.CUSTOMER else Speaker.AGENT
        if self.up_to > session.seq:
            raise Invalid(field="up_to", reason=f"{self.up_to} is no event of this session", allowed=[f"1 to {session.seq}"])
        before = session.read_by_customer if reader is Speaker.CUSTOMER else session.read_by_staff
        return session if self.up_to <= before else ctx.record(session, e.MessagesRead(reader, self.up_to))
