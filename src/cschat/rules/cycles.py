"""Which rules may set each other off in a circle.

May: look at what rules do and wait for. May not: know what will happen; it warns of what may.

A rule leads to another if one of its actions may cause the event that the other waits for, and what the action sets does not rule the
other's condition out.
"""

from __future__ import annotations

from collections.abc import Sequence

from cschat.rules.actions import ACTIONS, Action
from cschat.rules.book import ReadRule

__all__ = ["cycles", "warnings"]

MOST = 20
_SETS = {"set_category": "category", "set_priority": "priority"}


def cycles(rules: Sequence[ReadRule]) -> list[tuple[ReadRule, ...]]:
    """The circles among rules, shortest ways first; each begins with its earliest rule, which ends it as well. At most `MOST`."""
    leads = {place: [to for to, other in enumerate(rules) if _leads(rule, other)] for place, rule in enumerate(rules)}
    found: list[tuple[int, ...]] = []
    for start in range(len(rules)):
        way = _back(leads, start)
        if way is not None and not any({*way} == {*other} for other in found):
            found.append(way)
    return [(*(rules[place] for place in way), rules[way[0]]) for way in found[:MOST]]


def _back(leads: dict[int, list[int]], start: int) -> tuple[int, ...] | None:
    """The shortest way from a rule back to itself, over rules that come no earlier."""
    ways: list[tuple[int, ...]] = [(start,)]
    seen = {start}
    while ways:
        longer: list[tuple[int, ...]] = []
        for way in ways:
            for to in leads[way[-1]]:
                if to == start:
                    return way
                if to > start and to not in seen:
                    seen.add(to)
                    longer.append((*way, to))
        ways = longer
    return None


def _leads(rule: ReadRule, other: ReadRule) -> bool:
    return other.rule.when.event is not None and any(_sets_off(action, other) for action in rule.actions)


def _sets_off(action: Action, other: ReadRule) -> bool:
    when = other.rule.when
    if when.event not in ACTIONS[action.name][1] or when.by not in (None, "system"):
        return False
    field = _SETS.get(action.name)
    return field is None or all(test(str(action.given)) for name, test in other.condition.sure if name == field)


def warnings(rules: Sequence[ReadRule]) -> list[tuple[frozenset[str], str]]:
    """Of each circle the ids of its rules, and what to tell people: the names of the rules, as they set each other off."""
    told = []
    for circle in cycles(rules):
        names = " > ".join(ready.rule.name for ready in circle)
        told.append((frozenset(ready.rule.id for ready in circle), f"these rules may set each other off: {names}"))
    return told
