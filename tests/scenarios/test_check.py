"""The checker: each seeded defect is found, with a conversation that shows it; sound scenarios are left alone."""

import ast
import time
from collections import Counter

import pytest
from tests.scenarios.refund import REFUND

from cschat.bots.check import KINDS, World, check, check_source
from cschat.bots.engine import Act, AskForPerson, Found
from cschat.bots.explore import explore
from cschat.bots.format import load
from cschat.bots.rehearsal import Rehearsal, words_of
from cschat.core.content import Content, ContentKind, Media

OTHER = load("scenario: other\nstart: a\nsteps:\n  a: {say: 네, next: b}\n  b: {end: done}\n")
WORLD = World(
    actions=frozenset({"find_order", "refund"}),
    categories=frozenset({"환불", "배송"}),
    groups=frozenset({"1팀"}),
    scenarios={"other": OTHER},
    channels=("web", "kakao"),
)
SOUND = """
scenario: sound
start: hello
languages: [ko, en]
steps:
  hello:
    say: {ko: "안녕하세요 {{ customer.name | default('고객') }}님", en: Hello}
    choose:
      - {label: {ko: 환불, en: Refund}, goto: order_no}
      - {label: {ko: 배송, en: Delivery}, goto: mark}
      - {label: {ko: 주소 변경, en: Address}, goto: terms}
      - {label: {ko: 상담사, en: Agent}, goto: person}
    otherwise: look_up
  look_up: {faq: {section: 반품}, helped: rate, not_helped: person}
  order_no: {ask: order_no, prompt: {ko: 주문번호 10자리는요?, en: Your order number?}, pattern: "[0-9]{10}", on_fail: person, next: count}
  count: {ask: count, prompt: {ko: 몇 개인가요?, en: How many?}, type: number, retries: 1, on_fail: person, next: many}
  many: {branch: [{when: count > 5, goto: person}], else: find}
  find: {do: find_order, with: {order_no: "{{ order_no }}"}, save: order, timeout: 5s, on_error: person, next: decide}
  decide:
    branch:
      - {when: "order.status == '배송완료'", goto: offer}
      - {when: "order.status == '배송중'", goto: other}
    else: person
  offer: {say: {ko: "{{ order.item }}을 환불합니다.", en: "Refund of {{ order.item }}"}, next: pay}
  pay: {do: refund, with: {order_no: "{{ order_no }}"}, on_error: person, next: rate}
  other: {call: other, next: rate}
  mark: {tag: [배송], next: sort}
  sort: {category: 배송, next: urgent}
  urgent: {priority: high, next: memo}
  memo: {set: {reason: "{{ said | default('배송') }}"}, next: jump}
  jump: {goto: person}
  terms:
    consent: {what: 개인정보, purpose: 배송지 변경, version: "2026-01"}
    say: {ko: 배송지 변경을 위해 연락처와 주소를 수집합니다., en: We collect your phone number and address.}
    agreed: form
    refused: stop
  form: {form: [phone, address], on_fail: person, next: thanks}
  thanks: {say: {ko: "{{ address }}(으)로 바꿔 드릴게요.", en: "We will send it to {{ address }}"}, next: rate}
  person: {handoff: {category: 환불, group: 1팀}, closed: leave, nobody: leave}
  leave: {leave_message: [name, phone, message], say: {ko: 남겨 주셔서 고맙습니다., en: Thank you.}}
  rate: {rate: {scale: 5}, next: stop}
  stop: {end: resolved}
"""


@pytest.mark.parametrize("source", [SOUND, REFUND], ids=["sound", "refund"])
def test_a_sound_scenario_is_left_alone(source):
    assert check_source(source, WORLD) == []


STEPS = ("order_no", "count", "find", "offer", "pay", "other", "mark", "sort", "urgent", "memo", "form", "thanks", "rate", "look_up")


def after(target, ask):
    """How a step goes on: at a button where it only says something."""
    return f"choose: [{{label: {{ko: 네, en: Next}}, goto: {target}}}]" if ask == "say" else f"next: {target}"


def _defects():
    """(kind, step that is named, what is replaced, by what): one defect each."""
    for target in ("order_no", "mark", "terms", "person"):
        yield "target", "hello", f"goto: {target}}}\n", f"goto: {target}x}}\n"
    for step, target in [("count", "many"), ("order_no", "count"), ("offer", "pay"), ("pay", "rate"), ("other", "rate"), ("mark", "sort")]:
        yield "target", step, f"next: {target}}}", f"next: nowhere}}\n@{step}"
    for step, line in [
        ("sort", "next: urgent}"),
        ("urgent", "next: memo}"),
        ("memo", "next: jump}"),
        ("thanks", "next: rate}"),
        ("form", "next: thanks}"),
    ]:
        yield "target", step, line, f"next: nowhere}}\n@{step}"
    yield "target", "look_up", "helped: rate,", "helped: nowhere,"
    yield "target", "look_up", "not_helped: person}", "not_helped: nowhere}"
    yield "target", "many", "else: find}", "else: nowhere}"
    yield "target", "person", "closed: leave,", "closed: nowhere,"
    yield "target", "person", "nobody: leave}", "nobody: nowhere}"
    yield "target", "terms", "refused: stop", "refused: nowhere"
    yield "target", "terms", "agreed: form", "agreed: nowhere"
    yield "target", "find", "on_error: person, next: decide", "on_error: nowhere, next: decide"
    yield "target", "hello", "otherwise: look_up", "otherwise: nowhere"
    yield "target", "", "start: hello", "start: hallo"
    for kind in ("say: {ko: 여기는 아무도, en: Nobody}", "tag: [a]", "priority: low", "category: 배송"):
        yield "unreachable", "lost", "  jump: ", f"  lost: {{{kind}, next: stop}}\n  jump: "
    yield "unreachable", "island", "  jump: ", "  island: {goto: island2}\n  island2: {end: a}\n  jump: "
    yield "loop", "urgent", "next: memo}", "next: sort}\n@urgent"
    yield "loop", "jump", "jump: {goto: person}", "jump: {goto: jump}"
    yield "loop", "memo", "next: jump}", "next: mark}\n@memo"
    yield "loop", "other", "other: {call: other, next: rate}", "other: {call: sound, next: rate}"
    yield "trap", "stop", "stop: {end: resolved}", "stop: {say: {ko: 음, en: Hm}, choose: [{label: {ko: 가, en: a}, goto: stop}]}"
    yield (
        "trap",
        "rate",
        "rate: {rate: {scale: 5}, next: stop}\n  stop: {end: resolved}",
        ("rate: {rate: {scale: 5}, next: rate}\n  stop: {end: resolved}"),
    )
    yield (
        "trap",
        "round",
        "next: rate}\n  person",
        ("next: round}\n  round: {say: {ko: 가, en: a}, choose: [{label: {ko: 나, en: b}, goto: round}]}\n  person"),
    )
    yield "variable", "hello", "{{ customer.name | default('고객') }}", "{{ customer.name }}"
    yield "variable", "offer", '{ko: "{{ order.item }}을', '{ko: "{{ oder.item }}을'
    yield "variable", "find", 'find_order, with: {order_no: "{{ order_no }}"}', 'find_order, with: {order_no: "{{ orderno }}"}'
    yield "variable", "memo", "{{ said | default('배송') }}", "{{ said }}"
    yield "variable", "memo", "{{ said | default('배송') }}", "{{ count }}"
    yield "variable", "many", "when: count > 5", "when: counts > 5"
    yield "variable", "decide", "\"order.status == '배송중'\"", "\"oder.status == '배송중'\""
    yield "variable", "thanks", 'ko: "{{ address }}', 'ko: "{{ addres }}'
    yield "variable", "pay", 'refund, with: {order_no: "{{ order_no }}"}', 'refund, with: {order: "{{ number }}"}'
    yield "action", "find", "do: find_order", "do: find_oder"
    yield "action", "pay", "do: refund", "do: refnd"
    yield "category", "sort", "category: 배송,", "category: 배숑,"
    yield "category", "person", "category: 환불,", "category: 환뷸,"
    yield "group", "person", "group: 1팀", "group: 3팀"
    yield "scenario", "other", "call: other", "call: another"
    yield "language", "hello", "{ko: 환불, en: Refund}", "{ko: 환불}"
    yield "language", "order_no", ", en: Your order number?", ""
    yield "language", "leave", ", en: Thank you.", ""
    yield "language", "offer", ', en: "Refund of {{ order.item }}"', ""
    yield "button", "hello", "{ko: 배송, en: Delivery}", "{ko: 환불, en: Delivery}"
    yield "button", "hello", "{ko: 배송, en: Delivery}", "{ko: 배송, en: refund}"
    yield "channel", "hello", "{ko: 배송, en: Delivery}", "{ko: 배송이 언제 오는지 알고 싶어요, en: Delivery}"
    yield (
        "channel",
        "stop2",
        "  jump: {goto: person}",
        (
            "  jump: {goto: stop2}\n  stop2: {say: {ko: 음, en: Hm}, choose: ["
            + ", ".join(f"{{label: {{ko: 값{n}, en: v{n}}}, goto: person}}" for n in range(11))
            + "]}"
        ),
    )
    for ask in ("ask: a{n}, on_fail: stop, prompt", "say", "ask: a{n}, type: date, retries: 0, on_fail: stop, prompt"):
        steps = "".join(
            f"  q{n}: {{{ask.format(n=n)}: {{ko: 질문, en: Q}}, {after(f'q{n + 1}' if n < 14 else 'hello', ask)}}}\n" for n in range(15)
        )
        yield "far", "q0", "start: hello\nlanguages: [ko, en]\nsteps:\n", f"start: q0\nlanguages: [ko, en]\nsteps:\n{steps}"
    yield "failure", "many", "when: count > 5", "when: \"count + 'a' == 'b'\""
    yield "failure", "many", "when: count > 5", "when: count > order_no ~ 'x'"
    yield "failure", "memo", "{{ said | default('배송') }}", "{{ customer | length | join }}"
    yield "group", "person", "group: 1팀", "group: ' 1팀'"
    yield "group", "urgent", "urgent: {priority: high, next: memo}", "urgent: {handoff: {group: 없는 팀}, closed: memo, nobody: memo}"
    yield "category", "urgent", "urgent: {priority: high, next: memo}", "urgent: {handoff: {category: 없음}, closed: memo, nobody: memo}"
    yield "scenario", "jump", "jump: {goto: person}", "jump: {call: lost, next: person}"
    yield "scenario", "mark", "mark: {tag: [배송], next: sort}", "mark: {call: othre, next: sort}"
    yield "action", "urgent", "urgent: {priority: high, next: memo}", "urgent: {do: raise_it, next: memo, on_error: memo}"
    yield "button", "hello", "{ko: 상담사, en: Agent}", "{ko: ' 환불! ', en: Agent}"
    yield "channel", "hello", "{ko: 상담사, en: Agent}", "{ko: 상담사, en: Talk to one of our people}"
    for key, step in [
        ("closed: leave, ", "person"),
        (", nobody: leave", "person"),
        ("on_error: person, next: decide", "find"),
        (", not_helped: person", "look_up"),
    ]:
        yield "format", step, key, key.replace("on_error: person, ", "") if "on_error" in key else ""
    yield "format", "many", ", else: find", ""
    yield "format", "order_no", "on_fail: person, next: count", "next: count"
    yield "format", "urgent", "priority: high", "priority: higher"
    yield "format", "count", "type: number", "type: nummer"
    yield "format", "order_no", '"[0-9]{10}"', '"[0-9{10}"'
    yield "format", "hello", "{{ customer.name | default('고객') }}", "{{ customer.name | default('고객' }}"
    yield "format", "many", "when: count > 5", "when: count >"


DEFECTS = list(_defects())


def _broken(step, old, new):
    if "@" not in new:
        assert old in SOUND, old
        return SOUND.replace(old, new, 1)
    head, _, _ = new.partition("\n@")
    at = SOUND.index(f"  {step}: ")
    assert old in SOUND[at:], old
    return SOUND[:at] + SOUND[at:].replace(old, head, 1)


@pytest.mark.parametrize(
    ("kind", "step", "old", "new"), DEFECTS, ids=[f"{n}-{kind}-{step}" for n, (kind, step, _, _) in enumerate(DEFECTS)]
)
def test_each_seeded_defect_is_found_and_shown(kind, step, old, new):
    source = _broken(step, old, new)
    assert source != SOUND
    problems = check_source(source, WORLD)
    found = [
        problem for problem in problems if problem.kind == kind and (problem.step == step or (kind == "loop" and step in problem.what))
    ]
    assert found, problems
    others = {problem.kind for problem in problems} - {kind}
    assert others <= {"unreachable"}, problems  # what stood behind the defect is not reached any more
    if kind in ("loop", "trap", "variable", "far", "failure", "scenario") or (kind == "target" and step):
        assert all(problem.conversation for problem in found if step != "hello")  # the start needs no conversation
    for problem in problems:
        assert problem.line is not None
        if problem.conversation:
            play = replay(source, problem)
            if problem.kind in ("trap", "far"):
                assert (play.failure, play.cursor.step) == (None, problem.step)
            else:
                assert play.failure is not None
                assert problem.what == play.failure.reason or problem.kind in ("target", "loop")


def replay(source, problem):
    """Play the conversation of a problem by another way than the checker: as a rehearsal, to which its lines are given one by one."""
    assert problem.replayed
    lines = list(problem.conversation)
    picture = Content(kind=ContentKind.IMAGE, media=Media("사진.jpg", "image/jpeg", url="https://shop.example/1.jpg"))

    def act(**_given):
        value = lines.pop(0)[1].removeprefix("-> ")
        if value == "timeout":
            raise TimeoutError
        return ast.literal_eval(value)

    def search(_text, _section, _limit):
        title = "반품은 어떻게 하나요?"
        heard = next((text for who, text in lines if who == "bot"), "")
        return [Found("art_1", title, "안내"), Found("art_2", "배송은?", "안내")] if heard.startswith(title) else []

    class Told(Rehearsal):
        """Takes what actions and people answer from the lines."""

        def _went(self, at, outcome):
            for effect in outcome.effects:
                if isinstance(effect, (Act, AskForPerson)):
                    while lines.pop(0)[0] == "bot":
                        pass
                if isinstance(effect, AskForPerson):
                    self.refused = lines.pop(0)[1] if lines and lines[0][0] == "desk" else None
            return super()._went(at, outcome)

    actions = dict.fromkeys(("find_order", "find_oder", "refund", "refnd", "raise_it"), act)
    about = {
        "customer": {"type": "guest", "tags": []},
        "session": {"id": "ses_1", "channel": "web", "subject": ""},
        "queue": {"position": 1, "minutes": 5},
    }
    play = Told(load(source), others={"other": OTHER}, actions=actions, search=search, about=about)
    while lines:
        who, said = lines.pop(0)
        if who == "customer":
            play.says(picture if said == words_of(picture) else said)
    return play


def test_there_are_sixty_seeded_defects_and_some_of_every_kind():
    assert len(DEFECTS) >= 60
    counted = Counter(kind for kind, *_ in DEFECTS)
    assert counted.keys() == KINDS.keys()
    assert min(counted.values()) >= 3, counted


def test_steps_that_nothing_leads_to_are_told_once_with_what_is_behind_them():
    lost = (
        "  island: {goto: island2}\n  island2: {say: {ko: 가, en: a}, next: island3}\n  island3: {goto: island2}\n  alone: {goto: stop}\n"
    )
    problems = check_source(SOUND.replace("  jump: ", f"{lost}  jump: "), WORLD)
    assert [(problem.step, problem.what) for problem in problems] == [
        ("island", "no way leads here, nor to the 2 steps behind it"),
        ("alone", "no way leads here"),
    ]


@pytest.mark.parametrize(
    ("source", "line", "told"),
    [
        ("scenario: x\nstart: a\nsteps:\n  a: {say: hi {{ name }}, next: b}\n", 4, "a text with {{ }} stands in quotes"),
        ("scenario: x\nstart: a\nsteps:\n  a: {choose: [{label: Yes, goto: a}]}\n", 4, "yes, no, on and off stand in quotes"),
    ],
)
def test_what_yaml_reads_otherwise_is_told_with_what_to_do(source, line, told):
    (problem,) = check_source(source)
    assert (problem.kind, problem.line) == ("format", line)
    assert told in problem.what


def test_a_problem_in_json_has_its_line_too():
    (problem,) = check_source('{"scenario": "x", "start": "a", "steps": {\n  "a": {"end": "done"},\n  "b": {"end": "done"}\n}}')
    assert (problem.kind, problem.step, problem.line) == ("unreachable", "b", 3)


def test_a_scenario_beside_people_cannot_hand_off():
    (problem,) = [one for one in check_source(REFUND, World(side=True)) if one.step == "person"]
    assert (problem.kind, problem.replayed) == ("failure", True)


def test_the_shortest_conversation_is_told():
    (problem,) = [one for one in check_source(REFUND.replace("{{ order.item }}", "{{ order }}"), WORLD) if one.step == "confirm"]
    assert [line for line in problem.conversation if line[0] == "customer"] == [("customer", "환불"), ("customer", "0000000000")]
    assert (problem.severity, problem.line) == ("error", 24)


def test_a_longer_way_on_which_less_is_known_is_gone_too():
    source = """
scenario: ways
start: hello
steps:
  hello: {choose: [{label: 가, goto: ask}, {label: 나, goto: wait}], say: 음}
  ask: {ask: name, prompt: 이름?, next: greet, on_fail: stop}
  wait: {say: 하나, choose: [{label: 다, goto: wait2}]}
  wait2: {say: 둘, choose: [{label: 라, goto: greet}]}
  greet: {say: 안녕, choose: [{label: 마, goto: end}]}
  end: {say: "{{ name }}", next: stop}
  stop: {end: done}
"""
    (problem,) = check_source(source)
    assert (problem.kind, problem.step) == ("variable", "end")
    assert [text for who, text in problem.conversation if who == "customer"] == ["나", "다", "라", "마"]


COUNTING = """
scenario: counting
start: zero
steps:
  zero: {set: {score: 0, log: ""}, next: ask}
  ask: {say: 더 담을까요?, choose: [{label: 더, goto: add}, {label: 그만, goto: many}]}
  add: {set: {score: "{{ score | float + 1 }}", log: "{{ log }}, x"}, next: ask}
  many: {branch: [{when: score > 3, goto: stop}, {when: "'z' in log", goto: stop}], else: ask}
  stop: {end: done}
"""


def test_what_counts_or_grows_on_and_on_is_no_defect():
    began = time.process_time()
    assert check_source(COUNTING) == []
    assert ("many", "when:1") in explore(load(COUNTING)).covered
    assert time.process_time() - began < 2


def test_a_count_that_never_gets_there_is_not_told_for_what_was_not_looked_at():
    assert check_source(COUNTING.replace("score > 3", "score > 3000")) == []
    (problem,) = check_source(COUNTING.replace("goto: stop", "goto: ask").replace("  stop: {end: done}\n", ""))
    assert (problem.kind, problem.step) == ("trap", "ask")


def test_two_thousand_steps_are_checked_in_two_seconds():
    steps = {
        f"s{n}": {
            "say": f"안녕하세요 {n}",
            "choose": [{"label": "다음", "goto": f"s{n + 1}"}, {"label": "처음", "goto": "s0"}, {"label": "상담사", "goto": "person"}],
            "otherwise": "person",
        }
        for n in range(1997)
    }
    end = {"s1997": {"end": "done"}, "person": {"handoff": {}, "closed": "leave", "nobody": "leave"}, "leave": {"leave_message": ["name"]}}
    scenario = load({"scenario": "big", "start": "s0", "steps": steps | end})
    assert len(scenario.steps) == 2000
    began = time.process_time()
    assert check(scenario, WORLD) == []
    assert time.process_time() - began < 2
