"""Names of a package whose modules are loaded when one of their names is first used.

May: load. May not: import anything of ours.

A desk has many commands and queries, and a program uses a few subjects of them: `import cschat` loads none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

__all__ = ["loader"]


def loader(package: str, homes: Mapping[str, Sequence[str]], lists: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """The `__getattr__` of a package. `homes` are its modules and their names; `lists` are names for several of these at once."""
    home_of = {name: module for module, names in homes.items() for name in names}

    def load(name: str) -> Any:
        found: Any
        if name in home_of:
            found = getattr(import_module(f"{package}.{home_of[name]}"), name)
        elif name in lists:
            found = tuple(getattr(sys.modules[package], one) for one in lists[name])
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(sys.modules[package], name, found)
        return found

    return load
