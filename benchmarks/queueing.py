"""The simulated desk against queueing theory (Erlang C, M/M/n), one slot for each agent.

Exact: every wait equals that of a heap-based queue fed with the same arrivals and service times. Statistical: against the closed form,
within 5 % or four standard errors of 20 batch means, the first tenth of the customers left out.
"""

from __future__ import annotations

import csv
import heapq
import math
import random
import statistics
from collections.abc import Iterable, Iterator
from itertools import islice, repeat
from pathlib import Path

import attrs

from cschat import Desk
from cschat.core.clock import FakeClock
from cschat.core.times import SECOND
from cschat.simulate import Assignments, Policy, Service, Simulation
from cschat.simulate.arrivals import poisson
from cschat.simulate.reading import Conversation, Speaker, Turn

__all__ = ["Row", "Told", "exact", "rows", "statistical", "told"]

SERVICE_SECONDS = 180
_CONVERSATION = Conversation(None, (Turn(Speaker.CUSTOMER, "문의드려요"), Turn(Speaker.AGENT, "확인했습니다")))


@attrs.frozen
class Row:
    """One row of the reference: offered load in erlangs, agents, and the closed form's answers."""

    load: float
    agents: int
    p_wait: float
    mean_wait: float

    @property
    def rate_per_hour(self) -> float:
        return self.load * 3600 / SERVICE_SECONDS


def rows(path: Path) -> list[Row]:
    """The reference; mean waits in seconds."""
    with path.open(newline="") as file:
        return [
            Row(
                float(row["offered_load_erlangs"]),
                int(row["agents"]),
                float(row["erlang_c_prob_wait"]),
                float(row["mean_wait_in_units_of_mean_service"]) * SERVICE_SECONDS,
            )
            for row in csv.DictReader(file)
        ]


class _Recorded:
    """A service that remembers what it drew, in order of service."""

    def __init__(self) -> None:
        self.drawn: list[int] = []
        self._service = Service("exp", SERVICE_SECONDS)

    def shares(self, turns: Iterable[tuple[Speaker, str]], rng: random.Random, /) -> tuple[int, list[int]]:
        length, places = self._service.shares(turns, rng)
        self.drawn.append(length)
        return length, places


def simulate(row: Row, customers: int, *, seed: int, warmup: int = 0, order: str | None = None) -> tuple[Simulation, list[int], list[int]]:
    """Run a row through a desk in memory; the run, and its arrivals and service times in order of service.

    With an `order` the desk hands out by itself, in this order; without, agents claim.
    """
    clock = FakeClock("2026-03-02 00:00")
    service, given = _Recorded(), Assignments()
    arrivals = list(islice(poisson(row.rate_per_hour, clock.now(), random.Random(seed)), customers))
    policy = None if order is None else Policy({"mode": "auto", "order": order})
    with Desk.open("memory:", clock=clock, seed=seed, reactors=[given]) as desk:
        run = Simulation(desk, agents=row.agents, slots=1, service=service, seed=seed + 1, warmup=warmup, policy=policy, assignments=given)
        run.run(repeat(_CONVERSATION), arrivals)
    return run, arrivals, service.drawn


def heap_waits(arrivals: list[int], services: list[int], servers: int) -> Iterator[int]:
    """First come, first served, on a heap of the times at which servers are free."""
    free = [0] * servers
    for arrival, service in zip(arrivals, services, strict=True):
        begin = max(arrival, heapq.heappop(free))
        heapq.heappush(free, begin + service)
        yield begin - arrival


def exact(row: Row, *, customers: int = 5000, seed: int = 1, order: str | None = None) -> int:
    """How many waits differ from the heap's, to the microsecond."""
    run, arrivals, services = simulate(row, customers, seed=seed, order=order)
    return sum(ours != theirs for ours, theirs in zip(run.waits, heap_waits(arrivals, services, row.agents), strict=True))


@attrs.frozen
class Agreement:
    """A measured value beside the closed form's; `error` is the standard error of 20 batch means."""

    measured: float
    expected: float
    error: float

    @property
    def holds(self) -> bool:
        return abs(self.measured - self.expected) <= max(0.05 * self.expected, 4 * self.error)


def statistical(row: Row, *, seed: int = 2, most: int = 200_000, order: str | None = None) -> tuple[int, Agreement, Agreement]:
    """Customers, and the agreement of the share that waits and of the mean wait (seconds)."""
    customers = min(most, math.ceil(20_000 / row.p_wait))
    run, _arrivals, _services = simulate(row, customers, seed=seed, warmup=customers // 10, order=order)
    waits = run.waits
    size = len(waits) // 20
    batches = [waits[place * size : (place + 1) * size] for place in range(20)]
    shares = [sum(wait > 0 for wait in batch) / size for batch in batches]
    means = [sum(batch) / size / SECOND for batch in batches]
    return (
        customers,
        Agreement(sum(wait > 0 for wait in waits) / len(waits), row.p_wait, statistics.stdev(shares) / math.sqrt(20)),
        Agreement(sum(waits) / len(waits) / SECOND, row.mean_wait, statistics.stdev(means) / math.sqrt(20)),
    )


@attrs.frozen
class Told:
    """Medians, in seconds, of the wait that customers were told and of the one that they had, over those who were told one."""

    customers: int
    told: float
    waited: float

    @property
    def ratio(self) -> float:
        return self.told / self.waited


def told(agents: int, slots: int, *, automatic: bool, customers: int = 20_000, seed: int = 2) -> Told:
    """What customers are told at an occupancy of 0.9, the first tenth of them left out."""
    clock, given = FakeClock("2026-03-02 00:00"), Assignments()
    rate = 0.9 * agents * slots * 3600 / SERVICE_SECONDS
    arrivals = islice(poisson(rate, clock.now(), random.Random(seed)), customers)
    policy = Policy({"mode": "auto"}) if automatic else None
    with Desk.open("memory:", clock=clock, seed=seed, reactors=[given]) as desk:
        run = Simulation(
            desk,
            agents=agents,
            slots=slots,
            service=Service("exp", SERVICE_SECONDS),
            seed=seed,
            warmup=customers // 10,
            policy=policy,
            assignments=given,
        )
        run.run(repeat(_CONVERSATION), arrivals)
    said, waited = (statistics.median(side) for side in zip(*run.told, strict=True))
    return Told(len(run.told), said, waited / SECOND)
