/**
 * What one may put into a text while writing it: `#` saved replies, `?` FAQ, `@` colleagues.
 *
 * May: find what is meant at the caret, show it, hand over what was chosen. May not: change the text (the composer does).
 */

import { fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { avatar } from "./marks.js";

const WAIT = 120;
const MOST = 8;

/** How each begins: what stands before the caret, and where it may be used. */
const STARTS = [
  { kind: "canned", at: /(?:^|\s)(#([^\s#]{0,40}))$/u, modes: ["public", "note"] },
  { kind: "faq", at: /(?:^|\n)(\?[ ]?([^\n?]{0,120}))$/u, modes: ["public", "note"] },
  { kind: "mention", at: /(?:^|\s)(@([^\s@]{0,40}))$/u, modes: ["note"] },
];

export class Completing {
  /** `on.pick(kind, item, from, to)`: replace what stands from `from` to `to`. */
  constructor(app, field, on) {
    Object.assign(this, { app, field, on });
    this.items = [];
    this.at = 0;
    this.dismissed = null;
    this.list = h("div", { class: "completing", role: "listbox", id: "completing", hidden: true });
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const chosen = event.target.closest("[role=option]");
      if (chosen) this.#pick(Number(chosen.dataset.at));
    });
  }

  get open() {
    return !this.list.hidden;
  }

  /** The text or the caret has changed. */
  look(mode) {
    const { field } = this;
    const before = field.value.slice(0, field.selectionStart);
    const start = field.selectionStart === field.selectionEnd ? STARTS.map((one) => ({ ...one, found: one.at.exec(before) })).find((one) => one.found && one.modes.includes(mode)) : null;
    if (!start) {
      this.dismissed = null;
      this.shut();
      return;
    }
    const [, whole, typed] = start.found;
    const from = before.length - whole.length;
    const mark = `${start.kind}:${from}`;
    if (this.dismissed === mark) return;
    const same = this.mark === mark && this.typed === typed;
    Object.assign(this, { kind: start.kind, typed, from, to: before.length, mark });
    if (same && this.open) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(), start.kind === "mention" ? 0 : WAIT);
  }

  /** A key that the open list may want; true if it took it. */
  key(event) {
    if (!this.open) return false;
    if (event.key === "Escape") {
      this.dismissed = this.mark;
      this.shut();
      return true;
    }
    if (!this.items.length) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.#point(this.at + (event.key === "ArrowDown" ? 1 : -1));
      return true;
    }
    if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") {
      this.#pick(this.at);
      return true;
    }
    return false;
  }

  shut() {
    clearTimeout(this.timer);
    this.line?.abort();
    this.mark = null;
    this.items = [];
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }

  async #ask() {
    const { app, kind, typed, mark } = this;
    this.line?.abort();
    const line = (this.line = new AbortController());
    try {
      const items = await SOURCES[kind](app, typed, line.signal);
      if (this.mark !== mark || line.signal.aborted) return;
      this.#show(items);
    } catch (problem) {
      if (problem.name !== "AbortError") this.#show([]);
    }
  }

  #show(items) {
    const { t } = this.app;
    this.items = items;
    const heading = { canned: t("canned"), faq: t("faq"), mention: t("colleagues") }[this.kind];
    const rows = items.map((item, at) => h("div", { class: "completing-item", role: "option", id: `completing-${at}`, "aria-selected": "false", data: { at } }, DRAW[this.kind](this.app, item)));
    fill(this.list, h("div", { class: "menu-heading", role: "presentation" }, heading), rows.length ? rows : h("p", { class: "completing-none" }, t(this.kind === "faq" && !this.typed.trim() ? "search_start" : "nothing_found")));
    this.list.setAttribute("role", rows.length ? "listbox" : "status");
    this.list.setAttribute("aria-label", heading);
    this.list.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    this.#point(0);
  }

  #point(to) {
    const rows = [...this.list.querySelectorAll("[role=option]")];
    if (!rows.length) return;
    this.at = (to + rows.length) % rows.length;
    for (const [at, node] of rows.entries()) node.setAttribute("aria-selected", String(at === this.at));
    rows[this.at].scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", rows[this.at].id);
  }

  #pick(at) {
    const item = this.items[at];
    const { kind, from, to } = this;
    this.shut();
    if (item) this.on.pick(kind, item, from, to);
  }
}

const SOURCES = {
  canned: async (app, typed, signal) => {
    const found = await app.client.ask("CannedResponses", { prefix: typed, limit: MOST }, { signal });
    if (found.length || !typed) return found;
    const all = await app.client.ask("CannedResponses", { limit: 200 }, { signal });
    const wanted = typed.toLowerCase();
    return all.filter((one) => `${one.title} ${one.text}`.toLowerCase().includes(wanted)).slice(0, MOST);
  },
  faq: async (app, typed, signal) => {
    if (!typed.trim()) return (await app.client.ask("Articles", { type: "faq", state: "published", limit: MOST }, { signal })).items;
    return (await app.client.ask("SearchArticles", { text: typed.trim(), limit: MOST }, { signal })).map((found) => found.article);
  },
  mention: (app, typed) => {
    const wanted = typed.toLowerCase();
    return Promise.resolve(app.desk.agents.filter((agent) => agent.id !== app.me.id && agent.name.toLowerCase().includes(wanted)).slice(0, MOST));
  },
};

const DRAW = {
  canned: (app, one) => [h("code", {}, `#${one.shortcut}`), h("span", { class: "menu-text" }, one.title ? h("strong", {}, one.title) : null, h("small", {}, shownText(app, one.text))), one.image ? icon("image", 16) : null],
  faq: (app, one) => [icon("book", 18), h("span", { class: "menu-text" }, h("strong", {}, one.title), h("small", {}, plain(one.body)))],
  mention: (app, agent) => [avatar(agent, { size: "small", status: agent.status }), h("span", { class: "menu-text" }, agent.name, h("small", {}, app.t(`status_${agent.status}`)))],
};

/** The words of an article, without its markup. */
export function plain(html) {
  return (new DOMParser().parseFromString(html, "text/html").body.textContent ?? "").replace(/\s+/g, " ").trim().slice(0, 200);
}

/** The text of a saved reply with its variables as people call them. */
function shownText(app, text) {
  return text.replace(/\{\{\s*([\w.]+)[^}]*\}\}/g, (_whole, name) => `[${app.t.has(`variable_${name}`) ? app.t(`variable_${name}`) : name}]`);
}
