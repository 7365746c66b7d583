"""A scenario as data: what a bot says and asks, step by step, and where each answer leads.

May: describe scenarios and refuse what is no scenario. May not: run them (`engine`), read files (`format`), judge them (`check`).

Every class here is a part of the format, its attributes are the keys in a file (`with_` and `else_` are `with` and `else` there), and the
docstrings are the format's reference. A text is one string, or one for each language: `{ko: 안녕하세요, en: Hello}`; `{{ ... }}` in it is
filled in from what is known. A target is the name of a step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias

import attrs

from cschat.bots.templates import template
from cschat.core.content import Card, Choice, Media
from cschat.errors import ScenarioError

__all__ = [
    "ANSWER_TYPES",
    "KINDS",
    "Ask",
    "Branch",
    "Button",
    "Call",
    "Case",
    "Choose",
    "Consent",
    "Do",
    "End",
    "Faq",
    "Field",
    "Form",
    "Goto",
    "Handoff",
    "LeaveMessage",
    "Rate",
    "Say",
    "Scenario",
    "SetCategory",
    "SetPriority",
    "SetVariables",
    "Speech",
    "Step",
    "TagSession",
    "Text",
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


def _fail(reason: str, **more: Any) -> ScenarioError:
    return ScenarioError(reason=reason, **more)


def _string(value: Any, what: str) -> str:
    if isinstance(value, bool):
        raise _fail(f"{what} must be text, not {str(value).lower()}; yes, no, on and off stand in quotes in YAML")
    if not isinstance(value, (str, int, float)):
        raise _fail(f"{what} must be text, not {type(value).__name__}")
    return str(value)


def _text(value: Any) -> Text:
    if isinstance(value, Text):
        return value
    if isinstance(value, Mapping):
        if not value or not all(isinstance(key, str) and _LANGUAGE.fullmatch(key) for key in value):
            raise _fail("a text has one string for each language, such as {ko: ..., en: ...}")
        words = {key: _string(text, f"the text in {key}") for key, text in value.items()}
    else:
        words = {"": _string(value, "a text")}
    for text in words.values():
        template(text)  # a mistake in it is found here
    return Text(MappingProxyType(words))


def _optional_text(value: Any) -> Text | None:
    return None if value is None else _text(value)


def _media(value: Any) -> Media:
    if isinstance(value, Media):
        return value
    if isinstance(value, str):
        return Media(url=value, name=value.rpartition("/")[2], type="image/*")
    return Media(**_keys(value, {"name", "type", "blob", "url", "size"}, "a picture"))


def _card(value: Any) -> Card:
    if isinstance(value, Card):
        return value
    parts = _keys(value, {"title", "text", "image", "choices"}, "a card")
    image = parts.pop("image", None)
    choices = tuple(Choice(**_keys(one, {"label", "value", "url"}, "a card's button")) for one in parts.pop("choices", ()))
    return Card(**parts, image=None if image is None else _media(image), choices=choices)


_SPEECH = {"text", "image", "file", "card", "carousel", "article"}


def _speech(value: Any) -> Speech | None:
    if value is None or isinstance(value, Speech):
        return value
    if isinstance(value, Mapping) and set(value) & _SPEECH:
        parts = _keys(value, _SPEECH, "what is said")
        cards = parts.get("carousel", [parts["card"]] if "card" in parts else [])
        return Speech(
            text=_optional_text(parts.get("text")),
            image=_media(parts["image"]) if "image" in parts else None,
            file=_media(parts["file"]) if "file" in parts else None,
            cards=tuple(_card(card) for card in cards),
            article=parts.get("article"),
        )
    return Speech(text=_text(value))


def _needed_speech(value: Any) -> Speech:
    speech = _speech(value)
    if speech is None:
        raise _fail("there is nothing to say")
    return speech


def _keys(value: Any, allowed: set[str], what: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _fail(f"{what} is a mapping of {', '.join(sorted(allowed))}")
    unknown = [str(key) for key in value if key not in allowed]
    if unknown:
        raise _fail(f"{what} has no {unknown[0]!r} (allowed: {', '.join(sorted(allowed))})")
    return dict(value)


def _many(one: Callable[[Any], Any], what: str) -> Callable[[Any], tuple[Any, ...]]:
    def several(values: Any) -> tuple[Any, ...]:
        if isinstance(values, (str, Mapping)) or not isinstance(values, Sequence) or not values:
            raise _fail(f"{what} is a list that is not empty")
        return tuple(one(value) for value in values)

    return several


def _target(value: Any) -> str:
    name = _string(value, "a target")
    if not _NAME.fullmatch(name):
        raise _fail(f"{name!r} is no name of a step")
    return name


def _optional_target(value: Any) -> str | None:
    return None if value is None else _target(value)


def _variable(value: Any) -> str:
    name = _string(value, "a variable")
    if not name.isidentifier() or name.startswith("_"):
        raise _fail(f"{name!r} is no name of a variable")
    return name


def _optional_variable(value: Any) -> str | None:
    return None if value is None else _variable(value)


def _variables(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _fail("variables are a mapping of names to texts or numbers")
    for given in value.values():
        if isinstance(given, str):
            template(given)
        elif not (given is None or isinstance(given, (bool, int, float))):
            raise _fail("a variable is set to a text, a number, true, false or null")
    return MappingProxyType({_variable(name): given for name, given in value.items()})


def _duration(value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = float(value)
    else:
        match = _DURATION.fullmatch(str(value).strip())
        if match is None:
            raise _fail(f"{value!r} is no duration", allowed=["5s", "500ms", "1m"])
        seconds = float(match[1]) * _UNITS[match[2]]
    if not 0 < seconds <= 3600:
        raise _fail("a timeout is more than nothing and at most an hour")
    return seconds


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise _fail(f"{value!r} is no whole number from {low} to {high}")
        return value

    return convert


def _one_of(*allowed: str) -> Callable[[Any], str]:
    def convert(value: Any) -> str:
        if value not in allowed:
            raise _fail(f"{value!r} is none of {', '.join(allowed)}")
        return str(value)

    return convert


def _pattern(value: Any) -> str | None:
    if value is None:
        return None
    from cschat.bots.patterns import pattern

    text = _string(value, "a pattern")
    pattern(text)
    return text


def _condition(value: Any) -> str:
    from cschat.bots.templates import condition

    text = "true" if value is True else "false" if value is False else _string(value, "a condition")
    condition(text)
    return text


def field_named(name: str) -> Field:
    """The field that a name alone stands for."""
    return Field(_variable(name), _text(FIELD_LABELS.get(name, name)), name if name in ANSWER_TYPES else "text", name != "email")


def _field(value: Any) -> Field:
    if isinstance(value, str):
        return field_named(value)
    parts = _keys(value, {"name", "label", "type", "required"}, "a field") if not isinstance(value, Field) else attrs.asdict(value)
    name = _variable(parts.get("name"))
    kind = _one_of(*ANSWER_TYPES)(parts.get("type", name if name in ANSWER_TYPES else "text"))
    return Field(name, _text(parts.get("label", FIELD_LABELS.get(name, name))), kind, bool(parts.get("required", True)))


FIELD_LABELS: Mapping[str, Mapping[str, str]] = {
    "name": {"ko": "이름", "en": "Name"},
    "phone": {"ko": "연락처", "en": "Phone"},
    "email": {"ko": "이메일", "en": "Email"},
    "address": {"ko": "주소", "en": "Address"},
    "birth_date": {"ko": "생년월일", "en": "Date of birth"},
    "message": {"ko": "문의 내용", "en": "Message"},
}
"""What the fields that have a name of their own are called to the customer."""


def _fields(value: Any) -> tuple[Field, ...]:
    return _many(_field, "a form")(value)


def _answer_type(value: Any) -> str:
    return _one_of(*ANSWER_TYPES)(value)


def _priority(value: Any) -> str:
    return _one_of(*PRIORITIES)(value)


def _retries(value: Any) -> int:
    return _whole(0, 20)(value)


def _category(value: Any) -> str:
    return _string(value, "a category")


def _reason(value: Any) -> str:
    return _string(value, "a reason")


# ------------------------------------------------------------------------------------------------------------------ steps


@attrs.frozen
class Say:
    """Say something and go on."""

    key: ClassVar = "say"
    edges: ClassVar = ("next",)

    say: Speech = attrs.field(converter=_needed_speech)
    next: str = attrs.field(converter=_target, kw_only=True)


def _choice_buttons(value: Any) -> tuple[Button, ...]:
    def one(item: Any) -> Button:
        if isinstance(item, Button):
            return item
        parts = _keys(item, {"label", "goto", "value"}, "a button")
        if "label" not in parts or "goto" not in parts:
            raise _fail("a button needs label and goto")
        given = parts.get("value")
        return Button(_text(parts["label"]), _target(parts["goto"]), None if given is None else _string(given, "a value"))

    return _many(one, "choose")(value)


@attrs.frozen
class Choose:
    """Show buttons and wait. What the customer types may name a button, its number, or be a little off; all else goes to `otherwise`.

    Without `otherwise` the question is asked again. `save` keeps the value of the chosen button under that name.
    """

    key: ClassVar = "choose"
    edges: ClassVar = ("otherwise",)

    choose: tuple[Button, ...] = attrs.field(converter=_choice_buttons)
    say: Speech | None = attrs.field(default=None, converter=_speech, kw_only=True)
    otherwise: str | None = attrs.field(default=None, converter=_optional_target, kw_only=True)
    save: str | None = attrs.field(default=None, converter=_optional_variable, kw_only=True)


def _options(value: Any) -> tuple[Text, ...]:
    return () if value is None or value == () else _many(_text, "options")(value)


@attrs.frozen
class Ask:
    """Ask for one thing, check it, keep it under the name `ask`.

    `type` is text, number, date, birth_date, name, phone, email, address, image, file or choice (one of `options`); `pattern` is a
    regular expression that the whole answer must match. A wrong answer is told with `wrong` and asked again, at most `retries` times; then
    it goes to `on_fail`. `keep` writes the answer to the customer's profile (name, phone, email, birth_date, address, image;
    any other: as an attribute), and what is known there is not asked again.
    """

    key: ClassVar = "ask"
    edges: ClassVar = ("next", "on_fail")

    ask: str = attrs.field(converter=_variable)
    prompt: Text = attrs.field(converter=_text, kw_only=True)
    next: str = attrs.field(converter=_target, kw_only=True)
    on_fail: str = attrs.field(converter=_target, kw_only=True)
    type: str = attrs.field(default="text", converter=_answer_type, kw_only=True)
    pattern: str | None = attrs.field(default=None, converter=_pattern, kw_only=True)
    options: tuple[Text, ...] = attrs.field(default=(), converter=_options, kw_only=True)
    wrong: Text | None = attrs.field(default=None, converter=_optional_text, kw_only=True)
    retries: int = attrs.field(default=2, converter=_retries, kw_only=True)
    keep: bool = attrs.field(default=False, kw_only=True)
    say: Speech | None = attrs.field(default=None, converter=_speech, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if (self.type == "choice") != bool(self.options):
            raise _fail("an ask of type choice has options, and no other has")


@attrs.frozen
class Form:
    """Ask for several things at once, on channels that show forms; elsewhere one after the other. Kept under the names of the fields."""

    key: ClassVar = "form"
    edges: ClassVar = ("next", "on_fail")

    form: tuple[Field, ...] = attrs.field(converter=_fields)
    next: str = attrs.field(converter=_target, kw_only=True)
    on_fail: str = attrs.field(converter=_target, kw_only=True)
    retries: int = attrs.field(default=2, converter=_retries, kw_only=True)
    say: Speech | None = attrs.field(default=None, converter=_speech, kw_only=True)


def _cases(value: Any) -> tuple[Case, ...]:
    def one(item: Any) -> Case:
        if isinstance(item, Case):
            return item
        parts = _keys(item, {"when", "goto"}, "a case")
        if "when" not in parts or "goto" not in parts:
            raise _fail("a case needs when and goto")
        return Case(_condition(parts["when"]), _target(parts["goto"]))

    return _many(one, "branch")(value)


@attrs.frozen
class Branch:
    """Go where the first condition holds, else to `else`."""

    key: ClassVar = "branch"
    edges: ClassVar = ("else",)

    branch: tuple[Case, ...] = attrs.field(converter=_cases)
    else_: str = attrs.field(converter=_target, kw_only=True)


@attrs.frozen
class Search:
    """Where a `faq` looks: in one `section` or all, and how many answers it offers at most."""

    section: str | None = None
    limit: int = 3


def _search(value: Any) -> Search:
    if isinstance(value, Search):
        return value
    parts = _keys(value if value is not None else {}, {"section", "limit"}, "faq")
    section = parts.get("section")
    return Search(None if section is None else _string(section, "a section"), _whole(1, 10)(parts.get("limit", 3)))


@attrs.frozen
class Faq:
    """Search the knowledge for what the customer said last, offer the best, and ask whether it helped.

    With `say` it asks for the question first. Nothing good enough, or no good answer among those offered: `not_helped`.
    """

    key: ClassVar = "faq"
    edges: ClassVar = ("helped", "not_helped")

    faq: Search = attrs.field(converter=_search)
    helped: str = attrs.field(converter=_target, kw_only=True)
    not_helped: str = attrs.field(converter=_target, kw_only=True)
    say: Speech | None = attrs.field(default=None, converter=_speech, kw_only=True)


@attrs.frozen
class Do:
    """Let the host do something: call the action with `with`, keep its answer under `save`, and go on.

    It runs after the commit. No answer within `timeout`, or a failure: `on_error`.
    """

    key: ClassVar = "do"
    edges: ClassVar = ("next", "on_error")

    do: str = attrs.field(converter=_variable)
    next: str = attrs.field(converter=_target, kw_only=True)
    on_error: str = attrs.field(converter=_target, kw_only=True)
    with_: Mapping[str, Any] = attrs.field(default=MappingProxyType({}), converter=_variables, kw_only=True)
    save: str | None = attrs.field(default=None, converter=_optional_variable, kw_only=True)
    timeout: float = attrs.field(default=10.0, converter=_duration, kw_only=True)
    say: Speech | None = attrs.field(default=None, converter=_speech, kw_only=True)


@attrs.frozen
class SetVariables:
    """Remember values under names."""

    key: ClassVar = "set"
    edges: ClassVar = ("next",)

    set: Mapping[str, Any] = attrs.field(converter=_variables)
    next: str = attrs.field(converter=_target, kw_only=True)


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return _many(lambda item: _string(item, "a tag"), "tag")(value)


@attrs.frozen
class TagSession:
    """Tag the session."""

    key: ClassVar = "tag"
    edges: ClassVar = ("next",)

    tag: tuple[str, ...] = attrs.field(converter=_names)
    next: str = attrs.field(converter=_target, kw_only=True)


@attrs.frozen
class SetCategory:
    """Say what the session is about: a path in the category tree."""

    key: ClassVar = "category"
    edges: ClassVar = ("next",)

    category: str = attrs.field(converter=_category)
    next: str = attrs.field(converter=_target, kw_only=True)


@attrs.frozen
class SetPriority:
    """Say how urgent the session is: low, normal, high or urgent."""

    key: ClassVar = "priority"
    edges: ClassVar = ("next",)

    priority: str = attrs.field(converter=_priority)
    next: str = attrs.field(converter=_target, kw_only=True)


@attrs.frozen
class Call:
    """Go through another scenario, and come back. What is known goes along and comes back."""

    key: ClassVar = "call"
    edges: ClassVar = ("next",)

    call: str = attrs.field(converter=_target)
    next: str = attrs.field(converter=_target, kw_only=True)


@attrs.frozen
class Goto:
    """Go to a step."""

    key: ClassVar = "goto"
    edges: ClassVar = ("goto",)

    goto: str = attrs.field(converter=_target)


@attrs.frozen
class Request:
    """What people are told when they are asked for: `category`, `priority`, `group`."""

    category: str | None = None
    priority: str | None = None
    group: str | None = None


def _request(value: Any) -> Request:
    if isinstance(value, Request):
        return value
    parts = _keys(value if value is not None else {}, {"category", "priority", "group"}, "handoff")
    if parts.get("priority") is not None:
        _one_of(*PRIORITIES)(parts["priority"])
    return Request(**{name: None if part is None else _string(part, name) for name, part in parts.items()})


@attrs.frozen
class Handoff:
    """Ask for a person. Where that is refused: `closed` (closed, lunch, holiday) or `nobody` (nobody, overflow)."""

    key: ClassVar = "handoff"
    edges: ClassVar = ("closed", "nobody")

    handoff: Request = attrs.field(converter=_request)
    closed: str = attrs.field(converter=_target, kw_only=True)
    nobody: str = attrs.field(converter=_target, kw_only=True)
    say: Speech | None = attrs.field(default=None, converter=_speech, kw_only=True)


@attrs.frozen
class LeaveMessage:
    """Take a message to be answered later: asks for the fields, thanks with `say`, and ends the scenario."""

    key: ClassVar = "leave_message"
    edges: ClassVar = ()

    leave_message: tuple[Field, ...] = attrs.field(converter=_fields)
    say: Speech | None = attrs.field(default=None, converter=_speech, kw_only=True)


@attrs.frozen
class Scale:
    """How many points a rating has."""

    scale: int = 5


def _scale(value: Any) -> Scale:
    if isinstance(value, Scale):
        return value
    parts = _keys(value if value is not None else {}, {"scale"}, "rate")
    return Scale(_whole(2, 10)(parts.get("scale", 5)))


@attrs.frozen
class Rate:
    """Ask how it was. Whatever is answered, it goes on."""

    key: ClassVar = "rate"
    edges: ClassVar = ("next",)

    rate: Scale = attrs.field(converter=_scale)
    next: str = attrs.field(converter=_target, kw_only=True)
    say: Speech | None = attrs.field(default=None, converter=_speech, kw_only=True)


@attrs.frozen
class Terms:
    """What a customer agrees to: `what`, for which `purpose`, in which `version` of the terms."""

    what: str
    purpose: str
    version: str


def _terms(value: Any) -> Terms:
    if isinstance(value, Terms):
        return value
    parts = _keys(value, {"what", "purpose", "version"}, "consent")
    if len(parts) != 3:
        raise _fail("a consent needs what, purpose and version")
    return Terms(**{name: _string(part, name) for name, part in parts.items()})


@attrs.frozen
class Consent:
    """Show the collection notice `say`, ask to agree, and record the answer. Who has agreed to this version is not asked again."""

    key: ClassVar = "consent"
    edges: ClassVar = ("agreed", "refused")

    consent: Terms = attrs.field(converter=_terms)
    say: Speech = attrs.field(converter=_needed_speech, kw_only=True)
    agreed: str = attrs.field(converter=_target, kw_only=True)
    refused: str = attrs.field(converter=_target, kw_only=True)


@attrs.frozen
class End:
    """The scenario is over, with a reason: resolved, or a word of yours. The session of a main scenario ends with it."""

    key: ClassVar = "end"
    edges: ClassVar = ()

    end: str = attrs.field(converter=_reason)
    say: Speech | None = attrs.field(default=None, converter=_speech, kw_only=True)


Step: TypeAlias = (
    Say
    | Choose
    | Ask
    | Form
    | Branch
    | Faq
    | Do
    | SetVariables
    | TagSession
    | SetCategory
    | SetPriority
    | Call
    | Goto
    | Handoff
    | LeaveMessage
    | Rate
    | Consent
    | End
)

KINDS: Mapping[str, type] = {
    kind.key: kind
    for kind in (
        Choose,
        Ask,
        Form,
        Branch,
        Faq,
        Do,
        SetVariables,
        TagSession,
        SetCategory,
        SetPriority,
        Call,
        Handoff,
        LeaveMessage,
        Rate,
        Consent,
        End,
        Say,
        Goto,
    )
}
"""Every kind of step by the key that names it. A step with `say` and another of these keys is of the other kind."""


def edges(step: Step) -> Iterator[tuple[str, str]]:
    """The ways out of a step: (name of the edge, target). A button's edge is `choose:1`, a case's `when:1`."""
    if isinstance(step, Choose):
        for number, button in enumerate(step.choose, 1):
            yield f"choose:{number}", button.goto
    if isinstance(step, Branch):
        for number, case in enumerate(step.branch, 1):
            yield f"when:{number}", case.goto
    for name in step.edges:
        target = getattr(step, "else_" if name == "else" else name)
        if target is not None:
            yield name, target


@attrs.frozen
class Scenario:
    """A bot's flow: its `scenario` name, the step it starts with, and its steps.

    `languages` are those that every text must have (none named: one string serves all); `lines` the line of each step in its file.
    """

    scenario: str = attrs.field(converter=_target)
    start: str = attrs.field(converter=_target)
    steps: Mapping[str, Step]
    title: str = ""
    languages: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    lines: Mapping[str, int] = attrs.field(factory=dict, eq=False, repr=False)
    prepared: dict[Any, Any] = attrs.field(factory=dict, eq=False, repr=False, init=False)

    def __attrs_post_init__(self) -> None:
        if not self.steps:
            raise _fail("a scenario has at least one step")
        if len(self.steps) > MAX_STEPS:
            raise _fail(f"a scenario has at most {MAX_STEPS} steps")


def build(kind: type, parts: Mapping[str, Any], what: str) -> Any:
    """An object of the format from the keys of a file; `ScenarioError` names the key that is unknown, missing or wrong."""
    known = {field.name.rstrip("_"): field for field in attrs.fields(kind)}
    for key in parts:
        if key not in known:
            raise _fail(f"{what} has no {key!r} (allowed: {', '.join(known)})")
    missing = [key for key, field in known.items() if key not in parts and field.default is attrs.NOTHING]
    if missing:
        raise _fail(f"{what} needs {missing[0]!r}", missing=missing[0])
    return kind(**{known[key].name: value for key, value in parts.items()})
