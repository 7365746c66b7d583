"""What can happen to customers and agents.

May: describe events. May not: decide whether they may happen, or what follows.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Struct

from cschat.core.people import AgentStatus, CustomerKind, Profile, Role
from cschat.core.records import PERSONAL

__all__ = [
    "AgentAdded",
    "AgentChanged",
    "AgentRemoved",
    "AgentStatusSet",
    "ConsentRecorded",
    "CustomerMerged",
    "CustomerRegistered",
    "CustomerTagged",
    "CustomerUpdated",
    "Erased",
]


class CustomerRegistered(Struct, frozen=True):
    """The desk got to know a customer."""

    key: Annotated[str, PERSONAL]
    type: CustomerKind
    profile: Profile = Profile()


class CustomerUpdated(Struct, frozen=True):
    """Profile, language, attributes or device changed; the fields that are named are the new values."""

    changes: Annotated[dict[str, Any], PERSONAL]


class CustomerTagged(Struct, frozen=True):
    """Tags were added or removed."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class ConsentRecorded(Struct, frozen=True):
    """The customer agreed to something, or took it back."""

    what: str
    purpose: str
    version: str
    given: bool


class CustomerMerged(Struct, frozen=True):
    """This customer is now `into`; their sessions have moved there."""

    into: str


class Erased(Struct, frozen=True):
    """All that is personal was blanked, here and in the `sessions` sessions of this customer."""

    sessions: int


class AgentAdded(Struct, frozen=True):
    """A new agent."""

    name: str
    role: Role
    status: AgentStatus
    capacity: int
    auto_limit: int
    user_id: str | None = None
    groups: tuple[str, ...] = ()
    email: str = ""
    image: str = ""


class AgentChanged(Struct, frozen=True):
    """Settings of an agent changed: `before` and `after`, by field."""

    before: dict[str, Any]
    after: dict[str, Any]


class AgentStatusSet(Struct, frozen=True):
    """An agent declared a status, or it was set for them."""

    status: AgentStatus
    by: Role
    reason: str = ""


class AgentRemoved(Struct, frozen=True):
    """The agent works here no more; what they had is back in the queue or closed."""
