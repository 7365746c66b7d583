"""Customers and their sessions.

May: show customers to staff, and each customer themselves. May not: show one customer another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.fields import is_id, line, optional_id
from cschat.core.people import Customer, CustomerKind, Role
from cschat.core.session import Session
from cschat.errors import Invalid, NotFound
from cschat.queries.protocol import Page, limit_field, page, present
from cschat.sight import Sight

__all__ = ["CustomerSessions", "Customers", "GetCustomer"]

_BETWEEN = dict.fromkeys(map(ord, "-+ ()."))
_SHORT = 2
"""Numbers of so few digits are looked for as they are typed."""


def _meant(ctx: Sight, named: str | None) -> str | None:
    """The customer that is meant; None for a customer whom the desk has not met."""
    if ctx.who.role is Role.CUSTOMER:
        if named is not None and named != ctx.who.id:
            raise NotFound(f"there is no customer {named}", kind="customer", id=named)
        return ctx.who.id
    if named is None:
        raise Invalid(field="customer", reason="needed when the actor is no customer")
    return ctx.mine(Customer, named).id


@attrs.frozen
class GetCustomer:
    """The `Customer`: a customer gets themselves, staff whom they name. `NotFound` if the desk has not met them."""

    permission: ClassVar = Permission.TALK

    customer: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)

    def run(self, ctx: Sight) -> Customer:
        id = _meant(ctx, self.customer)
        if id is None:
            raise NotFound("the desk has not met this customer", kind="customer", id=None)
        return present(ctx, ctx.mine(Customer, id))


@attrs.frozen
class Customers:
    """The brand's customers, newest first; if `text` is given, those in whose name, phone, e-mail or user id all of its words are.

    A phone number is found with hyphens and without. Who was erased or merged into another is not found by a text. Each customer is looked
    at: with a rare text on a large desk it takes as long as reading them all.
    """

    permission: ClassVar = Permission.SERVE

    text: str | None = attrs.field(default=None, validator=line(limit=200))
    after: str | None = None
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[Customer]:
        wanted = (self.text or "").casefold().split()
        only = (lambda customer: _holds(customer, wanted)) if wanted else None
        return page(ctx, Customer, {"brand": ctx.brand_id}, order="-registered", after=self.after, limit=self.limit, only=only)


def _holds(customer: Customer, wanted: Sequence[str]) -> bool:
    if customer.erased or customer.merged_into is not None:
        return False
    kind, _, key = customer.key.partition(":")
    known = [customer.name, customer.profile.email, customer.profile.phone, _digits(customer.profile.phone)]
    known += [key] if kind == CustomerKind.MEMBER else []
    text = "\n".join(known).casefold()
    return all(word in text or (len(number := _digits(word)) > _SHORT and number in text) for word in wanted)


def _digits(text: str) -> str:
    """A text without what people put between the digits of a number; "" if it is no number."""
    bare = text.translate(_BETWEEN)
    return bare if bare.isdecimal() else ""


@attrs.frozen
class CustomerSessions:
    """나의 문의: a customer's sessions, newest first. A customer asks for their own, staff for whom they name."""

    permission: ClassVar = Permission.TALK

    customer: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)
    after: str | None = None
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[Session]:
        id = _meant(ctx, self.customer)
        return Page([]) if id is None else page(ctx, Session, {"customer": id}, order="-opened", after=self.after, limit=self.limit)
