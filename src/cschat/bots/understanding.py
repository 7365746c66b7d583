"""What a customer means: which button a typed text names, and whether an answer is of the type that was asked for.

May: read texts. May not: know a scenario's flow.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache

__all__ = ["accept", "named", "plain"]

_NO_LETTER = re.compile(r"[^\w]+|_+")
_ENDINGS = (
    *(
        "요",
        "이요",
        "이에요",
        "예요",
        "입니다",
        "로요",
        "으로요",
        "할게요",
        "할래요",
        "하고싶어요",
        "하려고요",
        "해주세요",
        "부탁해요",
        "부탁드려요",
    ),
    *("원해요", "원합니다", "문의", "문의요", "please"),
)
_YES = frozenset({"네", "예", "응", "네네", "넵", "맞아요", "맞습니다", "yes", "y", "ok", "okay"})
MAX_LABEL = 200


def plain(text: str) -> str:
    """A text without what does not matter: case, width, spaces, punctuation."""
    if text.isascii() and text.isalnum():
        return text.lower()
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=4096)
def _table(labels: tuple[str, ...]) -> dict[str, int]:
    table: dict[str, int] = {}
    for number, label in enumerate(labels):
        table.setdefault(label, number)
        table.setdefault(plain(label), number)
    table.pop("", None)
    return table


def named(text: str, labels: tuple[str, ...]) -> int | None:
    """The index of the label that a text names: as it is, by its number, with a polite ending, or with a typing error or two; else None."""
    table = _table(labels)
    found = table.get(text)
    if found is not None:
        return found
    if len(text) > MAX_LABEL:
        return None
    said = plain(text)
    if said in table:
        return table[said]
    number = said.removesuffix("번")
    if number.isascii() and number.isdigit() and len(number) <= 3:
        return int(number) - 1 if 1 <= int(number) <= len(labels) else None
    for ending in _ENDINGS:
        if said.endswith(ending) and said.removesuffix(ending) in table:
            return table[said.removesuffix(ending)]
    return _nearest(said, table)


def _nearest(said: str, table: dict[str, int]) -> int | None:
    """The one label that is at most one jamo or letter in four away, if no other is as near. Short labels must be exact."""
    letters = unicodedata.normalize("NFD", said)
    best: list[tuple[int, int]] = []
    for label, number in table.items():
        target = unicodedata.normalize("NFD", label)
        allowed = min(2, len(target) // 4)
        if allowed and abs(len(target) - len(letters)) <= allowed:
            distance = _distance(letters, target, allowed)
            if distance <= allowed:
                best.append((distance, number))
    best.sort()
    if not best or any(number != best[0][1] and distance == best[0][0] for distance, number in best):
        return None
    return best[0][1]


def _distance(one: str, other: str, limit: int) -> int:
    """Letters lost, added, changed or swapped (optimal string alignment), counted no further than the limit."""
    before, row = list[int](), list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def says_yes(text: str) -> bool:
    """Whether a text is a plain yes."""
    return plain(text) in _YES


# --------------------------------------------------------------------------------------------------------- typed answers


def accept(kind: str, text: str, *, today: date, options: Sequence[str] = ()) -> str | None:
    """An answer of a type in its normal form (a date as ISO, a phone number with hyphens, ...), or None if it is not one."""
    said = text.strip()
    if not said or len(said) > 2000:
        return None
    if kind == "choice":
        number = named(said, tuple(options))
        return None if number is None else options[number]
    return _ACCEPT[kind](said, today)


def _number(said: str, _today: date) -> str | None:
    digits = unicodedata.normalize("NFKC", said).replace(",", "").replace(" ", "")
    match = re.fullmatch(r"([+-]?\d{1,15}(?:\.\d{1,6})?)(?:개|원|명|번|점|회|살|세)?", digits)
    return match[1].removeprefix("+") if match else None


_DATES = (
    re.compile(r"(?P<y>\d{4})[-./년 ]+(?P<m>\d{1,2})[-./월 ]+(?P<d>\d{1,2})일?\.?"),
    re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"),
    re.compile(r"(?P<m>\d{1,2})(?:월\s*|[./-])(?P<d>\d{1,2})일?"),
)
_DAYS = {"오늘": 0, "today": 0, "어제": -1, "yesterday": -1, "그제": -2, "그저께": -2, "내일": 1, "tomorrow": 1, "모레": 2}


def _date(said: str, today: date) -> str | None:
    normal = unicodedata.normalize("NFKC", said).strip()
    if normal.casefold() in _DAYS:
        return (today + timedelta(days=_DAYS[normal.casefold()])).isoformat()
    for pattern in _DATES:
        match = pattern.fullmatch(normal)
        if match:
            found = match.groupdict()
            try:
                return date(int(found.get("y") or today.year), int(found["m"]), int(found["d"])).isoformat()
            except ValueError:
                return None
    return None


def _birth_date(said: str, today: date) -> str | None:
    normal = unicodedata.normalize("NFKC", said).strip()
    if re.fullmatch(r"\d{6}", normal):
        year = 2000 + int(normal[:2])
        normal = f"{year if year <= today.year else year - 100}{normal[2:]}"
    found = _date(normal, today)
    return found if found is not None and "1900-01-01" <= found <= today.isoformat() else None


def _phone(said: str, _today: date) -> str | None:
    digits = re.sub(r"[\s().-]", "", unicodedata.normalize("NFKC", said))
    if re.fullmatch(r"\+82\d{8,10}", digits):
        digits = f"0{digits[3:].removeprefix('0')}"
    elif re.fullmatch(r"\+[1-9]\d{6,14}", digits):
        return digits
    if re.fullmatch(r"1[0-9]{3}\d{4}", digits):
        return f"{digits[:4]}-{digits[4:]}"
    if not re.fullmatch(r"0\d{8,11}", digits):
        return None
    head = 2 if digits.startswith("02") else 4 if digits.startswith("050") and len(digits) == 12 else 3
    return f"{digits[:head]}-{digits[head:-4]}-{digits[-4:]}"


def _email(said: str, _today: date) -> str | None:
    if len(said) > 254 or not re.fullmatch(r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@.<>()\[\],;:\"\\]+(?:\.[^\s@.<>()\[\],;:\"\\]+)+", said):
        return None
    local, _, host = said.rpartition("@")
    if local.startswith(".") or local.endswith(".") or ".." in local or not re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", host):
        return None
    return f"{local}@{host.lower()}"


def _person(said: str, _today: date) -> str | None:
    name = " ".join(unicodedata.normalize("NFC", said).split())
    name = re.sub(r"(?:입니다|이에요|예요|이라고 합니다|라고 합니다)[.!]?$", "", name).strip() or name
    return (
        name if 1 <= len(name) <= 60 and any(letter.isalpha() for letter in name) and not any(letter.isdigit() for letter in name) else None
    )


def _address(said: str, _today: date) -> str | None:
    address = " ".join(said.split())
    return address if 5 <= len(address) <= 300 and any(letter.isalpha() for letter in address) else None


def _any(said: str, _today: date) -> str | None:
    return said


_ACCEPT: dict[str, Callable[[str, date], str | None]] = {
    "text": _any,
    "number": _number,
    "date": _date,
    "birth_date": _birth_date,
    "phone": _phone,
    "email": _email,
    "name": _person,
    "address": _address,
}
