"""Every question that the package asks of PostgreSQL is answered by an index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests import samples
from tests.office import Office

from cschat import Actor, Desk
from cschat import events as e
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.storage.postgres_engine import Reader
from cschat.storage.postgres_pipe import Pipe

ONE_ROW = ("cschat_log", "cschat_text_reach")
"""Tables of one row, and the blocks of the index of texts, of which there is one for a thousand positions."""
SMALL = (*ONE_ROW, "cschat_text_block")


@pytest.fixture
def asked(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """The plan of each statement that runs when every command and every query is used, effects fail, and time passes."""
    statements: dict[str, Any] = {}
    execute, send = Reader.execute, Pipe.send

    def heard(self: Any, sql: str, values: Any = ()) -> Any:
        statements[sql.replace("?", "%s")] = values
        return execute(self, sql, values)

    def sent(self: Any, sql: str, values: Any = ()) -> int:
        statements[sql] = values
        return send(self, sql, values)

    monkeypatch.setattr(Reader, "execute", heard)
    monkeypatch.setattr(Pipe, "send", sent)
    clock = FakeClock()
    with Desk.open(postgres_url, clock=clock, seed=3) as desk:

        @desk.after([e.MessageSent, e.Ended], name="mail")
        def mail(event: e.Event, _delivery: Any) -> None:
            if event.seq % 2:
                raise RuntimeError("no mail today")

        for number, sample in enumerate((*samples.COMMANDS.values(), *samples.QUERIES.values())):
            if number < len(samples.COMMANDS) or number % 20 == 0:  # what only looks may look at the same
                office = Office.on(desk.brand(f"brand{number}"), clock)
            make, door = sample.make, getattr(office, sample.door)
            asked_for = make(office, office.session(sample.state))
            if number < len(samples.COMMANDS):
                door.do(asked_for, request_id=f"r{number}")
            else:
                door.ask(asked_for)
                list(door.each(asked_for)) if hasattr(asked_for, "after") else None
        clock.advance(minutes=2)
        desk.settle()
        list(desk.each(q.SearchHistory("안녕하세요")))
        desk.advance(minutes=1)
        clock.advance(days=8)
        desk.settle()
        list(desk.acting_as(Actor.guest("browser-a")).watch(after=0, timeout=0))
        connection = desk.store._open()  # type: ignore[attr-defined]
        plans = {}
        for sql, values in statements.items():
            if sql.startswith(("SELECT", "WITH", "UPDATE", "DELETE")) and "cschat_" in sql:
                [[plan]] = connection.execute(f"EXPLAIN (FORMAT JSON) {sql}", values).fetchall()
                plans[sql] = list(steps(plan[0]["Plan"]))
        yield plans
        connection.close()


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from steps(part)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_question_has_its_index(asked: dict[str, list[dict[str, Any]]]) -> None:
    """Whoever has none reads a table, or an index, from one end to the other, even where PostgreSQL was told not to."""
    assert len(asked) > 60, "the questions were heard"
    for sql, plan in asked.items():
        for step in plan:
            if step["Node Type"] == "Seq Scan":
                assert step["Relation Name"] in SMALL, (sql, step)
            if "Index" in step["Node Type"] and "Cond" not in " ".join(step):
                assert "LIMIT" in sql or step.get("Relation Name") in SMALL, (sql, step)
