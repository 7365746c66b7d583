"""Sessions by a condition, and the choices that agents keep.

May: look through sessions, a bounded number at once. May not: know a language of its own for what is wanted; it is that of rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.fields import aware, is_id, optional_id
from cschat.core.people import Agent, AgentStatus, Customer
from cschat.core.session import Session, State
from cschat.core.times import as_micros
from cschat.core.views import View, owners_of
from cschat.facts import Facts
from cschat.queries.protocol import Page, _pack, _unpack, limit_field
from cschat.rules.conditions import Condition, read
from cschat.sight import Sight
from cschat.storage.protocol import Cursor, Gte, In, Where

__all__ = ["FindSessions", "Views"]

LOOKED_AT = 2000
"""How many sessions are looked at for one page."""
_CHUNK = 500
_ALL = 10_000
_OWNED = (State.ACTIVE, State.WRAP_UP)


@attrs.frozen
class Views:
    """나의 서랍: the views of the agent who asks, by name, in whichever of their brands they were saved."""

    permission: ClassVar = Permission.SERVE

    def run(self, ctx: Sight) -> list[View]:
        agent = None if ctx.who.id is None else ctx.tx.peek(Agent, ctx.who.id)
        if agent is None:
            return []
        found = ctx.tx.find(View, where={"owner": In(owners_of(agent))}, limit=_ALL)
        return sorted((view for view in found if not view.removed), key=lambda view: (view.name, view.id))


@attrs.frozen
class FindSessions:
    """The sessions that fit a condition, the last opened first.

    `only_if` is a condition of rules: `{"all": [{"field": "state", "is": "active"}, {"field": "tags", "has": ["환불"]}]}`; `{}`: all.
    `{"field": "agent", "is": "me"}` is the agent who asks. `customer`: theirs alone. `since` and `until` (aware) are a period in which they
    were opened. At most 2,000 sessions are looked at for one page, so a page may hold few or none and still have a `next`.
    """

    permission: ClassVar = Permission.SERVE

    only_if: dict[str, Any] = attrs.field(factory=dict)
    customer: str | None = attrs.field(default=None, converter=optional_id, validator=is_id)
    since: datetime | None = attrs.field(default=None, validator=aware)
    until: datetime | None = attrs.field(default=None, validator=aware)
    after: str | None = None
    limit: int = limit_field()

    def __attrs_post_init__(self) -> None:
        read(self.only_if)

    def run(self, ctx: Sight) -> Page[Session]:
        condition = read(_as_asker(self.only_if, ctx.who.id or ""))
        start = _unpack(self.after) or (None if self.until is None else (as_micros(self.until), ""))
        few = None if self.customer is not None else _few(ctx, condition)
        found: list[Session] = []
        looked, last = 0, start
        for session in self._through(ctx, start) if few is None else self._of(few, start):
            if looked == LOOKED_AT and few is None:
                return Page([ctx.present(one) for one in found], _pack(last or (0, "")))
            if condition.holds(Facts(ctx, session, None, now=ctx.now)):
                if len(found) == self.limit:
                    return Page([ctx.present(one) for one in found], _pack((found[-1].opened, found[-1].id)))
                found.append(session)
            looked, last = looked + 1, (session.opened, session.id)
        return Page([ctx.present(one) for one in found])

    def _through(self, ctx: Sight, after: Cursor | None) -> Iterable[Session]:
        """All sessions, of the customer or of the brand, from a place on."""
        where: Where = {"brand": ctx.brand_id} if self.customer is None else {"customer": ctx.mine(Customer, self.customer).id}
        if self.since is not None:
            where = {**where, "opened": Gte(as_micros(self.since))}
        while page := ctx.tx.find(Session, where=where, order="-opened", after=after, limit=_CHUNK):
            yield from page
            after = (page[-1].opened, page[-1].id)

    def _of(self, few: list[Session], after: Cursor | None) -> Iterable[Session]:
        """Those of a few, in the same order, from a place on."""
        since = None if self.since is None else as_micros(self.since)
        for session in sorted(few, key=_place, reverse=True):
            if (after is None or _place(session) < after) and (since is None or session.opened >= since):
                yield session


def _place(session: Session) -> Cursor:
    return session.opened, session.id


def _as_asker(document: Any, me: str) -> Any:
    """The condition with whoever asks in the place of "me"."""
    if isinstance(document, Mapping):
        if document.get("field") == "agent":
            return {key: _named(value, me) if key != "field" else value for key, value in document.items()}
        return {key: _as_asker(value, me) for key, value in document.items()}
    if isinstance(document, (list, tuple)):
        return [_as_asker(one, me) for one in document]
    return document


def _named(value: Any, me: str) -> Any:
    if isinstance(value, (list, tuple)):
        return [_named(one, me) for one in value]
    return me if value == "me" else value


def _few(ctx: Sight, condition: Condition) -> list[Session] | None:
    """All the sessions among which those that fit must be, if an index leads to them and they are few."""
    agents = [test for field, test in condition.sure if field == "agent"]
    if agents:
        names = [agent for status in AgentStatus for agent in ctx.tx.find(Agent, where=_here(ctx, status), limit=_ALL)]
        wanted = [agent.id for agent in names if all(test(agent.id) for test in agents)]
        if len(wanted) < len(names) and not any(all(test(value) for test in agents) for value in (None, "")):
            return [one for agent in wanted for one in ctx.tx.find(Session, where={"agent": agent, "state": In(_OWNED)}, limit=_ALL)]
    states = [test for field, test in condition.sure if field == "state"]
    wanted_states = tuple(state for state in State if all(test(str(state)) for test in states))
    if states and len(wanted_states) < len(State):
        where: Where = {"brand": ctx.brand_id, "state": In(wanted_states)}
        if ctx.tx.count(Session, where=where, at_most=LOOKED_AT + 1) <= LOOKED_AT:
            return ctx.tx.find(Session, where=where, limit=LOOKED_AT)
    return None


def _here(ctx: Sight, status: AgentStatus) -> Where:
    return {"brand": ctx.brand_id, "removed": False, "status": status}
