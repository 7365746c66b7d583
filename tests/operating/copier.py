"""A child process that copies a store, and says aloud each step that is written, until it is done or killed.

`python copier.py FROM_URL TO_URL`
"""

import sys

from cschat.data import copying
from cschat.kinds import KINDS
from cschat.storage.opening import open_store


def main(source: str, target: str) -> None:
    copying._EVENTS = copying._RECORDS = 20
    copying.copy_store(
        open_store(source, KINDS), open_store(target, KINDS), told=lambda step, done, most: print(step, done, most, flush=True)
    )
    print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
