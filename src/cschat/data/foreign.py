"""Imports of what others recorded: conversations as Chatwoot's API gives them, and messages in a CSV file of any columns.

May: make of each conversation the session that it would have been here. May not: set anything off.

A conversation goes in whole or not at all. Its session, customer and messages have ids made of the others' ids, so a file that is imported
again changes nothing. Agents who are named come as people who have left; categories and tags are added. A conversation that is not over
becomes an intake item, which waits to be handled; all others are closed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
import msgspec

from cschat.core import events as e
from cschat.core.content import Content, ContentKind, Media, Speaker, Visibility, text
from cschat.core.events import Event
from cschat.core.ids import ulid
from cschat.core.labels import Category, Tag, TagList, segments
from cschat.core.people import Agent, AgentStatus, Customer, CustomerKind, Profile, Role
from cschat.core.records import Record, evolve
from cschat.core.session import Session, State, opened
from cschat.core.times import Micros, as_micros
from cschat.data.importing import Imported, Work, run_lines
from cschat.data.reading import csv_rows, json_line
from cschat.desk import Desk
from cschat.errors import Invalid
from cschat.lines import numbered_lines
from cschat.queries.exporting import ExportLabels
from cschat.storage.protocol import Transaction

__all__ = ["Said", "Talk", "import_chatwoot", "import_csv"]

REASON = "imported"
R = TypeVar("R", bound=Record)


@attrs.frozen
class Said:
    """One message. `agent` is the name of the agent who wrote it."""

    key: str
    at: Micros
    author: Speaker
    content: Content
    internal: bool = False
    agent: str | None = None


@attrs.frozen
class Talk:
    """A conversation of somebody else's. `source` and `key` name it for good; `customer` is the key its customer will have here."""

    source: str
    key: str
    customer: str
    profile: Profile
    said: tuple[Said, ...]
    channel: str = "import"
    subject: str = ""
    category: str | None = None
    tags: tuple[str, ...] = ()
    over: bool = True


class _Writer:
    """Writes a talk in one transaction."""

    def __init__(self, tx: Transaction, brand: str, talk: Talk) -> None:
        self._tx, self._brand, self._talk = tx, brand, talk
        self._said = sorted(talk.said, key=lambda said: said.at)
        self._began = self._said[0].at
        self._customer = ""

    def write(self) -> bool:
        talk = self._talk
        id = self._id(Session, talk.key)
        if self._tx.peek(Session, id) is not None:
            return False
        self._customer = self._known_customer().id
        first = Event(
            self._brand, id, 1, self._began, f"customer:{self._customer}", e.Opened(self._customer, talk.channel, subject=talk.subject)
        )
        self._tx.append(first)
        session = opened(first)
        for said in self._said:
            session = self._say(session, said)
        if talk.category:
            session = self._then(session, e.CategorySet(self._category(talk.category).id), "host")
        if talk.tags:
            session = self._then(session, e.SessionTagged(added=tuple(sorted({*map(self._tag, talk.tags)}))), "host")
        self._tx.put(self._left(session))
        return True

    def _say(self, session: Session, said: Said) -> Session:
        agent = self._agent(said.agent or "") if said.author is Speaker.AGENT else None
        if agent is not None and not said.internal and session.agent != agent.id:
            body = e.Assigned(agent.id, "claim") if session.state is State.BOT else e.Transferred("agent", agent.id)
            session = self._then(session, body, "host", said.at)
        actor = {Speaker.CUSTOMER: f"customer:{self._customer}", Speaker.AGENT: f"agent:{agent.id if agent else ''}"}.get(
            said.author, "system"
        )
        message = e.MessageSent(
            self._id_of("msg", said.at, f"{self._talk.key}:{said.key}"),
            said.author,
            said.content,
            Visibility.INTERNAL if said.internal else Visibility.PUBLIC,
            None if agent is None else agent.id,
        )
        return self._then(session, message, actor, said.at)

    def _left(self, session: Session) -> Session:
        """The session as it is left: closed, or as an intake item."""
        active = session.state is State.ACTIVE
        if not self._talk.over and session.spoke:
            if active:
                return self._then(self._then(session, e.Released(REASON), "host"), e.MovedToIntake(REASON), "host")
            return self._then(session, e.MessageLeft(), "host")
        session = self._then(session, e.Ended(Role.AGENT if active else Role.HOST, REASON), "host")
        return self._then(session, e.WrappedUp(Role.SYSTEM, reason=REASON), "host") if active else session

    def _then(self, session: Session, body: e.Body, actor: str, time: Micros = 0) -> Session:
        time = max(time, session.last)
        clocks = session.clocks_if(body, time)
        event = Event(self._brand, session.id, session.seq + 1, time, actor, body if clocks is None else evolve(body, turn=clocks))
        self._tx.append(event)
        return session.apply(event)

    # ------------------------------------------------------------------------------------------- what the talk is about

    def _known_customer(self) -> Customer:
        talk = self._talk
        found = self._tx.find(Customer, where={"brand": self._brand, "key": talk.customer}, limit=1)
        if found:
            return found[0]
        kind = CustomerKind(talk.customer.partition(":")[0])
        fresh = Customer(self._id(Customer, talk.customer), self._brand, 1, talk.customer, kind, self._began, talk.profile)
        return self._made(fresh, e.CustomerRegistered(talk.customer, kind, talk.profile))

    def _agent(self, name: str) -> Agent:
        """The agent of a name; a new one has left."""
        for removed in (False, True):
            for status in AgentStatus:
                for agent in self._tx.find(Agent, where={"brand": self._brand, "removed": removed, "status": status}, limit=10_000):
                    if agent.name == name:
                        return agent
        fresh = Agent(self._id(Agent, name), self._brand, 2, name, removed=True)
        self._made(fresh, e.AgentAdded(name, Role.AGENT, AgentStatus.BUSY, fresh.capacity, fresh.auto_limit))
        self._tx.append(Event(self._brand, fresh.id, 2, self._began, "host", e.AgentRemoved()))
        return fresh

    def _category(self, path: str) -> Category:
        names = segments(path)
        here = "/".join(names)
        found = self._tx.find(Category, where={"brand": self._brand, "path": here}, limit=1)
        if found:
            return found[0]
        if names[1:]:
            self._category("/".join(names[:-1]))
        return self._made(Category(self._id(Category, here), self._brand, 1, here), e.CategoryAdded(here))

    def _tag(self, name: str) -> str:
        if not self._tx.find(Tag, where={"brand": self._brand, "list": TagList.SESSION, "name": name}, limit=1):
            self._made(Tag(self._id(Tag, name), self._brand, 1, TagList.SESSION, name), e.TagAdded(TagList.SESSION, name))
        return name

    def _made(self, record: R, body: e.Body) -> R:
        self._tx.append(Event(self._brand, record.id, 1, self._began, "host", body))
        self._tx.put(record)
        return record

    def _id(self, kind: type[Record], key: str) -> str:
        return self._id_of(kind.prefix, self._began, key)

    def _id_of(self, prefix: str, at: Micros, key: str) -> str:
        """An id made of the time and the others' key: the same each time, and unlike that of any other source."""
        digest = hashlib.sha256(f"{self._brand}\n{self._talk.source}\n{prefix}\n{key}".encode()).digest()
        return f"{prefix}_{ulid(max(0, at) // 1000, int.from_bytes(digest[:10]))}"


def _writing(brand: str, talk: Talk) -> Work:
    if not talk.said:
        raise Invalid(field="messages", reason="there is none")
    told = {"customer": talk.customer, "channel": talk.channel, "category": talk.category or "", **msgspec.structs.asdict(talk.profile)}
    told |= {f"tags[{place}]": tag for place, tag in enumerate(talk.tags)} | {
        "agent": max((said.agent or "" for said in talk.said), key=len)
    }
    for name, value in told.items():
        text(value, name, 200)
    if talk.category is not None and not all(segments(talk.category)):
        raise Invalid(field="category", reason=f"{talk.category!r} is no path of names", allowed=["배송/지연"])
    return lambda tx: _Writer(tx, brand, talk).write()


# ------------------------------------------------------------------------------------------------------------- Chatwoot

_TYPES = {0: "incoming", 1: "outgoing", 2: "activity", 3: "template"}
_CHANNELS = {"WebWidget": "web", "FacebookPage": "facebook", "TwilioSms": "sms"}


def import_chatwoot(
    desk: Desk, path: str | Path, *, skip_bad: bool = False, progress: Callable[[str, int], None] | None = None
) -> Imported:
    """Take in conversations with their `messages`: one JSON object a line, or one array, or an answer of the API. By an admin or the host.

    Private messages stay internal, labels become tags, `resolved` is closed. Errors name the number of the conversation, which is the line
    where there is one on each; `skip_bad` as in `import_folder`.
    """
    brand = desk.ask(ExportLabels()).brand
    items = ((number, partial(_chatwoot, raw, brand)) for number, raw in _conversations(Path(path)))
    return run_lines(desk, items, Path(path), skip_bad=skip_bad, progress=progress)


def _conversations(path: Path) -> Iterator[tuple[int, Callable[[], Any]]]:
    """The conversations with the numbers of their lines; of a file that is one JSON value, with their places in it."""
    lines = ((number, raw) for number, raw in numbered_lines(path) if raw.strip())
    for place, (number, raw) in enumerate(lines):
        if raw.lstrip().startswith(b"{") and raw.rstrip().endswith(b"}"):
            yield from _unwrapped(number, partial(json_line, raw))
        elif place == 0:
            yield from _unwrapped(1, partial(json_line, raw + b"".join(more for _, more in lines), limit=None))
        else:
            yield number, partial(json_line, raw)


def _unwrapped(number: int, get: Callable[[], Any]) -> Iterator[tuple[int, Callable[[], Any]]]:
    """What a JSON value holds: a conversation, a list of them, or an answer of the API with such a list."""
    try:
        value = get()
    except Invalid as error:
        yield number, partial(_raise, error)
        return
    while isinstance(value, dict) and "messages" not in value and ("data" in value or "payload" in value):
        value = value.get("data", value.get("payload"))
    if isinstance(value, list):
        yield from ((place, partial(_same, item)) for place, item in enumerate(value, number))
    else:
        yield number, partial(_same, value)


def _same(item: Any) -> Any:
    return item


def _chatwoot(get: Callable[[], Any], brand: str) -> Work:
    item = _mapping(get(), "")
    contact = _mapping(_mapping(item.get("meta") or {}, "meta").get("sender") or {}, "meta.sender")
    messages = _list(item.get("messages"), "messages")
    said = [
        one
        for place, message in enumerate(messages)
        for one in _chatwoot_said(_mapping(message, f"messages[{place}]"), f"messages[{place}]")
    ]
    known = contact.get("identifier") or contact.get("email")
    channel = str(item.get("channel") or _mapping(item.get("meta") or {}, "meta").get("channel") or "import").rpartition(":")[2]
    key = _text(item, "id", "id")
    talk = Talk(
        "chatwoot",
        key,
        f"member:{known}" if known else f"guest:chatwoot-{contact.get('id') or key}",
        Profile(name=str(contact.get("name") or ""), email=str(contact.get("email") or ""), phone=str(contact.get("phone_number") or "")),
        tuple(said),
        channel=_CHANNELS.get(channel, channel.lower()),
        subject=str(_mapping(item.get("additional_attributes") or {}, "additional_attributes").get("mail_subject") or "")[:200],
        tags=tuple(str(label) for label in _list(item.get("labels") or [], "labels")),
        over=item.get("status", "resolved") == "resolved",
    )
    return _writing(brand, talk)


def _chatwoot_said(message: Mapping[str, Any], path: str) -> Iterator[Said]:
    kind = message.get("message_type", "incoming")
    kind = _TYPES.get(kind, kind) if type(kind) is int else kind
    if kind not in _TYPES.values():
        _refuse(f"{path}.message_type", kind, *_TYPES.values())
    if kind == "activity":
        return
    sender = _mapping(message.get("sender") or {}, f"{path}.sender")
    author = Speaker.CUSTOMER if kind == "incoming" else Speaker.AGENT
    if kind == "template" or (author is Speaker.AGENT and sender.get("type") in ("agent_bot", "captain_assistant")):
        author = Speaker.BOT
    at = _unix(message.get("created_at"), f"{path}.created_at")
    name = str(sender.get("name") or "Chatwoot") if author is Speaker.AGENT else None
    contents = list(_contents(message, path))
    for number, content in enumerate(contents):
        key = f"{message.get('id', path)}.{number}"
        yield Said(key, at, author, content, internal=bool(message.get("private")), agent=name)


def _contents(message: Mapping[str, Any], path: str) -> Iterator[Content]:
    if message.get("content"):
        yield _said_text(_text(message, "content", f"{path}.content"), f"{path}.content")
    for place, item in enumerate(_list(message.get("attachments") or [], f"{path}.attachments")):
        attachment = _mapping(item, f"{path}.attachments[{place}]")
        image = attachment.get("file_type") == "image"
        url = _text(attachment, "data_url", f"{path}.attachments[{place}].data_url")
        media = Media(name=url.rpartition("/")[2][:255], type="image/*" if image else "application/octet-stream", url=url)
        yield Content(ContentKind.IMAGE if image else ContentKind.FILE, media=media)


def _unix(value: Any, field: str) -> Micros:
    """Chatwoot tells times in Unix seconds here and as ISO text there."""
    try:
        return as_micros(datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC))
    except (TypeError, ValueError, OverflowError, OSError):
        _refuse(field, value, "Unix seconds", "an ISO time with a zone")


def _mapping(value: Any, field: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        _refuse(field, value, "an object")
    return value


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        _refuse(field, value, "a list")
    return value


def _text(holder: Mapping[str, Any], name: str, field: str) -> str:
    value = holder.get(name)
    if not isinstance(value, (str, int)) or isinstance(value, bool) or value == "":
        _refuse(field, value, "text")
    return str(value)


def _said_text(words: str, field: str) -> Content:
    content = Content(text=words)
    try:
        content.check()
    except Invalid as error:
        raise Invalid(field=field, reason=error.reason, allowed=error.allowed) from error
    return content


def _refuse(field: str, value: Any, *allowed: str) -> NoReturn:
    shown = repr(value)
    raise Invalid(field=field, reason=f"{shown[:40]}{'...' if len(shown) > 40 else ''} will not do", allowed=allowed)


# ------------------------------------------------------------------------------------------------------------------ CSV

_NEEDED = ("conversation", "at", "author", "text")
_COLUMNS = (*_NEEDED, "customer", "customer_name", "email", "phone", "agent", "channel", "subject", "category", "tags")
_AUTHORS = {"customer": "customer", "agent": "agent", "bot": "bot", "note": "note"}


@attrs.frozen
class _Mapped:
    """A mapping file: which column is what, what the authors are called, and how times are written."""

    columns: Mapping[str, str]
    authors: Mapping[str, str]
    zone: ZoneInfo
    time_format: str | None
    encoding: str

    @classmethod
    def read(cls, path: Path) -> _Mapped:
        try:
            data = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise Invalid(field=str(path), reason=f"is no JSON that can be read: {error}") from error
        data = dict(_mapping(data, str(path)))
        columns = {name: data.pop(name) for name in _COLUMNS if name in data}
        for name in _NEEDED:
            if name not in columns:
                raise Invalid(field=name, reason="the mapping names no column for it", allowed=["the name of a column"])
        authors = data.pop("authors", _AUTHORS)
        for name, author in _mapping(authors, "authors").items():
            if author not in _AUTHORS:
                _refuse(f"authors.{name}", author, *_AUTHORS)
        zone, form, encoding = data.pop("zone", "UTC"), data.pop("time_format", None), data.pop("encoding", "utf-8")
        for name in data:
            raise Invalid(
                field=name, reason="is nothing that a mapping says", allowed=[*_COLUMNS, "authors", "zone", "time_format", "encoding"]
            )
        try:
            "".encode(encoding)
            return cls(columns, authors, ZoneInfo(zone), form, encoding)
        except (LookupError, ZoneInfoNotFoundError, ValueError, TypeError) as error:
            raise Invalid(field="zone or encoding", reason=f"is not known: {error}") from error


def import_csv(
    desk: Desk, path: str | Path, mapping: str | Path, *, skip_bad: bool = False, progress: Callable[[str, int], None] | None = None
) -> Imported:
    """Take in a CSV file with a message on each line, those of a conversation one after the other. By an admin or the host.

    `mapping` is a JSON file that names the columns: `conversation`, `at`, `author`, `text`, and if there are any `customer` (the host's
    user id), `customer_name`, `email`, `phone`, `agent`, `channel`, `subject`, `category`, `tags` (separated by commas). `authors` says
    what the words in `author` mean: customer, agent, bot or note. `zone` is that of times without one, `time_format` is strptime's if they
    are not ISO, `encoding` such as cp949. A bad line is left out with `skip_bad`; the rest of its conversation comes in.
    """
    brand = desk.ask(ExportLabels()).brand
    mapped = _Mapped.read(Path(mapping))
    return run_lines(desk, _csv_talks(Path(path), mapped, brand), Path(path), skip_bad=skip_bad, progress=progress)


def _csv_talks(path: Path, mapped: _Mapped, brand: str) -> Iterator[tuple[int, Callable[[], Work]]]:
    """Each conversation with the line it begins on, and each bad line as such."""
    seen: set[bytes] = set()
    group: list[tuple[Mapping[str, str], Said]] = []
    key, began = None, 0
    for number, cells in csv_rows(path, mapped.encoding):
        try:
            row = _named(cells, mapped)
            said = _csv_said(row, mapped)
            if row["conversation"] != key:
                _demand_new(row["conversation"], seen, mapped)
        except Invalid as error:
            yield number, partial(_raise, error)
            continue
        if row["conversation"] != key:
            if group:
                yield began, partial(_csv_work, brand, key or "", tuple(group))
            key, began, group = row["conversation"], number, []
            seen.add(_short(key))
        group.append((row, said))
    if group:
        yield began, partial(_csv_work, brand, key or "", tuple(group))


def _demand_new(key: str, seen: set[bytes], mapped: _Mapped) -> None:
    if _short(key) in seen:
        raise Invalid(field=mapped.columns["conversation"], reason="came before: the lines of a conversation must follow each other")


def _short(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=12).digest()


def _raise(error: Invalid) -> NoReturn:
    raise error


def _named(cells: Mapping[str, str], mapped: _Mapped) -> dict[str, str]:
    if "" in cells:
        raise Invalid(field="", reason=f"has {cells['']} cells, and not as many as the first line")
    row = {}
    for name, column in mapped.columns.items():
        if column not in cells:
            raise Invalid(field=column, reason="there is no such column", allowed=list(cells))
        row[name] = cells[column].strip()
    if not row["conversation"]:
        raise Invalid(field=mapped.columns["conversation"], reason="is empty")
    return row


def _csv_said(row: Mapping[str, str], mapped: _Mapped) -> Said:
    author = mapped.authors.get(row["author"])
    if author is None:
        _refuse(mapped.columns["author"], row["author"], *mapped.authors)
    try:
        at = datetime.strptime(row["at"], mapped.time_format) if mapped.time_format else datetime.fromisoformat(row["at"])  # noqa: DTZ007
    except ValueError:
        _refuse(mapped.columns["at"], row["at"], mapped.time_format or "an ISO time")
    content = _said_text(row["text"], mapped.columns["text"])
    speaker = Speaker.AGENT if author == "note" else Speaker(author)
    agent = (row.get("agent") or "?") if speaker is Speaker.AGENT else None
    moment = as_micros(at if at.tzinfo else at.replace(tzinfo=mapped.zone))
    return Said("", moment, speaker, content, internal=author == "note", agent=agent)


def _csv_work(brand: str, key: str, group: Iterable[tuple[Mapping[str, str], Said]]) -> Work:
    rows = [row for row, _ in group]

    def told(name: str) -> str:
        """The last thing that the lines say in a column."""
        return next((row[name] for row in reversed(rows) if row.get(name)), "")

    talk = Talk(
        "csv",
        key,
        f"member:{told('customer')}" if told("customer") else f"guest:csv-{key}",
        Profile(name=told("customer_name"), email=told("email"), phone=told("phone")),
        tuple(attrs.evolve(said, key=str(place)) for place, (_, said) in enumerate(group)),
        channel=told("channel") or "import",
        subject=told("subject")[:200],
        category=told("category") or None,
        tags=tuple(tag for name in told("tags").split(",") if (tag := name.strip())),
    )
    return _writing(brand, talk)
