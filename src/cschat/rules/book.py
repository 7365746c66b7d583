"""A brand's rules, read: which concern an event, which concern time.

May: read and sort rules. May not: set them off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from cschat.core import events as e
from cschat.core.content import Visibility
from cschat.core.rules import Phase, Rule, Rulebook, SlaPolicy, When
from cschat.rules.actions import Action, read_all
from cschat.rules.conditions import Condition, read

__all__ = ["Book", "ReadRule", "author_of", "concerns", "opened_book", "read_rule"]


@attrs.frozen
class ReadRule:
    """A rule with its condition and actions read."""

    rule: Rule
    condition: Condition
    actions: tuple[Action, ...]

    @property
    def link(self) -> str:
        """What the rule is called in a chain of causes."""
        return f"rule:{self.rule.id}"


@attrs.frozen
class Book:
    """The rules that are enabled: `all` in their order, by phase and type of event, and those of time; the service levels.

    `names` are those of all rules by id.
    """

    all: Sequence[ReadRule]
    by_event: Mapping[tuple[Phase, str], Sequence[ReadRule]]
    timed: Sequence[ReadRule]
    sla: Sequence[SlaPolicy]
    names: Mapping[str, str]


def read_rule(rule: Rule) -> ReadRule:
    """A rule, read. `Invalid` if it says what cannot be."""
    return ReadRule(rule, read(rule.only_if), read_all(rule.then))


def opened_book(book: Rulebook) -> Book:
    """All of a brand's rules, read and in order."""
    rules = [read_rule(rule) for rule in sorted(book.rules, key=lambda rule: (rule.position, rule.id)) if rule.enabled]
    by_event: dict[tuple[Phase, str], list[ReadRule]] = {}
    for ready in rules:
        if ready.rule.when.event is not None:
            by_event.setdefault((ready.rule.phase, ready.rule.when.event), []).append(ready)
    timed = [ready for ready in rules if ready.rule.when.timed]
    return Book(rules, by_event, timed, book.sla, {rule.id: rule.name for rule in book.rules})


def author_of(event: e.Event) -> str | None:
    """Who caused an event: for a message who says it. None: it concerns no rule, as notes and the steps of a side scenario do not."""
    body = event.body
    if isinstance(body, e.MessageSent):
        return str(body.author) if body.visibility is Visibility.PUBLIC and not body.step else None
    return event.actor.partition(":")[0]


def concerns(when: When, event: e.Event) -> bool:
    """Whether an event is what a rule waits for."""
    by = author_of(event)
    return when.event == event.type and by is not None and when.by in (None, by)
