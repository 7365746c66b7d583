"""Alerts: follows the log for every alert target, and tells it what its staff wants to know.

May: look up what an alert is about, send it. May not: record anything but that a target takes nothing more.

One delivery for each target and event. What is true when it is delivered counts: who has the session, what was said last, who has muted
what. An alert that is more than a day late is not sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import attrs

from cschat.commands.outgoing import DisableTarget
from cschat.core import events as e
from cschat.core.alerts import AlertKind, AlertTarget, AlertType
from cschat.core.brand import Brand
from cschat.core.clock import Clock
from cschat.core.content import Content, ContentKind, Speaker, Visibility
from cschat.core.events import Event
from cschat.core.labels import Category
from cschat.core.people import Agent, AgentStatus, Customer, Role
from cschat.core.session import Session, State
from cschat.core.texts import balance_text
from cschat.core.times import SECOND
from cschat.core.webhooks import Secret, secret_id
from cschat.storage.protocol import In, Store, Transaction
from cschat.transport.mail import Smtp
from cschat.transport.notices import Facts, Notice, notice, test_notice
from cschat.transport.relay import Delivery, Patience, Target

__all__ = ["Alert", "Alerts", "beginning", "kind_of"]

MAX_LATE = 86_400 * SECOND
PATIENCE = Patience(tries=100, longest=600)
"""Half a day: an alert is worth something only while there is something to be done."""
_LOOK_BACK = 100
_ALL = 10_000

_KINDS: dict[type, AlertKind] = {
    e.AgentRequested: AlertKind.AGENT_REQUESTED,
    e.Assigned: AlertKind.ASSIGNED,
    e.Transferred: AlertKind.ASSIGNED,
    e.MessageLeft: AlertKind.MESSAGE_LEFT,
    e.MovedToIntake: AlertKind.MESSAGE_LEFT,
    e.Opened: AlertKind.NEW_SESSION,
    e.MessageSent: AlertKind.CUSTOMER_REPLIED,
    e.ScenarioFailed: AlertKind.BOT_FAILURE,
    e.BalanceLow: AlertKind.LOW_BALANCE,
}
_PICTURES = {
    "ko": {ContentKind.IMAGE: "(사진)", ContentKind.FILE: "(파일)"},
    "en": {ContentKind.IMAGE: "(a picture)", ContentKind.FILE: "(a file)"},
}


def kind_of(event: Event) -> AlertKind | None:
    """The kind of alert that an event is, if any."""
    body = event.body
    if isinstance(body, e.AlertRaised):
        return AlertKind(body.kind) if body.kind in {*AlertKind} else AlertKind.RULE
    if isinstance(body, e.Transferred) and body.to != "agent":
        return None
    if isinstance(body, e.MessageSent) and (body.author is not Speaker.CUSTOMER or body.visibility is not Visibility.PUBLIC or body.step):
        return None
    return _KINDS.get(type(body))


def beginning(tx: Transaction, target: str, since: int) -> int:
    """The position with which a target began to follow: that of its event of this seq."""
    return tx.events(target, after_seq=since - 1, limit=1)[0].position


@attrs.frozen
class Alert:
    """What is to be sent, and where: `to` are the receivers of mail, `name` is that of the brand."""

    target: AlertTarget
    notice: Notice
    secret: str = attrs.field(repr=False)
    to: tuple[str, ...]
    name: str


class Alerts:
    """The alert targets of one desk. `carry` carries a command out for a brand; `smtp` is the host's mail server."""

    def __init__(self, store: Store, clock: Clock, carry: Callable[[str, DisableTarget], None]) -> None:
        self.smtp: Smtp | None = None
        self._store = store
        self._clock = clock
        self._carry = carry
        self._began: dict[tuple[str, int], int] = {}

    def targets(self, tx: Transaction, /) -> Iterable[Target]:
        for target in tx.find(AlertTarget, where={"removed": In((False, True))}, limit=_ALL):
            name, handler = f"alerts:{target.id}", partial(self._deliver, target.id)
            if target.removed or target.disabled:
                yield Target(name, frozenset(), handler, ended=True)
                continue
            began = (target.id, target.since)
            if began not in self._began:
                self._began[began] = beginning(tx, *began)
            bodies = {body.__name__ for body, kind in _KINDS.items() if kind in target.kinds}
            wanted = frozenset(bodies | {e.AlertRaised.__name__, e.AlertTargetTested.__name__})
            yield Target(name, wanted, handler, brand=target.brand, since=self._began[began], patience=PATIENCE)

    # ----------------------------------------------------------------------------------------------------------- looking

    def _deliver(self, id: str, event: Event, delivery: Delivery) -> None:
        alert = self._store.read(lambda tx: self._look(tx, id, event))
        if alert is None:
            return
        from cschat.transport.services import send

        gone = send(alert, self.smtp, id=delivery.id, time=event.time, now=self._clock.now())
        if gone is not None:
            self._carry(event.brand, DisableTarget(id, reason=gone))

    def _look(self, tx: Transaction, id: str, event: Event) -> Alert | None:
        """What to send, if it is still wanted."""
        target = tx.peek(AlertTarget, id)
        if target is None or target.removed or target.disabled or event.time < self._clock.now() - MAX_LATE:
            return None
        brand = tx.peek(Brand, event.brand) or Brand(id=event.brand)
        language, secret = target.language or brand.language, tx.peek(Secret, secret_id(id))
        said = partial(Alert, target, secret="" if secret is None else secret.value, name=brand.name)
        if isinstance(event.body, e.AlertTargetTested):
            return said(test_notice(brand.name, language), to=target.addresses) if event.subject == id else None
        kind, session = kind_of(event), tx.peek(Session, event.subject)
        if kind is None or kind not in target.kinds:
            return None
        if isinstance(event.body, e.BalanceLow):
            text = balance_text(language, event.body.balance, event.body.unpaid)
            facts, concerned = Facts(kind, brand.name, text=text), _admins(tx, event.brand, kind)
        elif session is None or (kind is AlertKind.CUSTOMER_REPLIED and not _unseen(tx, session, event)):
            return None
        else:
            facts = _facts(tx, brand, session, event, kind=kind, language=language)
            concerned = _concerned(tx, session, event, kind)
        to = target.addresses
        if target.personal:
            to = tuple(dict.fromkeys([*to, *(agent.email for agent in concerned)]))
        if target.type is AlertType.MAIL and not to:
            return None
        return said(notice(facts, language), to=to)


def _unseen(tx: Transaction, session: Session, event: Event) -> bool:
    """Whether this is the first that the customer said in a talk since staff last read or wrote there, and none of them has read it."""
    if session.state is not State.ACTIVE or session.read_by_staff >= event.seq:
        return False
    since = max(session.read_by_staff, session.handed, event.seq - 1 - _LOOK_BACK)
    before = tx.events(session.id, after_seq=since, limit=_LOOK_BACK)
    return not any(other.seq < event.seq and kind_of(other) is AlertKind.CUSTOMER_REPLIED for other in before)


def _concerned(tx: Transaction, session: Session, event: Event, kind: AlertKind) -> list[Agent]:
    """The agents whom an alert concerns, who can be reached and have not muted it; nobody is told of what they did themselves.

    Whoever has the session; if nobody has it the agents of its group, or of the brand if it has none.
    """
    owner = event.body.agent if kind is AlertKind.ASSIGNED else session.agent
    if owner is not None:
        found = [agent for agent in [tx.peek(Agent, owner)] if agent is not None and not agent.removed]
    else:
        found = [agent for agent in _agents(tx, session.brand) if session.group is None or session.group in agent.groups]
    return [agent for agent in found if agent.email and kind not in agent.muted and event.actor != f"agent:{agent.id}"]


def _admins(tx: Transaction, brand: str, kind: AlertKind) -> list[Agent]:
    """The admins of a brand, whom its money concerns, who can be reached and have not muted it."""
    return [agent for agent in _agents(tx, brand) if agent.role is Role.ADMIN and agent.email and kind not in agent.muted]


def _agents(tx: Transaction, brand: str) -> list[Agent]:
    here = {"brand": brand, "removed": False}
    return [agent for status in AgentStatus for agent in tx.find(Agent, where={**here, "status": status}, limit=_ALL)]


def _facts(tx: Transaction, brand: Brand, session: Session, event: Event, *, kind: AlertKind, language: str) -> Facts:
    body, customer = event.body, tx.peek(Customer, session.customer)
    owner = body.agent if kind is AlertKind.ASSIGNED else session.agent
    agent = None if owner is None else tx.peek(Agent, owner)
    category = None if session.category is None else tx.peek(Category, session.category)
    how = ""
    if kind is AlertKind.ASSIGNED:
        how = "transfer" if isinstance(body, e.Transferred) else body.how
    elif isinstance(body, e.MovedToIntake):
        how = "moved"
    failed = isinstance(body, e.ScenarioFailed)
    return Facts(
        kind=kind,
        brand=brand.name,
        customer="" if customer is None else customer.name,
        agent="" if agent is None else agent.name,
        how=how,
        channel=session.channel,
        category="" if category is None else category.path,
        subject=session.subject,
        said=_said(tx, session, event, language),
        text=body.text if isinstance(body, e.AlertRaised) else body.reason if failed else "",
        scenario=f"{body.scenario} / {body.step}" if failed else "",
        link=brand.workspace_url.replace("{session}", session.id),
    )


def _said(tx: Transaction, session: Session, event: Event, language: str) -> str:
    """What the customer said last, up to the event."""
    recent = tx.events(session.id, after_seq=max(0, event.seq - _LOOK_BACK), limit=_LOOK_BACK)
    said = [one.body.content for one in recent if one.seq <= event.seq and kind_of(one) is AlertKind.CUSTOMER_REPLIED]
    if not said:
        return ""
    content: Content = said[-1]
    return content.text or _PICTURES["ko" if language.startswith("ko") else "en"].get(content.kind, "")
