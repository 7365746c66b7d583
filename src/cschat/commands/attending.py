"""Who has a session open, and who types.

May: note it, and forget it. May not: decide who is told. It is no event, and a sign that says nothing new is not even written.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from cschat.commands.protocol import Context
from cschat.core.access import Permission
from cschat.core.attendance import CUSTOMER, Attendance
from cschat.core.fields import flag, is_id, record_id
from cschat.core.people import Role
from cschat.core.session import Session
from cschat.core.timers import Timer
from cschat.core.times import SECOND
from cschat.sight import Who

__all__ = ["Attend", "sweep"]

SWEEP_AFTER = 300 * SECOND
"""How often (in microseconds) what nobody has open any more is thrown away."""
_PAGE = 500


@attrs.frozen
class Attend:
    """The customer or an agent has the session open, and is `typing` for all to read, or not; `gone`: they have left it.

    Sent every 10 seconds while it is open, and at once when typing begins or ends. It holds for 25 seconds. A note for colleagues is no
    typing. See `Attending`.
    """

    permission: ClassVar = Permission.TALK

    session: str = attrs.field(converter=record_id, validator=is_id)
    typing: bool = attrs.field(default=False, validator=flag)
    gone: bool = attrs.field(default=False, validator=flag)

    @staticmethod
    def fits(_session: Session, who: Who) -> bool:
        return who.id is not None

    def run(self, ctx: Context) -> None:
        session, who = ctx.take(self), ctx.see.who
        known = ctx.tx.peek(Attendance, Attendance.id_of(session.id))
        before = known or Attendance(Attendance.id_of(session.id), ctx.brand_id)
        name = CUSTOMER if who.role is Role.CUSTOMER else str(who.id)
        after = before.told(name, ctx.now, typing=self.typing, gone=self.gone)
        if after is before:
            return
        if not after.here:
            ctx.tx.delete(Attendance, after.id)
            return
        ctx.tx.put(after)
        if known is None and ctx.tx.peek(Timer, Timer.id_of("attendance", ctx.brand_id)) is None:
            ctx.arm("attendance", ctx.brand_id, ctx.now + SWEEP_AFTER)


def sweep(ctx: Context, timer: Timer) -> None:
    """Throw away what nobody has open any more; come again as long as anything is left."""
    after = None
    left = False
    while page := ctx.tx.find(Attendance, where={"brand": timer.brand}, after=after, limit=_PAGE):
        after = ("", page[-1].id)
        for one in page:
            if one.at(ctx.now):
                left = True
            else:
                ctx.tx.delete(Attendance, one.id)
    if left:
        ctx.arm("attendance", timer.subject, ctx.now + SWEEP_AFTER)
