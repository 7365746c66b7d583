"""Agents keep choices of sessions under names.

May: keep and forget them, each agent their own. May not: find sessions (`queries.views` does).
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.fields import is_id, line, record_id
from cschat.core.views import View, owners_of
from cschat.errors import LimitExceeded, NotFound
from cschat.rules.conditions import read

__all__ = ["RemoveView", "SaveView"]

MOST = 100
"""Views of one person."""


@attrs.frozen
class SaveView:
    """Keep a choice of sessions under a `name`, for oneself; another of that name is replaced. Answers with the `View`.

    `only_if` is a condition of rules, as `FindSessions` takes it: `{"field": "agent", "is": "me"}` is whoever asks. By an agent; whoever
    serves several brands under one `user_id` has it in all of them. `LimitExceeded` beyond 100.
    """

    permission: ClassVar = Permission.SERVE
    makes: ClassVar = View

    name: str = attrs.field(validator=line(limit=100, required=True))
    only_if: dict[str, Any] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        read(self.only_if)

    def run(self, ctx: Context) -> View:
        owner = owners_of(ctx.acting_agent())[0]
        found = ctx.tx.find(View, where={"owner": owner}, limit=10 * MOST)
        known = next((view for view in found if view.name == self.name), None)
        if known is not None and (known.only_if, known.removed) == (self.only_if, False):
            return known
        if (known is None or known.removed) and sum(not view.removed for view in found) >= MOST:
            raise LimitExceeded(f"one has {MOST} views at most", limit="views", value=MOST)
        view = known or View(ctx.new_id(View), ctx.brand_id, 0, owner, self.name)
        return ctx.change(view, e.ViewSaved(self.name, self.only_if), only_if=self.only_if, removed=False)


@attrs.frozen
class RemoveView:
    """Forget a view of one's own. Answers with the `View`."""

    permission: ClassVar = Permission.SERVE
    makes: ClassVar = View

    view: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> View:
        view = ctx.tx.get(View, self.view)
        if view.owner not in owners_of(ctx.acting_agent()):
            raise NotFound(f"there is no view {self.view}", kind="view", id=self.view)
        return view if view.removed else ctx.change(view, e.ViewRemoved(view.name), removed=True)
