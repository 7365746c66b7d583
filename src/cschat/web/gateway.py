"""The gateway: which path is answered how.

May: find who asks, hand commands and queries to the desk, turn errors into problems. May not: know any one command or query.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import msgspec

from cschat import commands as c
from cschat import queries as q
from cschat.core.access import Actor
from cschat.core.times import as_iso
from cschat.desk import AsyncDesk, Desk
from cschat.errors import CschatError, Invalid, NotFound
from cschat.storage.codec import face
from cschat.web.help import help_form, help_look, help_page
from cschat.web.messages import Request, Response, answer_json
from cschat.web.pages import shell, static, widget_script
from cschat.web.streams import Watching
from cschat.web.tokens import Tokens, Unidentified, Visitor
from cschat.web.wire import answered, command_of, query_of

__all__ = ["Gateway", "Identify"]

Identify = Callable[[Request], str | None]
"""The host's: the id of the person who is signed in (the `user_id` of an agent), None if nobody is."""

_log = logging.getLogger("cschat.web")
_GUEST_SECONDS = 400 * 86_400
_PROBLEM = "application/problem+json"


@attrs.frozen
class Call:
    """A request whose path is known: the brand, the other parts of the path, and who asks."""

    request: Request
    brand: str
    parts: Mapping[str, str]
    desk: Desk


Handler = Callable[["Gateway", Call], Response]


class Gateway:
    """Answers requests for the brands of one desk.

    `secrets` sign tokens: the first one signs, all are accepted. `identify` says which of the host's people asks.
    """

    def __init__(self, desk: Desk, *, brands: Sequence[str], secrets: Sequence[str], identify: Identify = lambda _request: None) -> None:
        self.desk = desk
        self.brands = tuple(brands)
        self._tokens = Tokens(secrets)
        self._identify = identify
        for brand in brands:
            desk.brand(brand)

    def handle(self, request: Request) -> Response:
        """The answer to a request. Never raises."""
        try:
            return self._handle(request)
        except CschatError as error:
            return _problem(error)
        except Exception:  # noqa: BLE001  (logged; who asks must not see what is inside)
            _log.exception("%s %s failed", request.method, request.path)
            return answer_json({"type": "urn:cschat:error:internal", "title": "internal", "status": 500}, 500, kind=_PROBLEM)

    def _handle(self, request: Request) -> Response:
        allowed: list[str] = []
        for method, pattern, handler in ROUTES:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            if method != request.method:
                allowed.append(method)
                continue
            parts = match.groupdict()
            brand = parts.pop("brand", None)
            if brand is None:
                return handler(self, Call(request, "", parts, self.desk))
            if brand not in self.brands:
                raise NotFound(f"there is no brand {brand}", kind="brand", id=brand)
            return handler(self, Call(request, brand, parts, self.desk.brand(brand)))
        if allowed:
            return answer_json(
                {"type": "urn:cschat:error:method", "title": "method", "status": 405}, 405, {"allow": ", ".join(allowed)}, kind=_PROBLEM
            )
        raise NotFound(f"there is nothing at {request.path}", kind="path", id=request.path)

    def _actor(self, call: Call) -> Actor:
        """Who asks. `Unidentified` if nobody has said."""
        bearer = call.request.headers.get("authorization", "")
        if bearer.startswith("Bearer "):
            return self._tokens.read_visitor(call.brand, bearer.removeprefix("Bearer ")).actor
        user = self._identify(call.request)
        if user is None:
            raise Unidentified("say who you are: a token, or signed in with the host", reason="missing")
        return Actor.user(user)

    def _door(self, call: Call) -> Desk:
        return call.desk.acting_as(self._actor(call))

    # ----------------------------------------------------------------------------------------------------- do and ask

    def do(self, call: Call) -> Response:
        """Carry out one command."""
        door, command = self._door(call), command_of(call.parts["name"], _json(call.request))
        return answer_json(answered(command, door.do(command, request_id=call.request.headers.get("idempotency-key"))))

    def do_all(self, call: Call) -> Response:
        """Carry out several commands, all or none."""
        door = self._door(call)
        wanted = [command_of(name, fields) for name, fields in _several(call.request, "command")]
        answers = door.do_all(wanted, request_id=call.request.headers.get("idempotency-key"))
        return answer_json([answered(command, answer) for command, answer in zip(wanted, answers, strict=True)])

    def ask(self, call: Call) -> Response:
        """Answer one query."""
        door, query = self._door(call), query_of(call.parts["name"], _json(call.request))
        return answer_json(answered(query, door.ask(query)))

    def ask_all(self, call: Call) -> Response:
        """Answer several queries."""
        door = self._door(call)
        wanted = [query_of(name, fields) for name, fields in _several(call.request, "query")]
        return answer_json([answered(query, door.ask(query)) for query in wanted])

    # ----------------------------------------------------------------------------------------------------------- who

    def enter(self, call: Call) -> Response:
        """Give a customer a token: as the member whom the host names, the guest they were, or a new guest."""
        said = _json(call.request)
        if not isinstance(said, dict):
            raise Invalid(field="body", reason="must be a JSON object")
        visitor = self._visitor(call.brand, said)
        kind, _, key = visitor.key.partition(":")
        known = call.desk.do(c.RegisterCustomer(**{kind: key}, name=visitor.name, email=visitor.email))
        token, expires = self._tokens.visitor(call.brand, visitor), as_iso(visitor.expires * 1_000_000)
        answer = {"token": token, "expires_at": expires, "customer": face(known), "language": known.language}
        return answer_json(answer)

    def _visitor(self, brand: str, said: Mapping[str, Any]) -> Visitor:
        if said.get("member"):
            return self._tokens.read_member(str(said["member"]))
        if said.get("guest"):
            try:
                return self._tokens.read_visitor(brand, str(said["guest"]))
            except Unidentified:
                _log.info("an old token of a guest is not accepted any more")
        return self._tokens.new_guest(_GUEST_SECONDS, time.time())

    # --------------------------------------------------------------------------------------------------------- events

    def events(self, call: Call) -> Response:
        """Events as they happen."""
        actor = self._actor(call)
        resumed = call.request.headers.get("last-event-id") or call.request.argument("after")
        after = self.desk.position() if resumed is None else _position(resumed)
        door = AsyncDesk(call.desk._door).acting_as(actor)  # noqa: SLF001  (both desks are faces of one door)
        watching = Watching(call.desk.acting_as(actor), door, after)
        return Response(200, {"content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no"}, b"", watching)

    # ---------------------------------------------------------------------------------------------------------- pages

    def static(self, call: Call) -> Response:
        """A shipped file."""
        return static(call.request, call.parts["path"])

    def widget(self, call: Call) -> Response:
        """The widget's script."""
        return widget_script(call.request)

    def workspace(self, call: Call) -> Response:
        """The workspace's page, for whoever is signed in."""
        self._actor(call)
        brand = call.desk.ask(q.GetBrand())
        config = {"mount": call.request.mount, "brand": call.brand, "brands": self.brands, "language": brand.language}
        return shell(brand.name or call.brand, brand.language, "workspace", config, call.request.mount)

    def help(self, call: Call) -> Response:
        """A page of the help centre, for everybody."""
        return help_page(call.desk, call.request, call.brand, call.parts.get("path", ""))

    def help_look(self, call: Call) -> Response:
        """The help centre's colours."""
        return help_look(call.desk, call.request, call.brand)

    def help_form(self, call: Call) -> Response:
        """What somebody wrote into the form of the help centre."""
        return help_form(call.desk, call.request, call.brand)


ROUTES: Sequence[tuple[str, re.Pattern[str], Handler]] = tuple(
    (method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path).replace("(?P<path>[^/]+)", "(?P<path>.+)")), handler)
    for method, path, handler in (
        ("POST", "/{brand}/do", Gateway.do_all),
        ("POST", "/{brand}/do/{name}", Gateway.do),
        ("POST", "/{brand}/ask", Gateway.ask_all),
        ("POST", "/{brand}/ask/{name}", Gateway.ask),
        ("POST", "/{brand}/enter", Gateway.enter),
        ("GET", "/{brand}/events", Gateway.events),
        ("GET", "/{brand}/widget.js", Gateway.widget),
        ("GET", "/{brand}/workspace", Gateway.workspace),
        ("GET", "/{brand}/workspace/{path}", Gateway.workspace),
        ("GET", "/{brand}/help", Gateway.help),
        ("GET", "/{brand}/help/look.css", Gateway.help_look),
        ("POST", "/{brand}/help/contact", Gateway.help_form),
        ("GET", "/{brand}/help/{path}", Gateway.help),
        ("GET", "/-/static/{path}", Gateway.static),
    )
)


def _problem(error: CschatError) -> Response:
    problem = error.as_problem()
    return answer_json(problem, int(problem["status"]), kind=_PROBLEM)


def _json(request: Request) -> Any:
    try:
        return msgspec.json.decode(request.body or b"{}")
    except msgspec.DecodeError as error:
        raise Invalid(field="body", reason=f"is no JSON: {error}") from error


def _several(request: Request, word: str) -> list[tuple[str, dict[str, Any]]]:
    given = _json(request)
    if not isinstance(given, list) or not all(isinstance(one, dict) and isinstance(one.get(word), str) for one in given):
        raise Invalid(field="body", reason=f'must be a list of objects, each with its "{word}"')
    return [(one[word], {name: value for name, value in one.items() if name != word}) for one in given]


def _position(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Invalid(field="after", reason="must be a position")
    return int(text)
