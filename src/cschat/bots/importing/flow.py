"""A Typebot file, whatever its version, in one shape: groups of blocks, and where each of them leads.

May: read what versions 3 to 6.1 wrote. May not: know what a block does.

Version 3 calls groups `blocks` and blocks `steps`; up to version 5 the start is a block, from version 6 on an event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from cschat.errors import Invalid

__all__ = ["Block", "Event", "Flow", "flow_of", "items_of", "mapping_of"]

MAX_BLOCKS = 4000


@attrs.frozen
class Block:
    """One block: its `id`, its `type` in small letters, the title of its `group`, and all of its `data`."""

    id: str
    type: str
    group: str
    data: Mapping[str, Any]

    @property
    def options(self) -> Mapping[str, Any]:
        return mapping_of(self.data.get("options"))

    @property
    def content(self) -> Mapping[str, Any]:
        return mapping_of(self.data.get("content"))

    @property
    def items(self) -> list[Mapping[str, Any]]:
        return items_of(self.data.get("items"))


@attrs.frozen
class Event:
    """Something besides the start that begins a way through the flow: a `reply`, a `command`."""

    id: str
    type: str
    to: str | None


@attrs.define
class Flow:
    """Blocks by id in the order of the file, the ids of each group's blocks, and the edges: (block, item or "") -> block."""

    name: str
    id: str
    blocks: dict[str, Block]
    groups: dict[str, list[str]]
    edges: dict[tuple[str, str], str | None]
    start: str | None
    events: list[Event]
    variables: dict[str, tuple[str, Any]]
    """Each variable's name and first value, by its id."""
    following: dict[str, str | None]
    """The next block of the same group."""

    def after(self, block: str) -> str | None:
        """Where a block leads when no item of it has an edge of its own: its edge, else the next block of the group."""
        return self.edges[block, ""] if (block, "") in self.edges else self.following[block]

    def reached(self, start: str | None) -> set[str]:
        """All blocks that some way leads to from a block; jumps and links within the flow are ways."""
        out: dict[str, list[str | None]] = {}
        for (block, _item), to in self.edges.items():
            out.setdefault(block, []).append(to)
        found, todo = set[str](), [start]
        while todo:
            at = todo.pop()
            if at is None or at in found or at not in self.blocks:
                continue
            found.add(at)
            todo += [*out.get(at, ()), self.following[at], self.jump(self.blocks[at])]
        return found

    def jump(self, block: Block) -> str | None:
        """Where a jump, or a link within the flow, leads; None: nowhere, or it is no jump."""
        group, to = block.options.get("groupId"), block.options.get("blockId")
        if block.type not in ("jump", "typebot link") or not isinstance(group, str):
            return None
        return to if isinstance(to, str) and to in self.blocks else next(iter(self.groups.get(group, ())), None)


def mapping_of(value: Any) -> Mapping[str, Any]:
    """A mapping, or an empty one if it is none."""
    return value if isinstance(value, Mapping) else {}


def items_of(value: Any) -> list[Mapping[str, Any]]:
    """The mappings of a list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def flow_of(data: Any) -> Flow:
    """The flow of a file. `Invalid` if it is none of Typebot's."""
    old = "groups" not in mapping_of(data)
    groups = mapping_of(data).get("blocks" if old else "groups")
    if not isinstance(groups, list) or not isinstance(data.get("edges"), list):
        raise Invalid(field="file", reason="is no Typebot file", allowed=["an object with groups (or blocks) and edges"])
    flow = Flow(_text(data, "name"), _text(data, "id"), {}, {}, {}, None, [], {}, {})
    start, begins = "", ""
    for number, group in enumerate(items_of(groups), 1):
        title = _text(group, "title") or f"Group {number}"
        ids: list[str] = []
        for block in _blocks(group, old=old):
            if block["type"].lower() == "start":
                start, begins = _text(block, "id"), _text(block, "outgoingEdgeId")
                continue
            id = _text(block, "id") or f"{number}.{len(ids) + 1}"
            if id in flow.blocks:
                raise Invalid(field="file", reason=f"two blocks have the id {id!r}")
            flow.blocks[id] = Block(id, block["type"].lower(), title, block)
            ids.append(id)
        flow.groups[_text(group, "id") or str(number)] = ids
        flow.following.update(zip(ids, [*ids[1:], None], strict=False))
    if len(flow.blocks) > MAX_BLOCKS:
        raise Invalid(field="file", reason=f"has {len(flow.blocks)} blocks", allowed=[f"up to {MAX_BLOCKS}"])
    for variable in items_of(data.get("variables")):
        flow.variables[_text(variable, "id")] = (_text(variable, "name"), variable.get("value"))
    _connect(flow, items_of(data["edges"]), items_of(data.get("events")), start, begins)
    if not flow.blocks:
        raise Invalid(field="file", reason="has no blocks")
    return flow


def _text(thing: Any, key: str) -> str:
    value = mapping_of(thing).get(key)
    return value if isinstance(value, str) else ""


def _blocks(group: Mapping[str, Any], *, old: bool) -> Iterator[Mapping[str, Any]]:
    for block in items_of(group.get("steps" if old else "blocks")):
        if not isinstance(block.get("type"), str):
            raise Invalid(field="file", reason=f"a block of the group {_text(group, 'title')!r} has no type")
        yield block


def _connect(flow: Flow, edges: list[Mapping[str, Any]], events: list[Mapping[str, Any]], start: str, begins: str) -> None:
    by_id: dict[str, str | None] = {}
    leaving: dict[tuple[str, str], str | None] = {}
    for edge in edges:
        to, source = mapping_of(edge.get("to")), mapping_of(edge.get("from"))
        group = _text(to, "groupId") or _text(to, "blockId")  # version 3 calls the group a block
        block = _text(to, "stepId") or (_text(to, "blockId") if _text(to, "groupId") else "")
        target = block if block in flow.blocks else next(iter(flow.groups.get(group, ())), None)
        by_id[_text(edge, "id")] = target
        leaving[_text(source, "eventId") or _text(source, "stepId") or _text(source, "blockId"), _text(source, "itemId")] = target
    for block_id, one in flow.blocks.items():
        for item, thing in [("", one.data), *((_text(item, "id"), item) for item in one.items)]:
            out = _text(thing, "outgoingEdgeId")
            if out in by_id:
                flow.edges[block_id, item] = by_id[out]
            elif (block_id, item) in leaving:
                flow.edges[block_id, item] = leaving[block_id, item]
    for event in events:
        begun = by_id.get(_text(event, "outgoingEdgeId"), leaving.get((_text(event, "id"), "")))
        if _text(event, "type") == "start":
            flow.start = begun
        else:
            flow.events.append(Event(_text(event, "id"), _text(event, "type"), begun))
    if start or begins:
        flow.start = by_id.get(begins, leaving.get((start, "")))
    if flow.start is None and not any(_text(event, "type") == "start" for event in events) and not start:
        flow.start = next(iter(flow.blocks), None)
