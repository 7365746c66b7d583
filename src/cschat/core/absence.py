"""When a brand is closed, and what a customer is told then.

May: combine the setting `accepting` with the hours, and put the answer into words. May not: ask for people (`accepting`), or send.
"""

from __future__ import annotations

from enum import StrEnum

import attrs

from cschat.core.brand import Accepting, Brand, OnAbsence
from cschat.core.calendar import Reason, next_opening, reason
from cschat.core.hours import Hours
from cschat.core.texts import absence_text, opening_words
from cschat.core.times import Micros

__all__ = ["Absence", "AbsenceReason", "closed_now", "opens_in_words", "told"]


class AbsenceReason(StrEnum):
    """Why nobody can come. `SUSPENDED`: the brand's prepaid balance is used up; customers are not told that."""

    CLOSED = "closed"
    LUNCH = "lunch"
    HOLIDAY = "holiday"
    NOBODY = "nobody"
    OVERFLOW = "overflow"
    SUSPENDED = "suspended"


@attrs.frozen
class Absence:
    """Nobody can come, and why; `opens_at` is when the hours open again, None if that is not known."""

    reason: AbsenceReason
    opens_at: Micros | None = None


def closed_now(brand: Brand, hours: Hours, now: Micros) -> Absence | None:
    """Why the brand is closed; None if it is open. Without hours it is open day and night. An override is told as closed."""
    if brand.accepting is not Accepting.AUTO:
        return Absence(AbsenceReason.CLOSED) if brand.accepting is Accepting.CLOSED else None
    why = reason(hours, now)
    if why is None:
        return None
    return Absence(AbsenceReason.CLOSED if why is Reason.OVERRIDE else AbsenceReason(why), next_opening(hours, now))


def told(brand: Brand, hours: Hours, absence: Absence, now: Micros, language: str) -> str:
    """What the customer is told: the brand's own text for the reason, in their language if it has one, or the desk's."""
    words = opens_in_words(brand, hours, absence, now, language)
    texts = brand.intake_texts
    own = texts.get(f"{absence.reason}/{language.partition('-')[0]}") or texts.get(absence.reason)
    if own:
        return own.replace("{opening}", words)
    return absence_text(language, absence.reason, words, refused=brand.absence is OnAbsence.REFUSE)


def opens_in_words(brand: Brand, hours: Hours, absence: Absence | None, now: Micros, language: str) -> str:
    """The next opening in words, as a customer of the brand reads the clock; "" if none is known."""
    if absence is None or absence.opens_at is None:
        return ""
    calendar = hours.calendar_at(now)
    return opening_words(language, absence.opens_at, now, brand.zone if calendar is None else calendar.zone)
