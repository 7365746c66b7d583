"""Ids: a prefix that tells the kind, then 26 letters that sort by time (a ULID in Crockford's base 32).

May: turn a time and a number into an id. May not: draw the number; an `Ids` source of the Desk does.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product

from cschat.core.times import Micros

__all__ = ["Ids", "ulid"]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_40_BITS = (1 << 40) - 1
_PAIRS = tuple(a + b for a, b in product(_ALPHABET, repeat=2))


def ulid(milliseconds: int, chance: int) -> str:
    """26 letters: 50 bits of time (ms since 1970), then 80 bits of chance."""
    return _of_time(milliseconds) + _of_chance(chance)


def _of_time(milliseconds: int) -> str:
    return _PAIRS[(milliseconds >> 40) & 1023] + _eight(milliseconds & _40_BITS)


def _of_chance(chance: int) -> str:
    return _eight(chance >> 40 & _40_BITS) + _eight(chance & _40_BITS)


def _eight(number: int) -> str:
    """40 bits as eight letters. Written out, as every command makes ids."""
    pairs = _PAIRS
    return f"{pairs[number >> 30]}{pairs[number >> 20 & 1023]}{pairs[number >> 10 & 1023]}{pairs[number & 1023]}"


class Ids:
    """The one source of new ids of a Desk: unguessable, or repeatable when given a seed (tests, simulations)."""

    def __init__(self, seed: int | None = None) -> None:
        self._chance: Callable[[int], int] = (random.SystemRandom() if seed is None else random.Random(seed)).getrandbits  # noqa: S311  (seeded: a test's)
        self._time = (0, _of_time(0))

    def new(self, prefix: str, now: Micros) -> str:
        """A new id such as `ses_01J...`, made of the time and 80 bits of chance."""
        millisecond = now // 1000
        known, letters = self._time
        if known != millisecond:
            letters = _of_time(millisecond)
            self._time = (millisecond, letters)
        return f"{prefix}_{letters}{_of_chance(self._chance(80))}"
