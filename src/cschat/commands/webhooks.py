"""Who is told what happens, by webhook.

May: keep webhooks and their secrets. May not: send anything (`transport.webhooks` does).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Any, ClassVar

import attrs

from cschat.commands.outgoing import begun_again, check_private, differing, drop_secret, present, put_secret, told_of
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.answers import Signing
from cschat.core.fields import flag, is_id, line, listed, record_id, web_address
from cschat.core.records import evolve
from cschat.core.times import SECOND
from cschat.core.webhooks import Secret, Webhook, secret_id
from cschat.errors import Invalid

__all__ = ["AddWebhook", "ChangeWebhook", "RemoveWebhook", "RotateWebhookSecret"]

_PREFIX = "whsec_"


def _new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _secret(_command: object, field: attrs.Attribute[Any], value: str) -> None:
    line(limit=200, required=True)(_command, field, value)
    letters = value.removeprefix(_PREFIX)
    try:
        size = len(base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not 24 <= size <= 64:
        raise Invalid(field=field.name, reason="is no secret of a webhook", allowed=["whsec_ and 24 to 64 bytes in base64"])


def _overlap(_command: object, field: attrs.Attribute[Any], value: float) -> None:
    if type(value) not in (int, float) or not 0 <= value <= 31 * 86_400:
        raise Invalid(field=field.name, reason=f"{value!r} is no number of seconds", allowed=["0 to 2678400"])


def _types(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is None and field.default is None:
        return
    if not isinstance(value, tuple):
        raise Invalid(field=field.name, reason="must be a list of names of events")
    for name in value:
        if name not in e.BODIES:
            raise Invalid(field=field.name, reason=f"{name!r} is no event", allowed=list(e.BODIES))


@attrs.frozen
class AddWebhook:
    """Tell an address what happens from now on. Answers with `Signing`: the `Webhook`, and the secret that signs for it.

    `types` are the names of the events it wants; none: all that it may have. It may have what the customer of a session may see; with
    `staff` everything, internal messages included. `secret` is made if it is not given; it is not shown again. `private` lets it lie in our
    own network, and be called without TLS: the host alone may say so (`Forbidden`).
    """

    permission: ClassVar = Permission.ADMINISTER

    url: str = attrs.field(validator=line(limit=2000, required=True))
    types: tuple[str, ...] = attrs.field(default=(), converter=listed, validator=_types)
    staff: bool = attrs.field(default=False, validator=flag)
    private: bool = attrs.field(default=False, validator=flag)
    secret: str = attrs.field(factory=_new_secret, validator=_secret, repr=False)

    def run(self, ctx: Context) -> Signing:
        check_private(ctx, wanted=self.private)
        web_address(self.url, "url", private=self.private)
        id, types = ctx.new_id(Webhook), tuple(sorted(set(self.types)))
        fresh = Webhook(id, ctx.brand_id, 0, self.url, types, staff=self.staff, private=self.private)
        put_secret(ctx, id, self.secret)
        return Signing(ctx.change(fresh, e.WebhookAdded(types, self.staff)), self.secret)

    def again(self, ctx: Context, event: e.Event) -> Signing:
        return Signing(ctx.see.mine(Webhook, event.subject), ctx.tx.get(Secret, secret_id(event.subject)).value)


@attrs.frozen
class ChangeWebhook:
    """Change a webhook; what is None stays. Answers with the `Webhook`.

    While it is `disabled` it is told of nothing, and what is on its way to it is dropped. Enabled again, it goes on with what happens then.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Webhook

    webhook: str = attrs.field(converter=record_id, validator=is_id)
    url: str | None = attrs.field(default=None, validator=line(limit=2000, required=True))
    types: tuple[str, ...] | None = attrs.field(default=None, converter=listed, validator=_types)
    staff: bool | None = attrs.field(default=None, validator=flag)
    private: bool | None = attrs.field(default=None, validator=flag)
    disabled: bool | None = attrs.field(default=None, validator=flag)

    def run(self, ctx: Context) -> Webhook:
        webhook = present(ctx, Webhook, self.webhook)
        wanted: dict[str, Any] = {field.name: getattr(self, field.name) for field in attrs.fields(type(self)) if field.name != "webhook"}
        if self.types is not None:
            wanted["types"] = tuple(sorted(set(self.types)))
        after = differing(webhook, wanted)
        settled = evolve(webhook, **after)
        check_private(ctx, wanted=settled.private and bool({"private", "url"} & after.keys()))
        web_address(settled.url, "url", private=settled.private)
        if not after:
            return webhook
        return ctx.change(webhook, e.WebhookChanged(*told_of(webhook, after)), **begun_again(webhook, after))


@attrs.frozen
class RotateWebhookSecret:
    """Sign with another secret. Answers with `Signing`. For `overlap` seconds (default: a day) the one before signs as well."""

    permission: ClassVar = Permission.ADMINISTER

    webhook: str = attrs.field(converter=record_id, validator=is_id)
    overlap: float = attrs.field(default=86_400, validator=_overlap)
    secret: str = attrs.field(factory=_new_secret, validator=_secret, repr=False)

    def run(self, ctx: Context) -> Signing:
        webhook = present(ctx, Webhook, self.webhook)
        known = ctx.tx.get(Secret, secret_id(webhook.id))
        if known.value == self.secret:
            return Signing(webhook, self.secret)
        until = ctx.now + round(self.overlap * SECOND)
        ctx.tx.put(evolve(known, value=self.secret, previous=known.value, until=until))
        return Signing(ctx.change(webhook, e.WebhookSecretRotated(until)), self.secret)

    def again(self, ctx: Context, event: e.Event) -> Signing:
        return Signing(ctx.see.mine(Webhook, event.subject), ctx.tx.get(Secret, secret_id(event.subject)).value)


@attrs.frozen
class RemoveWebhook:
    """Remove a webhook. What is on its way to it is dropped, its secret forgotten. Answers with the `Webhook`."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Webhook

    webhook: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> Webhook:
        webhook = ctx.see.mine(Webhook, self.webhook)
        if webhook.removed:
            return webhook
        drop_secret(ctx, webhook.id)
        return ctx.change(webhook, e.WebhookRemoved(), removed=True)

    def again(self, ctx: Context, _event: e.Event) -> Webhook:
        return ctx.see.mine(Webhook, self.webhook)
