"""Whether everything is as it must be.

May: look for what cannot be. May not: mend it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.people import Agent
from cschat.core.session import Session, State
from cschat.core.timers import Timer
from cschat.core.times import SECOND
from cschat.sight import Sight
from cschat.storage.protocol import Lt

__all__ = ["Finding", "SelfCheck"]

LATE_SECONDS = 300
"""How long a timer may be overdue before it counts as lost."""
_PAGE = 1000


@attrs.frozen
class Finding:
    """Something that cannot be: in `session`, `what`."""

    session: str
    what: str


@attrs.frozen
class SelfCheck:
    """Look for impossible and stuck sessions: a list of `Finding`, always empty if all is well. By the desk and its host."""

    permission: ClassVar = Permission.OPERATE

    def run(self, ctx: Sight) -> list[Finding]:
        owned = (State.ACTIVE, State.WRAP_UP)
        findings = [
            Finding(session.id, what) for state in State for session in _in_state(ctx, state) for what in _faults(ctx, session, owned)
        ]
        late = ctx.tx.find(Session, where={"wake": Lt(ctx.now - LATE_SECONDS * SECOND)}, order="wake", limit=_PAGE)
        return findings + [Finding(session.id, "its timer is overdue") for session in late if session.brand == ctx.brand_id]


def _in_state(ctx: Sight, state: State) -> Iterator[Session]:
    if state is State.CLOSED:
        return
    after = None
    while page := ctx.tx.find(Session, where={"brand": ctx.brand_id, "state": state}, order="rank", after=after, limit=_PAGE):
        yield from page
        after = (page[-1].rank, page[-1].id)


def _faults(ctx: Sight, session: Session, owned: tuple[State, ...]) -> Iterator[str]:
    if session.state in owned:
        agent = None if session.agent is None else ctx.tx.peek(Agent, session.agent)
        if session.agent is None:
            yield f"is {session.state} and nobody has it"
        elif agent is None or agent.removed or agent.brand != session.brand:
            yield "its owner does not work here"
    elif session.agent is not None:
        yield f"is {session.state} and yet somebody has it"
    if session.state is State.INTAKE and not session.spoke:
        yield "is an intake item without a message"
    if session.held_until is not None and session.wake is None:
        yield "is on hold with no timer"
    if any(ctx.tx.peek(Timer, Timer.id_of("delayed", reply)) is None for reply in session.delayed):
        yield "has a delayed reply with no timer"
    if session.held_until is not None and session.state is not State.ACTIVE:
        yield "is on hold and not active"
    if session.main is not None and session.state is not State.BOT:
        yield "has a main scenario outside BOT"
    if session.side is not None and session.state is State.BOT:
        yield "has a side scenario in BOT"
