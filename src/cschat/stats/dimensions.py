"""What numbers can be asked by: the dimensions of a turn, and the checks of a report's fields.

May: read a dimension out of a fact. May not: look anything up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from cschat.core.fields import listed
from cschat.core.hours import WEEKDAYS
from cschat.core.reports import ReportPeriod
from cschat.core.stretches import instant
from cschat.core.times import Micros, as_datetime
from cschat.errors import Invalid
from cschat.stats.facts import Fact
from cschat.stats.metrics import METRICS, metric

__all__ = ["DIMENSIONS", "TIMES", "Values", "is_calendar", "is_zone", "known_by", "known_measures", "known_where", "limits", "period_of"]

Values = Callable[[Fact, datetime], Sequence[str]]
"""A turn's values in a dimension, by its fact and the wall time at which it was closed. "": it has none."""

TIMES: Mapping[str, Values] = {
    "day": lambda _fact, local: (f"{local:%Y-%m-%d}",),
    "week": lambda _fact, local: (f"{local:%G-W%V}",),
    "month": lambda _fact, local: (f"{local:%Y-%m}",),
    "hour": lambda _fact, local: (f"{local:%H}",),
    "weekday": lambda _fact, local: (WEEKDAYS[local.weekday()],),
}
"""The dimensions of time; of a fact they need nothing but when it was closed."""

DIMENSIONS: Mapping[str, Values] = {
    **TIMES,
    "agent": lambda fact, _local: (fact.agent or "",),
    "group": lambda fact, _local: (fact.group or "",),
    "category": lambda fact, _local: (fact.category or "",),
    "channel": lambda fact, _local: (fact.channel,),
    "tag": lambda fact, _local: fact.tags or ("",),
    "scenario": lambda fact, _local: fact.scenarios or ("",),
    "language": lambda fact, _local: (fact.language or "",),
    "priority": lambda fact, _local: (fact.priority,),
    "turn": lambda fact, _local: (str(fact.turn),),
}
"""What a report may be by, and limited to. `agent` is that of each value: who was assigned, who answered, who had it last."""


def known_measures(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    """A validator of a list of metrics."""
    if not isinstance(value, tuple) or not value:
        raise Invalid(field=field.name, reason="must be a list of metrics", allowed=list(METRICS))
    for name in value:
        if not isinstance(name, str):
            raise Invalid(field=field.name, reason=f"{name!r} is no metric", allowed=list(METRICS))
        metric(name)


def known_by(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    """A validator of a list of dimensions."""
    if not isinstance(value, tuple) or not all(isinstance(name, str) for name in value) or len({*value}) != len(value):
        raise Invalid(field=field.name, reason="must be a list of dimensions, each once", allowed=list(DIMENSIONS))
    for name in value:
        if name not in DIMENSIONS:
            raise Invalid(field=field.name, reason=f"there is no dimension {name!r}", allowed=list(DIMENSIONS))


def limits(value: Any) -> Any:
    """A converter: a lone text stands for a list of one."""
    if not isinstance(value, Mapping):
        return value
    return {name: (several,) if isinstance(several, str) else listed(several) for name, several in value.items()}


def known_where(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    """A validator of values by dimension."""
    if not isinstance(value, dict):
        raise Invalid(field=field.name, reason="must give values for each dimension", allowed=list(DIMENSIONS))
    for name, several in value.items():
        if name not in DIMENSIONS:
            raise Invalid(field=field.name, reason=f"there is no dimension {name!r}", allowed=list(DIMENSIONS))
        if not isinstance(several, tuple) or not several or not all(isinstance(one, str) for one in several):
            raise Invalid(field=f"{field.name}.{name}", reason="must be a text or a list of texts")


def is_zone(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    """A validator of the name of a time zone, or None."""
    if value is None:
        return
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise Invalid(field=field.name, reason=f"{value!r} is no time zone", allowed=["Asia/Seoul", "UTC"]) from error


def is_calendar(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    """A validator of which time counts."""
    if value not in ("wall", "business"):
        raise Invalid(field=field.name, reason=f"{value!r} is none of them", allowed=["wall", "business"])


def period_of(period: ReportPeriod, now: Micros, zone: str) -> tuple[datetime, datetime]:
    """From when to before when a period lasts, by the days of a zone; weeks begin on Monday."""
    local = ZoneInfo(zone)
    today = as_datetime(now).astimezone(local).date()
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    days = {
        ReportPeriod.TODAY: (today, today + timedelta(days=1)),
        ReportPeriod.YESTERDAY: (today - timedelta(days=1), today),
        ReportPeriod.THIS_WEEK: (monday, monday + timedelta(days=7)),
        ReportPeriod.LAST_WEEK: (monday - timedelta(days=7), monday),
        ReportPeriod.THIS_MONTH: (first, following),
        ReportPeriod.LAST_MONTH: (before, first),
    }
    start, end = days[period]
    return as_datetime(instant(zone, start, 0)).astimezone(local), as_datetime(instant(zone, end, 0)).astimezone(local)
