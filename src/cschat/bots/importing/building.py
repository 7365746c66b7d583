"""A scenario under way: steps with targets that are blocks still, and what was remarked.

May: name steps and find where blocks begin. May not: know what a block does.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

import attrs

from cschat.bots.importing.flow import Block, Flow
from cschat.bots.importing.words import Remark, Words, name_of

__all__ = ["LEAVE", "NEXT", "PERSON", "STOP", "Building", "Own", "To"]

PERSON, LEAVE, STOP, BACK = "person", "leave", "stop", "back"


@attrs.frozen
class To:
    """A target that is a block; None: the way ends there."""

    block: str | None


@attrs.frozen
class Own:
    """A target that is another step of the same block, by its number from 0."""

    number: int


class _Next:
    """The step after, or where the block leads."""


NEXT = _Next()


class Building:
    """What is made of a flow, block by block."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.words = Words(flow)
        self.remarks: list[Remark] = []
        self.steps: dict[str, dict[str, Any]] = {}
        self.entry: dict[str, str] = {}
        self.skipped: set[str] = set()
        self.merged: list[str] = []
        self.taken = {PERSON, LEAVE, STOP, BACK}
        self.targeted = {to for (block, _item), to in flow.edges.items() if to != flow.following[block]}
        self.returns = any(block.type == "return" for block in flow.blocks.values())
        self.mark = self.words.named("came from") if self.returns else ""
        self.subroutines = [block.id for block in flow.blocks.values() if block.type == "typebot link" and self.comes_back(block)]
        self.caller = self.words.named("linked from") if self.subroutines else ""
        self.targeted |= {flow.jump(block) for block in flow.blocks.values() if block.type == "jump"}

    # ------------------------------------------------------------------------------------------------------- what is remarked

    def remark(self, kind: str, block: Block | None, what: str, *, of: str = "") -> None:
        self.remarks.append(Remark(kind, block.id if block else "", block.type if block else of, block.group if block else "", what))

    def text(self, block: Block, raw: Any) -> str:
        """A text of a block in our language, with remarks about what it cannot say."""
        text = self.words.text(raw)
        self.tell(block)
        return text

    def tell(self, block: Block, kind: str = "changed") -> None:
        for what in self.words.wrong:
            self.remark(kind, block, what)
        self.words.wrong.clear()

    # --------------------------------------------------------------------------------------------------------------- steps

    def is_question(self, block: Block, asked: Container[str]) -> bool:
        """Whether a bubble of text stands right before an input, and nothing but it leads there."""
        after = self.flow.following[block.id]
        return (
            after is not None
            and self.flow.blocks[after].type in asked
            and after not in self.targeted
            and (block.id, "") not in self.flow.edges
        )

    def merge(self, id: str) -> None:
        """The block becomes a part of the next one's step."""
        self.merged.append(id)

    def comes_back(self, block: Block) -> bool:
        """Whether a link is to a group of this flow, with more to come after that way has ended."""
        here = block.options.get("typebotId") in ("current", self.flow.id)
        return here and self.flow.jump(block) is not None and self.flow.after(block.id) is not None

    def fresh(self, name: str) -> str:
        made, number = name, 2
        while made in self.taken:
            made, number = f"{name}_{number}", number + 1
        self.taken.add(made)
        return made

    def add(self, block: Block, steps: list[dict[str, Any]]) -> None:
        """The steps of a block, one after the other. None: the block is passed over, and a remark must tell so."""
        if not steps:
            self.merged.clear()
            return
        names = [self.fresh(name_of(block.group, "group")) for _ in steps]
        for id in [*self.merged, block.id]:
            self.entry[id] = names[0]
        self.merged.clear()
        for name, step, after in zip(names, steps, [*names[1:], To(self.flow.after(block.id))], strict=True):
            self.steps[name] = _put(step, lambda target, after=after: _within(target, names, after))

    def where(self, id: str | None) -> str:
        """The step that a block begins with; where it is passed over, that of the block after it."""
        seen: set[str] = set()
        while id is not None and id not in seen:
            if id in self.entry:
                return self.entry[id]
            seen.add(id)
            id = self.flow.after(id)
        return BACK if self.subroutines else STOP

    def written(self) -> dict[str, dict[str, Any]]:
        """All steps with the names of their targets, and those that the flow did not have."""
        steps = {
            name: _put(step, lambda target: self.where(target.block) if isinstance(target, To) else target)
            for name, step in self.steps.items()
        }
        used = {target for step in steps.values() for target in _targets(step)} | {self.where(self.flow.start)}
        if PERSON in used:
            steps[PERSON] = {"handoff": {}, "closed": LEAVE, "nobody": LEAVE}
            steps[LEAVE] = {"leave_message": ["name", "phone", "message"]}
        if BACK in used:
            backs = [self.fresh(BACK) for _ in self.subroutines]
            cases = [{"when": f"{self.caller} == '{id}'", "goto": back} for id, back in zip(self.subroutines, backs, strict=True)]
            steps[BACK] = {"branch": cases, "else": STOP}
            for id, back in zip(self.subroutines, backs, strict=True):
                steps[back] = {"set": {self.caller: ""}, "next": self.where(self.flow.after(id))}
        return steps | ({STOP: {"end": "resolved"}} if used & {STOP, BACK} else {})


def _within(target: Any, names: list[str], after: Any) -> Any:
    return after if target is NEXT else names[target.number] if isinstance(target, Own) else target


def _put(thing: Any, change: Any) -> Any:
    if isinstance(thing, (To, Own, _Next)):
        return change(thing)
    if isinstance(thing, Mapping):
        return {key: _put(value, change) for key, value in thing.items()}
    return [_put(item, change) for item in thing] if isinstance(thing, list) else thing


def _targets(step: Mapping[str, Any]) -> list[Any]:
    inner = [one["goto"] for key in ("choose", "branch") for one in step.get(key, ())]
    return [step[key] for key in ("next", "on_fail", "on_error", "goto", "else") if key in step] + inner
