"""Answers that come while nobody looks: after a while it is noted that a customer has not read them.

May: look again after the brand's `away_after`, and record it once until the customer reads. May not: tell them; the host or a mail does.

Who writes sets a clock only if none is set. When it comes the session is looked at as it is: what was read meanwhile sets it anew, or not
at all.
"""

from __future__ import annotations

from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.attendance import CUSTOMER, Attendance
from cschat.core.content import Speaker, Visibility
from cschat.core.look import Away
from cschat.core.session import Session, State
from cschat.core.timers import Timer
from cschat.core.times import SECOND

__all__ = ["answers", "left_unread", "may_be_left"]

TIMER = "unread"
LEAST = 10 * SECOND
"""How soon at the earliest (in microseconds) it is looked at again while the customer is there and does not read."""
MOST = 500
"""So many events after the last that was read are looked through."""


def may_be_left(ctx: Context, session: str, away_after: int) -> None:
    """Somebody has answered: look in a while whether it was read. Whoever looks already, looks at this too."""
    if ctx.tx.peek(Timer, Timer.id_of(TIMER, session)) is None:
        ctx.arm(TIMER, session, ctx.now + away_after * 1000)


def left_unread(ctx: Context, timer: Timer) -> None:
    """Note what the customer has not read, if it was not noted before and they are not there."""
    session, brand = ctx.tx.get(Session, timer.subject), ctx.see.brand()
    events = ctx.tx.events(session.id, after_seq=session.read_by_customer, limit=MOST)
    unread = answers(session, events)
    if brand.away is Away.BADGE or not unread or any(isinstance(event.body, e.LeftUnread) for event in events):
        return
    due = unread[0].time + brand.away_after * 1000
    if due <= ctx.now and _is_there(ctx, session):
        due = ctx.now + max(LEAST, brand.away_after * 1000)
    if due > ctx.now:
        ctx.arm(TIMER, session.id, due)
    else:
        ctx.record(session, e.LeftUnread(unread[0].body.id, len(unread), brand.away))


def answers(session: Session, events: list[e.Event]) -> list[e.Event]:
    """Which of a session's events are answers to the customer: what agents say, and a bot as long as it alone speaks."""
    spoken = (Speaker.AGENT, Speaker.BOT) if session.state is State.BOT else (Speaker.AGENT,)
    said = [event for event in events if isinstance(event.body, e.MessageSent)]
    return [event for event in said if event.body.visibility is Visibility.PUBLIC and event.body.author in spoken]


def _is_there(ctx: Context, session: Session) -> bool:
    attendance = ctx.tx.peek(Attendance, Attendance.id_of(session.id))
    return attendance is not None and any(one.who == CUSTOMER for one in attendance.at(ctx.now))
