"""Talking to a scenario in a test: `chat.says(...)`, `chat.expects(...)`.

May: play a scenario and compare what it says. May not: know a desk, a server or a test framework.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from cschat.bots.explore import coverage
from cschat.bots.format import load, read
from cschat.bots.rehearsal import Rehearsal
from cschat.bots.scenario import Scenario
from cschat.core.content import Content, ContentKind
from cschat.errors import Invalid

__all__ = ["Chat", "ChatClock"]

_DAYS = {
    day: number
    for number, pair in enumerate(zip("월화수목금토일", ("mon", "tue", "wed", "thu", "fri", "sat", "sun"), strict=True))
    for day in pair
}
_MONDAY = date(2026, 1, 5)


class ChatClock:
    """The time of a conversation: `at("금 22:10")`, `at("Fri 22:10")`, `at("2026-05-01 09:00")`."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 10, 0)  # noqa: DTZ001  (a customer's wall clock, in no zone)

    def at(self, text: str) -> None:
        """Set it. A weekday is one of the week of 5 January 2026."""
        match = re.fullmatch(r"(\w+?)(?:요일|day)?\s+(\d{1,2}):(\d{2})", text.strip())
        day = _DAYS.get(match[1].lower()[:3]) if match else None
        try:
            if match is not None and day is not None:
                self.now = datetime.combine(_MONDAY + timedelta(days=day), datetime.min.time()).replace(
                    hour=int(match[2]), minute=int(match[3])
                )
            else:
                self.now = datetime.fromisoformat(text)
        except ValueError as error:
            raise Invalid(field="clock", reason=f"{text!r} is no time", allowed=["금 22:10", "2026-05-01 09:00"]) from error


class Chat:
    """A conversation with a scenario, begun at the first word.

    `scenario` is a file, YAML text, plain data or a `Scenario`; `others` are those it may call. `actions` are functions, or the plain
    values that they answer with; "fail" fails. `opened`: False, or a reason ("closed", "lunch", "holiday"), if nobody can come because it
    is closed; `nobody`: True if it is open and nobody is free. Every `expects...` that does not hold raises an `AssertionError` with the
    conversation.
    """

    def __init__(
        self,
        scenario: str | Path | Mapping[str, Any] | Scenario,
        *,
        others: Mapping[str, Scenario] | None = None,
        actions: Mapping[str, Callable[..., Any] | Any] | None = None,
        opened: bool | str = True,
        nobody: bool = False,
        language: str = "ko",
        customer: Mapping[str, Any] | None = None,
        side: bool = False,
    ) -> None:
        self.scenario = read(scenario) if isinstance(scenario, Path) else load(scenario)
        self.clock = ChatClock()
        closed = "closed" if opened is False else opened if isinstance(opened, str) else None
        self._refused = closed or ("nobody" if nobody else None)
        self._settings: dict[str, Any] = {
            "others": others or {},
            "actions": actions or {},
            "language": language,
            "about": {
                "customer": dict(customer or {}),
                "session": {"id": "ses_1", "channel": "web", "subject": ""},
                "queue": {"position": 1},
                "hours": {"open": closed is None, "today": "09:00-18:00", "next_opening": ""},
            },
            "side": side,
        }
        self._play: Rehearsal | None = None

    @property
    def play(self) -> Rehearsal:
        """The conversation itself."""
        if self._play is None:
            self._play = Rehearsal(self.scenario, refused=self._refused, today=self.clock.now.date(), **self._settings)
        return self._play

    @property
    def variables(self) -> Mapping[str, Any]:
        """What the scenario knows now."""
        return {} if self.play.cursor is None else self.play.cursor.known

    @property
    def path(self) -> list[str]:
        """The steps so far, each with the edge it was left by: "hello > choose:1"."""
        return [f"{step} > {edge}" for _, step, edge in self.play.path]

    def uncovered(self) -> list[str]:
        """The edges of the scenario that this conversation did not take."""
        return [f"{step} > {edge}" for step, edge in coverage(self.scenario, self.play.path)[1]]

    def says(self, said: str | Content) -> None:
        """The customer says something."""
        if self.play.over:
            self._fail(f"the customer says {said!r}, but the scenario is over ({self.play.ended})")
        self.play.today = self.clock.now.date()
        self.play.says(said)

    def picks(self, label: str) -> None:
        """The customer presses a button, which must be there."""
        shown = [line.content for line in self.play.lines if line.content.kind is ContentKind.CHOICES]
        labels = [choice.label for choice in shown[-1].choices] if shown else []
        if label not in labels:
            self._fail(f"there is no button {label!r}; there are {', '.join(labels) or 'none'}")
        self.says(label)

    def expects(self, *texts: str) -> None:
        """Each text is part of what the bot has said since the customer last spoke, in this order."""
        said = "\n".join(self.play.said)
        at = 0
        for text in texts:
            found = said.find(text, at)
            if found < 0:
                self._fail(f"expected {text!r}{' after that' if at else ''}, but the bot said:\n{_indented(said or '(nothing)')}")
            at = found + len(text)

    def expects_nothing(self) -> None:
        """The bot has said nothing since the customer last spoke."""
        if self.play.said:
            self._fail(f"expected nothing, but the bot said:\n{_indented(chr(10).join(self.play.said))}")

    def expects_handoff(self, *, category: str | None = None, priority: str | None = None, group: str | None = None) -> None:
        """People have taken over; with what is named here."""
        handoff = self.play.handoff
        if handoff is None:
            self._fail(f"expected people to take over, but {self._state()}")
            return
        for name, wanted in (("category", category), ("priority", priority), ("group", group)):
            if wanted is not None and getattr(handoff, name) != wanted:
                self._fail(f"people took over with {name} {getattr(handoff, name)!r}, not {wanted!r}")

    def expects_message(self, **answers: str) -> None:
        """A message was left; with these answers among them."""
        if self.play.message is None:
            self._fail(f"expected a message to be left, but {self._state()}")
            return
        for name, wanted in answers.items():
            if self.play.message.get(name) != wanted:
                self._fail(f"the message has {name} {self.play.message.get(name)!r}, not {wanted!r}")

    def expects_end(self, reason: str | None = None) -> None:
        """The scenario is over; for this reason."""
        if not self.play.over or (reason is not None and self.play.ended != reason):
            self._fail(f"expected the end{f' ({reason})' if reason else ''}, but {self._state()}")

    def _state(self) -> str:
        if self.play.failure is not None:
            return f"the scenario failed: {self.play.failure}"
        if self.play.ended is not None:
            return f"it is over ({self.play.ended})"
        return f"it waits at the step {self.play.cursor.step!r}" if self.play.cursor is not None else "it has not begun"

    def _fail(self, what: str) -> None:
        talk = "\n".join(f"{line.who:>8} | {line.text.replace(chr(10), chr(10) + ' ' * 9 + '| ')}" for line in self.play.lines)
        raise AssertionError(f"{what}\n\nThe conversation:\n{talk or '(nothing was said)'}\n\nThe path: {', '.join(self.path) or '(none)'}")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
