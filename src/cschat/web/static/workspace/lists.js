/**
 * The lists: who waits, what is mine, what is to be reviewed, what is closed, and saved views.
 *
 * May: ask for a list in pages, keep it fresh, let one move and choose in it. May not: open or claim (the inbox does).
 *
 * Rows have one height, and only those in sight are drawn. While the pointer is over the list nothing moves beneath it: what is gone stays,
 * faded, and what is new waits above or below until the pointer leaves.
 */

import { Client } from "../shared/client.js";
import { fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { row, ROW_HEIGHT } from "./rows.js";

const PAGE = 100;
const BEYOND = 6;
const AFTER = 250;
const TICK_SECONDS = 5;
const LOOKERS_SECONDS = 10;
const STILL = 2500;
const ROUNDS = 5;
const OTHERS = 50;

/** How each list is asked for, and which events may change it. */
const SOURCES = {
  queue: { query: "Queue", fields: {}, states: ["queued"] },
  mine: { query: "ConsultingList", fields: { wrap_up: true }, whole: true, states: ["active", "wrap_up"] },
  review: { query: "ReviewList", fields: {}, states: ["intake"] },
  closed: { query: "ClosedList", fields: {}, states: ["closed"] },
};
const MOVING = new Set([
  "Opened", "OpenedByAgent", "AgentRequested", "MessageLeft", "MovedToIntake", "ReturnedToBot", "Assigned", "OfferPassed", "Transferred",
  "Released", "Ended", "WrappedUp", "Reopened", "ForceClosed", "PrioritySet", "Routed", "CategorySet", "SessionTagged", "CustomerReplaced",
]);

export class List {
  /** `choose(id)` is called when a row is chosen, `source` is told by `show`. */
  constructor(app, sessions, { choose }) {
    Object.assign(this, { app, sessions, choose });
    this.ids = [];
    this.gone = new Set();
    this.rows = new Map();
    this.lookers = new Map();
    this.active = null;
    this.selected = null;
    this.heading = h("h2", { class: "list-title" });
    this.tools = h("div", { class: "list-tools" });
    this.pill = h("button", { type: "button", class: "list-pill", hidden: true, on: { click: () => this.#settle() } });
    this.inner = h("div", { class: "rows-inner", role: "presentation" });
    this.scroller = h("div", { class: "rows", role: "listbox", tabindex: "0" }, this.inner);
    this.after = h("div", { class: "list-after" });
    this.node = h("section", { class: "list" }, h("header", { class: "list-head" }, this.heading, this.tools), this.pill, this.scroller, this.after);
    this.#bind();
    this.stops = [
      sessions.listen((ids) => this.#changed(ids)),
      app.listen((event) => this.#hear(event)),
      app.desk.listen((what) => what === "labels" && this.#draw(true)),
    ];
    this.ticking = setInterval(() => this.#tick(), TICK_SECONDS * 1000);
    this.looking = setInterval(() => this.#look(), LOOKERS_SECONDS * 1000);
    this.resized = new ResizeObserver(() => this.#draw());
    this.resized.observe(this.scroller);
  }

  close() {
    for (const stop of this.stops) stop();
    clearInterval(this.ticking);
    clearInterval(this.looking);
    clearTimeout(this.timer);
    this.resized.disconnect();
  }

  /** Shows a list: the name of a source, or a saved view. */
  async show(name, { view = null, title = "", empty = name } = {}) {
    const source = view ? { query: "FindSessions", fields: view, everywhere: true } : SOURCES[name];
    if (this.name === name && JSON.stringify(this.source) === JSON.stringify(source)) return;
    Object.assign(this, { name, source, empty });
    this.ids = [];
    this.next = null;
    this.wanted = PAGE;
    this.gone.clear();
    this.waiting = null;
    this.active = null;
    this.heading.textContent = title;
    this.scroller.setAttribute("aria-label", title);
    this.scroller.scrollTop = 0;
    this.#skeleton();
    await this.reload();
  }

  select(id) {
    this.selected = id;
    if (id) this.active = id;
    this.#draw(true);
  }

  /** The row that the keyboard is at. */
  current() {
    return this.active ?? this.selected;
  }

  move(step) {
    if (!this.ids.length) return false;
    const at = this.ids.indexOf(this.current());
    const to = at < 0 ? (step > 0 ? 0 : this.ids.length - 1) : Math.max(0, Math.min(this.ids.length - 1, at + step));
    this.#point(this.ids[to]);
    return true;
  }

  // --------------------------------------------------------------------------------------------------------- asking

  /** Asks for the list anew: all that is shown, or, where that is long, its beginning (`first`), which is where things change. */
  async reload({ first = false } = {}) {
    const { source } = this;
    const partly = first && source.states && this.ids.length > PAGE;
    this.line?.abort();
    const line = (this.line = new AbortController());
    try {
      const [{ found, next }, others] = await Promise.all([this.#pages(source, partly ? PAGE : this.wanted, line.signal), source.everywhere ? this.#others(source, line.signal) : []]);
      if (this.source !== source || line.signal.aborted) return;
      if (!partly) this.next = next;
      this.loaded = true;
      this.sessions.put(found);
      const all = others.length ? [...found, ...others].sort((one, other) => Date.parse(other.opened_at) - Date.parse(one.opened_at)) : found;
      this.#take(partly ? this.#joined(all) : all.map((session) => session.id));
      this.sessions.keepOnly([...this.ids, this.selected]);
      this.#look();
    } catch (problem) {
      if (problem.name === "AbortError" || this.source !== source) return;
      if (!this.ids.length) this.#failed(problem);
    }
  }

  /** A new beginning, and of the rest what still belongs here. */
  #joined(found) {
    const fresh = new Set(found.map((session) => session.id));
    const rest = this.ids.filter((id) => !fresh.has(id) && this.source.states.includes(this.sessions.get(id)?.state));
    return [...fresh, ...rest];
  }

  /** As many items as are wanted, page by page. A page may be short and still have a next. */
  async #pages(source, wanted, signal) {
    const { client } = this.app;
    if (source.whole) return { found: await client.ask(source.query, source.fields, { signal }), next: null };
    const found = [];
    let next = null;
    for (let round = 0; round < ROUNDS; round += 1) {
      const limit = Math.min(1000, wanted - found.length);
      const page = await client.ask(source.query, { ...source.fields, after: next, limit }, { signal });
      found.push(...page.items);
      next = page.next;
      if (next === null || found.length >= wanted) break;
    }
    return { found, next };
  }

  /** What fits in the other brands that the agent serves. */
  async #others(source, signal) {
    const { app } = this;
    const asked = app.brands
      .filter((brand) => brand.name !== app.config.brand)
      .map(async (brand) => {
        const client = new Client({ mount: app.config.mount, brand: brand.name });
        const page = await client.ask(source.query, { ...source.fields, limit: OTHERS }, { signal });
        this.sessions.putOthers(brand, client, page.items).catch(() => {});
        return page.items;
      });
    const answers = await Promise.allSettled(asked);
    return answers.flatMap((answer) => answer.value ?? []);
  }

  #soon() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.reload({ first: true });
    }, AFTER);
  }

  #hear(event) {
    if (event.type === "Missed" || MOVING.has(event.type)) this.#soon();
  }

  /** New order: at once, or, while somebody points at a row, as far as nothing moves. */
  #take(ids) {
    if (!this.#held() || !this.ids.length) {
      this.ids = ids;
      this.gone.clear();
      this.waiting = null;
      this.#draw(true);
      return;
    }
    const now = new Set(ids);
    const had = new Set(this.ids);
    this.gone = new Set(this.ids.filter((id) => !now.has(id)));
    const fresh = ids.filter((id) => !had.has(id));
    const below = fresh.filter((id) => ids.indexOf(id) >= ids.length - fresh.length);
    this.ids = [...this.ids, ...below];
    const above = fresh.length - below.length;
    this.waiting = ids;
    this.pill.hidden = above === 0;
    if (above) fill(this.pill, icon("up", 16), this.app.t("new_above", { n: above }));
    this.#draw(true);
  }

  #held() {
    return this.pointed && Date.now() - this.pointed < STILL && this.node.matches(":hover");
  }

  #settle() {
    this.pointed = 0;
    this.pill.hidden = true;
    if (this.waiting) {
      this.ids = this.waiting;
      this.waiting = null;
      this.gone.clear();
      this.#draw(true);
    }
  }

  // --------------------------------------------------------------------------------------------------------- drawing

  #draw(all = false) {
    if (!this.loaded || !this.source) return;
    const { scroller, ids } = this;
    this.#foot();
    if (!ids.length) {
      this.#nothing();
      return;
    }
    scroller.hidden = false;
    this.inner.style.height = `${ids.length * ROW_HEIGHT}px`;
    const first = Math.max(0, Math.floor(scroller.scrollTop / ROW_HEIGHT) - BEYOND);
    const last = Math.min(ids.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / ROW_HEIGHT) + BEYOND);
    const shown = new Map();
    for (let at = first; at < last; at += 1) {
      const id = ids[at];
      let node = this.rows.get(id);
      if (!node) {
        node = h("div", { class: "row", role: "option", id: `row-${id}`, data: { id } });
        node.style.height = `${ROW_HEIGHT}px`;
        this.#paint(node, id);
        this.inner.append(node);
      } else if (all) this.#paint(node, id);
      const place = `translateY(${at * ROW_HEIGHT}px)`;
      if (node.style.transform !== place) node.style.transform = place;
      node.setAttribute("aria-posinset", at + 1);
      node.setAttribute("aria-setsize", this.next === null ? ids.length : -1);
      shown.set(id, node);
    }
    for (const [id, node] of this.rows) if (!shown.has(id)) node.remove();
    for (const child of [...this.inner.children]) if (!child.dataset.id) child.remove();
    this.rows = shown;
    const here = this.rows.get(this.active);
    if (here) scroller.setAttribute("aria-activedescendant", here.id);
    else scroller.removeAttribute("aria-activedescendant");
  }

  #paint(node, id) {
    const session = this.sessions.get(id);
    if (!session) return;
    node.classList.toggle("active", id === this.active);
    node.classList.toggle("gone", this.gone.has(id));
    node.setAttribute("aria-selected", String(id === this.selected));
    const told = row(this.app, session, this.sessions.glance(id), { lookers: this.lookers.get(id) ?? [], gone: this.gone.has(id), list: this.name, brand: this.sessions.brandOf(id) });
    const key = told.dataset.key;
    if (node.dataset.key === key) return;
    node.dataset.key = key;
    fill(node, told);
  }

  #changed(ids) {
    for (const id of ids) {
      const node = this.rows.get(id);
      if (node) this.#paint(node, id);
    }
  }

  #tick() {
    if (document.hidden) return;
    for (const [id, node] of this.rows) this.#paint(node, id);
    if (this.waiting && !this.#held()) this.#settle();
  }

  /** Asks who else looks at what is in sight; only of lists that several work from. */
  async #look() {
    if (document.hidden || !["queue", "review"].includes(this.name) || !this.rows.size) return;
    const ids = [...this.rows.keys()].filter((id) => !this.gone.has(id)).slice(0, 25);
    if (!ids.length) return;
    try {
      const answers = await this.app.client.askAll(ids.map((session) => ["Attending", { session }]), { tries: 0 });
      this.lookers = new Map(ids.map((id, at) => [id, answers[at].filter((one) => one.who === "agent")]));
      this.#changed(ids);
    } catch {
      // Who looks is told again in a moment.
    }
  }

  #skeleton() {
    this.loaded = false;
    this.rows.clear();
    this.pill.hidden = true;
    this.scroller.hidden = false;
    fill(this.after);
    this.inner.style.height = "auto";
    const line = () => h("div", { class: "row-skeleton", "aria-hidden": "true" }, h("i", { class: "skeleton face" }), h("span", {}, h("i", { class: "skeleton" }), h("i", { class: "skeleton short" })));
    fill(this.inner, line(), line(), line(), line());
  }

  #nothing() {
    const { t } = this.app;
    const key = t.has(`${this.empty}_empty`) ? this.empty : "view";
    this.scroller.hidden = true;
    this.rows.clear();
    fill(this.inner);
    const text = t(`${key}_empty_text`);
    fill(this.after, h("div", { class: "blank" }, icon(key === "closed" ? "archive" : key === "review" ? "mail" : "chat", 32), h("h3", {}, t(`${key}_empty`)), text ? h("p", {}, text) : null));
  }

  #failed(problem) {
    const { app } = this;
    this.scroller.hidden = true;
    fill(
      this.after,
      h(
        "div",
        { class: "blank" },
        icon("alert", 32),
        h("h3", {}, app.t("list_failed")),
        h("p", {}, app.explain(problem)),
        h("button", { type: "button", class: "button", on: { click: () => (this.#skeleton(), this.reload()) } }, app.t("try_again")),
      ),
    );
  }

  #foot() {
    if (this.ids.length) fill(this.after);
  }

  // ------------------------------------------------------------------------------------------------------------ moving

  #bind() {
    const { scroller } = this;
    scroller.addEventListener(
      "scroll",
      () => {
        this.#draw();
        const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < ROW_HEIGHT * 10;
        if (near && this.next !== null && !this.more) this.#more();
      },
      { passive: true },
    );
    scroller.addEventListener("pointermove", () => {
      this.pointed = Date.now();
    });
    scroller.addEventListener("pointerleave", () => this.#settle());
    scroller.addEventListener("click", (event) => {
      const chosen = event.target.closest(".row");
      if (!chosen || this.gone.has(chosen.dataset.id)) return;
      this.active = chosen.dataset.id;
      this.choose(chosen.dataset.id);
    });
    scroller.addEventListener("keydown", (event) => {
      const page = Math.max(1, Math.floor(scroller.clientHeight / ROW_HEIGHT) - 1);
      const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.ids.length, End: this.ids.length }[event.key];
      if (step !== undefined) {
        event.preventDefault();
        this.move(step);
      } else if ((event.key === "Enter" || event.key === " ") && this.active) {
        event.preventDefault();
        this.choose(this.active);
      }
    });
  }

  async #more() {
    this.more = true;
    this.wanted = this.ids.length + PAGE;
    await this.reload();
    this.more = false;
  }

  #point(id) {
    this.active = id;
    const top = this.ids.indexOf(id) * ROW_HEIGHT;
    const { scroller } = this;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + ROW_HEIGHT > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + ROW_HEIGHT - scroller.clientHeight;
    this.#draw(true);
  }
}
