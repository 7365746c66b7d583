"""A bus over PostgreSQL's NOTIFY, for hints: that something is committed the store itself tells.

May: notify and listen, on connections of its own. May not: write.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from cschat.storage.opening import postgres_of
from cschat.transport.bus import BusLost

__all__ = ["NotifyBus"]

LOOK_UP_SECONDS = 0.5
"""How long a listener waits for a word before it looks whether it is to end."""
_MOST_BYTES = 7_900
"""What PostgreSQL takes in one message."""


class NotifyBus:
    """Of the URL of a PostgreSQL store; its schema names the channel."""

    hints_only = True

    def __init__(self, url: str) -> None:
        self._url, schema = postgres_of(urlsplit(url))
        self._channel = f"cschat_hint_{schema or 'log'}"
        self._stopped = False
        self._mouth: psycopg.Connection[Any] | None = None
        self._process = 0

    def send(self, message: bytes, /) -> None:
        if len(message) > _MOST_BYTES:
            raise BusLost("too many hints at once")
        try:
            self._open_mouth().execute("SELECT pg_notify(%s, %s)", (self._channel, message.decode()))
        except psycopg.Error as error:
            self.close()
            raise BusLost(str(error)) from error

    def _open_mouth(self) -> psycopg.Connection[Any]:
        if self._process != os.getpid():
            _inherited.append(self._mouth)  # in a forked child: not even closed, or the parent would lose it
            self._mouth, self._process = None, os.getpid()
        if self._mouth is None:
            self._mouth = psycopg.connect(self._url, autocommit=True, application_name="cschat")
        return self._mouth

    def listen(self, begun: Callable[[], None], heard: Callable[[bytes], None], /) -> None:
        try:
            with psycopg.connect(self._url, autocommit=True, application_name="cschat") as ear:
                ear.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
                begun()
                while not self._stopped:
                    for notice in ear.notifies(timeout=LOOK_UP_SECONDS):
                        heard(notice.payload.encode())
        except psycopg.Error as error:
            raise BusLost(str(error)) from error

    def stop(self) -> None:
        self._stopped = True

    def close(self) -> None:
        if self._mouth is not None and self._process == os.getpid():
            self._mouth.close()
        self._mouth = None


_inherited: list[object] = []
