"""Files over HTTP.

May: take in what somebody sends, hand out what somebody asks for. May not: read what is in it.
"""

from __future__ import annotations

import re

from cschat.core.content import Media
from cschat.errors import Invalid
from cschat.storage.codec import face
from cschat.web.files import Held, file_name, handed_out
from cschat.web.messages import Response, answer_json
from cschat.web.site import Call

__all__ = ["fetch", "send"]

_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")


def send(call: Call) -> Response:
    """Take in a file; answers with the `Media` that a message can carry."""
    caller = call.caller(changes=True)
    call.site.buckets.take("files", f"{call.brand}:{caller.key}")
    request = call.request
    if not request.body:
        raise Invalid(field="body", reason="an empty file")
    name = file_name(request.headers.get("x-file-name", ""))
    type_ = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not _TYPE.fullmatch(type_):
        type_ = "application/octet-stream"
    id = call.site.shelf.put(call.brand, Held(name, type_, request.body))
    return answer_json({name: value for name, value in face(Media(name, type_, id, None, len(request.body))).items() if name != "url"})


def fetch(call: Call) -> Response:
    """Hand out a file to whoever knows its id, as an image's address carries no token."""
    return handed_out(call.site.shelf.get(call.brand, call.parts["id"]))
