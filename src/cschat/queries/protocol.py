"""What a query is, what a page is, and what each role is shown.

May: find records that the actor may see. May not: write.

A query is a frozen attrs class with a `permission` and a `run(ctx)`. One that answers in pages has the fields `after` and `limit` and
answers `Page(items, next)`; `next` is the `after` of the following page, None at the end.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import attrs
import msgspec

from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.content import Visibility
from cschat.core.fields import Bounded
from cschat.core.people import Role
from cschat.core.records import STAFF, Record, blanked, evolve
from cschat.errors import Invalid
from cschat.sight import Sight
from cschat.storage.protocol import Cursor, Where

__all__ = ["MAX_LIMIT", "Page", "Query", "limit_field", "page", "present", "shown"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R", bound=Record)

MAX_LIMIT = 1000
"""Items in one page."""
_WIDEST = 2**63


@attrs.frozen
class Page(Generic[T]):
    """Some items, and how to ask for the following ones."""

    items: list[T]
    next: str | None = None


class Query(Protocol[T_co]):
    """One thing that can be asked."""

    permission: ClassVar[Permission]

    def run(self, ctx: Sight, /) -> T_co:
        """Look, and answer."""
        ...


def _limit(_query: object, field: attrs.Attribute[Any], value: int) -> None:
    if type(value) is not int or not 1 <= value <= MAX_LIMIT:
        raise Invalid(field=field.name, reason=f"{value!r} is no size of a page", allowed=[f"1 to {MAX_LIMIT}"])


def limit_field(default: int = 50) -> Any:
    """The field `limit` of a query that answers in pages."""
    return attrs.field(default=default, validator=Bounded(_limit, {"minimum": 1, "maximum": MAX_LIMIT}))


_CUSTOMERS_SEE: frozenset[type] = frozenset({
    e.Opened,
    e.OpenedByAgent,
    e.AgentRequested,
    e.AgentUnavailable,
    e.MessageLeft,
    e.MovedToIntake,
    e.ReturnedToBot,
    e.Assigned,
    e.Transferred,
    e.Released,
    e.Held,
    e.Resumed,
    e.Ended,
    e.Reopened,
    e.ForceClosed,
    e.MessageSent,
    e.MessagesRead,
    e.SubjectSet,
    e.Rated,
    e.Continued,
})  # fmt: skip


def shown(event: e.Event, role: Role) -> e.Event | None:
    """The event as a role may see it, or None. Customers see no internal message, and no field that is for staff."""
    if role is not Role.CUSTOMER:
        return event
    body = event.body
    if type(body) not in _CUSTOMERS_SEE or (isinstance(body, e.MessageSent) and body.visibility is not Visibility.PUBLIC):
        return None
    return evolve(event, body=blanked(body, STAFF), cause=None, once=None)


def present(ctx: Sight, record: R) -> R:
    """A record as the actor may see it."""
    return ctx.present(record)


def page(
    ctx: Sight, kind: type[R], where: Where, *, order: str, after: str | None, limit: int, only: Callable[[R], bool] | None = None
) -> Page[R]:
    """One page of records by an index, in the order of a field that holds whole numbers; `only`: of those that fit."""
    field, cursor, found = order.removeprefix("-"), _unpack(after), list[R]()
    while len(found) <= limit:
        chunk = ctx.tx.find(kind, where=where, order=order, after=cursor, limit=limit + 1)
        found += chunk if only is None else filter(only, chunk)
        if len(chunk) <= limit:
            break
        cursor = (getattr(chunk[-1], field), chunk[-1].id)
    items = found[:limit]
    following = _pack((getattr(items[-1], field), items[-1].id)) if len(found) > limit else None
    return Page([present(ctx, item) for item in items], following)


def _pack(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _unpack(after: str | None) -> Cursor | None:
    if after is None:
        return None
    try:
        place, id = msgspec.json.decode(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)), type=tuple[int, str])
    except (TypeError, ValueError, msgspec.DecodeError) as error:
        raise Invalid(field="after", reason="is no place in this list: use the `next` of a page") from error
    if not -_WIDEST <= place < _WIDEST:
        raise Invalid(field="after", reason="is no place in this list: use the `next` of a page")
    return place, id
