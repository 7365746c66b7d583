"""How often the default engine is right, on sets of others. The floors are those the engine was built to reach."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

import pytest

from cschat.bots import Document, Retriever, text_index

pytestmark = pytest.mark.slow

Rows = list[dict[str, str]]
Table = Callable[[str], Rows]


def by_intent(rows: Rows) -> Retriever:
    examples: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        examples[row["intent"]].append(row["text"])
    return text_index(Document(intent, "", examples=texts) for intent, texts in examples.items())


def shares(index: Retriever, rows: Rows) -> tuple[float, float]:
    """Per cent right at 1 and at 3."""
    found = [([hit.id for hit in index.search(row["text"], 3).hits], row["intent"]) for row in rows]
    return percent(wanted in ids[:1] for ids, wanted in found), percent(wanted in ids for ids, wanted in found)


def percent(answers: Iterable[bool]) -> float:
    listed = list(answers)
    return 100 * sum(listed) / len(listed)


@pytest.mark.parametrize(
    ("indexed", "asked", "at_1", "at_3"),
    [
        ("banking77/fewshot_train_10", "banking77/fewshot_valid", 70, 87),
        ("banking77/fewshot_train", "banking77/fewshot_valid", 87, 96),
        ("hwu64/train_10", "hwu64/valid", 67, 81),
    ],
)
def test_the_right_intent(table: Table, indexed: str, asked: str, at_1: float, at_3: float):
    one, three = shares(by_intent(table(f"{indexed}.csv.gz")), table(f"{asked}.csv.gz"))
    assert (one >= at_1, three >= at_3) == (True, True), (one, three)


def test_in_scope_and_out_of_scope(table: Table):
    index = by_intent(table("clinc150/train.csv.gz"))
    inside = [(index.search(row["text"], 1), row["intent"]) for row in table("clinc150/val.csv.gz")]
    outside = [index.search(row["text"], 1) for row in table("clinc150/oos_val.csv.gz")]
    assert percent(answer.confident and answer.hits[0].id == intent for answer, intent in inside) >= 81
    assert percent(not answer.confident for answer in outside) >= 45


@pytest.fixture(scope="module")
def korean(table: Table) -> tuple[Rows, Retriever]:
    rows = table("ko-chatbot-qa/qa.csv.gz")
    return rows, text_index(Document(str(number), row["Q"]) for number, row in enumerate(rows))


def test_korean_questions_of_the_same_answer(korean: tuple[Rows, Retriever]):
    rows, index = korean
    often = Counter(row["A"] for row in rows)
    found: list[list[bool]] = []
    for number, row in enumerate(rows):
        if often[row["A"]] > 1:
            others = [int(hit.id) for hit in index.search(row["Q"], 4).hits if hit.id != str(number)][:3]
            found.append([rows[other]["A"] == row["A"] for other in others])
    assert len(found) == 4591
    assert percent(any(right[:1]) for right in found) >= 46
    assert percent(any(right) for right in found) >= 61


@pytest.mark.parametrize("seed", [1, 2])
def test_korean_questions_with_a_syllable_lost_or_doubled(korean: tuple[Rows, Retriever], seed: int):
    rows, index = korean
    chance = random.Random(seed)
    right: list[bool] = []
    for asked in dict.fromkeys(row["Q"] for row in rows):
        syllables = [at for at, char in enumerate(asked) if "가" <= char <= "힣"]
        if len(syllables) >= 4:
            at = chance.choice(syllables)
            slip = asked[:at] + asked[at] * chance.choice([0, 2]) + asked[at + 1 :]
            hits = index.search(slip, 1).hits
            right.append(bool(hits) and rows[int(hits[0].id)]["Q"] == asked)
    assert percent(right) >= 99
