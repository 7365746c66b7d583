"""Conversations with scenarios as files: what the customer says, what the bot shall say, and how it ends.

May: read such files. May not: play them (`lines`), or know a desk.

A file of our own names its `scenario` (a file beside it) and has `conversations`, each with a `name`, `lines` and, where they differ from
those at the top of the file, the settings of `Chat`: `actions`, `opened`, `nobody`, `language`, `customer`, `side`. A line is one of
`customer`, `picks`, `bot` (a text or several, in order), `bot_not`, `buttons`, `nothing`, `handoff`, `message`, `end`, `variables`,
`clock`. A conversation may have `botium`, a file of Botium's, in place of name and lines.

A file of Botium's, `refund.convo.txt` or `refund.anything.convo.txt`, is played with the scenario `refund.yaml` beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cschat.bots.format import parse
from cschat.errors import Invalid
from cschat.testing.botium import read_botium
from cschat.testing.lines import LINES, Conversation, begin, play

__all__ = ["BOTIUM", "Conversation", "begin", "play", "read_conversations"]

BOTIUM = ".convo.txt"
_SETTINGS = ("actions", "opened", "nobody", "language", "customer", "side")


def read_conversations(path: Path, scenario: Path | None = None) -> list[Conversation]:
    """The conversations of a file, with the scenario that it names, or this one. `Invalid` names what is wrong with it."""
    if path.name.endswith(BOTIUM):
        return read_botium(path, scenario or _beside(path), {})
    data = parse(path.read_text("utf-8"))
    if not isinstance(data, Mapping) or not isinstance(data.get("scenario"), str) or not isinstance(data.get("conversations"), list):
        needed = ["scenario: refund.yaml", "conversations: [{name: ..., lines: [...]}]"]
        raise Invalid(field=str(path), reason="needs the name of a scenario's file and a list of conversations", allowed=needed)
    top = _settings(path, {key: value for key, value in data.items() if key not in ("scenario", "conversations")})
    named = scenario or path.parent / data["scenario"]
    return [each for number, one in enumerate(data["conversations"], 1) for each in _read(path, number, named, top, one)]


def _beside(path: Path) -> Path:
    name = path.name.removesuffix(BOTIUM)
    while name:
        for ending in (".yaml", ".yml", ".json"):
            if (found := path.with_name(f"{name}{ending}")).exists():
                return found
        name = name.rpartition(".")[0]
    beside = f"{path.name.partition('.')[0]}.yaml"
    raise Invalid(field=str(path), reason="does not say which scenario it is for", allowed=[f"{beside} beside it", "--scenario FILE"])


def _read(path: Path, number: int, scenario: Path, top: Mapping[str, Any], one: Any) -> Iterator[Conversation]:
    at = f"{path}: conversation {number}"
    if isinstance(one, Mapping) and isinstance(one.get("botium"), str):
        own = _settings(path, {key: value for key, value in one.items() if key != "botium"})
        yield from read_botium(path.parent / one["botium"], scenario, {**top, **own})
        return
    if not isinstance(one, Mapping) or not isinstance(one.get("lines"), list):
        raise Invalid(field=at, reason="needs a list of lines, or a file of Botium's as botium")
    own = _settings(path, {key: value for key, value in one.items() if key not in ("name", "lines")})
    lines = []
    for place, line in enumerate(one["lines"], 1):
        if not isinstance(line, Mapping) or len(line) != 1 or next(iter(line)) not in LINES:
            raise Invalid(field=f"{at}, line {place}", reason=f"{line!r} is no line", allowed=tuple(LINES))
        lines.append(next(iter(line.items())))
    yield Conversation(str(one.get("name", number)), scenario, {**top, **own}, tuple(lines))


def _settings(path: Path, given: Mapping[str, Any]) -> Mapping[str, Any]:
    unknown = [str(key) for key in given if key not in _SETTINGS]
    if unknown:
        raise Invalid(field=str(path), reason=f"there is no setting {unknown[0]!r}", allowed=_SETTINGS)
    return given
