"""The engine under any scenario and any input: it goes on, ends, or tells what is wrong; it never raises anything else."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cschat.bots.check import Problem, check
from cschat.bots.engine import Env, Failed, Found, Refused, Returned, Said, Start, answer, takes
from cschat.bots.format import as_data, load
from cschat.bots.library import names, scenario
from cschat.bots.understanding import accept, named
from cschat.core.content import Choice, Content, ContentKind, FormField, Media
from cschat.errors import ScenarioError

STEPS = [f"s{number}" for number in range(5)]
TARGETS = st.sampled_from(STEPS)
WORDS = st.sampled_from(
    ["안녕하세요", "{{ a }}", "{{ a | default('x') }}", "{{ order.status }}", "{% if a is defined %}네{% endif %}", "Hello"]
)
LABELS = st.lists(st.sampled_from(["환불", "배송", "1", "네", "Yes", "상담사 연결"]), min_size=1, max_size=3)
CONDITIONS = st.sampled_from(["a == 'x'", "a is defined", "order.status == '배송'", "(a | default(1)) > 3", "true", "b in [1, 2]"])


def step(**parts):
    return st.fixed_dictionaries(parts)


STEP = st.one_of(
    step(say=WORDS, next=TARGETS),
    step(
        say=WORDS,
        choose=LABELS.flatmap(lambda labels: st.tuples(*[step(label=st.just(label), goto=TARGETS) for label in labels]).map(list)),
    ),
    step(
        choose=LABELS.flatmap(lambda labels: st.tuples(*[step(label=st.just(label), goto=TARGETS) for label in labels]).map(list)),
        otherwise=TARGETS,
        save=st.just("a"),
    ),
    step(
        ask=st.sampled_from(["a", "b"]),
        prompt=WORDS,
        type=st.sampled_from(["text", "number", "date", "birth_date", "name", "phone", "email", "address", "image", "file"]),
        retries=st.integers(0, 2),
        keep=st.booleans(),
        on_fail=TARGETS,
        next=TARGETS,
    ),
    step(form=st.just(["name", "phone"]), on_fail=TARGETS, next=TARGETS),
    step(branch=st.lists(step(when=CONDITIONS, goto=TARGETS), min_size=1, max_size=2)).flatmap(
        lambda made: TARGETS.map(lambda target: made | {"else": target})
    ),
    step(faq=st.just({"limit": 2}), helped=TARGETS, not_helped=TARGETS),
    step(do=st.just("act"), save=st.just("order"), on_error=TARGETS, next=TARGETS),
    step(set=st.just({"a": "{{ b | default('y') }}", "b": 2}), next=TARGETS),
    step(tag=st.just(["x"]), next=TARGETS),
    step(call=st.just("random"), next=TARGETS),
    step(goto=TARGETS),
    step(handoff=st.just({"category": "환불"}), closed=TARGETS, nobody=TARGETS),
    step(leave_message=st.just(["name", "message"])),
    step(rate=st.just({"scale": 5}), next=TARGETS),
    step(consent=st.just({"what": "w", "purpose": "p", "version": "1"}), say=WORDS, agreed=TARGETS, refused=TARGETS),
    step(end=st.just("done")),
)
SCENARIOS = st.fixed_dictionaries(dict.fromkeys(STEPS, STEP)).map(lambda steps: load({"scenario": "random", "start": "s0", "steps": steps}))
TEXTS = st.one_of(
    st.sampled_from(["환불", "배송이요", "1", "2번", "네", "12345", "010-1234-5678", "2026-01-02", "김하늘", "", " ", "\ud800", "없음"]),
    st.text(max_size=30),
)
CONTENTS = st.one_of(
    TEXTS.map(lambda text: Content(text=text)),
    st.just(Content(kind=ContentKind.IMAGE, media=Media("a.png", "image/png", url="https://shop.example/a.png"))),
    st.just(Content(kind=ContentKind.CHOICES, text="?", choices=(Choice("a"),))),
    TEXTS.filter(lambda text: "\ud800" not in text and "\0" not in text).map(
        lambda text: Content(kind=ContentKind.FORM, fields=(FormField("name", answer=text), FormField("phone", answer="01012345678")))
    ),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["status", "x"]), inner, max_size=2),
    max_leaves=4,
)
GIVEN = st.one_of(
    CONTENTS.map(Said),
    VALUES.map(Returned),
    st.just(Failed("x")),
    st.sampled_from(["closed", "nobody", "?"]).map(Refused),
    st.just(Start()),
)


@settings(max_examples=300)
@given(SCENARIOS, st.lists(GIVEN, max_size=8), st.booleans(), st.booleans(), st.booleans())
def test_nothing_but_scenario_errors_comes_out(made, given_, forms, side, found):
    articles = [Found("art_1", "반품", "7일 안에"), Found("art_2", "배송", "")] if found else []
    env = Env(
        language="ko",
        about={"customer": {}, "session": {}, "queue": {}, "hours": {}},
        today=date(2026, 1, 5),
        search=lambda text, section, limit: articles,
        scenarios=lambda key: made,
        forms=forms,
        side=side,
    )
    cursor = None
    for one in [Start(), *given_]:
        try:
            outcome = answer(made, cursor, one, env)
            assert outcome == answer(made, cursor, one, env)
        except ScenarioError as error:
            assert error.reason
            return
        cursor = outcome.cursor
        if cursor is None:
            return
        if isinstance(one, Said):
            assert takes(made, cursor, one.content, env) in (True, False)


@settings(max_examples=60)
@given(SCENARIOS)
def test_the_checker_judges_any_scenario_and_what_it_shows_is_so(made):
    for problem in check(made):
        assert isinstance(problem, Problem)
        assert problem.replayed or not problem.conversation


@given(SCENARIOS)
def test_a_scenario_written_down_and_read_again_is_the_same(made):
    assert load(as_data(made)) == made


@pytest.mark.parametrize("name", names())
def test_so_is_each_of_the_library(name):
    assert load(as_data(scenario(name))) == scenario(name)


def test_naughty_strings_do_no_harm(table):
    made = scenario("exchange_return")
    env = Env(about={"customer": {}, "session": {}, "queue": {}, "hours": {}}, scenarios=lambda key: made)
    for row in table("attack-corpora/naughty.jsonl.gz"):
        text = row["payload"]
        for kind in ("text", "number", "date", "birth_date", "name", "phone", "email", "address"):
            accept(kind, text, today=date(2026, 1, 5))
        named(text, ("교환", "반품"))
        outcome = answer(made, answer(made, None, Start(), env).cursor, Said(Content(text=text)), env)
        assert outcome.cursor is not None


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("반품", 0),
        ("반품이요", 0),
        (" 반 품 ", 0),
        ("2", 1),
        ("3번", 2),
        ("상담사연결", 2),
        ("상담사 열결", 2),
        ("상담사 연결해주세요", 2),
        ("배송 조화", 1),
        ("4", None),
        ("반송", None),
        ("교환", None),
        ("", None),
    ],
)
def test_which_button_a_typed_text_names(text, index):
    assert named(text, ("반품", "배송 조회", "상담사 연결")) == index


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("phone", "01012345678", "010-1234-5678"),
        ("phone", "+82 10 1234 5678", "010-1234-5678"),
        ("phone", "02-123-4567", "02-123-4567"),
        ("phone", "1588-1234", "1588-1234"),
        ("phone", "12", None),
        ("email", "Sky@Example.com", "Sky@example.com"),
        ("email", "sky@example", None),
        ("email", "a..b@example.com", None),
        ("number", "1,200원", "1200"),
        ("number", "３개", "3"),
        ("number", "세 개", None),
        ("date", "2026년 1월 2일", "2026-01-02"),
        ("date", "내일", "2026-01-06"),
        ("date", "2026-02-30", None),
        ("birth_date", "900102", "1990-01-02"),
        ("birth_date", "2030-01-01", None),
        ("name", "김하늘입니다", "김하늘"),
        ("name", "12345", None),
        ("address", "서울시  마포구 월드컵로 1", "서울시 마포구 월드컵로 1"),
        ("text", "  ", None),
    ],
)
def test_what_is_accepted_as_an_answer(kind, text, value):
    assert accept(kind, text, today=date(2026, 1, 5)) == value
