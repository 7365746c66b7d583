"""The journey of customers through scenarios, counted from the log of a desk, and what they asked that no scenario knew."""

import tracemalloc
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scenarios.refund import REFUND

from cschat import Actor, Desk
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.bots.format import load
from cschat.bots.graph import counts, mermaid, svg
from cschat.bots.journey import Counting
from cschat.bots.scenario import edges
from cschat.core.times import as_datetime
from cschat.errors import CschatError, Forbidden, Invalid, NotFound
from cschat.storage.codec import decode_body
from cschat.testing import FakeClock

ORDER = {"status": "배송완료", "item": "머그컵"}


@pytest.fixture
def desk():
    with Desk.open(clock=FakeClock(), seed=1) as desk:
        desk.do(c.PublishScenario(REFUND))
        desk.do(c.ChangeBrand(entry=[{"scenario": "refund"}]))
        desk.action("find_order")(lambda order_no: ORDER)
        yield desk


def visit(desk, *texts, who="a", seconds=0, first=None):
    """A session in which a customer says these texts, each after so many seconds."""
    door = desk.acting_as(Actor.guest(who))
    session = door.do(c.OpenSession(text=first))
    for text in texts:
        desk.advance(seconds=seconds)
        door.do(c.SendMessage(session, text=text))
        desk.settle()
    return session


def steps(desk, name="refund", *which, **how):
    return {step.step: step for step in desk.ask(q.Journey(name, *which, **how)).steps}


def balanced(step):
    return step.inflow == sum(step.outflow.values()) + step.people + step.dropped + step.waiting + step.broken_off


def test_where_customers_go_leave_ask_for_a_person_and_are_not_understood(desk):
    desk.do(c.AddAgent(name="민아", status="available"))
    visit(desk, "환불", "1234567890", "네, 환불할게요", seconds=10)
    visit(desk, "환불", "12", "1234567890", "아니요", seconds=20)  # one wrong answer, then a person
    left = visit(desk, "환불", "12")
    desk.acting_as(Actor.guest("a")).do(c.EndSession(left))
    asked = visit(desk, "배송 조회")
    desk.acting_as(Actor.guest("a")).do(c.RequestAgent(asked))
    visit(desk, "오늘 날씨")  # fits no button
    visit(desk)

    journey = desk.ask(q.Journey("refund"))
    found = {step.step: step for step in journey.steps}
    assert (journey.version, journey.sessions, journey.runs, journey.read, journey.cut) == (1, 6, 6, 6, False)
    assert all(balanced(step) for step in journey.steps)

    hello, order_no, confirm, person = (found[name] for name in ("hello", "order_no", "confirm", "person"))
    assert (hello.inflow, hello.outflow) == (6, {"choose:1": 3, "choose:2": 1, "choose:3": 0, "otherwise": 1})
    assert (hello.wrong, hello.waiting, hello.dropped) == (1, 1, 0)
    assert (order_no.inflow, order_no.outflow, order_no.wrong) == (4, {"next": 2, "on_fail": 0}, 2)
    assert (order_no.dropped, order_no.people, order_no.asked) == (1, 1, 1)
    assert (confirm.outflow, confirm.spent.count, confirm.spent.mean) == ({"choose:1": 1, "choose:2": 1}, 2, 15.0)
    assert (confirm.spent.p50, confirm.spent.p90) == (pytest.approx(10, rel=0.01), pytest.approx(20, rel=0.01))
    assert (person.inflow, person.people, person.asked) == (1, 1, 0)
    assert (found["leave"].inflow, found["leave"].spent.mean, found["leave"].share(0)) == (0, None, None)


def test_who_is_silent_for_too_long_has_left(desk):
    visit(desk, "환불")
    desk.advance(minutes=29)
    assert (steps(desk)["order_no"].dropped, steps(desk)["order_no"].waiting) == (0, 1)
    desk.advance(minutes=2)
    assert (steps(desk)["order_no"].dropped, steps(desk)["order_no"].waiting) == (1, 0)
    assert steps(desk, patience=3600)["order_no"].waiting == 1


def test_a_person_who_does_not_come_was_asked_for_and_a_message_left_past_the_bot_breaks_off(desk):
    visitor, session = desk.acting_as(Actor.guest("a")), visit(desk, "환불")
    for _ in range(2):
        visitor.do(c.RequestAgent(session))  # nobody is there
    assert (steps(desk)["order_no"].asked, steps(desk)["order_no"].waiting) == (1, 1)
    visitor.do(c.LeaveMessage(session, text="연락 주세요"))
    assert (steps(desk)["order_no"].broken_off, steps(desk)["order_no"].waiting) == (1, 0)
    closed = visit(desk, "상담사 연결", who="b")
    found = steps(desk)
    assert (found["person"].outflow, found["person"].asked, found["leave"].waiting) == ({"closed": 0, "nobody": 1}, 0, 1)
    desk.do(c.ForceClose(closed, reason="spam"))
    assert steps(desk)["leave"].dropped == 1


def test_an_agent_who_steps_in_takes_over(desk):
    mina = desk.do(c.AddAgent(name="민아", status="available"))
    session = visit(desk, "환불")
    desk.do(c.AssignSession(session, mina))
    assert (steps(desk)["order_no"].people, steps(desk)["order_no"].asked) == (1, 0)


def test_a_period_is_one_of_opening_and_versions_are_counted_apart(desk):
    begin = as_datetime(desk.clock.now())
    visit(desk, "환불")
    desk.advance(hours=1)
    middle = as_datetime(desk.clock.now())
    desk.do(c.PublishScenario(REFUND.replace("  hello:\n    say:", "  hello:\n    save: what\n    say:")))
    visit(desk, "배송 조회", "1", "2", "3")
    visit(desk)

    assert [desk.ask(q.Journey("refund", version)).runs for version in (1, 2, None)] == [1, 2, 2]
    assert [desk.ask(q.Journey("refund", 1, start=begin, end=middle)).runs, desk.ask(q.Journey("refund", 2, end=middle)).runs] == [1, 0]
    assert desk.ask(q.Journey("refund", 1, start=middle)).runs == 0
    cut = desk.ask(q.Journey("refund", 1, most=2))
    assert (cut.read, cut.runs, cut.cut) == (2, 0, True)
    assert desk.ask(q.Journey("refund", most=3)).cut is False

    found = desk.ask(q.JourneyComparison("refund", 1))
    differences = {(one.step, one.measure): one for one in found.differences}
    assert (found.before.runs, found.after.runs) == (1, 2)
    assert differences["order_no", "reached"].change == -0.5
    on_fail = differences["order_no", "edge:on_fail"]
    assert (on_fail.before, on_fail.after, on_fail.change) == (0.0, 1.0, 1.0)
    assert differences["person", "dropped"].change is None  # nobody came there in the first version
    assert differences["order_no", "mean_seconds"].before is None


def test_a_scenario_begun_anew_in_one_session_is_another_run(desk):
    desk.do(c.ChangeBrand(reopening={"web": "same_session"}, grace=0))
    desk.do(c.AddAgent(name="민아", status="available"))
    visitor, session = desk.acting_as(Actor.guest("a")), visit(desk, "상담사 연결")
    visitor.do(c.ReturnToBot(session))
    visitor.do(c.SendMessage(session, text="환불"))
    desk.settle()
    journey = desk.ask(q.Journey("refund"))
    assert (journey.sessions, journey.runs) == (1, 2)
    assert (journey.steps[0].inflow, steps(desk)["order_no"].waiting) == (2, 1)
    visitor.do(c.EndSession(session))
    desk.advance(hours=1)
    visitor.do(c.SendMessage(session, text="배송 조회"))  # reopened, perhaps with the bot, perhaps in the queue
    assert all(balanced(step) for step in desk.ask(q.Journey("refund")).steps)


def test_scenarios_that_call_each_other_are_counted_each_for_itself():
    inner = {
        "scenario": "inner",
        "start": "ask",
        "steps": {
            "ask": {"say": "어느 것?", "choose": [{"label": "빨강", "goto": "ask2"}, {"label": "그만", "goto": "stop"}]},
            "ask2": {"say": "정말요?", "choose": [{"label": "네", "goto": "stop"}]},
            "stop": {"end": "done"},
        },
    }
    outer = {
        "scenario": "outer",
        "start": "ask",
        "steps": {
            "ask": {"say": "시작", "choose": [{"label": "하나", "goto": "call"}, {"label": "통과", "goto": "quick"}]},
            "call": {"call": "inner", "next": "ask"},
            "quick": {"call": "passing", "next": "call"},
        },
    }
    passing = {"scenario": "passing", "start": "ask", "steps": {"ask": {"set": {"a": 1}, "next": "stop"}, "stop": {"end": "done"}}}
    with Desk.open(clock=FakeClock(), seed=1) as desk:
        for one in (inner, passing):
            desk.do(c.PublishScenario(one))
        with pytest.raises(Invalid):
            desk.do(c.PublishScenario(outer))  # it never ends
        outer["steps"]["ask"]["choose"].append({"label": "끝", "goto": "stop"})
        outer["steps"]["stop"] = {"end": "done"}
        desk.do(c.PublishScenario(outer))
        desk.do(c.ChangeBrand(entry=[{"scenario": "outer"}]))
        visit(desk, "하나", "빨강", "네", "통과", "빨강", "네", "끝")
        visit(desk, "하나", "빨강")
        out, into, through = steps(desk, "outer"), steps(desk, "inner"), steps(desk, "passing")
        # Each has a step called `ask`: they are told apart by where the path was.
        assert out["ask"].outflow == {"choose:1": 2, "choose:2": 1, "choose:3": 1}
        assert (out["ask"].inflow, out["call"].outflow, out["quick"].outflow) == (4, {"next": 3}, {"next": 1})
        assert (into["ask"].inflow, into["ask"].outflow) == (3, {"choose:1": 3, "choose:2": 0})
        assert (into["ask2"].outflow, into["ask2"].waiting, into["stop"].outflow) == ({"choose:1": 2}, 1, {"back": 2})
        assert (through["ask"].outflow, through["stop"].outflow) == ({"next": 1}, {"back": 1})
        assert [desk.ask(q.Journey(name)).runs for name in ("outer", "inner", "passing")] == [2, 3, 1]


def test_side_scenarios_are_counted_and_what_is_never_answered_was_dropped():
    rating = {
        "scenario": "rating",
        "start": "ask",
        "steps": {"ask": {"rate": {"scale": 5}, "next": "stop"}, "stop": {"end": "done", "say": "고맙습니다"}},
    }
    with Desk.open(clock=FakeClock(), seed=1) as desk:
        desk.do(c.PublishScenario(rating))
        desk.do(c.ChangeBrand(beside={"ended": "rating"}))
        mina = desk.do(c.AddAgent(name="민아", status="available"))
        agent = desk.acting_as(Actor.agent(mina))
        for answer in ("5점", None):
            visitor = desk.acting_as(Actor.guest(f"b{answer}"))
            session = visitor.do(c.OpenSession(text="문의"))
            agent.do(c.ClaimSession(session))
            agent.do(c.EndSession(session))
            if answer is None:
                assert steps(desk, "rating")["ask"].waiting == 1
            else:
                visitor.do(c.SendMessage(session, text=answer))
            agent.do(c.WrapUp(session))
        ask = steps(desk, "rating")["ask"]
        assert (ask.inflow, ask.outflow, ask.dropped, ask.waiting) == (2, {"next": 1}, 1, 0)


def test_what_stood_beside_the_last_stage_is_broken_off_by_the_next():
    def beside(name):
        ask = {"say": "도와드릴까요?", "choose": [{"label": "네", "goto": "stop"}]}
        return {"scenario": name, "start": "ask", "steps": {"ask": ask, "stop": {"end": "done"}}}

    with Desk.open(clock=FakeClock(), seed=1) as desk:
        for name in ("waiting", "helper"):
            desk.do(c.PublishScenario(beside(name)))
        desk.do(c.ChangeBrand(beside={"queued": "waiting", "assigned": "helper"}))
        mina = desk.do(c.AddAgent(name="민아", status="available"))
        visitor = desk.acting_as(Actor.guest("a"))
        session = visitor.do(c.OpenSession(text="문의"))
        visitor.do(c.RequestAgent(session))
        assert steps(desk, "waiting")["ask"].waiting == 1
        desk.do(c.AssignSession(session, mina))
        assert (steps(desk, "waiting")["ask"].broken_off, steps(desk, "helper")["ask"].waiting) == (1, 1)
        desk.acting_as(Actor.agent(mina)).do(c.EndSession(session))  # and no scenario follows
        assert (steps(desk, "helper")["ask"].broken_off, steps(desk, "helper")["ask"].waiting) == (1, 0)


def test_a_failure_is_counted_where_it_was_and_breaks_the_visit_off(desk):
    desk.action("wrong")(lambda order_no: "no mapping")
    desk.do(c.PublishScenario(REFUND.replace("do: find_order", "do: wrong")))
    visit(desk, "환불", "1234567890")
    found = steps(desk)
    assert (found["decide"].failures, found["find"].broken_off, found["find"].inflow) == (1, 1, 1)
    assert all(balanced(step) for step in found.values())


def test_events_of_before_calls_were_recorded_can_still_be_read():
    written = '{"side":false,"cursor":{"scenario":"v1","step":"order_no"},"scenario":"v1","path":[["hello","choose:1"]]}'
    moved = [e.Event("brd_x", "ses_x", 1, 0, "system", decode_body("BotMoved", written))]
    counting = Counting({"v1": load(REFUND)})
    counting.session(moved, closed=False, gone=0)
    found = {step.step: step for step in counting.journey("v1", version=1).steps}
    assert (found["hello"].outflow["choose:1"], found["order_no"].waiting) == (1, 1)


def test_who_may_ask_and_what_is_refused(desk):
    with pytest.raises(Forbidden):
        desk.acting_as(Actor.guest("a")).ask(q.Journey("refund"))
    for wrong in (q.Journey("no"), q.Journey("refund", 2), q.JourneyComparison("refund", 2)):
        with pytest.raises(NotFound):
            desk.ask(wrong)
    now = as_datetime(desk.clock.now())
    for field, given_ in (("start", now.replace(tzinfo=None)), ("end", "2026-01-01"), ("patience", -1), ("most", 0), ("version", 0)):
        with pytest.raises(Invalid) as caught:
            q.Journey("refund", **{field: given_})
        assert caught.value.field == field


DEEDS = {
    "!request": lambda desk, door, session, mina: door.do(c.RequestAgent(session)),
    "!end": lambda desk, door, session, mina: door.do(c.EndSession(session)),
    "!back": lambda desk, door, session, mina: door.do(c.ReturnToBot(session)),
    "!leave": lambda desk, door, session, mina: door.do(c.LeaveMessage(session, text="남겨요")),
    "!assign": lambda desk, door, session, mina: desk.do(c.AssignSession(session, mina)),
    "!wait": lambda desk, door, session, mina: desk.advance(hours=2),
    "!reopen": lambda desk, door, session, mina: door.do(c.ReopenSession(session)),
}
WORDS = ["환불", "배송 조회", "상담사 연결", "날씨", "12", "1234567890", "네, 환불할게요", "아니요", "김하늘", "01012345678"]
ACTS = st.sampled_from([*WORDS, *DEEDS])


@settings(max_examples=40)
@given(st.lists(st.lists(ACTS, max_size=7), min_size=1, max_size=4), st.booleans(), st.sampled_from([ORDER, {"status": "?"}, {}, None, 3]))
def test_whatever_happens_every_visit_ends_in_one_way_and_every_inflow_came_from_somewhere(talks, agents, order):
    with Desk.open(clock=FakeClock(), seed=1) as desk:
        desk.do(c.PublishScenario(REFUND))
        desk.do(c.ChangeBrand(entry=[{"scenario": "refund"}], reopening={"*": "same_session"}))
        mina = desk.do(c.AddAgent(name="민아", status="available" if agents else "busy"))
        desk.action("find_order")(lambda order_no: order)
        for number, talk in enumerate(talks):
            door = desk.acting_as(Actor.guest(f"g{number}"))
            session = door.do(c.OpenSession())
            for act in talk:
                try:
                    if act in DEEDS:
                        DEEDS[act](desk, door, session, mina)
                    else:
                        door.do(c.SendMessage(session, text=act))
                    desk.settle()
                except CschatError:
                    continue
        journey = desk.ask(q.Journey("refund"))
        history = [event for event in desk.store.stream_log() if isinstance(event.body, e.BotMoved)]
        left = Counter((step, edge) for event in history for step, edge in event.body.path if edge != "again")
        assert left == Counter({(step.step, edge): count for step in journey.steps for edge, count in step.outflow.items() if count})
        assert all(balanced(step) and step.spent.count == sum(step.outflow.values()) + step.people for step in journey.steps)
        if not any(step.failures for step in journey.steps):  # the way to where it fails is not in the log
            into = Counter({"hello": journey.runs})
            for name, step in load(REFUND).steps.items():
                for edge, target in edges(step):
                    into[target] += left[name, edge]
            assert {step.step: step.inflow for step in journey.steps} == {step.step: into[step.step] for step in journey.steps}


def test_a_long_session_is_read_to_its_end(desk):
    session = visit(desk, *["환불"], seconds=1)
    door = desk.acting_as(Actor.guest("a"))
    for _ in range(300):
        door.do(c.SendMessage(session, text="1"))
        desk.do(c.TagSession(session, ["x"]))
        desk.do(c.UntagSession(session, ["x"]))
    assert all(balanced(step) for step in desk.ask(q.Journey("refund")).steps)
    assert steps(desk)["person"].inflow == 1


@pytest.mark.slow
def test_ten_times_the_sessions_take_no_more_memory(tmp_path):
    def peak(desk):
        desk.ask(q.Journey("refund"))
        tracemalloc.start()
        try:
            desk.ask(q.Journey("refund"))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    with Desk.open(f"sqlite:///{tmp_path}/desk.db?synchronous=normal", clock=FakeClock(), seed=1) as desk:
        desk.do(c.PublishScenario(REFUND))
        desk.do(c.ChangeBrand(entry=[{"scenario": "refund"}]))
        peaks = []
        for last in (400, 4000):
            with desk.batch(size=500):
                for number in range(desk.store.position(), desk.store.position() + last):
                    desk.acting_as(Actor.guest(f"g{number}")).do(c.OpenSession(text="환불"))
            peaks.append(peak(desk))
        assert peaks[1] < 1.3 * peaks[0], peaks


# ---------------------------------------------------------------------------------------------------------------- pictures


def test_pictures_show_the_counts(desk):
    visit(desk, "환불")
    desk.acting_as(Actor.guest("a")).do(c.EndSession(visit(desk, "환불")))
    notes, scenario = counts(desk.ask(q.Journey("refund"))), load(REFUND)
    assert 'order_no: 주문번호 10자리를 알려 주…<br/>유입 2 · 이탈 1"]' in mermaid(scenario, notes)
    assert '-->|"환불 2"| ' in mermaid(scenario, notes)
    drawn = svg(scenario, notes)
    assert "유입 2 · 이탈 1" in drawn
    assert 'width="95.0" height="4" fill="#d92d20"' in drawn  # half of them left there: half of the box
    assert "2 in" in svg(scenario, counts(desk.ask(q.Journey("refund")), "en"))
    assert "유입" not in svg(scenario)
