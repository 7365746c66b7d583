"""kill -9 at any moment: every acknowledged command is there, and no half of one."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from cschat import Desk
from cschat import queries as q
from cschat.core.session import Session, opened

WRITER = Path(__file__).with_name("writer.py")
ROUNDS = 50


def killed(url: str, seed: int, after: int, threads: int) -> list[tuple[str, int]]:
    """Let a writer work until so many commands are acknowledged, kill it, and answer with what it had acknowledged."""
    child = subprocess.Popen([sys.executable, str(WRITER), url, str(seed), str(threads)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(after)]
    os.kill(child.pid, signal.SIGKILL)
    lines += child.stdout.readlines()
    child.stdout.close()
    child.wait()
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [(session, int(seq)) for session, seq in whole]


def check(desk: Desk, acknowledged: list[tuple[str, int]]) -> None:
    """What was acknowledged is in the log, and each session is just what its events make of it."""
    events: dict[str, list] = {}
    for event in desk.store.stream_log():
        events.setdefault(event.subject, []).append(event)
    for session, seq in acknowledged:
        assert len(events.get(session, ())) >= seq, f"{session}:{seq} was acknowledged and is lost"
    for session in desk.store.stream(Session):
        history = events[session.id]
        assert [event.seq for event in history] == list(range(1, session.seq + 1))
        replayed = opened(history[0])
        for event in history[1:]:
            replayed = replayed.apply(event)
        assert replayed == session
    assert desk.ask(q.SelfCheck()) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_acknowledged_is_lost_to_kill_9(shared_url):
    url, chance = shared_url, Random(20261121)
    rounds = ROUNDS if url.startswith("sqlite") else ROUNDS // 5
    acknowledged: list[tuple[str, int]] = []
    for number in range(rounds):
        acknowledged += killed(url, seed=number, after=chance.randrange(1, 60), threads=chance.choice((1, 4)))
        if number % 10 == 9:
            with Desk.open(url) as desk:
                check(desk, acknowledged)
    assert len(acknowledged) > rounds


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_four_processes_write_one_store_and_are_killed(shared_url):
    """Nothing is lost, nothing is there twice, whichever of them is in the middle of what."""
    url = shared_url
    with ThreadPoolExecutor(4) as pool:
        acknowledged = [line for lines in pool.map(lambda seed: killed(url, seed=seed, after=120, threads=2), range(4)) for line in lines]
    assert len(acknowledged) >= 4 * 120
    assert len({*acknowledged}) == len(acknowledged), "each command is acknowledged once"
    with Desk.open(url) as desk:
        check(desk, acknowledged)
        positions = [event.position for event in desk.store.stream_log()]
        assert positions == list(range(1, len(positions) + 1))
