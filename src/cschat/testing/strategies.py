"""Hypothesis strategies: any scenario, and anything that may be given to one. Needs hypothesis.

May: make scenarios and inputs. May not: say what must hold of them.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from cschat.bots.engine import Failed, Given, Refused, Returned, Said, Start
from cschat.bots.format import load
from cschat.bots.scenario import ANSWER_TYPES, PRIORITIES, Scenario
from cschat.core.content import Choice, Content, ContentKind, FormField, Media

__all__ = ["contents", "inputs", "scenarios"]

_Data = dict[str, Any]
_WORDS = (
    "안녕하세요",
    "Hello",
    "{{ a }}",
    "{{ a | default('x') }}",
    "{{ order.status }}",
    "{% if a is defined %}네{% endif %}",
    "{% for item in order %}{{ item }}{% endfor %}",
    "{{ b + 1 }}",
    "{{ said }} {{ customer.name | default('고객') }}",
)
_LABELS = ("환불", "배송", "1", "네", "Yes", "상담사 연결", "{{ a | default('그 외') }}")
_CONDITIONS = ("a == 'x'", "a is defined", "order.status == '배송'", "(a | default(1)) > 3", "true", "b in [1, 2]", "order.x.y", "not said")
_NAMES = st.sampled_from(["a", "b", "order"])
_PATTERNS = ("[0-9]{3,5}", ".*", "(환불|배송)+", "[^a]*$")
_ANSWERS = (
    "환불",
    "배송이요",
    "1",
    "2번",
    "네",
    "동의합니다",
    "5점",
    "12345",
    "010-1234-5678",
    "a@example.com",
    "2026-01-02",
    "김하늘",
    "",
    " ",
    "없음",
)


def _step(targets: st.SearchStrategy[str], others: tuple[str, ...]) -> st.SearchStrategy[_Data]:
    words = st.sampled_from(_WORDS) | st.fixed_dictionaries({"ko": st.sampled_from(_WORDS), "en": st.sampled_from(_WORDS)})
    picture = st.just("https://shop.example/a.png")
    card: st.SearchStrategy[Any] = st.fixed_dictionaries({"title": st.just("컵")}, optional={"text": st.just("머그컵"), "image": picture})
    parts = st.one_of(
        st.fixed_dictionaries({"text": words}, optional={"image": picture, "file": picture}),
        st.fixed_dictionaries({"carousel": st.lists(card, min_size=1, max_size=2)}, optional={"text": words}),
        st.fixed_dictionaries({"article": st.just("art_1")}),
    )
    speech = {"say": words | parts}
    label = st.sampled_from(_LABELS)
    button: st.SearchStrategy[Any] = st.fixed_dictionaries(
        {"label": label, "goto": targets}, optional={"value": st.sampled_from(["v", "7"])}
    )
    case: st.SearchStrategy[Any] = st.fixed_dictionaries({"when": st.sampled_from(_CONDITIONS), "goto": targets})
    fields = st.lists(
        st.sampled_from(["name", "phone", "email"])
        | st.fixed_dictionaries(
            {"name": _NAMES}, optional={"label": words, "type": st.sampled_from(ANSWER_TYPES), "required": st.booleans()}
        ),
        min_size=1,
        max_size=3,
    )
    values = st.sampled_from(["y", "{{ b | default('y') }}", "{{ a }}", 2, 0.5, None, True])
    retries = st.integers(0, 2)
    ask = {"ask": _NAMES, "prompt": words, "on_fail": targets, "next": targets}
    ask_more = {"retries": retries, "keep": st.booleans(), "wrong": words, **speech}
    plain = st.sampled_from([kind for kind in ANSWER_TYPES if kind != "choice"])
    kinds: list[st.SearchStrategy[Any]] = [
        st.fixed_dictionaries({**speech, "next": targets}),
        st.fixed_dictionaries(
            {"choose": st.lists(button, min_size=1, max_size=3)}, optional={"otherwise": targets, "save": _NAMES, **speech}
        ),
        st.fixed_dictionaries({**ask, "type": plain}, optional={**ask_more, "pattern": st.sampled_from(_PATTERNS)}),
        st.fixed_dictionaries({**ask, "type": st.just("choice"), "options": st.lists(label, min_size=1, max_size=3)}, optional=ask_more),
        st.fixed_dictionaries({"form": fields, "on_fail": targets, "next": targets}, optional={"retries": retries, **speech}),
        st.fixed_dictionaries({"branch": st.lists(case, min_size=1, max_size=2), "else": targets}),
        st.fixed_dictionaries({"faq": st.just({"limit": 2}), "helped": targets, "not_helped": targets}, optional=speech),
        st.fixed_dictionaries(
            {"do": st.just("act"), "on_error": targets, "next": targets},
            optional={"save": _NAMES, "with": st.dictionaries(_NAMES, values, max_size=2), "timeout": st.sampled_from(["5s", 0.5])},
        ),
        st.fixed_dictionaries({"set": st.dictionaries(_NAMES, values, max_size=2), "next": targets}),
        st.fixed_dictionaries({"tag": st.lists(st.sampled_from(["x", "y"]), min_size=1, max_size=2), "next": targets}),
        st.fixed_dictionaries({"category": st.just("배송/지연"), "next": targets}),
        st.fixed_dictionaries({"priority": st.sampled_from(PRIORITIES), "next": targets}),
        st.fixed_dictionaries({"goto": targets}),
        st.fixed_dictionaries({"handoff": st.just({"category": "환불"}), "closed": targets, "nobody": targets}, optional=speech),
        st.fixed_dictionaries({"leave_message": fields}, optional=speech),
        st.fixed_dictionaries({"rate": st.fixed_dictionaries({"scale": st.integers(2, 10)}), "next": targets}, optional=speech),
        st.fixed_dictionaries({
            "consent": st.just({"what": "w", "purpose": "p", "version": "1"}),
            "say": words,
            "agreed": targets,
            "refused": targets,
        }),
        st.fixed_dictionaries({"end": st.just("done")}, optional=speech),
    ]  # fmt: skip
    if others:
        kinds.append(st.fixed_dictionaries({"call": st.sampled_from(others), "next": targets}))
    return st.one_of(kinds)


def scenarios(
    *, name: str = "random", others: tuple[str, ...] = ("random",), min_steps: int = 1, max_steps: int = 6
) -> st.SearchStrategy[Scenario]:
    """Any scenario, with every kind of step; most of them are bad ones. `others` are the names it may call (its own among them)."""

    def of(size: int) -> st.SearchStrategy[Scenario]:
        names = [f"s{number}" for number in range(size)]
        steps = st.fixed_dictionaries(dict.fromkeys(names, _step(st.sampled_from(names), others)))
        return steps.map(lambda made: load({"scenario": name, "start": "s0", "steps": made}))

    return st.integers(min_steps, max_steps).flatmap(of)


def contents(texts: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Content]:
    """What a customer may send: texts (any, or those that are given), pictures, pressed buttons, forms."""
    said = st.sampled_from(_ANSWERS) | st.text(max_size=30) if texts is None else texts
    storable = said.filter(lambda text: "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text) and len(text) <= 1000)
    filled = st.tuples(storable, storable).map(lambda two: (FormField("name", answer=two[0]), FormField("phone", answer=two[1])))
    return st.one_of(
        said.map(lambda text: Content(text=text)),
        st.just(Content(kind=ContentKind.IMAGE, media=Media("a.png", "image/png", url="https://shop.example/a.png"))),
        st.just(Content(kind=ContentKind.CHOICES, text="?", choices=(Choice("a"),))),
        filled.map(lambda fields: Content(kind=ContentKind.FORM, fields=fields)),
    )


def inputs(texts: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Given]:
    """Anything that `answer` may be given: also what nobody has asked for."""
    values: st.SearchStrategy[Any] = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["status", "x"]), inner, max_size=2),
        max_leaves=4,
    )
    return st.one_of(
        contents(texts).map(Said),
        contents(texts).map(Said),
        values.map(Returned),
        st.just(Failed("x")),
        st.sampled_from(["closed", "nobody", "?"]).map(Refused),
        st.just(Start()),
    )
