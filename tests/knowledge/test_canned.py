"""Canned responses: shortcuts, variables, who is offered them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.office import Office

from cschat import ContentKind, Media, State
from cschat import commands as c
from cschat import queries as q
from cschat.errors import Conflict, Invalid, NotFound, ScenarioError

PICTURE = Media(name="표.png", type="image/png", url="https://example.com/1.png")


def shortcuts(door: Any, prefix: str = "") -> list[str]:
    return [canned.shortcut for canned in door.ask(q.CannedResponses(prefix))]


def test_they_are_found_by_the_beginning_of_their_shortcut(office: Office):
    for shortcut in ("#환불안내", "환불일정", " #배송 ", "#Hello"):
        office.admin.do(c.AddCannedResponse(shortcut, "네"))
    assert shortcuts(office.agent) == ["hello", "배송", "환불안내", "환불일정"]
    assert shortcuts(office.agent, "#환불") == ["환불안내", "환불일정"]
    assert shortcuts(office.agent, "HE") == ["hello"]
    assert [canned.shortcut for canned in office.agent.ask(q.CannedResponses("환", limit=1))] == ["환불안내"]
    assert shortcuts(office.desk.brand("other")) == []


def test_a_shortcut_is_one_of_its_brand_until_it_is_removed(office: Office):
    first = office.admin.do(c.AddCannedResponse("#환불", "하나"))
    other = office.admin.do(c.AddCannedResponse("#반품", "둘"))
    for command in (c.AddCannedResponse("환불", "셋"), c.ChangeCannedResponse(other, shortcut="#환불")):
        with pytest.raises(Conflict):
            office.admin.do(command)
    office.desk.brand("other").do(c.AddCannedResponse("#환불", "남의 것"))
    removed = office.admin.do(c.RemoveCannedResponse(first))
    assert office.admin.do(c.RemoveCannedResponse(first)) == removed
    assert shortcuts(office.agent) == ["반품"]
    assert office.admin.do(c.ChangeCannedResponse(other, shortcut="#환불")).shortcut == "환불"
    with pytest.raises(Conflict):
        office.admin.do(c.ChangeCannedResponse(first, text="x"))
    with pytest.raises(NotFound):
        office.agent.ask(q.RenderCannedResponse(office.session(), first))


def test_the_variables_are_filled_in_for_the_session(office: Office):
    text = "{{ customer.name | default('고객') }}님, {{ agent.name | default('상담사') }}입니다. {{ customer.grade | default('일반') }}"
    canned = office.admin.do(c.AddCannedResponse("#인사", text))
    session = office.session(State.ACTIVE)
    assert office.agent.ask(q.RenderCannedResponse(session, canned)).text == "김고객님, 민아입니다. 일반"
    assert office.colleague.ask(q.RenderCannedResponse(session, canned)).text == "김고객님, 준입니다. 일반"
    assert office.desk.ask(q.RenderCannedResponse(session, canned)).text == "김고객님, 민아입니다. 일반"
    office.agent.do(c.UpdateCustomer(office.customer, attributes={"grade": "단골"}))
    assert office.agent.ask(q.RenderCannedResponse(session, canned)).text == "김고객님, 민아입니다. 단골"
    guest = office.desk.do(c.RegisterCustomer(guest="browser-c"))
    fresh = office.agent.do(c.OpenSessionByAgent(guest, text="안녕하세요"))
    assert office.desk.ask(q.RenderCannedResponse(fresh, canned)).text == "고객님, 민아입니다. 일반"


def test_the_brand_and_the_session_need_no_fall_back(office: Office):
    office.admin.do(c.ChangeBrand(name="상점"))
    canned = office.admin.do(c.AddCannedResponse("#인사", "{{ brand.name }} {{ session.channel }}"))
    assert office.agent.ask(q.RenderCannedResponse(office.session(), canned)).text == "상점 web"


def test_a_picture_goes_along_and_can_be_taken_away(office: Office):
    canned = office.admin.do(c.AddCannedResponse("#크기", "표를 봐 주세요.", image=PICTURE))
    session = office.session(State.ACTIVE)
    content = office.agent.ask(q.RenderCannedResponse(session, canned))
    assert (content.kind, content.text, content.media) == (ContentKind.IMAGE, "표를 봐 주세요.", PICTURE)
    office.agent.do(c.SendMessage(session, content=content))
    assert office.said(session)[-1] == "표를 봐 주세요."
    office.admin.do(c.ChangeCannedResponse(canned, image=Media()))
    assert office.agent.ask(q.RenderCannedResponse(session, canned)).kind is ContentKind.TEXT


def test_what_is_known_of_a_customer_is_never_read_as_a_template(office: Office):
    office.desk.do(c.UpdateCustomer(office.customer, name="{{ brand.name }}"))
    canned = office.admin.do(c.AddCannedResponse("#인사", "{{ customer.name | default('고객') }}님"))
    assert office.agent.ask(q.RenderCannedResponse(office.session(), canned)).text == "{{ brand.name }}님"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{ customer.name }}님", "fall-back"),
        ("{{ agent.name }}입니다", "fall-back"),
        ("{{ order.no | default('') }}", "never known"),
        ("{{ customer.__class__ | default('') }}", "no name"),
        ("{% include 'x' %}", "not part"),
        ("{{ customer.name", "cannot be read"),
        (" ", "blank"),
        ("가" * 5001, "too many"),
    ],
)
def test_a_text_that_could_not_be_filled_in_is_refused(text: str, why: str):
    for make in (lambda: c.AddCannedResponse("#x", text), lambda: c.ChangeCannedResponse("can_1", text=text)):
        with pytest.raises(Invalid, match=why) as caught:
            make()
        assert caught.value.field == "text"


@pytest.mark.parametrize("shortcut", ["", "#", "두 단어", "a#b", "가" * 51, 7])
def test_a_shortcut_is_one_word(shortcut: Any):
    with pytest.raises(Invalid) as caught:
        c.AddCannedResponse(shortcut, "네")
    assert caught.value.field == "shortcut"


def test_a_groups_canned_responses_are_offered_to_its_agents(office: Office):
    office.admin.do(c.ChangeAgent(office.mina, groups=[office.group]))
    canned = office.admin.do(c.AddCannedResponse("#배송", "배송 조회", group=office.group, examples=["배송 조회해 주세요"]))
    session = office.session(text="배송 조회해 주세요")

    def offered(door: Any) -> tuple[int, int]:
        return len(shortcuts(door)), len(door.ask(q.SuggestReplies(session)))

    assert [offered(door) for door in (office.agent, office.colleague, office.admin, office.desk)] == [(1, 1), (0, 0), (1, 1), (1, 1)]
    office.admin.do(c.ChangeCannedResponse(canned, group=""))
    assert offered(office.colleague) == (1, 1)
    office.admin.do(c.RemoveGroup(office.group))
    with pytest.raises(Invalid):
        office.admin.do(c.ChangeCannedResponse(canned, group=office.group))


def test_one_that_fails_when_it_is_filled_in_says_so_and_is_not_suggested(office: Office):
    text = "{{ (customer.age | default(1)) + 1 }}살"
    canned = office.admin.do(c.AddCannedResponse("#나이", text, examples=["제 나이요"]))
    session = office.session(text="제 나이요")
    assert [one.text for one in office.agent.ask(q.SuggestReplies(session))] == ["2살"]
    office.agent.do(c.UpdateCustomer(office.customer, attributes={"age": "서른"}))
    assert office.agent.ask(q.SuggestReplies(session)) == []
    with pytest.raises(ScenarioError):
        office.agent.ask(q.RenderCannedResponse(session, canned))
