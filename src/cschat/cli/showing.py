"""What commands print or write beside text: rows as CSV, charts as files.

May: turn rows and specifications into files. May not: ask for them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cschat.errors import Invalid
from cschat.stats.charts import Spec, picture

__all__ = ["as_csv", "draw"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV; no text in it is one that a spreadsheet would run."""
    out = io.StringIO()
    csv.writer(out).writerows([_defused(cell) for cell in row] for row in rows)
    return out.getvalue()


def _defused(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def draw(spec: Spec, file: Path) -> None:
    """Write a chart to a file, by its ending: a PNG or SVG picture, or the specification itself (json)."""
    ending = file.suffix.lower()
    if ending not in (".png", ".svg", ".json"):
        raise Invalid(field="chart", reason=f"{file.name} has no ending that names a picture", allowed=["x.png", "x.svg", "x.json"])
    data = json.dumps(spec, ensure_ascii=False).encode() if ending == ".json" else picture(spec, vector=ending == ".svg")
    file.write_bytes(data)
