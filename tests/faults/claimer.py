"""A child process in which several threads claim, transfer, release and end whatever waits, as fast as they can.

`python claimer.py URL SEED THREADS`: prints a line for each acknowledged claim: `<session> <agent>`.
"""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random

from cschat import Actor, Desk
from cschat import commands as c
from cschat import queries as q
from cschat.errors import Conflict, Forbidden, LimitExceeded

LOCK = threading.Lock()


def work(desk: Desk, agents: list[str], seed: int) -> None:
    chance = Random(seed)
    while True:
        agent = chance.choice(agents)
        door = desk.acting_as(Actor.agent(agent))
        waiting = door.ask(q.Queue(limit=20)).items
        mine = door.ask(q.ConsultingList(wrap_up=True))
        if not waiting and not mine and not any(desk.ask(q.ConsultingList(agent=other, wrap_up=True)) for other in agents):
            return
        try:
            if waiting and (not mine or chance.random() < 0.6):
                session = chance.choice(waiting)
                door.do(c.ClaimSession(session))
                with LOCK:
                    print(session.id, agent, flush=True)
            elif mine:
                session = chance.choice(mine)
                if session.state == "wrap_up":
                    door.do(c.WrapUp(session))
                elif chance.random() < 0.2:
                    door.do(c.TransferSession(session, agent=chance.choice(agents)))
                else:
                    door.do_all([c.EndSession(session), c.WrapUp(session)])
        except (Conflict, Forbidden, LimitExceeded):
            continue  # somebody was first, or has no room: that is what is being tried; a store that is not to be had is not


def main(url: str, seed: int, threads: int) -> None:
    desk = Desk.open(url)
    agents = [agent.id for agent in desk.ask(q.Agents())]
    with ThreadPoolExecutor(threads) as workers:
        for done in [workers.submit(work, desk, agents, seed * 100 + number) for number in range(threads)]:
            done.result()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
