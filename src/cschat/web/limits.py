"""How much is too much.

May: count requests and bytes. May not: know what they ask for.

Requests are counted in token buckets, in the memory of this process: one for each address, one for each caller, and smaller ones for what
costs most. What is counted is bounded too; whoever has asked for nothing for the longest is forgotten first.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import attrs

from cschat.errors import CschatError, Invalid, LimitExceeded
from cschat.web.messages import Request

__all__ = [
    "JSON_BYTES",
    "Buckets",
    "Limits",
    "LongAddress",
    "LongHeaders",
    "MalformedRequest",
    "Rate",
    "TooLarge",
    "address_of",
    "check_shape",
]

JSON_BYTES = 1_000_000
"""The longest body of commands and queries."""
_PATH_LETTERS = 8_000
_QUERY_LETTERS = 8_000
_HEADER_LETTERS = 64_000
_MOST_COUNTED = 100_000
_ADDRESS_LETTERS = 60
_MOST_ADDRESSES = 10_000
"""Addresses whose network is remembered."""


class TooLarge(CschatError):
    """The body has more bytes than `most`."""

    code = "too_large"
    status_hint = 413


class MalformedRequest(CschatError):
    """This is not HTTP as it should be."""

    code = "malformed"
    status_hint = 400


class LongAddress(CschatError):
    """The path or the query is longer than any of ours."""

    code = "long_address"
    status_hint = 414


class LongHeaders(CschatError):
    """The headers are longer than any browser needs."""

    code = "long_headers"
    status_hint = 431


def _positive(_rate: object, field: attrs.Attribute[Any], value: float) -> None:
    if not value > 0:
        raise Invalid(field=field.name, reason="must be more than 0")


@attrs.frozen
class Rate:
    """So many requests `per_second` in the long run, and at most `burst` at once."""

    per_second: float = attrs.field(validator=_positive)
    burst: int = attrs.field(validator=_positive)


@attrs.frozen
class Limits:
    """How often one may ask: an `address` (all who share it), a `customer`, one of the host's `people`.

    And how often one may come in, send files, and send the form of the help centre.
    Many customers may share an address (an office, a phone network), so that limit only stops floods.
    """

    address: Rate = Rate(200, 1_000)
    customer: Rate = Rate(10, 100)
    people: Rate = Rate(50, 500)
    enter: Rate = Rate(1, 60)
    files: Rate = Rate(0.5, 30)
    form: Rate = Rate(0.05, 10)


class Buckets:
    """One token bucket for each name and key. `clock` counts seconds."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._rates: Mapping[str, Rate] = attrs.asdict(limits, recurse=False)
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, name: str, key: str) -> None:
        """Count one request. `LimitExceeded` if it is one too many, with the `seconds` until there is room for one."""
        rate, now = self._rates[name], self._clock()
        with self._lock:
            left, at = self._left.pop((name, key), (float(rate.burst), now))
            left = min(float(rate.burst), left + (now - at) * rate.per_second)
            self._left[name, key] = (left - 1 if left >= 1 else left), now
            if len(self._left) > _MOST_COUNTED:
                self._left.popitem(last=False)
        if left < 1:
            seconds = (1 - left) / rate.per_second
            raise LimitExceeded(f"too many requests: again in {seconds:.1f} s", limit=f"requests.{name}", value=rate.burst, seconds=seconds)


def address_of(request: Request) -> str:
    """Where a request comes from: of an IPv6 address the network, as one caller has them all.

    If it comes from this machine or a private network, that is a proxy, and the last address that it names is the caller's.
    """
    told = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return _network(request.client, told if len(told) <= _ADDRESS_LETTERS else "")


@lru_cache(maxsize=_MOST_ADDRESSES)
def _network(client: str, told: str) -> str:
    address = _address(client)
    if address is None or not address.is_global:
        address = _address(told) or address
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def check_shape(request: Request) -> None:
    """Raise what is wrong with a request before anybody looks at what it asks."""
    if len(request.path) > _PATH_LETTERS or len(request.query) > _QUERY_LETTERS:
        raise LongAddress("the address is too long")
    if sum(len(name) + len(value) for name, value in request.headers.items()) > _HEADER_LETTERS:
        raise LongHeaders("the headers are too long")
    if request.fault is not None:
        raise request.fault
