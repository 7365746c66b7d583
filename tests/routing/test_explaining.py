"""Why a session went to whom it went: each entry of precedence, each reason, and what is waited for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from tests.routing.test_handing_out import Shop

from cschat import Actor, Desk, Session
from cschat import commands as c
from cschat import queries as q
from cschat.cli import cschat
from cschat.core.people import Agent
from cschat.errors import Forbidden


@pytest.fixture
def shop(url: str):
    shop = Shop(url)
    yield shop
    shop.desk.close()


def told(shop: Shop, session: Session) -> q.Explanation:
    return shop.desk.ask(q.Explain(session))


def last(shop: Shop, session: Session) -> q.ExplainedAssignment:
    return told(shop, session).assignments[-1]


def why(judged: tuple[q.Judged, ...]) -> dict[str, str]:
    return {one.name: one.why for one in judged}


def waits(shop: Shop, session: Session) -> q.ExplainedWait:
    found = told(shop, session).waits
    assert found is not None
    return found


# ------------------------------------------------------------------------------------------------------------ reasons


def team(shop: Shop) -> dict[str, Agent]:
    """One agent for each reason. Two can have a session of the group's: 가 comes before 나."""
    group = shop.desk.do(c.AddGroup("환불팀"))
    shop.policy(presence={"*": 60}, routes=[{"name": "환불", "category": "환불", "scope": {"groups": [group]}}])
    names = {
        "가": {},
        "나": {},
        "바쁜": {"status": "busy"},
        "숨은": {"status": "hidden"},
        "수동": {"auto_limit": 0},
        "없는": {},
        "쉬는": {},
        "찬": {},
    }
    agents = {name: shop.agent(name, groups=[group], **more) for name, more in names.items()}
    agents["남"] = shop.agent("남")
    shop.desk.do(c.SetShifts(agents["쉬는"], weekdays="13:00-14:00"))
    shop.desk.do(c.ChangeAgent(agents["찬"], capacity=1, auto_limit=1))
    talk = shop.desk.acting_as(Actor.guest("before")).do(c.OpenSession(text="먼저 왔어요"))
    shop.desk.do(c.AssignSession(talk, agents["찬"]))
    for name in agents.keys() - {"없는"}:
        shop.acting(agents[name]).do(c.Heartbeat())
    return agents


REASONS = {"바쁜": "busy", "숨은": "hidden", "수동": "claims_only", "없는": "away", "쉬는": "off_shift", "찬": "full", "남": "out_of_scope"}


def test_each_who_was_not_taken_has_a_reason(shop: Shop):
    agents = team(shop)
    session = shop.ask(category="환불")
    found = last(shop, session)
    assert (found.agent, found.agent_name, found.how) == (agents["가"].id, "가", "auto")
    assert (found.entry, found.name, found.lane) == ("route", "환불", ("환불팀",))
    assert why(found.judged) == {"가": "chosen", "나": "later"} | REASONS
    because = {one.name: one.because for one in found.judged}
    assert because["가"] == "first in the order: has 0 of 10, has ended nothing yet"
    assert because["찬"] == "full: has 1 of 1"
    assert because["쉬는"] == "not in shift"
    assert because["남"] == "not one of those it goes to"


def test_what_was_decided_is_told_as_it_was_then(shop: Shop):
    team(shop)
    session = shop.ask(category="환불")
    before = told(shop, session).assignments
    shop.policy(order="round_robin", routes=[])
    shop.agent("새로")
    for agent in shop.desk.ask(q.Agents()):
        shop.acting(agent).do(c.SetStatus("busy"))
    assert told(shop, session).assignments == before


@pytest.mark.parametrize(
    ("order", "first", "second"),
    [
        ("least_active", "has 0 of 10, has ended nothing yet", "has 1 of 10, ended the last 2026-03-02 10:00:03"),
        ("round_robin", "has 0 of 10, in the rotation since 2026-03-02 10:00:00", "has 1 of 10, in the rotation since 2026-03-02 10:00:02"),
        ("least_recent", "has 0 of 10, was given nothing yet", "has 1 of 10, was given the last 2026-03-02 10:00:04"),
    ],
)
def test_who_comes_later_has_the_key_of_the_order(shop: Shop, order: str, first: str, second: str):
    shop.policy(order=order)
    first_come = shop.agent("가")
    shop.agent("나")
    shop.clock.advance(seconds=2)
    shop.end(shop.ask())
    bot = shop.desk.acting_as(Actor.guest("bot")).do(c.OpenSession())
    shop.acting(first_come).do(c.ClaimSession(bot))
    judged = last(shop, shop.ask()).judged
    assert [(one.name, one.because.partition(": ")[2]) for one in judged] == [("나", first), ("가", second)]


def test_who_has_no_room_for_the_weight_is_named_with_their_load(shop: Shop):
    shop.policy(weights={"phone": 3})
    shop.agent("작은", capacity=2), shop.agent("큰", capacity=3), shop.agent("더 작은", capacity=1)
    found = last(shop, shop.ask(channel="phone"))
    assert [(one.name, one.because) for one in found.judged] == [
        ("큰", "first in the order: has 0 of 3, has ended nothing yet"),
        ("작은", "no room: has 0 of 2, and this counts 3"),
        ("더 작은", "no room: has 0 of 1, and this counts 3"),
    ]


def test_who_let_it_pass_is_told_with_the_time_and_not_asked_again(shop: Shop):
    shop.policy(offer_timeout=30, max_passes=5)
    shop.agent("가"), shop.agent("나")
    session = shop.ask()
    shop.desk.advance(seconds=30)
    first, second = told(shop, session).assignments
    assert (first.agent_name, second.agent_name, second.passed) == ("가", "나", None)
    assert (first.passed - first.at).total_seconds() == 30
    assert why(second.judged) == {"나": "chosen", "가": "passed"}


# --------------------------------------------------------------------------------------------------------- precedence


def by_a_rule(shop: Shop) -> None:
    whom = {"direct": {"agent": shop.desk.ask(q.Agents())[0].id}}
    shop.desk.do(c.AddRule("단골은 가에게", {"event": "AgentRequested"}, [whom], phase="before_routing"))


def known(shop: Shop) -> None:
    shop.policy(sticky_days=30)


def by_a_route(shop: Shop) -> None:
    shop.policy(routes=[{"name": "웹", "channel": "web"}])


def test_the_entry_of_precedence_is_named(shop: Shop):
    """Forced, then a rule's, then sticky, then a route, then the default: each as the next stronger one comes."""
    shop.agent("가")
    second = shop.agent("나")
    shop.end(shop.ask(guest="단골"))
    steps: list[tuple[Any, tuple[str, str]]] = [
        (lambda _shop: None, ("default", "")),
        (by_a_route, ("route", "웹")),
        (known, ("sticky", "웹")),
        (by_a_rule, ("rule", "단골은 가에게")),
    ]
    for change, entry in steps:
        change(shop)
        session = shop.ask(guest="단골")
        found = last(shop, session)
        assert (found.entry, found.name) == entry
        shop.end(session)
    visitor = shop.desk.acting_as(Actor.guest("단골"))
    session = visitor.do(c.OpenSession(text="나 상담사님이요"))
    shop.desk.do(c.DirectSession(session, agent=second))
    visitor.do(c.RequestAgent(session))
    found = last(shop, session)
    assert (found.entry, found.agent) == ("forced", second.id)


def test_a_sticky_choice_names_the_others_of_the_last_who_could_not(shop: Shop):
    first, second = shop.agent("가", auto_limit=0), shop.agent("나", auto_limit=0)
    shop.policy(sticky_days=30, claim="any")
    for agent in (first, second):
        session = shop.ask(guest="단골")
        shop.acting(agent).do(c.ClaimSession(session))
        shop.end(session)
    for agent in (first, second):
        shop.desk.do(c.ChangeAgent(agent, auto_limit=5))
    shop.acting(second).do(c.SetStatus("busy"))
    found = last(shop, shop.ask(guest="단골"))
    assert (found.entry, why(found.judged)) == ("sticky", {"가": "chosen", "나": "busy"})


def test_what_people_did_is_told_as_theirs(shop: Shop):
    shop.policy(mode="manual")
    mina, jun = shop.agent("민아"), shop.agent("준")
    boss = shop.agent("소라", role="admin")
    first, second, third = shop.ask(), shop.ask(), shop.ask()
    shop.acting(mina).do(c.ClaimSession(second))
    shop.acting(mina).do(c.ClaimSession(first))
    shop.acting(mina).do(c.TransferSession(first, agent=jun))
    shop.acting(boss).do(c.AssignSession(third, jun))
    shop.desk.do(c.EndSession(third))
    shop.acting(jun).do(c.ReopenSession(third))
    outbound = shop.acting(jun).do(c.OpenSessionByAgent(first.customer))
    entries = [[(one.agent_name, one.entry, one.name) for one in told(shop, each).assignments] for each in (first, second, third, outbound)]
    assert entries == [
        [("민아", "claim", ""), ("준", "transfer", "민아")],
        [("민아", "claim_out_of_turn", "")],
        [("준", "manual", "소라"), ("준", "reopened", "")],
        [("준", "opened", "")],
    ]


# ------------------------------------------------------------------------------------------------------------ waiting


def test_what_waits_is_told_where_and_for_whom_and_how_each_of_them_stands(shop: Shop):
    agents = team(shop)
    for name in ("가", "나"):
        shop.acting(agents[name]).do(c.SetStatus("busy"))
    first, second = shop.ask(category="환불"), shop.ask(category="환불")
    found = waits(shop, second)
    assert (found.entry, found.name, found.lane, found.position, found.claimed) == ("route", "환불", ("환불팀",), 2, False)
    assert (found.widens, found.widens_to) == (None, ())
    assert why(found.judged) == {"가": "busy", "나": "busy"} | REASONS
    assert next(one for one in found.judged if one.name == "찬").because == "full: has 1 of 1"
    assert waits(shop, first).position == 1
    assert told(shop, first).assignments == ()


def test_when_a_wait_widens_and_that_it_has(shop: Shop):
    mina, jun = shop.agent("민아", capacity=0), shop.agent("준", capacity=0)
    shop.policy(
        routes=[{"name": "웹", "channel": "web", "scope": {"agents": [mina]}, "widen_after": 60, "widen_to": {"agents": [mina, jun]}}]
    )
    session = shop.ask()
    found = waits(shop, session)
    assert ((found.widens - found.since).total_seconds(), found.lane, set(found.widens_to)) == (60, ("민아",), {"민아", "준"})
    assert why(found.judged) == {"민아": "claims_only", "준": "out_of_scope"}
    shop.desk.advance(seconds=60)
    found = waits(shop, session)
    assert (found.widens, set(found.lane)) == (None, {"민아", "준"})


def test_what_waits_because_of_its_weight(shop: Shop):
    shop.policy(weights={"phone": 3})
    shop.agent("작은", capacity=2)
    assert why(waits(shop, shop.ask(channel="phone")).judged) == {"작은": "no_room"}


def test_what_waits_because_one_let_it_pass_and_the_other_is_full(shop: Shop):
    shop.policy(offer_timeout=30, max_passes=5)
    shop.agent("가", capacity=1)
    other = shop.agent("나", capacity=1)
    session, talk = shop.ask(), shop.ask()
    shop.acting(other).do(c.SendMessage(talk, text="안녕하세요"))
    shop.desk.advance(seconds=30)
    assert why(waits(shop, session).judged) == {"가": "passed", "나": "full"}


def test_by_hand_it_waits_for_a_claim_and_capacity_is_what_counts(shop: Shop):
    shop.policy(mode="manual", presence={"*": 60})
    mina = shop.agent("민아", capacity=1, auto_limit=0)
    session, other = shop.ask(), shop.ask()
    found = waits(shop, session)
    assert (found.claimed, why(found.judged)) == (True, {"민아": "free"})
    shop.acting(mina).do(c.ClaimSession(other))
    assert [one.because for one in waits(shop, session).judged] == ["full: has 1 of 1"]


def test_what_was_never_anybodys_and_does_not_wait_has_nothing_to_tell(shop: Shop):
    session = shop.desk.acting_as(Actor.guest("a")).do(c.OpenSession(text="안녕하세요"))
    assert told(shop, session) == q.Explanation(session.id, session.state, (), None)


def test_it_is_for_staff(shop: Shop):
    mina = shop.agent("민아")
    session = shop.ask(guest="a")
    assert shop.acting(mina).ask(q.Explain(session)) == told(shop, session)
    with pytest.raises(Forbidden):
        shop.desk.acting_as(Actor.guest("a")).ask(q.Explain(session))


# ------------------------------------------------------------------------------------------------------- command line


def test_the_command_says_it_in_words_and_as_json(tmp_path):
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    shop = Shop(url)
    shop.policy(routes=[{"name": "웹", "channel": "web", "widen_after": 60}], offer_timeout=30)
    shop.agent("민아", capacity=1), shop.agent("준", status="busy")
    session, waiting, bot = shop.ask(), shop.ask(), shop.desk.acting_as(Actor.guest("b")).do(c.OpenSession(text="?"))
    shop.desk.close()

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(cschat, ["explain", *arguments, "--store", url], catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    assert run(session.id).splitlines() == [
        f"{session.id} (active)",
        "",
        '2026-03-02 10:00:00  to 민아 (auto): the route "웹" fits; of everybody',
        "    민아: first in the order: has 0 of 1, has ended nothing yet",
        "    준: busy",
    ]
    assert run(waiting.id).splitlines() == [
        f"{waiting.id} (queued)",
        "",
        '2026-03-02 10:00:01  waits for an agent who is free: the route "웹" fits; of everybody',
        "    place 1",
        "    from 2026-03-02 10:01:01 on also for everybody",
        "    민아: full: has 1 of 1",
        "    준: busy",
    ]
    assert "does not wait" in run(bot.id)
    found = json.loads(run(session.id, "--json"))
    with Desk.open(url) as desk:
        assert found["assignments"][0]["judged"][1] == {
            "agent": desk.ask(q.Agents())[1].id,
            "name": "준",
            "why": "busy",
            "because": "busy",
            "load": None,
            "limit": None,
        }


def test_a_session_that_is_not_there_is_a_clear_error(tmp_path):
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    Shop(url).desk.close()
    done = CliRunner().invoke(cschat, ["explain", "ses_nobody", "--store", url])
    assert done.exit_code != 0
    assert "there is no session ses_nobody" in str(done.exception)
