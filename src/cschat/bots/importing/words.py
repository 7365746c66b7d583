"""The words of a Typebot flow in ours: names, texts with variables, sums, conditions.

May: turn words into words, and note what has none. May not: know blocks or steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from cschat.bots.importing.flow import Flow, items_of

__all__ = ["Remark", "Words", "flattened", "name_of", "plain_text"]

RESERVED = frozenset(
    [
        "customer",
        "session",
        "queue",
        "said",
        "loop",
        "self",
        "true",
        "false",
        "none",
        "not",
        "and",
        "or",
        "in",
        "is",
        "if",
        "else",
        "for",
        "endfor",
        "endif",
        "elif",
        "True",
        "False",
        "None",
    ]
)
MAX_WORDS = 9000
MAX_NAME = 60
_TOKEN = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_OPEN = re.compile(r"\{\{|\{%|\{#")
_PART = r"(?:\{\{[^{}]+\}\}|\d+(?:\.\d+)?)"
_SUM = re.compile(rf"\s*{_PART}(?:\s*[-+*]\s*{_PART})+\s*")
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?")
_CODE = re.compile(r"\breturn\b|=>|;\s*$|\bnew [A-Z]|\bMath\.|\b(?:const|let|var|await)\s|\w\(|\}\}\s*[/%?.\[]|[/%?]\s*\{\{")


@attrs.frozen
class Remark:
    """What is different from the source: the `block` by its id, its `type`, the title of its `group`, and `what` about it.

    `kind` is "lost" (left out: there is nothing like it), "changed" (something like it), or "needed" (the host or the desk must add
    something).
    """

    kind: str
    block: str
    type: str
    group: str
    what: str

    def __str__(self) -> str:
        at = f"{self.type} {self.block} in {self.group!r}: " if self.block else f"{self.type}: " if self.type else ""
        return f"{self.kind}: {at}{self.what}"


def name_of(words: str, fallback: str) -> str:
    """A name of letters, digits and _ from a title; Korean stays."""
    name = re.sub(r"[^\w]+", "_", words.strip().lower()).strip("_")[:MAX_NAME].strip("_")
    if not name:
        return fallback
    return name if name[0].isalpha() and name.isidentifier() else f"{fallback}_{name}"


def plain_text(content: Mapping[str, Any]) -> str:
    """The words of a text bubble, without their looks; a link keeps its address."""
    rich = content.get("richText")
    if isinstance(rich, list):
        return "\n".join(_line(node) for node in items_of(rich)).strip()
    text = content.get("plainText")
    if isinstance(text, str) and text:
        return text.strip()
    html = content.get("html")
    return re.sub(r"<[^>]*>", "", re.sub(r"</(?:div|p|li)>|<br\s*/?>", "\n", html)).strip() if isinstance(html, str) else ""


def _line(node: Mapping[str, Any]) -> str:
    if isinstance(node.get("text"), str):
        return str(node["text"])
    kind, children = node.get("type"), items_of(node.get("children"))
    if kind in ("ul", "ol"):
        marks = (f"{number}. " if kind == "ol" else "- " for number in range(1, len(children) + 1))
        return "\n".join(mark + _line(child) for mark, child in zip(marks, children, strict=True))
    text = "".join(_line(child) for child in children)
    url = node.get("url")
    return f"{text} ({url})" if kind == "a" and isinstance(url, str) and url not in text else text


class Words:
    """Names of variables, and texts and conditions with them. `wrong` collects what the last call could not say."""

    def __init__(self, flow: Flow) -> None:
        self.names: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self.numbers: set[str] = set()
        """Variables that are used as numbers."""
        self.wrong: list[str] = []
        for id, (name, value) in flow.variables.items():
            self.ids[id] = self.named(name)
            if isinstance(value, (str, int, float)) and value != "":
                self.values[self.ids[id]] = value

    def named(self, name: str) -> str:
        """Our name for a variable."""
        key = name.strip()
        if key not in self.names:
            made = name_of(key, "value")
            made = f"{made}_" if made in RESERVED else made
            taken, number = set(self.names.values()), 2
            base = made
            while made in taken:
                made, number = f"{base}_{number}", number + 1
            self.names[key] = made
        return self.names[key]

    def of(self, id: Any) -> str | None:
        """The name of the variable with an id."""
        return self.ids.get(id) if isinstance(id, str) else None

    def text(self, raw: Any) -> str:
        """A text with its variables in our language."""
        words, made, at = str(raw)[:MAX_WORDS] if isinstance(raw, (str, int, float)) else "", [], 0
        if isinstance(raw, str) and len(raw) > MAX_WORDS:
            self.wrong.append(f"a text of {len(raw)} letters is cut after {MAX_WORDS}")
        for match in _TOKEN.finditer(words):
            made.append(_quiet(words[at : match.start()]))
            inner = match[1].strip()
            at = match.end()
            if inner.startswith("="):
                self.wrong.append(f"the code {inner[:60]!r} within a text is left out")
            elif inner:
                made.append(f"{{{{ {self.named(inner)} }}}}")
        return "".join([*made, _quiet(words[at:])])

    def value(self, expression: Any, *, code: bool = False) -> str | int | float | None:
        """What an expression of a `Set variable` sets, as a text, a sum or a number; None: it is code."""
        words = str(expression) if isinstance(expression, (str, int, float)) else ""
        if _NUMBER.fullmatch(words.strip()):
            number = float(words)
            return int(number) if number.is_integer() else number
        if _SUM.fullmatch(words):
            made = _TOKEN.sub(lambda match: self._number(match[1]), words.strip())
            return f"{{{{ {made} }}}}"
        if code or _CODE.search(words):
            return None
        return self.text(words)

    def _number(self, name: str) -> str:
        made = self.named(name)
        self.numbers.add(made)
        return f"{made} | float"

    # ------------------------------------------------------------------------------------------------------- conditions

    def condition(self, content: Mapping[str, Any]) -> str | None:
        """A condition in our language; None: it never holds, or cannot be said."""
        parts = [self._comparison(one) for one in items_of(content.get("comparisons"))]
        either = content.get("logicalOperator") == "OR"
        if not parts or (None in parts and not either) or parts == [None] * len(parts):
            return None
        said = [part for part in parts if part is not None]
        return (
            said[0]
            if len(said) == 1
            else (" or " if either else " and ").join(f"({part})" if " and " in part or " or " in part else part for part in said)
        )

    def _comparison(self, one: Mapping[str, Any]) -> str | None:
        name, operator = self.of(one.get("variableId")), one.get("comparisonOperator")
        if name is None or not isinstance(operator, str):
            self.wrong.append("a comparison without a variable or an operator never holds")
            return None
        if operator in ("Is set", "Is empty"):
            return f"{name} != ''" if operator == "Is set" else f"{name} == ''"
        value = one.get("value")
        words = str(value).strip() if isinstance(value, (str, int, float)) else ""
        other = self._other(words)
        match operator:
            case "Equal to" | "Not equal":
                sign = "==" if operator == "Equal to" else "!="
                if _NUMBER.fullmatch(words) and name in self.numbers:
                    return f"{name} {sign} {words}" if sign == "!=" else f"{name} >= {words} and {name} <= {words}"
                return f"{name} {sign} {other}"
            case "Contains":
                return f"{other} in {name}"
            case "Does not contain":
                return f"{other} not in {name}"
            case "Greater than" | "Less than" | "Greater or equal to" | "Less or equal to":
                if not (_NUMBER.fullmatch(words) or _TOKEN.fullmatch(words)):
                    self.wrong.append(f"a comparison of a number with {words[:40]!r} never holds")
                    return None
                self.numbers.add(name)
                sign = {"Greater than": ">", "Less than": "<", "Greater or equal to": ">=", "Less or equal to": "<="}[operator]
                return f"{name} {sign} {words if _NUMBER.fullmatch(words) else f'{other} | float'}"
            case _:
                self.wrong.append(f"the comparison {operator!r} cannot be said, and is taken as not true")
                return None

    def _other(self, words: str) -> str:
        match = _TOKEN.fullmatch(words)
        if match is not None:
            return self.named(match[1])
        quote = '"' if "'" in words and '"' not in words else "'"
        escaped = words.replace("\\", "\\\\").replace(quote, f"\\{quote}")
        return f"{quote}{escaped}{quote}"


def _quiet(words: str) -> str:
    """What begins a variable or a statement in our language, as plain letters."""
    return _OPEN.sub(lambda match: f"{{{{ '{match[0]}' }}}}", words)


def flattened(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The texts and numbers within plain data, each by a name made of the way to it; a pair of `key` and `value` is named by its key."""
    if isinstance(value, Mapping) and isinstance(value.get("key"), str) and "value" in value:
        yield from flattened(value["value"], f"{name}_{value['key']}" if name else str(value["key"]))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key != "id":
                yield from flattened(inner, f"{name}_{key}" if name else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            yield from flattened(inner, name if len(value) == 1 else f"{name}_{number}")
    elif isinstance(value, (str, int, float)):
        yield name, value
