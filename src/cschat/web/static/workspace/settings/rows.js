/**
 * Lists of settings: rows with what can be done to each, and a form for one of them at the side of the page.
 *
 * May: lay out rows, open and close the form. May not: know what is listed.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { dialog } from "../surfaces.js";
import { Form } from "./forms.js";

/** A list under its heading: `rows` are nodes; `add` is `[text, what it does]`, for admins. */
export function listed({ app, t }, { title = null, note = null, rows, none, add = null, ordered = false }) {
  return h(
    "section",
    { class: "set-listed", "aria-label": title },
    title || add
      ? h(
          "header",
          { class: "set-listed-head" },
          h("div", {}, title ? h("h2", {}, title) : null, note ? h("p", { class: "hint" }, note) : null),
          add && app.isAdmin ? h("button", { type: "button", class: "button primary", on: { click: add[1] } }, icon("plus", 16), add[0]) : null,
        )
      : null,
    app.isAdmin ? null : h("p", { class: "set-locked" }, icon("lock", 18), t("set_admins_only")),
    rows.length ? h(ordered ? "ol" : "ul", { class: "set-list" }, rows) : h("p", { class: "set-none" }, none),
  );
}

/** A row: its name and a line below, badges, what can be done. `open`: what a press on the name does. */
export function row({ app }, { name, more = null, mark = null, badges = [], tools = [], open = null, off = false }) {
  const inside = [h("strong", {}, name), more ? h("small", {}, more) : null];
  return h(
    "li",
    { class: off ? "off" : null },
    mark,
    open && app.isAdmin ? h("button", { type: "button", class: "set-open", on: { click: open } }, inside) : h("div", { class: "set-open" }, inside),
    h("span", { class: "set-badges" }, badges),
    app.isAdmin && tools.length ? h("span", { class: "set-tools" }, tools) : null,
  );
}

export const badge = (text, kind = "") => h("span", { class: `badge ${kind}` }, text);

/** A small button of a row. */
export const tool = (name, label, click, more = {}) => h("button", { type: "button", class: "icon-button small", "aria-label": label, title: label, ...more, on: { click } }, icon(name, 18));

/** A form at the side of the page. `make(done)` gives what `Form` takes; `extra(done)` nodes below it; `done()` closes it and shows the page again. */
export function edit(page, title, make, extra = null) {
  const { app, t } = page;
  dialog({
    title, close: app.t("close"), kind: "sheet",
    fill(body, shut) {
      const done = (said = "set_saved") => {
        shut();
        app.toast(t(said));
        page.again();
      };
      const form = new Form(page, { always: true, saved: () => done(), ...make(done) });
      fill(body, form.node, extra ? h("div", { class: "set-extra" }, extra(done)) : null);
    },
  });
}

/** Asks before something that cannot be taken back, then does it. */
export function confirm(page, { title, text, action, then }) {
  const { app, t } = page;
  dialog({
    title, close: app.t("close"),
    fill(body, shut) {
      const go = h("button", { type: "button", class: "button danger", on: { click: async () => {
        go.disabled = true;
        try {
          await then();
          shut();
        } catch (problem) {
          app.failed(problem);
          go.disabled = false;
        }
      } } }, action);
      fill(body, h("p", {}, text), h("div", { class: "dialog-foot" }, h("button", { type: "button", class: "button", autofocus: true, on: { click: shut } }, t("set_cancel")), go));
    },
  });
}

/** Does a command, says so, and shows the page again. */
export async function carry(page, command, fields, said = "set_saved") {
  try {
    await page.app.client.do(command, fields);
    page.app.toast(page.t(said));
    page.again();
  } catch (problem) {
    page.app.failed(problem);
  }
}
