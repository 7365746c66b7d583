/**
 * What a guest is asked before they talk: fields of the profile, and questions of the brand's own.
 *
 * May: change `Brand.guest_form`. May not: keep what guests answer.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { Form, own, part } from "./forms.js";

const PROFILE = ["name", "email", "phone", "birth_date", "address"];
const TYPES = ["text", "number", "date"];

export async function draw(page) {
  const { app, t, place } = page;
  const list = fieldList(t, app.brand.guest_form);
  const form = page.guard(
    new Form(page, {
      fields: [list],
      layout: [part(t("guests_part"), t("guests_part_note"), list.node)],
      save: ({ guest_form }) => app.client.do("ChangeBrand", { guest_form }),
    }),
  );
  list.changed = () => form.touch();
  fill(place, form.node);
}

function fieldList(t, value) {
  const rows = h("ul", { class: "set-list guest-fields" });
  const none = h("p", { class: "hint" }, t("guests_none"));
  const add = h("div", { class: "set-adds" });
  let list = [];
  const field = own("guest_form", h("div", { class: "set-field" }, rows, none, add, h("p", { class: "set-wrong", hidden: true })), () => list.map((one) => ({ ...one })), (to) => {
    list = to.map(({ name, label, type, required }) => ({ name, label, type, required }));
    draw_();
  });
  const changed = (redraw = true) => {
    if (redraw) draw_();
    field.changed?.();
  };
  const move = (at, by) => {
    const [one] = list.splice(at, 1);
    list.splice(at + by, 0, one);
    changed();
    rows.children[at + by]?.querySelector("button")?.focus();
  };

  function row(one, at) {
    const known = PROFILE.includes(one.name);
    const label = h("input", { class: "input", value: one.label, maxlength: 200, placeholder: known ? t(`guests_${one.name}`) : t("guests_question"), "aria-label": t("guests_label"), on: { input: () => ((one.label = label.value), changed(false)) } });
    const required = h("input", { type: "checkbox", on: { change: () => ((one.required = required.checked), changed(false)) } });
    required.checked = one.required;
    const type = known ? null : h("select", { class: "input", "aria-label": t("guests_type"), on: { change: () => ((one.type = type.value), changed(false)) } }, TYPES.map((kind) => h("option", { value: kind }, t(`guests_type_${kind}`))));
    if (type) type.value = one.type;
    return h(
      "li",
      {},
      h("div", { class: "guest-move" },
        h("button", { type: "button", class: "icon-button small", disabled: at === 0, "aria-label": t("set_up"), on: { click: () => move(at, -1) } }, icon("up", 16)),
        h("button", { type: "button", class: "icon-button small", disabled: at === list.length - 1, "aria-label": t("set_down"), on: { click: () => move(at, 1) } }, icon("down", 16))),
      h("span", { class: "badge" }, known ? t(`guests_${one.name}`) : one.name),
      label,
      type,
      h("label", { class: "set-inline" }, required, t("guests_required")),
      h("button", { type: "button", class: "icon-button small", "aria-label": t("set_remove_named", { name: one.label || one.name }), on: { click: () => (list.splice(at, 1), changed()) } }, icon("trash", 18)),
    );
  }

  function draw_() {
    fill(rows, list.map(row));
    none.hidden = list.length > 0;
    const missing = PROFILE.filter((name) => !list.some((one) => one.name === name));
    fill(
      add,
      missing.map((name) => h("button", { type: "button", class: "button small", on: { click: () => (list.push({ name, label: "", type: name, required: name === "name" }), changed()) } }, icon("plus", 14), t(`guests_${name}`))),
      h("button", { type: "button", class: "button small", on: { click: () => {
        const free = (number) => (list.some((one) => one.name === `${t("guests_own_key")}${number}`) ? free(number + 1) : number);
        list.push({ name: `${t("guests_own_key")}${free(1)}`, label: "", type: "text", required: false });
        changed();
      } } }, icon("plus", 14), t("guests_own")),
    );
  }

  field.set(value);
  return field;
}
