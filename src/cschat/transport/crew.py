"""The crew: carries out what the relay has claimed, each target's deliveries in a thread of their own.

May: call handlers, and tell the relay how it went. May not: choose what is delivered.

A target that hangs holds up nobody else: a round waits for it no longer than `PATIENCE_SECONDS`, once. It goes on by itself, and nothing
more is claimed for it meanwhile. Its lease is the bound: after that its deliveries may be taken over.
"""

from __future__ import annotations

import inspect
import logging
import threading
import time
from collections.abc import Sequence
from itertools import groupby

from cschat.errors import StoreClosed, TryLater
from cschat.transport.relay import LEASE_SECONDS, Job, Relay

__all__ = ["PATIENCE_SECONDS", "SHIFT_SECONDS", "Crew"]

_log = logging.getLogger("cschat.relay")

PATIENCE_SECONDS = 1
"""How long a round waits for a target."""
SHIFT_SECONDS = LEASE_SECONDS / 2
"""After how long a target begins with no further delivery that was claimed for it: the lease of that must still be long enough."""


class Crew:
    """Who delivers, for one relay."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def round(self, patience: float = PATIENCE_SECONDS) -> int:
        """Deliver what is due; how much it was. What takes longer than `patience` seconds goes on when this has returned."""
        jobs = self._relay.claim()
        errors: list[Exception] = []
        threads = []
        for name, several in groupby(jobs, lambda job: job.target.name):
            self._relay.occupy(name, busy=True)
            threads.append(threading.Thread(target=self._work, args=(name, list(several), errors), name=f"cschat-{name}", daemon=True))
        for thread in threads:
            thread.start()
        until = time.monotonic() + patience
        for thread in threads:
            thread.join(max(0, until - time.monotonic()))
        if errors:
            raise errors[0]
        return len(jobs)

    def _work(self, name: str, jobs: Sequence[Job], errors: list[Exception]) -> None:
        try:
            self._shift(jobs)
        except StoreClosed as closed:
            errors.append(closed)  # the leases say what is left to do
        except Exception as error:  # the one who waits may have gone  # noqa: BLE001
            errors.append(error)
            _log.exception("%s: how its deliveries went could not be recorded", name, extra={"target": name})
        finally:
            self._relay.occupy(name, busy=False)

    def _shift(self, jobs: Sequence[Job]) -> None:
        until = time.monotonic() + SHIFT_SECONDS
        for number, job in enumerate(jobs, 1):
            if not self._relay.holds(job):
                self._relay.put_back(jobs[number - 1 :])
                return
            error = _attempt(job)
            self._relay.finish(job, error)
            if isinstance(error, TryLater) or time.monotonic() > until:
                self._relay.put_back(jobs[number:])
                return


def _attempt(job: Job) -> Exception | None:
    try:
        answer = job.target.handler(job.event, job.delivery)
        if inspect.isawaitable(answer):
            import anyio

            async def wait() -> None:
                await answer

            anyio.run(wait)
    except Exception as error:  # noqa: BLE001  (recorded with the delivery, and logged)
        return error
    return None
