"""A child process that does the desk's own work on a store, with leases of a second, until it is killed.

`python worker.py URL WORK LOG STOP`: `WORK` is `clocks` or `deliveries`. A line for each thing done goes to the file `LOG`:
`<process> <what>`. When it has done `STOP` things (0: never) it stops itself, as a machine that is put to sleep does: between two clocks,
or within a delivery. It says "awake" when it goes on, and "quiet" when there is nothing to do.
"""

import os
import signal
import sys

from cschat import Desk
from cschat import events as e
from cschat.core import leases
from cschat.transport import relay


def main(url: str, work: str, log: str, stop: int) -> None:
    leases.LEASE_SECONDS = relay.LEASE_SECONDS = 1
    desk, done = Desk.open(url), 0
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def did(what: str) -> None:
        nonlocal done
        os.write(file, f"{os.getpid()} {what}\n".encode())
        done += 1
        if done == stop:
            desk.store.rest()  # whoever is stopped in the middle of reading or writing an SQLite file may hold up everybody
            os.kill(os.getpid(), signal.SIGSTOP)
            desk.store.wake(child=False)
            print("awake", flush=True)

    def transact(work, keys=(), brand_id=None):
        answer = through(work, keys, brand_id)
        if brand_id is not None and answer:
            did("clock")
        return answer

    through, desk._transact = desk._transact, transact
    if work == "deliveries":
        desk.after(e.MessageSent, name="told")(lambda event, delivery: did(f"{event.subject} {event.seq} {delivery.id}"))
    run = desk.run_clocks if work == "clocks" else desk.run_due
    while True:
        if run() == 0:
            print("quiet", flush=True)
            desk.store.wait(after=desk.position(), timeout=0.1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
