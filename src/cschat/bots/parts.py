"""The parts of scenarios' steps: texts, speech, buttons, cases, fields; and how what is in a file becomes one of them.

May: describe and convert one part, or refuse it. May not: know a step (`scenario`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs

from cschat.bots.templates import template
from cschat.core.content import Card, Choice, Media
from cschat.errors import ScenarioError

__all__ = [
    "ANSWER_TYPES",
    "FIELD_LABELS",
    "MAX_STEPS",
    "PRIORITIES",
    "Button",
    "Case",
    "Field",
    "Speech",
    "Text",
    "as_answer_type",
    "as_category",
    "as_condition",
    "as_duration",
    "as_fields",
    "as_many",
    "as_mapping",
    "as_needed_speech",
    "as_one_of",
    "as_optional_target",
    "as_optional_text",
    "as_optional_variable",
    "as_pattern",
    "as_priority",
    "as_reason",
    "as_retries",
    "as_speech",
    "as_string",
    "as_target",
    "as_text",
    "as_variable",
    "as_variables",
    "as_whole",
    "field_named",
    "refused",
]

ANSWER_TYPES = ("text", "number", "date", "birth_date", "name", "phone", "email", "address", "image", "file", "choice")
"""What an `ask` can collect."""
PRIORITIES = ("low", "normal", "high", "urgent")
MAX_STEPS = 5000
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_NAME = re.compile(r"[^\W\d][\w-]{0,99}")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}


# ------------------------------------------------------------------------------------------------------------------ parts


@attrs.frozen
class Text:
    """What is said, by language; the language "" stands for every one."""

    words: Mapping[str, str]

    def in_language(self, language: str) -> str:
        """The words in a language, else without one, else in the first there is."""
        words = self.words
        found = words.get(language)
        if found is None:
            found = words.get("")
        if found is None:
            found = words.get(language[:2])
        return next(iter(words.values())) if found is None else found

    def render(self, language: str, known: Mapping[str, Any]) -> str:
        """The words in a language with the variables filled in."""
        words = self.in_language(language)
        return template(words).render(known) if "{" in words else words


@attrs.frozen
class Speech:
    """What a `say` shows: `text`, and perhaps an `image`, a `file`, a `card`, a `carousel` of cards, or an `article` by its id."""

    text: Text | None = None
    image: Media | None = None
    file: Media | None = None
    cards: tuple[Card, ...] = ()
    article: str | None = None


@attrs.frozen
class Button:
    """One answer of a `choose`: its `label`, where it leads, and the `value` that `save` keeps (the label, if none is given)."""

    label: Text
    goto: str
    value: str | None = None


@attrs.frozen
class Case:
    """One case of a `branch`: if the condition `when` holds, go there."""

    when: str
    goto: str


@attrs.frozen
class Field:
    """One field of a form or an intake: its `name`, `label`, `type` and whether it is `required`."""

    name: str
    label: Text
    type: str = "text"
    required: bool = True


# ------------------------------------------------------------------------------------------------------------- converters


def refused(reason: str, **more: Any) -> ScenarioError:
    """What is wrong with a part."""
    return ScenarioError(reason=reason, **more)


def as_string(value: Any, what: str) -> str:
    """A text; numbers are taken as they are written."""
    if isinstance(value, bool):
        raise refused(f"{what} must be text, not {str(value).lower()}; yes, no, on and off stand in quotes in YAML")
    if not isinstance(value, (str, int, float)):
        raise refused(f"{what} must be text, not {type(value).__name__}")
    return str(value)


def as_text(value: Any) -> Text:
    """A text, in one language or several."""
    if isinstance(value, Text):
        return value
    if isinstance(value, Mapping):
        if not value or not all(isinstance(key, str) and _LANGUAGE.fullmatch(key) for key in value):
            raise refused("a text has one string for each language, such as {ko: ..., en: ...}")
        words = {key: as_string(text, f"the text in {key}") for key, text in value.items()}
    else:
        words = {"": as_string(value, "a text")}
    for text in words.values():
        template(text)  # a mistake in it is found here
    return Text(MappingProxyType(words))


def as_optional_text(value: Any) -> Text | None:
    """As `as_text`; None stays None."""
    return None if value is None else as_text(value)


def _media(value: Any) -> Media:
    if isinstance(value, Media):
        return value
    if isinstance(value, str):
        return Media(url=value, name=value.rpartition("/")[2], type="image/*")
    return Media(**as_mapping(value, {"name", "type", "blob", "url", "size"}, "a picture"))


def _card(value: Any) -> Card:
    if isinstance(value, Card):
        return value
    parts = as_mapping(value, {"title", "text", "image", "choices"}, "a card")
    image = parts.pop("image", None)
    choices = tuple(Choice(**as_mapping(one, {"label", "value", "url"}, "a card's button")) for one in parts.pop("choices", ()))
    return Card(**parts, image=None if image is None else _media(image), choices=choices)


_SPEECH = {"text", "image", "file", "card", "carousel", "article"}


def as_speech(value: Any) -> Speech | None:
    """What is said: a text, or pictures, cards and files with it; None stays None."""
    if value is None or isinstance(value, Speech):
        return value
    if isinstance(value, Mapping) and set(value) & _SPEECH:
        parts = as_mapping(value, _SPEECH, "what is said")
        cards = parts.get("carousel", [parts["card"]] if "card" in parts else [])
        return Speech(
            text=as_optional_text(parts.get("text")),
            image=_media(parts["image"]) if "image" in parts else None,
            file=_media(parts["file"]) if "file" in parts else None,
            cards=tuple(_card(card) for card in cards),
            article=parts.get("article"),
        )
    return Speech(text=as_text(value))


def as_needed_speech(value: Any) -> Speech:
    """As `as_speech`, and it must be there."""
    speech = as_speech(value)
    if speech is None:
        raise refused("there is nothing to say")
    return speech


def as_mapping(value: Any, allowed: set[str], what: str) -> dict[str, Any]:
    """A mapping that has no other keys than these."""
    if not isinstance(value, Mapping):
        raise refused(f"{what} is a mapping of {', '.join(sorted(allowed))}")
    unknown = [str(key) for key in value if key not in allowed]
    if unknown:
        raise refused(f"{what} has no {unknown[0]!r} (allowed: {', '.join(sorted(allowed))})")
    return dict(value)


def as_many(one: Callable[[Any], Any], what: str) -> Callable[[Any], tuple[Any, ...]]:
    """A converter of a list of these."""

    def several(values: Any) -> tuple[Any, ...]:
        if isinstance(values, (str, Mapping)) or not isinstance(values, Sequence) or not values:
            raise refused(f"{what} is a list that is not empty")
        return tuple(one(value) for value in values)

    return several


def as_target(value: Any) -> str:
    """The name of a step."""
    name = as_string(value, "a target")
    if not _NAME.fullmatch(name):
        raise refused(f"{name!r} is no name of a step")
    return name


def as_optional_target(value: Any) -> str | None:
    """As `as_target`; None stays None."""
    return None if value is None else as_target(value)


def as_variable(value: Any) -> str:
    """The name of a variable."""
    name = as_string(value, "a variable")
    if not name.isidentifier() or name.startswith("_"):
        raise refused(f"{name!r} is no name of a variable")
    return name


def as_optional_variable(value: Any) -> str | None:
    """As `as_variable`; None stays None."""
    return None if value is None else as_variable(value)


def as_variables(value: Any) -> Mapping[str, Any]:
    """Variables by name."""
    if not isinstance(value, Mapping):
        raise refused("variables are a mapping of names to texts or numbers")
    for given in value.values():
        if isinstance(given, str):
            template(given)
        elif not (given is None or isinstance(given, (bool, int, float))):
            raise refused("a variable is set to a text, a number, true, false or null")
    return MappingProxyType({as_variable(name): given for name, given in value.items()})


def as_duration(value: Any) -> float:
    """Seconds: a number, or `500ms`, `5s`, `2m`."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = float(value)
    else:
        match = _DURATION.fullmatch(str(value).strip())
        if match is None:
            raise refused(f"{value!r} is no duration", allowed=["5s", "500ms", "1m"])
        seconds = float(match[1]) * _UNITS[match[2]]
    if not 0 < seconds <= 3600:
        raise refused("a timeout is more than nothing and at most an hour")
    return seconds


def as_whole(low: int, high: int) -> Callable[[Any], int]:
    """A converter of a whole number within bounds."""

    def convert(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise refused(f"{value!r} is no whole number from {low} to {high}")
        return value

    return convert


def as_one_of(*allowed: str) -> Callable[[Any], str]:
    """A converter of one of some words."""

    def convert(value: Any) -> str:
        if value not in allowed:
            raise refused(f"{value!r} is none of {', '.join(allowed)}")
        return str(value)

    return convert


def as_pattern(value: Any) -> str | None:
    """A regular expression that RE2 takes."""
    if value is None:
        return None
    from cschat.bots.patterns import pattern

    text = as_string(value, "a pattern")
    pattern(text)
    return text


def as_condition(value: Any) -> str:
    """A condition that can be read."""
    from cschat.bots.templates import condition

    text = "true" if value is True else "false" if value is False else as_string(value, "a condition")
    condition(text)
    return text


def field_named(name: str) -> Field:
    """The field that a name alone stands for."""
    return Field(as_variable(name), as_text(FIELD_LABELS.get(name, name)), name if name in ANSWER_TYPES else "text", name != "email")


def _field(value: Any) -> Field:
    if isinstance(value, str):
        return field_named(value)
    parts = as_mapping(value, {"name", "label", "type", "required"}, "a field") if not isinstance(value, Field) else attrs.asdict(value)
    name = as_variable(parts.get("name"))
    kind = as_one_of(*ANSWER_TYPES)(parts.get("type", name if name in ANSWER_TYPES else "text"))
    return Field(name, as_text(parts.get("label", FIELD_LABELS.get(name, name))), kind, bool(parts.get("required", True)))


FIELD_LABELS: Mapping[str, Mapping[str, str]] = {
    "name": {"ko": "이름", "en": "Name"},
    "phone": {"ko": "연락처", "en": "Phone"},
    "email": {"ko": "이메일", "en": "Email"},
    "address": {"ko": "주소", "en": "Address"},
    "birth_date": {"ko": "생년월일", "en": "Date of birth"},
    "message": {"ko": "문의 내용", "en": "Message"},
}
"""What the fields that have a name of their own are called to the customer."""


def as_fields(value: Any) -> tuple[Field, ...]:
    """The fields of a form."""
    return as_many(_field, "a form")(value)


def as_answer_type(value: Any) -> str:
    """What an `ask` collects."""
    return as_one_of(*ANSWER_TYPES)(value)


def as_priority(value: Any) -> str:
    """A priority."""
    return as_one_of(*PRIORITIES)(value)


def as_retries(value: Any) -> int:
    """How often is asked again."""
    return as_whole(0, 20)(value)


def as_category(value: Any) -> str:
    """The path of a category."""
    return as_string(value, "a category")


def as_reason(value: Any) -> str:
    """The reason of an end."""
    return as_string(value, "a reason")
