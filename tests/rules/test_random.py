"""Whatever rules a brand has: nobody's command fails for them, nothing goes round, and every store does the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.needs import empty
from tests.office import Content, Office
from tests.rules.random_rules import STEPS, attempt, rules

from cschat import Desk, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.records import evolve
from cschat.core.session import opened

LEVELS = [{"name": "기본", "first_response": 120, "next_response": 900, "resolution": 3000, "warn": 60}]
WORDS = st.sampled_from([*STEPS])


def office_on(url: str) -> Office:
    clock = FakeClock()
    return Office.on(Desk.open(url, clock=clock, seed=1), clock)


@settings(max_examples=60)
@given(data=st.data(), state=st.sampled_from([*State]), step=WORDS)
def test_what_can_be_done_without_rules_can_be_done_with_any(data: st.DataObject, state: State, step: str):
    plain = office_on("memory:")
    outcome = attempt(plain, step, plain.session(state))
    office = office_on("memory:")
    session = office.session(state)
    office.desk.do_all([*data.draw(rules(office)), c.SetSla(LEVELS)])
    assert attempt(office, step, session) == outcome
    check(office)


@settings(max_examples=15)
@given(data=st.data(), steps=st.lists(WORDS, min_size=5, max_size=25))
def test_a_desk_with_any_rules_stays_whole(data: st.DataObject, steps: list[str]):
    office = office_on("memory:")
    office.desk.do_all([*data.draw(rules(office)), c.SetSla(LEVELS)])
    session = office.visitor.do(c.OpenSession(text="문의"))
    for step in steps:
        assert attempt(office, step, session) not in ("ReactionLoop", "CschatError")
    check(office)


def check(office: Office) -> None:
    """Nothing is impossible, and the records are what the events say (but for when they are looked at: that is no event)."""
    assert office.desk.ask(q.SelfCheck()) == []
    content = office.everything()
    folded = {}
    for event in content.events:
        if event.subject.startswith("ses_"):
            folded[event.subject] = folded[event.subject].apply(event) if event.seq > 1 else opened(event)
    for id, session in folded.items():
        assert evolve(session, wake=None) == evolve(content.records["session", id], wake=None)
    once = [(event.subject, event.body.rule, event.cause) for event in content.events if event.type == "RuleFired" and event.cause]
    assert len(once) == len({*once}), "one firing for each rule, subject and cause"


@settings(max_examples=12)
@given(data=st.data(), steps=st.lists(WORDS, min_size=5, max_size=20))
def test_every_store_does_the_same(data: st.DataObject, steps: list[str], tmp_path_factory: pytest.TempPathFactory, postgres_desk: str):
    path: Path = tmp_path_factory.mktemp("desk")
    urls = ["memory:", f"sqlite:///{path / 'desk.db'}?synchronous=normal", postgres_desk]
    empty(postgres_desk)
    drawn = None
    found: list[tuple[list[str], Content]] = []
    for url in urls:
        office = office_on(url)
        drawn = drawn or data.draw(rules(office))
        office.desk.do_all([*drawn, c.SetSla(LEVELS)])
        session = office.visitor.do(c.OpenSession(text="문의"))
        found.append(([attempt(office, step, session) for step in steps], office.everything()))
        office.desk.close()
    assert found[0] == found[1] == found[2]
