"""What statistics keep beside the facts: how far they have followed the log, and the cells.

May: hold that. May not: follow the log (`folding` does), or look into a cell (`cells` does).
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from cschat.core.records import Index
from cschat.core.times import Micros

__all__ = ["Cell", "Folded"]


class Folded(Struct, frozen=True):
    """The facts and cells of the store hold what is in the log up to `position`.

    `writes` counts what was written to them: who has prepared a write looks whether another came before. Until `leased` the `holder` is at
    it. `layout` names what the cells look like. The brands in `stale` are to be made anew: until then their reports are answered from
    events.
    """

    kind: ClassVar[str] = "folded"
    prefix: ClassVar[str] = "fld"
    indexes: ClassVar[tuple[Index, ...]] = ()
    id_of_all: ClassVar[str] = "fld_all"

    id: str = "fld_all"
    brand: str = ""
    position: int = 0
    writes: int = 0
    leased: Micros = 0
    layout: str = ""
    stale: tuple[str, ...] = ()
    holder: str = ""


class Cell(Struct, frozen=True, gc=False):
    """One cell. `begin` is the instant at which its period begins, `value` that of the dimension ("": none), `data` the packed numbers."""

    kind: ClassVar[str] = "cell"
    prefix: ClassVar[str] = "cel"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "table", "begin")),)

    id: str
    brand: str
    table: str
    begin: Micros
    value: str
    data: bytes

    @staticmethod
    def id_of(brand: str, table: str, begin: Micros, value: str) -> str:
        """The id of a cell."""
        return f"{Cell.prefix}_{brand}/{table}/{begin}/{value}"
