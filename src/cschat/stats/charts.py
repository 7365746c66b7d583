"""Charts as Vega-Lite specifications: data a page can draw, and pictures of them for mail.

May: turn rows into a specification, and a specification into a picture. May not: know where the rows come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cschat.errors import MissingExtra

__all__ = ["Spec", "bars", "heat", "leaning", "lines", "lying", "picture", "split"]

Spec = dict[str, Any]
"""A Vega-Lite specification, with its data in it."""
Rows = Sequence[Mapping[str, Any]]

_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_FONT = "Noto Sans CJK KR, Noto Sans KR, Apple SD Gothic Neo, Malgun Gothic, sans-serif"
_INK, _PALE, _LINE = "#1f2937", "#6b7280", "#e5e7eb"
_COLOURS = ["#2563eb", "#f59e0b", "#10b981", "#8b5cf6", "#ef4444"]
WIDTH, HEIGHT = 560, 220


def _spec(title: str, rows: Rows, mark: Any, encoding: Spec, **more: Any) -> Spec:
    return {
        "$schema": _SCHEMA,
        "title": {"text": title, "anchor": "start", "fontSize": 15, "color": _INK, "offset": 12},
        "width": WIDTH,
        "height": HEIGHT,
        "background": "white",
        "padding": 14,
        "data": {"values": [dict(row) for row in rows]},
        "mark": mark,
        "encoding": encoding,
        "config": {
            "font": _FONT,
            "axis": {
                "labelColor": _PALE,
                "titleColor": _PALE,
                "gridColor": _LINE,
                "domainColor": _LINE,
                "tickColor": _LINE,
                "labelFontSize": 12,
            },
            "axisY": {"titleAngle": 0, "titleAlign": "right", "titleAnchor": "end", "titleY": -10},
            "legend": {"labelColor": _PALE, "titleColor": _PALE, "labelFontSize": 12, "orient": "top", "title": None},
            "range": {"category": _COLOURS},
            "view": {"stroke": None},
        },
        **more,
    }


def _place(field: str, **more: Any) -> Spec:
    """A place on the axis in the order of the rows."""
    return {"field": field, "type": "nominal", "sort": None, "title": None, **more}


def bars(title: str, rows: Rows, *, x: str, y: str, unit: str, series: str | None = None) -> Spec:
    """Upright bars, one for each `x` in the order of the rows, stacked by `series`; `unit` is what `y` is in."""
    colour = {} if series is None else {"color": {"field": series, "type": "nominal", "sort": None}}
    up = {"field": y, "type": "quantitative", "title": unit, "axis": {"tickMinStep": 1, "tickCount": 5}}
    return _spec(title, rows, {"type": "bar", "color": _COLOURS[0]}, {"x": _place(x, axis={"labelAngle": 0}), "y": up, **colour})


def lines(title: str, rows: Rows, *, x: str, y: str, unit: str, series: str | None = None) -> Spec:
    """Lines over `x` in the order of the rows, one for each of `series`; a row without a value leaves a gap."""
    colour = {} if series is None else {"color": {"field": series, "type": "nominal", "sort": None}}
    up = {"field": y, "type": "quantitative", "title": unit, "axis": {"tickCount": 5}}
    mark = {"type": "line", "point": True, "color": _COLOURS[0]}
    return _spec(title, rows, mark, {"x": _place(x, axis={"labelAngle": 0, "labelOverlap": True}), "y": up, **colour})


def lying(title: str, rows: Rows, *, x: str, y: str, unit: str) -> Spec:
    """Lying bars, one for each `y` in the order of the rows: for names that are long."""
    along = {"field": x, "type": "quantitative", "title": unit, "axis": {"tickMinStep": 1, "tickCount": 5}}
    mark = {"type": "bar", "color": _COLOURS[0]}
    return _spec(title, rows, mark, {"x": along, "y": _place(y, axis={"labelLimit": 220})}, height={"step": 24})


def leaning(title: str, rows: Rows, *, x: str, y: str, unit: str) -> Spec:
    """Lying bars to the right for what is above zero and to the left for what is below, each its own colour."""
    along = {"field": x, "type": "quantitative", "title": unit, "axis": {"tickMinStep": 1, "tickCount": 7, "format": "+d"}}
    colour = {"condition": {"test": f"datum['{x}'] < 0", "value": _COLOURS[1]}, "value": _COLOURS[0]}
    encoding = {"x": along, "y": _place(y, axis={"labelLimit": 220, "ticks": False, "domain": False}), "color": colour}
    return _spec(title, rows, {"type": "bar"}, encoding, height={"step": 24})


def split(title: str, rows: Rows, *, x: str, y: str, unit: str, series: str, colours: Mapping[str, str], notes: Mapping[str, str]) -> Spec:
    """Lying bars in parts, one bar for each `y` and one part of it for each of `series`, in the order of `colours`; after it, its note."""
    order = list(colours)
    along = {"field": x, "type": "quantitative", "title": unit, "axis": {"tickMinStep": 1, "tickCount": 6}}
    colour = {
        "field": series,
        "type": "nominal",
        "scale": {"domain": order, "range": [*colours.values()]},
        "legend": {"symbolType": "square"},
    }
    place = _place(y, axis={"labelLimit": 220, "ticks": False, "domain": False})
    spec = _spec(title, [{**row, "part": order.index(row[series])} for row in rows], None, {"y": place}, height={"step": 30})
    ends: dict[str, float] = {}
    for row in rows:
        ends[row[y]] = ends.get(row[y], 0) + row[x]
    bar = {"x": {**along, "stack": "zero"}, "color": colour, "order": {"field": "part", "type": "quantitative"}}
    note = {"x": {"field": "end", "type": "quantitative"}, "text": {"field": "note", "type": "nominal"}}
    del spec["mark"]
    spec["layer"] = [
        {"mark": {"type": "bar", "height": {"band": 0.68}}, "encoding": bar},
        {
            "data": {"values": [{y: name, "end": end, "note": notes.get(name, "")} for name, end in ends.items()]},
            "mark": {"type": "text", "align": "left", "dx": 7, "fontSize": 12, "color": _PALE},
            "encoding": note,
        },
    ]
    return spec


def heat(title: str, rows: Rows, *, x: str, y: str, value: str, unit: str) -> Spec:
    """A field of squares, the darker the more."""
    colour = {
        "field": value,
        "type": "quantitative",
        "title": unit,
        "scale": {"scheme": "blues"},
        "legend": {"orient": "right", "title": unit},
    }
    encoding = {"x": _place(x, axis={"labelAngle": 0}), "y": _place(y), "color": colour}
    return _spec(title, rows, {"type": "rect", "stroke": "white"}, encoding, height={"step": 24})


def picture(spec: Spec, *, scale: float = 2.0, vector: bool = False) -> bytes:
    """A specification as PNG, `scale` times as large as it is shown; or as SVG (`vector`). `MissingExtra` without the extra `charts`."""
    try:
        import vl_convert
    except ModuleNotFoundError as error:
        raise MissingExtra('drawing charts needs vl-convert: pip install "cschat[charts]"', extra="charts") from error
    if vector:
        return str(vl_convert.vegalite_to_svg(spec, vl_version="5.20")).encode()
    return bytes(vl_convert.vegalite_to_png(spec, vl_version="5.20", scale=scale))
