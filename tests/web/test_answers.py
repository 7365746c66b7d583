"""What every query and command answers can be said in JSON."""

from __future__ import annotations

import msgspec
import pytest
from tests.office import Office
from tests.samples import COMMANDS, QUERIES

from cschat.errors import Invalid
from cschat.web.wire import answered, command_of


@pytest.mark.parametrize("kind", COMMANDS | QUERIES, ids=lambda kind: kind.__name__)
def test_an_answer_is_plain_json(memory_office: Office, kind: type) -> None:
    office, sample = memory_office, (COMMANDS | QUERIES)[kind]
    thing = sample.make(office, office.session(sample.state))
    door = getattr(office, sample.door)
    answer = door.do(thing) if kind in COMMANDS else door.ask(thing)
    msgspec.json.encode(answered(thing, answer))


def test_what_a_converter_checks_is_checked_on_the_web() -> None:
    with pytest.raises(Invalid) as caught:
        command_of("ChangeBrand", {"look": {"colour": "red"}})
    assert caught.value.field == "look.colour"
    with pytest.raises(Invalid) as caught:
        command_of("SetSla", {"policies": [{"name": " ", "first_response": 60_000}]})
    assert caught.value.field == "policies.0.name"


def test_a_scenario_comes_as_text_or_as_data() -> None:
    text = "scenario: hello\nstart: bye\nsteps: {bye: {end: resolved}}"
    data = {"scenario": "hello", "start": "bye", "steps": {"bye": {"end": "resolved"}}}
    assert command_of("PublishScenario", {"source": text}) == command_of("PublishScenario", {"source": data})
