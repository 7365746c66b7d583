"""A bus over Redis: one channel of publish and subscribe.

May: publish and listen. May not: keep anything in Redis.
"""

from __future__ import annotations

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
LOOK_UP_SECONDS = 0.5
"""How long a listener waits for a word before it looks whether it is to end."""
_CHANNEL = "cschat"


class RedisBus:
    """Of a URL as redis-py knows them. `?channel=` (default: cschat) is ours: one for each desk that shares a Redis with others."""

    hints_only = False

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
        self._stopped = False
        try:
            self._redis: Any = redis.Redis.from_url(
                parts._replace(query=urlencode(options)).geturl(),
                socket_timeout=TIMEOUT_SECONDS,
                socket_connect_timeout=TIMEOUT_SECONDS,
                health_check_interval=CHECK_SECONDS,
            )
            self._redis.connection_pool.make_connection()  # which takes the options and does not connect yet
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
                ear.subscribe(self._channel)
                while not self._stopped:
                    message: Any = ear.get_message(timeout=LOOK_UP_SECONDS) or {"type": None}
                    if message["type"] == "subscribe":
                        begun()
                    elif message["type"] == "message":
                        heard(message["data"])
        except self._errors as error:
            raise BusLost(str(error)) from error

    def stop(self) -> None:
        self._stopped = True

    def close(self) -> None:
        self._redis.close()
