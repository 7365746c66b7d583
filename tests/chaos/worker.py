"""The processes of the chaos test: web processes, relays, processes for the clocks, watchers; each works until it is killed.

`python worker.py URL BUS FOLDER` forks one for each line that it reads. Whatever one must answer for goes to the file `FOLDER/ROLE-NUMBER`,
a line at a time. Leases are a second or two long here.
"""

import json
import os
import signal
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from pathlib import Path
from random import Random

from cschat import Actor, Desk
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core import leases
from cschat.core.times import as_datetime
from cschat.errors import CschatError, StoreUnavailable
from cschat.transport import crew, relay

THREADS = 3
PAUSE = threading.Event()


class Book:
    """A file of lines, each written whole, however many processes write and whoever is killed."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, *words: object) -> None:
        os.write(self._file, (json.dumps(words) + "\n").encode())


def insist(step):
    """Do it until the store has answered: a request that is repeated has no further effect."""
    while True:
        try:
            return step()
        except StoreUnavailable:
            PAUSE.wait(0.05)


def write(desk: Desk, book: Book, name: str, seed: int) -> None:
    """Conversations from opening to wrap-up, each command with a request id, and noted once it is acknowledged."""
    chance, number = Random(seed), 0
    agents = [agent.id for agent in insist(lambda: desk.ask(q.Agents()))]
    while True:
        number += 1
        try:
            converse(desk, book, chance, f"{name}-{os.getpid()}-{seed}-{number}", agents)
        except CschatError as error:
            assert error.status_hint < 500, error  # somebody was first, or there is no room: that is life


def converse(desk: Desk, book: Book, chance: Random, name: str, agents: list[str]) -> None:
    visitor, worker = desk.acting_as(Actor.guest(name)), desk.acting_as(Actor.agent(chance.choice(agents)))

    def say(door: Desk, session: str, text: str) -> None:
        message = insist(lambda: door.do(c.SendMessage(session, text=text, client_id=text)))
        book.note(session, message.seq, text)

    opened = insist(lambda: visitor.do(c.OpenSession(text=f"{name} 0"), request_id=f"{name} open"))
    session = opened.id
    book.note(session, opened.seq, f"{name} 0")
    insist(lambda: visitor.do(c.RequestAgent(session), request_id=f"{name} ask"))
    for step in range(1, chance.randrange(2, 5)):
        say(visitor, session, f"{name} {step}")
    owner = insist(lambda: desk.ask(q.GetSession(session))).agent
    if owner is None:
        claimed = insist(lambda: worker.do(c.ClaimSession(session), request_id=f"{name} claim"))
        book.note(session, claimed.seq, None)
    else:
        worker = desk.acting_as(Actor.agent(owner))
    say(worker, session, f"{name} answer")
    if chance.random() < 0.3:
        until = as_datetime(desk.clock.now()) + timedelta(milliseconds=500)
        held = insist(lambda: worker.do(c.HoldSession(session, until), request_id=f"{name} hold"))
        book.note(session, held.seq, None)
        say(visitor, session, f"{name} still there?")
    done = insist(lambda: worker.do_all([c.EndSession(session), c.WrapUp(session, note="끝")], request_id=f"{name} end"))
    book.note(session, done[-1].seq, None)


def deliver(desk: Desk, book: Book) -> None:
    desk.after(e.MessageSent, name="told")(lambda event, delivery: book.note(delivery.id, event.subject, event.seq))
    go_on(desk, desk.run_due)


def see_to_clocks(desk: Desk) -> None:
    go_on(desk, desk.run_clocks)


def go_on(desk: Desk, run) -> None:
    while True:
        if insist(run) == 0:
            insist(lambda: desk.store.wait(after=desk.position(), timeout=0.2))


def watch(desk: Desk, book: Book, path: Path) -> None:
    """From where the one before has come to, as a browser that reconnects."""
    lines = path.read_bytes().splitlines()
    position = json.loads(lines[-1])[0] if lines else 0
    while True:
        try:
            for event in desk.watch(after=position):
                book.note(event.position)
                position = event.position
        except StoreUnavailable:
            PAUSE.wait(0.05)


def work(url: str, bus: str, folder: Path, task: str) -> None:
    """What a process does until it is killed."""
    role, number, seed = task.split()
    leases.LEASE_SECONDS, relay.LEASE_SECONDS, crew.SHIFT_SECONDS = 1, 2, 1.0
    desk, path = Desk.open(url, bus=bus), folder / f"{role}-{number}"
    book = Book(path)
    if role == "write":
        pool = ThreadPoolExecutor(THREADS)
        for ended in as_completed([pool.submit(write, desk, book, number, int(seed) * 100 + thread) for thread in range(THREADS)]):
            ended.result()
    elif role == "deliver":
        deliver(desk, book)
    elif role == "clocks":
        see_to_clocks(desk)
    else:
        watch(desk, book, path)


def main(url: str, bus: str, folder: str) -> None:
    """Fork a worker for each line `ROLE NUMBER SEED` that comes in, and answer with its process id."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            try:
                work(url, bus, Path(folder), line)
            except Exception:  # noqa: BLE001  (told, and the process ends)
                traceback.print_exc()
            finally:
                os._exit(1)
        print(process, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
