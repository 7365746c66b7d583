"""What a brand wants done by itself: its rules, and how soon people must be answered.

May: describe. May not: read conditions and actions (`rules` does) or do anything.

Conditions and actions are kept as the plain data that they were written in. Durations are stored in milliseconds.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from cschat.core.records import Index

__all__ = ["Goal", "Mark", "Phase", "Rule", "Rulebook", "SlaPolicy", "Watch", "When"]


class Phase(StrEnum):
    """Whether a rule sees an event before bots and routing do, or after them."""

    BEFORE_ROUTING = "before_routing"
    AFTER = "after"


class When(Struct, frozen=True):
    """What sets a rule off: an `event`, by its type; or a time: `after` so long in a `state`, or while somebody is `silent`.

    `by` is who caused the event or said the message: customer, agent, bot, system; None: anybody, for messages the customer. `silent` is
    customer or agent: who does not answer. A time comes again after each `after`, `at_most` so often in one stretch.
    """

    event: str | None = None
    by: str | None = None
    state: str | None = None
    silent: str | None = None
    after: int = 0
    at_most: int = 1

    @property
    def timed(self) -> bool:
        """Whether time sets it off, and no event."""
        return self.event is None


class Rule(Struct, frozen=True):
    """When something happens, if it holds (`only_if`; empty: always), then do this, in order. Rules go by `position`, then id."""

    id: str
    position: int
    name: str
    when: When
    only_if: dict[str, Any] = msgspec.field(default_factory=dict)
    then: tuple[dict[str, Any], ...] = ()
    phase: Phase = Phase.AFTER
    enabled: bool = True


class Goal(StrEnum):
    """What must happen in time: the first answer of a person, each later one, the end."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


class SlaPolicy(Struct, frozen=True):
    """How soon: for sessions that fit all that is named, the time for each goal; None: no such goal.

    `business` counts the brand's opening hours alone; without hours, and without `business`, every hour counts. `warn` is how long before
    the time is up staff are warned (None: not). The first policy that fits a session is its own.
    """

    name: str
    first_response: int | None = None
    next_response: int | None = None
    resolution: int | None = None
    warn: int | None = None
    business: bool = True
    priority: str | None = None
    category: str | None = None
    channel: str | None = None

    def allowed(self, goal: Goal) -> int | None:
        """The time for a goal, in microseconds."""
        given: int | None = getattr(self, goal)
        return None if given is None else given * 1000


class Rulebook(Struct, frozen=True):
    """All rules and policies of a brand, in their order: one record, so that a desk reads one to know that none concerns an event."""

    kind: ClassVar[str] = "rulebook"
    prefix: ClassVar[str] = "rbk"
    indexes: ClassVar[tuple[Index, ...]] = ()

    id: str
    brand: str
    seq: int = 0
    rules: tuple[Rule, ...] = ()
    sla: tuple[SlaPolicy, ...] = ()

    @staticmethod
    def id_of(brand: str) -> str:
        """The id of a brand's rulebook."""
        return f"{Rulebook.prefix}_{brand.partition('_')[2]}"


class Mark(Struct, frozen=True):
    """How often a rule of time was set off since `anchor`, how often it came to nothing, and when it is looked at next (0: in turn)."""

    anchor: int
    times: int = 0
    missed: int = 0
    look: int = 0


class Watch(Struct, frozen=True):
    """What rules of time have done to a session, by rule. Kept from when the first of them is due."""

    kind: ClassVar[str] = "rule_mark"
    prefix: ClassVar[str] = "wch"
    indexes: ClassVar[tuple[Index, ...]] = ()

    id: str
    brand: str
    marks: dict[str, Mark] = msgspec.field(default_factory=dict)

    @staticmethod
    def id_of(session: str) -> str:
        """The id of a session's watch."""
        return f"{Watch.prefix}_{session.partition('_')[2]}"
