"""How a `where` meets the declared indexes: the one place that decides what may be asked.

May: plan and match. May not: touch data.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import attrs

from cschat.core.records import Index, Record
from cschat.errors import Invalid
from cschat.storage.protocol import Gte, In, Lt, Lte, Where

__all__ = ["Plan", "matches", "plan"]

_RANGES = (Lt, Lte, Gte)
_TESTS = (*_RANGES, In)


@attrs.frozen
class Plan:
    """An index, how many of its first fields are fixed, and the field after them that is ranged or ordered by (or None)."""

    index: Index
    fixed: tuple[str, ...]
    ranged: str | None


def plan(kind: type[Record], where: Where, order: str | None) -> Plan:
    """The index that serves a question. `Invalid` if none is declared for it."""
    return _plan(kind, tuple(where), tuple(map(type, where.values())), order)


@lru_cache(maxsize=1024)
def _plan(kind: type[Record], names: tuple[str, ...], tests: tuple[type, ...], order: str | None) -> Plan:
    ranged = {name for name, test in zip(names, tests, strict=True) if test in _RANGES}
    fixed = {*names} - ranged
    beyond = ranged | ({order.removeprefix("-")} if order else set())
    for index in kind.indexes:
        first, rest = index.fields[: len(fixed)], index.fields[len(fixed) :]
        if set(first) == fixed and (not beyond or beyond == set(rest[:1])):
            return Plan(index, first, next(iter(beyond), None))
    asked = ", ".join(sorted(fixed | beyond))
    raise Invalid(
        field="where", reason=f"no index of {kind.kind} serves {asked}", allowed=["+".join(index.fields) for index in kind.indexes]
    )


def matches(record: Record, where: Where, order: str | None) -> bool:
    """Whether a record answers the question, and is in the index that serves it."""
    for name, test in where.items():
        value = getattr(record, name)
        if value is None or not (_holds(value, test) if type(test) in _TESTS else value == test):
            return False
    return all(getattr(record, name) is not None for name in plan(type(record), where, order).index.fields)


def _holds(value: Any, test: Any) -> bool:
    match test:
        case Lt(value=limit):
            return bool(value < limit)
        case Lte(value=limit):
            return bool(value <= limit)
        case Gte(value=limit):
            return bool(value >= limit)
        case _:
            return value in test.values
