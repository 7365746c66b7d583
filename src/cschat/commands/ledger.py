"""The brand's prepaid money (톡캐시): how it is kept, what things cost, what comes in, and what the host charges.

May: set the ledger and its tariffs, post what people say. May not: charge what the desk does by itself (`charging` does).
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from cschat.commands.charging import charge, demand, ledger_for, pay_unpaid, post
from cschat.commands.protocol import Context
from cschat.commands.schedules import day_of, is_day, text_of_day
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.fields import line, member, whole
from cschat.core.ledger import ADJUSTMENTS, CASH, AtZero, ChargeKind, Ledger, Posting, Tariff, entries_of
from cschat.core.stretches import instant, local_date
from cschat.errors import Invalid

__all__ = ["AdjustBalance", "Charge", "SetLedger", "SetTariff", "TopUp"]

_MOST = 10**12
_MOST_COUNT = 1_000_000
_BY_HOST = (ChargeKind.SMS, ChargeKind.NOTIFICATION)


def _at_zero(value: AtZero | str) -> AtZero:
    return member(AtZero, value, "at_zero")


def _kind(value: ChargeKind | str) -> ChargeKind:
    kind = member(ChargeKind, value, "kind")
    if kind not in _BY_HOST:
        raise Invalid(field="kind", reason="is charged by the desk itself", allowed=_BY_HOST)
    return kind


def _prices(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, dict) or any(kind not in [*ChargeKind] for kind in value):
        raise Invalid(field=field.name, reason="must give a price for each of these, or for some", allowed=[*ChargeKind])
    for kind, price in value.items():
        if type(price) is not int or not 0 <= price <= _MOST:
            raise Invalid(field=f"{field.name}.{kind}", reason=f"{price!r} is no price", allowed=[f"0 to {_MOST}"])


@attrs.frozen
class SetLedger:
    """Keep a ledger for the brand, or keep it otherwise. Answers with the `Ledger`. What is not named is as by default.

    `at_zero`: when the balance does not reach for one more session, or for the account fees, `block` accepts nobody new (who waits or is
    talked to is served), and `overdraw` goes below zero. `low`: staff are told (the alert `low_balance`) when a posting takes the balance
    below it.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Ledger

    at_zero: AtZero = attrs.field(default=AtZero.BLOCK, converter=_at_zero)
    low: int | None = attrs.field(default=None, validator=whole(0, _MOST))

    def run(self, ctx: Context) -> Ledger:
        ledger = ledger_for(ctx)
        before, after = ({"at_zero": str(one.at_zero), "low": one.low} for one in (ledger, self))
        if ledger.seq and before == after:
            return ledger
        told = e.LedgerSet(before if ledger.seq else {}, after)
        return pay_unpaid(ctx, ctx.enter(ledger, told, None, at_zero=self.at_zero, low=self.low))


@attrs.frozen
class SetTariff:
    """Set what things cost, in whole won, from a date on (`effective`, in the brand's zone; None: from now). Answers with the `Ledger`.

    `prices` are by kind: an `account` for a month, charged on the 1st for each agent; a `session` for a day on which an agent answers in
    it; an `sms`; a `notification` message. What is not named is free. It holds until the next one that is set; one for the same date is
    replaced. What was charged stays as it was: `Invalid` for a date that is past, and today means from now.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Ledger

    prices: dict[str, int] = attrs.field(validator=_prices)
    effective: str | None = attrs.field(default=None, converter=text_of_day, validator=is_day)

    def run(self, ctx: Context) -> Ledger:
        ledger, zone, since = ledger_for(ctx), ctx.see.brand().zone, ctx.now
        if self.effective is not None:
            day = day_of(self.effective, "effective")
            if day < local_date(zone, ctx.now):
                raise Invalid(field="effective", reason=f"{day} is past")
            since = max(since, instant(zone, day, 0))
        fresh = Tariff(since, {str(kind): price for kind, price in self.prices.items() if price})
        if fresh in ledger.tariffs:
            return ledger
        kept = (tariff for tariff in ledger.tariffs if tariff.since != since)
        return ctx.enter(ledger, e.TariffSet(fresh), None, tariffs=tuple(sorted((*kept, fresh), key=lambda tariff: tariff.since)))


@attrs.frozen
class TopUp:
    """Money has come in: `amount` won, with a `note`. Answers with the `Ledger`. Account fees that were unpaid are charged now.

    Give the payment's number as the `request_id`, and a repeat changes nothing.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Ledger

    amount: int = attrs.field(validator=whole(1, _MOST))
    note: str = attrs.field(default="", validator=line(limit=500))

    def run(self, ctx: Context) -> Ledger:
        return pay_unpaid(ctx, post(ctx, ledger_for(ctx), "top_up", entries_of(CASH, self.amount), note=self.note))


@attrs.frozen
class AdjustBalance:
    """Put the balance right by `amount` won (less than 0: take away), for a `reason`. Answers with the `Ledger`.

    `LimitExceeded` if more is taken than there is and the ledger blocks.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Ledger

    amount: int = attrs.field(validator=whole(-_MOST, _MOST))
    reason: str = attrs.field(validator=line(limit=500, required=True))

    def __attrs_post_init__(self) -> None:
        if self.amount == 0:
            raise Invalid(field="amount", reason="must not be 0")

    def run(self, ctx: Context) -> Ledger:
        ledger = ledger_for(ctx)
        if self.amount < 0:
            demand(ledger, -self.amount)
        return pay_unpaid(ctx, post(ctx, ledger, "adjustment", entries_of(ADJUSTMENTS, self.amount), note=self.reason))


@attrs.frozen
class Charge:
    """Charge `count` SMS or notification messages, once for a `key`. Answers with the `Posting`; a key that was charged, with the first.

    Do it before they are sent: `LimitExceeded` if the balance does not reach and the ledger blocks. None if they cost nothing.
    """

    permission: ClassVar = Permission.OPERATE
    makes: ClassVar = Ledger

    kind: ChargeKind = attrs.field(converter=_kind)
    key: str = attrs.field(validator=line(required=True))
    count: int = attrs.field(default=1, validator=whole(1, _MOST_COUNT))

    def run(self, ctx: Context) -> Posting | None:
        return charge(ctx, self.kind, self.key, self.count)

    def again(self, _ctx: Context, event: e.Event) -> Posting:
        return Posting.of(event)
