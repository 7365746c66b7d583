"""Pages and shipped files.

May: render shells, hand out what lies in `static`. May not: show what a query does not.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import mimetypes
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import attrs
import msgspec

from cschat import queries as q
from cschat.errors import Forbidden, NotFound
from cschat.web.messages import Request, Response
from cschat.web.site import Call
from cschat.web.tokens import Unidentified

__all__ = ["POLICY", "shell", "static", "widget", "workspace"]

STATIC = Path(__file__).with_name("static")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data: blob:; connect-src 'self'; font-src 'self'; "
    "media-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What a page of ours may load: nothing but what lies here, and pictures."""


@cache
def _files() -> Mapping[str, Path]:
    return {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.is_file()}


@attrs.frozen
class _File:
    """A shipped file as it is and pressed, if that is shorter; its type and its mark."""

    content: bytes
    pressed: bytes | None
    kind: str
    tag: str


@cache
def _read(path: Path) -> _File:
    content = path.read_bytes()
    kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    pressed = gzip.compress(content, mtime=0)
    tag = hashlib.sha256(content).hexdigest()[:32]
    shown = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    return _File(content, pressed if len(pressed) < 0.9 * len(content) else None, shown, tag)


def _file(path: str) -> _File:
    found = _files().get(path)
    if found is None:
        raise NotFound(f"there is no file {path}", kind="file", id=path)
    return _read(found)


def static(call: Call) -> Response:
    """A shipped file."""
    return _shipped(call.request, call.parts["rest"])


def widget(call: Call) -> Response:
    """The script of the one tag that a host writes."""
    return _shipped(call.request, "widget/widget.js")


def workspace(call: Call) -> Response:
    """The workspace's page, for whoever is signed in. Others are sent to the host's page for that, and from there back here."""
    try:
        caller = call.caller()
    except Unidentified:
        if call.site.sign_in is None:
            raise
        way = f"{call.site.sign_in}{'&' if '?' in call.site.sign_in else '?'}"
        back = urlencode({"next": call.request.mount + call.request.path})
        return Response(303, {"location": way + back, "cache-control": "no-store"})
    if caller.user is None:
        raise Forbidden("this is for agents", actor=caller.key, permission="serve")
    brand = call.desk.acting_as(caller.actor).ask(q.GetBrand())
    mount = call.request.mount
    config = {
        "mount": mount,
        "brand": call.brand,
        "brands": call.site.brands,
        "language": brand.language,
        "csrf": call.site.callers.mark(caller.user),
    }
    return shell(brand.name or call.brand, brand.language, "workspace", config, mount)


def _shipped(request: Request, path: str) -> Response:
    """A shipped file. Other sites may load it, as the widget lives on their pages."""
    file = _file(path)
    pressed = file.pressed if _takes_gzip(request.headers.get("accept-encoding", "")) else None
    tag = f'"{file.tag}"' if pressed is None else f'"{file.tag}-gzip"'
    headers = {
        "content-type": file.kind,
        "etag": tag,
        "cache-control": "public, max-age=31536000, immutable" if request.argument("v") else "no-cache",
        "vary": "accept-encoding",
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
    }
    if pressed is not None:
        headers["content-encoding"] = "gzip"
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(304, headers)
    return Response(200, headers, file.content if pressed is None else pressed)


def _takes_gzip(header: str) -> bool:
    """Whether an Accept-Encoding names gzip and does not refuse it."""
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight)
    return False


def shell(title: str, language: str, folder: str, config: dict[str, Any], mount: str) -> Response:
    """A page whose module is `folder`/main.js and whose configuration is plain data in it."""
    told = msgspec.json.encode(config).decode().replace("<", "\\u003c")
    base = html.escape(f"{mount}/-/static")
    page = f"""<!doctype html>
<html lang="{html.escape(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>{html.escape(title)}</title>
<link rel="stylesheet" href="{base}/shared/tokens.css">
<link rel="stylesheet" href="{base}/{folder}/{folder}.css">
<script type="application/json" id="cschat">{told}</script>
<script type="module" src="{base}/{folder}/main.js"></script>
</head>
<body></body>
</html>
"""
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": POLICY,
        "cache-control": "no-store",
        "cross-origin-opener-policy": "same-origin",
    }
    return Response(200, headers, page.encode())
