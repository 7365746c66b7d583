"""Conversation files of Botium, `*.convo.txt`, as conversations of ours.

May: read such a file, the partial conversations and utterances beside it, and say what it cannot do. May not: start Botium.

`#me` is what the customer says, `#bot` what the bot shall say: each text is a part of it. `!` before a text: it is not said; `?`: it
may be. A name from a file `*.utterances.txt` in the same folder stands for each of its texts (one conversation for each), and for any of
them where the bot speaks. `$name` in a text of the bot remembers what stands there, elsewhere it is what was remembered. Understood
besides: `BUTTON`, `BUTTONS`, `INCLUDE` of a `*.pconvo.txt` beside it, `SET_SCRIPTING_MEMORY`, and `PAUSE` and `WAITFORBOT`, which need no
waiting here. All else that Botium would run or check does not hold, and says so: a check that is left out would pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from cschat.errors import Invalid
from cschat.testing.chat import Chat
from cschat.testing.lines import LINES, Conversation

__all__ = ["read_botium"]

_SPEAKER = re.compile(r"#([A-Za-z]+)\s*")
_HOOK = re.compile(r"([!?]*)([A-Z][A-Z0-9_]+)(?:\s+(.*))?")
_ARGUMENT = re.compile(r"(?<!\\)\|")
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)(\()?")  # letters after it may be Hangul
_HOOKS = frozenset(
    [
        "BUTTON",
        "BUTTONS",
        "BUTTONS_COUNT",
        "BUTTONS_COUNT_REC",
        "MEDIA",
        "MEDIA_COUNT",
        "CARDS",
        "CARDS_COUNT",
        "FORM",
        "FORMS",
        "INTENT",
        "INTENT_CONFIDENCE",
        "INTENT_UNIQUE",
        "ENTITIES",
        "ENTITY_VALUES",
        "ENTITY_CONTENT",
        "TEXT",
        "HASLINK",
        "JSON_PATH",
        "BOT_CONSUMED",
        "BOT_UNCONSUMED_COUNT",
        "SKIP_BOT_UNCONSUMED",
        "PAUSE",
        "WAITFORBOT",
        "INCLUDE",
        "SET_SCRIPTING_MEMORY",
        "CLEAR_SCRIPTING_MEMORY",
        "ASSIGN_SCRIPTING_MEMORY",
        "UPDATE_CUSTOM",
        "RESPONSE_LENGTH",
        "VOID",
        "CUSTOMASSERTER",
        "CONDITIONAL_STEP",
    ]
)
_FUNCTIONS = frozenset(
    [
        "date",
        "date_EN",
        "date_FR",
        "date_DE",
        "date_ES",
        "now",
        "now_EN",
        "now_FR",
        "now_DE",
        "now_ES",
        "time",
        "timestamp",
        "year",
        "month",
        "day",
        "number",
        "uniqid",
        "random",
    ]
)
MAX_DEPTH = 10


@attrs.frozen
class _Part:
    """What stands under one `#me`, `#bot`, `#begin` or `#end`: its lines, with their numbers in the file."""

    who: str
    lines: tuple[tuple[int, str], ...]


def read_botium(path: Path, scenario: Path, settings: Mapping[str, Any]) -> list[Conversation]:
    """The conversations of a file: one, or one for each text of an utterance. `Invalid` names the line that is none of Botium's."""
    name, parts = _parts(path)
    said = _utterances(path.parent)
    lines = _Reading(path, said).lines(parts)
    many = max((len(value) for what, value in lines if what == "utterance"), default=1)
    return [
        Conversation(
            f"{name} [{number}]" if many > 1 else name,
            scenario,
            settings,
            tuple(("customer", value[min(number, len(value)) - 1]) if what == "utterance" else (what, value) for what, value in lines),
            WORDS,
        )
        for number in range(1, many + 1)
    ]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (UnicodeDecodeError, OSError) as error:
        raise Invalid(field=str(path), reason=f"cannot be read: {error}") from error


def _parts(path: Path) -> tuple[str, list[_Part]]:
    head: list[str] = []
    parts: list[tuple[str, list[tuple[int, str]]]] = []
    for number, line in enumerate(_text(path).splitlines(), 1):
        match = _SPEAKER.fullmatch(line)
        if match is not None and match[1].lower() not in ("me", "bot", "begin", "end"):
            raise Invalid(
                field=f"{path}:{number}", reason=f"{line.strip()!r} is nobody who speaks", allowed=["#me", "#bot", "#begin", "#end"]
            )
        if match is not None:
            parts.append((match[1].lower(), []))
        elif parts:
            parts[-1][1].append((number, line.rstrip()))
        elif line.strip():
            head.append(line.strip())
    if not parts:
        raise Invalid(field=str(path), reason="has neither #me nor #bot")
    return (head[0] if head else path.name.partition(".")[0]), [_Part(who, tuple(lines)) for who, lines in parts]


def _utterances(folder: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for file in sorted(folder.glob("*.utterances.txt")):
        name, *texts = [line.strip() for line in _text(file).splitlines() if line.strip()] or [""]
        found[name] = texts
    return found


@attrs.frozen
class _Reading:
    """A file under way: the utterances of its folder, and the partial conversations that it is included by."""

    path: Path
    said: Mapping[str, list[str]]
    inside: tuple[str, ...] = ()

    def lines(self, parts: Sequence[_Part]) -> list[tuple[str, Any]]:
        """What is said and checked, in order."""
        made: list[tuple[str, Any]] = []
        for part in parts:
            words: list[str] = []
            hooks: list[tuple[str, Any]] = []
            for number, line in part.lines:
                hook = _HOOK.fullmatch(line.strip())
                name = hook[2] if hook is not None else ""
                known = name in _HOOKS or "_" in name or "|" in line
                if hook is not None and known and name not in self.said and not (part.who == "bot" and words and name not in _HOOKS):
                    hooks += self._hook(number, part.who, hook)
                else:
                    words.append(line)
            text = "\n".join(words).strip("\n").strip()
            made += [*_spoken(part.who, text, self.said, alone=not any(what != "remember" for what, _ in hooks)), *hooks]
        return _together(made)

    def _hook(self, number: int, who: str, hook: re.Match[str]) -> list[tuple[str, Any]]:
        sign, name, rest = hook[1], hook[2], (hook[3] or "").strip()
        arguments = [part.replace("\\|", "|").strip() for part in _ARGUMENT.split(rest)] if rest else []
        if sign.startswith("?") or name in ("PAUSE", "WAITFORBOT"):
            return []
        match name, who:
            case "BUTTON", "me" if len(arguments) in (1, 2) and not sign:
                return [("picks", arguments[-1])]
            case "BUTTONS", "bot" if arguments:
                return [("buttons_not" if sign else "buttons", arguments)]
            case "SET_SCRIPTING_MEMORY", _ if len(arguments) == 2:
                return [("remember", tuple(arguments))]
            case "INCLUDE", _ if len(arguments) == 1:
                return self._included(number, arguments[0])
            case _:
                return [("not supported", f"{sign}{name} {rest}".strip())]

    def _included(self, number: int, name: str) -> list[tuple[str, Any]]:
        if name in self.inside or len(self.inside) >= MAX_DEPTH:
            raise Invalid(field=f"{self.path}:{number}", reason=f"{name!r} includes itself")
        for file in sorted(self.path.parent.glob("*.pconvo.txt")):
            found, parts = _parts(file)
            if found == name:
                return _Reading(file, self.said, (*self.inside, name)).lines(parts)
        return [("not supported", f"INCLUDE {name}: no file *.pconvo.txt beside it has this name")]


def _spoken(who: str, text: str, said: Mapping[str, list[str]], *, alone: bool) -> list[tuple[str, Any]]:
    if who == "me":
        if text.startswith("{"):
            return [("not supported", "a message in JSON")]
        return [("utterance", said[text])] if said.get(text) else [("customer", text)] if text else []
    if who != "bot":
        return [("not supported", text)] if text else []
    mark = re.match(r"(\?!|[?!])(?![?!])", text)
    sign, text = (mark[0], text[mark.end() :]) if mark is not None else ("", text[1:] if text.startswith(("!!", "??")) else text)
    if sign.startswith("?"):
        return []
    if text.startswith("{"):
        return [("not supported", "a message in JSON")]
    if not text:
        return [("something", None)] if alone else []
    if sign == "!":
        return [("bot_not", text)]
    return [("any", said[text])] if said.get(text) else [("bot", text)]


def _together(lines: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """What the bot says in several messages is looked for in this order."""
    made: list[tuple[str, Any]] = []
    for what, value in lines:
        if what == "bot" and made and made[-1][0] == "bot":
            made[-1] = ("bot", [*made[-1][1], value])
        else:
            made.append((what, [value] if what == "bot" else value))
    return made


# ------------------------------------------------------------------------------------------------------------- playing


def _filled(chat: Chat, text: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match[2] or match[1] in _FUNCTIONS:
            raise AssertionError(f"{match[0]} cannot be worked out here")
        if match[1] not in chat.remembered:
            raise AssertionError(f"{match[0]} is not known (files of scripting memory are not read)")
        return chat.remembered[match[1]]

    return _VARIABLE.sub(value, text)


def _hears(chat: Chat, texts: Sequence[str]) -> None:
    """Like `bot`; a `$name` that is not known yet remembers what stands in its place."""
    said, at = "\n".join(chat.play.said), 0
    for text in texts:
        names: list[str] = []

        def wanted(match: re.Match[str], names: list[str] = names) -> str:
            if match[2] or match[1] in chat.remembered or match[1] in _FUNCTIONS:
                return f"\0{_filled(chat, match[0])}\0"
            names.append(match[1])
            return "\1"

        marked = _VARIABLE.sub(wanted, text).replace("\0", "")
        found = re.search(
            re.escape(marked).replace(re.escape("\1"), r"([^\n]+?)") + (r"(?!\S)" if marked.endswith("\1") else ""), said[at:]
        )
        if found is None:
            chat.expects(marked.replace("\1", "…"))
            raise AssertionError(f"expected {text!r} after that")
        chat.remembered.update(zip(names, found.groups(), strict=True))
        at += found.end()


def _any(chat: Chat, texts: Sequence[str]) -> None:
    failed = ""
    for text in texts:
        try:
            return _hears(chat, [text])
        except AssertionError as error:
            failed = str(error)
    raise AssertionError(f"none of {len(texts)} texts is said: {failed}")


def _something(chat: Chat, _value: Any) -> None:
    if not chat.play.said:
        raise AssertionError("expected the bot to say something, but it said nothing")


def _remember(chat: Chat, value: tuple[str, str]) -> None:
    chat.remembered[value[0].lstrip("$")] = _filled(chat, value[1])


def _not_supported(_chat: Chat, value: str) -> None:
    raise AssertionError(f"{value} cannot be played here")


def _buttons_not(chat: Chat, value: Sequence[str]) -> None:
    there = [label for label in value if label in chat.buttons]
    if there:
        raise AssertionError(f"there are buttons {', '.join(there)}")


WORDS: Mapping[str, Callable[[Chat, Any], None]] = {
    "customer": lambda chat, value: chat.says(_filled(chat, value)),
    "picks": lambda chat, value: chat.picks(_filled(chat, value)),
    "bot": _hears,
    "bot_not": lambda chat, value: chat.expects_not(_filled(chat, value)),
    "buttons": lambda chat, value: LINES["buttons"](chat, [_filled(chat, label) for label in value]),
    "buttons_not": _buttons_not,
    "any": _any,
    "something": _something,
    "remember": _remember,
    "not supported": _not_supported,
}
"""What a line may be, and what it does."""
