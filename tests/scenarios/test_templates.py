"""Texts with variables and conditions: what they say, what they refuse, and that nothing gets out of them."""

import time
import tracemalloc

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cschat.bots.templates import MAX_OUTPUT, condition, template
from cschat.errors import ScenarioError

KNOWN = {
    "customer": {"name": "하늘", "tags": ["vip"]},
    "order": {"status": "배송완료", "price": 12900, "items": ["머그컵", "접시"]},
    "count": 3,
    "said": "환불",
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("안녕하세요.", "안녕하세요."),
        ("{{ customer.name }}님", "하늘님"),
        ("{{ customer.nick | default('고객') }}님", "고객님"),
        ('{{ nobody | default("고객") }}님', "고객님"),
        ("{{ order.price | comma }}원", "12,900원"),
        ("{{ order['items'] | join(', ') }}", "머그컵, 접시"),
        ("{% for item in order['items'] %}- {{ item }}\n{% endfor %}", "- 머그컵\n- 접시\n"),
        ("{% if count > 2 %}많음{% elif count %}적음{% else %}없음{% endif %}", "많음"),
        ("{{ count + 1 }}/{{ count * 2 - 1 }}", "4/5"),
        ("{{ '있음' if order.status == '배송완료' else '없음' }}", "있음"),
        ("{{ said | upper }} {{ said | length }} { }", "환불 2 { }"),
        ("{{ customer.tags | first | replace('v', 'V') }}", "Vip"),
        ("{{ 'x' if nothing is defined else 'y' }}", "y"),
        ("{# a remark #}네", "네"),
    ],
)
def test_what_a_text_says(text, said):
    assert template(text).render(KNOWN) == said


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("order.status == '배송완료'", True),
        ("order.status != '배송완료'", False),
        ("count == 3", True),
        ("count >= 4 or 'vip' in customer.tags", True),
        ("not (count in [1, 2])", True),
        ("count is number and said is string and said is not none", True),
        ("refund is defined", False),
        ("1 < count <= 3", True),
        ("true", True),
        ("(refund | default(0)) > 0", False),
    ],
)
def test_what_a_condition_says(text, holds):
    assert condition(text).holds(KNOWN) is holds


@pytest.mark.parametrize("text", ["{{ nobody }}", "{{ order.colour }}", "{{ nobody.name }}", "{{ order.price.x }}", "{{ nobody | upper }}"])
def test_what_is_not_known_is_an_error_and_no_blank(text):
    with pytest.raises(ScenarioError, match="not known"):
        template(text).render(KNOWN)
    with pytest.raises(ScenarioError, match="not known"):
        condition(text.strip("{} ")).holds(KNOWN)


def test_a_text_names_its_variables():
    text = template("{{ a }} {{ b.c | default('x') }} {% for i in d %}{{ i }}{{ a }}{% endfor %}{{ e | default(f) }}")
    assert (text.variables, text.optional) == ({"a", "d", "f"}, {"b", "e"})
    simple = template("{{ a }} {{ b.c | default('x') }}")
    assert (simple.variables, simple.optional) == ({"a"}, {"b"})
    test = condition("a.b == 'x' and (c | default(1)) > 0")
    assert (test.variables, test.optional) == ({"a"}, {"c"})


@pytest.mark.parametrize(
    "text",
    [
        "{{ customer.__class__ }}",
        "{{ customer['__class__'] }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ said.upper() }}",
        "{{ range(3) }}",
        "{{ 9 ** 9 }}",
        "{{ 'a' * 1000 }}",
        "{{ '%s' % said }}",
        "{% set x = 1 %}",
        "{% import 'os' as os %}",
        "{% include 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{{ self }}",
        "{{ _private }}",
        "{{ customer._private }}",
        "{{ customer['_private'] }}",
        "{{ said | attr('upper') }}",
        "{{ said | map('upper') }}",
        "{{ 1_000_000_000_000_000_000 }}",
        "{{ said | replace('', 'xxxx') }}",
        "{% for a in said recursive %}{% endfor %}",
        "{{ " + "(" * 200 + "1" + ")" * 200 + " }}",
        "{{ " + "not " * 3000 + "1 }}",
        "x" * 10 + "{{ a" + " + a" * 400 + " }}",
        "{% if a %}",
        "{{",
    ],
)
def test_what_is_not_part_of_the_language_is_refused(text):
    with pytest.raises(ScenarioError):
        template(text).render({**KNOWN, "customer": {"_private": 1}, "_private": 1, "a": 1})


def test_an_object_of_the_host_cannot_be_reached():
    class Order:
        status = "secret"

    with pytest.raises(ScenarioError, match="not known"):
        template("{{ order.status }}").render({"order": Order()})
    with pytest.raises(ScenarioError, match="Order cannot be said"):
        template("{{ order }}").render({"order": Order()})


def test_loops_and_output_are_bounded():
    with pytest.raises(ScenarioError, match="go round at most"):
        template("{% for a in l %}{% for b in l %}x{% endfor %}{% endfor %}").render({"l": list(range(100))})
    with pytest.raises(ScenarioError, match="grows to more"):
        template("{{ a }}{{ a }}").render({"a": "x" * (MAX_OUTPUT // 2 + 1)})
    with pytest.raises(ScenarioError, match="grows to more"):
        template("{% for i in l %}{{ a }}{% endfor %}").render({"a": "x" * 1000, "l": list(range(100))})


def test_what_is_too_long_is_not_put_together_first():
    text = "{% for i in l %}" + "{{ a }}" * 40 + "{% endfor %}"
    tracemalloc.start()
    with pytest.raises(ScenarioError, match="grows to more"):
        template(text).render({"a": "x" * 10_000 + "가", "l": list(range(200))})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


NAMES = st.sampled_from(["a", "b", "이름"])
PIECES = st.one_of(
    st.text("가나 x.,!", max_size=5),
    NAMES.map(lambda name: f"{{{{ {name} }}}}"),
    NAMES.map(lambda name: f"{{{{{name}.b}}}}"),
    NAMES.map(lambda name: f"{{{{ {name}.c | default('없음') }}}}"),
    NAMES.map(lambda name: f'{{{{ {name} | default("-") }}}}'),
)
VALUES = st.one_of(
    st.text("가나x", max_size=3), st.integers(-5, 5), st.booleans(), st.none(), st.fixed_dictionaries({"b": st.text("나", max_size=2)})
)


@given(st.lists(PIECES, max_size=5).map("".join), st.dictionaries(NAMES, VALUES))
def test_the_quick_way_says_what_the_long_way_says(text, known):
    def said(source):
        try:
            return template(source).render(known)
        except ScenarioError as error:
            return error.reason

    assert said(text) == said(text + "{% if true %}{% endif %}")  # the second is too much for the quick way


@given(st.text("{}%# |.()'[]+*/-<>=_ab1,~ifforinse\n", max_size=60))
def test_whatever_is_written_only_scenario_errors_come_out(text):
    for make in (template, condition):
        try:
            made = make(text)
            made.render({"a": 1, "b": {"a": [1]}}) if make is template else made.holds({"a": 1})
        except ScenarioError:
            pass


def test_plain_texts_say_what_jinja_says():
    """The language is a part of Jinja's: what both understand means the same."""
    for text in [
        "{{ count + 1 }}",
        "{% if count > 2 %}a{% else %}b{% endif %}",
        "{{ said ~ '!' }}",
        "{{ said | upper }}",
        "{{ order['price'] }}",
    ]:
        assert template(text).render(KNOWN) == jinja2.Template(text).render(KNOWN)


@pytest.mark.slow
def test_no_case_of_template_injection_escapes_hangs_or_takes_memory(table):
    cases = [row["payload"] for row in table("attack-corpora/ssti.jsonl.gz")]
    assert len(cases) == 81
    refused, longest = 0, 0.0
    for payload in cases:
        for make in (template, condition):
            tracemalloc.start()
            began = time.perf_counter()
            try:
                made = make(payload)
                said = made.render({"name": "x"}) if make is template else str(made.holds({"name": "x"}))
                assert (
                    not any(word in said for word in ("<class", "<module", "<function", "SECRET_KEY", "uid=", "root:", "subprocess"))
                    or said == payload
                )
            except ScenarioError:
                refused += 1
            longest = max(longest, time.perf_counter() - began)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 50_000_000, payload
    assert refused > 81
    assert longest < 0.1
