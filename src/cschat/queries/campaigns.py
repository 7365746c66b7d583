"""Campaigns: what there is, whom one would reach, and what became of it.

May: look and count. May not: send.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from cschat.audience import fits
from cschat.core.access import Permission
from cschat.core.campaigns import Campaign, Recipient, RecipientState
from cschat.core.fields import is_id, record_id
from cschat.core.people import Customer
from cschat.queries.protocol import Page, limit_field, page
from cschat.sight import Sight

__all__ = ["CampaignResult", "CampaignResults", "Campaigns", "CountAudience", "Recipients"]

_PAGE = 1_000


@attrs.frozen
class Campaigns:
    """The campaigns of the brand, the newest first."""

    permission: ClassVar = Permission.SERVE

    after: str | None = None
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[Campaign]:
        return page(ctx, Campaign, {"brand": ctx.brand_id}, order="-added", after=self.after, limit=self.limit)


@attrs.frozen
class CountAudience:
    """How many customers a campaign is for as they are now. Who has not agreed to marketing is counted too. Looks at every customer."""

    permission: ClassVar = Permission.ADMINISTER

    campaign: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Sight) -> int:
        audience, after, count = ctx.mine(Campaign, self.campaign).audience, None, 0
        while found := ctx.tx.find(Customer, where={"brand": ctx.brand_id}, order="registered", after=after, limit=_PAGE):
            count += sum(fits(ctx, audience, customer) for customer in found)
            after = (found[-1].registered, found[-1].id)
        return count


@attrs.frozen
class CampaignResult:
    """What became of a campaign: recipients by state, skipped and failed ones by reason, and how many of all have opted out since."""

    campaign: Campaign
    states: dict[RecipientState, int]
    reasons: dict[str, int]
    opted_out: int


@attrs.frozen
class CampaignResults:
    """What became of a campaign: a `CampaignResult`. "Sent" by mail: handed over; what no server takes is "failed" then."""

    permission: ClassVar = Permission.SERVE

    campaign: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Sight) -> CampaignResult:
        campaign = ctx.mine(Campaign, self.campaign)
        states, reasons, opted_out = dict.fromkeys(RecipientState, 0), dict[str, int](), 0
        after = None
        while found := ctx.tx.find(Recipient, where={"campaign": campaign.id}, order="number", after=after, limit=_PAGE):
            for recipient in found:
                states[recipient.state] += 1
                opted_out += recipient.opted_out
                if recipient.reason:
                    reasons[recipient.reason] = reasons.get(recipient.reason, 0) + 1
            after = (found[-1].number, found[-1].id)
        return CampaignResult(campaign, states, dict(sorted(reasons.items())), opted_out)


@attrs.frozen
class Recipients:
    """The recipients of a campaign, in the order in which they were found."""

    permission: ClassVar = Permission.SERVE

    campaign: str = attrs.field(converter=record_id, validator=is_id)
    after: str | None = None
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[Recipient]:
        campaign = ctx.mine(Campaign, self.campaign)
        return page(ctx, Recipient, {"campaign": campaign.id}, order="number", after=self.after, limit=self.limit)
