"""The door for ASGI servers and frameworks: uvicorn, Starlette, FastAPI.

May: translate. May not: decide.

Requests are answered in worker threads of their own, so that the loop waits for no database; whoever waits for news costs no thread.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import anyio
from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

from cschat.errors import CschatError
from cschat.web.gateway import Gateway
from cschat.web.limits import MalformedRequest, TooLarge
from cschat.web.messages import Live, Request

__all__ = ["Door"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_THREADS = 40
_limiters = RunVar[CapacityLimiter | None]("cschat.web")
_STUCK_SECONDS = 30.0
"""How long a browser may take nothing of what it is sent before it is cut off."""


class Door:
    """An ASGI application that answers through a gateway. `root_path` is its mount point."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request."""
        match scope["type"]:
            case "http":
                await self._answer(scope, receive, send)
            case "lifespan":
                await _live_on(receive, send)
            case "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1000})
            case other:
                raise NotImplementedError(f"this door knows no {other}")

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        mount: str = scope.get("root_path", "").rstrip("/")
        path: str = scope["path"]
        if mount and (path == mount or path.startswith(f"{mount}/")):
            path = path[len(mount) :]
        headers = _headers(scope["headers"])
        read = await _body(receive, headers, self._gateway.most(path))
        if read is None:
            return
        body, fault = read
        client = (scope.get("client") or ("",))[0]
        query = scope.get("query_string", b"").decode("latin-1")
        request = Request(scope["method"], path, query, headers, body, client, mount, scope.get("scheme", "http"), scope, fault)
        response = await to_thread.run_sync(self._gateway.handle, request, limiter=_threads())
        told = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
        if response.live is None and response.status not in (204, 304):
            told.append((b"content-length", b"%d" % len(response.body)))
        try:
            await send({"type": "http.response.start", "status": response.status, "headers": told})
            if response.live is None or request.method == "HEAD":
                await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else response.body})
            else:
                await _stream(response.live, receive, send)
        finally:
            if response.live is not None:
                response.live.close()


def _threads() -> CapacityLimiter:
    """The worker threads of this loop's doors."""
    limiter = _limiters.get(None)
    if limiter is None:
        limiter = CapacityLimiter(_THREADS)
        _limiters.set(limiter)
    return limiter


async def _stream(live: Live, receive: Receive, send: Send) -> None:
    async with anyio.create_task_group() as tasks:

        async def leave() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()

        tasks.start_soon(leave)
        with contextlib.suppress(TimeoutError):
            async for piece in live.frames_async():
                with anyio.fail_after(_STUCK_SECONDS):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        tasks.cancel_scope.cancel()


async def _live_on(receive: Receive, send: Send) -> None:
    """Where this is the whole application, and not mounted in one: there is nothing to begin and nothing to end."""
    while True:
        step = (await receive())["type"].rpartition(".")[2]
        await send({"type": f"lifespan.{step}.complete"})
        if step == "shutdown":
            return


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Names in lower case; what comes several times is one line (RFC 9110, 5.3; for cookies RFC 9113, 8.2.3)."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key, said = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = said if key not in headers else f"{headers[key]}{'; ' if key == 'cookie' else ', '}{said}"
    return headers


async def _body(receive: Receive, headers: dict[str, str], most: int) -> tuple[bytes, CschatError | None] | None:
    """The body, or what is wrong with it; None if the browser is gone. Of one that is too large no more is read than shows it."""
    said = headers.get("content-length", "")
    if said and not (said.isascii() and said.isdecimal() and len(said) < 19):
        return b"", MalformedRequest("the content-length is no number")
    too_large = TooLarge(f"the body has more than {most:,} bytes", most=most)
    if said and int(said) > most:
        return b"", too_large
    pieces, read = list[bytes](), 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        piece: bytes = message.get("body", b"")
        read += len(piece)
        if read > most:
            return b"", too_large
        pieces.append(piece)
        if not message.get("more_body"):
            break
    if said and read < int(said):
        return b"", MalformedRequest("the body is shorter than it said")
    return b"".join(pieces), None
