"""Which edges of a scenario can be taken, each with the shortest conversation that takes it; and which a set of conversations took.

May: go through scenarios with made-up answers. May not: judge them (`check`).
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from cschat.bots import scenario as s
from cschat.bots.walk import World, conversation, walk

__all__ = ["Exploration", "coverage", "explore"]

Edge = tuple[str, str]
"""A step and the name of the edge: ("hello", "choose:1")."""


@attrs.frozen
class Exploration:
    """The edges that can be taken, each with a conversation as (who, text), and those that cannot, each with the reason."""

    covered: dict[Edge, tuple[tuple[str, str], ...]]
    uncovered: dict[Edge, str]

    @property
    def share(self) -> float:
        """How many of all edges can be taken, 0 to 1."""
        return len(self.covered) / (len(self.covered) + len(self.uncovered) or 1)


def explore(scenario: s.Scenario, world: World | None = None) -> Exploration:
    """Take every edge: each button, right and wrong answers, each branch, actions that answer and fail, people there and not."""
    world = world or World()
    found = walk(scenario, world)
    visited = {place.cursor.step for place in found.places} | {step for _, step, _ in found.edges}
    fails = {error.step: error.reason for _, _, error in reversed(found.failures)}
    left = {place.cursor.step: error for place, _, error in reversed(found.failures) if place is not None}
    covered: dict[Edge, tuple[tuple[str, str], ...]] = {}
    uncovered: dict[Edge, str] = {}
    for name, step in scenario.steps.items():
        for edge, target in s.edges(step):
            way = found.edges.get((scenario.scenario, name, edge))
            if way is not None:
                covered[name, edge] = conversation(scenario, world, *way)[0]
            elif name in fails:
                uncovered[name, edge] = f"its step fails: {fails[name]}"
            elif target in fails:
                uncovered[name, edge] = f"what follows fails, at the step {target}: {fails[target]}"
            elif name in left:
                uncovered[name, edge] = f"what follows fails, at the step {left[name].step}: {left[name].reason}"
            else:
                uncovered[name, edge] = "no made-up answer leads this way" if name in visited else "its step is never reached"
    return Exploration(covered, uncovered)


def coverage(scenario: s.Scenario, path: Iterable[tuple[str, str, str]]) -> tuple[list[Edge], list[Edge]]:
    """Of a scenario's edges those that were taken, and those that were not, by a path as a `Rehearsal` keeps it."""
    taken = {(step, edge) for name, step, edge in path if name == scenario.scenario}
    every = [(name, edge) for name, step in scenario.steps.items() for edge, _ in s.edges(step)]
    return [edge for edge in every if edge in taken], [edge for edge in every if edge not in taken]
