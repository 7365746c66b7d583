"""What is true of the numbers whatever happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.office import Office
from tests.stats.histories import STEPS, Desk, Step, eight, turns_of

from cschat import Desk as Real
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.content import Speaker
from cschat.core.records import evolve
from cschat.core.turns import TurnKind
from cschat.stats import METRICS, SQI, Fact, Took

PERIOD = datetime(2026, 3, 1, 15, tzinfo=UTC), datetime(2026, 4, 30, 15, tzinfo=UTC)
"""From and to midnights of Seoul and of Tokyo, which always show the same time."""


def lived(steps: Sequence[Step], *, hours: bool = False) -> Desk:
    clock = FakeClock("2026-03-02T09:00:00+09:00", "Asia/Seoul")
    desk = Desk(Office.on(Real.open("memory:", clock=clock, seed=1), clock))
    if hours:
        desk.office.desk.do(c.SetHours(always_open=True))
    desk.office.desk.do(c.ChangeBrand(accepting="open", reopening={"*": "same_session"}))
    desk.take(steps)
    return desk


def facts(desk: Desk):
    return list(desk.office.desk.each(q.TurnsBehind(*PERIOD)))


@given(steps=STEPS)
@example(steps=[("open", 0), ("claim", 5), ("release", 7), ("claim_colleague", 9), ("agent", 1), ("hold", 1), ("agent", 1), ("end", 1)])
@settings(max_examples=40)
def test_the_eight_are_what_a_slow_reading_of_the_events_says(steps: list[Step]):
    desk = lived(steps)
    known = {(fact.session, fact.number): fact for fact in facts(desk)}
    for session in desk.sessions:
        for number, turn in enumerate(turns_of(desk.office.history(session)), 1):
            fact = known.pop((session.id, number))
            assert (fact.turn, fact.began, fact.closed) == (turn["kind"], turn["began"], turn["closed"])
            if fact.turn is TurnKind.LIVE:
                assert {name: [wall for _, wall, _ in METRICS[name].read(fact)] for name in SQI} == eight(turn)
    assert not known


BUSY: list[Step] = [
    *(("open", 0), ("request", 3_000), ("customer", 5_000), ("claim", 7_000), ("customer", 2_000), ("agent", 11_000), ("agent", 1_000)),
    *(("customer", 13_000), ("hold", 4_000), ("customer", 60_000), ("agent", 6_000), ("customer", 9_000), ("transfer", 8_000)),
    *(("colleague", 21_000), ("release", 17_000), ("claim", 5_000), ("customer", 3_000), ("end", 2_000), ("wrap_up", 30_000)),
]


@given(steps=STEPS)
@example(steps=BUSY)
@settings(max_examples=25)
def test_where_it_is_always_open_business_time_is_the_wall_time(steps: list[Step]):
    for fact in facts(lived(steps, hours=True)):
        for metric in METRICS.values():
            for _, wall, business in metric.read(fact):
                assert wall == business, metric.name


@given(steps=STEPS)
@settings(max_examples=25)
def test_law_of_the_talk_time(steps: list[Step]):
    desk = lived(steps)
    for fact in facts(desk):
        events = [event for event in desk.office.history(fact.session) if fact.began <= event.time <= fact.closed]
        handed = any(isinstance(event.body, (e.Held, e.Transferred, e.Released)) for event in events)
        ended = [event.seq for event in events if isinstance(event.body, (e.Ended, e.ForceClosed))]
        if fact.turn is not TurnKind.LIVE or fact.talk is None or handed or not ended:
            continue
        said = [
            (event.body.author, event.time // 1000)
            for event in events
            if isinstance(event.body, e.MessageSent) and event.seq < ended[0] and event.time >= fact.began
        ]
        while said and said[0][0] is Speaker.CUSTOMER:
            said.pop(0)
        late = any(isinstance(event.body, e.MessageSent) and event.seq > ended[0] for event in events)
        if not said or late or any(fact.began == other.closed for other in facts(desk)):
            continue
        runs = [(who, [time for _, time in run]) for who, run in groupby(said, key=lambda one: one[0])]
        within = sum(run[-1] - run[0] for who, run in runs if who is Speaker.AGENT)
        unanswered = runs[-1][1][-1] - runs[-1][1][0] if runs[-1][0] is Speaker.CUSTOMER else 0
        assert fact.agent_wait is not None
        assert fact.customer_wait is not None
        assert fact.talk.wall == fact.agent_wait.wall + fact.customer_wait.wall + within + unanswered


def figures(answer: q.Answer):
    return [
        (line.key, {name: attrs.evolve(figure, max=None) for name, figure in line.figures.items()})
        for line in (*answer.lines, answer.total)
    ]


BY = (
    *([], ["day"], ["agent"], ["tag"], ["month", "category"], ["week"], ["weekday", "hour"], ["channel"], ["day", "agent"]),
    *(["category:1"], ["day", "category:2"], ["category:1", "category"]),
)


@given(steps=STEPS)
@settings(max_examples=15)
def test_cells_facts_and_events_say_the_same(steps: list[Step]):
    desk = lived(steps, hours=len(steps) % 2 == 0)
    ask = desk.office.desk.ask
    for number, by in enumerate(BY):
        for calendar in ("wall", "business")[: 1 + (number % 3 == 0)]:
            report = q.Report(*PERIOD, list(METRICS), by=by, calendar=calendar)
            cells, others = ask(report), ask(attrs.evolve(report, maxima=True))
            assert (cells.source, others.source) == ("cells", "facts")
            assert figures(cells) == figures(others)
            quarters = ask(attrs.evolve(report, zone="Asia/Tokyo"))
            assert quarters.source == (
                "facts" if {"agent", "tag", "channel", "category"} & {name.partition(":")[0] for name in by} else "cells"
            )
            assert figures(cells) == figures(quarters)


@given(steps=STEPS)
@settings(max_examples=12)
def test_what_is_kept_is_what_the_events_say(steps: list[Step]):
    desk = lived(steps)
    folder, brand = desk.office.desk.statistics, desk.office.customer.brand
    reports = [q.Report(*PERIOD, list(METRICS), by=by) for by in BY]
    before = [figures(desk.office.desk.ask(report)) for report in reports]
    assert folder.verify(brand).ok
    folder.fold()
    assert folder.verify(brand).ok
    assert [figures(desk.office.desk.ask(report)) for report in reports] == before
    cells = {cell.id: cell for cell in desk.office.desk.store.stream(_cell())}
    folder.rebuild(brand)
    assert {cell.id: cell for cell in desk.office.desk.store.stream(_cell())} == cells
    assert folder.verify(brand).ok
    assert folder.fold() == 0


@given(steps=STEPS)
@settings(max_examples=12)
def test_levels_and_customers_are_what_a_slow_reading_says(steps: list[Step]):
    desk = lived(steps)
    office = desk.office
    office.admin.do(c.TagCustomer(office.customer, ["단골", "vip"]))
    office.admin.do(c.UpdateCustomer(office.customer, attributes={"plan": "pro", "paid": True, "age": 30}))
    paths = {category.id: category.path for category in office.desk.ask(q.Categories())}
    turns: Counter[str] = Counter()
    for session in desk.sessions:
        history = office.history(session)
        now = office.desk.ask(q.GetSession(session)).category
        turns[paths[now].split("/")[0] if now else ""] += len(turns_of(history))
    every = turns.total()
    expected = {
        "category:1": {name: count for name, count in turns.items() if count},
        "customer_tag": {"단골": every, "vip": every} if every else {},
        **{f"attribute:{name}": {value: every} if every else {} for name, value in (("plan", "pro"), ("paid", "true"), ("age", "30"))},
        "attribute:none": {"": every} if every else {},
    }
    for name, values in expected.items():
        answer = office.desk.ask(q.Report(*PERIOD, ["turns"], by=[name]))
        assert {line.key[name]: line.figures["turns"].sum for line in answer.lines} == values
        assert answer.total.figures["turns"].sum == every
        for value, count in values.items():
            limited = office.desk.ask(q.Report(*PERIOD, ["turns"], where={name: value}))
            assert limited.total.figures["turns"].sum == count
            assert len([*office.desk.each(q.TurnsBehind(*PERIOD, "turns", where={name: value}))]) == count


def _cell():
    from cschat.stats.state import Cell

    return Cell


LENGTHS = st.lists(st.one_of(st.integers(0, 120), st.integers(0, 10**6), st.integers(0, 10**12 - 1)), min_size=1, max_size=60)
"""Milliseconds: from nothing to thirty years."""


@given(first=LENGTHS, second=LENGTHS, gone=LENGTHS)
@example(first=[0], second=[51], gone=[0])
@settings(max_examples=60)
def test_percentiles_are_off_by_one_per_cent_at_most_and_sums_by_nothing(first: list[int], second: list[int], gone: list[int]):
    from cschat.stats.cells import Cell, Tally, cells_of, merged, part_of, rows_of

    def changes(sign: int, lengths: list[int]):
        return [(sign, evolve(TURN, total=Took(length))) for length in lengths]

    kept: dict[str, Cell | None] = {}
    for several in (changes(1, first), changes(1, gone), changes(-1, gone) + changes(1, second)):
        for delta in cells_of(rows_of(several)):
            kept[delta.id] = merged(delta, kept.get(delta.id))
    lengths = sorted(first + second)
    _, place = part_of("total_time", business=False)
    for dimension in ("month/brand", "day/agent", "quarter/brand"):
        tally = Tally()
        tally.add(0, next(cell for cell in kept.values() if cell is not None and cell.table == f"{dimension}/sqi"))
        (figure,) = tally.figures(1, {place: ("total_time", 1000.0)})["total_time"]
        assert (figure.count, figure.missing, figure.sum) == (len(lengths), 0, sum(lengths) / 1000)
        for share, said in ((50, figure.p50), (90, figure.p90), (95, figure.p95)):
            exact = lengths[-(-len(lengths) * share // 100) - 1]
            assert abs(said * 1000 - exact) <= 0.01 * exact


TURN = Fact(
    id="fct_1_1",
    brand="brd_1",
    session="ses_1",
    number=1,
    turn=TurnKind.LIVE,
    began=0,
    closed=1_772_000_000_000_000,
    total=Took(0),
    session_age=Took(0),
    zone="Asia/Seoul",
    customer="cus_1",
    channel="web",
    agent="agt_1",
)


def test_buckets_reach_over_thirty_years():
    from cschat.stats.cells import EDGES

    assert EDGES[-1] > timedelta(days=365 * 30) / timedelta(milliseconds=1)


@pytest.mark.parametrize("seconds", [1, 61, 3600])
def test_one_value_taken_back_and_added_within_a_bucket_moves_the_sum(seconds: int):
    from cschat.stats.cells import cells_of, merged, rows_of, unpacked

    desk = lived([("open", 0), ("end_customer", seconds * 1000)])
    fact = facts(desk)[0]
    longer = evolve(fact, session_age=Took(fact.session_age.wall + 1))
    first = {delta.id: merged(delta, None) for delta in cells_of(rows_of([(1, fact)]))}
    for delta in cells_of(rows_of([(-1, fact), (1, longer)])):
        first[delta.id] = merged(delta, first[delta.id])
    assert first == {delta.id: merged(delta, None) for delta in cells_of(rows_of([(1, longer)]))}
    for delta in cells_of(rows_of([(-1, longer)])):
        assert merged(delta, first[delta.id]) is None
    assert all(unpacked(cell.data)[1].sum() > 0 for cell in first.values() if cell is not None)
