"""The one place where errors of psycopg become ours.

May: translate. May not: decide what is to be done about them.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import errors

from cschat.core.records import Record
from cschat.errors import Conflict, CschatError, StoreUnavailable, VersionConflict
from cschat.storage.postgres_schema import unique_indexes

__all__ = ["Ours", "is_lost"]

_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected)


class Ours:
    """What an error of the driver is for those who use a store of these record classes."""

    def __init__(self, kinds: Sequence[type[Record]]) -> None:
        self._unique = unique_indexes(kinds)

    def __call__(self, error: psycopg.Error) -> CschatError:
        if isinstance(error, errors.UniqueViolation):
            name = str(error.diag.constraint_name)
            if name in self._unique:
                kind, fields = self._unique[name]
                return Conflict(f"there is another {kind.kind} with this {fields[-1]}", kind=kind.kind, fields=fields)
            table = str(error.diag.table_name).removeprefix("cschat_")
            return VersionConflict("the same was written meanwhile", kind=table, id="")
        if isinstance(error, (errors.DivisionByZero, *_AGAIN)):  # the first: see `postgres_engine`
            return VersionConflict("a record has changed meanwhile", kind="", id="")
        return StoreUnavailable(f"PostgreSQL: {error}", reason=str(error))


def is_lost(error: BaseException | None) -> bool:
    """Whether this is, or comes from, a connection that is there no more."""
    if error is not None and not isinstance(error, psycopg.Error):
        error = error.__cause__
    return isinstance(error, psycopg.OperationalError) and not isinstance(error, _AGAIN)
