"""A desk whose workspace is open in browsers: served by this process, its agents signed in by a cookie of the host.

May: set the desk up, open pages as its agents. May not: check anything.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import attrs
import pytest
from tests.needs import need

from cschat import Actor, Desk, Session
from cschat import commands as c
from cschat.core.people import Agent
from cschat.web import Gateway, Request
from cschat.web.wsgi import Door

SECRET = "0123456789abcdef0123456789abcdef"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser. Skips the test unless there is one, and Playwright to steer it."""
    playwright = pytest.importorskip("playwright.sync_api") if CHROMIUM else None
    need(playwright is not None, "Chromium and Playwright")
    assert playwright is not None
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM)
        try:
            yield browser
        finally:
            browser.close()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@attrs.define
class Customer:
    """Somebody who asks, with their own door to the desk."""

    desk: Desk
    session: Session

    def says(self, text: str) -> None:
        self.desk.do(c.SendMessage(self.session, text))


@attrs.define
class Workplace:
    """A desk that is served, with two agents: `mina`, an admin, and `jun`. She serves the brand `mall` too."""

    desk: Desk
    mina: Agent
    jun: Agent
    browser: Any
    address: str = ""
    errors: list[str] = attrs.field(factory=list)
    _pages: list[Any] = attrs.field(factory=list)

    def agent(self, agent: Agent) -> Desk:
        """The desk, as one of its agents."""
        return self.desk.acting_as(Actor.agent(agent))

    def asks(self, name: str, text: str, *, member: str | None = None) -> Customer:
        """A customer who waits for a person."""
        key = member or name
        self.desk.do(c.RegisterCustomer(member=key, name=name))
        door = self.desk.acting_as(Actor.member(key))
        session = door.do(c.OpenSession(text=text, page="https://shop.example.com/orders/1"))
        door.do(c.RequestAgent(session))
        return Customer(door, session)

    def left(self, name: str, text: str) -> Customer:
        """A customer who has left a message."""
        self.desk.do(c.RegisterCustomer(member=name, name=name))
        door = self.desk.acting_as(Actor.member(name))
        session = door.do(c.OpenSession())
        door.do(c.LeaveMessage(session, text))
        return Customer(door, session)

    def open(self, user: str = "mina", path: str = "/lists/queue", *, width: int = 1440, height: int = 900, language: str = "ko") -> Any:
        """The workspace in a browser of its own, as one of the agents. What goes wrong in the page is added to `errors`."""
        context = self.browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce", has_touch=width < 500)
        context.add_init_script(f"localStorage.setItem('cschat.language', '{language}')")
        context.add_cookies([{"name": "user", "value": user, "url": self.address}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(f"{self.address}/desk/shop/workspace{path}")
        page.locator(".top .account .avatar").wait_for(state="attached")  # on a phone a conversation takes its place
        self._pages.append(context)
        return page

    def close_pages(self) -> None:
        """Close all browsers' windows."""
        for context in self._pages:
            context.close()
        self._pages.clear()


def _app(door: Door) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith("/desk/"):
            environ["SCRIPT_NAME"], environ["PATH_INFO"] = "/desk", path[5:]
            return door(environ, start_response)
        start_response("204 No Content", [])
        return []

    return answer


def signed_in(request: Request) -> str | None:
    """Who is signed in with the host: a cookie says so."""
    cookie = SimpleCookie(request.headers.get("cookie", "")).get("user")
    return None if cookie is None else cookie.value


@contextmanager
def working(browser: Any, **settings: Any) -> Iterator[Workplace]:
    """A desk that is served until the block ends. `settings` are those of `ChangeBrand`."""
    desk = Desk.open("memory:", brand="shop")
    desk.do(c.ChangeBrand(name="하늘상점", accepting="open", **settings))
    mina = desk.do(c.AddAgent("민아", role="admin", status="available", user_id="mina"))
    jun = desk.do(c.AddAgent("준호", status="available", user_id="jun"))
    mall = desk.brand("mall")
    mall.do(c.ChangeBrand(name="하늘몰", accepting="open"))
    mall.do(c.AddAgent("민아", status="available", user_id="mina"))
    gateway = Gateway(desk, brands=["shop", "mall"], secrets=[SECRET], identify=signed_in)
    with desk.running(), make_server("127.0.0.1", 0, _app(Door(gateway)), _Server, _Quiet) as server:
        place = Workplace(desk, mina, jun, browser, f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield place
        finally:
            place.close_pages()
            server.shutdown()
            thread.join()
