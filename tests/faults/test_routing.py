"""Four processes with eight threads each on one store that hands out work: whatever they do, who gets what is as the policy says."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from tests.routing.account import Account

from cschat import Actor, Desk
from cschat import commands as c
from cschat import events as e
from cschat import queries as q

ROUTER = Path(__file__).with_name("router.py")
SESSIONS, AGENTS, PROCESSES, THREADS = 200, 20, 4, 8


def prepare(url: str) -> None:
    """All that wait, waiting; and a policy of routes, weights and limits."""
    chance = Random(7)
    with Desk.open(url) as desk, desk.batch():
        desk.do_all([c.ChangeBrand(accepting="open"), c.SetDistribution(presence={}, weights={"phone": 2})])
        groups = [desk.do(c.AddGroup(name)).id for name in ("환불팀", "물류팀")]
        for number in range(AGENTS):
            mine = chance.choice([[], groups[:1], groups[1:], groups])
            desk.do(c.AddAgent(name=f"상담사 {number}", status="available", capacity=4, auto_limit=chance.choice([1, 2, 3]), groups=mine))
        for number in range(SESSIONS):
            visitor = desk.acting_as(Actor.guest(f"browser-{number}"))
            session = visitor.do(c.OpenSession(text="문의", channel=chance.choice(["web", "app", "phone"])))
            desk.do(c.SetPriority(session, chance.choice(["low", "normal", "normal", "high"])))
            if chance.random() < 0.3:
                desk.do(c.SetCategory(session, "환불"))
            visitor.do(c.RequestAgent(session))
        routes = [
            {"name": "환불", "category": "환불", "scope": {"groups": groups[:1]}},
            {"name": "앱", "channel": "app", "scope": {"groups": groups[1:]}},
        ]
        desk.do(c.SetDistribution(mode="hybrid", routes=routes, order="least_active"))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_policy_holds_whoever_claims_assigns_transfers_and_ends(shared_url):
    url = shared_url
    prepare(url)
    command = [sys.executable, str(ROUTER), url]
    children = [subprocess.Popen([*command, str(seed), str(THREADS)]) for seed in range(PROCESSES)]
    assert [child.wait() for child in children] == [0] * PROCESSES

    with Desk.open(url) as desk:
        assert desk.ask(q.SelfCheck()) == []
        assert desk.ask(q.CountsByState()).closed == SESSIONS
        account, automatic = Account(), 0
        for event in desk.store.stream_log():
            if event.cause is None:  # a new command: what the last one made possible has been done
                assert account.beside_somebody_free(account.agents) == []
            account.follow(event)  # no two owners, nobody above their limits, in the order of the queue
            automatic += isinstance(event.body, e.Assigned) and event.body.how == "auto"
        assert account.beside_somebody_free(account.agents) == []
        assert len(account.sessions) == SESSIONS
        assert automatic > 50
