"""A copy is the same store: every event where it stood, every record, whatever interrupts it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from tests.export.conftest import lived
from tests.needs import postgres_schema

from cschat import Actor, Desk
from cschat import commands as c
from cschat import queries as q
from cschat.data import copy_store
from cschat.errors import Conflict
from cschat.kinds import KINDS
from cschat.storage.opening import open_store

COPIER = Path(__file__).with_name("copier.py")


def everything(store):
    """All events with their positions and repeat marks, all records."""
    return list(store.stream_log()), {kind.kind: list(store.stream(kind)) for kind in KINDS}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A desk in which much has happened, in a file; nothing here changes it."""
    office = lived(f"sqlite:///{tmp_path_factory.mktemp('source')}/desk.db?synchronous=normal", last=False)
    yield office
    office.desk.close()


@pytest.fixture
def target(url):
    store = open_store(url, KINDS)
    yield store
    store.close()


def test_a_copy_has_every_event_where_it_stood_and_every_record(office, target):
    done = copy_store(office.desk.store, target)
    assert everything(target) == everything(office.desk.store)
    assert any(event.once for event in target.stream_log())
    assert (done.events, done.known) == (office.desk.position(), 0)
    again = copy_store(office.desk.store, target)
    assert (again.events, again.records, again.known) == (0, 0, done.events)
    assert again.content == done.content


def test_a_copied_desk_works_on(office, target):
    copy_store(office.desk.store, target)
    desk = Desk.open(target, brand="shop", clock=office.clock)
    found = desk.ask(q.SearchHistory("따옴표"))
    assert [one.snippet for one in found.items] == [one.snippet for one in office.desk.ask(q.SearchHistory("따옴표")).items] != []
    visitor = desk.acting_as(Actor.guest("new"))
    session = visitor.do(c.OpenSession(text="안녕하세요"))
    assert visitor.do(c.SendMessage(session, text="네")).seq == session.seq + 1
    assert desk.position() > office.desk.position()


def test_what_has_changed_since_is_put_right_by_copying_again(tmp_path):
    office = lived("memory:", last=False)
    target = open_store(f"sqlite:///{tmp_path}/copy.db", KINDS)
    copy_store(office.desk.store, target)
    first, second = office.desk.do(c.AddGroup("가")), office.desk.do(c.AddGroup("나"))
    copy_store(office.desk.store, target)
    for group, name in ((first, "잠시"), (second, "가"), (first, "나")):  # unique names that two have exchanged
        office.desk.do(c.ChangeGroup(group, name=name))
    customer = office.desk.acting_as(Actor.member("gone2", name="지울 사람"))
    customer.do(c.OpenSession(text="지울 말"))
    copy_store(office.desk.store, target)
    office.desk.do(c.EraseCustomer(customer.ask(q.GetCustomer())))  # blanks what has been copied, and removes records
    done = copy_store(office.desk.store, target)
    assert done.known > done.events > 0
    assert everything(target) == everything(office.desk.store)
    assert "지울 말" not in str(list(target.stream_log()))
    target.close()


@pytest.mark.parametrize("how", ["another desk", "a copy that went its own way", "records and no events", "more than the source"])
def test_a_target_that_holds_something_else_is_refused_and_left_as_it_was(office, target, how):
    desk = Desk.open(target, brand="shop", clock=office.clock)
    if how == "another desk":
        desk.acting_as(Actor.guest("other")).do(c.OpenSession(text="다른 가게"))
    elif how == "records and no events":
        record = next(iter(office.desk.store.stream(KINDS[0])))
        target.transact(lambda tx: tx.put(record), brand="")
    else:
        copy_store(office.desk.store, target)
        desk.do(c.AddTag("여기에만"))
    if how == "a copy that went its own way":
        source = open_store("memory:", KINDS)
        copy_store(office.desk.store, source)
        Desk.open(source, brand="shop", clock=office.clock).do(c.AddTag("저기에만"))
    else:
        source = office.desk.store
    before = everything(target)
    with pytest.raises(Conflict):
        copy_store(source, target)
    assert everything(target) == before


def test_who_writes_to_the_target_meanwhile_is_noticed(office, target):
    desk = Desk.open(target, brand="other", clock=office.clock)

    def meddle(step, done, most):
        if step == "events":
            desk.acting_as(Actor.guest("other")).do(c.OpenSession(text="다른 가게"))

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Conflict, match="somebody else"):
        patch.setattr("cschat.data.copying._EVENTS", 20)
        copy_store(office.desk.store, target, told=meddle)


def test_what_is_written_to_the_source_meanwhile_is_told(tmp_path):
    office = lived("memory:", last=False)
    target = open_store(f"sqlite:///{tmp_path}/copy.db", KINDS)

    def meddle(step, done, most):
        if step == "verify":
            office.desk.do(c.AddTag("방금"))

    with pytest.raises(Conflict, match="copy again"):
        copy_store(office.desk.store, target, told=meddle)
    copy_store(office.desk.store, target)
    assert everything(target) == everything(office.desk.store)
    target.close()


def test_a_copy_from_postgresql_is_the_same_again(office, tmp_path):
    with postgres_schema() as url:
        through, back = open_store(url, KINDS), open_store(f"sqlite:///{tmp_path}/copy.db", KINDS)
        there = copy_store(office.desk.store, through)
        assert copy_store(through, back).content == there.content
        assert everything(back) == everything(office.desk.store)
        through.close()
        back.close()


@pytest.mark.slow
def test_a_copy_that_is_killed_again_and_again_is_complete_in_the_end(office, tmp_path):
    source, target = f"sqlite:///{office.desk.store._path}", f"sqlite:///{tmp_path}/copy.db?synchronous=normal"
    chance, killed, lines = Random(3), 0, []
    while "done\n" not in lines:
        child = subprocess.Popen([sys.executable, str(COPIER), source, target], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(chance.randrange(5, 30 + 10 * killed))]
        os.kill(child.pid, signal.SIGKILL)
        lines += child.stdout.readlines()
        child.stdout.close()
        killed += child.wait() == -signal.SIGKILL
    assert killed > 2
    store = open_store(target, KINDS)
    assert everything(store) == everything(office.desk.store)
    store.close()
