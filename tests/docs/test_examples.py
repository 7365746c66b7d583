"""The examples run, and do what they say."""

import contextlib
import json
import runpy
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cschat import Actor, Desk
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock

EXAMPLES = Path(__file__).parents[2] / "examples"
SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture(autouse=True)
def folder(tmp_path):
    with contextlib.chdir(tmp_path):
        yield tmp_path


def run(name):
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")


def test_every_example_is_tried_here_and_short():
    tried = Path(__file__).read_text(encoding="utf-8")
    for example in EXAMPLES.glob("*.py"):
        assert f'"{example.name}"' in tried
        assert len(example.read_text(encoding="utf-8").splitlines()) < 80


def test_a_month_of_the_shop_is_simulated_and_its_report_written(capsys, folder, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["month.py"])
    run("shop/month.py")
    assert capsys.readouterr().out.splitlines()[-1].endswith("하늘상점 상담 보고서, 2026년 3월 23일 (월) ~ 2026년 3월 29일 (일)")
    assert (folder / "report.html").read_text(encoding="utf-8").count("data:image/png;base64,") == 3
    with Desk.open("sqlite:///month.db", clock=FakeClock("2026-03-30T09:00+09:00")) as desk:
        start = datetime(2026, 3, 2, tzinfo=SEOUL)
        total = desk.ask(q.Report(start, start + timedelta(days=28), measures=["closings", "closings_by_bot", "queue_time"])).total.figures
        assert (total["closings"].sum, total["closings_by_bot"].sum > 200, total["queue_time"].missing > 20) == (2328, True, True)
        assert desk.ask(q.SelfCheck()) == []


def test_first_desk_can_be_run_again_and_again(capsys):
    for times in (1, 2):
        run("first_desk.py")
        assert capsys.readouterr().out.splitlines() == [
            "You are number 1 in the line.",
            "customer: 배송이 언제 오나요?",
            "agent: 오늘 출발했어요.",
            f"closed so far: {times}",
        ]


def test_async_desk_serves_both_visitors(capsys):
    run("async_desk.py")
    lines = capsys.readouterr().out.splitlines()
    assert {"Where is my parcel? -> I am looking into it.", "Can I change my address? -> I am looking into it.", "closed: 2"} <= set(lines)


def test_scripted_bot_hands_over_and_is_silent_then(capsys):
    run("scripted_bot.py")
    speakers = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert speakers == ["bot", "customer", "bot", "customer", "bot", "agent", "customer"]


def test_export_yesterday_has_the_day_and_no_other(capsys, folder):
    noon = datetime(2026, 3, 4, 12, tzinfo=SEOUL)
    with Desk.open("sqlite:///support.db", brand="shop", clock=FakeClock(noon - timedelta(days=1, hours=12, microseconds=1))) as desk:
        visitor = desk.acting_as(Actor.guest("browser-1"))
        for text, pause in (("the day before", {"microseconds": 1}), ("the first moment", {"minutes": 1}), ("in the day", {})):
            session = visitor.do(c.OpenSession(text=text))
            desk.do(c.ForceClose(session))
            desk.advance(**pause)
        desk.advance(hours=24)
        visitor.do(c.OpenSession(text="today"))

    class Today(datetime):
        @classmethod
        def now(cls, tz=None):
            return noon

    script = runpy.run_path(str(EXAMPLES / "export_yesterday.py"))
    script["main"].__globals__["datetime"] = Today
    script["main"]("support.db", "yesterday.jsonl")

    lines = [json.loads(line) for line in (folder / "yesterday.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [[message["content"]["text"] for message in line["messages"]] for line in lines] == [["the first moment"], ["in the day"]]
    assert lines[0]["opened_at"] == "2026-03-02T15:00:00.000000Z"
    assert capsys.readouterr().out == "2026-03-03: 2 sessions opened, 2 of them closed by now, 2 messages\n"
