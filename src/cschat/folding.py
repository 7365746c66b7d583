"""What the log says that statistics do not know yet, and how it changes the facts.

May: read the log and sessions, fold them, compare with the facts that are kept, and write what differs. May not: choose when
(`transport.folder` does).

A session whose facts may have changed is folded anew from its first event, and its facts are compared with those that are kept: what
differs is taken back and added again. So nothing is counted twice, however often the same stretch of the log is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs
import msgspec

from cschat.core import events as e
from cschat.core.brand import Brand
from cschat.core.hours import Hours
from cschat.core.labels import Category
from cschat.core.records import evolve
from cschat.core.rules import Rulebook, SlaPolicy
from cschat.core.session import Session
from cschat.core.times import Micros
from cschat.core.turns import TurnKind
from cschat.errors import MissingExtra
from cschat.rules.sla import policy_of
from cschat.stats.facts import Fact, facts_of
from cschat.stats.state import Folded
from cschat.storage.protocol import Gte, Lt, Transaction

__all__ = ["Change", "News", "cells", "changes_of", "facts_by_events", "news", "state", "write"]

Change = tuple[int, Fact]
"""A fact that is added (1) or taken back (-1)."""

_PAGE = 500
_HELD = 50_000
_LABELS = frozenset({e.CategorySet, e.SessionTagged, e.Rated, e.Continued, e.CustomerReplaced, e.Reopened})
"""What may change the facts of turns that are closed."""


def state(tx: Transaction) -> Folded:
    """How far statistics have come."""
    return tx.peek(Folded, Folded.id_of_all) or Folded()


@attrs.define
class News:
    """A stretch of the log: the sessions whose facts it may change, the brands to be made anew, and how far it goes.

    `whole` are all events of the sessions that began in it: these need not be read again.
    """

    position: int
    sessions: dict[str, None] = attrs.field(factory=dict)
    whole: dict[str, list[e.Event]] = attrs.field(factory=dict)
    brands: set[str] = attrs.field(factory=set)
    events: int = 0


def news(tx: Transaction, after: int, *, most: int | None = None) -> News:
    """What the log has after a position: at most `most` events of it."""
    found = News(after)
    while most is None or found.events < most:
        page = tx.log(after=found.position, limit=_PAGE)
        for event in page:
            _note(tx, event, found)
        found.events += len(page)
        if found.events > _HELD:
            found.whole.clear()  # a report over a log that nobody has folded must not hold all of it
        if page:
            found.position = page[-1].position
        if len(page) < _PAGE:
            break
    return found


def _note(tx: Transaction, event: e.Event, found: News) -> None:
    body = event.body
    kind = type(body)
    if event.seq == 1 and kind in (e.Opened, e.OpenedByAgent):
        found.whole[event.subject] = [event]
    elif event.subject in found.whole:
        found.whole[event.subject].append(event)
    if kind in _LABELS or getattr(body, "turn", None) is not None:
        found.sessions[event.subject] = None
    if kind in (e.Opened, e.OpenedByAgent, e.CustomerReplaced):
        earlier = _neighbour(tx, event.subject, body.customer, later=False)
        if earlier is not None:
            found.sessions[earlier.id] = None
    elif _concerns_all(tx, event):
        found.brands.add(event.brand)


def _concerns_all(tx: Transaction, event: e.Event) -> bool:
    """Whether an event may change all facts of its brand."""
    body = event.body
    match body:
        case e.BrandChanged():
            return not {"zone", "reopen_window", "short_wait"}.isdisjoint(body.after)
        case e.HoursSet() | e.HoursOverridden() | e.SpecialDaysSet() | e.SpecialDayCleared():
            return event.seq == 1  # the first hours hold for what was before them as well
        case e.CategoryChanged():  # its path counts where a service level is, or once was, for a category alone
            return any(policy.category is not None for _, policies in _levels(tx, event.brand) for policy in policies)
        case _:
            return False


def _levels(tx: Transaction, brand: str) -> list[tuple[Micros, tuple[SlaPolicy, ...]]]:
    """The service levels of a brand, each time that they were set."""
    book = (event for event in _events(tx, Rulebook.id_of(brand)) if type(event.body) is e.SlaSet)
    return [(event.time, msgspec.convert(event.body.after, tuple[SlaPolicy, ...])) for event in book]


def _neighbour(tx: Transaction, session: str, customer: str, *, later: bool) -> Session | None:
    """The customer's session that was opened next, or before."""
    own = tx.peek(Session, session)
    if own is None:
        return None
    where = {"customer": customer, "opened": Gte(own.opened + 1) if later else Lt(own.opened)}
    found = tx.find(Session, where=where, order="opened" if later else "-opened", limit=1)
    return found[0] if found else None


class _Brands:
    """The settings of brands, each read once."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._known: dict[str, tuple[Brand, Hours | None]] = {}
        self._levels: dict[str, list[tuple[Micros, tuple[SlaPolicy, ...]]]] = {}

    def of(self, id: str) -> tuple[Brand, Hours | None]:
        if id not in self._known:
            brand = self._tx.peek(Brand, id) or Brand(id=id)
            self._known[id] = brand, self._tx.peek(Hours, f"{Hours.prefix}_{id.partition('_')[2]}")
        return self._known[id]

    def promised(self, fact: Fact) -> bool:
        """Whether a service level held for a live turn when it was closed. Levels are set by events, so the past keeps its own."""
        if fact.turn is not TurnKind.LIVE:
            return False
        if fact.brand not in self._levels:
            self._levels[fact.brand] = _levels(self._tx, fact.brand)
        policies = next((after for time, after in reversed(self._levels[fact.brand]) if time < fact.closed), ())
        category = self._tx.peek(Category, fact.category) if policies and fact.category is not None else None
        return policy_of(policies, fact, "" if category is None else category.path) is not None


def changes_of(
    tx: Transaction, sessions: Iterable[str], *, brand: str | None = None, whole: Mapping[str, list[e.Event]] = MappingProxyType({})
) -> list[Change]:
    """How the facts that are kept of some sessions (of one brand, if it is named) must change. `whole`: events that are known already."""
    brands, changes = _Brands(tx), list[Change]()
    for session in sessions:
        new = _facts(tx, session, brands, brand, whole.get(session))
        if new is None:
            continue
        kept = {fact.id: fact for fact in _kept(tx, session)}
        for fact in new:
            old = kept.pop(fact.id, None)
            if old != fact:
                changes += [(-1, old), (1, fact)] if old is not None else [(1, fact)]
        changes += [(-1, old) for old in kept.values()]
    return changes


def facts_by_events(tx: Transaction, sessions: Iterable[Session]) -> Iterator[Fact]:
    """The facts of sessions, by nothing but their events."""
    brands = _Brands(tx)
    for session in sessions:
        yield from _facts(tx, session.id, brands, None, None) or ()


def _facts(tx: Transaction, session: str, brands: _Brands, brand: str | None, known: list[e.Event] | None) -> list[Fact] | None:
    events = known or _events(tx, session)
    if not events or brand not in (None, events[0].brand):
        return None
    settings, hours = brands.of(events[0].brand)
    facts = facts_of(events, hours=hours, zone=settings.zone, window=settings.reopen_window, short=settings.short_wait)
    facts = [evolve(fact, promised=True) if brands.promised(fact) else fact for fact in facts]
    if any(fact.resolved for fact in facts):
        following = _neighbour(tx, session, facts[-1].customer, later=True)
        if following is not None:
            facts = [_unless(fact, following.opened, settings.reopen_window * 1000) for fact in facts]
    return facts


def _unless(fact: Fact, returned: Micros, window: int) -> Fact:
    """A bot's resolution is none if the customer came back in time."""
    return evolve(fact, resolved=False) if fact.resolved and fact.closed <= returned <= fact.closed + window else fact


def _events(tx: Transaction, session: str) -> list[e.Event]:
    events = tx.events(session, limit=_PAGE)
    while events and len(events) % _PAGE == 0 and (more := tx.events(session, after_seq=events[-1].seq, limit=_PAGE)):
        events += more
    return events


def _kept(tx: Transaction, session: str) -> Iterator[Fact]:
    number = 1
    while (fact := tx.peek(Fact, Fact.id_of(session, number))) is not None:
        yield fact
        number += 1


def cells() -> Any:
    """The module `cschat.stats.cells`. `MissingExtra` without numpy."""
    try:
        from cschat.stats import cells as module
    except ImportError as error:
        raise MissingExtra('statistics need numpy: pip install "cschat[stats]"', extra="stats") from error
    return module


def write(tx: Transaction, changes: Sequence[Change]) -> None:
    """Write changed facts, and add them to the cells. Needs numpy (`MissingExtra`)."""
    adding = cells()
    added = {fact.id for sign, fact in changes if sign > 0}
    for sign, fact in changes:
        if sign > 0:
            tx.put(fact)
        elif fact.id in added:
            tx.get(Fact, fact.id)  # it is written over
        else:
            tx.delete(Fact, fact.id)
    for delta in adding.cells_of(adding.rows_of(changes)):
        old = tx.peek(adding.Cell, delta.id)
        cell = adding.merged(delta, old)
        if cell is not None:
            tx.put(cell)
        elif old is not None:
            tx.delete(adding.Cell, delta.id)
