"""A child process in which several threads do what agents and customers do on a desk that hands out work, at random.

`python router.py URL SEED THREADS`
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from random import Random

from cschat import Actor, Desk, Session, State
from cschat import commands as c
from cschat import queries as q
from cschat.errors import Conflict, Forbidden, IllegalTransition, Invalid, LimitExceeded

REFUSED = (Conflict, Forbidden, IllegalTransition, Invalid, LimitExceeded)
"""Somebody was first, or there is no room: that is what is being tried; a store that is not to be had is not."""


def work(desk: Desk, agents: list[str], groups: list[str], seed: int) -> None:
    chance = Random(seed)
    while True:
        agent = chance.choice(agents)
        door = desk.acting_as(Actor.agent(agent))
        waiting = door.ask(q.Queue(limit=20)).items
        mine = door.ask(q.ConsultingList(wrap_up=True))
        if not waiting and not mine:
            counts = desk.ask(q.CountsByState())
            if not (counts.queued or counts.active or counts.wrap_up):
                return
        try:
            if waiting and (not mine or chance.random() < 0.5):
                # from a page that may be out of date, as on any screen
                session = chance.choice(waiting)
                _take(desk, door, chance, session.id, agents)
            elif mine:
                _go_on(door, chance, chance.choice(mine), agents, groups)
            elif chance.random() < 0.1:
                door.do(c.SetStatus(chance.choice(["busy", "available", "available", "available"])))
        except REFUSED:
            continue


def _take(desk: Desk, door: Desk, chance: Random, session: str, agents: list[str]) -> None:
    try:
        if chance.random() < 0.7:
            door.do(c.ClaimSession(session))
        else:
            desk.do(c.AssignSession(session, chance.choice(agents)))
    except IllegalTransition as error:
        assert error.state == State.CLOSED, "who comes second is told who has it"


def _go_on(door: Desk, chance: Random, session: Session, agents: list[str], groups: list[str]) -> None:
    dice = chance.random()
    if session.state is State.WRAP_UP:
        door.do(c.WrapUp(session))
    elif dice < 0.15:
        door.do(c.TransferSession(session, agent=chance.choice(agents)))
    elif dice < 0.2:
        door.do(c.TransferSession(session, group=chance.choice(groups)))
    elif dice < 0.25:
        door.do(c.ReleaseSession(session))
    elif dice < 0.4:
        door.do(c.EndSession(session))
    else:
        door.do_all([c.EndSession(session), c.WrapUp(session)])


def main(url: str, seed: int, threads: int) -> None:
    desk = Desk.open(url)
    agents = [agent.id for agent in desk.ask(q.Agents())]
    groups = sorted({group for agent in desk.ask(q.Agents()) for group in agent.groups})
    with ThreadPoolExecutor(threads) as workers:
        for done in [workers.submit(work, desk, agents, groups, seed * 100 + number) for number in range(threads)]:
            done.result()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
