"""What each part brings with it when it is imported by itself, in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest

DRIVERS = {"sqlite3", "psycopg", "redis", "sqlite_utils"}
LOOPS = {"asyncio", "anyio", "trio"}
TOOLS = {"click", "jinja2", "rich", "socket", "http", "urllib", "pytest", "hypothesis", "sortedcontainers", "holidays", "dateutil"}

MODULES = {
    "cschat": DRIVERS | LOOPS | TOOLS,
    "cschat.core.session": DRIVERS | LOOPS | TOOLS,
    "cschat.core.events": DRIVERS | LOOPS | TOOLS,
    "cschat.commands": DRIVERS | LOOPS | TOOLS,
    "cschat.queries": DRIVERS | LOOPS | TOOLS,
    "cschat.desk": DRIVERS | LOOPS | TOOLS,
    "cschat.storage.memory": DRIVERS | LOOPS | (TOOLS - {"sortedcontainers"}),
    "cschat.storage.sqlite": (DRIVERS - {"sqlite3"}) | LOOPS | {"click", "jinja2", "socket", "pytest"},
    "cschat.storage.postgres": (DRIVERS - {"psycopg"}) | {"trio", "click", "jinja2", "pytest"},
    "cschat.testing": DRIVERS | LOOPS | {"pytest", "hypothesis"},
}


def loaded(module: str) -> tuple[set[str], float]:
    """The top names of all modules that an import brings, and how many seconds it took."""
    code = (
        "import sys, time; begin = time.perf_counter(); before = {*sys.modules}; "
        f"import {module}; took = time.perf_counter() - begin; "
        "print(took, *sorted({name.partition('.')[0] for name in {*sys.modules} - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    took, *names = done.stdout.split()
    return {*names}, float(took)


@pytest.mark.parametrize("module", MODULES)
def test_a_part_brings_only_what_it_needs(module: str) -> None:
    names, took = loaded(module)
    print(f"import {module}: {took * 1000:.0f} ms")
    assert "cschat" in names
    assert names & MODULES[module] == set()
