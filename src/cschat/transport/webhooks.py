"""Webhooks: follows the log for every webhook, and tells it what happens, signed by Standard Webhooks.

May: show an event, sign, send. May not: record anything but that a webhook takes nothing more.

The `webhook-id` of an event is the same at every attempt, its timestamp and signature are of the attempt. A webhook that is not for staff
gets what the customer of the session may see, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import msgspec

from cschat.commands.outgoing import DisableTarget
from cschat.core.clock import Clock
from cschat.core.events import BODIES, SESSION_BODIES, Event
from cschat.core.people import Role
from cschat.core.times import as_iso
from cschat.core.webhooks import Secret, Webhook, secret_id
from cschat.errors import TryLater
from cschat.queries.protocol import shown
from cschat.storage.codec import face
from cschat.storage.protocol import In, Store, Transaction
from cschat.transport.alerts import beginning
from cschat.transport.relay import Delivery, Patience, Target

__all__ = ["Webhooks", "payload", "sign"]

PATIENCE = Patience(tries=18, first=5, longest=43_200)
"""About two days."""
_ALL = 10_000


def sign(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """The signature of a message: `v1,` and base64 of the HMAC-SHA256 of `id.timestamp.body`."""
    letters = secret.removeprefix("whsec_")
    key = base64.b64decode(letters + "=" * (-len(letters) % 4))
    digest = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def payload(event: Event) -> bytes:
    """An event as a message: its type, its time, and what it says. What made a repeated request one event stays here."""
    told: dict[str, Any] = {name: value for name, value in face(event).items() if name not in ("type", "once")}
    return msgspec.json.encode({"type": event.type, "timestamp": as_iso(event.time), "data": {"id": event.name, **told}})


class Webhooks:
    """The webhooks of one desk. `carry` carries a command out for a brand."""

    def __init__(self, store: Store, clock: Clock, carry: Callable[[str, DisableTarget], None]) -> None:
        self._store = store
        self._clock = clock
        self._carry = carry
        self._began: dict[tuple[str, int], int] = {}

    def targets(self, tx: Transaction, /) -> Iterable[Target]:
        for webhook in tx.find(Webhook, where={"removed": In((False, True))}, limit=_ALL):
            name, handler = f"webhook:{webhook.id}", partial(self._deliver, webhook.id)
            if webhook.removed or webhook.disabled:
                yield Target(name, frozenset(), handler, ended=True)
                continue
            began = (webhook.id, webhook.since)
            if began not in self._began:
                self._began[began] = beginning(tx, *began)
            wanted = frozenset(webhook.types) or frozenset(BODIES)
            if not webhook.staff:
                wanted &= frozenset(body.__name__ for body in SESSION_BODIES)
            yield Target(name, wanted, handler, brand=webhook.brand, since=self._began[began], patience=PATIENCE)

    def _deliver(self, id: str, event: Event, delivery: Delivery) -> None:
        from cschat.transport.http import post, retry_after

        webhook, secret = self._store.read(lambda tx: (tx.peek(Webhook, id), tx.peek(Secret, secret_id(id))))
        if webhook is None or secret is None or webhook.removed or webhook.disabled:
            return
        told = event if webhook.staff else shown(event, Role.CUSTOMER)
        if told is None:
            return
        now, body = self._clock.now(), payload(told)
        timestamp = now // 1_000_000
        secrets = [secret.value, *([secret.previous] if secret.previous and now < secret.until else [])]
        headers = {
            "Content-Type": "application/json",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(sign(one, delivery.id, timestamp, body) for one in secrets),
        }
        answer = post(webhook.url, body, headers, private=webhook.private)
        if answer.ok:
            return
        if answer.status == 410:
            self._carry(webhook.brand, DisableTarget(id, reason=answer.told[:500]))
        elif answer.status in (429, 502, 503, 504):
            raise TryLater(answer.told, seconds=retry_after(answer, now))
        else:
            raise ConnectionError(answer.told)  # perhaps this event alone is not liked
