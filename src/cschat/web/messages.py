"""A request and a response that belong to no framework.

May: hold what was asked and what is answered. May not: read from a socket.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qs

import attrs
import msgspec

from cschat.errors import CschatError

__all__ = ["Live", "Request", "Response", "answer_json", "problem"]

JSON = "application/json"
PROBLEM = "application/problem+json"


@attrs.frozen
class Request:
    """What a browser asks. `path` is below the mount point, with a leading slash; header names are lower case; `body` is as it came.

    `client` is the address of who asks. `native` is the framework's own request, for the host's `identify`. `fault` is what was wrong with
    the body while it was read.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: bytes = b""
    client: str = ""
    mount: str = ""
    scheme: str = "http"
    native: Any = None
    fault: CschatError | None = None

    def argument(self, name: str) -> str | None:
        """An argument of the query; None if it is not there."""
        return parse_qs(self.query, keep_blank_values=True, errors="replace").get(name, [None])[-1]


class Live(Protocol):
    """A body that comes piece by piece, as long as the browser stays."""

    def frames(self) -> Iterator[bytes]:
        """The pieces, for a server with threads: it waits in this one."""
        ...

    def frames_async(self) -> AsyncIterator[bytes]:
        """The pieces, for an event loop: waiting costs no thread."""
        ...

    def close(self) -> None:
        """There is nobody any more who reads."""
        ...


@attrs.frozen
class Response:
    """What is answered: a body, or one that is `live`."""

    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: bytes = b""
    live: Live | None = None


def answer_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, kind: str = JSON) -> Response:
    """A response of plain JSON values, which nobody keeps."""
    try:
        body = msgspec.json.encode(value)
    except UnicodeEncodeError:
        body = json.dumps(value).encode()  # half a letter (a lone surrogate) from an address, which only this can write
    return Response(status, {"content-type": kind, "cache-control": "no-store", **(headers or {})}, body)


def problem(error: CschatError) -> Response:
    """An error as RFC 9457 says it; one that knows its `seconds` says when to try again."""
    told = error.as_problem()
    seconds = error.fields.get("seconds", 1 if error.status_hint == 503 else None)
    return answer_json(told, error.status_hint, {} if seconds is None else {"retry-after": str(max(1, round(seconds)))}, kind=PROBLEM)
