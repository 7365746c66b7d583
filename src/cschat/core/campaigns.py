"""Campaigns: messages to many customers at once, and what became of each.

May: describe them, whom they are for, and when nobody is to be disturbed. May not: send anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from cschat.core.people import Attribute, Consent, Customer
from cschat.core.records import STAFF, Index
from cschat.core.times import Micros, as_datetime, as_micros

__all__ = [
    "MARKETING",
    "NIGHT",
    "Audience",
    "Campaign",
    "CampaignState",
    "CampaignType",
    "Recipient",
    "RecipientState",
    "Way",
    "agreed",
    "morning_after",
    "zone_of",
]

MARKETING = "marketing"
"""`Consent.what` of who wants to hear of offers."""
NIGHT = "marketing_night"
"""`Consent.what` of who wants to hear of them at night too."""
_EVENING, _MORNING = time(21), time(8)


class CampaignType(StrEnum):
    """Marketing goes to who has agreed to it, is marked, and rests at night. A notice concerns the service that the customer has."""

    MARKETING = "marketing"
    NOTICE = "notice"


class CampaignState(StrEnum):
    """Draft: may be changed. Scheduled: begins by itself. Running: being sent. Done, cancelled: over."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class Way(StrEnum):
    """How a customer is reached: by mail, or in the last session that they had."""

    MAIL = "mail"
    SESSION = "session"


class Audience(Struct, frozen=True):
    """Whom a campaign is for: who fits all that is said here; nothing: everybody.

    `tags`: has one of them. `attributes`: has these values. `language`. `channel`, `seen` and `unseen`: their last session was on this
    channel; something happened in it at `seen` or later; nothing since `unseen`. `announcement`: a session of theirs is linked to it.
    """

    tags: tuple[str, ...] = ()
    attributes: dict[str, Attribute] = msgspec.field(default_factory=dict)
    language: str | None = None
    channel: str | None = None
    seen: Micros | None = None
    unseen: Micros | None = None
    announcement: str | None = None

    @property
    def asks_for_a_session(self) -> bool:
        """Whether something is asked of the customer's last session."""
        return self.channel is not None or self.seen is not None or self.unseen is not None

    def fits(self, customer: Customer) -> bool:
        """Whether a customer fits, as far as the record tells."""
        return (
            (not self.tags or bool({*self.tags} & {*customer.tags}))
            and all(customer.attributes.get(name) == value for name, value in self.attributes.items())
            and self.language in (None, customer.language)
        )

    def fits_session(self, channel: str, last: Micros) -> bool:
        """Whether a customer's last session fits."""
        return self.channel in (None, channel) and (self.seen is None or self.seen <= last) and (self.unseen is None or last < self.unseen)


class Campaign(Struct, frozen=True):
    """캠페인: a `subject` and a `text` with variables for an `audience`, by the first of the `ways` that reaches each.

    `looked` is how far the customers have been looked through, by (registered, id); None: not begun, or done. `found`: so many recipients.
    """

    kind: ClassVar[str] = "campaign"
    prefix: ClassVar[str] = "cmp"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "added")), Index(("state", "added")))

    id: str
    brand: str
    seq: int
    name: str
    type: CampaignType
    subject: str
    text: str
    added: Micros
    audience: Audience = Audience()
    ways: tuple[Way, ...] = (Way.SESSION, Way.MAIL)
    state: CampaignState = CampaignState.DRAFT
    starts: Micros | None = None
    looked: tuple[Micros, str] | None = None
    found: int = 0
    ended: Micros | None = None


class RecipientState(StrEnum):
    """Waiting: for the morning, or for its turn. Sent: handed over. Skipped, failed: `reason` says why."""

    WAITING = "waiting"
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"


class Recipient(Struct, frozen=True):
    """What a campaign did for one customer: there is one for each pair, and a `number` for each. Its id is what a way out of mail names."""

    kind: ClassVar[str] = "recipient"
    prefix: ClassVar[str] = "rcp"
    indexes: ClassVar[tuple[Index, ...]] = (
        Index(("campaign", "customer"), unique=True),
        Index(("campaign", "number")),
        Index(("campaign", "due")),
    )

    id: str
    brand: str
    seq: int
    campaign: str
    customer: str
    number: int
    state: RecipientState = RecipientState.WAITING
    due: Micros | None = None
    way: Way | None = None
    session: Annotated[str | None, STAFF] = None
    sent: Micros | None = None
    reason: str = ""
    opted_out: bool = False


def agreed(consents: tuple[Consent, ...], what: str) -> bool:
    """Whether a customer has agreed to something, and has not taken it back since."""
    return next((consent.given for consent in reversed(consents) if consent.what == what), False)


def morning_after(now: Micros, zone: ZoneInfo) -> Micros | None:
    """When the night is over in which an instant falls (21:00 to 08:00 there); None: it is day."""
    local = as_datetime(now).astimezone(zone)
    if _MORNING <= local.time() < _EVENING:
        return None
    day = local.date() + timedelta(days=local.time() >= _EVENING)
    return as_micros(datetime.combine(day, _MORNING, zone))


def zone_of(device: Mapping[str, str], brand_zone: str) -> ZoneInfo:
    """The zone that a customer's device tells (`zone`), else the brand's."""
    try:
        return ZoneInfo(device.get("zone") or brand_zone)
    except (KeyError, ValueError, OSError):  # whatever a browser has said
        return ZoneInfo(brand_zone)
