"""What can happen to all else that a brand has: groups, labels, knowledge, rules, hours, campaigns, ledger, reports.

May: describe events. May not: decide whether they may happen, or what follows.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from msgspec import Struct

from cschat.core.hours import Calendar, SpecialDay
from cschat.core.knowledge import ArticleType
from cschat.core.labels import TagList
from cschat.core.ledger import Entry, Tariff
from cschat.core.times import Micros

__all__ = [
    "AlertTargetAdded",
    "AlertTargetChanged",
    "AlertTargetRemoved",
    "AlertTargetTested",
    "AnnouncementAdded",
    "AnnouncementChanged",
    "AnnouncementRead",
    "AnnouncementRemoved",
    "ArticleAdded",
    "ArticleChanged",
    "ArticlePublished",
    "ArticleRemoved",
    "ArticleUnpublished",
    "BalanceLow",
    "BrandChanged",
    "BulkEnded",
    "BulkStarted",
    "CampaignAdded",
    "CampaignCancelled",
    "CampaignChanged",
    "CampaignDone",
    "CampaignMailFailed",
    "CampaignMailed",
    "CampaignScheduled",
    "CampaignStarted",
    "CannedResponseAdded",
    "CannedResponseChanged",
    "CannedResponseRemoved",
    "CategoryAdded",
    "CategoryChanged",
    "GroupAdded",
    "GroupChanged",
    "GroupRemoved",
    "HoursOverridden",
    "HoursSet",
    "LedgerSet",
    "MailReportAdded",
    "MailReportChanged",
    "MailReportDue",
    "MailReportRemoved",
    "Posted",
    "RecipientOptedOut",
    "ReportRemoved",
    "ReportSaved",
    "RuleAdded",
    "RuleChanged",
    "RuleMoved",
    "RuleRemoved",
    "ScenarioPublished",
    "SectionAdded",
    "SectionChanged",
    "SlaSet",
    "SpecialDayCleared",
    "SpecialDaysSet",
    "TagAdded",
    "TagChanged",
    "TariffSet",
    "ViewRemoved",
    "ViewSaved",
    "WebhookAdded",
    "WebhookChanged",
    "WebhookRemoved",
    "WebhookSecretRotated",
]


class GroupAdded(Struct, frozen=True):
    """A new group."""

    name: str


class GroupChanged(Struct, frozen=True):
    """The group has another name."""

    name: str


class GroupRemoved(Struct, frozen=True):
    """The group is no more; its agents have left it."""


class CategoryAdded(Struct, frozen=True):
    """A new node of the category tree."""

    path: str


class CategoryChanged(Struct, frozen=True):
    """The node was renamed, moved, disabled or enabled."""

    path: str
    disabled: bool


class TagAdded(Struct, frozen=True):
    """A new word in one of the two tag lists."""

    list: TagList
    name: str


class TagChanged(Struct, frozen=True):
    """The word was disabled or enabled."""

    disabled: bool


class ScenarioPublished(Struct, frozen=True):
    """A scenario has a new version; sessions that began with an older one finish on it."""

    name: str
    version: int


class SectionAdded(Struct, frozen=True):
    """A new section for articles."""

    name: str
    names: dict[str, str]
    place: int


class SectionChanged(Struct, frozen=True):
    """The section was renamed, moved, disabled or enabled: `before` and `after`, by field."""

    before: dict[str, Any]
    after: dict[str, Any]


class ArticleAdded(Struct, frozen=True):
    """A new article, a draft. `fields` is what it says, by field."""

    type: ArticleType
    title: str
    fields: dict[str, Any]


class ArticleChanged(Struct, frozen=True):
    """The article says something else, or stands elsewhere: `before` and `after`, by field."""

    before: dict[str, Any]
    after: dict[str, Any]


class ArticlePublished(Struct, frozen=True):
    """Customers see the article from `publish` on, and with `unpublish` no more from then on."""

    publish: Micros
    unpublish: Micros | None = None


class ArticleUnpublished(Struct, frozen=True):
    """Customers see the article no more from `unpublish` on."""

    unpublish: Micros


class ArticleRemoved(Struct, frozen=True):
    """The article is in no list and no search any more."""


class CannedResponseAdded(Struct, frozen=True):
    """A new canned response. `fields` is what it says, by field."""

    shortcut: str
    fields: dict[str, Any]


class CannedResponseChanged(Struct, frozen=True):
    """The canned response has other words, another shortcut or another group: `before` and `after`, by field."""

    before: dict[str, Any]
    after: dict[str, Any]


class CannedResponseRemoved(Struct, frozen=True):
    """The canned response is no more; its shortcut is free."""


class AlertTargetAdded(Struct, frozen=True):
    """Alerts of these kinds go to a new place."""

    name: str
    type: str
    kinds: tuple[str, ...] = ()


class AlertTargetChanged(Struct, frozen=True):
    """Settings of an alert target changed, by field; addresses and secrets are not told."""

    before: dict[str, Any]
    after: dict[str, Any]


class AlertTargetTested(Struct, frozen=True):
    """A test alert is to be sent there."""


class AlertTargetRemoved(Struct, frozen=True):
    """No alert goes there any more."""


class WebhookAdded(Struct, frozen=True):
    """A new address is told of events of these types (none: all), `staff` of all that is in them."""

    types: tuple[str, ...] = ()
    staff: bool = False


class WebhookChanged(Struct, frozen=True):
    """Settings of a webhook changed, by field; its address is not told."""

    before: dict[str, Any]
    after: dict[str, Any]


class WebhookSecretRotated(Struct, frozen=True):
    """Another secret signs for the webhook; the one before signs as well `until` then."""

    until: Micros


class WebhookRemoved(Struct, frozen=True):
    """The address is told of nothing any more."""


class AnnouncementAdded(Struct, frozen=True):
    """All customers are told something, from `begins` until `ends`."""

    title: str
    text: str
    words: tuple[str, ...]
    begins: Micros
    ends: Micros | None = None


class AnnouncementChanged(Struct, frozen=True):
    """It says something else: `before` and `after`, by field."""

    before: dict[str, Any]
    after: dict[str, Any]


class AnnouncementRead(Struct, frozen=True):
    """A customer has read it; `enough`: and said that they need not ask."""

    customer: str
    enough: bool = False


class AnnouncementRemoved(Struct, frozen=True):
    """It is shown no more."""


class CampaignAdded(Struct, frozen=True):
    """A new campaign. `fields` is what it says, by field."""

    name: str
    fields: dict[str, Any]


class CampaignChanged(Struct, frozen=True):
    """It says something else: `before` and `after`, by field."""

    before: dict[str, Any]
    after: dict[str, Any]


class CampaignScheduled(Struct, frozen=True):
    """It begins at `starts`."""

    starts: Micros


class CampaignStarted(Struct, frozen=True):
    """It is being sent."""


class CampaignCancelled(Struct, frozen=True):
    """It goes to nobody any more."""


class CampaignDone(Struct, frozen=True):
    """Everybody of its audience has got it, or cannot."""


class CampaignMailed(Struct, frozen=True):
    """The mail to a recipient is to be sent."""

    campaign: str
    customer: str


class CampaignMailFailed(Struct, frozen=True):
    """No server takes the mail to a recipient: `reason` is what it said."""

    reason: str


class RecipientOptedOut(Struct, frozen=True):
    """The recipient has taken the way out."""


class MailReportAdded(Struct, frozen=True):
    """A report goes out by mail from now on."""

    every: str
    hour: int


class MailReportChanged(Struct, frozen=True):
    """Settings of a report changed, by field; who gets it is not told."""

    before: dict[str, Any]
    after: dict[str, Any]


class MailReportDue(Struct, frozen=True):
    """The report about what was from `start` until `end` is to be sent."""

    start: Micros
    end: Micros


class MailReportRemoved(Struct, frozen=True):
    """It goes out no more."""


class BrandChanged(Struct, frozen=True):
    """Settings of the brand changed: `before` and `after`, by field."""

    before: dict[str, Any]
    after: dict[str, Any]


class HoursSet(Struct, frozen=True):
    """The brand has other opening hours from now on."""

    calendar: Calendar


class SpecialDaysSet(Struct, frozen=True):
    """These dates differ from the week."""

    days: tuple[SpecialDay, ...]


class SpecialDayCleared(Struct, frozen=True):
    """The date is as any other again."""

    day: date


class HoursOverridden(Struct, frozen=True):
    """It is `open` until the next closing, or closed until the next opening, whatever the hours say; None: no more."""

    open: bool | None


class RuleAdded(Struct, frozen=True):
    """A new rule. `fields` is what it says, by field."""

    rule: str
    name: str
    fields: dict[str, Any]


class RuleChanged(Struct, frozen=True):
    """A rule says something else: `before` and `after`, by field."""

    rule: str
    before: dict[str, Any]
    after: dict[str, Any]


class RuleMoved(Struct, frozen=True):
    """A rule stands elsewhere in the order, which now is this."""

    rule: str
    order: tuple[str, ...]


class RuleRemoved(Struct, frozen=True):
    """A rule is no more."""

    rule: str
    name: str


class SlaSet(Struct, frozen=True):
    """How soon people must be answered: `before` and `after`, policy by policy."""

    before: tuple[dict[str, Any], ...]
    after: tuple[dict[str, Any], ...]


class LedgerSet(Struct, frozen=True):
    """The brand has a ledger, or another rule for it: `before` and `after`, by field."""

    before: dict[str, Any]
    after: dict[str, Any]


class TariffSet(Struct, frozen=True):
    """Things cost this from `tariff.since` on."""

    tariff: Tariff


class Posted(Struct, frozen=True):
    """Money was charged, topped up or adjusted; the `entries` sum to zero. `accounts` and `counts` are the sums with this posting.

    `kind` is account, session, sms, notification, top_up or adjustment; `key` says what was charged, and is charged once.
    """

    kind: str
    entries: tuple[Entry, ...]
    key: str = ""
    count: int = 0
    note: str = ""
    accounts: dict[str, int] = msgspec.field(default_factory=dict)
    counts: dict[str, int] = msgspec.field(default_factory=dict)


class BalanceLow(Struct, frozen=True):
    """The balance has fallen below the mark that the brand has set, or did not reach for account fees: `unpaid` of them are open."""

    balance: int
    unpaid: int = 0


class ReportSaved(Struct, frozen=True):
    """A report is kept under a name. `fields` is what it asks, by field."""

    name: str
    fields: dict[str, Any]


class ReportRemoved(Struct, frozen=True):
    """The report is kept no more."""

    name: str


class ViewSaved(Struct, frozen=True):
    """An agent keeps a choice of sessions under a name."""

    name: str
    only_if: dict[str, Any]


class ViewRemoved(Struct, frozen=True):
    """The choice is kept no more."""

    name: str


class BulkStarted(Struct, frozen=True):
    """Every session that fits, opened from `since` and before `until`, is to be changed: all of `then`."""

    only_if: dict[str, Any]
    then: tuple[dict[str, Any], ...]
    since: Micros | None
    until: Micros


class BulkEnded(Struct, frozen=True):
    """It is over, in the `state` done, cancelled or stopped (for a `reason`), and went well or ill with so many sessions."""

    state: str
    done: int
    failed: int
    reason: str = ""
