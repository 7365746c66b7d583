"""A scenario as data: what a bot says and asks, step by step, and where each answer leads.

May: describe scenarios and refuse what is no scenario. May not: run them (`engine`), read files (`format`), judge them (`check`).

Every class here is a part of the format, its attributes are the keys in a file (`with_` and `else_` are `with` and `else` there), and the
docstrings are the format's reference. A text is one string, or one for each language: `{ko: 안녕하세요, en: Hello}`; `{{ ... }}` in it is
filled in from what is known. A target is the name of a step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias

import attrs

from cschat.bots.parts import (
    ANSWER_TYPES,
    FIELD_LABELS,
    MAX_STEPS,
    PRIORITIES,
    Button,
    Case,
    Field,
    Speech,
    Text,
    as_answer_type,
    as_category,
    as_condition,
    as_duration,
    as_fields,
    as_many,
    as_mapping,
    as_needed_speech,
    as_one_of,
    as_optional_target,
    as_optional_text,
    as_optional_variable,
    as_pattern,
    as_priority,
    as_reason,
    as_retries,
    as_speech,
    as_string,
    as_target,
    as_text,
    as_variable,
    as_variables,
    as_whole,
    field_named,
    refused,
)

__all__ = [
    "ANSWER_TYPES",
    "FIELD_LABELS",
    "KINDS",
    "PRIORITIES",
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
    "field_named",
]

# ------------------------------------------------------------------------------------------------------------------ steps


@attrs.frozen
class Say:
    """Say something and go on."""

    key: ClassVar = "say"
    edges: ClassVar = ("next",)

    say: Speech = attrs.field(converter=as_needed_speech)
    next: str = attrs.field(converter=as_target, kw_only=True)


def _choice_buttons(value: Any) -> tuple[Button, ...]:
    def one(item: Any) -> Button:
        if isinstance(item, Button):
            return item
        parts = as_mapping(item, {"label", "goto", "value"}, "a button")
        if "label" not in parts or "goto" not in parts:
            raise refused("a button needs label and goto")
        given = parts.get("value")
        return Button(as_text(parts["label"]), as_target(parts["goto"]), None if given is None else as_string(given, "a value"))

    return as_many(one, "choose")(value)


@attrs.frozen
class Choose:
    """Show buttons and wait. What the customer types may name a button, its number, or be a little off; all else goes to `otherwise`.

    Without `otherwise` the question is asked again. `save` keeps the value of the chosen button under that name.
    """

    key: ClassVar = "choose"
    edges: ClassVar = ("otherwise",)

    choose: tuple[Button, ...] = attrs.field(converter=_choice_buttons)
    say: Speech | None = attrs.field(default=None, converter=as_speech, kw_only=True)
    otherwise: str | None = attrs.field(default=None, converter=as_optional_target, kw_only=True)
    save: str | None = attrs.field(default=None, converter=as_optional_variable, kw_only=True)


def _options(value: Any) -> tuple[Text, ...]:
    return () if value is None or value == () else as_many(as_text, "options")(value)


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

    ask: str = attrs.field(converter=as_variable)
    prompt: Text = attrs.field(converter=as_text, kw_only=True)
    next: str = attrs.field(converter=as_target, kw_only=True)
    on_fail: str = attrs.field(converter=as_target, kw_only=True)
    type: str = attrs.field(default="text", converter=as_answer_type, kw_only=True)
    pattern: str | None = attrs.field(default=None, converter=as_pattern, kw_only=True)
    options: tuple[Text, ...] = attrs.field(default=(), converter=_options, kw_only=True)
    wrong: Text | None = attrs.field(default=None, converter=as_optional_text, kw_only=True)
    retries: int = attrs.field(default=2, converter=as_retries, kw_only=True)
    keep: bool = attrs.field(default=False, kw_only=True)
    say: Speech | None = attrs.field(default=None, converter=as_speech, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if (self.type == "choice") != bool(self.options):
            raise refused("an ask of type choice has options, and no other has")


@attrs.frozen
class Form:
    """Ask for several things at once, on channels that show forms; elsewhere one after the other. Kept under the names of the fields."""

    key: ClassVar = "form"
    edges: ClassVar = ("next", "on_fail")

    form: tuple[Field, ...] = attrs.field(converter=as_fields)
    next: str = attrs.field(converter=as_target, kw_only=True)
    on_fail: str = attrs.field(converter=as_target, kw_only=True)
    retries: int = attrs.field(default=2, converter=as_retries, kw_only=True)
    say: Speech | None = attrs.field(default=None, converter=as_speech, kw_only=True)


def _cases(value: Any) -> tuple[Case, ...]:
    def one(item: Any) -> Case:
        if isinstance(item, Case):
            return item
        parts = as_mapping(item, {"when", "goto"}, "a case")
        if "when" not in parts or "goto" not in parts:
            raise refused("a case needs when and goto")
        return Case(as_condition(parts["when"]), as_target(parts["goto"]))

    return as_many(one, "branch")(value)


@attrs.frozen
class Branch:
    """Go where the first condition holds, else to `else`."""

    key: ClassVar = "branch"
    edges: ClassVar = ("else",)

    branch: tuple[Case, ...] = attrs.field(converter=_cases)
    else_: str = attrs.field(converter=as_target, kw_only=True)


@attrs.frozen
class Search:
    """Where a `faq` looks: in one `section` or all, and how many answers it offers at most."""

    section: str | None = None
    limit: int = 3


def _search(value: Any) -> Search:
    if isinstance(value, Search):
        return value
    parts = as_mapping(value if value is not None else {}, {"section", "limit"}, "faq")
    section = parts.get("section")
    return Search(None if section is None else as_string(section, "a section"), as_whole(1, 10)(parts.get("limit", 3)))


@attrs.frozen
class Faq:
    """Search the knowledge for what the customer said last, offer the best, and ask whether it helped.

    With `say` it asks for the question first. Nothing good enough, or no good answer among those offered: `not_helped`.
    """

    key: ClassVar = "faq"
    edges: ClassVar = ("helped", "not_helped")

    faq: Search = attrs.field(converter=_search)
    helped: str = attrs.field(converter=as_target, kw_only=True)
    not_helped: str = attrs.field(converter=as_target, kw_only=True)
    say: Speech | None = attrs.field(default=None, converter=as_speech, kw_only=True)


@attrs.frozen
class Do:
    """Let the host do something: call the action with `with`, keep its answer under `save`, and go on.

    It runs after the commit. No answer within `timeout`, or a failure: `on_error`.
    """

    key: ClassVar = "do"
    edges: ClassVar = ("next", "on_error")

    do: str = attrs.field(converter=as_variable)
    next: str = attrs.field(converter=as_target, kw_only=True)
    on_error: str = attrs.field(converter=as_target, kw_only=True)
    with_: Mapping[str, Any] = attrs.field(default=MappingProxyType({}), converter=as_variables, kw_only=True)
    save: str | None = attrs.field(default=None, converter=as_optional_variable, kw_only=True)
    timeout: float = attrs.field(default=10.0, converter=as_duration, kw_only=True)
    say: Speech | None = attrs.field(default=None, converter=as_speech, kw_only=True)


@attrs.frozen
class SetVariables:
    """Remember values under names."""

    key: ClassVar = "set"
    edges: ClassVar = ("next",)

    set: Mapping[str, Any] = attrs.field(converter=as_variables)
    next: str = attrs.field(converter=as_target, kw_only=True)


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return as_many(lambda item: as_string(item, "a tag"), "tag")(value)


@attrs.frozen
class TagSession:
    """Tag the session."""

    key: ClassVar = "tag"
    edges: ClassVar = ("next",)

    tag: tuple[str, ...] = attrs.field(converter=_names)
    next: str = attrs.field(converter=as_target, kw_only=True)


@attrs.frozen
class SetCategory:
    """Say what the session is about: a path in the category tree."""

    key: ClassVar = "category"
    edges: ClassVar = ("next",)

    category: str = attrs.field(converter=as_category)
    next: str = attrs.field(converter=as_target, kw_only=True)


@attrs.frozen
class SetPriority:
    """Say how urgent the session is: low, normal, high or urgent."""

    key: ClassVar = "priority"
    edges: ClassVar = ("next",)

    priority: str = attrs.field(converter=as_priority)
    next: str = attrs.field(converter=as_target, kw_only=True)


@attrs.frozen
class Call:
    """Go through another scenario, and come back. What is known goes along and comes back."""

    key: ClassVar = "call"
    edges: ClassVar = ("next",)

    call: str = attrs.field(converter=as_target)
    next: str = attrs.field(converter=as_target, kw_only=True)


@attrs.frozen
class Goto:
    """Go to a step."""

    key: ClassVar = "goto"
    edges: ClassVar = ("goto",)

    goto: str = attrs.field(converter=as_target)


@attrs.frozen
class Request:
    """What people are told when they are asked for: `category`, `priority`, `group`."""

    category: str | None = None
    priority: str | None = None
    group: str | None = None


def _request(value: Any) -> Request:
    if isinstance(value, Request):
        return value
    parts = as_mapping(value if value is not None else {}, {"category", "priority", "group"}, "handoff")
    if parts.get("priority") is not None:
        as_one_of(*PRIORITIES)(parts["priority"])
    return Request(**{name: None if part is None else as_string(part, name) for name, part in parts.items()})


@attrs.frozen
class Handoff:
    """Ask for a person. Where that is refused: `closed` (closed, lunch, holiday) or `nobody` (nobody, overflow, suspended)."""

    key: ClassVar = "handoff"
    edges: ClassVar = ("closed", "nobody")

    handoff: Request = attrs.field(converter=_request)
    closed: str = attrs.field(converter=as_target, kw_only=True)
    nobody: str = attrs.field(converter=as_target, kw_only=True)
    say: Speech | None = attrs.field(default=None, converter=as_speech, kw_only=True)


@attrs.frozen
class LeaveMessage:
    """Take a message to be answered later: asks for the fields, thanks with `say`, and ends the scenario."""

    key: ClassVar = "leave_message"
    edges: ClassVar = ()

    leave_message: tuple[Field, ...] = attrs.field(converter=as_fields)
    say: Speech | None = attrs.field(default=None, converter=as_speech, kw_only=True)


@attrs.frozen
class Scale:
    """How many points a rating has."""

    scale: int = 5


def _scale(value: Any) -> Scale:
    if isinstance(value, Scale):
        return value
    parts = as_mapping(value if value is not None else {}, {"scale"}, "rate")
    return Scale(as_whole(2, 10)(parts.get("scale", 5)))


@attrs.frozen
class Rate:
    """Ask how it was. Whatever is answered, it goes on."""

    key: ClassVar = "rate"
    edges: ClassVar = ("next",)

    rate: Scale = attrs.field(converter=_scale)
    next: str = attrs.field(converter=as_target, kw_only=True)
    say: Speech | None = attrs.field(default=None, converter=as_speech, kw_only=True)


@attrs.frozen
class Terms:
    """What a customer agrees to: `what`, for which `purpose`, in which `version` of the terms."""

    what: str
    purpose: str
    version: str


def _terms(value: Any) -> Terms:
    if isinstance(value, Terms):
        return value
    parts = as_mapping(value, {"what", "purpose", "version"}, "consent")
    if len(parts) != 3:
        raise refused("a consent needs what, purpose and version")
    return Terms(**{name: as_string(part, name) for name, part in parts.items()})


@attrs.frozen
class Consent:
    """Show the collection notice `say`, ask to agree, and record the answer. Who has agreed to this version is not asked again."""

    key: ClassVar = "consent"
    edges: ClassVar = ("agreed", "refused")

    consent: Terms = attrs.field(converter=_terms)
    say: Speech = attrs.field(converter=as_needed_speech, kw_only=True)
    agreed: str = attrs.field(converter=as_target, kw_only=True)
    refused: str = attrs.field(converter=as_target, kw_only=True)


@attrs.frozen
class End:
    """The scenario is over, with a reason: resolved, or a word of yours. The session of a main scenario ends with it."""

    key: ClassVar = "end"
    edges: ClassVar = ()

    end: str = attrs.field(converter=as_reason)
    say: Speech | None = attrs.field(default=None, converter=as_speech, kw_only=True)


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

    scenario: str = attrs.field(converter=as_target)
    start: str = attrs.field(converter=as_target)
    steps: Mapping[str, Step]
    title: str = ""
    languages: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    lines: Mapping[str, int] = attrs.field(factory=dict, eq=False, repr=False)
    prepared: dict[Any, Any] = attrs.field(factory=dict, eq=False, repr=False, init=False)

    def __attrs_post_init__(self) -> None:
        if not self.steps:
            raise refused("a scenario has at least one step")
        if len(self.steps) > MAX_STEPS:
            raise refused(f"a scenario has at most {MAX_STEPS} steps")


def build(kind: type, parts: Mapping[str, Any], what: str) -> Any:
    """An object of the format from the keys of a file; `ScenarioError` names the key that is unknown, missing or wrong."""
    known = {field.name.rstrip("_"): field for field in attrs.fields(kind)}
    for key in parts:
        if key not in known:
            raise refused(f"{what} has no {key!r} (allowed: {', '.join(known)})")
    missing = [key for key, field in known.items() if key not in parts and field.default is attrs.NOTHING]
    if missing:
        raise refused(f"{what} needs {missing[0]!r}", missing=missing[0])
    return kind(**{known[key].name: value for key, value in parts.items()})
