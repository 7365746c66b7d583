"""Two ways to do the same, measured in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import attrs

__all__ = ["Ratio", "compare"]

SLICE_SECONDS = 0.3
ROUNDS = 15

Many = Callable[[int], None]
"""Does a thing so many times."""


@attrs.frozen
class Ratio:
    """Medians over the rounds: ours to the floor, and how often a second each was done."""

    ratio: float
    ours: float
    floor: float

    def __str__(self) -> str:
        return f"{self.ratio:5.2f}   ours {self.ours:9,.0f}/s   floor {self.floor:9,.0f}/s"


def compare(ours: Many, floor: Many, *, rounds: int = ROUNDS, seconds: float = SLICE_SECONDS) -> Ratio:
    """Run both in turns of about `seconds`, after a warm-up, and compare round by round."""
    sizes = [_size(ours, seconds), _size(floor, seconds)]
    speeds: list[tuple[float, float]] = []
    for number in range(rounds):
        order = (0, 1) if number % 2 == 0 else (1, 0)
        pair = [0.0, 0.0]
        for which in order:
            pair[which] = sizes[which] / _timed((ours, floor)[which], sizes[which])
        speeds.append((pair[0], pair[1]))
    return Ratio(
        statistics.median(a / b for a, b in speeds), statistics.median(a for a, _ in speeds), statistics.median(b for _, b in speeds)
    )


def _size(many: Many, seconds: float) -> int:
    """How many fit into a slice."""
    number = 64
    while (took := _timed(many, number)) < seconds / 4:
        number *= 2
    return max(1, round(number * seconds / took))


def _timed(many: Many, number: int) -> float:
    began = time.perf_counter()
    many(number)
    return time.perf_counter() - began
