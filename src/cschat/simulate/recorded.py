"""What came to a desk and who was there, read from its log, to be replayed.

May: read the log of one brand. May not: judge what is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import msgspec

from cschat.core import events as e
from cschat.core.distribution import Distribution
from cschat.core.people import AgentStatus, Attribute
from cschat.core.session import Priority
from cschat.core.times import Micros
from cschat.core.turns import Clocks
from cschat.storage.protocol import Store

__all__ = ["Past", "Request", "Staffing", "read_past"]


@attrs.frozen
class Staffing:
    """What an agent is from a time on. Who was removed is `there` no more."""

    agent: str
    name: str
    status: AgentStatus
    capacity: int
    auto_limit: int
    groups: tuple[str, ...]
    there: bool = True

    @property
    def available(self) -> bool:
        """Whether they may be given work."""
        return self.there and self.status is AgentStatus.AVAILABLE


@attrs.define
class Request:
    """A person was asked for at `at`, about what was known of it then.

    `waited` is how long it took until an agent had it, or until it `left` the queue unserved; None while it waits. `service` is how long
    agents had it, all together, their notes included; None while they have it, or if none had. `agent` is the first.
    """

    at: Micros
    customer: str
    channel: str
    language: str | None
    category: str | None
    priority: Priority
    tags: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    waited: Micros | None = None
    left: bool = False
    agent: str | None = None
    service: Micros | None = None


@attrs.frozen
class Past:
    """Requests in order, and who was there: at the beginning, and each change after it. `distribution` is the last one of the period."""

    requests: list[Request]
    begin: list[Staffing]
    changes: list[tuple[Micros, Staffing]]
    groups: dict[str, str]
    distribution: Distribution
    language: str


def read_past(store: Store, brand: str, start: Micros | None, end: Micros | None) -> Past:
    """The requests of a brand (its id) in [start, end), with what came of them; None: from the first, to the last."""
    reading = _Reading(start, end)
    for event in store.stream_log():
        if event.brand == brand and (read := _READ.get(type(event.body))) is not None:
            read(reading, event, event.body)
    begin = reading.begin if reading.begun else reading.staff
    return Past(reading.requests, [*begin.values()], reading.changes, reading.groups, reading.distribution, reading.language)


@attrs.define
class _Talk:
    """A session that is not over."""

    customer: str
    channel: str
    language: str | None
    category: str | None = None
    priority: Priority = Priority.NORMAL
    request: Request | None = None
    given: Micros = 0
    lost: Micros = 0


@attrs.define
class _Person:
    tags: frozenset[str] = frozenset()
    attributes: Mapping[str, Attribute] = attrs.field(factory=dict)


class _Reading:
    """What is known so far."""

    def __init__(self, start: Micros | None, end: Micros | None) -> None:
        self.start, self.end = start, end
        self.requests: list[Request] = []
        self.begun = False
        self.begin: dict[str, Staffing] = {}
        self.staff: dict[str, Staffing] = {}
        self.changes: list[tuple[Micros, Staffing]] = []
        self.groups: dict[str, str] = {}
        self.paths: dict[str, str] = {}
        self.people: dict[str, _Person] = {}
        self.talks: dict[str, _Talk] = {}
        self.distribution = Distribution()
        self.language = "ko"

    # ---------------------------------------------------------------------------------------------------- who was there

    def added(self, event: e.Event, body: e.AgentAdded) -> None:
        self._is(event, Staffing(event.subject, body.name, body.status, body.capacity, body.auto_limit, body.groups))

    def changed(self, event: e.Event, body: e.AgentChanged) -> None:
        known = {name: value for name, value in body.after.items() if name in _STAFFING}
        if "groups" in known:
            known["groups"] = tuple(known["groups"])
        self._is(event, attrs.evolve(self.staff[event.subject], **known))

    def status(self, event: e.Event, body: e.AgentStatusSet) -> None:
        self._is(event, attrs.evolve(self.staff[event.subject], status=body.status))

    def removed(self, event: e.Event, _body: e.AgentRemoved) -> None:
        self._is(event, attrs.evolve(self.staff[event.subject], there=False))

    def _is(self, event: e.Event, staffing: Staffing) -> None:
        if not self.begun and self.start is not None and event.time > self.start:
            self._begin()
        self.staff[event.subject] = staffing
        if self.begun:
            self.changes.append((event.time, staffing))

    def _begin(self) -> None:
        self.begun, self.begin = True, dict(self.staff)

    # --------------------------------------------------------------------------------------------------- what is set

    def brand(self, event: e.Event, body: e.BrandChanged) -> None:
        if self.end is None or event.time < self.end:
            if "distribution" in body.after:
                self.distribution = msgspec.convert(body.after["distribution"], Distribution)
            self.language = body.after.get("language", self.language)

    def group(self, event: e.Event, body: e.GroupAdded | e.GroupChanged) -> None:
        self.groups[event.subject] = body.name

    def category(self, event: e.Event, body: e.CategoryAdded | e.CategoryChanged) -> None:
        self.paths[event.subject] = body.path

    def tagged(self, event: e.Event, body: e.CustomerTagged) -> None:
        person = self.people.setdefault(event.subject, _Person())
        person.tags = person.tags - {*body.removed} | {*body.added}

    def updated(self, event: e.Event, body: e.CustomerUpdated) -> None:
        if "attributes" in body.changes:
            self.people.setdefault(event.subject, _Person()).attributes = body.changes["attributes"]
        if "tags" in body.changes:
            self.people.setdefault(event.subject, _Person()).tags = frozenset(body.changes["tags"])

    # ------------------------------------------------------------------------------------------------------- requests

    def opened(self, event: e.Event, body: e.Opened) -> None:
        self.talks[event.subject] = _Talk(body.customer, body.channel, body.language)

    def about(self, event: e.Event, body: e.CategorySet) -> None:
        if (talk := self.talks.get(event.subject)) is not None:
            talk.category = None if body.category is None else self.paths[body.category]

    def urgent(self, event: e.Event, body: e.PrioritySet) -> None:
        if (talk := self.talks.get(event.subject)) is not None:
            talk.priority = Priority(body.priority)

    def requested(self, event: e.Event, _body: e.AgentRequested) -> None:
        talk = self.talks.get(event.subject)
        if talk is None or (self.start is not None and event.time < self.start) or (self.end is not None and event.time >= self.end):
            return
        if not self.begun:
            self._begin()
        person = self.people.get(talk.customer) or _Person()
        talk.request = Request(
            event.time,
            talk.customer,
            talk.channel,
            talk.language,
            talk.category,
            talk.priority,
            tuple(sorted(person.tags)),
            person.attributes,
        )
        self.requests.append(talk.request)

    def given(self, event: e.Event, body: e.Assigned) -> None:
        talk = self.talks.get(event.subject)
        if talk is None or talk.request is None:
            return
        talk.given = event.time
        if talk.request.agent is None:
            talk.request.waited, talk.request.agent = event.time - talk.request.at, body.agent

    def passed(self, event: e.Event, _body: e.OfferPassed) -> None:
        talk = self.talks.get(event.subject)
        if talk is not None and talk.request is not None:
            # It was nobody's work: neither did the wait end there, nor did the service begin.
            talk.lost += event.time - talk.given
            talk.request.waited = talk.request.agent = None

    def out(self, event: e.Event, body: Any) -> None:
        """It left the queue, or it is over, or both."""
        talk = self.talks.get(event.subject)
        if talk is None:
            return
        request, clocks = talk.request, body.turn
        if request is not None:
            if request.agent is None:
                request.waited, request.left = event.time - request.at, True
                talk.request = None
            elif clocks is not None:
                request.service = _owned(clocks) - talk.lost
                talk.request = None
        if clocks is not None and isinstance(body, (e.Ended, e.WrappedUp, e.ForceClosed)):
            del self.talks[event.subject]


_STAFFING = {"name", "capacity", "auto_limit", "groups"}
_READ: Mapping[type, Callable[[_Reading, e.Event, Any], None]] = {
    e.AgentAdded: _Reading.added,
    e.AgentChanged: _Reading.changed,
    e.AgentStatusSet: _Reading.status,
    e.AgentRemoved: _Reading.removed,
    e.BrandChanged: _Reading.brand,
    e.GroupAdded: _Reading.group,
    e.GroupChanged: _Reading.group,
    e.CategoryAdded: _Reading.category,
    e.CategoryChanged: _Reading.category,
    e.CustomerTagged: _Reading.tagged,
    e.CustomerUpdated: _Reading.updated,
    e.Opened: _Reading.opened,
    e.CategorySet: _Reading.about,
    e.PrioritySet: _Reading.urgent,
    e.AgentRequested: _Reading.requested,
    e.Assigned: _Reading.given,
    e.OfferPassed: _Reading.passed,
    e.MovedToIntake: _Reading.out,
    e.ReturnedToBot: _Reading.out,
    e.MessageLeft: _Reading.out,
    e.Ended: _Reading.out,
    e.WrappedUp: _Reading.out,
    e.ForceClosed: _Reading.out,
}


def _owned(clocks: Clocks) -> Micros:
    return 1000 * sum(spell.duration for spell in clocks.owned)
