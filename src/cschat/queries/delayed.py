"""Replies that are sent later, for staff.

May: list them. May not: show them to a customer.
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.delayed import DelayedReply, DelayState
from cschat.core.fields import is_id, member, optional_id
from cschat.queries.protocol import Page, limit_field, page
from cschat.sight import Sight
from cschat.storage.protocol import In

__all__ = ["DelayedReplies"]


def _state(value: DelayState | str | None) -> DelayState | None:
    return None if value is None else member(DelayState, value, "state")


@attrs.frozen
class DelayedReplies:
    """Replies that are sent later, the first that is due first: of a `session`, or of the whole brand, in a `state` or in any.

    `state`: waiting, held (somebody must send or cancel it), sent, dropped; `reason` tells why it is held or dropped.
    """

    permission: ClassVar = Permission.SERVE

    session: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)
    state: DelayState | None = attrs.field(default=None, converter=_state)
    after: str | None = None
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[DelayedReply]:
        where: dict[str, Any] = {"brand": ctx.brand_id, "state": In(tuple(DelayState)) if self.state is None else self.state}
        if self.session is not None:
            where = {"session": ctx.session(self.session).id}
        return page(
            ctx,
            DelayedReply,
            where,
            order="due",
            after=self.after,
            limit=self.limit,
            only=lambda reply: self.state in (None, reply.state),
        )
