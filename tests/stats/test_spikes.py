"""Surges in series of counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from math import cos, exp, pi
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cschat.errors import Invalid
from cschat.stats.spikes import Spikes, spikes

START = datetime(2026, 3, 2)  # noqa: DTZ001  (a Monday, as on the wall)
FIVE = timedelta(minutes=5)
DAY = 288


def poisson(mean: float, chance: Random) -> int:
    """Knuth's, in pieces, so that exp does not vanish."""
    count = 0
    while mean > 20:
        count += poisson(20, chance)
        mean -= 20
    bound, product = exp(-mean), chance.random()
    while product > bound:
        count += 1
        product *= chance.random()
    return count


def usual(slot: int, *, loud: float = 30) -> float:
    """Quiet nights, loud afternoons, half as much on weekends."""
    weekend = slot // DAY % 7 >= 5
    return loud * (0.05 + 0.5 * (1 - cos(2 * pi * (slot % DAY) / DAY))) * (0.5 if weekend else 1)


def quiet(days: int, seed: int, *, loud: float = 30) -> list[tuple[datetime, float]]:
    chance = Random(seed)
    return [(START + FIVE * slot, float(poisson(usual(slot, loud=loud), chance))) for slot in range(days * DAY)]


def alarms(series: list[tuple[datetime, float]], **how: object) -> list[int]:
    return [at for at, row in enumerate(spikes(series, **how)) if row.spike]


@pytest.mark.parametrize("loud", [3, 30, 300])
def test_where_nothing_happens_there_are_no_more_alarms_than_are_borne(loud):
    weeks = [len(alarms(quiet(42, seed, loud=loud))) for seed in range(2)]
    assert sum(weeks) <= 6  # half an alarm a week, six weeks, twice


@pytest.mark.parametrize("borne", [0.5, 2])
def test_a_restless_series_must_stand_out_more(borne):
    chance, mood, series = Random(3), 0.0, []
    for slot in range(70 * DAY):
        mood = 0.97 * mood + chance.gauss(0, 0.08)
        series.append((START + FIVE * slot, float(poisson(usual(slot) * exp(mood), chance))))
    assert len(alarms(series, false_alarms=borne)) <= 10 * borne * 1.5


def test_a_year_without_any_peak_makes_nobody_nervous():
    hours = [(START + timedelta(hours=hour), 5.0 + hour % 3) for hour in range(365 * 24)]
    assert alarms(hours, slot=timedelta(hours=1)) == []
    assert alarms([*hours[:-1], (hours[-1][0], 30.0)], slot=timedelta(hours=1)) == [365 * 24 - 1]


def test_what_goes_on_for_days_is_told_less_and_less():
    series = [(at, value * 4 if slot >= 15 * DAY else value) for slot, (at, value) in enumerate(quiet(36, 9))]
    told = [slot // DAY for slot in alarms(series)]
    assert told[0] == 15
    assert not [day for day in told if day > 28]


def test_who_bears_more_false_alarms_is_told_of_more():
    series = quiet(28, 1)
    for slot in range(14 * DAY + 100, 28 * DAY, 2 * DAY):
        for beside in range(3):
            series[slot + beside] = (series[slot + beside][0], 1.9 * usual(slot) + 3)
    counts = [len(alarms(series, false_alarms=borne)) for borne in (0.01, 0.5, 50)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


@pytest.mark.parametrize(("times", "within"), [(8, 1), (3, 4), (2, 12)])
def test_an_incident_is_told_once_and_soon(times, within):
    begins = 22 * DAY + 130
    series = [(at, value * times if begins <= slot < begins + 36 else value) for slot, (at, value) in enumerate(quiet(24, 5))]
    late = [slot for slot in alarms(series) if slot >= 15 * DAY]
    assert len(late) == 1
    assert begins <= late[0] <= begins + within


def test_a_busy_hour_that_comes_every_monday_is_no_surge_in_the_fourth_week():
    def at_ten(slot: int) -> bool:
        return slot // DAY % 7 == 0 and 120 <= slot % DAY < 144

    series = [(at, value * 4 if at_ten(slot) else value) for slot, (at, value) in enumerate(quiet(42, 2))]
    assert [slot // DAY for slot in alarms(series) if slot >= 21 * DAY] == []


def test_a_past_incident_does_not_hide_one_at_the_same_time_a_week_later():
    series = quiet(30, 3)
    for week in (2, 3):
        for slot in range(week * 7 * DAY + DAY + 150, week * 7 * DAY + DAY + 170):
            series[slot] = (series[slot][0], series[slot][1] * 5)
    assert {slot // DAY for slot in alarms(series)} >= {15, 22}


def test_nights_and_weekends_without_rows_are_unknown_and_no_zeros():
    office = [row for row in quiet(35, 4) if 84 <= (row[0] - START) // FIVE % DAY < 252 and row[0].weekday() < 5]
    assert len(alarms(office)) <= 3
    busy = [(at, value * 6 if at.date() == (START + timedelta(days=31)).date() and at.hour == 11 else value) for at, value in office]
    assert [busy[at][0].hour for at in alarms(busy) if busy[at][0].date() == (START + timedelta(days=31)).date()] == [11]


def test_a_missing_slot_says_nothing_and_a_zero_says_something():
    series = quiet(15, 6)
    gone = series[: 14 * DAY] + series[14 * DAY + 200 :]
    zeros = [(at, 0.0 if 14 * DAY <= slot < 14 * DAY + 200 else value) for slot, (at, value) in enumerate(series)]
    after_gap, after_zeros = list(spikes(gone))[-1], list(spikes(zeros))[-1]
    assert after_gap.value == after_zeros.value
    assert after_gap.score != after_zeros.score


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 400), st.floats(-1e6, 1e9)), min_size=1, max_size=60),
    st.integers(1, 59),
    st.sampled_from([timedelta(seconds=30), FIVE, timedelta(hours=1), timedelta(days=1)]),
)
def test_each_row_is_judged_by_the_rows_before_it_alone(steps, cut, slot):
    at, series = START, []
    for step, value in steps:
        series.append((at, value))
        at += slot * step
    rows = list(spikes(series, slot=slot))
    assert list(spikes(series[:cut], slot=slot)) == rows[:cut]
    assert all(0 <= row.score <= 1 and row.spike == (row.score >= 0.5) for row in rows)
    assert [(row.timestamp, row.value) for row in rows] == series
    moved = list(spikes([(at + timedelta(days=70), value) for at, value in series], slot=slot))
    assert [row.score for row in moved] == [row.score for row in rows]


def test_a_row_long_after_the_others_takes_no_time():
    series = [(START, 1.0), (datetime(9999, 1, 1), 1.0)]  # noqa: DTZ001
    assert len(list(spikes(series, slot=timedelta(minutes=1)))) == 2


@pytest.mark.parametrize(
    ("series", "field"),
    [
        ([(START, 1), (START, 1)], "timestamp"),
        ([(START, 1), (START - FIVE, 1)], "timestamp"),
        ([(START, 1), (START + FIVE / 3, 1)], "timestamp"),
        ([(START, 1), (datetime(2026, 3, 3, tzinfo=UTC), 1)], "timestamp"),
        ([(START, float("nan"))], "value"),
        ([(START, float("inf"))], "value"),
    ],
)
def test_rows_that_are_refused(series, field):
    with pytest.raises(Invalid) as refused:
        list(spikes(series))
    assert refused.value.field == field


def test_a_refused_row_leaves_no_trace():
    seen, other = Spikes(), Spikes()
    for at, value in quiet(2, 7)[:-1]:
        seen.see(at, value)
        other.see(at, value)
    with pytest.raises(Invalid):
        seen.see(START + timedelta(days=2), float("nan"))
    last = quiet(2, 7)[-1]
    assert seen.see(*last) == other.see(*last)


@pytest.mark.parametrize("slot", [timedelta(minutes=7), timedelta(0), -FIVE, timedelta(days=2), timedelta(milliseconds=1)])
def test_a_slot_divides_a_day(slot):
    with pytest.raises(Invalid, match="slot"):
        spikes([], slot=slot)


@pytest.mark.parametrize("borne", [0, -1, float("nan"), float("inf")])
def test_how_many_false_alarms_are_borne_is_a_number(borne):
    with pytest.raises(Invalid, match="false_alarms"):
        spikes([], false_alarms=borne)


def test_times_may_have_a_zone():
    seoul = timezone(timedelta(hours=9))
    series = quiet(3, 8)
    assert [row.score for row in spikes([(at.replace(tzinfo=seoul), value) for at, value in series])] == [
        row.score for row in spikes(series)
    ]
