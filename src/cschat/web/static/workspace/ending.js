/**
 * The panel at the end of a session: note, category, tags, outcome, one button.
 *
 * May: ask for these, keep them as a draft, end and wrap up in one go. May not: demand what the desk does not.
 */

import { fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { CategoryField, TagField } from "./labels.js";
import { customerName } from "./marks.js";

export class Ending {
  constructor(app, on) {
    Object.assign(this, { app, on });
    const { t } = app;
    this.title = h("h2", { id: "ending-title" });
    this.who = h("p", { class: "hint" });
    this.note = h("textarea", { class: "input", id: "ending-note", rows: "6", maxlength: "20000", placeholder: t("ending_note_hint") });
    this.category = new CategoryField(app, { label: t("ending_category"), change: () => this.#keep() });
    this.tags = new TagField(app, {
      label: t("ending_tags"),
      known: () => app.desk.tags.filter((tag) => !tag.disabled).map((tag) => tag.name),
      open: () => app.brand.open_labels,
      change: () => this.#keep(),
    });
    this.results = ["resolved", "unresolved"].map((result) => {
      const input = h("input", { type: "radio", name: "ending-result", value: result });
      return { input, node: h("label", { class: "choice-pill" }, input, h("span", {}, t(`ending_${result}`))) };
    });
    this.result = h("fieldset", { class: "field bare" }, h("legend", { class: "label" }, t("ending_result")), h("div", { class: "pills" }, this.results.map((one) => one.node)));
    this.button = h("button", { type: "submit", class: "button primary wide" });
    this.problem = h("p", { class: "form-problem", role: "alert", hidden: true });
    const optional = h("small", { class: "hint" }, t("ending_optional"));
    this.form = h(
      "form",
      { class: "ending", "aria-labelledby": "ending-title" },
      h("header", { class: "side-head" }, h("div", {}, this.title, this.who), h("button", { type: "button", class: "icon-button", "aria-label": t("cancel"), on: { click: () => this.cancel() } }, icon("close"))),
      h(
        "div",
        { class: "side-body" },
        this.result,
        h("div", { class: "field" }, h("label", { for: "ending-note" }, t("ending_note"), " ", optional), this.note),
        h("div", { class: "field" }, h("span", { class: "label" }, t("ending_category"), " ", optional.cloneNode(true)), this.category.node),
        h("div", { class: "field" }, h("span", { class: "label" }, t("ending_tags"), " ", optional.cloneNode(true)), this.tags.node),
      ),
      h("footer", { class: "side-foot" }, this.problem, this.button),
    );
    this.node = this.form;
    this.note.addEventListener("input", () => this.#keep());
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) this.form.requestSubmit();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#end();
    });
  }

  close() {
    this.session = null;
  }

  open(session, glance) {
    const { app } = this;
    const { t } = app;
    this.session = session;
    const over = session.state === "wrap_up";
    const draft = app.client.drawer.get(`ending:${session.id}`);
    this.title.textContent = t(over ? "ending_wrap_up" : "ending");
    this.who.textContent = glance ? customerName(glance.customer, t) : "";
    fill(this.button, icon("check", 18), t(over ? "ending_wrap_button" : "ending_button"));
    this.button.disabled = false;
    this.problem.hidden = true;
    this.note.value = draft?.note ?? "";
    this.category.set(draft?.category ?? session.category);
    this.tags.set(draft?.tags ?? session.tags);
    this.result.hidden = over;
    for (const { input } of this.results) input.checked = input.value === (draft?.result ?? "resolved");
    this.note.focus();
  }

  cancel() {
    this.#keep();
    this.on.close(false);
  }

  #keep() {
    if (!this.session) return;
    const result = this.results.find(({ input }) => input.checked)?.input.value;
    this.app.client.drawer.put(`ending:${this.session.id}`, { note: this.note.value, category: this.category.value, tags: this.tags.tags, result });
  }

  async #end() {
    const { app } = this;
    const { t } = app;
    const session = app.sessions.get(this.session.id) ?? this.session;
    const note = this.note.value.trim();
    const category = this.category.value;
    const tags = this.tags.tags;
    const reason = this.results[0].input.checked ? "resolved" : "unresolved";
    const id = { session: session.id };
    const end = ["EndSession", { ...id, reason }];
    const wrap = ["WrapUp", { ...id, note, category, tags }];
    let commands;
    if (session.state === "wrap_up") commands = [wrap];
    else if (session.state === "active" || session.state === "intake") commands = [end, wrap];
    else {
      commands = [
        note ? ["AddNote", { ...id, text: note }] : null,
        category !== session.category ? ["SetCategory", { ...id, category }] : null,
        tags.length ? ["TagSession", { ...id, tags }] : null,
        end,
      ].filter(Boolean);
    }
    this.button.disabled = true;
    this.problem.hidden = true;
    this.#keep();
    try {
      await app.client.doAll(commands);
      app.client.drawer.put(`ending:${session.id}`, null);
      app.toast(t(session.state === "wrap_up" ? "wrapped_toast" : "ended_toast"));
      app.sessions.refresh(session.id).catch(() => {});
      this.session = null;
      this.on.close(true);
    } catch (problem) {
      this.problem.hidden = false;
      this.problem.textContent = app.explain(problem);
      this.button.disabled = false;
    }
  }
}
