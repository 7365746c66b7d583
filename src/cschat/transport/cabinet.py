"""The files of a desk: how one comes in, and what becomes of those of a customer who is erased.

May: give a file its id, have it kept, opened and deleted. May not: know who may see it; who has an id has been given it.

A file is there before its record is. One that has to go by erasure is gone before its record is, so that no crash leaves it behind; one
that makes room goes after its record, so that no message can still be given it.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Generator, Iterable

from cschat.commands.attaching import forget, to_erase
from cschat.core import events as e
from cschat.core.blobs import Blob, type_of
from cschat.core.content import MAX_FILE, Media, text
from cschat.core.events import Event
from cschat.core.times import Micros
from cschat.errors import Conflict, Invalid, StoreUnavailable
from cschat.storage.protocol import Gte, Store, Transaction
from cschat.transport.blobs import Blobs, OpenFile
from cschat.transport.relay import Delivery, Target

__all__ = ["Cabinet", "Erasing", "media_of"]


def media_of(blob: Blob) -> Media:
    """A file as a message carries it."""
    return Media(blob.name, blob.type, blob.id, size=blob.size)


class Cabinet:
    """The files of one desk: where they lie, if it keeps any."""

    def __init__(self, blobs: Blobs | None) -> None:
        self.blobs = blobs

    @property
    def _here(self) -> Blobs:
        if self.blobs is None:
            raise Conflict("this desk keeps no files: name a place with desk.files(FolderBlobs(...))")
        return self.blobs

    @contextlib.contextmanager
    def taking(self, content: bytes, name: str, position: int) -> Generator[Callable[[str, str, Micros], Blob]]:
        """Keep a file while its record is made of brand, owner and time; the file of a record that is refused is deleted again."""
        if not isinstance(content, (bytes, bytearray, memoryview)):
            raise Invalid(field="content", reason="must be bytes")
        if not 0 < len(content) <= MAX_FILE:
            raise Invalid(field="content", reason=f"{len(content)} bytes are no file that can be kept", allowed=[f"1 to {MAX_FILE}"])
        text(name, "name", 255)
        here, whole = self._here, bytes(content)
        id = f"{Blob.prefix}_{secrets.token_hex(16)}"
        sha256 = hashlib.sha256(whole).hexdigest()
        here.put(id, whole)
        try:
            yield lambda brand, owner, now: Blob(id, brand, owner, name, type_of(whole, name), len(whole), sha256, now, position)
        except StoreUnavailable:
            raise  # the record may be there for all we know, and must not be without its file
        except Exception:
            here.delete(id)
            raise

    def drop(self, gone: Iterable[Blob]) -> None:
        """Delete files, before their records are."""
        for blob in gone:
            self._here.delete(blob.id)

    def open(self, blob: Blob) -> OpenFile:
        """A file, opened."""
        return OpenFile(blob, self._here.open(blob.id))


class Erasing:
    """Follows the log, and deletes the files of customers who were erased: their own, and what agents sent them."""

    def __init__(self, store: Store, cabinet: Cabinet) -> None:
        self._store, self._cabinet = store, cabinet
        self._since: int | None = None

    def targets(self, tx: Transaction, /) -> Iterable[Target]:
        """One, as soon as there is a file."""
        if self._since is None:
            first = tx.find(Blob, where={"position": Gte(0)}, order="position", limit=1)
            if not first:
                return
            self._since = first[0].position
        yield Target("files", frozenset({e.Erased.__name__}), self._deliver, since=self._since)

    def _deliver(self, event: Event, _delivery: Delivery) -> None:
        while gone := self._store.read(lambda tx: to_erase(tx, event.brand, event.subject)):
            self._cabinet.drop(gone)
            self._store.transact(lambda tx, gone=gone: forget(tx, gone), brand=event.brand)  # type: ignore[misc]
