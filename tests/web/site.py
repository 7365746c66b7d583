"""A gateway in this process, and a browser that calls it.

May: make requests. May not: check anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import attrs
import msgspec

from cschat import Desk
from cschat import commands as c
from cschat.web import Gateway, Limits, Rate, Request, Response

SECRET = "0123456789abcdef0123456789abcdef"
_ENOUGH = Rate(1e9, 10**9)
NO_LIMITS = Limits(_ENOUGH, _ENOUGH, _ENOUGH, _ENOUGH, _ENOUGH)


def opened_desk(url: str = "memory:", **more: Any) -> Desk:
    """A shop that is open, with an admin (user `sora`) and two agents (`mina`, `jun`); a second brand where only `sora` works."""
    desk = Desk.open(url, brand="shop", **more)
    for brand in (desk, desk.brand("cafe")):
        brand.do(c.ChangeBrand(accepting="open"))
        brand.do(c.AddAgent(name="소라", role="admin", user_id="sora"))
    desk.do(c.AddAgent(name="민아", status="available", user_id="mina"))
    desk.do(c.AddAgent(name="준", user_id="jun"))
    return desk


def user_of(request: Request) -> str | None:
    """The host's `identify`: the cookie is the name."""
    cookie = request.headers.get("cookie", "")
    return next((part.strip()[5:] for part in cookie.split(";") if part.strip().startswith("user=")), None)


def gateway_on(desk: Desk, **more: Any) -> Gateway:
    return Gateway(desk, brands=["shop", "cafe"], secrets=[SECRET], identify=user_of, **more)


@attrs.frozen
class Answer:
    """A response, read."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@attrs.frozen
class Browser:
    """Calls a gateway as somebody: a customer by `token`, one of the host's people by `user`."""

    gateway: Gateway
    token: str | None = None
    user: str | None = None
    csrf: str | None = None
    brand: str = "shop"

    def call(self, method: str, path: str, body: Any = None, *, query: str = "", headers: Mapping[str, str] | None = None) -> Answer:
        known = {"host": "desk.example"}
        if self.token is not None:
            known["authorization"] = f"Bearer {self.token}"
        if self.user is not None:
            known["cookie"] = f"user={self.user}"
        if self.csrf is not None:
            known["x-csrf-token"] = self.csrf
        raw = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        if not isinstance(body, bytes | None):
            known["content-type"] = "application/json"
        request = Request(method, path, query, {**known, **(headers or {})}, raw, "203.0.113.7")
        response: Response = self.gateway.handle(request)
        assert response.live is None
        return Answer(response.status, response.headers, response.body)

    def do(self, name: str, /, **fields: Any) -> Answer:
        return self.call("POST", f"/{self.brand}/do/{name}", fields)

    def ask(self, name: str, /, **fields: Any) -> Answer:
        return self.call("POST", f"/{self.brand}/ask/{name}", fields)

    def enter(self, **said: Any) -> Answer:
        return self.call("POST", f"/{self.brand}/enter", said)

    def get(self, path: str, query: str = "", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("GET", f"/{self.brand}{path}", query=query, headers=named)

    def send(self, content: bytes, name: str = "사진.png", type: str = "image/png") -> Answer:
        return self.call("POST", f"/{self.brand}/files", content, headers={"content-type": type, "x-file-name": quote(name)})

    def entered(self, **said: Any) -> Browser:
        """The same with a token."""
        return attrs.evolve(self, token=self.enter(**said).json["token"])

    def signed_in(self, user: str) -> Browser:
        """One of the host's people, with the mark of their page."""
        person = attrs.evolve(self, user=user)
        return attrs.evolve(person, csrf=person.get("/me").json["csrf"])
