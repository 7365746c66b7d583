"""One conversation from the first question to the statistics, in two browser windows: a guest on the shop's page, an agent at work."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.examples.serving import built
from tests.transport.post import Post, serving
from tests.web.browser.office import chromium
from tests.web.browser.shop import BOT, Shop, running
from tests.web.browser.window import Window, browsing

from cschat import Smtp
from cschat import commands as c
from cschat import queries as q
from cschat.core.session import State


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


def prepared(shop: Shop) -> None:
    """What the agent reaches for, an article, a saved reply, a category, a tag; and a bot that hands over in the end."""
    section = shop.desk.do(c.AddSection("배송"))
    article = shop.desk.do(c.AddArticle("배송은 얼마나 걸리나요?", "<p>하루이틀 걸려요.</p>", section=section))
    shop.desk.do(c.PublishArticle(article))
    shop.desk.do(c.AddCannedResponse("인사", "안녕하세요, 하늘상점입니다."))
    shop.desk.do(c.AddCategory("배송"))
    shop.desk.do(c.AddTag("단순문의", list="session"))
    thanks = {**BOT["steps"]["thanks"], "next": "person"}
    shop.desk.do(c.PublishScenario({**BOT, "steps": {**BOT["steps"], "thanks": thanks}}))


def at_work(context: Any, shop: Shop, user: str = "mina") -> Any:
    """The workspace, as one of the agents."""
    context.add_cookies([{"name": "user", "value": user, "url": shop.address}])
    page = context.new_page()
    page.goto(f"{shop.address}/desk/shop/workspace/lists/queue")
    page.wait_for_selector(".top .account .avatar")
    return page


def test_from_the_first_question_to_the_statistics(browser: Any, tmp_path: Path) -> None:
    with running(tmp_path, bot=True) as shop, browsing(browser) as home, browsing(browser, viewport={"width": 1440, "height": 900}) as desk:
        prepared(shop)
        window = Window.at(home, shop.address).open()
        window.find("input[type=search]").fill("배송 얼마나")
        window.shows(".found, .row, .question", "배송은 얼마나 걸리나요?").click()
        window.shows(".article, .prose", "하루이틀 걸려요.")
        window.find("[aria-label='뒤로']").first.click()
        window.find(".start").click()

        window.shows(".choice", "반품 신청").click()
        form = window.shows(".form-card")
        form.locator("[name=order]").fill("1234")
        form.locator("[name=phone]").fill("010-1234-5678")
        form.locator(".button").click()
        window.shows(".theirs .bubble", "주문 번호는 1234번입니다.")
        window.shows(".queue-card")
        session = shop.sessions[0]
        assert session.state is State.QUEUED

        agent = at_work(desk, shop)
        agent.locator(".row").first.click()
        agent.get_by_role("button", name="상담으로 변경").click()
        window.shows(".line", "민아 상담사가 연결되었어요")
        field = agent.locator(".composer-field")
        field.click()
        agent.keyboard.type("#인")
        agent.locator("#completing [role=option]", has_text="#인사").wait_for()
        agent.keyboard.press("Enter")
        window.shows(".dots")
        agent.keyboard.press("Enter")
        window.shows(".theirs .bubble", "안녕하세요, 하늘상점입니다.")
        window.find(".composer-text").press_sequentially("배송은요?")
        agent.locator(".dots, .typing").first.wait_for()
        window.find(".composer-text").press("Enter")
        agent.locator(".msg.theirs", has_text="배송은요?").wait_for()
        field.click()
        agent.keyboard.type("?배송")
        agent.locator("#completing [role=option]", has_text="배송은 얼마나").wait_for()
        agent.keyboard.press("ArrowDown")
        agent.keyboard.press("Enter")
        agent.locator(".send").click()
        window.shows(".theirs", "배송은 얼마나 걸리나요?")

        field.press("Escape")
        agent.locator(".talk-who h1").click()
        agent.keyboard.press("n")
        agent.locator(".composer.note").wait_for()
        agent.keyboard.type("단골 고객이에요")
        agent.keyboard.press("Enter")
        agent.locator(".msg.note:not(.pending)", has_text="단골 고객이에요").wait_for()

        agent.get_by_role("button", name="상담 종료").click()
        agent.get_by_label("상담 노트").fill("반품 접수, 배송 안내")
        agent.get_by_role("combobox", name="카테고리").first.fill("배송")
        agent.keyboard.press("Enter")
        agent.get_by_role("combobox", name="상담 태그").click()
        agent.keyboard.type("단순")
        agent.keyboard.press("Enter")
        agent.get_by_role("button", name="종료하기").click()
        window.shows(".line", "상담이 종료되었어요")
        window.find(".star").nth(4).click()
        window.find(".rating .button").click()
        window.shows(".thanks")
        assert window.find(".bubble", "단골").count() == 0

        after = shop.desk.ask(q.GetSession(session))
        assert (after.state, after.rating, after.tags) == (State.CLOSED, 5, ("단순문의",))
        agent.goto(f"{shop.address}/desk/shop/workspace/statistics?period=today")
        agent.locator(".card", has_text="상담사가 종료").get_by_role("button", name=re.compile(r"\b1(건|명)?\b")).wait_for()


@pytest.fixture
def post() -> Iterator[Post]:
    yield from serving()


def test_a_message_that_was_left_is_answered_by_mail_and_by_a_badge(browser: Any, tmp_path: Path, post: Post) -> None:
    asked = [{"name": "name", "label": "이름", "type": "name"}, {"name": "email", "label": "이메일", "type": "email"}]
    with (
        running(tmp_path, guest_form=asked, away="mail", away_after=1) as shop,
        browsing(browser) as home,
        browsing(browser, viewport={"width": 1440, "height": 900}) as desk,
    ):
        shop.desk.mail(Smtp("127.0.0.1", "하늘상점 <shop@example.com>", port=post.port, tls="none"))
        shop.desk.do(c.ChangeBrand(accepting="closed"))
        window = Window.at(home, shop.address).open()
        window.find(".start", "메시지 남기기").click()
        window.find("[name=name]").fill("김하늘")
        window.find("[name=email]").fill("kim@example.com")
        window.find(".guest .button").click()
        window.say("내일 도착하나요?")
        window.shows(".line", "메시지를 남겼어요")
        window.page.goto(f"{shop.address}/other")
        window.find(".launcher").wait_for()
        window.find(".panel").wait_for()
        window.find(".launcher").click()

        agent = at_work(desk, shop)
        agent.locator(".tab", has_text="확인").click()
        agent.locator(".row", has_text="김하늘").click()
        agent.get_by_role("button", name="상담으로 변경").click()
        agent.locator(".badge", has_text="상담 중").wait_for()
        agent.locator(".composer-field").fill("네, 내일 도착해요.")
        agent.keyboard.press("Enter")
        window.find(".badge", "1").wait_for()
        assert post.arrived.wait(20)
        [letter] = post.letters
        assert (letter.to, "네, 내일 도착해요." in letter.part("plain")) == (["kim@example.com"], True)
        window.open().shows(".theirs .bubble", "네, 내일 도착해요.")
        window.find(".badge").wait_for(state="hidden")


def refused(answer: Any) -> bool:
    """Whether a server that is not there has sent this."""
    return bool(answer.status == 503)


@pytest.mark.slow
def test_a_server_that_was_killed_comes_back_and_nothing_is_lost_or_doubled(browser: Any, tmp_path: Path) -> None:
    app = built("flask", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as place, browsing(browser) as home:
        server = app.start(place)
        window = Window.at(home, "http://{}:{}".format(*place.getsockname())).start().say("첫 메시지")
        window.shows(".own .mark.sent")
        os.killpg(server.pid, signal.SIGKILL)
        server.communicate()
        window.say("없는 동안")
        server = app.start(place)
        window.find(".mark.waiting").wait_for(state="detached", timeout=20_000)
        window.shows(".own.last .mark.sent")
        window.page.reload()
        window.shows(".own .bubble", "없는 동안")
        assert window.find(".own .bubble").all_inner_texts() == ["첫 메시지", "없는 동안"]
        os.killpg(server.pid, signal.SIGTERM)
        server.communicate()


def test_both_windows_go_on_when_the_server_comes_back(browser: Any, tmp_path: Path) -> None:
    with running(tmp_path) as shop, browsing(browser) as home, browsing(browser, viewport={"width": 1440, "height": 900}) as desk:
        window = Window.at(home, shop.address).start().say("첫 메시지")
        window.shows(".queue-card")
        agent = at_work(desk, shop)
        agent.locator(".row").first.click()
        agent.get_by_role("button", name="상담으로 변경").click()
        window.shows(".line", "민아 상담사가 연결되었어요")
        shop.up = False
        with window.page.expect_response(refused), agent.expect_response(refused):
            window.say("없는 동안")
            agent.locator(".composer-field").fill("저도요")
            agent.keyboard.press("Enter")
        shop.up = True
        window.shows(".theirs .bubble", "저도요")
        agent.locator(".msg.theirs", has_text="없는 동안").wait_for()
        window.find(".mark.sending").wait_for(state="detached")
        agent.locator(".msg.pending").wait_for(state="detached")
        said = shop.said()
        assert sorted(said) == sorted(["첫 메시지", "없는 동안", "저도요"])
        assert window.bubbles() == said
        assert agent.locator(".msg .bubble").all_inner_texts() == said
