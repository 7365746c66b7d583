"""Announcements: seen before a session is opened, counted when they were enough, linked to the sessions that are about the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.office import Office, bodies

from cschat import Desk, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.announcements import Announcement
from cschat.core.times import as_datetime
from cschat.errors import Conflict, Invalid, NotFound


def later(office: Office, **how: float):
    return as_datetime(office.clock.now()) + timedelta(**how)


def told(office: Office, **how: object) -> Announcement:
    return office.admin.do(c.AddAnnouncement("배송 지연", "태풍으로 이틀 늦습니다.", words=["배송 지연", "언제 오"], **how))


def titles(door: Desk, text: str | None = None) -> list[str]:
    return [one.title for one in door.ask(q.Announcements(text))]


def test_a_customer_whose_words_match_sees_it_before_opening_a_session(office: Office):
    told(office)
    office.desk.advance(minutes=1)
    office.admin.do(c.AddAnnouncement("봄 휴무", "5월 1일은 쉽니다."))
    assert titles(office.visitor) == ["봄 휴무", "배송 지연"], "the newest first"
    assert titles(office.visitor, "택배 언제오나요?") == ["배송 지연"], "blanks do not matter"
    assert titles(office.visitor, "환불이요") == []
    assert office.visitor.ask(q.Announcements("배송지연"))[0].words == (), "what it listens for is for staff"
    assert office.desk.ask(q.CountsByState()).bot == 0


def test_it_is_shown_from_its_beginning_to_its_end(office: Office):
    announcement = told(office, begins=later(office, hours=1), ends=later(office, hours=2))
    seen = []
    for _ in range(4):
        seen.append(titles(office.visitor))
        office.desk.advance(minutes=45)
    assert seen == [[], [], ["배송 지연"], []]
    assert titles(office.agent) == ["배송 지연"], "staff see what is over too"
    office.admin.do(c.ChangeAnnouncement(announcement, ends=later(office, hours=1)))
    assert titles(office.visitor) == ["배송 지연"]
    office.admin.do(c.RemoveAnnouncement(announcement))
    assert titles(office.visitor) == titles(office.agent) == []
    with pytest.raises(Conflict):
        office.admin.do(c.ChangeAnnouncement(announcement, title="다시"))
    with pytest.raises(Conflict):
        office.visitor.do(c.ReadAnnouncement(announcement))


def test_it_ends_after_it_begins(office: Office):
    with pytest.raises(Invalid) as caught:
        told(office, begins=later(office, hours=2), ends=later(office, hours=2))
    assert caught.value.field == "ends"


def test_who_says_enough_and_does_not_ask_within_a_day_is_deflected(office: Office):
    announcement = told(office)
    for door in (office.visitor, office.stranger):
        door.do(c.ReadAnnouncement(announcement))
        assert door.do(c.ReadAnnouncement(announcement, enough=True)) == door.do(c.ReadAnnouncement(announcement, enough=True))
    result = office.agent.ask(q.AnnouncementResults(announcement))
    assert (result.read, result.enough, result.deflected) == (2, 2, 2)
    assert [body.enough for body in bodies(office.log(announcement.id), e.AnnouncementRead)] == [False, True, False, True]
    office.desk.advance(hours=23)
    office.stranger.do(c.OpenSession(text="그래도 궁금해요"))
    office.desk.advance(hours=2)
    office.visitor.do(c.OpenSession(text="다른 문의예요"))
    result = office.agent.ask(q.AnnouncementResults(announcement))
    assert (result.read, result.enough, result.deflected) == (2, 2, 1)


def test_what_became_of_it_in_a_period_is_what_happened_in_it(office: Office):
    announcement, begun = told(office), as_datetime(office.clock.now())
    office.visitor.do(c.ReadAnnouncement(announcement))
    office.desk.advance(hours=1)
    office.visitor.do(c.ReadAnnouncement(announcement, enough=True))
    office.stranger.do(c.ReadAnnouncement(announcement))

    def between(start: float, end: float) -> tuple[int, int, int]:
        limits = (begun + timedelta(hours=start), begun + timedelta(hours=end))
        result = office.agent.ask(q.AnnouncementResults(announcement, *limits))
        return result.read, result.enough, result.deflected

    assert (between(0, 1), between(1, 2), between(0, 2), between(2, 3)) == ((1, 0, 0), (1, 1, 1), (2, 1, 1), (0, 0, 0))
    office.desk.advance(hours=20)
    office.visitor.do(c.OpenSession(text="그래도 궁금해요"))
    assert between(1, 2) == (1, 1, 0), "who asks later is deflected no more"


def test_sessions_are_linked_by_their_customer_or_by_staff(office: Office):
    announcement, other = told(office), told(office)
    session = office.session(State.ACTIVE)
    office.visitor.do(c.LinkSession(session, announcement))
    office.agent.do(c.LinkSession(session, announcement))
    mine = office.stranger.do(c.OpenSession(text="저도 늦어요"))
    office.agent.do(c.LinkSession(mine, announcement))
    assert [one.id for one in office.desk.each(q.LinkedSessions(announcement, limit=1))] == [session.id, mine.id]
    office.desk.do(c.ForceClose(mine))
    result = office.agent.ask(q.AnnouncementResults(announcement))
    assert (result.linked, result.open) == (2, 1)
    office.agent.do(c.LinkSession(session, other))
    office.agent.do(c.LinkSession(mine, None))
    assert office.agent.ask(q.LinkedSessions(announcement)).items == []
    assert [one.id for one in office.agent.ask(q.LinkedSessions(other)).items] == [session.id]
    assert office.types(session).count("Linked") == 2


def test_one_personal_reply_goes_to_all_linked_sessions(office: Office):
    announcement = told(office)
    session = office.session(State.ACTIVE)
    office.agent.do(c.LinkSession(session, announcement))
    other = office.stranger.do(c.OpenSession(text="환불이요"))
    office.admin.do(c.AssignSession(other, office.mina))
    office.desk.do(c.TransferSession(session, agent=office.sora))
    only_if = {"field": "announcement", "is": announcement.id}
    bulk = office.admin.do(c.StartBulk(only_if, then=[{"reply": "{{ customer.name | default('고객') }}님, 이제 출발합니다."}]))
    office.desk.settle()
    assert (office.desk.ask(q.GetBulk(bulk)).done, office.said(session)[-1]) == (1, "김고객님, 이제 출발합니다.")
    assert office.said(other) == ["환불이요"]


def test_what_is_another_brands_is_nobodys(office: Office):
    announcement = told(office)
    elsewhere = office.desk.brand("other")
    assert elsewhere.ask(q.Announcements()) == []
    for act in (lambda: elsewhere.do(c.RemoveAnnouncement(announcement)), lambda: elsewhere.ask(q.LinkedSessions(announcement))):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(NotFound):
        elsewhere.do(c.AddCampaign("후속", "안내", "안녕하세요", audience={"announcement": announcement.id}))
