"""Random histories of a desk, and a slow reading of them.

May: let things happen, and work numbers out from the events alone, the long way. May not: use anything of `cschat.stats`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from tests.office import Office

from cschat import Session
from cschat import commands as c
from cschat import events as e
from cschat.core.content import Speaker, Visibility
from cschat.core.times import as_datetime
from cschat.errors import CschatError

ACTIONS = (
    *("open", "request", "request", "claim", "claim", "claim_colleague", "agent", "agent", "colleague", "customer", "customer", "transfer"),
    *("release", "hold", "resume", "end", "end_customer", "wrap_up", "wrap_colleague", "reopen", "leave", "back", "tag", "category"),
    *("force", "rate", "other", "fold", "clocks"),
)
STEPS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 4_000_000)), min_size=3, max_size=45)
Step = tuple[str, int]


class Desk:
    """An office in which steps are taken, each some milliseconds after the one before; what is not possible then does not happen."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.sessions: list[Session] = []
        self.now = 0

    def take(self, steps: Sequence[Step]) -> None:
        for what, gap in steps:
            self.office.clock.set(self.office.clock.now() + gap * 1000)
            try:
                self.step(what, gap)
            except CschatError:
                continue

    def step(self, what: str, gap: int) -> None:
        office = self.office
        if what == "open" or not self.sessions:
            session = office.visitor.do(c.OpenSession(text="문의", channel=("web", "app")[gap % 2]))
            if session.id not in [known.id for known in self.sessions]:
                self.sessions.append(session)
            return
        session = self.sessions[-1]
        if what == "other":
            self.sessions.insert(0, self.sessions.pop())
        else:
            _DO[what](office, session, gap)


def _soon(office: Office) -> datetime:
    return as_datetime(office.clock.now()) + timedelta(seconds=600)


_DO: dict[str, Callable[[Office, Session, int], Any]] = {
    "fold": lambda office, session, gap: office.desk.statistics.fold(),
    "clocks": lambda office, session, gap: office.desk.run_clocks(),
    "request": lambda office, session, gap: office.visitor.do(c.RequestAgent(session)),
    "claim": lambda office, session, gap: office.agent.do(c.ClaimSession(session)),
    "claim_colleague": lambda office, session, gap: office.colleague.do(c.ClaimSession(session)),
    "agent": lambda office, session, gap: office.agent.do(c.SendMessage(session, text="네")),
    "colleague": lambda office, session, gap: office.colleague.do(c.SendMessage(session, text="네")),
    "customer": lambda office, session, gap: office.visitor.do(c.SendMessage(session, text="저기요")),
    "transfer": lambda office, session, gap: office.admin.do(c.TransferSession(session, agent=office.jun if gap % 3 else office.mina)),
    "release": lambda office, session, gap: office.admin.do(c.ReleaseSession(session)),
    "hold": lambda office, session, gap: office.admin.do(c.HoldSession(session, _soon(office))),
    "resume": lambda office, session, gap: office.admin.do(c.ResumeSession(session)),
    "end": lambda office, session, gap: office.admin.do(c.EndSession(session)),
    "end_customer": lambda office, session, gap: office.visitor.do(c.EndSession(session)),
    "wrap_up": lambda office, session, gap: office.admin.do(c.WrapUp(session, category="배송" if gap % 2 else None)),
    "wrap_colleague": lambda office, session, gap: office.colleague.do(c.WrapUp(session, tags=["급함"])),
    "reopen": lambda office, session, gap: office.admin.do(c.ReopenSession(session)),
    "leave": lambda office, session, gap: office.visitor.do(c.LeaveMessage(session)),
    "back": lambda office, session, gap: office.visitor.do(c.ReturnToBot(session)),
    "tag": lambda office, session, gap: office.agent.do(c.TagSession(session, [("급함", "단골", "vip")[gap % 3]])),
    "category": lambda office, session, gap: office.agent.do(c.SetCategory(session, ("배송", "배송/지연", "환불")[gap % 3])),
    "force": lambda office, session, gap: office.admin.do(c.ForceClose(session)),
    "rate": lambda office, session, gap: office.visitor.do(c.RateSession(session, gap % 5 + 1)),
}


# ----------------------------------------------------------------------------------------------------- the long way round


def turns_of(events: Sequence[e.Event]) -> list[dict[str, Any]]:
    """The closed turns of a session: their kind, when they began and were closed, and what happened in between."""
    turns: list[dict[str, Any]] = []
    state, current, live = "", None, False
    for event in events:
        body, was = event.body, state
        state, begins = _next(state, body)
        closes = state == "closed" and was not in ("closed", "")
        if (begins or closes) and current is not None:
            current["events"].append((was, event))
            turns.append(current | {"closed": event.time, "by": event.body})
            current = None
        if begins:
            first = begins == "live" and not live
            live |= begins == "live"
            current = {"kind": begins, "began": event.time, "opened": events[0].time, "first": first, "events": [("", event)]}
        elif current is not None:
            current["events"].append((was, event))
    return turns


def _next(state: str, body: Any) -> tuple[str, str]:
    match body:
        case e.Opened():
            return "bot", "bot"
        case e.OpenedByAgent():
            return "active", "outbound"
        case e.AgentRequested():
            return "queued", "live"
        case e.MessageLeft() | e.MovedToIntake():
            return "intake", "intake"
        case e.ReturnedToBot():
            return "bot", "bot"
        case e.Assigned():
            return "active", "live" if state == "bot" else ""
        case e.Transferred():
            return "active" if body.to == "agent" else "queued", ""
        case e.Released() | e.OfferPassed():
            return "queued", ""
        case e.Ended():
            return "wrap_up" if state == "active" else "closed", ""
        case e.WrappedUp() | e.ForceClosed():
            return "closed", ""
        case e.Reopened():
            return body.to, {"active": "live", "queued": "live", "bot": "bot", "intake": "intake"}[body.to]
        case _:
            return state, ""


def eight(turn: dict[str, Any]) -> dict[str, list[int | None]]:  # noqa: C901
    """The eight of a live turn, on the wall, in milliseconds."""
    spells: list[tuple[int, int | None]] = []
    waiting: int | None = None
    entered = owned = False
    said: list[tuple[str, int]] = []
    cuts: list[tuple[int, str]] = []
    ended, held = None, False
    for place, (was, event) in enumerate(turn["events"]):
        body, now = event.body, event.time
        first = place == 0
        last = place == len(turn["events"]) - 1
        into, _ = _next(was, body)
        if into == "queued" and (first or was != "queued"):
            waiting, entered = now, True
        if type(body) is e.Assigned and (was == "queued" or (first and not owned)):
            spells.append((now if waiting is None else waiting, now))
            waiting, owned = None, True
        elif waiting is not None and not first and was == "queued" and into != "queued":
            spells.append((waiting, None))
            waiting = None
        if isinstance(body, e.MessageSent) and body.visibility is Visibility.PUBLIC and not body.step:
            if body.author is Speaker.CUSTOMER and ended is None:
                said.append(("c", now))
            elif body.author is Speaker.AGENT:
                said.append(("h", now))
        elif isinstance(body, e.Held) and not held:
            held = True
            said.append(("hold", now))
        elif isinstance(body, (e.Resumed, e.Transferred, e.Released)):
            if held:
                said.append(("resume", now))
            if not isinstance(body, e.Resumed):
                said.append(("cut", now))
            held = False
        if ended is None and (isinstance(body, (e.Ended, e.ForceClosed)) or (last and place > 0)):
            ended = now
        del cuts[:]
    answers = [when for who, when in said if who == "h"]
    answered = bool(answers)
    agent_wait, customer_wait = _waits([one for one in said if ended is None or one[1] <= ended])
    words = [when for who, when in said if who in "ch"]
    abandoned = entered and not answered
    after = turn["closed"] - ended if isinstance(turn["by"], e.WrappedUp) and str(turn["by"].by) != "system" else None
    base = turn["opened"] if turn["first"] else turn["began"]
    return {
        "queue_time": [None if end is None else _ms(end - begin) for begin, end in spells],
        "abandonment_rate": [int(abandoned)] if entered else [],
        "first_response_time": [_ms(answers[0] - base) if answered else None] if turn["first"] else [],
        "agent_wait": [_ms(agent_wait) if answered else None],
        "customer_wait": [_ms(customer_wait) if answered else None],
        "talk_time": [_ms(words[-1] - answers[0]) if answered else None],
        "after_work": [None if after is None else _ms(after)],
        "total_time": [_ms(turn["closed"] - base)],
    }


def _waits(said: Sequence[tuple[str, int]]) -> tuple[int, int]:
    """What the agent and the customer waited, over closed gaps."""
    customer = agent = paused = None
    agent_wait = customer_wait = 0
    answered = held = False
    for who, now in said:
        if who == "hold":
            held, paused = True, "c" if customer is not None else "h" if agent is not None else None
            customer = agent = None
        elif who == "resume":
            held = False
            customer, agent = (now if paused == "c" else None), (now if paused == "h" else None)
        elif who == "cut":
            customer, agent = (None if customer is None else now), (None if agent is None else now)
        elif held:
            paused, answered = who, answered or who == "h"
        elif who == "c":
            agent_wait += 0 if agent is None else now - agent
            agent, customer = None, (now if customer is None else customer)
        else:
            customer_wait += 0 if customer is None or not answered else now - customer
            customer, agent, answered = None, now, True
    return agent_wait, customer_wait


def _ms(micros: int) -> int:
    return round(micros / 1000)
