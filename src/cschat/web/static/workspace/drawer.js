/**
 * 나의 서랍: saved views, lists by conditions of one's own.
 *
 * May: name, save and remove views, and show one in the list. May not: find what fits (the desk does).
 */

import { fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { CategoryField } from "./labels.js";
import { dialog, menu } from "./surfaces.js";

const STATES = ["bot", "queued", "active", "intake", "wrap_up", "closed"];
const CHANNELS = ["web", "app", "email", "naver", "kakao", "telegram", "sms"];

/** Views that everybody has. */
const GIVEN = [
  { id: "active", title: "drawer_active", icon: "chat", only_if: { field: "state", is: "active" } },
  { id: "bot", title: "drawer_bot", icon: "bot", only_if: { field: "state", is: "bot" } },
  { id: "wrap_up", title: "drawer_wrap_up", icon: "note", only_if: { field: "state", is: "wrap_up" } },
];

export class Drawer {
  constructor(app, list) {
    Object.assign(this, { app, list });
    this.views = null;
    this.button = h(
      "button",
      { type: "button", class: "button quiet small drawer-button", on: { click: (event) => this.#open(event.currentTarget) } },
      icon("archive", 16),
      app.t("drawer"),
      icon("down", 14),
    );
    this.remove = h("button", { type: "button", class: "icon-button small", hidden: true }, icon("trash", 16));
    fill(list.tools, this.remove, this.button);
    this.stop = app.listen((event) => /^View/.test(event.type) && (this.views = null));
  }

  close() {
    this.stop();
  }

  /** Shows a view in the list; null: the list is another. */
  async show(id) {
    const { app } = this;
    this.remove.hidden = true;
    this.button.classList.toggle("on", id !== null);
    if (id === null) return;
    const given = GIVEN.find((one) => one.id === id);
    if (given) {
      this.list.show(`drawer/${id}`, { view: { only_if: given.only_if }, title: app.t(given.title), empty: "view" });
      return;
    }
    try {
      const view = (await this.#known()).find((one) => one.id === id);
      if (!view) {
        app.go("lists/queue", { replace: true });
        return;
      }
      this.list.show(`drawer/${id}`, { view: { only_if: view.only_if }, title: view.name, empty: "view" });
      const label = app.t("drawer_remove", { name: view.name });
      this.remove.hidden = false;
      this.remove.setAttribute("aria-label", label);
      this.remove.title = label;
      this.remove.onclick = () => this.#remove(view);
    } catch (problem) {
      app.failed(problem);
    }
  }

  async #known() {
    this.views ??= await this.app.client.ask("Views");
    return this.views;
  }

  async #open(anchor) {
    const { app } = this;
    const { t } = app;
    let views = [];
    try {
      views = await this.#known();
    } catch (problem) {
      app.failed(problem);
    }
    const item = (id, text, sign) => ({ text, icon: sign, checked: app.list === `drawer/${id}`, then: () => app.go(`lists/drawer/${id}`) });
    menu(
      anchor,
      [
        ...GIVEN.map((one) => item(one.id, t(one.title), one.icon)),
        "-",
        { heading: t("drawer") },
        ...views.map((view) => item(view.id, view.name, "archive")),
        { text: t("drawer_new"), icon: "plus", hint: views.length ? "" : t("drawer_empty"), then: () => this.#new() },
      ],
      { label: t("drawer") },
    );
  }

  #new() {
    const { app } = this;
    const { t } = app;
    const name = h("input", { class: "input", required: true, maxlength: "100", autofocus: true });
    const select = (label, entries) => h("select", { class: "input", "aria-label": label }, h("option", { value: "" }, t("any")), entries.map(([value, text]) => h("option", { value }, text)));
    const state = select(t("filter_state"), STATES.map((one) => [one, t(`state_${one}`)]));
    const agent = select(t("filter_agent"), [["me", t("me_always")], ...app.desk.agents.filter((one) => one.id !== app.me.id).map((one) => [one.id, one.name])]);
    const tag = select(t("filter_tag"), app.desk.tags.map((one) => [one.name, one.name]));
    const channel = select(t("filter_channel"), CHANNELS.map((one) => [one, one]));
    const text = h("input", { class: "input", maxlength: "200" });
    const category = new CategoryField(app, { label: t("filter_category"), change: () => {} });
    const field = (label, node) => h("div", { class: "field" }, h("span", { class: "label" }, label), node);
    dialog({
      title: t("drawer_new"),
      close: t("close"),
      fill: (body, shut) => {
        const problem = h("p", { class: "form-problem", role: "alert", hidden: true });
        const form = h(
          "form",
          { class: "dialog-form" },
          h("label", { class: "field" }, h("span", {}, t("drawer_name")), name),
          h("div", { class: "two" }, field(t("filter_state"), state), field(t("filter_agent"), agent)),
          field(t("filter_category"), category.node),
          h("div", { class: "two" }, field(t("filter_tag"), tag), field(t("filter_channel"), channel)),
          h("label", { class: "field" }, h("span", {}, t("filter_text")), text),
          app.brands.length > 1 ? h("p", { class: "hint" }, t("drawer_all_brands")) : null,
          problem,
          h("div", { class: "dialog-foot" }, h("button", { class: "button primary", type: "submit" }, t("save"))),
        );
        form.addEventListener("submit", async (event) => {
          event.preventDefault();
          const only_if = conditionOf({ state: state.value, agent: agent.value, category: app.desk.category(category.value)?.path, tag: tag.value, channel: channel.value, text: text.value.trim() });
          try {
            const view = await app.client.do("SaveView", { name: name.value.trim(), only_if });
            this.views = null;
            shut();
            app.toast(t("drawer_saved"));
            app.go(`lists/drawer/${view.id}`);
          } catch (refused) {
            problem.hidden = false;
            problem.textContent = app.explain(refused);
          }
        });
        body.append(form);
      },
    });
  }

  async #remove(view) {
    const { app } = this;
    try {
      await app.client.do("RemoveView", { view: view.id });
      this.views = null;
      app.toast(app.t("drawer_removed"));
      app.go("lists/queue", { replace: true });
    } catch (problem) {
      app.failed(problem);
    }
  }
}

/** What was chosen as a condition of rules; a category holds with all that is below it. */
function conditionOf({ state, agent, category, tag, channel, text }) {
  const all = [];
  if (state) all.push({ field: "state", is: state });
  if (agent) all.push({ field: "agent", is: agent });
  if (category) all.push({ field: "category", under: category });
  if (tag) all.push({ field: "tags", has: [tag] });
  if (channel) all.push({ field: "channel", is: channel });
  if (text) all.push({ field: "text", contains: text });
  return all.length ? { all } : {};
}
