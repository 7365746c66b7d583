"""What was said is found by its text: by whom, where, when, and by whom not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.office import Office

from cschat import Actor, AsyncDesk, Desk, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.times import as_datetime
from cschat.errors import Forbidden, Invalid, NotFound
from cschat.transport.indexing import behind


def found(door: Desk, text: str, **where: Any) -> list[str]:
    return [one.snippet for one in door.each(q.SearchHistory(text, **where))]


def asks(office: Office, door: Desk, text: str, **wrap_up: Any) -> Any:
    """A session from its first message to its closing note."""
    session = door.do(c.OpenSession(text=text))
    door.do(c.RequestAgent(session))
    office.agent.do(c.ClaimSession(session))
    office.agent.do(c.SendMessage(session, text="확인해 드릴게요"))
    office.agent.do(c.EndSession(session))
    office.agent.do(c.WrapUp(session, **wrap_up))
    return session


@pytest.mark.parametrize("indexed", [False, True])
def test_messages_and_notes_are_found_newest_first_with_marks(office: Office, indexed: bool):
    first = asks(office, office.visitor, "배송이 언제 오나요?", note="재배송 안내")
    office.clock.advance(minutes=1)
    office.stranger.do(c.OpenSession(text="내일 배송 되나요", subject="배송 문의"))
    if indexed:
        office.desk.settle()
    hits = office.agent.ask(q.SearchHistory("배송")).items
    assert [(hit.event, hit.snippet, hit.author, hit.visibility) for hit in hits] == [
        ("MessageSent", "내일 배송 되나요", "customer", "public"),
        ("Opened", "배송 문의", "customer", "public"),
        ("WrappedUp", "재배송 안내", "agent", "internal"),
        ("MessageSent", "배송이 언제 오나요?", "customer", "public"),
    ]
    assert [hit.snippet[start:end] for hit in hits for start, end in hit.marks] == ["배송"] * 4
    last = hits[-1]
    [spoken] = [one for one in office.history(first) if one.seq == last.seq]
    assert (last.session, last.time, last.at) == (first.id, spoken.time, as_datetime(spoken.time))
    assert (hits[2].agent, hits[3].agent) == (office.mina.id, None)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("customer", [False, True])
def test_pages_are_the_whole_once_and_what_comes_meanwhile_is_not_in_them(office: Office, limit: int, customer: bool):
    session = office.session(State.ACTIVE, text="배송 0")
    for number in range(1, 7):
        office.visitor.do(c.SendMessage(session, text=f"배송 {number}"))
        office.visitor.do(c.SendMessage(session, text=f"환불 {number}"))
        if number == 4:
            office.desk.settle()
    where = {"customer": office.customer} if customer else {}
    page, seen = office.agent.ask(q.SearchHistory("배송", limit=limit, **where)), list[str]()
    while True:
        seen += [hit.snippet for hit in page.items]
        assert len(page.items) == limit or page.next is None
        if page.next is None:
            break
        office.visitor.do(c.SendMessage(session, text="배송 새로"))
        page = office.agent.ask(q.SearchHistory("배송", limit=limit, after=page.next, **where))
    assert seen == [f"배송 {number}" for number in range(6, -1, -1)]


def test_a_search_keeps_to_what_it_is_told(office: Office):
    asks(office, office.visitor, "배송 지연", category="배송/지연", tags=["불만"])
    office.clock.advance(days=1)
    middle = office.clock.now()
    asks(office, office.stranger, "배송 조회", category="배송")
    office.clock.advance(days=1)
    asks(office, office.stranger, "배송 환불", category="환불", tags=["불만", "긴급"])
    for _ in ("the log", "the index"):
        assert found(office.agent, "배송") == ["배송 환불", "배송 조회", "배송 지연"]
        assert found(office.agent, "배송", start=as_datetime(middle)) == ["배송 환불", "배송 조회"]
        assert found(office.agent, "배송", end=as_datetime(middle)) == ["배송 지연"]
        day = {"start": as_datetime(middle), "end": as_datetime(middle) + timedelta(days=1)}
        assert found(office.agent, "배송", **day) == ["배송 조회"]
        assert found(office.agent, "배송", customer=office.other, **day) == ["배송 조회"]
        assert found(office.agent, "배송", category="배송") == ["배송 조회", "배송 지연"]
        assert found(office.agent, "배송", category=" 배송 / 지연 ") == ["배송 지연"]
        categories = {one.path: one for one in office.desk.ask(q.Categories())}
        assert found(office.agent, "배송", category=categories["환불"]) == ["배송 환불"]
        assert found(office.agent, "배송", tag="불만") == ["배송 환불", "배송 지연"]
        assert found(office.agent, "배송", tag="없음") == []
        assert found(office.agent, "배송", customer=office.customer) == ["배송 지연"]
        assert found(office.agent, "배송", customer=office.customer, tag="긴급") == []
        assert found(office.agent, "배송", agent=office.mina) == ["배송 환불", "배송 조회", "배송 지연"]
        assert found(office.agent, "배송", agent=office.jun) == []
        office.desk.settle()


def test_a_session_is_found_by_who_has_it_and_who_had_it_last(office: Office):
    session = office.session(State.ACTIVE, text="배송 문의")
    office.agent.do(c.TransferSession(session, agent=office.jun, note="배송팀 확인 부탁"))
    assert found(office.agent, "배송", agent=office.jun) == ["배송팀 확인 부탁", "배송 문의"]
    assert found(office.agent, "배송", agent=office.mina) == []


def test_all_that_a_message_shows_is_searched(office: Office):
    from cschat.core.content import Card, Choice, Content, ContentKind, Media

    session = office.session(State.ACTIVE)
    card = Card(title="무선 이어폰", text="품절 임박", choices=(Choice("장바구니 담기"),))
    office.agent.do(c.SendMessage(session, content=Content(kind=ContentKind.CARD, cards=(card,))))
    picture = Content(kind=ContentKind.IMAGE, media=Media(name="영수증.png", url="https://example.com/1.png", type="image/png"))
    office.visitor.do(c.SendMessage(session, content=picture))
    for text in ("이어폰", "품절", "장바구니"):
        assert found(office.agent, text) == ["무선 이어폰\n품절 임박\n장바구니 담기"]
    assert found(office.agent, "영수증") == ["영수증.png"]


def test_another_brands_messages_are_not_found(office: Office):
    office.session(text="배송 문의")
    other = Office.on(office.desk.brand("other"), office.clock)
    other.session(text="배송 교환")
    office.desk.settle()
    assert found(office.agent, "배송") == ["배송 문의"]
    assert found(other.agent, "배송") == ["배송 교환"]
    for where in ({"customer": other.customer}, {"agent": other.mina}, {"category": "배송"}):
        with pytest.raises(NotFound):
            office.agent.ask(q.SearchHistory("배송", **where))


def test_customers_do_not_search(office: Office):
    office.session(text="배송 문의")
    with pytest.raises(Forbidden):
        office.visitor.ask(q.SearchHistory("배송"))


def test_of_an_erased_customer_nothing_is_found(office: Office):
    asks(office, office.visitor, "배송 지연", note="배송 안내")
    office.desk.settle()
    asks(office, office.visitor, "배송 재문의", note="배송 안내")
    office.stranger.do(c.OpenSession(text="배송 조회"))
    office.desk.do(c.EraseCustomer(office.customer))
    for _ in ("at once", "and for good"):
        assert found(office.agent, "배송") == ["배송 조회"]
        assert found(office.agent, "배송", customer=office.customer) == []
        office.desk.settle()


@pytest.mark.parametrize("text", ["", " ", "배", "배 송", "a", "!!", "👍", "가" * 201, None, 3])
def test_a_text_needs_a_word_of_two_letters(text: Any):
    with pytest.raises(Invalid) as caught:
        q.SearchHistory(text)
    assert caught.value.field == "text"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("start", "2026-01-01"),
        ("end", as_datetime(0).replace(tzinfo=None)),
        ("after", "x"),
        ("after", 3),
        ("limit", 0),
        ("agent", ""),
        ("tag", " "),
    ],
)
def test_what_is_no_such_thing_is_refused(field: str, value: Any):
    with pytest.raises(Invalid) as caught:
        q.SearchHistory("배송", **{field: value})
    assert caught.value.field == field


@pytest.mark.anyio
async def test_the_desk_of_event_loops_indexes_as_well(tmp_path: Path):
    async with AsyncDesk.open(f"sqlite:///{tmp_path}/desk.db", clock=FakeClock()) as desk:
        await desk.acting_as(Actor.guest("browser-a")).do(c.OpenSession(text="배송 문의"))
        assert await anyio.to_thread.run_sync(lambda: desk.store.read(behind))
        await desk.settle()
        assert not await anyio.to_thread.run_sync(lambda: desk.store.read(behind))
        assert [hit.snippet for hit in (await desk.ask(q.SearchHistory("배송"))).items] == ["배송 문의"]
