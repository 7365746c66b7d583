"""What a command is, and what it may use while it runs.

May: give a command its transaction, its time, its ids, its actor, and a way to record events. May not: know any one command.

A command is a frozen attrs class with a `permission` and a `run(ctx)`. It looks through `ctx.see` and records through `ctx`. One that acts
on a session has the field `session`, and may declare `records`, the event that must be possible in the session's state, and
`fits(session, who)`, who else is needed. Both are checked by `ctx.take(self)` and answer `Desk.allowed`. `run` may run again after a
database conflict: `now` and new ids are the same each time. `settled(ctx, answer)`, if the command has it, gives the answer when the
reactors have had their say; a session that is answered is read again in any case. A repeated request is answered by `again(ctx, event)`
if the command has it, else with the session as it is, or with the record of the class that the command `makes`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

import attrs

from cschat.core import events as e
from cschat.core.access import GRANTS, Actor, Permission
from cschat.core.content import Content
from cschat.core.ids import Ids
from cschat.core.people import Agent, Customer, CustomerKind, Profile, Role
from cschat.core.records import Record, evolve
from cschat.core.session import Session, legal, may, opened
from cschat.core.timers import Timer
from cschat.core.times import Micros
from cschat.errors import Forbidden, IllegalTransition, Invalid, ReactionLoop
from cschat.finding import Finder
from cschat.sight import Met, Sight, Who
from cschat.storage.protocol import Key, Transaction

__all__ = ["Command", "Context", "Reactor", "SideBot", "fits", "touches"]

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
R = TypeVar("R", bound=Record)

MAX_CHAIN = 32
"""How many events may set each other off before it is called a loop."""
_SYSTEM = Who(Role.SYSTEM)


class Command(Protocol[T_co]):
    """One thing that can be done."""

    permission: ClassVar[Permission]

    def run(self, ctx: Context, /) -> T_co:
        """Load, decide, record; answer."""
        ...


class Reactor(Protocol):
    """Something that answers events within the transaction in which they happen."""

    @property
    def on(self) -> Collection[type]:
        """The event bodies it wants to see."""
        ...

    def react(self, ctx: Context, event: e.Event, /) -> None:
        """Answer; what is recorded here names `event` as its cause and the system as its actor."""
        ...


@runtime_checkable
class SideBot(Protocol):
    """A reactor that runs side scenarios and so may take a customer's message before it counts as one."""

    def takes(self, ctx: Context, session: Session, content: Content, /) -> bool:
        """Whether the session's side scenario waits for just this."""
        ...


def touches(command: Command[Any]) -> Sequence[Key]:
    """The records that a command names: a hint for the store."""
    named = [(kind, getattr(command, name)) for kind, name in _named_by(type(command))]
    return [Key(kind, id) for kind, id in named if isinstance(id, str) and id.startswith(kind.prefix)]


_NAMES: dict[str, type[Record]] = {"session": Session, "customer": Customer, "source": Customer, "into": Customer, "agent": Agent}
"""What the fields of commands that name a record are called."""


@cache
def _named_by(command: type) -> Sequence[tuple[type[Record], str]]:
    return [(_NAMES[field.name], field.name) for field in attrs.fields(command) if field.name in _NAMES]


def fits(command: type[Command[Any]], session: Session, who: Who) -> bool:
    """Whether `who` may do this with a session in this state."""
    records: type | None = getattr(command, "records", None)
    test: Callable[[Session, Who], bool] | None = getattr(command, "fits", None)
    return (
        who.role in GRANTS[command.permission] and (records is None or may(session.state, records)) and (test is None or test(session, who))
    )


class Context:
    """What a command may use. One for each attempt; `made` outlives it, so that ids are the same each time."""

    __slots__ = (
        "_cause",
        "_chain",
        "_kept",
        "_made",
        "_once",
        "_pending",
        "_reactors",
        "_recorded",
        "_root",
        "_source",
        "_spent",
        "_used",
        "brand_id",
        "now",
        "see",
        "tx",
    )

    def __init__(
        self,
        tx: Transaction,
        *,
        brand_id: str,
        actor: Actor,
        now: Micros,
        met: Met,
        ids: Ids,
        made: list[str],
        reactors: Mapping[type, Sequence[Reactor]],
        finder: Finder,
    ) -> None:
        self.tx = tx
        self.see = Sight(tx, brand_id=brand_id, actor=actor, now=now, met=met, finder=finder)
        self.brand_id = brand_id
        self.now = now
        self._source = ids
        self._made = made
        self._used = 0
        self._reactors = reactors
        self._pending: deque[tuple[e.Event, tuple[str, ...], str]] = deque()
        self._cause: str | None = None
        self._chain: tuple[str, ...] = ()
        self._root: str | None = None
        self._spent: set[tuple[str | None, str]] = set()
        self._kept: dict[object, tuple[int, Any]] = {}
        self._once: str | None = None
        self._recorded: list[tuple[str, int]] = []

    # ----------------------------------------------------------------------------------------------------------- actors

    def acting_agent(self) -> Agent:
        """The agent who acts; `Invalid` if it is none."""
        if self.see.who.role not in (Role.AGENT, Role.ADMIN) or self.see.who.id is None:
            raise Invalid(field="actor", reason="only an agent can do this", allowed=["Actor.agent(...)"])
        return self.tx.get(Agent, self.see.who.id)

    def acting_customer(self) -> Customer:
        """The customer who acts, registered if the desk has not met them."""
        if self.see.who.id is not None:
            return self.tx.get(Customer, self.see.who.id)
        return self.register(self.see.actor.key, Profile(name=self.see.actor.name))

    def register(self, key: str, profile: Profile) -> Customer:
        """A new customer."""
        kind = CustomerKind(key.partition(":")[0])
        id = self.new_id(Customer)
        if self.see.actor.kind is Role.CUSTOMER:
            self.see.who = Who(Role.CUSTOMER, id)
        fresh = Customer(id=id, brand=self.brand_id, seq=0, key=key, type=kind, registered=self.now, profile=profile)
        return self.change(fresh, e.CustomerRegistered(key, kind, profile))

    def take(self, command: Any) -> Session:
        """The session of a command, if its state and the actor fit. `IllegalTransition` or `Forbidden` else."""
        session = self.see.session(command.session)
        records: type | None = getattr(command, "records", None)
        if records is not None and not may(session.state, records):
            raise IllegalTransition(
                f"{records.__name__} is not possible for {session.id}, which is {session.state}",
                session_id=session.id,
                state=session.state,
                event=records.__name__,
                allowed=legal(session.state),
            )
        if not fits(type(command), session, self.see.who):
            raise Forbidden(
                f"{self.see.who.name} may not do this with {session.id}", actor=self.see.who.name, permission=command.permission
            )
        return session

    # -------------------------------------------------------------------------------------------------------- recording

    def new_id(self, kind: type[Record]) -> str:
        """A new id with the prefix of a record class."""
        return self.new_id_with(kind.prefix)

    def new_id_with(self, prefix: str) -> str:
        """A new id with a prefix."""
        if self._used == len(self._made):
            self._made.append(self._source.new(prefix, self.now))
        self._used += 1
        return self._made[self._used - 1]

    def record(self, session: Session, body: e.Body) -> Session:
        """Something happened to a session: the session after it. The event that ends a turn gets its clocks here."""
        time = max(self.now, session.last)
        clocks = session.clocks_if(body, time)
        if clocks is not None:
            body = evolve(body, turn=clocks)
        event = self._event(session.id, session.seq + 1, time, body, once=self._once)
        self._once = None
        after = session.apply(event)
        self.tx.put(after)
        return after

    def open(self, body: e.Opened | e.OpenedByAgent) -> Session:
        """A new session."""
        return self._opened(self.new_id(Session), body)

    def continue_in(self, session: Session, body: e.Opened) -> Session:
        """A new session that goes on from a closed one, each naming the other. The closed one has it first, for whoever asks again."""
        id = self.new_id(Session)
        self.record(session, e.Continued(id))
        return self._opened(id, body)

    def _opened(self, id: str, body: e.Opened | e.OpenedByAgent) -> Session:
        session = opened(self._event(id, 1, self.now, body))
        self.tx.put(session)
        return session

    def change(self, record: R, body: e.Body, /, **changes: Any) -> R:
        """Something happened to a record that is no session; `changes` are its fields after it. A new record has seq 0 before."""
        seq: int = record.seq + 1  # type: ignore[attr-defined]
        self._event(record.id, seq, self.now, body)
        after = evolve(record, seq=seq, **changes)
        self.tx.put(after)
        return after

    def enter(self, record: R, body: e.Body, once: str | None, /, **changes: Any) -> R:
        """As `change`, for a record whose events are in order of time, as it has `last`; none other of it will carry `once`."""
        seq: int = record.seq + 1  # type: ignore[attr-defined]
        time = max(self.now, record.last)  # type: ignore[attr-defined]
        self._event(record.id, seq, time, body, once=once)
        after = evolve(record, seq=seq, last=time, **changes)
        self.tx.put(after)
        return after

    def wake(self, session: Session, at: Micros | None) -> Session:
        """Let the desk look at a session at a time; a time that is past means now. It is no event: nothing has happened."""
        at = None if at is None else max(at, self.now)
        after = session if session.wake == at else evolve(session, wake=at)
        if after is not session:
            self.tx.put(after)
        return after

    def arm(self, does: str, subject: str, due: Micros | None) -> None:
        """Let the desk do something later for a record; None: not any more. What it is, `waking` knows by its name."""
        id = Timer.id_of(does, subject)
        present = self.tx.peek(Timer, id)
        wanted = None if due is None else Timer(id, self.brand_id, does, subject, due)
        if wanted is not None and wanted != present:
            self.tx.put(wanted)
        elif wanted is None and present is not None:
            self.tx.delete(Timer, id)

    def _event(self, subject: str, seq: int, time: Micros, body: e.Body, once: str | None = None) -> e.Event:
        event = e.Event(self.brand_id, subject, seq, time, self.see.who.name, body, self._cause, once)
        self.tx.append(event)
        self._recorded.append((subject, seq))
        if type(body) in self._reactors:
            chain = self._chain
            if len(chain) >= MAX_CHAIN:
                raise ReactionLoop(f"reactors set each other off without end: {' > '.join(chain[-6:])}", chain=chain)
            self._pending.append((event, chain, self._root or event.name))
        return event

    def kept(self, look: Callable[[Context], T]) -> T:
        """What `look` finds, looked up once as long as nothing more is recorded: several reactors ask it of one event."""
        known = self._kept.get(look)
        if known is None or known[0] != len(self._recorded):
            known = self._kept[look] = (len(self._recorded), look(self))
        return known[1]

    # ------------------------------------------------------------------------------------------------------------ causes

    @property
    def chain(self) -> tuple[str, ...]:
        """What has led here, first to last: types of events, and the links that `because` has added. Empty outside of reactors."""
        return self._chain

    @contextmanager
    def because(self, cause: str, link: str, who: Who = _SYSTEM) -> Generator[None]:
        """What is recorded within is the system's (or done by `who`), names the event `cause` (`<subject>:<seq>`), comes after `link`."""
        before = self._cause, self._chain, self._root, self.see.who
        self._cause, self._chain, self._root, self.see.who = cause, (*self._chain, link), self._root or cause, who
        try:
            yield
        finally:
            self._cause, self._chain, self._root, self.see.who = before

    @contextmanager
    def attempt(self) -> Generator[None]:
        """Undo what is written and recorded within if it raises; the error goes on. New ids are not given out again."""
        who, cause, chain, root, once = self.see.who, self._cause, self._chain, self._root, self._once
        pending, spent, recorded = self._pending.copy(), self._spent.copy(), len(self._recorded)
        try:
            with self.tx.attempt():
                yield
        except BaseException:
            self.see.who, self._cause, self._chain, self._root, self._once = who, cause, chain, root, once
            self._pending, self._spent = pending, spent
            del self._recorded[recorded:]
            self._kept.clear()
            raise

    def first_time(self, what: str) -> bool:
        """Whether this is asked of `what` for the first time since the event at the beginning of the chain."""
        if (self._root, what) in self._spent:
            return False
        self._spent.add((self._root, what))
        return True

    # -------------------------------------------------------------------------------------------------- for `carry_out`

    def carry_once(self, once: str) -> None:
        """Let the first event of a session that is recorded carry `once`."""
        self._once = once

    def mark(self) -> int:
        """How much has been recorded so far."""
        return len(self._recorded)

    def first_since(self, mark: int, kind: type[Record]) -> tuple[str, int] | None:
        """The first event (subject, seq) recorded since a mark; one of a record of this class, if there is any."""
        since = self._recorded[mark:]
        return next((name for name in since if name[0].startswith(f"{kind.prefix}_")), since[0] if since else None)

    def react(self) -> bool:
        """Offer what was recorded, first to last, to every reactor, in their order. Whether there was anything."""
        pending = self._pending
        if not pending:
            return False
        asked, self.see.who = self.see.who, _SYSTEM
        while pending:
            event, chain, self._root = pending.popleft()
            self._cause, self._chain = event.name, (*chain, event.type)
            for reactor in self._reactors[type(event.body)]:
                reactor.react(self, event)
        self._cause, self._chain, self._root, self.see.who = None, (), None, asked
        return True

    def side_takes(self, session: Session, content: Content) -> bool:
        """Whether the session's side scenario takes what the customer says."""
        if session.side is None:
            return False
        bots = dict.fromkeys(reactor for several in self._reactors.values() for reactor in several if isinstance(reactor, SideBot))
        return any(bot.takes(self, session, content) for bot in bots)
