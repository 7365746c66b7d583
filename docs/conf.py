"""How Sphinx builds the pages: Markdown by MyST, reference from docstrings, nothing fetched from anywhere."""

import re
from importlib.metadata import version as version_of
from typing import Any

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "cschat"
author = "The cschat authors"
copyright = f"2026 {author}"  # noqa: A001 (the name Sphinx reads)
version = release = version_of("cschat")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

default_role = "code"  # `name` in a docstring is code
autodoc_member_order = "bysource"
autodoc_typehints = "signature"  # docstrings are prose, without a list of parameters
autodoc_typehints_format = "short"
maximum_signature_line_length = 100  # a longer one takes a line for each parameter
autodoc_default_options = {"members": True}

html_theme = "furo"
html_title = f"cschat {release}"
html_copy_source = False


_MARKED = re.compile(r"Annotated\[(.+?)(?:, '(?:instant|personal|staff)')+\]")


def _as_hosts_see_it(*event: Any) -> tuple[str | None, str | None]:
    """A signature without what only our own modules know: attrs' sentinel of a factory, marks of fields, nicknames of modules.

    A desk is opened and a Protocol fulfilled, so how they are constructed is not shown.
    """
    _app, _kind, name, *_, signature, returns = event
    if name in ("cschat.Desk", "cschat.AsyncDesk") or signature == "(*args, **kwargs)":  # the latter: a Protocol
        return "", returns
    plain = signature and _MARKED.sub(r"\1", signature).replace("= NOTHING", "= ...").replace("e.BotCursor", "BotCursor")
    return plain, returns and _MARKED.sub(r"\1", returns)


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_lexer("mermaid", TextLexer)  # GitHub draws it; here the picture stands beside it
    app.connect("autodoc-process-signature", _as_hosts_see_it)
