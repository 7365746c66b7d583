"""Runs the Python code blocks of README.md and of the pages in docs as tests."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser


@pytest.fixture(scope="module")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty working directory for each page, so that a `support.db` it opens is new and is left nowhere."""
    with contextlib.chdir(folder := tmp_path_factory.mktemp("page")):
        yield folder


# The blocks of a page share their names and run from top to bottom, so a page must not be split over processes (pytest -n).
pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    excludes=[f"docs/howto/{app}.md" for app in ("django", "flask", "starlette")],  # whole apps: tests/examples runs what they show
    fixtures=["own_folder"],
).pytest()
