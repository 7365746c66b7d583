"""What an export must know before it begins.

May: look up names. May not: go over what is exported (`cschat.data` does).
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.labels import Category
from cschat.core.people import Agent, AgentStatus, Group
from cschat.sight import Sight

__all__ = ["ExportLabels", "Labels"]

_ALL = 100_000


@attrs.frozen
class Labels:
    """The names behind ids: agents (also those who have left), groups, and the paths of categories. `brand` and `zone` are the brand's."""

    brand: str
    zone: str
    agents: dict[str, str]
    groups: dict[str, str]
    categories: dict[str, str]


@attrs.frozen
class ExportLabels:
    """The `Labels` of an export. Whoever may not ask this may neither export nor import."""

    permission: ClassVar = Permission.ADMINISTER

    def run(self, ctx: Sight) -> Labels:
        brand = ctx.brand_id
        agents = [
            agent
            for removed in (False, True)
            for status in AgentStatus
            for agent in ctx.tx.find(Agent, where={"brand": brand, "removed": removed, "status": status}, limit=_ALL)
        ]
        return Labels(
            brand,
            ctx.brand().zone,
            {agent.id: agent.name for agent in agents},
            {group.id: group.name for group in ctx.tx.find(Group, where={"brand": brand}, limit=_ALL)},
            {category.id: category.path for category in ctx.tx.find(Category, where={"brand": brand}, limit=_ALL)},
        )
