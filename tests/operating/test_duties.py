"""The desk's own work in several processes: one at a time, taken over from the dead, and no harm done by who was stopped for long."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from tests.needs import postgres_schema

from cschat import Actor, Desk, State
from cschat import commands as c
from cschat import events as e
from cschat.core.clock import FakeClock
from cschat.core.leases import LEASE_SECONDS, Lease, held
from cschat.core.times import SECOND, as_datetime
from cschat.door import _holder
from cschat.folding import state
from cschat.kinds import KINDS
from cschat.storage.sqlite import SqliteStore
from cschat.transport import folder as folders

WORKER = Path(__file__).with_name("worker.py")
HELD = 60


class Worker:
    """A child that works, and what it says."""

    def __init__(self, url: str, work: str, log: Path, stop: int = 0) -> None:
        command = [sys.executable, str(WORKER), url, work, str(log), str(stop)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid

    def wait_until(self, said: str) -> None:
        for line in self.process.stdout:
            if line.strip() == said:
                return
        raise AssertionError(f"it ended without {said}")

    def wait_until_stopped(self) -> None:
        _pid, status = os.waitpid(self.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def work(tmp_path):
    """Starts workers, and kills them in the end."""
    started = []

    def start(url, work, stop=0):
        started.append(Worker(url, work, tmp_path / "log", stop))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """A store that several processes can share."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/desk.db?synchronous=normal"
        return
    with postgres_schema() as url:
        yield url


def done_by(tmp_path):
    """What was done, by process."""
    by = {}
    for line in (tmp_path / "log").read_text().splitlines():
        pid, _, what = line.partition(" ")
        by.setdefault(int(pid), []).append(what)
    return by


def hold(url):
    """Sessions whose hold is over."""
    clock = FakeClock()
    with Desk.open(url, clock=clock, seed=1) as desk, desk.batch():
        admin = desk.do(c.AddAgent(name="소라", role="admin", capacity=1000))
        door = desk.acting_as(Actor.agent(admin))
        for number in range(HELD):
            session = door.do(c.OpenSessionByAgent(desk.do(c.RegisterCustomer(guest=f"browser-{number}"))))
            door.do(c.HoldSession(session, as_datetime(clock.now()) + timedelta(minutes=1)))


def resumed(url):
    """How often each session was resumed."""
    with Desk.open(url) as desk:
        return Counter(event.subject for event in desk.store.stream_log() if isinstance(event.body, e.Resumed))


@pytest.mark.slow
def test_clocks_of_a_process_that_was_killed_are_taken_over_and_none_is_lost_or_done_twice(url, tmp_path, work):
    hold(url)
    first = work(url, "clocks", stop=7)
    first.wait_until_stopped()
    others = [work(url, "clocks"), work(url, "clocks")]
    others[0].wait_until("quiet")  # the first has the lease
    first.kill()
    while len(resumed(url)) < HELD:
        others[0].wait_until("quiet")
    assert {*resumed(url).values()} == {1}
    assert len(done_by(tmp_path)[first.pid]) == 7
    assert len(done_by(tmp_path)) == 2, "one of the two others has done the rest"


@pytest.mark.slow
def test_a_process_that_slept_longer_than_its_lease_sees_to_no_clock_when_it_wakes(url, tmp_path, work):
    hold(url)
    first = work(url, "clocks", stop=7)
    first.wait_until_stopped()
    second = work(url, "clocks")
    while len(resumed(url)) < HELD:
        second.wait_until("quiet")
    first.go_on()
    first.wait_until("quiet")
    assert {*resumed(url).values()} == {1}
    assert {pid: len(done) for pid, done in done_by(tmp_path).items()} == {first.pid: 7, second.pid: HELD - 7}


@pytest.mark.slow
def test_a_process_that_slept_longer_than_its_lease_delivers_nothing_out_of_turn(url, tmp_path, work):
    """It was in the middle of a delivery: that one is repeated, under the same id. What it had claimed besides it leaves alone."""
    sessions, texts = 5, 4
    with Desk.open(url) as desk:
        desk.after(e.MessageSent, name="told")(lambda event, delivery: None)
        desk.run_due()
        visitor = desk.acting_as(Actor.guest("browser"))
        for _ in range(sessions):
            session = visitor.do(c.OpenSession())
            for number in range(texts):
                visitor.do(c.SendMessage(session, text=f"{number}"))
    first = work(url, "deliveries", stop=2)
    first.wait_until_stopped()
    second = work(url, "deliveries")
    while len(done_by(tmp_path).get(second.pid, ())) < sessions * texts - 1:
        second.wait_until("quiet")
    first.go_on()
    first.wait_until("awake")
    first.wait_until("quiet")
    by = done_by(tmp_path)
    assert len(by[first.pid]) == 2
    assert len(by[second.pid]) == sessions * texts - 1
    lines = [line.split() for line in [*by[first.pid], *by[second.pid]]]
    assert max(Counter(id for _session, _seq, id in lines).values()) == 2
    assert len({id for _session, _seq, id in lines}) == sessions * texts
    for session in {session for session, _seq, _id in lines}:
        seqs = [int(seq) for one, seq, _id in lines if one == session]
        assert seqs == sorted(seqs)


def test_a_desk_that_is_closed_lets_others_see_to_the_clocks_at_once(url):
    hold(url)
    with Desk.open(url) as desk:
        desk.run_clocks()
        lease = next(iter(desk.store.stream(Lease)))
        assert lease.holder == _holder(os.getpid())
        desk.store.transact(lambda tx: tx.put(Lease(tx.get(Lease, lease.id).id, "another:1:aa", lease.until)), brand="")
    with Desk.open(url) as desk:
        assert [one.holder for one in desk.store.stream(Lease)] == ["another:1:aa"], "the lease of another is not given back"
        desk.store.transact(lambda tx: tx.put(Lease(tx.get(Lease, lease.id).id, lease.holder, 0)), brand="")
        desk._works.led = True
    with Desk.open(url) as desk:
        assert list(desk.store.stream(Lease)) == []


def test_a_desk_can_be_closed_while_its_store_is_in_trouble(tmp_path, caplog):
    path = tmp_path / "desk.db"
    hold(f"sqlite:///{path}")
    desk = Desk.open(SqliteStore(path, kinds=KINDS, busy_seconds=0.05))
    desk.run_clocks()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    desk.close()
    other.close()
    assert "will run out" in caplog.text


def test_another_process_has_the_lease_until_it_has_run_out(url):
    hold(url)
    clock = FakeClock()
    clock.advance(minutes=5)
    with Desk.open(url, clock=clock) as desk:
        other = Lease(Lease.id_of("clocks"), "another:1:aa", clock.now() + LEASE_SECONDS * SECOND)
        desk.store.transact(lambda tx: tx.put(other), brand="")
        assert desk.run_clocks() == 0
        clock.advance(seconds=LEASE_SECONDS - 1)
        assert desk.run_clocks() == 0
        clock.advance(seconds=1)
        assert desk.run_clocks() == HELD


def test_a_lease_that_was_lost_in_the_middle_is_noticed_before_the_next_clock(url):
    hold(url)
    clock = FakeClock()
    clock.advance(minutes=5)
    with Desk.open(url, clock=clock) as desk:
        through, done = desk._transact, []

        def transact(work, keys=(), brand_id=None):
            if len(done) == 3:
                lease = next(iter(desk.store.stream(Lease)))
                desk.store.transact(lambda tx: tx.put(Lease(tx.get(Lease, lease.id).id, "another:1:aa", lease.until)), brand="")
            done.append(through(work, keys, brand_id))
            return done[-1]

        desk._transact = transact
        assert desk.run_clocks() == 3
        assert done[:3] == [True, True, True]
        assert done[3] is False, "and no error"


def test_a_lease_is_renewed_when_half_of_it_is_over_and_not_before():
    lease = held(None, "clocks", "me", 0)
    half = LEASE_SECONDS * SECOND // 2
    assert held(lease, "clocks", "me", half - 1) is lease
    assert held(lease, "clocks", "me", half).until == half + LEASE_SECONDS * SECOND
    assert held(lease, "clocks", "you", 2 * half - 1) is None
    assert held(lease, "clocks", "you", 2 * half).holder == "you"


def test_a_lease_of_a_clock_that_is_far_ahead_holds_up_nobody():
    assert held(Lease("lse_clocks", "ahead", 3 * LEASE_SECONDS * SECOND), "clocks", "me", 0).holder == "me"


def test_a_forked_child_is_another_holder():
    assert _holder(1) == _holder(1) != _holder(2)


@pytest.fixture
def many(office):
    """An office with sessions whose facts are made anew in several steps."""
    for _ in range(6):
        office.session(State.CLOSED)
    office.desk.statistics.fold()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folders, "_SESSIONS", 2)
        patch.setattr(folders, "_ROWS", 2)
        yield office


def test_who_makes_statistics_anew_stops_when_another_has_begun_to(many, monkeypatch):
    """The one that was stopped for long must not say that all is done, nor write beside the other."""
    first, second = many.desk.statistics, folders.Folder(many.desk.store, many.clock)
    whole, taken = len(list(many.desk.store.stream(folders.Fact))), []
    write = folders.write

    def write_after_the_other(tx, changes):
        write(tx, changes)
        if not taken:
            taken.append(True)
            thread = threading.Thread(target=lambda: taken.append(second.rebuild()))
            thread.start()
            taken.append(thread)

    monkeypatch.setattr(folders, "write", write_after_the_other)
    made = first.rebuild()
    taken[1].join()
    assert many.desk.store.read(state).stale == ()
    assert taken[2] == whole or made == whole
    assert first.verify(many.desk._door.brand_id).ok
    assert len(list(many.desk.store.stream(folders.Fact))) == whole


def test_what_another_process_had_prepared_is_refused_once_all_is_made_anew(many):
    first, second = many.desk.statistics, folders.Folder(many.desk.store, many.clock)
    first._stale("*")
    assert second._alone(lambda tx: None) is False
    assert second.fold() == 0, "the first is at it"
    many.clock.advance(seconds=folders.LEASE_SECONDS + 1)
    assert second.fold() > 0
    assert many.desk.store.read(state).stale == ()
    assert second.verify(many.desk._door.brand_id).ok
