"""Talking to a scenario in a test: `chat.says(...)`, `chat.expects(...)`.

May: play a scenario and compare what it says. May not: know a desk, a server or a test framework.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

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
        self.source = str(scenario) if isinstance(scenario, Path) else self.scenario.scenario
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
                "queue": {"position": 1, "minutes": 5},
                "hours": {"open": closed is None, "today": "09:00-18:00", "next_opening": ""},
            },
            "side": side,
        }
        self.remembered: dict[str, str] = {}
        """What a conversation file has kept under a name."""
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

    def taken(self) -> dict[str, dict[str, bool]]:
        """For this scenario (by its file, if it has one) and each that was called: every edge, and whether it was taken."""
        path = [] if self._play is None else self._play.path
        met = {name for name, _, _ in path}
        called = {name: one for name, one in self._settings["others"].items() if name in met and name != self.scenario.scenario}
        found: dict[str, dict[str, bool]] = {}
        for source, one in {self.source: self.scenario, **called}.items():
            done, missing = coverage(one, path)
            found[source] = {f"{step} > {edge}": (step, edge) not in missing for step, edge in [*done, *missing]}
        return found

    @property
    def buttons(self) -> list[str]:
        """The labels of the buttons that were shown last."""
        shown = [line.content for line in self.play.lines if line.content.kind is ContentKind.CHOICES]
        return [choice.label for choice in shown[-1].choices] if shown else []

    def says(self, said: str | Content) -> None:
        """The customer says something."""
        __tracebackhide__ = True
        if self.play.over:
            self._fail(f"the customer says {said!r}, but the scenario is over ({self.play.ended})")
        self.play.today = self.clock.now.date()
        self.play.says(said)

    def picks(self, label: str) -> None:
        """The customer presses a button, which must be there."""
        __tracebackhide__ = True
        self.expects_buttons(label)
        self.says(label)

    def expects(self, *texts: str) -> None:
        """Each text is part of what the bot has said since the customer last spoke, in this order."""
        __tracebackhide__ = True
        said = "\n".join(self.play.said)
        at = 0
        for text in texts:
            found = said.find(text, at)
            if found < 0:
                after = " after that" if at else ""
                self._fail(f"expected {text!r}{after}, but the bot said:\n{_indented(said or '(nothing)')}{_nearest(text, said[at:])}")
            at = found + len(text)

    def expects_not(self, text: str) -> None:
        """The text is no part of what the bot has said since the customer last spoke."""
        __tracebackhide__ = True
        if text in "\n".join(self.play.said):
            self._fail(f"expected not to hear {text!r}, but the bot said:\n{_indented(chr(10).join(self.play.said))}")

    def expects_buttons(self, *labels: str) -> None:
        """Each of these buttons is there."""
        __tracebackhide__ = True
        for label in labels:
            if label not in self.buttons:
                self._fail(f"there is no button {label!r}; there are {', '.join(self.buttons) or 'none'}")

    def expects_nothing(self) -> None:
        """The bot has said nothing since the customer last spoke."""
        __tracebackhide__ = True
        if self.play.said:
            self._fail(f"expected nothing, but the bot said:\n{_indented(chr(10).join(self.play.said))}")

    def expects_handoff(self, *, category: str | None = None, priority: str | None = None, group: str | None = None) -> None:
        """People have taken over; with what is named here."""
        __tracebackhide__ = True
        handoff = self.play.handoff
        if handoff is None:
            self._fail(f"expected people to take over, but {self._state()}")
            return
        wanted = {"category": category, "priority": priority, "group": group}
        wrong = [(name, getattr(handoff, name), one) for name, one in wanted.items() if one not in (None, getattr(handoff, name))]
        if wrong:
            self._fail("people took over with " + ", and with ".join(f"{name} {was!r}, not {one!r}" for name, was, one in wrong))

    def expects_message(self, **answers: str) -> None:
        """A message was left; with these answers among them."""
        __tracebackhide__ = True
        if self.play.message is None:
            self._fail(f"expected a message to be left, but {self._state()}")
            return
        for name, wanted in answers.items():
            if self.play.message.get(name) != wanted:
                self._fail(f"the message has {name} {self.play.message.get(name)!r}, not {wanted!r}")

    def expects_end(self, reason: str | None = None) -> None:
        """The scenario is over; for this reason."""
        __tracebackhide__ = True
        if not self.play.over or (reason is not None and self.play.ended != reason):
            self._fail(f"expected the end{f' ({reason})' if reason else ''}, but {self._state()}")

    def _state(self) -> str:
        if self.play.failure is not None:
            return f"the scenario failed: {self.play.failure}"
        if self.play.ended is not None:
            return f"it is over ({self.play.ended})"
        return f"it waits at the step {self.play.cursor.step!r}" if self.play.cursor is not None else "it has not begun"

    def _fail(self, what: str) -> None:
        __tracebackhide__ = True
        talk = "\n".join(f"{line.who:>8} | {line.text.replace(chr(10), chr(10) + ' ' * 9 + '| ')}" for line in self.play.lines)
        told = [what, "", "The conversation:", talk or "(nothing was said)", "", f"The path: {', '.join(self.path) or '(none)'}"]
        raise AssertionError("\n".join([*told, f"Now {self._state()}"]))


def _nearest(wanted: str, said: str) -> str:
    """The line that comes nearest to what was expected, with marks below where the two differ; nothing if none comes near."""
    near = get_close_matches(wanted, said.split("\n"), n=1, cutoff=0.5)
    if not near:
        return ""
    matcher = SequenceMatcher(None, wanted, near[0], autojunk=False)
    ours, theirs = "", ""
    for what, i, j, k, m in matcher.get_opcodes():
        beside = what == "insert" and (i == 0 or i == len(wanted))  # more may be said before and after
        fill = "" if what == "equal" or beside else "^"
        ours += _wide(wanted[i:j], fill)
        theirs += _wide(near[0][k:m], fill)
    lines = [f"- {wanted}", f"? {ours}".rstrip(), f"+ {near[0]}", f"? {theirs}".rstrip()]
    return "\nThe nearest is (- expected, + said):\n" + "\n".join(f"  {line}" for line in lines if line != "?")


def _wide(text: str, mark: str) -> str:
    """Marks, or spaces, as wide as a text is on a terminal."""
    return "".join((mark or " ") * (2 if east_asian_width(char) in "WF" else 1) for char in text)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
