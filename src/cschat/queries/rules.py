"""The brand's rules: which there are, which set each other off, what one would have done.

May: read rules, and go over what has happened. May not: obey them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

import attrs

from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.calendar import next_change
from cschat.core.fields import aware, is_id, optional_id
from cschat.core.rules import Mark, Rule, Rulebook, SlaPolicy, When
from cschat.core.session import Session, opened
from cschat.core.times import Micros, as_datetime, as_micros
from cschat.errors import Invalid, NotFound
from cschat.facts import Facts
from cschat.queries.protocol import Page, limit_field, page
from cschat.rules.book import ReadRule, concerns, opened_book, read_rule
from cschat.rules.clocks import anchor_of, due_at, fired, missed
from cschat.rules.cycles import warnings
from cschat.rules.reading import when_of
from cschat.sight import Sight
from cschat.storage.protocol import Lt

__all__ = ["CheckRules", "DryRun", "GetSla", "Rules", "WouldDo"]

MOST_EVENTS = 10_000
"""How many events of one session a dry run goes over."""


def _book(ctx: Sight) -> Rulebook:
    id = Rulebook.id_of(ctx.brand_id)
    return ctx.tx.peek(Rulebook, id) or Rulebook(id, ctx.brand_id)


@attrs.frozen
class Rules:
    """All rules of the brand, in their order: each a `Rule`."""

    permission: ClassVar = Permission.SERVE

    def run(self, ctx: Sight) -> list[Rule]:
        return sorted(_book(ctx).rules, key=lambda rule: (rule.position, rule.id))


@attrs.frozen
class GetSla:
    """How soon people must be answered: each `SlaPolicy`, in their order."""

    permission: ClassVar = Permission.SERVE

    def run(self, ctx: Sight) -> list[SlaPolicy]:
        return [*_book(ctx).sla]


@attrs.frozen
class CheckRules:
    """Warnings for people, of enabled rules that may set each other off in a circle: the names of each circle. At most 20."""

    permission: ClassVar = Permission.ADMINISTER

    def run(self, ctx: Sight) -> list[str]:
        return [text for _, text in warnings(opened_book(_book(ctx)).all)]


@attrs.frozen
class WouldDo:
    """What a rule would have done: `then`, in a session, `at` a time; because of the event `seq` (None: because time passed)."""

    session: str
    at: datetime
    seq: int | None
    then: tuple[dict[str, Any], ...]


def _when(value: Any) -> Any:
    return None if value is None else when_of(value)


def _then(value: Any) -> Any:
    return value if isinstance(value, (str, Mapping)) or not hasattr(value, "__iter__") else tuple(value)


@attrs.frozen(kw_only=True)
class DryRun:
    """What a rule would have done in the sessions opened from `start` to `end` (not included): a page of `WouldDo`, and nothing is done.

    A `rule` that is saved, or a draft of one: `when`, `only_if`, `then` as in `AddRule`. It goes over what really happened, so what would
    have followed from its own actions is not seen. The customer and the queue are as they are now. `limit` is how many sessions are gone
    over for one page, newest first. `NotFound` if there is no such rule.
    """

    permission: ClassVar = Permission.ADMINISTER

    rule: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)
    when: When | None = attrs.field(default=None, converter=_when)
    only_if: dict[str, Any] = attrs.field(factory=dict)
    then: tuple[dict[str, Any], ...] = attrs.field(default=(), converter=_then)
    start: datetime = attrs.field(validator=aware)
    end: datetime = attrs.field(validator=aware)
    after: str | None = None
    limit: int = limit_field()

    def __attrs_post_init__(self) -> None:
        if (self.rule is None) == (self.when is None):
            raise Invalid(field="rule", reason="is either one that is saved, or a draft with `when` and `then`")
        if self.when is not None:
            read_rule(Rule("", 0, "", self.when, self.only_if, self.then))

    def run(self, ctx: Sight) -> Page[WouldDo]:
        ready = read_rule(self._meant(ctx))
        start, end = as_micros(self.start), as_micros(self.end)
        where = {"brand": ctx.brand_id, "opened": Lt(end)}
        sessions = page(ctx, Session, where, order="-opened", after=self.after, limit=self.limit)
        within = [session for session in sessions.items if session.opened >= start]
        found = [would for session in within for would in _would_do(ctx, ready, session)]
        return Page(found, sessions.next if len(within) == len(sessions.items) else None)

    def _meant(self, ctx: Sight) -> Rule:
        if self.when is not None:
            return Rule("", 0, "", self.when, self.only_if, self.then)
        known = next((rule for rule in _book(ctx).rules if rule.id == self.rule), None)
        if known is None:
            raise NotFound(f"there is no rule {self.rule}", kind="rule", id=self.rule)
        return known


def _would_do(ctx: Sight, ready: ReadRule, last: Session) -> Iterator[WouldDo]:
    when, then = ready.rule.when, ready.rule.then
    events = ctx.tx.events(last.id, limit=MOST_EVENTS)
    before: Session | None = None
    mark: Mark | None = None
    for event, following in zip(events, [*events[1:], None], strict=True):
        session = opened(event) if before is None else before.apply(event)
        if concerns(when, event) and ready.condition.holds(Facts(ctx, session, event, now=event.time, before=before)):
            yield WouldDo(last.id, as_datetime(event.time), event.seq, then)
        until = ctx.now if following is None else min(following.time, ctx.now)
        while when.timed and (due := _due(when, session, mark, event)) is not None and due <= until:
            anchor = anchor_of(when, session) or 0
            if ready.condition.holds(Facts(ctx, session, None, now=due)):
                mark = fired(mark, anchor, when, due)
                yield WouldDo(last.id, as_datetime(due), None, then)
            else:
                opens = next_change(ctx.hours(), due) if ready.condition.fields & {"open", "closed_for"} else None
                mark = missed(mark, anchor, due, opens=opens)
        before = session


def _due(when: When, session: Session, mark: Mark | None, event: e.Event) -> Micros | None:
    anchor = anchor_of(when, session)
    due = None if anchor is None else due_at(when, anchor, mark)
    return None if due is None else max(due, event.time)
