"""What a brand's scenarios may name: its groups, its categories where the list is closed, its other scenarios.

May: read them for the checker. May not: check, or keep anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cschat.core.labels import Category
from cschat.core.people import Group
from cschat.core.scenarios import ScenarioVersion
from cschat.sight import Sight

if TYPE_CHECKING:  # a desk without bots does not pay for them
    from cschat.bots.scenario import Scenario
    from cschat.bots.walk import World

__all__ = ["world_of"]

_MOST_GROUPS, _MOST_CATEGORIES = 1_000, 10_000


def world_of(see: Sight, scenario: Scenario) -> World:
    """What a scenario of the brand may name, with the latest version of all that it calls."""
    from cschat.bots.format import load
    from cschat.bots.scenario import Call
    from cschat.bots.walk import World

    groups = frozenset(group.name for group in see.tx.find(Group, where={"brand": see.brand_id}, limit=_MOST_GROUPS) if not group.removed)
    categories = None
    if not see.brand().open_labels:
        known = see.tx.find(Category, where={"brand": see.brand_id}, limit=_MOST_CATEGORIES)
        categories = frozenset(category.path for category in known if not category.disabled)
    others: dict[str, Any] = {scenario.scenario: scenario}
    todo = [scenario]
    while todo:
        for step in todo.pop().steps.values():
            if isinstance(step, Call) and step.call not in others:
                found = see.tx.find(ScenarioVersion, where={"brand": see.brand_id, "name": step.call}, order="-number", limit=1)
                if found:
                    others[step.call] = load(found[0].document)
                    todo.append(others[step.call])
    return World(categories=categories, groups=groups, scenarios=others)
