"""Statistics in a browser: figures, charts, the list behind each, files; and the desk as it is now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.web.browser.office import Workplace, chromium, working

from cschat import commands as c

BOT = {
    "scenario": "first",
    "title": "첫 응대",
    "start": "hi",
    "steps": {
        "hi": {"say": "무엇을 도와드릴까요?", "choose": [{"label": "배송", "goto": "stop"}, {"label": "상담사", "goto": "person"}]},
        "stop": {"end": "resolved"},
        "person": {"handoff": {}, "closed": "stop", "nobody": "stop"},
    },
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@contextmanager
def filled(browser: Any) -> Iterator[Workplace]:
    """A desk with three talks that are over: two of 민아 about 배송, one of 준호 about 환불."""
    with working(browser) as place:
        for agent, name, category in (
            (place.mina, "김하늘", "배송"),
            (place.mina, '=HYPERLINK("x")', "배송"),
            (place.jun, "이수지", "환불"),
        ):
            customer = place.asks(name, "언제 와요?")
            door = place.agent(agent)
            door.do(c.ClaimSession(customer.session))
            door.do(c.SendMessage(customer.session, "오늘 가요."))
            door.do_all([c.EndSession(customer.session), c.WrapUp(customer.session, category=category)])
        place.desk.do(c.PublishScenario(BOT))
        yield place


@pytest.fixture(scope="module")
def place(browser: Any) -> Iterator[Workplace]:
    with filled(browser) as place:
        yield place
        assert place.errors == []


@pytest.fixture
def page(place: Workplace) -> Iterator[Any]:
    page = place.open(path="/statistics?period=today")
    page.locator(".card").first.wait_for()
    yield page
    place.close_pages()


def card(page: Any, name: str) -> Any:
    return page.locator(".card").filter(has=page.get_by_role("heading", name=name, exact=True))


def test_figures_open_the_list_behind_them(page: Any) -> None:
    assert card(page, "상담 종료").locator(".card-value").inner_text() == "3"
    assert card(page, "배정 대기 시간").locator(".card-value").inner_text().endswith("초")
    card(page, "상담 종료").locator(".card-value").click()
    page.locator(".behind-list a").nth(2).wait_for()
    assert {"김하늘", "이수지"} <= set(page.locator(".behind-list strong").all_inner_texts())
    page.locator(".behind-list a", has_text="이수지").click()
    page.wait_for_url("**/workspace/sessions/ses_*")


def test_filters_stand_in_the_address_and_narrow_every_figure(page: Any, place: Workplace) -> None:
    page.get_by_label("상담사", exact=True).select_option(label="준호")
    page.wait_for_url(f"**agent={place.jun.id}*")
    page.wait_for_function("() => document.querySelector('.card-value')?.textContent === '1'")
    assert "환불" in page.locator(".panel", has_text="유형별 상담").locator(".bar-row").inner_text()
    page.get_by_role("button", name="필터 지우기").click()
    page.wait_for_function("() => document.querySelector('.card-value')?.textContent === '3'")


def test_a_bar_opens_the_list_behind_it(page: Any) -> None:
    page.locator(".panel", has_text="유형별 상담").locator(".bar-row", has_text="배송").click()
    page.locator(".behind-list a").nth(1).wait_for()
    assert page.locator(".behind-list a").count() == 2
    page.keyboard.press("Escape")
    page.locator(".behind-list").wait_for(state="detached")


def test_charts_have_tables_behind_them_and_work_by_keyboard(page: Any) -> None:
    panel = page.locator(".panel", has_text="상담 종료 추이")
    assert panel.locator("table").count() == 1
    panel.locator(".stage").focus()
    page.keyboard.press("End")
    panel.locator(".tip:not([hidden])").wait_for()
    panel.get_by_role("button", name="표로 보기").click()
    assert panel.locator("table").is_visible()
    assert not panel.locator(".stage").is_visible()
    heat = page.locator("rect[role=gridcell][tabindex='0']")
    heat.focus()
    page.keyboard.press("Enter")
    page.locator(".behind-list a").nth(2).wait_for()


def test_files_hold_what_is_shown_and_no_formulas(page: Any, tmp_path: Path) -> None:
    card(page, "상담 종료").locator(".card-value").click()
    page.locator(".behind-list a").nth(2).wait_for()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="CSV 내려받기").last.click()
    file = tmp_path / "list.csv"
    downloading.value.save_as(file)
    text = file.read_text(encoding="utf-8-sig")
    assert "이수지" in text
    assert "\"'=HYPERLINK(" in text
    assert ",=HYPERLINK" not in text


def test_the_desk_as_it_is_now_changes_as_things_happen(place: Workplace) -> None:
    page = place.open(path="/statistics/now")
    waiting = page.locator("#now-st_waiting strong")
    waiting.wait_for()
    assert waiting.inner_text() == "0"
    customer = place.asks("정우성", "저기요")
    page.wait_for_function("() => document.querySelector('#now-st_waiting strong')?.textContent === '1'")
    place.agent(place.mina).do(c.ClaimSession(customer.session))
    page.wait_for_function("() => document.querySelector('#now-st_waiting strong')?.textContent === '0'")
    page.locator("tr", has_text="민아").locator(".load", has_text="1 / 10").wait_for()
    place.close_pages()


@pytest.mark.parametrize("name", ["agents", "topics", "customers", "journey"])
def test_every_page_shows_something(place: Workplace, name: str) -> None:
    page = place.open(path=f"/statistics/{name}?period=today", width=360, height=740)
    page.locator(".panel").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    place.close_pages()


@pytest.mark.parametrize(("path", "language"), [("overview", "ko"), ("now", "ko"), ("agents", "en")])
def test_nothing_serious_is_found_by_axe(browser: Any, path: str, language: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with filled(browser) as place:
        page = place.open(path=f"/statistics/{path}?period=today", language=language)
        page.locator(".panel").first.wait_for()
        assert place.errors == []
        found = axe.run(page)  # which is stopped by the policy here and there
    serious = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in serious] == []
