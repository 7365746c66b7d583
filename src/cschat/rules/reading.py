"""What sets a rule off, and service levels, as people write them.

May: read and check plain data. May not: look anything up.

Durations are seconds where people write them, milliseconds in a `When` and an `SlaPolicy`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cschat.core.content import Speaker, text
from cschat.core.events import SESSION_BODIES
from cschat.core.fields import member
from cschat.core.rules import SlaPolicy, When
from cschat.core.session import Priority, State
from cschat.core.times import milliseconds
from cschat.errors import Invalid

__all__ = ["EVENTS", "level_of", "when_of"]

EVENTS = tuple(body.__name__ for body in SESSION_BODIES if body.__name__ not in ("RuleFired", "RuleStopped", "SlaWarned", "SlaBreached"))
"""The events that can set a rule off."""
_BY = ("customer", "agent", "bot", "system", "host")
_WHEN, _LEVEL = {*When.__struct_fields__}, {*SlaPolicy.__struct_fields__}
_LONGEST = 366 * 86_400


def _converted(kind: type[Any], given: Mapping[str, Any], at: str) -> Any:
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise Invalid(field=at, reason=str(error), allowed=kind.__struct_fields__) from error


def _milliseconds(value: Any, at: str, least: float) -> int:
    if type(value) not in (int, float) or not least <= value <= _LONGEST:
        raise Invalid(field=at, reason=f"{value!r} is no number of seconds", allowed=[f"{least} to {_LONGEST}"])
    return milliseconds(value)


def when_of(value: Any, at: str = "when") -> When:
    """What sets a rule off: `{"event": "MessageSent", "by": "customer"}`, `{"silent": "agent", "after": 60}`."""
    if isinstance(value, Mapping):
        given = dict(value)
        if not {*given} <= _WHEN:
            raise Invalid(field=f"{at}.{min({*map(str, given)} - _WHEN)}", reason="is nothing that sets a rule off", allowed=sorted(_WHEN))
        if given.get("after") is not None:
            given["after"] = _milliseconds(given["after"], f"{at}.after", 1)
        value = _converted(When, given, at)
    if not isinstance(value, When):
        raise Invalid(field=at, reason="must say what sets the rule off", allowed=['{"event": ...}', '{"state": ..., "after": 60}'])
    return _event(value, at) if value.event is not None else _time(value, at)


def _event(when: When, at: str) -> When:
    if when.event not in EVENTS:
        raise Invalid(field=f"{at}.event", reason=f"{when.event!r} sets off no rule", allowed=EVENTS)
    if when.state is not None or when.silent is not None or when.after or when.at_most != 1:
        raise Invalid(field=at, reason="is either an event or a time")
    by = "customer" if when.event == "MessageSent" and when.by is None else when.by
    if by is not None and by not in ([*Speaker] if when.event == "MessageSent" else _BY):
        raise Invalid(field=f"{at}.by", reason=f"{by!r} causes nothing", allowed=_BY)
    return When(when.event, by)


def _time(when: When, at: str) -> When:
    if when.state is None and when.silent is None:
        raise Invalid(field=at, reason="names an event, a state, or who is silent", allowed=["event", "state", "silent"])
    if when.state is not None:
        member(State, when.state, f"{at}.state")
    if when.silent not in (None, "customer", "agent"):
        raise Invalid(field=f"{at}.silent", reason=f"{when.silent!r} is nobody who answers", allowed=["customer", "agent"])
    if when.by is not None:
        raise Invalid(field=f"{at}.by", reason="nobody causes that time passes")
    if not 1000 <= when.after <= _LONGEST * 1000:
        raise Invalid(field=f"{at}.after", reason="must say how long", allowed=[f"1 to {_LONGEST} seconds"])
    if not 1 <= when.at_most <= 1000:
        raise Invalid(field=f"{at}.at_most", reason=f"{when.at_most} is out of bounds", allowed=["1 to 1000"])
    return when


def level_of(value: Any, at: str) -> SlaPolicy:
    """A service level: `{"name": "VIP", "first_response": 300, "warn": 60, "priority": "high"}`."""
    if isinstance(value, Mapping):
        given = dict(value)
        if not {*given} <= _LEVEL:
            raise Invalid(field=f"{at}.{min({*map(str, given)} - _LEVEL)}", reason="is no part of a service level", allowed=sorted(_LEVEL))
        for name in ("first_response", "next_response", "resolution", "warn"):
            if given.get(name) is not None:
                given[name] = _milliseconds(given[name], f"{at}.{name}", 1)
        value = _converted(SlaPolicy, given, at)
    if not isinstance(value, SlaPolicy):
        raise Invalid(field=at, reason="must be a service level", allowed=sorted(_LEVEL))
    for name in ("name", "category", "channel"):
        text(getattr(value, name), f"{at}.{name}", 200)
    if not value.name.strip():
        raise Invalid(field=f"{at}.name", reason="must not be blank")
    if value.priority is not None:
        member(Priority, value.priority, f"{at}.priority")
    goals = (value.first_response, value.next_response, value.resolution)
    if not any(goals) or any(goal is not None and not 1000 <= goal <= _LONGEST * 1000 for goal in (*goals, value.warn)):
        raise Invalid(field=at, reason="must name a time for a goal", allowed=[f"1 to {_LONGEST} seconds"])
    return value
