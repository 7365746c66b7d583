"""Announcements: written, read, and linked to the sessions that are about the same.

May: write and count them. May not: decide who sees them (`queries.announcements` does).
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import attrs

from cschat.commands.changing import differing, given
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.announcements import Announcement, Link, Reading
from cschat.core.fields import aware, flag, is_id, line, listed, names, optional_id, record_id
from cschat.core.records import evolve
from cschat.core.session import Session
from cschat.core.times import as_micros
from cschat.errors import Conflict, Forbidden, Invalid

__all__ = ["AddAnnouncement", "ChangeAnnouncement", "LinkSession", "ReadAnnouncement", "RemoveAnnouncement"]

MAX_LETTERS = 5_000


def present(ctx: Context, id: str) -> Announcement:
    """An announcement of the brand that is not removed."""
    announcement = ctx.see.mine(Announcement, id)
    if announcement.removed:
        raise Conflict(f"{id} was removed", announcement_id=id)
    return announcement


@attrs.frozen
class AddAnnouncement:
    """Tell all customers something, from now or `begins` until `ends` (aware; None: for good). Answers with the `Announcement`.

    `words`: what a customer says whom it concerns ("배송 지연"): it is offered to them before they open a session.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Announcement

    title: str = attrs.field(validator=line(required=True))
    text: str = attrs.field(validator=line(limit=MAX_LETTERS, required=True))
    words: tuple[str, ...] = attrs.field(default=(), converter=listed, validator=names())
    begins: datetime | None = attrs.field(default=None, validator=aware)
    ends: datetime | None = attrs.field(default=None, validator=aware)

    def run(self, ctx: Context) -> Announcement:
        fresh = Announcement(
            id=ctx.new_id(Announcement),
            brand=ctx.brand_id,
            seq=0,
            title=self.title,
            text=self.text,
            begins=ctx.now if self.begins is None else as_micros(self.begins),
            ends=None if self.ends is None else as_micros(self.ends),
            words=self.words,
        )
        _check(fresh)
        return ctx.change(fresh, e.AnnouncementAdded(fresh.title, fresh.text, fresh.words, fresh.begins, fresh.ends))


@attrs.frozen
class ChangeAnnouncement:
    """Change an announcement; what is None stays. Answers with the `Announcement`. `Conflict` if it was removed."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Announcement

    announcement: str = attrs.field(converter=record_id, validator=is_id)
    title: str | None = attrs.field(default=None, validator=line(required=True))
    text: str | None = attrs.field(default=None, validator=line(limit=MAX_LETTERS, required=True))
    words: tuple[str, ...] | None = attrs.field(default=None, converter=listed, validator=names())
    begins: datetime | None = attrs.field(default=None, validator=aware)
    ends: datetime | None = attrs.field(default=None, validator=aware)

    def run(self, ctx: Context) -> Announcement:
        announcement, wanted = present(ctx, self.announcement), given(self, Announcement)
        wanted |= {name: as_micros(when) for name in ("begins", "ends") if (when := getattr(self, name)) is not None}
        changes, before, after = differing(announcement, wanted)
        _check(evolve(announcement, **changes))
        return ctx.change(announcement, e.AnnouncementChanged(before, after), **changes) if changes else announcement


def _check(announcement: Announcement) -> None:
    if announcement.ends is not None and announcement.ends <= announcement.begins:
        raise Invalid(field="ends", reason="must be after it begins")


@attrs.frozen
class RemoveAnnouncement:
    """Show an announcement no more. Its sessions stay linked, its readers counted. Answers with the `Announcement`."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Announcement

    announcement: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> Announcement:
        announcement = ctx.see.mine(Announcement, self.announcement)
        return announcement if announcement.removed else ctx.change(announcement, e.AnnouncementRemoved(), removed=True)


@attrs.frozen
class ReadAnnouncement:
    """The customer has read it; `enough`: and need not ask any more. Answers with the `Reading`, of which there is one for each customer.

    By the customer. `Conflict` if the announcement is not shown (any more).
    """

    permission: ClassVar = Permission.TALK
    makes: ClassVar = Reading

    announcement: str = attrs.field(converter=record_id, validator=is_id)
    enough: bool = attrs.field(default=False, validator=flag)

    def run(self, ctx: Context) -> Reading:
        if ctx.see.actor.kind != "customer":
            raise Forbidden("only a customer reads for themselves", actor=ctx.see.who.name, permission=Permission.TALK)
        announcement = ctx.see.mine(Announcement, self.announcement)
        if not announcement.shown(ctx.now):
            raise Conflict(f"{announcement.id} is not shown", announcement_id=announcement.id)
        customer = ctx.acting_customer()
        id = Reading.id_of(announcement.id, customer.id)
        before = ctx.tx.peek(Reading, id)
        enough = ctx.now if self.enough else None
        if before is not None and (before.enough is not None or enough is None):
            return before
        after = evolve(before or Reading(id, ctx.brand_id, announcement.id, customer.id, ctx.now), enough=enough)
        ctx.tx.put(after)
        ctx.change(announcement, e.AnnouncementRead(customer.id, self.enough))
        return after

    def again(self, ctx: Context, event: e.Event) -> Reading:
        return ctx.tx.get(Reading, Reading.id_of(event.subject, event.body.customer))


@attrs.frozen
class LinkSession:
    """Say that a session is about what an announcement tells (None: about no such thing). Answers with the session.

    A customer links their own session when they have read the announcement and ask all the same; staff link any.
    """

    permission: ClassVar = Permission.TALK
    records: ClassVar = e.Linked

    session: str = attrs.field(converter=record_id, validator=is_id)
    announcement: str | None = attrs.field(converter=optional_id, validator=line(optional=True))

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        announcement = None if self.announcement is None else ctx.see.mine(Announcement, self.announcement).id
        id = Link.id_of(session.id)
        before = ctx.tx.peek(Link, id)
        if announcement == (None if before is None else before.announcement):
            return session
        if announcement is None:
            ctx.tx.delete(Link, id)
        else:
            ctx.tx.put(Link(id, ctx.brand_id, announcement, session.id, ctx.now))
        return ctx.record(session, e.Linked(announcement))
