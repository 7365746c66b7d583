"""One POST: where it may go, how long it may take, what is read of the answer."""

from __future__ import annotations

import ipaddress
import socket
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.transport.listener import listening, talking

from cschat.core.clock import FakeClock
from cschat.errors import Hopeless, TryLater
from cschat.transport import http
from cschat.transport.http import MAX_ANSWER, Answer, is_public, post, retry_after

INSIDE = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1"),
    *("100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::1"),
]
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "172.15.0.1",
    "172.32.0.1",
    "211.234.100.1",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "::ffff:8.8.8.8",
]


@pytest.mark.parametrize("address", INSIDE)
def test_this_address_is_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_this_address_is_public(address: str):
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_as_public_as_what_it_maps(address: ipaddress.IPv4Address):
    assert is_public(str(address)) == is_public(f"::ffff:{address}") == is_public(f"64:ff9b::{address}")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "0x7f000001",
        "127.1",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost",
        "LOCALHOST",
    ],
)
def test_loopback_is_not_called_however_it_is_written(host: str):
    """Nothing is resolved here but numbers and `localhost`."""
    with pytest.raises((Hopeless, TryLater)) as caught:
        post(f"https://{host}:9/", b"{}", {})
    if isinstance(caught.value, TryLater):
        assert "is not known" in str(caught.value)  # a resolver that does not read such numbers at all


@pytest.mark.parametrize(
    "url",
    [
        *("http://1.1.1.1/", "ftp://1.1.1.1/", "file:///etc/passwd", "//1.1.1.1/", "", "https://", "https://user:pw@1.1.1.1/"),
        *("https://user@1.1.1.1/", "https://[::1", "https://1.1.1.1:99999/", "gopher://1.1.1.1/"),
    ],
)
def test_only_https_addresses_are_called(url: str, monkeypatch):
    monkeypatch.setattr(socket, "socket", None)  # nothing is even tried
    with pytest.raises(Hopeless):
        post(url, b"{}", {})


def resolving(monkeypatch: Any, *answers: list[str]) -> list[str]:
    """Let names resolve to numbers: the first time to the first answer, and so on. What was asked for."""
    asked: list[str] = []
    known = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **how: Any) -> Any:
        addresses = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [found for address in addresses for found in known(address, port, *args, **how)]

    monkeypatch.setattr(http.socket, "getaddrinfo", resolve)
    return asked


def test_one_inner_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    resolving(monkeypatch, ["1.1.1.1", "10.0.0.1"])
    with pytest.raises(Hopeless, match=r"10\.0\.0\.1"):
        post("https://mixed.example/", b"{}", {})


def test_a_name_is_resolved_once_and_the_checked_address_is_the_one_that_is_called(monkeypatch):
    """A name that leads to loopback at the second look (DNS rebinding) gets no second look."""
    asked, called = resolving(monkeypatch, ["1.1.1.1"], ["127.0.0.1"]), []

    def connect(self: Any, place: Any) -> None:
        called.append(place[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(http.socket.socket, "connect", connect, raising=False)
    with pytest.raises(TryLater):
        post("https://rebinding.example/", b"{}", {})
    assert (asked, called) == (["rebinding.example"], ["1.1.1.1"])


def test_the_next_address_is_tried_if_one_takes_no_connection_and_the_host_stays_that_of_the_url(monkeypatch):
    with listening() as listener:
        resolving(monkeypatch, ["::1", "127.0.0.1"])
        answer = post(f"http://shop.example:{listener.port}/a/b?c=d", b"{}", {"X-One": "1"}, private=True)
    (request,) = listener.requests
    assert (answer.status, answer.body) == (200, b"ok")
    assert (request.path, request.headers["Host"], request.headers["X-One"]) == ("/a/b?c=d", f"shop.example:{listener.port}", "1")


def test_a_redirect_is_an_answer_and_is_not_followed():
    with listening() as other, listening() as listener:
        listener.replies = [(302, {"Location": other.url()}, b"")]
        answer = post(listener.url(), b"{}", {}, private=True)
    assert (answer.status, answer.ok, other.requests) == (302, False, [])


def test_no_more_of_an_answer_is_read_than_its_bound():
    def flood(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with talking(flood) as url:
        answer = post(url, b"{}", {}, private=True)
    assert len(answer.body) == MAX_ANSWER


@pytest.mark.parametrize(
    "speak",
    [
        pytest.param(lambda connection: connection.sendall(b"garbage\r\n\r\n"), id="garbage"),
        pytest.param(
            lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000 + b"\r\n"), id="headers without end"
        ),
        pytest.param(lambda connection: connection.sendall(b"HTTP/1.1 9999999999999999999999 OK\r\n\r\n"), id="no status"),
        pytest.param(lambda connection: None, id="nothing"),
    ],
)
def test_what_is_no_answer_is_tried_later(speak):
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        speak(connection)

    with talking(answer) as url, pytest.raises(TryLater):
        post(url, b"{}", {}, private=True, timeout=5)


@pytest.mark.parametrize("chunk", [b"", b"x"], ids=["says nothing", "a letter at a time"])
def test_a_server_has_its_time_and_no_more_however_it_stretches_it(chunk: bytes):
    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        for _ in range(200):
            if chunk:
                connection.sendall(chunk)
            connection.settimeout(0.05)
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue

    with talking(drip) as url:
        began = time.monotonic()
        with pytest.raises(TryLater, match="did not answer"):
            post(url, b"{}", {}, private=True, timeout=0.3)
        assert time.monotonic() - began < 5


def test_a_port_where_nobody_listens_is_tried_later():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(TryLater, match="takes no connection"):
        post(f"http://127.0.0.1:{port}/", b"{}", {}, private=True)


def test_headers_cannot_be_smuggled_in():
    with listening() as listener, pytest.raises(TryLater):
        post(listener.url(), b"{}", {"X-One": "1\r\nX-Two: 2"}, private=True)
    assert listener.requests == []


def test_a_server_without_a_good_certificate_gets_nothing():
    with listening() as listener, pytest.raises(TryLater, match="takes no connection"):
        post(listener.url().replace("http:", "https:"), b"{}", {}, private=True)
    assert listener.requests == []


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("Mon, 02 Mar 2026 01:02:00 GMT", 120),
        ("Mon, 02 Mar 2020 01:02:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-1", None),
    ],
)
def test_how_long_an_answer_asks_to_wait(told: str, seconds: float | None):
    assert retry_after(Answer(429, {"retry-after": told}, b""), FakeClock().now()) == seconds
