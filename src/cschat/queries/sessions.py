"""One session: as it is, what was said, what happened.

May: show a session. May not: show a customer another's, or what is for staff.
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.answers import Queued
from cschat.core.fields import is_id, record_id
from cschat.core.session import Session, State
from cschat.core.transcript import Message, message_of
from cschat.errors import Invalid
from cschat.queries.protocol import Page, limit_field, present, shown
from cschat.sight import Sight
from cschat.waits import queued

__all__ = ["GetSession", "History", "QueuePosition", "Transcript"]


def _seq(_query: object, field: attrs.Attribute[Any], value: str | None) -> None:
    if value is not None and not (value.isdecimal() and value.isascii() and len(value) < 19):
        raise Invalid(field=field.name, reason="must be the seq of an event, or the `next` of a page")


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value)


@attrs.frozen
class GetSession:
    """The `Session`. A customer sees their own, without tags, category, priority and cursors."""

    permission: ClassVar = Permission.TALK

    session: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Sight) -> Session:
        return present(ctx, ctx.session(self.session))


@attrs.frozen
class Transcript:
    """The messages of a session that the actor may see, in order. `after`: a seq, or the `next` of a page."""

    permission: ClassVar = Permission.TALK

    session: str = attrs.field(converter=record_id, validator=is_id)
    after: str | None = attrs.field(default=None, converter=_text, validator=_seq)
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[Message]:
        events, following = _visible(ctx, self.session, self.after, self.limit, only=e.MessageSent)
        return Page([message_of(event) for event in events], following)


@attrs.frozen
class History:
    """The events of a session that the actor may see, in order. `after`: a seq, or the `next` of a page."""

    permission: ClassVar = Permission.TALK

    session: str = attrs.field(converter=record_id, validator=is_id)
    after: str | None = attrs.field(default=None, converter=_text, validator=_seq)
    limit: int = limit_field(default=200)

    def run(self, ctx: Sight) -> Page[e.Event]:
        return Page(*_visible(ctx, self.session, self.after, self.limit))


def _visible(ctx: Sight, session: str, after: str | None, limit: int, only: type | None = None) -> tuple[list[e.Event], str | None]:
    """Up to `limit` events after a seq, and where to go on; None when nothing more is there."""
    role, last = ctx.who.role, ctx.session(session).seq
    seq = int(after or 0)
    found: list[e.Event] = []
    while seq < last:
        for event in ctx.tx.events(session, after_seq=seq, limit=limit + 1):
            seen = shown(event, role) if only is None or isinstance(event.body, only) else None
            if seen is not None and len(found) == limit:
                return found, str(found[-1].seq)
            if seen is not None:
                found.append(seen)
            seq = event.seq
    return found, None


@attrs.frozen
class QueuePosition:
    """`Queued(position, expected_wait)` of a session that waits; None if it does not."""

    permission: ClassVar = Permission.TALK

    session: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Sight) -> Queued | None:
        session = ctx.session(self.session)
        if session.state is not State.QUEUED:
            return None
        return queued(ctx, session)
