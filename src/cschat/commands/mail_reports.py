"""Reports by mail: who gets which, and how often.

May: keep that, and let one go out. May not: count or send anything (`transport.reports` does).
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from cschat.commands.changing import differing, given
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.fields import is_id, line, listed, mail_address, member, names, record_id, whole
from cschat.core.mail_reports import Every, MailReport, next_sending, stretch_before
from cschat.core.timers import Timer
from cschat.errors import Conflict, Invalid

__all__ = ["AddMailReport", "ChangeMailReport", "RemoveMailReport", "SendMailReport"]


def _every(value: Every | str) -> Every:
    return member(Every, value, "every")


def _addresses(command: object, field: attrs.Attribute[Any], value: Any) -> None:
    names(limit=254)(command, field, value)
    if value == ():
        raise Invalid(field=field.name, reason="must name somebody")
    for address in value or ():
        mail_address(command, field, address)


@attrs.frozen
class AddMailReport:
    """Send a report by mail: `every` "daily", "weekly" (Monday to Sunday) or "monthly". Answers with the `MailReport`.

    It goes to `addresses` at the local `hour` of the day after, in `language` "ko" or "en" (None: the brand's).
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = MailReport

    every: Every = attrs.field(converter=_every)
    addresses: tuple[str, ...] = attrs.field(converter=listed, validator=_addresses)
    language: str | None = attrs.field(default=None, validator=line(limit=35))
    hour: int = attrs.field(default=8, validator=whole(0, 23))

    def run(self, ctx: Context) -> MailReport:
        fresh = MailReport(ctx.new_id(MailReport), ctx.brand_id, 0, self.every, self.addresses, ctx.now, self.language, self.hour)
        _arm(ctx, fresh)
        return ctx.change(fresh, e.MailReportAdded(self.every, self.hour))


@attrs.frozen
class ChangeMailReport:
    """Change a report; what is None stays. Answers with the `MailReport`. `Conflict` if it was removed."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = MailReport

    report: str = attrs.field(converter=record_id, validator=is_id)
    every: Every | None = attrs.field(default=None, converter=attrs.converters.optional(_every))
    addresses: tuple[str, ...] | None = attrs.field(default=None, converter=listed, validator=_addresses)
    language: str | None = attrs.field(default=None, validator=line(limit=35))
    hour: int | None = attrs.field(default=None, validator=whole(0, 23))

    def run(self, ctx: Context) -> MailReport:
        report = _present(ctx, self.report)
        changes, before, after = differing(report, given(self, MailReport, emptied=("language",)))
        if not changes:
            return report
        told = [{name: value for name, value in side.items() if name != "addresses"} for side in (before, after)]
        report = ctx.change(report, e.MailReportChanged(*told), **changes)
        _arm(ctx, report)
        return report


@attrs.frozen
class RemoveMailReport:
    """Send a report no more. Answers with the `MailReport`."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = MailReport

    report: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> MailReport:
        report = ctx.see.mine(MailReport, self.report)
        if report.removed:
            return report
        ctx.arm("report", report.id, None)
        return ctx.change(report, e.MailReportRemoved(), removed=True)


@attrs.frozen
class SendMailReport:
    """Send a report now, about the last whole day, week or month. Answers with the `MailReport`. `Conflict` if it was removed."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = MailReport

    report: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> MailReport:
        return _send(ctx, _present(ctx, self.report))


def send_report(ctx: Context, timer: Timer) -> None:
    """The hour has come. After downtime only the last stretch is told of."""
    report = ctx.tx.get(MailReport, timer.subject)
    _send(ctx, report)
    _arm(ctx, report)


def _present(ctx: Context, id: str) -> MailReport:
    report = ctx.see.mine(MailReport, id)
    if report.removed:
        raise Conflict(f"{id} was removed", report_id=id)
    return report


def _arm(ctx: Context, report: MailReport) -> None:
    ctx.arm("report", report.id, next_sending(report.every, ctx.now, ctx.see.brand().zone, report.hour))


def _send(ctx: Context, report: MailReport) -> MailReport:
    return ctx.change(report, e.MailReportDue(*stretch_before(report.every, ctx.now, ctx.see.brand().zone)))
