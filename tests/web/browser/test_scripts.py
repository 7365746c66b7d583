"""Text that would like to be a program: wherever people write, it is shown as what it is, and nothing of it runs.

Each case is shown twice: under our policy, where a violation would tell of it, and without one, where it would run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from tests.web.browser.office import SECRET, Workplace, chromium, working

from cschat import Actor
from cschat import commands as c
from cschat.commands.cleaning import cleaned
from cschat.core.content import Card, Choice, Content, FormField, Media
from cschat.web import member_token

OWN = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    '"><svg/onload=alert(3)>',
    "javascript:alert(4)",
    "java\tscript:alert(5)",
    "\x01JaVaScRiPt://shop.example/%0Aalert(6)",
    "data:text/html,<script>alert(7)</script>",
    '<a href="javascript:alert(8)">배송</a>',
    "https://shop.example/\"onmouseover='alert(9)'",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(10)&gt;'>",
    "</textarea></title></script><iframe srcdoc='<script>parent.alert(11)</script>'></iframe>",
    "{{ constructor.constructor('alert(12)')() }}",
]

HOOKS = """
window.ran = [];
for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = () => { ran.push(name); return null; };
addEventListener("securitypolicyviolation", (event) => ran.push(`${event.violatedDirective} ${event.sample || event.blockedURI}`));
"""

FAULTS = """() => {
  const faults = [...ran];
  const ours = (node) => node.type === "application/json" || (node.src && new URL(node.src).origin === location.origin);
  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) look(node.shadowRoot);
      if (node.matches("iframe, object, embed, base, meta[http-equiv], math, svg foreignObject") || (node.matches("script") && !ours(node)))
        faults.push(node.outerHTML.slice(0, 200));
      for (const { name, value } of node.attributes) {
        const plain = value.replace(/^[\\0-\\x20]+|[\\t\\n\\r]/g, "").toLowerCase(); // as a browser reads an address
        const leads = /^(href|src|action|formaction|xlink:href|data|poster|srcdoc)$/i.test(name);
        const bad = /^(javascript|vbscript|data|blob|file):/.test(plain) && !(node.matches("link, img") && plain.startsWith("data:image/"));
        if (/^on/i.test(name) || (leads && bad)) faults.push(node.outerHTML.slice(0, 200));
      }
    }
  };
  look(document);
  return faults;
}"""
"""What has run, and what stands on the page that could."""

CONTENTS = """async ([base, cases, free]) => {
  const { contentNodes, linked, summary } = await import(`${base}/shared/content.js`);
  const { article, h } = await import(`${base}/shared/dom.js`);
  const t = (name) => name;
  const asked = { submit: async () => {}, article: async (id) => ({ title: id }) };
  const draw = { t, address: (media) => media.url, choose() {}, chosen: null, read() {}, ...asked };
  const place = h("div");
  document.body.append(place);
  const wrong = [];
  for (const text of cases) {
    const media = { name: text, type: "image/png", url: text, size: 1 };
    const choices = [{ label: text, value: text, url: text }];
    const contents = [
      { kind: "text", text }, { kind: "image", media }, { kind: "file", media }, { kind: "choices", choices },
      { kind: "card", cards: [{ title: text, text, image: media, choices }] }, { kind: "article", article: text },
      { kind: "form", text, fields: [{ name: text, label: text, type: text, required: true }] },
      { kind: "form", text, fields: [{ name: text, label: text, type: "text", answer: text }] },
    ];
    place.append(...contents.flatMap((content) => contentNodes(content, draw)), h("p", {}, summary(contents[0], t)));
    if (free) place.append(article(text)); // the policy would report what the parser meets, before it is taken out
    if (h("p", {}, linked(text, t)).textContent !== text) wrong.push(text);
  }
  await new Promise((done) => setTimeout(done));
  return wrong;
}"""
"""Each case in each place of each kind of message, as the widget and the workspace draw it. Answers with those whose text is another."""

TALK = "a member's key"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(params=["under the policy", "without the policy"])
def free(request: pytest.FixtureRequest) -> bool:
    """Whether the browser lets everything run."""
    return bool(request.param == "without the policy")


def parts(cases: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (cases[at : at + size] for at in range(0, len(cases), size))


def messages(cases: Sequence[str]) -> Iterator[Content]:
    """Each case as a text, and as every part of a card and a file."""
    for text in cases:
        yield Content(text=text)
    for some in parts(cases, 50):
        yield Content(
            kind="carousel",  # type: ignore[arg-type]
            cards=tuple(Card(text[:200], text[:2000], choices=(Choice(text[:200], text[:1000], text[:2000]),)) for text in some),
        )
        yield Content(kind="form", text="?", fields=tuple(FormField(text[:100], text[:200], answer=text) for text in some))  # type: ignore[arg-type]
    for text in cases[:50]:
        yield Content(kind="file", media=Media(name=text[:255], url=text[:2000], size=1))  # type: ignore[arg-type]
        yield Content(kind="image", media=Media(name=text[:255], type="image/png", url=text[:2000]))  # type: ignore[arg-type]


def written(place: Workplace, cases: Sequence[str]) -> tuple[str, str]:
    """The cases wherever somebody can write; answers with the session and the article that hold them."""
    agent, first = place.agent(place.mina), cases[0]
    place.desk.do(c.RegisterCustomer(member=TALK, name=first[:200]))
    door = place.desk.acting_as(Actor.member(TALK))
    session = door.do(c.OpenSession(text=first, page="https://shop.example/"))
    door.do(c.RequestAgent(session))
    agent.do(c.ClaimSession(session))
    article = place.desk.do(c.AddArticle(first[:200], "".join(f"<p>{cleaned(text)}</p>" for text in cases)[:200_000]))
    place.desk.do(c.PublishArticle(article))
    for content in messages(cases):
        agent.do(c.SendMessage(session, content=content))
    agent.do(c.SendMessage(session, content=Content(kind="article", text=first, article=article.id)))  # type: ignore[arg-type]
    for text in cases[:50]:
        agent.do(c.AddNote(session, text=text))
        line = " ".join(text.split())[:50].strip()
        agent.do(c.TagSession(session, [line]))
        agent.do(c.TagCustomer(session.customer, [line]))
        place.asks(line, text)
    agent.do(c.SetSubject(session, first[:200]))
    agent.do(c.UpdateCustomer(session.customer, attributes={first[:50]: first[:200]}))
    place.desk.do(c.AddSection(first[:100]))
    place.desk.do(c.AddAnnouncement(first[:100], first))
    return session.id, article.id


@contextmanager
def looking(place: Workplace, *, free: bool) -> Iterator[Any]:
    """A profile that is hooked and reaches nobody but the desk; fails when anything called out, or asked."""
    context = place.browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=free, locale="ko-KR")
    context.set_default_timeout(90_000)  # thousands of cases lie on a page
    context.add_cookies([{"name": "user", "value": "mina", "url": place.address}])
    context.add_init_script(HOOKS)
    asked: list[str] = []
    context.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    context.on("console", lambda said: asked.append(said.text) if said.type != "error" else None)
    token = member_token(SECRET, TALK)
    page = f'<!doctype html><title>상점</title><script src="/desk/shop/widget.js" async data-member-token="{token}"></script><p>상점</p>'
    context.route(lambda url: not url.startswith(place.address), lambda route: route.abort())
    context.route(f"{place.address}/shop.html", lambda route: route.fulfill(body=page, content_type="text/html; charset=utf-8"))
    try:
        yield context
    finally:
        context.close()
    assert asked == []


def on_the_pages(place: Workplace, cases: Sequence[str], *, free: bool) -> None:
    session, article = written(place, cases)
    with looking(place, free=free) as context:
        page = context.new_page()
        for path, shown in (
            (f"workspace/sessions/{session}", ".msg"),
            ("workspace/lists/queue", ".row"),
            ("help", "main"),
            (f"help/articles/{article}", "main"),
            ("help/search?q=alert", "main"),
        ):
            page.goto(f"{place.address}/desk/shop/{path}")
            page.locator(shown).nth(len(cases) if shown == ".msg" else 0).wait_for()
            assert page.evaluate(FAULTS) == [], path
            assert page.url.startswith(f"{place.address}/desk/shop/"), "nothing leads the browser away"
        page.goto(f"{place.address}/shop.html")
        page.locator("cschat-widget .launcher").click()
        page.locator("cschat-widget .session-row").first.wait_for()
        assert page.evaluate(FAULTS) == []
        page.locator("cschat-widget .session-row").first.click()
        page.locator("cschat-widget .bubble").nth(len(cases)).wait_for()
        page.locator("cschat-widget .card").nth(len(cases) - 1).wait_for()  # each is there as a card, too
        assert page.evaluate(FAULTS) == []


def test_nothing_runs_on_any_page(browser: Any, free: bool) -> None:
    with working(browser) as place:
        on_the_pages(place, OWN, free=free)


def in_all_places(place: Workplace, cases: Sequence[str], *, free: bool) -> None:
    with looking(place, free=free) as context:
        page = context.new_page()
        for some in parts(cases, 500):
            page.goto(f"{place.address}/desk/shop/help")
            assert page.evaluate(CONTENTS, [f"{place.address}/desk/-/static", some, free]) == []
            assert page.evaluate(FAULTS) == []


def test_nothing_runs_in_any_part_of_a_message(browser: Any, free: bool) -> None:
    with working(browser) as place:
        in_all_places(place, OWN, free=free)


def test_no_script_of_a_collection_runs(browser: Any, free: bool, table: Callable[[str], list[dict[str, str]]]) -> None:
    cases = [row["payload"].replace("\0", "") for row in table("attack-corpora/html.jsonl.gz")]
    assert len(cases) > 3000
    with working(browser) as place:
        in_all_places(place, cases, free=free)


def test_no_script_of_a_collection_runs_on_a_page(browser: Any, table: Callable[[str], list[dict[str, str]]]) -> None:
    """Without the policy, where a mistake would show."""
    cases = [row["payload"].replace("\0", "") for row in table("attack-corpora/html.jsonl.gz")]
    with working(browser) as place:
        on_the_pages(place, [text for text in cases if text.strip()], free=True)
