"""Typebot flows as scenarios: each block becomes the nearest step of ours, or a remark says that there is none.

May: make a scenario of plain data. May not: read files, or run it.

Steps are named after the groups. A bubble of text right before an input becomes its question. What a Typebot flow does not have is added:
who cannot answer is handed to people (`person`, `leave`), and the end of a way is a step of its own (`stop`). A variable that may not be
set yet is empty in Typebot and an error with us: the first step gives it its first value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from cschat.bots.format import load
from cschat.bots.importing import blocks
from cschat.bots.importing.building import LEAVE, PERSON, STOP, Building
from cschat.bots.importing.flow import flow_of
from cschat.bots.importing.unset import unset
from cschat.bots.importing.words import Remark, name_of
from cschat.bots.scenario import Scenario, Step, edges
from cschat.errors import ScenarioError

__all__ = ["Imported", "import_typebot"]


@attrs.frozen
class Imported:
    """What came of a flow: the `scenario`, the first step of each block that has one by the block's id, and the remarks about the rest."""

    scenario: Scenario
    steps: Mapping[str, str]
    remarks: tuple[Remark, ...]
    blocks: tuple[str, ...]
    """The ids of all blocks of the source: each has a step, or a remark that it is left out."""


def import_typebot(data: Any) -> Imported:
    """The scenario of a Typebot file, which is read already, of version 3 to 6.1. `Invalid` if it is no such file."""
    flow = flow_of(data)
    building = Building(flow)
    reached = flow.reached(flow.start)
    for event in flow.events:
        building.remark("changed", None, f"the event {event.type!r} has no equal here: a scenario goes on only when it waits", of="event")
    for id in set[str]().union(*(flow.reached(event.to) for event in flow.events)) - reached:
        building.skipped.add(id)
    _numbers(building)
    for ids in flow.groups.values():
        _group(building, ids)
    head = {"scenario": name_of(flow.name, "typebot"), "title": flow.name.strip()}
    start = building.where(flow.start)
    return _with_first_values(building, {**head, "start": start, "steps": building.written()})


def _numbers(building: Building) -> None:
    """Find the variables that are used as numbers before anything is said of them."""
    words = building.words
    for block in building.flow.blocks.values():
        if block.type in ("number input", "rating input") and (name := words.of(block.options.get("variableId"))):
            words.numbers.add(name)
        if block.type == "set variable":
            words.value(block.options.get("expressionToEvaluate"))
        for item in block.items if block.type == "condition" else ():
            words.condition(item.get("content", {}) if isinstance(item.get("content"), Mapping) else {})
    words.wrong.clear()


def _group(building: Building, ids: list[str]) -> None:
    said: str | None = None
    for id in ids:
        block = building.flow.blocks[id]
        if id in building.skipped:
            building.remark("lost", block, "only an event that is not known here leads to it")
            continue
        if block.type == "text" and building.is_question(block, blocks.QUESTIONS):
            text = building.text(block, blocks.words_of(block))
            if text:
                said = f"{said}\n{text}" if said else text
                building.merge(id)
                continue
        make: Callable[..., list[dict[str, Any]]] = blocks.MAKE.get(block.type, blocks.integration)
        building.add(block, make(building, block, said) if block.type in blocks.QUESTIONS else make(building, block))
        said = None


def _with_first_values(building: Building, data: dict[str, Any]) -> Imported:
    words = building.words
    values: dict[str, Any] = {}
    names = {made: name for name, made in words.names.items()}
    for name in unset(_loaded(data)):
        values[name] = words.values.get(name, 0 if name in words.numbers else "")
        if name not in words.values:
            told = f"may be read before it is set; it begins as {values[name]!r}"
            building.remark("changed", None, f"{names.get(name, name)!r} {told}", of="variable")
    if values:
        first = building.fresh("begin")
        steps = {first: {"set": values, "next": data["start"]}, **data["steps"]}
        data = {**data, "start": first, "steps": steps}
    made = _loaded(data)
    scenario = attrs.evolve(made, steps=MappingProxyType(_in_order(made)))
    given = {id: building.entry[id] for id in building.flow.blocks if id in building.entry}
    return Imported(scenario, given, tuple(building.remarks), tuple(building.flow.blocks))


def _in_order(scenario: Scenario) -> dict[str, Step]:
    """The steps as a conversation comes to them, buttons from the first to the last; what people and the end have to do stands last."""
    found, todo = dict[str, Step](), [scenario.start]
    while todo:
        name = todo.pop()
        if name not in found:
            found[name] = scenario.steps[name]
            todo += [target for _, target in reversed(list(edges(found[name])))]
    found |= scenario.steps
    return {name: found[name] for name in sorted(found, key=lambda name: name in (PERSON, LEAVE, STOP))}


def _loaded(data: Mapping[str, Any]) -> Scenario:
    try:
        return load(data)
    except ScenarioError as error:
        raise ScenarioError(step=error.step, reason=f"the import made no scenario: {error.reason}") from error
