"""A process of its own that writes to the suite's store, and says what was acknowledged: `python -m cschat.testing.child`.

May: write until it is told to stop, or killed. May not: be imported by a test for anything but `Child`.
"""

from __future__ import annotations

import base64
import pickle
import signal
import subprocess
import sys
from types import TracebackType
from typing import Self

from cschat.testing.things import Reopen, add_one, transact

__all__ = ["Child"]


class Child:
    """Opens the store in a new process, and there adds one to a thing so many times (None: until it is killed)."""

    def __init__(self, opener: Reopen, id: str, times: int | None) -> None:
        order = base64.b64encode(pickle.dumps((opener, id, times))).decode()
        command = [sys.executable, "-m", "cschat.testing.child", order]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603  (ourselves)
        self._hear("ready")

    def go(self) -> None:
        """Let it begin."""
        assert self._process.stdin is not None
        print("go", file=self._process.stdin, flush=True)

    def acknowledged(self, count: int | None = None) -> list[int]:
        """The next sums that it was told (None: all to the end)."""
        assert self._process.stdout is not None
        if count is None:
            return [int(line) for line in self._process.stdout if line.endswith("\n")]
        return [int(self._process.stdout.readline()) for _ in range(count)]

    def kill(self) -> None:
        """Kill it as nothing can be killed more."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _hear(self, word: str) -> None:
        assert self._process.stdout is not None
        heard = self._process.stdout.readline().strip()
        assert heard == word, f"the child process said {heard!r}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def main() -> None:
    """What the child does."""
    opener, id, times = pickle.loads(base64.b64decode(sys.argv[1]))  # noqa: S301  (written by `Child`)
    store = opener()
    store.position()
    print("ready", flush=True)  # noqa: T201  (to the parent)
    sys.stdin.readline()
    while times is None or times > 0:
        print(transact(store, add_one(id)), flush=True)  # noqa: T201
        times = None if times is None else times - 1
    store.close()


if __name__ == "__main__":
    main()
