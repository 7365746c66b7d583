"""Requests that another site makes a browser send, and those that it may send."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest
from tests.web.site import Answer, Browser, gateway_on, opened_desk

from cschat.errors import Invalid

SHOP = "https://shop.example"


@pytest.fixture
def web() -> Iterator[Browser]:
    with opened_desk() as desk:
        yield Browser(gateway_on(desk, origins=[SHOP]))


def _busy(browser: Browser, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.call("POST", "/shop/do/SetStatus", {"status": "busy"}, headers=named)


def test_what_a_cookie_does_needs_the_mark_of_the_page(web: Browser):
    mina = web.signed_in("mina")
    assert _busy(mina).status == 200
    for mark in (None, "", "0" * 64, web.signed_in("jun").csrf, "가"):
        refused = _busy(attrs.evolve(mina, csrf=mark))
        assert (refused.status, refused.json["permission"]) == (403, "csrf")


def test_a_batch_and_a_file_need_it_too(web: Browser):
    mina = attrs.evolve(web, user="mina")
    assert mina.call("POST", "/shop/do", [{"command": "SetStatus", "status": "busy"}]).status == 403
    assert mina.send(b"abc").status == 403


def test_asking_needs_no_mark(web: Browser):
    assert attrs.evolve(web, user="mina").ask("Agents").status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://desk.example"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": SHOP}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://[evil"}, 403),
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
    ],
)
def test_a_cookie_is_worth_nothing_from_another_origin(web: Browser, headers: dict[str, str], status: int):
    assert _busy(web.signed_in("mina"), **headers).status == status


def test_a_customers_token_works_from_the_sites_that_the_host_names(web: Browser):
    answer = web.call("POST", "/shop/enter", {}, headers={"origin": SHOP})
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["vary"] == "origin"
    other = web.call("POST", "/shop/enter", {}, headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


def test_an_error_can_be_read_across_origins_too(web: Browser):
    assert web.call("GET", "/shop/me", headers={"origin": SHOP}).headers["access-control-allow-origin"] == SHOP


def test_browsers_ask_before(web: Browser):
    asked = {"origin": SHOP, "access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    answer = web.call("OPTIONS", "/shop/do/OpenSession", headers=asked)
    assert answer.status == 204
    assert answer.headers["access-control-allow-methods"] == "GET, POST"
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert "cookie" not in answer.headers["access-control-allow-headers"]
    refused = web.call("OPTIONS", "/shop/do/OpenSession", headers={**asked, "origin": "https://evil.example"})
    assert not [name for name in refused.headers if name.startswith("access-control")]


def test_by_default_there_is_no_other_origin():
    with opened_desk() as desk:
        answer = Browser(gateway_on(desk)).call("POST", "/shop/enter", {}, headers={"origin": SHOP})
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("origin", ["shop.example", "https://shop.example/", "ftp://shop.example", "https://", "null"])
def test_an_origin_is_written_as_browsers_write_it(origin: str):
    with opened_desk() as desk, pytest.raises(Invalid, match="origin"):
        gateway_on(desk, origins=[origin])


def test_a_page_of_another_site_cannot_send_json_unasked(web: Browser):
    """A form can send text without the browser asking first, but not this type."""
    assert web.call("POST", "/shop/enter", b"{}", headers={"content-type": "text/plain"}).status == 415


def test_whoever_has_not_said_who_they_are_reads_what_is_published(web: Browser):
    """So that a page can show what it offers before anybody becomes a customer."""
    session = web.entered().do("OpenSession", text="비밀이에요").json["id"]
    assert web.ask("FrontDesk").json["language"] == "ko"
    assert web.call("POST", "/shop/ask", [{"query": "Sections"}, {"query": "CustomerSessions"}]).json == [[], {"items": [], "next": None}]
    assert web.ask("GetSession", session=session).status == 404
    assert web.ask("Transcript", session=session).status == 404
    assert web.ask("Customers").status == 401
    assert web.ask("Agents").status == 401
    assert web.do("OpenSession").status == 401
    assert web.get("/events").status == 401
    assert web.get("/poll").status == 401


def test_a_token_that_is_no_good_does_not_make_a_reader(web: Browser):
    assert web.call("POST", "/shop/ask/FrontDesk", {}, headers={"authorization": "Bearer x.y.z"}).status == 401
