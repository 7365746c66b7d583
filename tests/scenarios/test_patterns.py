"""Regular expressions of scenarios: they match, or are refused; they never hang."""

import time

import pytest

from cschat.bots.patterns import pattern
from cschat.errors import ScenarioError


@pytest.mark.parametrize(
    ("text", "value", "fits"),
    [
        ("[0-9]{10}", "1234567890", True),
        ("[0-9]{10}", "12345678901", False),
        ("[가-힣]{2,4}", "김하늘", True),
        ("(?i)ab-\\d+", "AB-12", True),
        ("", "", True),
        ("a", "\ud800", False),
        ("a*", "a" * 5001, False),
    ],
)
def test_the_whole_value_must_match(text, value, fits):
    assert pattern(text).fits(value) is fits


@pytest.mark.parametrize("text", ["(", "(?=a)b", "(a)\\1", "a{2000}", "(?<!a)b", "[z-a]", "x" * 1001, "((a{100}){100}){100}"])
def test_what_cannot_be_matched_in_linear_time_is_refused(text):
    with pytest.raises(ScenarioError):
        pattern(text)


@pytest.mark.slow
def test_no_pattern_of_the_collections_hangs(table):
    bombs = table("attack-corpora/redos.jsonl.gz")
    longest, refused = 0.0, 0
    for row in bombs:
        for times in (20, 1000, 5000):
            attack = (row["prefix"] + row["pump"] * times)[:4900] + row["suffix"]
            began = time.perf_counter()
            try:
                pattern(row["pattern"]).fits(attack)
            except ScenarioError:
                refused += 1
            longest = max(longest, time.perf_counter() - began)
    assert longest < 0.1
    assert refused < len(bombs) * 3


@pytest.mark.slow
def test_ordinary_patterns_are_not_refused_too_often(table):
    rows = table("attack-corpora/regex_in_the_wild.jsonl.gz")
    refused = []
    for row in rows:
        try:
            pattern(row["pattern"])
        except ScenarioError:
            refused.append(row["pattern"])
    assert len(refused) <= len(rows) * 0.25, len(refused)
