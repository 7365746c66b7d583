"""A scenario is checked as it will be when it is published."""

from __future__ import annotations

import pytest

from cschat import Desk
from cschat import commands as c
from cschat import queries as q
from cschat.errors import Invalid

GOOD = """\
scenario: hello
start: hi
steps:
  hi:
    say: 안녕하세요
    next: person
  person:
    handoff: {}
    closed: stop
    nobody: stop
  stop:
    end: resolved
"""


@pytest.fixture
def desk() -> Desk:
    return Desk.open("memory:", brand="shop")


def test_what_is_good_has_no_problem_and_is_not_published(desk: Desk) -> None:
    assert desk.ask(q.CheckScenario(GOOD)) == []
    assert desk.ask(q.Scenarios()) == []


def test_problems_say_where_they_are(desk: Desk) -> None:
    [problem] = [one for one in desk.ask(q.CheckScenario(GOOD.replace("closed: stop", "closed: nowhere"))) if one.kind == "target"]
    assert (problem.severity, problem.step, problem.line) == ("error", "person", 7)
    assert "nowhere" in problem.what
    assert problem.why


@pytest.mark.parametrize("source", ["scenario: [", "- a", "scenario: x", "start: a\nsteps: 3", "{}", "\0"])
def test_what_is_no_scenario_is_one_problem(desk: Desk, source: str) -> None:
    [problem] = desk.ask(q.CheckScenario(source))
    assert (problem.kind, problem.severity) == ("format", "error")


@pytest.mark.parametrize("source", ["", "  ", "x" * 1_000_001])
def test_a_source_is_a_text_of_a_size(source: str) -> None:
    with pytest.raises(Invalid, match="source"):
        q.CheckScenario(source)


def test_the_brands_own_words_and_scenarios_count(desk: Desk) -> None:
    directed = GOOD.replace("handoff: {}", "handoff: {group: 반품}")
    assert [one.kind for one in desk.ask(q.CheckScenario(directed))] == ["group"]
    desk.do(c.AddGroup("반품"))
    assert desk.ask(q.CheckScenario(directed)) == []
    calling = "scenario: outer\nstart: go\nsteps:\n  go:\n    call: hello\n    next: bye\n  bye:\n    end: resolved\n"
    assert "scenario" in [one.kind for one in desk.ask(q.CheckScenario(calling))]
    desk.do(c.PublishScenario(GOOD))
    assert "scenario" not in [one.kind for one in desk.ask(q.CheckScenario(calling))]


def test_the_latest_version_of_each_scenario_is_listed(desk: Desk) -> None:
    desk.do(c.PublishScenario(GOOD))
    desk.do(c.PublishScenario(GOOD.replace("안녕하세요", "반갑습니다")))
    desk.do(c.PublishScenario(GOOD.replace("scenario: hello", "scenario: bye")))
    assert [(one.name, one.version) for one in desk.ask(q.Scenarios())] == [("bye", 1), ("hello", 2)]
