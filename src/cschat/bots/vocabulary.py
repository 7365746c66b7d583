"""Features and their numbers.

May: turn texts into numbers. May not: know documents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import count, islice

from cschat.bots.text import is_faint, pairs_of, pieces_of

__all__ = ["Vocabulary"]

FAINT = 0.4
"""The weight of a letter sequence within Hangul, beside 1 for every other feature."""


class Vocabulary:
    """Grows as texts are learned and forgets nothing. One thread at a time may learn; any may look up meanwhile."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)  # looked up with get, so that only learning adds to it
        self._words: dict[str, tuple[int, ...]] = {}  # a word's features depend on the word alone
        self.weights: list[float] = []

    def learn(self, words: Sequence[str], into: list[int]) -> None:
        """Append the features of a text, repeated ones included. `weights` follows with `weigh`."""
        number = self._numbers.__getitem__
        for word in words:
            known = self._words.get(word)
            if known is None:
                known = self._words[word] = tuple(map(number, pieces_of(word)))
            into.extend(known)
        into.extend(map(number, pairs_of(words)))

    def weigh(self) -> list[float]:
        """The weight of each feature there is, by its number."""
        new = islice(self._numbers, len(self.weights), None)
        self.weights.extend(FAINT if is_faint(piece) else 1.0 for piece in new)
        return self.weights

    def find(self, words: Sequence[str], size: int) -> tuple[dict[int, int], float]:
        """Which of the first `size` features a text has how often; and the weight of all it has that are not among them."""
        found: dict[int, int] = {}
        unknown = 0.0
        look = self._numbers.get
        for word in words:
            known = self._words.get(word)
            if known is None:
                pieces = pieces_of(word)
                unknown += sum(FAINT if is_faint(piece) else 1.0 for piece in pieces if look(piece, size) >= size)
                known = tuple(look(piece, size) for piece in pieces)
            for number in known:
                if number < size:
                    found[number] = found.get(number, 0) + 1
        for pair in pairs_of(words):
            number = look(pair, size)
            if number < size:
                found[number] = found.get(number, 0) + 1
            else:
                unknown += 1
        return found, unknown
