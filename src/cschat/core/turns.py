"""The clocks of a turn: who waited for whom, kept while the session's events are folded.

May: add up. May not: look at anything but the event's own time.

A customer waits from the earliest unanswered customer message to the next human reply; an agent waits from the latest human
reply to the next customer message. A held stretch counts in neither. A gap that is cut (by a hold, a transfer, a release or the
end) is kept apart as `..._open` and, if the talk goes on, begins anew.
Instants and running sums are in microseconds; `Clocks`, what statistics read, is in milliseconds. Missing is None, never 0.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from cschat.core.content import Speaker
from cschat.core.records import evolve
from cschat.core.times import Micros

__all__ = ["Clocks", "Owned", "OwnedClock", "Queued", "Turn", "TurnKind"]


class TurnKind(StrEnum):
    """Who was to answer in a turn: a bot, a person, a person later; or a person began it."""

    BOT = "bot"
    LIVE = "live"
    INTAKE = "intake"
    OUTBOUND = "outbound"


class Queued(Struct, frozen=True):
    """One stretch in the queue; `assigned` says whether an agent ended it."""

    began: Micros
    ended: Micros | None = None
    assigned: bool = False


class Owned(Struct, frozen=True):
    """One stretch in which an agent had the session."""

    agent: str
    began: Micros
    ended: Micros | None = None


class OwnedClock(Struct, frozen=True):
    """How long an agent had the session, in milliseconds."""

    agent: str
    duration: int


class Clocks(Struct, frozen=True):
    """A finished turn, carried by the event that ends it. Durations in milliseconds, counted from the turn's beginning.

    `queue_times` has one entry per queue spell: None if the spell did not end with an agent. `first_response`, `talk_time` and
    `after_work` are None if they never came to pass. The waits are sums over closed gaps; `..._open` are gaps that were cut.
    """

    kind: TurnKind
    began: Micros
    total: int
    queue_times: tuple[int | None, ...]
    owned: tuple[OwnedClock, ...]
    first_response: int | None
    customer_wait: int
    customer_wait_open: int
    agent_wait: int
    agent_wait_open: int
    talk_time: int | None
    after_work: int | None
    customer_messages: int
    human_messages: int
    bot_messages: int


class Turn(Struct, frozen=True):
    """One stretch of a session while it runs. While it is `held` no gap is open; `paused` is whose gap begins anew after that."""

    kind: TurnKind
    began: Micros
    queued: tuple[Queued, ...] = ()
    owned: tuple[Owned, ...] = ()
    first_response: Micros | None = None
    last_said: Micros | None = None
    customer_since: Micros | None = None
    agent_since: Micros | None = None
    held: bool = False
    paused: Speaker | None = None
    customer_wait: int = 0
    customer_wait_open: int = 0
    agent_wait: int = 0
    agent_wait_open: int = 0
    customer_messages: int = 0
    human_messages: int = 0
    bot_messages: int = 0
    ended: Micros | None = None

    def said(self, author: Speaker, time: Micros) -> Turn:
        """A public message was said. Bots and the system only count; after the end nothing runs."""
        if author is Speaker.CUSTOMER:
            if self.ended is not None:
                return evolve(self, customer_messages=self.customer_messages + 1)
            if self.held:
                return evolve(self, last_said=time, paused=author, customer_messages=self.customer_messages + 1)
            waited = 0 if self.agent_since is None else time - self.agent_since
            since = time if self.customer_since is None else self.customer_since
            return evolve(
                self,
                last_said=time,
                customer_since=since,
                agent_since=None,
                agent_wait=self.agent_wait + waited,
                customer_messages=self.customer_messages + 1,
            )
        if author is Speaker.AGENT:
            waited = 0 if self.customer_since is None or self.first_response is None else time - self.customer_since
            return evolve(
                self,
                last_said=time,
                first_response=time if self.first_response is None else self.first_response,
                customer_since=None,
                agent_since=None if self.held else time,
                paused=author if self.held else None,
                customer_wait=self.customer_wait + waited,
                human_messages=self.human_messages + 1,
            )
        return evolve(self, bot_messages=self.bot_messages + 1)

    def queue(self, time: Micros) -> Turn:
        """The session went into the queue; whoever had it has it no more."""
        return evolve(self.resume(time).cut(time), queued=(*self.queued, Queued(time)), owned=_released(self, time))

    def unqueue(self, time: Micros, *, assigned: bool) -> Turn:
        """The session left the queue, to an agent or elsewhere. Without a spell in progress nothing changes."""
        if not self.queued or self.queued[-1].ended is not None:
            return self
        return evolve(self, queued=(*self.queued[:-1], evolve(self.queued[-1], ended=time, assigned=assigned)))

    def let_pass(self, time: Micros) -> Turn:
        """An offer was let pass: back in the queue as if it had never been out of it. The stretch in the queue goes on."""
        queued = (*self.queued[:-1], evolve(self.queued[-1], ended=None, assigned=False)) if self.queued else (Queued(time),)
        return evolve(self.resume(time), queued=queued, owned=_released(self, time))

    def own(self, agent: str, time: Micros) -> Turn:
        """An agent has it from now on: out of the queue, from a colleague, or out of nothing (then it waited 0)."""
        waited = self.resume(time).unqueue(time, assigned=True)
        if waited.kind is TurnKind.LIVE and not (waited.queued or waited.owned):
            waited = evolve(waited, queued=(Queued(time, time, assigned=True),))
        return evolve(waited.cut(time) if waited.owned else waited, owned=(*_released(waited, time), Owned(agent, time)))

    def cut(self, time: Micros) -> Turn:
        """Put the gap that is open aside and begin it anew."""
        changes: dict[str, int] = {}
        if self.customer_since is not None:
            changes["customer_since"] = time
            if self.first_response is not None:
                changes["customer_wait_open"] = self.customer_wait_open + time - self.customer_since
        if self.agent_since is not None:
            changes["agent_since"] = time
            changes["agent_wait_open"] = self.agent_wait_open + time - self.agent_since
        return evolve(self, **changes) if changes else self

    def hold(self, time: Micros) -> Turn:
        """Stop the gap that is open, and remember whose it was. Held already: nothing changes."""
        if self.held:
            return self
        paused = Speaker.CUSTOMER if self.customer_since is not None else Speaker.AGENT if self.agent_since is not None else None
        return evolve(self.cut(time), customer_since=None, agent_since=None, held=True, paused=paused)

    def resume(self, time: Micros) -> Turn:
        """Let the gap that the hold stopped begin anew. Without a hold nothing changes."""
        if not self.held:
            return self
        return evolve(
            self,
            customer_since=time if self.paused is Speaker.CUSTOMER else self.customer_since,
            agent_since=time if self.paused is Speaker.AGENT else self.agent_since,
            held=False,
            paused=None,
        )

    def end(self, time: Micros) -> Turn:
        """The talk is over; the note may still be open."""
        return evolve(self.cut(time), customer_since=None, agent_since=None, held=False, paused=None, ended=time)

    def finished(self, time: Micros, *, wrapped_up: bool = False) -> Clocks:
        """The clocks of this turn, if it ends now. `wrapped_up`: by a person, so that the time after the talk was work."""
        final = (self if self.ended is not None else self.end(time)).unqueue(time, assigned=False)
        return Clocks(
            kind=final.kind,
            began=final.began,
            total=_ms(time - final.began),
            queue_times=tuple(
                _ms(spell.ended - spell.began) if spell.assigned and spell.ended is not None else None for spell in final.queued
            ),
            owned=tuple(OwnedClock(own.agent, _ms((time if own.ended is None else own.ended) - own.began)) for own in final.owned),
            first_response=None if final.first_response is None else _ms(final.first_response - final.began),
            customer_wait=_ms(final.customer_wait),
            customer_wait_open=_ms(final.customer_wait_open),
            agent_wait=_ms(final.agent_wait),
            agent_wait_open=_ms(final.agent_wait_open),
            talk_time=None if final.first_response is None or final.last_said is None else _ms(final.last_said - final.first_response),
            after_work=_ms(time - final.ended) if wrapped_up and final.ended is not None else None,
            customer_messages=final.customer_messages,
            human_messages=final.human_messages,
            bot_messages=final.bot_messages,
        )


def _released(turn: Turn, time: Micros) -> tuple[Owned, ...]:
    """The stretches in which agents had it, the last one over."""
    if not turn.owned or turn.owned[-1].ended is not None:
        return turn.owned
    return (*turn.owned[:-1], evolve(turn.owned[-1], ended=time))


def _ms(micros: int) -> int:
    return round(micros / 1000)
