"""How far changes of many sessions are.

May: show progress and failures. May not: go on with them.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.bulk import Bulk, BulkFailure
from cschat.core.fields import is_id, record_id
from cschat.queries.protocol import Page, limit_field, page
from cschat.sight import Sight

__all__ = ["BulkFailures", "Bulks", "GetBulk"]


@attrs.frozen
class GetBulk:
    """The `Bulk`: its `state`, and how many sessions are `done` and `failed` of the `total`."""

    permission: ClassVar = Permission.DIRECT

    bulk: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Sight) -> Bulk:
        return ctx.mine(Bulk, self.bulk)


@attrs.frozen
class Bulks:
    """The bulks of the brand, newest first."""

    permission: ClassVar = Permission.DIRECT

    after: str | None = None
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[Bulk]:
        return page(ctx, Bulk, {"brand": ctx.brand_id}, order="-began", after=self.after, limit=self.limit)


@attrs.frozen
class BulkFailures:
    """The sessions of a bulk to which nothing was done, and why, in the order in which they were tried."""

    permission: ClassVar = Permission.DIRECT

    bulk: str = attrs.field(converter=record_id, validator=is_id)
    after: str | None = None
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[BulkFailure]:
        where = {"bulk": ctx.mine(Bulk, self.bulk).id}
        return page(ctx, BulkFailure, where, order="place", after=self.after, limit=self.limit)
