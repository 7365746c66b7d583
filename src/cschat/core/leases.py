"""Who of several processes does a work that one alone should do.

May: decide whether somebody may go on. May not: read the clock or write (`door` does).

A lease saves work, it does not make it safe: what is done under one reads what it acts on in the transaction that writes. So a process that
was stopped for longer than its lease does no harm when it wakes, even if its clock is wrong.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from cschat.core.records import Index
from cschat.core.times import SECOND, Micros

__all__ = ["CLOCKS", "LEASE_SECONDS", "Lease", "held"]

CLOCKS = "clocks"
"""The work of seeing to the clocks of sessions and to timers."""
LEASE_SECONDS = 10
"""After how long the work of a process that has died is taken over."""


class Lease(Struct, frozen=True):
    """Until `until`, the process `holder` does what the lease is for."""

    kind: ClassVar[str] = "lease"
    prefix: ClassVar[str] = "lse"
    indexes: ClassVar[tuple[Index, ...]] = ()

    id: str
    holder: str
    until: Micros
    brand: str = ""

    @staticmethod
    def id_of(work: str) -> str:
        """The id of the lease on a work."""
        return f"{Lease.prefix}_{work}"


def held(present: Lease | None, work: str, holder: str, now: Micros) -> Lease | None:
    """The lease as it is, renewed or taken over, if this process may go on; None if another has it.

    One that reaches further into the future than any should was written by a clock that is wrong, and counts for nothing.
    """
    whole = LEASE_SECONDS * SECOND
    if present is not None and now < present.until <= now + 2 * whole:
        if present.holder != holder:
            return None
        if present.until - now > whole // 2:
            return present
    return Lease(Lease.id_of(work), holder, now + whole)
