/**
 * Statistics: the pages, and the period and filters that stand above each of them.
 *
 * May: know the pages, read the address, keep what was asked last. May not: ask for numbers (the pages do).
 *
 * A page is a module with `draw(page)`: it fills `page.place` and answers with a function that ends it, or nothing. `page` has `app`, `t`, `write`
 * (numbers), `asked` (period.js), `query` (the address), `signal` (aborted when another page is shown), `href(name, changes)`, and `report(...)`.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { writer } from "./figures.js";
import { FILTERS, PRESETS, asked, today } from "./period.js";
import { WORDS } from "./words.js";

const PAGES = [
  { name: "overview", filters: true, load: () => import("./overview.js") },
  { name: "now", timeless: true, load: () => import("./now.js") },
  { name: "agents", load: () => import("./agents.js") },
  { name: "topics", load: () => import("./topics.js") },
  { name: "customers", load: () => import("./customers.js") },
  { name: "journey", load: () => import("./journey.js") },
];

export function mount(place, app) {
  const t = app.words(WORDS);
  const write = writer(app.language);
  const tabs = new Map(PAGES.map(({ name }) => [name, h("a", {}, t(`st_${name}`))]));
  const bar = h("div", { class: "st-bar" });
  const body = h("div", { class: "st-body" });
  const view = h(
    "div",
    { class: "statistics" },
    h("header", { class: "st-top" }, h("h1", {}, t("st_title")), h("nav", { class: "st-tabs", "aria-label": t("st_pages") }, [...tabs.values()])),
    bar,
    h("div", { class: "st-scroll" }, body),
  );
  place.append(view);
  let shown = null;

  async function show(path, query) {
    const one = PAGES.find(({ name }) => name === (path[0] ?? "overview")) ?? PAGES[0];
    shown?.abort.abort();
    shown?.end?.();
    const abort = new AbortController();
    const mine = { abort, end: null };
    shown = mine;
    const href = (name, changes = {}) => {
      const said = new URLSearchParams(query);
      for (const [key, value] of Object.entries(changes)) {
        if (value === null || value === "") said.delete(key);
        else said.set(key, value);
      }
      const text = said.toString();
      return `${app.href(`statistics/${name}`)}${text ? `?${text}` : ""}`;
    };
    for (const [name, link] of tabs) {
      link.href = href(name);
      if (name === one.name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    tabs.get(one.name).scrollIntoView?.({ block: "nearest", inline: "nearest" });
    app.title(`${t(`st_${one.name}`)} – ${t("st_title")}`);
    const page = { app, t, write, query, href, name: one.name, place: body, signal: abort.signal, asked: asked(query, app.zone) };
    fill(bar, one.timeless ? null : controls(page, one));
    bar.hidden = Boolean(one.timeless);
    body.parentElement.scrollTop = 0;
    waiting(body);
    try {
      const module = await one.load();
      if (shown !== mine) return;
      mine.end = (await module.draw(page)) ?? null;
      if (shown !== mine) mine.end?.();
    } catch (problem) {
      if (problem?.name !== "AbortError" && shown === mine) failed(page, problem, () => show(path, query));
    }
  }

  return {
    show,
    unmount() {
      shown?.abort.abort();
      shown?.end?.();
      shown = { abort: new AbortController() };
      view.remove();
    },
  };
}

// ------------------------------------------------------------------------------------------------------ period and filters

function controls(page, one) {
  const { app, t, asked: now } = page;
  const go = (changes) => app.go(page.href(page.name, changes));
  const presets = h(
    "select",
    { class: "input", "aria-label": t("st_period"), on: { change: () => {
      if (presets.value === "custom") go({ period: null, from: now.first, to: now.last });
      else go({ period: presets.value, from: null, to: null });
    } } },
    [...PRESETS, "custom"].map((name) => h("option", { value: name }, t(`st_${name}`))),
  );
  presets.value = now.preset;
  const latest = today(app.zone);
  const day = (label, value, change) => {
    const input = h("input", { type: "date", class: "input", value, max: latest, required: true, "aria-label": t(label), on: { change: () => input.value && input.reportValidity() && change(input.value) } });
    return input;
  };
  const first = day("st_from", now.first, (from) => go({ period: null, from, to: from > now.last ? from : now.last }));
  const last = day("st_to", now.last, (to) => go({ period: null, from: to < now.first ? to : now.first, to }));
  const days = h("div", { class: "st-days" }, first, h("span", { "aria-hidden": "true" }, "–"), last);
  const parts = [h("div", { class: "st-period" }, icon("calendar", 18), presets, days)];
  if (one.filters) parts.push(filters(page, go));
  else parts.push(h("p", { class: "hint" }, t("st_no_filter")));
  return parts;
}

function filters(page, go) {
  const { app, t, query } = page;
  const { agents, categories, tags } = app.desk;
  const known = {
    agent: agents.map((agent) => [agent.id, agent.name]),
    category: categories.map((category) => [category.id, category.path]),
    channel: channels(query.get("channel")).map((channel) => [channel, channel]),
    tag: tags.map((tag) => [tag.name, tag.name]),
  };
  const all = { agent: "st_all_agents", category: "st_all_categories", channel: "st_all_channels", tag: "st_all_tags" };
  const selects = FILTERS.map((name) => {
    const select = h(
      "select",
      { class: "input", "aria-label": t(`st_${name}`), on: { change: () => go({ [name]: select.value }) } },
      h("option", { value: "" }, t(all[name])),
      known[name].map(([value, text]) => h("option", { value }, text)),
    );
    select.value = query.get(name) ?? "";
    select.classList.toggle("chosen", Boolean(select.value));
    return select;
  });
  const any = FILTERS.some((name) => query.get(name));
  const clear = h("button", { type: "button", class: "button quiet small", on: { click: () => go(Object.fromEntries(FILTERS.map((name) => [name, null]))) } }, icon("close", 16), t("st_clear"));
  return h("div", { class: "st-filters", role: "group", "aria-label": t("st_filter") }, icon("filter", 18), selects, any ? clear : null);
}

/** The channels that there may be; the one that is asked for is among them. */
function channels(asked_) {
  return [...new Set(["web", "app", "email", "naver", "kakao", ...(asked_ ? [asked_] : [])])];
}

// --------------------------------------------------------------------------------------------------------------- states

function waiting(body) {
  const block = (kind) => h("div", { class: `skeleton st-${kind}` });
  fill(body, h("div", { class: "st-waiting", "aria-busy": "true" }, h("div", { class: "cards" }, Array.from({ length: 4 }, () => block("card"))), block("block"), block("block")));
}

function failed(page, problem, again) {
  const { app, t } = page;
  const extra = problem.code === "missing_extra" ? (problem.body?.extra === "bots" ? "st_extra_bots" : "st_extra") : null;
  console.warn("cschat: statistics failed", problem);
  fill(
    page.place,
    h(
      "div",
      { class: "blank", role: "alert" },
      icon("alert"),
      h("h2", {}, t("st_failed")),
      h("p", {}, extra ? t(extra) : app.explain(problem)),
      extra ? null : h("button", { type: "button", class: "button", on: { click: again } }, t("again")),
    ),
  );
}
