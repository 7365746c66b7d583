"""Running a scenario, one turn at a time.

May: say what follows from what is known and what was given. May not: look anything up, keep anything, know the time or a store; what it
needs comes in by `Env`, what must happen goes out as effects.

`answer(scenario, cursor, given, env)` begins where the cursor stands, takes what is given, and goes on until it must wait or is over. It
is a function: the same again gives the same.
"""

from __future__ import annotations

from typing import Any

from cschat.bots import scenario as s
from cschat.bots.asking import labels_of, offered, pair
from cschat.bots.entering import ENTER
from cschat.bots.exchange import (
    Act,
    Agree,
    AskForPerson,
    Categorise,
    Effect,
    Env,
    Failed,
    Finish,
    Found,
    Given,
    Keep,
    Outcome,
    Prioritise,
    Refused,
    Returned,
    Said,
    Score,
    Start,
    Tag,
    TakeMessage,
)
from cschat.bots.hearing import HEARD, accepted, score_of
from cschat.bots.turn import Walk
from cschat.bots.understanding import named
from cschat.core.content import Content
from cschat.core.events import BotCursor
from cschat.errors import CschatError, ScenarioError, ScenarioLoop

__all__ = [
    "MAX_CHAIN",
    "Act",
    "Agree",
    "AskForPerson",
    "Categorise",
    "Effect",
    "Env",
    "Failed",
    "Finish",
    "Found",
    "Given",
    "Keep",
    "Outcome",
    "Prioritise",
    "Refused",
    "Returned",
    "Said",
    "Score",
    "Start",
    "Tag",
    "TakeMessage",
    "answer",
    "takes",
]

MAX_CHAIN = 100
"""How many steps a scenario may go without waiting for anybody."""
CLOSED_REASONS = frozenset({"closed", "lunch", "holiday"})


def answer(scenario: s.Scenario, cursor: BotCursor | None, given: Given, env: Env) -> Outcome:
    """One turn. `scenario` is the cursor's; the one to begin, if there is no cursor.

    `ScenarioError` if it cannot go on, `ScenarioLoop` if it goes round without waiting; no other error comes out, whatever is given.
    """
    walk = Walk(scenario, cursor, env)
    if cursor is None:
        if isinstance(given, Start) and given.key is not None:
            walk.key = given.key
        _go(walk, scenario.start)
    else:
        step = scenario.steps.get(cursor.step)
        if step is None:
            raise ScenarioError(step=cursor.step, reason="there is no such step")
        try:
            target = _take(walk, cursor, step, given)
        except ScenarioError as error:
            raise walk.at(cursor.step, error) from error
        except CschatError as error:
            raise ScenarioError(step=cursor.step, reason=str(error)) from error
        _go(walk, target)
    return Outcome(tuple(walk.replies), tuple(walk.effects), walk.cursor, tuple(walk.path), walk.called)


def _take(walk: Walk, cursor: BotCursor, step: Any, given: Given) -> str | None:
    match given:
        case Said(content=content):
            heard = HEARD.get(type(step))
            if heard is not None:
                return heard(walk, cursor, step, content)
        case Returned(value=value) if isinstance(step, s.Do):
            if step.save is not None:
                walk.learn(step.save, value)
            return walk.leave(cursor.step, "next", step.next)
        case Failed() if isinstance(step, s.Do):
            return walk.leave(cursor.step, "on_error", step.on_error)
        case Refused(reason=reason) if isinstance(step, s.Handoff):
            edge = "closed" if reason in CLOSED_REASONS else "nobody"
            return walk.leave(cursor.step, edge, getattr(step, edge))
        case _:
            pass
    walk.cursor = cursor  # it waits for something else: an action, a person
    return None


def takes(scenario: s.Scenario, cursor: BotCursor, content: Content, env: Env) -> bool:
    """Whether the question that a scenario waits with accepts this: the button of a `choose`, a fitting answer to an `ask`."""
    step = scenario.steps.get(cursor.step)
    walk = Walk(scenario, cursor, env)
    try:
        match step:
            case s.Choose():
                return named(content.text, labels_of(walk, cursor.step, step)) is not None
            case s.Ask():
                return accepted(walk, step, content) is not None
            case s.Rate(rate=rate):
                return score_of(content.text, rate.scale) is not None
            case s.Consent():
                return named(content.text, pair(walk, "agree", "refuse")) is not None
            case s.Faq():
                return cursor.part == 0 or named(content.text, offered(walk, cursor)) is not None
            case s.Form() | s.LeaveMessage():
                return True
            case _:
                return False
    except CschatError:
        return False


def _go(walk: Walk, name: str | None) -> None:
    """From step to step until one waits or the scenario is over."""
    for _ in range(MAX_CHAIN):
        if name is None:
            return
        name = _enter(walk, name)
    if name is not None:
        chain = tuple(step for step, _ in walk.path[-6:])
        raise ScenarioLoop(step=name, reason=f"more than {MAX_CHAIN} steps without waiting: {' > '.join(chain)}", chain=chain)


def _enter(walk: Walk, name: str) -> str | None:
    step = walk.scenario.steps.get(name)
    if step is None:
        raise ScenarioError(step=name, reason="there is no such step", before=walk.path[-1] if walk.path else None)
    try:
        return ENTER[type(step)](walk, name, step)
    except ScenarioError as error:
        raise walk.at(name, error) from error
