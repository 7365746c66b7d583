"""Tables for managers: agents, channels, the best members. Rows for a file, and charts of them.

May: ask `Report` and put its figures in rows. May not: define a number, or know where the table is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

import attrs

from cschat.audience import last_session
from cschat.core.access import Permission
from cschat.core.fields import aware, whole
from cschat.core.hours import WEEKDAYS
from cschat.core.people import Customer, CustomerKind
from cschat.core.texts import is_korean
from cschat.core.times import as_datetime
from cschat.errors import Invalid
from cschat.queries.reports import Answer, Line, Report, in_order
from cschat.sight import Sight
from cschat.stats.charts import Spec, heat, lying

__all__ = ["AgentTable", "BestMembers", "ChannelUse", "Table", "words_for"]

_SHOWN = 15
"""So many agents or members are in a chart."""

_WORDS = {
    "ko": {
        "agents": "상담사별 상담 종료",
        "channels": {
            "weekday": "요일별 채널 이용",
            "hour": "시간대별 채널 이용",
            "language": "언어별 채널 이용",
            "customer_tag": "사용자 태그별 채널 이용",
        },
        "members": "상담을 많이 이용한 회원",
        "count": "건",
        "none": "(없음)",
        "days": dict(zip(WEEKDAYS, "월화수목금토일", strict=True)),
    },
    "en": {
        "agents": "Closed by agent",
        "channels": {
            "weekday": "Channels by weekday",
            "hour": "Channels by hour",
            "language": "Channels by language",
            "customer_tag": "Channels by customer tag",
        },
        "members": "Members with most sessions",
        "count": "closed",
        "none": "(none)",
        "days": dict(zip(WEEKDAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True)),
    },
}


def words_for(ctx: Sight, words: dict[str, Any]) -> Any:
    """The words in the brand's language."""
    return words["ko" if is_korean(ctx.brand().language) else "en"]


@attrs.frozen
class Table:
    """Plain rows under their head, and the same as charts: Vega-Lite specifications in the brand's language. Lengths are in seconds."""

    head: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    charts: list[Spec]

    def table(self) -> list[list[Any]]:
        """The head and the rows, for a file."""
        return [[*self.head], *([*row] for row in self.rows)]


_AGENT: dict[str, tuple[str, str]] = {
    "closed": ("closings_by_agent", "sum"),
    "first_response": ("first_response_time_from_handoff", "p50"),
    "handle_time": ("handle_time", "mean"),
    "reply_time": ("reply_time", "mean"),
    "rating": ("rating", "mean"),
    "ratings": ("rating", "count"),
    "reopened": ("reopen_rate", "sum"),
    "transferred": ("transfer_rate", "sum"),
    "sla_breaches": ("sla_breaches", "sum"),
}
"""The columns of an agent: the metric, and what of it."""


def _column(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value not in ("name", *_AGENT):
        raise Invalid(field=field.name, reason=f"{value!r} is no column", allowed=["name", *_AGENT])


@attrs.frozen
class AgentTable:
    """What each agent comes to over a period, most first by a column (`order`; by `name` from the first letter): a `Table`.

    Columns: `closed` sessions, `first_response` since the request (median), `handle_time` and `reply_time` (means), `rating` (of 100) and
    how many `ratings`, turns that were `reopened`, that were `transferred`, and `sla_breaches`. None: there is no value; it comes last.
    Each is a metric of `Report` by agent, and attributed as there. For staff. Needs the extra `stats`.
    """

    permission: ClassVar = Permission.SERVE

    start: datetime = attrs.field(validator=aware)
    end: datetime = attrs.field(validator=aware)
    order: str = attrs.field(default="closed", validator=_column)

    def __attrs_post_init__(self) -> None:
        in_order(self)

    def run(self, ctx: Sight) -> Table:
        measures = tuple(dict.fromkeys(name for name, _ in _AGENT.values()))
        answer = Report(self.start, self.end, measures=measures, by=("agent",)).run(ctx)
        rows: list[tuple[Any, ...]] = [
            (line.key["agent"], line.names["agent"], *(_plain(line, *of) for of in _AGENT.values()))
            for line in answer.lines
            if line.key["agent"]
        ]
        head = ("agent", "name", *_AGENT)
        place = head.index(self.order)
        rows.sort(key=lambda row: (row[1], row[0]))
        if self.order != "name":
            rows.sort(key=lambda row: (row[place] is None, -(row[place] or 0)))
        words = words_for(ctx, _WORDS)
        busiest = sorted(rows, key=lambda row: -row[2])[:_SHOWN]
        bars = [{"agent": name, "count": row[2]} for name, row in zip(_apart([row[1] for row in busiest]), busiest, strict=True)]
        return Table(head, rows, [lying(words["agents"], bars, x="count", y="agent", unit=words["count"])])


def _apart(names: Sequence[str]) -> list[str]:
    """Names of people, numbered where several are called alike: a chart has one bar for each name."""
    seen: Counter[str] = Counter()
    told = []
    for name in names:
        seen[name] += 1
        told.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return told


def _plain(line: Line, metric: str, field: str) -> Any:
    value = getattr(line.figures[metric], field)
    return round(value) if field == "sum" else value


@attrs.frozen
class ChannelUse:
    """Which channels customers prefer: closed sessions by channel for each weekday, hour, language and customer tag: a `Table`.

    Rows: the dimension (`by`), its `value`, the `channel`, how many `sessions`, and their `share` of all with this value (None: of none).
    Weekday and hour are those of the closing, in the brand's zone; a customer with two tags counts for both. A heat map for each
    dimension. For staff. Needs the extra `stats`.
    """

    permission: ClassVar = Permission.SERVE

    start: datetime = attrs.field(validator=aware)
    end: datetime = attrs.field(validator=aware)

    def __attrs_post_init__(self) -> None:
        in_order(self)

    def run(self, ctx: Sight) -> Table:
        words = words_for(ctx, _WORDS)
        rows: list[tuple[Any, ...]] = []
        charts = []
        for by, title in words["channels"].items():
            answer = Report(self.start, self.end, measures=(_SESSIONS,), by=(by, "channel")).run(ctx)
            found = _use(by, answer)
            rows += found
            squares = [
                {"value": words["days"].get(value, value) or words["none"], "channel": channel, "sessions": count}
                for _, value, channel, count, _ in found
            ]
            charts.append(heat(title, squares, x="value", y="channel", value="sessions", unit=words["count"]))
        return Table(("by", "value", "channel", "sessions", "share"), rows, charts)


_SESSIONS = "sessions_closed"
_EVERY: dict[str, Sequence[str]] = {"weekday": WEEKDAYS, "hour": tuple(f"{hour:02}" for hour in range(24))}


@attrs.frozen
class BestMembers:
    """우수 회원: the members with most closed sessions in a period, at most `most` of them: a `Table`.

    Rows: the `customer`, their `name`, closed `sessions`, their mean `rating` (of 100; None: they gave none) and how many `ratings`, and
    when something last happened in a session of theirs (`last_seen`, ISO 8601). Guests are left out, for nobody knows who they are, and so
    is who was erased. For staff. Needs the extra `stats`.
    """

    permission: ClassVar = Permission.SERVE

    start: datetime = attrs.field(validator=aware)
    end: datetime = attrs.field(validator=aware)
    most: int = attrs.field(default=20, validator=whole(1))

    def __attrs_post_init__(self) -> None:
        in_order(self)

    def run(self, ctx: Sight) -> Table:
        answer = Report(self.start, self.end, measures=(_SESSIONS, "rating"), by=("customer",)).run(ctx)
        lines = [line for line in answer.lines if line.figures[_SESSIONS].count]
        lines.sort(key=lambda line: (-line.figures[_SESSIONS].count, -line.figures["rating"].count, line.key["customer"]))
        rows: list[tuple[Any, ...]] = []
        for line in lines:
            customer = ctx.tx.get(Customer, line.key["customer"])
            if customer.type is CustomerKind.MEMBER and not customer.erased:
                rows.append(_member(ctx, customer, line))
            if len(rows) == self.most:
                break
        words = words_for(ctx, _WORDS)
        names = _apart([row[1] or row[0] for row in rows[:_SHOWN]])
        bars = [{"member": name, "count": row[2]} for name, row in zip(names, rows, strict=False)]
        chart = lying(words["members"], bars, x="count", y="member", unit=words["count"])
        return Table(("customer", "name", "sessions", "rating", "ratings", "last_seen"), rows, [chart])


def _member(ctx: Sight, customer: Customer, line: Line) -> tuple[Any, ...]:
    rating, last = line.figures["rating"], last_session(ctx, customer)
    seen = None if last is None else as_datetime(last.last).isoformat()
    return customer.id, customer.name, line.figures[_SESSIONS].count, rating.mean, rating.count, seen


def _use(by: str, answer: Answer) -> list[tuple[Any, ...]]:
    counts = {(line.key[by], line.key["channel"]): line.figures[_SESSIONS].count for line in answer.lines}
    channels = sorted({channel for _, channel in counts})
    values = _EVERY.get(by) or sorted({value for value, _ in counts})
    rows = []
    for value in values:
        every = sum(counts.get((value, channel), 0) for channel in channels)
        for channel in channels:
            count = counts.get((value, channel), 0)
            rows.append((by, value, channel, count, count / every if every else None))
    return rows
