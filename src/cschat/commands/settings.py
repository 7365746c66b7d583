"""The brand's settings and its labels.

May: change what the desk is told to do. May not: do it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import attrs
import msgspec

from cschat.commands.labelling import add_category, add_tag, path_names, tag_named
from cschat.commands.looks import as_away, as_form, as_look
from cschat.commands.protocol import Context
from cschat.commands.schedules import known_zone
from cschat.core import events as e
from cschat.core.absence import AbsenceReason
from cschat.core.access import Permission
from cschat.core.brand import Accepting, Brand, OnAbsence, Reopening
from cschat.core.content import FormField, text
from cschat.core.fields import flag, is_id, line, member, record_id, web_address
from cschat.core.labels import Category, Tag, TagList
from cschat.core.look import Away, Look
from cschat.core.scenarios import BESIDE, EntryRule
from cschat.core.times import milliseconds
from cschat.errors import Conflict, Invalid

__all__ = ["AddCategory", "AddTag", "ChangeBrand", "ChangeCategory", "ChangeTag"]


_MAX_STARS = 5
_MAX_TEXTS = 100


def _duration(_command: object, field: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and (type(value) not in (int, float) or not 0 <= value <= 366 * 86_400):
        raise Invalid(field=field.name, reason=f"{value!r} is no number of seconds", allowed=["0 to 31622400"])


def _accepting(value: Accepting | str | None) -> Accepting | None:
    return None if value is None else member(Accepting, value, "accepting")


def _absence(value: OnAbsence | str | None) -> OnAbsence | None:
    return None if value is None else member(OnAbsence, value, "absence")


def _texts(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, dict) or len(value) > _MAX_TEXTS or any(str(key).partition("/")[0] not in [*AbsenceReason] for key in value):
        raise Invalid(
            field=field.name, reason="must give a text for each of these, or for one in a language (closed/en)", allowed=[*AbsenceReason]
        )
    for key, words in value.items():
        text(key, field.name, 45)
        text(words, f"{field.name}.{key}", 1000)
        if not words.strip():
            raise Invalid(field=f"{field.name}.{key}", reason="must not be blank")


def _tag_list(value: TagList | str) -> TagList:
    return member(TagList, value, "list")


def _policies(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {channel: member(Reopening, policy, "reopening") for channel, policy in value.items()}


def _by_channel(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and (not isinstance(value, dict) or len(value) > 100 or not all(value)):
        raise Invalid(field=field.name, reason="must give a policy for each channel", allowed=["{'*': 'new_session'}"])
    for channel in value or ():
        text(channel, field.name, 50)


def _rules(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, (str, dict)) or not hasattr(value, "__iter__"):
        raise Invalid(field="entry", reason="must be a list of rules")
    return tuple(_rule(one) for one in value)


def _rule(value: Any) -> EntryRule:
    if isinstance(value, dict) and (unknown := value.keys() - {*EntryRule.__struct_fields__}):
        raise Invalid(field="entry", reason=f"a rule has no {min(unknown)!r}", allowed=EntryRule.__struct_fields__)
    try:
        rule = value if isinstance(value, EntryRule) else msgspec.convert(value, EntryRule)
    except msgspec.ValidationError as error:
        raise Invalid(field="entry", reason=str(error), allowed=EntryRule.__struct_fields__) from error
    for name in ("scenario", "channel", "language", "customer", "page"):
        text(getattr(rule, name), f"entry.{name}", 500)
    for tag in rule.tags:
        text(tag, "entry.tags", 100)
    if not rule.scenario:
        raise Invalid(field="entry.scenario", reason="a rule names a scenario")
    if rule.customer not in (None, "guest", "member"):
        raise Invalid(field="entry.customer", reason=f"{rule.customer!r} is no kind of customer", allowed=["guest", "member"])
    if rule.page is not None and rule.page.count("*") > _MAX_STARS:
        raise Invalid(field="entry.page", reason="a page pattern has too many *", allowed=[f"at most {_MAX_STARS}"])
    return rule


def _beside(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, dict) or any(when not in BESIDE for when in value):
        raise Invalid(field=field.name, reason="must name a scenario for each of these", allowed=BESIDE)
    for name in value.values():
        text(name, field.name, 100)


def _page(_command: object, field: attrs.Attribute[Any], value: str | None) -> None:
    """A validator of the address of a page; "" takes it away."""
    if value is not None and value != "":
        web_address(value, field.name, private=True)


def _page_of(what: str) -> Callable[[object, attrs.Attribute[Any], str | None], None]:
    """A validator of the address of a page, with `{what}` in it where an id belongs."""

    def check(_command: object, field: attrs.Attribute[Any], value: str | None) -> None:
        _page(_command, field, value)
        if value and f"{{{what}}}" not in value:
            raise Invalid(field=field.name, reason=f"must say where the id of the {what} belongs", allowed=[f"https://.../{{{what}}}"])

    return check


@attrs.frozen
class ChangeBrand:
    """Change the brand's settings; what is None stays. Answers with the `Brand`. Durations in seconds; `wrap_up_limit=0`: no limit.

    `accepting`: auto (the hours say open and somebody is available), open, closed. `reopening`: policy by channel ("*": all others):
    same_session, new_session, never. `entry`: rules, of which the first that fits says which scenario a new session begins with.
    `beside`: the scenario that begins when a session is "queued", "assigned" or "ended". `seen_fence`: refuse an agent's message when
    the customer or a colleague has spoken since they looked. `absence`: while nobody can come, the desk takes a message (intake) or
    says when to come again (refuse); `intake_texts`: the brand's words for it by reason, `{opening}` in them is the next opening.
    `workspace_url`: the page of a session for staff, to which alerts link, with `{session}` where its id belongs.
    `delay_live`: agents may delay their replies in live talks too, not only where somebody waits for a later answer.
    `opt_out_url`: the page where customers opt out of marketing, with `{recipient}` in it: it calls `OptOut`.
    `short_wait`: who leaves the queue sooner than this is shown apart in statistics, which are made anew when it changes.
    `look`: colour, logo, greeting, where the launcher is; as a whole. `guest_form`: what a guest is asked first; a field's name is one of
    the profile's or that of an attribute, which the customer then may set. `away`: how a customer who is not there learns of an answer
    that they have not read after `away_after`: badge (when they look again), push (the host tells them, on `LeftUnread`), mail (the desk
    does, through `desk.mail`). `chat_url`: the page where they talk, where the mail leads; `{session}` in it is the session's id.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Brand

    name: str | None = attrs.field(default=None, validator=line(limit=100))
    language: str | None = attrs.field(default=None, validator=line(limit=35))
    zone: str | None = attrs.field(default=None, validator=known_zone)
    accepting: Accepting | None = attrs.field(default=None, converter=_accepting)
    grace: float | None = attrs.field(default=None, validator=_duration)
    reopening: dict[str, Reopening] | None = attrs.field(default=None, converter=_policies, validator=_by_channel)
    reopen_window: float | None = attrs.field(default=None, validator=_duration)
    wrap_up_limit: float | None = attrs.field(default=None, validator=_duration)
    seen_fence: bool | None = attrs.field(default=None, validator=flag)
    end_when_gone: bool | None = attrs.field(default=None, validator=flag)
    open_labels: bool | None = attrs.field(default=None, validator=flag)
    entry: tuple[EntryRule, ...] | None = attrs.field(default=None, converter=_rules)
    beside: dict[str, str] | None = attrs.field(default=None, validator=_beside)
    absence: OnAbsence | None = attrs.field(default=None, converter=_absence)
    intake_texts: dict[str, str] | None = attrs.field(default=None, validator=_texts)
    workspace_url: str | None = attrs.field(default=None, validator=_page_of("session"))
    delay_live: bool | None = attrs.field(default=None, validator=flag)
    opt_out_url: str | None = attrs.field(default=None, validator=_page_of("recipient"))
    short_wait: float | None = attrs.field(default=None, validator=_duration)
    look: Look | None = attrs.field(default=None, converter=as_look)
    guest_form: tuple[FormField, ...] | None = attrs.field(default=None, converter=as_form)
    away: Away | None = attrs.field(default=None, converter=as_away)
    away_after: float | None = attrs.field(default=None, validator=_duration)
    chat_url: str | None = attrs.field(default=None, validator=_page)

    def run(self, ctx: Context) -> Brand:
        brand = ctx.see.brand()
        wanted: dict[str, Any] = {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}
        for name in ("grace", "reopen_window", "wrap_up_limit", "short_wait", "away_after"):
            wanted[name] = None if wanted[name] is None else milliseconds(wanted[name])
        if self.reopening is not None:
            wanted["reopening"] = dict(sorted(self.reopening.items()))
        after = {name: value for name, value in wanted.items() if value is not None and value != getattr(brand, name)}
        if after.get("wrap_up_limit") == 0:
            after["wrap_up_limit"] = None
            if brand.wrap_up_limit is None:
                del after["wrap_up_limit"]
        if not after:
            return brand
        before = {name: getattr(brand, name) for name in after}
        body = e.BrandChanged(msgspec.to_builtins(before), msgspec.to_builtins(after))  # plain values: what JSON gives back
        return ctx.change(brand, body, **after)


@attrs.frozen
class AddCategory:
    """Add a category by its path, with its parents: `배송/지연`. Answers with the `Category`; one that is there is answered as it is."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Category

    path: str = attrs.field(validator=line(required=True))

    def run(self, ctx: Context) -> Category:
        return add_category(ctx, self.path, field="path")

    def again(self, ctx: Context, _event: e.Event) -> Category:
        return self.run(ctx)


@attrs.frozen
class ChangeCategory:
    """Rename or move a category, with all below it, or disable or enable it. Answers with the `Category`."""

    permission: ClassVar = Permission.ADMINISTER

    category: str = attrs.field(converter=record_id, validator=is_id)
    path: str | None = attrs.field(default=None, validator=line())
    disabled: bool | None = attrs.field(default=None, validator=flag)

    def run(self, ctx: Context) -> Category:
        category = ctx.see.mine(Category, self.category)
        path = category.path if self.path is None else "/".join(path_names(self.path, "path"))
        disabled = category.disabled if self.disabled is None else self.disabled
        if path != category.path:
            _move_below(ctx, category.path, path)
        if (path, disabled) == (category.path, category.disabled):
            return category
        return ctx.change(category, e.CategoryChanged(path, disabled), path=path, disabled=disabled)

    def again(self, ctx: Context, _event: e.Event) -> Category:
        return ctx.see.mine(Category, self.category)


def _move_below(ctx: Context, old: str, new: str) -> None:
    """Give a path's descendants their new paths, and make the new parents."""
    if new.startswith(f"{old}/"):
        raise Invalid(field="path", reason=f"{new!r} cannot be the new place of {old}")
    if ctx.tx.find(Category, where={"brand": ctx.brand_id, "path": new}, limit=1):
        raise Conflict(f"there is another category {new}", path=new)
    parent = new.rpartition("/")[0]
    if parent:
        add_category(ctx, parent, field="path")
    for below in ctx.tx.find(Category, where={"brand": ctx.brand_id}, limit=100_000):
        if below.path.startswith(f"{old}/"):
            moved = new + below.path[len(old) :]
            ctx.change(below, e.CategoryChanged(moved, below.disabled), path=moved)


@attrs.frozen
class AddTag:
    """Add a word to the tags of sessions or of customers. Answers with the `Tag`; one that is there is answered as it is."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Tag

    name: str = attrs.field(validator=line(limit=100, required=True))
    list: TagList = attrs.field(default=TagList.SESSION, converter=_tag_list)

    def run(self, ctx: Context) -> Tag:
        name = self.name.strip()
        return tag_named(ctx, self.list, name) or add_tag(ctx, self.list, name)


@attrs.frozen
class ChangeTag:
    """Disable a tag, or enable it again. Answers with the `Tag`. Who wears it keeps it."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Tag

    tag: str = attrs.field(converter=record_id, validator=is_id)
    disabled: bool = attrs.field(default=True, validator=flag)

    def run(self, ctx: Context) -> Tag:
        tag = ctx.see.mine(Tag, self.tag)
        return tag if tag.disabled is self.disabled else ctx.change(tag, e.TagChanged(self.disabled), disabled=self.disabled)
