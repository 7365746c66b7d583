"""The clocks of service levels: which run for a session, and when their time is up.

May: fold events and compute. May not: read a clock, record anything.

A clock is the stretches in which it ran; a hold cuts a stretch off. What has passed on it is the sum of the business time of its stretches,
each computed for itself. So two holds within a minute both count, and a holiday within makes it due later, never sooner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import attrs

from cschat.core import events as e
from cschat.core.calendar import Opens, add, elapsed
from cschat.core.content import Speaker, Visibility
from cschat.core.people import Role
from cschat.core.rules import Goal, SlaPolicy
from cschat.core.times import Micros
from cschat.errors import NeverOpens

__all__ = ["Clock", "Concerned", "Levels", "due_at", "folded", "passed", "policy_of"]


@attrs.frozen
class Clock:
    """Since the event `since`; `stretches` are those that are over, `began` is when the one that runs began (None: it stands still)."""

    since: int
    began: Micros | None
    stretches: tuple[tuple[Micros, Micros], ...] = ()

    def paused(self, time: Micros) -> Clock:
        """Standing still from a time on."""
        return self if self.began is None else Clock(self.since, None, (*self.stretches, (self.began, time)))

    def resumed(self, time: Micros) -> Clock:
        """Running from a time on."""
        return self if self.began is not None else attrs.evolve(self, began=time)


@attrs.frozen
class Levels:
    """What is to be met in a session: the clocks that are on, by goal, and what staff were told of them (goal, since, type of event)."""

    clocks: Mapping[Goal, Clock] = attrs.Factory(dict)
    told: frozenset[tuple[str, int, str]] = frozenset()
    answered: bool = False
    held: bool = False

    def on(self, event: e.Event, *goals: Goal) -> Levels:
        """With these clocks started by an event, unless they run already."""
        fresh = {goal: Clock(event.seq, event.time) for goal in goals if goal not in self.clocks}
        return attrs.evolve(self, clocks={**self.clocks, **fresh})

    def off(self, *goals: Goal) -> Levels:
        """Without these clocks."""
        return attrs.evolve(self, clocks={goal: clock for goal, clock in self.clocks.items() if goal not in goals})


_FIRST, _NEXT, _END = Goal
_ALL = (_FIRST, _NEXT, _END)


def folded(events: Iterable[e.Event]) -> Levels:
    """The levels of a session after its events."""
    levels = Levels()
    for event in events:
        fold = _FOLDS.get(type(event.body))
        if levels.held and type(event.body) in _UNHOLD:
            running = {goal: clock.resumed(event.time) for goal, clock in levels.clocks.items()}
            levels = attrs.evolve(levels, clocks=running, held=False)
        if fold is not None:
            levels = fold(levels, event)
    return levels


def _asked(levels: Levels, event: e.Event) -> Levels:
    return levels.on(event, _END) if levels.answered and levels.clocks else attrs.evolve(levels, answered=False).on(event, _FIRST, _END)


def _assigned(levels: Levels, event: e.Event) -> Levels:
    return levels if levels.clocks else _asked(levels, event)  # a person stepped into a bot's talk


def _said(levels: Levels, event: e.Event) -> Levels:
    body = event.body
    if body.visibility is not Visibility.PUBLIC or body.step or not levels.clocks:
        return levels
    if body.author is Speaker.AGENT:
        return attrs.evolve(levels.off(_FIRST, _NEXT), answered=True)
    return levels.on(event, _NEXT) if body.author is Speaker.CUSTOMER and levels.answered else levels


def _held(levels: Levels, event: e.Event) -> Levels:
    standing = {goal: clock.paused(event.time) for goal, clock in levels.clocks.items()}
    return attrs.evolve(levels, clocks=standing, held=True)


def _over(levels: Levels, _event: e.Event) -> Levels:
    return attrs.evolve(levels.off(*_ALL), answered=False)


def _reopened(levels: Levels, event: e.Event) -> Levels:
    if event.body.to == "bot":
        return levels
    return levels.on(event, _FIRST, _END) if event.body.by is Role.CUSTOMER else attrs.evolve(levels, answered=True).on(event, _END)


def _told(levels: Levels, event: e.Event) -> Levels:
    return attrs.evolve(levels, told=levels.told | {(event.body.goal, event.body.since, event.type)})


_UNHOLD = frozenset({e.Resumed, e.Transferred, e.Released, e.OfferPassed, e.Ended, e.ForceClosed})
_FOLDS: Mapping[type, Callable[[Levels, e.Event], Levels]] = {
    e.OpenedByAgent: lambda levels, event: attrs.evolve(levels, answered=True).on(event, _END),
    e.AgentRequested: _asked,
    e.MessageLeft: _asked,
    e.Assigned: _assigned,
    e.MessageSent: _said,
    e.Held: _held,
    e.ReturnedToBot: _over,
    e.Ended: _over,
    e.ForceClosed: _over,
    e.Reopened: _reopened,
    e.SlaWarned: _told,
    e.SlaBreached: _told,
}


def passed(hours: Opens, clock: Clock, now: Micros) -> int:
    """What has passed on a clock by `now`, in microseconds of business time; without hours, of time."""
    stretches = clock.stretches if clock.began is None else (*clock.stretches, (clock.began, now))
    return sum(_between(hours, start, end) for start, end in stretches)


def _between(hours: Opens, start: Micros, end: Micros) -> int:
    found = elapsed(hours, start, end)
    return end - start if found is None else found


def due_at(hours: Opens, clock: Clock, allowed: int) -> Micros | None:
    """When a time of `allowed` microseconds is up on a clock; None: not while it stands still, or while it never opens."""
    left = allowed
    for start, end in clock.stretches:
        here = _between(hours, start, end)
        if here >= left:
            return _after(hours, start, left)
        left -= here
    return None if clock.began is None else _after(hours, clock.began, left)


def _after(hours: Opens, start: Micros, left: int) -> Micros | None:
    try:
        found = add(hours, start, left)
    except NeverOpens:
        return None
    return start + left if found is None else found


class Concerned(Protocol):
    """What a policy looks at: a session, or one of its turns."""

    @property
    def priority(self) -> str: ...
    @property
    def channel(self) -> str: ...


def policy_of(policies: Iterable[SlaPolicy], session: Concerned, category: str) -> SlaPolicy | None:
    """The first policy that fits a session (or a turn of it), whose category has this path."""
    for policy in policies:
        below = policy.category is None or category == policy.category or category.startswith(f"{policy.category}/")
        if below and policy.priority in (None, session.priority) and policy.channel in (None, session.channel):
            return policy
    return None
