"""The OpenAPI 3.1 document: what can be asked over HTTP, made from the classes of commands and queries.

May: describe. May not: know any one command or query; what is neither stands in `_others`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import msgspec

from cschat.core.access import GRANTS, Permission
from cschat.core.content import MAX_FILE
from cschat.core.events import Event
from cschat.core.people import Agent, Customer, Role
from cschat.errors import CschatError
from cschat.queries import AttendedBy
from cschat.transport.panel import PanelItem
from cschat.web.hints import hints_of
from cschat.web.messages import JSON, PROBLEM, Response
from cschat.web.schemas import Schema, Schemas, described
from cschat.web.site import Call
from cschat.web.wire import commands_of_the_web, queries_of_the_web, says_which

__all__ = ["document", "openapi"]

_BRAND: Schema = {"name": "brand", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,62}$"}}
_REPEAT: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key again has no further effect, and the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
_TEXT: Schema = {"type": "string"}
_MAYBE: Schema = {"type": ["string", "null"]}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_PROBLEMS: Mapping[str, str] = {
    "400": "Not HTTP as it should be.",
    "401": "Nobody has said who asks, or the token is not good any more.",
    "403": "Whoever asks may not do this.",
    "404": "There is no such thing for whoever asks.",
    "409": "The present state of things does not allow it.",
    "413": "Too many bytes.",
    "415": "A type that is not taken here.",
    "422": "An input is not acceptable: `field` says which.",
    "429": "Too often, or a limit is reached; `Retry-After` says when to try again.",
    "503": "Not now; `Retry-After` says when to try again.",
}
_INTRODUCTION = """What a support desk does and knows, for a widget, a workspace or a program.

Everything that changes the desk is a command (`do`), everything that looks is a query (`ask`). Errors are RFC 9457 problems. Instants are
ISO 8601 in UTC. A customer sends the token of `enter`; an agent is known by the host's cookie, and sends `X-CSRF-Token` with what changes
anything."""


def openapi(call: Call) -> Response:
    """The document."""
    body, tag = _encoded(call.request.mount)
    headers = {"content-type": JSON, "etag": tag, "cache-control": "no-cache", "access-control-allow-origin": "*"}
    return Response(304, headers) if call.request.headers.get("if-none-match") == tag else Response(200, headers, body)


@lru_cache(4)
def _encoded(mount: str) -> tuple[bytes, str]:
    body = msgspec.json.encode(document(mount))
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def document(mount: str = "") -> dict[str, Any]:
    """The document of what is mounted there."""
    schemas = Schemas()
    paths: dict[str, Any] = {}
    for word, found, verb in (("command", commands_of_the_web(), "do"), ("query", queries_of_the_web(), "ask")):
        names = sorted(found)
        for name in names:
            paths[f"/{{brand}}/{verb}/{name}"] = {"parameters": [_BRAND], "post": _one(schemas, found[name], verb)}
        paths[f"/{{brand}}/{verb}"] = {"parameters": [_BRAND], "post": _several(word, verb, names)}
    paths |= {path: {"parameters": _parameters(path), **methods} for path, methods in _others(schemas).items()}
    schemas.components["Problem"] = _problem()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "cschat",
            "version": version("cschat"),
            "description": _INTRODUCTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": mount or "/"}],
        "tags": [
            {"name": "do", "description": "Commands: what can be done."},
            {"name": "ask", "description": "Queries: what can be known."},
            {"name": "web", "description": "Coming in, listening, files."},
        ],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(schemas.components.items())), "responses": _responses(), "securitySchemes": _SECURITY},
    }


_SECURITY: Schema = {
    "customer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The token of `enter`."},
    "agent": {"type": "apiKey", "in": "cookie", "name": "session", "description": "The host's own cookie, whatever it is called."},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "The mark of `me`."},
}


def _secured(permission: Permission | None, *, changes: bool) -> list[Schema]:
    """Who may ask: agents, and customers where their role has the permission."""
    agent: Schema = {"agent": [], "csrf": []} if changes else {"agent": []}
    return [agent, {"customer": []}] if permission is None or Role.CUSTOMER in GRANTS[permission] else [agent]


def _asked_by(permission: Permission, verb: str) -> list[Schema]:
    """As `_secured`; what customers may ask, anybody may, and finds what is published."""
    secured = _secured(permission, changes=verb == "do")
    return [*secured, {}] if verb == "ask" and len(secured) > 1 else secured


def _one(schemas: Schemas, kind: type[Any], verb: str) -> Schema:
    """One command or query."""
    summary, _, more = described(kind).partition("\n\n")
    answer = schemas.answered(hints_of(kind.run).get("return", Any), several=says_which(kind.run))
    changes = verb == "do"
    return {
        "operationId": f"{verb}{kind.__name__}",
        "tags": [verb],
        "summary": " ".join(summary.split()),
        **({"description": more} if more else {}),
        **({"parameters": [_REPEAT]} if changes else {}),
        "x-permission": kind.permission,
        "security": _asked_by(kind.permission, verb),
        "requestBody": {"required": True, "content": {JSON: {"schema": schemas.asked(kind)}}},
        "responses": _answers(answer),
    }


def _several(word: str, verb: str, names: list[str]) -> Schema:
    """Several commands or queries at once."""
    item = {"type": "object", "properties": {word: {"enum": names}}, "required": [word]}
    all_or_none = "All are carried out, or none." if verb == "do" else "Each is answered."
    return {
        "operationId": f"{verb}Several",
        "tags": [verb],
        "summary": f"Several at once: each is the object of a {word} with its name as `{word}`. {all_or_none}",
        **({"parameters": [_REPEAT]} if verb == "do" else {}),
        "security": _secured(None, changes=verb == "do"),
        "requestBody": {"required": True, "content": {JSON: {"schema": {"type": "array", "items": item, "maxItems": 50}}}},
        "responses": _answers({"type": "array", "items": {}}),
    }


def _answers(schema: Schema, kind: str = JSON, status: str = "200", said: str = "The answer.") -> Schema:
    return {
        status: {"description": said, "content": {kind: {"schema": schema}}},
        **{code: {"$ref": f"#/components/responses/{code}"} for code in _PROBLEMS},
    }


def _responses() -> Schema:
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    wait: Schema = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}}
    return {
        code: {"description": said, "content": content, **({"headers": wait} if code in ("429", "503") else {})}
        for code, said in _PROBLEMS.items()
    }


def _problem() -> Schema:
    codes = sorted({f"urn:cschat:error:{kind.code}" for kind in _leaves(CschatError)})
    return {
        "description": "What went wrong (RFC 9457). The further fields are the error's own.",
        "type": "object",
        "properties": {
            "type": {"type": "string", "examples": codes},
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "field": {"type": "string", "description": "The path of the field that is wrong."},
        },
        "required": ["type", "title", "status"],
    }


def _leaves(kind: type[CschatError]) -> list[type[CschatError]]:
    children = [child for child in kind.__subclasses__() if child.__module__.startswith("cschat.")]
    return [kind, *(leaf for child in children for leaf in _leaves(child))]


def _parameters(path: str) -> list[Schema]:
    told = {"brand": _BRAND}
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [told.get(name, {"name": name, "in": "path", "required": True, "schema": _TEXT}) for name in names]


def _argument(name: str, schema: Schema, said: str, place: str = "query") -> Schema:
    return {"name": name, "in": place, "description": said, "schema": schema}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _others(schemas: Schemas) -> dict[str, Schema]:
    """What is neither a command nor a query."""
    session = _argument("session", _TEXT, "The session that is open, to be told who else has it open.")
    after = _argument("after", _COUNT, "The position of the last event that was seen; without it, from now on.")
    resumed = _argument("Last-Event-ID", _COUNT, "As `after`, and before it.", "header")
    wait = _argument("wait", {**_COUNT, "maximum": 999}, "Seconds; no more than 25 are waited.")
    name = _argument("X-File-Name", _TEXT, "Percent-encoded UTF-8.", "header")
    either, agent = _secured(None, changes=False), _secured(Permission.SERVE, changes=False)
    file: Schema = {"type": "string", "contentMediaType": "application/octet-stream", "maxLength": MAX_FILE}
    entered = {"type": "object", "properties": dict.fromkeys(("guest", "language", "member"), _MAYBE), "additionalProperties": False}
    answers = {
        "enter": _object(token=_TEXT, expires_at=_INSTANT, customer=schemas.answered(Customer), language=_MAYBE),
        "me": _object(agent=schemas.answered(Agent), brands={"type": "array", "items": _object(name=_TEXT, title=_TEXT)}, csrf=_TEXT),
        "poll": _object(
            position=_COUNT,
            events={"type": "array", "items": schemas.answered(Event)},
            attending=schemas.answered(list[AttendedBy]),
        ),
        "file": _object(blob=_TEXT, name=_TEXT, type=_TEXT, size=_COUNT),
        "info": schemas.answered(list[PanelItem]),
        "allowed": {"type": "array", "items": _TEXT},
    }
    texts = {
        "enter": "A customer gets a token: as the member whom the host's JWT names, the guest they were, or a new guest.",
        "me": "Who an agent is here, where else they work, and the mark that their page sends along.",
        "events": "Events as they happen (server-sent): frames `position`, `happened`, `attending`, `missed`.",
        "poll": "What happened after a position; if nothing did, what happens within `wait` seconds.",
        "sendFile": "Take in a file; answers with the `Media` that a message can carry.",
        "getFile": "A file, for whoever knows its id.",
        "customerInfo": "What the host itself knows of a customer.",
        "allowed": "The names of the commands that one may now carry out on a session.",
    }

    def told(id: str, security: list[Schema], responses: Schema, **more: Any) -> Schema:
        return {"operationId": id, "tags": ["web"], "summary": texts[id], "security": security, "responses": responses, **more}

    def sent(kind: str, schema: Schema) -> Schema:
        return {"required": True, "content": {kind: {"schema": schema}}}

    changing = _secured(None, changes=True)
    return {
        "/{brand}/enter": {"post": told("enter", [], _answers(answers["enter"]), requestBody=sent(JSON, entered))},
        "/{brand}/me": {"get": told("me", agent, _answers(answers["me"]))},
        "/{brand}/events": {"get": told("events", either, _answers(_TEXT, "text/event-stream"), parameters=[session, after, resumed])},
        "/{brand}/poll": {"get": told("poll", either, _answers(answers["poll"]), parameters=[session, after, wait])},
        "/{brand}/files": {
            "post": told("sendFile", changing, _answers(answers["file"]), requestBody=sent("*/*", file), parameters=[name]),
        },
        "/{brand}/files/{id}": {"get": told("getFile", [], _answers(file, "*/*"))},
        "/{brand}/customers/{id}/info": {"get": told("customerInfo", agent, _answers(answers["info"]))},
        "/{brand}/sessions/{id}/allowed": {"get": told("allowed", either, _answers(answers["allowed"]))},
    }
