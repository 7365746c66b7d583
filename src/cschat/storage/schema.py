"""What state a database's schema is in, told without changing it.

May: describe. May not: open a database; each kind of store looks for itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

__all__ = ["Schema", "compared"]


@attrs.frozen
class Schema:
    """The names of the migrations that were `applied`, those still `pending`, and those that are `unknown` to this version of cschat.

    `fits`: tables, indexes and views are as the record classes want them.
    """

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    unknown: tuple[str, ...]
    fits: bool

    @property
    def current(self) -> bool:
        """Whether nothing is left to do."""
        return self.fits and not self.pending


def compared(steps: Sequence[str], done: Sequence[str], *, fits: bool) -> Schema:
    """The state of a schema that has had some of the `steps` that there are, or others."""
    known = set(steps)
    return Schema(
        tuple(name for name in steps if name in done),
        tuple(name for name in steps if name not in done),
        tuple(name for name in done if name not in known),
        fits,
    )
