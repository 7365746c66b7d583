"""What can be said: the content of a message, and who says it.

May: describe content and check it. May not: fetch, render or send it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Struct

from cschat.core.records import PERSONAL
from cschat.errors import Invalid

__all__ = ["MAX_FILE", "MAX_TEXT", "Card", "Choice", "Content", "ContentKind", "FormField", "Media", "Speaker", "Visibility"]

MAX_TEXT = 20_000
"""Letters in one text."""
MAX_FILE = 10 * 1024 * 1024
"""Bytes in one file that people send."""
MAX_ITEMS = 50
"""Choices, cards or form fields in one message."""


class ContentKind(StrEnum):
    """Which part of a content carries it."""

    TEXT = "text"
    IMAGE = "image"
    FILE = "file"
    CHOICES = "choices"
    CARD = "card"
    CAROUSEL = "carousel"
    FORM = "form"
    ARTICLE = "article"


class Speaker(StrEnum):
    """Whose words a message has. Only customer and agent count as people talking."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


class Visibility(StrEnum):
    """Who may see a message: everybody in the session, or staff alone."""

    PUBLIC = "public"
    INTERNAL = "internal"


def text(value: str | None, field: str, limit: int = MAX_TEXT) -> None:
    """Refuse what is no text or cannot be stored (too long, lone surrogates, NUL) with an `Invalid` that names the field."""
    if value is None or (type(value) is str and value.isascii() and len(value) <= limit and "\0" not in value):
        return
    if not isinstance(value, str):
        raise Invalid(field=field, reason=f"{value!r} is no text")
    if len(value) > limit:
        raise Invalid(field=field, reason=f"{len(value)} letters are too many", allowed=[f"at most {limit}"])
    if "\0" in value:
        raise Invalid(field=field, reason="a NUL letter cannot be stored")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Invalid(field=field, reason=f"half a letter (a lone surrogate) at place {error.start}") from error


def _check(part: object, **limits: int) -> None:
    """Refuse texts of a part that cannot be stored or are longer than their limit."""
    for name, limit in limits.items():
        text(getattr(part, name), name, limit)


class Choice(Struct, frozen=True):
    """A button: what it says, and what pressing it sends (the label when None) or opens."""

    label: str
    value: str | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        _check(self, label=200, value=1000, url=2000)


class Media(Struct, frozen=True):
    """A picture or file by reference: `blob` (an id of the desk's) or `url`; `size` in bytes."""

    name: Annotated[str, PERSONAL] = ""
    type: str = "application/octet-stream"
    blob: Annotated[str | None, PERSONAL] = None
    url: Annotated[str | None, PERSONAL] = None
    size: int | None = None

    def __post_init__(self) -> None:
        _check(self, name=255, type=255, blob=200, url=2000)
        if self.size is not None and (type(self.size) is not int or self.size < 0):
            raise Invalid(field="size", reason=f"{self.size!r} is no number of bytes", allowed=["0 or more"])


class Card(Struct, frozen=True):
    """A title, some text, a picture, buttons."""

    title: Annotated[str, PERSONAL] = ""
    text: Annotated[str, PERSONAL] = ""
    image: Media | None = None
    choices: Annotated[tuple[Choice, ...], PERSONAL] = ()

    def __post_init__(self) -> None:
        _check(self, title=200, text=2000)


class FormField(Struct, frozen=True):
    """One line of a form: `name` is the key of the answer, `type` what it accepts (text, number, date, phone, email, ...)."""

    name: str
    label: str = ""
    type: str = "text"
    required: bool = True
    answer: Annotated[str | None, PERSONAL] = None

    def __post_init__(self) -> None:
        _check(self, name=100, label=200, type=50, answer=MAX_TEXT)


_NEEDS: dict[ContentKind, str] = {
    ContentKind.TEXT: "text",
    ContentKind.IMAGE: "media",
    ContentKind.FILE: "media",
    ContentKind.CHOICES: "choices",
    ContentKind.CARD: "cards",
    ContentKind.CAROUSEL: "cards",
    ContentKind.FORM: "fields",
    ContentKind.ARTICLE: "article",
}


class Content(Struct, frozen=True):
    """What one message says. `kind` tells which part carries it; `text` may stand beside any of them.

    One class with optional parts rather than a class per kind: it is what the codec can read without a table of its own.
    """

    kind: ContentKind = ContentKind.TEXT
    text: Annotated[str, PERSONAL] = ""
    media: Media | None = None
    choices: Annotated[tuple[Choice, ...], PERSONAL] = ()
    cards: tuple[Card, ...] = ()
    fields: tuple[FormField, ...] = ()
    article: str | None = None

    @classmethod
    def of(cls, said: str | Content) -> Content:
        """Text as content; content as it is."""
        if not isinstance(said, (str, Content)):
            raise Invalid(field="content", reason="must be text or a Content")
        return cls(text=said) if isinstance(said, str) else said

    def check(self, field: str = "content") -> None:
        """Raise `Invalid` if the part that the kind needs is missing, or anything is out of bounds."""
        text(self.article, f"{field}.article", 200)
        text(self.text, "text" if self.kind is ContentKind.TEXT else f"{field}.text")
        need = _NEEDS[self.kind]
        part = getattr(self, need)
        if not part or (need == "text" and not self.text.strip()):
            raise Invalid(field=need if need == "text" else f"{field}.{need}", reason=f"a message of kind {self.kind} needs it")
        if self.kind is ContentKind.CARD and len(self.cards) != 1:
            raise Invalid(field=f"{field}.cards", reason="a card is one; several are a carousel")
        for name, items in (("choices", self.choices), ("cards", self.cards), ("fields", self.fields)):
            if len(items) > MAX_ITEMS:
                raise Invalid(field=f"{field}.{name}", reason="too many", allowed=[f"at most {MAX_ITEMS}"])
        if self.cards and any(len(card.choices) > MAX_ITEMS for card in self.cards):
            raise Invalid(field=f"{field}.cards.choices", reason="too many", allowed=[f"at most {MAX_ITEMS}"])
