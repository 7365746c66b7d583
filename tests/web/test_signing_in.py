"""Who opens the workspace without being signed in is sent to the host's page, and knows the way back."""

from urllib.parse import parse_qs, urlsplit

import pytest
from tests.web.site import Browser, gateway_on, opened_desk


@pytest.mark.parametrize(("sign_in", "arguments"), [("/login", {}), ("https://id.example/in?app=desk", {"app": ["desk"]})])
def test_the_way_leads_to_the_host_and_back(sign_in, arguments):
    browser = Browser(gateway_on(opened_desk(), sign_in=sign_in))
    sent = browser.get("/workspace/sessions/ses_1")
    assert sent.status == 303
    page = urlsplit(sent.headers["location"])
    assert sent.headers["location"].startswith(sign_in)
    assert parse_qs(page.query) == {**arguments, "next": ["/shop/workspace/sessions/ses_1"]}
    assert sent.headers["cache-control"] == "no-store"


def test_only_pages_send_anybody_anywhere():
    browser = Browser(gateway_on(opened_desk(), sign_in="/login"))
    assert browser.ask("Agents").status == 401
    assert browser.get("/me").status == 401
    assert browser.signed_in("mina").get("/workspace").status == 200


def test_without_such_a_page_it_is_said_that_nobody_is_signed_in():
    assert Browser(gateway_on(opened_desk())).get("/workspace").status == 401
