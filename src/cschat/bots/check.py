"""What is wrong with a scenario, found before it runs.

May: read scenarios and the ways through them, and name what is wrong. May not: mend, or run anything but the engine.

What can be seen by looking is looked at; what only shows on the way is found by going every way (`walk`). A problem that shows on the way
carries the shortest conversation that shows it, which has been played through the engine from the beginning before it is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from cschat.bots import scenario as s
from cschat.bots.format import load
from cschat.bots.understanding import plain
from cschat.bots.walk import Move, Place, Walk, World, conversation, walk
from cschat.core.channels import channel_named, shortfalls
from cschat.core.content import Choice, Content, ContentKind
from cschat.errors import ScenarioError, ScenarioLoop

__all__ = ["KINDS", "Problem", "World", "check", "check_source"]

KINDS: Mapping[str, tuple[str, str]] = {
    "format": ("error", "It is no scenario, so it cannot be published."),
    "target": ("error", "The conversation stops where it should go on."),
    "unreachable": ("error", "Nobody will ever see it."),
    "loop": ("error", "The bot would talk to itself without end; people would have to take over."),
    "trap": ("error", "A customer who gets here can neither reach a person nor an end."),
    "variable": ("error", "The text or condition cannot be filled in, and people would have to take over."),
    "action": ("error", "The host has no such action: it always fails."),
    "category": ("error", "The brand has no such category, and its list is closed."),
    "group": ("error", "Nobody is in a group that does not exist."),
    "scenario": ("error", "A scenario that does not exist cannot be called."),
    "language": ("error", "Customers of that language would read another."),
    "button": ("error", "Two buttons that say the same: the second can never be chosen."),
    "far": ("warning", "Who needs a person has to answer too much before."),
    "channel": ("warning", "It is shown as text there."),
    "failure": ("error", "People would have to take over."),
}
"""Each kind of problem: how bad it is, and why it matters."""

_NO_STEP = "there is no such step"


@attrs.frozen
class Problem:
    """One thing that is wrong: its `kind`, in which `step` and `line`, and `what` it is.

    `conversation` shows it, as (who, text), where it shows in one. `replayed`: that was played from the beginning and went wrong just so.
    """

    kind: str
    step: str
    what: str
    line: int | None = None
    conversation: tuple[tuple[str, str], ...] = ()
    replayed: bool = False

    @property
    def severity(self) -> str:
        """How bad it is: error or warning."""
        return KINDS[self.kind][0]

    @property
    def why(self) -> str:
        return KINDS[self.kind][1]

    def __str__(self) -> str:
        at = f"line {self.line}, " if self.line else ""
        return f"{at}step {self.step}: {self.what}" if self.step else f"{at}{self.what}"


def check_source(source: str, world: World | None = None) -> list[Problem]:
    """What is wrong with a file: that it is no scenario, or what `check` finds."""
    try:
        scenario = load(source)
    except ScenarioError as error:
        return [Problem("format", error.step, error.reason, error.line)]
    return check(scenario, world or World())


def check(scenario: s.Scenario, world: World | None = None) -> list[Problem]:
    """What is wrong with a scenario, in the order of its steps; errors first. Empty: it may be published."""
    world = world or World()
    found = walk(scenario, world)
    problems = [*_looked_at(scenario, world, found), *_on_the_way(scenario, world, found)]
    order = {name: number for number, name in enumerate(scenario.steps)}
    once = {(problem.kind, problem.step, problem.what): problem for problem in reversed(problems)}
    lined = [attrs.evolve(problem, line=problem.line or scenario.lines.get(problem.step)) for problem in once.values()]
    return sorted(lined, key=lambda problem: (problem.severity != "error", order.get(problem.step, -1), problem.kind, problem.what))


# ------------------------------------------------------------------------------------------------------------- by looking


def _looked_at(scenario: s.Scenario, world: World, found: Walk) -> Iterator[Problem]:
    back = {error.step: (place, move) for place, move, error in reversed(found.failures) if error.reason == _NO_STEP}
    missing = {error.fields["before"]: (place, move) for place, move, error in reversed(found.failures) if error.fields.get("before")}
    if scenario.start not in scenario.steps:
        yield Problem("target", "", f"it starts with {scenario.start!r}, and there is no such step", 1)
    else:
        yield from _unreachable(scenario)
    called = {error.step for _, _, error in found.failures if _kind(error) == "scenario"}
    for name, step in scenario.steps.items():
        for edge, target in s.edges(step):
            if target not in scenario.steps:
                shown = Problem("target", name, f"{edge} leads to {target!r}, and there is no such step")
                place_and_move = missing.get((name, edge)) or back.get(target)
                yield shown if place_and_move is None else _shown(shown, scenario, world, *place_and_move)
        if name not in called:  # that one is shown on the way
            yield from _names(name, step, scenario, world)
        yield from _languages(name, step, scenario.languages)
        if isinstance(step, s.Choose):
            yield from _buttons(name, step, scenario, world)


def _unreachable(scenario: s.Scenario) -> Iterator[Problem]:
    """The steps that no way leads to; of those that lead to each other only the first, with how many stand behind it."""
    reached = _reached(scenario, scenario.start)
    lost = {name: _reached(scenario, name) - reached for name in scenario.steps if name not in reached}
    told: set[str] = set()
    for name in sorted(lost, key=lambda name: -len(lost[name])):
        if name not in told:
            behind = len(lost[name] - told) - 1
            told |= lost[name]
            more = f", nor to {'the step' if behind == 1 else f'the {behind} steps'} behind it" if behind else ""
            yield Problem("unreachable", name, f"no way leads here{more}")


def _reached(scenario: s.Scenario, start: str) -> set[str]:
    reached, todo = set[str](), [start]
    while todo:
        name = todo.pop()
        if name in reached or name not in scenario.steps:
            continue
        reached.add(name)
        todo += [target for _, target in s.edges(scenario.steps[name])]
    return reached


def _names(name: str, step: s.Step, scenario: s.Scenario, world: World) -> Iterator[Problem]:
    match step:
        case s.Do(do=action) if world.actions is not None and action not in world.actions:
            yield Problem("action", name, f"there is no action {action!r}")
        case s.SetCategory(category=path) if world.categories is not None and path not in world.categories:
            yield Problem("category", name, f"there is no category {path!r}")
        case s.Call(call=called) if world.scenarios is not None and called not in {*world.scenarios, scenario.scenario}:
            yield Problem("scenario", name, f"there is no scenario {called!r}")
        case s.Handoff(handoff=request):
            if request.category is not None and world.categories is not None and request.category not in world.categories:
                yield Problem("category", name, f"there is no category {request.category!r}")
            if request.group is not None and world.groups is not None and request.group not in world.groups:
                yield Problem("group", name, f"there is no group {request.group!r}")
        case _:
            pass


def _languages(name: str, step: Any, languages: tuple[str, ...]) -> Iterator[Problem]:
    for text in _texts(step):
        missing = [language for language in languages if language not in text.words]
        if missing and any(letter.isalpha() for words in text.words.values() for letter in words):
            some = next(iter(text.words.values()))
            yield Problem("language", name, f"{some[:30]!r} is not there in {', '.join(missing)}")


def _texts(thing: Any) -> Iterator[s.Text]:
    if isinstance(thing, s.Text):
        yield thing
    elif isinstance(thing, tuple):
        for item in thing:
            yield from _texts(item)
    elif attrs.has(type(thing)):
        for field in attrs.fields(type(thing)):
            yield from _texts(getattr(thing, field.name))


def _buttons(name: str, step: s.Choose, scenario: s.Scenario, world: World) -> Iterator[Problem]:
    for language in scenario.languages or ("",):
        labels = [button.label.in_language(language) for button in step.choose]
        seen: set[str] = set()
        for label in labels:
            if (plain(label) or label) in seen:
                yield Problem("button", name, f"a second button says {label!r}")
            seen.add(plain(label) or label)
        shown = Content(kind=ContentKind.CHOICES, text="?", choices=tuple(Choice(label[:200]) for label in labels))
        for channel in world.channels:
            for lack in shortfalls(shown, channel_named(channel)):
                yield Problem("channel", name, f"{channel} cannot show {lack}")


# ------------------------------------------------------------------------------------------------------------- on the way


def _on_the_way(scenario: s.Scenario, world: World, found: Walk) -> Iterator[Problem]:
    told: set[tuple[str, str]] = set()
    for place, move, error in found.failures:
        kind, step = _kind(error), error.step
        owner = error.fields.get("scenario", scenario.scenario)
        if (step, error.reason) in told or owner != scenario.scenario or error.reason == _NO_STEP:
            continue  # told already, or the fault of another scenario, or seen by looking
        told.add((step, error.reason))
        at = step if step in scenario.steps else _left(scenario, place)
        yield _shown(Problem(kind, at, error.reason), scenario, world, place, move)
    yield from _traps(scenario, world, found)
    yield from _far(scenario, world, found)


def _kind(error: ScenarioError) -> str:
    if isinstance(error, ScenarioLoop):
        return "loop"
    if "variable" in error.fields:
        return "variable"
    return "scenario" if error.reason.startswith("there is no scenario") else "failure"


def _left(scenario: s.Scenario, place: Place | None) -> str:
    return scenario.start if place is None else place.cursor.step


def _shown(problem: Problem, scenario: s.Scenario, world: World, place: Place | None, move: Move | None = None) -> Problem:
    """A problem with the conversation that leads to a place, and with a move more, if one is given, to a failure."""
    lines, reason = conversation(scenario, world, place, move)
    return attrs.evolve(problem, conversation=lines, replayed=(reason is not None) is (move is not None))


def _traps(scenario: s.Scenario, world: World, found: Walk) -> Iterator[Problem]:
    """Places from which no end can be reached; of those that lead to each other, the one that is reached first."""
    if not found.complete:
        return
    failed = {id(place) for place, _, _ in found.failures if place is not None}
    out = _distances(found, lambda end: True)
    told: set[int] = set()
    for place in found.places:
        if place.number in out or place.number in told or _leads_to(place, failed):
            continue
        inside = _from(place)
        if any(place.number not in _from(found.places[number]) for number in inside):
            continue  # it only leads to the trap
        told |= inside
        problem = Problem("trap", place.cursor.step, "from here neither a person nor an end can be reached")
        yield _shown(problem, scenario, world, place)


def _leads_to(place: Place, failed: set[int]) -> bool:
    """Whether a failure is reached from a place: that is told already."""
    todo, seen = [place], set[int]()
    while todo:
        one = todo.pop()
        if one.number in seen:
            continue
        seen.add(one.number)
        if id(one) in failed:
            return True
        todo += [other for other in one.next if isinstance(other, Place)]
    return False


def _from(place: Place) -> set[int]:
    todo, seen = [place], set[int]()
    while todo:
        one = todo.pop()
        if one.number not in seen:
            seen.add(one.number)
            todo += [other for other in one.next if isinstance(other, Place)]
    return seen


def _distances(found: Walk, wanted: Any) -> dict[int, int]:
    """How many answers it takes at least from each place to an end that is wanted; places without such a way are not there."""
    back: dict[int, list[tuple[Place, int]]] = {}
    levels: list[list[Place]] = [[], []]
    for place in found.places:
        for to, asked in zip(place.next, place.answers, strict=True):
            if isinstance(to, Place):
                back.setdefault(to.number, []).append((place, int(asked)))
            elif wanted(to):
                levels[int(asked)].append(place)
    far: dict[int, int] = {}
    level = 0
    while level < len(levels):
        todo = levels[level]
        while todo:
            place = todo.pop()
            if place.number in far:
                continue
            far[place.number] = level
            for before, more in back.get(place.number, ()):
                if before.number not in far:
                    while len(levels) <= level + more:
                        levels.append([])
                    levels[level + more].append(before)
        level += 1
    return far


def _far(scenario: s.Scenario, world: World, found: Walk) -> Iterator[Problem]:
    far = _distances(found, lambda end: end in ("person", "message"))
    start = next((place for place in found.first if isinstance(place, Place)), None)
    if start is not None and far.get(start.number, 0) > world.answers_to_person:
        what = f"it takes {far[start.number]} answers to reach a person (at most {world.answers_to_person})"
        yield _shown(Problem("far", start.cursor.step, what), scenario, world, start)
