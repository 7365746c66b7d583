"""Actions: plain data that says what is to be done, read once.

May: check their form, and say which events each may cause. May not: do anything (`commands.obeying` does).

An action is one word and what it needs: `{"add_tags": ["급함"]}`, `{"send": "잠시만 기다려 주세요."}`, `{"direct": {"group": "grp_..."}}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from cschat.core.alerts import AlertKind
from cschat.core.content import text
from cschat.core.labels import segments
from cschat.core.session import Priority
from cschat.errors import Invalid

__all__ = ["ACTIONS", "BULK_ACTIONS", "Action", "read_all"]

MAX_ACTIONS = 20
MAX_SAID = 5000
LONGEST = 366 * 86_400.0


_Known = Mapping[str, tuple[Callable[[Any, str], Any], tuple[str, ...]]]


@attrs.frozen
class Action:
    """Something to do: `name` is one of `ACTIONS`, `given` what it needs, in one form however it was written."""

    name: str
    given: Any


def read_all(documents: Any, at: str = "then", *, known: _Known | None = None) -> tuple[Action, ...]:
    """The actions that plain data describes, of those that are `known` (None: `ACTIONS`). `Invalid` names the place (`then.0.send`)."""
    if isinstance(documents, (str, Mapping)) or not isinstance(documents, Sequence) or not 1 <= len(documents) <= MAX_ACTIONS:
        raise Invalid(field=at, reason="must be a list of actions", allowed=[f"1 to {MAX_ACTIONS}"])
    return tuple(_read(one, f"{at}.{place}", ACTIONS if known is None else known) for place, one in enumerate(documents))


def _read(document: Any, at: str, known: _Known) -> Action:
    if not isinstance(document, Mapping) or len(document) != 1 or next(iter(document)) not in known:
        raise Invalid(field=at, reason="is no action", allowed=list(known))
    [(name, given)] = document.items()
    return Action(name, known[name][0](given, f"{at}.{name}"))


def _line(given: Any, at: str, limit: int = 200) -> str:
    if not isinstance(given, str) or not given.strip():
        raise Invalid(field=at, reason="must be a text")
    text(given, at, limit)
    return given


def _path(given: Any, at: str) -> str:
    if not all(segments(_line(given, at))):
        raise Invalid(field=at, reason=f"{given!r} is no path of names", allowed=["배송", "배송/지연"])
    return str(given)


def _priority(given: Any, at: str) -> Priority:
    if given not in [*Priority]:
        raise Invalid(field=at, reason=f"{given!r} is none of them", allowed=list(Priority))
    return Priority(given)


def _names(given: Any, at: str) -> tuple[str, ...]:
    several = [given] if isinstance(given, str) else given
    if isinstance(several, Mapping) or not isinstance(several, Sequence) or not 1 <= len(several) <= 100:
        raise Invalid(field=at, reason="must be tags")
    return tuple(_line(one, at, 100) for one in several)


def _whom(given: Any, at: str) -> dict[str, str]:
    if not isinstance(given, Mapping) or len(given) != 1 or next(iter(given)) not in ("agent", "group"):
        raise Invalid(field=at, reason="names an agent or a group", allowed=['{"group": "grp_..."}', '{"agent": "agt_..."}'])
    [(name, id)] = given.items()
    if not _line(id, f"{at}.{name}").isascii():
        raise Invalid(field=f"{at}.{name}", reason="must be the id of a record")
    return {name: id}


def _said(given: Any, at: str) -> dict[str, str]:
    """Text by language; "" stands for all that are not named."""
    texts = {"": given} if isinstance(given, str) else given
    if not isinstance(texts, Mapping) or not 1 <= len(texts) <= 20:
        raise Invalid(field=at, reason="must be a text, or one for each language", allowed=['"..."', '{"ko": "...", "en": "..."}'])
    for language, words in texts.items():
        text(language, at, 35)
        _line(words, f"{at}.{language}" if language else at, MAX_SAID)
    return dict(texts)


def _closing(given: Any, at: str) -> dict[str, Any]:
    """What a wrap-up may say: a note, a category, tags."""
    if not isinstance(given, Mapping) or not {*given} <= {"note", "category", "tags"}:
        raise Invalid(field=at, reason="must be a mapping", allowed=["note", "category", "tags"])
    readers: Mapping[str, Callable[[Any, str], Any]] = {"note": lambda one, at: _line(one, at, 20_000), "category": _path, "tags": _names}
    return {name: readers[name](one, f"{at}.{name}") for name, one in given.items()}


def _yes(given: Any, at: str) -> bool:
    if given is not True:
        raise Invalid(field=at, reason="is true, or left out")
    return True


def _seconds(given: Any, at: str) -> float:
    if type(given) not in (int, float) or not 1 <= given <= LONGEST:
        raise Invalid(field=at, reason=f"{given!r} is no number of seconds", allowed=[f"1 to {LONGEST:.0f}"])
    return float(given)


def _alert(given: Any, at: str) -> dict[str, Any]:
    if isinstance(given, (str, Mapping)) and not (isinstance(given, Mapping) and {"kind", "text"} & {*given}):
        given = {"text": given}
    if not isinstance(given, Mapping) or not {*given} <= {"kind", "text"} or "text" not in given:
        raise Invalid(field=at, reason="must be a text, and may name a kind", allowed=['{"kind": "sla", "text": "..."}'])
    kind = given.get("kind", AlertKind.RULE)
    if kind not in [*AlertKind]:
        raise Invalid(field=f"{at}.kind", reason=f"{kind!r} is none of them", allowed=list(AlertKind))
    return {"kind": str(kind), "text": _said(given["text"], f"{at}.text")}


_ENDS = ("Ended", "WrappedUp")
_INTAKE = ("MovedToIntake", "ReturnedToBot")
_ASKS = ("AgentRequested", "AgentUnavailable", "Assigned", "MessageSent")

ACTIONS: _Known = {
    "set_category": (_path, ("CategorySet",)),
    "set_priority": (_priority, ("PrioritySet",)),
    "direct": (_whom, ("Directed", "Routed", "Assigned")),
    "add_tags": (_names, ("SessionTagged",)),
    "remove_tags": (_names, ("SessionTagged",)),
    "send": (_said, ("MessageSent",)),
    "note": (_said, ()),
    "request_agent": (_yes, _ASKS),
    "release": (_yes, ("Released", "Assigned")),
    "move_to_intake": (_line, _INTAKE),
    "hold": (_seconds, ("Held",)),
    "end": (_line, _ENDS),
    "alert": (_alert, ("AlertRaised",)),
}
"""For each action: how what it needs is read, and which events may follow from it."""

BULK_ACTIONS: _Known = {
    **{name: ACTIONS[name] for name in ("set_category", "set_priority", "add_tags", "remove_tags")},
    "assign": (_whom, ("Assigned", "Transferred", "Directed")),
    "reply": (_said, ("MessageSent",)),
    "end": (_line, _ENDS),
    "wrap_up": (_closing, ("WrappedUp",)),
}
"""The same for what is done to many sessions at once."""
