"""Who asks: a customer by their token, or one of the host's people by the host's own cookie.

May: verify tokens, origins and the mark against forged requests. May not: decide what the caller may do.

A token travels in a header that no other site can make a browser send, so it needs no more. A cookie goes along by itself; therefore a
request that is known by it, and changes something, must carry a mark (`X-CSRF-Token`) that only pages of the same origin can read.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import attrs

from cschat.core.access import Actor
from cschat.errors import Forbidden, Invalid
from cschat.web.messages import Request
from cschat.web.tokens import Tokens, Unidentified

__all__ = ["Caller", "Callers", "Identify", "cross_origin"]

Identify = Callable[[Request], str | int | None]
"""The host's: the id of the person who is signed in (the `user_id` of an agent; a number is taken for its digits), None if nobody is."""

_BEARER = "bearer "


@attrs.frozen
class Caller:
    """Who asks. `user` is the host's id of the person, None for customers; `until` is when the token ends (seconds since 1970)."""

    actor: Actor
    user: str | None = None
    until: float | None = None

    @property
    def key(self) -> str:
        """One word for them, the same at every request."""
        return f"{self.actor.kind}:{self.actor.key}"


class Callers:
    """Finds out who asks."""

    def __init__(self, secrets: Sequence[str], identify: Identify) -> None:
        self.tokens = Tokens(secrets)
        self._identify = identify
        self._keys = [hashlib.sha256(b"cschat csrf\0" + secret.encode()).digest() for secret in secrets]

    def caller(self, request: Request, brand: str, *, changes: bool) -> Caller:
        """Who asks; `changes`: whether the request may change anything. `Unidentified` if nobody has said, `Forbidden` if it is forged."""
        said = request.headers.get("authorization", "")
        if said[: len(_BEARER)].lower() == _BEARER:
            visitor = self.tokens.read_visitor(brand, said[len(_BEARER) :].strip())
            return Caller(visitor.actor, None, visitor.expires)
        said_by_host = self._identify(request)
        if said_by_host in (None, ""):
            raise Unidentified("say who you are: a token, or signed in with the host", reason="missing")
        user = str(said_by_host)
        caller = Caller(Actor.user(user), user)
        if changes:
            self._demand_mark(request, user)
        return caller

    def mark(self, user: str) -> str:
        """What pages of the same origin send along as `X-CSRF-Token`."""
        return self._mark(self._keys[0], user)

    @staticmethod
    def _mark(key: bytes, user: str) -> str:
        return hmac.new(key, user.encode(), hashlib.sha256).hexdigest()

    def _demand_mark(self, request: Request, user: str) -> None:
        if cross_origin(request):
            raise Forbidden("a request of another site", actor=user, permission="same-origin")
        given = request.headers.get("x-csrf-token", "").encode()
        if not any(hmac.compare_digest(given, self._mark(key, user).encode()) for key in self._keys):
            raise Forbidden("the header X-CSRF-Token is missing or wrong", actor=user, permission="csrf")


def cross_origin(request: Request) -> bool:
    """Whether a browser says that the request comes from a page of another origin."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return True
    origin = request.headers.get("origin")
    return origin is not None and _host(origin) != request.headers.get("host", "").lower()


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def checked_origins(origins: Sequence[str]) -> frozenset[str]:
    """Origins as browsers write them. `Invalid` if one is none."""
    for origin in origins:
        parts = urlsplit(origin)
        if origin != "*" and (parts.scheme not in ("http", "https") or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}"):
            raise Invalid(field="origins", reason=f"{origin!r} is no origin", allowed=["https://shop.example", "*"])
    return frozenset(origins)
