"""What the desk knows of its customers.

May: register, change, merge, erase. May not: touch what customers asked, but to move it (merge) or blank it (erase).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar

import attrs

from cschat.commands.delaying import drop_delayed
from cschat.commands.labelling import known_tags
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.content import text
from cschat.core.fields import flag, is_id, line, listed, names, optional_id, record_id
from cschat.core.labels import TagList
from cschat.core.look import PROFILE_FIELDS
from cschat.core.people import Attribute, Consent, Customer, CustomerKind, Profile, Role
from cschat.core.records import PERSONAL, blanked, evolve
from cschat.core.session import Session
from cschat.errors import Conflict, Forbidden, Invalid, NotFound

__all__ = ["EraseCustomer", "MergeCustomers", "RecordConsent", "RegisterCustomer", "TagCustomer", "UntagCustomer", "UpdateCustomer"]

_PAGE = 500
_MERGED = "merged"
_MAX_PAIRS = 100
_WIDEST = 2**53


def _date(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    text(value, field.name, 10)
    if not value:
        return
    try:
        good = date.fromisoformat(value).isoformat() == value
    except ValueError:
        good = False
    if not good:
        raise Invalid(field=field.name, reason=f"{value!r} is no date", allowed=["1990-12-31", ""])


def _pairs(field: str, value: Any) -> list[tuple[Any, Any]]:
    """What a mapping holds. `Invalid` if it is none, too long, or a key is no short text."""
    if not isinstance(value, dict) or len(value) > _MAX_PAIRS or None in value:
        raise Invalid(field=field, reason="must be a mapping", allowed=[f"at most {_MAX_PAIRS} entries"])
    for key in value:
        text(key, field, 100)
    return list(value.items())


def _texts(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    for key, item in _pairs(field.name, {} if value is None else value):
        text("" if item is None else item, f"{field.name}.{key}", 1000)
        if item is None:
            raise Invalid(field=f"{field.name}.{key}", reason="must be text")


def _plain(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    for key, item in _pairs(field.name, {} if value is None else value):
        if isinstance(item, str):
            text(item, f"{field.name}.{key}", 1000)
        elif item is not None and (type(item) not in (int, float, bool) or not math.isfinite(item) or abs(item) > _WIDEST):
            raise Invalid(field=f"{field.name}.{key}", reason=f"{item!r} cannot be kept", allowed=["text", "a number", "true", "false"])


def _customer(ctx: Context, named: str | None) -> Customer:
    """The customer that is meant: for a customer themselves, else the one named."""
    if ctx.see.who.role is Role.CUSTOMER:
        customer = ctx.acting_customer()
        if named is not None and named != customer.id:
            raise NotFound(f"there is no customer {named}", kind="customer", id=named)
        return customer
    if named is None:
        raise Invalid(field="customer", reason="needed when the actor is no customer")
    customer = ctx.see.mine(Customer, named)
    if customer.erased or customer.merged_into is not None:
        raise Conflict(f"{named} was {'erased' if customer.erased else 'merged'}", customer_id=named, merged_into=customer.merged_into)
    return customer


@attrs.frozen
class RegisterCustomer:
    """Make a customer known by the host's user id (`member`) or browser (`guest`). Answers with the `Customer`; a known one as they are."""

    permission: ClassVar = Permission.SERVE
    makes: ClassVar = Customer

    member: str | None = attrs.field(default=None, validator=line(required=True))
    guest: str | None = attrs.field(default=None, validator=line(required=True))
    name: str = attrs.field(default="", validator=line())
    phone: str = attrs.field(default="", validator=line(limit=50))
    email: str = attrs.field(default="", validator=line())

    def __attrs_post_init__(self) -> None:
        if (self.member is None) == (self.guest is None):
            raise Invalid(field="member", reason="a customer is either a member or a guest")

    def run(self, ctx: Context) -> Customer:
        key = f"{CustomerKind.MEMBER}:{self.member}" if self.guest is None else f"{CustomerKind.GUEST}:{self.guest}"
        known = ctx.tx.find(Customer, where={"brand": ctx.brand_id, "key": key}, limit=1)
        return known[0] if known else ctx.register(key, Profile(name=self.name, phone=self.phone, email=self.email))


@attrs.frozen
class UpdateCustomer:
    """Change what is known of a customer; what is None stays. Answers with the `Customer`.

    A customer changes their own profile, language and device. `attributes` (an attribute set to None is removed) are for staff and host;
    a customer sets only those that the brand's `guest_form` asks for.
    """

    permission: ClassVar = Permission.TALK
    makes: ClassVar = Customer

    customer: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)
    name: str | None = attrs.field(default=None, validator=line())
    phone: str | None = attrs.field(default=None, validator=line(limit=50))
    email: str | None = attrs.field(default=None, validator=line())
    birth_date: str | None = attrs.field(default=None, validator=_date)
    address: str | None = attrs.field(default=None, validator=line(limit=500))
    image: str | None = attrs.field(default=None, validator=line(limit=2000))
    language: str | None = attrs.field(default=None, validator=line(limit=35))
    device: dict[str, str] | None = attrs.field(default=None, validator=_texts)
    attributes: dict[str, Attribute | None] | None = attrs.field(default=None, validator=_plain)

    def run(self, ctx: Context) -> Customer:
        customer = _customer(ctx, self.customer)
        if self.attributes is not None and ctx.see.who.role is Role.CUSTOMER:
            _demand_asked(ctx, self.attributes)
        told = {name: getattr(self, name) for name in PROFILE_FIELDS if getattr(self, name) not in (None, getattr(customer.profile, name))}
        changes: dict[str, Any] = {"profile": evolve(customer.profile, **told)} if told else {}
        if self.language is not None and self.language != customer.language:
            changes["language"] = self.language
        if self.device is not None and self.device != customer.device:
            changes["device"] = dict(sorted(self.device.items()))
        if self.attributes is not None:
            merged = {name: value for name, value in {**customer.attributes, **self.attributes}.items() if value is not None}
            if merged != customer.attributes:
                changes["attributes"] = dict(sorted(merged.items()))
        if not changes:
            return customer
        said = {**told, **{name: value for name, value in changes.items() if name != "profile"}}
        return ctx.change(customer, e.CustomerUpdated(said), **changes)


def _demand_asked(ctx: Context, attributes: dict[str, Attribute | None]) -> None:
    """`Forbidden` if an attribute is none that the brand asks its guests for."""
    asked = {field.name for field in ctx.see.brand().guest_form}.difference(PROFILE_FIELDS)
    if not asked.issuperset(attributes):
        raise Forbidden("a customer sets only the attributes that they are asked for", actor=ctx.see.who.name, permission=Permission.SERVE)


@attrs.frozen
class RecordConsent:
    """The customer agrees to `what` for a `purpose`, as worded in a `version`, or takes it back. Answers with the `Customer`."""

    permission: ClassVar = Permission.TALK
    makes: ClassVar = Customer

    what: str = attrs.field(validator=line(required=True))
    purpose: str = attrs.field(validator=line(limit=500, required=True))
    version: str = attrs.field(validator=line(limit=50, required=True))
    given: bool = attrs.field(default=True, validator=flag)
    customer: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)

    def run(self, ctx: Context) -> Customer:
        customer = _customer(ctx, self.customer)
        consent = Consent(self.what, self.purpose, self.version, self.given, ctx.now)
        body = e.ConsentRecorded(self.what, self.purpose, self.version, self.given)
        return ctx.change(customer, body, consents=(*customer.consents, consent))


@attrs.frozen
class TagCustomer:
    """Add tags to a customer. Answers with the `Customer`."""

    permission: ClassVar = Permission.SERVE
    makes: ClassVar = Customer

    customer: str = attrs.field(converter=record_id, validator=is_id)
    tags: tuple[str, ...] = attrs.field(converter=listed, validator=names())

    def run(self, ctx: Context) -> Customer:
        customer = _customer(ctx, self.customer)
        new = tuple(tag for tag in known_tags(ctx, TagList.CUSTOMER, self.tags) if tag not in customer.tags)
        return ctx.change(customer, e.CustomerTagged(added=new), tags=tuple(sorted({*customer.tags, *new}))) if new else customer

    def again(self, ctx: Context, _event: e.Event) -> Customer:
        return ctx.see.mine(Customer, self.customer)


@attrs.frozen
class UntagCustomer:
    """Remove tags from a customer. Answers with the `Customer`."""

    permission: ClassVar = Permission.SERVE
    makes: ClassVar = Customer

    customer: str = attrs.field(converter=record_id, validator=is_id)
    tags: tuple[str, ...] = attrs.field(converter=listed, validator=names())

    def run(self, ctx: Context) -> Customer:
        customer = _customer(ctx, self.customer)
        gone = tuple(sorted({tag.strip() for tag in self.tags} & {*customer.tags}))
        return ctx.change(customer, e.CustomerTagged(removed=gone), tags=tuple(sorted({*customer.tags} - {*gone}))) if gone else customer


@attrs.frozen
class MergeCustomers:
    """Two customers are one: the sessions, tags, attributes, consents and unknown profile fields of `source` become those of `into`.

    Answers with `into`. The key of `source` is free again: whoever comes with it next is somebody new, and sees nothing of what was merged.
    """

    permission: ClassVar = Permission.ADMINISTER

    source: str = attrs.field(converter=record_id, validator=is_id)
    into: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> Customer:
        source, into = _customer(ctx, self.source), _customer(ctx, self.into)
        if source.id == into.id:
            raise Invalid(field="into", reason="a customer cannot be merged into themselves")
        for session in _sessions(ctx, source):
            ctx.record(session, e.CustomerReplaced(into.id))
        told = {
            name: getattr(source.profile, name)
            for name in PROFILE_FIELDS
            if getattr(source.profile, name) and not getattr(into.profile, name)
        }
        ctx.change(source, e.CustomerMerged(into.id), merged_into=into.id, key=f"merged:{source.id}")
        changes: dict[str, Any] = {
            "profile": evolve(into.profile, **told),
            "tags": tuple(sorted({*source.tags, *into.tags})),
            "attributes": dict(sorted({**source.attributes, **into.attributes}.items())),
            "consents": tuple(sorted((*source.consents, *into.consents), key=lambda consent: consent.time)),
        }
        said = {_MERGED: source.id, **told, "tags": list(changes["tags"]), "attributes": changes["attributes"]}
        return ctx.change(into, e.CustomerUpdated(said), **changes)

    def again(self, ctx: Context, _event: e.Event) -> Customer:
        return ctx.see.mine(Customer, self.into)


@attrs.frozen
class EraseCustomer:
    """Blank all that is personal: the profile, and every text of their sessions, also of whom they were before a merge.

    Answers with the `Customer`. Types, order and times of events stay. `Conflict` if they were merged into another: erase that one.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Customer

    customer: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> Customer:
        customer = ctx.see.mine(Customer, self.customer)
        return customer if customer.erased else _erase(ctx, _customer(ctx, self.customer))

    def again(self, ctx: Context, _event: e.Event) -> Customer:
        return ctx.see.mine(Customer, self.customer)


def _erase(ctx: Context, customer: Customer) -> Customer:
    for merged in _merged_into(ctx, customer):
        _erase(ctx, merged)
    sessions = _sessions(ctx, customer)
    for one in sessions:
        session, replies = drop_delayed(ctx, one, "erased")
        _redact(ctx, session.id)
        ctx.tx.put(blanked(session, PERSONAL))
        for reply in replies:
            ctx.tx.put(blanked(reply, PERSONAL))
    _redact(ctx, customer.id)
    empty = blanked(customer, PERSONAL)
    return ctx.change(empty, e.Erased(len(sessions)), key=f"erased:{customer.id}", erased=True)


def _merged_into(ctx: Context, customer: Customer) -> list[Customer]:
    """Those whom a customer was before they were merged: their own log names them."""
    merged = [
        ctx.tx.get(Customer, event.body.changes[_MERGED])
        for event in _events(ctx, customer.id)
        if isinstance(event.body, e.CustomerUpdated) and _MERGED in event.body.changes
    ]
    return [one for one in merged if not one.erased]


def _sessions(ctx: Context, customer: Customer) -> list[Session]:
    """All sessions of a customer, oldest first."""
    sessions: list[Session] = []
    while True:
        after = (sessions[-1].opened, sessions[-1].id) if sessions else None
        page = ctx.tx.find(Session, where={"customer": customer.id}, order="opened", after=after, limit=_PAGE)
        sessions += page
        if len(page) < _PAGE:
            return sessions


def _redact(ctx: Context, subject: str) -> None:
    """Blank the personal fields of a subject's events."""
    for event in list(_events(ctx, subject)):
        body = blanked(event.body, PERSONAL)
        if body is not event.body:
            ctx.tx.redact(evolve(event, body=body))


def _events(ctx: Context, subject: str) -> Iterator[e.Event]:
    """All events of a subject."""
    seq = 0
    while page := ctx.tx.events(subject, after_seq=seq, limit=_PAGE):
        yield from page
        seq = page[-1].seq
