"""Content as each channel can show it, and texts cut in parts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cschat.core.channels import CHANNELS, Channel, channel_named, fit, shortfalls, split
from cschat.core.content import Card, Choice, Content, ContentKind, FormField, Media

TEXTS = st.text(st.sampled_from("가나다라 abc.\n?!😀👩‍🚀́"), max_size=60)
CHOICES = st.lists(
    st.builds(Choice, st.text("가나다abc", min_size=1, max_size=30)), min_size=1, max_size=12, unique_by=lambda one: one.label
).map(tuple)
MEDIA = st.builds(Media, name=st.just("사진.png"), url=st.just("https://shop.example/1.png"))
CARDS = st.builds(
    Card,
    title=st.text("가나", max_size=9),
    text=st.text("다라", min_size=1, max_size=9),
    image=st.none() | MEDIA,
    choices=st.just(()) | CHOICES,
)
CONTENTS = st.one_of(
    TEXTS.filter(str.strip).map(Content),
    st.text("가나 다.", min_size=1, max_size=60).filter(str.strip).map(lambda text: Content(text=text)),
    st.builds(lambda text, choices: Content(ContentKind.CHOICES, text, choices=choices), TEXTS, CHOICES),
    st.builds(lambda media: Content(ContentKind.IMAGE, media=media), MEDIA),
    st.builds(lambda media: Content(ContentKind.FILE, media=media), MEDIA),
    st.builds(lambda card: Content(ContentKind.CARD, cards=(card,)), CARDS),
    st.builds(lambda cards: Content(ContentKind.CAROUSEL, cards=tuple(cards)), st.lists(CARDS, min_size=2, max_size=12)),
    st.just(Content(ContentKind.FORM, "적어 주세요.", fields=(FormField("name", "이름"), FormField("phone", "연락처")))),
    st.just(Content(ContentKind.ARTICLE, "반품 안내", article="art_1")),
).filter(lambda content: isinstance(content.kind, ContentKind))
NARROW = st.builds(
    Channel,
    st.just("narrow"),
    text=st.integers(5, 60),
    choices=st.integers(0, 5),
    label=st.integers(3, 12),
    carousel=st.integers(0, 4),
    cards=st.booleans(),
    images=st.booleans(),
    files=st.booleans(),
    forms=st.booleans(),
    articles=st.booleans(),
)


@given(CONTENTS, NARROW | st.sampled_from(list(CHANNELS.values())))
def test_what_comes_out_can_be_shown_and_comes_out_the_same_again(content, channel):
    shown = fit(content, channel)
    assert shown
    for one in shown:
        assert shortfalls(one, channel) == []
        assert fit(one, channel) == [one]
        one.check()


@given(CONTENTS)
def test_what_a_channel_shows_is_left_as_it_is(content):
    (same,) = fit(content, channel_named("web"))
    assert same is content


def test_too_many_buttons_become_a_numbered_list():
    choices = tuple(Choice(label) for label in ("반품", "교환", "배송 조회"))
    (text,) = fit(Content(ContentKind.CHOICES, "무엇을 도와드릴까요?", choices=choices), Channel("x", choices=2))
    assert text == Content(text="무엇을 도와드릴까요?\n\n1. 반품\n2. 교환\n3. 배송 조회")


def test_a_long_label_is_cut_on_the_button_whole_in_the_text_and_sends_what_it_said():
    (shown,) = fit(
        Content(ContentKind.CHOICES, "선택해 주세요.", choices=(Choice("아주아주 긴 이름의 단추"), Choice("네"))), Channel("x", label=6)
    )
    assert shown.text == "선택해 주세요.\n\n1. 아주아주 긴 이름의 단추\n2. 네"
    assert shown.choices == (Choice("아주아주 …", "아주아주 긴 이름의 단추"), Choice("네"))


def test_a_picture_a_card_and_a_form_become_words():
    plain = channel_named("sms")
    image = Media(name="머그컵", url="https://shop.example/1.png")
    assert fit(Content(ContentKind.IMAGE, media=image), plain) == [Content(text="머그컵 https://shop.example/1.png")]
    card = Card("머그컵", "12,900원", image, (Choice("주문하기", url="https://shop.example/1"),))
    assert [one.text for one in fit(Content(ContentKind.CARD, cards=(card,)), plain)] == [
        "머그컵 https://shop.example/1.png",
        "머그컵\n12,900원\n\n1. 주문하기 https://shop.example/1",
    ]
    form = Content(ContentKind.FORM, "적어 주세요.", fields=(FormField("name", "이름"), FormField("phone", "연락처")))
    assert fit(form, plain) == [Content(text="적어 주세요.\n- 이름\n- 연락처")]


def test_an_unknown_channel_shows_what_the_web_shows():
    assert channel_named("kiosk") is CHANNELS["web"]


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("짧은 글", 10, ["짧은 글"]),
        ("첫 문단입니다.\n\n둘째 문단입니다.", 12, ["첫 문단입니다.", "둘째 문단입니다."]),
        ("첫 줄\n둘째 줄", 6, ["첫 줄", "둘째 줄"]),
        ("안녕하세요. 반갑습니다! 또 봬요.", 16, ["안녕하세요. 반갑습니다!", "또 봬요."]),
        ("가나다 라마바 사아자", 8, ["가나다 라마바", "사아자"]),
        ("가나다라마바사", 3, ["가나다", "라마바", "사"]),
        ("ab👩‍🚀cd", 4, ["ab", "👩‍🚀c", "d"]),
        ("🇰🇷🇰🇷", 3, ["🇰🇷", "🇰🇷"]),
        ("  \n ", 3, []),
    ],
)
def test_where_a_text_is_cut(text, limit, parts):
    assert split(text, limit) == parts


@given(TEXTS, st.integers(1, 20))
def test_parts_are_short_enough_never_empty_and_lose_only_white_space(text, limit):
    parts = split(text, limit)
    assert all(part.strip() and len(part) <= limit for part in parts)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", text)
