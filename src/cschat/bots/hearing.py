"""What each kind of step makes of what the customer says while it waits: where to next, or None to go on waiting.

May: take answers, learn them, ask again. May not: enter a step (`entering`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from cschat.bots import scenario as s
from cschat.bots.asking import ask_field, ask_for, buttons, labels_of, offer, offered, pair, search
from cschat.bots.exchange import Agree, Keep, Score, TakeMessage
from cschat.bots.phrases import phrase
from cschat.bots.turn import Walk
from cschat.bots.understanding import accept, named
from cschat.core.content import Content, ContentKind, FormField
from cschat.core.events import BotCursor

__all__ = ["HEARD", "accepted", "score_of"]

_NONE = frozenset({"없음", "없어요", "없습니다", "none", "skip", "no", "-"})


# -------------------------------------------------------------------------------------------------- hearing the customer


def _heard_choose(walk: Walk, cursor: BotCursor, step: s.Choose, content: Content) -> str | None:
    labels = labels_of(walk, cursor.step, step)
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
    walk.replies.append(Content(kind=ContentKind.CHOICES, text=phrase("again", walk.env.language), choices=buttons(labels)))
    walk.wait(cursor.step, tries=cursor.tries + 1)
    return None


def accepted(walk: Walk, step: s.Ask, content: Content) -> str | None:
    """What an `ask` takes the answer for; None if it does not fit."""
    if step.type in {"image", "file"}:
        media = content.media
        fits = media is not None and (step.type == "file" or content.kind is ContentKind.IMAGE)
        return None if media is None or not fits else media.blob or media.url or media.name or None
    value = accept(step.type, content.text, today=walk.env.today, options=[walk.fill(option) for option in step.options])
    if value is not None and step.pattern is not None:
        from cschat.bots.patterns import pattern

        return value if pattern(step.pattern).fits(value) else None
    return value


def _heard_ask(walk: Walk, cursor: BotCursor, step: s.Ask, content: Content) -> str | None:
    value = accepted(walk, step, content)
    if value is not None:
        walk.learn(step.ask, float(value) if step.type == "number" and "." in value else int(value) if step.type == "number" else value)
        if step.keep:
            walk.effects.append(Keep(step.ask, value))
        return walk.leave(cursor.step, "next", step.next)
    if cursor.tries >= step.retries:
        return walk.leave(cursor.step, "on_fail", step.on_fail)
    walk.path.append((cursor.step, "again"))
    told = phrase("wrong", walk.env.language) if step.wrong is None else walk.fill(step.wrong)
    ask_for(walk, step, before=f"{told}\n")
    walk.wait(cursor.step, tries=cursor.tries + 1)
    return None


def _fields_heard(walk: Walk, cursor: BotCursor, fields: Sequence[s.Field], content: Content) -> tuple[bool, bool]:
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
    ask_field(walk, fields[at + 1])
    walk.wait(cursor.step, part=at + 1)
    return False, True


def accept_field(walk: Walk, field: s.Field, said: str) -> str | None:
    """An answer to a field in its normal form; "" for one that need not be given and is not; None if it is not acceptable."""
    if not field.required and (not said.strip() or said.strip().casefold() in _NONE):
        return ""
    kind = "text" if field.type in {"image", "file", "choice"} else field.type
    return accept(kind, said, today=walk.env.today)


def _heard_form(walk: Walk, cursor: BotCursor, step: s.Form, content: Content) -> str | None:
    done, right = _fields_heard(walk, cursor, step.form, content)
    if done:
        return walk.leave(cursor.step, "next", step.next)
    if not right:
        if cursor.tries >= step.retries:
            return walk.leave(cursor.step, "on_fail", step.on_fail)
        _fields_again(walk, cursor, step.form)
    return None


def _fields_again(walk: Walk, cursor: BotCursor, fields: Sequence[s.Field]) -> None:
    walk.path.append((cursor.step, "again"))
    told = phrase("wrong", walk.env.language)
    if walk.env.forms:
        rows = tuple(FormField(field.name, walk.fill(field.label)[:200], field.type, field.required) for field in fields)
        walk.replies.append(Content(kind=ContentKind.FORM, text=told, fields=rows))
    else:
        ask_field(walk, fields[min(cursor.part, len(fields) - 1)], before=f"{told}\n")
    walk.wait(cursor.step, tries=cursor.tries + 1, part=cursor.part)


def _heard_leave(walk: Walk, cursor: BotCursor, step: s.LeaveMessage, content: Content) -> None:
    done, right = _fields_heard(walk, cursor, step.leave_message, content)
    if done:
        walk.path.append((cursor.step, "left"))
        walk.say(step.say, fallback=phrase("thanks", walk.env.language))
        walk.effects.append(TakeMessage({field.name: walk.known[field.name] for field in step.leave_message}))
    elif not right:
        _fields_again(walk, cursor, step.leave_message)


def _heard_faq(walk: Walk, cursor: BotCursor, step: s.Faq, content: Content) -> str | None:
    if cursor.part == 0:
        if not content.text.strip():
            walk.cursor = cursor
            return None
        walk.learn("said", content.text[:2000])
        return search(walk, cursor.step, step, content.text[:2000])
    labels = offered(walk, cursor)
    number = named(content.text, labels)
    if number == 0:
        return walk.leave(cursor.step, "helped", step.helped)
    if number is None and content.text.strip():
        walk.learn("said", content.text[:2000])
    if number is None or number == len(labels) - 1:
        return walk.leave(cursor.step, "not_helped", step.not_helped)
    shown = number - 1 if number - 1 < cursor.part - 1 else number
    walk.path.append((cursor.step, "again"))
    offer(walk, cursor.step, shown)
    return None


def score_of(text: str, scale: int) -> int | None:
    """The points in a text; None if it has none that are on the scale."""
    digits = accept("number", text, today=date.min)
    return int(digits) if digits is not None and digits.isdigit() and 1 <= int(digits) <= scale else None


def _heard_rate(walk: Walk, cursor: BotCursor, step: s.Rate, content: Content) -> str:
    score = score_of(content.text, step.rate.scale)
    if score is not None:
        walk.effects.append(Score(score, step.rate.scale))
    return walk.leave(cursor.step, "next", step.next)


def _heard_consent(walk: Walk, cursor: BotCursor, step: s.Consent, content: Content) -> str | None:
    number = named(content.text, pair(walk, "agree", "refuse"))
    if number is None:
        walk.path.append((cursor.step, "again"))
        walk.say(step.say, buttons(pair(walk, "agree", "refuse")))
        walk.wait(cursor.step, tries=cursor.tries + 1)
        return None
    terms, edge = step.consent, ("agreed", "refused")[number]
    walk.effects.append(Agree(terms.what, terms.purpose, terms.version, number == 0))
    return walk.leave(cursor.step, edge, getattr(step, edge))


HEARD: Mapping[type, Callable[[Walk, BotCursor, Any, Content], str | None]] = {
    s.Choose: _heard_choose,
    s.Ask: _heard_ask,
    s.Form: _heard_form,
    s.LeaveMessage: _heard_leave,
    s.Faq: _heard_faq,
    s.Rate: _heard_rate,
    s.Consent: _heard_consent,
}
