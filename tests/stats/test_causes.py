"""Why a surge, and groups of similar inquiries."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stats.incidents import incident, session

from cschat.stats.causes import CHANCE, Case, causes, text_marks
from cschat.stats.signals import Inquiry, signals


def test_the_cause_of_a_made_up_incident_is_the_first_that_is_named():
    right = 0
    for seed in range(200):
        made = incident(seed)
        found = causes(made.surge, made.usual)
        right += bool(found) and (found[0].kind, found[0].value) == made.cause
        having = {name: {case.session for case in made.surge if name in case.marks} for name in {(one.kind, one.value) for one in found}}
        assert all(len(having[one.kind, one.value]) == one.count for one in found)
        assert all(having[one.kind, one.value].issuperset(one.sessions) for one in found)
    assert right >= 190


def test_where_shares_are_as_usual_hardly_ever_a_cause_is_named():
    chance, named = Random(1), 0
    for _ in range(100):
        same = [session(chance, f"ses_{at}") for at in range(200)]
        named += bool(causes(same[:50], same[50:]))
    assert named <= 100 * CHANCE * 4


def case(name: str, *values: str, kind: str = "tag") -> Case:
    return Case(name, frozenset((kind, value) for value in values))


def test_how_many_there_are_and_would_be():
    surge = [case(f"s{at:02}", "오배송", *(["VIP"] if at < 2 else [])) for at in range(20)] + [case("rest")] * 20
    usual = [case(f"u{at}", *(["오배송"] if at < 5 else [])) for at in range(100)]
    (found,) = causes(surge, usual)
    assert (found.kind, found.value, found.count, found.expected) == ("tag", "오배송", 20, 2.0)
    assert found.sessions == ("s00", "s01", "s02", "s03", "s04")


def test_sessions_that_other_causes_fit_as_well_are_shown_first():
    surge = [Case(f"s{at}", frozenset({("tag", "a"), *([("channel", "kakao")] if at > 4 else [])})) for at in range(20)]
    usual = [case(f"u{at}") for at in range(100)]
    assert all(int(name[1:]) > 4 for name in causes(surge, usual)[0].sessions)


@pytest.mark.parametrize("values", [("결제가", "결제를", "결제는"), ("결제", "결제창이", "결제")])
def test_a_korean_word_is_found_whatever_its_ending(values):
    surge = [Case(f"s{at}", frozenset(text_marks(f"{values[at % 3]} 안 돼요"))) for at in range(30)]
    usual = [Case(f"u{at}", frozenset(text_marks("배송 안 돼요"))) for at in range(200)]
    assert [(one.kind, one.value) for one in causes(surge, usual)] == [("word", "결제")]


def test_of_categories_above_each_other_the_one_that_tells_most_is_named():
    above, below, beside = ("category", "배송"), ("category", "배송/지연"), ("category", "배송/조회")
    usual = [Case(f"u{at}", frozenset({above, below if at % 2 else beside})) for at in range(40)] + [case(f"v{at}") for at in range(60)]
    late = [Case(f"s{at}", frozenset({above, below})) for at in range(40)]
    both = [Case(f"s{at}", frozenset({above, below if at % 2 else beside})) for at in range(40)]
    assert [one.value for one in causes(late, usual)] == ["배송/지연"]
    assert [one.value for one in causes(both, usual)] == ["배송"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_sessions_does_not_matter_and_nothing_is_named_that_is_rarer(seed, chance):
    made = incident(seed)
    found = causes(made.surge, made.usual)
    assert causes(chance.sample(made.surge, len(made.surge)), chance.sample(made.usual, len(made.usual))) == found
    assert all(one.count > one.expected and 1 <= len(one.sessions) <= 5 for one in found)
    assert causes([], made.usual) == causes(made.surge, []) == []


WHITE = ["앱 업데이트 후에 흰 화면만 나와요", "업데이트했더니 흰 화면이에요", "앱 업데이트하고 나서 흰 화면 ㅠㅠ", "업데이트 후 흰 화면"]
OTHERS = ["배송이 너무 늦어요", "환불은 언제 되나요", "비밀번호를 잊어버렸어요", "쿠폰 적용이 안 돼요", "재입고 언제 하나요"]


def inquiries(texts: list[str], name: str, many: int) -> list[Inquiry]:
    return [Inquiry(f"{name}{at:03}", texts[at % len(texts)]) for at in range(many)]


def test_similar_new_inquiries_are_a_signal_with_a_name():
    found = signals(inquiries(WHITE, "w", 12) + inquiries(OTHERS, "o", 20), inquiries(OTHERS, "b", 20))
    first, *rest = found
    assert (first.count, first.before) == (12, 0)
    assert "업데이트" in first.label
    assert first.typical in WHITE
    assert first.sessions == ("w011", "w010", "w009", "w008", "w007")
    assert [(one.count, one.before) for one in rest] == [(4, 4)] * 5


def test_few_alike_are_no_signal():
    assert signals(inquiries(OTHERS, "o", 10)) == []
    assert len(signals(inquiries(OTHERS, "o", 15))) == 5
    assert len(signals(inquiries(OTHERS, "o", 10), least=2)) == 5
    assert signals([]) == []


def test_one_session_that_says_the_same_again_counts_once():
    assert signals([Inquiry("a", "흰 화면")] * 9) == []


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_inquiries_does_not_matter(chance):
    new, before = inquiries(WHITE + OTHERS, "n", 30), inquiries(OTHERS, "b", 20)
    assert signals(chance.sample(new, 30), chance.sample(before, 20)) == signals(new, before)
