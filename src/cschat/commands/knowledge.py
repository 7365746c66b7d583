"""What the desk knows: sections, articles, canned responses.

May: write them, and say when an article is seen. May not: search them (`cschat.finding` does) or render them.

Each change gives the brand's `Edition` another mark, by which whoever searches sees that there is something new.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import attrs
import msgspec

from cschat.commands.changing import differing, given, template_field
from cschat.commands.cleaning import cleaned
from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.content import Media, text
from cschat.core.fields import aware, flag, is_id, line, listed, member, names, record_id, whole
from cschat.core.knowledge import Article, ArticleState, ArticleType, CannedResponse, Edition, Section, shortcut_of
from cschat.core.people import Group
from cschat.core.records import Record
from cschat.core.times import as_micros
from cschat.errors import Conflict, Invalid

__all__ = [
    "AddArticle",
    "AddCannedResponse",
    "AddSection",
    "ChangeArticle",
    "ChangeCannedResponse",
    "ChangeSection",
    "PublishArticle",
    "RemoveArticle",
    "RemoveCannedResponse",
    "UnpublishArticle",
]

R = TypeVar("R", bound=Record)

MAX_BODY = 200_000
"""Letters of HTML in one article."""
MAX_ATTACHMENTS = 30
_MAX_LANGUAGES = 50
_ALL = 100_000
_EMPTIED = ("section", "group", "language")


# --------------------------------------------------------------------------------------------------------------- fields


def _article_type(value: ArticleType | str) -> ArticleType:
    return member(ArticleType, value, "type")


def _optional_type(value: ArticleType | str | None) -> ArticleType | None:
    return None if value is None else _article_type(value)


def _by_language(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is None and field.default is None:
        return
    if not isinstance(value, dict) or len(value) > _MAX_LANGUAGES:
        raise Invalid(field=field.name, reason="must give a name for each language", allowed=["{'en': 'Returns'}"])
    for language, name in value.items():
        text(language, field.name, 35)
        text(name, field.name, 100)
        if not name or not name.strip() or not language:
            raise Invalid(field=field.name, reason="must not be blank")


def _media(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is None and field.default is None:
        return
    several = value if isinstance(value, tuple) else (value,)
    if len(several) > MAX_ATTACHMENTS or not all(isinstance(one, Media) for one in several):
        raise Invalid(field=field.name, reason="must be media", allowed=[f"Media(url=...), at most {MAX_ATTACHMENTS}"])


def _shortcut(value: Any) -> Any:
    return shortcut_of(value) if isinstance(value, str) else value


def _is_shortcut(_command: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is None and field.default is None:
        return
    line(limit=50, required=True)(_command, field, value)
    if len(str(value).split()) > 1 or "#" in str(value):
        raise Invalid(field=field.name, reason=f"{value!r} is no shortcut", allowed=["one word: 환불안내"])


_is_template = template_field(limit=5_000, known=("agent", "brand", "customer", "session"), sure=("brand", "session"))


# ------------------------------------------------------------------------------------------------------------- recording


def _saved(ctx: Context, record: R, body: e.Body, /, **changes: Any) -> R:
    """A change, and a new edition of the brand's knowledge."""
    id = Edition.id_for(ctx.brand_id)
    before = ctx.tx.peek(Edition, id)
    # The mark before goes into it: an attempt that is run again has the same new id, on knowledge that may be another.
    chain = f"{'' if before is None else before.mark}\n{ctx.new_id(Edition)}"
    ctx.tx.put(Edition(id, ctx.brand_id, hashlib.sha256(chain.encode()).hexdigest()[:26]))
    return ctx.change(record, body, **changes)


def _section(ctx: Context, named: str | None) -> str | None:
    """The id of a section that is given by id or name."""
    if not named:
        return None
    if named.startswith(f"{Section.prefix}_"):
        return ctx.see.mine(Section, named).id
    found = ctx.tx.find(Section, where={"brand": ctx.brand_id, "name": named}, limit=1)
    if not found:
        raise Invalid(field="section", reason=f"there is no section {named}")
    return found[0].id


def _group(ctx: Context, id: str | None) -> str | None:
    if not id:
        return None
    group = ctx.see.mine(Group, id)
    if group.removed:
        raise Invalid(field="group", reason="was removed")
    return group.id


def _image(given: Media | None) -> Media | None:
    return None if given is None or not (given.url or given.blob) else given


def _article(ctx: Context, id: str) -> Article:
    article = ctx.see.mine(Article, id)
    if article.removed:
        raise Conflict(f"{id} was removed", article_id=id)
    return article


# -------------------------------------------------------------------------------------------------------------- sections


@attrs.frozen
class AddSection:
    """Add a section for articles. Answers with the `Section`. `Conflict` if the name is taken.

    `names`: what it is called in other languages, by language. `place`: sections with a lower one stand first; by default it is the last.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Section

    name: str = attrs.field(validator=line(limit=100, required=True))
    names: dict[str, str] = attrs.field(factory=dict, validator=_by_language)
    place: int | None = attrs.field(default=None, validator=whole(0))

    def run(self, ctx: Context) -> Section:
        others = ctx.tx.find(Section, where={"brand": ctx.brand_id}, limit=_ALL)
        _free(others, self.name, None)
        place = max((other.place for other in others), default=0) + 1 if self.place is None else self.place
        fresh = Section(ctx.new_id(Section), ctx.brand_id, 0, self.name, self.names, place)
        return _saved(ctx, fresh, e.SectionAdded(self.name, self.names, place))


@attrs.frozen
class ChangeSection:
    """Rename, move, disable or enable a section; what is None stays. Answers with the `Section`. `Conflict` if the name is taken."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Section

    section: str = attrs.field(converter=record_id, validator=is_id)
    name: str | None = attrs.field(default=None, validator=line(limit=100, required=True))
    names: dict[str, str] | None = attrs.field(default=None, validator=_by_language)
    place: int | None = attrs.field(default=None, validator=whole(0))
    disabled: bool | None = attrs.field(default=None, validator=flag)

    def run(self, ctx: Context) -> Section:
        section = ctx.see.mine(Section, self.section)
        if self.name is not None:
            _free(ctx.tx.find(Section, where={"brand": ctx.brand_id, "name": self.name}, limit=1), self.name, section.id)
        changes, before, after = differing(section, given(self, section))
        return _saved(ctx, section, e.SectionChanged(before, after), **changes) if changes else section


def _free(others: list[Section], name: str, own: str | None) -> None:
    if any(other.name == name and other.id != own for other in others):
        raise Conflict(f"there is another section {name}", name=name)


# -------------------------------------------------------------------------------------------------------------- articles


@attrs.frozen
class AddArticle:
    """Add an article, as a draft. Answers with the `Article`.

    `body` is HTML and is cleaned: a short list of elements stays, no script does. `type`: faq, notice, event or guide. `section`: its id
    or name. `examples`: questions that it answers, as customers put them; they help the search most. `place`: articles with a lower one
    stand first; by default it is the last. `MissingExtra` without the extra `knowledge`, unless the body is empty.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Article

    title: str = attrs.field(validator=line(required=True))
    body: str = attrs.field(default="", validator=line(limit=MAX_BODY))
    type: ArticleType = attrs.field(default=ArticleType.FAQ, converter=_article_type)
    section: str | None = attrs.field(default=None, converter=record_id, validator=line())
    language: str | None = attrs.field(default=None, validator=line(limit=35))
    examples: tuple[str, ...] = attrs.field(default=(), converter=listed, validator=names(limit=500))
    attachments: tuple[Media, ...] = attrs.field(default=(), converter=listed, validator=_media)
    place: int | None = attrs.field(default=None, validator=whole(0))

    def run(self, ctx: Context) -> Article:
        last = ctx.tx.find(Article, where={"brand": ctx.brand_id, "removed": False}, order="-place", limit=1)
        fresh = Article(
            id=ctx.new_id(Article),
            brand=ctx.brand_id,
            seq=0,
            type=self.type,
            title=self.title,
            changed=ctx.now,
            body=cleaned(self.body),
            section=_section(ctx, self.section),
            place=(last[0].place + 1 if last else 1) if self.place is None else self.place,
            language=self.language or None,
            examples=self.examples,
            attachments=self.attachments,
        )
        fields = {name: getattr(fresh, name) for name in ("body", "section", "place", "language", "examples", "attachments")}
        return _saved(ctx, fresh, e.ArticleAdded(fresh.type, fresh.title, msgspec.to_builtins(fields)))


@attrs.frozen
class ChangeArticle:
    """Change what an article says or where it stands; what is None stays, "" takes section or language away. Answers with the `Article`.

    Fields as in `AddArticle`. `Conflict` if it was removed.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Article

    article: str = attrs.field(converter=record_id, validator=is_id)
    title: str | None = attrs.field(default=None, validator=line(required=True))
    body: str | None = attrs.field(default=None, validator=line(limit=MAX_BODY))
    type: ArticleType | None = attrs.field(default=None, converter=_optional_type)
    section: str | None = attrs.field(default=None, converter=record_id, validator=line())
    language: str | None = attrs.field(default=None, validator=line(limit=35))
    examples: tuple[str, ...] | None = attrs.field(default=None, converter=listed, validator=names(limit=500))
    attachments: tuple[Media, ...] | None = attrs.field(default=None, converter=listed, validator=_media)
    place: int | None = attrs.field(default=None, validator=whole(0))

    def run(self, ctx: Context) -> Article:
        article, wanted = _article(ctx, self.article), given(self, Article, emptied=_EMPTIED)
        if self.body is not None:
            wanted["body"] = cleaned(self.body)
        if self.section:
            wanted["section"] = _section(ctx, self.section)
        changes, before, after = differing(article, wanted)
        return _saved(ctx, article, e.ArticleChanged(before, after), **changes, changed=ctx.now) if changes else article


@attrs.frozen
class PublishArticle:
    """Let customers see an article: from now or from a time (`at`, aware) on, to another one (`until`) or for good.

    Answers with the `Article`. One that is published stays so; without `until` it is so for good. `Conflict` if it was removed.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Article

    article: str = attrs.field(converter=record_id, validator=is_id)
    at: datetime | None = attrs.field(default=None, validator=aware)
    until: datetime | None = attrs.field(default=None, validator=aware)

    def run(self, ctx: Context) -> Article:
        article = _article(ctx, self.article)
        publish = ctx.now if self.at is None else as_micros(self.at)
        if self.at is None and article.publish is not None and article.state(ctx.now) is ArticleState.PUBLISHED:
            publish = article.publish
        unpublish = None if self.until is None else as_micros(self.until)
        if unpublish is not None and unpublish <= max(publish, ctx.now):
            raise Invalid(field="until", reason="is past, or not after it is published")
        if (article.publish, article.unpublish) == (publish, unpublish):
            return article
        return _saved(ctx, article, e.ArticlePublished(publish, unpublish), publish=publish, unpublish=unpublish)


@attrs.frozen
class UnpublishArticle:
    """Let customers see an article no more, from now or from a time (`at`, aware) on. Answers with the `Article`; a draft stays one."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Article

    article: str = attrs.field(converter=record_id, validator=is_id)
    at: datetime | None = attrs.field(default=None, validator=aware)

    def run(self, ctx: Context) -> Article:
        article = _article(ctx, self.article)
        unpublish = ctx.now if self.at is None else as_micros(self.at)
        if article.state(ctx.now) in (ArticleState.DRAFT, ArticleState.WITHDRAWN) or article.unpublish == unpublish:
            return article
        return _saved(ctx, article, e.ArticleUnpublished(unpublish), unpublish=unpublish)


@attrs.frozen
class RemoveArticle:
    """Take an article out of every list and search. Answers with the `Article`, which stays as a record."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = Article

    article: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> Article:
        article = ctx.see.mine(Article, self.article)
        return article if article.removed else _saved(ctx, article, e.ArticleRemoved(), removed=True)


# ------------------------------------------------------------------------------------------------------ canned responses


@attrs.frozen
class AddCannedResponse:
    """Add a canned response. Answers with the `CannedResponse`. `Conflict` if the shortcut is taken.

    `shortcut`: one word, with or without `#`. `text` may have variables of `customer`, `session`, `agent` and `brand`; those of customer
    and agent need a fall-back. `group`: its agents alone are offered it. `examples`: what customers say when this is the answer.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = CannedResponse

    shortcut: str = attrs.field(converter=_shortcut, validator=_is_shortcut)
    text: str = attrs.field(validator=_is_template)
    title: str = attrs.field(default="", validator=line())
    image: Media | None = attrs.field(default=None, validator=_media)
    group: str | None = attrs.field(default=None, converter=record_id, validator=line())
    examples: tuple[str, ...] = attrs.field(default=(), converter=listed, validator=names(limit=500))

    def run(self, ctx: Context) -> CannedResponse:
        _demand_free(ctx, self.shortcut)
        fresh = CannedResponse(
            id=ctx.new_id(CannedResponse),
            brand=ctx.brand_id,
            seq=0,
            shortcut=self.shortcut,
            text=self.text,
            title=self.title,
            image=_image(self.image),
            group=_group(ctx, self.group),
            examples=self.examples,
        )
        fields = {name: getattr(fresh, name) for name in ("text", "title", "image", "group", "examples")}
        return _saved(ctx, fresh, e.CannedResponseAdded(fresh.shortcut, msgspec.to_builtins(fields)))


@attrs.frozen
class ChangeCannedResponse:
    """Change a canned response; what is None stays, an empty `Media()` takes the picture away, "" the group.

    Fields as in `AddCannedResponse`. Answers with the `CannedResponse`. `Conflict` if it was removed or the shortcut is taken.
    """

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = CannedResponse

    canned: str = attrs.field(converter=record_id, validator=is_id)
    shortcut: str | None = attrs.field(default=None, converter=_shortcut, validator=_is_shortcut)
    text: str | None = attrs.field(default=None, validator=_is_template)
    title: str | None = attrs.field(default=None, validator=line())
    image: Media | None = attrs.field(default=None, validator=_media)
    group: str | None = attrs.field(default=None, converter=record_id, validator=line())
    examples: tuple[str, ...] | None = attrs.field(default=None, converter=listed, validator=names(limit=500))

    def run(self, ctx: Context) -> CannedResponse:
        canned = ctx.see.mine(CannedResponse, self.canned)
        if canned.removed:
            raise Conflict(f"{canned.id} was removed", canned_id=canned.id)
        wanted = given(self, CannedResponse, emptied=_EMPTIED)
        if self.shortcut not in (None, canned.shortcut):
            _demand_free(ctx, str(self.shortcut))
        if self.image is not None:
            wanted["image"] = _image(self.image)
        if self.group:
            wanted["group"] = _group(ctx, self.group)
        changes, before, after = differing(canned, wanted)
        return _saved(ctx, canned, e.CannedResponseChanged(before, after), **changes) if changes else canned


def _demand_free(ctx: Context, shortcut: str) -> None:
    if ctx.tx.find(CannedResponse, where={"brand": ctx.brand_id, "shortcut": shortcut}, limit=1):
        raise Conflict(f"there is another canned response #{shortcut}", shortcut=shortcut)


@attrs.frozen
class RemoveCannedResponse:
    """Remove a canned response; its shortcut is free again. Answers with the `CannedResponse`, which stays as a record."""

    permission: ClassVar = Permission.ADMINISTER
    makes: ClassVar = CannedResponse

    canned: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Context) -> CannedResponse:
        canned = ctx.see.mine(CannedResponse, self.canned)
        if canned.removed:
            return canned
        return _saved(ctx, canned, e.CannedResponseRemoved(), removed=True, shortcut=f"{canned.shortcut} ({canned.id})")
