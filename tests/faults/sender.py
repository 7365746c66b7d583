"""A child process that does what is due on a desk, and says aloud when something is committed, until nothing is left or it is killed.

`python sender.py URL NOW`: `NOW` is the time (microseconds since 1970) that it is there.
"""

import sys

from cschat import Desk
from cschat.core.clock import FakeClock


def main(url: str, now: int) -> None:
    clock = FakeClock()
    clock.set(now)
    desk = Desk.open(url, clock=clock)
    desk.store.subscribe(lambda: print("committed", flush=True))
    while desk.run_clocks():
        pass
    print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
