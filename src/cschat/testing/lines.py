"""Conversations as lines: what the customer says, what the bot shall say, and how it ends.

May: play lines with `Chat`. May not: read files (`conversations`, `botium`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from cschat.testing.chat import Chat

__all__ = ["LINES", "Conversation", "begin", "play"]


def _bot(chat: Chat, value: Any) -> None:
    chat.expects(*(str(text) for text in ([value] if not isinstance(value, Sequence) or isinstance(value, str) else value)))


def _variables(chat: Chat, value: Mapping[str, Any]) -> None:
    wrong = {name: chat.variables.get(name) for name, wanted in value.items() if chat.variables.get(name) != wanted}
    if wrong:
        raise AssertionError(f"the scenario knows {wrong!r}")


LINES: Mapping[str, Callable[[Chat, Any], None]] = {
    "customer": lambda chat, value: chat.says(str(value)),
    "picks": lambda chat, value: chat.picks(str(value)),
    "bot": _bot,
    "bot_not": lambda chat, value: chat.expects_not(str(value)),
    "buttons": lambda chat, value: chat.expects_buttons(*([value] if isinstance(value, str) else value)),
    "nothing": lambda chat, _value: chat.expects_nothing(),
    "handoff": lambda chat, value: chat.expects_handoff(**(value or {})),
    "message": lambda chat, value: chat.expects_message(**(value or {})),
    "end": lambda chat, value: chat.expects_end(value),
    "variables": _variables,
    "clock": lambda chat, value: chat.clock.at(str(value)),
}
"""What a line may be, and what it does."""


@attrs.frozen
class Conversation:
    """One conversation of a file: with which `scenario`, its `settings`, and its `lines` as (what, value); `words` do what they say."""

    name: str
    scenario: Path
    settings: Mapping[str, Any]
    lines: tuple[tuple[str, Any], ...]
    words: Mapping[str, Callable[[Chat, Any], None]] = attrs.field(default=LINES, repr=False)


def begin(conversation: Conversation) -> Chat:
    """The chat that it is played with."""
    return Chat(conversation.scenario, **conversation.settings)


def play(conversation: Conversation, chat: Chat | None = None) -> Chat:
    """Play it, with a chat that it has begun. `AssertionError` tells the line that does not hold, with the conversation so far."""
    chat = chat or begin(conversation)
    for number, (what, value) in enumerate(conversation.lines, 1):
        try:
            conversation.words[what](chat, value)
        except AssertionError as error:
            raise AssertionError(f"{conversation.name}, line {number} ({what}: {value}): {error}") from None
    return chat
