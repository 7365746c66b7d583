"""Series as lines of CSV, and `cschat spikes`, run as people run it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from cschat.errors import Invalid
from cschat.stats.reading import MAX_LINE, as_slot, read_series


def lines(*rows: str | bytes) -> list[tuple[int, bytes]]:
    return [(number, row if isinstance(row, bytes) else row.encode()) for number, row in enumerate(rows, 1)]


def test_the_first_two_columns_count_whatever_their_names():
    read = list(read_series(lines("시각,문의,메모\n", "2026-03-02 09:00:00,3,x\n", "\n", "2026-03-02T09:05:00+09:00,4.5,\n")))
    assert [(line.number, line.timestamp, line.value) for line in read] == [
        (2, "2026-03-02 09:00:00", 3.0),
        (4, "2026-03-02T09:05:00+09:00", 4.5),
    ]
    assert read[1].at == datetime.fromisoformat("2026-03-02T09:05:00+09:00")


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        (["2026-03-02,3\n"], "line 1"),
        (["time,count\n", "yesterday,3\n"], "line 2: timestamp"),
        (["time,count\n", "2026-03-02,\n"], "line 2: value"),
        (["time,count\n", "2026-03-02,nan\n"], "line 2: value"),
        (["time,count\n", "2026-03-02,1e999\n"], "line 2: value"),
        (["time,count\n", "\n", "2026-03-02\n"], "line 3"),
        (["time,count\n", b"2026-03-02,\xff\n"], "line 2"),
        (["time,count\n", '2026-03-02,"3\n'], "line 2"),
        (["time,count\n", "x" * (MAX_LINE + 1)], "line 2"),
    ],
)
def test_bad_lines_name_the_line_and_the_field(rows, field):
    with pytest.raises(Invalid) as refused:
        list(read_series(lines(*rows)))
    assert (refused.value.field, refused.value.line) == (field, int(field.split(":")[0].split()[1]))


def test_the_length_of_a_slot():
    assert [as_slot(text).total_seconds() for text in ("30s", "5min", "15 m", "1h", "1d")] == [30, 300, 900, 3600, 86400]
    for bad in ("", "5", "0min", "-5min", "5 years", "five"):
        with pytest.raises(Invalid, match="slot"):
            as_slot(bad)


def cschat(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cschat.cli", "spikes", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "100"}, timeout=100)


def test_the_command(tmp_path):
    start = datetime(2026, 3, 2)  # noqa: DTZ001
    counts = [5 + slot % 3 + 90 * (slot == 1900) for slot in range(2016)]
    rows = [f"{start + timedelta(minutes=5 * slot)},{count}" for slot, count in enumerate(counts)]
    packed = tmp_path / "series.csv.gz"
    packed.write_bytes(gzip.compress(("when,how many\n" + "\n".join(rows) + "\n").encode()))

    told = cschat(packed)
    assert told.stdout.splitlines() == ["2026-03-08 14:20:00  96  (score 0.99)", "1 surges in 2,016 rows"], told.stderr

    answers = [json.loads(line) for line in cschat(packed, "--slot", "5min", "--json").stdout.splitlines()]
    assert [(one["timestamp"], one["value"]) for one in answers] == [(row.split(",")[0], float(row.split(",")[1])) for row in rows]
    assert [at for at, one in enumerate(answers) if one["spike"]] == [1900]
    assert set(answers[0]) == {"timestamp", "value", "score", "spike"}


def test_what_is_wrong_is_one_line(tmp_path):
    file = tmp_path / "series.csv"
    file.write_text("t,v\n2026-03-02,1\n2026-03-02,2\n")
    done = cschat(file)
    assert done.returncode == 1
    assert done.stderr.startswith("cschat: line 3: timestamp: ")
    assert cschat(tmp_path / "none.csv").stderr.count("\n") == 1
    assert "slot" in cschat(file, "--slot", "7min").stderr
