"""What agents answered before is suggested again, where it went well and holds nothing personal."""

from __future__ import annotations

from typing import Any

import pytest
from tests.office import Office

from cschat import Actor, Session
from cschat import commands as c
from cschat import queries as q

ANSWER = "제주도는 배송비가 삼천 원 더 붙습니다."
ASKED = "제주도 배송비 더 내야 하나요?"


def talk(office: Office, asked: str = ASKED, answer: str = ANSWER, *, rating: int | None = None, reason: str = "resolved") -> Session:
    """A talk of the visitor with Mina, over and done."""
    session = office.visitor.do(c.OpenSession(text=asked))
    office.visitor.do(c.RequestAgent(session))
    office.agent.do(c.ClaimSession(session))
    office.agent.do(c.SendMessage(session, text=answer))
    office.agent.do(c.EndSession(session, reason=reason))
    office.agent.do(c.WrapUp(session))
    if rating is not None:
        office.visitor.do(c.RateSession(session, rating))
    return session


def suggested(office: Office, asked: str = "제주 배송비 더 내나요") -> list[tuple[str, str]]:
    session = office.desk.acting_as(Actor.guest("browser-new")).do(c.OpenSession(text=asked))
    return [(str(one.source), one.text) for one in office.agent.ask(q.SuggestReplies(session))]


@pytest.mark.parametrize(
    ("how", "again"),
    [
        ({"reason": "resolved"}, True),
        ({"reason": "done"}, False),
        ({"reason": "done", "rating": 5}, True),
        ({"reason": "done", "rating": 4}, True),
        ({"reason": "done", "rating": 3}, False),
        ({"reason": "resolved", "rating": 1}, False),
    ],
    ids=["resolved", "just over", "five of five", "four of five", "three of five", "resolved, they said, but badly rated"],
)
def test_an_answer_is_suggested_again_if_it_went_well(office: Office, how: dict[str, Any], again: bool):
    talk(office, **how)
    assert suggested(office) == ([("answer", ANSWER)] if again else [])


@pytest.mark.parametrize(
    "answer",
    [
        "주문번호 20260101-12 건은 내일 도착합니다.",
        "010-1234-5678 번으로 연락드릴게요.",
        "help@example.com 으로 보내 주세요.",
        "https://example.com/o/1 에서 확인해 주세요.",
        "김고객 고객님, 제주도는 배송비가 더 붙습니다.",
        "제주시 연동 1번지로 보냈습니다.",
        "네네",
        "가" * 1001,
    ],
    ids=["order", "phone", "mail", "link", "name", "address", "too short", "too long"],
)
def test_what_may_be_personal_is_left_out(office: Office, answer: str):
    office.desk.do(c.UpdateCustomer(office.customer, address="제주시 연동 1번지"))
    talk(office, answer=answer)
    assert suggested(office) == []


def test_notes_and_what_bots_say_are_no_answers(office: Office):
    session = office.visitor.do(c.OpenSession(text=ASKED))
    office.system.do(c.SendBotMessage(session, office.look(session).seq, "봇이 말한 배송비 안내입니다."))
    office.visitor.do(c.RequestAgent(session))
    office.agent.do(c.ClaimSession(session))
    office.agent.do(c.AddNote(session, text="배송비를 다시 확인할 것"))
    office.agent.do(c.SendMessage(session, text=ANSWER))
    office.agent.do(c.SendMessage(session, text="더 도와드릴 일이 있으신가요?"))
    office.agent.do_all([c.EndSession(session, reason="resolved"), c.WrapUp(session)])
    assert suggested(office) == [("answer", ANSWER)]


def test_an_erased_customer_leaves_nothing_behind(office: Office):
    talk(office)
    assert suggested(office) == [("answer", ANSWER)]
    office.admin.do(c.EraseCustomer(office.customer))
    assert suggested(office) == []


def test_a_later_rating_and_a_reopened_talk_count(office: Office):
    session = talk(office, reason="done")
    assert suggested(office) == []
    office.visitor.do(c.RateSession(session, 5))
    assert suggested(office) == [("answer", ANSWER)]
    office.visitor.do(c.ReopenSession(session))
    assert suggested(office) == []


def test_the_same_words_are_suggested_once(office: Office):
    talk(office)
    talk(office, asked="섬인데 택배비 추가되나요?")
    assert suggested(office) == [("answer", ANSWER)]
    assert suggested(office, "섬인데 택배비 추가되나요?") == [("answer", ANSWER)]
    office.admin.do(c.AddCannedResponse("#제주", ANSWER, examples=["제주 배송비 더 내나요"]))
    assert suggested(office) == [("canned", ANSWER)]


def test_past_answers_stay_in_their_brand(office: Office):
    talk(office)
    other = Office.on(office.desk.brand("other"), office.clock)
    assert suggested(other) == []
