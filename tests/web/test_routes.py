"""Which path is answered how."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest
from tests.web.site import Browser, gateway_on, opened_desk

from cschat.web import Gateway


@pytest.fixture
def web() -> Iterator[Browser]:
    with opened_desk() as desk:
        yield Browser(gateway_on(desk))


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/shop/enter", 405, "POST"),
        ("OPTIONS", "/shop/me", 405, "GET"),
        ("DELETE", "/shop/files", 405, "POST"),
        ("GET", "/", 404, None),
        ("GET", "", 404, None),
        ("GET", "/shop", 404, None),
        ("GET", "/shop/do/Open/Session", 404, None),
        ("POST", "/shop/do/openSession", 401, None),
        ("GET", "/nobody/me", 404, None),
        ("GET", "/-/me", 404, None),
        ("GET", "/-/static/", 404, None),
        ("GET", "/-/static/shared", 404, None),
        ("GET", "/-/static/../pages.py", 404, None),
        ("GET", "/-/static//shared/tokens.css", 404, None),
        ("GET", "/-/static/shared/tokens.css\n", 404, None),
    ],
)
def test_a_path_that_is_none_is_a_problem(web: Browser, method: str, path: str, status: int, allow: str | None):
    answer = web.call(method, path)
    assert (answer.status, answer.headers.get("allow")) == (status, allow)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/shop/workspace", "/shop/workspace/", "/shop/workspace/sessions/ses_1"])
def test_the_workspace_is_one_page_whatever_is_below_it(web: Browser, path: str):
    mina = web.signed_in("mina")
    page = mina.call("GET", path)
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert mina.csrf is not None
    assert mina.csrf in page.body.decode()


def test_the_workspace_is_not_for_customers(web: Browser):
    assert web.entered().get("/workspace").status == 403
    assert attrs.evolve(web, user="nobody").get("/workspace").status == 403


def test_a_brands_name_cannot_break_out_of_the_page(web: Browser):
    sora = web.signed_in("sora")
    assert sora.do("ChangeBrand", name="</script><script>alert(1)</script>").status == 200
    page = sora.get("/workspace").body.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("accepts", "pressed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("", False), ("br", False), ("gzip;q=0", False), ("gzip; q=0.0, br", False)],
)
def test_a_shipped_file_is_pressed_for_whoever_takes_it(web: Browser, accepts: str, pressed: bool):
    answer = web.call("GET", "/-/static/shared/client.js", headers={"accept-encoding": accepts})
    assert (answer.headers.get("content-encoding") == "gzip") is pressed
    assert answer.headers["vary"] == "accept-encoding"
    again = web.call(
        "GET", "/-/static/shared/client.js", headers={"accept-encoding": accepts, "if-none-match": f'"x", W/{answer.headers["etag"]}'}
    )
    assert (again.status, again.body) == (304, b"")


def test_what_breaks_inside_says_nothing_of_the_inside(caplog: pytest.LogCaptureFixture):
    def identify(_request: object) -> str:
        raise RuntimeError("the password is 1234")

    with opened_desk() as desk:
        answer = Browser(Gateway(desk, brands=["shop"], secrets=["s" * 32], identify=identify)).get("/me")
    assert answer.status == 500
    assert b"1234" not in answer.body
    assert "the password" in caplog.text
