"""Webhooks: addresses that are told what happens; and secrets, which no query shows.

May: describe them. May not: sign or send.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from cschat.core.records import Index
from cschat.core.times import Micros

__all__ = ["Secret", "Webhook", "secret_id"]


class Webhook(Struct, frozen=True):
    """An address that is told what happens. `types`: the names of the events it wants; empty: all that it may have.

    `staff`: it is told all; if not, what the customer of a session may see. `private`: addresses of our own network may be called.
    `reason` says why it was disabled; `since` is the seq of the event with which it began to follow.
    """

    kind: ClassVar[str] = "webhook"
    prefix: ClassVar[str] = "whk"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("removed", "brand")),)

    id: str
    brand: str
    seq: int
    url: str
    types: tuple[str, ...] = ()
    staff: bool = False
    private: bool = False
    disabled: bool = False
    reason: str = ""
    removed: bool = False
    since: int = 1


class Secret(Struct, frozen=True):
    """What gives access to an alert target, or signs for a webhook. `previous` signs as well until `until`.

    It is a record of its own, which no query answers with and no export holds, so that what shows a target cannot show it.
    """

    kind: ClassVar[str] = "secret"
    prefix: ClassVar[str] = "sec"
    indexes: ClassVar[tuple[Index, ...]] = ()

    id: str
    brand: str
    value: str
    previous: str = ""
    until: Micros = 0


def secret_id(target: str) -> str:
    """The id of the secret of an alert target or a webhook."""
    return f"{Secret.prefix}_{target}"
