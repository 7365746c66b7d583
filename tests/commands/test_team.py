"""Agents, groups, statuses, brands."""

from __future__ import annotations

import pytest
from tests.office import Office, bodies

from cschat import State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.errors import Conflict, Forbidden, Invalid, NotFound


def agents(office: Office, *, removed: bool = False) -> list[str]:
    return [agent.name for agent in office.desk.ask(q.Agents(removed=removed))]


def test_a_removed_agents_talks_are_back_in_the_queue_and_their_notes_closed_in_the_same_commit(office: Office):
    talks = [office.session(State.ACTIVE) for _ in range(3)]
    notes = [office.session(State.WRAP_UP) for _ in range(2)]
    done = office.session(State.CLOSED)
    office.colleague.do(c.SetStatus("available"))
    position = office.desk.position()
    office.admin.do(c.RemoveAgent(office.mina))
    for session in talks:
        after = office.look(session)
        assert (after.state, after.agent, after.last_agent) == (State.QUEUED, None, office.mina.id)
        assert bodies(office.history(session), e.Released)[0].why == "agent_removed"
    for session in notes:
        after = office.look(session)
        assert (after.state, after.agent) == (State.CLOSED, None)
        wrapped = bodies(office.history(session), e.WrappedUp)[0]
        assert (wrapped.by, wrapped.reason, wrapped.turn.after_work) == ("system", "agent_removed", None)
    assert office.look(done) == done
    assert {event.type for event in office.desk.watch(after=position, timeout=0)} == {"Released", "WrappedUp", "AgentRemoved"}
    assert office.desk.ask(q.SelfCheck()) == []


def test_a_removed_agent_may_nothing_more_and_stays_as_a_name(office: Office):
    session = office.session(State.ACTIVE)
    office.admin.do(c.RemoveAgent(office.mina))
    for attempt in (
        lambda: office.agent.do(c.ClaimSession(session)),
        lambda: office.agent.ask(q.Queue()),
        lambda: office.agent.allowed(session),
        lambda: office.agent.do(c.SetStatus("available")),
    ):
        with pytest.raises(Forbidden):
            attempt()
    assert agents(office) == ["소라", "준"]
    assert agents(office, removed=True) == ["민아"]


def test_a_removed_agent_is_not_changed_but_their_user_id_is_free_again(office: Office):
    one = office.desk.do(c.AddAgent(name="하나", user_id="u1"))
    with pytest.raises(Conflict):
        office.desk.do(c.AddAgent(name="둘", user_id="u1"))
    office.desk.do(c.RemoveAgent(one))
    assert office.desk.do(c.RemoveAgent(one)).removed
    with pytest.raises(Conflict):
        office.desk.do(c.ChangeAgent(one, name="셋"))
    with pytest.raises(Conflict):
        office.desk.do(c.SetStatus("available", one))
    assert office.desk.do(c.AddAgent(name="둘", user_id="u1")).user_id == "u1"


def test_user_ids_are_one_per_brand(office: Office):
    office.desk.do(c.AddAgent(name="하나", user_id="u1"))
    assert office.desk.brand("other").do(c.AddAgent(name="하나", user_id="u1")).user_id == "u1"


def test_the_automatic_limit_never_exceeds_the_capacity(office: Office):
    agent = office.desk.do(c.AddAgent(name="하나", capacity=3, auto_limit=5))
    assert (agent.capacity, agent.auto_limit) == (3, 3)
    assert office.desk.do(c.AddAgent(name="둘", capacity=3)).auto_limit == 3
    assert office.desk.do(c.ChangeAgent(agent, capacity=2)).auto_limit == 2
    assert office.desk.do(c.ChangeAgent(agent, capacity=9, auto_limit=4)).auto_limit == 4


def test_an_agents_status_is_their_own_to_set_or_an_admins(office: Office):
    assert office.agent.do(c.SetStatus("hidden", reason="회의")).status_reason == "회의"
    with pytest.raises(Forbidden):
        office.agent.do(c.SetStatus("busy", office.jun))
    by_admin = office.admin.do(c.SetStatus("available", office.jun))
    assert (by_admin.status, by_admin.status_by) == ("available", "admin")
    before = office.everything()
    office.admin.do(c.SetStatus("available", office.jun))
    assert office.everything() == before


def test_changing_people_to_what_they_are_makes_no_event(office: Office):
    before = office.everything()
    office.desk.do_all(
        [c.ChangeAgent(office.jun, name="준", capacity=1000), c.ChangeAgent(office.jun), c.ChangeGroup(office.group, name="배송팀")]
    )
    assert office.everything() == before


def test_removing_twice_is_removing_once(office: Office):
    office.desk.do_all([c.RemoveGroup(office.group), c.RemoveAgent(office.jun)])
    before = office.everything()
    group, agent = office.desk.do_all([c.RemoveGroup(office.group), c.RemoveAgent(office.jun)])
    assert (group.removed, agent.removed) == (True, True)
    assert office.everything() == before


def test_what_changed_of_an_agent_is_in_the_log_before_and_after(office: Office):
    office.admin.do(c.ChangeAgent(office.jun, name="준호", groups=[office.group]))
    changed = office.log(office.jun.id)[-1].body
    assert changed == e.AgentChanged({"name": "준", "groups": []}, {"name": "준호", "groups": [office.group.id]})


def test_a_promoted_agent_is_an_admin_at_once(office: Office):
    with pytest.raises(Forbidden):
        office.agent.do(c.AddTag("급함"))
    office.desk.do(c.ChangeAgent(office.mina, role="admin"))
    assert office.agent.do(c.AddTag("급함"))


def test_groups_have_one_name_each_which_is_free_after_removal(office: Office):
    with pytest.raises(Conflict):
        office.desk.do(c.AddGroup("배송팀"))
    other = office.desk.do(c.AddGroup("환불팀"))
    with pytest.raises(Conflict):
        office.desk.do(c.ChangeGroup(other, name="배송팀"))
    office.desk.do(c.RemoveGroup(office.group))
    assert office.desk.do(c.ChangeGroup(other, name="배송팀")).name == "배송팀"
    with pytest.raises(Conflict):
        office.desk.do(c.ChangeGroup(office.group, name="옛 이름"))
    assert [group.name for group in office.desk.ask(q.Groups())] == ["배송팀"]


def test_agents_leave_a_group_that_is_removed(office: Office):
    office.desk.do(c.ChangeAgent(office.mina, groups=[office.group]))
    office.desk.do(c.RemoveGroup(office.group))
    assert {agent.groups for agent in office.desk.ask(q.Agents())} == {()}
    with pytest.raises(Invalid) as caught:
        office.desk.do(c.ChangeAgent(office.mina, groups=[office.group]))
    assert caught.value.field == "groups"


def test_groups_and_agents_of_another_brand_are_not_found(office: Office):
    other = office.desk.brand("other")
    group, agent = other.do(c.AddGroup("남의 팀")), other.do(c.AddAgent(name="남"))
    for command in (
        c.AddAgent(name="하나", groups=[group]),
        c.ChangeAgent(office.mina, groups=[group]),
        c.ChangeAgent(agent, name="x"),
        c.SetStatus("busy", agent),
        c.RemoveAgent(agent),
        c.RemoveGroup(group),
        c.ChangeGroup(group, name="x"),
        c.TransferSession(office.session(State.ACTIVE), group=group),
    ):
        with pytest.raises(NotFound):
            office.admin.do(command)


# ---------------------------------------------------------------------------------------------------------------- the brand


def test_a_brand_that_nobody_changed_is_all_defaults(office: Office):
    brand = office.desk.brand("fresh").ask(q.GetBrand())
    assert (brand.accepting, brand.grace, brand.reopen_window, brand.seq) == ("auto", 600_000, 86_400_000, 0)
    assert brand.reopening_for("web") == "new_session"


def test_settings_change_at_once_with_what_was_before(office: Office):
    office.admin.do(c.ChangeBrand(grace=60, reopening={"web": "never"}, wrap_up_limit=90.5))
    brand = office.desk.ask(q.GetBrand())
    assert (brand.grace, brand.reopening, brand.wrap_up_limit) == (60_000, {"web": "never"}, 90_500)
    changed = office.log(brand.id)[-1].body
    assert (changed.before["grace"], changed.after["grace"]) == (600_000, 60_000)
    assert brand.reopening_for("app") == "new_session"


def test_a_wrap_up_limit_of_zero_is_none(office: Office):
    before = office.everything()
    office.admin.do(c.ChangeBrand(wrap_up_limit=0))
    assert office.everything() == before
    office.admin.do(c.ChangeBrand(wrap_up_limit=60))
    assert office.admin.do(c.ChangeBrand(wrap_up_limit=0)).wrap_up_limit is None


def test_a_setting_that_is_as_it_was_makes_no_event(office: Office):
    office.admin.do(c.ChangeBrand(name="상점", zone="UTC"))
    before = office.everything()
    office.admin.do(c.ChangeBrand(name="상점", zone="UTC", accepting="auto"))
    office.admin.do(c.ChangeBrand())
    assert office.everything() == before


def test_the_settings_of_two_brands_are_apart(office: Office):
    office.admin.do(c.ChangeBrand(accepting="closed"))
    assert office.desk.brand("other").ask(q.GetBrand()).accepting == "auto"
