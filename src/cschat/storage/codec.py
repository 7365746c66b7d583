"""Records and events as JSON, and back.

May: encode and decode. May not: know a database.

Documents (what a store keeps) hold instants as whole microseconds. The face (what people, files and the web see) holds them as ISO text
under the name of the property: `opened` is `opened_at`.
"""

from __future__ import annotations

import builtins
import sys
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import attrs
import msgspec

from cschat.core.events import BODIES, Event
from cschat.core.records import Record, fields_of
from cschat.core.times import as_iso

__all__ = ["decode_body", "decode_record", "encode", "face"]

R = TypeVar("R", bound=Record)

_PLAIN = frozenset({str, int, float, bool, type(None)})
_encoder = msgspec.json.Encoder()
_preparing = threading.Lock()
_records: dict[type, msgspec.json.Decoder[Any]] = {}
_bodies: dict[str, msgspec.json.Decoder[Any]] = {name: msgspec.json.Decoder(body) for name, body in BODIES.items()}


def encode(thing: Any) -> str:
    """The document of a record or an event's body."""
    return _encoder.encode(thing).decode()


def decode_record(kind: type[R], document: str) -> R:
    """The record of a document."""
    decoder = _records.get(kind) or _decoder(kind)
    return decoder.decode(document)  # type: ignore[no-any-return]


def decode_body(type_: str, document: str) -> Any:
    """The body of an event of a type."""
    return _bodies[type_].decode(document)


def _decoder(kind: type) -> msgspec.json.Decoder[Any]:
    """Made by one thread at a time: a class that two threads prepare at once is seen half prepared, and the process dies."""
    with _preparing:
        return _records.setdefault(kind, msgspec.json.Decoder(kind))


def face(thing: Any) -> Any:
    """Anything of ours as plain JSON values, instants as ISO text. An event is one flat object with its `type` and `body`."""
    kind: Any = type(thing)
    if kind in _PLAIN:
        return thing
    if issubclass(kind, dict):
        return {str(key): face(value) for key, value in thing.items()}
    if issubclass(kind, (list, tuple)):
        return [face(item) for item in thing]
    fields = _fields(kind)
    if fields is None:
        return msgspec.to_builtins(thing)
    shown: dict[str, Any] = {"type": thing.type} if kind is Event else {}
    for name, said, is_instant in fields:
        value = getattr(thing, name)
        shown[said] = face(value) if not is_instant or value is None else as_iso(value)
    return shown


@cache
def _fields(kind: type) -> tuple[tuple[str, str, bool], ...] | None:
    """Of a class of ours: each field, its name on the face, and whether it holds an instant. None: it is no class of ours."""
    if not (issubclass(kind, msgspec.Struct) or attrs.has(kind)):
        return None
    instants = instant_fields(kind)
    return tuple((name, instants.get(name, name), name in instants) for name in _hints(kind))


@cache
def _hints(cls: type) -> dict[str, Any]:
    """The fields of a class and their types."""
    if not attrs.has(cls):
        return {field.name: field.type for field in fields_of(cls)}
    hints = get_type_hints(cls, localns=_Unloaded(vars(sys.modules[cls.__module__])), include_extras=True)
    return {field.name: hints[field.name] for field in attrs.fields(cls)}


class _Unloaded(dict[str, Any]):
    """What a module imports for type checkers alone, as the part that it belongs to is loaded by who asks: here it may be anything."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        super().__init__()
        self._known = known

    def __missing__(self, name: str) -> Any:
        if name in self._known or hasattr(builtins, name):
            raise KeyError(name)
        return Any


@cache
def instant_fields(cls: type) -> dict[str, str]:
    """The fields of a class that hold instants, and the names they have on the face."""
    return {
        name: "at" if name == "time" else name if name.endswith("_at") else f"{name}_at"
        for name, hint in _hints(cls).items()
        if _is_instant(hint)
    }


def _is_instant(hint: Any) -> bool:
    """Also one that may be None; a tuple that begins with an instant is none."""
    return "instant" in getattr(hint, "__metadata__", ()) or (get_origin(hint) is not tuple and any(map(_is_instant, get_args(hint))))
