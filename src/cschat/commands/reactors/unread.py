"""Answers meet customers who are not there.

May: let a session be looked at a while after somebody has answered in it. May not: decide whether it was read (`commands.leaving` does).
"""

from __future__ import annotations

from collections.abc import Collection

from cschat.commands.leaving import may_be_left
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.content import Speaker, Visibility
from cschat.core.look import Away

__all__ = ["Unread"]


class Unread:
    """The reactor that sets a clock for answers. A brand whose customers find them by the badge sets none."""

    on: Collection[type] = (e.MessageSent,)

    def react(self, ctx: Context, event: e.Event) -> None:
        body: e.MessageSent = event.body
        if body.author is Speaker.CUSTOMER or body.author is Speaker.SYSTEM or body.visibility is not Visibility.PUBLIC:
            return
        brand = ctx.see.brand()
        if brand.away is not Away.BADGE:
            may_be_left(ctx, event.subject, brand.away_after)
