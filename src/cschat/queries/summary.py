"""A summary of a stretch of time for managers: what it comes to, against the stretch before, in words, tables and charts.

May: ask `Report` and put the answers together. May not: define a number, or know where the summary is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import attrs

from cschat.core.access import Permission
from cschat.core.fields import aware, line
from cschat.core.texts import duration, is_korean
from cschat.errors import Invalid
from cschat.queries.reports import Answer, Line, Report
from cschat.sight import Sight
from cschat.stats.charts import Spec, bars, lines, lying
from cschat.stats.metrics import METRICS, SQI, Unit

__all__ = ["Summary", "SummaryAnswer", "SummaryFigure", "SummaryTable"]

_DAYS = {True: "월화수목금토일", False: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MOST = 10
"""So many categories in the chart, and agents in the table."""

_HEADLINES: tuple[tuple[str, str], ...] = (
    ("closings", "sum"),
    ("closings_by_agent", "sum"),
    ("closings_by_bot", "sum"),
    ("first_response_time_from_handoff", "p50"),
    ("queue_time", "p50"),
    ("abandonment_rate", "mean"),
    ("bot_resolution_rate", "mean"),
    ("rating", "mean"),
)
"""What stands on top: the metric, and what of it."""

_WORDS = {
    "ko": {
        "title": "상담 보고서",
        "p50": "{} (중앙값)",
        "sqi": "상담 품질 지표",
        "sqi_head": ("지표", "건수", "기록 없음", "평균", "중앙값", "90 %"),
        "agents": "상담사",
        "agents_head": ("상담사", "상담 종료", "최초 응대 (중앙값)", "처리 시간 (평균)", "만족도"),
        "by_day": "날짜별 상담 종료",
        "by_hour": "시간대별 상담 종료",
        "agent": "상담사",
        "bot": "봇",
        "count": "건",
        "response": "상담 요청 후 최초 응대까지",
        "median": "중앙값",
        "minutes": "분",
        "categories": "많은 상담 유형",
        "none": "(유형 없음)",
        "nobody": "(담당 없음)",
        "empty": "-",
    },
    "en": {
        "title": "Support report",
        "p50": "{} (median)",
        "sqi": "Service quality",
        "sqi_head": ("metric", "values", "missing", "mean", "median", "90 %"),
        "agents": "Agents",
        "agents_head": ("agent", "closed", "first response (median)", "handling (mean)", "rating"),
        "by_day": "Closed by day",
        "by_hour": "Closed by hour",
        "agent": "agents",
        "bot": "bots",
        "count": "closed",
        "response": "From the request to the first response",
        "median": "median",
        "minutes": "min",
        "categories": "Most frequent categories",
        "none": "(no category)",
        "nobody": "(nobody)",
        "empty": "-",
    },
}


@attrs.frozen
class SummaryFigure:
    """One number on top: what it is called, is, was in the stretch before ("-": nothing), and by what part it changed."""

    name: str
    label: str
    value: str
    before: str
    change: float | None


@attrs.frozen
class SummaryTable:
    """A table of texts."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


@attrs.frozen
class SummaryAnswer:
    """A summary: numbers, tables, three charts as Vega-Lite specifications, and the same by day as rows for a file, their head first."""

    title: str
    period: str
    language: str
    figures: list[SummaryFigure]
    tables: list[SummaryTable]
    charts: list[Spec]
    rows: list[list[Any]]


@attrs.frozen
class Summary:
    """What a stretch of time comes to, with the stretch of the same length before. `language`: "ko" or "en" (None: the brand's).

    Days are those of the brand's zone. A `SummaryAnswer`. For staff. Needs the extra `stats`.
    """

    permission: ClassVar = Permission.SERVE

    start: datetime = attrs.field(validator=aware)
    end: datetime = attrs.field(validator=aware)
    language: str | None = attrs.field(default=None, validator=line(limit=35))

    def __attrs_post_init__(self) -> None:
        if self.end <= self.start:
            raise Invalid(field="end", reason="must be later than the start")

    def run(self, ctx: Sight) -> SummaryAnswer:
        return _Summing(ctx, self).answer()


class _Summing:
    """One summary being put together."""

    def __init__(self, ctx: Sight, query: Summary) -> None:
        self._ctx, self._query = ctx, query
        self._language = query.language or ctx.brand().language
        self._korean = is_korean(self._language)
        self._words: dict[str, Any] = _WORDS["ko" if self._korean else "en"]
        self._zone = ZoneInfo(ctx.brand().zone)

    def _report(self, measures: Sequence[str], *by: str, before: bool = False) -> Answer:
        start, end = self._query.start, self._query.end
        if before:
            start, end = start - (end - start), start
        return Report(start, end, measures=tuple(measures), by=by).run(self._ctx)

    def answer(self) -> SummaryAnswer:
        local = self._query.start.astimezone(self._zone), self._query.end.astimezone(self._zone)
        short = local[1] - local[0] <= timedelta(hours=26)
        names = tuple(dict.fromkeys(name for name, _ in _HEADLINES))
        total, before = self._report(names).total, self._report(names, before=True).total
        by_time = self._report(("closings_by_agent", "closings_by_bot", "first_response_time_from_handoff"), "hour" if short else "day")
        categories = self._report(("closings",), "category")
        by_day = self._report(tuple(dict.fromkeys((*SQI, *names))), "day")
        return SummaryAnswer(
            title=f"{self._ctx.brand().name} {self._words['title']}".strip(),
            period=self._period(*local),
            language=self._language,
            figures=[self._figure(name, field, total, before) for name, field in _HEADLINES],
            tables=[self._quality(), self._agents()],
            charts=[self._closed(by_time, short=short), self._responses(by_time, short=short), self._categories(categories)],
            rows=by_day.table(),
        )

    # ------------------------------------------------------------------------------------------------------------ words

    def _period(self, start: datetime, end: datetime) -> str:
        last = end - timedelta(microseconds=1)
        days = [start] if start.date() == last.date() else [start, last]
        return (" ~ " if self._korean else " - ").join(self._day(day) for day in days)

    def _day(self, day: datetime) -> str:
        name = _DAYS[self._korean][day.weekday()]
        return f"{day.year}년 {day.month}월 {day.day}일 ({name})" if self._korean else f"{name} {day:%Y-%m-%d}"

    def _shown(self, name: str, value: float | None) -> str:
        """A value as people read it."""
        if value is None:
            return str(self._words["empty"])
        unit = METRICS[name].unit
        if unit is Unit.LENGTH:
            return duration(self._language, value)
        if unit is Unit.RATE:
            return f"{100 * value:.1f} %"
        return f"{value:.0f} %" if unit is Unit.PERCENT else f"{value:,.0f}"

    def _label(self, name: str) -> str:
        return METRICS[name].ko if self._korean else METRICS[name].en

    # ---------------------------------------------------------------------------------------------------------- numbers

    def _figure(self, name: str, field: str, total: Line, before: Line) -> SummaryFigure:
        now, then = (_value(line.figures[name], field) for line in (total, before))
        label = self._words["p50"].format(self._label(name)) if field == "p50" else self._label(name)
        change = None if now is None or not then else now / then - 1
        return SummaryFigure(name, label, self._shown(name, now), self._shown(name, then), change)

    def _quality(self) -> SummaryTable:
        total = self._report(SQI).total
        rows = []
        for name in SQI:
            figure = total.figures[name]
            shown = [self._shown(name, getattr(figure, field)) for field in ("mean", "p50", "p90")]
            rows.append((self._label(name), f"{figure.count:,}", f"{figure.missing:,}", *shown))
        return SummaryTable(self._words["sqi"], self._words["sqi_head"], rows)

    def _agents(self) -> SummaryTable:
        answer = self._report(("closings_by_agent", "first_response_time_from_handoff", "handle_time", "rating"), "agent")
        busiest = sorted(answer.lines, key=lambda line: -line.figures["closings_by_agent"].sum)
        rows = [self._agent(line) for line in busiest if line.key["agent"]]
        return SummaryTable(self._words["agents"], self._words["agents_head"], rows[:_MOST])

    def _agent(self, line: Line) -> tuple[str, ...]:
        figures = line.figures
        return (
            line.names["agent"],
            f"{figures['closings_by_agent'].sum:,.0f}",
            self._shown("first_response_time_from_handoff", figures["first_response_time_from_handoff"].p50),
            self._shown("handle_time", figures["handle_time"].mean),
            self._shown("rating", _value(figures["rating"], "mean")),
        )

    # ----------------------------------------------------------------------------------------------------------- charts

    def _along(self, answer: Answer, *, short: bool) -> list[tuple[str, Line | None]]:
        """Every hour or day of the stretch, how it is called, and its line if there is one."""
        known = {line.key["hour" if short else "day"]: line for line in answer.lines}
        if short:
            return [(f"{hour:02}", known.get(f"{hour:02}")) for hour in range(24)]
        day, found = self._query.start.astimezone(self._zone).date(), []
        last = (self._query.end - timedelta(microseconds=1)).astimezone(self._zone).date()
        few = (last - day).days < 10
        while day <= last:
            name = f"{day.month}/{day.day}" + (f" {_DAYS[self._korean][day.weekday()]}" if few else "")
            found.append((name, known.get(day.isoformat())))
            day += timedelta(days=1)
        return found

    def _closed(self, answer: Answer, *, short: bool) -> Spec:
        rows = [
            {"when": when, "who": self._words[who], "count": 0 if line is None else line.figures[name].sum}
            for when, line in self._along(answer, short=short)
            for who, name in (("agent", "closings_by_agent"), ("bot", "closings_by_bot"))
        ]
        title = self._words["by_hour" if short else "by_day"]
        return bars(title, rows, x="when", y="count", unit=self._words["count"], series="who")

    def _responses(self, answer: Answer, *, short: bool) -> Spec:
        rows = [
            {
                "when": when,
                "part": part,
                "minutes": None if line is None else _minutes(line.figures["first_response_time_from_handoff"], field),
            }
            for when, line in self._along(answer, short=short)
            for part, field in ((self._words["median"], "p50"), ("90 %", "p90"))
        ]
        return lines(self._words["response"], rows, x="when", y="minutes", unit=self._words["minutes"], series="part")

    def _categories(self, answer: Answer) -> Spec:
        most = sorted(answer.lines, key=lambda line: -line.figures["closings"].sum)[:_MOST]
        rows = [{"category": line.names["category"] or self._words["none"], "count": line.figures["closings"].sum} for line in most]
        return lying(self._words["categories"], rows, x="count", y="category", unit=self._words["count"])


def _value(figure: Any, field: str) -> float | None:
    value: float | None = getattr(figure, field)
    return value


def _minutes(figure: Any, field: str) -> float | None:
    seconds = _value(figure, field)
    return None if seconds is None else round(seconds / 60, 2)
