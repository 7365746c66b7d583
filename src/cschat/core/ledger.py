"""The ledger (톡캐시): a brand's prepaid money, what things cost, and what was charged.

May: describe accounts and tariffs, make entries, add them up. May not: decide when something is charged (`commands.charging` does).

Money is whole units of the currency (won); there are no fractions. Books are kept in double entry: the entries of each posting sum to zero,
so all accounts always do. `balance` is what the brand has left. A posting carries how all accounts stand after it, and how much was charged
of each kind: any period is the difference of two postings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

import attrs
import msgspec
from msgspec import Struct

from cschat.core.records import Index
from cschat.core.times import Micros

__all__ = [
    "ADJUSTMENTS",
    "BALANCE",
    "CASH",
    "CURRENCY",
    "AtZero",
    "ChargeKind",
    "Entry",
    "Ledger",
    "Posting",
    "Tariff",
    "Unpaid",
    "added",
    "entries_of",
]

CURRENCY = "KRW"
BALANCE = "balance"
CASH = "cash"
ADJUSTMENTS = "adjustments"


class AtZero(StrEnum):
    """What happens when the balance is used up: nobody new is accepted, or it goes below zero."""

    BLOCK = "block"
    OVERDRAW = "overdraw"


class ChargeKind(StrEnum):
    """What is charged: an agent's account for a month, a consulted session for a day, an SMS, a notification message."""

    ACCOUNT = "account"
    SESSION = "session"
    SMS = "sms"
    NOTIFICATION = "notification"

    @property
    def revenue(self) -> str:
        """The account that takes what is charged."""
        return f"revenue:{self}"


class Entry(Struct, frozen=True):
    """One side of a posting: `amount` is added to an account."""

    account: str
    amount: int


class Tariff(Struct, frozen=True):
    """What one of each kind costs, from `since` until the next tariff. What has no price is free, and not counted."""

    since: Micros
    prices: dict[str, int] = msgspec.field(default_factory=dict)

    def price(self, kind: ChargeKind) -> int:
        """What one costs."""
        return self.prices.get(kind, 0)


_FREE = Tariff(0)


class Unpaid(Struct, frozen=True):
    """An account fee that the balance did not reach for. It is charged as soon as it does."""

    key: str
    amount: int


class Ledger(Struct, frozen=True):
    """A brand's prepaid money. One without a ledger pays nothing.

    `last` is when something was posted or set last. `low`: staff are told when the balance falls below it; None: never. `tariffs` are in
    order of `since`, those of the past kept. `accounts` and `counts` (by kind, as charged) are sums over all postings.
    """

    kind: ClassVar[str] = "ledger"
    prefix: ClassVar[str] = "led"
    indexes: ClassVar[tuple[Index, ...]] = ()

    id: str
    brand: str
    seq: int = 0
    last: Micros = 0
    currency: str = CURRENCY
    at_zero: AtZero = AtZero.BLOCK
    low: int | None = None
    tariffs: tuple[Tariff, ...] = ()
    accounts: dict[str, int] = msgspec.field(default_factory=dict)
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    unpaid: tuple[Unpaid, ...] = ()

    @staticmethod
    def id_of(brand: str) -> str:
        """The id of a brand's ledger."""
        return f"{Ledger.prefix}_{brand.partition('_')[2]}"

    @property
    def balance(self) -> int:
        """What is left."""
        return self.accounts.get(BALANCE, 0)

    @property
    def due(self) -> int:
        """The account fees that are unpaid."""
        return sum(fee.amount for fee in self.unpaid)

    def tariff(self, when: Micros) -> Tariff:
        """The tariff that is in force."""
        return next((tariff for tariff in reversed(self.tariffs) if tariff.since <= when), _FREE)

    def blocks(self, when: Micros) -> bool:
        """Whether nobody new is accepted: it does not reach for one more session, or for the account fees."""
        return self.at_zero is AtZero.BLOCK and self.balance - self.due < self.tariff(when).price(ChargeKind.SESSION)


def entries_of(account: str, amount: int) -> tuple[Entry, Entry]:
    """The two sides of a posting that adds `amount` (less than 0: takes) to the balance, against another account."""
    return Entry(BALANCE, amount), Entry(account, -amount)


def added(accounts: Mapping[str, int], entries: Sequence[Entry]) -> dict[str, int]:
    """How accounts stand after some entries."""
    after = dict(accounts)
    for entry in entries:
        after[entry.account] = after.get(entry.account, 0) + entry.amount
    return after


@attrs.frozen
class Posting:
    """One line of a statement. `number` rises from line to line, with gaps; `kind` is a `ChargeKind`, `top_up` or `adjustment`.

    `key` says what was charged: a session and its day, an agent and a month, the host's own key. `count` is how many, `amount` what it
    changed the `balance` by, which then was so much. `entries` are both sides.
    """

    number: int
    at: datetime
    kind: str
    key: str
    count: int
    amount: int
    balance: int
    note: str
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, event: Any) -> Posting:
        """The line of a `Posted` event."""
        body = event.body
        amount, balance = (sum(one.amount for one in body.entries if one.account == BALANCE), body.accounts.get(BALANCE, 0))
        return cls(event.seq, event.at, body.kind, body.key, body.count, amount, balance, body.note, body.entries)
