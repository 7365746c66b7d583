"""The optional data of others, for tests that are run against it in place.

May: find the optional data folder beside the repository. May not: need it.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

_DATA = Path(__file__).resolve().parents[1] / "../shared/data"


@pytest.fixture(scope="session")
def folder() -> Callable[[str], Path]:
    """Give it the name of a folder within the data folder; a test that asks for one that is not there is skipped."""

    def find(name: str) -> Path:
        path = _DATA / name
        if not path.is_dir():
            pytest.skip(f"the optional data folder {name} is not here")
        return path

    return find


Rows = list[dict[str, str]]


@pytest.fixture(scope="session")
def table() -> Callable[[str], Rows]:
    """Give it the name of a .csv.gz or .jsonl.gz file within the data folder; a test that asks for one that is not there is skipped."""

    def read(name: str) -> Rows:
        path = _DATA / name
        if not path.exists():
            pytest.skip(f"the optional data file {name} is not here")
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file)) if ".csv" in name else [json.loads(line) for line in file]

    return read
