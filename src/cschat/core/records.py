"""What every record has in common.

May: describe records (kind, indexes, who may see a field) and copy them. May not: know any one record.

A record is a frozen `msgspec.Struct` with `id`, `brand` and `seq` (how many events it has seen). It declares its `kind` (its name in the
database and in exports), its id `prefix` and its `indexes`; a store needs to know no more. An index holds only the records in
which none of its fields is None.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, Protocol, TypeVar, cast, get_args, get_type_hints

import attrs
import msgspec
import msgspec.structs

__all__ = ["PERSONAL", "STAFF", "Field", "Index", "Record", "blanked", "evolve", "fields_of", "index_fields"]

PERSONAL = "personal"
"""Marks a field that erasure blanks: `name: Annotated[str, PERSONAL]`."""

STAFF = "staff"
"""Marks a field that a customer never sees."""


@attrs.frozen(cache_hash=True)
class Index:
    """Fields that a store keeps sorted: equality on the first ones, range and order on the next."""

    fields: tuple[str, ...]
    unique: bool = False


class Record(Protocol):
    """Anything that a store keeps."""

    kind: ClassVar[str]
    prefix: ClassVar[str]
    indexes: ClassVar[tuple[Index, ...]]

    @property
    def id(self) -> str: ...
    @property
    def brand(self) -> str: ...


R = TypeVar("R")


def index_fields(kind: type[Record]) -> tuple[str, ...]:
    """The names of all indexed fields of a record class, each once, in order of declaration."""
    return tuple(dict.fromkeys(name for index in kind.indexes for name in index.fields))


class _Evolve(Protocol):
    def __call__(self, record: R, /, **changes: Any) -> R: ...


evolve = cast("_Evolve", msgspec.structs.replace)
"""A copy of a record with changes: `evolve(session, group=None)`."""


@attrs.frozen
class Field:
    """A field of a record or an event's body: its default (NODEFAULT: none), and whether erasure or customers concern it."""

    name: str
    type: Any
    default: Any
    marks: frozenset[str]


@cache
def fields_of(kind: type) -> tuple[Field, ...]:
    """The fields of a record class or of an event's body."""
    hints = get_type_hints(kind, include_extras=True)
    found = []
    for info in msgspec.structs.fields(kind):
        factory = info.default_factory
        default = info.default if factory is msgspec.NODEFAULT else factory()
        hint = hints[info.name]
        found.append(Field(info.name, hint, default, frozenset({PERSONAL, STAFF} & {*getattr(hint, "__metadata__", ())})))
    return tuple(found)


def blanked(thing: R, mark: str) -> R:
    """A copy in which every field marked `mark` (`PERSONAL`, `STAFF`) is emptied, in nested values too.

    Text becomes "" (None where it may be None), tuples and mappings become empty; what holds marked fields is blanked in turn.
    """
    marked, nested = _places(cast("type", type(thing)), mark)
    changes: dict[str, Any] = {}
    for field in marked:
        value = getattr(thing, field.name)
        empty = type(value)() if field.default is msgspec.NODEFAULT else field.default
        if value != empty:
            changes[field.name] = empty
    for name in nested:
        value = getattr(thing, name)
        empty = _blanked_within(value, mark)
        if empty is not value:
            changes[name] = empty
    return evolve(thing, **changes) if changes else thing


def _blanked_within(value: Any, mark: str) -> Any:
    if isinstance(value, msgspec.Struct):
        return blanked(value, mark)
    if isinstance(value, tuple) and value:
        items = tuple(_blanked_within(item, mark) for item in value)
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


@cache
def _places(cls: type, mark: str) -> tuple[tuple[Field, ...], tuple[str, ...]]:
    """The fields that are marked, and the names of those that hold what may be marked."""
    fields = fields_of(cls)
    marked = tuple(field for field in fields if mark in field.marks)
    return marked, tuple(field.name for field in fields if mark not in field.marks and _may_hold(field.type, mark))


def _may_hold(hint: Any, mark: str) -> bool:
    if hint is Any:
        return True
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return any(_places(hint, mark))
    return any(_may_hold(part, mark) for part in get_args(hint))
