"""Host actions: functions of the host that scenarios call, run after the commit.

May: run them in bounded time and hand back what they answer. May not: know a scenario.

An action is run at least once, as all that the relay does: one that must not happen twice looks at what it is given (an order number)
first. Whatever it raises, and no answer in time, is a failure, and the scenario goes on with `on_error`.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from cschat.commands.scenarios import AnswerAction
from cschat.core import events as e
from cschat.core.clock import Clock
from cschat.core.events import Event
from cschat.errors import Conflict, Invalid, NotFound
from cschat.transport.relay import Delivery, Relay

__all__ = ["Action", "Actions"]

Action = Callable[..., Any]
"""Called with the step's `with` as keyword arguments; answers with plain data. May be a coroutine function."""
TARGET = "cschat.actions"


class Actions:
    """The actions of one desk, by name. `carry` carries a command out for a brand."""

    def __init__(self, relay: Relay, clock: Clock, carry: Callable[[str, AnswerAction], None]) -> None:
        self._relay = relay
        self._clock = clock
        self._carry = carry
        self._actions: dict[str, Action] = {}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._actions)

    def add(self, name: str, action: Action) -> None:
        """Register an action. `Invalid` if the name is none, `Conflict` if there is another of that name."""
        if not name.isidentifier():
            raise Invalid(field="name", reason=f"{name!r} is no name of an action")
        if name in self._actions:
            raise Conflict(f"there is another action named {name}", name=name)
        if not self._actions:
            self._relay.add(TARGET, (e.ActionRequested,), self._run)
        self._actions[name] = action

    def _run(self, event: Event, _delivery: Delivery) -> Awaitable[None] | None:
        body: e.ActionRequested = event.body
        left = (body.until - self._clock.now()) / 1_000_000
        if left <= 0:
            return None  # nobody waits any more: the session's clock has said so
        action = self._actions.get(body.action)
        if action is None:
            raise NotFound(f"this process has no action {body.action}", kind="action", id=body.action)
        if inspect.iscoroutinefunction(action):
            return self._wait(event, action, left)
        self._answer(event, *_in_time(lambda: action(**body.given), left))
        return None

    async def _wait(self, event: Event, action: Action, left: float) -> None:
        import anyio

        value, error = None, "timeout"
        with anyio.move_on_after(left):
            try:
                value, error = await action(**event.body.given), ""
            except Exception as raised:  # noqa: BLE001  (whatever a host's action raises is its failure)
                error = f"{type(raised).__name__}: {raised}"
        await anyio.to_thread.run_sync(lambda: self._answer(event, value, error))

    def _answer(self, event: Event, value: Any, error: str) -> None:
        try:
            answer = AnswerAction(event.subject, event.seq, value if not error else None, not error, error[:1000])
        except Invalid as refused:
            answer = AnswerAction(event.subject, event.seq, ok=False, reason=str(refused)[:1000])
        self._carry(event.brand, answer)


def _in_time(work: Callable[[], Any], seconds: float) -> tuple[Any, str]:
    """What the work answers, or why there is no answer. Work that takes too long is left to itself."""
    outcome: list[tuple[Any, str]] = []

    def run() -> None:
        try:
            outcome.append((work(), ""))
        except Exception as raised:  # noqa: BLE001  (whatever a host's action raises is its failure)
            outcome.append((None, f"{type(raised).__name__}: {raised}"))

    thread = threading.Thread(target=run, name="cschat-action", daemon=True)
    thread.start()
    thread.join(seconds)
    return outcome[0] if outcome else (None, "timeout")
