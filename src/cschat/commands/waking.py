"""A session's own clock has run out.

May: do what was agreed for that time, if it is still so. May not: run on its own; `Desk.run_due` calls it.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.fields import is_id, record_id
from cschat.core.people import Role
from cschat.core.session import Session, State

__all__ = ["WakeSession"]


@attrs.frozen
class WakeSession:
    """Look at a session whose `wake` has come: a hold ends, an overdue wrap-up is closed, a bot no longer waits for an action.

    Too early or too late: nothing happens.
    """

    permission: ClassVar = Permission.OPERATE
    begins_with: ClassVar = (e.WrappedUp, e.Resumed, e.ActionAnswered)

    session: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        if session.wake is None or session.wake > ctx.now:
            return session
        if session.state is State.WRAP_UP:
            return ctx.record(session, e.WrappedUp(Role.SYSTEM, reason="wrap_up_limit"))
        if session.main is not None and session.main.until is not None:
            return ctx.record(session, e.ActionAnswered(session.main.asked, ok=False, reason="timeout"))
        return ctx.record(session, e.Resumed(by=Role.SYSTEM))
