"""Where "now" comes from.

May: be the one place that reads the machine's clock. May not: decide anything.

A Desk has exactly one Clock; nothing else in the package reads the time.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from cschat.core.times import Micros, as_datetime, as_micros
from cschat.errors import Invalid

__all__ = ["Clock", "FakeClock", "SystemClock"]


class Clock(Protocol):
    """What a Desk asks for the time."""

    def now(self) -> Micros:
        """Whole microseconds since 1970 in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> Micros:
        return time.time_ns() // 1000


class FakeClock:
    """A clock that moves only when told: for tests and simulations.

    It starts on a Monday, 2026-03-02 at 10:00 in Seoul, unless told otherwise.
    """

    def __init__(self, start: datetime | str = "2026-03-02 10:00", zone: str = "Asia/Seoul") -> None:
        self.zone = ZoneInfo(zone)
        self._now = self._instant(start)

    def now(self) -> Micros:
        return self._now

    def at(self, when: datetime | str) -> None:
        """Set the time: an aware datetime, or local text like "2026-03-02 18:30" in the clock's zone. Never backwards."""
        self.set(self._instant(when))

    def set(self, instant: Micros) -> None:
        """Set the time in microseconds. Never backwards."""
        if instant < self._now:
            raise Invalid(field="when", reason=f"a clock does not run backwards: it is {as_datetime(self._now).isoformat()}")
        self._now = instant

    def advance(self, **duration: float) -> None:
        """Move on by a duration in the words of `timedelta`: `advance(minutes=30)`."""
        self.set(self._now + timedelta(**duration) // timedelta(microseconds=1))

    def _instant(self, when: datetime | str) -> Micros:
        moment = datetime.fromisoformat(when) if isinstance(when, str) else when
        return as_micros(moment if moment.tzinfo else moment.replace(tzinfo=self.zone))
