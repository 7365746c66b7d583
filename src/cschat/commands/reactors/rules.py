"""Rules meet events: each is offered to the brand's rules twice, before bots and routing see it and after they have.

May: find the rules that an event may concern, and arm the clock of a session for the rules of time. May not: do what rules say
(`commands.obeying` does).

A brand without rules pays one look at its rulebook for each event, and one without rules of time sets no clock.
"""

from __future__ import annotations

from collections.abc import Collection

from cschat.commands.levels import next_level
from cschat.commands.obeying import answer, next_look, rules_of
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.rules import Phase
from cschat.core.session import Session
from cschat.core.times import earliest

__all__ = ["Clocks", "Rules"]

_OWN = {e.RuleFired, e.RuleStopped, e.SlaWarned, e.SlaBreached}


class Rules:
    """The reactor that sets off the rules of one phase."""

    on: Collection[type] = tuple(body for body in e.SESSION_BODIES if body not in _OWN)

    def __init__(self, phase: Phase) -> None:
        self._phase = phase

    def react(self, ctx: Context, event: e.Event) -> None:
        book = rules_of(ctx)
        rules = None if book is None else book.by_event.get((self._phase, event.type))
        if rules is not None:
            answer(ctx, event, rules)


class Clocks:
    """The reactor that lets a session be looked at when a rule of time or a service level may be due. It comes last."""

    on: Collection[type] = (
        *(e.Opened, e.OpenedByAgent, e.AgentRequested, e.MessageLeft, e.MovedToIntake, e.ReturnedToBot, e.Routed, e.Assigned),
        *(e.OfferPassed, e.Transferred, e.Released, e.Held, e.Resumed, e.Ended, e.WrappedUp, e.Reopened, e.ForceClosed, e.BotMoved),
        *(e.CategorySet, e.PrioritySet),
    )

    def react(self, ctx: Context, event: e.Event) -> None:
        book = rules_of(ctx)
        if book is None or not (book.timed or book.sla):
            return
        session = ctx.tx.get(Session, event.subject)
        ctx.wake(session, earliest(session.until, next_look(ctx, session), next_level(ctx, session)))
