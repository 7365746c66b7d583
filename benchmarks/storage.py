"""Commands on SQLite against the same rows written by hand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.hand import Hand, connected
from benchmarks.ratio import Many, Ratio, compare
from cschat import Actor, AsyncDesk, Desk
from cschat import commands as c

__all__ = ["lives", "messages"]

SESSIONS = 1000
_TEXT = "오늘 출발했어요. 내일 오후에 도착할 예정입니다."


class _Ours:
    """A desk with an agent who has many sessions."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.url = f"sqlite:///{folder}/ours.db" + ("" if durable else "?synchronous=normal")
        self.desk = Desk.open(self.url)
        self.agent, self.sessions = _prepared(self.desk)
        self.door = self.desk.acting_as(Actor.agent(self.agent))
        self.turn = count()

    def command(self) -> c.SendMessage:
        return c.SendMessage(self.sessions[next(self.turn) % SESSIONS], text=_TEXT)


def _prepared(desk: Desk) -> tuple[str, list[str]]:
    """An agent and their sessions."""
    with desk.batch():
        desk.do(c.ChangeBrand(accepting="open"))
        agent = desk.do(c.AddAgent(name="민아", status="available", capacity=1000))
        sessions = []
        for number in range(SESSIONS):
            session = desk.acting_as(Actor.guest(f"browser-{number}")).do(c.OpenSession(text="배송이 언제 오나요?"))
            desk.do(c.AssignSession(session, agent, force=True))
            sessions.append(session.id)
    return agent.id, sessions


@contextmanager
def _both(*, durable: bool, floor_durable: bool | None = None) -> Iterator[tuple[_Ours, Many]]:
    with TemporaryDirectory(prefix="cschat-bench-") as name:
        folder = Path(name)
        with Desk.open(f"sqlite:///{folder}/hand.db") as desk:
            agent, sessions = _prepared(desk)
        hand = Hand(connected(folder / "hand.db", durable=durable if floor_durable is None else floor_durable))
        turn = count()

        def floor(number: int) -> None:
            for _ in range(number):
                hand.send(sessions[next(turn) % SESSIONS], agent, _TEXT)

        ours = _Ours(folder, durable=durable)
        try:
            yield ours, floor
        finally:
            ours.desk.close()
            hand.db.close()


def messages() -> dict[str, Ratio]:
    """`SendMessage` by an agent, in every way it may be called."""
    results: dict[str, Ratio] = {}
    with _both(durable=False) as (ours, floor):
        results["NORMAL, 1 caller, against hand NORMAL"] = compare(_alone(ours), floor)
        results["NORMAL, 1 caller, request id, against hand NORMAL"] = compare(_alone(ours, request_id=True), floor)
    with _both(durable=True) as (ours, floor):
        results["FULL, 1 caller, against hand FULL"] = compare(_alone(ours), floor)
    with _both(durable=True, floor_durable=False) as (ours, floor):
        for number in (16, 256):
            with asyncio.Runner() as runner:
                results[f"FULL, {number} tasks, against hand NORMAL"] = compare(_tasks(ours, number, runner), floor)
        results["FULL, 16 threads, against hand NORMAL"] = compare(_threads(ours, 16), floor)
    return results


def _alone(ours: _Ours, *, request_id: bool = False) -> Many:
    requests = count()

    def many(number: int) -> None:
        for _ in range(number):
            ours.door.do(ours.command(), request_id=f"request-{next(requests)}" if request_id else None)

    return many


def _threads(ours: _Ours, callers: int) -> Many:
    def many(number: int) -> None:
        def call() -> None:
            for _ in range(number // callers + 1):
                ours.door.do(ours.command())

        _join([threading.Thread(target=call) for _ in range(callers)])

    return many


def _join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _tasks(ours: _Ours, callers: int, runner: asyncio.Runner) -> Many:
    door = AsyncDesk.open(ours.desk.store).acting_as(Actor.agent(ours.agent))

    async def call(times: int) -> None:
        for _ in range(times):
            await door.do(ours.command())

    async def all_of_them(number: int) -> None:
        await asyncio.gather(*(call(number // callers + 1) for _ in range(callers)))

    return lambda number: runner.run(all_of_them(number))


def lives() -> Ratio:
    """A whole life on NORMAL: open, customer message, claim, agent message, end, wrap up."""
    with TemporaryDirectory(prefix="cschat-bench-") as name:
        folder = Path(name)
        hand_life = _life_by_hand(folder)
        desk = Desk.open(f"sqlite:///{folder}/ours.db?synchronous=normal")
        agent = desk.do(c.AddAgent(name="민아", status="available"))
        desk.do(c.ChangeBrand(accepting="open"))
        visitor, worker = desk.acting_as(Actor.guest("browser")), desk.acting_as(Actor.agent(agent))
        visitor.do(c.OpenSession())

        def ours(number: int) -> None:
            for _ in range(number):
                session = visitor.do(c.OpenSession()).id
                visitor.do(c.SendMessage(session, text="배송이 언제 오나요?"))
                worker.do(c.ClaimSession(session))
                worker.do(c.SendMessage(session, text="안녕하세요"))
                worker.do(c.EndSession(session))
                worker.do(c.WrapUp(session, note="배송 조회"))

        result = compare(ours, hand_life)
        desk.close()
        return result


def _life_by_hand(folder: Path) -> Callable[[int], None]:
    with Desk.open(f"sqlite:///{folder}/hand.db") as desk:
        agent = desk.do(c.AddAgent(name="민아", status="available"))
        customer = desk.acting_as(Actor.guest("browser")).do(c.OpenSession()).customer
    hand = Hand(connected(folder / "hand.db", durable=False))

    def many(number: int) -> None:
        for _ in range(number):
            hand.life("brd_main", "guest:browser", customer, agent.id)

    return many
