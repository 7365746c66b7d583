"""Tokens: how a customer proves who they are.

May: sign and verify. May not: look anything up.

All are JSON Web Tokens with HS256 (RFC 7519), which PyJWT compares in constant time. A host signs `member` tokens with the secret that it
shares with its gateway; the gateway signs its own, of another audience, so that neither can stand for the other.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import attrs
import jwt

from cschat.core.access import Actor
from cschat.core.people import CustomerKind
from cschat.errors import CschatError, Invalid

__all__ = ["Tokens", "Unidentified", "member_token"]

MEMBER, VISITOR = "cschat-member", "cschat-visitor"
SHORTEST_SECRET = 32
"""Bytes: as many as HS256 gives (RFC 7518, 3.2)."""
_LONGEST = 4096
_MOST_REMEMBERED = 10_000
_DEMANDS: Any = {"require": ["exp", "sub", "aud"], "strict_aud": True}


class Unidentified(CschatError):
    """Nobody has said who asks, or what they said is not true any more: `reason`."""

    code = "unidentified"
    status_hint = 401


def member_token(
    secret: str, user: str | int, *, name: str = "", email: str = "", brand: str | None = None, expires_in: float = 3600
) -> str:
    """For hosts: a token that says who is signed in, to be handed to the widget. Make it on the server, never in the browser.

    `user` is the host's id of them; a number is taken for its digits. It holds for every brand of the gateway, or for one `brand` alone;
    `expires_in` is in seconds.
    """
    claims: dict[str, Any] = {"aud": MEMBER, "sub": str(user), "name": name, "email": email, "exp": int(time.time() + expires_in)}
    if brand is not None:
        claims["brand"] = brand
    return jwt.encode(claims, secret, algorithm="HS256")


@attrs.frozen
class Visitor:
    """Who a token names: the customer's key, when it ends (seconds since 1970), and what the host says of them."""

    key: str
    expires: int
    name: str = ""
    email: str = ""

    @property
    def kind(self) -> CustomerKind:
        """Whether the host knows them."""
        return CustomerKind(self.key.partition(":")[0])

    @property
    def name_of_it(self) -> str:
        """The host's id of a member; the secret of a guest's browser."""
        return self.key.partition(":")[2]

    @property
    def actor(self) -> Actor:
        """The customer as an actor."""
        make = Actor.member if self.kind is CustomerKind.MEMBER else Actor.guest
        return make(self.name_of_it, self.name)

    def lasting(self, until: float) -> Visitor:
        """The same, known for longer."""
        return attrs.evolve(self, expires=int(until))


class Tokens:
    """Signs with the first secret, accepts all: put the new one before the old to rotate them."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or any(not isinstance(key, str) or len(key.encode()) < SHORTEST_SECRET for key in keys):
            raise Invalid(field="secrets", reason=f"needs one secret at least, each of {SHORTEST_SECRET} bytes or more")
        self._keys = tuple(keys)
        self._verified = lru_cache(maxsize=_MOST_REMEMBERED)(self._verify)

    def visitor(self, brand: str, visitor: Visitor) -> str:
        """The gateway's own token, for one brand."""
        claims = {"aud": VISITOR, "sub": visitor.key, "brand": brand, "name": visitor.name, "exp": visitor.expires}
        return jwt.encode(claims, self._keys[0], algorithm="HS256")

    def member(self, user: str, name: str, brand: str, *, minutes: int) -> str:
        """A token as hosts make it, for one brand: of a member who is none of the host's."""
        return member_token(self._keys[0], user, name=name, brand=brand, expires_in=60.0 * minutes)

    def read_visitor(self, brand: str, token: str) -> Visitor:
        """Who a token of this gateway names. `Unidentified` if it is forged, over, or another brand's."""
        its_brand, visitor = self._verified(token)
        if visitor.expires <= time.time():
            raise Unidentified("the token is over", reason="expired")
        if its_brand != brand:
            raise Unidentified("the token is for another brand", reason="brand")
        return visitor

    def _verify(self, token: str) -> tuple[str | None, Visitor]:
        """The brand and the visitor of a token of this gateway. What was true once is remembered: a browser sends its token each time."""
        claims = self._read(token, VISITOR)
        return claims.get("brand"), Visitor(claims["sub"], int(claims["exp"]), claims.get("name", ""))

    def read_member(self, brand: str, token: str, *, latest: float) -> Visitor:
        """Whom the host names, at `latest` until then. `Unidentified` if it is forged, over, or for another brand."""
        claims = self._read(token, MEMBER)
        if claims.get("brand", brand) != brand:
            raise Unidentified("the token is for another brand", reason="brand")
        name, email = claims.get("name") or "", claims.get("email") or ""
        if not claims["sub"].strip() or not isinstance(name, str) or not isinstance(email, str):
            raise Unidentified("the token's sub, name and email must be text, and sub not blank", reason="claims")
        return Visitor(f"{CustomerKind.MEMBER}:{claims['sub']}", int(min(float(claims["exp"]), latest)), name, email)

    @staticmethod
    def new_guest(lifetime: float, now: float) -> Visitor:
        """A guest whom nobody knows yet."""
        return Visitor(f"{CustomerKind.GUEST}:{secrets.token_urlsafe(18)}", int(now + lifetime))

    def _read(self, token: str, audience: str) -> dict[str, Any]:
        if len(token) > _LONGEST:
            raise Unidentified("the token is too long", reason="token")
        error: Exception | None = None
        for key in self._keys:
            try:
                claims: dict[str, Any] = jwt.decode(token, key, algorithms=["HS256"], audience=audience, options=_DEMANDS)
            except jwt.InvalidSignatureError as raised:
                error = raised
            except jwt.ExpiredSignatureError as raised:
                raise Unidentified("the token is over", reason="expired") from raised
            except (jwt.InvalidTokenError, ValueError, OverflowError, TypeError, RecursionError) as raised:
                raise Unidentified(f"the token is not accepted: {raised}", reason="token") from raised
            else:
                return claims
        raise Unidentified("the token is not signed with a secret of this desk", reason="signature") from error
