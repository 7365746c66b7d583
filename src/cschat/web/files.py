"""Files that people send.

May: take them in and hand them out safely. May not: know where they lie.
"""

from __future__ import annotations

import secrets
from urllib.parse import quote, unquote

import attrs

from cschat.errors import Invalid, NotFound
from cschat.web.messages import Response

__all__ = ["Held", "Shelf", "file_name", "handed_out"]

_PICTURES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp", "image/avif"})
"""What a browser shows in its place; all else it saves."""


@attrs.frozen
class Held:
    """A file: what it is called, of what type, and its bytes."""

    name: str
    type: str
    content: bytes


class Shelf:
    """Keeps files in memory."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], Held] = {}

    def put(self, brand: str, held: Held) -> str:
        """Keep a file; its id, which nobody can guess."""
        id = f"blb_{secrets.token_urlsafe(18)}"
        self._held[(brand, id)] = held
        return id

    def get(self, brand: str, id: str) -> Held:
        """The file. `NotFound` if there is none."""
        held = self._held.get((brand, id))
        if held is None:
            raise NotFound(f"there is no file {id}", kind="blob", id=id)
        return held


def file_name(header: str) -> str:
    """The name of a file from its header (percent-encoded UTF-8): the last part of a path, without marks that no screen shows."""
    try:
        name = unquote(header, errors="strict")
    except UnicodeDecodeError as error:
        raise Invalid(field="x-file-name", reason="is no percent-encoded UTF-8") from error
    name = "".join(mark for mark in name.replace("\\", "/").rpartition("/")[2] if mark.isprintable()).strip()
    if len(name) > 255:
        raise Invalid(field="x-file-name", reason="is too long", allowed=["at most 255 letters"])
    return name or "file"


def handed_out(held: Held) -> Response:
    """A file for a browser: pictures are shown, all else is saved, and nothing in it runs."""
    shown = "inline" if held.type in _PICTURES else "attachment"
    headers = {
        "content-type": held.type,
        "content-disposition": f"{shown}; filename*=UTF-8''{quote(held.name, safe='')}",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, max-age=31536000, immutable",
        "cross-origin-resource-policy": "cross-origin",
    }
    return Response(200, headers, held.content)
