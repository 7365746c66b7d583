"""A bus over Redis: one channel of publish and subscribe.

May: publish and listen. May not: keep anything in Redis.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cschat.errors import Invalid, MissingExtra
from cschat.transport.bus import BusLost

__all__ = ["RedisBus"]

TIMEOUT_SECONDS = 2.0
"""How long Redis may take to answer."""
CHECK_SECONDS = 10
"""After how long without a word a listener asks whether Redis is still there."""
_CHANNEL = "cschat"


class RedisBus:
    """Of a URL as redis-py knows them. `?channel=` (default: cschat) is ours: one for each desk that shares a Redis with others."""

    def __init__(self, url: str) -> None:
        try:
            import redis
        except ModuleNotFoundError as error:
            raise MissingExtra('a bus over Redis needs redis: pip install "cschat[redis]"', extra="redis") from error
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        self._channel = options.pop("channel", _CHANNEL)
        if not self._channel:
            raise Invalid(field="bus", reason="the channel has no name", allowed=["redis://host:6379/0?channel=shop"])
        self._errors: tuple[type[Exception], ...] = (redis.RedisError, OSError)
        self._guard = threading.Lock()
        self._closed = False
        self._ear: Any = None
        try:
            self._redis: Any = redis.Redis.from_url(
                parts._replace(query=urlencode(options)).geturl(),
                socket_timeout=TIMEOUT_SECONDS,
                socket_connect_timeout=TIMEOUT_SECONDS,
                health_check_interval=CHECK_SECONDS,
            )
        except (ValueError, TypeError) as error:
            raise Invalid(field="bus", reason=str(error), allowed=["redis://host:6379/0"]) from error

    def send(self, message: bytes, /) -> None:
        try:
            self._redis.publish(self._channel, message)
        except self._errors as error:
            raise BusLost(str(error)) from error

    def listen(self, begun: Callable[[], None], heard: Callable[[bytes], None], /) -> None:
        try:
            with self._redis.pubsub() as ear:
                with self._guard:
                    self._ear = ear
                    ear.subscribe(self._channel)
                while not self._closed:
                    message = ear.get_message(timeout=CHECK_SECONDS)
                    if message is not None and message["type"] == "subscribe":
                        begun()
                    elif message is not None and message["type"] == "message":
                        heard(message["data"])
        except self._errors as error:
            if not self._closed:
                raise BusLost(str(error)) from error

    def close(self) -> None: ...
