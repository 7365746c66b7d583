"""The clocks of time rules: since when a session is in what a rule waits for, and when the rule is to be looked at.

May: compute. May not: read a clock; every instant comes in.

Nothing is set when somebody writes. A rule about silence is looked at when it could be due at the earliest, and if somebody has written
meanwhile, again when it could be due after that. What is held stands still: no rule of time looks at it.
"""

from __future__ import annotations

from cschat.core.rules import Mark, When
from cschat.core.session import Session, State
from cschat.core.times import Micros
from cschat.core.turns import TurnKind

__all__ = ["anchor_of", "due_at", "fired", "look_at", "missed"]

PATIENCE = 600_000_000
"""How long at least (in microseconds) until a rule that was due while its condition did not hold is looked at again; then twice as long."""
_MOST_DOUBLED = 12


def anchor_of(when: When, session: Session) -> Micros | None:
    """Since when a session is in what the rule waits for; None: it is not."""
    if session.held_until is not None:
        return None
    if when.state is not None and when.state != session.state:
        return None
    if when.silent is None:
        return session.since if when.state is not None else None
    turn = session.turn
    if session.state is State.BOT and when.silent == "customer":
        return session.since if turn.last_said is None else turn.last_said
    if session.state is not State.ACTIVE:
        return None
    if when.silent == "customer":
        return turn.agent_since
    if turn.customer_since is None and turn.first_response is None and turn.kind is TurnKind.LIVE and turn.owned:
        return turn.owned[-1].began  # nobody has said hello yet
    return turn.customer_since


def may_begin(when: When, session: Session) -> bool:
    """Whether what the rule waits for can begin without a change of state or owner: somebody stops talking."""
    return when.silent is not None and session.state is State.ACTIVE and session.held_until is None and when.state in (None, State.ACTIVE)


def due_at(when: When, anchor: Micros, mark: Mark | None) -> Micros | None:
    """When a rule is due in the stretch that began at `anchor`; None: it has been set off as often as it may."""
    if mark is None or mark.anchor != anchor:
        return anchor + when.after * 1000
    if mark.times >= when.at_most:
        return None
    return max(anchor + when.after * 1000 * (mark.times + 1), mark.look)


def look_at(when: When, session: Session, mark: Mark | None, now: Micros) -> Micros | None:
    """When a session is to be looked at for a rule; None: not before something happens."""
    anchor = anchor_of(when, session)
    due = None if anchor is None else due_at(when, anchor, mark)
    if due is None:
        return now + when.after * 1000 if may_begin(when, session) else None
    return due


def fired(mark: Mark | None, anchor: Micros, when: When, now: Micros) -> Mark:
    """The mark after a rule was set off. What it has slept through while the desk was down counts once."""
    times = 1 + (mark.times if mark is not None and mark.anchor == anchor else 0)
    slept = (now - anchor) // (when.after * 1000)
    return Mark(anchor, times=times, look=max(0, anchor + (slept + 1) * when.after * 1000))


def missed(mark: Mark | None, anchor: Micros, now: Micros, *, opens: Micros | None) -> Mark:
    """The mark after a rule was due and its condition did not hold. `opens`: when it may hold, if that is known."""
    same = mark is not None and mark.anchor == anchor
    times, before = (mark.times, mark.missed) if same and mark is not None else (0, 0)
    later = now + (PATIENCE << min(before, _MOST_DOUBLED))
    return Mark(anchor, times, before + 1, later if opens is None else opens)
