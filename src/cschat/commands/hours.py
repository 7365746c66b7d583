"""The brand's opening hours.

May: set hours, special days and overrides, from now on. May not: change what has been, or say what follows from it.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Any, ClassVar

import attrs

from cschat.commands.protocol import Context
from cschat.commands.schedules import (
    CLOSED,
    dates,
    day_field,
    day_of,
    is_country,
    is_day,
    joined,
    known_zone,
    shifts_of,
    text_of_day,
    week_of,
)
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.calendar import is_open, overridden
from cschat.core.fields import flag, line, member
from cschat.core.hours import Calendar, DayKind, Hours, SpecialDay
from cschat.core.records import evolve
from cschat.core.stretches import local_date
from cschat.errors import Conflict, Invalid

__all__ = ["ClearSpecialDay", "OverrideHours", "SetHours", "SetSpecialDay"]


@attrs.frozen(kw_only=True)
class SetHours:
    """Set the brand's opening hours, from now on; what has been stays as it was. Answers with the `Hours`.

    `SetHours(always_open=True)`, or `weekdays`, `saturday`, `sunday`, and single days where they differ. `lunch` closes every day.
    `holidays`: a country (KR, DE-BY), "none", or "auto": KR in the zone Asia/Seoul, else none. `labour_day` (1 May) and `temporary` ones
    (declared for one date, elections) may be worked on. `zone`: by default the brand's. Special days to come are kept.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Hours

    always_open: bool = attrs.field(default=False, validator=flag)
    weekdays: str = day_field("09:00-18:00")
    monday: str | None = day_field()
    tuesday: str | None = day_field()
    wednesday: str | None = day_field()
    thursday: str | None = day_field()
    friday: str | None = day_field()
    saturday: str = day_field(CLOSED)
    sunday: str = day_field(CLOSED)
    lunch: str | None = day_field()
    holidays: str = attrs.field(default="auto", validator=is_country)
    labour_day: bool = attrs.field(default=True, validator=flag)
    temporary: bool = attrs.field(default=True, validator=flag)
    zone: str | None = attrs.field(default=None, validator=known_zone)

    def __attrs_post_init__(self) -> None:
        if self.always_open and (self.lunch is not None or self.holidays not in ("auto", "none")):
            field = "holidays" if self.lunch is None else "lunch"
            raise Invalid(field=field, reason="means nothing to what is always open", allowed=["weekdays='00:00-24:00', saturday=..., ..."])

    def run(self, ctx: Context) -> Hours:
        hours = ctx.see.hours()
        zone = self.zone or ctx.see.brand().zone
        before = hours.calendar_at(ctx.now)
        yesterday = local_date(zone, ctx.now) - timedelta(days=1)  # its night shift may still be on
        calendar = Calendar(
            zone=zone,
            week=week_of(self),
            breaks=shifts_of(self.lunch, "lunch"),
            always_open=self.always_open,
            holidays=self._country(zone),
            labour_day=self.labour_day,
            temporary=self.temporary,
            special=() if before is None else tuple(day for day in before.special if day.date >= yesterday),
        )
        return hours if calendar == before else ctx.change(hours, e.HoursSet(calendar), **_since(ctx, hours, calendar))

    def _country(self, zone: str) -> str | None:
        if self.always_open or self.holidays == "none":
            return None
        if self.holidays == "auto":
            return "KR" if zone == "Asia/Seoul" else None
        return self.holidays


def _since(ctx: Context, hours: Hours, calendar: Calendar) -> dict[str, Any]:
    return {"versions": hours.with_calendar(calendar, ctx.now).versions}


def _in_force(ctx: Context) -> tuple[Hours, Calendar]:
    """The brand's hours and the calendar that holds now; `Conflict` if it has none."""
    hours = ctx.see.hours()
    calendar = hours.calendar_at(ctx.now)
    if calendar is None:
        raise Conflict("this brand has no hours yet: SetHours comes first", brand=ctx.brand_id)
    return hours, calendar


@attrs.frozen
class SetSpecialDay:
    """Let a date, or all from `day` to `last`, differ from the week. Answers with the `Hours`. The last word on a date counts.

    `hours`: "closed", "half" (as usual, until noon), "usual" (as the weekday, though it is a holiday), or hours such as 10:00-15:00, which
    are taken without lunch. `Invalid` for a date that is past, `Conflict` while the brand has no hours.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Hours

    day: str = attrs.field(converter=text_of_day, validator=is_day)
    hours: str = attrs.field(default=CLOSED, converter=joined)
    last: str | None = attrs.field(default=None, converter=text_of_day, validator=is_day)
    note: str = attrs.field(default="", validator=line())

    def __attrs_post_init__(self) -> None:
        first = day_of(self.day, "day")
        if self.last is not None:
            dates(first, day_of(self.last, "last"), "last")
        if self.hours not in ("half", "usual"):
            if not isinstance(self.hours, str) or len(self.hours) > 200:
                raise Invalid(field="hours", reason=f"{self.hours!r} is no hours", allowed=("closed", "half", "usual", "10:00-15:00"))
            shifts_of(self.hours, "hours")

    def run(self, ctx: Context) -> Hours:
        hours, calendar = _in_force(ctx)
        first = _to_come(ctx, calendar, self.day)
        own = () if self.hours in ("half", "usual") else shifts_of(self.hours, "hours")
        kind = DayKind.HOURS if own else DayKind(self.hours)
        several = dates(first, day_of(self.last or self.day, "last"), "last")
        days = tuple(SpecialDay(day, kind, own, self.note) for day in several)
        others = [day for day in calendar.special if day.date not in several]
        special = tuple(sorted((*others, *days), key=lambda day: day.date))
        if special == calendar.special:
            return hours
        return ctx.change(hours, e.SpecialDaysSet(days), **_since(ctx, hours, evolve(calendar, special=special)))


@attrs.frozen
class ClearSpecialDay:
    """Let a date be as any other again. Answers with the `Hours`. `Invalid` for a date that is past."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Hours

    day: str = attrs.field(converter=text_of_day, validator=is_day)

    def run(self, ctx: Context) -> Hours:
        hours, calendar = _in_force(ctx)
        day = _to_come(ctx, calendar, self.day)
        special = tuple(one for one in calendar.special if one.date != day)
        if special == calendar.special:
            return hours
        return ctx.change(hours, e.SpecialDayCleared(day), **_since(ctx, hours, evolve(calendar, special=special)))


def _to_come(ctx: Context, calendar: Calendar, text: str) -> date:
    day = day_of(text, "day")
    if day < local_date(calendar.zone, ctx.now):
        raise Invalid(field="day", reason=f"{day} is past")
    return day


class OverrideTo(StrEnum):
    """What an override makes of the hours; `NONE` ends one."""

    OPEN = "open"
    CLOSED = "closed"
    NONE = "none"


def _override(value: OverrideTo | str) -> OverrideTo:
    return member(OverrideTo, value, "to")


@attrs.frozen
class OverrideHours:
    """Be "closed" until the next opening, or "open" until the next closing; "none" ends it. Answers with the `Hours`.

    Openings and closings are those of the hours, so one that closes in the morning ends after lunch. What is so already records nothing.
    `Conflict` while the brand has no hours; `ChangeBrand(accepting=...)` opens and closes for good.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Hours

    to: OverrideTo = attrs.field(converter=_override)

    def run(self, ctx: Context) -> Hours:
        hours, _ = _in_force(ctx)
        if self.to is OverrideTo.NONE:
            wanted = None
            so_already = not overridden(hours, ctx.now)
        else:
            wanted = self.to is OverrideTo.OPEN
            so_already = is_open(hours, ctx.now) is wanted
        if so_already:
            return hours
        return ctx.change(hours, e.HoursOverridden(wanted), overrides=hours.with_override(wanted, ctx.now).overrides)
