"""Writes into the pages what they take from the code: `python docs/generate.py`. A test fails while a page is not as this would write it.

A page takes a part between two comments: `<!-- generated: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import example_files
import state_diagram
import tables

DOCS = Path(__file__).parent

PARTS: dict[str, Callable[[], str]] = (
    tables.PARTS
    | example_files.PARTS
    | {
        "state-diagram": state_diagram.mermaid,
        "transitions": state_diagram.table,
        "staying": state_diagram.staying_table,
    }
)
FILES: dict[str, Callable[[], str]] = {"images/states.svg": state_diagram.svg}

_PART = re.compile(r"(<!-- generated: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def written(page: str) -> str:
    """The text of a page with every part as the code has it now."""
    return _PART.sub(lambda found: f"{found[1]}{PARTS[found[2]]()}\n{found[3]}", page)


def files() -> dict[Path, str]:
    """What each page and picture should hold."""
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md"))}
    return {path: written(text) for path, text in pages.items() if "<!-- generated: " in text} | {
        DOCS / name: make() for name, make in FILES.items()
    }


def main() -> int:
    """Write what is not as it should be; how many files that were."""
    changed = {path: text for path, text in files().items() if not path.exists() or path.read_text(encoding="utf-8") != text}
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(DOCS.parent)}\n")
    return len(changed)


if __name__ == "__main__":
    main()
