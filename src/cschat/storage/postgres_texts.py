"""The index of texts in PostgreSQL: which events of the log hold which grams, in rows of `cschat_text` under a GIN index.

May: fill, ask and empty it, within a transaction of the store. May not: choose when; nothing here runs when an event is appended.

As on SQLite: a period becomes a range of positions by `cschat_text_block`, `cschat_text_reach` says how far the index goes and what lies
beyond is looked through as it is, and an event that has all grams is a candidate whose text decides. The log is searched from its end in
windows that grow: a common word is found in the first of them without an index, a rare one in few steps by its grams.

A row that is changed or deleted is gone for every question at once; its bytes go when PostgreSQL vacuums the table, as those of the event.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

from cschat.core.events import Event
from cschat.core.grams import FORM, grams, holds, searchable
from cschat.core.times import Micros
from cschat.core.transcript import TEXTS, text_of
from cschat.storage.codec import decode_body

__all__ = ["Texts"]

_BLOCK = 1000
_WINDOW = 2000
_GROWTH = 8

_TYPES = frozenset(body.__name__ for body in TEXTS)
_SPOKEN = ", ".join(f"'{body.__name__}'" for body in TEXTS)
_EVENT = "e.position, e.brand, e.subject, e.seq, e.time, e.type, e.actor, e.cause, e.once, e.data"
_WHERE = "brand = ? AND {0}.time >= ? AND {0}.time < ? AND {0}.position >= ? AND {0}.position < ?"
_TAIL = f"SELECT {_EVENT} FROM cschat_event e WHERE e.{_WHERE.format('e')} AND e.type IN ({_SPOKEN}) ORDER BY e.position DESC"
_INDEXED = (
    f"SELECT {_EVENT} FROM cschat_text t JOIN cschat_event e ON e.position = t.position AND e.brand = t.brand"
    f" WHERE t.grams @> ?::text[] AND t.{_WHERE.format('t')} ORDER BY t.position DESC"
)
_PERIOD = "SELECT min(block), max(block) FROM cschat_text_block WHERE newest >= ? AND oldest < ?"
_NEXT = "SELECT position, brand, time, type, data FROM cschat_event WHERE position > ? ORDER BY position LIMIT ?"
_OLD = "SELECT position FROM cschat_event WHERE subject = ? AND seq = ?"
_ADD = "INSERT INTO cschat_text (position, brand, time, grams) SELECT ?, ?, ?, ?::text[]"
_WIDEN = (
    "INSERT INTO cschat_text_block AS b VALUES (?, ?, ?)"
    " ON CONFLICT (block) DO UPDATE SET oldest = least(b.oldest, excluded.oldest), newest = greatest(b.newest, excluded.newest)"
)
_WIDEST = 2**63 - 1


class Texts:
    """The index, on one connection; `execute` runs a statement, with "?" for each value."""

    __slots__ = ("_execute",)

    def __init__(self, execute: Callable[[str, Sequence[Any]], Any]) -> None:
        self._execute = execute

    def _reach(self) -> int:
        """How far the index goes. One that was made by other rules is as good as none."""
        [(position, form)] = self._execute("SELECT position, form FROM cschat_text_reach", ())
        return int(position) if form == FORM else 0

    def found(
        self,
        words: Sequence[str],
        *,
        brand: str,
        start: Micros | None,
        end: Micros | None,
        before: int | None,
        only: Callable[[str], bool] | None,
    ) -> Generator[tuple[Any, ...]]:
        """The rows of events that hold the words, the last first."""
        reach = self._reach()
        period = (-_WIDEST if start is None else start, _WIDEST if end is None else end)
        top = _WIDEST if before is None else before
        for row in self._candidates(words, brand, period, reach, top):
            if (only is None or only(row[2])) and holds(searchable(text_of(decode_body(row[5], row[9]))), words):
                yield row

    def _candidates(self, words: Sequence[str], brand: str, period: tuple[int, int], reach: int, top: int) -> Generator[tuple[Any, ...]]:
        yield from self._execute(_TAIL, (brand, *period, reach + 1, top))
        [(first, last)] = self._execute(_PERIOD, period)
        if first is None:
            return
        wanted = sorted(set[str]().union(*map(grams, words)))
        low, high = first * _BLOCK, min((last + 1) * _BLOCK, top, reach + 1)
        size = _WINDOW
        while high > low:
            edge = max(low, high - size)
            yield from self._execute(_INDEXED, (wanted, brand, *period, edge, high))
            high, size = edge, size * _GROWTH

    def behind(self) -> bool:
        return bool(self._execute("SELECT 1 FROM cschat_event WHERE position > ? LIMIT 1", (self._reach(),)).fetchall())

    def keep_up(self, limit: int) -> None:
        """Take in the next events."""
        [(form,)] = self._execute("SELECT form FROM cschat_text_reach", ())
        if form != FORM:
            self.start_over()
        last = reach = self._reach()
        blocks = dict[int, tuple[int, int]]()
        for last, brand, time, type_, data in self._execute(_NEXT, (reach, limit)).fetchall():
            pieces = _pieces(decode_body(type_, data)) if type_ in _TYPES else []
            if pieces:
                self._execute(_ADD, (last, brand, time, pieces))
                oldest, newest = blocks.get(last // _BLOCK, (time, time))
                blocks[last // _BLOCK] = (min(oldest, time), max(newest, time))
        for block, times in blocks.items():
            self._execute(_WIDEN, (block, *times))
        self._execute("UPDATE cschat_text_reach SET position = ?", (last,))

    def redact(self, event: Event) -> None:
        """An event is about to be blanked: forget its grams, and have those of what it will be."""
        row = self._execute(_OLD, (event.subject, event.seq)).fetchone()
        if row is None or row[0] > self._reach():
            return
        self._execute("DELETE FROM cschat_text WHERE position = ?", row)
        pieces = _pieces(event.body)
        if pieces:
            self._execute(_ADD, (row[0], event.brand, event.time, pieces))
            self._execute(_WIDEN, (row[0] // _BLOCK, event.time, event.time))

    def start_over(self) -> None:
        self._execute("TRUNCATE cschat_text, cschat_text_block", ())
        self._execute("UPDATE cschat_text_reach SET position = 0, form = ?", (FORM,))


def _pieces(body: Any) -> list[str]:
    return sorted(grams(searchable(text_of(body)))) if type(body) in TEXTS else []
