"""Categories and tags: open and closed lists, disabled labels, a tree that can be rearranged without losing history."""

from __future__ import annotations

import pytest
from tests.office import Office, bodies

from cschat import State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.labels import Category
from cschat.errors import Conflict, Invalid, NotFound


def paths(office: Office) -> dict[str, str]:
    return {category.path: category.id for category in office.desk.ask(q.Categories())}


def tags(office: Office, which: str = "session") -> list[str]:
    return [tag.name for tag in office.desk.ask(q.Tags(list=which))]


# -------------------------------------------------------------------------------------------------- open and closed lists


def test_while_the_lists_are_open_a_new_name_is_added(office: Office):
    session = office.session(State.ACTIVE)
    office.agent.do(c.SetCategory(session, "배송 / 지연"))
    office.agent.do(c.TagSession(session, [" 급함 ", "vip", "급함"]))
    assert list(paths(office)) == ["배송", "배송/지연"]
    assert tags(office) == ["vip", "급함"]
    assert (office.look(session).category, office.look(session).tags) == (paths(office)["배송/지연"], ("vip", "급함"))


def test_while_they_are_closed_a_new_name_is_refused_and_leaves_nothing(office: Office):
    office.desk.do_all([c.ChangeBrand(open_labels=False), c.AddCategory("배송"), c.AddTag("급함"), c.AddTag("vip", list="customer")])
    session = office.session(State.WRAP_UP)
    before = office.everything()
    for command, field in (
        (c.SetCategory(session, "배송/지연"), "category"),
        (c.WrapUp(session, category="환불"), "category"),
        (c.TagSession(session, ["급함", "새것"]), "tags"),
        (c.WrapUp(session, tags=["새것"]), "tags"),
        (c.TagCustomer(office.customer, ["급함"]), "tags"),
    ):
        with pytest.raises(Invalid) as caught:
            office.agent.do(command)
        assert caught.value.field == field
    assert office.everything() == before
    office.agent.do_all([c.TagCustomer(office.customer, ["vip"]), c.WrapUp(session, category="배송", tags=["급함"])])


def test_an_admin_adds_to_closed_lists(office: Office):
    office.desk.do(c.ChangeBrand(open_labels=False))
    assert office.admin.do(c.AddCategory("배송/지연")).path == "배송/지연"
    assert office.admin.do(c.AddTag("급함")).name == "급함"


def test_a_label_that_is_there_is_answered_as_it_is(office: Office):
    category, tag = office.admin.do(c.AddCategory("배송/지연")), office.admin.do(c.AddTag("급함"))
    before = office.everything()
    assert office.admin.do(c.AddCategory(" 배송/ 지연")) == category
    assert office.admin.do(c.AddTag(" 급함 ")) == tag
    assert office.everything() == before


def test_the_two_tag_lists_are_apart(office: Office):
    office.agent.do(c.TagCustomer(office.customer, ["vip"]))
    assert (tags(office), tags(office, "customer")) == ([], ["vip"])


def test_the_labels_of_two_brands_are_apart(office: Office):
    elsewhere = office.desk.brand("other").do(c.AddCategory("배송"))
    assert paths(office) == {}
    with pytest.raises(NotFound):
        office.agent.do(c.SetCategory(office.session(), elsewhere.id))
    with pytest.raises(NotFound):
        office.admin.do(c.ChangeCategory(elsewhere, disabled=True))


def test_a_category_is_given_by_record_id_or_path(office: Office):
    category = office.admin.do(c.AddCategory("배송"))
    session = office.session()
    for given in (category, category.id, "배송"):
        assert office.agent.do(c.SetCategory(session, given)).category == category.id
    assert len(bodies(office.history(session), e.CategorySet)) == 1


# ---------------------------------------------------------------------------------------------------------------- disabled


def test_a_disabled_label_is_worn_no_more_by_anything_new_and_kept_where_it_is(office: Office):
    session = office.session(State.ACTIVE)
    office.agent.do_all([c.SetCategory(session, "배송"), c.TagSession(session, ["급함"])])
    category, tag = office.desk.ask(q.Categories())[0], office.desk.ask(q.Tags())[0]
    office.admin.do_all([c.ChangeCategory(category, disabled=True), c.ChangeTag(tag)])
    assert (office.look(session).category, office.look(session).tags) == (category.id, ("급함",))
    other = office.session(State.ACTIVE)
    for command in (c.SetCategory(other, "배송"), c.SetCategory(other, category.id), c.TagSession(other, ["급함"])):
        with pytest.raises(Invalid):
            office.agent.do(command)
    assert (list(paths(office)), tags(office)) == (["배송"], ["급함"])
    assert office.agent.do(c.UntagSession(session, ["급함"])).tags == ()


def test_a_label_that_is_enabled_again_can_be_used_again(office: Office):
    category, tag = office.admin.do(c.AddCategory("배송")), office.admin.do(c.AddTag("급함"))
    for disabled in (True, False):
        office.admin.do_all([c.ChangeCategory(category, disabled=disabled), c.ChangeTag(tag, disabled=disabled)])
    session = office.session()
    office.agent.do_all([c.SetCategory(session, "배송"), c.TagSession(session, ["급함"])])


# ---------------------------------------------------------------------------------------------------------------- the tree


def test_renaming_and_moving_keep_ids_and_history(office: Office):
    for path in ("배송/지연/해외", "배송/분실", "환불", "배송지"):
        office.admin.do(c.AddCategory(path))
    before = paths(office)
    session = office.agent.do(c.SetCategory(office.session(), "배송/지연/해외"))
    moved = office.admin.do(c.ChangeCategory(before["배송"], path="물류/국내 배송"))
    after = paths(office)
    assert moved.path == "물류/국내 배송"
    assert {*after} == {
        "물류",
        "물류/국내 배송",
        "물류/국내 배송/지연",
        "물류/국내 배송/지연/해외",
        "물류/국내 배송/분실",
        "환불",
        "배송지",
    }
    assert after["물류/국내 배송/지연/해외"] == before["배송/지연/해외"] == office.look(session).category
    assert after["배송지"] == before["배송지"]
    assert len(bodies(office.history(session), e.CategorySet)) == 1
    assert [event.body.path for event in office.log(before["배송"])] == ["배송", "물류/국내 배송"]


def test_moving_back_is_moving(office: Office):
    office.admin.do(c.AddCategory("배송/지연"))
    category = paths(office)["배송"]
    office.admin.do(c.ChangeCategory(category, path="물류"))
    office.admin.do(c.ChangeCategory(category, path="배송"))
    assert {*paths(office)} == {"배송", "배송/지연"}


@pytest.mark.parametrize("path", ["배송/지연", "배송/지연/더"])
def test_a_category_cannot_move_below_itself(office: Office, path: str):
    category = office.admin.do(c.AddCategory("배송"))
    before = office.everything()
    with pytest.raises(Invalid) as caught:
        office.admin.do(c.ChangeCategory(category, path=path))
    assert caught.value.field == "path"
    assert office.everything() == before


def test_a_category_cannot_take_anothers_place(office: Office):
    one = office.admin.do(c.AddCategory("배송"))
    office.admin.do(c.AddCategory("환불"))
    with pytest.raises(Conflict):
        office.admin.do(c.ChangeCategory(one, path="환불"))


@pytest.mark.parametrize("path", ["", " ", "/", "배송/", "/배송", "배송//지연", "cat_x"])
def test_a_path_is_made_of_names(office: Office, path: str):
    category = office.admin.do(c.AddCategory("있음"))
    for command in (lambda: c.AddCategory(path), lambda: c.ChangeCategory(category, path=path)):
        with pytest.raises(Invalid) as caught:
            office.admin.do(command())
        assert caught.value.field == "path"


def test_a_change_to_what_is_makes_no_event(office: Office):
    category, tag = office.admin.do(c.AddCategory("배송")), office.admin.do(c.AddTag("급함"))
    before = office.everything()
    assert office.admin.do(c.ChangeCategory(category, path="배송", disabled=False)) == category
    assert office.admin.do(c.ChangeTag(tag, disabled=False)) == tag
    assert office.everything() == before


def test_the_name_of_a_category_is_the_last_of_its_path():
    assert Category("cat_1", "brd_1", 1, "배송/지연").name == "지연"


# ---------------------------------------------------------------------------------------------------------- same values


def test_sorting_to_what_is_makes_no_event(office: Office):
    session = office.session(State.ACTIVE)
    commands = [
        c.SetCategory(session, "배송"),
        c.SetPriority(session, "high"),
        c.SetSubject(session, "지연"),
        c.TagSession(session, ["급함"]),
    ]
    office.agent.do_all(commands)
    before = office.everything()
    office.agent.do_all([*commands, c.UntagSession(session, ["없음"])])
    assert office.everything() == before
