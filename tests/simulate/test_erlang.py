"""The reference itself is held against the published table and against a slower way of counting."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .erlang import erlang_b, erlang_c, heap_waits, mean_wait, p_wait_within


def test_every_row_of_the_table(shared_data: Callable[[str], Path]) -> None:
    with shared_data("contact-centre/erlang_reference.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 66
    for row in rows:
        load, servers = float(row["offered_load_erlangs"]), int(row["agents"])
        ours = (erlang_b(load, servers), erlang_c(load, servers), mean_wait(load, servers), p_wait_within(20, load, servers, 180))
        columns = (
            "erlang_b_blocking",
            "erlang_c_prob_wait",
            "mean_wait_in_units_of_mean_service",
            "service_level_20s_at_aht_180s",
        )
        assert ours == pytest.approx([float(row[column]) for column in columns], abs=6e-11), row


def test_the_figures_that_pyworkforce_prints() -> None:
    # rodrigo-arenas/pyworkforce, README: 100 calls in 30 minutes, 3 minutes each, 14 agents.
    load = 100 / 30 * 3
    assert erlang_c(load, 14) == pytest.approx(0.17413, abs=5e-6)
    assert p_wait_within(20, load, 14, 180) == pytest.approx(0.88835, abs=5e-6)


@pytest.mark.parametrize(("load", "servers"), [(1, 1), (5.5, 5), (-1, 2)])
def test_a_queue_that_never_empties_has_no_answer(load: float, servers: int) -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        erlang_c(load, servers)


def test_two_servers_by_hand() -> None:
    #   arrives 0, served 0-10 | 1: 1-4 | 2: waits for 4, 4-9 | 3: waits for 9, 9-10 | 10: the first two are free again
    assert heap_waits([0, 1, 2, 3, 10], [10, 3, 5, 1, 7], servers=2) == [0, 0, 2, 6, 0]


def test_a_server_that_comes_free_at_the_very_moment_serves_at_once() -> None:
    assert heap_waits([0, 5], [5, 5], servers=1) == [0, 0]


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="go back"):
        heap_waits([2, 1], [1, 1], servers=1)
    with pytest.raises(ValueError, match="serve"):
        heap_waits([1], [1], servers=0)
    with pytest.raises(ValueError, match="argument"):
        heap_waits([1, 2], [1], servers=1)


@given(
    customers=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 30)), max_size=30),
    servers=st.integers(1, 5),
)
def test_waits_equal_a_count_by_looking_at_every_moment(customers: list[tuple[int, int]], servers: int) -> None:
    arrivals = sorted(arrival for arrival, _ in customers)
    services = [service for _, service in customers]
    spans: list[tuple[int, int]] = []
    expected: list[int] = []
    begins = 0
    for arrival, service in zip(arrivals, services, strict=True):
        # First come first served: not before the one ahead. Then the first moment with fewer than `servers` being served.
        begins = max(begins, arrival)
        while sum(start <= begins < end for start, end in spans) >= servers:
            begins += 1
        spans.append((begins, begins + service))
        expected.append(begins - arrival)
    assert heap_waits(arrivals, services, servers) == expected


def test_the_heap_tends_to_the_closed_form() -> None:
    # 100,000 customers, load 5 on 6 servers, mean service 180 s; the seed is fixed, so this gives the same figures every time.
    rng, count, load, servers, service = Random(7), 100_000, 5.0, 6, 180e6
    clock, arrivals = 0.0, []
    for _ in range(count):
        clock += rng.expovariate(load / service)
        arrivals.append(int(clock))
    waits = heap_waits(arrivals, [int(rng.expovariate(1 / service)) for _ in range(count)], servers)[count // 10 :]
    assert sum(wait > 0 for wait in waits) / len(waits) == pytest.approx(erlang_c(load, servers), rel=0.05)
    assert sum(waits) / len(waits) == pytest.approx(mean_wait(load, servers, service), rel=0.08)
