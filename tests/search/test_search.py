"""The default engine, seen from outside."""

from __future__ import annotations

import builtins
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cschat.bots import Answer, Document, Retriever, text_index
from cschat.errors import Invalid, MissingExtra, NotFound

SHOP = (
    Document(
        "refund",
        "환불은 어떻게 받나요?",
        body="결제하신 수단으로 3~5일 안에 처리됩니다.",
        examples=("환불 신청하고 싶어요", "돈 돌려받고 싶어요"),
    ),
    Document(
        "delivery", "배송 조회는 어디서 하나요?", body="운송장 번호를 눌러 주세요.", examples=("택배 언제 와요", "제 물건 어디쯤 왔나요")
    ),
    Document(
        "exchange", "교환 신청 방법", body="수령 후 7일 안에 신청해 주세요.", examples=("사이즈 바꾸고 싶어요", "다른 색으로 교환해 주세요")
    ),
    Document("password", "비밀번호를 잊어버렸어요", examples=("로그인이 안 돼요", "아이디 찾기")),
    Document("coupon", "쿠폰은 어떻게 쓰나요?", examples=("할인 코드 입력", "포인트 사용")),
    Document("hours", "상담 시간이 어떻게 되나요?", examples=("몇 시까지 상담하나요", "주말에도 상담돼요?")),
    Document("cancel", "주문 취소하고 싶어요", examples=("결제 취소", "주문을 취소할 수 있나요")),
    Document("case", "iPhone 케이스 호환", examples=("아이폰 15 케이스 있나요",)),
    Document("shipping", "How long does shipping take?", examples=("When will my order arrive?", "delivery time")),
    Document("card", "My card was declined", examples=("Why was my payment refused?",)),
)


@pytest.fixture(scope="module")
def shop() -> Retriever:
    return text_index(SHOP)


def best(answer: Answer) -> str | None:
    return answer.hits[0].id if answer.hits else None


def ids(answer: Answer) -> list[str]:
    return [hit.id for hit in answer.hits]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        # two syllables
        ("환불", "refund"),
        ("배송", "delivery"),
        ("교환", "exchange"),
        ("쿠폰", "coupon"),
        ("취소", "cancel"),
        # particles and endings
        ("환불은요", "refund"),
        ("쿠폰을 쓰고 싶은데요", "coupon"),
        ("배송은 언제 되나요", "delivery"),
        ("주문을 취소하려고 하는데", "cancel"),
        # spacing
        ("환불을받고싶은데요", "refund"),
        ("배송조회", "delivery"),
        ("비밀 번호를 잊어 버렸어요", "password"),
        ("몇시까지상담", "hours"),
        # slips of a key
        ("베송 조회", "delivery"),
        ("비밀번허를 잊어버렸어요", "password"),
        ("쿠퐁은 어떻게 쓰나요", "coupon"),
        ("when will my oder arive", "shipping"),
        # mixed scripts, case, width
        ("iphone케이스", "case"),
        ("ＩＰＨＯＮＥ 케이스", "case"),
        ("IPHONE을 샀는데 케이스", "case"),
        # English
        ("how long is shipping", "shipping"),
        ("payment refused", "card"),
        # only in the body
        ("운송장", "delivery"),
    ],
)
def test_it_finds_what_is_meant(shop: Retriever, asked: str, wanted: str):
    answer = shop.search(asked)
    assert best(answer) == wanted
    assert answer.confident


@pytest.mark.parametrize(
    "asked", ["오늘 날씨 어때", "피자 먹고 싶다", "what is the capital of France", "asdf qwer zxcv", "ㅁㄴㅇㄹ", "안녕하세요", "", "?!"]
)
def test_it_says_when_it_has_no_good_answer(shop: Retriever, asked: str):
    assert not shop.search(asked).confident


def test_an_unknown_ending_longer_than_the_word_leaves_it_found_but_not_sure(shop: Retriever):
    answer = shop.search("배송이 궁금합니다")
    assert (best(answer), answer.confident) == ("delivery", False)


def test_one_of_a_documents_own_texts_scores_one_however_it_is_spaced(shop: Retriever):
    answer = shop.search("  택배언제, 와요?! ")
    assert (answer.hits[0].id, answer.hits[0].score) == ("delivery", 1.0)
    assert all(0 < hit.score < 1 for hit in answer.hits[1:])


def test_hits_come_best_first_and_at_most_k(shop: Retriever):
    hits = shop.search("환불 교환 취소 신청", 3).hits
    assert len(hits) == 3
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert ids(shop.search("환불 교환 취소 신청", 1)) == [hits[0].id]
    assert len(shop.search("환불 교환 취소 신청", 1000).hits) <= len(SHOP)


def test_nothing_in_common_is_no_hit(shop: Retriever):
    assert "shipping" not in ids(shop.search("환불", 1000))


def test_a_document_is_live_at_once():
    index = text_index(SHOP)
    assert best(index.search("선물 포장 되나요")) != "gift"
    index.put(Document("gift", "선물 포장해 주세요"))
    assert best(index.search("선물 포장 되나요")) == "gift"
    index.put(Document("gift", "기프트 카드 충전"))
    assert best(index.search("선물 포장 되나요")) != "gift"
    assert best(index.search("기프트 카드")) == "gift"
    index.remove("gift")
    assert "gift" not in ids(index.search("기프트 카드", 100))
    assert index.search("환불") == text_index(SHOP).search("환불")


def test_an_exact_text_that_is_gone_is_no_longer_exact():
    index = text_index([Document("a", "환불 문의"), Document("b", "환불 문의"), Document("c", "배송 문의")])
    assert ids(index.search("환불문의", 2)) == ["a", "b"]
    index.remove("a")
    assert [hit.id for hit in index.search("환불문의", 3).hits if hit.score == 1] == ["b"]


def test_removing_what_is_not_there(shop: Retriever):
    with pytest.raises(NotFound) as caught:
        shop.remove("nothing")
    assert caught.value.id == "nothing"


def test_an_empty_index_and_one_that_was_emptied():
    index = text_index()
    assert index.search("환불") == Answer((), False)
    index.put(Document("only", "환불 문의"))
    assert best(index.search("환불")) == "only"
    index.remove("only")
    assert index.search("환불 문의") == Answer((), False)


def test_documents_without_words():
    index = text_index([Document("none", ""), Document("marks", "?!", body="...", examples=("", "~"))])
    assert index.search("?!") == Answer((), False)
    assert index.search("환불") == Answer((), False)
    index.put(Document("refund", "환불 문의"))
    assert ids(index.search("환불", 10)) == ["refund"]


def test_of_two_documents_with_one_id_the_later_counts():
    index = text_index([Document("a", "환불"), Document("a", "배송")])
    assert ids(index.search("환불")) == []
    assert ids(index.search("배송")) == ["a"]


def test_the_threshold_is_the_hosts_to_set():
    assert not text_index(SHOP, threshold=0.99).search("환불 받고 싶어").confident
    assert text_index(SHOP, threshold=0.01).search("안녕하세요").confident
    with pytest.raises(Invalid):
        text_index(threshold=1.5)


@pytest.mark.parametrize("k", [0, -1, 1001, True, "3", 2.0, None])
def test_a_k_that_is_none(shop: Retriever, k: object):
    with pytest.raises(Invalid) as caught:
        shop.search("환불", k)  # pyright: ignore[reportArgumentType]
    assert caught.value.field == "k"


def test_wrong_types(shop: Retriever):
    for wrong in (
        lambda: shop.search(None),
        lambda: shop.put("x"),
        lambda: text_index([None]),
        lambda: Document(1, "x"),
        lambda: Document("", "x"),
        lambda: Document("a", None),
    ):
        with pytest.raises(Invalid):
            wrong()
    with pytest.raises(Invalid) as caught:
        Document("a", "x", examples=["fine", 3])
    assert caught.value.field == "examples[1]"
    with pytest.raises(Invalid):
        Document("a", "x", examples="one string")


def test_without_numpy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    real = builtins.__import__

    def no_numpy(name: str, *rest: object, **more: object):
        if name.partition(".")[0] == "numpy":
            raise ModuleNotFoundError("No module named 'numpy'", name="numpy")
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "cschat.bots.index", raising=False)
    monkeypatch.setattr(builtins, "__import__", no_numpy)
    with pytest.raises(MissingExtra) as caught:
        text_index()
    assert caught.value.extra == "search"


def test_long_texts_are_no_trouble(shop: Retriever):
    assert best(shop.search("환불 " * 5_000)) == "refund"
    index = text_index(SHOP)
    index.put(Document("long", "약관", body="제1조 목적은 다음과 같다. " * 2_000))
    assert best(index.search("약관")) == "long"


def test_others_search_while_one_changes():
    index = text_index(SHOP)
    failed: list[BaseException] = []
    done = threading.Event()

    def search():
        try:
            while not done.is_set():
                assert "refund" in ids(index.search("환불 신청 문의 7"))
        except BaseException as error:  # noqa: BLE001  (shown in the main thread)
            failed.append(error)

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(200):
        index.put(Document("new", f"새로운 문의 {number} {'글' * (number % 7)}"))
        if number % 3 == 0:
            index.remove("new")
    done.set()
    for thread in threads:
        thread.join()
    assert not failed


def test_changes_without_end_take_no_memory_without_end():
    index = text_index(SHOP)
    for number in range(400):
        index.put(Document("busy", " ".join(f"w{number}x{part}" for part in range(60))))
    assert best(index.search("환불")) == "refund"
    assert best(index.search("w399x7")) == "busy"
    assert len(index._rows.counts.texts) < 60_000  # as many features have come and gone several times over


TEXTS = st.text(st.sampled_from("환불배송교취소가나다라 abcdeé12ㅋㅠ日本👍-_"), max_size=20)
DOCUMENTS = st.lists(st.builds(Document, st.uuids().map(str), TEXTS, body=TEXTS, examples=st.lists(TEXTS, max_size=3)), max_size=12)


@given(DOCUMENTS)
def test_a_document_finds_itself(documents: list[Document]):
    index = text_index(documents)
    for document in documents:
        for text in (document.title, *document.examples):
            answer = index.search(text, 100)
            assert document.id in [hit.id for hit in answer.hits if hit.score == 1] or not any(char.isalnum() for char in text)


@given(DOCUMENTS, TEXTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(documents: list[Document], asked: str, chance):
    one = text_index(documents).search(asked, 100)
    two = text_index()
    chance.shuffle(documents)
    for document in documents:
        two.put(Document(document.id, asked))
    for document in documents:
        two.put(document)
    other = two.search(asked, 100)
    assert {hit.id: hit.score for hit in one.hits} == pytest.approx({hit.id: hit.score for hit in other.hits})  # but for rounding


@given(DOCUMENTS, st.text(), st.integers(1, 1000))
def test_any_text_may_be_asked(documents: list[Document], asked: str, k: int):
    index = text_index(documents)
    answer = index.search(asked, k)
    assert len(answer.hits) <= k
    assert len(set(ids(answer))) == len(answer.hits)
    assert all(0 < hit.score <= 1 for hit in answer.hits)
    index.put(Document("asked", asked, body=asked))
    index.search(asked)
    index.remove("asked")
    again = index.search(asked, k)
    assert [hit.score for hit in again.hits] == pytest.approx([hit.score for hit in answer.hits])  # equal but for rounding


def test_naughty_strings(table):
    strings = [text for row in table("attack-corpora/naughty.jsonl.gz") for text in row.values() if isinstance(text, str)]
    index = text_index(Document(str(number), text) for number, text in enumerate(strings))
    for text in strings:
        index.search(text)
