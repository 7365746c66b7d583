"""A scenario as a picture: Mermaid, or SVG.

May: draw. May not: judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import attrs

from cschat.bots import scenario as s
from cschat.bots.journey import ScenarioJourney

__all__ = ["Notes", "counts", "mermaid", "svg"]

_WIDTH, _HEIGHT, _ACROSS, _DOWN, _EDGE = 190, 52, 230, 110, 20
_SHOWN = 16


@attrs.frozen
class Notes:
    """What to write beside steps and edges; `shares` (0 to 1) are shown as a red bar along the foot of a step."""

    steps: Mapping[str, str] = attrs.field(factory=dict)
    edges: Mapping[tuple[str, str], str] = attrs.field(factory=dict)
    shares: Mapping[str, float] = attrs.field(factory=dict)


_COUNTS = {"ko": ("유입 {}", "이탈 {}", "상담사 {}"), "en": ("{} in", "{} dropped", "{} to people")}


def counts(journey: ScenarioJourney, language: str = "ko") -> Notes:
    """A journey as notes: how many came, how many dropped off there (the red bar is their share), how many went to people."""
    words = _COUNTS.get(language[:2], _COUNTS["en"])
    return Notes(
        {
            step.step: " · ".join(
                word.format(count)
                for word, count in zip(words, (step.inflow, step.dropped, step.people), strict=True)
                if count or word is words[0]
            )
            for step in journey.steps
        },
        {(step.step, edge): str(count) for step in journey.steps for edge, count in step.outflow.items()},
        {step.step: share for step in journey.steps if (share := step.share(step.dropped))},
    )


def mermaid(scenario: s.Scenario, notes: Notes | None = None) -> str:
    """A Mermaid flowchart: a box for each step, an arrow for each edge."""
    notes = notes or Notes()
    ids = {name: f"s{number}" for number, name in enumerate(scenario.steps)}
    lines = ["flowchart TD", f'  start(("{_quoted(scenario.title or scenario.scenario)}")) --> {ids.get(scenario.start, "start")}']
    for name, step in scenario.steps.items():
        left, right = {"handoff": ("[[", "]]"), "end": ("([", "])"), "leave_message": ("([", "])"), "branch": ("{", "}")}.get(
            step.key, ("[", "]")
        )
        note = notes.steps.get(name)
        lines.append(f'  {ids[name]}{left}"{_quoted(_title(name, step))}{"" if note is None else f"<br/>{_quoted(note)}"}"{right}')
    for name, step in scenario.steps.items():
        for edge, target in s.edges(step):
            if target in ids:
                label = _noted(_label(step, edge), notes.edges.get((name, edge)))
                lines.append(f"  {ids[name]} -->{f'|{chr(34)}{_quoted(label)}{chr(34)}|' if label else ''} {ids[target]}")
    return "\n".join(lines) + "\n"


def svg(scenario: s.Scenario, notes: Notes | None = None) -> str:
    """A drawing: steps in rows by how far they are from the start, edges as curves with their labels."""
    notes = notes or Notes()
    places = _places(scenario)
    wide = max(column for column, _ in places.values()) + 1
    deep = max(row for _, row in places.values()) + 1
    width, height = 2 * _EDGE + wide * _ACROSS, 2 * _EDGE + deep * _DOWN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"',
        ' font-family="Noto Sans CJK KR, Noto Sans KR, sans-serif" font-size="12">',
        '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
        '<path d="M0 0L8 4L0 8z" fill="#667085"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for name, step in scenario.steps.items():
        together: dict[str, list[str]] = {}
        for edge, target in s.edges(step):
            together.setdefault(target, []).append(_noted(_label(step, edge), notes.edges.get((name, edge))))
        parts += [_arrow(places[name], places[to], " / ".join(filter(None, labels))) for to, labels in together.items() if to in places]
    parts += [_box(places[name], name, step) + _foot(places[name], name, notes) for name, step in scenario.steps.items()]
    return "".join([*parts, "</svg>\n"])


def _title(name: str, step: s.Step) -> str:
    said = getattr(step, "say", None) or getattr(step, "prompt", None)
    text = said.text if isinstance(said, s.Speech) else said
    words = "" if text is None else next(iter(text.words.values()))
    return f"{name}: {_short(words)}" if words else f"{name} ({step.key})"


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _label(step: s.Step, edge: str) -> str:
    kind, _, number = edge.partition(":")
    if kind == "choose" and isinstance(step, s.Choose):
        return _short(next(iter(step.choose[int(number) - 1].label.words.values())))
    if kind == "when" and isinstance(step, s.Branch):
        return _short(step.branch[int(number) - 1].when)
    return "" if edge in ("next", "goto") else edge


def _noted(label: str, note: str | None) -> str:
    return label if note is None else f"{label} {note}".strip()


def _quoted(text: str) -> str:
    return text.replace('"', "'").replace("{{", "{ {").replace("\n", " ")


def _places(scenario: s.Scenario) -> dict[str, tuple[int, int]]:
    """Column and row of each step: rows by the distance from the start, what is never reached last."""
    rows: dict[str, int] = {}
    todo = [(scenario.start, 0)]
    for name, row in todo:
        if name in scenario.steps and name not in rows:
            rows[name] = row
            todo += [(target, row + 1) for _, target in s.edges(scenario.steps[name])]
    last = max(rows.values(), default=-1) + 1
    used: dict[int, int] = {}
    places: dict[str, tuple[int, int]] = {}
    for name in scenario.steps:
        row = rows.get(name, last)
        places[name] = (used.get(row, 0), row)
        used[row] = used.get(row, 0) + 1
    return places


def _corner(place: tuple[int, int]) -> tuple[int, int]:
    return _EDGE + place[0] * _ACROSS, _EDGE + place[1] * _DOWN


def _box(place: tuple[int, int], name: str, step: s.Step) -> str:
    x, y = _corner(place)
    colour = {"handoff": "#fef0c7", "end": "#d1fadf", "leave_message": "#d1fadf", "do": "#e0eaff"}.get(step.key, "#f2f4f7")
    title = _title(name, step)
    words = title.partition(": ")[2] or step.key
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="{colour}" stroke="#98a2b3"/>'
        f'<text x="{x + 10}" y="{y + 21}" font-weight="bold" fill="#101828">{escape(name[:24])}</text>'
        f'<text x="{x + 10}" y="{y + 39}" fill="#475467">{escape(words)}</text>'
    )


def _foot(place: tuple[int, int], name: str, notes: Notes) -> str:
    """The bar along the foot of a box, and the note below it."""
    x, y = _corner(place)
    share = notes.shares.get(name, 0)
    bar = f'<rect x="{x}" y="{y + _HEIGHT - 4}" width="{_WIDTH * share:.1f}" height="4" fill="#d92d20"/>' if share else ""
    note = escape(notes.steps.get(name, ""))
    below = (
        f'<text x="{x + 6}" y="{y + _HEIGHT + 14}" fill="#344054" font-size="11" paint-order="stroke" stroke="#ffffff" stroke-width="4">'
    )
    return bar + (f"{below}{note}</text>" if note else "")


def _arrow(start: tuple[int, int], end: tuple[int, int], label: str) -> str:
    (x, y), (to_x, to_y) = _corner(start), _corner(end)
    if end[1] > start[1]:
        x, y, to_x = x + _WIDTH // 2, y + _HEIGHT, to_x + _WIDTH // 2
        curve = f"M{x} {y}C{x} {y + 34} {to_x} {to_y - 34} {to_x} {to_y}"
        middle = (x + (to_x - x) * 0.75, y + (to_y - y) * 0.7)
    else:  # back, or to the side: around on the right
        x, y, to_x, to_y = x + _WIDTH, y + _HEIGHT // 2, to_x + _WIDTH, to_y + _HEIGHT // 2
        curve = f"M{x} {y}C{x + 46} {y} {to_x + 46} {to_y} {to_x} {to_y}"
        middle = ((x + to_x) / 2 + 30, (y + to_y) / 2)
    said = (
        f'<text x="{middle[0]:.0f}" y="{middle[1]:.0f}" text-anchor="middle" fill="#475467" font-size="11"'
        f' paint-order="stroke" stroke="#ffffff" stroke-width="4">{escape(label)}</text>'
        if label
        else ""
    )
    return f'<path d="{curve}" fill="none" stroke="#98a2b3" marker-end="url(#end)"/>{said}'
