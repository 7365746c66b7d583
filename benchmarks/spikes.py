"""How well surges are found: the score of the Numenta anomaly benchmark, and alarms on a bank's calls.

The rule is that of its data's README: in each labelled window the first alarm counts, the earlier the more; each alarm outside costs, the
less the closer it follows a window; a window without an alarm costs. Nothing at all scores 0, every window at its first row 100.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import exp
from pathlib import Path

import attrs

from cschat.simulate.reading import numbered_lines
from cschat.stats.reading import Line, read_series
from cschat.stats.spikes import Spikes

__all__ = ["HELD_OUT", "TUNED", "Found", "Judged", "calls", "judge", "normalised", "tweets"]

TUNED = ("AAPL", "FB", "PFE")
HELD_OUT = ("CRM", "IBM")
"""The series that settings were chosen on, and the others."""

HIT, FALSE, MISSED = 1.0, 0.11, 1.0
"""The weights of the standard profile."""
_PROBATION, _LONGEST = 0.15, 750


@attrs.frozen
class Judged:
    """The raw score of one series, how many windows it has and how many were hit, and how many alarms were false."""

    raw: float
    windows: int
    hit: int
    false: int


@attrs.frozen
class Found:
    """The alarms of a series: which rows, of how many, and how long it took."""

    times: Sequence[datetime]
    alarms: Sequence[int]
    seconds: float


def judge(times: Sequence[datetime], alarms: Sequence[int], windows: Sequence[tuple[datetime, datetime]]) -> Judged:
    """Score the alarms (row numbers) of one series."""
    spans = [[at for at, moment in enumerate(times) if begin <= moment <= end] for begin, end in windows]
    bounds = sorted((span[0], span[-1]) for span in spans)
    hit: set[tuple[int, int]] = set()
    raw, false = 0.0, 0
    for at in alarms:
        if at < min(int(_PROBATION * len(times)), _LONGEST):
            continue
        within = next(((left, right) for left, right in bounds if left <= at <= right), None)
        if within is None:
            raw -= FALSE * _lateness(at, [bound for bound in bounds if bound[1] < at])
            false += 1
        elif within not in hit:
            hit.add(within)
            raw += HIT * _sigmoid(-(within[1] - at) / (within[1] - within[0])) / _sigmoid(-1)
    return Judged(raw - MISSED * (len(bounds) - len(hit)), len(bounds), len(hit), false)


def _lateness(at: int, before: Sequence[tuple[int, int]]) -> float:
    if not before:
        return 1.0
    left, right = before[-1]
    return -_sigmoid(min((at - right) / (right - left), 100.0))


def _sigmoid(place: float) -> float:
    return 2 / (1 + exp(5 * place)) - 1


def normalised(judged: Sequence[Judged]) -> float:
    """From 0 (no alarm at all) to 100 (every window at its first row)."""
    windows = sum(one.windows for one in judged)
    return 100 * (sum(one.raw for one in judged) + MISSED * windows) / ((HIT + MISSED) * windows)


def _found(path: Path) -> Found:
    lines: list[Line] = list(read_series(numbered_lines(path)))
    begin = time.perf_counter()
    seen = Spikes()
    rows = [seen.see(line.at, line.value) for line in lines]
    seconds = time.perf_counter() - begin
    return Found([row.timestamp for row in rows], [at for at, row in enumerate(rows) if row.spike], seconds)


def tweets(folder: Path) -> dict[str, Judged]:
    """Each of the labelled series of tweets, by the company it names."""
    labels = json.loads((folder / "labels" / "windows.json").read_text("utf-8"))
    judged: dict[str, Judged] = {}
    for name in (*TUNED, *HELD_OUT):
        found = _found(folder / "realTweets" / f"Twitter_volume_{name}.csv.gz")
        windows = [tuple(map(datetime.fromisoformat, window)) for window in labels[f"realTweets/Twitter_volume_{name}.csv"]]
        judged[name] = judge(found.times, found.alarms, windows)
    return judged


def calls(path: Path) -> tuple[int, int, float, float]:
    """Alarms in the first and in the second half of a bank's calls, how many weeks they are, and rows per second."""
    found = _found(path)
    half = len(found.times) // 2
    weeks = (found.times[-1] - found.times[0]) / timedelta(days=7)
    first = sum(at < half for at in found.alarms)
    return first, len(found.alarms) - first, weeks, len(found.times) / found.seconds
