"""Four processes with eight threads each on one store: nobody gets two owners, nobody gets more than they may have."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from cschat import Actor, Desk
from cschat import commands as c
from cschat import events as e
from cschat import queries as q

CLAIMER = Path(__file__).with_name("claimer.py")
SESSIONS, AGENTS, CAPACITY, PROCESSES, THREADS = 200, 20, 2, 4, 8


def prepare(url: str) -> None:
    with Desk.open(url) as desk, desk.batch():
        desk.do(c.ChangeBrand(accepting="open"))
        for number in range(AGENTS):
            desk.do(c.AddAgent(name=f"상담사 {number}", status="available", capacity=CAPACITY))
        for number in range(SESSIONS):
            visitor = desk.acting_as(Actor.guest(f"browser-{number}"))
            visitor.do(c.RequestAgent(visitor.do(c.OpenSession(text="문의"))))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_one_owner_and_no_more_than_the_capacity_whoever_claims(shared_url):
    url = shared_url
    prepare(url)
    command = [sys.executable, str(CLAIMER), url]
    children = [subprocess.Popen([*command, str(seed), str(THREADS)], stdout=subprocess.PIPE, text=True) for seed in range(PROCESSES)]
    claims = Counter(line for child in children for line in child.communicate()[0].splitlines())
    assert [child.returncode for child in children] == [0] * PROCESSES

    with Desk.open(url) as desk:
        assert desk.ask(q.SelfCheck()) == []
        assert desk.ask(q.CountsByState()).closed == SESSIONS
        owner: dict[str, str | None] = {}
        load: Counter[str] = Counter()
        assigned: set[str] = set()
        had: set[str] = set()
        for event in desk.store.stream_log():
            match event.body:
                case e.Assigned(agent=agent):
                    assert owner.get(event.subject) is None, f"{event.subject} had an owner when {agent} got it"
                    owner[event.subject] = agent
                    load[agent] += 1
                    assigned.add(f"{event.subject} {agent}")
                case e.Transferred(agent=agent):
                    load[owner[event.subject]] -= 1
                    owner[event.subject] = agent
                    load[agent] += 1
                    had.add(f"{event.subject} {agent}")
                case e.WrappedUp():
                    load[owner[event.subject]] -= 1
                    owner[event.subject] = None
            assert max(load.values(), default=0) <= CAPACITY
        assert assigned <= claims.keys()
        assert claims.keys() <= assigned | had  # who has it already, also by a transfer, may claim it again: that is no event
