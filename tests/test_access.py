"""Who may do and see what: every command and query by role, and the ways that must be closed one by one, with data."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

import attrs
import msgspec
import pytest
from tests.office import Office
from tests.samples import COMMANDS, QUERIES

import cschat.commands
import cschat.queries
from cschat import Actor, Desk, Permission, Role, Session, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.access import GRANTS
from cschat.errors import CschatError, Forbidden, Invalid, NotFound

# ------------------------------------------------------------------------------------------- every command and every query

DOORS: dict[Role, Callable[[Office], Desk]] = {
    Role.CUSTOMER: lambda office: office.visitor,
    Role.AGENT: lambda office: office.agent,
    Role.ADMIN: lambda office: office.admin,
    Role.SYSTEM: lambda office: office.system,
    Role.HOST: lambda office: office.desk,
}
EVERYTHING = COMMANDS | QUERIES
REFUSED = [(kind, role) for kind in EVERYTHING for role in Role if role not in GRANTS[kind.permission]]


def carry(door: Desk, thing: Any) -> Any:
    return door.do(thing) if type(thing) in COMMANDS else door.ask(thing)


@pytest.mark.parametrize(("kind", "role"), REFUSED, ids=[f"{kind.__name__}-{role}" for kind, role in REFUSED])
def test_each_is_refused_without_its_permission_and_leaves_nothing(memory_office: Office, kind: type, role: Role):
    office = memory_office
    sample = EVERYTHING[kind]
    thing = sample.make(office, office.session(sample.state))
    before = office.everything()
    with pytest.raises(Forbidden) as caught:
        carry(DOORS[role](office), thing)
    assert caught.value.permission == kind.permission
    assert caught.value.status_hint == 403
    assert office.everything() == before


@pytest.mark.parametrize("kind", EVERYTHING, ids=lambda kind: kind.__name__)
def test_each_works_with_its_permission(office: Office, kind: type):
    sample = EVERYTHING[kind]
    carry(getattr(office, sample.door), sample.make(office, office.session(sample.state)))


@pytest.mark.parametrize("kind", EVERYTHING, ids=lambda kind: kind.__name__)
def test_each_is_refused_to_who_is_no_agent_here(memory_office: Office, kind: type):
    office = memory_office
    sample = EVERYTHING[kind]
    thing = sample.make(office, office.session(sample.state))
    elsewhere = office.desk.brand("other").do(c.AddAgent(name="남", role="admin"))
    gone = office.desk.do(c.RemoveAgent(office.desk.do(c.AddAgent(name="옛", role="admin"))))
    before = office.everything()
    for nobody in (elsewhere, gone, "agt_unknown", office.customer.id):
        with pytest.raises(Forbidden):
            carry(office.desk.acting_as(Actor.agent(nobody)), thing)
    assert office.everything() == before


def test_the_grants_are_these():
    """Written out, so that a change of it is a decision."""
    staff = {Role.AGENT, Role.ADMIN, Role.SYSTEM, Role.HOST}
    expected = {
        Permission.TALK: staff | {Role.CUSTOMER},
        Permission.SERVE: staff,
        Permission.DIRECT: staff - {Role.AGENT},
        Permission.ADMINISTER: {Role.ADMIN, Role.HOST},
        Permission.OPERATE: {Role.SYSTEM, Role.HOST},
    }
    assert expected == GRANTS


def test_what_customers_and_agents_may_is_this():
    """As above: whoever adds a command decides here for whom it is."""

    def asking(permission: Permission) -> set[str]:
        return {kind.__name__ for kind in EVERYTHING if kind.permission is permission}

    assert asking(Permission.TALK) == {
        *("OpenSession", "SendMessage", "MarkRead", "RequestAgent", "LeaveMessage", "ReturnToBot", "EndSession", "LeavePage"),
        *("ReopenSession", "RateSession", "UpdateCustomer", "RecordConsent"),
        *("ReadAnnouncement", "LinkSession", "OptOut", "Announcements"),
        *("GetSession", "Transcript", "History", "QueuePosition", "GetCustomer", "CustomerSessions", "OpeningHours"),
        *("FrontDesk", "Glances", "Speakers", "Attend", "Attending"),
        *("Sections", "Articles", "GetArticle", "SearchArticles"),
    }
    assert asking(Permission.DIRECT) == {
        *("AssignSession", "DirectSession", "MoveToIntake", "ForceClose"),
        *("StartBulk", "CancelBulk", "GetBulk", "Bulks", "BulkFailures"),
    }
    assert asking(Permission.ADMINISTER) == {
        *("AddAgent", "ChangeAgent", "RemoveAgent", "AddGroup", "ChangeGroup", "RemoveGroup", "ChangeBrand", "MergeCustomers"),
        *("EraseCustomer", "AddCategory", "ChangeCategory", "AddTag", "ChangeTag", "PublishScenario", "CheckScenario", "SetDistribution"),
        *("AddSection", "ChangeSection", "AddArticle", "ChangeArticle", "PublishArticle", "UnpublishArticle", "RemoveArticle"),
        *("AddCannedResponse", "ChangeCannedResponse", "RemoveCannedResponse"),
        *("SetHours", "SetSpecialDay", "ClearSpecialDay", "OverrideHours", "SetShifts", "SetDaysOff"),
        *("AddAlertTarget", "ChangeAlertTarget", "RemoveAlertTarget", "SendTestAlert", "AlertTargets"),
        *("AddWebhook", "ChangeWebhook", "RemoveWebhook", "RotateWebhookSecret", "Webhooks"),
        *("SaveReport", "RemoveReport"),
        *("AddRule", "ChangeRule", "MoveRule", "RemoveRule", "SetSla", "CheckRules", "DryRun"),
        *("SetLedger", "SetTariff", "TopUp", "AdjustBalance", "GetLedger", "Postings", "Statement"),
        *("AddRule", "ChangeRule", "MoveRule", "RemoveRule", "SetSla", "CheckRules", "DryRun", "ExportLabels"),
        *("AddMailReport", "ChangeMailReport", "RemoveMailReport", "SendMailReport"),
        *("AddAnnouncement", "ChangeAnnouncement", "RemoveAnnouncement"),
        *("AddCampaign", "ChangeCampaign", "StartCampaign", "CancelCampaign", "CountAudience"),
    }
    assert asking(Permission.OPERATE) == {
        "AnswerAction",
        "Charge",
        "DisableTarget",
        "FailRecipient",
        "RunTimer",
        "SendBotMessage",
        "WakeSession",
        "Health",
        "SelfCheck",
    }


@pytest.mark.parametrize(("package", "wire"), [(cschat.commands, c.COMMANDS), (cschat.queries, q.QUERIES)], ids=["commands", "queries"])
def test_the_wire_list_is_all_that_the_modules_offer_and_each_names_its_permission(package: Any, wire: tuple[type, ...]):
    found = [module.name for module in pkgutil.iter_modules(package.__path__) if not module.ispkg]
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in found]
    offered = {
        thing
        for module in modules
        for name in module.__all__
        if inspect.isclass(thing := getattr(module, name)) and attrs.has(thing) and hasattr(thing, "run")
    }
    written = {
        thing
        for module in modules
        for thing in vars(module).values()
        if inspect.isclass(thing) and thing.__module__ == module.__name__ and attrs.has(thing) and hasattr(thing, "run")
    }
    assert {*wire} == offered == written
    assert len(wire) == len({*wire})
    for kind in wire:
        assert isinstance(kind.permission, Permission)
        assert kind.__name__ in package.__all__
        assert kind.__doc__


def test_every_command_and_query_has_a_sample():
    assert {*COMMANDS} == {*c.COMMANDS}
    assert {*QUERIES} == {*q.QUERIES}


@pytest.mark.parametrize("kind", EVERYTHING, ids=lambda kind: kind.__name__)
def test_commands_and_queries_are_plain_data_that_come_back_as_they_were(memory_office: Office, kind: type):
    sample = EVERYTHING[kind]
    thing = sample.make(memory_office, memory_office.session(sample.state))
    again = msgspec.json.decode(msgspec.json.encode(thing), type=kind)
    assert (type(again), again) == (kind, thing)


# ----------------------------------------------------------------------------------------------- one customer, another's

REACHING: dict[str, Callable[[Office, Session], Any]] = {
    "reads": lambda o, s: q.GetSession(s),
    "reads the transcript of": lambda o, s: q.Transcript(s),
    "reads the history of": lambda o, s: q.History(s),
    "asks for the position of": lambda o, s: q.QueuePosition(s),
    "attends": lambda o, s: c.Attend(s, typing=True),
    "asks who attends": lambda o, s: q.Attending(s),
    "glances at": lambda o, s: q.Glances([s]),
    "asks who speaks in": lambda o, s: q.Speakers(s),
    "writes in": lambda o, s: c.SendMessage(s, text="저예요"),
    "repeats a message of": lambda o, s: c.SendMessage(s, text="저예요", client_id="m1"),
    "marks as read": lambda o, s: c.MarkRead(s, up_to=1),
    "asks for a person in": lambda o, s: c.RequestAgent(s),
    "leaves a message in": lambda o, s: c.LeaveMessage(s, text="저예요"),
    "takes out of the queue": lambda o, s: c.ReturnToBot(s),
    "ends": lambda o, s: c.EndSession(s),
    "leaves the page of": lambda o, s: c.LeavePage(s),
    "reopens": lambda o, s: c.ReopenSession(s),
    "links": lambda o, s: c.LinkSession(s, None),
    "rates": lambda o, s: c.RateSession(s, 1),
    "looks up the customer of": lambda o, s: q.GetCustomer(s.customer),
    "lists the sessions of the customer of": lambda o, s: q.CustomerSessions(s.customer),
    "changes the customer of": lambda o, s: c.UpdateCustomer(s.customer, name="x"),
    "consents for the customer of": lambda o, s: c.RecordConsent("a", "b", "c", customer=s.customer),
}


@pytest.mark.parametrize("what", REACHING)
@pytest.mark.parametrize("state", State)
def test_a_customer_reaches_nothing_of_another(memory_office: Office, what: str, state: State):
    office = memory_office
    session = office.session(state)
    office.visitor.do(c.SendMessage(session, text="비밀", client_id="m1"))
    session = office.look(session)
    before = office.everything()
    with pytest.raises(NotFound) as caught:
        carry(office.stranger, REACHING[what](office, session))
    assert "비밀" not in str(caught.value.as_problem())
    assert office.everything() == before


def test_what_is_anothers_looks_like_what_there_is_not(office: Office):
    session = office.session()
    told = []
    for id in (session.id, "ses_nowhere"):
        with pytest.raises(NotFound) as caught:
            office.stranger.ask(q.GetSession(id))
        told.append({**caught.value.as_problem(), "id": "", "detail": caught.value.as_problem()["detail"].replace(id, "")})
    assert told[0] == told[1]


def test_a_customer_opens_no_session_for_another(office: Office):
    with pytest.raises(Invalid) as caught:
        office.stranger.do(c.OpenSession(customer=office.customer))
    assert caught.value.field == "customer"


def test_a_customer_watches_only_their_own_sessions(office: Office):
    mine, theirs = office.session(State.ACTIVE), office.stranger.do(c.OpenSession(text="남의 일"))
    assert {event.subject for event in office.visitor.watch(after=0, timeout=0)} == {mine.id}
    assert list(office.stranger.watch(after=0, session=mine, timeout=0)) == []
    assert {event.subject for event in office.stranger.watch(after=0, timeout=0)} == {theirs.id}
    assert list(office.desk.acting_as(Actor.guest("browser-new")).watch(after=0, timeout=0)) == []


def test_a_customer_asks_for_the_buttons_of_no_other(office: Office):
    with pytest.raises(NotFound):
        office.stranger.allowed(office.session())


def test_a_repeated_request_opens_no_door_to_another_brand(office: Office):
    """The host's request id is the same in both brands, the session is not theirs both."""
    session = office.session()
    other = office.desk.brand("other")
    office.desk.do(c.SendMessage(session, text="비밀", client_id="m1"))
    office.desk.do(c.SendMessage(session, text="비밀"), request_id="r1")
    for attempt in (
        lambda: other.do(c.SendMessage(session, text="?", client_id="m1")),
        lambda: other.do(c.SendMessage(session, text="?"), request_id="r1"),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_a_guest_who_claims_to_be_a_member_of_the_same_name_is_another(office: Office):
    session = office.session()
    with pytest.raises(NotFound):
        office.desk.acting_as(Actor.member("browser-a")).ask(q.GetSession(session))


def test_the_same_guest_in_another_brand_sees_nothing(office: Office):
    session = office.session()
    guest = office.desk.brand("other").acting_as(Actor.guest("browser-a"))
    with pytest.raises(NotFound):
        guest.ask(q.GetSession(session))
    assert guest.ask(q.CustomerSessions()).items == []
    assert guest.do(c.OpenSession()).customer != office.customer.id


# --------------------------------------------------------------------------------------------- what is for staff stays there


@pytest.fixture
def talk(office: Office) -> tuple[Office, Session]:
    """A talk with something for staff in every place there is."""
    session = office.session(State.ACTIVE)
    office.agent.do(c.AddNote(session, text="STAFF note"))
    office.agent.do(c.SendMessage(session, text="STAFF aside", visibility="internal"))
    office.agent.do_all([c.TagSession(session, ["STAFF tag"]), c.SetCategory(session, "STAFF category"), c.SetPriority(session, "urgent")])
    office.agent.do_all([c.TagCustomer(office.customer, ["STAFF tag"]), c.UpdateCustomer(office.customer, attributes={"STAFF": "risk"})])
    office.agent.do(c.TransferSession(session, agent=office.jun, note="STAFF transfer"))
    office.colleague.do(c.ReleaseSession(session, why="STAFF why"))
    office.agent.do(c.ClaimSession(session))
    office.system.do(c.SendBotMessage(session, office.look(session).seq, "?", side=True, cursor=e.BotCursor("STAFF scenario", "x")))
    office.agent.do(c.EndSession(session))
    office.agent.do(c.WrapUp(session, note="STAFF wrap-up", tags=["STAFF other"]))
    return office, session


def test_the_staff_see_it(talk: tuple[Office, Session]):
    office, session = talk
    seen = repr([office.look(session), office.history(session), office.desk.ask(q.GetCustomer(office.customer))])
    for what in ("note", "aside", "tag", "transfer", "why", "scenario", "wrap-up", "other"):
        assert f"STAFF {what}" in seen


@pytest.mark.parametrize(
    "look",
    [
        lambda o, s: o.visitor.ask(q.GetSession(s)),
        lambda o, s: list(o.visitor.each(q.Transcript(s))),
        lambda o, s: list(o.visitor.each(q.History(s))),
        lambda o, s: o.visitor.ask(q.CustomerSessions()).items,
        lambda o, s: o.visitor.ask(q.GetCustomer()),
        lambda o, s: o.visitor.ask(q.Glances([s])),
        lambda o, s: o.visitor.ask(q.Speakers(s)),
        lambda o, s: o.visitor.ask(q.FrontDesk()),
        lambda o, s: list(o.visitor.watch(after=0, timeout=0)),
        lambda o, s: list(o.visitor.watch(after=0, timeout=0, session=s)),
        lambda o, s: o.visitor.do(c.MarkRead(s, up_to=s.seq)),
        lambda o, s: o.visitor.do(c.RateSession(s, 5)),
        lambda o, s: o.visitor.do(c.SendMessage(s, text="감사합니다")),
        lambda o, s: o.visitor.do(c.ReopenSession(s)),
        lambda o, s: o.visitor.do(c.ReopenSession(s), request_id="r1"),
        lambda o, s: o.visitor.do_all([c.ReopenSession(s), c.EndSession(s)]),
        lambda o, s: o.visitor.do(c.LeavePage(s)),
        lambda o, s: o.visitor.do(c.UpdateCustomer(name="김")),
        lambda o, s: o.visitor.do(c.RecordConsent("a", "b", "c")),
    ],
    ids=[
        *("GetSession", "Transcript", "History", "CustomerSessions", "GetCustomer", "Glances", "Speakers"),
        *("FrontDesk", "watch", "watch one", "MarkRead", "RateSession"),
        *("SendMessage", "ReopenSession", "request_id", "do_all", "LeavePage", "UpdateCustomer", "RecordConsent"),
    ],
)
def test_by_no_way_does_anything_for_staff_reach_a_customer(talk: tuple[Office, Session], look: Callable[[Office, Session], Any]):
    office, session = talk
    seen = look(office, session)
    assert seen
    shown = repr(seen)
    labels = [label.id for label in office.desk.ask(q.Categories())]
    for secret in ("STAFF", "internal", "urgent", "Clocks", *labels):
        assert secret not in shown


def test_a_customers_history_has_no_event_that_is_for_staff_alone(talk: tuple[Office, Session]):
    office, session = talk
    types = {event.type for event in office.visitor.each(q.History(session))}
    assert types == {"Opened", "MessageSent", "AgentRequested", "Assigned", "Transferred", "Released", "Ended"}


def test_a_customer_is_not_told_of_causes_and_request_ids(office: Office):
    session = office.session()
    office.visitor.do(c.SendMessage(session, text="네", client_id="SECRET"))
    assert {(event.cause, event.once) for event in office.visitor.each(q.History(session))} == {(None, None)}


def test_a_bots_dropped_reply_reaches_no_customer(office: Office):
    session = office.session(State.ACTIVE)
    office.system.do(c.SendBotMessage(session, answers=1, content="늦은 답변"))
    assert "늦은 답변" not in repr([list(office.visitor.each(q.History(session))), office.history(session)])


# ------------------------------------------------------------------------------------------------- agents and their limits


def test_an_agent_of_one_brand_does_nothing_in_another(office: Office):
    other = office.desk.brand("other")
    session = other.acting_as(Actor.guest("x")).do(c.OpenSession(text="문의"))
    stray = other.acting_as(Actor.agent(office.mina))
    for attempt in (
        lambda: stray.do(c.ClaimSession(session)),
        lambda: stray.ask(q.GetSession(session)),
        lambda: stray.ask(q.Queue()),
        lambda: stray.allowed(session),
        lambda: list(stray.watch(after=0, timeout=0)),
    ):
        with pytest.raises(Forbidden):
            attempt()
    for attempt in (lambda: office.agent.do(c.ClaimSession(session)), lambda: office.agent.ask(q.Transcript(session))):
        with pytest.raises(NotFound):
            attempt()
    assert session.id not in {event.subject for event in office.agent.watch(after=0, timeout=0)}


@pytest.mark.parametrize(
    "make",
    [
        lambda o: c.AssignSession(o.session(State.QUEUED), o.jun),
        lambda o: c.AssignSession(o.session(State.QUEUED), o.mina),
        lambda o: c.TransferSession(o.session(State.ACTIVE), agent=o.jun, force=True),
        lambda o: c.OpenSessionByAgent(o.customer, agent=o.jun),
        lambda o: c.SetStatus("busy", o.jun),
        lambda o: c.ChangeAgent(o.mina, role="admin"),
        lambda o: c.ChangeBrand(accepting="open"),
        lambda o: c.EraseCustomer(o.customer),
        lambda o: c.ForceClose(o.session(State.QUEUED)),
        lambda o: c.ReturnToBot(o.session(State.QUEUED)),
        lambda o: c.RateSession(o.session(State.CLOSED), 5),
        lambda o: q.SelfCheck(),
    ],
    ids=[
        *("assigns to another", "assigns to themselves", "forces a transfer", "opens for another", "sets anothers status"),
        *("promotes themselves", "changes the brand", "erases", "forces a close", "takes out of the queue", "rates", "checks the desk"),
    ],
)
def test_an_agent_may_not(office: Office, make: Callable[[Office], Any]):
    thing = make(office)
    before = office.everything()
    with pytest.raises(Forbidden):
        carry(office.agent, thing)
    assert office.everything() == before


def test_an_agent_acts_not_for_the_owner_of_a_talk(office: Office):
    talk, note = office.session(State.ACTIVE), office.session(State.WRAP_UP)
    for command in (
        c.EndSession(talk),
        c.ReleaseSession(talk),
        c.TransferSession(talk, agent=office.jun),
        c.WrapUp(note),
    ):
        with pytest.raises(Forbidden):
            office.colleague.do(command)


def test_the_system_changes_no_people_and_no_settings(office: Office):
    for command in (c.AddAgent(name="x", role="admin"), c.ChangeBrand(name="x"), c.EraseCustomer(office.customer), c.AddTag("x")):
        with pytest.raises(Forbidden):
            office.system.do(command)


def test_a_customer_sets_not_their_own_attributes(office: Office):
    with pytest.raises(Forbidden):
        office.visitor.do(c.UpdateCustomer(attributes={"vip": True}))
    assert office.visitor.do(c.UpdateCustomer(name="김")).name == "김"


def test_who_acted_is_in_the_log(office: Office):
    session = office.session(State.BOT)
    for door in (office.agent, office.admin, office.desk, office.system):
        door.do(c.AddNote(session, text="메모"))
    actors = [event.actor for event in office.history(session)]
    assert actors[0] == f"customer:{office.customer.id}"
    assert actors[-4:] == [f"agent:{office.mina.id}", f"agent:{office.sora.id}", "host", "system"]


def test_every_error_is_of_the_one_tree_with_its_code_and_status():
    leaves = [CschatError]
    for kind in leaves:
        leaves += kind.__subclasses__()
    codes = [kind.code for kind in leaves if "code" in vars(kind)]  # one that is for the desk itself may go under its parent's
    assert len(codes) == len({*codes})
    assert all(400 <= kind.status_hint < 600 for kind in leaves)
    problem = Invalid(field="text", reason="must not be blank", allowed=["a"]).as_problem()
    assert problem == {
        "type": "urn:cschat:error:invalid",
        "title": "Invalid",
        "status": 422,
        "detail": "text: must not be blank (allowed: a)",
        "field": "text",
        "reason": "must not be blank",
        "allowed": ["a"],
    }
