"""A mail server on loopback, for tests.

May: take mail and keep it. May not: check anything.
"""

from __future__ import annotations

import email
import email.policy
import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import attrs
from aiosmtpd.controller import Controller


@attrs.define
class Letter:
    """A mail that came in, and for whom."""

    to: list[str]
    message: EmailMessage

    def part(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        assert body is not None
        return body.get_content()


class Post:
    """A mail server's handler: keeps what comes in, answers with `replies` first, takes nobody in `unknown`."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.replies: list[str] = []
        self.unknown: set[str] = set()
        self.port = 0
        self.arrived = threading.Event()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.unknown:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.replies:
            return self.replies.pop(0)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.letters.append(Letter(list(envelope.rcpt_tos), message))
        self.arrived.set()
        return "250 OK"


def serving(**how: Any) -> Iterator[Post]:
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=0, **how)
    controller.port = free_port()
    controller.start()
    post.port = controller.port
    try:
        yield post
    finally:
        controller.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
