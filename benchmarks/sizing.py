"""What a desk needs, on SQLite with `synchronous=FULL` and on PostgreSQL: how many conversations one process holds, how many waiting
sessions it hands out, and how much room they take on disk.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from benchmarks import postgres, routing
from cschat import Actor, AsyncDesk, Desk
from cschat import commands as c

__all__ = ["conversations", "handed_out", "kilobytes", "stores"]

AT_ONCE, LIVES, WAITING, MESSAGES = 16, 50, 2_000, 10
_TEXT = "오늘 출발했어요. 내일 오후에 도착할 예정입니다."


@contextmanager
def stores() -> Generator[dict[str, str]]:
    """The URL of an empty store of each kind."""
    with TemporaryDirectory(prefix="cschat-bench-") as folder, postgres.schema() as url:
        yield {"SQLite": f"sqlite:///{Path(folder) / 'desk.db'}", "PostgreSQL": url}


def conversations(url: str) -> float:
    """Whole ones a second, of six commands each, by 16 tasks of one process."""

    async def run() -> float:
        async with AsyncDesk.open(url) as desk:
            agent = await desk.do(c.AddAgent(name="민아", status="available", capacity=1000))
            await desk.do(c.ChangeBrand(accepting="open"))
            worker = desk.acting_as(Actor.agent(agent))

            async def hold(number: int) -> None:
                visitor = desk.acting_as(Actor.guest(f"browser-{number}"))
                for _ in range(LIVES):
                    session = (await visitor.do(c.OpenSession())).id
                    await visitor.do(c.SendMessage(session, text=_TEXT))
                    await worker.do(c.ClaimSession(session))
                    await worker.do(c.SendMessage(session, text=_TEXT))
                    await worker.do(c.EndSession(session))
                    await worker.do(c.WrapUp(session, note="배송 조회"))

            began = time.perf_counter()
            await asyncio.gather(*map(hold, range(AT_ONCE)))
            return AT_ONCE * LIVES / (time.perf_counter() - began)

    return asyncio.run(run())


def handed_out(url: str) -> float:
    """Sessions a second that come to somebody's turn, 500 commands to a commit, a hundred agents, two thousand who wait."""
    place = routing.crowded(url, WAITING, agents=100)
    with place.desk, place.desk.batch(size=routing.COMMIT):
        return routing.drained(place)[0]


def kilobytes(url: str, number: int = 2_000) -> float:
    """What a closed conversation of ten messages takes on disk, with everything that is derived from it."""
    with Desk.open(url) as desk:
        agent = desk.do(c.AddAgent(name="민아", status="available", capacity=1000))
        desk.do(c.ChangeBrand(accepting="open"))
        worker = desk.acting_as(Actor.agent(agent))
        desk.settle()
        before = _bytes(url)
        with desk.batch():
            for guest in range(number):
                visitor = desk.acting_as(Actor.guest(f"guest-{guest}"))
                session = visitor.do(c.OpenSession()).id
                visitor.do(c.SendMessage(session, text=f"배송이 언제 오나요? 주문 번호는 {guest}입니다."))
                worker.do(c.ClaimSession(session))
                for message in range(MESSAGES - 1):
                    (visitor, worker)[message % 2].do(c.SendMessage(session, text=_TEXT))
                worker.do(c.EndSession(session))
                worker.do(c.WrapUp(session, note="배송 조회"))
        desk.settle()
    return (_bytes(url) - before) / number / 1000


def _bytes(url: str) -> int:
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))
    sql = "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
    with psycopg.connect(postgres.POSTGRES) as connection:
        [[size]] = connection.execute(f"{sql} WHERE nspname = %s AND relkind = 'r'", (url.rpartition("=")[2],)).fetchall()
    return int(size)
