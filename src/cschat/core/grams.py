"""Texts as they are compared and searched: folded, without what people write in one way or another, in pieces of two letters.

May: fold a text, cut it into grams, find words in it. May not: know where a text comes from, or an index.

Two texts that differ in case, width, accents, punctuation and in the spaces between Korean words are the same (`searchable`), so "배송지연"
is found in "배송 지연" and "AS" in "Ａ/Ｓ". A gram is two letters side by side. A text can hold a word only if it has all of its grams;
whether it does is for `holds` to say.

An index remembers the grams of a text and must be able to find the same ones again when the text is erased: whoever changes what a gram is
here raises `FORM`, and every index is then made anew.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["FORM", "WIDE", "fold", "grams", "holds", "marks", "searchable", "snippet", "words"]

FORM = 1
"""The number of these rules."""
WIDE = "가-힣\u1100-\u11ff\u3130-\u318f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
"""Hangul, Han and Kana, for a class of letters in a regular expression."""
_NEITHER = re.compile(r"[^\w\s]|_")
_BETWEEN = re.compile(rf"(?<=[{WIDE}])\s+(?=[{WIDE}])")
_MARKS = "\u0300-\u036f\u3099\u309a\uff9e\uff9f"
_PIECE = re.compile(rf"[\u1100-\u11ff\u3131-\u318e\uffa0-\uffdc]+|.[\u11a8-\u11ff{_MARKS}]*", re.DOTALL)
"""What is folded as one: letters of Hangul side by side, or a letter with what is written onto it."""
_AROUND = 30


def fold(text: str) -> str:
    """The text as it is compared: compatibility forms composed, lower case, Latin letters without accents."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    if any("\u00c0" <= char <= "\u024f" for char in folded):
        folded = unicodedata.normalize("NFKC", "".join(map(_bare, folded)))
    return folded


def _bare(char: str) -> str:
    return unicodedata.normalize("NFD", char)[0] if "\u00c0" <= char <= "\u024f" else char


def searchable(text: str) -> str:
    """The text as it is searched: folded, letters and digits only, one space between words and none between wide letters."""
    return _BETWEEN.sub("", " ".join(_NEITHER.sub("", fold(text)).split()))


def words(text: str) -> tuple[str, ...]:
    """What is looked for by a text that somebody typed: its words, as they are searched, each once."""
    return tuple(dict.fromkeys(word for part in text.split() if (word := searchable(part))))


def grams(found: str) -> set[str]:
    """The pairs of letters side by side in a searchable text or word."""
    pairs = {found[at : at + 2] for at in range(len(found) - 1)}
    return pairs if " " not in found else {pair for pair in pairs if " " not in pair}


def holds(found: str, wanted: Iterable[str]) -> bool:
    """Whether a searchable text holds all of the words."""
    return all(word in found for word in wanted)


def marks(text: str, wanted: Sequence[str]) -> list[tuple[int, int]]:
    """Where the words stand in a text as it was written: from and to, in order, apart from each other."""
    letters, places = _lettered(text)
    spans = []
    for word in wanted:
        at = letters.find(word)
        while at >= 0:
            spans.append((places[at][0], places[at + len(word) - 1][1]))
            at = letters.find(word, at + len(word))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _lettered(text: str) -> tuple[str, list[tuple[int, int]]]:
    """As `searchable`, letter by letter, and from where to where in the text each was written."""
    letters: list[str] = []
    places: list[tuple[int, int]] = []
    space: tuple[int, int] | None = None
    for letter, place in _folded(text):
        if letter.isspace():
            space = space or place
            continue
        if space is not None and letters and not (_is_wide(letters[-1]) and _is_wide(letter)):
            letters.append(" ")
            places.append(space)
        space = None
        letters.append(letter)
        places.append(place)
    return "".join(letters), places


def _folded(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The letters and spaces of a folded text, each with its place: that of its piece if the piece has more or fewer letters."""
    for piece in _PIECE.finditer(text):
        folded, start = fold(piece[0]), piece.start()
        alike = len(folded) == len(piece[0])
        for at, letter in enumerate(folded):
            if not _NEITHER.match(letter):
                yield letter, (start + at, start + at + 1) if alike else piece.span()


def _is_wide(letter: str) -> bool:
    return re.match(rf"[{WIDE}]", letter) is not None


def snippet(text: str, wanted: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A piece of a text around the first word that is found, and where in the piece words stand; what was left out is "…"."""
    found = marks(text, wanted)
    first = found[0] if found else (0, 0)
    start = max(0, first[0] - _AROUND)
    end = min(len(text), max(first[1], first[0] + _AROUND) + _AROUND)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    return f"{before}{text[start:end]}{after}", tuple((a + shift, min(b, end) + shift) for a, b in found if a < end)
