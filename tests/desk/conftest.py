"""What the tests of both desks share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """One SQLite file, for tests in which several desks share it."""
    return f"sqlite:///{tmp_path / 'desk.db'}?synchronous=normal"
