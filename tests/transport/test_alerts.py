"""Alerts: which event tells whom, once, in order, and whatever is down meanwhile. The services are real servers on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from tests.office import Office
from tests.transport.listener import Listener, listening

from cschat import Desk, Session, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.alerts import DEFAULT_KINDS, AlertKind, AlertTarget
from cschat.core.webhooks import Secret
from cschat.errors import Conflict, Forbidden, Invalid
from cschat.transport.alerts import PATIENCE

PAGE = "https://desk.example.com/s/{session}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def slack(office: Office, listener: Listener, **how: Any) -> AlertTarget:
    return office.desk.do(c.AddAlertTarget("방", "slack", url=listener.url("/T/B/SECRET"), private=True, **how))


def titles(listener: Listener) -> list[str]:
    return [request.json["text"] for request in listener.requests]


def raise_alert(office: Office, session: Session, kind: str, text: str) -> None:
    """As a rule of the brand does it."""
    door = office.system._door
    office.desk.store.transact(
        door.doing(lambda ctx: ctx.record(ctx.see.session(session.id), e.AlertRaised(kind, text, "rul_1"))), brand=door.brand_id
    )


# ----------------------------------------------------------------------------------------------------- which, and how often


def test_by_default_staff_is_told_of_requests_assignments_and_messages_that_were_left(office: Office, listener: Listener):
    slack(office, listener)
    session = office.session(State.ACTIVE)
    office.agent.do(c.TransferSession(session, agent=office.jun, note="부탁해요"))
    office.colleague.do_all([c.EndSession(session), c.WrapUp(session)])
    office.session(State.INTAKE)
    office.visitor.do(c.RequestAgent(office.session(text=None)))
    raise_alert(office, session, "vip", "단골 고객입니다.")
    office.desk.settle()
    assert sorted(titles(listener)) == sorted([
        "김고객 님이 상담사 연결을 요청했습니다.",
        "민아 님이 상담을 시작했습니다.",
        "준 님에게 상담이 이관되었습니다.",
        "김고객 님이 메시지를 남겼습니다.",
        "김고객 님이 상담사 연결을 요청했습니다.",
        "단골 고객입니다.",
    ])  # fmt: skip
    office.desk.advance(days=2)
    assert len(listener.requests) == 6


def test_what_an_alert_says(office: Office, listener: Listener):
    office.desk.do(c.ChangeBrand(name="모두상점", workspace_url=PAGE))
    slack(office, listener)
    session = office.visitor.do(
        c.OpenSession(channel="kakao", subject="배송 <문의>", text="주문한 지 일주일이 지났는데\n<!channel> 언제 오나요?")
    )
    office.agent.do(c.SetCategory(session, "배송/지연"))
    office.visitor.do(c.RequestAgent(session))
    office.desk.settle()
    (request,) = listener.requests
    section, actions = request.json["blocks"]
    assert request.path == "/T/B/SECRET"
    assert section["text"]["text"].splitlines() == [
        "*[모두상점] 김고객 님이 상담사 연결을 요청했습니다.*",
        "채널: 카카오톡",
        "문의 유형: 배송/지연",
        "제목: 배송 &lt;문의&gt;",
        "> 주문한 지 일주일이 지났는데",
        "> &lt;!channel&gt; 언제 오나요?",
    ]
    assert actions["elements"][0]["url"] == f"https://desk.example.com/s/{session.id}"
    assert actions["elements"][0]["text"]["text"] == "상담 열기"


def test_without_a_page_of_the_workspace_there_is_no_link(office: Office, listener: Listener):
    slack(office, listener)
    office.session(State.QUEUED)
    office.desk.settle()
    assert len(listener.requests[0].json["blocks"]) == 1


def test_a_target_has_a_language_of_its_own(office: Office, listener: Listener):
    slack(office, listener, language="en")
    office.session(State.QUEUED)
    office.desk.settle()
    assert titles(listener) == ["김고객 asked for an agent."]
    assert "Channel: Web" in listener.requests[0].json["blocks"][0]["text"]["text"]


@pytest.mark.parametrize("kind", AlertKind)
def test_a_target_gets_the_kinds_it_wants_and_no_other(office: Office, listener: Listener, kind: AlertKind):
    slack(office, listener, kinds=[kind])
    session = office.session(State.ACTIVE)
    office.visitor.do(c.SendMessage(session, text="네"))
    office.desk.settle()
    office.agent.do_all([c.EndSession(session), c.WrapUp(session)])
    office.session(State.INTAKE)
    for raised in ("sla", "surge", "low_balance", "no_answer", "rule"):
        raise_alert(office, session, raised, raised)
    office.desk.settle()
    expected = {
        AlertKind.AGENT_REQUESTED: ["김고객 님이 상담사 연결을 요청했습니다."],
        AlertKind.ASSIGNED: ["민아 님이 상담을 시작했습니다."],
        AlertKind.MESSAGE_LEFT: ["김고객 님이 메시지를 남겼습니다."],
        AlertKind.NEW_SESSION: ["김고객 님의 새 상담이 들어왔습니다."] * 2,
        AlertKind.CUSTOMER_REPLIED: ["김고객 님이 답장을 보냈습니다."],
        AlertKind.SLA: ["응답 기한 알림: sla"],
        AlertKind.SURGE: ["문의 급증 알림: surge"],
        AlertKind.LOW_BALANCE: ["잔액 부족 알림: low_balance"],
        AlertKind.NO_ANSWER: ["상담 미응답 알림: no_answer"],
        AlertKind.RULE: ["rule"],
        AlertKind.BOT_FAILURE: [],
    }
    assert titles(listener) == expected[kind]


def test_a_bot_that_fails_is_an_alert_with_its_reason(office: Office, listener: Listener):
    slack(office, listener, kinds=["bot_failure"])
    session, door = office.session(), office.system._door
    failed = e.ScenarioFailed("refund", "ask", "the order has no number")
    office.desk.store.transact(door.doing(lambda ctx: ctx.record(ctx.see.session(session.id), failed)), brand=door.brand_id)
    office.desk.settle()
    said = listener.requests[0].json["blocks"][0]["text"]["text"]
    assert "시나리오: refund / ask\n사유: the order has no number" in said


def test_a_customer_who_replies_while_nobody_looks_is_one_alert_until_somebody_does(office: Office, listener: Listener):
    slack(office, listener, kinds=["customer_replied"])
    session = office.session(State.ACTIVE)
    for text in ("하나", "둘", "셋"):
        office.visitor.do(c.SendMessage(session, text=text))
    office.desk.settle()
    assert len(listener.requests) == 1
    office.agent.do(c.MarkRead(session, up_to=office.look(session).seq))
    office.visitor.do(c.SendMessage(session, text="넷"))
    office.desk.settle()
    assert len(listener.requests) == 2
    office.visitor.do(c.SendMessage(session, text="다섯"))
    office.agent.do(c.SendMessage(session, text="네"))
    office.visitor.do(c.SendMessage(session, text="여섯"))
    office.agent.do(c.MarkRead(session, up_to=office.look(session).seq))
    office.desk.settle()
    assert len(listener.requests) == 2, "what has been read when the alert is due is none any more"


def test_each_target_gets_each_alert_once_under_an_id_of_its_own(office: Office, listener: Listener):
    with listening() as other:
        slack(office, listener)
        slack(office, other)
        for _ in range(5):
            office.visitor.do(c.RequestAgent(office.session(text=None)))
        office.desk.settle()
        assert (len(listener.requests), len(other.requests)) == (5, 5)


def test_another_brands_sessions_are_told_to_nobody_here(office: Office, listener: Listener):
    slack(office, listener)
    elsewhere = office.desk.brand("other")
    elsewhere.do(c.ChangeBrand(accepting="open"))
    elsewhere.do(c.RequestAgent(elsewhere.do(c.OpenSession(customer=elsewhere.do(c.RegisterCustomer(guest="x")), text="남"))))
    office.desk.settle()
    assert listener.requests == []


# ------------------------------------------------------------------------------------------------------- when things are down


def test_a_target_that_is_down_for_an_hour_gets_every_alert_once_when_it_returns_in_order_per_session(office: Office):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    office.desk.do(c.AddAlertTarget("방", "slack", url=f"http://127.0.0.1:{port}/x", private=True))
    sessions = []
    for number in range(6):
        door = office.visitor if number % 2 else office.stranger
        session = door.do(c.OpenSession(text=str(number)))
        door.do(c.RequestAgent(session))
        office.agent.do(c.ClaimSession(session))
        office.desk.advance(minutes=10)
        office.agent.do(c.TransferSession(session, agent=office.jun))
        sessions.append(session)
    assert office.desk.parked() == []
    with listening(port) as listener:
        office.desk.advance(hours=1)
        alerts = [(request.json["blocks"][0]["text"]["text"].splitlines()[-1], request.json["text"]) for request in listener.requests]
    for number in range(6):
        mine = [text.partition(" 님")[0] for said, text in alerts if said == f"> {number}"]
        assert mine == [("김고객" if number % 2 else "이고객"), "민아", "준"]
    assert len(alerts) == 18
    assert len(sessions) == 6
    assert office.desk.parked() == []


def test_a_target_that_is_down_does_not_delay_another(office: Office, listener: Listener):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    office.desk.do(c.AddAlertTarget("죽은 방", "slack", url=f"http://127.0.0.1:{port}/x", private=True))
    slack(office, listener)
    for number in range(3):
        office.session(State.QUEUED, text=str(number))
        office.desk.run_due()
        assert len(listener.requests) == number + 1


def test_an_alert_that_is_more_than_a_day_late_is_not_sent(office: Office, listener: Listener):
    slack(office, listener)
    office.session(State.QUEUED)
    office.clock.advance(days=1, seconds=1)
    office.desk.settle()
    assert listener.requests == []
    assert office.desk.next_due() is None


def test_what_the_service_refuses_is_parked_with_what_it_said_and_no_secret(office: Office, listener: Listener):
    slack(office, listener)
    listener.replies = [(403, {}, b"invalid_token")]
    office.session(State.QUEUED)
    office.desk.settle()
    (parked,) = office.desk.parked()
    assert parked.error == "Hopeless: 403 invalid_token"
    listener.replies = [200]
    office.desk.resend(parked)
    office.desk.settle()
    assert len(listener.requests) == 2


def test_a_channel_that_is_gone_disables_its_target(office: Office, listener: Listener):
    target = slack(office, listener)
    listener.replies = [(410, {}, b"channel_is_archived")]
    office.session(State.QUEUED)
    office.desk.settle()
    (shown,) = office.admin.ask(q.AlertTargets())
    assert (shown.disabled, shown.reason) == (True, "410 channel_is_archived")
    with pytest.raises(Conflict):
        office.admin.do(c.SendTestAlert(target))


def test_rate_limits_are_kept(office: Office, listener: Listener):
    slack(office, listener)
    listener.replies = [(429, {"Retry-After": "30"}, b""), 200]
    office.session(State.QUEUED)
    office.desk.advance(seconds=29)
    assert len(listener.requests) == 1
    office.desk.advance(seconds=1)
    assert len(listener.requests) == 2


def test_an_alert_is_tried_for_half_a_day(office: Office, listener: Listener):
    slack(office, listener)
    listener.replies = [500]
    office.session(State.QUEUED)
    office.desk.advance(hours=11)
    assert office.desk.parked() == []
    office.desk.advance(hours=5)
    (parked,) = office.desk.parked()
    assert parked.attempt == len(listener.requests) == PATIENCE.tries


# ------------------------------------------------------------------------------------------------------------ the services


def test_jandi_gets_its_headers_and_no_link_that_a_customer_made(office: Office, listener: Listener):
    office.desk.do(c.ChangeBrand(workspace_url=PAGE))
    office.desk.do(c.AddAlertTarget("잔디", "jandi", url=listener.url("/connect-api/webhook/1/SECRET"), private=True))
    session = office.visitor.do(c.OpenSession(text="[여기](http://evil.example) 보세요"))
    office.visitor.do(c.RequestAgent(session))
    office.desk.settle()
    (request,) = listener.requests
    assert request.headers["Accept"] == "application/vnd.tosslab.jandi-v2+json"
    assert request.headers["Content-Type"] == "application/json"
    assert request.json["body"] == f"김고객 님이 상담사 연결을 요청했습니다. [상담 열기](https://desk.example.com/s/{session.id})"
    assert request.json["connectInfo"] == [
        {"title": "채널", "description": "웹"},
        {"description": "［여기］（http://evil.example） 보세요"},
    ]


def test_hiworks_gets_plain_text_in_a_room(office: Office, listener: Listener):
    office.desk.do(c.AddAlertTarget("하이웍스", "hiworks", url=listener.url("/room/SECRET"), private=True))
    office.session(State.QUEUED, text="언제 오나요?")
    office.desk.settle()
    assert listener.requests[0].json == {"text": "김고객 님이 상담사 연결을 요청했습니다.\n채널: 웹\n> 언제 오나요?"}


def office_of_hiworks(office: Office, listener: Listener) -> None:
    office.desk.do(
        c.AddAlertTarget("하이웍스", "hiworks_office", url=listener.url("/office"), token="TOKEN", users=["cs1", "cs2"], private=True)
    )


def test_hiworks_notifies_people_of_an_office_and_its_code_is_what_counts(office: Office, listener: Listener):
    office.desk.do(c.ChangeBrand(name="상점", workspace_url=PAGE))
    office_of_hiworks(office, listener)
    listener.replies = [(200, {}, b'{"code":"ERR","message":"no such user"}'), (200, {}, b'{"code":"SUC"}')]
    session = office.session(State.QUEUED)
    office.desk.settle()
    (parked,) = office.desk.parked()
    assert "no such user" in parked.error
    office.desk.resend(parked)
    office.desk.settle()
    request = listener.requests[-1]
    page = f"https://desk.example.com/s/{session.id}"
    assert request.headers["Authorization"] == "Bearer TOKEN"
    assert (request.json["user_list"], request.json["solution_name"]) == (["cs1", "cs2"], "상점")
    assert (request.json["link"], request.json["mlink"]) == (page, page)
    assert page not in request.json["message"]


def telegram(office: Office, listener: Listener) -> AlertTarget:
    return office.desk.do(c.AddAlertTarget("봇", "telegram", url=listener.url(""), token="12:TOKEN", chat="-100", private=True))


def test_telegram_gets_html_in_which_a_customer_writes_no_tag(office: Office, listener: Listener):
    office.desk.do(c.ChangeBrand(workspace_url=PAGE))
    telegram(office, listener)
    session = office.session(State.QUEUED, text="<b>급해요</b> & 빨리")
    office.desk.settle()
    (request,) = listener.requests
    assert request.path == "/bot12:TOKEN/sendMessage"
    assert request.json == {
        "chat_id": "-100",
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "text": "<b>김고객 님이 상담사 연결을 요청했습니다.</b>\n채널: 웹\n<blockquote>&lt;b&gt;급해요&lt;/b&gt; &amp; 빨리</blockquote>\n"
        f'<a href="https://desk.example.com/s/{session.id}">상담 열기</a>',
    }


def refused(status: int, **told: Any) -> tuple[int, dict[str, str], bytes]:
    import msgspec

    return status, {}, msgspec.json.encode({"ok": False, "error_code": status, **told})


def test_telegram_asks_for_time_in_the_body(office: Office, listener: Listener):
    telegram(office, listener)
    listener.replies = [refused(429, parameters={"retry_after": 40}), 200]
    office.session(State.QUEUED)
    office.desk.advance(seconds=39)
    assert len(listener.requests) == 1
    office.desk.advance(seconds=1)
    assert len(listener.requests) == 2


def test_telegram_gets_plain_text_if_it_cannot_read_the_other(office: Office, listener: Listener):
    telegram(office, listener)
    listener.replies = [refused(400, description="Bad Request: can't parse entities"), 200]
    office.session(State.QUEUED, text="<b>")
    office.desk.settle()
    assert "parse_mode" not in listener.requests[1].json
    assert listener.requests[1].json["text"].endswith("> <b>")
    assert office.desk.parked() == []


def test_a_telegram_group_that_has_moved_is_followed(office: Office, listener: Listener):
    telegram(office, listener)
    listener.replies = [refused(400, parameters={"migrate_to_chat_id": -1001234567890}), 200]
    office.session(State.QUEUED)
    office.desk.settle()
    assert [request.json["chat_id"] for request in listener.requests] == ["-100", "-1001234567890"]


def test_a_bot_that_was_blocked_is_hopeless(office: Office, listener: Listener):
    telegram(office, listener)
    listener.replies = [refused(403, description="Forbidden: bot was blocked by the user")]
    office.session(State.QUEUED)
    office.desk.settle()
    assert "bot was blocked" in office.desk.parked()[0].error
    assert "TOKEN" not in office.desk.parked()[0].error


# ------------------------------------------------------------------------------------------------------------- commands


def test_a_test_alert_goes_to_its_target_alone(office: Office, listener: Listener):
    with listening() as other:
        target = slack(office, listener)
        slack(office, other)
        office.admin.do(c.SendTestAlert(target))
        office.desk.settle()
        assert titles(listener) == ["테스트 알림입니다. 이 메시지가 보이면 알림이 정상적으로 연결된 것입니다."]
        assert other.requests == []


def test_a_disabled_target_is_told_nothing_and_later_only_what_is_new(office: Office, listener: Listener):
    target = slack(office, listener)
    office.admin.do(c.ChangeAlertTarget(target, disabled=True))
    office.session(State.QUEUED)
    office.desk.settle()
    office.admin.do(c.ChangeAlertTarget(target, disabled=False))
    office.stranger.do(c.RequestAgent(office.stranger.do(c.OpenSession(text="새로"))))
    office.desk.settle()
    assert titles(listener) == ["이고객 님이 상담사 연결을 요청했습니다."]


def test_a_change_counts_at_once(office: Office, listener: Listener):
    target = slack(office, listener, kinds=["sla"])
    with listening() as other:
        office.desk.do(c.ChangeAlertTarget(target, kinds=["agent_requested"], url=other.url(), language="en"))
        office.session(State.QUEUED)
        office.desk.settle()
        assert titles(other) == ["김고객 asked for an agent."]
    assert listener.requests == []


SECRETS = {
    "slack": {"url": "https://hooks.slack.com/services/T/B/SECRET"},
    "jandi": {"url": "https://wh.jandi.com/connect-api/webhook/1/SECRET"},
    "hiworks": {"url": "https://example.com/SECRET"},
    "hiworks_office": {"token": "SECRET", "users": ["cs1"]},
    "telegram": {"token": "1:SECRET", "chat": "-1"},
}


@pytest.mark.parametrize("type_", SECRETS)
def test_what_gives_access_is_shown_by_nothing_and_is_in_no_event(office: Office, type_: str):
    command = c.AddAlertTarget("방", type_, **SECRETS[type_])
    target = office.admin.do(command)
    field = "url" if "url" in SECRETS[type_] else "token"
    office.admin.do(c.ChangeAlertTarget(target, **{field: SECRETS[type_][field] + "2"}))
    office.admin.do(c.SendTestAlert(target))
    shown = [
        command,
        target,
        office.admin.ask(q.AlertTargets()),
        list(office.desk.store.stream_log()),
        list(office.admin.watch(after=0, timeout=0)),
    ]
    assert "SECRET" not in repr(shown)
    assert [event.type for event in office.log(target.id)] == ["AlertTargetAdded", "AlertTargetChanged", "AlertTargetTested"]
    assert "SECRET" in next(iter(office.desk.store.stream(Secret))).value
    office.admin.do(c.RemoveAlertTarget(target))
    assert list(office.desk.store.stream(Secret)) == []
    assert office.admin.ask(q.AlertTargets()) == []


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"type": "slack"}, "url"),
        ({"type": "slack", "token": "x"}, "url"),
        ({"type": "jandi", "url": "http://example.com/"}, "url"),
        ({"type": "hiworks", "url": "javascript:alert(1)"}, "url"),
        ({"type": "telegram", "chat": "1"}, "token"),
        ({"type": "telegram", "token": "1:a"}, "chat"),
        ({"type": "telegram", "token": "1:a/../x", "chat": "1"}, "token"),
        ({"type": "telegram", "token": "1:a", "chat": "1", "url": "http://10.0.0.1/"}, "url"),
        ({"type": "hiworks_office", "token": "a"}, "users"),
        ({"type": "mail"}, "addresses"),
        ({"type": "mail", "addresses": ["a@b.kr"], "url": "https://example.com"}, "url"),
        ({"type": "slack", "url": "https://example.com/x", "personal": True}, "personal"),
        ({"type": "pager"}, "type"),
    ],
)
def test_what_a_type_lacks_is_said(memory_office: Office, how: dict[str, Any], field: str):
    before = memory_office.everything()
    with pytest.raises(Invalid) as caught:
        memory_office.admin.do(c.AddAlertTarget("방", **how))
    assert caught.value.field == field
    assert memory_office.everything() == before


def test_a_change_that_leaves_it_without_what_it_needs_is_refused(memory_office: Office):
    target = memory_office.admin.do(c.AddAlertTarget("봇", "telegram", token="1:a", chat="-1"))
    for change, field in (({"chat": ""}, "chat"), ({"url": "http://x/"}, "url"), ({"personal": True}, "personal")):
        with pytest.raises(Invalid) as caught:
            memory_office.admin.do(c.ChangeAlertTarget(target, **change))
        assert caught.value.field == field


def test_only_the_host_lets_alerts_into_its_own_network(memory_office: Office):
    office = memory_office
    target = office.desk.do(c.AddAlertTarget("방", "slack", url="http://10.0.0.1/x", private=True))
    for command in (
        c.AddAlertTarget("방", "slack", url="http://10.0.0.1/x", private=True),
        c.ChangeAlertTarget(target, url="http://10.0.0.2/x"),
        c.ChangeAlertTarget(office.admin.do(c.AddAlertTarget("방", "slack", url="https://example.com/x")), private=True),
    ):
        with pytest.raises(Forbidden):
            office.admin.do(command)
    assert office.admin.do(c.ChangeAlertTarget(target, name="다른 방")).name == "다른 방"


def test_a_new_target_wants_the_default_kinds(memory_office: Office):
    target = memory_office.admin.do(c.AddAlertTarget("방", "slack", url="https://example.com/x"))
    assert target.kinds == DEFAULT_KINDS == ("agent_requested", "assigned", "message_left", "no_answer", "rule")


def test_a_customer_and_an_agent_are_shown_no_raised_alert_and_no_target(office: Office):
    session = office.session()
    raise_alert(office, session, "sla", "STAFF")
    assert "STAFF" not in repr([list(office.visitor.each(q.History(session))), list(office.visitor.watch(after=0, timeout=0))])
    with pytest.raises(Forbidden):
        office.agent.ask(q.AlertTargets())


def test_targets_of_a_file_are_found_by_another_process(tmp_path, listener: Listener):
    url = f"sqlite:///{tmp_path / 'desk.db'}?synchronous=normal"
    from cschat.core.clock import FakeClock

    clock = FakeClock()
    with Desk.open(url, clock=clock, seed=1) as here, Desk.open(url, clock=clock, seed=2) as there:
        there.settle()
        office = Office.on(here, clock)
        slack(office, listener)
        office.session(State.QUEUED)
        there.settle()
        here.settle()
    assert titles(listener) == ["김고객 님이 상담사 연결을 요청했습니다."]
