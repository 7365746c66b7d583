"""A journey through a scenario as a chart: step by step, what became of those who came.

May: turn a journey into a specification. May not: count (`bots.journey` does).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cschat.core.texts import is_korean
from cschat.stats.charts import Spec, split

if TYPE_CHECKING:
    from cschat.bots.journey import ScenarioJourney, StepJourney

__all__ = ["flow"]

_COLOURS = ("#2563eb", "#8b5cf6", "#10b981", "#ef4444", "#cbd5e1", "#f59e0b")
_WORDS = {
    "ko": {
        "title": "{} 시나리오 (버전 {}): 단계별 고객 여정",
        "parts": ("다음 단계로", "마침", "상담사 연결", "이탈", "머무는 중", "중단"),
        "note": "{:,}회",
        "left": "이탈 {:.0%}",
        "people": "상담사 연결 {:.0%}",
        "unit": "방문 수",
    },
    "en": {
        "title": "{} (version {}): customers step by step",
        "parts": ("went on", "finished", "to a person", "left", "still there", "broken off"),
        "note": "{:,}",
        "left": "{:.0%} left",
        "people": "{:.0%} to people",
        "unit": "visits",
    },
}


def flow(journey: ScenarioJourney, language: str = "ko") -> Spec:
    """A bar for each step that anybody came to, in the order of the scenario: who went on, finished, went to a person, left, is still
    there, or was broken off; beside it how many came, and the shares that left and went to people.
    """
    words = _WORDS["ko" if is_korean(language) else "en"]
    names: tuple[str, ...] = tuple(words["parts"])
    steps = [step for step in journey.steps if step.inflow]
    rows = [
        {"step": step.step, "what": name, "visits": count}
        for step in steps
        for name, count in zip(names, _parts(step), strict=True)
        if count
    ]
    seen = {row["what"] for row in rows}
    colours = {name: colour for name, colour in zip(names, _COLOURS, strict=True) if name in seen}
    notes = {step.step: _note(step, words) for step in steps}
    title = str(words["title"]).format(journey.scenario, journey.version)
    return split(title, rows, x="visits", y="step", unit=str(words["unit"]), series="what", colours=colours, notes=notes)


def _parts(step: StepJourney) -> tuple[int, ...]:
    """What became of the visits, in the order of the words; who is at a step that ends the session has finished."""
    on, left = sum(step.outflow.values()), step.dropped
    on, over, left = (0, on + left, 0) if step.kind == "end" else (on, 0, left)
    return on, over, step.people, left, step.waiting, step.broken_off


def _note(step: StepJourney, words: Mapping[str, object]) -> str:
    _, _, people, left, *_ = _parts(step)
    told = [str(words[name]).format(count / step.inflow) for name, count in (("left", left), ("people", people)) if count]
    return " · ".join([str(words["note"]).format(step.inflow), *told])
