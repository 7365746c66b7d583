"""Typebot flows become scenarios: every version, every kind of block, nothing dropped without a remark."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cschat.bots.check import World, check
from cschat.bots.explore import explore
from cschat.bots.format import as_yaml, load
from cschat.bots.importing import import_typebot
from cschat.bots.rehearsal import Rehearsal
from cschat.errors import CschatError, Invalid


def flow(*groups, variables=(), edges=(), events=None, **more):
    """A flow of version 6.1: groups of (title, blocks), which lead to each other by `edges` of (from, to title)."""
    made, ids = [], {}
    for number, (title, blocks) in enumerate(groups):
        ids[title] = f"g{number}"
        made.append({"id": f"g{number}", "title": title, "blocks": [{"id": f"{title}{n}", **block} for n, block in enumerate(blocks)]})
    return {
        "version": "6.1",
        "id": "flow",
        "name": "테스트 봇",
        "events": [{"id": "e", "type": "start"}, *(events or [])],
        "groups": made,
        "edges": [
            {"id": "first", "from": {"eventId": "e"}, "to": {"groupId": "g0"}},
            *({"id": f"x{n}", "from": source, "to": {"groupId": ids[to]}} for n, (source, to) in enumerate(edges)),
        ],
        "variables": [{"id": f"v-{name}", "name": name, **({"value": value} if value else {})} for name, value in variables],
        **more,
    }


def text(*words):
    return {"type": "text", "content": {"richText": [{"type": "p", "children": [{"text": one}]} for one in words]}}


def of(type, /, **options):
    return {"type": type, "options": options}


def choice(*labels, type="choice input", **options):
    return {"type": type, "options": options, "items": [{"id": label, "content": label} for label in labels]}


def condition(*cases, joined="AND"):
    def comparison(one):
        return {"variableId": f"v-{one[0]}", "comparisonOperator": one[1], "value": one[2] if len(one) > 2 else None}

    items = [
        {"id": f"i{n}", "content": {"logicalOperator": joined, "comparisons": list(map(comparison, case))}} for n, case in enumerate(cases)
    ]
    return {"type": "Condition", "items": items}


def names(*variables):
    return [(name, None) for name in variables]


def accounted(imported):
    """Every block has a step or a remark that it is left out, and not both."""
    lost = {remark.block for remark in imported.remarks if remark.kind == "lost"}
    assert [id for id in imported.blocks if (id in imported.steps) == (id in lost)] == []
    assert set(imported.steps.values()) <= set(imported.scenario.steps)
    assert load(as_yaml(imported.scenario)) == imported.scenario


def talk(data, *said, **settings):
    imported = import_typebot(data)
    accounted(imported)
    play = Rehearsal(imported.scenario, **settings)
    for one in said:
        play.says(one)
    assert play.failure is None, play.failure
    return play


# ------------------------------------------------------------------------------------------------------------ versions


def old(version, **names):
    """The same small flow as versions 3, 4 and 5 wrote it."""
    groups, blocks, group, block = (names[key] for key in ("groups", "blocks", "group", "block"))
    start = {"id": "s", "type": "start", "label": "Start", group: "g0", "outgoingEdgeId": "e0"}
    hello = {
        "id": "t",
        group: "g1",
        "type": "text",
        "content": {"html": "<div>What is <b>it</b>?</div>", "plainText": "", "richText": None},
    }
    ask = {"id": "a", group: "g1", "type": "choice input", "options": {"isMultipleChoice": False}}
    ask["items"] = [{"id": "i1", block: "a", "type": 0, "content": "A"}, {"id": "i2", block: "a", "type": 0, "content": "B"}]
    end = {"id": "z", group: "g2", "type": "text", "content": {"plainText": "Bye"}}
    return {
        "id": "x",
        "name": "Old",
        **({"version": version} if version else {}),
        groups: [
            {"id": "g0", "title": "Start", blocks: [start]},
            {"id": "g1", "title": "Ask", blocks: [hello, ask]},
            {"id": "g2", "title": "End", blocks: [end]},
        ],
        "edges": [
            {"id": "e0", "from": {group: "g0", block: "s"}, "to": {group: "g1"}},
            {"id": "e1", "from": {group: "g1", block: "a", "itemId": "i2"}, "to": {group: "g2", block: "z"}},
        ],
        "variables": [],
    }


OLD = {"groups": "blocks", "blocks": "steps", "group": "blockId", "block": "stepId"}
NEW = {"groups": "groups", "blocks": "blocks", "group": "groupId", "block": "blockId"}


@pytest.mark.parametrize(("version", "keys"), [(None, OLD), ("3", OLD), ("4", NEW), ("5", NEW)])
def test_each_old_version_is_read(version, keys):
    data = old(version, **keys)
    imported = import_typebot(data)
    assert imported.blocks == ("t", "a", "z")
    assert imported.steps == {"t": "ask", "a": "ask", "z": "end"}
    assert imported.remarks == ()
    play = talk(data, "B")
    assert [line.text for line in play.lines] == ["What is it?\n[A]\n[B]", "B", "Bye"]
    assert talk(data, "A").ended == "resolved"


def test_version_6_begins_with_an_event():
    play = talk(flow(("Hi", [text("Hello", "again")])))
    assert ([line.text for line in play.lines], play.ended) == (["Hello\nagain"], "resolved")


@pytest.mark.parametrize(
    "data", [None, [], {}, {"groups": []}, {"groups": 1, "edges": []}, {"groups": [], "edges": []}, "x", {"edges": []}]
)
def test_what_is_no_typebot_file_is_refused(data):
    with pytest.raises(Invalid):
        import_typebot(data)


# -------------------------------------------------------------------------------------------------------------- blocks


@pytest.mark.parametrize(
    ("block", "step"),
    [
        (of("text input"), {"ask": "value", "prompt": "Q"}),
        (of("number input"), {"ask": "value", "prompt": "Q", "type": "number"}),
        (of("email input", retryMessageContent="No"), {"ask": "value", "prompt": "Q", "type": "email", "wrong": "No"}),
        (of("url input"), {"ask": "value", "prompt": "Q", "pattern": r"https?://\S+"}),
        (of("date input"), {"ask": "value", "prompt": "Q", "type": "date"}),
        (of("time input"), {"ask": "value", "prompt": "Q", "pattern": "[0-2]?[0-9]:[0-5][0-9].*"}),
        (of("phone number input"), {"ask": "value", "prompt": "Q", "type": "phone"}),
        (of("file input"), {"ask": "value", "prompt": "Q", "type": "file"}),
        (of("rating input", length=3, startsAt=1), {"ask": "value", "prompt": "Q\n1-3", "type": "number", "pattern": "1|2|3"}),
    ],
    ids=lambda value: value["type"] if "options" in value else "",
)
def test_an_input_becomes_a_question(block, step):
    block["options"]["variableId"] = "v-value"
    imported = import_typebot(flow(("Group", [text("Q"), block]), variables=names("value")))
    accounted(imported)
    assert (
        load({"scenario": "x", "start": "a", "steps": {"a": {**step, "next": "stop", "on_fail": "person"}}}).steps["a"]
        == (imported.scenario.steps["group"])
    )


def test_a_rating_that_nothing_remembers_is_a_rating():
    play = talk(flow(("Rate", [text("How was it?"), of("rating input", length=5, startsAt=1)])), "4")
    assert play.lines[0].text.startswith("How was it?\n[5점]")
    assert play.ended == "resolved"


def test_a_payment_and_pictures_to_choose_from():
    pictures = {
        "type": "picture choice input",
        "items": [{"id": "p", "title": "Cup", "pictureSrc": "https://x.example/cup.png?w=9", "description": "Blue"}],
    }
    data = flow(("Buy", [text("Which?"), pictures, of("payment input", amount="10", currency="EUR")]))
    assert talk(data, "Cup", actions={"take_payment": {}}).ended == "resolved"
    assert talk(data, "Cup").ended == "handoff"


@pytest.mark.parametrize("kind", ["video", "embed", "audio"])
def test_what_plays_is_a_link(kind):
    play = talk(flow(("See", [{"type": kind, "content": {"url": "https://x.example/a"}}])))
    assert [line.text for line in play.lines] == ["https://x.example/a"]


def test_a_picture_is_shown_and_one_with_variables_is_a_link():
    data = flow(
        (
            "See",
            [
                {"type": "image", "content": {"url": "https://x.example/a.png"}},
                {"type": "image", "content": {"url": "https://x.example/{{Id}}"}},
            ],
        ),
        variables=[("Id", "7")],
    )
    assert [line.text for line in talk(data).lines][1] == "https://x.example/7"


def test_links_lists_and_braces_of_a_text_are_kept():
    rich = [
        {
            "type": "p",
            "children": [{"text": "See "}, {"type": "a", "url": "https://x.example", "children": [{"text": "here", "bold": True}]}],
        },
        {
            "type": "ol",
            "children": [{"type": "li", "children": [{"text": "one"}]}, {"type": "li", "children": [{"text": "{% two {{ {# "}]}],
        },
    ]
    play = talk(flow(("T", [{"type": "text", "content": {"richText": rich}}])))
    assert [line.text for line in play.lines] == ["See here (https://x.example)\n1. one\n2. {% two {{ {#"]


def test_buttons_lead_where_their_edges_do_and_else_on():
    data = flow(
        ("Menu", [text("Which?"), choice("A", "B", variableId="v-kind"), text("on with {{kind}}")]),
        ("Other", [text("other")]),
        variables=names("kind"),
        edges=[({"blockId": "Menu1", "itemId": "B"}, "Other")],
    )
    assert talk(data, "A").said == ["on with A"]
    assert talk(data, "B").said == ["other"]


def test_braces_in_the_value_of_a_button_are_no_variable():
    data = flow(("Menu", [{"type": "choice input", "items": [{"id": "a", "content": "A", "value": "{{"}]}]))
    assert talk(data, "A").ended == "resolved"


def test_buttons_that_are_not_known_are_asked_for_as_text():
    imported = import_typebot(flow(("Menu", [choice(dynamicVariableId="v-list")]), variables=names("list")))
    accounted(imported)
    assert [remark.kind for remark in imported.remarks] == ["changed"]
    assert imported.scenario.steps["menu"].key == "ask"


@pytest.mark.parametrize(
    ("operator", "value", "answers"),
    [
        ("Equal to", "가", {"가": True, "나": False}),
        ("Not equal", "가", {"가": False, "나": True}),
        ("Contains", "it's", {"that it's so": True, "나": False}),
        ("Does not contain", "x", {"x y": False, "나": True}),
        ("Is set", None, {"가": True}),
        ("Is empty", None, {"가": False}),
        ("Equal to", "{{other}}", {"o": True, "p": False}),
    ],
)
def test_a_condition_holds_as_it_does_there(operator, value, answers):
    data = flow(
        ("Q", [of("text input", variableId="v-word"), condition([("word", operator, value)]), text("no")]),
        ("Yes", [text("yes")]),
        variables=[("word", None), ("other", "o")],
        edges=[({"blockId": "Q1", "itemId": "i0"}, "Yes")],
    )
    for said, holds in answers.items():
        assert talk(data, said).said == ["yes" if holds else "no"]


@pytest.mark.parametrize(("joined", "expected"), [("AND", "no"), ("OR", "yes")])
def test_comparisons_are_joined(joined, expected):
    data = flow(
        (
            "Q",
            [
                of("number input", variableId="v-n"),
                condition(
                    [
                        ("n", "Greater than", "5"),
                        ("n", "Less than", "3"),
                    ],
                    joined=joined,
                ),
                text("no"),
            ],
        ),
        ("Yes", [text("yes")]),
        variables=names("n"),
        edges=[({"blockId": "Q1", "itemId": "i0"}, "Yes")],
    )
    assert talk(data, "7").said == [expected]


def test_a_text_that_is_compared_as_a_number_is_asked_as_one():
    data = flow(("Q", [of("text input", variableId="v-n"), condition([("n", "Greater than", "5")]), text("on")]), variables=names("n"))
    assert check(import_typebot(data).scenario) == []
    assert talk(data, "many").said[0].startswith("다시 한번 확인해 주세요.")


def test_a_condition_that_cannot_be_said_is_noted_and_passed_over():
    data = flow(("Q", [condition([("a", "Matches regex", "x")], [("a", None)], []), text("on")]), variables=names("a"))
    imported = import_typebot(data)
    accounted(imported)
    assert [remark.kind for remark in imported.remarks if remark.block == "Q0"] == ["changed", "changed", "changed", "lost"]
    assert "'Matches regex'" in str(imported.remarks[0])
    assert talk(data).said == ["on"]


def test_sums_texts_and_numbers_are_set():
    data = flow(
        (
            "Sum",
            [
                of("Set variable", variableId="v-Score", expressionToEvaluate="0"),
                of("number input", variableId="v-Add"),
                of("Set variable", variableId="v-Score", expressionToEvaluate="{{Score}} + {{Add}} * 2"),
                of("Set variable", variableId="v-Who", expressionToEvaluate="Mr {{Name}}"),
                of("Set variable", variableId="v-All", type="Append value(s)", item="{{Score}}"),
                of("Set variable", variableId="v-All", type="Append value(s)", item="{{Who}}"),
                text("{{All}}"),
                condition([("Score", "Equal to", "14")]),
                text("no"),
            ],
        ),
        ("Yes", [text("yes")]),
        variables=[("Score", None), ("Add", None), ("Who", None), ("All", None), ("Name", "Kim")],
        edges=[({"blockId": "Sum7", "itemId": "i0"}, "Yes")],
    )
    assert talk(data, "7").said == ["14, Mr Kim", "yes"]


@pytest.mark.parametrize("kind", ["Today", "Random ID", "Transcript", "Map item with same index", "Custom"])
def test_a_value_that_cannot_be_said_is_asked_of_the_host(kind):
    block = of("Set variable", variableId="v-x", type=kind, expressionToEvaluate="return 1", baseListVariableId="v-y")
    data = flow(("G", [block, text("{{x}}")]), variables=names("x", "y"))
    (step,) = (step for step in import_typebot(data).scenario.steps.values() if step.key == "do")
    assert talk(data, actions={step.do: "값"}).said == ["값"]
    assert talk(data).ended == "handoff"
    assert step.with_["base_list"] == "{{ y }}"


@pytest.mark.parametrize(
    ("type", "action"), [("Webhook", "send_request"), ("Email", "send_email"), ("Google Sheets", "google_sheets_get_row")]
)
def test_an_integration_is_an_action_of_the_host(type, action):
    options = {"webhook": {"url": "https://x.example/{{a}}", "headers": [{"key": "X-Id", "value": "1"}]}, "credentialsId": "secret"}
    if "Sheets" in type:
        options = {"action": "Get row"}
    mapped = [{"variableId": "v-a", "bodyPath": "data.a"}, {"variableId": "v-b", "bodyPath": "data.b"}]
    data = flow(
        ("Call", [{"type": type, "options": {**options, "responseVariableMapping": mapped}}, text("{{a}} {{b}}")]),
        variables=names("a", "b"),
    )
    imported = import_typebot(data)
    assert [remark.kind for remark in imported.remarks if remark.block] == ["needed"]
    assert "secret" not in as_yaml(imported.scenario)
    given = []
    play = talk(data, actions={action: lambda **with_: given.append(with_) or {"a": 1, "b": 2}})
    assert play.said == ["1 2"]
    assert given[0].get("headers_x_id") == (None if "Sheets" in type else "1")


def test_an_integration_that_fills_nothing_may_fail():
    assert talk(flow(("Mail", [of("Email", subject="Hi", recipients=["a@b.example"]), text("sent")]))).said == ["sent"]


def test_code_waiting_and_counting_are_left_out_with_a_note():
    kinds = ["Wait", "Code", "Script", "Google Analytics", "Pixel"]
    imported = import_typebot(flow(("G", [*map(of, kinds), text("on")])))
    accounted(imported)
    assert [(remark.kind, remark.type, remark.group) for remark in imported.remarks] == [("lost", kind.lower(), "G") for kind in kinds]


def test_a_redirection_is_a_link_and_a_chat_with_people_a_handoff():
    play = talk(flow(("G", [of("Redirect", url="https://x.example"), of("Chatwoot", accountId="1")])))
    assert (play.said, play.ended) == (["https://x.example"], "handoff")


def test_a_jump_comes_back_where_there_is_a_return_once():
    data = flow(
        ("A", [of("Jump", groupId="g1"), text("after"), choice("again"), of("Jump", groupId="g1"), text("end")]),
        ("B", [text("in"), {"type": "Return"}, text("past")]),
    )
    play = talk(data)
    assert play.said == ["in", "after\n[again]"]
    play.says("again")
    assert play.said == ["in", "end"]
    direct = {**data, "edges": [{"id": "first", "from": {"eventId": "e"}, "to": {"groupId": "g1"}}]}
    assert talk(direct).said == ["in", "past"]


def test_a_return_does_nothing_where_no_jump_is_open():
    data = flow(
        ("A", [of("Jump", groupId="g1"), choice("again")]),
        ("B", [text("in"), {"type": "Return"}, text("past")]),
        edges=[({"blockId": "A1"}, "B")],
    )
    assert talk(data, "again").said == ["in", "past"]


def test_a_link_within_the_flow_comes_back_at_the_end_of_the_way():
    data = flow(
        (
            "A",
            [
                of("Typebot link", typebotId="current", groupId="g1"),
                text("one"),
                of("Typebot link", typebotId="flow", groupId="g1"),
                text("two"),
            ],
        ),
        ("B", [text("sub")]),
    )
    play = talk(data)
    assert (play.said, play.ended) == (["sub", "one", "sub", "two"], "resolved")


def test_a_link_to_another_flow_is_a_call():
    data = flow(("A", [of("Typebot link", typebotId="other"), text("back")]))
    other = load("scenario: other\nstart: a\nsteps:\n  a: {say: 다른, next: b}\n  b: {end: done}\n")
    assert talk(data, others={"other": other}).said == ["다른", "back"]
    assert "scenario other" in str(import_typebot(data).remarks[0])


def test_an_ab_test_asks_the_host_which():
    block = {"type": "AB test", "options": {"aPercent": 30}, "items": [{"id": "a", "path": "a"}, {"id": "b", "path": "b"}]}
    data = flow(
        ("T", [block]),
        ("Left", [text("left")]),
        ("Right", [text("right")]),
        edges=[({"blockId": "T0", "itemId": "a"}, "Left"), ({"blockId": "T0", "itemId": "b"}, "Right")],
    )
    assert talk(data).said == ["left"]
    assert talk(data, actions={"ab_test": lambda a_percent: "B" if a_percent == 30 else "A"}).said == ["right"]


def test_what_only_an_unknown_event_leads_to_is_left_out_with_a_note():
    data = flow(("A", [text("hi")]), ("B", [text("reply")]), events=[{"id": "r", "type": "reply"}], edges=[({"eventId": "r"}, "B")])
    imported = import_typebot(data)
    accounted(imported)
    assert [(remark.kind, remark.block, remark.type) for remark in imported.remarks] == [("changed", "", "event"), ("lost", "B0", "text")]
    assert check(imported.scenario) == []


def test_a_variable_that_may_not_be_set_begins_empty():
    data = flow(("A", [choice("x"), text("Hello {{Name}}!")]), variables=names("Name"))
    imported = import_typebot(data)
    assert check(imported.scenario) == []
    assert imported.scenario.start == "begin"
    assert talk(data, "x").said == ["Hello !"]


def test_names_are_those_of_the_groups_and_of_their_own():
    data = flow(("주문 조회", [text("하나"), text("둘")]), ("Group #1", [text("셋")]), ("person", [text("넷")]), ("!", [text("다섯")]))
    data["variables"] = [{"id": "v", "name": "배송지 주소"}, {"id": "w", "name": "customer"}, {"id": "u", "name": "1"}]
    data["groups"][0]["blocks"][1]["content"]["richText"][0]["children"][0]["text"] = "{{배송지 주소}}{{customer}}{{1}}"
    imported = import_typebot(data)
    assert list(imported.steps.values()) == ["주문_조회", "주문_조회_2", "group_1", "person_2", "group"]
    assert imported.scenario.scenario == "테스트_봇"
    assert "{{ 배송지_주소 }}{{ customer_ }}{{ value_1 }}" in as_yaml(imported.scenario)


def test_who_cannot_answer_is_handed_to_people():
    play = talk(flow(("Mail", [text("Mail?"), of("email input")])), "x", "y", "z")
    assert play.ended == "handoff"


# ----------------------------------------------------------------------------------------------------------- any flow

INPUTS = ("text", "number", "email", "url", "date", "time", "file", "payment", "rating", "choice", "phone number", "picture choice")
BUBBLES = ("text", "image", "video", "audio", "embed")
LOGIC = ("redirect", "wait", "jump", "return", "script", "Set variable", "Condition", "Typebot link", "AB test")
KINDS = [*BUBBLES, *LOGIC, *(f"{kind} input" for kind in INPUTS), "chatwoot", "openai", "webhook", "email", "pixel", "unheard of"]
WORDS = st.one_of(
    st.text(alphabet=string.ascii_letters + " {}%#'\"가나|=+-*0123456789.\\", max_size=20),
    st.sampled_from(
        ["{{a}}", "{{a}} + 1", "{{b}} * {{a}}", "0", "", "{{= 1 }}", "{% if %}", "current", "g0", "g1", "va", "vb", "https://x.example"]
    ),
)
VALUES = st.one_of(WORDS, st.integers(-3, 12), st.booleans(), st.none())
OPERATORS = ["Equal to", "Not equal", "Contains", "Greater than", "Less than", "Is set", "Is empty", "Starts with", None]
OPTIONS = st.dictionaries(
    st.sampled_from(
        [
            "variableId",
            "expressionToEvaluate",
            "type",
            "item",
            "url",
            "groupId",
            "typebotId",
            "length",
            "startsAt",
            "action",
            "message",
            "isMultipleChoice",
        ]
    ),
    VALUES,
)
COMPARISON = st.fixed_dictionaries(
    {"variableId": st.sampled_from(["va", "vb", "x"]), "comparisonOperator": st.sampled_from(OPERATORS), "value": VALUES}
)
ITEM = st.fixed_dictionaries(
    {},
    optional={
        "content": st.one_of(
            WORDS,
            st.fixed_dictionaries({"comparisons": st.lists(COMPARISON, max_size=2), "logicalOperator": st.sampled_from(["AND", "OR"])}),
        ),
        "title": WORDS,
        "value": WORDS,
        "pictureSrc": WORDS,
        "outgoingEdgeId": st.sampled_from(["e0", "e1", "e2"]),
    },
)
CONTENT = st.one_of(
    WORDS,
    st.fixed_dictionaries(
        {
            "richText": st.lists(
                st.fixed_dictionaries({"type": st.just("p"), "children": st.lists(st.fixed_dictionaries({"text": WORDS}), max_size=2)}),
                max_size=2,
            ),
            "url": WORDS,
        }
    ),
)
BLOCK = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS), "options": OPTIONS, "items": st.lists(ITEM, max_size=3), "content": CONTENT},
    optional={"outgoingEdgeId": st.sampled_from(["e0", "e1", "e2", "nowhere"])},
)


@given(st.lists(st.lists(BLOCK, max_size=4), min_size=1, max_size=3))
def test_any_flow_is_imported_with_every_block_accounted_for(groups):
    made = [
        {"id": f"g{n}", "title": f"G {n}", "blocks": [{**block, "id": f"b{n}.{m}"} for m, block in enumerate(blocks)]}
        for n, blocks in enumerate(groups)
    ]
    for group in made:
        for block in group["blocks"]:
            for n, item in enumerate(block["items"]):
                item["id"] = f"{block['id']}.{n}"
    edges = [{"id": f"e{n}", "from": {}, "to": {"groupId": f"g{n}"}} for n in range(3)]
    data = {"groups": made, "edges": edges, "variables": [{"id": "va", "name": "a"}, {"id": "vb", "name": "b"}], "name": "x", "id": "me"}
    if not any(group["blocks"] for group in made):
        with pytest.raises(Invalid):
            import_typebot(data)
        return
    imported = import_typebot(json.loads(json.dumps(data)))
    accounted(imported)
    assert [problem for problem in check(imported.scenario) if problem.kind in ("variable", "target", "format")] == []


# -------------------------------------------------------------------------------------------------- flows of others

REAL = {
    "lead-gen-ai": {"unreachable"},  # the template says: delete this group and connect the next
    "openai-assistant-chat": {"unreachable"},  # the same
    "quick-carb-calculator": {"unreachable"},  # the same
    "lead-scoring": {"unreachable"},  # a comparison without an operator never holds, and what it leads to is never seen
    "skin-typology": {"far"},  # fourteen questions
}
"""What the checker finds in flows of others, each looked at: it is there in the source too."""


def test_the_flows_of_others_are_imported_and_no_alarm_is_false(folder):
    files = sorted(folder("bot-flows").glob("typebot-*/*.json"))
    assert len(files) == 28
    for file in files:
        imported = import_typebot(json.loads(file.read_text("utf-8")))
        accounted(imported)
        found = check(imported.scenario, World())
        assert {problem.kind for problem in found} == REAL.get(file.stem, set()), (file.name, found)
        assert all(problem.kind in ("unreachable", "far") for problem in found)
        if not found:
            assert explore(imported.scenario).share > 0.75, file.name


def test_it_is_an_error_of_ours_alone_that_comes_out():
    for data in (
        flow(("A", [{"type": 5}])),
        {"groups": [{"blocks": [{"id": "a", "type": "text"}, {"id": "a", "type": "text"}]}], "edges": []},
    ):
        with pytest.raises(CschatError):
            import_typebot(data)
