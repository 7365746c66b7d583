"""Files over HTTP.

May: take in what somebody sends, hand out what somebody asks for, safely. May not: know where files lie, or of what type they are.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

import msgspec

from cschat.core.content import Media
from cschat.errors import Invalid
from cschat.web.messages import Response, answer_json
from cschat.web.site import Call

__all__ = ["fetch", "send"]

_PICTURES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp", "image/avif"})
"""What a browser shows in its place; all else it saves."""


def send(call: Call) -> Response:
    """Take in a file; answers with the `Media` that a message can carry. Its type is what its content is."""
    caller = call.caller(changes=True)
    call.site.buckets.take("files", f"{call.brand}:{caller.key}")
    if not call.request.body:
        raise Invalid(field="body", reason="an empty file")
    name = _name(call.request.headers.get("x-file-name", ""))
    return answer_json(_told(call.desk.acting_as(caller.actor).keep_file(call.request.body, name=name)))


def fetch(call: Call) -> Response:
    """Hand out a file to whoever knows its id, as an image's address carries no token. Nothing in it runs."""
    with call.desk.open_file(call.parts["id"]) as file:
        blob, content = file.blob, file.stream.read()
    shown = "inline" if blob.type in _PICTURES else "attachment"
    headers = {
        "content-type": blob.type,
        "content-disposition": f"{shown}; filename*=UTF-8''{quote(blob.name, safe='')}",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "cache-control": "private, max-age=31536000, immutable",
        "cross-origin-resource-policy": "cross-origin",
    }
    return Response(200, headers, content)


def _told(media: Media) -> dict[str, object]:
    return {name: value for name, value in msgspec.structs.asdict(media).items() if value is not None}


def _name(header: str) -> str:
    """The name of a file from its header (percent-encoded UTF-8): the last part of a path, without marks that no screen shows."""
    try:
        name = unquote(header, errors="strict")
    except UnicodeDecodeError as error:
        raise Invalid(field="x-file-name", reason="is no percent-encoded UTF-8") from error
    name = "".join(mark for mark in name.replace("\\", "/").rpartition("/")[2] if mark.isprintable()).strip()
    if len(name) > 255:
        raise Invalid(field="x-file-name", reason="is too long", allowed=["at most 255 letters"])
    return name or "file"
