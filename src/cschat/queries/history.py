"""What was said in any session, found by its text.

May: find messages and notes of the brand. May not: show them to customers, or read an index (the store does).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

import attrs

from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.content import Speaker, Visibility
from cschat.core.fields import aware, is_id, line, optional_id
from cschat.core.grams import grams, holds, searchable, snippet, words
from cschat.core.labels import Category, segments
from cschat.core.people import Agent, Customer, Role
from cschat.core.session import Session
from cschat.core.times import Micros, as_datetime, as_micros
from cschat.core.transcript import text_of
from cschat.errors import Conflict, Invalid, NotFound
from cschat.queries.protocol import Page, limit_field
from cschat.sight import Sight
from cschat.storage.protocol import TextSearch

__all__ = ["FoundMessage", "SearchHistory"]

_PAGE = 500
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_STAFF_ONLY = (e.Transferred, e.WrappedUp)
_SPEAKERS: Mapping[str, Speaker] = {Role.CUSTOMER: Speaker.CUSTOMER, Role.AGENT: Speaker.AGENT}


@attrs.frozen
class FoundMessage:
    """A place in a session where a text was found.

    `event` is the type of the event that holds it: `MessageSent`, or another with a text of its own (`WrappedUp`: the closing note).
    `agent` is who wrote it when an agent did. `marks` are from where to where in `snippet` the words stand.
    """

    session: str
    seq: int
    time: Micros
    event: str
    author: Speaker
    agent: str | None
    visibility: Visibility
    snippet: str
    marks: tuple[tuple[int, int], ...]

    @property
    def at(self) -> datetime:
        return as_datetime(self.time)


def _text(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    line(required=True)(_query, field, value)
    if not any(map(grams, words(value))):
        raise Invalid(field=field.name, reason="is too short to be searched for", allowed=["a word of two letters or more"])


def _place(_query: object, field: attrs.Attribute[Any], value: str | None) -> None:
    if value is not None and not (isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) < 19):
        raise Invalid(field=field.name, reason="is no place in this list: use the `next` of a page")


@attrs.frozen
class SearchHistory:
    """Messages and notes that hold all words of `text`, each a `FoundMessage`, the newest first (the last in the log). For staff.

    A word is found within others (배송 in 재배송), in any case and width, and Korean words whatever the spaces between them. At least one
    must have two letters. `start` (included) and `end` (not) are when it was said. `agent`: of sessions that they have or had last;
    `category` (its path) with those below it, `tag`, `customer`: of sessions that have it now. What is committed is found at once.
    """

    permission: ClassVar = Permission.SERVE

    text: str = attrs.field(validator=_text)
    start: datetime | None = attrs.field(default=None, validator=aware, kw_only=True)
    end: datetime | None = attrs.field(default=None, validator=aware, kw_only=True)
    agent: str | None = attrs.field(default=None, converter=optional_id, validator=is_id, kw_only=True)
    category: str | None = attrs.field(default=None, converter=optional_id, validator=line(limit=500, required=True), kw_only=True)
    tag: str | None = attrs.field(default=None, validator=line(limit=100, required=True), kw_only=True)
    customer: str | None = attrs.field(default=None, converter=optional_id, validator=is_id, kw_only=True)
    after: str | None = attrs.field(default=None, validator=_place, kw_only=True)
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[FoundMessage]:
        wanted = words(self.text)
        only = self._only(ctx)
        if self.customer is None:
            found = self._everywhere(ctx, wanted, only)
        else:
            found = self._of_customer(ctx, ctx.mine(Customer, self.customer).id, wanted, only)
        following = str(found[self.limit - 1].position) if len(found) > self.limit else None
        return Page([_found(event, wanted) for event in found[: self.limit]], following)

    def _everywhere(self, ctx: Sight, wanted: tuple[str, ...], only: Callable[[str], bool]) -> list[e.Event]:
        if not isinstance(ctx.tx, TextSearch):
            raise Conflict("this store cannot be searched by text")
        return ctx.tx.texts(
            wanted,
            brand=ctx.brand_id,
            start=None if self.start is None else as_micros(self.start),
            end=None if self.end is None else as_micros(self.end),
            before=None if self.after is None else int(self.after),
            only=only,
            limit=self.limit + 1,
        )

    def _of_customer(self, ctx: Sight, customer: str, wanted: tuple[str, ...], only: Callable[[str], bool]) -> list[e.Event]:
        """One customer's sessions are few: they are read."""
        before = 2**63 if self.after is None else int(self.after)
        start, end = self.start or _EARLIEST, self.end or _LATEST
        found = [
            event
            for session in _sessions(ctx, customer)
            if only(session)
            for event in _events(ctx, session)
            if event.position < before and start <= event.at < end and holds(searchable(text_of(event.body)), wanted)
        ]
        return sorted(found, key=lambda event: -event.position)[: self.limit + 1]

    def _only(self, ctx: Sight) -> Callable[[str], bool]:
        """Whether a session is one of those that are asked for; each is looked at once."""
        known: dict[str, bool] = {}
        agent = None if self.agent is None else ctx.mine(Agent, self.agent).id
        categories = None if self.category is None else _below(ctx, self.category)

        def fits(id: str) -> bool:
            session = ctx.tx.peek(Session, id)
            return session is not None and (
                (agent is None or agent in (session.agent, session.last_agent))
                and (categories is None or session.category in categories)
                and (self.tag is None or self.tag in session.tags)
            )

        def only(id: str) -> bool:
            if id not in known:
                known[id] = fits(id)
            return known[id]

        return only


def _below(ctx: Sight, named: str) -> frozenset[str]:
    """The ids of a category, given as id or path, and of all below it."""
    known = {category.id: category.path for category in _categories(ctx)}
    path = known.get(named, "/".join(segments(named)))
    if path not in known.values():
        raise NotFound(f"there is no category {named}", kind="category", id=named)
    return frozenset(id for id, one in known.items() if one == path or one.startswith(f"{path}/"))


def _categories(ctx: Sight) -> Iterator[Category]:
    after: tuple[str, str] | None = None
    while page := ctx.tx.find(Category, where={"brand": ctx.brand_id}, order="path", after=after, limit=_PAGE):
        yield from page
        after = (page[-1].path, page[-1].id)


def _sessions(ctx: Sight, customer: str) -> Iterator[str]:
    after: tuple[Micros, str] | None = None
    while page := ctx.tx.find(Session, where={"customer": customer}, order="opened", after=after, limit=_PAGE):
        yield from (session.id for session in page)
        after = (page[-1].opened, page[-1].id)


def _events(ctx: Sight, session: str) -> Iterator[e.Event]:
    seq = 0
    while page := ctx.tx.events(session, after_seq=seq, limit=_PAGE):
        yield from page
        seq = page[-1].seq


def _found(event: e.Event, wanted: tuple[str, ...]) -> FoundMessage:
    body = event.body
    piece, marks = snippet(text_of(body), wanted)
    role, _, id = event.actor.partition(":")
    author, agent = _SPEAKERS.get(role, Speaker.SYSTEM), id if role == Role.AGENT else None
    visibility = Visibility.INTERNAL if isinstance(body, _STAFF_ONLY) else Visibility.PUBLIC
    if isinstance(body, e.MessageSent):
        author, agent, visibility = body.author, body.agent, body.visibility
    return FoundMessage(event.subject, event.seq, event.time, event.type, author, agent, visibility, piece, marks)
