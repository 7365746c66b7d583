"""Who gets which session, told by conversations: one test for each rule of the distribution."""

from __future__ import annotations

from typing import Any

import pytest
from tests.office import bodies

from cschat import Actor, Desk, Session, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.bots.library import scenario
from cschat.core.clock import FakeClock
from cschat.core.people import Agent
from cschat.errors import Conflict, Invalid, LimitExceeded


class Shop:
    """A desk that hands out work, with its clock. Nobody asks who is present unless a test does."""

    def __init__(self, url: str, **policy: Any) -> None:
        self.clock = FakeClock()
        self.desk = Desk.open(url, clock=self.clock, seed=1)
        self.policy(**{"mode": "auto", "presence": {}} | policy)
        self.guests = 0

    def policy(self, **policy: Any) -> None:
        self.desk.do(c.SetDistribution(**policy))

    def agent(self, name: str, capacity: int = 10, **more: Any) -> Agent:
        """An agent who is available. A millisecond later than the last, so that ids are in the order of their coming."""
        self.clock.advance(milliseconds=1)
        return self.desk.do(c.AddAgent(**{"name": name, "capacity": capacity, "status": "available"} | more))

    def acting(self, agent: Agent) -> Desk:
        return self.desk.acting_as(Actor.agent(agent))

    def ask(self, *, guest: str = "", category: str | None = None, priority: str | None = None, **opening: Any) -> Session:
        """A customer comes and asks for a person; a second passes."""
        self.guests += 1
        visitor = self.desk.acting_as(Actor.guest(guest or f"guest-{self.guests}"))
        session = visitor.do(c.OpenSession(**{"text": "문의드려요"} | opening))
        if category is not None:
            self.desk.do(c.SetCategory(session, category))
        if priority is not None:
            self.desk.do(c.SetPriority(session, priority))
        visitor.do(c.RequestAgent(session))
        self.clock.advance(seconds=1)
        return self.look(session)

    def look(self, session: Session) -> Session:
        return self.desk.ask(q.GetSession(session))

    def owner(self, session: Session) -> str | None:
        return self.look(session).agent

    def end(self, session: Session) -> None:
        self.desk.do_all([c.EndSession(session), c.WrapUp(session)])
        self.clock.advance(seconds=1)

    def history(self, session: Session) -> list[e.Event]:
        return list(self.desk.each(q.History(session)))

    def decision(self, session: Session) -> Any:
        return bodies(self.history(session), e.Assigned)[-1].decision


@pytest.fixture
def shop(url: str):
    shop = Shop(url)
    yield shop
    assert shop.desk.ask(q.SelfCheck()) == []
    shop.desk.close()


# ------------------------------------------------------------------------------------------------------------------ modes


def test_by_hand_nothing_is_handed_out(shop: Shop):
    shop.policy(mode="manual")
    shop.agent("민아")
    assert shop.ask().state is State.QUEUED


def test_whoever_asks_is_connected_at_once_when_somebody_is_free(shop: Shop):
    mina = shop.agent("민아")
    visitor = shop.desk.acting_as(Actor.guest("browser-a"))
    session = visitor.do(c.OpenSession(text="안녕하세요"))
    assert visitor.do(c.RequestAgent(session)) == c.Connected(mina.id)
    assert visitor.do(c.RequestAgent(session), request_id="r1") == c.Connected(mina.id)
    assigned = bodies(shop.history(session), e.Assigned)
    assert [(one.agent, one.how) for one in assigned] == [(mina.id, "auto")]


def test_all_full_the_oldest_is_next_also_when_a_new_one_comes_as_a_slot_frees(shop: Shop):
    mina = shop.agent("민아", capacity=1)
    talk = shop.ask()
    oldest, second = shop.ask(), shop.ask()
    assert (oldest.state, second.state) == (State.QUEUED, State.QUEUED)
    newcomer = shop.desk.acting_as(Actor.guest("new"))
    fresh = newcomer.do(c.OpenSession(text="저요"))
    shop.desk.do_all([c.EndSession(talk), c.WrapUp(talk), c.RequestAgent(fresh)])
    assert [shop.owner(session) for session in (oldest, second, fresh)] == [mina.id, None, None]
    assert newcomer.ask(q.QueuePosition(fresh)).position == 2


def test_hybrid_hands_out_up_to_the_auto_limit_and_lets_agents_claim_up_to_their_capacity(shop: Shop):
    shop.policy(mode="hybrid")
    mina = shop.agent("민아", capacity=3, auto_limit=1)
    first, second, third, fourth = (shop.ask() for _ in range(4))
    assert [shop.owner(one) for one in (first, second)] == [mina.id, None]
    door = shop.acting(mina)
    door.do(c.ClaimSession(second))
    door.do(c.ClaimSession(third))
    with pytest.raises(LimitExceeded):
        door.do(c.ClaimSession(fourth))


@pytest.mark.parametrize(("policy", "allowed"), [({}, False), ({"claim": "any"}, True), ({"claim": "oldest_first"}, False)])
def test_what_an_agent_may_claim(shop: Shop, policy: dict[str, Any], allowed: bool):
    mina = shop.agent("민아", capacity=2, auto_limit=0)
    first, second = shop.ask(), shop.ask()
    shop.policy(**policy)
    door = shop.acting(mina)
    if allowed:
        assert door.do(c.ClaimSession(second)).agent == mina.id
        assert bodies(shop.history(second), e.Assigned)[0].out_of_turn
    else:
        with pytest.raises(Conflict):
            door.do(c.ClaimSession(second))
    if policy:
        assert door.do(c.ClaimSession(first)).agent == mina.id
        assert not bodies(shop.history(first), e.Assigned)[0].out_of_turn


# ------------------------------------------------------------------------------------------------------------------ order


def test_least_active_by_load_then_whose_last_session_ended_longest_ago_then_by_id(shop: Shop):
    """Equal load, last ended 10:00, 10:05, never: never, 10:00, 10:05, then id."""
    shop.policy(mode="hybrid")
    early, late, never, never_too = (shop.agent(name, auto_limit=0) for name in ("가", "나", "다", "라"))
    for agent, minute in ((early, 0), (late, 5)):
        shop.clock.at(f"2026-03-03 10:0{minute}")
        session = shop.ask()
        shop.acting(agent).do(c.ClaimSession(session))
        shop.end(session)
    shop.clock.at("2026-03-03 10:20")
    for agent in (late, never_too, early, never):
        shop.desk.do(c.ChangeAgent(agent, auto_limit=10))
    assert [shop.ask().agent for _ in range(5)] == [never.id, never_too.id, early.id, late.id, never.id]


def test_round_robin_keeps_its_rotation_when_members_come_and_go(shop: Shop):
    shop.policy(order="round_robin")
    first, second, third = (shop.agent(name) for name in ("가", "나", "다"))
    shop.clock.advance(seconds=1)
    assert [shop.ask().agent for _ in range(2)] == [first.id, second.id]
    fourth = shop.agent("라")
    shop.clock.advance(seconds=1)
    assert shop.ask().agent == third.id
    shop.desk.do(c.RemoveAgent(second))
    assert [shop.ask().agent for _ in range(4)] == [fourth.id, third.id, first.id, fourth.id]  # the first one took over the second's talk


def test_least_recent_looks_at_every_assignment(shop: Shop):
    shop.policy(order="least_recent")
    first, second = shop.agent("가"), shop.agent("나")
    assert [shop.ask().agent for _ in range(2)] == [first.id, second.id]
    shop.acting(first).do(c.OpenSessionByAgent(shop.ask().customer))  # that made it the first one's turn, and they wrote by themselves
    assert shop.ask().agent == second.id


# ----------------------------------------------------------------------------------------------------------------- limits


def test_what_weighs_more_goes_to_whoever_has_room_and_holds_nobody_up(shop: Shop):
    shop.policy(weights={"phone": 3})
    mina, jun = shop.agent("민아", capacity=3), shop.agent("준", capacity=4)
    assert shop.ask().agent == mina.id
    assert shop.ask(channel="phone").agent == jun.id
    blocked = shop.ask(channel="phone")
    assert blocked.state is State.QUEUED
    assert shop.ask().agent == mina.id  # what is behind goes on
    with pytest.raises(LimitExceeded):
        shop.desk.do(c.AssignSession(blocked, mina))


def test_a_note_holds_the_slot_unless_the_policy_says_otherwise(shop: Shop):
    mina = shop.agent("민아", capacity=1)
    first, second = shop.ask(), shop.ask()
    shop.desk.do(c.EndSession(first))
    assert shop.owner(second) is None
    shop.policy(wrap_up_holds_slot=False)
    assert shop.owner(second) == mina.id


def test_a_hold_frees_the_slot_if_the_policy_says_so(shop: Shop):
    shop.policy(hold_frees_slot=True)
    mina = shop.agent("민아", capacity=1)
    first, second = shop.ask(), shop.ask()
    shop.acting(mina).do(c.HoldSession(first, shop.desk.ask(q.GetSession(first)).opened_at.replace(year=2027)))
    assert shop.owner(second) == mina.id
    shop.acting(mina).do(c.ResumeSession(first))  # resuming may exceed the limit
    third = shop.ask()
    shop.end(second)
    assert shop.owner(third) is None
    shop.end(first)
    assert shop.owner(third) == mina.id


def test_a_lowered_capacity_takes_nothing_away_and_nothing_more_is_given_until_below(shop: Shop):
    mina = shop.agent("민아", capacity=3)
    talks = [shop.ask() for _ in range(3)]
    shop.desk.do(c.ChangeAgent(mina, capacity=1))
    waiting = shop.ask()
    assert [shop.owner(talk) for talk in talks] == [mina.id] * 3
    for talk in talks[:2]:
        shop.end(talk)
        assert shop.owner(waiting) is None
    shop.end(talks[2])
    assert shop.owner(waiting) == mina.id


def test_a_raised_capacity_and_a_new_agent_are_given_work_at_once(shop: Shop):
    mina = shop.agent("민아", capacity=1)
    shop.ask()
    second, third = shop.ask(), shop.ask()
    shop.desk.do(c.ChangeAgent(mina, capacity=2, auto_limit=2))
    assert shop.owner(second) == mina.id
    jun = shop.agent("준")
    assert shop.owner(third) == jun.id


def test_a_transfer_to_a_full_agent_is_refused_unless_an_admin_forces_it(shop: Shop):
    mina, jun = shop.agent("민아"), shop.agent("준", capacity=0)
    boss = shop.agent("소라", capacity=0, role="admin")
    session = shop.ask()
    with pytest.raises(LimitExceeded) as caught:
        shop.acting(mina).do(c.TransferSession(session, agent=jun))
    assert (caught.value.limit, caught.value.agent_id) == ("capacity", jun.id)
    assert shop.acting(boss).do(c.TransferSession(session, agent=jun, force=True)).agent == jun.id


def test_an_agent_who_transfers_or_releases_is_free_for_the_next(shop: Shop):
    mina = shop.agent("민아", capacity=1)
    jun = shop.agent("준", capacity=1, auto_limit=0)
    first, second = shop.ask(), shop.ask()
    shop.acting(mina).do(c.TransferSession(first, agent=jun))
    assert [shop.owner(first), shop.owner(second)] == [jun.id, mina.id]


# ----------------------------------------------------------------------------------------------------------------- routes


def test_the_first_route_that_fits_says_whose_it_is(shop: Shop):
    refunds = shop.desk.do(c.AddGroup("환불팀"))
    mina, jun = shop.agent("민아", groups=[refunds]), shop.agent("준")
    vip = shop.agent("비비", auto_limit=0)
    shop.policy(
        routes=[
            {"name": "환불", "category": "환불", "scope": {"groups": [refunds]}},
            {"name": "영어", "language": "en", "scope": {"agents": [vip]}},
            {"name": "앱", "channel": "app", "scope": {"agents": [jun]}},
        ],
        default={"agents": [jun]},
    )
    assert shop.ask(category="환불/반품").agent == mina.id
    assert shop.ask(language="en").state is State.QUEUED
    assert shop.ask(channel="app").agent == jun.id
    session = shop.ask()
    assert session.agent == jun.id
    assert (shop.decision(session).by, shop.decision(session).lane) == ("default", jun.id)
    refund = shop.ask(category="환불")
    assert (shop.decision(refund).by, shop.decision(refund).route) == ("route", "환불")


def test_routes_look_at_tags_and_attributes_of_the_customer(shop: Shop):
    mina, jun = shop.agent("민아"), shop.agent("준")
    shop.policy(
        routes=[
            {"name": "vip", "tag": "vip", "scope": {"agents": [jun]}},
            {"name": "금", "attributes": {"grade": "gold"}, "scope": {"agents": [jun]}},
        ],
        default={"agents": [mina]},
    )
    member = shop.desk.do(c.RegisterCustomer(guest="tagged"))
    shop.desk.do(c.TagCustomer(member, ["vip"]))
    golden = shop.desk.do(c.RegisterCustomer(guest="golden"))
    shop.desk.do(c.UpdateCustomer(customer=golden, attributes={"grade": "gold"}))
    assert [shop.ask(guest=guest).agent for guest in ("tagged", "golden", "other")] == [jun.id, jun.id, mina.id]


def test_a_way_is_widened_when_nobody_of_it_could_be_had(shop: Shop):
    mina, jun = shop.agent("민아", capacity=1), shop.agent("준")
    shop.policy(routes=[{"name": "웹", "channel": "web", "scope": {"agents": [mina]}, "widen_after": 60, "widen_to": {}}])
    shop.ask()
    waiting = shop.ask()
    shop.desk.advance(seconds=50)
    assert shop.owner(waiting) is None
    shop.desk.advance(seconds=20)
    assert shop.owner(waiting) == jun.id
    assert (shop.look(waiting).wake, shop.decision(waiting).lane) == (None, "*")


def test_who_had_it_to_themselves_may_have_it_when_it_is_widened_too(shop: Shop):
    mina, jun = shop.agent("민아", capacity=1), shop.agent("준", capacity=0)
    shop.policy(routes=[{"name": "웹", "channel": "web", "scope": {"agents": [mina]}, "widen_after": 60, "widen_to": {"agents": [jun]}}])
    talk, waiting = shop.ask(), shop.ask()
    shop.desk.advance(seconds=70)
    shop.end(talk)
    assert shop.owner(waiting) == mina.id


def test_what_has_waited_so_long_is_widened_at_once_whatever_happens_to_the_policy(shop: Shop):
    mina, jun = shop.agent("민아", capacity=0), shop.agent("준", auto_limit=0)
    shop.policy(routes=[{"name": "웹", "channel": "web", "scope": {"agents": [mina]}, "widen_after": 60}])
    waiting = shop.ask()
    shop.desk.advance(seconds=70)
    shop.policy(order="round_robin")
    shop.desk.do(c.ChangeAgent(jun, auto_limit=1))
    assert shop.owner(waiting) == jun.id


def test_a_tag_a_moved_category_and_a_merged_customer_send_what_waits_another_way(shop: Shop):
    mina, jun = shop.agent("민아", capacity=0), shop.agent("준")
    shop.policy(
        routes=[
            {"name": "vip", "tag": "vip", "scope": {"agents": [jun]}},
            {"name": "환불", "category": "환불", "scope": {"agents": [jun]}},
        ],
        default={"agents": [mina]},
    )
    tagged, moved, merged = shop.ask(), shop.ask(category="반품"), shop.ask()
    shop.desk.do(c.TagCustomer(tagged.customer, ["vip"]))
    assert [shop.owner(one) for one in (tagged, moved, merged)] == [jun.id, None, None]
    shop.desk.do(c.ChangeCategory(shop.look(moved).category, path="환불/반품"))
    assert [shop.owner(one) for one in (moved, merged)] == [jun.id, None]
    shop.desk.do(c.MergeCustomers(merged.customer, tagged.customer))
    assert shop.owner(merged) == jun.id


def test_what_waits_for_a_removed_group_or_agent_waits_for_whoever_the_routes_say(shop: Shop):
    group = shop.desk.do(c.AddGroup("물류팀"))
    mina, jun, sora = shop.agent("민아", capacity=0, groups=[group]), shop.agent("준", auto_limit=0), shop.agent("소라", capacity=0)
    shop.desk.do(c.ChangeBrand(accepting="open"))
    shop.desk.do(c.ChangeAgent(jun, auto_limit=5))
    directed = []
    for target in ({"group": group}, {"agent": sora}):
        visitor = shop.desk.acting_as(Actor.guest(f"for-{len(directed)}"))
        session = visitor.do(c.OpenSession(text="문의드려요"))
        shop.desk.do(c.DirectSession(session, **target))
        visitor.do(c.RequestAgent(session))
        directed.append(session)
    assert [shop.owner(one) for one in directed] == [None, None]
    shop.desk.do(c.RemoveGroup(group))
    assert [shop.owner(one) for one in directed] == [jun.id, None]
    shop.desk.do(c.RemoveAgent(sora))
    assert [shop.owner(one) for one in directed] == [jun.id, jun.id]
    assert mina.capacity == 0


@pytest.mark.parametrize("channels", [("app", "web"), ("web", "app")])
def test_who_has_waited_longest_comes_first_whichever_lane_they_wait_in(shop: Shop, channels: tuple[str, str]):
    group = shop.desk.do(c.AddGroup("물류팀"))
    mina = shop.agent("민아", capacity=1, groups=[group])
    shop.policy(routes=[{"name": "물류", "channel": "app", "scope": {"groups": [group]}}])
    talk = shop.ask()
    first, second = (shop.ask(channel=channel) for channel in channels)
    shop.end(talk)
    assert [shop.owner(one) for one in (first, second)] == [mina.id, None]


def test_who_releases_is_free_for_whoever_has_waited_longest(shop: Shop):
    """Released as one of everybody's, and their own group has waited longer."""
    group = shop.desk.do(c.AddGroup("물류팀"))
    mina = shop.agent("민아", capacity=1, groups=[group])
    shop.policy(routes=[{"name": "물류", "channel": "app", "scope": {"groups": [group]}}])
    talk = shop.ask(priority="low")
    waiting = shop.ask(channel="app")
    shop.acting(mina).do(c.ReleaseSession(talk))
    assert [shop.owner(one) for one in (talk, waiting)] == [None, mina.id]


def test_by_hand_what_waits_is_everybodys_again(shop: Shop):
    mina, jun = shop.agent("민아", capacity=0), shop.agent("준", capacity=0)
    shop.policy(routes=[{"name": "웹", "channel": "web", "scope": {"agents": [mina]}, "widen_after": 60}])
    waiting = shop.ask()
    assert shop.look(waiting).lane == mina.id
    shop.policy(mode="manual")
    assert (shop.look(waiting).lane, shop.look(waiting).until) == (None, None)
    assert jun.capacity == 0


def test_a_changed_category_sends_what_waits_another_way(shop: Shop):
    mina, jun = shop.agent("민아", capacity=0), shop.agent("준")
    shop.policy(routes=[{"name": "환불", "category": "환불", "scope": {"agents": [jun]}}], default={"agents": [mina]})
    session = shop.ask()
    assert session.state is State.QUEUED
    shop.desk.do(c.SetCategory(session, "환불"))
    assert shop.owner(session) == jun.id


def test_what_nobody_who_is_there_can_take_does_not_block_those_behind_it(shop: Shop):
    mina, jun = shop.agent("민아", capacity=1), shop.agent("준", capacity=1)
    shop.policy(routes=[{"name": "앱", "channel": "app", "scope": {"agents": [mina]}}])
    first, second = shop.ask(channel="app"), shop.ask()
    stuck, behind = shop.ask(channel="app"), shop.ask()
    shop.end(second)
    assert (shop.owner(first), shop.owner(stuck), shop.owner(behind)) == (mina.id, None, jun.id)


def test_a_transfer_to_a_group_waits_for_the_group(shop: Shop):
    group = shop.desk.do(c.AddGroup("물류팀"))
    mina = shop.agent("민아")
    jun = shop.agent("준", groups=[group], capacity=1)
    session, other = shop.ask(), shop.ask()
    shop.acting(mina).do(c.TransferSession(session, group=group, note="확인 부탁드려요"))
    assert [shop.owner(one) for one in (session, other)] == [None, jun.id]
    shop.end(other)
    assert shop.owner(session) == jun.id


def test_who_is_directed_to_an_agent_waits_for_them(shop: Shop):
    mina, jun = shop.agent("민아", capacity=1), shop.agent("준")
    shop.ask()
    visitor = shop.desk.acting_as(Actor.guest("fan"))
    session = visitor.do(c.OpenSession(text="민아 상담사님 부탁드려요"))
    shop.desk.do(c.DirectSession(session, agent=mina))
    first = visitor.do(c.RequestAgent(session))
    assert first == c.Queued(1, None)
    shop.desk.do(c.DirectSession(session))
    assert shop.owner(session) == jun.id


# --------------------------------------------------------------------------------------------------------------- priority


def test_a_priority_is_a_head_start_and_nobody_starves(shop: Shop):
    mina = shop.agent("민아", capacity=1)
    talk = shop.ask()
    normal = shop.ask()
    shop.clock.advance(minutes=10)
    high = shop.ask(priority="high")
    shop.clock.advance(minutes=10)
    late = shop.ask(priority="high")
    waiting = [session.id for session in shop.desk.ask(q.Queue()).items]
    assert waiting == [high.id, normal.id, late.id]  # 15 minutes pass 10, and not 20
    for session in (talk, high, normal):
        shop.end(session)
    assert shop.owner(late) == mina.id


def test_a_priority_that_is_set_while_waiting_moves_the_place(shop: Shop):
    shop.agent("민아", capacity=0)
    first, second = shop.ask(), shop.ask()
    shop.desk.do(c.SetPriority(second, "urgent"))
    assert [session.id for session in shop.desk.ask(q.Queue()).items] == [second.id, first.id]
    shop.policy(head_starts={"urgent": 0})
    shop.desk.do(c.SetPriority(first, "urgent"))
    assert [session.id for session in shop.desk.ask(q.Queue()).items] == [second.id, first.id]


# ----------------------------------------------------------------------------------------------------------------- sticky


def test_of_the_last_three_agents_the_first_who_is_there_is_preferred(shop: Shop):
    """Sticky list of three, first away, second online: second."""
    agents = [shop.agent(name, auto_limit=0) for name in ("가", "나", "다", "라")]
    shop.policy(sticky_days=30, claim="any")
    for agent in agents:
        session = shop.ask(guest="regular")
        shop.acting(agent).do(c.ClaimSession(session))
        shop.end(session)
    for agent in agents:
        shop.desk.do(c.ChangeAgent(agent, auto_limit=5))
    oldest, second, third, last = agents
    shop.acting(last).do(c.SetStatus("busy"))
    session = shop.ask(guest="regular")
    assert (session.agent, shop.decision(session).by) == (third.id, "sticky")
    shop.end(session)
    for agent in (third, second):
        shop.acting(agent).do(c.SetStatus("hidden"))
    assert shop.decision(shop.ask(guest="regular")).by == "default"  # the fourth is not among the last three
    assert oldest.id == shop.ask(guest="regular").agent
    shop.clock.advance(days=31)
    shop.acting(last).do(c.SetStatus("available"))
    assert shop.decision(shop.ask(guest="regular")).by == "default"


# ------------------------------------------------------------------------------------------------------------------ offers


def test_an_offer_that_is_ignored_goes_to_the_next_and_never_to_who_let_it_pass(shop: Shop):
    """Offer ignored twice: the third, neither earlier one; all passed: back at its old place, staff alerted."""
    shop.policy(offer_timeout=30, max_passes=5, order="round_robin")
    first, second, third = (shop.agent(name) for name in ("가", "나", "다"))
    session = shop.ask()
    later = shop.ask()
    assert shop.owner(session) == first.id
    shop.acting(second).do(c.SendMessage(later, text="안녕하세요"))
    shop.desk.advance(seconds=30)
    assert shop.owner(session) == third.id
    shop.desk.advance(seconds=30)
    assert shop.owner(session) == second.id
    types = [event.type for event in shop.history(session)]
    assert types.count("OfferPassed") == 2
    shop.desk.advance(seconds=30)
    types = [event.type for event in shop.history(session)]
    assert types.count("PassedByAll") == 1
    assert shop.owner(session) is not None  # everybody may be asked again
    spells = shop.look(session).turn.queued
    assert len(spells) == 1, "an offer that is let pass does not end the spell in the queue"


def test_when_those_who_have_not_let_it_pass_leave_the_others_are_asked_again(shop: Shop):
    shop.policy(offer_timeout=30, max_passes=5, order="round_robin")
    mina, jun = shop.agent("민아"), shop.agent("준", capacity=1)
    shop.clock.advance(seconds=1)
    session, talk = shop.ask(), shop.ask()
    shop.acting(jun).do(c.SendMessage(talk, text="안녕하세요"))
    shop.desk.advance(seconds=30)
    assert shop.owner(session) is None  # Mina let it pass, and Jun may have room yet
    shop.acting(jun).do(c.SetStatus("busy"))
    assert shop.owner(session) == mina.id


def test_who_answers_keeps_the_session(shop: Shop):
    shop.policy(offer_timeout=30)
    mina = shop.agent("민아")
    session = shop.ask()
    assert shop.look(session).offered
    shop.acting(mina).do(c.SendMessage(session, text="안녕하세요, 민아입니다."))
    shop.desk.advance(minutes=5)
    assert (shop.owner(session), shop.look(session).offered) == (mina.id, False)
    assert "OfferPassed" not in [event.type for event in shop.history(session)]


def test_who_lets_too_many_pass_in_a_row_becomes_busy_and_stays_so(shop: Shop):
    shop.policy(offer_timeout=30, max_passes=2)
    mina = shop.agent("민아")
    jun = shop.agent("준", capacity=0)
    shop.desk.do(c.ChangeBrand(accepting="open"))
    shop.ask()
    shop.desk.advance(seconds=31)
    assert {agent.name: str(agent.status) for agent in shop.desk.ask(q.Agents())} == {"민아": "available", "준": "available"}
    shop.desk.advance(seconds=31)
    found = {agent.id: agent for agent in shop.desk.ask(q.Agents())}
    assert (found[mina.id].status, found[mina.id].status_by, found[mina.id].status_reason) == ("busy", "system", "no_answer")
    assert found[jun.id].status == "available"
    shop.desk.advance(minutes=10)
    assert [session.state for session in shop.desk.ask(q.Queue()).items] == [State.QUEUED]
    shop.acting(mina).do(c.SetStatus("available"))
    assert shop.desk.ask(q.Queue()).items == []


def test_passes_that_are_not_in_a_row_do_not_count(shop: Shop):
    shop.policy(offer_timeout=30, max_passes=2)
    mina = shop.agent("민아")
    session = shop.ask()
    shop.desk.advance(seconds=30)
    shop.acting(mina).do(c.SendMessage(session, text="죄송해요, 늦었습니다."))
    shop.ask()
    shop.desk.advance(seconds=30)
    assert shop.desk.ask(q.Agents())[0].status == "available"


# --------------------------------------------------------------------------------------------------------------- overflow


def test_too_long_a_queue_is_an_overflow(shop: Shop):
    shop.policy(overflow_queue=2)
    shop.agent("민아", capacity=0)
    assert [shop.ask().state for _ in range(3)] == [State.QUEUED, State.QUEUED, State.BOT]
    visitor = shop.desk.acting_as(Actor.guest("one-more"))
    session = visitor.do(c.OpenSession(text="저도요"))
    assert visitor.do(c.RequestAgent(session)) == c.Unavailable("overflow")
    shop.policy(overflow_queue=None)
    assert visitor.do(c.RequestAgent(session)) == c.Queued(3)


def test_too_long_a_wait_is_an_overflow(shop: Shop):
    mina = shop.agent("민아", capacity=1)
    for _ in range(3):
        session = shop.ask()
        shop.desk.advance(minutes=10)
        shop.end(session)
    talk, waiting = shop.ask(), shop.ask()
    told = shop.desk.acting_as(Actor.guest(f"guest-{shop.guests}")).ask(q.QueuePosition(waiting))
    assert told.position == 1
    assert told.expected_wait == pytest.approx(2 / 3 * 601, abs=1)
    shop.policy(overflow_wait=900)
    assert shop.ask().state is State.BOT
    shop.acting(mina).do(c.EndSession(talk))


def test_the_guide_bot_tells_the_place_and_the_wait_if_it_is_known(shop: Shop):
    shop.desk.do(c.PublishScenario(scenario("guide_bot")))
    shop.desk.do(c.ChangeBrand(beside={"queued": "guide_bot"}))
    shop.agent("민아", capacity=1)
    first, unknown = shop.ask(), shop.ask()
    shop.desk.advance(minutes=9)
    shop.end(first)
    known = shop.ask()
    told = [next(message.text for message in shop.desk.each(q.Transcript(one)) if message.author == "bot") for one in (unknown, known)]
    assert told == [
        "상담사를 기다리고 있어요. 지금 1번째 순서입니다.",
        "상담사를 기다리고 있어요. 지금 1번째 순서입니다. 약 6분 뒤에 연결될 것 같아요.",
    ]


# --------------------------------------------------------------------------------------------------------------- presence


def test_who_gives_no_sign_of_life_is_given_nothing(shop: Shop):
    shop.policy(presence={"*": 60, "phone": 300})
    mina, jun = shop.agent("민아"), shop.agent("준")
    session = shop.ask()
    assert session.state is State.QUEUED  # they are available, so the request is accepted; nobody is there
    shop.acting(mina).do(c.Heartbeat())
    assert shop.owner(session) == mina.id
    shop.acting(jun).do(c.Heartbeat("phone"))
    shop.desk.advance(seconds=61)
    assert shop.ask().agent == jun.id
    shop.desk.advance(seconds=300)
    assert shop.ask().state is State.QUEUED


def test_a_shorter_time_to_live_is_effective_at_once(shop: Shop):
    shop.policy(presence={"*": 300})
    shop.acting(shop.agent("민아")).do(c.Heartbeat())
    shop.desk.advance(seconds=100)
    assert shop.ask().state is State.ACTIVE
    shop.policy(presence={"*": 60})
    shop.desk.settle()
    assert shop.ask().state is State.QUEUED


def test_signs_of_life_go_on_and_most_are_not_written(shop: Shop):
    shop.policy(presence={"*": 60})
    mina = shop.agent("민아")
    door = shop.acting(mina)
    written = []
    for _ in range(30):
        before = shop.desk.store.read(lambda tx: tx.find(_duty(), where={"brand": "brd_main"}, limit=1))
        door.do(c.Heartbeat())
        after = shop.desk.store.read(lambda tx: tx.find(_duty(), where={"brand": "brd_main"}, limit=1))
        written.append(before != after)
        shop.desk.advance(seconds=5)
    assert sum(written) < 10
    assert shop.ask().agent == mina.id


def _duty() -> type:
    from cschat.core.distribution import Duty

    return Duty


def test_by_hand_nobody_asks_who_is_present(shop: Shop):
    shop.policy(mode="manual", presence={"*": 60})
    mina = shop.agent("민아")
    session = shop.ask()
    assert shop.acting(mina).do(c.ClaimSession(session)).agent == mina.id


# ---------------------------------------------------------------------------------------------------------------- closing


def test_when_the_last_who_could_come_leaves_the_queue_goes_to_intake(shop: Shop):
    mina = shop.agent("민아", capacity=1)
    talk, waiting, silent = shop.ask(), shop.ask(), shop.ask(text=None)
    shop.acting(mina).do(c.SetStatus("busy"))
    assert [shop.look(one).state for one in (talk, waiting, silent)] == [State.ACTIVE, State.INTAKE, State.BOT]
    for session in (waiting, silent):
        last = [event.body for event in shop.history(session)][-1]
        assert (last.author, last.content.text[:10]) == ("system", "지금은 연결할 수 ")


def test_keep_keeps(shop: Shop):
    shop.policy(on_close="keep")
    mina = shop.agent("민아", capacity=0)
    waiting = shop.ask()
    shop.acting(mina).do(c.SetStatus("busy"))
    assert shop.look(waiting).state is State.QUEUED


def test_only_those_wait_in_vain_whose_agents_have_all_left(shop: Shop):
    mina, jun = shop.agent("민아", capacity=0), shop.agent("준", capacity=0)
    shop.policy(routes=[{"name": "앱", "channel": "app", "scope": {"agents": [mina]}}])
    app, web = shop.ask(channel="app"), shop.ask()
    shop.acting(mina).do(c.SetStatus("busy"))
    assert [shop.look(one).state for one in (app, web)] == [State.INTAKE, State.QUEUED]
    assert shop.ask(channel="app").state is State.BOT
    assert jun.capacity == 0


def test_a_removed_agents_talks_are_handed_to_others_in_the_same_commit(shop: Shop):
    mina, jun = shop.agent("민아"), shop.agent("준")
    first, second = shop.ask(), shop.ask()
    shop.acting(mina).do(c.EndSession(first))
    position = shop.desk.position()
    shop.desk.do(c.RemoveAgent(mina))
    assert shop.look(first).state is State.CLOSED
    again = shop.ask()
    assert [shop.owner(one) for one in (second, again)] == [jun.id, jun.id]
    assert shop.desk.position() > position


# ----------------------------------------------------------------------------------------------------------------- policy


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        ({"mode": "robot"}, "mode"),
        ({"routes": [{"name": "a", "colour": "red"}]}, "routes.0"),
        ({"routes": [{"name": "a", "scope": {"agents": ["agt_nobody"]}}]}, "routes.0.scope"),
        ({"routes": [{"name": "a"}, {"name": "a"}]}, "routes"),
        ({"routes": [{"widen_after": -1}]}, "routes.0.widen_after"),
        ({"default": {"teams": []}}, "default"),
        ({"head_starts": {"extreme": 5}}, "head_starts"),
        ({"weights": {"web": -1}}, "weights.web"),
        ({"offer_timeout": 0}, "offer_timeout"),
        ({"overflow_queue": 0}, "overflow_queue"),
        ({"presence": [1]}, "presence"),
        ({"sticky_days": 1.5}, "sticky_days"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_by_field(shop: Shop, policy: dict[str, Any], field: str):
    before = shop.desk.ask(q.GetBrand())
    with pytest.raises(Invalid) as caught:
        shop.policy(**policy)
    assert caught.value.field == field
    assert shop.desk.ask(q.GetBrand()) == before


def test_a_policy_has_its_history_and_is_effective_at_once(shop: Shop):
    shop.policy(mode="manual")
    mina = shop.agent("민아")
    waiting = [shop.ask() for _ in range(3)]
    shop.policy(mode="auto")
    assert [shop.owner(session) for session in waiting] == [mina.id] * 3
    log = shop.desk.store.read(lambda tx: tx.events("brd_main", limit=100))
    changes = [event.body.after["distribution"]["mode"] for event in log if isinstance(event.body, e.BrandChanged)]
    assert changes == ["auto", "manual", "auto"]


def test_a_large_queue_is_handed_out_in_several_commits(shop: Shop):
    shop.policy(mode="manual")
    mina = shop.agent("민아", capacity=1000)
    for _ in range(250):
        shop.ask()
    shop.policy(mode="auto")
    assert shop.desk.ask(q.CountsByState()).queued == 50
    shop.desk.settle()
    assert shop.desk.ask(q.CountsByState()).active == 250
    assert mina.capacity == 1000
