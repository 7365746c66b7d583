"""The gateway as browsers meet it: the same at every door, under every server, in every example app."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

import httpx
import pytest
from tests.examples.people import Browser
from tests.web.app import SECRET
from tests.web.servers import PLACES, Place

from cschat.core.content import MAX_FILE
from cschat.web import member_token

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with PLACES[request.param](tmp_path_factory.mktemp(request.param)) as place:
        yield place


@pytest.fixture
def guest(place: Place) -> Iterator[Browser]:
    with place.guest() as browser:
        yield browser


@pytest.fixture
def mina(place: Place) -> Iterator[Browser]:
    with place.worker("mina") as browser:
        yield browser


def _get(browser: Browser, path: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.http.get(f"/desk{path}", headers={**browser.headers(), **named}, follow_redirects=False)


def _opened(guest: Browser, text: str = "배송 언제 와요?") -> str:
    session: str = guest.do("OpenSession", text=text)["id"]
    return session


def _held(guest: Browser, agent: Browser) -> str:
    """A session of the guest that the agent has."""
    session = _opened(guest)
    guest.do("RequestAgent", session=session)
    agent.do("ClaimSession", session=session)
    return session


# ------------------------------------------------------------------------------------------------------------ the verbs


def test_a_conversation_from_beginning_to_end(guest: Browser, mina: Browser):
    session = _opened(guest)
    assert guest.do("RequestAgent", session=session)["type"] == "Queued"
    mina.do("ClaimSession", session=session)
    answers = mina.call("do", [
        {"command": "SendMessage", "session": session, "text": "오늘 출발했어요."},
        {"command": "EndSession", "session": session},
        {"command": "WrapUp", "session": session, "note": "배송 조회"},
    ]).json()  # fmt: skip
    assert answers[2]["state"] == "closed"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", answers[2]["opened_at"])
    said, brand = guest.call("ask", [{"query": "Transcript", "session": session}, {"query": "FrontDesk"}]).json()
    assert [one["content"]["text"] for one in said["items"] if one["author"] == "agent"] == ["오늘 출발했어요."]
    assert said["next"] is None
    assert brand["open"] is True


def test_all_or_none(guest: Browser, mina: Browser):
    session = _opened(guest)
    refused = mina.call("do", [{"command": "SetSubject", "session": session, "subject": "x"}, {"command": "WrapUp", "session": session}])
    assert refused.status_code in (409, 422)
    assert mina.ask("GetSession", session=session)["subject"] != "x"


def test_a_request_that_is_repeated_has_one_effect(guest: Browser):
    session = _opened(guest)
    headers = {**guest.headers(), "idempotency-key": "once-more"}
    answers = [
        guest.http.post("/desk/shop/do/SendMessage", json={"session": session, "text": "저기요"}, headers=headers).json() for _ in range(2)
    ]
    assert answers[0]["id"] == answers[1]["id"]
    assert [one["content"]["text"] for one in guest.ask("Transcript", session=session)["items"]].count("저기요") == 1


@pytest.mark.parametrize(
    ("asked", "body", "headers", "status"),
    [
        ("POST /shop/do/OpenSession", b"{}", {"content-type": "application/json"}, 401),
        ("GET /shop/events", b"", {}, 401),
        ("GET /shop/me", b"", {"authorization": "Bearer x.y.z"}, 401),
        ("GET /nobody/me", b"", {}, 404),
        ("GET /shop/nothing", b"", {}, 404),
        ("GET /shop/do/OpenSession", b"", {}, 405),
        ("PUT /shop/enter", b"{}", {"content-type": "application/json"}, 405),
        ("POST /shop/enter", b"x" * 1_000_001, {"content-type": "application/json"}, 413),
        ("POST /shop/enter", b"{}", {"content-type": "text/plain"}, 415),
        ("POST /shop/enter", b"{", {"content-type": "application/json"}, 422),
        ("POST /shop/enter", b'{"member": 7}', {"content-type": "application/json"}, 422),
    ],
)
def test_what_is_wrong_is_a_problem(place: Place, asked: str, body: bytes, headers: dict[str, str], status: int):
    method, path = asked.split()
    with place.browser() as nobody:
        answer = nobody.http.request(method, f"/desk{path}", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert {"type", "title", "status"} <= answer.json().keys()
    assert answer.json()["status"] == status
    if status == 405:
        assert answer.headers["allow"]


def test_a_customer_may_not_what_agents_may_nor_see_what_is_anothers(guest: Browser, place: Place, mina: Browser):
    session = _opened(guest)
    mina.do("AddNote", session=session, text="단골 손님")
    assert guest.call("do/ClaimSession", {"session": session}).status_code == 403
    assert guest.call("ask/Queue", {}).status_code == 403
    assert guest.call("do/WakeSession", {"session": session}).status_code == 404
    assert "단골" not in json.dumps(guest.ask("Transcript", session=session), ensure_ascii=False)
    with place.guest() as other:
        assert other.call("ask/GetSession", {"session": session}).status_code == 404


# ------------------------------------------------------------------------------------------------------------- who asks


def test_a_member_is_known_by_the_hosts_token_alone(place: Place):
    with place.browser() as browser:
        token = place.member_token(browser, "suji")
        assert browser.enter(member=token)["key"] == "member:suji"
        for forged in (token[:-4] + "AAAA", member_token("x" * 32, "suji"), member_token(SECRET * 2, "suji"), "", "x"):
            answer = browser.http.post("/desk/shop/enter", json={"member": forged, "guest": browser.token})
            assert answer.status_code == 401, answer.text
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_forged_request_has_no_effect(mina: Browser, guest: Browser):
    session = _opened(guest)
    path, fields, mark = "/desk/shop/do/SetSubject", {"session": session, "subject": "x"}, {"x-csrf-token": mina.csrf or ""}
    assert mina.http.post(path, json=fields).status_code == 403
    assert mina.http.post(path, json=fields, headers={"x-csrf-token": "0" * 64}).status_code == 403
    assert mina.http.post(path, json=fields, headers={**mark, "origin": "https://evil.example"}).status_code == 403
    assert mina.http.post(path, json=fields, headers={**mark, "sec-fetch-site": "cross-site"}).status_code == 403
    own = f"{mina.http.base_url.scheme}://{mina.http.base_url.netloc.decode()}"
    assert mina.http.post(path, json=fields, headers={**mark, "origin": own, "sec-fetch-site": "same-origin"}).status_code == 200


def test_other_sites_may_read_nothing_unless_the_host_says_so(place: Place):
    with place.browser() as browser:
        asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
        answers = [
            browser.http.options("/desk/shop/enter", headers=asked),
            browser.http.post("/desk/shop/enter", json={}, headers={"origin": "https://evil.example"}),
        ]
    assert all("access-control-allow-origin" not in answer.headers for answer in answers)


# --------------------------------------------------------------------------------------------------------------- events


def test_events_come_at_once_and_resume_where_they_were(guest: Browser, mina: Browser):
    session = _held(guest, mina)
    first = guest.http.get("/desk/shop/poll", headers=guest.headers()).json()["position"]
    with guest.listening() as news:
        mina.do("AddNote", session=session, text="보이면 안 되는 말")
        mina.do("SendMessage", session=session, text="하나")
        event = next(news)
        assert event["body"]["content"]["text"] == "하나"
    mina.do("SendMessage", session=session, text="둘")
    headers = {**guest.headers(), "last-event-id": str(event["position"])}
    with guest.http.stream("GET", "/desk/shop/events", headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = iter(stream.iter_lines())
        assert [next(lines) for _ in range(3)] == [
            f"id: {event['position']}",
            "event: position",
            f'data: {{"position":{event["position"]}}}',
        ]
        data = next(line for line in lines if line.startswith("data: ") and "MessageSent" in line)
        assert json.loads(data.removeprefix("data: "))["body"]["content"]["text"] == "둘"
    polled = guest.http.get(f"/desk/shop/poll?after={first}&wait=5", headers=guest.headers()).json()
    assert [one["body"]["content"]["text"] for one in polled["events"] if one["type"] == "MessageSent"] == ["하나", "둘"]


def test_a_poll_waits_for_what_happens(guest: Browser, mina: Browser, place: Place):
    session = _held(guest, mina)
    position = guest.http.get("/desk/shop/poll", headers=guest.headers()).json()["position"]
    began = time.monotonic()
    with ThreadPoolExecutor(1) as other, guest.at(place.address) as waiting:
        path = f"/desk/shop/poll?after={position}&wait=15"
        answer = other.submit(waiting.http.get, path, headers=guest.headers())
        mina.do("SendMessage", session=session, text="여기요")
        assert answer.result().json()["events"][-1]["body"]["content"]["text"] == "여기요"
    assert time.monotonic() - began < 10


def test_who_types_is_told(guest: Browser, mina: Browser):
    session = _opened(guest)
    with guest.http.stream("GET", f"/desk/shop/events?session={session}", headers=guest.headers()) as stream:
        told = (json.loads(line.removeprefix("data: ")) for line in stream.iter_lines() if line.startswith('data: {"session"'))
        assert next(told)["attending"] == []
        mina.do("Attend", session=session, typing=True)
        assert [one["typing"] for one in next(told)["attending"]] == [True]


def test_browsers_that_leave_do_no_harm(guest: Browser, place: Place):
    for _ in range(5):
        with guest.listening():
            pass
    host, port = urlsplit(place.address).hostname, urlsplit(place.address).port
    for said in (
        b"GET /desk/shop/events HTTP/1.1\r\nHost: x\r\n",
        b"POST /desk/shop/enter HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{",
    ):
        with socket.create_connection((host, port), timeout=5) as line:
            line.sendall(said)
    assert guest.call("ask/CustomerSessions", {}).status_code == 200


# ---------------------------------------------------------------------------------------------------------------- files


def test_a_file_comes_back_as_it_was_and_harmless(guest: Browser, place: Place):
    content = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
    headers = {**guest.headers(), "content-type": "image/png", "x-file-name": quote("../영수증 1.png")}
    media = guest.http.post("/desk/shop/files", content=content, headers=headers).json()
    assert {name: media[name] for name in ("name", "type", "size")} == {"name": "영수증 1.png", "type": "image/png", "size": len(content)}
    with place.browser() as other:
        answer = other.http.get(f"/desk/shop/files/{media['blob']}")
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, content, "image/png")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert other.http.get("/desk/shop/files/blb_nothing").status_code == 404
    session = _opened(guest)
    guest.do("SendMessage", session=session, content={"kind": "image", "media": media})


def test_a_page_that_is_sent_as_a_file_is_saved_and_not_shown(guest: Browser):
    headers = {**guest.headers(), "content-type": "text/html", "x-file-name": "a.html"}
    media = guest.http.post("/desk/shop/files", content=b"<script>alert(1)</script>", headers=headers).json()
    answer = guest.http.get(f"/desk/shop/files/{media['blob']}")
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_file_has_an_end(guest: Browser):
    headers = {**guest.headers(), "content-type": "image/png", "x-file-name": "a.png"}
    assert guest.http.post("/desk/shop/files", content=b"x" * (MAX_FILE + 1), headers=headers).status_code == 413
    assert guest.http.post("/desk/shop/files", content=b"", headers=headers).status_code == 422


# ---------------------------------------------------------------------------------------------------------------- pages


def test_shipped_files_are_kept_by_browsers(place: Place):
    with place.browser() as browser:
        plain = _get(browser, "/-/static/shared/client.js", accept_encoding="identity")
        pressed = _get(browser, "/-/static/shared/client.js", accept_encoding="gzip")
        assert (plain.status_code, plain.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        assert pressed.headers["content-encoding"] == "gzip"
        assert pressed.content == plain.content
        assert int(pressed.headers["content-length"]) < len(plain.content)
        assert pressed.headers["etag"] != plain.headers["etag"]
        again = _get(browser, "/-/static/shared/client.js", accept_encoding="identity", if_none_match=plain.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
        assert "immutable" in _get(browser, "/-/static/shared/client.js?v=1").headers["cache-control"]
        for path in ("../gateway.py", "%2e%2e/gateway.py", "shared", "shared/", "", "a%00b", "x" * 300):
            assert _get(browser, f"/-/static/{path}").status_code == 404


def test_the_head_of_an_answer_is_that_of_the_answer(place: Place, guest: Browser):
    for path in ("/-/static/shared/tokens.css", "/-/openapi.json", "/shop/widget.js"):
        whole, head = (
            _get(guest, path, accept_encoding="identity"),
            guest.http.head(f"/desk{path}", headers={"accept-encoding": "identity"}),
        )
        assert (head.status_code, head.content) == (200, b"")
        assert {name: head.headers[name] for name in ("content-type", "etag")} == {
            name: whole.headers[name] for name in ("content-type", "etag")
        }
    assert guest.http.head("/desk/shop/events", headers=guest.headers()).status_code == 200


def test_every_answer_is_safe_to_look_at(place: Place, guest: Browser, mina: Browser):
    answers = [
        _get(guest, "/shop/nothing"),
        _get(guest, "/-/openapi.json"),
        _get(guest, "/-/static/shared/tokens.css"),
        _get(guest, "/shop/help"),
        _get(mina, "/shop/workspace"),
        guest.call("ask/CustomerSessions", {}),
        guest.http.post("/desk/shop/enter", content=b"{"),
    ]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "referrer-policy" in answer.headers
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert "cross-origin-resource-policy" in answer.headers
    assert answers[4].status_code == 200
    assert answers[4].headers["cross-origin-opener-policy"] == "same-origin"
    assert f'"csrf":"{mina.csrf}"' in answers[4].text


# ------------------------------------------------------------------------------------------------------- the wire itself


def _raw(place: Place, said: bytes, *, close: bool = True) -> bytes:
    """What a server answers to these bytes, until it closes."""
    address = urlsplit(place.address)
    with socket.create_connection((address.hostname, address.port), timeout=10) as line:
        line.sendall(said)
        if close:
            line.shutdown(socket.SHUT_WR)
        heard = b""
        try:
            while piece := line.recv(65_536):
                heard += piece
        except (ConnectionResetError, TimeoutError):
            pass
    return heard


def test_old_http_is_answered(place: Place):
    heard = _raw(place, b"GET /desk/shop/ask HTTP/1.0\r\n\r\n", close=False)
    assert re.match(rb"HTTP/1\.[01] (405|400) ", heard), heard[:200]
    heard = _raw(place, b"GET /desk/-/static/shared/tokens.css HTTP/1.0\r\nHost: localhost\r\n\r\n", close=False)
    assert re.match(rb"HTTP/1\.[01] 200 ", heard), heard[:200]
    assert b"\r\n\r\n" in heard


CHUNKED = (
    b"POST /desk/shop/enter HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
)


def test_a_body_in_chunks_is_a_body(place: Place):
    heard = _raw(place, CHUNKED + b'8\r\n{"langua\r\n9\r\nge":"ko"}\r\n0\r\n\r\n', close=False)
    assert b" 200 " in heard.split(b"\r\n", 1)[0], heard[:300]
    assert b'"language":"ko"' in heard


def test_a_body_in_chunks_without_end_is_refused(place: Place):
    heard = _raw(place, CHUNKED + b"".join(b"10000\r\n" + b" " * 65_536 + b"\r\n" for _ in range(20)), close=False)
    assert heard == b"" or b" 413 " in heard.split(b"\r\n", 1)[0], heard[:300]


@pytest.mark.parametrize(
    "said",
    [
        b"POST /desk/shop/enter HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{}",
        b"POST /desk/shop/enter HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n{}",
        b"POST /desk/shop/enter HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: x\r\n\r\n{}",
        b"POST /desk/shop/enter HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}}",
        b"GET /desk/%ff%fe/%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /desk/shop/poll?after=%ff&%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /desk/shop/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \xff\xfe\r\nConnection: close\r\n\r\n",
        b"BREW /desk/shop/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /desk/shop/events HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
    ids=["short", "negative", "no-number", "two-lengths", "path", "query", "header", "method", "tls", "websocket"],
)  # fmt: skip
def test_nonsense_is_refused_and_the_server_lives_on(place: Place, said: bytes):
    heard = _raw(place, said)
    assert heard == b"" or re.match(rb"HTTP/1\.[01] 4\d\d ", heard), heard[:300]
    with place.browser() as browser:
        assert _get(browser, "/-/openapi.json").status_code == 200
