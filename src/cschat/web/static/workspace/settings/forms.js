/**
 * Forms of settings: fields with a sentence of explanation and an example, one Save, errors where they belong.
 *
 * May: show, gather, compare, place errors. May not: know a setting.
 *
 * A field is `{name, node, get(), set(value), empty()}`; its node carries `data-field`, by which an error that the desk names finds it.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";

let last = 0;
const id = () => `set-${(last += 1)}`;

/** The frame of a field around its control. */
function framed({ name, label, hint, example, optional }, control, t, { group = false } = {}) {
  const own = control.id || (control.id = id());
  const wrong = h("p", { class: "set-wrong", id: `${own}-wrong`, hidden: true });
  const about = [hint && `${own}-hint`, example && `${own}-example`].filter(Boolean);
  if (about.length) control.setAttribute("aria-describedby", about.join(" "));
  const title = [label, optional ? [" ", h("small", {}, t("set_optional"))] : null];
  return h(
    "div",
    { class: "set-field", data: { field: name } },
    group ? h("span", { class: "set-label", id: `${own}-label` }, title) : h("label", { class: "set-label", for: own }, title),
    hint ? h("p", { class: "hint", id: `${own}-hint` }, hint) : null,
    control,
    example ? h("p", { class: "set-example", id: `${own}-example` }, h("span", {}, t("set_example")), example) : null,
    wrong,
  );
}

/** A text; `lines` more than 1: of several lines. */
export function text(t, spec) {
  const { name, value = "", lines = 1, limit = 200, type = "text", required = false, mode = null, placeholder = null } = spec;
  const control = h(lines > 1 ? "textarea" : "input", {
    class: "input", maxlength: limit, required, autocomplete: "off", placeholder, ...(lines > 1 ? { rows: lines } : { type, inputmode: mode }),
  });
  control.value = value ?? "";
  return { name, node: framed(spec, control, t), control, get: () => control.value.trim(), set: (to) => (control.value = to ?? ""), empty: () => required && !control.value.trim() };
}

/** A number, with the word for what it counts; "" is null. */
export function number(t, spec) {
  const { name, value = null, unit = "", least = 0, most = 1_000_000, step = 1, required = false } = spec;
  const control = h("input", { class: "input", type: "number", inputmode: "numeric", min: least, max: most, step, required });
  control.value = value ?? "";
  const node = framed(spec, control, t);
  if (unit) {
    const row = h("div", { class: "set-unit" });
    control.replaceWith(row);
    row.append(control, h("span", {}, unit));
  }
  return { name, node, control, get: () => (control.value === "" ? null : Number(control.value)), set: (to) => (control.value = to ?? ""), empty: () => required && control.value === "" };
}

/** A list to choose one from: `choices` are `[value, text]`. */
export function select(t, spec) {
  const { name, value = "", choices } = spec;
  const control = h("select", { class: "input" }, choices.map(([one, label]) => h("option", { value: one }, label)));
  control.value = value ?? "";
  return { name, node: framed(spec, control, t), control, get: () => control.value, set: (to) => (control.value = to ?? ""), empty: () => false };
}

/** One of a few, each with a sentence: `choices` are `[value, text, sentence]`. */
export function choice(t, spec) {
  const { name, value, choices } = spec;
  const group = id();
  const control = h(
    "div",
    { class: "set-choices", role: "radiogroup", id: group, "aria-labelledby": `${group}-label` },
    choices.map(([one, label, sentence]) =>
      h("label", { class: "set-choice" }, h("input", { type: "radio", name: group, value: one }), h("span", {}, h("strong", {}, label), sentence ? h("small", {}, sentence) : null)),
    ),
  );
  const all = [...control.querySelectorAll("input")];
  const set = (to) => all.forEach((input) => (input.checked = input.value === String(to)));
  set(value);
  return { name, node: framed(spec, control, t, { group: true }), control, get: () => all.find((input) => input.checked)?.value ?? null, set, empty: () => false };
}

/** Several of a few: `choices` are `[value, text, sentence]`. */
export function several(t, spec) {
  const { name, value = [], choices } = spec;
  const group = id();
  const control = h(
    "div",
    { class: "set-checks", role: "group", id: group, "aria-labelledby": `${group}-label` },
    choices.map(([one, label, sentence]) => h("label", { class: "set-check" }, h("input", { type: "checkbox", value: one }), h("span", {}, label, sentence ? h("small", {}, sentence) : null))),
  );
  const all = [...control.querySelectorAll("input")];
  const set = (to) => all.forEach((input) => (input.checked = (to ?? []).includes(input.value)));
  set(value);
  return { name, node: framed(spec, control, t, { group: true }), control, get: () => all.filter((input) => input.checked).map((input) => input.value), set, empty: () => false };
}

/** On or off. */
export function toggle(t, spec) {
  const { name, value = false, label, hint } = spec;
  const own = id();
  const control = h("input", { type: "checkbox", role: "switch", id: own, class: "switch", "aria-describedby": hint ? `${own}-hint` : null });
  control.checked = Boolean(value);
  const node = h(
    "div",
    { class: "set-field set-toggle", data: { field: name } },
    h("div", {}, h("label", { class: "set-label", for: own }, label), hint ? h("p", { class: "hint", id: `${own}-hint` }, hint) : null, h("p", { class: "set-wrong", id: `${own}-wrong`, hidden: true })),
    control,
  );
  return { name, node, control, get: () => control.checked, set: (to) => (control.checked = Boolean(to)), empty: () => false };
}

/** Words, each on its own: typed, and taken with Enter or a comma. */
export function words(t, spec) {
  const { name, value = [], placeholder = null, limit = 200 } = spec;
  let list = [...value];
  const input = h("input", { class: "chips-input", id: id(), maxlength: limit, placeholder, autocomplete: "off" });
  const box = h("div", { class: "chips input" });
  const node = framed(spec, input, t);
  input.replaceWith(box);
  const changed = () => box.dispatchEvent(new Event("input", { bubbles: true }));
  const draw = () => fill(box, list.map((word, at) => h("span", { class: "chip" }, word, h("button", { type: "button", "aria-label": t("set_remove_word", { word }), on: { click: () => {
    list.splice(at, 1);
    draw();
    changed();
    input.focus();
  } } }, icon("close", 14)))), input);
  const take = () => {
    const said = input.value.split(",").map((word) => word.trim()).filter((word) => word && !list.includes(word));
    input.value = "";
    if (!said.length) return;
    list.push(...said);
    draw();
    changed();
    input.focus();
  };
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      take();
    } else if (event.key === "Backspace" && !input.value && list.length) {
      list.pop();
      draw();
      changed();
      input.focus();
    }
  });
  input.addEventListener("blur", () => input.value.trim() && take());
  box.addEventListener("click", (event) => event.target === box && input.focus());
  draw();
  return { name, node, control: input, get: () => [...list], set: (to) => ((list = [...(to ?? [])]), draw()), empty: () => false };
}

/** Something that a page draws itself: `node`, `get`, `set`. */
export function own(name, node, get, set) {
  node.dataset.field = name;
  return { name, node, control: node, get, set, empty: () => false };
}

/** A part of a form under its heading. */
export const part = (title, note, ...children) =>
  h("section", { class: "set-part" }, h("header", {}, h("h2", {}, title), note ? h("p", {}, note) : null), h("div", { class: "set-part-body" }, children));

/**
 * A form of `fields` (all of its fields) laid out as `layout` (nodes that hold theirs). `save(values)` does it; what it throws is shown where it
 * belongs. Who may not change it sees it all, and why they cannot. `bare`: without the line at the bottom, `submit()` is called by the page.
 */
export class Form {
  constructor(page, { fields, layout, save, saved = null, label = null, always = false }) {
    const { app, t } = page;
    Object.assign(this, { page, app, t, fields, save, saved, always });
    this.alert = h("div", { class: "set-alert", role: "alert", hidden: true });
    this.button = h("button", { type: "submit", class: "button primary" }, label ?? t("set_save"));
    this.undo = h("button", { type: "button", class: "button quiet", on: { click: () => this.revert() } }, t("set_revert"));
    this.state = h("span", { class: "set-state", role: "status" });
    const body = h("fieldset", { class: "set-body", disabled: !app.isAdmin }, layout);
    this.node = h(
      "form",
      { class: "set-form", novalidate: true, on: { submit: (event) => (event.preventDefault(), this.submit()), input: () => this.touch(), change: () => this.touch() } },
      app.isAdmin ? null : h("p", { class: "set-locked" }, icon("lock", 18), t("set_admins_only")),
      this.alert,
      body,
      app.isAdmin ? h("footer", { class: "set-foot" }, this.state, this.undo, this.button) : null,
    );
    this.keep();
  }

  values() {
    return Object.fromEntries(this.fields.map((field) => [field.name, field.get()]));
  }

  keep() {
    this.kept = this.values();
    this.was = JSON.stringify(this.kept);
    this.touch();
  }

  get dirty() {
    return JSON.stringify(this.values()) !== this.was;
  }

  touch() {
    const { dirty } = this;
    this.button.disabled = !dirty && !this.always;
    this.undo.hidden = !dirty;
    this.state.textContent = dirty ? this.t("set_unsaved") : "";
    this.onTouch?.(this.values());
  }

  revert() {
    for (const field of this.fields) field.set(this.kept[field.name]);
    this.clear();
    this.touch();
  }

  clear() {
    this.alert.hidden = true;
    for (const note of this.node.querySelectorAll(".set-wrong")) note.hidden = true;
    for (const control of this.node.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  }

  /** Say at a field what is wrong with it; false if there is no such field. */
  wrong(name, text) {
    const nodes = [...this.node.querySelectorAll("[data-field]")];
    const node = nodes.find((one) => one.dataset.field === name) ?? nodes.find((one) => name.startsWith(`${one.dataset.field}.`));
    if (!node) return false;
    const note = node.querySelector(".set-wrong") ?? node.appendChild(h("p", { class: "set-wrong" }));
    note.textContent = text;
    note.hidden = false;
    const control = node.querySelector("input, textarea, select, [contenteditable]");
    control?.setAttribute("aria-invalid", "true");
    if (note.id) control?.setAttribute("aria-describedby", `${note.id} ${control.getAttribute("aria-describedby") ?? ""}`.trim());
    node.scrollIntoView?.({ block: "nearest" });
    return control ?? true;
  }

  async submit() {
    const { app, t } = this;
    this.clear();
    const missing = this.fields.filter((field) => field.empty());
    if (missing.length) {
      const controls = missing.map((field) => this.wrong(field.name, t("set_required")));
      controls[0]?.focus?.();
      return false;
    }
    this.button.disabled = true;
    this.node.setAttribute("aria-busy", "true");
    try {
      await this.save(this.values(), this);
      this.keep();
      if (this.saved) this.saved();
      else app.toast(t("set_saved"));
      return true;
    } catch (problem) {
      this.button.disabled = false;
      this.explain(problem);
      return false;
    } finally {
      this.node.removeAttribute("aria-busy");
    }
  }

  explain(problem) {
    const { app, t } = this;
    const at = problem.field && this.wrong(problem.field, reason(problem, t));
    if (at) at.focus?.();
    else {
      fill(this.alert, icon("alert", 18), h("span", {}, problem.status === 422 ? reason(problem, t) : app.explain(problem)));
      this.alert.hidden = false;
      this.alert.scrollIntoView?.({ block: "nearest" });
    }
  }
}

const SAID = [
  [/blank|is needed|must not be empty/, "set_required"],
  [/too long|at most|letters/, "set_too_long"],
  [/no mail address/, "set_no_mail"],
  [/no colour/, "set_no_colour"],
  [/no web address|no address/, "set_no_address"],
  [/another|taken|one name/, "set_taken"],
];

/** Why the desk refused a value, in the language of the page where it is one of the usual reasons. */
export function reason(problem, t) {
  const said = problem.body?.reason ?? problem.message;
  const known = SAID.find(([pattern]) => pattern.test(said));
  const allowed = problem.body?.allowed?.length ? ` (${problem.body.allowed.join(", ")})` : "";
  return known ? t(known[1]) : `${t("set_refused")} ${said}${allowed}`;
}
