"""How a brand appears to its customers, and how it reaches those who have left.

May: hold these settings. May not: draw, send, or check what people typed (`commands.looks`).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec
from msgspec import Struct

from cschat.core.people import Profile

__all__ = ["ASKED_TYPES", "PROFILE_FIELDS", "Away", "Look", "Position"]

PROFILE_FIELDS = Profile.__struct_fields__
"""The names in a guest form that stand for the customer's profile; every other name is an attribute."""
ASKED_TYPES = ("text", "number", "date", "birth_date", "name", "phone", "email", "address")
"""What a field of a guest form may ask for."""


class Position(StrEnum):
    """The bottom corner in which the launcher is."""

    RIGHT = "right"
    LEFT = "left"


class Away(StrEnum):
    """How a customer learns of an answer that came while they did not look.

    `BADGE`: when they look again. `PUSH`: the host tells them (`LeftUnread`). `MAIL`: the desk sends it by mail.
    """

    BADGE = "badge"
    PUSH = "push"
    MAIL = "mail"


class Look(Struct, frozen=True):
    """What customers see of a brand: its `colour` (`#rrggbb`), the address of its `logo` ("": none), where the launcher is.

    `greeting` and `launcher` (the words on the button) are texts by language; a language that is not there has the desk's own words.
    """

    colour: str = "#2f6fed"
    logo: str = ""
    greeting: dict[str, str] = msgspec.field(default_factory=dict)
    position: Position = Position.RIGHT
    launcher: dict[str, str] = msgspec.field(default_factory=dict)
