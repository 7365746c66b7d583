"""The brand: one desk of one company, and its policies.

May: hold settings. May not: apply them.

A brand that nobody has changed yet has no record and is all defaults. Durations are stored in milliseconds.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import msgspec
from msgspec import Struct

from cschat.core.content import FormField
from cschat.core.distribution import Distribution
from cschat.core.look import Away, Look
from cschat.core.records import Index
from cschat.core.scenarios import EntryRule

__all__ = ["Accepting", "Brand", "OnAbsence", "Reopening"]


class Accepting(StrEnum):
    """Whether requests for a person are accepted: when the hours say open and somebody is available, always, or never."""

    AUTO = "auto"
    OPEN = "open"
    CLOSED = "closed"


class OnAbsence(StrEnum):
    """What the desk does for who asks for a person while nobody can come: take a message, or say when to come again."""

    INTAKE = "intake"
    REFUSE = "refuse"


class Reopening(StrEnum):
    """What a customer's message to a closed session does once the grace is over."""

    SAME_SESSION = "same_session"
    NEW_SESSION = "new_session"
    NEVER = "never"


class Brand(Struct, frozen=True):
    """Settings of one desk. `reopening` is by channel; "*" stands for every channel that is not named.

    `entry` says which scenario a new session begins with, `beside` which one begins beside people, by `BESIDE`; `distribution` is how
    work is handed out. `intake_texts` are its own words for when nobody can come, by reason. Opening hours are a record of their own.
    `workspace_url` is the page of a session for staff, with `{session}` where its id belongs; "": there is none. `delay_live`: replies in a
    live talk may be delayed too. `opt_out_url` is the page on which a `{recipient}` of marketing opts out; "": there is none, and no
    marketing. `short_wait`: who leaves the queue sooner than this has hardly waited, and is shown apart in statistics. `guest_form` is what
    a guest is asked first: fields of the profile by their names, attributes by all others. `away`: how a customer learns of an answer
    that they have not read after `away_after`. `chat_url` is the page on which customers talk, where a mail leads.
    """

    kind: ClassVar[str] = "brand"
    prefix: ClassVar[str] = "brd"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("away",)),)

    id: str
    seq: int = 0
    name: str = ""
    language: str = "ko"
    zone: str = "Asia/Seoul"
    accepting: Accepting = Accepting.AUTO
    grace: int = 600_000
    reopening: dict[str, Reopening] = msgspec.field(default_factory=lambda: {"*": Reopening.NEW_SESSION})
    reopen_window: int = 86_400_000
    wrap_up_limit: int | None = None
    seen_fence: bool = False
    end_when_gone: bool = False
    open_labels: bool = True
    entry: tuple[EntryRule, ...] = ()
    beside: dict[str, str] = msgspec.field(default_factory=dict)
    distribution: Distribution = Distribution()
    absence: OnAbsence = OnAbsence.INTAKE
    intake_texts: dict[str, str] = msgspec.field(default_factory=dict)
    workspace_url: str = ""
    delay_live: bool = False
    opt_out_url: str = ""
    short_wait: int = 10_000
    look: Look = Look()
    guest_form: tuple[FormField, ...] = ()
    away: Away = Away.BADGE
    away_after: int = 60_000
    chat_url: str = ""

    @property
    def brand(self) -> str:
        return self.id

    def reopening_for(self, channel: str) -> Reopening:
        """The reopening policy of a channel."""
        return self.reopening.get(channel) or self.reopening.get("*", Reopening.NEW_SESSION)
