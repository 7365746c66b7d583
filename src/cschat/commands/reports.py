"""Reports are kept under a name, so that everybody asks the same.

May: keep what is asked. May not: count.
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs
import msgspec

from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.fields import is_id, line, listed, member, record_id
from cschat.core.reports import ReportPeriod, SavedReport
from cschat.errors import Conflict
from cschat.stats.dimensions import is_calendar, is_zone, known_by, known_measures, known_where, limits
from cschat.stats.metrics import SQI

__all__ = ["RemoveReport", "SaveReport"]


def _period(value: Any) -> ReportPeriod:
    return member(ReportPeriod, value, "period")


@attrs.frozen
class SaveReport:
    """Keep a report under a `name`; another of that name is replaced. Answers with the `SavedReport`, which `RunReport` asks.

    The fields are those of `Report`, with a `period` that moves along: today, yesterday, this or last week or month.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = SavedReport

    name: str = attrs.field(validator=line(limit=100, required=True))
    period: ReportPeriod = attrs.field(default=ReportPeriod.LAST_MONTH, converter=_period)
    measures: tuple[str, ...] = attrs.field(default=SQI, converter=listed, validator=known_measures)
    by: tuple[str, ...] = attrs.field(default=(), converter=listed, validator=known_by)
    where: dict[str, tuple[str, ...]] = attrs.field(factory=dict, converter=limits, validator=known_where)
    zone: str | None = attrs.field(default=None, validator=[line(limit=64), is_zone])
    calendar: str = attrs.field(default="wall", validator=is_calendar)

    def run(self, ctx: Context) -> SavedReport:
        wanted = {field.name: getattr(self, field.name) for field in attrs.fields(SaveReport)} | {"removed": False}
        known = ctx.tx.find(SavedReport, where={"brand": ctx.brand_id, "name": self.name}, limit=1)
        if known and all(getattr(known[0], name) == value for name, value in wanted.items()):
            return known[0]
        told = e.ReportSaved(self.name, msgspec.to_builtins({name: value for name, value in wanted.items() if name != "removed"}))
        if known:
            return ctx.change(known[0], told, **wanted)
        return ctx.change(SavedReport(id=ctx.new_id(SavedReport), brand=ctx.brand_id, seq=0, **wanted), told)


@attrs.frozen
class RemoveReport:
    """Forget a report that was kept. `Conflict` if it is gone already."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = SavedReport

    report: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> SavedReport:
        report = ctx.see.mine(SavedReport, self.report)
        if report.removed:
            raise Conflict(f"{report.id} was removed", id=report.id)
        return ctx.change(report, e.ReportRemoved(report.name), removed=True)
