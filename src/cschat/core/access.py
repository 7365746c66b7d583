"""Who acts, and what each role may do.

May: name actors and permissions. May not: look anything up.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import attrs

from cschat.core.content import text
from cschat.core.people import Agent, CustomerKind, Role
from cschat.errors import Invalid

__all__ = ["GRANTS", "OF_USER", "Actor", "Permission"]

OF_USER = "user:"
"""How the key of an agent begins who is named by the host's id; no record's id has a colon."""


class Permission(StrEnum):
    """What a command or query asks for. A customer's permissions reach only what is their own."""

    TALK = "talk"
    """Take part in a session: open, write, read, ask for a person, end, rate; and read what is published."""
    SERVE = "serve"
    """Work as an agent: claim, transfer, note, tag, wrap up, see lists and customers."""
    DIRECT = "direct"
    """Decide over colleagues' work: assign to others, force."""
    ADMINISTER = "administer"
    """Change people, groups, labels and settings; merge and erase customers."""
    OPERATE = "operate"
    """What only the desk itself and its host do: timers, bots, self-check."""


_STAFF = frozenset({Role.AGENT, Role.ADMIN, Role.SYSTEM, Role.HOST})

GRANTS: dict[Permission, frozenset[Role]] = {
    Permission.TALK: _STAFF | {Role.CUSTOMER},
    Permission.SERVE: _STAFF,
    Permission.DIRECT: _STAFF - {Role.AGENT},
    Permission.ADMINISTER: frozenset({Role.ADMIN, Role.HOST}),
    Permission.OPERATE: frozenset({Role.SYSTEM, Role.HOST}),
}


def _short(_actor: object, field: attrs.Attribute[str], value: str | None) -> None:
    text("" if value is None else value, field.name, 200)


def _key(kind: CustomerKind, name: object, field: str) -> str:
    """The host's key. A number is taken for its digits, as user ids often are numbers."""
    known = str(name) if type(name) is int else name
    if not isinstance(known, str) or not known.strip():
        raise Invalid(field=field, reason="must not be blank")
    text(known, field, 200)
    return f"{kind}:{known}"


@attrs.frozen
class Actor:
    """Who acts. A customer is named by the host's key, an agent by the id of their record.

    `name` is what a new customer is called if the desk does not know them yet. `Invalid` if the host has no key for them (None, ""): all
    whom it does not know would be one and the same customer.
    """

    kind: Role
    key: str = ""
    name: str = attrs.field(default="", validator=_short)

    system: ClassVar[Actor]
    host: ClassVar[Actor]

    @classmethod
    def guest(cls, browser: str, name: str = "") -> Actor:
        """A customer without login; `browser` is a secret that only this browser has."""
        return cls(Role.CUSTOMER, _key(CustomerKind.GUEST, browser, "browser"), name)

    @classmethod
    def member(cls, user: str, name: str = "") -> Actor:
        """A customer whom the host has identified; `user` is the host's id of them."""
        return cls(Role.CUSTOMER, _key(CustomerKind.MEMBER, user, "user"), name)

    @classmethod
    def agent(cls, agent: Agent | str) -> Actor:
        """An agent, by record or id. Whether they are an admin is read from the record when they act."""
        id = agent if isinstance(agent, str) else getattr(agent, "id", None)
        if not isinstance(id, str) or not id or not id.isascii():
            raise Invalid(field="agent", reason="must be an agent or their id")
        return cls(Role.AGENT, id)

    @classmethod
    def user(cls, user: str) -> Actor:
        """An agent, by the host's id of the person (`Agent.user_id`): the same person may be an agent of several brands."""
        if not isinstance(user, str) or not user.strip():
            raise Invalid(field="user", reason="must be the host's id of a person")
        text(user, "user", 200)
        return cls(Role.AGENT, f"{OF_USER}{user}")


Actor.system = Actor(Role.SYSTEM)
Actor.host = Actor(Role.HOST)
