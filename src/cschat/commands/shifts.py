"""When agents work: their own shifts and days off.

May: say when somebody is not at work. May not: make anybody available; only what they declare does.
"""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import attrs

from cschat.commands.protocol import Context
from cschat.commands.schedules import MAX_DAYS, dates, day_field, day_of, known_zone, shifts_of, text_of_day, week_of
from cschat.commands.team import change_agent
from cschat.core.access import Permission
from cschat.core.fields import is_id, listed, record_id
from cschat.core.hours import WEEKDAYS, Calendar
from cschat.core.people import Agent
from cschat.errors import Invalid

__all__ = ["SetDaysOff", "SetShifts"]


@attrs.frozen
class SetShifts:
    """Set an agent's shifts: who is available counts as there only within them. Answers with the `Agent`. Nothing named: no shifts.

    `weekdays`, `saturday`, `sunday`, and single days where they differ; a day that is not named is off. `lunch` is off every day.
    `zone`: by default the brand's. Holidays are the business of the brand's hours.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Agent

    agent: str = attrs.field(converter=record_id, validator=is_id)
    weekdays: str | None = day_field()
    monday: str | None = day_field()
    tuesday: str | None = day_field()
    wednesday: str | None = day_field()
    thursday: str | None = day_field()
    friday: str | None = day_field()
    saturday: str | None = day_field()
    sunday: str | None = day_field()
    lunch: str | None = day_field()
    zone: str | None = attrs.field(default=None, validator=known_zone)

    def __attrs_post_init__(self) -> None:
        if self.lunch is not None and not self._named:
            raise Invalid(field="lunch", reason="needs shifts that it is a break in")

    @property
    def _named(self) -> bool:
        return any(getattr(self, name) is not None for name in ("weekdays", *WEEKDAYS))

    def run(self, ctx: Context) -> Agent:
        zone = self.zone or ctx.see.brand().zone
        shifts = Calendar(zone=zone, week=week_of(self), breaks=shifts_of(self.lunch, "lunch"), holidays=None) if self._named else None
        return change_agent(ctx, self.agent, shifts=shifts)


def _texts(value: Any) -> Any:
    several = listed(value)
    return tuple(text_of_day(one) for one in several) if isinstance(several, tuple) else several


def _days(texts: Any) -> tuple[date, ...]:
    if not isinstance(texts, tuple) or len(texts) > MAX_DAYS:
        raise Invalid(field="days", reason="must be a list of dates", allowed=["2026-12-24", "2026-12-28/2026-12-31"])
    found: set[date] = set()
    for text in texts:
        first, _, last = text.partition("/") if isinstance(text, str) else (text, "", "")
        found |= {*dates(day_of(first, "days"), day_of(last or first, "days"), "days")}
    if len(found) > MAX_DAYS:
        raise Invalid(field="days", reason=f"{len(found)} are too many", allowed=[f"at most {MAX_DAYS}"])
    return tuple(sorted(found))


def _are_days(_command: object, _field: attrs.Attribute[Any], value: Any) -> None:
    _days(value)


@attrs.frozen
class SetDaysOff:
    """Set the dates on which an agent does not work, in place of those set before: `2026-12-24`, or `2026-12-28/2026-12-31`.

    Answers with the `Agent`. A night shift that begins on the day before goes on into a day off.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Agent

    agent: str = attrs.field(converter=record_id, validator=is_id)
    days: tuple[str, ...] = attrs.field(converter=_texts, validator=_are_days)

    def run(self, ctx: Context) -> Agent:
        return change_agent(ctx, self.agent, days_off=_days(self.days))
