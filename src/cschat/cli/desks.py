"""What several commands need: a desk on a store that is there, times as people write them, a progress bar.

May: open and read. May not: know any one command.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cschat import queries as q
from cschat.desk import Desk
from cschat.errors import Invalid

if TYPE_CHECKING:  # rich is loaded where there is a terminal
    from rich.progress import Progress

__all__ = ["bar", "existing_desk", "moment_of", "period", "zone_of"]


@contextmanager
def existing_desk(store: str, brand: str) -> Generator[Desk]:
    """A desk on a store that is there: a slip of the pen must not make a new file."""
    path = store.removeprefix("sqlite:///").partition("?")[0]
    if path != store and not Path(path).exists():
        raise Invalid(field="store", reason=f"there is no file {path}")
    with Desk.open(store, brand=brand) as desk:
        yield desk


def zone_of(name: str) -> ZoneInfo:
    """The zone that an option names."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Invalid(field="zone", reason=f"{name!r} is no time zone", allowed=["Asia/Seoul", "UTC"]) from error


def moment_of(text: str, zone: ZoneInfo, option: str) -> datetime:
    """The ISO time that an option says, in a zone if it has no offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(field=option, reason=f"{text!r} is no ISO time", allowed=["2026-03-02", "2026-03-02T09:00"]) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def period(desk: Desk, start: str | None, end: str | None) -> dict[str, datetime]:
    """The options --from and --to as `start` and `end`, in the brand's zone; what is not given is left out."""
    zone = ZoneInfo(desk.ask(q.GetBrand()).zone)
    asked = (("start", "from", start), ("end", "to", end))
    return {name: moment_of(text, zone, option) for name, option, text in asked if text is not None}


@contextmanager
def bar(*columns: str, quiet: bool) -> Generator[Progress | None]:
    """A progress bar on a terminal, if rich is installed; None in a pipe, or where it is to be quiet.

    `columns` are texts with what rich knows of a task; a bar stands after the first, the time at the end.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    except ImportError:
        yield None
        return
    first, *others = (TextColumn(column) for column in columns)
    with Progress(first, BarColumn(), *others, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as progress:
        yield progress
