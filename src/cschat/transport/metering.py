"""Numbers for whoever watches a desk: how long commands take, how full batches are, how deliveries go, who is behind.

May: time, and hand numbers to the host's function. May not: keep any, or cost anything where no host asked.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from cschat.core.times import SECOND, Micros
from cschat.errors import CschatError

if TYPE_CHECKING:  # queries are loaded when one is asked
    from cschat.queries.operating import HealthAnswer

__all__ = ["EVERY_SECONDS", "Meter", "Metering"]

_log = logging.getLogger("cschat.desk")

Meter: TypeAlias = Callable[[str, float, Mapping[str, str]], None]
"""A host's function of a name, a value and labels. Called from any thread, amid work: it must be quick, and not call the desk."""

EVERY_SECONDS = 15
"""How often a process that runs what is due tells who is behind."""


class Metering:
    """Tells a host's meter. What it raises is logged and harms nobody."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def tell(self, name: str, value: float, **labels: str) -> None:
        """One number."""
        try:
            self._meter(name, value, labels)
        except Exception:  # noqa: BLE001  (a host's function; the work must go on)
            _log.exception("the meter failed", extra={"metric": name})

    @contextmanager
    def timing(self, name: str, **labels: str) -> Generator[None]:
        """The seconds that a block takes, with its `outcome`: ok, or the code of the error that ends it."""
        outcome, begun = "ok", time.perf_counter()
        try:
            yield
        except BaseException as error:
            outcome = error.code if isinstance(error, CschatError) else type(error).__name__
            raise
        finally:
            self.tell(name, time.perf_counter() - begun, outcome=outcome, **labels)

    def batch(self, works: int, waiting: int, seconds: float) -> None:
        """A commit: how many works it held, how many wait for the next, how long it took."""
        self.tell("batch_works", works)
        self.tell("batch_seconds", seconds)
        self.tell("batch_waiting", waiting)

    def health(self, health: HealthAnswer, now: Micros) -> None:
        """Who is behind, what is overdue (seconds), what was given up."""
        self.tell("clocks_overdue_seconds", 0.0 if health.clocks is None else (now - health.clocks) / SECOND)
        self.tell("deliveries_parked", health.parked)
        for one in health.consumers:
            self.tell("consumer_events_behind", one.behind, consumer=one.name)
