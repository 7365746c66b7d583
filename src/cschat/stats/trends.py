"""Topics that rise and fall: how often each was there, against as long a time before.

May: compare counts. May not: count, or know what a topic is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import sqrt

import attrs

from cschat.stats.causes import akin

__all__ = ["Topic", "rising_and_falling"]


@attrs.frozen
class Topic:
    """A `kind` (category, tag, word) and its `value`: how often it was there (`count`, `counts` by slot), and `before`."""

    kind: str
    value: str
    before: int
    counts: Mapping[str, int]

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def change(self) -> float | None:
        """By what part it grew (0.5: half as much again; negative: it fell); None if it was not there before."""
        return self.count / self.before - 1 if self.before else None

    @property
    def sureness(self) -> float:
        """How far the change is from what chance brings about, in standard deviations of two Poisson counts; negative: it fell."""
        return (self.count - self.before) / sqrt(self.count + self.before)


def rising_and_falling(topics: Iterable[Topic], *, least: int, most: int) -> list[Topic]:
    """At most `most` of one kind that rose, the surest first, and then as many that fell, the surest last.

    Less than `least` in both times says nothing. Of words that begin each other, or that are always
    there together, the one that tells most is named.
    """
    known = [topic for topic in topics if max(topic.count, topic.before) >= least and topic.count != topic.before]
    known.sort(key=lambda topic: (-round(abs(topic.sureness), 9), -len(topic.value), topic.value))
    found: dict[bool, list[Topic]] = {True: [], False: []}
    told: list[Topic] = []
    for topic in known:
        same = found[topic.sureness > 0]
        if len(same) < most and not (topic.kind == "word" and any(_one(topic, other) for other in told)):
            same.append(topic)
            told.append(topic)
    return [*found[True], *reversed(found[False])]


def _one(word: Topic, other: Topic) -> bool:
    together = (word.before, word.counts) == (other.before, other.counts)
    return together or akin(("word", word.value), ("word", other.value))
