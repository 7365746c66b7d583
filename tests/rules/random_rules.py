"""Any rules, and a few things that people do, for tests that try them all.

May: draw. May not: check anything.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from tests.office import Office

from cschat import Session
from cschat import commands as c
from cschat.core.session import State
from cschat.core.times import as_datetime
from cschat.errors import CschatError
from cschat.rules.reading import EVENTS

TAGS = st.sampled_from(["급함", "vip", "불만"])
SECONDS = st.sampled_from([1, 30, 60, 300, 601, 4000, 90_000])
SILENCES = st.sampled_from([300, 601, 4000, 90_000])
"""A session is looked at for silence every so often: days of that in seconds would be long to wait for."""

TIMES = st.one_of(
    st.fixed_dictionaries({"state": st.sampled_from([*State]).map(str), "after": SECONDS, "at_most": st.integers(1, 3)}),
    st.fixed_dictionaries({"silent": st.sampled_from(["customer", "agent"]), "after": SILENCES, "at_most": st.integers(1, 3)}),
)
HAPPENINGS = st.sampled_from(EVENTS).map(lambda name: {"event": name}) | st.sampled_from(["customer", "agent", "bot", "system"]).map(
    lambda who: {"event": "MessageSent", "by": who}
)
CHECKS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"field": "text", "contains": "문의"},
        {"field": "tags", "has": "급함"},
        {"field": "priority", "is": "high"},
        {"field": "priority", "changed": True, "to": "urgent"},
        {"field": "state", "changed": True},
        {"field": "category", "under": "배송"},
        {"field": "customer.name", "matches": "김*"},
        {"field": "customer.tags", "has_any": ["vip"]},
        {"field": "queue", "at_least": 1},
        {"field": "open", "is": True},
        {"field": "reason", "known": False},
        {"field": "rating", "less": 3},
        {"field": "language", "in": ["ko", "en"]},
        {"field": "agent", "known": True},
    ]
)
CONDITIONS = st.just({}) | st.recursive(
    CHECKS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda several: {"all": several}),
        st.lists(inner, min_size=1, max_size=3).map(lambda several: {"any": several}),
        inner.map(lambda one: {"not": one}),
    ),
    max_leaves=5,
)


def actions(office: Office) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.sampled_from(
            [
                {"set_category": "배송/지연"},
                {"set_category": "환불"},
                {"direct": {"group": office.group.id}},
                {"direct": {"agent": office.jun.id}},
                {"send": "{{ customer.name | default('고객') }}님, 잠시만요."},
                {"send": "{{ customer.nothing }}"},
                {"note": "메모"},
                {"request_agent": True},
                {"release": True},
                {"move_to_intake": "rule"},
                {"end": "rule"},
                {"alert": {"kind": "sla", "text": "보세요"}},
            ]
        ),
        st.sampled_from(["low", "normal", "high", "urgent"]).map(lambda priority: {"set_priority": priority}),
        TAGS.map(lambda tag: {"add_tags": [tag]}),
        TAGS.map(lambda tag: {"remove_tags": [tag]}),
        SECONDS.map(lambda seconds: {"hold": seconds}),
    )


def rules(office: Office) -> st.SearchStrategy[list[c.AddRule]]:
    one = st.builds(
        c.AddRule,
        st.sampled_from(["가", "나", "다"]),
        TIMES | HAPPENINGS,
        st.lists(actions(office), min_size=1, max_size=3),
        only_if=CONDITIONS,
        phase=st.sampled_from(["before_routing", "after"]),
    )
    return st.lists(one, min_size=1, max_size=8)


Step = Callable[[Office, Session], Any]

STEPS: dict[str, Step] = {
    "writes": lambda o, s: o.visitor.do(c.SendMessage(s, text="문의가 더 있어요")),
    "asks for a person": lambda o, s: o.visitor.do(c.RequestAgent(s)),
    "leaves a message": lambda o, s: o.visitor.do(c.LeaveMessage(s, text="내일 답 주세요")),
    "claims": lambda o, s: o.agent.do(c.ClaimSession(s)),
    "answers": lambda o, s: o.agent.do(c.SendMessage(s, text="네")),
    "holds": lambda o, s: o.agent.do(c.HoldSession(s, as_datetime(o.clock.now()) + timedelta(minutes=10))),
    "releases": lambda o, s: o.agent.do(c.ReleaseSession(s)),
    "hands on": lambda o, s: o.agent.do(c.TransferSession(s, group=o.group)),
    "tags": lambda o, s: o.agent.do(c.TagSession(s, ["급함"])),
    "sorts": lambda o, s: o.agent.do(c.SetCategory(s, "배송")),
    "hurries": lambda o, s: o.agent.do(c.SetPriority(s, "high")),
    "ends": lambda o, s: o.visitor.do(c.EndSession(s)),
    "wraps up": lambda o, s: o.agent.do(c.WrapUp(s, note="끝")),
    "reopens": lambda o, s: o.visitor.do(c.ReopenSession(s)),
    "judges": lambda o, s: o.visitor.do(c.RateSession(s, 2)),
    "opens another": lambda o, s: o.stranger.do(c.OpenSession(text="저도 문의")),
    "works on": lambda o, s: o.desk.do(c.SetDistribution(mode="hybrid", offer_timeout=30)),
    "is alive": lambda o, s: o.agent.do(c.Heartbeat()),
    "lets a minute pass": lambda o, s: o.desk.advance(seconds=61),
    "lets an hour pass": lambda o, s: o.desk.advance(hours=1),
    "lets a day pass": lambda o, s: o.desk.advance(days=1),
}


def attempt(office: Office, step: str, session: Session) -> str:
    """Do it; how it came out."""
    try:
        STEPS[step](office, session)
    except CschatError as error:
        return type(error).__name__
    return "done"
