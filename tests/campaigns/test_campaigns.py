"""Campaigns: whom they reach, once, by which way, and whom they leave alone. The mail server is a real one on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.office import Office
from tests.transport.post import Post, serving

from cschat import Actor, Desk, Smtp, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.campaigns import Campaign, CampaignState, RecipientState, Way, morning_after
from cschat.core.clock import FakeClock
from cschat.core.people import Customer
from cschat.core.times import as_datetime, as_micros
from cschat.errors import Conflict, Forbidden, Invalid
from cschat.queries.campaigns import CampaignResult

OUT = "https://shop.example.com/out?r={recipient}"


@pytest.fixture
def post(office: Office) -> Iterator[Post]:
    for server in serving():
        office.desk.mail(Smtp("127.0.0.1", "모두상점 <shop@example.com>", port=server.port, tls="none"))
        office.desk.do(c.ChangeBrand(name="모두상점", opt_out_url=OUT))
        yield server


def member(desk: Desk, name: str, *, mail: bool = True, consents: tuple[str, ...] = ("marketing",), **how: Any) -> Customer:
    email = f"{name}@example.com" if mail else ""
    customer = desk.do(c.RegisterCustomer(member=name, name=name, email=email))
    for what in consents:
        desk.do(c.RecordConsent(what, "소식", "2026-01", customer=customer))
    return desk.do(c.UpdateCustomer(customer, **how)) if how else customer


def campaign(office: Office, **how: Any) -> Campaign:
    given: dict[str, Any] = {"name": "안내", "subject": "점검 안내", "text": "{{ customer.name | default('고객') }}님, 2시에 점검합니다."}
    return office.admin.do(c.AddCampaign(**given | how))


def sent(office: Office, one: Campaign) -> CampaignResult:
    office.admin.do(c.StartCampaign(one))
    office.desk.settle()
    return office.agent.ask(q.CampaignResults(one))


def counts(result: CampaignResult) -> dict[str, int]:
    return {str(state): count for state, count in result.states.items() if count}


def reached(office: Office, one: Campaign) -> list[str]:
    """The names of those to whom it was sent."""
    there = office.desk.each(q.Recipients(one))
    return sorted(office.desk.ask(q.GetCustomer(each.customer)).name for each in there if each.state is RecipientState.SENT)


def test_a_notice_goes_to_the_last_session_or_by_mail_and_to_nobody_twice(office: Office, post: Post):
    closed, talking = office.session(State.CLOSED), office.stranger.do(c.OpenSession(text="문의"))
    member(office.desk, "u1", consents=())
    member(office.desk, "u2", mail=False, consents=())
    one = campaign(office)
    result = sent(office, one)
    assert counts(result) == {"sent": 3, "skipped": 1}
    assert result.reasons == {"no_way": 1}
    assert office.said(closed)[-1] == "점검 안내\n\n김고객님, 2시에 점검합니다."
    assert office.said(talking)[-1] == "점검 안내\n\n이고객님, 2시에 점검합니다."
    assert office.look(closed).state is State.CLOSED, "it reopens nothing"
    (letter,) = post.letters
    assert (letter.to, letter.message["Subject"]) == (["u1@example.com"], "점검 안내")
    assert letter.part("plain").strip() == "u1님, 2시에 점검합니다."
    assert letter.message["List-Unsubscribe"] is None
    assert result.campaign.state is CampaignState.DONE
    with pytest.raises(Conflict):
        office.admin.do(c.StartCampaign(one))
    office.desk.advance(days=2)
    assert len(post.letters) == 1


def test_marketing_goes_to_who_has_agreed_is_marked_and_has_a_way_out(office: Office, post: Post):
    yes, no = member(office.desk, "yes"), member(office.desk, "no", consents=())
    back = member(office.desk, "back")
    office.desk.do(c.RecordConsent("marketing", "소식", "2026-01", given=False, customer=back))
    one = campaign(office, type="marketing", subject="봄 할인", ways=["mail"])
    result = sent(office, one)
    assert counts(result) == {"sent": 1, "skipped": 4}
    assert result.reasons == {"no_consent": 4}
    (letter,) = post.letters
    recipient = next(each for each in office.desk.each(q.Recipients(one)) if each.customer == yes.id)
    assert letter.message["Subject"] == "(광고) 봄 할인"
    out = OUT.replace("{recipient}", recipient.id)
    assert letter.message["List-Unsubscribe"].strip() == f"<{out}>"
    assert letter.part("plain").strip().endswith(f"무료 수신거부: {out}")
    after = office.desk.do(c.OptOut(recipient))
    assert (after.id, after.consents[-1].given) == (yes.id, False)
    assert office.agent.ask(q.CampaignResults(one)).opted_out == 1
    again = campaign(office, type="marketing", ways=["mail"])
    assert counts(sent(office, again)) == {"skipped": 5}
    assert no.consents == ()


def test_marketing_without_a_way_out_does_not_start(office: Office):
    one = campaign(office, type="marketing")
    with pytest.raises(Invalid) as caught:
        office.admin.do(c.StartCampaign(one))
    assert caught.value.field == "type"


def test_at_night_marketing_rests_until_eight_where_the_recipient_is(office: Office, post: Post):
    seoul, new_york = member(office.desk, "seoul"), member(office.desk, "new-york", device={"zone": "America/New_York"})
    member(office.desk, "owl", consents=("marketing", "marketing_night"))
    member(office.desk, "odd", device={"zone": "Mars/Base"})
    night = datetime(2026, 3, 3, 22, 30, tzinfo=ZoneInfo("Asia/Seoul"))  # 08:30 in New York
    one = campaign(office, type="marketing", ways=["mail"])
    office.admin.do(c.StartCampaign(one, at=night))
    office.desk.advance(seconds=(night - as_datetime(office.clock.now())).total_seconds() - 1)
    assert (office.agent.ask(q.CampaignResults(one)).campaign.state, post.letters) == (CampaignState.SCHEDULED, [])
    office.desk.advance(seconds=2)
    assert reached(office, one) == ["new-york", "owl"]
    office.desk.advance(hours=9, minutes=29)
    assert len(post.letters) == 2
    office.desk.advance(minutes=1)
    assert reached(office, one) == ["new-york", "odd", "owl", "seoul"]
    assert len(post.letters) == 4
    assert office.agent.ask(q.CampaignResults(one)).campaign.state is CampaignState.DONE
    assert seoul.id != new_york.id


def test_who_opts_out_at_night_gets_nothing_in_the_morning(office: Office, post: Post):
    member(office.desk, "late")
    one = campaign(office, type="marketing", ways=["mail"])
    office.admin.do(c.StartCampaign(one, at=datetime(2026, 3, 3, 23, tzinfo=ZoneInfo("Asia/Seoul"))))
    office.desk.advance(days=1, hours=14)
    assert office.agent.ask(q.CampaignResults(one)).states[RecipientState.WAITING] == 1
    office.desk.acting_as(Actor.member("late")).do(c.OptOut())
    office.desk.advance(hours=12)
    assert (office.agent.ask(q.CampaignResults(one)).reasons["no_consent"], post.letters) == (3, [])


@pytest.mark.parametrize("how", ["opts out", "is erased"])
def test_who_goes_while_the_mail_is_on_its_way_gets_none(office: Office, post: Post, how: str):
    gone, there = member(office.desk, "gone"), member(office.desk, "there")
    one = campaign(office, type="marketing", ways=["mail"])
    office.admin.do(c.StartCampaign(one))
    office.desk.run_clocks()
    assert sum(each.state is RecipientState.SENT for each in office.desk.each(q.Recipients(one))) == 2
    if how == "is erased":
        office.admin.do(c.EraseCustomer(gone))
    else:
        office.desk.acting_as(Actor.member("gone")).do(c.OptOut())
    office.desk.settle()
    assert [letter.to for letter in post.letters] == [["there@example.com"]]
    assert there.id != gone.id


def test_audiences(office: Office):
    office.desk.do_all([c.TagCustomer(office.customer, ["vip"]), c.UpdateCustomer(office.other, attributes={"grade": 3}, language="en")])
    office.session(State.CLOSED)
    office.desk.advance(days=10)
    office.stranger.do(c.OpenSession(channel="app"))
    week_ago = as_datetime(office.clock.now()) - timedelta(days=7)
    member(office.desk, "nobody", consents=())
    gone = member(office.desk, "gone", consents=())
    office.desk.do(c.EraseCustomer(gone))
    expected = {
        "everybody": ({}, 3),
        "tag": ({"tags": ["vip", "단골"]}, 1),
        "attribute": ({"attributes": {"grade": 3}}, 1),
        "language": ({"language": "en"}, 1),
        "channel": ({"channel": "app"}, 1),
        "seen lately": ({"seen": week_ago}, 1),
        "seen long ago": ({"unseen": week_ago}, 1),
        "both": ({"tags": ["vip"], "channel": "app"}, 0),
    }
    found = {name: office.admin.ask(q.CountAudience(campaign(office, audience=audience))) for name, (audience, _) in expected.items()}
    assert found == {name: count for name, (_, count) in expected.items()}


@pytest.mark.parametrize(
    "audience", [5, "vip", {"tags": "vip"}, {"ages": 3}, {"seen": "yesterday"}, {"attributes": {"grade": [1]}}, {"channel": 5}]
)
def test_an_audience_that_is_none_is_refused(office: Office, audience: Any):
    with pytest.raises(Invalid) as caught:
        campaign(office, audience=audience)
    assert caught.value.field == "audience"


def test_an_incident_from_the_announcement_to_the_follow_up(office: Office, post: Post):
    announcement = office.admin.do(c.AddAnnouncement("결제 오류", "고치는 중입니다.", words=["결제"]))
    session = office.visitor.do(c.OpenSession(text="결제가 안 돼요"))
    office.visitor.do(c.LinkSession(session, announcement))
    office.stranger.do(c.OpenSession(text="환불이요"))
    after = campaign(office, name="후속", subject="고쳤습니다", audience={"announcement": announcement.id})
    assert office.admin.ask(q.CountAudience(after)) == 1
    assert counts(sent(office, after)) == {"sent": 1}
    assert office.said(session)[-1].startswith("고쳤습니다")


def test_a_mail_that_no_server_takes_is_failed(office: Office, post: Post):
    member(office.desk, "gone", consents=())
    post.unknown.add("gone@example.com")
    one = campaign(office, ways=["mail"])
    office.admin.do(c.StartCampaign(one))
    office.desk.settle()
    result = office.agent.ask(q.CampaignResults(one))
    assert counts(result) == {"failed": 1, "skipped": 2}
    assert any("550" in reason for reason in result.reasons)


def test_a_cancelled_campaign_goes_to_nobody_more(office: Office):
    session = office.session()
    one = campaign(office)
    office.admin.do(c.StartCampaign(one, at=as_datetime(office.clock.now()) + timedelta(hours=1)))
    with pytest.raises(Conflict):
        office.admin.do(c.ChangeCampaign(one, name="다른 이름"))
    office.admin.do(c.CancelCampaign(one))
    office.desk.advance(days=1)
    assert (office.said(session), office.desk.ask(q.Recipients(one)).items) == (["문의드려요"], [])
    with pytest.raises(Conflict):
        office.admin.do(c.CancelCampaign(one))


def test_a_draft_can_be_changed(office: Office):
    one = office.admin.do(c.ChangeCampaign(campaign(office), subject="다시", ways=["mail"], audience={"tags": ["vip"]}))
    assert (one.subject, one.ways, one.audience.tags) == ("다시", (Way.MAIL,), ("vip",))


@pytest.mark.parametrize("text", ["", "{{ agent.name }}", "{{ customer.name }}", "{{ nothing }}", "{% for x in y %}"])
def test_a_text_that_cannot_be_filled_in_for_all_is_refused(office: Office, text: str):
    with pytest.raises(Invalid) as caught:
        campaign(office, text=text)
    assert caught.value.field == "text"


def test_only_the_host_opts_somebody_else_out(office: Office):
    session, one = office.session(), campaign(office)
    sent(office, one)
    recipient = next(each for each in office.desk.each(q.Recipients(one)) if each.session == session.id)
    for door in (office.stranger, office.agent, office.admin):
        with pytest.raises(Forbidden):
            door.do(c.OptOut(recipient))
    with pytest.raises(Invalid):
        office.desk.do(c.OptOut())


def test_many_are_reached_bit_by_bit_each_once(office: Office):
    office.desk.do_all([c.RegisterCustomer(member=f"u{number}") for number in range(250)])
    office.session()
    one = campaign(office)
    result = sent(office, one)
    assert counts(result) == {"sent": 1, "skipped": 251}
    recipients = list(office.desk.each(q.Recipients(one, limit=100)))
    assert len({each.customer for each in recipients}) == len(recipients) == 252
    assert [each.number for each in recipients] == list(range(1, 253))


ZONES = st.sampled_from(["Asia/Seoul", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe"]).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(as_micros)  # noqa: DTZ001  (as `datetimes` wants them)


@given(now=INSTANTS, zone=ZONES)
def test_the_morning_after_is_eight_o_clock_and_nobody_waits_for_it_by_day(now: int, zone: ZoneInfo):
    local, morning = as_datetime(now).astimezone(zone), morning_after(now, zone)
    assert (morning is None) == (8 <= local.hour < 21)
    if morning is not None:
        then = as_datetime(morning).astimezone(zone)
        assert (then.hour, then.minute, then.second) == (8, 0, 0)
        assert timedelta() < then - local <= timedelta(hours=13)


def test_a_campaign_that_was_stopped_half_way_goes_on(tmp_path: Any):
    url, clock = f"sqlite:///{tmp_path / 'desk.db'}", FakeClock()
    with Desk.open(url, clock=clock, brand="shop") as desk:
        desk.do_all([c.RegisterCustomer(member=f"u{number}") for number in range(250)])
        one = desk.do(c.StartCampaign(desk.do(c.AddCampaign("안내", "안내", "안내"))))
        desk.run_clocks()
        assert desk.ask(q.CampaignResults(one)).campaign.state is CampaignState.RUNNING
    with Desk.open(url, clock=clock, brand="shop") as desk:
        desk.settle()
        result = desk.ask(q.CampaignResults(one))
        assert (result.campaign.state, sum(result.states.values())) == (CampaignState.DONE, 250)
