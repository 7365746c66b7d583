"""The page on which staff try the widget."""

from __future__ import annotations

import re

import pytest
from tests.web.site import Browser, gateway_on, opened_desk


@pytest.fixture
def browser() -> Browser:
    return Browser(gateway_on(opened_desk()))


def test_an_agent_tries_it_as_a_guest(browser: Browser) -> None:
    agent = Browser(browser.gateway, user="mina")
    answer = agent.call("GET", "/shop/workspace/try")
    assert answer.status == 200
    assert "data-member-token" not in answer.body.decode()
    assert 'src="/shop/widget.js"' in answer.body.decode()


def test_an_admin_tries_it_as_a_member_who_is_no_member_of_the_host(browser: Browser) -> None:
    admin = Browser(browser.gateway, user="sora")
    page = admin.call("GET", "/shop/workspace/try", query="as=member").body.decode()
    token = re.search(r'data-member-token="([^"]+)"', page)
    assert token is not None
    entered = browser.call("POST", "/shop/enter", {"member": token[1]})
    assert entered.status == 200
    assert entered.json["customer"]["type"] == "member"
    assert browser.call("POST", "/cafe/enter", {"member": token[1]}).status == 401


@pytest.mark.parametrize(("user", "query", "status"), [("mina", "as=member", 403), ("nobody", "", 403), (None, "", 401)])
def test_nobody_else_gets_in(browser: Browser, user: str | None, query: str, status: int) -> None:
    assert Browser(browser.gateway, user=user).call("GET", "/shop/workspace/try", query=query).status == status


def test_a_customers_token_does_not_open_it(browser: Browser) -> None:
    token = browser.call("POST", "/shop/enter", {}).json["token"]
    assert Browser(browser.gateway, token=token).call("GET", "/shop/workspace/try").status == 403
