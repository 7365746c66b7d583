"""Every error that cschat raises on purpose, in one tree.

May: define errors. May not: import anything of ours.

Each error has a stable `code` (what programs compare), a `status_hint` (the HTTP status an adapter answers with) and named
fields (what a page or a test reads); the text is for people. `as_problem()` is the RFC 9457 form of all three.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

__all__ = [
    "AlreadyAssigned",
    "BatchStopped",
    "Conflict",
    "CschatError",
    "Forbidden",
    "Hopeless",
    "IllegalTransition",
    "Invalid",
    "LimitExceeded",
    "MissingExtra",
    "NeverOpens",
    "NotFound",
    "ReactionLoop",
    "ScenarioError",
    "ScenarioLoop",
    "StaleView",
    "StoreClosed",
    "StoreUnavailable",
    "TryLater",
    "VersionConflict",
]


class CschatError(Exception):
    """The root. `fields` are the keyword arguments it was made with, also readable as attributes."""

    code: ClassVar[str] = "error"
    status_hint: ClassVar[int] = 500

    def __init__(self, message: str, /, **fields: Any) -> None:
        super().__init__(message)
        self.fields: Mapping[str, Any] = fields

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["fields"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self), dict(self.fields))

    def as_problem(self) -> dict[str, Any]:
        """The RFC 9457 problem object: `type`, `title`, `status`, `detail`, and this error's fields."""
        return {
            "type": f"urn:cschat:error:{self.code}",
            "title": type(self).__name__,
            "status": self.status_hint,
            "detail": str(self),
            **{name: _plain(value) for name, value in self.fields.items()},
        }


class Invalid(CschatError):
    """An input is not acceptable: `field` is its path, `reason` what is wrong with it, `allowed` what would do."""

    code = "invalid"
    status_hint = 422

    def __init__(self, message: str = "", /, *, field: str, reason: str, allowed: Sequence[str] = (), **more: Any) -> None:
        text = message or f"{field}: {reason}" + (f" (allowed: {', '.join(allowed)})" if allowed else "")
        super().__init__(text, field=field, reason=reason, allowed=tuple(allowed), **more)


class NotFound(CschatError):
    """There is no such record for this brand and this actor: `kind` and `id`."""

    code = "not_found"
    status_hint = 404


class Forbidden(CschatError):
    """The actor may not do this: `actor` and the `permission` that is missing."""

    code = "forbidden"
    status_hint = 403


class Conflict(CschatError):
    """The present state of things does not allow it; looking again may."""

    code = "conflict"
    status_hint = 409


class AlreadyAssigned(Conflict):
    """Somebody else has the session: `session_id`, `agent_id`."""

    code = "already_assigned"


class StaleView(Conflict):
    """Somebody has spoken since the writer looked: `missed` are the seqs of what was said."""

    code = "stale_view"


class VersionConflict(Conflict):
    """A record changed behind an open transaction; the store runs the work again, and gives up with this."""

    code = "version_conflict"


class IllegalTransition(Conflict):
    """The session machine has no such step: `session_id`, `state`, `event`, and the events that are `allowed`."""

    code = "illegal_transition"


class LimitExceeded(CschatError):
    """A limit of the brand or of the library is reached: `limit` names it, `value` is its size."""

    code = "limit_exceeded"
    status_hint = 429


class NeverOpens(CschatError):
    """Business time does not go on: there is no opening for 400 days after `after` (microseconds since 1970)."""

    code = "never_opens"
    status_hint = 422


class ReactionLoop(CschatError):
    """Reactors set each other off without end: `chain` lists the types of the last events."""

    code = "reaction_loop"


class ScenarioError(CschatError):
    """A scenario cannot do what it says: `step`, `reason`, and where known the `line` in its file."""

    code = "scenario_error"
    status_hint = 422

    def __init__(self, message: str = "", /, *, step: str = "", reason: str, line: int | None = None, **more: Any) -> None:
        at = ", ".join(part for part in (f"line {line}" if line else "", f"step {step}" if step else "") if part)
        super().__init__(message or (f"{at}: {reason}" if at else reason), step=step, reason=reason, line=line, **more)


class ScenarioLoop(ScenarioError):
    """A scenario went through too many steps without waiting for anybody."""

    code = "scenario_loop"


class BatchStopped(CschatError):
    """A command of this batch has failed; the block takes no further one."""

    code = "batch_stopped"
    status_hint = 409


class StoreClosed(CschatError):
    """The store has been closed."""

    code = "store_closed"
    status_hint = 503


class StoreUnavailable(CschatError):
    """The database did not do its part (locked, full, gone); nothing was written. `__cause__` is the driver's error."""

    code = "store_unavailable"
    status_hint = 503


class TryLater(CschatError):
    """Raised by a host effect: what it delivers to takes nothing for `seconds`; None: until the next attempt, after a growing pause."""

    code = "try_later"
    status_hint = 503

    def __init__(self, message: str = "", /, *, seconds: float | None = None, **more: Any) -> None:
        super().__init__(message or "try again later", seconds=seconds, **more)


class Hopeless(CschatError):
    """Raised by a host effect: no further attempt will do better, so the delivery is parked."""

    code = "hopeless"
    status_hint = 502


class MissingExtra(CschatError):
    """An optional package is not installed: `extra` names what to install (`pip install "cschat[extra]"`)."""

    code = "missing_extra"


def _rebuild(kind: type[CschatError], message: str, fields: dict[str, Any]) -> CschatError:
    return kind(message, **fields)


def _plain(value: Any) -> Any:
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return str(value)
