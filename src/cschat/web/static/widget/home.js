// The first view: who we are, whether we are here, what others ask, what was said before, and one button to begin.
// May: draw what the app knows, search. May not: open a session.

import { summary } from "../shared/content.js";
import { article as html, fill, h, safe, set } from "../shared/dom.js";
import { icon } from "../shared/icon.js";
import { Problem } from "../shared/problem.js";
import { avatar, head, iconButton, redraw, skeleton, trouble } from "./parts.js";

const OVER = new Set(["wrap_up", "closed"]);
const WAIT = 250;
const PAST = 3;

export function home(app) {
  const { t } = app;
  const hero = h("header", { class: "hero" });
  const stack = h("div", { class: "stack" });
  const foot = h("div", { class: "foot home-foot" });
  const element = h("section", { class: "view home" }, h("div", { class: "scroller" }, hero, stack), foot);
  const found = h("div", { class: "questions", "aria-live": "polite" });
  const input = h("input", {
    type: "search",
    class: "find-input",
    "aria-label": t("find"),
    placeholder: t("find"),
    enterkeyhint: "search",
  });
  const chips = h("div", { class: "chips", role: "group", "aria-label": t("popular") });
  const faq = h(
    "section",
    { class: "panel-card faq", "aria-label": t("popular") },
    h("div", { class: "find" }, icon("search", 18), input),
    chips,
    found,
  );
  const current = h("div");
  const news = h("div");
  const past = h("div");
  let section = null;
  let asked = 0;
  let timer = null;
  let allPast = false;

  const focus = () => hero.querySelector("h2")?.focus();
  stack.append(current, news, faq, past);

  function drawHero() {
    const { front } = app;
    redraw(hero, [t.language, front?.name, front?.look, front?.open, front?.reason, front?.today, front?.agents], () => {
      const logo =
        front?.look.logo && safe(front.look.logo, document.baseURI, true)
          ? h("img", { class: "logo", src: front.look.logo, alt: front.name, height: 32 })
          : h("span", { class: "brand-name" }, front?.name ?? "");
      const faces = front?.open ? front.agents.slice(0, 4) : [];
      const close = iconButton("close", t("close"), () => app.host.close());
      return [
        h(
          "div",
          { class: "hero-top" },
          logo,
          h(
            "div",
            { class: "faces" },
            faces.map((face) => avatar({ ...face, status: null })),
          ),
          close,
        ),
        h("h2", { class: "greeting", id: "cschat-title", tabindex: "-1" }, front?.look.greeting[t.language] || t("greeting")),
        front
          ? h(
              "p",
              { class: front.open ? "status open" : "status" },
              h("span", { class: "status-dot", "aria-hidden": "true" }),
              h("span", {}, openWords(front)),
              h("span", {}, hours(front)),
            )
          : h("p", { class: "status" }, t("loading")),
      ];
    });
  }

  const openWords = (front) =>
    front.open ? t("open_now") : t({ nobody: "away_nobody", lunch: "closed_lunch", holiday: "closed_holiday" }[front.reason] ?? "closed");

  function hours({ today }) {
    if (!today) return "";
    if (!today.length) return t("hours_closed_today");
    if (today.length === 1 && today[0].join() === "00:00,24:00") return t("hours_all_day");
    return t("hours_today", { hours: today.map(([start, end]) => `${start}–${end}`).join(", ") });
  }

  function drawCurrent() {
    const session = app.ongoing;
    redraw(
      current,
      session && signs(session),
      () =>
        session &&
        h("section", { class: "panel-card", "aria-label": t("continue_talk") }, h("h3", {}, t("continue_talk")), sessionRow(session)),
    );
  }

  function drawNews() {
    const announcement = app.announcement;
    redraw(
      news,
      announcement && [announcement.id, announcement.title, announcement.text, t.language],
      () => announcement && card(announcement),
    );
  }

  function card(announcement) {
    const details = h(
      "details",
      { class: "panel-card news", on: { toggle: () => details.open && app.readAnnouncement(announcement, false) } },
      h(
        "summary",
        {},
        h("span", { class: "news-icon" }, icon("megaphone", 18)),
        h("span", { class: "news-title" }, h("span", { class: "tag" }, t("announcement")), announcement.title),
        icon("down", 18),
      ),
      h("p", { class: "news-text" }, announcement.text),
      h(
        "button",
        { type: "button", class: "button", on: { click: () => app.readAnnouncement(announcement, true) } },
        icon("check", 18),
        t("announcement_enough"),
      ),
    );
    return details;
  }

  function drawChips() {
    const { sections = [] } = app.shelf ?? {};
    chips.hidden = sections.length < 2;
    const chip = (id, name) =>
      h(
        "button",
        { type: "button", class: "chip", "aria-pressed": section === id ? "true" : "false", on: { click: () => choose(id) } },
        name,
      );
    const name = (each) => each.names?.[t.language] ?? each.name;
    redraw(chips, [section, t.language, sections.map((each) => [each.id, name(each)])], () => [
      chip(null, t("section_all")),
      sections.map((each) => chip(each.id, name(each))),
    ]);
  }

  async function choose(id) {
    section = id;
    input.value = "";
    drawChips();
    fill(found, skeleton(3, t("loading")));
    await listed();
  }

  async function listed() {
    const mine = (asked += 1);
    try {
      const items =
        section === null ? app.shelf.articles : (await app.client.ask("Articles", { section, language: t.language, limit: 20 })).items;
      if (mine === asked) questions(items, items.length ? "" : t("no_answers_yet"));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (mine === asked) fill(found, trouble(t, listed));
    }
  }

  function questions(articles, words) {
    const rows = articles.map((article) =>
      h(
        "li",
        {},
        h(
          "button",
          { type: "button", class: "question", on: { click: () => app.show("article", { article, back: ["home"] }) } },
          h("span", {}, article.title),
          icon("next", 16),
        ),
      ),
    );
    fill(found, words ? h("p", { class: "found-words" }, words) : null, rows.length ? h("ul", {}, rows) : null);
  }

  async function search() {
    const text = input.value.trim();
    if (!text) return listed();
    const mine = (asked += 1);
    try {
      const items = await app.client.ask("SearchArticles", { text, language: t.language, limit: 6 }, { tries: 1 });
      if (mine === asked)
        questions(
          items.map((one) => one.article),
          items.length ? t("find_some", { n: items.length }) : `${t("find_none", { text })} ${t("ask_anyway")}`,
        );
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (mine === asked) fill(found, trouble(t, search));
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing && event.keyCode !== 229) {
      clearTimeout(timer);
      search();
    } else if (event.key === "Escape" && input.value) {
      event.stopPropagation();
      input.value = "";
      listed();
    }
  });

  function drawFaq() {
    if (!app.shelf) return fill(found, skeleton(3, t("loading")));
    const none = !app.shelf.articles.length && !app.shelf.sections.length;
    if (none && faq.contains(element.getRootNode().activeElement)) focus();
    faq.hidden = none;
    drawChips();
    if (faq.shelf !== app.shelf && !input.value.trim() && section === null) {
      faq.shelf = app.shelf;
      listed();
    }
  }

  function drawPast() {
    const sessions = app.sessions.filter((session) => session !== app.ongoing && app.glances.get(session.id)?.last);
    const some = allPast ? sessions : sessions.slice(0, PAST);
    redraw(past, [sessions.length, ...some.map(signs)], () => {
      const all = () => ((allPast = true), drawPast());
      const more =
        sessions.length > some.length
          ? h("button", { type: "button", class: "text-button", on: { click: all } }, `${t("section_all")} ${sessions.length}`)
          : null;
      return some.length
        ? h("section", { class: "panel-card", "aria-label": t("past") }, h("h3", {}, t("past")), some.map(sessionRow), more)
        : null;
    });
  }

  /** All that a row shows of a session. */
  const signs = (session) => [
    session.id,
    session.state,
    app.glances.get(session.id),
    app.unread.get(session.id),
    t.language,
    app.front?.agents,
    Math.floor(Date.now() / 60_000),
  ];

  function sessionRow(session) {
    const glance = app.glances.get(session.id);
    const unread = app.unread.get(session.id) ?? 0;
    const line = glance?.last ? glance.last.text || summary({ kind: glance.last.kind }, t) : t("empty_talk");
    const who = glance?.agent_name || (glance?.last?.author === "bot" ? t("bot") : app.front?.name || t("conversation"));
    const face = app.front?.agents.find((each) => each.id === session.agent) ?? { name: glance?.agent_name ?? "" };
    const tag = OVER.has(session.state) ? null : { queued: t("in_queue"), intake: t("leave") }[session.state];
    return h(
      "button",
      { type: "button", class: "session-row", on: { click: () => app.show("talk", session) } },
      avatar({ ...face, status: null }, { bot: glance?.last?.author === "bot" && !glance.agent_name }),
      h(
        "span",
        { class: "session-words" },
        h("span", { class: "session-who" }, who, tag ? h("span", { class: "tag" }, tag) : null),
        h("span", { class: "session-line" }, line),
      ),
      h(
        "span",
        { class: "session-side" },
        h("time", { datetime: glance?.last?.at ?? session.opened_at }, app.times.brief(glance?.last?.at ?? session.opened_at)),
        unread ? h("span", { class: "count" }, unread, h("span", { class: "for-readers" }, " new")) : null,
      ),
    );
  }

  function drawFoot() {
    const { front, ongoing } = app;
    const words = ongoing ? t("start_continue") : front && !front.open ? t("leave") : t("start");
    const wait =
      front?.open && front.expected_wait
        ? t("today_wait", { span: app.times.span(Math.max(60, Math.ceil(front.expected_wait / 60) * 60)) })
        : "";
    redraw(foot, [words, wait], () => [
      h(
        "button",
        { type: "button", class: "button primary start", on: { click: () => app.goOn() } },
        icon("chat", 20),
        words,
      ),
      wait ? h("p", { class: "start-more" }, wait) : null,
    ]);
  }

  function update() {
    if (app.broken && !app.front)
      return fill(
        stack,
        trouble(t, () => app.refresh()),
      );
    if (current.parentNode !== stack) fill(stack, current, news, faq, past);
    for (const draw of [drawHero, drawCurrent, drawNews, drawFaq, drawPast, drawFoot]) draw();
  }

  return { element, name: "home", update, focus, leave: () => clearTimeout(timer) };
}

/** The view of one article: `given.article`, or `given.id` of one that is fetched. */
export function articleView(app, { article, id, back }) {
  const { t } = app;
  const body = h("div", { class: "scroller article" }, skeleton(5, t("loading")));
  const top = head(app, t("popular"), () => app.show(...back));
  const ask = h(
    "button",
    { type: "button", class: "button", on: { click: () => app.goOn() } },
    icon("chat", 18),
    app.ongoing ? t("start_continue") : t("start"),
  );
  const element = h(
    "section",
    { class: "view" },
    top,
    body,
    h("div", { class: "foot home-foot" }, h("p", { class: "start-more" }, t("ask_anyway")), ask),
  );

  async function show() {
    try {
      const found = article ?? (await app.article(id));
      if (!found) return fill(body, h("p", { class: "found-words" }, t("article_missing")));
      const files = (found.attachments ?? []).map((media) =>
        h(
          "a",
          { class: "file", href: app.client.address(media), target: "_blank", rel: "noopener noreferrer" },
          h("span", { class: "file-icon" }, icon("file")),
          h("span", { class: "file-told" }, h("span", { class: "file-name" }, media.name || t("file"))),
        ),
      );
      fill(body, h("h3", { class: "article-title" }, found.title), h("div", { class: "prose" }, html(found.body, app.client.base)), files);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      fill(body, trouble(t, show));
    }
  }
  show();
  set(body, { tabindex: "0" });
  return { element, name: "article", update: () => undefined, focus: () => top.querySelector("h2").focus(), leave: () => undefined };
}
