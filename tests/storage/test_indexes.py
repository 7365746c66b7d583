"""Every question that the package asks of an SQLite file is answered by an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import samples
from tests.office import Office

from cschat import Actor, Desk
from cschat import events as e
from cschat.core.clock import FakeClock
from cschat.storage import sqlite


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[str]]]:
    """The plan of each SELECT that is asked when every command and every query is used, effects fail, and time passes."""
    statements: dict[str, int] = {}

    class Listening(sqlite._Engine):
        def __init__(self, connection: sqlite3.Connection, known: Any) -> None:
            super().__init__(connection, known)
            self.listened_to = connection
            self.execute = self._listen

        def _listen(self, sql: str, values: Any = ()) -> Any:
            statements[sql] = len(values)
            return self.listened_to.execute(sql, values)

    monkeypatch.setattr(sqlite, "_Engine", Listening)
    path, clock = tmp_path / "desk.db", FakeClock()
    with Desk.open(f"sqlite:///{path}?synchronous=normal", clock=clock, seed=3) as desk:

        @desk.after([e.MessageSent, e.Ended], name="mail")
        def mail(event: e.Event, _delivery: Any) -> None:
            if event.seq % 2:
                raise RuntimeError("no mail today")

        for number, sample in enumerate((*samples.COMMANDS.values(), *samples.QUERIES.values())):
            office = Office.on(desk.brand(f"brand{number}"), clock)
            make, door = sample.make, getattr(office, sample.door)
            asked_for = make(office, office.session(sample.state))
            for _ in range(2):
                if number < len(samples.COMMANDS):
                    door.do(asked_for, request_id=f"r{number}")
                else:
                    door.ask(asked_for)
                    list(door.each(asked_for)) if hasattr(asked_for, "after") else None
        clock.advance(minutes=2)
        desk.settle()
        desk.advance(hours=3)
        clock.advance(days=8)
        desk.settle()
        for parked in desk.parked():
            desk.resend(parked)
        desk.settle()
        list(desk.acting_as(Actor.guest("browser-a")).watch(after=0, timeout=0))
        connection = sqlite3.connect(path)
        selects = {sql: number for sql, number in statements.items() if sql.startswith("SELECT")}
        yield {sql: [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", (1,) * number)] for sql, number in selects.items()}
        connection.close()


def test_every_question_has_its_index(asked: dict[str, list[str]]) -> None:
    assert len(asked) > 25, "the questions were heard"
    for sql, plan in asked.items():
        bounded = sql.startswith("SELECT count(*) FROM (")
        within = ("CO-ROUTINE", "SCAN found") if bounded else ()
        assert all(step.startswith(("SEARCH", "USE TEMP B-TREE", *within)) for step in plan), (sql, plan)
        if "ORDER BY id" not in sql and not bounded:
            assert len(plan) == 1, f"{sql} is sorted only when it has been read: {plan}"


def test_a_session_has_no_index_on_what_every_message_changes() -> None:
    """Touch few B-trees: a message moves `seq`, `last`, `turn` and read marks, and none of them is indexed."""
    from cschat.core.records import index_fields
    from cschat.core.session import Session

    assert {*index_fields(Session)}.isdisjoint({"seq", "last", "turn", "spoke", "read_by_customer", "read_by_staff"})
