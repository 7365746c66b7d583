"""Tokens: how a customer proves who they are.

May: sign and verify. May not: look anything up.

All are JSON Web Tokens with HS256 (RFC 7519), which PyJWT compares in constant time. A host signs `member` tokens with the secret that it
shares with its gateway; the gateway signs its own, of another audience, so that neither can stand for the other.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Any

import attrs
import jwt

from cschat.core.access import Actor
from cschat.errors import CschatError, Invalid

__all__ = ["Tokens", "Unidentified", "member_token"]

MEMBER, VISITOR = "cschat-member", "cschat-visitor"
SHORTEST_SECRET = 32
"""Bytes: as many as HS256 gives (RFC 7518, 3.2)."""


class Unidentified(CschatError):
    """Nobody has said who asks, or what they said is not true any more: `reason`."""

    code = "unidentified"
    status_hint = 401


def member_token(secret: str, user: str, *, name: str = "", email: str = "", expires_in: float = 3600) -> str:
    """For hosts: a token that says who is signed in, to be handed to the widget. Make it on the server, never in the browser."""
    claims = {"aud": MEMBER, "sub": user, "name": name, "email": email, "exp": int(time.time() + expires_in)}
    return jwt.encode(claims, secret, algorithm="HS256")


@attrs.frozen
class Visitor:
    """Who a token names: the customer's key, and what the host says of them."""

    key: str
    expires: int
    name: str = ""
    email: str = ""

    @property
    def actor(self) -> Actor:
        """The customer as an actor."""
        kind, _, name = self.key.partition(":")
        return Actor.member(name, self.name) if kind == "member" else Actor.guest(name, self.name)


class Tokens:
    """Signs with the first secret, accepts all: put the new one before the old to rotate them."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or any(not isinstance(key, str) or len(key.encode()) < SHORTEST_SECRET for key in keys):
            raise Invalid(field="secrets", reason=f"needs one secret at least, each of {SHORTEST_SECRET} bytes or more")
        self._keys = tuple(keys)

    def visitor(self, brand: str, visitor: Visitor) -> str:
        """The gateway's own token, for one brand."""
        claims = {"aud": VISITOR, "sub": visitor.key, "brand": brand, "name": visitor.name, "exp": visitor.expires}
        return jwt.encode(claims, self._keys[0], algorithm="HS256")

    def read_visitor(self, brand: str, token: str) -> Visitor:
        """Who a token of this gateway names. `Unidentified` if it is forged, over, or another brand's."""
        claims = self._read(token, VISITOR)
        if claims.get("brand") != brand:
            raise Unidentified("the token is for another brand", reason="brand")
        return Visitor(claims["sub"], claims["exp"], claims.get("name", ""))

    def read_member(self, token: str) -> Visitor:
        """Whom the host names. `Unidentified` if it is forged or over."""
        claims = self._read(token, MEMBER)
        return Visitor(f"member:{claims['sub']}", claims["exp"], str(claims.get("name") or ""), str(claims.get("email") or ""))

    def new_guest(self, lifetime: float, now: float) -> Visitor:
        """A guest whom nobody knows yet."""
        return Visitor(f"guest:{secrets.token_urlsafe(18)}", int(now + lifetime))

    def _read(self, token: str, audience: str) -> dict[str, Any]:
        error: Exception | None = None
        for key in self._keys:
            try:
                claims: dict[str, Any] = jwt.decode(
                    token, key, algorithms=["HS256"], audience=audience, options={"require": ["exp", "sub", "aud"]}
                )
            except jwt.InvalidSignatureError as raised:
                error = raised
            except (jwt.InvalidTokenError, UnicodeError, ValueError) as raised:
                raise Unidentified(f"the token is not accepted: {raised}", reason="token") from raised
            else:
                return claims
        raise Unidentified("the token is not signed with a secret of this desk", reason="signature") from error
