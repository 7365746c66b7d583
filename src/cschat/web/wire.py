"""Commands and queries as JSON, and their answers.

May: decode, name what is wrong, encode. May not: know any one command.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_args

import attrs
import msgspec

from cschat import commands, queries
from cschat.errors import Invalid, NotFound
from cschat.storage.codec import face
from cschat.web.hints import hints_of

__all__ = ["answered", "command_named", "command_of", "query_named", "query_of"]

_preparing = threading.Lock()


@cache
def _commands() -> Mapping[str, type[Any]]:
    return {command.__name__: command for command in commands.COMMANDS}


@cache
def _queries() -> Mapping[str, type[Any]]:
    return {query.__name__: query for query in queries.QUERIES}


def command_named(name: str) -> type[Any]:
    """A command's class. `NotFound` if there is none."""
    return _named(_commands(), "command", name)


def query_named(name: str) -> type[Any]:
    """A query's class. `NotFound` if there is none."""
    return _named(_queries(), "query", name)


def _named(known: Mapping[str, type[Any]], kind: str, name: str) -> type[Any]:
    try:
        return known[name]
    except KeyError:
        raise NotFound(f"there is no {kind} {name}", kind=kind, id=name) from None


def command_of(name: str, fields: Any) -> Any:
    """The command of a JSON object. `Invalid` names the field that is wrong."""
    return _made(command_named(name), fields)


def query_of(name: str, fields: Any) -> Any:
    """The query of a JSON object. `Invalid` names the field that is wrong."""
    return _made(query_named(name), fields)


def _made(kind: type[Any], fields: Any) -> Any:
    if not isinstance(fields, dict):
        raise Invalid(field="body", reason="must be a JSON object")
    known = [field.name for field in attrs.fields(kind)]
    unknown = next((name for name in fields if name not in known), None)
    if unknown is not None:
        raise Invalid(field=str(unknown), reason=f"{kind.__name__} has no such field", allowed=known)
    try:
        with _preparing:
            return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at `$")
        raise Invalid(field=where.strip("`.") or "body", reason=said) from error


def answered(asked: Any, answer: Any) -> Any:
    """An answer on the face; one of several classes says which by `type`."""
    plain = face(answer)
    return {"type": type(answer).__name__, **plain} if _several(asked.run) and attrs.has(type(answer)) else plain


@cache
def _several(run: Callable[..., Any]) -> bool:
    hint = hints_of(run).get("return")
    return sum(1 for one in get_args(hint) if isinstance(one, type) and attrs.has(one)) > 1
