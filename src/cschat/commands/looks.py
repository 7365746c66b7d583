"""How people say what a brand looks like and what it asks of guests.

May: convert and check these settings. May not: look anything up.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from cschat.core.content import FormField, text
from cschat.core.fields import member, site_address
from cschat.core.look import ASKED_TYPES, Away, Look, Position
from cschat.core.records import evolve
from cschat.errors import Invalid

__all__ = ["as_away", "as_form", "as_look"]

T = TypeVar("T", bound=msgspec.Struct)

_COLOUR = re.compile(r"#[0-9a-f]{6}")
_MAX_LANGUAGES = 20
_MAX_FIELDS = 20


def as_look(value: Any) -> Look | None:
    """A converter of a `Look`, also given as a mapping. `Invalid` names what in it is wrong."""
    if value is None:
        return None
    look = _made(value, Look, "look")
    look = evolve(look, colour=look.colour.lower(), position=member(Position, look.position, "look.position"))
    if not _COLOUR.fullmatch(look.colour):
        raise Invalid(field="look.colour", reason=f"{look.colour!r} is no colour", allowed=["#rrggbb"])
    site_address(look.logo, "look.logo")
    _words(look.greeting, "look.greeting", 500)
    _words(look.launcher, "look.launcher", 40)
    return look


def as_form(value: Any) -> tuple[FormField, ...] | None:
    """A converter of a guest form: fields, or mappings of what is in a field. `Invalid` names what in it is wrong."""
    if value is None:
        return None
    if isinstance(value, (str, dict)) or not hasattr(value, "__iter__"):
        raise Invalid(field="guest_form", reason="must be a list of fields")
    form = tuple(_made(one, FormField, "guest_form") for one in value)
    if len(form) > _MAX_FIELDS:
        raise Invalid(field="guest_form", reason="too many", allowed=[f"at most {_MAX_FIELDS}"])
    for field in form:
        if not field.name.strip():
            raise Invalid(field="guest_form.name", reason="must not be blank")
        if field.type not in ASKED_TYPES:
            raise Invalid(field="guest_form.type", reason=f"{field.type!r} is nothing that a guest can be asked", allowed=ASKED_TYPES)
        if field.answer is not None:
            raise Invalid(field="guest_form.answer", reason="is the guest's to give")
    if len({field.name for field in form}) < len(form):
        raise Invalid(field="guest_form.name", reason="no two fields may have one name")
    return form


def as_away(value: Away | str | None) -> Away | None:
    """A converter of `Away`."""
    return None if value is None else member(Away, value, "away")


def _made(value: Any, kind: type[T], name: str) -> T:
    """A struct, given as it is or as a mapping of its fields."""
    known = [field.name for field in msgspec.structs.fields(kind)]
    if isinstance(value, dict) and (unknown := value.keys() - {*known}):
        raise Invalid(field=name, reason=f"has no {min(map(str, unknown))!r}", allowed=known)
    plain = msgspec.to_builtins(value) if isinstance(value, kind) else value  # what it holds is checked however it came
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        raise Invalid(field=name, reason=str(error), allowed=known) from error
    except Invalid as error:
        raise Invalid(field=f"{name}.{error.field}", reason=error.reason, allowed=error.allowed) from error


def _words(texts: dict[str, str], name: str, limit: int) -> None:
    """Refuse what are no texts by language."""
    if len(texts) > _MAX_LANGUAGES:
        raise Invalid(field=name, reason="too many languages", allowed=[f"at most {_MAX_LANGUAGES}"])
    for language, words in texts.items():
        text(language, name, 35)
        text(words, f"{name}.{language}", limit)
        if not language.strip() or not words.strip():
            raise Invalid(field=f"{name}.{language}", reason="must not be blank")
