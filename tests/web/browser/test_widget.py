"""The widget in a real browser, beside a real desk."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from tests.needs import chromium
from tests.web.browser.shop import SECRET, Shop, running
from tests.web.browser.window import Window, browsing

import cschat.web
from cschat import commands as c
from cschat import queries as q
from cschat.core.content import Card, Choice, Content
from cschat.core.session import State
from cschat.web.tokens import member_token

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

STATIC = Path(cschat.web.__file__).with_name("static")
MOST_BYTES = 60_000
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478da63606060000000040001270a0a0e0000000049454e44ae426082"
)


class Browsing(Protocol):
    """Opens a profile."""

    def __call__(self, **settings: Any) -> AbstractContextManager[BrowserContext]: ...


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path)
        yield started
        started.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with running(tmp_path) as shop:
        yield shop


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browsing(browser) as context:
        yield context


def test_a_guest_and_an_agent_talk(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start()
    window.say("주문한 상품이 아직 안 왔어요.")
    window.shows(".queue-card", "곧 연결돼요")
    session, agent = shop.sessions[0], shop.agent()
    assert (session.state, session.channel) == (State.QUEUED, "web")

    agent.do(c.ClaimSession(session))
    window.shows(".line", "민아 상담사가 연결되었어요")
    window.shows(".head-name", "민아")
    agent.do(c.Attend(session.id, typing=True))
    window.shows(".dots")
    agent.do(c.Attend(session.id))
    agent.do(c.MarkRead(session.id, up_to=agent.ask(q.GetSession(session)).seq))
    window.shows(".mark.read")
    agent.do(c.SendMessage(session.id, "확인해 볼게요. <b>잠시만</b>요."))
    window.shows(".theirs .bubble", "확인해 볼게요. <b>잠시만</b>요.")

    agent.do(c.EndSession(session.id))
    window.shows(".line", "상담이 종료되었어요")
    window.find(".star").nth(3).click()
    window.shows(".star-word", "좋았어요")
    window.find(".rating .button").click()
    window.shows(".thanks")
    assert shop.sessions[0].rating == 4
    window.find(".over .button", "다시 문의").click()
    window.shows(".line", "상담이 다시 시작되었어요")
    window.say("하나 더 여쭤볼게요.")
    window.shows(".own .bubble", "하나 더 여쭤볼게요.")
    window.shows(".mark.sent")
    assert shop.said()[-1] == "하나 더 여쭤볼게요."


def test_who_only_looks_is_no_customer(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).open()
    window.shows(".greeting")
    assert shop.desk.ask(q.Customers()).items == []


def test_who_closes_the_window_looks_no_more(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start().say("안녕하세요")
    window.shows(".queue-card")
    agent, session = shop.agent(), shop.sessions[0].id
    with window.page.expect_response("**/do/Attend"):
        window.find(".composer-text").press_sequentially("아")
    assert [one.who for one in agent.ask(q.Attending(session))] == ["customer"]
    with window.page.expect_response("**/do/Attend"):
        window.find(".launcher").click()
    assert agent.ask(q.Attending(session)) == []


def test_a_bot_leads_by_buttons_and_a_form(browser: Browser, tmp_path: Path) -> None:
    with running(tmp_path, bot=True) as shop, browsing(browser) as context:
        window = Window.at(context, shop.address).start()
        window.shows(".choice", "반품 신청").click()
        window.shows(".own .bubble", "반품 신청")
        assert window.shows(".choice.chosen").get_attribute("aria-disabled") == "true"
        assert window.find(".choice[aria-disabled]").count() == 3

        form = window.shows(".form-card")
        form.locator(".button").click()
        window.shows(".field-error", "주문 번호를 입력해 주세요.")
        assert form.locator("[name=phone]").get_attribute("inputmode") is None
        assert form.locator("[name=phone]").get_attribute("type") == "tel"
        form.locator("[name=order]").fill("1234")
        form.locator("[name=phone]").fill("12")
        form.locator(".button").click()
        window.shows(".field-error", "전화번호를 확인해 주세요.")
        form.locator("[name=phone]").fill("010-1234-5678")
        form.locator(".button").click()
        window.shows(".theirs .bubble", "주문 번호는 1234번입니다.")
        assert window.find(".answers dd").all_inner_texts() == ["1234", "010-1234-5678"]
        answered = [message for message in shop.desk.ask(q.Transcript(shop.sessions[0])).items if message.content.kind == "form"][-1]
        assert [field.answer for field in answered.content.fields] == ["1234", "010-1234-5678", ""]


def test_a_bot_hands_over_when_a_person_is_wanted(browser: Browser, tmp_path: Path) -> None:
    with running(tmp_path, bot=True) as shop, browsing(browser) as context:
        window = Window.at(context, shop.address).start()
        window.shows(".way-out", "상담사와 이야기하기").click()
        window.shows(".queue-card")
        assert shop.sessions[0].state is State.QUEUED


def test_a_pressed_card_says_its_value_and_shows_its_label(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start().say("안녕하세요")
    window.shows(".queue-card")
    session, agent = shop.sessions[0], shop.agent()
    agent.do(c.ClaimSession(session))
    cards = tuple(Card(title, choices=(Choice("이 상품 문의", value=title),)) for title in ("니트", "코트"))
    agent.do(c.SendMessage(session.id, content=Content(kind="carousel", cards=cards)))
    window.shows(".card .choice").click()
    window.shows(".own .bubble", "이 상품 문의")
    window.shows(".mark.sent")
    assert shop.said()[-1] == "니트"


def test_a_reload_loses_nothing(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start().say("첫 메시지")
    window.shows(".queue-card")
    window.find(".composer-text").fill("쓰다 만 글")
    window.page.reload()
    window.shows(".own .bubble", "첫 메시지")
    window.shows(".queue-card")
    assert window.find(".composer-text").input_value() == "쓰다 만 글"
    assert len(shop.sessions) == 1


def test_offline_messages_wait_and_go_out_once(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start().say("첫 메시지")
    window.shows(".queue-card")
    context.set_offline(True)
    window.shows(".banner", "인터넷 연결이 끊겼어요")
    window.say("끊긴 동안").say("둘째 줄")
    window.shows(".banner", "메시지 2개를 바로 보낼게요")
    context.set_offline(False)
    window.find(".banner").wait_for(state="hidden")
    window.find(".mark.waiting").wait_for(state="detached")
    window.shows(".own.last .mark.sent")
    assert shop.said() == ["첫 메시지", "끊긴 동안", "둘째 줄"]
    assert window.bubbles() == ["첫 메시지", "끊긴 동안", "둘째 줄"]


def test_what_was_said_while_the_line_was_gone_comes_with_it(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start().say("첫 메시지")
    window.shows(".queue-card")
    session, agent = shop.sessions[0], shop.agent()
    agent.do(c.ClaimSession(session))
    window.shows(".line", "민아 상담사가 연결되었어요")
    context.set_offline(True)
    window.shows(".banner")
    agent.do(c.SendMessage(session.id, "들리세요?"))
    agent.do(c.SendMessage(session.id, "기다릴게요."))
    context.set_offline(False)
    window.shows(".theirs .bubble", "기다릴게요.")
    assert window.bubbles() == ["첫 메시지", "들리세요?", "기다릴게요."]


def test_what_is_said_while_a_conversation_is_being_read_hides_nothing(shop: Shop, context: BrowserContext) -> None:
    context.add_init_script("globalThis.heard = []; const { parse } = JSON; JSON.parse = (text) => (heard.push(text), parse(text))")
    window = Window.at(context, shop.address).start().say("첫 번째")
    window.shows(".queue-card")
    session, agent = shop.sessions[0], shop.agent()
    agent.do(c.ClaimSession(session))
    agent.do(c.SendMessage(session.id, "두 번째"))
    window.shows(".theirs .bubble", "두 번째")

    kept = list[Any]()
    window.page.route("**/ask", lambda route: kept.append(route) if "History" in (route.request.post_data or "") else route.continue_())
    with window.page.expect_response("**/events*"), window.page.expect_request("**/ask"):
        window.page.reload()
    agent.do(c.SendMessage(session.id, "세 번째"))
    window.page.wait_for_function("() => heard.some((text) => text?.includes('세 번째'))")
    kept.pop().continue_()
    window.shows(".bubble", "세 번째")
    assert window.bubbles() == ["첫 번째", "두 번째", "세 번째"]


def test_a_session_begins_with_what_is_said_and_outlives_a_reload(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start()
    window.shows(".empty")
    assert shop.sessions == [], "whoever only looks has asked nothing"
    window.page.route("**/do/OpenSession", lambda route: route.abort())
    with window.page.expect_request("**/do/OpenSession"):
        window.say("들리나요?")
    window.page.reload()
    window.shows(".start")
    window.page.unroute("**/do/OpenSession")
    window.find(".start").click()
    window.shows(".own .bubble", "들리나요?")
    window.shows(".mark.sent")
    assert shop.said() == ["들리나요?"]


def test_a_token_that_is_no_longer_good_is_replaced(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start().say("안녕하세요")
    window.shows(".queue-card")
    spoil = """() => {
        const name = Object.keys(localStorage).find((key) => key.endsWith(':guest'));
        localStorage.setItem(name, JSON.stringify({ ...JSON.parse(localStorage[name]), token: 'x.y.z' }));
        sessionStorage.clear();
        localStorage.removeItem(name.replace(/guest$/, 'open'));
    }"""
    window.page.wait_for_function("() => Object.keys(localStorage).some((key) => key.endsWith(':open'))")
    window.page.evaluate(spoil)
    window.page.reload()
    window.start().say("다시 왔어요")
    window.shows(".queue-card")
    assert shop.said() == ["안녕하세요", "다시 왔어요"]


def test_a_members_token_is_fetched_where_the_host_says(browser: Browser, tmp_path: Path) -> None:
    with running(tmp_path, attributes='data-token-url="/member-token"') as shop, browsing(browser) as context:
        window = Window.at(context, shop.address).start().say("회원이에요")
        window.shows(".queue-card")
        assert [(one.key, one.name) for one in shop.desk.ask(q.Customers()).items] == [("member:u9", "박하늘")]


def test_what_the_desk_does_not_take_can_be_sent_again(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start().say("첫 메시지")
    window.shows(".queue-card")
    shop.up = False
    window.say("안 가는 글")
    window.shows(".own.failed .not-sent", "보내지 못했어요")
    shop.up = True
    window.find(".again", "다시 보내기").click()
    window.find(".own", "안 가는 글").locator(".mark.sent").wait_for()
    assert shop.said() == ["첫 메시지", "안 가는 글"]


def test_many_answers_at_once_are_marked_as_read_once(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start().say("첫 메시지")
    window.shows(".queue-card")
    session, agent = shop.sessions[0], shop.agent()
    agent.do(c.ClaimSession(session))
    marks: list[str] = []
    context.on("request", lambda request: marks.append(request.url) if "/do/MarkRead" in request.url else None)
    with window.page.expect_response("**/do/MarkRead"):
        agent.do_all([c.SendMessage(session.id, f"{number}번째 줄") for number in range(40)])
    window.shows(".theirs .bubble", "39번째 줄")
    assert len(marks) == 1


def test_events_come_by_polling_where_no_stream_gets_through(shop: Shop, context: BrowserContext) -> None:
    polls: list[str] = []
    context.route("**/events*", lambda route: route.fulfill(status=503, headers={"retry-after": "0"}))
    context.on("request", lambda request: polls.append(request.url) if "/poll?" in request.url else None)
    window = Window.at(context, shop.address).start().say("첫 메시지")
    window.shows(".queue-card")
    session, agent = shop.sessions[0], shop.agent()
    agent.do(c.ClaimSession(session))
    agent.do(c.SendMessage(session.id, "폴링으로 왔어요"))
    window.shows(".theirs .bubble", "폴링으로 왔어요")
    assert polls != []


def test_two_tabs_show_the_same_and_one_of_them_listens(shop: Shop, context: BrowserContext) -> None:
    first = Window.at(context, shop.address).start().say("첫 탭에서")
    first.shows(".queue-card")
    streams: list[str] = []
    context.on("request", lambda request: streams.append(request.url) if "/events" in request.url else None)
    second = Window.at(context, f"{shop.address}/other").open()
    second.shows(".own .bubble", "첫 탭에서")
    second.say("둘째 탭에서")
    first.shows(".own .bubble", "둘째 탭에서")
    session, agent = shop.sessions[0], shop.agent()
    agent.do(c.ClaimSession(session))
    agent.do(c.SendMessage(session.id, "모두에게"))
    for window in (first, second):
        window.shows(".theirs .bubble", "모두에게")
        assert window.bubbles() == ["첫 탭에서", "둘째 탭에서", "모두에게"]
    assert streams == []
    first.page.close()
    agent.do(c.SendMessage(session.id, "남은 탭에게"))
    second.shows(".theirs .bubble", "남은 탭에게")
    assert len(streams) == 1


def test_answers_are_counted_while_nobody_looks(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start().say("첫 메시지")
    window.shows(".queue-card")
    window.find(".panel").press("Escape")
    session, agent = shop.sessions[0], shop.agent()
    agent.do(c.ClaimSession(session))
    agent.do(c.SendMessage(session.id, "안 볼 때"))
    window.shows(".peek", "안 볼 때")
    assert window.shows(".badge").inner_text() == "1"
    assert "읽지 않은 메시지 1개" in (window.find(".launcher").get_attribute("aria-label") or "")
    window.page.reload()
    assert window.shows(".badge").inner_text() == "1"
    with window.page.expect_response("**/do/MarkRead"):
        window.open()
    window.shows(".theirs .bubble", "안 볼 때")
    window.find(".badge").wait_for(state="hidden")
    assert shop.desk.ask(q.GetSession(session)).read_by_customer > 0


def test_a_picture_is_attached_and_sent(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start()
    window.find("input[type=file]").set_input_files({"name": "상품 사진.png", "mimeType": "image/png", "buffer": PICTURE})
    window.shows(".tray-file.there", "상품 사진.png")
    window.say("이 상품이에요")
    window.shows(".own .picture img")
    window.shows(".own .bubble", "이 상품이에요")
    window.shows(".queue-card")
    sent = shop.desk.ask(q.Transcript(shop.sessions[0])).items[0].content
    assert (sent.kind, sent.media and sent.media.name, sent.media and sent.media.size) == ("image", "상품 사진.png", len(PICTURE))
    window.page.wait_for_function("document.querySelector('cschat-widget').shadowRoot.querySelector('.picture img').naturalWidth === 1")


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start()
    paste = """(text) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(11 * 1024 * 1024)], '동영상.mp4', { type: 'video/mp4' }));
        text.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    }"""
    window.find(".composer-text").evaluate(paste)
    window.shows(".tray-file.wrong", "파일이 너무 커요")
    window.find(".tray-file .icon-button").click()
    assert window.find(".tray-file").count() == 0


def test_half_a_syllable_is_never_sent(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start()
    window.find(".composer-text").focus()
    keys = context.new_cdp_session(window.page)
    keys.send("Input.imeSetComposition", {"text": "안녕하세ㅇ", "selectionStart": 5, "selectionEnd": 5})
    keys.send("Input.dispatchKeyEvent", {"type": "keyDown", "key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229})
    # Safari ends the composition first, and says 229 all the same.
    window.find(".composer-text").dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    window.find(".composer-text").dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    assert window.bubbles() == []
    keys.send("Input.insertText", {"text": "안녕하세요"})
    window.find(".composer-text").press("Shift+Enter")
    window.find(".composer-text").press_sequentially("둘째 줄")
    assert window.bubbles() == []
    window.find(".composer-text").press("Enter")
    window.shows(".own .bubble", "안녕하세요")
    window.shows(".queue-card")
    assert shop.said() == ["안녕하세요\n둘째 줄"]


def test_a_closed_desk_takes_a_message(shop: Shop, context: BrowserContext) -> None:
    shop.desk.do(c.ChangeBrand(accepting="closed"))
    window = Window.at(context, shop.address).open()
    window.shows(".status", "지금은 상담 시간이 아니에요")
    window.find(".start", "메시지 남기기").click()
    window.shows(".notice-card", "지금은 상담 시간이 아닙니다.")
    window.say("내일 답변 부탁드려요")
    window.shows(".line", "메시지를 남겼어요")
    assert shop.sessions[0].state is State.INTAKE


def test_a_guest_is_asked_first_what_the_brand_wants_to_know(browser: Browser, tmp_path: Path) -> None:
    asked = [{"name": "name", "label": "이름", "type": "name"}, {"name": "order", "label": "주문 번호", "required": False}]
    with running(tmp_path, guest_form=asked) as shop, browsing(browser) as context:
        window = Window.at(context, shop.address).open()
        window.find(".start").click()
        window.find(".guest .button").click()
        window.shows(".field-error", "이름을 입력해 주세요.")
        window.find(".guest [name=name]").fill("김하늘")
        window.find(".guest [name=order]").fill("A-12")
        window.find(".guest .button").click()
        window.shows(".composer-text")
        customer = shop.desk.ask(q.Customers()).items[0]
        assert (customer.name, customer.attributes) == ("김하늘", {"order": "A-12"})


def test_members_are_who_the_host_says_they_are(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address).start().say("손님으로")
    window.shows(".queue-card")
    window.page.evaluate("(token) => window.cschat.identify(token)", member_token(SECRET, "u7", name="이하늘"))
    window.shows(".session-row", "손님으로").click()
    window.say("회원으로")
    window.shows(".mark.sent")
    [customer] = [one for one in shop.desk.ask(q.Customers()).items if one.key == "member:u7"]
    assert customer.name == "이하늘"
    assert shop.said() == ["손님으로", "회원으로"]
    window.page.evaluate("window.cschat.signOut()")
    window.shows(".greeting")
    window.find(".session-row").wait_for(state="detached")


def test_a_telephone_is_filled(shop: Shop, browser: Browser) -> None:
    with browsing(browser, viewport={"width": 360, "height": 640}, is_mobile=True, has_touch=True) as context:
        window = Window.at(context, shop.address).start().say("아주긴낱말" * 30)
        window.shows(".queue-card")
        assert window.find(".panel").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 640}
        assert not window.find(".launcher").is_visible()
        sideways = """() => [...document.querySelector('cschat-widget').shadowRoot.querySelectorAll('.scroller, .panel')]
            .some((each) => each.scrollWidth > each.clientWidth)"""
        assert window.page.evaluate(sideways) is False
        window.find("[aria-label=닫기]").tap()
        window.find(".panel").wait_for(state="hidden")


def test_the_keyboard_is_enough(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, shop.address)
    window.shows(".launcher.there")
    press = window.page.keyboard.press
    window.page.get_by_text("다른 상품").focus()
    press("Tab")
    press("Enter")
    window.shows(".greeting")
    assert window.focused == "greeting"
    for _ in range(12):
        press("Tab")
        assert window.focused, "the focus has left the dialog"
    press("Shift+Tab")
    assert window.focused
    window.find(".start").focus()
    press("Enter")
    window.shows(".composer-text")
    window.page.keyboard.type("키보드로")
    press("Enter")
    window.shows(".queue-card")
    window.find("[aria-haspopup=menu]").focus()
    press("Enter")
    window.shows("[role=menu]")
    press("End")
    press("Enter")
    window.shows("[role=alertdialog]")
    press("Tab")
    press("Enter")
    window.shows(".line", "상담을 종료했어요")
    press("Escape")
    window.find(".panel").wait_for(state="hidden")
    assert window.focused.startswith("launcher")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_assistive_technology(browser: Browser, tmp_path: Path, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    def faults(window: Window) -> list[str]:
        found = Axe().run(window.page, context="cschat-widget", options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}).response
        return [
            f"{one['id']}: {node['html'][:200]}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    with running(tmp_path, bot=True, look={"colour": "#ffd84d"}) as shop, browsing(browser, color_scheme=scheme) as context:
        shop.desk.do(c.AddAnnouncement("배송 안내", "배송이 늦어질 수 있어요."))
        window = Window.at(context, shop.address).open()
        window.shows(".news")
        window.page.wait_for_timeout(400)  # until nothing moves: half transparent text has no contrast
        assert faults(window) == []
        window.find(".start").click()
        window.shows(".choice", "반품 신청").click()
        window.shows(".form-card .button").click()
        window.shows(".field-error")
        window.page.wait_for_timeout(400)
        assert faults(window) == []
        window.find(".way-out").click()
        window.shows(".queue-card")
        agent, session = shop.agent(), shop.sessions[0]
        agent.do(c.ClaimSession(session))
        agent.do(c.SendMessage(session.id, "안녕하세요. https://example.com 을 봐 주세요."))
        agent.do(c.EndSession(session.id))
        window.shows(".rating")
        window.find(".star").nth(4).click()
        window.page.wait_for_timeout(400)
        assert faults(window) == []


def test_the_other_language(shop: Shop, context: BrowserContext) -> None:
    window = Window.at(context, f"{shop.address}/?lang=en").start()
    window.shows(".empty", "How can we help?")
    window.find("[aria-haspopup=menu]").click()
    window.find("[role=menuitem]", "한국어").click()
    window.shows(".empty", "무엇을 도와드릴까요?")
    window.page.reload()
    window.shows(".start", "상담 시작").click()
    assert window.shows(".composer-text").get_attribute("placeholder") == "메시지를 입력해 주세요"


def test_the_page_does_not_jump(shop: Shop, context: BrowserContext) -> None:
    context.add_init_script(
        "window.shifted = 0; new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.shifted += entry.value)))"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    window = Window.at(context, shop.address).start().say("안녕하세요")
    window.shows(".queue-card")
    assert window.page.evaluate("window.shifted") < 0.1


def test_it_is_small() -> None:
    loaded, wanted = set[Path](), [STATIC / "widget" / "widget.js", STATIC / "widget" / "app.js", *STATIC.glob("widget/*.css")]
    wanted += [STATIC / "shared" / "tokens.css", STATIC / "shared" / "content.css", STATIC / "shared" / "colour.js"]
    while wanted:
        path = wanted.pop().resolve()
        if path not in loaded:
            loaded.add(path)
            wanted += [path.parent / name for name in re.findall(r'from "(\./[\w.-]+|\.\./[\w./-]+)"', path.read_text())]
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in loaded) < MOST_BYTES
    assert {path.name for path in STATIC.glob("widget/*.js")} <= {path.name for path in loaded}
