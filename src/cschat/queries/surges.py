"""When more customers came than usual, and why; what many of them ask alike.

May: read sessions of a period and let the domain count and compare them. May not: count or compare.

As for the journey there is no running total: sessions are read by the index of `opened`, newest first, at most `most` of them. A surge is
looked into by the events of a thousand sessions at most.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

import attrs

from cschat.core.access import Permission
from cschat.core.fields import aware, whole
from cschat.core.labels import Category
from cschat.core.scenarios import ScenarioVersion
from cschat.core.session import Session
from cschat.core.times import SECOND, Micros, as_datetime, as_micros
from cschat.errors import Invalid
from cschat.queries.journey import MOST, opened_between
from cschat.sight import Sight

if TYPE_CHECKING:  # a desk that never asks does not pay for them
    from cschat.stats.causes import Case, Cause
    from cschat.stats.signals import Inquiry, Signal

__all__ = ["Signals", "Surge", "Surges"]

DAY = 86_400
LEARNING = 28 * DAY * SECOND
WEEK = 7 * DAY * SECOND
CASES = 500
"""So many sessions of a surge, and so many of the week before it, are looked into; of more, evenly spread ones."""
_EVENTS = 50  # of one session, from its beginning


def _slot(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    if type(value) is not int or not 60 <= value <= DAY or DAY % value:
        raise Invalid(field=field.name, reason=f"{value!r} does not divide a day", allowed=["whole seconds from 60 to 86400"])


def _borne(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1000:
        raise Invalid(field=field.name, reason=f"is {value!r}", allowed=["a number a week, above 0"])


@attrs.frozen
class Surge:
    """More sessions than usual: in the slot that begins at `at`, `count` of them; how sure that is (`score`, 0.5 to 1); and its causes."""

    at: datetime
    count: int
    score: float
    causes: tuple[Cause, ...]


@attrs.frozen(kw_only=True)
class Surges:
    """When more sessions were opened than usual, oldest first: a list of `Surge`.

    From `start` (included; a week before the end, unless said) to `end` (not; now): slots of `slot` seconds that are over, compared with
    the four weeks before. `false_alarms` a week are borne. Causes are what the sessions of the surge's slot and the five before it have
    more often than those of the week before. At most the `most` newest sessions are read. For staff.
    """

    permission: ClassVar = Permission.SERVE

    start: datetime | None = attrs.field(default=None, validator=aware)
    end: datetime | None = attrs.field(default=None, validator=aware)
    slot: int = attrs.field(default=300, validator=_slot)
    false_alarms: float = attrs.field(default=0.5, validator=_borne)
    most: int = attrs.field(default=MOST, validator=whole(1))

    def run(self, ctx: Sight) -> list[Surge]:
        from cschat.stats.causes import causes
        from cschat.stats.spikes import OVER

        end = min(ctx.now, as_micros(self.end)) if self.end else ctx.now
        start = as_micros(self.start) if self.start else end - WEEK
        read = opened_between(ctx, start - LEARNING, end, self.most)
        opened = sorted((session.opened, session.id) for session in read if session is not None)
        slot, looking = self.slot * SECOND, _Looking(ctx)
        found: list[Surge] = []
        for begins, count, score in _told(opened, end, ctx.brand().zone, self.slot, self.false_alarms):
            if begins >= start:
                first, last = begins - (OVER - 1) * slot, begins + slot
                surge, usual = looking.cases(opened, first, last), looking.cases(opened, first - WEEK, first)
                found.append(Surge(as_datetime(begins), count, score, tuple(causes(surge, usual))))
        return found


@attrs.frozen(kw_only=True)
class Signals:
    """시그널: what many customers ask alike, those groups first that have grown most: a list of `Signal`.

    First words of the sessions opened from `start` (included; a day before the end, unless said) to `end` (not; now), and of as long a
    time before; groups of at least `least`. At most the `most` newest sessions of both together are read. For staff.
    """

    permission: ClassVar = Permission.SERVE

    start: datetime | None = attrs.field(default=None, validator=aware)
    end: datetime | None = attrs.field(default=None, validator=aware)
    least: int = attrs.field(default=3, validator=whole(1))
    most: int = attrs.field(default=2000, validator=whole(1))

    def run(self, ctx: Sight) -> list[Signal]:
        from cschat.stats.signals import inquiry_of, signals

        end = as_micros(self.end) if self.end else ctx.now + 1
        start = as_micros(self.start) if self.start else end - DAY * SECOND
        new: list[Inquiry] = []
        before: list[Inquiry] = []
        for session in opened_between(ctx, 2 * start - end, end, self.most):
            inquiry = session and inquiry_of(session.id, ctx.tx.events(session.id, limit=_EVENTS))
            if session and inquiry:
                (new if session.opened >= start else before).append(inquiry)
        return signals(new, before, least=self.least)


def _told(
    opened: Sequence[tuple[Micros, str]], end: Micros, zone: str, seconds: int, false_alarms: float
) -> Iterator[tuple[Micros, int, float]]:
    """The slots in which a surge begins, with the count and the score of each.

    Slots begin at midnight by the wall clock. The first may have been cut, and while the clock is changed one is longer or shorter or comes
    twice: such are unknown.
    """
    from cschat.stats.spikes import Spikes

    if not opened:
        return
    where, slot = ZoneInfo(zone), timedelta(seconds=seconds)
    first, through = opened[0][0], 0
    wall = as_datetime(first).astimezone(where).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    begins = as_micros(wall)
    seen = Spikes(slot, false_alarms)
    while begins < end:
        following = wall + slot  # on the wall
        ends = as_micros(following)
        if ends - begins == seconds * SECOND and first < begins >= through and ends <= end:
            count = bisect_left(opened, (ends, "")) - bisect_left(opened, (begins, ""))
            row = seen.see(wall.replace(tzinfo=None), count)
            if row.spike:
                yield begins, count, row.score
        through = max(through, ends)
        wall, begins = following, ends


class _Looking:
    """Looks into sessions; the labels and scenarios that they name are read once."""

    def __init__(self, ctx: Sight) -> None:
        self._ctx = ctx
        self._paths: dict[str, str | None] = {}
        self._scenarios: dict[str, str] = {}

    def cases(self, opened: Sequence[tuple[Micros, str]], first: Micros, last: Micros) -> list[Case]:
        within = opened[bisect_left(opened, (first, "")) : bisect_left(opened, (last, ""))]
        step = -(-len(within) // CASES) or 1
        return [self._case(id) for _, id in within[::step]]

    def _case(self, id: str) -> Case:
        from cschat.stats.causes import case_of

        session = self._ctx.tx.get(Session, id)
        return case_of(session, self._ctx.tx.events(id, limit=_EVENTS), self._path(session.category), self._scenario)

    def _path(self, id: str | None) -> str | None:
        if id is None:
            return None
        if id not in self._paths:
            category = self._ctx.tx.peek(Category, id)
            self._paths[id] = None if category is None else category.path
        return self._paths[id]

    def _scenario(self, key: str) -> str:
        if key not in self._scenarios:
            version = self._ctx.tx.peek(ScenarioVersion, key)
            self._scenarios[key] = key if version is None else version.name
        return self._scenarios[key]
