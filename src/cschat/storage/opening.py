"""From a URL to a store.

May: choose a backend, importing no other. May not: open anything yet; a store opens its database when it is first used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit

from cschat.core.records import Record
from cschat.errors import Invalid, MissingExtra
from cschat.storage.protocol import Store

__all__ = ["open_store"]

_URLS = (
    *("memory:", "sqlite:///file.db", "sqlite:////absolute/file.db", "sqlite:///file.db?synchronous=normal"),
    *("postgresql://user@host/database", "postgresql://user@host/database?schema=name"),
)


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
            raise Invalid(field="url", reason=f"{url!r} names no SQLite file", allowed=_URLS[1:4])
        from cschat.storage.sqlite import SqliteStore

        return SqliteStore(Path(path), kinds=kinds, durable=synchronous == "full")
    if parts.scheme == "postgresql":
        return _postgres(parts, kinds)
    raise Invalid(field="url", reason=f"there is no store for {parts.scheme or url!r}", allowed=_URLS)


def _postgres(parts: SplitResult, kinds: Sequence[type[Record]]) -> Store:
    """All that libpq knows may stand in the URL; `schema` is ours."""
    options = parse_qsl(parts.query, keep_blank_values=True)
    schema = dict(options).get("schema")
    if schema is not None and not re.fullmatch(r"[a-z_][a-z0-9_]{0,49}", schema):
        raise Invalid(field="url", reason=f"{schema!r} is no schema", allowed=["a-z, 0-9 and _, at most 50 letters"])
    url = parts._replace(query=urlencode([option for option in options if option[0] != "schema"], quote_via=quote)).geturl()
    try:
        from cschat.storage.postgres import PostgresStore
    except ModuleNotFoundError as error:
        raise MissingExtra('PostgreSQL needs psycopg: pip install "cschat[postgres]"', extra="postgres") from error
    return PostgresStore(url, kinds=kinds, schema=schema)
