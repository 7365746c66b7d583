"""What each kind of step does when it is entered: where to next, or None to wait.

May: say, ask, learn and order effects. May not: hear the customer (`hearing`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cschat.bots import scenario as s
from cschat.bots.asking import ask_choose, ask_for, ask_form, buttons, pair, search
from cschat.bots.exchange import Act, AskForPerson, Categorise, Finish, Prioritise, Tag
from cschat.bots.phrases import phrase
from cschat.bots.templates import condition
from cschat.bots.turn import Walk
from cschat.errors import ScenarioError, ScenarioLoop

__all__ = ["ENTER", "MAX_FRAMES"]

MAX_FRAMES = 10
"""How many scenarios may have called each other."""


# -------------------------------------------------------------------------------------------------------- entering a step


def _enter_say(walk: Walk, name: str, step: s.Say) -> str:
    walk.say(step.say)
    return walk.leave(name, "next", step.next)


def _enter_ask(walk: Walk, name: str, step: s.Ask) -> str | None:
    if step.keep:
        customer = walk.env.about.get("customer")
        known = customer.get(step.ask) if isinstance(customer, Mapping) else None
        if known:
            walk.learn(step.ask, known)
            return walk.leave(name, "next", step.next)
    walk.say(step.say)
    ask_for(walk, step)
    walk.wait(name)
    return None


def _enter_form(walk: Walk, name: str, step: s.Form) -> None:
    ask_form(walk, step.form, step.say, name)


def _enter_branch(walk: Walk, name: str, step: s.Branch) -> str:
    for number, case in enumerate(step.branch, 1):
        if condition(case.when).holds(walk.everything()):
            return walk.leave(name, f"when:{number}", case.goto)
    return walk.leave(name, "else", step.else_)


def _enter_faq(walk: Walk, name: str, step: s.Faq) -> str | None:
    said = walk.known.get("said")
    if step.say is not None or not said:
        walk.say(
            step.say,
            fallback=phrase("field", walk.env.language).format("궁금한 점을" if walk.env.language[:2] == "ko" else "your question"),
        )
        walk.wait(name)
        return None
    return search(walk, name, step, said)


def _enter_do(walk: Walk, name: str, step: s.Do) -> None:
    walk.say(step.say)
    given = {key: walk.fill_value(value) for key, value in step.with_.items()}
    walk.effects.append(Act(step.do, given, step.timeout))
    walk.wait(name)


def _enter_set(walk: Walk, name: str, step: s.SetVariables) -> str:
    known = {key: walk.fill_value(value) for key, value in step.set.items()}
    walk.known, walk.all = {**walk.known, **known}, None
    return walk.leave(name, "next", step.next)


def _enter_tag(walk: Walk, name: str, step: s.TagSession) -> str:
    walk.effects.append(Tag(step.tag))
    return walk.leave(name, "next", step.next)


def _enter_category(walk: Walk, name: str, step: s.SetCategory) -> str:
    walk.effects.append(Categorise(step.category))
    return walk.leave(name, "next", step.next)


def _enter_priority(walk: Walk, name: str, step: s.SetPriority) -> str:
    walk.effects.append(Prioritise(step.priority))
    return walk.leave(name, "next", step.next)


def _enter_call(walk: Walk, name: str, step: s.Call) -> str:
    if len(walk.frames) >= MAX_FRAMES:
        raise ScenarioLoop(step=name, reason=f"more than {MAX_FRAMES} scenarios have called each other")
    key = walk.env.latest(step.call)
    called = walk.env.scenarios(key)
    walk.path.append((name, "next"))
    walk.called = (*walk.called, (len(walk.path), key))
    walk.frames = (*walk.frames, (walk.key, step.next))
    walk.key, walk.scenario = key, called
    return called.start


def _enter_goto(walk: Walk, name: str, step: s.Goto) -> str:
    return walk.leave(name, "goto", step.goto)


def _enter_handoff(walk: Walk, name: str, step: s.Handoff) -> None:
    if walk.env.side:
        raise ScenarioError(step=name, reason="a scenario beside people cannot hand off")
    walk.say(step.say)
    request = step.handoff
    walk.effects.append(AskForPerson(request.category, request.priority, request.group))
    walk.wait(name)


def _enter_leave(walk: Walk, name: str, step: s.LeaveMessage) -> None:
    if walk.env.side:
        raise ScenarioError(step=name, reason="a scenario beside people cannot take a message")
    ask_form(walk, step.leave_message, None, name)


def _enter_rate(walk: Walk, name: str, step: s.Rate) -> None:
    labels = [phrase("points", walk.env.language).format(points) for points in range(step.rate.scale, 0, -1)]
    walk.say(step.say, buttons(labels), phrase("rate", walk.env.language))
    walk.wait(name)


def _enter_consent(walk: Walk, name: str, step: s.Consent) -> str | None:
    if (step.consent.what, step.consent.version) in walk.env.agreed:
        return walk.leave(name, "agreed", step.agreed)
    walk.say(step.say, buttons(pair(walk, "agree", "refuse")))
    walk.wait(name)
    return None


def _enter_end(walk: Walk, name: str, step: s.End) -> str | None:
    walk.say(step.say)
    if walk.frames:
        *rest, (key, target) = walk.frames
        walk.path.append((name, "back"))
        walk.frames, walk.key, walk.scenario = tuple(rest), key, walk.env.scenarios(key)
        return target
    walk.path.append((name, "end"))
    walk.effects.append(Finish(step.end))
    return None


ENTER: Mapping[type, Callable[[Walk, str, Any], str | None]] = {
    s.Say: _enter_say,
    s.Choose: ask_choose,
    s.Ask: _enter_ask,
    s.Form: _enter_form,
    s.Branch: _enter_branch,
    s.Faq: _enter_faq,
    s.Do: _enter_do,
    s.SetVariables: _enter_set,
    s.TagSession: _enter_tag,
    s.SetCategory: _enter_category,
    s.SetPriority: _enter_priority,
    s.Call: _enter_call,
    s.Goto: _enter_goto,
    s.Handoff: _enter_handoff,
    s.LeaveMessage: _enter_leave,
    s.Rate: _enter_rate,
    s.Consent: _enter_consent,
    s.End: _enter_end,
}
