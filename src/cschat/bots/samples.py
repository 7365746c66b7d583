"""Made-up answers: for each kind of question one that is right and one that is wrong.

May: make texts. May not: know where they lead.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cschat.bots import scenario as s
from cschat.core.content import Content, ContentKind, Media

__all__ = ["NONSENSE", "is_number", "literals", "matching", "parts_of", "right", "wrong"]

NONSENSE = "ㅋㅋ 음… 글쎄"
"""What names no button and answers no question of a type."""

_PICTURE = Content(kind=ContentKind.IMAGE, media=Media("사진.jpg", "image/jpeg", url="https://shop.example/1.jpg"))
_RIGHT: Mapping[str, str] = {
    "text": "예시",
    "number": "7",
    "date": "2026-01-02",
    "birth_date": "1990-01-02",
    "name": "김하늘",
    "phone": "010-1234-5678",
    "email": "sky@example.com",
    "address": "서울시 마포구 월드컵로 1",
}


def right(kind: str, pattern: str | None = None) -> list[Content]:
    """Answers of a type that should be accepted."""
    if kind in ("image", "file"):
        return [_PICTURE]
    if pattern is None:
        return [Content(text=_RIGHT.get(kind, "예시"))]
    made = matching(pattern)
    return [Content(text=text) for text in ([_RIGHT[kind]] if kind not in ("text", "choice") else []) + ([] if made is None else [made])]


def wrong(kind: str) -> Content:
    """An answer that is not accepted: words where a picture is wanted, a picture where words are."""
    return Content(text=NONSENSE) if kind in ("image", "file") else _PICTURE


def matching(pattern: str) -> str | None:
    """A short text that a pattern should match; None: it is too intricate to make one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from re import _parser  # type: ignore[attr-defined]

            return _made(_parser.parse(pattern))
    except (ImportError, re.error, NotImplementedError, OverflowError, RecursionError):
        return None


_OF_CATEGORY = {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a", "CATEGORY_NOT_SPACE": "a", "CATEGORY_NOT_DIGIT": "a"}


def _made(parsed: Any) -> str:
    return "".join(_one(str(op), value) for op, value in parsed)


def _one(op: str, value: Any) -> str:
    match op:
        case "LITERAL":
            return chr(value)
        case "ANY":
            return "a"
        case "NOT_LITERAL":
            return "a" if value != ord("a") else "b"
        case "IN":
            return _of_set(value)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            low, _high, part = value
            return _made(part) * min(int(low), 1000)
        case "SUBPATTERN":
            return _made(value[-1])
        case "BRANCH":
            return _made(value[1][0])
        case "AT":
            return ""
        case _:
            raise NotImplementedError(op)


def _of_set(items: Any) -> str:
    (first, value), *_ = items
    kind = str(first)
    if kind == "NEGATE":
        banned = {chr(code) for op, code in items[1:] if str(op) == "LITERAL"}
        return next(letter for letter in "a1가 -z" if letter not in banned)
    if kind == "RANGE":
        return chr(value[0])
    if kind == "CATEGORY":
        return _OF_CATEGORY.get(str(value), "a")
    return chr(value)


# ---------------------------------------------------------------------------------------------- what conditions look at

_PATH = re.compile(r"(?<![\w.'\"|])([^\W\d]\w*)((?:\.[^\W\d]\w*)*)")
_VALUE = re.compile(
    r"([^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*(==|!=|<=|>=|<|>|in)\s*(\[[^\]]*\]|'[^']*'|\"[^\"]*\"|-?\d+(?:\.\d+)?|true|false)", re.IGNORECASE
)
_LITERAL = re.compile(r"'([^']*)'|\"([^\"]*)\"|(-?\d+(?:\.\d+)?)|(true|false)", re.IGNORECASE)
_WORDS = frozenset(
    {"true", "false", "none", "not", "and", "or", "in", "is", "if", "else", "defined", "undefined", "number", "string", "for", "endfor"}
)


def _conditions(scenario: s.Scenario) -> Iterator[str]:
    for step in scenario.steps.values():
        if isinstance(step, s.Branch):
            yield from (case.when for case in step.branch)


def literals(scenario: s.Scenario) -> dict[str, list[Any]]:
    """The values that conditions compare each variable (or part of one, `order.status`) with, and beside numbers their neighbours."""
    found: dict[str, list[Any]] = {}
    for text in _conditions(scenario):
        for name, _op, written in _VALUE.findall(text):
            values = found.setdefault(name, [])
            for single, double, number, truth in _LITERAL.findall(written):
                made: list[Any] = [single or double]
                if number:
                    value = float(number) if "." in number else int(number)
                    made = [value, value - 1, value + 1]
                elif truth:
                    made = [truth.lower() == "true"]
                values += [value for value in made if value not in values]
    return found


def parts_of(scenario: s.Scenario, texts: Iterable[str]) -> dict[str, set[str]]:
    """The parts of each variable that texts and conditions read: `order.status` -> {"order": {"status"}}."""
    found: dict[str, set[str]] = {}
    for text in texts:
        for body in re.findall(r"\{\{(.*?)\}\}|\{%(.*?)%\}", text, re.DOTALL):
            _note("".join(body), found)
    for text in _conditions(scenario):
        _note(text, found)
    return found


def is_number(name: str, texts: Iterable[str]) -> bool:
    """Whether texts read a variable (or a part of one, `order.amount`) as a number."""
    return any(re.search(rf"(?<![\w.]){re.escape(name)}\s*\|\s*(?:comma|int|float|round)\b", text) for text in texts)


def _note(expression: str, found: dict[str, set[str]]) -> None:
    for name, rest in _PATH.findall(re.sub(r"'[^']*'|\"[^\"]*\"", "''", expression)):
        if name.lower() not in _WORDS:
            parts = found.setdefault(name, set())
            if rest:
                parts.add(rest[1:].partition(".")[0])
