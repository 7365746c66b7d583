"""`cschat copy`, `migrate` and `doctor`, as people run them."""

import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.needs import postgres_schema
from tests.test_cli import cschat

from cschat import Actor, Desk
from cschat import commands as c
from cschat import events as e
from cschat.core.clock import FakeClock
from cschat.core.session import Session
from cschat.kinds import KINDS
from cschat.storage import migrations
from cschat.storage.opening import schema_of
from cschat.storage.schema import Schema


@pytest.fixture
def url(tmp_path):
    """A small desk in a file, of the past."""
    url = f"sqlite:///{tmp_path}/support.db"
    with Desk.open(url, clock=FakeClock()) as desk:
        desk.do(c.AddAgent(name="민아", status="available"))
        visitor = desk.acting_as(Actor.guest("browser"))
        visitor.do(c.SendMessage(visitor.do(c.OpenSession()), text="안녕하세요"))
    return url


def test_copy_says_what_it_did_and_refuses_what_it_must(url, tmp_path):
    copy = f"sqlite:///{tmp_path}/copy.db"
    done = json.loads(cschat("copy", url, copy, "--json").stdout)
    assert (done["events"], done["known"]) == (4, 0)
    again = cschat("copy", url, copy)
    assert "0 events and 0 records copied" in again.stdout
    assert done["content"] in again.stdout
    assert again.stderr == ""
    with Desk.open(copy) as desk:
        desk.acting_as(Actor.guest("other")).do(c.OpenSession(text="다른 말"))
    refused = cschat("copy", url, copy)
    assert (refused.returncode, "something else" in refused.stderr) == (1, True)
    missing = cschat("copy", f"sqlite:///{tmp_path}/no.db", copy)
    assert (missing.returncode, "there is no file" in missing.stderr, (tmp_path / "no.db").exists()) == (1, True, False)


@pytest.fixture(params=["sqlite", "postgres"])
def nothing_yet(request, tmp_path):
    """The URL of a store that has not been made."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/new.db", migrations._STEPS
        return
    with postgres_schema() as url:
        from cschat.storage.postgres_schema import _STEPS

        yield url, _STEPS


def test_migrate_makes_a_store_and_then_finds_nothing_to_do(nothing_yet):
    url, steps = nothing_yet
    first, second = cschat("migrate", url).stdout.splitlines(), cschat("migrate", url).stdout
    assert first == [*(f"applied {name}" for name in steps), "fitted tables, indexes and views"]
    assert second == "nothing to do\n"
    assert cschat("doctor", url).returncode == 0


def test_migrate_brings_an_older_file_up_to_date(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/old.db"
    with monkeypatch.context() as older:
        older.setattr(migrations, "_STEPS", dict(list(migrations._STEPS.items())[:1]))
        connection = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
        migrations.migrate(connection, (Session,))
        connection.close()
    told = json.loads(cschat("doctor", url, "--json").stdout)
    assert [one["code"] for one in told["troubles"]] == ["pending"]
    assert told["health"] is None
    assert json.loads(cschat("migrate", url, "--json").stdout)["applied"] == list(migrations._STEPS)[1:]
    assert cschat("doctor", url).returncode == 0


@pytest.mark.slow
def test_many_may_migrate_at_once(nothing_yet):
    url, steps = nothing_yet
    command = [sys.executable, "-m", "cschat.cli", "migrate", url]
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda _: subprocess.run(command, capture_output=True, text=True, timeout=100), range(6)))
    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * 6
    assert schema_of(url, KINDS) == Schema(tuple(steps), (), (), fits=True)


def test_doctor_finds_nothing_wrong_with_a_desk_that_is_well(url):
    well = cschat("doctor", url)
    assert (well.returncode, well.stderr) == (0, "")
    assert "4 events; brands: main" in well.stdout
    assert "Nothing is wrong." in well.stdout


def test_doctor_says_what_is_stuck_and_what_is_behind_and_what_helps(url, tmp_path):
    with Desk.open(url, clock=FakeClock()) as desk:
        desk.after(e.MessageSent, name="told")(lambda event, delivery: None)
        desk.run_due()
        visitor = desk.acting_as(Actor.guest("browser"))
        session = visitor.do(c.OpenSession(text="또 저예요"))
    with sqlite3.connect(tmp_path / "support.db") as connection:
        connection.execute("UPDATE cschat_session SET data = json_set(data, '$.agent', 'agt_x') WHERE id = ?", (session.id,))
    ill = cschat("doctor", url, "--json")
    told = json.loads(ill.stdout)
    assert (ill.returncode, told["ok"]) == (1, False)
    assert [one["code"] for one in told["troubles"]] == ["behind", "behind", "stuck"]
    assert session.id in told["troubles"][2]["what"]
    text = cschat("doctor", url).stdout
    assert "desk.running()" in text
    assert "3 things are wrong." in text


def test_doctor_knows_a_newer_file_and_a_broken_one(url, tmp_path):
    with sqlite3.connect(tmp_path / "support.db") as connection:
        connection.execute("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('cschat', '9999_later')")
    assert [one["code"] for one in json.loads(cschat("doctor", url, "--json").stdout)["troubles"]] == ["newer"]
    (tmp_path / "broken.db").write_bytes(b"this is no database, however long it is" * 100)
    broken = cschat("doctor", f"sqlite:///{tmp_path}/broken.db")
    assert (broken.returncode, "WRONG" in broken.stdout) == (1, True)
    assert cschat("doctor", f"sqlite:///{tmp_path}/none.db").returncode == 1
    assert not (tmp_path / "none.db").exists()
    gone = cschat("doctor", "postgresql://127.0.0.1:1/none?connect_timeout=1", "--json")
    assert [one["code"] for one in json.loads(gone.stdout)["troubles"]] == ["store"]
