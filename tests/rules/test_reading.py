"""Rules as people write them: what is understood, and what is refused, with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.office import Office
from tests.rules.random_rules import CONDITIONS

from cschat import commands as c
from cschat import queries as q
from cschat.core.rules import Rule, When
from cschat.errors import Invalid, NotFound
from cschat.rules.actions import read_all
from cschat.rules.book import read_rule
from cschat.rules.clocks import due_at, fired, missed
from cschat.rules.conditions import read
from cschat.rules.cycles import cycles
from cschat.rules.reading import when_of


@attrs.frozen
class Known:
    """Facts by field, now and before."""

    facts: Mapping[str, Any]
    was: Mapping[str, Any] = {}

    def now(self, field: str) -> Any:
        return self.facts.get(field)

    def before(self, field: str) -> Any:
        return self.was.get(field, self.now(field))


def holds(document: dict[str, Any], was: Mapping[str, Any] | None = None, **facts: Any) -> bool:
    named = {name.replace("__", "."): value for name, value in facts.items()}
    return read(document).holds(Known(named, was or {}))


@pytest.mark.parametrize(
    ("condition", "fits", "fits_not"),
    [
        ({"is": "Web"}, ["web", "WEB"], ["web2", "", None, 1]),
        ({"is_not": "web"}, ["email", None], ["WEB"]),
        ({"in": ["web", "email"]}, ["Email"], ["sms", None]),
        ({"not_in": ["web"]}, ["sms", None], ["web"]),
        ({"contains": "환불"}, ["환불 해주세요", "전액환불"], ["반품", "", None]),
        ({"starts_with": "Ord"}, ["order 5"], ["an order", None]),
        ({"ends_with": "?"}, ["언제요?"], ["언제요", None]),
        ({"matches": "*환불*"}, ["환불", "꼭 환불 해주세요"], ["반품", None]),
        ({"matches": "a*b*c"}, ["abc", "aXbYc", "abbc"], ["acb", "ab", "bac", "abcd", "ac"]),
        ({"matches": "ab*ba"}, ["abba", "abXba"], ["aba", "ab"]),
        ({"matches": "환불"}, ["환불"], ["환불요"]),
        ({"known": True}, ["x"], ["", None, ()]),
        ({"known": False}, ["", None], ["x"]),
    ],
    ids=repr,
)
def test_what_texts_fit(condition: dict[str, Any], fits: list[Any], fits_not: list[Any]):
    assert all(holds({"field": "channel", **condition}, channel=value) for value in fits)
    assert not any(holds({"field": "channel", **condition}, channel=value) for value in fits_not)


@pytest.mark.parametrize(
    ("condition", "fits", "fits_not"),
    [
        ({"field": "queue", "greater": 3}, [4], [3, None]),
        ({"field": "queue", "less": 3}, [2.5], [3, "2", None]),
        ({"field": "queue", "at_least": 3}, [3], [2]),
        ({"field": "queue", "at_most": 3}, [3], [4]),
        ({"field": "queue", "is": 3}, [3, 3.0], [True, "3", 4]),
        ({"field": "open", "is": True}, [True], [1, False, None]),
        ({"field": "tags", "has": ["급함", "VIP"]}, [("vip", "급함", "x")], [("급함",), (), None]),
        ({"field": "tags", "has_any": ["급함", "VIP"]}, [("vip",)], [("x",), ()]),
        ({"field": "category", "under": "배송"}, ["배송", "배송/지연"], ["배송지", "환불/배송", None]),
        ({"field": "customer.grade", "at_least": 3}, [3, 4.5], [2, "vip", None, True]),
        ({"field": "customer.grade", "is": "vip"}, ["VIP"], [3, True]),
    ],
    ids=repr,
)
def test_what_numbers_sets_and_paths_fit(condition: dict[str, Any], fits: list[Any], fits_not: list[Any]):
    name = condition["field"].replace(".", "__")
    assert all(holds(condition, **{name: value}) for value in fits)
    assert not any(holds(condition, **{name: value}) for value in fits_not)


def test_groups_nest_and_nothing_always_holds():
    yes, no = {"field": "channel", "is": "web"}, {"field": "channel", "is": "sms"}
    assert holds({})
    assert holds({"all": [yes, {"any": [no, yes]}, {"not": no}]}, channel="web")
    assert not holds({"all": [yes, {"not": {"any": [no, yes]}}]}, channel="web")


@pytest.mark.parametrize(
    ("condition", "was", "now", "true"),
    [
        ({"changed": True}, "low", "high", True),
        ({"changed": True}, "high", "high", False),
        ({"changed": False}, "high", "high", True),
        ({"changed": True, "from": "low"}, "low", "high", True),
        ({"changed": True, "from": "normal"}, "low", "high", False),
        ({"changed": True, "to": "high"}, "low", "high", True),
        ({"changed": True, "to": "urgent"}, "low", "high", False),
        ({"changed": True, "from": "low", "to": "high"}, "low", "high", True),
    ],
)
def test_what_has_changed(condition: dict[str, Any], was: str, now: str, true: bool):
    assert holds({"field": "priority", **condition}, {"priority": was}, priority=now) is true


@given(CONDITIONS)
def test_not_is_the_contrary(condition: dict[str, Any]):
    facts = Known({"text": "문의", "tags": ("급함",), "queue": 3, "open": True, "customer.tags": (), "customer.name": "김"})
    if condition:
        assert read(condition).holds(facts) is not read({"not": condition}).holds(facts)


DEEP: dict[str, Any] = {"field": "channel", "is": "web"}
for _ in range(12):
    DEEP = {"not": DEEP}


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        ([], "only_if"),
        ({"some": []}, "only_if.some"),
        ({"all": []}, "only_if.all"),
        ({"all": {"field": "text", "is": "x"}}, "only_if.all"),
        ({"all": [{"field": "colour", "is": "red"}]}, "only_if.all.0.field"),
        ({"any": [{"field": "queue", "contains": "x"}]}, "only_if.any.0"),
        ({"not": {"field": "text", "contains": ""}}, "only_if.not.contains"),
        ({"field": "text", "contains": 3}, "only_if.contains"),
        ({"field": "text", "is": "x", "in": ["y"]}, "only_if"),
        ({"field": "text", "in": "xyz"}, "only_if.in"),
        ({"field": "queue", "less": True}, "only_if.less"),
        ({"field": "open", "known": "yes"}, "only_if.known"),
        ({"field": "channel", "changed": True}, "only_if.field"),
        ({"field": "state", "changed": True, "of": "x"}, "only_if.changed"),
        ({"field": "state", "changed": True, "to": 3}, "only_if.to"),
        ({"field": ["x"], "is": "y"}, "only_if.field"),
        ({"any": [{"field": "text", "is": "x"}] * 300}, "only_if.any.199"),
        (DEEP, "only_if" + ".not" * 10),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_a_condition_that_cannot_be_is_refused_at_its_place(condition: Any, place: str):
    with pytest.raises(Invalid) as caught:
        read(condition)
    assert caught.value.field == place


@pytest.mark.parametrize(
    ("actions", "place"),
    [
        ([], "then"),
        ({"send": "x"}, "then"),
        ([{"send": "x", "note": "y"}], "then.0"),
        ([{"dance": True}], "then.0"),
        ([{"note": "x"}, {"send": ""}], "then.1.send"),
        ([{"send": {"ko": 3}}], "then.0.send.ko"),
        ([{"send": {}}], "then.0.send"),
        ([{"set_priority": "most"}], "then.0.set_priority"),
        ([{"set_category": "배송//지연"}], "then.0.set_category"),
        ([{"add_tags": []}], "then.0.add_tags"),
        ([{"direct": {"agent": "a", "group": "b"}}], "then.0.direct"),
        ([{"direct": {"agent": "민아"}}], "then.0.direct.agent"),
        ([{"release": False}], "then.0.release"),
        ([{"hold": 0}], "then.0.hold"),
        ([{"alert": {"kind": "fire", "text": "x"}}], "then.0.alert.kind"),
        ([{"alert": {"kind": "sla"}}], "then.0.alert"),
        ([{"end": "x" * 300}], "then.0.end"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_an_action_that_cannot_be_is_refused_at_its_place(actions: Any, place: str):
    with pytest.raises(Invalid) as caught:
        read_all(actions)
    assert caught.value.field == place


@pytest.mark.parametrize(
    ("when", "place"),
    [
        ("Opened", "when"),
        ({}, "when"),
        ({"event": "Nothing"}, "when.event"),
        ({"event": "RuleFired"}, "when.event"),
        ({"event": "Opened", "after": 5}, "when"),
        ({"event": "MessageSent", "by": "host"}, "when.by"),
        ({"event": "Opened", "by": "nobody"}, "when.by"),
        ({"state": "asleep", "after": 5}, "when.state"),
        ({"state": "queued"}, "when.after"),
        ({"state": "queued", "after": 0.5}, "when.after"),
        ({"state": "queued", "after": 5, "at_most": 0}, "when.at_most"),
        ({"silent": "bot", "after": 5}, "when.silent"),
        ({"silent": "agent", "after": 5, "by": "agent"}, "when.by"),
        ({"silent": "agent", "often": 5}, "when.often"),
        ({"event": 5}, "when"),
    ],
    ids=repr,
)
def test_a_beginning_that_cannot_be_is_refused_at_its_place(when: Any, place: str):
    with pytest.raises(Invalid) as caught:
        when_of(when)
    assert caught.value.field == place


def test_what_names_nobody_or_cannot_be_rendered_is_refused_when_it_is_saved(office: Office):
    with pytest.raises(Invalid) as caught:
        office.desk.do(c.AddRule("x", {"event": "Opened"}, [{"direct": {"group": "grp_nowhere"}}]))
    assert caught.value.field == "then.0.direct.group"
    with pytest.raises(Invalid) as caught:
        office.desk.do(c.AddRule("x", {"event": "Opened"}, [{"note": "a"}, {"alert": "{{ customer.__class__ }}"}]))
    assert caught.value.field == "then.1.alert"
    rule = office.desk.do(c.AddRule("x", {"event": "Opened"}, [{"note": "a"}]))
    with pytest.raises(Invalid):
        office.desk.do(c.ChangeRule(rule, only_if={"field": "nothing", "is": 1}))
    with pytest.raises(NotFound):
        office.desk.do(c.ChangeRule("rul_nowhere", name="y"))
    with pytest.raises(NotFound):
        office.desk.brand("other").do(c.RemoveRule(rule))
    assert [one.name for one in office.desk.ask(q.Rules())] == ["x"]
    assert office.desk.do(c.ChangeRule(rule, name="x")).rule == rule.rule, "the same again is no event"


def test_a_repeated_request_adds_one_rule(office: Office):
    command = c.AddRule("x", {"event": "Opened"}, [{"note": "a"}])
    first, again = (office.desk.do(command, request_id="r1") for _ in range(2))
    assert first == again
    assert len(office.desk.ask(q.Rules())) == 1
    for change in (c.ChangeRule(first, name="y"), c.MoveRule(first, to=1), c.SetSla([{"name": "z", "resolution": 5}]), c.RemoveRule(first)):
        answers = [office.desk.do(change, request_id=type(change).__name__) for _ in range(1 if isinstance(change, c.RemoveRule) else 2)]
        assert answers[0] == answers[-1]


# ---------------------------------------------------------------------------------------------------------------- circles


def rule(name: str, event: str, *then: dict[str, Any], by: str | None = None, **only_if: Any) -> Any:
    return read_rule(Rule(name, 0, name, when_of({"event": event, "by": by}), only_if, then))


def names(*rules: Any) -> list[str]:
    return [" ".join(ready.rule.name for ready in circle) for circle in cycles(rules)]


def test_circles_are_found_once_each_however_many_rules_are_in_them():
    a = rule("a", "PrioritySet", {"add_tags": ["x"]})
    b = rule("b", "SessionTagged", {"set_category": "배송"})
    third = rule("c", "CategorySet", {"set_priority": "high"})
    apart = rule("d", "Opened", {"set_priority": "high"})
    assert names(a, b, third, apart) == ["a b c a"]
    assert names(a, b, apart) == []
    assert names(rule("e", "SessionTagged", {"note": "!"}, {"remove_tags": ["x"]})) == ["e e"]


def test_what_the_other_rule_asks_can_rule_a_circle_out():
    raises = rule("a", "PrioritySet", {"set_priority": "urgent"}, field="priority", **{"is": "high"})
    assert names(raises) == []
    again = rule("b", "PrioritySet", {"set_priority": "high"}, all=[{"field": "priority", "is": "urgent"}])
    assert names(raises, again) == ["a b a"]


def test_what_a_rule_says_is_said_by_the_system_and_to_the_customer():
    assert names(rule("a", "MessageSent", {"send": "x"})) == []
    assert names(rule("a", "MessageSent", {"send": "x"}, by="system")) == ["a a"]
    assert names(rule("a", "MessageSent", {"note": "x"}, by="system")) == []


# ----------------------------------------------------------------------------------------------------------------- clocks


@given(st.integers(1, 1000), st.integers(1, 5), st.lists(st.integers(0, 5000), min_size=1, max_size=20))
def test_a_rule_of_time_is_never_due_at_once_again_and_never_too_often(after: int, at_most: int, delays: list[int]):
    when, anchor = When(state="queued", after=1000 * after, at_most=at_most), 10**15
    mark, times = None, 0
    for delay in delays:
        due = due_at(when, anchor, mark)
        if due is None:
            break
        now = due + delay * 1_000_000
        mark = fired(mark, anchor, when, now)
        times += 1
        following = due_at(when, anchor, mark)
        assert following is None or following > now
        assert following is None or (following - anchor) % (after * 1_000_000) == 0
    assert times <= at_most


def test_what_came_to_nothing_is_looked_at_ever_more_seldom():
    anchor, mark, gaps = 10**15, None, []
    now = anchor
    for _ in range(4):
        mark = missed(mark, anchor, now, opens=None)
        gaps.append((mark.look - now) // 60_000_000)
        now = mark.look
    assert gaps == [10, 20, 40, 80]
    assert missed(mark, anchor, now, opens=now + 5).look == now + 5
    assert missed(mark, anchor + 1, now, opens=None).missed == 1
