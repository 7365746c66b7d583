"""Recorded conversations, read from a file line by line.

May: read files and say what is wrong with them. May not: know a desk.

One line is one conversation: `{"id": str, "intent": str | null, "turns": [{"from": "customer" | "agent", "text": str}]}`. The
name says how the file is packed: `.gz`, `.xz`, anything else is plain. Blank lines and keys we do not know are passed over. Real
files repeat ids, so an id must be there but identifies nothing and is not kept.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator
from os import PathLike
from typing import NoReturn, cast

import attrs

from cschat.errors import Invalid
from cschat.lines import MAX_LINE, numbered_lines

__all__ = ["MAX_TEXT", "Conversation", "Speaker", "Turn", "read_conversations"]

MAX_TEXT = 20_000
"""Characters in one turn."""

_SHOWN = 40


class Speaker(enum.StrEnum):
    """Who said a turn; the value is the file's word."""

    CUSTOMER = "customer"
    AGENT = "agent"


_SPEAKERS = tuple(speaker.value for speaker in Speaker)


@attrs.frozen
class Turn:
    """One thing said: 1 to `MAX_TEXT` characters, not all of them white space, kept as they are in the file."""

    speaker: Speaker
    text: str


@attrs.frozen
class Conversation:
    """What was said, in order, at least one turn; `intent` is the label somebody gave it, None where nobody did."""

    intent: str | None
    turns: tuple[Turn, ...]


def read_conversations(path: str | PathLike[str], *, skipped: list[Invalid] | None = None) -> Iterator[Conversation]:
    """Each conversation of the file, read as it is asked for.

    A bad line raises `Invalid`: `field` like `line 7: turns[2].from`, and `line`, `path`. Bad is: not UTF-8, not JSON, not an
    object, a field missing or of another type, an unknown speaker, no turns, an empty or blank text, a text over `MAX_TEXT`, half
    of a surrogate pair in any string (UTF-8 cannot hold it), an empty intent, a line over `MAX_LINE`. Nothing of such a line comes
    out. With a list as `skipped` the error goes there instead and reading goes on.

    A file that is missing, cut short or damaged raises `Invalid` in either case, naming the file and the line it happened at: what
    follows in it is lost, which is more than a bad line. Packed files carry their check sum at the end, so damage may show only
    after lines that came out wrong.
    """
    for number, raw in numbered_lines(path):
        try:
            conversation = _conversation(raw)
        except _LineError as bad:
            field = f"line {number}: {bad.field}" if bad.field else f"line {number}"
            error = Invalid(field=field, reason=bad.reason, allowed=bad.allowed, line=number, path=str(path))
            if skipped is None:
                raise error from None
            skipped.append(error)
        else:
            if conversation is not None:
                yield conversation


class _LineError(Exception):
    """What is wrong where within a line; the caller knows which line and file."""

    def __init__(self, field: str, reason: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.field: str = field
        self.reason: str = reason
        self.allowed: tuple[str, ...] = allowed


def _conversation(raw: bytes) -> Conversation | None:
    if len(raw) > MAX_LINE:
        raise _LineError("", f"is longer than {MAX_LINE:,} bytes")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise _LineError("", f"is not UTF-8 (byte {error.start + 1})") from error
    if not text.strip():
        return None
    line = _object(_json(text), "")
    _ = _string(line, "id", "id")
    intent = None if "intent" in line and line["intent"] is None else _string(line, "intent", "intent", allowed=("a string", "null"))
    if intent is not None and not intent.strip():
        raise _LineError("intent", "is empty", ("a name", "null"))
    turns = _member(line, "turns", "turns")
    if not isinstance(turns, list):
        raise _wrong_kind("turns", turns, "a list")
    if not turns:
        raise _LineError("turns", "is empty", ("at least one turn",))
    return Conversation(intent, tuple(_turn(turn, f"turns[{index}]") for index, turn in enumerate(cast("list[object]", turns))))


def _turn(value: object, path: str) -> Turn:
    turn = _object(value, path)
    speaker = _string(turn, "from", f"{path}.from", allowed=_SPEAKERS)
    if speaker not in _SPEAKERS:
        raise _LineError(f"{path}.from", f"is {_shown(speaker)}", _SPEAKERS)
    text = _string(turn, "text", f"{path}.text")
    if not text.strip():
        raise _LineError(f"{path}.text", "is empty")
    if len(text) > MAX_TEXT:
        raise _LineError(f"{path}.text", f"has {len(text):,} characters", (f"up to {MAX_TEXT:,}",))
    return Turn(Speaker(speaker), text)


def _json(text: str) -> object:
    # The standard library's parser, because msgspec cannot say that a surrogate is alone ("input was truncated").
    try:
        return cast("object", json.loads(text, parse_constant=_no_constant))
    except json.JSONDecodeError as error:
        raise _LineError("", f"is not JSON: {error.msg} (character {error.pos + 1})") from error
    except (ValueError, RecursionError) as error:  # NaN, a number of thousands of digits, thousands of brackets
        raise _LineError("", f"is not JSON that can be read: {error}") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _object(value: object, path: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _wrong_kind(path, value, "an object")
    return cast("dict[str, object]", value)


def _member(holder: dict[str, object], key: str, path: str) -> object:
    if key not in holder:
        raise _LineError(path, "is missing")
    return holder[key]


def _string(holder: dict[str, object], key: str, path: str, allowed: tuple[str, ...] = ("a string",)) -> str:
    value = _member(holder, key, path)
    if not isinstance(value, str):
        raise _wrong_kind(path, value, *allowed)
    try:
        _ = value.encode()
    except UnicodeEncodeError as error:
        raise _LineError(path, f"has half of a surrogate pair (character {error.start + 1})") from error
    return value


def _wrong_kind(path: str, value: object, *allowed: str) -> _LineError:
    return _LineError(path, f"is {_kind(value)}", allowed)


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


def _shown(value: str) -> str:
    return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "...")
