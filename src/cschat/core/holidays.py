"""Public holidays by country.

May: name the holidays of a year. May not: know hours.

The dates come from the `holidays` package, which is imported when the first year is asked for: it takes a few tenths of a second, and
many desks never need it. For South Korea it was compared with a reference for 2015 to 2027 and differs in no day, so there is
no table of corrections here. A holiday that the government declares after the package was made is a special day of the brand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

__all__ = ["knows", "public_holidays"]

_LABOUR = ("노동절", "근로자의날")
_ONCE = ("임시공휴일", "선거일")
"""Parts of the Korean names of holidays that are declared for one date."""


def knows(country: str) -> bool:
    """Whether there are holidays for a country (KR) or one of its parts (DE-BY)."""
    try:
        _named(country, 2026)
    except NotImplementedError:
        return False
    return True


def _named(country: str, year: int) -> dict[date, str]:
    """What the package says, in the country's language whatever the language of the machine is."""
    from holidays import country_holidays

    code, _, part = country.partition("-")
    language = country_holidays(code, subdiv=part or None).default_language
    return dict(country_holidays(code, subdiv=part or None, years=year, language=language))


@lru_cache(maxsize=512)
def public_holidays(country: str, year: int, *, labour_day: bool = True, temporary: bool = True) -> Mapping[date, str]:
    """The holidays of a year by date, with substitute days, each with its name in the country's language.

    `labour_day`: 1 May counts. In South Korea it is a public holiday since 2026 and was a paid holiday of employees before. `temporary`:
    those count that South Korea declares for one date, election days among them.
    """
    found = _named(country, year)
    may_day = date(year, 5, 1)
    if country == "KR":
        if labour_day and may_day not in found:
            found[may_day] = _LABOUR[0] if year >= 2026 else "근로자의 날"
        unwanted = (*(() if labour_day else _LABOUR), *(() if temporary else _ONCE))
        named = {day: [name for name in names.split("; ") if not any(word in name for word in unwanted)] for day, names in found.items()}
        found = {day: "; ".join(names) for day, names in named.items() if names}
    elif not labour_day:
        found.pop(may_day, None)
    return MappingProxyType(found)
