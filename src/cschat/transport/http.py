"""Sending by HTTP to addresses that people typed in: one POST, in bounded time, to nothing inside our own network.

May: resolve, check, connect, send, read an answer of bounded size. May not: follow a redirect, use a proxy, know what it sends.

A name is resolved once, every address it has is checked, and the connection goes to a checked address: a name that points elsewhere a
moment later changes nothing. `Host`, SNI and the certificate's name stay those of the URL. The time is for the whole exchange, so a server
that answers a letter at a time gains nothing.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import attrs

from cschat.core.times import Micros, as_micros
from cschat.errors import Hopeless, TryLater

__all__ = ["MAX_ANSWER", "TIMEOUT_SECONDS", "Answer", "is_public", "post", "retry_after"]

TIMEOUT_SECONDS = 15.0
"""For the whole exchange."""
MAX_ANSWER = 64 * 1024
"""Bytes of an answer that are read; what is beyond is not looked at."""

_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_INSIDE = (ipaddress.ip_network("168.63.129.16/32"), ipaddress.ip_network("192.0.0.0/24"))
"""Served by the host of a virtual machine, whatever its number says."""


@attrs.frozen
class Answer:
    """What came back: names of headers in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def told(self) -> str:
        """The status and the beginning of the body, for an error."""
        return f"{self.status} {self.body[:200].decode(errors='replace')}".strip()


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool = False, timeout: float = TIMEOUT_SECONDS) -> Answer:
    """POST a body. Any status is an `Answer`.

    `private`: addresses that are not public, and plain HTTP, are allowed. `Hopeless` if the URL leads where it may not; `TryLater` if there
    is no answer in `timeout` seconds, or none that is HTTP.
    """
    try:
        parts = urlsplit(url)
        host, secure, given = parts.hostname, parts.scheme == "https", parts.port
    except ValueError as error:
        raise Hopeless(f"this is no address: {error}") from error
    if not host or parts.username is not None or parts.scheme not in ({"https", "http"} if private else {"https"}):
        raise Hopeless("only an https address without a user name may be called")
    port = given or (443 if secure else 80)
    until = time.monotonic() + timeout
    line = _Line(host, port, secure, until)
    try:
        for address in _checked(host, port, private=private):
            if line.reach(address):
                break
        else:
            raise TryLater(f"{host} takes no connection: {line.trouble}")
        return _exchange(line, parts.path or "/", parts.query, body, headers)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TryLater(f"{host} did not answer: {type(error).__name__}: {error}") from error
    finally:
        line.hang_up()


def retry_after(answer: Answer, now: Micros) -> float | None:
    """How many seconds an answer asks to wait: `Retry-After` as a number or a date."""
    asked = answer.headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return float(asked[:12])
    try:
        return max(0.0, (as_micros(parsedate_to_datetime(asked)) - now) / 1_000_000)
    except (ValueError, OverflowError):
        return None


def is_public(address: str) -> bool:
    """Whether an address, as numbers, is one of the open internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and any(ip in network for network in _TRANSLATED):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.teredo is not None or ip.is_site_local or int(ip) >> 32 == 0:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not any(ip in network for network in _INSIDE)


def _checked(host: str, port: int, *, private: bool) -> list[tuple[int, Any]]:
    """Every address of a name, as (family, address). `Hopeless` if one of them may not be called."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TryLater(f"{host} is not known: {error}") from error
    addresses: list[tuple[int, Any]] = [(family, address) for family, _, _, _, address in found]
    inside = [str(address[0]) for _, address in addresses if not private and not is_public(str(address[0]))]
    if inside:
        raise Hopeless(f"{host} leads to {inside[0]}, which is not a public address")
    return addresses


class _Line:
    """A connection with a last moment, in the shape of a socket that `http.client` uses."""

    def __init__(self, host: str, port: int, secure: bool, until: float) -> None:  # noqa: FBT001
        self.host, self.port, self.secure, self._until = host, port, secure, until
        self.trouble: OSError | None = None
        self._socket: socket.socket | None = None

    def left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("out of time")
        return left

    def reach(self, address: tuple[int, Any]) -> bool:
        """Connect to one address; whether that went well."""
        family, place = address
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(self.left())
            plain.connect(place)
            self._socket = plain
            if self.secure:
                plain.settimeout(self.left())
                self._socket = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
        except OSError as error:
            plain.close()
            self._socket, self.trouble = None, error
            return False
        return True

    @property
    def socket(self) -> socket.socket:
        if self._socket is None:
            raise OSError("not connected")
        self._socket.settimeout(self.left())
        return self._socket

    def sendall(self, data: Any) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self.socket.send(rest) :]

    def makefile(self, *_how: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self))

    def close(self) -> None:
        """Nothing: `http.client` lets go of a socket before it has read it."""

    def hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()


class _Reading(io.RawIOBase):
    """What comes in on a line."""

    def __init__(self, line: _Line) -> None:
        super().__init__()
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._line.socket.recv_into(buffer)


def _exchange(line: _Line, path: str, query: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    caller = http.client.HTTPConnection(line.host, line.port)
    caller.default_port = 443 if line.secure else 80
    caller.sock = line
    caller.request("POST", f"{path}?{query}" if query else path, body, {"User-Agent": "cschat", "Connection": "close", **headers})
    response = caller.getresponse()
    told = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, told, b"" if response.status == 204 else response.read(MAX_ANSWER))
