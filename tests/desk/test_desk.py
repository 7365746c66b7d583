"""The blocking desk: what each of its words does, on each store."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import attrs
import pytest
from tests.office import Office, bodies

from cschat import Actor, Desk, Session, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.access import Permission
from cschat.core.clock import FakeClock
from cschat.core.times import as_datetime
from cschat.errors import BatchStopped, Conflict, Forbidden, Invalid, NotFound, StoreClosed

MINUTE = 60_000_000


@attrs.frozen
class Stumble:
    """A command that records something and then raises."""

    session: str
    permission = Permission.SERVE

    def run(self, ctx: Any) -> None:
        ctx.record(ctx.tx.get(Session, self.session), e.SubjectSet("half"))
        raise ValueError("stumbled")


# ------------------------------------------------------------------------------------------------------------ do and ask


def test_what_do_has_returned_is_committed(file_url):
    with Desk.open(file_url) as desk, Desk.open(file_url) as other:
        session = desk.acting_as(Actor.guest("browser-a")).do(c.OpenSession(text="안녕하세요"))
        assert other.ask(q.GetSession(session)) == desk.ask(q.GetSession(session))


def test_a_command_that_raises_has_written_nothing(office: Office):
    session = office.session()
    before = office.everything()
    with pytest.raises(ValueError, match="stumbled"):
        office.desk.do(Stumble(session.id))
    assert office.everything() == before


def test_do_all_answers_each_in_order(office: Office):
    answers = office.desk.do_all([c.AddGroup(name="환불팀"), c.RegisterCustomer(guest="browser-c"), c.AddTag("급함")])
    assert [type(answer).__name__ for answer in answers] == ["Group", "Customer", "Tag"]
    assert office.desk.do_all([]) == []


def test_do_all_does_all_or_nothing(office: Office):
    session = office.session()
    before = office.everything()
    with pytest.raises(NotFound):
        office.visitor.do_all([c.SendMessage(session, text="하나"), c.SendMessage(session, text="둘"), c.SendMessage("ses_no", text="셋")])
    assert office.everything() == before


def test_a_later_command_of_do_all_sees_the_earlier(office: Office):
    group, again = office.desk.do_all([c.AddTag("급함"), c.AddTag("급함")])
    assert group.id == again.id


def test_do_all_is_one_commit(file_url):
    with Desk.open(file_url, clock=FakeClock()) as desk, Desk.open(file_url) as other:
        seen = []
        session = desk.acting_as(Actor.guest("a")).do(c.OpenSession(text="0"))
        before = other.position()

        @attrs.frozen
        class Look:
            permission = Permission.SERVE

            def run(self, ctx: Any) -> None:
                seen.append(other.position())

        desk.do_all([c.SetSubject(session, "하나"), Look(), c.SetSubject(session, "둘"), Look()])
        assert seen == [before, before]
        assert other.position() == before + 2


def test_the_same_request_id_has_one_effect_and_one_answer(office: Office):
    session = office.session()
    first = office.visitor.do(c.SendMessage(session, text="한 번"), request_id="r")
    again = office.visitor.do(c.SendMessage(session, text="한 번"), request_id="r")
    assert first == again
    assert office.said(session).count("한 번") == 1


def test_the_same_request_id_of_another_actor_is_another_request(office: Office):
    session = office.session(State.ACTIVE)
    office.visitor.do(c.SendMessage(session, text="나"), request_id="r")
    office.agent.do(c.SendMessage(session, text="너"), request_id="r")
    assert office.said(session)[-2:] == ["나", "너"]


def test_a_request_id_also_stands_for_several_commands(office: Office):
    commands = [c.AddGroup(name="환불팀"), c.AddGroup(name="교환팀")]
    first = office.desk.do_all(commands, request_id="r")
    before = office.everything()
    assert office.desk.do_all(commands, request_id="r") == first
    assert office.everything() == before


def test_each_goes_over_all_pages_in_order(office: Office):
    session = office.session(text="0")
    for number in range(1, 7):
        office.visitor.do(c.SendMessage(session, text=str(number)))
    expected = [str(number) for number in range(7)]
    assert len(office.visitor.ask(q.Transcript(session, limit=3)).items) == 3
    for limit in (1, 3, 7, 50):
        assert [message.text for message in office.visitor.each(q.Transcript(session, limit=limit))] == expected


def test_each_reads_a_page_only_when_it_is_wanted(office: Office):
    session = office.session(text="0")
    for number in range(1, 4):
        office.visitor.do(c.SendMessage(session, text=str(number)))
    messages = office.visitor.each(q.Transcript(session, limit=2))
    assert [next(messages).text, next(messages).text] == ["0", "1"]
    office.visitor.do(c.SendMessage(session, text="4"))
    assert [message.text for message in messages] == ["2", "3", "4"]


# ----------------------------------------------------------------------------------------------------- actors and brands


def test_acting_as_gives_another_door_and_leaves_this_one_as_it_is(office: Office):
    session = office.session(State.QUEUED)
    with pytest.raises(Forbidden):
        office.visitor.ask(q.Queue())
    assert [one.id for one in office.agent.ask(q.Queue()).items] == [session.id]
    assert office.history(session)[-1].actor == f"customer:{office.customer.id}"
    office.agent.do(c.ClaimSession(session))
    assert office.history(session)[-1].actor == f"agent:{office.mina.id}"
    assert office.desk.do(c.SetSubject(session, "제목")).subject == "제목"
    assert office.history(session)[-1].actor == "host"


def test_a_brand_knows_nothing_of_another(office: Office):
    session = office.session(State.QUEUED)
    shop = office.desk.brand("shop-2")
    assert shop.ask(q.Queue()).items == []
    for attempt in (q.GetSession(session), q.Transcript(session)):
        with pytest.raises(NotFound):
            shop.ask(attempt)
    with pytest.raises(NotFound):
        shop.do(c.SetSubject(session, "남의 것"))
    with pytest.raises(NotFound):
        shop.allowed(session)
    with pytest.raises(Forbidden):
        shop.acting_as(Actor.agent(office.mina)).ask(q.Queue())
    assert list(shop.watch(after=0, timeout=0)) == []


def test_the_same_browser_is_another_customer_in_another_brand(office: Office):
    office.session()
    there = office.desk.brand("shop-2").acting_as(Actor.guest("browser-a")).do(c.OpenSession(text="저기"))
    assert there.customer != office.customer.id
    assert there.brand == "brd_shop-2"


@pytest.mark.parametrize("name", ["", "Main", "a b", "-a", "a" * 64, "가게", "a/b"])
def test_a_brand_has_a_short_plain_name(memory_office: Office, name):
    with pytest.raises(Invalid) as caught:
        memory_office.desk.brand(name)
    assert caught.value.field == "brand"


def test_allowed_tells_what_an_actor_may_do_now(office: Office):
    session = office.session(State.QUEUED)
    assert c.ClaimSession in office.agent.allowed(session)
    assert c.ClaimSession not in office.visitor.allowed(session)
    assert office.desk.allowed(session, Actor.agent(office.mina)) == office.agent.allowed(session)
    office.agent.do(c.ClaimSession(session))
    assert c.EndSession in office.agent.allowed(session)
    with pytest.raises(NotFound):
        office.stranger.allowed(session)


# ------------------------------------------------------------------------------------------------------------------ batch


def test_a_batch_sees_its_own_writes(office: Office):
    with office.desk.batch():
        session = office.visitor.do(c.OpenSession(text="하나"))
        office.visitor.do(c.SendMessage(session, text="둘"))
        assert [message.text for message in office.visitor.each(q.Transcript(session))] == ["하나", "둘"]
        assert c.SendMessage in office.visitor.allowed(session)
    assert office.said(session) == ["하나", "둘"]


def test_a_batch_commits_after_each_size_and_at_the_end(file_url):
    with Desk.open(file_url) as desk, Desk.open(file_url) as other:
        seen = []
        with desk.batch(size=2):
            for number in range(5):
                desk.do(c.AddTag(f"태그{number}"))
                seen.append(other.position())
        assert seen == [0, 2, 2, 4, 4]
        assert other.position() == 5


def test_a_failing_command_of_a_batch_leaves_no_trace_and_stops_it(office: Office):
    session = office.session()
    before = len(office.history(session))
    with office.desk.batch():
        office.desk.do(c.AddTag("앞"))
        with pytest.raises(ValueError, match="stumbled"):
            office.desk.do(Stumble(session.id))
        with pytest.raises(BatchStopped):
            office.desk.do(c.AddTag("뒤"))
        with pytest.raises(BatchStopped):
            office.desk.ask(q.GetSession(session))
    assert len(office.history(session)) == before
    assert [event.body.name for event in office.everything().events if event.type == "TagAdded"] == ["앞"]
    office.desk.do(c.AddTag("뒤"))


def test_a_batch_within_a_batch_is_a_conflict_and_harms_nothing(office: Office):
    with office.desk.batch():
        office.desk.do(c.AddTag("앞"))
        with pytest.raises(Conflict), office.agent.batch():
            pass
        office.desk.do(c.AddTag("뒤"))
    assert [event.body.name for event in office.everything().events if event.type == "TagAdded"] == ["앞", "뒤"]


def test_other_threads_get_in_between_the_commits_of_a_batch(office: Office):
    done = threading.Event()

    def other() -> None:
        office.desk.do(c.AddGroup(name="환불팀"))
        done.set()

    thread = threading.Thread(target=other)
    with office.desk.batch(size=3):
        office.desk.do(c.AddTag("처음"))
        thread.start()
        number = 0
        while not done.is_set() and number < 100_000:
            office.desk.do(c.AddTag(f"태그{number}"))
            number += 1
        assert done.is_set()
    thread.join()


def test_another_thread_is_in_no_batch(office: Office):
    answers = []

    def other() -> None:
        with office.desk.batch():
            answers.append(office.desk.do(c.AddTag("저쪽")).name)

    with office.desk.batch():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        office.desk.do(c.AddTag("이쪽"))
    assert answers == ["저쪽"]


# ------------------------------------------------------------------------------------------------------------------ watch


def test_watch_gives_all_from_a_position_and_goes_on_where_it_was(office: Office):
    session = office.session(text="0")
    seen = list(office.desk.watch(after=0, timeout=0))
    assert seen == list(office.desk.store.stream_log())
    half = seen[len(seen) // 2]
    assert list(office.desk.watch(after=half.position, timeout=0)) == seen[len(seen) // 2 + 1 :]
    office.visitor.do(c.SendMessage(session, text="1"))
    later = list(office.desk.watch(after=seen[-1].position, timeout=0))
    assert [event.body.content.text for event in later] == ["1"]
    assert office.desk.position() == later[-1].position


def test_watch_goes_over_more_than_a_page(office: Office):
    session = office.session(text="0")
    with office.desk.batch():
        for number in range(450):
            office.visitor.do(c.SendMessage(session, text=str(number)))
    assert len(list(office.desk.watch(after=0, timeout=0, types=[e.MessageSent], session=session))) == 451


def test_watch_without_a_position_begins_now(office: Office):
    office.session()
    assert list(office.desk.watch(timeout=0)) == []


def test_watch_filters_by_type_and_session(office: Office):
    one, two = office.session(State.QUEUED), office.session(State.ACTIVE)
    by_type = list(office.desk.watch(after=0, timeout=0, types=[e.AgentRequested, e.Assigned]))
    assert [(event.type, event.subject) for event in by_type] == [
        ("AgentRequested", one.id),
        ("AgentRequested", two.id),
        ("Assigned", two.id),
    ]
    by_session = list(office.desk.watch(after=0, timeout=0, session=one))
    assert by_session == office.history(one)
    assert list(office.desk.watch(after=0, timeout=0, session=one.id, types=[e.Assigned])) == []


def test_a_customer_watches_only_what_they_may_see(office: Office):
    mine = office.session(State.ACTIVE)
    theirs = office.stranger.do(c.OpenSession(text="남의 것"))
    office.agent.do(c.SendMessage(mine, text="내부 메모", visibility="internal"))
    office.desk.do(c.TagSession(mine, tags=["급함"]))
    seen = list(office.visitor.watch(after=0, timeout=0))
    assert {event.subject for event in seen} == {mine.id}
    assert "내부 메모" not in [event.body.content.text for event in seen if event.type == "MessageSent"]
    assert "SessionTagged" not in [event.type for event in seen]
    assert all(event.cause is None and event.once is None for event in seen)
    assert list(office.visitor.watch(after=0, timeout=0, session=theirs)) == []
    assert list(office.desk.acting_as(Actor.guest("unmet")).watch(after=0, timeout=0)) == []


def test_a_waiting_watcher_hears_of_a_commit(office: Office):
    heard: list[Any] = []
    watcher = threading.Thread(target=lambda: heard.append(next(office.desk.watch(after=position, types=[e.TagAdded]))))
    position = office.desk.position()
    watcher.start()
    office.desk.do(c.AddGroup(name="환불팀"))
    office.desk.do(c.AddTag("급함"))
    watcher.join()
    assert heard[0].body == e.TagAdded("session", "급함")


def test_a_watcher_hears_of_another_desks_commit(file_url):
    with Desk.open(file_url) as desk, Desk.open(file_url) as other:
        news = desk.watch(after=0)
        for name in ("하나", "둘"):
            thread = threading.Thread(target=other.do, args=(c.AddTag(name),))
            thread.start()
            assert next(news).body.name == name
            thread.join()


PROCESS = """
import sys
from cschat import Desk, commands as c
with Desk.open(sys.argv[1]) as desk:
    desk.do(c.AddTag("저쪽"))
"""


def test_a_watcher_hears_of_another_processs_commit(file_url):
    with Desk.open(file_url) as desk:
        desk.do(c.AddTag("이쪽"))
        news = desk.watch(after=desk.position())
        with subprocess.Popen([sys.executable, "-c", PROCESS, file_url]) as process:
            assert next(news).body.name == "저쪽"
        assert process.returncode == 0


def test_a_watcher_ends_with_the_desk(office: Office):
    ends: list[Exception] = []
    waiting = threading.Event()

    def watch() -> None:
        news = office.desk.watch(after=position - 1)
        next(news)
        waiting.set()
        try:
            next(news)
        except StoreClosed as error:
            ends.append(error)

    position = office.desk.position()
    watcher = threading.Thread(target=watch)
    watcher.start()
    waiting.wait()
    office.desk.close()
    watcher.join()
    assert len(ends) == 1


# ------------------------------------------------------------------------------------------------------------------- time


def test_run_due_ends_a_hold_whose_time_has_come_and_none_before(office: Office):
    session = office.session(State.ACTIVE)
    until = office.clock.now() + 30 * MINUTE
    office.agent.do(c.HoldSession(session, until=as_datetime(until)))
    office.clock.set(until - 1)
    assert office.desk.run_due() == 0
    assert office.look(session).held_until == until
    office.clock.set(until)
    assert office.desk.run_due() == 1
    assert office.look(session).held_until is None
    assert office.history(session)[-1].actor == "system"
    assert office.desk.run_due() == 0


def test_run_due_closes_what_nobody_wraps_up(office: Office):
    office.desk.do(c.ChangeBrand(wrap_up_limit=600))
    session = office.session(State.WRAP_UP)
    office.clock.advance(minutes=10)
    assert office.desk.run_due() == 1
    assert office.look(session).state is State.CLOSED
    (wrapped,) = bodies(office.history(session), e.WrappedUp)
    assert (wrapped.by, wrapped.reason) == ("system", "wrap_up_limit")


def test_run_due_does_what_is_due_in_every_brand(office: Office):
    shop = office.desk.brand("shop-2")
    agent = shop.do(c.AddAgent(name="호", status="available"))
    session = shop.acting_as(Actor.guest("a")).do(c.OpenSession(text="문의"))
    shop.acting_as(Actor.guest("a")).do(c.RequestAgent(session))
    shop.acting_as(Actor.agent(agent)).do(c.ClaimSession(session))
    until = as_datetime(office.clock.now()) + timedelta(minutes=1)
    shop.acting_as(Actor.agent(agent)).do(c.HoldSession(session, until=until))
    office.clock.advance(minutes=1)
    assert office.desk.run_due() == 1
    assert shop.ask(q.GetSession(session)).held_until is None


def test_advance_does_each_thing_at_the_moment_it_falls_due(office: Office):
    office.desk.do(c.ChangeBrand(wrap_up_limit=600))
    held, ended = office.session(State.ACTIVE), office.session(State.WRAP_UP)
    began = office.clock.now()
    until = began + 7 * MINUTE + 1
    office.agent.do(c.HoldSession(held, until=as_datetime(until)))
    office.desk.advance(hours=1)
    assert (office.history(held)[-1].type, office.history(held)[-1].time) == ("Resumed", until)
    assert (office.history(ended)[-1].type, office.history(ended)[-1].time) == ("WrappedUp", began + 10 * MINUTE)
    assert office.clock.now() == began + 60 * MINUTE


def test_advance_does_what_falls_due_at_its_very_end_and_nothing_after(office: Office):
    session = office.session(State.ACTIVE)
    until = office.clock.now() + 30 * MINUTE
    office.agent.do(c.HoldSession(session, until=as_datetime(until)))
    office.desk.advance(minutes=29, seconds=59)
    assert office.look(session).held_until == until
    office.desk.advance(seconds=1)
    assert office.look(session).held_until is None


def test_only_a_fake_clock_can_be_moved():
    with Desk.open("memory:") as desk, pytest.raises(Conflict):
        desk.advance(minutes=1)


def test_settle_does_what_follows_from_what_is_due(office: Office):
    session = office.session(State.ACTIVE)
    done = []

    @office.desk.after(e.Resumed, name="resumed")
    def first(event, delivery):
        office.desk.do(c.SetSubject(event.subject, "다시"))

    @office.desk.after(e.SubjectSet, name="titled")
    def second(event, delivery):
        done.append(event.body.subject)

    until = office.clock.now() + MINUTE
    office.agent.do(c.HoldSession(session, until=as_datetime(until)))
    office.clock.set(until)
    assert office.desk.settle() == 3
    assert done == ["다시"]
    assert office.desk.settle() == 0


class Clumsy:
    """A host's reactor with a bug that shows for one session only."""

    on = (e.Resumed,)

    def __init__(self) -> None:
        self.broken: set[str] = set()

    def react(self, ctx, event):
        if event.subject in self.broken:
            raise ZeroDivisionError("a bug of the host")


def test_a_session_whose_timer_fails_holds_up_no_other_and_no_delivery(url, caplog):
    clock, clumsy, told = FakeClock(), Clumsy(), []
    with Desk.open(url, clock=clock, reactors=[clumsy]) as desk:
        office = Office.on(desk, clock)
        bad, good = office.session(State.ACTIVE), office.session(State.ACTIVE)
        clumsy.broken.add(bad.id)
        desk.after(e.Resumed, name="told")(lambda event, delivery: told.append(event.subject))
        for minutes, session in ((1, bad), (2, good)):
            office.agent.do(c.HoldSession(session, until=as_datetime(clock.now() + minutes * MINUTE)))
        clock.advance(minutes=2)
        desk.settle()
        assert office.look(bad).held_until is not None
        assert office.look(good).held_until is None
        assert told == [good.id]
        assert "a bug of the host" in caplog.text
        clumsy.broken.clear()
        desk.settle()
        assert told == [good.id, bad.id]


def test_old_request_ids_are_forgotten(office: Office):
    office.desk.do(c.AddTag("급함"), request_id="r")
    kept = {kind for kind, _ in office.everything().records}
    office.desk.advance(days=8)
    office.desk.run_due()
    assert kept - {kind for kind, _ in office.everything().records} == {"request"}


# ---------------------------------------------------------------------------------------------------------------- running


def test_the_runner_delivers_effects_and_ends_with_its_block(office: Office):
    delivered = threading.Event()

    @office.desk.after(e.TagAdded, name="told")
    def told(event, delivery):
        threads.append(threading.current_thread())
        delivered.set()

    threads: list[threading.Thread] = []
    with office.desk.running():
        office.desk.do(c.AddTag("급함"))
        assert delivered.wait(20)
    assert not threads[0].is_alive()
    assert threads[0] is not threading.current_thread()


def test_the_runner_goes_on_after_a_bad_round(memory_office: Office, monkeypatch, caplog):
    office, delivered = memory_office, threading.Event()
    claim, failed = office.desk._works.relay.claim, threading.Event()

    def once_bad():
        if not failed.is_set():
            failed.set()
            raise RuntimeError("a bad round")
        return claim()

    office.desk.after(e.TagAdded, name="told")(lambda event, delivery: delivered.set())
    monkeypatch.setattr(office.desk._works.relay, "claim", once_bad)
    with office.desk.running():
        assert failed.wait(20)
        office.desk.do(c.AddTag("급함"))
        assert delivered.wait(20)
    assert "a bad round" in caplog.text


def test_the_runner_lets_an_error_of_the_block_pass(memory_office: Office):
    with pytest.raises(ValueError, match="mine"), memory_office.desk.running():
        raise ValueError("mine")


# ------------------------------------------------------------------------------------------------------------------ close


def test_after_close_every_call_is_refused(office: Office):
    session = office.session(State.QUEUED)
    desk = office.desk
    desk.close()
    for attempt in (
        lambda: desk.do(c.AddTag("급함")),
        lambda: desk.do_all([c.AddTag("급함")]),
        lambda: desk.ask(q.Queue()),
        lambda: list(desk.each(q.Queue())),
        lambda: desk.allowed(session),
        lambda: next(desk.watch()),
        lambda: next(desk.watch(after=0)),
        desk.position,
        desk.run_due,
        desk.settle,
        desk.parked,
        lambda: desk.resend("dlv_1"),
        lambda: desk.discard("dlv_1"),
        lambda: desk.advance(minutes=1),
        lambda: office.agent.ask(q.Queue()),
        lambda: list(desk.store.stream(Session)),
        lambda: list(desk.store.stream_log()),
    ):
        with pytest.raises(StoreClosed):
            attempt()
    with pytest.raises(StoreClosed), desk.batch():
        desk.do(c.AddTag("급함"))
    with pytest.raises(StoreClosed), desk.running():
        pass


def test_closing_twice_is_no_error(office: Office):
    office.desk.close()
    office.desk.close()


def test_close_leaves_no_thread_behind(file_url):
    before = set(threading.enumerate())
    with Desk.open(file_url) as desk, contextlib.closing(desk.watch(after=0)) as news, desk.running():
        desk.do(c.AddTag("급함"))
        next(news)
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("url", ["", "postgres://x", "sqlite://", "sqlite:///a.db?mode=ro", "sqlite:///a.db?synchronous=off"])
def test_a_url_that_names_no_store_is_refused(url):
    with pytest.raises(Invalid) as caught:
        Desk.open(url)
    assert caught.value.field == "url"


# ----------------------------------------------------------------------------------------------------------------- import

HEAVY = {"asyncio", "socket", "sqlite3", "anyio", "jinja2", "sqlite_utils", "click", "sortedcontainers", "trio", "rich"}


def test_importing_cschat_loads_nothing_heavy():
    code = "import sys, cschat; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()
    assert "cschat" in done.stdout.split()
