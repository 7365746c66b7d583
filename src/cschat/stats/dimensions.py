"""What numbers can be asked by: the dimensions of a turn, and the checks of a report's fields.

May: read a dimension out of a fact, or of its customer. May not: look anything up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from cschat.core.fields import listed
from cschat.core.hours import WEEKDAYS
from cschat.core.people import Attribute, Customer
from cschat.core.reports import ReportPeriod
from cschat.core.stretches import instant
from cschat.core.times import Micros, as_datetime
from cschat.errors import Invalid
from cschat.stats.facts import Fact
from cschat.stats.metrics import METRICS, metric

__all__ = [
    "DIMENSIONS",
    "OF_TURN",
    "TIMES",
    "is_calendar",
    "is_dimension",
    "is_zone",
    "known_by",
    "known_measures",
    "known_where",
    "level_of",
    "limits",
    "of_customer",
    "period_of",
]

TIMES: Mapping[str, Callable[[datetime], str]] = {
    "day": lambda local: f"{local:%Y-%m-%d}",
    "week": lambda local: f"{local:%G-W%V}",
    "month": lambda local: f"{local:%Y-%m}",
    "hour": lambda local: f"{local:%H}",
    "weekday": lambda local: WEEKDAYS[local.weekday()],
}
"""The dimensions of time: the value of the wall time at which a turn was closed."""

OF_TURN: Mapping[str, Callable[[Fact], tuple[str, ...]]] = {
    "agent": lambda fact: (fact.agent or "",),
    "group": lambda fact: (fact.group or "",),
    "category": lambda fact: (fact.category or "",),
    "channel": lambda fact: (fact.channel,),
    "tag": lambda fact: fact.tags or ("",),
    "scenario": lambda fact: fact.scenarios or ("",),
    "language": lambda fact: (fact.language or "",),
    "priority": lambda fact: (fact.priority,),
    "turn": lambda fact: (str(fact.turn),),
    "customer": lambda fact: (fact.customer,),
}
"""What a fact says itself; "": it has none. `agent` is that of each value: who was assigned, who answered, who had it last."""

CUSTOMER_TAG = "customer_tag"
LEVELS = tuple("123456789")
DIMENSIONS = (*TIMES, *OF_TURN, CUSTOMER_TAG)
"""What a report may be by, and limited to; and beside these the two families `category:1`, `category:2`, ... and `attribute:NAME`."""
ALLOWED = (*DIMENSIONS, "category:LEVEL", "attribute:NAME")


def level_of(name: str) -> int | None:
    """How many names of a category's path a dimension keeps: 1 for `category:1`; None if it is no such dimension."""
    kind, _, level = name.partition(":")
    return int(level) if kind == "category" and level in LEVELS else None


def of_customer(name: str) -> Callable[[Customer], tuple[str, ...]] | None:
    """How a dimension is read of the customer of a turn, as they are now; None if it is none of the customer."""
    if name == CUSTOMER_TAG:
        return lambda customer: customer.tags or ("",)
    kind, _, key = name.partition(":")
    return (lambda customer: (_text(customer.attributes.get(key, "")),)) if kind == "attribute" and key else None


def _text(value: Attribute) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_dimension(name: str) -> bool:
    """Whether there is a dimension of this name."""
    return name in DIMENSIONS or level_of(name) is not None or of_customer(name) is not None


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
        raise Invalid(field=field.name, reason="must be a list of dimensions, each once", allowed=list(ALLOWED))
    for name in value:
        if not is_dimension(name):
            raise Invalid(field=field.name, reason=f"there is no dimension {name!r}", allowed=list(ALLOWED))


def limits(value: Any) -> Any:
    """A converter: a lone text stands for a list of one."""
    if not isinstance(value, Mapping):
        return value
    return {name: (several,) if isinstance(several, str) else listed(several) for name, several in value.items()}


def known_where(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    """A validator of values by dimension."""
    if not isinstance(value, dict):
        raise Invalid(field=field.name, reason="must give values for each dimension", allowed=list(ALLOWED))
    for name, several in value.items():
        if not isinstance(name, str) or not is_dimension(name):
            raise Invalid(field=field.name, reason=f"there is no dimension {name!r}", allowed=list(ALLOWED))
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
