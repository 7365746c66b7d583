/**
 * A search in all that was said: words, and whose, what about, when.
 *
 * May: ask and list. May not: search by itself.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { badge } from "../marks.js";
import { download } from "../statistics/csv.js";
import { midnight, plus } from "../statistics/period.js";

const PAGE = 50;
const FILTERS = ["agent", "category", "tag", "from", "to"];

export class History {
  constructor(page) {
    const { app, t } = page;
    Object.assign(this, page, { asked: null, asking: null });
    this.text = h("input", { type: "search", class: "input", name: "text", maxlength: 200, required: true, placeholder: t("his_example"), "aria-label": t("his_text") });
    const select = (name, all, choices) => h("select", { class: "input", name, "aria-label": t(`his_${name}`), on: { change: () => this.text.value.trim() && this.#go() } }, h("option", { value: "" }, t(all)), choices.map(([value, label]) => h("option", { value }, label)));
    const day = (name) => h("input", { type: "date", class: "input", name, "aria-label": t(`his_${name}`), on: { change: () => this.text.value.trim() && this.#go() } });
    this.fields = {
      agent: select("agent", "his_any_agent", app.desk.agents.map((agent) => [agent.id, agent.name])),
      category: select("category", "his_any_category", app.desk.categories.map((category) => [category.path, category.path])),
      tag: select("tag", "his_any_tag", app.desk.tags.map((tag) => [tag.name, tag.name])),
      from: day("from"),
      to: day("to"),
    };
    this.list = h("ul", { class: "set-list his-list" });
    this.state = h("div", { class: "cus-state", role: "status" });
    this.more = h("button", { type: "button", class: "button", hidden: true, on: { click: () => this.#ask() } }, t("cus_more"));
    this.save = h("button", { type: "button", class: "button small", hidden: true, on: { click: () => this.#file() } }, icon("download", 16), t("his_export"));
    this.node = h(
      "div",
      { class: "his" },
      h(
        "form",
        { class: "his-form", role: "search", on: { submit: (event) => (event.preventDefault(), this.#go()) } },
        h("div", { class: "his-words" }, h("div", { class: "cus-search" }, icon("search", 18), this.text), h("button", { type: "submit", class: "button primary" }, t("his_search"))),
        h("div", { class: "set-bar" }, this.fields.agent, this.fields.category, this.fields.tag, h("span", { class: "his-days" }, this.fields.from, "–", this.fields.to), this.save),
      ),
      this.list,
      this.state,
      this.more,
    );
  }

  close() {
    this.asking?.abort();
  }

  show(query) {
    const { t } = this;
    const asked = query.toString();
    if (asked === this.asked) return;
    this.asked = asked;
    this.text.value = query.get("text") ?? "";
    for (const name of FILTERS) this.fields[name].value = query.get(name) ?? "";
    this.next = null;
    this.found = [];
    fill(this.list);
    this.list.hidden = true;
    this.more.hidden = this.save.hidden = true;
    if (this.text.value) this.#ask();
    else {
      fill(this.state, h("div", { class: "blank" }, icon("search"), h("h2", {}, t("his_start")), h("p", {}, t("his_start_hint"))));
      this.text.focus();
    }
  }

  #go() {
    const said = new URLSearchParams();
    if (this.text.value.trim()) said.set("text", this.text.value.trim());
    for (const name of FILTERS) if (this.fields[name].value) said.set(name, this.fields[name].value);
    this.app.go(`customers/history?${said}`);
  }

  #query() {
    const { fields, app } = this;
    const value = (name) => fields[name].value || null;
    return {
      text: this.text.value.trim(), agent: value("agent"), category: value("category"), tag: value("tag"),
      start: value("from") && midnight(value("from"), app.zone).toISOString(), end: value("to") && midnight(plus(value("to"), 1), app.zone).toISOString(),
      after: this.next, limit: PAGE,
    };
  }

  async #ask() {
    const { app, t } = this;
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    this.more.disabled = true;
    if (!this.found.length) fill(this.state, h("div", { class: "skeleton his-waiting" }));
    try {
      const page = await app.client.ask("SearchHistory", this.#query(), { signal: asking.signal });
      const sessions = [...new Set(page.items.map((one) => one.session))];
      const glances = new Map((sessions.length ? await app.client.ask("Glances", { sessions }, { signal: asking.signal }) : []).map((one) => [one.session, one]));
      this.found.push(...page.items.map((one) => ({ ...one, glance: glances.get(one.session) })));
      this.list.append(...this.found.slice(-page.items.length || this.found.length).map((one) => this.#row(one)));
      this.list.hidden = this.save.hidden = !this.found.length;
      this.next = page.next;
      this.more.hidden = page.next === null;
      fill(this.state, this.found.length ? null : h("div", { class: "blank" }, icon("search"), h("h2", {}, t("his_none")), h("p", {}, t("his_none_hint"))));
    } catch (problem) {
      if (problem.name === "AbortError") return;
      fill(this.state, h("div", { class: "blank", role: "alert" }, h("p", {}, problem.status === 422 && problem.field === "text" ? t("his_short") : app.explain(problem))));
    }
    this.more.disabled = false;
  }

  #who(one) {
    const { app, t } = this;
    if (one.author === "agent") return app.desk.agent(one.agent)?.name ?? t("his_by_agent");
    if (one.author === "customer") return one.glance?.customer.name || t("his_by_customer");
    return t(`his_by_${one.author}`);
  }

  #row(one) {
    const { app, t } = this;
    const parts = [];
    let from = 0;
    for (const [start, end] of one.marks) {
      parts.push(one.snippet.slice(from, start), h("mark", {}, one.snippet.slice(start, end)));
      from = end;
    }
    parts.push(one.snippet.slice(from));
    return h(
      "li",
      {},
      h("a", { class: "set-open", href: app.href(`sessions/${one.session}`) }, h("span", { class: "his-said" }, parts), h("small", {}, `${this.#who(one)} · ${one.glance?.customer.name || t("cus_guest")} · ${app.time.full(one.at)}`)),
      one.visibility === "internal" ? badge(t("his_note"), "amber") : null,
    );
  }

  #file() {
    const { t } = this;
    download(`${t("cus_history")}-${this.text.value.trim()}`, [["session", "at", "who", "customer", "text"], ...this.found.map((one) => [one.session, one.at, this.#who(one), one.glance?.customer.name ?? "", one.snippet])]);
  }
}
