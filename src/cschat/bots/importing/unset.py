"""Which variables a scenario may read before they are set.

May: look at a scenario. May not: run it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from cschat.bots import scenario as s
from cschat.bots.templates import condition, template

__all__ = ["unset"]

_GIVEN = frozenset({"customer", "session", "queue", "said"})


def unset(scenario: s.Scenario) -> list[str]:
    """The names that some step reads and that are not set on every way to it, in the order of the steps."""
    known: dict[str, frozenset[str]] = {scenario.start: frozenset()}
    todo = [scenario.start]
    while todo:
        name = todo.pop()
        step = scenario.steps[name]
        for edge, target in s.edges(step):
            here = known[name] | frozenset(_sets(step, edge))
            after = here if target not in known else known[target] & here
            if target in scenario.steps and after != known.get(target):
                known[target] = after
                todo.append(target)
    found: dict[str, None] = {}
    for name, step in scenario.steps.items():
        if name in known:
            found.update(dict.fromkeys(sorted(frozenset(_reads(step)) - known[name] - _GIVEN)))
    return list(found)


def _sets(step: s.Step, edge: str) -> Iterator[str]:
    match step:
        case s.SetVariables(set=values):
            yield from values
        case s.Ask(ask=name) if edge == "next":
            yield name
        case s.Do(save=str(name)) if edge == "next":
            yield name
        case s.Choose(save=str(name)) if edge.startswith("choose:"):
            yield name
        case _:
            pass


def _reads(thing: Any) -> Iterator[str]:
    if isinstance(thing, s.Case):
        yield from condition(thing.when).variables
    elif isinstance(thing, s.Text):
        for words in thing.words.values():
            yield from template(words).variables
    elif isinstance(thing, Mapping):  # what is set, or given to an action; no other plain string is filled in
        for value in thing.values():
            if isinstance(value, str):
                yield from template(value).variables
    elif isinstance(thing, tuple):
        for item in thing:
            yield from _reads(item)
    elif attrs.has(type(thing)):
        for field in attrs.fields(type(thing)):
            yield from _reads(getattr(thing, field.name))
