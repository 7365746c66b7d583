"""The fields of commands and queries: records by id, words of a set, text and numbers within bounds.

May: convert and check one field. May not: look anything up.

Converters only shorten Python calls (a record stands for its id, "high" for `Priority.HIGH`); the field's type is the wire's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar, cast

import attrs

from cschat.core.content import text
from cschat.core.times import FIRST_YEAR, LAST_YEAR, as_micros, is_sane
from cschat.errors import Invalid

__all__ = [
    "Bounded",
    "HasId",
    "aware",
    "flag",
    "ids",
    "is_id",
    "is_mail_address",
    "line",
    "listed",
    "mail_address",
    "member",
    "names",
    "optional_id",
    "record_id",
    "site_address",
    "web_address",
    "whole",
]

M = TypeVar("M", bound=StrEnum)
_Check = Callable[[object, "attrs.Attribute[Any]", Any], None]


@attrs.frozen
class Bounded:
    """A validator, and the bounds that it keeps in words of JSON Schema, for whoever describes the field."""

    check: _Check
    bounds: Mapping[str, int]

    def __call__(self, command: object, field: attrs.Attribute[Any], value: Any) -> None:
        self.check(command, field, value)


MAX_NAMES = 100
"""Names or ids in one field."""


class HasId(Protocol):
    """Any record."""

    @property
    def id(self) -> str: ...


def record_id(thing: str | HasId) -> str:
    """The id of a record; an id as it is."""
    return thing if isinstance(thing, str) else getattr(thing, "id", cast("str", thing))  # what has none is refused by `is_id`


def optional_id(thing: str | HasId | None) -> str | None:
    """The id of a record; an id and None as they are."""
    return None if thing is None else record_id(thing)


def is_id(_command: object, field: attrs.Attribute[Any], value: str | None) -> None:
    """A validator of an id; None where it is the default."""
    if value is None and field.default is None:
        return
    if not isinstance(value, str) or not value or not value.isascii():
        raise Invalid(field=field.name, reason="must be a record or its id")


def line(*, limit: int = 200, required: bool = False, optional: bool = False) -> _Check:
    """A validator of text: at most `limit` letters, storable, not blank if `required`; None if `optional` or the default."""

    def check(_command: object, field: attrs.Attribute[Any], value: str | None) -> None:
        if value is None:
            if optional or field.default is None:
                return
            raise Invalid(field=field.name, reason="is needed")
        text(value, field.name, limit)
        if required and not value.strip():
            raise Invalid(field=field.name, reason="must not be blank")

    return Bounded(check, {"minLength": 1, "maxLength": limit} if required else {"maxLength": limit})


def member(kind: type[M], value: M | str, field: str) -> M:
    """A member of `kind`, given as it is or by its value. `Invalid` if there is none."""
    if type(value) is kind:
        return value
    try:
        return kind(value)
    except ValueError:
        raise Invalid(field=field, reason=f"{value!r} is none of them", allowed=list(kind)) from None


def names(*, limit: int = 100) -> _Check:
    """A validator of a tuple of names, each at most `limit` letters and not blank."""
    one = line(limit=limit, required=True)

    def check(command: object, field: attrs.Attribute[Any], value: Any) -> None:
        if value is None and field.default is None:
            return
        if not isinstance(value, tuple) or len(value) > MAX_NAMES:
            raise Invalid(field=field.name, reason="must be a list", allowed=[f"at most {MAX_NAMES}"])
        for name in value:
            if name is None:
                raise Invalid(field=field.name, reason="must not hold None")
            one(command, field, name)

    return Bounded(check, {"maxItems": MAX_NAMES})


def listed(things: Any) -> Any:
    """A converter: several things as a tuple. A lone text is not taken for its letters; `names` refuses it."""
    return things if isinstance(things, str) or not isinstance(things, Iterable) else tuple(things)


def ids(things: Any) -> Any:
    """A converter: several records, or their ids, as a tuple of ids."""
    several = listed(things)
    return tuple(record_id(thing) for thing in several) if isinstance(several, tuple) else several


def whole(low: int, high: int = 2**53) -> _Check:
    """A validator of an integer from `low` to `high`; None where it is the default."""

    def check(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
        if value is None and field.default is None:
            return
        if type(value) is not int or not low <= value <= high:
            raise Invalid(field=field.name, reason=f"{value!r} is out of bounds", allowed=[f"{low} to {high}"])

    return Bounded(check, {"minimum": low, "maximum": high})


def aware(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    """A validator of an instant: a datetime with a time zone; None where it is the default."""
    if value is None and field.default is None:
        return
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise Invalid(field=field.name, reason="must be a datetime with a time zone")
    if not is_sane(as_micros(value)):
        raise Invalid(field=field.name, reason=f"{value} is too far away", allowed=[f"{FIRST_YEAR} to {LAST_YEAR}"])


def flag(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    """A validator of True or False; None where it is the default."""
    if type(value) is not bool and not (value is None and field.default is None):
        raise Invalid(field=field.name, reason=f"{value!r} is neither true nor false")


_MAIL = re.compile(r"[!-+\-.-9=?A-Z^-~]{1,64}@[A-Za-z0-9.-]{1,180}\.[A-Za-z0-9-]{2,63}")


def mail_address(_command: object, field: attrs.Attribute[Any], value: str | None) -> None:
    """A validator of a mail address; "" and None where they are the default."""
    if value == field.default and not value:
        return
    if not isinstance(value, str) or not is_mail_address(value):
        raise Invalid(field=field.name, reason=f"{value!r} is no mail address", allowed=["name@example.com"])


def is_mail_address(value: str) -> bool:
    """Whether a text is a mail address, and one alone."""
    return _MAIL.fullmatch(value) is not None


def web_address(value: str, field: str, *, private: bool) -> None:
    """Refuse what is no address that the desk may call: https without a user name; http only in our own network (`private`)."""
    from urllib.parse import urlsplit

    text(value, field, 2000)
    schemes = ["https", "http"] if private else ["https"]
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise Invalid(field=field, reason=f"is no web address: {error}") from error
    whole_ = value.isprintable() and not any(letter.isspace() for letter in value) and value.isascii()
    if parts.scheme not in schemes or not parts.hostname or port == 0 or parts.username is not None or not whole_:
        raise Invalid(field=field, reason="is no web address that may be called", allowed=[f"{scheme}://..." for scheme in schemes])


def site_address(value: Any, field: str) -> None:
    """Refuse what is no address for a page to use: https, http, or a path on the host's own site ("/logo.png"); "" is none at all."""
    if not isinstance(value, str):
        raise Invalid(field=field, reason=f"{value!r} is no text")
    if value == "":
        return
    if value.startswith("/"):
        text(value, field, 2000)
        plain = value.isascii() and value.isprintable() and not any(letter in value for letter in ' "\\<>')
        if not plain or value.startswith("//"):
            raise Invalid(field=field, reason="is no path of a site", allowed=["/...", "https://..."])
        return
    web_address(value, field, private=True)
