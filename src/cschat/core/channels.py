"""What each channel can show, and how content looks where a channel can show less.

May: describe channels, degrade content, split texts. May not: send.

Capabilities are data. What a channel shows is left as it is; what it cannot show becomes text that says the same, so that nothing is lost:
buttons that do not fit become a numbered list, and the customer may answer with the number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

import attrs

from cschat.core.content import MAX_ITEMS, MAX_TEXT, Card, Choice, Content, ContentKind, Media

__all__ = ["CHANNELS", "Channel", "channel_named", "fit", "shortfalls", "split"]


@attrs.frozen
class Channel:
    """The capabilities of a channel.

    `text` and `label` are the most letters of a message and of a button, `choices` the most buttons beneath a message, `carousel` the most
    cards side by side (0: no carousel). `live`: who writes there waits for the answer.
    """

    name: str
    text: int = MAX_TEXT
    choices: int = MAX_ITEMS
    label: int = 200
    carousel: int = MAX_ITEMS
    cards: bool = True
    images: bool = True
    files: bool = True
    forms: bool = True
    articles: bool = True
    live: bool = True


CHANNELS: Mapping[str, Channel] = {
    channel.name: channel
    for channel in (
        Channel("web"),
        Channel("app"),
        Channel("naver", text=10_000, choices=10, label=18, carousel=10, files=False, forms=False, articles=False),
        Channel("kakao", text=1000, choices=10, label=14, carousel=10, files=False, forms=False, articles=False),
        Channel("telegram", text=4096, choices=100, label=64, carousel=0, cards=False, forms=False, articles=False),
        Channel(
            "email", text=MAX_TEXT, choices=0, carousel=0, cards=False, images=False, files=False, forms=False, articles=False, live=False
        ),
        Channel("sms", text=1000, choices=0, carousel=0, cards=False, images=False, files=False, forms=False, articles=False),
    )
}
"""The channels that are known. Any other name is a host's own window, which shows what the web shows."""


def channel_named(name: str) -> Channel:
    """The capabilities of a channel by its name."""
    return CHANNELS.get(name) or CHANNELS["web"]


def fit(content: Content, channel: Channel) -> list[Content]:
    """Content as the channel can show it: itself, or what says the same, in order."""
    if _shown(content, channel):
        return [content]
    return _KINDS[content.kind](content, channel)


def shortfalls(content: Content, channel: Channel) -> list[str]:
    """What of a content the channel cannot show as it is: empty if it can."""
    found = []
    if len(content.text) > channel.text:
        found.append(f"a text of {len(content.text)} letters (at most {channel.text})")
    if len(content.choices) > channel.choices:
        found.append(f"{len(content.choices)} buttons (at most {channel.choices})")
    found += [
        f"the label {choice.label!r} (at most {channel.label} letters)" for choice in content.choices if len(choice.label) > channel.label
    ]
    able = {
        ContentKind.IMAGE: channel.images,
        ContentKind.FILE: channel.files,
        ContentKind.CARD: channel.cards,
        ContentKind.CAROUSEL: channel.carousel >= len(content.cards),
        ContentKind.FORM: channel.forms,
        ContentKind.ARTICLE: channel.articles,
    }
    if not able.get(content.kind, True):
        found.append(f"a {content.kind}" if content.kind is not ContentKind.CAROUSEL else f"a carousel of {len(content.cards)}")
    if content.kind in (ContentKind.CARD, ContentKind.CAROUSEL):
        for card in content.cards:
            if len(card.choices) > channel.choices:
                found.append(f"a card with {len(card.choices)} buttons (at most {channel.choices})")
            long = [choice.label for choice in card.choices if len(choice.label) > channel.label]
            found += [f"the label {label!r} (at most {channel.label} letters)" for label in long]
    return found


def _shown(content: Content, channel: Channel) -> bool:
    if content.kind is ContentKind.TEXT:
        return len(content.text) <= channel.text
    return not shortfalls(content, channel)


# ---------------------------------------------------------------------------------------------------------- degradation


def _texts(text: str, channel: Channel) -> list[Content]:
    return [Content(text=part) for part in split(text, channel.text)]


def _text(content: Content, channel: Channel) -> list[Content]:
    return _texts(content.text, channel)


def _numbered(choices: tuple[Choice, ...]) -> str:
    return "\n".join(f"{number}. {choice.label}{f' {choice.url}' if choice.url else ''}" for number, choice in enumerate(choices, 1))


def _choices(content: Content, channel: Channel) -> list[Content]:
    """Buttons under the last part of the text; as a numbered list, if there are too many or their labels are too long to be told apart."""
    short = tuple(choice if len(choice.label) <= channel.label else _cut(choice, channel.label) for choice in content.choices)
    labels = {choice.label for choice in short}
    if len(short) <= channel.choices and len(labels) == len(short):
        full = content.text if short == content.choices else f"{content.text}\n\n{_numbered(content.choices)}".strip()
        parts = split(full, channel.text) or [""]
        texts = [Content(text=part) for part in parts[:-1]]
        return [*texts, Content(kind=ContentKind.CHOICES, text=parts[-1], choices=short)]
    return _texts(f"{content.text}\n\n{_numbered(content.choices)}".strip(), channel)


def _cut(choice: Choice, limit: int) -> Choice:
    return Choice(choice.label[: max(0, limit - 1)] + "…", choice.label if choice.value is None else choice.value, choice.url)


def _link(media: Media) -> str:
    return " ".join(part for part in (media.name, media.url or "") if part) or "-"


def _media(content: Content, channel: Channel) -> list[Content]:
    kept = [Content(kind=content.kind, media=content.media)]
    able = channel.images if content.kind is ContentKind.IMAGE else channel.files
    if able:  # only its text is too long
        return [*kept, *_texts(content.text, channel)]
    link = "" if content.media is None else _link(content.media)
    return _texts(f"{content.text}\n{link}".strip(), channel)


def _card(card: Card, channel: Channel) -> list[Content]:
    """One card: as it is, or its picture and then its words and buttons."""
    whole = Content(kind=ContentKind.CARD, cards=(card,))
    if _shown(whole, channel):
        return [whole]
    words = "\n".join(part for part in (card.title, card.text) if part)
    shown: list[Content] = []
    if card.image is not None:
        shown += fit(Content(kind=ContentKind.IMAGE, media=card.image), channel)
    if card.choices:
        shown += fit(Content(kind=ContentKind.CHOICES, text=words, choices=card.choices), channel)
    elif words:
        shown += _texts(words, channel)
    return shown


def _cards(content: Content, channel: Channel) -> list[Content]:
    """Cards side by side, as many as fit, then one after the other."""
    shown = _texts(content.text, channel) if content.text.strip() else []
    cards = content.cards
    if content.kind is ContentKind.CAROUSEL and channel.carousel > 1:
        for start in range(0, len(cards), channel.carousel):
            some = cards[start : start + channel.carousel]
            row = Content(kind=ContentKind.CAROUSEL if len(some) > 1 else ContentKind.CARD, cards=some)
            shown += [row] if _shown(row, channel) else [one for card in some for one in _card(card, channel)]
        return shown
    return shown + [one for card in cards for one in _card(card, channel)]


def _form(content: Content, channel: Channel) -> list[Content]:
    rows = "\n".join(f"- {field.label or field.name}{f': {field.answer}' if field.answer else ''}" for field in content.fields)
    return _texts(f"{content.text}\n{rows}".strip(), channel)


def _article(content: Content, channel: Channel) -> list[Content]:
    return _texts(content.text.strip() or str(content.article), channel)


_KINDS = {
    ContentKind.TEXT: _text,
    ContentKind.IMAGE: _media,
    ContentKind.FILE: _media,
    ContentKind.CHOICES: _choices,
    ContentKind.CARD: _cards,
    ContentKind.CAROUSEL: _cards,
    ContentKind.FORM: _form,
    ContentKind.ARTICLE: _article,
}


# -------------------------------------------------------------------------------------------------------------- splitting

_PLACES = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…。！？])\s+"),
    re.compile(r"\s+"),
)
"""Where a text may be cut, best first: between paragraphs, lines, sentences, words."""
_JOINS = ("\u200d",)


def split(text: str, limit: int) -> list[str]:
    """A text in parts of at most `limit` letters, cut where it reads best; only white space at the cuts is lost, and no part is empty.

    A word longer than a part is cut between letters as they are seen: never within an emoji or a syllable and its marks, unless one such
    letter alone is longer than a part.
    """
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        at, on = _cut_at(rest, limit)
        if rest[:at].rstrip():
            parts.append(rest[:at].rstrip())
        rest = rest[on:].lstrip()
    return [*parts, rest] if rest else parts


def _cut_at(text: str, limit: int) -> tuple[int, int]:
    """Where to cut: the end of the part and the beginning of the rest. A cut that leaves the part less than a third full is not taken."""
    window = text[: limit + 1]
    for place in _PLACES:
        ends = [match for match in place.finditer(window) if limit // 3 <= match.start() <= limit and match.start() > 0]
        if ends:
            return ends[-1].start(), ends[-1].end()
    at = limit
    while at > 0 and _together(text, at):
        at -= 1
    return (at, at) if at > 0 else (limit, limit)


def _together(text: str, at: int) -> bool:
    """Whether the letters before and after a place are seen as one."""
    before, after = text[at - 1], text[at]
    if unicodedata.combining(after) or unicodedata.category(after) in ("Mn", "Me", "Mc") or after in _JOINS or before in _JOINS:
        return True
    if "\ufe00" <= after <= "\ufe0f" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\u1160" <= after <= "\u11ff":
        return True  # a vowel or final consonant of a syllable written in jamo
    if "\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff":
        run = 0
        while at - 1 - run >= 0 and "\U0001f1e6" <= text[at - 1 - run] <= "\U0001f1ff":
            run += 1
        return run % 2 == 1  # flags are pairs
    return False
