"""Instants, the clock that moves only when told, and ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cschat.core.clock import FakeClock, SystemClock
from cschat.core.ids import Ids, ulid
from cschat.core.times import as_datetime, as_iso, as_micros, milliseconds, seconds
from cschat.errors import Invalid

INSTANTS = st.integers(0, 4_000_000_000_000_000)


@given(instant=INSTANTS)
def test_an_instant_comes_back_from_its_datetime(instant: int):
    assert as_micros(as_datetime(instant)) == instant
    assert as_datetime(instant).utcoffset() == timedelta(0)


@given(one=INSTANTS, other=INSTANTS)
def test_the_order_of_text_is_the_order_of_time(one: int, other: int):
    assert (as_iso(one) < as_iso(other)) is (one < other)
    assert as_micros(datetime.fromisoformat(as_iso(one))) == one


def test_the_zone_of_a_datetime_does_not_matter_but_there_must_be_one():
    seoul = timezone(timedelta(hours=9))
    assert as_micros(datetime(2026, 3, 2, 19, tzinfo=seoul)) == as_micros(datetime(2026, 3, 2, 10, tzinfo=UTC))
    with pytest.raises(ValueError, match="time zone"):
        as_micros(datetime(2026, 3, 2))  # noqa: DTZ001  (naive is the point)


def test_durations_are_whole_milliseconds_and_unknown_stays_unknown():
    assert [milliseconds(value) for value in (0, 1, 0.0004, 0.0006, 90.5)] == [0, 1000, 0, 1, 90_500]
    assert (seconds(1500), seconds(0), seconds(None)) == (1.5, 0.0, None)


def test_a_fake_clock_moves_only_when_told_and_never_backwards():
    clock = FakeClock("2026-03-02 10:00")
    assert as_iso(clock.now()) == "2026-03-02T01:00:00.000000Z"
    clock.advance(minutes=30, seconds=0.5)
    assert as_iso(clock.now()) == "2026-03-02T01:30:00.500000Z"
    clock.at("2026-03-02 18:30")
    assert as_iso(clock.now()) == "2026-03-02T09:30:00.000000Z"
    clock.at(datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    for backwards in (lambda: clock.at("2026-03-02 18:29"), lambda: clock.advance(seconds=-1), lambda: clock.set(0)):
        with pytest.raises(Invalid) as caught:
            backwards()
        assert caught.value.field == "when"
    assert as_iso(clock.now()) == "2026-03-02T09:30:00.000000Z"


def test_a_fake_clock_stands_in_a_zone():
    assert as_iso(FakeClock("2026-03-02 10:00", zone="America/New_York").now()) == "2026-03-02T15:00:00.000000Z"


def test_the_machines_clock_gives_whole_microseconds():
    one, other = SystemClock().now(), SystemClock().now()
    assert type(one) is int
    assert one <= other
    assert one > as_micros(datetime(2025, 1, 1, tzinfo=UTC))


@given(one=INSTANTS, other=INSTANTS, chance=st.integers(0, 2**80 - 1))
def test_ids_sort_by_the_millisecond_they_were_made_in(one: int, other: int, chance: int):
    if one // 1000 < other // 1000:
        assert ulid(one // 1000, 2**80 - 1) < ulid(other // 1000, chance)
    assert len(ulid(one // 1000, chance)) == 26


def test_ids_of_a_seed_are_repeatable_and_others_are_not():
    now = FakeClock().now()
    seeded = [[ids.new("ses", now + step) for step in range(0, 5000, 700)] for ids in (Ids(1), Ids(1), Ids(2), Ids(), Ids())]
    assert seeded[0] == seeded[1]
    assert len({tuple(made) for made in seeded}) == 4
    assert all(id.startswith("ses_") and len(id) == 30 for made in seeded for id in made)
