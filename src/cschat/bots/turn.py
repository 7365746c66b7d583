"""One turn under way: what has been said, learnt and asked for on the way from step to step.

May: fill in texts and keep what comes out. May not: know what any one step does (`entering`, `hearing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cschat.bots import scenario as s
from cschat.bots.exchange import Effect, Env
from cschat.bots.templates import template
from cschat.core.content import Choice, Content, ContentKind
from cschat.core.events import BotCursor
from cschat.errors import ScenarioError

__all__ = ["Walk"]


class Walk:
    """One turn under way."""

    __slots__ = ("all", "called", "cursor", "effects", "env", "frames", "key", "known", "path", "replies", "scenario")

    def __init__(self, scenario: s.Scenario, cursor: BotCursor | None, env: Env) -> None:
        self.scenario = scenario
        self.env = env
        self.replies: list[Content] = []
        self.effects: list[Effect] = []
        self.path: list[tuple[str, str]] = []
        self.called: tuple[tuple[int, str], ...] = ()
        self.cursor: BotCursor | None = None
        self.all: dict[str, Any] | None = None
        if cursor is None:
            self.key, self.known, self.frames = scenario.scenario, dict[str, Any](), tuple[tuple[str, str], ...]()
        else:
            self.key, self.known, self.frames = cursor.scenario, cursor.known, cursor.frames

    def learn(self, name: str, value: Any) -> None:
        self.known = {**self.known, name: value}
        self.all = None

    def everything(self) -> Mapping[str, Any]:
        """What templates and conditions read: what the scenario has learnt, over what is known of customer and session."""
        if self.all is None:
            self.all = {**self.env.about, **self.known}
        return self.all

    def fill(self, text: s.Text) -> str:
        words = text.in_language(self.env.language)
        return template(words).render(self.everything()) if "{" in words else words

    def fill_value(self, value: Any) -> Any:
        return template(value).render(self.everything()) if isinstance(value, str) and "{" in value else value

    def wait(self, name: str, *, tries: int = 0, part: int = 0) -> None:
        self.cursor = BotCursor(self.key, name, self.known, tries, part, self.frames)

    def leave(self, name: str, edge: str, target: str) -> str:
        self.path.append((name, edge))
        return target

    def say(self, speech: s.Speech | None, choices: tuple[Choice, ...] = (), fallback: str = "") -> None:
        """Say something, with buttons beneath. Pictures and cards come first, the text last, where the buttons are."""
        text = ""
        if speech is not None:
            if speech.image is not None:
                self.replies.append(Content(kind=ContentKind.IMAGE, media=speech.image))
            if speech.file is not None:
                self.replies.append(Content(kind=ContentKind.FILE, media=speech.file))
            if speech.cards:
                kind = ContentKind.CARD if len(speech.cards) == 1 else ContentKind.CAROUSEL
                self.replies.append(Content(kind=kind, cards=speech.cards))
            if speech.article is not None:
                self.replies.append(Content(kind=ContentKind.ARTICLE, article=speech.article))
            if speech.text is not None:
                text = self.fill(speech.text)
        text = text if text.strip() else fallback
        if choices:
            self.replies.append(Content(kind=ContentKind.CHOICES, text=text, choices=choices))
        elif text:
            self.replies.append(Content(text=text))

    def at(self, name: str, error: ScenarioError) -> ScenarioError:
        more = {key: value for key, value in error.fields.items() if key not in {"step", "reason", "line"}}
        return type(error)(step=error.step or name, reason=error.reason, line=error.line or self.scenario.lines.get(name), **more)
