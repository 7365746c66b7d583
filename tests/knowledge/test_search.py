"""Search within the desk: what is found is what the one who asks would see, whichever process wrote it."""

from __future__ import annotations

import sys
import threading
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.office import Office

from cschat import Desk, State
from cschat import commands as c
from cschat import queries as q
from cschat.bots import Document, library, text_index
from cschat.bots.engine import Found
from cschat.core.clock import FakeClock
from cschat.core.knowledge import Article, Edition
from cschat.errors import Conflict, Forbidden, MissingExtra


def published(desk: Desk, title: str, **fields: Any) -> Article:
    return desk.do(c.PublishArticle(desk.do(c.AddArticle(title, **fields))))


def found(door: Any, text: str, **where: Any) -> list[str]:
    return [one.article.title for one in door.ask(q.SearchArticles(text, **where))]


# ------------------------------------------------------------------------------------------------------------- searching


def test_a_change_is_found_at_once(office: Office):
    article = published(office.desk, "배송은 얼마나 걸리나요?", examples=["택배 언제 와요"])
    assert found(office.visitor, "택배 언제와요") == ["배송은 얼마나 걸리나요?"]
    office.admin.do(c.ChangeArticle(article, title="쿠폰은 어떻게 쓰나요?", examples=["할인 코드 입력"]))
    assert not office.visitor.ask(q.SearchArticles("택배 언제 와요"))[0].sure
    assert found(office.visitor, "할인코드") == ["쿠폰은 어떻게 쓰나요?"]
    office.admin.do(c.UnpublishArticle(article))
    assert found(office.visitor, "할인코드") == []


def test_the_body_is_searched_as_text(office: Office):
    published(office.desk, "안내", body="<table><tr><td>무통장 입금</td></tr></table>")
    published(office.desk, "다른 안내", body="<p>포장</p>")
    assert found(office.visitor, "무통장입금") == ["안내"]
    assert found(office.visitor, "table tr td") == []


def test_a_score_tells_whether_it_is_good_enough(office: Office):
    published(office.desk, "환불은 어떻게 받나요?", examples=["환불 신청하고 싶어요"])
    published(office.desk, "배송 조회는 어디서 하나요?")
    (best, *_) = office.visitor.ask(q.SearchArticles("환불 신청하고 싶어요"))
    assert (best.article.title, best.score, best.sure) == ("환불은 어떻게 받나요?", 1.0, True)
    assert not any(one.sure for one in office.visitor.ask(q.SearchArticles("오늘 날씨 어때")))


def test_what_is_not_for_the_asker_takes_nobody_elses_place(office: Office):
    """Sixty better hits of no section, another type or yet to come do not push out the one that is asked for."""
    office.desk.do(c.AddSection("반품"))
    for number in range(1, 61):
        published(office.desk, f"배송 안내 {number}")
    published(office.desk, "반품하실 때의 배송 안내", section="반품", type="guide")
    assert found(office.visitor, "배송 안내", section="반품", limit=1) == ["반품하실 때의 배송 안내"]
    assert len(found(office.visitor, "배송 안내", limit=7)) == 7


def test_a_desk_that_knows_nothing_finds_nothing_and_needs_no_extra(memory_office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "cschat.bots.index", None)
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert found(memory_office.visitor, "환불") == []
    assert memory_office.agent.ask(q.SuggestReplies(memory_office.session())) == []


def test_without_the_extra_a_search_says_what_to_install(memory_office: Office, monkeypatch: pytest.MonkeyPatch):
    published(memory_office.desk, "환불")
    monkeypatch.delitem(sys.modules, "cschat.bots.index", raising=False)
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(MissingExtra):
        found(memory_office.visitor, "환불")


# ---------------------------------------------------------------------------------------------------- whoever has written


def test_another_desk_on_the_same_file_knows(tmp_path: Any):
    url, clock = f"sqlite:///{tmp_path / 'desk.db'}", FakeClock()
    with Desk.open(url, clock=clock) as one, Desk.open(url, clock=clock) as other:
        article = published(one, "환불 안내")
        assert found(other, "환불") == ["환불 안내"]
        one.do(c.ChangeArticle(article, title="쿠폰 안내"))
        assert (found(other, "환불"), found(other, "쿠폰")) == ([], ["쿠폰 안내"])
        other.do(c.RemoveArticle(article))
        assert found(one, "쿠폰") == []


def test_what_was_not_committed_is_not_found_afterwards(office: Office):
    """A search within a batch sees what the batch has written; when it fails, nobody does any more."""
    article = published(office.desk, "환불 안내")
    with pytest.raises(Conflict), office.desk.batch():
        office.desk.do(c.ChangeArticle(article, title="쿠폰 안내"))
        assert found(office.desk, "쿠폰") == ["쿠폰 안내"]
        office.desk.do_all([c.ChangeArticle(article, title="배송 안내"), c.AddSection("같은 이름"), c.AddSection("같은 이름")])
    assert found(office.desk, "배송") == []
    assert found(office.desk, "쿠폰") == ["쿠폰 안내"]


def test_many_threads_ask_while_one_writes(office: Office):
    article = published(office.desk, "안내 0", examples=["환불"])
    errors: list[Exception] = []
    stop = threading.Event()

    def ask() -> None:
        try:
            while not stop.is_set():
                assert len(found(office.desk, "환불")) == 1
        except Exception as error:  # noqa: BLE001  (looked at below, in the thread of the test)
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 31):
        office.desk.do(c.ChangeArticle(article, title=f"안내 {number}"))
        assert found(office.desk, "환불") == [f"안내 {number}"]
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []


def test_an_import_of_many_is_indexed_at_once(office: Office):
    published(office.desk, "첫 글")
    assert found(office.desk, "첫 글") == ["첫 글"]
    with office.desk.batch():
        for number in range(200):
            published(office.desk, f"수입 물품 {number}")
    assert found(office.desk, "수입 물품 150", limit=1) == ["수입 물품 150"]


def test_an_edition_is_written_with_every_change_and_only_then(office: Office):
    def mark() -> str:
        return office.desk.store.read(lambda tx: tx.get(Edition, Edition.id_for("brd_main"))).mark

    article = published(office.desk, "글")
    marks = [mark()]
    for command in (
        c.ChangeArticle(article, title="글 2"),
        c.ChangeArticle(article, title="글 2"),
        c.UnpublishArticle(article),
        c.AddCannedResponse("a", "네"),
    ):
        office.desk.do(command)
        marks.append(mark())
    assert [left == right for left, right in pairwise(marks)] == [False, True, False, False]


class AsAFreshIndex(RuleBasedStateMachine):
    """However the knowledge came to be, it is searched as if it had just been written."""

    TEXTS = ("환불 방법", "배송 조회", "쿠폰 사용", "교환 신청", "회원 탈퇴")

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk.open(clock=FakeClock())
        self.titles: dict[str, str] = {}

    @rule(text=st.sampled_from(TEXTS))
    def add(self, text: str) -> None:
        self.titles[published(self.desk, text).id] = text

    @rule(data=st.data(), text=st.sampled_from(TEXTS))
    def change(self, data: st.DataObject, text: str) -> None:
        if self.titles:
            id = data.draw(st.sampled_from(sorted(self.titles)))
            self.desk.do(c.ChangeArticle(id, title=text))
            self.titles[id] = text

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        if self.titles:
            id = data.draw(st.sampled_from(sorted(self.titles)))
            self.desk.do(c.RemoveArticle(id))
            del self.titles[id]

    @invariant()
    def finds_the_same(self) -> None:
        fresh = text_index(Document(id, title) for id, title in self.titles.items())
        for text in self.TEXTS:
            own = {(one.article.id, round(one.score, 9)) for one in self.desk.ask(q.SearchArticles(text, limit=100))}
            assert own == {(hit.id, round(hit.score, 9)) for hit in fresh.search(text, 100).hits}

    def teardown(self) -> None:
        self.desk.close()


TestAsAFreshIndex = AsAFreshIndex.TestCase
TestAsAFreshIndex.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)


# ------------------------------------------------------------------------------------------------------ bots and agents


@pytest.fixture
def asked(office: Office) -> Office:
    office.desk.do(c.PublishScenario(library.scenario("faq_first")))
    office.desk.do(c.ChangeBrand(entry=[{"scenario": "faq_first"}]))
    return office


def test_a_faq_step_searches_the_brands_articles(asked: Office):
    published(asked.desk, "배송은 얼마나 걸리나요?", body="<p>보통 <b>이틀</b> 걸립니다.</p>")
    session = asked.visitor.do(c.OpenSession(text="배송 얼마나 걸려요"))
    assert "보통 이틀 걸립니다." in asked.said(session)[-1]
    other = asked.visitor.do(c.OpenSession(text="오늘 날씨 어때요"))
    assert "이틀" not in asked.said(other)[-1], "what is not good enough is not offered"


def test_a_faq_step_offers_nothing_that_is_not_published(asked: Office):
    asked.desk.do(c.AddArticle("배송은 얼마나 걸리나요?", "<p>이틀</p>"))
    assert "이틀" not in repr(asked.said(asked.visitor.do(c.OpenSession(text="배송은 얼마나 걸리나요?"))))


def test_a_host_that_brings_its_own_search_is_asked_instead(asked: Office):
    published(asked.desk, "배송은 얼마나 걸리나요?", body="<p>이틀</p>")
    asked.desk.faq(lambda text, section, limit: [Found("own", "우리 글", "사흘")])
    said = asked.said(asked.visitor.do(c.OpenSession(text="배송은 얼마나 걸리나요?")))[-1]
    assert "사흘" in said
    assert "이틀" not in said


def test_a_faq_step_without_the_extra_hands_over_to_people(asked: Office, monkeypatch: pytest.MonkeyPatch):
    published(asked.desk, "배송")
    monkeypatch.delitem(sys.modules, "cschat.bots.index", raising=False)
    monkeypatch.setitem(sys.modules, "numpy", None)
    session = asked.visitor.do(c.OpenSession(text="배송"))
    assert "ScenarioFailed" in asked.types(session)
    assert asked.look(session).state is State.QUEUED


def test_suggestions_follow_the_talk(office: Office):
    office.admin.do(
        c.AddCannedResponse("#환불", "{{ customer.name | default('고객') }}님, 3일 걸립니다.", title="환불", examples=["돈 돌려주세요"])
    )
    office.admin.do(c.AddCannedResponse("#배송", "내일 도착합니다.", title="배송", examples=["언제 와요"]))
    published(office.desk, "환불은 언제 되나요?", body="<p>영업일 3일</p>")
    session = office.session(State.ACTIVE, text="돈 돌려주세요")
    office.agent.do(c.AddNote(session, text="언제 와요"))
    first, *_ = office.agent.ask(q.SuggestReplies(session))
    assert (first.source, first.title, first.text) == ("canned", "환불", "김고객님, 3일 걸립니다.")
    office.visitor.do(c.SendMessage(session, text="그럼 새 물건은 언제 와요?"))
    assert office.agent.ask(q.SuggestReplies(session, limit=1))[0].title == "배송"
    office.agent.do(c.SendMessage(session, text="네"))
    assert office.agent.ask(q.SuggestReplies(session))[0].title == "배송", "the last thing said counts, until there is another"
    office.visitor.do(c.SendMessage(session, text="환불은 언제 되나요?"))
    best = office.agent.ask(q.SuggestReplies(session))[0]
    assert (best.source, best.text, best.score) == ("article", "영업일 3일", 1.0)


def test_suggestions_are_for_staff(office: Office):
    session = office.session(State.ACTIVE)
    with pytest.raises(Forbidden):
        office.visitor.ask(q.SuggestReplies(session))


def test_a_session_in_which_nothing_was_said_has_no_suggestions(office: Office):
    office.admin.do(c.AddCannedResponse("#환불", "네"))
    assert office.agent.ask(q.SuggestReplies(office.session(text=None))) == []
