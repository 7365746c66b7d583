"""What an export holds, that it goes on where it was, and that no cell of it runs."""

import csv
import io
import json
import subprocess
import sys
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.export.conftest import FORMULAS, lived

from cschat import Actor, Session, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.times import as_datetime
from cschat.data import Filter, export, export_table
from cschat.data.exporting import file_hash
from cschat.data.formats import FORMATS, cell, value
from cschat.data.tables import TABLES, Column
from cschat.errors import Conflict, Forbidden, Invalid
from cschat.kinds import CORE_KINDS
from cschat.storage.codec import face

RUN = tuple("=+-@\t\r＝＋－＠")
"""What no cell may begin with."""


def lines(folder, name):
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()]


def table(desk, name, **how):
    stream = io.BytesIO()
    export_table(desk, name, stream, format="jsonl", **how)
    return [json.loads(line) for line in stream.getvalue().decode().splitlines()]


def test_every_record_and_event_is_there_as_its_face(stored, tmp_path):
    manifest = export(stored.desk, tmp_path / "out")
    for kind in CORE_KINDS:
        table = next(name for name, one in TABLES.items() if one.kind is kind)
        assert lines(tmp_path / "out", table) == [face(record) for record in stored.desk.store.stream(kind)]
    events = [face(event) for event in stored.desk.store.stream_log()]
    for event in events:
        del event["position"]
    assert lines(tmp_path / "out", "events") == events
    assert len({event["type"] for event in events}) >= 60
    assert [one["name"] for one in manifest["tables"]] == list(TABLES)
    for one in manifest["tables"]:
        path = tmp_path / "out" / one["file"]
        assert (one["bytes"], one["sha256"]) == (path.stat().st_size, file_hash(path))
        assert one["rows"] == len(lines(tmp_path / "out", one["name"]))
        assert all(
            [column["name"] for column in one["columns"]] == list(row)
            for row in lines(tmp_path / "out", one["name"])[:1]
            if one["name"] != "events"
        )


def test_another_brand_is_not_in_it(office, tmp_path):
    other = office.desk.brand("other")
    other.do(c.OpenSession(customer=other.do(c.RegisterCustomer(guest="x", name="남의 손님")), text="남의 말"))
    export(office.desk, tmp_path / "out")
    assert "남의" not in "".join(path.read_text("utf-8") for path in (tmp_path / "out").iterdir())
    assert table(other, "messages")[0]["text"] == "남의 말"


def test_the_erased_are_erased(office, tmp_path):
    export(office.desk, tmp_path / "out")
    assert "비밀이에요" not in "".join(path.read_text("utf-8") for path in (tmp_path / "out").iterdir())


@pytest.mark.parametrize("door", ["visitor", "agent"])
def test_customers_and_agents_may_not(office, tmp_path, door):
    with pytest.raises(Forbidden):
        export(getattr(office, door), tmp_path / "out")
    with pytest.raises(Forbidden):
        export_table(getattr(office, door), "messages", io.BytesIO())
    assert not (tmp_path / "out").exists()


def test_an_admin_may(office, tmp_path):
    assert export(office.admin, tmp_path / "out")["tables"]


def test_what_is_for_staff_is_not_in_a_public_export(office, tmp_path):
    session = office.session(State.ACTIVE)
    office.agent.do(c.AddNote(session, text="속으로만"))
    office.agent.do(c.TagSession(session, tags=["까다로움"]))
    whole = "".join(json.dumps(row, ensure_ascii=False) for name in TABLES for row in table(office.desk, name))
    assert "속으로만" in whole
    assert "까다로움" in whole
    manifest = export(office.desk, tmp_path / "out", public=True)
    assert {one["name"] for one in manifest["tables"]} == {"sessions", "customers", "events", "messages"}
    shown = "".join(path.read_text("utf-8") for path in (tmp_path / "out").glob("*.jsonl"))
    assert "속으로만" not in shown
    assert "까다로움" not in shown
    with pytest.raises(Invalid, match="tables"):
        export(office.desk, tmp_path / "b", public=True, tables=["agents"])


# -------------------------------------------------------------------------------------------------------------- filters


@pytest.fixture
def sorted_office(office):
    office.desk.do(c.AddCategory("환불"))
    office.desk.do(c.AddCategory("환불/부분"))
    session = office.session(State.ACTIVE)
    office.agent.do(c.SetCategory(session, "환불/부분"))
    office.agent.do(c.TagSession(session, tags=["급해요"]))
    return office, session.id


@pytest.mark.parametrize(
    "only",
    [{"tag": "급해요"}, {"category": "환불"}, {"category": "환불/부분"}, {"category": "환불", "tag": "급해요", "channel": "web"}],
    ids=str,
)
def test_a_filter_chooses_sessions_and_what_belongs_to_them(sorted_office, only):
    office, id = sorted_office
    assert [row["id"] for row in table(office.desk, "sessions", only=Filter(**only))] == [id]
    assert [row["session"] for row in table(office.desk, "overview", only=Filter(**only))] == [id]
    assert {row["session"] for row in table(office.desk, "messages", only=Filter(**only))} == {id}
    assert {row["subject"] for row in table(office.desk, "events", only=Filter(**only))} == {id}
    assert table(office.desk, "sessions", only=Filter(**{**only, "channel": "email"})) == []


def test_filters_by_agent_and_customer(sorted_office):
    office, id = sorted_office
    mine = {row["id"] for row in table(office.desk, "sessions", only=Filter(agent=office.mina))}
    assert mine == {row["id"] for row in table(office.desk, "sessions") if row["last_agent"] == office.mina.id}
    assert id in mine
    [customer] = table(office.desk, "customers", only=Filter(customer=office.other))
    assert customer["id"] == office.other.id
    assert {row["customer"] for row in table(office.desk, "messages", only=Filter(customer=office.customer))} == {office.customer.id}


def test_a_period_has_its_start_and_not_its_end(office):
    moments = [as_datetime(event.time) for event in office.desk.store.stream_log()]
    start, end = moments[len(moments) // 3], moments[len(moments) // 2]
    only = Filter(start=start, end=end)
    whole = table(office.desk, "events")
    assert table(office.desk, "events", only=only) == [row for row in whole if start <= datetime.fromisoformat(row["at"]) < end] != []
    sessions = [row for row in table(office.desk, "sessions") if start <= datetime.fromisoformat(row["opened_at"]) < end]
    assert table(office.desk, "sessions", only=only) == sessions


def test_with_a_filter_only_what_it_filters_is_written(office, tmp_path):
    manifest = export(office.desk, tmp_path / "out", only=Filter(channel="web"))
    assert [one["name"] for one in manifest["tables"]] == ["sessions", "events", "messages", "overview"]
    assert manifest["whole"] is False


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"format": "xlsx"}, "format"),
        ({"tables": ["secrets"]}, "tables"),
        ({"bom": True}, "bom"),
        ({"only": Filter(category="없음")}, "category"),
    ],
)
def test_what_cannot_be_asked_for(office, tmp_path, how, field):
    with pytest.raises(Invalid) as error:
        export(office.desk, tmp_path / "out", **how)
    assert error.value.field == field


def test_a_naive_time_is_refused():
    with pytest.raises(Invalid, match="start"):
        Filter(start=datetime(2026, 1, 1))  # noqa: DTZ001


# ---------------------------------------------------------------------------------------------------------------- cells


def test_no_cell_runs_and_all_come_back(office, tmp_path):
    export(office.desk, tmp_path / "out", format="csv", bom=True)
    said = []
    for path in (tmp_path / "out").glob("*.csv"):
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        assert not [cell for row in rows for cell in row if cell.startswith(RUN)]
        if path.stem == "messages":
            said = [row[rows[0].index("text")] for row in rows[1:]]
    text = Column("text", "text")
    assert {*FORMULAS} <= {value(one, text) for one in said}


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | st.sampled_from(FORMULAS)


@given(TEXTS, st.booleans())
def test_a_cell_gives_back_its_value(text, empty):
    column = Column("c", "text", empty)
    written = cell(text, column)
    assert not written.startswith(RUN)
    assert value(written, column) == text
    assert value(cell([text], Column("c", "json")), Column("c", "json")) == [text]


def test_nothing_is_told_from_an_empty_text():
    column = Column("c", "text", empty=True)
    assert [value(cell(one, column), column) for one in (None, "", "'")] == [None, "", "'"]


# ------------------------------------------------------------------------------------------------------------- going on


class Stopped(Exception):
    """What stops an export in a test."""


@pytest.mark.parametrize("form", list(FORMATS))
def test_a_stopped_export_goes_on_and_ends_in_the_same_bytes(stored, tmp_path, monkeypatch, form):
    monkeypatch.setattr("cschat.data.exporting._CHECKPOINT", 20)
    monkeypatch.setattr("cschat.data.tables.PAGE", 20)
    whole = export(stored.desk, tmp_path / "whole", format=form)
    goes = 0

    def stop(name, rows, part):
        nonlocal goes
        goes += 1
        if goes in (3, 20, 30, 40, 41, 50):
            raise Stopped

    for _ in range(6):
        with pytest.raises(Stopped):
            export(stored.desk, tmp_path / "out", format=form, progress=stop)
        assert (tmp_path / "out" / "progress.json").exists()
        assert not (tmp_path / "out" / "manifest.json").exists()
    again = export(stored.desk, tmp_path / "out", format=form, progress=stop)
    assert {**again, "made_at": ""} == {**whole, "made_at": ""}
    for one in whole["tables"]:
        assert (tmp_path / "out" / one["file"]).read_bytes() == (tmp_path / "whole" / one["file"]).read_bytes()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {path.name for path in (tmp_path / "whole").iterdir()}


def stopped(office, folder, monkeypatch, at="events", **how):
    """Stop an export in the middle of a table."""
    monkeypatch.setattr("cschat.data.exporting._CHECKPOINT", 40)
    monkeypatch.setattr("cschat.data.tables.PAGE", 20)

    def stop(name, rows, part):
        if name == at and rows > 100:
            raise Stopped

    with pytest.raises(Stopped):
        export(office.desk, folder, progress=stop, **how)


KILLED = """
import os, sys
from cschat import Desk
from cschat.data import export, exporting, tables

exporting._CHECKPOINT = tables.PAGE = 20
calls = 0

def die(name, rows, part):
    global calls
    calls += 1
    if calls == 45:
        os.kill(os.getpid(), 9)

export(Desk.open(sys.argv[1], brand="shop"), sys.argv[2], progress=die)
"""


def test_an_export_that_was_killed_goes_on(tmp_path):
    url = f"sqlite:///{tmp_path}/desk.db?synchronous=normal"
    with lived(url, last=False).desk as desk:
        killed = subprocess.run([sys.executable, "-c", KILLED, url, tmp_path / "out"], timeout=60)
        assert killed.returncode == -9
        assert (tmp_path / "out" / "progress.json").exists()
        whole = export(desk, tmp_path / "whole")
        again = export(desk, tmp_path / "out")
        assert again["tables"] == whole["tables"]


def test_what_is_written_after_the_last_checkpoint_is_written_anew(office, tmp_path, monkeypatch):
    stopped(office, tmp_path / "out", monkeypatch)
    with (tmp_path / "out" / "events.jsonl").open("ab") as file:
        file.write(b'{"half a line' * 100_000)
    export(office.desk, tmp_path / "out")
    export(office.desk, tmp_path / "whole")
    assert file_hash(tmp_path / "out" / "events.jsonl") == file_hash(tmp_path / "whole" / "events.jsonl")


def test_a_lost_file_is_written_anew(office, tmp_path, monkeypatch):
    stopped(office, tmp_path / "out", monkeypatch)
    (tmp_path / "out" / "events.jsonl").unlink()
    export(office.desk, tmp_path / "out")
    assert lines(tmp_path / "out", "events") == table(office.desk, "events")


def test_another_export_does_not_go_on_here(office, tmp_path, monkeypatch):
    stopped(office, tmp_path / "out", monkeypatch)
    with pytest.raises(Conflict, match="another export"):
        export(office.desk, tmp_path / "out", format="csv")
    export(office.desk, tmp_path / "out")
    with pytest.raises(Conflict, match="finished"):
        export(office.desk, tmp_path / "out")


def test_who_is_erased_while_it_is_stopped_is_not_in_it(office, tmp_path, monkeypatch):
    secret = office.desk.acting_as(Actor.member("later"))
    secret.do(c.OpenSession(text="나중에 지울 말"))
    stopped(office, tmp_path / "out", monkeypatch, at="messages")
    assert "나중에 지울 말" in (tmp_path / "out" / "events.jsonl").read_text("utf-8")
    office.desk.do(c.EraseCustomer(secret.ask(q.GetCustomer())))
    export(office.desk, tmp_path / "out")
    assert "나중에 지울 말" not in "".join(path.read_text("utf-8") for path in (tmp_path / "out").iterdir())


def test_who_is_erased_while_it_runs_is_not_in_it(office, tmp_path):
    secret = office.desk.acting_as(Actor.member("later"))
    secret.do(c.OpenSession(text="나중에 지울 말"))
    customer = secret.ask(q.GetCustomer())
    written = []

    def erase(name, rows, part):
        if name == "messages" and not written:
            written.append((tmp_path / "out" / "events.jsonl").read_text("utf-8"))
            office.desk.do(c.EraseCustomer(customer))

    export(office.desk, tmp_path / "out", progress=erase)
    assert "나중에 지울 말" in written[0]
    assert "나중에 지울 말" not in "".join(path.read_text("utf-8") for path in (tmp_path / "out").iterdir())


def test_no_record_is_ahead_of_its_events_though_the_desk_goes_on(stored, tmp_path, monkeypatch):
    for module in ("storage.memory._PAGE", "storage.sqlite._PAGE", "storage.postgres._PAGE", "data.tables.PAGE"):
        monkeypatch.setattr(f"cschat.{module}", 20)
    before = {session.id: session.seq for session in stored.desk.store.stream(Session)}
    talked = 0

    def talk(name, rows, part):
        nonlocal talked
        talked += 1
        for id in (min(before), max(before)):
            stored.desk.do(c.AddNote(id, text=f"{talked}"))
        stored.visitor.do(c.OpenSession(text="새 문의"))

    export(stored.desk, tmp_path / "out", progress=talk, tables=["sessions", "events"])
    heights = {event["subject"]: event["seq"] for event in lines(tmp_path / "out", "events")}
    seqs = {row["id"]: row["seq"] for row in lines(tmp_path / "out", "sessions")}
    assert talked > 10
    assert seqs[max(before)] > before[max(before)]
    assert len(seqs) > len(before)
    assert {id: heights[id] for id in seqs} == seqs | {min(before): before[min(before)]}
    assert {id for id in heights if id.startswith("ses_")} == {*seqs}


def test_it_goes_on_where_it_was(office, tmp_path, monkeypatch):
    stopped(office, tmp_path / "out", monkeypatch)
    told = []
    export(office.desk, tmp_path / "out", progress=lambda *what: told.append(what))
    assert told[0][0] == "events"
    assert told[0][1] > 80


def test_progress_goes_up_to_all(office, tmp_path):
    told = []
    manifest = export(office.desk, tmp_path / "out", progress=lambda *what: told.append(what))
    last = {name: (rows, part) for name, rows, part in told}
    assert last["events"] == (next(one["rows"] for one in manifest["tables"] if one["name"] == "events"), 1.0)
    assert last["sessions"][1] is None
