"""What an alert says: whole sentences in both languages, and nothing that a customer typed can spoil it."""

from __future__ import annotations

import html
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cschat.core.alerts import AlertKind
from cschat.transport import formats
from cschat.transport.notices import MAX_LINE, MAX_NAME, MAX_QUOTE, Facts, clean, notice

ANYTHING = st.text(max_size=3 * MAX_QUOTE) | st.text("\u202e\u2066\r\n\t\x00<>&*_[]()`|{}가a", max_size=100)
FACTS = st.builds(
    Facts,
    kind=st.sampled_from(AlertKind),
    brand=ANYTHING,
    customer=ANYTHING,
    agent=ANYTHING,
    how=st.sampled_from(["", "claim", "manual", "transfer", "moved", "auto"]),
    channel=ANYTHING | st.just("kakao"),
    category=ANYTHING,
    subject=ANYTHING,
    said=ANYTHING,
    text=ANYTHING,
    scenario=ANYTHING,
    link=st.sampled_from(["", "https://desk.example.com/s/ses_1"]),
)


@pytest.mark.parametrize("language", ["ko", "en", "ko-KR", "fr"])
@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_is_a_sentence_with_everything_in_it(kind: AlertKind, language: str):
    facts = Facts(kind, customer="김고객", agent="민아", channel="web", text="응답이 늦었습니다.", how="manual")
    made = notice(facts, language)
    assert "{" not in made.text
    assert made.title.endswith(".")
    person = kind not in {"rule", "no_answer", "sla", "surge", "low_balance", "bot_failure"}
    assert ("님" in made.title) == (person and language.startswith("ko"))


def test_a_customer_without_a_name_is_a_customer():
    assert notice(Facts(AlertKind.MESSAGE_LEFT), "ko").title == "고객이 메시지를 남겼습니다."
    assert notice(Facts(AlertKind.MESSAGE_LEFT), "en").title == "A customer left a message."


@given(facts=FACTS, language=st.sampled_from(["ko", "en"]))
def test_whatever_is_typed_stays_in_its_place_and_in_bounds(facts: Facts, language: str):
    made = notice(facts, language)
    assert len(made.title) <= 2 * MAX_NAME + MAX_LINE + 60
    assert len(made.quote) <= MAX_QUOTE
    for part in (made.title, *(value for _, value in made.lines), *made.quote.splitlines()):
        assert "\n" not in part
        assert not any(unicodedata.category(letter) == "Cc" or letter in "\u202e\u2066\u2028\u2029" for letter in part)
    for _, value in made.lines:
        assert 0 < len(value) <= MAX_LINE


@given(facts=FACTS)
def test_no_form_lets_through_what_means_something_there(facts: Facts):
    made = notice(facts, "ko")
    for block in formats.slack(made)["blocks"][:1]:
        assert len(block["text"]["text"]) <= 3000 * 5
        assert not re.search(r"<|&(?!(amp|lt|gt);)", block["text"]["text"])
    told = formats.telegram(made, "1")["text"]
    bare = re.sub(r'</?(b|blockquote)>|<a href="https://desk\.example\.com/s/ses_1">|</a>', "", told)
    assert "<" not in bare
    assert ">" not in bare
    assert len(html.unescape(bare)) <= 4096
    body = formats.jandi(made)
    assert body["body"].replace(f"[{made.link_label}]({made.link})", "").count("[") == 0
    assert "[" not in str([one.get("description") for one in body.get("connectInfo", [])])[1:]


@given(text=ANYTHING, limit=st.integers(2, 50))
def test_a_cleaned_text_is_clean(text: str, limit: int):
    once = clean(text, limit)
    assert len(once) <= limit
    assert clean(once, limit) == once
