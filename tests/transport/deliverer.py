"""A child process that delivers what a desk's file holds, and kills itself after having sent, before that is noted.

`python deliverer.py URL FILE ROUND AFTER`: appends `<delivery id> <text>` to FILE for each message it sends; after AFTER of them, it is
gone in the middle of the next. Its clock is so many leases on as rounds have been before it. It ends if there is nothing left to send.
"""

import os
import signal
import sys

from cschat import Desk
from cschat import events as e
from cschat.core.clock import FakeClock
from cschat.transport.relay import LEASE_SECONDS


def main(url: str, file: str, round_: int, after: int) -> None:
    clock = FakeClock()
    clock.advance(seconds=(round_ + 1) * (LEASE_SECONDS + 1))
    left = [after]
    with Desk.open(url, clock=clock) as desk, open(file, "a", encoding="utf-8", buffering=1) as sent:  # noqa: PTH123

        @desk.after(e.MessageSent, name="outbox")
        def send(event, delivery):
            sent.write(f"{delivery.id} {event.body.content.text}\n")
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

        desk.settle()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
