"""Reports: periods, zones, totals, limits, what is behind a number, and that screen and file say the same."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from click.testing import CliRunner, Result
from tests.office import Office

from cschat import Desk, Session
from cschat import commands as c
from cschat import queries as q
from cschat.cli import cschat
from cschat.core.clock import FakeClock
from cschat.core.records import evolve
from cschat.core.times import as_micros
from cschat.errors import Conflict, Forbidden, Invalid, NotFound
from cschat.folding import state
from cschat.stats import METRICS
from cschat.stats.state import Cell, Folded
from cschat.storage.codec import face

SEOUL = ZoneInfo("Asia/Seoul")


def at(text: str, zone: str = "Asia/Seoul") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.fixture
def desk(url: str) -> Iterator[Office]:
    clock = FakeClock("2026-03-31T23:50:00+09:00", "Asia/Seoul")
    with Desk.open(url, clock=clock, seed=1) as open_:
        office = Office.on(open_, clock)
        open_.do(c.ChangeBrand(accepting="open"))
        yield office


def talked(office: Office, closed: str, *, category: str = "배송", tags: tuple[str, ...] = (), wait: float = 5) -> Session:
    """A session that is closed at a time, after the agent has been waited for."""
    end = as_micros(at(closed))
    office.clock.set(max(office.clock.now(), end - 60_000_000 - round(wait * 1e6)))
    session = office.visitor.do(c.OpenSession(text="문의"))
    office.visitor.do(c.RequestAgent(session))
    office.clock.advance(seconds=wait)
    office.agent.do(c.ClaimSession(session))
    office.agent.do(c.SendMessage(session, text="네"))
    office.agent.do(c.EndSession(session))
    office.clock.set(end)
    return office.agent.do(c.WrapUp(session, category=category, tags=tags))


def counts(answer: q.Answer, metric: str = "queue_time") -> dict[tuple[str, ...], int]:
    return {tuple(line.names.values()): line.figures[metric].count for line in answer.lines}


FOLDS = pytest.mark.parametrize("folded", [False, True])


@FOLDS
def test_the_last_millisecond_of_march_is_march(desk: Office, folded: bool):
    talked(desk, "2026-03-31T23:59:59.999", wait=0)
    talked(desk, "2026-04-01T00:00:00", wait=0)
    if folded:
        desk.desk.statistics.fold()
    spring = at("2026-03-01"), at("2026-05-01")
    answer = desk.desk.ask(q.Report(*spring, by=["month"]))
    assert (answer.source, counts(answer)) == ("cells", {("2026-03",): 1, ("2026-04",): 1})
    assert counts(desk.desk.ask(q.Report(*spring, by=["day"]))) == {("2026-03-31",): 1, ("2026-04-01",): 1}
    assert counts(desk.desk.ask(q.Report(*spring, by=["day"], zone="UTC"))) == {("2026-03-31",): 2}
    march = desk.desk.ask(q.Report(at("2026-03-01"), at("2026-04-01")))
    assert march.total.figures["queue_time"].count == 1


@FOLDS
def test_a_zone_of_half_an_hour(desk: Office, folded: bool):
    """In Kolkata it is 3 h 30 min earlier than in Seoul: the day begins there at 3:30 of Seoul."""
    talked(desk, "2026-04-01T03:29:59.999", wait=0)
    talked(desk, "2026-04-01T03:30:00", wait=0)
    if folded:
        desk.desk.statistics.fold()
    day = at("2026-03-31", "Asia/Kolkata"), at("2026-04-02", "Asia/Kolkata")
    answer = desk.desk.ask(q.Report(*day, by=["day", "hour"], zone="Asia/Kolkata"))
    assert (answer.source, counts(answer)) == ("cells", {("2026-03-31", "23"): 1, ("2026-04-01", "00"): 1})
    of_agents = desk.desk.ask(q.Report(*day, by=["day", "agent"], zone="Asia/Kolkata"))
    assert (of_agents.source, counts(of_agents)) == ("facts", {("2026-03-31", "민아"): 1, ("2026-04-01", "민아"): 1})
    part = desk.desk.ask(q.Report(at("2026-04-01T03:15:00"), at("2026-04-01T03:30:00")))
    assert (part.source, part.total.figures["queue_time"].count) == ("cells", 1)
    desk.desk.do(c.ChangeBrand(zone="Asia/Kolkata"))
    own = attrs.evolve(q.Report(*day, by=["day"]))
    answer = desk.desk.ask(own)
    assert (answer.source, counts(answer)) == ("events" if folded else "cells", {("2026-03-31",): 1, ("2026-04-01",): 1})
    desk.desk.statistics.fold()
    answer = desk.desk.ask(own)
    assert (answer.source, counts(answer)) == ("cells", {("2026-03-31",): 1, ("2026-04-01",): 1})
    assert desk.desk.statistics.verify(desk.customer.brand).ok


@FOLDS
def test_the_total_is_counted_apart(desk: Office, folded: bool):
    talked(desk, "2026-04-01T10:00:00", tags=("급함", "단골"))
    talked(desk, "2026-04-01T11:00:00", tags=("급함",))
    if folded:
        desk.desk.statistics.fold()
    day = at("2026-04-01"), at("2026-04-02")
    answer = desk.desk.ask(q.Report(*day, by=["tag"]))
    assert counts(answer) == {("급함",): 2, ("단골",): 1}
    assert answer.total.figures["queue_time"].count == 2
    limited = desk.desk.ask(q.Report(*day, by=["tag"], where={"tag": ["급함", "단골"]}))
    assert (counts(limited), limited.total.figures["queue_time"].count) == ({("급함",): 2, ("단골",): 1}, 2)


@FOLDS
def test_a_category_takes_what_is_below_it_along(desk: Office, folded: bool):
    for place, category in enumerate(("배송", "배송/지연", "환불")):
        talked(desk, f"2026-04-01T1{place}:00:00", category=category)
    if folded:
        desk.desk.statistics.fold()
    day = at("2026-04-01"), at("2026-04-02")
    answer = desk.desk.ask(q.Report(*day, by=["category"], where={"category": "배송"}))
    assert (answer.source, counts(answer)) == ("cells", {("배송",): 1, ("배송/지연",): 1})
    assert answer.total.figures["queue_time"].count == 2
    with pytest.raises(Invalid, match=r"where\.category"):
        desk.desk.ask(q.Report(*day, where={"category": "없음"}))


@FOLDS
def test_a_turn_counts_once_for_each_tag_of_its_customer_and_once_in_the_total(desk: Office, folded: bool):
    talked(desk, "2026-04-01T10:00:00", category="배송/지연")
    talked(desk, "2026-04-01T11:00:00", category="환불")
    stranger = desk.stranger.do(c.OpenSession(text="문의"))
    desk.stranger.do(c.EndSession(stranger))
    if folded:
        desk.desk.statistics.fold()
    desk.admin.do(c.TagCustomer(desk.customer, ["vip", "단골"]))
    desk.admin.do(c.UpdateCustomer(desk.other, attributes={"plan": "pro"}))
    day = at("2026-04-01"), at("2026-04-02")
    answer = desk.desk.ask(q.Report(*day, ["turns"], by=["customer_tag"]))
    assert counts(answer, "turns") == {("vip",): 4, ("단골",): 4, ("",): 1}
    assert answer.total.figures["turns"].count == 5
    both = desk.desk.ask(q.Report(*day, ["turns"], where={"customer_tag": ["vip", "단골"]}))
    assert both.total.figures["turns"].count == 4
    assert counts(desk.desk.ask(q.Report(*day, ["turns"], by=["attribute:plan", "category:1"])), "turns") == {
        ("", "배송"): 2,
        ("", "환불"): 2,
        ("pro", ""): 1,
    }
    assert counts(desk.desk.ask(q.Report(*day, ["turns"], by=["customer"])), "turns") == {("김고객",): 4, ("이고객",): 1}
    first = desk.desk.ask(q.Report(*day, ["turns"], by=["category:1"], where={"category": "배송"}))
    assert (first.source, counts(first, "turns")) == ("cells", {("배송",): 2})


@pytest.mark.parametrize("name", ["category:0", "category:x", "category:", "attribute:", "attribute", "customer_tags", "tag:1"])
def test_a_dimension_that_there_is_not(desk: Office, name: str):
    with pytest.raises(Invalid, match="there is no dimension"):
        q.Report(at("2026-04-01"), at("2026-04-02"), by=[name])
    with pytest.raises(Invalid, match="there is no dimension"):
        q.Report(at("2026-04-01"), at("2026-04-02"), where={name: "x"})


def test_statistics_follow_a_category_that_is_set_later(desk: Office):
    session = talked(desk, "2026-04-01T10:00:00")
    report = q.Report(at("2026-04-01"), at("2026-04-02"), by=["category"])
    desk.desk.statistics.fold()
    desk.agent.do(c.SetCategory(session, "환불"))
    answer = desk.desk.ask(report)
    assert (answer.source, answer.tail > 0, counts(answer)) == ("cells", True, {("환불",): 1})
    desk.desk.statistics.fold()
    answer = desk.desk.ask(report)
    assert (answer.tail, counts(answer)) == (0, {("환불",): 1})


def test_a_reopened_session_leaves_the_past_day_as_it_was(desk: Office):
    session = talked(desk, "2026-04-01T10:00:00")
    report = q.Report(at("2026-04-01"), at("2026-04-02"), list(METRICS), by=["day"])
    before = desk.desk.ask(report)
    desk.clock.advance(days=2)
    desk.agent.do(c.ReopenSession(session))
    desk.agent.do(c.SendMessage(session, text="더 있나요?"))
    desk.agent.do(c.EndSession(session))
    desk.agent.do(c.WrapUp(session))
    after = desk.desk.ask(report)
    assert after.lines == before.lines
    later = desk.desk.ask(q.Report(at("2026-04-03"), at("2026-04-04"), ["closings", "sessions_closed", "reopen_rate"]))
    assert [later.total.figures[name].sum for name in later.measures] == [1, 0, 1]


def test_every_number_leads_to_the_turns_behind_it(desk: Office):
    sessions = [talked(desk, f"2026-04-01T1{number}:00:00", wait=number, tags=("급함",)[: number % 2]) for number in range(5)]
    answer = desk.desk.ask(q.Report(at("2026-04-01"), at("2026-04-02"), by=["tag", "agent"]))
    for line in answer.lines:
        behind = q.TurnsBehind(at("2026-04-01"), at("2026-04-02"), "queue_time", where=line.key, limit=1)
        found = list(desk.desk.each(behind))
        assert len(found) == line.figures["queue_time"].count
        waits = [wall for fact in found for _, wall, _ in METRICS["queue_time"].read(fact) if wall is not None]
        assert sum(waits) / 1000 == line.figures["queue_time"].sum
        assert {fact.session for fact in found} <= {session.id for session in sessions}
        assert all(desk.history(fact.session) for fact in found)
    desk.desk.statistics.fold()
    again = [fact.session for fact in desk.desk.each(q.TurnsBehind(at("2026-04-01"), at("2026-04-02"), "queue_time", limit=2))]
    assert again == [session.id for session in sessions]


def test_the_greatest_is_read_from_facts(desk: Office):
    for number in range(4):
        talked(desk, f"2026-04-01T1{number}:00:00", wait=number + 0.25)
    answer = desk.desk.ask(q.Report(at("2026-04-01"), at("2026-04-02"), by=["agent"], maxima=True))
    assert (answer.source, answer.total.figures["queue_time"].max, answer.lines[0].figures["queue_time"].max) == ("facts", 3.25, 3.25)
    assert answer.total.figures["queue_time"].mean == pytest.approx(1.75)


def test_the_table_is_what_the_lines_say(desk: Office):
    talked(desk, "2026-04-01T10:00:00", tags=("급함", "단골"))
    answer = desk.desk.ask(q.Report(at("2026-04-01"), at("2026-04-02"), ["queue_time"], by=["tag"]))
    head, *rows = answer.table()
    assert head == ["tag", *(f"queue_time.{field}" for field in ("count", "missing", "sum", "mean", "p50", "p90", "p95", "max"))]
    assert [row[0] for row in rows] == ["급함", "단골", "*"]
    assert [row[3] for row in rows] == [line.figures["queue_time"].sum for line in (*answer.lines, answer.total)]


BAD: dict[str, list[Any]] = {
    "start": [None, "2026-04-01", datetime(2026, 4, 1)],  # noqa: DTZ001
    "end": [None, at("2026-04-01"), at("2026-03-01"), 5],
    "measures": ["queue_time", [], ["nonsense"], [5], None],
    "by": ["day", ["nonsense"], ["day", "day"], [5], None],
    "where": [5, {"nonsense": "x"}, {"tag": []}, {"tag": [5]}, {5: "x"}],
    "zone": ["Nowhere", "", 5, "../etc"],
    "calendar": ["moon", None, 5],
    "maxima": [1, "yes", None],
}


@pytest.mark.parametrize("field", BAD)
def test_what_no_report_can_be_of(field: str):
    good = q.Report(at("2026-04-01"), at("2026-04-02"))
    for value in BAD[field]:
        with pytest.raises(Invalid) as caught:
            attrs.evolve(good, **{field: value})
        assert caught.value.fields["field"].partition(".")[0] == field


def test_reports_are_for_staff(desk: Office):
    with pytest.raises(Forbidden):
        desk.visitor.ask(q.Report(at("2026-04-01"), at("2026-04-02")))


def test_brands_are_counted_apart(desk: Office):
    other = Office.on(desk.desk.brand("other"), desk.clock)
    other.desk.do(c.ChangeBrand(accepting="open", zone="Asia/Kolkata"))
    talked(desk, "2026-04-01T10:00:00")
    talked(other, "2026-04-01T11:00:00")
    for _ in range(2):
        for office, zone in ((desk, "Asia/Seoul"), (other, "Asia/Kolkata")):
            answer = office.desk.ask(q.Report(at("2026-04-01", zone), at("2026-04-02", zone), by=["agent"]))
            assert (answer.source, counts(answer)) == ("cells", {("민아",): 1})
        desk.desk.statistics.fold()


WITHOUT = """
import sys
sys.modules["numpy"] = None
from datetime import UTC, datetime
from cschat import Desk, commands as c, queries as q
from cschat.errors import MissingExtra
with Desk.open("memory:") as desk:
    desk.do(c.AddGroup(name="a"))
    desk.run_due()
    period = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    print(desk.ask(q.TurnsBehind(*period)).items)
    try:
        desk.ask(q.Report(*period))
    except MissingExtra as error:
        print(error.extra)
"""


def test_without_numpy_a_desk_runs_and_reports_name_the_extra():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\nstats\n", "")


# -------------------------------------------------------------------------------------------------------------- folding


def test_the_folder_runs_along_with_what_is_due(desk: Office):
    talked(desk, "2026-04-01T10:00:00")
    desk.desk.run_due()
    known = desk.desk.store.read(state)
    assert known.position == desk.desk.position()
    desk.visitor.do(c.OpenSession(text="문의"))
    desk.desk.run_due()
    assert desk.desk.store.read(state) == known  # there is little, and it is early
    desk.clock.advance(hours=1)
    desk.desk.run_due()
    assert desk.desk.store.read(state).position == desk.desk.position()
    assert desk.desk.statistics.verify(desk.customer.brand).ok


def test_a_close_writes_no_row_for_statistics(desk: Office):
    talked(desk, "2026-04-01T10:00:00")
    store = desk.desk.store
    assert not [*store.stream(Cell), *store.stream(Folded)]


def test_what_comes_to_nothing_changes_nothing(desk: Office):
    session = talked(desk, "2026-04-01T10:00:00")
    assert desk.desk.statistics.fold() == 2
    desk.agent.do(c.TagSession(session, ["급함"]))
    desk.agent.do(c.UntagSession(session, ["급함"]))
    assert desk.desk.statistics.fold() == 0


def test_who_is_at_it_keeps_others_away(desk: Office):
    talked(desk, "2026-04-01T10:00:00")
    now = desk.clock.now()
    desk.desk.store.transact(lambda tx: tx.put(Folded(leased=now + 60_000_000)), brand="")
    assert desk.desk.statistics.fold() == 0
    desk.clock.advance(seconds=61)
    assert desk.desk.statistics.fold() == 2
    assert desk.desk.store.read(state).leased == 0


def test_several_folders_at_once_count_everything_once(desk: Office):
    from cschat.transport import folder as module

    for number in range(6):
        talked(desk, f"2026-04-01T1{number}:00:00")
    folders = [module.Folder(desk.desk.store, desk.clock) for _ in range(4)]
    threads = [threading.Thread(target=folder.fold) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answer = desk.desk.ask(q.Report(at("2026-04-01"), at("2026-04-02"), ["turns"]))
    assert (answer.tail, answer.total.figures["turns"].sum) == (0, 12)
    assert folders[0].verify(desk.customer.brand).ok


def test_what_was_spoilt_is_found_and_made_anew(desk: Office):
    talked(desk, "2026-04-01T10:00:00")
    folder, brand, store = desk.desk.statistics, desk.customer.brand, desk.desk.store
    folder.fold()
    facts = list(desk.desk.each(q.TurnsBehind(at("2026-04-01"), at("2026-04-02"))))
    cell = next(iter(store.stream(Cell)))

    def spoil(tx: Any) -> None:
        tx.put(evolve(tx.get(type(facts[0]), facts[0].id), channel="fax"))
        tx.delete(Cell, cell.id)

    store.transact(spoil, brand=brand)
    found = folder.verify(brand)
    assert (found.turns, found.facts, cell.id in found.cells, found.ok) == (2, [facts[0].id], True, False)
    assert folder.rebuild(brand) == 2
    assert folder.verify(brand).ok


def test_cells_of_another_layout_are_made_anew(desk: Office):
    talked(desk, "2026-04-01T10:00:00")
    folder, store = desk.desk.statistics, desk.desk.store
    folder.fold()
    store.transact(lambda tx: tx.put(evolve(state(tx), layout="older")), brand="")
    report = q.Report(at("2026-04-01"), at("2026-04-02"), ["turns"])
    before = desk.desk.ask(report)
    assert (before.source, before.total.figures["turns"].sum) == ("events", 2)
    folder.fold()
    after = desk.desk.ask(report)
    assert (after.source, after.total.figures["turns"].sum) == ("cells", 2)
    assert folder.verify(desk.customer.brand).ok


@pytest.mark.parametrize("after", [timedelta(hours=1), timedelta(days=2)])
def test_hours_that_are_set_for_the_first_time_hold_for_what_was_before(desk: Office, after: timedelta):
    talked(desk, "2026-04-01T10:00:00")
    desk.desk.statistics.fold()
    desk.clock.advance(seconds=after.total_seconds())
    desk.desk.do(c.SetHours(always_open=True))
    report = q.Report(at("2026-04-01"), at("2026-04-02"), ["queue_time"], calendar="business")
    assert desk.desk.ask(report).total.figures["queue_time"].sum == 5
    desk.desk.statistics.fold()
    answer = desk.desk.ask(report)
    assert (answer.source, answer.total.figures["queue_time"].sum) == ("cells", 5)


# ----------------------------------------------------------------------------------------------------- under a name, in files


def test_a_report_under_a_name_moves_along(desk: Office):
    talked(desk, "2026-03-31T23:59:59.999", wait=0)
    saved = desk.admin.do(c.SaveReport("지난달", "last_month", ["turns"], by=["day"]))
    assert desk.admin.do(c.SaveReport("지난달", "last_month", ["turns"], by=["day"])) == saved
    this = desk.admin.do(c.SaveReport("이번달", "this_month", ["turns"]))
    assert [report.name for report in desk.agent.ask(q.SavedReports())] == ["이번달", "지난달"]
    assert desk.agent.ask(q.RunReport("이번달")).total.figures["turns"].sum == 2
    assert desk.agent.ask(q.RunReport("지난달")).total.figures["turns"].sum == 0
    desk.clock.advance(seconds=1)
    answer = desk.agent.ask(q.RunReport("지난달"))
    assert (answer.total.figures["turns"].sum, answer.start, answer.end) == (2, at("2026-03-01"), at("2026-04-01"))
    assert answer.source == "cells"
    desk.admin.do(c.RemoveReport(this))
    with pytest.raises(NotFound):
        desk.agent.ask(q.RunReport("이번달"))
    with pytest.raises(Conflict):
        desk.admin.do(c.RemoveReport(this))
    assert desk.admin.do(c.SaveReport("이번달", "this_week", ["turns"])).id == this.id


PERIODS = {
    "today": ("2026-03-31", "2026-04-01"),
    "yesterday": ("2026-03-30", "2026-03-31"),
    "this_week": ("2026-03-30", "2026-04-06"),
    "last_week": ("2026-03-23", "2026-03-30"),
    "this_month": ("2026-03-01", "2026-04-01"),
    "last_month": ("2026-02-01", "2026-03-01"),
}


@pytest.mark.parametrize("period", PERIODS)
def test_periods(desk: Office, period: str):
    desk.admin.do(c.SaveReport("하나", period, ["turns"]))
    answer = desk.agent.ask(q.RunReport("하나"))
    assert (answer.start, answer.end) == tuple(at(day) for day in PERIODS[period])


@pytest.fixture
def file(tmp_path: Path) -> tuple[str, Office]:
    """A store in a file with some talks around the end of March, and its URL."""
    url = f"sqlite:///{tmp_path / 'desk.db'}?synchronous=normal"
    clock = FakeClock("2026-03-31T20:00:00+09:00", "Asia/Seoul")
    office = Office.on(Desk.open(url, clock=clock, seed=1), clock)
    office.desk.do(c.ChangeBrand(accepting="open"))
    talked(office, "2026-03-31T21:00:00", tags=("=1+1", "급함"), wait=7)
    talked(office, "2026-03-31T23:59:59.999", wait=3)
    talked(office, "2026-04-01T00:00:00", wait=0)
    return url, office


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cschat, ["stats", *arguments], catch_exceptions=False)


@pytest.mark.parametrize("zone", ["Asia/Seoul", "Asia/Kolkata"])
@pytest.mark.parametrize("by", ["day", "tag"])
def test_screen_report_and_file_say_the_same(file: tuple[str, Office], zone: str, by: str):
    url, office = file
    period = at("2026-03-01", zone), at("2026-04-01", zone)
    answer = office.desk.ask(q.Report(*period, by=[by], zone=zone))
    asked = ("--store", url, "--from", "2026-03-01", "--to", "2026-04-01", "--by", by, "--zone", zone)
    assert json.loads(run("sqi", *asked, "--json").stdout) == json.loads(json.dumps(face(answer)))
    rows = list(csv.reader(io.StringIO(run("sqi", *asked, "--csv").stdout)))
    told = [["" if cell is None else str(cell).replace("=1+1", "'=1+1") for cell in row] for row in answer.table()]
    assert rows == told
    shown = run("sqi", *asked).stdout
    for line in answer.lines:
        figure = line.figures["queue_time"]
        assert any(words[:5] == [line.names[by] or "-", "queue_time", str(figure.count), str(figure.missing), f"{figure.mean:.1f}"]
                   for words in map(str.split, shown.splitlines()))  # fmt: skip
    assert answer.total.figures["queue_time"].count == (2 if zone == "Asia/Seoul" else 3)


@pytest.mark.parametrize(
    ("name", "query", "more"),
    [
        ("trends", lambda *period: q.Trends(*period, slot="week", least=1), ("--slot", "week", "--least", "1")),
        ("agents", lambda *period: q.AgentTable(*period, order="name"), ("--order", "name")),
        ("channels", q.ChannelUse, ()),
        ("members", q.BestMembers, ()),
    ],
)
def test_tables_from_the_command_line(file: tuple[str, Office], tmp_path: Path, name: str, query: Any, more: tuple[str, ...]):
    url, office = file
    table = office.desk.ask(query(at("2026-04-01"), at("2026-05-01")))
    asked = (name, "--store", url, "--from", "2026-04-01", "--to", "2026-05-01", *more)
    assert json.loads(run(*asked, "--json").stdout) == face(table)
    rows = [*csv.reader(io.StringIO(run(*asked, "--csv", "--chart", str(tmp_path / "x.json")).stdout))]
    assert [[cell.removeprefix("'") for cell in row] for row in rows] == [
        ["" if cell is None else str(cell) for cell in row] for row in table.table()
    ]
    assert not [cell for row in rows for cell in row if cell.startswith("=")]
    assert run(*asked).stdout.split()[: len(table.head)] == [*table.head]
    drawn = sorted(tmp_path.glob("x*.json"))
    assert [json.loads(path.read_text("utf-8")) for path in drawn] == table.charts


def test_upkeep_from_the_command_line(file: tuple[str, Office]):
    url, office = file
    assert run("fold", "--store", url).stdout == "6 facts added or taken back\n"
    assert json.loads(run("verify", "--store", url, "--json").stdout) == {"turns": 6, "facts": [], "cells": [], "ok": True}
    cell = next(iter(office.desk.store.stream(Cell)))
    office.desk.store.transact(lambda tx: tx.delete(Cell, cell.id), brand="")
    spoilt = run("verify", "--store", url)
    assert (spoilt.exit_code, cell.id in spoilt.stdout) == (1, True)
    assert run("rebuild", "--store", url).stdout == "6 facts\n"
    assert run("verify", "--store", url).exit_code == 0


@pytest.mark.parametrize("bad", [("--from", "soon"), ("--where", "channel"), ("--zone", "Nowhere"), ("--store", "sqlite:///nowhere.db")])
def test_a_slip_of_the_pen_is_told(file: tuple[str, Office], bad: tuple[str, str]):
    asked = {"--store": file[0], "--from": "2026-03-01", "--to": "2026-04-01"} | dict([bad])
    with pytest.raises(Invalid) as caught:
        run("sqi", *(word for pair in asked.items() for word in pair))
    assert caught.value.fields["field"] == bad[0].removeprefix("--")


def test_how_many_sessions_an_agent_had_at_a_time(desk: Office):
    """In two hours one agent had two for half an hour each, the other two for a quarter."""
    hours = at("2026-04-01T09:00"), at("2026-04-01T11:00")
    desk.clock.set(as_micros(hours[0]))
    for door, minutes in ((desk.agent, 30), (desk.agent, 30), (desk.colleague, 15), (desk.colleague, 15)):
        session = desk.desk.do(c.OpenSession(customer=desk.customer.id, text="문의"))
        desk.desk.do(c.RequestAgent(session))
        door.do(c.ClaimSession(session))
        desk.clock.advance(minutes=minutes)
        door.do(c.EndSession(session))
        door.do(c.WrapUp(session))
    answer = desk.desk.ask(q.Report(*hours, ["handle_time"], by=["agent"]))
    assert {line.names["agent"]: answer.concurrency(line) for line in answer.lines} == {"민아": 0.5, "준": 0.25}
    assert answer.concurrency(answer.total) == 0.75
    for measures, by in ((["turns"], ["agent"]), (["handle_time"], ["agent", "day"])):
        other = desk.desk.ask(q.Report(*hours, measures, by=by))
        with pytest.raises(Invalid):
            other.concurrency(other.total)
