"""What sessions and customers are sorted by: the category tree and the two tag lists.

May: describe labels. May not: know who wears them.

Labels are disabled, never deleted, so that statistics keep their history.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from cschat.core.records import Index

__all__ = ["Category", "Tag", "TagList", "segments"]


class Category(Struct, frozen=True):
    """One node of the tree. `path` is the names from the root, joined by "/": `배송/지연`. The id survives renaming and moving."""

    kind: ClassVar[str] = "category"
    prefix: ClassVar[str] = "cat"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "path"), unique=True),)

    id: str
    brand: str
    seq: int
    path: str
    disabled: bool = False

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


class TagList(StrEnum):
    """Which of the two lists a tag is in."""

    SESSION = "session"
    CUSTOMER = "customer"


class Tag(Struct, frozen=True):
    """A word that sessions or customers can be tagged with. What is tagged holds the word itself."""

    kind: ClassVar[str] = "tag"
    prefix: ClassVar[str] = "tag"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "list", "name"), unique=True),)

    id: str
    brand: str
    seq: int
    list: TagList
    name: str
    disabled: bool = False


def segments(path: str) -> list[str]:
    """The names in a category path, from the root."""
    return [name.strip() for name in path.split("/")]
