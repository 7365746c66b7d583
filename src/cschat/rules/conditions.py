"""Conditions: plain data that says what must hold, read once and asked often.

May: compare what it is given. May not: look anything up; `Facts` answers for each field, when it is asked.

A condition is a group, `{"all": [...]}`, `{"any": [...]}` or `{"not": {...}}`, or one comparison: `{"field": "text", "contains": "환불"}`.
Text is compared without regard to case. What is not known fits no comparison but `is_not`, `not_in` and `known: false`. A pattern has `*`
for anything and is matched from left to right in one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import attrs

from cschat.core.content import text
from cschat.errors import Invalid

__all__ = ["FIELDS", "Condition", "Facts", "read"]

MAX_DEPTH = 10
MAX_PARTS = 200

TEXT, PATH, SET, NUMBER, FLAG, ANY = "text", "path", "set", "number", "flag", "any"

FIELDS: Mapping[str, str] = {
    "subject": TEXT,
    "text": TEXT,
    "category": PATH,
    "channel": TEXT,
    "language": TEXT,
    "priority": TEXT,
    "state": TEXT,
    "group": TEXT,
    "agent": TEXT,
    "tags": SET,
    "reason": TEXT,
    "announcement": TEXT,
    "rating": NUMBER,
    "queue": NUMBER,
    "open": FLAG,
    "closed_for": TEXT,
    "customer.type": TEXT,
    "customer.language": TEXT,
    "customer.tags": SET,
}
"""What can be compared, and of what type it is. `customer.<name>` besides is the customer's profile or an attribute."""

CHANGING = frozenset({"subject", "category", "priority", "state", "group", "agent", "tags"})
"""What an event can change, so that `changed` may be asked of it."""


class Facts(Protocol):
    """What a condition asks."""

    def now(self, field: str, /) -> Any:
        """The value of a field; None: not known."""
        ...

    def before(self, field: str, /) -> Any:
        """The value of one of `CHANGING` before the event; as it is now, if there is no event."""
        ...


@attrs.frozen
class Condition:
    """Something that holds or not. `fields` are all that it may ask for; `sure` are the comparisons that must hold for it to hold."""

    holds: Callable[[Facts], bool]
    fields: frozenset[str]
    sure: tuple[tuple[str, Callable[[Any], bool]], ...] = ()


_ALWAYS = Condition(lambda _facts: True, frozenset())


def read(document: Any, at: str = "only_if") -> Condition:
    """The condition that plain data describes; `{}` always holds. `Invalid` names the place (`only_if.all.0.field`)."""
    return _ALWAYS if document == {} else _read(document, at, 1, iter(range(MAX_PARTS)))


def _read(document: Any, at: str, depth: int, parts: Iterator[int]) -> Condition:
    if not isinstance(document, Mapping) or not document:
        raise Invalid(field=at, reason="is no condition", allowed=['{"field": ..., "is": ...}', '{"all": [...]}'])
    if depth > MAX_DEPTH or next(parts, None) is None:
        raise Invalid(field=at, reason="is too large", allowed=[f"at most {MAX_DEPTH} levels", f"at most {MAX_PARTS} parts"])
    if "field" in document:
        return _comparison(document, at)
    [name, *more] = document
    if more or name not in ("all", "any", "not"):
        raise Invalid(field=f"{at}.{name}", reason="is no group", allowed=["all", "any", "not", "field"])
    if name == "not":
        inner = _read(document[name], f"{at}.not", depth + 1, parts)
        return Condition(lambda facts: not inner.holds(facts), inner.fields)
    several = document[name]
    if isinstance(several, (str, Mapping)) or not isinstance(several, Sequence) or not several:
        raise Invalid(field=f"{at}.{name}", reason="must be a list of conditions")
    inside = [_read(one, f"{at}.{name}.{place}", depth + 1, parts) for place, one in enumerate(several)]
    fields = frozenset[str]().union(*(one.fields for one in inside))
    if name == "all":
        return Condition(lambda facts: all(one.holds(facts) for one in inside), fields, tuple(sure for one in inside for sure in one.sure))
    return Condition(lambda facts: any(one.holds(facts) for one in inside), fields)


# -------------------------------------------------------------------------------------------------------------- comparing

_Test = Callable[[Any], bool]


def _same(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _equal(wanted: Any) -> _Test:
    kind = type(wanted)
    folded = _same(wanted)
    if kind in (int, float):
        return lambda value: type(value) in (int, float) and value == wanted
    return lambda value: isinstance(value, str if kind is str else kind) and _same(value) == folded


def _one_of(wanted: Sequence[Any]) -> _Test:
    tests = [_equal(one) for one in wanted]
    return lambda value: any(test(value) for test in tests)


def _denied(test: _Test) -> _Test:
    return lambda value: not test(value)


def _in_text(test: Callable[[str], bool]) -> _Test:
    return lambda value: isinstance(value, str) and test(value.casefold())


def _folded(compare: Callable[[str, str], bool]) -> Callable[[str], _Test]:
    def make(wanted: str) -> _Test:
        word = wanted.casefold()
        return _in_text(lambda value: compare(value, word))

    return make


def _pattern(wanted: str) -> _Test:
    first, *rest = wanted.casefold().split("*")
    if not rest:
        return _in_text(lambda value: value == first)
    *middle, last = rest

    def fits(value: str) -> bool:
        if not value.startswith(first) or not value.endswith(last) or len(value) < len(first) + len(last):
            return False
        at, end = len(first), len(value) - len(last)
        for piece in middle:
            at = value.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True

    return _in_text(fits)


def _below(wanted: str) -> _Test:
    whole = wanted.casefold()
    return _in_text(lambda value: value == whole or value.startswith(f"{whole}/"))


def _holding(wanted: Any, combine: Callable[[Iterator[bool]], bool]) -> _Test:
    words = [one.casefold() for one in ([wanted] if isinstance(wanted, str) else wanted)]

    def test(value: Any) -> bool:
        there = {one.casefold() for one in value or ()}
        return combine(word in there for word in words)

    return test


def _number(compare: Callable[[float, float], bool]) -> Callable[[Any], _Test]:
    return lambda wanted: lambda value: type(value) in (int, float) and compare(value, wanted)


_EQUAL, _ORDER = frozenset({TEXT, PATH, NUMBER, FLAG, ANY}), frozenset({NUMBER, ANY})
_TEXTS, _SETS = frozenset({TEXT, PATH, ANY}), frozenset({SET})
_SCALAR, _STRING, _STRINGS, _NUMBERS, _LIST, _FLAG = (
    "a text, number or flag",
    "text",
    "text or texts",
    "a number",
    "a list",
    "true or false",
)

_OPERATORS: Mapping[str, tuple[frozenset[str], str, Callable[[Any], _Test]]] = {
    "is": (_EQUAL, _SCALAR, _equal),
    "is_not": (_EQUAL, _SCALAR, lambda wanted: _denied(_equal(wanted))),
    "in": (_EQUAL, _LIST, _one_of),
    "not_in": (_EQUAL, _LIST, lambda wanted: _denied(_one_of(wanted))),
    "contains": (_TEXTS, _STRING, _folded(lambda value, wanted: wanted in value)),
    "starts_with": (_TEXTS, _STRING, _folded(str.startswith)),
    "ends_with": (_TEXTS, _STRING, _folded(str.endswith)),
    "matches": (_TEXTS, _STRING, _pattern),
    "under": (frozenset({PATH}), _STRING, _below),
    "greater": (_ORDER, _NUMBERS, _number(lambda value, wanted: value > wanted)),
    "less": (_ORDER, _NUMBERS, _number(lambda value, wanted: value < wanted)),
    "at_least": (_ORDER, _NUMBERS, _number(lambda value, wanted: value >= wanted)),
    "at_most": (_ORDER, _NUMBERS, _number(lambda value, wanted: value <= wanted)),
    "has": (_SETS, _STRINGS, lambda wanted: _holding(wanted, all)),
    "has_any": (_SETS, _STRINGS, lambda wanted: _holding(wanted, any)),
    "known": (_EQUAL | _SETS, _FLAG, lambda wanted: lambda value: (value not in (None, "", ())) is wanted),
}
"""For each operator: of which types it may be asked, what it compares with, and the test."""


def type_of(field: Any) -> str | None:
    """The type of a field; None: there is no such field."""
    if not isinstance(field, str):
        return None
    return FIELDS.get(field) or (ANY if field.startswith("customer.") and field.isprintable() and len(field) <= 120 else None)


def _comparison(document: Mapping[str, Any], at: str) -> Condition:
    field = document["field"]
    kind = type_of(field)
    if kind is None:
        raise Invalid(field=f"{at}.field", reason=f"there is nothing named {field!r}", allowed=[*FIELDS, "customer.<name>"])
    if "changed" in document:
        return _change(document, at, field)
    operators = [name for name in document if name != "field"]
    fitting = [name for name, (kinds, _, _) in _OPERATORS.items() if kind in kinds] + ["changed"] * (field in CHANGING)
    if len(operators) != 1 or operators[0] not in fitting:
        raise Invalid(field=at, reason=f"{field} is compared with one of these", allowed=fitting)
    [name] = operators
    _, takes, make = _OPERATORS[name]
    wanted = document[name]
    _demand(wanted, takes, f"{at}.{name}")
    test = make(wanted)
    return Condition(lambda facts: test(facts.now(field)), frozenset({field}), ((field, test),))


def _demand(wanted: Any, takes: str, at: str) -> None:
    several = wanted if isinstance(wanted, Sequence) and not isinstance(wanted, str) else [wanted]
    listed = several is wanted
    fits = {
        _SCALAR: not listed and type(wanted) in (str, int, float, bool),
        _STRING: isinstance(wanted, str) and wanted != "",
        _STRINGS: bool(several) and all(isinstance(one, str) for one in several),
        _NUMBERS: type(wanted) in (int, float),
        _LIST: listed and bool(several) and all(type(one) in (str, int, float, bool) for one in several),
        _FLAG: type(wanted) is bool,
    }[takes]
    if not fits or len(several) > MAX_PARTS:
        raise Invalid(field=at, reason=f"must be {takes}")
    for one in several:
        if isinstance(one, str):
            text(one, at, 500)


def _change(document: Mapping[str, Any], at: str, field: str) -> Condition:
    """`{"field": "priority", "changed": true, "from": "normal", "to": "high"}`; what is not named may be anything."""
    if field not in CHANGING:
        raise Invalid(field=f"{at}.field", reason=f"no event changes {field}", allowed=sorted(CHANGING))
    unknown = {*document} - {"field", "changed", "from", "to"}
    if unknown or type(document["changed"]) is not bool or (not document["changed"] and len(document) > 2):
        raise Invalid(field=f"{at}.changed", reason="is true, with from and to at most, or false", allowed=["changed", "from", "to"])
    for name in ("from", "to"):
        if name in document:
            _demand(document[name], _STRING, f"{at}.{name}")
    was = _equal(document["from"]) if "from" in document else None
    to = _equal(document["to"]) if "to" in document else None
    wanted: bool = document["changed"]

    def holds(facts: Facts) -> bool:
        now, before = facts.now(field), facts.before(field)
        changed = now != before and (was is None or was(before)) and (to is None or to(now))
        return changed is wanted

    return Condition(holds, frozenset({field}), () if to is None else ((field, to),))
