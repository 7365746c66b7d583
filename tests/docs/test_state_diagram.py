"""The session machine as the docs draw it is the one that the code goes by."""

import re
from xml.etree import ElementTree as ET

import generate
import pytest
import state_diagram

from cschat.core.session import MACHINE, STAY, State


def machine():
    """The table, read here once more and on its own: (state, event, to of the event or None, state after)."""
    return {
        (None if state is None else state.name, body.__name__, to, after.name)
        for state, row in MACHINE.items()
        for body, target in row.items()
        if target is not STAY
        for to, after in (target.items() if isinstance(target, dict) else [(None, target)])
    }


def event_and_to(text):
    return (text[:-1].split("(")[0], text[:-1].split("(")[1]) if "(" in text else (text, None)


def drawn_in_mermaid():
    arrows = re.findall(r"^    (\S+) --> (\S+) : (.+)$", state_diagram.mermaid(), re.MULTILINE)
    into = [start for start, end, _ in arrows if end == "reopened"]
    found = {(state.name, "ForceClosed", None, "CLOSED") for state in State}
    assert "note right of CLOSED : ForceClosed leads here from every state" in state_diagram.mermaid()
    for start, end, by in arrows:
        for text in by.split(", "):
            event, to = event_and_to(text)
            if start == "reopened":
                found |= {(source, event, to, end) for source in into}
            elif end != "reopened":
                found.add((None if start == "[*]" else start, event, to, end))
    return found


def test_the_mermaid_text_has_every_step_of_the_machine_and_no_other():
    assert drawn_in_mermaid() == machine()


def test_the_table_has_every_step_of_the_machine_and_no_other():
    rows = [row.strip("| ").split(" | ") for row in state_diagram.table().splitlines()[2:]]
    states = [state.name for state in State]
    found = {
        (None if start == "(nothing)" else start, *event_and_to(event.strip("`")), end)
        for begin, event, end in rows
        for start in (states if begin == "every state" else [begin])
    }
    assert found == machine()


def test_the_table_of_staying_has_every_event_that_leads_nowhere_else():
    rows = [row.strip("| ").split(" | ") for row in state_diagram.staying_table().splitlines()[2:]]
    everywhere = set(rows[0][1].replace("`", "").split(", "))
    more = {state: set(names.replace("`", "").split(", ")) for state, names in rows[1:]}
    for state in State:
        assert everywhere | more.get(state.name, set()) == {body.__name__ for body, to in MACHINE[state].items() if to is STAY}


def test_the_picture_shows_every_state_and_every_event_that_leads_on():
    picture = ET.fromstring(state_diagram.svg())
    texts = [element.text or "" for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {state.name for state in State} <= set(texts)
    words = set(re.findall(r"[A-Za-z]+", " ".join(texts)))
    assert {event for _, event, _, _ in machine()} <= words
    assert {to for _, _, to, _ in machine() if to} <= words
    lines = [element for element in picture.iter("{http://www.w3.org/2000/svg}path") if element.get("class") == "step"]
    single = {(start, end) for start, event, _, end in machine() if event not in ("Reopened", "ForceClosed")}
    assert len(lines) == len(single) + 1  # and one for all of Reopened


def test_a_step_without_a_place_in_the_picture_is_an_error(monkeypatch):
    more = [*state_diagram.steps(), ("WRAP_UP", "Escalated", "QUEUED")]
    monkeypatch.setattr(state_diagram, "steps", lambda: more)
    with pytest.raises(AssertionError, match="WRAP_UP"):
        state_diagram.svg()


@pytest.mark.parametrize(
    "path", [path for path in generate.files() if path.name in ("session.md", "states.svg")], ids=lambda path: path.name
)
def test_the_page_and_the_picture_are_as_drawn(path):
    assert path.read_text(encoding="utf-8") == generate.files()[path], "run: python docs/generate.py"
