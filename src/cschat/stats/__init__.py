"""Statistics: what each number means, what a closed turn comes to and how many of them are added up; surges, signals, charts.

May: define, add up, compare, draw. May not: read a store (`folding` does), or load numpy before something is added up (in `cells`).
"""

from __future__ import annotations

from cschat.stats.facts import Abandoned, Fact, Share, Took, facts_of
from cschat.stats.metrics import METRICS, SQI, Metric, metric

__all__ = ["METRICS", "SQI", "Abandoned", "Fact", "Metric", "Share", "Took", "facts_of", "metric"]
