"""Articles and questions as lines of JSON."""

from __future__ import annotations

import json

import pytest

from cschat.bots import Document
from cschat.bots.reading import MAX_LINE, MAX_TEXT, Question, read_articles, read_questions
from cschat.errors import Invalid


def lines(*rows: object) -> list[tuple[int, bytes]]:
    return [(number, row if isinstance(row, bytes) else json.dumps(row).encode()) for number, row in enumerate(rows, 1)]


def test_articles_come_with_their_ids_as_they_stand():
    first = {"id": 7, "title": "환불", "body": None, "examples": None, "more": [1]}
    second = {"id": "b", "title": "", "body": "글", "examples": ["하나", ""]}
    assert list(read_articles(lines(first, b" \n", second))) == [
        (7, Document("7", "환불")),
        ("b", Document("b", "", body="글", examples=("하나", ""))),
    ]


def test_questions():
    assert list(read_questions(lines({"id": "q", "text": "환불"}, {"id": "q", "text": ""}))) == [Question("q", "환불"), Question("q", "")]


FINE = {"id": "a", "title": "x"}


@pytest.mark.parametrize(
    ("bad", "field", "reason"),
    [
        (b"\xff", "line 2", "UTF-8"),
        (b"{", "line 2", "not JSON"),
        (b'{"id": NaN}', "line 2", "NaN"),
        (b"[" * 100_000, "line 2", "JSON"),
        (b'{"id": ' + b"1" * 5000 + b"}", "line 2", "JSON"),
        (b"x" * (MAX_LINE + 1), "line 2", "longer"),
        ([], "line 2", "is a list"),
        (None, "line 2", "is null"),
        ({"title": "x"}, "line 2: id", "missing"),
        ({"id": None, "title": "x"}, "line 2: id", "null"),
        ({"id": True, "title": "x"}, "line 2: id", "a boolean"),
        ({"id": 1.5, "title": "x"}, "line 2: id", "a number"),
        ({"id": "", "title": "x"}, "line 2: id", "empty"),
        ({"id": "a", "title": "x"}, "line 2: id", "line 1"),
        ({"id": "b"}, "line 2: title", "missing"),
        ({"id": "b", "title": None}, "line 2: title", "null"),
        ({"id": "b", "title": {}}, "line 2: title", "an object"),
        ({"id": "b", "title": "\ud800"}, "line 2: title", "surrogate"),
        ({"id": "b", "title": "x" * (MAX_TEXT + 1)}, "line 2: title", "20,001"),
        ({"id": "b", "title": "x", "body": 3}, "line 2: body", "a number"),
        ({"id": "b", "title": "x", "examples": "one"}, "line 2: examples", "a string"),
        ({"id": "b", "title": "x", "examples": ["fine", False]}, "line 2: examples[1]", "a boolean"),
    ],
)
def test_a_bad_article_is_named_by_line_and_field(bad: object, field: str, reason: str):
    with pytest.raises(Invalid) as caught:
        list(read_articles(lines(FINE, bad)))
    assert (caught.value.field, caught.value.line) == (field, 2)
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("bad", "field"), [({"id": "q"}, "line 1: text"), ({"text": "x"}, "line 1: id"), ({"id": 1, "text": 2}, "line 1: text")]
)
def test_a_bad_question_is_named_by_line_and_field(bad: object, field: str):
    with pytest.raises(Invalid) as caught:
        list(read_questions(lines(bad)))
    assert caught.value.field == field
