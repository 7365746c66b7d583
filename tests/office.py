"""A desk with people in it, for tests.

May: open sessions and bring them into a state through commands. May not: check anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from cschat import Actor, Desk, Event, Session, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.people import Agent, Customer, Group
from cschat.kinds import KINDS


@attrs.frozen
class Content:
    """All that a store holds: records by kind and id, and the log."""

    records: dict[tuple[str, str], Any]
    events: list[Event]


@attrs.frozen
class Office:
    """One brand with an admin, two agents, a group and two customers, and a door for each of them.

    Mina and Jun are agents (Mina is available), Sora is the admin. The customers are guests; `visitor` and `stranger` are their doors.
    """

    desk: Desk
    clock: FakeClock
    sora: Agent
    mina: Agent
    jun: Agent
    group: Group
    customer: Customer
    other: Customer

    @classmethod
    def on(cls, desk: Desk, clock: FakeClock) -> Office:
        group = desk.do(c.AddGroup(name="배송팀"))
        return cls(
            desk=desk,
            clock=clock,
            sora=desk.do(c.AddAgent(name="소라", role="admin", capacity=1000)),
            mina=desk.do(c.AddAgent(name="민아", status="available", capacity=1000)),
            jun=desk.do(c.AddAgent(name="준", capacity=1000)),
            group=group,
            customer=desk.do(c.RegisterCustomer(guest="browser-a", name="김고객")),
            other=desk.do(c.RegisterCustomer(guest="browser-b", name="이고객")),
        )

    # ------------------------------------------------------------------------------------------------------------ doors

    @property
    def visitor(self) -> Desk:
        return self.desk.acting_as(Actor.guest("browser-a"))

    @property
    def stranger(self) -> Desk:
        return self.desk.acting_as(Actor.guest("browser-b"))

    @property
    def agent(self) -> Desk:
        return self.desk.acting_as(Actor.agent(self.mina))

    @property
    def colleague(self) -> Desk:
        return self.desk.acting_as(Actor.agent(self.jun))

    @property
    def admin(self) -> Desk:
        return self.desk.acting_as(Actor.agent(self.sora))

    @property
    def system(self) -> Desk:
        return self.desk.acting_as(Actor.system)

    # --------------------------------------------------------------------------------------------------------- sessions

    def session(self, state: State = State.BOT, *, text: str | None = "문의드려요") -> Session:
        """A session of the visitor in a state; where somebody has it, Mina does."""
        if state is State.INTAKE:
            self.desk.do(c.ChangeBrand(accepting="closed"))
        session = self.visitor.do(c.OpenSession(text=text))
        match state:
            case State.BOT:
                pass
            case State.INTAKE:
                self.visitor.do(c.LeaveMessage(session))
                self.desk.do(c.ChangeBrand(accepting="auto"))
            case State.QUEUED:
                self.visitor.do(c.RequestAgent(session))
            case _:
                self.visitor.do(c.RequestAgent(session))
                self.agent.do(c.ClaimSession(session))
                self.agent.do(c.SendMessage(session, text="안녕하세요"))
                if state in (State.WRAP_UP, State.CLOSED):
                    self.agent.do(c.EndSession(session))
                if state is State.CLOSED:
                    self.agent.do(c.WrapUp(session, note="배송 조회"))
        found = self.look(session)
        assert found.state is state
        return found

    # ---------------------------------------------------------------------------------------------------------- looking

    def look(self, session: Session | str) -> Session:
        """The session as it is stored."""
        return self.desk.ask(q.GetSession(session))

    def history(self, session: Session | str) -> list[Event]:
        return list(self.desk.each(q.History(session)))

    def types(self, session: Session | str) -> list[str]:
        return [event.type for event in self.history(session)]

    def said(self, session: Session | str) -> list[str]:
        return [message.text for message in self.desk.each(q.Transcript(session))]

    def log(self, subject: str) -> list[Event]:
        """All events of any subject."""
        return self.desk.store.read(lambda tx: tx.events(subject, limit=10_000))

    def everything(self) -> Content:
        return everything(self.desk)


def everything(desk: Desk) -> Content:
    """All that the desk's store holds."""
    store = desk.store
    records = {(kind.kind, record.id): record for kind in KINDS for record in store.stream(kind)}
    return Content(records, list(store.stream_log()))


def bodies(events: Iterable[Event], kind: type) -> Sequence[Any]:
    """The bodies of one type, in order."""
    return [event.body for event in events if isinstance(event.body, kind)]
