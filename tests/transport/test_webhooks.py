"""Webhooks: what they are told, how it is signed, what becomes of it when nobody answers. The receiver is a real server on loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from tests.office import Office, bodies
from tests.transport.listener import Listener, Request, listening, talking

from cschat import Session, State
from cschat import commands as c
from cschat import events as e
from cschat import queries as q
from cschat.core.webhooks import Webhook
from cschat.errors import Conflict, Forbidden, Invalid, NotFound
from cschat.transport import http
from cschat.transport.webhooks import PATIENCE, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(b"x" * 32).decode()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def hook(office: Office, listener: Listener, **how: Any) -> Webhook:
    return office.desk.do(c.AddWebhook(listener.url(), secret=SECRET, private=True, **how)).webhook


def header(request: Request, name: str) -> str:
    return {key.lower(): value for key, value in request.headers.items()}[name]


def verified(request: Request, secret: str = SECRET, now: int | None = None) -> bool:
    """As a receiver would do it by the standard, with no code of ours."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{header(request, 'webhook-id')}.{header(request, 'webhook-timestamp')}.".encode() + request.body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fresh = now is None or abs(now // 1_000_000 - int(header(request, "webhook-timestamp"))) <= 300
    return fresh and f"v1,{wanted}" in header(request, "webhook-signature").split(" ")


# ---------------------------------------------------------------------------------------------------------------- signing


@pytest.mark.parametrize("secret", [SECRET, SECRET.removeprefix("whsec_"), OTHER.rstrip("=")], ids=["whole", "without prefix", "padding"])
@pytest.mark.parametrize(
    ("body", "signature"),
    [
        ('{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ('{"text":"안녕하세요 😀"}', "v1,NigAMtSiwMH/pRVeCidPiypCT611JI7698BhSFPinHA="),
    ],
    ids=["of the libraries", "Korean"],
)
def test_the_vectors_of_the_standard(secret: str, body: str, signature: str):
    signed = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body.encode())
    if secret.startswith(("whsec_Mf", "Mf")):
        assert signed == signature
    else:
        assert signed == sign(OTHER, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body.encode()) != signature


def test_what_is_sent_is_signed_json_with_a_type_and_a_time(office: Office, listener: Listener):
    hook(office, listener, types=["Opened"])
    session = office.session()
    office.desk.settle()
    (request,) = listener.requests
    assert verified(request, now=office.clock.now())
    assert header(request, "content-type") == "application/json"
    assert "." not in header(request, "webhook-id")
    assert request.json == {
        "type": "Opened",
        "timestamp": "2026-03-02T01:00:00.000000Z",
        "data": {
            "id": f"{session.id}:1",
            "brand": office.desk._door.brand_id,
            "subject": session.id,
            "seq": 1,
            "at": "2026-03-02T01:00:00.000000Z",
            "actor": f"customer:{office.customer.id}",
            "body": {"customer": office.customer.id, "channel": "web", "language": None, "subject": "", "previous": None, "page": ""},
            "cause": None,
            "position": office.history(session)[0].position,
        },
    }


def test_another_key_does_not_verify(office: Office, listener: Listener):
    hook(office, listener, types=["Opened"])
    office.session()
    office.desk.settle()
    assert not verified(listener.requests[0], OTHER)


def test_while_a_secret_is_rotated_both_sign_and_then_the_new_one_alone(office: Office, listener: Listener):
    webhook = hook(office, listener, types=["Opened"])
    assert office.desk.do(c.RotateWebhookSecret(webhook, secret=OTHER, overlap=60)).secret == OTHER
    office.session()
    office.desk.settle()
    office.clock.advance(seconds=60)
    office.session()
    office.desk.settle()
    first, second = listener.requests
    assert (verified(first), verified(first, OTHER)) == (True, True)
    assert (verified(second), verified(second, OTHER)) == (False, True)


# ---------------------------------------------------------------------------------------------------- what leaves the house


def everything_that_is_internal(office: Office) -> Session:
    session = office.session(State.ACTIVE)
    office.agent.do(c.AddNote(session, text="STAFF note"))
    office.agent.do(c.SendMessage(session, text="STAFF aside", visibility="internal"))
    office.agent.do_all([c.TagSession(session, ["STAFF tag"]), c.SetCategory(session, "STAFF category"), c.SetPriority(session, "urgent")])
    office.agent.do_all([c.TagCustomer(office.customer, ["STAFF tag"]), c.UpdateCustomer(office.customer, attributes={"STAFF": "risk"})])
    office.agent.do(c.TransferSession(session, agent=office.jun, note="STAFF transfer"))
    office.colleague.do(c.ReleaseSession(session, why="STAFF why"))
    office.agent.do(c.ClaimSession(session))
    office.agent.do(c.SendMessage(session, text="안내드려요", client_id="STAFF id"))
    office.agent.do(c.EndSession(session))
    office.agent.do(c.WrapUp(session, note="STAFF wrap-up", tags=["STAFF other"]))
    return session


def test_nothing_internal_leaves_by_a_webhook_that_is_not_for_staff(office: Office, listener: Listener):
    hook(office, listener)
    session = everything_that_is_internal(office)
    office.desk.settle()
    sent = b"\n".join(request.body for request in listener.requests).decode()
    assert "안내드려요" in sent
    for secret in ("STAFF", "internal", "urgent", "Agent", "Customer"):
        assert secret not in sent.replace("AgentRequested", "")
    seen = [(event.type, event.seq) for event in office.visitor.each(q.History(session))]
    assert [(request.json["type"], request.json["data"]["seq"]) for request in listener.requests] == seen


def test_a_webhook_for_staff_gets_all_but_the_ids_of_requests(office: Office, listener: Listener):
    hook(office, listener, staff=True)
    everything_that_is_internal(office)
    office.desk.settle()
    sent = b"\n".join(request.body for request in listener.requests).decode()
    for what in ("note", "aside", "tag", "transfer", "why", "wrap-up", "other"):
        assert f"STAFF {what}" in sent
    assert "STAFF id" not in sent
    assert "whsec_" not in sent


def test_only_the_types_that_it_wants_and_only_of_its_brand(office: Office, listener: Listener):
    hook(office, listener, types=["AgentRequested", "Ended"])
    office.session(State.CLOSED)
    elsewhere = office.desk.brand("other")
    elsewhere.do(c.ChangeBrand(accepting="open"))
    elsewhere.do(c.RequestAgent(elsewhere.do(c.OpenSession(customer=elsewhere.do(c.RegisterCustomer(guest="x")), text="남"))))
    office.desk.settle()
    assert [request.json["type"] for request in listener.requests] == ["AgentRequested", "Ended"]


def test_what_was_erased_before_it_was_sent_is_not_sent(office: Office, listener: Listener):
    hook(office, listener, types=["MessageSent"])
    listener.replies = [503, 200]
    session = office.session(State.CLOSED, text="제 번호는 010-1234-5678")
    office.desk.settle()
    office.desk.do(c.EraseCustomer(office.customer))
    listener.requests.clear()
    office.desk.advance(hours=1)
    assert listener.requests
    assert not any("010" in request.body.decode() for request in listener.requests)
    assert session.id in listener.requests[0].body.decode()


def test_it_begins_when_it_is_added_whenever_the_relay_looks(office: Office, listener: Listener):
    before = office.session()
    hook(office, listener, types=["Opened"])
    after = office.stranger.do(c.OpenSession())
    office.desk.settle()
    assert [request.json["data"]["subject"] for request in listener.requests] == [after.id]
    assert before.id


# -------------------------------------------------------------------------------------------------------------- answers


def test_503_503_200_is_one_delivery_with_one_id_and_fresh_timestamps(office: Office, listener: Listener):
    hook(office, listener, types=["Opened"])
    listener.replies = [503, 503, 200]
    office.session()
    office.desk.advance(hours=1)
    assert len(listener.requests) == 3
    assert len({header(request, "webhook-id") for request in listener.requests}) == 1
    times = [int(header(request, "webhook-timestamp")) for request in listener.requests]
    assert times[0] < times[1] < times[2]
    assert len({header(request, "webhook-signature") for request in listener.requests}) == 3
    assert all(verified(request) for request in listener.requests)
    office.desk.advance(days=3)
    assert len(listener.requests) == 3


def test_429_is_left_alone_for_as_long_as_it_asks(office: Office, listener: Listener):
    hook(office, listener, types=["Opened"])
    listener.replies = [(429, {"Retry-After": "1800"}, b"slowly"), 200]
    office.session()
    office.stranger.do(c.OpenSession())
    office.desk.settle()
    office.desk.advance(seconds=1799)
    assert len(listener.requests) == 1
    office.desk.advance(seconds=1)
    assert len(listener.requests) == 3
    assert len({header(request, "webhook-id") for request in listener.requests}) == 2


def test_410_disables_it_and_nothing_more_is_sent(office: Office, listener: Listener):
    webhook = hook(office, listener, types=["Opened"])
    listener.replies = [(410, {}, b"gone for good")]
    office.session()
    office.desk.settle()
    (shown,) = office.admin.ask(q.Webhooks())
    assert (shown.id, shown.disabled, shown.reason) == (webhook.id, True, "410 gone for good")
    assert office.log(webhook.id)[-1].actor == "system"
    office.session()
    office.desk.advance(days=1)
    assert len(listener.requests) == 1
    office.desk.do(c.ChangeWebhook(webhook, disabled=False))
    listener.replies = [200]
    fresh = office.stranger.do(c.OpenSession())
    office.desk.advance(days=1)
    assert [request.json["data"]["subject"] for request in listener.requests[1:]] == [fresh.id]
    assert office.admin.ask(q.Webhooks())[0].reason == ""


@pytest.mark.parametrize("status", [301, 302, 400, 404, 500])
def test_any_other_answer_holds_up_its_session_alone(office: Office, listener: Listener, status: int):
    hook(office, listener, types=["Opened", "AgentRequested"])
    listener.replies = [(status, {"Location": "/elsewhere"}, b""), 200]
    session = office.session()
    office.visitor.do(c.RequestAgent(session))
    other = office.stranger.do(c.OpenSession())
    office.desk.settle()
    office.desk.advance(seconds=5)
    assert {request.path for request in listener.requests} == {"/hook"}
    got = [(request.json["data"]["subject"], request.json["type"]) for request in listener.requests]
    assert sorted(got) == sorted([(session.id, "Opened"), (session.id, "AgentRequested"), (other.id, "Opened"), got[0]])
    mine = [type_ for subject, type_ in got if subject == session.id]
    assert mine[-1] == "AgentRequested"


@pytest.mark.parametrize(
    "speak",
    [
        pytest.param(lambda connection: connection.sendall(b"garbage"), id="garbage"),
        pytest.param(lambda connection: connection.recv(1), id="slowly"),
        pytest.param(lambda connection: None, id="not at all"),
    ],
)
def test_a_webhook_that_gives_no_answer_is_parked_in_the_end(office: Office, speak, monkeypatch):
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(http.post, "__kwdefaults__", {"private": False, "timeout": 0.05})

    def answer(connection: socket.socket) -> None:
        connection.settimeout(0.2)
        connection.recv(65536)
        speak(connection)

    with talking(answer) as url:
        office.desk.do(c.AddWebhook(url, types=["Opened"], private=True))
        office.session()
        office.desk.advance(days=5)
    (parked,) = office.desk.parked()
    assert (parked.attempt, parked.error.partition(":")[0]) == (PATIENCE.tries, "TryLater")


def test_an_address_inside_is_not_called_unless_the_host_allows_it(office: Office, listener: Listener):
    office.desk.do(c.AddWebhook(listener.url().replace("http:", "https:"), types=["Opened"]))
    office.session()
    office.desk.settle()
    (parked,) = office.desk.parked()
    assert parked.error == "Hopeless: 127.0.0.1 leads to 127.0.0.1, which is not a public address"
    assert listener.requests == []


# ------------------------------------------------------------------------------------------------------------- commands


def test_only_the_host_lets_anything_into_its_own_network(office: Office, listener: Listener):
    webhook = hook(office, listener)
    for command in (
        c.AddWebhook(listener.url(), private=True),
        c.ChangeWebhook(office.admin.do(c.AddWebhook("https://example.com/")).webhook, private=True),
        c.ChangeWebhook(webhook, url="http://127.0.0.1:9/other"),
    ):
        with pytest.raises(Forbidden):
            office.admin.do(command)
    office.admin.do(c.ChangeWebhook(webhook, types=["Opened"]))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://user:pw@example.com/",
        "ftp://example.com/",
        "example.com",
        "https://",
        "https://a b/",
        "https://x:99999/",
    ],
)
def test_no_other_address_is_taken(memory_office: Office, url: str):
    with pytest.raises(Invalid) as caught:
        memory_office.admin.do(c.AddWebhook(url))
    assert caught.value.field == "url"


def test_the_secret_is_told_once_and_shown_by_nothing(office: Office):
    added = office.admin.do(c.AddWebhook("https://example.com/SECRET-PATH"), request_id="r1")
    assert added.secret.startswith("whsec_")
    assert office.admin.do(c.AddWebhook("https://example.com/SECRET-PATH"), request_id="r1") == added, "a repeat is told again"
    rotated = office.admin.do(c.RotateWebhookSecret(added.webhook))
    office.admin.do(c.ChangeWebhook(added.webhook, url="https://example.com/SECRET-TOO"))
    assert rotated.secret != added.secret
    shown = repr(
        [office.admin.ask(q.Webhooks()), office.log(added.webhook.id), added, rotated, c.AddWebhook("https://a.kr", secret=SECRET)]
    )
    log = json.dumps([repr(event) for event in office.desk.store.stream_log()])
    for secret in (added.secret, rotated.secret, SECRET):
        assert secret not in shown + log
    assert "SECRET" not in log


def test_a_removed_webhook_is_gone_with_its_secret_and_what_was_on_its_way(office: Office, listener: Listener):
    webhook = hook(office, listener, types=["Opened"])
    listener.replies = [503]
    office.session()
    office.desk.settle()
    office.admin.do(c.RemoveWebhook(webhook))
    office.desk.advance(days=3)
    kept = office.everything().records
    assert [kind for kind, _ in kept if kind in ("secret", "delivery", "follower")] == []
    assert len(listener.requests) == 1
    assert office.admin.ask(q.Webhooks()) == []
    for command in (c.ChangeWebhook(webhook, staff=True), c.RotateWebhookSecret(webhook)):
        with pytest.raises(Conflict):
            office.admin.do(command)


def test_another_brands_webhook_is_not_to_be_had(office: Office, listener: Listener):
    webhook, other = hook(office, listener), office.desk.brand("other")
    assert other.ask(q.Webhooks()) == []
    for command in (
        c.ChangeWebhook(webhook, staff=True),
        c.RotateWebhookSecret(webhook),
        c.RemoveWebhook(webhook),
        c.DisableTarget(webhook),
    ):
        with pytest.raises(NotFound):
            other.do(command)


def test_a_change_of_nothing_records_nothing(office: Office, listener: Listener):
    webhook = hook(office, listener, types=["Opened"])
    office.desk.do(c.ChangeWebhook(webhook, url=webhook.url, types=["Opened"], staff=False))
    office.desk.do(c.RotateWebhookSecret(webhook, secret=SECRET))
    assert [event.type for event in office.log(webhook.id)] == ["WebhookAdded"]
    assert bodies(office.log(webhook.id), e.WebhookAdded) == [e.WebhookAdded(("Opened",), staff=False)]
