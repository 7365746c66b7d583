"""The door for ASGI servers and frameworks: uvicorn, Starlette, FastAPI.

May: translate. May not: decide.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio
from anyio import to_thread

from cschat.web.gateway import Gateway
from cschat.web.messages import Request, Response

__all__ = ["Door"]

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Door:
    """An ASGI application that answers through a gateway. `root_path` is its mount point."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        request = _request_of(scope, body)
        response = await to_thread.run_sync(self._gateway.handle, request)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
        if response.live is None:
            headers.append((b"content-length", b"%d" % len(response.body)))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if response.live is None:
            await send({"type": "http.response.body", "body": response.body})
        else:
            await _stream(response, receive, send)


async def _stream(response: Response, receive: Receive, send: Send) -> None:
    assert response.live is not None  # noqa: S101  (the caller has looked)
    async with anyio.create_task_group() as tasks:

        async def leave() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()

        tasks.start_soon(leave)
        async for frame in response.live.frames_async():
            await send({"type": "http.response.body", "body": frame, "more_body": True})


def _request_of(scope: MutableMapping[str, Any], body: bytes) -> Request:
    mount: str = scope.get("root_path", "")
    path: str = scope["path"]
    return Request(
        scope["method"],
        path.removeprefix(mount) if mount else path,
        scope.get("query_string", b"").decode("latin-1"),
        {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body,
        (scope.get("client") or ("",))[0],
        mount,
        scope.get("scheme", "http"),
        scope,
    )
