"""What is over goes on.

May: reopen and continue sessions, as the channel's policy says. May not: record what was said.
"""

from __future__ import annotations

from cschat.accepting import demand_balance, suspended, unavailable
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.brand import Reopening
from cschat.core.session import Session, State
from cschat.core.turns import TurnKind
from cschat.errors import Conflict

__all__ = ["OVER", "go_on", "reopen"]

OVER = (State.WRAP_UP, State.CLOSED)
"""The states of a session that has ended."""


def go_on(ctx: Context, session: Session, *, by_message: bool) -> Session:
    """Where a customer goes on who comes back to a session that is over, with a message or by pressing "다시 문의".

    Within the brand's grace a message changes nothing, and the button reopens. After that the channel's policy reopens the session,
    continues it in a new one, or refuses (`Conflict`).
    """
    brand = ctx.see.brand()
    over = ctx.now - (session.ended or session.last)
    if over < brand.grace * 1000:
        return session if by_message else reopen(ctx, session, by_message=False)
    policy = brand.reopening_for(session.channel)
    if policy is Reopening.NEVER:
        raise Conflict(f"{session.id} is over", session_id=session.id, state=session.state)
    if policy is Reopening.SAME_SESSION and over < brand.reopen_window * 1000:
        return reopen(ctx, session, by_message=by_message)
    return ctx.continue_in(session, e.Opened(session.customer, session.channel, session.language, session.subject, previous=session.id))


def reopen(ctx: Context, session: Session, *, by_message: bool) -> Session:
    """Reopen a session in WRAP_UP or CLOSED.

    In WRAP_UP it stays with its owner. In CLOSED, the last owner who reopens it has it again, whatever their load. Else it is
    routed: to where nobody had asked for a person, if nobody had; into the queue, if requests are accepted; as an intake item, if a message
    caused it; to the bot.
    """
    who = ctx.see.who
    if session.state is State.WRAP_UP or (session.last_agent is not None and session.last_agent == who.id):
        if session.state is State.CLOSED:
            demand_balance(ctx.see)
        return ctx.record(session, e.Reopened(who.role, State.ACTIVE, session.last_agent))
    if session.turn.kind is TurnKind.BOT:
        to = State.BOT
    elif (unavailable(ctx.see) or suspended(ctx.see)) is None:
        to = State.QUEUED
    else:
        to = State.INTAKE if by_message else State.BOT
    return ctx.record(session, e.Reopened(who.role, to))
