"""What the simulation's tests share.

May: find the optional data folder beside the repository. May not: need it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

_DATA = Path(__file__).resolve().parents[2] / "../shared/data"


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Give it a file's name within the data folder; a test that asks for one that is not there is skipped."""

    def find(name: str) -> Path:
        path = _DATA / name
        if not path.exists():
            pytest.skip(f"the optional data file {name} is not here")
        return path

    return find
