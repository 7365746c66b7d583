"""Customers, agents and groups.

May: say what is known of people. May not: decide what they may do (`access`) or whether they get work.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec
from msgspec import Struct

from cschat.core.alerts import AlertKind
from cschat.core.hours import Calendar
from cschat.core.records import PERSONAL, STAFF, Index
from cschat.core.times import Micros

__all__ = ["Agent", "AgentStatus", "Attribute", "Consent", "Customer", "CustomerKind", "Group", "Profile", "Role"]

Attribute = str | int | float | bool
"""What a custom attribute may hold."""


class Role(StrEnum):
    """What an actor is. `AGENT` and `ADMIN` are the roles of agents; `HOST` is the program that embeds the desk."""

    CUSTOMER = "customer"
    AGENT = "agent"
    ADMIN = "admin"
    SYSTEM = "system"
    HOST = "host"


class CustomerKind(StrEnum):
    """Known by their browser alone, or by the host's user id."""

    GUEST = "guest"
    MEMBER = "member"


class Profile(Struct, frozen=True):
    """What a customer has told of themselves; "" where nothing is known. `birth_date` is an ISO date."""

    name: Annotated[str, PERSONAL] = ""
    phone: Annotated[str, PERSONAL] = ""
    email: Annotated[str, PERSONAL] = ""
    birth_date: Annotated[str, PERSONAL] = ""
    address: Annotated[str, PERSONAL] = ""
    image: Annotated[str, PERSONAL] = ""


class Consent(Struct, frozen=True):
    """The customer agreed to `what` for `purpose`, as worded in `version`, at `time`; or took it back (`given` False)."""

    what: str
    purpose: str
    version: str
    given: bool
    time: Micros


class Customer(Struct, frozen=True):
    """Who asks. `key` is how the host knows them: `guest:<browser>` or `member:<user id>`."""

    kind: ClassVar[str] = "customer"
    prefix: ClassVar[str] = "cus"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "key"), unique=True), Index(("brand", "registered")))

    id: str
    brand: str
    seq: int
    key: Annotated[str, PERSONAL]
    type: CustomerKind
    registered: Micros
    profile: Profile = Profile()
    language: str | None = None
    attributes: Annotated[dict[str, Attribute], PERSONAL, STAFF] = msgspec.field(default_factory=dict)
    device: Annotated[dict[str, str], PERSONAL] = msgspec.field(default_factory=dict)
    tags: Annotated[tuple[str, ...], STAFF] = ()
    consents: tuple[Consent, ...] = ()
    merged_into: Annotated[str | None, STAFF] = None
    erased: bool = False

    @property
    def name(self) -> str:
        return self.profile.name


class AgentStatus(StrEnum):
    """Declared by the agent. Available: receives and claims. Busy: keeps and may claim. Hidden: as busy, not shown to customers."""

    AVAILABLE = "available"
    BUSY = "busy"
    HIDDEN = "hidden"


class Agent(Struct, frozen=True):
    """Who answers. `capacity` is how many sessions they may own at once, `auto_limit` how many are given to them unasked.

    A removed agent stays as a record, so that history keeps its names; `user_id` is the host's id of the person. Outside of their `shifts`
    (None: they have none) and on `days_off` they are not there, whatever their status; within them, only if they are available. Alerts that
    concern them go to `email`, but for the kinds that they have `muted`. `image` is the address of their picture.
    """

    kind: ClassVar[str] = "agent"
    prefix: ClassVar[str] = "agt"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "removed", "status")), Index(("brand", "user_id"), unique=True))

    id: str
    brand: str
    seq: int
    name: str
    role: Role = Role.AGENT
    user_id: str | None = None
    status: AgentStatus = AgentStatus.BUSY
    status_by: Role = Role.HOST
    status_reason: str = ""
    groups: tuple[str, ...] = ()
    capacity: int = 10
    auto_limit: int = 10
    removed: bool = False
    shifts: Calendar | None = None
    days_off: tuple[date, ...] = ()
    email: str = ""
    muted: tuple[AlertKind, ...] = ()
    image: str = ""


class Group(Struct, frozen=True):
    """Agents who share work; the agents name their groups."""

    kind: ClassVar[str] = "group"
    prefix: ClassVar[str] = "grp"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "name"), unique=True),)

    id: str
    brand: str
    seq: int
    name: str
    removed: bool = False
