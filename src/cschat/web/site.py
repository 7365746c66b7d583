"""What all requests share, and what one request has found.

May: hold the parts together. May not: answer anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import msgspec

from cschat.core.access import GRANTS, Actor, Permission
from cschat.core.people import Role
from cschat.desk import Desk
from cschat.errors import Invalid
from cschat.web.callers import Caller, Callers
from cschat.web.hub import Hub
from cschat.web.limits import Buckets
from cschat.web.messages import JSON, Request
from cschat.web.tokens import Unidentified

__all__ = ["Call", "Site", "UnsupportedType", "json_of", "said_by"]


_NOBODY = Actor.guest("nobody")
"""A browser that has no token; tokens name guests by longer words, so that nobody can be this one."""


@attrs.frozen
class Site:
    """The parts of a gateway. `sign_in`: the host's page for people who must say who they are; None: there is none."""

    desk: Desk
    brands: tuple[str, ...]
    callers: Callers
    origins: frozenset[str]
    buckets: Buckets
    hub: Hub
    sign_in: str | None = None


@attrs.frozen
class Call:
    """A request whose path is known: the brand ("" for what belongs to none) and its desk, and the other parts of the path."""

    site: Site
    request: Request
    brand: str
    parts: Mapping[str, str]
    desk: Desk

    def caller(self, *, changes: bool = False) -> Caller:
        """Who asks. `Unidentified` if nobody has said, `LimitExceeded` if they ask too often."""
        caller = self.site.callers.caller(self.request, self.brand, changes=changes)
        self.site.buckets.take("customer" if caller.user is None else "people", f"{self.brand}:{caller.key}")
        return caller

    def reader(self, *permissions: Permission) -> Actor:
        """Who asks questions that need these permissions: the caller.

        Where nobody has said and customers may ask them all, a guest whom the desk does not know: they find what is published.
        """
        try:
            return self.caller().actor
        except Unidentified as error:
            if error.reason != "missing" or any(Role.CUSTOMER not in GRANTS[permission] for permission in permissions):
                raise
            return _NOBODY


class UnsupportedType(Invalid):
    """The body is of a type that is not taken here."""

    code = "unsupported_type"
    status_hint = 415


def json_of(request: Request) -> Any:
    """The body as plain values; an empty one is an empty object."""
    if not request.body:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise UnsupportedType(field="content-type", reason="is not taken here", allowed=[JSON])
    try:
        return msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(field="body", reason=f"is no JSON: {error}") from error


def said_by(request: Request) -> dict[str, Any]:
    """The body as an object."""
    said = json_of(request)
    if not isinstance(said, dict):
        raise Invalid(field="body", reason="must be a JSON object")
    return said
