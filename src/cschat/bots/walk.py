"""Every way through a scenario, found by running the engine: from each place where it waits, with each answer that may make a difference.

May: run the engine with made-up answers. May not: judge what it finds (`check`, `explore`).

A place is what matters for what follows: the step, wrong answers so far, what is known (by name; by value where conditions look at it), the
scenarios to come back to. A place where more is known than at one seen before, and all else is the same, is not looked at again: whatever
can go wrong there went wrong here.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

import attrs

from cschat.bots import scenario as s
from cschat.bots.engine import (
    Act,
    AskForPerson,
    Env,
    Failed,
    Finish,
    Found,
    Given,
    Outcome,
    Refused,
    Returned,
    Said,
    Start,
    TakeMessage,
    answer,
)
from cschat.bots.rehearsal import owned, words_of
from cschat.bots.samples import NONSENSE, is_number, literals, parts_of, right, wrong
from cschat.core.content import Content
from cschat.core.events import BotCursor
from cschat.errors import ScenarioError

__all__ = ["Move", "Place", "Walk", "World", "conversation", "walk"]

MAX_PLACES = 50_000
MAX_VALUES = 300
"""With how many different values one and the same step is looked at: a variable that counts, or grows, has no end of them."""
_ABOUT: Mapping[str, Any] = MappingProxyType(
    {
        "customer": {"type": "guest", "tags": []},
        "session": {"id": "ses_1", "channel": "web", "subject": ""},
        "queue": {"position": 1, "minutes": 5},
        "hours": {"open": True, "today": "09:00-18:00", "next_opening": ""},
    }
)
_TODAY = date(2026, 1, 5)


@attrs.frozen
class World:
    """What a scenario may count on. None: unknown, and not checked.

    `actions`, `categories`, `groups` are names; `scenarios` are those that may be called, by name; `channels` those it must be shown on;
    `answers_to_person` is how many answers it may take to reach a person; `side`: it runs beside people.
    """

    actions: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    groups: frozenset[str] | None = None
    scenarios: Mapping[str, s.Scenario] | None = None
    channels: tuple[str, ...] = ("web",)
    answers_to_person: int = 12
    side: bool = False


@attrs.frozen
class Move:
    """One thing that is given, and whether a search finds something meanwhile."""

    given: Given
    found: bool = False


@attrs.define(eq=False)
class Place:
    """Where a scenario waits, and how it was reached first: the shortest way."""

    number: int
    cursor: BotCursor
    before: Place | None
    move: Move
    next: list[Place | str] = attrs.field(factory=list)
    """The places and ends ("person", "message", "end") that the answers lead to; "more" is where the search was broken off."""
    answers: list[bool] = attrs.field(factory=list)
    """For each of them whether it takes an answer of the customer."""


@attrs.define
class Walk:
    """What was found: the places, the ends, the moves that failed, the edges taken, each with the place and move that first did."""

    places: list[Place] = attrs.field(factory=list)
    failures: list[tuple[Place | None, Move, ScenarioError]] = attrs.field(factory=list)
    edges: dict[tuple[str, str, str], tuple[Place | None, Move]] = attrs.field(factory=dict)
    ends: dict[str, tuple[Place | None, Move]] = attrs.field(factory=dict)
    first: list[Place | str] = attrs.field(factory=list)
    complete: bool = True
    todo: deque[Place] = attrs.field(factory=deque, repr=False)
    seen: dict[tuple[Any, ...], list[tuple[frozenset[str], Place]]] = attrs.field(factory=dict, repr=False)
    values: Counter[tuple[Any, ...]] = attrs.field(factory=Counter, repr=False)


class _World:
    """A world as the engine needs it, with the made-up answers of one scenario."""

    def __init__(self, scenario: s.Scenario, world: World) -> None:
        self.scenario = scenario
        self.world = world
        self.literals: dict[str, list[Any]] = {}
        self.parts: dict[str, set[str]] = {}
        self.texts: list[str] = []
        todo, seen = [scenario], {scenario.scenario}
        while todo:
            one = todo.pop()
            self._learn(one)
            for step in one.steps.values():
                if isinstance(step, s.Call) and step.call not in seen and step.call in (world.scenarios or {}):
                    seen.add(step.call)
                    todo.append(self.named(step.call))
        self.ending = _ending(scenario)
        self.watched = frozenset(name.partition(".")[0] for name in self.literals)
        languages = [language for language in scenario.languages if language]
        self.language = languages[0] if languages else "ko"

    def _learn(self, scenario: s.Scenario) -> None:
        for name, values in literals(scenario).items():
            known = self.literals.setdefault(name, [])
            known += [value for value in values if value not in known]
        texts = [text for text in _texts(scenario) if "{" in text]
        self.texts += texts
        for name, parts in parts_of(scenario, texts).items():
            self.parts.setdefault(name, set()).update(parts)

    def named(self, key: str) -> s.Scenario:
        if key == self.scenario.scenario:
            return self.scenario
        if self.world.scenarios is None:
            return s.Scenario(key, "stop", {"stop": s.End("back")})
        if key not in self.world.scenarios:
            raise ScenarioError(reason=f"there is no scenario {key}")
        return self.world.scenarios[key]

    def env(self, move: Move) -> Env:
        def search(_text: str, _section: str | None, limit: int) -> list[Found]:
            titles = ("반품은 어떻게 하나요?", "배송은 얼마나 걸리나요?", "교환은 어떻게 하나요?")[: max(1, min(limit, 2))]
            return (
                [Found(f"art_{number}", title, "안내해 드린 대로 진행해 주세요.") for number, title in enumerate(titles)]
                if move.found
                else []
            )

        return Env(
            language=self.language, about=_ABOUT, today=_TODAY, search=search, scenarios=self.named, side=self.world.side, forms=False
        )

    # ------------------------------------------------------------------------------------------------------ what to try

    def moves(self, cursor: BotCursor) -> Iterator[Move]:
        step = self.named(cursor.scenario).steps[cursor.step]
        match step:
            case s.Choose():
                yield from self._buttons(cursor, step)
            case s.Ask():
                yield from self._answers(step)
            case s.Form(form=fields) | s.LeaveMessage(leave_message=fields):
                yield from self._field(fields[min(cursor.part, len(fields) - 1)])
            case s.Faq() if cursor.part == 0:
                yield Move(Said(Content(text="반품은 어떻게 하나요?")), found=True)
                yield Move(Said(Content(text="반품은 어떻게 하나요?")))
            case s.Faq():
                yes, no = ("네, 해결됐어요", "아니요") if self.language[:2] == "ko" else ("Yes, thanks", "No")
                yield from (Move(Said(Content(text=text))) for text in (yes, no, "1" if cursor.part > 2 else "2"))
            case s.Do():
                yield from (Move(Returned(value)) for value in self._returned(step))
                yield Move(Failed("timeout"))
            case s.Handoff():
                yield from (Move(Refused(reason)) for reason in ("closed", "nobody"))
            case s.Rate(rate=rate):
                yield from (Move(Said(Content(text=text))) for text in (str(rate.scale), NONSENSE))
            case s.Consent():
                words = ("동의합니다", "동의하지 않습니다") if self.language[:2] == "ko" else ("I agree", "I do not agree")
                yield from (Move(Said(Content(text=text))) for text in (*words, NONSENSE))
            case _:
                pass

    def _buttons(self, cursor: BotCursor, step: s.Choose) -> Iterator[Move]:
        from cschat.bots.templates import template

        known = {**_ABOUT, **cursor.known}
        for button in step.choose:
            yield Move(Said(Content(text=template(button.label.in_language(self.language)).render(known))))
        yield Move(Said(Content(text=NONSENSE)), found=False)
        if step.otherwise is not None:
            yield Move(Said(Content(text="반품은 어떻게 하나요?")), found=True)

    def _answers(self, step: s.Ask) -> Iterator[Move]:
        if step.options:
            yield from (Move(Said(Content(text=option.in_language(self.language)))) for option in step.options)
        else:
            yield from (Move(Said(content)) for content in right(step.type, step.pattern))
            yield from (Move(Said(Content(text=str(value)))) for value in self.literals.get(step.ask, ()))
        yield Move(Said(wrong(step.type)))

    def _field(self, field: s.Field) -> Iterator[Move]:
        yield from (Move(Said(content)) for content in right("text" if field.type in ("image", "file", "choice") else field.type))
        if field.required:
            yield Move(Said(wrong(field.type)))

    def _returned(self, step: s.Do) -> list[Any]:
        """What an action may answer: the parts that the scenario reads, with the values that its conditions know, and one they do not."""
        if step.save is None:
            return [None]
        parts = sorted(self.parts.get(step.save, ()))
        if not parts:
            return [*self.literals.get(step.save, ()), "예시"]
        plain: dict[str, Any] = {part: 12_000 if is_number(f"{step.save}.{part}", self.texts) else "예시" for part in parts}
        values: list[Any] = [plain | {part: value} for part in parts for value in self.literals.get(f"{step.save}.{part}", ())]
        return [*values, plain]

    def may_end(self, cursor: BotCursor) -> bool:
        """Whether some way in the graph leads from here to an end, whatever is known."""
        return cursor.scenario != self.scenario.scenario or bool(cursor.frames) or cursor.step in self.ending

    def same(self, cursor: BotCursor) -> tuple[Any, ...]:
        """What must be equal for two places to be one."""
        values = tuple((name, repr(cursor.known[name])) for name in sorted(self.watched & cursor.known.keys()))
        step = self.named(cursor.scenario).steps[cursor.step]
        tries = cursor.tries if isinstance(step, (s.Ask, s.Form)) else 0  # elsewhere they are only counted
        return (cursor.scenario, cursor.step, cursor.part, tries, cursor.frames, values)


def _ending(scenario: s.Scenario) -> frozenset[str]:
    """The steps that some way leads from to an end, or to another scenario."""
    back: dict[str, list[str]] = {}
    for name, step in scenario.steps.items():
        for _, target in s.edges(step):
            back.setdefault(target, []).append(name)
    found, todo = (
        set[str](),
        [name for name, step in scenario.steps.items() if isinstance(step, (s.Handoff, s.LeaveMessage, s.End, s.Call))],
    )
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += back.get(name, ())
    return frozenset(found)


def walk(scenario: s.Scenario, world: World) -> Walk:
    """All places of a scenario, nearest first."""
    made, found = _World(scenario, world), Walk()
    starts = [Move(Start())]
    if isinstance(scenario.steps.get(scenario.start), s.Faq):
        starts.append(Move(Start(), found=True))
    for move in starts:
        _try(made, found, None, move)
    while found.todo:
        place = found.todo.popleft()
        step = made.named(place.cursor.scenario).steps[place.cursor.step]
        if isinstance(step, s.Handoff):
            _end(found, place, "person", place, Move(Refused("")))
        try:
            moves = list(made.moves(place.cursor))
        except ScenarioError as error:
            found.failures.append((place, Move(Said(Content(text=NONSENSE))), error))
            continue
        for move in moves:
            _try(made, found, place, move)
        if len(found.places) > MAX_PLACES:
            found.complete = False
            break
    return found


def _end(found: Walk, place: Place | None, kind: str, before: Place | None, move: Move, *, asked: bool = False) -> None:
    found.ends.setdefault(kind, (before, move))
    (found.first if place is None else place.next).append(kind)
    if place is not None:
        place.answers.append(asked)


def _try(made: _World, found: Walk, place: Place | None, move: Move) -> None:
    key = made.scenario.scenario if place is None else place.cursor.scenario
    asked = isinstance(move.given, Said)
    try:
        outcome = answer(made.named(key), None if place is None else place.cursor, move.given, made.env(move))
    except ScenarioError as error:
        found.failures.append((place, move, error))
        return
    for edge in owned(outcome, key, () if place is None else place.cursor.frames):
        found.edges.setdefault(edge, (place, move))
    if outcome.cursor is None:
        _end(found, place, _kind(outcome), place, move, asked=asked)
        return
    known = frozenset(outcome.cursor.known)
    same = made.same(outcome.cursor)
    alike = found.seen.setdefault(same, [])
    for less, other in alike:
        if less <= known:
            _link(found, place, other, asked=asked)
            return
    found.values[same[:-1]] += 1
    if place is not None and found.values[same[:-1]] > MAX_VALUES:
        if made.may_end(outcome.cursor):
            place.next.append("more")
            place.answers.append(asked)
        return
    fresh = Place(len(found.places), outcome.cursor, place, move)
    alike.append((known, fresh))
    found.places.append(fresh)
    found.todo.append(fresh)
    _link(found, place, fresh, asked=asked)


def _link(found: Walk, place: Place | None, to: Place, *, asked: bool) -> None:
    if place is None:
        found.first.append(to)
    else:
        place.next.append(to)
        place.answers.append(asked)


def _kind(outcome: Outcome) -> str:
    kinds: dict[type, str] = {TakeMessage: "message", AskForPerson: "person", Finish: "end"}
    return next((kinds[type(effect)] for effect in outcome.effects if type(effect) in kinds), "end")


# ------------------------------------------------------------------------------------------------------------- telling


def conversation(
    scenario: s.Scenario, world: World, place: Place | None, move: Move | None
) -> tuple[tuple[tuple[str, str], ...], str | None]:
    """Play the shortest way to a place, and one move more, from the beginning: who said what, and why it then fails, if it does."""
    made = _World(scenario, world)
    moves: list[Move] = [] if move is None else [move]
    while place is not None:
        moves.append(place.move)
        place = place.before
    lines: list[tuple[str, str]] = []
    cursor: BotCursor | None = None
    for one in reversed(moves):
        told = _told(one, made, cursor)
        if told is not None:
            lines.append(told)
        key = scenario.scenario if cursor is None else cursor.scenario
        try:
            outcome = answer(made.named(key), cursor, one.given, made.env(one))
        except ScenarioError as error:
            return tuple(lines), error.reason
        lines += [("bot", words_of(reply)) for reply in outcome.replies]
        for effect in outcome.effects:
            if isinstance(effect, Act):
                lines.append(("action", f"{effect.action}({', '.join(f'{name}={value!r}' for name, value in effect.with_.items())})"))
            elif isinstance(effect, AskForPerson):
                lines.append(("desk", "asks for a person"))
        cursor = outcome.cursor
    return tuple(lines), None


def _told(move: Move, made: _World, cursor: BotCursor | None) -> tuple[str, str] | None:
    match move.given:
        case Said(content=content):
            return ("customer", words_of(content))
        case Returned(value=value):
            return ("action", f"-> {value!r}")
        case Failed(reason=reason):
            return ("action", f"-> {reason}")
        case Refused(reason=reason) if reason:
            return ("desk", reason)
        case _:
            return None


def _texts(scenario: s.Scenario) -> Iterator[str]:
    """Every text of a scenario, in every language."""
    todo: list[Any] = list(scenario.steps.values())
    while todo:
        thing = todo.pop()
        if isinstance(thing, s.Text):
            yield from thing.words.values()
        elif isinstance(thing, str):
            if "{" in thing:
                yield thing
        elif isinstance(thing, Mapping):
            todo.extend(thing.values())
        elif isinstance(thing, tuple):
            todo.extend(thing)
        elif attrs.has(type(thing)):
            todo.extend(getattr(thing, field.name) for field in attrs.fields(type(thing)))
