"""A child process that works a desk with several threads and says aloud what was acknowledged, until it is killed.

`python writer.py URL SEED THREADS`: prints a line `<session> <seq>` after each command that has returned.
"""

import sys
import threading
from random import Random

from cschat import Actor, Desk
from cschat import commands as c
from cschat.errors import CschatError

LOCK = threading.Lock()


def say(session: str, seq: int) -> None:
    with LOCK:
        print(session, seq, flush=True)


def work(desk: Desk, agent: str, seed: int) -> None:
    chance = Random(seed)
    worker = desk.acting_as(Actor.agent(agent))
    number = 0
    while True:
        number += 1
        visitor = desk.acting_as(Actor.guest(f"{seed}-{number}"))
        session = visitor.do(c.OpenSession(text="안녕하세요"))
        say(session.id, session.seq)
        visitor.do(c.RequestAgent(session))
        message = visitor.do(c.SendMessage(session, text=f"{number}번 문의"))
        say(session.id, message.seq)
        try:
            say(session.id, worker.do(c.ClaimSession(session)).seq)
        except CschatError:
            continue
        for _ in range(chance.randrange(3)):
            say(session.id, worker.do(c.SendMessage(session, text="확인했습니다")).seq)
        ended, wrapped = worker.do_all([c.EndSession(session), c.WrapUp(session, note="끝", tags=["시험"])])
        say(session.id, ended.seq)
        say(session.id, wrapped.seq)


def main(url: str, seed: int, threads: int) -> None:
    desk = Desk.open(url)
    desk.do(c.ChangeBrand(accepting="open"))
    agents = [desk.do(c.AddAgent(name=f"상담사 {seed}-{number}", status="available")).id for number in range(threads)]
    workers = [threading.Thread(target=work, args=(desk, agent, seed * 100 + number)) for number, agent in enumerate(agents)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
