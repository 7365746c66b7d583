"""From a URL to a store.

May: choose a backend, importing no other. May not: open anything yet; a store opens its database when it is first used.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from cschat.core.records import Record
from cschat.errors import Invalid
from cschat.storage.protocol import Store

__all__ = ["open_store"]

_URLS = ("memory:", "sqlite:///file.db", "sqlite:////absolute/file.db", "sqlite:///file.db?synchronous=normal")


def open_store(url: str, kinds: Sequence[type[Record]]) -> Store:
    """The store of a URL. `Invalid` if there is no such kind of store."""
    parts = urlsplit(url)
    if parts.scheme == "memory":
        from cschat.storage.memory import MemoryStore

        return MemoryStore()
    if parts.scheme == "sqlite":
        path = unquote(parts.path.removeprefix("/"))
        options = parse_qs(parts.query)
        synchronous = options.pop("synchronous", ["full"])[-1].lower()
        if parts.netloc or not path or options or synchronous not in ("full", "normal"):
            raise Invalid(field="url", reason=f"{url!r} names no SQLite file", allowed=_URLS[1:])
        from cschat.storage.sqlite import SqliteStore

        return SqliteStore(Path(path), kinds=kinds, durable=synchronous == "full")
    raise Invalid(field="url", reason=f"there is no store for {parts.scheme or url!r}", allowed=_URLS)
