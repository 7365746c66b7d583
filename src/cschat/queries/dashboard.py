"""The dashboard: how a desk stands at this moment, and what today and this month come to.

May: count by indexes and ask `Report`. May not: define a number, or go through the open sessions: however many there are, it stays fast.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.distribution import Duty
from cschat.core.people import Agent, AgentStatus
from cschat.core.session import Session
from cschat.core.stretches import instant, local_date
from cschat.core.times import SECOND, Micros, as_datetime, optional_datetime
from cschat.duties import load
from cschat.errors import MissingExtra
from cschat.folding import cells
from cschat.queries.ledger import ChargedCounts
from cschat.queries.lists import Counts, CountsByState
from cschat.queries.reports import Answer, Report
from cschat.queries.team import Agents
from cschat.sight import Sight
from cschat.stats.metrics import SQI
from cschat.storage.protocol import Gte
from cschat.waits import expected_wait

if TYPE_CHECKING:  # numpy is loaded by who asks
    from cschat.stats.cells import Figure

__all__ = ["AgentNow", "AtRisk", "Dashboard", "DashboardAnswer", "PeriodNow"]

_ALL = 100_000
_MOST_AT_RISK = 50
_CLOSINGS = ("closings", "closings_by_bot", "closings_by_agent")


@attrs.frozen
class AgentNow:
    """An agent at this moment. `load` is what they have, of at most `auto_limit` given to them and `capacity` in all.

    `present`: whether a window of theirs is open; `active`: when they last gave a sign of life, got a session or ended one. Both are
    known, and not None, only while the desk hands out work.
    """

    id: str
    name: str
    status: AgentStatus
    present: bool | None
    load: int
    auto_limit: int
    capacity: int
    active: Micros | None

    @property
    def active_at(self) -> datetime | None:
        """`active` as a time."""
        return optional_datetime(self.active)


@attrs.frozen
class AtRisk:
    """A session of whose `goal` staff were warned, or which has missed it (`breached`). `due`: when the time is or was up.

    What is on hold has until later than staff were told last.
    """

    session: str
    agent: str | None
    goal: str
    due: Micros
    breached: bool

    @property
    def due_at(self) -> datetime:
        """`due` as a time."""
        return as_datetime(self.due)


@attrs.frozen
class PeriodNow:
    """What a period has come to so far. `charged` is by kind. `sqi` are the eight, by name.

    Closings and `sqi` are None without the extra `stats`.
    """

    opened: int
    closed: int | None
    closed_by_bot: int | None
    closed_by_agent: int | None
    charged: dict[str, int]
    sqi: dict[str, Figure] | None


@attrs.frozen
class DashboardAnswer:
    """How a desk stands `at` an instant.

    `counts` are the sessions by state: `counts.queued` wait, `counts.intake` is the backlog of messages left. `longest` is how long (in
    seconds) the one who has waited longest has waited, `expected` how long whoever joins them now may have to; None: nobody waits; an agent
    is free, nobody is on duty, or nobody has been served yet. `at_risk` are the first of the `risks` sessions at risk, the one whose time
    is up first leading.
    """

    at: datetime
    counts: Counts
    longest: float | None
    expected: float | None
    agents: list[AgentNow]
    today: PeriodNow
    month: PeriodNow
    risks: int
    at_risk: list[AtRisk]


@attrs.frozen
class Dashboard:
    """How the desk stands now, and what today and this month (in the brand's zone) have come to: a `DashboardAnswer`. For staff.

    `Desk.live` shows it as it changes.
    """

    permission: ClassVar = Permission.SERVE

    def run(self, ctx: Sight) -> DashboardAnswer:
        counts, at_risk = CountsByState().run(ctx), {"brand": ctx.brand_id, "risk": Gte(0)}
        today, month = _periods(ctx)
        risks = ctx.tx.count(Session, where=at_risk)
        return DashboardAnswer(
            at=as_datetime(ctx.now),
            counts=counts,
            longest=_longest(ctx),
            expected=expected_wait(ctx, None, counts.queued + 1),
            agents=_agents(ctx),
            today=today,
            month=month,
            risks=risks,
            at_risk=[_at_risk(session) for session in ctx.tx.find(Session, where=at_risk, order="risk", limit=_MOST_AT_RISK)],
        )


def _at_risk(session: Session) -> AtRisk:
    first = min(session.risks, key=lambda risk: risk.due)
    return AtRisk(session.id, session.agent, first.goal, first.due, first.breached)


def _longest(ctx: Sight) -> float | None:
    """How long the one who has waited longest has waited; who is first in the queue may have a head start."""
    first = ctx.tx.find(Session, where={"brand": ctx.brand_id, "waiting": Gte(0)}, order="waiting", limit=1)
    return (ctx.now - first[0].since) / SECOND if first else None


def _agents(ctx: Sight) -> list[AgentNow]:
    policy = ctx.brand().distribution
    duties = {duty.agent: duty for duty in ctx.tx.find(Duty, where={"brand": ctx.brand_id}, limit=_ALL)}

    def now(agent: Agent) -> AgentNow:
        duty = duties.get(agent.id)
        present = duty is not None and duty.there if policy.automatic and policy.presence else None
        active = None if duty is None else max(duty.seen or 0, duty.given, duty.rested) or None
        has = load(ctx, agent.id) if duty is None else duty.load
        return AgentNow(agent.id, agent.name, agent.status, present, has, agent.auto_limit, agent.capacity, active)

    return [now(agent) for agent in Agents().run(ctx)]


def _periods(ctx: Sight) -> tuple[PeriodNow, PeriodNow]:
    """Today and this month, of one report by day."""
    zone = ctx.brand().zone
    today = local_date(zone, ctx.now)
    first, end = (as_datetime(instant(zone, day, 0)) for day in (today.replace(day=1), today + timedelta(days=1)))
    charged = ChargedCounts().run(ctx)
    try:
        answer: Answer | None = Report(first, end, (*SQI, *_CLOSINGS), ("day",)).run(ctx)
    except MissingExtra:
        answer = None
    return (
        _period(ctx, today, charged.today, None if answer is None else _figures_of(answer, today)),
        _period(ctx, today.replace(day=1), charged.month, None if answer is None else answer.total.figures),
    )


def _figures_of(answer: Answer, day: date) -> dict[str, Figure]:
    for line in answer.lines:
        if line.key["day"] == day.isoformat():
            return line.figures
    nothing: Figure = cells().Figure(0, 0, 0.0, None, None, None, None)
    return {name: nothing for name in answer.measures}  # noqa: C420  (of `fromkeys` one of the type checkers loses the type)


def _period(ctx: Sight, since: date, charged: dict[str, int], figures: dict[str, Figure] | None) -> PeriodNow:
    opened = ctx.tx.count(Session, where={"brand": ctx.brand_id, "opened": Gte(instant(ctx.brand().zone, since, 0))})
    if figures is None:
        return PeriodNow(opened, None, None, None, charged, None)
    closed, by_bot, by_agent = (int(figures[name].sum) for name in _CLOSINGS)
    return PeriodNow(opened, closed, by_bot, by_agent, charged, {name: figures[name] for name in SQI})
