"""The brand's scenarios: publishing versions, and the host's answers to what a scenario asked it to do.

May: check and keep scenarios. May not: run them (`reactors.bots` does).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import msgspec

from cschat.checking import world_of
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.fields import flag, is_id, line, record_id, whole
from cschat.core.scenarios import ScenarioVersion
from cschat.core.session import Session
from cschat.errors import Invalid, ScenarioError

__all__ = ["AnswerAction", "PublishScenario"]

MAX_ANSWER = 100_000
"""Bytes of JSON in an action's answer."""


def _as_source(value: Any) -> Any:
    from cschat.bots.format import as_data, load
    from cschat.bots.scenario import Scenario

    if not isinstance(value, (str, Mapping, Scenario)):
        raise Invalid(field="source", reason="must be a scenario: YAML or JSON text, plain data, or a Scenario")
    try:
        return as_data(load(value))
    except ScenarioError as error:
        raise Invalid(field="source", reason=str(error), problems=[str(error)]) from error


@attrs.frozen
class PublishScenario:
    """Publish a scenario: a new version under its name, if it differs from the last. Answers with the `ScenarioVersion`.

    `source` is YAML or JSON text, plain data, or a `Scenario`. It is checked first: `Invalid` tells the line, the step and the reason of
    the first problem, and `problems` all of them. Sessions that are under way finish on the version they began with.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = ScenarioVersion

    source: dict[str, Any] | str = attrs.field(converter=_as_source)

    def run(self, ctx: Context) -> ScenarioVersion:
        from cschat.bots.check import check
        from cschat.bots.format import as_data, load

        scenario = load(self.source)
        problems = [str(problem) for problem in check(scenario, world_of(ctx.see, scenario)) if problem.severity == "error"]
        if problems:
            raise Invalid(field="source", reason=problems[0], problems=problems)
        document = msgspec.json.encode(as_data(scenario)).decode()
        here = {"brand": ctx.brand_id, "name": scenario.scenario}
        last = ctx.tx.find(ScenarioVersion, where=here, order="-number", limit=1)
        if last and last[0].document == document:
            return last[0]
        version = last[0].version + 1 if last else 1
        fresh = ScenarioVersion(ctx.new_id(ScenarioVersion), ctx.brand_id, 0, scenario.scenario, version, scenario.title, document, ctx.now)
        return ctx.change(fresh, e.ScenarioPublished(scenario.scenario, version))


@attrs.frozen
class AnswerAction:
    """The host's answer to what a scenario asked for at the seq `answers`: plain JSON data, or not `ok`, for a `reason`.

    Answers with the session. An answer that nobody waits for any more is dropped (`ActionAnswerDropped`).
    """

    permission: ClassVar = Permission.OPERATE
    records: ClassVar = e.ActionAnswered
    begins_with: ClassVar = (e.ActionAnswered, e.ActionAnswerDropped)

    session: str = attrs.field(converter=record_id, validator=is_id)
    answers: int = attrs.field(validator=whole(1))
    value: Any = None
    ok: bool = attrs.field(default=True, validator=flag)
    reason: str = attrs.field(default="", validator=line(limit=1000))

    def __attrs_post_init__(self) -> None:
        try:
            size = len(msgspec.json.encode(self.value))
        except (TypeError, ValueError, msgspec.MsgspecError, RecursionError) as error:
            raise Invalid(field="value", reason=f"is no plain data: {error}") from error
        if size > MAX_ANSWER:
            raise Invalid(field="value", reason=f"{size} bytes are too many", allowed=[f"at most {MAX_ANSWER}"])

    def run(self, ctx: Context) -> Session:
        session = ctx.take(self)
        waiting = [cursor for cursor in (session.main, session.side) if cursor is not None]
        if not any(cursor.asked == self.answers for cursor in waiting):
            return ctx.record(session, e.ActionAnswerDropped(self.answers))
        value = msgspec.to_builtins(self.value)
        return ctx.record(session, e.ActionAnswered(self.answers, self.ok, value if self.ok else None, self.reason))
