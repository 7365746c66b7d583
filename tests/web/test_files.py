"""Files that people send."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest
from tests.web.site import Browser, gateway_on, opened_desk

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture
def web() -> Iterator[Browser]:
    with opened_desk() as desk:
        yield Browser(gateway_on(desk))


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("%EC%82%AC%EC%A7%84.png", "사진.png"),
        ("..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("C%3A%5Cphotos%5Ca.png", "a.png"),
        ("a%0D%0Aset-cookie%3A%20x.png", "aset-cookie: x.png"),
        ("a%00b%E2%80%AEgnp.exe", "abgnp.exe"),
        ("%20", "file"),
        ("", "file"),
    ],
)
def test_a_name_is_a_name_and_nothing_else(web: Browser, header: str, name: str):
    guest = web.entered()
    media = guest.call("POST", "/shop/files", PNG, headers={"x-file-name": header}).json
    assert media["name"] == name
    told = guest.get(f"/files/{media['blob']}").headers["content-disposition"]
    assert told.isascii()
    assert told.startswith("inline; filename*=UTF-8''")


@pytest.mark.parametrize("header", ["%ff", "a" * 256])
def test_a_name_that_is_none_is_refused(web: Browser, header: str):
    assert web.entered().call("POST", "/shop/files", PNG, headers={"x-file-name": header}).json["field"] == "x-file-name"


@pytest.mark.parametrize(
    ("content", "said", "type", "shown"),
    [
        (PNG, "image/png", "image/png", "inline"),
        (PNG, "text/html", "image/png", "inline"),
        (b"<!doctype html><script>alert(1)</script>", "image/png", "text/plain", "attachment"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "image/svg+xml", "text/plain", "attachment"),
        (b"%PDF-1.7", "application/pdf", "application/pdf", "attachment"),
        (b"\0\1\2", "video/mp4", "application/octet-stream", "attachment"),
    ],
)
def test_a_file_is_what_it_is_and_not_what_somebody_says(web: Browser, content: bytes, said: str, type: str, shown: str):
    media = web.entered().send(content, "a", said).json
    answer = web.get(f"/files/{media['blob']}")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, content, type)
    assert answer.headers["content-disposition"].split(";")[0] == shown
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].endswith("sandbox")


def test_a_file_is_of_its_brand(web: Browser):
    media = web.entered().send(PNG).json
    assert attrs.evolve(web, brand="cafe").get(f"/files/{media['blob']}").status == 404


@pytest.mark.parametrize("id", ["blb_", "blb_x", "..", "%2e%2e", "blb_" + "0" * 32, "ses_01M8B"])
def test_what_is_no_file_is_not_found(web: Browser, id: str):
    assert web.get(f"/files/{id}").status == 404


def test_files_are_taken_from_people_alone(web: Browser):
    assert web.send(PNG).status == 401
    assert web.entered().send(b"").status == 422
    assert web.signed_in("mina").send(PNG).status == 200
