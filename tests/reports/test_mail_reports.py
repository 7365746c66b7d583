"""Reports by mail: when they go out, what is in them, and that page, pictures and file say the same. The mail server is a real one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tests.needs import need_korean_font
from tests.office import Office, bodies
from tests.transport.post import Post, serving

from cschat import Desk, Smtp
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.cli import cschat
from cschat.core.clock import FakeClock
from cschat.core.mail_reports import Every, next_sending, stretch_before
from cschat.core.texts import duration
from cschat.core.times import as_datetime, as_micros
from cschat.errors import Conflict, Invalid
from cschat.stats.charts import bars, heat, lines, picture

SEOUL = ZoneInfo("Asia/Seoul")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def post(office: Office) -> Iterator[Post]:
    for server in serving():
        office.desk.mail(Smtp("127.0.0.1", "모두상점 <shop@example.com>", port=server.port, tls="none"))
        office.desk.do(c.ChangeBrand(name="모두상점", accepting="open"))
        yield server


def talk(office: Office, *, category: str = "배송/지연", minutes: int = 2, score: int | None = 5) -> None:
    """A talk that waited for some minutes and was answered twenty seconds later."""
    session = office.visitor.do(c.OpenSession(text="문의"))
    office.visitor.do(c.RequestAgent(session))
    office.clock.advance(minutes=minutes)
    office.agent.do(c.ClaimSession(session))
    office.clock.advance(seconds=20)
    office.agent.do(c.SendMessage(session, text="네"))
    office.agent.do_all([c.EndSession(session), c.WrapUp(session, category=category)])
    if score is not None:
        office.visitor.do(c.RateSession(session, score))


def until(office: Office, *when: int) -> None:
    office.desk.advance(seconds=(datetime(*when, tzinfo=SEOUL) - as_datetime(office.clock.now())).total_seconds())


def test_a_week_goes_out_on_monday_morning_with_pictures_and_a_file(office: Office, post: Post):
    need_korean_font()
    office.admin.do(c.AddMailReport("weekly", ["boss@example.com", "team@example.com"]))
    until(office, 2026, 3, 4, 10)
    talk(office)
    talk(office, category="환불", minutes=4)
    until(office, 2026, 3, 9, 7, 59)
    assert post.letters == []
    until(office, 2026, 3, 9, 8)
    (letter,) = post.letters
    assert sorted(letter.to) == ["boss@example.com", "team@example.com"]
    assert "boss" not in letter.message["To"], "one is not told who else is"
    assert letter.message["Subject"] == "모두상점 상담 보고서 - 2026년 3월 2일 (월) ~ 2026년 3월 8일 (일)"
    page = letter.part("html")
    assert "배정 대기 시간" in page
    images = {
        part["Content-ID"].strip("<>"): part.get_content() for part in letter.message.walk() if part.get_content_maintype() == "image"
    }
    assert len(images) == 3
    assert all(png.startswith(PNG) for png in images.values())
    assert re.findall(r'src="cid:([^"]+)"', page) == [*images]
    assert "상담 종료 수: 2 (0)" in letter.part("plain")
    (sheet,) = [part for part in letter.message.walk() if part.get_filename() == "report.csv"]
    rows = list(csv.DictReader(io.StringIO(sheet.get_content().lstrip("\ufeff"))))
    assert [(row["day"], row["closings.sum"]) for row in rows] == [("2026-03-04", "2.0"), ("*", "2.0")]
    until(office, 2026, 3, 15, 23)
    assert len(post.letters) == 1


def test_screen_mail_and_file_say_the_same(office: Office):
    office.desk.do(c.ChangeBrand(accepting="open"))
    until(office, 2026, 3, 31, 23, 50)
    talk(office, minutes=9)
    office.clock.set(as_micros(datetime(2026, 3, 31, 23, 59, 59, 999_000, tzinfo=SEOUL)))
    session = office.session()
    office.visitor.do(c.EndSession(session))
    march = datetime(2026, 3, 1, tzinfo=SEOUL), datetime(2026, 4, 1, tzinfo=SEOUL)
    summary, screen = office.agent.ask(q.Summary(*march)), office.agent.ask(q.Report(*march, measures=["closings"], by=["day"]))
    assert summary.figures[0].value == "2" == f"{screen.total.figures['closings'].sum:.0f}"
    head, *rows = summary.rows
    assert rows[0][head.index("closings.sum")] == screen.lines[0].figures["closings"].sum == 2
    shown = [row for row in summary.charts[0]["data"]["values"] if row["count"]]
    assert [(row["when"], row["who"], row["count"]) for row in shown] == [("3/31", "상담사", 1.0), ("3/31", "봇", 1.0)]
    assert len(summary.charts[0]["data"]["values"]) == 2 * 31
    april = office.agent.ask(q.Summary(march[1], march[1] + timedelta(days=1)))
    assert (april.figures[0].value, april.period) == ("0", "2026년 4월 1일 (수)")


def test_a_day_is_shown_by_the_hour_and_in_english_on_request(office: Office):
    office.desk.do(c.ChangeBrand(accepting="open"))
    talk(office)
    day = datetime(2026, 3, 2, tzinfo=SEOUL)
    found = office.agent.ask(q.Summary(day, day + timedelta(days=1), language="en"))
    assert (found.period, found.charts[0]["title"]["text"]) == ("Mon 2026-03-02", "Closed by hour")
    assert "상담" not in str((found.title, found.figures, found.tables[0]))
    assert [row["when"] for row in found.charts[0]["data"]["values"]][:4] == ["00", "00", "01", "01"]


def test_a_change_against_the_stretch_before_is_told(office: Office):
    office.desk.do(c.ChangeBrand(accepting="open"))
    talk(office)
    office.desk.advance(days=1)
    for _ in range(3):
        talk(office)
    day = datetime(2026, 3, 3, tzinfo=SEOUL)
    figure = office.agent.ask(q.Summary(day, day + timedelta(days=1))).figures[0]
    assert (figure.value, figure.before, figure.change) == ("3", "1", 2.0)


def test_after_downtime_one_report_goes_out_and_the_next_in_its_time(office: Office, post: Post):
    report = office.admin.do(c.AddMailReport("daily", ["boss@example.com"]))
    office.clock.advance(days=10)
    office.desk.settle()
    assert len(post.letters) == 1
    (due,) = bodies(office.log(report.id), e.MailReportDue)
    assert as_datetime(due.end) - as_datetime(due.start) == timedelta(days=1)
    office.desk.advance(days=1)
    assert len(post.letters) == 2


def test_a_removed_report_goes_out_no_more(office: Office, post: Post):
    report = office.admin.do(c.AddMailReport("daily", ["boss@example.com"], hour=6))
    office.admin.do(c.SendMailReport(report))
    office.desk.settle()
    office.admin.do(c.ChangeMailReport(report, every="monthly", language="en"))
    office.desk.advance(days=3)
    assert len(post.letters) == 1
    office.admin.do(c.RemoveMailReport(report))
    office.desk.advance(days=40)
    assert len(post.letters) == 1
    for again in (c.ChangeMailReport(report, hour=5), c.SendMailReport(report)):
        with pytest.raises(Conflict):
            office.admin.do(again)


def test_a_report_that_was_removed_on_its_way_is_not_sent(office: Office, post: Post):
    report = office.admin.do(c.AddMailReport("daily", ["boss@example.com"]))
    office.admin.do_all([c.SendMailReport(report), c.RemoveMailReport(report)])
    office.desk.settle()
    assert post.letters == []


def test_who_gets_a_report_stands_in_no_event(office: Office):
    report = office.admin.do(c.AddMailReport("daily", ["boss@example.com"]))
    office.admin.do(c.ChangeMailReport(report, addresses=["new@example.com"]))
    assert "example.com" not in str(office.log(report.id))


def test_what_a_customer_wrote_cannot_break_the_page(office: Office, post: Post):
    office.desk.do(c.ChangeAgent(office.mina, name='<script>alert("x")</script>'))
    office.clock.set(as_micros(datetime(2026, 3, 2, 10, tzinfo=SEOUL)))
    talk(office)
    report = office.admin.do(c.AddMailReport("daily", ["boss@example.com"]))
    office.clock.advance(days=1)
    office.admin.do(c.SendMailReport(report))
    office.desk.settle()
    assert "<script>" not in post.letters[-1].part("html")
    assert "&lt;script&gt;" in post.letters[-1].part("html")


def test_an_empty_stretch_is_no_error(office: Office):
    day = datetime(2020, 3, 2, tzinfo=SEOUL)
    found = office.agent.ask(q.Summary(day, day + timedelta(days=1)))
    assert {figure.value for figure in found.figures} <= {"0", "-"}
    assert found.tables[1].rows == []
    assert all(picture(spec).startswith(PNG) for spec in found.charts)
    with pytest.raises(Invalid):
        q.Summary(day, day)


# ------------------------------------------------------------------------------------------------------------------ charts


def test_korean_labels_are_drawn_and_not_boxes():
    need_korean_font()
    rows = [{"x": "가", "y": 1}]
    drawn = [picture(bars(title, rows, x="x", y="y", unit="건")) for title in ("가나다", "라마바")]
    assert drawn[0] != drawn[1], "a font without Hangul draws the same box for every syllable"


def test_the_kinds_of_charts_are_drawn():
    rows = [{"x": "a", "y": 1, "s": "one"}, {"x": "b", "y": None, "s": "two"}]
    assert picture(lines("t", rows, x="x", y="y", unit="min", series="s")).startswith(PNG)
    assert picture(heat("t", rows, x="x", y="s", value="y", unit="n")).startswith(PNG)
    assert picture(bars("t", rows, x="x", y="y", unit="n", series="s"), vector=True).startswith(b"<svg")


# ------------------------------------------------------------------------------------------------------------- time, words

INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(as_micros)  # noqa: DTZ001
ZONES = st.sampled_from(["Asia/Seoul", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "America/Sao_Paulo"])


@given(every=st.sampled_from(Every), now=INSTANTS, zone=ZONES, hour=st.integers(0, 23))
def test_stretches_follow_each_other_and_each_is_told_of_once(every: Every, now: int, zone: str, hour: int):
    start, end = stretch_before(every, now, zone)
    assert start < end <= now
    assert stretch_before(every, start, zone)[1] == start
    due = next_sending(every, now, zone, hour)
    assert due > now
    local = as_datetime(end).astimezone(ZoneInfo(zone))
    assert (local.day == 1) if every is Every.MONTHLY else (local.weekday() == 0 or every is Every.DAILY)
    following = next_sending(every, due, zone, hour)
    assert stretch_before(every, following, zone)[0] == stretch_before(every, due, zone)[1]


@pytest.mark.parametrize(
    ("seconds", "korean", "english"),
    [
        (0, "0초", "0 s"),
        (0.25, "0.2초", "0.2 s"),
        (59, "59초", "59 s"),
        (125, "2분 5초", "2 min 5 s"),
        (3600, "1시간", "1 h"),
        (90_061, "1일 1시간", "1 d 1 h"),
    ],
)
def test_a_length_of_time_in_words(seconds: float, korean: str, english: str):
    assert (duration("ko", seconds), duration("en", seconds)) == (korean, english)


# -------------------------------------------------------------------------------------------------------- the command line


def test_the_page_can_be_seen_in_a_file_first(tmp_path):
    url, out = f"sqlite:///{tmp_path / 'desk.db'}", tmp_path / "report.html"
    with Desk.open(url, clock=FakeClock("2026-03-02T10:00+09:00"), brand="shop") as desk:
        desk.do(c.ChangeBrand(name="모두상점"))
    how = ["summary", "weekly", "--store", url, "--brand", "shop", "--before", "2026-03-09T08:00+09:00", "--out", str(out)]
    done = CliRunner().invoke(cschat, how)
    assert done.exit_code == 0, done.output
    assert done.output == f"{out}: 모두상점 상담 보고서, 2026년 3월 2일 (월) ~ 2026년 3월 8일 (일)\n"
    assert out.read_text(encoding="utf-8").count("data:image/png;base64,") == 3
    wrong = CliRunner().invoke(cschat, [*how[:-3], "yesterday", "--out", str(out)])
    assert isinstance(wrong.exception, Invalid)
