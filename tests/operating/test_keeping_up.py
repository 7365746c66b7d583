"""`Health` tells what is overdue, who is behind, and what was given up."""

import os

from cschat import State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.deliveries import Delivery
from cschat.core.leases import LEASE_SECONDS
from cschat.core.records import evolve
from cschat.core.times import as_datetime
from cschat.door import _holder
from cschat.queries.operating import LATE_SECONDS, Consumer
from cschat.transport.indexing import Indexing


def codes(office):
    return [trouble.code for trouble in office.desk.ask(q.Health()).troubles]


def test_a_desk_at_which_all_is_done_has_no_troubles(office):
    office.desk.after(e.MessageSent, name="told")(lambda event, delivery: None)
    office.session()
    office.desk.settle()
    health = office.desk.ask(q.Health())
    assert health.position == office.desk.position() > 0
    assert Consumer("told", health.position, 0, None) in health.consumers
    assert (health.clocks, health.parked, health.index_behind, health.troubles) == (None, 0, False, [])


def test_the_position_is_found_whoever_has_read_how_far(office):
    for _ in range(5):
        assert office.desk.ask(q.Health()).position == office.desk.position()
        office.session()
    office.desk.after(e.MessageSent, name="told")(lambda event, delivery: None)
    office.desk.run_due()
    office.session()
    assert office.desk.ask(q.Health()).position == office.desk.position()


def test_a_follower_that_nobody_runs_is_behind(office):
    office.desk.after(e.MessageSent, name="told")(lambda event, delivery: None)
    office.desk.run_due()
    read = office.desk.position()
    first = office.clock.now()
    office.session()
    consumer = office.desk.ask(q.Health()).consumers[0]
    assert consumer == Consumer("told", read, office.desk.position() - read, first)
    assert codes(office) == []
    office.clock.advance(seconds=LATE_SECONDS + 1)
    assert codes(office) == ["behind", "behind"]  # the statistics have been folded before, too
    office.desk.run_due()
    assert codes(office) == []


def test_statistics_and_the_index_of_texts_are_followed_too(office):
    office.session()
    assert office.desk.ask(q.Health()).index_behind == (type(office.desk.store).__name__ != "MemoryStore")
    office.desk.statistics.fold()
    Indexing(office.desk.store, office.clock).catch_up()
    folded = office.desk.position()
    office.session()
    health = office.desk.ask(q.Health())
    assert [(one.name, one.position) for one in health.consumers] == [("statistics", folded)]


def test_clocks_that_nobody_runs_are_a_trouble(office):
    session = office.session(State.ACTIVE)
    office.agent.do(c.HoldSession(session, as_datetime(office.clock.now() + 60_000_000)))
    office.clock.advance(seconds=60 + LATE_SECONDS)
    assert codes(office) == []
    due = office.desk.ask(q.Health()).clocks
    office.clock.advance(seconds=1)
    assert (codes(office), office.desk.ask(q.Health()).clocks) == (["clocks"], due)
    assert "5 minutes ago" in office.desk.ask(q.Health()).troubles[0].what
    assert office.desk.ask(q.Health()).keeper is None
    office.desk.run_clocks()
    assert codes(office) == []
    assert office.desk.ask(q.Health()).keeper == _holder(os.getpid())
    office.clock.advance(seconds=LEASE_SECONDS)
    assert office.desk.ask(q.Health()).keeper is None


def test_deliveries_that_nobody_tries_are_a_trouble(office):
    office.desk.after(e.MessageSent, name="told")(lambda event, delivery: None)
    office.session()
    office.desk._works.relay.claim()  # by a process that dies before it has delivered
    office.clock.advance(seconds=60 + LATE_SECONDS)
    assert codes(office) == []
    office.clock.advance(seconds=1)
    assert codes(office) == ["deliveries"]
    office.desk.run_due()
    assert codes(office) == []


def test_what_was_given_up_is_a_trouble_until_somebody_decides(office):
    def refuse(event, delivery):
        raise RuntimeError("no")

    office.desk.after(e.MessageSent, name="told")(refuse)
    office.session()
    office.desk.advance(hours=12)
    assert codes(office) == ["parked"]
    for delivery in office.desk.parked():
        office.desk.discard(delivery)
    assert codes(office) == []


def test_many_that_were_given_up_are_counted_no_further_than_a_thousand(memory_office):
    one = Delivery("dlv_", memory_office.desk._door.brand_id, "told", "", 1, 1, None, parked=1)
    memory_office.desk.store.transact(lambda tx: [tx.put(evolve(one, id=f"dlv_{number}")) for number in range(1001)], brand="")
    health = memory_office.desk.ask(q.Health())
    assert (health.parked, "1,000+" in health.troubles[0].what) == (1000, True)
