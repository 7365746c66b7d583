"""Where alerts go, and who wants none.

May: keep targets and their secrets. May not: send anything (`transport.alerts` does).
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from cschat.commands.outgoing import begun_again, check_private, differing, drop_secret, present, put_secret, told_of
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.alerts import BY_TOKEN, BY_URL, DEFAULT_KINDS, AlertKind, AlertTarget, AlertType
from cschat.core.fields import flag, is_id, line, listed, mail_address, member, names, record_id, web_address
from cschat.core.people import Agent
from cschat.core.records import evolve
from cschat.core.webhooks import Secret, secret_id
from cschat.errors import Conflict, Invalid

__all__ = ["AddAlertTarget", "ChangeAlertTarget", "MuteAlerts", "RemoveAlertTarget", "SendTestAlert"]


def _type(value: AlertType | str) -> AlertType:
    return member(AlertType, value, "type")


def _kinds(value: Any) -> Any:
    several = listed(value)
    if value is None or not isinstance(several, tuple):
        return value
    return tuple(dict.fromkeys(member(AlertKind, kind, "kinds") for kind in several))


def _kind_list(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is None and field.default is None:
        return
    if not isinstance(value, tuple) or not all(isinstance(kind, AlertKind) for kind in value):
        raise Invalid(field=field.name, reason="must be a list of kinds", allowed=list(AlertKind))


def _addresses(command: object, field: attrs.Attribute[Any], value: Any) -> None:
    names(limit=254)(command, field, value)
    for address in value or ():
        mail_address(command, field, address)


@attrs.frozen
class AddAlertTarget:
    """Let alerts go to a place. Answers with the `AlertTarget`. It is told of what happens from now on.

    What a `type` needs: slack, jandi and hiworks the `url` of an incoming webhook; telegram the `token` of a bot and a `chat`;
    hiworks_office the `token` of the office and the `users` to tell; mail `addresses`, or `personal`: the agents whom it concerns, at the
    `email` of each. The `url` of a type with a token is another address of the service than the usual one. Neither the token nor the URL of
    an incoming webhook is shown to anybody again. `kinds` are those of `AlertKind`; `language` is "ko" or "en" (None: the brand's).
    `private` lets it lie in our own network: the host alone may say so (`Forbidden`).
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = AlertTarget

    name: str = attrs.field(validator=line(limit=100, required=True))
    type: AlertType = attrs.field(converter=_type)
    url: str = attrs.field(default="", validator=line(limit=2000), repr=False)
    token: str = attrs.field(default="", validator=line(limit=500), repr=False)
    chat: str = attrs.field(default="", validator=line(limit=100))
    users: tuple[str, ...] = attrs.field(default=(), converter=listed, validator=names())
    addresses: tuple[str, ...] = attrs.field(default=(), converter=listed, validator=_addresses)
    personal: bool = attrs.field(default=False, validator=flag)
    kinds: tuple[AlertKind, ...] = attrs.field(default=DEFAULT_KINDS, converter=_kinds, validator=_kind_list)
    language: str | None = attrs.field(default=None, validator=line(limit=35))
    private: bool = attrs.field(default=False, validator=flag)

    def run(self, ctx: Context) -> AlertTarget:
        check_private(ctx, wanted=self.private)
        target = AlertTarget(
            id=ctx.new_id(AlertTarget),
            brand=ctx.brand_id,
            seq=0,
            name=self.name,
            type=self.type,
            kinds=self.kinds,
            language=self.language,
            url="" if self.type in BY_URL else self.url,
            chat=self.chat,
            users=self.users,
            addresses=self.addresses,
            personal=self.personal,
            private=self.private,
        )
        secret = self.url if self.type in BY_URL else self.token
        _check(target, secret, self.url)
        if secret:
            put_secret(ctx, target.id, secret)
        return ctx.change(target, e.AlertTargetAdded(self.name, self.type, self.kinds))

    def again(self, ctx: Context, event: e.Event) -> AlertTarget:
        return ctx.see.mine(AlertTarget, event.subject)


def _check(target: AlertTarget, secret: str, url: str) -> None:
    """Raise `Invalid` if what the type of a target needs is missing or wrong."""
    lacks: dict[str, bool] = {
        "url": target.type in BY_URL and not secret,
        "token": target.type in BY_TOKEN and not secret,
        "users": target.type is AlertType.HIWORKS_OFFICE and not target.users,
        "chat": target.type is AlertType.TELEGRAM and not target.chat.strip(),
        "addresses": target.type is AlertType.MAIL and not target.addresses and not target.personal,
    }
    for field, missing in lacks.items():
        if missing:
            raise Invalid(field=field, reason=f"an alert target of type {target.type} needs it")
    if url and target.type is AlertType.MAIL:
        raise Invalid(field="url", reason="mail goes by the mail server that the host names", allowed=["addresses", "personal"])
    if url:
        web_address(url, "url", private=target.private)
    if secret and target.type in BY_TOKEN and not (secret.isascii() and secret.isprintable() and not set(secret) & set(" /?#%")):
        raise Invalid(field="token", reason="is no token")
    if target.personal and target.type is not AlertType.MAIL:
        raise Invalid(field="personal", reason="only mail goes to agents themselves", allowed=[AlertType.MAIL])


@attrs.frozen
class ChangeAlertTarget:
    """Change a target; what is None stays. Answers with the `AlertTarget`. Its fields are those of `AddAlertTarget`.

    While it is `disabled` it is told of nothing, and what is on its way to it is dropped. Enabled again, it goes on with what happens then.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = AlertTarget

    target: str = attrs.field(converter=record_id, validator=is_id)
    name: str | None = attrs.field(default=None, validator=line(limit=100, required=True))
    url: str | None = attrs.field(default=None, validator=line(limit=2000), repr=False)
    token: str | None = attrs.field(default=None, validator=line(limit=500, required=True), repr=False)
    chat: str | None = attrs.field(default=None, validator=line(limit=100))
    users: tuple[str, ...] | None = attrs.field(default=None, converter=listed, validator=names())
    addresses: tuple[str, ...] | None = attrs.field(default=None, converter=listed, validator=_addresses)
    personal: bool | None = attrs.field(default=None, validator=flag)
    kinds: tuple[AlertKind, ...] | None = attrs.field(default=None, converter=_kinds, validator=_kind_list)
    language: str | None = attrs.field(default=None, validator=line(limit=35))
    private: bool | None = attrs.field(default=None, validator=flag)
    disabled: bool | None = attrs.field(default=None, validator=flag)

    def run(self, ctx: Context) -> AlertTarget:
        target = present(ctx, AlertTarget, self.target)
        by_url = target.type in BY_URL
        fresh = self.url if by_url else self.token
        hidden = ("target", "token", "url") if by_url else ("target", "token")
        wanted = {field.name: getattr(self, field.name) for field in attrs.fields(type(self)) if field.name not in hidden}
        after = differing(target, wanted)
        settled = evolve(target, **after)
        check_private(ctx, wanted=settled.private and ("private" in after or self.url is not None))
        known = ctx.tx.peek(Secret, secret_id(target.id))
        _check(settled, ("" if known is None else known.value) if fresh is None else fresh, self.url or settled.url)
        changed = fresh is not None and put_secret(ctx, target.id, fresh)
        if not after and not changed:
            return target
        return ctx.change(target, e.AlertTargetChanged(*told_of(target, after, secret=changed)), **begun_again(target, after))


@attrs.frozen
class RemoveAlertTarget:
    """Remove a target. What is on its way to it is dropped, its secret forgotten. Answers with the `AlertTarget`."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = AlertTarget

    target: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> AlertTarget:
        target = ctx.see.mine(AlertTarget, self.target)
        if target.removed:
            return target
        drop_secret(ctx, target.id)
        return ctx.change(target, e.AlertTargetRemoved(), removed=True)

    def again(self, ctx: Context, _event: e.Event) -> AlertTarget:
        return ctx.see.mine(AlertTarget, self.target)


@attrs.frozen
class SendTestAlert:
    """Send a test alert to a target. Answers with the `AlertTarget`. `Conflict` if it is disabled or removed."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = AlertTarget

    target: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> AlertTarget:
        target = present(ctx, AlertTarget, self.target)
        if target.disabled:
            raise Conflict(f"{target.id} is disabled", target_id=target.id)
        return ctx.change(target, e.AlertTargetTested())


@attrs.frozen
class MuteAlerts:
    """Say which kinds of alerts one does not want to get oneself; they replace those said before. Answers with the `Agent`, who acts.

    It counts for what goes to agents themselves (a target that is `personal`), not for what goes to a room that all read.
    """

    permission: ClassVar = Permission.SERVE
    makes: ClassVar = Agent

    kinds: tuple[AlertKind, ...] = attrs.field(converter=_kinds, validator=_kind_list)

    def run(self, ctx: Context) -> Agent:
        agent = ctx.acting_agent()
        muted = tuple(sorted(self.kinds))
        if agent.muted == muted:
            return agent
        return ctx.change(agent, e.AgentChanged({"muted": list(agent.muted)}, {"muted": list(muted)}), muted=muted)
