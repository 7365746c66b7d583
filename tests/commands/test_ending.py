"""The end, the note, the page that is left, the judgement."""

from __future__ import annotations

import pytest
from tests.office import Office, bodies

from cschat import State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.errors import Forbidden, IllegalTransition, Invalid, LimitExceeded


@pytest.mark.parametrize("state", [State.BOT, State.QUEUED, State.INTAKE])
def test_what_nobody_has_is_closed_by_its_customer_at_once(office: Office, state: State):
    session = office.visitor.do(c.EndSession(office.session(state)))
    assert (session.state, session.reason, session.closed) == (State.CLOSED, "done", office.clock.now())


def test_a_talk_that_ends_leaves_its_note_open_with_its_owner(office: Office):
    session = office.session(State.ACTIVE)
    office.visitor.do(c.EndSession(session, reason="solved"))
    after = office.look(session)
    assert (after.state, after.agent, after.reason, after.closed) == (State.WRAP_UP, office.mina.id, "solved", None)


def test_an_agent_who_ends_an_intake_item_takes_it_first_so_the_note_has_an_owner(office: Office):
    session = office.session(State.INTAKE)
    after = office.agent.do(c.EndSession(session))
    assert (after.state, after.agent) == (State.WRAP_UP, office.mina.id)
    assert bodies(office.history(session), e.Assigned)[-1].how == "claim"
    assert office.types(session)[-2:] == ["Assigned", "Ended"]


def test_a_full_agent_cannot_take_an_intake_item_to_end_it(office: Office):
    session = office.session(State.INTAKE)
    office.desk.do(c.ChangeAgent(office.mina, capacity=0))
    with pytest.raises(LimitExceeded):
        office.agent.do(c.EndSession(session))


@pytest.mark.parametrize("state", [State.BOT, State.QUEUED])
def test_any_agent_may_end_what_nobody_has(office: Office, state: State):
    assert office.colleague.do(c.EndSession(office.session(state))).state is State.CLOSED


@pytest.mark.parametrize("state", [State.WRAP_UP, State.CLOSED])
def test_what_is_over_cannot_end_again(office: Office, state: State):
    session = office.session(state)
    with pytest.raises(IllegalTransition):
        office.visitor.do(c.EndSession(session))


def test_the_note_its_category_and_its_tags_close_the_session(office: Office):
    office.clock.advance(minutes=1)
    session = office.agent.do(c.WrapUp(office.session(State.WRAP_UP), note="재발송", category="배송/지연", tags=["급함", "vip", "급함"]))
    categories = {category.id: category.path for category in office.desk.ask(q.Categories())}
    assert (session.state, session.agent, session.last_agent) == (State.CLOSED, None, office.mina.id)
    assert (categories[str(session.category)], session.tags) == ("배송/지연", ("vip", "급함"))
    assert bodies(office.history(session), e.WrappedUp)[0].note == "재발송"


def test_a_wrap_up_adds_its_tags_to_those_that_are_there_sorted_and_once(office: Office):
    session = office.session(State.WRAP_UP)
    office.agent.do(c.TagSession(session, ["급함", "불만"]))
    assert office.agent.do(c.WrapUp(session, tags=["vip", "급함"])).tags == ("vip", "급함", "불만")


def test_a_wrap_up_without_category_keeps_the_one_that_was_set(office: Office):
    session = office.session(State.WRAP_UP)
    category = office.agent.do(c.SetCategory(session, "환불")).category
    assert office.agent.do(c.WrapUp(session)).category == category


def test_the_category_may_be_changed_after_the_close(office: Office):
    session = office.agent.do(c.SetCategory(office.session(State.CLOSED), "환불"))
    assert session.state is State.CLOSED
    assert office.agent.do(c.SetCategory(session, None)).category is None


def test_only_the_owner_or_an_admin_wraps_up(office: Office):
    session = office.session(State.WRAP_UP)
    with pytest.raises(Forbidden):
        office.colleague.do(c.WrapUp(session))
    assert office.admin.do(c.WrapUp(session)).state is State.CLOSED


def test_a_wrap_up_over_its_limit_is_closed_by_the_system_which_says_why(office: Office):
    office.desk.do(c.ChangeBrand(wrap_up_limit=120))
    session = office.session(State.WRAP_UP)
    office.desk.advance(seconds=119)
    assert office.look(session).state is State.WRAP_UP
    office.desk.advance(seconds=1)
    after = office.look(session)
    assert (after.state, after.agent, after.wake) == (State.CLOSED, None, None)
    last = office.history(session)[-1]
    assert (last.body.by, last.body.reason, last.time, last.actor) == ("system", "wrap_up_limit", session.ended + 120_000_000, "system")


def test_without_a_limit_a_note_stays_open(office: Office):
    session = office.session(State.WRAP_UP)
    office.desk.advance(days=3)
    assert office.look(session).state is State.WRAP_UP


def test_a_limit_that_comes_later_closes_no_note_that_was_open_before(office: Office):
    session = office.session(State.WRAP_UP)
    office.desk.do(c.ChangeBrand(wrap_up_limit=60))
    office.desk.advance(hours=1)
    assert office.look(session).state is State.WRAP_UP


def test_a_clock_that_was_overtaken_does_nothing(office: Office):
    office.desk.do(c.ChangeBrand(wrap_up_limit=60))
    session = office.session(State.WRAP_UP)
    assert office.system.do(c.WakeSession(session)) == session
    after = office.agent.do(c.WrapUp(session))
    office.clock.advance(hours=1)
    assert office.system.do(c.WakeSession(session)) == after


@pytest.mark.parametrize("state", State)
def test_a_forced_close_works_from_everywhere(office: Office, state: State):
    session = office.session(state)
    after = office.admin.do(c.ForceClose(session, reason="spam"))
    assert (after.state, after.agent) == (State.CLOSED, None)
    assert after.reason == ("done" if state is State.CLOSED else "spam")


# ---------------------------------------------------------------------------------------------------------- leaving the page


@pytest.mark.parametrize("state", State)
def test_leaving_the_page_never_ends_a_session(office: Office, state: State):
    session = office.session(state)
    office.visitor.do(c.LeavePage(session))
    assert office.look(session) == session


@pytest.mark.parametrize(
    ("state", "to"),
    [
        (State.BOT, State.CLOSED),
        (State.QUEUED, State.CLOSED),
        (State.ACTIVE, State.WRAP_UP),
        (State.INTAKE, State.INTAKE),
        (State.WRAP_UP, State.WRAP_UP),
        (State.CLOSED, State.CLOSED),
    ],
)
def test_leaving_the_page_ends_it_if_the_brand_says_so_but_what_was_left_to_be_answered_stays(office: Office, state: State, to: State):
    office.desk.do(c.ChangeBrand(end_when_gone=True))
    session = office.session(state)
    office.visitor.do(c.LeavePage(session))
    after = office.look(session)
    assert after.state is to
    assert (after == session) is (state is to)
    assert state is to or after.reason == "gone"


# -------------------------------------------------------------------------------------------------------------- judgements


@pytest.mark.parametrize("state", [State.ACTIVE, State.WRAP_UP, State.CLOSED])
def test_the_customer_judges_a_talk_and_may_think_again(office: Office, state: State):
    session = office.session(state)
    office.visitor.do(c.RateSession(session, 2, comment="느려요"))
    office.visitor.do(c.RateSession(session, 4))
    after = office.look(session)
    assert (after.rating, after.state, after.turns) == (4, state, session.turns)
    assert [(rated.score, rated.scale, rated.comment) for rated in bodies(office.history(session), e.Rated)] == [
        (2, 5, "느려요"),
        (4, 5, ""),
    ]


def test_agents_do_not_judge_their_own_talks(office: Office):
    session = office.session(State.CLOSED)
    for door in (office.agent, office.admin):
        with pytest.raises(Forbidden):
            door.do(c.RateSession(session, 5))


@pytest.mark.parametrize(
    ("score", "scale", "field"), [(0, 5, "score"), (6, 5, "score"), (1, 1, "scale"), (1, 101, "scale"), ("5", 5, "score")]
)
def test_a_judgement_is_on_its_scale(score: object, scale: int, field: str):
    with pytest.raises(Invalid) as caught:
        c.RateSession("ses_1", score, scale)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_an_end_by_the_desk_names_its_timer_and_policy(office: Office):
    session = office.session(State.QUEUED)
    for missing, given in (("timer", {"policy": "idle"}), ("policy", {"timer": "silent"})):
        with pytest.raises(Invalid) as refused:
            office.system.do(c.EndSession(session, **given))
        assert refused.value.field == missing
    office.system.do(c.EndSession(session, reason="silent", timer="silent", policy="idle"))
    ended = office.history(session)[-1].body
    assert (ended.by, ended.timer, ended.policy) == ("system", "silent", "idle")
