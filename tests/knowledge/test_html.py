"""HTML of articles is cleaned on the way in: no script survives, and cleaning again changes nothing."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from tests.office import Office

from cschat import commands as c
from cschat.commands.cleaning import cleaned
from cschat.errors import MissingExtra

ELEMENTS = {
    *("a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre"),
    *("s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
}
ATTRIBUTES = {"href", "rel", "title", "src", "alt", "width", "height", "colspan", "rowspan", "lang"}


class Reading(HTMLParser):
    """Everything in a page that it must not have."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ELEMENTS:
            self.faults.append(tag)
        for name, value in attrs:
            scheme = re.match(r"([^/?#:]*):", re.sub(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028\u2029\ufeff]", "", value or ""))
            if name not in ATTRIBUTES:
                self.faults.append(f"{tag} {name}")
            if name in ("href", "src") and scheme and scheme[1].lower() not in ("http", "https", "mailto", "tel"):
                self.faults.append(f"{tag} {name}={value!r}")

    def handle_comment(self, data: str) -> None:
        self.faults.append("comment")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<p>안녕<script>alert(1)</script>하세요</p>", "<p>안녕하세요</p>"),
        ('<p onclick="x()" style="position:fixed" class="a">글</p>', "<p>글</p>"),
        ('<img src="javascript:alert(1)" alt="그림" onerror="x()">', '<img alt="그림">'),
        ('<a href="java\x01script:alert(1)">x</a>', '<a rel="noopener noreferrer nofollow">x</a>'),
        ('<a href="\u2028javascript:alert(1)">x</a>', '<a rel="noopener noreferrer nofollow">x</a>'),
        ('<a href="/faq?at=10:30">x</a>', '<a href="/faq?at=10:30" rel="noopener noreferrer nofollow">x</a>'),
        ("<h2>제목</h2><ul><li>하나</li></ul><!-- 메모 -->", "<h2>제목</h2><ul><li>하나</li></ul>"),
        ("<iframe src='https://a.b'></iframe><svg><script>1</script></svg>", ""),
        ("", ""),
    ],
)
def test_what_stays(given: str, kept: str):
    assert cleaned(given) == kept


def test_adding_and_changing_clean(memory_office: Office):
    office = memory_office
    article = office.admin.do(c.AddArticle("글", "<p>1</p><script>alert(1)</script>"))
    assert article.body == "<p>1</p>"
    assert office.admin.do(c.ChangeArticle(article, body='<b onclick="x()">2</b>')).body == "<b>2</b>"
    assert "alert" not in repr(office.log(article.id))
    assert "onclick" not in repr(office.log(article.id))


def test_without_the_extra_a_body_is_refused_and_nothing_is_written(memory_office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "nh3", None)
    before = memory_office.everything()
    with pytest.raises(MissingExtra) as caught:
        memory_office.admin.do(c.AddArticle("글", "<p>1</p>"))
    assert caught.value.extra == "knowledge"
    assert memory_office.everything() == before
    assert memory_office.admin.do(c.AddArticle("글")).body == ""


def test_no_script_of_a_collection_survives(table: Callable[[str], list[dict[str, str]]]):
    rows = table("attack-corpora/html.jsonl.gz")
    assert len(rows) > 3000
    assert sum(bool(Reading(row["payload"]).faults) for row in rows) > 3000, "they do have something to be taken out"
    for row in rows:
        page = cleaned(row["payload"])
        assert Reading(page).faults == [], row["payload"]
        assert cleaned(page) == page, row["payload"]
