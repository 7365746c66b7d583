"""How records are changed: what a command wants otherwise, and how its event tells it.

May: compare and check fields. May not: know any one record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import attrs
import msgspec

from cschat.core.fields import line
from cschat.errors import Invalid, ScenarioError

__all__ = ["differing", "given", "template_field"]

_FALL_BACK = "{{ customer.name | default('고객') }}"


def given(command: Any, record: Any, *, emptied: Collection[str] = ()) -> dict[str, Any]:
    """The fields that a command gives a value. "" takes away what may be missing, the fields `emptied`."""
    named: dict[str, Any] = {}
    for field in attrs.fields(type(command)):
        value = getattr(command, field.name)
        if value is not None and hasattr(record, field.name):
            named[field.name] = None if value == "" and field.name in emptied else value
    return named


def differing(record: Any, wanted: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What is wanted otherwise than it is; and for the event, as plain data, how it was and how it will be."""
    after = {name: value for name, value in wanted.items() if value != getattr(record, name)}
    before = {name: getattr(record, name) for name in after}
    return after, msgspec.to_builtins(before), msgspec.to_builtins(after)


def template_field(*, limit: int, known: Collection[str], sure: Collection[str]) -> Callable[[object, attrs.Attribute[Any], Any], None]:
    """A validator of a text with the variables `known` that can always be filled in: what is not `sure` has a fall-back."""

    def check(command: object, field: attrs.Attribute[Any], value: Any) -> None:
        if value is None and field.default is None:
            return
        line(limit=limit, required=True)(command, field, value)
        from cschat.bots.templates import template

        try:
            read = template(value)
        except ScenarioError as error:
            raise Invalid(field=field.name, reason=error.reason) from error
        if unknown := (read.variables | read.optional) - {*known}:
            raise Invalid(field=field.name, reason=f"{min(unknown)} is never known", allowed=sorted(known))
        if bare := read.variables - {*sure}:
            raise Invalid(
                field=field.name, reason=f"what is asked of {min(bare)} may be unknown: give it a fall-back", allowed=[_FALL_BACK]
            )

    return check
