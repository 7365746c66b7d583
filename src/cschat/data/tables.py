"""The tables of an export: which there are, their columns, and their rows, page by page.

May: read the store in pages. May not: know a file or a format.

A table for each record class and one for the events hold everything as it is, and can be imported again. `messages` and `overview` are made
of these for people to read, with names in the place of ids. Rows hold what `face` gives: instants as ISO text in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache, partial
from itertools import islice
from types import UnionType
from typing import Annotated, Any, TypeAlias, TypeVar, Union, get_args, get_origin

import attrs

from cschat.core.events import Event, MessageSent
from cschat.core.fields import aware, optional_id
from cschat.core.people import Customer, Role
from cschat.core.records import STAFF, Record, blanked, fields_of
from cschat.core.session import Session
from cschat.core.times import Micros, as_iso, as_micros
from cschat.errors import Invalid
from cschat.kinds import CORE_KINDS, UNDER_WAY
from cschat.queries.exporting import Labels
from cschat.queries.protocol import shown
from cschat.storage.codec import face, instant_fields
from cschat.storage.protocol import Store, Transaction
from cschat.storage.tables import plural

__all__ = ["FILTERED", "PAGE", "PUBLIC", "TABLES", "Column", "Filter", "Row", "Table", "View"]

T = TypeVar("T")
Row: TypeAlias = dict[str, Any]
Cursor: TypeAlias = str | int
"""The id of the last record, or the position of the last event."""

PAGE = 500
_MOST_KNOWN = 10_000
_MESSAGE = MessageSent.__name__


@attrs.frozen
class Filter:
    """Which sessions, with their messages and events; all that are not None must fit.

    From `start` on and before `end`: sessions that were opened then, messages and events of then. A `category` is its path, and stands for
    what is below it as well. The `agent` is who had the session last.
    """

    start: datetime | None = attrs.field(default=None, validator=aware)
    end: datetime | None = attrs.field(default=None, validator=aware)
    channel: str | None = None
    category: str | None = None
    tag: str | None = None
    agent: str | None = attrs.field(default=None, converter=optional_id)
    customer: str | None = attrs.field(default=None, converter=optional_id)

    def on_time(self, time: Micros) -> bool:
        """Whether an instant lies in the period."""
        return (self.start is None or time >= as_micros(self.start)) and (self.end is None or time < as_micros(self.end))

    @property
    def of_sessions(self) -> bool:
        """Whether it asks for more than a period."""
        return any(value is not None for value in (self.channel, self.category, self.tag, self.agent, self.customer))


@attrs.frozen
class _Known:
    """What the lines of messages and events need of their session."""

    fits: bool
    channel: str
    category: str | None
    tags: tuple[str, ...]
    customer: str


class View:
    """What an export sees of a store: one brand, the log up to the position `until`, and what the filter lets through.

    The desk goes on meanwhile. A record that is read after it has changed has events beyond `until`: it is noted in `moved`, with its seq,
    and the events go on up to there, so that no record is ever ahead of its events. `public`: only what customers may see of themselves.
    """

    def __init__(
        self, store: Store, labels: Labels, *, until: int, only: Filter, public: bool = False, moved: Mapping[str, int] | None = None
    ) -> None:
        self.store, self.labels, self.until, self.only, self.public = store, labels, until, only, public
        self.moved = dict(moved or {})
        self._tail = until
        self._changed: set[str] = set()
        self._sessions: dict[str, _Known | None] = {}
        self._start = None if only.start is None else as_micros(only.start)
        self._end = None if only.end is None else as_micros(only.end)
        below = f"{only.category}/"
        self._categories = {id for id, path in labels.categories.items() if path == only.category or path.startswith(below)}
        if only.category is not None and not self._categories:
            raise Invalid(
                field="category", reason=f"there is no category {only.category!r}", allowed=sorted(labels.categories.values())[:10]
            )

    def records(self, kind: type[Record], after: str) -> Iterator[list[Any]]:
        """The brand's records of a kind, in pages."""
        for page in _pages(self.store.stream(kind, brand=self.labels.brand, after=after)):
            self._look_behind(page)
            yield page

    def _look_behind(self, page: Iterable[Any]) -> None:
        """Note which records of a page, just read, have changed since the export began."""
        for event in self.store.stream_log(after=self._tail):
            self._changed.add(event.subject)
            self._tail = event.position
        self.moved |= {record.id: record.seq for record in page if record.id in self._changed}

    def events(self, after: int, *, messages: bool) -> Iterator[tuple[int, list[Event]]]:
        """The brand's events that fit, or only the messages, in pages, each with the position it goes up to."""
        self._look_behind(())
        for page in _pages(self.store.stream_log(after=after, until=self._tail if self.moved else self.until)):
            self._meet({event.subject for event in page if event.subject.startswith(f"{Session.prefix}_")})
            found = (self._shown(event) for event in page if not messages or event.type == _MESSAGE)
            yield page[-1].position, [event for event in found if event is not None]

    def _shown(self, event: Event) -> Event | None:
        if event.brand != self.labels.brand or (event.position > self.until and event.seq > self.moved.get(event.subject, 0)):
            return None
        if (self._start is not None and event.time < self._start) or (self._end is not None and event.time >= self._end):
            return None
        if self.only.of_sessions or self.public:
            session = self._sessions.get(event.subject)
            if session is None or not session.fits:
                return None
        return shown(event, Role.CUSTOMER) if self.public else event

    def _meet(self, ids: set[str]) -> None:
        """Look up the sessions of a page, in one go."""
        new = sorted(ids - self._sessions.keys())
        if not new:
            return
        if len(self._sessions) > _MOST_KNOWN:
            self._sessions = {id: self._sessions[id] for id in ids & self._sessions.keys()}
        found = self.store.read(lambda tx: [tx.peek(Session, id) for id in new])
        self._sessions |= {id: None if session is None else self._known(session) for id, session in zip(new, found, strict=True)}

    def _known(self, session: Session) -> _Known:
        path = None if session.category is None else self.labels.categories.get(session.category)
        return _Known(self.fits(session), session.channel, path, session.tags, session.customer)

    def of(self, event: Event) -> _Known:
        """What is known of the session of an event on the page."""
        return self._sessions.get(event.subject) or _Known(fits=False, channel="", category=None, tags=(), customer="")

    def fits(self, session: Session) -> bool:
        """Whether a session fits all but the period."""
        only = self.only
        return (
            (only.channel is None or session.channel == only.channel)
            and (only.category is None or session.category in self._categories)
            and (only.tag is None or only.tag in session.tags)
            and (only.agent is None or session.last_agent == only.agent)
            and (only.customer is None or session.customer == only.customer)
        )

    def kept(self, record: Any) -> bool:
        """Whether a record is in the export."""
        if isinstance(record, Session):
            return self.only.on_time(record.opened) and self.fits(record)
        return not isinstance(record, Customer) or self.only.customer in (None, record.id)


def _pages(items: Iterator[T]) -> Iterator[list[T]]:
    while page := list(islice(items, PAGE)):
        yield page


# -------------------------------------------------------------------------------------------------------------- tables


@attrs.frozen
class Column:
    """A column: `type` is text, integer, boolean, time or json. `empty`: a row may have nothing there."""

    name: str
    type: str
    empty: bool = False


Pages: TypeAlias = Iterator[tuple[Cursor, list[Row]]]


@attrs.frozen
class Table:
    """One file of an export. `pages` gives its rows after a cursor ("" or 0: from the first), with the cursor of each page's end.

    `kind` is the record class, None for what is made of events; a table that is not `whole` is for people and is not imported.
    """

    name: str
    columns: tuple[Column, ...]
    pages: Callable[[View, Any], Pages]
    start: Cursor
    kind: type[Record] | None = None
    whole: bool = True


def _column(name: str, hint: Any) -> Column:
    kinds = _kinds(hint)
    types = kinds - {"empty"}
    return Column(name, next(iter(types)) if len(types) == 1 else "json", "empty" in kinds)


@cache
def _kinds(hint: Any) -> frozenset[str]:
    """The kinds of value a field may hold: text, integer, boolean, time, json, empty."""
    if get_origin(hint) is Annotated:
        inner, *marks = get_args(hint)
        return frozenset({"time"}) if "instant" in marks else _kinds(inner)
    if get_origin(hint) in (Union, UnionType):
        return frozenset().union(*(_kinds(part) for part in get_args(hint)))
    if hint is type(None):
        return frozenset({"empty"})
    if isinstance(hint, type) and issubclass(hint, str):
        return frozenset({"text"})
    return frozenset({{int: "integer", bool: "boolean"}.get(hint, "json")})


def _columns(cls: type) -> tuple[Column, ...]:
    names = instant_fields(cls)
    return tuple(_column(names.get(field.name, field.name), field.type) for field in fields_of(cls))


def _record_table(kind: type[Record]) -> Table:
    def pages(view: View, after: str) -> Pages:
        for page in view.records(kind, after):
            kept = [record for record in page if view.kept(record)]
            yield page[-1].id, [face(blanked(record, STAFF) if view.public else record) for record in kept]

    return Table(plural(kind), _columns(kind), pages, "", kind)


_EVENT = (
    Column("brand", "text"),
    Column("subject", "text"),
    Column("seq", "integer"),
    Column("at", "time"),
    Column("type", "text"),
    Column("actor", "text"),
    Column("cause", "text", empty=True),
    Column("once", "text", empty=True),
    Column("body", "json"),
)


def _event_pages(view: View, after: int) -> Pages:
    for position, page in view.events(after, messages=False):
        yield position, [_event_row(event) for event in page]


def _event_row(event: Event) -> Row:
    """An event without its position, which is another one in every store."""
    return {
        "brand": event.brand,
        "subject": event.subject,
        "seq": event.seq,
        "at": as_iso(event.time),
        "type": event.type,
        "actor": event.actor,
        "cause": event.cause,
        "once": event.once,
        "body": face(event.body),
    }


_MESSAGES = (
    Column("at", "time"),
    Column("session", "text"),
    Column("seq", "integer"),
    Column("author", "text"),
    Column("agent", "text", empty=True),
    Column("agent_name", "text", empty=True),
    Column("visibility", "text"),
    Column("kind", "text"),
    Column("text", "text"),
    Column("channel", "text"),
    Column("category", "text", empty=True),
    Column("tags", "text"),
    Column("customer", "text"),
    Column("id", "text"),
)


def _message_pages(view: View, after: int) -> Pages:
    for position, page in view.events(after, messages=True):
        yield position, [_message_row(event, view) for event in page]


def _message_row(event: Event, view: View) -> Row:
    body, session = event.body, view.of(event)
    return {
        "at": as_iso(event.time),
        "session": event.subject,
        "seq": event.seq,
        "author": body.author,
        "agent": body.agent,
        "agent_name": view.labels.agents.get(body.agent),
        "visibility": body.visibility,
        "kind": body.content.kind,
        "text": body.content.text,
        "channel": session.channel,
        "category": None if view.public else session.category,
        "tags": "" if view.public else ", ".join(session.tags),
        "customer": session.customer,
        "id": body.id,
    }


_OVERVIEW = (
    Column("session", "text"),
    Column("opened_at", "time"),
    Column("closed_at", "time", empty=True),
    Column("state", "text"),
    Column("reason", "text", empty=True),
    Column("channel", "text"),
    Column("language", "text", empty=True),
    Column("subject", "text"),
    Column("customer", "text"),
    Column("customer_name", "text"),
    Column("customer_key", "text"),
    Column("agent", "text", empty=True),
    Column("agent_name", "text", empty=True),
    Column("group", "text", empty=True),
    Column("category", "text", empty=True),
    Column("tags", "text"),
    Column("priority", "text"),
    Column("rating", "integer", empty=True),
)


def _overview_pages(view: View, after: str) -> Pages:
    for page in view.records(Session, after):
        kept = [session for session in page if view.kept(session)]
        customers = view.store.read(partial(_customers_of, kept))
        yield page[-1].id, [_overview_row(session, customer, view.labels) for session, customer in zip(kept, customers, strict=True)]


def _customers_of(sessions: list[Session], tx: Transaction) -> list[Customer | None]:
    return [tx.peek(Customer, session.customer) for session in sessions]


def _overview_row(session: Session, customer: Customer | None, labels: Labels) -> Row:
    return {
        "session": session.id,
        "opened_at": as_iso(session.opened),
        "closed_at": None if session.closed is None else as_iso(session.closed),
        "state": session.state,
        "reason": session.reason,
        "channel": session.channel,
        "language": session.language,
        "subject": session.subject,
        "customer": session.customer,
        "customer_name": "" if customer is None else customer.name,
        "customer_key": "" if customer is None else customer.key,
        "agent": session.last_agent,
        "agent_name": labels.agents.get(session.last_agent or ""),
        "group": labels.groups.get(session.group or ""),
        "category": labels.categories.get(session.category or ""),
        "tags": ", ".join(session.tags),
        "priority": session.priority,
        "rating": session.rating,
    }


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        *(_record_table(kind) for kind in (*CORE_KINDS, *UNDER_WAY)),
        Table("events", _EVENT, _event_pages, 0),
        Table("messages", _MESSAGES, _message_pages, 0, whole=False),
        Table("overview", _OVERVIEW, _overview_pages, "", whole=False),
    )
}
"""Every table by its name, in the order in which they are written: records before events."""

FILTERED = ("sessions", "events", "messages", "overview")
"""What a filter chooses from; without one, all is exported."""

PUBLIC = ("sessions", "customers", "events", "messages")
"""What a customer may see something of."""
