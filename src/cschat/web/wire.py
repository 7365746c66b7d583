"""Commands and queries as JSON, and their answers.

May: decode, name what is wrong, encode. May not: know any one command.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any, get_args

import attrs
import msgspec

from cschat import commands, queries
from cschat.core.access import Permission
from cschat.errors import Invalid, NotFound
from cschat.storage.codec import face
from cschat.web.hints import hints_of

__all__ = ["answered", "command_of", "commands_of_the_web", "queries_of_the_web", "query_of", "says_which"]

_preparing = threading.Lock()


@cache
def commands_of_the_web() -> Mapping[str, type[Any]]:
    """The commands that somebody on the web may carry out, by name: not those of the desk itself and its host."""
    return {command.__name__: command for command in commands.COMMANDS if command.permission is not Permission.OPERATE}


@cache
def queries_of_the_web() -> Mapping[str, type[Any]]:
    """The queries that somebody on the web may ask, by name."""
    return {query.__name__: query for query in queries.QUERIES if query.permission is not Permission.OPERATE}


def _named(known: Mapping[str, type[Any]], kind: str, name: str) -> type[Any]:
    try:
        return known[name]
    except KeyError:
        raise NotFound(f"there is no {kind} {name}", kind=kind, id=name) from None


def command_of(name: str, fields: Any) -> Any:
    """The command of a JSON object. `Invalid` names the field that is wrong."""
    return _made(_named(commands_of_the_web(), "command", name), fields)


def query_of(name: str, fields: Any) -> Any:
    """The query of a JSON object. `Invalid` names the field that is wrong."""
    return _made(_named(queries_of_the_web(), "query", name), fields)


@cache
def _prepare(kind: type[Any]) -> None:
    """By one thread at a time: a class that two threads convert to for the first time at once is seen half prepared."""
    with _preparing, suppress(msgspec.ValidationError, Invalid):
        msgspec.convert({}, kind)


def _made(kind: Any, fields: Any) -> Any:
    if not isinstance(fields, dict):
        raise Invalid(field="body", reason="must be a JSON object")
    known = [field.name for field in attrs.fields(kind)]
    unknown = next((name for name in fields if name not in known), None)
    if unknown is not None:
        raise Invalid(field=str(unknown), reason=f"{kind.__name__} has no such field", allowed=known)
    _prepare(kind)
    try:
        made = msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at `$")
        raise Invalid(field=where.strip("`.") or "body", reason=said) from error
    return kind(**{name: getattr(made, name) for name in fields})  # msgspec runs validators, but no converters, and some of these check


def answered(asked: Any, answer: Any) -> Any:
    """An answer on the face; one of several classes says which by `type`."""
    plain = face(answer)
    return {"type": type(answer).__name__, **plain} if says_which(type(asked).run) and attrs.has(type(answer)) else plain


@cache
def says_which(run: Callable[..., Any]) -> bool:
    """Whether the answer is one of several classes, so that it has to say which."""
    hint = hints_of(run).get("return")
    return sum(1 for one in get_args(hint) if isinstance(one, type) and attrs.has(one)) > 1
