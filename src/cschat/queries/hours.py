"""Opening hours, as staff keep them and as customers ask for them.

May: say when the desk is open. May not: say whether somebody is there.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import attrs

from cschat.core.absence import closed_now, opens_in_words
from cschat.core.access import Permission
from cschat.core.brand import Accepting
from cschat.core.calendar import next_change, next_opening, open_spans
from cschat.core.fields import line
from cschat.core.hours import Hours, written
from cschat.core.stretches import local_date
from cschat.core.times import optional_datetime
from cschat.sight import Sight

__all__ = ["GetHours", "Opening", "OpeningHours"]


@attrs.frozen
class GetHours:
    """The `Hours` of the brand, with their versions and overrides; without any version if it has set none."""

    permission: ClassVar = Permission.SERVE

    def run(self, ctx: Sight) -> Hours:
        return ctx.hours()


@attrs.frozen
class Opening:
    """Whether it is open now, and if not, why: closed, lunch, holiday.

    `today` are the hours of this date ("09:00-12:00, 13:00-18:00", "" if it is closed all day), None if the brand has set none.
    `closes_at` and `next_opening` are None if they are not known or farther than 400 days. `opens` says in words when a closed desk
    opens: "내일 오전 9시부터".
    """

    open: bool
    reason: str | None
    today: str | None
    closes_at: datetime | None
    next_opening: datetime | None
    opens: str
    zone: str


@attrs.frozen
class OpeningHours:
    """Whether the desk is open, and when it will be: `Opening`. For everybody. `language`: of the words, by default the brand's."""

    permission: ClassVar = Permission.TALK

    language: str | None = attrs.field(default=None, validator=line(limit=35))

    def run(self, ctx: Sight) -> Opening:
        brand, hours, now = ctx.brand(), ctx.hours(), ctx.now
        closed = closed_now(brand, hours, now)
        calendar = hours.calendar_at(now)
        by_hours = brand.accepting is Accepting.AUTO
        return Opening(
            open=closed is None,
            reason=None if closed is None else str(closed.reason),
            today=None if calendar is None else written(open_spans(calendar, local_date(calendar.zone, now))),
            closes_at=optional_datetime(next_change(hours, now)) if by_hours and closed is None else None,
            next_opening=optional_datetime(next_opening(hours, now)) if by_hours else None,
            opens=opens_in_words(brand, hours, closed, now, self.language or brand.language),
            zone=brand.zone if calendar is None else calendar.zone,
        )
