"""Finding the article that answers a question.

May: say what is searched, what comes out, and what an engine must do. May not: search; `text_index` makes the default engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import attrs

from cschat.errors import Invalid, MissingExtra

__all__ = ["MAX_HITS", "Answer", "Document", "Hit", "Retriever", "text_index"]

MAX_HITS = 1000
"""The largest `k` of a search."""


def _text(_: object, field: attrs.Attribute[str], value: object) -> None:
    if not isinstance(value, str):
        raise Invalid(field=field.name, reason="is no string")


def _named(_: object, field: attrs.Attribute[str], value: object) -> None:
    if not isinstance(value, str) or not value:
        raise Invalid(field=field.name, reason="is no string, or an empty one")


def _texts(_: object, field: attrs.Attribute[tuple[str, ...]], value: tuple[object, ...]) -> None:
    for number, each in enumerate(value):
        if not isinstance(each, str):
            raise Invalid(field=f"{field.name}[{number}]", reason="is no string")


def _as_texts(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        raise Invalid(field="examples", reason="is one string", allowed=["a list of strings"])
    return tuple(value)


@attrs.frozen
class Document:
    """One thing to be found. `title` and each of `examples` is a way to ask for it; `body` counts for less. Texts may be empty."""

    id: str = attrs.field(validator=_named)
    title: str = attrs.field(validator=_text)
    body: str = attrs.field(default="", validator=_text, kw_only=True)
    examples: tuple[str, ...] = attrs.field(default=(), converter=_as_texts, validator=_texts, kw_only=True)


@attrs.frozen
class Hit:
    """A document that was found; `score` is between 0 and 1, and 1 for one of the document's own texts."""

    id: str
    score: float


@attrs.frozen
class Answer:
    """The best hits, best first, equal scores by id; `confident` is False where no document answers well enough to be offered alone."""

    hits: tuple[Hit, ...] = ()
    confident: bool = False


class Retriever(Protocol):
    """An engine that a bot searches with. Any thread may search while one changes documents."""

    def search(self, text: str, k: int = 3) -> Answer:
        """Up to `k` hits, 1 to `MAX_HITS` (else `Invalid`). A text without letters or digits finds nothing."""
        ...

    def put(self, document: Document) -> None:
        """Add a document, or replace the one of the same id. The next search knows."""
        ...

    def remove(self, id: str) -> None:
        """Take a document out. The next search knows. `NotFound` if there is none."""
        ...


def text_index(documents: Iterable[Document] = (), *, threshold: float | None = None) -> Retriever:
    """The default engine, for Korean and English, in this process's memory. `MissingExtra` without the extra `search`.

    `threshold` is the least score of a confident answer; left out, the one that was set from data (docs/explanation/search.md). Of
    two documents with one id the later counts.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise Invalid(field="threshold", reason=f"is {threshold!r}", allowed=["0 to 1"])
    try:
        from cschat.bots.index import TextIndex
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "numpy":
            raise
        raise MissingExtra('searching needs numpy: pip install "cschat[search]"', extra="search") from error
    return TextIndex(documents) if threshold is None else TextIndex(documents, threshold=threshold)
