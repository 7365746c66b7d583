"""Where files lie: in a folder, in memory, or wherever a host keeps such things.

May: keep bytes, hand them out, delete them. May not: know what is in them, or who may see them.
"""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self

import attrs

from cschat.core.blobs import Blob, is_blob
from cschat.errors import NotFound

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Blobs", "FolderBlobs", "MemoryBlobs", "OpenFile"]


class Blobs(Protocol):
    """A place for files, by id: a folder, or a service of the host's. All workers of a desk share it. Ids are those of `Blob`."""

    def put(self, id: str, content: bytes, /) -> None:
        """Keep it; when this returns, no crash undoes it. The same id comes once only."""
        ...

    def open(self, id: str, /) -> BinaryIO:
        """The content, to be read and closed. `NotFound` if there is none."""
        ...

    def delete(self, id: str, /) -> None:
        """Be rid of it. What is not there is no error."""
        ...


class FolderBlobs:
    """Files in a folder, which is made when the first one comes; 65,536 folders in it, so that none grows large."""

    def __init__(self, path: str | Path) -> None:
        from pathlib import Path

        self._path = Path(path)

    def put(self, id: str, content: bytes, /) -> None:
        place = self._place(id)
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.parent / f"{os.urandom(8).hex()}.new"
        try:
            with fresh.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(place)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        for folder in (place.parent, place.parent.parent, self._path):
            _settle(folder)

    def open(self, id: str, /) -> BinaryIO:
        try:
            return self._place(id).open("rb")
        except FileNotFoundError:
            raise NotFound(f"there is no file {id}", kind="blob", id=id) from None

    def delete(self, id: str, /) -> None:
        place = self._place(id)
        with contextlib.suppress(FileNotFoundError):
            place.unlink()
            _settle(place.parent)

    def _place(self, id: str) -> Path:
        """Where a file is. Nothing but an id of ours leads anywhere."""
        if not is_blob(id):
            raise NotFound(f"there is no file {id}", kind="blob", id=id)
        digits = id.removeprefix(f"{Blob.prefix}_")
        return self._path / digits[:2] / digits[2:4] / id


def _settle(folder: Path) -> None:
    """What was written into a folder survives a power cut, where a system knows how."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders, and needs none of this
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class MemoryBlobs:
    """Files in memory, for desks in memory: gone with the process."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def put(self, id: str, content: bytes, /) -> None:
        self._files[id] = content

    def open(self, id: str, /) -> BinaryIO:
        content = self._files.get(id)
        if content is None:
            raise NotFound(f"there is no file {id}", kind="blob", id=id)
        return io.BytesIO(content)

    def delete(self, id: str, /) -> None:
        self._files.pop(id, None)


@attrs.frozen
class OpenFile:
    """A file that was opened: what is known of it, and its content, to be read and closed (`with`)."""

    blob: Blob
    stream: BinaryIO

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stream.close()
