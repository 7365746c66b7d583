"""The door for WSGI servers and frameworks: gunicorn, Flask, Django.

May: translate. May not: decide.

Whoever waits for news occupies a thread of the server, so only half of the threads are given to those; others are told to ask again later,
which browsers then do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

import attrs

from cschat.errors import CschatError, LimitExceeded
from cschat.web.gateway import Gateway
from cschat.web.limits import MalformedRequest, TooLarge
from cschat.web.messages import Live, Request, Response

__all__ = ["Door", "NoThread"]

StartResponse = Callable[[str, list[tuple[str, str]]], Any]

_PIECE = 65_536
_THREAD_EACH = ("WSGIServer/", "Werkzeug/")
"""Servers for development: they start a thread for every request."""
_USUAL_THREADS = 4


class NoThread(LimitExceeded):
    """So many wait for news that no thread would be left for the others."""

    code = "no_thread"
    status_hint = 503


class Door:
    """A WSGI application that answers through a gateway. `SCRIPT_NAME` is its mount point.

    `threads` is how many your server has (gunicorn: `--threads`). If you do not say, it is taken to have 4, a server that calls itself one
    without threads to have none to spare, and one for development to have as many as it takes.
    """

    def __init__(self, gateway: Gateway, *, threads: int | None = None) -> None:
        self._gateway = gateway
        self._threads = threads
        self._waiting = 0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        request = request_of(environ, self._gateway)
        response = self._gateway.handle(request)
        if response.live is not None and (request.method == "HEAD" or not self._may_wait(environ)):
            response.live.close()
            full = NoThread("no thread is free to wait: ask again later", limit="threads", value=self._threads, seconds=5)
            response = attrs.evolve(response, live=None) if request.method == "HEAD" else self._gateway.refuse(request, full)
        headers = list(response.headers.items())
        if response.live is None and _has_body(response):
            headers.append(("content-length", str(len(response.body))))
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", headers)
        if response.live is not None:
            return _Waiting(response.live, self._leave)
        return [b"" if request.method == "HEAD" else response.body]

    def _may_wait(self, environ: dict[str, Any]) -> bool:
        most = self._threads
        if most is None:
            if environ.get("SERVER_SOFTWARE", "").startswith(_THREAD_EACH):
                return self._begin(None)
            most = _USUAL_THREADS if environ.get("wsgi.multithread") else 0
        return self._begin(most // 2)

    def _begin(self, most: int | None) -> bool:
        with self._lock:
            if most is not None and self._waiting >= most:
                return False
            self._waiting += 1
            return True

    def _leave(self) -> None:
        with self._lock:
            self._waiting -= 1


class _Waiting:
    """The pieces of a live body; the server closes it, whether it has begun or not."""

    def __init__(self, live: Live, leave: Callable[[], None]) -> None:
        self._live = live
        self._leave: Callable[[], None] | None = leave

    def __iter__(self) -> Iterator[bytes]:
        return self._live.frames()

    def close(self) -> None:
        self._live.close()
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()


def _has_body(response: Response) -> bool:
    return response.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


def request_of(environ: dict[str, Any], gateway: Gateway, native: Any = None) -> Request:
    """The neutral request of a WSGI environment."""
    headers = {name[5:].lower().replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    path = environ.get("PATH_INFO", "").encode("latin-1", "replace").decode("utf-8", "replace")
    body, fault = _body_of(environ, gateway.most(path))
    return Request(
        environ["REQUEST_METHOD"],
        path,
        environ.get("QUERY_STRING", ""),
        headers,
        body,
        environ.get("REMOTE_ADDR", ""),
        environ.get("SCRIPT_NAME", ""),
        environ.get("wsgi.url_scheme", "http"),
        native if native is not None else environ,
        fault,
    )


def _body_of(environ: dict[str, Any], most: int) -> tuple[bytes, CschatError | None]:
    """The body, or what is wrong with it. Of one that is too large no more is read than shows it."""
    said = environ.get("CONTENT_LENGTH") or ""
    if not said and not environ.get("wsgi.input_terminated"):
        return b"", None
    if said and not (said.isascii() and said.isdecimal() and len(said) < 19):
        return b"", MalformedRequest("the content-length is no number")
    length = int(said) if said else None
    if length is not None and length > most:
        return b"", _too_large(most)
    pieces, read, wanted = list[bytes](), 0, most + 1 if length is None else length
    try:
        while read < wanted and (piece := environ["wsgi.input"].read(min(_PIECE, wanted - read))):
            pieces.append(piece)
            read += len(piece)
    except Exception:  # noqa: BLE001  (each server has its own errors for a browser that is gone or a body that is none)
        return b"", MalformedRequest("the body could not be read")
    if read > most:
        return b"", _too_large(most)
    if length is not None and read < length:
        return b"", MalformedRequest("the body is shorter than it said")
    return b"".join(pieces), None


def _too_large(most: int) -> CschatError:
    return TooLarge(f"the body has more than {most:,} bytes", most=most)
