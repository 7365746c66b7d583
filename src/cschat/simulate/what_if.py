"""What if work had been handed out otherwise: recorded traffic, replayed on a desk of its own under another policy.

May: read a store's log, drive a desk in memory. May not: change the store.

What is assumed, so that a difference can come from the policy alone:

- Customers ask when they asked, about what was known then: channel, language, category, priority, their tags and attributes. Hours are not
  looked at: whoever was let in then is let in now. What was reopened, and what was under way when the period begins, is not replayed.
- Agents are those of then, with the groups and limits of then, there when their status said available. Shifts and presence are not looked
  at; nobody lets an offer pass; where agents claim, they do so at once. So what was `recorded` may be slower than what is `replayed` under
  the very policy that was in force: that difference is people's, and the one to `changed` is the policy's.
- A service takes as long as it took, whoever has it and whatever else they have: all stretches in which agents had the session, notes
  included, in one. Where nobody had it, one of the other services is drawn.
- Who left the queue (or was sent to intake) leaves after the same time, if they still wait then. Who did not leave would have waited as
  long as they did, and then for a time drawn from the exponential distribution that the leaving tells: all time waited over how many left.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from typing import Any

import attrs
import msgspec

from cschat import commands as c
from cschat.core.access import Actor
from cschat.core.answers import Unavailable
from cschat.core.clock import FakeClock
from cschat.core.distribution import Distribution
from cschat.core.people import Agent, AgentStatus
from cschat.core.session import Session
from cschat.core.times import SECOND, Micros
from cschat.desk import Desk
from cschat.door import brand_record
from cschat.errors import Invalid
from cschat.simulate.claiming import next_claim
from cschat.simulate.policies import Assignments, Policy
from cschat.simulate.recorded import Past, Request, Staffing, read_past
from cschat.storage.protocol import Store

__all__ = ["Outcome", "WhatIf", "what_if"]

_HOUR = 3600 * SECOND
_END, _STAFF, _LEAVE, _ARRIVE = range(4)


@attrs.frozen
class Outcome:
    """What came of the requests. Waits in seconds, of those who were served and of those who left, for as long as they waited.

    `waiting` still wait at the end, because nobody is there; `refused` were turned away by an overflow limit. `loads` is how many sessions
    each agent had, by name.
    """

    requests: int
    served: int
    left: int
    refused: int
    waiting: int
    mean_wait_s: float | None
    p90_wait_s: float | None
    loads: dict[str, int]


@attrs.frozen
class WhatIf:
    """The same requests three times: as they were `recorded`, `replayed` under the policy of then, and under the `changed` one."""

    recorded: Outcome
    replayed: Outcome
    changed: Outcome


def what_if(
    policy: Policy, store: Store, period: tuple[Micros | None, Micros | None] = (None, None), *, brand: str = "main", seed: int = 0
) -> WhatIf:
    """Replay the requests of [start, end) (None: all) under a policy and under the recorded one, which is the last of the period.

    Scopes of the policy name the agents and groups of the store, by name or id. `Invalid` if it brings agents of its own, or if the period
    holds no request or no service.
    """
    if policy.agents:
        raise Invalid(field="agents", reason="are those of the store", allowed=["no agents in the policy"])
    past = read_past(store, brand_record(brand), *period)
    if not past.requests:
        raise Invalid(field="period", reason="nobody asked for a person in it")
    arrivals = _arrivals(past.requests, random.Random(seed))
    before = _Replay(past, _recorded_policy(past.distribution), arrivals, seed).outcome()
    after = _Replay(past, policy, arrivals, seed).outcome()
    return WhatIf(_recorded(past), before, after)


@attrs.define
class _Arrival:
    """A request, with what its customer brings along: how long it takes to serve, how long they would wait (None: for ever)."""

    request: Request
    service: Micros
    patience: Micros | None
    session: str = ""


def _arrivals(requests: Iterable[Request], rng: random.Random) -> list[_Arrival]:
    requests = list(requests)
    services = [request.service for request in requests if request.service is not None]
    if not services:
        raise Invalid(field="period", reason="nobody was served in it to the end")
    left = sum(request.left for request in requests)
    waited = sum(request.waited or 0 for request in requests)
    return [
        _Arrival(
            request,
            service=rng.choice(services) if request.service is None else request.service,
            patience=_patience(request, waited / left if left else None, rng),
        )
        for request in requests
    ]


def _patience(request: Request, mean: float | None, rng: random.Random) -> Micros | None:
    if request.left or request.waited is None or not mean:
        return request.waited if request.left else None
    return request.waited + round(rng.expovariate(1 / mean))


def _recorded_policy(distribution: Distribution) -> Policy:
    settings: dict[str, Any] = msgspec.to_builtins(distribution)
    settings["head_starts"] = {name: value / 1000 for name, value in distribution.head_starts.items()}
    settings["overflow_wait"] = None if distribution.overflow_wait is None else distribution.overflow_wait / 1000
    for route in settings["routes"]:
        route["widen_after"] = None if route["widen_after"] is None else route["widen_after"] / 1000
    return Policy.of(settings)


def _recorded(past: Past) -> Outcome:
    names = {staffing.agent: staffing.name for staffing in (*past.begin, *(staffing for _, staffing in past.changes))}
    requests = past.requests
    had = Counter(names[request.agent] for request in requests if request.agent is not None)
    waits = [request.waited for request in requests if request.waited is not None]
    left = sum(request.left for request in requests)
    return _outcome(waits, len(requests), left, 0, {name: had[name] for name in names.values()})


def _outcome(waits: list[Micros], requests: int, left: int, refused: int, loads: dict[str, int]) -> Outcome:
    ordered = sorted(waits)
    return Outcome(
        requests=requests,
        served=len(waits) - left,
        left=left,
        refused=refused,
        waiting=requests - len(waits) - refused,
        mean_wait_s=sum(ordered) / len(ordered) / SECOND if ordered else None,
        p90_wait_s=ordered[(len(ordered) * 9 + 9) // 10 - 1] / SECOND if ordered else None,
        loads=loads,
    )


def _status(staffing: Staffing) -> AgentStatus:
    return AgentStatus.AVAILABLE if staffing.available else AgentStatus.BUSY


class _Replay:
    """One run of the requests of a past under a policy."""

    def __init__(self, past: Past, policy: Policy, arrivals: list[_Arrival], seed: int) -> None:
        self._past = past
        self._policy = policy
        self._arrivals = arrivals
        self._clock = FakeClock("1970-01-01T00:00:00+00:00")
        self._clock.set(arrivals[0].request.at - _HOUR)
        self._given = Assignments()
        self._desk = Desk.open("memory:", clock=self._clock, seed=seed, reactors=[self._given])
        self._order = count()
        self._due: list[tuple[Micros, int, int, Callable[[], None]]] = []
        self._agents: list[Agent] = []
        self._doors: list[Desk] = []
        self._staff: list[Staffing] = []
        self._taken: list[int] = []
        self._had: list[int] = []
        self._place: dict[str, int] = {}
        self._groups: dict[str, str] = {}
        self._waiting: dict[str, _Arrival] = {}
        self._waits: list[Micros] = []
        self._left = 0
        self._refused = 0
        self._distribution = Distribution()

    def outcome(self) -> Outcome:
        """Play it to the end."""
        with self._desk, self._desk.batch():
            self._people()
            for arrival in self._arrivals:
                self._later(arrival.request.at, _ARRIVE, partial(self._arrive, arrival))
            for at, staffing in self._past.changes:
                self._later(at, _STAFF, partial(self._change, staffing))
            while self._due:
                at, _rank, _order, action = heapq.heappop(self._due)
                self._pass(at)
                action()
                self._serve()
        loads = {staffing.name: had for staffing, had in zip(self._staff, self._had, strict=True)}
        return _outcome(self._waits, len(self._arrivals), self._left, self._refused, loads)

    def _people(self) -> None:
        desk, past = self._desk, self._past
        desk.do(c.ChangeBrand(accepting="open", language=past.language))
        self._groups = {id: desk.do(c.AddGroup(name)).id for id, name in past.groups.items()}
        later = [attrs.evolve(staffing, there=False) for _, staffing in past.changes]
        first: dict[str, Staffing] = {}
        for staffing in (*past.begin, *later):
            first.setdefault(staffing.agent, staffing)
        self._staff = [*first.values()]
        added: dict[str, Agent] = {}
        for old in sorted(first):  # equals are told apart by their ids, so these are to be in the same order
            added[old] = self._add(first[old])
            self._clock.advance(milliseconds=1)
        self._agents = [added[old] for old in first]
        self._doors = [desk.acting_as(Actor.agent(agent)) for agent in self._agents]
        self._taken, self._had = [0] * len(first), [0] * len(first)
        self._place = {id: place for place, old in enumerate(first) for id in (old, added[old].id)}
        agents = {key: agent.id for old, agent in zip(self._staff, self._agents, strict=True) for key in (old.agent, old.name)}
        groups = {key: self._groups[id] for id, name in past.groups.items() for key in (id, name)}
        self._distribution = desk.do(self._policy.command(agents, groups)).distribution

    def _add(self, staffing: Staffing) -> Agent:
        return self._desk.do(
            c.AddAgent(
                name=staffing.name,
                status=_status(staffing),
                groups=self._here(staffing.groups),
                capacity=staffing.capacity,
                auto_limit=staffing.auto_limit,
            )
        )

    def _here(self, groups: Iterable[str]) -> tuple[str, ...]:
        return tuple(self._groups[id] for id in groups)

    def _change(self, staffing: Staffing) -> None:
        place = self._place[staffing.agent]
        id = self._agents[place].id
        self._staff[place] = staffing
        groups = self._here(staffing.groups)
        self._desk.do(c.ChangeAgent(id, name=staffing.name, groups=groups, capacity=staffing.capacity, auto_limit=staffing.auto_limit))
        self._agents[place] = self._desk.do(c.SetStatus(_status(staffing), agent=id))

    # ------------------------------------------------------------------------------------------------------------ time

    def _later(self, at: Micros, rank: int, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (at, rank, next(self._order), action))

    def _pass(self, at: Micros) -> None:
        while self._distribution.automatic and (due := self._desk.next_due()) is not None and due <= at:
            self._clock.set(due)
            self._desk.run_clocks()
            self._serve()
        self._clock.set(max(at, self._clock.now()))

    def _arrive(self, arrival: _Arrival) -> None:
        request, desk = arrival.request, self._desk
        visitor = desk.acting_as(Actor.guest(request.customer))
        session = visitor.do(c.OpenSession(channel=request.channel, language=request.language))
        arrival.session = session.id
        if request.tags:
            desk.do(c.TagCustomer(session.customer, request.tags))
        if request.attributes:
            desk.do(c.UpdateCustomer(session.customer, attributes=dict(request.attributes)))
        if request.category is not None:
            desk.do(c.SetCategory(session, request.category))
        desk.do(c.SetPriority(session, request.priority))
        self._waiting[session.id] = arrival
        if isinstance(visitor.do(c.RequestAgent(session)), Unavailable):
            self._refused += 1
            self._gone(arrival)
        elif arrival.patience is not None:
            self._later(request.at + arrival.patience, _LEAVE, partial(self._leave, arrival))

    def _leave(self, arrival: _Arrival) -> None:
        if arrival.session in self._waiting:
            self._left += 1
            self._waits.append(self._clock.now() - arrival.request.at)
            self._gone(arrival)

    def _gone(self, arrival: _Arrival) -> None:
        del self._waiting[arrival.session]
        self._desk.do(c.EndSession(arrival.session))

    # --------------------------------------------------------------------------------------------------------- service

    def _serve(self) -> None:
        for given, agent in self._given.take():
            self._begin(self._place[agent], self._waiting.pop(given))
        while self._waiting and (claim := next_claim(self._desk, self._distribution, self._free(), self._agents, self._weighs)) is not None:
            place, session = claim
            self._doors[place].do(c.ClaimSession(session))
            self._begin(place, self._waiting.pop(session.id))

    def _free(self) -> list[int]:
        staff = zip(self._staff, self._taken, strict=True)
        return [staffing.capacity - taken if staffing.available else 0 for staffing, taken in staff]

    def _weighs(self, session: Session) -> int:
        return self._distribution.weight(session.channel)

    def _begin(self, place: int, arrival: _Arrival) -> None:
        weight = self._distribution.weight(arrival.request.channel)
        self._taken[place] += weight
        self._had[place] += 1
        self._waits.append(self._clock.now() - arrival.request.at)
        self._later(self._clock.now() + arrival.service, _END, partial(self._end, place, arrival.session, weight))

    def _end(self, place: int, session: str, weight: int) -> None:
        self._doors[place].do(c.EndSession(session))
        self._doors[place].do(c.WrapUp(session))
        self._taken[place] -= weight
