"""Delayed replies meet what customers say: what was written before is looked at again before it is sent.

May: hold what waits in the session in which the customer has written. May not: send or drop anything (`commands.delaying` does).
"""

from __future__ import annotations

from collections.abc import Collection

from cschat.commands.delaying import hold_delayed
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.content import Speaker
from cschat.core.session import Session

__all__ = ["Delays"]


class Delays:
    """The reactor that holds delayed replies. What a side scenario takes is no word of the customer to people."""

    on: Collection[type] = (e.MessageSent,)

    def react(self, ctx: Context, event: e.Event) -> None:
        if event.body.author is Speaker.CUSTOMER and not event.body.step:
            session = ctx.tx.get(Session, event.subject)
            if session.delayed:
                hold_delayed(ctx, session)
