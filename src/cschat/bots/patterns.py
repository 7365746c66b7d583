"""Regular expressions from scenarios, on an engine whose time grows with the text and no faster (RE2), with bounded memory.

May: compile and match. May not: fall back to an engine that backtracks.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cschat.errors import MissingExtra, ScenarioError

__all__ = ["MAX_PATTERN", "Pattern", "pattern"]

MAX_PATTERN = 1000
MAX_MEMORY = 1 << 20
"""Bytes that one pattern may take."""
MAX_VALUE = 5000
"""Letters that are matched; a longer value fits no pattern."""


class Pattern:
    """A regular expression that a whole value must match."""

    __slots__ = ("_compiled", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._compiled = _compiled(text)

    def fits(self, value: str) -> bool:
        """Whether the whole value matches."""
        if len(value) > MAX_VALUE:
            return False
        try:
            return self._compiled.fullmatch(value) is not None
        except (UnicodeError, ValueError):
            return False  # half a letter: no text


@lru_cache(maxsize=1024)
def pattern(text: str) -> Pattern:
    """The pattern of a text. `ScenarioError` if it is none, or has what RE2 leaves out: look-around and back-references."""
    return Pattern(text)


def _compiled(text: str) -> Any:
    try:
        import re2  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as error:
        raise MissingExtra('patterns need google-re2: pip install "cschat[bots]"', extra="bots") from error
    if len(text) > MAX_PATTERN:
        raise ScenarioError(reason=f"a pattern has at most {MAX_PATTERN} letters, not {len(text)}")
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    try:
        return re2.compile(text, options=options)
    except (re2.error, ValueError, UnicodeError) as error:
        told = error.args[0] if error.args else error
        words = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
        raise ScenarioError(
            reason=f"the pattern {text[:80]!r} cannot be used: {words} (look-around and back-references are not part of it)"
        ) from error
