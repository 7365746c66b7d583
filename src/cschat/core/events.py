"""Everything that can happen. What happened is never changed; only erasure blanks its personal fields.

May: describe events. May not: decide whether they may happen (`session`) or what follows.

An `Event` is the envelope (which brand and subject, its place in the subject and in the store, when, by whom, because of what);
its `body` says what happened. The body's class name is the event's type, on the wire and in the database.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Struct

from cschat.core.content import Content, Speaker, Visibility
from cschat.core.distribution import Decision
from cschat.core.hours import Calendar, SpecialDay
from cschat.core.knowledge import ArticleType
from cschat.core.labels import TagList
from cschat.core.ledger import Entry, Tariff
from cschat.core.look import Away
from cschat.core.people import AgentStatus, CustomerKind, Profile, Role
from cschat.core.records import PERSONAL, STAFF
from cschat.core.times import Micros, as_datetime
from cschat.core.turns import Clocks

# ------------------------------------------------------------------------------------------------------------- sessions


class Opened(Struct, frozen=True):
    """A customer began a session. `previous` is the closed one that it goes on from."""

    customer: str
    channel: str
    language: str | None = None
    subject: Annotated[str, PERSONAL] = ""
    previous: str | None = None
    page: Annotated[str, PERSONAL] = ""


class OpenedByAgent(Struct, frozen=True):
    """An agent began it (outbound): it waits in no queue."""

    agent: str
    customer: str
    channel: str
    language: str | None = None
    subject: Annotated[str, PERSONAL] = ""
    previous: str | None = None


class AgentRequested(Struct, frozen=True):
    """A person was asked for, and the request was accepted."""

    turn: Annotated[Clocks | None, STAFF] = None


class AgentUnavailable(Struct, frozen=True):
    """A person was asked for, and nobody can come: `reason` is closed, lunch, holiday, nobody, overflow or suspended."""

    reason: str
    opens_at: Micros | None = None


class MessageLeft(Struct, frozen=True):
    """The customer leaves what they said, to be answered later."""

    turn: Annotated[Clocks | None, STAFF] = None


class MovedToIntake(Struct, frozen=True):
    """The desk took the session out of the queue: it will be answered later."""

    reason: str
    turn: Annotated[Clocks | None, STAFF] = None


class ReturnedToBot(Struct, frozen=True):
    """Out of the queue, back to where nobody had asked for a person."""

    reason: str
    turn: Annotated[Clocks | None, STAFF] = None


class Routed(Struct, frozen=True):
    """It waits for those of a `lane`, by `route`, until it `widens` to more. Without a lane: until somebody claims it."""

    lane: Annotated[str | None, STAFF]
    route: Annotated[str, STAFF]
    widens: Annotated[Micros | None, STAFF] = None


class Directed(Struct, frozen=True):
    """It should go to an agent, or to those of a group, and to nobody else; with neither, to whom the routes say."""

    agent: Annotated[str | None, STAFF] = None
    group: Annotated[str | None, STAFF] = None


class Assigned(Struct, frozen=True):
    """An agent has it. `how`: claim, manual or auto; `why` is for people.

    An offer (auto) lapses if nobody has answered `until` then. A claim `out_of_turn` left somebody behind who had waited longer.
    """

    agent: str
    how: str
    why: Annotated[str, PERSONAL, STAFF] = ""
    turn: Annotated[Clocks | None, STAFF] = None
    until: Annotated[Micros | None, STAFF] = None
    out_of_turn: Annotated[bool, STAFF] = False
    decision: Annotated[Decision | None, STAFF] = None


class OfferPassed(Struct, frozen=True):
    """The agent to whom it was given did not answer in time: it is the next one's."""

    agent: Annotated[str, STAFF]


class PassedByAll(Struct, frozen=True):
    """Everybody who could have it has let it pass; all may be asked again."""


class Transferred(Struct, frozen=True):
    """Handed on, `to` an "agent" or to the queue of a "group", with a note for whoever takes over."""

    to: str
    agent: str | None = None
    group: str | None = None
    note: Annotated[str, PERSONAL, STAFF] = ""


class Released(Struct, frozen=True):
    """Back to the queue."""

    why: Annotated[str, PERSONAL, STAFF] = ""


class Held(Struct, frozen=True):
    """The agent waits for something else; clocks stop until `until`, or until the customer writes."""

    until: Micros


class Resumed(Struct, frozen=True):
    """The hold is over."""

    by: Role


class Ended(Struct, frozen=True):
    """The talk is over. An end by the system names its `timer` and `policy`. `wrap_up_by` is when the note must be there."""

    by: Role
    reason: str
    timer: Annotated[str | None, STAFF] = None
    policy: Annotated[str | None, STAFF] = None
    wrap_up_by: Annotated[Micros | None, STAFF] = None
    turn: Annotated[Clocks | None, STAFF] = None


class WrappedUp(Struct, frozen=True):
    """The closing note is written (or, by the system, given up: `reason`)."""

    by: Role
    note: Annotated[str, PERSONAL, STAFF] = ""
    category: Annotated[str | None, STAFF] = None
    tags: Annotated[tuple[str, ...], STAFF] = ()
    reason: Annotated[str, STAFF] = "done"
    turn: Annotated[Clocks | None, STAFF] = None


class Reopened(Struct, frozen=True):
    """It goes on, in the state `to`; `agent` has it if that is ACTIVE."""

    by: Role
    to: str
    agent: str | None = None
    turn: Annotated[Clocks | None, STAFF] = None


class ForceClosed(Struct, frozen=True):
    """Closed from wherever it was."""

    by: Role
    reason: str
    turn: Annotated[Clocks | None, STAFF] = None


class MessageSent(Struct, frozen=True):
    """Something was said. A message that a side scenario took is a `step` of it: no turn, no activity."""

    id: str
    author: Speaker
    content: Content
    visibility: Visibility = Visibility.PUBLIC
    agent: str | None = None
    step: bool = False


class MessagesRead(Struct, frozen=True):
    """Customer or agents have read up to a seq."""

    reader: Speaker
    up_to: int


class CategorySet(Struct, frozen=True):
    """What the session is about."""

    category: Annotated[str | None, STAFF] = None


class PrioritySet(Struct, frozen=True):
    """How urgent it is, and how many milliseconds it is put before others in the queue (less than 0: behind)."""

    priority: Annotated[str, STAFF]
    head_start: Annotated[int, STAFF] = 0


class SubjectSet(Struct, frozen=True):
    """One line that says what the session is about."""

    subject: Annotated[str, PERSONAL]


class SessionTagged(Struct, frozen=True):
    """Tags were added or removed."""

    added: Annotated[tuple[str, ...], STAFF] = ()
    removed: Annotated[tuple[str, ...], STAFF] = ()


class Linked(Struct, frozen=True):
    """It is about what an announcement tells; None: about no such thing."""

    announcement: str | None


class Rated(Struct, frozen=True):
    """The customer judged: `score` out of `scale`."""

    score: int
    scale: int
    comment: Annotated[str, PERSONAL] = ""


class LeftUnread(Struct, frozen=True):
    """An answer was not looked at: the customer has not read `message`, nor what followed it (`count` in all), and is not there.

    Recorded once until they read. `away` is how they are to learn of it: push (by the host) or mail (by the desk).
    """

    message: str
    count: int
    away: Away


class BotCursor(Struct, frozen=True):
    """Where a scenario stands in a session, and what it knows so far.

    `tries` counts wrong answers to the step, `part` is where in it (the field of a form), `frames` are the scenarios to come back to, with
    the step there. `asked` is the seq of the action that it waits for, `until` when it gives that up.
    """

    scenario: str
    step: str
    known: Annotated[dict[str, Any], PERSONAL] = msgspec.field(default_factory=dict)
    tries: int = 0
    part: int = 0
    frames: tuple[tuple[str, str], ...] = ()
    asked: int = 0
    until: Micros | None = None


class BotMoved(Struct, frozen=True):
    """The main or side scenario moved; no cursor: it is over. `path` are the steps it left, each with the edge it took.

    The path begins in `scenario`; `called` are the scenarios that were called on the way, each with the place in the path it begins at.
    """

    side: bool
    cursor: Annotated[BotCursor | None, STAFF] = None
    scenario: Annotated[str, STAFF] = ""
    path: Annotated[tuple[tuple[str, str], ...], STAFF] = ()
    called: Annotated[tuple[tuple[int, str], ...], STAFF] = ()


class ActionRequested(Struct, frozen=True):
    """A scenario wants the host to do something; `until` is when it no longer waits."""

    action: Annotated[str, STAFF]
    given: Annotated[dict[str, Any], PERSONAL, STAFF]
    until: Annotated[Micros, STAFF]


class ActionAnswered(Struct, frozen=True):
    """The action that was requested at the seq `answers` is done, with a `value`, or has failed, for a `reason`."""

    answers: int
    ok: bool
    value: Annotated[Any, PERSONAL, STAFF] = None
    reason: Annotated[str, PERSONAL, STAFF] = ""


class ActionAnswerDropped(Struct, frozen=True):
    """The answer to the action requested at the seq `answers` came when nobody waited for it any more."""

    answers: int


class ScenarioFailed(Struct, frozen=True):
    """A scenario could not go on: people take over."""

    scenario: Annotated[str, STAFF]
    step: Annotated[str, STAFF]
    reason: Annotated[str, STAFF]


class AlertRaised(Struct, frozen=True):
    """Staff must know of something: `kind` is one of `AlertKind`, `text` is for people, `rule` names the rule that says so."""

    kind: Annotated[str, STAFF]
    text: Annotated[str, PERSONAL, STAFF]
    rule: Annotated[str | None, STAFF] = None


class RuleFired(Struct, frozen=True):
    """A rule of the brand was set off; what it has done names this as its cause."""

    rule: Annotated[str, STAFF]
    name: Annotated[str, STAFF]


class RuleStopped(Struct, frozen=True):
    """A rule could not do what it says, for a `reason`; or it would have set itself off again by way of the rules of the `chain`."""

    rule: Annotated[str, STAFF]
    name: Annotated[str, STAFF]
    reason: Annotated[str, STAFF]
    chain: Annotated[tuple[str, ...], STAFF] = ()


class SlaWarned(Struct, frozen=True):
    """The time for a `goal` is nearly up, by a policy: it is at `due`. The clock runs since the event `since`."""

    policy: Annotated[str, STAFF]
    goal: Annotated[str, STAFF]
    since: Annotated[int, STAFF]
    due: Annotated[Micros, STAFF]


class SlaBreached(Struct, frozen=True):
    """The time for a `goal` is up, by a policy: it was at `due`. The clock runs since the event `since`."""

    policy: Annotated[str, STAFF]
    goal: Annotated[str, STAFF]
    since: Annotated[int, STAFF]
    due: Annotated[Micros, STAFF]


class ReplyDelayed(Struct, frozen=True):
    """An agent has written what is to be said at `due`, if the `reviewer` approves of it (None: nobody has to)."""

    reply: Annotated[str, STAFF]
    agent: Annotated[str, STAFF]
    due: Annotated[Micros, STAFF]
    content: Annotated[Content, STAFF]
    reviewer: Annotated[str | None, STAFF] = None


class DelayedReplyChanged(Struct, frozen=True):
    """A delayed reply has other words or another time, and waits (again)."""

    reply: Annotated[str, STAFF]
    due: Annotated[Micros, STAFF]
    content: Annotated[Content, STAFF]


class DelayedReplyReviewed(Struct, frozen=True):
    """A colleague has approved a delayed reply or declined it, with a `note`."""

    reply: Annotated[str, STAFF]
    approved: Annotated[bool, STAFF]
    note: Annotated[str, PERSONAL, STAFF] = ""


class DelayedReplyHeld(Struct, frozen=True):
    """A delayed reply is not sent before somebody has looked at it, for a `reason`."""

    reply: Annotated[str, STAFF]
    reason: Annotated[str, STAFF]


class DelayedReplySent(Struct, frozen=True):
    """A delayed reply has become the `message`."""

    reply: Annotated[str, STAFF]
    message: Annotated[str, STAFF]


class DelayedReplyDropped(Struct, frozen=True):
    """A delayed reply will never be sent, for a `reason`; cancelled is one."""

    reply: Annotated[str, STAFF]
    reason: Annotated[str, STAFF]


class BotReplyDropped(Struct, frozen=True):
    """A bot answered what was said at `answers`, but the session had gone into other hands meanwhile."""

    answers: int


class Continued(Struct, frozen=True):
    """The customer's next message opened a new session, `session`."""

    session: str


class CustomerReplaced(Struct, frozen=True):
    """Two customers turned out to be one: the session is now `customer`'s."""

    customer: str


# --------------------------------------------------------------------------------------------------------------- people


class CustomerRegistered(Struct, frozen=True):
    """The desk got to know a customer."""

    key: Annotated[str, PERSONAL]
    type: CustomerKind
    profile: Profile = Profile()


class CustomerUpdated(Struct, frozen=True):
    """Profile, language, attributes or device changed; the fields that are named are the new values."""

    changes: Annotated[dict[str, Any], PERSONAL]


class CustomerTagged(Struct, frozen=True):
    """Tags were added or removed."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class ConsentRecorded(Struct, frozen=True):
    """The customer agreed to something, or took it back."""

    what: str
    purpose: str
    version: str
    given: bool


class CustomerMerged(Struct, frozen=True):
    """This customer is now `into`; their sessions have moved there."""

    into: str


class Erased(Struct, frozen=True):
    """All that is personal was blanked, here and in the `sessions` sessions of this customer."""

    sessions: int


class AgentAdded(Struct, frozen=True):
    """A new agent."""

    name: str
    role: Role
    status: AgentStatus
    capacity: int
    auto_limit: int
    user_id: str | None = None
    groups: tuple[str, ...] = ()
    email: str = ""
    image: str = ""


class AgentChanged(Struct, frozen=True):
    """Settings of an agent changed: `before` and `after`, by field."""

    before: dict[str, Any]
    after: dict[str, Any]


class AgentStatusSet(Struct, frozen=True):
    """An agent declared a status, or it was set for them."""

    status: AgentStatus
    by: Role
    reason: str = ""


class AgentRemoved(Struct, frozen=True):
    """The agent works here no more; what they had is back in the queue or closed."""


# ------------------------------------------------------------------------------------------------------------- settings


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


SESSION_BODIES: tuple[type, ...] = (
    Opened,
    OpenedByAgent,
    AgentRequested,
    AgentUnavailable,
    MessageLeft,
    MovedToIntake,
    ReturnedToBot,
    Routed,
    Directed,
    Assigned,
    OfferPassed,
    PassedByAll,
    Transferred,
    Released,
    Held,
    Resumed,
    Ended,
    WrappedUp,
    Reopened,
    ForceClosed,
    MessageSent,
    MessagesRead,
    CategorySet,
    PrioritySet,
    SubjectSet,
    SessionTagged,
    Linked,
    LeftUnread,
    Rated,
    BotMoved,
    BotReplyDropped,
    ActionRequested,
    ActionAnswered,
    ActionAnswerDropped,
    ScenarioFailed,
    AlertRaised,
    RuleFired,
    RuleStopped,
    SlaWarned,
    SlaBreached,
    ReplyDelayed,
    DelayedReplyChanged,
    DelayedReplyReviewed,
    DelayedReplyHeld,
    DelayedReplySent,
    DelayedReplyDropped,
    Continued,
    CustomerReplaced,
)
"""What can happen to a session."""

BODIES: dict[str, type] = {
    body.__name__: body
    for body in (
        *SESSION_BODIES,
        CustomerRegistered,
        CustomerUpdated,
        CustomerTagged,
        ConsentRecorded,
        CustomerMerged,
        Erased,
        AgentAdded,
        AgentChanged,
        AgentStatusSet,
        AgentRemoved,
        GroupAdded,
        GroupChanged,
        GroupRemoved,
        CategoryAdded,
        CategoryChanged,
        TagAdded,
        TagChanged,
        ScenarioPublished,
        SectionAdded,
        SectionChanged,
        ArticleAdded,
        ArticleChanged,
        ArticlePublished,
        ArticleUnpublished,
        ArticleRemoved,
        CannedResponseAdded,
        CannedResponseChanged,
        CannedResponseRemoved,
        AlertTargetAdded,
        AlertTargetChanged,
        AlertTargetTested,
        AlertTargetRemoved,
        WebhookAdded,
        WebhookChanged,
        WebhookSecretRotated,
        WebhookRemoved,
        AnnouncementAdded,
        AnnouncementChanged,
        AnnouncementRead,
        AnnouncementRemoved,
        CampaignAdded,
        CampaignChanged,
        CampaignScheduled,
        CampaignStarted,
        CampaignCancelled,
        CampaignDone,
        CampaignMailed,
        CampaignMailFailed,
        RecipientOptedOut,
        MailReportAdded,
        MailReportChanged,
        MailReportDue,
        MailReportRemoved,
        BrandChanged,
        HoursSet,
        SpecialDaysSet,
        SpecialDayCleared,
        HoursOverridden,
        RuleAdded,
        RuleChanged,
        RuleMoved,
        RuleRemoved,
        SlaSet,
        LedgerSet,
        TariffSet,
        Posted,
        BalanceLow,
        ReportSaved,
        ReportRemoved,
        ViewSaved,
        ViewRemoved,
        BulkStarted,
        BulkEnded,
    )
}
"""Every type of event by its name."""

Body: TypeAlias = Any
"""One of `BODIES`."""


class Event(Struct, frozen=True):
    """One thing that happened.

    `seq` counts without gaps within the subject (a session, or the customer, agent, setting or article it is about);
    `position` rises through the whole store and is 0 until the store has it. `actor` is `customer:<id>`, `agent:<id>`, `system`
    or `host`. `cause` is `<subject>:<seq>` of the event that a reactor answered with this one. `once` is what makes a repeated
    request one event.
    """

    brand: str
    subject: str
    seq: int
    time: Micros
    actor: str
    body: Body
    cause: str | None = None
    once: str | None = None
    position: int = 0

    @property
    def type(self) -> str:
        return type(self.body).__name__

    @property
    def at(self) -> datetime:
        return as_datetime(self.time)

    @property
    def name(self) -> str:
        """`<subject>:<seq>`, which names the event for good."""
        return f"{self.subject}:{self.seq}"
