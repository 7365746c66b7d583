"""The messages of a session, as a reader sees them.

May: make a message of an event. May not: decide who may see it.
"""

from __future__ import annotations

from datetime import datetime

import attrs

from cschat.core.content import Content, Speaker, Visibility
from cschat.core.events import Event
from cschat.core.times import Micros, as_datetime

__all__ = ["Message", "message_of"]


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
