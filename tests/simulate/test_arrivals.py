from __future__ import annotations

import csv
import gzip
import math
import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cschat.core.times import as_micros
from cschat.errors import Invalid
from cschat.simulate.arrivals import MAX_PER_SLOT, from_file, poisson, thinned

SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")
MINUTE = 60_000_000
HOUR = 60 * MINUTE
START = as_micros(datetime(2026, 3, 2, 9, tzinfo=SEOUL))


def utc(text: str) -> int:
    return as_micros(datetime.fromisoformat(text).replace(tzinfo=UTC))


def write(path: Path, *rows: str, header: str = "local_time,calls") -> Path:
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def slots(arrivals: list[int], begins: int, length: int) -> Counter[int]:
    return Counter((arrival - begins) // length for arrival in arrivals)


class TestPoisson:
    def test_has_the_mean_and_the_spread_of_its_law(self) -> None:
        # 40 an hour for 5,000 hours: counts an hour have mean and variance 40; gaps are exponential. The seed is fixed.
        arrivals = list(poisson(40, START, Random(1), end=START + 5000 * HOUR))
        assert len(arrivals) == pytest.approx(200_000, rel=0.01)
        an_hour = slots(arrivals, START, HOUR)
        assert sum((an_hour[hour] - 40) ** 2 for hour in range(5000)) / 5000 == pytest.approx(40, rel=0.06)
        gaps = [later - earlier for earlier, later in pairwise(arrivals)]
        assert sum(gap > HOUR / 40 for gap in gaps) / len(gaps) == pytest.approx(math.exp(-1), rel=0.01)

    @given(rate=st.floats(1e-3, 1e13), seed=st.integers(), start=st.integers(-(10**15), 10**16), span=st.integers(0, 10**12))
    def test_never_goes_back_nor_past_its_end(self, rate: float, seed: int, start: int, span: int) -> None:
        arrivals = list(islice(poisson(rate, start, Random(seed), end=start + span), 200))
        assert arrivals == sorted(arrivals)
        assert all(start <= arrival < start + span for arrival in arrivals)
        unending = islice(poisson(rate, start, Random(seed)), len(arrivals))
        assert list(unending) == arrivals

    def test_many_in_a_microsecond_keep_the_rate(self) -> None:
        arrivals = list(poisson(10 * HOUR, 0, Random(2), end=1000))  # ten in every microsecond
        assert len(arrivals) == pytest.approx(10_000, rel=0.05)

    @pytest.mark.parametrize("rate", [0, -1, math.inf, math.nan])
    def test_refuses_a_rate_that_is_none(self, rate: float) -> None:
        with pytest.raises(Invalid) as caught:
            poisson(rate, START, Random(1))
        assert caught.value.field == "rate_per_hour"


class TestThinned:
    @given(st.lists(st.integers()), st.floats(0, 1), st.integers())
    def test_keeps_some_in_their_order(self, arrivals: list[int], share: float, seed: int) -> None:
        places = list(thinned(range(len(arrivals)), share, Random(seed)))
        assert places == sorted(set(places))
        assert [arrivals[place] for place in places] == list(thinned(arrivals, share, Random(seed)))

    def test_keeps_the_share(self) -> None:
        assert sum(1 for _ in thinned(range(100_000), 0.3, Random(3))) == pytest.approx(30_000, rel=0.02)

    def test_keeps_all_or_none_at_the_ends(self) -> None:
        assert list(thinned([1, 2, 3], 1, Random(3))) == [1, 2, 3]
        assert list(thinned([1, 2, 3], 0, Random(3))) == []

    @pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
    def test_refuses_what_is_no_share(self, share: float) -> None:
        with pytest.raises(Invalid) as caught:
            thinned([1], share, Random(1))
        assert caught.value.field == "share"


class TestFile:
    @settings(deadline=None)  # as long as the machine likes to write a file
    @given(counts=st.lists(st.integers(0, 30), min_size=2, max_size=20), seed=st.integers())
    def test_every_slot_has_its_count(self, tmp_path_factory: pytest.TempPathFactory, counts: list[int], seed: int) -> None:
        begins = datetime(2026, 3, 2, 9)  # noqa: DTZ001 - local, as the file has it
        rows = [f"{(begins + n * timedelta(minutes=15)).isoformat()},{count}" for n, count in enumerate(counts)]
        path = write(tmp_path_factory.mktemp("slots") / "counts.csv", *rows)
        arrivals = list(from_file(path, zone=SEOUL, rng=Random(seed)))
        assert arrivals == sorted(arrivals)
        assert slots(arrivals, START, 15 * MINUTE) == Counter({n: count for n, count in enumerate(counts) if count})
        assert arrivals == list(from_file(path, zone=SEOUL, rng=Random(seed)))

    def test_arrivals_are_spread_evenly_over_the_slot(self, tmp_path: Path) -> None:
        path = write(tmp_path / "counts.csv", "2026-03-02T09:00,100000", "2026-03-02T10:00,0")
        tenths = slots(list(from_file(path, zone=SEOUL, rng=Random(4))), START, 6 * MINUTE)
        assert [tenths[n] for n in range(10)] == pytest.approx([10_000] * 10, rel=0.04)

    def test_the_smallest_step_is_the_slot(self, tmp_path: Path) -> None:
        # Two mornings: the night between them is no slot, and the step that counts may come last.
        rows = ["2026-03-02T09:00,50", "2026-03-02T10:00,50", "2026-03-03T09:00,50", "2026-03-03T09:20,50"]
        for more in ([], ["2026-03-03T10:00,50"]):
            path = write(tmp_path / "counts.csv", *rows, *more)
            arrivals = list(from_file(path, zone=SEOUL, rng=Random(5)))
            assert slots(arrivals, START, 20 * MINUTE) == {0: 50, 3: 50, 72: 50, 73: 50} | ({75: 50} if more else {})

    def test_a_slot_ends_where_the_next_begins(self, tmp_path: Path) -> None:
        path = write(tmp_path / "counts.csv", "2026-03-02T09:00:00.000000,50", "2026-03-02T09:00:00.000001,50")
        assert list(from_file(path, zone=SEOUL, rng=Random(5))) == [START] * 50 + [START + 1] * 50

    def test_only_rows_that_begin_within_start_and_end(self, tmp_path: Path) -> None:
        path = write(tmp_path / "counts.csv", *(f"2026-03-02T{hour:02}:00,{hour}" for hour in range(8, 14)))
        at = START + HOUR  # 10:00
        for start, end, hours in [(at, at + 2 * HOUR, [10, 11]), (at + 1, at + 2 * HOUR + 1, [11, 12]), (None, at, [8, 9]), (at, at, [])]:
            arrivals = list(from_file(path, zone=SEOUL, start=start, end=end, rng=Random(6)))
            assert slots(arrivals, START - 9 * HOUR, HOUR) == {hour: hour for hour in hours}

    def test_how_a_file_may_be_written(self, tmp_path: Path) -> None:
        text = '\ufeff"시각","건수, 전체"\r\n2026-03-02 09:00, 2\r\n\r\n"2026-03-02T09:30:00","3"'
        path = tmp_path / "counts.csv.gz"
        path.write_bytes(gzip.compress(text.encode()))
        assert slots(list(from_file(path, zone=SEOUL, rng=Random(7))), START, 30 * MINUTE) == {0: 2, 1: 3}

    def test_a_skipped_hour_is_the_hour_after(self, tmp_path: Path) -> None:
        # In New York 2026-03-08 has no 02:00 to 03:00: what a file says of it falls together with 03:00 to 04:00.
        hours = [f"2026-03-08T{hour:02}:{minute},{10 * hour + minute // 30}" for hour in range(1, 5) for minute in (10, 40)]
        path = write(tmp_path / "counts.csv", *hours)
        arrivals = list(from_file(path, zone=NEW_YORK, rng=Random(8)))
        assert arrivals == sorted(arrivals)
        ten_past_one = utc("2026-03-08T06:10")
        assert slots(arrivals, ten_past_one, 30 * MINUTE) == {0: 10, 1: 11, 2: 50, 3: 52, 4: 40, 5: 41}

    def test_the_end_may_lie_among_rows_of_a_skipped_hour(self, tmp_path: Path) -> None:
        # 02:40 is 03:40 and not before the end; 03:10, further down, is before it.
        path = write(tmp_path / "counts.csv", *(f"2026-03-08T{time},{n}" for n, time in enumerate(["02:10", "02:40", "03:10", "03:40"], 1)))
        arrivals = list(from_file(path, zone=NEW_YORK, end=utc("2026-03-08T07:40"), rng=Random(8)))
        assert slots(arrivals, utc("2026-03-08T07:10"), 30 * MINUTE) == {0: 1 + 3}

    def test_a_skipped_day_is_the_day_after(self, tmp_path: Path) -> None:
        # Samoa went over the date line and had no 2011-12-30.
        path = write(tmp_path / "counts.csv", "2011-12-29,10", "2011-12-30,20", "2011-12-31,30", "2012-01-01,40")
        arrivals = list(from_file(path, zone=ZoneInfo("Pacific/Apia"), rng=Random(9)))
        assert arrivals == sorted(arrivals)
        assert slots(arrivals, utc("2011-12-29T10:00"), 24 * HOUR) == {0: 10, 1: 50, 2: 40}

    def test_a_doubled_hour_is_its_first_showing(self, tmp_path: Path) -> None:
        # In New York 2026-11-01 has 01:00 to 02:00 twice.
        path = write(tmp_path / "counts.csv", *(f"2026-11-01T{hour:02}:00,{hour}" for hour in range(4)))
        arrivals = list(from_file(path, zone=NEW_YORK, rng=Random(10)))
        assert slots(arrivals, utc("2026-11-01T04:00"), HOUR) == {1: 1, 3: 2, 4: 3}

    @settings(deadline=None)  # as long as the machine likes to write a file
    @given(
        steps=st.lists(st.tuples(st.integers(1, 8), st.integers(0, 5)), min_size=2, max_size=40),
        day=st.sampled_from(["2026-03-07T20:00", "2026-10-31T20:00"]),
        seed=st.integers(),
    )
    def test_arrivals_never_go_back_whatever_the_clock_does(
        self, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int]], day: str, seed: int
    ) -> None:
        local, rows = datetime.fromisoformat(day), []
        for step, count in steps:
            local += timedelta(minutes=20 * step)
            rows.append(f"{local.isoformat()},{count}")
        path = write(tmp_path_factory.mktemp("summer") / "counts.csv", *rows)
        arrivals = list(from_file(path, zone=NEW_YORK, rng=Random(seed)))
        assert arrivals == sorted(arrivals)
        assert len(arrivals) == sum(count for _, count in steps)

    def test_no_more_memory_for_more_days(self, tmp_path: Path) -> None:
        def peak(days: int) -> int:
            first = datetime(2026, 3, 2)  # noqa: DTZ001 - local, as the file has it
            rows = (f"{(first + timedelta(hours=hour)).isoformat()},200" for hour in range(24 * days))
            path = write(tmp_path / f"{days}.csv", *rows)
            tracemalloc.start()
            try:
                assert sum(1 for _ in from_file(path, zone=SEOUL, rng=Random(1))) == 24 * days * 200
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        peak(1)  # what the first call loads for good is not to be counted
        # 40 days held together would be 7 MB; the margin is for what other threads of the test runner allocate meanwhile.
        assert peak(40) < peak(4) + 500_000


ROW = "2026-03-02T09:00,1"
BAD: dict[str, tuple[str, str, str]] = {
    "one column": ("2026-03-02T09:05", "", "has 1 column"),
    "three columns": ("2026-03-02T09:05,1,2", "", "has 3 columns"),
    "semicolons": ("2026-03-02T09:05;1", "", "has 1 column"),
    "a quote left open": ('"2026-03-02T09:05,1', "", "is not CSV"),
    "no time": ("nine,1", "local time", "is 'nine'"),
    "no such day": ("2026-02-30T09:05,1", "local time", "is '2026-02-30T09:05'"),
    "an offset": ("2026-03-02T09:05+09:00,1", "local time", "is '2026-03-02T09:05+09:00'"),
    "an instant in UTC": ("2026-03-02T09:05Z,1", "local time", "is '2026-03-02T09:05Z'"),
    "the same time": ("2026-03-02T09:00:00,1", "local time", "is not after the row before"),
    "an earlier time": ("2026-03-01T09:05,1", "local time", "is not after the row before"),
    "no count": ("2026-03-02T09:05,", "count", "is ''"),
    "a word as count": ("2026-03-02T09:05,many", "count", "is 'many'"),
    "a negative count": ("2026-03-02T09:05,-1", "count", "is '-1'"),
    "half a customer": ("2026-03-02T09:05,1.5", "count", "is '1.5'"),
    "digits of another script": ("2026-03-02T09:05,٣", "count", "is '٣'"),
    "a thousands separator": ('2026-03-02T09:05,"1,000"', "count", "is '1,000'"),
    "too many": ("2026-03-02T09:05,1000001", "count", "is '1000001'"),
    "a number without end": ("2026-03-02T09:05," + "9" * 5000, "count", "is '9999"),
}


class TestBadFile:
    def refusal(self, path: Path) -> Invalid:
        with pytest.raises(Invalid) as caught:
            from_file(path, zone=SEOUL, rng=Random(1))  # not iterated: the whole file is checked before the first arrival
        return caught.value

    @pytest.mark.parametrize("name", BAD)
    def test_a_bad_row_is_refused_by_line_and_column(self, tmp_path: Path, name: str) -> None:
        row, column, why = BAD[name]
        path = write(tmp_path / "counts.csv", "", ROW, row)
        error = self.refusal(path)
        assert error.field == (f"line 4: {column}" if column else "line 4")
        assert why in error.reason
        assert (error.line, error.path) == (4, str(path))

    def test_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        path = tmp_path / "counts.csv"
        path.write_bytes(f"time,count\n{ROW}\n".encode() + "시각".encode("cp949"))
        error = self.refusal(path)
        assert (error.field, error.reason) == ("line 3", "is not UTF-8 (byte 1)")

    def test_the_largest_count_that_may_be(self, tmp_path: Path) -> None:
        path = write(tmp_path / "counts.csv", ROW, f"2026-03-02T09:05,{MAX_PER_SLOT}")
        from_file(path, zone=SEOUL, rng=Random(1))

    def test_a_header_left_out(self, tmp_path: Path) -> None:
        error = self.refusal(write(tmp_path / "counts.csv", "2026-03-02T09:05,1", header=ROW))
        assert str(error) == "line 1: is a row where the header should be (allowed: the two columns' names)"

    @pytest.mark.parametrize("rows", [[], [ROW]], ids=["no row", "one row"])
    def test_too_few_rows_to_know_the_slot(self, tmp_path: Path, rows: list[str]) -> None:
        path = write(tmp_path / "counts.csv", *rows)
        assert str(self.refusal(path)) == f"{path}: has fewer than two rows, so the length of a slot is unknown"

    def test_a_file_cut_short_or_missing(self, tmp_path: Path) -> None:
        path = tmp_path / "counts.csv.gz"
        path.write_bytes(gzip.compress(f"time,count\n{ROW}\n".encode())[:-4])
        assert self.refusal(path).reason == "the file is cut short"
        assert self.refusal(tmp_path / "none.csv").reason == "there is no such file"

    def test_a_bad_row_outside_start_and_end_is_bad_all_the_same(self, tmp_path: Path) -> None:
        path = write(tmp_path / "counts.csv", ROW, "2026-03-02T10:00,1", "2026-03-02T11:00,x")
        with pytest.raises(Invalid, match="line 4: count"):
            from_file(path, zone=SEOUL, start=START, end=START + HOUR, rng=Random(1))


def test_the_calls_of_a_bank(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("contact-centre/bank_calls_5min.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = [(datetime.fromisoformat(local), int(count)) for local, count in list(csv.reader(file))[1:]]
    day = datetime(2003, 4, 14)  # noqa: DTZ001 - a Monday in summer time, local as the file has it
    wanted = [(local, count) for local, count in rows if day <= local < day + timedelta(days=1)]
    start = as_micros(day.replace(tzinfo=NEW_YORK))
    arrivals = list(from_file(path, zone=NEW_YORK, start=start, end=start + 24 * HOUR, rng=Random(11)))
    assert arrivals == sorted(arrivals)
    assert slots(arrivals, start, 5 * MINUTE) == {(local - day) // timedelta(minutes=5): count for local, count in wanted}
    assert len(wanted) == 169
    assert sum(count for _, count in rows) == 3_547_909
