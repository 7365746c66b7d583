"""The gateway: which path is answered how.

May: find the path, turn errors into problems, add what every answer carries. May not: know any one command or query.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence

import attrs

from cschat.desk import AsyncDesk, Desk
from cschat.errors import CschatError, NotFound
from cschat.web import calls, entering, help_centre, pages, sending, watching
from cschat.web.callers import Callers, Identify, checked_origins
from cschat.web.files import Shelf
from cschat.web.messages import PROBLEM, Request, Response, answer_json, problem
from cschat.web.site import Call, Site

__all__ = ["Gateway"]

_log = logging.getLogger("cschat.web")

Handler = Callable[[Call], Response]

ROUTES: Sequence[tuple[str, str, Handler]] = (
    ("POST", "/{brand}/do", calls.do_all),
    ("POST", "/{brand}/do/{name}", calls.do),
    ("POST", "/{brand}/ask", calls.ask_all),
    ("POST", "/{brand}/ask/{name}", calls.ask),
    ("GET", "/{brand}/sessions/{id}/allowed", calls.allowed),
    ("POST", "/{brand}/enter", entering.enter),
    ("GET", "/{brand}/me", entering.me),
    ("GET", "/{brand}/customers/{id}/info", entering.info),
    ("GET", "/{brand}/events", watching.events),
    ("GET", "/{brand}/poll", watching.poll),
    ("POST", "/{brand}/files", sending.send),
    ("GET", "/{brand}/files/{id}", sending.fetch),
    ("GET", "/{brand}/widget.js", pages.widget),
    ("GET", "/{brand}/workspace", pages.workspace),
    ("GET", "/{brand}/workspace/{rest}", pages.workspace),
    ("GET", "/{brand}/help", help_centre.page),
    ("GET", "/{brand}/help/look.css", help_centre.look),
    ("POST", "/{brand}/help/contact", help_centre.form),
    ("GET", "/{brand}/help/{rest}", help_centre.page),
    ("GET", "/-/static/{rest}", pages.static),
)
"""Method, path below the mount point, and who answers. `{rest}` takes slashes too."""


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", lambda part: f"(?P<{part[1]}>{'.+' if part[1] == 'rest' else '[^/]+'})", path))


_PATTERNS = tuple((method, _pattern(path), handler) for method, path, handler in ROUTES)

_ALWAYS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
}
"""What every answer carries unless it says otherwise."""

_SHARED: Mapping[str, str] = {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "authorization, content-type, idempotency-key, last-event-id, x-file-name",
    "access-control-max-age": "7200",
}


class Gateway:
    """Answers requests for the brands of one desk.

    `secrets` sign tokens: the first one signs, all are accepted. `identify` says which of the host's people asks. `origins` are the other
    sites on which the widget lives ("https://shop.example"; "*": any): their pages may call with a customer's token, never with a cookie.
    `sign_in` is the host's page where people sign in: who opens the workspace without is sent there, with the way back as `next`.
    """

    def __init__(
        self,
        desk: Desk | AsyncDesk,
        *,
        brands: Sequence[str],
        secrets: Sequence[str],
        identify: Identify = lambda _request: None,
        origins: Sequence[str] = (),
        sign_in: str | None = None,
    ) -> None:
        blocking = desk if isinstance(desk, Desk) else Desk(desk._door)  # noqa: SLF001  (both desks are faces of one door)
        self.site = Site(blocking, tuple(brands), Callers(secrets, identify), checked_origins(origins), Shelf(), sign_in)
        self._desks = {brand: blocking.brand(brand) for brand in brands}

    def handle(self, request: Request) -> Response:
        """The answer to a request. Never raises."""
        try:
            response = self._handle(request)
        except CschatError as error:
            response = problem(error)
        except Exception:  # noqa: BLE001  (logged; who asks must not see what is inside)
            _log.exception("%s %s failed", request.method, request.path)
            response = answer_json({"type": "urn:cschat:error:internal", "title": "internal", "status": 500}, 500, kind=PROBLEM)
        return attrs.evolve(response, headers={**_ALWAYS, **self._sharing(request), **response.headers})

    def _sharing(self, request: Request) -> Mapping[str, str]:
        """What lets a page of another site read the answer."""
        origins = self.site.origins
        if not origins:
            return {}
        origin = request.headers.get("origin")
        if origin is None or not ("*" in origins or origin in origins):
            return {"vary": "origin"}
        return {"vary": "origin", "access-control-allow-origin": origin, "access-control-expose-headers": "retry-after"}

    def _handle(self, request: Request) -> Response:
        if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
            return Response(204, _SHARED if self._sharing(request).get("access-control-allow-origin") else {})
        allowed: list[str] = []
        for method, pattern, handler in _PATTERNS:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            if method == request.method or (method, request.method) == ("GET", "HEAD"):
                parts = match.groupdict()
                return handler(self._call(request, parts.pop("brand", ""), parts))
            allowed.append(method)
        if allowed:
            wrong = {"type": "urn:cschat:error:method", "title": "method", "status": 405, "allowed": allowed}
            return answer_json(wrong, 405, {"allow": ", ".join(allowed)}, kind=PROBLEM)
        raise NotFound(f"there is nothing at {request.path}", kind="path", id=request.path)

    def _call(self, request: Request, brand: str, parts: Mapping[str, str]) -> Call:
        if not brand:
            return Call(self.site, request, brand, parts, self.site.desk)
        desk = self._desks.get(brand)
        if desk is None:
            raise NotFound(f"there is no brand {brand}", kind="brand", id=brand)
        return Call(self.site, request, brand, parts, desk)
