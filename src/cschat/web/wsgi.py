"""The door for WSGI servers and frameworks: gunicorn, Flask, Django.

May: translate. May not: decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from cschat.web.gateway import Gateway
from cschat.web.messages import Request

__all__ = ["Door"]

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Door:
    """A WSGI application that answers through a gateway. `SCRIPT_NAME` is its mount point."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        response = self._gateway.handle(request_of(environ))
        status = f"{response.status} {HTTPStatus(response.status).phrase}"
        if response.live is not None:
            start_response(status, list(response.headers.items()))
            return response.live.frames()
        start_response(status, [*response.headers.items(), ("content-length", str(len(response.body)))])
        return [response.body]


def request_of(environ: dict[str, Any], native: Any = None) -> Request:
    """The neutral request of a WSGI environment."""
    headers = {name[5:].lower().replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    length = environ.get("CONTENT_LENGTH") or "0"
    return Request(
        environ["REQUEST_METHOD"],
        environ.get("PATH_INFO", "").encode("latin-1", "replace").decode("utf-8", "replace"),
        environ.get("QUERY_STRING", ""),
        headers,
        environ["wsgi.input"].read(int(length)) if length.isdecimal() else b"",
        environ.get("REMOTE_ADDR", ""),
        environ.get("SCRIPT_NAME", ""),
        environ.get("wsgi.url_scheme", "http"),
        native if native is not None else environ,
    )
