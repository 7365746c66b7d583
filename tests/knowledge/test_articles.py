"""Sections and articles: who writes them, who sees them, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.office import Office

from cschat import Media
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.knowledge import Article, plain_text
from cschat.core.times import as_datetime
from cschat.errors import Conflict, Invalid, NotFound


def titles(door: Any, query: Any = None) -> list[str]:
    return [article.title for article in door.each(query or q.Articles())]


def published(office: Office, title: str, **fields: Any) -> Article:
    return office.admin.do(c.PublishArticle(office.admin.do(c.AddArticle(title, **fields))))


def soon(office: Office, **later: float) -> datetime:
    return as_datetime(office.clock.now()) + timedelta(**later)


# ------------------------------------------------------------------------------------------------------------- published


def test_a_draft_is_seen_by_staff_alone(office: Office):
    article = office.admin.do(c.AddArticle("반품은 어떻게 하나요?"))
    assert titles(office.agent) == ["반품은 어떻게 하나요?"]
    assert titles(office.visitor) == []
    with pytest.raises(NotFound):
        office.visitor.ask(q.GetArticle(article))
    office.admin.do(c.PublishArticle(article))
    assert titles(office.visitor) == ["반품은 어떻게 하나요?"]
    assert office.visitor.ask(q.GetArticle(article)).title == "반품은 어떻게 하나요?"


def test_an_article_appears_and_goes_at_its_hours_and_nothing_runs_for_it(office: Office):
    article = office.admin.do(c.AddArticle("추석 연휴 배송 안내", type="notice"))
    office.admin.do(c.PublishArticle(article, at=soon(office, hours=1), until=soon(office, hours=3)))
    seen = []
    for _ in range(5):
        seen.append((titles(office.visitor) != [], office.visitor.ask(q.SearchArticles("추석 배송")) != []))
        office.clock.advance(minutes=60)
    assert seen == [(False, False), (True, True), (True, True), (False, False), (False, False)]
    assert [event.type for event in office.log(article.id)] == ["ArticleAdded", "ArticlePublished"]


@pytest.mark.parametrize(("minutes", "state"), [(0, "scheduled"), (60, "published"), (119, "published"), (120, "withdrawn")])
def test_articles_are_listed_by_their_state(office: Office, minutes: int, state: str):
    office.admin.do(c.AddArticle("초안"))
    timed = office.admin.do(c.AddArticle("예약"))
    office.admin.do(c.PublishArticle(timed, at=soon(office, hours=1), until=soon(office, hours=2)))
    office.clock.advance(minutes=minutes)
    assert titles(office.agent, q.Articles(state=state)) == ["예약"]
    assert titles(office.agent, q.Articles(state="draft")) == ["초안"]
    assert titles(office.visitor, q.Articles(state="draft")) == []


def test_unpublishing_now_or_later_and_publishing_again(office: Office):
    article = published(office, "이벤트", type="event")
    office.admin.do(c.UnpublishArticle(article, at=soon(office, minutes=10)))
    assert titles(office.visitor) == ["이벤트"]
    office.clock.advance(minutes=10)
    assert titles(office.visitor) == []
    office.admin.do(c.PublishArticle(article))
    assert titles(office.visitor) == ["이벤트"]
    office.admin.do(c.UnpublishArticle(article))
    assert titles(office.visitor) == []
    assert office.admin.do(c.UnpublishArticle(article)).seq == 5, "what is withdrawn is left as it is"


def test_publishing_what_is_published_changes_nothing(office: Office):
    article = published(office, "공지")
    office.clock.advance(minutes=1)
    assert office.admin.do(c.PublishArticle(article)) == article


@pytest.mark.parametrize("until", [{"hours": -1}, {"minutes": 30}], ids=["past", "before it begins"])
def test_an_article_ends_after_it_begins(office: Office, until: dict[str, float]):
    article = office.admin.do(c.AddArticle("공지"))
    with pytest.raises(Invalid) as caught:
        office.admin.do(c.PublishArticle(article, at=soon(office, hours=1), until=soon(office, **until)))
    assert caught.value.field == "until"


def test_a_time_without_a_zone_is_refused(office: Office):
    with pytest.raises(Invalid) as caught:
        c.PublishArticle("art_1", at=datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None))
    assert caught.value.field == "at"


# ------------------------------------------------------------------------------------------------------ sections and order


def test_sections_stand_in_order_and_a_disabled_one_hides_what_is_in_it(office: Office):
    first = office.admin.do(c.AddSection("배송", {"en": "Delivery"}))
    office.admin.do(c.AddSection("반품"))
    office.admin.do(c.AddSection("맨 앞", place=0))
    article = published(office, "배송 안내", section="배송")
    published(office, "그 밖의 안내")
    assert [section.name for section in office.visitor.ask(q.Sections())] == ["맨 앞", "배송", "반품"]
    assert titles(office.visitor, q.Articles(section=first)) == titles(office.visitor, q.Articles(section="배송")) == ["배송 안내"]
    office.admin.do(c.ChangeSection(first, disabled=True))
    assert [section.name for section in office.visitor.ask(q.Sections())] == ["맨 앞", "반품"]
    assert titles(office.visitor) == ["그 밖의 안내"]
    assert titles(office.agent) == ["배송 안내", "그 밖의 안내"]
    assert [found.article.title for found in office.visitor.ask(q.SearchArticles("배송 안내"))] == ["그 밖의 안내"]
    with pytest.raises(NotFound):
        office.visitor.ask(q.GetArticle(article))


def test_articles_stand_by_place_in_pages_and_what_does_not_fit_leaves_no_gap(office: Office):
    for number in range(9):
        article = office.admin.do(c.AddArticle(f"글 {number}", type="guide" if number % 3 == 0 else "faq"))
        if number % 2 == 0:
            office.admin.do(c.PublishArticle(article))
    office.admin.do(c.ChangeArticle(article, place=0))
    assert titles(office.visitor, q.Articles(limit=2)) == ["글 8", "글 0", "글 2", "글 4", "글 6"]
    assert [len(office.visitor.ask(q.Articles(limit=2)).items), office.visitor.ask(q.Articles(limit=5)).next] == [2, None]
    assert titles(office.visitor, q.Articles("guide", limit=1)) == ["글 0", "글 6"]
    assert titles(office.agent, q.Articles("guide", limit=1)) == ["글 0", "글 3", "글 6"]


def test_articles_of_a_language_and_of_none(office: Office):
    for title, language in (("반품", "ko"), ("Returns", "en"), ("☎ 1234", None)):
        published(office, title, language=language)
    assert titles(office.visitor, q.Articles(language="en")) == ["Returns", "☎ 1234"]
    assert [found.article.title for found in office.visitor.ask(q.SearchArticles("returns", language="ko"))] == []


@pytest.mark.parametrize("query", [q.Articles, lambda section: q.SearchArticles("반품", section=section)], ids=["list", "search"])
def test_a_section_that_there_is_not(office: Office, query: Any):
    with pytest.raises(Invalid) as caught:
        office.visitor.ask(query(section="없음"))
    assert caught.value.field == "section"
    foreign = office.desk.brand("other").do(c.AddSection("배송"))
    with pytest.raises(NotFound):
        office.visitor.ask(query(section=foreign.id))


def test_a_section_has_its_name_alone(office: Office):
    office.admin.do(c.AddSection("배송"))
    other = office.admin.do(c.AddSection("반품"))
    with pytest.raises(Conflict):
        office.admin.do(c.AddSection("배송"))
    with pytest.raises(Conflict):
        office.admin.do(c.ChangeSection(other, name="배송"))
    assert office.admin.do(c.ChangeSection(other, name="반품")) == other


# --------------------------------------------------------------------------------------------------------------- writing


def test_a_change_says_what_was_and_what_is(office: Office):
    picture = Media(name="표.png", type="image/png", url="https://example.com/1.png")
    section = office.admin.do(c.AddSection("반품"))
    article = office.admin.do(c.AddArticle("반품", "<p>7일</p>", section=section, language="ko"))
    changed = office.admin.do(c.ChangeArticle(article, title="반품 안내", section="", language="", attachments=[picture]))
    assert (changed.title, changed.section, changed.language, changed.attachments, changed.body) == (
        *("반품 안내", None, None, (picture,)),
        "<p>7일</p>",
    )
    body = office.log(article.id)[-1].body
    assert isinstance(body, e.ArticleChanged)
    assert (body.before["title"], body.after["title"], body.before["section"]) == ("반품", "반품 안내", section.id)
    assert office.admin.do(c.ChangeArticle(article, title="반품 안내")) == changed, "what changes nothing is no event"


def test_a_removed_article_is_in_no_list_and_no_search(office: Office):
    article = published(office, "반품 안내")
    removed = office.admin.do(c.RemoveArticle(article))
    assert office.admin.do(c.RemoveArticle(article)) == removed
    assert titles(office.agent) == titles(office.visitor) == office.visitor.ask(q.SearchArticles("반품 안내")) == []
    assert office.agent.ask(q.GetArticle(article)).removed
    with pytest.raises(NotFound):
        office.visitor.ask(q.GetArticle(article))
    for command in (c.ChangeArticle(article, title="x"), c.PublishArticle(article), c.UnpublishArticle(article)):
        with pytest.raises(Conflict):
            office.admin.do(command)


def test_a_customer_sees_only_what_is_for_customers(office: Office):
    article = published(office, "반품 안내", examples=["STAFF 물건이 별로예요"])
    office.admin.do(c.UnpublishArticle(article, at=soon(office, days=1)))
    shown = repr(
        [office.visitor.ask(q.Articles()), office.visitor.ask(q.GetArticle(article)), office.visitor.ask(q.SearchArticles("물건이 별로"))]
    )
    assert shown.count("반품 안내") == 3
    assert "STAFF" not in shown
    assert shown.count("unpublish=None") == 3
    assert list(office.visitor.watch(after=0, timeout=0)) == []


def test_articles_of_another_brand_are_not_there(office: Office):
    article = published(office, "반품 안내")
    other = office.desk.brand("other")
    assert titles(other) == other.ask(q.SearchArticles("반품")) == []
    for query in (q.GetArticle(article),):
        with pytest.raises(NotFound):
            other.ask(query)
    with pytest.raises(NotFound):
        other.do(c.ChangeArticle(article, title="x"))


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: c.AddArticle(" "), "title"),
        (lambda: c.AddArticle("x", type="blog"), "type"),
        (lambda: c.AddArticle("x", "가" * 200_001), "body"),
        (lambda: c.AddArticle("x", examples="한 문장"), "examples"),
        (lambda: c.AddArticle("x", attachments=["file"]), "attachments"),
        (lambda: c.AddArticle("x", attachments=[Media(url="https://a.b")] * 31), "attachments"),
        (lambda: c.AddArticle("x", place=-1), "place"),
        (lambda: c.AddSection(""), "name"),
        (lambda: c.AddSection("x", {"en": ""}), "names"),
        (lambda: c.AddSection("x", ["en"]), "names"),
        (lambda: q.Articles("blog"), "type"),
        (lambda: q.Articles(state="lost"), "state"),
        (lambda: q.SearchArticles("x" * 2001), "text"),
    ],
    ids=map(str, range(13)),
)
def test_a_bad_input_names_its_field(make: Any, field: str):
    with pytest.raises(Invalid) as caught:
        make()
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>7일 안에<br>신청해 주세요.</p><ul><li>사진</li><li>주문번호</li></ul>", "7일 안에\n신청해 주세요.\n사진\n주문번호"),
        ('<a href="https://a.b" title="1 > 0">여기</a> &lt;상자&gt; &amp; 끈', "여기 <상자> & 끈"),
        ("그냥   글", "그냥 글"),
        ("", ""),
    ],
)
def test_the_text_of_a_body(body: str, text: str):
    assert plain_text(body) == text
