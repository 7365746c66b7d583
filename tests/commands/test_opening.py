"""Sessions begin: by a customer with or without words, or by an agent who writes first."""

from __future__ import annotations

import pytest
from tests.office import Office

from cschat import Actor, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.errors import Invalid, LimitExceeded, NotFound


def test_a_session_begins_with_the_bot_and_the_first_message_in_one_commit(office: Office):
    session = office.visitor.do(c.OpenSession(channel="app", text="안녕하세요", subject="배송", language="en"))
    assert (session.state, session.seq, session.customer) == (State.BOT, 2, office.customer.id)
    assert (session.channel, session.subject, session.language, session.spoke) == ("app", "배송", "en", True)
    assert office.types(session) == ["Opened", "MessageSent"]


def test_a_session_without_words_is_one_event(office: Office):
    session = office.visitor.do(c.OpenSession())
    assert (office.types(session), session.spoke, session.channel, session.language) == (["Opened"], False, "web", None)


def test_a_session_speaks_the_customers_language_unless_told_otherwise(office: Office):
    office.visitor.do(c.UpdateCustomer(language="en"))
    assert office.visitor.do(c.OpenSession()).language == "en"
    assert office.visitor.do(c.OpenSession(language="ko")).language == "ko"
    assert office.agent.do(c.OpenSessionByAgent(office.customer)).language == "en"


def test_staff_and_host_open_for_a_customer_they_name(office: Office):
    for door in (office.agent, office.desk, office.system):
        session = door.do(c.OpenSession(channel="email", text="전화로 문의하심", customer=office.customer))
        assert session.customer == office.customer.id
    assert len(office.visitor.ask(q.CustomerSessions()).items) == 3


def test_a_customer_may_have_several_sessions_at_once(office: Office):
    assert len({office.visitor.do(c.OpenSession()).id for _ in range(3)}) == 3


def test_an_agent_who_writes_first_has_the_session_and_it_stands_in_no_queue(office: Office):
    session = office.agent.do(c.OpenSessionByAgent(office.customer, text="배송이 늦어져 안내드려요", subject="배송"))
    assert (session.state, session.agent, session.turn.kind, session.turn.queued) == (State.ACTIVE, office.mina.id, "outbound", ())
    assert office.types(session) == ["OpenedByAgent", "MessageSent"]
    assert [one.id for one in office.visitor.ask(q.CustomerSessions()).items] == [session.id]


def test_an_admin_or_the_host_writes_first_for_an_agent(office: Office):
    for door in (office.admin, office.desk):
        session = door.do(c.OpenSessionByAgent(office.customer, agent=office.jun, text="안내드려요"))
        assert session.agent == office.jun.id
        assert office.desk.ask(q.Transcript(session)).items[0].agent == office.jun.id


def test_a_full_agent_cannot_write_first(office: Office):
    office.desk.do(c.ChangeAgent(office.mina, capacity=0))
    with pytest.raises(LimitExceeded):
        office.agent.do(c.OpenSessionByAgent(office.customer))


def test_a_customer_of_another_brand_is_not_found(office: Office):
    elsewhere = office.desk.brand("other").do(c.RegisterCustomer(guest="x"))
    for command in (c.OpenSession(customer=elsewhere), c.OpenSessionByAgent(elsewhere, agent=office.mina)):
        with pytest.raises(NotFound):
            office.desk.do(command)


def test_a_refused_opening_registers_nobody(office: Office):
    before = office.everything()
    newcomer = office.desk.acting_as(Actor.guest("browser-new"))
    with pytest.raises(Invalid):
        newcomer.do(c.OpenSession(customer=office.customer))
    assert office.everything() == before


def test_the_first_event_of_a_session_says_who_and_where_from(office: Office):
    session = office.visitor.do(c.OpenSession(channel="kakao"))
    opened = office.history(session)[0]
    assert (opened.body, opened.seq, opened.subject) == (e.Opened(office.customer.id, "kakao"), 1, session.id)
    assert opened.time == office.clock.now()
