"""Agents at work: what they see in their browsers, and what the desk knows after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.web.browser.office import Workplace, chromium, working

from cschat import Actor, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.content import Content, Media


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def place(browser: Any) -> Iterator[Workplace]:
    with working(browser) as place:
        yield place
        assert place.errors == []


def rows(page: Any) -> list[str]:
    return [name.strip() for name in page.locator(".row .row-name").all_inner_texts()]


def write(page: Any, text: str) -> None:
    page.locator(".composer-field").click()
    page.keyboard.type(text)


def test_an_agent_claims_and_talks(place: Workplace) -> None:
    page = place.open()
    page.get_by_text("기다리는 고객이 없어요").wait_for()
    customer = place.asks("김하늘", "주문한 상품이 안 왔어요")
    page.locator(".row", has_text="김하늘").click()
    page.get_by_role("button", name="상담으로 변경").click()
    page.locator(".badge", has_text="상담 중").wait_for()
    write(page, "확인해 볼게요.")
    page.keyboard.press("Enter")
    page.locator(".msg.ours:not(.pending)", has_text="확인해 볼게요.").wait_for()
    customer.says("고맙습니다!")
    page.locator(".msg.theirs", has_text="고맙습니다!").wait_for()
    said = [message.text for message in place.desk.ask(q.Transcript(customer.session)).items]
    assert said == ["주문한 상품이 안 왔어요", "확인해 볼게요.", "고맙습니다!"]
    page.locator(".tab", has_text="대기").locator(".count", has_text="0").wait_for()
    page.locator(".tab[aria-current] .count", has_text="1").wait_for()


def test_a_customer_sees_that_they_were_read_and_the_agent_that_the_customer_read(place: Workplace) -> None:
    customer = place.asks("김하늘", "저기요")
    place.agent(place.mina).do(c.ClaimSession(customer.session))
    page = place.open(path=f"/sessions/{customer.session.id}")
    write(page, "네, 말씀하세요.\n")
    page.locator(".msg.ours:not(.pending)").wait_for()
    customer.desk.do(c.MarkRead(customer.session, up_to=place.desk.ask(q.GetSession(customer.session)).seq))
    page.locator(".msg.ours .read-mark").wait_for()
    customer.says("배송은요?")
    page.locator(".msg.theirs", has_text="배송은요?").wait_for()
    page.wait_for_function("() => !document.querySelector('.row .row-unread')")
    session = place.desk.ask(q.GetSession(customer.session))
    assert session.read_by_staff >= session.seq - 1


def test_saved_replies_and_articles_are_put_in(place: Workplace) -> None:
    place.desk.do(c.AddCannedResponse("인사", "안녕하세요, {{ customer.name | default('고객') }} 고객님."))
    article = place.desk.do(c.AddArticle("배송은 얼마나 걸리나요?", "<p>하루이틀 걸려요.</p>"))
    place.desk.do(c.PublishArticle(article))
    customer = place.asks("김하늘", "언제 와요?")
    place.agent(place.mina).do(c.ClaimSession(customer.session))
    page = place.open(path=f"/sessions/{customer.session.id}")
    write(page, "#인")
    page.locator("#completing [role=option]", has_text="#인사").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('.composer-field')?.value === '안녕하세요, 김하늘 고객님.'")
    page.keyboard.press("Enter")
    page.locator(".msg.ours:not(.pending)", has_text="김하늘 고객님").wait_for()
    write(page, "?배송")
    page.locator("#completing [role=option]", has_text="배송은 얼마나").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".attached", has_text="배송은 얼마나").wait_for()
    page.locator(".send").click()
    page.locator(".msg.ours:not(.pending) .card").wait_for()
    last = place.desk.ask(q.Transcript(customer.session)).items[-1]
    assert last.content == Content(kind="article", text=article.title, article=article.id)  # type: ignore[arg-type]


def test_who_sends_before_a_saved_reply_is_rendered_sends_the_reply(place: Workplace) -> None:
    place.desk.do(c.AddCannedResponse("인사", "안녕하세요, 하늘상점입니다."))
    customer = place.asks("김하늘", "언제 와요?")
    place.agent(place.mina).do(c.ClaimSession(customer.session))
    page = place.open(path=f"/sessions/{customer.session.id}")
    held: list[Any] = []
    page.route("**/RenderCannedResponse*", lambda route: held.append(route))
    write(page, "#인")
    page.locator("#completing [role=option]", has_text="#인사").wait_for()
    with page.expect_request("**/RenderCannedResponse*"):
        page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    held[0].continue_()
    page.locator(".msg.ours:not(.pending)", has_text="하늘상점입니다.").wait_for()
    said = [message.text for message in place.desk.ask(q.Transcript(customer.session)).items]
    assert said == ["언제 와요?", "안녕하세요, 하늘상점입니다."]


def test_a_note_is_for_colleagues_alone(place: Workplace) -> None:
    customer = place.asks("김하늘", "언제 와요?")
    place.agent(place.mina).do(c.ClaimSession(customer.session))
    page = place.open(path=f"/sessions/{customer.session.id}")
    page.locator(".composer-box").wait_for()
    page.keyboard.press("n")
    page.locator(".composer.note").wait_for()
    page.keyboard.type("@준")
    page.locator("#completing [role=option]", has_text="준호").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.type("확인 부탁해요")
    page.keyboard.press("Enter")
    page.locator(".msg.note:not(.pending) .mention", has_text="@준호").wait_for()
    assert [message.text for message in customer.desk.ask(q.Transcript(customer.session)).items] == ["언제 와요?"]
    assert place.desk.ask(q.Transcript(customer.session)).items[-1].text == "@준호 확인 부탁해요"
    page.locator(".composer:not(.note)").wait_for()


def test_a_session_is_handed_on_with_a_note(place: Workplace) -> None:
    customer = place.asks("김하늘", "언제 와요?")
    place.agent(place.mina).do(c.ClaimSession(customer.session))
    mina = place.open(path=f"/sessions/{customer.session.id}")
    jun = place.open("jun", "/lists/mine")
    mina.get_by_role("button", name="이관", exact=True).click()
    mina.get_by_role("combobox", name="상담사, 그룹 찾기").fill("준")
    mina.keyboard.press("ArrowDown")
    mina.get_by_label("메모").fill("배송 건이에요")
    mina.get_by_role("button", name="이관하기").click()
    mina.locator(".line", has_text="민아 님이 준호 상담사에게 이관했어요").wait_for()
    jun.locator(".toast", has_text="김하늘 님의 상담을 이어받았어요").get_by_role("button", name="열기").click()
    jun.locator(".paper", has_text="배송 건이에요").wait_for()
    assert place.desk.ask(q.GetSession(customer.session)).agent == place.jun.id


def test_two_who_look_at_the_same_see_each_other(place: Workplace) -> None:
    customer = place.asks("김하늘", "언제 와요?")
    place.agent(place.mina).do(c.ClaimSession(customer.session))
    jun = place.open("jun", f"/sessions/{customer.session.id}")
    jun.locator(".composer-hint", has_text="민아 상담사가 상담하고 있어요").wait_for()
    mina = place.open(path=f"/sessions/{customer.session.id}")
    mina.locator(".company", has_text="준호 님이 함께 보고 있어요").wait_for()
    jun.keyboard.press("r")
    for _letter in range(40):
        jun.keyboard.type("네")
        if mina.locator(".company.busy", has_text="준호 님이 답장을 쓰고 있어요").is_visible():
            break
        mina.wait_for_timeout(250)
    assert mina.locator(".company.busy").is_visible()
    jun.goto(f"{place.address}/desk/shop/help")
    mina.locator(".company", has_text="준호").wait_for(state="hidden", timeout=8_000)  # not only after 25 seconds of silence


def test_the_second_to_claim_is_told_who_was_first(place: Workplace) -> None:
    customer = place.asks("김하늘", "언제 와요?")
    page = place.open(path=f"/sessions/{customer.session.id}")
    claim = page.get_by_role("button", name="상담으로 변경")
    claim.wait_for()

    def quicker(route: Any) -> None:
        place.agent(place.jun).do(c.ClaimSession(customer.session))
        route.continue_()

    page.route("**/do/ClaimSession", quicker)
    claim.click()
    page.locator(".toast.error", has_text="준호 상담사가 먼저 맡았어요").wait_for()
    page.locator(".composer-hint", has_text="준호 상담사가 상담하고 있어요").wait_for()


def test_a_session_ends_with_note_category_and_tags(place: Workplace) -> None:
    place.desk.do(c.AddCategory("배송"))
    place.desk.do(c.AddCategory("배송/지연"))
    place.desk.do(c.AddTag("불만", list="session"))
    customer = place.asks("김하늘", "언제 와요?")
    place.agent(place.mina).do(c.ClaimSession(customer.session))
    page = place.open(path=f"/sessions/{customer.session.id}")
    page.get_by_role("button", name="상담 종료").click()
    page.get_by_label("상담 노트").fill("내일 도착 안내")
    page.get_by_role("combobox", name="카테고리").first.fill("지연")
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="상담 태그").click()
    page.keyboard.type("불")
    page.keyboard.press("Enter")
    page.keyboard.type("새태그")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="종료하기").click()
    page.locator(".toast", has_text="상담을 종료했어요").wait_for()
    session = place.desk.ask(q.GetSession(customer.session))
    categories = {category.id: category.path for category in place.desk.ask(q.Categories())}
    assert (session.state, session.reason, categories[str(session.category)]) == (State.CLOSED, "resolved", "배송/지연")
    assert session.tags == ("불만", "새태그")
    page.locator(".paper", has_text="내일 도착 안내").wait_for()
    page.get_by_role("button", name="다시 열기").click()
    page.locator(".badge", has_text="상담 중").wait_for()


def test_who_looks_at_another_while_ending_ends_nothing(place: Workplace) -> None:
    one, other = place.asks("김하늘", "언제 와요?"), place.asks("박지우", "환불요")
    for customer in (one, other):
        place.agent(place.mina).do(c.ClaimSession(customer.session))
    page = place.open(path=f"/sessions/{one.session.id}")
    page.get_by_role("button", name="상담 종료").click()
    page.get_by_label("상담 노트").fill("쓰다 만 노트")
    page.locator(".row", has_text="박지우").click()
    page.locator(".customer h2", has_text="박지우").wait_for()
    assert not page.locator(".ending").is_visible()
    page.locator(".row", has_text="김하늘").click()
    page.locator(".talk-who h1", has_text="김하늘").wait_for()
    one.desk.do(c.EndSession(one.session))
    page.get_by_role("button", name="후처리 마치기").click()
    assert page.get_by_label("상담 노트").input_value() == "쓰다 만 노트"
    page.locator(".ending").get_by_role("button", name="후처리 마치기").click()
    page.locator(".toast", has_text="후처리를 마쳤어요").wait_for()
    assert {place.desk.ask(q.GetSession(customer.session)).state for customer in (one, other)} == {State.CLOSED, State.ACTIVE}


def test_what_was_left_is_answered_from_the_review_list(place: Workplace) -> None:
    customer = place.left("오세훈", "내일 도착하나요?")
    page = place.open(path="/lists/review")
    page.locator(".row", has_text="오세훈").click()
    page.get_by_role("button", name="상담으로 변경").click()
    page.locator(".badge", has_text="상담 중").wait_for()
    page.keyboard.press("r")
    page.keyboard.type("네, 내일 도착해요.")
    page.keyboard.press("Enter")
    page.locator(".msg.ours:not(.pending)").wait_for()
    assert place.desk.ask(q.Transcript(customer.session)).items[-1].text == "네, 내일 도착해요."
    page.locator(".tab", has_text="확인").locator(".count", has_text="0").wait_for()


def test_nothing_typed_is_lost(place: Workplace) -> None:
    customer = place.asks("김하늘", "언제 와요?")
    other = place.asks("박지우", "환불요")
    for one in (customer, other):
        place.agent(place.mina).do(c.ClaimSession(one.session))
    page = place.open(path=f"/sessions/{customer.session.id}")
    write(page, "쓰다 만 답장")
    page.locator(".row", has_text="박지우").click()
    page.wait_for_function("() => document.querySelector('.composer-field')?.value === ''")
    page.reload()
    page.locator(".row", has_text="김하늘").click()
    page.wait_for_function("() => document.querySelector('.composer-field')?.value === '쓰다 만 답장'")
    page.context.set_offline(True)
    page.locator(".composer-field").press("Enter")
    page.get_by_role("button", name="다시 보내기").wait_for()
    page.locator(".row", has_text="박지우").click()
    page.context.set_offline(False)
    page.locator(".row", has_text="김하늘").click()
    page.wait_for_function("() => document.querySelector('.composer-field')?.value === '쓰다 만 답장'")
    page.context.set_offline(True)
    page.locator(".composer-field").press("Enter")
    page.get_by_role("button", name="다시 보내기").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="다시 보내기").click()
    page.locator(".msg.ours:not(.pending)", has_text="쓰다 만 답장").wait_for()
    sent = [message.text for message in place.desk.ask(q.Transcript(customer.session)).items]
    assert sent == ["언제 와요?", "쓰다 만 답장"]


def test_half_a_syllable_is_not_sent(place: Workplace) -> None:
    customer = place.asks("김하늘", "언제 와요?")
    place.agent(place.mina).do(c.ClaimSession(customer.session))
    page = place.open(path=f"/sessions/{customer.session.id}")
    page.locator(".composer-field").click()
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "안녀", "selectionStart": 2, "selectionEnd": 2})
    enter = "new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, isComposing: true, bubbles: true})"
    page.evaluate(f"document.querySelector('.composer-field').dispatchEvent({enter})")
    assert page.locator(".msg.ours").count() == 0
    keyboard.send("Input.insertText", {"text": "안녕"})
    page.keyboard.press("Enter")
    page.locator(".msg.ours:not(.pending)", has_text="안녕").wait_for()


def test_a_file_is_sent(place: Workplace) -> None:
    customer = place.asks("김하늘", "영수증 주세요")
    place.agent(place.mina).do(c.ClaimSession(customer.session))
    page = place.open(path=f"/sessions/{customer.session.id}")
    page.locator("input[type=file]").set_input_files({"name": "영수증.txt", "mimeType": "text/plain", "buffer": b"1,000"})
    page.locator(".attached", has_text="영수증.txt").wait_for()
    page.locator(".send:not(:disabled)").click()
    page.locator(".msg.ours:not(.pending) .file", has_text="영수증.txt").wait_for()
    media = place.desk.ask(q.Transcript(customer.session)).items[-1].content.media
    assert isinstance(media, Media)
    assert (media.name, media.size) == ("영수증.txt", 5)


def test_the_customer_is_changed_in_place(place: Workplace) -> None:
    customer = place.asks("김하늘", "언제 와요?")
    page = place.open(path=f"/sessions/{customer.session.id}")
    page.get_by_role("button", name="전화 수정: 비어 있음").click()
    page.get_by_role("textbox", name="전화").fill("010-1234-5678")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="전화 수정: 010-1234-5678").wait_for()
    page.get_by_role("combobox", name="중요도").select_option("urgent")
    page.locator(".row .priority.urgent").wait_for()
    assert place.desk.ask(q.GetCustomer(customer.session.customer)).profile.phone == "010-1234-5678"


def test_everything_is_done_by_keyboard(place: Workplace) -> None:
    for name in ("첫째", "둘째", "셋째"):
        place.asks(name, f"{name} 문의")
    page = place.open()
    page.locator(".row", has_text="셋째").wait_for()
    assert rows(page) == ["첫째", "둘째", "셋째"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("c")
    page.locator(".talk-who h1", has_text="둘째").wait_for()
    page.locator(".composer:not(.note)").wait_for()
    page.keyboard.press("r")
    page.keyboard.type("반가워요")
    page.keyboard.press("Enter")
    page.locator(".msg.ours:not(.pending)").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.type("끝")
    page.keyboard.press("Control+Enter")
    page.locator(".toast", has_text="상담을 종료했어요").wait_for()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="단축키").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("셋째")
    page.locator(".search-option", has_text="셋째").first.wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    page.keyboard.press("1")
    page.wait_for_url("**/lists/queue")


def test_on_a_phone_an_alert_leads_to_reading_answering_ending(place: Workplace) -> None:
    customer = place.asks("제갈공명남궁민수독고영재선우용여", "환불 처리 부탁드립니다. 주문번호 20261126000000000000000000000000001")
    place.agent(place.mina).do(c.ClaimSession(customer.session))
    page = place.open(path=f"/sessions/{customer.session.id}", width=360, height=740)
    page.locator(".msg.theirs").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert not page.locator(".list").is_visible()
    page.locator(".composer-field").fill("처리했어요.")
    page.locator(".send").click()
    page.locator(".msg.ours:not(.pending)").wait_for()
    page.locator("[data-action=end]").click()
    page.get_by_role("button", name="종료하기").click()
    page.locator(".badge", has_text="종료").wait_for()
    assert place.desk.ask(q.GetSession(customer.session)).state is State.CLOSED
    page.get_by_role("link", name="뒤로").click()
    page.locator(".list").wait_for()


def test_a_long_list_draws_what_is_in_sight(place: Workplace) -> None:
    for number in range(260):
        place.asks(f"고객{number}", "문의")
    page = place.open()
    page.locator(".row").first.wait_for()
    assert page.locator(".row").count() < 40
    page.locator(".rows").evaluate("rows => rows.scrollTo(0, rows.scrollHeight)")
    page.wait_for_function("() => [...document.querySelectorAll('.row')].some((row) => Number(row.getAttribute('aria-posinset')) > 90)")


def test_a_saved_view_is_a_list_of_ones_own(place: Workplace) -> None:
    place.desk.do(c.AddCategory("환불"))
    wanted = place.asks("김하늘", "환불요")
    place.asks("박지우", "배송요")
    place.desk.do(c.SetCategory(wanted.session, "환불"))
    page = place.open()
    page.get_by_role("button", name="나의 서랍").click()
    page.get_by_role("menuitem", name="새 서랍").click()
    page.get_by_label("이름").fill("환불만")
    page.get_by_role("combobox", name="카테고리").fill("환불")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="저장").click()
    page.locator(".list-title", has_text="환불만").wait_for()
    page.locator(".row", has_text="김하늘").wait_for()
    assert rows(page) == ["김하늘"]
    page.get_by_role("button", name="‘환불만’ 삭제").click()
    page.wait_for_url("**/lists/queue")
    assert place.agent(place.mina).ask(q.Views()) == []


def test_a_view_looks_into_all_brands_that_one_serves(place: Workplace) -> None:
    mall = place.desk.brand("mall")
    mall.do(c.RegisterCustomer(member="몰손님", name="몰손님"))
    door = mall.acting_as(Actor.member("몰손님"))
    session = door.do(c.OpenSession(text="몰에서 왔어요"))
    door.do(c.RequestAgent(session))
    mall.acting_as(Actor.user("mina")).do(c.ClaimSession(session))
    page = place.open(path="/lists/drawer/active")
    page.locator(".row", has_text="몰손님").get_by_text("하늘몰").wait_for()
    page.locator(".row", has_text="몰손님").click()
    page.wait_for_url(f"**/mall/workspace/sessions/{session.id}")
    page.locator(".msg.theirs", has_text="몰에서 왔어요").wait_for()
    page.get_by_role("button", name="하늘몰, 브랜드 바꾸기").click()
    page.get_by_role("menuitemradio", name="하늘상점").click()
    page.wait_for_url("**/shop/workspace/**")


def test_unread_messages_are_seen_from_every_list(place: Workplace) -> None:
    customer = place.asks("김하늘", "저기요")
    place.agent(place.mina).do(c.ClaimSession(customer.session))
    page = place.open()
    page.locator(".tab", has_text="상담").locator(".count.unread").wait_for()
    page.locator(".tab", has_text="상담").click()
    page.locator(".row", has_text="김하늘").click()
    page.locator(".tab", has_text="상담").locator(".count:not(.unread)", has_text="1").wait_for()


def test_tabs_of_one_agent_share_what_happens(place: Workplace) -> None:
    customer = place.asks("김하늘", "저기요")
    place.agent(place.mina).do(c.ClaimSession(customer.session))
    first = place.open(path=f"/sessions/{customer.session.id}")
    second = first.context.new_page()
    second.goto(first.url)
    for page in (first, second):
        page.locator(".msg.theirs", has_text="저기요").wait_for()
    customer.says("둘 다 보이나요?")
    for page in (first, second):
        page.locator(".msg.theirs", has_text="둘 다 보이나요?").wait_for()
    first.close()
    customer.says("아직도요?")
    second.locator(".msg.theirs", has_text="아직도요?").wait_for()


STATES = {
    "conversation": [],
    "menu": [".talk-head .more"],
    "ending": ["[data-action=end]", ".ending .category-input"],
    "search": [".search-button"],
    "account": [".account"],
    "why": [".why-button"],
    "note": [".mode.note"],
}


@pytest.mark.parametrize(("width", "theme", "language"), [(1440, "light", "ko"), (360, "light", "ko"), (1440, "dark", "en")])
def test_nothing_serious_is_found_by_axe(place: Workplace, width: int, theme: str, language: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    place.desk.do(c.AddCategory("배송"))
    customer = place.asks("김하늘", "언제 와요?")
    place.agent(place.mina).do(c.ClaimSession(customer.session))
    place.agent(place.mina).do(c.SendMessage(customer.session, "확인해 볼게요."))
    place.agent(place.mina).do(c.AddNote(customer.session, "급함"))
    place.desk.do(c.TagSession(customer.session, ["VIP"]))
    waiting = place.asks("박지우", "환불요")
    place.desk.do(c.SetPriority(waiting.session, "urgent"))
    page = place.open(path="/lists/queue", width=width, language=language)
    page.evaluate(f"localStorage.setItem('cschat.theme', '{theme}')")
    found = {}
    for state in ("list", *STATES):
        page.goto(f"{place.address}/desk/shop/workspace/{'lists/queue' if state == 'list' else f'sessions/{customer.session.id}'}")
        page.locator(".row" if state == "list" else ".msg.note").first.wait_for()
        for step in STATES.get(state, []):
            if page.locator(step).is_visible():
                page.locator(step).click()
        answer = axe.run(page)
        serious = [one for one in answer.response["violations"] if one["impact"] in ("serious", "critical")]
        found[state] = [(one["id"], [node["html"] for node in one["nodes"]]) for one in serious]
    place.errors.clear()  # axe itself is stopped by the policy here and there
    assert {state: one for state, one in found.items() if one} == {}
