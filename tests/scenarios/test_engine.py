"""The engine under any scenario and any input: it goes on, ends, or tells what is wrong; it never raises anything else."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cschat.bots.check import Problem, check
from cschat.bots.engine import MAX_CHAIN, Env, Found, Said, Start, answer, takes
from cschat.bots.entering import MAX_FRAMES
from cschat.bots.format import as_data, load
from cschat.bots.library import names, scenario
from cschat.bots.scenario import KINDS
from cschat.bots.understanding import accept, named
from cschat.core.content import Content
from cschat.errors import ScenarioError
from cschat.testing.strategies import inputs, scenarios

SCENARIOS = scenarios()
TEXTS = (
    st.sampled_from(["\ud800", "환불\0", "{{ a }}", "{% for x in a %}"])
    | st.sampled_from(["환불", "1", "네", "12345", "없음"])
    | st.text(max_size=30)
)


def played(made, moves, env):
    """Give a scenario one thing after the other; how it ended, and that every answer is the same when it is asked for again."""
    cursor = None
    for one in [Start(), *moves]:
        at = made if cursor is None else env.scenarios(cursor.scenario)
        try:
            outcome = answer(at, cursor, one, env)
            assert outcome == answer(at, cursor, one, env)
        except ScenarioError as error:
            assert error.reason
            return "failed"
        assert len(outcome.path) <= MAX_CHAIN + 1
        assert all(isinstance(step, str) and isinstance(edge, str) for step, edge in outcome.path)
        cursor = outcome.cursor
        if cursor is None:
            return "over"
        at = env.scenarios(cursor.scenario)
        assert cursor.step in at.steps
        assert len(cursor.frames) <= MAX_FRAMES
        if isinstance(one, Said):
            assert takes(at, cursor, one.content, env) in (True, False)
    return "waits"


@settings(max_examples=150)
@given(
    scenarios(others=("random", "other")),
    scenarios(name="other"),
    st.lists(inputs(TEXTS), max_size=8),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_nothing_but_scenario_errors_comes_out(made, other, moves, flags):
    forms, side, found = flags
    articles = [Found("art_1", "반품", "7일 안에"), Found("art_2", "배송", "")] if found else []
    env = Env(
        language="ko",
        about={"customer": {}, "session": {}, "queue": {}, "hours": {}},
        today=date(2026, 1, 5),
        search=lambda text, section, limit: articles,
        scenarios={"random": made, "other": other}.__getitem__,
        forms=forms,
        side=side,
    )
    played(made, moves, env)


@settings(max_examples=100)
@given(scenarios(), st.data())
def test_nor_for_any_of_the_naughty_strings(table, made, data):
    naughty = [row["payload"] for name in ("naughty", "ssti") for row in table(f"attack-corpora/{name}.jsonl.gz")]
    env = Env(about={"customer": {"name": data.draw(st.sampled_from(naughty))}, "session": {}, "queue": {}}, scenarios=lambda key: made)
    played(made, data.draw(st.lists(inputs(st.sampled_from(naughty)), max_size=8)), env)


def test_every_kind_of_step_is_made():
    met = set()

    @settings(max_examples=80, database=None, derandomize=True)
    @given(scenarios(min_steps=6, max_steps=6))
    def look(made):
        met.update(step.key for step in made.steps.values())

    look()
    assert met == {*KINDS}


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


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_naughty_strings_do_no_harm_anywhere_in_the_library(table, name):
    """Each of them is said again and again, from the start to wherever that leads."""
    made, others = scenario(name), {one: scenario(one) for one in names()}
    queue, hours = {"position": 1, "minutes": ""}, {"open": True, "today": "09:00-18:00", "next_opening": ""}
    about = {"customer": {}, "session": {}, "queue": queue, "hours": hours}
    env = Env(about=about, scenarios=others.__getitem__, today=date(2026, 1, 5))
    for row in table("attack-corpora/naughty.jsonl.gz"):
        text = row["payload"]
        assert played(made, [Said(Content(text=text))] * 6, env) in ("waits", "over"), text
        for kind in ("text", "number", "date", "birth_date", "name", "phone", "email", "address"):
            accept(kind, text, today=date(2026, 1, 5))
        named(text, ("교환", "반품"))


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
