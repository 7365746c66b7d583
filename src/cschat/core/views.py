"""나의 서랍: choices of sessions that people keep under a name.

May: hold them. May not: find sessions (`queries.views` does).
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from cschat.core.people import Agent
from cschat.core.records import Index

__all__ = ["View", "owners_of"]


class View(Struct, frozen=True):
    """The sessions that fit a condition, under a name. It is its `owner`'s alone: `user:<the host's id>`, in every brand that they serve.

    The owner who has no such id is `agent:<id>`, in one brand. `brand` is the one in which it was first saved.
    """

    kind: ClassVar[str] = "view"
    prefix: ClassVar[str] = "vew"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("owner", "name"), unique=True),)

    id: str
    brand: str
    seq: int
    owner: str
    name: str
    only_if: dict[str, Any] = msgspec.field(default_factory=dict)
    removed: bool = False


def owners_of(agent: Agent) -> tuple[str, ...]:
    """What an agent's views may name as their owner; what they save now names the first."""
    own = f"agent:{agent.id}"
    return (own,) if agent.user_id is None else (f"user:{agent.user_id}", own)
