"""The brand's rules, and how soon people must be answered.

May: write them, and warn of rules that set each other off. May not: obey them (`commands.obeying` does).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import msgspec

from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.answers import SavedRule
from cschat.core.fields import flag, is_id, line, member, record_id, whole
from cschat.core.people import Agent, Group
from cschat.core.records import evolve
from cschat.core.rules import Phase, Rule, Rulebook, SlaPolicy, When
from cschat.errors import Invalid, NotFound, ScenarioError
from cschat.rules.actions import Action, read_all
from cschat.rules.book import opened_book, read_rule
from cschat.rules.conditions import read
from cschat.rules.cycles import warnings
from cschat.rules.reading import level_of, when_of

__all__ = ["AddRule", "ChangeRule", "MoveRule", "RemoveRule", "SetSla", "check_action"]

MOST_RULES = 500
MOST_LEVELS = 100


def _phase(value: Phase | str) -> Phase:
    return member(Phase, value, "phase")


def _optional_phase(value: Phase | str | None) -> Phase | None:
    return None if value is None else _phase(value)


def _when(value: Any) -> Any:
    return None if value is None else when_of(value)


def _then(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, Mapping)) or not hasattr(value, "__iter__") else tuple(value)


def _book(ctx: Context) -> Rulebook:
    id = Rulebook.id_of(ctx.brand_id)
    return ctx.tx.peek(Rulebook, id) or Rulebook(id, ctx.brand_id)


def _rule(book: Rulebook, id: str) -> Rule:
    found = next((rule for rule in book.rules if rule.id == id), None)
    if found is None:
        raise NotFound(f"there is no rule {id}", kind="rule", id=id)
    return found


def _saved(book: Rulebook, id: str) -> SavedRule:
    rule = _rule(book, id)
    told = warnings(opened_book(book).all)
    return SavedRule(rule, tuple(text for about, text in told if rule.id in about))


def _check(ctx: Context, rule: Rule) -> None:
    """Raise `Invalid` if a rule says what cannot be, or names who is not here."""
    for place, action in enumerate(read_rule(rule).actions):
        check_action(ctx, action, f"then.{place}.{action.name}")


def check_action(ctx: Context, action: Action, at: str) -> None:
    """Raise `Invalid` if an action says what cannot be filled in, or names who is not here."""
    for words in _texts(action):
        _check_text(words, at)
    if action.name in ("direct", "assign"):
        [(kind, id)] = action.given.items()
        known = ctx.tx.peek(Agent, id) if kind == "agent" else ctx.tx.peek(Group, id)
        if known is None or known.brand != ctx.brand_id or known.removed:
            raise Invalid(field=f"{at}.{kind}", reason=f"there is nobody named {id}")


def _texts(action: Action) -> list[str]:
    if action.name in ("send", "note", "reply"):
        return [*action.given.values()]
    return [*action.given["text"].values()] if action.name == "alert" else []


def _check_text(words: str, at: str) -> None:
    from cschat.bots.templates import template

    try:
        template(words)
    except ScenarioError as error:
        raise Invalid(field=at, reason=str(error)) from error


@attrs.frozen
class AddRule:
    """Add a rule, the last in order. Answers with the `SavedRule`: the rule, and warnings of rules that may set each other off.

    `when`: `{"event": "AgentRequested"}`, with `by` who caused it; `{"state": "queued", "after": 60, "at_most": 3}`; `{"silent":
    "customer", "after": 600}` (or "agent"). `only_if`: a condition, `{"all": [{"field": "text", "contains": "환불"}]}`. `then`: actions in
    order, each one word with what it needs, `{"add_tags": ["환불"]}`. `phase`: before_routing or after. All of them are in the guide to
    rules. Times are in seconds (in a `When` itself, milliseconds).
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Rulebook

    name: str = attrs.field(validator=line(limit=100, required=True))
    when: When = attrs.field(converter=_when)
    then: tuple[dict[str, Any], ...] = attrs.field(converter=_then)
    only_if: dict[str, Any] = attrs.field(factory=dict)
    phase: Phase = attrs.field(default=Phase.AFTER, converter=_phase)
    enabled: bool = attrs.field(default=True, validator=flag)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.when, When):
            raise Invalid(field="when", reason="is needed")
        read_rule(Rule("", 0, self.name, self.when, self.only_if, self.then))

    def run(self, ctx: Context) -> SavedRule:
        book = _book(ctx)
        if len(book.rules) >= MOST_RULES:
            raise Invalid(field="name", reason="there are too many rules", allowed=[f"at most {MOST_RULES}"])
        position = 1 + max((rule.position for rule in book.rules), default=0)
        rule = Rule(ctx.new_id_with("rul"), position, self.name, self.when, self.only_if, self.then, self.phase, self.enabled)
        _check(ctx, rule)
        body = e.RuleAdded(rule.id, rule.name, msgspec.to_builtins(rule))
        return _saved(ctx.change(book, body, rules=(*book.rules, rule)), rule.id)

    def again(self, ctx: Context, event: e.Event) -> SavedRule:
        return _saved(_book(ctx), event.body.rule)


@attrs.frozen
class ChangeRule:
    """Change a rule; what is None stays. Answers with the `SavedRule`. Its fields are those of `AddRule`; `only_if={}`: always."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Rulebook

    rule: str = attrs.field(converter=record_id, validator=is_id)
    name: str | None = attrs.field(default=None, validator=line(limit=100, required=True))
    when: When | None = attrs.field(default=None, converter=_when)
    then: tuple[dict[str, Any], ...] | None = attrs.field(default=None, converter=_then)
    only_if: dict[str, Any] | None = None
    phase: Phase | None = attrs.field(default=None, converter=_optional_phase)
    enabled: bool | None = attrs.field(default=None, validator=flag)

    def __attrs_post_init__(self) -> None:
        if self.only_if is not None:
            read(self.only_if)
        if self.then is not None:
            read_all(self.then)

    def run(self, ctx: Context) -> SavedRule:
        book = _book(ctx)
        before = _rule(book, self.rule)
        named = {field.name: getattr(self, field.name) for field in attrs.fields(type(self)) if field.name != "rule"}
        wanted = {name: value for name, value in named.items() if value is not None and value != getattr(before, name)}
        if not wanted:
            return _saved(book, before.id)
        after = evolve(before, **wanted)
        _check(ctx, after)
        told = [msgspec.to_builtins({name: getattr(rule, name) for name in wanted}) for rule in (before, after)]
        rules = tuple(after if rule.id == after.id else rule for rule in book.rules)
        return _saved(ctx.change(book, e.RuleChanged(after.id, *told), rules=rules), after.id)

    def again(self, ctx: Context, _event: e.Event) -> SavedRule:
        return _saved(_book(ctx), self.rule)


@attrs.frozen
class MoveRule:
    """Put a rule in another place of the order, `to`, counted from 1. Answers with the `SavedRule`."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Rulebook

    rule: str = attrs.field(converter=record_id, validator=is_id)
    to: int = attrs.field(validator=whole(1))

    def run(self, ctx: Context) -> SavedRule:
        book = _book(ctx)
        moved = _rule(book, self.rule)
        others = [rule for rule in book.rules if rule.id != moved.id]
        if self.to > len(book.rules):
            raise Invalid(field="to", reason=f"there is no place {self.to}", allowed=[f"1 to {len(book.rules)}"])
        order = [*others[: self.to - 1], moved, *others[self.to - 1 :]]
        if order == [*book.rules]:
            return _saved(book, moved.id)
        rules = tuple(evolve(rule, position=place) for place, rule in enumerate(order, start=1))
        return _saved(ctx.change(book, e.RuleMoved(moved.id, tuple(rule.id for rule in rules)), rules=rules), moved.id)

    def again(self, ctx: Context, _event: e.Event) -> SavedRule:
        return _saved(_book(ctx), self.rule)


@attrs.frozen
class RemoveRule:
    """Remove a rule. What it has done stays done. One that is not there: `NotFound`."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Rulebook

    rule: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> None:
        book = _book(ctx)
        gone = _rule(book, self.rule)
        ctx.change(book, e.RuleRemoved(gone.id, gone.name), rules=tuple(rule for rule in book.rules if rule.id != gone.id))

    def again(self, _ctx: Context, _event: e.Event) -> None:
        return None


def _levels(value: Any) -> tuple[SlaPolicy, ...]:
    if isinstance(value, (str, Mapping)) or not hasattr(value, "__iter__"):
        raise Invalid(field="policies", reason="must be a list of service levels")
    policies = tuple(level_of(one, f"policies.{place}") for place, one in enumerate(value))
    if len(policies) > MOST_LEVELS:
        raise Invalid(field="policies", reason="are too many", allowed=[f"at most {MOST_LEVELS}"])
    if len({policy.name for policy in policies}) < len(policies):
        raise Invalid(field="policies", reason="two of them have one name")
    return policies


@attrs.frozen
class SetSla:
    """Set how soon people must be answered; it replaces what was set before. Answers with the `policies`.

    A policy is `{"name", "first_response", "next_response", "resolution", "warn", "business", "priority", "category", "channel"}`, times in
    seconds (in an `SlaPolicy` itself, milliseconds). The first that fits a session is its own; sessions that are under way follow it from
    their next change of state or owner on.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Rulebook

    policies: tuple[SlaPolicy, ...] = attrs.field(converter=_levels)

    def run(self, ctx: Context) -> tuple[SlaPolicy, ...]:
        book = _book(ctx)
        if book.sla != self.policies:
            before, after = (tuple(msgspec.to_builtins(one) for one in levels) for levels in (book.sla, self.policies))
            ctx.change(book, e.SlaSet(before, after), sla=self.policies)
        return self.policies

    def again(self, ctx: Context, _event: e.Event) -> tuple[SlaPolicy, ...]:
        return _book(ctx).sla
