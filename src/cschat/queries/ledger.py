"""The ledger as people read it: the balance, the statement of a period, what was charged today and this month.

May: read the ledger's events. May not: post.

A posting carries all sums with it and its time is never before that of the last, so how things stood at a time is found by halving: to sum
up a period takes a few dozen looks, however much was charged in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

import attrs

from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.fields import aware
from cschat.core.ledger import ADJUSTMENTS, BALANCE, CASH, ChargeKind, Ledger, Posting
from cschat.core.stretches import instant, local_date
from cschat.core.times import Micros, as_micros
from cschat.errors import Invalid
from cschat.queries.protocol import Page, limit_field
from cschat.sight import Sight

__all__ = ["Charged", "ChargedCounts", "ChargedTotals", "GetLedger", "Postings", "Statement", "StatementSummary"]

_BACK = 20


def _seq(_query: object, field: attrs.Attribute[Any], value: str | None) -> None:
    if value is not None and not (isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) < 19):
        raise Invalid(field=field.name, reason="must be the `next` of a page")


def _ledger(ctx: Sight) -> Ledger | None:
    return ctx.tx.peek(Ledger, Ledger.id_of(ctx.brand_id))


@attrs.frozen
class GetLedger:
    """The brand's `Ledger`: its balance, its tariffs, the account fees that are unpaid. None if it keeps none."""

    permission: ClassVar = Permission.ADMINISTER

    def run(self, ctx: Sight) -> Ledger | None:
        return _ledger(ctx)


@attrs.frozen
class Postings:
    """The `Posting`s from `start` until before `end` (aware; None: no limit), first to last."""

    permission: ClassVar = Permission.ADMINISTER

    start: datetime | None = attrs.field(default=None, validator=aware)
    end: datetime | None = attrs.field(default=None, validator=aware)
    after: str | None = attrs.field(default=None, validator=_seq)
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[Posting]:
        ledger = _ledger(ctx)
        if ledger is None:
            return Page([])
        first, last = _bounds(ctx, ledger, self.start, self.end)
        seq = max(first, int(self.after or 0))
        found: list[Posting] = []
        while seq < last:
            for event in ctx.tx.events(ledger.id, after_seq=seq, limit=min(self.limit + 1, last - seq)):
                if isinstance(event.body, e.Posted):
                    if len(found) == self.limit:
                        return Page(found, str(found[-1].number))
                    found.append(Posting.of(event))
                seq = event.seq
        return Page(found)


@attrs.frozen
class Charged:
    """How many of a kind were charged, and what they cost together."""

    count: int
    amount: int


@attrs.frozen
class StatementSummary:
    """A period of the ledger: `opening + topped_up + adjusted - charged == closing`, `charged` being the sum over `by_kind`.

    It sums up the period's lines whose number is no higher than `last`: what is posted while one reads does not disturb.
    """

    opening: int
    closing: int
    topped_up: int
    adjusted: int
    by_kind: dict[str, Charged]
    currency: str
    last: int

    @property
    def charged(self) -> int:
        """What was charged."""
        return sum(one.amount for one in self.by_kind.values())


@attrs.frozen
class Statement:
    """What has come and gone from `start` until before `end` (aware; None: no limit): `StatementSummary`. Its lines: `Postings`.

    None if the brand keeps no ledger.
    """

    permission: ClassVar = Permission.ADMINISTER

    start: datetime | None = attrs.field(default=None, validator=aware)
    end: datetime | None = attrs.field(default=None, validator=aware)

    def run(self, ctx: Sight) -> StatementSummary | None:
        ledger = _ledger(ctx)
        if ledger is None:
            return None
        first, last = _bounds(ctx, ledger, self.start, self.end)
        before, after = _standing(ctx, ledger, first), _standing(ctx, ledger, last)
        return StatementSummary(
            opening=before.accounts.get(BALANCE, 0),
            closing=after.accounts.get(BALANCE, 0),
            topped_up=-_grown(before.accounts, after.accounts, CASH),
            adjusted=-_grown(before.accounts, after.accounts, ADJUSTMENTS),
            by_kind={
                kind.value: Charged(_grown(before.counts, after.counts, kind), _grown(before.accounts, after.accounts, kind.revenue))
                for kind in ChargeKind
            },
            currency=ledger.currency,
            last=last,
        )


@attrs.frozen
class ChargedTotals:
    """과금 수: how many were charged `today` and this `month` in the brand's zone, by kind."""

    today: dict[str, int]
    month: dict[str, int]


@attrs.frozen
class ChargedCounts:
    """How much was charged today and this month, for the dashboard: `ChargedTotals`. All 0 without a ledger."""

    permission: ClassVar = Permission.SERVE

    def run(self, ctx: Sight) -> ChargedTotals:
        ledger, zone = _ledger(ctx), ctx.brand().zone
        today = local_date(zone, ctx.now)
        return ChargedTotals(*(_counted(ctx, ledger, zone, day) for day in (today, today.replace(day=1))))


def _counted(ctx: Sight, ledger: Ledger | None, zone: str, since: date) -> dict[str, int]:
    if ledger is None:
        return dict.fromkeys((kind.value for kind in ChargeKind), 0)
    before = _standing(ctx, ledger, _until(ctx, ledger, instant(zone, since, 0)))
    return {kind.value: _grown(before.counts, ledger.counts, kind) for kind in ChargeKind}


def _grown(before: Mapping[str, int], after: Mapping[str, int], name: str) -> int:
    return after.get(name, 0) - before.get(name, 0)


def _bounds(ctx: Sight, ledger: Ledger, start: datetime | None, end: datetime | None) -> tuple[int, int]:
    """The seqs of the last events before a period and in it."""
    first = 0 if start is None else _until(ctx, ledger, as_micros(start))
    last = ledger.seq if end is None else _until(ctx, ledger, as_micros(end))
    return first, max(first, last)


def _until(ctx: Sight, ledger: Ledger, when: Micros) -> int:
    """The seq of the last event before a time; 0 if there is none."""
    low, high = 0, ledger.seq
    while low < high:
        middle = (low + high) // 2
        if ctx.tx.events(ledger.id, after_seq=middle, limit=1)[0].time < when:
            low = middle + 1
        else:
            high = middle
    return low


def _standing(ctx: Sight, ledger: Ledger, seq: int) -> Ledger | e.Posted:
    """The sums after an event: those of the last posting up to it."""
    if seq == ledger.seq:
        return ledger
    while seq > 0:
        page = ctx.tx.events(ledger.id, after_seq=max(0, seq - _BACK), limit=min(_BACK, seq))
        for event in reversed(page):
            if isinstance(event.body, e.Posted):
                return event.body
        seq -= _BACK
    return Ledger(ledger.id, ledger.brand)
