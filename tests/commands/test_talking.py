"""Messages, notes, read marks, the fence against stale views, a bot's late answers, and time."""

from __future__ import annotations

import pytest
from tests.office import Office

from cschat import BotCursor, Card, Choice, Content, Desk, FormField, Media, Speaker, State, Visibility
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.content import ContentKind
from cschat.errors import Conflict, Forbidden, IllegalTransition, Invalid, StaleView


@pytest.mark.parametrize("state", State)
def test_a_customer_may_write_in_every_state(office: Office, state: State):
    session = office.session(state)
    message = office.visitor.do(c.SendMessage(session, text="저기요"))
    assert (message.session, message.author, message.agent, message.visibility) == (session.id, "customer", None, "public")
    assert office.look(session).seq == message.seq


@pytest.mark.parametrize("state", [state for state in State if state is not State.ACTIVE])
def test_an_agent_writes_to_a_customer_only_in_a_talk(office: Office, state: State):
    session = office.session(state)
    with pytest.raises(IllegalTransition) as caught:
        office.agent.do(c.SendMessage(session, text="안녕하세요"))
    assert (caught.value.session_id, caught.value.state, caught.value.event) == (session.id, state, "MessageSent")


def test_a_colleague_may_step_into_a_talk(office: Office):
    message = office.colleague.do(c.SendMessage(office.session(State.ACTIVE), text="제가 도울게요"))
    assert (message.author, message.agent) == (Speaker.AGENT, office.jun.id)


@pytest.mark.parametrize("state", State)
def test_a_note_fits_in_every_state_and_no_customer_sees_it(office: Office, state: State):
    session = office.session(state)
    note = office.colleague.do(c.AddNote(session, text="화난 고객"))
    other = office.agent.do(c.SendMessage(session, text="진상", visibility="internal"))
    assert note.visibility is other.visibility is Visibility.INTERNAL
    seen = [message.text for message in office.visitor.each(q.Transcript(session))]
    assert not {"화난 고객", "진상"} & {*seen}


def test_a_note_of_the_desk_has_no_agent(office: Office):
    note = office.desk.do(c.AddNote(office.session(), text="주문 1042"))
    assert (note.author, note.agent) == (Speaker.SYSTEM, None)


def test_a_customer_writes_no_note(office: Office):
    session = office.session()
    with pytest.raises(Forbidden):
        office.visitor.do(c.SendMessage(session, text="메모", visibility="internal"))


def test_the_desk_speaks_as_the_system(office: Office):
    session = office.session(State.ACTIVE)
    assert office.desk.do(c.SendMessage(session, text="점검 안내")).author is Speaker.SYSTEM
    assert not office.desk.do(c.SendMessage(session, text="점검 안내")).agent


@pytest.mark.parametrize(
    "content",
    [
        Content(ContentKind.IMAGE, media=Media("사진.png", "image/png", url="https://shop.example/1.png", size=10)),
        Content(ContentKind.FILE, text="영수증", media=Media("영수증.pdf", "application/pdf", blob="blob_1")),
        Content(ContentKind.CHOICES, text="어떤 문의?", choices=(Choice("배송"), Choice("환불", value="refund"))),
        Content(ContentKind.CARD, cards=(Card("운동화", "39,000원", choices=(Choice("보기", url="https://shop.example/1"),)),)),
        Content(ContentKind.CAROUSEL, cards=(Card("하나"), Card("둘"))),
        Content(ContentKind.FORM, fields=(FormField("order", "주문번호"), FormField("phone", type="phone", required=False))),
        Content(ContentKind.ARTICLE, article="art_1"),
    ],
    ids=lambda content: str(content.kind),
)
def test_every_kind_of_content_comes_back_as_it_was(office: Office, content: Content):
    session = office.session(State.ACTIVE)
    sent = office.agent.do(c.SendMessage(session, content=content))
    assert sent.content == content
    assert list(office.desk.each(q.Transcript(session)))[-1] == sent


def test_texts_come_back_letter_by_letter(office: Office):
    session = office.session()
    texts = [
        "  앞뒤 공백  ",
        "줄\n바꿈\r\n탭\t",
        "👩‍👩‍👧‍👦 가족",
        "\u200b제로폭",
        "a" * 20_000,
        "'; DROP TABLE cschat_event; --",
        "ㅋㅋ\u1112\u1161\u11ab",
    ]
    for text in texts:
        office.visitor.do(c.SendMessage(session, text=text))
    assert office.said(session)[1:] == texts


# --------------------------------------------------------------------------------------------------------------- the fence


def test_the_fence_refuses_an_answer_to_what_has_not_been_seen(office: Office):
    office.desk.do(c.ChangeBrand(seen_fence=True))
    session = office.session(State.ACTIVE)
    one = office.visitor.do(c.SendMessage(session, text="아니요"))
    office.agent.do(c.AddNote(session, text="메모"))
    office.desk.do(c.SendMessage(session, text="안내"))
    two = office.colleague.do(c.SendMessage(session, text="제가 할게요"))
    with pytest.raises(StaleView) as caught:
        office.agent.do(c.SendMessage(session, text="네", seen=session.seq))
    assert caught.value.missed == [one.seq, two.seq]
    assert office.said(session)[-1] == "제가 할게요"
    assert office.agent.do(c.SendMessage(session, text="네", seen=two.seq)).text == "네"


def test_the_fence_lets_pass_who_missed_only_notes_bots_and_themselves(office: Office):
    office.desk.do(c.ChangeBrand(seen_fence=True))
    session = office.session(State.ACTIVE)
    office.colleague.do(c.AddNote(session, text="메모"))
    office.desk.do(c.SendMessage(session, text="안내"))
    office.agent.do(c.SendMessage(session, text="하나"))
    assert office.agent.do(c.SendMessage(session, text="둘", seen=session.seq)).text == "둘"


def test_without_the_fence_and_without_seen_nothing_is_refused(office: Office):
    session = office.session(State.ACTIVE)
    office.visitor.do(c.SendMessage(session, text="아니요"))
    assert office.agent.do(c.SendMessage(session, text="네", seen=session.seq))
    office.desk.do(c.ChangeBrand(seen_fence=True))
    office.visitor.do(c.SendMessage(session, text="아니라니까요"))
    assert office.agent.do(c.SendMessage(session, text="네"))


def test_the_fence_is_for_agents_only(office: Office):
    office.desk.do(c.ChangeBrand(seen_fence=True))
    session = office.session(State.ACTIVE)
    office.agent.do(c.SendMessage(session, text="네"))
    assert office.visitor.do(c.SendMessage(session, text="저기요", seen=1))


# -------------------------------------------------------------------------------------------------------------- read marks


def test_read_marks_are_of_customer_and_staff_apart_and_only_rise(office: Office):
    session = office.session(State.ACTIVE)
    office.visitor.do(c.MarkRead(session, up_to=session.seq))
    office.agent.do(c.MarkRead(session, up_to=2))
    after = office.look(session)
    assert after.read_by_customer == session.seq
    assert after.read_by_staff == session.read_by_staff
    assert office.agent.do(c.MarkRead(session, up_to=after.seq)).read_by_staff == after.seq


@pytest.mark.parametrize("up_to", [0, -1, 10**6, "3"])
def test_a_read_mark_is_on_an_event_of_the_session(office: Office, up_to: object):
    session = office.session()
    with pytest.raises(Invalid) as caught:
        office.visitor.do(c.MarkRead(session, up_to=up_to))  # type: ignore[arg-type]
    assert caught.value.field == "up_to"


def test_who_writes_has_read_what_was_before(office: Office):
    session = office.session(State.ACTIVE)
    said = office.visitor.do(c.SendMessage(session, text="네"))
    assert office.look(session).read_by_customer == said.seq


# -------------------------------------------------------------------------------------------------------------------- bots


def test_a_bots_answer_is_dropped_and_logged_when_the_session_has_gone_into_other_hands(office: Office):
    session = office.session(State.BOT)
    office.agent.do(c.ClaimSession(session))
    assert office.system.do(c.SendBotMessage(session, answers=session.seq, content="봇 답변")) is None
    assert office.types(session)[-1] == "BotReplyDropped"
    assert "봇 답변" not in office.said(session)


def test_a_bots_answer_to_what_was_said_after_the_handover_is_said(office: Office):
    session = office.session(State.ACTIVE)
    assert office.system.do(c.SendBotMessage(session, answers=session.handed, content="도우미")).author is Speaker.BOT


def test_a_bots_answer_moves_its_cursor_once(office: Office):
    session = office.session(State.BOT)
    cursor = BotCursor("welcome", "ask", {"name": "김"})
    office.system.do(c.SendBotMessage(session, answers=session.seq, content="성함은?", cursor=cursor))
    assert office.look(session).main == cursor
    office.system.do(c.SendBotMessage(session, answers=session.seq, content="성함은?", cursor=cursor))
    assert office.types(session)[-3:] == ["MessageSent", "BotMoved", "MessageSent"]
    office.system.do(c.SendBotMessage(session, answers=session.seq, content="끝"))
    assert office.look(session).main is None


@pytest.mark.parametrize(("state", "side"), [(State.BOT, True), (State.QUEUED, False), (State.CLOSED, False)])
def test_no_cursor_can_be_put_where_it_must_not_be(office: Office, state: State, side: bool):
    session = office.session(state)
    with pytest.raises(Invalid) as caught:
        office.system.do(c.SendBotMessage(session, answers=session.seq, content="?", side=side, cursor=BotCursor("x", "y")))
    assert caught.value.field == "side"


# -------------------------------------------------------------------------------------------------------------------- time


def test_the_time_of_a_session_never_runs_backwards(url: str):
    clock = FakeClock()
    with Desk.open(url, clock=clock) as desk:
        office = Office.on(desk, clock)
        session = office.session(State.BOT)
        clock._now -= 60_000_000  # a machine whose clock was set back
        said = office.visitor.do(c.SendMessage(session, text="시계가 거꾸로"))
        clock._now += 120_000_000
        later = office.visitor.do(c.SendMessage(session, text="다시 앞으로"))
    assert (said.time, later.time) == (session.last, session.last + 60_000_000)


def test_a_customer_is_refused_in_a_session_that_is_over_for_good_with_its_state(office: Office):
    office.desk.do(c.ChangeBrand(reopening={"*": "never"}, grace=0))
    session = office.session(State.CLOSED)
    with pytest.raises(Conflict) as caught:
        office.visitor.do(c.SendMessage(session, text="저기요"))
    assert (caught.value.session_id, caught.value.state) == (session.id, State.CLOSED)
