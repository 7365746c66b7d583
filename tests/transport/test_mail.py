"""Alerts by mail: to addresses of a team, and to agents themselves, who may mute kinds. The server is a real one on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from tests.office import Office
from tests.transport.post import Post, free_port, serving

from cschat import Smtp, State
from cschat import commands as c
from cschat.core.alerts import AlertTarget
from cschat.errors import Invalid

PAGE = "https://desk.example.com/s/{session}"


@pytest.fixture
def post() -> Iterator[Post]:
    yield from serving()


def by_mail(office: Office, post: Post, **how: Any) -> AlertTarget:
    office.desk.mail(Smtp("127.0.0.1", "상담 데스크 <desk@example.com>", port=post.port, tls="none"))
    return office.desk.do(c.AddAlertTarget("메일", "mail", **how))


def test_a_mail_says_it_in_text_and_in_html(office: Office, post: Post):
    office.desk.do(c.ChangeBrand(name="모두상점", workspace_url=PAGE))
    by_mail(office, post, addresses=["cs@example.com"])
    session = office.session(State.QUEUED, text="<script>alert(1)</script>\n언제 오나요?")
    office.desk.settle()
    (letter,) = post.letters
    assert letter.to == ["cs@example.com"]
    assert letter.message["Subject"] == "[모두상점] 김고객 님이 상담사 연결을 요청했습니다."
    assert letter.message["From"] == "상담 데스크 <desk@example.com>"
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert letter.part("plain").splitlines() == [
        "[모두상점] 김고객 님이 상담사 연결을 요청했습니다.",
        "채널: 웹",
        "> <script>alert(1)</script>",
        "> 언제 오나요?",
        f"상담 열기: https://desk.example.com/s/{session.id}",
    ]
    page = letter.part("html")
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>언제 오나요?" in page
    assert f'<a href="https://desk.example.com/s/{session.id}">상담 열기</a>' in page


def test_a_name_with_line_ends_writes_no_header(office: Office, post: Post):
    by_mail(office, post, addresses=["cs@example.com"])
    office.desk.do(c.UpdateCustomer(office.customer, name="김\r\nBcc: evil@example.com"))
    office.session(State.QUEUED)
    office.desk.settle()
    (letter,) = post.letters
    assert letter.message["Subject"] == "김 Bcc: evil@example.com 님이 상담사 연결을 요청했습니다."
    assert (letter.to, letter.message["Bcc"]) == (["cs@example.com"], None)


def people(office: Office) -> None:
    office.desk.do(c.ChangeAgent(office.mina, email="mina@example.com"))
    office.desk.do(c.ChangeAgent(office.jun, email="jun@example.com", groups=[office.group]))


def test_what_waits_goes_to_all_who_could_take_it_and_what_somebody_has_to_them(office: Office, post: Post):
    people(office)
    by_mail(office, post, personal=True)
    session = office.session(State.QUEUED)
    office.desk.settle()
    assert [sorted(letter.to) for letter in post.letters] == [["jun@example.com", "mina@example.com"]]
    assert "jun@example.com" not in str(post.letters[0].message), "one is not told who else is"
    office.admin.do(c.AssignSession(session, office.mina))
    office.desk.settle()
    assert [letter.to for letter in post.letters[1:]] == [["mina@example.com"]]
    assert post.letters[1].message["Subject"] == "민아 님에게 상담이 배정되었습니다."


def test_a_group_is_told_of_what_waits_for_it(office: Office, post: Post):
    people(office)
    by_mail(office, post, personal=True, kinds=["sla"])
    session = office.session(State.ACTIVE)
    office.agent.do(c.TransferSession(session, group=office.group))
    from tests.transport.test_alerts import raise_alert

    raise_alert(office, session, "sla", "10분째 대기 중입니다.")
    office.desk.settle()
    assert [letter.to for letter in post.letters] == [["jun@example.com"]]


def test_nobody_is_told_of_what_they_did_themselves(office: Office, post: Post):
    people(office)
    by_mail(office, post, personal=True, kinds=["assigned"])
    office.session(State.ACTIVE)
    office.desk.settle()
    assert post.letters == []


def test_who_has_muted_a_kind_does_not_get_it_and_the_others_do(office: Office, post: Post):
    people(office)
    by_mail(office, post, personal=True, addresses=["team@example.com"])
    assert office.agent.do(c.MuteAlerts(["agent_requested", "agent_requested"])).muted == ("agent_requested",)
    session = office.session(State.QUEUED)
    office.desk.settle()
    assert [sorted(letter.to) for letter in post.letters] == [["jun@example.com", "team@example.com"]]
    office.admin.do(c.AssignSession(session, office.mina))
    office.desk.settle()
    assert sorted(post.letters[1].to) == ["mina@example.com", "team@example.com"], "another kind is not muted"
    office.agent.do(c.MuteAlerts([]))
    office.visitor.do(c.RequestAgent(office.session(text=None)))
    office.desk.settle()
    assert sorted(post.letters[-1].to) == ["jun@example.com", "mina@example.com", "team@example.com"]


def test_if_nobody_can_be_reached_nothing_is_sent_and_nothing_waits(office: Office, post: Post):
    by_mail(office, post, personal=True)
    office.session(State.QUEUED)
    office.desk.settle()
    assert (post.letters, office.desk.next_due(), office.desk.parked()) == ([], None, [])


def test_the_host_alone_mutes_nobody(office: Office):
    with pytest.raises(Invalid):
        office.desk.do(c.MuteAlerts(["sla"]))


def test_a_repeat_has_the_same_message_id(office: Office, post: Post):
    by_mail(office, post, addresses=["cs@example.com"])
    post.replies = ["451 try again"]
    office.session(State.QUEUED)
    office.session(State.QUEUED)
    office.desk.advance(minutes=1)
    assert len(post.letters) == 2
    assert len({letter.message["Message-ID"] for letter in post.letters}) == 2


def test_what_the_server_will_never_take_is_parked_and_what_it_may_take_later_is_tried_again(office: Office, post: Post):
    by_mail(office, post, addresses=["cs@example.com", "gone@example.com"])
    post.unknown = {"cs@example.com", "gone@example.com"}
    office.session(State.QUEUED)
    office.desk.settle()
    (parked,) = office.desk.parked()
    assert "550 no such mailbox" in parked.error
    post.unknown = {"gone@example.com"}
    post.replies = ["451 try again"]
    office.desk.resend(parked)
    office.desk.advance(minutes=1)
    assert [letter.to for letter in post.letters] == [["cs@example.com"]]
    post.replies = ["554 spam"]
    office.stranger.do(c.RequestAgent(office.stranger.do(c.OpenSession())))
    office.desk.settle()
    assert "554" in office.desk.parked()[0].error


def test_without_a_mail_server_the_error_says_what_to_do(office: Office):
    office.desk.do(c.AddAlertTarget("메일", "mail", addresses=["cs@example.com"]))
    office.session(State.QUEUED)
    office.desk.settle()
    office.desk.advance(days=2)
    (parked,) = office.desk.parked()
    assert "desk.mail(Smtp(...))" in parked.error


def test_a_server_that_is_not_there_is_tried_later(office: Office, post: Post):
    by_mail(office, post, addresses=["cs@example.com"])
    office.desk.mail(Smtp("127.0.0.1", "desk@example.com", port=free_port(), tls="none"))
    office.session(State.QUEUED)
    office.desk.advance(minutes=5)
    office.desk.mail(Smtp("127.0.0.1", "desk@example.com", port=post.port, tls="none"))
    office.desk.advance(minutes=10)
    assert len(post.letters) == 1


def test_a_server_that_offers_no_tls_gets_no_password(office: Office, post: Post):
    by_mail(office, post, addresses=["cs@example.com"])
    office.desk.mail(Smtp("127.0.0.1", "desk@example.com", port=post.port, user="u", password="SECRET"))
    office.session(State.QUEUED)
    office.desk.settle()
    assert post.letters == []
    office.desk.mail(Smtp("127.0.0.1", "desk@example.com", port=post.port, tls="none"))
    office.desk.advance(minutes=1)
    assert len(post.letters) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
@pytest.mark.parametrize("password", ["right", "wrong"])
def test_the_desk_says_who_it_is(office: Office, password: str):
    def known(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=isinstance(given, LoginPassword) and given.password == b"right", handled=False)

    for post in serving(authenticator=known, auth_required=True, auth_require_tls=False):
        by_mail(office, post, addresses=["cs@example.com"])
        office.desk.mail(Smtp("127.0.0.1", "desk@example.com", port=post.port, tls="none", user="desk", password=password))
        office.session(State.QUEUED)
        office.desk.settle()
        assert len(post.letters) == (1 if password == "right" else 0)


@pytest.mark.parametrize(
    "how",
    [
        {"host": ""},
        {"sender": "nobody"},
        {"sender": "a@b.kr\r\nBcc: c@d.kr"},
        {"port": 0},
        {"tls": "maybe"},
        {"user": 5},
    ],
    ids=str,
)
def test_a_mail_server_that_cannot_be_one_is_refused(how: dict[str, Any]):
    with pytest.raises(Invalid) as caught:
        Smtp(**{"host": "mail.example.com", "sender": "desk@example.com", **how})
    assert caught.value.field in how


def test_the_password_is_in_no_repr():
    assert "SECRET" not in repr(Smtp("mail.example.com", "desk@example.com", user="u", password="SECRET"))
