"""Everything that can happen. What happened is never changed; only erasure blanks its personal fields.

May: describe events. May not: decide whether they may happen (`session`) or what follows.

An `Event` is the envelope (which brand and subject, its place in the subject and in the store, when, by whom, because of what);
its `body` says what happened. The body's class name is the event's type, on the wire and in the database.
"""

from __future__ import annotations

from datetime import datetime
from types import ModuleType
from typing import Any, TypeAlias

from msgspec import Struct

from cschat.core.events import people, sessions, settings
from cschat.core.events.people import *
from cschat.core.events.sessions import *
from cschat.core.events.settings import *
from cschat.core.times import Micros, as_datetime


def _defined(part: ModuleType) -> list[type]:
    """The classes of a part, in its order: the order of the lists in the documentation."""
    return [thing for thing in vars(part).values() if isinstance(thing, type) and thing.__module__ == part.__name__]


BODIES: dict[str, type] = {body.__name__: body for body in (*sessions.SESSION_BODIES, *_defined(people), *_defined(settings))}
"""Every type of event by its name."""

Body: TypeAlias = Any
"""One of `BODIES`."""


class Event(Struct, frozen=True):
    """One thing that happened.

    `seq` counts without gaps within the subject (a session, or the customer, agent, setting or article it is about);
    `position` rises through the whole store and is 0 until the store has it. `actor` is `customer:<id>`, `agent:<id>`, `system`
    or `host`. `cause` is `<subject>:<seq>` of the event that a reactor answered with this one. `once` is what makes a repeated
    request one event.
    """

    brand: str
    subject: str
    seq: int
    time: Micros
    actor: str
    body: Body
    cause: str | None = None
    once: str | None = None
    position: int = 0

    @property
    def type(self) -> str:
        return type(self.body).__name__

    @property
    def at(self) -> datetime:
        return as_datetime(self.time)

    @property
    def name(self) -> str:
        """`<subject>:<seq>`, which names the event for good."""
        return f"{self.subject}:{self.seq}"
