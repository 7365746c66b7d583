"""Whom a campaign is for, and what it says to each.

May: look at customers and put texts together. May not: send anything.
"""

from __future__ import annotations

from cschat.core.announcements import Link
from cschat.core.campaigns import Audience, Campaign, CampaignType, Recipient
from cschat.core.people import Customer
from cschat.core.session import Session
from cschat.core.texts import MARKED, way_out
from cschat.sight import Sight

__all__ = ["fits", "last_session", "worded"]


def fits(see: Sight, audience: Audience, customer: Customer) -> bool:
    """Whether a customer is of an audience."""
    if customer.erased or customer.merged_into is not None or not audience.fits(customer):
        return False
    if audience.asks_for_a_session:
        last = last_session(see, customer)
        if last is None or not audience.fits_session(last.channel, last.last):
            return False
    if audience.announcement is None:
        return True
    sessions = see.tx.find(Session, where={"customer": customer.id}, order="-opened", limit=1000)
    links = (see.tx.peek(Link, Link.id_of(session.id)) for session in sessions)
    return any(link is not None and link.announcement == audience.announcement for link in links)


def last_session(see: Sight, customer: Customer) -> Session | None:
    """The session that a customer opened last."""
    found = see.tx.find(Session, where={"customer": customer.id}, order="-opened", limit=1)
    return found[0] if found else None


def worded(see: Sight, campaign: Campaign, recipient: Recipient, customer: Customer) -> tuple[str, str]:
    """Subject and text for one recipient; marketing is marked, and says the way out."""
    from cschat.bots.templates import template

    brand = see.brand()
    profile = {name: getattr(customer.profile, name) for name in customer.profile.__struct_fields__ if getattr(customer.profile, name)}
    known = {"customer": {**customer.attributes, **profile}, "brand": {"name": brand.name}}
    subject, text = template(campaign.subject).render(known), template(campaign.text).render(known)
    if campaign.type is CampaignType.NOTICE:
        return subject, text
    language = customer.language or brand.language
    out = brand.opt_out_url.replace("{recipient}", recipient.id)
    return f"{MARKED} {subject}", f"{text}\n\n{way_out(language, out)}"
