"""What the desk knows: articles for everybody, canned responses and suggestions for agents.

May: list, search, fill in. May not: show a customer what is not published.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

import attrs

from cschat.about import About
from cschat.core import events as e
from cschat.core.access import Permission
from cschat.core.content import MAX_TEXT, Content, Speaker, Visibility
from cschat.core.fields import is_id, line, member, optional_id, record_id
from cschat.core.knowledge import Article, ArticleState, ArticleType, CannedResponse, Section, in_order, plain_text, shortcut_of
from cschat.core.people import Agent, Customer, Role
from cschat.core.session import Session
from cschat.errors import Invalid, NotFound, ScenarioError
from cschat.queries.protocol import Page, limit_field, page, present
from cschat.sight import Sight

__all__ = [
    "Articles",
    "CannedResponses",
    "FoundArticle",
    "GetArticle",
    "RenderCannedResponse",
    "SearchArticles",
    "Sections",
    "Source",
    "SuggestReplies",
    "Suggestion",
]

_ALL = 100_000
_LOOK_BACK = 40
"""So many events at the end of a session are looked at for what the customer wants now."""
_LAST_SAID = 3
"""So many of the customer's last messages count."""


# -------------------------------------------------------------------------------------------------------------- answers


@attrs.frozen
class FoundArticle:
    """An article that a search found. `score` is between 0 and 1; `sure`: it is good enough to be offered alone."""

    article: Article
    score: float
    sure: bool


class Source(StrEnum):
    """Where a suggestion comes from: a canned response, an article, or what an agent answered before."""

    CANNED = "canned"
    ARTICLE = "article"
    ANSWER = "answer"


@attrs.frozen
class Suggestion:
    """What an agent might answer. `text` is filled in and plain, `score` from 0 to 1, `id` that of what it comes from."""

    source: Source
    id: str
    title: str
    text: str
    score: float


# --------------------------------------------------------------------------------------------------------------- fields


def _optional_type(value: ArticleType | str | None) -> ArticleType | None:
    return None if value is None else member(ArticleType, value, "type")


def _optional_state(value: ArticleState | str | None) -> ArticleState | None:
    return None if value is None else member(ArticleState, value, "state")


def _named(ctx: Sight, section: str | None) -> str | None:
    """The id of a section that is given by id or name."""
    if section is None:
        return None
    if section.startswith(f"{Section.prefix}_"):
        return ctx.mine(Section, section).id
    found = ctx.tx.find(Section, where={"brand": ctx.brand_id, "name": section}, limit=1)
    if not found:
        raise Invalid(field="section", reason=f"there is no section {section}")
    return found[0].id


# ------------------------------------------------------------------------------------------------------------- articles


@attrs.frozen
class Sections:
    """The sections of articles, in order. Customers see those that are enabled."""

    permission: ClassVar = Permission.TALK

    def run(self, ctx: Sight) -> list[Section]:
        found = in_order(ctx.tx.find(Section, where={"brand": ctx.brand_id}, limit=_ALL))
        return [section for section in found if not section.disabled] if ctx.who.role is Role.CUSTOMER else found


@attrs.frozen
class Articles:
    """Articles in order, of a `type`, a `section` (id or name), a `state`, a `language` (or none). Customers see what is published."""

    permission: ClassVar = Permission.TALK

    type: ArticleType | None = attrs.field(default=None, converter=_optional_type)
    section: str | None = attrs.field(default=None, converter=optional_id, validator=line())
    state: ArticleState | None = attrs.field(default=None, converter=_optional_state)
    language: str | None = attrs.field(default=None, validator=line(limit=35))
    after: str | None = None
    limit: int = limit_field()

    def run(self, ctx: Sight) -> Page[Article]:
        where: dict[str, Any] = {"brand": ctx.brand_id, "removed": False}
        if self.section is not None:
            where["section"] = _named(ctx, self.section)
        if self.type is not None:
            where["type"] = self.type
        shut = _shut(ctx)

        def fits(article: Article) -> bool:
            return (
                self.state in (None, article.state(ctx.now))
                and (self.language is None or article.language in (None, self.language))
                and (ctx.who.role is not Role.CUSTOMER or _shown(ctx, article, shut))
            )

        return page(ctx, Article, where, order="place", after=self.after, limit=self.limit, only=fits)


@attrs.frozen
class GetArticle:
    """The `Article`. For a customer, `NotFound` unless it is published."""

    permission: ClassVar = Permission.TALK

    article: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Sight) -> Article:
        article = ctx.mine(Article, self.article)
        if ctx.who.role is Role.CUSTOMER and not _shown(ctx, article, _shut(ctx)):
            raise NotFound(f"there is no article {self.article}", kind="article", id=self.article)
        return present(ctx, article)


def _shut(ctx: Sight) -> frozenset[str]:
    """The sections that customers do not see."""
    sections = ctx.tx.find(Section, where={"brand": ctx.brand_id}, limit=_ALL)
    return frozenset(section.id for section in sections if section.disabled)


def _shown(ctx: Sight, article: Article, shut: frozenset[str]) -> bool:
    return article.state(ctx.now) is ArticleState.PUBLISHED and not article.removed and article.section not in shut


@attrs.frozen
class SearchArticles:
    """Published articles that answer a text, best first: at most `limit` of them, as `FoundArticle`.

    Of a `section` (id or name), a `type`, a `language` (or none), where these are given. `MissingExtra` without the extra `knowledge`.
    """

    permission: ClassVar = Permission.TALK

    text: str = attrs.field(validator=line(limit=2_000))
    section: str | None = attrs.field(default=None, converter=optional_id, validator=line())
    type: ArticleType | None = attrs.field(default=None, converter=_optional_type)
    language: str | None = attrs.field(default=None, validator=line(limit=35))
    limit: int = limit_field(default=5)

    def run(self, ctx: Sight) -> list[FoundArticle]:
        found = ctx.finder.articles(
            ctx.tx,
            ctx.brand_id,
            ctx.now,
            self.text,
            limit=self.limit,
            section=_named(ctx, self.section),
            type=self.type,
            language=self.language,
        )
        return [FoundArticle(present(ctx, one.record), one.score, one.sure) for one in found]


# ------------------------------------------------------------------------------------------------------ canned responses


def _prefix(value: Any) -> Any:
    return shortcut_of(value) if isinstance(value, str) else value


@attrs.frozen
class CannedResponses:
    """Canned responses whose shortcut begins with `prefix` (`#` or not), by shortcut, at most `limit`.

    An agent sees those for all and those of their groups; admins, the desk and its host see all.
    """

    permission: ClassVar = Permission.SERVE

    prefix: str = attrs.field(default="", converter=_prefix, validator=line(limit=50))
    limit: int = limit_field()

    def run(self, ctx: Sight) -> list[CannedResponse]:
        groups, found = _groups(ctx), ctx.tx.find(CannedResponse, where={"brand": ctx.brand_id}, limit=_ALL)
        fitting = (one for one in found if one.shortcut.startswith(self.prefix) and not one.removed and _offered(one, groups))
        return sorted(fitting, key=lambda canned: canned.shortcut)[: self.limit]


def _groups(ctx: Sight) -> tuple[str, ...] | None:
    """The groups whose canned responses the actor is offered; None: all."""
    return ctx.tx.get(Agent, ctx.who.id).groups if ctx.who.role is Role.AGENT and ctx.who.id is not None else None


def _offered(canned: CannedResponse, groups: tuple[str, ...] | None) -> bool:
    return canned.group is None or groups is None or canned.group in groups


@attrs.frozen
class RenderCannedResponse:
    """A canned response as `Content` for a session, its variables filled in: ready for `SendMessage(session, content=...)`.

    `agent` is who asks, or whose session it is. `ScenarioError` if the text cannot be filled in, `NotFound` if it was removed.
    """

    permission: ClassVar = Permission.SERVE

    session: str = attrs.field(converter=record_id, validator=is_id)
    canned: str = attrs.field(converter=record_id, validator=is_id)

    def run(self, ctx: Sight) -> Content:
        canned = ctx.mine(CannedResponse, self.canned)
        if canned.removed:
            raise NotFound(f"there is no canned response {self.canned}", kind="canned_response", id=self.canned)
        return canned.content(_filled(canned, _known(ctx, ctx.session(self.session))))


def _known(ctx: Sight, session: Session) -> Mapping[str, Any]:
    """What canned responses may say in a session."""
    acting = ctx.who.id if ctx.who.role in (Role.AGENT, Role.ADMIN) else session.agent
    agent = None if acting is None else ctx.tx.peek(Agent, acting)
    about = About(ctx, session, ctx.tx.get(Customer, session.customer))
    return {
        "customer": about["customer"],
        "session": about["session"],
        "agent": {} if agent is None else {"name": agent.name},
        "brand": {"name": ctx.brand().name},
    }


def _filled(canned: CannedResponse, known: Mapping[str, Any]) -> str:
    from cschat.bots.templates import template

    return template(canned.text).render(known)


# ---------------------------------------------------------------------------------------------------------- suggestions


@attrs.frozen
class SuggestReplies:
    """What an agent might answer in a session now: at most `limit` of `Suggestion`, best first.

    They answer the last things that the customer has said: at most three messages, with none of an agent between them. They come from the
    canned responses that the agent is offered, from published articles, and from what agents answered in the last 200 closed talks where
    it went well (rated with 80 % or more, or not rated and ended as "resolved") and holds nothing personal. `MissingExtra` without the
    extra `knowledge`.
    """

    permission: ClassVar = Permission.SERVE

    session: str = attrs.field(converter=record_id, validator=is_id)
    limit: int = limit_field(default=5)

    def run(self, ctx: Sight) -> list[Suggestion]:
        session = ctx.session(self.session)
        said = _said(ctx, session)
        if not said:
            return []
        found = [
            Suggestion(Source.ARTICLE, one.record.id, one.record.title, plain_text(one.record.body)[:MAX_TEXT], one.score)
            for one in ctx.finder.articles(ctx.tx, ctx.brand_id, ctx.now, said, limit=self.limit)
        ]
        for past in ctx.finder.answers(ctx.tx, ctx.brand_id, said, limit=self.limit):
            answer = past.record
            found.append(Suggestion(Source.ANSWER, answer.id, answer.asked[0][:200], answer.text, past.score))
        known = _known(ctx, session)
        for hit in ctx.finder.canned(ctx.tx, ctx.brand_id, said, limit=self.limit, groups=_groups(ctx)):
            canned = hit.record
            try:
                found.append(Suggestion(Source.CANNED, canned.id, canned.title or f"#{canned.shortcut}", _filled(canned, known), hit.score))
            except ScenarioError:
                continue  # one that cannot be filled in here is no answer here
        ranked = sorted(found, key=lambda one: (-one.score, one.source is not Source.CANNED, one.id))
        best: dict[str, Suggestion] = {}
        for one in ranked:
            best.setdefault(one.text, one)
        return list(best.values())[: self.limit]


def _said(ctx: Sight, session: Session) -> str:
    """What the customer wants to have answered, one message a line."""
    said: list[str] = []
    for event in reversed(ctx.tx.events(session.id, after_seq=max(0, session.seq - _LOOK_BACK), limit=_LOOK_BACK)):
        body = event.body
        if not isinstance(body, e.MessageSent) or body.visibility is not Visibility.PUBLIC:
            continue
        if body.author is Speaker.CUSTOMER and body.content.text:
            said.append(body.content.text)
        if len(said) == _LAST_SAID or (said and body.author is Speaker.AGENT):
            break
    return "\n".join(reversed(said))
