"""Articles and questions, read from lines of JSON.

May: read lines and say what is wrong with them. May not: open a file.

An article is `{"id", "title", "body"?, "examples"?: [...]}`, a question `{"id", "text"}`. An id is a string or a whole number and is
given back as it is. Blank lines and keys we do not know are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NoReturn, cast

import attrs

from cschat.bots.search import Document
from cschat.errors import Invalid

__all__ = ["MAX_LINE", "MAX_TEXT", "Question", "read_articles", "read_questions"]

MAX_LINE = 16 * 1024 * 1024
"""Bytes in one line."""
MAX_TEXT = 20_000
"""Characters in one text of an article or in a question."""


@attrs.frozen
class Question:
    """What somebody asks. The text may be empty."""

    id: str | int
    text: str


def read_articles(lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[str | int, Document]]:
    """The article of each numbered line, with its id as it stands there; the document has it as a string.

    A bad line raises `Invalid`: `field` like `line 7: examples[2]`, and `line`. Bad is: not UTF-8, not JSON, not an object, a field
    missing or of another type, an empty id, an id for the second time, half of a surrogate pair, a text over `MAX_TEXT`, a line over
    `MAX_LINE`.
    """
    seen: dict[str, int] = {}
    for line in _lines(lines):
        id = line.id()
        if (before := seen.setdefault(str(id), line.number)) != line.number:
            raise line.wrong("id", f"{str(id)[:40]!r} is also that of line {before}")
        document = Document(str(id), line.text("title"), body=line.text("body", optional=True), examples=tuple(line.texts("examples")))
        yield id, document


def read_questions(lines: Iterable[tuple[int, bytes]]) -> Iterator[Question]:
    """The question of each numbered line; bad lines as for articles, but that an id may come again."""
    for line in _lines(lines):
        yield Question(line.id(), line.text("text"))


@attrs.frozen
class _Line:
    number: int
    fields: dict[str, object]

    def id(self) -> str | int:
        value = self.fields.get("id")
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        text = self._text("id", value, missing="id" not in self.fields, allowed=["a string", "a whole number"])
        if not text:
            raise self.wrong("id", "is empty")
        return text

    def text(self, name: str, *, optional: bool = False) -> str:
        value = self.fields.get(name)
        if optional and value is None:
            return ""
        return self._text(name, value, missing=name not in self.fields)

    def texts(self, name: str) -> Iterator[str]:
        value = self.fields.get(name)
        if value is None:
            return
        if not isinstance(value, list):
            raise self.wrong(name, f"is {_kind(value)}", ["a list of strings"])
        for index, each in enumerate(cast("list[object]", value)):
            yield self._text(f"{name}[{index}]", each)

    def wrong(self, field: str, reason: str, allowed: Iterable[str] = ()) -> Invalid:
        return Invalid(field=f"line {self.number}: {field}", reason=reason, allowed=tuple(allowed), line=self.number)

    def _text(self, field: str, value: object, *, missing: bool = False, allowed: Iterable[str] = ("a string",)) -> str:
        if missing:
            raise self.wrong(field, "is missing", allowed)
        if not isinstance(value, str):
            raise self.wrong(field, f"is {_kind(value)}", allowed)
        if len(value) > MAX_TEXT:
            raise self.wrong(field, f"has {len(value):,} characters", [f"up to {MAX_TEXT:,}"])
        try:
            _ = value.encode()
        except UnicodeEncodeError as error:
            raise self.wrong(field, f"has half of a surrogate pair (character {error.start + 1})") from error
        return value


def _lines(lines: Iterable[tuple[int, bytes]]) -> Iterator[_Line]:
    for number, raw in lines:
        try:
            value = _value(raw)
        except (ValueError, RecursionError) as error:
            raise Invalid(field=f"line {number}", reason=str(error), line=number) from error
        if isinstance(value, dict):
            yield _Line(number, cast("dict[str, object]", value))
        elif value is not _BLANK:
            raise Invalid(field=f"line {number}", reason=f"is {_kind(value)}", allowed=["an object"], line=number)


_BLANK = object()


def _value(raw: bytes) -> object:
    if len(raw) > MAX_LINE:
        raise ValueError(f"is longer than {MAX_LINE:,} bytes")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 (byte {error.start + 1})") from error
    if not text.strip():
        return _BLANK
    try:
        return cast("object", json.loads(text, parse_constant=_no_constant))
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} (character {error.pos + 1})") from error
    except (ValueError, RecursionError) as error:  # NaN, a number of thousands of digits, thousands of brackets
        raise ValueError(f"is not JSON that can be read: {error}") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"
