"""Announcements: what a brand tells all of its customers before they ask.

May: describe them, and say when they are shown and whom they concern. May not: count or show them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

from msgspec import Struct

from cschat.core.records import STAFF, Index
from cschat.core.times import Micros, as_datetime, optional_datetime

__all__ = ["Announcement", "Link", "Reading"]


class Announcement(Struct, frozen=True):
    """공지: shown from `begins` until `ends` (None: until it is removed). `words` are what a customer says whom it concerns."""

    kind: ClassVar[str] = "announcement"
    prefix: ClassVar[str] = "ann"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "removed", "begins")),)

    id: str
    brand: str
    seq: int
    title: str
    text: str
    begins: Micros
    ends: Micros | None = None
    words: Annotated[tuple[str, ...], STAFF] = ()
    removed: bool = False

    @property
    def begins_at(self) -> datetime:
        return as_datetime(self.begins)

    @property
    def ends_at(self) -> datetime | None:
        return optional_datetime(self.ends)

    def shown(self, now: Micros) -> bool:
        """Whether customers see it at an instant."""
        return not self.removed and self.begins <= now and (self.ends is None or now < self.ends)


class Reading(Struct, frozen=True):
    """A customer has read an announcement; `enough`: when they said that this was all they wanted to know."""

    kind: ClassVar[str] = "reading"
    prefix: ClassVar[str] = "rdg"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("announcement", "read")),)

    id: str
    brand: str
    announcement: str
    customer: str
    read: Micros
    enough: Micros | None = None

    @staticmethod
    def id_of(announcement: str, customer: str) -> str:
        """The id of the one reading that there is of a pair."""
        return f"{Reading.prefix}_{announcement}_{customer}"


class Link(Struct, frozen=True):
    """A session is about what an announcement tells. It is about one at most."""

    kind: ClassVar[str] = "link"
    prefix: ClassVar[str] = "lnk"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("announcement", "linked")),)

    id: str
    brand: str
    announcement: str
    session: str
    linked: Micros

    @staticmethod
    def id_of(session: str) -> str:
        """The id of the link of a session."""
        return f"{Link.prefix}_{session}"
