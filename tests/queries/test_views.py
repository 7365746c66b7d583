"""Sessions by a condition, and the choices that agents keep."""

from __future__ import annotations

from typing import Any

import pytest
from tests.office import Office

from cschat import Actor, Session, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.session import Session as Record
from cschat.core.times import as_datetime
from cschat.errors import Invalid, LimitExceeded, NotFound
from cschat.queries import views

MINE = {"field": "agent", "is": "me"}


def ids(office: Office, *, door: Any = None, **how: Any) -> list[str]:
    return [session.id for session in (door or office.agent).each(q.FindSessions(**how))]


@pytest.fixture
def many(office: Office) -> list[Session]:
    """A session in each state, one a minute, the last opened first; Mina has two of them."""
    found = []
    for state in (State.INTAKE, *(one for one in State if one is not State.INTAKE)):  # a desk that closes empties its queue
        found.insert(0, office.session(state))
        office.clock.advance(minutes=1)
    return found


def test_everything_comes_last_opened_first_page_by_page(office: Office, many: list[Session]):
    assert ids(office) == [session.id for session in many]
    assert ids(office, limit=2) == [session.id for session in many]
    assert [len(office.agent.ask(q.FindSessions(limit=n)).items) for n in (1, 4)] == [1, 4]


@pytest.mark.parametrize(
    ("only_if", "states"),
    [
        ({"field": "state", "is": "queued"}, {"queued"}),
        ({"field": "state", "in": ["active", "wrap_up"]}, {"active", "wrap_up"}),
        ({"field": "state", "is_not": "closed"}, {"bot", "queued", "active", "intake", "wrap_up"}),
        (MINE, {"active", "wrap_up"}),
        ({"not": MINE}, {"bot", "queued", "intake", "closed"}),
        ({"field": "agent", "is_not": "me"}, {"bot", "queued", "intake", "closed"}),
        ({"all": [MINE, {"field": "state", "is": "active"}]}, {"active"}),
        ({"any": [MINE, {"field": "state", "is": "bot"}]}, {"active", "wrap_up", "bot"}),
        ({"field": "agent", "in": ["me", "nobody"]}, {"active", "wrap_up"}),
        ({"field": "agent", "known": False}, {"bot", "queued", "intake", "closed"}),
        ({"field": "channel", "is": "email"}, set()),
        ({"field": "customer.type", "is": "guest"}, {*map(str, State)}),
    ],
    ids=range(12),
)
def test_an_index_leads_to_what_looking_at_all_would_find(office: Office, many: list[Session], only_if: Any, states: set[str]):
    expected = [session.id for session in many if str(session.state) in states]
    assert ids(office, only_if=only_if) == expected
    assert ids(office, only_if=only_if, limit=1) == expected


def test_me_is_whoever_asks(office: Office, many: list[Session]):
    assert ids(office, door=office.colleague, only_if=MINE) == []
    assert ids(office, door=office.desk, only_if=MINE) == []


def test_a_customers_and_a_periods(office: Office, many: list[Session]):
    theirs = office.stranger.do(c.OpenSession(text="문의"))
    assert ids(office, customer=office.other) == [theirs.id]
    assert ids(office, customer=office.customer, limit=2) == [session.id for session in many]
    third = as_datetime(many[2].opened)
    assert ids(office, since=third, customer=office.customer) == [session.id for session in many[:3]]
    assert ids(office, until=third) == [session.id for session in many[3:]]
    for only_if in ({"field": "state", "is": "bot"}, {"field": "state", "in": ["bot"]}):
        assert ids(office, until=third, only_if=only_if) == [many[4].id]
        assert ids(office, since=third, only_if=only_if) == [theirs.id]


def test_a_page_looks_at_so_many_and_no_more(office: Office, many: list[Session], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(views, "LOOKED_AT", 2)
    page = office.agent.ask(q.FindSessions({"field": "state", "in": ["bot", "queued", "active"]}))
    assert (page.items, page.next is None) == ([], False)
    assert ids(office, only_if={"field": "state", "in": ["bot", "queued", "active"]}) == [many[2].id, many[3].id, many[4].id]


def test_what_is_equally_old_is_told_apart(office: Office):
    sessions = {office.session().id for _ in range(5)}
    for only_if in ({}, {"field": "state", "is": "bot"}):
        found = ids(office, only_if=only_if, limit=2)
        assert (len(found), {*found}) == (5, sessions)
        assert found == ids(office)


def test_a_bad_condition_names_its_place(office: Office):
    with pytest.raises(Invalid) as caught:
        q.FindSessions({"all": [{"field": "colour", "is": "red"}]})
    assert caught.value.field == "only_if.all.0.field"


# ------------------------------------------------------------------------------------------------------------------- views


def names(door: Any) -> list[str]:
    return [view.name for view in door.ask(q.Views())]


def test_a_view_is_kept_replaced_and_forgotten(office: Office):
    view = office.agent.do(c.SaveView("내 상담", MINE))
    assert office.agent.do(c.SaveView("내 상담", MINE)) == view
    other = office.agent.do(c.SaveView("내 상담", {}))
    assert (other.id, other.only_if, other.seq) == (view.id, {}, 2)
    office.agent.do(c.RemoveView(view))
    office.agent.do(c.RemoveView(view))
    assert names(office.agent) == []
    assert office.agent.do(c.SaveView("내 상담", MINE)).id == view.id
    assert names(office.agent) == ["내 상담"]


def test_a_view_is_its_owners_alone(office: Office):
    view = office.agent.do(c.SaveView("내 상담", MINE))
    office.colleague.do(c.SaveView("내 상담"))
    with pytest.raises(NotFound):
        office.colleague.do(c.RemoveView(view))
    assert (names(office.agent), names(office.admin), names(office.desk)) == (["내 상담"], [], [])
    with pytest.raises(Invalid):
        office.desk.do(c.SaveView("x"))


def test_who_serves_several_brands_has_their_views_in_each(office: Office):
    other = office.desk.brand("other")
    doors = [
        office.desk.acting_as(Actor.agent(office.desk.do(c.AddAgent(name="하나", user_id="u7", status="available")))),
        other.acting_as(Actor.agent(other.do(c.AddAgent(name="하나", user_id="u7", status="available")))),
    ]
    view = doors[0].do(c.SaveView("내 상담", MINE))
    assert [names(door) for door in doors] == [["내 상담"]] * 2
    visitor = other.acting_as(Actor.guest("x"))
    session = visitor.do(c.OpenSession(text="문의"))
    visitor.do(c.RequestAgent(session))
    doors[1].do(c.ClaimSession(session))
    assert [[one.id for one in door.ask(q.FindSessions(view.only_if)).items] for door in doors] == [[], [session.id]]
    doors[1].do(c.RemoveView(view))
    assert [names(door) for door in doors] == [[], []]


def test_what_was_saved_before_the_host_knew_the_agent_stays(office: Office):
    office.agent.do(c.SaveView("내 상담"))
    office.admin.do(c.ChangeAgent(office.mina, user_id="u8"))
    office.agent.do(c.SaveView("환불"))
    assert names(office.agent) == ["내 상담", "환불"]


def test_one_has_so_many_views_at_most(office: Office):
    for number in range(100):
        office.agent.do(c.SaveView(f"{number}"))
    with pytest.raises(LimitExceeded):
        office.agent.do(c.SaveView("one more"))
    office.agent.do(c.SaveView("7", MINE))
    office.agent.do(c.RemoveView(office.agent.ask(q.Views())[0]))
    office.agent.do(c.SaveView("one more"))


def test_records_are_what_comes_back(office: Office, many: list[Session]):
    assert all(type(one) is Record for one in office.agent.ask(q.FindSessions()).items)
