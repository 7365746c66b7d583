"""Reports by mail: follows the log, puts a report together when one is due, and sends it.

May: ask for the summary, draw its charts, hand the mail over. May not: define a number.

The page is tables with styles of their own and pictures that come along: that is what mail programs show.
"""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Callable, Iterable, Mapping
from email.message import Message
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import attrs

from cschat.core import events as e
from cschat.core.events import Event
from cschat.core.mail_reports import MailReport
from cschat.core.times import Micros, as_datetime
from cschat.errors import Conflict
from cschat.queries.summary import Summary, SummaryAnswer, SummaryFigure, SummaryTable
from cschat.sight import Sight
from cschat.stats.charts import picture
from cschat.storage.protocol import In, Store, Transaction
from cschat.transport.alerts import beginning
from cschat.transport.formats import headed
from cschat.transport.mail import Smtp, hand_over
from cschat.transport.relay import Delivery, Target

__all__ = ["Reports", "letter", "page", "pictures", "sheet"]

_BARE = 'role="presentation" cellpadding="0" cellspacing="0"'
_CELL = "padding:6px 10px;border-bottom:1px solid #e5e7eb;font-size:14px"
_FONT = "font-family:'Apple SD Gothic Neo','Malgun Gothic','Noto Sans KR',Arial,sans-serif;color:#1f2937"
_ACROSS = 4
"""So many numbers stand beside each other."""


def pictures(summary: SummaryAnswer) -> list[bytes]:
    """The charts of a summary as PNG."""
    return [picture(spec) for spec in summary.charts]


def page(summary: SummaryAnswer, sources: Iterable[str]) -> str:
    """A summary as an HTML page for mail; `sources` is where each chart's picture is."""
    language = "ko" if summary.language.startswith("ko") else "en"
    charts = "".join(
        f'<p style="margin:0 0 20px"><img src="{html.escape(source)}" alt="{_alt(spec)}" width="600" style="max-width:100%"></p>'
        for spec, source in zip(summary.charts, sources, strict=True)
    )
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(summary.title)}</title></head>"
        f'<body style="margin:0;background:#f3f4f6;{_FONT}"><table {_BARE} width="100%"><tr><td align="center">'
        f'<table {_BARE} width="640" style="max-width:100%;background:#ffffff;margin:24px 0"><tr><td style="padding:24px 20px">'
        f'<h1 style="margin:0;font-size:22px">{html.escape(summary.title)}</h1>'
        f'<p style="margin:4px 0 20px;color:#6b7280;font-size:14px">{html.escape(summary.period)}</p>'
        f"{_figures(summary)}{charts}{''.join(map(_table, summary.tables))}"
        "</td></tr></table></td></tr></table></body></html>"
    )


def _alt(spec: Mapping[str, object]) -> str:
    title = spec["title"]
    return html.escape(str(title["text"] if isinstance(title, Mapping) else title))


def _figures(summary: SummaryAnswer) -> str:
    """The numbers on top, a few beside each other, each with what it was before."""
    several = summary.figures
    rows = [several[first : first + _ACROSS] for first in range(0, len(several), _ACROSS)]
    shown = "".join(f"<tr>{''.join(_figure(one, summary.language) for one in row)}</tr>" for row in rows)
    return f'<table {_BARE} width="100%" style="margin-bottom:20px">{shown}</table>'


def _figure(figure: SummaryFigure, language: str) -> str:
    before = f"이전 {figure.before}" if language.startswith("ko") else f"before: {figure.before}"
    change = "" if figure.change is None else f" ({figure.change:+.0%})"
    return (
        f'<td width="25%" valign="top" style="padding:10px;border:1px solid #e5e7eb">'
        f'<div style="font-size:12px;color:#6b7280">{html.escape(figure.label)}</div>'
        f'<div style="font-size:20px;font-weight:bold;margin:4px 0">{html.escape(figure.value)}</div>'
        f'<div style="font-size:12px;color:#6b7280">{html.escape(before)}{html.escape(change)}</div></td>'
    )


def _table(table: SummaryTable) -> str:
    if not table.rows:
        return ""
    head = "".join(
        f'<th align="{_side(place)}" style="{_CELL};color:#6b7280">{html.escape(name)}</th>' for place, name in enumerate(table.head)
    )
    rows = "".join(
        "<tr>" + "".join(f'<td align="{_side(place)}" style="{_CELL}">{html.escape(cell)}</td>' for place, cell in enumerate(row)) + "</tr>"
        for row in table.rows
    )
    return (
        f'<h2 style="font-size:16px;margin:20px 0 8px">{html.escape(table.title)}</h2>'
        f'<table width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse"><tr>{head}</tr>{rows}</table>'
    )


def _side(place: int) -> str:
    return "right" if place else "left"


def sheet(summary: SummaryAnswer) -> bytes:
    """The days of a summary as CSV that spreadsheets open: UTF-8 with a mark at the beginning."""
    file = io.StringIO()
    csv.writer(file).writerows([["" if cell is None else cell for cell in row] for row in summary.rows])
    return file.getvalue().encode("utf-8-sig")


def _plain(summary: SummaryAnswer) -> str:
    figures = [f"{one.label}: {one.value} ({one.before})" for one in summary.figures]
    tables = [line for table in summary.tables for line in ("", table.title, *(" | ".join(row) for row in (table.head, *table.rows)))]
    return "\n".join([summary.title, summary.period, "", *figures, *tables])


def letter(summary: SummaryAnswer, *, sender: str, to: tuple[str, ...], id: str, time: Micros) -> Message:
    """A summary as a mail: text, page with its pictures, and a sheet."""
    message = MIMEMultipart("mixed")
    headed(message, f"{summary.title} - {summary.period}", sender=sender, to=to, id=id, time=time)
    related, either = MIMEMultipart("related"), MIMEMultipart("alternative")
    drawn = pictures(summary)
    names = [f"chart-{number}" for number in range(1, len(drawn) + 1)]
    either.attach(MIMEText(_plain(summary), "plain", "utf-8"))
    either.attach(MIMEText(page(summary, [f"cid:{name}" for name in names]), "html", "utf-8"))
    related.attach(either)
    for name, png in zip(names, drawn, strict=True):
        image = MIMEImage(png, "png")
        image.add_header("Content-ID", f"<{name}>")
        image.add_header("Content-Disposition", "inline", filename=f"{name}.png")
        related.attach(image)
    message.attach(related)
    table = MIMEText(sheet(summary).decode(), "csv", "utf-8")
    table.add_header("Content-Disposition", "attachment", filename="report.csv")
    message.attach(table)
    return message


@attrs.frozen
class _Due:
    """What is to be sent, and to whom."""

    report: MailReport
    summary: SummaryAnswer


class Reports:
    """The reports of one desk. `see` looks at a transaction as the desk itself."""

    def __init__(self, store: Store, smtp: Callable[[], Smtp | None], see: Callable[[Transaction, str], Sight]) -> None:
        self._store, self._smtp, self._see = store, smtp, see
        self._since: int | None = None

    def targets(self, tx: Transaction, /) -> Iterable[Target]:
        """One for all reports, as soon as there is one."""
        if self._since is None:
            if not tx.count(MailReport, where={"removed": In((False, True))}, at_most=1):
                return
            oldest = [found[0] for gone in (False, True) if (found := tx.find(MailReport, where={"removed": gone}, order="added", limit=1))]
            self._since = min(beginning(tx, report.id, 1) for report in oldest)
        yield Target("reports", frozenset({e.MailReportDue.__name__}), self._deliver, since=self._since)

    def _deliver(self, event: Event, delivery: Delivery) -> None:
        due = self._store.read(lambda tx: self._look(tx, event))
        if due is None:
            return
        smtp = self._smtp()
        if smtp is None:
            raise Conflict("this desk has no mail server: name one with desk.mail(Smtp(...))", report_id=event.subject)
        to = due.report.addresses
        hand_over(smtp, letter(due.summary, sender=smtp.sender, to=to, id=delivery.id, time=event.time), to)

    def _look(self, tx: Transaction, event: Event) -> _Due | None:
        """What to send, if it is still wanted."""
        report = tx.get(MailReport, event.subject)
        if report.removed:
            return None
        summary = Summary(as_datetime(event.body.start), as_datetime(event.body.end), language=report.language)
        return _Due(report, summary.run(self._see(tx, event.brand)))
