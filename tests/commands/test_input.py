"""Bad input: an `Invalid` that names the field, and nothing written. On construction and on decoding alike."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any, get_type_hints

import attrs
import msgspec
import pytest
from tests.office import Office
from tests.samples import COMMANDS, QUERIES

from cschat import Actor, BotCursor, Card, Choice, Content, Desk, FormField, Media
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.core.content import ContentKind
from cschat.core.fields import is_id
from cschat.errors import Invalid

TOO_LONG = "가" * 20_001
BAD_TEXTS = [5, b"bytes", "\0", "a\ud800", TOO_LONG]
BAD_IDS = ["", 5, ["ses_1"], "ses_\ud800"]
BAD_NUMBERS = ["5", 1.5, True, -1, 10**30]
BAD_LISTS = ["lone text", 5, ["\0"], [" "], [5], [None], ["\udfff"], [TOO_LONG], [f"{n}" for n in range(101)]]
BAD_SECONDS = ["60", True, -1, float("nan"), float("inf"), 10**9]
BAD_PAIRS = [5, "a=b", ["a"], {5: "x"}, {"a": ["x"]}, {"a" * 101: "x"}, {"a": "\0"}, {"\ud800": "x"}, {f"{n}": "x" for n in range(101)}]
BAD_NAMES = [5, "반품", ["en"], {"en": ""}, {"en": " "}, {"": "x"}, {"en": None}, {"en": 5}, {5: "x"}, {"en": "x" * 101}, {"e" * 36: "x"}]
BAD_BODIES = [5, b"bytes", "\0", "a\ud800", "가" * 200_001]
BAD_TIMES = [datetime(2030, 1, 1), "2030-01-01", 5]  # noqa: DTZ001  (naive is the point)

# What the field's type does not tell.
BAD_VALUES: dict[tuple[type, str], list[Any]] = {
    (c.SaveReport, "measures"): [*BAD_LISTS, [], ["nonsense"], None],
    (c.SaveReport, "by"): [*BAD_LISTS, ["nonsense"], ["day", "day"], None],
    (c.SaveReport, "where"): [5, None, {"nonsense": "x"}, {"tag": []}, {"tag": [5]}],
    (c.SaveReport, "zone"): ["Nowhere/City", "", 5],
    (c.SaveReport, "calendar"): ["moon", "", 5, None],
    (c.AddAgent, "role"): ["customer", "host", "boss", 5, None],
    (c.ChangeAgent, "role"): ["system", "boss", 5],
    (c.AddAgent, "capacity"): [*BAD_NUMBERS, 1001, None],
    (c.RateSession, "score"): [*BAD_NUMBERS, 0, 6, None],
    (c.RateSession, "scale"): [*BAD_NUMBERS, 0, 1, 101],
    (c.MarkRead, "up_to"): [*BAD_NUMBERS, 0, None],
    (c.HoldSession, "until"): [datetime(2030, 1, 1), "2030-01-01", 5, None],  # noqa: DTZ001  (naive is the point)
    (c.UpdateCustomer, "birth_date"): ["1990-13-01", "31.12.1990", "19901231", "1990-1-1", 5],
    (c.UpdateCustomer, "device"): [*BAD_PAIRS, {"a": 5}, {"a": None}],
    (c.UpdateCustomer, "attributes"): [*BAD_PAIRS, {"a": float("nan")}, {"a": 2**60}, {"a": {"b": 1}}],
    (c.ChangeBrand, "zone"): ["Nowhere/City", "Asia", "../../etc/passwd", "", "\0", 5],
    (c.ChangeBrand, "reopening"): [5, "never", {"web": "sometimes"}, {"": "never"}, {5: "never"}, {"web": None}],
    (c.ChangeBrand, "grace"): BAD_SECONDS,
    (c.ChangeBrand, "reopen_window"): BAD_SECONDS,
    (c.ChangeBrand, "short_wait"): BAD_SECONDS,
    (c.ChangeBrand, "wrap_up_limit"): BAD_SECONDS,
    (c.ChangeBrand, "away_after"): BAD_SECONDS,
    (c.ChangeBrand, "chat_url"): [*BAD_TEXTS, "chat", "javascript:alert(1)", "https://u:p@x/"],
    (c.ChangeBrand, "opt_out_url"): [*BAD_TEXTS, "out", "javascript:{recipient}", "https://shop.example.com/"],
    (c.ChangeBrand, "workspace_url"): [*BAD_TEXTS, "desk", "javascript:{session}", "https://desk.example.com/", "https://u:p@x/{session}"],
    (c.ChangeBrand, "look"): [
        5,
        "red",
        {"color": "#ffffff"},
        {"colour": "red"},
        {"colour": "#ffff"},
        {"colour": 5},
        {"logo": "logo.png"},
        {"logo": "//example.com/logo.png"},
        {"logo": "javascript:alert(1)"},
        {"logo": "/a b.png"},
        {"position": "middle"},
        {"greeting": "안녕"},
        {"greeting": {"ko": " "}},
        {"greeting": {"ko": "가" * 501}},
        {"greeting": {"": "안녕"}},
        {"launcher": {"ko": 5}},
        {"launcher": {"ko": "가" * 41}},
        {"launcher": {f"l{n}": "x" for n in range(21)}},
    ],
    (c.ChangeBrand, "guest_form"): [
        5,
        "name",
        {"name": "order"},
        ["name"],
        [{"label": "주문번호"}],
        [{"name": " "}],
        [{"name": "order", "pattern": ".*"}],
        [{"name": "o" * 101}],
        [{"name": "order", "type": "file"}],
        [{"name": "order", "answer": "42"}],
        [FormField("order"), FormField("order")],
        [FormField(f"f{n}") for n in range(21)],
    ],
    **{(kind, "image"): [*BAD_TEXTS, "me.png", "//x/me.png", "/a\\b", "data:image/png;base64,AA"] for kind in (c.AddAgent, c.ChangeAgent)},
    (c.RotateWebhookSecret, "overlap"): [*BAD_SECONDS, None],
    **{
        (kind, "secret"): [*BAD_TEXTS, None, "", "whsec_", "whsec_c2hvcnQ=", "whsec_!" + "A" * 40, "whsec_" + "A" * 120]
        for kind in (c.AddWebhook, c.RotateWebhookSecret)
    },
    **{(kind, "types"): [*BAD_LISTS, ["Nonsense"]] for kind in (c.AddWebhook, c.ChangeWebhook)},
    **{(kind, "kinds"): [*BAD_LISTS, ["nonsense"]] for kind in (c.AddAlertTarget, c.ChangeAlertTarget, c.MuteAlerts)},
    **{
        (kind, "addresses"): [*BAD_LISTS, ["a@b"], ["a b@example.com"], ["a@example.com\r\nBcc: b@example.com"]]
        for kind in (c.AddAlertTarget, c.ChangeAlertTarget)
    },
    **{(kind, "email"): [*BAD_TEXTS, "nobody", "a@b", "a@b.kr, c@d.kr", "<a@b.kr>"] for kind in (c.AddAgent, c.ChangeAgent)},
    (c.AdjustBalance, "amount"): ["5", 1.5, True, 0, 10**30, -(10**30), None],
    (c.Charge, "kind"): ["session", "account", "nonsense", "", 5, None],
    (c.Charge, "count"): [*BAD_NUMBERS, 0, None],
    (c.TopUp, "amount"): [*BAD_NUMBERS, 0, None],
    (c.SetTariff, "prices"): [5, None, [1], {"fax": 5}, {5: 5}, {"sms": -1}, {"sms": 1.5}, {"sms": True}, {"sms": None}, {"sms": 10**30}],
    (c.SetTariff, "effective"): ["2026-13-01", "31.12.2026", 5],
    (c.AnswerAction, "value"): [object(), {5: object()}, "가" * 40_000],
    (c.PublishScenario, "source"): [5, None, ["a"], "", "a: [", "scenario: x", {}, {"scenario": "x", "start": "a", "steps": {}}],
    (c.ChangeBrand, "entry"): [
        5,
        "x",
        {},
        [5],
        [{}],
        [{"scenario": ""}],
        [{"scenario": "a", "hour": 5}],
        [{"scenario": "a", "page": "*" * 6}],
    ],
    (c.SetDistribution, "offer_timeout"): [value for value in BAD_SECONDS if value is not None] + [0],
    (c.SetDistribution, "overflow_wait"): [value for value in BAD_SECONDS if value is not None],
    (c.SetDistribution, "overflow_queue"): [value for value in BAD_NUMBERS if value is not None] + [0],
    (c.SetDistribution, "head_starts"): [5, {"extreme": 5}, {"high": "5"}, {5: 5}],
    (c.SetDistribution, "weights"): [5, {"web": -1}, {"web": 1.5}, {5: 5}],
    (c.SetDistribution, "presence"): [5, [1], {"*": -1}, {"*": "soon"}, {5: 5}],
    (c.SaveView, "only_if"): [5, None, "x", [], {"a": 1}, {"field": "nothing", "is": 1}],
    (c.StartBulk, "only_if"): [5, None, "x", [], {"a": 1}, {"field": "nothing", "is": 1}],
    (c.StartBulk, "then"): [
        5,
        None,
        "x",
        {},
        [],
        [5],
        [{}],
        [{"fly": 1}],
        [{"assign": "agt_1"}],
        [{"wrap_up": 5}],
        [{"wrap_up": {"x": 1}}],
    ],
    (c.StartBulk, "since"): BAD_TIMES,
    (c.StartBulk, "until"): BAD_TIMES,
    (c.DelayReply, "at"): [*BAD_TIMES, None],
    (c.ChangeDelayedReply, "at"): BAD_TIMES,
    (c.ChangeRule, "then"): [5, "x", {}, [], [5], [{}], [{"fly": 1}]],
    (c.ChangeRule, "only_if"): [5, "x", [], {"a": 1}, {"field": "text"}],
    (c.ChangeBrand, "beside"): [5, "x", {"later": "a"}, {"queued": 5}, {"queued": "\0"}],
    (c.AddSection, "names"): [*BAD_NAMES, None],
    (c.ChangeSection, "names"): BAD_NAMES,
    (c.AddArticle, "body"): [*BAD_BODIES, None],
    (c.ChangeArticle, "body"): BAD_BODIES,
    (c.AddAnnouncement, "begins"): BAD_TIMES,
    (c.AddAnnouncement, "ends"): BAD_TIMES,
    (c.ChangeAnnouncement, "begins"): BAD_TIMES,
    (c.ChangeAnnouncement, "ends"): BAD_TIMES,
    (c.StartCampaign, "at"): BAD_TIMES,
    (c.PublishArticle, "at"): BAD_TIMES,
    (c.PublishArticle, "until"): BAD_TIMES,
    (c.UnpublishArticle, "at"): BAD_TIMES,
    (c.SendBotMessage, "content"): [5, None, "", " ", TOO_LONG, Content(ContentKind.IMAGE)],
    (c.SendBotMessage, "cursor"): [5, "welcome", BotCursor("\0", "x"), BotCursor("x", "y", {"k": "\ud800"})],
}
BLANK = {
    (c.AddAgent, "name"),
    (c.AdjustBalance, "reason"),
    (c.Charge, "key"),
    (c.AddArticle, "title"),
    (c.AddCannedResponse, "shortcut"),
    (c.AddCannedResponse, "text"),
    (c.AddSection, "name"),
    (c.ChangeArticle, "title"),
    (c.ChangeCannedResponse, "shortcut"),
    (c.ChangeCannedResponse, "text"),
    (c.ChangeSection, "name"),
    (c.AddCategory, "path"),
    (c.AddGroup, "name"),
    (c.AddTag, "name"),
    (c.ChangeAgent, "name"),
    (c.ChangeAgent, "user_id"),
    (c.ChangeGroup, "name"),
    (c.EndSession, "reason"),
    (c.ForceClose, "reason"),
    (c.LeaveMessage, "text"),
    (c.MoveToIntake, "reason"),
    (c.OpenSession, "channel"),
    (c.OpenSession, "text"),
    (c.OpenSessionByAgent, "channel"),
    (c.OpenSessionByAgent, "text"),
    (c.RecordConsent, "what"),
    (c.SaveView, "name"),
    (c.RecordConsent, "purpose"),
    (c.RecordConsent, "version"),
    (c.RegisterCustomer, "member"),
    (c.ReturnToBot, "reason"),
    (c.DelayReply, "text"),
    (c.ChangeDelayedReply, "text"),
    (c.SendMessage, "text"),
    (c.AddNote, "text"),
}
"""Texts that must say something."""


def bad_values(kind: type, field: attrs.Attribute[Any]) -> list[Any]:
    """Values that a field of a command must refuse."""
    if (kind, field.name) in BAD_VALUES:
        return BAD_VALUES[kind, field.name]
    hint = get_type_hints(kind)[field.name]
    text = str(hint)
    needed = [] if "None" in text else [None]
    if field.validator is is_id:
        return BAD_IDS + needed
    if "tuple[str" in text:
        return BAD_LISTS + needed
    if "Content" in text:
        return [5, {"kind": "text"}]
    if "int" in text:
        return BAD_NUMBERS + needed
    if "bool" in text:
        return ["yes", 1, 0, *needed]
    if "<enum" in text or "cschat." in text:
        return ["nonsense", "", 5, ["low"], *needed]
    assert "str" in text, f"{kind.__name__}.{field.name} has no bad values yet: {text}"
    return BAD_TEXTS + needed + (["", "  "] if (kind, field.name) in BLANK else [])


FIELDS = [(kind, field) for kind in COMMANDS for field in attrs.fields(kind)]


@pytest.fixture(scope="module")
def good() -> dict[type, Any]:
    """Every sample command, as one desk would be sent it."""
    clock = FakeClock()
    desk = Desk.open("memory:", clock=clock, seed=1)
    office = Office.on(desk, clock)
    made = {kind: sample.make(office, office.session(sample.state)) for kind, sample in COMMANDS.items() if kind is not c.WakeSession}
    return made | {c.WakeSession: c.WakeSession("ses_1")}


@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=[f"{kind.__name__}-{field.name}" for kind, field in FIELDS])
def test_every_field_refuses_what_it_cannot_be(good: dict[type, Any], kind: type, field: attrs.Attribute[Any]):
    beside = {"text": None} if field.name == "content" and kind is not c.SendBotMessage else {}
    beside = {"member": None} if (kind, field.name) == (c.RegisterCustomer, "guest") else beside
    beside = {"agent": None} if (kind, field.name) == (c.TransferSession, "group") else beside
    for value in bad_values(kind, field):
        with pytest.raises(Invalid) as caught:
            attrs.evolve(good[kind], **{**beside, field.name: value})
        named = caught.value.field.split(".")[0]
        assert named == field.name or {named, field.name} == {"text", "content"}, (value, caught.value.field)
        assert caught.value.status_hint == 422


@pytest.mark.parametrize("kind", QUERIES, ids=[kind.__name__ for kind in QUERIES])
def test_every_query_refuses_a_page_that_is_none(kind: type):
    names = {field.name for field in attrs.fields(kind)}
    given: dict[str, Any] = {field.name: "ses_1" for field in attrs.fields(kind) if field.default is attrs.NOTHING}
    period = {"start": datetime(2026, 3, 1, tzinfo=UTC), "end": datetime(2026, 3, 2, tzinfo=UTC)}
    given = {q.DryRun: {"rule": "rul_1", **period}, q.TurnsBehind: period}.get(kind, given)
    for limit in (0, -1, 1001, "5", 1.5, True, None):
        if "limit" in names:
            with pytest.raises(Invalid) as caught:
                kind(**given, limit=limit)
            assert caught.value.field == "limit"
    for session in BAD_IDS:
        if "session" in names:
            with pytest.raises(Invalid) as caught:
                kind(**{**given, "session": session})
            assert caught.value.field == "session"


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: c.RegisterCustomer(), "member"),
        (lambda: c.RegisterCustomer(member="m", guest="g"), "member"),
        (lambda: c.TransferSession("ses_1", agent="agt_1", group="grp_1"), "agent"),
        (lambda: c.AddNote("ses_1"), "text"),
        (lambda: c.AddNote("ses_1", text="a", content=Content(text="b")), "text"),
        (lambda: c.RateSession("ses_1", 7, 6), "score"),
    ],
    ids=["nobody", "two people", "two places", "nothing said", "said twice", "off the scale"],
)
def test_fields_that_exclude_each_other_are_checked_together(make: Any, field: str):
    with pytest.raises(Invalid) as caught:
        make()
    assert caught.value.field == field


# ------------------------------------------------------------------------------------------------------------ on decoding


@pytest.mark.parametrize(
    ("kind", "document", "field"),
    [
        (c.RateSession, '{"session": "ses_1", "score": 9}', "score"),
        (c.SendMessage, '{"session": "ses_1"}', "text"),
        (c.SendMessage, '{"session": "ses_1", "text": "\\u0000"}', "text"),
        (c.SendMessage, '{"session": "", "text": "hi"}', "session"),
        (c.SendMessage, '{"session": "ses_1", "content": {"kind": "image"}}', "content.media"),
        (c.HoldSession, '{"session": "ses_1", "until": "2030-01-01T00:00:00"}', "until"),
        (c.TransferSession, '{"session": "ses_1"}', "agent"),
        (c.AddAgent, '{"name": " "}', "name"),
        (c.AddAgent, '{"name": "x", "role": "customer"}', "role"),
        (c.AddAgent, '{"name": "x", "capacity": -1}', "capacity"),
        (c.TagSession, '{"session": "ses_1", "tags": [""]}', "tags"),
        (c.UpdateCustomer, '{"birth_date": "yesterday"}', "birth_date"),
        (c.ChangeBrand, '{"zone": "Nowhere"}', "zone"),
        (q.Queue, '{"limit": 0}', "limit"),
        (q.Transcript, '{"session": "ses_1", "after": "x"}', "after"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_decoding_runs_the_same_checks(kind: type, document: str, field: str):
    with pytest.raises(Invalid) as caught:
        msgspec.json.decode(document, type=kind)
    assert caught.value.field == field


# ---------------------------------------------------------------------------------------------------------------- content


BAD_CONTENT: list[tuple[Any, str]] = [
    (lambda: Content(ContentKind.TEXT, ""), "text"),
    (lambda: Content(ContentKind.TEXT, " \n "), "text"),
    (lambda: Content(ContentKind.IMAGE, "사진"), "content.media"),
    (lambda: Content(ContentKind.FILE), "content.media"),
    (lambda: Content(ContentKind.CHOICES, "?"), "content.choices"),
    (lambda: Content(ContentKind.CHOICES, choices=(Choice("x"),) * 51), "content.choices"),
    (lambda: Content(ContentKind.CARD, cards=(Card("a"), Card("b"))), "content.cards"),
    (lambda: Content(ContentKind.CAROUSEL), "content.cards"),
    (lambda: Content(ContentKind.CAROUSEL, cards=(Card(choices=(Choice("x"),) * 51),)), "content.cards.choices"),
    (lambda: Content(ContentKind.FORM), "content.fields"),
    (lambda: Content(ContentKind.FORM, fields=(FormField("x"),) * 51), "content.fields"),
    (lambda: Content(ContentKind.ARTICLE), "content.article"),
    (lambda: Content(ContentKind.ARTICLE, TOO_LONG, article="art_1"), "content.text"),
    (lambda: Content(ContentKind.ARTICLE, article="\0"), "content.article"),
    (lambda: Media(size=-1), "size"),
    (lambda: Media(size="10"), "size"),
    (lambda: Media(name="n" * 256), "name"),
    (lambda: Media(url="\ud800"), "url"),
    (lambda: Choice(label="l" * 201), "label"),
    (lambda: Choice(label=5), "label"),
    (lambda: Card(title="\0"), "title"),
    (lambda: FormField(name="n" * 101), "name"),
    (lambda: FormField("n", answer=TOO_LONG), "answer"),
]


@pytest.mark.parametrize("number", range(len(BAD_CONTENT)))
def test_content_is_complete_and_within_bounds(number: int):
    make, field = BAD_CONTENT[number]
    with pytest.raises(Invalid) as caught:
        c.SendMessage("ses_1", content=make())
    assert caught.value.field == field


# ----------------------------------------------------------------------------------------------------------------- actors


@pytest.mark.parametrize("key", [None, "", "  ", "\0", "\ud800", "k" * 201, 1.5, b"x"])
def test_an_actor_without_a_key_would_be_everybody_and_is_refused(key: Any):
    with pytest.raises(Invalid) as caught:
        Actor.guest(key)
    assert caught.value.field == "browser"
    with pytest.raises(Invalid) as caught:
        Actor.member(key)
    assert caught.value.field == "user"


def test_a_user_id_may_be_a_number():
    assert Actor.member(42) == Actor.member("42")  # type: ignore[arg-type]


@pytest.mark.parametrize("agent", [None, "", 5, "agt_\ud800"])
def test_an_agent_is_a_record_or_its_id(agent: Any):
    with pytest.raises(Invalid):
        Actor.agent(agent)


@pytest.mark.parametrize("name", ["\0", "\ud800", "n" * 201, 5])
def test_the_name_of_an_actor_can_be_stored(name: Any):
    with pytest.raises(Invalid) as caught:
        Actor.guest("x", name=name)
    assert caught.value.field == "name"


# ----------------------------------------------------------------------------------------------------- what is found late


def test_what_only_the_desk_can_see_is_wrong_names_its_field_and_leaves_nothing(office: Office):
    session = office.session()
    office.desk.do(c.ChangeBrand(open_labels=False))
    before = office.everything()
    for door, command, field in (
        (office.desk, c.OpenSession(), "customer"),
        (office.visitor, c.OpenSession(customer=office.other), "customer"),
        (office.desk, c.UpdateCustomer(name="x"), "customer"),
        (office.agent, q.GetCustomer(), "customer"),
        (office.agent, q.CustomerSessions(), "customer"),
        (office.desk, c.RecordConsent("a", "b", "c"), "customer"),
        (office.desk, c.SetStatus("busy"), "actor"),
        (office.desk, c.OpenSessionByAgent(office.customer), "actor"),
        (office.agent, c.SetCategory(session, "없음"), "category"),
        (office.agent, c.SetCategory(session, ""), "category"),
        (office.agent, c.TagSession(session, ["없음"]), "tags"),
        (office.agent, c.MarkRead(session, up_to=99), "up_to"),
    ):
        with pytest.raises(Invalid) as caught:
            door.do(command) if type(command) in COMMANDS else door.ask(command)
        assert caught.value.field == field
    assert office.everything() == before


@pytest.mark.parametrize("after", ["x", "eyJ4", "가", "WyJhIiwgImIiXQ", "WzEsMl0", "W10", 5, b"eA", "WzFlNDAwLCJhIl0"])
def test_a_bad_place_in_a_list_is_invalid(office: Office, after: Any):
    for query in (
        q.Queue(after=after),
        q.ClosedList(after=after),
        q.Customers(after=after),
        q.CustomerSessions(office.customer, after=after),
    ):
        with pytest.raises(Invalid) as caught:
            office.desk.ask(query)
        assert caught.value.field == "after"


def test_a_place_beyond_all_numbers_is_invalid(office: Office):
    for number in (2**63, -(2**64), 10**30):
        after = base64.urlsafe_b64encode(msgspec.json.encode([number, "ses_1"])).decode()
        with pytest.raises(Invalid):
            office.desk.ask(q.Queue(after=after))


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "²", " 1", "9" * 30, True])
def test_a_bad_seq_is_invalid(after: Any):
    for query in (q.Transcript, q.History):
        with pytest.raises(Invalid) as caught:
            query("ses_1", after=after)
        assert caught.value.field == "after"
