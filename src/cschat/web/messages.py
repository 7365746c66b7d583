"""A request and a response that belong to no framework.

May: hold what was asked and what is answered. May not: read from a socket.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import attrs
import msgspec

from cschat.web.streams import Watching

__all__ = ["Request", "Response", "answer_json"]

JSON = "application/json"


@attrs.frozen
class Request:
    """What a browser asks. `path` is below the mount point, with a leading slash; header names are lower case; `body` is as it came.

    `client` is the address of who asks. `native` is the framework's own request, for the host's `identify`.
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

    def argument(self, name: str) -> str | None:
        """An argument of the query; None if it is not there."""
        return parse_qs(self.query, keep_blank_values=True).get(name, [None])[-1]


@attrs.frozen
class Response:
    """What is answered: a body, or events that are `watched` until the browser goes."""

    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: bytes = b""
    watched: Watching | None = None


def answer_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, kind: str = JSON) -> Response:
    """A response of plain JSON values, which nobody keeps."""
    return Response(status, {"content-type": kind, "cache-control": "no-store", **(headers or {})}, msgspec.json.encode(value))
