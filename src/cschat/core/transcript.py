"""The messages of a session, as a reader sees them, and the text that an event holds.

May: make a message of an event, and say what text is in it. May not: decide who may see it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import attrs

from cschat.core import events as e
from cschat.core.content import Content, Speaker, Visibility
from cschat.core.events import Body, Event
from cschat.core.times import Micros, as_datetime

__all__ = ["TEXTS", "Message", "content_text", "message_of", "text_of"]


@attrs.frozen
class Message:
    """A message as a reader of the transcript sees it. `agent` is who wrote it when an agent did."""

    id: str
    session: str
    seq: int
    time: Micros
    author: Speaker
    agent: str | None
    content: Content
    visibility: Visibility

    @property
    def text(self) -> str:
        return self.content.text

    @property
    def at(self) -> datetime:
        return as_datetime(self.time)


def message_of(event: Event) -> Message:
    """The message of a `MessageSent`."""
    body = event.body
    return Message(body.id, event.subject, event.seq, event.time, body.author, body.agent, body.content, body.visibility)


def content_text(content: Content) -> str:
    """All that a person can read in a content, a line for each part of it."""
    parts = [content.text, content.media.name if content.media else ""]
    parts += [choice.label for choice in content.choices]
    for card in content.cards:
        parts += [card.title, card.text, *(choice.label for choice in card.choices)]
    parts += [field.answer or "" for field in content.fields]
    return "\n".join(part for part in parts if part)


TEXTS: Mapping[type, Callable[[Any], str]] = {
    e.MessageSent: lambda body: content_text(body.content),
    e.Opened: lambda body: body.subject,
    e.OpenedByAgent: lambda body: body.subject,
    e.SubjectSet: lambda body: body.subject,
    e.Transferred: lambda body: body.note,
    e.WrappedUp: lambda body: body.note,
    e.Rated: lambda body: body.comment,
}
"""Where people wrote something: the events that a search over history looks into, and what text each holds."""


def text_of(body: Body) -> str:
    """The text of an event; "" if it holds none."""
    told = TEXTS.get(type(body))
    return "" if told is None else told(body)
