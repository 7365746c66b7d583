"""Search: how often it is right on sets of others, and how fast it is beside SQLite's full-text search."""

from __future__ import annotations

import csv
import gzip
import random
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path

import attrs

from benchmarks.ratio import Ratio, compare
from cschat.bots import Document, Retriever, text_index

__all__ = ["Speed", "folds", "korean", "out_of_scope", "shares", "show", "speed"]

Rows = list[dict[str, str]]

SETS = (
    ("BANKING77, 10 of each", "banking77/fewshot_train_10", "banking77/fewshot_valid", "70 / 87"),
    ("BANKING77, all", "banking77/fewshot_train", "banking77/fewshot_valid", "87 / 96"),
    ("HWU64, 10 of each", "hwu64/train_10", "hwu64/valid", "67 / 81"),
    ("CLINC150, in scope", "clinc150/train", "clinc150/val", "-"),
)


@attrs.frozen
class Speed:
    """Questions a second beside SQLite FTS5 (the same texts, any word, best by bm25); seconds to build; seconds until a change is live."""

    queries: Ratio
    build_s: float
    change_s: float


def show(shared: Path) -> None:
    """Print it all; `shared` is the folder of the data."""
    for name, indexed, asked, wanted in SETS:
        one, three = shares(by_intent(_rows(shared, indexed)), _rows(shared, asked))
        print(f"  {name:32} {one:5.1f} / {three:5.1f}   (wanted {wanted})")
    least, refused = folds(shared)
    print(f"  threshold by cross-validation    {least:.3f}, which refuses {refused:.1f} of oos_train")
    inside, outside = out_of_scope(shared)
    print(f"  CLINC150, right and confident    {inside:5.1f}, out of scope refused {outside:.1f}   (wanted 81, 45)")
    one, three, slips = korean(shared)
    print(f"  ko-chatbot-qa, same answer       {one:5.1f} / {three:5.1f}   (wanted 46 / 61)")
    print(f"  ko-chatbot-qa, a syllable wrong  {slips:5.2f}   (wanted 99)")
    for number in (3_000, 11_000):
        for each in (False, True):
            what = "one article each" if each else "one article per intent"
            print(f"  {number:,} questions, {what}")
            figures = speed(shared, number, each=each)
            print(f"    queries to SQLite FTS5 {figures.queries}")
            print(f"    build {figures.build_s:.3f} s, a change is live in {figures.change_s * 1e3:.1f} ms")


def by_intent(rows: Rows) -> Retriever:
    return text_index(_documents(rows))


def shares(index: Retriever, rows: Rows) -> tuple[float, float]:
    """Per cent of questions with the right intent at rank 1, and within the first 3."""
    found = [([hit.id for hit in index.search(row["text"], 3).hits], row["intent"]) for row in rows]
    return _percent(wanted in ids[:1] for ids, wanted in found), _percent(wanted in ids for ids, wanted in found)


def folds(shared: Path, *, kept: float = 0.97) -> tuple[float, float]:
    """In 5-fold cross-validation: the highest threshold that keeps this share of the right answers, and per cent of oos_train below it."""
    rows, out = _rows(shared, "clinc150/train"), _rows(shared, "clinc150/oos_train")
    random.Random(0).shuffle(rows)
    right: list[float] = []
    outside: list[float] = []
    for fold in range(5):
        index = by_intent([row for number, row in enumerate(rows) if number % 5 != fold])
        for row in rows[fold::5]:
            hits = index.search(row["text"], 1).hits
            if hits and hits[0].id == row["intent"]:
                right.append(hits[0].score)
        outside.extend(max((hit.score for hit in index.search(row["text"], 1).hits), default=0.0) for row in out)
    right.sort(reverse=True)
    least = right[int(kept * len(right)) - 1]
    return least, _percent(score < least for score in outside)


def out_of_scope(shared: Path) -> tuple[float, float]:
    """Per cent of questions in scope answered rightly and with confidence, and of those out of scope that are refused."""
    index = by_intent(_rows(shared, "clinc150/train"))
    inside = [(index.search(row["text"], 1), row["intent"]) for row in _rows(shared, "clinc150/val")]
    outside = [index.search(row["text"], 1) for row in _rows(shared, "clinc150/oos_val")]
    right = _percent(answer.confident and answer.hits[0].id == intent for answer, intent in inside)
    return right, _percent(not answer.confident for answer in outside)


def korean(shared: Path, seed: int = 1) -> tuple[float, float, float]:
    """Per cent with the same answer at 1 and 3, own question left out; and of questions that find themselves with a slip in them."""
    rows = _rows(shared, "ko-chatbot-qa/qa")
    index = text_index(Document(str(number), row["Q"]) for number, row in enumerate(rows))
    often = Counter(row["A"] for row in rows)
    same: list[list[bool]] = []
    for number, row in enumerate(rows):
        if often[row["A"]] > 1:
            others = [int(hit.id) for hit in index.search(row["Q"], 4).hits if hit.id != str(number)][:3]
            same.append([rows[other]["A"] == row["A"] for other in others])
    chance = random.Random(seed)
    slips: list[bool] = []
    for asked in dict.fromkeys(row["Q"] for row in rows):
        syllables = [at for at, char in enumerate(asked) if "가" <= char <= "힣"]
        if len(syllables) >= 4:
            at = chance.choice(syllables)
            hits = index.search(asked[:at] + asked[at] * chance.choice([0, 2]) + asked[at + 1 :], 1).hits
            slips.append(bool(hits) and rows[int(hits[0].id)]["Q"] == asked)
    return _percent(any(right[:1]) for right in same), _percent(any(right) for right in same), _percent(slips)


def speed(shared: Path, number: int, *, each: bool) -> Speed:
    """With the first rows of CLINC150 indexed; `each` question as an article of its own, else one article per intent."""
    rows = _rows(shared, "clinc150/train")[:number]
    documents = [Document(str(at), row["text"]) for at, row in enumerate(rows)] if each else list(_documents(rows))
    asked = [row["text"] for row in _rows(shared, "clinc150/val")]
    build = min(_seconds(lambda: text_index(documents)) for _ in range(3))
    index, floor = text_index(documents), _fts(rows)
    for_us, for_them = cycle(asked), cycle(asked)

    def ours(times: int) -> None:
        for _ in range(times):
            index.search(next(for_us), 3)

    def theirs(times: int) -> None:
        for _ in range(times):
            words = " OR ".join(f'"{word}"' for word in next(for_them).replace('"', " ").split())
            floor.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT 3", (words,)).fetchall()

    ratio = compare(ours, theirs, rounds=5)
    changed = attrs.evolve(documents[0], title="a new question about zebras")

    def change() -> None:
        index.put(changed)
        assert index.search("zebras", 1).hits[0].id == changed.id
        index.put(documents[0])

    return Speed(ratio, build, min(_seconds(change) for _ in range(5)) / 2)


def _fts(rows: Rows) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(x)")
    connection.executemany("INSERT INTO t VALUES (?)", [(row["text"],) for row in rows])
    return connection


def _documents(rows: Rows) -> Iterator[Document]:
    examples: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        examples[row["intent"]].append(row["text"])
    return (Document(intent, "", examples=texts) for intent, texts in examples.items())


def _rows(shared: Path, name: str) -> Rows:
    with gzip.open(shared / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _percent(answers: Iterable[bool]) -> float:
    listed = list(answers)
    return 100 * sum(listed) / len(listed)


def _seconds(what) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began
