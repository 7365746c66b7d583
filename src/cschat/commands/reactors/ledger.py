"""The ledger meets sessions: an agent's word to a customer may be charged.

May: notice it. May not: charge (`commands.charging` does).

What customers and bots say is looked at no further than its author; a brand without a ledger pays one look for it, at what an agent says.
"""

from __future__ import annotations

from collections.abc import Collection

from cschat.commands.charging import charge_session
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.content import Speaker, Visibility

__all__ = ["Charges"]


class Charges:
    """The reactor that has sessions charged."""

    on: Collection[type] = (e.MessageSent,)

    def react(self, ctx: Context, event: e.Event) -> None:
        body = event.body
        if body.author is Speaker.AGENT and body.visibility is Visibility.PUBLIC:
            charge_session(ctx, event.subject, event.time)
