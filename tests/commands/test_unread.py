"""Answers that come while nobody looks: noted once, after a while, and mailed where the brand wants it. The mail server is a real one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.office import Office, bodies
from tests.transport.post import Post, serving

from cschat import Content, Media, Session, Smtp, State
from cschat import commands as c
from cschat import events as e
from cschat.core.content import ContentKind
from cschat.core.timers import Timer
from cschat.transport.relay import Delivery


@pytest.fixture
def talk(office: Office) -> Session:
    office.admin.do(c.ChangeBrand(away="push", away_after=60))
    session = office.session(State.ACTIVE)
    office.visitor.do(c.MarkRead(session, up_to=session.seq))
    return session


@pytest.fixture
def post(office: Office) -> Iterator[Post]:
    for server in serving():
        office.desk.mail(Smtp("127.0.0.1", "모두상점 <shop@example.com>", port=server.port, tls="none"))
        office.visitor.do(c.UpdateCustomer(email="kim@example.com"))
        yield server


def left(office: Office, session: Session) -> list[Any]:
    return bodies(office.history(session), e.LeftUnread)


def timers(office: Office) -> list[Timer]:
    return [timer for timer in office.desk.store.stream(Timer) if timer.does == "unread"]


def test_what_is_not_read_for_a_while_is_noted_once_until_it_is_read(office: Office, talk: Session):
    first = office.agent.do(c.SendMessage(talk, text="오늘 출발했어요."))
    office.desk.advance(seconds=59)
    office.agent.do(c.SendMessage(talk, text="송장 번호도 드릴게요."))
    assert left(office, talk) == []
    office.desk.advance(seconds=1)
    assert left(office, talk) == [e.LeftUnread(first.id, 2, "push")]
    office.agent.do(c.SendMessage(talk, text="더 궁금한 점 있으세요?"))
    office.desk.advance(minutes=10)
    assert len(left(office, talk)) == 1
    office.visitor.do(c.MarkRead(talk, up_to=office.look(talk).seq))
    office.agent.do(c.SendMessage(talk, text="계신가요?"))
    office.desk.advance(minutes=2)
    assert [one.count for one in left(office, talk)] == [2, 1]


def test_who_reads_or_writes_in_time_has_left_nothing(office: Office, talk: Session):
    office.agent.do(c.SendMessage(talk, text="오늘 출발했어요."))
    office.desk.advance(seconds=50)
    office.visitor.do(c.SendMessage(talk, text="네"))
    office.agent.do(c.SendMessage(talk, text="감사합니다."))
    office.desk.advance(seconds=20)
    office.visitor.do(c.MarkRead(talk, up_to=office.look(talk).seq))
    office.desk.advance(minutes=10)
    assert (left(office, talk), timers(office)) == ([], [])


def test_a_clock_that_comes_too_soon_for_what_is_unread_now_is_set_anew(office: Office, talk: Session):
    office.agent.do(c.SendMessage(talk, text="하나"))
    office.desk.advance(seconds=30)
    office.visitor.do(c.MarkRead(talk, up_to=office.look(talk).seq))
    office.agent.do(c.SendMessage(talk, text="둘"))
    office.desk.advance(seconds=59)
    assert left(office, talk) == []
    office.desk.advance(seconds=1)
    assert [one.count for one in left(office, talk)] == [1]


def test_who_is_there_and_does_not_read_is_left_alone_until_they_go(office: Office, talk: Session):
    office.agent.do(c.SendMessage(talk, text="오늘 출발했어요."))
    for _ in range(18):
        office.visitor.do(c.Attend(talk))
        office.desk.advance(seconds=10)
    assert left(office, talk) == []
    office.desk.advance(minutes=2)
    assert len(left(office, talk)) == 1


def test_a_colleague_who_looks_is_no_customer(office: Office, talk: Session):
    office.agent.do(c.SendMessage(talk, text="오늘 출발했어요."))
    office.desk.advance(seconds=55)
    office.colleague.do(c.Attend(talk))
    office.desk.advance(seconds=5)
    assert len(left(office, talk)) == 1


@pytest.mark.parametrize(
    "say",
    [
        lambda o, s: o.agent.do(c.AddNote(s, text="메모")),
        lambda o, s: o.visitor.do(c.SendMessage(s, text="계세요?")),
        lambda o, s: o.desk.do(c.SendMessage(s, text="점검 안내")),
        lambda o, s: o.system.do(c.SendBotMessage(s, s.seq, "평가해 주세요", side=True)),
    ],
    ids=["a note", "their own words", "the desk's words", "a bot beside people"],
)
def test_only_answers_can_be_left_unread(office: Office, talk: Session, say: Any):
    say(office, talk)
    office.desk.advance(minutes=10)
    assert left(office, talk) == []


def test_a_bots_answer_counts_while_it_alone_speaks(office: Office):
    office.admin.do(c.ChangeBrand(away="push"))
    session = office.session(State.BOT)
    office.system.do(c.SendBotMessage(session, session.seq, "어떤 문의인가요?"))
    office.desk.advance(minutes=2)
    assert [one.count for one in left(office, session)] == [1]


def test_a_delayed_reply_counts_when_it_is_sent(office: Office, talk: Session):
    office.admin.do(c.ChangeBrand(delay_live=True))
    from datetime import timedelta

    from cschat.core.times import as_datetime

    office.agent.do(c.DelayReply(talk, as_datetime(office.clock.now()) + timedelta(minutes=30), text="재입고됐어요."))
    office.desk.advance(minutes=30)
    assert (office.said(talk)[-1], left(office, talk)) == ("재입고됐어요.", [])
    office.desk.advance(minutes=1)
    assert len(left(office, talk)) == 1


def test_a_brand_that_is_content_with_the_badge_sets_no_clock(office: Office):
    session = office.session(State.ACTIVE)
    office.agent.do(c.SendMessage(session, text="오늘 출발했어요."))
    assert timers(office) == []
    office.admin.do(c.ChangeBrand(away="push"))
    office.agent.do(c.SendMessage(session, text="도착했나요?"))
    assert len(timers(office)) == 1
    office.admin.do(c.ChangeBrand(away="badge"))
    office.desk.advance(minutes=2)
    assert (left(office, session), timers(office)) == ([], [])


def test_no_customer_hears_of_it(office: Office, talk: Session):
    from cschat import queries as q

    office.agent.do(c.SendMessage(talk, text="오늘 출발했어요."))
    office.desk.advance(minutes=2)
    assert left(office, talk)
    assert not bodies(list(office.visitor.each(q.History(talk))), e.LeftUnread)


def test_the_host_may_push(office: Office, talk: Session):
    pushed = []
    office.desk.after(e.LeftUnread, name="push")(lambda event, _delivery: pushed.append((event.subject, event.body.count)))
    office.agent.do(c.SendMessage(talk, text="오늘 출발했어요."))
    office.desk.advance(minutes=2)
    assert pushed == [(talk.id, 1)]


# -------------------------------------------------------------------------------------------------------------------- mail


def test_what_was_left_unread_goes_out_by_mail(office: Office, talk: Session, post: Post):
    office.admin.do(c.ChangeBrand(name="모두상점", away="mail", chat_url="https://shop.example.com/chat?s={session}"))
    office.agent.do(c.SendMessage(talk, text="오늘 <출발>했어요."))
    office.agent.do(c.SendMessage(talk, content=Content(ContentKind.FILE, media=Media("송장.pdf", url="https://x/1"))))
    office.agent.do(c.AddNote(talk, text="STAFF"))
    office.desk.advance(minutes=2)
    assert [letter.to for letter in post.letters] == [["kim@example.com"]]
    mail = post.letters[0]
    assert mail.message["Subject"] == "[모두상점] 답변이 도착했습니다"
    text = mail.part("plain")
    for words in ("답변이 2개", "민아: 오늘 <출발>했어요.", "민아: 송장.pdf", f"https://shop.example.com/chat?s={talk.id}"):
        assert words in text
    assert "&lt;출발&gt;" in mail.part("html")
    assert "STAFF" not in str(mail.message)
    office.desk.advance(minutes=10)
    assert len(post.letters) == 1


def test_the_mail_is_in_the_customers_language(office: Office, talk: Session, post: Post):
    office.admin.do(c.ChangeBrand(name="Shop", away="mail"))
    office.visitor.do(c.UpdateCustomer(language="en"))
    office.agent.do(c.SendMessage(talk, text="It has left today."))
    office.desk.advance(minutes=2)
    mail = post.letters[0]
    assert mail.message["Subject"] == "[Shop] You have an answer"
    assert mail.part("plain").split() == ["Answers", "that", "you", "have", "not", "read:", "1", "민아:", "It", "has", "left", "today."]


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda o, s: o.visitor.do(c.MarkRead(s, up_to=o.look(s).seq)),
        lambda o, s: o.visitor.do(c.UpdateCustomer(email="")),
        lambda o, s: o.visitor.do(c.UpdateCustomer(email="kim@example.com\r\nBcc: all@example.com")),
        lambda o, s: o.admin.do(c.EraseCustomer(o.customer)),
    ],
    ids=["was read", "has no address", "is no address", "was erased"],
)
def test_what_is_true_when_it_is_sent_counts(office: Office, talk: Session, post: Post, meanwhile: Any):
    office.admin.do(c.ChangeBrand(away="mail"))
    office.agent.do(c.SendMessage(talk, text="오늘 출발했어요."))
    office.clock.advance(minutes=2)
    office.desk.run_clocks()
    assert len(left(office, talk)) == 1
    meanwhile(office, talk)
    office.desk.settle()
    assert (post.letters, list(office.desk.store.stream(Delivery))) == ([], [])


def test_push_and_badge_send_no_mail(office: Office, talk: Session, post: Post):
    office.admin.do(c.ChangeBrand(away="mail"))
    office.desk.settle()
    office.admin.do(c.ChangeBrand(away="push"))
    office.agent.do(c.SendMessage(talk, text="오늘 출발했어요."))
    office.desk.advance(minutes=2)
    assert [one.away for one in left(office, talk)] == ["push"]
    assert post.letters == []


def test_without_a_server_the_mail_is_not_lost(office: Office, talk: Session):
    office.visitor.do(c.UpdateCustomer(email="kim@example.com"))
    office.admin.do(c.ChangeBrand(away="mail"))
    office.agent.do(c.SendMessage(talk, text="오늘 출발했어요."))
    office.desk.advance(minutes=2)
    for server in serving():
        office.desk.mail(Smtp("127.0.0.1", "shop@example.com", port=server.port, tls="none"))
        office.desk.advance(hours=2)
        assert len(server.letters) == 1
