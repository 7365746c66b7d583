"""Facts: what one closed turn comes to, as whole milliseconds.

May: fold the events of one session. May not: look anything up, or add anything up (`cells` does).

The wall times are those of the `Clocks` that the event which ends a turn carries. What the clocks do not say (business hours, who
answered, who came back) is seen while the session is folded. A fact is never edited: what changes later (a re-tag, a category, a customer
who comes back) makes another fact in its place. Missing is None, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, ClassVar

import attrs
from msgspec import Struct

from cschat.core import events as e
from cschat.core.calendar import elapsed
from cschat.core.content import Speaker, Visibility
from cschat.core.hours import Hours
from cschat.core.people import Role
from cschat.core.records import STAFF, Index, evolve
from cschat.core.session import Session, State, opened
from cschat.core.times import Micros
from cschat.core.turns import Clocks, Turn, TurnKind

__all__ = ["Abandoned", "Fact", "Share", "Took", "facts_of"]


class Abandoned(StrEnum):
    """How a turn that waited in the queue came to its end without a word from a person."""

    IN_QUEUE = "in_queue"
    ASSIGNED_UNANSWERED = "assigned_unanswered"
    LEFT_MESSAGE = "left_message"
    BACK_TO_BOT = "back_to_bot"
    BY_US = "by_us"


# gc=False: none of these can be part of a cycle, and a report that reads a million of them is three times as fast if nobody looks for one.


class Took(Struct, frozen=True, array_like=True, gc=False):
    """A length of time in milliseconds: on the wall, and within business hours (None: there were none)."""

    wall: int
    business: int | None = None


class Share(Struct, frozen=True, array_like=True, gc=False):
    """What an agent has of a turn; a stretch in the queue that did not lead to an agent has neither agent nor length."""

    agent: str | None
    took: Took | None


class Fact(Struct, frozen=True, omit_defaults=True, gc=False):
    """One closed turn: the `number`th of its session. `docs/reference/metrics.md` says what each number means.

    `agent` had the turn last, `responder` answered first. `queue` has one entry for each stretch in the queue, `owned` one for each agent,
    `replies` one for each answer after the first. `response` counts from the beginning of the turn, `opened_response` (only the first live
    turn of a session has it) from the opening, and so does `total` of that turn. `promised`: a service level held for it.
    `zone` is the one whose days it was counted in.
    """

    kind: ClassVar[str] = "fact"
    prefix: ClassVar[str] = "fct"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "closed")),)

    id: str
    brand: str
    session: str
    number: int
    turn: TurnKind
    began: Micros
    closed: Micros
    total: Took
    session_age: Took
    zone: str
    customer: str
    channel: str
    first_live: bool = False
    language: str | None = None
    priority: Annotated[str, STAFF] = "normal"
    group: str | None = None
    category: Annotated[str | None, STAFF] = None
    tags: Annotated[tuple[str, ...], STAFF] = ()
    scenarios: Annotated[tuple[str, ...], STAFF] = ()
    agent: str | None = None
    responder: str | None = None
    queue: tuple[Share, ...] = ()
    entered: bool = False
    abandoned: Abandoned | None = None
    short: bool = False
    response: Took | None = None
    opened_response: Took | None = None
    agent_wait: Took | None = None
    agent_wait_open: Took | None = None
    customer_wait: Took | None = None
    customer_wait_open: Took | None = None
    talk: Took | None = None
    after_work: Took | None = None
    owned: tuple[Share, ...] = ()
    replies: tuple[Share, ...] = ()
    customer_messages: int = 0
    human_messages: int = 0
    bot_messages: int = 0
    closes: bool = False
    first_closing: bool = False
    reopened: bool = False
    handoff: bool = False
    transfers: int = 0
    resolved: bool = False
    rating: int | None = None
    breaches: int = 0
    promised: bool = False

    @staticmethod
    def id_of(session: str, number: int) -> str:
        """The id of the fact of a turn."""
        return f"{Fact.prefix}_{session.partition('_')[2]}_{number}"


_Stretch = tuple[Micros, Micros]


@attrs.define
class _Run:
    """What is seen of a turn while it lasts, beside its clocks."""

    reopened: bool
    entered: bool = False
    over: tuple[Role, State, Micros] | None = None
    responder: str | None = None
    transfers: int = 0
    breaches: int = 0
    scenarios: tuple[str, ...] = ()
    customer: list[_Stretch] = attrs.field(factory=list)
    customer_open: list[_Stretch] = attrs.field(factory=list)
    agent: list[_Stretch] = attrs.field(factory=list)
    agent_open: list[_Stretch] = attrs.field(factory=list)
    replies: list[tuple[str | None, Micros, Micros]] = attrs.field(factory=list)


_SEEN = frozenset({
    *(e.Opened, e.OpenedByAgent, e.AgentRequested, e.MessageLeft, e.MovedToIntake, e.ReturnedToBot, e.Directed, e.Assigned),
    *(e.OfferPassed, e.Transferred, e.Released, e.Held, e.Resumed, e.Ended, e.WrappedUp, e.Reopened, e.ForceClosed, e.MessageSent),
    *(e.CategorySet, e.PrioritySet, e.SessionTagged, e.Rated, e.BotMoved, e.SlaBreached, e.Continued, e.CustomerReplaced),
})  # fmt: skip
"""What a fact may depend on; the rest is passed over."""


def facts_of(
    events: Iterable[e.Event],
    *,
    hours: Hours | None = None,
    zone: str = "UTC",
    window: int = 86_400_000,
    short: int = 10_000,
    returned: Micros | None = None,
) -> list[Fact]:
    """The facts of all closed turns of a session, by its events from the first on.

    `window` (milliseconds): how long after the end a customer who comes back takes a bot's resolution back; `returned` is when their next
    session was opened. Who leaves the queue in less than `short` (milliseconds) has hardly waited.
    """
    folding = _Folding(hours, zone, short)
    for event in events:
        if type(event.body) in _SEEN:
            folding.see(event)
    return folding.facts(window * 1000, returned)


class _Folding:
    """A session on its way, and the facts of it so far."""

    def __init__(self, hours: Hours | None, zone: str, short: int) -> None:
        self._hours = hours if hours is not None and hours.versions else None
        self._zone = zone
        self._short = short * 1000
        self._session: Session | None = None
        self._run = _Run(reopened=False)
        self._facts: list[Fact] = []
        self._returns: list[Micros] = []
        self._ratings: dict[int, int] = {}
        self._answered = self._live = False
        self._closings = 0

    def see(self, event: e.Event) -> None:
        before, body = self._session, event.body
        if before is None:
            self._session = opened(event)
            return
        after = self._session = before.apply(event)
        if type(body) is e.MessageSent:
            self._said(before, event)
        else:
            self._happened(before, event)
        if before.turn is not after.turn or before.turns != after.turns:
            self._gaps(before.turn, after.turn if before.turns == after.turns else None, event)
        clocks: Clocks | None = getattr(body, "turn", None)
        if clocks is not None:
            self._close(before, after, event, clocks)
        if after.turns != before.turns:
            self._run = _Run(reopened=type(body) is e.Reopened)
        if after.state is State.QUEUED:
            self._run.entered = True

    def _said(self, before: Session, event: e.Event) -> None:
        body: e.MessageSent = event.body
        turn, run = before.turn, self._run
        if body.author is not Speaker.AGENT or body.visibility is not Visibility.PUBLIC or body.step or before.state is State.CLOSED:
            return
        self._answered = True
        if turn.first_response is None:
            run.responder = body.agent
        elif turn.customer_since is not None:
            run.replies.append((body.agent, turn.customer_since, event.time))

    def _happened(self, before: Session, event: e.Event) -> None:
        body, run = event.body, self._run
        match body:
            case e.Ended() | e.ForceClosed():
                if run.over is None:
                    gone = getattr(body, "policy", None) == "end_when_gone"
                    run.over = (Role.CUSTOMER if gone else body.by, before.state, event.time)
            case e.Transferred():
                run.transfers += 1
            case e.SlaBreached():
                run.breaches += 1
            case e.Rated():
                open_turn = before.state is not State.CLOSED
                self._ratings[before.turns if open_turn else len(self._facts)] = round(100 * body.score / body.scale)
            case e.BotMoved() if not body.side:
                name = body.cursor.scenario if body.cursor is not None else body.scenario
                if name and name not in run.scenarios:
                    run.scenarios = (*run.scenarios, name)
            case e.Reopened() | e.Continued():
                self._returns.append(event.time)
            case _:
                pass

    def _gaps(self, was: Turn, now: Turn | None, event: e.Event) -> None:
        """Keep the gaps that this event closes or cuts, for their business hours."""
        if self._hours is None:
            return
        run, time, said = self._run, event.time, event.body.author if type(event.body) is e.MessageSent else None
        if was.customer_since is not None and was.first_response is not None and (now is None or now.customer_since != was.customer_since):
            (run.customer if said is Speaker.AGENT else run.customer_open).append((was.customer_since, time))
        if was.agent_since is not None and (now is None or now.agent_since != was.agent_since) and said is not Speaker.AGENT:
            (run.agent if said is Speaker.CUSTOMER else run.agent_open).append((was.agent_since, time))

    # ----------------------------------------------------------------------------------------------------------- lengths

    def _took(self, begin: Micros, end: Micros) -> Took:
        business = None if self._hours is None else _ms(elapsed(self._hours, begin, end) or 0)
        return Took(_ms(end - begin), business)

    def _sum(self, wall: int, stretches: list[_Stretch]) -> Took:
        if self._hours is None:
            return Took(wall)
        return Took(wall, _ms(sum(elapsed(self._hours, begin, end) or 0 for begin, end in stretches)))

    # ----------------------------------------------------------------------------------------------------------- closing

    def _close(self, before: Session, after: Session, event: e.Event, clocks: Clocks) -> None:
        run, time = self._run, event.time
        turn = (before.turn if before.turn.ended is not None else before.turn.end(time)).unqueue(time, assigned=False)
        closes = after.state is State.CLOSED and before.state is not State.CLOSED
        live = turn.kind is TurnKind.LIVE
        first_live = live and not self._live
        self._live |= live
        self._closings += closes
        response = None if turn.first_response is None else self._took(turn.began, turn.first_response)
        opened_response = None if turn.first_response is None or not first_live else self._took(before.opened, turn.first_response)
        answered = response is not None
        talk = None if turn.first_response is None or turn.last_said is None else self._took(turn.first_response, turn.last_said)
        abandoned, short = self._abandoned(before, turn, event)
        self._facts.append(
            Fact(
                id=Fact.id_of(before.id, before.turns),
                brand=before.brand,
                session=before.id,
                number=before.turns,
                turn=turn.kind,
                began=turn.began,
                closed=time,
                total=self._took(before.opened if first_live else turn.began, time),
                session_age=self._took(before.opened, time),
                zone=self._zone,
                customer=before.customer,
                channel=before.channel,
                first_live=first_live,
                language=before.language,
                priority=before.priority,
                group=before.group,
                scenarios=run.scenarios,
                agent=turn.owned[-1].agent if turn.owned else None,
                responder=run.responder,
                queue=tuple(self._spell(turn, number) for number in range(len(turn.queued))),
                entered=run.entered,
                abandoned=abandoned,
                short=short,
                response=response,
                opened_response=opened_response,
                agent_wait=self._sum(clocks.agent_wait, run.agent) if answered else None,
                agent_wait_open=self._sum(clocks.agent_wait_open, run.agent_open) if answered else None,
                customer_wait=self._sum(clocks.customer_wait, run.customer) if answered else None,
                customer_wait_open=self._sum(clocks.customer_wait_open, run.customer_open) if answered else None,
                talk=talk,
                after_work=None if clocks.after_work is None or turn.ended is None else self._took(turn.ended, time),
                owned=self._owned(turn, time),
                replies=tuple(Share(agent, self._took(since, when)) for agent, since, when in run.replies),
                customer_messages=clocks.customer_messages,
                human_messages=clocks.human_messages,
                bot_messages=clocks.bot_messages,
                closes=closes,
                first_closing=closes and self._closings == 1,
                reopened=run.reopened,
                handoff=turn.kind is TurnKind.BOT and type(event.body) in (e.AgentRequested, e.Assigned),
                transfers=run.transfers,
                resolved=turn.kind is TurnKind.BOT and closes and type(event.body) is e.Ended and not (self._answered or self._live),
                breaches=run.breaches,
            )
        )

    def _spell(self, turn: Turn, number: int) -> Share:
        spell = turn.queued[number]
        if not spell.assigned or spell.ended is None:
            return Share(None, None)
        agent = next((own.agent for own in turn.owned if own.began == spell.ended), None)
        return Share(agent, self._took(spell.began, spell.ended))

    def _owned(self, turn: Turn, time: Micros) -> tuple[Share, ...]:
        """Each agent who had it, once, with all their stretches together."""
        found: dict[str, list[_Stretch]] = {}
        for own in turn.owned:
            found.setdefault(own.agent, []).append((own.began, time if own.ended is None else own.ended))
        return tuple(
            Share(agent, self._sum(_ms(sum(end - begin for begin, end in stretches)), stretches)) for agent, stretches in found.items()
        )

    def _abandoned(self, before: Session, turn: Turn, event: e.Event) -> tuple[Abandoned | None, bool]:
        run, body = self._run, event.body
        if not run.entered or turn.first_response is not None:
            return None, False
        by, state, when = run.over or (getattr(body, "by", Role.SYSTEM), before.state, event.time)
        how = _LEFT_BY.get(type(body))
        if how is None:
            how = Abandoned.BY_US if by is not Role.CUSTOMER else _LEFT_IN.get(state, Abandoned.IN_QUEUE)
        return how, when - turn.queued[0].began < self._short

    # ------------------------------------------------------------------------------------------------------- in the end

    def facts(self, window: int, returned: Micros | None) -> list[Fact]:
        """The facts, with what became known only after their turns."""
        session = self._session
        if session is None:
            return []
        returns = [*self._returns, *([] if returned is None else [returned])]
        return [
            evolve(
                fact,
                category=session.category,
                tags=session.tags,
                customer=session.customer,
                rating=self._ratings.get(fact.number),
                resolved=fact.resolved and not any(fact.closed <= when <= fact.closed + window for when in returns),
            )
            for fact in self._facts
        ]


_LEFT_BY: dict[type, Abandoned] = {
    e.MessageLeft: Abandoned.LEFT_MESSAGE,
    e.ReturnedToBot: Abandoned.BACK_TO_BOT,
    e.MovedToIntake: Abandoned.BY_US,
}
_LEFT_IN = {State.QUEUED: Abandoned.IN_QUEUE, State.ACTIVE: Abandoned.ASSIGNED_UNANSWERED}


def _ms(micros: int) -> int:
    return round(micros / 1000)
