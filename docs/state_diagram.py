"""Draws the session machine: as Mermaid text, as a table and as an SVG picture, all three from `cschat.core.session.MACHINE`.

What is drawn is the table's; where it is drawn is written here. A step that the table has and this file has no place for is a `KeyError`,
a place that no step of the table needs is an `AssertionError`: so the picture can neither lag behind nor run ahead.
"""

from __future__ import annotations

from cschat.core.events import ForceClosed, Opened, OpenedByAgent, Reopened
from cschat.core.session import MACHINE, STAY, State

Step = tuple[str, str, str]
"""From a state, by an event, to a state. "" is nowhere; "by" carries the event's `to` where it decides: "Transferred(group)"."""


def steps() -> list[Step]:
    """Every step of the machine that leads to another state, or to the same one with another owner; in the order of the table."""
    found: list[Step] = []
    for state, row in MACHINE.items():
        start = "" if state is None else state.name
        for body, target in row.items():
            if isinstance(target, dict):
                found += [(start, f"{body.__name__}({to})", end.name) for to, end in target.items()]
            elif target is not STAY:
                found.append((start, body.__name__, target.name))
    return found


def staying() -> dict[str, list[str]]:
    """The events that change no state, by the state they may happen in."""
    return {state.name: [body.__name__ for body, to in row.items() if to is STAY] for state, row in MACHINE.items() if state is not None}


def _split() -> tuple[list[Step], list[Step], list[Step]]:
    """The steps that are drawn one by one; those of `Reopened`; those of `ForceClosed`, which leads from everywhere to one state."""
    reopened = [step for step in steps() if step[1].startswith(f"{Reopened.__name__}(")]
    forced = [step for step in steps() if step[1] == ForceClosed.__name__]
    assert [step[0] for step in forced] == [state.name for state in State], "ForceClosed is drawn as possible everywhere"
    assert {step[2] for step in forced} == {State.CLOSED.name}
    over = {step[0] for step in reopened}
    assert {step[1:] for step in reopened if step[0] == min(over)} == {step[1:] for step in reopened if step[0] == max(over)}
    return [step for step in steps() if step not in reopened and step not in forced], reopened, forced


# -------------------------------------------------------------------------------------------------------------- Mermaid


def mermaid() -> str:
    """The machine as a Mermaid state diagram, which GitHub draws."""
    single, reopened, forced = _split()
    lines = ["stateDiagram-v2", "    direction LR", "    state reopened <<choice>>"]
    merged: dict[tuple[str, str], list[str]] = {}
    for start, by, end in single:
        merged.setdefault((start or "[*]", end), []).append(by)
    lines += [f"    {start} --> {end} : {', '.join(by)}" for (start, end), by in merged.items()]
    lines += [f"    {start} --> reopened : {Reopened.__name__}" for start in dict.fromkeys(step[0] for step in reopened)]
    lines += [f"    reopened --> {end} : {by}" for by, end in dict.fromkeys(step[1:] for step in reopened)]
    lines += [f"    note right of {forced[0][2]} : {forced[0][1]} leads here from every state"]
    return "\n".join(["```mermaid", *lines, "```"])


# ---------------------------------------------------------------------------------------------------------------- table


def table() -> str:
    """The machine as a Markdown table, one row for each step."""
    lines = ["| from | event | to |", "| --- | --- | --- |"]
    lines += [f"| {start or '(nothing)'} | `{by}` | {end} |" for start, by, end in steps() if by != ForceClosed.__name__]
    return "\n".join([*lines, f"| every state | `{ForceClosed.__name__}` | {State.CLOSED.name} |"])


def staying_table() -> str:
    """The events that change no state, as a Markdown table."""
    everywhere = set.intersection(*(set(names) for names in staying().values()))
    lines = ["| state | events that change no state |", "| --- | --- |"]
    lines.append(f"| every state | {_names(name for name in staying()['BOT'] if name in everywhere)} |")
    lines += [
        f"| {state} | {_names(name for name in names if name not in everywhere)} |"
        for state, names in staying().items()
        if {*names} - everywhere
    ]
    return "\n".join(lines)


def _names(names: object) -> str:
    return ", ".join(f"`{name}`" for name in names)  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------------------------------------------ SVG

_WIDTH, _HEIGHT = 920, 570
_BOX = (116, 54)
_KOREAN = {"BOT": "봇", "QUEUED": "대기", "ACTIVE": "상담", "INTAKE": "확인", "WRAP_UP": "후처리", "CLOSED": "종료"}
_PLACES = {"BOT": (118, 180), "QUEUED": (360, 180), "ACTIVE": (612, 180), "INTAKE": (360, 390), "WRAP_UP": (815, 180), "CLOSED": (815, 390)}

# For each pair of states: the corners of the line from the one to the other, and where its label stands (which end of the text).
_LINES: dict[tuple[str, str], tuple[list[tuple[int, int]], tuple[int, int, str]]] = {
    ("", "BOT"): ([(118, 40), (118, 153)], (128, 88, "start")),
    ("", "ACTIVE"): ([(612, 40), (612, 153)], (602, 88, "end")),
    ("BOT", "QUEUED"): ([(176, 168), (302, 168)], (238, 159, "middle")),
    ("QUEUED", "BOT"): ([(302, 194), (176, 194)], (240, 213, "middle")),
    ("QUEUED", "ACTIVE"): ([(418, 168), (554, 168)], (486, 159, "middle")),
    ("ACTIVE", "QUEUED"): ([(554, 194), (418, 194)], (486, 213, "middle")),
    ("ACTIVE", "ACTIVE"): ([(606, 207), (606, 245), (648, 245), (648, 207)], (582, 263, "start")),
    ("ACTIVE", "WRAP_UP"): ([(670, 180), (757, 180)], (712, 171, "middle")),
    ("WRAP_UP", "CLOSED"): ([(845, 207), (845, 363)], (838, 250, "end")),
    ("BOT", "ACTIVE"): ([(150, 153), (150, 128), (580, 128), (580, 153)], (360, 120, "middle")),
    ("BOT", "INTAKE"): ([(118, 207), (118, 378), (302, 378)], (238, 369, "middle")),
    ("BOT", "CLOSED"): ([(84, 207), (84, 472), (815, 472), (815, 417)], (360, 463, "middle")),
    ("QUEUED", "INTAKE"): ([(345, 207), (345, 363)], (338, 258, "end")),
    ("INTAKE", "QUEUED"): ([(378, 363), (378, 207)], (386, 344, "start")),
    ("QUEUED", "CLOSED"): ([(402, 207), (402, 290), (795, 290), (795, 363)], (486, 281, "middle")),
    ("INTAKE", "ACTIVE"): ([(418, 378), (574, 378), (574, 207)], (500, 369, "middle")),
    ("INTAKE", "CLOSED"): ([(418, 404), (757, 404)], (640, 395, "middle")),
}
_OPEN_FRAME, _OVER_FRAME = (30, 62, 680, 438), (736, 62, 158, 438)
_REOPENED = ([(815, 500), (815, 546), (360, 546), (360, 500)], (588, 537, "middle"))
_FORCED = (815, 92, "middle")

_STYLE = """
  text {
    font: 14px 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans CJK KR', sans-serif;
    fill: #1f2937
  }
  .frame { fill: #f8fafc; stroke: #cbd5e1; stroke-dasharray: 5 4 }
  .state { fill: #e0e7ff; stroke: #4f46e5; stroke-width: 1.5 }
  .over { fill: #e5e7eb; stroke: #6b7280; stroke-width: 1.5 }
  .name { font-weight: 600; text-anchor: middle }
  .korean { font-size: 12px; fill: #4b5563; text-anchor: middle }
  .step { fill: none; stroke: #475569; stroke-width: 1.4 }
  .by { font-size: 13px; paint-order: stroke; stroke: #f8fafc; stroke-width: 4px }
  .zone { font-size: 12px; fill: #64748b }
"""


def svg() -> str:
    """The machine as a picture."""
    single, reopened, forced = _split()
    by_line: dict[tuple[str, str], list[str]] = {}
    for start, by, end in single:
        by_line.setdefault((start, end), []).append(by)
    assert set(_LINES) == set(by_line), f"drawn and not in the table, or the other way round: {set(_LINES) ^ set(by_line)}"
    assert set(_PLACES) == {state.name for state in State}
    over = {step[0] for step in reopened}
    parts = [_frame(_OPEN_FRAME, "open"), _frame(_OVER_FRAME, "over")]
    for line, by in by_line.items():
        corners, label = _LINES[line]
        parts += [_line(corners), _label(label, by)]
        if not line[0]:
            x, y = corners[0]
            parts.append(f'<circle cx="{x}" cy="{y - 6}" r="6" fill="#475569"/>')
    ends = ", ".join(by[len(Reopened.__name__) + 1 : -1] for by, _ in dict.fromkeys(step[1:] for step in reopened))
    parts += [_line(_REOPENED[0]), _label(_REOPENED[1], [f"{Reopened.__name__}: to {ends}"])]
    parts.append(_label(_FORCED, [f"{forced[0][1]} leads from", f"every state to {forced[0][2]}"]))
    parts += [_box(name, "over" if name in over else "state") for name in _PLACES]
    title = f"The session machine: {len(State)} states; it begins with {Opened.__name__} or {OpenedByAgent.__name__}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img">',
            f"<title>{title}</title>",
            f"<style>{_STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">',
            '<path d="M0,0 L8,4 L0,8 z" fill="#475569"/></marker></defs>',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="10" fill="#ffffff"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _frame(frame: tuple[int, int, int, int], name: str) -> str:
    x, y, width, height = frame
    return f'<rect class="frame" x="{x}" y="{y}" width="{width}" height="{height}" rx="14"/>\n' + _text(
        x + 14, y + height - 12, "start", name, "zone"
    )


def _box(name: str, look: str) -> str:
    (x, y), (width, height) = _PLACES[name], _BOX
    box = f'<rect class="{look}" x="{x - width // 2}" y="{y - height // 2}" width="{width}" height="{height}" rx="9"/>'
    return "\n".join(
        [box, f'<text class="name" x="{x}" y="{y - 2}">{name}</text>', f'<text class="korean" x="{x}" y="{y + 16}">{_KOREAN[name]}</text>']
    )


def _line(corners: list[tuple[int, int]], radius: int = 10) -> str:
    """A line with rounded corners and a tip."""
    path = [f"M{corners[0][0]},{corners[0][1]}"]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        near, far = _towards(corner, before, radius), _towards(corner, after, radius)
        path.append(f"L{near[0]},{near[1]} Q{corner[0]},{corner[1]} {far[0]},{far[1]}")
    path.append(f"L{corners[-1][0]},{corners[-1][1]}")
    return f'<path class="step" d="{" ".join(path)}" marker-end="url(#tip)"/>'


def _towards(start: tuple[int, int], end: tuple[int, int], length: int) -> tuple[int, int]:
    across, down = end[0] - start[0], end[1] - start[1]
    whole = max(abs(across), abs(down))
    return start[0] + across * length // whole, start[1] + down * length // whole


def _label(place: tuple[int, int, str], texts: list[str]) -> str:
    x, y, anchor = place
    return "\n".join(_text(x, y + 17 * row, anchor, text, "by") for row, text in enumerate(texts))


def _text(x: int, y: int, anchor: str, text: str, look: str) -> str:
    return f'<text class="{look}" x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>'
