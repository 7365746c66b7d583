"""What an actor sees: who they are, and the records of their brand that they may know of.

May: look up. May not: write, or know any one command or query.
"""

from __future__ import annotations

from typing import TypeVar

import attrs

from cschat.core.access import GRANTS, OF_USER, Actor, Permission
from cschat.core.brand import Brand
from cschat.core.hours import Hours
from cschat.core.people import Agent, Customer, Role
from cschat.core.records import STAFF, Record, blanked
from cschat.core.session import Session
from cschat.core.times import Micros
from cschat.errors import Forbidden, NotFound
from cschat.finding import Finder
from cschat.storage.protocol import Transaction

__all__ = ["Met", "Sight", "Who"]

R = TypeVar("R", bound=Record)
_MOST_MET = 10_000


def _name(who: Who) -> str:
    kind = Role.AGENT if who.role is Role.ADMIN else who.role
    return str(kind) if who.id is None else f"{kind}:{who.id}"


@attrs.frozen
class Who:
    """The actor as the desk knows them. `id` is None for a customer it has not met, the system and the host.

    `name` is how events name the actor: `customer:<id>`, `agent:<id>`, `system`, `host`.
    """

    role: Role
    id: str | None = None
    name: str = attrs.field(init=False, eq=False, default=attrs.Factory(_name, takes_self=True))


class Met:
    """The ids of customers who have acted lately, by brand and key: a record is read faster by its id. What is here may be out of date."""

    __slots__ = ("_ids",)

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], str] = {}

    def id_of(self, brand_id: str, key: str) -> str | None:
        """The id of the customer with this key, if they have acted lately."""
        return self._ids.get((brand_id, key))

    def customer(self, tx: Transaction, brand_id: str, key: str) -> Customer | None:
        """The customer with this key."""
        id = self._ids.get((brand_id, key))
        known = None if id is None else tx.peek(Customer, id)
        if known is not None and known.key == key:
            return known
        found = tx.find(Customer, where={"brand": brand_id, "key": key}, limit=1)
        if not found:
            return None
        if len(self._ids) >= _MOST_MET:
            self._ids.clear()
        self._ids[(brand_id, key)] = found[0].id
        return found[0]


class Sight:
    """A transaction through the eyes of an actor; `finder` searches in what it sees."""

    __slots__ = ("_met", "_who", "actor", "brand_id", "finder", "now", "tx")

    def __init__(self, tx: Transaction, *, brand_id: str, actor: Actor, now: Micros, met: Met, finder: Finder) -> None:
        self.tx = tx
        self._met = met
        self.brand_id = brand_id
        self.actor = actor
        self.now = now
        self.finder = finder
        self._who: Who | None = None

    @property
    def who(self) -> Who:
        """The actor, looked up. `Forbidden` if they are no agent of this brand."""
        if self._who is None:
            self._who = self._look_up()
        return self._who

    @who.setter
    def who(self, who: Who) -> None:
        self._who = who

    def _look_up(self) -> Who:
        actor = self.actor
        if actor.kind is Role.AGENT:
            agent = self._agent(actor.key)
            if agent is None or agent.removed or agent.brand != self.brand_id:
                raise Forbidden(f"{actor.key} is no agent here", actor=actor.key, permission="")
            return Who(agent.role, agent.id)
        if actor.kind is Role.CUSTOMER:
            known = self._met.customer(self.tx, self.brand_id, actor.key)
            return Who(Role.CUSTOMER, None if known is None else known.id)
        return Who(actor.kind)

    def _agent(self, key: str) -> Agent | None:
        if not key.startswith(OF_USER):
            return self.tx.peek(Agent, key)
        found = self.tx.find(Agent, where={"brand": self.brand_id, "user_id": key.removeprefix(OF_USER)}, limit=1)
        return found[0] if found else None

    def demand(self, permission: Permission) -> None:
        """Raise `Forbidden` unless the actor's role has the permission."""
        role = self.who.role
        if role not in GRANTS[permission]:
            raise Forbidden(f"{role} may not {permission}", actor=self.who.name, permission=permission)

    def mine(self, kind: type[R], id: str) -> R:
        """A record of this brand; `NotFound` else."""
        record = self.tx.get(kind, id)
        if record.brand != self.brand_id:
            raise NotFound(f"there is no {kind.kind} {id}", kind=kind.kind, id=id)
        return record

    def session(self, id: str) -> Session:
        """A session that the actor may know of; `NotFound` else."""
        session = self.mine(Session, id)
        if self.who.role is Role.CUSTOMER and session.customer != self.who.id:
            raise NotFound(f"there is no session {id}", kind="session", id=id)
        return session

    def brand(self) -> Brand:
        """The brand's settings; all defaults if nobody has changed any."""
        return self.tx.peek(Brand, self.brand_id) or Brand(id=self.brand_id)

    def hours(self) -> Hours:
        """The brand's opening hours; without a version if it has set none."""
        id = f"{Hours.prefix}_{self.brand_id.partition('_')[2]}"
        return self.tx.peek(Hours, id) or Hours(id=id, brand=self.brand_id)

    def present(self, record: R) -> R:
        """A record as the actor may see it: customers see no field that is for staff."""
        return blanked(record, STAFF) if self.who.role is Role.CUSTOMER else record
