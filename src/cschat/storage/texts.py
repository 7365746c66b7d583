"""The index of texts in an SQLite file: which events of the log hold which grams, in an FTS5 table without content.

May: fill, ask and empty it, within a transaction of the store. May not: choose when; nothing here runs when an event is appended.

The rows of `cschat_text` are events by position, so a list of events that hold a gram is in the order of the log, and is read from its
end. `cschat_text_block` has, for each `_BLOCK` positions, the earliest and the latest time among their texts: a period becomes a
range of positions, and only what lies in it is read. `cschat_text_reach` says how far the index goes; what the log holds beyond is looked
through as it is. That an event has all grams of a word makes it a candidate; its text decides.

FTS5 keeps no text, so to forget a row it must be told the grams again: `redact` does, from the text that is about to be blanked. It then
notes the row as deleted and drops both only when it merges that part of the index, so `keep_up` merges all of it, some pages at a time,
until no trace is left.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

from cschat.core.events import Event
from cschat.core.grams import FORM, grams, holds, searchable
from cschat.core.times import Micros
from cschat.core.transcript import TEXTS, text_of
from cschat.storage.codec import decode_body

__all__ = ["Texts"]

_BLOCK = 1000
_MERGE_PAGES = 64
_NONE, _NEW, _MERGING = range(3)
"""Of traces of what was redacted: there are none; there are new ones; they are being merged away."""

_SPOKEN = ", ".join(f"'{body.__name__}'" for body in TEXTS)
_EVENT = "e.position, e.brand, e.subject, e.seq, e.time, e.type, e.actor, e.cause, e.once, e.data"
_WHERE = f"e.brand = ? AND e.type IN ({_SPOKEN}) AND e.time >= ? AND e.time < ?"
_TAIL = f"SELECT {_EVENT} FROM cschat_event e WHERE e.position > ? AND e.position < ? AND {_WHERE} ORDER BY e.position DESC"
_INDEXED = (
    f"SELECT {_EVENT} FROM cschat_text t CROSS JOIN cschat_event e ON e.position = t.rowid"
    f" WHERE t.cschat_text MATCH ? AND t.rowid >= ? AND t.rowid < ? AND {_WHERE} ORDER BY t.rowid DESC"
)
_PERIOD = "SELECT min(block), max(block) FROM cschat_text_block WHERE newest >= ? AND oldest < ?"
_NEXT = "SELECT position, time, type, data FROM cschat_event WHERE position > ? ORDER BY position LIMIT ?"
_OLD = "SELECT position, type, data FROM cschat_event WHERE subject = ? AND seq = ?"
_ADD = "INSERT INTO cschat_text (rowid, grams) VALUES (?, ?)"
_REMOVE = "INSERT INTO cschat_text (cschat_text, rowid, grams) VALUES ('delete', ?, ?)"
_WIDEN = (
    "INSERT INTO cschat_text_block VALUES (?, ?, ?)"
    " ON CONFLICT (block) DO UPDATE SET oldest = min(oldest, excluded.oldest), newest = max(newest, excluded.newest)"
)
_WIDEST = 2**63 - 1

_Execute = Callable[[str, Sequence[Any]], Any]
_ExecuteMany = Callable[[str, Iterable[Sequence[Any]]], None]


class Texts:
    """The index, on one connection."""

    __slots__ = ("_execute", "_execute_many")

    def __init__(self, execute: _Execute, execute_many: _ExecuteMany) -> None:
        self._execute = execute
        self._execute_many = execute_many

    def _reach(self) -> tuple[int, int]:
        """How far the index goes, and whether there are traces. One that was made by other rules is as good as none."""
        position, form, traces = self._execute("SELECT position, form, traces FROM cschat_text_reach", ()).fetchone()
        return (position, traces) if form == FORM else (0, _NONE)

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
        reach, _ = self._reach()
        period = (-_WIDEST if start is None else start, _WIDEST if end is None else end)
        top = _WIDEST if before is None else before
        for row in self._candidates(words, brand, period, reach, top):
            if (only is None or only(row[2])) and holds(_searchable(row[5], row[9]), words):
                yield row

    def _candidates(self, words: Sequence[str], brand: str, period: tuple[int, int], reach: int, top: int) -> Generator[tuple[Any, ...]]:
        yield from self._execute(_TAIL, (reach, top, brand, *period))
        first, last = self._execute(_PERIOD, period).fetchone()
        if first is not None:
            wanted = " ".join(f'"{gram}"' for gram in sorted(set[str]().union(*map(grams, words))))
            within = (first * _BLOCK, min((last + 1) * _BLOCK, top, reach + 1))
            yield from self._execute(_INDEXED, (wanted, *within, brand, *period))

    def behind(self) -> bool:
        reach, traces = self._reach()
        if traces != _NONE:
            return True
        return bool(self._execute("SELECT 1 FROM cschat_event WHERE position > ? LIMIT 1", (reach,)).fetchone())

    def keep_up(self, limit: int) -> None:
        """Take in the next events, and merge some pages if there are traces."""
        [(form,)] = self._execute("SELECT form FROM cschat_text_reach", ())
        if form != FORM:
            self.start_over()
        reach, traces = self._reach()
        rows, blocks = [], dict[int, tuple[int, int]]()
        last = reach
        for last, time, type_, data in self._execute(_NEXT, (reach, limit)):
            pieces = _grams(type_, data)
            if pieces:
                rows.append((last, pieces))
                oldest, newest = blocks.get(last // _BLOCK, (time, time))
                blocks[last // _BLOCK] = (min(oldest, time), max(newest, time))
        self._execute_many(_ADD, rows)
        self._execute_many(_WIDEN, [(block, *times) for block, times in blocks.items()])
        if traces != _NONE:
            traces = self._merge(traces)
        self._execute("UPDATE cschat_text_reach SET position = ?, traces = ?", (last, traces))

    def _merge(self, traces: int) -> int:
        """Merge all parts of the index into one, some pages of it; what is then left to do. A negative number begins anew with all."""
        before = self._changes()
        pages = -_MERGE_PAGES if traces == _NEW else _MERGE_PAGES
        self._execute("INSERT INTO cschat_text (cschat_text, rank) VALUES ('merge', ?)", (pages,))
        return _MERGING if traces == _NEW or self._changes() - before >= 2 else _NONE

    def _changes(self) -> int:
        return int(self._execute("SELECT total_changes()", ()).fetchone()[0])

    def redact(self, event: Event) -> None:
        """An event is about to be blanked: forget its grams as they are in the index, and have those of what it will be."""
        row = self._execute(_OLD, (event.subject, event.seq)).fetchone()
        reach, _ = self._reach()
        if row is None or row[0] > reach:
            return
        position, type_, data = row
        before, after = _grams(type_, data), _joined(searchable(text_of(event.body)))
        if before != after:
            if before:
                self._execute(_REMOVE, (position, before))
            if after:
                self._execute(_ADD, (position, after))
                self._execute(_WIDEN, (position // _BLOCK, event.time, event.time))
            self._execute("UPDATE cschat_text_reach SET traces = ?", (_NEW,))

    def start_over(self) -> None:
        self._execute("INSERT INTO cschat_text (cschat_text) VALUES ('delete-all')", ())
        self._execute("DELETE FROM cschat_text_block", ())
        self._execute("UPDATE cschat_text_reach SET position = 0, form = ?, traces = ?", (FORM, _NONE))


_TYPES = frozenset(body.__name__ for body in TEXTS)


def _searchable(type_: str, data: str) -> str:
    return searchable(text_of(decode_body(type_, data)))


def _grams(type_: str, data: str) -> str:
    return _joined(_searchable(type_, data)) if type_ in _TYPES else ""


def _joined(found: str) -> str:
    return " ".join(sorted(grams(found)))
