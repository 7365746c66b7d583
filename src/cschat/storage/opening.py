"""From a URL to a store, or to what is known of one without opening it.

May: choose a backend, importing no other. May not: open anything yet; a store opens its database when it is first used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit

from cschat.core.records import Record
from cschat.errors import Invalid, MissingExtra
from cschat.storage.protocol import Store
from cschat.storage.schema import Schema

__all__ = ["file_of", "open_store", "postgres_of", "schema_of"]

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
    if parts.scheme == "postgresql":
        conninfo, schema = postgres_of(parts)
        from cschat.storage.postgres import PostgresStore

        return PostgresStore(conninfo, kinds=kinds, schema=schema)
    path, durable = _sqlite(url)
    from cschat.storage.sqlite import SqliteStore

    return SqliteStore(path, kinds=kinds, durable=durable)


def file_of(url: str) -> Path | None:
    """The file of a URL that names one; None for other stores."""
    return _sqlite(url)[0] if urlsplit(url).scheme == "sqlite" else None


def schema_of(url: str, kinds: Sequence[type[Record]]) -> Schema:
    """What state the schema of a store is in; nothing is changed, and nothing created. A store in memory needs none."""
    parts = urlsplit(url)
    if parts.scheme == "memory":
        return Schema((), (), (), fits=True)
    if parts.scheme == "postgresql":
        conninfo, schema = postgres_of(parts)
        from cschat.storage.postgres_schema import schema_of_database

        return schema_of_database(conninfo, kinds, schema)
    path, _durable = _sqlite(url)
    from cschat.storage.migrations import schema_of_file

    return schema_of_file(path, kinds)


def _sqlite(url: str) -> tuple[Path, bool]:
    """The file, and whether its commits survive a power cut."""
    parts = urlsplit(url)
    if parts.scheme != "sqlite":
        raise Invalid(field="url", reason=f"there is no store for {parts.scheme or url!r}", allowed=_URLS)
    path = unquote(parts.path.removeprefix("/"))
    options = parse_qs(parts.query)
    synchronous = options.pop("synchronous", ["full"])[-1].lower()
    if parts.netloc or not path or options or synchronous not in ("full", "normal"):
        raise Invalid(field="url", reason=f"{url!r} names no SQLite file", allowed=_URLS[1:4])
    return Path(path), synchronous == "full"


def postgres_of(parts: SplitResult) -> tuple[str, str | None]:
    """What libpq is told, and the schema. All that libpq knows may stand in the URL; `schema` is ours."""
    options = parse_qsl(parts.query, keep_blank_values=True)
    schemas = [value for name, value in options if name == "schema"]
    schema = schemas[-1] if schemas else None
    if schema is not None and not re.fullmatch(r"[a-z_][a-z0-9_]{0,49}", schema):
        raise Invalid(field="url", reason=f"{schema!r} is no schema", allowed=["a-z, 0-9 and _, at most 50 letters"])
    if find_spec("psycopg") is None:
        raise MissingExtra('PostgreSQL needs psycopg: pip install "cschat[postgres]"', extra="postgres")
    return parts._replace(query=urlencode([option for option in options if option[0] != "schema"], quote_via=quote)).geturl(), schema
