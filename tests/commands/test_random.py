"""Whatever anybody does in whatever order: the desk stays whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.bots import RatingBot, WelcomeBot
from tests.office import Content, Office, everything

from cschat import Actor, BotCursor, Desk, Session, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.session import opened
from cschat.core.times import as_datetime
from cschat.errors import CschatError

TEXTS = st.sampled_from(["안녕하세요", "상담사", "5", "1", "감사합니다"])
LABELS = st.lists(st.sampled_from(["급함", "vip", "불만"]), max_size=2)
CATEGORIES = st.sampled_from(["배송", "배송/지연", "환불", "물류/국내", None])
SECONDS = st.sampled_from([0, 1, 59, 300, 601, 3600, 100_000])

MOVERS = {
    *(c.AssignSession, c.ClaimSession, c.EndSession, c.HoldSession, c.LeaveMessage, c.MoveToIntake, c.RateSession, c.ReleaseSession),
    *(c.ReopenSession, c.RequestAgent, c.ResumeSession, c.ReturnToBot, c.SendMessage, c.TransferSession, c.WrapUp),
}

Draw = Callable[[st.SearchStrategy[Any]], Any]


class AnyDesk(RuleBasedStateMachine):
    """Random commands by random people on one desk with two bots, now and then repeated, in pairs, or with time passing."""

    @initialize(bots=st.booleans())
    def open(self, bots: bool) -> None:
        self.clock = FakeClock()
        self.desk = Desk.open(self.store(), clock=self.clock, seed=1, reactors=[WelcomeBot(), RatingBot()] if bots else [])
        office = Office.on(self.desk, self.clock)
        self.desk.do_all([c.ChangeAgent(agent, capacity=7) for agent in (office.mina, office.jun)])
        self.agents = [office.mina.id, office.jun.id, office.sora.id]
        self.groups = [office.group.id]
        self.guests = [Actor.guest("browser-a"), Actor.guest("browser-b"), Actor.member("m")]
        self.sessions = [office.session(state).id for state in State]
        self.elsewhere = Actor.agent(self.desk.brand("other").do(c.AddAgent(name="남")))
        self.content = everything(self.desk)

    def store(self) -> Any:
        """What the desk is opened on."""
        return "memory:"

    # ---------------------------------------------------------------------------------------------------------- choices

    def somebody(self) -> st.SearchStrategy[Desk]:
        staff = [Actor.agent(agent) for agent in self.agents]
        actors = st.sampled_from([*self.guests, *staff, *staff, Actor.system, Actor.host, self.elsewhere])
        return actors.map(self.desk.acting_as)

    def customers(self) -> st.SearchStrategy[str]:
        return st.sampled_from(sorted(id for kind, id in self.content.records if kind == "customer"))

    def commands(self, draw: Draw, session: str) -> list[tuple[type, Callable[[], Any]]]:
        """Every command, with arguments that may or may not fit."""
        agent, group = draw(st.sampled_from(self.agents)), draw(st.sampled_from(self.groups))
        flag, text, tags = draw(st.booleans()), draw(TEXTS), draw(LABELS)
        until = as_datetime(self.clock.now()) + timedelta(seconds=draw(SECONDS))
        seq = draw(st.integers(0, 12))
        cursor = draw(st.sampled_from([None, BotCursor("a", "b")]))
        return [
            (c.OpenSession, lambda: c.OpenSession(text=draw(st.none() | TEXTS))),
            (c.OpenSession, lambda: c.OpenSession(text=text, customer=draw(self.customers()))),
            (c.OpenSessionByAgent, lambda: c.OpenSessionByAgent(draw(self.customers()), text=text, agent=draw(st.none() | st.just(agent)))),
            (c.SendMessage, lambda: c.SendMessage(session, text=text, client_id=draw(st.sampled_from([None, "m1", "m2"])))),
            (c.SendMessage, lambda: c.SendMessage(session, text=text, seen=seq, visibility=draw(st.sampled_from(["public", "internal"])))),
            (c.SendBotMessage, lambda: c.SendBotMessage(session, seq, text, side=flag, cursor=cursor)),
            (c.AddNote, lambda: c.AddNote(session, text=text)),
            (c.MarkRead, lambda: c.MarkRead(session, up_to=seq + 1)),
            (c.RequestAgent, lambda: c.RequestAgent(session)),
            (c.LeaveMessage, lambda: c.LeaveMessage(session, text=draw(st.none() | TEXTS))),
            (c.MoveToIntake, lambda: c.MoveToIntake(session)),
            (c.ReturnToBot, lambda: c.ReturnToBot(session)),
            (c.ClaimSession, lambda: c.ClaimSession(session)),
            (c.AssignSession, lambda: c.AssignSession(session, agent, force=flag)),
            (c.TransferSession, lambda: c.TransferSession(session, agent=agent, force=flag)),
            (c.TransferSession, lambda: c.TransferSession(session, group=group)),
            (c.ReleaseSession, lambda: c.ReleaseSession(session)),
            (c.HoldSession, lambda: c.HoldSession(session, until)),
            (c.ResumeSession, lambda: c.ResumeSession(session)),
            (c.EndSession, lambda: c.EndSession(session)),
            (c.LeavePage, lambda: c.LeavePage(session)),
            (c.WrapUp, lambda: c.WrapUp(session, note=text, category=draw(CATEGORIES), tags=tags)),
            (c.ReopenSession, lambda: c.ReopenSession(session)),
            (c.ForceClose, lambda: c.ForceClose(session)),
            (c.RateSession, lambda: c.RateSession(session, draw(st.integers(1, 5)))),
            (c.WakeSession, lambda: c.WakeSession(session)),
            (c.SetCategory, lambda: c.SetCategory(session, draw(CATEGORIES))),
            (c.SetPriority, lambda: c.SetPriority(session, draw(st.sampled_from(["low", "high"])))),
            (c.SetSubject, lambda: c.SetSubject(session, text)),
            (c.TagSession, lambda: c.TagSession(session, tags)),
            (c.UntagSession, lambda: c.UntagSession(session, tags)),
            (
                c.AddAgent,
                lambda: c.AddAgent(
                    name=text, user_id=draw(st.sampled_from([None, "u1"])), groups=[group], capacity=draw(st.integers(0, 2))
                ),
            ),
            (
                c.ChangeAgent,
                lambda: c.ChangeAgent(agent, capacity=draw(st.integers(0, 3)), groups=draw(st.sampled_from([None, (), (group,)]))),
            ),
            (c.SetStatus, lambda: c.SetStatus(draw(st.sampled_from(["available", "busy", "hidden"])), draw(st.none() | st.just(agent)))),
            (c.RemoveAgent, lambda: c.RemoveAgent(agent)),
            (c.AddGroup, lambda: c.AddGroup(text)),
            (c.ChangeGroup, lambda: c.ChangeGroup(group, name=text)),
            (c.RemoveGroup, lambda: c.RemoveGroup(group)),
            (c.RegisterCustomer, lambda: c.RegisterCustomer(member=draw(st.sampled_from(["m", "n"])))),
            (
                c.UpdateCustomer,
                lambda: c.UpdateCustomer(draw(st.none() | self.customers()), name=text, attributes=draw(st.sampled_from([None, {"a": 1}]))),
            ),
            (c.RecordConsent, lambda: c.RecordConsent("광고", "소식", "1", given=flag, customer=draw(st.none() | self.customers()))),
            (c.TagCustomer, lambda: c.TagCustomer(draw(self.customers()), tags)),
            (c.UntagCustomer, lambda: c.UntagCustomer(draw(self.customers()), tags)),
            (c.MergeCustomers, lambda: c.MergeCustomers(draw(self.customers()), draw(self.customers()))),
            (c.EraseCustomer, lambda: c.EraseCustomer(draw(self.customers()))),
            (c.ChangeBrand, lambda: c.ChangeBrand(accepting=draw(st.sampled_from(["auto", "open", "closed"])))),
            (c.ChangeBrand, lambda: c.ChangeBrand(reopening={"*": draw(st.sampled_from(["same_session", "new_session", "never"]))})),
            (c.ChangeBrand, lambda: c.ChangeBrand(wrap_up_limit=draw(st.sampled_from([0, 60])), grace=draw(st.sampled_from([0, 600])))),
            (c.ChangeBrand, lambda: c.ChangeBrand(open_labels=flag, end_when_gone=not flag, seen_fence=flag)),
            (c.AddCategory, lambda: c.AddCategory(draw(CATEGORIES) or "환불")),
            (
                c.ChangeCategory,
                lambda: c.ChangeCategory(draw(self.labels("category")), path=draw(CATEGORIES), disabled=draw(st.none() | st.booleans())),
            ),
            (c.AddTag, lambda: c.AddTag(draw(st.sampled_from(["급함", "새것"])))),
            (c.ChangeTag, lambda: c.ChangeTag(draw(self.labels("tag")), disabled=flag)),
        ]

    def any_command(self, draw: Draw) -> Any:
        commands = self.commands(draw, draw(st.sampled_from(self.sessions)))
        return draw(st.sampled_from(commands))[1]()

    def labels(self, kind: str) -> st.SearchStrategy[str]:
        return st.sampled_from(sorted(id for of, id in self.content.records if of == kind) or [f"{kind[:3]}_none"])

    # ----------------------------------------------------------------------------------------------------------- rules

    @rule(data=st.data(), request_id=st.sampled_from([None, None, None, "r1", "r2"]))
    def one_command(self, data: st.DataObject, request_id: str | None) -> None:
        door, command = data.draw(self.somebody()), self.any_command(data.draw)
        self.attempt(lambda: door.do(command, request_id=request_id))

    @rule(data=st.data(), request_id=st.sampled_from([None, None, None, "r1"]))
    def one_that_is_allowed(self, data: st.DataObject, request_id: str | None) -> None:
        session, door = data.draw(st.sampled_from(self.sessions)), data.draw(self.somebody())
        try:
            allowed = door.allowed(session)
        except CschatError:
            return
        command = data.draw(st.sampled_from([make for kind, make in self.commands(data.draw, session) if kind in allowed]))()
        self.attempt(lambda: door.do(command, request_id=request_id))

    @rule(data=st.data())
    def one_that_moves_a_session(self, data: st.DataObject) -> None:
        """By its owner, its customer or an admin: what is rarely drawn by chance."""
        session = self.content.records["session", data.draw(st.sampled_from(self.sessions))]
        whose = self.content.records["customer", session.customer].key
        customer = Actor.guest(whose.partition(":")[2]) if whose.startswith("guest:") else self.guests[0]
        actor = data.draw(st.sampled_from([Actor.agent(session.agent or self.agents[-1]), customer, Actor.host]))
        door = self.desk.acting_as(actor)
        try:
            allowed = door.allowed(session) & MOVERS
        except CschatError:
            return
        fitting = [make for kind, make in self.commands(data.draw, session.id) if kind in allowed]
        if fitting:
            command = data.draw(st.sampled_from(fitting))()
            self.attempt(lambda: door.do(command))

    @rule(data=st.data(), number=st.integers(2, 3))
    def several_at_once(self, data: st.DataObject, number: int) -> None:
        door, commands = data.draw(self.somebody()), [self.any_command(data.draw) for _ in range(number)]
        self.attempt(lambda: door.do_all(commands))

    @rule(data=st.data())
    def the_same_request_twice(self, data: st.DataObject) -> None:
        door, command = data.draw(self.somebody()), self.any_command(data.draw)
        id = f"once-{len(self.content.events)}-{len(self.content.records)}-{self.clock.now()}"
        self.attempt(lambda: door.do(command, request_id=id))
        recorded = len(self.content.events) > self.before
        if recorded:
            door.do(command, request_id=id) if self.still_here(door) else None
            assert everything(self.desk) == self.content

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: int) -> None:
        self.desk.advance(seconds=seconds)
        self.before = len(self.content.events)
        self.content = everything(self.desk)

    # ---------------------------------------------------------------------------------------------------------- checks

    def still_here(self, door: Desk) -> bool:
        """Whether the actor of a door may still act: they may just have removed, demoted, merged or erased themselves."""
        try:
            return door._read(lambda tx: door._door.sight(tx).who.id is not None or door._door.actor.kind in ("host", "system"))
        except CschatError:
            return False

    def attempt(self, action: Callable[[], Any]) -> None:
        """Do something; refused, with an error of ours only, it must have changed nothing."""
        self.before = len(self.content.events)
        try:
            action()
        except CschatError:
            assert everything(self.desk) == self.content
            return
        self.content = everything(self.desk)
        kinds = {"session": self.sessions, "agent": self.agents, "group": self.groups}
        brand = self.desk._door.brand_id
        for (kind, id), record in self.content.records.items():
            if kind in kinds and id not in kinds[kind] and record.brand == brand:
                kinds[kind].append(id)

    @invariant()
    def nothing_is_impossible(self) -> None:
        assert self.desk.ask(q.SelfCheck()) == []

    @invariant()
    def the_log_has_no_gap_and_no_step_back(self) -> None:
        last: dict[str, tuple[int, int]] = {}
        for position, event in enumerate(self.content.events, start=1):
            seq, time = last.get(event.subject, (0, 0))
            assert (event.position, event.seq) == (position, seq + 1)
            assert event.time >= time
            last[event.subject] = (event.seq, event.time)

    @invariant()
    def what_is_stored_is_what_the_events_say(self) -> None:
        folded: dict[str, Session] = {}
        touched = {event.subject for event in self.content.events[getattr(self, "before", 0) :]}
        for event in self.content.events:
            if event.subject in touched and event.subject.startswith("ses_"):
                folded[event.subject] = folded[event.subject].apply(event) if event.seq > 1 else opened(event)
        assert folded == {id: self.content.records["session", id] for id in folded}

    @invariant()
    def whoever_owns_a_talk_works_here(self) -> None:
        _check_owners(self.content)


def _check_owners(content: Content) -> None:
    for (kind, _), record in content.records.items():
        if kind == "session" and record.agent is not None:
            assert not content.records["agent", record.agent].removed


TestAnyDesk = AnyDesk.TestCase
TestAnyDesk.settings = settings(max_examples=50, stateful_step_count=40)
