"""The content of a store as one number, to compare stores, copies and runs.

May: read everything, in constant memory. May not: depend on where anything stands in the log.
"""

from __future__ import annotations

import hashlib
import heapq
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from cschat.core.records import Record
from cschat.storage.protocol import Store

__all__ = ["content_hash"]

_Line = tuple[str, int, bytes]
_RUN = 50_000
"""How many lines are sorted in memory at once."""
_BLOCK = 500
"""How many of each sorted run are in memory when the runs are merged."""
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
    for _subject, _seq, line in _sorted(lines):
        digest.update(line)
    for kind in sorted(kinds, key=lambda kind: kind.kind):
        for record in store.stream(kind):
            digest.update(_encoder.encode([kind.kind, record]))
    return digest.hexdigest()


def _sorted(lines: Iterator[_Line]) -> Iterator[_Line]:
    """All lines in order; sorted runs of them lie in a file until they are merged."""
    decode = msgspec.msgpack.Decoder(list[_Line]).decode
    with tempfile.TemporaryFile() as file:

        def lies(run: list[tuple[int, int]]) -> Iterator[_Line]:
            for start, length in run:
                file.seek(start)
                yield from decode(file.read(length))

        runs = []
        while some := sorted(islice(lines, _RUN)):
            blocks = (msgspec.msgpack.encode(some[start : start + _BLOCK]) for start in range(0, len(some), _BLOCK))
            runs.append([(file.tell(), file.write(block)) for block in blocks])
        yield from heapq.merge(*map(lies, runs))
