"""The content of a store as one number, to compare stores, copies and runs.

May: read everything, in constant memory. May not: depend on where anything stands in the log.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing

import msgspec

from cschat.core.records import Record
from cschat.storage.protocol import Store

__all__ = ["content_hash"]

_encoder = msgspec.json.Encoder(order="sorted")


def content_hash(store: Store, kinds: Iterable[type[Record]]) -> str:
    """SHA-256 over canonical JSON of all events by (subject, seq) and all records of `kinds` by (kind, id); positions left out."""
    digest = hashlib.sha256()
    lines = (
        (
            event.subject,
            event.seq,
            _encoder.encode([event.brand, event.subject, event.seq, event.time, event.type, event.actor, event.cause, event.body]),
        )
        for event in store.stream_log()
    )
    with closing(sqlite3.connect("", isolation_level=None)) as sorter:  # a file that SQLite keeps for itself, once it is worth one
        sorter.execute("CREATE TABLE line (subject TEXT, seq INTEGER, line BLOB)")
        sorter.execute("BEGIN")
        sorter.executemany("INSERT INTO line VALUES (?, ?, ?)", lines)
        for (line,) in sorter.execute("SELECT line FROM line ORDER BY subject, seq"):
            digest.update(line)
    for kind in sorted(kinds, key=lambda kind: kind.kind):
        for record in store.stream(kind):
            digest.update(_encoder.encode([kind.kind, record]))
    return digest.hexdigest()
