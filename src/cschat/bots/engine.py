"""Running a scenario, one turn at a time.

May: say what follows from what is known and what was given. May not: look anything up, keep anything, know the time or a store; what it
needs comes in by `Env`, what must happen goes out as effects.

`answer(scenario, cursor, given, env)` begins where the cursor stands, takes what is given, and goes on until it must wait or is over. It
is a function: the same again gives the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from cschat.bots import scenario as s
from cschat.bots.templates import condition, template
from cschat.bots.understanding import accept, named
from cschat.core.content import Choice, Content, ContentKind, FormField
from cschat.core.events import BotCursor
from cschat.errors import CschatError, ScenarioError, ScenarioLoop

__all__ = [
    "MAX_CHAIN",
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
    "answer",
    "takes",
]

MAX_CHAIN = 100
"""How many steps a scenario may go without waiting for anybody."""
MAX_FRAMES = 10
CLOSED_REASONS = frozenset({"closed", "lunch", "holiday"})


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
    """A person was asked for, and nobody can come: closed, lunch, holiday, nobody or overflow."""

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


PHRASES: Mapping[str, Mapping[str, str]] = {
    "again": {"ko": "아래에서 골라 주세요.", "en": "Please choose one of these."},
    "choose": {"ko": "아래에서 골라 주세요.", "en": "Please choose one."},
    "wrong": {"ko": "다시 한번 확인해 주세요.", "en": "That does not look right. Please check and try again."},
    "helped": {"ko": "도움이 되셨나요?", "en": "Did this help?"},
    "yes": {"ko": "네, 해결됐어요", "en": "Yes, thanks"},
    "no": {"ko": "아니요", "en": "No"},
    "agree": {"ko": "동의합니다", "en": "I agree"},
    "refuse": {"ko": "동의하지 않습니다", "en": "I do not agree"},
    "rate": {"ko": "오늘 상담은 어떠셨나요?", "en": "How was it today?"},
    "points": {"ko": "{}점", "en": "{}"},
    "form": {"ko": "아래 내용을 적어 주세요.", "en": "Please fill this in."},
    "field": {"ko": "{} 알려 주세요.", "en": "Please tell us: {}"},
    "optional": {"ko": "{} 알려 주세요. 없으면 '없음'이라고 적어 주세요.", "en": "Please tell us: {} (or write: none)"},
    "thanks": {"ko": "남겨 주신 내용을 확인하고 답변드릴게요.", "en": "Thank you. We will read it and get back to you."},
}
"""What the engine itself says."""
_NONE = frozenset({"없음", "없어요", "없습니다", "none", "skip", "no", "-"})


def phrase(name: str, language: str) -> str:
    """One of the engine's own phrases."""
    words = PHRASES[name]
    return words.get(language[:2]) or words["en"]


# -------------------------------------------------------------------------------------------------------------------- walk


class _Walk:
    """One turn under way."""

    __slots__ = ("all", "called", "cursor", "effects", "env", "frames", "key", "known", "path", "replies", "scenario")

    def __init__(self, scenario: s.Scenario, cursor: BotCursor | None, env: Env) -> None:
        self.scenario = scenario
        self.env = env
        self.replies: list[Content] = []
        self.effects: list[Effect] = []
        self.path: list[tuple[str, str]] = []
        self.called: tuple[tuple[int, str], ...] = ()
        self.cursor: BotCursor | None = None
        self.all: dict[str, Any] | None = None
        if cursor is None:
            self.key, self.known, self.frames = scenario.scenario, dict[str, Any](), tuple[tuple[str, str], ...]()
        else:
            self.key, self.known, self.frames = cursor.scenario, cursor.known, cursor.frames

    def learn(self, name: str, value: Any) -> None:
        self.known = {**self.known, name: value}
        self.all = None

    def everything(self) -> Mapping[str, Any]:
        """What templates and conditions read: what the scenario has learnt, over what is known of customer and session."""
        if self.all is None:
            self.all = {**self.env.about, **self.known}
        return self.all

    def fill(self, text: s.Text) -> str:
        words = text.in_language(self.env.language)
        return template(words).render(self.everything()) if "{" in words else words

    def fill_value(self, value: Any) -> Any:
        return template(value).render(self.everything()) if isinstance(value, str) and "{" in value else value

    def wait(self, name: str, *, tries: int = 0, part: int = 0) -> None:
        self.cursor = BotCursor(self.key, name, self.known, tries, part, self.frames)

    def leave(self, name: str, edge: str, target: str) -> str:
        self.path.append((name, edge))
        return target

    def say(self, speech: s.Speech | None, choices: tuple[Choice, ...] = (), fallback: str = "") -> None:
        """Say something, with buttons beneath. Pictures and cards come first, the text last, where the buttons are."""
        text = ""
        if speech is not None:
            if speech.image is not None:
                self.replies.append(Content(kind=ContentKind.IMAGE, media=speech.image))
            if speech.file is not None:
                self.replies.append(Content(kind=ContentKind.FILE, media=speech.file))
            if speech.cards:
                kind = ContentKind.CARD if len(speech.cards) == 1 else ContentKind.CAROUSEL
                self.replies.append(Content(kind=kind, cards=speech.cards))
            if speech.article is not None:
                self.replies.append(Content(kind=ContentKind.ARTICLE, article=speech.article))
            if speech.text is not None:
                text = self.fill(speech.text)
        text = text if text.strip() else fallback
        if choices:
            self.replies.append(Content(kind=ContentKind.CHOICES, text=text, choices=choices))
        elif text:
            self.replies.append(Content(text=text))

    def go(self, name: str | None) -> None:
        """From step to step until one waits or the scenario is over."""
        for _ in range(MAX_CHAIN):
            if name is None:
                return
            name = self._enter(name)
        if name is not None:
            chain = tuple(step for step, _ in self.path[-6:])
            raise ScenarioLoop(step=name, reason=f"more than {MAX_CHAIN} steps without waiting: {' > '.join(chain)}", chain=chain)

    def _enter(self, name: str) -> str | None:
        step = self.scenario.steps.get(name)
        if step is None:
            raise ScenarioError(step=name, reason="there is no such step", before=self.path[-1] if self.path else None)
        try:
            return _ENTER[type(step)](self, name, step)
        except ScenarioError as error:
            raise self.at(name, error) from error

    def at(self, name: str, error: ScenarioError) -> ScenarioError:
        more = {key: value for key, value in error.fields.items() if key not in {"step", "reason", "line"}}
        return type(error)(step=error.step or name, reason=error.reason, line=error.line or self.scenario.lines.get(name), **more)


def answer(scenario: s.Scenario, cursor: BotCursor | None, given: Given, env: Env) -> Outcome:
    """One turn. `scenario` is the cursor's; the one to begin, if there is no cursor.

    `ScenarioError` if it cannot go on, `ScenarioLoop` if it goes round without waiting; no other error comes out, whatever is given.
    """
    walk = _Walk(scenario, cursor, env)
    if cursor is None:
        if isinstance(given, Start) and given.key is not None:
            walk.key = given.key
        walk.go(scenario.start)
    else:
        step = scenario.steps.get(cursor.step)
        if step is None:
            raise ScenarioError(step=cursor.step, reason="there is no such step")
        try:
            target = _take(walk, cursor, step, given)
        except ScenarioError as error:
            raise walk.at(cursor.step, error) from error
        except CschatError as error:
            raise ScenarioError(step=cursor.step, reason=str(error)) from error
        walk.go(target)
    return Outcome(tuple(walk.replies), tuple(walk.effects), walk.cursor, tuple(walk.path), walk.called)


def _take(walk: _Walk, cursor: BotCursor, step: Any, given: Given) -> str | None:
    match given:
        case Said(content=content):
            heard = _HEARD.get(type(step))
            if heard is not None:
                return heard(walk, cursor, step, content)
        case Returned(value=value) if isinstance(step, s.Do):
            if step.save is not None:
                walk.learn(step.save, value)
            return walk.leave(cursor.step, "next", step.next)
        case Failed() if isinstance(step, s.Do):
            return walk.leave(cursor.step, "on_error", step.on_error)
        case Refused(reason=reason) if isinstance(step, s.Handoff):
            edge = "closed" if reason in CLOSED_REASONS else "nobody"
            return walk.leave(cursor.step, edge, getattr(step, edge))
        case _:
            pass
    walk.cursor = cursor  # it waits for something else: an action, a person
    return None


def takes(scenario: s.Scenario, cursor: BotCursor, content: Content, env: Env) -> bool:
    """Whether the question that a scenario waits with accepts this: the button of a `choose`, a fitting answer to an `ask`."""
    step = scenario.steps.get(cursor.step)
    walk = _Walk(scenario, cursor, env)
    try:
        match step:
            case s.Choose():
                return named(content.text, _labels(walk, cursor.step, step)) is not None
            case s.Ask():
                return _accepted(walk, step, content) is not None
            case s.Rate(rate=rate):
                return _score(content.text, rate.scale) is not None
            case s.Consent():
                return named(content.text, _pair(walk, "agree", "refuse")) is not None
            case s.Faq():
                return cursor.part == 0 or named(content.text, _offered(walk, cursor)) is not None
            case s.Form() | s.LeaveMessage():
                return True
            case _:
                return False
    except CschatError:
        return False


# ------------------------------------------------------------------------------------------------------------ what is said


def _prepared(walk: _Walk, name: str, step: s.Choose) -> tuple[tuple[Choice, ...], tuple[str, ...]]:
    """The buttons of a `choose` and what they are called; those without variables are made once."""
    key = (name, walk.env.language)
    ready: tuple[tuple[Choice, ...], tuple[str, ...]] | None = walk.scenario.prepared.get(key)
    if ready is None:
        labels = tuple(walk.fill(button.label) for button in step.choose)
        ready = tuple(Choice(label[:200]) for label in labels), labels
        if not any("{" in button.label.in_language(walk.env.language) for button in step.choose):
            walk.scenario.prepared[key] = ready
    return ready


def _labels(walk: _Walk, name: str, step: s.Choose) -> tuple[str, ...]:
    return _prepared(walk, name, step)[1]


def _pair(walk: _Walk, *names: str) -> tuple[str, ...]:
    return tuple(phrase(name, walk.env.language) for name in names)


def _buttons(labels: Sequence[str]) -> tuple[Choice, ...]:
    return tuple(Choice(label[:200]) for label in labels)


def _ask_choose(walk: _Walk, name: str, step: s.Choose) -> None:
    walk.say(step.say, _prepared(walk, name, step)[0], phrase("choose", walk.env.language))
    walk.wait(name)


def _ask_for(walk: _Walk, step: s.Ask, before: str = "") -> None:
    text = before + walk.fill(step.prompt)
    if step.options:
        labels = [walk.fill(option) for option in step.options]
        walk.replies.append(Content(kind=ContentKind.CHOICES, text=text, choices=_buttons(labels)))
    else:
        walk.replies.append(Content(text=text))


def _ask_field(walk: _Walk, field: s.Field, before: str = "") -> None:
    label = walk.fill(field.label)
    form = phrase("field" if field.required else "optional", walk.env.language)
    named_label = label + _object_particle(label) if walk.env.language.startswith("ko") else label
    walk.replies.append(Content(text=before + form.format(named_label)))


def _object_particle(word: str) -> str:
    """을 after a final consonant, 를 after a vowel."""
    last = word[-1:]
    if "가" <= last <= "힣":
        return "을" if (ord(last) - ord("가")) % 28 else "를"
    return "을(를)"


def _form(walk: _Walk, fields: Sequence[s.Field], speech: s.Speech | None, name: str) -> None:
    """Ask for several fields: as one form where the channel shows forms, else for the first of them."""
    if walk.env.forms:
        rows = tuple(FormField(field.name, walk.fill(field.label)[:200], field.type, field.required) for field in fields)
        text = walk.fill(speech.text) if speech is not None and speech.text is not None else phrase("form", walk.env.language)
        walk.replies.append(Content(kind=ContentKind.FORM, text=text, fields=rows))
    else:
        walk.say(speech)
        _ask_field(walk, fields[0])
    walk.wait(name)


# -------------------------------------------------------------------------------------------------------- entering a step


def _enter_say(walk: _Walk, name: str, step: s.Say) -> str:
    walk.say(step.say)
    return walk.leave(name, "next", step.next)


def _enter_ask(walk: _Walk, name: str, step: s.Ask) -> str | None:
    if step.keep:
        customer = walk.env.about.get("customer")
        known = customer.get(step.ask) if isinstance(customer, Mapping) else None
        if known:
            walk.learn(step.ask, known)
            return walk.leave(name, "next", step.next)
    walk.say(step.say)
    _ask_for(walk, step)
    walk.wait(name)
    return None


def _enter_form(walk: _Walk, name: str, step: s.Form) -> None:
    _form(walk, step.form, step.say, name)


def _enter_branch(walk: _Walk, name: str, step: s.Branch) -> str:
    for number, case in enumerate(step.branch, 1):
        if condition(case.when).holds(walk.everything()):
            return walk.leave(name, f"when:{number}", case.goto)
    return walk.leave(name, "else", step.else_)


def _enter_faq(walk: _Walk, name: str, step: s.Faq) -> str | None:
    said = walk.known.get("said")
    if step.say is not None or not said:
        walk.say(
            step.say,
            fallback=phrase("field", walk.env.language).format("궁금한 점을" if walk.env.language[:2] == "ko" else "your question"),
        )
        walk.wait(name)
        return None
    return _search(walk, name, step, said)


def _search(walk: _Walk, name: str, step: s.Faq, said: str) -> str | None:
    found = walk.env.search(said, step.faq.section, step.faq.limit)
    if not found:
        return walk.leave(name, "not_helped", step.not_helped)
    walk.learn("_offered", [[one.id, one.title, one.text] for one in found])
    _offer(walk, name, 0)
    return None


def _offer(walk: _Walk, name: str, shown: int) -> None:
    offered = walk.known["_offered"]
    yes, no = _pair(walk, "yes", "no")
    others = [title for number, (_, title, _text) in enumerate(offered) if number != shown]
    _id, title, text = offered[shown]
    body = f"{title}\n{text}\n\n{phrase('helped', walk.env.language)}" if text else f"{title}\n\n{phrase('helped', walk.env.language)}"
    walk.replies.append(Content(kind=ContentKind.CHOICES, text=body[:20_000], choices=_buttons([yes, *others, no])))
    walk.wait(name, part=shown + 1)


def _offered(walk: _Walk, cursor: BotCursor) -> tuple[str, ...]:
    yes, no = _pair(walk, "yes", "no")
    titles = [title for number, (_, title, _text) in enumerate(walk.known.get("_offered", ())) if number != cursor.part - 1]
    return (yes, *titles, no)


def _enter_do(walk: _Walk, name: str, step: s.Do) -> None:
    walk.say(step.say)
    given = {key: walk.fill_value(value) for key, value in step.with_.items()}
    walk.effects.append(Act(step.do, given, step.timeout))
    walk.wait(name)


def _enter_set(walk: _Walk, name: str, step: s.SetVariables) -> str:
    known = {key: walk.fill_value(value) for key, value in step.set.items()}
    walk.known, walk.all = {**walk.known, **known}, None
    return walk.leave(name, "next", step.next)


def _enter_tag(walk: _Walk, name: str, step: s.TagSession) -> str:
    walk.effects.append(Tag(step.tag))
    return walk.leave(name, "next", step.next)


def _enter_category(walk: _Walk, name: str, step: s.SetCategory) -> str:
    walk.effects.append(Categorise(step.category))
    return walk.leave(name, "next", step.next)


def _enter_priority(walk: _Walk, name: str, step: s.SetPriority) -> str:
    walk.effects.append(Prioritise(step.priority))
    return walk.leave(name, "next", step.next)


def _enter_call(walk: _Walk, name: str, step: s.Call) -> str:
    if len(walk.frames) >= MAX_FRAMES:
        raise ScenarioLoop(step=name, reason=f"more than {MAX_FRAMES} scenarios have called each other")
    key = walk.env.latest(step.call)
    called = walk.env.scenarios(key)
    walk.path.append((name, "next"))
    walk.called = (*walk.called, (len(walk.path), key))
    walk.frames = (*walk.frames, (walk.key, step.next))
    walk.key, walk.scenario = key, called
    return called.start


def _enter_goto(walk: _Walk, name: str, step: s.Goto) -> str:
    return walk.leave(name, "goto", step.goto)


def _enter_handoff(walk: _Walk, name: str, step: s.Handoff) -> None:
    if walk.env.side:
        raise ScenarioError(step=name, reason="a scenario beside people cannot hand off")
    walk.say(step.say)
    request = step.handoff
    walk.effects.append(AskForPerson(request.category, request.priority, request.group))
    walk.wait(name)


def _enter_leave(walk: _Walk, name: str, step: s.LeaveMessage) -> None:
    if walk.env.side:
        raise ScenarioError(step=name, reason="a scenario beside people cannot take a message")
    _form(walk, step.leave_message, None, name)


def _enter_rate(walk: _Walk, name: str, step: s.Rate) -> None:
    labels = [phrase("points", walk.env.language).format(points) for points in range(step.rate.scale, 0, -1)]
    walk.say(step.say, _buttons(labels), phrase("rate", walk.env.language))
    walk.wait(name)


def _enter_consent(walk: _Walk, name: str, step: s.Consent) -> str | None:
    if (step.consent.what, step.consent.version) in walk.env.agreed:
        return walk.leave(name, "agreed", step.agreed)
    walk.say(step.say, _buttons(_pair(walk, "agree", "refuse")))
    walk.wait(name)
    return None


def _enter_end(walk: _Walk, name: str, step: s.End) -> str | None:
    walk.say(step.say)
    if walk.frames:
        *rest, (key, target) = walk.frames
        walk.path.append((name, "back"))
        walk.frames, walk.key, walk.scenario = tuple(rest), key, walk.env.scenarios(key)
        return target
    walk.path.append((name, "end"))
    walk.effects.append(Finish(step.end))
    return None


_ENTER: Mapping[type, Callable[[_Walk, str, Any], str | None]] = {
    s.Say: _enter_say,
    s.Choose: _ask_choose,
    s.Ask: _enter_ask,
    s.Form: _enter_form,
    s.Branch: _enter_branch,
    s.Faq: _enter_faq,
    s.Do: _enter_do,
    s.SetVariables: _enter_set,
    s.TagSession: _enter_tag,
    s.SetCategory: _enter_category,
    s.SetPriority: _enter_priority,
    s.Call: _enter_call,
    s.Goto: _enter_goto,
    s.Handoff: _enter_handoff,
    s.LeaveMessage: _enter_leave,
    s.Rate: _enter_rate,
    s.Consent: _enter_consent,
    s.End: _enter_end,
}


# -------------------------------------------------------------------------------------------------- hearing the customer


def _heard_choose(walk: _Walk, cursor: BotCursor, step: s.Choose, content: Content) -> str | None:
    labels = _labels(walk, cursor.step, step)
    number = named(content.text, labels)
    if number is None:
        number = next((at for at, button in enumerate(step.choose) if button.value is not None and button.value == content.text), None)
    if number is not None:
        button = step.choose[number]
        if step.save is not None:
            walk.learn(step.save, labels[number] if button.value is None else button.value)
        return walk.leave(cursor.step, f"choose:{number + 1}", button.goto)
    if content.text.strip():
        walk.learn("said", content.text[:2000])
    if step.otherwise is not None:
        return walk.leave(cursor.step, "otherwise", step.otherwise)
    walk.path.append((cursor.step, "again"))
    walk.replies.append(Content(kind=ContentKind.CHOICES, text=phrase("again", walk.env.language), choices=_buttons(labels)))
    walk.wait(cursor.step, tries=cursor.tries + 1)
    return None


def _accepted(walk: _Walk, step: s.Ask, content: Content) -> str | None:
    if step.type in {"image", "file"}:
        media = content.media
        fits = media is not None and (step.type == "file" or content.kind is ContentKind.IMAGE)
        return None if media is None or not fits else media.blob or media.url or media.name or None
    value = accept(step.type, content.text, today=walk.env.today, options=[walk.fill(option) for option in step.options])
    if value is not None and step.pattern is not None:
        from cschat.bots.patterns import pattern

        return value if pattern(step.pattern).fits(value) else None
    return value


def _heard_ask(walk: _Walk, cursor: BotCursor, step: s.Ask, content: Content) -> str | None:
    value = _accepted(walk, step, content)
    if value is not None:
        walk.learn(step.ask, float(value) if step.type == "number" and "." in value else int(value) if step.type == "number" else value)
        if step.keep:
            walk.effects.append(Keep(step.ask, value))
        return walk.leave(cursor.step, "next", step.next)
    if cursor.tries >= step.retries:
        return walk.leave(cursor.step, "on_fail", step.on_fail)
    walk.path.append((cursor.step, "again"))
    told = phrase("wrong", walk.env.language) if step.wrong is None else walk.fill(step.wrong)
    _ask_for(walk, step, before=f"{told}\n")
    walk.wait(cursor.step, tries=cursor.tries + 1)
    return None


def _fields_heard(walk: _Walk, cursor: BotCursor, fields: Sequence[s.Field], content: Content) -> tuple[bool, bool]:
    """Take the answers to several fields, from a form or one by one: whether all are there, and whether this one was right."""
    if content.kind is ContentKind.FORM:
        given = {field.name: field.answer or "" for field in content.fields}
        for field in fields:
            value = accept_field(walk, field, given.get(field.name, ""))
            if value is None:
                return False, False
            walk.learn(field.name, value)
        return True, True
    at = min(cursor.part, len(fields) - 1)
    field = fields[at]
    value = accept_field(walk, field, content.text)
    if value is None:
        return False, False
    walk.learn(field.name, value)
    if at + 1 == len(fields):
        return True, True
    _ask_field(walk, fields[at + 1])
    walk.wait(cursor.step, part=at + 1)
    return False, True


def accept_field(walk: _Walk, field: s.Field, said: str) -> str | None:
    """An answer to a field in its normal form; "" for one that need not be given and is not; None if it is not acceptable."""
    if not field.required and (not said.strip() or said.strip().casefold() in _NONE):
        return ""
    kind = "text" if field.type in {"image", "file", "choice"} else field.type
    return accept(kind, said, today=walk.env.today)


def _heard_form(walk: _Walk, cursor: BotCursor, step: s.Form, content: Content) -> str | None:
    done, right = _fields_heard(walk, cursor, step.form, content)
    if done:
        return walk.leave(cursor.step, "next", step.next)
    if not right:
        if cursor.tries >= step.retries:
            return walk.leave(cursor.step, "on_fail", step.on_fail)
        _fields_again(walk, cursor, step.form)
    return None


def _fields_again(walk: _Walk, cursor: BotCursor, fields: Sequence[s.Field]) -> None:
    walk.path.append((cursor.step, "again"))
    told = phrase("wrong", walk.env.language)
    if walk.env.forms:
        rows = tuple(FormField(field.name, walk.fill(field.label)[:200], field.type, field.required) for field in fields)
        walk.replies.append(Content(kind=ContentKind.FORM, text=told, fields=rows))
    else:
        _ask_field(walk, fields[min(cursor.part, len(fields) - 1)], before=f"{told}\n")
    walk.wait(cursor.step, tries=cursor.tries + 1, part=cursor.part)


def _heard_leave(walk: _Walk, cursor: BotCursor, step: s.LeaveMessage, content: Content) -> None:
    done, right = _fields_heard(walk, cursor, step.leave_message, content)
    if done:
        walk.path.append((cursor.step, "left"))
        walk.say(step.say, fallback=phrase("thanks", walk.env.language))
        walk.effects.append(TakeMessage({field.name: walk.known[field.name] for field in step.leave_message}))
    elif not right:
        _fields_again(walk, cursor, step.leave_message)


def _heard_faq(walk: _Walk, cursor: BotCursor, step: s.Faq, content: Content) -> str | None:
    if cursor.part == 0:
        if not content.text.strip():
            walk.cursor = cursor
            return None
        walk.learn("said", content.text[:2000])
        return _search(walk, cursor.step, step, content.text[:2000])
    labels = _offered(walk, cursor)
    number = named(content.text, labels)
    if number == 0:
        return walk.leave(cursor.step, "helped", step.helped)
    if number is None and content.text.strip():
        walk.learn("said", content.text[:2000])
    if number is None or number == len(labels) - 1:
        return walk.leave(cursor.step, "not_helped", step.not_helped)
    shown = number - 1 if number - 1 < cursor.part - 1 else number
    walk.path.append((cursor.step, "again"))
    _offer(walk, cursor.step, shown)
    return None


def _score(text: str, scale: int) -> int | None:
    digits = accept("number", text, today=date.min)
    return int(digits) if digits is not None and digits.isdigit() and 1 <= int(digits) <= scale else None


def _heard_rate(walk: _Walk, cursor: BotCursor, step: s.Rate, content: Content) -> str:
    score = _score(content.text, step.rate.scale)
    if score is not None:
        walk.effects.append(Score(score, step.rate.scale))
    return walk.leave(cursor.step, "next", step.next)


def _heard_consent(walk: _Walk, cursor: BotCursor, step: s.Consent, content: Content) -> str | None:
    number = named(content.text, _pair(walk, "agree", "refuse"))
    if number is None:
        walk.path.append((cursor.step, "again"))
        walk.say(step.say, _buttons(_pair(walk, "agree", "refuse")))
        walk.wait(cursor.step, tries=cursor.tries + 1)
        return None
    terms, edge = step.consent, ("agreed", "refused")[number]
    walk.effects.append(Agree(terms.what, terms.purpose, terms.version, number == 0))
    return walk.leave(cursor.step, edge, getattr(step, edge))


_HEARD: Mapping[type, Callable[[_Walk, BotCursor, Any, Content], str | None]] = {
    s.Choose: _heard_choose,
    s.Ask: _heard_ask,
    s.Form: _heard_form,
    s.LeaveMessage: _heard_leave,
    s.Faq: _heard_faq,
    s.Rate: _heard_rate,
    s.Consent: _heard_consent,
}
