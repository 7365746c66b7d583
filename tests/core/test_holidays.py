"""Public holidays: some that everybody knows, and all of a reference of others where it is at hand."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from cschat.core.calendar import is_open
from cschat.core.holidays import knows, public_holidays
from cschat.core.hours import Calendar, Span
from cschat.core.stretches import instant

REFERENCE = Path(__file__).resolve().parents[2] / "../shared/data/kr-reference"
ALL_DAY = ((Span(0, 1440),),) * 7


def rows(name: str) -> list[dict[str, str]]:
    path = REFERENCE / name
    if not path.exists():
        pytest.skip(f"the optional data file {name} is not here")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 2, 16), "설날 전날"),
        (date(2026, 2, 17), "설날"),
        (date(2026, 2, 18), "설날 다음날"),
        (date(2026, 5, 24), "부처님오신날"),
        (date(2026, 5, 25), "부처님오신날 대체 휴일"),
        (date(2026, 9, 25), "추석"),
        (date(2026, 10, 9), "한글날"),
        (date(2027, 2, 9), "설날 대체 휴일"),
        (date(2026, 7, 17), "제헌절"),
    ],
)
def test_a_korean_holiday(day: date, name: str):
    assert public_holidays("KR", day.year)[day] == name


@pytest.mark.parametrize("day", [date(2020, 3, 1) + timedelta(days=1), date(2022, 5, 9), date(2025, 7, 17)])
def test_no_substitute_and_no_holiday_before_the_law_gave_it(day: date):
    """The 1st of March 2020 was a Sunday, Buddha's birthday of 2022 too, and Constitution Day was no holiday from 2008 to 2025."""
    assert day not in public_holidays("KR", day.year)


def test_korean_holidays_equal_the_reference():
    reference = {date.fromisoformat(row["date"]): row["name_ko"] for row in rows("holidays_2015_2027.csv")}
    ours = {day: name for year in range(2015, 2028) for day, name in public_holidays("KR", year, labour_day=year >= 2026).items()}
    assert ours == reference


def test_a_desk_of_day_and_night_is_closed_on_just_these_days():
    reference = {date.fromisoformat(row["date"]) for row in rows("holidays_2015_2027.csv")}
    calendar = Calendar(week=ALL_DAY)
    days = [date(2015, 1, 1) + timedelta(days=number) for number in range(13 * 365 + 3)]
    closed = {day for day in days if not is_open(calendar, instant(calendar.zone, day, 720))}
    assert closed == reference | {date(year, 5, 1) for year in range(2015, 2026)}


def test_korean_holidays_without_those_declared_once_equal_the_reference_without_them():
    reference = rows("holidays_2015_2027.csv")
    lasting = {date.fromisoformat(row["date"]) for row in reference if row["temporary_or_election"] == "0"}
    once = {date.fromisoformat(row["date"]) for row in reference} - lasting
    ours = {day for year in range(2015, 2028) for day in public_holidays("KR", year, labour_day=year >= 2026, temporary=False)}
    assert once
    assert ours == lasting


def test_lunar_holidays_are_where_the_korean_lunar_calendar_has_them():
    names = {"seollal": "설날", "buddha_birthday": "부처님오신날", "chuseok": "추석"}
    anchors = [row for row in rows("lunar_anchors.csv") if int(row["year"]) >= 2018]  # from then on the names are these
    assert anchors
    for row in anchors:
        for column, name in names.items():
            assert name in public_holidays("KR", int(row["year"]))[date.fromisoformat(row[column])]


@pytest.mark.parametrize(("year", "substitute"), [(2024, None), (2026, None), (2027, date(2027, 5, 3))])
def test_labour_day_can_be_left_out_with_its_substitute(year: int, substitute: date | None):
    kept, left = public_holidays("KR", year), public_holidays("KR", year, labour_day=False)
    assert {*kept} - {*left} == {date(year, 5, 1), *([substitute] if substitute else [])}


def test_other_countries_and_their_parts():
    assert date(2026, 7, 4) in public_holidays("US", 2026)
    assert date(2026, 11, 1) in public_holidays("DE-BY", 2026)
    assert date(2026, 11, 1) not in public_holidays("DE-BE", 2026)
    assert date(2026, 5, 1) in public_holidays("DE", 2026)
    assert date(2026, 5, 1) not in public_holidays("DE", 2026, labour_day=False)


@pytest.mark.parametrize(("country", "there"), [("KR", True), ("DE-BY", True), ("XX", False), ("DE-XX", False), ("", False), ("kr", False)])
def test_countries_that_are_known(country: str, there: bool):
    assert knows(country) is there
