"""Alerts: which kinds there are, and where they go.

May: describe kinds and targets. May not: know an event, render or send anything.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from cschat.core.records import Index

__all__ = ["BY_TOKEN", "BY_URL", "DEFAULT_KINDS", "AlertKind", "AlertTarget", "AlertType"]


class AlertKind(StrEnum):
    """What staff can be told of. `NO_ANSWER`: agents did not take up what they were given. `RULE`: a rule of the brand says so."""

    AGENT_REQUESTED = "agent_requested"
    ASSIGNED = "assigned"
    MESSAGE_LEFT = "message_left"
    NO_ANSWER = "no_answer"
    RULE = "rule"
    NEW_SESSION = "new_session"
    CUSTOMER_REPLIED = "customer_replied"
    SLA = "sla"
    BOT_FAILURE = "bot_failure"
    LOW_BALANCE = "low_balance"
    SURGE = "surge"


DEFAULT_KINDS = (AlertKind.AGENT_REQUESTED, AlertKind.ASSIGNED, AlertKind.MESSAGE_LEFT, AlertKind.NO_ANSWER, AlertKind.RULE)
"""What a new target is told of, unless it is said otherwise."""


class AlertType(StrEnum):
    """What kind of place a target is. `HIWORKS` is a chat room's incoming webhook, `HIWORKS_OFFICE` the notifications of an office."""

    SLACK = "slack"
    JANDI = "jandi"
    HIWORKS = "hiworks"
    HIWORKS_OFFICE = "hiworks_office"
    TELEGRAM = "telegram"
    MAIL = "mail"


BY_URL = frozenset({AlertType.SLACK, AlertType.JANDI, AlertType.HIWORKS})
"""Types whose URL is all that one needs to write there: it is the secret."""
BY_TOKEN = frozenset({AlertType.TELEGRAM, AlertType.HIWORKS_OFFICE})
"""Types that need a token."""


class AlertTarget(Struct, frozen=True):
    """Where alerts go. What gives access to it (a webhook's URL, a token) is no field of it: it is in its `Secret`.

    `url` is another address of a service by token than the usual one. `chat` is Telegram's, `users` are Hiworks', `addresses` are mail's.
    `personal`: mail to the agents whom the alert concerns. `language`: None is the brand's. `private`: addresses of our own network may be
    called. `reason` says why it was disabled; `since` is the seq of the event with which it began to follow.
    """

    kind: ClassVar[str] = "alert_target"
    prefix: ClassVar[str] = "alt"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("removed", "brand")),)

    id: str
    brand: str
    seq: int
    name: str
    type: AlertType
    kinds: tuple[AlertKind, ...] = DEFAULT_KINDS
    language: str | None = None
    url: str = ""
    chat: str = ""
    users: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    personal: bool = False
    private: bool = False
    disabled: bool = False
    reason: str = ""
    removed: bool = False
    since: int = 1
