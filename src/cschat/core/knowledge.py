"""What the desk knows: articles in sections for customers, canned responses for agents.

May: describe them, and say what is published when. May not: search, render or clean them.

Nothing happens at the instant an article is published or withdrawn: whether it is to be seen follows from its two instants and the time.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec
from msgspec import Struct

from cschat.core.content import Content, ContentKind, Media
from cschat.core.records import STAFF, Index
from cschat.core.times import Micros, optional_datetime

__all__ = [
    "Article",
    "ArticleState",
    "ArticleType",
    "CannedResponse",
    "Edition",
    "Section",
    "in_order",
    "plain_text",
    "shortcut_of",
]


class ArticleType(StrEnum):
    """What an article is: an answer, a notice, an event, a guide."""

    FAQ = "faq"
    NOTICE = "notice"
    EVENT = "event"
    GUIDE = "guide"


class ArticleState(StrEnum):
    """Draft: nobody has published it. Scheduled: it will be. Published: customers see it. Withdrawn: they do no more."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Section(Struct, frozen=True):
    """A shelf of articles. `names` are what it is called in other languages than the brand's; a lower `place` stands first.

    What is in a disabled section is seen by staff alone.
    """

    kind: ClassVar[str] = "section"
    prefix: ClassVar[str] = "sec"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "name"), unique=True),)

    id: str
    brand: str
    seq: int
    name: str
    names: dict[str, str] = msgspec.field(default_factory=dict)
    place: int = 0
    disabled: bool = False


class Article(Struct, frozen=True):
    """A document of the brand. `body` is HTML, cleaned when it came in; `section` is the id of one.

    `examples` are questions that it answers, as customers put them. `publish` and `unpublish` are the instants from which it is to be seen
    and no more. A removed article stays as a record, for messages that name it.
    """

    kind: ClassVar[str] = "article"
    prefix: ClassVar[str] = "art"
    indexes: ClassVar[tuple[Index, ...]] = (
        Index(("brand", "removed", "place")),
        Index(("brand", "removed", "type", "place")),
        Index(("brand", "removed", "section", "place")),
        Index(("brand", "removed", "section", "type", "place")),
    )

    id: str
    brand: str
    seq: int
    type: ArticleType
    title: str
    changed: Micros
    body: str = ""
    section: str | None = None
    place: int = 0
    language: str | None = None
    examples: Annotated[tuple[str, ...], STAFF] = ()
    attachments: tuple[Media, ...] = ()
    publish: Micros | None = None
    unpublish: Annotated[Micros | None, STAFF] = None
    removed: bool = False

    @property
    def publish_at(self) -> datetime | None:
        return optional_datetime(self.publish)

    @property
    def unpublish_at(self) -> datetime | None:
        return optional_datetime(self.unpublish)

    def state(self, now: Micros) -> ArticleState:
        """What it is at an instant."""
        if self.publish is None:
            return ArticleState.DRAFT
        if self.unpublish is not None and self.unpublish <= now:
            return ArticleState.WITHDRAWN
        return ArticleState.PUBLISHED if self.publish <= now else ArticleState.SCHEDULED


class CannedResponse(Struct, frozen=True):
    """자주 쓰는 문구: a reply that agents have at hand, by `#shortcut`. `text` may have variables; an `image` may go with it.

    `group` is the only one whose agents are offered it, None: all. `examples` are what customers say when it is the answer.
    """

    kind: ClassVar[str] = "canned_response"
    prefix: ClassVar[str] = "can"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "shortcut"), unique=True),)

    id: str
    brand: str
    seq: int
    shortcut: str
    text: str
    title: str = ""
    image: Media | None = None
    group: str | None = None
    examples: tuple[str, ...] = ()
    removed: bool = False

    def content(self, text: str) -> Content:
        """The message that says `text`, with the picture if there is one."""
        return Content(text=text) if self.image is None else Content(kind=ContentKind.IMAGE, text=text, media=self.image)


class Edition(Struct, frozen=True):
    """Which state of its knowledge a brand is in: `mark` is another one after every change. What is searched is compared with it."""

    kind: ClassVar[str] = "edition"
    prefix: ClassVar[str] = "edn"
    indexes: ClassVar[tuple[Index, ...]] = ()

    id: str
    brand: str
    mark: str

    @staticmethod
    def id_for(brand: str) -> str:
        """The id of a brand's edition."""
        return f"{Edition.prefix}_{brand}"


# Attribute values may hold a ">", so what is quoted is passed over whole.
_TAG = re.compile(r"""<(?:"[^"]*"|'[^']*'|[^"'>])*>""")
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/tr|/blockquote|/pre)\b[^>]*>", re.IGNORECASE)
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n\s*")


def plain_text(body: str) -> str:
    """Cleaned HTML as text: no tags, one line for each paragraph, item and row."""
    text = html.unescape(_TAG.sub("", _BREAK.sub("\n", body)))
    return _LINES.sub("\n", _BLANKS.sub(" ", text)).strip()


def shortcut_of(given: str) -> str:
    """A shortcut as it is kept: without `#` and blanks around it, lower case."""
    return given.strip().removeprefix("#").strip().lower()


def in_order(sections: Sequence[Section]) -> list[Section]:
    """Sections as they stand: by place, then by age."""
    return sorted(sections, key=lambda section: (section.place, section.id))
