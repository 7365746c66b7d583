"""Many sessions are changed at once, in the background.

May: go over the sessions that fit, chunk by chunk, and carry out commands on each in the name of whoever ordered it. May not: do anything
that no single command does.

A chunk is one transaction, and where it ends is written in the same one: killed in the middle of a chunk, it is done again from its
beginning, of which nothing was written; so nobody gets a reply twice. What fails with one session is undone for that session alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

import attrs

from cschat.commands.distributing import DirectSession
from cschat.commands.ending import EndSession, WrapUp
from cschat.commands.obeying import filled, language_of
from cschat.commands.owning import AssignSession, TransferSession
from cschat.commands.protocol import Command, Context
from cschat.commands.rules import check_action
from cschat.commands.sorting import SetCategory, SetPriority, TagSession, UntagSession
from cschat.commands.talking import SendMessage
from cschat.core import events as e
from cschat.core.access import GRANTS, Permission
from cschat.core.bulk import Bulk, BulkFailure, BulkState
from cschat.core.channels import channel_named, fit
from cschat.core.content import Content
from cschat.core.fields import aware, is_id, record_id
from cschat.core.people import Agent, Role
from cschat.core.records import evolve
from cschat.core.session import Session, State
from cschat.core.times import as_micros
from cschat.errors import CschatError, StoreClosed, StoreUnavailable, VersionConflict
from cschat.facts import Facts
from cschat.rules.actions import BULK_ACTIONS, Action, read_all
from cschat.rules.conditions import Condition, read
from cschat.sight import Who
from cschat.storage.protocol import Lt

__all__ = ["CancelBulk", "StartBulk", "go_on_with"]

LOOKED_AT = 500
"""How many sessions are looked at in one transaction."""
CHUNK = 50
"""How many sessions are changed in one transaction."""
_NOT_OURS = (StoreClosed, StoreUnavailable, VersionConflict)
_log = logging.getLogger("cschat.bulk")


def _then(value: Any) -> Any:
    return value if isinstance(value, (str, Mapping)) or not hasattr(value, "__iter__") else tuple(value)


@attrs.frozen
class StartBulk:
    """Do something to every session that fits, in the background. By an admin, the desk, its host. Answers with the `Bulk`.

    `only_if` is a condition of rules, `{"all": [{"field": "state", "is": "active"}, {"field": "tags", "has": ["장애"]}]}` (`{}`: all
    sessions), `since` and `until` are a period in which they were opened. `then` are actions in order, `{"set_category": "배송"}`,
    `{"reply": "{{ customer.name | default('고객') }}님, ..."}`; all of them are in the guide. They are done as whoever ordered it would do
    them one by one; to a session all of them are done or none. See `GetBulk` and `BulkFailures` for how it goes.
    """

    permission: ClassVar = Permission.DIRECT
    makes: ClassVar = Bulk

    only_if: dict[str, Any] = attrs.field()
    then: tuple[dict[str, Any], ...] = attrs.field(converter=_then)
    since: datetime | None = attrs.field(default=None, validator=aware)
    until: datetime | None = attrs.field(default=None, validator=aware)

    def __attrs_post_init__(self) -> None:
        read(self.only_if)
        read_all(self.then, known=BULK_ACTIONS)

    def run(self, ctx: Context) -> Bulk:
        for place, action in enumerate(read_all(self.then, known=BULK_ACTIONS)):
            check_action(ctx, action, f"then.{place}.{action.name}")
        since = None if self.since is None else as_micros(self.since)
        until = min(ctx.now + 1, ctx.now + 1 if self.until is None else as_micros(self.until))
        bulk = Bulk(ctx.new_id(Bulk), ctx.brand_id, 0, ctx.see.who.name, self.only_if, self.then, since, until, ctx.now, reached=since or 0)
        ctx.arm("bulk", bulk.id, ctx.now)
        return ctx.change(bulk, e.BulkStarted(bulk.only_if, bulk.then, since, until))


@attrs.frozen
class CancelBulk:
    """Do nothing more of a bulk; what is done stays done. One that is over stays as it is. Answers with the `Bulk`."""

    permission: ClassVar = Permission.DIRECT
    makes: ClassVar = Bulk

    bulk: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> Bulk:
        bulk = ctx.see.mine(Bulk, self.bulk)
        if bulk.over:
            return bulk
        ctx.arm("bulk", bulk.id, None)
        return _end(ctx, bulk, BulkState.CANCELLED)

    def again(self, ctx: Context, _event: e.Event) -> Bulk:
        return ctx.see.mine(Bulk, self.bulk)


def _end(ctx: Context, bulk: Bulk, state: BulkState, reason: str = "") -> Bulk:
    body = e.BulkEnded(state, bulk.done, bulk.failed, reason)
    return ctx.change(bulk, body, state=state, ended=ctx.now, reason=reason, done=bulk.done, failed=bulk.failed)


# ------------------------------------------------------------------------------------------------------------ chunk by chunk


def go_on_with(ctx: Context, bulk: Bulk) -> None:
    """Do the next chunk, and let the desk come back for the rest."""
    if bulk.over:
        return
    who = _who(ctx, bulk)
    if who is None:
        _end(ctx, bulk, BulkState.STOPPED, f"{bulk.by} may do this no longer")
        return
    counting = bulk.state is BulkState.COUNTING
    fitting = _Fitting(ctx, bulk, read(bulk.only_if))
    for session in fitting:
        if counting:
            bulk = evolve(bulk, total=bulk.total + 1)
            continue
        failure = _attempt(ctx, bulk, session, who)
        if failure is None:
            bulk = evolve(bulk, done=bulk.done + 1)
        else:
            bulk = evolve(bulk, failed=bulk.failed + 1)
            ctx.tx.put(failure)
        if fitting.found == CHUNK:
            break
    bulk = evolve(bulk, reached=fitting.at[0], reached_id=fitting.at[1])
    if fitting.more:
        ctx.tx.put(bulk)
    elif counting:
        ctx.tx.put(evolve(bulk, state=BulkState.RUNNING, reached=bulk.since or 0, reached_id=""))
    else:
        _end(ctx, evolve(bulk, total=bulk.done + bulk.failed), BulkState.DONE)
        return
    ctx.arm("bulk", bulk.id, ctx.now)


class _Fitting:
    """The sessions that fit, from where a bulk stands: `at` is where they are, `more` whether there may be any after that."""

    def __init__(self, ctx: Context, bulk: Bulk, condition: Condition) -> None:
        self._ctx, self._condition = ctx, condition
        self.at = (bulk.reached, bulk.reached_id)
        where = {"brand": ctx.brand_id, "opened": Lt(bulk.until)}
        self._page = ctx.tx.find(Session, where=where, order="opened", after=self.at, limit=LOOKED_AT)
        self.more = True
        self.found = 0

    def __iter__(self) -> Iterator[Session]:
        for read_before in self._page:
            session = self._ctx.tx.get(Session, read_before.id)
            self.at = (session.opened, session.id)
            if self._condition.holds(Facts(self._ctx.see, session, None, now=self._ctx.now)):
                self.found += 1
                yield session
        self.more = len(self._page) == LOOKED_AT


def _who(ctx: Context, bulk: Bulk) -> Who | None:
    """Who ordered it, if they may still do so."""
    role, _, id = bulk.by.partition(":")
    if not id:
        return Who(Role(role))
    agent = ctx.tx.get(Agent, id)
    return Who(agent.role, agent.id) if not agent.removed and agent.role in GRANTS[Permission.DIRECT] else None


def _attempt(ctx: Context, bulk: Bulk, session: Session, who: Who) -> BulkFailure | None:
    """Do all actions to one session, or none; what was in the way."""
    try:
        with ctx.attempt():
            for action in read_all(bulk.then, known=BULK_ACTIONS):
                with ctx.because(f"{bulk.id}:1", f"bulk:{bulk.id}", who):
                    _act(ctx, session.id, action)
    except _NOT_OURS:
        raise
    except Exception as error:  # noqa: BLE001  (told, and logged; what fails for one must not hold up the others)
        if not isinstance(error, CschatError):
            _log.exception("%s failed with %s", bulk.id, session.id, extra={"record": bulk.id, "session": session.id, "brand": bulk.brand})
        place = bulk.done + bulk.failed + 1
        code, reason = (error.code, str(error)) if isinstance(error, CschatError) else ("error", type(error).__name__)
        return BulkFailure(BulkFailure.id_of(bulk.id, place), bulk.brand, bulk.id, place, session.id, code, reason[:1000])
    return None


def _act(ctx: Context, session: str, action: Action) -> None:
    for command in _ACTIONS[action.name](ctx, ctx.tx.get(Session, session), action.given):
        ctx.see.demand(command.permission)
        command.run(ctx)
        ctx.react()


# ---------------------------------------------------------------------------------------------------------------- actions


def _assign(_ctx: Context, session: Session, whom: Mapping[str, str]) -> list[Command[Any]]:
    """Whoever has it hands it on; what nobody has is given to an agent, or waits for a group."""
    if session.state is State.ACTIVE:
        return [TransferSession(session.id, agent=whom.get("agent"), group=whom.get("group"))]
    return [AssignSession(session.id, whom["agent"]) if "agent" in whom else DirectSession(session.id, **whom)]


def _reply(ctx: Context, session: Session, texts: Mapping[str, str]) -> list[Command[Any]]:
    content = Content(text=filled(ctx, session, texts, language_of(ctx, session)))
    content.check()
    return [SendMessage(session.id, content=part) for part in fit(content, channel_named(session.channel))]


_ACTIONS: Mapping[str, Callable[[Context, Session, Any], list[Command[Any]]]] = {
    "set_category": lambda _ctx, session, path: [SetCategory(session.id, path)],
    "set_priority": lambda _ctx, session, priority: [SetPriority(session.id, priority)],
    "add_tags": lambda _ctx, session, tags: [TagSession(session.id, tags)],
    "remove_tags": lambda _ctx, session, tags: [UntagSession(session.id, tags)],
    "assign": _assign,
    "reply": _reply,
    "end": lambda _ctx, session, reason: [EndSession(session.id, reason)],
    "wrap_up": lambda _ctx, session, given: [WrapUp(session.id, **given)],
}
"""For each action: the commands that do it."""
