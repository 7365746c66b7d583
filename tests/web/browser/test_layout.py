"""How pages lie on screens from a phone to a desktop, in both languages, light and dark, with what is long and much in them.

Nothing scrolls sideways, no text is cut off without a sign, none lies outside of the screen, and no page jumps while it is built.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.web.browser.office import Workplace, chromium, working

from cschat import commands as c
from cschat import queries as q
from cschat.core.content import Card, Choice, Content

NAME = "제갈공명남궁민수독고영재선우용여황보관사공성명을지문덕"
WORD = "https://example.com/" + "a" * 120
LOOKS = [("ko", "light"), ("en", "dark")]
WIDTHS = [360, 768, 1440]
SHIFTS = """window.shifted = 0; new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
    if (!entry.hadRecentInput) window.shifted += entry.value;
})).observe({ type: 'layout-shift', buffered: true });"""
FAULTS = """() => {
    const faults = [];
    const wide = innerWidth + 1;
    if (document.scrollingElement.scrollWidth > wide) faults.push(`scrolls sideways: ${document.scrollingElement.scrollWidth}`);
    const all = (root) => [...root.querySelectorAll('*')].flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
    const scrolls = (one) => {
        for (let up = one; up; up = up.parentElement ?? up.getRootNode().host)
            if (/auto|scroll/.test(getComputedStyle(up).overflowX) && up.scrollWidth > up.clientWidth) return true;
        return false;
    };
    const hidden = (one) => !one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    for (const one of all(document)) {
        const own = [...one.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
        if (!own.length || ['SCRIPT', 'STYLE', 'TITLE', 'NOSCRIPT', 'OPTION', 'TEXTAREA'].includes(one.tagName) || hidden(one)) continue;
        const style = getComputedStyle(one);
        if (style.clipPath !== 'none' || one.closest('[aria-hidden=true], [inert], .hidden-text, .for-readers')) continue;
        const said = one.textContent.trim().slice(0, 40);
        const named = `${one.tagName.toLowerCase()}.${one.className} "${said}"`;
        const marked = style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none';
        if (style.overflowX !== 'visible' && one.scrollWidth > one.clientWidth + 1 && !marked && !/auto|scroll/.test(style.overflowX))
            faults.push(`cut off: ${named}`);
        const range = document.createRange();
        range.selectNodeContents(own[0]);
        for (const box of range.getClientRects()) {
            if (!box.width || box.bottom < 0 || box.top > innerHeight) continue;
            const outside = box.right > wide || box.left < -1;
            if (outside && !marked && !scrolls(one)) faults.push(`off the screen: ${named} ${Math.round(box.right)}`);
        }
        if (parseFloat(style.fontSize) < 10) faults.push(`too small to read: ${named}`);
    }
    const small = all(document).filter((one) => one.matches('button, [role=button], select, input:not([type=hidden])') && !hidden(one));
    for (const one of small) {
        const { width, height } = one.getBoundingClientRect();
        const within = one.closest('label')?.getBoundingClientRect();
        if (width > 1 && height > 1 && Math.min(width, height) < 16 && !(within && Math.min(within.width, within.height) >= 24))
            faults.push(`too small to hit: ${one.tagName.toLowerCase()}.${one.className} ${Math.round(width)}x${Math.round(height)}`);
    }
    return faults;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def place(browser: Any) -> Iterator[Workplace]:
    with working(browser) as place:
        yield place


@pytest.fixture(scope="module")
def session(place: Workplace) -> str:
    """A talk in which much was said, and everything that is long."""
    place.desk.do(c.AddCategory("배송"))
    place.desk.do(c.AddCategory("배송/해외 배송 지연과 통관 보류에 관한 문의"))
    section = place.desk.do(c.AddSection("배송과 교환, 반품, 환불에 관해 자주 묻는 질문"))
    for number in range(8):
        body = f"<p>하루이틀 걸려요. {WORD}</p><table><tr><td>서울</td><td>1일</td></tr></table>"
        article = place.desk.do(c.AddArticle(f"{number}번째로 궁금한 것: {NAME} {'아주 ' * 10}긴 제목", body, section=section))
        place.desk.do(c.PublishArticle(article))
    place.desk.do(c.AddAnnouncement(f"추석 연휴 배송 안내 {WORD[:60]}", "연휴 동안에는 배송이 늦어요. " * 10))
    customer = place.asks(NAME, f"안녕하세요 👩‍👩‍👧‍👦🇰🇷 {WORD}")
    agent = place.agent(place.mina)
    agent.do(c.ClaimSession(customer.session))
    with place.desk.batch():
        for number in range(150):
            customer.says(f"{number}. 주문번호 {'1' * 40}은 언제 오나요?")
            agent.do(c.SendMessage(customer.session, f"확인해 볼게요. {number}"))
    cards = tuple(Card(f"{NAME} 코트", "따뜻해요. " * 20, choices=(Choice("이 상품에 관해 상담사에게 물어보기"),)) for _ in range(3))
    agent.do(c.SendMessage(customer.session, content=Content(kind="carousel", cards=cards)))  # type: ignore[arg-type]
    agent.do(c.AddNote(customer.session, f"{NAME} 고객은 단골이에요. {WORD}"))
    agent.do(c.TagSession(customer.session, [f"태그{number}번" for number in range(50)]))
    place.asks(f"{NAME}둘째", WORD)
    return customer.session.id


def looked_at(page: Any, name: str) -> list[str]:
    page.evaluate("() => document.fonts.ready")
    return [f"{name}: {fault}" for fault in page.evaluate(FAULTS)]


def jumps(page: Any, name: str) -> list[str]:
    shifted = page.evaluate("window.shifted")
    return [f"{name}: jumps by {shifted:.2f}"] if shifted >= 0.1 else []


def opened(place: Workplace, width: int, language: str, theme: str) -> Any:
    context = place.browser.new_context(
        viewport={"width": width, "height": 800}, locale=language, color_scheme=theme, reduced_motion="reduce", has_touch=width < 500
    )
    context.set_default_timeout(15_000)
    context.add_init_script(SHIFTS)
    context.add_init_script(f"localStorage.setItem('cschat.language', '{language}')")
    context.add_cookies([{"name": "user", "value": "mina", "url": place.address}])
    return context


@pytest.mark.slow
@pytest.mark.parametrize(("language", "theme"), LOOKS, ids=lambda given: given)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_workspace_lies_well(place: Workplace, session: str, width: int, language: str, theme: str) -> None:
    context, faults = opened(place, width, language, theme), list[str]()
    page = context.new_page()
    pages = {
        "lists/queue": ".row",
        f"sessions/{session}": ".msg.note",
        "statistics?period=today": ".figure, .card",
        "customers": NAME,
        "settings/look": "form",
        "settings/hours": "form",
        "settings/faq": "h1:visible, h2:visible, h3:visible, button:visible",
        "settings/tags": "input",
    }
    for path, there in pages.items():
        page.goto(f"{place.address}/desk/shop/workspace/{path}")
        if there == NAME:
            page.wait_for_function("(name) => document.body.textContent.includes(name)", arg=NAME)
        else:
            page.locator(there).first.wait_for()
        faults += looked_at(page, path) + jumps(page, path)
    context.close()
    assert faults == []


@pytest.mark.slow
@pytest.mark.parametrize(("language", "theme"), LOOKS, ids=lambda given: given)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_help_centre_lies_well(place: Workplace, session: str, width: int, language: str, theme: str) -> None:
    context, faults = opened(place, width, language, theme), list[str]()
    page = context.new_page()
    article = place.desk.ask(q.Articles()).items[0].id
    for path in ("", f"/articles/{article}", "?q=배송", "/nowhere"):
        page.goto(f"{place.address}/desk/shop/help{path}")
        faults += looked_at(page, f"help{path}") + jumps(page, f"help{path}")
    context.close()
    assert faults == []


@pytest.mark.slow
@pytest.mark.parametrize(("language", "theme"), LOOKS, ids=lambda given: given)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_widget_lies_well(place: Workplace, session: str, width: int, language: str, theme: str) -> None:
    context, faults = opened(place, width, language, theme), list[str]()
    page = context.new_page()
    page.goto(f"{place.address}/desk/shop/help")
    widget = page.locator("cschat-widget")
    widget.locator(".launcher").click()
    widget.locator(".greeting").wait_for()
    faults += looked_at(page, "home")
    widget.locator(".start").click()
    widget.locator(".composer-text").fill(WORD)
    widget.locator(".composer-text").press("Enter")
    widget.locator(".own .bubble").wait_for()
    faults += looked_at(page, "conversation") + jumps(page, "conversation")
    context.close()
    assert faults == []
