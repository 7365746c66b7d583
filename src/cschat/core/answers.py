"""What asking for a person is answered with.

May: describe answers. May not: find them.
"""

from __future__ import annotations

from datetime import datetime

import attrs

__all__ = ["Connected", "Queued", "Unavailable"]


@attrs.frozen
class Queued:
    """The session waits: `position` counts from 1 to 1,000, which stands for more as well.

    `expected_wait` is in seconds: half of those who are told it wait no longer. None if it cannot be told.
    """

    position: int
    expected_wait: float | None = None


@attrs.frozen
class Connected:
    """An agent has it."""

    agent: str


@attrs.frozen
class Unavailable:
    """Nobody can come: `reason` is closed, lunch, holiday, nobody or overflow."""

    reason: str
    opens_at: datetime | None = None
