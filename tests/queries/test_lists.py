"""Lists and counts: every item once, whatever happens between two pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.office import Office

from cschat import Actor, Desk, Session, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.errors import Invalid


def pages(desk: Desk, query: Any, between: Callable[[int], None] = lambda _page: None) -> Iterator[list[Any]]:
    """The pages of a query; `between` is called after each."""
    following, number = query, 0
    while following is not None:
        page = desk.ask(following)
        yield page.items
        between(number)
        number += 1
        following = None if page.next is None else attrs.evolve(following, after=page.next)


def ids(found: Any) -> list[str]:
    return [one.id for one in found]


LISTS: dict[str, tuple[State, type, bool]] = {
    "queue": (State.QUEUED, q.Queue, False),
    "review": (State.INTAKE, q.ReviewList, False),
    "closed": (State.CLOSED, q.ClosedList, True),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
def test_the_pages_of_a_list_hold_everything_once_in_order_with_ties(office: Office, name: str, limit: int):
    state, query, falling = LISTS[name]
    made: list[Session] = []
    for number in range(7):
        made.append(office.session(state))
        if number % 3 == 0:
            office.clock.advance(seconds=1)
    office.session(State.BOT)
    expected = sorted(made, key=lambda session: (session.since, session.id), reverse=falling)
    found = list(pages(office.desk, query(limit=limit)))
    assert [one for page in found for one in ids(page)] == ids(expected)
    assert all(len(page) == limit for page in found[:-1])
    assert ids(office.desk.each(query(limit=limit))) == ids(expected)


def test_a_list_that_fits_its_page_has_no_next(office: Office):
    for _ in range(2):
        office.session(State.QUEUED)
    assert office.desk.ask(q.Queue(limit=2)).next is None
    assert office.desk.ask(q.Queue(limit=1)).next is not None
    assert office.desk.ask(q.ReviewList()) == q.Page([], None)


def test_what_stays_in_the_queue_is_seen_once_while_others_come_and_go(office: Office):
    first = [office.session(State.QUEUED) for _ in range(6)]
    taken = [first[0], first[4]]

    def between(page: int) -> None:
        office.clock.advance(seconds=1)
        if page == 0:
            office.agent.do(c.ClaimSession(first[0]))
            office.agent.do(c.ClaimSession(first[4]))
            office.session(State.QUEUED)
        if page == 1:
            office.agent.do(c.ReleaseSession(first[0]))

    seen = [one for page in pages(office.desk, q.Queue(limit=2), between) for one in ids(page)]
    assert len(seen) == len({*seen})
    assert {*ids(first)} - {*ids(taken)} <= {*seen}
    assert first[4].id not in seen


def test_what_is_closed_meanwhile_does_not_shift_the_closed_list(office: Office):
    closed = []
    for _ in range(5):
        closed.append(office.session(State.CLOSED))
        office.clock.advance(seconds=1)

    def between(_page: int) -> None:
        office.session(State.CLOSED)

    seen = [one for page in pages(office.desk, q.ClosedList(limit=2), between) for one in ids(page)]
    assert seen == ids(reversed(closed))


@settings(max_examples=25)
@given(data=st.data())
def test_paging_law(data: st.DataObject):
    """Whatever is done between two pages: nothing twice, and nothing missed that was in the list all the time."""
    clock = FakeClock()
    with Desk.open("memory:", clock=clock, seed=1) as desk:
        office = Office.on(desk, clock)
        sessions = []
        for _ in range(data.draw(st.integers(1, 8))):
            sessions.append(office.session(State.QUEUED))
            clock.advance(seconds=data.draw(st.integers(0, 1)))
        touched: set[str] = set()

        def between(_page: int) -> None:
            clock.advance(seconds=data.draw(st.integers(0, 1)))
            for session in data.draw(st.lists(st.sampled_from(sessions), max_size=3)):
                touched.add(session.id)
                if desk.ask(q.GetSession(session)).state is State.QUEUED:
                    office.agent.do(c.ClaimSession(session))
                else:
                    office.agent.do(c.ReleaseSession(session))

        seen = [one for page in pages(desk, q.Queue(limit=data.draw(st.integers(1, 3))), between) for one in ids(page)]
    assert len(seen) == len({*seen})
    assert {*ids(sessions)} - touched <= {*seen}


# ------------------------------------------------------------------------------------------------------------- other lists


def test_the_consulting_list_is_ones_own_or_a_colleagues_oldest_first(office: Office):
    talks = []
    for _ in range(3):
        talks.append(office.session(State.ACTIVE))
        office.clock.advance(seconds=1)
    note = office.session(State.WRAP_UP)
    office.agent.do(c.TransferSession(talks[0], agent=office.jun))
    assert ids(office.agent.ask(q.ConsultingList())) == ids(talks[1:])
    assert ids(office.agent.ask(q.ConsultingList(wrap_up=True))) == [*ids(talks[1:]), note.id]
    assert ids(office.agent.ask(q.ConsultingList(office.jun))) == ids(talks[:1])
    assert ids(office.desk.ask(q.ConsultingList(office.mina))) == ids(talks[1:])
    with pytest.raises(Invalid) as caught:
        office.desk.ask(q.ConsultingList())
    assert caught.value.field == "agent"


def test_counts_are_of_the_brand_and_follow_every_change(office: Office):
    assert office.desk.ask(q.CountsByState()) == q.Counts(0, 0, 0, 0, 0, 0)
    office.desk.do(c.SetDistribution(on_close="keep"))
    for number, state in enumerate(State, start=1):
        for _ in range(number):
            office.session(state)
    counts = office.desk.ask(q.CountsByState())
    assert counts == q.Counts(bot=1, queued=2, active=3, intake=4, wrap_up=5, closed=6)
    assert office.desk.brand("other").ask(q.CountsByState()) == q.Counts(0, 0, 0, 0, 0, 0)


def test_customers_and_their_sessions_are_newest_first(office: Office):
    office.clock.advance(seconds=1)
    newest = office.desk.do(c.RegisterCustomer(member="u1"))
    assert ids(office.desk.ask(q.Customers(limit=1)).items) == [newest.id]
    assert {*ids(office.desk.each(q.Customers(limit=1)))} == {newest.id, office.customer.id, office.other.id}
    sessions = []
    for _ in range(3):
        sessions.append(office.visitor.do(c.OpenSession()))
        office.clock.advance(seconds=1)
    office.stranger.do(c.OpenSession())
    assert ids(office.visitor.each(q.CustomerSessions(limit=2))) == ids(reversed(sessions))
    assert ids(office.agent.each(q.CustomerSessions(office.customer, limit=1))) == ids(reversed(sessions))


def test_a_customer_whom_the_desk_has_not_met_has_no_sessions(office: Office):
    nobody = office.desk.acting_as(Actor.guest("browser-new"))
    assert nobody.ask(q.CustomerSessions()) == q.Page([], None)
    assert len(office.desk.ask(q.Customers()).items) == 2


def test_the_lists_of_a_team_are_whole_and_sorted_by_name(office: Office):
    assert [agent.name for agent in office.agent.ask(q.Agents())] == ["민아", "소라", "준"]
    office.desk.do_all([c.AddGroup("가팀"), c.AddTag("나"), c.AddTag("가"), c.AddCategory("나/다"), c.AddCategory("가")])
    assert [group.name for group in office.agent.ask(q.Groups())] == ["가팀", "배송팀"]
    assert [tag.name for tag in office.agent.ask(q.Tags())] == ["가", "나"]
    assert [category.path for category in office.agent.ask(q.Categories())] == ["가", "나", "나/다"]


def test_a_page_of_another_brands_list_is_empty(office: Office):
    office.session(State.QUEUED)
    other = office.desk.brand("other")
    for query in (q.Queue(), q.ReviewList(), q.ClosedList(), q.Customers()):
        assert other.ask(query).items == []
    for query in (q.Agents(), q.Groups(), q.Tags(), q.Categories()):
        assert other.ask(query) == []
