"""Statements that go out to PostgreSQL together and come back together: one round trip, whatever their number.

May: send, wait, receive. May not: know what they say, or keep anything but which of them the connection has prepared.

psycopg's own pipeline sends each statement by itself and looks for answers in between. Here all are one packet and one wait, which
matters most where many threads share an interpreter: each wait is a chance to lose it to another thread.
"""

from __future__ import annotations

import selectors
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

__all__ = ["Pipe", "Row"]

Row = tuple[str | None, ...]
_MOST_PREPARED = 500
_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""One that holds nothing which a forked child would inherit."""


class Pipe:
    """The pipeline of a connection that nobody else uses. `send` some, then `run` them all."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._prepared: dict[str, bytes] = {}
        self._number = 0
        self._waiting: list[tuple[str, Sequence[Any]]] = []

    def send(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Put a statement, with "%s" for each value (text, a number, or None), behind the others. Its place among the answers of `run`."""
        self._waiting.append((sql, values))
        return len(self._waiting) - 1

    def run(self) -> list[list[Row]]:
        """Run all, in order; the rows of each, as text. If one fails its error is raised, and none after it has run."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return []
        pg = self._connection.pgconn
        texts = [[None if value is None else str(value).encode() for value in values] for _, values in waiting]
        fresh: dict[str, bytes] = {}
        pg.enter_pipeline_mode()
        for (sql, _), values in zip(waiting, texts, strict=True):
            name = self._prepared.get(sql) or fresh.get(sql)
            if name is None:
                name = fresh[sql] = self._new_name()
                pg.send_prepare(name, _numbered(sql))
            pg.send_query_prepared(name, values)
        pg.pipeline_sync()
        results = _received(pg)
        pg.exit_pipeline_mode()
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                raise error_from_result(result)
        if len(self._prepared) > _MOST_PREPARED:
            self._prepared.clear()
            self._connection.execute("DEALLOCATE ALL")
        else:
            self._prepared.update(fresh)
        answers = iter(results)
        taken: list[list[Row]] = []
        for sql, _ in waiting:
            if fresh.pop(sql, None) is not None:
                next(answers)
            taken.append(_rows(next(answers)))
        return taken

    def _new_name(self) -> bytes:
        self._number += 1
        return f"cschat_{self._number}".encode()


def _received(pg: PGconn) -> list[PGresult]:
    """The results of everything up to the sync, while it is being sent."""
    results: list[PGresult] = []
    with _Selector() as selector:
        selector.register(pg.socket, selectors.EVENT_READ)
        while True:
            sending = pg.flush() == 1
            selector.modify(pg.socket, selectors.EVENT_READ | selectors.EVENT_WRITE if sending else selectors.EVENT_READ)
            selector.select()
            pg.consume_input()
            while not pg.is_busy():
                result = pg.get_result()
                if result is None:
                    continue
                if result.status == ExecStatus.PIPELINE_SYNC:
                    return results
                results.append(result)


def _rows(result: PGresult) -> list[Row]:
    columns = range(result.nfields)
    return [tuple([_text(result.get_value(row, column)) for column in columns]) for row in range(result.ntuples)]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _numbered(sql: str) -> bytes:
    first, *rest = sql.split("%s")
    return (first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))).encode()
