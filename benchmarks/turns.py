"""Turns of a bot: a refund dialogue of five, alone and in a desk, against the same rows written by hand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import ClassVar

from msgspec import Struct

from benchmarks.hand import REFUND as TURNS
from benchmarks.hand import Hand, connected
from benchmarks.ratio import Ratio, compare
from cschat import Actor, AsyncDesk, Desk
from cschat import commands as c
from cschat.bots.engine import Env, Given, Outcome, Said, Start, answer
from cschat.bots.format import load
from cschat.core.content import Content
from cschat.core.events import BotCursor
from cschat.core.records import Index, evolve
from cschat.storage.protocol import Transaction
from cschat.storage.sqlite import SqliteStore

__all__ = ["desk", "engine", "many", "sqlite", "state_only"]

REFUND = """
scenario: refund
start: hello
steps:
  hello:
    say: 무엇을 도와드릴까요?
    choose: [{label: 환불, goto: order_no}, {label: 배송, goto: order_no}, {label: 상담사, goto: person}]
  order_no: {ask: order_no, prompt: 주문번호 10자리를 알려 주세요., pattern: "[0-9]{10}", on_fail: hello, next: confirm}
  confirm:
    say: "{{ order_no }} 주문을 환불할까요?"
    choose: [{label: "네", goto: done}, {label: 아니요, goto: hello}]
  done: {say: 환불을 접수했습니다. 더 필요한 것이 있으신가요?, next: again}
  again: {say: 언제든 말씀해 주세요., choose: [{label: 처음으로, goto: hello}, {label: 끝, goto: hello}]}
  person: {handoff: {}, closed: leave, nobody: leave}
  leave: {leave_message: [name, phone, message]}
"""
TEXTS = tuple(turn[0] for turn in TURNS)
"""Five turns, after which the dialogue is where it began."""
SESSIONS = 200


def engine(seconds: float = 1.0) -> float:
    """Turns a second of the engine alone."""
    scenario, env = load(REFUND), Env()
    said = [Said(Content(text=text)) for text in TEXTS]
    outcome: Outcome = answer(scenario, None, Start(), env)
    count, began = 0, perf_counter()
    while perf_counter() - began < seconds:
        for _ in range(100):
            for given in said:
                outcome = answer(scenario, outcome.cursor, given, env)
        count += 500
    return count / (perf_counter() - began)


def _prepared(door: Desk) -> list[tuple[str, str]]:
    door.do(c.PublishScenario(REFUND))
    door.do(c.ChangeBrand(entry=[{"scenario": "refund"}], accepting="open"))
    guests = [f"browser-{number}" for number in range(SESSIONS)]
    return [(guest, door.acting_as(Actor.guest(guest)).do(c.OpenSession()).id) for guest in guests]


def _turns(door: Desk) -> Callable[[int], None]:
    sessions = [(door.acting_as(Actor.guest(guest)), session) for guest, session in _prepared(door)]
    turn = [0]

    def run(number: int) -> None:
        for _ in range(number):
            at = turn[0]
            turn[0] += 1
            visitor, session = sessions[(at // len(TEXTS)) % SESSIONS]
            visitor.do(c.SendMessage(session, text=TEXTS[at % len(TEXTS)]))

    return run


def desk(seconds: float = 2.0) -> float:
    """Turns a second of a whole desk in memory."""
    with Desk.open("memory:") as door:
        run = _turns(door)
        run(500)
        count, began = 0, perf_counter()
        while perf_counter() - began < seconds:
            run(500)
            count += 500
        return count / (perf_counter() - began)


def sqlite() -> Ratio:
    """One sync caller on SQLite NORMAL against the same rows by hand: the customer's message, the bot's, its move, the session."""
    with TemporaryDirectory(prefix="cschat-bench-") as name:
        folder = Path(name)
        with Desk.open(f"sqlite:///{folder}/ours.db?synchronous=normal") as door:
            with Desk.open(f"sqlite:///{folder}/hand.db") as other:
                known = _prepared(other)
                brand = "brd_main"
            hand, turn = Hand(connected(folder / "hand.db", durable=False)), [0]

            def floor(number: int) -> None:
                for _ in range(number):
                    guest, session = known[turn[0] // len(TEXTS) % SESSIONS]
                    hand.bot_turn(brand, f"guest:{guest}", session, turn[0] % len(TEXTS))
                    turn[0] += 1

            ratio = compare(_turns(door), floor)
            hand.db.close()
        return ratio


class Standing(Struct, frozen=True):
    """Where a dialogue stands, and nothing else of it."""

    kind: ClassVar[str] = "standing"
    prefix: ClassVar[str] = "std"
    indexes: ClassVar[tuple[Index, ...]] = ()

    id: str
    cursor: BotCursor | None = None
    brand: str = ""


def state_only(*, durable: bool, seconds: float = 2.0) -> float:
    """Turns a second when only the state is kept, as other bot frameworks do: the engine, and one record for each session in SQLite."""
    scenario, env = load(REFUND), Env()
    said = [Said(Content(text=text)) for text in TEXTS]

    def turn(id: str, given: Given) -> Callable[[Transaction], tuple[Content, ...]]:
        def work(tx: Transaction) -> tuple[Content, ...]:
            standing = tx.peek(Standing, id) or Standing(id)
            outcome = answer(scenario, standing.cursor, given, env)
            tx.put(evolve(standing, cursor=outcome.cursor))
            return outcome.replies

        return work

    with TemporaryDirectory(prefix="cschat-bench-") as name:
        store = SqliteStore(f"{name}/state.db", kinds=(Standing,), durable=durable)
        ids = [f"std_{number}" for number in range(SESSIONS)]
        for id in ids:
            store.transact(turn(id, Start()), brand="")
        count, began = 0, perf_counter()
        while perf_counter() - began < seconds:
            for given in said:
                store.transact(turn(ids[count // len(TEXTS) % SESSIONS], given), brand="")
                count += 1
        took = perf_counter() - began
        store.close()
        return count / took


def many(*, callers: int = 16, turns: int = 400) -> tuple[float, float]:
    """Turns a second on SQLite FULL with many callers: tasks, threads."""
    with TemporaryDirectory(prefix="cschat-bench-") as name:
        url = f"sqlite:///{name}/ours.db"
        with Desk.open(url) as door:
            sessions = _prepared(door)
        total = callers * turns * len(TEXTS)

        async def task(open_desk: AsyncDesk, number: int) -> None:
            for at in range(turns):
                guest, session = sessions[(number + callers * at) % (SESSIONS - SESSIONS % callers)]
                visitor = open_desk.acting_as(Actor.guest(guest))
                for text in TEXTS:
                    await visitor.do(c.SendMessage(session, text=text))

        async def tasks() -> float:
            open_desk = AsyncDesk.open(url)
            began = perf_counter()
            await asyncio.gather(*[task(open_desk, number) for number in range(callers)])
            took = perf_counter() - began
            await open_desk.close()
            return total / took

        by_tasks = asyncio.run(tasks())
        with Desk.open(url) as door:

            def thread(number: int) -> None:
                for at in range(turns):
                    guest, session = sessions[(number + callers * at) % (SESSIONS - SESSIONS % callers)]
                    visitor = door.acting_as(Actor.guest(guest))
                    for text in TEXTS:
                        visitor.do(c.SendMessage(session, text=text))

            workers = [threading.Thread(target=thread, args=(number,)) for number in range(callers)]
            began = perf_counter()
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            return by_tasks, total / (perf_counter() - began)
