"""The host's reactors: what answers an event within its own transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import attrs
import pytest
from tests.office import Office, everything

from cschat import Desk, Event, State
from cschat import commands as c
from cschat import events as e
from cschat.commands.protocol import Context
from cschat.core.clock import FakeClock
from cschat.errors import ReactionLoop


@attrs.frozen(eq=False)
class Reactor:
    """A reactor made of a function."""

    on: Collection[type]
    does: Callable[[Context, Event], Any]

    def react(self, ctx: Context, event: Event) -> None:
        self.does(ctx, event)


def office_with(url: str, *reactors: Reactor) -> Office:
    clock = FakeClock()
    return Office.on(Desk.open(url, clock=clock, seed=1, reactors=reactors), clock)


def urgent(ctx: Context, event: Event) -> None:
    c.SetPriority(event.subject, "urgent").run(ctx)


def test_what_a_reactor_does_names_its_cause_and_the_system(url):
    office = office_with(url, Reactor((e.AgentRequested,), urgent))
    with office.desk:
        session = office.session(State.QUEUED)
        requested, answered = office.history(session)[-2:]
        assert answered.type == "PrioritySet"
        assert answered.cause == f"{session.id}:{requested.seq}" == requested.name
        assert answered.actor == "system"
        assert (requested.cause, requested.actor) == (None, f"customer:{office.customer.id}")
        assert session.priority == "urgent"


def test_reactors_see_events_in_the_order_of_events_then_of_reactors(url):
    seen = []

    def note(name: str) -> Reactor:
        return Reactor((e.Opened, e.MessageSent), lambda ctx, event: seen.append((event.type, name)))

    office = office_with(url, note("a"), note("b"))
    with office.desk:
        office.session(text="문의")
    assert seen == [("Opened", "a"), ("Opened", "b"), ("MessageSent", "a"), ("MessageSent", "b")]


def test_a_reactor_answers_in_the_same_transaction(url):
    def fail(ctx: Context, event: Event) -> None:
        raise ZeroDivisionError("a bug of the host")

    office = office_with(url, Reactor((e.AgentRequested,), urgent), Reactor((e.PrioritySet,), fail))
    with office.desk:
        session = office.session()
        before = office.everything()
        with pytest.raises(ZeroDivisionError):
            office.visitor.do(c.RequestAgent(session))
        assert office.everything() == before


def test_a_reactor_may_do_what_only_the_system_may(url):
    office = office_with(url, Reactor((e.MessageSent,), lambda ctx, event: c.RequestAgent(event.subject).run(ctx)))
    with office.desk:
        session = office.visitor.do(c.OpenSession(text="상담사"))
        assert session.state is State.QUEUED
        assert office.history(session)[-1].actor == "system"


def test_reactors_that_set_each_other_off_are_stopped_and_nothing_is_written(url):
    def again(ctx: Context, event: Event) -> None:
        c.SetSubject(event.subject, f"{event.seq}").run(ctx)

    office = office_with(url, Reactor((e.SubjectSet,), again))
    with office.desk:
        session = office.session()
        before = everything(office.desk)
        with pytest.raises(ReactionLoop) as caught:
            office.desk.do(c.SetSubject(session, "제목"))
        assert set(caught.value.chain) == {"SubjectSet"}
        assert everything(office.desk) == before
