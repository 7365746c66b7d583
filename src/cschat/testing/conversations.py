"""Conversations with scenarios as files: what the customer says, what the bot shall say, and how it ends.

May: read such files and play them with `Chat`. May not: know a desk.

A file names its `scenario` (a file beside it) and has `conversations`, each with a `name`, `lines` and, where they differ from those at the
top of the file, the settings of `Chat`: `actions`, `opened`, `nobody`, `language`, `customer`, `side`. A line is one of `customer`,
`picks`, `bot` (a text or several, in order), `nothing`, `handoff`, `message`, `end`, `variables`, `clock`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from cschat.bots.format import parse
from cschat.errors import Invalid
from cschat.testing.chat import Chat

__all__ = ["Conversation", "begin", "play", "read_conversations"]

_SETTINGS = ("actions", "opened", "nobody", "language", "customer", "side")


@attrs.frozen
class Conversation:
    """One conversation of a file: with which `scenario`, its `settings`, and its `lines` as (what, value)."""

    name: str
    scenario: Path
    settings: Mapping[str, Any]
    lines: tuple[tuple[str, Any], ...]


def read_conversations(path: Path) -> list[Conversation]:
    """The conversations of a file. `Invalid` names what is wrong with it."""
    data = parse(path.read_text("utf-8"))
    if not isinstance(data, Mapping) or not isinstance(data.get("scenario"), str) or not isinstance(data.get("conversations"), list):
        raise Invalid(field=str(path), reason="needs the name of a scenario's file and a list of conversations")
    top = _settings(path, {key: value for key, value in data.items() if key not in ("scenario", "conversations")})
    return [_read(path, number, data["scenario"], top, one) for number, one in enumerate(data["conversations"], 1)]


def _read(path: Path, number: int, scenario: str, top: Mapping[str, Any], one: Any) -> Conversation:
    at = f"{path}: conversation {number}"
    if not isinstance(one, Mapping) or not isinstance(one.get("lines"), list):
        raise Invalid(field=at, reason="needs a list of lines")
    own = _settings(path, {key: value for key, value in one.items() if key not in ("name", "lines")})
    lines = []
    for place, line in enumerate(one["lines"], 1):
        if not isinstance(line, Mapping) or len(line) != 1 or next(iter(line)) not in _LINES:
            raise Invalid(field=f"{at}, line {place}", reason=f"{line!r} is no line", allowed=tuple(_LINES))
        lines.append(next(iter(line.items())))
    return Conversation(str(one.get("name", number)), path.parent / scenario, {**top, **own}, tuple(lines))


def _settings(path: Path, given: Mapping[str, Any]) -> Mapping[str, Any]:
    unknown = [str(key) for key in given if key not in _SETTINGS]
    if unknown:
        raise Invalid(field=str(path), reason=f"there is no setting {unknown[0]!r}", allowed=_SETTINGS)
    return given


def begin(conversation: Conversation) -> Chat:
    """The chat that it is played with."""
    return Chat(conversation.scenario, **conversation.settings)


def play(conversation: Conversation, chat: Chat | None = None) -> Chat:
    """Play it, with a chat that it has begun. `AssertionError` tells the line that does not hold, with the conversation so far."""
    chat = chat or begin(conversation)
    for number, (what, value) in enumerate(conversation.lines, 1):
        try:
            _LINES[what](chat, value)
        except AssertionError as error:
            raise AssertionError(f"{conversation.name}, line {number} ({what}: {value}): {error}") from None
    return chat


def _bot(chat: Chat, value: Any) -> None:
    chat.expects(*(str(text) for text in ([value] if not isinstance(value, Sequence) or isinstance(value, str) else value)))


def _variables(chat: Chat, value: Mapping[str, Any]) -> None:
    wrong = {name: chat.variables.get(name) for name, wanted in value.items() if chat.variables.get(name) != wanted}
    if wrong:
        raise AssertionError(f"the scenario knows {wrong!r}")


_LINES: Mapping[str, Callable[[Chat, Any], None]] = {
    "customer": lambda chat, value: chat.says(str(value)),
    "picks": lambda chat, value: chat.picks(str(value)),
    "bot": _bot,
    "nothing": lambda chat, _value: chat.expects_nothing(),
    "handoff": lambda chat, value: chat.expects_handoff(**(value or {})),
    "message": lambda chat, value: chat.expects_message(**(value or {})),
    "end": lambda chat, value: chat.expects_end(value),
    "variables": _variables,
    "clock": lambda chat, value: chat.clock.at(str(value)),
}
"""What a line may be, and what it does."""
