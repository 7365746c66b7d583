"""How customers move through a scenario: counted step by step from what happened in each session.

May: count, and compare what was counted. May not: read a store, or load the engine: the events and the scenarios come in.

A visit is one stay of one session at one step: it begins when the scenario comes to the step, and ends when it leaves by an edge, when
people take over, when the session ends, or when it is broken off (the scenario failed, began anew, or a message was left past it). So for
every step `inflow` = all of `outflow` + `people` + `dropped` + `waiting` + `broken_off`. A scenario that is gone through twice in one
session is counted twice, and one that was called by another is counted for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import ceil, floor, log
from typing import TYPE_CHECKING

import attrs

from cschat.core import events as e
from cschat.core.times import Micros

if TYPE_CHECKING:
    from cschat.bots.scenario import Scenario

__all__ = ["Comparison", "Counting", "Difference", "ScenarioJourney", "Spent", "StepJourney", "compare"]

_GROWTH = log(1.02)
_WRONG = {"again": frozenset({"choose", "ask", "form", "leave_message", "consent"}), "on_fail": None, "otherwise": None}
"""The edges that an answer takes which was not understood, and of which kinds of step (None: of all that have it)."""


# ------------------------------------------------------------------------------------------------------------ what comes out


@attrs.frozen
class Spent:
    """Seconds spent at a step by the `count` visits that left it; None where there was none.

    `mean` is exact to the millisecond; `p50` and `p90` (nearest rank) are off by at most 1 %.
    """

    count: int = 0
    mean: float | None = None
    p50: float | None = None
    p90: float | None = None


@attrs.frozen
class StepJourney:
    """What became of the visits to one step.

    `outflow` are visits by the edge they left by, every edge of the step among them. `people`: a person took over there. `dropped`: the
    session ended there, or nothing has come from the customer for too long. `waiting`: still there. `broken_off`: see the module.
    `asked`: visits in which a person was asked for although the step is no handoff. `wrong`: answers that were not understood (asked again,
    `otherwise`, `on_fail`). `failures`: how often the scenario could not go on there.
    """

    step: str
    kind: str
    inflow: int
    outflow: Mapping[str, int]
    people: int
    dropped: int
    waiting: int
    broken_off: int
    asked: int
    wrong: int
    failures: int
    spent: Spent

    def share(self, count: int) -> float | None:
        """A count as a share of the visits, 0 to 1 (of `wrong`: answers for each visit); None without visits."""
        return count / self.inflow if self.inflow else None


@attrs.frozen
class ScenarioJourney:
    """One version of a scenario: the `sessions` it ran in, how often it began (`runs`), and its steps in the order of the scenario.

    `read` is how many sessions were looked at; `cut`: the period has more, which were not.
    """

    scenario: str
    version: int
    sessions: int
    runs: int
    steps: tuple[StepJourney, ...]
    read: int
    cut: bool = False

    def table(self) -> list[list[str | int | float | None]]:
        """The steps as rows of plain values, their head first; times in seconds."""
        counts = ("inflow", "people", "dropped", "waiting", "broken_off", "asked", "wrong", "failures")
        times = ("mean", "p50", "p90")
        return [
            ["step", "kind", *counts, "went_on", *(f"{name}_seconds" for name in times), "outflow"],
            *(
                [
                    *(step.step, step.kind, *(getattr(step, name) for name in counts), sum(step.outflow.values())),
                    *(getattr(step.spent, name) for name in times),
                    ", ".join(f"{edge} {count}" for edge, count in step.outflow.items() if count),
                ]
                for step in self.steps
            ),
        ]


@attrs.frozen
class Difference:
    """One measure of one step in two versions; None where a version has no such step, or nobody came there.

    `reached`: visits for each run. `edge:NAME`, `people`, `dropped`, `asked`: shares of the visits. `wrong`: answers for each visit.
    `mean_seconds`, `p50_seconds`, `p90_seconds`: time spent.
    """

    step: str
    measure: str
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        """`after` less `before`; None if either is."""
        return None if self.before is None or self.after is None else self.after - self.before


@attrs.frozen
class Comparison:
    """Two versions side by side."""

    before: ScenarioJourney
    after: ScenarioJourney
    differences: tuple[Difference, ...]


def compare(before: ScenarioJourney, after: ScenarioJourney) -> Comparison:
    """Each measure of each step that either version has: in the order of `after`, then what only `before` has."""
    old, new = _measures(before), _measures(after)
    keys = [*new, *(key for key in old if key not in new)]
    return Comparison(before, after, tuple(Difference(step, name, old.get((step, name)), new.get((step, name))) for step, name in keys))


def _measures(journey: ScenarioJourney) -> dict[tuple[str, str], float | None]:
    found: dict[tuple[str, str], float | None] = {}
    for step in journey.steps:
        shares = {
            **{f"edge:{edge}": step.share(count) for edge, count in step.outflow.items()},
            **{name: step.share(getattr(step, name)) for name in ("people", "dropped", "asked", "wrong")},
            **{f"{name}_seconds": getattr(step.spent, name) for name in ("mean", "p50", "p90")},
        }
        found[step.step, "reached"] = step.inflow / journey.runs if journey.runs else None
        found |= {(step.step, name): value for name, value in shares.items()}
    return found


# ------------------------------------------------------------------------------------------------------------------ counting


class _Times:
    """Durations in constant memory: their number and sum, and how many fall into each of the buckets that grow by 2 %."""

    def __init__(self) -> None:
        self.count = 0
        self.sum = 0
        self.buckets: dict[int, int] = {}

    def add(self, milliseconds: int) -> None:
        self.count += 1
        self.sum += milliseconds
        bucket = floor(log(milliseconds) / _GROWTH) if milliseconds > 0 else -1
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    def spent(self) -> Spent:
        if not self.count:
            return Spent()
        return Spent(self.count, self.sum / self.count / 1000, self._quantile(0.5), self._quantile(0.9))

    def _quantile(self, share: float) -> float:
        rank, seen, last = ceil(share * self.count), 0, -1
        for last in sorted(self.buckets):
            seen += self.buckets[last]
            if seen >= rank:
                break
        return 0.0 if last < 0 else 1.02 ** (last + 0.5) / 1000


class _Step:
    """The counts of one step."""

    def __init__(self) -> None:
        self.inflow = self.people = self.dropped = self.waiting = self.broken_off = self.asked = self.wrong = self.failures = 0
        self.outflow: dict[str, int] = {}
        self.times = _Times()


class _Visit:
    """One that goes on. `frames` are the keys of the scenarios to come back to."""

    __slots__ = ("asked", "began", "frames", "key", "step")

    def __init__(self, key: str, step: str, began: Micros, frames: tuple[str, ...]) -> None:
        self.key, self.step, self.began, self.frames = key, step, began, frames
        self.asked = False


class Counting:
    """Counts sessions, one after the other, for the scenarios that are `wanted`, by the key that cursors name them with.

    Its memory is that of the scenarios' steps, however many sessions there are.
    """

    def __init__(self, wanted: Mapping[str, Scenario]) -> None:
        self.wanted = wanted
        self.read = 0
        self._steps = {key: {name: _Step() for name in scenario.steps} for key, scenario in wanted.items()}
        self._sessions = dict.fromkeys(wanted, 0)
        self._runs = dict.fromkeys(wanted, 0)
        self._main: _Visit | None = None
        self._side: _Visit | None = None
        self._met: set[str] = set()

    def journey(self, key: str, *, version: int, cut: bool = False) -> ScenarioJourney:
        """What was counted for one of the wanted scenarios."""
        scenario = self.wanted[key]
        steps = tuple(_told(name, step, self._steps[key][name]) for name, step in scenario.steps.items())
        return ScenarioJourney(scenario.scenario, version, self._sessions[key], self._runs[key], steps, self.read, cut)

    def session(self, events: Iterable[e.Event], *, closed: bool, gone: Micros) -> None:
        """Count one session: all its events, in order. Who still stands somewhere has left if it is closed, or if they came there before
        the instant `gone`.
        """
        self._main = self._side = None
        self._met.clear()
        for event in events:
            follow = _FOLLOW.get(type(event.body))
            if follow is not None:
                follow(self, event)
        for visit in (self._main, self._side):
            step = self._of(visit)
            if visit is not None and step is not None:
                away = closed or visit.began < gone
                step.dropped += away
                step.waiting += not away
        for key in self._met:
            self._sessions[key] += 1
        self.read += 1

    # ------------------------------------------------------------------------------------------------------------- visits

    def _of(self, visit: _Visit | None) -> _Step | None:
        return None if visit is None else self._steps.get(visit.key, {}).get(visit.step)

    def _kind(self, visit: _Visit) -> str:
        return self.wanted[visit.key].steps[visit.step].key

    def _begin(self, key: str, step: str, now: Micros, frames: Iterable[str]) -> _Visit:
        visit = _Visit(key, step, now, tuple(frames))
        counts = self._of(visit)
        if counts is not None:
            counts.inflow += 1
        return visit

    def _run(self, key: str) -> None:
        if key in self.wanted:
            self._runs[key] += 1
            self._met.add(key)

    def _left(self, visit: _Visit, edge: str, now: Micros) -> None:
        counts = self._of(visit)
        if counts is None:
            return
        kinds = _WRONG.get(edge, ())
        counts.wrong += kinds is None or self._kind(visit) in kinds
        if edge != "again":
            counts.outflow[edge] = counts.outflow.get(edge, 0) + 1
            counts.times.add((now - visit.began) // 1000)

    def _broken_off(self, visit: _Visit | None) -> None:
        counts = self._of(visit)
        if counts is not None:
            counts.broken_off += 1

    # ------------------------------------------------------------------------------------------------------------- events

    def moved(self, event: e.Event) -> None:
        """A scenario moved: it left the steps of the path, and waits where the cursor is."""
        body: e.BotMoved = event.body
        before = self._side if body.side else self._main
        cursor = body.cursor
        key = body.scenario or ("" if cursor is None else cursor.scenario)
        first = body.path[0][0] if body.path else None if cursor is None else cursor.step
        visit = before if before is not None and (before.key, before.step) == (key, first) else None
        frames = [] if visit is None else list(visit.frames)
        if visit is None:
            self._broken_off(before)
            if first is not None:
                self._run(key)
        calls = dict(body.called)
        for place, (step, edge) in enumerate(body.path):
            if place in calls:
                frames.append(key)
                key = calls[place]
                self._run(key)
            visit = visit or self._begin(key, step, event.time, frames)
            self._left(visit, edge, event.time)
            if edge == "again":
                continue
            visit = None
            if edge == "back" and frames:
                key = frames.pop()
        if len(body.path) in calls:
            self._run(calls[len(body.path)])
        if cursor is None:
            self._broken_off(visit)
            visit = None
        elif visit is None:
            visit = self._begin(cursor.scenario, cursor.step, event.time, (key for key, _ in cursor.frames))
        self._put(visit, side=body.side)

    def _put(self, visit: _Visit | None, *, side: bool) -> None:
        if side:
            self._side = visit
        else:
            self._main = visit

    def requested(self, event: e.Event) -> None:
        """A person was asked for, or has stepped in, and takes over."""
        visit, counts = self._main, self._of(self._main)
        if visit is not None and counts is not None:
            if isinstance(event.body, e.AgentRequested):
                self.refused(event)
            counts.people += 1
            counts.times.add((event.time - visit.began) // 1000)
        self._main = None

    def refused(self, _event: e.Event) -> None:
        """A person was asked for."""
        visit, counts = self._main, self._of(self._main)
        if visit is not None and counts is not None and not visit.asked and self._kind(visit) != "handoff":
            visit.asked = True
            counts.asked += 1

    def ended(self, _event: e.Event) -> None:
        """The session is over."""
        counts = self._of(self._main)
        if counts is not None:
            counts.dropped += 1
        self._main = None

    def message_left(self, _event: e.Event) -> None:
        """A message was left past the scenario."""
        self._broken_off(self._main)
        self._main = None

    def returned(self, event: e.Event) -> None:
        """Back at the bot: what stood beside people is over."""
        if isinstance(event.body, e.ReturnedToBot) or event.body.to == "bot":
            self._broken_off(self._side)
            self._side = None

    def failed(self, event: e.Event) -> None:
        """A scenario could not go on. It may have failed at a step that it had just come to."""
        visit = self._main or self._side
        counts = self._steps.get(event.body.scenario, {}).get(event.body.step) or self._of(visit)
        if counts is not None:
            counts.failures += 1
        self._broken_off(visit)
        if self._main is not None:
            self._main = None
        else:
            self._side = None


_FOLLOW: dict[type, Callable[[Counting, e.Event], None]] = {
    e.BotMoved: Counting.moved,
    e.AgentRequested: Counting.requested,
    e.Assigned: Counting.requested,
    e.AgentUnavailable: Counting.refused,
    e.MessageLeft: Counting.message_left,
    e.Ended: Counting.ended,
    e.ForceClosed: Counting.ended,
    e.ReturnedToBot: Counting.returned,
    e.Reopened: Counting.returned,
    e.ScenarioFailed: Counting.failed,
}


def _told(name: str, step: object, counts: _Step) -> StepJourney:
    from cschat.bots.scenario import edges

    ways = [edge for edge, _ in edges(step)]  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    outflow = {edge: counts.outflow.get(edge, 0) for edge in [*ways, *(edge for edge in sorted(counts.outflow) if edge not in ways)]}
    return StepJourney(
        step=name,
        kind=getattr(step, "key", ""),
        inflow=counts.inflow,
        outflow=outflow,
        people=counts.people,
        dropped=counts.dropped,
        waiting=counts.waiting,
        broken_off=counts.broken_off,
        asked=counts.asked,
        wrong=counts.wrong,
        failures=counts.failures,
        spent=counts.times.spent(),
    )
