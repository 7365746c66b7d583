"""Files that people send: what is known of each, and what type its content shows it to be.

May: describe a file, and read its first bytes. May not: keep it (`transport.blobs` does).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, ClassVar

from msgspec import Struct

from cschat.core.records import PERSONAL, Index
from cschat.core.times import Micros, as_datetime

__all__ = ["MAX_FILES", "Blob", "is_blob", "type_of"]

MAX_FILES = 30
"""Files of one customer in a session, and as many that no message carries yet."""
_ID = re.compile(r"blb_[0-9a-f]{32}")


class Blob(Struct, frozen=True):
    """A file of the desk's. `owner` is who sent it: a customer's or an agent's id, or "host".

    `session` is the one in which it was sent first, "" until then; `shared`: in others too. `type` is what its content is, `size` in bytes,
    `position` that of the log when it came.
    """

    kind: ClassVar[str] = "blob"
    prefix: ClassVar[str] = "blb"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("owner", "session", "created")), Index(("session",)), Index(("position",)))

    id: str
    brand: str
    owner: str
    name: Annotated[str, PERSONAL]
    type: str
    size: int
    sha256: str
    created: Micros
    position: int
    session: str = ""
    shared: bool = False

    @property
    def created_at(self) -> datetime:
        return as_datetime(self.created)


def is_blob(id: str | None) -> bool:
    """Whether this may be the id of a file of the desk's: 128 random bits, in letters that every file system keeps apart."""
    return id is not None and _ID.fullmatch(id) is not None


# ------------------------------------------------------------------------------------------------------------------ types

_SIGNS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypmif1", "image/heif"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"HWP Document File", "application/x-hwp"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b", "application/gzip"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
)
"""Where a sign stands, what it is, and of which type the content then is; the first that is there counts."""

_WITHIN: dict[str, dict[str, str]] = {
    "application/zip": {
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "hwpx": "application/hwp+zip",
        "odt": "application/vnd.oasis.opendocument.text",
        "ods": "application/vnd.oasis.opendocument.spreadsheet",
        "epub": "application/epub+zip",
    },
    "application/x-ole-storage": {
        "hwp": "application/x-hwp",
        "doc": "application/msword",
        "xls": "application/vnd.ms-excel",
        "ppt": "application/vnd.ms-powerpoint",
    },
    "text/plain": {"csv": "text/csv", "md": "text/markdown"},
}
"""Types that share their first bytes, by the ending of the name. None of them does anything in a browser."""


def type_of(content: bytes, name: str) -> str:
    """What a file is, by what is in it; its name decides only between formats of one family, and whoever sends it says nothing.

    Text is text, whatever it is meant for: HTML and SVG are no pages and no pictures here. What nothing is known of is "octet-stream".
    """
    found = next((type_ for at, sign, type_ in _SIGNS if content.startswith(sign, at)), None) or _plain(content)
    ending = name.rpartition(".")[2].lower()
    return _WITHIN.get(found, {}).get(ending, found)


def _plain(content: bytes) -> str:
    decode: Callable[[bytes], str] = bytes.decode
    try:
        text = decode(content)
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if any(letter < " " and letter not in "\t\n\r\f" for letter in text) else "text/plain"
