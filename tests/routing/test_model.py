"""Whatever happens to agents, policies and sessions, in any order: who gets what is as the policy says."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.routing.account import OWNED, Account

from cschat import Actor, Desk, Session, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.distribution import Duty
from cschat.core.people import AgentStatus, Customer
from cschat.core.times import as_datetime
from cschat.errors import CschatError

CHANNELS = st.sampled_from(["web", "web", "app", "phone"])
CATEGORIES = st.sampled_from([None, "환불", "환불/반품", "배송"])
ASKING = st.tuples(CHANNELS, CATEGORIES, st.sampled_from([None, None, "high", "low"]), st.booleans())
SECONDS = st.sampled_from([0, 1, 5, 20, 31, 61, 301, 4000, 90_000])


class AnyRouting(RuleBasedStateMachine):
    """Random people, policies and sessions on one desk; after every step the whole is looked at."""

    @initialize(
        data=st.data(), mode=st.sampled_from(["auto", "auto", "hybrid", "manual"]), several=st.lists(ASKING, min_size=4, max_size=9)
    )
    def open(self, data: st.DataObject, mode: str, several: list[tuple[str, str | None, str | None, bool]]) -> None:
        self.clock = FakeClock()
        self.desk = Desk.open("memory:", clock=self.clock, seed=1)
        self.account = Account()
        self.groups = [self.desk.do(c.AddGroup(name)).id for name in ("환불팀", "물류팀")]
        self.agents: list[str] = []
        self.guests = 0
        self.beats: dict[str, tuple[int, str]] = {}
        self.desk.do_all([c.SetDistribution(mode=mode, presence={}), c.ChangeBrand(accepting="open")])
        self.boss = self.desk.do(c.AddAgent(name="소라", role="admin", capacity=2, auto_limit=0)).id
        for _ in range(3):
            self.add_agent(data)
        self.ask(several, 1)

    # ------------------------------------------------------------------------------------------------------------ choices

    def scopes(self) -> st.SearchStrategy[dict[str, list[str]]]:
        alive = [agent for agent in self.agents if agent not in self.account.gone]
        groups = [group for group in self.groups if group not in self.account.gone]
        some = [st.just({})]
        some += [st.sampled_from(alive).map(lambda one: {"agents": [one]})] if alive else []
        some += [st.sampled_from(groups).map(lambda one: {"groups": [one]})] if groups else []
        some += [st.just({"agents": alive[:1], "groups": groups[-1:]})] if alive and groups else []
        return st.one_of(some)

    def routes(self, draw: Callable[[Any], Any]) -> list[dict[str, Any]]:
        kinds = draw(st.lists(st.sampled_from(["category", "channel", "tag"]), unique=True, max_size=2))
        named = {"category": "환불", "channel": "app", "tag": "vip"}
        routes = []
        for kind in kinds:
            widening = draw(st.sampled_from([{}, {"widen_after": 30, "widen_to": draw(self.scopes())}]))
            routes.append({"name": kind, kind: named[kind], "scope": draw(self.scopes()), **widening})
        return routes

    def one(self, draw: Callable[[Any], Any], *states: State) -> str | None:
        fitting = sorted(one.id for one in self.account.sessions.values() if one.state in states)
        return draw(st.sampled_from(fitting)) if fitting else None

    def attempt(self, *commands: Any, by: Actor = Actor.host, forced: bool = False) -> None:
        """Do something that may be refused; then see what the log says of it."""
        self.account.forced = forced
        with contextlib.suppress(CschatError):
            self.desk.acting_as(by).do_all(list(commands))
        self.catch_up()

    def catch_up(self) -> None:
        for event in self.desk.store.stream_log(after=self.account.position):
            self.account.follow(event)
        self.account.forced = False
        self.account.now = self.clock.now()

    # -------------------------------------------------------------------------------------------------------------- agents

    @rule(data=st.data())
    def add_agent(self, data: st.DataObject) -> None:
        if len(self.agents) > 6:
            return
        self.clock.advance(milliseconds=1)
        capacity = data.draw(st.integers(0, 4))
        groups = data.draw(st.lists(st.sampled_from(self.groups), unique=True, max_size=2))
        alive = [group for group in groups if group not in self.account.gone]
        limit = data.draw(st.integers(0, 4))
        agent = self.desk.do(c.AddAgent(name="상담사", capacity=capacity, auto_limit=limit, status="available", groups=alive))
        self.agents.append(agent.id)
        self.catch_up()

    @rule(data=st.data(), capacity=st.none() | st.integers(0, 4), limit=st.none() | st.integers(0, 4), move=st.booleans())
    def change_agent(self, data: st.DataObject, capacity: int | None, limit: int | None, move: bool) -> None:
        groups = data.draw(st.lists(st.sampled_from(self.groups), unique=True, max_size=2)) if move else None
        self.attempt(c.ChangeAgent(data.draw(st.sampled_from(self.agents)), capacity=capacity, auto_limit=limit, groups=groups))

    @rule(data=st.data(), status=st.sampled_from(["available", "available", "busy", "hidden"]))
    def set_status(self, data: st.DataObject, status: str) -> None:
        self.attempt(c.SetStatus(status), by=Actor.agent(data.draw(st.sampled_from(self.agents))))

    @rule(data=st.data(), sure=st.integers(0, 3))
    def remove(self, data: st.DataObject, sure: int) -> None:
        if sure == 0:
            self.attempt(c.RemoveAgent(data.draw(st.sampled_from(self.agents))))
        elif sure == 1:
            self.attempt(c.RemoveGroup(data.draw(st.sampled_from(self.groups))))

    @rule(data=st.data(), device=st.sampled_from(["*", "phone"]))
    def heartbeat(self, data: st.DataObject, device: str) -> None:
        self.attempt(c.Heartbeat(device), by=Actor.agent(data.draw(st.sampled_from(self.agents))))

    # ------------------------------------------------------------------------------------------------------------ policies

    @rule(data=st.data())
    def set_policy(self, data: st.DataObject) -> None:
        draw = data.draw
        wanted: dict[str, Any] = {
            "mode": st.sampled_from(["auto", "hybrid", "manual"]),
            "order": st.sampled_from(["least_active", "round_robin", "least_recent"]),
            "claim": st.sampled_from([None, "any", "oldest_first", "off"]),
            "offer_timeout": st.sampled_from([None, 30]),
            "max_passes": st.sampled_from([1, 2, 5]),
            "sticky_days": st.sampled_from([0, 30]),
            "weights": st.sampled_from([{}, {"phone": 2}, {"phone": 3, "app": 0}]),
            "wrap_up_holds_slot": st.booleans(),
            "hold_frees_slot": st.booleans(),
            "on_close": st.sampled_from(["keep", "to_intake"]),
            "presence": st.sampled_from([{}, {"*": 60, "phone": 300}, {"*": 20}]),
            "head_starts": st.sampled_from([{"high": 900}, {"high": 30, "low": -60}]),
            "default": self.scopes(),
            "intake_on_open": st.sampled_from(["review", "queue"]),
        }
        names = draw(st.lists(st.sampled_from([*wanted, "routes", "routes"]), unique=True, min_size=1, max_size=3))
        self.attempt(c.SetDistribution(**{name: self.routes(draw) if name == "routes" else draw(wanted[name]) for name in names}))

    @rule(accepting=st.sampled_from(["auto", "open", "open", "closed"]))
    def accept(self, accepting: str) -> None:
        self.attempt(c.ChangeBrand(accepting=accepting))

    # ------------------------------------------------------------------------------------------------------------ sessions

    @rule(several=st.lists(ASKING, min_size=1, max_size=5), seconds=st.sampled_from([0, 1, 20]))
    def ask(self, several: list[tuple[str, str | None, str | None, bool]], seconds: int) -> None:
        """Customers come and ask for a person; some have been here before."""
        for channel, category, priority, known in several:
            self.guests += not known or not self.guests
            guest = Actor.guest(f"guest-{self.guests}")
            session = self.desk.acting_as(guest).do(c.OpenSession(text="문의드려요", channel=channel))
            if category is not None:
                self.desk.do(c.SetCategory(session, category))
            if priority is not None:
                self.desk.do(c.SetPriority(session, priority))
            self.attempt(c.RequestAgent(session), by=guest)
            self.pass_time(seconds)

    @rule(data=st.data(), what=st.sampled_from(["category", "priority", "tag", "untag", "agent", "group", "anybody", "rename"]))
    def turn_elsewhere(self, data: st.DataObject, what: str) -> None:
        """Something changes that says whom a session is for."""
        id = self.one(data.draw, State.QUEUED, State.QUEUED, State.BOT, State.INTAKE)
        if id is None:
            return
        customer = self.account.sessions[id].customer
        paths = sorted(self.account.paths)
        make: dict[str, Callable[[], Any]] = {
            "category": lambda: c.SetCategory(id, data.draw(CATEGORIES)),
            "priority": lambda: c.SetPriority(id, data.draw(st.sampled_from(["high", "normal", "low"]))),
            "tag": lambda: c.TagCustomer(customer, ["vip"]),
            "untag": lambda: c.UntagCustomer(customer, ["vip"]),
            "agent": lambda: c.DirectSession(id, agent=data.draw(st.sampled_from(self.agents))),
            "group": lambda: c.DirectSession(id, group=data.draw(st.sampled_from(self.groups))),
            "anybody": lambda: c.DirectSession(id),
            "rename": lambda: c.ChangeCategory(data.draw(st.sampled_from(paths or ["cat_none"])), path=data.draw(CATEGORIES)),
        }
        self.attempt(make[what]())

    @rule(data=st.data(), force=st.booleans(), how=st.sampled_from(["claim", "assign"]))
    def take(self, data: st.DataObject, force: bool, how: str) -> None:
        id, agent = self.one(data.draw, State.QUEUED, State.BOT, State.INTAKE), data.draw(st.sampled_from(self.agents))
        if id is not None and how == "claim":
            self.attempt(c.ClaimSession(id), by=Actor.agent(agent))
        elif id is not None:
            self.attempt(c.AssignSession(id, agent, force=force), forced=force)

    @rule(data=st.data(), force=st.booleans(), to=st.sampled_from(["agent", "group", "queue"]))
    def hand_on(self, data: st.DataObject, force: bool, to: str) -> None:
        id = self.one(data.draw, State.ACTIVE)
        if id is None:
            return
        make: dict[str, Callable[[], Any]] = {
            "agent": lambda: c.TransferSession(id, agent=data.draw(st.sampled_from(self.agents)), force=force),
            "group": lambda: c.TransferSession(id, group=data.draw(st.sampled_from(self.groups))),
            "queue": lambda: c.ReleaseSession(id),
        }
        self.attempt(make[to](), by=Actor.agent(self.boss), forced=force and to == "agent")

    @rule(data=st.data(), who=st.sampled_from(["agent", "customer"]))
    def say(self, data: st.DataObject, who: str) -> None:
        id = self.one(data.draw, State.ACTIVE)
        if id is not None and who == "agent":
            self.attempt(c.SendMessage(id, text="확인했습니다"), by=Actor.agent(str(self.account.sessions[id].agent)))
        elif id is not None:
            customer = self.account.sessions[id].customer
            keys = {one.id: one.key for one in self.desk.store.stream(Customer)}
            self.attempt(c.SendMessage(id, text="네"), by=Actor.guest(keys[customer].partition(":")[2]))

    @rule(data=st.data(), seconds=st.sampled_from([10, 400]), resume=st.booleans())
    def hold(self, data: st.DataObject, seconds: int, resume: bool) -> None:
        id = self.one(data.draw, State.ACTIVE)
        if id is not None:
            until = as_datetime(self.clock.now()) + timedelta(seconds=seconds)
            self.attempt(c.ResumeSession(id) if resume else c.HoldSession(id, until))

    @rule(data=st.data(), note=st.sampled_from([True, True, False]))
    def end(self, data: st.DataObject, note: bool) -> None:
        id = self.one(data.draw, State.ACTIVE)
        if id is not None:
            self.attempt(*([c.EndSession(id), c.WrapUp(id)] if note else [c.EndSession(id)]))

    @rule(data=st.data())
    def wrap_up(self, data: st.DataObject) -> None:
        id = self.one(data.draw, State.WRAP_UP)
        if id is not None:
            self.attempt(c.WrapUp(id))

    @rule(data=st.data(), what=st.sampled_from([c.ReopenSession, c.ForceClose, c.MoveToIntake, c.ReturnToBot, c.RequestAgent]))
    def move(self, data: st.DataObject, what: Any) -> None:
        id = self.one(data.draw, *State)
        if id is not None:
            self.attempt(what(id))

    @rule(seconds=SECONDS)
    def pass_time(self, seconds: int) -> None:
        self.desk.advance(seconds=seconds)
        self.catch_up()

    # --------------------------------------------------------------------------------------------------------- invariants

    def there(self) -> Iterator[str]:
        """Who may be given work, as far as presence goes."""
        duties = {duty.agent: duty for duty in self.desk.store.stream(Duty)}
        for agent in self.account.agents:
            duty = duties.get(agent)
            if not self.account.policy.presence or (duty is not None and duty.there):
                yield agent

    @invariant()
    def nobody_waits_beside_somebody_who_is_free(self) -> None:
        assert self.account.beside_somebody_free(list(self.there())) == []

    @invariant()
    def nobody_waits_for_those_who_have_all_let_it_pass(self) -> None:
        if not self.account.policy.automatic:
            return
        there = list(self.there())
        for session in self.account.waiting():
            anew = msgspec.structs.replace(session, passed=())
            free = [agent for agent in there if self.account.fits(agent, anew)]
            if free:
                others = [agent for agent in there if agent not in session.passed and self.on_duty(agent, session)]
                assert others, f"{session.id} waits for nobody, and {free} could be asked again"

    def on_duty(self, agent: str, session: Session) -> bool:
        who = self.account.agents[agent]
        working = who["status"] == AgentStatus.AVAILABLE and agent not in self.account.gone and who["auto_limit"] > 0
        return working and any(scope.holds(agent, who["groups"]) for scope in self.account.scope(session))

    @invariant()
    def nothing_is_lost(self) -> None:
        stored = {one.id: one for one in self.desk.store.stream(Session)}
        assert stored.keys() == self.account.sessions.keys()
        for id, session in self.account.sessions.items():
            assert msgspec.structs.replace(stored[id], wake=session.wake) == session
            assert (session.agent is not None) == (session.state in OWNED)
        counts = self.desk.ask(q.CountsByState())
        for state in State:
            assert getattr(counts, state) == sum(one.state is state for one in stored.values())
        assert [one.id for one in self.desk.each(q.Queue())] == [one.id for one in self.account.waiting()]
        for agent in self.account.agents.keys() - self.account.gone:
            mine = self.desk.ask(q.ConsultingList(agent, wrap_up=True))
            assert {one.id for one in mine} == {one.id for one in stored.values() if one.agent == agent}

    @invariant()
    def the_desk_finds_nothing_wrong(self) -> None:
        assert self.desk.ask(q.SelfCheck()) == []


TestAnyRouting = AnyRouting.TestCase
TestAnyRouting.settings = settings(max_examples=40, stateful_step_count=40)
