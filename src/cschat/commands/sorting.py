"""What a session is about and how urgent it is: subject, category, priority, tags.

May: sort. May not: act on it.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from cschat.commands.labelling import category_id, known_tags
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.fields import is_id, line, listed, member, names, optional_id, record_id
from cschat.core.labels import TagList
from cschat.core.session import Priority, Session

__all__ = ["SetCategory", "SetPriority", "SetSubject", "TagSession", "UntagSession"]


@attrs.frozen
class SetCategory:
    """Set the category (path or id; None: none), also after the end: statistics follow. Answers with the session."""

    permission: ClassVar = Permission.SERVE
    records: ClassVar = e.CategorySet

    session: str = attrs.field(converter=record_id, validator=is_id)
    category: str | None = attrs.field(converter=optional_id, validator=line(optional=True))

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        category = None if self.category is None else category_id(ctx, self.category)
        return session if category == session.category else ctx.record(session, e.CategorySet(category))


def _priority(value: Priority | str) -> Priority:
    return member(Priority, value, "priority")


@attrs.frozen
class SetPriority:
    """Set the priority: low, normal, high, urgent. In the queue it is a head start, fixed once and for all. Answers with the session."""

    permission: ClassVar = Permission.SERVE
    records: ClassVar = e.PrioritySet

    session: str = attrs.field(converter=record_id, validator=is_id)
    priority: Priority = attrs.field(converter=_priority)

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        if self.priority is session.priority:
            return session
        return ctx.record(session, e.PrioritySet(self.priority, ctx.see.brand().distribution.head_starts.get(self.priority, 0)))


@attrs.frozen
class SetSubject:
    """Set the line that says what the session is about. Answers with the session."""

    permission: ClassVar = Permission.SERVE
    records: ClassVar = e.SubjectSet

    session: str = attrs.field(converter=record_id, validator=is_id)
    subject: str = attrs.field(validator=line())

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        return session if self.subject == session.subject else ctx.record(session, e.SubjectSet(self.subject))


@attrs.frozen
class TagSession:
    """Add tags. Those it has already make no event. Answers with the session."""

    permission: ClassVar = Permission.SERVE
    records: ClassVar = e.SessionTagged

    session: str = attrs.field(converter=record_id, validator=is_id)
    tags: tuple[str, ...] = attrs.field(converter=listed, validator=names())

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        new = tuple(tag for tag in known_tags(ctx, TagList.SESSION, self.tags) if tag not in session.tags)
        return ctx.record(session, e.SessionTagged(added=new)) if new else session


@attrs.frozen
class UntagSession:
    """Remove tags. Those it has not make no event. Answers with the session."""

    permission: ClassVar = Permission.SERVE
    records: ClassVar = e.SessionTagged

    session: str = attrs.field(converter=record_id, validator=is_id)
    tags: tuple[str, ...] = attrs.field(converter=listed, validator=names())

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        gone = tuple(sorted({tag.strip() for tag in self.tags} & {*session.tags}))
        return ctx.record(session, e.SessionTagged(removed=gone)) if gone else session
