"""Who has what and who waits for whom, by a desk's log alone: a second, slow account, without seats, lanes and duties."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from cschat import Session, State
from cschat import events as e
from cschat.core.distribution import Distribution, Mode, Scope
from cschat.core.people import AgentStatus
from cschat.core.session import opened

OWNED = (State.ACTIVE, State.WRAP_UP)


class Account:
    """What the log says, event by event."""

    def __init__(self) -> None:
        self.position = 0
        self.now = 0
        self.policy = Distribution()
        self.agents: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, Session] = {}
        self.paths: dict[str, str] = {}
        self.tags: dict[str, set[str]] = {}
        self.gone: set[str] = set()
        self.forced = False
        self.owned: dict[str, set[str]] = {}

    # --------------------------------------------------------------------------------------------------------- the policy

    def scope(self, session: Session) -> list[Scope]:
        """Who may have a session now: those of one of these."""
        if session.wanted is not None and session.wanted not in self.gone:
            return [Scope(agents=(session.wanted,))]
        if session.group is not None and session.group not in self.gone:
            return [Scope(groups=(session.group,))]
        path = "" if session.category is None else self.paths[session.category]
        for route in self.policy.routes:
            if (
                (route.category is None or f"{path}/".startswith(f"{route.category}/"))
                and route.channel in (None, session.channel)
                and (route.tag is None or route.tag in self.tags.get(session.customer, set()))
            ):
                late = route.widen_after is not None and session.since + route.widen_after * 1000 <= self.now
                return [route.scope, route.widen_to] if late else [route.scope]
        return [self.policy.default]

    def load(self, agent: str) -> int:
        states = OWNED if self.policy.wrap_up_holds_slot else (State.ACTIVE,)
        mine = [one for one in map(self.sessions.__getitem__, self.owned.get(agent, ())) if one.state in states]
        return sum(self.policy.weight(one.channel) for one in mine if not (self.policy.hold_frees_slot and one.held_until is not None))

    def fits(self, agent: str, session: Session) -> bool:
        """Whether an agent could be given a session, as far as the log says: presence is another matter."""
        who = self.agents[agent]
        return (
            who["status"] == AgentStatus.AVAILABLE
            and agent not in self.gone
            and self.load(agent) < who["auto_limit"]
            and self.load(agent) + self.policy.weight(session.channel) <= who["auto_limit"]
            and agent not in session.passed
            and any(scope.holds(agent, who["groups"]) for scope in self.scope(session))
        )

    def waiting(self) -> list[Session]:
        return sorted((one for one in self.sessions.values() if one.state is State.QUEUED), key=lambda one: (one.rank, one.id))

    def beside_somebody_free(self, there: Collection[str]) -> list[tuple[str, str]]:
        """Who waits, and who of those who are there could have them: there must be none where the desk hands out."""
        free = [one for one in there if self.load(one) < self.agents[one]["auto_limit"]] if self.policy.automatic else []
        return [(session.id, agent) for agent in free for session in self.waiting() if self.fits(agent, session)]

    # --------------------------------------------------------------------------------------------------------- the events

    def follow(self, event: e.Event) -> None:
        self.position, self.now = event.position, max(event.time, self.now)
        if event.subject.startswith("ses_"):
            before = self.sessions.get(event.subject)
            if before is not None:
                self.check(before, event.body)
            after = self.sessions[event.subject] = opened(event) if before is None else before.apply(event)
            if before is not None and before.agent is not None:
                self.owned[before.agent].remove(event.subject)
            if after.agent is not None:
                self.owned.setdefault(after.agent, set()).add(event.subject)
            return
        match event.body:
            case e.AgentAdded() as body:
                self.agents[event.subject] = msgspec.structs.asdict(body)
            case e.AgentChanged() as body:
                self.agents[event.subject] |= body.after
            case e.AgentStatusSet() as body:
                self.agents[event.subject]["status"] = body.status
            case e.AgentRemoved() | e.GroupRemoved():
                self.gone.add(event.subject)
            case e.BrandChanged(after={"distribution": after}):
                self.policy = msgspec.convert(after, Distribution)
            case e.CategoryAdded(path=path) | e.CategoryChanged(path=path):
                self.paths[event.subject] = path
            case e.CustomerTagged(added=added, removed=removed):
                self.tags[event.subject] = (self.tags.get(event.subject, set()) | {*added}) - {*removed}
            case _:
                pass

    def check(self, session: Session, body: e.Body) -> None:
        """What an event that gives a session to somebody must be like."""
        match body:
            case e.Assigned(agent=agent, how="auto"):
                assert session.agent is None
                assert self.policy.mode is not Mode.MANUAL
                seen = session if body.decision is not None and body.decision.by == "sticky" else None
                assert self.fits(agent, session) or (seen is not None and self.load(agent) < self.agents[agent]["auto_limit"])
                before = [one for one in self.waiting() if (one.rank, one.id) < (session.rank, session.id) and self.fits(agent, one)]
                assert not before, f"{session.id} was given to {agent} before {before[0].id}"
            case e.Assigned(agent=agent):
                assert session.agent is None
                assert self.forced or self.load(agent) + self.policy.weight(session.channel) <= self.agents[agent]["capacity"]
            case e.Transferred(to="agent", agent=str(agent)):
                assert self.forced or self.load(agent) + self.policy.weight(session.channel) <= self.agents[agent]["capacity"]
            case _:
                pass
