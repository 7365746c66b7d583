"""Too much of anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from tests.web.site import Browser, gateway_on, opened_desk

from cschat import Desk
from cschat.errors import Invalid, LimitExceeded
from cschat.web import Limits, Rate, Request
from cschat.web.limits import Buckets, address_of


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened_desk() as desk:
        yield desk


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _refused(buckets: Buckets, key: str = "a", name: str = "customer") -> float | None:
    try:
        buckets.take(name, key)
    except LimitExceeded as error:
        assert (error.limit, error.status_hint) == (f"requests.{name}", 429)
        return float(error.seconds)
    return None


def test_a_bucket_is_full_at_first_and_fills_again():
    clock = Clock()
    buckets = Buckets(Limits(customer=Rate(2, 3)), clock)
    assert [_refused(buckets) for _ in range(4)] == [None, None, None, 0.5]
    assert _refused(buckets, "b") is None
    clock.now += 0.5
    assert [_refused(buckets) for _ in range(2)] == [None, 0.5]
    clock.now += 1000
    assert [_refused(buckets) is None for _ in range(4)] == [True, True, True, False]


def test_whoever_asks_again_and_again_in_vain_is_served_when_it_is_time():
    clock = Clock()
    buckets = Buckets(Limits(customer=Rate(1, 1)), clock)
    assert _refused(buckets) is None
    for _ in range(9):
        clock.now += 0.1
        assert _refused(buckets) is not None
    clock.now += 0.1000001
    assert _refused(buckets) is None


def test_what_is_counted_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cschat.web.limits._MOST_COUNTED", 10)
    buckets = Buckets(Limits())
    for number in range(100):
        buckets.take("address", str(number))
    assert len(buckets._left) == 10


@pytest.mark.parametrize("rate", [(0, 1), (1, 0), (-1, 1)])
def test_a_rate_lets_something_through(rate: tuple[float, int]):
    with pytest.raises(Invalid):
        Rate(*rate)


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("8.8.8.8", "", "8.8.8.8"),
        ("8.8.8.8", "1.1.1.1", "8.8.8.8"),
        ("127.0.0.1", "9.9.9.9, 1.1.1.1", "1.1.1.1"),
        ("", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.2", "1.1.1.1", "1.1.1.1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("2a00:1450:4001:800:1::1", "", "2a00:1450:4001:800::/64"),
        ("2a00:1450:4001:800:2::2", "", "2a00:1450:4001:800::/64"),
        ("testclient", "", "None"),
    ],
)
def test_an_address_is_the_callers_and_not_the_proxys(client: str, forwarded: str, address: str):
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert address_of(Request("GET", "/", headers=headers, client=client)) == address


def _browser(desk: Desk, **limits: Rate) -> Browser:
    return Browser(gateway_on(desk, limits=Limits(**limits)))


def test_each_caller_has_their_own_measure(desk: Desk):
    web = _browser(desk, customer=Rate(0.01, 2))
    one, other = web.entered(), web.entered()
    assert [one.ask("CustomerSessions").status for _ in range(3)] == [200, 200, 429]
    refused = one.ask("CustomerSessions")
    assert 50 <= int(refused.headers["retry-after"]) <= 100
    assert (refused.headers["content-type"], refused.json["limit"]) == ("application/problem+json", "requests.customer")
    assert other.ask("CustomerSessions").status == 200
    assert web.signed_in("mina").ask("Agents").status == 200


def test_coming_in_and_sending_files_have_smaller_ones(desk: Desk):
    web = _browser(desk, enter=Rate(0.01, 2), files=Rate(0.01, 1))
    guest = web.entered()
    assert [web.enter().status for _ in range(2)] == [200, 429]
    assert [guest.send(b"abc").status for _ in range(2)] == [200, 429]
    assert guest.ask("CustomerSessions").status == 200


def test_an_address_has_one_for_all_but_shipped_files(desk: Desk):
    web = _browser(desk, address=Rate(0.01, 2))
    assert [web.get("/me").status for _ in range(3)] == [401, 401, 429]
    assert web.call("GET", "/-/static/shared/tokens.css").status == 200
    assert attrs.evolve(web, user="mina").get("/me").status == 429


@pytest.mark.parametrize(
    ("path", "query", "headers", "status"),
    [
        ("/shop/" + "a" * 9000, "", {}, 414),
        ("/shop/poll", "after=" + "1" * 9000, {}, 414),
        ("/shop/poll", "", {"x-long": "a" * 70_000}, 431),
    ],
)
def test_addresses_and_headers_have_an_end(desk: Desk, path: str, query: str, headers: dict[str, str], status: int):
    assert Browser(gateway_on(desk)).call("GET", path, query=query, headers=headers).status == status


DEEP = b"[" * 100_000 + b"]" * 100_000

BODIES: list[tuple[bytes, int]] = [
    (b"", 422),
    (b"null", 422),
    (b"[]", 422),
    (b'"text"', 422),
    (b"{", 422),
    (b"\xff\xfe{}", 422),
    (b"{}\0", 422),
    (b'{"text": NaN}', 422),
    (b'{"text": Infinity}', 422),
    (b'{"text": 1e999}', 422),
    (b'{"text": "\\ud800"}', 422),
    (b'{"text": "\\udc00\\ud800"}', 422),
    (b'{"text": "a\\u0000b"}', 422),
    (b'{"text": ' + b"9" * 5000 + b"}", 422),
    (b'{"text": -' + b"9" * 500 + b"}", 422),
    (b'{"text": "one", "text": "two"}', 422),
    (b'{"\\ud800": 1}', 422),
    (b'{"": 1}', 422),
    (b'{"__class__": "x"}', 422),
    (b'{"channel": {"a": [1]}}', 422),
    (b'{"text": ' + DEEP + b"}", 422),
    (DEEP, 422),
]


@pytest.mark.parametrize(("body", "status"), BODIES, ids=[repr(body[:24]) for body, _ in BODIES])
def test_a_malformed_body_is_a_problem_that_says_where(desk: Desk, body: bytes, status: int):
    guest = Browser(gateway_on(desk)).entered()
    answer = guest.call("POST", "/shop/do/RateSession", body, headers={"content-type": "application/json"})
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert "field" in answer.json


def test_many_at_once_are_bounded(desk: Desk):
    guest = Browser(gateway_on(desk)).entered()
    wanted: list[Any] = [{"query": "CustomerSessions"}] * 51
    assert guest.call("POST", "/shop/ask", wanted).status == 422
    assert guest.call("POST", "/shop/ask", wanted[:50]).status == 200
