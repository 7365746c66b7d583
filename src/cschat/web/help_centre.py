"""The help centre: pages of what customers may read, made on the server, and a form by which they write.

May: show what a customer may see, whoever asks; open a session for who fills in the form. May not: need a script in the browser, set a
cookie, or show what is not published.

Every page is read as a guest whom the desk has not met. A page is in the language that its address names (`lang`), else in the one of the
two that the browser likes best, else in the brand's.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode
from zoneinfo import ZoneInfo

import attrs

from cschat import commands as c
from cschat import queries as q
from cschat.core.access import Actor
from cschat.core.knowledge import Article, ArticleType, Section, plain_text
from cschat.core.session import State
from cschat.core.texts import is_korean
from cschat.core.times import as_datetime
from cschat.desk import Desk
from cschat.errors import Conflict, Invalid, LimitExceeded, NotFound
from cschat.web.callers import cross_origin
from cschat.web.colours import colour_rule
from cschat.web.help_words import LANGUAGES, WORDS, day_in_words
from cschat.web.limits import address_of
from cschat.web.messages import Request, Response
from cschat.web.pages import POLICY
from cschat.web.site import Call

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["form", "look", "page"]

_READER = Actor.guest("help-centre")
"""Who reads: a customer like any other, of whom nothing is known and nothing is kept."""
_TOP, _NOTICES, _RESULTS, _RELATED, _EXCERPT = 8, 5, 30, 5, 140
_LONGEST_SEARCH, _LONGEST_MESSAGE = 200, 5_000
_ONCE = re.compile(r"[A-Za-z0-9_-]{22}")
_MAIL = re.compile(r"[^@\s<>\"]{1,64}@[^@\s<>\"]{1,180}\.[^@\s<>\".]{2,63}")
_FIELDS = {"name": "name", "email": "email", "text": "message"}
"""What commands call the fields, and what the form does."""
_NEWS = (ArticleType.NOTICE, ArticleType.EVENT)


# ----------------------------------------------------------------------------------------------------------------- who


@attrs.frozen
class Visit:
    """One request: the brand's desk as a guest sees it, the language of the page, and the words in it."""

    desk: Desk
    request: Request
    brand: str
    language: str
    named: bool
    """Whether the address names the language; links carry it on then."""
    front: q.Front

    @property
    def words(self) -> Mapping[str, str]:
        return WORDS[self.language]

    def link(self, path: str = "", **arguments: str) -> str:
        """The address of a page of the help centre."""
        said = {**arguments, **({"lang": self.language} if self.named and "lang" not in arguments else {})}
        asked = f"?{urlencode(said)}" if said else ""
        return f"{self.request.mount}/{self.brand}/help{f'/{quote(path)}' if path else ''}{asked}"

    def articles(self, **where: Any) -> list[Article]:
        """Published articles in the language of the page or in none; of a brand that has none of these, all."""
        found = list(self.desk.each(q.Articles(language=self.language, **where)))
        return found or list(self.desk.each(q.Articles(**where)))

    def day(self, when: datetime) -> str:
        return day_in_words(self.language, when.astimezone(ZoneInfo(self.front.zone)).date())


def _visit(call: Call) -> Visit:
    request, brand, reader = call.request, call.brand, call.desk.acting_as(_READER)
    asked = (request.argument("lang") or "").lower()
    if asked in LANGUAGES:
        return Visit(reader, request, brand, asked, named=True, front=reader.ask(q.FrontDesk(language=asked)))
    front = reader.ask(q.FrontDesk())
    own = "ko" if is_korean(front.language) else "en"
    liked = _liked(request.headers.get("accept-language", ""))
    language = next((one for one in liked if one in LANGUAGES), own)
    return Visit(reader, request, brand, language, named=False, front=reader.ask(q.FrontDesk(language=language)))


def _liked(header: str) -> list[str]:
    """The languages of an Accept-Language header, the one liked best first."""
    found: list[tuple[float, str]] = []
    for part in header[:1000].split(","):
        name, _, weight = part.partition(";q=")
        try:
            found.append((-float(weight or 1), name.strip().lower().partition("-")[0]))
        except ValueError:
            continue  # a browser that says nonsense says nothing
    return [name for _, name in sorted(found, key=lambda one: one[0])]


# --------------------------------------------------------------------------------------------------------------- pages


def page(call: Call) -> Response:
    """The page at a path below /help."""
    visit = _visit(call)
    place, _, id = call.parts.get("rest", "").strip("/").partition("/")
    made = _PAGES.get(place)
    if made is None or bool(id) is not (place in _OF_ONE):
        return _gone(visit)
    try:
        return made(visit, id)
    except (NotFound, Invalid):
        return _gone(visit)


def look(call: Call) -> Response:
    """The brand's colour as a stylesheet, for pages that may have no style of their own."""
    headers = {"content-type": "text/css; charset=utf-8", "cache-control": "no-cache"}
    return Response(200, headers, colour_rule(call.desk.acting_as(_READER).ask(q.FrontDesk()).look.colour).encode())


def _home(visit: Visit, _id: str) -> Response:
    articles = visit.articles()
    shelves = _shelves(visit, articles)
    news = sorted((one for one in articles if one.type in _NEWS), key=lambda one: -(one.publish or 0))
    return _render(
        visit,
        "home",
        heading="",
        description=visit.words["greeting"],
        sections=shelves,
        top=[one for one in articles if one.type is ArticleType.FAQ][:_TOP],
        news=news[:_NOTICES],
        loose=[] if shelves else [one for one in articles if one.type is ArticleType.GUIDE][:_TOP],
        greeting=_greeting(visit),
    )


def _section(visit: Visit, id: str) -> Response:
    section = next((one for one in visit.desk.ask(q.Sections()) if one.id == id), None)
    if section is None:
        return _gone(visit)
    articles = visit.articles(section=id)
    name = _name(section, visit.language)
    return _render(
        visit,
        "section",
        heading=name,
        description=", ".join(one.title for one in articles[:5]),
        articles=[(one, _excerpt(one.body)) for one in articles],
    )


def _news(visit: Visit, _id: str) -> Response:
    articles = sorted((one for one in visit.articles() if one.type in _NEWS), key=lambda one: -(one.publish or 0))
    name = visit.words["notices"]
    return _render(visit, "section", heading=name, description=name, articles=[(one, _excerpt(one.body)) for one in articles])


def _article(visit: Visit, id: str) -> Response:
    article = visit.desk.ask(q.GetArticle(id))
    sections = {one.id: one for one in visit.desk.ask(q.Sections())}
    section = sections.get(article.section or "")
    beside = visit.articles(section=section.id) if section is not None else []
    return _render(
        visit,
        "article",
        heading=article.title,
        description=_excerpt(article.body) or article.title,
        article=article,
        body=_trusted(article.body),
        changed=visit.day(as_datetime(article.changed)),
        section=section,
        name=None if section is None else _name(section, visit.language),
        related=[one for one in beside if one.id != article.id][:_RELATED],
        attachments=[(one.name or one.url or "", _address(visit, one)) for one in article.attachments if _address(visit, one)],
    )


def _search(visit: Visit, _id: str) -> Response:
    said = "".join(letter if letter.isprintable() else " " for letter in visit.request.argument("q") or "")
    text = " ".join(said.split())[:_LONGEST_SEARCH].rstrip()
    found: list[q.FoundArticle] = []
    if text:
        found = visit.desk.ask(q.SearchArticles(text, language=visit.language, limit=_RESULTS))
        found = found or visit.desk.ask(q.SearchArticles(text, limit=_RESULTS))
    names = {one.id: _name(one, visit.language) for one in visit.desk.ask(q.Sections())}
    results = [
        (article, _marked(article.title, text), _marked(_around(article.body, text), text), names.get(article.section or ""))
        for article in (one.article for one in found)
    ]
    heading = visit.words["found"].format(text=text) if text else visit.words["search"]
    return _render(visit, "search", heading=heading, hidden=True, text=text, results=results)


def _contact(visit: Visit, _id: str) -> Response:
    if visit.request.argument("sent") is None:
        return _form(visit, {}, {})
    return _render(visit, "sent", heading=visit.words["sent"], hidden=True)


_PAGES: Mapping[str, Callable[[Visit, str], Response]] = {
    "": _home,
    "sections": _section,
    "articles": _article,
    "news": _news,
    "search": _search,
    "contact": _contact,
}
_OF_ONE = frozenset({"sections", "articles"})


def _gone(visit: Visit) -> Response:
    return _render(visit, "gone", 404, heading=visit.words["gone"], hidden=True)


# ---------------------------------------------------------------------------------------------------------------- form


def form(call: Call) -> Response:
    """What a guest has written into the form: a message left for later, in a session of a guest of its own.

    The form has a number that counts once, so that sending it twice is sending it once. A form on another site is refused.
    """
    visit = _visit(call)
    said = _fields(call.request)
    if cross_origin(call.request):
        return _form(visit, said, {"": visit.words["expired"]}, 403)
    if said.get("website"):
        return _sent(visit)  # a field that nobody sees: who fills it in is a program, and is told nothing
    wrong = _wrong(visit, said)
    if wrong:
        return _form(visit, said, wrong, 422)
    try:
        call.site.buckets.take("form", address_of(call.request))
        _leave(call.desk, said, visit.language)
    except Invalid as error:
        return _form(visit, said, {_FIELDS.get(error.field, ""): visit.words["unreadable"]}, 422)
    except LimitExceeded:
        return _form(visit, said, {"": visit.words["often"]}, 429)
    except Conflict:
        return _form(visit, said, {"": f"{visit.words['refused']} {visit.front.words}".strip()}, 409)
    return _sent(visit)


def _sent(visit: Visit) -> Response:
    return Response(303, {"location": visit.link("contact", sent="1"), "cache-control": "no-store"})


def _fields(request: Request) -> dict[str, str]:
    try:
        pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        pairs = []  # more fields than any form of ours has
    return {name: value.strip() for name, value in pairs}


def _wrong(visit: Visit, said: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by field."""
    words, found = visit.words, dict[str, str]()
    if not said.get("name"):
        found["name"] = words["missing_name"]
    elif len(said["name"]) > 100:
        found["name"] = words["long_name"]
    if not _MAIL.fullmatch(said.get("email", "")):
        found["email"] = words["missing_email"]
    if not said.get("message"):
        found["message"] = words["missing_message"]
    elif len(said["message"]) > _LONGEST_MESSAGE:
        found["message"] = words["long_message"].format(limit=f"{_LONGEST_MESSAGE:,}")
    if not found and not _ONCE.fullmatch(said.get("once", "")):
        found[""] = words["expired"]
    return found


def _leave(desk: Desk, said: Mapping[str, str], language: str) -> None:
    key = f"help-{said['once']}"
    desk.do(c.RegisterCustomer(guest=key, name=said["name"], email=said["email"]))
    guest = desk.acting_as(Actor.guest(key))
    session = guest.do(c.OpenSession(language=language), request_id=f"{said['once']}-open")
    text = said["message"]
    command: Any = c.LeaveMessage(session, text=text)
    if session.state in (State.ACTIVE, State.WRAP_UP, State.CLOSED):
        command = c.SendMessage(session, text=text)
    guest.do(command, request_id=f"{said['once']}-say")


def _form(visit: Visit, said: Mapping[str, str], wrong: Mapping[str, str], status: int = 200) -> Response:
    once = said.get("once", "")
    return _render(
        visit,
        "contact",
        status,
        heading=visit.words["contact"],
        description=visit.words["contact_hint"],
        said={name: said.get(name, "") for name in ("name", "email", "message")},
        once=once if _ONCE.fullmatch(once) else secrets.token_urlsafe(16),
        wrong=wrong,
        longest=_LONGEST_MESSAGE,
    )


# ------------------------------------------------------------------------------------------------------------- rendering


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("cschat.web", "templates/help")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _render(
    visit: Visit, template: str, status: int = 200, /, *, heading: str, description: str = "", hidden: bool = False, **values: Any
) -> Response:
    """A page under its heading ("": the home of the help centre). `hidden`: search engines are asked not to keep it."""
    site = visit.words["of"].format(name=visit.front.name or visit.brand)
    arguments = {name: value for name in ("q",) if (value := visit.request.argument(name))}
    own = visit.request.path.partition("/help")[2].strip("/")
    html = _templates().get_template(f"{template}.html").render(
        visit=visit,
        words=visit.words,
        link=visit.link,
        heading=heading,
        title=f"{heading} – {site}" if heading else site,
        description=description,
        hidden=hidden,
        site=site,
        brand=visit.front.name or visit.brand,
        static=f"{visit.request.mount}/-/static",
        base=f"{visit.request.mount}/{visit.brand}",
        languages=[(code, name, visit.link(own, **{**arguments, "lang": code})) for code, name in LANGUAGES.items()],
        canonical=visit.link(own),
        today=_today(visit),
        **{"text": "", **values},
    )  # fmt: skip
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-language": visit.language,
        "content-security-policy": POLICY,
        "cache-control": "no-cache",
        "vary": "accept-language",
        "referrer-policy": "strict-origin-when-cross-origin",
    }
    return Response(status, headers, html.encode())


def _trusted(body: str) -> Any:
    """HTML that was cleaned when it was written."""
    from markupsafe import Markup

    return Markup(body)  # noqa: S704  (commands.cleaning has let nothing through that could run)


def _greeting(visit: Visit) -> str:
    return visit.front.look.greeting.get(visit.language, "") or visit.words["greeting"]


def _name(section: Section, language: str) -> str:
    return section.names.get(language, section.name)


def _shelves(visit: Visit, articles: Sequence[Article]) -> list[tuple[Section, str, list[Article]]]:
    """The sections that hold something, each with its name and its articles."""
    found = []
    for section in visit.desk.ask(q.Sections()):
        here = [one for one in articles if one.section == section.id]
        if here:
            found.append((section, _name(section, visit.language), here))
    return found


def _address(visit: Visit, media: Any) -> str:
    if media.blob:
        return f"{visit.request.mount}/{visit.brand}/files/{media.blob}"
    return media.url if media.url and media.url.startswith(("https://", "http://")) else ""


def _today(visit: Visit) -> str:
    """The hours of this day in words; "" if the brand has set none."""
    spans = visit.front.today
    if spans is None or spans == [["00:00", "24:00"]]:
        return "" if spans is None else visit.words["all_day"]
    return visit.words["today"].format(hours=", ".join("–".join(span) for span in spans)) if spans else visit.words["closed_today"]


def _excerpt(body: str) -> str:
    text = " ".join(plain_text(body).split())
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT].rstrip()}…"


def _terms(text: str) -> re.Pattern[str] | None:
    words = sorted({word for word in text.split() if len(word) > 1}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)), re.IGNORECASE) if words else None


def _around(body: str, asked: str) -> str:
    """A piece of an article about the first word that was asked for."""
    text, terms = " ".join(plain_text(body).split()), _terms(asked)
    hit = terms.search(text) if terms else None
    start = max(0, hit.start() - _EXCERPT // 3) if hit else 0
    piece = text[start : start + _EXCERPT].strip()
    return f"{'…' if start else ''}{piece}{'…' if start + _EXCERPT < len(text) else ''}"


def _marked(text: str, asked: str) -> list[tuple[str, bool]]:
    """A text in pieces, and of each whether it was asked for."""
    terms, pieces, at = _terms(asked), list[tuple[str, bool]](), 0
    for hit in terms.finditer(text) if terms else ():
        pieces += [(text[at : hit.start()], False), (hit[0], True)]
        at = hit.end()
    return [piece for piece in (*pieces, (text[at:], False)) if piece[0]]
