"""A locked file and a full disk: a typed error, nothing half-written, and the desk goes on afterwards."""

import sqlite3
import subprocess
import sys
import threading

import pytest

from cschat import Actor, Desk
from cschat import commands as c
from cschat import queries as q
from cschat.errors import StoreUnavailable
from cschat.kinds import KINDS
from cschat.storage.sqlite import SqliteStore


def test_a_file_that_somebody_else_holds_is_an_error_and_the_desk_goes_on(tmp_path):
    path = tmp_path / "support.db"
    with Desk.open(SqliteStore(path, kinds=KINDS, busy_seconds=0.05)) as desk:
        visitor = desk.acting_as(Actor.guest("browser"))
        session = visitor.do(c.OpenSession(text="안녕하세요"))
        before = desk.position()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable) as refused:
            visitor.do(c.SendMessage(session, text="들리세요?"))
        assert isinstance(refused.value.__cause__, sqlite3.OperationalError)
        assert refused.value.status_hint == 503
        assert desk.position() == before
        other.execute("ROLLBACK")
        other.close()
        assert visitor.do(c.SendMessage(session, text="들리세요?")).seq == session.seq + 1
        assert [message.text for message in visitor.each(q.Transcript(session))] == ["안녕하세요", "들리세요?"]


FULL = """
import os, resource, sys
from cschat import Actor, Desk, commands as c, queries as q
from cschat.errors import StoreUnavailable

desk = Desk.open(f"sqlite:///{sys.argv[1]}")
visitor = desk.acting_as(Actor.guest("browser"))
session = visitor.do(c.OpenSession(text="1"))
_soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
room = os.path.getsize(sys.argv[1] + "-wal") + 200_000
resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
said = 1
while True:
    try:
        visitor.do(c.SendMessage(session, text=str(said + 1) + "가" * 2000))
    except StoreUnavailable as error:
        assert error.__cause__ is not None
        break
    said += 1
assert 1 < said < 1000, said
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
visitor.do(c.SendMessage(session, text="again"))
texts = [message.text.rstrip("가") for message in visitor.each(q.Transcript(session))]
assert texts == [str(number) for number in range(1, said + 1)] + ["again"], texts[-3:]
assert desk.ask(q.SelfCheck()) == []
desk.close()
"""


def test_a_full_disk_is_an_error_and_the_desk_goes_on(tmp_path):
    """A limit on the size of files stands in for a full disk: the write fails in the same place."""
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path / "support.db")], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr


def keep_full(store: SqliteStore) -> sqlite3.Connection:
    """Let the file grow no further, as on a full disk. Answers with the connection that writes."""
    connection = store._backend._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    return connection


def test_a_full_file_takes_nothing_by_halves(tmp_path):
    """The disk is full in the middle of a command's writes: nothing of it is there; small ones go on as long as there is room."""
    store = SqliteStore(tmp_path / "support.db", kinds=KINDS)
    with Desk.open(store) as desk:
        visitor = desk.acting_as(Actor.guest("browser"))
        session = visitor.do(c.OpenSession(text="안녕하세요"))
        connection = keep_full(store)
        refused = 0
        for number in range(200):
            before = desk.position()
            try:
                visitor.do_all([c.SendMessage(session, text=f"{number}"), c.SendMessage(session, text="가" * 3000)])
            except StoreUnavailable as error:
                refused += 1
                assert error.status_hint == 503
                assert desk.position() == before
        assert refused > 0
        said = [message.text for message in visitor.each(q.Transcript(session))]
        assert said[1:] == [text for number in range(200 - refused) for text in (f"{number}", "가" * 3000)]
        connection.execute("PRAGMA max_page_count = 1000000")
        assert visitor.do(c.SendMessage(session, text="다시")).text == "다시"
        assert desk.ask(q.SelfCheck()) == []


@pytest.mark.parametrize("size", [3, 100])
def test_a_batch_that_meets_a_full_file_keeps_what_fits_and_nothing_by_halves(tmp_path, size):
    store = SqliteStore(tmp_path / "support.db", kinds=KINDS)
    with Desk.open(store) as desk:
        session = desk.acting_as(Actor.guest("browser")).do(c.OpenSession(text="0"))
        connection = keep_full(store)
        with pytest.raises(StoreUnavailable), desk.batch(size=size):
            for number in range(1, 300):
                desk.do_all([c.SendMessage(session, text=f"{number}"), c.SendMessage(session, text="가" * 3000)])
        said = [message.text for message in desk.each(q.Transcript(session))]
        assert said[1:] == [text for number in range(1, len(said) // 2 + 1) for text in (f"{number}", "가" * 3000)]
        connection.execute("PRAGMA max_page_count = 1000000")
        assert desk.do(c.SendMessage(session, text="다시")).seq == desk.ask(q.GetSession(session)).seq
        assert desk.ask(q.SelfCheck()) == []


@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_whoever_waits_too_long_for_the_file_is_told_and_the_rest_goes_on(tmp_path, lock):
    """Several threads, a batch and the clocks all meet a locked file; readers do not even notice."""
    path = tmp_path / "support.db"
    with Desk.open(SqliteStore(path, kinds=KINDS, busy_seconds=0.05)) as desk:
        desk.do(c.AddGroup(name="처음"))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute(f"BEGIN {lock}")
        outcomes = []

        def add(number):
            try:
                outcomes.append(desk.do(c.AddGroup(name=f"{number}")).name)
            except StoreUnavailable as error:
                outcomes.append(type(error.__cause__))

        threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes == [sqlite3.OperationalError] * 6
        with pytest.raises(StoreUnavailable), desk.batch():
            desk.do(c.AddGroup(name="묶음"))
        assert [group.name for group in desk.ask(q.Groups())] == ["처음"]
        other.execute("ROLLBACK")
        other.close()
        for number in range(6):
            add(number)
        assert sorted(outcomes[6:]) == list("012345")
