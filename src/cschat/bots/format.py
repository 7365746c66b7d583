"""Scenarios from YAML and JSON, and back.

May: read and write the format. May not: know what a step does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs
import msgspec

from cschat.bots.scenario import FIELD_LABELS, KINDS, Field, Scenario, Speech, Text, build, field_named
from cschat.errors import MissingExtra, ScenarioError

__all__ = ["as_data", "as_yaml", "load", "parse", "read"]

MAX_LETTERS = 5_000_000
MAX_DEPTH = 20
_SHORT = 100
"""Letters that a mapping may take on one line of YAML that is written."""


def read(path: str | Path) -> Scenario:
    """The scenario of a file: YAML, or JSON, which is YAML too."""
    return load(Path(path).read_text("utf-8"))


def load(source: str | Mapping[str, Any] | Scenario) -> Scenario:
    """A scenario from text or from plain data. `ScenarioError` tells the line, the step and what is wrong."""
    if isinstance(source, Scenario):
        return source
    lines: dict[str, int] = {}
    data = _parse(source, lines) if isinstance(source, str) else source
    if not isinstance(data, Mapping):
        raise ScenarioError(reason="a scenario is a mapping with the keys scenario, start and steps", line=1)
    steps = data.get("steps")
    if not isinstance(steps, Mapping):
        raise ScenarioError(reason="steps is a mapping of names to steps", line=1)
    made = {_name(name): _step(str(name), parts, lines.get(str(name))) for name, parts in steps.items()}
    rest = {key: value for key, value in data.items() if key != "steps"}
    try:
        return build(Scenario, {**rest, "steps": MappingProxyType(made), "lines": lines}, "a scenario")  # type: ignore[no-any-return]
    except ScenarioError as error:
        raise ScenarioError(reason=error.reason, line=error.line or 1) from error
    except TypeError as error:
        raise ScenarioError(reason=f"the head of the scenario is wrong: {error}", line=1) from error


def as_data(scenario: Scenario) -> dict[str, Any]:
    """A scenario as plain data that `load` reads again to the same scenario."""
    head = {"scenario": scenario.scenario, "title": scenario.title, "start": scenario.start, "languages": list(scenario.languages)}
    return {key: value for key, value in head.items() if value} | {"steps": {name: _plain(step) for name, step in scenario.steps.items()}}


def as_yaml(scenario: Scenario) -> str:
    """A scenario as YAML for people to read and change, which `load` reads again to the same scenario."""
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtra("writing YAML needs PyYAML", extra="bots") from error
    data = as_data(scenario)
    steps = {name: {key: _on_one_line(value) for key, value in step.items()} for name, step in data.pop("steps").items()}

    class Dumper(yaml.SafeDumper):  # type: ignore[misc]
        """Knows what is written on one line."""

    def inline(dumper: Any, value: _Line) -> Any:
        kind = "map" if isinstance(value.value, Mapping) else "seq"
        represent = dumper.represent_mapping if kind == "map" else dumper.represent_sequence
        return represent(f"tag:yaml.org,2002:{kind}", value.value, flow_style=True)

    Dumper.add_representer(_Line, inline)
    return str(yaml.dump({**data, "steps": steps}, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=130))


@attrs.frozen(eq=False)
class _Line:
    """A value that is written on one line."""

    value: Any


def _on_one_line(value: Any) -> Any:
    if not isinstance(value, (Mapping, list)):
        return value
    inner = list(value.values()) if isinstance(value, Mapping) else value
    if len(str(value)) <= _SHORT and not any(isinstance(one, str) and "\n" in one for one in inner):
        return _Line(value)
    return {key: _on_one_line(one) for key, one in value.items()} if isinstance(value, Mapping) else [_on_one_line(one) for one in value]


def parse(text: str) -> Any:
    """Plain data from YAML or JSON, without anchors, doubled keys or great depth. `ScenarioError` tells the line."""
    return _parse(text, {})


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise ScenarioError(reason=f"the name of a step is text, not {name!r} (put it in quotes)")
    return name


def _step(name: str, parts: Any, line: int | None) -> Any:
    if not isinstance(parts, Mapping):
        raise ScenarioError(step=name, line=line, reason="a step is a mapping such as {say: ..., next: ...}")
    key = next((key for key in KINDS if key in parts), None)
    if key is None:
        raise ScenarioError(step=name, line=line, reason=f"says nothing and does nothing (needs one of {', '.join(KINDS)})")
    try:
        return build(KINDS[key], parts, f"a step of kind {key}")
    except ScenarioError as error:
        raise ScenarioError(step=name, line=line, reason=error.reason, **_more(error)) from error
    except (TypeError, AttributeError) as error:
        raise ScenarioError(step=name, line=line, reason=f"cannot be read: {error}") from error


def _more(error: ScenarioError) -> dict[str, Any]:
    return {name: value for name, value in error.fields.items() if name not in {"step", "line", "reason"}}


def _parse(text: str, lines: dict[str, int]) -> Any:
    if len(text) > MAX_LETTERS:
        raise ScenarioError(reason=f"{len(text)} letters are too many for a scenario")
    if text.lstrip().startswith("{"):
        try:
            data = json.loads(text)
        except (json.JSONDecodeError, RecursionError):
            pass  # YAML in braces, perhaps
        else:
            _note_lines(text, lines)
            return data
    try:
        import yaml
    except ImportError as error:
        raise MissingExtra("reading YAML needs PyYAML", extra="bots") from error
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        try:
            root = loader.get_single_node()
            if root is None:
                return None
            _look(root, yaml, lines)
            return loader.construct_document(root)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        hint = "" if line is None or "{{" not in "".join(text.splitlines()[line - 1 : line]) else " (a text with {{ }} stands in quotes)"
        raise ScenarioError(reason=f"no YAML: {error.problem}{hint}", line=line) from error
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        raise ScenarioError(reason=f"no YAML: {error}") from error


def _note_lines(text: str, lines: dict[str, int]) -> None:
    """The lines of a scenario in JSON, where PyYAML is there to tell them and can read it as YAML."""
    try:
        import yaml
    except ImportError:
        return
    try:
        root = yaml.compose(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError, TypeError):
        return
    if root is not None:
        _look(root, yaml, lines)


def _look(root: Any, yaml: Any, lines: dict[str, int]) -> None:
    """Note the line of each step. Aliases and keys that stand twice are refused: they hide what is meant, and the first can blow up."""
    seen: set[int] = set()
    todo = [(root, 0, "")]
    while todo:
        node, depth, path = todo.pop()
        line = node.start_mark.line + 1
        if id(node) in seen:
            raise ScenarioError(reason="anchors and aliases are not part of the format", line=line)
        seen.add(id(node))
        if depth > MAX_DEPTH:
            raise ScenarioError(reason="nested too deeply", line=line)
        if isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                if key.value in keys:
                    raise ScenarioError(reason=f"{key.value!r} stands twice", line=key.start_mark.line + 1)
                if isinstance(key.value, str):
                    keys.add(key.value)
                    if path == "/steps":
                        lines[key.value] = key.start_mark.line + 1
                todo.append((value, depth + 1, f"{path}/{key.value}" if depth == 0 else "."))
        elif isinstance(node, yaml.SequenceNode):
            todo.extend((item, depth + 1, ".") for item in node.value)


def _plain(thing: Any) -> Any:
    if isinstance(thing, Text):
        return thing.words[""] if set(thing.words) == {""} else dict(thing.words)
    if isinstance(thing, Speech):
        parts = {name: _plain(getattr(thing, name)) for name in ("text", "image", "file", "article") if getattr(thing, name) is not None}
        if thing.cards:
            parts |= {"card": _plain(thing.cards[0])} if len(thing.cards) == 1 else {"carousel": [_plain(card) for card in thing.cards]}
        return parts["text"] if set(parts) == {"text"} else parts
    if isinstance(thing, Field) and thing.name in FIELD_LABELS and thing == field_named(thing.name):
        return thing.name
    if isinstance(thing, msgspec.Struct):
        fields = ((name, getattr(thing, name)) for name in thing.__struct_fields__)
        return {name: _plain(value) for name, value in fields if value not in (None, "", ())}
    if attrs.has(type(thing)):
        fields_ = attrs.fields(type(thing))
        given = ((field, getattr(thing, field.name)) for field in fields_)
        return {field.name.rstrip("_"): _plain(value) for field, value in given if value != field.default or field.default is attrs.NOTHING}
    if isinstance(thing, Mapping):
        return {key: _plain(value) for key, value in thing.items()}
    if isinstance(thing, (tuple, list)):
        return [_plain(item) for item in thing]
    return thing
