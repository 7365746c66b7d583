"""What every kind of session comes to, worked out by hand to the millisecond."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.office import Office

from cschat import Desk, Session
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.times import as_datetime
from cschat.stats import METRICS, Fact

MON = "2026-03-02T09:00:00+09:00"
"""A Monday, and no holiday: 1 March is, and the Monday after it is kept instead, so the hours here know no holidays."""


@pytest.fixture
def told() -> Iterator[Telling]:
    clock = FakeClock(MON, "Asia/Seoul")
    with Desk.open("memory:", clock=clock, seed=1) as desk:
        yield Telling(Office.on(desk, clock))


class Telling:
    """Says what happens in a session, each thing some milliseconds after the one before."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.now = office.clock
        self.session: Session | None = None

    def hours(self, **how: Any) -> None:
        self.office.desk.do(c.SetHours(holidays="none", **how))
        self.office.desk.do(c.ChangeBrand(accepting="open"))

    def wait(self, milliseconds: int) -> None:
        self.now.set(self.now.now() + milliseconds * 1000)

    def open(self, text: str | None = "문의") -> None:
        self.session = self.office.visitor.do(c.OpenSession(text=text))

    def do(self, after: int, who: str, command: Any, **fields: Any) -> Any:
        self.wait(after)
        return getattr(self.office, who).do(command(self.session, **fields))

    def customer(self, after: int) -> None:
        self.do(after, "visitor", c.SendMessage, text="저기요")

    def agent(self, after: int, who: str = "agent") -> None:
        self.do(after, who, c.SendMessage, text="네")

    def request(self, after: int) -> None:
        self.do(after, "visitor", c.RequestAgent)

    def claim(self, after: int, who: str = "agent") -> None:
        self.do(after, who, c.ClaimSession)

    def end(self, after: int, who: str = "agent") -> None:
        self.do(after, who, c.EndSession)

    def wrap_up(self, after: int, who: str = "agent") -> None:
        self.do(after, who, c.WrapUp)

    def facts(self) -> list[Fact]:
        query = q.TurnsBehind(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        assert self.session is not None
        return [fact for fact in self.office.desk.each(query) if fact.session == self.session.id]

    def numbers(self) -> list[dict[str, Any]]:
        """All values of all metrics, turn by turn: wall, and business where there are hours."""
        return [
            {name: [_told(metric.timed, wall, business) for _, wall, business in metric.read(fact)] for name, metric in METRICS.items()}
            for fact in self.facts()
        ]


def _told(timed: bool, wall: Any, business: Any) -> Any:
    return wall if business is None or not timed else (wall, business)


EVERY = {name: [] for name in METRICS} | {
    "turns": [1],
    "reopen_rate": [0],
    "customer_messages": [0],
    "human_messages": [0],
    "bot_messages": [0],
}
CLOSING = {"closings": [1], "sessions_closed": [1]}
WAITING = {
    "abandonment_rate": [0],
    **{f"abandoned_{how}": [0] for how in ("in_queue", "assigned_unanswered", "left_message", "back_to_bot", "by_us", "short")},
}


def bot(**known: Any) -> dict[str, Any]:
    return EVERY | {"bot_resolution_rate": [0], "handoff_rate": [0], "customer_messages": [1]} | known


ASKED = bot(handoff_rate=[1])


def live(**known: Any) -> dict[str, Any]:
    """A live turn, with nothing but what nobody answered."""
    lengths = ("first_response_time", "first_response_time_from_handoff", "agent_wait", "agent_wait_open", "customer_wait")
    lengths = (*lengths, "customer_wait_open", "talk_time", "after_work", "reply_time_per_turn")
    return EVERY | {key: [None] for key in lengths} | {"sla_breaches": [0]} | known


def had(**known: Any) -> dict[str, Any]:
    """A live turn that waited in the queue, had an owner and was closed by them."""
    return live(**(WAITING | {"transfer_rate": [0], "closings_by_agent": [1]} | CLOSING | known))


def test_a_bot_alone(told: Telling):
    told.open()
    told.customer(4_000)
    told.end(3_500, "visitor")
    assert told.numbers() == [bot(**CLOSING, closings_by_bot=[1], bot_resolution_rate=[1], customer_messages=[2], session_age=[7_500])]


def test_abandoned_in_the_queue(told: Telling):
    told.open()
    told.request(5_000)
    told.end(42_001, "visitor")
    assert told.numbers() == [
        ASKED,
        live(
            **(WAITING | CLOSING),
            queue_time=[None],
            total_time=[47_001],
            session_age=[47_001],
        )
        | {"abandonment_rate": [1], "abandoned_in_queue": [1]},
    ]


def test_abandoned_with_an_agent_who_does_not_answer(told: Telling):
    told.open()
    told.request(5_000)
    told.claim(20_000)
    told.end(60_000, "visitor")
    told.wrap_up(7_000)
    assert told.numbers() == [
        ASKED,
        had(
            queue_time=[20_000],
            abandonment_rate=[1],
            abandoned_assigned_unanswered=[1],
            after_work=[7_000],
            total_time=[92_000],
            session_age=[92_000],
            handle_time=[67_000],
        ),
    ]


def test_left_sooner_than_in_ten_seconds(told: Telling):
    told.open()
    told.request(0)
    told.end(9_999, "visitor")
    live_turn = told.numbers()[1]
    assert (live_turn["abandoned_short"], live_turn["abandonment_rate"], live_turn["queue_time"]) == ([1], [1], [None])
    assert live_turn == live(
        **(WAITING | CLOSING),
        queue_time=[None],
        total_time=[9_999],
        session_age=[9_999],
    ) | {"abandonment_rate": [1], "abandoned_in_queue": [1], "abandoned_short": [1]}


def test_ten_seconds_are_not_short(told: Telling):
    told.open()
    told.request(0)
    told.end(10_000, "visitor")
    assert told.numbers()[1]["abandoned_short"] == [0]


def test_what_is_short_can_be_set_and_the_past_is_counted_anew(told: Telling):
    folder = told.office.desk.statistics
    told.open()
    told.request(0)
    told.end(19_999, "visitor")
    folder.fold()
    for seconds, short in ((20, 1), (19.999, 0), (3600, 1), (0, 0)):
        told.office.desk.do(c.ChangeBrand(short_wait=seconds))
        assert told.numbers()[1]["abandoned_short"] == [short], "before it is folded"
        folder.fold()
        assert told.numbers()[1]["abandoned_short"] == [short]
        assert folder.verify(told.office.desk.ask(q.GetBrand()).id).ok


def _promised(told: Telling, answered: int) -> list[int]:
    """Of a talk that is answered after so many milliseconds: whether the service level was met, if there was one."""
    told.office.desk.settle()
    told.open()
    told.request(0)
    told.claim(0)
    told.office.desk.advance(seconds=answered / 1000)
    told.agent(0)
    told.end(0)
    told.wrap_up(1)
    return told.numbers()[1]["sla_hit_rate"]


def test_a_service_level_is_met_or_missed_where_there_is_one(told: Telling):
    desk, folder = told.office.desk, told.office.desk.statistics
    assert _promised(told, 400_000) == [], "there was none"
    none = told.session
    desk.do(c.SetSla([{"name": "기본", "first_response": 300}]))
    assert _promised(told, 299_999) == [1]
    assert _promised(told, 300_000) == [0]
    late = told.session
    folder.fold()
    desk.do(c.SetSla([]))
    told.wait(1)
    assert _promised(told, 400_000) == []
    for session, met in ((none, []), (late, [0])):
        told.session = session
        assert told.numbers()[1]["sla_hit_rate"] == met, "the past keeps its own levels"
    folder.fold()
    assert folder.verify(desk.ask(q.GetBrand()).id).ok


def test_a_service_level_of_a_category_follows_the_category(told: Telling):
    desk, folder = told.office.desk, told.office.desk.statistics
    delivery = desk.do(c.AddCategory("배송"))
    desk.do(c.SetSla([{"name": "배송", "first_response": 300, "category": "배송"}]))
    assert _promised(told, 400_000) == []
    folder.fold()
    desk.do(c.SetCategory(told.session, "배송"))
    assert told.numbers()[1]["sla_hit_rate"] == [1], "nobody was late while it had none"
    folder.fold()
    desk.do(c.ChangeCategory(delivery, path="택배"))
    assert told.numbers()[1]["sla_hit_rate"] == []
    folder.fold()
    assert told.numbers()[1]["sla_hit_rate"] == []
    assert folder.verify(desk.ask(q.GetBrand()).id).ok


def _talk(told: Telling) -> None:
    """Asked after 5 s, claimed after 7, answered after 3; the customer after 11 s, the agent after 13 and 2, the customer after 6."""
    told.open()
    told.request(5_000)
    told.claim(7_000)
    told.agent(3_000)
    told.customer(11_000)
    told.agent(13_000)
    told.agent(2_000)
    told.customer(6_000)


TALKED = {
    "queue_time": [7_000],
    "first_response_time": [15_000],
    "first_response_time_from_handoff": [10_000],
    "agent_wait": [17_000],
    "agent_wait_open": [0],
    "customer_wait": [13_000],
    "talk_time": [32_000],
    "reply_time": [13_000],
    "reply_time_per_turn": [13_000],
    "customer_messages": [2],
    "human_messages": [3],
}


def test_a_talk(told: Telling):
    _talk(told)
    told.end(4_000)
    told.wrap_up(20_500)
    assert told.numbers() == [
        ASKED,
        had(**TALKED, customer_wait_open=[4_000], after_work=[20_500], total_time=[71_500], session_age=[71_500], handle_time=[59_500]),
    ]


def test_a_transfer_cuts_the_gap(told: Telling):
    _talk(told)
    told.do(4_000, "agent", c.TransferSession, agent=told.office.jun)
    told.agent(9_000, "colleague")
    told.end(1_000, "colleague")
    told.wrap_up(2_000, "colleague")
    expected = had(
        **TALKED
        | {"customer_wait": [22_000], "talk_time": [45_000], "reply_time": [13_000, 9_000], "reply_time_per_turn": [11_000]}
        | {"human_messages": [4], "agent_wait_open": [1_000]},
        customer_wait_open=[4_000],
        after_work=[2_000],
        total_time=[63_000],
        session_age=[63_000],
        handle_time=[39_000, 12_000],
        transfer_rate=[1],
    )
    assert told.numbers() == [ASKED, expected]
    fact = told.facts()[1]
    mina, jun = told.office.mina.id, told.office.jun.id
    assert (fact.agent, fact.responder, [share.agent for share in fact.queue]) == (jun, mina, [mina])
    assert [share.agent for share in fact.replies] == [mina, jun]


def test_what_is_held_is_in_no_gap(told: Telling):
    _talk(told)
    told.do(4_000, "agent", c.HoldSession, until=as_datetime(told.now.now()) + timedelta(hours=1))
    told.do(100_000, "agent", c.ResumeSession)
    told.agent(8_000)
    told.end(500)
    told.wrap_up(1_500)
    assert told.numbers() == [
        ASKED,
        had(
            **TALKED
            | {"customer_wait": [21_000], "talk_time": [144_000], "reply_time": [13_000, 8_000], "reply_time_per_turn": [10_500]}
            | {"human_messages": [4], "agent_wait_open": [500]},
            customer_wait_open=[4_000],
            after_work=[1_500],
            total_time=[161_000],
            session_age=[161_000],
            handle_time=[149_000],
        ),
    ]


def test_reopened_by_the_agent(told: Telling):
    _talk(told)
    told.end(4_000)
    told.wrap_up(20_500)
    told.do(86_400_000, "agent", c.ReopenSession)
    told.agent(3_000)
    told.end(2_000)
    told.wrap_up(1_000)
    first, talk, again = told.numbers()
    assert (first, talk["closings"], talk["sessions_closed"], talk["total_time"]) == (ASKED, [1], [1], [71_500])
    assert again == live(
        first_response_time_from_handoff=[3_000],
        agent_wait=[0],
        agent_wait_open=[2_000],
        customer_wait=[0],
        customer_wait_open=[0],
        talk_time=[0],
        after_work=[1_000],
        total_time=[6_000],
        session_age=[86_477_500],
        handle_time=[6_000],
        closings=[1],
        closings_by_agent=[1],
        transfer_rate=[0],
        reopen_rate=[1],
        human_messages=[1],
    ) | {"first_response_time": []}


def test_reopened_after_eleven_days_and_answered_in_ten_seconds(told: Telling):
    told.office.desk.do(c.ChangeBrand(reopening={"*": "same_session"}, reopen_window=30 * 86_400))
    _talk(told)
    told.end(4_000)
    told.wrap_up(20_500)
    told.customer(11 * 86_400_000)
    told.claim(4_000)
    told.agent(6_000)
    told.end(1_000)
    told.wrap_up(1_000)
    turns = told.numbers()
    assert turns[-1]["first_response_time_from_handoff"] == [10_000]
    assert turns[-1]["first_response_time"] == []
    assert turns[-1]["queue_time"] == [4_000]
    assert turns[-1]["total_time"] == [12_000]
    assert turns[-1]["reopen_rate"] == [1]


def test_a_bot_resolves_and_the_customer_comes_back(told: Telling):
    told.office.desk.do(c.ChangeBrand(reopening={"*": "same_session"}, reopen_window=30 * 86_400))
    told.open()
    told.end(3_500, "visitor")
    assert told.numbers() == [bot(**CLOSING, closings_by_bot=[1], bot_resolution_rate=[1], session_age=[3_500])]
    told.customer(2 * 86_400_000)
    told.claim(4_000)
    told.agent(6_000)
    told.end(1_000)
    told.wrap_up(1_000)
    first = told.numbers()[0]
    assert first == bot(**CLOSING, closings_by_bot=[1], bot_resolution_rate=[0], session_age=[3_500])


@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize(("hours", "resolved"), [(23, 0), (25, 1)])
def test_a_new_session_in_time_is_a_return(told: Telling, hours: int, resolved: int, folded: bool):
    told.open()
    told.end(3_500, "visitor")
    first = told.session
    if folded:
        told.office.desk.statistics.fold()
        assert told.numbers()[0]["bot_resolution_rate"] == [1]
    told.wait(hours * 3_600_000)
    told.open()
    told.session = first
    assert told.numbers()[0]["bot_resolution_rate"] == [resolved]
    told.office.desk.statistics.fold()
    assert told.numbers()[0]["bot_resolution_rate"] == [resolved]
    assert told.office.desk.statistics.verify(told.office.customer.brand).ok


def test_an_intake_item(told: Telling):
    told.office.desk.do(c.ChangeBrand(accepting="closed"))
    told.open()
    told.do(6_000, "visitor", c.LeaveMessage)
    told.claim(3_600_000)
    told.agent(30_000)
    told.end(5_000)
    told.wrap_up(1_000)
    assert told.numbers() == [
        bot(),
        EVERY
        | CLOSING
        | {
            "intake_response_time": [3_630_000],
            "intake_handled_rate": [1],
            "closings_by_agent": [1],
            "session_age": [3_642_000],
            "handle_time": [36_000],
            "human_messages": [1],
        },
    ]


def test_an_intake_item_that_nobody_answers(told: Telling):
    told.office.desk.do(c.ChangeBrand(accepting="closed"))
    told.open()
    told.do(6_000, "visitor", c.LeaveMessage)
    told.end(60_000, "visitor")
    assert told.numbers()[1] == EVERY | CLOSING | {"intake_response_time": [None], "intake_handled_rate": [0], "session_age": [66_000]}


def test_a_session_that_an_agent_began_is_in_no_number_of_the_queue(told: Telling):
    told.session = told.office.agent.do(c.OpenSessionByAgent(told.office.customer, text="안내드려요"))
    told.customer(10_000)
    told.agent(20_000)
    told.end(1_000)
    told.wrap_up(2_000)
    assert told.numbers() == [
        EVERY
        | CLOSING
        | {
            "closings_by_agent": [1],
            "session_age": [33_000],
            "handle_time": [33_000],
            "reply_time": [20_000],
            "customer_messages": [1],
            "human_messages": [2],
        }
    ]


def test_back_to_the_bot_and_on_again(told: Telling):
    told.open()
    told.request(1_000)
    told.do(30_000, "visitor", c.ReturnToBot)
    told.request(2_000)
    told.claim(4_000)
    told.agent(1_000)
    told.end(1_000)
    told.wrap_up(1_000)
    first, gone, between, talk = told.numbers()
    assert first == ASKED
    assert gone == live(**WAITING, queue_time=[None], total_time=[31_000]) | {"abandonment_rate": [1], "abandoned_back_to_bot": [1]}
    assert between == bot(handoff_rate=[1], customer_messages=[0])
    assert talk == had(
        queue_time=[4_000],
        first_response_time=[],
        first_response_time_from_handoff=[5_000],
        agent_wait=[0],
        agent_wait_open=[1_000],
        customer_wait=[0],
        customer_wait_open=[0],
        talk_time=[0],
        after_work=[1_000],
        total_time=[7_000],
        session_age=[40_000],
        handle_time=[3_000],
        human_messages=[1],
    )


def test_lunch_lies_in_between(told: Telling):
    """Open 9 to 18, lunch 12 to 13. Opened at 11:50; asked 5 min later; claimed at 12:10; answered at 13:05; ended 13:20; noted 13:25."""
    told.hours(weekdays="09:00-18:00", lunch="12:00-13:00")
    minute = 60_000
    told.wait(170 * minute)
    told.open()
    told.request(5 * minute)
    told.claim(15 * minute)
    told.agent(55 * minute)
    told.customer(5 * minute)
    told.agent(6 * minute)
    told.end(4 * minute)
    told.wrap_up(5 * minute)
    live_turn = told.numbers()[1]
    assert live_turn == had(
        queue_time=[(15 * minute, 5 * minute)],
        first_response_time=[(75 * minute, 15 * minute)],
        first_response_time_from_handoff=[(70 * minute, 10 * minute)],
        agent_wait=[(5 * minute, 5 * minute)],
        agent_wait_open=[(4 * minute, 4 * minute)],
        customer_wait=[(6 * minute, 6 * minute)],
        customer_wait_open=[(0, 0)],
        talk_time=[(11 * minute, 11 * minute)],
        after_work=[(5 * minute, 5 * minute)],
        total_time=[(95 * minute, 35 * minute)],
        session_age=[(95 * minute, 35 * minute)],
        handle_time=[(75 * minute, 25 * minute)],
        reply_time=[(6 * minute, 6 * minute)],
        reply_time_per_turn=[(6 * minute, 6 * minute)],
        customer_messages=[1],
        human_messages=[2],
    )


def test_midnight_lies_in_between(told: Telling):
    """Open 9 to 18 on weekdays. The customer writes at 17:59:58 on Monday; the agent answers at 9:00:03 on Tuesday."""
    told.hours(weekdays="09:00-18:00")
    told.open()
    told.request(0)
    told.claim(1_000)
    told.agent(1_000)
    told.customer((9 * 3600 - 4) * 1000)
    told.agent((15 * 3600 + 5) * 1000)
    told.end(1_000)
    told.wrap_up(2_000)
    turn = told.numbers()[1]
    assert turn["customer_wait"] == [(54_005_000, 5_000)]
    assert turn["agent_wait"] == [(32_396_000, 32_396_000)]
    assert turn["talk_time"] == [(86_401_000, 32_401_000)]
    assert turn["total_time"] == [(86_406_000, 32_406_000)]
    assert turn["queue_time"] == [(1_000, 1_000)]


def test_the_hours_of_then_count(told: Telling):
    """From Monday evening on the brand opens at 9 for an hour only; Monday's nine hours stay business time."""
    told.hours(weekdays="09:00-18:00")
    told.open()
    told.request(0)
    told.wait(10 * 3_600_000)
    told.hours(weekdays="09:00-10:00")
    told.claim(15 * 3_600_000)
    told.end(0)
    told.wrap_up(0)
    assert told.numbers()[1]["queue_time"] == [(25 * 3_600_000, 9 * 3_600_000 + 3_600_000)]


def test_without_hours_business_time_is_missing(told: Telling):
    _talk(told)
    told.end(0)
    told.wrap_up(0)
    fact = told.facts()[1]
    assert {business for _, _, business in METRICS["queue_time"].read(fact)} == {None}
    report = told.office.desk.ask(
        q.Report(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), ["queue_time"], calendar="business")
    )
    figure = report.total.figures["queue_time"]
    assert (figure.count, figure.missing, figure.mean) == (0, 1, None)


def test_an_erased_customer_leaves_the_numbers(told: Telling):
    _talk(told)
    told.end(4_000)
    told.wrap_up(20_500)
    before = told.numbers()
    told.office.admin.do(c.EraseCustomer(told.office.customer))
    assert told.numbers() == before
    assert told.office.desk.ask(q.GetSession(told.session)).subject == ""


def test_an_agent_who_steps_into_the_talk_of_a_bot_waited_for_nobody(told: Telling):
    told.open()
    told.claim(8_000)
    told.agent(2_000)
    told.end(1_000)
    told.wrap_up(1_000)
    turn = told.numbers()[1]
    assert (turn["queue_time"], turn["abandonment_rate"], turn["first_response_time"]) == ([0], [], [10_000])


def test_a_rating_belongs_to_the_turn_that_it_is_about(told: Telling):
    _talk(told)
    told.end(4_000)
    told.wrap_up(0)
    told.do(1_000, "visitor", c.RateSession, score=2)
    told.do(1_000, "visitor", c.RateSession, score=4)
    assert [turn["rating"] for turn in told.numbers()] == [[], [80]]


def test_who_is_let_wait_by_the_system_has_no_after_work(told: Telling):
    told.office.desk.do(c.ChangeBrand(wrap_up_limit=60))
    _talk(told)
    told.end(4_000)
    told.wait(60_000)
    told.office.desk.run_clocks()
    turn = told.numbers()[1]
    assert (turn["after_work"], turn["total_time"]) == ([None], [111_000])


WAYS: dict[str, tuple[str, Callable[[Telling], Any]]] = {
    "forced": ("by_us", lambda told: told.do(20_000, "admin", c.ForceClose)),
    "moved": ("by_us", lambda told: told.do(20_000, "admin", c.MoveToIntake)),
    "message": ("left_message", lambda told: told.do(20_000, "visitor", c.LeaveMessage)),
    "ended": ("in_queue", lambda told: told.end(20_000, "visitor")),
}


@pytest.mark.parametrize("way", WAYS)
def test_ways_to_leave_the_queue(told: Telling, way: str):
    how, leave = WAYS[way]
    told.open()
    told.request(0)
    leave(told)
    turn = told.numbers()[1]
    classes = {name: value for name, value in turn.items() if name.startswith("abandoned_")}
    assert classes == {key: [0] for key in classes} | {f"abandoned_{how}": [1]}
    assert turn["abandonment_rate"] == [1]
