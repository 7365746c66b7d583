"""How customers move through the brand's scenarios, and what they asked that no scenario knew.

May: read sessions of a period and let the domain count them. May not: count.

There is no running total: each of these reads every event of each session that was opened in the period, newest session first, by the
index of `opened`, at most `most` sessions. It takes time in proportion to those events (docs/performance.md has figures), memory for one
page of sessions and events, and one snapshot of the store, beside which writers go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from cschat.core.access import Permission
from cschat.core.events import Event
from cschat.core.fields import aware, line, whole
from cschat.core.scenarios import ScenarioVersion
from cschat.core.session import Session, State
from cschat.core.times import SECOND, Micros, as_micros
from cschat.errors import Invalid, NotFound
from cschat.sight import Sight
from cschat.storage.protocol import Cursor, Lt, Lte

if TYPE_CHECKING:  # a desk that never asks does not pay for them
    from cschat.bots.candidates import Candidate, Question
    from cschat.bots.journey import Comparison, Counting, ScenarioJourney
    from cschat.bots.scenario import Scenario

__all__ = ["Candidates", "Journey", "JourneyComparison", "opened_between"]

MOST = 100_000
PATIENCE_SECONDS = 1800.0
_SESSIONS, _EVENTS = 200, 500


def _patience(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e9:
        raise Invalid(field=field.name, reason=f"{value!r} is no number of seconds", allowed=["0 or more"])


@attrs.frozen
class Journey:
    """고객 여정: how customers moved through a `version` of a `scenario` (the latest, unless said): a `ScenarioJourney`.

    Sessions opened from `start` (included) to `end` (not), each None for no bound; at most the `most` newest. Who has stood at a step
    for `patience` seconds has left. It reads all events of these sessions: narrow the period of a large desk. For staff. `NotFound` if
    there is no such scenario or version. Needs the extra `bots`.
    """

    permission: ClassVar = Permission.SERVE

    scenario: str = attrs.field(validator=line(required=True))
    version: int | None = attrs.field(default=None, validator=whole(1))
    start: datetime | None = attrs.field(default=None, validator=aware, kw_only=True)
    end: datetime | None = attrs.field(default=None, validator=aware, kw_only=True)
    patience: float = attrs.field(default=PATIENCE_SECONDS, validator=_patience, kw_only=True)
    most: int = attrs.field(default=MOST, validator=whole(1), kw_only=True)

    def run(self, ctx: Sight) -> ScenarioJourney:
        found = _version(ctx, self.scenario, self.version)
        counting, cut = _counted(ctx, self, [found])
        return counting.journey(found.id, version=found.version, cut=cut)


@attrs.frozen
class JourneyComparison:
    """Two versions of a `scenario` side by side: a `Comparison`, from `version` to `against` (the latest, unless said).

    Both are counted in one pass over the same sessions; the rest as for `Journey`.
    """

    permission: ClassVar = Permission.SERVE

    scenario: str = attrs.field(validator=line(required=True))
    version: int = attrs.field(validator=whole(1))
    against: int | None = attrs.field(default=None, validator=whole(1))
    start: datetime | None = attrs.field(default=None, validator=aware, kw_only=True)
    end: datetime | None = attrs.field(default=None, validator=aware, kw_only=True)
    patience: float = attrs.field(default=PATIENCE_SECONDS, validator=_patience, kw_only=True)
    most: int = attrs.field(default=MOST, validator=whole(1), kw_only=True)

    def run(self, ctx: Sight) -> Comparison:
        from cschat.bots.journey import compare

        before, after = _version(ctx, self.scenario, self.version), _version(ctx, self.scenario, self.against)
        counting, cut = _counted(ctx, self, [before, after])
        return compare(*(counting.journey(one.id, version=one.version, cut=cut) for one in (before, after)))


@attrs.frozen
class Candidates:
    """Candidates for new steps: questions that reached people or got no answer, in groups of like ones, the largest first.

    A list of `Candidate`: groups of at least `least` sessions. With `scenario` only what was asked in its versions. Sessions are chosen and
    read as for `Journey`; memory grows with the number of questions, of which the 5,000 most frequent texts are compared. For staff.
    """

    permission: ClassVar = Permission.SERVE

    scenario: str | None = attrs.field(default=None, validator=line(required=True))
    least: int = attrs.field(default=2, validator=whole(1), kw_only=True)
    start: datetime | None = attrs.field(default=None, validator=aware, kw_only=True)
    end: datetime | None = attrs.field(default=None, validator=aware, kw_only=True)
    most: int = attrs.field(default=MOST, validator=whole(1), kw_only=True)

    def run(self, ctx: Sight) -> list[Candidate]:
        from cschat.bots.candidates import grouped, questions_of

        known = _Known(ctx)
        questions: list[Question] = []
        for session in opened_between(ctx, _micros(self.start), _micros(self.end), self.most):
            if session is not None:
                questions += questions_of(session.id, _events(ctx, session), known.kind, known.name)
        wanted = [question for question in questions if self.scenario in (None, question.scenario)]
        return [group for group in grouped(wanted) if group.size >= self.least]


class _Known:
    """The scenario versions that sessions name, read once each."""

    def __init__(self, ctx: Sight) -> None:
        self._ctx = ctx
        self._versions: dict[str, tuple[str, Mapping[str, str]]] = {}

    def _look(self, key: str) -> tuple[str, Mapping[str, str]]:
        if key not in self._versions:
            version = self._ctx.tx.peek(ScenarioVersion, key)
            steps = {} if version is None else {name: step.key for name, step in _load(version).steps.items()}
            self._versions[key] = (key if version is None else version.name, steps)
        return self._versions[key]

    def kind(self, key: str, step: str) -> str | None:
        return self._look(key)[1].get(step)

    def name(self, key: str) -> str:
        return self._look(key)[0]


def _load(version: ScenarioVersion) -> Scenario:
    from cschat.bots.format import load

    return load(version.document)


def _version(ctx: Sight, name: str, version: int | None) -> ScenarioVersion:
    newest = {} if version is None else {"number": Lte(version)}
    found = ctx.tx.find(ScenarioVersion, where={"brand": ctx.brand_id, "name": name, **newest}, order="-number", limit=1)
    if not found or version not in (None, found[0].version):
        raise NotFound(f"there is no scenario {name}{'' if version is None else f' {version}'}", kind="scenario", id=name)
    return found[0]


def _counted(ctx: Sight, query: Journey | JourneyComparison, versions: list[ScenarioVersion]) -> tuple[Counting, bool]:
    """The sessions of a period, counted; and whether there are more."""
    from cschat.bots.journey import Counting

    counting, gone = Counting({version.id: _load(version) for version in versions}), ctx.now - round(query.patience * SECOND)
    for session in opened_between(ctx, _micros(query.start), _micros(query.end), query.most):
        if session is None:
            return counting, True
        counting.session(_events(ctx, session), closed=session.state is State.CLOSED, gone=gone)
    return counting, False


def _micros(value: datetime | None) -> Micros | None:
    return None if value is None else as_micros(value)


def opened_between(ctx: Sight, start: Micros | None, end: Micros | None, most: int) -> Iterator[Session | None]:
    """The newest `most` sessions that were opened in a period, and then None if there are more."""
    where: dict[str, Any] = {"brand": ctx.brand_id} | ({} if end is None else {"opened": Lt(end)})
    after: Cursor | None = None
    while page := ctx.tx.find(Session, where=where, order="-opened", after=after, limit=_SESSIONS):
        for session in page:
            if start is not None and session.opened < start:
                return
            if most == 0:
                yield None
                return
            most -= 1
            yield session
        after = (page[-1].opened, page[-1].id)


def _events(ctx: Sight, session: Session) -> Iterator[Event]:
    seq = 0
    while seq < session.seq and (page := ctx.tx.events(session.id, after_seq=seq, limit=_EVENTS)):
        yield from page
        seq = page[-1].seq
