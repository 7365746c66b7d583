"""Campaigns by mail: follows the log, and sends each recipient theirs.

May: put a mail together and hand it over. May not: record anything but that a recipient's mail is taken by no server.

What is true when it is sent counts: who has been erased or has opted out meanwhile gets nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from cschat.audience import worded
from cschat.commands.campaigns import FailRecipient
from cschat.core import events as e
from cschat.core.campaigns import MARKETING, Campaign, CampaignState, CampaignType, Recipient, agreed
from cschat.core.events import Event
from cschat.core.people import Customer
from cschat.errors import Conflict, Hopeless
from cschat.sight import Sight
from cschat.storage.protocol import In, Store, Transaction
from cschat.transport.alerts import beginning
from cschat.transport.formats import letter
from cschat.transport.mail import Smtp, hand_over
from cschat.transport.relay import Delivery, Target

__all__ = ["Campaigns"]

_BEGUN = (CampaignState.RUNNING, CampaignState.DONE, CampaignState.CANCELLED)


@attrs.frozen
class _Letter:
    """What is to be sent, and to whom; `out`: where a recipient opts out, "" if that is not asked for."""

    to: str
    subject: str
    text: str
    out: str


class Campaigns:
    """The mail of all campaigns of one desk. `see` looks at a transaction as the desk itself; `carry` carries a command out for a brand."""

    def __init__(
        self,
        store: Store,
        smtp: Callable[[], Smtp | None],
        see: Callable[[Transaction, str], Sight],
        carry: Callable[[str, FailRecipient], None],
    ) -> None:
        self._store, self._smtp, self._see, self._carry = store, smtp, see, carry
        self._since: int | None = None

    def targets(self, tx: Transaction, /) -> Iterable[Target]:
        """One for all campaigns, as soon as one has begun."""
        if self._since is None:
            if not tx.count(Campaign, where={"state": In(_BEGUN)}, at_most=1):
                return
            begun = [found[0] for state in _BEGUN if (found := tx.find(Campaign, where={"state": state}, order="added", limit=1))]
            self._since = min(beginning(tx, campaign.id, 1) for campaign in begun)
        yield Target("campaigns", frozenset({e.CampaignMailed.__name__}), self._deliver, since=self._since)

    def _deliver(self, event: Event, delivery: Delivery) -> None:
        found = self._store.read(lambda tx: self._look(tx, event))
        if found is None:
            return
        smtp = self._smtp()
        if smtp is None:
            raise Conflict("this desk has no mail server: name one with desk.mail(Smtp(...))", recipient_id=event.subject)
        mail = letter(found.subject, found.text, sender=smtp.sender, to=found.to, id=delivery.id, time=event.time, way_out=found.out)
        try:
            hand_over(smtp, mail, (found.to,))
        except Hopeless as error:
            self._carry(event.brand, FailRecipient(event.subject, str(error)[:500]))

    def _look(self, tx: Transaction, event: Event) -> _Letter | None:
        """What to send, if it is still wanted."""
        recipient = tx.get(Recipient, event.subject)
        campaign, customer = tx.get(Campaign, recipient.campaign), tx.get(Customer, recipient.customer)
        if customer.erased or not customer.profile.email:
            return None
        marketing = campaign.type is CampaignType.MARKETING
        if marketing and not agreed(customer.consents, MARKETING):
            return None
        see = self._see(tx, event.brand)
        subject, text = worded(see, campaign, recipient, customer)
        out = see.brand().opt_out_url.replace("{recipient}", recipient.id) if marketing else ""
        return _Letter(customer.profile.email, subject, text, out)
