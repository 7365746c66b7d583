"""Time has come: for a session's own clock, or for a timer.

May: do what was agreed for that time, if it is still so. May not: run on its own; `Desk.run_due` calls it.

What a timer does is looked up by its name in `TIMERS`. Whoever is called reads everything again: what was true when the timer was set may
be true no more, and the desk may have been down for a week.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import attrs

from cschat.commands.attending import sweep
from cschat.commands.bulk import go_on_with
from cschat.commands.campaigns import go_on
from cschat.commands.charging import month_begins
from cschat.commands.closing import turn, turn_shift
from cschat.commands.delaying import send_due
from cschat.commands.handing import drain, let_pass, look_again, put_into_lanes
from cschat.commands.leaving import left_unread
from cschat.commands.levels import next_level, watch_levels
from cschat.commands.mail_reports import send_report
from cschat.commands.obeying import look, next_look
from cschat.commands.presence import presence_over
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.bulk import Bulk
from cschat.core.delayed import DelayedReply
from cschat.core.fields import is_id, record_id
from cschat.core.people import Agent, Role
from cschat.core.session import Session, State
from cschat.core.timers import Timer
from cschat.core.times import earliest

__all__ = ["RunTimer", "WakeSession"]


@attrs.frozen
class WakeSession:
    """Look at a session whose `wake` has come. Too early or too late: nothing happens.

    A hold ends, an offer lapses, an overdue wrap-up is closed, a bot no longer waits for an action, a lane is widened; the rules of time
    and the service levels that are due are seen to.
    """

    permission: ClassVar = Permission.OPERATE
    begins_with: ClassVar = (
        *(e.WrappedUp, e.Resumed, e.ActionAnswered, e.OfferPassed, e.Routed),
        *(e.RuleFired, e.RuleStopped, e.SlaWarned, e.SlaBreached),
    )

    session: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        if session.wake is None or session.wake > ctx.now:
            return session
        if session.until is not None and session.until <= ctx.now:
            session = _OVER[session.state](ctx, session)
        session = watch_levels(ctx, look(ctx, session))
        return ctx.wake(session, earliest(session.until, next_look(ctx, session), next_level(ctx, session)))


def _bot_waits_no_more(ctx: Context, session: Session) -> Session:
    cursor = session.main
    return session if cursor is None else ctx.record(session, e.ActionAnswered(cursor.asked, ok=False, reason="timeout"))


def _widen(ctx: Context, session: Session) -> Session:
    drain(ctx, put_into_lanes(ctx, [session]))
    return ctx.tx.get(Session, session.id)


_OVER: Mapping[State, Callable[[Context, Session], Session]] = {
    State.BOT: _bot_waits_no_more,
    State.QUEUED: _widen,
    State.ACTIVE: lambda ctx, session: let_pass(ctx, session) if session.offered else ctx.record(session, e.Resumed(by=Role.SYSTEM)),
    State.WRAP_UP: lambda ctx, session: ctx.record(session, e.WrappedUp(Role.SYSTEM, reason="wrap_up_limit")),
}
"""What `until` means in each state."""


@attrs.frozen
class RunTimer:
    """Do what a timer is for, if it is due. By the desk and its host."""

    permission: ClassVar = Permission.OPERATE

    timer: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> None:
        timer = ctx.tx.peek(Timer, self.timer)
        if timer is not None and timer.brand == ctx.brand_id and timer.due <= ctx.now:
            ctx.tx.delete(Timer, timer.id)
            TIMERS[timer.does](ctx, timer)


TIMERS: Mapping[str, Callable[[Context, Timer], None]] = {
    "attendance": sweep,
    "bulk": lambda ctx, timer: go_on_with(ctx, ctx.tx.get(Bulk, timer.subject)),
    "campaign": go_on,
    "delayed": lambda ctx, timer: send_due(ctx, ctx.tx.get(DelayedReply, timer.subject)),
    "drain": lambda ctx, _timer: drain(ctx, look_again(ctx)),
    "hours": lambda ctx, _timer: turn(ctx),
    "ledger": month_begins,
    "presence": presence_over,
    "report": send_report,
    "unread": left_unread,
    "shift": lambda ctx, timer: turn_shift(ctx, ctx.tx.get(Agent, timer.subject)),
}
"""What is done by each name that `Context.arm` is given."""
