"""HTML that may be shown to customers.

May: clean it, with nh3. May not: know what it is for.
"""

from __future__ import annotations

import re

from cschat.errors import MissingExtra

__all__ = ["cleaned"]

_TAGS = {
    *("a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre"),
    *("s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "width", "height"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
_SCHEMES = {"http", "https", "mailto", "tel"}
_SCHEME = re.compile(r"([^/?#:]*):")


def cleaned(body: str) -> str:
    """HTML with a short list of elements and attributes, and links of a few schemes; all else is taken out.

    Cleaning again changes nothing. `MissingExtra` without the extra `knowledge`.
    """
    if not body:
        return ""
    try:
        import nh3
    except ModuleNotFoundError as error:
        if error.name != "nh3":
            raise
        raise MissingExtra('articles need nh3: pip install "cschat[knowledge]"', extra="knowledge") from error
    return nh3.clean(
        body,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    ).strip()


def _kept(_element: str, attribute: str, value: str) -> str | None:
    """The value of an attribute; None for a link that has, before its first `/`, `?` or `#`, anything that is like another scheme."""
    scheme = _SCHEME.match(value.strip()) if attribute in ("href", "src") else None
    return value if scheme is None or scheme[1].lower() in _SCHEMES else None
