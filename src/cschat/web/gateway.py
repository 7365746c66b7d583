"""The gateway: which path is answered how.

May: find the path, turn errors into problems, add what every answer carries. May not: know any one command or query.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence

import attrs

from cschat.async_desk import AsyncDesk
from cschat.core.content import MAX_FILE
from cschat.desk import Desk
from cschat.errors import CschatError, NotFound
from cschat.web import calls, entering, files, help_centre, openapi, pages, trying, watching
from cschat.web.callers import Callers, Identify, checked_origins
from cschat.web.hub import Hub
from cschat.web.limits import JSON_BYTES, Buckets, Limits, address_of, check_shape
from cschat.web.messages import PROBLEM, Request, Response, answer_json, problem
from cschat.web.site import Call, Site

__all__ = ["Gateway"]

_log = logging.getLogger("cschat.web")

Handler = Callable[[Call], Response]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", lambda part: f"(?P<{part[1]}>{'.*' if part[1] == 'rest' else '[^/]+'})", path), re.DOTALL)


@attrs.frozen
class Route:
    """A path below the mount point ("{rest}" takes slashes too), who answers there, and how many bytes may come."""

    method: str
    path: str
    handler: Handler
    most: int = JSON_BYTES
    counted: bool = True
    pattern: re.Pattern[str] = attrs.field(init=False, default=attrs.Factory(lambda self: _pattern(self.path), takes_self=True))


ROUTES: Sequence[Route] = (
    Route("POST", "/{brand}/do", calls.do_all),
    Route("POST", "/{brand}/do/{name}", calls.do),
    Route("POST", "/{brand}/ask", calls.ask_all),
    Route("POST", "/{brand}/ask/{name}", calls.ask),
    Route("GET", "/{brand}/sessions/{id}/allowed", calls.allowed),
    Route("POST", "/{brand}/enter", entering.enter),
    Route("GET", "/{brand}/me", entering.me),
    Route("GET", "/{brand}/customers/{id}/info", entering.info),
    Route("GET", "/{brand}/events", watching.events),
    Route("GET", "/{brand}/poll", watching.poll),
    Route("POST", "/{brand}/files", files.send, most=MAX_FILE),
    Route("GET", "/{brand}/files/{id}", files.fetch),
    Route("GET", "/{brand}/widget.js", pages.widget, counted=False),
    Route("GET", "/{brand}/workspace", pages.workspace),
    Route("GET", "/{brand}/workspace/try", trying.page),
    Route("GET", "/{brand}/workspace/{rest}", pages.workspace),
    Route("GET", "/{brand}/help", help_centre.page),
    Route("GET", "/{brand}/help/look.css", help_centre.look),
    Route("POST", "/{brand}/help/contact", help_centre.form),
    Route("GET", "/{brand}/help/{rest}", help_centre.page),
    Route("GET", "/-/openapi.json", openapi.openapi),
    Route("GET", "/-/static/{rest}", pages.static, counted=False),
)

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
    `sign_in` is the host's page where people sign in: who opens the workspace without is sent there, with the way back as `next`. `limits`
    say how often one may ask.
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
        limits: Limits = Limits(),  # noqa: B008  (it never changes)
    ) -> None:
        blocking = desk if isinstance(desk, Desk) else Desk(desk._door)  # noqa: SLF001  (both desks are faces of one door)
        callers, buckets = Callers(secrets, identify), Buckets(limits)
        self.site = Site(blocking, tuple(brands), callers, checked_origins(origins), buckets, Hub(blocking), sign_in)
        self._desks = {brand: blocking.brand(brand) for brand in brands}

    def most(self, path: str) -> int:
        """How many bytes a body may have that is sent to a path."""
        return next((route.most for route in ROUTES if route.method == "POST" and route.pattern.fullmatch(path)), 0)

    def handle(self, request: Request) -> Response:
        """The answer to a request. Never raises."""
        try:
            response = self._handle(request)
        except CschatError as error:
            response = problem(error)
        except Exception:  # noqa: BLE001  (logged; who asks must not see what is inside)
            _log.exception("%r %r failed", request.method, request.path)
            response = answer_json({"type": "urn:cschat:error:internal", "title": "internal", "status": 500}, 500, kind=PROBLEM)
        return self._dressed(request, response)

    def refuse(self, request: Request, error: CschatError) -> Response:
        """The answer to a request that a door cannot take."""
        return self._dressed(request, problem(error))

    def _dressed(self, request: Request, response: Response) -> Response:
        headers = {**_ALWAYS, **self._sharing(request), **response.headers}
        return Response(response.status, headers, response.body, response.live)

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
        check_shape(request)
        allowed: list[str] = []
        for route in ROUTES:
            match = route.pattern.fullmatch(request.path)
            if match is None:
                continue
            if route.method == request.method or (route.method, request.method) == ("GET", "HEAD"):
                if route.counted:
                    self.site.buckets.take("address", address_of(request))
                parts = match.groupdict()
                return route.handler(self._call(request, parts.pop("brand", ""), parts))
            allowed.append(route.method)
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
