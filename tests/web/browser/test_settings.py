"""Settings and customers in a browser: what is typed is kept by the desk, and what is wrong is said where it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.web.browser.office import Workplace, chromium, working

from cschat import commands as c
from cschat import queries as q


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def place(browser: Any) -> Iterator[Workplace]:
    with working(browser) as place:
        yield place
        assert place.errors == []


def settings(place: Workplace, subject: str, **more: Any) -> Any:
    page = place.open(path=f"/settings/{subject}", **more)
    page.locator(".set-head h1").wait_for()
    return page


def saved(page: Any) -> None:
    page.locator(".toast", has_text="저장했어요").wait_for()


def test_a_look_is_typed_seen_and_saved(place: Workplace) -> None:
    page = settings(place, "look")
    page.get_by_label("한국어 인사말").fill("반가워요!")
    page.locator(".likeness", has_text="반가워요!").wait_for()
    page.get_by_label("색상 코드").fill("#0f766e")
    page.get_by_role("button", name="저장", exact=True).click()
    saved(page)
    look = place.desk.ask(q.GetBrand()).look
    assert (look.colour, look.greeting) == ("#0f766e", {"ko": "반가워요!"})


def test_what_is_wrong_is_said_at_the_field_and_nothing_typed_is_lost(place: Workplace) -> None:
    page = settings(place, "look")
    page.get_by_label("이름").fill("새 이름")
    page.get_by_label("색상 코드").fill("red")
    page.get_by_role("button", name="저장", exact=True).click()
    page.locator("[data-field='look.colour'] .set-wrong:not([hidden])").wait_for()
    assert page.get_by_label("이름").input_value() == "새 이름"
    assert place.desk.ask(q.GetBrand()).name == "하늘상점"


def test_whoever_leaves_what_is_not_saved_is_asked_first(place: Workplace) -> None:
    page = settings(place, "look")
    page.get_by_label("이름").fill("새 이름")
    page.get_by_role("link", name="공지", exact=True).click()
    page.get_by_role("button", name="계속 편집").click()
    assert page.get_by_label("이름").input_value() == "새 이름"
    page.get_by_role("link", name="공지", exact=True).click()
    page.get_by_role("button", name="저장하지 않고 나가기").click()
    page.get_by_role("heading", name="공지", exact=True).wait_for()


def test_hours_of_a_week_and_a_special_day(place: Workplace) -> None:
    page = settings(place, "hours")
    page.get_by_label("토요일, 시간").wait_for(state="hidden")
    page.get_by_label("토요일", exact=True).check()
    page.get_by_label("토요일, 시간").fill("10:00-14:00")
    page.locator("[data-field=lunch] input").fill("12:00-13:00")
    page.get_by_role("button", name="저장", exact=True).click()
    saved(page)
    page.get_by_role("button", name="날짜 추가").click()
    page.get_by_label("날짜", exact=True).fill("2099-12-24")
    page.get_by_role("button", name="추가", exact=True).click()
    page.locator(".set-list", has_text="2099-12-24").wait_for()
    calendar = place.desk.ask(q.GetHours()).versions[-1].calendar
    assert [str(span) for span in calendar.week[5]] == ["10:00-14:00"]
    assert [str(span) for span in calendar.breaks] == ["12:00-13:00"]
    assert [(str(day.date), str(day.kind)) for day in calendar.special] == [("2099-12-24", "closed")]
    page.get_by_label("월요일, 시간").fill("nine")
    page.get_by_role("button", name="저장", exact=True).click()
    page.locator("[data-field=monday] .set-wrong:not([hidden])").wait_for()


def test_an_article_is_written_published_and_read_in_the_help_centre(place: Workplace) -> None:
    place.desk.do(c.AddSection("배송"))
    page = settings(place, "articles")
    page.get_by_role("button", name="글 쓰기").click()
    page.get_by_label("제목", exact=True).first.fill("배송은 언제 오나요?")
    page.locator(".article-area").click()
    page.keyboard.type("하루 이틀 안에 ")
    page.keyboard.press("Control+B")
    page.keyboard.type("도착해요")
    page.evaluate(
        "document.querySelector('.article-area').dispatchEvent(new ClipboardEvent('paste', {bubbles: true, cancelable: true, "
        "clipboardData: (() => { const data = new DataTransfer(); data.setData('text/html', '<img src=x onerror=alert(1)>'); "
        "data.setData('text/plain', ' <b>글</b>'); return data; })()}))"
    )
    page.get_by_role("button", name="게시하기").click()
    page.locator(".badge", has_text="게시됨").wait_for()
    [article] = place.desk.ask(q.Articles(state="published")).items
    assert article.body == "<p>하루 이틀 안에 <b>도착해요 &lt;b&gt;글&lt;/b&gt;</b></p>"
    page.goto(f"{place.address}/desk/shop/help/articles/{article.id}")
    page.get_by_role("heading", name="배송은 언제 오나요?").wait_for()
    page.get_by_text("<b>글</b>").wait_for()


def test_a_scenario_is_checked_line_by_line_before_it_is_published(place: Workplace) -> None:
    page = settings(place, "scenarios")
    page.get_by_role("button", name="예시로 시작").click()
    page.locator(".scen-verdict.good").wait_for()
    source = page.get_by_label("시나리오 내용")
    good = source.input_value()
    source.fill(good.replace("closed: leave", "closed: nowhere"))
    page.locator(".scen-problems li.error", has_text="nowhere").wait_for()
    assert page.get_by_role("button", name="게시하기").is_disabled()
    page.locator(".scen-problems li.error", has_text="nowhere").get_by_role("button").click()
    chosen = source.evaluate("area => [area.value, area.selectionStart, area.selectionEnd]")
    assert "person" in chosen[0][chosen[1] : chosen[2]]
    source.fill(good)
    page.locator(".scen-verdict.good").wait_for()
    page.get_by_role("button", name="게시하기").click()
    page.locator(".set-list", has_text="첫 응대").wait_for()
    assert [one.name for one in place.desk.ask(q.Scenarios())] == ["hello"]


def test_lists_are_added_to_and_changed(place: Workplace) -> None:
    page = settings(place, "team")
    page.get_by_role("button", name="그룹 추가").click()
    page.get_by_label("그룹 이름").fill("배송팀")
    page.get_by_role("button", name="저장", exact=True).click()
    page.locator(".set-list", has_text="배송팀").wait_for()
    page.get_by_role("button", name="상담사 추가").click()
    page.get_by_role("button", name="저장", exact=True).click()
    page.locator("[data-field=name] .set-wrong", has_text="입력해 주세요").wait_for()
    page.get_by_label("이름", exact=True).fill("서준")
    page.get_by_role("checkbox", name="배송팀").check()
    page.get_by_role("button", name="저장", exact=True).click()
    page.locator(".set-list", has_text="서준").first.wait_for()
    [seojun] = [agent for agent in place.desk.ask(q.Agents()) if agent.name == "서준"]
    assert [group.name for group in place.desk.ask(q.Groups()) if group.id in seojun.groups] == ["배송팀"]


def test_targets_and_rules_are_kept_as_they_were_said(place: Workplace) -> None:
    page = settings(place, "targets")
    page.get_by_role("button", name="목표 추가").click()
    page.get_by_label("이름", exact=True).fill("기본")
    page.get_by_label("최초 응대").fill("5")
    page.get_by_role("button", name="저장", exact=True).click()
    page.locator(".set-list", has_text="최초 응대 5분").wait_for()
    [level] = place.desk.ask(q.GetSla())
    assert level.first_response == 300_000
    page.get_by_role("link", name="자동 규칙").click()
    page.get_by_role("button", name="규칙 추가").click()
    page.get_by_label("이름", exact=True).fill("환불 태그")
    page.get_by_label("할 일").fill("[{add_tags")
    page.get_by_role("button", name="저장", exact=True).click()
    page.locator("[data-field=then] .set-wrong:not([hidden])").wait_for()
    page.get_by_label("할 일").fill('[{"add_tags": ["환불"]}]')
    page.get_by_role("button", name="저장", exact=True).click()
    page.locator(".set-list", has_text="환불 태그").wait_for()
    page.get_by_role("switch", name="환불 태그: 사용").uncheck()
    saved(page)
    assert [(rule.name, rule.enabled) for rule in place.desk.ask(q.Rules())] == [("환불 태그", False)]


def test_who_is_no_admin_sees_settings_and_cannot_change_them(place: Workplace) -> None:
    page = settings(place, "hours", user="jun")
    page.get_by_text("설정은 관리자만 바꿀 수 있어요").wait_for()
    assert page.get_by_role("button", name="저장", exact=True).count() == 0
    assert page.locator("[data-field=lunch] input").is_disabled()


@pytest.mark.parametrize("subject", ["look", "absence", "guests", "distribution", "labels", "canned", "announcements", "alerts", "install"])
def test_every_subject_fits_a_phone(place: Workplace, subject: str) -> None:
    page = settings(place, subject, width=360, height=740)
    page.locator(".set-place > *").first.wait_for()
    page.wait_for_function("() => !document.querySelector('.set-waiting')")
    assert page.evaluate("document.querySelector('.set-scroll').scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    "path", ["settings/look", "settings/hours", "settings/articles", "settings/scenarios", "settings/team", "customers"]
)
def test_nothing_serious_is_found_by_axe(place: Workplace, path: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    place.asks("김하늘", "저기요")
    page = place.open(path=f"/{path}")
    page.locator(".set-head h1, .cus-list a").first.wait_for()
    page.wait_for_function("() => !document.querySelector('.set-waiting')")
    assert place.errors == []
    found = axe.run(page)
    place.errors.clear()  # axe itself is stopped by the policy here and there
    serious = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in serious] == []


# ------------------------------------------------------------------------------------------------------------ customers


def test_a_customer_is_found_and_their_profile_kept(place: Workplace) -> None:
    place.asks("김하늘", "주문한 상품이 안 왔어요")
    place.asks("이수지", "환불해 주세요")
    page = place.open(user="jun", path="/customers")
    page.get_by_label("이름, 전화번호, 이메일, 회원 ID").fill("수지")
    page.wait_for_function("() => document.querySelectorAll('.cus-list a').length === 1")
    page.locator(".cus-list a").click()
    page.get_by_label("전화번호", exact=True).fill("010-1234-5678")
    page.get_by_label("고객 태그").fill("단골")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="저장", exact=True).click()
    saved(page)
    [suji] = place.desk.ask(q.Customers("수지")).items
    assert (suji.profile.phone, suji.tags) == ("010-1234-5678", ("단골",))
    page.locator(".cus-sessions", has_text="환불해 주세요").wait_for()


def test_what_was_said_is_found(place: Workplace) -> None:
    place.asks("김하늘", "배송이 늦어요")
    page = place.open(path="/customers/history")
    page.get_by_label("찾을 말").fill("배송")
    page.get_by_role("button", name="찾기", exact=True).click()
    page.locator(".his-list mark", has_text="배송").wait_for()
    page.locator(".his-list a").click()
    page.wait_for_url("**/workspace/sessions/ses_*")
