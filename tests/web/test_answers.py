"""What every query and command answers can be said in JSON."""

from __future__ import annotations

import msgspec
import pytest
from tests.office import Office
from tests.samples import COMMANDS, QUERIES

from cschat.web.wire import answered


@pytest.mark.parametrize("kind", COMMANDS | QUERIES, ids=lambda kind: kind.__name__)
def test_an_answer_is_plain_json(memory_office: Office, kind: type) -> None:
    office, sample = memory_office, (COMMANDS | QUERIES)[kind]
    thing = sample.make(office, office.session(sample.state))
    door = getattr(office, sample.door)
    answer = door.do(thing) if kind in COMMANDS else door.ask(thing)
    msgspec.json.encode(answered(thing, answer))
