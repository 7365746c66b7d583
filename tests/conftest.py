"""The desks that tests run on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.needs import empty, postgres_schema
from tests.office import Office

from cschat import Desk
from cschat.core.clock import FakeClock

# On a busy machine a slow example is no failure.
settings.register_profile("cschat", deadline=None)
settings.load_profile("cschat")


_ON_TWO_STORES = ("tests/commands/", "tests/routing/test_handing_out.py", "tests/rules/test_desk.py", "tests/test_access.py")
"""What each command and each rule does is asked many hundred times. Two stores answer each time; PostgreSQL is asked at random, by
`tests/storage/test_model.py`, unless CSCHAT_EVERY_STORE is set.
"""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("CSCHAT_EVERY_STORE"):
        return
    left_out = {item for item in items if item.nodeid.startswith(_ON_TWO_STORES) and "postgres" in _params(item)}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def _params(item: pytest.Item) -> tuple[object, ...]:
    return tuple(item.callspec.params.values()) if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ()


@pytest.fixture(scope="session")
def postgres_desk() -> Iterator[str]:
    """A schema that the desks of one test run share, one after the other."""
    with postgres_schema() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_desk: str) -> str:
    """An empty store on PostgreSQL."""
    empty(postgres_desk)
    return postgres_desk


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store of each kind."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'desk.db'}?synchronous=normal"


@pytest.fixture(params=["sqlite", "postgres"])
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store that several processes may open."""
    return str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture
def office(url: str) -> Iterator[Office]:
    """A desk with people in it, on each store."""
    clock = FakeClock()
    with Desk.open(url, clock=clock, seed=1) as desk:
        yield Office.on(desk, clock)


@pytest.fixture
def memory_office() -> Iterator[Office]:
    """The same in memory only, for rules that no store can change."""
    clock = FakeClock()
    with Desk.open("memory:", clock=clock, seed=1) as desk:
        yield Office.on(desk, clock)
