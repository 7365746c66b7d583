"""Commands on PostgreSQL against the same work by hand: a transaction for each command, on a pool of ten connections.

The address is that of the tests (`CSCHAT_POSTGRES`); schemas are made and dropped.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from random import Random
from typing import Any

import attrs
import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from benchmarks.hand import Hand
from benchmarks.ratio import Many, Ratio, compare
from cschat import Actor, AsyncDesk, Desk
from cschat import commands as c
from cschat import queries as q

__all__ = ["growth", "messages", "processes"]

POSTGRES = os.environ.get("CSCHAT_POSTGRES", "postgresql://127.0.0.1:5432/test")
SESSIONS = 1000
AGENTS = 20
CONNECTIONS = 10
_TEXT = "오늘 출발했어요. 내일 오후에 도착할 예정입니다."
_AGENT = "SELECT data, version FROM cschat_agent WHERE id = %s"
_DONE = "SELECT data FROM cschat_event WHERE subject = %s AND once = %s"
_SESSION = "SELECT data, version FROM cschat_session WHERE id = %s FOR UPDATE"
_decode = msgspec.json.Decoder().decode

Talk = tuple[str, str]
"""A session and its agent."""


@contextmanager
def schema() -> Iterator[str]:
    """The URL of a fresh schema."""
    name = f"cschat_bench_{secrets.token_hex(4)}"
    try:
        yield f"{POSTGRES}?schema={name}"
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")


def prepared(desk: Desk, sessions: int = SESSIONS) -> list[Talk]:
    """Agents, and sessions of theirs."""
    talks = []
    with desk.batch():
        desk.do(c.ChangeBrand(accepting="open"))
        agents = [desk.do(c.AddAgent(name=f"민아 {number}", status="available", capacity=1000)).id for number in range(AGENTS)]
        for number in range(sessions):
            session = desk.acting_as(Actor.guest(f"browser-{number}")).do(c.OpenSession(text="배송이 언제 오나요?")).id
            desk.do(c.AssignSession(session, agents[number % AGENTS], force=True))
            talks.append((session, agents[number % AGENTS]))
    return talks


class _Noted:
    """Statements that are noted, to be sent by whoever has a connection."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, tuple[Any, ...]]] = []

    def execute(self, sql: str, values: tuple[Any, ...]) -> None:
        self.statements.append((sql.replace("?", "%s"), values))


def _writes(row: tuple[str, int], agent: str, once: str | None) -> list[tuple[str, tuple[Any, ...]]]:
    noted = _Noted()
    Hand(noted).say(_decode(row[0]), row[1], agent, _TEXT, once)
    return noted.statements


@attrs.frozen
class _ByHand:
    """The floor. Positions come from a sequence, and a session is locked by whoever writes to it."""

    url: str
    name: str

    @classmethod
    def on(cls, url: str) -> _ByHand:
        name = url.rpartition("=")[2]
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(f"SET search_path TO {name}")
            connection.execute("CREATE SEQUENCE positions START 100000")
            connection.execute("ALTER TABLE cschat_event ALTER position SET DEFAULT nextval('positions')")
        return cls(url, name)

    @property
    def options(self) -> dict[str, Any]:
        settings = {"kwargs": {"options": f"-c search_path={self.name}"}, "open": False}
        return {**settings, "min_size": CONNECTIONS, "max_size": CONNECTIONS}

    def send(self, pool: ConnectionPool, talk: Talk, request: str | None = None) -> None:
        session, agent = talk
        once = None if request is None else f"r:agent:{agent}:{request}"
        with pool.connection() as connection:
            _decode(connection.execute(_AGENT, (agent,)).fetchone()[0])  # type: ignore[index]
            if once is not None and connection.execute(_DONE, (session, once)).fetchone():
                return
            row: Any = connection.execute(_SESSION, (session,)).fetchone()
            for sql, values in _writes(row, agent, once):
                connection.execute(sql, values)

    async def send_async(self, pool: AsyncConnectionPool, talk: Talk) -> None:
        session, agent = talk
        async with pool.connection() as connection:
            _decode((await (await connection.execute(_AGENT, (agent,))).fetchone())[0])  # type: ignore[index]
            row: Any = await (await connection.execute(_SESSION, (session,))).fetchone()
            for sql, values in _writes(row, agent, None):
                await connection.execute(sql, values)


class _Side:
    """One side of a comparison: talks of its own, one after the other."""

    def __init__(self, talks: list[Talk]) -> None:
        self.talks = talks
        self._turn = count()

    def next(self) -> Talk:
        return self.talks[next(self._turn) % len(self.talks)]


def messages() -> Iterator[tuple[str, Ratio]]:
    """`SendMessage` by agents, in every way it may be called."""
    with schema() as ours_url, schema() as hand_url, Desk.open(ours_url) as desk:
        with Desk.open(hand_url) as other:
            hand_side = _Side(prepared(other))
        hand, ours = _ByHand.on(hand_url), _Side(prepared(desk))
        with ConnectionPool(POSTGRES, **hand.options) as pool:
            yield "1 caller", compare(_alone(desk, ours), _alone_by_hand(hand, pool, hand_side))
            yield "1 caller, request id", compare(_alone(desk, ours, named=True), _alone_by_hand(hand, pool, hand_side, named=True))
            yield "16 threads", compare(_threads(_do(desk, ours), 16), _threads(lambda: hand.send(pool, hand_side.next()), 16))
        for name, tasks, sides in (
            ("16 tasks", 16, (ours, hand_side)),
            ("256 tasks", 256, (ours, hand_side)),
            ("16 tasks, two hot sessions", 16, (_Side(ours.talks[:2]), _Side(hand_side.talks[:2]))),
        ):
            with asyncio.Runner() as runner:
                pool_ = AsyncConnectionPool(POSTGRES, **hand.options)
                runner.run(pool_.open())
                yield name, compare(_tasks(desk, sides[0], tasks, runner), _tasks_by_hand(hand, pool_, sides[1], tasks, runner))
                runner.run(pool_.close())


def _do(desk: Desk, side: _Side) -> Any:
    doors = {agent: desk.acting_as(Actor.agent(agent)) for _, agent in side.talks}

    def once() -> None:
        session, agent = side.next()
        doors[agent].do(c.SendMessage(session, text=_TEXT))

    return once


def _alone(desk: Desk, side: _Side, *, named: bool = False) -> Many:
    doors = {agent: desk.acting_as(Actor.agent(agent)) for _, agent in side.talks}
    requests = count()

    def many(number: int) -> None:
        for _ in range(number):
            session, agent = side.next()
            doors[agent].do(c.SendMessage(session, text=_TEXT), request_id=f"request-{next(requests)}" if named else None)

    return many


def _alone_by_hand(hand: _ByHand, pool: ConnectionPool, side: _Side, *, named: bool = False) -> Many:
    requests = count()

    def many(number: int) -> None:
        for _ in range(number):
            hand.send(pool, side.next(), f"request-{next(requests)}" if named else None)

    return many


def _threads(once: Any, callers: int) -> Many:
    def many(number: int) -> None:
        def call() -> None:
            for _ in range(number // callers + 1):
                once()

        threads = [threading.Thread(target=call) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return many


def _tasks(desk: Desk, side: _Side, callers: int, runner: asyncio.Runner) -> Many:
    door = AsyncDesk.open(desk.store)
    doors = {agent: door.acting_as(Actor.agent(agent)) for _, agent in side.talks}

    async def call(times: int) -> None:
        for _ in range(times):
            session, agent = side.next()
            await doors[agent].do(c.SendMessage(session, text=_TEXT))

    return _gathered(call, callers, runner)


def _tasks_by_hand(hand: _ByHand, pool: AsyncConnectionPool, side: _Side, callers: int, runner: asyncio.Runner) -> Many:
    async def call(times: int) -> None:
        for _ in range(times):
            await hand.send_async(pool, side.next())

    return _gathered(call, callers, runner)


def _gathered(call: Any, callers: int, runner: asyncio.Runner) -> Many:
    async def all_of_them(number: int) -> None:
        await asyncio.gather(*(call(number // callers + 1) for _ in range(callers)))

    return lambda number: runner.run(all_of_them(number))


# --------------------------------------------------------------------------------------------------------------- growth


def growth(few: int = 100_000, many: int = 2_000_000) -> Iterator[tuple[str, Ratio]]:
    """What is done all the time, on a store with `many` sessions, against one with `few`. `ours` is the one with many."""
    with schema() as large, schema() as small, Desk.open(large) as ours, Desk.open(small) as floor:
        sides = []
        for desk, url, number in ((ours, large, many), (floor, small, few)):
            sides.append(_Side(prepared(desk)))
            _fill(url, number)
        for name, do in (("a message of an agent", _message), ("a life of 6 commands", _life), ("a page of an agent's list", _page)):
            yield name, compare(do(ours, sides[0]), do(floor, sides[1]))


def _fill(url: str, number: int) -> None:
    """Closed sessions with three events each, copied from one in the database itself."""
    name = url.rpartition("=")[2]
    with Desk.open(url) as desk:
        session = desk.acting_as(Actor.guest("closed")).do(c.OpenSession(text="문의")).id
        desk.do(c.ForceClose(session))
    with psycopg.connect(POSTGRES, autocommit=True, options=f"-c search_path={name} -c synchronous_commit=off") as db:
        columns = [
            row[0] for row in db.execute("SELECT attname FROM pg_attribute WHERE attrelid = 'cschat_session'::regclass AND attnum > 0")
        ]
        copied = {"id": "k.id", "data": "replace(s.data, s.id, k.id)", "opened": "s.opened - k.n", "rank": "s.rank - k.n"}
        copied |= {"customer": "'cus_' || (k.n / 5)"}
        values = ", ".join(copied.get(column, f's."{column}"') for column in columns)
        keys = f"(SELECT n, 'ses_copy' || lpad(n::text, 18, '0') AS id FROM generate_series(1, {number}) AS n) AS k"
        quoted = ", ".join(f'"{column}"' for column in columns)
        db.execute(f"INSERT INTO cschat_session ({quoted}) SELECT {values} FROM cschat_session s, {keys} WHERE s.id = %s", (session,))
        db.execute(
            "INSERT INTO cschat_event (position, brand, subject, seq, time, type, actor, cause, once, data)"
            f" SELECT l.position + (k.n - 1) * 3 + e.seq, e.brand, k.id, e.seq, e.time, e.type, e.actor, e.cause, NULL, e.data"
            f" FROM cschat_log l, cschat_event e, {keys} WHERE e.subject = %s AND e.seq <= 3",
            (session,),
        )
        db.execute("UPDATE cschat_log SET position = (SELECT max(position) FROM cschat_event)")
        db.execute("UPDATE cschat_text_reach SET position = (SELECT max(position) FROM cschat_event)")
        db.execute("VACUUM ANALYZE cschat_session, cschat_event")


def _message(desk: Desk, side: _Side) -> Many:
    return _alone(desk, side)


def _life(desk: Desk, side: _Side) -> Many:
    visitor, worker = desk.acting_as(Actor.guest("life")), desk.acting_as(Actor.agent(side.talks[0][1]))

    def many(number: int) -> None:
        for _ in range(number):
            session = visitor.do(c.OpenSession()).id
            visitor.do(c.SendMessage(session, text=_TEXT))
            worker.do(c.ClaimSession(session))
            worker.do(c.SendMessage(session, text=_TEXT))
            worker.do(c.EndSession(session))
            worker.do(c.WrapUp(session))

    return many


def _page(desk: Desk, side: _Side) -> Many:
    worker = desk.acting_as(Actor.agent(side.talks[0][1]))

    def many(number: int) -> None:
        for _ in range(number):
            worker.ask(q.ConsultingList())

    return many


# ------------------------------------------------------------------------------------------------------------ processes


def processes(rounds: int = 9) -> Ratio:
    """Two processes of sixteen tasks each against one, in turns, on sessions of all."""
    with schema() as url:
        with Desk.open(url) as desk:
            talks = prepared(desk, 5 * SESSIONS)
        children = [_Child(url, talks, seed) for seed in range(2)]
        try:
            _run(children)
            pairs = [(_run(children), _run(children[:1])) for _ in range(rounds)]
        finally:
            for child in children:
                child.end()
    pairs.sort(key=lambda pair: pair[0] / pair[1])
    both, one = pairs[len(pairs) // 2]
    return Ratio(both / one, both, one)


def _run(children: list[_Child], seconds: float = 1.0) -> float:
    for child in children:
        child.go(seconds)
    return sum(child.speed() for child in children)


class _Child:
    """A process that sends messages when it is told to."""

    def __init__(self, url: str, talks: list[Talk], seed: int) -> None:
        command = [sys.executable, "-m", "benchmarks.postgres", url, str(seed)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._send(talks)

    def _send(self, thing: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(thing) + b"\n")
        self._process.stdin.flush()

    def go(self, seconds: float) -> None:
        self._send(seconds)

    def speed(self) -> float:
        assert self._process.stdout is not None
        return float(self._process.stdout.readline())

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def child(url: str, seed: int) -> None:
    """What such a process does."""
    talks = msgspec.json.decode(sys.stdin.buffer.readline(), type=list[Talk])
    Random(seed).shuffle(talks)
    side = _Side(talks)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with AsyncDesk.open(url) as desk:
            doors = {agent: desk.acting_as(Actor.agent(agent)) for _, agent in talks}
            while line := await loop.run_in_executor(None, sys.stdin.buffer.readline):
                began = loop.time()
                late = began + float(line)

                async def call(late: float = late) -> int:
                    done = 0
                    while loop.time() < late:
                        session, agent = side.next()
                        await doors[agent].do(c.SendMessage(session, text=_TEXT))
                        done += 1
                    return done

                done = sum(await asyncio.gather(*(call() for _ in range(16))))
                print(done / (loop.time() - began), flush=True)

    asyncio.run(main())


if __name__ == "__main__":
    child(sys.argv[1], int(sys.argv[2]))
