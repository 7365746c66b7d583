"""Places where a gateway answers: its doors under real servers, and the example apps.

May: start servers and end them. May not: know what is asked of them. A new app is one more line of `PLACES`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import attrs
from tests.examples.people import Browser
from tests.examples.serving import ROOT, built
from tests.web.app import SECRET

from cschat.web import member_token

PATIENCE = 20
"""Seconds that a server has to end."""


@attrs.frozen
class Place:
    """A server's address, and how one is known there. Mina is an admin, Junho an agent, Suji a customer of the shop."""

    name: str
    address: str
    sign_in: Callable[[Browser, str], object]
    member_token: Callable[[Browser, str], str]

    def browser(self) -> Browser:
        return Browser(self.address)

    def guest(self) -> Browser:
        browser = self.browser()
        browser.enter()
        return browser

    def worker(self, user: str) -> Browser:
        browser = self.browser()
        self.sign_in(browser, user)
        browser.work()
        return browser


@contextmanager
def _served(program: str, folder: Path) -> Iterator[str]:
    url = f"sqlite:///{folder / 'desk.db'}?synchronous=normal"
    environment = os.environ | {"DESK_URL": url, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src"), *sys.path])}
    prepared = "from tests.web.app import prepare; prepare()"
    subprocess.run([sys.executable, "-c", prepared], cwd=folder, env=environment, check=True, timeout=60)
    with socket.create_server(("127.0.0.1", 0)) as place:
        number, address = place.fileno(), "http://{}:{}".format(*place.getsockname())
        started = subprocess.Popen(
            [sys.executable, "-m", *program.format(number).split()],
            cwd=folder,
            env=environment,
            pass_fds=[number],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
    try:
        yield address
    finally:
        started.send_signal(signal.SIGTERM)
        try:
            said, _ = started.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            started.kill()
            said, _ = started.communicate()
            raise AssertionError(f"{program} did not end when it was told to: {said}") from None
        print(said)
    assert "Traceback" not in said, said


def _cookie(browser: Browser, user: str) -> None:
    browser.http.cookies.set("user", user)


@contextmanager
def _door(name: str, program: str, folder: Path) -> Iterator[Place]:
    with _served(program, folder) as address:
        yield Place(name, address, _cookie, lambda _browser, user: member_token(SECRET, user))


@contextmanager
def _example(name: str, folder: Path) -> Iterator[Place]:
    def token(browser: Browser, user: str) -> str:
        browser.sign_in(user)
        found = browser.member_token()
        assert found is not None
        return found

    with built(name, folder).served() as address:
        yield Place(name, address, Browser.sign_in, token)


_QUIET = "--graceful-timeout 1 --log-level warning"
_GUNICORN = f"gunicorn --no-control-socket --workers 1 --threads 16 --preload {_QUIET} --bind fd://{{}} tests.web.app:wsgi"
_UVICORN = "uvicorn --timeout-graceful-shutdown 1 --log-level warning --fd {} tests.web.app:asgi"

PLACES: Mapping[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "wsgi": lambda folder: _door("wsgi", _GUNICORN, folder),
    "asgi": lambda folder: _door("asgi", _UVICORN, folder),
    "flask": lambda folder: _example("flask", folder),
    "django": lambda folder: _example("django", folder),
    "starlette": lambda folder: _example("starlette", folder),
}
