"""What can happen to a session.

May: describe events. May not: decide whether they may happen, or what follows.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Struct

from cschat.core.content import Content, Speaker, Visibility
from cschat.core.distribution import Decision
from cschat.core.look import Away
from cschat.core.people import Role
from cschat.core.records import PERSONAL, STAFF
from cschat.core.times import Micros
from cschat.core.turns import Clocks

__all__ = [
    "SESSION_BODIES",
    "ActionAnswerDropped",
    "ActionAnswered",
    "ActionRequested",
    "AgentRequested",
    "AgentUnavailable",
    "AlertRaised",
    "Assigned",
    "BotCursor",
    "BotMoved",
    "BotReplyDropped",
    "CategorySet",
    "Continued",
    "CustomerReplaced",
    "DelayedReplyChanged",
    "DelayedReplyDropped",
    "DelayedReplyHeld",
    "DelayedReplyReviewed",
    "DelayedReplySent",
    "Directed",
    "Ended",
    "ForceClosed",
    "Held",
    "LeftUnread",
    "Linked",
    "MessageLeft",
    "MessageSent",
    "MessagesRead",
    "MovedToIntake",
    "OfferPassed",
    "Opened",
    "OpenedByAgent",
    "PassedByAll",
    "PrioritySet",
    "Rated",
    "Released",
    "Reopened",
    "ReplyDelayed",
    "Resumed",
    "ReturnedToBot",
    "Routed",
    "RuleFired",
    "RuleStopped",
    "ScenarioFailed",
    "SessionTagged",
    "SlaBreached",
    "SlaWarned",
    "SubjectSet",
    "Transferred",
    "WrappedUp",
]


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
