"""A shop with nothing but a desk, for servers that are started by name: `tests.web.app:wsgi` and `tests.web.app:asgi`.

May: be mounted below /desk. May not: be used by anything but tests. Its people sign in by a cookie that says who they are.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from typing import Any

from cschat import AsyncDesk, Desk
from cschat import commands as c
from cschat.errors import Conflict
from cschat.web import Gateway, Request
from cschat.web.asgi import Door as AsgiDoor
from cschat.web.wsgi import Door as WsgiDoor

SECRET = "0123456789abcdef0123456789abcdef"
THREADS = 16
desk = Desk.open(os.environ.get("DESK_URL", "memory:"), brand="shop")


def prepare() -> None:
    """The shop is open, 민아 is its admin and 준호 an agent."""
    desk.do(c.ChangeBrand(accepting="open"))
    for user, name, role in (("mina", "민아", "admin"), ("junho", "준호", "agent")):
        try:
            desk.do(c.AddAgent(name=name, role=role, user_id=user, status="available"))
        except Conflict:
            logging.getLogger(__name__).info("%s is there already", user)


def identify(request: Request) -> str | None:
    found = [
        part.strip().removeprefix("user=") for part in request.headers.get("cookie", "").split(";") if part.strip().startswith("user=")
    ]
    return found[0] if found else None


gateway = Gateway(desk, brands=["shop"], secrets=[SECRET], identify=identify)
_wsgi, _asgi = (
    WsgiDoor(gateway, threads=THREADS),
    AsgiDoor(Gateway(AsyncDesk(desk._door), brands=["shop"], secrets=[SECRET], identify=identify)),
)


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if not path.startswith("/desk/"):
        start_response("404 Not Found", [("content-length", "0")])
        return [b""]
    return _wsgi({**environ, "SCRIPT_NAME": "/desk", "PATH_INFO": path.removeprefix("/desk")}, start_response)


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    await _asgi({**scope, "root_path": "/desk"} if scope["type"] != "lifespan" else scope, receive, send)
