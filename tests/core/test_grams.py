"""How texts are folded, cut and found again."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cschat.core.grams import grams, holds, marks, searchable, snippet, words

LETTERS = st.text(st.sampled_from("가나다배송지연ㅋㅠＡＳasÉé12-/. \n\t_①ﾊﾞカ漢👍…"), max_size=40)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("배송", "재배송했어요"),
        ("배송지연", "배송 지연이 심해요"),
        ("배송 지연", "지연되는 배송"),
        ("as", "Ａ/Ｓ 되나요"),
        ("AS", "a/s"),
        ("cafe", "Café 라떼"),
        ("01012345678", "010-1234-5678"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
        ("아이폰 case", "아이폰용 CASE"),
    ],
)
def test_what_people_write_in_several_ways_is_the_same(typed: str, text: str):
    assert holds(searchable(text), words(typed))


@pytest.mark.parametrize(
    ("typed", "text"), [("배송", "배 고파요 송금"), ("cat", "magic at"), ("배송 환불", "배송"), ("배송됨", "배송 안 됨")]
)
def test_what_is_not_there_is_not_found(typed: str, text: str):
    assert not holds(searchable(text), words(typed))


@given(ANY, ANY, ANY)
def test_a_word_is_found_in_every_text_around_it_and_has_no_other_grams(before: str, word: str, after: str):
    wanted = words(word)
    text = searchable(f"{before} {word} {after}")
    assert all(grams(one) <= grams(text) for one in wanted if one in text)
    assert holds(searchable(word), wanted)


@given(ANY)
def test_a_gram_is_two_letters_of_one_word(text: str):
    found = searchable(text)
    assert found == " ".join(found.split())
    assert not any(" " in gram or len(gram) != 2 for gram in grams(found))


@given(LETTERS, LETTERS)
def test_marks_stand_where_the_words_do(text: str, typed: str):
    wanted = [word for word in words(typed) if word in searchable(text)]
    found = marks(text, wanted)
    assert bool(found) == bool(wanted)
    assert all(start < end for start, end in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    for word in wanted:
        assert any(word in searchable(text[start:end]) for start, end in found)


@given(LETTERS.map(lambda text: text.replace("ㅠ", "") * 9), LETTERS)
def test_a_snippet_is_a_piece_of_the_text_around_the_first_word(text: str, typed: str):
    wanted = [word for word in words(typed) if word in searchable(text)]
    piece, places = snippet(text, wanted)
    assert piece in text or piece.removeprefix("…").removesuffix("…") in text
    assert bool(places) == bool(wanted)
    assert all(0 <= start < end <= len(piece) for start, end in places)
    if wanted:
        start, end = places[0]
        assert any(searchable(piece[start:end])[:1] in word for word in wanted)


def test_a_snippet_of_a_long_text():
    text = "가나다라 " * 50 + "배송 지연" + " 마바사아" * 50
    piece, [(start, end)] = snippet(text, words("배송지연"))
    assert piece.startswith("…")
    assert piece.endswith("…")
    assert len(piece) < 100
    assert piece[start:end] == "배송 지연"
