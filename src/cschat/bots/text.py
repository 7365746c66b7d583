"""What two texts have in common, whatever their endings, spacing and typing errors: words and pieces of words.

May: cut a text into features. May not: know an index.

A text is folded (NFKC, lower case, no accents) and cut into words at everything that is no letter or digit, and where the script
changes ("iPhone을" is "iphone" and "을"). A word gives features that depend on it alone, so an index may remember them:

- Hangul, Han and Kana: its characters and pairs of characters, the edges of the word included. Particles and endings then cost a
  pair or two, and a missing space one pair. For Hangul its letters (jamo) by threes as well: a slip of one key keeps most of them.
- other scripts: the word itself, and its letters by threes and fours, edges included.

Two words side by side, or with one between, also give a feature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from cschat.core.grams import WIDE, fold

__all__ = ["is_faint", "pairs_of", "pieces_of", "squeezed", "words_of"]

_WORD = re.compile(rf"[{WIDE}]+|\d+|[^\W\d_{WIDE}]+")
_IS_WIDE = re.compile(rf"[{WIDE}]")
_FIRST, _LAST = 0xAC00, 0xD7A3


def words_of(text: str) -> list[str]:
    """The words of a text, folded."""
    return _WORD.findall(fold(text))


def squeezed(words: Sequence[str]) -> str:
    """Equal for texts that differ in spacing, case and punctuation only."""
    return "".join(words)


def pairs_of(words: Sequence[str]) -> list[str]:
    """The features of words that stand side by side, or with one word between."""
    return [*(f"{a} {b}" for a, b in pairwise(words)), *(f"{a} _ {b}" for a, b in zip(words, words[2:], strict=False))]


def pieces_of(word: str) -> list[str]:
    """The features of one folded word, repeated ones included; none is a pair's."""
    edged = f"^{word}$"
    if _IS_WIDE.match(word) is None:
        threes = [edged[at : at + 3] for at in range(len(word))]
        return [f"={word}", *threes, *(edged[at : at + 4] for at in range(len(word) - 1))]
    pieces = [*word, *(edged[at : at + 2] for at in range(len(word) + 1))]
    letters = jamo(word)
    if len(letters) > len(word):
        edged = f"^{letters}$"
        pieces.extend(f"~{edged[at : at + 3]}" for at in range(len(letters)))
    return pieces


def is_faint(piece: str) -> bool:
    """Whether this is a feature of the letters within Hangul, which stands beside one of the syllables and should count for less."""
    return piece.startswith("~")


def jamo(word: str) -> str:
    """Hangul syllables as their letters; everything else as it is."""
    letters: list[str] = []
    for char in word:
        code = ord(char)
        if _FIRST <= code <= _LAST:
            code -= _FIRST
            letters.append(chr(0x1100 + code // 588))
            letters.append(chr(0x1161 + code // 28 % 21))
            if code % 28:
                letters.append(chr(0x11A7 + code % 28))
        else:
            letters.append(char)
    return "".join(letters)
