"""Agents, groups, labels, settings.

May: list what a desk has few of; these answers are whole lists. May not: page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

import attrs

from cschat.core.access import Permission
from cschat.core.brand import Brand
from cschat.core.fields import flag, member
from cschat.core.labels import Category, Tag, TagList
from cschat.core.people import Agent, AgentStatus, Group
from cschat.core.records import Record
from cschat.sight import Sight

__all__ = ["Agents", "Categories", "GetBrand", "Groups", "Tags"]

R = TypeVar("R", bound=Record)

_ALL = 100_000


def _all(ctx: Sight, kind: type[R], **where: Any) -> list[R]:
    return ctx.tx.find(kind, where={"brand": ctx.brand_id, **where}, limit=_ALL)


@attrs.frozen
class Agents:
    """The agents who work here, by name; with `removed`, those who did."""

    permission: ClassVar = Permission.SERVE

    removed: bool = attrs.field(default=False, validator=flag)

    def run(self, ctx: Sight) -> list[Agent]:
        found = [agent for status in AgentStatus for agent in _all(ctx, Agent, removed=self.removed, status=status)]
        return sorted(found, key=lambda agent: (agent.name, agent.id))


@attrs.frozen
class Groups:
    """The groups, by name."""

    permission: ClassVar = Permission.SERVE

    def run(self, ctx: Sight) -> list[Group]:
        return sorted((group for group in _all(ctx, Group) if not group.removed), key=lambda group: group.name)


@attrs.frozen
class Categories:
    """The category tree, by path, disabled ones included."""

    permission: ClassVar = Permission.SERVE

    def run(self, ctx: Sight) -> list[Category]:
        return sorted(_all(ctx, Category), key=lambda category: category.path)


def _tag_list(value: TagList | str) -> TagList:
    return member(TagList, value, "list")


@attrs.frozen
class Tags:
    """The tags of sessions or of customers, by name, disabled ones included."""

    permission: ClassVar = Permission.SERVE

    list: TagList = attrs.field(default=TagList.SESSION, converter=_tag_list)

    def run(self, ctx: Sight) -> Sequence[Tag]:
        return sorted(_all(ctx, Tag, list=self.list), key=lambda tag: tag.name)


@attrs.frozen
class GetBrand:
    """The `Brand`: its settings."""

    permission: ClassVar = Permission.SERVE

    def run(self, ctx: Sight) -> Brand:
        return ctx.brand()
