"""Makes `docs/images/day.svg`, the picture of what `make simulate` prints: `python docs/day_picture.py`.

It runs the example in a folder of its own. The picture is not made anew by anything else: do so when the example prints something else.
"""

from __future__ import annotations

import contextlib
import re
import runpy
import tempfile
from html import escape, unescape
from io import StringIO
from itertools import groupby
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console

ROOT = Path(__file__).parents[1]
WIDTH = 120


def picture() -> str:
    """What `make simulate` prints, as SVG."""
    console = Console(record=True, width=WIDTH, force_terminal=True, file=StringIO())
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        runpy.run_path(str(ROOT / "examples" / "shop" / "day.py"))["main"](console)
    drawn = console.export_svg(title="make simulate", unique_id="day")
    drawn = re.sub(r"\s*@font-face \{.*?\}", "", drawn, flags=re.DOTALL)  # fonts are not fetched from anywhere
    drawn = drawn.replace("font-family: Fira Code, monospace", "font-family: Consolas, Menlo, 'DejaVu Sans Mono', monospace")
    return _TEXT.sub(_in_runs, drawn)


_TEXT = re.compile(r'<text class="(\S+)" x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)" clip-path="(\S+)">([^<]*)</text>')


def _in_runs(found: re.Match[str]) -> str:
    """Rich counts letters, and a Korean one is two cells wide: give wide and narrow letters texts of their own, each with its width."""
    look, x, y, length, clip, text = found.groups()
    letters = unescape(text)
    cell, place, runs = float(length) / len(letters), float(x), []
    for cells, run in groupby(letters, cell_len):
        said = "".join(run)
        width = cell * cells * len(said)
        fit = 'lengthAdjust="spacingAndGlyphs" ' if cells > 1 else ""
        runs.append(f'<text class="{look}" x="{place:g}" y="{y}" textLength="{width:g}" {fit}clip-path="{clip}">{escape(said)}</text>')
        place += width
    return "".join(runs)


if __name__ == "__main__":
    (ROOT / "docs" / "images" / "day.svg").write_text(picture(), encoding="utf-8")
