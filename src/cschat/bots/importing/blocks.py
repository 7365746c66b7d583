"""What each kind of Typebot block becomes.

May: make steps of one block, and note what is different. May not: know where the steps stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from cschat.bots.importing.building import NEXT, PERSON, Building, Own, To
from cschat.bots.importing.flow import Block, items_of, mapping_of
from cschat.bots.importing.words import flattened, name_of, plain_text

__all__ = ["MAKE", "QUESTIONS", "integration", "words_of"]

Steps = list[dict[str, Any]]

_PROMPTS = {
    "email input": "Type your email...",
    "number input": "Type a number...",
    "phone number input": "Type your phone number...",
    "url input": "Type a URL...",
    "date input": "Pick a date",
    "time input": "Pick a time",
    "file input": "Send a file",
    "payment input": "Pay",
}
_TYPES = {
    "email input": "email",
    "number input": "number",
    "phone number input": "phone",
    "date input": "date",
    "file input": "file",
}
_LOOKS = ("placeholder", "button", "labels", "isLong", "credentialsId")
_UNSAID = frozenset(
    ("variableId", "type", "action", "task", "variablesForTest", "isAdvancedConfig", "isCustomBody", "isExecutedOnClient", "isCode")
)
"""Settings that mean nothing to an action."""
_SILENT = frozenset({"google analytics", "pixel", "gtm", "script", "code"})


def words_of(block: Block) -> str:
    """What a bubble of text says, as it stands in the file."""
    return plain_text(block.content)


# -------------------------------------------------------------------------------------------------------------- bubbles


def _said(building: Building, block: Block) -> Steps:
    text = building.text(block, words_of(block))
    if text.strip():
        return [{"say": text, "next": NEXT}]
    building.remark("lost", block, "the bubble is empty")
    return []


def _image(building: Building, block: Block) -> Steps:
    url = block.content.get("url")
    if not isinstance(url, str) or not url:
        building.remark("lost", block, "there is no address of a picture")
        return []
    if "{{" in url or len(url) > 2000:
        return _link(building, block)
    return [{"say": {"image": _picture(url)}, "next": NEXT}]


def _picture(url: str) -> dict[str, str]:
    return {"name": url.partition("?")[0].rpartition("/")[2][:100] or "image", "type": "image/*", "url": url}


def _link(building: Building, block: Block) -> Steps:
    """A video, a sound, a page within a bubble, a redirection: its address is said."""
    url = block.content.get("url") or block.options.get("url")
    if not isinstance(url, str) or not url:
        building.remark("lost", block, "there is no address")
        return []
    building.remark("changed", block, "its address is said as a link; nothing opens or plays by itself")
    return [{"say": building.text(block, url), "next": NEXT}]


# --------------------------------------------------------------------------------------------------------------- inputs


def _variable(building: Building, block: Block) -> str | None:
    return building.words.of(block.options.get("variableId"))


def _asked(building: Building, block: Block, said: str | None, **more: Any) -> Steps:
    """An `ask`; without a variable the answer is kept under a name of the group's."""
    labels = mapping_of(block.options.get("labels"))
    given = labels.get("placeholder") or block.options.get("placeholder")
    plain = re.sub(r"<[^>]*>", "", given) if isinstance(given, str) else ""
    prompt = said or building.text(block, " ".join(plain.split())) or _PROMPTS.get(block.type, "Type your answer...")
    name = _variable(building, block) or building.words.named(f"{block.group} answer")
    step = {"ask": name, "prompt": prompt, **more}
    wrong = block.options.get("retryMessageContent")
    if isinstance(wrong, str) and wrong.strip():
        step["wrong"] = building.text(block, wrong)
    return [{**step, "on_fail": PERSON, "next": NEXT}]


def _ask(building: Building, block: Block, said: str | None) -> Steps:
    options, kind = block.options, _TYPES.get(block.type, "text")
    lacks = [key for key in ("min", "max", "step", "isRange", "hasTime", "isMultiple", "isMultipleAllowed") if options.get(key)]
    if lacks:
        building.remark("changed", block, f"{', '.join(lacks)} cannot be said here, and is not checked")
    if kind == "text" and _variable(building, block) in building.words.numbers:
        building.remark("changed", block, "it is asked as a number, for it is compared as one")
        kind = "number"
    more: dict[str, Any] = {} if kind == "text" else {"type": kind}
    if block.type == "url input":
        more = {"pattern": r"https?://\S+"}
    elif block.type == "time input":
        more = {"pattern": r"[0-2]?[0-9]:[0-5][0-9].*"}
    return _asked(building, block, said, **more)


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100 else otherwise


def _rating(building: Building, block: Block, said: str | None) -> Steps:
    options = block.options
    length, first = _whole(options.get("length"), 10), _whole(options.get("startsAt"), 1 if options.get("buttonType") == "Icons" else 0)
    if length <= first:
        length, first = 10, 0
    if _variable(building, block) is None and 2 <= length <= 10:
        if first != 1:
            building.remark("changed", block, "the rating begins at 1")
        return [{"rate": {"scale": length}, **({"say": said} if said else {}), "next": NEXT}]
    labels = mapping_of(options.get("labels"))
    ends = " / ".join(
        f"{point} {label}" for point, label in ((first, labels.get("left")), (length, labels.get("right"))) if isinstance(label, str)
    )
    text = "\n".join(part for part in (said or "", building.text(block, ends) or f"{first}-{length}") if part)
    return _asked(building, block, text, type="number", pattern="|".join(str(point) for point in range(first, length + 1)))


def _choice(building: Building, block: Block, said: str | None) -> Steps:
    options = block.options
    if options.get("dynamicVariableId") or mapping_of(options.get("dynamicItems")).get("isEnabled"):
        building.remark("changed", block, "its buttons come from a variable; here it is asked as text")
        return _asked(building, block, said)
    if options.get("isMultipleChoice"):
        building.remark("changed", block, "several can be chosen there, one here")
    buttons, cards, always = list[dict[str, Any]](), list[dict[str, Any]](), list[str]()
    for number, item in enumerate(block.items, 1):
        raw = item.get("content") or item.get("title") or item.get("value")
        label = building.text(block, raw).strip()[:200] if isinstance(raw, str) else ""
        if not label:
            building.remark("changed", block, f"button {number} has no words, and is left out")
            continue
        if mapping_of(item.get("displayCondition")).get("isEnabled"):
            always.append(label)
        id = item.get("id")
        target = (block.id, id) if isinstance(id, str) else None
        button: dict[str, Any] = {"label": label, "goto": To(building.flow.edges[target]) if target in building.flow.edges else NEXT}
        value = item.get("value")
        buttons.append(button | ({"value": value} if isinstance(value, str) and value and value != label and "{{" not in value else {}))
        cards += _card(item, label)
    if always:
        building.remark("changed", block, f"these buttons are shown always, not only under their conditions: {', '.join(always)}")
    if not buttons:
        building.remark("changed", block, "it has no buttons; here it is asked as text")
        return _asked(building, block, said)
    say: Any = {"carousel": cards} | ({"text": said} if said else {}) if cards else said
    name = _variable(building, block)
    return [{**({"say": say} if say else {}), "choose": buttons, **({"save": name} if name else {})}]


def _card(item: Mapping[str, Any], label: str) -> list[dict[str, Any]]:
    picture, description = item.get("pictureSrc"), item.get("description")
    if not isinstance(picture, str) or not picture or "{{" in picture or "{{" in label or len(picture) > 2000:
        return []
    card: dict[str, Any] = {"title": label, "image": _picture(picture)}
    return [card | ({"text": description[:2000]} if isinstance(description, str) and description else {})]


def _payment(building: Building, block: Block, said: str | None) -> Steps:
    building.remark("needed", block, "an action take_payment(amount, currency) of the host's")
    given = {key: building.text(block, block.options[key]) for key in ("amount", "currency") if isinstance(block.options.get(key), str)}
    return [{"do": "take_payment", "with": given, **({"say": said} if said else {}), "on_error": PERSON, "next": NEXT}]


# ---------------------------------------------------------------------------------------------------------------- logic


def _set(building: Building, block: Block) -> Steps:
    options, words = block.options, building.words
    name, kind = _variable(building, block), options.get("type") or "Custom"
    if name is None:
        building.remark("lost", block, "it names no variable")
        return []
    if kind == "Empty" or (kind == "Custom" and options.get("expressionToEvaluate") in (None, "")):
        return [{"set": {name: 0 if name in words.numbers else ""}, "next": NEXT}]
    if kind == "Append value(s)":
        building.remark("changed", block, "a list is one text here, its items with commas between")
        item = building.text(block, options.get("item"))
        return [{"set": {name: f"{{% if {name} %}}{{{{ {name} }}}}, {{% endif %}}{item}"}, "next": NEXT}]
    if kind == "Custom":
        value = words.value(options.get("expressionToEvaluate"), code=bool(options.get("isCode")))
        building.tell(block)
        if value is not None:
            return [{"set": {name: value}, "next": NEXT}]
    action = name_of(f"find {name}", "find_value") if kind == "Custom" else name_of(str(kind), "find_value")
    building.remark("needed", block, f"an action {action}(...) of the host's, whose answer is {name}: {kind} cannot be said here")
    return [_act(building, block, action, mapping_of(options), name)]


def _condition(building: Building, block: Block) -> Steps:
    cases = []
    for item in block.items:
        when = building.words.condition(mapping_of(item.get("content")))
        if when is None and not building.words.wrong:
            building.words.wrong.append("a condition without comparisons never holds")
        building.tell(block)
        if when is not None:
            target = (block.id, str(item.get("id")))
            following = building.flow.following[block.id]
            cases.append({"when": when, "goto": To(building.flow.edges.get(target, following))})
    if cases:
        return [{"branch": cases, "else": NEXT}]
    building.remark("lost", block, "none of its conditions can hold")
    return []


def _jump(building: Building, block: Block) -> Steps:
    to = building.flow.jump(block)
    if to is None:
        building.remark("lost", block, "it names no group")
        return []
    if not building.returns:
        return [{"goto": To(to)}]
    return [{"set": {building.mark: block.id}, "next": To(to)}]


def _return(building: Building, block: Block) -> Steps:
    """Back to where the last jump was made, once: a variable remembers it."""
    jumps = [one for one in building.flow.blocks.values() if one.type == "jump" and building.flow.jump(one) is not None]
    if not jumps:
        building.remark("lost", block, "there is no jump that it could return from")
        return []
    cases = [{"when": f"{building.mark} == '{one.id}'", "goto": Own(number)} for number, one in enumerate(jumps, 1)]
    back = [{"set": {building.mark: ""}, "next": To(building.flow.after(one.id))} for one in jumps]
    return [{"branch": cases, "else": To(building.flow.after(block.id))}, *back]


def _linked(building: Building, block: Block) -> Steps:
    to, called = building.flow.jump(block), block.options.get("typebotId")
    if called in ("current", building.flow.id):
        if to is None:
            building.remark("lost", block, "it names no group")
            return []
        if block.id in building.subroutines:
            return [{"set": {building.caller: block.id}, "next": To(to)}]
        return [{"goto": To(to)}]
    if not isinstance(called, str) or not called:
        building.remark("lost", block, "it names no flow")
        return []
    name = name_of(called, "typebot")
    building.remark("needed", block, f"the scenario {name}: import that Typebot too, and give it this name")
    if block.options.get("groupId"):
        building.remark("changed", block, "it begins at the start of that flow, not at a group of it")
    return [{"call": name, "next": NEXT}]


def _test(building: Building, block: Block) -> Steps:
    a, b = (
        To(building.flow.edges.get((block.id, str(item.get("id"))), building.flow.after(block.id))) for item in (*block.items, {}, {})[:2]
    )
    percent = block.options.get("aPercent")
    share = percent if isinstance(percent, (int, float)) else 50
    name = building.words.named("ab test")
    building.remark("needed", block, "an action ab_test(a_percent) of the host's, whose answer is A or B")
    act = {"do": "ab_test", "with": {"a_percent": share}, "save": name, "on_error": a, "next": NEXT}
    return [act, {"branch": [{"when": f"{name} == 'B'", "goto": b}], "else": a}]


def _left_out(what: str) -> Callable[[Building, Block], Steps]:
    def make(building: Building, block: Block) -> Steps:
        building.remark("lost", block, what)
        return []

    return make


# --------------------------------------------------------------------------------------------------------- integrations


def _handoff(building: Building, block: Block) -> Steps:
    building.remark("changed", block, "people of this desk take over")
    return [{"goto": PERSON}]


def integration(building: Building, block: Block) -> Steps:
    """All else is an action of the host's; its settings go along, and what it answers is kept."""
    options = {key: value for key, value in block.options.items() if key not in _LOOKS and key != "webhook"}
    options |= mapping_of(block.options.get("webhook"))
    task = options.get("action") or options.get("task")
    action = name_of(f"{block.type} {task}" if isinstance(task, str) else block.type, "act")
    action = {"webhook": "send_request", "http_request": "send_request", "email": "send_email"}.get(action, action)
    saved = [name for name in map(building.words.of, _answers(options)) if name is not None]
    saved = list(dict.fromkeys(saved))
    if len(saved) <= 1:
        answered = f", whose answer is {saved[0]}" if saved else ""
        building.remark("needed", block, f"an action {action}(...) of the host's{answered}")
        return [_act(building, block, action, options, saved[0] if saved else None)]
    kept = building.words.named(f"{action} answer")
    building.remark("needed", block, f"an action {action}(...) of the host's, whose answer has {', '.join(saved)}")
    return [_act(building, block, action, options, kept), {"set": {name: f"{{{{ {kept}.{name} }}}}" for name in saved}, "next": NEXT}]


def _answers(options: Mapping[str, Any]) -> list[Any]:
    """The ids of the variables that an integration fills."""
    found: list[Any] = []
    for key, value in options.items():
        if re.search("response|extract", key, re.IGNORECASE):
            found += [one.get("variableId") for one in items_of(value)]
    return found


def _act(building: Building, block: Block, action: str, options: Mapping[str, Any], save: str | None) -> dict[str, Any]:
    told = {
        key: value for key, value in options.items() if key not in _UNSAID and not re.search("response|credentials", key, re.IGNORECASE)
    }
    given: dict[str, Any] = {}
    for key, value in flattened(told):
        name = name_of(re.sub(r"([a-z])([A-Z])", r"\1_\2", key), "value")
        known = building.words.of(value)
        if known is not None:
            given[re.sub(r"_variable(_id)?$", "", name)] = f"{{{{ {known} }}}}"
        else:
            given[name] = building.text(block, value) if isinstance(value, str) else value
    step = {"do": action, **({"with": given} if given else {}), **({"save": save} if save else {})}
    return {**step, "on_error": PERSON if save else NEXT, "next": NEXT}


_ASK = ("text input", "number input", "email input", "url input", "date input", "time input", "phone number input", "file input")
_QUESTION: Mapping[str, Callable[[Building, Block, str | None], Steps]] = {
    **dict.fromkeys(_ASK, _ask),
    "choice input": _choice,
    "picture choice input": _choice,
    "rating input": _rating,
    "payment input": _payment,
}
QUESTIONS = frozenset(_QUESTION)
"""The blocks that take the bubble of text before them as their question."""

MAKE: Mapping[str, Callable[..., Steps]] = {
    **_QUESTION,
    "text": _said,
    "image": _image,
    **dict.fromkeys(("video", "embed", "audio", "redirect"), _link),
    "set variable": _set,
    "condition": _condition,
    "jump": _jump,
    "return": _return,
    "typebot link": _linked,
    "ab test": _test,
    "wait": _left_out("there is no waiting here: it goes on at once"),
    **dict.fromkeys(_SILENT, _left_out("code and counting of a web page do not run here")),
    **dict.fromkeys(("chatwoot", "zendesk", "intercom"), _handoff),
}
"""How each kind of block is made; all others are integrations."""
