"""The brand's scenarios, and what is wrong with one that is to be published.

May: list them, and ask the checker. May not: publish.
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from cschat.checking import world_of
from cschat.core.access import Permission
from cschat.core.scenarios import ScenarioVersion
from cschat.errors import Invalid, ScenarioError
from cschat.queries.protocol import present
from cschat.sight import Sight

__all__ = ["CheckScenario", "ScenarioProblem", "Scenarios"]

MAX_SOURCE = 1_000_000
"""Letters in a scenario's file."""
_ALL = 100_000


@attrs.frozen
class Scenarios:
    """The latest version of each scenario of the brand, by name: each a `ScenarioVersion`, its `document` as JSON. For staff."""

    permission: ClassVar = Permission.SERVE

    def run(self, ctx: Sight) -> list[ScenarioVersion]:
        latest: dict[str, ScenarioVersion] = {}
        for version in ctx.tx.find(ScenarioVersion, where={"brand": ctx.brand_id}, limit=_ALL):
            if version.name not in latest or latest[version.name].version < version.version:
                latest[version.name] = version
        return [present(ctx, latest[name]) for name in sorted(latest)]


@attrs.frozen
class ScenarioProblem:
    """One thing that is wrong with a scenario: an `error`, which forbids publishing it, or a `warning`.

    `kind` is one of those of the checker; `step` ("": none) and `line` (None: not known) say where, `what` is wrong and `why` it matters.
    `conversation` shows it, as (who, text), where it shows in one.
    """

    severity: str
    kind: str
    step: str
    line: int | None
    what: str
    why: str
    conversation: tuple[tuple[str, str], ...]


def _source(_query: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_SOURCE:
        raise Invalid(field=field.name, reason="must be YAML or JSON text", allowed=[f"1 to {MAX_SOURCE} letters"])


@attrs.frozen
class CheckScenario:
    """What is wrong with a scenario, errors first, each a `ScenarioProblem`; nothing is published. None: `PublishScenario` takes it.

    `source` is YAML or JSON text. It is checked as it will be when it is published, with the brand's groups, categories and other
    scenarios; warnings are told as well. For admins and the host. Needs the extra `bots`.
    """

    permission: ClassVar = Permission.ADMINISTER

    source: str = attrs.field(validator=_source)

    def run(self, ctx: Sight) -> list[ScenarioProblem]:
        from cschat.bots.check import Problem, check
        from cschat.bots.format import load

        try:
            scenario = load(self.source)
        except ScenarioError as error:
            found = [Problem("format", error.fields["step"], error.fields["reason"], error.fields["line"])]
        else:
            found = check(scenario, world_of(ctx, scenario))
        return [ScenarioProblem(one.severity, one.kind, one.step, one.line, one.what, one.why, one.conversation) for one in found]
