"""Answers that customers have not read, by mail: follows the log, and sends them where a brand wants it so.

May: put the mail together and hand it over. May not: decide that something was left unread (`commands.leaving` does).

What is true when it is sent counts: who has read it meanwhile, has been erased or has no mail address gets nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from cschat.commands.leaving import MOST, answers
from cschat.core import events as e
from cschat.core.brand import Brand
from cschat.core.events import Event
from cschat.core.fields import is_mail_address
from cschat.core.look import Away
from cschat.core.people import Agent, Customer
from cschat.core.session import Session
from cschat.core.texts import unread_text
from cschat.core.transcript import content_text
from cschat.errors import Conflict
from cschat.storage.protocol import Store, Transaction
from cschat.transport.formats import letter
from cschat.transport.mail import Smtp, hand_over
from cschat.transport.relay import Delivery, Target

__all__ = ["UnreadMail"]

_SHOWN = 10
_LETTERS = 2_000
_PAGE = 500


@attrs.frozen
class _Letter:
    """What is to be sent, and to whom."""

    to: str
    subject: str
    text: str


class UnreadMail:
    """The mail about unread answers of one desk."""

    def __init__(self, store: Store, smtp: Callable[[], Smtp | None]) -> None:
        self._store, self._smtp = store, smtp
        self._since: int | None = None

    def targets(self, tx: Transaction, /) -> Iterable[Target]:
        """One for all brands, as soon as one wants mail."""
        if self._since is None:
            brands = tx.find(Brand, where={"away": Away.MAIL}, limit=_PAGE)
            if not brands:
                return
            self._since = min(_wanted_since(tx, brand) for brand in brands)
        yield Target("unread", frozenset({e.LeftUnread.__name__}), self._deliver, since=self._since)

    def _deliver(self, event: Event, delivery: Delivery) -> None:
        found = self._store.read(lambda tx: _look(tx, event))
        if found is None:
            return
        smtp = self._smtp()
        if smtp is None:
            raise Conflict("this desk has no mail server: name one with desk.mail(Smtp(...))", session_id=event.subject)
        mail = letter(found.subject, found.text, sender=smtp.sender, to=found.to, id=delivery.id, time=event.time, way_out="")
        hand_over(smtp, mail, (found.to,))


def _wanted_since(tx: Transaction, brand: Brand) -> int:
    """The position at which a brand first wanted mail; 0 if it was imported without its events."""
    seq = 0
    while page := tx.events(brand.id, after_seq=seq, limit=_PAGE):
        for event in page:
            if isinstance(event.body, e.BrandChanged) and event.body.after.get("away") == Away.MAIL:
                return event.position
        seq = page[-1].seq
    return 0


def _look(tx: Transaction, event: Event) -> _Letter | None:
    """What to send, if it is still wanted."""
    session = tx.get(Session, event.subject)
    customer, brand = tx.get(Customer, session.customer), tx.peek(Brand, event.brand)
    to = customer.profile.email
    if event.body.away is not Away.MAIL or brand is None or customer.erased or not is_mail_address(to):
        return None
    unread = answers(session, tx.events(session.id, after_seq=session.read_by_customer, limit=MOST))
    if event.body.message not in {one.body.id for one in unread}:
        return None
    said = [(_name(tx, one), content_text(one.body.content)[:_LETTERS]) for one in unread[:_SHOWN]]
    language = session.language or customer.language or brand.language
    link = brand.chat_url.replace("{session}", session.id)
    return _Letter(to, *unread_text(language, brand.name, said, len(unread), link))


def _name(tx: Transaction, event: Event) -> str:
    """Who said it; "" for a bot."""
    agent = None if event.body.agent is None else tx.peek(Agent, event.body.agent)
    return "" if agent is None else agent.name
