"""What a window shows first: open to everybody, and nothing for staff in it."""

from __future__ import annotations

import msgspec
import pytest
from tests.office import Office, bodies

from cschat import Actor, Content, FormField, Look, Media, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.content import MAX_FILE, ContentKind
from cschat.errors import Forbidden, Invalid, NotFound
from cschat.storage.codec import face

FORM = [FormField("name", "이름"), FormField("order", "주문번호", type="number", required=False)]

# ---------------------------------------------------------------------------------------------------------------- settings


def test_the_look_is_kept_as_a_whole_and_the_log_has_plain_values(office: Office):
    given = {"colour": "#00AA55", "logo": "/logo.png", "greeting": {"ko": "반가워요"}, "position": "left"}
    brand = office.admin.do(c.ChangeBrand(look=given, away="mail"))
    assert brand.look == Look("#00aa55", "/logo.png", {"ko": "반가워요"}, "left")
    assert brand.away == "mail"
    changed = bodies(office.log(brand.id), e.BrandChanged)[-1]
    assert changed.after["look"] == msgspec.to_builtins(brand.look)
    assert office.admin.do(c.ChangeBrand(look=brand.look)) == brand
    assert office.admin.do(c.ChangeBrand(look={})).look == Look()


def test_a_look_comes_over_the_wire():
    document = b'{"look": {"colour": "#112233", "launcher": {"ko": "\xeb\xac\xb8\xec\x9d\x98"}}, "guest_form": [{"name": "order"}]}'
    command = msgspec.json.decode(document, type=c.ChangeBrand)
    assert (command.look.colour, command.look.launcher) == ("#112233", {"ko": "문의"})
    assert command.guest_form == (FormField("order"),)


def test_the_picture_of_an_agent_may_be_changed_and_taken_away(office: Office):
    agent = office.admin.do(c.AddAgent(name="새봄", image="https://example.com/a.png"))
    assert (agent.image, bodies(office.log(agent.id), e.AgentAdded)[0].image) == ("https://example.com/a.png",) * 2
    assert office.admin.do(c.ChangeAgent(agent, image="/b.png")).image == "/b.png"
    assert office.admin.do(c.ChangeAgent(agent, name="봄")).image == "/b.png"
    assert office.admin.do(c.ChangeAgent(agent, image="")).image == ""


# --------------------------------------------------------------------------------------------------------------- FrontDesk


def test_it_says_whether_anybody_speaks_before_the_customer_does(office: Office):
    def greets() -> bool:
        return office.visitor.ask(q.FrontDesk()).greets

    assert not greets()
    office.admin.do(c.PublishScenario({"scenario": "hello", "start": "bye", "steps": {"bye": {"end": "done"}}}))
    office.admin.do(c.ChangeBrand(entry=[{"scenario": "hello"}]))
    assert greets()
    office.admin.do(c.ChangeBrand(entry=[]))
    assert not greets()
    office.admin.do(c.AddRule("배정", {"event": "Assigned"}, [{"send": "안녕하세요"}]))
    assert not greets()
    rule = office.admin.do(c.AddRule("인사", {"event": "Opened"}, [{"send": "안녕하세요"}]))
    assert greets()
    office.admin.do(c.ChangeRule(rule.id, enabled=False))
    assert not greets()


def test_an_open_desk_says_who_is_there_and_how_long_it_takes(office: Office):
    office.admin.do(c.ChangeBrand(name="상점", look={"colour": "#00aa55"}))
    office.colleague.do(c.SetStatus("busy"))
    office.admin.do(c.SetStatus("hidden"))
    front = office.visitor.ask(q.FrontDesk())
    assert (front.name, front.language, front.look.colour, front.open, front.reason, front.words) == (
        "상점",
        "ko",
        "#00aa55",
        True,
        None,
        "",
    )
    assert [(one.name, one.status) for one in front.agents] == [("민아", "available"), ("준", "busy")]
    assert (front.today, front.opens_at, front.max_file) == (None, None, MAX_FILE)
    assert front.expected_wait is None
    office.session(State.CLOSED)
    office.clock.advance(minutes=1)
    office.agent.do(c.SetStatus("available"))
    assert office.visitor.ask(q.FrontDesk()).expected_wait == office.desk.ask(q.FrontDesk()).expected_wait


def test_the_wait_is_that_of_whoever_comes_next(office: Office):
    office.admin.do(c.ChangeAgent(office.mina, capacity=1))
    talk = office.session(State.ACTIVE)
    office.clock.advance(minutes=6)
    office.agent.do_all([c.EndSession(talk), c.WrapUp(talk)])
    office.session(State.ACTIVE)
    first = office.visitor.ask(q.FrontDesk()).expected_wait
    waiting = office.session(State.QUEUED)
    assert office.visitor.ask(q.QueuePosition(waiting)).expected_wait == first
    assert office.visitor.ask(q.FrontDesk()).expected_wait > first


def test_a_closed_desk_says_why_when_it_opens_and_what_a_customer_is_told(office: Office):
    office.admin.do(c.SetHours(weekdays="09:00-18:00", lunch="12:00-13:00"))
    assert office.visitor.ask(q.FrontDesk()).reason == "holiday"
    office.clock.advance(days=1)
    front = office.visitor.ask(q.FrontDesk())
    assert (front.open, front.today, front.zone) == (True, [["09:00", "12:00"], ["13:00", "18:00"]], "Asia/Seoul")
    office.admin.do(c.OverrideHours("closed"))
    front = office.visitor.ask(q.FrontDesk("en"))
    assert (front.open, front.reason, front.expected_wait, front.language) == (False, "closed", None, "en")
    assert front.opens_at == office.visitor.ask(q.OpeningHours()).next_opening
    session = office.visitor.do(c.OpenSession(text="문의", language="en"))
    office.visitor.do(c.RequestAgent(session))
    assert office.said(session)[-1] == front.words


def test_nobody_there_is_not_open(office: Office):
    office.agent.do(c.SetStatus("hidden"))
    front = office.visitor.ask(q.FrontDesk())
    assert (front.open, front.reason, [one.name for one in front.agents]) == (False, "nobody", ["소라", "준"])
    assert front.words


def test_a_customer_is_not_told_of_the_brands_bill(office: Office):
    office.admin.do_all([c.SetLedger("block"), c.SetTariff({"session": 100})])
    front = office.visitor.ask(q.FrontDesk())
    assert office.visitor.do(c.RequestAgent(office.session())) == c.Unavailable("suspended")
    assert not front.open
    assert front.reason == "nobody"
    assert "suspended" not in repr(front)


def test_the_words_are_in_the_customers_language(office: Office):
    office.visitor.do(c.UpdateCustomer(language="en"))
    assert office.visitor.ask(q.FrontDesk()).language == "en"
    assert office.visitor.ask(q.FrontDesk("ko")).language == "ko"
    assert office.stranger.ask(q.FrontDesk()).language == "ko"


def test_only_those_in_their_shift_are_at_work(office: Office):
    office.admin.do(c.SetShifts(office.jun, weekdays="closed"))
    assert [one.name for one in office.visitor.ask(q.FrontDesk()).agents] == ["민아", "소라"]


def test_a_guest_is_asked_what_they_have_not_told(office: Office):
    office.admin.do(c.ChangeBrand(guest_form=FORM))

    def asked(door) -> list[str]:
        return [field.name for field in door.ask(q.FrontDesk()).guest_form]

    new = office.desk.acting_as(Actor.guest("browser-new"))
    named = office.desk.acting_as(Actor.guest("browser-named", name="새손님"))
    assert (asked(new), asked(named), asked(office.visitor)) == (["name", "order"], ["order"], ["order"])
    office.visitor.do(c.UpdateCustomer(attributes={"order": 1042}))
    assert asked(office.visitor) == []
    assert "1042" not in repr(office.visitor.ask(q.FrontDesk()))
    assert asked(office.desk.acting_as(Actor.member("u1"))) == []
    assert asked(office.agent) == ["name", "order"]


def test_a_guest_sets_only_the_attributes_that_are_asked_for(office: Office):
    office.admin.do(c.ChangeBrand(guest_form=FORM))
    for attributes in ({"vip": True}, {"order": "1", "vip": True}, {"name": "x"}):
        with pytest.raises(Forbidden):
            office.visitor.do(c.UpdateCustomer(attributes=attributes))
    seen = office.visitor.do(c.UpdateCustomer(attributes={"order": "A-1"}))
    assert seen.attributes == {}
    assert office.desk.ask(q.GetCustomer(office.customer)).attributes == {"order": "A-1"}


def test_announcements_come_without_what_is_for_staff(office: Office):
    office.admin.do(c.AddAnnouncement("배송 지연", "이틀 늦습니다.", words=["STAFF"]))
    front = office.visitor.ask(q.FrontDesk())
    assert [one.title for one in front.announcements] == ["배송 지연"]
    assert "STAFF" not in repr(front)
    assert "STAFF" not in repr(office.agent.ask(q.FrontDesk()))


def test_no_field_for_staff_is_in_any_front(office: Office):
    """The whole answer as the wire has it, with something secret in every place there is."""
    office.admin.do(c.ChangeAgent(office.mina, email="secret@example.com", user_id="SECRET"))
    office.admin.do(c.ChangeBrand(workspace_url="https://SECRET.example.com/{session}"))
    talk = office.session(State.ACTIVE)
    asked = [q.FrontDesk(), q.Speakers(talk), q.Glances([talk])]
    shown = msgspec.json.encode([face(office.visitor.ask(query)) for query in asked]).decode()
    assert "민아" in shown
    for secret in ("secret", "SECRET", "capacity", "hidden", "groups", "email", "muted", "status_reason"):
        assert secret not in shown


# ---------------------------------------------------------------------------------------------------------------- Speakers


def test_speakers_are_those_who_had_it_or_said_something(office: Office):
    talk = office.session(State.ACTIVE)
    office.agent.do(c.TransferSession(talk, agent=office.jun))
    office.admin.do(c.AddNote(talk, text="메모"))
    office.admin.do(c.SetStatus("hidden"))
    assert [one.name for one in office.visitor.ask(q.Speakers(talk))] == ["민아", "준"]
    assert [(one.name, one.status) for one in office.agent.ask(q.Speakers(talk))] == [
        ("민아", "available"),
        ("준", "busy"),
        ("소라", "busy"),
    ]
    office.admin.do(c.RemoveAgent(office.mina))
    assert office.visitor.ask(q.Speakers(talk))[0] == q.Face(office.mina.id, "민아", "", None)
    assert office.visitor.ask(q.Speakers(office.session())) == []


# ----------------------------------------------------------------------------------------------------------------- Glances


def test_a_glance_is_the_last_public_line_and_what_is_unread(office: Office):
    talk = office.session(State.ACTIVE)
    office.agent.do(c.AddNote(talk, text="메모"))
    theirs = office.visitor.ask(q.Glances([talk]))[0]
    assert theirs.customer == q.Known(office.customer.id, "김고객", "guest")
    assert (theirs.session, theirs.agent_name, theirs.unread) == (talk.id, "민아", 1)
    assert (theirs.last.author, theirs.last.agent, theirs.last.kind, theirs.last.text) == ("agent", office.mina.id, "text", "안녕하세요")
    assert office.agent.ask(q.Glances([talk]))[0].unread == 0  # who answers has read
    office.visitor.do(c.MarkRead(talk, up_to=office.look(talk).seq))
    assert office.visitor.ask(q.Glances([talk]))[0].unread == 0
    office.visitor.do(c.SendMessage(talk, text="네, 하나 더요"))
    assert office.visitor.ask(q.Glances([talk]))[0].unread == 0
    assert (office.agent.ask(q.Glances([talk]))[0].unread, office.agent.ask(q.Glances([talk]))[0].last.text) == (1, "네, 하나 더요")


def test_the_last_line_of_a_picture_is_its_name_and_a_long_one_is_cut(office: Office):
    talk = office.session(State.ACTIVE)
    office.visitor.do(c.SendMessage(talk, content=Content(ContentKind.IMAGE, media=Media("영수증.png", "image/png", url="https://x/1"))))
    assert (office.agent.ask(q.Glances([talk]))[0].last.kind, office.agent.ask(q.Glances([talk]))[0].last.text) == ("image", "영수증.png")
    office.visitor.do(c.SendMessage(talk, text="가" * 900))
    assert office.agent.ask(q.Glances([talk]))[0].last.text == "가" * 200


def test_a_line_far_back_is_found_and_what_is_unread_is_bounded(office: Office):
    talk = office.session(State.ACTIVE)
    silent = office.visitor.do(c.OpenSession())
    for number in range(260):
        office.agent.do(c.AddNote(talk, text=f"{number}"))
    glances = office.agent.ask(q.Glances([talk, silent]))
    assert [one.last and one.last.text for one in glances] == ["안녕하세요", None]
    assert (glances[0].unread, glances[1].agent_name) == (0, "")


def test_glances_are_few_and_ones_own(office: Office):
    theirs = office.stranger.do(c.OpenSession(text="남의 일"))
    with pytest.raises(NotFound):
        office.visitor.ask(q.Glances([office.session(), theirs]))
    for bad in (5, "ses_1", [5], [""], ["ses_1"] * 201):
        with pytest.raises(Invalid) as caught:
            q.Glances(bad)
        assert caught.value.field == "sessions"
