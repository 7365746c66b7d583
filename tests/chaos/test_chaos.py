"""Chaos: processes are killed and put to sleep, PostgreSQL and Redis go away and come back, and nothing that was promised is broken.

`CSCHAT_CHAOS_SECONDS` and `CSCHAT_CHAOS_SEED` say for how long and how; `make soak` is ten minutes of it.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from tests.cluster import Cluster, cluster
from tests.needs import OwnRedis
from tests.routing.account import Account

from cschat import Desk
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.deliveries import Delivery
from cschat.core.session import Session, opened
from cschat.core.times import SECOND

WORKER = Path(__file__).with_name("worker.py")
SECONDS = float(os.environ.get("CSCHAT_CHAOS_SECONDS", "40"))
SEED = int(os.environ.get("CSCHAT_CHAOS_SEED", "20261126"))
ROLES = ("write",) * 4 + ("deliver",) * 2 + ("clocks",) * 2 + ("watch",) * 2
SLEEP_SECONDS = 3.0
"""Longer than any lease here."""
AGENTS, CAPACITY, AUTO_LIMIT = 8, 4, 2


class Fleet:
    """The processes, and what is done to them."""

    def __init__(self, url: str, bus: str, folder: Path) -> None:
        self._folder = folder
        self._started = 0
        self._asleep: dict[int, float] = {}
        self.done: Counter[str] = Counter()
        with (folder / "errors").open("wb") as errors:
            self._nursery = subprocess.Popen(
                [sys.executable, str(WORKER), url, bus, str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._processes = [self._start(number) for number in range(len(ROLES))]

    def _start(self, number: int) -> int:
        self._started += 1
        self._nursery.stdin.write(f"{ROLES[number]} {number} {self._started}\n")
        self._nursery.stdin.flush()
        return int(self._nursery.stdout.readline())

    def kill(self, number: int) -> None:
        self._end(self._processes[number])
        self._asleep.pop(number, None)
        self._processes[number] = self._start(number)
        self.done["killed"] += 1

    def _end(self, process: int) -> None:
        os.kill(process, signal.SIGKILL)
        while _is_there(process):
            threading.Event().wait(0.005)

    def put_to_sleep(self, number: int) -> None:
        os.kill(self._processes[number], signal.SIGSTOP)
        self._asleep[number] = time.monotonic() + SLEEP_SECONDS
        self.done["put to sleep"] += 1

    def wake(self) -> None:
        for number, until in list(self._asleep.items()):
            if until < time.monotonic():
                os.kill(self._processes[number], signal.SIGCONT)
                del self._asleep[number]

    def check_all_run(self) -> None:
        """None may end by itself: they know what to do about everything that is done to them."""
        ended = [ROLES[number] for number, process in enumerate(self._processes) if not _is_there(process)]
        assert ended == [], (self._folder / "errors").read_text()[-5000:]

    def end(self) -> None:
        for process in filter(_is_there, self._processes):
            self._end(process)
        self._nursery.communicate()


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def rage(fleet: Fleet, server: Cluster, redis: OwnRedis) -> None:
    """Do harm for a while."""
    chance, until = Random(SEED), time.monotonic() + SECONDS
    while time.monotonic() < until:
        threading.Event().wait(chance.uniform(0.3, 0.9))
        fleet.wake()
        fleet.check_all_run()
        dice, number = chance.random(), chance.randrange(len(ROLES))
        if dice < 0.6:
            fleet.kill(number)
        elif dice < 0.8:
            fleet.put_to_sleep(number)
        elif dice < 0.9:
            (server.stop if chance.random() < 0.5 else server.crash)()
            server.start()
            fleet.done["PostgreSQL restarted"] += 1
        else:
            redis.kill()
            redis.start()
            fleet.done["Redis restarted"] += 1


def prepare(url: str) -> None:
    with Desk.open(url) as desk:
        desk.after(e.MessageSent, name="told")(lambda event, delivery: None)
        desk.do(c.ChangeBrand(accepting="open"))
        desk.do(c.SetDistribution(presence={}, mode="hybrid", order="least_active"))
        for number in range(AGENTS):
            desk.do(c.AddAgent(name=f"상담사 {number}", status="available", capacity=CAPACITY, auto_limit=AUTO_LIMIT))


def finish(url: str, folder: Path) -> None:
    """Let one process do, after the storm, what is left to do."""
    effects = (folder / "deliver-last").open("a")
    with effects, Desk.open(url) as desk:
        desk.after(e.MessageSent, name="told")(
            lambda event, delivery: print(json.dumps([delivery.id, event.subject, event.seq]), file=effects)
        )
        while desk.run_due() or next(desk.store.stream(Delivery), None) or any(row.wake for row in desk.store.stream(Session)):
            desk.store.wait(after=desk.position(), timeout=0.2)


def lines(folder: Path, role: str) -> list[list[list]]:
    """What was noted in each file of a role. A line that was cut short by a kill was not written at all."""
    return [[json.loads(line) for line in path.read_text().splitlines()] for path in sorted(folder.glob(f"{role}-*"))]


def check(url: str, folder: Path) -> dict[str, int]:
    """Hold the log against what was acknowledged, seen and done."""
    with Desk.open(url) as desk:
        log = list(desk.store.stream_log())
        assert [event.position for event in log] == list(range(1, len(log) + 1))
        by_name = {(event.subject, event.seq): event for event in log}
        assert len(by_name) == len(log)

        acknowledged = [line for book in lines(folder, "write") for line in book]
        for session, seq, text in acknowledged:
            event = by_name.get((session, seq))
            assert event is not None, f"{session}:{seq} was acknowledged and is lost"
            if text is not None:
                assert any(said(by_name.get((session, at))) == text for at in range(1, seq + 1))
        texts = Counter(text for event in log if (text := said(event)) is not None)
        assert [text for text, times in texts.items() if times > 1] == [], "a repeated request was carried out twice"

        account = Account()
        for event in log:
            account.follow(event)  # no two owners, nobody above their limits, in the order of the queue
        assert account.beside_somebody_free(account.agents) == []
        for session in desk.store.stream(Session):
            replayed = opened(by_name[session.id, 1])
            for seq in range(2, session.seq + 1):
                replayed = replayed.apply(by_name[session.id, seq])
            assert replayed == session
        assert desk.ask(q.SelfCheck()) == []
        assert [trouble for trouble in desk.ask(q.Health()).troubles if trouble.code != "behind"] == []

        for seen in lines(folder, "watch"):
            positions = sorted({position for (position,) in seen})
            assert positions == list(range(1, len(positions) + 1)), "a watcher has skipped events"
            assert positions

        effects = [tuple(line) for book in lines(folder, "deliver") for line in book]
        meant = {(event.subject, event.seq) for event in log if isinstance(event.body, e.MessageSent)}
        assert {(subject, seq) for _id, subject, seq in effects} == meant, "an effect was lost, or made up"
        assert len({*effects}) == len(meant), "an effect was repeated under another id"
        resumed = sum(isinstance(event.body, e.Resumed) for event in log)
        hours = (log[-1].time - log[0].time) / SECOND
        return {
            "events": len(log), "acknowledged": len(acknowledged), "effects": len(meant), "effects repeated": len(effects) - len(meant),
            "resumed by the clock": resumed, "seconds": round(hours),
        }  # fmt: skip


def said(event: e.Event | None) -> str | None:
    return event.body.content.text if event is not None and isinstance(event.body, e.MessageSent) else None


@pytest.mark.slow
@pytest.mark.timeout(SECONDS * 2 + 200)
def test_nothing_that_was_promised_is_broken(tmp_path):
    redis = OwnRedis()
    try:
        with cluster() as server:
            prepare(server.url)
            fleet = Fleet(server.url, redis.url, tmp_path)
            try:
                rage(fleet, server, redis)
            finally:
                fleet.end()
            finish(server.url, tmp_path)
            found = check(server.url, tmp_path)
            print(dict(fleet.done) | found)
            assert fleet.done["killed"] > SECONDS / 4
            assert {*fleet.done} == {"killed", "put to sleep", "PostgreSQL restarted", "Redis restarted"}
            assert found["acknowledged"] > SECONDS * 3
            assert found["resumed by the clock"] > 0
    finally:
        redis.kill()
