"""JSON Schema (2020-12) of what is asked and answered, from the classes themselves.

May: read annotations, docstrings and the bounds of validators. May not: know any one class.

What is asked is as the wire takes it: a field with a default may be left out. What is answered is on the face: instants are ISO text under
the name of the property, and every field is there.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import attrs
import msgspec

from cschat.core.events import Event
from cschat.core.fields import Bounded
from cschat.core.records import fields_of
from cschat.storage.codec import instant_fields
from cschat.web.hints import hints_of

__all__ = ["Schema", "Schemas", "described"]

Schema = dict[str, Any]

_PLAIN: Mapping[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    time: {"type": "string", "format": "time"},
    timedelta: {"type": "string", "format": "duration"},
    bytes: {"type": "string", "contentEncoding": "base64"},
}
_LISTS = (list, tuple, set, frozenset)


def described(thing: Any) -> str:
    """The docstring of a class or function as one text; "" if it has none of its own."""
    return inspect.cleandoc(thing.__doc__ or "")


class Schemas:
    """Schemas of types; those of classes gather in `components`, under names that are made once."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self._names: dict[tuple[Any, bool], str] = {}

    def asked(self, kind: Any) -> Schema:
        """The schema of a command or a query."""
        return self._of(kind, asked=True)

    def answered(self, kind: Any, *, several: bool = False) -> Schema:
        """The schema of an answer. One of `several` classes says which by `type`."""
        if not several:
            return self._of(kind, asked=False)
        return {"anyOf": [self._typed(one) if attrs.has(one) else self._of(one, asked=False) for one in get_args(kind)]}

    def _typed(self, kind: type) -> Schema:
        return {
            "allOf": [
                self._of(kind, asked=False),
                {"type": "object", "properties": {"type": {"const": kind.__name__}}, "required": ["type"]},
            ]
        }

    def _of(self, kind: Any, *, asked: bool) -> Schema:
        origin, args = get_origin(kind), get_args(kind)
        if kind in _PLAIN:
            return dict(_PLAIN[kind])
        if hasattr(kind, "__metadata__"):
            return self._of(args[0], asked=asked)
        if origin is Literal:
            return {"enum": list(args)}
        if origin in (Union, UnionType):
            return _either([self._of(one, asked=asked) for one in args if one is not msgspec.UnsetType])
        if isinstance(kind, type) and issubclass(kind, Enum):
            return {"type": "string", "enum": [one.value for one in kind]}
        if _is_record(origin or kind):
            return {"$ref": f"#/components/schemas/{self._component(kind, asked=asked)}"}
        return self._many(origin or kind, args, asked=asked)

    def _many(self, kind: Any, args: tuple[Any, ...], *, asked: bool) -> Schema:
        if not isinstance(kind, type) or kind in (Any, object):
            return {}
        if issubclass(kind, Mapping):
            return {"type": "object", "additionalProperties": self._of(args[1], asked=asked)} if args else {"type": "object"}
        if issubclass(kind, tuple) and args and args[-1] is not Ellipsis:
            return {
                "type": "array",
                "prefixItems": [self._of(one, asked=asked) for one in args],
                "minItems": len(args),
                "maxItems": len(args),
            }
        return {"type": "array", "items": self._of(args[0], asked=asked) if args else {}}

    def _component(self, kind: Any, *, asked: bool) -> str:
        name = self._names.get((kind, asked))
        if name is None:
            name = "Of".join(one.__name__ for one in (get_origin(kind) or kind, *get_args(kind)))
            if asked and not hasattr(kind, "permission"):
                name = f"Given{name}"
            while name in self.components:
                name += "_"
            self._names[kind, asked] = name
            self.components[name] = {}
            self.components[name] = self._object(get_origin(kind) or kind, get_args(kind), asked=asked)
        return name

    def _object(self, kind: type, args: tuple[Any, ...], *, asked: bool) -> Schema:
        """A class as an object; of a generic one, `args` are what its variables stand for."""
        variables = dict(zip(getattr(kind, "__parameters__", ()), args, strict=False))
        hints = {name: _filled(hint, variables) for name, hint in hints_of(kind).items()}
        instants = {} if asked else instant_fields(kind)
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for name, bounds, needed in _fields(kind):
            shown = instants.get(name, name)
            schema = self._of(hints[name], asked=asked)
            if name in instants:
                schema = _either([_PLAIN[datetime]] + ([_PLAIN[NoneType]] if _may_be_none(hints[name]) else []))
            properties[shown] = _bound(schema, bounds) if asked else schema
            if needed or not asked:
                required.append(shown)
        if kind is Event:
            properties = {"type": {"type": "string"}, **properties, "body": {"type": "object"}}
        whole: Schema = {"type": "object", "properties": properties}
        if required:
            whole["required"] = required
        if asked:
            whole["additionalProperties"] = False
        return {"description": text, **whole} if (text := described(kind)) else whole


def _may_be_none(hint: Any) -> bool:
    return hint is NoneType or any(_may_be_none(arg) for arg in get_args(hint))


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and (attrs.has(kind) or issubclass(kind, msgspec.Struct))


def _fields(kind: type) -> list[tuple[str, Mapping[str, int], bool]]:
    """The fields of a class: name, bounds, and whether it is needed."""
    if attrs.has(kind):
        return [(field.name, _bounds(field.validator), field.default is attrs.NOTHING) for field in attrs.fields(kind) if field.init]
    needed = {field.name for field in msgspec.structs.fields(kind) if field.required}
    return [(field.name, {}, field.name in needed) for field in fields_of(kind)]


def _bounds(validator: Any) -> Mapping[str, int]:
    return validator.bounds if isinstance(validator, Bounded) else {}


def _bound(schema: Schema, bounds: Mapping[str, int]) -> Schema:
    """A schema with the bounds that fit its type."""
    if not bounds:
        return schema
    if isinstance(schema.get("type"), list) or "type" in schema:
        return {**schema, **bounds}
    return schema


def _either(schemas: list[Schema]) -> Schema:
    """One of several; plain types are put together."""
    if len(schemas) == 1:
        return schemas[0]
    if all(set(schema) == {"type"} and isinstance(schema["type"], str) for schema in schemas):
        return {"type": [schema["type"] for schema in schemas]}
    return {"anyOf": schemas}


def _filled(hint: Any, variables: Mapping[Any, Any]) -> Any:
    if not variables:
        return hint
    if hint in variables:
        return variables[hint]
    args = get_args(hint)
    return hint[tuple(variables.get(one, one) for one in hint.__parameters__)] if args and getattr(hint, "__parameters__", ()) else hint
