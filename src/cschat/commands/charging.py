"""Money is charged: what the desk does by itself costs what the brand's tariff says, each thing once.

May: post to the brand's ledger. May not: set a tariff, cut off a consultation that is under way.

Every charge has a key, which is the `once` of its event: whatever charges it again finds it charged. A session is charged for each day (in
the brand's zone) on which an agent says something to the customer in it, whoever began it and however much is said; one that only bots have
served, or that nobody has answered, costs nothing. An account is charged for a month on its 1st, for every agent who then works here.

With `block`, only an answer in a session can take the balance below zero: it is never refused. All else is refused, or put off, if the
balance does not reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.ledger import AtZero, ChargeKind, Entry, Ledger, Posting, Unpaid, added, entries_of
from cschat.core.people import Agent, AgentStatus
from cschat.core.stretches import instant, local_date
from cschat.core.timers import Timer
from cschat.core.times import Micros
from cschat.errors import LimitExceeded

__all__ = ["charge", "charge_session", "demand", "ledger_for", "month_begins", "pay_unpaid", "post"]

_ALL = 100_000


def ledger_for(ctx: Context) -> Ledger:
    """The brand's ledger; a new one, to be written with its first event, if it has none."""
    known = _ledger(ctx)
    if known is not None:
        return known
    fresh = Ledger(Ledger.id_of(ctx.brand_id), ctx.brand_id)
    _arm(ctx, fresh, local_date(ctx.see.brand().zone, ctx.now))
    return fresh


def _ledger(ctx: Context) -> Ledger | None:
    return ctx.tx.peek(Ledger, Ledger.id_of(ctx.brand_id))


def post(
    ctx: Context, ledger: Ledger, kind: str, entries: tuple[Entry, ...], *, key: str = "", count: int = 0, note: str = "", **changes: Any
) -> Ledger:
    """Write a posting; the ledger after it. Staff are told if the balance has fallen below their mark."""
    accounts = added(ledger.accounts, entries)
    counts = {**ledger.counts, kind: ledger.counts.get(kind, 0) + count} if count else ledger.counts
    body = e.Posted(kind, entries, key, count, note, accounts, counts)
    after = ctx.enter(ledger, body, _once(kind, key) if key else None, accounts=accounts, counts=counts, **changes)
    if ledger.low is not None and ledger.balance >= ledger.low > after.balance:
        after = ctx.enter(after, e.BalanceLow(after.balance, after.due), None)
    return after


def _once(kind: str, key: str) -> str:
    return f"{kind}:{key}"


def _take(ctx: Context, ledger: Ledger, kind: ChargeKind, key: str, amount: int, *, count: int = 1, **changes: Any) -> Ledger:
    return post(ctx, ledger, kind.value, entries_of(kind.revenue, -amount), key=key, count=count, **changes)


def _price(ledger: Ledger, kind: ChargeKind, when: Micros) -> int:
    """What one costs when it is posted, which is never before what was set last: a clock that is behind knows the tariff too."""
    return ledger.tariff(max(when, ledger.last)).price(kind)


def demand(ledger: Ledger, amount: int) -> None:
    """`LimitExceeded` if a ledger that blocks does not reach for something, after what is due."""
    left = ledger.balance - ledger.due
    if ledger.at_zero is AtZero.BLOCK and left < amount:
        raise LimitExceeded(f"{left} are left, {amount} are needed", limit="balance", value=left)


def charge(ctx: Context, kind: ChargeKind, key: str, count: int) -> Posting | None:
    """Charge so many of a kind, once for a key; None if they cost nothing."""
    ledger = _ledger(ctx)
    if ledger is None:
        return None
    once = _once(kind, key)
    if ctx.tx.once(ledger.id, once) is None:
        price = _price(ledger, kind, ctx.now)
        if not price:
            return None
        demand(ledger, price * count)
        _take(ctx, ledger, kind, key, price * count, count=count)
    return Posting.of(ctx.tx.once(ledger.id, once))


def charge_session(ctx: Context, session: str, when: Micros) -> None:
    """An agent has said something to the customer in a session: charge it for the day, if that has not been done."""
    ledger = _ledger(ctx)
    if ledger is None:
        return
    price = _price(ledger, ChargeKind.SESSION, when)
    if not price:
        return
    key = f"{session}:{local_date(ctx.see.brand().zone, when)}"
    if ctx.tx.once(ledger.id, _once(ChargeKind.SESSION, key)) is None:
        _take(ctx, ledger, ChargeKind.SESSION, key, price)


# ------------------------------------------------------------------------------------------------------------- the months


def month_begins(ctx: Context, timer: Timer) -> None:
    """A month has begun at the timer's time, perhaps long ago: charge the accounts of who worked here then, and look again at the next."""
    ledger = ctx.tx.get(Ledger, timer.subject)
    day = local_date(ctx.see.brand().zone, timer.due)
    if day.day == 1:  # else the brand's zone has changed, and it is not the 1st there yet
        _charge_accounts(ctx, ledger, timer.due, day)
    _arm(ctx, ledger, day)


def _arm(ctx: Context, ledger: Ledger, day: date) -> None:
    """Look again at the beginning of the month after a day."""
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    ctx.arm("ledger", ledger.id, instant(ctx.see.brand().zone, following, 0))


def _charge_accounts(ctx: Context, ledger: Ledger, began: Micros, day: date) -> None:
    price = ledger.tariff(began).price(ChargeKind.ACCOUNT)
    if not price:
        return
    waiting = list(ledger.unpaid)
    for agent in _agents_at(ctx, began):
        key = f"{agent}:{day:%Y-%m}"
        if ctx.tx.once(ledger.id, _once(ChargeKind.ACCOUNT, key)) is not None or any(fee.key == key for fee in ledger.unpaid):
            continue
        if ledger.at_zero is AtZero.BLOCK and (waiting or ledger.balance < price):
            waiting.append(Unpaid(key, price))
        else:
            ledger = _take(ctx, ledger, ChargeKind.ACCOUNT, key, price)
    if len(waiting) > len(ledger.unpaid):
        due = sum(fee.amount for fee in waiting)
        ctx.enter(ledger, e.BalanceLow(ledger.balance, due), None, unpaid=tuple(waiting))


def _agents_at(ctx: Context, when: Micros) -> Iterator[str]:
    """The ids of the agents who worked here at a time, in order."""
    found = [
        agent
        for removed in (False, True)
        for status in AgentStatus
        for agent in ctx.tx.find(Agent, where={"brand": ctx.brand_id, "removed": removed, "status": status}, limit=_ALL)
    ]
    for agent in sorted(found, key=lambda agent: agent.id):
        added_, last = ctx.tx.events(agent.id, limit=1)[0], ctx.tx.events(agent.id, after_seq=agent.seq - 1, limit=1)[0]
        if added_.time <= when and not (agent.removed and last.time <= when):
            yield agent.id


def pay_unpaid(ctx: Context, ledger: Ledger) -> Ledger:
    """Charge the account fees that are unpaid, first to last, as far as the balance reaches."""
    while ledger.unpaid and (ledger.at_zero is AtZero.OVERDRAW or ledger.balance >= ledger.unpaid[0].amount):
        fee, *others = ledger.unpaid
        ledger = _take(ctx, ledger, ChargeKind.ACCOUNT, fee.key, fee.amount, unpaid=tuple(others))
    return ledger
