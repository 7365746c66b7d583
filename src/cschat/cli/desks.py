"""What several commands need: a desk on a store that is there, and a period.

May: open and read. May not: print.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from cschat import queries as q
from cschat.desk import Desk
from cschat.errors import Invalid

__all__ = ["existing_desk", "period"]


@contextmanager
def existing_desk(store: str, brand: str) -> Generator[Desk]:
    """A desk on a store that is there: a slip of the pen must not make a new file."""
    path = store.removeprefix("sqlite:///").partition("?")[0]
    if path != store and not Path(path).exists():
        raise Invalid(field="store", reason=f"there is no file {path}")
    with Desk.open(store, brand=brand) as desk:
        yield desk


def period(desk: Desk, start: str | None, end: str | None) -> dict[str, datetime]:
    """The options --from and --to as `start` and `end`, in the brand's zone; what is not given is left out."""
    zone = ZoneInfo(desk.ask(q.GetBrand()).zone)
    found: dict[str, datetime] = {}
    for name, option, text in (("start", "from", start), ("end", "to", end)):
        if text is None:
            continue
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise Invalid(field=option, reason=f"{text!r} is no ISO time", allowed=["2026-03-02", "2026-03-02T09:00"]) from error
        found[name] = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return found
