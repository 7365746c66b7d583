"""Scenarios that are ready to use, in Korean and English.

May: hold scenarios and give them by name. May not: run them. `docs/howto/bots.md` says what each does and which host actions it needs.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from cschat.bots.format import load
from cschat.bots.scenario import Scenario
from cschat.errors import NotFound

__all__ = ["names", "scenario"]


@cache
def names() -> tuple[str, ...]:
    """The names of all scenarios of the library."""
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files("cschat.bots.library").iterdir() if file.name.endswith(".yaml")))


@cache
def scenario(name: str) -> Scenario:
    """A scenario of the library; to be published as it is, or to start your own from. `NotFound` if there is none of that name."""
    if name not in names():
        raise NotFound(f"the library has no scenario {name}", kind="scenario", id=name)
    return load((files("cschat.bots.library") / f"{name}.yaml").read_text("utf-8"))
