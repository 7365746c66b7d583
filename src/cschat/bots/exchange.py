"""What the engine is given and what it answers with: the customer's words in, the bot's words and effects out.

May: describe. May not: know how one follows from the other (`engine` does).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from cschat.bots import scenario as s
from cschat.core.content import Content
from cschat.core.events import BotCursor
from cschat.errors import ScenarioError

__all__ = [
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
]


# ------------------------------------------------------------------------------------------------------------ what comes in


@attrs.frozen
class Start:
    """The scenario begins; `key` is how cursors shall name it (None: by its name)."""

    key: str | None = None


@attrs.frozen
class Said:
    """The customer said something, or pressed a button, which says its value."""

    content: Content


@attrs.frozen
class Returned:
    """The action has answered: plain JSON data."""

    value: Any = None


@attrs.frozen
class Failed:
    """The action has failed, or not answered in time."""

    reason: str = ""


@attrs.frozen
class Refused:
    """A person was asked for, and nobody can come: closed, lunch, holiday, nobody, overflow or suspended."""

    reason: str


Given: TypeAlias = Start | Said | Returned | Failed | Refused


@attrs.frozen
class Found:
    """An article that may answer: its id, title and plain text."""

    id: str
    title: str
    text: str


def _nothing(_text: str, _section: str | None, _limit: int) -> Sequence[Found]:
    return ()


def _unknown(key: str) -> s.Scenario:
    raise ScenarioError(reason=f"there is no scenario {key}")


@attrs.frozen
class Env:
    """What a scenario may know of the world.

    `about` are variables to read: `customer`, `session`, `queue`, `hours`. `agreed` are the consents given, as (what, version).
    `search(text, section, limit)` finds articles, only such as are good enough, best first. `scenarios(key)` gives a scenario for a
    cursor's key, `latest(name)` the key of the version that a `call` begins with. `forms`: the channel can show a form. `side`: it runs
    beside people.
    """

    language: str = "ko"
    about: Mapping[str, Any] = MappingProxyType({})
    today: date = date(2000, 1, 1)
    agreed: frozenset[tuple[str, str]] = frozenset()
    search: Callable[[str, str | None, int], Sequence[Found]] = _nothing
    scenarios: Callable[[str], s.Scenario] = _unknown
    latest: Callable[[str], str] = str
    forms: bool = False
    side: bool = False


# ----------------------------------------------------------------------------------------------------------- what goes out


@attrs.frozen
class Act:
    """Let the host run an action; within `timeout` seconds."""

    action: str
    with_: Mapping[str, Any]
    timeout: float


@attrs.frozen
class Tag:
    """Tag the session."""

    names: tuple[str, ...]


@attrs.frozen
class Categorise:
    """Set the session's category."""

    path: str


@attrs.frozen
class Prioritise:
    """Set the session's priority."""

    priority: str


@attrs.frozen
class AskForPerson:
    """Ask for a person."""

    category: str | None = None
    priority: str | None = None
    group: str | None = None


@attrs.frozen
class TakeMessage:
    """The customer leaves a message, with these answers."""

    answers: Mapping[str, str]


@attrs.frozen
class Keep:
    """Write an answer to the customer's profile."""

    name: str
    value: str


@attrs.frozen
class Agree:
    """Record a consent, given or refused."""

    what: str
    purpose: str
    version: str
    given: bool


@attrs.frozen
class Score:
    """The customer has judged."""

    score: int
    scale: int


@attrs.frozen
class Finish:
    """The scenario is over, with a reason."""

    reason: str


Effect: TypeAlias = Act | Tag | Categorise | Prioritise | AskForPerson | TakeMessage | Keep | Agree | Score | Finish


@attrs.frozen
class Outcome:
    """What follows from one turn.

    What the bot says, what must happen (in this order, after what is said), where the scenario now waits (None: it is over), and the path:
    (step, edge taken) for each step left in this turn. `called` are the scenarios called on the way, each with the place in the path that
    it begins at.
    """

    replies: tuple[Content, ...]
    effects: tuple[Effect, ...]
    cursor: BotCursor | None
    path: tuple[tuple[str, str], ...]
    called: tuple[tuple[int, str], ...] = ()
