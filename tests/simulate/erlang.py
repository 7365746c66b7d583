"""What queueing theory says, to hold a simulation against.

May: compute. May not: know cschat.

M/M/n: Poisson arrivals, exponential service, n servers, first come first served. `load` is the offered load in erlangs (arrival
rate times mean service time). Formulas: A. K. Erlang 1917, in the recursive form of e.g. Cooper, Introduction to Queueing Theory.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from itertools import pairwise


def erlang_b(load: float, servers: int) -> float:
    """The share of arrivals that find every server taken where nobody may wait."""
    blocking = 1.0
    for count in range(1, servers + 1):
        blocking = load * blocking / (count + load * blocking)
    return blocking


def erlang_c(load: float, servers: int) -> float:
    """P(wait > 0): the share of arrivals that have to wait. Needs load < servers, or the queue grows for ever."""
    if not 0 <= load < servers:
        raise ValueError(f"{servers} servers cannot carry a load of {load}")
    blocking = erlang_b(load, servers)
    return blocking / (1 - (load / servers) * (1 - blocking))


def mean_wait(load: float, servers: int, service: float = 1.0) -> float:
    """The mean wait over all arrivals, those who do not wait included, in the unit of `service`, the mean service time."""
    return erlang_c(load, servers) * service / (servers - load)


def p_wait_within(limit: float, load: float, servers: int, service: float = 1.0) -> float:
    """P(wait <= limit): the service level. `limit` and `service` share a unit."""
    return 1 - erlang_c(load, servers) * math.exp(-(servers - load) * limit / service)


def heap_waits(arrivals: Sequence[int], services: Sequence[int], servers: int) -> list[int]:
    """How long each customer waits, in the unit of the input, when `servers` serve first come first served.

    `arrivals` never go back; customer i has service time `services[i]`, whoever serves. Exact, all in whole numbers.
    """
    if any(later < earlier for earlier, later in pairwise(arrivals)):
        raise ValueError("arrivals must not go back")
    if servers < 1:
        raise ValueError("somebody has to serve")
    free_at: list[int] = []  # when each busy server will be free
    waits: list[int] = []
    for arrival, service in zip(arrivals, services, strict=True):
        begins = arrival if len(free_at) < servers else max(arrival, heapq.heappop(free_at))
        heapq.heappush(free_at, begins + service)
        waits.append(begins - arrival)
    return waits
