"""Which bots a brand has: published scenarios, and the rules that say which one begins.

May: hold them. May not: know what is in a scenario.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import ClassVar

from msgspec import Struct

from cschat.core.people import Customer
from cschat.core.records import Index
from cschat.core.session import Session
from cschat.core.times import Micros

__all__ = ["BESIDE", "EntryRule", "ScenarioVersion", "entry_of"]

BESIDE = ("queued", "assigned", "ended")
"""When a scenario may begin beside people: a person was asked for, an agent has it, a talk with an agent is over."""


class ScenarioVersion(Struct, frozen=True):
    """A scenario as it was published: never changed again. `version` counts from 1 for each name; `document` is the scenario as JSON."""

    kind: ClassVar[str] = "scenario"
    prefix: ClassVar[str] = "scn"
    indexes: ClassVar[tuple[Index, ...]] = (Index(("brand", "name", "number"), unique=True),)

    id: str
    brand: str
    seq: int
    name: str
    version: int
    title: str
    document: str
    published: Micros

    @property
    def number(self) -> int:
        """The version, as it is indexed: a store's own column `version` counts the writes of a row."""
        return self.version


class EntryRule(Struct, frozen=True):
    """Begin `scenario` in a new session if all that is named here fits.

    The `channel`, the `language`, whether people can come now (`open`), the kind of `customer` (guest or member), the `page` it was opened
    from (a pattern with `*`), and all the `tags` of the customer.
    """

    scenario: str
    channel: str | None = None
    language: str | None = None
    open: bool | None = None
    customer: str | None = None
    page: str | None = None
    tags: tuple[str, ...] = ()


def entry_of(rules: tuple[EntryRule, ...], session: Session, customer: Customer, *, page: str, language: str, is_open: bool) -> str | None:
    """The scenario that a session begins with: that of the first rule that fits; None: straight to people."""
    for rule in rules:
        if (
            rule.channel in (None, session.channel)
            and rule.language in (None, language)
            and rule.open in (None, is_open)
            and rule.customer in (None, str(customer.type))
            and (rule.page is None or fnmatchcase(page, rule.page))
            and {*rule.tags} <= {*customer.tags}
        ):
            return rule.scenario
    return None
