/**
 * Ctrl+K: customers and conversations, found while one types.
 *
 * May: ask and lead to what was found. May not: remember what was looked for.
 */

import { fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { avatar, customerName } from "./marks.js";
import { dialog } from "./surfaces.js";

const WAIT = 160;
const CUSTOMERS = 5;
const SESSIONS = 12;
const SESSION = /^ses_\w+$/;

export function openSearch(app) {
  const { t } = app;
  let node = null;
  const list = h("div", { class: "search-found", role: "listbox", id: "search-found", "aria-label": t("search") });
  const input = h("input", {
    type: "search",
    role: "combobox",
    autofocus: true,
    autocomplete: "off",
    spellcheck: "false",
    placeholder: t("search_placeholder"),
    "aria-label": t("search_title"),
    "aria-controls": "search-found",
    "aria-expanded": "true",
    "aria-autocomplete": "list",
  });
  let timer = null;
  let line = null;
  let at = -1;
  const options = () => [...list.querySelectorAll("[role=option]")];
  const point = (to) => {
    const all = options();
    at = all.length ? (to + all.length) % all.length : -1;
    for (const [index, one] of all.entries()) one.setAttribute("aria-selected", String(index === at));
    if (at >= 0) {
      input.setAttribute("aria-activedescendant", all[at].id);
      all[at].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const message = (text) => {
    list.setAttribute("role", "status");
    fill(list, h("p", { class: "search-empty" }, text));
  };
  const open = (path) => {
    node.close();
    app.go(path);
  };

  async function look() {
    const text = input.value.trim();
    line?.abort();
    line = new AbortController();
    if (SESSION.test(text)) {
      show([], [{ session: text, snippet: text, marks: [], author: "", at: null }], new Map());
      return;
    }
    if (text.length < 2) {
      message(t("search_start"));
      return;
    }
    list.setAttribute("aria-busy", "true");
    try {
      const [customers, found] = await Promise.all([customersNamed(app, text, line.signal), sessionsWith(app, text, line.signal)]);
      const known = await glances(app, [...new Set(found.map((one) => one.session))], line.signal);
      show(customers, found, known);
    } catch (problem) {
      if (problem.name !== "AbortError") message(app.explain(problem));
    } finally {
      list.removeAttribute("aria-busy");
    }
  }

  function show(customers, found, known) {
    const parts = [];
    if (customers.length) {
      parts.push(h("div", { class: "search-heading", role: "presentation" }, t("search_customers")));
      for (const customer of customers) {
        const detail = [customer.profile.phone, customer.profile.email].filter(Boolean).join(" · ");
        parts.push(option(`customers/${customer.id}`, avatar(customer, { size: "small" }), customerName(customer, t), detail));
      }
    }
    if (found.length) {
      parts.push(h("div", { class: "search-heading", role: "presentation" }, t("search_sessions")));
      for (const one of found) {
        const glance = known.get(one.session);
        const name = glance ? customerName(glance.customer, t) : one.session;
        parts.push(option(`sessions/${one.session}`, icon("chat"), name, marked(one), one.at ? app.time.brief(one.at) : ""));
      }
    }
    if (!parts.length) {
      message(t("search_nothing", { text: input.value.trim() }));
      return;
    }
    list.setAttribute("role", "listbox");
    fill(list, parts);
    point(0);
  }

  function option(path, sign, title, detail, when = "") {
    const number = list.dataset.number = String(Number(list.dataset.number ?? 0) + 1);
    return h(
      "div",
      { role: "option", id: `search-${number}`, class: "search-option", "aria-selected": "false", data: { path }, on: { click: () => open(path) } },
      sign,
      h("span", { class: "search-text" }, h("strong", {}, title), h("span", {}, detail)),
      when ? h("time", {}, when) : null,
    );
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      point(at + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      open(options()[at].dataset.path);
    } else if (event.key === "Escape") {
      event.preventDefault();
      node.close();
    }
  });
  node = dialog({
    title: t("search_title"),
    close: t("close"),
    kind: "search",
    bare: true,
    onclose: () => (line?.abort(), clearTimeout(timer)),
    fill: (body) => {
      body.append(
        h("div", { class: "search-field" }, icon("search"), input, h("button", { type: "button", class: "icon-button", "aria-label": t("close"), on: { click: () => node.close() } }, icon("close"))),
        list,
        h("p", { class: "search-foot" }, t("search_keys")),
      );
    },
  });
  message(t("search_start"));
}

async function customersNamed(app, text, signal) {
  const page = await app.client.ask("Customers", { text, limit: CUSTOMERS }, { signal });
  return page.items;
}

async function sessionsWith(app, text, signal) {
  try {
    const page = await app.client.ask("SearchHistory", { text, limit: 50 }, { signal });
    const first = new Map();
    for (const one of page.items) if (!first.has(one.session)) first.set(one.session, one);
    return [...first.values()].slice(0, SESSIONS);
  } catch (problem) {
    if (problem.status === 422) return [];
    throw problem;
  }
}

async function glances(app, sessions, signal) {
  if (!sessions.length) return new Map();
  const found = await app.client.ask("Glances", { sessions }, { signal });
  return new Map(found.map((glance) => [glance.session, glance]));
}

/** The words that were found, within what was said. */
function marked(found) {
  const parts = [];
  let from = 0;
  for (const [start, end] of found.marks) {
    parts.push(found.snippet.slice(from, start), h("mark", {}, found.snippet.slice(start, end)));
    from = end;
  }
  parts.push(found.snippet.slice(from));
  return parts;
}
