"""The questions that the bot asks: buttons, fields, forms.

May: put a question into words. May not: take the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from cschat.bots import scenario as s
from cschat.bots.phrases import phrase
from cschat.bots.turn import Walk
from cschat.core.content import Choice, Content, ContentKind, FormField
from cschat.core.events import BotCursor

__all__ = ["ask_choose", "ask_field", "ask_for", "ask_form", "buttons", "labels_of", "offer", "offered", "pair", "prepared", "search"]


# ------------------------------------------------------------------------------------------------------------ what is said


def prepared(walk: Walk, name: str, step: s.Choose) -> tuple[tuple[Choice, ...], tuple[str, ...]]:
    """The buttons of a `choose` and what they are called; those without variables are made once."""
    key = (name, walk.env.language)
    ready: tuple[tuple[Choice, ...], tuple[str, ...]] | None = walk.scenario.prepared.get(key)
    if ready is None:
        labels = tuple(walk.fill(button.label) for button in step.choose)
        ready = tuple(Choice(label[:200]) for label in labels), labels
        if not any("{" in button.label.in_language(walk.env.language) for button in step.choose):
            walk.scenario.prepared[key] = ready
    return ready


def labels_of(walk: Walk, name: str, step: s.Choose) -> tuple[str, ...]:
    """The labels of a `choose`, filled in."""
    return prepared(walk, name, step)[1]


def pair(walk: Walk, *names: str) -> tuple[str, ...]:
    """Phrases of the engine as labels."""
    return tuple(phrase(name, walk.env.language) for name in names)


def buttons(labels: Sequence[str]) -> tuple[Choice, ...]:
    """Buttons with these labels."""
    return tuple(Choice(label[:200]) for label in labels)


def ask_choose(walk: Walk, name: str, step: s.Choose) -> None:
    """Say what there is to choose from, and wait."""
    walk.say(step.say, prepared(walk, name, step)[0], phrase("choose", walk.env.language))
    walk.wait(name)


def ask_for(walk: Walk, step: s.Ask, before: str = "") -> None:
    """Put the question of an `ask`, with its options as buttons."""
    text = before + walk.fill(step.prompt)
    if step.options:
        labels = [walk.fill(option) for option in step.options]
        walk.replies.append(Content(kind=ContentKind.CHOICES, text=text, choices=buttons(labels)))
    else:
        walk.replies.append(Content(text=text))


def ask_field(walk: Walk, field: s.Field, before: str = "") -> None:
    """Ask for one field of a form."""
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


def ask_form(walk: Walk, fields: Sequence[s.Field], speech: s.Speech | None, name: str) -> None:
    """Ask for several fields: as one form where the channel shows forms, else for the first of them."""
    if walk.env.forms:
        rows = tuple(FormField(field.name, walk.fill(field.label)[:200], field.type, field.required) for field in fields)
        text = walk.fill(speech.text) if speech is not None and speech.text is not None else phrase("form", walk.env.language)
        walk.replies.append(Content(kind=ContentKind.FORM, text=text, fields=rows))
    else:
        walk.say(speech)
        ask_field(walk, fields[0])
    walk.wait(name)


def search(walk: Walk, name: str, step: s.Faq, said: str) -> str | None:
    """Offer what is found for a question; None to wait for whether it helped."""
    found = walk.env.search(said, step.faq.section, step.faq.limit)
    if not found:
        return walk.leave(name, "not_helped", step.not_helped)
    walk.learn("offered", [[one.id, one.title, one.text] for one in found])
    offer(walk, name, 0)
    return None


def offer(walk: Walk, name: str, shown: int) -> None:
    """Show one of the articles that were found, and ask whether it helped."""
    articles = walk.known["offered"]
    yes, no = pair(walk, "yes", "no")
    others = [title for number, (_, title, _text) in enumerate(articles) if number != shown]
    _id, title, text = articles[shown]
    body = f"{title}\n{text}\n\n{phrase('helped', walk.env.language)}" if text else f"{title}\n\n{phrase('helped', walk.env.language)}"
    walk.replies.append(Content(kind=ContentKind.CHOICES, text=body[:20_000], choices=buttons([yes, *others, no])))
    walk.wait(name, part=shown + 1)


def offered(walk: Walk, cursor: BotCursor) -> tuple[str, ...]:
    """The labels beneath the article that is shown."""
    yes, no = pair(walk, "yes", "no")
    titles = [title for number, (_, title, _text) in enumerate(walk.known.get("offered", ())) if number != cursor.part - 1]
    return (yes, *titles, no)
