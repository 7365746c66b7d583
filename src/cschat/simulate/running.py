"""The simulation: customers arrive, say what a file says, wait for an agent, get the file's answers, are ended and wrapped up.

May: do what customers and agents do, through the desk. May not: decide what the desk decides.

What happens at one virtual instant happens in this order: what is said, ends with their wrap-ups, those who wait no longer, arrivals; among
equals, in order of the customers' numbers, then of the file. After each of them, as long as an agent has a free slot and somebody waits,
the agent with the most free slots (the first of them) claims the session that is first in the desk's queue. So nobody waits beside a free
slot.

Where the brand has a bot, it hears what customers say first: whose session it ends asks for nobody.

With a `Policy` that is not by hand the desk itself hands out, within its own commits, and service begins with the assignment. If agents may
claim beside that (hybrid), they do, as above, what waits for them.

Service is from claim or assignment to wrap-up. `exp:SECONDS` draws its length and spreads the turns evenly over it; `chars:PER_SECOND`
gives each agent turn 5 s + length / rate, and customers answer at once. Of parallel sessions none slows another: agents x slots are that
many servers.
"""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, count, repeat
from typing import Protocol, TypeVar

import attrs

from cschat import commands as c
from cschat.core.access import Actor
from cschat.core.answers import Connected, Queued, Unavailable
from cschat.core.clock import FakeClock
from cschat.core.distribution import Distribution
from cschat.core.people import Agent
from cschat.core.session import Session, State
from cschat.core.times import SECOND, Micros
from cschat.desk import Desk
from cschat.errors import Invalid
from cschat.kinds import CORE_KINDS
from cschat.simulate.claiming import next_claim
from cschat.simulate.policies import Assignments, Member, Policy
from cschat.simulate.reading import Conversation, Speaker
from cschat.storage.content import content_hash

__all__ = ["Figures", "Service", "Simulation"]

T = TypeVar("T")

_TURN_SECONDS = 5
_CHANNEL = "web"
_SAY, _END, _LEAVE, _ARRIVE = range(4)


@attrs.frozen
class Figures:
    """What a simulation measured. Times in seconds; waits are over the requests of counted customers, those after the warm-up.

    `p_wait`: share of requests that waited at all; `mean_wait_s`: over all requests, those that did not wait included, and those who left
    for as long as they waited. `mean_queue` and `occupancy` (busy slots / all slots) are averages over the time from the first counted
    arrival to the last arrival. `commands_per_s` is commands over `wall_s`, the real time of the run. `abandoned` left the queue, `refused`
    were turned away by an overflow limit. `agent_least`, `agent_mean`, `agent_most`: how many sessions an agent had.
    """

    sessions: int
    messages: int
    commands: int
    closed: int
    p_wait: float | None
    mean_wait_s: float | None
    p90_wait_s: float | None
    mean_queue: float | None
    occupancy: float | None
    wall_s: float
    commands_per_s: float
    content_hash: str
    abandoned: int
    refused: int
    agent_least: int
    agent_mean: float
    agent_most: int
    skipped: int = 0


class ServiceTime(Protocol):
    """How long a service takes, and when in it each turn is said."""

    def shares(self, turns: Iterable[tuple[Speaker, str]], rng: random.Random, /) -> tuple[int, list[int]]:
        """The length of a service in microseconds, and when in it each of the turns is said."""
        ...


@attrs.frozen
class Service:
    """How long a service takes: `kind` is "exp" (mean `value` seconds) or "chars" (`value` letters per second)."""

    kind: str
    value: float

    @classmethod
    def parse(cls, text: str) -> Service:
        """From `exp:180` or `chars:20`."""
        kind, _, value = text.partition(":")
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if kind not in ("exp", "chars") or not 0 < number < 1e9:
            raise Invalid(field="service", reason=f"{text!r} is no service time", allowed=["exp:SECONDS", "chars:PER_SECOND"])
        return cls(kind, number)

    def shares(self, turns: Iterable[tuple[Speaker, str]], rng: random.Random, /) -> tuple[int, list[int]]:
        """The length of a service in microseconds, and when in it each of the turns is said."""
        said = list(turns)
        if self.kind == "exp":
            length = round(rng.expovariate(1 / self.value) * SECOND)
            return length, [length * place // len(said) for place in range(1, len(said) + 1)]
        elapsed, places = 0, []
        for speaker, text in said:
            if speaker is Speaker.AGENT:
                elapsed += round((_TURN_SECONDS + len(text) / self.value) * SECOND)
            places.append(elapsed)
        return max(elapsed, _TURN_SECONDS * SECOND), places


@attrs.define
class _Customer:
    number: int
    door: Desk
    conversation: Conversation
    rest: int
    session: str = ""
    asked: Micros = 0
    agent: int = -1


class Simulation:
    """One run on one desk, whose clock must be a `FakeClock`.

    A `policy` needs `assignments`, the reactor that the desk was opened with; its agents, if it names any, take the place of `agents` with
    `slots` each. `patience`: after how many seconds, on average of an exponential distribution, who waits leaves; None: never.

    `waits` has each counted customer's wait in microseconds, in order of arrival; `told` what those among them who were told how long it
    may take were told, in seconds, and how long it took, in microseconds.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        agents: int = 3,
        slots: int = 3,
        service: ServiceTime,
        seed: int = 0,
        warmup: int = 0,
        policy: Policy | None = None,
        assignments: Assignments | None = None,
        patience: float | None = None,
    ) -> None:
        for name, number in (("agents", agents), ("slots", slots)):
            if not 1 <= number <= 1000:
                raise Invalid(field=name, reason=f"{number} is no number of {name}", allowed=["1 to 1000"])
        if policy is not None and assignments is None:
            raise Invalid(field="assignments", reason="a policy needs the reactor that the desk was opened with")
        self._desk = desk
        if not isinstance(desk.clock, FakeClock):
            raise Invalid(field="desk", reason="a simulation needs a desk with a FakeClock")
        self._clock = desk.clock
        self._service = service
        self._rng = random.Random(seed)
        self._patience = patience
        self._patient = random.Random(f"patience {seed}")
        self._warmup = warmup
        self._policy = policy
        self._assignments = assignments or Assignments()
        members = () if policy is None else policy.agents
        self._members = members or tuple(Member(f"상담사 {number + 1}") for number in range(agents))
        self._free = [slots if member.capacity is None else member.capacity for member in self._members]
        self._slots = sum(self._free)
        self._had = [0] * len(self._free)
        self._agents: list[Agent] = []
        self._number_of: dict[str, int] = {}
        self._distribution = Distribution()
        self._weight = 1
        self._widens = self._by_category = False
        self._doors: list[Desk] = []
        self._waiting: dict[str, _Customer] = {}
        self._due: list[tuple[Micros, int, int, int, Callable[[], None]]] = []
        self._order = count()
        self._started = 0
        self._closed = 0
        self._abandoned = 0
        self._refused = 0
        self._commands = 0
        self._messages = 0
        self.waits: list[int] = []
        self.told: list[tuple[float, Micros]] = []
        self._wait_of: dict[int, int] = {}
        self._told_of: dict[int, float] = {}
        self._window: tuple[Micros, Micros] | None = None
        self._window_sums = (0, 0)
        self._queue_time = 0
        self._busy_time = 0

    def run(
        self, conversations: Iterable[Conversation], arrivals: Iterable[Micros], *, progress: Callable[[int], None] | None = None
    ) -> Figures:
        """Let one customer arrive for each conversation and arrival, until either runs out, and all be served."""
        began = time.perf_counter()
        with self._desk.batch():
            self._staff()
            self._play(zip(conversations, arrivals, strict=False), progress or (lambda _done: None))
        wall = time.perf_counter() - began
        self.waits = [self._wait_of[number] for number in sorted(self._wait_of)]
        self.told = [(told, self._wait_of[number]) for number, told in sorted(self._told_of.items())]
        return self._figures(wall)

    def _staff(self) -> None:
        self._do(self._desk, c.ChangeBrand(accepting="open"))
        names = () if self._policy is None else self._policy.groups
        groups = {name: self._do(self._desk, c.AddGroup(name)).id for name in names}
        for member, free in zip(self._members, self._free, strict=True):
            mine = tuple(groups[name] for name in member.groups)
            adding = c.AddAgent(name=member.name, status="available", groups=mine, capacity=free, auto_limit=member.auto_limit)
            agent = self._do(self._desk, adding)
            self._number_of[agent.id] = len(self._agents)
            self._agents.append(agent)
            self._doors.append(self._desk.acting_as(Actor.agent(agent)))
        if self._policy is not None:
            ids = {agent.name: agent.id for agent in self._agents}
            self._distribution = self._do(self._desk, self._policy.command(ids, groups)).distribution
            self._widens = any(route.widen_after is not None for route in self._distribution.routes)
            self._by_category = any(route.category is not None for route in self._distribution.routes)
            self._weight = self._distribution.weight(_CHANNEL)

    def _play(self, customers: Iterator[tuple[Conversation, Micros]], progress: Callable[[int], None]) -> None:
        coming = next(customers, None)
        while coming is not None or self._due:
            if coming is not None and (not self._due or (coming[1], _ARRIVE) < self._due[0][:2]):
                conversation, at = coming
                self._pass(at)
                self._arrive(conversation, at)
                progress(self._started)
                coming = next(customers, None)
            else:
                at, _rank, _number, _order, action = heapq.heappop(self._due)
                self._pass(at)
                action()
            self._serve()

    def _pass(self, at: Micros) -> None:
        """Let time pass, adding up who waited and who worked meanwhile, up to the last arrival. Lanes are widened when it is time."""
        while self._widens and (due := self._desk.next_due()) is not None and due <= at:
            self._spend(due)
            self._desk.run_clocks()
            self._serve()
        self._spend(at)

    def _spend(self, at: Micros) -> None:
        now = self._clock.now()
        if self._window is not None:
            self._queue_time += (at - now) * len(self._waiting)
            self._busy_time += (at - now) * (self._slots - sum(self._free))
        self._clock.set(max(at, now))

    def _later(self, at: Micros, rank: int, customer: _Customer, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (at, rank, customer.number, next(self._order), action))

    # ---------------------------------------------------------------------------------------------------------- doings

    def _arrive(self, conversation: Conversation, at: Micros) -> None:
        number = self._started
        self._started += 1
        if number >= self._warmup:
            first = at if self._window is None else self._window[0]
            if self._window is None:
                self._queue_time = self._busy_time = 0
            self._window = (first, at)
            self._window_sums = (self._queue_time, self._busy_time)
        opening = next((place for place, turn in enumerate(conversation.turns) if turn.speaker is Speaker.AGENT), len(conversation.turns))
        door = self._desk.acting_as(Actor.guest(f"simulated-{number}"))
        customer = _Customer(number, door, conversation, opening)
        texts = [turn.text for turn in conversation.turns[:opening]]
        session = self._do(door, c.OpenSession(text=texts[0] if texts else None))
        self._messages += bool(texts)
        customer.session = session.id
        if session.state is State.CLOSED:  # a bot of the brand knew the answer
            self._closed += 1
            return
        for text in texts[1:]:
            self._say(door, customer, text)
        if conversation.intent is not None and self._by_category:
            self._do(self._desk, c.SetCategory(session.id, conversation.intent))
        customer.asked = at
        self._waiting[session.id] = customer
        self._asked(customer, self._do(door, c.RequestAgent(session.id)))

    def _asked(self, customer: _Customer, answer: Queued | Connected | Unavailable) -> None:
        if isinstance(answer, Unavailable):
            self._refused += 1
            self._gone(customer)
            return
        if isinstance(answer, Queued) and answer.expected_wait is not None and customer.number >= self._warmup:
            self._told_of[customer.number] = answer.expected_wait
        if self._patience is not None:
            waits = round(self._patient.expovariate(1 / self._patience) * SECOND)
            self._later(customer.asked + waits, _LEAVE, customer, partial(self._leave, customer))

    def _leave(self, customer: _Customer) -> None:
        if customer.session in self._waiting:
            self._abandoned += 1
            self._waited(customer)
            self._gone(customer)

    def _gone(self, customer: _Customer) -> None:
        del self._waiting[customer.session]
        self._do(customer.door, c.EndSession(customer.session))
        self._closed += 1

    def _waited(self, customer: _Customer) -> None:
        if customer.number >= self._warmup:
            self._wait_of[customer.number] = self._clock.now() - customer.asked

    def _serve(self) -> None:
        """Begin what the desk has handed out; where agents may claim, let them, as long as one who is free has something to claim."""
        for given, agent in self._assignments.take():
            self._begin(self._number_of[agent], self._waiting.pop(given))
        while self._waiting and (claim := next_claim(self._desk, self._distribution, self._free, self._agents, self._weighs)) is not None:
            number, session = claim
            self._do(self._doors[number], c.ClaimSession(session))
            self._begin(number, self._waiting.pop(session.id))

    def _weighs(self, session: Session) -> int:
        return self._distribution.weight(session.channel)

    def _begin(self, agent: int, customer: _Customer) -> None:
        now = self._clock.now()
        self._free[agent] -= self._weight
        self._had[agent] += 1
        customer.agent = agent
        self._waited(customer)
        turns = [(turn.speaker, turn.text) for turn in customer.conversation.turns[customer.rest :]]
        length, places = self._service.shares(turns, self._rng)
        for (speaker, text), place in zip(turns, places, strict=True):
            door = self._doors[agent] if speaker is Speaker.AGENT else customer.door
            self._later(now + place, _SAY, customer, partial(self._say, door, customer, text))
        self._later(now + length, _END, customer, partial(self._end, customer))

    def _say(self, door: Desk, customer: _Customer, text: str) -> None:
        self._do(door, c.SendMessage(customer.session, text=text))
        self._messages += 1

    def _end(self, customer: _Customer) -> None:
        door, intent = self._doors[customer.agent], customer.conversation.intent
        self._do(door, c.EndSession(customer.session))
        self._do(door, c.WrapUp(customer.session, tags=() if intent is None else (intent,)))
        self._free[customer.agent] += self._weight
        self._closed += 1

    def _do(self, door: Desk, command: c.Command[T]) -> T:
        self._commands += 1
        return door.do(command)

    # --------------------------------------------------------------------------------------------------------- figures

    def _figures(self, wall: float) -> Figures:
        waits = sorted(self.waits)
        span = 0 if self._window is None else self._window[1] - self._window[0]
        return Figures(
            sessions=self._started,
            messages=self._messages,
            commands=self._commands,
            closed=self._closed,
            p_wait=sum(wait > 0 for wait in waits) / len(waits) if waits else None,
            mean_wait_s=sum(waits) / len(waits) / SECOND if waits else None,
            p90_wait_s=waits[(len(waits) * 9 + 9) // 10 - 1] / SECOND if waits else None,
            mean_queue=self._window_sums[0] / span if span else None,
            occupancy=self._window_sums[1] / span / self._slots if span and self._slots else None,
            wall_s=round(wall, 3),
            commands_per_s=round(self._commands / wall, 1),
            content_hash=content_hash(self._desk.store, CORE_KINDS),
            abandoned=self._abandoned,
            refused=self._refused,
            agent_least=min(self._had),
            agent_mean=sum(self._had) / len(self._had),
            agent_most=max(self._had),
        )


def repeated(read: Callable[[], Iterable[Conversation]]) -> Iterator[Conversation]:
    """The conversations of a file again and again. `Invalid` if it has none."""
    first = iter(read())
    head = next(first, None)
    if head is None:
        raise Invalid(field="conversations", reason="the file has none")
    return chain([head], first, chain.from_iterable(read() for _ in repeat(None)))
