"""What customers ask about more than before, and less.

May: ask `Report` for categories and tags, and look for words in the sessions behind the same number. May not: define a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import attrs

from cschat.core.access import Permission
from cschat.core.fields import aware, whole
from cschat.core.times import as_datetime
from cschat.errors import Invalid
from cschat.queries.reports import Report, TurnsBehind, facts_behind, in_order
from cschat.queries.tables import Table, words_for
from cschat.sight import Sight
from cschat.stats.charts import Spec, leaning, lines
from cschat.stats.dimensions import TIMES
from cschat.stats.trends import Topic, rising_and_falling

__all__ = ["Trends"]

_SESSIONS = "sessions_closed"
_EVENTS = 50  # of one session, from its beginning
_DRAWN, _LINES = 5, 5
_KINDS = ("category", "tag", "word")

_WORDS = {
    "ko": {
        "change": "늘어난 주제와 줄어든 주제 (이전 기간 대비)",
        "course": "늘어난 {}의 추이",
        "category": "유형",
        "tag": "태그",
        "word": "단어",
        "count": "건",
    },
    "en": {
        "change": "Topics that rose and fell, against the period before",
        "course": "What rose: {}",
        "category": "category",
        "tag": "tag",
        "word": "word",
        "count": "sessions",
    },
}


def _slot(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value not in ("day", "week"):
        raise Invalid(field=field.name, reason=f"{value!r} is none of them", allowed=["day", "week"])


@attrs.frozen
class Trends:
    """Topics that rise and fall: closed sessions by category, tag and word, against as long a period before: a `Table`.

    Rows: the `kind` (category, tag, word), the `topic` (a category's path), how many sessions had it (`count`) and had it in the period
    `before`, by what part that is a `change` (None: it is new), and the count of each `slot` (day or week). For each kind at most `most`
    that rose, the surest first, then as many that fell, the surest last; topics of less than `least` sessions are left out. Words are
    those of customers' first texts; of more than `sessions` sessions in both periods together, only every second, third, ... is looked
    into, and words are counted in these alone. For staff. Needs the extra `stats`.
    """

    permission: ClassVar = Permission.SERVE

    start: datetime = attrs.field(validator=aware)
    end: datetime = attrs.field(validator=aware)
    slot: str = attrs.field(default="day", validator=_slot)
    most: int = attrs.field(default=10, validator=whole(1))
    least: int = attrs.field(default=3, validator=whole(1))
    sessions: int = attrs.field(default=10_000, validator=whole(1))

    def __attrs_post_init__(self) -> None:
        in_order(self)

    def run(self, ctx: Sight) -> Table:
        slots = self._slots(ZoneInfo(ctx.brand().zone))
        found: list[Topic] = []
        for topics in (self._labels(ctx, "category"), self._labels(ctx, "tag"), self._words(ctx)):
            found += rising_and_falling(topics, least=self.least, most=self.most)
        rows = [
            (topic.kind, topic.value, topic.count, topic.before, topic.change, *(topic.counts.get(slot, 0) for slot in slots))
            for topic in found
        ]
        return Table(("kind", "topic", "count", "before", "change", *slots), rows, _charts(found, slots, words_for(ctx, _WORDS)))

    def _slots(self, zone: ZoneInfo) -> list[str]:
        day, last = self.start.astimezone(zone), (self.end - timedelta(microseconds=1)).astimezone(zone)
        days = (day + timedelta(days=number) for number in range((last.date() - day.date()).days + 1))
        return list(dict.fromkeys(TIMES[self.slot](day) for day in days))

    @property
    def _before(self) -> datetime:
        return self.start - (self.end - self.start)

    def _labels(self, ctx: Sight, kind: str) -> Iterator[Topic]:
        now = Report(self.start, self.end, measures=(_SESSIONS,), by=(self.slot, kind)).run(ctx)
        then = Report(self._before, self.start, measures=(_SESSIONS,), by=(kind,)).run(ctx)
        before = {line.names[kind]: line.figures[_SESSIONS].count for line in then.lines}
        counts: dict[str, dict[str, int]] = {name: {} for name in before}
        for line in now.lines:
            counts.setdefault(line.names[kind], {})[line.key[self.slot]] = line.figures[_SESSIONS].count
        return (Topic(kind, name, before.get(name, 0), own) for name, own in counts.items() if name)

    def _words(self, ctx: Sight) -> Iterator[Topic]:
        from cschat.stats.causes import text_marks
        from cschat.stats.signals import inquiry_of

        behind = facts_behind(ctx, TurnsBehind(self._before, self.end, _SESSIONS))
        closed = sorted((fact.closed, fact.session) for fact in behind)
        before: Counter[str] = Counter()
        counts: dict[str, Counter[str]] = {}
        local = ZoneInfo(ctx.brand().zone)
        for when, session in closed[:: -(-len(closed) // self.sessions) or 1]:
            inquiry = inquiry_of(session, ctx.tx.events(session, limit=_EVENTS))
            at = as_datetime(when)
            for _, word in text_marks(inquiry.text) if inquiry else ():
                if at < self.start:
                    before[word] += 1
                else:
                    counts.setdefault(word, Counter())[TIMES[self.slot](at.astimezone(local))] += 1
        return (Topic("word", word, before[word], counts.get(word, {})) for word in before.keys() | counts.keys())


def _charts(topics: Sequence[Topic], slots: Sequence[str], words: dict[str, str]) -> list[Spec]:
    """The surest of each kind as bars, and how those that rose most went, as lines of one kind."""
    surest = sorted(topics, key=lambda topic: -abs(topic.sureness))
    drawn = [topic for kind in _KINDS for topic in [one for one in surest if one.kind == kind][:_DRAWN]]
    drawn.sort(key=lambda topic: topic.before - topic.count)
    bars = [{"topic": f"{topic.value} ({words[topic.kind]})", "change": topic.count - topic.before} for topic in drawn]
    rose = [topic for topic in surest if topic.count > topic.before]
    kind = next((kind for kind in _KINDS if any(topic.kind == kind for topic in rose)), "")  # a word's line would lie on its category's
    short = [slot[5:] for slot in slots]
    course = [
        {"slot": name, "topic": topic.value, "count": topic.counts.get(slot, 0)}
        for topic in [topic for topic in rose if topic.kind == kind][:_LINES]
        for slot, name in zip(slots, short if len({*short}) == len(slots) else slots, strict=True)
    ]
    return [
        leaning(words["change"], bars, x="change", y="topic", unit=words["count"]),
        lines(words["course"].format(words.get(kind, "")), course, x="slot", y="count", unit=words["count"], series="topic"),
    ]
