"""How a brand's work is handed out: the policy, its routes, and what is kept to decide quickly.

May: describe. May not: choose (`routing` does).

Durations are stored in milliseconds. A scope without agents and groups is everybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar

import msgspec
from msgspec import Struct

from cschat.core.records import Index
from cschat.core.times import Micros

__all__ = [
    "EVERYBODY",
    "Claiming",
    "Considered",
    "Decision",
    "Distribution",
    "Duty",
    "Mode",
    "OnClose",
    "OnOpen",
    "Order",
    "Route",
    "Scope",
    "Seat",
]


EVERYBODY = "*"
"""The lane of everybody."""


class Mode(StrEnum):
    """Who moves the queue: agents by claiming, the desk, or the desk up to each agent's `auto_limit` and agents beyond it."""

    MANUAL = "manual"
    AUTO = "auto"
    HYBRID = "hybrid"


class Claiming(StrEnum):
    """What an agent may take from the queue: any session, the one whose turn it is, or nothing."""

    ANY = "any"
    OLDEST_FIRST = "oldest_first"
    OFF = "off"


class Order(StrEnum):
    """Who comes next: who has least to do, whose turn it is, who was given something longest ago."""

    LEAST_ACTIVE = "least_active"
    ROUND_ROBIN = "round_robin"
    LEAST_RECENT = "least_recent"


class OnClose(StrEnum):
    """What becomes of the queue when the desk closes, or when the last who could come has left."""

    TO_INTAKE = "to_intake"
    KEEP = "keep"


class OnOpen(StrEnum):
    """What becomes of the messages that were left when the desk opens: they stay for review, or go into the queue."""

    REVIEW = "review"
    QUEUE = "queue"


class Scope(Struct, frozen=True):
    """Some agents: those named, and those of the groups; everybody, if neither is."""

    agents: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def lane(self) -> str:
        """The name of the scope, the same for the same agents and groups in any order."""
        return ",".join(sorted({*self.agents, *self.groups})) or EVERYBODY

    def with_(self, other: Scope) -> Scope:
        """All of this scope and all of another."""
        if EVERYBODY in (self.lane, other.lane):
            return Scope()
        return Scope(tuple(sorted({*self.agents, *other.agents})), tuple(sorted({*self.groups, *other.groups})))

    def holds(self, agent: str, groups: Iterable[str]) -> bool:
        """Whether an agent with these groups belongs to it."""
        return not (self.agents or self.groups) or agent in self.agents or any(group in self.groups for group in groups)


class Route(Struct, frozen=True):
    """Sessions that fit all that is named here go to `scope`, and after `widen_after` to those of `widen_to` too.

    The `category` (a path; what lies below it fits too), the `channel`, the `language`, a `tag` of the customer, and `attributes` of the
    customer that must have these values.
    """

    name: str
    scope: Scope = Scope()
    category: str | None = None
    channel: str | None = None
    language: str | None = None
    tag: str | None = None
    attributes: dict[str, str | int | float | bool] = msgspec.field(default_factory=dict)
    widen_after: int | None = None
    widen_to: Scope = Scope()

    @property
    def wide(self) -> Scope:
        """Those who may have it when it is widened."""
        return self.scope.with_(self.widen_to)


class Distribution(Struct, frozen=True):
    """The policy of a brand.

    `claim` None is what fits the mode: any, off in auto. `head_starts` is by priority; `weights` by channel, 1 where none is named.
    `sticky_days` 0: nobody is remembered. `offer_timeout`, `overflow_queue`, `overflow_wait` None: none. `presence` is how long, by class
    of device, an agent counts as there after a sign of life ("*": any other); empty: nobody asks.
    """

    mode: Mode = Mode.MANUAL
    claim: Claiming | None = None
    order: Order = Order.LEAST_ACTIVE
    routes: tuple[Route, ...] = ()
    default: Scope = Scope()
    sticky_days: int = 0
    head_starts: dict[str, int] = msgspec.field(default_factory=lambda: {"low": -300_000, "high": 900_000, "urgent": 86_400_000})
    weights: dict[str, int] = msgspec.field(default_factory=dict)
    wrap_up_holds_slot: bool = True
    hold_frees_slot: bool = False
    offer_timeout: int | None = None
    max_passes: int = 2
    overflow_queue: int | None = None
    overflow_wait: int | None = None
    on_close: OnClose = OnClose.TO_INTAKE
    intake_on_open: OnOpen = OnOpen.REVIEW
    presence: dict[str, int] = msgspec.field(default_factory=lambda: {"*": 60_000, "phone": 300_000})

    @property
    def automatic(self) -> bool:
        """Whether the desk hands out work by itself."""
        return self.mode is not Mode.MANUAL

    @property
    def claiming(self) -> Claiming:
        """What agents may claim."""
        return self.claim or (Claiming.OFF if self.mode is Mode.AUTO else Claiming.ANY)

    def weight(self, channel: str) -> int:
        """What a session of this channel counts towards an agent's load."""
        return self.weights.get(channel, 1)

    def ttl(self, device: str) -> int:
        """How long (in microseconds) a sign of life from such a device holds."""
        return 1000 * (self.presence.get(device) or self.presence.get("*", 60_000))


class Considered(Struct, frozen=True, omit_defaults=True):
    """An agent who was looked at for a session; `why` says why they could not have it, "" if they could.

    They had a `load` of at most `limit` (0: it did not matter). `since` is what the order goes by among equals: when their last session
    ended, or they were last given one, or the rotation came to them; 0: never.
    """

    agent: str
    why: str = ""
    load: int = 0
    limit: int = 0
    since: Micros = 0


class Decision(Struct, frozen=True):
    """Why an agent was given a session, which counts `weight`.

    `by` is what decided: forced, group, sticky, route, default. `route` is the name of the route that fitted. `ranking` are the first who
    could have had it, best first; `rejected` who could not; both are cut to a few.
    """

    by: str
    route: str
    lane: str
    order: Order
    weight: int = 1
    ranking: tuple[Considered, ...] = ()
    rejected: tuple[Considered, ...] = ()


class Duty(Struct, frozen=True):
    """What an agent is in the middle of: what the desk needs to know to give them more. Derived; kept while work is handed out.

    `lanes` are those in which they have a seat, `load` is the sum of the weights of what they have. `rested` is when their last session
    ended, `given` when they last got one, `turn` when the rotation last came to them, or when they joined it. `passes` counts offers let
    pass in a row, the last of them at `passed`. `seen` is their last sign of life and `there` whether it still holds.
    """

    kind: ClassVar[str] = "duty"
    prefix: ClassVar[str] = "dty"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand",)),)

    id: str
    brand: str
    agent: str
    lanes: tuple[str, ...] = ()
    load: int = 0
    rested: Micros = 0
    given: Micros = 0
    turn: Micros = 0
    passes: int = 0
    passed: Micros = 0
    seen: Micros | None = None
    device: str = "*"
    there: bool = False

    @staticmethod
    def id_of(agent: str) -> str:
        """The id of an agent's duty."""
        return f"{Duty.prefix}_{agent.partition('_')[2]}"


class Seat(Struct, frozen=True):
    """A place of an agent in a lane. `open`: may be given work now; else `why` says why not. `place` orders the open ones: least first.

    Who is open or full has a `load` of at most `limit`.
    """

    kind: ClassVar[str] = "seat"
    prefix: ClassVar[str] = "sea"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "lane", "open", "place")), Index(("agent",)))

    id: str
    brand: str
    agent: str
    lane: str
    open: bool = False
    why: str = ""
    place: int = 0
    load: int = 0
    limit: int = 0

    @staticmethod
    def id_of(agent: str, lane: str) -> str:
        """The id of an agent's seat in a lane; within a lane, ids are in the order of the agents' ids."""
        return f"{Seat.prefix}_{agent.partition('_')[2]}_{lane}"
