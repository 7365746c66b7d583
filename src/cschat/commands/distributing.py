"""How work is handed out: the brand's policy, and whom one session should go to.

May: set what the desk goes by. May not: hand out (`reactors.routing` does, when it sees the change).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import attrs
import msgspec
from msgspec import UNSET, UnsetType

from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.brand import Brand
from cschat.core.content import text
from cschat.core.distribution import Claiming, Distribution, Mode, OnClose, OnOpen, Order, Route, Scope
from cschat.core.fields import flag, is_id, member, optional_id, record_id, whole
from cschat.core.people import Agent, Group
from cschat.core.records import evolve
from cschat.core.session import Priority, Session
from cschat.core.times import milliseconds
from cschat.errors import Invalid

__all__ = ["DirectSession", "SetDistribution"]

_LONGEST = 366 * 86_400
_MOST_ROUTES = 500
_MOST_NAMES = 100
_HEAVIEST = 100


def _one_of(kind: Any, value: Any, field: str) -> Any:
    return value if value is None or value is UNSET else member(kind, value, field)


def _mode(value: Any) -> Any:
    return _one_of(Mode, value, "mode")


def _claim(value: Any) -> Any:
    return _one_of(Claiming, value, "claim")


def _order(value: Any) -> Any:
    return _one_of(Order, value, "order")


def _on_close(value: Any) -> Any:
    return _one_of(OnClose, value, "on_close")


def _on_open(value: Any) -> Any:
    return _one_of(OnOpen, value, "intake_on_open")


def _seconds(value: Any, field: str, least: float = 0) -> None:
    if type(value) not in (int, float) or not least <= value <= _LONGEST:
        raise Invalid(field=field, reason=f"{value!r} is no number of seconds", allowed=[f"{least} to {_LONGEST}"])


def _optional_seconds(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and value is not UNSET:
        _seconds(value, field.name, 0.001)


def _optional_number(command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and value is not UNSET:
        whole(1, 1_000_000)(command, field, value)


def _weight(value: Any, field: str) -> None:
    if type(value) is not int or not 0 <= value <= _HEAVIEST:
        raise Invalid(field=field, reason=f"{value!r} is no weight", allowed=[f"0 to {_HEAVIEST}"])


def _by_name(one: Callable[[Any, str], None]) -> Callable[[object, attrs.Attribute[Any], Any], None]:
    """A validator of a number for each name."""

    def check(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
        if value is None:
            return
        if not isinstance(value, dict) or len(value) > _MOST_NAMES:
            raise Invalid(field=field.name, reason="must give a number for each name", allowed=[f"at most {_MOST_NAMES}"])
        for name, number in value.items():
            text(name, field.name, 50)
            one(number, f"{field.name}.{name}")

    return check


def _head_start(value: Any, field: str) -> None:
    member(Priority, field.rpartition(".")[2], "head_starts")
    _seconds(value, field, -_LONGEST)


def _default(value: Any) -> Any:
    return None if value is None else _scope(value, "default")


def _scope(value: Any, field: str) -> Scope:
    if value is None or isinstance(value, Scope):
        return value or Scope()
    if not isinstance(value, Mapping) or not {*value} <= {"agents", "groups"}:
        raise Invalid(field=field, reason="must name agents or groups", allowed=["{'groups': [group]}", "{'agents': [agent]}"])
    found = {}
    for name, named in value.items():
        if isinstance(named, (str, bytes)) or not hasattr(named, "__iter__"):
            raise Invalid(field=f"{field}.{name}", reason="must be a list")
        found[name] = tuple(dict.fromkeys(record_id(one) for one in named))
        if not all(isinstance(id, str) and id.isascii() for id in found[name]):
            raise Invalid(field=f"{field}.{name}", reason="must be records or their ids")
    return Scope(**found)


_ROUTE = {*Route.__struct_fields__}


def _route(value: Any, place: int) -> Route:
    field = f"routes.{place}"
    if isinstance(value, Route):
        return value
    if not isinstance(value, Mapping) or not {*value} <= _ROUTE:
        raise Invalid(field=field, reason="is no route", allowed=sorted(_ROUTE))
    given = dict(value)
    given.setdefault("name", str(place + 1))
    given["scope"] = msgspec.to_builtins(_scope(given.get("scope"), f"{field}.scope"))
    given["widen_to"] = msgspec.to_builtins(_scope(given.get("widen_to"), f"{field}.widen_to"))
    if given.get("widen_after") is not None:
        _seconds(given["widen_after"], f"{field}.widen_after")
        given["widen_after"] = milliseconds(given["widen_after"])
    try:
        route = msgspec.convert(given, Route)
    except msgspec.ValidationError as error:
        raise Invalid(field=field, reason=str(error), allowed=sorted(_ROUTE)) from error
    for name in ("name", "category", "channel", "language", "tag"):
        text(getattr(route, name), f"{field}.{name}", 200)
    return route


def _routes(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, (str, Mapping)) or not hasattr(value, "__iter__"):
        raise Invalid(field="routes", reason="must be a list of routes")
    routes = tuple(_route(one, place) for place, one in enumerate(value))
    if len(routes) > _MOST_ROUTES:
        raise Invalid(field="routes", reason="are too many", allowed=[f"at most {_MOST_ROUTES}"])
    if len({route.name for route in routes}) < len(routes):
        raise Invalid(field="routes", reason="two of them have one name")
    return routes


@attrs.frozen
class SetDistribution:
    """Set how work is handed out; what is not named stays. Effective at once, also for those who wait. Answers with the `Brand`.

    `mode`: manual (agents claim), auto (the desk assigns), hybrid (up to `auto_limit` of each agent; claims up to `capacity`). `claim`:
    any, oldest_first, off. `order`: least_active, round_robin, least_recent. `routes`: the first that fits a session says whose it
    is; a route is `{"name", "category" (path), "channel", "language", "tag", "attributes", "scope", "widen_after", "widen_to"}`, a
    scope `{"agents": [...], "groups": [...]}`, `widen_after` in seconds (in a `Route` itself, milliseconds); `default`: the scope of
    all others. `sticky_days`: prefer the customer's last agents. `head_starts` (seconds by priority), `weights` (by channel, of a
    session in an agent's load). `offer_timeout`: seconds in which an agent must answer what they are given; who lets `max_passes`
    pass in a row becomes busy. `overflow_queue`, `overflow_wait` (seconds): beyond these a request is refused. `on_close`: to_intake
    or keep; `intake_on_open`: review or queue. `presence`: seconds by class of device.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Brand

    mode: Mode | None = attrs.field(default=None, converter=_mode)
    claim: Claiming | UnsetType | None = attrs.field(default=UNSET, converter=_claim)
    order: Order | None = attrs.field(default=None, converter=_order)
    routes: tuple[Route, ...] | None = attrs.field(default=None, converter=_routes)
    default: Scope | None = attrs.field(default=None, converter=_default)
    sticky_days: int | None = attrs.field(default=None, validator=whole(0, 3650))
    head_starts: dict[str, float] | None = attrs.field(default=None, validator=_by_name(_head_start))
    weights: dict[str, int] | None = attrs.field(default=None, validator=_by_name(_weight))
    wrap_up_holds_slot: bool | None = attrs.field(default=None, validator=flag)
    hold_frees_slot: bool | None = attrs.field(default=None, validator=flag)
    offer_timeout: float | UnsetType | None = attrs.field(default=UNSET, validator=_optional_seconds)
    max_passes: int | None = attrs.field(default=None, validator=whole(1, 100))
    overflow_queue: int | UnsetType | None = attrs.field(default=UNSET, validator=_optional_number)
    overflow_wait: float | UnsetType | None = attrs.field(default=UNSET, validator=_optional_seconds)
    on_close: OnClose | None = attrs.field(default=None, converter=_on_close)
    intake_on_open: OnOpen | None = attrs.field(default=None, converter=_on_open)
    presence: dict[str, float] | None = attrs.field(default=None, validator=_by_name(_seconds))

    def run(self, ctx: Context) -> Brand:
        brand = ctx.see.brand()
        named = {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}
        may_be_none = {"claim", "offer_timeout", "overflow_queue", "overflow_wait"}
        wanted = {name: value for name, value in named.items() if value is not UNSET and (value is not None or name in may_be_none)}
        for name in _DURATIONS & wanted.keys():
            wanted[name] = _in_milliseconds(wanted[name])
        after = evolve(brand.distribution, **wanted)
        _demand_known(ctx, after)
        if after == brand.distribution:
            return brand
        before, now = msgspec.to_builtins(brand.distribution), msgspec.to_builtins(after)
        return ctx.change(brand, e.BrandChanged({"distribution": before}, {"distribution": now}), distribution=after)


_DURATIONS = {"head_starts", "offer_timeout", "overflow_wait", "presence"}


def _in_milliseconds(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: milliseconds(seconds) for name, seconds in sorted(value.items())}
    return None if value is None else milliseconds(value)


def _demand_known(ctx: Context, policy: Distribution) -> None:
    """`Invalid` if a scope names somebody who is not, or no longer, here."""
    scopes = [("default", policy.default)]
    for place, route in enumerate(policy.routes):
        scopes += [(f"routes.{place}.scope", route.scope), (f"routes.{place}.widen_to", route.widen_to)]
    for field, scope in scopes:
        found: list[tuple[str, Agent | Group | None]] = [(id, ctx.tx.peek(Agent, id)) for id in scope.agents]
        found += [(id, ctx.tx.peek(Group, id)) for id in scope.groups]
        for id, record in found:
            if record is None or record.brand != ctx.brand_id or record.removed:
                raise Invalid(field=field, reason=f"there is nobody named {id}")


@attrs.frozen
class DirectSession:
    """Say who should have a session: an `agent`, or the agents of a `group`; neither: whoever the routes say. Answers with the session.

    What waits, waits for them; who has it already keeps it. By an admin, the desk, its host.
    """

    permission: ClassVar = Permission.DIRECT
    records: ClassVar = e.Directed

    session: str = attrs.field(converter=record_id, validator=is_id)
    agent: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)
    group: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)

    def __attrs_post_init__(self) -> None:
        if self.agent is not None and self.group is not None:
            raise Invalid(field="agent", reason="it is either for an agent or for a group")

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        if self.agent is not None and ctx.see.mine(Agent, self.agent).removed:
            raise Invalid(field="agent", reason="was removed")
        if self.group is not None and ctx.see.mine(Group, self.group).removed:
            raise Invalid(field="group", reason="was removed")
        if (session.wanted, session.group) == (self.agent, self.group):
            return session
        return ctx.record(session, e.Directed(self.agent, self.group))
