"""Customers and their sessions.

May: show customers to staff, and each customer themselves. May not: show one customer another.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.fields import is_id, optional_id
from cschat.core.people import Customer, Role
from cschat.core.session import Session
from cschat.errors import Invalid, NotFound
from cschat.queries.protocol import Page, limit_field, page, present
from cschat.sight import Sight

__all__ = ["CustomerSessions", "Customers", "GetCustomer"]


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
    """The brand's customers, newest first."""

    permission: ClassVar = Permission.SERVE

    after: str | None = None
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[Customer]:
        return page(ctx, Customer, {"brand": ctx.brand_id}, order="-registered", after=self.after, limit=self.limit)


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
