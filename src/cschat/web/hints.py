"""The types of what is asked and answered.

May: resolve annotations. May not: load a part that is not installed.

Some modules name classes of parts that only who asks for them should load (numpy, the bots); their annotations are resolved here.
"""

from __future__ import annotations

import builtins
import sys
from functools import cache
from importlib import import_module
from typing import Any, get_type_hints

__all__ = ["hints_of"]

_PARTS = ("cschat.bots.candidates", "cschat.bots.journey", "cschat.stats.causes", "cschat.stats.cells", "cschat.stats.signals")


@cache
def hints_of(thing: Any) -> dict[str, Any]:
    """The annotations of a class or a function."""
    return get_type_hints(thing, localns=_Names(sys.modules[thing.__module__]), include_extras=True)


class _Names(dict[str, Any]):
    """Names that a module imports for type checkers alone."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self._module = module

    def __missing__(self, name: str) -> Any:
        if hasattr(self._module, name) or hasattr(builtins, name):
            raise KeyError(name)
        for part in _PARTS:
            try:
                return getattr(import_module(part), name)
            except (AttributeError, ImportError):
                continue
        return Any
