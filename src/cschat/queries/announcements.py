"""Announcements: what is shown to whom, and what became of it.

May: look. May not: mark anything as read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.announcements import Announcement, Link, Reading
from cschat.core.content import MAX_TEXT
from cschat.core.fields import aware, is_id, line, record_id
from cschat.core.people import Role
from cschat.core.session import Session, State
from cschat.core.times import SECOND, Micros, as_micros
from cschat.queries.protocol import Page, limit_field, page
from cschat.sight import Sight

__all__ = ["AnnouncementResult", "AnnouncementResults", "Announcements", "LinkedSessions"]

WINDOW = 86_400 * SECOND
"""Who opens a session within a day of saying that they need not ask has asked."""
_ALL = 10_000
_PAGE = 1_000


@attrs.frozen
class Announcements:
    """The announcements that are shown, the newest first; if `text` is given, those whose words are in it. Staff see all that there are."""

    permission: ClassVar = Permission.TALK

    text: str | None = attrs.field(default=None, validator=line(limit=MAX_TEXT))

    def run(self, ctx: Sight) -> list[Announcement]:
        from cschat.bots.text import squeezed, words_of

        here = ctx.tx.find(Announcement, where={"brand": ctx.brand_id, "removed": False}, order="-begins", limit=_ALL)
        if ctx.who.role is Role.CUSTOMER:
            here = [one for one in here if one.shown(ctx.now)]
        if self.text is not None:
            asked = squeezed(words_of(self.text))
            here = [one for one in here if any((word := squeezed(words_of(each))) and word in asked for each in one.words)]
        return [ctx.present(one) for one in here]


@attrs.frozen
class AnnouncementResult:
    """What became of an announcement.

    `read`: customers who have read it. `enough`: those who said that they need not ask. `deflected`: those of them who opened no session
    within a day after. `linked`: sessions that are about it, `open` those of them that are not over.
    """

    announcement: Announcement
    read: int
    enough: int
    deflected: int
    linked: int
    open: int


@attrs.frozen
class AnnouncementResults:
    """What became of an announcement: an `AnnouncementResult`. Whoever has just said that it is enough is deflected until they ask.

    From `start` until before `end` (aware; None: no limit): who first read it, and who said that it is enough (and so is deflected), in
    that time; `linked` and `open` are as they are now.
    """

    permission: ClassVar = Permission.SERVE

    announcement: str = attrs.field(converter=record_id, validator=is_id)
    start: datetime | None = attrs.field(default=None, validator=aware)
    end: datetime | None = attrs.field(default=None, validator=aware)

    def run(self, ctx: Sight) -> AnnouncementResult:
        announcement = ctx.mine(Announcement, self.announcement)
        read = enough = deflected = linked = still = 0
        start, end = (None if when is None else as_micros(when) for when in (self.start, self.end))
        for reading in _readings(ctx, announcement.id):
            read += _within(reading.read, start, end)
            if reading.enough is not None and _within(reading.enough, start, end):
                enough += 1
                deflected += not _asked(ctx, reading.customer, reading.enough)
        for link in _links(ctx, announcement.id):
            linked += 1
            still += ctx.tx.get(Session, link.session).state not in (State.WRAP_UP, State.CLOSED)
        return AnnouncementResult(announcement, read, enough, deflected, linked, still)


def _within(when: Micros, start: Micros | None, end: Micros | None) -> bool:
    return (start is None or start <= when) and (end is None or when < end)


def _asked(ctx: Sight, customer: str, since: Micros) -> bool:
    """Whether a customer has opened a session within the window after an instant."""
    later = ctx.tx.find(Session, where={"customer": customer}, order="-opened", limit=_PAGE)
    return any(since <= session.opened < since + WINDOW for session in later)


def _readings(ctx: Sight, announcement: str) -> Iterator[Reading]:
    after = None
    while found := ctx.tx.find(Reading, where={"announcement": announcement}, order="read", after=after, limit=_PAGE):
        yield from found
        after = (found[-1].read, found[-1].id)


def _links(ctx: Sight, announcement: str) -> Iterator[Link]:
    after = None
    while found := ctx.tx.find(Link, where={"announcement": announcement}, order="linked", after=after, limit=_PAGE):
        yield from found
        after = (found[-1].linked, found[-1].id)


@attrs.frozen
class LinkedSessions:
    """The sessions that are linked to an announcement, the first linked first."""

    permission: ClassVar = Permission.SERVE

    announcement: str = attrs.field(converter=record_id, validator=is_id)
    after: str | None = None
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[Session]:
        announcement = ctx.mine(Announcement, self.announcement)
        found = page(ctx, Link, {"announcement": announcement.id}, order="linked", after=self.after, limit=self.limit)
        return Page([ctx.present(ctx.tx.get(Session, link.session)) for link in found.items], found.next)
