"""Service levels are watched: staff are warned before a time is up, and told once when it is.

May: fold a session's events, record what was warned of and breached, raise alerts. May not: keep anything of its own; what has been told
is in the events.
"""

from __future__ import annotations

from cschat.commands.obeying import rules_of
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.alerts import AlertKind
from cschat.core.calendar import Opens
from cschat.core.labels import Category
from cschat.core.rules import Goal, SlaPolicy
from cschat.core.session import Session, State
from cschat.core.texts import level_text
from cschat.core.times import Micros, earliest
from cschat.rules.sla import Levels, due_at, folded, policy_of

__all__ = ["next_level", "watch_levels"]

_ALL = 100_000


def watch_levels(ctx: Context, session: Session) -> Session:
    """Record which times are nearly up or up, each once; the session after that."""
    policy = _policy(ctx, session)
    if policy is None:
        return session
    levels, hours = _levels(ctx, session), _hours(ctx, policy)
    for goal, clock in levels.clocks.items():
        allowed = policy.allowed(goal)
        due = None if allowed is None else due_at(hours, clock, allowed)
        if allowed is None or due is None:
            continue
        if due <= ctx.now:
            body: e.Body = e.SlaBreached(policy.name, goal, clock.since, due)
        elif policy.warn is not None and (warns := due_at(hours, clock, max(0, allowed - policy.warn * 1000))) and warns <= ctx.now:
            body = e.SlaWarned(policy.name, goal, clock.since, due)
        else:
            continue
        if (goal, clock.since, type(body).__name__) not in levels.told:
            session = ctx.record(session, body)
            text = level_text(ctx.see.brand().language, goal, breached=isinstance(body, e.SlaBreached))
            session = ctx.record(session, e.AlertRaised(AlertKind.SLA, text, policy.name))
    return session


def next_level(ctx: Context, session: Session) -> Micros | None:
    """When a time may be up next, or nearly. Who writes sets no clock: a goal that begins with a message is looked at in time."""
    policy = _policy(ctx, session)
    if policy is None:
        return None
    levels, hours = _levels(ctx, session), _hours(ctx, policy)
    looks: list[Micros | None] = []
    for goal in Goal:
        allowed, clock = policy.allowed(goal), levels.clocks.get(goal)
        if allowed is None:
            continue
        warned = allowed if policy.warn is None else max(0, allowed - policy.warn * 1000)
        if clock is None:
            if goal is Goal.NEXT_RESPONSE and session.state is State.ACTIVE and session.held_until is None:
                looks.append(ctx.now + max(warned, 1_000_000))
        elif (goal, clock.since, e.SlaBreached.__name__) not in levels.told:
            was_warned = policy.warn is None or (goal, clock.since, e.SlaWarned.__name__) in levels.told
            looks.append(due_at(hours, clock, allowed if was_warned else warned))
        elif goal is Goal.NEXT_RESPONSE:
            looks.append(ctx.now + max(warned, 1_000_000))
    return earliest(*looks)


def _policy(ctx: Context, session: Session) -> SlaPolicy | None:
    book = rules_of(ctx)
    if book is None or not book.sla or session.state in (State.BOT, State.WRAP_UP, State.CLOSED):
        return None
    category = "" if session.category is None else ctx.tx.get(Category, session.category).path
    return policy_of(book.sla, session, category)


def _levels(ctx: Context, session: Session) -> Levels:
    return folded(ctx.tx.events(session.id, limit=_ALL))


def _hours(ctx: Context, policy: SlaPolicy) -> Opens:
    return ctx.see.hours() if policy.business else None
