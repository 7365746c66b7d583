"""A scenario played through on its own, with stand-ins for people, host actions and articles.

May: run the engine and remember what happened. May not: know a desk or a store. The checker replays its counter-examples with it, and
`cschat.testing`, `cschat bot chat` and the conversation files stand on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

import attrs

from cschat.bots.engine import (
    Act,
    Agree,
    AskForPerson,
    Env,
    Failed,
    Finish,
    Found,
    Given,
    Keep,
    Outcome,
    Refused,
    Returned,
    Said,
    Start,
    TakeMessage,
    answer,
)
from cschat.bots.scenario import Scenario
from cschat.core.content import Content, ContentKind
from cschat.core.events import BotCursor
from cschat.errors import Conflict, ScenarioError

__all__ = ["Line", "Rehearsal", "owned", "words_of"]

Action = Callable[..., Any]
_NOTHING_KNOWN: Mapping[str, Any] = MappingProxyType({"customer": {}, "session": {}, "queue": {}, "hours": {}})


@attrs.frozen
class Line:
    """One thing that was said: by "customer" or "bot"."""

    who: str
    content: Content

    @property
    def text(self) -> str:
        return words_of(self.content)


@attrs.define
class Rehearsal:
    """A conversation with a scenario, begun at once.

    `others` are the scenarios it may call, by name. `actions` are called with the step's `with` as keyword arguments; one that raises
    fails, and so does one that is not there, or is the text "fail". `refused`: why nobody can come ("closed", "lunch", "holiday", "nobody",
    "overflow"); None: people are there. `search(text, section, limit)` finds articles.
    """

    scenario: Scenario
    others: Mapping[str, Scenario] = attrs.field(factory=dict, kw_only=True)
    actions: Mapping[str, Action | Any] = attrs.field(factory=dict, kw_only=True)
    refused: str | None = attrs.field(default=None, kw_only=True)
    search: Callable[[str, str | None, int], Sequence[Found]] | None = attrs.field(default=None, kw_only=True)
    language: str = attrs.field(default="ko", kw_only=True)
    about: Mapping[str, Any] = attrs.field(default=_NOTHING_KNOWN, kw_only=True)
    today: date = attrs.field(default=date(2026, 1, 5), kw_only=True)
    forms: bool = attrs.field(default=False, kw_only=True)
    side: bool = attrs.field(default=False, kw_only=True)
    cursor: BotCursor | None = attrs.field(default=None, init=False)
    lines: list[Line] = attrs.field(factory=list, init=False)
    path: list[tuple[str, str, str]] = attrs.field(factory=list, init=False)
    effects: list[Any] = attrs.field(factory=list, init=False)
    handoff: AskForPerson | None = attrs.field(default=None, init=False)
    """What people were told when they took over."""
    message: Mapping[str, str] | None = attrs.field(default=None, init=False)
    """What was left for later."""
    ended: str | None = attrs.field(default=None, init=False)
    """Why it is over: the reason of an `end`, or "handoff", or "message"."""
    failure: ScenarioError | None = attrs.field(default=None, init=False)
    """Why it could not go on; then people take over."""

    def __attrs_post_init__(self) -> None:
        self._turn(Start())

    @property
    def over(self) -> bool:
        return self.ended is not None

    @property
    def said(self) -> list[str]:
        """What the bot has said since the customer last spoke."""
        since: list[str] = []
        for line in reversed(self.lines):
            if line.who == "customer":
                break
            since.insert(0, line.text)
        return since

    def says(self, said: str | Content) -> None:
        """The customer says something. `Conflict` if the scenario is over."""
        if self.over:
            raise Conflict(f"the scenario is over ({self.ended})")
        content = Content(text=said) if isinstance(said, str) else said
        self.lines.append(Line("customer", content))
        self._turn(Said(content))

    def env(self) -> Env:
        agreed = frozenset((effect.what, effect.version) for effect in self.effects if isinstance(effect, Agree) and effect.given)
        kept = {effect.name: effect.value for effect in self.effects if isinstance(effect, Keep)}
        about = {**self.about, "customer": {**self.about.get("customer", {}), **kept}}
        more: dict[str, Any] = {} if self.search is None else {"search": self.search}
        return Env(
            language=self.language,
            about=about,
            today=self.today,
            agreed=agreed,
            scenarios=self._scenario,
            forms=self.forms,
            side=self.side,
            **more,
        )

    def _scenario(self, name: str) -> Scenario:
        if name == self.scenario.scenario:
            return self.scenario
        if name not in self.others:
            raise ScenarioError(reason=f"there is no scenario {name}")
        return self.others[name]

    def _turn(self, given: Given) -> None:
        following: Given | None = given
        while following is not None:
            at = self.cursor.scenario if self.cursor is not None else self.scenario.scenario
            try:
                outcome = answer(self._scenario(at), self.cursor, following, self.env())
            except ScenarioError as error:
                self.failure, self.cursor, self.ended, self.handoff = error, None, "failed", AskForPerson()
                return
            following = self._went(at, outcome)

    def _went(self, at: str, outcome: Outcome) -> Given | None:
        self.path += owned(outcome, at, () if self.cursor is None else self.cursor.frames)
        self.lines += [Line("bot", reply) for reply in outcome.replies]
        self.effects += outcome.effects
        self.cursor = outcome.cursor
        for effect in outcome.effects:
            match effect:
                case Act():
                    return self._acted(effect)
                case AskForPerson():
                    if self.refused is not None:
                        return Refused(self.refused)
                    self.handoff, self.ended, self.cursor = effect, "handoff", None
                case TakeMessage(answers=answers):
                    self.message, self.ended = answers, "message"
                case Finish(reason=reason):
                    self.ended = reason
                case _:
                    pass
        return None

    def _acted(self, act: Act) -> Given:
        if act.action not in self.actions:
            return Failed(f"there is no action {act.action}")
        action = self.actions[act.action]
        if action == "fail":
            return Failed("fail")
        try:
            return Returned(action(**act.with_) if callable(action) else action)
        except Exception as error:  # noqa: BLE001  (whatever a host's action raises is its failure)
            return Failed(f"{type(error).__name__}: {error}")


def owned(outcome: Outcome, key: str, frames: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """The path of a turn as (scenario, step, edge). `key` and `frames` are those of the cursor that the turn began with."""
    back, calls = [frame for frame, _ in frames], dict(outcome.called)
    path: list[tuple[str, str, str]] = []
    for place, (step, edge) in enumerate(outcome.path):
        if place in calls:
            back.append(key)
            key = calls[place]
        path.append((key, step, edge))
        if edge == "back":
            key = back.pop()
    return path


def words_of(content: Content) -> str:
    """What a content says, in words: its text, and its buttons, cards, fields or picture in brackets."""
    parts = [content.text] if content.text else []
    match content.kind:
        case ContentKind.CHOICES:
            parts += [f"[{choice.label}]" for choice in content.choices]
        case ContentKind.CARD | ContentKind.CAROUSEL:
            parts += [f"[{card.title}] {card.text}".strip() for card in content.cards]
        case ContentKind.FORM:
            parts += [f"[{field.label or field.name}: {field.answer or ''}]" for field in content.fields]
        case ContentKind.IMAGE | ContentKind.FILE if content.media is not None:
            parts.append(f"[{content.kind}: {content.media.name or content.media.url or ''}]")
        case ContentKind.ARTICLE:
            parts.append(f"[article: {content.article}]")
        case _:
            pass
    return "\n".join(parts)
