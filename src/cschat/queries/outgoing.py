"""Where alerts and events go.

May: list targets, without what gives access to them. May not: read a secret.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.alerts import AlertTarget
from cschat.core.webhooks import Webhook
from cschat.sight import Sight

__all__ = ["AlertTargets", "Webhooks"]

_ALL = 10_000


@attrs.frozen
class AlertTargets:
    """Where alerts go, by name: each `AlertTarget` that was not removed. Their URLs and tokens are not shown."""

    permission: ClassVar = Permission.ADMINISTER

    def run(self, ctx: Sight) -> list[AlertTarget]:
        found = ctx.tx.find(AlertTarget, where={"removed": False, "brand": ctx.brand_id}, limit=_ALL)
        return sorted(found, key=lambda target: (target.name, target.id))


@attrs.frozen
class Webhooks:
    """Who is told what happens: each `Webhook` that was not removed, oldest first. Their secrets are not shown."""

    permission: ClassVar = Permission.ADMINISTER

    def run(self, ctx: Sight) -> list[Webhook]:
        return ctx.tx.find(Webhook, where={"removed": False, "brand": ctx.brand_id}, limit=_ALL)
