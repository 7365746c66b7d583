"""Customers: known once, merged without a trace for the other, erased to the last letter."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.office import Content as Everything
from tests.office import Office, bodies

from cschat import Actor, BotCursor, Card, Choice, Content, Desk, Event, FormField, Media, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.content import ContentKind
from cschat.core.people import Customer
from cschat.core.session import Session, opened
from cschat.errors import Conflict, Forbidden, Invalid, NotFound


def customer_of(office: Office, customer: Customer | str) -> Customer:
    return office.desk.ask(q.GetCustomer(customer))


# ------------------------------------------------------------------------------------------------------------ registering


def test_a_customer_is_registered_by_their_first_session_and_known_after_that(office: Office):
    guest = office.desk.acting_as(Actor.guest("browser-new", name="새손님"))
    first, second = guest.do(c.OpenSession()), guest.do(c.OpenSession())
    assert first.customer == second.customer
    known = customer_of(office, first.customer)
    assert (known.key, known.type, known.name, known.registered) == ("guest:browser-new", "guest", "새손님", office.clock.now())


def test_guest_and_member_of_one_name_are_two(office: Office):
    guest, member = (office.desk.do(c.RegisterCustomer(**{kind: "x"})) for kind in ("guest", "member"))
    assert guest.id != member.id


def test_registering_a_known_customer_answers_with_them_as_they_are(office: Office):
    assert office.agent.do(c.RegisterCustomer(guest="browser-a", name="다른 이름")) == office.customer


def test_the_same_user_in_two_brands_is_two_customers(office: Office):
    elsewhere = office.desk.brand("other").do(c.RegisterCustomer(guest="browser-a"))
    assert elsewhere.id != office.customer.id


def test_what_is_none_stays_and_what_is_blank_is_emptied(office: Office):
    office.visitor.do(c.UpdateCustomer(phone="010-1234-5678", email="a@example.com", language="en"))
    office.visitor.do(c.UpdateCustomer(phone=""))
    profile = customer_of(office, office.customer).profile
    assert (profile.name, profile.phone, profile.email) == ("김고객", "", "a@example.com")
    assert customer_of(office, office.customer).language == "en"


def test_an_attribute_set_to_none_is_removed(office: Office):
    office.agent.do(c.UpdateCustomer(office.customer, attributes={"grade": "gold", "orders": 3, "vip": True, "score": 0.5}))
    office.agent.do(c.UpdateCustomer(office.customer, attributes={"grade": None, "orders": 4}))
    assert customer_of(office, office.customer).attributes == {"orders": 4, "score": 0.5, "vip": True}


def test_the_device_is_what_was_told_last_as_a_whole(office: Office):
    office.visitor.do(c.UpdateCustomer(device={"os": "ios", "app": "1.0"}))
    office.visitor.do(c.UpdateCustomer(device={"os": "android"}))
    assert customer_of(office, office.customer).device == {"os": "android"}


def test_an_update_that_changes_nothing_makes_no_event(office: Office):
    before = office.everything()
    office.visitor.do(c.UpdateCustomer(name="김고객", device={}))
    assert office.everything() == before


def test_consents_are_kept_with_their_wording_and_time(office: Office):
    office.visitor.do(c.RecordConsent("marketing", "할인 소식", "2026-01"))
    office.clock.advance(days=1)
    office.visitor.do(c.RecordConsent("marketing", "할인 소식", "2026-01", given=False))
    consents = customer_of(office, office.customer).consents
    assert [(consent.given, consent.version) for consent in consents] == [(True, "2026-01"), (False, "2026-01")]
    assert consents[1].time - consents[0].time == 86_400_000_000


def test_tags_of_customers_are_added_once_and_removed(office: Office):
    tagged = office.agent.do(c.TagCustomer(office.customer, [" vip ", "단골", "vip"]))
    assert tagged.tags == ("vip", "단골")
    assert office.agent.do(c.TagCustomer(office.customer, ["vip"])) == tagged
    assert office.agent.do(c.UntagCustomer(office.customer, ["vip", "없음"])).tags == ("단골",)


# ----------------------------------------------------------------------------------------------------------------- merging


def merged(office: Office) -> tuple[Session, Session]:
    """A session of each of the two customers, who turn out to be one: `other` becomes `customer`."""
    mine, theirs = office.session(State.CLOSED), office.stranger.do(c.OpenSession(text="비밀 이야기"))
    office.agent.do(c.TagCustomer(office.other, ["단골"]))
    office.agent.do(c.TagCustomer(office.customer, ["vip"]))
    office.agent.do(c.UpdateCustomer(office.other, phone="010-9999-9999", name="이름", attributes={"a": 1, "b": 1}))
    office.agent.do(c.UpdateCustomer(office.customer, attributes={"b": 2}))
    office.stranger.do(c.RecordConsent("marketing", "소식", "1"))
    office.admin.do(c.MergeCustomers(office.other, office.customer))
    return mine, theirs


def test_sessions_tags_attributes_consents_and_unknown_fields_go_over(office: Office):
    mine, theirs = merged(office)
    into = customer_of(office, office.customer)
    assert {session.id for session in office.visitor.ask(q.CustomerSessions()).items} == {mine.id, theirs.id}
    assert (into.tags, into.attributes) == (("vip", "단골"), {"a": 1, "b": 2})
    assert (into.profile.name, into.profile.phone, len(into.consents)) == ("김고객", "010-9999-9999", 1)
    assert customer_of(office, office.other).merged_into == into.id
    assert office.types(theirs)[-1] == "CustomerReplaced"


def test_the_merged_guests_key_is_free_and_who_comes_with_it_is_somebody_new_and_sees_nothing(office: Office):
    mine, theirs = merged(office)
    assert office.stranger.ask(q.CustomerSessions()).items == []
    with pytest.raises(NotFound):
        office.stranger.ask(q.GetCustomer())
    for session in (mine, theirs):
        for query in (q.GetSession(session), q.Transcript(session), q.History(session)):
            with pytest.raises(NotFound):
                office.stranger.ask(query)
        with pytest.raises(NotFound):
            office.stranger.do(c.SendMessage(session, text="저예요"))
    fresh = office.stranger.do(c.OpenSession())
    assert fresh.customer not in (office.customer.id, office.other.id)
    assert [session.id for session in office.stranger.ask(q.CustomerSessions()).items] == [fresh.id]
    assert [event.subject for event in office.stranger.watch(after=0, timeout=0)] == [fresh.id]


@pytest.mark.parametrize("gone", ["merged", "erased"])
def test_nothing_is_done_with_a_customer_who_is_no_more(office: Office, gone: str):
    if gone == "merged":
        office.admin.do(c.MergeCustomers(office.other, office.customer))
    else:
        office.admin.do(c.EraseCustomer(office.other))
    before = office.everything()
    for command in (
        c.TagCustomer(office.other, ["vip"]),
        c.UntagCustomer(office.other, ["vip"]),
        c.UpdateCustomer(office.other, name="새 이름"),
        c.RecordConsent("a", "b", "c", customer=office.other),
        c.MergeCustomers(office.other, office.customer),
        c.MergeCustomers(office.customer, office.other),
        c.OpenSession(customer=office.other),
        c.OpenSessionByAgent(office.other, agent=office.mina),
    ):
        with pytest.raises((Conflict, Invalid)):
            office.desk.do(command)
    assert office.everything() == before


def test_nobody_is_merged_into_themselves_or_into_another_brand(office: Office):
    elsewhere = office.desk.brand("other").do(c.RegisterCustomer(guest="x"))
    with pytest.raises(Invalid):
        office.admin.do(c.MergeCustomers(office.customer, office.customer))
    with pytest.raises(NotFound):
        office.admin.do(c.MergeCustomers(office.customer, elsewhere))
    with pytest.raises(NotFound):
        office.admin.do(c.MergeCustomers(elsewhere, office.customer))


# ----------------------------------------------------------------------------------------------------------------- erasure

SECRET = "비밀"


def tell_all(office: Office, door: Desk, customer: Customer) -> Session:
    """Put a secret into every personal field that there is."""
    n = iter(range(1000))

    def secret() -> str:
        return f"{SECRET}{next(n)}"

    office.desk.do(
        c.UpdateCustomer(
            customer,
            name=secret(),
            phone=secret(),
            email=secret(),
            address=secret(),
            image=secret(),
            birth_date="1999-09-09",
            device={"model": secret()},
            attributes={"note": secret()},
        )
    )
    session = door.do(c.OpenSession(text=secret(), subject=secret()))
    bot = c.SendBotMessage(session, session.seq, secret(), cursor=BotCursor("welcome", "ask", {"name": secret()}))
    office.system.do(bot)
    door.do(c.RequestAgent(session))
    office.agent.do(c.ClaimSession(session))
    office.agent.do(c.AddNote(session, text=secret()))
    office.agent.do(c.SetSubject(session, secret()))
    for content in (
        Content(ContentKind.IMAGE, text=secret(), media=Media(secret(), url=secret(), blob=secret())),
        Content(ContentKind.CHOICES, text=secret(), choices=(Choice(secret(), secret(), secret()),)),
        Content(ContentKind.CARD, cards=(Card(secret(), secret(), Media(secret()), (Choice(secret()),)),)),
        Content(ContentKind.FORM, fields=(FormField("phone", answer=secret()),)),
    ):
        door.do(c.SendMessage(session, content=content))
    office.agent.do(c.ReleaseSession(session, why=secret()))
    office.agent.do(c.ClaimSession(session))
    office.agent.do(c.TransferSession(session, agent=office.jun, note=secret()))
    office.colleague.do(c.EndSession(session))
    door.do(c.RateSession(session, 1, comment=secret()))
    office.colleague.do(c.WrapUp(session, note=secret(), category="배송", tags=["불만"]))
    door.do(c.SendMessage(session, text=secret(), client_id="m1"))
    return office.look(session)


def envelope(event: Event) -> tuple[object, ...]:
    return event.type, event.subject, event.seq, event.position, event.time, event.actor, event.cause


def leftovers(content: Everything, *words: str) -> list[str]:
    things = [*content.records.values(), *content.events]
    return [repr(thing) for thing in things if any(word in repr(thing) for word in words)]


PERSONAL = (SECRET, "1999-09-09", "browser-a", "김고객")


def test_nothing_personal_of_an_erased_customer_remains_anywhere(office: Office):
    session = tell_all(office, office.visitor, office.customer)
    assert len(leftovers(office.everything(), SECRET)) > 15
    before = office.everything().events
    erased = office.admin.do(c.EraseCustomer(office.customer))
    after = office.everything()
    assert leftovers(after, *PERSONAL) == []
    assert [envelope(event) for event in after.events[:-1]] == [envelope(event) for event in before]
    assert (after.events[-1].type, after.events[-1].subject, after.events[-1].body.sessions) == ("Erased", erased.id, 1)
    assert (erased.erased, erased.seq) == (True, after.events[-1].seq)
    assert office.said(session) == [""] * len(office.said(session))


def test_nothing_personal_remains_in_the_bytes_of_the_file(tmp_path: Path):
    path, clock = tmp_path / "desk.db", FakeClock()
    with Desk.open(f"sqlite:///{path}?synchronous=normal", clock=clock, seed=1) as desk:
        office = Office.on(desk, clock)
        tell_all(office, office.visitor, office.customer)
        office.admin.do(c.EraseCustomer(office.customer))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")
    connection.close()
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"Erased" in stored
    for word in PERSONAL:
        assert word.encode() not in stored
        assert word.encode("unicode-escape") not in stored


def test_statistics_stay_whole(office: Office):
    session = tell_all(office, office.visitor, office.customer)
    clocks = [event.body.turn for event in office.history(session) if getattr(event.body, "turn", None)]
    office.admin.do(c.EraseCustomer(office.customer))
    after = office.look(session)
    assert [event.body.turn for event in office.history(session) if getattr(event.body, "turn", None)] == clocks
    assert (after.state, after.category, after.tags, after.rating, after.last_agent) == (
        session.state,
        session.category,
        session.tags,
        session.rating,
        session.last_agent,
    )
    assert [rated.score for rated in bodies(office.history(session), e.Rated)] == [1]


def test_what_is_stored_of_an_erased_session_is_still_what_its_events_say(office: Office):
    session = tell_all(office, office.visitor, office.customer)
    office.admin.do(c.EraseCustomer(office.customer))
    first, *rest = office.history(session)
    folded = opened(first)
    for event in rest:
        folded = folded.apply(event)
    assert folded == office.look(session)


def test_who_was_merged_before_is_erased_as_well(office: Office):
    third = office.desk.do(c.RegisterCustomer(member="u3", name="비밀이름"))
    tell_all(office, office.stranger, office.other)
    office.admin.do(c.MergeCustomers(third, office.other))
    office.admin.do(c.MergeCustomers(office.other, office.customer))
    with pytest.raises(Conflict) as caught:
        office.admin.do(c.EraseCustomer(office.other))
    assert caught.value.merged_into == office.customer.id
    office.admin.do(c.EraseCustomer(office.customer))
    assert leftovers(office.everything(), *PERSONAL, "browser-b", "이고객", "u3") == []


def test_others_keep_what_is_theirs(office: Office):
    tell_all(office, office.visitor, office.customer)
    theirs = tell_all(office, office.stranger, office.other)
    before = [event for event in office.everything().events if event.subject in (theirs.id, office.other.id)]
    office.admin.do(c.EraseCustomer(office.customer))
    assert [event for event in office.everything().events if event.subject in (theirs.id, office.other.id)] == before
    assert office.look(theirs) == theirs


def test_an_erased_customer_who_comes_again_is_somebody_new(office: Office):
    session = office.session(State.CLOSED)
    office.admin.do(c.EraseCustomer(office.customer))
    with pytest.raises(NotFound):
        office.visitor.ask(q.GetSession(session))
    fresh = office.visitor.do(c.OpenSession())
    assert fresh.customer != office.customer.id


def test_erasing_twice_changes_nothing_more(office: Office):
    office.admin.do(c.EraseCustomer(office.customer))
    before = office.everything()
    assert office.admin.do(c.EraseCustomer(office.customer)).erased
    assert office.everything() == before


def test_only_an_admin_or_the_host_erases(office: Office):
    for door in (office.visitor, office.agent, office.system):
        with pytest.raises(Forbidden):
            door.do(c.EraseCustomer(office.customer))


def test_a_session_of_more_events_than_one_page_is_erased_to_the_end(memory_office: Office):
    office = memory_office
    session = office.session(State.ACTIVE)
    with office.desk.batch():
        for n in range(1200):
            office.agent.do(c.SendMessage(session, text=f"{SECRET}{n}"))
    office.admin.do(c.EraseCustomer(office.customer))
    assert leftovers(office.everything(), SECRET) == []
