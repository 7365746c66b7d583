"""Questions as SQL: what `find` and `count` ask of tables that have a column for each indexed field.

May: write statements, with "?" for each value. May not: run them, or know which database they are for.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cschat.core.records import Record
from cschat.storage.protocol import Cursor, Gte, In, Lt, Lte, Where
from cschat.storage.tables import table_name
from cschat.storage.where import Plan, plan

__all__ = ["counting", "selection"]

_OPERATORS: dict[type, str] = {Lt: "<", Lte: "<=", Gte: ">="}


def selection(kind: type[Record], where: Where, order: str | None, after: Cursor | None, limit: int) -> tuple[str, list[Any]]:
    """A statement that gives the documents and versions of what `find` finds, and its values."""
    edge = () if after is None else after if order else after[1:]
    return _select(kind, _shape(where), order, after=after is not None), [*_values(where), *edge, limit]


def counting(kind: type[Record], where: Where, at_most: int | None) -> tuple[str, list[Any]]:
    """A statement that counts, and its values."""
    return _count(kind, _shape(where), bounded=at_most is not None), [*_values(where), *(() if at_most is None else (at_most,))]


_Shape = tuple[tuple[str, type, int], ...]


def _shape(where: Where) -> _Shape:
    """What of a question decides its SQL: the names, the kinds of test, and how many values an `In` has."""
    return tuple([(name, type(test), len(test.values) if type(test) is In else 0) for name, test in where.items()])


def _values(where: Where) -> list[Any]:
    values: list[Any] = []
    for test in where.values():
        if type(test) is In:
            values.extend(test.values)
        else:
            values.append(test.value if type(test) in _OPERATORS else test)
    return values


@lru_cache(maxsize=1024)
def _select(kind: type[Record], shape: _Shape, order: str | None, *, after: bool) -> str:
    field = None if order is None else order.removeprefix("-")
    way, beyond = ("DESC", "<") if order is not None and order.startswith("-") else ("ASC", ">")
    edge = "" if not after else f" AND id {beyond} ?" if field is None else f' AND ("{field}", id) {beyond} (?, ?)'
    index = _plan(kind, shape, order).index
    ties = "" if index.unique and field == index.fields[-1] else f", id {way}"  # a unique index ends with its last field
    sort = f"id {way}" if field is None else f'"{field}" {way}{ties}'
    return f"SELECT data, version FROM {table_name(kind)} WHERE {_tests(kind, shape, order)}{edge} ORDER BY {sort} LIMIT ?"


@lru_cache(maxsize=1024)
def _count(kind: type[Record], shape: _Shape, *, bounded: bool) -> str:
    counted = f"FROM {table_name(kind)} WHERE {_tests(kind, shape, None)}"
    return f"SELECT count(*) FROM (SELECT 1 {counted} LIMIT ?) AS found" if bounded else f"SELECT count(*) {counted}"


def _plan(kind: type[Record], shape: _Shape, order: str | None) -> Plan:
    return plan(kind, {name: Gte(None) if test in _OPERATORS else None for name, test, _many in shape}, order)


def _tests(kind: type[Record], shape: _Shape, order: str | None) -> str:
    """The condition. It names every field of the index as not null, or no database would see that the partial index serves."""
    asked = {name for name, _test, _many in shape}
    tests = [f'"{name}" IS NOT NULL' for name in _plan(kind, shape, order).index.fields if name not in asked]
    for name, test, many in shape:
        tests.append(f'"{name}" IN ({", ".join("?" * many) or "NULL"})' if test is In else f'"{name}" {_OPERATORS.get(test, "=")} ?')
    return " AND ".join(tests)
