"""Surges in a series of counts: online, against what is usual at this time of this weekday.

May: count and compare. May not: know a desk, or read a file.

What is compared is log(1 + count / SMALL), so that twice as many is as far above the usual in a loud hour as in a quiet one, and a few
more than nothing are no surge. What is expected at a slot is the median of the same time in the last four weeks (the slots beside it
included), mixed with the median of the same time on the last seven days, the more of the former the more weeks are known; and the level
of the last day above or below that. The deviation is counted in robust units (two thirds of all deviations are below one). What surprises
is one slot's own deviation, or the average over the last six, in units of how such an average spreads, whichever is more. How often that
goes so high is read from its own past: peaks above HIGH come at a rate and have a mean height, both learned, so a series that is always
wild must be wilder to stand out. What stays below HIGH is no alarm.

Everything looks at the past alone. A slot without a row is unknown: it is no zero, and what is expected elsewhere does not count it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from math import copysign, exp, isfinite, log1p, sqrt

import attrs

from cschat.errors import Invalid

__all__ = ["FALSE_ALARMS", "SLOT", "Row", "Spikes", "spikes"]

SLOT = timedelta(minutes=5)
FALSE_ALARMS = 0.5
"""So many alarms a week are borne on a series in which nothing happens."""

SMALL = 10.0
"""Counts well below this are all alike."""
WEEKS, DAYS = 4, 7
BESIDE = 2
"""Slots on either side that count as the same time, within an hour."""
SHRINK = 3.0
"""The weekday's own median has the weight weeks² / (weeks² + SHRINK)."""
OVER = 6
"""Slots that a deviation is averaged over."""
MOST, LEAST = 20.0, -4.0
"""What one slot counts at most, and adds to the average at least, in robust units."""
LEVEL = 2.0
"""How far one slot moves the level at most, in robust units."""
LEARN = 0.005
EARLY, EARLY_ROWS = 4, 40
"""How fast the robust unit follows: EARLY / (EARLY_ROWS + rows seen), and at least `LEARN`."""
UNIT, LEAST_UNIT = 0.5, 0.05
"""The robust unit at first, and its least."""
HIGH = 4.0
RATE, RATE_DAYS = 0.3, 14.0
"""Before anything is known, peaks above `HIGH` are taken to have come this often a day, for so many days;"""
HEIGHT, HEIGHT_PEAKS = 3.0, 10.0
"""and to have been so high above it, as so many peaks."""
TALLEST = 10.0
"""What one peak counts at most, so that an incident does not hide the next."""

_DAY = timedelta(days=1)
_GAIN = sqrt(2 * OVER - 1)  # a mean of `OVER` slots, in units of its own spread
_USUAL = 0.3173  # of all deviations are beyond one robust unit


@attrs.frozen
class Row:
    """One row of a series: how sure it is that something new has begun (`score`, 0 to 1), and whether that is an alarm (0.5 or more)."""

    timestamp: datetime
    value: float
    score: float
    spike: bool


def spikes(series: Iterable[tuple[datetime, float]], *, slot: timedelta = SLOT, false_alarms: float = FALSE_ALARMS) -> Iterator[Row]:
    """Each row of a series with its score, as soon as it is read. What is asked of the series: `Spikes.see`."""
    seen = Spikes(slot, false_alarms)
    return (seen.see(at, value) for at, value in series)


class Spikes:
    """A series under way, in constant memory: four weeks of it.

    `slot` divides a day; `false_alarms` a week are borne where nothing happens. `Invalid` else.
    """

    def __init__(self, slot: timedelta = SLOT, false_alarms: float = FALSE_ALARMS) -> None:
        if not timedelta(seconds=1) <= slot <= _DAY or _DAY % slot:
            raise Invalid(field="slot", reason=f"{slot} does not divide a day", allowed=["1 second to 1 day"])
        if not 0 < false_alarms < 1000:
            raise Invalid(field="false_alarms", reason=f"is {false_alarms!r}", allowed=["a number a week, above 0"])
        self._slot = slot
        self._borne = false_alarms
        self._day = _DAY // slot
        self._beside = min(BESIDE, timedelta(hours=1) // slot)
        self._size = WEEKS * 7 * self._day + self._beside + 1
        self._values = [0.0] * self._size
        self._slots: list[int | None] = [None] * self._size  # whose value it is
        self._first: datetime | None = None
        self._at = -1
        self._rows = 0
        self._plain = 0.0  # the level without a season
        self._level = 0.0  # above what is expected
        self._unit = UNIT
        self._average = 0.0
        self._peaks = _Peaks(self._day)
        self._rests = -1  # until this slot the alarm that was given stands

    def see(self, at: datetime, value: float) -> Row:
        """The next row. Slots count from the first row; each is later than the one before, all with a zone or none. `Invalid` else."""
        slot = self._slot_of(at)
        if not isfinite(value):
            raise Invalid(field="value", reason=f"is {value!r}", allowed=["a finite number"])
        height = copysign(log1p(abs(value) / SMALL), value)
        if self._at < 0:
            self._plain = height
        self._average *= (1 - 1 / OVER) ** (slot - self._at - 1)
        usual = self._expected(slot)
        gap = height - self._plain if usual is None else height - usual - self._level
        off = gap / self._unit
        self._average += (max(LEAST, min(MOST, off)) - self._average) / OVER
        surprise = max(self._average * _GAIN, min(MOST, off))
        often = self._peaks.a_week(surprise, slot)
        score = self._borne / (self._borne + often)
        if surprise < HIGH:
            score = min(score, 0.49 * max(surprise, 0.0) / HIGH)
        spike = score >= 0.5 and slot > self._rests
        if spike:
            self._rests = slot + self._day
        elif slot <= self._rests:
            score *= 0.49  # it is known
        self._peaks.see(surprise, slot)
        self._learn(slot, height, off, seasonal=usual is not None)
        return Row(at, value, score, spike)

    def _slot_of(self, at: datetime) -> int:
        if self._first is None:
            self._first = at
        if (at.tzinfo is None) != (self._first.tzinfo is None):
            raise Invalid(field="timestamp", reason=f"{at} and the first row differ in having a zone")
        slot = round((at - self._first) / self._slot)
        if slot <= self._at:
            raise Invalid(field="timestamp", reason=f"{at} is in no later slot of {self._slot} than the row before")
        return slot

    def _expected(self, slot: int) -> float | None:
        days = self._median(slot, self._day, DAYS)[0]
        weeks, known = self._median(slot, 7 * self._day, WEEKS)
        if days is None or weeks is None:
            return weeks if days is None else days
        own = known * known / (known * known + SHRINK)
        return own * weeks + (1 - own) * days

    def _median(self, slot: int, step: int, times: int) -> tuple[float | None, float]:
        """The median of one time of the day, some steps back; and how many of the steps are known."""
        beside, size, slots, values = self._beside, self._size, self._slots, self._values
        found = [
            values[each % size]
            for middle in range(slot - step, max(slot - step * times, 0) - 1 - beside, -step)
            for each in range(middle - beside, middle + beside + 1)
            if slots[each % size] == each
        ]
        if not found:
            return None, 0.0
        found.sort()
        return found[len(found) // 2], len(found) / (2 * beside + 1)

    def _learn(self, slot: int, height: float, off: float, *, seasonal: bool) -> None:
        if seasonal:
            self._level += self._unit * max(-LEVEL, min(LEVEL, off)) / max(self._day, 48)
        self._plain += 0.05 * max(-1.0, min(1.0, height - self._plain))
        learn = max(LEARN, EARLY / (EARLY_ROWS + self._rows))
        self._unit = max(LEAST_UNIT, self._unit * exp(learn * ((abs(off) > 1) - _USUAL)))
        self._values[slot % self._size] = height
        self._slots[slot % self._size] = slot
        self._at = slot
        self._rows += 1


class _Peaks:
    """How often a surprise goes how high: peaks above `HIGH`. A peak is over after a quarter of a day below, or after a day."""

    def __init__(self, day: int) -> None:
        self._day = day
        self._count = 0
        self._sum = 0.0
        self._peak: float | None = None
        self._began = self._over = 0

    def a_week(self, surprise: float, slot: int) -> float:
        """How many peaks of this height are to be expected in a week."""
        rate = (RATE * RATE_DAYS + self._count) / (RATE_DAYS + slot / self._day)
        height = (HEIGHT * HEIGHT_PEAKS + self._sum) / (HEIGHT_PEAKS + self._count)
        return 7 * rate * exp(min((HIGH - surprise) / height, 500.0))

    def see(self, surprise: float, slot: int) -> None:
        if self._peak is not None and (slot - self._over > self._day // 4 or slot - self._began >= self._day):
            self._sum += min(self._peak - HIGH, TALLEST)
            self._count += 1
            self._peak = None
        if surprise > HIGH:
            if self._peak is None:
                self._peak, self._began = surprise, slot
            self._peak = max(self._peak, surprise)
            self._over = slot
