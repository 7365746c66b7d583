"""What a window shows at a glance: the desk before anything is asked, who speaks in a session, the last line of each.

May: show customers what is theirs and what is published, never a field for staff. May not: list sessions, or page.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import attrs

from cschat.accepting import suspended, unavailable
from cschat.core import events as e
from cschat.core.absence import Absence, AbsenceReason, told
from cschat.core.access import Permission
from cschat.core.announcements import Announcement
from cschat.core.calendar import in_shift, open_spans
from cschat.core.content import MAX_FILE, ContentKind, FormField, Speaker, Visibility
from cschat.core.fields import ids, is_id, line, record_id
from cschat.core.look import PROFILE_FIELDS, Look
from cschat.core.people import Agent, AgentStatus, Customer, CustomerKind, Role
from cschat.core.records import STAFF, blanked
from cschat.core.rules import Rulebook
from cschat.core.session import Session
from cschat.core.stretches import local_date
from cschat.core.times import as_datetime, optional_datetime
from cschat.core.transcript import content_text
from cschat.errors import Invalid
from cschat.queries.protocol import shown
from cschat.sight import Sight
from cschat.waits import FAR, expected_wait, waiting_in

__all__ = ["Face", "Front", "FrontDesk", "Glance", "Glances", "Known", "LastLine", "Speakers"]

_FACES = 12
_SHOWN = 100
_MAX_GLANCES = 200
_NEAR = 32
_BACK = 200
"""So many events back are looked through for what is unread."""
_LINE = 200
_ALL = 10_000
_PAGE = 500


# ----------------------------------------------------------------------------------------------------------------- faces


@attrs.frozen
class Face:
    """An agent as customers see them. `status` is "available" or "busy"; None: they work here no more. `image` is "" if there is none."""

    id: str
    name: str
    image: str
    status: str | None


def _face(ctx: Sight, agent: Agent, zone: str) -> Face:
    """Who hides, or is out of their shift, is as busy as others."""
    there = agent.status is AgentStatus.AVAILABLE and in_shift(agent, ctx.now, zone)
    status = AgentStatus.AVAILABLE if there else AgentStatus.BUSY
    return Face(agent.id, agent.name, agent.image, None if agent.removed else str(status))


# ------------------------------------------------------------------------------------------------------------- the front


@attrs.frozen
class Front:
    """What a customer sees of a desk before they ask anything.

    `name` of the brand, `language` of the words, its `look`. `open`: a request for a person would be accepted; else `reason` (closed,
    lunch, holiday, nobody), `opens_at` (None: not known) and `words`, what a customer is told then ("" while it is open). `today` are the
    hours of this date in `zone`, as pairs of wall times (["09:00", "18:00"]; a night shift ends on the next day), None if the brand has
    set no hours.
    `expected_wait` is how long, in seconds, whoever asks now may wait; None if that is not known. `agents` are at most 12 of those who are
    at work and do not hide, available ones first. `guest_form` is what this customer is still to be asked: nothing for a member.
    `announcements` are shown now, the newest first. `max_file` is the size of the largest file that may be sent, in bytes.
    """

    name: str
    language: str
    look: Look
    open: bool
    reason: str | None
    opens_at: datetime | None
    words: str
    today: list[list[str]] | None
    zone: str
    greets: bool
    expected_wait: float | None
    agents: list[Face]
    guest_form: list[FormField]
    announcements: list[Announcement]
    max_file: int


@attrs.frozen
class FrontDesk:
    """What a customer sees of the desk before they ask anything: `Front`. For everybody.

    `language`: of the words, by default the customer's, else the brand's. Staff and host see the whole guest form.
    """

    permission: ClassVar = Permission.TALK

    language: str | None = attrs.field(default=None, validator=line(limit=35))

    def run(self, ctx: Sight) -> Front:
        brand, hours = ctx.brand(), ctx.hours()
        customer = ctx.tx.get(Customer, ctx.who.id) if ctx.who.role is Role.CUSTOMER and ctx.who.id is not None else None
        language = self.language or (customer and customer.language) or brand.language
        absence = unavailable(ctx) or suspended(ctx)
        calendar = hours.calendar_at(ctx.now)
        zone = brand.zone if calendar is None else calendar.zone
        spans = None if calendar is None else open_spans(calendar, local_date(zone, ctx.now))
        return Front(
            name=brand.name,
            language=language,
            look=brand.look,
            open=absence is None,
            reason=None if absence is None else _reason(absence),
            opens_at=None if absence is None else optional_datetime(absence.opens_at),
            words="" if absence is None else told(brand, hours, absence, ctx.now, language),
            today=None if spans is None else [str(span).split("-") for span in spans],
            zone=zone,
            greets=_greets(ctx),
            expected_wait=_wait(ctx) if absence is None else None,
            agents=_at_work(ctx, brand.zone),
            guest_form=_still_asked(ctx, customer, brand.guest_form),
            announcements=_announcements(ctx),
            max_file=MAX_FILE,
        )


def _reason(absence: Absence) -> str:
    """A brand's unpaid bill is no customer's business."""
    return str(AbsenceReason.NOBODY if absence.reason is AbsenceReason.SUSPENDED else absence.reason)


def _greets(ctx: Sight) -> bool:
    book = ctx.tx.peek(Rulebook, Rulebook.id_of(ctx.brand_id))
    rules = () if book is None else book.rules
    return bool(ctx.brand().entry) or any(rule.enabled and rule.when.event == e.Opened.__name__ for rule in rules)


def _wait(ctx: Sight) -> float | None:
    """The wait of whoever asks now and is nobody in particular."""
    policy = ctx.brand().distribution
    lane = policy.default.lane if policy.automatic else None
    return expected_wait(ctx, lane, ctx.tx.count(Session, where=waiting_in(ctx, lane), at_most=FAR) + 1)


def _at_work(ctx: Sight, zone: str) -> list[Face]:
    faces: list[Face] = []
    for status in (AgentStatus.AVAILABLE, AgentStatus.BUSY):
        found = ctx.tx.find(Agent, where={"brand": ctx.brand_id, "removed": False, "status": status}, limit=_ALL)
        faces += sorted((_face(ctx, one, zone) for one in found if in_shift(one, ctx.now, zone)), key=lambda face: (face.name, face.id))
    return faces[:_FACES]


def _still_asked(ctx: Sight, customer: Customer | None, form: tuple[FormField, ...]) -> list[FormField]:
    """The fields that have no answer yet. Which they are is told, never what an attribute holds."""
    if ctx.who.role is not Role.CUSTOMER:
        return list(form)
    if ctx.actor.key.startswith(f"{CustomerKind.MEMBER}:"):
        return []
    if customer is None:
        return [field for field in form if not (field.name == "name" and ctx.actor.name)]
    return [field for field in form if not _answered(customer, field.name)]


def _answered(customer: Customer, name: str) -> bool:
    return bool(getattr(customer.profile, name)) if name in PROFILE_FIELDS else name in customer.attributes


def _announcements(ctx: Sight) -> list[Announcement]:
    found = ctx.tx.find(Announcement, where={"brand": ctx.brand_id, "removed": False}, order="-begins", limit=_SHOWN)
    return [blanked(one, STAFF) for one in found if one.shown(ctx.now)]


# -------------------------------------------------------------------------------------------------------------- speakers


@attrs.frozen
class Speakers:
    """The agents who have had a part in a session, as a list of `Face` in the order in which they came.

    Those who had it or said something in it; customers are told of nobody who only wrote notes. Never an e-mail address.
    """

    permission: ClassVar = Permission.TALK

    session: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Sight) -> list[Face]:
        session, role, zone = ctx.session(self.session), ctx.who.role, ctx.brand().zone
        found: dict[str, None] = {}
        seq = 0
        while page := ctx.tx.events(session.id, after_seq=seq, limit=_PAGE):
            seq = page[-1].seq
            for event in page:
                agent = event.body.agent if isinstance(event.body, _WITH_AGENT) else None
                if agent is not None and agent not in found and shown(event, role) is not None:
                    found[agent] = None
        return [_face(ctx, ctx.tx.get(Agent, id), zone) for id in found]


_WITH_AGENT = (e.OpenedByAgent, e.Assigned, e.Transferred, e.Reopened, e.MessageSent)


# --------------------------------------------------------------------------------------------------------------- glances


@attrs.frozen
class Known:
    """A customer by name; `type` is "guest" or "member"."""

    id: str
    name: str
    type: str


@attrs.frozen
class LastLine:
    """What was said last in public: by whom (`agent`: which one), what `kind` of content, its `text` (200 letters at most)."""

    author: str
    agent: str | None
    kind: str
    text: str
    at: datetime


@attrs.frozen
class Glance:
    """A session on one line. `unread`: messages of the other side that the asker's side has not read, among the last 200 events.

    `agent_name` is who has it, or had it last; "" if nobody ever had.
    """

    session: str
    customer: Known
    last: LastLine | None
    unread: int
    agent_name: str


def _few(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, tuple) or len(value) > _MAX_GLANCES or not all(isinstance(id, str) and id and id.isascii() for id in value):
        raise Invalid(field=field.name, reason="must be sessions or their ids", allowed=[f"at most {_MAX_GLANCES}"])


@attrs.frozen
class Glances:
    """The last line of each of some sessions, and how much in them is unread: a `Glance` for each, in the order of asking.

    For lists. At most 200 at once; `NotFound` if the actor may not know of one.
    """

    permission: ClassVar = Permission.TALK

    sessions: tuple[str, ...] = attrs.field(converter=ids, validator=_few)

    def run(self, ctx: Sight) -> list[Glance]:
        names: dict[str, str] = {}
        return [_glance(ctx, ctx.session(id), names) for id in self.sessions]


def _glance(ctx: Sight, session: Session, names: dict[str, str]) -> Glance:
    by_customer = ctx.who.role is Role.CUSTOMER
    read = session.read_by_customer if by_customer else session.read_by_staff
    seq = max(0, min(read, session.seq - _NEAR), session.seq - _BACK)
    said = _said(ctx, session, seq, session.seq)
    unread = sum(1 for event in said if event.seq > read and (event.body.author is Speaker.CUSTOMER) is not by_customer)
    while not said and seq > 0:
        seq, end = max(0, seq - _BACK), seq
        said = _said(ctx, session, seq, end)
    customer = ctx.tx.get(Customer, session.customer)
    return Glance(
        session=session.id,
        customer=Known(customer.id, customer.name, str(customer.type)),
        last=_line(said[-1]) if said else None,
        unread=unread,
        agent_name=_name(ctx, session.agent or session.last_agent, names),
    )


def _said(ctx: Sight, session: Session, after: int, until: int) -> list[e.Event]:
    """What was said in public after a seq, until another."""
    events = ctx.tx.events(session.id, after_seq=after, limit=until - after)
    return [event for event in events if isinstance(event.body, e.MessageSent) and event.body.visibility is Visibility.PUBLIC]


def _line(event: e.Event) -> LastLine:
    body: e.MessageSent = event.body
    kind: ContentKind = body.content.kind
    return LastLine(str(body.author), body.agent, str(kind), content_text(body.content)[:_LINE], as_datetime(event.time))


def _name(ctx: Sight, agent: str | None, names: dict[str, str]) -> str:
    if agent is None:
        return ""
    if agent not in names:
        names[agent] = ctx.tx.get(Agent, agent).name
    return names[agent]
