"""What the doors make of what servers hand them, and what they hand back."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import anyio
import attrs
import pytest
from tests.web.site import NO_LIMITS, Browser, gateway_on, opened_desk

from cschat import AsyncDesk, Desk
from cschat import commands as c
from cschat.web import Gateway, asgi, wsgi

BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened_desk() as desk:
        yield desk


@pytest.fixture
def gateway(desk: Desk) -> Gateway:
    return gateway_on(desk, limits=NO_LIMITS)


# ----------------------------------------------------------------------------------------------------------------- WSGI


class Wsgi:
    """A server with threads, as far as a door sees it."""

    def __init__(self, gateway: Gateway, **how: Any) -> None:
        self._door = wsgi.Door(gateway, **how)

    def __call__(self, method: str, path: str, body: bytes = b"", **environ: Any) -> tuple[str, dict[str, str], Iterable[bytes]]:
        told: list[Any] = []
        known = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/json",
            "wsgi.input": io.BytesIO(body),
            "wsgi.multithread": True,
            "SERVER_SOFTWARE": "gunicorn/27",
        }
        pieces = self._door(known | environ, lambda status, headers: told.extend([status, dict(headers)]))
        return told[0], told[1], pieces


def _listener(gateway: Gateway) -> str:
    return f"Bearer {Browser(gateway).entered().token}"


def test_half_of_the_threads_wait_at_most(gateway: Gateway):
    server, who = Wsgi(gateway, threads=5), _listener(gateway)
    waiting = [server("GET", "/shop/events", HTTP_AUTHORIZATION=who) for _ in range(3)]
    assert [status for status, _, _ in waiting] == ["200 OK", "200 OK", "503 Service Unavailable"]
    assert waiting[2][1]["retry-after"] == "5"
    position = gateway.site.desk.position()
    assert server("GET", "/shop/poll", QUERY_STRING=f"after={position}&wait=9", HTTP_AUTHORIZATION=who)[0].startswith("503")
    assert server("GET", "/shop/poll", QUERY_STRING=f"after={position}", HTTP_AUTHORIZATION=who)[0] == "200 OK"
    waiting[0][2].close()  # type: ignore[attr-defined]
    assert server("GET", "/shop/events", HTTP_AUTHORIZATION=who)[0] == "200 OK"
    assert len(gateway.site.hub) == 2


@pytest.mark.parametrize(
    ("environ", "most"),
    [
        ({"SERVER_SOFTWARE": "gunicorn/27"}, 2),
        ({"SERVER_SOFTWARE": "gunicorn/27", "wsgi.multithread": False}, 0),
        ({"SERVER_SOFTWARE": "Werkzeug/3.1"}, 6),
        ({"SERVER_SOFTWARE": "WSGIServer/0.2", "wsgi.multithread": False}, 6),
    ],
)
def test_a_door_that_was_not_told_guesses_with_care(gateway: Gateway, environ: dict[str, Any], most: int):
    server, who = Wsgi(gateway), _listener(gateway)
    statuses = [server("GET", "/shop/events", HTTP_AUTHORIZATION=who, **environ)[0] for _ in range(6)]
    assert [status[:3] for status in statuses] == ["200"] * most + ["503"] * (6 - most)


@pytest.mark.parametrize(
    ("body", "environ", "status"),
    [
        (b"{}", {}, "200"),
        (b"{}", {"CONTENT_LENGTH": "x"}, "400"),
        (b"{}", {"CONTENT_LENGTH": "-2"}, "400"),
        (b"{}", {"CONTENT_LENGTH": "9"}, "400"),
        (b"{}", {"CONTENT_LENGTH": "99999999"}, "413"),
        (b"{}", {"CONTENT_LENGTH": ""}, "200"),
        (b"{}", {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}, "200"),
        (b" " * 1_000_001, {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}, "413"),
    ],
)
def test_a_body_is_read_with_mistrust(gateway: Gateway, body: bytes, environ: dict[str, Any], status: str):
    assert Wsgi(gateway)("POST", "/shop/enter", body, **environ)[0][:3] == status


def test_a_browser_that_breaks_off_is_no_error_of_ours(gateway: Gateway):
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ConnectionResetError

    assert Wsgi(gateway)("POST", "/shop/enter", b"{}", **{"wsgi.input": Broken()})[0][:3] == "400"


def test_heads_have_no_body_and_no_one_listens(gateway: Gateway):
    server = Wsgi(gateway)
    status, headers, pieces = server("HEAD", "/-/static/shared/tokens.css")
    assert (status, b"".join(pieces)) == ("200 OK", b"")
    assert int(headers["content-length"]) > 0
    status, _, pieces = server("HEAD", "/shop/events", HTTP_AUTHORIZATION=_listener(gateway))
    assert (status, b"".join(pieces)) == ("200 OK", b"")
    assert len(gateway.site.hub) == 0


# ----------------------------------------------------------------------------------------------------------------- ASGI


class Asgi:
    """An ASGI server, as far as a door sees it: what was sent, and when the browser goes."""

    def __init__(self, gateway: Gateway) -> None:
        self._door = asgi.Door(gateway)
        self.sent: list[Any] = []

    async def __call__(self, method: str, path: str, *messages: Any, headers: Iterable[tuple[bytes, bytes]] = (), **scope: Any) -> int:
        whole = {"type": "http", "method": method, "path": path, "headers": list(headers), "query_string": b"", **scope}
        coming = [*messages, {"type": "http.disconnect"}]
        self.sent = []

        async def receive() -> Any:
            return coming.pop(0) if coming else await anyio.sleep_forever()

        async def send(message: Any) -> None:
            self.sent.append(message)

        await self._door(whole, receive, send)
        return self.sent[0]["status"] if self.sent else 0


def _piece(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


JSON = (b"content-type", b"application/json")


@BACKENDS
def test_a_request_in_pieces(gateway: Gateway, backend: str):
    async def main() -> None:
        server = Asgi(gateway)
        assert await server("POST", "/shop/enter", _piece(b'{"lang', True), _piece(b'uage":"ko"}'), headers=[JSON]) == 200
        assert b'"language":"ko"' in server.sent[1]["body"]
        assert await server("POST", "/shop/enter", _piece(b"{}"), headers=[JSON, (b"content-length", b"9")]) == 400
        assert await server("POST", "/shop/enter", _piece(b"{}"), headers=[JSON, (b"content-length", b"x")]) == 400
        assert await server("POST", "/shop/enter", headers=[JSON, (b"content-length", b"1000001")]) == 413
        assert await server("POST", "/shop/enter", *[_piece(b" " * 300_000, True)] * 4, headers=[JSON]) == 413
        assert await server("POST", "/shop/enter", _piece(b"{", True), headers=[JSON]) == 0  # the browser has gone

    anyio.run(main, backend=backend)


@pytest.mark.parametrize(
    ("root", "path"),
    [("", "/shop/widget.js"), ("/desk", "/desk/shop/widget.js"), ("/desk/", "/desk/shop/widget.js"), ("/desk", "/shop/widget.js")],
)
def test_a_mount_point_is_taken_off_whoever_leaves_it_on(gateway: Gateway, root: str, path: str):
    async def main() -> int:
        return await Asgi(gateway)("GET", path, _piece(b""), root_path=root)

    assert anyio.run(main) == 200


def test_a_path_that_only_begins_like_the_mount_point_is_another(gateway: Gateway):
    async def main() -> int:
        return await Asgi(gateway)("GET", "/desktop/shop/widget.js", _piece(b""), root_path="/desk")

    assert anyio.run(main) == 404


def test_headers_that_come_in_parts_are_put_together(desk: Desk):
    asked: list[str] = []
    gateway = Gateway(desk, brands=["shop"], secrets=["s" * 32], identify=lambda request: asked.append(request.headers["cookie"]))

    async def main() -> int:
        headers = [(b"Cookie", b"a=1"), (b"cookie", b"user=mina")]
        return await Asgi(gateway)("GET", "/shop/me", _piece(b""), headers=headers)

    assert (anyio.run(main), asked) == (401, ["a=1; user=mina"])


def test_an_application_lives_and_ends(gateway: Gateway):
    sent: list[str] = []

    async def main() -> None:
        coming = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

        async def receive() -> Any:
            return coming.pop(0)

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await asgi.Door(gateway)({"type": "lifespan"}, receive, send)

    anyio.run(main)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_websocket_is_refused(gateway: Gateway):
    sent: list[Any] = []

    async def main() -> None:
        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await asgi.Door(gateway)({"type": "websocket", "path": "/shop/events"}, receive, send)

    anyio.run(main)
    assert sent == ["websocket.close"]


@BACKENDS
def test_a_stream_says_what_happens_and_ends_with_its_browser(desk: Desk, gateway: Gateway, backend: str):
    """It costs no thread while it waits, and nobody is kept who left."""
    guest = Browser(gateway).entered()
    session = guest.do("OpenSession", text="배송").json["id"]
    heard: list[bytes] = []

    async def main() -> None:
        begun, told, gone = anyio.Event(), anyio.Event(), anyio.Event()

        async def receive() -> Any:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            heard.append(message.get("body", b""))
            if b"event: position" in heard[-1]:
                begun.set()
            if b"MessageSent" in heard[-1]:
                told.set()

        coming = [_piece(b"")]

        async def first() -> Any:
            return coming.pop() if coming else await receive()

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/shop/events",
            "query_string": f"session={session}".encode(),
            "headers": [(b"authorization", f"Bearer {guest.token}".encode())],
        }
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(asgi.Door(gateway), scope, first, send)
            with anyio.fail_after(20):
                await begun.wait()
                await AsyncDesk(desk._door).do(c.SendMessage(session, text="여기요"))
                await told.wait()
                assert len(gateway.site.hub) == 1
                gone.set()

    anyio.run(main, backend=backend)
    assert any("여기요".encode() in piece for piece in heard)
    assert len(gateway.site.hub) == 0


@BACKENDS
def test_a_poll_waits_without_a_thread(desk: Desk, gateway: Gateway, backend: str):
    guest = Browser(gateway).entered()
    session = guest.do("OpenSession", text="배송").json["id"]
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/shop/poll",
        "query_string": f"after={desk.position()}&wait=20".encode(),
        "headers": [(b"authorization", f"Bearer {guest.token}".encode())],
    }

    async def main() -> None:
        coming = [_piece(b"")]

        async def receive() -> Any:
            return coming.pop() if coming else await anyio.sleep_forever()

        async def send(message: Any) -> None:
            sent.append(message)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(asgi.Door(gateway), scope, receive, send)
            await AsyncDesk(desk._door).do(c.SendMessage(session, text="여기요"))

    anyio.run(main, backend=backend)
    assert "여기요".encode() in b"".join(message.get("body", b"") for message in sent)
    assert sent[-1].get("more_body", False) is False
    assert len(gateway.site.hub) == 0


# ---------------------------------------------------------------------------------------------------------------- forks


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_worker_listens_by_itself(tmp_path: Any):
    with opened_desk(f"sqlite:///{tmp_path / 'desk.db'}?synchronous=normal") as desk:
        gateway = gateway_on(desk)
        guest = Browser(gateway).entered()
        session = guest.do("OpenSession", text="배송").json["id"]
        server = Wsgi(gateway, threads=8)
        parent = iter(server("GET", "/shop/events", HTTP_AUTHORIZATION=f"Bearer {guest.token}")[2])
        assert b"position" in next(parent)
        child = os.fork()
        if child == 0:
            try:
                pieces = iter(server("GET", "/shop/events", HTTP_AUTHORIZATION=f"Bearer {guest.token}")[2])
                next(pieces)
                assert len(gateway.site.hub) == 1  # the parent's is the parent's
                desk.do(c.SendMessage(session, text="아이가"))
                heard = b""
                while "아이가".encode() not in heard:
                    heard += next(pieces)
                os._exit(0)
            except BaseException:  # noqa: BLE001  (a child must not go on with the parent's tests)
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        heard = b""
        while "아이가".encode() not in heard:
            heard += next(parent)


def test_one_person_listens_in_so_many_windows_and_no_more(gateway: Gateway):
    guest = Browser(gateway).entered()
    server = Wsgi(gateway, threads=100)
    who = {"HTTP_AUTHORIZATION": f"Bearer {guest.token}"}
    statuses = [server("GET", "/shop/events", **who)[0][:3] for _ in range(31)]
    assert statuses == ["200"] * 30 + ["429"]
    assert server("GET", "/shop/events", HTTP_AUTHORIZATION=_listener(gateway))[0] == "200 OK"


def test_many_threads_at_once_are_answered_each_their_own(gateway: Gateway):
    guests = [Browser(gateway).entered() for _ in range(8)]
    answers: dict[int, Any] = {}

    def work(number: int) -> None:
        for _ in range(20):
            answers[number] = guests[number].ask("GetCustomer").json["id"]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = [attrs.evolve(guest).ask("GetCustomer").json["id"] for guest in guests]
    assert [answers[number] for number in range(8)] == expected
