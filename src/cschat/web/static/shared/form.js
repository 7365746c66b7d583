// A form: labels, hints, the right keyboard, and what is wrong beneath its field.
// May: ask and check. May not: know what becomes of the answers.

import { fill, h } from "./dom.js";

let made = 0;

const LONG = new Set(["long", "textarea", "message"]);
const KINDS = {
  number: { inputmode: "decimal" },
  date: { type: "date" },
  birth_date: { inputmode: "numeric", autocomplete: "bday" },
  phone: { type: "tel", autocomplete: "tel" },
  email: { type: "email", autocomplete: "email", autocapitalize: "off", spellcheck: "false" },
  name: { autocomplete: "name" },
  address: { autocomplete: "street-address" },
};
const HINTS = new Set(["birth_date", "email", "phone"]);
const WRONG = { number: "number", date: "date", birth_date: "date", phone: "phone", email: "email" };
const FITS = {
  number: (said) => /^[+-]?[\d,\s]+(\.\d+)?\D{0,2}$/.test(said),
  date: (said) => /^\d{4}\D?\d{1,2}\D?\d{1,2}\D?$/.test(said),
  birth_date: (said) => /^(\d{6}|\d{4}\D{0,2}\d{1,2}\D{0,2}\d{1,2}\D?)$/.test(said),
  phone: (said) => /^\+?[\d\s().-]{7,20}$/.test(said) && said.replace(/\D/g, "").length >= 8,
  email: (said) => /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(said),
};

/**
 * A form of `fields` ({name, label, type, required}). `submit(answers)` gets {name: text}, and may throw a problem with a `field`; it is not sent
 * twice meanwhile. `label` is the button's, `values` are filled in already; without `submit` it is only to be looked at.
 */
export function form(fields, { t, submit, label = t("submit"), values = {}, name }) {
  const id = `form-${(made += 1)}`;
  const rows = fields.map((field, at) => row(field, `${id}-${at}`, t, values[field.name] ?? "", !submit));
  const button = submit && h("button", { class: "button primary", type: "submit" }, label);
  const trouble = h("p", { class: "field-error", role: "alert", hidden: true });
  const element = h(
    "form",
    { class: "form", novalidate: true, "aria-label": name },
    rows.map((each) => each.element),
    trouble,
    button,
  );

  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (!submit || button.disabled) return;
    const wrong = rows.filter((each) => !each.check());
    if (wrong.length) return wrong[0].input.focus();
    button.disabled = true;
    button.classList.add("busy");
    trouble.hidden = true;
    try {
      await submit(Object.fromEntries(rows.map((each) => [each.field.name, each.input.value.trim()])));
    } catch (problem) {
      const meant = rows.find((each) => (problem.field ?? "").split(".").at(-1) === each.field.name);
      if (meant) {
        meant.say(t(WRONG[meant.field.type] ? `form_wrong_${WRONG[meant.field.type]}` : "error"));
        meant.input.focus();
      } else {
        trouble.hidden = false;
        fill(trouble, `${t("error")}. ${t("error_later")}`);
      }
    } finally {
      button.disabled = false;
      button.classList.remove("busy");
    }
  });
  return element;
}

function row(field, id, t, value, shut) {
  const { type = "text", required = true } = field;
  const label = field.label || (t.has(`field_${field.name}`) ? t(`field_${field.name}`) : field.name);
  const hint = HINTS.has(type) ? h("p", { class: "field-hint", id: `${id}-hint` }, t(`hint_${type}`)) : null;
  const error = h("p", { class: "field-error", id: `${id}-error`, hidden: true });
  const given = {
    id,
    name: field.name,
    class: "input",
    required,
    disabled: shut,
    value,
    "aria-describedby": [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" "),
  };
  const long = LONG.has(type) || (type === "text" && ["message", "content", "detail"].includes(field.name));
  const input = long ? h("textarea", { ...given, rows: 3 }) : h("input", { type: "text", ...KINDS[type], ...given });
  const say = (text) => {
    error.hidden = !text;
    if (hint) hint.hidden = Boolean(text);
    fill(error, text);
    input.setAttribute("aria-invalid", text ? "true" : "false");
  };
  const check = () => {
    const said = input.value.trim();
    if (!said && required) say(t("form_required", { label }));
    else if (said && FITS[type] && !FITS[type](said)) say(t(`form_wrong_${WRONG[type]}`));
    else say("");
    return error.hidden;
  };
  input.addEventListener("input", () => !error.hidden && check());
  input.addEventListener("blur", () => input.value.trim() && check());
  const mark = required ? null : h("span", { class: "field-optional" }, t("form_optional"));
  return { field, input, check, say, element: h("div", { class: "field" }, h("label", { for: id }, label, mark), input, hint, error) };
}
