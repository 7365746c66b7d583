"""Opening hours: named cases, laws, and a slow reference that walks over every minute."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cschat.core.calendar import Reason, add, elapsed, is_open, next_change, next_opening, open_spans, reason
from cschat.core.holidays import public_holidays
from cschat.core.hours import Calendar, DayKind, Hours, Override, Span, SpecialDay, Version, spans, written
from cschat.core.stretches import WINDOW
from cschat.core.times import as_micros
from cschat.errors import NeverOpens

MINUTE = 60_000_000
HOUR = 60 * MINUTE
SEOUL, NEW_YORK = "Asia/Seoul", "America/New_York"
CLOSED = ((),) * 7
ALL_DAY = ((Span(0, 1440),),) * 7


def at(text: str, zone: str = SEOUL) -> int:
    return as_micros(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def week(**days: str) -> tuple[tuple[Span, ...], ...]:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return tuple(spans(days[name]) if name in days else () for name in names)


NINE_TO_SIX = Calendar(holidays=None)
SPLIT = Calendar(week=(spans("09:00-12:00, 13:00-18:00"),) * 7, holidays=None)
LUNCH = Calendar(breaks=spans("12:00-13:00"))
NIGHT = Calendar(week=week(sat="22:00-03:00"), holidays=None)


# ------------------------------------------------------------------------------------------------------------ named cases


def test_a_day_of_24_hours_is_open_half_a_minute_before_midnight():
    assert is_open(Calendar(week=ALL_DAY, holidays=None), at("2026-01-07T23:59:30"))


def test_a_day_of_24_hours_is_open_a_millisecond_before_midnight():
    assert is_open(Calendar(week=week(wed="00:00-24:00"), holidays=None), at("2026-01-07T23:59:59.999"))


def test_a_day_of_24_hours_ends_at_midnight():
    assert not is_open(Calendar(week=week(wed="00:00-24:00"), holidays=None), at("2026-01-08T00:00:00"))


def test_a_night_shift_is_open_on_the_next_day_until_its_last_second():
    assert is_open(NIGHT, at("2026-01-11T02:59:59"))


def test_a_night_shift_is_closed_at_its_end():
    assert not is_open(NIGHT, at("2026-01-11T03:00:00"))


def test_a_night_shift_is_closed_in_the_night_before_it():
    assert not is_open(NIGHT, at("2026-01-10T02:00:00"))


def test_nine_sharp_is_open():
    assert is_open(NINE_TO_SIX, at("2026-01-07T09:00:00"))


def test_a_moment_before_nine_is_closed():
    assert not is_open(NINE_TO_SIX, at("2026-01-07T09:00:00") - 1)


def test_six_sharp_is_closed():
    assert not is_open(NINE_TO_SIX, at("2026-01-07T18:00:00"))


def test_from_ten_to_noon_to_ten_past_one_is_20_minutes_of_business():
    assert elapsed(SPLIT, at("2026-01-07T11:50:00"), at("2026-01-07T13:10:00")) == 20 * MINUTE


def test_lunch_is_no_business_time_either():
    assert elapsed(LUNCH, at("2026-01-07T11:50:00"), at("2026-01-07T13:10:00")) == 20 * MINUTE


def test_the_day_of_spring_forward_has_23_hours_in_new_york():
    day = Calendar(NEW_YORK, week=ALL_DAY, holidays=None)
    assert elapsed(day, at("2026-03-08", NEW_YORK), at("2026-03-09", NEW_YORK)) == 23 * HOUR


def test_the_day_of_fall_back_has_25_hours_in_new_york():
    day = Calendar(NEW_YORK, always_open=True)
    assert elapsed(day, at("2026-11-01", NEW_YORK), at("2026-11-02", NEW_YORK)) == 25 * HOUR


def test_from_opening_to_closing_is_the_full_block():
    assert elapsed(NINE_TO_SIX, at("2026-01-07T09:00:00"), at("2026-01-07T18:00:00")) == 9 * HOUR


def test_the_full_block_from_opening_ends_at_closing_not_at_the_next_opening():
    assert add(NINE_TO_SIX, at("2026-01-07T09:00:00"), 9 * HOUR) == at("2026-01-07T18:00:00")


def test_a_microsecond_more_ends_on_the_next_day():
    assert add(NINE_TO_SIX, at("2026-01-07T09:00:00"), 9 * HOUR + 1) == at("2026-01-08T09:00:00") + 1


def test_nothing_added_is_the_same_instant_even_when_closed():
    assert add(NINE_TO_SIX, at("2026-01-07T03:00:00"), 0) == at("2026-01-07T03:00:00")


@pytest.mark.parametrize("none", [None, Hours("hrs_x", "brd_x")], ids=["no hours", "hours without a version"])
def test_no_calendar_gives_none_and_not_zero(none: Hours | None):
    now = at("2026-01-07T10:00:00")
    assert [is_open(none, now), reason(none, now), next_change(none, now), next_opening(none, now)] == [None] * 4
    assert elapsed(none, now, now + HOUR) is None
    assert add(none, now, HOUR) is None


def test_what_never_opens_is_an_error_and_not_an_endless_search():
    with pytest.raises(NeverOpens) as caught:
        add(Calendar(week=CLOSED), at("2026-01-07"), 1)
    assert caught.value.after == at("2026-01-07")


def test_a_long_time_is_found_while_it_opens_now_and_then():
    once_a_week = Calendar(week=week(mon="09:00-10:00"), holidays=None)
    assert add(once_a_week, at("2026-01-05T09:00:00"), 100 * HOUR) == at("2026-01-05T10:00:00") + 99 * 7 * 24 * HOUR


def test_an_opening_after_399_days_is_found_and_one_after_401_is_not():
    begin = at("2026-01-07T12:00:00")
    for days, found in ((399, True), (401, False)):
        day = date(2026, 1, 7) + timedelta(days=days)
        rare = Calendar(week=CLOSED, special=(SpecialDay(day, DayKind.HOURS, spans("09:00-10:00")),))
        opening = begin + days * 24 * HOUR - 3 * HOUR
        assert next_opening(rare, begin) == (opening if found else None)
        assert next_change(rare, begin) == (opening if found else None)
        if found:
            assert add(rare, begin, HOUR) == opening + HOUR
        else:
            with pytest.raises(NeverOpens):
                add(rare, begin, HOUR)


def test_always_open_never_changes():
    assert next_change(Calendar(always_open=True), at("2026-01-07")) is None
    assert elapsed(Calendar(always_open=True), at("2026-01-01"), at("2027-01-01")) == 365 * 24 * HOUR


def test_a_shift_that_begins_in_the_missing_hour_begins_when_the_clock_leaps():
    shift = Calendar(NEW_YORK, week=week(sun="02:30-05:00"), holidays=None)
    assert next_opening(shift, at("2026-03-08", NEW_YORK)) == at("2026-03-08T03:00:00", NEW_YORK)
    assert elapsed(shift, at("2026-03-08", NEW_YORK), at("2026-03-09", NEW_YORK)) == 2 * HOUR


def test_a_shift_within_the_missing_hour_does_not_take_place():
    shift = Calendar(NEW_YORK, week=week(sun="02:10-02:50"), holidays=None)
    assert elapsed(shift, at("2026-03-08", NEW_YORK), at("2026-03-09", NEW_YORK)) == 0


def test_a_doubled_hour_is_its_first_showing():
    until = Calendar(NEW_YORK, week=week(sun="00:00-01:30"), holidays=None)
    after = Calendar(NEW_YORK, week=week(sun="01:30-05:00"), holidays=None)
    sunday, monday = at("2026-11-01", NEW_YORK), at("2026-11-02", NEW_YORK)
    assert elapsed(until, sunday, monday) == 90 * MINUTE
    assert elapsed(after, sunday, monday) == 4.5 * HOUR
    assert next_opening(after, sunday) == sunday + 90 * MINUTE


def test_a_day_that_a_zone_has_skipped_has_no_hours():
    samoa = Calendar("Pacific/Apia", week=(spans("09:00-18:00"),) * 7, holidays=None)
    assert elapsed(samoa, at("2011-12-29", "Pacific/Apia"), at("2011-12-31", "Pacific/Apia")) == 9 * HOUR


def test_a_night_shift_goes_on_into_a_holiday_and_none_begins_on_it():
    nights = Calendar(week=(spans("22:00-03:00"),) * 7)
    assert is_open(nights, at("2026-09-24T02:00:00"))  # the first day of Chuseok
    assert not is_open(nights, at("2026-09-24T23:00:00"))


@pytest.mark.parametrize(("shift", "closes"), [("22:00-24:00", 0), ("22:00-01:00", HOUR), ("00:00-01:00", HOUR)])
def test_what_ends_or_begins_where_reckoning_is_cut_is_told_right(shift: str, closes: int):
    """Time is reckoned in windows; here a midnight of UTC is between two of them."""
    edge = 320 * WINDOW
    calendar = Calendar("UTC", week=(spans(shift),) * 7, holidays=None)
    before = edge - HOUR if shift.startswith("22") else edge
    assert next_change(calendar, before) == edge + closes
    assert next_change(calendar, edge + closes) == next_opening(calendar, edge + closes)
    assert next_opening(calendar, edge + closes) == edge + closes + 24 * HOUR - elapsed(calendar, edge - 12 * HOUR, edge + 12 * HOUR)


def test_overlapping_shifts_count_once():
    double = Calendar(week=(spans("09:00-15:00, 12:00-18:00"),) * 7, holidays=None)
    assert elapsed(double, at("2026-01-07"), at("2026-01-08")) == 9 * HOUR


# ---------------------------------------------------------------------------------------------------- special days, reasons


@pytest.mark.parametrize(
    ("special", "opens"),
    [
        (SpecialDay(date(2026, 1, 7), DayKind.CLOSED), ""),
        (SpecialDay(date(2026, 1, 7), DayKind.HOURS, spans("11:00-15:00")), "11:00-15:00"),
        (SpecialDay(date(2026, 1, 7), DayKind.HALF), "09:00-12:00"),
        (SpecialDay(date(2026, 1, 7), DayKind.USUAL), "09:00-12:00, 13:00-18:00"),
        (SpecialDay(date(2026, 1, 8), DayKind.CLOSED), "09:00-12:00, 13:00-18:00"),
    ],
    ids=["closed", "changed hours", "half day", "usual", "another date"],
)
def test_a_special_day(special: SpecialDay, opens: str):
    calendar = Calendar(breaks=spans("12:00-13:00"), special=(special,))
    assert written(open_spans(calendar, date(2026, 1, 7))) == opens
    length = sum(span.end - span.start for span in spans(opens)) if opens else 0
    assert elapsed(calendar, at("2026-01-07"), at("2026-01-08")) == length * MINUTE


def test_a_holiday_can_be_opened_as_usual():
    seollal = SpecialDay(date(2026, 2, 17), DayKind.USUAL)
    assert not is_open(Calendar(), at("2026-02-17T10:00:00"))
    assert is_open(Calendar(special=(seollal,)), at("2026-02-17T10:00:00"))


def test_a_special_day_closes_what_is_always_open():
    calendar = Calendar(always_open=True, special=(SpecialDay(date(2026, 1, 7), DayKind.CLOSED),))
    assert next_change(calendar, at("2026-01-06")) == at("2026-01-07")
    assert next_opening(calendar, at("2026-01-06")) == at("2026-01-08")


def test_the_last_word_on_a_date_counts():
    words = (SpecialDay(date(2026, 1, 7), DayKind.CLOSED), SpecialDay(date(2026, 1, 7), DayKind.HALF))
    assert is_open(Calendar(special=words), at("2026-01-07T10:00:00"))
    assert written(open_spans(Calendar(special=words), date(2026, 1, 7))) == "09:00-12:00"


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("2026-01-07T10:00:00", None),
        ("2026-01-07T12:30:00", Reason.LUNCH),
        ("2026-01-07T20:00:00", Reason.CLOSED),
        ("2026-01-10T12:30:00", Reason.CLOSED),
        ("2026-02-17T10:00:00", Reason.HOLIDAY),
        ("2026-02-17T12:30:00", Reason.HOLIDAY),
        ("2026-05-01T10:00:00", Reason.HOLIDAY),
        ("2026-12-24T10:00:00", Reason.HOLIDAY),
    ],
)
def test_why_it_is_closed(when: str, why: Reason | None):
    calendar = Calendar(breaks=spans("12:00-13:00"), special=(SpecialDay(date(2026, 12, 24), DayKind.CLOSED),))
    assert reason(calendar, at(when)) is why


# ------------------------------------------------------------------------------------------------- versions and overrides


def hours(*versions: tuple[str, Calendar], overrides: tuple[Override, ...] = ()) -> Hours:
    return Hours("hrs_x", "brd_x", 1, tuple(Version(at(since), calendar) for since, calendar in versions), overrides)


def test_new_hours_do_not_rewrite_the_past():
    ten = Calendar(week=(spans("10:00-18:00"),) * 7, holidays=None)
    changed = hours(("2026-01-01", NINE_TO_SIX), ("2026-01-08", ten))
    assert elapsed(changed, at("2026-01-07"), at("2026-01-08")) == 9 * HOUR
    assert elapsed(changed, at("2026-01-08"), at("2026-01-09")) == 8 * HOUR
    assert elapsed(changed, at("2025-12-03"), at("2025-12-04")) == 9 * HOUR  # the first version holds for what was before it
    assert [changed.calendar_at(at(day)) for day in ("2025-12-03", "2026-01-07", "2026-01-08")] == [NINE_TO_SIX, NINE_TO_SIX, ten]


def test_a_change_of_hours_at_noon_is_a_change():
    changed = hours(("2026-01-01", NINE_TO_SIX), ("2026-01-07T12:00:00", Calendar(week=CLOSED)))
    assert next_change(changed, at("2026-01-07T10:00:00")) == at("2026-01-07T12:00:00")


def test_a_change_between_equal_hours_is_no_change():
    changed = hours(("2026-01-01", NINE_TO_SIX), ("2026-01-07T12:00:00", Calendar(holidays=None, week=(spans("09:00-18:00"),) * 7)))
    assert next_change(changed, at("2026-01-07T10:00:00")) == at("2026-01-07T18:00:00")


def test_closed_until_the_next_opening():
    shut = hours(("2026-01-01", NINE_TO_SIX), overrides=(Override(at("2026-01-07T15:00:00"), open=False),))
    assert reason(shut, at("2026-01-07T15:00:00")) is Reason.OVERRIDE
    assert is_open(shut, at("2026-01-07T15:00:00") - 1)
    assert reason(shut, at("2026-01-08T08:59:59")) is Reason.OVERRIDE
    assert next_opening(shut, at("2026-01-07T16:00:00")) == at("2026-01-08T09:00:00")


def test_closed_until_the_next_opening_ends_with_lunch():
    shut = hours(("2026-01-01", LUNCH), overrides=(Override(at("2026-01-07T10:00:00"), open=False),))
    assert next_opening(shut, at("2026-01-07T10:00:00")) == at("2026-01-07T13:00:00")


def test_open_until_the_next_closing():
    late = hours(("2026-01-01", NINE_TO_SIX), overrides=(Override(at("2026-01-07T20:00:00"), open=True),))
    assert is_open(late, at("2026-01-07T20:00:00"))
    assert next_change(late, at("2026-01-07T20:00:00")) == at("2026-01-08T18:00:00")
    assert elapsed(late, at("2026-01-07T18:00:00"), at("2026-01-09")) == 22 * HOUR


def test_a_cleared_override_holds_no_longer():
    late = hours(
        ("2026-01-01", NINE_TO_SIX), overrides=(Override(at("2026-01-07T20:00:00"), open=True, cleared=at("2026-01-07T21:00:00")),)
    )
    assert next_change(late, at("2026-01-07T20:00:00")) == at("2026-01-07T21:00:00")
    assert elapsed(late, at("2026-01-07T18:00:00"), at("2026-01-08T09:00:00")) == HOUR


def test_what_is_always_open_stays_closed_until_the_override_is_cleared():
    shut = hours(("2026-01-01", Calendar(always_open=True)), overrides=(Override(at("2026-01-07"), open=False),))
    assert not is_open(shut, at("2030-01-07"))
    assert next_opening(shut, at("2026-01-07")) is None


def test_a_record_forgets_what_was_replaced_more_than_400_days_ago():
    day = 24 * HOUR
    begun = Hours("hrs_x", "brd_x").with_calendar(NINE_TO_SIX, 0).with_override(False, 10).with_calendar(SPLIT, day)
    later = begun.with_calendar(LUNCH, 401 * day - 1).with_override(True, 500 * day)
    assert [version.since for version in later.versions] == [0, day, 401 * day - 1]
    assert [override.since for override in later.overrides] == [10, 500 * day]
    assert [version.since for version in later.with_calendar(SPLIT, 401 * day).versions] == [day, 401 * day - 1, 401 * day]


# ---------------------------------------------------------------------------------------------------------- text and back


@pytest.mark.parametrize(
    ("text", "again"),
    [("13:00-18:00,09:00-12:00", "09:00-12:00, 13:00-18:00"), ("22:00~03:00", "22:00-03:00"), ("00:00-24:00", "00:00-24:00")],
)
def test_hours_as_text(text: str, again: str):
    assert written(spans(text)) == again


@pytest.mark.parametrize("text", ["", "9-18", "09:00-09:00", "25:00-26:00", "09:00-24:30", "24:00-03:00", "09:60-10:00", "09:00-12:00,"])
def test_what_is_no_text_of_hours(text: str):
    with pytest.raises(ValueError, match=r"span|empty"):
        spans(text)


# ------------------------------------------------------------------------------------------------------------- the reference

ZONES = {
    SEOUL: ["2026-02-14", "2026-09-23", "2026-04-30"],
    NEW_YORK: ["2026-03-06", "2026-10-30"],
    "Australia/Lord_Howe": ["2026-04-03", "2026-10-02"],  # half an hour
    "Africa/Casablanca": ["2026-02-13", "2026-03-20"],  # summer time pauses for a month
    "Africa/Cairo": ["2026-04-22", "2026-10-28"],  # midnight is skipped
    "America/St_Johns": ["2010-11-05"],  # a minute past midnight is shown twice
    "Atlantic/Azores": ["2026-10-23"],
    "Pacific/Apia": ["2011-12-28"],  # a day is skipped
    "Asia/Kathmandu": ["2026-01-01"],
}
DAYS = 5
"""What the reference looks at; before and after it are margins that shifts reach in from."""


@attrs.frozen
class Slow:
    """Every minute of some days, looked at one by one."""

    begin: int
    open: list[bool]

    def at(self, when: int) -> bool:
        return self.open[(when - self.begin) // MINUTE]

    def elapsed(self, a: int, b: int) -> int:
        first, last = (a - self.begin) // MINUTE, (b - self.begin) // MINUTE
        whole = sum(self.open[first:last]) * MINUTE
        parts = [(when - self.begin) % MINUTE * self.at(when) for when in (a, b)]
        return whole - parts[0] + parts[1]


@cache
def minutes_of(begin: int, count: int, zone: str) -> list[datetime]:
    """The latest wall time that the clock has shown by each minute."""
    first = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=begin)
    walls = ((first + timedelta(minutes=n)).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for n in range(count))
    return list(accumulate(walls, max))


def by_the_minute(calendar: Calendar, begin: int, count: int) -> list[bool]:
    walls = minutes_of(begin, count, calendar.zone)
    shifts, whole, breaks = [False] * count, [False] * count, [False] * count

    def paint(canvas: list[bool], day: date, span: Span) -> None:
        midnight = datetime.combine(day, datetime.min.time())
        low, high = (bisect_left(walls, midnight + timedelta(minutes=minutes)) for minutes in (span.start, span.end))
        canvas[low:high] = [True] * (high - low)

    day = walls[0].date() - timedelta(days=3)
    while day <= walls[-1].date():
        special = {one.date: one for one in calendar.special}.get(day)
        kind = None if special is None else special.kind
        weekday = calendar.week[day.weekday()]
        holiday = calendar.holidays is not None and day in public_holidays(calendar.holidays, day.year)
        if kind is DayKind.HOURS:
            for span in special.spans:
                paint(whole, day, span)
        elif kind is not DayKind.CLOSED:
            usual = [Span(0, 1440)] if calendar.always_open else [] if holiday and kind is None else list(weekday)
            for span in usual:
                cut = Span(span.start, min(span.end, 720)) if kind is DayKind.HALF else span
                if cut.start < cut.end:
                    paint(whole if calendar.always_open else shifts, day, cut)
        for span in calendar.breaks:
            paint(breaks, day, span)
        day += timedelta(days=1)
    return [(shift and not pause) or always for shift, pause, always in zip(shifts, breaks, whole, strict=True)]


@st.composite
def some_spans(draw: st.DrawFn, most: int = 3) -> tuple[Span, ...]:
    found = []
    for _ in range(draw(st.integers(0, most))):
        start = draw(st.integers(0, 95)) * 15 + draw(st.sampled_from([0, 0, 7]))
        found.append(Span(start, start + draw(st.integers(1, 96)) * 15))
    return tuple(sorted(found, key=lambda span: (span.start, span.end)))


@st.composite
def calendars(draw: st.DrawFn, zone: str, day: date) -> Calendar:
    special = st.builds(
        SpecialDay, st.integers(-2, DAYS + 2).map(lambda days: day + timedelta(days=days)), st.sampled_from(DayKind), some_spans()
    )
    days = st.one_of(some_spans(), st.just(spans("09:00-18:00")), st.just((Span(0, 1440),)), st.just(spans("22:00-03:00")))
    return Calendar(
        zone=zone,
        week=tuple(draw(st.lists(days, min_size=7, max_size=7))),
        breaks=draw(st.one_of(st.just(()), st.just(spans("12:00-13:00")), some_spans(2))),
        always_open=draw(st.integers(0, 9)) == 0,
        holidays=draw(st.sampled_from([None, "KR"])),
        special=tuple({one.date: one for one in draw(st.lists(special, max_size=3))}.values()),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Calendar | Hours, int]:
    """A calendar or hours with a past, and a midnight (of UTC) near which something happens to the clock."""
    zone = draw(st.sampled_from(sorted(ZONES)))
    day = date.fromisoformat(draw(st.sampled_from(ZONES[zone])))
    begin = as_micros(datetime.combine(day, datetime.min.time(), UTC))
    if draw(st.booleans()):
        return draw(calendars(zone, day)), begin
    moments = st.integers(0, DAYS * 96 - 1).map(lambda quarter: begin + quarter * 15 * MINUTE)
    since = sorted(draw(st.sets(moments, max_size=2)))
    overrides = []
    for when in sorted(draw(st.sets(moments, max_size=3))):
        cleared = draw(st.one_of(st.none(), st.integers(0, 200).map(lambda quarters, when=when: when + quarters * 15 * MINUTE)))
        overrides.append(Override(when, draw(st.booleans()), cleared))
    versions = (Version(when, draw(calendars(zone, day))) for when in (begin - 1, *since))
    return Hours("hrs_x", "brd_x", 1, tuple(versions), tuple(overrides)), begin


def slowly(asked: Calendar | Hours, begin: int) -> Slow:
    """The same by the minute."""
    count, margin = DAYS * 1440, 3 * 1440

    def planned(calendar: Calendar) -> list[bool]:
        return by_the_minute(calendar, begin - margin * MINUTE, count + 2 * margin)[margin:-margin]

    if isinstance(asked, Calendar):
        return Slow(begin, planned(asked))
    plan = planned(asked.versions[0].calendar)
    for version in asked.versions[1:]:
        at = (version.since - begin) // MINUTE
        plan[at:] = planned(version.calendar)[at:]
    opened = list(plan)
    for place, override in enumerate(asked.overrides):
        at = (override.since - begin) // MINUTE
        ends = [n for n in range(at + 1, count) if plan[n] is not plan[n - 1] and plan[n] is not override.open][:1]
        ends += [] if override.cleared is None else [(override.cleared - begin) // MINUTE]
        ends += [(later.since - begin) // MINUTE for later in asked.overrides[place + 1 :]]
        until = min([*ends, count])
        opened[at:until] = [override.open] * (until - at)
    return Slow(begin, opened)


Case = tuple[Calendar | Hours, int]


@given(cases(), st.data())
def test_equal_to_the_reference(case: Case, data: st.DataObject):
    asked, begin = case
    slow = slowly(*case)
    end = begin + len(slow.open) * MINUTE - 1
    assert [is_open(asked, begin + n * MINUTE) for n in range(len(slow.open))] == slow.open
    a, b = sorted(data.draw(st.tuples(*[st.integers(begin, end)] * 2)))
    assert elapsed(asked, a, b) == slow.elapsed(a, b)
    following = next((n for n in range((a - begin) // MINUTE + 1, len(slow.open)) if slow.open[n] is not slow.open[n - 1]), None)
    found = next_change(asked, a)
    if following is not None:
        assert found == begin + following * MINUTE
    else:
        assert found is None or found > end
    assert (reason(asked, a) is None) is slow.at(a)


@given(cases(), st.data())
def test_elapsed_is_additive(case: Case, data: st.DataObject):
    asked, begin = case
    near = st.integers(begin - 100 * 24 * HOUR, begin + 100 * 24 * HOUR)
    a, b, c = data.draw(st.tuples(near, near, near))
    assert elapsed(asked, a, b) + elapsed(asked, b, c) == elapsed(asked, a, c)
    assert elapsed(asked, a, b) == -elapsed(asked, b, a)
    assert 0 <= elapsed(asked, min(a, b), max(a, b)) <= abs(a - b)


@given(cases(), st.integers(0, DAYS * 24 * 60), st.integers(0, 59_999_999), st.integers(0, 2000))
def test_add_gives_the_earliest_instant_by_which_so_much_has_passed(case: Case, start: int, more: int, minutes: int):
    asked, begin = case
    a, d = begin + start * MINUTE + more, minutes * MINUTE + more % 3
    try:
        b = add(asked, a, d)
    except NeverOpens as error:
        assert elapsed(asked, a, error.after) < d
        assert elapsed(asked, error.after, error.after + 400 * 24 * HOUR) == 0
        return
    assert b >= a
    assert elapsed(asked, a, b) == d
    assert d == 0 or elapsed(asked, a, b - 1) == d - 1


@given(cases(), st.integers(-30 * 24 * 60, 30 * 24 * 60))
def test_it_changes_exactly_at_next_change(case: Case, minutes: int):
    asked, begin = case
    now = begin + minutes * MINUTE + 1
    then = next_change(asked, now)
    assume(then is not None)
    assert is_open(asked, then) is not is_open(asked, now)
    assert is_open(asked, then - 1) is is_open(asked, now)
    assert elapsed(asked, now, then) == (then - now if is_open(asked, now) else 0)
    opening = next_opening(asked, now)
    if opening is not None:
        assert is_open(asked, opening)
        assert not is_open(asked, opening - 1)
        assert opening == then or is_open(asked, now)
