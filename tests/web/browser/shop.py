"""A shop with the widget on its page: a desk on a real SQLite file, behind a server of this process.

May: set the shop up, act as its agents. May not: check anything.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import attrs
from tests.web.browser.office import signed_in

from cschat import Desk
from cschat import commands as c
from cschat import queries as q
from cschat.core.access import Actor
from cschat.core.session import Session
from cschat.web import Gateway, member_token
from cschat.web.wsgi import Door

SECRET = "0123456789abcdef0123456789abcdef"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; form-action 'self'; base-uri 'none'"
)
"""What the shop's own pages may load: as strict as the documentation says is enough."""

PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>하늘상점</title>{tag}</head>
<body><main><h1>하늘상점</h1><p>가을 신상품이 도착했어요.</p><p><a href="/other">다른 상품</a></p></main></body></html>"""

BOT = {
    "scenario": "hello",
    "title": "안내",
    "languages": ["ko"],
    "start": "hi",
    "steps": {
        "hi": {
            "say": {"ko": "안녕하세요. 무엇을 도와드릴까요?"},
            "choose": [
                {"label": {"ko": "배송 조회"}, "goto": "parcel"},
                {"label": {"ko": "반품 신청"}, "goto": "returns"},
                {"label": {"ko": "상담사 연결"}, "goto": "person"},
            ],
        },
        "parcel": {"say": {"ko": "주문하신 상품은 오늘 도착해요."}, "next": "hi"},
        "returns": {
            "say": {"ko": "반품 정보를 알려 주세요."},
            "form": [
                {"name": "order", "label": {"ko": "주문 번호"}, "type": "number"},
                {"name": "phone", "label": {"ko": "연락처"}, "type": "phone"},
                {"name": "memo", "label": {"ko": "남길 말"}, "type": "text", "required": False},
            ],
            "next": "thanks",
            "on_fail": "person",
        },
        "thanks": {"say": {"ko": "반품을 접수했어요. 주문 번호는 {{ order }}번입니다."}, "next": "stop"},
        "person": {"handoff": {}, "closed": "stop", "nobody": "stop"},
        "stop": {"end": "done"},
    },
}


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@attrs.define
class Shop:
    """A shop that is running: its `address`, its `desk`, and what the network does (`up`)."""

    desk: Desk
    address: str = ""
    attributes: str = ""
    up: bool = True

    def app(self, door: Door) -> Callable[..., Iterable[bytes]]:
        def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            path = environ["PATH_INFO"]
            if path.startswith("/desk/"):
                environ["SCRIPT_NAME"], environ["PATH_INFO"] = "/desk", path[5:]
                if self.up:
                    return door(environ, start_response)
                start_response("503 Service Unavailable", [("content-type", "text/plain"), ("content-length", "0")])
                return []
            if path == "/member-token":
                start_response("200 OK", [("content-type", "application/json")])
                return [json.dumps({"token": member_token(SECRET, "u9", name="박하늘")}).encode()]
            language = "en" if "lang=en" in environ.get("QUERY_STRING", "") else "ko"
            tag = f'<script src="/desk/shop/widget.js" async {self.attributes}></script>'
            page = PAGE.format(language=language, tag=tag).encode()
            start_response("200 OK", [("content-type", "text/html; charset=utf-8"), ("content-security-policy", POLICY)])
            return [page]

        return answer

    def agent(self, name: str = "민아") -> Desk:
        """The desk, as one of its agents."""
        return self.desk.acting_as(Actor.agent(next(agent for agent in self.desk.ask(q.Agents()) if agent.name == name)))

    @property
    def sessions(self) -> list[Session]:
        """All sessions, the oldest first."""
        found = [one for customer in self.desk.ask(q.Customers()).items for one in self.desk.ask(q.CustomerSessions(customer)).items]
        return sorted(found, key=lambda session: session.opened)

    def said(self) -> list[str]:
        """What was said in all sessions."""
        return [message.text for session in self.sessions for message in self.desk.ask(q.Transcript(session)).items]


@contextmanager
def running(folder: Path, *, bot: bool = False, attributes: str = "", **settings: Any) -> Iterator[Shop]:
    """A shop that serves until the block ends. `settings` are those of `ChangeBrand`."""
    desk = Desk.open(f"sqlite:///{folder}/shop.sqlite?synchronous=normal", brand="shop")
    desk.do(c.ChangeBrand(name="하늘상점", accepting="open", **settings))
    desk.do(c.AddAgent(name="민아", role="admin", status="available", user_id="mina"))
    if bot:
        desk.do(c.PublishScenario(BOT))
        desk.do(c.ChangeBrand(entry=[{"scenario": "hello"}]))
    shop = Shop(desk, attributes=attributes)
    gateway = Gateway(desk, brands=["shop"], secrets=[SECRET], identify=signed_in)
    with desk.running(), make_server("127.0.0.1", 0, shop.app(Door(gateway)), _Server, _Quiet) as server:
        shop.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield shop
        finally:
            server.shutdown()
            thread.join()
