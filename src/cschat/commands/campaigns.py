"""Campaigns: written, started, carried out bit by bit, and left again by who wants none.

May: choose recipients, say it in their sessions, let mail go out (`transport.campaigns` sends it). May not: reach who has not agreed.

A started campaign has one timer. Each time it looks at some more customers, then at some recipients whose turn it is, in one commit; what
is left is for the next time. A customer gets a campaign once, whatever happens: there is one `Recipient` for each pair.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import attrs
import msgspec

from cschat.audience import fits, last_session, worded
from cschat.commands.changing import differing, given, template_field
from cschat.commands.protocol import Context
from cschat.commands.talking import say
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.announcements import Announcement
from cschat.core.campaigns import (
    MARKETING,
    NIGHT,
    Audience,
    Campaign,
    CampaignState,
    CampaignType,
    Recipient,
    RecipientState,
    Way,
    agreed,
    morning_after,
    zone_of,
)
from cschat.core.channels import channel_named, fit
from cschat.core.content import Content, Speaker
from cschat.core.fields import aware, is_id, line, listed, member, optional_id, record_id
from cschat.core.people import Consent, Customer, Role
from cschat.core.records import evolve
from cschat.core.timers import Timer
from cschat.core.times import FIRST_YEAR, LAST_YEAR, as_micros, is_sane
from cschat.errors import Conflict, Forbidden, Invalid
from cschat.storage.protocol import Lte

__all__ = ["AddCampaign", "CancelCampaign", "ChangeCampaign", "FailRecipient", "OptOut", "StartCampaign"]

CHUNK = 100
"""So many customers, and so many recipients, in one commit."""
WAY_OUT = "campaign opt-out"
"""`Consent.version` of a consent that was taken back by the way out of a campaign."""
_TEXT = template_field(limit=5_000, known=("brand", "customer"), sure=("brand",))
_TITLE = template_field(limit=150, known=("brand", "customer"), sure=("brand",))


def _type(value: CampaignType | str) -> CampaignType:
    return member(CampaignType, value, "type")


def _ways(value: Any) -> Any:
    several = listed(value)
    return tuple(dict.fromkeys(member(Way, way, "ways") for way in several)) if isinstance(several, tuple) else several


def _way_list(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is None and field.default is None:
        return
    if not isinstance(value, tuple) or not value or not all(isinstance(way, Way) for way in value):
        raise Invalid(field=field.name, reason="must be a list of ways", allowed=list(Way))


def _audience(value: Any) -> Any:
    """An audience, also as a mapping with the instants as datetimes."""
    if not isinstance(value, dict):
        return value
    plain = {name: as_micros(when) if isinstance(when, datetime) and when.utcoffset() is not None else when for name, when in value.items()}
    if unknown := {*plain} - {*Audience.__struct_fields__}:
        raise Invalid(field="audience", reason=f"{min(map(str, unknown))} is unknown", allowed=list(Audience.__struct_fields__))
    try:
        return msgspec.convert(plain, Audience)
    except msgspec.ValidationError as error:
        raise Invalid(field="audience", reason=str(error)) from error


def _is_audience(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, Audience) and not (value is None and field.default is None):
        raise Invalid(field=field.name, reason="must be an audience", allowed=["{'tags': ['vip'], 'channel': 'app'}"])
    for name in ("seen", "unseen") if value is not None else ():
        when = getattr(value, name)
        if when is not None and not is_sane(when):
            raise Invalid(field=f"{field.name}.{name}", reason="is too far away", allowed=[f"{FIRST_YEAR} to {LAST_YEAR}"])


@attrs.frozen
class AddCampaign:
    """Write a campaign, as a draft. Answers with the `Campaign`.

    `subject` and `text` may have the variables `customer` and `brand`. `type`: marketing goes to who has agreed to it (`RecordConsent` of
    "marketing"), is marked, has a way out, and rests from 21:00 to 08:00 where the recipient is, unless they have agreed to
    "marketing_night"; a notice is about the service that they have. `ways`: "session" (in their last session, whatever its state) and
    "mail"; the first that reaches counts. `audience`: an `Audience`, or a mapping of its fields with aware datetimes.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Campaign

    name: str = attrs.field(validator=line(limit=100, required=True))
    subject: str = attrs.field(validator=_TITLE)
    text: str = attrs.field(validator=_TEXT)
    type: CampaignType = attrs.field(default=CampaignType.NOTICE, converter=_type)
    audience: Audience = attrs.field(factory=Audience, converter=_audience, validator=_is_audience)
    ways: tuple[Way, ...] = attrs.field(default=(Way.SESSION, Way.MAIL), converter=_ways, validator=_way_list)

    def run(self, ctx: Context) -> Campaign:
        if self.audience.announcement is not None:
            ctx.see.mine(Announcement, self.audience.announcement)
        told = {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}
        fresh = Campaign(id=ctx.new_id(Campaign), brand=ctx.brand_id, seq=0, added=ctx.now, **told)
        return ctx.change(fresh, e.CampaignAdded(self.name, msgspec.to_builtins({**told, "name": self.name})))


@attrs.frozen
class ChangeCampaign:
    """Change a draft; what is None stays. Answers with the `Campaign`. `Conflict` once it is started or scheduled."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Campaign

    campaign: str = attrs.field(converter=record_id, validator=is_id)
    name: str | None = attrs.field(default=None, validator=line(limit=100, required=True))
    subject: str | None = attrs.field(default=None, validator=_TITLE)
    text: str | None = attrs.field(default=None, validator=_TEXT)
    type: CampaignType | None = attrs.field(default=None, converter=attrs.converters.optional(_type))
    audience: Audience | None = attrs.field(default=None, converter=_audience, validator=_is_audience)
    ways: tuple[Way, ...] | None = attrs.field(default=None, converter=attrs.converters.optional(_ways), validator=_way_list)

    def run(self, ctx: Context) -> Campaign:
        campaign = _in(ctx, self.campaign, CampaignState.DRAFT)
        if self.audience is not None and self.audience.announcement is not None:
            ctx.see.mine(Announcement, self.audience.announcement)
        changes, before, after = differing(campaign, given(self, Campaign))
        return ctx.change(campaign, e.CampaignChanged(before, after), **changes) if changes else campaign


def _in(ctx: Context, id: str, *states: CampaignState) -> Campaign:
    campaign = ctx.see.mine(Campaign, id)
    if campaign.state not in states:
        raise Conflict(f"{id} is {campaign.state}", campaign_id=id, state=campaign.state)
    return campaign


@attrs.frozen
class StartCampaign:
    """Send a campaign, now or `at` a time (aware). Answers with the `Campaign`. It is sent by whoever runs what is due.

    `Conflict` unless it is a draft. `Invalid` for marketing if the brand has no `opt_out_url`.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Campaign

    campaign: str = attrs.field(converter=record_id, validator=is_id)
    at: datetime | None = attrs.field(default=None, validator=aware)

    def run(self, ctx: Context) -> Campaign:
        campaign = _in(ctx, self.campaign, CampaignState.DRAFT)
        if campaign.type is CampaignType.MARKETING and not ctx.see.brand().opt_out_url:
            raise Invalid(field="type", reason="marketing needs a way out: say where with ChangeBrand(opt_out_url=...)")
        starts = ctx.now if self.at is None else max(ctx.now, as_micros(self.at))
        ctx.arm("campaign", campaign.id, starts)
        return ctx.change(campaign, e.CampaignScheduled(starts), state=CampaignState.SCHEDULED, starts=starts)


@attrs.frozen
class CancelCampaign:
    """Send a campaign to nobody more. Who has it, has it. Answers with the `Campaign`. `Conflict` unless it is scheduled or running."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Campaign

    campaign: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> Campaign:
        campaign = _in(ctx, self.campaign, CampaignState.SCHEDULED, CampaignState.RUNNING)
        ctx.arm("campaign", campaign.id, None)
        return ctx.change(campaign, e.CampaignCancelled(), state=CampaignState.CANCELLED, ended=ctx.now, looked=None)


@attrs.frozen
class OptOut:
    """A customer wants no marketing any more. Answers with the `Customer`, who has taken back what they agreed to.

    By the customer; or by the host for the `recipient` whom the way out of a mail names: the link there needs no login.
    """

    permission: ClassVar = Permission.TALK
    makes: ClassVar = Customer

    recipient: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)

    def run(self, ctx: Context) -> Customer:
        recipient = None if self.recipient is None else ctx.see.mine(Recipient, self.recipient)
        if ctx.see.actor.kind is Role.CUSTOMER:
            customer = ctx.acting_customer()
            if recipient is not None and recipient.customer != customer.id:
                raise Forbidden("that is not sent to you", actor=ctx.see.who.name, permission=Permission.TALK)
        else:
            ctx.see.demand(Permission.OPERATE)
            if recipient is None:
                raise Invalid(field="recipient", reason="needed when the actor is no customer")
            customer = ctx.tx.get(Customer, recipient.customer)
        if recipient is not None and not recipient.opted_out:
            ctx.change(recipient, e.RecipientOptedOut(), opted_out=True)
        for what in (MARKETING, NIGHT):
            if agreed(customer.consents, what):
                consent = Consent(what, what, WAY_OUT, given=False, time=ctx.now)
                body = e.ConsentRecorded(what, what, WAY_OUT, given=False)
                customer = ctx.change(customer, body, consents=(*customer.consents, consent))
        return customer


@attrs.frozen
class FailRecipient:
    """A recipient's mail is taken by no server, for this `reason`. By the desk and its host. Answers with the `Recipient`."""

    permission: ClassVar = Permission.OPERATE
    makes: ClassVar = Recipient

    recipient: str = attrs.field(converter=record_id, validator=is_id)
    reason: str = attrs.field(validator=line(limit=500))

    def run(self, ctx: Context) -> Recipient:
        recipient = ctx.see.mine(Recipient, self.recipient)
        return ctx.change(recipient, e.CampaignMailFailed(self.reason), state=RecipientState.FAILED, reason=self.reason)

    def again(self, ctx: Context, _event: e.Event) -> Recipient:
        return ctx.see.mine(Recipient, self.recipient)


# ------------------------------------------------------------------------------------------------------------ carrying out


def go_on(ctx: Context, timer: Timer) -> None:
    """Carry a campaign a bit further, and come again while anything is left."""
    campaign = ctx.tx.get(Campaign, timer.subject)
    if campaign.state is CampaignState.SCHEDULED:
        campaign = ctx.change(campaign, e.CampaignStarted(), state=CampaignState.RUNNING, looked=(-1, ""))
    if campaign.looked is not None:
        campaign = _look_on(ctx, campaign)
    waiting = {"campaign": campaign.id, "due": Lte(ctx.now)}
    for recipient in ctx.tx.find(Recipient, where=waiting, order="due", limit=CHUNK):
        ctx.tx.put(_reach(ctx, campaign, recipient))
    following = ctx.tx.find(Recipient, where={"campaign": campaign.id}, order="due", limit=1)
    if campaign.looked is not None:
        ctx.arm("campaign", campaign.id, ctx.now)
    elif following and following[0].due is not None:
        ctx.arm("campaign", campaign.id, max(ctx.now, following[0].due))
    else:
        ctx.change(campaign, e.CampaignDone(), state=CampaignState.DONE, ended=ctx.now)


def _look_on(ctx: Context, campaign: Campaign) -> Campaign:
    """Look at some more customers: those of the audience become recipients."""
    found = ctx.tx.find(Customer, where={"brand": ctx.brand_id}, order="registered", after=campaign.looked, limit=CHUNK)
    number = campaign.found
    for customer in found:
        if fits(ctx.see, campaign.audience, customer):
            number += 1
            ctx.tx.put(Recipient(ctx.new_id(Recipient), ctx.brand_id, 0, campaign.id, customer.id, number, due=ctx.now))
    looked = (found[-1].registered, found[-1].id) if len(found) == CHUNK else None
    after = evolve(campaign, looked=looked, found=number)
    ctx.tx.put(after)
    return after


def _reach(ctx: Context, campaign: Campaign, recipient: Recipient) -> Recipient:
    """The recipient after their turn: sent to, put off to the morning, or skipped."""
    customer, brand = ctx.tx.get(Customer, recipient.customer), ctx.see.brand()
    if customer.erased or customer.merged_into is not None:
        return _skipped(recipient, "gone")
    if campaign.type is CampaignType.MARKETING:
        if not agreed(customer.consents, MARKETING):
            return _skipped(recipient, "no_consent")
        morning = morning_after(ctx.now, zone_of(customer.device, brand.zone))
        if morning is not None and not agreed(customer.consents, NIGHT):
            return evolve(recipient, due=morning)
    for way in campaign.ways:
        sent = _mailed(ctx, campaign, recipient, customer) if way is Way.MAIL else _said(ctx, campaign, recipient, customer)
        if sent is not None:
            return evolve(sent, state=RecipientState.SENT, due=None, way=way, sent=ctx.now)
    return _skipped(recipient, "no_way")


def _skipped(recipient: Recipient, reason: str) -> Recipient:
    return evolve(recipient, state=RecipientState.SKIPPED, due=None, reason=reason)


def _mailed(ctx: Context, campaign: Campaign, recipient: Recipient, customer: Customer) -> Recipient | None:
    """The mail is on its way; None: there is no address."""
    return ctx.change(recipient, e.CampaignMailed(campaign.id, customer.id)) if customer.profile.email else None


def _said(ctx: Context, campaign: Campaign, recipient: Recipient, customer: Customer) -> Recipient | None:
    """It is said in the customer's last session; None: they had none."""
    session = last_session(ctx.see, customer)
    if session is None:
        return None
    subject, text = worded(ctx.see, campaign, recipient, customer)
    for part in fit(Content(text=f"{subject}\n\n{text}"), channel_named(session.channel)):
        session, _ = say(ctx, session, Speaker.SYSTEM, part)
    return evolve(recipient, session=session.id)
