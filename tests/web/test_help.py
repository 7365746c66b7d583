"""The help centre: what is on its pages, what never is, and what its form does."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.web.site import Answer, Browser, gateway_on, opened_desk

from cschat import Desk
from cschat import commands as c
from cschat import queries as q
from cschat.web import colours

HOSTILE = "<script>alert('1')</script> \" onmouseover=alert(2) x=\"{{ '1' * 7 }}"


class Tags(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def desk() -> Desk:
    desk = opened_desk()
    desk.do(c.ChangeBrand(name="하늘상점", look={"colour": "#2f5bea"}))
    return desk


@pytest.fixture
def browser(desk: Desk) -> Browser:
    return Browser(gateway_on(desk))


def published(desk: Desk, title: str, body: str = "<p>내용</p>", **more: Any) -> str:
    article = desk.do(c.AddArticle(title, body=body, **more))
    desk.do(c.PublishArticle(article))
    return article.id


def text_of(answer: Answer) -> str:
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.body.decode()


def send(browser: Browser, headers: dict[str, str] | None = None, **fields: str) -> Answer:
    page = text_of(browser.call("GET", "/shop/help/contact"))
    once = re.search(r'name="once" value="([^"]+)"', page)
    assert once is not None
    known = {"once": once[1], "name": "이하나", "email": "hana@example.com", "message": "배송이 언제 오나요?"}
    return browser.call("POST", "/shop/help/contact", urlencode(known | fields).encode(), headers=headers)


def test_shows_only_what_is_published(desk: Desk, browser: Browser) -> None:
    section = desk.do(c.AddSection("배송"))
    shut = desk.do(c.AddSection("비공개 서랍"))
    shown = published(desk, "배송은 언제 오나요?", section=section.id)
    hidden = published(desk, "직원만 보는 글", section=shut.id)
    draft = desk.do(c.AddArticle("아직 초안", section=section.id)).id
    gone = published(desk, "내린 글", section=section.id)
    desk.do(c.UnpublishArticle(gone))
    desk.do(c.ChangeSection(shut, disabled=True))
    pages = [
        text_of(browser.call("GET", "/shop/help")),
        text_of(browser.call("GET", f"/shop/help/sections/{section.id}")),
        text_of(browser.call("GET", "/shop/help/search", query=urlencode({"q": "글 초안 배송"}))),
    ]
    for page in pages:
        assert shown in page
        for other in (hidden, draft, gone, "비공개 서랍"):
            assert other not in page
    for other in (hidden, draft, gone, "art_nothing"):
        assert browser.call("GET", f"/shop/help/articles/{other}").status == 404
    assert browser.call("GET", f"/shop/help/sections/{shut.id}").status == 404


def test_a_page_that_is_not_there_is_a_page_with_a_way_on(browser: Browser) -> None:
    for path in ("nothing", "articles", "articles/", "articles/a/b", "sections/x", "search/x", "../help", "%00", "a" * 3000):
        answer = browser.call("GET", f"/shop/help/{path}")
        assert answer.status == 404
        assert 'href="/shop/help"' in text_of(answer)


def test_hostile_titles_and_names_stay_text(desk: Desk, browser: Browser) -> None:
    desk.do(c.ChangeBrand(name="<b>상점</b>"))
    section = desk.do(c.AddSection("<img src=x onerror=alert(1)>"))
    id = published(desk, HOSTILE, "<p>좋아요<script>alert(3)</script><a href='javascript:alert(4)'>링크</a></p>", section=section.id)
    published(desk, f"{HOSTILE} 소식", type="notice")
    desk.do(c.AddAnnouncement(HOSTILE, "<script>alert(5)</script>"))
    search = urlencode({"q": "<script> alert"})
    for path, query in (
        ("", ""),
        (f"/sections/{section.id}", ""),
        (f"/articles/{id}", ""),
        ("/news", ""),
        ("/search", search),
        ("/<script>", ""),
    ):
        answer = browser.call("GET", f"/shop/help{path}", query=query)
        tags = Tags(text_of(answer))
        assert all(script.get("src") for script in tags.of("script"))
        assert not [attributes for _, attributes in tags.found if any(name.startswith("on") or name == "style" for name in attributes)]
        assert not [one for one in tags.of("a") if (one.get("href") or "").startswith("javascript:")]
        assert not tags.of("b")
        assert "1111111" not in text_of(answer)
        assert "'unsafe-inline'" not in answer.headers["content-security-policy"]


def test_what_was_searched_for_is_marked_and_kept(desk: Desk, browser: Browser) -> None:
    published(desk, "환불은 언제 되나요?", "<p>카드로 결제한 주문의 환불은 3일 안에 됩니다.</p>")
    page = text_of(browser.call("GET", "/shop/help/search", query=urlencode({"q": '  환불 "언제" '})))
    assert "<mark>환불</mark>은" in page
    assert 'value="환불 &#34;언제&#34;"' in page
    assert '<meta name="robots" content="noindex">' in page
    for text in (
        "",
        " ",
        "없는말이에요",
        "%",
        "(",
        "[",
        "\\",
        "a" * 5000,
        "\x00",
        "가 나 다",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ):
        assert browser.call("GET", "/shop/help/search", query=urlencode({"q": text})).status == 200


def test_the_language_is_that_of_the_address_then_of_the_browser_then_of_the_brand(desk: Desk, browser: Browser) -> None:
    section = desk.do(c.AddSection("배송", names={"en": "Delivery"}))
    published(desk, "배송은 언제 오나요?", section=section.id, language="ko")
    english = published(desk, "When will it arrive?", section=section.id, language="en")

    def page(accept: str = "", query: str = "") -> str:
        return text_of(browser.call("GET", "/shop/help", query=query, headers={"accept-language": accept}))

    assert '<html lang="ko">' in page()
    assert '<html lang="ko">' in page("fr-FR")
    assert '<html lang="en">' in page("en-GB,en;q=0.9,ko;q=0.1")
    assert '<html lang="ko">' in page("en;q=0.1,ko;q=0.9")
    assert '<html lang="ko">' in page("en;q=x,,;q=")
    shown = page("ko", "lang=en")
    assert "Delivery" in shown
    assert "When will it arrive?" in shown
    assert "배송은" not in shown
    assert f'href="/shop/help/articles/{english}?lang=en"' in shown
    assert '<html lang="ko">' in page("ko", "lang=xx")


def test_a_brand_without_articles_in_a_language_shows_those_that_it_has(desk: Desk, browser: Browser) -> None:
    published(desk, "배송은 언제 오나요?", language="ko")
    assert "배송은 언제 오나요?" in text_of(browser.call("GET", "/shop/help", query="lang=en"))


def test_pages_tell_search_engines_what_they_are(desk: Desk, browser: Browser) -> None:
    id = published(desk, "환불은 언제 되나요?", "<p>3일 안에 됩니다.</p>")
    tags = Tags(text_of(browser.call("GET", f"/shop/help/articles/{id}")))
    metas = {one.get("name"): one.get("content") for one in tags.of("meta")}
    assert metas["description"] == "3일 안에 됩니다."
    links = [(one["rel"], one.get("hreflang"), one["href"]) for one in tags.of("link")]
    assert ("canonical", None, f"/shop/help/articles/{id}") in links
    assert ("alternate", "en", f"/shop/help/articles/{id}?lang=en") in links
    assert len(tags.of("h1")) == 1
    assert len(tags.of("main")) == 1


def test_below_a_mount_point_every_address_is_below_it(desk: Desk) -> None:
    from cschat.web import Request

    published(desk, "환불은 언제 되나요?")
    answer = gateway_on(desk).handle(Request("GET", "/shop/help", mount="/desk"))
    for tag, attributes in Tags(answer.body.decode()).found:
        for name in ("href", "src", "action"):
            address = attributes.get(name)
            assert address is None or address.startswith(("/desk/", "#")), (tag, address)


def test_the_form_leaves_a_message_of_a_guest(desk: Desk, browser: Browser) -> None:
    answer = send(browser)
    assert (answer.status, answer.headers["location"]) == (303, "/shop/help/contact?sent=1")
    assert "문의가 접수되었습니다" in text_of(browser.call("GET", "/shop/help/contact", query="sent=1"))
    [session] = desk.ask(q.ReviewList()).items
    customer = desk.ask(q.GetCustomer(session.customer))
    assert (customer.name, customer.profile.email, customer.type) == ("이하나", "hana@example.com", "guest")
    assert "배송이 언제 오나요?" in [message.content.text for message in desk.each(q.Transcript(session))]


def test_a_form_that_is_sent_twice_is_one_message(desk: Desk, browser: Browser) -> None:
    once = "A" * 22
    for _ in range(2):
        assert send(browser, once=once).status == 303
    [session] = desk.ask(q.ReviewList()).items
    assert [message.content.text for message in desk.each(q.Transcript(session)) if message.author == "customer"] == ["배송이 언제 오나요?"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", " ", "이름을 입력해 주세요."),
        ("name", "가" * 101, "이름은 100자까지"),
        ("email", "hana", "이메일 주소를 확인해 주세요."),
        ("email", "a@b.c\r\nBcc: x@y.z", "이메일 주소를 확인해 주세요."),
        ("message", "", "문의 내용을 입력해 주세요."),
        ("message", "가" * 20_000, "자까지 입력할 수 있습니다."),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_typed_is_lost(
    desk: Desk, browser: Browser, field: str, value: str, words: str
) -> None:
    answer = send(browser, **{field: value})
    page = text_of(answer)
    assert answer.status == 422
    assert words in page
    assert f'aria-describedby="{field}-wrong' in page
    kept = {"name": "이하나", "email": "hana@example.com", "message": "배송이 언제 오나요?"}
    assert all(text in page for name, text in kept.items() if name != field)
    assert not desk.ask(q.Customers()).items


def test_a_form_of_another_site_or_of_a_program_opens_nothing(desk: Desk, browser: Browser) -> None:
    assert send(browser, {"sec-fetch-site": "cross-site"}).status == 403
    assert send(browser, {"origin": "https://evil.example"}).status == 403
    assert send(browser, website="https://buy.example").status == 303
    assert send(browser, once="short").status == 422
    assert browser.call("POST", "/shop/help/contact", b"\xff\xfe&%ED%A0%80=1&" + b"a=1&" * 50).status == 422
    assert not desk.ask(q.Customers()).items


def test_who_sends_many_messages_is_asked_to_wait_and_loses_nothing(desk: Desk, browser: Browser) -> None:
    answers = [send(browser) for _ in range(11)]
    assert [answer.status for answer in answers] == [303] * 10 + [429]
    assert "너무 자주" in text_of(answers[-1])
    assert "배송이 언제 오나요?" in text_of(answers[-1])
    assert len(desk.ask(q.ReviewList(limit=50)).items) == 10


def test_a_form_holds_what_was_typed_as_text(browser: Browser) -> None:
    page = text_of(send(browser, name=HOSTILE, message="</textarea><script>alert(1)</script>", email=""))
    assert all(script.get("src") for script in Tags(page).of("script"))


def test_while_a_brand_takes_no_messages_the_form_says_so(desk: Desk, browser: Browser) -> None:
    desk.do(c.ChangeBrand(accepting="closed", absence="refuse"))
    answer = send(browser)
    assert answer.status == 409
    assert "지금은 문의를 받을 수 없습니다." in text_of(answer)
    assert not desk.ask(q.ReviewList()).items


def test_the_brands_colour_is_a_stylesheet(browser: Browser) -> None:
    answer = browser.call("GET", "/shop/help/look.css")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.body.startswith(b":root { --brand: #2f5bea; --on-brand: #ffffff;")


@pytest.mark.parametrize("colour", ["#000000", "#ffffff", "#ffff00", "#2f5bea", "#7f7f7f", "#ff0000"])
def test_text_in_and_on_the_brands_colour_can_be_read(colour: str) -> None:
    rule = colours.colour_rule(colour)
    brand, on, light, dark = ([int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in re.findall(r"#[0-9a-f]{6}", rule))
    assert colours.contrast(brand, on) >= 4.5
    assert colours.contrast(light, (255, 255, 255)) >= 4.5
    assert colours.contrast(dark, (27, 28, 31)) >= 4.5


def test_what_is_no_colour_makes_no_rule() -> None:
    for said in ("", "red", "#fff", "#12345g", "#123456; } body { display: none", "url(x)"):
        assert colours.colour_rule(said) == ""


def test_icons_that_templates_name_are_there() -> None:
    web = Path(colours.__file__).parent
    drawn = set(re.findall(r'<symbol id="(\w+)"', (web / "static/help/icons.svg").read_text()))
    named = {name for file in (web / "templates/help").glob("*.html") for name in re.findall(r'icon\("(\w+)"\)', file.read_text())}
    assert named <= drawn
