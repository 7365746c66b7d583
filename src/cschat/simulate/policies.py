"""A distribution to try, from a file, and what a desk that hands out work by itself tells a simulation.

May: read a file, make a command of it, note who was given what. May not: move a clock, decide who gets what.

The file is YAML or JSON with the fields of `SetDistribution`; scopes name agents and groups by name or id. It may list `agents`, each
with `name`, `groups` (names), `capacity`, `auto_limit`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import attrs

from cschat import commands as c
from cschat.bots.format import parse
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.errors import Invalid, ScenarioError

__all__ = ["Assignments", "Member", "Policy"]

_SETTINGS = tuple(field.name for field in attrs.fields(c.SetDistribution))


@attrs.frozen
class Member:
    """One of the agents of a policy's file. `auto_limit` None: as `capacity`; `capacity` None: as the others."""

    name: str
    groups: tuple[str, ...] = ()
    capacity: int | None = None
    auto_limit: int | None = None


_MEMBER = {field.name for field in attrs.fields(Member)}


@attrs.frozen
class Policy:
    """How work is to be handed out: `settings` are those of `SetDistribution`, with names in their scopes; `agents` may be none."""

    settings: Mapping[str, Any] = attrs.field(factory=dict)
    agents: tuple[Member, ...] = ()

    @classmethod
    def of(cls, data: object, source: str = "policy") -> Policy:
        """From plain data. `Invalid` names what is wrong with it; what the settings must be, the command says."""
        if not isinstance(data, Mapping):
            raise Invalid(field=source, reason="is no mapping of settings", allowed=_SETTINGS)
        settings = {str(name): value for name, value in data.items() if name != "agents"}
        for name in settings:
            if name not in _SETTINGS:
                raise Invalid(field=f"{source}: {name}", reason="is no setting of a distribution", allowed=(*_SETTINGS, "agents"))
        if settings.get("claim") is False:  # what YAML reads where somebody wrote off
            settings["claim"] = "off"
        members = data.get("agents") or ()
        if not isinstance(members, (list, tuple)):
            raise Invalid(field=f"{source}: agents", reason="must be a list")
        return cls(settings, tuple(_member(one, f"{source}: agents.{place}") for place, one in enumerate(members)))

    @classmethod
    def read(cls, path: Path) -> Policy:
        """From a file."""
        try:
            return cls.of(parse(path.read_text("utf-8")), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(field=str(path), reason=f"cannot be read: {error}") from error
        except ScenarioError as error:  # of whoever reads YAML here
            raise Invalid(field=str(path), reason=str(error)) from error

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of the groups of its agents."""
        return tuple(dict.fromkeys(group for member in self.agents for group in member.groups))

    def command(self, agents: Mapping[str, str], groups: Mapping[str, str]) -> c.SetDistribution:
        """The command that sets it where agents and groups of these names have these ids.

        Who is simulated is always there and takes up at once what they are given: presence is not asked and no offer lapses.
        """
        settings: dict[str, Any] = {**self.settings, "presence": {}, "offer_timeout": None}
        if settings.get("default") is not None:
            settings["default"] = _scope(settings["default"], agents, groups, "default")
        if isinstance(settings.get("routes"), (list, tuple)):
            settings["routes"] = [_route(route, agents, groups, place) for place, route in enumerate(settings["routes"])]
        return c.SetDistribution(**settings)


def _member(given: object, field: str) -> Member:
    if not isinstance(given, Mapping) or not {*given} <= _MEMBER or not isinstance(given.get("name"), str):
        raise Invalid(field=field, reason="is no agent", allowed=sorted(_MEMBER))
    groups = given.get("groups") or ()
    if not isinstance(groups, (list, tuple)) or not all(isinstance(group, str) for group in groups):
        raise Invalid(field=f"{field}.groups", reason="must be a list of names")
    for name in ("capacity", "auto_limit"):
        if given.get(name) is not None and (type(given[name]) is not int or not 0 <= given[name] <= 1000):
            raise Invalid(field=f"{field}.{name}", reason=f"{given[name]!r} is no number of sessions", allowed=["0 to 1000"])
    return Member(given["name"], tuple(groups), given.get("capacity"), given.get("auto_limit"))


def _route(route: Any, agents: Mapping[str, str], groups: Mapping[str, str], place: int) -> Any:
    if not isinstance(route, Mapping):
        return route
    scopes = {name: _scope(route[name], agents, groups, f"routes.{place}.{name}") for name in ("scope", "widen_to") if route.get(name)}
    return {**route, **scopes}


def _scope(scope: Any, agents: Mapping[str, str], groups: Mapping[str, str], field: str) -> Any:
    if not isinstance(scope, Mapping):
        return scope
    named = {"agents": agents, "groups": groups}
    found = dict(scope)
    for kind, ids in named.items():
        if isinstance(scope.get(kind), (list, tuple)):
            found[kind] = [_id(one, ids, f"{field}.{kind}") for one in scope[kind]]
    return found


def _id(named: Any, ids: Mapping[str, str], field: str) -> str:
    if named not in ids:
        raise Invalid(field=field, reason=f"there is nobody named {named}", allowed=sorted(ids)[:20])
    return ids[named]


class Assignments:
    """A reactor that notes what the desk hands out by itself. Give it to `Desk.open`, and to whoever is to act on it.

    A command that is tried again notes the same again: of each session, whose it is now.
    """

    on: Collection[type] = (e.Assigned,)

    def __init__(self) -> None:
        self._given: dict[str, str] = {}

    def react(self, _ctx: Context, event: e.Event) -> None:
        if isinstance(event.body, e.Assigned) and event.body.how == "auto":
            self._given[event.subject] = event.body.agent

    def take(self) -> list[tuple[str, str]]:
        """Sessions, each with its agent, that were handed out since the last call, in order."""
        given, self._given = self._given, {}
        return list(given.items())
