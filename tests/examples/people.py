"""People before their browsers: customers of the shop, and those who answer them.

May: speak HTTP as the widget and the workspace do. May not: look into the desk.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import httpx

_TAG = re.compile(r'<script src="(/desk/shop/widget\.js)"([^>]*)></script>')
_MARK = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Browser:
    """A browser at the shop's address, with its cookies."""

    def __init__(self, address: str) -> None:
        self.http = httpx.Client(base_url=address, follow_redirects=True, timeout=20)
        self.token: str | None = None
        self.csrf: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.http.close()

    def at(self, address: str) -> Browser:
        """The same browser, when the shop is at another address."""
        other = Browser(address)
        other.token, other.csrf = self.token, self.csrf
        other.http.cookies = self.http.cookies
        return other

    def sign_in(self, user: str, password: str | None = None, page: str = "/login") -> httpx.Response:
        """Fill in the shop's login page, or the one that another page leads to; where that leads."""
        form_page = self.http.get(page)
        mark = _MARK.search(form_page.text)
        name = "user" if mark is None else "username"  # Django's form has its own names, and its own mark
        form = {name: user, "password": password or user} | ({} if mark is None else {"csrfmiddlewaretoken": mark[1]})
        return self.http.post(form_page.url, data=form)

    def enter(self, **said: Any) -> dict[str, Any]:
        """What the widget does first."""
        entered = _answer(self.http.post("/desk/shop/enter", json=said))
        self.token = entered["token"]
        return entered["customer"]

    def member_token(self) -> str | None:
        """What the shop's page hands to the widget."""
        tag = _TAG.search(self.http.get("/").raise_for_status().text)
        assert tag is not None
        found = re.search(r'data-member-token="([^"]+)"', tag[2])
        return None if found is None else html.unescape(found[1])

    def work(self) -> None:
        """Come to the workspace, as the page does that was opened there."""
        self.csrf = _answer(self.http.get("/desk/shop/me"))["csrf"]

    def headers(self) -> dict[str, str]:
        given = {"authorization": f"Bearer {self.token}" if self.token else None, "x-csrf-token": self.csrf}
        return {name: value for name, value in given.items() if value is not None}

    def call(self, path: str, fields: Any) -> httpx.Response:
        return self.http.post(f"/desk/shop/{path}", json=fields, headers=self.headers())

    def do(self, command: str, **fields: Any) -> Any:
        return _answer(self.call(f"do/{command}", fields))

    def ask(self, query: str, **fields: Any) -> Any:
        return _answer(self.call(f"ask/{query}", fields))

    @contextmanager
    def listening(self) -> Iterator[Iterator[dict[str, Any]]]:
        """Events as they happen, from now on. When the block begins, the server has begun to listen."""
        with self.http.stream("GET", "/desk/shop/events", headers=self.headers()) as stream:
            stream.raise_for_status()
            lines = stream.iter_lines()
            frames = _frames(lines)
            assert next(frames)[0] == "position"
            yield (data for name, data in frames if name == "happened")


def _answer(response: httpx.Response) -> Any:
    assert response.is_success, response.text
    return response.json()


def _frames(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    name, beats = "", 0
    for line in lines:
        beats = beats + 1 if line.startswith(":") else beats if not line else 0
        assert beats < 2, "nothing was heard but signs of life"
        key, _, value = line.partition(": ")
        if key == "event":
            name = value
        elif key == "data":
            yield name, json.loads(value)
