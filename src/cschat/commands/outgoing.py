"""What alert targets and webhooks share: their secrets, who may send into our own network, and the end of what takes nothing more.

May: keep secrets, record changes. May not: send anything.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

import attrs

from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.alerts import AlertTarget
from cschat.core.fields import is_id, line, record_id
from cschat.core.people import Role
from cschat.core.webhooks import Secret, Webhook, secret_id
from cschat.errors import Conflict, Forbidden

__all__ = ["DisableTarget"]

T = TypeVar("T", AlertTarget, Webhook)


def check_private(ctx: Context, *, wanted: bool) -> None:
    """Refuse to send into our own network unless the host says so: whoever may choose the address could reach what is only in there."""
    if wanted and ctx.see.who.role is not Role.HOST:
        raise Forbidden("only the host lets anything be sent into its own network", actor=ctx.see.who.name, permission=Permission.OPERATE)


def put_secret(ctx: Context, target: str, value: str) -> bool:
    """Keep the secret of a target; whether it is another than before."""
    known = ctx.tx.peek(Secret, secret_id(target))
    if known is not None and known.value == value:
        return False
    ctx.tx.put(Secret(secret_id(target), ctx.brand_id, value))
    return True


def drop_secret(ctx: Context, target: str) -> None:
    """Forget the secret of a target."""
    if ctx.tx.peek(Secret, secret_id(target)) is not None:
        ctx.tx.delete(Secret, secret_id(target))


def present(ctx: Context, kind: type[T], id: str) -> T:
    """A target that was not removed; `Conflict` else."""
    target = ctx.see.mine(kind, id)
    if target.removed:
        raise Conflict(f"{id} was removed", target_id=id)
    return target


def differing(target: AlertTarget | Webhook, wanted: dict[str, Any]) -> dict[str, Any]:
    """What of the wanted fields is another than the target has; None is not wanted."""
    return {name: value for name, value in wanted.items() if value is not None and value != getattr(target, name)}


def told_of(target: AlertTarget | Webhook, after: dict[str, Any], *, secret: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """The change as its event tells it, before and after: that an address or a secret is another, not which. They may give access."""
    before = {name: _plain(name, getattr(target, name)) for name in after}
    told = {name: _plain(name, value) for name, value in after.items()}
    return before, told | ({"secret": "changed"} if secret else {})


def begun_again(target: AlertTarget | Webhook, after: dict[str, Any]) -> dict[str, Any]:
    """The change, and where a target that is enabled again begins to follow: here."""
    return after | {"since": target.seq + 1, "reason": ""} if after.get("disabled") is False else after


def _plain(name: str, value: Any) -> Any:
    if name == "url":
        return "..."
    return list(value) if isinstance(value, tuple) else value


def _off(target: AlertTarget | Webhook) -> bool:
    return target.removed or target.disabled


@attrs.frozen
class DisableTarget:
    """The desk itself stops sending to an alert target or a webhook that takes nothing any more, for a `reason`. Answers with it."""

    permission: ClassVar = Permission.OPERATE

    target: str = attrs.field(converter=record_id, validator=is_id)
    reason: str = attrs.field(default="", validator=line(limit=500))

    def run(self, ctx: Context) -> AlertTarget | Webhook:
        before, told = {"disabled": False}, {"disabled": True, "reason": self.reason}
        if self.target.startswith(f"{Webhook.prefix}_"):
            webhook = ctx.see.mine(Webhook, self.target)
            return webhook if _off(webhook) else ctx.change(webhook, e.WebhookChanged(before, told), **told)
        target = ctx.see.mine(AlertTarget, self.target)
        return target if _off(target) else ctx.change(target, e.AlertTargetChanged(before, told), **told)

    def again(self, ctx: Context, _event: e.Event) -> AlertTarget | Webhook:
        return self.run(ctx)
