"""What some commands are answered with: asking for a person, a webhook with its secret.

May: describe answers. May not: find them.
"""

from __future__ import annotations

from datetime import datetime

import attrs

from cschat.core.rules import Rule
from cschat.core.webhooks import Webhook

__all__ = ["Connected", "Queued", "SavedRule", "Signing", "Unavailable"]


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
    """Nobody can come: `reason` is closed, lunch, holiday, nobody, overflow or suspended."""

    reason: str
    opens_at: datetime | None = None


@attrs.frozen
class Signing:
    """A webhook and the secret that signs what it is told: `whsec_` and base64, to be kept where the webhook is received."""

    webhook: Webhook
    secret: str = attrs.field(repr=False)


@attrs.frozen
class SavedRule:
    """A rule as it was saved, and `warnings` for people: rules that may set each other off, by way of this one."""

    rule: Rule
    warnings: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The rule's id, so that this may be given wherever a rule is named."""
        return self.rule.id
